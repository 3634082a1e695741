"""A controller that took itself off the bus is brought back, not sooner than it should; troubles are told and forgotten.

The bench's tests do the same with the whole firmware on a virtual bus; here every wait is counted.
"""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can.bus import Bus
from bms.packs import bench_24
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety.signals import Signals
from tests.fake_board import DRIVE, OPEN, FakeBoard

STOPPED, ACTIVE, WARNING, PASSIVE, OFF = range(5)
ROUND_ms = 100
WAITS_ms = [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]


class Controller:
    """In the state that it was put into; a restart is written down."""

    def __init__(self) -> None:
        self.state = ACTIVE
        self.now_ms = 0
        self.restarts_ms: list[int] = []

    def can_state(self) -> int:
        return self.state

    def can_restart(self) -> None:
        assert self.state == OFF, "only what is off is restarted"
        self.restarts_ms.append(self.now_ms)


class Rig:
    """A bus and its controller."""

    def __init__(self) -> None:
        self.signals = Signals()
        self.bus = Bus(self.signals)
        self.controller = Controller()

    def look(self, state: int, dt_ms: int = ROUND_ms) -> bool:
        """Time passes in which the controller comes into this state, then a look at it."""
        controller: Any = self.controller
        controller.state = state
        controller.now_ms += dt_ms
        return self.bus.step(controller, dt_ms)


def patient(looks: list[tuple[int, int]]) -> tuple[list[int], int]:
    """What the module's words say of (state, ms since the look before): when it restarts, and how often it went off."""
    now_ms, wait_ms, anchor_ms, last_off_ms, offs = 0, 100, 0, 0, 0
    restarts_ms: list[int] = []
    before = "on"
    for state, dt_ms in looks:
        now_ms += dt_ms
        if state != OFF:
            before = "on"
            if now_ms - last_off_ms >= 10_000:
                wait_ms = 100
            continue
        last_off_ms = now_ms
        if before == "on":
            anchor_ms = now_ms
        if before != "off":
            offs += 1
        before = "off"
        if now_ms - anchor_ms >= wait_ms:
            restarts_ms.append(now_ms)
            anchor_ms, before = now_ms, "restarted"
            wait_ms = min(2 * wait_ms, 5000)
    return restarts_ms, offs % 256


def test_while_the_bus_stays_off_each_restart_waits_twice_as_long_up_to_5_s() -> None:
    rig = Rig()
    rig.look(ACTIVE)
    for _ in range(240):
        rig.look(OFF)
    seen_ms = 2 * ROUND_ms
    times_ms = [seen_ms, *rig.controller.restarts_ms]
    assert [b - a for a, b in pairwise(times_ms)][: len(WAITS_ms)] == WAITS_ms


@given(st.integers(0, 8))
def test_a_restart_that_helps_for_a_moment_makes_the_next_wait_no_shorter(rounds_on: int) -> None:
    rig = Rig()
    for _ in WAITS_ms:
        before = len(rig.controller.restarts_ms)
        while len(rig.controller.restarts_ms) == before:
            rig.look(OFF)
        for _ in range(rounds_on):
            rig.look(ACTIVE)
    on_ms = rounds_on * ROUND_ms
    for wait_ms, (a_ms, b_ms) in zip(WAITS_ms[1:], pairwise(rig.controller.restarts_ms)):
        assert wait_ms <= b_ms - a_ms <= wait_ms + on_ms + ROUND_ms


@pytest.mark.parametrize(("sound_ms", "forgiven"), [(9_900, False), (10_000, True), (60_000, True)])
@pytest.mark.parametrize("state", [ACTIVE, WARNING, PASSIVE])
def test_after_10_s_on_the_bus_the_wait_begins_anew_and_not_before(sound_ms: int, forgiven: bool, state: int) -> None:
    rig = Rig()
    while len(rig.controller.restarts_ms) < 4:
        rig.look(OFF)
    for _ in range(sound_ms // ROUND_ms):
        rig.look(state)
    rig.look(OFF)
    again_ms = rig.controller.now_ms
    while len(rig.controller.restarts_ms) < 5:
        rig.look(OFF)
    assert rig.controller.restarts_ms[-1] - again_ms == (100 if forgiven else 1600)


@given(st.lists(st.tuples(st.sampled_from([ACTIVE, ACTIVE, WARNING, PASSIVE, OFF, OFF, OFF]), st.integers(1, 60)), max_size=40))
def test_restarts_and_count_are_those_of_the_words_whatever_the_controller_does(runs: list[tuple[int, int]]) -> None:
    looks = [(state, ROUND_ms) for state, rounds in runs for _ in range(rounds)]
    rig = Rig()
    for state, dt_ms in looks:
        assert rig.look(state, dt_ms) == (rig.controller.restarts_ms[-1:] == [rig.controller.now_ms])
    assert (rig.controller.restarts_ms, rig.bus.offs) == patient(looks)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(10, 500)), max_size=200))
def test_rounds_of_any_length_are_reckoned_by_their_time(looks: list[tuple[int, int]]) -> None:
    rig = Rig()
    for state, dt_ms in looks:
        rig.look(state, dt_ms)
        assert rig.signals.value[N.BUS_off] == (state == OFF)
        assert rig.signals.value[N.BUS_passive] == (state == PASSIVE)
    assert (rig.controller.restarts_ms, rig.bus.offs) == patient(looks)


def test_the_count_of_offs_goes_round_after_255() -> None:
    rig = Rig()
    for _ in range(300):
        rig.look(OFF)
        rig.look(ACTIVE)
    assert rig.bus.offs == 300 % 256


@pytest.mark.parametrize(("state", "name"), [(OFF, "can_bus_off"), (PASSIVE, "can_error_passive")])
def test_trouble_on_the_bus_is_told_in_time_is_forgotten_when_it_is_over_and_opens_nothing(state: int, name: str) -> None:
    row = next(row for row in F.TABLE if row.name == name)
    board = FakeBoard(bench_24.PACK)
    app = App(bench_24.PACK, board)
    for k in range(157):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    assert app.machine.state == M.DRIVE

    def ticks_until(active: bool) -> int:
        for k in range(1, 100):
            app.tick()
            if app.monitor.is_active(row.id) == active:
                return k
        raise AssertionError(name)

    for _ in range(3):
        board.controller_state = state
        assert ticks_until(True) * 10 <= row.budget_ms
        board.controller_state = ACTIVE
        assert ticks_until(False) * 10 <= row.budget_ms
    other = {"can_bus_off", "can_error_passive"} - {name}
    assert not any(app.monitor.is_active(row.id) for row in F.TABLE if row.name in other)
    assert app.machine.state == M.DRIVE
