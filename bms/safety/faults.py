"""Every fault the firmware knows, one row each.

A row's excess is its signal beyond its limit in the signal's own unit; monitor.py does debounce, release and latch for all
rows alike. Ids are explicit, never reused; 0 means none; there is room for 128. `limit` is a number or the path of one in
the pack. `after_ms` runs from the first sample in excess, `samples` counts fresh ones, both must be reached. `release` is
how far inside the limit a value must be to count as gone. Latched rows stay until a protected reset finds all causes gone.
`budget_ms` is the time from crossing to the zero limit on the wire that the row's goal allows.

Limits of a layer: silicon/ceramic cell file. Reaction times: proposal after ISO 26262 fault-tolerant time intervals and the
defaults of foxBMS 2 (over- and under-voltage 200 ms, over-current 100 ms, temperature 1 s); ours are shorter.
"""

from collections import namedtuple

from micropython import const

from bms.safety import signals as N
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
_ROWS = tuple(Row(*row) for row in (
    # id, name, severity, signal, channel, sense, limit, release, samples, after_ms, latch, goal, budget_ms, what
    (1,  "layer_voltage_high",       TRIP_AFTER_RAMP, N.LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_FAULT),             30, 5,   50, True,  "SG-1", 100, "a layer may be above its maximum voltage"),
    (2,  "layer_voltage_high_warn",  DERATE,          N.LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_WARN),              20, 5,   50, False, "SG-1", 100, "a layer may be above its recommended voltage"),
    (3,  "layer_voltage_high_info",  INFO,            N.LAYER_HIGH_mV, S.GROUPS,         1, ("cell", "v_max_mV", LIMIT_INFO),              20, 10, 100, False, "SG-1", 200, "a layer may be above its operating voltage"),
    (4,  "layer_voltage_low",        TRIP_AFTER_RAMP, N.LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_FAULT),             50, 5,   50, True,  "SG-2", 100, "a layer may be below its minimum voltage"),
    (5,  "layer_voltage_low_warn",   DERATE,          N.LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_WARN),              50, 5,   50, False, "SG-2", 100, "a layer may be below its recommended voltage"),
    (6,  "layer_voltage_low_info",   INFO,            N.LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_min_mV", LIMIT_INFO),              50, 10, 100, False, "SG-2", 200, "a layer may be below its operating voltage"),
    (7,  "layer_voltage_deep",       TRIP_NOW,        N.LAYER_LOW_mV, S.GROUPS,         -1, ("cell", "v_deep_mV"),                  1000, 5,   50, True,  "SG-2", 100, "a layer may be so empty that it must never be charged again"),
    (10, "charge_hot",               TRIP_AFTER_RAMP, N.HOT_CHARGE_ddegC, S.PROBES,      1, ("cell", "t_charge_max_ddegC", LIMIT_FAULT),   30, 3,  300, True,  "SG-3", 2000, "a layer may be too hot to charge"),
    (11, "charge_hot_warn",          DERATE,          N.HOT_CHARGE_ddegC, S.PROBES,      1, ("cell", "t_charge_max_ddegC", LIMIT_WARN),    30, 3,  300, False, "SG-3", 2000, "a layer may be hotter than recommended for charge"),
    (12, "charge_cold",              TRIP_AFTER_RAMP, N.COLD_CHARGE_ddegC, S.PROBES,    -1, ("cell", "t_charge_min_ddegC", LIMIT_FAULT),   20, 3,  300, True,  "SG-3", 2000, "a layer may be too cold to charge"),
    (13, "charge_cold_warn",         DERATE,          N.COLD_CHARGE_ddegC, S.PROBES,    -1, ("cell", "t_charge_min_ddegC", LIMIT_WARN),    20, 3,  300, False, "SG-3", 2000, "a layer may be colder than recommended for charge"),
    (14, "discharge_hot",            TRIP_AFTER_RAMP, N.HOT_DISCHARGE_ddegC, S.PROBES,   1, ("cell", "t_discharge_max_ddegC", LIMIT_FAULT), 30, 3, 300, True,  "SG-3", 2000, "a layer may be too hot to discharge"),
    (15, "discharge_hot_warn",       DERATE,          N.HOT_DISCHARGE_ddegC, S.PROBES,   1, ("cell", "t_discharge_max_ddegC", LIMIT_WARN), 30, 3,  300, False, "SG-3", 2000, "a layer may be hotter than recommended for discharge"),
    (16, "discharge_cold",           TRIP_AFTER_RAMP, N.COLD_DISCHARGE_ddegC, S.PROBES, -1, ("cell", "t_discharge_min_ddegC", LIMIT_FAULT), 20, 3, 300, True,  "SG-3", 2000, "a layer may be too cold to discharge"),
    (17, "discharge_cold_warn",      DERATE,          N.COLD_DISCHARGE_ddegC, S.PROBES, -1, ("cell", "t_discharge_min_ddegC", LIMIT_WARN), 20, 3,  300, False, "SG-3", 2000, "a layer may be colder than recommended for discharge"),
    (18, "hot_stop",                 TRIP_NOW,        N.HOT_ddegC, S.PROBES,             1, ("cell", "t_stop_ddegC", LIMIT_FAULT),         50, 3,  200, True,  "SG-3", 1000, "a layer may be at the temperature that stops everything"),
    (20, "charge_current_high",      TRIP_NOW,        N.CHARGE_BEYOND_dA, S.CURRENT,      1, 0,                                         1, 3,   20, True,  "SG-4", 50, "charge current beyond the map's trip line"),
    (21, "discharge_current_high",   TRIP_NOW,        N.DISCHARGE_BEYOND_dA, S.CURRENT,   1, 0,                                         1, 3,   20, True,  "SG-4", 50, "discharge current beyond the trip line"),
    (30, "group_voltage_stale",      TRIP_AFTER_RAMP, N.GROUP_AGE_ms, S.CLOCK,          1, ("group_sensor", "deadline_ms"),          50, 1,   50, True,  "SG-5", 300, "a group's voltage has not come for too long"),
    (31, "stack_voltage_stale",      TRIP_AFTER_RAMP, N.STACK_AGE_ms, S.CLOCK,          1, ("stack_sensor", "deadline_ms"),          50, 1,   50, True,  "SG-5", 300, "a stack's voltage has not come for too long"),
    (32, "temperature_stale",        TRIP_AFTER_RAMP, N.PROBE_AGE_ms, S.CLOCK,          1, ("probe_sensor", "deadline_ms"),         100, 1,   20, True,  "SG-5", 300, "a probe's temperature has not come for too long"),
    (33, "current_stale",            TRIP_NOW,        N.CURRENT_AGE_ms, S.CLOCK,        1, ("current_a_sensor", "deadline_ms"),      50, 1,   20, True,  "SG-5", 300, "the current has not come for too long"),
    (34, "pack_voltage_stale",       TRIP_AFTER_RAMP, N.PACK_AGE_ms, S.CLOCK,           1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "the pack voltage has not come for too long"),
    (35, "link_voltage_stale",       TRIP_AFTER_RAMP, N.LINK_AGE_ms, S.CLOCK,           1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "the link voltage has not come for too long"),
    (36, "inputs_stale",             TRIP_AFTER_RAMP, N.INPUTS_AGE_ms, S.CLOCK,         1, ("pack_sensor", "deadline_ms"),           50, 1,   50, True,  "SG-5", 300, "contactor feedback and inputs have not come for too long"),
    (40, "group_voltage_range",      TRIP_AFTER_RAMP, N.GROUP_BEYOND_mV, S.GROUPS_HEARD,       1, 0,                                         1, 5,   50, True,  "SG-5", 300, "a group's voltage is outside its sensor's range"),
    (41, "temperature_range",        TRIP_AFTER_RAMP, N.PROBE_BEYOND_ddegC, S.PROBES,    1, 0,                                         1, 3,  200, True,  "SG-5", 1000, "a probe's temperature is outside its sensor's range"),
    (42, "current_range",            TRIP_NOW,        N.CURRENT_BEYOND_mA, S.CURRENT_HEARD,     1, 0,                                         1, 5,   50, True,  "SG-5", 300, "the current is outside its sensor's range"),
    (43, "stack_sum_mismatch",       TRIP_AFTER_RAMP, N.STACK_SUM_mV, _SUMS,          1, 0,                                        10, 10, 150, True,  "SG-5", 300, "a stack's voltage and the sum of its groups disagree"),
    (44, "string_sum_mismatch",      WARNING,         N.STRING_SUM_mV, _STRING,         1, 0,                                        50, 10, 150, False, "SG-5", 300, "the pack's voltage and the sum of its stacks disagree"),
    (45, "current_pair_mismatch",    TRIP_AFTER_RAMP, N.CURRENT_PAIR_mA, _PAIR,       1, 0,                                       100, 10, 150, True,  "SG-5", 300, "current sensors A and B disagree"),
    (50, "contactor_feedback",       TRIP_NOW,        N.FEEDBACK_ms, S.INPUTS,           1, ("feedback_timeout_ms",),                  1, 1,    0, True,  "SG-6", 300, "an auxiliary contact does not follow its coil"),
    (51, "precharge_slow",           TRIP_NOW,        N.PRECHARGE_SLOW, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link did not reach the pack's voltage in time"),
    (52, "precharge_fast",           TRIP_NOW,        N.PRECHARGE_FAST, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link was up sooner than the precharge resistor allows"),
    (53, "precharge_current",        TRIP_NOW,        N.PRECHARGE_CURRENT, S.CLOCK,     1, 0,                                         0, 1,    0, True,  "SG-6", 100, "the link rose without the charge that takes"),
    (60, "command_lost",             TRIP_AFTER_RAMP, N.COMMAND_AGE_ms, S.CLOCK,        1, ("command_deadline_ms",),                 50, 1,    0, True,  "SG-7", 400, "no valid vehicle command for too long"),
    (61, "charger_lost",             TRIP_AFTER_RAMP, N.CHARGER_AGE_ms, S.CLOCK,        1, ("charger_deadline_ms",),                 50, 1,    0, True,  "SG-7", 600, "no valid charger status for too long while charging"),
    (70, "self_test_failed",         TRIP_NOW,        N.SELF_TEST_ms, S.CLOCK,          1, 3000,                                      0, 1,    0, True,  "SG-5", 3100, "measurements were not complete in time after start"),
    (71, "interlock_open",           TRIP_AFTER_RAMP, N.INTERLOCK_open, S.INPUTS,        1, 0,                                         0, 3,   20, True,  "SG-8", 50, "the high-voltage interlock loop is open"),
    (72, "crash",                    TRIP_NOW,        N.CRASH_seen, S.INPUTS,            1, 0,                                         0, 2,   10, True,  "SG-8", 50, "the crash input is active"),
    (80, "tick_late",                WARNING,         N.TICK_ms, S.CLOCK,               1, 30,                                        0, 1,    0, False, "SG-9", 100, "the tick came late by two periods or more"),
    (81, "watchdog_reset",           WARNING,         N.WATCHDOG_reset, S.CLOCK,        1, 0,                                         0, 1,    0, True,  "SG-9", 100, "the controller was last reset by its watchdog"),
    (37, "current_b_stale",          DERATE,          N.CURRENT_B_AGE_ms, S.CLOCK,      1, ("current_a_sensor", "deadline_ms"),      50, 1,   50, True,  "SG-5", 300, "current sensor B has not come for too long: sensor A stands alone"),
    (62, "can_bus_off",              WARNING,         N.BUS_off, S.CLOCK,               1, 0,                                         0, 1,    0, False, "SG-7", 200, "the CAN controller has taken itself off the bus"),
    (82, "estimator_failed",         INFO,            N.ESTIMATOR_failed, S.CLOCK,      1, 0,                                         0, 1,    0, False, "SG-9", 200, "the SoC filter fails: tables and ledger stand alone"),
    (63, "can_error_passive",        WARNING,         N.BUS_passive, S.CLOCK,           1, 0,                                         0, 1,    0, False, "SG-7", 200, "the CAN controller sees so many errors that it is close to leaving the bus"),
    (64, "command_unsound",          WARNING,         N.COMMAND_e2e, S.CLOCK,           1, 2,                                         0, 1,    0, False, "SG-7", 100, "vehicle commands come with a wrong check or out of sequence, and no sound one between them"),
    (65, "charger_unsound",          WARNING,         N.CHARGER_e2e, S.CLOCK,           1, 2,                                         0, 1,    0, False, "SG-7", 100, "charger statuses come with a wrong check or out of sequence, and no sound one between them"),
    (66, "inverter_lost",            WARNING,         N.INVERTER_lost, S.CLOCK,         1, 0,                                         0, 1,    0, False, "SG-7", 200, "the inverter has been silent for longer than the pack allows"),
    # layers, by the other sensors and against each other
    (8,  "stack_voltage_high",       TRIP_AFTER_RAMP, N.STACK_HIGH_mV, S.STACKS,         1, ("cell", "v_max_mV", LIMIT_FAULT),             30, 5,   50, True,  "SG-1", 100, "a stack's own sensor says that its mean layer is above the maximum"),
    (9,  "stack_voltage_low",        TRIP_AFTER_RAMP, N.STACK_LOW_mV, S.STACKS,         -1, ("cell", "v_min_mV", LIMIT_FAULT),             50, 5,   50, True,  "SG-2", 100, "a stack's own sensor says that its mean layer is below the minimum"),
    (19, "pack_voltage_high",        TRIP_AFTER_RAMP, N.PACK_HIGH_mV, S.VOLTAGES,        1, ("cell", "v_max_mV", LIMIT_FAULT),             30, 5,   50, True,  "SG-1", 100, "the pack's sensor says that the mean layer is above the maximum"),
    (22, "pack_voltage_low",         TRIP_AFTER_RAMP, N.PACK_LOW_mV, S.VOLTAGES,        -1, ("cell", "v_min_mV", LIMIT_FAULT),             50, 5,   50, True,  "SG-2", 100, "the pack's sensor says that the mean layer is below the minimum"),
    (23, "sister_rest_info",         INFO,            N.SISTER_REST_mV, S.ROUND,         1, ("guards", "sister_rest_mV", LIMIT_INFO),      0, 10, 60000, False, "SG-12", 61000, "a layer strays from its sisters at rest"),
    (24, "sister_rest_warn",         DERATE,          N.SISTER_REST_mV, S.ROUND,         1, ("guards", "sister_rest_mV", LIMIT_WARN),      5, 10, 60000, False, "SG-12", 61000, "a layer strays from its sisters at rest more than recommended"),
    (25, "sister_rest",              TRIP_AFTER_RAMP, N.SISTER_REST_mV, S.ROUND,         1, ("guards", "sister_rest_mV", LIMIT_FAULT),    10, 10, 60000, True,  "SG-12", 61000, "a layer strays from its sisters at rest as only a failing one does"),
    (26, "sister_load_warn",         DERATE,          N.SISTER_LOAD_mV, S.GROUPS,        1, ("guards", "sister_load_mV", LIMIT_WARN),     20, 50, 500, False, "SG-12", 600, "a layer strays from its sisters beyond the declared spread"),
    (27, "sister_load",              TRIP_AFTER_RAMP, N.SISTER_LOAD_mV, S.GROUPS,        1, ("guards", "sister_load_mV", LIMIT_FAULT),    50, 10, 100, True,  "SG-12", 200, "a layer strays from its sisters as only a failing one does"),
    (28, "layer_collapse",           TRIP_NOW,        N.COLLAPSE_mV, S.GROUPS,           1, ("guards", "collapse_mV"),                   200, 5,   50, True,  "SG-12", 200, "a layer has lost its voltage in an instant: a hard short"),
    (29, "taps_shifted",             TRIP_AFTER_RAMP, N.TAPS_SHIFTED_mV, S.GROUPS,       1, ("guards", "sister_load_mV", LIMIT_FAULT),    50, 10, 100, True,  "SG-5", 300, "what one group has too much its neighbour has too little: an open or misplaced tap"),
    (126, "group_leaks",             WARNING,         N.GROUP_leaks, S.CLOCK,            1, 0,                                             0, 1,    0, False, "SG-12", 200, "a layer of this group loses charge by itself: a soft short"),
    (127, "group_weak",              INFO,            N.GROUP_weak, S.CLOCK,             1, 0,                                             0, 1,    0, False, "SG-12", 200, "a layer of this group has less capacity or more resistance than it should"),
    # the measurement chain
    (38, "group_wire_open",          TRIP_AFTER_RAMP, N.GROUP_WIRE_open, S.GROUPS_HEARD, 1, 0,                                             0, 5,   50, True,  "SG-5", 300, "the front end finds the tap of a group open"),
    (39, "group_crc",                TRIP_AFTER_RAMP, N.GROUP_CRC_bad, S.GROUPS_HEARD,   1, 0,                                             0, 10,  90, True,  "SG-5", 300, "a group's conversions fail their check"),
    (46, "temperature_wire_open",    TRIP_AFTER_RAMP, N.PROBE_WIRE_open, S.CLOCK,        1, 0,                                             0, 3,  150, True,  "SG-5", 300, "a probe's wire is open"),
    (47, "temperature_wire_short",   TRIP_AFTER_RAMP, N.PROBE_WIRE_short, S.CLOCK,       1, 0,                                             0, 3,  150, True,  "SG-5", 300, "a probe's wire is shorted"),
    (48, "temperature_odd",          DERATE,          N.PROBE_ODD_ddegC, S.PROBES,       1, 0,                                            10, 10, 900, False, "SG-5", 2000, "a probe and the others of its stack disagree"),
    (49, "temperature_frozen",       DERATE,          N.PROBE_FROZEN_ms, S.PROBES,       1, 30000,                                         0, 3,  200, False, "SG-5", 1000, "a probe stands still while the others of its stack move"),
    (101, "current_frozen",          TRIP_NOW,        N.CURRENT_FROZEN_ms, S.CLOCK,      1, 150,                                           0, 1,   50, True,  "SG-5", 300, "the current sensor repeats an old conversion"),
    (102, "voltages_frozen",         TRIP_AFTER_RAMP, N.VOLTAGES_FROZEN_ms, S.CLOCK,     1, 150,                                           0, 1,   50, True,  "SG-5", 300, "pack and link sensors repeat an old conversion"),
    (103, "inputs_frozen",           TRIP_AFTER_RAMP, N.INPUTS_FROZEN_ms, S.CLOCK,       1, 150,                                           0, 1,   50, True,  "SG-5", 300, "contactor feedback and inputs repeat an old conversion"),
    (104, "chain_frozen",            TRIP_AFTER_RAMP, N.CHAIN_FROZEN_ms, S.CLOCK,        1, 150,                                           0, 1,   50, True,  "SG-5", 300, "the front ends repeat old conversions"),
    (105, "chain_chips_lost",        TRIP_AFTER_RAMP, N.CHIPS_lost, S.CHAIN,             1, 0,                                             0, 5,   50, True,  "SG-5", 300, "a front end does not answer"),
    (106, "chain_reference",         TRIP_AFTER_RAMP, N.REFERENCE_bad, S.CHAIN,          1, 0,                                             0, 5,   50, True,  "SG-5", 300, "a front end finds its reference out of range: its voltages cannot be believed"),
    (107, "chain_brown_out",         WARNING,         N.BROWN_OUT_seen, S.CHAIN,         1, 0,                                             0, 5,   50, False, "SG-5", 300, "a front end has seen its supply sag"),
    (108, "chain_stale",             TRIP_AFTER_RAMP, N.CHAIN_AGE_ms, S.CLOCK,           1, ("group_sensor", "deadline_ms"),              50, 1,   50, True,  "SG-5", 300, "the front ends have not told of their health for too long"),
    (109, "chain_crc",               WARNING,         N.CHAIN_CRC_bad, S.CHAIN,          1, 0,                                             0, 10,  90, False, "SG-5", 300, "conversions of a front end fail their check"),
    (110, "group_frozen",            TRIP_AFTER_RAMP, N.GROUP_FROZEN_ms, S.ROUND,        1, 3000,                                          0, 3,  200, True,  "SG-5", 400, "a group stands still while its sisters move"),
    # temperature, how it moves
    (90, "thermal_runaway",          TRIP_NOW,        N.RUNAWAY_ddegC, S.PROBES,         1, ("guards", "rise_ddegC", LIMIT_FAULT),        10, 30, 3000, True, "SG-11", 3500, "temperature rises by itself, with voltage gone or beyond what is allowed: thermal runaway"),
    (91, "temperature_rate_info",    INFO,            N.RISE_ddegC, S.PROBES,            1, ("guards", "rise_ddegC", LIMIT_INFO),          2, 10, 900, False, "SG-3", 2000, "a stack warms faster than in operation"),
    (92, "temperature_rate_warn",    DERATE,          N.RISE_ddegC, S.PROBES,            1, ("guards", "rise_ddegC", LIMIT_WARN),          2, 10, 900, False, "SG-3", 2000, "a stack warms faster than recommended"),
    (93, "gradient_info",            INFO,            N.GRADIENT_ddegC, S.PROBES,        1, ("guards", "gradient_ddegC", LIMIT_INFO),     10, 10, 900, False, "SG-3", 5000, "the difference inside a stack may be above its operating limit"),
    (94, "gradient_warn",            DERATE,          N.GRADIENT_ddegC, S.PROBES,        1, ("guards", "gradient_ddegC", LIMIT_WARN),     10, 10, 900, False, "SG-3", 5000, "the difference inside a stack may be above its recommended limit"),
    (95, "gradient_high",            TRIP_AFTER_RAMP, N.GRADIENT_ddegC, S.PROBES,        1, ("guards", "gradient_ddegC", LIMIT_FAULT),    20, 40, 3900, True,  "SG-3", 5000, "the difference inside a stack may be what ceramics do not stand"),
    # current
    (96, "current_when_open",        TRIP_AFTER_RAMP, N.STRAY_CURRENT_mA, S.CURRENT,     1, 0,                                           100, 10, 200, True,  "SG-4", 300, "current flows, and no contactor is closed"),
    (97, "charge_over_limit_warn",   WARNING,         N.CHARGE_OVER_dA, S.CURRENT,       1, 0,                                             1, 20, 200, False, "SG-4", 300, "more charge current flows than was allowed"),
    (98, "charge_over_limit",        TRIP_AFTER_RAMP, N.CHARGE_OVER_dA, S.CURRENT,       1, 0,                                             1, 200, 2000, True, "SG-4", 2100, "more charge current flows than was allowed, for long"),
    (99, "discharge_over_limit_warn", WARNING,        N.DISCHARGE_OVER_dA, S.CURRENT,    1, 0,                                             1, 20, 200, False, "SG-4", 300, "more discharge current flows than was allowed"),
    (100, "discharge_over_limit",    TRIP_AFTER_RAMP, N.DISCHARGE_OVER_dA, S.CURRENT,    1, 0,                                             1, 1000, 10000, True, "SG-4", 10100, "more discharge current flows than was allowed, for long"),
    (111, "overload_warn",           DERATE,          N.OVERLOAD_permille, S.ROUND,      1, 800,                                         200, 1,    0, False, "SG-4", 200, "the ten seconds of a discharge pulse are nearly used up"),
    (112, "overload",                TRIP_AFTER_RAMP, N.OVERLOAD_permille, S.ROUND,      1, 1000,                                        500, 1,    0, True,  "SG-4", 200, "a discharge pulse has lasted longer than the cell stands"),
    (113, "regen_pulse",             TRIP_AFTER_RAMP, N.REGEN_PULSE_permille, S.ROUND,   1, 1000,                                        500, 1,    0, True,  "SG-4", 200, "charge current beyond the map has lasted longer than the cell stands"),
    # contactors, fuse, precharge
    (54, "contactor_welded",         TRIP_NOW,        N.WELDED, S.CLOCK,                 1, 0,                                             0, 3,   20, True,  "SG-6", 100, "a contact has not opened: the link stays up"),
    (55, "contactor_bounce",         WARNING,         N.BOUNCE_count, S.INPUTS,          1, 2,                                             0, 1,    0, False, "SG-6", 100, "an auxiliary contact chatters"),
    (56, "contactor_wear",           WARNING,         N.BREAKS_count, S.CLOCK,           1, 0,                                             0, 1,    0, False, "SG-6", 100, "contactors have opened under load"),
    (57, "contactor_worn",           TRIP_AFTER_RAMP, N.WORN_count, S.CLOCK,             1, ("guards", "break_budget_count"),              0, 1,    0, True,  "SG-6", 100, "contactors have opened under load more often than they may: they are not closed again"),
    (58, "coil_supply_lost",         TRIP_NOW,        N.COIL_SUPPLY_lost, S.INPUTS,      1, 0,                                             0, 5,   50, True,  "SG-6", 300, "the coils are driven and have no supply"),
    (59, "fuse_open",                TRIP_AFTER_RAMP, N.FUSE_open, S.INPUTS,             1, 0,                                             0, 3,   20, True,  "SG-6", 100, "the fuse is open"),
    (73, "link_apart",               TRIP_AFTER_RAMP, N.LINK_APART_mV, S.VOLTAGES,       1, ("guards", "link_apart_mV"),                 500, 10,  90, True,  "SG-6", 300, "contactors are closed, and the link is not at the pack's voltage"),
    (74, "boot_feedback",            TRIP_NOW,        N.BOOT_FEEDBACK, S.INPUTS,         1, 0,                                             0, 3,   20, True,  "SG-6", 300, "an auxiliary contact is closed at start, when no coil was driven"),
    (75, "precharge_hot",            TRIP_AFTER_RAMP, N.PRECHARGE_HEAT_count, S.CLOCK,   1, ("guards", "precharge_attempts"),              0, 1,    0, True,  "SG-6", 100, "so many attempts to precharge that the resistor is too hot for another"),
    (76, "opening_forced",           WARNING,         N.OPENING_forced, S.CLOCK,         1, 0,                                             0, 1,    0, False, "SG-6", 100, "the current had not fallen in time when the contactors opened"),
    # charge process
    (67, "charger_exceeds",          TRIP_AFTER_RAMP, N.CHARGER_OVER_dA, S.CURRENT,      1, 0,                                             1, 50, 500, True,  "SG-13", 700, "the charger gives more than it was asked for"),
    (68, "charger_failed",           TRIP_AFTER_RAMP, N.CHARGER_failed, S.CLOCK,         1, 0,                                             0, 1,    0, True,  "SG-13", 100, "the charger says that it has failed"),
    (69, "charger_voltage_apart",    TRIP_AFTER_RAMP, N.CHARGER_APART_mV, S.ROUND,       1, ("guards", "link_apart_mV"),                 500, 10, 900, True,  "SG-13", 1100, "the charger measures another voltage than the link has"),
    (78, "overfilled",               TRIP_AFTER_RAMP, N.OVERFILLED_permille, S.ROUND,    1, ("guards", "overfill_permille"),              10, 3,  200, True,  "SG-13", 400, "more charge has gone in than there was room for"),
    (79, "charge_no_progress",       WARNING,         N.NO_PROGRESS_ms, S.ROUND,         1, 30000,                                         0, 1,    0, False, "SG-13", 200, "charging, and no current comes"),
    # clock, memory, software
    (83, "tick_overdue",             TRIP_AFTER_RAMP, N.TICK_ms, S.CLOCK,                1, 100,                                           0, 1,    0, True,  "SG-9", 100, "the tick came so late that the watchdog was not fed"),
    (84, "clock_jumped",             WARNING,         N.CLOCK_jumped, S.CLOCK,           1, 0,                                             0, 1,    0, True,  "SG-9", 100, "the clock jumped"),
    (85, "store_unreadable",         WARNING,         N.STORE_unreadable, S.CLOCK,       1, 0,                                             0, 1,    0, True,  "SG-9", 100, "what was stored before the last start cannot be read"),
    (86, "configuration_changed",    TRIP_NOW,        N.CONFIGURATION_changed, S.CLOCK,  1, 0,                                             0, 1,    0, True,  "SG-9", 100, "the running configuration is not what was started with"),
    (87, "configuration_foreign",    TRIP_AFTER_RAMP, N.CONFIGURATION_foreign, S.CLOCK,  1, 0,                                             0, 1,    0, True,  "SG-9", 100, "the configuration is not the one that this board was commissioned with"),
    (88, "ticks_missed",             WARNING,         N.TICKS_missed, S.CLOCK,           1, 0,                                             0, 1,    0, False, "SG-9", 200, "ticks were not whole and did not feed the watchdog"),
    (89, "reset_unexpected",         INFO,            N.RESET_unexpected, S.CLOCK,       1, 0,                                             0, 1,    0, False, "SG-9", 100, "the controller was last reset by nobody's wish"),
    (77, "request_unknown",          INFO,            N.REQUEST_unknown, S.CLOCK,        1, 0,                                             0, 1,    0, False, "SG-7", 100, "the vehicle asks for a state that there is not"),
    # what surrounds the layers
    (114, "insulation_warn",         WARNING,         N.INSULATION_ohm_V, S.ROUND,      -1, ("guards", "insulation_ohm_V", LIMIT_WARN),   50, 10, 2000, False, "SG-10", 5000, "insulation below 500 ohm/V: nothing new is closed"),
    (115, "insulation_low",          TRIP_AFTER_RAMP, N.INSULATION_ohm_V, S.ROUND,      -1, ("guards", "insulation_ohm_V", LIMIT_FAULT),  20, 10, 9900, True,  "SG-10", 12000, "insulation below 100 ohm/V"),
    (116, "insulation_silent",       WARNING,         N.INSULATION_silent, S.ROUND,      1, 0,                                             0, 10, 900, False, "SG-10", 2000, "the insulation monitor has fallen silent"),
    (117, "supply_low_warn",         WARNING,         N.SUPPLY_LOW_mV, S.INPUTS,        -1, ("guards", "supply_low_mV", LIMIT_WARN),     500, 20, 200, False, "SG-14", 300, "the controller's supply sags"),
    (118, "supply_low",              TRIP_AFTER_RAMP, N.SUPPLY_LOW_mV, S.INPUTS,        -1, ("guards", "supply_low_mV", LIMIT_FAULT),   1000, 5,   50, True,  "SG-14", 100, "the controller's supply is about to let go of the coils"),
    (119, "supply_high",             WARNING,         N.SUPPLY_HIGH_mV, S.INPUTS,        1, ("guards", "supply_high_mV"),                500, 20, 200, False, "SG-14", 300, "the controller's supply is too high"),
    (120, "coolant_hot",             DERATE,          N.COOLANT_ddegC, S.ROUND,          1, ("guards", "coolant_ddegC"),                  20, 10, 900, False, "SG-14", 2000, "coolant comes in too hot to cool"),
    (121, "coolant_flow",            DERATE,          N.COOLANT_FLOW_dl_min, S.ROUND,   -1, ("guards", "coolant_flow_dl_min"),             2, 50, 4900, False, "SG-14", 6000, "too little coolant flows"),
    (122, "environment_stale",       WARNING,         N.ENVIRONMENT_AGE_ms, S.ROUND,     1, 3000,                                          0, 1,    0, False, "SG-14", 200, "coolant or force have not been told for too long"),
    (123, "force_info",              INFO,            N.FORCE_N, S.ROUND,                1, ("guards", "force_N", LIMIT_INFO),            20, 10, 9900, False, "SG-14", 12000, "the stack presses more than in operation"),
    (124, "force_warn",              DERATE,          N.FORCE_N, S.ROUND,                1, ("guards", "force_N", LIMIT_WARN),            20, 10, 9900, False, "SG-14", 12000, "the stack presses more than recommended"),
    (125, "force_high",              TRIP_AFTER_RAMP, N.FORCE_N, S.ROUND,                1, ("guards", "force_N", LIMIT_FAULT),           20, 10, 9900, True,  "SG-14", 12000, "the stack presses as only a swollen one does"),
))
# fmt: on

TABLE = tuple(sorted(_ROWS, key=lambda row: row.signal))  # as monitor.py goes through them

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
