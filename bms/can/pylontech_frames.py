"""generated from pylontech.dbc (sha256 9a216f00e823) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class PylLimits:
    """PYL_LIMITS. From BMS. Limits in force. CVL falls to the present voltage where no charge is allowed,
    and is never 0.

    charge_voltage_dV: 0 to 65535 is 0 to 6553.5 V. CVL: voltage that the inverter may charge to
    charge_current_dA: 0 to 32767 is 0 to 3276.7 A. CCL: largest charge current, a magnitude
    discharge_current_dA: 0 to 32767 is 0 to 3276.7 A. DCL: largest discharge current, a magnitude
    discharge_voltage_dV: 0 to 65535 is 0 to 6553.5 V. DVL: voltage below which the inverter must not
        discharge
    """

    ID = 0x351
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.charge_voltage_dV = 0
        self.charge_current_dA = 0
        self.discharge_current_dA = 0
        self.discharge_voltage_dV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.charge_voltage_dV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.charge_current_dA
        raw = 0 if raw < 0 else 32767 if raw > 32767 else raw
        buf[2], buf[3] = raw & 255, raw >> 8 & 255
        raw = self.discharge_current_dA
        raw = 0 if raw < 0 else 32767 if raw > 32767 else raw
        buf[4], buf[5] = raw & 255, raw >> 8 & 255
        raw = self.discharge_voltage_dV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.charge_voltage_dV = buf[0] | buf[1] << 8
        self.charge_current_dA = ((buf[2] | buf[3] << 8) ^ 32768) - 32768
        self.discharge_current_dA = ((buf[4] | buf[5] << 8) ^ 32768) - 32768
        self.discharge_voltage_dV = buf[6] | buf[7] << 8
        return True


class PylSoc:
    """PYL_SOC. From BMS. State of charge and health.

    soc_percent: 0 to 100 %. State of charge
    soh_percent: 0 to 100 %. State of health; 100 % also while it is not known, because the inverter wants a
        number
    """

    ID = 0x355
    EXTENDED = False
    LENGTH = 4
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.soc_percent = 0
        self.soh_percent = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.soc_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.soh_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[2], buf[3] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 4:
            return False
        self.soc_percent = buf[0] | buf[1] << 8
        self.soh_percent = buf[2] | buf[3] << 8
        return True


class PylMeasured:
    """PYL_MEASURED. From BMS. What the pack measures now.

    voltage_cV: -32768 to 32767 is -327.68 to 327.67 V. Voltage of the pack
    current_dA: -32768 to 32767 is -3276.8 to 3276.7 A. Positive current charges
    temperature_ddegC: -32768 to 32767 is -3276.8 to 3276.7 degC. Middle of the hottest and the coldest probe
    """

    ID = 0x356
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.voltage_cV = 0
        self.current_dA = 0
        self.temperature_ddegC = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.voltage_cV
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        raw = self.current_dA
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[2], buf[3] = raw & 255, raw >> 8 & 255
        raw = self.temperature_ddegC
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[4], buf[5] = raw & 255, raw >> 8 & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.voltage_cV = ((buf[0] | buf[1] << 8) ^ 32768) - 32768
        self.current_dA = ((buf[2] | buf[3] << 8) ^ 32768) - 32768
        self.temperature_ddegC = ((buf[4] | buf[5] << 8) ^ 32768) - 32768
        return True


class PylAlarms:
    """PYL_ALARMS. From BMS. Protections in bytes 0 and 1, warnings in bytes 2 and 3, one bit each.

    high_voltage_alarm: 0 to 1 flag. A layer may be above its voltage: protection: the pack is open or about
        to be. 0 no, 1 yes
    low_voltage_alarm: 0 to 1 flag. A layer may be below its voltage: protection: the pack is open or about to
        be. 0 no, 1 yes
    high_temperature_alarm: 0 to 1 flag. A layer may be too hot, whatever flows: protection: the pack is open
        or about to be. 0 no, 1 yes
    low_temperature_alarm: 0 to 1 flag. A layer may be too cold, whatever flows: protection: the pack is open
        or about to be. 0 no, 1 yes
    high_current_alarm: 0 to 1 flag. Discharge current too high: protection: the pack is open or about to be.
        0 no, 1 yes
    high_current_charge_alarm: 0 to 1 flag. Charge current too high: protection: the pack is open or about to
        be. 0 no, 1 yes
    system_alarm: 0 to 1 flag. Anything else that the BMS has found wrong, contactors included: protection:
        the pack is open or about to be. 0 no, 1 yes
    high_voltage_warning: 0 to 1 flag. A layer may be above its voltage: warning. 0 no, 1 yes
    low_voltage_warning: 0 to 1 flag. A layer may be below its voltage: warning. 0 no, 1 yes
    high_temperature_warning: 0 to 1 flag. A layer may be too hot, whatever flows: warning. 0 no, 1 yes
    low_temperature_warning: 0 to 1 flag. A layer may be too cold, whatever flows: warning. 0 no, 1 yes
    high_current_warning: 0 to 1 flag. Discharge current too high: warning. 0 no, 1 yes
    high_current_charge_warning: 0 to 1 flag. Charge current too high: warning. 0 no, 1 yes
    system_warning: 0 to 1 flag. Anything else that the BMS has found wrong, contactors included: warning. 0
        no, 1 yes
    modules: 0 to 255 count. Number of modules: stacks
    letter_5: 0 to 255 char. P. 80 P
    letter_6: 0 to 255 char. N. 78 N
    """

    ID = 0x359
    EXTENDED = False
    LENGTH = 7
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.high_voltage_alarm = 0
        self.low_voltage_alarm = 0
        self.high_temperature_alarm = 0
        self.low_temperature_alarm = 0
        self.high_current_alarm = 0
        self.high_current_charge_alarm = 0
        self.system_alarm = 0
        self.high_voltage_warning = 0
        self.low_voltage_warning = 0
        self.high_temperature_warning = 0
        self.low_temperature_warning = 0
        self.high_current_warning = 0
        self.high_current_charge_warning = 0
        self.system_warning = 0
        self.modules = 0
        self.letter_5 = 0
        self.letter_6 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.modules
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[4] = raw
        raw = self.letter_5
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[5] = raw
        raw = self.letter_6
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        buf[0] = (
            (self.high_voltage_alarm > 0) << 1 | (self.low_voltage_alarm > 0) << 2
            | (self.high_temperature_alarm > 0) << 3 | (self.low_temperature_alarm > 0) << 4
            | (self.high_current_alarm > 0) << 7
        )
        buf[1] = (self.high_current_charge_alarm > 0) | (self.system_alarm > 0) << 3
        buf[2] = (
            (self.high_voltage_warning > 0) << 1 | (self.low_voltage_warning > 0) << 2
            | (self.high_temperature_warning > 0) << 3 | (self.low_temperature_warning > 0) << 4
            | (self.high_current_warning > 0) << 7
        )
        buf[3] = (self.high_current_charge_warning > 0) | (self.system_warning > 0) << 3

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 7:
            return False
        self.high_voltage_alarm = buf[0] >> 1 & 1
        self.low_voltage_alarm = buf[0] >> 2 & 1
        self.high_temperature_alarm = buf[0] >> 3 & 1
        self.low_temperature_alarm = buf[0] >> 4 & 1
        self.high_current_alarm = buf[0] >> 7
        self.high_current_charge_alarm = buf[1] & 1
        self.system_alarm = buf[1] >> 3 & 1
        self.high_voltage_warning = buf[2] >> 1 & 1
        self.low_voltage_warning = buf[2] >> 2 & 1
        self.high_temperature_warning = buf[2] >> 3 & 1
        self.low_temperature_warning = buf[2] >> 4 & 1
        self.high_current_warning = buf[2] >> 7
        self.high_current_charge_warning = buf[3] & 1
        self.system_warning = buf[3] >> 3 & 1
        self.modules = buf[4]
        self.letter_5 = buf[5]
        self.letter_6 = buf[6]
        return True


class PylRequest:
    """PYL_REQUEST. From BMS. What the battery allows and asks for.

    full_charge_request: 0 to 1 flag. Asks for a full charge, as some inverters read it: never sent. 0 no, 1
        yes
    force_charge_2: 0 to 1 flag. Asks to be charged now: nearly empty. 0 no, 1 yes
    force_charge_1: 0 to 1 flag. Asks to be charged at once: empty. 0 no, 1 yes
    discharge_enable: 0 to 1 flag. Discharge is allowed. 0 no, 1 yes
    charge_enable: 0 to 1 flag. Charge is allowed. 0 no, 1 yes
    """

    ID = 0x35c
    EXTENDED = False
    LENGTH = 2
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.full_charge_request = 0
        self.force_charge_2 = 0
        self.force_charge_1 = 0
        self.discharge_enable = 0
        self.charge_enable = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        buf[0] = (
            (self.full_charge_request > 0) << 3 | (self.force_charge_2 > 0) << 4
            | (self.force_charge_1 > 0) << 5 | (self.discharge_enable > 0) << 6
            | (self.charge_enable > 0) << 7
        )
        buf[1] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 2:
            return False
        self.full_charge_request = buf[0] >> 3 & 1
        self.force_charge_2 = buf[0] >> 4 & 1
        self.force_charge_1 = buf[0] >> 5 & 1
        self.discharge_enable = buf[0] >> 6 & 1
        self.charge_enable = buf[0] >> 7
        return True


class PylManufacturer:
    """PYL_MANUFACTURER. From BMS. Name of the manufacturer; inverters look for PYLON.

    char_0: 0 to 127 char. Letter 0 of the manufacturer's name, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the manufacturer's name, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the manufacturer's name, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the manufacturer's name, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the manufacturer's name, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the manufacturer's name, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the manufacturer's name, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the manufacturer's name, ASCII, padded with spaces
    """

    ID = 0x35e
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.char_0 = 0
        self.char_1 = 0
        self.char_2 = 0
        self.char_3 = 0
        self.char_4 = 0
        self.char_5 = 0
        self.char_6 = 0
        self.char_7 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.char_0
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[0] = raw
        raw = self.char_1
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[1] = raw
        raw = self.char_2
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[2] = raw
        raw = self.char_3
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[3] = raw
        raw = self.char_4
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[4] = raw
        raw = self.char_5
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[5] = raw
        raw = self.char_6
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[6] = raw
        raw = self.char_7
        raw = 0 if raw < 0 else 127 if raw > 127 else raw
        buf[7] = raw

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.char_0 = buf[0]
        self.char_1 = buf[1]
        self.char_2 = buf[2]
        self.char_3 = buf[3]
        self.char_4 = buf[4]
        self.char_5 = buf[5]
        self.char_6 = buf[6]
        self.char_7 = buf[7]
        return True


class PylKeepalive:
    """PYL_KEEPALIVE. From INVERTER. The inverter lives.

    content: 0 to 255 bits. Seen as 0; not looked at
    """

    ID = 0x305
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.content = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.content
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        buf[1] = buf[2] = buf[3] = buf[4] = buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.content = buf[0]
        return True


MESSAGES = (
    PylLimits,
    PylSoc,
    PylMeasured,
    PylAlarms,
    PylRequest,
    PylManufacturer,
    PylKeepalive,
)
