"""Stages, currents and what a gentle charge needs agree with the docstring of ways.py in plain words."""

import random
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from bms.control.ways import LIMIT_MAX_dA, Way, build_current, build_permille
from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.schema import CELL_FIELDS, Cell, replaced

CELLS = {pack.cell.name: pack.cell for pack in (aero_96.PACK, bench_24.PACK, bess_14.PACK, ev_240.PACK, robot_14.PACK)}
ALL = [(cell, profile) for cell in CELLS.values() for profile in cell.profiles]


def current_dA(cell: Any, mC: int) -> int:
    return max(1, min(16_383, floor(Fraction(cell.capacity_mAh // 10 * mC, 10_000))))


def sized(capacity_mAh: int) -> Any:
    return replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, capacity_mAh=capacity_mAh)


@pytest.mark.parametrize(("cell", "profile"), ALL, ids=lambda one: one.name)
def test_a_way_is_its_profile_in_amperes_and_milliseconds(cell: Any, profile: Any) -> None:
    way = Way(cell, profile)
    assert list(zip(way.until_permille, way.stage_dA)) == [(end, current_dA(cell, mC)) for end, mC in profile.stages]
    assert way.taper_dA == current_dA(cell, profile.taper_mC)
    assert (way.taper_ms, way.longest_ms) == (profile.taper_s * 1000, profile.longest_s * 1000)
    assert (way.planned, way.gentle) == (profile.kind == "thermally_modulated", profile.kind == "gentle")
    assert (way.heat_to_ddegC, way.cool_to_ddegC) == (profile.heat_to_ddegC, profile.cool_to_ddegC)


@pytest.mark.parametrize("capacity_mAh", [1, 9, 10, 1_990, 20_000, 99_995, 289_999])
@pytest.mark.parametrize("mC", [0, 1, 19, 500, 999, 3_001, 60_000])
def test_a_c_rate_is_a_current_that_the_wire_can_tell(capacity_mAh: int, mC: int) -> None:
    cell = sized(capacity_mAh)
    assert build_current(cell, mC) == current_dA(cell, mC)
    assert build_permille(cell) == floor(Fraction(capacity_mAh * 36, 1000))
    assert LIMIT_MAX_dA == 16_383


@pytest.mark.parametrize("ends", [(1000,), (300, 1000), (300, 300, 700), (1, 500, 999, 1000)])
def test_a_stage_holds_up_to_its_soc_and_the_last_one_beyond(ends: tuple[int, ...]) -> None:
    profile = bench_24.PACK.cell.profiles[0]._replace(stages=tuple((end, 1000 + k) for k, end in enumerate(ends)))
    way = Way(bench_24.PACK.cell, profile)
    for soc in range(-1, 1002):
        assert way.stage(soc) == sum(soc >= end for end in ends[:-1])


def needed(stages: list[tuple[int, int]], permille_dAs: int, soc: int, target: int, time_s: int) -> int:
    """As the docstring has it: share what is missing over what is left, until no stage's own current is less."""
    parts = []
    first = soc
    for end, dA in stages:
        last = min(end, target)
        if last > first:
            parts.append(((last - first) * permille_dAs, dA))
            first = last
    now = 0
    for _ in stages:
        slow = [(dAs, dA) for dAs, dA in parts if dA < now]
        left_s = time_s - sum(floor(Fraction(dAs, dA)) + 1 for dAs, dA in slow)
        if left_s <= 0:
            return 16_383
        new = floor(Fraction(sum(dAs for dAs, dA in parts if dA >= now), left_s)) + 1
        if new <= now:
            return now
        now = new
    return now


@pytest.mark.parametrize("seed", range(6))
def test_the_current_that_ends_in_time_lets_slow_stages_take_what_they_take(seed: int) -> None:
    dice = random.Random(seed)
    seen = set()
    for _ in range(120):
        cell = sized(dice.choice([1_000, 20_000, 131_000]))
        count = dice.randint(1, 5)
        ends = [*sorted(dice.sample(range(1, 1000), count - 1)), 1000]
        stages = tuple((end, dice.choice([50, 200, 500, 900, 1000, 2000])) for end in ends)
        way = Way(cell, bench_24.PACK.cell.profiles[0]._replace(stages=stages))
        soc = dice.choice([0, *ends, dice.randint(0, 1000)])
        target = dice.choice([0, *ends, dice.randint(0, 1000)])
        short = [1, dice.randint(2, 40), dice.randint(2, 40)]
        hours = dice.choice([*short, 600, 3_600, 7_200, 20_000, 86_400, dice.randint(1, 40_000)])
        for time_s in (hours, -1, 0):
            plain = needed([(e, current_dA(cell, mC)) for e, mC in stages], build_permille(cell), soc, target, time_s)
            assert way.needed_dA(soc, target, time_s) == plain
            seen.add(plain in (1, 16_383))
    assert seen == {True, False}


def test_a_stage_as_strong_as_what_is_needed_is_not_slow() -> None:
    cell = sized(1_000)
    stages = ((500, 2_000), (1000, 10_000))
    way = Way(cell, bench_24.PACK.cell.profiles[0]._replace(stages=stages))
    assert [current_dA(cell, mC) for _, mC in stages] == [20, 100]
    assert way.needed_dA(0, 1000, 1_801) == 36_000 // 1_801 + 1 == 20


def test_a_slow_stage_takes_the_second_that_it_has_begun() -> None:
    """Half of it at 20 dA is 900 s and one more: 200 s of 1101 are left for the other half."""
    way = Way(sized(1_000), bench_24.PACK.cell.profiles[0]._replace(stages=((500, 2_000), (1000, 10_000))))
    assert way.needed_dA(0, 1000, 1_101) == 18_000 // 200 + 1 == 91
