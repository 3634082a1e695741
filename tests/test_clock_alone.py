"""The clock agrees with one that has all the time in the world, over long runs of lateness, jumps and whole seconds."""

import random

import pytest

from bms.safety import clock as C
from bms.safety import signals as N
from tests.test_clock import naive


def told(clock: C.Clock, signals: N.Signals) -> dict[str, int]:
    return {
        "missed": clock.missed_ms,
        "late": clock.late_ticks,
        "worst": clock.worst_lateness_ms,
        "uptime": clock.uptime_s,
        "tick": signals.value[N.TICK_ms],
        "jumped": signals.value[N.CLOCK_jumped],
    }


@pytest.mark.parametrize(
    "moves",
    [
        [10] * 320,
        [10] * 98 + [9, 1, 10, 10],
        [500, 490, 10, 500, 500, 499, 1, 999, 2],
        [31, 50, 40, 31, 70, 60, 69, 71, 5000, 4105, 4104, 4106, 30, 10],
        [4084, 4085, 4094, 4104, 4105],
        [501, 501, 10, 10, 600, 500, 0, 0, 1],
        [65_534, 65_535, 65_536, 70_000],
        [-1, -86_400_000, -5, 1 << 29],
    ],
    ids=len,
)
@pytest.mark.parametrize("start", [0, 1, (1 << 30) - 35])
def test_the_clock_agrees_with_a_naive_one(start: int, moves: list[int]) -> None:
    signals = N.Signals()
    clock = C.Clock(signals)
    assert (clock.missed_ms, clock.late_ticks, clock.worst_lateness_ms, clock.uptime_s) == (0, 0, 0, 0)
    for expected in naive(start, moves):
        dt_ms = clock.step(expected["now"])
        assert {"now": expected["now"], "dt": dt_ms} | told(clock, signals) == expected


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_through_hours_of_all_kinds_of_ticks(seed: int) -> None:
    dice = random.Random(seed)
    moves = [dice.choice([10, 10, 10, 0, 1, 29, 30, 31, 32, dice.randint(2, 60), dice.randint(400, 600)]) for _ in range(500)]
    test_the_clock_agrees_with_a_naive_one(dice.randrange(1 << 30), moves)


def test_a_first_tick_lasts_ten_milliseconds_at_any_time() -> None:
    assert (C.TICK_ms, C.LATE_ms, C.DT_MAX_ms) == (10, 30, 500)
    for now_ms in (0, 1, 10, (1 << 30) - 1):
        assert C.Clock(N.Signals()).step(now_ms) == 10


def test_the_count_of_late_ticks_and_the_uptime_end_where_the_wire_does() -> None:
    clock = C.Clock(N.Signals())
    clock.late_ticks, clock.uptime_s = 65_533, (1 << 24) - 1
    for k in range(30):
        clock.step(k * 40)
    assert clock.late_ticks == 65_535
    assert clock.uptime_s == 0
