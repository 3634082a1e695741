"""The bounds of layers agree, tick by tick and part by part, with the docstring's sums in plain words.

Core and falls of resistances are held by tests of their own (test_core_alone, test_tables) and used as they are.
"""

import random
from array import array
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import signals as N
from bms.safety.bound import PHASES, Bound
from bms.safety.core import Core
from bms.safety.tables import build_falls
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced

BENCH = bench_24.PACK
# resistances beyond 65 536 uohm, branches that part and meet, time constants shorter than a round, knots at odd places
HIGH = replaced(
    Cell,
    CELL_FIELDS,
    BENCH.cell,
    r0_uohm=tuple(41_003 + 977 * (k * 7 % 21) for k in range(21)),
    r1_uohm=tuple(60_107 + 1_009 * (k * 5 % 21) for k in range(21)),
    r2_uohm=tuple(90_001 - 1_013 * (k * 4 % 21) for k in range(21)),
    tau1_ms=tuple(70 + 3 * k for k in range(21)),
    tau2_ms=tuple(9_990 - 37 * (k * 8 % 21) for k in range(21)),
    hyst_mV=tuple(20 + 11 * (k * 13 % 21) for k in range(21)),
)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BENCH,
    name="odd",
    cell=HIGH,
    taps=(12, 7, 3),
    stacks=2,
    spread_soc_permille=23,
    soc_match_permille=417,
    spread_capacity_permille=77,
    spread_r_permille=117,
    spread_hyst_permille=91,
    spread_t_ddegC=41,
)
PAIRS = replaced(Pack, PACK_FIELDS, ODD, name="pairs", taps=(2, 2, 2), stacks=1, spread_r_permille=1000)
NARROW = replaced(Pack, PACK_FIELDS, PAIRS, cell=BENCH.cell, spread_soc_permille=0, spread_capacity_permille=0)
LONE = replaced(Pack, PACK_FIELDS, NARROW, name="lone", taps=(1,) * 4)
PACKS = (BENCH, ev_240.PACK, ODD, LONE, PAIRS)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MEMORY_MAX = (1 << 30) - 1
# the last one is the wrong way round
WINDOWS = ((500, 500), (0, 1000), (0, 0), (1000, 1000), (430, 430), (49, 50), (300, 301), (760, 1000), (417, 424), (900, 100))


def per(value: int, divisor: int) -> int:
    """Rounded down."""
    return floor(Fraction(value, divisor))


def per_up(value: int, divisor: int) -> int:
    return ceil(Fraction(value, divisor))


def drop_mV(r_uohm: int, dA: int) -> int:
    """Rounded up; a resistance from 65 536 uohm on is taken in hundreds."""
    return per_up(r_uohm * dA, 10_000) if r_uohm < 65_536 else per_up(per_up(r_uohm, 100) * dA, 100)


def line(x: int, xs: tuple[int, ...], ys: tuple[int, ...]) -> int:
    """The broken line, level beyond its ends, rounded down."""
    x = min(max(x, xs[0]), xs[-1])
    k = max(k for k in range(len(xs) - 1) if xs[k] <= x)
    return floor(ys[k] + Fraction((ys[k + 1] - ys[k]) * (x - xs[k]), xs[k + 1] - xs[k]))


class Plain:
    """What the docstring says, a part a tick."""

    def __init__(self, pack: Pack, memory_dA: int) -> None:
        cell = pack.cell
        self.pack, self.cell, self.core = pack, cell, Core(pack)
        n = max(pack.taps)
        self.hidden = n > 1
        self.twice = per(2000 * (n - 1), n) + self.hidden
        s = pack.group_sensor
        error = (s.offset_u + 4 * s.noise_u + s.lsb_u + per(n * cell.v_max_mV[2], 1000) * s.gain_ppm) // 1000 + 1
        self.error_mV = per(error, min(pack.taps)) + 1
        self.tables = ((cell.r0_uohm, cell.r0_permille), (cell.r1_uohm, cell.r1_permille), (cell.r2_uohm, cell.r2_permille))
        self.falls = [build_falls(cell.r_ddegC, part, pack.spread_t_ddegC) for _, part in self.tables]
        self.fixed = [memory_dA << 16] * 2
        self.memory = [memory_dA] * 2
        self.r, self.apart = [0] * 3, [0] * 3
        self.r_high = self.r_low = 1
        self.peak = self.base = self.slow = self.now_uohm = self.sister = 0
        self.round_ms = 100
        self.hot, self.cold, self.warm, self.settled = 2000, -2000, False, False

    def refresh(self, snap: Any, lo: int, hi: int, phase: int) -> None:
        """One part."""
        pack, cell = self.pack, self.cell
        if phase == 0:
            self.hot = self.core.refresh(snap, max(self.peak, *self.memory), self.r_high)
            self.cold = self.core.cold_ddegC
            self.warm = self.hot < cell.t_discharge_max_ddegC[1] and self.cold > cell.t_discharge_min_ddegC[1]
            match = pack.soc_match_permille
            self.spread = pack.spread_soc_permille + per_up(pack.spread_capacity_permille * max(hi - match, match - lo), 1000)
            first = min(max(per(lo - 2 * self.spread, 50), 0), 19)
            self.segments = range(first, max(first, min(per(hi + 2 * self.spread, 50), 19)) + 1)
        elif phase == 1:
            ocv, hyst = cell.ocv_mV, cell.hyst_mV
            slope = max(ocv[k + 1] - ocv[k] + abs(hyst[k + 1] - hyst[k]) for k in self.segments)
            m = max(max(hyst[k], hyst[k + 1]) for k in self.segments)
            of_m = pack.spread_hyst_permille + pack.spread_capacity_permille
            if self.hidden:
                self.base = per((per(self.twice * self.spread, 1000) + 1) * slope, 50) + 1
                self.base += per((per(self.twice * of_m, 1000) + 1) * m, 1000) + 1
            self.sister = per(2 * of_m * m, 1000) + 2 + per(2 * self.spread * slope, 50)
            self.hot_part = line(self.hot, cell.r_ddegC, cell.r0_permille)
        elif phase < 5:
            self.resistance(phase - 2)
            if phase == 2:
                least = per(cell.r0_uohm[10] * self.hot_part, 1000)
                self.r_low = per(least * (1000 - pack.spread_r_permille), 1000) + 1
            if phase == 4:
                self.r_high = sum(self.r)
        else:
            soon = per(self.apart[1] * 100, min(cell.tau1_ms)) + per(self.apart[2] * 100, min(cell.tau2_ms))
            self.now_uohm = self.apart[0] + soon + 2
            self.remember()

    def resistance(self, j: int) -> None:
        """Of the coldest layer in the worst place at the high end of the spread, and how far it is from its group's mean."""
        table, part = self.tables[j]
        worst = max(max(table[k], table[k + 1]) for k in self.segments)
        worst = per(worst * (line(self.cold, self.cell.r_ddegC, part) + 1), 1000)
        self.r[j] = per(per(worst, 10) * (1000 + self.pack.spread_r_permille), 100) + 1
        knots = self.cell.r_ddegC
        cold = min(max(self.cold, knots[0]), knots[-1])
        k = max(k for k in range(len(knots) - 1) if knots[k] <= cold)
        part_apart = per(self.twice * self.pack.spread_r_permille, 1000) + 1
        self.apart[j] = per(per(self.r[j], 10) * (part_apart + self.falls[j][k]), 100) + 1

    def remember(self) -> None:
        """Rises at the shortest time constant, falls at the longest."""
        now = self.peak << 16
        for k, tau_ms in enumerate((self.cell.tau1_ms, self.cell.tau2_ms) if self.round_ms else ()):
            was = self.fixed[k]
            rounds = max(1, min(tau_ms) // self.round_ms) if now > was else max(tau_ms) // self.round_ms + 1
            self.fixed[k] = min(was + per(now - was, rounds) + 1, MEMORY_MAX)
            self.memory[k] = (self.fixed[k] >> 16) + 1
        self.peak = self.round_ms = 0
        self.slow = self.base
        if self.hidden:
            self.slow += drop_mV(self.apart[1], self.memory[0]) + drop_mV(self.apart[2], self.memory[1])

    def apart_mV(self, snap: Any, lo: int, hi: int, excess_mV: int, phase: int, dt_ms: int) -> int:
        """How far a layer may stand from its group's mean, at the end of this tick."""
        if phase < 6:
            self.refresh(snap, lo, hi, phase)
        if not self.settled and snap.probe_oldest_ms < 60_000:
            self.settled = True
            for k in range(6):
                self.refresh(snap, lo, hi, k)
        dA = abs(snap.current_dA)
        self.peak = max(self.peak, dA)
        self.round_ms += dt_ms
        return self.slow + excess_mV + (drop_mV(self.now_uohm, dA) if self.hidden else 0)

    def inner(self) -> dict[str, Any]:
        """What others read of it."""
        names = ("hot_ddegC", "cold_ddegC", "settled", "r_high_uohm", "r_low_uohm", "sister_mV", "memory_1_dA", "memory_2_dA")
        values: list[Any] = [self.hot, self.cold, self.settled, self.r_high, self.r_low, self.sister, *self.memory]
        out = dict(zip(names, values))
        for k in range(3):
            out[f"r{k}_uohm"], out[f"apart_r{k}_uohm"] = self.r[k], self.apart[k]
        return out


def told(bound: Bound, plain: Plain) -> dict[str, Any]:
    return {name: getattr(bound, name) for name in plain.inner()}


class World:
    """A snapshot whose summary is what a test says."""

    def __init__(self, pack: Pack) -> None:
        layers = array("h", list(pack.taps) * pack.stacks)
        self.pack = pack
        self.snap: Any = SimpleNamespace(
            layers=layers, groups=len(layers), group_mV=array("i", [0] * len(layers)), current_dA=0, probe_oldest_ms=60_000,
            hottest_ddegC=0, coldest_ddegC=0, agreed_ddegC=-2000, group_max_mV=0, group_min_mV=0,
        )  # fmt: skip

    def groups(self, layer_mV: list[int], more_mV: list[int]) -> None:
        """So much a layer in each group, and so much more in the whole of it."""
        snap = self.snap
        for g, n in enumerate(snap.layers):
            snap.group_mV[g] = layer_mV[g] * n + more_mV[g]
        snap.group_max_mV, snap.group_min_mV = max(snap.group_mV), min(snap.group_mV)

    def extremes(self) -> tuple[int, int, int, int]:
        """Highest and lowest mean, rounded down, and the group that has each: of equals the last where all groups have as
        many layers, else the first."""
        snap = self.snap
        means = [Fraction(mV, n) for mV, n in zip(snap.group_mV, snap.layers)]
        places = range(len(means)) if len(set(self.pack.taps)) > 1 else range(len(means) - 1, -1, -1)
        high, low = max(places, key=lambda g: means[g]), min(places, key=lambda g: means[g])
        return floor(means[high]), floor(means[low]), high, low


@packs
@pytest.mark.parametrize("seed", range(4))
def test_every_bound_is_the_sum_of_its_parts_tick_by_tick(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    memory_dA = (0, pack.wake_memory_dA)[seed % 2]
    world, signals = World(pack), N.Signals()
    bound, plain = Bound(pack, signals, memory_dA), Plain(pack, memory_dA)
    assert told(bound, plain) == plain.inner() and PHASES == 6
    assert (bound.layer_high_mV, bound.layer_low_mV, bound.within, bound.resting) == (0, 0, False, False)
    cell, snap = pack.cell, world.snap
    knots = cell.r_ddegC
    closes_below_mV, closes_above_mV = cell.v_max_mV[2] - 20, cell.v_min_mV[2] + 20
    edges = (cell.v_max_mV[2], cell.v_max_mV[0], cell.v_min_mV[2], cell.v_min_mV[0], closes_below_mV, closes_above_mV)
    disturbed_mV = 0
    for k in range(260):
        if k % 10 == 0:
            lo, hi = WINDOWS[k // 10 % len(WINDOWS)] if k < 150 else sorted((dice.randint(0, 1000), dice.randint(0, 1000)))
            warm = (cell.t_discharge_max_ddegC[1], cell.t_discharge_min_ddegC[1])
            margin = bound.hot_ddegC - bound.core.rise_ddegC - snap.hottest_ddegC
            near = [t + d for t in warm for d in (-margin - 1, -margin, margin, margin + 1, 1 - margin)]
            snap.hottest_ddegC = dice.choice([250, 1200, *knots, *near, dice.randint(-400, 900)])
            snap.coldest_ddegC = snap.hottest_ddegC - dice.choice([0, 0, 1, 30])
            snap.probe_oldest_ms = 60_000 if k < 30 or dice.random() < 0.1 else dice.choice([0, 59_999])
            size = dice.choice([0, 1, 100, 2000, 17_000]) if k else 0
        if k == 25 + seed:  # in the tick of the last part, and in one of none
            snap.probe_oldest_ms = 0
        if dice.random() < 0.05:
            disturbed_mV = dice.choice([0, 3, 41])
            bound.disturb(disturbed_mV)
        snap.current_dA = dice.choice([0, size, -size, size // 2, -1])
        bound.resting = dice.random() < 0.3
        excess_mV, dt_ms = dice.choice([0, 0, 7, 400]), dice.choice([10, 10, 10, 1, 133])
        apart = plain.apart_mV(snap, lo, hi, excess_mV, k % 10, dt_ms)
        beyond = apart + plain.error_mV + disturbed_mV
        lingers = plain.slow - plain.base if bound.resting else 0
        # means that put the bounds on their edges, and a little beside
        aimed = dice.choice(edges) + dice.choice([-1, 0, 1]) + dice.choice([-1 - beyond, beyond])
        aimed += dice.choice([0, lingers, -lingers])
        base_mV = dice.choice([3600, aimed])
        layer_mV = [base_mV + dice.choice([0, 0, 0, 1, -1, 30]) for _ in snap.layers]
        world.groups(layer_mV, [dice.choice([0, 0, 1]) for _ in layer_mV])
        high, low, high_at, low_at = world.extremes()
        signals.where[N.LAYER_HIGH_mV] = signals.where[N.LAYER_LOW_mV] = 200
        assert bound.step(snap, lo, hi, excess_mV, k % 10, dt_ms) == apart
        assert told(bound, plain) == plain.inner()
        assert [bound._memory_1, bound._memory_2] == plain.fixed
        high, low = high + 1 + beyond, low - beyond
        assert (bound.layer_high_mV, bound.layer_low_mV) == (high, low)
        clear = high <= closes_below_mV and low >= closes_above_mV
        assert bound.within is (clear and plain.warm)
        high, low = high - lingers, low + lingers
        assert (signals.value[N.LAYER_HIGH_mV], signals.value[N.LAYER_LOW_mV]) == (high, low)
        assert signals.where[N.LAYER_HIGH_mV] == (high_at if high > cell.v_max_mV[0] else 200)
        assert signals.where[N.LAYER_LOW_mV] == (low_at if low < cell.v_min_mV[0] else 200)
        assert (bound.high_group(snap), bound.low_group(snap)) == (high_at, low_at)
        dA = dice.choice([0, 1, 16_383])
        dropped = [drop_mV(r, i) for r, i in zip(plain.r, (dA, *plain.memory))]
        assert bound.drop_high_mV(dA) == sum(dropped)


@packs
@pytest.mark.parametrize("phase", [6, 7, 8, 9])
def test_before_anything_is_known_nothing_is_within_and_nothing_is_added(pack: Pack, phase: int) -> None:
    world = World(pack)
    world.groups([3600] * world.snap.groups, [0] * world.snap.groups)
    world.snap.current_dA = 16_383
    bound = Bound(pack, N.Signals(), 0)
    assert bound.step(world.snap, 500, 500, 0, phase, 10) == 0
    assert bound.within is False


def at_rest(pack: Pack) -> tuple[World, Bound, int]:
    """At 25 degC, every layer midway between what trips; the bound has looked once. The last is that voltage in mV."""
    world, cell = World(pack), pack.cell
    snap = world.snap
    snap.probe_oldest_ms = 0
    middle_mV = (cell.v_max_mV[2] + cell.v_min_mV[2]) // 2
    world.groups([middle_mV] * snap.groups, [0] * snap.groups)
    snap.hottest_ddegC = snap.coldest_ddegC = 250
    bound = Bound(pack, N.Signals(), 0)
    bound.step(snap, 500, 500, 0, 0, 10)
    return world, bound, middle_mV


@packs
@pytest.mark.parametrize("side", ["hot", "cold"])
@pytest.mark.parametrize("inside_ddegC", [-1, 0, 1])
def test_what_is_recommended_for_discharge_is_warm_up_to_its_ends_and_not_at_them(
    pack: Pack, side: str, inside_ddegC: int
) -> None:
    world, bound, _ = at_rest(pack)
    snap, cell = world.snap, pack.cell
    away = bound.hot_ddegC - 250
    if side == "hot":
        snap.hottest_ddegC = snap.coldest_ddegC = cell.t_discharge_max_ddegC[1] - away - inside_ddegC
    else:
        snap.hottest_ddegC = snap.coldest_ddegC = cell.t_discharge_min_ddegC[1] + away + inside_ddegC
    bound.step(snap, 500, 500, 0, 0, 10)
    assert bound.within is (inside_ddegC > 0)


@pytest.mark.parametrize("pack", [BENCH, ev_240.PACK, LONE], ids=lambda pack: pack.name)
@pytest.mark.parametrize("side", ["high", "low"])
@pytest.mark.parametrize("inside_mV", [-1, 0, 1])
def test_what_a_contactor_may_close_on_stands_twenty_millivolts_from_what_trips_or_more(
    pack: Pack, side: str, inside_mV: int
) -> None:
    world, bound, middle_mV = at_rest(pack)
    snap, cell = world.snap, pack.cell
    assert bound.within
    if side == "high":
        mean_mV = middle_mV + cell.v_max_mV[2] - 20 - inside_mV - bound.layer_high_mV
    else:
        mean_mV = middle_mV + cell.v_min_mV[2] + 20 + inside_mV - bound.layer_low_mV
    world.groups([mean_mV] * snap.groups, [0] * snap.groups)
    bound.step(snap, 500, 500, 0, 9, 10)
    assert bound.within is (inside_mV >= 0)


@pytest.mark.parametrize(("r_uohm", "dA"), [(1, 1), (1, 9999), (10_000, 1), (65_535, 777), (65_536, 777), (65_537, 777)])
def test_the_current_of_the_moment_drops_its_voltage_rounded_up(r_uohm: int, dA: int) -> None:
    world = World(BENCH)
    world.snap.current_dA = -dA
    bound = Bound(BENCH, N.Signals(), 0)
    bound._apart_now_uohm = r_uohm
    assert bound.step(world.snap, 500, 500, 0, 9, 10) == drop_mV(r_uohm, dA)


def test_of_groups_of_unequal_size_the_smallest_part_of_a_millivolt_tells_which_mean_is_higher() -> None:
    """3 / 7 is more than 5 / 12 by an 84th."""
    world = World(replaced(Pack, PACK_FIELDS, ODD, stacks=1))
    bound = Bound(world.pack, N.Signals(), 0)
    world.groups([3600, 3600, 3590], [5, 3, 0])
    assert bound.high_group(world.snap) == 1
    world.groups([3600, 3600, 3610], [-5, -3, 0])
    assert bound.low_group(world.snap) == 1


@packs
def test_what_is_not_judged_yet_is_well_inside(pack: Pack) -> None:
    signals = N.Signals()
    Bound(pack, signals, 0).unjudged()
    assert signals.value[N.LAYER_HIGH_mV] == pack.cell.v_min_mV[2]
    assert signals.value[N.LAYER_LOW_mV] == pack.cell.v_max_mV[2]


def test_a_window_beyond_full_ends_in_the_last_segment() -> None:
    (bound := Bound(BENCH, N.Signals(), 0))._knots(2000, 2000)
    assert (bound._k_lo, bound._k_hi) == (19, 19)
