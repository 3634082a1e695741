"""The hottest layer is brought to the end of its window and held there, whatever loop is between it and heater and chiller."""

import math
import random
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bms.control.hold import Hold, held_ddegC
from tests.small_int import SmallInt

GOAL, LEAST, MOST, AIM = 640, 150, 700, 285


class Loop:
    """Layers with heat of their own on a coolant with heater and chiller, two exponentials between; K, s, in seconds."""

    def __init__(self, hot_degC: float, couple: float, power_K_s: float, own_K_s: float) -> None:
        self.hot, self.loop, self.couple, self.power, self.own = hot_degC, hot_degC, couple, power_K_s, own_K_s
        self.derate = SimpleNamespace(second=True, rise_mK_s=0)
        derate: Any = self.derate
        self.hold = Hold(derate, GOAL, LEAST, MOST, AIM)
        self.before = [hot_degC] * 11
        self.wants: list[int] = []
        self.hots: list[float] = []

    def run(self, seconds: int, missing: int = 1000, told_couple: float | None = None) -> None:
        """The coolant has a third of the layers' heat; what is told of the coupling may be wrong."""
        told = round((told_couple or self.couple) * 1e6)
        for _ in range(seconds):
            self.before = [*self.before[1:], self.hot]
            self.derate.rise_mK_s = round((self.before[-1] - self.before[0]) * 100)
            want = self.hold.step(missing, round(self.hot * 10), round(self.loop * 10), told)
            flows = self.couple * (self.loop - self.hot)
            self.hot += self.own + flows
            self.loop += 3 * (self.power * want / 1000 - flows)
            self.loop = min(max(self.loop, LEAST / 10), MOST / 10)
            self.wants.append(want)
            self.hots.append(self.hot)

    def turns(self) -> int:
        """How often heat follows on cold or cold on heat."""
        signs = [math.copysign(1, want) for want in self.wants if want]
        return sum(a != b for a, b in pairwise(signs))


@settings(max_examples=60)
@given(
    start=st.floats(30, 63), couple=st.floats(0.003, 0.012), power=st.floats(0.4, 1.0),
    own=st.floats(0.0, 0.2), wrong=st.floats(0.7, 1.4),
)  # fmt: skip
def test_a_pack_comes_to_the_goal_stays_there_and_is_never_far_beyond_it(
    start: float, couple: float, power: float, own: float, wrong: float
) -> None:
    assume(own < couple * (GOAL - LEAST - 50) / 10)  # the coldest coolant is cold enough
    loop = Loop(start, couple, power, own)
    loop.run(900, told_couple=couple * wrong)
    assert max(loop.hots) <= GOAL / 10 + 1.3
    if own + couple * (MOST - GOAL) / 10 > 0.005:  # and the hottest hot enough
        assert all(abs(hot - GOAL / 10) < 1.3 for hot in loop.hots[-200:])
    assert loop.turns() <= 12


def test_heat_of_its_own_that_comes_and_goes_leaves_it_within_a_kelvin_and_a_half() -> None:
    loop = Loop(60.0, 0.005, 0.6, 0.0)
    for own in (0.18, 0.02, 0.1, 0.0):
        loop.own = own
        loop.run(300)
        assert all(abs(hot - GOAL / 10) < 1.5 for hot in loop.hots[-200:]), own


def test_nothing_heats_that_nobody_wishes_warmer_and_too_hot_a_layer_is_cooled_all_the_same() -> None:
    loop = Loop(50.0, 0.005, 0.6, 0.0)
    loop.run(300, missing=0)
    assert max(loop.wants) == 0
    loop = Loop(50.0, 0.005, 0.6, 0.2)
    loop.run(600, missing=-100)
    assert max(loop.wants) == 0 and min(loop.wants) < 0
    assert all(abs(hot - GOAL / 10) < 1.0 for hot in loop.hots[-200:])


def test_a_wish_that_is_nearer_than_the_goal_is_not_run_past() -> None:
    """The layers are wished to be 45 degC, whatever the window."""
    loop = Loop(35.0, 0.005, 0.6, 0.01)
    for _ in range(600):
        loop.run(1, missing=round(450 - loop.hot * 10))
    assert loop.hot > 44.5
    assert loop.wants[-1] <= 200


def test_layers_that_warm_beyond_the_wish_by_themselves_are_left_to_and_held_at_the_end() -> None:
    loop = Loop(44.0, 0.005, 0.6, 0.1)
    for _ in range(150):
        loop.run(1, missing=round(450 - loop.hot * 10))
    assert loop.hot > 50 and min(loop.wants) == 0, "nothing is cooled on the way"
    for _ in range(600):
        loop.run(1, missing=round(450 - loop.hot * 10))
    assert min(loop.wants) < 0
    assert all(abs(hot - GOAL / 10) < 1.3 for hot in loop.hots[-200:])


@pytest.mark.parametrize("missing", [-5, 0, 1, 100])
def test_layers_far_from_the_end_are_not_cooled_though_they_warm_faster_than_any_heater_may_warm_them(missing: int) -> None:
    hold = Hold(SimpleNamespace(second=True, rise_mK_s=400), GOAL, LEAST, MOST, 142)  # type: ignore[arg-type]
    assert hold.step(missing, GOAL - 210, GOAL - 210, 5000) == 0


def test_layers_are_warmed_no_faster_than_aimed_at_once_the_coolant_has_come() -> None:
    loop = Loop(10.0, 0.02, 2.0, 0.0)
    loop.run(120)
    rises = [b - a for a, b in pairwise(loop.hots)]
    assert max(rises[30:]) <= AIM / 1000 * 1.15


BEGINS = [(30, 0, 0), (31, 0, 387), (5, 1, 62), (-30, 0, 0), (-31, 0, -388), (-5, -1, -63)]


@pytest.mark.parametrize(("off", "going", "want"), BEGINS)
def test_what_has_begun_goes_on_and_what_is_near_is_left_alone(off: int, going: int, want: int) -> None:
    """The coolant is wanted where it is when nothing warms and the goal is reached."""
    hold = Hold(SimpleNamespace(second=False, rise_mK_s=0), GOAL, LEAST, MOST, AIM)  # type: ignore[arg-type]
    hold.step(1, GOAL, 500, 5000)
    assert (hold.coolant_ddegC, hold.want_permille) == (500, 0)
    if going:
        assert hold.step(1, GOAL, 500 - going * 60, 5000) == going * 750
    assert hold.step(1, GOAL, 500 - off, 5000) == want


def test_nothing_is_remembered_of_a_charge_before() -> None:
    hold = Hold(SimpleNamespace(second=False, rise_mK_s=0), GOAL, LEAST, MOST, AIM)  # type: ignore[arg-type]
    hold.step(1, GOAL, 200, 5000)
    assert hold.step(1, GOAL, 500, 5000) < 0
    hold.forget()
    assert hold.want_permille == 0
    assert hold.step(1, GOAL, 500, 5000) == 0


def test_the_end_of_a_window_is_kept_clear_by_two_fifths_of_the_band() -> None:
    assert held_ddegC(650, 25) == 640
    assert held_ddegC(650, 26) == 640


@given(
    missing=st.integers(-4000, 4000), hot=st.integers(-2000, 4000), coolant=st.integers(-2000, 4000),
    couple=st.integers(0, 20000), rise=st.integers(-100000, 100000),
)  # fmt: skip
def test_whatever_is_told_the_coolant_stays_in_its_limits_and_integers_stay_small(
    missing: int, hot: int, coolant: int, couple: int, rise: int
) -> None:
    hold = Hold(SimpleNamespace(second=True, rise_mK_s=SmallInt(rise)), GOAL, LEAST, MOST, AIM)  # type: ignore[arg-type]
    for _ in range(3):
        want = hold.step(SmallInt(missing), SmallInt(hot), SmallInt(coolant), SmallInt(couple))
        assert -1000 <= want <= 1000
        assert LEAST <= hold.coolant_ddegC <= hold.warmest_ddegC <= MOST


class Plain:
    """The docstring in its order: ten seconds of coolant, the rate that closes the gap in thirty, heat or cold as far as it is
    off. Layers are asked to cool by half a kelvin a second at most; no rise beyond two and no coupling below 1.5 mK/s for each
    K is believed; what has not begun begins beyond 3 K, and from 8 K on it is all."""

    def __init__(self, goal: int, least: int, most: int, aim: int) -> None:
        self.goal, self.least, self.most, self.aim = goal, least, most, aim
        self.seen: list[int] = []
        self.coolant = self.warmest = self.want = 0

    def step(self, second: bool, rise: int, missing: int, hot: int, coolant: int, couple: int) -> int:
        fresh = not self.seen
        if fresh:
            self.seen = [coolant] * 10
        elif second:
            self.seen = [*self.seen[1:], coolant]
        if fresh or second:
            end = self.goal - hot
            self.coolant = self.place(min(end, missing) if missing > 0 else end, rise, couple, self.aim)
            self.warmest = self.place(end, rise, couple, 500)
        off, over = self.coolant - coolant, self.warmest - coolant
        warms = missing > 0 and (off > 30 or (off > 0 and self.want > 0))
        cools = over < -30 or (over < 0 and self.want < 0)
        far = off if warms else over if cools else 0
        self.want = min(max(math.floor(Fraction(far * 1000, 80)), -1000), 1000)
        return self.want

    def place(self, gap: int, rise: int, couple: int, most: int) -> int:
        wanted = min(max(math.floor(Fraction(gap * 100, 30)), -500), most)
        apart_mK = Fraction((wanted - min(max(rise, -2000), 2000)) * 10**6, max(couple, 1500))
        there = math.floor(Fraction(sum(self.seen), 10)) + math.floor(apart_mK / 100)
        return min(max(there, self.least), self.most)

    def forget(self) -> None:
        self.seen, self.want = [], 0


def some_round(dice: random.Random, plain: Plain) -> tuple[bool, int, int, int, int, int]:
    """What derate.py, the bounds and the loop might say: mostly near where something changes."""
    closes = plain.aim * 3 // 10  # a gap that is closed as fast as is aimed at
    gap = dice.choice([0, 1, -1, 17, -17, closes, closes + 1, closes + 2, -149, -150, -151, 500, -900, dice.randint(-200, 200)])
    missing = dice.choice([0, 1, 2, -1, -300, gap - 1, gap, gap + 1, 4000])
    away = dice.choice([0, 0, 1, 1, 2, 29, 30, 31, 33, 79, 80, 81, 300]) * dice.choice([1, -1])
    rise = dice.choice([0, 1, -1, 130, 1999, 2000, 2001, 2002, 9000, dice.randint(0, 400)]) * dice.choice([1, 1, -1])
    couple = dice.choice([0, 1, 1499, 1500, 1501, 1503, 3_700, 5_000, 20_000, dice.randint(1_000, 20_000)])
    base = dice.choice([plain.coolant, plain.warmest])
    return dice.random() < 0.4, rise, missing, plain.goal - gap, base + away, couple


LIMITS = [(LEAST, MOST, AIM), (-400, 900, 95), (-40_000, 40_000, AIM), (-40_000, 40_000, 142)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("least", "most", "aim"), LIMITS)
def test_the_coolant_is_wanted_where_the_docstring_puts_it_round_by_round(least: int, most: int, aim: int, seed: int) -> None:
    dice = random.Random(seed)
    derate: Any = SimpleNamespace(second=False, rise_mK_s=0)
    hold, plain = Hold(derate, GOAL, least, most, aim), Plain(GOAL, least, most, aim)
    assert (hold.goal_ddegC, hold.coolant_ddegC, hold.warmest_ddegC, hold.want_permille) == (GOAL, 0, 0, 0)
    for _ in range(1500):
        if dice.random() < 0.02:
            hold.forget()
            plain.forget()
            assert hold.want_permille == 0
        second, rise, *told = some_round(dice, plain)
        derate.second, derate.rise_mK_s = second, rise
        assert hold.step(*told) == hold.want_permille == plain.step(second, rise, *told)
        assert (hold.coolant_ddegC, hold.warmest_ddegC) == (plain.coolant, plain.warmest)


def test_a_goal_is_neared_in_thirty_seconds_and_overheated_layers_cool_by_half_a_kelvin_a_second_at_most() -> None:
    """A coolant at 50 degC that warms nothing by itself, 5 mK/s for each K between."""
    for gap, there in ((30, 700), (3, 520), (-3, 480), (-149, -494), (-150, -500), (-151, -500), (-400, -500), (400, 1070)):
        hold = Hold(SimpleNamespace(second=False, rise_mK_s=0), GOAL, -9000, 9000, AIM)  # type: ignore[arg-type]
        hold.step(0, GOAL - gap, 500, 5000)
        assert hold.coolant_ddegC == there, gap
