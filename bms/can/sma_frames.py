"""generated from sma.dbc (sha256 955862a38810) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class SmaLimits:
    """SMA_LIMITS. From BMS. Limits in force. CVL falls to the present voltage where no charge is allowed,
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
    PERIOD_ms = 100

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


class SmaSoc:
    """SMA_SOC. From BMS. State of charge and health.

    soc_percent: 0 to 100 %. State of charge
    soh_percent: 0 to 100 %. State of health; 100 % also while it is not known, because the inverter wants a
        number
    soc_fine: 0 to 10000 is 0 to 100 %. State of charge once more, finer
    """

    ID = 0x355
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 100

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


class SmaMeasured:
    """SMA_MEASURED. From BMS. What the pack measures now. The sign of the current is that of the Victron
    family: assumed.

    voltage_cV: -32768 to 32767 is -327.68 to 327.67 V. Voltage of the pack
    current_dA: -32768 to 32767 is -3276.8 to 3276.7 A. Positive current charges
    temperature_ddegC: -32768 to 32767 is -3276.8 to 3276.7 degC. Middle of the hottest and the coldest probe
    """

    ID = 0x356
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 100

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


class SmaAlarms:
    """SMA_ALARMS. From BMS. Two bits a field, from the lowest. Published texts say 10 is active and 01 OK
    (Safiery manual V5.1), diyBMS, bsc_fw, pyBMS and SimpBMS send 01 as active: the pack says which
    (inverter.alarm_active). Order of the fields as in the Victron family.

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
    PERIOD_ms = 100

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


class SmaManufacturer:
    """SMA_MANUFACTURER. From BMS. Name of the manufacturer.

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
    PERIOD_ms = 100

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


class SmaIdentity:
    """SMA_IDENTITY. From BMS. Model, firmware and connected capacity, laid out as in the Victron family.

    model: 0 to 65535 index. Model of the battery: 0, we have no number
    firmware: 0 to 65535 index. Version of the firmware
    online_capacity_Ah: 0 to 65535 Ah. Capacity that is connected: 0 while the contactors are open
    """

    ID = 0x35f
    EXTENDED = False
    LENGTH = 6
    PERIOD_ms = 100

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


class SmaBattery:
    """SMA_BATTERY. From INVERTER. The battery as the inverter sees it. Layout as in solardirector.

    voltage_dV: -32768 to 32767 is -3276.8 to 3276.7 V. Battery voltage at the inverter
    current_dA: -32768 to 32767 is -3276.8 to 3276.7 A. Battery current at the inverter, sign as the inverter
        has it
    temperature_ddegC: -32768 to 32767 is -3276.8 to 3276.7 degC. Battery temperature as the inverter knows it
    soc_permille: 0 to 65535 is 0 to 6553.5 %. State of charge as the inverter knows it
    """

    ID = 0x305
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.voltage_dV = 0
        self.current_dA = 0
        self.temperature_ddegC = 0
        self.soc_permille = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.voltage_dV
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        raw = self.current_dA
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[2], buf[3] = raw & 255, raw >> 8 & 255
        raw = self.temperature_ddegC
        raw = -32768 if raw < -32768 else 32767 if raw > 32767 else raw
        buf[4], buf[5] = raw & 255, raw >> 8 & 255
        raw = self.soc_permille
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.voltage_dV = ((buf[0] | buf[1] << 8) ^ 32768) - 32768
        self.current_dA = ((buf[2] | buf[3] << 8) ^ 32768) - 32768
        self.temperature_ddegC = ((buf[4] | buf[5] << 8) ^ 32768) - 32768
        self.soc_permille = buf[6] | buf[7] << 8
        return True


class SmaState:
    """SMA_STATE. From INVERTER. What the inverter does. Layout as in solardirector.

    soh_percent: 0 to 65535 %. State of health as the inverter knows it
    charging_procedure: 0 to 255 index. Charging procedure, a number of the inverter's
    operating_state: 0 to 255 index. Operating state, a number of the inverter's
    error: 0 to 65535 bits. Active error message, 0 if none
    charge_voltage_dV: 0 to 65535 is 0 to 6553.5 V. Set point of the charge voltage
    """

    ID = 0x306
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.soh_percent = 0
        self.charging_procedure = 0
        self.operating_state = 0
        self.error = 0
        self.charge_voltage_dV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.soh_percent
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.charging_procedure
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.operating_state
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[3] = raw
        raw = self.error
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.charge_voltage_dV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.soh_percent = buf[0] | buf[1] << 8
        self.charging_procedure = buf[2]
        self.operating_state = buf[3]
        self.error = buf[4] | buf[5] << 8
        self.charge_voltage_dV = buf[6] | buf[7] << 8
        return True


MESSAGES = (
    SmaLimits,
    SmaSoc,
    SmaMeasured,
    SmaAlarms,
    SmaManufacturer,
    SmaIdentity,
    SmaBattery,
    SmaState,
)
