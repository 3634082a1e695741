"""generated from bms.dbc (sha256 7d6540a51085) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class BmsLimits:
    """BMS_LIMITS. From BMS. Current limits in force now, magnitudes, from the integer lane. Zero is an
    order and is sent at once. E2E protected.

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
    PERIOD_ms = 20

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_limit_dA = 0
        self.discharge_limit_dA = 0
        self.charge_reason = 0
        self.discharge_reason = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_limit_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.discharge_limit_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        byte = raw >> 10
        raw = self.charge_reason
        raw = (0 if raw < 0 else 63) if raw >> 6 else raw
        buf[6], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.discharge_reason
        raw = (0 if raw < 0 else 63) if raw >> 6 else raw
        buf[7] = byte | raw << 2

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
        current_stale, 34 pack_voltage_stale, 35 link_voltage_stale, 36 inputs_stale, 37 current_b_stale, 40
        group_voltage_range, 41 temperature_range, 42 current_range, 43 stack_sum_mismatch, 44
        string_sum_mismatch, 45 current_pair_mismatch, 50 contactor_feedback, 51 precharge_slow, 52
        precharge_fast, 53 precharge_current, 60 command_lost, 61 charger_lost, 62 can_bus_off, 70
        self_test_failed, 71 interlock_open, 72 crash, 80 tick_late, 81 watchdog_reset, 82 estimator_failed
    first_cause_where: 0 to 255. Index of the group, stack or probe that the first cause names. 255 nowhere
    command_e2e: 0 to 7. State of the vehicle command's end-to-end check. 0 none, 1 ok, 2 repeated, 3
        wrong_sequence, 4 error, 5 timed_out
    """

    ID = 0x101
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 50

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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.state
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.contactors_commanded
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[3] = byte | raw << 4
        raw = self.contactors_feedback
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.severity
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[4] = byte | raw << 4 | (self.request_accepted > 0) << 7
        raw = self.first_cause
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[5] = raw
        raw = self.first_cause_where
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        raw = self.command_e2e
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[7] = raw

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
    PERIOD_ms = 50

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.pack_voltage_mV = 0
        self.pack_current_dA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.pack_voltage_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[3], buf[4] = raw & 255, raw >> 8 & 255
        byte = raw >> 16
        raw = self.pack_current_dA
        raw = -16384 if raw < -16384 else 16383 if raw > 16383 else raw
        buf[5], buf[6] = byte | (raw & 7) << 5, raw >> 3 & 255
        buf[7] = raw >> 11 & 15

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
        raw = self.link_voltage_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2] = raw >> 16
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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.soc_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.soc_sigma_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[4], byte = byte | (raw & 63) << 2, raw >> 6
        raw = self.soc_low_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[5], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.soc_high_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[6], buf[7] = byte | (raw & 3) << 6, raw >> 2

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
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.layer_high_mV = 0
        self.layer_low_mV = 0
        self.layer_high_group = 0
        self.layer_low_group = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.layer_high_mV
        raw = (0 if raw < 0 else 8191) if raw >> 13 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.layer_low_mV
        raw = (0 if raw < 0 else 8191) if raw >> 13 else raw
        buf[4], buf[5] = byte | (raw & 7) << 5, raw >> 3 & 255
        byte = raw >> 11
        raw = self.layer_high_group
        raw = (0 if raw < 0 else 127) if raw >> 7 else raw
        buf[6], byte = byte | (raw & 63) << 2, raw >> 6
        raw = self.layer_low_group
        raw = (0 if raw < 0 else 127) if raw >> 7 else raw
        buf[7] = byte | raw << 1

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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.layer_hottest_ddegC
        raw = -2048 if raw < -2048 else 2047 if raw > 2047 else raw
        buf[3], byte = raw & 255, raw >> 8 & 15
        raw = self.layer_coldest_ddegC
        raw = -2048 if raw < -2048 else 2047 if raw > 2047 else raw
        buf[4], buf[5] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.hottest_probe
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        raw = self.coldest_probe
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[7] = raw

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
        raw = self.faults_0_15
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.faults_16_31
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.faults_32_47
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.faults_48_63
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

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
        raw = self.faults_64_79
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.faults_80_95
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.faults_96_111
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.faults_112_127
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

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
    PERIOD_ms = 50

    def __init__(self) -> None:
        self.index = 0
        self.group_0_voltage_mV = 0
        self.group_1_voltage_mV = 0
        self.group_2_voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.index
        raw = (0 if raw < 0 else 127) if raw >> 7 else raw
        byte = raw
        raw = self.group_0_voltage_mV
        raw = -5000 if raw < -5000 and raw not in (-262144, -262143) else 262143 if raw > 262143 else raw
        buf[0], buf[1] = byte | (raw & 1) << 7, raw >> 1 & 255
        buf[2], byte = raw >> 9 & 255, raw >> 17 & 3
        raw = self.group_1_voltage_mV
        raw = -5000 if raw < -5000 and raw not in (-262144, -262143) else 262143 if raw > 262143 else raw
        buf[3], buf[4] = byte | (raw & 63) << 2, raw >> 6 & 255
        byte = raw >> 14 & 31
        raw = self.group_2_voltage_mV
        raw = -5000 if raw < -5000 and raw not in (-262144, -262143) else 262143 if raw > 262143 else raw
        buf[5], buf[6] = byte | (raw & 7) << 5, raw >> 3 & 255
        buf[7] = raw >> 11 & 255

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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_current_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.charge_voltage_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6], buf[7] = raw >> 10 & 255, raw >> 18 | (self.charge_enable > 0) << 3

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
        raw = self.protocol_version
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.configuration_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[1], buf[2] = raw & 255, raw >> 8
        raw = self.layer_count
        raw = (0 if raw < 0 else 4095) if raw >> 12 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.group_count
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[4], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.capacity_mAh
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[5], buf[6] = byte | (raw & 15) << 4, raw >> 4 & 255
        buf[7] = raw >> 12

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
        raw = self.uptime_s
        raw = 0 if raw < 0 else 16777215 if raw > 16777215 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2] = raw >> 16
        raw = self.late_ticks
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[3], buf[4] = raw & 255, raw >> 8
        raw = self.worst_lateness_ms
        raw = (0 if raw < 0 else 4095) if raw >> 12 else raw
        buf[5], byte = raw & 255, raw >> 8
        raw = self.reset_cause
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[6] = byte | raw << 4
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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.request
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[3] = raw | (self.reset_faults > 0) << 3
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
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charger_voltage_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[3], buf[4] = raw & 255, raw >> 8 & 255
        byte = raw >> 16
        raw = self.charger_current_dA
        raw = -16384 if raw < -16384 else 16383 if raw > 16383 else raw
        buf[5], buf[6] = byte | (raw & 7) << 5, raw >> 3 & 255
        byte = raw >> 11 & 15
        raw = self.charger_state
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[7] = byte | raw << 4

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
