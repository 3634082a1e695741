"""Every step of the machine is the one that a table, written down here once more, has for it: all inputs, edges included."""

import itertools
import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, replaced

ODD = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="odd", open_current_dA=7, open_timeout_ms=333, precharge_timeout_ms=777)
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, ODD)
NAMES = ("standby", "self_test", "precharge", "drive", "charge", "opening", "fault", "service")
STANDBY, SELF_TEST, PRECHARGE, DRIVE, CHARGE, OPENING, FAULT, SERVICE = STATES = tuple(range(8))
ASK_OPEN, ASK_DRIVE, ASK_CHARGE, ASK_SERVICE, ASK_NOTHING = range(5)
RAMP, NOW = 4, 5
CLOSED_IN, CHARGING_IN, DISCHARGING_IN = {PRECHARGE, DRIVE, CHARGE, OPENING}, {DRIVE, CHARGE}, {DRIVE}
HOLDS_ms = 60_000


class Seen(NamedTuple):
    """What the machine is told, and what it remembers, in words."""

    severity: int
    wish: int
    ready: bool
    closed: bool
    may: bool  # armed, and not held
    late: bool
    little: bool
    tested: bool
    tripped: bool
    barred: bool

    @property
    def closing(self) -> bool:
        return self.wish in (ASK_DRIVE, ASK_CHARGE)


Row = tuple[tuple[int, ...], Callable[[Seen], bool], int]

# From which states, when, to where: the first row that fits; where none fits the state stays.
TABLE: tuple[Row, ...] = (
    (STATES, lambda s: s.severity == NOW, FAULT),
    ((DRIVE, CHARGE), lambda s: s.severity == RAMP, OPENING),
    ((STANDBY, SELF_TEST, PRECHARGE, SERVICE), lambda s: s.severity == RAMP, FAULT),
    ((FAULT,), lambda s: s.severity != RAMP and s.tested, STANDBY),
    ((FAULT,), lambda s: s.severity != RAMP, SELF_TEST),
    ((OPENING,), lambda s: (s.little or s.late) and (s.tripped or s.severity == RAMP), FAULT),
    ((OPENING,), lambda s: s.little or s.late, STANDBY),
    ((SELF_TEST,), lambda s: s.ready, STANDBY),
    ((SELF_TEST,), lambda s: s.late, FAULT),
    ((STANDBY,), lambda s: s.wish == ASK_SERVICE, SERVICE),
    ((STANDBY,), lambda s: s.closing and s.may and s.ready, PRECHARGE),
    ((SERVICE,), lambda s: s.wish != ASK_SERVICE, STANDBY),
    ((PRECHARGE,), lambda s: not s.closed and (s.late or not s.closing), STANDBY),
    ((PRECHARGE,), lambda s: s.closed and not s.closing, OPENING),
    ((PRECHARGE,), lambda s: s.closed and s.wish == ASK_DRIVE, DRIVE),
    ((PRECHARGE,), lambda s: s.closed and s.barred, OPENING),
    ((PRECHARGE,), lambda s: s.closed, CHARGE),
    ((DRIVE, CHARGE), lambda s: s.wish in (ASK_OPEN, ASK_SERVICE), OPENING),
    ((DRIVE,), lambda s: s.wish == ASK_CHARGE and not s.barred, CHARGE),
    ((CHARGE,), lambda s: s.wish == ASK_DRIVE, DRIVE),
)


class Plain:
    """The machine's promise: the table, and what is remembered beside it."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.longest_ms = {
            SELF_TEST: 3200,
            PRECHARGE: pack.precharge_timeout_ms * 2 + 6000,
            OPENING: pack.open_timeout_ms,
        }
        self.state, self.in_state_ms = SELF_TEST, 0
        self.armed = self.tripped = self.held = self.forced = self.tested = self.barred = self.drove = False

    def step(self, severity: int, wish: int, ready: bool, closed: bool, dA: int, dt_ms: int) -> int:
        state = self.state
        if self.in_state_ms < HOLDS_ms:
            self.in_state_ms += dt_ms
        if wish == ASK_OPEN and state != FAULT and not self.tripped:
            self.armed = True
        late = self.in_state_ms >= self.longest_ms.get(state, 1 << 30)
        little = abs(dA) < self.pack.open_current_dA
        may = self.armed and not self.held
        seen = Seen(severity, wish, ready, closed, may, late, little, self.tested, self.tripped, self.barred)
        after = next((to for states, when, to in TABLE if state in states and when(seen)), state)
        if state == SELF_TEST and severity < RAMP and ready:
            self.tested = True
        if state == OPENING and severity < NOW and after != OPENING:
            self.forced = not little
        if state == PRECHARGE and after == STANDBY and late:
            self.armed = False
        if after != state:
            self.state, self.in_state_ms = after, 0
            self.tripped = severity >= RAMP
            if after == FAULT or self.tripped:
                self.armed = False
            if after == PRECHARGE:
                self.forced = False
            if after != OPENING:  # which ends what was done before
                self.barred, self.drove = False, after == DRIVE
        return after


def agree(machine: M.Machine, plain: Plain) -> None:
    """Everything that anybody can see of it."""
    state = plain.state
    assert (machine.state, machine.in_state_ms) == (state, plain.in_state_ms)
    assert (machine.armed, machine.tripped, machine.held) == (plain.armed, plain.tripped, plain.held)
    assert (machine.forced, machine.tested) == (plain.forced, plain.tested)
    assert (machine.barred, machine.drove) == (plain.barred, plain.drove)
    assert machine.closed_wanted == (state in CLOSED_IN)
    assert machine.charge_allowed == (state in CHARGING_IN and not plain.barred)
    assert machine.discharge_allowed == (state in DISCHARGING_IN)


def put(machine: M.Machine, plain: Plain, state: int, in_state_ms: int, flags: int) -> None:
    """Both into one state, with one memory."""
    for one in (machine, plain):
        one.state, one.in_state_ms = state, in_state_ms
        one.armed, one.tripped, one.held, one.forced, one.tested, one.barred, one.drove = (
            bool(flags >> bit & 1) for bit in range(7)
        )
    machine.closed_wanted = int(state in CLOSED_IN)
    machine.charge_allowed = int(state in CHARGING_IN and not plain.barred)
    machine.discharge_allowed = int(state in DISCHARGING_IN)


@pytest.mark.parametrize("state", STATES, ids=NAMES)
def test_from_every_state_all_inputs_and_all_memories_lead_where_the_table_says(state: int) -> None:
    machine, plain, dice = M.Machine(ODD), Plain(ODD), random.Random(state)
    late_ms = plain.longest_ms.get(state, 5)
    for severity, wish, flags in itertools.product(range(6), range(6), range(32)):
        for ready, closed, late, little in itertools.product((False, True), repeat=4):
            put(machine, plain, state, late_ms - 10 if late else 0, flags | dice.choice((0, 32, 64, 96)))
            dA = 0 if little else ODD.open_current_dA
            assert machine.step(severity, wish, ready, closed, dA, 10) == plain.step(severity, wish, ready, closed, dA, 10)
            agree(machine, plain)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_at_the_edges_of_current_and_time_the_table_holds_too(pack: Pack) -> None:
    machine, plain = M.Machine(pack), Plain(pack)
    edge = pack.open_current_dA
    for state, wish, flags, severity in itertools.product(STATES, range(5), (0, 2), (0, RAMP)):
        late_ms = plain.longest_ms.get(state, 5)
        for in_state_ms in (late_ms - 12, late_ms - 11, late_ms - 10, 59_999, 60_000, 60_001):
            for dA in (0, edge - 1, edge, edge + 1, 1 - edge, -edge, -edge - 1):
                put(machine, plain, state, in_state_ms, flags)
                machine.step(severity, wish, False, False, dA, 11)
                plain.step(severity, wish, False, False, dA, 11)
                agree(machine, plain)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_whole_life_goes_as_the_table_says_from_its_first_tick_on(pack: Pack) -> None:
    dice = random.Random(pack.name)
    visited = set()
    for _ in range(10):
        machine, plain = M.Machine(pack), Plain(pack)
        agree(machine, plain)
        severity = wish = 0
        ready = closed = False
        for _ in range(400):
            if dice.random() < 0.1:
                severity = dice.choice([0, 0, 0, 0, 1, 3, 4, 5])
            if dice.random() < 0.2:
                wish = dice.choice([0, 1, 1, 2, 2, 3, 4])
            if dice.random() < 0.2:
                ready, closed = dice.random() < 0.8, dice.random() < 0.5
            if dice.random() < 0.05:
                machine.held = plain.held = not plain.held
            if dice.random() < 0.05:
                machine.barred = plain.barred = True
            dA = dice.choice([0, 0, pack.open_current_dA, -pack.open_current_dA])
            dt_ms = dice.choice([10, 10, 11, 400])
            assert machine.step(severity, wish, ready, closed, dA, dt_ms) == plain.step(
                severity, wish, ready, closed, dA, dt_ms
            )
            agree(machine, plain)
            visited.add(plain.state)
    assert visited == set(STATES)


def test_states_and_wishes_have_the_names_and_numbers_of_the_wire() -> None:
    assert tuple(row[0] for row in M.STATES) == NAMES
    assert (M.STANDBY, M.SELF_TEST, M.PRECHARGE, M.DRIVE, M.CHARGE, M.OPENING, M.FAULT, M.SERVICE) == STATES
    assert (M.WISH_OPEN, M.WISH_DRIVE, M.WISH_CHARGE, M.WISH_SERVICE, M.WISH_NOTHING) == (0, 1, 2, 3, 4)
