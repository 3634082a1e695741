"""generated from victron.dbc (sha256 d1fb2e994721) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class VicLimits:
    """VIC_LIMITS. From BMS. Limits in force. CCL = 0 alone does not stop every charger, so CVL falls to
    the present voltage as well; CVL is never 0: a Multi would discharge into the loads.

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


class VicSoc:
    """VIC_SOC. From BMS. State of charge and health.

    soc_percent: 0 to 100 %. State of charge
    soh_percent: 0 to 100 %. State of health; 100 % also while it is not known, because the inverter wants a
        number
    soc_fine: 0 to 10000 is 0 to 100 %. State of charge once more, finer
    """

    ID = 0x355
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.soc_percent = 0
        self.soh_percent = 0
        self.soc_fine = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.soc_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.soh_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.soc_fine
        raw = 0 if raw < 0 else 10000 if raw > 10000 else raw
        buf[4], buf[5] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.soc_percent = buf[0] | buf[1] << 8
        self.soh_percent = buf[2] | buf[3] << 8
        self.soc_fine = buf[4] | buf[5] << 8
        return True


class VicMeasured:
    """VIC_MEASURED. From BMS. What the pack measures now.

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


class VicAlarms:
    """VIC_ALARMS. From BMS. Two bits a field, from the lowest. Published texts say 10 is active and 01 OK
    (Safiery manual V5.1), diyBMS, bsc_fw, pyBMS and SimpBMS send 01 as active: the pack says which
    (inverter.alarm_active). Order of the fields as in diyBMS and bsc_fw.

    general_alarm: 0 to 3 enum. Any alarm; not supported here, since every alarm has a field of its own: the
        pack is open or about to be. 0 not_supported, 1 code_01, 2 code_10, 3 reserved
    high_voltage_alarm: 0 to 3 enum. A layer may be above its voltage: the pack is open or about to be. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    low_voltage_alarm: 0 to 3 enum. A layer may be below its voltage: the pack is open or about to be. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    high_temperature_alarm: 0 to 3 enum. A layer may be too hot to discharge: the pack is open or about to be.
        0 not_supported, 1 code_01, 2 code_10, 3 reserved
    low_temperature_alarm: 0 to 3 enum. A layer may be too cold to discharge: the pack is open or about to be.
        0 not_supported, 1 code_01, 2 code_10, 3 reserved
    high_temperature_charge_alarm: 0 to 3 enum. A layer may be too hot to charge: the pack is open or about to
        be. 0 not_supported, 1 code_01, 2 code_10, 3 reserved
    low_temperature_charge_alarm: 0 to 3 enum. A layer may be too cold to charge: the pack is open or about to
        be. 0 not_supported, 1 code_01, 2 code_10, 3 reserved
    high_current_alarm: 0 to 3 enum. Discharge current too high: the pack is open or about to be. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    high_current_charge_alarm: 0 to 3 enum. Charge current too high: the pack is open or about to be. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    contactor_alarm: 0 to 3 enum. A contactor or the precharge does not do what it is told: the pack is open
        or about to be. 0 not_supported, 1 code_01, 2 code_10, 3 reserved
    short_circuit_alarm: 0 to 3 enum. Short circuit: the pack is open or about to be. 0 not_supported, 1
        code_01, 2 code_10, 3 reserved
    internal_alarm: 0 to 3 enum. Anything else that the BMS has found wrong: the pack is open or about to be.
        0 not_supported, 1 code_01, 2 code_10, 3 reserved
    imbalance_alarm: 0 to 3 enum. Layers or groups drift apart: the pack is open or about to be. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    general_warning: 0 to 3 enum. Any alarm; not supported here, since every alarm has a field of its own: a
        warning. 0 not_supported, 1 code_01, 2 code_10, 3 reserved
    high_voltage_warning: 0 to 3 enum. A layer may be above its voltage: a warning. 0 not_supported, 1
        code_01, 2 code_10, 3 reserved
    low_voltage_warning: 0 to 3 enum. A layer may be below its voltage: a warning. 0 not_supported, 1 code_01,
        2 code_10, 3 reserved
    high_temperature_warning: 0 to 3 enum. A layer may be too hot to discharge: a warning. 0 not_supported, 1
        code_01, 2 code_10, 3 reserved
    low_temperature_warning: 0 to 3 enum. A layer may be too cold to discharge: a warning. 0 not_supported, 1
        code_01, 2 code_10, 3 reserved
    high_temperature_charge_warning: 0 to 3 enum. A layer may be too hot to charge: a warning. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    low_temperature_charge_warning: 0 to 3 enum. A layer may be too cold to charge: a warning. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    high_current_warning: 0 to 3 enum. Discharge current too high: a warning. 0 not_supported, 1 code_01, 2
        code_10, 3 reserved
    high_current_charge_warning: 0 to 3 enum. Charge current too high: a warning. 0 not_supported, 1 code_01,
        2 code_10, 3 reserved
    contactor_warning: 0 to 3 enum. A contactor or the precharge does not do what it is told: a warning. 0
        not_supported, 1 code_01, 2 code_10, 3 reserved
    short_circuit_warning: 0 to 3 enum. Short circuit: a warning. 0 not_supported, 1 code_01, 2 code_10, 3
        reserved
    internal_warning: 0 to 3 enum. Anything else that the BMS has found wrong: a warning. 0 not_supported, 1
        code_01, 2 code_10, 3 reserved
    imbalance_warning: 0 to 3 enum. Layers or groups drift apart: a warning. 0 not_supported, 1 code_01, 2
        code_10, 3 reserved
    online: 0 to 3 enum. System status: the code of OK while the contactors are closed, else that of an alarm.
        0 not_supported, 1 code_01, 2 code_10, 3 reserved
    """

    ID = 0x35a
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.general_alarm = 0
        self.high_voltage_alarm = 0
        self.low_voltage_alarm = 0
        self.high_temperature_alarm = 0
        self.low_temperature_alarm = 0
        self.high_temperature_charge_alarm = 0
        self.low_temperature_charge_alarm = 0
        self.high_current_alarm = 0
        self.high_current_charge_alarm = 0
        self.contactor_alarm = 0
        self.short_circuit_alarm = 0
        self.internal_alarm = 0
        self.imbalance_alarm = 0
        self.general_warning = 0
        self.high_voltage_warning = 0
        self.low_voltage_warning = 0
        self.high_temperature_warning = 0
        self.low_temperature_warning = 0
        self.high_temperature_charge_warning = 0
        self.low_temperature_charge_warning = 0
        self.high_current_warning = 0
        self.high_current_charge_warning = 0
        self.contactor_warning = 0
        self.short_circuit_warning = 0
        self.internal_warning = 0
        self.imbalance_warning = 0
        self.online = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.general_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.high_voltage_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.low_voltage_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.high_temperature_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[0] = byte | raw << 6
        raw = self.low_temperature_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.high_temperature_charge_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.low_temperature_charge_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.high_current_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[1] = byte | raw << 6
        raw = self.high_current_charge_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.contactor_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.short_circuit_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.internal_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[2] = byte | raw << 6
        raw = self.imbalance_alarm
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[3] = raw
        raw = self.general_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.high_voltage_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.low_voltage_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.high_temperature_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[4] = byte | raw << 6
        raw = self.low_temperature_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.high_temperature_charge_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.low_temperature_charge_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.high_current_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[5] = byte | raw << 6
        raw = self.high_current_charge_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.contactor_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 2
        raw = self.short_circuit_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte |= raw << 4
        raw = self.internal_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[6] = byte | raw << 6
        raw = self.imbalance_warning
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.online
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[7] = byte | raw << 2

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.general_alarm = buf[0] & 3
        self.high_voltage_alarm = buf[0] >> 2 & 3
        self.low_voltage_alarm = buf[0] >> 4 & 3
        self.high_temperature_alarm = buf[0] >> 6
        self.low_temperature_alarm = buf[1] & 3
        self.high_temperature_charge_alarm = buf[1] >> 2 & 3
        self.low_temperature_charge_alarm = buf[1] >> 4 & 3
        self.high_current_alarm = buf[1] >> 6
        self.high_current_charge_alarm = buf[2] & 3
        self.contactor_alarm = buf[2] >> 2 & 3
        self.short_circuit_alarm = buf[2] >> 4 & 3
        self.internal_alarm = buf[2] >> 6
        self.imbalance_alarm = buf[3] & 3
        self.general_warning = buf[4] & 3
        self.high_voltage_warning = buf[4] >> 2 & 3
        self.low_voltage_warning = buf[4] >> 4 & 3
        self.high_temperature_warning = buf[4] >> 6
        self.low_temperature_warning = buf[5] & 3
        self.high_temperature_charge_warning = buf[5] >> 2 & 3
        self.low_temperature_charge_warning = buf[5] >> 4 & 3
        self.high_current_warning = buf[5] >> 6
        self.high_current_charge_warning = buf[6] & 3
        self.contactor_warning = buf[6] >> 2 & 3
        self.short_circuit_warning = buf[6] >> 4 & 3
        self.internal_warning = buf[6] >> 6
        self.imbalance_warning = buf[7] & 3
        self.online = buf[7] >> 2 & 3
        return True


class VicManufacturer:
    """VIC_MANUFACTURER. From BMS. Name of the manufacturer.

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


class VicIdentity:
    """VIC_IDENTITY. From BMS. Model, firmware and connected capacity. Layout as in bsc_fw and diyBMS.

    model: 0 to 65535 index. Model of the battery: 0, we have no number
    firmware: 0 to 65535 index. Version of the firmware
    online_capacity_Ah: 0 to 65535 Ah. Capacity that is connected: 0 while the contactors are open
    """

    ID = 0x35f
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.model = 0
        self.firmware = 0
        self.online_capacity_Ah = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.model
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.firmware
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.online_capacity_Ah
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 6:
            return False
        self.model = buf[0] | buf[1] << 8
        self.firmware = buf[2] | buf[3] << 8
        self.online_capacity_Ah = buf[4] | buf[5] << 8
        return True


class VicName0:
    """VIC_NAME_0. From BMS. First half of the battery's name.

    char_0: 0 to 127 char. Letter 0 of the first half of the name, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the first half of the name, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the first half of the name, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the first half of the name, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the first half of the name, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the first half of the name, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the first half of the name, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the first half of the name, ASCII, padded with spaces
    """

    ID = 0x370
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


class VicName1:
    """VIC_NAME_1. From BMS. Second half of the battery's name.

    char_0: 0 to 127 char. Letter 0 of the second half of the name, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the second half of the name, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the second half of the name, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the second half of the name, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the second half of the name, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the second half of the name, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the second half of the name, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the second half of the name, ASCII, padded with spaces
    """

    ID = 0x371
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


class VicModules:
    """VIC_MODULES. From BMS. Modules by what they do; a module is a stack, and all stacks are in one
    string. Layout as in diyBMS and bsc_fw.

    modules_ok: 0 to 65535 count. Stacks that are connected
    modules_blocking_charge: 0 to 65535 count. Stacks that allow no charge now
    modules_blocking_discharge: 0 to 65535 count. Stacks that allow no discharge now
    modules_offline: 0 to 65535 count. Stacks behind open contactors
    """

    ID = 0x372
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.modules_ok = 0
        self.modules_blocking_charge = 0
        self.modules_blocking_discharge = 0
        self.modules_offline = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.modules_ok
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.modules_blocking_charge
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.modules_blocking_discharge
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.modules_offline
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.modules_ok = buf[0] | buf[1] << 8
        self.modules_blocking_charge = buf[2] | buf[3] << 8
        self.modules_blocking_discharge = buf[4] | buf[5] << 8
        self.modules_offline = buf[6] | buf[7] << 8
        return True


class VicCells:
    """VIC_CELLS. From BMS. Bounds of the worst hidden layer: no layer is outside them. Layout as in
    bsc_fw; Kelvin without the fraction, bounds rounded outwards.

    lowest_voltage_mV: 0 to 65535 is 0 to 65.535 V. No layer is below this
    highest_voltage_mV: 0 to 65535 is 0 to 65.535 V. No layer is above this
    lowest_temperature_K: 0 to 65535 K. No layer is colder than this
    highest_temperature_K: 0 to 65535 K. No layer is hotter than this
    """

    ID = 0x373
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.lowest_voltage_mV = 0
        self.highest_voltage_mV = 0
        self.lowest_temperature_K = 0
        self.highest_temperature_K = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.lowest_voltage_mV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.highest_voltage_mV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.lowest_temperature_K
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.highest_temperature_K
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.lowest_voltage_mV = buf[0] | buf[1] << 8
        self.highest_voltage_mV = buf[2] | buf[3] << 8
        self.lowest_temperature_K = buf[4] | buf[5] << 8
        self.highest_temperature_K = buf[6] | buf[7] << 8
        return True


class VicLowestVoltageId:
    """VIC_LOWEST_VOLTAGE_ID. From BMS. Where the lowest voltage is: G and the number of the group.

    char_0: 0 to 127 char. Letter 0 of the place of the lowest voltage, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the place of the lowest voltage, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the place of the lowest voltage, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the place of the lowest voltage, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the place of the lowest voltage, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the place of the lowest voltage, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the place of the lowest voltage, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the place of the lowest voltage, ASCII, padded with spaces
    """

    ID = 0x374
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


class VicHighestVoltageId:
    """VIC_HIGHEST_VOLTAGE_ID. From BMS. Where the highest voltage is: G and the number of the group.

    char_0: 0 to 127 char. Letter 0 of the place of the highest voltage, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the place of the highest voltage, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the place of the highest voltage, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the place of the highest voltage, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the place of the highest voltage, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the place of the highest voltage, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the place of the highest voltage, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the place of the highest voltage, ASCII, padded with spaces
    """

    ID = 0x375
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


class VicLowestTemperatureId:
    """VIC_LOWEST_TEMPERATURE_ID. From BMS. Where it is coldest: P and the number of the probe.

    char_0: 0 to 127 char. Letter 0 of the coldest place, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the coldest place, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the coldest place, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the coldest place, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the coldest place, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the coldest place, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the coldest place, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the coldest place, ASCII, padded with spaces
    """

    ID = 0x376
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


class VicHighestTemperatureId:
    """VIC_HIGHEST_TEMPERATURE_ID. From BMS. Where it is hottest: P and the number of the probe.

    char_0: 0 to 127 char. Letter 0 of the hottest place, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the hottest place, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the hottest place, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the hottest place, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the hottest place, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the hottest place, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the hottest place, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the hottest place, ASCII, padded with spaces
    """

    ID = 0x377
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


class VicEnergy:
    """VIC_ENERGY. From BMS. Energy since the count began. The range ends at 30 bits, which a small
    integer holds.

    charged: 0 to 1073741823 is 0 to 107374182300 Wh. Energy that went in
    discharged: 0 to 1073741823 is 0 to 107374182300 Wh. Energy that came out
    """

    ID = 0x378
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.charged = 0
        self.discharged = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = min(max(self.charged, 0), 1073741823)
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2], buf[3] = raw >> 16 & 255, raw >> 24
        raw = min(max(self.discharged, 0), 1073741823)
        buf[4], buf[5] = raw & 255, raw >> 8 & 255
        buf[6], buf[7] = raw >> 16 & 255, raw >> 24

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.charged = buf[0] | buf[1] << 8 | buf[2] << 16 | buf[3] << 24
        self.discharged = buf[4] | buf[5] << 8 | buf[6] << 16 | buf[7] << 24
        return True


class VicCapacity:
    """VIC_CAPACITY. From BMS. What is installed.

    installed_capacity_Ah: 0 to 65535 Ah. Nominal capacity
    """

    ID = 0x379
    EXTENDED = False
    LENGTH = 2
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.installed_capacity_Ah = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.installed_capacity_Ah
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 2:
            return False
        self.installed_capacity_Ah = buf[0] | buf[1] << 8
        return True


class VicSerial0:
    """VIC_SERIAL_0. From BMS. First half of the serial number: CFG and the CRC-16 of the configuration,
    which is all that tells packs apart.

    char_0: 0 to 127 char. Letter 0 of the first half of the serial number, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the first half of the serial number, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the first half of the serial number, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the first half of the serial number, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the first half of the serial number, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the first half of the serial number, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the first half of the serial number, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the first half of the serial number, ASCII, padded with spaces
    """

    ID = 0x380
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


class VicSerial1:
    """VIC_SERIAL_1. From BMS. Second half of the serial number: spaces.

    char_0: 0 to 127 char. Letter 0 of the second half of the serial number, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the second half of the serial number, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the second half of the serial number, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the second half of the serial number, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the second half of the serial number, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the second half of the serial number, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the second half of the serial number, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the second half of the serial number, ASCII, padded with spaces
    """

    ID = 0x381
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


class VicFamily:
    """VIC_FAMILY. From BMS. Name of the family of batteries.

    char_0: 0 to 127 char. Letter 0 of the family's name, ASCII, padded with spaces
    char_1: 0 to 127 char. Letter 1 of the family's name, ASCII, padded with spaces
    char_2: 0 to 127 char. Letter 2 of the family's name, ASCII, padded with spaces
    char_3: 0 to 127 char. Letter 3 of the family's name, ASCII, padded with spaces
    char_4: 0 to 127 char. Letter 4 of the family's name, ASCII, padded with spaces
    char_5: 0 to 127 char. Letter 5 of the family's name, ASCII, padded with spaces
    char_6: 0 to 127 char. Letter 6 of the family's name, ASCII, padded with spaces
    char_7: 0 to 127 char. Letter 7 of the family's name, ASCII, padded with spaces
    """

    ID = 0x382
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


class VicKeepalive:
    """VIC_KEEPALIVE. From INVERTER. The GX lives. A BMS should stand its silence for 10 minutes.

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


class VicIdentification:
    """VIC_IDENTIFICATION. From INVERTER. The GX says who it is.

    letter_4: 0 to 255 char. V. 86 V
    letter_5: 0 to 255 char. I. 73 I
    letter_6: 0 to 255 char. C. 67 C
    """

    ID = 0x307
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.letter_4 = 0
        self.letter_5 = 0
        self.letter_6 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.letter_4
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[4] = raw
        raw = self.letter_5
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[5] = raw
        raw = self.letter_6
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        buf[0] = buf[1] = buf[2] = buf[3] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.letter_4 = buf[4]
        self.letter_5 = buf[5]
        self.letter_6 = buf[6]
        return True


MESSAGES = (
    VicLimits,
    VicSoc,
    VicMeasured,
    VicAlarms,
    VicManufacturer,
    VicIdentity,
    VicName0,
    VicName1,
    VicModules,
    VicCells,
    VicLowestVoltageId,
    VicHighestVoltageId,
    VicLowestTemperatureId,
    VicHighestTemperatureId,
    VicEnergy,
    VicCapacity,
    VicSerial0,
    VicSerial1,
    VicFamily,
    VicKeepalive,
    VicIdentification,
)
