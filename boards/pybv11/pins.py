"""Pins of the pyboard v1.1 beside the nets of the schematic.

Pin names are those printed on the board. Coils: TIM8 on Y1 and Y2, TIM3 on Y11 and Y12; heater and cooler: TIM5 on X1 and X2
(what machine.PWM takes there). CHANNELS repeats that for firmware that has pyb.Timer only. The slow inputs come through an
expander. Interrupt lines: INSULATION 15 (PB15), FLOW 10 (PB10). Free: X3, X4, X12, X18, X22, Y10; the switch is X17.
"""

PINS = (
    # net, pin, direction, what
    ("CAN_TX", "Y4", "bus", "CAN1 to the transceiver (PB9)"),
    ("CAN_RX", "Y3", "bus", "CAN1 from the transceiver (PB8)"),
    ("MONITOR_SCK", "X6", "bus", "SPI1 to the isoSPI transceiver (PA5)"),
    ("MONITOR_MISO", "X7", "bus", "SPI1 from it (PA6)"),
    ("MONITOR_MOSI", "X8", "bus", "SPI1 to it (PA7)"),
    ("MONITOR_CS", "X5", "out", "selects the isoSPI transceiver, low (PA4)"),
    ("MEMORY_CS", "X11", "out", "selects the FRAM on the same SPI, low (PC4)"),
    ("SENSE_SCL", "X9", "bus", "I2C1 to the isolated current and voltage sensors and the expander (PB6)"),
    ("SENSE_SDA", "X10", "bus", "I2C1 (PB7)"),
    ("COIL_NEGATIVE", "Y1", "pwm", "TIM8_CH1, main contactor in the negative pole (PC6)"),
    ("COIL_PRECHARGE", "Y2", "pwm", "TIM8_CH2, precharge (PC7)"),
    ("COIL_POSITIVE", "Y11", "pwm", "TIM3_CH3, main contactor in the positive pole (PB0)"),
    ("COIL_AUXILIARY", "Y12", "pwm", "TIM3_CH4, charger's contactor (PB1)"),
    ("HEATER", "X1", "pwm", "TIM5_CH1, relay of the heater (PA0)"),
    ("COOLER", "X2", "pwm", "TIM5_CH2, pump or chiller (PA1)"),
    ("WATCHDOG_PULSE", "Y7", "out", "feeds the relay that gives the coils their supply (PB14)"),
    ("INTERLOCK_DRIVE", "Y5", "out", "into the interlock loop, through 1 kohm (PB12)"),
    ("INTERLOCK_SENSE", "Y6", "in", "out of the interlock loop (PB13)"),
    ("INSULATION", "Y8", "edge", "insulation monitor, pulse width, level-shifted from 12 V (PB15)"),
    ("FLOW", "Y9", "edge", "coolant flow meter, open collector (PB10)"),
    ("SUPPLY", "X19", "adc", "supply of the controller through 47 k / 10 k (PC0)"),
    ("COOLANT_INLET", "X20", "adc", "NTC 10 k against 10 k (PC1)"),
    ("COOLANT_OUTLET", "X21", "adc", "NTC 10 k against 10 k (PC2)"),
)

CHANNELS = {  # net: timer, channel
    "COIL_NEGATIVE": (8, 1),
    "COIL_PRECHARGE": (8, 2),
    "COIL_POSITIVE": (3, 3),
    "COIL_AUXILIARY": (3, 4),
    "HEATER": (5, 1),
    "COOLER": (5, 2),
}

# part, bus, address or chip select, what
PARTS = (
    ("adbms6830", "SPI1", "MONITOR_CS", "cell and stack monitors, one a stack, daisy-chained over isoSPI"),
    ("fram", "SPI1", "MEMORY_CS", "non-volatile storage of the journal"),
    ("ina228", "I2C1", "0x40", "current A and pack voltage"),
    ("ina228", "I2C1", "0x41", "current B and link voltage"),
    ("tca9554", "I2C1", "0x20", "slow inputs: mirror contacts, crash, fuse, charger, coil supply"),
    ("mcu", "CAN1", "", "vehicle and charger"),
    ("mcu", "pins", "", "interlock, insulation monitor, flow meter, coils, heater, cooler"),
)
