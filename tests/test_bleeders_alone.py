"""The bleeders' book-keeping agrees, round by round, with the docstring of bleeders.py in plain words."""

import random
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest

from bms.control.bleeders import GROUPS_MAX, WORDS, BLEED_ms, Bleeders, DAY_ms, DAY_permille, PART_permille, WARMTH_mW, _copy
from bms.packs import bench_24, ev_240
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, group_count, replaced


def bled(name: str, mA: int, **changes: Any) -> Pack:
    return replaced(Pack, PACK_FIELDS, bench_24.PACK, name=name, bleed_mA=mA, **changes)


SMALL = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, capacity_mAh=1_990)
PACKS = (
    bled("two a stack", 43, taps=(12, 7, 5), stacks=4),
    bled("one a stack", 211, taps=(9, 12), stacks=3),
    bled("four words", 21, taps=(3,) * 16, stacks=4),
    bled("spent soon", 333, taps=(2, 1), stacks=2, cell=SMALL),
    bled("none", 0, taps=(12, 12), stacks=2),
    ev_240.PACK,
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.n = pack, len(pack.taps)
        self.groups = group_count(pack)
        self.most_mA = ceil(Fraction(pack.bleed_mA * 1050, 1000))
        self.stretch_mAs = floor(Fraction(self.most_mA * 50_000, 1000)) + 1
        self.day_mAs = pack.cell.capacity_mAh // 1000 * 3600 * 10
        # in hundredths of a volt times milliamperes, a tenth of a milliwatt; whole ones
        warm_mW = floor(Fraction(max(pack.taps) * pack.cell.v_max_mV[0], 100)) * self.most_mA // 10
        self.together = max(1, 3000 // max(1, warm_mW))
        self.left, self.taken, self.today = [0] * self.groups, [0] * self.groups, [0] * self.groups
        self.picked: set[int] = set()
        self.on: set[int] = set()
        self.moved = self.all_moved = self.day_ms = 0

    def pick(self) -> bool:
        self.picked = set()
        for s in range(self.pack.stacks):
            may = [
                g
                for g in range(s * self.n, (s + 1) * self.n)
                if self.left[g] >= self.stretch_mAs and self.today[g] <= self.day_mAs - self.stretch_mAs
            ]
            self.picked |= set(sorted(may, key=lambda g: -self.left[g])[: self.together])
        return bool(self.picked)

    def count(self, ms: int) -> int:
        layers = list(self.pack.taps) * self.pack.stacks
        before = self.moved // 1000
        self.moved += self.most_mA * ms
        whole = self.moved // 1000 - before
        for g in self.on:
            self.left[g] = max(0, self.left[g] - whole)
            self.taken[g] += whole
            self.today[g] += whole
        all_layers = 1000 * sum(layers)
        before = self.all_moved // all_layers
        self.all_moved += self.most_mA * sum(layers[g] for g in self.picked) * ms
        return self.all_moved // all_layers - before


def agree(bleeders: Bleeders, plain: Plain) -> None:
    assert list(bleeders.left_mAs) == plain.left
    assert list(bleeders.bled_mAs) == plain.taken
    assert list(bleeders.today_mAs) == plain.today
    assert bleeders.day_ms == plain.day_ms
    assert {g for g in range(GROUPS_MAX + 2) if bleeders.bled(g)} == plain.on
    assert all(bleeders.bled(g) in (0, 1) for g in range(GROUPS_MAX + 2))
    assert [bleeders.left_mAh(g) for g in range(plain.groups)] == [mAs // 3600 for mAs in plain.left]


@packs
@pytest.mark.parametrize("seed", range(3))
def test_who_is_picked_what_is_taken_and_what_is_left_is_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    bleeders, plain = Bleeders(pack, group_count(pack)), Plain(pack)
    assert (bleeders.most_mA, bleeders.stretch_mAs, bleeders.together) == (plain.most_mA, plain.stretch_mAs, plain.together)
    agree(bleeders, plain)
    names = set(vars(bleeders))
    edge = plain.stretch_mAs
    for _ in range(60):
        for g in range(plain.groups):
            bleeders.excess_mAs[g] = dice.choice([0, edge - 1, edge, edge + 1, 5 * edge, 7 * edge, dice.randrange(9 * edge)])
        if dice.random() < 0.3:
            times = dice.choice([0, 1, 1])
            bleeders.owe(times)
            plain.left = [mAs * times for mAs in bleeders.excess_mAs]
        if dice.random() < 0.4:
            g = dice.randrange(plain.groups)
            spent = plain.day_mAs - edge + dice.choice([-1, 0, 1, -5 * edge])
            bleeders.today_mAs[g] = plain.today[g] = max(0, spent)
        assert bleeders.pick() is plain.pick()
        agree(bleeders, plain)  # and nothing is switched by it
        bleeders.switch_on()
        plain.on = set(plain.picked)
        for _ in range(dice.randrange(4)):
            ms = dice.choice([1, 10, 100, 100, 997, 50_000])
            assert bleeders.count(ms) == plain.count(ms)
            agree(bleeders, plain)
        if dice.random() < 0.8:
            bleeders.switch_off()
            plain.on = set()
        passed_ms = dice.choice([100, 5_000_000, DAY_ms - plain.day_ms - 1, DAY_ms - plain.day_ms])
        bleeders.pass_time(passed_ms)
        plain.day_ms += passed_ms
        if plain.day_ms >= 86_400_000:
            plain.day_ms, plain.today = 0, [0] * plain.groups
        agree(bleeders, plain)
    assert set(vars(bleeders)) == names and not any(bleeders.none) and len(bleeders.none) == 4


def test_of_groups_that_are_owed_alike_the_first_is_bled() -> None:
    pack = PACKS[1]
    bleeders = Bleeders(pack, group_count(pack))
    for g in range(group_count(pack)):
        bleeders.excess_mAs[g] = 9 * bleeders.stretch_mAs
    bleeders.owe(1)
    assert bleeders.pick()
    bleeders.switch_on()
    assert [bleeders.bled(g) for g in range(6)] == [1, 0] * 3


@pytest.mark.parametrize("taps", [(1,), (5, 7), (12, 12), (48,)])
def test_no_more_are_warm_together_than_a_stack_may_bear(taps: tuple[int, ...]) -> None:
    for mA in range(1, 400):
        pack = bled("warm", mA, taps=taps, stacks=1)
        assert Bleeders(pack, len(taps)).together == Plain(pack).together


@packs
def test_at_first_nothing_is_owed_counted_or_carried_and_whoever_copies_says_how_many(pack: Pack) -> None:
    groups = group_count(pack)
    bleeders = Bleeders(pack, groups)
    assert (bleeders._carry_mAms, bleeders._all_mA, bleeders._all_mAms) == (0, 0, 0)
    for values in (bleeders.excess_mAs, bleeders.left_mAs, bleeders.bled_mAs, bleeders.today_mAs):
        assert len(values) == groups and not any(values)
    assert bleeders._count(5) == groups
    assert _copy(bleeders.left_mAs, bleeders.excess_mAs, 1, 3) == 3


def test_assumptions_are_as_declared() -> None:
    assert (PART_permille, WARMTH_mW, BLEED_ms, DAY_ms, DAY_permille) == (50, 3_000, 50_000, 86_400_000, 10)
    assert (WORDS, GROUPS_MAX) == (4, 64)
