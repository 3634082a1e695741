"""The branch and the RC elements are followed, charge by charge, as plain sums say; and the ledger tells them what flowed."""

import random
from array import array
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety.branch import ONE, Flow, Follower, held_mV, lay
from bms.safety.coulomb import Coulomb
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced
from tests.test_core_alone import drop_mV
from tests.test_coulomb_alone import ODD, POOR, Plain, unsure_mA

MILLION = 1_000_000
PACKS = (bench_24.PACK, ev_240.PACK, ODD, POOR)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MOST_mA = 1_638_300


class Side:
    """One side of a state that follows charge; charges in mAs, the reach in 1/8192."""

    def __init__(self, gamma: int, home: int, part: int) -> None:
        x = Fraction(gamma // 2, MILLION)
        self.slow = min(Fraction(65_000, MILLION), Fraction(floor(x / (1 + x) * MILLION), MILLION))
        self.fast, self.home, self.part = Fraction(2 * gamma, MILLION), home, part
        self.reach, self.waits, self.paid = 8192, 0, 0

    def step(self, back: int, on: int) -> int:
        self.waits += back
        if self.waits >= self.part:
            self.waits = min(self.waits - self.part, self.part)
            self.reach -= floor((self.reach + self.home) * self.slow)
            self.paid = 0
        if on > self.paid:
            self.waits = 0
            self.paid += self.part
            if on > self.paid or self.fast > Fraction(65_000, MILLION):
                self.reach, self.paid = 8192, on
            else:
                self.reach += ceil((8192 - self.reach) * self.fast)
        self.paid -= on
        return self.reach


@pytest.mark.parametrize(
    ("gamma", "home"), [(15_000, ONE), (32_500, 0), (32_501, ONE), (139_050, 0), (139_999, ONE), (200_000, 0), (1, 0)]
)
def test_a_side_comes_back_part_by_part_at_half_the_rate_and_goes_on_at_once_at_twice_of_it(gamma: int, home: int) -> None:
    dice = random.Random(gamma)
    part = 7200
    follower, sides = Follower(gamma, home, part), (Side(gamma, home, part), Side(gamma, home, part))
    assert list(follower.reach) == [8192, 8192]
    assert list(follower._pending_mAs) == list(follower._paid_mAs) == [0, 0]
    assert follower._slow_ppm == sides[0].slow * MILLION
    for k in range(1500):
        side = dice.randrange(2)
        back = dice.choice([0, 0, part, part - 1, part + 1, 2 * part, 2 * part + 1, 3 * part, part // 3])
        on = (
            dice.choice([0, 0, 0, 1, part // 4])
            if k % 40
            else dice.choice([0, part, part + 1, 2 * part, 2 * part + 1, 9 * part])
        )
        assert follower.step(side, back, on) == sides[side].step(back, on)
        assert list(follower.reach) == [one.reach for one in sides]
        if k % 400 == 399:
            follower.step(0, part // 2, 0)
            sides[0].step(part // 2, 0)
            follower.forget()
            for one in sides:
                one.reach, one.waits = 8192, 0
            assert list(follower.reach) == [8192, 8192]


def test_a_branch_that_was_left_far_behind_comes_up_to_the_other_and_slow_voltage_to_nothing() -> None:
    branch, slow = Follower(15_000, ONE, 100), Follower(60_000, 0, 100)
    for _ in range(2000):
        branch.step(0, 100, 0)
        slow.step(1, 100, 0)
    assert branch.reach[0] < -0.97 * ONE and 0 <= slow.reach[1] < 0.01 * ONE
    assert branch.reach[1] == slow.reach[0] == ONE


@packs
@pytest.mark.parametrize("seed", range(2))
def test_an_element_remembers_no_more_than_what_flowed_at_least(pack: Pack, seed: int) -> None:
    """Rises at the slowest, falls at the quickest time constant, within what it may remember at most; at once after a gap."""
    dice = random.Random(seed)
    taus = (pack.cell.tau1_ms, pack.cell.tau2_ms)
    flow = Flow(pack)
    assert list(flow.least_mA) == [-MOST_mA, -MOST_mA]
    assert list(flow._fixed) == [-MOST_mA * 128] * 2
    held = [-MOST_mA * 128] * 2
    for k in range(400):
        memory_dA, mA, round_ms = (
            dice.choice([16_383, 900, 0]),
            dice.randint(-90_000, 90_000),
            dice.choice([0, 100, 110, 199, 200, 900]),
        )
        if dice.random() < 0.7:
            mA, memory_dA = 30_000, 900
        if k == 300:
            flow.forget()
            held = [-MOST_mA * 128] * 2
        for j in range(2):
            held[j] = max(held[j], -memory_dA * 12_800)
            off = mA * 128 - held[j]
            if round_ms and off >= 0:
                held[j] += off // (max(taus[j]) // 100 + 1)
            elif round_ms > 100:
                held[j] = mA * 128
            elif round_ms:
                held[j] += off // max(1, min(taus[j]) // 100)
            assert flow.step(j, memory_dA, mA, round_ms) == held[j] // 128 == flow.least_mA[j]


@pytest.mark.parametrize("tau_ms", [99, 100, 199, 200])
def test_an_element_quicker_than_a_round_forgets_in_a_round(tau_ms: int) -> None:
    cell = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, tau1_ms=(tau_ms,) * 21, tau2_ms=(tau_ms,) * 21)
    flow = Flow(replaced(Pack, PACK_FIELDS, bench_24.PACK, cell=cell))
    for j in range(2):
        flow.step(j, 0, 0, 0)
        assert flow.step(j, 0, -1000, 100) == (-1000 if tau_ms < 200 else -500)
        assert flow.step(j, 0, 1000, 100) == 1000 // (tau_ms // 100 + 1)


def test_what_resistances_drop_at_least_takes_the_smallest_along_the_current_and_the_largest_against_it() -> None:
    dice = random.Random(3)
    flow = Flow(bench_24.PACK)
    for _ in range(500):
        low = [dice.choice([1, 999, 2_345, 65_535, 65_536, 70_123, 99_999]) for _ in range(3)]
        r = [dice.choice([1, 1_500, 65_600]) for _ in range(3)]
        mA = [dice.choice([0, 1, 99, 100, -1, -100, -101, dice.randint(-90_000, 90_000), MOST_mA]) for _ in range(3)]
        flow.least_mA[0], flow.least_mA[1] = mA[1:]
        dA = [floor(Fraction(x, 100)) for x in mA]
        expected = sum(held(low[j], dA[j]) if dA[j] >= 0 else -drop_mV(r[j], -dA[j]) for j in range(3))
        assert flow.drop_mV(mA[0], low[0], r[0], r[1], r[2], low[1], low[2]) == expected


def held(r_uohm: int, dA: int) -> int:
    """Rounded down; a resistance from 65 536 uohm on is taken in hundreds."""
    assert held_mV(r_uohm, dA) <= Fraction(r_uohm * dA, 10_000)
    return floor(Fraction(r_uohm * dA, 10_000)) if r_uohm < 65_536 else floor(Fraction(r_uohm // 100 * dA, 100))


@pytest.mark.parametrize("h", [0, 1, 4096, 5001, 8191, 8192])
def test_a_curve_lies_on_its_way_to_the_branch_to_the_millivolt(h: int) -> None:
    ocv, hyst = bench_24.PACK.cell.ocv_mV, bench_24.PACK.cell.hyst_mV
    out = array("i", [7] * 22)
    for above, sign in ((1, 1), (0, -1)):
        assert lay(array("i", ocv), array("i", hyst), h, above, out) == 21
        assert list(out) == [v + sign * floor(Fraction(m * h, 8192)) for v, m in zip(ocv, hyst)] + [7]


class Heard:
    """Stands in for a follower or a flow and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, ...]] = []
        self.forgotten = 0
        self.reach = [ONE, ONE]

    def step(self, *what: int) -> int:
        self.told.append(what)
        return 0

    def forget(self) -> None:
        self.forgotten += 1

    def drop_mV(self, *_: int) -> int:
        return 0


def heard(pack: Pack) -> tuple[Coulomb, dict[str, Heard]]:
    coulomb = Coulomb(pack, 500)
    parts = {name: Heard() for name in ("_hysteresis", "_relaxing", "_charged", "_discharged")}
    for name, part in parts.items():
        setattr(coulomb, name, part)
    return coulomb, parts


def bound_of(pack: Pack, resting: bool) -> Any:
    return SimpleNamespace(
        hot_ddegC=250, cold_ddegC=250, r0_uohm=1, r1_uohm=1, r2_uohm=1, memory_1_dA=12, memory_2_dA=34, resting=resting
    )


@packs
@pytest.mark.parametrize(
    "trace",
    [[30_000] * 10, [-30_000] * 10, [30_000] * 9 + [-100], [700] * 5 + [90_000] * 5, [0] * 10, [50, -50] * 5, [30_000] * 25,
     [-900_000, 900_000] * 5, [500_000] * 10, [-800_000] * 12],
)  # fmt: skip
@pytest.mark.parametrize("resting", [False, True])
def test_the_ledger_tells_which_way_charge_flowed_for_certain_and_what_may_have_flowed(
    pack: Pack, trace: list[int], resting: bool
) -> None:
    coulomb, parts = heard(pack)
    plain = Plain(pack, 500)
    bound, snap = bound_of(pack, resting), SimpleNamespace(group_mV=[3600 * sum(pack.taps) * pack.stacks])
    coulomb.anchor(snap, bound)  # type: ignore[arg-type]
    for part in parts.values():
        part.told.clear()
    erred, moved = 0, 0
    for mA in trace:
        was = plain.grown // 1000, plain.leaked // 1000
        moved += plain.step(mA, 0, 10)
        erred += plain.grown // 1000 - was[0] + plain.leaked // 1000 - was[1]
        coulomb.step(mA, 0, 10)
    coulomb.anchor(snap, bound)  # type: ignore[arg-type]
    # the ledger has stood at rest before its first look: nothing flowed is among what was seen
    raw = min(0, *trace), max(0, *trace)
    least = max(-MOST_mA, raw[0] - unsure_mA(pack, raw[0]))
    most = min(MOST_mA, raw[1] + unsure_mA(pack, raw[1]))
    ms = 10 * len(trace)
    assert parts["_charged"].told == [(0, 12, least, ms), (1, 34, least, ms)]
    assert parts["_discharged"].told == [(0, 12, -most, ms), (1, 34, -most, ms)]
    for part in parts.values():
        part.told.clear()
    # from here on a round has its own least and most
    erred = moved = leaked = 0
    for mA in trace:
        was = plain.grown // 1000, plain.leaked // 1000
        moved += plain.step(mA, 0, 10)
        erred += plain.grown // 1000 - was[0] + plain.leaked // 1000 - was[1]
        leaked += plain.leaked // 1000 - was[1]
        coulomb.step(mA, 0, 10)
    coulomb.anchor(snap, bound)  # type: ignore[arg-type]
    least = max(-MOST_mA, min(trace) - unsure_mA(pack, min(trace)))
    most = min(MOST_mA, max(trace) + unsure_mA(pack, max(trace)))
    if resting:  # behind open contactors a reading proves no current
        least, most = min(least, 0), max(most, 0)
    assert parts["_charged"].told == [(0, 12, least, ms), (1, 34, least, ms)]
    assert parts["_discharged"].told == [(0, 12, -most, ms), (1, 34, -most, ms)]
    quiet_mA = plain.offset_mA + 4 * pack.current_a_sensor.noise_u // 1000 + 1
    erred += 1
    if least > 0:
        expected = [(0, moved - erred, 0), (1, 0, moved + erred)]
    elif most < 0:
        expected = [(1, -moved - erred, 0), (0, 0, -moved + erred)]
    elif resting and -quiet_mA <= min(trace) and max(trace) <= quiet_mA:
        expected = [(0, 0, leaked)] if leaked else []  # what a layer loses by itself turns its branch, too
    else:
        either = (max(most, -least) // 1000 + 1) * ms
        expected = [(0, 0, either), (1, 0, either)]
    assert parts["_hysteresis"].told == parts["_relaxing"].told == expected


@packs
def test_looks_between_rounds_wait_and_without_a_look_for_five_seconds_all_is_forgotten(pack: Pack) -> None:
    coulomb, parts = heard(pack)
    bound, snap = bound_of(pack, True), SimpleNamespace(group_mV=[3600 * sum(pack.taps) * pack.stacks])
    for k in range(1, 11):
        coulomb.step(5, 0, 10)
        coulomb.anchor(snap, bound)  # type: ignore[arg-type]
        assert coulomb._round_ms == (0 if k == 10 else 10 * k)
    assert [told[3] for told in parts["_charged"].told[::2]] == [0] * 9 + [100]
    for k in range(501):
        coulomb.step(70_000, 0, 10)
        coulomb.publish()
        assert all(part.forgotten == (1 if k == 500 else 0) for part in parts.values())
    assert (coulomb._round_ms, coulomb._moved_mAs, coulomb._erred_mAs) == (0, 0, 0)
    assert coulomb._most_mA == -coulomb._least_mA == 100 * max(pack.charge_rating_dA, pack.discharge_rating_dA)


@packs
def test_what_was_not_measured_and_what_excludes_itself_is_not_known_any_more(pack: Pack) -> None:
    deadline = pack.current_a_sensor.deadline_ms
    for how in ("stale", "missed", "fresh", "conflict", "conflict, one side known"):
        coulomb, parts = heard(pack)
        if how == "stale":
            coulomb.step(70_000, deadline + 1, 10)
        elif how == "fresh":
            coulomb.step(70_000, deadline, 10)
        elif how == "missed":
            coulomb.miss(10)
        else:
            parts["_hysteresis"].reach = [ONE - 1, ONE] if how == "conflict" else [ONE, ONE - 1]
            coulomb.low_mAs = coulomb.high_mAs = 0
            snap = SimpleNamespace(group_mV=[pack.cell.v_max_mV[2] * sum(pack.taps) * pack.stacks])
            coulomb.anchor(snap, bound_of(pack, True))  # type: ignore[arg-type]
            assert (coulomb.conflicts, coulomb.low_mAs, coulomb.high_mAs) == (1, 0, coulomb.capacity_mAs)
        assert all(part.forgotten == (0 if how == "fresh" else 1) for part in parts.values()), how
