"""What one group has too much or too little against its sisters agrees with the docstring in plain words, tick by tick.

Falls of resistances are held by tests of their own (test_tables) and used as they are.
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
from bms.safety import snapshot as S
from bms.safety.sisters import Sisters
from bms.safety.tables import build_falls
from bms.schema import CELL_FIELDS, GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Guards, Pack, Sensor, replaced

BENCH = bench_24.PACK
COOLING = replaced(
    Cell,
    CELL_FIELDS,
    BENCH.cell,
    entropy_uV_K=tuple(-k * 911 for k in range(21)),
    tau1_ms=tuple(333 + k for k in range(21)),
    tau2_ms=tuple(7_777 - k for k in range(21)),
)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BENCH,
    name="odd",
    cell=COOLING,
    taps=(5, 5, 5),
    stacks=3,
    spread_r_permille=133,
    open_current_dA=21,
    guards=replaced(Guards, GUARDS_FIELDS, BENCH.guards, sister_rest_s=3),
    group_sensor=replaced(Sensor, SENSOR_FIELDS, BENCH.group_sensor, gain_ppm=4_321, noise_u=777),
)
UNEQUAL = replaced(Pack, PACK_FIELDS, ODD, name="unequal", taps=(6, 3, 9, 2), stacks=1)
LONE = replaced(Pack, PACK_FIELDS, ODD, name="lone", taps=(1,) * 4, stacks=2)
COUPLES = replaced(Pack, PACK_FIELDS, ODD, name="couples", taps=(2,) * 4, stacks=2)
TWO = replaced(Pack, PACK_FIELDS, ODD, name="two", taps=(4, 4), stacks=1)
ONE = replaced(Pack, PACK_FIELDS, ODD, name="one", taps=(4,), stacks=1)
PACKS = (BENCH, ev_240.PACK, ODD, UNEQUAL, LONE, COUPLES, TWO, ONE)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
TOLD = ("SISTER_REST_mV", "SISTER_LOAD_mV", "COLLAPSE_mV", "TAPS_SHIFTED_mV")


def per(value: int, divisor: int) -> int:
    """Rounded down."""
    return floor(Fraction(value, divisor))


def drop_mV(r_uohm: int, dA: int) -> int:
    """Rounded up; a resistance from 65 536 uohm on is taken in hundreds."""
    return ceil(Fraction(r_uohm * dA, 10_000)) if r_uohm < 65_536 else ceil(Fraction(ceil(Fraction(r_uohm, 100)) * dA, 100))


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack) -> None:
        cell, s = pack.cell, pack.group_sensor
        self.pack, self.cell = pack, cell
        self.n = pack.stacks * len(pack.taps)
        self.largest, self.uniform = max(pack.taps), len(set(pack.taps)) == 1
        error = per(s.offset_u + 4 * s.noise_u + s.lsb_u + self.largest * cell.v_max_mV[2] // 1000 * s.gain_ppm, 1000) + 1
        self.error_mV = 2 * (per(error * self.largest, min(pack.taps)) + 1)
        self.own_mV = self.error_mV
        self.falls = [build_falls(cell.r_ddegC, part, 20) for part in (cell.r0_permille, cell.r1_permille, cell.r2_permille)]
        self.entropy_uV = per(max(abs(e) for e in cell.entropy_uV_K) * 20, 10) + 1
        self.slow = self.now_uohm = self.allowed = self.failing = self.stray = self.wider = self.bottom = 0
        self.fallen = self.lost = 0
        self.still, self.known = -1, False
        self.falls_seen = [0, 0]
        self.rested_ms = 0
        self.told = dict.fromkeys(TOLD, 0)
        self.where = dict.fromkeys(TOLD, 255)

    def of_a_group(self, layer_mV: int) -> int:
        return min(layer_mV, 200_000) * self.largest + self.error_mV

    def apart_uohm(self, j: int, r_uohm: int, k: int, steps: int) -> int:
        kept = 1000
        for _ in range(steps):
            kept = per(kept * (1000 - self.falls[j][k]), 1000)
        return per((per(r_uohm, 10) + 1) * (2 * self.pack.spread_r_permille + 1000 - kept), 100) + 1

    def refresh(self, current_dA: int, b: Any, round_ms: int) -> None:
        """What the spread explains: the two layers farthest apart, one as cold and one as hot as any."""
        self.known = b.settled and self.n > 1
        steps = min(50, ceil(Fraction(b.hot_ddegC - b.cold_ddegC, 20)))
        knots = self.cell.r_ddegC
        k = max([k for k in range(len(knots) - 1) if knots[k] <= b.cold_ddegC], default=0)
        r = [self.apart_uohm(j, r, k, steps) for j, r in enumerate((b.r0_uohm, b.r1_uohm, b.r2_uohm))]
        self.slow = b.sister_mV + drop_mV(r[1], b.memory_1_dA) + drop_mV(r[2], b.memory_2_dA)
        self.slow += per(self.entropy_uV * steps, 1000) + 1
        self.allowed = self.of_a_group(self.slow)
        self.still = self.allowed if self.known and self.uniform else -1
        self.now_uohm = r[0] + per(r[1] * 100, min(self.cell.tau1_ms)) + per(r[2] * 100, min(self.cell.tau2_ms)) + 2
        self.falls_seen = [self.falls_seen[1], self.fallen]
        idle = abs(current_dA) <= self.pack.open_current_dA // 2 + 1
        self.rested_ms = self.rested_ms + round_ms if idle else 0
        rested = min(self.rested_ms // 1000, 100_000) >= self.pack.guards.sister_rest_s
        self.told["SISTER_REST_mV"] = self.failing if rested else 0

    def calm(self) -> int:
        self.stray = self.wider = self.fallen = self.lost = 0
        self.told |= dict.fromkeys(TOLD[1:], 0)
        self.failing = 0
        return 0

    def step(self, group_mV: list[int], layers: list[int], current_dA: int, fresh: bool, excess_mV: int) -> int:
        """One tick: what a hidden layer may have beyond the spread."""
        apart = max(group_mV) - min(group_mV)
        if apart <= self.still and not self.stray:
            return 0
        if not fresh or not self.known:
            return self.wider
        self.allowed = self.of_a_group(self.slow + drop_mV(self.now_uohm, abs(current_dA)))
        if self.uniform and apart <= self.allowed:
            return self.calm()
        mV = group_mV if self.uniform else [per(v, n) * self.largest for v, n in zip(group_mV, layers)]
        ranks = sorted(mV)
        top, bottom = mV.index(ranks[-1]), mV.index(ranks[0])
        risen = ranks[-1] - ranks[(self.n - 1) // 2] - self.allowed
        fallen = ranks[self.n // 2] - ranks[0] - self.allowed
        if max(risen, fallen) <= 0:
            return self.calm()
        self.fallen, self.bottom, self.stray = max(0, fallen), bottom, max(risen, fallen)
        self.lost = self.fallen + 2 * self.allowed if fallen > 0 else 0
        per_stack = len(self.pack.taps)
        beside = len(mV) > 2 and abs(top - bottom) == 1 and top // per_stack == bottom // per_stack
        shifted = max(0, min(risen, fallen)) if beside else 0
        at = bottom if fallen >= risen else top
        self.where |= {"SISTER_LOAD_mV": at, "SISTER_REST_mV": at, "COLLAPSE_mV": bottom}
        if shifted:
            self.where["TAPS_SHIFTED_mV"] = min(top, bottom)
        alone = excess_mV <= 0
        self.failing = self.stray if alone else 0
        self.told["TAPS_SHIFTED_mV"] = shifted if alone else 0
        self.told["SISTER_LOAD_mV"] = self.stray if alone and not shifted else 0
        self.told["COLLAPSE_mV"] = self.fallen - self.falls_seen[0] if alone and not shifted else 0
        self.wider = self.stray + self.allowed if self.largest > 1 else 0
        return self.wider


def some_bound(dice: random.Random) -> Any:
    """What bound.py might say."""
    cold = dice.choice([-450, -400, -199, 0, 250, 400, 850, 900])
    return SimpleNamespace(
        settled=dice.random() < 0.9, cold_ddegC=cold, hot_ddegC=cold + dice.choice([0, 1, 20, 21, 85, 999, 1001, 4000]),
        r0_uohm=dice.choice([9, 10, 1500, 90_000]), r1_uohm=dice.choice([9, 1500, 40_000]),
        r2_uohm=dice.choice([9, 1500, 90_000]), memory_1_dA=dice.choice([0, 1, 300, 16_000]),
        memory_2_dA=dice.choice([0, 1, 300]), sister_mV=dice.choice([0, 3, 50, 199_990, 250_000]),
    )  # fmt: skip


@packs
@pytest.mark.parametrize("seed", range(3))
def test_sisters_say_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    signals = N.Signals()
    sisters, plain = Sisters(pack, signals), Plain(pack)
    layers = list(pack.taps) * pack.stacks
    snap: Any = SimpleNamespace(layers=array("h", layers), group_mV=array("i", [0] * plain.n), current_dA=0)
    mV = [3600 * n for n in layers]
    wait = 0
    excess_mV = 0
    for k in range(420):
        allowed = plain.of_a_group(plain.slow + drop_mV(plain.now_uohm, abs(snap.current_dA)))
        if wait == 0:
            wait = dice.choice([1, 1, 2, 5, 12])
            noise = dice.choice([(0,), (0, 0, 0, 1)])
            mV = [3600 * n + dice.choice(noise) for n in layers]
            for _ in range(dice.choice([0, 1, 2, 2])):
                g, sign = dice.randrange(plain.n), dice.choice([1, -1])
                away = dice.choice([allowed - 1, allowed, allowed + 1, allowed + 700, 30, plain.still, plain.still + 1])
                mV[g] += sign * away
                if plain.n > 1 and dice.random() < 0.5:
                    mV[(g + 1) % plain.n] -= sign * (away + dice.choice([0, 1, -1, 40]))
            snap.current_dA = dice.choice([0, 0, 1, -1, 11, 12, -11, -12, 900, -2000])
            excess_mV = dice.choice([0, 0, 0, 1, -1, 50])
        wait -= 1
        for g, value in enumerate(mV):
            snap.group_mV[g] = value
        snap.group_max_mV, snap.group_min_mV = max(mV), min(mV)
        bits = 0x1FFF if dice.random() < 0.9 else 0x1FFF & ~S.GROUPS
        assert sisters.step(snap, bits, excess_mV) == plain.step(mV, layers, snap.current_dA, bool(bits & S.GROUPS), excess_mV)
        assert list(snap.group_mV) == mV
        if k % 5 == 4:
            disturbed_mV = dice.choice([0, 0, 3, 41])
            sisters.disturb(disturbed_mV)
            plain.error_mV = plain.own_mV + disturbed_mV
            bound, round_ms = some_bound(dice), dice.choice([100, 999, 1000])
            sisters.refresh(snap, bound, round_ms)
            plain.refresh(snap.current_dA, bound, round_ms)
        ours = (sisters.allowed_mV, sisters.stray_mV, sisters.fallen_mV, sisters.fallen_group, sisters.lost_mV)
        assert ours == (plain.allowed, plain.stray, plain.fallen, plain.bottom, plain.lost)
        assert {name: signals.value[getattr(N, name)] for name in TOLD} == plain.told
        assert {name: signals.where[getattr(N, name)] for name in TOLD} == plain.where


@packs
def test_entropy_pulls_apart_by_the_steepest_of_its_table_rounded_up(pack: Pack) -> None:
    assert Sisters(pack, N.Signals())._entropy_uV == Plain(pack).entropy_uV


@pytest.mark.parametrize("more_mV", [0, 1])
def test_groups_of_unequal_size_that_read_the_same_are_far_apart(more_mV: int) -> None:
    bound = some_bound(random.Random(1))
    bound.settled, bound.sister_mV, bound.hot_ddegC = True, 5, bound.cold_ddegC
    sisters, plain = Sisters(UNEQUAL, N.Signals()), Plain(UNEQUAL)
    mV = [14_400] * 3 + [14_400 + more_mV]
    snap: Any = SimpleNamespace(layers=array("h", UNEQUAL.taps), group_mV=array("i", mV), current_dA=0)
    snap.group_max_mV, snap.group_min_mV = max(mV), min(mV)
    sisters.refresh(snap, bound, 100)
    plain.refresh(0, bound, 100)
    assert sisters.step(snap, 0x1FFF, 0) == plain.step(mV, list(UNEQUAL.taps), 0, True, 0) > 10_000


def test_rest_is_counted_in_whole_seconds_and_not_for_ever() -> None:
    sisters = Sisters(ODD, N.Signals())
    snap: Any = SimpleNamespace(current_dA=0)
    bound = some_bound(random.Random(1))
    sisters.resting_s = 99_998
    for _ in range(5):
        sisters.refresh(snap, bound, 1000)
    assert (sisters.resting_s, sisters._resting_ms) == (100_000, 0)


@pytest.mark.parametrize("before_dA", [None, 900, -900])
def test_a_second_of_rest_is_over_after_a_second_and_not_a_millisecond_before(before_dA: int | None) -> None:
    sisters = Sisters(ODD, N.Signals())
    bound = some_bound(random.Random(1))
    if before_dA is not None:
        sisters.refresh(SimpleNamespace(current_dA=before_dA), bound, 100)  # type: ignore[arg-type]
    for round_ms, rested_s in ((999, 0), (1, 1), (999, 1), (1, 2), (1000, 3)):
        sisters.refresh(SimpleNamespace(current_dA=0), bound, round_ms)  # type: ignore[arg-type]
        assert sisters.resting_s == rested_s
