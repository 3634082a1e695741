"""Map, table and limits agree with fractions and with plain words, phase by phase and tick by tick, reasons included."""

import random
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import envelope as E
from bms.control.maps import ChargeMap, DischargeTable
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, charge_map, layer_count, replaced

# windows of temperature inside map and table: of charge without a band between operating and recommended, of discharge with
SMALL = replaced(
    Cell,
    CELL_FIELDS,
    bench_24.PACK.cell,
    capacity_mAh=99_990,
    charge_max_mC=1_200,
    discharge_low_soc_permille=150,
    t_charge_max_ddegC=(600, 600, 700),
    t_charge_min_ddegC=(-50, -50, -100),
    t_discharge_max_ddegC=(550, 620, 700),
    t_discharge_min_ddegC=(50, -60, -100),
)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    bench_24.PACK,
    name="odd",
    cell=SMALL,
    charge_rating_dA=40_000,
    discharge_rating_dA=40_000,
    limit_rise_dA_s=777,
    spread_capacity_permille=77,
    soc_match_permille=450,
)
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, ODD)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def line(x: int, xs: Sequence[int], ys: Sequence[Any]) -> Fraction:
    """The broken line, level beyond its ends."""
    if x <= xs[0]:
        return Fraction(ys[0])
    for a, b, ya, yb in zip(xs, xs[1:], ys, ys[1:]):
        if x <= b:
            return Fraction(ya) + Fraction(yb - ya) * Fraction(x - a, b - a)
    return Fraction(ys[-1])


def near(*knots: int) -> list[int]:
    return [k + d for k in knots for d in (-1, 0, 1, 13)]


def map_mC(pack: Pack, t: int, lo: int, hi: int) -> int:
    """The lesser end of the window, rounded down; nothing outside the temperatures."""
    ts, socs = pack.cell.map_ddegC, pack.cell.map_soc_permille
    if not ts[0] <= t <= ts[-1]:
        return 0
    return min(floor(line(t, ts, [line(soc, socs, row) for row in charge_map(pack)])) for soc in (lo, hi))


def table_mC(pack: Pack, t: int) -> int:
    ts = pack.cell.discharge_ddegC
    return floor(line(t, ts, pack.cell.discharge_cont_mC)) if ts[0] <= t <= ts[-1] else 0


def falling_mC(pack: Pack, mC: int, soc: int) -> int:
    low = pack.cell.discharge_low_soc_permille
    return mC if soc >= low else max(0, mC * soc // low)


@packs
def test_the_map_is_bilinear_to_the_last_unit_at_both_ends_of_the_window(pack: Pack) -> None:
    dice = random.Random(1)
    temperatures = near(*pack.cell.map_ddegC)
    socs = [*near(*pack.cell.map_soc_permille), -1, -90, 1001, 1400]
    chart = ChargeMap(pack)
    assert [vars(chart)[name] for name in ("_k_lo", "_x_lo_permille", "_k_hi", "_x_hi_permille")] == [0, 0, 0, 0]
    for _ in range(500):
        t, lo, hi = dice.choice(temperatures), dice.choice(socs), dice.choice(socs)
        assert chart.place(lo, hi) == min(max(hi, 0), 1000) - min(max(lo, 0), 1000)
        assert chart.least_mC(t) == map_mC(pack, t, lo, hi)


@packs
def test_the_table_of_discharge_is_its_line_to_the_last_unit_and_falls_below_low(pack: Pack) -> None:
    table = DischargeTable(pack)
    for t in near(*pack.cell.discharge_ddegC):
        assert table.at_mC(t) == table_mC(pack, t)
    low = pack.cell.discharge_low_soc_permille
    for mC in (0, 1, 3000, 7777):
        for soc in near(-50, 0, 7, low, 1000):
            assert table.falling_mC(mC, soc) == falling_mC(pack, mC, soc)
            assert table.is_low(soc) is (soc < low)


@packs
def test_the_window_is_the_hard_one_narrowed_by_three_sigmas_and_half_a_percent_of_fresh_advice_inside_it(pack: Pack) -> None:
    dice = random.Random(2)
    envelope = E.Envelope(pack)
    for _ in range(400):
        low = dice.randrange(0, 900)
        high = dice.randrange(low, 1001)
        soc = dice.choice([low - 1, low, high, high + 1, (low + high) // 2, -1])
        sigma = dice.choice([0, 1, 20, max(0, soc - low - 5) // 3, max(0, high - soc - 5) // 3])
        advice: Any = SimpleNamespace(soc_permille=soc, sigma_permille=sigma)
        fresh = dice.random() < 0.8
        lo, hi = low, high
        if fresh and low <= soc <= high:
            lo, hi = max(low, soc - 3 * sigma - 5), min(high, soc + 3 * sigma + 5)
        assert envelope.window(advice, fresh, low, high) == hi - lo
        assert (envelope.soc_lo_permille, envelope.soc_hi_permille) == (lo, hi)


@packs
def test_map_and_table_are_read_at_the_corners_of_all_layers_in_five_ticks(pack: Pack) -> None:
    dice = random.Random(3)
    cell = pack.cell
    envelope = E.Envelope(pack)
    assert E.FIRST_PHASE == 4
    c10 = cell.capacity_mAh // 10
    highs, lows = cell.t_discharge_max_ddegC, cell.t_discharge_min_ddegC
    limits = (highs, lows, cell.t_charge_max_ddegC, cell.t_charge_min_ddegC)
    edges = near(*(t for limit in limits for t in limit[:2]))
    for _ in range(450):
        lo = dice.choice([0, 200, 437, 450, 500, 900, *near(cell.discharge_low_soc_permille)])
        hi = dice.choice([x for x in (0, 100, 451, 650, 1000) if x >= lo] or [1000])
        hot = dice.choice([250, *edges, *near(cell.map_ddegC[0], cell.map_ddegC[-1], cell.discharge_ddegC[-1], 450)])
        cold = min(hot, dice.choice([200, 250, *edges, *near(cell.map_ddegC[0], cell.discharge_ddegC[0], 0)]))
        bound: Any = SimpleNamespace(hot_ddegC=hot, cold_ddegC=cold)
        envelope.soc_lo_permille, envelope.soc_hi_permille = lo, hi
        left = envelope.derate_permille = dice.choice([1000, 1000, 999, 500, 1, 0])
        before = (envelope.map_dA, envelope.table_dA)
        for phase in (0, 1, 2, 3, 9):
            envelope.refresh(bound, phase)
        assert (envelope.map_dA, envelope.table_dA) == before
        for phase in range(4, 9):
            envelope.refresh(bound, phase)
        far = max(hi - pack.soc_match_permille, pack.soc_match_permille - lo)
        alone = pack.spread_soc_permille + (pack.spread_capacity_permille * far + 999) // 1000
        layers = layer_count(pack)
        spread = -(-alone * (2000 * (layers - 1) // layers + (1 if layers > 1 else 0)) // 1000)
        assert (envelope.layer_lo_permille, envelope.layer_hi_permille) == (lo - spread, hi + spread)
        least = min(*(map_mC(pack, t, lo - spread, hi + spread) for t in (hot, cold)), cell.charge_max_mC)
        least = least * room_permille(cell.t_charge_max_ddegC, cell.t_charge_min_ddegC, hot, cold) // 1000
        assert envelope.map_dA == c10 * least // 10_000
        assert envelope._allowed_dA == envelope.map_dA * left // 1000
        assert envelope._allowed_reason == (E.MAP if left == 1000 else E.TEMPERATURE)
        least = min(table_mC(pack, hot), table_mC(pack, cold))
        least = falling_mC(pack, least, lo - spread) * room_permille(highs, lows, hot, cold) // 1000
        assert envelope.table_dA == c10 * (least * left // 1000) // 10_000
        low = lo - spread < cell.discharge_low_soc_permille and left == 1000
        assert envelope._table_reason == (E.SOC if low else E.TEMPERATURE)


@pytest.mark.parametrize(("taps", "stacks"), [((1,), 1), ((2,), 1), ((3,), 1), ((12, 7), 2)])
def test_of_one_layer_the_mean_is_the_layer_and_of_many_one_may_be_twice_as_far_away(
    taps: tuple[int, ...], stacks: int
) -> None:
    """All others at the other end: twice the spread, less what the one layer has in the mean, rounded up."""
    layers = sum(taps) * stacks
    bound: Any = SimpleNamespace(hot_ddegC=250, cold_ddegC=250)
    for alone in (0, 1, 15, 333, 500, 999, 1000):
        pack = replaced(Pack, PACK_FIELDS, ODD, taps=taps, stacks=stacks, spread_soc_permille=alone, spread_capacity_permille=0)
        envelope = E.Envelope(pack)
        envelope.soc_lo_permille, envelope.soc_hi_permille = 400, 600
        for phase in range(4, 9):
            envelope.refresh(bound, phase)
        part = 2000 * (layers - 1) // layers + 1 if layers > 1 else 0
        spread = -(-alone * part // 1000)
        assert (envelope.layer_lo_permille, envelope.layer_hi_permille) == (400 - spread, 600 + spread)


def room_permille(highs: tuple[int, ...], lows: tuple[int, ...], hot: int, cold: int) -> int:
    """All inside the operating temperatures, none at the recommended ones, in proportion between them."""
    parts = [Fraction(1)]
    for left, band in ((highs[1] - hot, highs[1] - highs[0]), (cold - lows[1], lows[0] - lows[1])):
        parts.append(Fraction(left, max(1, band)))
    return floor(1000 * max(Fraction(0), min(parts)))


class Plain:
    """The least of everything that limits, and which it was."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.carry = 0
        self.limits = [0, 0]
        self.reasons = [E.STATE, E.STATE]

    def one(self, table: tuple[int, int], rating: int, by_voltage: int, advised: int | None) -> tuple[int, int]:
        limit, reason = table
        for other, why in ((min(rating, 16_383), E.RATING), (by_voltage, E.LAYER_VOLTAGE), (advised, E.ADVICE)):
            if other is not None and other < limit:
                limit, reason = other, why
        return limit, reason

    def by_voltage(self, room_mV: int, bound: Any, flows: int) -> int:
        """Room over R from the current that flows; without room, back by the smallest R."""
        r = bound.r_high_uohm if room_mV >= 0 else bound.r_low_uohm
        moves = floor(Fraction(min(abs(room_mV), 100_000) * 10_000, r))
        return flows + (moves if room_mV >= 0 else -moves)

    def step(self, w: Any, envelope: E.Envelope) -> tuple[bool, bool]:
        """One tick. Whether anything moved, and whether something fell to nothing."""
        pack, cell, bound = self.pack, self.pack.cell, w.bound
        found = [
            self.one(
                (envelope._allowed_dA, envelope._allowed_reason),
                pack.charge_rating_dA,
                self.by_voltage(cell.v_max_mV[0] - bound.layer_high_mV, bound, w.current),
                w.advice.charge_limit_dA if w.fresh else None,
            ),
            self.one(
                (envelope.table_dA, envelope._table_reason),
                pack.discharge_rating_dA,
                self.by_voltage(bound.layer_low_mV - cell.v_min_mV[0], bound, -w.current),
                w.advice.discharge_limit_dA if w.fresh else None,
            ),
        ]
        self.carry += pack.limit_rise_dA_s * w.dt_ms
        rise, self.carry = divmod(self.carry, 1000)
        moved = cut = False
        for k, allowed in enumerate((w.machine.charge_allowed, w.machine.discharge_allowed)):
            limit, reason = found[k]
            if w.severity >= F.DERATE:
                limit, reason = limit // 2, E.FAULTS
            if w.severity >= F.TRIP_AFTER_RAMP:
                limit = 0
            elif not allowed:
                limit, reason = 0, E.FAULTS if k == 0 and w.machine.discharge_allowed else E.STATE
            limit = max(0, limit)
            if limit > self.limits[k] + rise:
                limit, reason = self.limits[k] + rise, E.RAMP
            if (limit, reason) != (self.limits[k], self.reasons[k]):
                moved = True
                cut = cut or (limit == 0 and self.limits[k] > 0)
            self.limits[k], self.reasons[k] = limit, reason
        return moved, cut


@packs
@pytest.mark.parametrize("seed", range(3))
def test_the_limits_are_the_least_of_everything_rise_by_their_ramp_and_fall_at_once(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    envelope, plain = E.Envelope(pack), Plain(pack)
    cell = pack.cell
    bound: Any = SimpleNamespace()
    w: Any = SimpleNamespace(
        bound=bound, machine=SimpleNamespace(charge_allowed=1, discharge_allowed=1), advice=SimpleNamespace()
    )
    for k in range(700):
        if k % 7 == 0:
            w.severity = dice.choice([0, 0, 0, 0, 1, 2, 3, 4, 5])
            w.machine.charge_allowed, w.machine.discharge_allowed = dice.choice(
                [(1, 1), (1, 1), (1, 1), (0, 1), (1, 0), (0, 0)]
            )
            rating = dice.choice([pack.charge_rating_dA, pack.discharge_rating_dA, 16_383])
            envelope.map_dA, envelope.table_dA = (
                dice.choice([0, 1, rating, rating, rating + 1, 300, 20_000]) for _ in range(2)
            )
            envelope._table_reason = dice.choice([E.SOC, E.TEMPERATURE])
            envelope._allowed_dA, envelope._allowed_reason = envelope.map_dA, dice.choice([E.MAP, E.TEMPERATURE])
            w.fresh = dice.random() < 0.5
            w.advice.charge_limit_dA, w.advice.discharge_limit_dA = (
                dice.choice([0, 16_383, 30_000, 30_000, envelope.map_dA, envelope.table_dA, envelope.table_dA - 1, 17])
                for _ in range(2)
            )
            w.dt_ms = dice.choice([10, 11, 400, 50_000, 50_000, 50_000])
        w.current = dice.choice([0, 1, -1, 40, -40, 1000, -1000])
        bound.r_high_uohm, bound.r_low_uohm = dice.choice([1, 4000, 65_000]), dice.choice([1, 300, 900])
        rooms = [
            dice.choice([0, 1, -1, 99_999, 100_000, 100_001, 200_000, 200_000, 200_000, -100_001, 300, -300, 50])
            for _ in range(2)
        ]
        bound.layer_high_mV, bound.layer_low_mV = cell.v_max_mV[0] - rooms[0], cell.v_min_mV[0] + rooms[1]
        envelope.moved = False
        said = envelope.step(w.machine, w.severity, bound, w.advice, w.fresh, w.current, w.dt_ms)
        moved, cut = plain.step(w, envelope)
        assert said == envelope.charge_dA
        assert [envelope.charge_dA, envelope.discharge_dA] == plain.limits
        assert [envelope.charge_reason, envelope.discharge_reason] == plain.reasons
        assert (envelope.moved, envelope.cut) == (moved, cut)


@packs
def test_before_anything_is_known_nothing_is_allowed(pack: Pack) -> None:
    envelope = E.Envelope(pack)
    for name in ("charge_dA", "discharge_dA", "map_dA", "table_dA", "layer_lo_permille", "soc_lo_permille"):
        assert getattr(envelope, name) == 0
    for name in ("_charge_carry", "_corner_mC", "_table_cold_mC", "_table_reason"):
        assert vars(envelope)[name] == 0
    assert envelope.layer_hi_permille == envelope.soc_hi_permille == 1000
    assert (envelope.charge_reason, envelope.discharge_reason) == (E.STATE, E.STATE)
    assert (envelope._allowed_dA, envelope._allowed_reason, envelope.derate_permille) == (0, E.MAP, 1000)
    assert envelope.moved is True
    assert envelope.cut is False


def test_reasons_have_their_numbers_of_the_wire() -> None:
    names = "NONE STATE RATING MAP LAYER_VOLTAGE TEMPERATURE SOC FAULTS RAMP ADVICE"
    assert [getattr(E, name) for name in names.split()] == list(range(10))
    assert (E.SIGMAS, E.LIMIT_MAX_dA) == (3, 16_383)
