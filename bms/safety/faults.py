"""Every fault the firmware knows, one row each, and the signals the rows look at.

A row's excess is its signal beyond its limit in the signal's own unit; monitor.py does debounce, release and latch for all
rows alike. Ids are explicit, never reused; 0 means none; there is room for 128. `limit` is a number or the path of one in
the pack. `after_ms` runs from the first sample in excess, `samples` counts fresh ones, both must be reached. `release` is
how far inside the limit a value must be to count as gone. Latched rows stay until a protected reset finds all causes gone.
`budget_ms` is the time from crossing to the zero limit on the wire that the row's goal allows.

Limits of a layer: silicon/ceramic cell file. Reaction times: proposal after ISO 26262 fault-tolerant time intervals and the
defaults of foxBMS 2 (over- and under-voltage 200 ms, over-current 100 ms, temperature 1 s); ours are shorter.
"""

from array import array
from collections import namedtuple

from micropython import const

from bms.safety import snapshot as S

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Severities
INFO = const(1)
WARNING = const(2)
DERATE = const(3)
TRIP_AFTER_RAMP = const(4)
TRIP_NOW = const(5)

# Which of the three limits of a cell
LIMIT_INFO = const(0)
LIMIT_WARN = const(1)
LIMIT_FAULT = const(2)

# Signals: index into Signals.value, .where and .fresh
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
SIGNALS = const(40)


class Signals:
    """What the rows look at: value, and where it was found (255: nowhere in particular)."""

    def __init__(self) -> None:
        self.value = array("i", [0] * SIGNALS)
        self.where = bytearray([255] * SIGNALS)


Row = namedtuple(
    "Row",
    (
        "id",
        "name",
        "severity",
        "signal",
        "channel",  # what must be new for the signal to be a sample
        "sense",  # 1: too high is bad, -1: too low is bad
        "limit",
        "release",
        "samples",
        "after_ms",
        "latch",
        "goal",
        "budget_ms",
        "what",
    ),
)

_SUMS = const(3)  # GROUPS and STACKS
_STRING = const(18)  # STACKS and VOLTAGES
_PAIR = const(264)  # CURRENT and CURRENT_B

# fmt: off
TABLE = tuple(Row(*row) for row in (
    # id, name, severity, signal, channel, sense, limit, release, samples, after_ms, latch, goal, budget_ms, what
    (1,  "layer_voltage_high",       TRIP_AFTER_RAMP, LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_FAULT),             30, 5,   50, True,  "SG-1", 100, "a layer may be above its maximum voltage"),
    (2,  "layer_voltage_high_warn",  DERATE,          LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_WARN),              20, 5,   50, False, "SG-1", 100, "a layer may be above its recommended voltage"),
    (3,  "layer_voltage_high_info",  INFO,            LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_INFO),              20, 10, 100, False, "SG-1", 200, "a layer may be above its operating voltage"),
    (4,  "layer_voltage_low",        TRIP_AFTER_RAMP, LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_FAULT),             50, 5,   50, True,  "SG-2", 100, "a layer may be below its minimum voltage"),
    (5,  "layer_voltage_low_warn",   DERATE,          LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_WARN),              50, 5,   50, False, "SG-2", 100, "a layer may be below its recommended voltage"),
    (6,  "layer_voltage_low_info",   INFO,            LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_INFO),              50, 10, 100, False, "SG-2", 200, "a layer may be below its operating voltage"),
    (7,  "layer_voltage_deep",       TRIP_NOW,        LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_deep_mV"),                  1000, 5,   50, True,  "SG-2", 100, "a layer may be so empty that it must never be charged again"),
    (10, "charge_hot",               TRIP_AFTER_RAMP, HOT_CHARGE_ddegC, S.PROBES,      1, ("cell", "t_charge_max_ddegC", LIMIT_FAULT),   30, 3,  300, True,  "SG-3", 2000, "a layer may be too hot to charge"),
    (11, "charge_hot_warn",          DERATE,          HOT_CHARGE_ddegC, S.PROBES,      1, ("cell", "t_charge_max_ddegC", LIMIT_WARN),    30, 3,  300, False, "SG-3", 2000, "a layer may be hotter than recommended for charge"),
    (12, "charge_cold",              TRIP_AFTER_RAMP, COLD_CHARGE_ddegC, S.PROBES,    -1, ("cell", "t_charge_min_ddegC", LIMIT_FAULT),   20, 3,  300, True,  "SG-3", 2000, "a layer may be too cold to charge"),
    (13, "charge_cold_warn",         DERATE,          COLD_CHARGE_ddegC, S.PROBES,    -1, ("cell", "t_charge_min_ddegC", LIMIT_WARN),    20, 3,  300, False, "SG-3", 2000, "a layer may be colder than recommended for charge"),
    (14, "discharge_hot",            TRIP_AFTER_RAMP, HOT_DISCHARGE_ddegC, S.PROBES,   1, ("cell", "t_discharge_max_ddegC", LIMIT_FAULT), 30, 3, 300, True,  "SG-3", 2000, "a layer may be too hot to discharge"),
    (15, "discharge_hot_warn",       DERATE,          HOT_DISCHARGE_ddegC, S.PROBES,   1, ("cell", "t_discharge_max_ddegC", LIMIT_WARN), 30, 3,  300, False, "SG-3", 2000, "a layer may be hotter than recommended for discharge"),
    (16, "discharge_cold",           TRIP_AFTER_RAMP, COLD_DISCHARGE_ddegC, S.PROBES, -1, ("cell", "t_discharge_min_ddegC", LIMIT_FAULT), 20, 3, 300, True,  "SG-3", 2000, "a layer may be too cold to discharge"),
    (17, "discharge_cold_warn",      DERATE,          COLD_DISCHARGE_ddegC, S.PROBES, -1, ("cell", "t_discharge_min_ddegC", LIMIT_WARN), 20, 3,  300, False, "SG-3", 2000, "a layer may be colder than recommended for discharge"),
    (18, "hot_stop",                 TRIP_NOW,        HOT_ddegC, S.PROBES,             1, ("cell", "t_stop_ddegC", LIMIT_FAULT),         50, 3,  200, True,  "SG-3", 1000, "a layer may be at the temperature that stops everything"),
    (20, "charge_current_high",      TRIP_NOW,        CHARGE_BEYOND_dA, S.CURRENT,      1, 0,                                         1, 3,   20, True,  "SG-4", 50, "charge current beyond the map's trip line"),
    (21, "discharge_current_high",   TRIP_NOW,        DISCHARGE_BEYOND_dA, S.CURRENT,   1, 0,                                         1, 3,   20, True,  "SG-4", 50, "discharge current beyond the trip line"),
    (30, "group_voltage_stale",      TRIP_AFTER_RAMP, GROUP_AGE_ms, S.CLOCK,          1, ("group_sensor", "deadline_ms"),          50, 1,   50, True,  "SG-5", 300, "a group's voltage has not come for too long"),
    (31, "stack_voltage_stale",      TRIP_AFTER_RAMP, STACK_AGE_ms, S.CLOCK,          1, ("stack_sensor", "deadline_ms"),          50, 1,   50, True,  "SG-5", 300, "a stack's voltage has not come for too long"),
    (32, "temperature_stale",        TRIP_AFTER_RAMP, PROBE_AGE_ms, S.CLOCK,          1, ("probe_sensor", "deadline_ms"),         100, 1,   50, True,  "SG-5", 1000, "a probe's temperature has not come for too long"),
    (33, "current_stale",            TRIP_NOW,        CURRENT_AGE_ms, S.CLOCK,        1, ("current_a_sensor", "deadline_ms"),      50, 1,   20, True,  "SG-5", 300, "the current has not come for too long"),
    (34, "pack_voltage_stale",       TRIP_AFTER_RAMP, PACK_AGE_ms, S.CLOCK,           1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "the pack voltage has not come for too long"),
    (35, "link_voltage_stale",       TRIP_AFTER_RAMP, LINK_AGE_ms, S.CLOCK,           1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "the link voltage has not come for too long"),
    (36, "inputs_stale",             TRIP_AFTER_RAMP, INPUTS_AGE_ms, S.CLOCK,         1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "contactor feedback and inputs have not come for too long"),
    (40, "group_voltage_range",      TRIP_AFTER_RAMP, GROUP_BEYOND_mV, S.GROUPS_HEARD,       1, 0,                                         1, 5,   50, True,  "SG-5", 300, "a group's voltage is outside its sensor's range"),
    (41, "temperature_range",        TRIP_AFTER_RAMP, PROBE_BEYOND_ddegC, S.PROBES,    1, 0,                                         1, 3,  200, True,  "SG-5", 1000, "a probe's temperature is outside its sensor's range"),
    (42, "current_range",            TRIP_NOW,        CURRENT_BEYOND_mA, S.CURRENT_HEARD,     1, 0,                                         1, 5,   50, True,  "SG-5", 300, "the current is outside its sensor's range"),
    (43, "stack_sum_mismatch",       TRIP_AFTER_RAMP, STACK_SUM_mV, _SUMS,          1, 0,                                        10, 10, 150, True,  "SG-5", 300, "a stack's voltage and the sum of its groups disagree"),
    (44, "string_sum_mismatch",      WARNING,         STRING_SUM_mV, _STRING,         1, 0,                                        50, 10, 150, False, "SG-5", 300, "the pack's voltage and the sum of its stacks disagree"),
    (45, "current_pair_mismatch",    TRIP_AFTER_RAMP, CURRENT_PAIR_mA, _PAIR,       1, 0,                                       100, 10, 150, True,  "SG-5", 300, "current sensors A and B disagree"),
    (50, "contactor_feedback",       TRIP_NOW,        FEEDBACK_ms, S.INPUTS,           1, ("feedback_timeout_ms",),                  1, 1,    0, True,  "SG-6", 300, "an auxiliary contact does not follow its coil"),
    (51, "precharge_slow",           TRIP_NOW,        PRECHARGE_SLOW, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link did not reach the pack's voltage in time"),
    (52, "precharge_fast",           TRIP_NOW,        PRECHARGE_FAST, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link was up sooner than the precharge resistor allows"),
    (53, "precharge_current",        TRIP_NOW,        PRECHARGE_CURRENT, S.CLOCK,     1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link rose without the charge that takes"),
    (60, "command_lost",             TRIP_AFTER_RAMP, COMMAND_AGE_ms, S.CLOCK,        1, ("command_deadline_ms",),                 50, 1,    0, True,  "SG-7", 400, "no valid vehicle command for too long"),
    (61, "charger_lost",             TRIP_AFTER_RAMP, CHARGER_AGE_ms, S.CLOCK,        1, ("charger_deadline_ms",),                 50, 1,    0, True,  "SG-7", 600, "no valid charger status for too long while charging"),
    (70, "self_test_failed",         TRIP_NOW,        SELF_TEST_ms, S.CLOCK,          1, 3000,                                      0, 1,    0, True,  "SG-5", 3100, "measurements were not complete in time after start"),
    (71, "interlock_open",           TRIP_AFTER_RAMP, INTERLOCK_open, S.INPUTS,        1, 0,                                         0, 3,   20, True,  "SG-8", 50, "the high-voltage interlock loop is open"),
    (72, "crash",                    TRIP_NOW,        CRASH_seen, S.INPUTS,            1, 0,                                         0, 2,   10, True,  "SG-8", 50, "the crash input is active"),
    (80, "tick_late",                WARNING,         TICK_ms, S.CLOCK,               1, 30,                                        0, 1,    0, False, "SG-9", 100, "the tick came late by two periods or more"),
    (81, "watchdog_reset",           WARNING,         WATCHDOG_reset, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-9", 100, "the controller was last reset by its watchdog"),
    (37, "current_b_stale",          DERATE,          CURRENT_B_AGE_ms, S.CLOCK,      1, ("current_a_sensor", "deadline_ms"),      50, 1,   50, True,  "SG-5", 300, "current sensor B has not come for too long: sensor A stands alone"),
    (62, "can_bus_off",              WARNING,         BUS_off, S.CLOCK,               1, 0,                                         0, 1,    0, False, "SG-7", 200, "the CAN controller has taken itself off the bus"),
    (82, "estimator_failed",         INFO,            ESTIMATOR_failed, S.CLOCK,      1, 0,                                         0, 1,    0, False, "SG-9", 200, "the SoC filter fails: tables and ledger stand alone"),
    (63, "can_error_passive",        WARNING,         BUS_passive, S.CLOCK,           1, 0,                                         0, 1,    0, False, "SG-7", 200, "the CAN controller sees so many errors that it is close to leaving the bus"),
    (64, "command_unsound",          WARNING,         COMMAND_e2e, S.CLOCK,           1, 2,                                         0, 1,    0, False, "SG-7", 100, "vehicle commands come with a wrong check or out of sequence, and no sound one between them"),
    (65, "charger_unsound",          WARNING,         CHARGER_e2e, S.CLOCK,           1, 2,                                         0, 1,    0, False, "SG-7", 100, "charger statuses come with a wrong check or out of sequence, and no sound one between them"),
    (66, "inverter_lost",            WARNING,         INVERTER_lost, S.CLOCK,         1, 0,                                         0, 1,    0, False, "SG-7", 200, "the inverter has been silent for longer than the pack allows"),
))
# fmt: on

ROOM = const(128)


def limit_of(row: "Row", pack: "Pack") -> int:
    """The row's limit for this pack: a number as it stands, or what its path names. AttributeError: no such field."""
    path = row.limit
    if isinstance(path, int):
        return path
    value: object = pack
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)  # type: ignore[index]
    return value  # type: ignore[return-value]
