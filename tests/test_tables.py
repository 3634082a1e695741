"""The arithmetic under every table agrees with fractions and with plain search, and rounds to the side that it names."""

import itertools
import random
import subprocess
from array import array
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import pytest

from bms.cells.si_ceramic_20ah import CELL
from bms.safety import tables

DICE = random.Random(7)


def knots() -> list[int]:
    """Two to eight rising numbers, near or far apart."""
    far = DICE.choice([12, 300, 2000])
    return sorted(DICE.sample(range(-far, far), DICE.randint(2, 8)))


def line(x: int, xs: Sequence[int], ys: Sequence[int]) -> Fraction:
    """The broken line through the points at x, level beyond its ends."""
    if x <= xs[0]:
        return Fraction(ys[0])
    for a, b, ya, yb in zip(xs, xs[1:], ys, ys[1:]):
        if a <= x <= b:
            return ya + Fraction((yb - ya) * (x - a), b - a)
    return Fraction(ys[-1])


def around(xs: Sequence[int]) -> set[int]:
    """The knots, their neighbours, and places in between."""
    return {x + d for x in xs for d in (-1, 0, 1)} | {(a + b) // 2 for a, b in itertools.pairwise(xs)}


def test_between_two_points_lies_the_straight_line_rounded_down_and_beyond_the_ends_their_values() -> None:
    for _ in range(40):
        xs = knots()
        ys = [DICE.randint(-5000, 5000) for _ in xs]
        for x in around(xs):
            assert tables.interpolated(x, array("i", xs), array("i", ys)) == floor(line(x, xs, ys))


def test_a_segment_begins_at_its_first_knot_and_the_outer_ones_reach_outward() -> None:
    for _ in range(40):
        xs = knots()
        for x in around(xs):
            reached = [k for k in range(len(xs) - 1) if xs[k] <= x]
            assert tables.segment(x, array("i", xs)) == (reached[-1] if reached else 0)


def test_a_dropped_voltage_is_ohms_law_rounded_up_and_above_a_line_the_resistance_in_hundreds() -> None:
    for r_uohm in (*range(130), *range(65_430, 65_640), *(DICE.randrange(1 << 24) for _ in range(300))):
        for i_dA in (0, 1, 2, 99, 100, 101, 9_999, 10_000, 16_384, DICE.randrange(16_384)):
            fine = ceil(Fraction(r_uohm * i_dA, 10_000))
            coarse = ceil(Fraction(ceil(Fraction(r_uohm, 100)) * i_dA, 100))
            assert tables.drop_mV(r_uohm, i_dA) == (fine if r_uohm < 65_536 else coarse)


def test_a_current_is_what_ohms_law_allows_at_a_hundred_volts_at_most_rounded_down() -> None:
    for v_mV in (0, 1, 2, 99_999, 100_000, 100_001, 100_002, 200_000, *(DICE.randrange(100_000) for _ in range(50))):
        for r_uohm in (1, 2, 3, 9_999, 10_000, 10_001, DICE.randrange(1, 1 << 24)):
            assert tables.current_dA(v_mV, r_uohm) == floor(Fraction(min(v_mV, 100_000) * 10_000, r_uohm))


def test_the_highest_is_the_largest_of_the_stretch_with_its_ends() -> None:
    for _ in range(100):
        values = [DICE.randint(-(1 << 29), (1 << 29) - 1) for _ in range(DICE.randint(1, 12))]
        first = DICE.randrange(len(values))
        last = DICE.randrange(first, len(values))
        assert tables.highest(array("i", values), first, last) == max(values[first : last + 1])


def test_a_resistance_on_the_line_is_taken_in_hundreds() -> None:
    assert tables.drop_mV(65_535, 16_384) == 107_373  # 107 372.544
    assert tables.drop_mV(65_536, 16_384) == 107_480  # as 65 600
    assert tables.SMALL_uohm * 16_384 == 1 << 30
    assert tables.UOHM_dA_PER_mV == 10_000


@pytest.mark.parametrize("value", [-(1 << 29), -1, 0, 1, (1 << 29) - 1])
def test_the_highest_of_one_is_that_one_up_to_its_bounds(value: int) -> None:
    assert tables.highest(array("i", [value]), 0, 0) == value


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 40])
def test_where_a_rank_stands_is_found_among_many_like_it_and_out_to_the_very_ends_of_thirty_bits(n: int) -> None:
    end = 1 << 29
    for _ in range(60):
        choices = [0, 0, 1, -1, end - 1, -end, 1 - end, DICE.randint(-end, end - 1)]
        values = [DICE.choice(choices) for _ in range(n)]
        for rank, value in enumerate(sorted(values)):
            assert tables.nth(array("i", values), n, rank) == values.index(value)
    assert tables.nth(array("i", [*range(n), -5]), n, 0) == 0, "only the first n are looked at"


def test_micropython_finds_the_same_places(micropython: str, root: Path) -> None:
    lists = [[DICE.randint(-reach, reach) for _ in range(n)] for reach in (2, 5000, (1 << 29) - 1) for n in (1, 2, 7, 40)]
    script = (
        "import sys\nsys.path.append('.')\nfrom array import array\nfrom bms.safety.tables import nth\n"
        f"for v in {lists!r}:\n    print([nth(array('i', v), len(v), k) for k in range(len(v))])\n"
    )
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    ours = [str([tables.nth(array("i", v), len(v), k) for k in range(len(v))]) for v in lists]
    assert done.stdout.splitlines() == ours, done.stderr


@pytest.mark.parametrize("factor", [CELL.r0_permille, CELL.r1_permille, CELL.r2_permille])
@pytest.mark.parametrize("over_ddegC", [0, 20, 50, 100])
def test_a_fall_is_never_less_than_what_any_temperature_there_or_warmer_loses(factor: tuple[int, ...], over_ddegC: int) -> None:
    """Brute force over degrees; what is more than it is rounding."""
    xs = CELL.r_ddegC
    said = tables.build_falls(xs, factor, over_ddegC)
    assert len(said) == len(xs) - 1
    for k in range(len(said)):
        places = range(xs[k], xs[-1] + 1, 10)
        worst = max(1000 * (1 - line(at + over_ddegC, xs, factor) / line(at, xs, factor)) for at in places)
        assert worst <= said[k] <= worst + 3 + Fraction(1000, min(factor))


@pytest.mark.parametrize(
    ("xs", "factor", "over", "expected"),
    [
        # from 50 to 100 it loses 200 of 800, from 150 to 200 50 of 550: each a unit more, in permille, rounded up
        ((0, 100, 200), (1000, 600, 500), 50, [252, 93]),
        ((0, 100), (500, 400), 0, [3]),
        ((0, 100), (500, 300), 0, [4]),
        ((0, 100), (500, 400), 1000, [203]),
        # the steepest part is the warmest, and the cold ones lose no less
        ((0, 100, 200, 300), (1000, 990, 980, 400), 100, [593, 593, 593]),
    ],
)
def test_falls_of_small_tables_are_known_by_hand(
    xs: tuple[int, ...], factor: tuple[int, ...], over: int, expected: list[int]
) -> None:
    assert list(tables.build_falls(xs, factor, over)) == expected
