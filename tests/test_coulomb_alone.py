"""The ledger and its interval agree, tick by tick, with plain sums; a look at the voltage with a search of the tables."""

import random
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety.branch import Flow, Follower
from bms.safety.coulomb import Coulomb
from bms.schema import CELL_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Pack, Sensor, replaced
from tests.test_core_alone import drop_mV
from tests.test_envelope_alone import line

COOLING = replaced(
    Cell, CELL_FIELDS, bench_24.PACK.cell, capacity_mAh=12_340, entropy_uV_K=tuple(-k * 11 for k in range(21)), relax_mV=7
)
ODD = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="odd", cell=COOLING, taps=(12, 7), soc_match_permille=400)
# sensors and spread so poor that every digit of the errors counts; branches 11 mV apart
POOR = replaced(
    Pack,
    PACK_FIELDS,
    ODD,
    name="poor",
    cell=replaced(Cell, CELL_FIELDS, COOLING, hyst_mV=(11,) * 21),
    spread_hyst_permille=91,
    spread_capacity_permille=500,
    current_a_sensor=replaced(
        Sensor, SENSOR_FIELDS, bench_24.PACK.current_a_sensor, offset_u=5_000_000, lsb_u=123_456, gain_ppm=300_000
    ),
    group_sensor=replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.group_sensor, gain_ppm=5_000),
)
# branches so far apart, and states that follow charge so fast, that every digit of them counts
BROAD = replaced(
    Pack,
    PACK_FIELDS,
    ODD,
    name="broad",
    cell=replaced(
        Cell,
        CELL_FIELDS,
        COOLING,
        hyst_mV=(1_100,) * 21,
        hyst_gamma_permille=90_000,
        relax_mV=900,
        relax_gamma_permille=80_000,
        r0_uohm=tuple(1_900 + 7 * k for k in range(21)),
        r1_uohm=tuple(40_900 - 13 * k for k in range(21)),
        r2_uohm=tuple(30_700 + 11 * k for k in range(21)),
    ),
    spread_hyst_permille=1_200,
    spread_r_permille=0,
)
PACKS = (bench_24.PACK, ev_240.PACK, ODD, POOR, BROAD)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MILLION = 1_000_000


class Plain:
    """What the ledger promises, with nothing thrown away that it carries. Charges in mA ms."""

    def __init__(self, pack: Pack, start: int) -> None:
        a = pack.current_a_sensor
        self.pack = pack
        self.full = pack.cell.capacity_mAh * 3_600
        self.charge_mAs = start * (self.full // 1000)
        self.low_mAs, self.high_mAs = 0, self.full
        self.moved = self.grown = self.leaked = 0
        share = (MILLION - a.gain_ppm) * (1000 - pack.spread_capacity_permille) // 1000
        self.error_ppm = MILLION * MILLION // share - MILLION + 1
        self.offset_mA = (a.offset_u + a.lsb_u) // 1000 * MILLION // share + 2
        self.rating_mA = 100 * max(pack.charge_rating_dA, pack.discharge_rating_dA)
        self.leak_uA = (pack.cell.capacity_mAh // 1000 + 1) * pack.cell.self_discharge_ppm_h

    def step(self, mA: int, age_ms: int, dt_ms: int) -> int:
        known = age_ms <= self.pack.current_a_sensor.deadline_ms
        mA = mA if known else 0
        error_mA = self.offset_mA + (abs(mA) // 100 + 1) * self.error_ppm // 10_000 if known else self.rating_mA
        before = self.moved // 1000, self.grown // 1000, self.leaked // 1000
        self.moved += mA * dt_ms
        self.grown += error_mA * dt_ms
        self.leaked += self.leak_uA * dt_ms // 1000
        whole, error, lost = (now // 1000 - was for now, was in zip((self.moved, self.grown, self.leaked), before))
        self.charge_mAs = min(max(self.charge_mAs + whole, 0), self.full)
        self.low_mAs = max(self.low_mAs + whole - error - lost, 0)
        self.high_mAs = min(self.high_mAs + whole + error, self.full)
        return whole


def narrow(coulomb: Coulomb, plain: Plain, low_permille: int, high_permille: int) -> None:
    """Puts both intervals there."""
    unit = plain.full // 1000
    coulomb.low_mAs = plain.low_mAs = low_permille * unit
    coulomb.high_mAs = plain.high_mAs = high_permille * unit


@packs
@pytest.mark.parametrize("seed", range(3))
def test_count_and_interval_move_with_charge_error_and_leak_to_the_last_milliampere_second(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    start = (500, 3, 998)[seed]
    coulomb, plain = Coulomb(pack, start), Plain(pack, start)
    deadline = pack.current_a_sensor.deadline_ms
    for k in range(600):
        if k % 100 == 0:
            narrow(coulomb, plain, dice.choice([0, 1, 480]), dice.choice([520, 999, 1000]))
        mA = dice.choice([0, 1, -1, 99, 100, -100, dice.randint(-900_000, 900_000), dice.randint(-900, 900)])
        age_ms, dt_ms = dice.choice([0, 10, deadline, deadline, deadline + 1]), dice.choice([1, 10, 10, 11, 400])
        assert coulomb.step(mA, age_ms, dt_ms) == plain.step(mA, age_ms, dt_ms)
        assert (coulomb.charge_mAs, coulomb.low_mAs, coulomb.high_mAs) == (plain.charge_mAs, plain.low_mAs, plain.high_mAs)


@packs
def test_the_count_stands_at_empty_and_at_full_and_so_does_the_interval(pack: Pack) -> None:
    for start, mA in ((0, -600_000), (1000, 600_000)):
        coulomb, plain = Coulomb(pack, start), Plain(pack, start)
        coulomb.high_mAs = plain.high_mAs = min(plain.full, plain.charge_mAs + 500)
        coulomb.low_mAs = plain.low_mAs = max(0, plain.charge_mAs - 500)
        for _ in range(30):
            coulomb.step(mA, 0, 10)
            plain.step(mA, 0, 10)
            assert (coulomb.charge_mAs, coulomb.low_mAs) == (plain.charge_mAs, plain.low_mAs)
            assert coulomb.high_mAs == plain.high_mAs


@packs
@pytest.mark.parametrize("start", [-1, 0, 1, 999, 1000, 1001, 40_000])
def test_a_ledger_starts_where_it_is_told_or_half_full_and_its_interval_is_everything(pack: Pack, start: int) -> None:
    coulomb = Coulomb(pack, start)
    full = pack.cell.capacity_mAh * 3600
    permille = start if 0 <= start <= 1000 else 500
    assert coulomb.capacity_mAs == full
    assert coulomb.charge_mAs == permille * (full // 1000)
    assert (coulomb.low_mAs, coulomb.high_mAs) == (0, full)
    assert (coulomb.soc_permille, coulomb.low_permille, coulomb.high_permille) == (permille, 0, 1000)
    assert coulomb.conflicts == 0
    assert (coulomb._carry_mAms, coulomb._growth_mAms, coulomb._leak_carry) == (0, 0, 0)


@packs
@pytest.mark.parametrize("lost_ms", [0, 1, 999, 1000, 1001, 59_000, 599_000, 598_999, 600_000, 1 << 29])
def test_time_that_nobody_saw_widens_by_the_rating_for_ten_minutes_at_most(pack: Pack, lost_ms: int) -> None:
    coulomb, plain = Coulomb(pack, 500), Plain(pack, 500)
    for low, high in ((490, 510), (0, 1000), (3, 999)):
        narrow(coulomb, plain, low, high)
        coulomb.miss(lost_ms)
        wider = plain.rating_mA * min(lost_ms // 1000 + 1, 600)
        assert coulomb.low_mAs == max(0, plain.low_mAs - wider)
        assert coulomb.high_mAs == min(plain.full, plain.high_mAs + wider)


def test_ten_minutes_of_a_small_rating_are_all_that_an_unseen_time_can_move() -> None:
    lazy = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="lazy", charge_rating_dA=3, discharge_rating_dA=10)
    for lost_ms, seconds in ((0, 1), (598_999, 599), (599_000, 600), (600_000, 600), (9_000_000, 600)):
        coulomb, plain = Coulomb(lazy, 500), Plain(lazy, 500)
        narrow(coulomb, plain, 490, 510)
        coulomb.miss(lost_ms)
        assert plain.low_mAs - coulomb.low_mAs == coulomb.high_mAs - plain.high_mAs == 1000 * seconds


def test_an_empty_count_does_not_go_one_below() -> None:
    coulomb = Coulomb(bench_24.PACK, 0)
    assert coulomb.step(-100, 0, 10) == -1
    assert coulomb.charge_mAs == 0


def inverse(branch: list[int], mV: int) -> int:
    """Permille at which the branch has this voltage, by search, rounded down."""
    if mV <= branch[0]:
        return 0
    if mV >= branch[-1]:
        return 1000
    k = next(k for k in range(20) if branch[k] <= mV < branch[k + 1])
    return floor(50 * (k + Fraction(mV - branch[k], branch[k + 1] - branch[k])))


def branches(pack: Pack) -> tuple[list[int], list[int]]:
    """Charge and discharge branch of a layer, apart by hysteresis and its spread."""
    cell = pack.cell
    m = [ceil(Fraction(h * (1000 + pack.spread_hyst_permille), 1000)) for h in cell.hyst_mV]
    return [v + h for v, h in zip(cell.ocv_mV, m)], [v - h for v, h in zip(cell.ocv_mV, m)]


def margin_mV(pack: Pack, hot: int, cold: int, side: int) -> int:
    """All by which a mean layer may stand above its branch at rest, or below it: sensor, slow silicon, curvature 2 mV, a
    rounding, and entropy, which makes most or least of a temperature at one corner of what it and the layers may be."""
    cell, s = pack.cell, pack.group_sensor
    full_m = max(pack.taps) * cell.v_max_mV[2]
    group = (s.offset_u + 4 * s.noise_u + s.lsb_u + full_m // 1000 * s.gain_ppm) // 1000 + 1
    offs = [Fraction(e * (t - cell.t_ref_ddegC), 10_000) for e in cell.entropy_uV_K for t in (hot, cold)]
    entropy = floor(max(offs)) + 1 if side > 0 else -floor(min(offs))
    return group // min(pack.taps) + 2 + cell.relax_mV + 1 + 2 + entropy


def unsure_mA(pack: Pack, mA: int) -> int:
    """Offset and step, gain and capacity, and four sigma of noise."""
    plain, a = Plain(pack, 500), pack.current_a_sensor
    return plain.offset_mA + 4 * a.noise_u // 1000 + 1 + (abs(mA) // 100 + 1) * plain.error_ppm // 10_000


def least_mV(pack: Pack, mA: int, bound: Any) -> int:
    """What the resistances drop at least along a current, when of what was before only its size is known."""
    cell = pack.cell
    part = (1000 - pack.spread_r_permille) * 960 // 1000
    knots = [floor(Fraction(floor(Fraction(min(cell.r0_uohm) * f, 1000)) * part, 1000)) for f in cell.r0_permille]
    dA = floor(Fraction(mA, 100))
    r_low = floor(line(bound.hot_ddegC, cell.r_ddegC, knots))
    own = floor(Fraction(r_low * dA, 10_000)) if dA >= 0 else -drop_mV(bound.r0_uohm, -dA)
    return own - drop_mV(bound.r1_uohm, bound.memory_1_dA) - drop_mV(bound.r2_uohm, bound.memory_2_dA)


@packs
def test_a_look_at_the_voltage_cuts_the_interval_where_the_branches_say_and_wins_against_it(pack: Pack) -> None:
    """Nothing is known of the branch, nor of what the RC elements remember but its size."""
    dice = random.Random(5)
    unit = pack.cell.capacity_mAh * 3600 // 1000
    layers = sum(pack.taps) * pack.stacks
    charge, discharge = branches(pack)
    seen = set()
    entropy = max(abs(max(pack.cell.entropy_uV_K)), abs(min(pack.cell.entropy_uV_K)))
    odd = [pack.cell.t_ref_ddegC + far for far in range(2500) if len({entropy * far // k for k in (9_999, 10_000, 10_001)}) > 1]
    for _ in range(350):
        hot, cold = dice.choice([250, 400, 251, *odd[-40:]]), dice.choice([-300, 240, 250])
        bound: Any = SimpleNamespace(
            hot_ddegC=hot, cold_ddegC=cold, r0_uohm=dice.choice([1, 1500, 90_000]), r1_uohm=dice.choice([1, 1500]),
            r2_uohm=dice.choice([1, 1700]), memory_1_dA=dice.choice([0, 1, 30]), memory_2_dA=dice.choice([0, 1, 20]),
            resting=False,
        )  # fmt: skip
        most = dice.choice([0, 70, 3_050, -1, -40_000, 40_000])
        least = most - dice.choice([0, 0, 1, 5_000])
        up = margin_mV(pack, hot, cold, 1) - least_mV(pack, -most - unsure_mA(pack, most), bound)
        down = margin_mV(pack, hot, cold, -1) - least_mV(pack, least - unsure_mA(pack, least), bound)
        edge = dice.choice([dice.choice(charge) + up, dice.choice(discharge) - down, dice.choice(charge)])
        mean = max(1, edge + dice.choice([-1, 0, 1, 7]))
        total = mean * layers + dice.choice([0, 0, 1, layers - 1])
        snap: Any = SimpleNamespace(group_mV=[total - 17, 17])
        low = inverse(charge, mean - up) * unit
        high = (inverse(discharge, mean + 1 + down) + 1) * unit
        coulomb = Coulomb(pack, 500)
        coulomb._least_mA, coulomb._most_mA = least, most
        coulomb.low_mAs = dice.choice([0, low, low - 1, low + 1, high, high + 1, 300 * unit])
        coulomb.high_mAs = max(coulomb.low_mAs, dice.choice([high, high - 1, high + 1, low, low - 1, 700 * unit]))
        was = coulomb.low_mAs, coulomb.high_mAs
        coulomb.anchor(snap, bound)
        apart = low > was[1] or high < was[0]
        seen.add(apart)
        expected = (low, high) if apart else (max(low, was[0]), min(high, was[1]))
        assert (coulomb.low_mAs, coulomb.high_mAs, coulomb.conflicts) == (*expected, int(apart))
    assert seen == {True, False}


@pytest.mark.parametrize(("pack", "hot", "cold"), [(bench_24.PACK, 250, -150), (ODD, 750, 250), (ODD, 250, -659)])
def test_entropy_of_whole_millivolts_and_of_nearly_whole_ones_takes_those_and_no_more(pack: Pack, hot: int, cold: int) -> None:
    """At rest: 150 uV/K at 40 K below what the table is for, -220 at 50 K above and at 90.9 K below."""
    unit, layers = pack.cell.capacity_mAh * 3600 // 1000, sum(pack.taps) * pack.stacks
    offs = [e * (t - pack.cell.t_ref_ddegC) for e in pack.cell.entropy_uV_K for t in (hot, cold)]
    assert any(off // 10_000 != off // 9_999 for off in (min(offs), max(offs)))
    bound: Any = SimpleNamespace(
        hot_ddegC=hot, cold_ddegC=cold, r0_uohm=1, r1_uohm=1, r2_uohm=1, memory_1_dA=0, memory_2_dA=0, resting=True
    )
    charge, discharge = branches(pack)
    up, down = (margin_mV(pack, hot, cold, side) - least_mV(pack, -unsure_mA(pack, 0), bound) for side in (1, -1))
    for mean in range(discharge[0] - 100, charge[-1] + 100, 3):
        coulomb = Coulomb(pack, 500)
        coulomb._least_mA = coulomb._most_mA = 0
        coulomb.anchor(SimpleNamespace(group_mV=[mean * layers - 17, 17]), bound)  # type: ignore[arg-type]
        assert coulomb.low_mAs == inverse(charge, mean - up) * unit
        assert coulomb.high_mAs == min(1000, inverse(discharge, mean + 1 + down) + 1) * unit


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, ODD], ids=lambda pack: pack.name)
def test_behind_open_contactors_a_reading_that_is_just_surely_a_current_turns_branches_either_way(pack: Pack) -> None:
    """Surely by 1 mA, which with closed contacts is a discharge that turns them one way."""
    size = next(mA for mA in range(1, 1_600_000) if mA - unsure_mA(pack, mA) == 1)
    unit = pack.cell.capacity_mAh * 3600 // 1000
    reaches = {}
    for resting in (True, False):
        bound: Any = SimpleNamespace(
            hot_ddegC=250, cold_ddegC=250, r0_uohm=1500, r1_uohm=1500, r2_uohm=1500, memory_1_dA=0, memory_2_dA=0,
            resting=resting,
        )  # fmt: skip
        coulomb = Coulomb(pack, 500)
        coulomb._least_mA = coulomb._most_mA = -size
        coulomb._moved_mAs, coulomb._round_ms = -2 * unit, 100
        for state in (coulomb._hysteresis, coulomb._relaxing):
            state.reach[0] = state.reach[1] = 0
        look = Look(pack, coulomb, bound)
        coulomb.anchor(SimpleNamespace(group_mV=[3_600 * sum(pack.taps) * pack.stacks, 0]), bound)  # type: ignore[arg-type]
        reaches[resting] = [*coulomb._hysteresis.reach, *coulomb._relaxing.reach]
        assert reaches[resting] == [*look.hysteresis.reach, *look.relaxing.reach]
    assert reaches[True] != reaches[False]


class Look:
    """What one look makes of what has been seen since the last: the promise, with the followers as tools."""

    def __init__(self, pack: Pack, coulomb: Coulomb, bound: Any) -> None:
        self.pack, self.bound, cell = pack, bound, pack.cell
        part_mAs = cell.capacity_mAh * 3600 // 1000
        self.hysteresis = Follower(cell.hyst_gamma_permille, 8192, part_mAs)
        self.relaxing = Follower(cell.relax_gamma_permille, 0, part_mAs)
        self.charged, self.discharged = Flow(pack), Flow(pack)
        for mine, its in (
            (self.hysteresis.reach, coulomb._hysteresis.reach),
            (self.relaxing.reach, coulomb._relaxing.reach),
            (self.charged._fixed, coulomb._charged._fixed),
            (self.discharged._fixed, coulomb._discharged._fixed),
        ):
            mine[:] = its
        self.saw = coulomb._least_mA, coulomb._most_mA
        least = max(self.saw[0] - unsure_mA(pack, self.saw[0]), -1_638_300)
        most = min(self.saw[1] + unsure_mA(pack, self.saw[1]), 1_638_300)
        if bound.resting:
            least, most = min(least, 0), max(most, 0)
        self.least, self.most = least, most
        round_ms = coulomb._round_ms if coulomb._round_ms >= 100 else 0
        for flow, mA in ((self.charged, least), (self.discharged, -most)):
            flow.step(0, bound.memory_1_dA, mA, round_ms)
            flow.step(1, bound.memory_2_dA, mA, round_ms)
        if round_ms:
            self.follow(coulomb._moved_mAs, coulomb._erred_mAs + 1, coulomb._leaked_mAs, round_ms)

    def follow(self, moved: int, erred: int, leaked: int, round_ms: int) -> None:
        a = self.pack.current_a_sensor
        quiet = Plain(self.pack, 500).offset_mA + 4 * a.noise_u // 1000 + 1
        for state in (self.hysteresis, self.relaxing):
            if self.least > 0:
                state.step(0, moved - erred, 0)
                state.step(1, 0, moved + erred)
            elif self.most < 0:
                state.step(1, -moved - erred, 0)
                state.step(0, 0, -moved + erred)
            elif not self.bound.resting or self.saw[1] > quiet or self.saw[0] < -quiet:
                for side in (0, 1):
                    state.step(side, 0, (max(self.most, -self.least) // 1000 + 1) * round_ms)
            elif leaked:
                state.step(0, 0, leaked)

    def margin_mV(self, slow: int, side: int) -> int:
        hot, cold = self.bound.hot_ddegC, self.bound.cold_ddegC
        relax = self.pack.cell.relax_mV
        return margin_mV(self.pack, hot, cold, side) - relax + floor(Fraction(relax * slow, 8192))

    def drop_mV(self, flow: Flow, mA: int) -> int:
        """At least, along the way of the flow."""
        cell, bound = self.pack.cell, self.bound
        own = least_mV(self.pack, mA, bound)
        own += drop_mV(bound.r1_uohm, bound.memory_1_dA) + drop_mV(bound.r2_uohm, bound.memory_2_dA)
        part = floor(Fraction((1000 - self.pack.spread_r_permille) * 960, 1000))
        tables = ((cell.r1_uohm, cell.r1_permille, bound.r1_uohm), (cell.r2_uohm, cell.r2_permille, bound.r2_uohm))
        for (table, factors, most_uohm), mA in zip(tables, flow.least_mA):
            dA = floor(Fraction(mA, 100))
            r = floor(line(bound.hot_ddegC, cell.r_ddegC, [min(table) * f // 1000 * part // 1000 for f in factors]))
            along = r * dA // 10_000 if r < 65_536 else r // 100 * dA // 100
            own += along if dA >= 0 else -drop_mV(most_uohm, -dA)
        return own

    def branch(self, reach: int, sign: int) -> list[int]:
        cell, spread = self.pack.cell, self.pack.spread_hyst_permille
        far = [ceil(Fraction(m * (1000 + spread), 1000)) for m in cell.hyst_mV]
        near = [m * max(0, 1000 - spread) // 1000 for m in cell.hyst_mV]
        offs = [m * reach >> 13 for m in far] if reach >= 0 else [-(m * -reach >> 13) for m in near]
        return [v + sign * off for v, off in zip(cell.ocv_mV, offs)]

    def edges(self) -> tuple[list[int], int, list[int], int]:
        """The highest branch and what a voltage may be above it; the lowest, and below it."""
        up = self.margin_mV(self.relaxing.reach[1], 1) - self.drop_mV(self.discharged, -self.most)
        down = self.margin_mV(self.relaxing.reach[0], -1) - self.drop_mV(self.charged, self.least)
        return self.branch(self.hysteresis.reach[1], 1), up, self.branch(self.hysteresis.reach[0], -1), down


def near_nothing_mA(pack: Pack) -> list[int]:
    """Readings that are just surely a current, and just not."""
    plain, noise_mA = Plain(pack, 500), 4 * pack.current_a_sensor.noise_u // 1000 + 1
    quiet = plain.offset_mA + noise_mA
    least = quiet
    while pack is not POOR and least < quiet + (least // 100 + 1) * plain.error_ppm // 10_000:
        least += 1
    return [least - 1, least, least + 1, least + 2, quiet - 1, quiet, quiet + 1]


@packs
@pytest.mark.parametrize("seed", range(3))
def test_a_look_follows_the_branches_and_reads_the_voltage_with_all_that_the_current_has_proved(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    unit = pack.cell.capacity_mAh * 3600 // 1000
    layers = sum(pack.taps) * pack.stacks
    small = near_nothing_mA(pack)
    sizes = [*small, 0, 1, 3_050, 40_000, 900_000, 1_638_300]
    flows = [0, 1, 12_800, 1_280_000, 99 << 7, 5_000_000]
    coulomb = Coulomb(pack, 500)
    for _ in range(100):
        t = dice.choice([250, 400, 251, -40, 333, *pack.cell.r_ddegC])
        bound: Any = SimpleNamespace(
            hot_ddegC=t, cold_ddegC=t - dice.choice([0, 3, 300]), r0_uohm=dice.choice([1, 1500, 90_000]),
            r1_uohm=dice.choice([1, 1500]), r2_uohm=dice.choice([1, 1700]), memory_1_dA=dice.choice([0, 1, 30, 9_000]),
            memory_2_dA=dice.choice([0, 1, 20, 9_000]), resting=dice.random() < 0.4,
        )  # fmt: skip
        first, second = dice.choice([1, -1]) * dice.choice(sizes), dice.choice(sizes)
        pair = dice.choice([(first, first), (min(first, second), max(first, second)), (-second, second), (0, 0)])
        coulomb._least_mA, coulomb._most_mA = pair
        coulomb._moved_mAs = dice.choice([0, 5, -5, unit, -unit, 2 * unit + 7, -2 * unit - 7])
        coulomb._erred_mAs = dice.choice([0, 1, unit // 3])
        coulomb._leaked_mAs = dice.choice([0, 0, 1, unit])
        coulomb._round_ms = dice.choice([0, 50, 99, 100, 101, 200])
        for state in (coulomb._hysteresis, coulomb._relaxing):
            state._pending_mAs[0] = state._pending_mAs[1] = state._paid_mAs[0] = state._paid_mAs[1] = 0
            for side in (0, 1):
                state.reach[side] = dice.choice([8192, 8192, 8191, 0, -1, -8192, dice.randint(-8192, 8192)])
        for flow in (coulomb._charged, coulomb._discharged):
            for k in (0, 1):
                flow._fixed[k] = dice.choice([1, 1, -1]) * dice.choice([*flows, dice.randrange(5_000_000)])
        look = Look(pack, coulomb, bound)
        charge, up, discharge, down = look.edges()
        mean = max(1, dice.choice([dice.choice(charge) + up, dice.choice(discharge) - down]) + dice.choice([-1, 0, 1, 7]))
        snap: Any = SimpleNamespace(group_mV=[mean * layers - 17, 17])
        low = inverse(charge, mean - up) * unit
        high = (inverse(discharge, mean + 1 + down) + 1) * unit
        was = coulomb.low_mAs, coulomb.high_mAs = dice.choice([(0, 1000 * unit), (low, high), (300 * unit, 700 * unit)])
        conflicts = coulomb.conflicts
        coulomb.anchor(snap, bound)
        reach = [*look.hysteresis.reach]
        if low > was[1] or high < was[0]:
            conflicts += 1
            if min(reach) < 8192:  # nothing is known any more
                reach = [8192, 8192]
                low, high = 0, pack.cell.capacity_mAh * 3600
                rating = 100 * max(pack.charge_rating_dA, pack.discharge_rating_dA)
                assert (coulomb._least_mA, coulomb._most_mA) == (-rating, rating)
        else:
            low, high = max(low, was[0]), min(high, was[1])
        assert (coulomb.low_mAs, coulomb.high_mAs, coulomb.conflicts) == (low, high, conflicts)
        assert [*coulomb._hysteresis.reach] == reach
        if reach == [*look.hysteresis.reach]:
            assert [*coulomb._relaxing.reach] == [*look.relaxing.reach]
            assert [*coulomb._charged._fixed] == [*look.charged._fixed]
            assert [*coulomb._discharged._fixed] == [*look.discharged._fixed]


def test_what_another_run_knew_is_taken_inside_empty_and_full_and_published_at_once() -> None:
    """Of a low end above a high one, an interval of nothing is left at the low end."""
    coulomb = Coulomb(bench_24.PACK, 500)
    full = coulomb.capacity_mAs
    unit = full // 1000
    ends = (-full, -1, 0, 1, 5 * unit, 400 * unit, 700 * unit, full - 1, full, full + 1, 2 * full)
    for low in ends:
        for high in ends:
            for count in (-1, 0, 1, 650 * unit, full - 1, full, full + 1):
                coulomb.restore(low, high, count)
                kept = min(max(low, 0), full)
                assert coulomb.low_mAs == kept
                assert coulomb.high_mAs == min(max(high, kept), full)
                assert coulomb.charge_mAs == min(max(count, 0), full)
                assert coulomb.low_permille == kept // unit
                assert coulomb.high_permille == -(-coulomb.high_mAs // unit)
                assert coulomb.low_permille <= coulomb.soc_permille <= coulomb.high_permille


def test_what_bleeders_take_is_gone_from_the_count_and_from_the_low_end_and_never_below_empty() -> None:
    coulomb = Coulomb(bench_24.PACK, 500)
    for low, charge, lost in ((100, 500, 60), (60, 60, 60), (59, 61, 60), (0, 0, 0), (5, 4, 1 << 20), (1, 2, 0)):
        coulomb.low_mAs, coulomb.charge_mAs, coulomb.high_mAs = low, charge, 77
        coulomb.bleed(lost)
        assert (coulomb.low_mAs, coulomb.charge_mAs, coulomb.high_mAs) == (max(0, low - lost), max(0, charge - lost), 77)


@pytest.mark.parametrize(("round_ms", "known"), [(5_000, True), (5_001, False)])
def test_after_five_seconds_without_a_look_nothing_is_known_of_the_branch(round_ms: int, known: bool) -> None:
    coulomb = Coulomb(bench_24.PACK, 500)
    coulomb._hysteresis.reach[0] = 7
    coulomb._round_ms = round_ms
    coulomb.publish()
    assert (coulomb._hysteresis.reach[0] == 7) is known
    assert (coulomb._round_ms == 0) is not known


def test_what_was_seen_at_first_and_after_a_look_is_nothing() -> None:
    coulomb = Coulomb(bench_24.PACK, 500)
    assert (coulomb._least_mA, coulomb._most_mA, coulomb._moved_mAs, coulomb._erred_mAs) == (0, 0, 0, 0)
    assert (coulomb._leaked_mAs, coulomb._round_ms) == (0, 0)
    assert (coulomb._hysteresis._home, coulomb._relaxing._home) == (8192, 0), "branches turn over, silicon comes to rest"


@packs
def test_advice_places_the_count_only_inside_the_interval(pack: Pack) -> None:
    unit = pack.cell.capacity_mAh * 3600 // 1000
    for permille, taken in ((-1, False), (299, False), (300, True), (301, True), (700, True), (701, False)):
        coulomb = Coulomb(pack, 500)
        coulomb.low_mAs, coulomb.high_mAs = 300 * unit, 700 * unit
        coulomb.place(permille)
        assert coulomb.charge_mAs == (permille if taken else 500) * unit
    coulomb = Coulomb(pack, 500)
    coulomb.place(0)
    assert coulomb.charge_mAs == 0
    coulomb = Coulomb(pack, 500)
    coulomb.low_mAs = -5 * unit
    coulomb.place(-1)
    assert coulomb.charge_mAs == 500 * unit, "none is none"


@packs
def test_what_is_published_is_an_interval_rounded_outwards_and_in_it_the_nearest_permille(pack: Pack) -> None:
    unit = pack.cell.capacity_mAh * 3600 // 1000
    coulomb = Coulomb(pack, 500)
    for charge, low, high in (
        (0, 0, 1000 * unit),
        (unit // 2 - 1, 1, 1),
        ((unit + 1) // 2, unit - 1, unit),
        (unit, unit, unit + 1),
        (400 * unit + unit // 2 + 1, 399 * unit + 1, 900 * unit - 1),
        (1000 * unit, 999 * unit, 1000 * unit + 1),
        (1001 * unit, 0, 999 * unit),
        (-unit, 0, 999 * unit + 1),
    ):
        coulomb.charge_mAs, coulomb.low_mAs, coulomb.high_mAs = charge, low, high
        coulomb.publish()
        nearest = floor(Fraction(charge, unit) + Fraction(1, 2))
        least, most = low // unit, min(1000, ceil(Fraction(high, unit)))
        assert (coulomb.low_permille, coulomb.high_permille) == (least, most)
        assert coulomb.soc_permille == min(max(nearest, least), most)


def test_what_is_shown_is_advice_else_the_count_inside_the_interval() -> None:
    coulomb = Coulomb(bench_24.PACK, 500)
    coulomb.low_permille, coulomb.high_permille, coulomb.soc_permille = 300, 700, 500
    said = {-1: 500, 0: 300, 299: 300, 300: 300, 301: 301, 699: 699, 700: 700, 701: 700, 1000: 700}
    assert {advised: coulomb.shown_permille(advised) for advised in said} == said
    coulomb.low_permille = 0
    assert coulomb.shown_permille(0) == 0
    coulomb.soc_permille, coulomb.low_permille = 100, 300
    assert coulomb.shown_permille(-1) == 300
