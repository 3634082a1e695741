"""A cell or a pack that is wrong is refused by field and reason; what is shipped is sound; every rule can fire."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.cells.si_ceramic_20ah import CELL
from bms.packs.bench_24 import PACK
from bms.packs.ev_240 import PACK as EV
from bms.safety import overload
from bms.safety.faults import TABLE, Row
from bms.schema import (
    CELL_FIELDS,
    FILTER_FIELDS,
    GUARDS_FIELDS,
    INVERTER_FIELDS,
    PACK_FIELDS,
    SENSOR_FIELDS,
    Cell,
    Guards,
    Inverter,
    Pack,
    Sensor,
    replaced,
)
from hil.errors import BadInput
from hil.lint import ERROR, NOTE, Finding, check_cell, check_command, check_pack, errors, notes
from hil.lint import cell as lint_cell
from hil.lint import guards as lint_guards
from hil.lint import inverter as lint_inverter
from hil.lint import noise as lint_noise
from hil.lint import pack as lint_pack
from hil.lint.extremes import Extremes
from hil.lint.note_rules import CELL_NOTES, PACK_NOTES
from hil.lint.products import PRODUCTS, Product
from hil.lint.products import products as lint_products
from hil.lint.reaction import reacts_ms
from hil.lint.tables import RANGES, SENSOR_RANGES, WIRE, error_u
from hil.load import load_cell, load_pack, require_pack
from hil.packfiles import names, read_any


def _cell(**changes: Any) -> Cell:
    made = replaced(Cell, CELL_FIELDS, CELL, **changes)
    assert isinstance(made, Cell)
    return made


def _pack(of: Pack = PACK, /, **changes: Any) -> Pack:
    made = replaced(Pack, PACK_FIELDS, of, **changes)
    assert isinstance(made, Pack)
    return made


def _sensor(of: Sensor, /, **changes: Any) -> Sensor:
    made = replaced(Sensor, SENSOR_FIELDS, of, **changes)
    assert isinstance(made, Sensor)
    return made


def _with(table: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*table[:index], value, *table[index + 1 :])


def _map(name: str, rows: tuple[tuple[int, ...], ...]) -> Cell:
    return _cell(charge_maps=((name, rows),))


ROWS = CELL.charge_maps[0][1]

# What breaks one rule: the rule, the field that must be named, the broken record.
BROKEN_CELLS: tuple[tuple[str, str, Callable[[], Cell]], ...] = (
    ("shape", "capacity_mAh", lambda: _cell(capacity_mAh=20000.0)),
    ("shape", "capacity_mAh", lambda: _cell(capacity_mAh=True)),
    ("shape", "name", lambda: _cell(name="")),
    ("shape", "ocv_mV", lambda: _cell(ocv_mV=CELL.ocv_mV[:20])),
    ("shape", "ocv_mV", lambda: _cell(ocv_mV=list(CELL.ocv_mV))),
    ("shape", "hyst_mV", lambda: _cell(hyst_mV=None)),
    ("shape", "r1_permille", lambda: _cell(r1_permille=CELL.r1_permille[1:])),
    ("shape", "discharge_cont_mC", lambda: _cell(discharge_cont_mC=CELL.discharge_cont_mC[1:])),
    ("shape", "map_ddegC", lambda: _cell(map_ddegC=(0,))),
    ("shape", "v_max_mV", lambda: _cell(v_max_mV=(4200, 4230))),
    ("shape", "filter", lambda: _cell(filter=None)),
    ("shape", "filter.table_mV", lambda: _cell(filter=CELL.filter._replace(table_mV=2.5))),  # type: ignore[arg-type]
    ("filter_ranges", "filter.table_mV", lambda: _cell(filter=CELL.filter._replace(table_mV=0))),
    ("shape", "profiles", lambda: _cell(profiles=())),
    ("shape", "profiles[0].name", lambda: _profile(name="")),
    ("shape", "profiles[0].stages", lambda: _profile(stages=(1000, 500))),
    ("profile_ranges", "profiles[0].kind", lambda: _profile(kind="fast")),
    ("profile_ranges", "profiles[0].taper_s", lambda: _profile(taper_s=0)),
    ("profile_ranges", "profiles[0].stages", lambda: _profile(stages=((500, 1000), (400, 500)))),
    ("profile_ranges", "profiles[0].stages", lambda: _profile(stages=((1000, 0),))),
    ("profile_ranges", "profiles[1].name", lambda: _cell(profiles=CELL.profiles[:1] * 2)),
    ("shape", "charge_maps", lambda: _cell(charge_maps=())),
    ("shape", "charge_maps", lambda: _cell(charge_maps=("shipping",))),
    ("shape", "charge_maps[a]", lambda: _map("a", ((1.5,),))),  # type: ignore[arg-type]
    ("ranges", "capacity_mAh", lambda: _cell(capacity_mAh=290001)),
    ("ranges", "capacity_mAh", lambda: _cell(capacity_mAh=0)),
    ("ranges", "r0_uohm[3]", lambda: _cell(r0_uohm=_with(CELL.r0_uohm, 3, 0))),
    ("ranges", "charge_trip_permille", lambda: _cell(charge_trip_permille=1000)),
    ("ranges", "v_max_mV[2]", lambda: _cell(v_max_mV=(4200, 4230, 8192))),
    ("rising", "ocv_mV[7]", lambda: _cell(ocv_mV=_with(CELL.ocv_mV, 7, CELL.ocv_mV[6]))),
    ("rising", "map_ddegC[1]", lambda: _cell(map_ddegC=_with(CELL.map_ddegC, 1, -200))),
    ("rising", "map_soc_permille[4]", lambda: _cell(map_soc_permille=_with(CELL.map_soc_permille, 4, 100))),
    ("rising", "discharge_ddegC[2]", lambda: _cell(discharge_ddegC=_with(CELL.discharge_ddegC, 2, -300))),
    ("rising", "r_ddegC[1]", lambda: _cell(r_ddegC=_with(CELL.r_ddegC, 1, -500))),
    ("rising", "r2_permille[5]", lambda: _cell(r2_permille=_with(CELL.r2_permille, 5, 12302))),
    ("branches", "hyst_mV[12]", lambda: _cell(hyst_mV=_with(CELL.hyst_mV, 12, 10))),
    ("branches", "hyst_mV[12]", lambda: _cell(hyst_mV=_with(CELL.hyst_mV, 12, 200))),
    ("ocv_inside_limits", "ocv_mV[20]", lambda: _cell(v_max_mV=(4160, 4230, 4280))),
    ("ocv_inside_limits", "ocv_mV[0]", lambda: _cell(v_min_mV=(2861, 2600, 2500))),
    ("severities", "v_max_mV", lambda: _cell(v_max_mV=(4200, 4290, 4280))),
    ("severities", "v_min_mV", lambda: _cell(v_min_mV=(2700, 2700, 2500))),
    ("severities", "t_stop_ddegC", lambda: _cell(t_stop_ddegC=(1000, 900, 850))),
    ("severities", "t_charge_max_ddegC[2]", lambda: _cell(t_charge_max_ddegC=(650, 700, 860))),
    ("severities", "t_discharge_min_ddegC[0]", lambda: _cell(t_discharge_min_ddegC=(-100, -320, -350))),
    ("severities", "v_deep_mV", lambda: _cell(v_deep_mV=2500)),
    ("resistance_knots", "r_ddegC[0]", lambda: _cell(t_discharge_min_ddegC=(-300, -320, -410))),
    ("resistance_knots", "r_ddegC[25]", lambda: _cell(t_discharge_max_ddegC=(700, 780, 860))),
    ("resistance_knots", "t_ref_ddegC", lambda: _cell(t_ref_ddegC=251)),
    ("resistance_factors", "r0_permille[4]", lambda: _cell(r0_permille=_with(CELL.r0_permille, 4, 8090))),
    ("resistance_factors", "r1_permille[0]", lambda: _cell(ea_J_mol=(29000, 50200, 35000))),
    ("time_constants", "tau1_ms[2]", lambda: _cell(tau1_ms=_with(CELL.tau1_ms, 2, 75000))),
    ("charge_map", "map_soc_permille", lambda: _cell(map_soc_permille=_with(CELL.map_soc_permille, 0, 10))),
    ("charge_map", "charge_maps", lambda: _cell(charge_maps=(("a", ROWS), ("a", ROWS)))),
    ("charge_map", "charge_maps[a]", lambda: _map("a", ROWS[1:])),
    ("charge_map", "charge_maps[a] at -200 ddegC", lambda: _map("a", _with(ROWS, 0, ROWS[0][1:]))),
    ("charge_map", "charge_maps[a] at -200 ddegC", lambda: _map("a", _with(ROWS, 0, _with(ROWS[0], 3, -1)))),
    ("charge_map", "charge_maps[a] at -200 ddegC", lambda: _map("a", _with(ROWS, 0, _with(ROWS[0], 3, 8001)))),
    ("charge_map", "charge_maps[shipping] at 800 ddegC", lambda: _cell(t_charge_max_ddegC=(650, 700, 790))),
    ("discharge_tables", "discharge_cont_mC[0]", lambda: _cell(discharge_cont_mC=_with(CELL.discharge_cont_mC, 0, 2))),
    ("discharge_tables", "discharge_cont_mC[5]", lambda: _cell(discharge_cont_mC=_with(CELL.discharge_cont_mC, 5, 10001))),
    ("discharge_tables", "discharge_pulse_mC", lambda: _cell(discharge_cont_mC=(0,) * 10, discharge_pulse_mC=(0,) * 10)),
    ("discharge_tables", "discharge_pulse_mC[5]", lambda: _cell(discharge_trip_mC=10000)),
    ("discharge_tables", "discharge_pulse_mC[0]", lambda: _cell(t_discharge_min_ddegC=(-250, -260, -299))),
)


def _group(**changes: Any) -> Pack:
    return _pack(group_sensor=_sensor(PACK.group_sensor, **changes))


def _a(**changes: Any) -> Pack:
    return _pack(current_a_sensor=_sensor(PACK.current_a_sensor, **changes))


def _pair(**changes: Any) -> Pack:
    assert PACK.current_b_sensor is not None
    return _pack(
        current_a_sensor=_sensor(PACK.current_a_sensor, **changes), current_b_sensor=_sensor(PACK.current_b_sensor, **changes)
    )


def _probe(**changes: Any) -> Pack:
    return _pack(probe_sensor=_sensor(PACK.probe_sensor, **changes))


INVERTER = Inverter(
    protocol="victron",
    alarm_active=2,
    charge_voltage_mV=99000,
    discharge_voltage_mV=72000,
    fall_dA_s=1000,
    zero_dA=0,
    deadline_ms=600_000,
    manufacturer="bipolar",
    family="layers",
)


def _inverter(of: Pack = PACK, /, **changes: Any) -> Pack:
    return _pack(of, inverter=replaced(Inverter, INVERTER_FIELDS, INVERTER, **changes))


def _guards(**changes: Any) -> Pack:
    return _pack(guards=replaced(Guards, GUARDS_FIELDS, PACK.guards, **changes))


def _profile(**changes: Any) -> Cell:
    return _cell(profiles=(CELL.profiles[0]._replace(**changes),))


def _thermal(**changes: Any) -> Pack:
    return _pack(thermal=PACK.thermal._replace(**changes))


def _beside_elcon(**changes: Any) -> Pack:
    """14 layers, which a Sunny Island takes as well."""
    small = _pack(taps=(3, 4, 3, 4), charger_protocol="elcon", charger_deadline_ms=2500)
    return _inverter(small, charge_voltage_mV=58000, discharge_voltage_mV=42000, **changes)


BROKEN_PACKS: tuple[tuple[str, str, Callable[[], Pack]], ...] = (
    ("shape", "taps", lambda: _pack(taps=6)),
    ("shape", "cell", lambda: _pack(cell="si_ceramic_20ah")),
    ("shape", "stack_sensor", lambda: _pack(stack_sensor=None)),
    ("shape", "current_b_sensor", lambda: _pack(current_b_sensor=5)),
    ("shape", "group_sensor.lsb_u", lambda: _group(lsb_u=0.5)),
    ("ranges", "cell.capacity_mAh", lambda: _pack(cell=_cell(capacity_mAh=290001))),
    ("ranges", "taps[1]", lambda: _pack(taps=(6, 0, 6, 6))),
    ("ranges", "taps[3]", lambda: _pack(taps=(6, 6, 6, 49))),
    ("ranges", "spread_r_permille", lambda: _pack(spread_r_permille=-1)),
    ("ranges", "charge_rating_dA", lambda: _pack(charge_rating_dA=16384)),
    ("ranges", "command_deadline_ms", lambda: _pack(command_deadline_ms=99)),
    ("map_exists", "charge_map", lambda: _pack(charge_map="fast")),
    ("probes", "probe_stack[1]", lambda: _pack(probe_stack=(0, 1))),
    ("probes", "probe_stack", lambda: _pack(EV, probe_stack=EV.probe_stack[:-2])),
    ("sensors", "group_sensor.unit", lambda: _group(unit="A")),
    ("sensors", "group_sensor.lsb_u", lambda: _group(lsb_u=0)),
    ("sensors", "group_sensor.low_m", lambda: _group(low_m=40000)),
    ("sensors", "group_sensor.period_ms", lambda: _group(period_ms=15)),
    ("sensors", "group_sensor.period_ms", lambda: _group(period_ms=110)),
    ("sensors", "group_sensor.latency_ms", lambda: _group(latency_ms=100)),
    ("sensors_cover_limits", "group_sensor.high_m", lambda: _group(high_m=6 * 4280 - 1)),
    ("sensors_cover_limits", "stack_sensor.high_m", lambda: _pack(stack_sensor=_sensor(PACK.stack_sensor, high_m=99000))),
    ("sensors_cover_limits", "pack_sensor.low_m", lambda: _pack(pack_sensor=_sensor(PACK.pack_sensor, low_m=1))),
    ("sensors_cover_limits", "current_a_sensor.low_m", lambda: _a(low_m=-239999)),
    ("sensors_cover_limits", "current_a_sensor.high_m", lambda: _a(high_m=191999)),
    ("sensors_cover_limits", "probe_sensor.high_m", lambda: _pack(probe_sensor=_sensor(PACK.probe_sensor, high_m=99999))),
    ("fits_the_wire", "taps", lambda: _pack(EV, taps=(2,) * 13)),
    ("fits_the_wire", "probe_stack", lambda: _pack(probe_stack=(0,) * 81)),
    ("fits_the_wire", "group_sensor.high_m", lambda: _group(high_m=262144)),
    ("fits_the_wire", "current_a_sensor.high_m", lambda: _a(high_m=1_638_400)),
    ("fits_the_wire", "stacks", lambda: _pack(EV, stacks=21, probe_stack=tuple(range(21)))),
    ("ratings", "charge_rating_dA", lambda: _pack(charge_rating_dA=1601)),
    ("ratings", "discharge_rating_dA", lambda: _pack(discharge_rating_dA=2401, contactor_break_dA=3000)),
    ("ratings", "discharge_rating_dA", lambda: _pack(contactor_break_dA=1999)),
    ("ratings", "open_current_dA", lambda: _pack(open_current_dA=3)),
    ("contactor_times", "feedback_timeout_ms", lambda: _pack(feedback_timeout_ms=59)),
    ("precharge", "precharge_timeout_ms", lambda: _pack(precharge_timeout_ms=494)),
    ("precharge", "precharge_timeout_ms", lambda: _pack(precharge_done_mV=400, precharge_timeout_ms=520)),
    ("precharge", "precharge_too_fast_ms", lambda: _pack(precharge_too_fast_ms=50)),
    ("precharge", "precharge_done_mA", lambda: _pack(precharge_done_mA=200)),
    ("precharge", "precharge_done_mV", lambda: _pack(precharge_done_mV=300)),
    ("shape", "inverter", lambda: _pack(inverter="victron")),
    ("shape", "inverter.protocol", lambda: _inverter(protocol=1)),
    ("shape", "inverter.family", lambda: _inverter(family="")),
    ("shape", "inverter.zero_dA", lambda: _inverter(zero_dA=0.1)),
    ("shape", "charger_protocol", lambda: _pack(charger_protocol=None)),
    ("shape", "guards", lambda: _pack(guards=None)),
    ("shape", "guards.hold_percent", lambda: _guards(hold_percent=None)),
    ("shape", "guards.force_N", lambda: _guards(force_N=(600, 700))),
    ("guard_ranges", "guards.hold_percent", lambda: _guards(hold_percent=9)),
    ("guards_in_order", "guards.sister_rest_mV[1]", lambda: _guards(sister_rest_mV=(10, 9, 30))),
    ("guards_in_order", "guards.rise_ddegC[2]", lambda: _guards(rise_ddegC=(10, 12, 11))),
    ("guards_in_order", "guards.insulation_ohm_V[1]", lambda: _guards(insulation_ohm_V=(500, 501, 100))),
    ("guards_in_order", "guards.supply_low_mV[2]", lambda: _guards(supply_low_mV=(9000, 8000, 8001))),
    ("guards_of_contactors", "guards.pull_in_ms", lambda: _guards(pull_in_ms=2 * PACK.contactor_delay_ms - 1)),
    ("guards_of_contactors", "guards.link_apart_mV", lambda: _guards(link_apart_mV=PACK.precharge_done_mV - 1)),
    ("guards_of_contactors", "guards.supply_high_mV", lambda: _guards(supply_high_mV=PACK.guards.supply_low_mV[0])),
    ("guards_against_declared", "guards.gradient_ddegC[0]", lambda: _guards(gradient_ddegC=(29, 80, 120))),
    ("guards_against_declared", "guards.gradient_ddegC[1]", lambda: _guards(gradient_ddegC=(30, 55, 120))),
    ("guards_against_declared", "guards.gradient_ddegC[2]", lambda: _guards(gradient_ddegC=(30, 56, 83))),
    ("guards_against_declared", "guards.rise_ddegC[0]", lambda: _guards(rise_ddegC=(5, 10, 20))),
    ("guards_against_declared", "guards.rise_ddegC[1]", lambda: _guards(rise_ddegC=(5, 5, 20))),
    ("guards_against_declared", "guards.rise_ddegC[2]", lambda: _guards(rise_ddegC=(6, 10, 11))),
    ("guards_against_declared", "guards.overfill_permille", lambda: _guards(overfill_permille=24)),
    ("inverter_ranges", "inverter.protocol", lambda: _inverter(protocol="byd")),
    ("inverter_ranges", "inverter.manufacturer", lambda: _inverter(manufacturer="nine chars")),
    ("inverter_ranges", "inverter.family", lambda: _inverter(family="Größe")),
    ("inverter_ranges", "inverter.alarm_active", lambda: _inverter(alarm_active=3)),
    ("inverter_voltages", "inverter.charge_voltage_mV", lambda: _inverter(charge_voltage_mV=24 * 4200 + 1)),
    ("inverter_voltages", "inverter.discharge_voltage_mV", lambda: _inverter(discharge_voltage_mV=24 * 2700 - 1)),
    ("inverter_voltages", "inverter.discharge_voltage_mV", lambda: _inverter(discharge_voltage_mV=99000)),
    ("inverter_voltages", "inverter.charge_voltage_mV", lambda: _inverter(protocol="sma")),
    ("inverter_voltages", "inverter.discharge_voltage_mV", lambda: _inverter(protocol="sma")),
    ("inverter_voltages", "stacks", lambda: _inverter(EV)),
    ("charger", "charger_protocol", lambda: _pack(charger_protocol="chademo")),
    ("shape", "thermal", lambda: _pack(thermal=None)),
    ("shape", "thermal.rate_derate_mK_s", lambda: _thermal(rate_derate_mK_s=(1, 2, 3))),
    ("thermal_ranges", "thermal.swing_exponent", lambda: _thermal(swing_exponent=0)),
    ("thermal_ranges", "thermal.heater_source", lambda: _thermal(heater_source="sun")),
    ("thermal_ranges", "thermal.storage_ddegC", lambda: _thermal(storage_ddegC=(400, 0))),
    ("thermal_ranges", "thermal.gradient_derate_ddegC", lambda: _thermal(gradient_derate_ddegC=(30, 80))),
    ("thermal_ranges", "thermal.coolant_min_ddegC", lambda: _thermal(coolant_min_ddegC=800)),
    ("profile_exists", "profile", lambda: _pack(profile="fastest")),
    ("shape", "priority", lambda: _pack(priority=(("interlock_open",),))),
    ("priority", "priority[0]", lambda: _pack(priority=(("no_such", 1),))),
    ("priority", "priority[0]", lambda: _pack(priority=(("charger_lost", 5),))),
    ("priority", "priority[1]", lambda: _pack(priority=(("interlock_open", 2), ("interlock_open", 1)))),
    ("charger", "charger_deadline_ms", lambda: _pack(charger_protocol="elcon", charger_deadline_ms=1999)),
    ("inverter_ranges", "inverter.manufacturer", lambda: _inverter(protocol="pylontech", manufacturer="bipolar")),
    ("one_bitrate", "charger_protocol", lambda: _beside_elcon(protocol="pylontech", manufacturer="PYLON")),
    ("one_bitrate", "charger_protocol", lambda: _beside_elcon(protocol="sma")),
    ("samples_in_time", "group_sensor.period_ms", lambda: _group(period_ms=20)),
    ("samples_in_time", "stack_sensor.period_ms", lambda: _pack(stack_sensor=_sensor(PACK.stack_sensor, period_ms=40))),
    ("samples_in_time", "pack_sensor.period_ms", lambda: _pack(pack_sensor=_sensor(PACK.pack_sensor, period_ms=30))),
    ("samples_in_time", "probe_sensor.period_ms", lambda: _probe(period_ms=130, deadline_ms=190)),
    ("samples_in_time", "current_a_sensor.period_ms", lambda: _pair(period_ms=20)),
    ("silence_in_time", "group_sensor.deadline_ms", lambda: _group(deadline_ms=250)),
    ("silence_in_time", "stack_sensor.deadline_ms", lambda: _pack(stack_sensor=_sensor(PACK.stack_sensor, deadline_ms=250))),
    ("silence_in_time", "pack_sensor.deadline_ms", lambda: _pack(pack_sensor=_sensor(PACK.pack_sensor, deadline_ms=250))),
    ("silence_in_time", "current_a_sensor.deadline_ms", lambda: _pair(deadline_ms=260)),
    ("silence_in_time", "probe_sensor.deadline_ms", lambda: _probe(deadline_ms=200)),
    ("silence_in_time", "feedback_timeout_ms", lambda: _pack(feedback_timeout_ms=300)),
    ("silence_in_time", "command_deadline_ms", lambda: _pack(command_deadline_ms=400)),
    ("bleeders", "bleed_mA", lambda: _pack(bleed_mA=200)),
    ("groups_each_second", "taps", lambda: _pack(EV, taps=(1,) * 7)),
    ("products", "current_a_sensor.gain_ppm", lambda: _pack(EV, current_a_sensor=_sensor(EV.current_a_sensor, gain_ppm=60000))),
    ("products", "cell.r1_uohm", lambda: _pack(cell=_cell(r1_uohm=_with(CELL.r1_uohm, 0, 4000)))),
)


@pytest.mark.parametrize("pack", names()[0])
def test_every_pack_that_is_shipped_is_sound(pack: str) -> None:
    assert errors(check_pack(load_pack(pack))) == []


@pytest.mark.parametrize("cell", names()[1])
def test_every_cell_that_is_shipped_is_sound(cell: str) -> None:
    assert errors(check_cell(load_cell(cell))) == []


@pytest.mark.parametrize(("rule", "field", "make"), BROKEN_CELLS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_cell_with_one_thing_wrong_is_refused_by_the_name_of_the_field(
    rule: str, field: str, make: Callable[[], Cell]
) -> None:
    assert _blamed(check_cell(make()), rule, field)


@pytest.mark.parametrize(("rule", "field", "make"), BROKEN_PACKS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_pack_with_one_thing_wrong_is_refused_by_the_name_of_the_field(
    rule: str, field: str, make: Callable[[], Pack]
) -> None:
    assert _blamed(check_pack(make()), rule, field)


def _blamed(found: list[Finding], rule: str, field: str) -> bool:
    hits = [one for one in found if (one.severity, one.rule, one.field) == (ERROR, rule, field)]
    assert hits, [(one.rule, one.line()) for one in errors(found)]
    return all("\n" not in one.line() and one.reason for one in hits)


def test_every_rule_is_proven_to_fire() -> None:
    rules = {rule.__name__ for rule in (lint_cell.shape, lint_cell.ranges, *lint_cell.RULES)}
    assert rules == {rule for rule, _, _ in BROKEN_CELLS}
    rules = {rule.__name__ for rule in (lint_pack.shape, lint_pack.ranges, *lint_pack.RULES, lint_products)}
    assert rules == {rule for rule, _, _ in BROKEN_PACKS}


@pytest.mark.parametrize(("field", "low", "high", "reason"), lint_cell.RANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_every_number_of_a_cell_is_refused_outside_its_range(field: str, low: int, high: int, reason: str) -> None:
    for beyond in (low - 1, high + 1):
        value = getattr(CELL, field)
        wrong = _with(value, 1, beyond) if isinstance(value, tuple) else beyond
        name = f"{field}[1]" if isinstance(value, tuple) else field
        assert (name, reason) in {(f.field, f.reason) for f in errors(check_cell(_cell(**{field: wrong})))}


@pytest.mark.parametrize(("field", "low", "high", "reason"), RANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_every_number_of_a_pack_is_refused_outside_its_range(field: str, low: int, high: int, reason: str) -> None:
    for beyond in (low - 1, high + 1):
        value = getattr(PACK, field)
        wrong = _with(value, 1, beyond) if isinstance(value, tuple) else beyond
        name = f"{field}[1]" if isinstance(value, tuple) else field
        assert (name, reason) in {(f.field, f.reason) for f in errors(check_pack(_pack(**{field: wrong})))}


@pytest.mark.parametrize(("field", "low", "high", "reason"), SENSOR_RANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_every_number_of_a_sensor_is_refused_outside_its_range(field: str, low: int, high: int, reason: str) -> None:
    for beyond in (low - 1, high + 1):
        assert ("group_sensor." + field, reason) in {(f.field, f.reason) for f in errors(check_pack(_group(**{field: beyond})))}


@pytest.mark.parametrize(
    ("field", "low", "high", "reason"), lint_inverter.RANGES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_number_of_an_inverter_is_refused_outside_its_range(field: str, low: int, high: int, reason: str) -> None:
    for beyond in (low - 1, high + 1):
        found = errors(check_pack(_inverter(**{field: beyond})))
        assert ("inverter." + field, reason) in {(f.field, f.reason) for f in found}


@pytest.mark.parametrize(("field", "low", "high", "reason"), lint_guards.RANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_every_number_of_the_guards_is_refused_outside_its_range(field: str, low: int, high: int, reason: str) -> None:
    for beyond in (low - 1, high + 1):
        value = getattr(PACK.guards, field)
        wrong = _with(value, 1, beyond) if isinstance(value, tuple) else beyond
        name = f"guards.{field}[1]" if isinstance(value, tuple) else f"guards.{field}"
        assert (name, reason) in {(f.field, f.reason) for f in errors(check_pack(_guards(**{field: wrong})))}


def test_guards_at_the_edge_of_what_contactors_and_coils_allow_are_sound() -> None:
    done_mV, low_mV = PACK.precharge_done_mV, PACK.guards.supply_low_mV[0]
    edge = _guards(link_apart_mV=done_mV, pull_in_ms=2 * PACK.contactor_delay_ms, supply_high_mV=low_mV + 1)
    assert errors(check_pack(edge)) == []


def test_guards_of_temperature_that_good_probes_of_a_good_stack_just_keep_are_sound() -> None:
    assert errors(check_pack(_guards(gradient_ddegC=(30, 56, 84), rise_ddegC=(6, 6, 12)))) == []


def test_sensors_and_deadlines_that_just_keep_every_budget_are_sound() -> None:
    slow: dict[str, int] = {"deadline_ms": 249}
    just = _pack(
        group_sensor=_sensor(PACK.group_sensor, **slow),
        stack_sensor=_sensor(PACK.stack_sensor, period_ms=20, **slow),
        pack_sensor=_sensor(PACK.pack_sensor, period_ms=20, **slow),
        probe_sensor=_sensor(PACK.probe_sensor, period_ms=120, deadline_ms=199),
        feedback_timeout_ms=299,
        command_deadline_ms=399,
    )
    assert errors(check_pack(just)) == []
    assert errors(check_pack(_pair(deadline_ms=259))) != [], "sensor B is waited for by the same deadline, and longer"
    assert errors(check_pack(_pair(deadline_ms=249))) == []


def test_one_line_is_enough_for_a_time_that_keeps_several_rows_too_long() -> None:
    slow = _sensor(PACK.pack_sensor, period_ms=30, deadline_ms=250)
    found = errors(check_pack(_pack(pack_sensor=slow)))
    assert [one.field for one in found] == ["pack_sensor.period_ms", "pack_sensor.deadline_ms"]
    assert "pack_voltage_high would take 120 ms, its budget is 100 ms" in found[0].reason


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row.id))
@pytest.mark.parametrize("period_ms", [10, 30, 100])
def test_a_row_takes_as_long_as_counting_its_samples_says(row: Row, period_ms: int) -> None:
    ms, samples = 0, 1
    while samples < row.samples or ms < row.after_ms:
        ms += period_ms
        samples += 1
    assert reacts_ms(row, period_ms) == ms


def test_parts_of_a_pulse_are_those_that_the_firmware_counts() -> None:
    assert lint_cell.PULSE_PARTS == overload._PART


def test_a_pack_with_an_inverter_that_it_suits_is_sound() -> None:
    assert errors(check_pack(_inverter())) == []
    assert errors(check_pack(_inverter(protocol="pylontech", manufacturer="PYLON"))) == []
    assert errors(check_pack(_beside_elcon(protocol="victron"))) == []
    small = _pack(taps=(3, 4, 3, 4))
    assert errors(check_pack(_inverter(small, protocol="sma", charge_voltage_mV=58000, discharge_voltage_mV=42000))) == []


def test_names_and_bit_rates_of_protocols_are_those_of_the_dbc_files(root: Path) -> None:
    files = {name: (root / "dbc" / f"{name}.dbc").read_text() for name in lint_inverter.BITRATES_kbit_s}
    for name, rates in lint_inverter.BITRATES_kbit_s.items():
        said = re.findall(r'^CM_ ".*?((?:\d+ or )?\d+) kbit/s', files[name], re.MULTILINE)
        assert [sorted(map(int, found.split(" or "))) for found in said] == [sorted(rates)], name
    assert f"inverters look for {lint_inverter.PYLONTECH_NAME}." in files["pylontech"]


def test_sixty_groups_are_what_the_wire_shows_in_a_second(root: Path) -> None:
    message: Any = cantools.database.load_file(root / "dbc" / "bms.dbc").get_message_by_name("BMS_GROUPS")  # type: ignore[union-attr]
    shown = sum("voltage" in signal.name for signal in message.signals)
    assert 1000 // message.cycle_time * shown == lint_inverter.GROUPS_MAX


def test_every_field_of_a_record_is_looked_at() -> None:
    assert set(lint_inverter.SHAPES) == set(INVERTER_FIELDS)
    assert set(lint_cell.SHAPES) == set(CELL_FIELDS)
    assert set(lint_pack.SHAPES) == set(PACK_FIELDS)
    assert set(lint_pack.SENSOR_SHAPES) == set(SENSOR_FIELDS)
    assert {row[0] for row in lint_guards.RANGES} == set(lint_guards.SHAPES) == set(GUARDS_FIELDS)
    ranged = {row[0] for row in lint_cell.RANGES}
    kelvin = {field for field in CELL_FIELDS if field.startswith("t_") and field != "t_ref_ddegC"}
    elsewhere = {"name", "source", "chemistry", "charge_maps", "map_ddegC", "map_soc_permille", "discharge_ddegC"}
    elsewhere |= {"filter", "profiles"}
    assert {row[0] for row in lint_noise.RANGES} == set(lint_noise.SHAPES) == set(FILTER_FIELDS)
    assert set(CELL_FIELDS) - ranged == kelvin | elsewhere
    assert {field for field, shape in lint_pack.SHAPES.items() if shape == "int"} <= {row[0] for row in RANGES}


JUNK: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.binary(max_size=2), st.lists(st.integers(), max_size=3),
    st.integers(), st.tuples(), st.tuples(st.integers()), st.tuples(st.text(max_size=2), st.integers()),
)  # fmt: skip


@given(field=st.sampled_from(CELL_FIELDS), junk=JUNK)
def test_the_linter_never_falls_over_a_cell_however_wrong(field: str, junk: object) -> None:
    found = errors(check_cell(_cell(**{field: junk})))
    if not isinstance(junk, (int, str)) or isinstance(junk, bool):
        assert any(one.field.startswith(field) for one in found)


@given(field=st.sampled_from(PACK_FIELDS), junk=JUNK)
def test_the_linter_never_falls_over_a_pack_however_wrong(field: str, junk: object) -> None:
    found = errors(check_pack(_pack(**{field: junk})))
    fitted = (junk is not None or field not in ("current_b_sensor", "inverter")) and (junk != () or field != "priority")
    if (not isinstance(junk, (int, str)) or isinstance(junk, bool)) and fitted:
        assert any(one.field.startswith(field) for one in found)


@given(knot=st.integers(1, 20), value=st.integers(0, 5000))
def test_an_open_circuit_voltage_passes_only_when_both_branches_rise_inside_the_limits(knot: int, value: int) -> None:
    cell = _cell(ocv_mV=_with(CELL.ocv_mV, knot, value))
    rises = all(
        cell.ocv_mV[k] + s * cell.hyst_mV[k] < cell.ocv_mV[k + 1] + s * cell.hyst_mV[k + 1]
        for k in range(20)
        for s in (-1, 0, 1)
    )
    inside = cell.ocv_mV[20] + cell.hyst_mV[20] < cell.v_max_mV[0]
    assert (not errors(check_cell(cell))) == (rises and inside)


@given(
    low=st.integers(-600_000, 0),
    high=st.integers(0, 600_000),
    trip=st.integers(10_001, 30_000),
    charge=st.integers(7000, 12_000),
)
def test_a_current_sensor_passes_only_when_it_sees_what_trips(low: int, high: int, trip: int, charge: int) -> None:
    cell = _cell(discharge_trip_mC=trip, charge_max_mC=charge)
    pack = _pack(cell=cell, current_a_sensor=_sensor(PACK.current_a_sensor, low_m=low, high_m=high))
    sees = -low >= trip * 20 // 100 * 100 and high >= charge * 1200 // 1000 * 200 // 1000 * 100
    blamed = {one.field for one in errors(check_pack(pack))}
    assert (not blamed & {"current_a_sensor.low_m", "current_a_sensor.high_m"}) == sees


@given(tau=st.integers(1, 2000), timeout=st.integers(100, 5000))
def test_a_precharge_that_lasts_five_time_constants_beyond_its_timeout_is_refused(tau: int, timeout: int) -> None:
    pack = _pack(link_capacitance_uF=1000, precharge_mohm=tau * 1000, precharge_timeout_ms=timeout, precharge_too_fast_ms=0)
    refused = any(f.rule == "precharge" and "five time constants" in f.reason for f in check_pack(pack))
    assert refused == (5 * tau > timeout)


@pytest.mark.parametrize("pack", (PACK, EV), ids=("bench_24", "ev_240"))
@pytest.mark.parametrize("row", PRODUCTS, ids=lambda row: row.where)
def test_every_product_in_the_tick_fits_a_small_int(pack: Pack, row: Product) -> None:
    assert 0 <= row.size(Extremes(pack)) < 2**30


def test_every_module_that_multiplies_in_the_tick_has_its_products_in_the_table(root: Path) -> None:
    told = {re.split(r"[.,]", row.where)[0] for row in PRODUCTS}
    for path in sorted((root / "bms/safety").glob("*.py")) + sorted((root / "bms/control").glob("*.py")):
        tree = ast.parse(path.read_text())
        steps = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name != "__init__"]
        products = [
            node for step in steps for node in ast.walk(step) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
        ]
        if products and path.stem != "alive":  # its trail is a constant
            assert path.stem in told, f"{path.name} line {products[0].lineno}"


def test_what_the_wire_carries_is_what_the_dbc_files_say(root: Path) -> None:
    files = {name: cantools.database.load_file(root / "dbc" / f"{name}.dbc") for name in ("bms", "hil")}
    for field, signal, unit, _, most in WIRE:
        name, path = signal.split()
        message, leaf = path.split(".")
        said = files[name].get_message_by_name(message).get_signal_by_name(leaf)  # type: ignore[union-attr]
        assert said.maximum is not None
        raw = round((said.maximum - said.offset) / said.scale)
        assert raw == most, (field, signal, unit)


def test_the_tests_of_deadlines_know_the_periods_of_the_dbc(root: Path) -> None:
    wire = cantools.database.load_file(root / "dbc" / "bms.dbc")
    lowest = {row[0]: row[1] for row in RANGES}
    for field, message in (("command_deadline_ms", "VCU_COMMAND"), ("charger_deadline_ms", "CHG_STATUS")):
        period_ms = wire.get_message_by_name(message).cycle_time  # type: ignore[union-attr]
        assert lowest[field] == 2 * (period_ms or 0)


def _told(pack: Pack) -> str:
    return "\n".join(f"{one.rule}: {one.line()}" for one in notes(check_pack(pack)))


def test_a_lone_current_sensor_is_said_to_hide_its_own_error() -> None:
    assert "error of sensor A beyond 1 % and 0.1 A is not observable" in _told(_pack(current_b_sensor=None))
    assert "A and B may differ" in _told(PACK)


def test_a_charger_without_protection_is_said_to_hide_behind_a_forged_one() -> None:
    hides = "a forged one is believed and hides that the true one is silent"
    assert hides in _told(_pack(charger_protocol="elcon", charger_deadline_ms=2500))
    assert hides not in _told(PACK)


def test_groups_of_equal_size_are_said_to_hide_swapped_wires() -> None:
    assert "4 groups of 6: wires swapped" in _told(PACK)
    assert "swapped" not in _told(_pack(taps=(5, 6, 7, 4)))


def test_a_fully_tapped_pack_hides_no_layer() -> None:
    assert "layers_in_a_group" in _told(PACK)
    assert "layers_in_a_group" not in _told(_pack(taps=(1,) * 24))


def test_a_group_s_error_is_said_to_hide_in_the_tolerance_of_the_sum() -> None:
    groups_uV = 4 * error_u(PACK.group_sensor, 6 * 4200)
    hidden_mV = (groups_uV + error_u(PACK.stack_sensor, 24 * 4200)) / 1000
    assert f"an error of one group below {hidden_mV:.0f} mV" in _told(PACK)


def test_few_probes_and_few_groups_are_said_to_name_nobody() -> None:
    assert "two on 10 stacks, 0 to 9: which is wrong is not observable" in _told(EV)
    assert "one on stack 0: an error of it is not observable" in _told(_pack(probe_stack=(0,)))
    assert "probe_count" not in _told(PACK)
    assert "few_groups" in _told(_pack(taps=(12, 12), group_sensor=_sensor(PACK.group_sensor, high_m=60000)))
    assert "few_groups" not in _told(PACK)


def test_every_note_is_proven_to_be_told() -> None:
    lumped = _pack(
        taps=(24,),
        group_sensor=_sensor(PACK.group_sensor, high_m=110000),
        charger_protocol="elcon",
        charger_deadline_ms=2500,
        priority=(("insulation_low", 2),),
    )
    told = "\n".join(map(_told, (PACK, EV, lumped)))
    silent = [rule.__name__ for rule in (*PACK_NOTES, *CELL_NOTES) if rule.__name__ + ":" not in told]
    assert silent == []
    assert all(one.severity == NOTE for one in check_pack(PACK))


# Files.


def test_a_name_that_is_not_there_is_answered_with_what_is() -> None:
    with pytest.raises(BadInput, match=r"^bench_25: no such pack.*packs: aero_96, bench_24, bess_14, ev_240, robot_14$"):
        load_pack("bench_25")
    with pytest.raises(BadInput, match=r"^bench_24: no such cell.*cells: si_ceramic_20ah$"):
        load_cell("bench_24")


SOURCE = "from bms.packs.bench_24 import PACK as _of\nfrom bms.schema import PACK_FIELDS, Pack, replaced\n"


@pytest.mark.parametrize(
    ("text", "line"),
    (
        ("PACK = (\n", r"line 1: '\(' was never closed"),
        (SOURCE, r"PACK: missing: the variable that holds the record"),
        (SOURCE + "PACK = 5\n", r"PACK: missing"),
        (SOURCE + "PACK = replaced(Pack, PACK_FIELDS, _of, tabs=3)\n", r"line 3: TypeError: no field tabs"),
        (SOURCE + "PACK = Pack(name='x')\n", r"line 3: Pack: missing 'source'.*: a record has no defaults"),
        (SOURCE + "PACK = Pack(tabs=3)\n", r"line 3: Pack: unknown field 'tabs'"),
        (SOURCE + "PACK = replaced(Pack, PACK_FIELDS, _of, stacks=0)\n", r"stacks = 0: .*1 to 48"),
        (SOURCE + "PACK = replaced(Pack, PACK_FIELDS, _of, spread_r_permille=-5)\n", r"spread_r_permille = -5: a spread is"),
        ("import nowhere\n", r"line 1: ModuleNotFoundError: No module named 'nowhere'"),
        ("1 / 0\n", r"line 1: ZeroDivisionError: division by zero"),
    ),
)
def test_a_bad_file_gets_one_line_that_names_file_and_line_or_field(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(BadInput, match=line) as told:
        load_pack(str(path))
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)


def test_a_file_that_cannot_be_read_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        load_cell(str(tmp_path / "none.py"))


def test_a_pack_file_may_import_the_cell_beside_it(tmp_path: Path) -> None:
    for folder, capacity in (("a", 30000), ("b", 40000)):
        place = tmp_path / folder
        place.mkdir()
        scaled = f"scaled_cell(_of, 'my_cell', {capacity})"
        place.joinpath("my_cell.py").write_text(
            f"from bms.cells.si_ceramic_20ah import CELL as _of\nfrom bms.schema import scaled_cell\nCELL = {scaled}\n"
        )
        place.joinpath("my_pack.py").write_text(
            SOURCE + "from my_cell import CELL\nPACK = replaced(Pack, PACK_FIELDS, _of, cell=CELL)\n"
        )
        assert load_pack(str(place / "my_pack.py")).cell.capacity_mAh == capacity
        assert load_cell(str(place / "my_cell.py")).name == "my_cell"
        assert sorted(path.name for path in place.iterdir()) == ["my_cell.py", "my_pack.py"]


def test_a_pack_made_in_memory_passes_the_same_check() -> None:
    assert require_pack(PACK) is PACK
    with pytest.raises(BadInput, match="bench_24: charge_map = 'fast': si_ceramic_20ah has shipping, simulator"):
        require_pack(_pack(charge_map="fast"))


def test_check_says_what_is_right_and_wrong_and_ends_with_2_for_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(SOURCE + "PACK = replaced(Pack, PACK_FIELDS, _of, stacks=0)\n")
    assert check_command(["bench_24", "si_ceramic_20ah"]) == 0
    said = capsys.readouterr()
    assert "bench_24 (pack): nothing wrong" in said.out
    assert not said.err
    out = tmp_path / "out.json"
    assert check_command([str(bad), "nowhere", "ev_240"], str(out)) == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[0].startswith(f"{bad}: stacks = 0: ")
    assert any(line.startswith("nowhere: no such pack or cell") for line in said.err.splitlines())
    report = json.loads(out.read_text())
    assert [(one["kind"], one["passed"]) for one in report["checked"]] == [("pack", False), (None, False), ("pack", True)]
    assert report["checked"][0]["findings"][0]["field"] == "stacks"


def test_what_is_read_unchecked_is_still_a_record() -> None:
    record, where = read_any("si_ceramic_20ah")
    assert record == CELL
    assert where.endswith("si_ceramic_20ah.py")
