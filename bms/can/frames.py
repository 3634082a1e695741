"""generated from bms.dbc (sha256 ff4f2a1e7eb2) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class BmsLimits:
    """BMS_LIMITS. From BMS. Current limits in force now, magnitudes, from the integer lane. Zero is an
    order. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_limit_dA: 0 to 16383 is 0 to 1638.3 A. Largest charge current allowed now
    discharge_limit_dA: 0 to 16383 is 0 to 1638.3 A. Largest discharge current allowed now, a magnitude
    charge_reason: 0 to 63. What binds the charge limit. 0 none, 1 state, 2 rating, 3 map, 4 layer_voltage, 5
        temperature, 6 soc, 7 fault, 8 ramp, 9 advice, 10 charger, 11 measurement
    discharge_reason: 0 to 63. What binds the discharge limit. 0 none, 1 state, 2 rating, 3 map, 4
        layer_voltage, 5 temperature, 6 soc, 7 fault, 8 ramp, 9 advice, 10 charger, 11 measurement
    """

    ID = 0x100
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_limit_dA = 0
        self.discharge_limit_dA = 0
        self.charge_reason = 0
        self.discharge_reason = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        charge_limit_dA = self.charge_limit_dA
        if charge_limit_dA >> 14:
            charge_limit_dA = 0 if charge_limit_dA < 0 else 16383
        discharge_limit_dA = self.discharge_limit_dA
        if discharge_limit_dA >> 14:
            discharge_limit_dA = 0 if discharge_limit_dA < 0 else 16383
        charge_reason = self.charge_reason
        if charge_reason >> 6:
            charge_reason = 0 if charge_reason < 0 else 63
        discharge_reason = self.discharge_reason
        if discharge_reason >> 6:
            discharge_reason = 0 if discharge_reason < 0 else 63
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, charge_limit_dA & 255
        buf[4], buf[5] = charge_limit_dA >> 8 | (discharge_limit_dA & 3) << 6, discharge_limit_dA >> 2 & 255
        buf[6] = discharge_limit_dA >> 10 | (charge_reason & 15) << 4
        buf[7] = charge_reason >> 4 | discharge_reason << 2

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_limit_dA = buf[3] | (buf[4] & 63) << 8
        self.discharge_limit_dA = buf[4] >> 6 | buf[5] << 2 | (buf[6] & 15) << 10
        self.charge_reason = buf[6] >> 4 | (buf[7] & 3) << 4
        self.discharge_reason = buf[7] >> 2
        return True


class BmsState:
    """BMS_STATE. From BMS. State of the machine, contactors and the fault that came first. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    state: 0 to 15. State of the machine. 0 standby, 1 self_test, 2 precharge, 3 drive, 4 charge, 5 opening, 6
        fault, 7 service
    contactors_commanded: 0 to 15. Bits: 0 main negative, 1 precharge, 2 main positive, 3 auxiliary
    contactors_feedback: 0 to 15. The same bits as the auxiliary contacts report them
    severity: 0 to 7. Worst severity of all active faults. 0 none, 1 info, 2 warning, 3 derate, 4
        trip_after_ramp, 5 trip_now
    request_accepted: 0 to 1. 1 when the last protected vehicle command is in force
    first_cause: 0 to 255. Fault id of the first cause since the last reset; 0 is none. 0 none, 1
        layer_voltage_high, 2 layer_voltage_high_warn, 3 layer_voltage_high_info, 4 layer_voltage_low, 5
        layer_voltage_low_warn, 6 layer_voltage_low_info, 7 layer_voltage_deep, 10 charge_hot, 11
        charge_hot_warn, 12 charge_cold, 13 charge_cold_warn, 14 discharge_hot, 15 discharge_hot_warn, 16
        discharge_cold, 17 discharge_cold_warn, 18 hot_stop, 20 charge_current_high, 21
        discharge_current_high, 30 group_voltage_stale, 31 stack_voltage_stale, 32 temperature_stale, 33
        current_stale, 34 pack_voltage_stale, 35 link_voltage_stale, 36 inputs_stale, 40 group_voltage_range,
        41 temperature_range, 42 current_range, 43 stack_sum_mismatch, 44 string_sum_mismatch, 45
        current_pair_mismatch, 50 contactor_feedback, 51 precharge_slow, 52 precharge_fast, 53
        precharge_current, 60 command_lost, 61 charger_lost, 70 self_test_failed, 71 interlock_open, 72 crash,
        80 tick_late, 81 watchdog_reset
    first_cause_where: 0 to 255. Index of the group, stack or probe that the first cause names. 255 nowhere
    command_e2e: 0 to 7. State of the vehicle command's end-to-end check. 0 none, 1 ok, 2 repeated, 3
        wrong_sequence, 4 error, 5 timed_out
    """

    ID = 0x101
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 20

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.state = 0
        self.contactors_commanded = 0
        self.contactors_feedback = 0
        self.severity = 0
        self.request_accepted = 0
        self.first_cause = 0
        self.first_cause_where = 0
        self.command_e2e = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        state = self.state
        if state >> 4:
            state = 0 if state < 0 else 15
        contactors_commanded = self.contactors_commanded
        if contactors_commanded >> 4:
            contactors_commanded = 0 if contactors_commanded < 0 else 15
        contactors_feedback = self.contactors_feedback
        if contactors_feedback >> 4:
            contactors_feedback = 0 if contactors_feedback < 0 else 15
        severity = self.severity
        if severity >> 3:
            severity = 0 if severity < 0 else 7
        request_accepted = 1 if self.request_accepted > 0 else 0
        first_cause = self.first_cause
        if first_cause >> 8:
            first_cause = 0 if first_cause < 0 else 255
        first_cause_where = self.first_cause_where
        if first_cause_where >> 8:
            first_cause_where = 0 if first_cause_where < 0 else 255
        command_e2e = self.command_e2e
        if command_e2e >> 3:
            command_e2e = 0 if command_e2e < 0 else 7
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, state | contactors_commanded << 4
        buf[4], buf[5] = contactors_feedback | severity << 4 | request_accepted << 7, first_cause
        buf[6], buf[7] = first_cause_where, command_e2e

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.state = buf[3] & 15
        self.contactors_commanded = buf[3] >> 4
        self.contactors_feedback = buf[4] & 15
        self.severity = buf[4] >> 4 & 7
        self.request_accepted = buf[4] >> 7
        self.first_cause = buf[5]
        self.first_cause_where = buf[6]
        self.command_e2e = buf[7] & 7
        return True


class BmsPack:
    """BMS_PACK. From BMS. Voltage and current of the pack as used by the integer lane. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    pack_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage of the string of stacks, ahead of the contactors
    pack_current_dA: -16384 to 16383 is -1638.4 to 1638.3 A. Positive current charges
    """

    ID = 0x102
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 20

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.pack_voltage_mV = 0
        self.pack_current_dA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        pack_voltage_mV = self.pack_voltage_mV
        if pack_voltage_mV < 0 or pack_voltage_mV > 2097151:
            pack_voltage_mV = 0 if pack_voltage_mV < 0 else 2097151
        pack_current_dA = self.pack_current_dA
        if pack_current_dA < -16384 or pack_current_dA > 16383:
            pack_current_dA = -16384 if pack_current_dA < -16384 else 16383
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, pack_voltage_mV & 255
        buf[4], buf[5] = pack_voltage_mV >> 8 & 255, pack_voltage_mV >> 16 | (pack_current_dA & 7) << 5
        buf[6], buf[7] = pack_current_dA >> 3 & 255, pack_current_dA >> 11 & 15

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.pack_voltage_mV = buf[3] | buf[4] << 8 | (buf[5] & 31) << 16
        self.pack_current_dA = ((buf[5] >> 5 | buf[6] << 3 | (buf[7] & 15) << 11) ^ 16384) - 16384
        return True


class BmsLink:
    """BMS_LINK. From BMS. Voltage behind the contactors.

    link_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage of the link capacitor
    """

    ID = 0x103
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.link_voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        link_voltage_mV = self.link_voltage_mV
        if link_voltage_mV < 0 or link_voltage_mV > 2097151:
            link_voltage_mV = 0 if link_voltage_mV < 0 else 2097151
        buf[0], buf[1] = link_voltage_mV & 255, link_voltage_mV >> 8 & 255
        buf[2] = link_voltage_mV >> 16
        buf[3] = buf[4] = buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.link_voltage_mV = buf[0] | buf[1] << 8 | (buf[2] & 31) << 16
        return True


class BmsSoc:
    """BMS_SOC. From BMS. State of charge with what is known of its error. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    soc_permille: 0 to 1000 is 0 to 100 %. State of charge for the user, mean of the layers
    soc_sigma_permille: 0 to 1000 is 0 to 100 %. One standard deviation as the estimator believes; 100 % when
        it has nothing to say
    soc_low_permille: 0 to 1000 is 0 to 100 %. Low end of the hard interval of the integer lane
    soc_high_permille: 0 to 1000 is 0 to 100 %. High end of the hard interval of the integer lane
    """

    ID = 0x110
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.soc_permille = 0
        self.soc_sigma_permille = 0
        self.soc_low_permille = 0
        self.soc_high_permille = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        soc_permille = self.soc_permille
        soc_permille = 0 if soc_permille < 0 else 1000 if soc_permille > 1000 else soc_permille
        soc_sigma_permille = self.soc_sigma_permille
        if soc_sigma_permille < 0 or soc_sigma_permille > 1000:
            soc_sigma_permille = 0 if soc_sigma_permille < 0 else 1000
        soc_low_permille = self.soc_low_permille
        if soc_low_permille < 0 or soc_low_permille > 1000:
            soc_low_permille = 0 if soc_low_permille < 0 else 1000
        soc_high_permille = self.soc_high_permille
        if soc_high_permille < 0 or soc_high_permille > 1000:
            soc_high_permille = 0 if soc_high_permille < 0 else 1000
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, soc_permille & 255
        buf[4] = soc_permille >> 8 | (soc_sigma_permille & 63) << 2
        buf[5] = soc_sigma_permille >> 6 | (soc_low_permille & 15) << 4
        buf[6], buf[7] = soc_low_permille >> 4 | (soc_high_permille & 3) << 6, soc_high_permille >> 2

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.soc_permille = buf[3] | (buf[4] & 3) << 8
        self.soc_sigma_permille = buf[4] >> 2 | (buf[5] & 15) << 6
        self.soc_low_permille = buf[5] >> 4 | (buf[6] & 63) << 4
        self.soc_high_permille = buf[6] >> 6 | buf[7] << 2
        return True


class BmsBounds:
    """BMS_BOUNDS. From BMS. Bounds of the worst hidden layer. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    layer_high_mV: 0 to 8191 is 0 to 8.191 V. No layer is above this
    layer_low_mV: 0 to 8191 is 0 to 8.191 V. No layer is below this
    layer_high_group: 0 to 127. Group of the high bound
    layer_low_group: 0 to 127. Group of the low bound
    """

    ID = 0x111
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 20

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.layer_high_mV = 0
        self.layer_low_mV = 0
        self.layer_high_group = 0
        self.layer_low_group = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        layer_high_mV = self.layer_high_mV
        if layer_high_mV >> 13:
            layer_high_mV = 0 if layer_high_mV < 0 else 8191
        layer_low_mV = self.layer_low_mV
        if layer_low_mV >> 13:
            layer_low_mV = 0 if layer_low_mV < 0 else 8191
        layer_high_group = self.layer_high_group
        if layer_high_group >> 7:
            layer_high_group = 0 if layer_high_group < 0 else 127
        layer_low_group = self.layer_low_group
        if layer_low_group >> 7:
            layer_low_group = 0 if layer_low_group < 0 else 127
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, layer_high_mV & 255
        buf[4], buf[5] = layer_high_mV >> 8 | (layer_low_mV & 7) << 5, layer_low_mV >> 3 & 255
        buf[6] = layer_low_mV >> 11 | (layer_high_group & 63) << 2
        buf[7] = layer_high_group >> 6 | layer_low_group << 1

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.layer_high_mV = buf[3] | (buf[4] & 31) << 8
        self.layer_low_mV = buf[4] >> 5 | buf[5] << 3 | (buf[6] & 3) << 11
        self.layer_high_group = buf[6] >> 2 | (buf[7] & 1) << 6
        self.layer_low_group = buf[7] >> 1
        return True


class BmsTemperature:
    """BMS_TEMPERATURE. From BMS. Bounds of the layer temperature and the probes they come from. E2E
    protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    layer_hottest_ddegC: -2048 to 2047 is -204.8 to 204.7 degC. No layer is hotter than this
    layer_coldest_ddegC: -2048 to 2047 is -204.8 to 204.7 degC. No layer is colder than this
    hottest_probe: 0 to 255. Probe with the highest reading. 255 nowhere
    coldest_probe: 0 to 255. Probe with the lowest reading. 255 nowhere
    """

    ID = 0x112
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.layer_hottest_ddegC = 0
        self.layer_coldest_ddegC = 0
        self.hottest_probe = 0
        self.coldest_probe = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        layer_hottest_ddegC = self.layer_hottest_ddegC
        if layer_hottest_ddegC < -2048 or layer_hottest_ddegC > 2047:
            layer_hottest_ddegC = -2048 if layer_hottest_ddegC < -2048 else 2047
        layer_coldest_ddegC = self.layer_coldest_ddegC
        if layer_coldest_ddegC < -2048 or layer_coldest_ddegC > 2047:
            layer_coldest_ddegC = -2048 if layer_coldest_ddegC < -2048 else 2047
        hottest_probe = self.hottest_probe
        if hottest_probe >> 8:
            hottest_probe = 0 if hottest_probe < 0 else 255
        coldest_probe = self.coldest_probe
        if coldest_probe >> 8:
            coldest_probe = 0 if coldest_probe < 0 else 255
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, layer_hottest_ddegC & 255
        buf[4] = layer_hottest_ddegC >> 8 & 15 | (layer_coldest_ddegC & 15) << 4
        buf[5], buf[6] = layer_coldest_ddegC >> 4 & 255, hottest_probe
        buf[7] = coldest_probe

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.layer_hottest_ddegC = ((buf[3] | (buf[4] & 15) << 8) ^ 2048) - 2048
        self.layer_coldest_ddegC = ((buf[4] >> 4 | buf[5] << 4) ^ 2048) - 2048
        self.hottest_probe = buf[6]
        self.coldest_probe = buf[7]
        return True


class BmsFaultsLow:
    """BMS_FAULTS_LOW. From BMS. Active or latched faults, ids 0 to 63, one bit each.

    faults_0_15: 0 to 65535. Bit n is fault id 0 + n
    faults_16_31: 0 to 65535. Bit n is fault id 16 + n
    faults_32_47: 0 to 65535. Bit n is fault id 32 + n
    faults_48_63: 0 to 65535. Bit n is fault id 48 + n
    """

    ID = 0x120
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.faults_0_15 = 0
        self.faults_16_31 = 0
        self.faults_32_47 = 0
        self.faults_48_63 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        faults_0_15 = self.faults_0_15
        if faults_0_15 >> 16:
            faults_0_15 = 0 if faults_0_15 < 0 else 65535
        faults_16_31 = self.faults_16_31
        if faults_16_31 >> 16:
            faults_16_31 = 0 if faults_16_31 < 0 else 65535
        faults_32_47 = self.faults_32_47
        if faults_32_47 >> 16:
            faults_32_47 = 0 if faults_32_47 < 0 else 65535
        faults_48_63 = self.faults_48_63
        if faults_48_63 >> 16:
            faults_48_63 = 0 if faults_48_63 < 0 else 65535
        buf[0], buf[1] = faults_0_15 & 255, faults_0_15 >> 8
        buf[2], buf[3] = faults_16_31 & 255, faults_16_31 >> 8
        buf[4], buf[5] = faults_32_47 & 255, faults_32_47 >> 8
        buf[6], buf[7] = faults_48_63 & 255, faults_48_63 >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.faults_0_15 = buf[0] | buf[1] << 8
        self.faults_16_31 = buf[2] | buf[3] << 8
        self.faults_32_47 = buf[4] | buf[5] << 8
        self.faults_48_63 = buf[6] | buf[7] << 8
        return True


class BmsFaultsHigh:
    """BMS_FAULTS_HIGH. From BMS. Active or latched faults, ids 64 to 127, one bit each.

    faults_64_79: 0 to 65535. Bit n is fault id 64 + n
    faults_80_95: 0 to 65535. Bit n is fault id 80 + n
    faults_96_111: 0 to 65535. Bit n is fault id 96 + n
    faults_112_127: 0 to 65535. Bit n is fault id 112 + n
    """

    ID = 0x121
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.faults_64_79 = 0
        self.faults_80_95 = 0
        self.faults_96_111 = 0
        self.faults_112_127 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        faults_64_79 = self.faults_64_79
        if faults_64_79 >> 16:
            faults_64_79 = 0 if faults_64_79 < 0 else 65535
        faults_80_95 = self.faults_80_95
        if faults_80_95 >> 16:
            faults_80_95 = 0 if faults_80_95 < 0 else 65535
        faults_96_111 = self.faults_96_111
        if faults_96_111 >> 16:
            faults_96_111 = 0 if faults_96_111 < 0 else 65535
        faults_112_127 = self.faults_112_127
        if faults_112_127 >> 16:
            faults_112_127 = 0 if faults_112_127 < 0 else 65535
        buf[0], buf[1] = faults_64_79 & 255, faults_64_79 >> 8
        buf[2], buf[3] = faults_80_95 & 255, faults_80_95 >> 8
        buf[4], buf[5] = faults_96_111 & 255, faults_96_111 >> 8
        buf[6], buf[7] = faults_112_127 & 255, faults_112_127 >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.faults_64_79 = buf[0] | buf[1] << 8
        self.faults_80_95 = buf[2] | buf[3] << 8
        self.faults_96_111 = buf[4] | buf[5] << 8
        self.faults_112_127 = buf[6] | buf[7] << 8
        return True


class BmsGroups:
    """BMS_GROUPS. From BMS. Three group voltages a frame; the index walks through the pack.

    index: 0 to 127. Values belong to groups 3*index, 3*index+1 and 3*index+2
    group_0_voltage_mV: -5000 to 262143 is -5 to 262.143 V. Voltage of group 3*index+0. -262144 not_fitted,
        -262143 invalid
    group_1_voltage_mV: -5000 to 262143 is -5 to 262.143 V. Voltage of group 3*index+1. -262144 not_fitted,
        -262143 invalid
    group_2_voltage_mV: -5000 to 262143 is -5 to 262.143 V. Voltage of group 3*index+2. -262144 not_fitted,
        -262143 invalid
    """

    ID = 0x130
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 20

    def __init__(self) -> None:
        self.index = 0
        self.group_0_voltage_mV = 0
        self.group_1_voltage_mV = 0
        self.group_2_voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        index = self.index
        if index >> 7:
            index = 0 if index < 0 else 127
        group_0_voltage_mV = self.group_0_voltage_mV
        if not (-5000 <= group_0_voltage_mV <= 262143 or group_0_voltage_mV in (-262144, -262143)):
            group_0_voltage_mV = -5000 if group_0_voltage_mV < -5000 else 262143
        group_1_voltage_mV = self.group_1_voltage_mV
        if not (-5000 <= group_1_voltage_mV <= 262143 or group_1_voltage_mV in (-262144, -262143)):
            group_1_voltage_mV = -5000 if group_1_voltage_mV < -5000 else 262143
        group_2_voltage_mV = self.group_2_voltage_mV
        if not (-5000 <= group_2_voltage_mV <= 262143 or group_2_voltage_mV in (-262144, -262143)):
            group_2_voltage_mV = -5000 if group_2_voltage_mV < -5000 else 262143
        buf[0], buf[1] = index | (group_0_voltage_mV & 1) << 7, group_0_voltage_mV >> 1 & 255
        buf[2] = group_0_voltage_mV >> 9 & 255
        buf[3] = group_0_voltage_mV >> 17 & 3 | (group_1_voltage_mV & 63) << 2
        buf[4] = group_1_voltage_mV >> 6 & 255
        buf[5] = group_1_voltage_mV >> 14 & 31 | (group_2_voltage_mV & 7) << 5
        buf[6], buf[7] = group_2_voltage_mV >> 3 & 255, group_2_voltage_mV >> 11 & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.index = buf[0] & 127
        self.group_0_voltage_mV = ((
            buf[0] >> 7 | buf[1] << 1 | buf[2] << 9 | (buf[3] & 3) << 17
        ) ^ 262144) - 262144
        self.group_1_voltage_mV = ((buf[3] >> 2 | buf[4] << 6 | (buf[5] & 31) << 14) ^ 262144) - 262144
        self.group_2_voltage_mV = ((buf[5] >> 5 | buf[6] << 3 | buf[7] << 11) ^ 262144) - 262144
        return True


class BmsChargeRequest:
    """BMS_CHARGE_REQUEST. From BMS. What the charger is asked for. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_current_dA: 0 to 16383 is 0 to 1638.3 A. Requested charge current
    charge_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage the charger must not exceed
    charge_enable: 0 to 1. 0: stop now. 0 stop, 1 charge
    """

    ID = 0x140
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_current_dA = 0
        self.charge_voltage_mV = 0
        self.charge_enable = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        charge_current_dA = self.charge_current_dA
        if charge_current_dA >> 14:
            charge_current_dA = 0 if charge_current_dA < 0 else 16383
        charge_voltage_mV = self.charge_voltage_mV
        if charge_voltage_mV < 0 or charge_voltage_mV > 2097151:
            charge_voltage_mV = 0 if charge_voltage_mV < 0 else 2097151
        charge_enable = 1 if self.charge_enable > 0 else 0
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, charge_current_dA & 255
        buf[4], buf[5] = charge_current_dA >> 8 | (charge_voltage_mV & 3) << 6, charge_voltage_mV >> 2 & 255
        buf[6], buf[7] = charge_voltage_mV >> 10 & 255, charge_voltage_mV >> 18 | charge_enable << 3

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_current_dA = buf[3] | (buf[4] & 63) << 8
        self.charge_voltage_mV = buf[4] >> 6 | buf[5] << 2 | buf[6] << 10 | (buf[7] & 7) << 18
        self.charge_enable = buf[7] >> 3 & 1
        return True


class BmsIdentity:
    """BMS_IDENTITY. From BMS. What is running on what.

    protocol_version: 0 to 255. Version of this file
    configuration_crc: 0 to 65535. CRC-16 over the pack's configuration
    layer_count: 0 to 4095. Layers in series
    group_count: 0 to 255. Measured groups
    capacity_mAh: 0 to 1048575 is 0 to 1048.575 Ah. Nominal capacity
    """

    ID = 0x150
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.protocol_version = 0
        self.configuration_crc = 0
        self.layer_count = 0
        self.group_count = 0
        self.capacity_mAh = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        protocol_version = self.protocol_version
        if protocol_version >> 8:
            protocol_version = 0 if protocol_version < 0 else 255
        configuration_crc = self.configuration_crc
        if configuration_crc >> 16:
            configuration_crc = 0 if configuration_crc < 0 else 65535
        layer_count = self.layer_count
        if layer_count >> 12:
            layer_count = 0 if layer_count < 0 else 4095
        group_count = self.group_count
        if group_count >> 8:
            group_count = 0 if group_count < 0 else 255
        capacity_mAh = self.capacity_mAh
        capacity_mAh = 0 if capacity_mAh < 0 else 1048575 if capacity_mAh > 1048575 else capacity_mAh
        buf[0], buf[1] = protocol_version, configuration_crc & 255
        buf[2], buf[3] = configuration_crc >> 8, layer_count & 255
        buf[4] = layer_count >> 8 | (group_count & 15) << 4
        buf[5], buf[6] = group_count >> 4 | (capacity_mAh & 15) << 4, capacity_mAh >> 4 & 255
        buf[7] = capacity_mAh >> 12

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.protocol_version = buf[0]
        self.configuration_crc = buf[1] | buf[2] << 8
        self.layer_count = buf[3] | (buf[4] & 15) << 8
        self.group_count = buf[4] >> 4 | (buf[5] & 15) << 4
        self.capacity_mAh = buf[5] >> 4 | buf[6] << 4 | buf[7] << 12
        return True


class BmsTiming:
    """BMS_TIMING. From BMS. How the tick keeps its time.

    uptime_s: 0 to 16777215 s. Time since start
    late_ticks: 0 to 65535. Ticks that came late since start
    worst_lateness_ms: 0 to 4095 ms. Worst lateness since start
    reset_cause: 0 to 7. Why the controller last started. 0 unknown, 1 power_on, 2 hard, 3 watchdog, 4 sleep,
        5 soft
    """

    ID = 0x151
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.uptime_s = 0
        self.late_ticks = 0
        self.worst_lateness_ms = 0
        self.reset_cause = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        uptime_s = self.uptime_s
        uptime_s = 0 if uptime_s < 0 else 16777215 if uptime_s > 16777215 else uptime_s
        late_ticks = self.late_ticks
        if late_ticks >> 16:
            late_ticks = 0 if late_ticks < 0 else 65535
        worst_lateness_ms = self.worst_lateness_ms
        if worst_lateness_ms >> 12:
            worst_lateness_ms = 0 if worst_lateness_ms < 0 else 4095
        reset_cause = self.reset_cause
        if reset_cause >> 3:
            reset_cause = 0 if reset_cause < 0 else 7
        buf[0], buf[1] = uptime_s & 255, uptime_s >> 8 & 255
        buf[2], buf[3] = uptime_s >> 16, late_ticks & 255
        buf[4], buf[5] = late_ticks >> 8, worst_lateness_ms & 255
        buf[6] = worst_lateness_ms >> 8 | reset_cause << 4
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.uptime_s = buf[0] | buf[1] << 8 | buf[2] << 16
        self.late_ticks = buf[3] | buf[4] << 8
        self.worst_lateness_ms = buf[5] | (buf[6] & 15) << 8
        self.reset_cause = buf[6] >> 4 & 7
        return True


class VcuCommand:
    """VCU_COMMAND. From VCU. What the vehicle wants. E2E protected; an invalid one changes nothing.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    request: 0 to 7. Wanted state. 0 open, 1 drive, 2 charge, 3 service
    reset_faults: 0 to 1. A rise from 0 to 1 asks for a reset of latched faults
    """

    ID = 0x200
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 50

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.request = 0
        self.reset_faults = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        request = self.request
        if request >> 3:
            request = 0 if request < 0 else 7
        reset_faults = 1 if self.reset_faults > 0 else 0
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, request | reset_faults << 3
        buf[4] = buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.request = buf[3] & 7
        self.reset_faults = buf[3] >> 3 & 1
        return True


class ChgStatus:
    """CHG_STATUS. From CHARGER. What the charger does. E2E protected.

    e2e_crc: 0 to 65535. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the frame id
    e2e_counter: 0 to 255. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charger_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage at the charger's output
    charger_current_dA: -16384 to 16383 is -1638.4 to 1638.3 A. Positive current charges
    charger_state: 0 to 7. State of the charger. 0 off, 1 ready, 2 charging, 3 fault
    """

    ID = 0x210
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charger_voltage_mV = 0
        self.charger_current_dA = 0
        self.charger_state = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        e2e_crc = self.e2e_crc
        if e2e_crc >> 16:
            e2e_crc = 0 if e2e_crc < 0 else 65535
        e2e_counter = self.e2e_counter
        if e2e_counter >> 8:
            e2e_counter = 0 if e2e_counter < 0 else 255
        charger_voltage_mV = self.charger_voltage_mV
        if charger_voltage_mV < 0 or charger_voltage_mV > 2097151:
            charger_voltage_mV = 0 if charger_voltage_mV < 0 else 2097151
        charger_current_dA = self.charger_current_dA
        if charger_current_dA < -16384 or charger_current_dA > 16383:
            charger_current_dA = -16384 if charger_current_dA < -16384 else 16383
        charger_state = self.charger_state
        if charger_state >> 3:
            charger_state = 0 if charger_state < 0 else 7
        buf[0], buf[1] = e2e_crc & 255, e2e_crc >> 8
        buf[2], buf[3] = e2e_counter, charger_voltage_mV & 255
        buf[4] = charger_voltage_mV >> 8 & 255
        buf[5] = charger_voltage_mV >> 16 | (charger_current_dA & 7) << 5
        buf[6], buf[7] = charger_current_dA >> 3 & 255, charger_current_dA >> 11 & 15 | charger_state << 4

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charger_voltage_mV = buf[3] | buf[4] << 8 | (buf[5] & 31) << 16
        self.charger_current_dA = ((buf[5] >> 5 | buf[6] << 3 | (buf[7] & 15) << 11) ^ 16384) - 16384
        self.charger_state = buf[7] >> 4 & 7
        return True


MESSAGES = (
    BmsLimits,
    BmsState,
    BmsPack,
    BmsLink,
    BmsSoc,
    BmsBounds,
    BmsTemperature,
    BmsFaultsLow,
    BmsFaultsHigh,
    BmsGroups,
    BmsChargeRequest,
    BmsIdentity,
    BmsTiming,
    VcuCommand,
    ChgStatus,
)
