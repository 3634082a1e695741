"""The fault table is what was reviewed: every number of every row stands here a second time, in the order of the file.

Who changes a row of faults.py changes it here as well, and knows that he does. A limit is a number or a path in the pack, with
a last number that is one of a triple: 0 information, 1 warning, 2 fault.
"""

from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import Pack

SEVERITY = {"info": 1, "warning": 2, "derate": 3, "ramp": 4, "now": 5}
# id, name, severity, signal, channel, limit (> too high is bad, < too low), release, samples, after_ms, latch, goal, budget_ms
REVIEWED = """
1   layer_voltage_high       ramp    LAYER_HIGH_mV GROUPS >cell.v_max_mV.2                    30 5 50 latch SG-1 100
2   layer_voltage_high_warn  derate  LAYER_HIGH_mV GROUPS >cell.v_max_mV.1                    20 5 50 - SG-1 100
3   layer_voltage_high_info  info    LAYER_HIGH_mV GROUPS >cell.v_max_mV.0                    20 10 100 - SG-1 200
4   layer_voltage_low        ramp    LAYER_LOW_mV GROUPS <cell.v_min_mV.2                     50 5 50 latch SG-2 100
5   layer_voltage_low_warn   derate  LAYER_LOW_mV GROUPS <cell.v_min_mV.1                     50 5 50 - SG-2 100
6   layer_voltage_low_info   info    LAYER_LOW_mV GROUPS <cell.v_min_mV.0                     50 10 100 - SG-2 200
7   layer_voltage_deep       now     LAYER_LOW_mV GROUPS <cell.v_deep_mV                      1000 5 50 latch SG-2 100
10  charge_hot               ramp    HOT_CHARGE_ddegC PROBES >cell.t_charge_max_ddegC.2       30 3 300 latch SG-3 2000
11  charge_hot_warn          derate  HOT_CHARGE_ddegC PROBES >cell.t_charge_max_ddegC.1       30 3 300 - SG-3 2000
12  charge_cold              ramp    COLD_CHARGE_ddegC PROBES <cell.t_charge_min_ddegC.2      20 3 300 latch SG-3 2000
13  charge_cold_warn         derate  COLD_CHARGE_ddegC PROBES <cell.t_charge_min_ddegC.1      20 3 300 - SG-3 2000
14  discharge_hot            ramp    HOT_DISCHARGE_ddegC PROBES >cell.t_discharge_max_ddegC.2 30 3 300 latch SG-3 2000
15  discharge_hot_warn       derate  HOT_DISCHARGE_ddegC PROBES >cell.t_discharge_max_ddegC.1 30 3 300 - SG-3 2000
16  discharge_cold           ramp    COLD_DISCHARGE_ddegC PROBES <cell.t_discharge_min_ddegC.2 20 3 300 latch SG-3 2000
17  discharge_cold_warn      derate  COLD_DISCHARGE_ddegC PROBES <cell.t_discharge_min_ddegC.1 20 3 300 - SG-3 2000
18  hot_stop                 now     HOT_ddegC PROBES >cell.t_stop_ddegC.2                    50 3 200 latch SG-3 1000
20  charge_current_high      now     CHARGE_BEYOND_dA CURRENT >0                              1 3 20 latch SG-4 50
21  discharge_current_high   now     DISCHARGE_BEYOND_dA CURRENT >0                           1 3 20 latch SG-4 50
30  group_voltage_stale      ramp    GROUP_AGE_ms CLOCK >group_sensor.deadline_ms             50 1 50 latch SG-5 300
31  stack_voltage_stale      ramp    STACK_AGE_ms CLOCK >stack_sensor.deadline_ms             50 1 50 latch SG-5 300
32  temperature_stale        ramp    PROBE_AGE_ms CLOCK >probe_sensor.deadline_ms             100 1 20 latch SG-5 300
33  current_stale            now     CURRENT_AGE_ms CLOCK >current_a_sensor.deadline_ms       50 1 20 latch SG-5 300
34  pack_voltage_stale       ramp    PACK_AGE_ms CLOCK >pack_sensor.deadline_ms               50 1 50 latch SG-5 300
35  link_voltage_stale       ramp    LINK_AGE_ms CLOCK >pack_sensor.deadline_ms               50 1 50 latch SG-5 300
36  inputs_stale             ramp    INPUTS_AGE_ms CLOCK >pack_sensor.deadline_ms             50 1 50 latch SG-5 300
40  group_voltage_range      ramp    GROUP_BEYOND_mV GROUPS_HEARD >0                          1 5 50 latch SG-5 300
41  temperature_range        ramp    PROBE_BEYOND_ddegC PROBES >0                             1 3 200 latch SG-5 1000
42  current_range            now     CURRENT_BEYOND_mA CURRENT_HEARD >0                       1 5 50 latch SG-5 300
43  stack_sum_mismatch       ramp    STACK_SUM_mV GROUPS+STACKS >0                            10 10 150 latch SG-5 300
44  string_sum_mismatch      warning STRING_SUM_mV STACKS+VOLTAGES >0                         50 10 150 - SG-5 300
45  current_pair_mismatch    ramp    CURRENT_PAIR_mA CURRENT+CURRENT_B >0                     100 10 150 latch SG-5 300
50  contactor_feedback       now     FEEDBACK_ms INPUTS >feedback_timeout_ms                  1 1 0 latch SG-6 300
51  precharge_slow           now     PRECHARGE_SLOW CLOCK >0                                  0 1 0 latch SG-6 100
52  precharge_fast           now     PRECHARGE_FAST CLOCK >0                                  0 1 0 latch SG-6 100
53  precharge_current        now     PRECHARGE_CURRENT CLOCK >0                               0 1 0 latch SG-6 100
60  command_lost             ramp    COMMAND_AGE_ms CLOCK >command_deadline_ms                50 1 0 latch SG-7 400
61  charger_lost             ramp    CHARGER_AGE_ms CLOCK >charger_deadline_ms                50 1 0 latch SG-7 600
70  self_test_failed         now     SELF_TEST_ms CLOCK >3000                                 0 1 0 latch SG-5 3100
71  interlock_open           ramp    INTERLOCK_open INPUTS >0                                 0 3 20 latch SG-8 50
72  crash                    now     CRASH_seen INPUTS >0                                     0 2 10 latch SG-8 50
80  tick_late                warning TICK_ms CLOCK >30                                        0 1 0 - SG-9 100
81  watchdog_reset           warning WATCHDOG_reset CLOCK >0                                  0 1 0 latch SG-9 100
37  current_b_stale          derate  CURRENT_B_AGE_ms CLOCK >current_a_sensor.deadline_ms     50 1 50 latch SG-5 300
62  can_bus_off              warning BUS_off CLOCK >0                                         0 1 0 - SG-7 200
82  estimator_failed         info    ESTIMATOR_failed CLOCK >0                                0 1 0 - SG-9 200
63  can_error_passive        warning BUS_passive CLOCK >0                                     0 1 0 - SG-7 200
64  command_unsound          warning COMMAND_e2e CLOCK >2                                     0 1 0 - SG-7 100
65  charger_unsound          warning CHARGER_e2e CLOCK >2                                     0 1 0 - SG-7 100
66  inverter_lost            warning INVERTER_lost CLOCK >0                                   0 1 0 - SG-7 200
8   stack_voltage_high       ramp    STACK_HIGH_mV STACKS >cell.v_max_mV.2                    30 5 50 latch SG-1 100
9   stack_voltage_low        ramp    STACK_LOW_mV STACKS <cell.v_min_mV.2                     50 5 50 latch SG-2 100
19  pack_voltage_high        ramp    PACK_HIGH_mV VOLTAGES >cell.v_max_mV.2                   30 5 50 latch SG-1 100
22  pack_voltage_low         ramp    PACK_LOW_mV VOLTAGES <cell.v_min_mV.2                    50 5 50 latch SG-2 100
23  sister_rest_info         info    SISTER_REST_mV ROUND >guards.sister_rest_mV.0            0 10 60000 - SG-12 61000
24  sister_rest_warn         derate  SISTER_REST_mV ROUND >guards.sister_rest_mV.1            5 10 60000 - SG-12 61000
25  sister_rest              ramp    SISTER_REST_mV ROUND >guards.sister_rest_mV.2            10 10 60000 latch SG-12 61000
26  sister_load_warn         derate  SISTER_LOAD_mV GROUPS >guards.sister_load_mV.1           20 50 500 - SG-12 600
27  sister_load              ramp    SISTER_LOAD_mV GROUPS >guards.sister_load_mV.2           50 10 100 latch SG-12 200
28  layer_collapse           now     COLLAPSE_mV GROUPS >guards.collapse_mV                   200 5 50 latch SG-12 200
29  taps_shifted             ramp    TAPS_SHIFTED_mV GROUPS >guards.sister_load_mV.2          50 10 100 latch SG-5 300
126 group_leaks              warning GROUP_leaks CLOCK >0                                     0 1 0 - SG-12 200
127 group_weak               info    GROUP_weak CLOCK >0                                      0 1 0 - SG-12 200
38  group_wire_open          ramp    GROUP_WIRE_open GROUPS_HEARD >0                          0 5 50 latch SG-5 300
39  group_crc                ramp    GROUP_CRC_bad GROUPS_HEARD >0                            0 10 90 latch SG-5 300
46  temperature_wire_open    ramp    PROBE_WIRE_open CLOCK >0                                 0 3 150 latch SG-5 300
47  temperature_wire_short   ramp    PROBE_WIRE_short CLOCK >0                                0 3 150 latch SG-5 300
48  temperature_odd          derate  PROBE_ODD_ddegC PROBES >0                                10 10 900 - SG-5 2000
49  temperature_frozen       derate  PROBE_FROZEN_ms PROBES >30000                            0 3 200 - SG-5 1000
101 current_frozen           now     CURRENT_FROZEN_ms CLOCK >150                             0 1 50 latch SG-5 300
102 voltages_frozen          ramp    VOLTAGES_FROZEN_ms CLOCK >150                            0 1 50 latch SG-5 300
103 inputs_frozen            ramp    INPUTS_FROZEN_ms CLOCK >150                              0 1 50 latch SG-5 300
104 chain_frozen             ramp    CHAIN_FROZEN_ms CLOCK >150                               0 1 50 latch SG-5 300
105 chain_chips_lost         ramp    CHIPS_lost CHAIN >0                                      0 5 50 latch SG-5 300
106 chain_reference          ramp    REFERENCE_bad CHAIN >0                                   0 5 50 latch SG-5 300
107 chain_brown_out          warning BROWN_OUT_seen CHAIN >0                                  0 5 50 - SG-5 300
108 chain_stale              ramp    CHAIN_AGE_ms CLOCK >group_sensor.deadline_ms             50 1 50 latch SG-5 300
109 chain_crc                warning CHAIN_CRC_bad CHAIN >0                                   0 10 90 - SG-5 300
110 group_frozen             ramp    GROUP_FROZEN_ms ROUND >3000                              0 3 200 latch SG-5 400
90  thermal_runaway          now     RUNAWAY_ddegC PROBES >guards.rise_ddegC.2                10 30 3000 latch SG-11 3500
91  temperature_rate_info    info    RISE_ddegC PROBES >guards.rise_ddegC.0                   2 10 900 - SG-3 2000
92  temperature_rate_warn    derate  RISE_ddegC PROBES >guards.rise_ddegC.1                   2 10 900 - SG-3 2000
93  gradient_info            info    GRADIENT_ddegC PROBES >guards.gradient_ddegC.0           10 10 900 - SG-3 5000
94  gradient_warn            derate  GRADIENT_ddegC PROBES >guards.gradient_ddegC.1           10 10 900 - SG-3 5000
95  gradient_high            ramp    GRADIENT_ddegC PROBES >guards.gradient_ddegC.2           20 40 3900 latch SG-3 5000
96  current_when_open        ramp    STRAY_CURRENT_mA CURRENT >0                              100 10 200 latch SG-4 300
97  charge_over_limit_warn   warning CHARGE_OVER_dA CURRENT >0                                1 20 200 - SG-4 300
98  charge_over_limit        ramp    CHARGE_OVER_dA CURRENT >0                                1 200 2000 latch SG-4 2100
99  discharge_over_limit_warn warning DISCHARGE_OVER_dA CURRENT >0                             1 20 200 - SG-4 300
100 discharge_over_limit     ramp    DISCHARGE_OVER_dA CURRENT >0                             1 1000 10000 latch SG-4 10100
111 overload_warn            derate  OVERLOAD_permille ROUND >800                             200 1 0 - SG-4 200
112 overload                 ramp    OVERLOAD_permille ROUND >1000                            500 1 0 latch SG-4 200
113 regen_pulse              ramp    REGEN_PULSE_permille ROUND >1000                         500 1 0 latch SG-4 200
54  contactor_welded         now     WELDED CLOCK >0                                          0 3 20 latch SG-6 100
55  contactor_bounce         warning BOUNCE_count INPUTS >2                                   0 1 0 - SG-6 100
56  contactor_wear           warning BREAKS_count CLOCK >0                                    0 1 0 - SG-6 100
57  contactor_worn           ramp    WORN_count CLOCK >guards.break_budget_count              0 1 0 latch SG-6 100
58  coil_supply_lost         now     COIL_SUPPLY_lost INPUTS >0                               0 5 50 latch SG-6 300
59  fuse_open                ramp    FUSE_open INPUTS >0                                      0 3 20 latch SG-6 100
73  link_apart               ramp    LINK_APART_mV VOLTAGES >guards.link_apart_mV             500 10 90 latch SG-6 300
74  boot_feedback            now     BOOT_FEEDBACK INPUTS >0                                  0 3 20 latch SG-6 300
75  precharge_hot            ramp    PRECHARGE_HEAT_count CLOCK >guards.precharge_attempts    0 1 0 latch SG-6 100
76  opening_forced           warning OPENING_forced CLOCK >0                                  0 1 0 - SG-6 100
67  charger_exceeds          ramp    CHARGER_OVER_dA CURRENT >0                               1 50 500 latch SG-13 700
68  charger_failed           ramp    CHARGER_failed CLOCK >0                                  0 1 0 latch SG-13 100
69  charger_voltage_apart    ramp    CHARGER_APART_mV ROUND >guards.link_apart_mV             500 10 900 latch SG-13 1100
78  overfilled               ramp    OVERFILLED_permille ROUND >guards.overfill_permille      10 3 200 latch SG-13 400
79  charge_no_progress       warning NO_PROGRESS_ms ROUND >30000                              0 1 0 - SG-13 200
83  tick_overdue             ramp    TICK_ms CLOCK >100                                       0 1 0 latch SG-9 100
84  clock_jumped             warning CLOCK_jumped CLOCK >0                                    0 1 0 latch SG-9 100
85  store_unreadable         warning STORE_unreadable CLOCK >0                                0 1 0 latch SG-9 100
86  configuration_changed    now     CONFIGURATION_changed CLOCK >0                           0 1 0 latch SG-9 100
87  configuration_foreign    ramp    CONFIGURATION_foreign CLOCK >0                           0 1 0 latch SG-9 100
88  ticks_missed             warning TICKS_missed CLOCK >0                                    0 1 0 - SG-9 200
89  reset_unexpected         info    RESET_unexpected CLOCK >0                                0 1 0 - SG-9 100
77  request_unknown          info    REQUEST_unknown CLOCK >0                                 0 1 0 - SG-7 100
114 insulation_warn          warning INSULATION_ohm_V ROUND <guards.insulation_ohm_V.1        50 10 2000 - SG-10 5000
115 insulation_low           ramp    INSULATION_ohm_V ROUND <guards.insulation_ohm_V.2        20 10 9900 latch SG-10 12000
116 insulation_silent        warning INSULATION_silent ROUND >0                               0 10 900 - SG-10 2000
117 supply_low_warn          warning SUPPLY_LOW_mV INPUTS <guards.supply_low_mV.1             500 20 200 - SG-14 300
118 supply_low               ramp    SUPPLY_LOW_mV INPUTS <guards.supply_low_mV.2             1000 5 50 latch SG-14 100
119 supply_high              warning SUPPLY_HIGH_mV INPUTS >guards.supply_high_mV             500 20 200 - SG-14 300
120 coolant_hot              derate  COOLANT_ddegC ROUND >guards.coolant_ddegC                20 10 900 - SG-14 2000
121 coolant_flow             derate  COOLANT_FLOW_dl_min ROUND <guards.coolant_flow_dl_min    2 50 4900 - SG-14 6000
122 environment_stale        warning ENVIRONMENT_AGE_ms ROUND >3000                           0 1 0 - SG-14 200
123 force_info               info    FORCE_N ROUND >guards.force_N.0                          20 10 9900 - SG-14 12000
124 force_warn               derate  FORCE_N ROUND >guards.force_N.1                          20 10 9900 - SG-14 12000
125 force_high               ramp    FORCE_N ROUND >guards.force_N.2                          20 10 9900 latch SG-14 12000
"""
LINES = [line.split() for line in REVIEWED.strip().split("\n")]


def limit(words: str) -> Any:
    """A number, or a path whose last step may be one."""
    if words.isdigit():
        return int(words)
    return tuple(int(step) if step.isdigit() else step for step in words.split("."))


def channel(words: str) -> int:
    """All that must be new."""
    return sum(getattr(S, word) for word in words.split("+"))


def reviewed(words: list[str]) -> tuple[Any, ...]:
    """A line of the copy as the row it describes, without its text."""
    number, name, severity, signal, new, bound, release, samples, after_ms, latch, goal, budget_ms = words
    return (
        *(int(number), name, SEVERITY[severity], getattr(N, signal), channel(new), 1 if bound[0] == ">" else -1),
        *(limit(bound[1:]), int(release), int(samples), int(after_ms), latch == "latch", goal, int(budget_ms)),
    )


def test_every_row_is_what_was_reviewed_and_none_has_come_or_gone() -> None:
    assert [tuple(row[:-1]) for row in F._ROWS] == [reviewed(words) for words in LINES]


def test_the_monitor_goes_through_the_rows_signal_by_signal_in_the_order_of_the_file() -> None:
    by_signal: dict[int, list[int]] = {}
    for words in LINES:
        by_signal.setdefault(getattr(N, words[3]), []).append(int(words[0]))
    assert [row.id for row in F.TABLE] == [number for signal in sorted(by_signal) for number in by_signal[signal]]


def test_a_latch_is_a_truth_and_severities_and_limits_have_the_numbers_of_the_wire() -> None:
    assert all(row.latch is True or row.latch is False for row in F.TABLE)
    assert [F.INFO, F.WARNING, F.DERATE, F.TRIP_AFTER_RAMP, F.TRIP_NOW] == [1, 2, 3, 4, 5]
    assert (F.LIMIT_INFO, F.LIMIT_WARN, F.LIMIT_FAULT) == (0, 1, 2)
    assert F.ROOM == 128


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, bess_14.PACK], ids=lambda pack: pack.name)
def test_a_limit_is_its_number_or_what_its_path_names_in_the_pack(pack: Pack) -> None:
    known = {
        "layer_voltage_high": pack.cell.v_max_mV[2],
        "layer_voltage_low_info": pack.cell.v_min_mV[0],
        "layer_voltage_deep": pack.cell.v_deep_mV,
        "hot_stop": pack.cell.t_stop_ddegC[2],
        "group_voltage_stale": pack.group_sensor.deadline_ms,
        "contactor_feedback": pack.feedback_timeout_ms,
        "sister_load_warn": pack.guards.sister_load_mV[1],
        "crash": 0,
        "tick_late": 30,
    }
    assert {row.name: F.limit_of(row, pack) for row in F.TABLE if row.name in known} == known


def test_a_path_that_names_nothing_is_refused() -> None:
    row = F.TABLE[0]._replace(limit=("cell", "nothing_mV"))
    with pytest.raises(AttributeError):
        F.limit_of(row, bench_24.PACK)
