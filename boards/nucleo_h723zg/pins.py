"""Pins of the NUCLEO-H723ZG beside the nets of the schematic.

Connector names in brackets are those printed on the board (Zio: D0 to D72, A0 to A8). Buses and the CAN pins are those that
MicroPython's own board definition NUCLEO_H723ZG gives them. Coils are the four channels of TIM1, heater and cooler two of
TIM4. Interrupt lines of the STM32 go by pin number: INSULATION has line 8, FLOW line 15, nothing else asks for one. Left
alone: Ethernet, USB, the debugger's UART3, the LEDs on PB0, PE1 and PB14.
"""

PINS = (
    # net, pin, direction, what
    ("CAN_TX", "PD1", "bus", "FDCAN1 to the transceiver (D66)"),
    ("CAN_RX", "PD0", "bus", "FDCAN1 from the transceiver (D67)"),
    ("MONITOR_SCK", "PB3", "bus", "SPI3 to the isoSPI transceiver (D23)"),
    ("MONITOR_MISO", "PB4", "bus", "SPI3 from it (D25)"),
    ("MONITOR_MOSI", "PB5", "bus", "SPI3 to it (D22)"),
    ("MONITOR_CS", "PA4", "out", "selects the isoSPI transceiver, low (D24)"),
    ("MEMORY_CS", "PD14", "out", "selects the FRAM on the same SPI, low (D10)"),
    ("SENSE_SCL", "PB8", "bus", "I2C1 to the isolated current and voltage sensors (D15)"),
    ("SENSE_SDA", "PB9", "bus", "I2C1 (D14)"),
    ("COIL_NEGATIVE", "PE9", "pwm", "TIM1_CH1, main contactor in the negative pole (D6)"),
    ("COIL_PRECHARGE", "PE11", "pwm", "TIM1_CH2, precharge (D5)"),
    ("COIL_POSITIVE", "PE13", "pwm", "TIM1_CH3, main contactor in the positive pole (D3)"),
    ("COIL_AUXILIARY", "PE14", "pwm", "TIM1_CH4, charger's contactor (D4)"),
    ("HEATER", "PD12", "pwm", "TIM4_CH1, relay of the heater (D29)"),
    ("COOLER", "PD13", "pwm", "TIM4_CH2, pump or chiller (D28)"),
    ("WATCHDOG_PULSE", "PE7", "out", "feeds the relay that gives the coils their supply (D41)"),
    ("INTERLOCK_DRIVE", "PE10", "out", "into the interlock loop, through 1 kohm (D40)"),
    ("INTERLOCK_SENSE", "PE12", "in", "out of the interlock loop (D39)"),
    ("INSULATION", "PE8", "edge", "insulation monitor, pulse width, level-shifted from 12 V (D42)"),
    ("FLOW", "PE15", "edge", "coolant flow meter, open collector (D37)"),
    ("SUPPLY", "PA3", "adc", "supply of the controller through 47 k / 10 k (A0)"),
    ("COOLANT_INLET", "PC0", "adc", "NTC 10 k against 10 k (A1)"),
    ("COOLANT_OUTLET", "PB1", "adc", "NTC 10 k against 10 k (A3)"),
    ("FEEDBACK_NEGATIVE", "PG14", "in", "mirror contact, normally closed to ground (D2)"),
    ("FEEDBACK_PRECHARGE", "PG12", "in", "mirror contact (D7)"),
    ("FEEDBACK_POSITIVE", "PF3", "in", "mirror contact (D8)"),
    ("FEEDBACK_AUXILIARY", "PD15", "in", "mirror contact (D9)"),
    ("CRASH", "PE2", "in", "low while no crash is told: high when it is, or the wire is broken (D31)"),
    ("FUSE_N", "PE0", "in", "low while the main fuse's indicator is closed (D34)"),
    ("CHARGER_N", "PB10", "in", "low while a charger is plugged (D36)"),
    ("COIL_SUPPLY_N", "PB11", "in", "low while the watchdog relay gives the coils their supply (D35)"),
)

# part, bus, address or chip select, what
PARTS = (
    ("adbms6830", "SPI3", "MONITOR_CS", "cell and stack monitors, one a stack, daisy-chained over isoSPI"),
    ("fram", "SPI3", "MEMORY_CS", "non-volatile storage of the journal"),
    ("ina228", "I2C1", "0x40", "current A and pack voltage"),
    ("ina228", "I2C1", "0x41", "current B and link voltage"),
    ("mcu", "FDCAN1", "", "vehicle and charger"),
    ("mcu", "pins", "", "slow inputs, interlock, insulation monitor, flow meter, coils, heater, cooler"),
)
