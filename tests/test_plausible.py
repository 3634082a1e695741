"""From the sensor to the frame: what a sensor can provoke reaches the limits on the wire in its row's time, and not before.

The whole firmware runs on a board in memory. Every fault row that a sensor, an input or the clock can provoke is provoked
while driving or charging; rows that only advise must leave the current flowing.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from bms.app import App
from bms.can import frames as W
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

# At rest before waking: else the cold alone, over what the layers may remember, would be a fault of its own.
PACKS = tuple(replaced(Pack, PACK_FIELDS, pack, wake_memory_dA=0) for pack in (bench_24.PACK, ev_240.PACK))
ROWS = {row.id: row for row in F.TABLE}
TICK_ms = 10
Turn = Callable[[FakeBoard], None]


class Provoked(NamedTuple):
    """How a row is provoked: in which state, by which knobs, and which place it must name (255: nowhere)."""

    state: int
    turn: Turn
    where: int = 255


def each(**knobs: int) -> Turn:
    """Turns plain knobs."""

    def turn(board: FakeBoard) -> None:
        for knob, value in knobs.items():
            setattr(board, knob, value)

    return turn


def item(knob: str, k: int, value: int) -> Turn:
    """Turns one of several."""

    def turn(board: FakeBoard) -> None:
        getattr(board, knob)[k] = value

    return turn


def layer(mV: int, group: int = 2) -> Turn:
    """Puts the mean layer of one group at a voltage."""

    def turn(board: FakeBoard) -> None:
        board.group_mV[group] = mV * board.pack.taps[group % board.groups_per_stack]

    return turn


def bound_beyond(number: int) -> Callable[[App], None]:
    """Puts group 2 where the bound of its worst layer is some mV beyond the limit of a row."""
    row = ROWS[number]

    def turn(app: App) -> None:
        board = app.board
        assert isinstance(board, FakeBoard)
        n = board.pack.taps[2]
        extreme = max(board.group_mV) // n if row.sense > 0 else min(board.group_mV) // n
        apart = (app.bound.layer_high_mV if row.sense > 0 else app.bound.layer_low_mV) - extreme
        board.group_mV[2] = (F.limit_of(row, board.pack) - apart + 15 * row.sense) * n

    return turn


def warm(ddegC: int, c_permille: int) -> Turn:
    """One probe at a temperature while a current flows, in permille of 1 C."""

    def turn(board: FakeBoard) -> None:
        board.load_mA = board.pack.cell.capacity_mAh * c_permille // 1000
        board.probe_ddegC[1] = ddegC

    return turn


def current(c_permille: int) -> Turn:
    """A current, in permille of 1 C."""

    def turn(board: FakeBoard) -> None:
        board.load_mA = board.pack.cell.capacity_mAh * c_permille // 1000

    return turn


TRIPS = {
    1: Provoked(M.DRIVE, layer(4400), 2),
    4: Provoked(M.DRIVE, layer(2450), 2),
    10: Provoked(M.CHARGE, warm(810, 80), 1),
    12: Provoked(M.CHARGE, warm(-260, 80), 1),
    14: Provoked(M.DRIVE, warm(860, -80), 1),
    16: Provoked(M.DRIVE, warm(-360, -80), 1),
    18: Provoked(M.DRIVE, item("probe_ddegC", 1, 1010), 1),
    20: Provoked(M.CHARGE, current(8500)),
    21: Provoked(M.DRIVE, current(-13000)),
    30: Provoked(M.DRIVE, item("group_silent", 3, 1), 3),
    31: Provoked(M.DRIVE, item("stack_silent", 0, 1), 0),
    32: Provoked(M.DRIVE, item("probe_silent", 5, 1), 5),
    33: Provoked(M.DRIVE, each(current_silent=1)),
    34: Provoked(M.DRIVE, each(pack_silent=1)),
    35: Provoked(M.DRIVE, each(link_silent=1)),
    36: Provoked(M.DRIVE, each(inputs_silent=1)),
    40: Provoked(M.DRIVE, item("group_reason", 2, S.OUT_OF_RANGE), 2),
    41: Provoked(M.DRIVE, item("probe_ddegC", 4, -700), 4),
    42: Provoked(M.DRIVE, each(current_reason=S.OUT_OF_RANGE)),
    43: Provoked(M.DRIVE, item("stack_error_mV", 0, 300), 0),
    45: Provoked(M.DRIVE, each(b_error_mA=20000)),
    50: Provoked(M.DRIVE, each(feedback_stuck_off=S.POSITIVE), 2),
    60: Provoked(M.DRIVE, each(command_silent=1)),
    61: Provoked(M.CHARGE, each(charger_silent=1)),
    71: Provoked(M.DRIVE, each(interlock_closed=0)),
    72: Provoked(M.DRIVE, each(crash_seen=1)),
}
ADVICE = {
    11: Provoked(M.CHARGE, warm(680, 80), 1),
    13: Provoked(M.CHARGE, warm(-185, 80), 1),
    15: Provoked(M.DRIVE, warm(770, -80), 1),
    17: Provoked(M.DRIVE, warm(-285, -80), 1),
    44: Provoked(M.DRIVE, each(pack_error_mV=9000)),
    80: Provoked(M.DRIVE, each(tick_ms=40)),
}
BY_PROBES = (*range(N.HOT_CHARGE_ddegC, N.HOT_ddegC + 1), N.PROBE_BEYOND_ddegC)
BY_BOUND = (2, 3, 5, 6)
UNPROVOKED = {7, 37, 51, 52, 53, 62, 63, 64, 65, 66, 70, 81, 82}  # have tests of their own


def in_state(pack: Pack, state: int, stored_permille: int = -1) -> tuple[App, FakeBoard]:
    """The firmware after it has driven, or charged, for long enough that the limits have risen."""
    board = FakeBoard(pack, stored_permille)
    app = App(pack, board)
    for k in range(200):
        if k == 20:
            board.request = DRIVE if state == M.DRIVE else CHARGE
        app.tick()
    assert app.machine.state == state
    assert app.monitor.severity == 0
    assert not zero(board)
    return app, board


def limits(board: FakeBoard) -> tuple[int, int]:
    """Charge and discharge limit as they stand on the wire."""
    frame = W.BmsLimits()
    assert frame.unpack(board.frames[W.BmsLimits.ID])
    return frame.charge_limit_dA, frame.discharge_limit_dA


def zero(board: FakeBoard) -> bool:
    """No current is allowed, as the wire says."""
    return limits(board) == (0, 0)


def excess(app: App, row: F.Row) -> int:
    """How far the row's signal is beyond its limit now."""
    return int((app.signals.value[row.signal] - F.limit_of(row, app.pack)) * row.sense)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("number", sorted(TRIPS), ids=lambda n: f"{n}-{ROWS[n].name}")
def test_what_trips_has_zero_limits_on_the_wire_within_its_budget_and_not_before_its_debounce(number: int, pack: Pack) -> None:
    row = ROWS[number]
    state, turn, where = TRIPS[number]
    app, board = in_state(pack, state)
    turn(board)
    crossed_ms = -1
    for now_ms in range(0, 4000, TICK_ms):
        app.tick()
        if crossed_ms < 0 and excess(app, row) > 0:
            crossed_ms = now_ms
        if app.monitor.is_active(number):
            break
    assert crossed_ms >= 0, "the disturbance was felt"
    assert app.monitor.is_active(number)
    assert zero(board)
    assert now_ms - crossed_ms <= row.budget_ms
    assert now_ms - crossed_ms >= row.after_ms
    if row.samples > 1:
        assert now_ms - crossed_ms >= (row.samples - 1) * TICK_ms
    assert app.machine.state in (M.OPENING, M.FAULT)
    if row.severity == F.TRIP_NOW:
        assert board.coils == 0, "in the same tick"
    if app.monitor.first_cause == number:
        assert app.monitor.first_where == where
    for _ in range(pack.open_timeout_ms // TICK_ms + 1):
        app.tick()
        assert zero(board)
    assert board.coils == 0
    assert app.machine.state == M.FAULT
    assert not app.lane_failed


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("number", sorted(TRIPS), ids=lambda n: f"{n}-{ROWS[n].name}")
def test_a_disturbance_shorter_than_its_debounce_does_not_open(number: int, pack: Pack) -> None:
    """diyBMS #210, dbus-serialbattery #1046: one zero or one spike never trips. Rows without debounce count silence itself."""
    row = ROWS[number]
    if row.after_ms == 0 or number == 32:
        pytest.skip("counts what has already lasted, and the next sample comes too late")
    state, turn, _ = TRIPS[number]
    app, board = in_state(pack, state)
    calm = {knob: value[:] if isinstance(value, (list, bytearray)) else value for knob, value in vars(board).items()}
    turn(board)
    for _ in range(100):
        app.tick()
        if excess(app, row) > 0:
            break
    assert excess(app, row) > 0, "the disturbance was felt"
    period_ms = 100 if row.signal in BY_PROBES else TICK_ms
    for _ in range((min(row.after_ms // period_ms, row.samples - 1) - 1) * period_ms // TICK_ms):
        app.tick()
    for knob, value in calm.items():
        if not knob.startswith("_") and knob in KNOBS:
            setattr(board, knob, value)
    for _ in range(100):
        app.tick()
    assert app.machine.state == state
    assert not app.monitor.is_active(number)


KNOBS = {
    *("group_mV", "stack_error_mV", "pack_error_mV", "probe_ddegC", "load_mA", "b_error_mA", "group_silent", "group_reason"),
    *("stack_silent", "probe_silent", "current_silent", "current_reason", "pack_silent", "link_silent", "inputs_silent"),
    *("interlock_closed", "crash_seen", "command_silent", "charger_silent", "feedback_stuck_off"),
}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("number", sorted({*ADVICE, *BY_BOUND}), ids=lambda n: f"{n}-{ROWS[n].name}")
def test_what_only_warns_or_derates_is_told_in_time_and_opens_nothing(number: int, pack: Pack) -> None:
    row = ROWS[number]
    state, turn, where = ADVICE.get(number, Provoked(M.DRIVE, each(), 2))
    app, board = in_state(pack, state, 500)
    if number in ADVICE:
        turn(board)
    else:
        bound_beyond(number)(app)
    crossed_ms = -1
    for now_ms in range(0, 4000, TICK_ms):
        app.tick()
        if crossed_ms < 0 and excess(app, row) > 0:
            crossed_ms = now_ms
        if app.monitor.is_active(number):
            break
    assert app.monitor.is_active(number)
    assert now_ms - crossed_ms <= row.budget_ms
    assert now_ms - crossed_ms >= row.after_ms
    assert app.monitor.severity == row.severity
    assert app.machine.state == state
    if app.monitor.first_cause == number:
        assert app.monitor.first_where == where


def test_every_row_of_the_table_is_provoked_here_or_has_a_test_of_its_own() -> None:
    assert set(TRIPS) | set(ADVICE) | set(BY_BOUND) | UNPROVOKED == set(ROWS)
    assert not set(TRIPS) & set(ADVICE)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("number", [30, 31, 32, 33, 34, 35, 36])
def test_silence_from_the_first_tick_on_is_a_fault_as_well_and_nothing_ever_closes(number: int, pack: Pack) -> None:
    """foxBMS arms the watch of its current sensor only after the first frame."""
    board = FakeBoard(pack)
    TRIPS[number].turn(board)
    app = App(pack, board)
    board.request = OPEN
    for k in range(400):
        app.tick()
        board.request = DRIVE if k > 20 else OPEN
        assert board.coils == 0
        assert zero(board)
    assert app.machine.state == M.FAULT


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_self_test_is_given_three_seconds_and_not_less(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.current_silent = 1
    app = App(pack, board)
    ticks = 0
    while app.machine.state != M.FAULT and ticks < 400:
        app.tick()
        ticks += 1
    assert 2900 <= ticks * TICK_ms <= 3100
    assert app.monitor.first_cause == 70


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_reset_by_the_watchdog_is_told_and_does_not_keep_the_pack_from_driving(pack: Pack) -> None:
    board = FakeBoard(pack, cause=3)
    app = App(pack, board)
    for k in range(200):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    assert app.monitor.is_active(81)
    assert app.machine.state == M.DRIVE


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_layer_that_may_be_empty_for_good_opens_in_the_tick_that_finds_it(pack: Pack) -> None:
    app, board = in_state(pack, M.DRIVE)
    layer(1900)(board)
    for _ in range(6):
        app.tick()
    assert app.monitor.is_active(7)
    assert board.coils == 0
