"""What the fault rows look at: one number a signal, and where in the pack it was found.

Each is filled by the module that measures or derives it, in the unit of its name, in the tick in which it is known; nothing is
reset between ticks. The rows of faults.py compare them with their limits.
"""

from array import array

from micropython import const

# index into Signals.value and .where; ages and times are those of the worst
LAYER_HIGH_mV = const(0)  # upper bound of the worst layer, where: group
LAYER_LOW_mV = const(1)  # lower bound of the worst layer, where: group
HOT_CHARGE_ddegC = const(2)  # upper bound of layer temperature while charging, where: probe
COLD_CHARGE_ddegC = const(3)
HOT_DISCHARGE_ddegC = const(4)  # while discharging
COLD_DISCHARGE_ddegC = const(5)
HOT_ddegC = const(6)  # any time
CHARGE_BEYOND_dA = const(7)  # charge current less what trips
DISCHARGE_BEYOND_dA = const(8)  # discharge current less what trips
GROUP_AGE_ms = const(9)  # where: group
STACK_AGE_ms = const(10)  # where: stack
PROBE_AGE_ms = const(11)  # where: probe
CURRENT_AGE_ms = const(12)
PACK_AGE_ms = const(13)
LINK_AGE_ms = const(14)
INPUTS_AGE_ms = const(15)
GROUP_BEYOND_mV = const(16)  # group voltage outside its sensor's range, where: group
PROBE_BEYOND_ddegC = const(17)  # probe outside its sensor's range, where: probe
CURRENT_BEYOND_mA = const(18)  # current outside its sensor's range
STACK_SUM_mV = const(19)  # stack against the sum of its groups, where: stack
STRING_SUM_mV = const(20)  # pack against the sum of its stacks
CURRENT_PAIR_mA = const(21)  # sensor A against sensor B beyond what both may err
FEEDBACK_ms = const(22)  # auxiliary contact against coil, where: contactor bit number
PRECHARGE_SLOW = const(23)  # 1 when precharge ran out of time
PRECHARGE_FAST = const(24)  # 1 when the link was up sooner than the resistor allows
PRECHARGE_CURRENT = const(25)  # 1 when the link rose without the charge it takes
COMMAND_AGE_ms = const(26)  # since the last valid vehicle command, while not open
CHARGER_AGE_ms = const(27)  # since the last valid charger status, while charging
SELF_TEST_ms = const(28)  # time spent in self-test
INTERLOCK_open = const(29)  # 1 when the loop is open
CRASH_seen = const(30)
TICK_ms = const(31)  # time between two ticks
WATCHDOG_reset = const(32)  # 1 when the controller was last reset by its watchdog
CURRENT_B_AGE_ms = const(33)  # of sensor B, where fitted
BUS_off = const(34)  # 1 while the CAN controller has taken itself off the bus
ESTIMATOR_failed = const(35)  # 1 while the SoC filter fails
BUS_passive = const(36)  # 1 while the CAN controller counts so many errors that it no longer disturbs others
COMMAND_e2e = const(37)  # end-to-end state of the vehicle's command, as bms.can.e2e has them, once it is half as old as lost
CHARGER_e2e = const(38)  # the same of the charger's status
INVERTER_lost = const(39)  # 1 when an inverter of another make has been silent for longer than the pack says
STACK_HIGH_mV = const(40)  # upper bound of the mean layer of the highest stack by its own sensor, where: stack
STACK_LOW_mV = const(41)
PACK_HIGH_mV = const(42)  # the same by the pack's sensor
PACK_LOW_mV = const(43)
SISTER_REST_mV = const(44)  # a layer against its sisters beyond what the declared spread explains, long at rest, where: group
SISTER_LOAD_mV = const(45)  # the same at any time
COLLAPSE_mV = const(46)  # how far a group has fallen against its sisters within 100 ms, where: group
TAPS_SHIFTED_mV = const(47)  # what one group has too much and its neighbour too little, where: the lower of the two
GROUP_WIRE_open = const(48)  # 1 when the front end tells of an open tap, where: group
GROUP_CRC_bad = const(49)  # 1 when a group's conversion fails its check, where: group
GROUP_FROZEN_ms = const(50)  # a group stands still while its sisters move, where: group
PROBE_WIRE_open = const(51)  # where: probe
PROBE_WIRE_short = const(52)
PROBE_ODD_ddegC = const(53)  # a probe against the others of its stack beyond errors and spread, where: probe
PROBE_FROZEN_ms = const(54)  # a probe stands still while the others of its stack move, where: probe
RISE_ddegC = const(55)  # fastest rise of a probe in two seconds, where: probe
GRADIENT_ddegC = const(56)  # upper bound of the difference inside a stack, where: stack
RUNAWAY_ddegC = const(57)  # RISE of a probe where voltage has collapsed or nothing may be so hot; else 0
STRAY_CURRENT_mA = const(58)  # current beyond the sensor's error while no contactor is closed
CHARGE_OVER_dA = const(59)  # charge current beyond what was published in the last half second
DISCHARGE_OVER_dA = const(60)
OVERLOAD_permille = const(61)  # of what the pulse table allows in ten seconds, squared current times time
REGEN_PULSE_permille = const(62)  # of what the map allows in ten seconds, current times time
OVERFILLED_permille = const(63)  # charge that went in beyond what there was room for
NO_PROGRESS_ms = const(64)  # charging, and no current comes
CHARGER_OVER_dA = const(65)  # what the charger says or gives beyond what it was asked for
CHARGER_APART_mV = const(66)  # what the charger measures against the link
CHARGER_failed = const(67)  # 1 when the charger says it has failed
WELDED = const(68)  # 1 when the link stays up after opening, or an auxiliary contact does
BOUNCE_count = const(69)  # changes of an auxiliary contact in one closing, where: contactor bit number
BREAKS_count = const(70)  # openings under load
WORN_count = const(71)  # the same, while nothing is closed
COIL_SUPPLY_lost = const(72)
FUSE_open = const(73)
LINK_APART_mV = const(74)  # link against pack while the contactors are closed
BOOT_FEEDBACK = const(75)  # 1 when an auxiliary contact is closed at start
PRECHARGE_HEAT_count = const(76)  # attempts that the resistor still feels
OPENING_forced = const(77)  # 1 when current had not fallen when the contactors opened
CURRENT_FROZEN_ms = const(78)  # frames come, their conversion counter stands still
VOLTAGES_FROZEN_ms = const(79)
INPUTS_FROZEN_ms = const(80)
CHAIN_FROZEN_ms = const(81)
CHIPS_lost = const(82)  # bits of chips that do not answer
REFERENCE_bad = const(83)
BROWN_OUT_seen = const(84)
CHAIN_AGE_ms = const(85)
CHAIN_CRC_bad = const(86)
INSULATION_ohm_V = const(87)  # of the pack's voltage
INSULATION_silent = const(88)
SUPPLY_LOW_mV = const(89)
SUPPLY_HIGH_mV = const(90)
COOLANT_ddegC = const(91)
COOLANT_FLOW_dl_min = const(92)
ENVIRONMENT_AGE_ms = const(93)
FORCE_N = const(94)
CLOCK_jumped = const(95)
STORE_unreadable = const(96)
CONFIGURATION_changed = const(97)  # 1 when what runs is not what started
CONFIGURATION_foreign = const(98)  # 1 when what started is not what was commissioned
TICKS_missed = const(99)  # ticks that did not feed the watchdog
RESET_unexpected = const(100)  # 1 when the controller was last reset by nobody's wish
REQUEST_unknown = const(101)  # 1 while the vehicle asks for a state that there is not
GROUP_leaks = const(102)  # 1 while the estimators find that one layer loses charge by itself, where: group
GROUP_weak = const(103)  # 1 while they find that one layer lacks capacity or has gained resistance, where: group
SIGNALS = const(104)

# what a signal is before anybody has filled it, where 0 would be bad
_BEFORE = (
    (STACK_LOW_mV, 20000),
    (PACK_LOW_mV, 20000),
    (INSULATION_ohm_V, 65535),
    (SUPPLY_LOW_mV, 65535),
    (COOLANT_FLOW_dl_min, 65535),
)


class Signals:
    """What the rows look at: value, and where it was found (255: nowhere in particular)."""

    def __init__(self) -> None:
        self.value = array("i", [0] * SIGNALS)
        self.where = bytearray([255] * SIGNALS)
        for signal, value in _BEFORE:
            self.value[signal] = value
