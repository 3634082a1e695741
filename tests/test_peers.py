"""What defects of other battery management systems would be here: each is a sentence that holds, or a test that exists.

hil/safetycase/peers.toml has one record a defect with the tests that exclude it; those that no other file has stand below.
Issues are those of foxBMS 2, Battery-Emulator, diyBMS, LibreSolar, VESC and others, as their trackers have them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can import frames as W
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import Pack
from hil.safetycase import peers
from tests.evidence import missing
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard
from tests.provoke import in_state, press_reset, zero
from tests.test_bound import PACKS as WORLDS
from tests.test_bound import Truth, world

ROOT = Path(__file__).resolve().parent.parent
PACKS = (bench_24.PACK, ev_240.PACK)
TICK_ms = 10
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def test_every_defect_has_a_property_and_tests_that_exist() -> None:
    defects = peers.load()
    assert len(defects) >= 18
    assert all(defect.peer and defect.what and defect.property and defect.tests for defect in defects)
    assert missing(test for defect in defects for test in defect.tests) == []


# foxBMS 2 #83, #84, #68: the machine hangs, the count of closed strings grows


def jammed(pack: Pack, state: int) -> tuple[App, FakeBoard, int]:
    """The firmware on its way into a state whose end does not come by itself, and how long it may stay."""
    board = FakeBoard(pack)
    if state == M.SELF_TEST:
        board.current_silent = 1
        return App(pack, board), board, 3000
    if state == M.PRECHARGE:
        board.link_dead = 1
        app = App(pack, board)
        for _ in range(60):
            app.tick()
        board.request = DRIVE
        return app, board, 2 * pack.precharge_timeout_ms
    app, board = in_state(pack, M.DRIVE)
    board.load_mA = -pack.cell.capacity_mAh
    board.interlock_closed = 0
    return app, board, pack.open_timeout_ms


@each_pack
@pytest.mark.parametrize("state", range(len(M.STATES)), ids=lambda state: M.STATES[state][0])
def test_no_state_but_those_of_rest_and_use_outlasts_its_time(state: int, pack: Pack) -> None:
    """foxBMS 2 #83, #84: states that wait for what does not come."""
    if state in (M.STANDBY, M.DRIVE, M.CHARGE, M.FAULT, M.SERVICE):
        pytest.skip("stays as long as it is wanted")
    app, _, longest_ms = jammed(pack, state)
    stayed_ms = 0
    seen = False
    for _ in range(1000):
        app.tick()
        seen = seen or app.machine.state == state
        stayed_ms = stayed_ms + TICK_ms if app.machine.state == state else 0
        assert stayed_ms <= longest_ms + 3 * TICK_ms
    assert seen


@each_pack
def test_what_is_said_to_be_closed_is_what_is_closed_however_often(pack: Pack) -> None:
    """foxBMS 2 #68: the counter of closed strings grew with each cycle."""
    app, board = in_state(pack, M.DRIVE)
    said = W.BmsState()
    closings = 0
    for cycle in range(12):
        board.request = (OPEN, DRIVE, OPEN, CHARGE)[cycle % 4]
        for _ in range(300):
            before = board.contacts
            app.tick()
            assert said.unpack(board.frames[W.BmsState.ID])
            if board.ticks * TICK_ms % W.BmsState.PERIOD_ms == 0:
                assert said.contactors_commanded in (board.coils, before) or app.machine.state == M.PRECHARGE
        assert said.contactors_feedback == board.contacts
        assert said.contactors_commanded == board.coils
        closings += board.contacts == S.NEGATIVE | S.POSITIVE
    assert closings == 6


# foxBMS 2: `impact == A || B` is always true; a constant named 2000 ms was 1000


def constant_conditions(tree: ast.Module) -> Iterator[int]:
    """Lines with an `or` or `and` that has a bare constant or CONSTANT beside a comparison."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and any(isinstance(value, ast.Compare) for value in node.values):
            for value in node.values:
                named = isinstance(value, ast.Name) and re.fullmatch(r"_?[A-Z][A-Z0-9_]*(?:_[a-zA-Z]+)?", value.id)
                if named or isinstance(value, ast.Constant):
                    yield node.lineno


INDICES = ("_HORIZON_2s", "_HORIZON_10s", "_HORIZON_30s")
"""Of a table of horizons, not times."""


def misnamed(tree: ast.Module) -> Iterator[str]:
    """Constants with a number and a unit in the name which are another number."""
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
        found = re.search(r"(?:^|_)(\d+)_?(?:ms|s|mV|V|mA|dA|A|permille|ddegC)$", node.targets[0].id)
        if found and isinstance(value, ast.Constant) and value.value != int(found[1]):
            yield node.targets[0].id


def firmware() -> list[tuple[Path, ast.Module]]:
    """The sources that run on the target, generated ones left out."""
    paths = [path for room in ("bms", "boards") for path in (ROOT / room).rglob("*.py") if not path.name.endswith("frames.py")]
    assert len(paths) > 40
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def test_no_condition_of_the_firmware_has_a_constant_beside_its_or() -> None:
    """foxBMS 2: a severity that was compared with A || B was always severe."""
    assert [(str(path), line) for path, tree in firmware() for line in constant_conditions(tree)] == []
    assert list(constant_conditions(ast.parse("if impact == A or B:\n    pass"))) == [1]
    assert list(constant_conditions(ast.parse("if impact == A or impact == B or closed:\n    pass"))) == []


def test_a_constant_that_has_a_number_in_its_name_has_that_value() -> None:
    """foxBMS 2: DIAG_DELAY_2000ms was 1000."""
    assert [name for _, tree in firmware() for name in misnamed(tree) if name not in INDICES] == []
    assert list(misnamed(ast.parse("DELAY_2000ms = const(1000)"))) == ["DELAY_2000ms"]
    assert list(misnamed(ast.parse("DELAY_2000ms = const(2000)\nLIMIT_ms = const(30)"))) == []


# foxBMS 2: the loss of cell data is a warning only


def test_no_needed_input_is_lost_with_a_warning_only() -> None:
    """foxBMS 2 only warned when cell voltages stayed away. Here sensor B alone may: A stands, and both limits halve."""
    ages = [row for row in F.TABLE if row.name.endswith("_stale") and row.goal == "SG-5"]
    assert {row.name for row in ages} >= {"group_voltage_stale", "current_stale", "temperature_stale", "inputs_stale"}
    weak = {row.name: row.severity for row in ages if row.severity < F.TRIP_AFTER_RAMP}
    assert weak == {"current_b_stale": F.DERATE}
    assert all(row.budget_ms <= 300 for row in ages)


# Battery-Emulator #581: precharge engages again after a fault

CAUSES: dict[str, tuple[str, int]] = {
    # name: knob of the board that breaks, and its value
    "interlock": ("interlock_closed", 0),
    "crash": ("crash_seen", 1),
    "current": ("current_silent", 1),
    "pack voltage": ("pack_silent", 1),
    "inputs": ("inputs_silent", 1),
    "commands": ("command_silent", 1),
    "feedback": ("feedback_stuck_off", S.POSITIVE),
}


@each_pack
@pytest.mark.parametrize("cause", CAUSES)
def test_after_a_fault_the_wish_to_drive_energises_no_coil_not_even_precharge(cause: str, pack: Pack) -> None:
    """Battery-Emulator #581: its precharge began again by itself."""
    app, board = in_state(pack, M.DRIVE)
    knob, broken = CAUSES[cause]
    sound = getattr(board, knob)
    setattr(board, knob, broken)
    for _ in range(200):
        app.tick()
    assert app.machine.state == M.FAULT
    setattr(board, knob, sound)
    for k in range(600):
        board.request = DRIVE if k % 100 > 30 else OPEN
        app.tick()
        assert board.coils == 0
        assert zero(board)
    press_reset(app, board)
    board.request = DRIVE
    closed = False
    for _ in range(300):
        app.tick()
        closed = closed or app.machine.state == M.DRIVE
    assert closed, "after a reset that finds no cause it drives again"


# diyBMS #271: the state of charge is lost in a reboot


@settings(max_examples=40)
@given(
    draw=world(["bench_24", "lone"], t=st.integers(0, 500)),
    c_rates=st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0]), min_size=1, max_size=3),
    cut=st.integers(1, 120),
    stored=st.sampled_from(["said", "nothing", "wrong"]),
)
def test_after_a_power_cut_at_any_tick_the_true_charge_is_inside_the_interval(
    draw: dict[str, Any], c_rates: list[float], cut: int, stored: str
) -> None:
    """diyBMS #271: it began anew at a value that nobody knew."""
    pack = WORLDS[draw["pack"]]
    board = Truth(pack, draw)
    app = App(pack, board)
    for k in range(cut):
        board.flow(c_rates[k * len(c_rates) // cut] * pack.cell.capacity_mAh if k > 12 else 0.0)
        app.tick()
    said = {"said": app.coulomb.soc_permille, "nothing": -1, "wrong": 1000 - app.coulomb.soc_permille}[stored]
    reborn = Truth(pack, {**draw, "stored": said})
    reborn.layers = board.layers
    reborn.rested_before = False
    app = App(pack, reborn)
    for _ in range(60):
        reborn.flow(0.0)
        app.tick()
        soc = float(reborn.layers.soc.mean()) * 1000
        assert app.coulomb.low_permille <= soc <= app.coulomb.high_permille
    assert app.coulomb.low_permille <= app.coulomb.soc_permille <= app.coulomb.high_permille


# LibreSolar #67: charge or discharge begins before voltages have been read

VOLTAGES = ("group_silent", "stack_silent", "pack_silent", "link_silent", "probe_silent", "current_silent")


@each_pack
@pytest.mark.parametrize("wish", [DRIVE, CHARGE])
@pytest.mark.parametrize("knob", VOLTAGES)
def test_nothing_closes_while_one_voltage_is_missing(knob: str, wish: int, pack: Pack) -> None:
    """LibreSolar #67: it charged and discharged on voltages that were never measured."""
    board = FakeBoard(pack)
    value = getattr(board, knob)
    if isinstance(value, int):
        setattr(board, knob, 1)
    else:
        value[-1] = 1
    app = App(pack, board)
    for k in range(600):
        board.request = wish if k > 30 else OPEN
        app.tick()
        assert board.coils == 0
        assert zero(board)


# LibreSolar: flags that are set and never read


COUNTERS = ["ahead_V", "alike", "conflicts", "estimator_failures"]
"""Told to nobody on the wire: they are kept for the tests and for whoever stops the firmware."""


def state_variables(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Attributes of self that a module writes, and all that it reads."""
    written, read = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Load):
                read.add(node.attr)
            elif isinstance(node.value, ast.Name) and node.value.id == "self":
                written.add(node.attr)
    return written, read


def test_every_variable_of_the_firmwares_state_is_written_and_read() -> None:
    """LibreSolar sets flags of full and empty that nobody reads."""
    written: set[str] = set()
    read: set[str] = set()
    for path in (*(ROOT / "bms").rglob("*.py"), *(ROOT / "boards").rglob("*.py"), *(ROOT / "hil").rglob("*.py")):
        wrote, looked = state_variables(ast.parse(path.read_text(encoding="utf-8")))
        read |= looked
        if path.is_relative_to(ROOT / "bms") and not path.name.endswith("frames.py"):
            written |= wrote
    assert len(written) > 200
    assert sorted(written - read) == COUNTERS
    assert state_variables(ast.parse("self.full = True\nself.empty = self.low")) == ({"full", "empty"}, {"low"})


# diyBMSv4Code #115, LibreSolar 15s80 #4, #6: samples taken while a neighbour balances


def test_a_board_has_one_output_that_disturbs_a_tap_and_one_place_drives_it() -> None:
    """diyBMSv4Code #115: the neighbour's bleeder pulled the tap. Whoever adds an output to a board answers for this here;
    what becomes of samples meanwhile is test_balance's."""
    tree = ast.parse((ROOT / "bms/board.py").read_text(encoding="utf-8"))
    (board,) = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "Board")
    methods = {node.name for node in board.body if isinstance(node, ast.FunctionDef)}
    outputs = {"contactors", "thermal", "bleed", "can_send", "can_restart", "alive", "finish"}
    asked = {"wait", "sample", "can_state", "reset_cause", "stored_soc_permille", "rested"}
    assert methods == outputs | asked
    drivers = {path.name for path in (ROOT / "bms").rglob("*.py") if "board.bleed(" in path.read_text(encoding="utf-8")}
    assert drivers == {"rounds.py", "app.py"}, "app's takes all off where the lane has failed"


# diyBMS #173: an inverted permit


@each_pack
def test_where_nobody_has_said_anything_nothing_is_permitted(pack: Pack) -> None:
    """diyBMS #173: charge was permitted exactly when it should not have been."""
    limits, command = W.BmsLimits(), W.VcuCommand()
    assert (limits.charge_limit_dA, limits.discharge_limit_dA) == (0, 0)
    assert command.request == OPEN
    board = FakeBoard(pack)
    board.command_silent = 1
    app = App(pack, board)
    assert (app.envelope.charge_dA, app.envelope.discharge_dA) == (0, 0)
    for _ in range(300):
        app.tick()
        assert board.coils == 0
        assert zero(board)


@each_pack
@pytest.mark.parametrize("state", [M.DRIVE, M.CHARGE])
@pytest.mark.parametrize("cause", ["interlock", "crash", "current", "pack voltage", "inputs", "commands"])
def test_each_condition_alone_takes_the_permit_away(cause: str, state: int, pack: Pack) -> None:
    """diyBMS #173: a permit is a conjunction."""
    app, board = in_state(pack, state)
    assert not zero(board)
    setattr(board, *CAUSES[cause])
    for _ in range(60):
        app.tick()
    assert zero(board)
