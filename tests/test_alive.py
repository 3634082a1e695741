"""The watchdog is fed after a whole tick in time and after no other; a tick that was missed is told for ten seconds."""

import functools

import pytest

from bms.safety import signals as N
from bms.safety.alive import START, STEPS, WHOLE, Alive, LATE_MAX_ms, TOLD_ticks


class Dog:
    """A board that counts how often it was fed."""

    def __init__(self) -> None:
        self.fed = 0

    def alive(self) -> None:
        """The watchdog's line."""
        self.fed += 1


def fresh() -> tuple[Alive, Dog, N.Signals]:
    signals = N.Signals()
    return Alive(signals), Dog(), signals


def trail(steps: range) -> int:
    """What a tick leaves that went through these steps in this order."""
    return functools.reduce(lambda so_far, k: so_far * 3 + k, steps, START)


def test_a_whole_tick_is_twelve_steps_from_one_in_their_order() -> None:
    assert (START, STEPS) == (1, 12)
    assert trail(range(1, 13)) == WHOLE == 930_015


@pytest.mark.parametrize(("dt_ms", "fed"), [(0, True), (10, True), (100, True), (101, False), (5000, False)])
def test_a_tick_later_than_a_hundred_milliseconds_is_not_fed(dt_ms: int, fed: bool) -> None:
    alive, dog, _ = fresh()
    assert LATE_MAX_ms == 100
    assert alive.step(dog, WHOLE, dt_ms) is fed  # type: ignore[arg-type]
    assert (dog.fed, alive.missed) == ((1, 0) if fed else (0, 1))


@pytest.mark.parametrize("left", [trail(range(1, 12)), trail(range(2, 13)), WHOLE - 1, WHOLE + 1, 0, START])
def test_a_tick_with_a_step_too_few_is_not_fed(left: int) -> None:
    alive, dog, _ = fresh()
    assert alive.step(dog, left, 10) is False  # type: ignore[arg-type]
    assert (dog.fed, alive.missed) == (0, 1)


def test_a_missed_tick_is_told_for_a_thousand_whole_ones_and_then_no_more() -> None:
    alive, dog, signals = fresh()
    assert TOLD_ticks == 1000
    assert signals.value[N.TICKS_missed] == 0
    for _ in range(2):
        alive.step(dog, 0, 10)  # type: ignore[arg-type]
        for _ in range(999):
            alive.step(dog, WHOLE, 10)  # type: ignore[arg-type]
            assert signals.value[N.TICKS_missed] == 1
    alive.step(dog, WHOLE, 10)  # type: ignore[arg-type]
    for _ in range(3):
        assert signals.value[N.TICKS_missed] == 0
        alive.step(dog, WHOLE, 10)  # type: ignore[arg-type]
    assert alive.missed == 2
    assert dog.fed == 2 * 999 + 4


def test_without_a_missed_tick_nothing_is_told() -> None:
    alive, dog, signals = fresh()
    signals.value[N.TICKS_missed] = 77
    alive.step(dog, WHOLE, 10)  # type: ignore[arg-type]
    assert signals.value[N.TICKS_missed] == 77, "it is nobody's to say but when a tick was missed"
    assert alive._tell == 0, "nothing is counted down, however long all goes well"


def test_the_count_of_missed_ticks_starts_anew_after_sixteen_bits() -> None:
    alive, dog, _ = fresh()
    counts = []
    for start in (65_534, 65_535):
        alive.missed = start
        alive.step(dog, 0, 10)  # type: ignore[arg-type]
        counts.append(alive.missed)
    assert counts == [65_535, 0]
