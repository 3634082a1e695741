"""What is wrong before the first tick: told in time; a warning lets the pack drive, a trip keeps every contactor open.

Each world has a twin that differs in nothing but the cause, and that drives without a word.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.flash import Flash
from tests.provoke import TICK_ms, press_reset, zero

PACKS = (bench_24.PACK, ev_240.PACK)
ROWS = {row.name: row for row in F.TABLE}
POWER_ON, WANTED, HARD, WATCHDOG = 1, 0, 2, 3
CONTACT = 1
FIRST_WISH_tick = 20
DRIVING_ticks = 250


def memory(owner: Pack | None) -> Flash:
    """The storage of a controller that ran with this pack; without one, of something else."""
    flash = Flash(32768, 8192)
    if owner is None:
        flash.bytes[:] = bytes(k * 37 & 0xFF for k in range(len(flash.bytes)))
        return flash
    board = FakeBoard(owner)
    board.storage = flash
    app = App(owner, board)
    for _ in range(1000):
        app.tick()
    return flash.again()


def started(pack: Pack, cause: int = POWER_ON, **knobs: Any) -> tuple[App, FakeBoard]:
    """A controller that starts for a reason into a world."""
    board = FakeBoard(pack, cause=cause)
    for name, value in knobs.items():
        setattr(board, name, value)
    return App(pack, board), board


def drive(app: App, board: FakeBoard, ticks: int = DRIVING_ticks) -> int:
    """The vehicle asks for open and then for drive. Contactors that were ever driven."""
    coils = 0
    for k in range(ticks):
        board.request = DRIVE if k > FIRST_WISH_tick else OPEN
        app.tick()
        assert not app.lane_failed, app.last_error
        coils |= board.coils
    return coils


class Start(NamedTuple):
    """A row, how the controller starts with it and how without."""

    name: str
    bad: Callable[[Pack], tuple[App, FakeBoard]]
    twin: Callable[[Pack], tuple[App, FakeBoard]]


WARNINGS = [
    Start("watchdog_reset", lambda pack: started(pack, WATCHDOG), lambda pack: started(pack, WANTED)),
    Start("reset_unexpected", lambda pack: started(pack, HARD), lambda pack: started(pack, POWER_ON)),
    Start(
        "store_unreadable",
        lambda pack: started(pack, storage=memory(None)),
        lambda pack: started(pack, storage=memory(pack)),
    ),
]
TRIPS = [
    Start(
        "configuration_foreign",
        lambda pack: started(pack, storage=memory(replaced(Pack, PACK_FIELDS, pack, open_timeout_ms=400))),
        lambda pack: started(pack, storage=memory(pack)),
    ),
    Start("boot_feedback", lambda pack: started(pack, feedback_stuck_on=CONTACT), lambda pack: started(pack)),
]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("start", WARNINGS, ids=lambda start: start.name)
def test_a_start_that_is_only_worth_a_word_is_told_in_time_and_drives(start: Start, pack: Pack) -> None:
    row = ROWS[start.name]
    assert row.severity < F.DERATE
    app, board = start.bad(pack)
    ticks = 0
    while not app.monitor.is_active(row.id):
        app.tick()
        ticks += 1
        assert ticks * TICK_ms <= row.budget_ms
    assert app.monitor.severity == row.severity
    assert app.monitor.first_cause == row.id
    drive(app, board)
    assert app.machine.state == M.DRIVE
    assert not zero(board)
    assert app.monitor.is_active(row.id), "it stands until somebody has read it"


@pytest.mark.parametrize("start", TRIPS, ids=lambda start: start.name)
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_start_that_is_not_safe_is_told_in_time_and_closes_nothing_reset_or_not(start: Start, pack: Pack) -> None:
    row = ROWS[start.name]
    assert row.severity >= F.TRIP_AFTER_RAMP and row.latch
    app, board = start.bad(pack)
    ticks = 0
    while not app.monitor.is_active(row.id):
        app.tick()
        ticks += 1
        assert ticks * TICK_ms <= row.budget_ms
        assert board.coils == 0
    for _ in range(2):
        assert drive(app, board, 120) == 0
        assert app.machine.state == M.FAULT
        press_reset(app, board)
        assert app.monitor.is_active(row.id), "its cause has not gone"
        assert zero(board)


@pytest.mark.parametrize("start", WARNINGS + TRIPS, ids=lambda start: start.name)
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_twin_that_is_just_healthy_drives_without_a_word(start: Start, pack: Pack) -> None:
    app, board = start.twin(pack)
    drive(app, board)
    assert app.machine.state == M.DRIVE
    assert app.monitor.severity == 0
    assert not app.monitor.is_active(ROWS[start.name].id)


def test_a_read_watchdog_reset_is_a_word_that_a_reset_does_not_take_back_before_the_next_start() -> None:
    app, board = started(bench_24.PACK, WATCHDOG)
    drive(app, board, 60)
    press_reset(app, board)
    assert app.monitor.is_active(ROWS["watchdog_reset"].id)


def test_a_contact_that_opens_again_after_start_lets_the_pack_drive_once_it_is_reset() -> None:
    row = ROWS["boot_feedback"]
    app, board = started(bench_24.PACK, feedback_stuck_on=CONTACT)
    for _ in range(30):
        app.tick()
    assert app.monitor.is_active(row.id)
    board.feedback_stuck_on = 0
    assert drive(app, board, 100) == 0, "gone is not reset"
    press_reset(app, board)
    assert not app.monitor.is_active(row.id)
    drive(app, board)
    assert app.machine.state == M.DRIVE


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("silent", ["current_silent", "inputs_silent", "pack_silent", "link_silent"])
def test_a_controller_that_misses_a_measurement_for_three_seconds_says_so_and_tries_again_after_a_reset(
    pack: Pack, silent: str
) -> None:
    row = ROWS["self_test_failed"]
    app, board = started(pack, **{silent: 1})
    ticks = 0
    while not app.monitor.is_active(row.id):
        app.tick()
        ticks += 1
        assert board.coils == 0
        assert ticks * TICK_ms <= row.budget_ms
    assert ticks * TICK_ms >= 3000
    assert app.machine.state == M.FAULT and zero(board)
    setattr(board, silent, 0)
    assert drive(app, board, 60) == 0, "gone is not reset"
    press_reset(app, board)
    drive(app, board)
    assert app.machine.state == M.DRIVE


@pytest.mark.parametrize("silent", ["current_silent", "link_silent"])
def test_a_controller_whose_measurements_come_at_the_last_moment_passes_its_self_test(silent: str) -> None:
    app, board = started(bench_24.PACK, **{silent: 1})
    for _ in range(295):
        app.tick()
    setattr(board, silent, 0)
    drive(app, board)
    assert app.machine.state == M.DRIVE
    assert app.monitor.severity == 0
