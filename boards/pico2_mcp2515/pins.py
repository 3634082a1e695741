"""Pins of the Raspberry Pi Pico 2 beside the nets of the schematic: numbers of GPIO.

All 26 GPIO of the edge are used. Coils are slices 0 and 1 of the PWM, heater and cooler slice 3: the two pins of a slice share
its frequency. The slow inputs come through an expander. RP2350 steps A2 to A3 hold a floating input with its pull-down near
2 V (erratum E9): every input here is pulled up or driven.
"""

PINS = (
    # net, pin, direction, what
    ("CAN_SCK", 10, "bus", "SPI1 to the MCP2515"),
    ("CAN_MOSI", 11, "bus", "SPI1 to it"),
    ("CAN_MISO", 12, "bus", "SPI1 from it"),
    ("CAN_CS", 13, "out", "selects it, low"),
    ("CAN_INT", 14, "edge", "its interrupt, low while something waits"),
    ("MONITOR_MISO", 16, "bus", "SPI0 from the isoSPI transceiver"),
    ("MONITOR_CS", 17, "out", "selects it, low"),
    ("MONITOR_SCK", 18, "bus", "SPI0 to it"),
    ("MONITOR_MOSI", 19, "bus", "SPI0 to it"),
    ("MEMORY_CS", 20, "out", "selects the FRAM on the same SPI, low"),
    ("SENSE_SDA", 4, "bus", "I2C0"),
    ("SENSE_SCL", 5, "bus", "I2C0 to the isolated current and voltage sensors and the expander"),
    ("COIL_NEGATIVE", 0, "pwm", "slice 0 A, main contactor in the negative pole"),
    ("COIL_PRECHARGE", 1, "pwm", "slice 0 B, precharge"),
    ("COIL_POSITIVE", 2, "pwm", "slice 1 A, main contactor in the positive pole"),
    ("COIL_AUXILIARY", 3, "pwm", "slice 1 B, charger's contactor"),
    ("HEATER", 6, "pwm", "slice 3 A, relay of the heater"),
    ("COOLER", 7, "pwm", "slice 3 B, pump or chiller"),
    ("WATCHDOG_PULSE", 22, "out", "feeds the relay that gives the coils their supply"),
    ("INTERLOCK_DRIVE", 8, "out", "into the interlock loop, through 1 kohm"),
    ("INTERLOCK_SENSE", 9, "in", "out of the interlock loop"),
    ("INSULATION", 15, "edge", "insulation monitor, pulse width, level-shifted from 12 V"),
    ("FLOW", 21, "edge", "coolant flow meter, open collector"),
    ("SUPPLY", 26, "adc", "supply of the controller through 47 k / 10 k"),
    ("COOLANT_INLET", 27, "adc", "NTC 10 k against 10 k"),
    ("COOLANT_OUTLET", 28, "adc", "NTC 10 k against 10 k"),
)

# part, bus, address or chip select, what
PARTS = (
    ("adbms6830", "SPI0", "MONITOR_CS", "cell and stack monitors, one a stack, daisy-chained over isoSPI"),
    ("fram", "SPI0", "MEMORY_CS", "non-volatile storage of the journal"),
    ("ina228", "I2C0", "0x40", "current A and pack voltage"),
    ("ina228", "I2C0", "0x41", "current B and link voltage"),
    ("tca9554", "I2C0", "0x20", "slow inputs: mirror contacts, crash, fuse, charger, coil supply"),
    ("mcp2515", "SPI1", "CAN_CS", "vehicle and charger"),
    ("mcu", "pins", "", "interlock, insulation monitor, flow meter, coils, heater, cooler"),
)
