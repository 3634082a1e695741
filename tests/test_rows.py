"""Every row of the fault table on the whole firmware: in time and not before, never for what is just inside, gone as declared.

The rows come from the table, the world from tests/provoke. A row that nobody can provoke fails here.
"""

import pytest

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.provoke import (
    Provoker,
    TICK_ms,
    bus,
    chain,
    charge,
    clock,
    contacts,
    current,
    heat,
    in_state,
    layers,
    press_reset,
    senses,
    strings,
    surroundings,
    zero,
)

TOPICS = (layers, strings, heat, current, senses, chain, contacts, charge, bus, clock, surroundings)
PROVOKERS: dict[int, Provoker] = {signal: how for topic in TOPICS for signal, how in topic.PROVOKERS.items()}
OWN_TESTS: dict[str, str] = {name: where for topic in TOPICS for name, where in topic.OWN_TESTS.items()}
"""Rows that the board in memory cannot provoke in a running state: the test that does."""

# At rest before waking: else the cold alone, over what the layers may remember, would be a fault of its own. With contactors
# for any current: else a trip at full current wears them, and they are not closed again.
PACKS = tuple(
    replaced(Pack, PACK_FIELDS, pack, wake_memory_dA=0, contactor_break_dA=16_000) for pack in (bench_24.PACK, ev_240.PACK)
)
ROWS = [row for row in F.TABLE if row.name not in OWN_TESTS]
PERIOD_ms = {S.PROBES: 100, S.ROUND: 100}
CROSSING_ms = 12_000  # what grows by itself has this long to come to its limit
SLACK_ms = 300


def excess(app: App, row: F.Row) -> int:
    """How far the row's signal is beyond its limit now."""
    return int((app.signals.value[row.signal] - F.limit_of(row, app.pack)) * row.sense)


class Shown:
    """A world in which one row is provoked `push` units beyond its limit (negative: inside it)."""

    def __init__(self, row: F.Row, pack: Pack, push: int) -> None:
        self.row, self.how = row, PROVOKERS[row.signal]
        self.app, self.board = in_state(pack, self.how.state)
        self.value = F.limit_of(row, pack) + push * row.sense
        self.now_ms = 0
        self.how.turn(self.app, self.board, self.value)

    def tick(self) -> bool:
        """One tick. Whether the fault stands."""
        if not self.how.lasting and self.now_ms:
            self.how.turn(self.app, self.board, self.value)
        self.app.tick()
        self.now_ms += self.board.tick_ms
        assert not self.app.lane_failed, self.app.last_error
        return self.app.monitor.is_active(self.row.id)

    def until_crossed(self) -> int:
        """Ticks until the signal is beyond the limit, and when that was."""
        while self.now_ms < CROSSING_ms + self.row.after_ms:
            self.tick()
            if excess(self.app, self.row) > 0:
                return self.now_ms
        raise AssertionError(f"{self.row.name} was not felt: {excess(self.app, self.row)}")

    def heal(self) -> None:
        """What was turned is as it was."""
        self.how.heal(self.app, self.board)


def least_ms(row: F.Row) -> int:
    """The debounce: no fault is earlier after its crossing."""
    return max(int(row.after_ms), (int(row.samples) - 1) * PERIOD_ms.get(row.channel, TICK_ms))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.name}")
def test_a_lasting_excess_is_a_fault_on_the_wire_within_its_budget_and_not_before_its_debounce(row: F.Row, pack: Pack) -> None:
    world = Shown(row, pack, PROVOKERS[row.signal].push)
    crossed_ms = world.until_crossed()
    app, board = world.app, world.board
    active = app.monitor.is_active(row.id)
    while not active and world.now_ms - crossed_ms <= row.budget_ms + 2 * TICK_ms:
        active = world.tick()
    assert active, excess(app, row)
    assert least_ms(row) <= world.now_ms - crossed_ms <= row.budget_ms
    if row.severity >= F.TRIP_AFTER_RAMP:
        assert zero(board)
        assert app.machine.state in (M.OPENING, M.FAULT)
    if row.severity == F.TRIP_NOW:
        assert board.coils == 0, "in the same tick"
    if app.monitor.first_cause == row.id:
        assert app.monitor.first_where == world.how.where
    if row.severity >= F.TRIP_AFTER_RAMP:
        for _ in range(pack.open_timeout_ms // TICK_ms + 2):
            world.tick()
            assert zero(board)
        assert board.coils == 0
        assert app.machine.state == M.FAULT


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.name}")
def test_what_is_just_inside_its_limit_is_never_a_fault(row: F.Row) -> None:
    world = Shown(row, PACKS[0], -PROVOKERS[row.signal].inside)
    nearest = -(10**9)
    for _ in range((least_ms(row) + SLACK_ms) // TICK_ms):
        assert not world.tick()
        nearest = max(nearest, excess(world.app, row))
    assert nearest <= 0 or not world.how.lasting, "what is turned in every tick may be late by one"


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.samples > 1 and PROVOKERS.get(row.signal) and PROVOKERS[row.signal].spike],
    ids=lambda row: f"{row.id}-{row.name}",
)
def test_a_single_sample_never_is_a_fault(row: F.Row) -> None:
    """diyBMS #210, dbus-serialbattery #1046: one zero or one spike."""
    world = Shown(row, PACKS[0], PROVOKERS[row.signal].push)
    world.until_crossed()
    world.heal()
    for _ in range((least_ms(row) + SLACK_ms) // TICK_ms):
        assert not world.app.monitor.is_active(row.id)
        world.app.tick()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.name}")
def test_a_fault_whose_cause_has_gone_leaves_by_itself_or_waits_for_a_reset_as_declared(row: F.Row) -> None:
    world = Shown(row, PACKS[0], PROVOKERS[row.signal].push)
    world.until_crossed()
    while not world.app.monitor.is_active(row.id):
        assert world.now_ms < CROSSING_ms + row.after_ms + row.budget_ms
        world.tick()
    app, board = world.app, world.board
    world.heal()
    gone_ms = 0
    while gone_ms <= row.after_ms + row.samples * PERIOD_ms.get(row.channel, TICK_ms) + TICK_ms:
        app.tick()
        world.now_ms += board.tick_ms
        gone_ms = gone_ms + board.tick_ms if excess(app, row) <= -row.release else 0
        assert world.now_ms < 2 * CROSSING_ms + 2 * row.after_ms + row.budget_ms, "its cause does not go"
        if not row.latch and not app.monitor.is_active(row.id):
            return
    assert row.latch, "it does not leave"
    assert app.monitor.is_active(row.id), "it left without a reset"
    press_reset(app, board)
    assert not app.monitor.is_active(row.id)


def test_every_row_of_the_table_is_provoked_here_or_by_the_test_that_it_names() -> None:
    signals = {row.signal for row in ROWS}
    assert not signals - set(PROVOKERS), {row.name for row in ROWS if row.signal not in PROVOKERS}
    assert not set(OWN_TESTS) - {row.name for row in F.TABLE}
