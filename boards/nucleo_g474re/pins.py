"""Pins of the NUCLEO-G474RE beside the nets of the schematic.

Names in brackets: Arduino connector (D, A) or morpho connector (CN7, CN10). Buses and CAN are those that MicroPython's own
board definition NUCLEO_G474RE gives them. SPI1's clock is shared with the green LED; I2C1's clock, PB8, is also BOOT0: set the
option bytes nSWBOOT0 = 0 and nBOOT0 = 1, or its pull-up starts the boot loader. Coils are the four channels of TIM8 (what
machine.PWM takes on PC6 to PC9), heater and cooler two of TIM3. Interrupt lines: INSULATION 11, FLOW 2. Left alone: the
debugger's PA2, PA3, PA13, PA14, the crystals, the button on PC13. The four pins of USB Type-C, PA9, PA10, PB4, PB6, are in use:
board.py frees them.
"""

PINS = (
    # net, pin, direction, what
    ("CAN_TX", "PA12", "bus", "FDCAN1 to the transceiver (CN10-12)"),
    ("CAN_RX", "PA11", "bus", "FDCAN1 from the transceiver (CN10-14)"),
    ("MONITOR_SCK", "PA5", "bus", "SPI1 to the isoSPI transceiver (D13)"),
    ("MONITOR_MISO", "PA6", "bus", "SPI1 from it (D12)"),
    ("MONITOR_MOSI", "PA7", "bus", "SPI1 to it (D11)"),
    ("MONITOR_CS", "PB6", "out", "selects the isoSPI transceiver, low (D10)"),
    ("MEMORY_CS", "PC10", "out", "selects the FRAM on the same SPI, low (CN7-1)"),
    ("SENSE_SCL", "PB8", "bus", "I2C1 to the isolated current and voltage sensors (D15), BOOT0"),
    ("SENSE_SDA", "PB9", "bus", "I2C1 (D14)"),
    ("COIL_NEGATIVE", "PC6", "pwm", "TIM8_CH1, main contactor in the negative pole (CN10-4)"),
    ("COIL_PRECHARGE", "PC7", "pwm", "TIM8_CH2, precharge (D9)"),
    ("COIL_POSITIVE", "PC8", "pwm", "TIM8_CH3, main contactor in the positive pole (CN10-2)"),
    ("COIL_AUXILIARY", "PC9", "pwm", "TIM8_CH4, charger's contactor (CN10-1)"),
    ("HEATER", "PB0", "pwm", "TIM3_CH3, relay of the heater (A3)"),
    ("COOLER", "PB1", "pwm", "TIM3_CH4, pump or chiller (CN10-24)"),
    ("WATCHDOG_PULSE", "PA10", "out", "feeds the relay that gives the coils their supply (D2)"),
    ("INTERLOCK_DRIVE", "PA8", "out", "into the interlock loop, through 1 kohm (D7)"),
    ("INTERLOCK_SENSE", "PA9", "in", "out of the interlock loop (D8)"),
    ("INSULATION", "PB11", "edge", "insulation monitor, pulse width, level-shifted from 12 V (CN10-18)"),
    ("FLOW", "PB2", "edge", "coolant flow meter, open collector (CN10-22)"),
    ("SUPPLY", "PA0", "adc", "supply of the controller through 47 k / 10 k (A0)"),
    ("COOLANT_INLET", "PA1", "adc", "NTC 10 k against 10 k (A1)"),
    ("COOLANT_OUTLET", "PC0", "adc", "NTC 10 k against 10 k (A5)"),
    ("FEEDBACK_NEGATIVE", "PB3", "in", "mirror contact, normally closed to ground (D3)"),
    ("FEEDBACK_PRECHARGE", "PB4", "in", "mirror contact (D5)"),
    ("FEEDBACK_POSITIVE", "PB5", "in", "mirror contact (D4)"),
    ("FEEDBACK_AUXILIARY", "PB10", "in", "mirror contact (D6)"),
    ("CRASH", "PB12", "in", "low while no crash is told: high when it is, or the wire is broken (CN10-16)"),
    ("FUSE_N", "PB13", "in", "low while the main fuse's indicator is closed (CN10-30)"),
    ("CHARGER_N", "PB14", "in", "low while a charger is plugged (CN10-28)"),
    ("COIL_SUPPLY_N", "PB15", "in", "low while the watchdog relay gives the coils their supply (CN10-26)"),
)

# part, bus, address or chip select, what
PARTS = (
    ("adbms6830", "SPI1", "MONITOR_CS", "cell and stack monitors, one a stack, daisy-chained over isoSPI"),
    ("fram", "SPI1", "MEMORY_CS", "non-volatile storage of the journal"),
    ("ina228", "I2C1", "0x40", "current A and pack voltage"),
    ("ina228", "I2C1", "0x41", "current B and link voltage"),
    ("mcu", "FDCAN1", "", "vehicle and charger"),
    ("mcu", "pins", "", "slow inputs, interlock, insulation monitor, flow meter, coils, heater, cooler"),
)
