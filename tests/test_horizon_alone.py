"""What can be held for 2, 10 and 30 s agrees with the docstring's sums in plain words, round by round."""

import random
from array import array
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control.horizon import Horizon, HORIZONS_s
from bms.packs import bench_24, ev_240
from bms.safety.core import Core
from bms.schema import CELL_FIELDS, GUARDS_FIELDS, PACK_FIELDS, Cell, Guards, Pack, replaced
from tests.test_core_alone import rise_ddegC
from tests.test_envelope_alone import line, map_mC, near, table_mC

BENCH = bench_24.PACK
OLD_s = 1  # a limit stands for up to 0.6 s before it is reckoned anew: it must hold for that much longer
# cools when charged, quick and slow elements at the length of a round, branches of all slopes, warm at once
QUICK = replaced(
    Cell,
    CELL_FIELDS,
    BENCH.cell,
    capacity_mAh=19_870,
    entropy_uV_K=tuple(-5000 - k * 700 for k in range(21)),
    hyst_mV=tuple(1990 + 57 * ((k * 13 + 12) % 21) for k in range(21)),
    hyst_gamma_permille=14_777,
    relax_mV=31,
    r1_uohm=tuple(1_107 + 39 * (k * 5 % 21) for k in range(21)),
    r2_uohm=tuple(2_001 - 43 * (k * 4 % 21) for k in range(21)),
    tau1_ms=tuple(90 + 11 * k for k in range(21)),
    tau2_ms=tuple(12_500 + 1_300 * (k * 8 % 21) for k in range(21)),
    heat_capacity_J_K=97,
    charge_max_mC=2_345,
    discharge_low_soc_permille=150,
)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BENCH,
    name="odd",
    cell=QUICK,
    taps=(12, 7),
    spread_capacity_permille=37,
    spread_r_permille=117,
    spread_hyst_permille=811,
    charge_rating_dA=20_000,
    discharge_rating_dA=20_000,
)
LARGE = replaced(
    Cell,
    CELL_FIELDS,
    BENCH.cell,
    capacity_mAh=289_990,
    charge_max_mC=1_017,
    entropy_uV_K=tuple(10 + 2700 * k for k in range(21)),
)
LONE = replaced(
    Pack, PACK_FIELDS, BENCH, name="lone", cell=LARGE, taps=(1,) * 4, charge_rating_dA=1_000, discharge_rating_dA=900
)
# two rounds of a quick element; little current, so that what moves stays in the first segment
PAIR = replaced(
    Pack,
    PACK_FIELDS,
    ODD,
    name="pair",
    cell=replaced(Cell, CELL_FIELDS, QUICK, tau1_ms=tuple(230 + k for k in range(21)), tau2_ms=(17_762,) * 21),
    taps=(2, 1),
    charge_rating_dA=1_000,
    discharge_rating_dA=900,
)
PACKS = (BENCH, ev_240.PACK, ODD, LONE, PAIR)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MOST_dA = 16_383


def per(value: int, divisor: int) -> int:
    """Rounded down."""
    return floor(Fraction(value, divisor))


def drop_mV(r_uohm: int, dA: int) -> int:
    """Rounded up; a resistance from 65 536 uohm on is taken in hundreds."""
    return ceil(Fraction(r_uohm * dA, 10_000)) if r_uohm < 65_536 else ceil(Fraction(ceil(Fraction(r_uohm, 100)) * dA, 100))


def moved_dA(mV: int, r_uohm: int) -> int:
    return per(min(mV, 100_000) * 10_000, r_uohm)


class Plain:
    """The docstring, in its order: voltage, SoC, heat; and what the RC elements hold at least."""

    def __init__(self, pack: Pack) -> None:
        cell = pack.cell
        self.pack, self.cell = pack, cell
        self.smallest = per(cell.capacity_mAh * (1000 - pack.spread_capacity_permille), 1000) * 9
        hyst = 1000 + pack.spread_hyst_permille
        self.m = [per(max(a, b) * hyst, 1000) + 1 for a, b in zip(cell.hyst_mV, cell.hyst_mV[1:])]
        self.climb = []
        for k in range(20):
            steep = cell.ocv_mV[k + 1] - cell.ocv_mV[k] + per(abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k]) * hyst, 1000) + 1
            slow = cell.relax_mV * cell.relax_gamma_permille
            steep += per(self.m[k] * cell.hyst_gamma_permille + slow, 10_000) + 1
            self.climb.append(per(steep * 5 * 10_000, self.smallest) + 1)
        part = 1000 - pack.spread_r_permille
        r1, r2 = min(cell.r1_uohm), min(cell.r2_uohm)
        self.least = [per(per(r1 * a + r2 * b, 1000) * part, 1000) for a, b in zip(cell.r1_permille, cell.r2_permille)]
        self.taken = [min(1000, per((t + OLD_s) * 1_000_000, min(cell.tau2_ms)) + 1) for t in HORIZONS_s]
        self.held = {1: [-MOST_dA << 14] * 2, -1: [-MOST_dA << 14] * 2}
        self.last = 0

    def remember(self, bound: Any, now_dA: int) -> None:
        """Of a current in either direction, the least of this round: falls at the fastest, rises at the slowest."""
        for sign, held in self.held.items():
            least_dA = min(sign * now_dA, sign * self.last)
            for k, tau_ms in enumerate((self.cell.tau1_ms, self.cell.tau2_ms)):
                memory_dA = (bound.memory_1_dA, bound.memory_2_dA)[k]
                was = max(held[k], -memory_dA << 14)
                off = (least_dA << 14) - was
                rounds = per(min(tau_ms), 100) if off < 0 else per(max(tau_ms), 100) + 1
                held[k] = was + per(off, max(1, rounds))
        self.last = now_dA

    def shift(self, dA: int, s: int) -> int:
        return per(dA * s * 250, self.smallest) + 1

    def warmer(self, dA: int, over_mV: int, s: int) -> int:
        return min(4000, per((per(dA * min(over_mV, 60_000), 1000) + 1) * s, self.cell.heat_capacity_J_K) + 1)

    def apart(self, bound: Any, dA: int) -> int:
        """What more heat puts between the bounds of temperature, at once."""
        risen: int = bound.core.rise_ddegC
        return min(4000, max(0, rise_ddegC(self.pack, dA, bound.r_high_uohm) - risen))

    @staticmethod
    def in_room(limit: int, room: int, width: int, share: Fraction) -> int:
        """The current that its own heat, `share` a dA, leaves between a recommended temperature and the operating one."""
        if room <= 0:
            return 0
        return min(limit, per(limit * room, width + floor(limit * share)))

    def left(self, limit: int, bound: Any, sign: int, flows: int, warmer: int, apart: int) -> int:
        """Of a limit, on either side of the recommended temperatures."""
        cell = self.cell
        most, least = cell.t_discharge_max_ddegC, cell.t_discharge_min_ddegC
        if sign > 0:
            most, least = cell.t_charge_max_ddegC, cell.t_charge_min_ddegC
        return min(
            self.in_room(limit, most[1] - bound.hot_ddegC, most[1] - most[0], Fraction(warmer, max(1, flows))),
            self.in_room(limit, bound.cold_ddegC - least[1], least[0] - least[1], Fraction(2 * apart, max(1, flows))),
        )

    @staticmethod
    def most(table: list[int], first: int, last: int) -> int:
        a, b = (min(max(per(x, 50), 0), 19) for x in (first, last))
        return max(table[a : b + 1])

    def limit(self, envelope: Any, bound: Any, now_dA: int, h: int, sign: int) -> int:
        """Charge if sign is 1, else discharge; before it is clamped to the shorter horizons."""
        pack, cell, s = self.pack, self.cell, HORIZONS_s[h] + OLD_s
        limit: int = envelope.charge_dA if sign > 0 else envelope.discharge_dA
        if limit == 0:
            return 0
        rating = min(pack.charge_rating_dA if sign > 0 else pack.discharge_rating_dA, MOST_dA)
        window = [envelope.layer_lo_permille, envelope.layer_hi_permille]
        moving = 1 if sign > 0 else 0

        def shifted(dA: int) -> list[int]:
            out = list(window)
            out[moving] += sign * self.shift(dA, s)
            return out

        flows = min(envelope.map_dA if sign > 0 else envelope.table_dA, rating)
        ends = shifted(flows)
        entropy = max(0, *(sign * e for e in cell.entropy_uV_K))
        over_mV = drop_mV(bound.r_high_uohm, flows) + self.most(self.m, *ends) + per(entropy * 373, 1000) + 1
        apart = self.apart(bound, flows)
        warmer = self.warmer(flows, over_mV, s) + apart
        hot, cold = bound.hot_ddegC + warmer, bound.cold_ddegC - 2 * apart
        if sign > 0:
            c = min(map_mC(pack, cold, *ends), map_mC(pack, hot, *ends), cell.charge_max_mC)
        else:
            c = min(table_mC(pack, cold), table_mC(pack, hot))
        by_table = per(per(cell.capacity_mAh, 10) * c, 10_000)
        by_table = self.left(by_table, bound, sign, flows, warmer, apart)
        limit = min(limit, by_table)
        if sign < 0:
            dA = min(by_table, MOST_dA)
            limit = min(limit, per(dA * max(0, window[0]), cell.discharge_low_soc_permille + self.shift(dA, s)))
        climb = self.most(self.climb, *shifted(rating)) * s
        room_mV: int = cell.v_max_mV[0] - bound.layer_high_mV if sign > 0 else bound.layer_low_mV - cell.v_min_mV[0]
        return max(0, min(limit, self.by_voltage(bound, room_mV, sign * now_dA, sign, climb, h)))

    def by_voltage(self, bound: Any, room_mV: int, now_dA: int, sign: int, climb: int, h: int) -> int:
        """Room less what a current that flows already will still take of it."""
        first = min(self.held[sign][0] >> 14, now_dA)
        second = min(self.held[sign][1] >> 14, first)
        apart = [bound.apart_r0_uohm, bound.apart_r1_uohm, bound.apart_r2_uohm] if max(self.pack.taps) > 1 else [0, 0, 0]
        share = self.taken[h]
        slow_uohm = per((per(bound.r2_uohm + apart[2], 10) + 1) * share, 100) + 1
        left_mV = room_mV
        for r_uohm, held in ((bound.r1_uohm + apart[1], first), (slow_uohm, second)):
            left_mV -= 2 * drop_mV(r_uohm, ceil(Fraction(now_dA - held, 2)))
        left_mV -= drop_mV(climb, now_dA) if now_dA > 0 else 1 - drop_mV(climb, -now_dA)
        if left_mV >= 0:
            return now_dA + moved_dA(left_mV, bound.r_high_uohm + sum(apart) + climb)
        relief = per(per(floor(line(bound.hot_ddegC, self.cell.r_ddegC, self.least)), 10) * share, 100)
        held_dA = now_dA - moved_dA(-left_mV, bound.r_low_uohm + relief + climb) - 1
        if room_mV < 0:
            held_dA = min(held_dA, now_dA - moved_dA(-room_mV, bound.r_low_uohm) - 1)
        return held_dA


def some_bound(dice: random.Random, pack: Pack) -> Any:
    """What bound.py might say."""
    cell = pack.cell
    edges = near(*cell.map_ddegC, *cell.discharge_ddegC, cell.t_charge_min_ddegC[1], cell.t_discharge_max_ddegC[1])
    r = [dice.choice([0, 1, dice.randint(0, 3000), dice.randint(0, 90_000)]) for _ in range(3)]
    cold = dice.choice([*edges, 250, 250, 300, 350, 400])
    core = Core(pack)
    core.rise_ddegC = dice.choice([0, 0, 1, 30, 9000])
    room_mV = [dice.choice([-300, -1, 0, 1, dice.randint(0, 60), dice.randint(0, 2500), 120_000]) for _ in range(2)]
    return SimpleNamespace(
        cold_ddegC=cold, hot_ddegC=cold + dice.choice([0, 1, 50, 150]), r1_uohm=r[1], r2_uohm=r[2], r_high_uohm=sum(r) + 1,
        r_low_uohm=dice.choice([1, 300, 900]), apart_r0_uohm=dice.randint(0, 900), apart_r1_uohm=dice.randint(0, 900),
        apart_r2_uohm=dice.randint(0, 900), memory_1_dA=dice.choice([0, 1, 1700, MOST_dA]),
        memory_2_dA=dice.choice([0, 1, 1700, MOST_dA]), layer_high_mV=cell.v_max_mV[0] - room_mV[0],
        layer_low_mV=cell.v_min_mV[0] + room_mV[1], core=core,
    )  # fmt: skip


def some_envelope(dice: random.Random, pack: Pack, envelope: Any) -> None:
    """What envelope.py might say."""
    lo = dice.choice([-30, 0, 1, 20, 500, 1000, 1030, *near(pack.cell.discharge_low_soc_permille), dice.randint(0, 1000)])
    envelope.layer_lo_permille, envelope.layer_hi_permille = lo, lo + dice.choice([0, 1, 30, 300])
    for name in ("map_dA", "table_dA"):
        setattr(envelope, name, dice.choice([0, 1, 900, 1000, 2000, dice.randint(0, 3000), MOST_dA]))
    for name in ("charge_dA", "discharge_dA"):
        setattr(envelope, name, dice.choice([0, 1, 17, 700, 3000, MOST_dA, MOST_dA, MOST_dA]))


@packs
@pytest.mark.parametrize("seed", range(12))
def test_every_horizon_is_the_least_of_voltage_soc_and_heat(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    envelope: Any = SimpleNamespace()
    horizon, plain = Horizon(pack, envelope), Plain(pack)
    charge, discharge = [0, 0, 0], [0, 0, 0]
    assert (list(horizon.charge_dA), list(horizon.discharge_dA)) == (charge, discharge)
    size = 0
    for k in range(300):
        if k % 5 == 0:
            size = dice.choice([0, 1, 30, 1700, 1700, MOST_dA])
            bound = some_bound(dice, pack)
        some_envelope(dice, pack, envelope)
        now_dA = dice.choice([0, size, size, -size, -size, 1, -1, size // 3])
        h = k // 2 % 3
        plain.remember(bound, now_dA)
        if k % 2 == 0:
            charge[h] = plain.limit(envelope, bound, now_dA, h, 1)
        else:
            discharge[h] = plain.limit(envelope, bound, now_dA, h, -1)
        assert horizon.step(bound, now_dA) == h
        assert (list(horizon._charged), list(horizon._discharged)) == (plain.held[1], plain.held[-1])
        assert (list(horizon.charge_dA), list(horizon.discharge_dA)) == (charge, discharge)
        for end in range(3):
            assert horizon.charge_limit_dA(end) == min(envelope.charge_dA, *charge[: end + 1])
            assert horizon.discharge_limit_dA(end) == min(envelope.discharge_dA, *discharge[: end + 1])


@packs
def test_the_current_that_closes_the_room_is_found_to_the_last_tenth_of_an_ampere(pack: Pack) -> None:
    dice = random.Random(9)
    horizon, plain = Horizon(pack, SimpleNamespace()), Plain(pack)  # type: ignore[arg-type]
    for _ in range(500):
        bound = some_bound(dice, pack)
        sign, h = dice.choice([1, -1]), dice.randrange(3)
        held = dice.choice([[-MOST_dA << 14] * 2, [0, 0], [(1 << 14) - 1, 1 << 14], [90 << 14, -7 << 14]])
        plain.held[sign] = held
        remembered = array("i", held)
        room_mV, now_dA = dice.choice([-400, -2, -1, 0, 1, 2, 400]), dice.choice([0, 1, 2, -1, -2, 90, -90, 3000])
        climb = dice.choice([1, 9_999, 10_000, 20_000, 70_000, 100_000])
        said = horizon._held_dA(room_mV, now_dA, remembered, climb, bound, h)
        assert said == plain.by_voltage(bound, room_mV, now_dA, sign, climb, h)


@pytest.mark.parametrize("capacity_J_K", [97, 161, 3_001, 60_002])
def test_heat_warms_to_the_last_joule_and_no_overvoltage_is_taken_for_more_than_60_v(capacity_J_K: int) -> None:
    cell = replaced(Cell, CELL_FIELDS, BENCH.cell, heat_capacity_J_K=capacity_J_K)
    pack = replaced(Pack, PACK_FIELDS, BENCH, cell=cell)
    horizon, plain = Horizon(pack, SimpleNamespace()), Plain(pack)  # type: ignore[arg-type]
    for dA in (0, 1, 50, 999, 1000, MOST_dA):
        for over_mV in (0, 1, 96, 970, 59_999, 60_000, 60_001, 400_000):
            for s in HORIZONS_s:
                assert horizon._warmer_ddegC(dA, over_mV, s) == plain.warmer(dA, over_mV, s)


@packs
@pytest.mark.parametrize("sign", [1, -1], ids=["charge", "discharge"])
def test_beyond_the_recommended_temperatures_nothing_is_left_and_a_tenth_of_a_kelvin_inside_something(
    pack: Pack, sign: int
) -> None:
    horizon, plain, cell = Horizon(pack, SimpleNamespace()), Plain(pack), pack.cell  # type: ignore[arg-type]
    room, most, least = horizon._discharge_room, cell.t_discharge_max_ddegC[1], cell.t_discharge_min_ddegC[1]
    if sign > 0:
        room, most, least = horizon._charge_room, cell.t_charge_max_ddegC[1], cell.t_charge_min_ddegC[1]
    for hot in (most - 400, most - 17, most - 2, most - 1, most, most + 1, most + 900):
        for cold in (least - 900, least - 1, least, least + 1, least + 2, least + 17, least + 400):
            bound: Any = SimpleNamespace(hot_ddegC=hot, cold_ddegC=cold)
            for flows, warmer, apart in ((900, 0, 0), (0, 1, 0), (1, 1, 0), (2, 3, 2), (900, 40, 11), (900, 5, 60)):
                left = horizon._in_room_dA(1201, flows, bound, room, warmer, apart)
                assert left == plain.left(1201, bound, sign, flows, warmer, apart)
                inside = hot < most and cold > least
                assert (left > 0) is inside if warmer == 0 else inside or left == 0


def test_heat_to_come_sets_the_bounds_of_temperature_apart_by_400_k_at_most() -> None:
    for core_mK_W in (20, 4_000):
        guards = replaced(Guards, GUARDS_FIELDS, BENCH.guards, core_mK_W=core_mK_W)
        pack = replaced(Pack, PACK_FIELDS, BENCH, guards=guards)
        horizon, plain = Horizon(pack, SimpleNamespace()), Plain(pack)  # type: ignore[arg-type]
        core = Core(pack)
        bound: Any = SimpleNamespace(core=core, r_high_uohm=3_000)
        for dA in (0, 1, 900, MOST_dA):
            now = core.rise_at_ddegC(dA, bound.r_high_uohm)
            for core.rise_ddegC in (0, now - 4001, now - 4000, now - 3999, now - 1, now, now + 1, now + 5000):
                assert horizon._apart_ddegC(dA, bound) == plain.apart(bound, dA) == min(4000, max(0, now - core.rise_ddegC))


@pytest.mark.parametrize("tau2_ms", [13_269, 16_035, 45_082])
def test_the_share_that_a_slow_element_has_still_to_take_up_is_right_to_the_last_permille(tau2_ms: int) -> None:
    cell = replaced(Cell, CELL_FIELDS, BENCH.cell, tau2_ms=tuple(tau2_ms + 3 * (k % 5) for k in range(21)))
    pack = replaced(Pack, PACK_FIELDS, BENCH, cell=cell)
    horizon = Horizon(pack, SimpleNamespace())  # type: ignore[arg-type]
    assert list(horizon._taken_permille) == Plain(pack).taken


@packs
@pytest.mark.parametrize("capacity_mAh", [100, 20_000])
def test_entropy_warms_one_way_and_voltage_climbs_faster_the_smaller_the_layer(pack: Pack, capacity_mAh: int) -> None:
    cell = replaced(Cell, CELL_FIELDS, pack.cell, capacity_mAh=capacity_mAh)
    pack = replaced(Pack, PACK_FIELDS, pack, cell=cell)
    horizon, plain = Horizon(pack, SimpleNamespace()), Plain(pack)  # type: ignore[arg-type]
    assert list(horizon._climb_uohm_s) == plain.climb
    assert list(horizon._taken_permille) == plain.taken
    for sign, mV in ((1, horizon._charge_heat_mV), (-1, horizon._discharge_heat_mV)):
        assert mV == per(max(0, *(sign * e for e in cell.entropy_uV_K)) * 373, 1000) + 1


def test_horizons_are_two_ten_and_thirty_seconds() -> None:
    assert HORIZONS_s == (2, 10, 30)
