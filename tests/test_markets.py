"""Four markets: what a pack is for decides what a fault weighs, and no layer pays for it; a day of each, cut short."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from bms.app import App
from bms.can import frames as W
from bms.control.envelope import FAULTS
from bms.packs import aero_96, ev_240, robot_14
from bms.safety import faults as F
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, layer_count, replaced
from hil import scenario
from hil.cli import pack_for
from hil.judge import result
from hil.lint import check_pack, errors, notes
from hil.lint.priority import REMAINS, UNEASED
from hil.load import load_pack
from hil.loop import Bench
from hil.packfiles import names
from hil.record import Recorder
from hil.safetycase import goals
from hil.target import make_target
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.provoke import Provoker, in_state, press_reset
from tests.test_rows import PROVOKERS

# At rest before waking, and with contactors for any current, as in test_rows.
AERO = replaced(Pack, PACK_FIELDS, aero_96.PACK, wake_memory_dA=0, contactor_break_dA=16_000)
ROWS = {row.name: row for row in F.TABLE}
EASED = [name for name, _ in AERO.priority]
NEVER = frozenset(
    (
        "layer_voltage_high", "stack_voltage_high", "pack_voltage_high", "layer_voltage_low", "layer_voltage_deep", "hot_stop",
        "charge_hot", "charge_cold", "discharge_hot", "discharge_cold", "gradient_high", "thermal_runaway", "layer_collapse",
        "sister_load", "charge_current_high", "discharge_current_high", "overload", "regen_pulse", "overfilled",
        "charge_over_limit", "charger_exceeds", "charger_lost", "current_range", "current_pair_mismatch", "crash",
        "interlock_open", "configuration_changed", "fuse_open", "coil_supply_lost", "contactor_welded", "force_high",
    )
)  # fmt: skip
"""Written down here once more, by hand: what no purpose may ever keep from opening."""
SECOND_ms = 1000


def limits_dA(board: FakeBoard) -> tuple[int, int]:
    """Charge and discharge, as the wire says."""
    frame = W.BmsLimits()
    assert frame.unpack(board.frames[W.BmsLimits.ID])
    return frame.charge_limit_dA, frame.discharge_limit_dA


def run_ms(app: App, board: FakeBoard, time_ms: int) -> None:
    """So long, with nothing turned."""
    for _ in range(time_ms // board.tick_ms):
        app.tick()
        assert not app.lane_failed, app.last_error


SENSOR_A = Provoker(
    M.DRIVE,
    lambda app, board, value: setattr(board, "current_a_silent", 1),
    lambda app, board: setattr(board, "current_a_silent", 0),
)
"""Elsewhere both current sensors fall silent at once."""


def provoker(name: str) -> Provoker:
    """How the world provokes a row in flight."""
    return SENSOR_A if name == "current_stale" else PROVOKERS[ROWS[name].signal]


def provoked(name: str) -> tuple[App, FakeBoard]:
    """The aircraft's firmware in flight, the fault of that name just told."""
    row = ROWS[name]
    how = provoker(name)
    app, board = in_state(AERO, M.DRIVE)
    value = F.limit_of(row, AERO) + how.push * row.sense
    for k in range((row.after_ms + 12_000) // board.tick_ms):
        if not k or not how.lasting:
            how.turn(app, board, value)
        app.tick()
        if app.monitor.is_active(row.id):
            return app, board
    raise AssertionError(name + " was not told")


@pytest.mark.parametrize("name", EASED)
def test_in_flight_a_fault_of_the_priority_warns_bars_charge_and_leaves_the_power(name: str) -> None:
    app, board = provoked(name)
    for _ in range(100):
        app.tick()
        assert (app.machine.state, app.monitor.severity) == (M.DRIVE, F.WARNING)
    charge_dA, discharge_dA = limits_dA(board)
    assert charge_dA == 0 and app.envelope.charge_reason == FAULTS
    assert discharge_dA > AERO.cell.capacity_mAh // 100 * 3, "3 C"
    assert app.monitor.is_active(app.monitor.first_cause), "a warning names it, or what it grew from"


@pytest.mark.parametrize("name", [name for name in EASED if ROWS[name].severity >= F.TRIP_AFTER_RAMP])
def test_on_the_ground_it_weighs_what_the_table_says_until_service_has_found_its_cause_gone(name: str) -> None:
    app, board = provoked(name)
    how = provoker(name)
    board.request = OPEN
    board.load_mA = 0
    run_ms(app, board, SECOND_ms)
    if name != "command_lost":
        assert app.machine.state == M.FAULT and board.coils == 0
        for wish in (DRIVE, 2):
            board.request = wish
            run_ms(app, board, SECOND_ms)
            assert board.coils == 0 and app.machine.state == M.FAULT
    how.heal(app, board)
    run_ms(app, board, 2 * SECOND_ms + ROWS[name].after_ms)
    press_reset(app, board)
    run_ms(app, board, 100)
    assert not app.monitor.is_active(ROWS[name].id)
    board.request = DRIVE
    run_ms(app, board, 3 * SECOND_ms)
    assert app.machine.state == M.DRIVE and limits_dA(board)[0] > 0


@pytest.mark.parametrize("name", [name for name in EASED if ROWS[name].severity >= F.TRIP_AFTER_RAMP])
def test_a_wish_to_charge_cannot_open_what_the_priority_keeps_closed(name: str) -> None:
    if name == "command_lost":
        pytest.skip("no wish comes")
    app, board = provoked(name)
    board.request = 2
    run_ms(app, board, SECOND_ms)
    assert app.machine.state == M.DRIVE and limits_dA(board)[0] == 0 < limits_dA(board)[1]


def two_groups(board: FakeBoard) -> None:
    board.group_silent[9] = board.group_silent[14] = 1


def group_and_its_stack(board: FakeBoard) -> None:
    board.group_silent[9] = board.stack_silent[1] = 1


def both_currents(board: FakeBoard) -> None:
    board.current_a_silent = board.current_b_silent = 1


def two_probes(board: FakeBoard) -> None:
    board.probe_silent[2] = board.probe_silent[3] = 1


@pytest.mark.parametrize("lost", [two_groups, group_and_its_stack, both_currents, two_probes])
def test_a_second_loss_opens_as_the_table_says(lost: Callable[[FakeBoard], None]) -> None:
    app, board = in_state(AERO, M.DRIVE)
    lost(board)
    run_ms(app, board, SECOND_ms)
    assert limits_dA(board) == (0, 0)
    run_ms(app, board, SECOND_ms)
    assert app.machine.state == M.FAULT and board.coils == 0


@pytest.mark.parametrize("later", [two_groups, group_and_its_stack, both_currents, two_probes])
def test_a_second_loss_that_comes_later_opens_within_half_a_second(later: Callable[[FakeBoard], None]) -> None:
    app, board = in_state(AERO, M.DRIVE)
    if later in (two_groups, group_and_its_stack):
        board.group_silent[9] = 1
    elif later is both_currents:
        board.current_a_silent = 1
    else:
        board.probe_silent[2] = 1
    run_ms(app, board, 2 * SECOND_ms)
    assert app.machine.state == M.DRIVE and app.monitor.severity == F.WARNING
    later(board)
    run_ms(app, board, 500)
    assert limits_dA(board) == (0, 0)


def test_a_stack_that_disagrees_with_its_groups_stands_in_for_none_of_them() -> None:
    """Else the sum would fit again, and what is wrong would lie in one group."""
    app, board = in_state(AERO, M.DRIVE)
    board.stack_error_mV[2] = 300
    run_ms(app, board, 2 * SECOND_ms)
    assert app.machine.state == M.DRIVE and app.monitor.severity == F.WARNING
    assert app.monitor.first_cause == ROWS["stack_sum_mismatch"].id
    board.group_silent[14] = 1
    run_ms(app, board, 500)
    assert limits_dA(board) == (0, 0)


@pytest.mark.parametrize("lost", ["group", "stack", "probe", "current"])
def test_what_stands_in_is_what_the_lost_sensor_would_have_said(lost: str) -> None:
    app, board = in_state(AERO, M.DRIVE)
    {"group": board.group_silent, "stack": board.stack_silent, "probe": board.probe_silent}.get(lost, bytearray(4))[1] = 1
    board.current_a_silent = int(lost == "current")
    run_ms(app, board, SECOND_ms)
    board.load_mA = -60_000
    board.group_mV[:] = [13_600 + g for g in range(24)]
    board.probe_ddegC[:] = [260] * 16
    run_ms(app, board, SECOND_ms)
    snap = app.snap
    assert list(snap.group_mV) == [13_600 + g for g in range(24)]
    assert list(snap.stack_mV) == [sum(range(13_600 + 6 * s, 13_606 + 6 * s)) for s in range(4)]
    assert list(snap.probe_ddegC) == [260] * 16
    assert snap.current_mA == -60_000


def test_a_layer_is_bounded_wider_while_its_group_is_derived_than_while_it_is_measured() -> None:
    app, board = in_state(AERO, M.DRIVE)
    measured_mV = app.bound.layer_high_mV - app.bound.layer_low_mV
    board.group_silent[9] = 1
    run_ms(app, board, SECOND_ms)
    sensors = (AERO.group_sensor, AERO.stack_sensor)
    group, stack = (float(one.offset_u + 4 * one.noise_u + one.lsb_u) for one in sensors)
    full_uV = 4 * AERO.cell.v_max_mV[2] * 1000
    group += full_uV * AERO.group_sensor.gain_ppm / 1e6
    stack += 6 * full_uV * AERO.stack_sensor.gain_ppm / 1e6
    errs_mV = (stack + 5 * group) / 1000 / 4  # of a layer of a group which is its stack less five others
    assert app.bound.layer_high_mV - app.bound.layer_low_mV >= measured_mV + 2 * errs_mV


def test_layers_still_open_the_contactors_while_something_stands_in() -> None:
    for knob in ("group_silent", "stack_silent", "probe_silent"):
        app, board = in_state(AERO, M.DRIVE)
        getattr(board, knob)[9 % len(getattr(board, knob))] = 1
        run_ms(app, board, SECOND_ms)
        assert app.machine.state == M.DRIVE
        board.group_mV[20] = 4 * (AERO.cell.v_min_mV[2] - 20)
        run_ms(app, board, 700)
        assert app.machine.state == M.FAULT and board.coils == 0, knob


def changed(**changes: Any) -> Pack:
    """The aircraft's pack with some fields changed."""
    return replaced(Pack, PACK_FIELDS, aero_96.PACK, **changes)


def blamed(pack: Pack) -> dict[str, str]:
    """Fields in error, and why."""
    return {finding.field: finding.reason for finding in errors(check_pack(pack))}


@pytest.mark.parametrize("name", [row.name for row in F.TABLE if row.name not in REMAINS])
def test_every_other_row_is_refused_by_name_with_the_reason_of_its_goal(name: str) -> None:
    found = blamed(changed(priority=((name, F.WARNING),)))
    assert set(found) == {"priority[0]"}
    assert UNEASED[ROWS[name].goal] in found["priority[0]"]


def test_what_no_purpose_may_keep_from_opening_is_among_the_refused() -> None:
    assert set(ROWS) >= NEVER
    assert not NEVER & set(REMAINS)


@pytest.mark.parametrize(("severity", "accepted"), [(0, False), (1, False), (2, True), (3, True), (4, False), (5, False)])
def test_a_fault_may_warn_or_derate_in_place_of_a_trip_and_is_always_told(severity: int, accepted: bool) -> None:
    assert (blamed(changed(priority=(("command_lost", severity),))) == {}) == accepted


def sensor(of: Sensor, **changes: int) -> Sensor:
    """A sensor with some fields changed."""
    return replaced(Sensor, SENSOR_FIELDS, of, **changes)


A = aero_96.PACK.current_a_sensor
LACKS = {
    "no sensor B": ("current_stale", {"current_b_sensor": None}),
    "a worse sensor B": ("current_stale", {"current_b_sensor": sensor(A, offset_u=A.offset_u + 1)}),
    "a slower sensor B": ("current_stale", {"current_b_sensor": sensor(A, latency_ms=A.latency_ms + 1)}),
    "a lone probe": ("temperature_stale", {"probe_stack": (0, 0, 1, 1, 2, 2, 3)}),
    "two groups": ("stack_voltage_stale", {"stacks": 1, "taps": (4, 4), "probe_stack": (0, 0)}),
    "stacks read later": ("group_voltage_stale", {"stack_sensor": sensor(aero_96.PACK.stack_sensor, latency_ms=5)}),
    "stacks read badly": ("group_crc", {"stack_sensor": sensor(aero_96.PACK.stack_sensor, offset_u=80_000)}),
}


@pytest.mark.parametrize(("name", "changes"), LACKS.values(), ids=LACKS)
def test_a_pack_without_what_must_remain_is_refused(name: str, changes: dict[str, Any]) -> None:
    assert "priority[0]" in blamed(changed(priority=((name, F.WARNING),), **changes))


@pytest.mark.parametrize("name", names()[0])
def test_the_requirements_and_hil_check_name_what_weighs_less_of_every_pack_that_ships(name: str) -> None:
    pack = load_pack(name)
    rows = [row for row, _ in pack.priority]
    assert list(goals.load().eased.get(name, ())) == rows
    told = [str(note.value) for note in notes(check_pack(pack)) if note.rule == "eased"]
    assert told == rows


def test_only_an_aircraft_keeps_its_power_with_a_fault_that_opens() -> None:
    assert [name for name in names()[0] if load_pack(name).priority] == ["aero_96"]


# Near their limits, with every layer at the end of the spread that is nearer to it, one thing lost and the load greedy.
LOSSES = (
    "group:9 silence", "group:9 open", "stack:1 silence", "probe:6 open", "current_a silence", "current_b silence",
    "inputs silence", "voltages silence", "frame:VCU_COMMAND silence",
)  # fmt: skip
NEAR = {
    "empty": (0.06, 0.12, -1.0, 5, "worst_low", -6),
    "full": (0.95, 0.90, 1.0, 25, "worst_high", 4),
}
"""True and remembered SoC, hysteresis, degC, spread, load in C."""
STORY = """
[scenario]
name = "near"
title = "one thing lost near a limit"
pack = "aero_96"
seed = {seed}
soc_true = {near[0]}
soc_stored = {near[1]}
hysteresis = {near[2]}
temperature_degC = {near[3]}
spread = "{near[4]}"
[[phase]]
name = "wake"
kind = "idle"
duration_s = 0.5
[[phase]]
name = "close"
kind = "rest"
duration_s = 1.5
[[phase]]
name = "pull"
kind = "drive"
duration_s = 3.5
c_rate = {near[5]}
[[phase]]
name = "turn"
kind = "drive"
duration_s = 1
c_rate = -3
[[fault]]
target = "{target}"
type = "{type}"
phase = "pull"
offset_s = 0.5
[[expect]]
kind = "no_violation"
name = "no hidden layer left its limits"
[[expect]]
kind = "disturbance_felt"
name = "something was lost"
[[expect]]
kind = "contactors_closed_at_end"
name = "contactors closed"
[[expect]]
kind = "soc_inside_interval"
name = "true SoC inside the published interval"
"""


@pytest.mark.parametrize("near", NEAR)
@pytest.mark.parametrize("loss", LOSSES)
def test_no_hidden_layer_leaves_its_limits_for_what_the_aircraft_keeps_closed(loss: str, near: str) -> None:
    target, kind = loss.split()
    text = STORY.format(target=target, type=kind, seed=1 + LOSSES.index(loss), near=NEAR[near])
    assert failures(scenario.parse(text, "near.toml")) == []


def failures(story: scenario.Scenario) -> list[str]:
    """Runs it in this interpreter. What was expected and is not so."""
    pack = pack_for(story, None)
    bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
    stored = None if story.soc_stored is None else round(story.soc_stored * 1000)
    with make_target("cpython", None, story.pack, story.map, stored) as target:
        told = result(bench.run(target, "cpython"))["expectations"]
    return [f"{one['name']}: {one['value']}" for one in told if not one["passed"]]


def cut(name: str, seconds: dict[str, int], *changes: tuple[str, str]) -> scenario.Scenario:
    """A shipped scenario with shorter phases, and with some text replaced."""
    text = (scenario.FOLDER / f"{name}.toml").read_text()
    for phase, lasts_s in seconds.items():
        text, count = re.subn(rf'(name = "{phase}".*\nkind = "\w+"\nduration_s = )[\d.]+', rf"\g<1>{lasts_s}", text)
        assert count == 1, phase
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return scenario.parse(text, f"{name}.toml")


LEG = (
    {"take_off": 4, "climb": 2, "cruise": 6, "descent": 3, "landing": 5, "shut_down": 3, "stand": 3, "charge": 6},
    ("duration_s = 62 ", "duration_s = 16.5 "), ("offset_s = 5\n", "offset_s = 3\n"),
    ("duration_s = 55", "duration_s = 14.5"), ("offset_s = 12\n", "offset_s = 5\n"),
    ("limit = 0.808", "limit = 0.105"), ("limit = 0.2425", "limit = 0.0475"), ("limit = 0.539", "limit = 0.134"),
    ("limit = 0.02\n", "limit = 0.005\n"), ("soc_true = 0.85", "soc_true = 0.6"), ("soc_stored = 0.86", "soc_stored = 0.61"),
)  # fmt: skip


def test_a_flight_keeps_its_power_when_two_readings_are_lost_and_is_charged_only_after_service() -> None:
    assert failures(cut("aero_leg", *LEG)) == []


def test_the_flight_fails_on_a_pack_without_priority(tmp_path: Any) -> None:
    source = (
        "from bms.packs.aero_96 import PACK as AERO\nfrom bms.schema import PACK_FIELDS, Pack, replaced\n"
        'PACK = replaced(Pack, PACK_FIELDS, AERO, name="tame_96", priority=())\n'
    )
    place = tmp_path / "tame_96.py"
    place.write_text(source)
    missed = failures(cut("aero_leg", *LEG, ('pack = "aero_96"', f'pack = "{place}"')))
    assert [line.split(":")[0] for line in missed if "Ah" in line or "warning" in line] == [
        "a warning names the group",
        "a warning names the current sensor",
        "the cruise went on",
        "the landing had 97 % of its 0.556 Ah",
    ]


def test_a_cold_and_full_robot_refuses_what_its_brakes_give_and_no_layer_is_filled() -> None:
    short = {"ramp_down": 5, "yard": 12, "haul": 8, "hall": 12, "brake_again": 2}
    assert failures(cut("robot_shift", short, ("limit = 0.012", "limit = 0"))) == []


def test_a_warm_robot_takes_what_its_brakes_give() -> None:
    short = {"ramp_down": 1, "yard": 6, "haul": 6, "hall": 12, "brake_again": 4}
    warm = (("soc_true = 0.94", "soc_true = 0.4"), ("soc_stored = 0.93", "soc_stored = 0.4"), ("degC = -10", "degC = 25"))
    refused = ("limit = 0.002\n", "limit = 1\n")
    assert failures(cut("robot_shift", short, *warm, refused, ("limit = 0.012", "limit = 0.015"))) == []


def test_a_car_drives_brakes_charges_and_drives_home() -> None:
    short = {"drive": 5, "brake": 2, "fast_charge": 12, "home": 3}
    changes = (
        ("limit = 0.7\n", "limit = 0.05\n"), ("limit = 0.15\n", "limit = 0.02\n"), ("degC = 30\n", "degC = 17\n"),
        ("limit = 2.5\n", "limit = 0.1\n"), ("limit = 1.055\n", "limit = 0.1\n"),
    )  # fmt: skip
    assert failures(cut("ev_day", short, *changes)) == []


def test_what_the_four_markets_choose_suits_them() -> None:
    assert robot_14.PACK.charge_rating_dA == robot_14.PACK.discharge_rating_dA, "it brakes as hard as it runs"
    assert robot_14.PACK.current_b_sensor is None
    assert aero_96.PACK.current_a_sensor == aero_96.PACK.current_b_sensor
    assert len(aero_96.PACK.probe_stack) == 16
    assert ev_240.PACK.profile == "thermally_modulated"
