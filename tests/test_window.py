"""Where the pack may be operated: the lines of over-current and the windows of temperature agree with plain arithmetic."""

import random
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.window import FALL_ms, Window
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced

# one whose pulse table has another shape and whose charge trips above the map by more than what it may ever carry
ODD_CELL = replaced(
    Cell,
    CELL_FIELDS,
    bench_24.PACK.cell,
    capacity_mAh=99_990,
    discharge_pulse_mC=tuple(7 * k % 11 * 450 + 333 for k in range(len(bench_24.PACK.cell.discharge_ddegC))),
)
ODD = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="odd", cell=ODD_CELL, open_current_dA=31)
PACKS = (bench_24.PACK, ev_240.PACK, ODD)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def line(x: int, xs: Sequence[int], ys: Sequence[Fraction]) -> Fraction:
    if x <= xs[0]:
        return ys[0]
    for a, b, ya, yb in zip(xs, xs[1:], ys, ys[1:]):
        if x <= b:
            return ya + (yb - ya) * Fraction(x - a, b - a)
    return ys[-1]


def most(pack: Pack, mC: int) -> int:
    """A rate in dA, rounded down: the capacity in whole 10 mAh."""
    return pack.cell.capacity_mAh // 10 * mC // 10_000


def error_dA(pack: Pack) -> int:
    """What sensor A may err at the highest charge current: offset, four sigma, a step, the gain on whole amperes."""
    a = pack.current_a_sensor
    amperes = most(pack, pack.cell.charge_max_mC) * 100 // 1000
    error_mA = (a.offset_u + 4 * a.noise_u + a.lsb_u + amperes * a.gain_ppm) // 1000 + 1
    return int(error_mA // 100 + 1)


class Seen:
    """A window, and what it is shown."""

    def __init__(self, pack: Pack) -> None:
        self.signals = N.Signals()
        self.window = Window(pack, self.signals)
        self.snap: Any = SimpleNamespace(current_dA=0, hottest_probe=3, coldest_probe=5)
        self.bound: Any = SimpleNamespace(hot_ddegC=250, cold_ddegC=200, resting=False, settled=True)

    def step(self, dA: int, bits: int = S.PROBES, hot: int = 250, cold: int = 200) -> int:
        self.snap.current_dA = dA
        self.bound.hot_ddegC, self.bound.cold_ddegC = hot, cold
        return self.window.step(self.snap, bits, self.bound)

    def value(self, *places: int) -> list[int]:
        return [self.signals.value[k] for k in places]


@packs
def test_before_the_first_look_the_lines_stand_at_what_the_cell_ever_carries(pack: Pack) -> None:
    window = Seen(pack).window
    assert window.charge_line_dA == most(pack, pack.cell.charge_max_mC) + error_dA(pack)
    assert window.discharge_line_dA == most(pack, pack.cell.discharge_trip_mC)


@packs
def test_current_beyond_a_line_is_told_in_every_tick_whether_temperatures_are_new_or_not(pack: Pack) -> None:
    seen = Seen(pack)
    for bits in (0, S.PROBES, 0xFFFF & ~S.PROBES):
        for dA in (0, 5, -5, 3000, -3000):
            before = seen.window.discharge_line_dA
            beyond = seen.step(dA, bits)
            assert beyond == dA - seen.window.charge_line_dA == seen.signals.value[N.CHARGE_BEYOND_dA]
            line_dA = seen.window.discharge_line_dA
            assert seen.signals.value[N.DISCHARGE_BEYOND_dA] == -dA - line_dA
            if not bits & S.PROBES:
                assert line_dA == before


@packs
def test_the_line_of_charge_is_the_map_with_its_margin_and_falls_from_its_full_height_in_two_seconds(pack: Pack) -> None:
    seen = Seen(pack)
    full = most(pack, pack.cell.charge_max_mC)
    error = error_dA(pack)
    assert FALL_ms == 2000
    fall = full * 100 // 2000 + 1
    dice = random.Random(3)
    was = full + error
    lines = [0] * 4
    stretches = [dice.randint(0, top) for top in (2 * full, full, full // 2, full // 9, 9) for _ in range(15)]
    for map_dA in [0] * 30 + [full, full, 0, 0, full // 2, *stretches]:
        want = min(map_dA * pack.cell.charge_trip_permille // 1000, full) + error
        lines.append(want)
        held = max(lines[-5:])
        assert seen.window.refresh(map_dA) == held, "what was allowed half a second ago"
        was = max(held, was - fall)
        assert seen.window.charge_line_dA == was
    for _ in range(26):
        seen.window.refresh(0)
    assert seen.window.charge_line_dA == error


@packs
@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("resting", [False, True])
def test_while_the_contactors_are_open_and_temperatures_are_known_a_line_falls_at_once(
    pack: Pack, resting: bool, settled: bool
) -> None:
    seen = Seen(pack)
    seen.bound.resting, seen.bound.settled = resting, settled
    seen.step(0, 0, 250, 200)
    seen.window.refresh(0)
    full = most(pack, pack.cell.charge_max_mC)
    assert seen.window.charge_line_dA == full + error_dA(pack) - (full * 100 // 2000 + 1), "probes have not been looked at"
    coldest = min(pack.cell.discharge_ddegC)
    seen.step(0, S.PROBES, coldest, coldest)
    seen.window.refresh(0)
    at_once = resting and settled
    assert (seen.window.charge_line_dA == error_dA(pack)) == at_once
    full = most(pack, pack.cell.discharge_trip_mC)
    part = pack.cell.discharge_pulse_mC[0] * 1000 // max(pack.cell.discharge_pulse_mC)
    low = full * part // 1000 + error_dA(pack)
    assert seen.window.discharge_line_dA == (low if at_once else max(low, full - (full * 100 // 2000 + 1)))
    seen.bound.resting = False
    seen.step(0, S.PROBES, 250, 200)
    for map_dA in (full, 0, 0, 0, 0, 0, 0):
        seen.window.refresh(map_dA)
    assert seen.window.charge_line_dA > most(pack, pack.cell.charge_max_mC) // 2, "closed, it waits and then comes down slowly"


@packs
def test_the_line_of_discharge_follows_the_pulse_table_at_the_worse_of_two_temperatures(pack: Pack) -> None:
    seen = Seen(pack)
    cell = pack.cell
    full = most(pack, cell.discharge_trip_mC)
    fall = full * 100 // 2000 + 1
    shape = [Fraction(c * 1000 // max(cell.discharge_pulse_mC)) for c in cell.discharge_pulse_mC]
    dice = random.Random(4)
    was = full
    ends = (*cell.discharge_ddegC, *(t + d for t in cell.discharge_ddegC for d in (-7, 7)))
    cases = [(hot, cold) for hot in ends for cold in ends if cold <= hot]
    for hot, cold in dice.sample(cases, 150) + [(250, 200)] * 30:
        part = min(floor(line(t, cell.discharge_ddegC, shape)) for t in (hot, cold))
        was = max(full * part // 1000 + error_dA(pack), was - fall)
        seen.step(0, S.PROBES, hot, cold)
        assert seen.window.discharge_line_dA == was


@packs
def test_a_temperature_counts_for_the_direction_in_which_current_flows(pack: Pack) -> None:
    seen = Seen(pack)
    idle = pack.open_current_dA // 2 + 1
    both = (N.HOT_CHARGE_ddegC, N.COLD_CHARGE_ddegC, N.HOT_DISCHARGE_ddegC, N.COLD_DISCHARGE_ddegC)
    far = [-4000, 4000]
    for dA, charge, discharge in (
        (idle, far, far),
        (idle + 1, [333, -77], far),
        (-idle, far, far),
        (-idle - 1, far, [333, -77]),
        (0, far, far),
        (4000, [333, -77], far),
        (-4000, far, [333, -77]),
    ):
        seen.step(dA, S.PROBES, 333, -77)
        assert seen.value(*both) == charge + discharge
        assert seen.value(N.HOT_ddegC) == [333]
    where = seen.signals.where
    assert [where[k] for k in (N.HOT_ddegC, N.HOT_CHARGE_ddegC, N.HOT_DISCHARGE_ddegC)] == [3, 3, 3]
    assert [where[k] for k in (N.COLD_CHARGE_ddegC, N.COLD_DISCHARGE_ddegC)] == [5, 5]
    seen.step(0, 0xFFFF & ~S.PROBES, 500, 500)
    assert seen.value(N.HOT_ddegC) == [333], "temperatures move when probes are new"
