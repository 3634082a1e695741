"""generated from hil.dbc (sha256 f123c13479a3) by dbc/generate.py; do not edit.

Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any. IEEE float signals
are floats, and struct is imported for them. pack fills buf, LENGTH bytes, and clamps what is out of range;
named values pass. unpack is False, and stores nothing, for a wrong length or a selector without meaning.
"""

import struct


class HilGroups:
    """HIL_GROUPS. From BENCH. Voltages of three groups as the front end converted them.

    index: 0 to 127 index. Values belong to groups 3*index, 3*index+1 and 3*index+2
    group_0_voltage_mV: -262000 to 262143 is -262 to 262.143 V. Group 3*index+0; values below -262 V are
        reasons for there being none. -262144 not_ready, -262143 open_wire, -262142 crc_error, -262141
        saturated
    group_1_voltage_mV: -262000 to 262143 is -262 to 262.143 V. Group 3*index+1; values below -262 V are
        reasons for there being none. -262144 not_ready, -262143 open_wire, -262142 crc_error, -262141
        saturated
    group_2_voltage_mV: -262000 to 262143 is -262 to 262.143 V. Group 3*index+2; values below -262 V are
        reasons for there being none. -262144 not_ready, -262143 open_wire, -262142 crc_error, -262141
        saturated
    """

    ID = 0x600
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

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
        raw = -262000 if raw < -262000 and not -262144 <= raw <= -262141 else 262143 if raw > 262143 else raw
        buf[0], buf[1] = byte | (raw & 1) << 7, raw >> 1 & 255
        buf[2], byte = raw >> 9 & 255, raw >> 17 & 3
        raw = self.group_1_voltage_mV
        raw = -262000 if raw < -262000 and not -262144 <= raw <= -262141 else 262143 if raw > 262143 else raw
        buf[3], buf[4] = byte | (raw & 63) << 2, raw >> 6 & 255
        byte = raw >> 14 & 31
        raw = self.group_2_voltage_mV
        raw = -262000 if raw < -262000 and not -262144 <= raw <= -262141 else 262143 if raw > 262143 else raw
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


class HilStacks:
    """HIL_STACKS. From BENCH. Voltages of three stacks, measured apart from their groups.

    index: 0 to 15 index. Values belong to stacks 3*index, 3*index+1 and 3*index+2
    stack_0_voltage_mV: -524000 to 524287 is -524 to 524.287 V. Stack 3*index+0. -524288 not_ready, -524287
        open_wire, -524286 crc_error, -524285 saturated
    stack_1_voltage_mV: -524000 to 524287 is -524 to 524.287 V. Stack 3*index+1. -524288 not_ready, -524287
        open_wire, -524286 crc_error, -524285 saturated
    stack_2_voltage_mV: -524000 to 524287 is -524 to 524.287 V. Stack 3*index+2. -524288 not_ready, -524287
        open_wire, -524286 crc_error, -524285 saturated
    """

    ID = 0x601
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

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
        raw = -524000 if raw < -524000 and not -524288 <= raw <= -524285 else 524287 if raw > 524287 else raw
        buf[0], buf[1] = byte | (raw & 15) << 4, raw >> 4 & 255
        buf[2] = raw >> 12 & 255
        raw = self.stack_1_voltage_mV
        raw = -524000 if raw < -524000 and not -524288 <= raw <= -524285 else 524287 if raw > 524287 else raw
        buf[3], buf[4] = raw & 255, raw >> 8 & 255
        byte = raw >> 16 & 15
        raw = self.stack_2_voltage_mV
        raw = -524000 if raw < -524000 and not -524288 <= raw <= -524285 else 524287 if raw > 524287 else raw
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


class HilTemperatures:
    """HIL_TEMPERATURES. From BENCH. Five temperature probes.

    index: 0 to 15 index. Values belong to probes 5*index to 5*index+4
    probe_0_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Probe 5*index+0. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    probe_1_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Probe 5*index+1. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    probe_2_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Probe 5*index+2. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    probe_3_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Probe 5*index+3. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    probe_4_temperature_ddegC: -2000 to 2047 is -200 to 204.7 degC. Probe 5*index+4. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    """

    ID = 0x602
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
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[0], buf[1] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.probe_1_temperature_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[2], byte = raw & 255, raw >> 8 & 15
        raw = self.probe_2_temperature_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[3], buf[4] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.probe_3_temperature_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[5], byte = raw & 255, raw >> 8 & 15
        raw = self.probe_4_temperature_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
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


class HilCurrent:
    """HIL_CURRENT. From BENCH. Current sensors A and B. Positive current charges.

    current_a_mA: -8388000 to 8388607 is -8388 to 8388.607 A. Sensor A. -8388608 not_ready, -8388607
        open_wire, -8388606 crc_error, -8388605 saturated
    current_b_mA: -8388000 to 8388607 is -8388 to 8388.607 A. Sensor B, where fitted. -8388608 not_ready,
        -8388607 open_wire, -8388606 crc_error, -8388605 saturated
    counter: 0 to 255 count. Conversion counter of the sensor
    """

    ID = 0x603
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.current_a_mA = 0
        self.current_b_mA = 0
        self.counter = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.current_a_mA
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[0], buf[1], buf[2] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        raw = self.current_b_mA
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[3], buf[4], buf[5] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        raw = self.counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.current_a_mA = ((buf[0] | buf[1] << 8 | buf[2] << 16) ^ 8388608) - 8388608
        self.current_b_mA = ((buf[3] | buf[4] << 8 | buf[5] << 16) ^ 8388608) - 8388608
        self.counter = buf[6]
        return True


class HilVoltages:
    """HIL_VOLTAGES. From BENCH. Voltages ahead of and behind the contactors.

    pack_voltage_mV: -8388000 to 8388607 is -8388 to 8388.607 V. String of stacks. -8388608 not_ready,
        -8388607 open_wire, -8388606 crc_error, -8388605 saturated
    link_voltage_mV: -8388000 to 8388607 is -8388 to 8388.607 V. Link capacitor. -8388608 not_ready, -8388607
        open_wire, -8388606 crc_error, -8388605 saturated
    counter: 0 to 255 count. Conversion counter of the sensor
    """

    ID = 0x604
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.pack_voltage_mV = 0
        self.link_voltage_mV = 0
        self.counter = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.pack_voltage_mV
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[0], buf[1], buf[2] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        raw = self.link_voltage_mV
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[3], buf[4], buf[5] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        raw = self.counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[6] = raw
        buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.pack_voltage_mV = ((buf[0] | buf[1] << 8 | buf[2] << 16) ^ 8388608) - 8388608
        self.link_voltage_mV = ((buf[3] | buf[4] << 8 | buf[5] << 16) ^ 8388608) - 8388608
        self.counter = buf[6]
        return True


class HilInputs:
    """HIL_INPUTS. From BENCH. Digital inputs and the supply.

    contactor_feedback: 0 to 15 bits. Auxiliary contacts: bit 0 main negative, 1 precharge, 2 main positive, 3
        auxiliary
    interlock_closed: 0 to 1 flag. High-voltage interlock loop. 0 open, 1 closed
    crash: 0 to 1 flag. Crash input. 0 none, 1 crash
    fuse_intact: 0 to 1 flag. Main fuse sense. 0 blown, 1 intact
    charger_plugged: 0 to 1 flag. Charge plug present. 0 no, 1 yes
    coil_supply_present: 0 to 1 flag. Supply of the contactor coils behind the watchdog relay. 0 no, 1 yes
    supply_voltage_mV: 0 to 65535 is 0 to 65.535 V. Supply of the controller
    counter: 0 to 255 count. Sample counter
    """

    ID = 0x605
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.contactor_feedback = 0
        self.interlock_closed = 0
        self.crash = 0
        self.fuse_intact = 0
        self.charger_plugged = 0
        self.coil_supply_present = 0
        self.supply_voltage_mV = 0
        self.counter = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.contactor_feedback
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        buf[0] = (
            raw | (self.interlock_closed > 0) << 4 | (self.crash > 0) << 5 | (self.fuse_intact > 0) << 6
            | (self.charger_plugged > 0) << 7
        )
        raw = self.supply_voltage_mV
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[1], buf[2] = (raw & 127) << 1 | (self.coil_supply_present > 0), raw >> 7 & 255
        byte = raw >> 15
        raw = self.counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[3], buf[4] = byte | (raw & 127) << 1, raw >> 7
        buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.contactor_feedback = buf[0] & 15
        self.interlock_closed = buf[0] >> 4 & 1
        self.crash = buf[0] >> 5 & 1
        self.fuse_intact = buf[0] >> 6 & 1
        self.charger_plugged = buf[0] >> 7
        self.coil_supply_present = buf[1] & 1
        self.supply_voltage_mV = buf[1] >> 1 | buf[2] << 7 | (buf[3] & 1) << 15
        self.counter = buf[3] >> 1 | (buf[4] & 1) << 7
        return True


class HilEnvironment:
    """HIL_ENVIRONMENT. From BENCH. Insulation, coolant and force.

    insulation_kohm: 0 to 65533 kohm. Insulation resistance. 65534 not_ready, 65535 not_fitted
    coolant_inlet_ddegC: -2000 to 2047 is -200 to 204.7 degC. Coolant inlet. -2048 not_ready, -2047 open_wire,
        -2046 crc_error, -2045 short_circuit
    coolant_outlet_ddegC: -2000 to 2047 is -200 to 204.7 degC. Coolant outlet. -2048 not_ready, -2047
        open_wire, -2046 crc_error, -2045 short_circuit
    coolant_flow_dl_per_min: 0 to 253 is 0 to 25.3 l/min. Coolant flow. 254 not_ready, 255 not_fitted
    force_N: 0 to 65533 N. Clamp force. 65534 not_ready, 65535 not_fitted
    """

    ID = 0x606
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.insulation_kohm = 0
        self.coolant_inlet_ddegC = 0
        self.coolant_outlet_ddegC = 0
        self.coolant_flow_dl_per_min = 0
        self.force_N = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.insulation_kohm
        raw = 0 if raw < 0 else 65533 if raw > 65533 and raw not in (65534, 65535) else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.coolant_inlet_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[2], byte = raw & 255, raw >> 8 & 15
        raw = self.coolant_outlet_ddegC
        raw = -2000 if raw < -2000 and not -2048 <= raw <= -2045 else 2047 if raw > 2047 else raw
        buf[3], buf[4] = byte | (raw & 15) << 4, raw >> 4 & 255
        raw = self.coolant_flow_dl_per_min
        raw = 0 if raw < 0 else 253 if raw > 253 and raw not in (254, 255) else raw
        buf[5] = raw
        raw = self.force_N
        raw = 0 if raw < 0 else 65533 if raw > 65533 and raw not in (65534, 65535) else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.insulation_kohm = buf[0] | buf[1] << 8
        self.coolant_inlet_ddegC = ((buf[2] | (buf[3] & 15) << 8) ^ 2048) - 2048
        self.coolant_outlet_ddegC = ((buf[3] >> 4 | buf[4] << 4) ^ 2048) - 2048
        self.coolant_flow_dl_per_min = buf[5]
        self.force_N = buf[6] | buf[7] << 8
        return True


class HilChain:
    """HIL_CHAIN. From BENCH. State of the measurement front-end chain.

    conversion_counter: 0 to 255 count. Conversions done by the chain
    crc_error_chips: 0 to 65535 bits. One bit a chip: its last answer failed its CRC
    lost_chips: 0 to 65535 bits. One bit a chip: no answer
    reference_error: 0 to 1 flag. Voltage reference outside its limits
    brown_out: 0 to 1 flag. The chain restarted since the last frame
    """

    ID = 0x607
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.conversion_counter = 0
        self.crc_error_chips = 0
        self.lost_chips = 0
        self.reference_error = 0
        self.brown_out = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.conversion_counter
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0] = raw
        raw = self.crc_error_chips
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[1], buf[2] = raw & 255, raw >> 8
        raw = self.lost_chips
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[3], buf[4] = raw & 255, raw >> 8
        buf[5] = (self.reference_error > 0) | (self.brown_out > 0) << 1
        buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.conversion_counter = buf[0]
        self.crc_error_chips = buf[1] | buf[2] << 8
        self.lost_chips = buf[3] | buf[4] << 8
        self.reference_error = buf[5] & 1
        self.brown_out = buf[5] >> 1 & 1
        return True


class HilPoles:
    """HIL_POLES. From BENCH. How the poles of the pack stand against the chassis, from the insulation
    monitor's bridge.

    negative_pole_mV: -8388000 to 8388607 is -8388 to 8388.607 V. Chassis against the negative pole. -8388608
        not_ready, -8388607 open_wire, -8388606 crc_error, -8388605 saturated
    positive_pole_mV: -8388000 to 8388607 is -8388 to 8388.607 V. Positive pole against the chassis. -8388608
        not_ready, -8388607 open_wire, -8388606 crc_error, -8388605 saturated
    """

    ID = 0x608
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.negative_pole_mV = 0
        self.positive_pole_mV = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.negative_pole_mV
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[0], buf[1], buf[2] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        raw = self.positive_pole_mV
        if not (-8388000 <= raw <= 8388607 or -8388608 <= raw <= -8388605):
            raw = -8388000 if raw < -8388000 else 8388607
        buf[3], buf[4], buf[5] = raw & 255, raw >> 8 & 255, raw >> 16 & 255
        buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.negative_pole_mV = ((buf[0] | buf[1] << 8 | buf[2] << 16) ^ 8388608) - 8388608
        self.positive_pole_mV = ((buf[3] | buf[4] << 8 | buf[5] << 16) ^ 8388608) - 8388608
        return True


class HilActuators:
    """HIL_ACTUATORS. From BMS. What the firmware drives.

    contactors: 0 to 15 bits. Coils: bit 0 main negative, 1 precharge, 2 main positive, 3 auxiliary
    watchdog: 0 to 255 count. One up whenever the watchdog is fed
    heater_permille: 0 to 1000 is 0 to 100 %. Heater demand
    cooler_permille: 0 to 1000 is 0 to 100 %. Cooling demand
    economiser_percent: 0 to 100 %. Duty of the coils' holding current
    """

    ID = 0x680
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.contactors = 0
        self.watchdog = 0
        self.heater_permille = 0
        self.cooler_permille = 0
        self.economiser_percent = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.contactors
        raw = (0 if raw < 0 else 15) if raw >> 4 else raw
        byte = raw
        raw = self.watchdog
        raw = (0 if raw < 0 else 255) if raw >> 8 else raw
        buf[0], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.heater_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[1], byte = byte | (raw & 15) << 4, raw >> 4
        raw = self.cooler_permille
        raw = 0 if raw < 0 else 1000 if raw > 1000 else raw
        buf[2], buf[3] = byte | (raw & 3) << 6, raw >> 2
        raw = self.economiser_percent
        raw = 0 if raw < 0 else 100 if raw > 100 else raw
        buf[4] = raw
        buf[5] = buf[6] = buf[7] = 0

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.contactors = buf[0] & 15
        self.watchdog = buf[0] >> 4 | (buf[1] & 15) << 4
        self.heater_permille = buf[1] >> 4 | (buf[2] & 63) << 4
        self.cooler_permille = buf[2] >> 6 | buf[3] << 2
        self.economiser_percent = buf[4] & 127
        return True


class HilBleed:
    """HIL_BLEED. From BMS. Balancing switches.

    groups_0_15: 0 to 65535 bits. Bit n bleeds group 0 + n
    groups_16_31: 0 to 65535 bits. Bit n bleeds group 16 + n
    groups_32_47: 0 to 65535 bits. Bit n bleeds group 32 + n
    groups_48_63: 0 to 65535 bits. Bit n bleeds group 48 + n
    """

    ID = 0x681
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.groups_0_15 = 0
        self.groups_16_31 = 0
        self.groups_32_47 = 0
        self.groups_48_63 = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.groups_0_15
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[0], buf[1] = raw & 255, raw >> 8
        raw = self.groups_16_31
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[2], buf[3] = raw & 255, raw >> 8
        raw = self.groups_32_47
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[4], buf[5] = raw & 255, raw >> 8
        raw = self.groups_48_63
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[6], buf[7] = raw & 255, raw >> 8

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.groups_0_15 = buf[0] | buf[1] << 8
        self.groups_16_31 = buf[2] | buf[3] << 8
        self.groups_32_47 = buf[4] | buf[5] << 8
        self.groups_48_63 = buf[6] | buf[7] << 8
        return True


class HilProbeSoc:
    """HIL_PROBE_SOC. From BMS. Estimate for comparison of targets, full precision.

    soc: IEEE float of 64 bits fraction. State of charge, fraction
    """

    ID = 0x6e0
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.soc = 0.0

    def pack(self, buf: "bytearray | memoryview") -> None:
        struct.pack_into("<d", buf, 0, self.soc)

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.soc = struct.unpack_from("<d", buf, 0)[0]
        return True


class HilProbeSigma:
    """HIL_PROBE_SIGMA. From BMS. Estimate for comparison of targets, full precision.

    sigma: IEEE float of 64 bits fraction. Standard deviation of the state of charge, fraction
    """

    ID = 0x6e1
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.sigma = 0.0

    def pack(self, buf: "bytearray | memoryview") -> None:
        struct.pack_into("<d", buf, 0, self.sigma)

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.sigma = struct.unpack_from("<d", buf, 0)[0]
        return True


class HilProbeHysteresis:
    """HIL_PROBE_HYSTERESIS. From BMS. Estimate for comparison of targets, full precision.

    hysteresis: IEEE float of 64 bits fraction. Hysteresis state, -1 to 1
    """

    ID = 0x6e2
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 100

    def __init__(self) -> None:
        self.hysteresis = 0.0

    def pack(self, buf: "bytearray | memoryview") -> None:
        struct.pack_into("<d", buf, 0, self.hysteresis)

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.hysteresis = struct.unpack_from("<d", buf, 0)[0]
        return True


class HilTick:
    """HIL_TICK. From BENCH. Last frame of the bench in a lockstep tick: the board's clock is now_ms.

    n: 0 to 1073741823 count. Number of the tick
    now_ms: 0 to 1073741823 is 0 to 1073741.823 s. Simulated time, wraps at 2^30 ms
    """

    ID = 0x6f0
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.n = 0
        self.now_ms = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.n
        raw = 0 if raw < 0 else 1073741823 if raw > 1073741823 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2], byte = raw >> 16 & 255, raw >> 24
        raw = self.now_ms
        raw = 0 if raw < 0 else 1073741823 if raw > 1073741823 else raw
        buf[3], buf[4], buf[5] = byte | (raw & 3) << 6, raw >> 2 & 255, raw >> 10 & 255
        buf[6], buf[7] = raw >> 18 & 255, raw >> 26

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.n = buf[0] | buf[1] << 8 | buf[2] << 16 | (buf[3] & 63) << 24
        self.now_ms = buf[3] >> 6 | buf[4] << 2 | buf[5] << 10 | buf[6] << 18 | (buf[7] & 15) << 26
        return True


class HilDone:
    """HIL_DONE. From BMS. Last frame of the firmware in a lockstep tick.

    n: 0 to 1073741823 count. Number of the tick that is done
    crc_low: 0 to 65535 bits. CRC-32 over the integer lane's decisions, low half
    crc_high: 0 to 65535 bits. CRC-32 over the integer lane's decisions, high half
    """

    ID = 0x6f1
    EXTENDED = False
    LENGTH = 8
    PERIOD_ms = 10

    def __init__(self) -> None:
        self.n = 0
        self.crc_low = 0
        self.crc_high = 0

    def pack(self, buf: "bytearray | memoryview") -> None:
        raw = self.n
        raw = 0 if raw < 0 else 1073741823 if raw > 1073741823 else raw
        buf[0], buf[1] = raw & 255, raw >> 8 & 255
        buf[2], byte = raw >> 16 & 255, raw >> 24
        raw = self.crc_low
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[3], buf[4] = byte | (raw & 3) << 6, raw >> 2 & 255
        byte = raw >> 10
        raw = self.crc_high
        raw = (0 if raw < 0 else 65535) if raw >> 16 else raw
        buf[5], buf[6] = byte | (raw & 3) << 6, raw >> 2 & 255
        buf[7] = raw >> 10

    def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:
        if len(buf) != 8:
            return False
        self.n = buf[0] | buf[1] << 8 | buf[2] << 16 | (buf[3] & 63) << 24
        self.crc_low = buf[3] >> 6 | buf[4] << 2 | (buf[5] & 63) << 10
        self.crc_high = buf[5] >> 6 | buf[6] << 2 | (buf[7] & 63) << 10
        return True


MESSAGES = (
    HilGroups,
    HilStacks,
    HilTemperatures,
    HilCurrent,
    HilVoltages,
    HilInputs,
    HilEnvironment,
    HilChain,
    HilPoles,
    HilActuators,
    HilBleed,
    HilProbeSoc,
    HilProbeSigma,
    HilProbeHysteresis,
    HilTick,
    HilDone,
)
