"""generated from bms.dbc (sha256 5c49c6dca5f7) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. pack fills buf,
LENGTH bytes, and clamps what is out of range; named values pass. unpack is False, and stores nothing, for a
wrong length or a selector without meaning.
"""


class BmsLimits:
    """BMS_LIMITS. From BMS. Current limits in force now, magnitudes, from the integer lane. Zero is an
    order and is sent at once. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_limit_dA: 0 to 16383 is 0 to 1638.3 A. Largest charge current allowed now
    discharge_limit_dA: 0 to 16383 is 0 to 1638.3 A. Largest discharge current allowed now, a magnitude
    charge_reason: 0 to 63 enum. What binds the charge limit. 0 none, 1 state, 2 rating, 3 map, 4
        layer_voltage, 5 temperature, 6 soc, 7 fault, 8 ramp, 9 advice, 10 charger, 11 measurement
    discharge_reason: 0 to 63 enum. What binds the discharge limit. 0 none, 1 state, 2 rating, 3 map, 4
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

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    state: 0 to 15 enum. State of the machine. 0 standby, 1 self_test, 2 precharge, 3 drive, 4 charge, 5
        opening, 6 fault, 7 service
    contactors_commanded: 0 to 15 bits. Bits: 0 main negative, 1 precharge, 2 main positive, 3 auxiliary
    contactors_feedback: 0 to 15 bits. The same bits as the auxiliary contacts report them
    severity: 0 to 7 enum. Worst severity of all active faults. 0 none, 1 info, 2 warning, 3 derate, 4
        trip_after_ramp, 5 trip_now
    request_accepted: 0 to 1 flag. 1 while the newest sound vehicle command asks for a state that there is and
        is not too old. 0 no, 1 yes
    first_cause: 0 to 255 enum. Fault id of the first cause since the last reset; 0 is none. 0 none, 1
        layer_voltage_high, 2 layer_voltage_high_warn, 3 layer_voltage_high_info, 4 layer_voltage_low, 5
        layer_voltage_low_warn, 6 layer_voltage_low_info, 7 layer_voltage_deep, 8 stack_voltage_high, 9
        stack_voltage_low, 10 charge_hot, 11 charge_hot_warn, 12 charge_cold, 13 charge_cold_warn, 14
        discharge_hot, 15 discharge_hot_warn, 16 discharge_cold, 17 discharge_cold_warn, 18 hot_stop, 19
        pack_voltage_high, 20 charge_current_high, 21 discharge_current_high, 22 pack_voltage_low, 23
        sister_rest_info, 24 sister_rest_warn, 25 sister_rest, 26 sister_load_warn, 27 sister_load, 28
        layer_collapse, 29 taps_shifted, 30 group_voltage_stale, 31 stack_voltage_stale, 32 temperature_stale,
        33 current_stale, 34 pack_voltage_stale, 35 link_voltage_stale, 36 inputs_stale, 37 current_b_stale,
        38 group_wire_open, 39 group_crc, 40 group_voltage_range, 41 temperature_range, 42 current_range, 43
        stack_sum_mismatch, 44 string_sum_mismatch, 45 current_pair_mismatch, 46 temperature_wire_open, 47
        temperature_wire_short, 48 temperature_odd, 49 temperature_frozen, 50 contactor_feedback, 51
        precharge_slow, 52 precharge_fast, 53 precharge_current, 54 contactor_welded, 55 contactor_bounce, 56
        contactor_wear, 57 contactor_worn, 58 coil_supply_lost, 59 fuse_open, 60 command_lost, 61
        charger_lost, 62 can_bus_off, 63 can_error_passive, 64 command_unsound, 65 charger_unsound, 66
        inverter_lost, 67 charger_exceeds, 68 charger_failed, 69 charger_voltage_apart, 70 self_test_failed,
        71 interlock_open, 72 crash, 73 link_apart, 74 boot_feedback, 75 precharge_hot, 76 opening_forced, 77
        request_unknown, 78 overfilled, 79 charge_no_progress, 80 tick_late, 81 watchdog_reset, 82
        estimator_failed, 83 tick_overdue, 84 clock_jumped, 85 store_unreadable, 86 configuration_changed, 87
        configuration_foreign, 88 ticks_missed, 89 reset_unexpected, 90 thermal_runaway, 91
        temperature_rate_info, 92 temperature_rate_warn, 93 gradient_info, 94 gradient_warn, 95 gradient_high,
        96 current_when_open, 97 charge_over_limit_warn, 98 charge_over_limit, 99 discharge_over_limit_warn,
        100 discharge_over_limit, 101 current_frozen, 102 voltages_frozen, 103 inputs_frozen, 104
        chain_frozen, 105 chain_chips_lost, 106 chain_reference, 107 chain_brown_out, 108 chain_stale, 109
        chain_crc, 110 group_frozen, 111 overload_warn, 112 overload, 113 regen_pulse, 114 insulation_warn,
        115 insulation_low, 116 insulation_silent, 117 supply_low_warn, 118 supply_low, 119 supply_high, 120
        coolant_hot, 121 coolant_flow, 122 environment_stale, 123 force_info, 124 force_warn, 125 force_high,
        126 group_leaks, 127 group_weak
    first_cause_where: 0 to 255 index. Index of the group, stack or probe that the first cause names. 255
        nowhere
    command_e2e: 0 to 7 enum. State of the end-to-end check of the vehicle's command. 0 none, 1 ok, 2
        repeated, 3 wrong_sequence, 4 error, 5 timed_out
    charger_e2e: 0 to 7 enum. State of the end-to-end check of the charger's status. 0 none, 1 ok, 2 repeated,
        3 wrong_sequence, 4 error, 5 timed_out
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
        self.charger_e2e = 0

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
        byte = raw
        raw = self.charger_e2e
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[7] = byte | raw << 3

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
        self.charger_e2e = buf[7] >> 3 & 7
        return True


class BmsPack:
    """BMS_PACK. From BMS. Voltage and current of the pack as used by the integer lane. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
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
    """BMS_LINK. From BMS. Voltage behind the contactors. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    link_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage of the link capacitor
    """

    ID = 0x103
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.link_voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.link_voltage_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[3], buf[4] = raw & 255, raw >> 8 & 255
        buf[5] = raw >> 16
        buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.link_voltage_mV = buf[3] | buf[4] << 8 | (buf[5] & 31) << 16
        return True


class BmsLimits2s:
    """BMS_LIMITS_2S. From BMS. Current limits over the next 2 s, never above those in force now. E2E
    protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_limit_2s_dA: 0 to 16383 is 0 to 1638.3 A. Largest charge current that can be held for 2 s from now
    discharge_limit_2s_dA: 0 to 16383 is 0 to 1638.3 A. Largest discharge current that can be held for 2 s
        from now, a magnitude
    """

    ID = 0x104
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_limit_2s_dA = 0
        self.discharge_limit_2s_dA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_limit_2s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.discharge_limit_2s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6] = raw >> 10
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_limit_2s_dA = buf[3] | (buf[4] & 63) << 8
        self.discharge_limit_2s_dA = buf[4] >> 6 | buf[5] << 2 | (buf[6] & 15) << 10
        return True


class BmsLimits10s:
    """BMS_LIMITS_10S. From BMS. Current limits over the next 10 s, never above those for 2 s. E2E
    protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_limit_10s_dA: 0 to 16383 is 0 to 1638.3 A. Largest charge current that can be held for 10 s from
        now
    discharge_limit_10s_dA: 0 to 16383 is 0 to 1638.3 A. Largest discharge current that can be held for 10 s
        from now, a magnitude
    """

    ID = 0x105
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_limit_10s_dA = 0
        self.discharge_limit_10s_dA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_limit_10s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.discharge_limit_10s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6] = raw >> 10
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_limit_10s_dA = buf[3] | (buf[4] & 63) << 8
        self.discharge_limit_10s_dA = buf[4] >> 6 | buf[5] << 2 | (buf[6] & 15) << 10
        return True


class BmsLimits30s:
    """BMS_LIMITS_30S. From BMS. Current limits over the next 30 s, never above those for 10 s. E2E
    protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_limit_30s_dA: 0 to 16383 is 0 to 1638.3 A. Largest charge current that can be held for 30 s from
        now
    discharge_limit_30s_dA: 0 to 16383 is 0 to 1638.3 A. Largest discharge current that can be held for 30 s
        from now, a magnitude
    """

    ID = 0x106
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_limit_30s_dA = 0
        self.discharge_limit_30s_dA = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_limit_30s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.discharge_limit_30s_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6] = raw >> 10
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_limit_30s_dA = buf[3] | (buf[4] & 63) << 8
        self.discharge_limit_30s_dA = buf[4] >> 6 | buf[5] << 2 | (buf[6] & 15) << 10
        return True


class BmsSoc:
    """BMS_SOC. From BMS. State of charge with what is known of its error. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
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

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    layer_high_mV: 0 to 8191 is 0 to 8.191 V. No layer is above this
    layer_low_mV: 0 to 8191 is 0 to 8.191 V. No layer is below this
    layer_high_group: 0 to 127 index. Group of the high bound
    layer_low_group: 0 to 127 index. Group of the low bound
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

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    layer_hottest_ddegC: -2048 to 2047 is -204.8 to 204.7 degC. No layer is hotter than this
    layer_coldest_ddegC: -2048 to 2047 is -204.8 to 204.7 degC. No layer is colder than this
    hottest_probe: 0 to 255 index. Probe with the highest reading. 255 nowhere
    coldest_probe: 0 to 255 index. Probe with the lowest reading. 255 nowhere
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


class BmsSoh:
    """BMS_SOH. From BMS. State of health with what is known of its error; unknown until an estimator has
    spoken. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    soh_permille: 0 to 1200 is 0 to 120 %. Capacity of the pack against nominal. 2047 unknown
    soh_sigma_permille: 0 to 1000 is 0 to 100 %. One standard deviation as the estimator believes; 100 % when
        it has nothing to say
    """

    ID = 0x113
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.soh_permille = 0
        self.soh_sigma_permille = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.soh_permille
        raw = 0 if raw < 0 else 1200 if raw > 1200 and raw != 2047 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.soh_sigma_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[4], buf[5] = byte | (raw & 31) << 3, raw >> 5
        buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.soh_permille = buf[3] | (buf[4] & 7) << 8
        self.soh_sigma_permille = buf[4] >> 3 | (buf[5] & 31) << 5
        return True


class BmsFaults:
    """BMS_FAULTS. From BMS. Active or latched faults, one bit an id, 32 ids a page; the page walks
    through all four. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    page: 0 to 3 index. Faults 32*page to 32*page+31 follow
    faults_0_15: 0 to 65535 bits; present when page == 0. Bit n is fault id 0 + n
    faults_32_47: 0 to 65535 bits; present when page == 1. Bit n is fault id 32 + n
    faults_64_79: 0 to 65535 bits; present when page == 2. Bit n is fault id 64 + n
    faults_96_111: 0 to 65535 bits; present when page == 3. Bit n is fault id 96 + n
    faults_16_31: 0 to 65535 bits; present when page == 0. Bit n is fault id 16 + n
    faults_48_63: 0 to 65535 bits; present when page == 1. Bit n is fault id 48 + n
    faults_80_95: 0 to 65535 bits; present when page == 2. Bit n is fault id 80 + n
    faults_112_127: 0 to 65535 bits; present when page == 3. Bit n is fault id 112 + n
    """

    ID = 0x120
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 50

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.page = 0
        self.faults_0_15 = 0
        self.faults_32_47 = 0
        self.faults_64_79 = 0
        self.faults_96_111 = 0
        self.faults_16_31 = 0
        self.faults_48_63 = 0
        self.faults_80_95 = 0
        self.faults_112_127 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.page
        page = 0 if raw < 0 else 3 if raw > 3 else raw
        buf[3] = page
        buf[4] = buf[5] = buf[6] = buf[7] = 0
        if page == 0:
            raw = self.faults_0_15
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[4], buf[5] = raw & 255, raw >> 8
            raw = self.faults_16_31
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[6], buf[7] = raw & 255, raw >> 8
        elif page == 1:
            raw = self.faults_32_47
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[4], buf[5] = raw & 255, raw >> 8
            raw = self.faults_48_63
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[6], buf[7] = raw & 255, raw >> 8
        elif page == 2:
            raw = self.faults_64_79
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[4], buf[5] = raw & 255, raw >> 8
            raw = self.faults_80_95
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[6], buf[7] = raw & 255, raw >> 8
        elif page == 3:
            raw = self.faults_96_111
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[4], buf[5] = raw & 255, raw >> 8
            raw = self.faults_112_127
            raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
            buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        page = buf[3]
        if not 0 <= page <= 3:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.page = page
        if page == 0:
            self.faults_0_15 = buf[4] | buf[5] << 8
            self.faults_16_31 = buf[6] | buf[7] << 8
        elif page == 1:
            self.faults_32_47 = buf[4] | buf[5] << 8
            self.faults_48_63 = buf[6] | buf[7] << 8
        elif page == 2:
            self.faults_64_79 = buf[4] | buf[5] << 8
            self.faults_80_95 = buf[6] | buf[7] << 8
        elif page == 3:
            self.faults_96_111 = buf[4] | buf[5] << 8
            self.faults_112_127 = buf[6] | buf[7] << 8
        return True


class BmsGroups:
    """BMS_GROUPS. From BMS. Three group voltages a frame; the index walks through the pack, 60 groups a
    second. For diagnosis: who protects a layer reads BMS_BOUNDS.

    index: 0 to 127 index. Values belong to groups 3*index, 3*index+1 and 3*index+2
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


class BmsStacks:
    """BMS_STACKS. From BMS. Three stack voltages a frame, measured across each enclosure; the index walks
    through the pack. For diagnosis.

    index: 0 to 15 index. Values belong to stacks 3*index, 3*index+1 and 3*index+2
    stack_0_voltage_mV: -20000 to 524287 is -20 to 524.287 V. Voltage of stack 3*index+0. -524288 not_fitted,
        -524287 invalid
    stack_1_voltage_mV: -20000 to 524287 is -20 to 524.287 V. Voltage of stack 3*index+1. -524288 not_fitted,
        -524287 invalid
    stack_2_voltage_mV: -20000 to 524287 is -20 to 524.287 V. Voltage of stack 3*index+2. -524288 not_fitted,
        -524287 invalid
    """

    ID = 0x131
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.index = 0
        self.stack_0_voltage_mV = 0
        self.stack_1_voltage_mV = 0
        self.stack_2_voltage_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.index
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.stack_0_voltage_mV
        raw = -20000 if raw < -20000 and raw not in (-524288, -524287) else 524287 if raw > 524287 else raw
        buf[0], buf[1] = byte | (raw & 15) << 4, raw >> 4 & 255
        buf[2] = raw >> 12 & 255
        raw = self.stack_1_voltage_mV
        raw = -20000 if raw < -20000 and raw not in (-524288, -524287) else 524287 if raw > 524287 else raw
        buf[3], buf[4] = raw & 255, raw >> 8 & 255
        byte = raw >> 16 & 15
        raw = self.stack_2_voltage_mV
        raw = -20000 if raw < -20000 and raw not in (-524288, -524287) else 524287 if raw > 524287 else raw
        buf[5], buf[6] = byte | (raw & 15) << 4, raw >> 4 & 255
        buf[7] = raw >> 12 & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.index = buf[0] & 15
        self.stack_0_voltage_mV = ((buf[0] >> 4 | buf[1] << 4 | buf[2] << 12) ^ 524288) - 524288
        self.stack_1_voltage_mV = ((buf[3] | buf[4] << 8 | (buf[5] & 15) << 16) ^ 524288) - 524288
        self.stack_2_voltage_mV = ((buf[5] >> 4 | buf[6] << 4 | buf[7] << 12) ^ 524288) - 524288
        return True


class BmsProbes:
    """BMS_PROBES. From BMS. Five probe temperatures a frame; the index walks through the pack. For
    diagnosis: who protects a layer reads BMS_TEMPERATURE.

    index: 0 to 15 index. Values belong to probes 5*index to 5*index+4
    probe_0_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Temperature of probe 5*index+0. -2048
        not_fitted, -2047 invalid
    probe_1_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Temperature of probe 5*index+1. -2048
        not_fitted, -2047 invalid
    probe_2_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Temperature of probe 5*index+2. -2048
        not_fitted, -2047 invalid
    probe_3_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Temperature of probe 5*index+3. -2048
        not_fitted, -2047 invalid
    probe_4_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Temperature of probe 5*index+4. -2048
        not_fitted, -2047 invalid
    """

    ID = 0x132
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.index = 0
        self.probe_0_temperature_ddegC = 0
        self.probe_1_temperature_ddegC = 0
        self.probe_2_temperature_ddegC = 0
        self.probe_3_temperature_ddegC = 0
        self.probe_4_temperature_ddegC = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.index
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.probe_0_temperature_ddegC
        raw = -2000 if raw < -2000 and raw not in (-2048, -2047) else 2047 if raw > 2047 else raw
        buf[0], buf[1] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.probe_1_temperature_ddegC
        raw = -2000 if raw < -2000 and raw not in (-2048, -2047) else 2047 if raw > 2047 else raw
        buf[2], byte = raw & 255, raw >> 8 & 15
        raw = self.probe_2_temperature_ddegC
        raw = -2000 if raw < -2000 and raw not in (-2048, -2047) else 2047 if raw > 2047 else raw
        buf[3], buf[4] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.probe_3_temperature_ddegC
        raw = -2000 if raw < -2000 and raw not in (-2048, -2047) else 2047 if raw > 2047 else raw
        buf[5], byte = raw & 255, raw >> 8 & 15
        raw = self.probe_4_temperature_ddegC
        raw = -2000 if raw < -2000 and raw not in (-2048, -2047) else 2047 if raw > 2047 else raw
        buf[6], buf[7] = byte | (raw & 15) << 4, raw >> 4 & 255

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.index = buf[0] & 15
        self.probe_0_temperature_ddegC = ((buf[0] >> 4 | buf[1] << 4) ^ 2048) - 2048
        self.probe_1_temperature_ddegC = ((buf[2] | (buf[3] & 15) << 8) ^ 2048) - 2048
        self.probe_2_temperature_ddegC = ((buf[3] >> 4 | buf[4] << 4) ^ 2048) - 2048
        self.probe_3_temperature_ddegC = ((buf[5] | (buf[6] & 15) << 8) ^ 2048) - 2048
        self.probe_4_temperature_ddegC = ((buf[6] >> 4 | buf[7] << 4) ^ 2048) - 2048
        return True


class BmsBalance:
    """BMS_BALANCE. From BMS. Three groups' bleeders a frame; the index walks through the pack. Group
    voltages of BMS_GROUPS are as measured, which a bleeder disturbs.

    index: 0 to 21 index. Values belong to groups 3*index, 3*index+1 and 3*index+2
    balance_state: 0 to 3 enum. Whether anything is bled; pausing: bleeders rest so that voltages can be
        measured. 0 idle, 1 bleeding, 2 pausing, 3 measuring
    group_0_bled: 0 to 1 flag. The bleeder of group 3*index+0 is on
    group_0_charge_mAh: 0 to 262142 is 0 to 262.142 Ah. What is still to be taken from group 3*index+0. 262143
        not_fitted
    group_1_bled: 0 to 1 flag. The bleeder of group 3*index+1 is on
    group_1_charge_mAh: 0 to 262142 is 0 to 262.142 Ah. What is still to be taken from group 3*index+1. 262143
        not_fitted
    group_2_bled: 0 to 1 flag. The bleeder of group 3*index+2 is on
    group_2_charge_mAh: 0 to 262142 is 0 to 262.142 Ah. What is still to be taken from group 3*index+2. 262143
        not_fitted
    """

    ID = 0x133
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 500

    def __init__(self) -> None:
        self.index = 0
        self.balance_state = 0
        self.group_0_bled = 0
        self.group_0_charge_mAh = 0
        self.group_1_bled = 0
        self.group_1_charge_mAh = 0
        self.group_2_bled = 0
        self.group_2_charge_mAh = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.index
        raw = 0 if raw < 0 else 21 if raw > 21 else raw
        byte = raw
        raw = self.balance_state
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        buf[0] = byte | raw << 5 | (self.group_0_bled > 0) << 7
        raw = self.group_0_charge_mAh
        raw = 0 if raw < 0 else 262142 if raw > 262142 and raw != 262143 else raw
        buf[1], buf[2] = raw & 255, raw >> 8 & 255
        byte = raw >> 16
        raw = self.group_1_charge_mAh
        raw = 0 if raw < 0 else 262142 if raw > 262142 and raw != 262143 else raw
        buf[3], buf[4] = byte | (raw & 31) << 3 | (self.group_1_bled > 0) << 2, raw >> 5 & 255
        byte = raw >> 13
        raw = self.group_2_charge_mAh
        raw = 0 if raw < 0 else 262142 if raw > 262142 and raw != 262143 else raw
        buf[5], buf[6] = byte | (raw & 3) << 6 | (self.group_2_bled > 0) << 5, raw >> 2 & 255
        buf[7] = raw >> 10

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.index = buf[0] & 31
        self.balance_state = buf[0] >> 5 & 3
        self.group_0_bled = buf[0] >> 7
        self.group_0_charge_mAh = buf[1] | buf[2] << 8 | (buf[3] & 3) << 16
        self.group_1_bled = buf[3] >> 2 & 1
        self.group_1_charge_mAh = buf[3] >> 3 | buf[4] << 5 | (buf[5] & 31) << 13
        self.group_2_bled = buf[5] >> 5 & 1
        self.group_2_charge_mAh = buf[5] >> 6 | buf[6] << 2 | buf[7] << 10
        return True


class BmsChargeReport:
    """BMS_CHARGE_REPORT. From BMS. How far apart the groups were when the last charge ended: what a pack
    without bleeders is balanced by in a workshop.

    ended_high_group: 0 to 255 index. Group whose mean layer was highest when the last charge ended. 255 none
    ended_low_group: 0 to 255 index. Group whose mean layer was lowest then. 255 none
    ended_apart_voltage_mV: 0 to 16383 is 0 to 16.383 V. Distance of the two mean layers
    ended_apart_charge_mAh: 0 to 262142 is 0 to 262.142 Ah. Charge by which the one was fuller than the other.
        262143 unknown
    ended_apart_charge_sigma_mAh: 0 to 65534 is 0 to 65.534 Ah. Standard deviation of that. 65535 unknown
    """

    ID = 0x134
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.ended_high_group = 0
        self.ended_low_group = 0
        self.ended_apart_voltage_mV = 0
        self.ended_apart_charge_mAh = 0
        self.ended_apart_charge_sigma_mAh = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.ended_high_group
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.ended_low_group
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[1] = raw
        raw = self.ended_apart_voltage_mV
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[2], byte = raw & 255, raw >> 8
        raw = self.ended_apart_charge_mAh
        raw = 0 if raw < 0 else 262142 if raw > 262142 and raw != 262143 else raw
        buf[3], buf[4] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[5] = raw >> 10
        raw = self.ended_apart_charge_sigma_mAh
        raw = 0 if raw < 0 else 65534 if raw > 65534 and raw != 65535 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.ended_high_group = buf[0]
        self.ended_low_group = buf[1]
        self.ended_apart_voltage_mV = buf[2] | (buf[3] & 63) << 8
        self.ended_apart_charge_mAh = buf[3] >> 6 | buf[4] << 2 | buf[5] << 10
        self.ended_apart_charge_sigma_mAh = buf[6] | buf[7] << 8
        return True


class BmsChargeRequest:
    """BMS_CHARGE_REQUEST. From BMS. What the charger is asked for. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_current_dA: 0 to 16383 is 0 to 1638.3 A. Requested charge current
    charge_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage the charger must not exceed
    charge_enable: 0 to 1 enum. 0: stop now. 0 stop, 1 charge
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


class BmsThermalRequest:
    """BMS_THERMAL_REQUEST. From BMS. What the thermal system is asked for. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    thermal_mode: 0 to 3 enum. Heat or cool the pack. 0 none, 1 heat, 2 cool
    thermal_reason: 0 to 15 enum. Which limit asks, or which wish of a charge; storage: the pack is wanted for
        nothing and not kept well, nothing is asked for. 0 none, 1 charge_cold, 2 discharge_cold, 3
        charge_hot, 4 discharge_hot, 5 unknown_temperature, 6 preheat, 7 cool_down, 8 storage
    thermal_target_ddegC: -2048 to 2047 is -204.8 to 204.7 degC. The request ends when the worst layer is
        beyond this
    thermal_power_percent: 0 to 100 %. Of full power, what heater or cooler of the pack is driven with
    """

    ID = 0x141
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.thermal_mode = 0
        self.thermal_reason = 0
        self.thermal_target_ddegC = 0
        self.thermal_power_percent = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.thermal_mode
        raw = (0 if raw < 0 else 3) if raw >> 2 else raw
        byte = raw
        raw = self.thermal_reason
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte |= raw << 2
        raw = self.thermal_target_ddegC
        raw = -2048 if raw < -2048 else 2047 if raw > 2047 else raw
        buf[3], buf[4] = byte | (raw & 3) << 6, raw >> 2 & 255
        byte = raw >> 10 & 3
        raw = self.thermal_power_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[5], buf[6] = byte | (raw & 63) << 2, raw >> 6
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.thermal_mode = buf[3] & 3
        self.thermal_reason = buf[3] >> 2 & 15
        self.thermal_target_ddegC = ((buf[3] >> 6 | buf[4] << 2 | (buf[5] & 3) << 10) ^ 2048) - 2048
        self.thermal_power_percent = buf[5] >> 2 | (buf[6] & 1) << 6
        return True


class BmsInsulation:
    """BMS_INSULATION. From BMS. Resistance between high voltage and chassis. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    insulation_kohm: 0 to 65533 is 0 to 65533000 ohm. Insulation resistance as the monitor measures it. 65534
        silent, 65535 not_fitted
    insulation_ohm_per_volt: 0 to 65533 ohm/V. The same over the pack voltage: 500 warns, 100 is the least (UN
        R100). 65534 silent, 65535 not_fitted
    """

    ID = 0x142
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.insulation_kohm = 0
        self.insulation_ohm_per_volt = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.insulation_kohm
        raw = 0 if raw < 0 else 65533 if raw > 65533 and raw not in (65534, 65535) else raw
        buf[3], buf[4] = raw & 255, raw >> 8
        raw = self.insulation_ohm_per_volt
        raw = 0 if raw < 0 else 65533 if raw > 65533 and raw not in (65534, 65535) else raw
        buf[5], buf[6] = raw & 255, raw >> 8
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.insulation_kohm = buf[3] | buf[4] << 8
        self.insulation_ohm_per_volt = buf[5] | buf[6] << 8
        return True


class BmsChargePlan:
    """BMS_CHARGE_PLAN. From BMS. How a charge goes on: the profile, its phase, its end and the time until
    then. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charge_profile: 0 to 15 index. Way to charge that is followed: index into the profiles of the cell
    charge_phase: 0 to 7 enum. What the charge is doing; while it heats, what the map allows flows already. 0
        idle, 1 heating, 2 charging, 3 tapering, 4 cooling, 5 done
    charge_end: 0 to 7 enum. Why the last charge ended; none while it goes on. 0 none, 1 target, 2 taper, 3
        time
    charge_remaining_s: 0 to 65534 s. Time until the charge is at its target, as far as can be told. 65535
        unknown
    charge_target_permille: 0 to 1000 is 0 to 100 %. SoC for the user at which the charge ends
    charge_binding: 0 to 15 enum. What binds the current that is asked for; up to 11 as
        BMS_LIMITS.charge_reason. 0 none, 1 state, 2 rating, 3 map, 4 layer_voltage, 5 temperature, 6 soc, 7
        fault, 8 ramp, 9 advice, 10 charger, 11 measurement, 12 stage, 13 connector, 14 departure, 15 outlook
    """

    ID = 0x143
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charge_profile = 0
        self.charge_phase = 0
        self.charge_end = 0
        self.charge_remaining_s = 0
        self.charge_target_permille = 0
        self.charge_binding = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charge_profile
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.charge_phase
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        byte |= raw << 4
        raw = self.charge_end
        raw = (0 if raw < 0 else 7) if raw >> 3 else raw
        buf[3], byte = byte | (raw & 1) << 7, raw >> 1
        raw = self.charge_remaining_s
        raw = 0 if raw < 0 else 65534 if raw > 65534 and raw != 65535 else raw
        buf[4], buf[5] = byte | (raw & 63) << 2, raw >> 6 & 255
        byte = raw >> 14
        raw = self.charge_target_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[6], byte = byte | (raw & 63) << 2, raw >> 6
        raw = self.charge_binding
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[7] = byte | raw << 4

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charge_profile = buf[3] & 15
        self.charge_phase = buf[3] >> 4 & 7
        self.charge_end = buf[3] >> 7 | (buf[4] & 3) << 1
        self.charge_remaining_s = buf[4] >> 2 | buf[5] << 6 | (buf[6] & 3) << 14
        self.charge_target_permille = buf[6] >> 2 | (buf[7] & 15) << 6
        self.charge_binding = buf[7] >> 4
        return True


class BmsIdentity:
    """BMS_IDENTITY. From BMS. What is running on what.

    protocol_version: 0 to 255 count. Version of this file
    configuration_crc: 0 to 65535 bits. CRC-16 over the pack's configuration
    layer_count: 0 to 4095 count. Layers in series
    group_count: 0 to 255 count. Measured groups
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
    late_ticks: 0 to 65535 count. Ticks that came late since start
    worst_lateness_ms: 0 to 4095 ms. Worst lateness since start
    reset_cause: 0 to 7 enum. Why the controller last started. 0 unknown, 1 power_on, 2 hard, 3 watchdog, 4
        sleep, 5 soft
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


class BmsBus:
    """BMS_BUS. From BMS. How the firmware fares on this bus, counted since start.

    frames_late: 0 to 65535 count. Frames that the controller had no room for when they were due, modulo 65536
    frames_foreign: 0 to 65535 count. Received frames that are not for the firmware, modulo 65536
    command_errors: 0 to 4095 count. Vehicle commands whose check or sequence failed, modulo 4096
    charger_errors: 0 to 4095 count. Charger frames whose check or sequence failed, modulo 4096
    bus_offs: 0 to 255 count. Times the controller took itself off the bus, modulo 256
    """

    ID = 0x152
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.frames_late = 0
        self.frames_foreign = 0
        self.command_errors = 0
        self.charger_errors = 0
        self.bus_offs = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.frames_late
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.frames_foreign
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.command_errors
        raw = (0 if raw < 0 else 4095) if raw >> 12 else raw
        buf[4], byte = raw & 255, raw >> 8
        raw = self.charger_errors
        raw = (0 if raw < 0 else 4095) if raw >> 12 else raw
        buf[5], buf[6] = byte | (raw & 15) << 4, raw >> 4
        raw = self.bus_offs
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[7] = raw

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.frames_late = buf[0] | buf[1] << 8
        self.frames_foreign = buf[2] | buf[3] << 8
        self.command_errors = buf[4] | (buf[5] & 15) << 8
        self.charger_errors = buf[5] >> 4 | buf[6] << 4
        self.bus_offs = buf[7]
        return True


class BmsEnergy:
    """BMS_ENERGY. From BMS. Energy between here and the ends, at rest and 25 degC, from the OCV table of
    the cell.

    energy_remaining_Wh: 0 to 1048575 Wh. From the state of charge for the user down to empty
    energy_certain_Wh: 0 to 1048575 Wh. From the low end of the hard interval down to empty
    energy_to_full_Wh: 0 to 1048575 Wh. From the state of charge for the user up to full
    """

    ID = 0x153
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.energy_remaining_Wh = 0
        self.energy_certain_Wh = 0
        self.energy_to_full_Wh = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.energy_remaining_Wh
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        byte = raw >> 16
        raw = self.energy_certain_Wh
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[2], buf[3] = byte | (raw & 15) << 4, raw >> 4 & 255
        buf[4] = raw >> 12
        raw = self.energy_to_full_Wh
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[5], buf[6] = raw & 255, raw >> 8 & 255
        buf[7] = raw >> 16

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.energy_remaining_Wh = buf[0] | buf[1] << 8 | (buf[2] & 15) << 16
        self.energy_certain_Wh = buf[2] >> 4 | buf[3] << 4 | buf[4] << 12
        self.energy_to_full_Wh = buf[5] | buf[6] << 8 | (buf[7] & 15) << 16
        return True


class BmsThroughput:
    """BMS_THROUGHPUT. From BMS. Energy that has passed the terminals since start.

    energy_charged_Wh: 0 to 1073741823 Wh. Into the pack
    energy_discharged_Wh: 0 to 1073741823 Wh. Out of the pack
    """

    ID = 0x154
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.energy_charged_Wh = 0
        self.energy_discharged_Wh = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.energy_charged_Wh
        raw = 0 if raw < 0 else 1073741823 if raw > 1073741823 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2], byte = raw >> 16 & 255, raw >> 24
        raw = self.energy_discharged_Wh
        raw = 0 if raw < 0 else 1073741823 if raw > 1073741823 else raw
        buf[3], buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255, raw >> 10 & 255
        buf[6], buf[7] = raw >> 18 & 255, raw >> 26

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.energy_charged_Wh = buf[0] | buf[1] << 8 | buf[2] << 16 | (buf[3] & 63) << 24
        self.energy_discharged_Wh = (
            buf[3] >> 6 | buf[4] << 2 | buf[5] << 10 | buf[6] << 18 | (buf[7] & 15) << 26
        )
        return True


class BmsThermalCycles:
    """BMS_THERMAL_CYCLES. From BMS. Ledger of thermal cycles of a stack, which outlives a loss of power;
    the index walks through the stacks. For diagnosis.

    index: 0 to 255 index. Number of the stack
    half_swings: 0 to 1048575 count. Swings of temperature that have been paired, in halves: two for a whole
        cycle (rainflow, ASTM E1049)
    largest_swing_dK: 0 to 4095 is 0 to 409.5 K. The largest swing, paired or not
    swing_damage: 0 to 1048575 ppm. What the paired swings have cost of the mechanical life that the pack
        declares; beyond a million it is used up
    """

    ID = 0x155
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 1000

    def __init__(self) -> None:
        self.index = 0
        self.half_swings = 0
        self.largest_swing_dK = 0
        self.swing_damage = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.index
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.half_swings
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[1], buf[2] = raw & 255, raw >> 8 & 255
        byte = raw >> 16
        raw = self.largest_swing_dK
        raw = (0 if raw < 0 else 4095) if raw >> 12 else raw
        buf[3], buf[4] = byte | (raw & 15) << 4, raw >> 4
        raw = self.swing_damage
        raw = 0 if raw < 0 else 1048575 if raw > 1048575 else raw
        buf[5], buf[6] = raw & 255, raw >> 8 & 255
        buf[7] = raw >> 16

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.index = buf[0]
        self.half_swings = buf[1] | buf[2] << 8 | (buf[3] & 15) << 16
        self.largest_swing_dK = buf[3] >> 4 | buf[4] << 4
        self.swing_damage = buf[5] | buf[6] << 8 | (buf[7] & 15) << 16
        return True


class VcuCommand:
    """VCU_COMMAND. From VCU. What the vehicle wants. An invalid one changes nothing. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    request: 0 to 7 enum. Wanted state. 0 open, 1 drive, 2 charge, 3 service
    reset_faults: 0 to 1 flag. A rise from 0 to 1 asks for a reset of latched faults. 0 no, 1 yes
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


class VcuCharge:
    """VCU_CHARGE. From VCU. How the vehicle wants to be charged. Silent or unsound, it wants the pack's
    own way, and all. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    wanted_profile: 0 to 15 index. Way to charge: index into the profiles of the cell; one that there is not
        is the pack's own. 15 own
    wanted_target_permille: 0 to 1000 is 0 to 100 %. SoC for the user at which the charge is to end
    departure_s: 0 to 262142 s. Time from now until the vehicle leaves; a gentle charge ends just before it.
        262143 none
    """

    ID = 0x201
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 200

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.wanted_profile = 0
        self.wanted_target_permille = 0
        self.departure_s = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.wanted_profile
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.wanted_target_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[3], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.departure_s
        raw = 0 if raw < 0 else 262142 if raw > 262142 and raw != 262143 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6] = raw >> 10
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.wanted_profile = buf[3] & 15
        self.wanted_target_permille = buf[3] >> 4 | (buf[4] & 63) << 4
        self.departure_s = buf[4] >> 6 | buf[5] << 2 | buf[6] << 10
        return True


class ChgStatus:
    """CHG_STATUS. From CHARGER. What the charger does. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charger_voltage_mV: 0 to 2097151 is 0 to 2097.151 V. Voltage at the charger's output
    charger_current_dA: -16384 to 16383 is -1638.4 to 1638.3 A. Positive current charges
    charger_state: 0 to 7 enum. State of the charger. 0 off, 1 ready, 2 charging, 3 fault
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


class ChgLimits:
    """CHG_LIMITS. From CHARGER. What the charger can do. Silent or unsound, it is asked for what pack and
    connector stand. E2E protected.

    e2e_crc: 0 to 65535 bits. AUTOSAR E2E profile 5 CRC-16 over bytes 2 to 7 and the data id, which is the
        frame id
    e2e_counter: 0 to 255 count. AUTOSAR E2E profile 5 counter, one up for every frame sent
    charger_current_most_dA: 0 to 16383 is 0 to 1638.3 A. Largest current that the charger can give now
    charger_voltage_most_mV: 0 to 2097151 is 0 to 2097.151 V. Largest voltage that it can give
    """

    ID = 0x211
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.e2e_crc = 0
        self.e2e_counter = 0
        self.charger_current_most_dA = 0
        self.charger_voltage_most_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.e2e_crc
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.e2e_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[2] = raw
        raw = self.charger_current_most_dA
        raw = (0 if raw < 0 else 16383) if raw >> 14 else raw
        buf[3], byte = raw & 255, raw >> 8
        raw = self.charger_voltage_most_mV
        raw = 0 if raw < 0 else 2097151 if raw > 2097151 else raw
        buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[6], buf[7] = raw >> 10 & 255, raw >> 18

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.e2e_crc = buf[0] | buf[1] << 8
        self.e2e_counter = buf[2]
        self.charger_current_most_dA = buf[3] | (buf[4] & 63) << 8
        self.charger_voltage_most_mV = buf[4] >> 6 | buf[5] << 2 | buf[6] << 10 | (buf[7] & 7) << 18
        return True


MESSAGES = (
    BmsLimits,
    BmsState,
    BmsPack,
    BmsLink,
    BmsLimits2s,
    BmsLimits10s,
    BmsLimits30s,
    BmsSoc,
    BmsBounds,
    BmsTemperature,
    BmsSoh,
    BmsFaults,
    BmsGroups,
    BmsStacks,
    BmsProbes,
    BmsBalance,
    BmsChargeReport,
    BmsChargeRequest,
    BmsThermalRequest,
    BmsInsulation,
    BmsChargePlan,
    BmsIdentity,
    BmsTiming,
    BmsBus,
    BmsEnergy,
    BmsThroughput,
    BmsThermalCycles,
    VcuCommand,
    VcuCharge,
    ChgStatus,
    ChgLimits,
)
