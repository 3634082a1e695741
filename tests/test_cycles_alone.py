"""The ledger of thermal cycles agrees, word by word and step by step, with the docstring of cycles.py in plain words."""

import random
from array import array
from fractions import Fraction
from functools import cache
from math import ceil
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import cycles as C
from bms.control.cycles import COUNT_MAX, DEPTH, Cycles, DAMAGE_MAX_ppm, TURN_ddegC
from bms.packs import bench_24, ev_240
from bms.schema import PACK_FIELDS, Pack, replaced

WORDS = 39
LAWS = ((400, 20_000, 4), (10, 10_000_000, 1), (2000, 1, 6), (333, 777, 5), (400, 1_000_000, 2), (1, 16, 1), (16_384, 3, 3))
THREE = replaced(Pack, PACK_FIELDS, bench_24.PACK, stacks=3, probe_stack=(0, 2, 1, 1, 2, 1))


def lived(law: tuple[int, int, int], pack: Pack = THREE) -> Pack:
    thermal = pack.thermal._replace(swing_ddegK=law[0], swing_life_count=law[1], swing_exponent=law[2])
    return replaced(Pack, PACK_FIELDS, pack, thermal=thermal)


def fifteen(x: Fraction) -> tuple[int, int]:
    """The next number, not below, of 15 bits and a power of two."""
    e = x.numerator.bit_length() - x.denominator.bit_length() - 15
    while ceil(x / Fraction(2) ** e) > 32_767:
        e += 1
    return ceil(x / Fraction(2) ** e), e


def value(m: int, e: int) -> Fraction:
    return m * Fraction(2) ** e


@cache
def price(law: tuple[int, int, int], swing: int, halves: int) -> tuple[int, int]:
    """Coffin and Manson, each product rounded up."""
    cost = fifteen(Fraction(1_000_000 * halves, 2 * law[1]))
    for _ in range(law[2]):
        cost = fifteen(value(*cost) * value(*fifteen(Fraction(swing, law[0]))))
    return cost


class Plain:
    """One stack."""

    def __init__(self, law: tuple[int, int, int]) -> None:
        self.law = law
        self.points: list[int] = []
        self.last = self.way = self.halves = self.largest = self.ppm = self.rest = 0
        self.changed = False

    def words(self) -> list[int]:
        return [len(self.points), self.last, self.way, self.halves, self.largest, self.ppm, self.rest, *self.points]

    def waits(self) -> bool:
        """The last swing is as large as the one before."""
        if len(self.points) < 3:
            return False
        a, b, c = self.points[-3:]
        return abs(c - b) >= abs(b - a)

    def count(self, swing: int, halves: int) -> None:
        swing = min(swing, 8191)
        self.changed = True
        self.halves = min(self.halves + halves, COUNT_MAX)
        self.largest = max(self.largest, swing)
        self.add(*price(self.law, swing, halves))

    def add(self, cost: int, bits: int) -> None:
        """In 2^-28 of a ppm, of what is smaller one more."""
        if bits >= 6:
            self.ppm = DAMAGE_MAX_ppm
            return
        total = self.rest + (cost << (bits + 28) if bits >= -28 else (cost >> -28 - bits) + 1)
        self.rest = total % (1 << 28)
        self.ppm = min(self.ppm + (total >> 28), DAMAGE_MAX_ppm)

    def reach(self, t: int) -> None:
        self.last = t
        self.largest = min(8191, max(self.largest, abs(t - self.points[-1])))
        self.changed = True

    def take(self, t: int) -> int:
        if not self.points:
            self.points, self.last, self.changed = [t], t, True
            return 0
        waits = self.waits()
        if waits:
            a, b = self.points[-3:-1]
            if len(self.points) == 3:
                del self.points[0]
                self.count(abs(b - a), 1)
            else:
                del self.points[-3:-1]
                self.count(abs(b - a), 2)
            waits = self.waits()
        off = t - self.last
        if not self.way:
            if abs(off) >= TURN_ddegC:
                self.way = 1 if off > 0 else -1
                self.reach(t)
        elif off * self.way > 0:
            self.reach(t)
        elif not waits and off * self.way <= -TURN_ddegC:
            if len(self.points) == DEPTH:
                a, b = self.points[:2]
                del self.points[0]
                self.count(abs(b - a), 2)
            self.points.append(self.last)
            self.reach(t)
            self.way = -self.way
            waits = self.waits()
        return int(waits)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(3))
def test_every_word_of_three_stacks_is_what_the_plain_words_say(law: tuple[int, int, int], seed: int) -> None:
    dice = random.Random(seed)
    ledger, stacks = Cycles(lived(law)), [Plain(law) for _ in range(3)]
    assert len(ledger.rows) == 3 * WORDS and not any(ledger.rows) and ledger.changed is False
    t = [250, 250, 250]
    for k in range(360):
        s = dice.randrange(3)
        one = stacks[s]
        far = (40, 300, 9000)[k // 120]
        t[s] = dice.choice([t[s], one.last, one.last + 10, one.last - 10, one.last + 9, one.last - 9, dice.randint(-far, far)])
        if one.points and dice.random() < 0.3:
            swing = abs(one.last - one.points[-1])
            t[s] = one.last + dice.choice([-1, 1]) * (swing + dice.choice([-1, 0, 1]))
        ledger.changed = one.changed = False
        assert ledger.take(s, t[s]) == one.take(t[s])
        assert ledger.changed is one.changed
        for place, other in enumerate(stacks):
            row = list(ledger.rows[WORDS * place : WORDS * place + 7 + len(other.points)])
            assert row == other.words()
            said = ledger.half_swings(place), ledger.largest_ddegC(place), ledger.damage_ppm(place)
            assert said == (other.halves, other.largest, other.ppm)


def test_more_points_than_there_is_room_for_push_the_oldest_out() -> None:
    ledger, one = Cycles(lived(LAWS[0])), Plain(LAWS[0])
    for k in range(DEPTH + 6):
        t = 250 + (1 if k % 2 else -1) * (900 - 7 * k)
        assert ledger.take(2, t) == one.take(t)
        assert list(ledger.rows[2 * WORDS : 2 * WORDS + 7 + len(one.points)]) == one.words()
    assert one.halves > 0 and not any(ledger.rows[: 2 * WORDS])


@pytest.mark.parametrize("law", LAWS)
def test_one_swing_of_any_size_costs_what_the_plain_words_say(law: tuple[int, int, int]) -> None:
    dice = random.Random(law[0])
    pack = lived(law)
    for swing in (10, 1023, 1024, 2047, 2048, 4095, 4096, 4097, 8190, 8191, 8192, *(dice.randint(10, 8191) for _ in range(60))):
        for halves in (1, 2):
            ledger, one = Cycles(pack), Plain(law)
            ledger.rows[WORDS + 6] = one.rest = dice.choice([0, 1, (1 << 28) - 1, dice.randrange(1 << 28)])
            ledger.rows[WORDS + 5] = one.ppm = dice.choice([0, 1, DAMAGE_MAX_ppm - 1])
            ledger._count(WORDS, swing, halves)
            one.count(swing, halves)
            assert list(ledger.rows[WORDS : WORDS + 7]) == one.words()


@pytest.mark.parametrize("bits", range(-60, 9))
def test_any_price_is_added_to_the_last_part_of_a_ppm_and_what_is_smaller_as_one_more(bits: int) -> None:
    dice = random.Random(bits)
    pack = lived(LAWS[0])
    for cost in (16_384, 16_385, 32_767, dice.randrange(16_384, 32_768)):
        for rest in (0, 1, (1 << 28) - 1, (1 << 28) - 16_384 % (1 << 28), dice.randrange(1 << 28)):
            ledger, one = Cycles(pack), Plain(LAWS[0])
            ledger.rows[6] = one.rest = rest
            ledger._add(0, cost, bits)
            one.add(cost, bits)
            assert (ledger.rows[5], ledger.rows[6]) == (one.ppm, one.rest)


def test_a_count_stops_at_what_the_wire_can_say() -> None:
    assert (COUNT_MAX, DAMAGE_MAX_ppm, DEPTH, TURN_ddegC) == ((1 << 20) - 1, (1 << 20) - 1, 32, 10)
    ledger = Cycles(lived(LAWS[4]))
    for before, halves, after in ((COUNT_MAX - 2, 1, COUNT_MAX - 1), (COUNT_MAX - 2, 2, COUNT_MAX), (COUNT_MAX, 1, COUNT_MAX)):
        ledger.rows[3] = before
        ledger._count(0, 100, halves)
        assert ledger.half_swings(0) == after


@pytest.mark.parametrize("pack", [THREE, ev_240.PACK], ids=["three", "ev_240"])
def test_each_round_takes_the_mean_of_the_next_stack_s_probes_while_they_are_heard(pack: Pack) -> None:
    dice = random.Random(4)
    ledger, ours = Cycles(pack), Cycles(pack)
    snap: Any = SimpleNamespace(
        probes=len(pack.probe_stack), probe_stack=array("i", pack.probe_stack), probe_ddegC=array("i", pack.probe_stack)
    )
    turn = 0
    for _ in range(200):
        for k in range(snap.probes):
            snap.probe_ddegC[k] = dice.randint(-400, 900)
        snap.probe_oldest_ms = dice.choice([0, 59_999, 60_000, 60_001])
        said = ledger.step(snap)
        if snap.probe_oldest_ms < 60_000:
            own = [t for t, s in zip(snap.probe_ddegC, pack.probe_stack) if s == turn]
            assert said == ours.take(turn, sum(own) // len(own))
            turn = (turn + 1) % pack.stacks
        else:
            assert said == 0
        assert ledger.rows == ours.rows


def row(points: list[int], last: int, way: int) -> list[int]:
    return [len(points), last, way, 5, 900, 17, 250, *points, *[0] * (32 - len(points))]


ZIGZAG = [250 + (-1) ** k * (300 + 10 * k) for k in range(DEPTH)]
TRUE = {
    "nothing yet": row([], 0, 0),
    "one point, no way": row([250], 250, 0),
    "one point, no way, and the last may be any": row([250], 255, 0),
    "up": row([250], 260, 1),
    "down": row([250], 240, -1),
    "a swing as small as any": row([250, 260], 250, -1),
    "counts and damage at their ends": [1, 260, 1, (1 << 20) - 1, 8191, (1 << 20) - 1, (1 << 28) - 1, 250, *[0] * 31],
    "counts and damage at nothing": [1, 260, 1, 0, 0, 0, 0, 250, *[0] * 31],
    "as many points as there is room for": row(ZIGZAG, ZIGZAG[-1] + 10, 1),
}
FALSE = {
    "fewer than none": [-1, *TRUE["up"][1:]],
    "more points than places": [DEPTH + 1, *TRUE["as many points as there is room for"][1:]],
    "a way from nowhere": row([], 10, 1),
    "no such way up": row([250], 270, 2),
    "no such way down": row([250], 230, -2),
    "no swing": row([250, 250], 300, 1),
    "a swing too small, up": row([250, 259, 100], 300, 1),
    "a swing too small, down": row([250, 100, 91], 300, 1),
    "the last of all too small": row([*ZIGZAG[:-1], ZIGZAG[-2] + 9], 900, 1),
    "the extreme at its point": row([250], 250, 1),
    "the extreme too near above": row([250, 100], 109, 1),
    "the extreme too near below": row([100, 250], 241, -1),
    "points that go one way": row([250, 300, 350], 200, -1),
    "one that does not turn in the middle": row([250, 300, 290, 250], 300, 1),
    "the extreme on the side where it was": row([250, 300], 330, 1),
    "the extreme on the other side than said": row([250, 300], 290, 1),
    "up, and the extreme below": row([250], 240, 1),
    "two points and no way": row([250, 300], 300, 0),
    "fewer halves than none": [*TRUE["up"][:3], -1, *TRUE["up"][4:]],
    "more halves than the wire can say": [*TRUE["up"][:3], 1 << 20, *TRUE["up"][4:]],
    "a largest of less than nothing": [*TRUE["up"][:4], -1, *TRUE["up"][5:]],
    "a largest beyond any": [*TRUE["up"][:4], 8192, *TRUE["up"][5:]],
    "damage of less than nothing": [*TRUE["up"][:5], -1, *TRUE["up"][6:]],
    "more damage than the wire can say": [*TRUE["up"][:5], 1 << 20, *TRUE["up"][6:]],
    "a rest of less than nothing": [*TRUE["up"][:6], -1, *TRUE["up"][7:]],
    "a rest of a whole": [*TRUE["up"][:6], 1 << 28, *TRUE["up"][7:]],
}


@pytest.mark.parametrize("stack", range(3))
@pytest.mark.parametrize("name", [*TRUE, *FALSE])
def test_rows_are_taken_back_whole_if_every_stack_s_points_are_turning_points(name: str, stack: int) -> None:
    ledger = Cycles(lived(LAWS[0]))
    ledger.take(0, 123)
    stacks = [TRUE["up"], TRUE["down"], TRUE["nothing yet"]]
    stacks[stack] = TRUE.get(name) or FALSE[name]
    rows = array("i", [*stacks[0], *stacks[1], *stacks[2]])
    before = ledger.rows[:]
    ledger.changed = True
    fits = name in TRUE
    assert ledger.restore(rows) is fits
    assert ledger.rows == (rows if fits else before) and ledger.changed is not fits
    for wrong in (rows[:-1], rows + rows[:1]):
        assert ledger.restore(wrong) is False
    assert C.Cycles(bench_24.PACK).restore(rows) is False


@pytest.mark.parametrize("law", LAWS[:2])
def test_every_row_that_a_ledger_ever_had_is_taken_back(law: tuple[int, int, int]) -> None:
    dice = random.Random(2)
    ledger = Cycles(lived(law))
    t = 250
    for _ in range(400):
        t += dice.choice([0, 3, -3, 9, -10, 11, -60, 60, 500, -500])
        ledger.take(1, t)
        assert Cycles(lived(law)).restore(ledger.rows) is True


EDGES = (
    ((400, 62_499, 1), 4_096),  # a cost between 16 384 and a half more
    ((16_383, 1_000, 1), 4_096),  # a part that exceeds a whole number by as little as any can
    ((333, 134, 1), 6_791),  # a product of 30 bits that exceeds one by one
    ((333, 190, 1), 7_083),  # and of 29 bits
)


@pytest.mark.parametrize(("law", "swing"), EDGES)
def test_a_price_that_exceeds_fifteen_bits_by_the_least_is_rounded_up(law: tuple[int, int, int], swing: int) -> None:
    for halves in (1, 2):
        ledger, one = Cycles(lived(law)), Plain(law)
        ledger._count(0, swing, halves)
        one.count(swing, halves)
        assert list(ledger.rows[:7]) == one.words()
