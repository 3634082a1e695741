"""Current against what was allowed agrees, tick by tick and round by round, with plain lists of all ticks and limits."""

import random
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import held
from bms.safety import overload as module
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import CELL_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Pack, Sensor, replaced

BASE = bench_24.PACK


def varied(name: str, cell: dict[str, Any], sensor: dict[str, int], **fields: Any) -> Pack:
    """The bench's pack with another cell and another sensor."""
    made: Pack = replaced(
        Pack,
        PACK_FIELDS,
        BASE,
        name=name,
        cell=replaced(Cell, CELL_FIELDS, BASE.cell, **cell),
        current_a_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.current_a_sensor, **sensor),
        **fields,
    )
    return made


ODD = varied(
    "odd",
    {
        "capacity_mAh": 99_990,
        "discharge_cont_mC": (3_300, 700, 1_500, 2_500, 9_999, 6_000, 6_000, 4_000, 2_000, 0),
        "discharge_pulse_mC": (600, 1_400, 3_000, 5_000, 9_999, 9_000, 6_000, 6_000, 3_000, 0),
    },
    {"gain_ppm": 4_999, "offset_u": 192_020, "noise_u": 999, "lsb_u": 2_900},
    charger_protocol="elcon",
    contactor_delay_ms=17,
)
WEAK = varied(
    "weak",
    {"capacity_mAh": 1_000, "discharge_cont_mC": (0,) * 10, "discharge_pulse_mC": (0,) * 10, "charge_max_mC": 999},
    {"gain_ppm": 3_000, "offset_u": 97_000, "noise_u": 250, "lsb_u": 1_000},
)
PACKS = (BASE, ev_240.PACK, bess_14.PACK, ODD, WEAK)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
BOTH_MAINS = 5
OVER = (N.CHARGE_OVER_dA, N.DISCHARGE_OVER_dA, N.STRAY_CURRENT_mA, N.OVERLOAD_permille, N.REGEN_PULSE_permille)


def on_table(x: int, xs: Sequence[int], ys: Sequence[int]) -> int:
    """The table at x, rounded down, its ends held."""
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    k = next(k for k in range(len(xs) - 1) if x < xs[k + 1])
    return floor(ys[k] + Fraction((ys[k + 1] - ys[k]) * (x - xs[k]), xs[k + 1] - xs[k]))


class Line:
    """What may flow one way: from all limits that were ever published."""

    def __init__(self, tolerance_dA: int, rounds: int, fall_dA: int) -> None:
        self.tolerance_dA, self.rounds, self.fall_dA = tolerance_dA, rounds, fall_dA
        self.published: list[list[int]] = [[]]
        self.dA = tolerance_dA

    def of(self, limit_dA: int) -> int:
        return limit_dA * 51 // 50 + self.tolerance_dA

    def publish(self, limit_dA: int) -> None:
        self.published[-1].append(max(0, limit_dA))
        self.dA = max(self.dA, self.of(self.published[-1][-1]))

    def round(self) -> None:
        most = max(max(one, default=0) for one in self.published[-self.rounds :])
        self.published.append([])
        self.dA = max(self.of(most), self.dA - self.fall_dA)


class Pulse:
    """A part of a pulse, with nothing lost of what is divided."""

    def __init__(self, top: int) -> None:
        self.top, self.whole, self.carry = top, 0, 0

    def take(self, amount: int, unit: int) -> int:
        more, self.carry = divmod(self.carry + amount, unit)
        self.whole += more
        if self.whole < 0:
            self.whole = self.carry = 0
        self.whole = min(self.whole, self.top)
        return self.whole


class Plain:
    """The promise in plain words."""

    def __init__(self, pack: Pack) -> None:
        cell, a = pack.cell, pack.current_a_sensor
        self.pack = pack
        self.fixed_mA = (a.offset_u + 4 * a.noise_u + a.lsb_u) // 1000 + 1
        tenth_dA = cell.capacity_mAh // 10
        self.tolerance_dA = tenth_dA * 20 // 10_000 + 1
        rounds = 20 if pack.inverter is not None or pack.charger_protocol != "bms" else 5
        falls = [tenth_dA * mC // 10_000 * 100 // 2_000 + 1 for mC in (cell.charge_max_mC, cell.discharge_trip_mC)]
        self.charge, self.discharge = (Line(self.tolerance_dA, rounds, fall) for fall in falls)
        self.cont_dA = [tenth_dA * mC // 10_000 for mC in cell.discharge_cont_mC]
        self.pulse_dA = [tenth_dA * mC // 10_000 for mC in cell.discharge_pulse_mC]
        self.pulse_now_dA = max(1, *self.pulse_dA)
        self.open_ms = self.moved_dAms = 0
        self.moved_ms = 100
        self.ticks: list[tuple[int, int, int]] = []  # current, squared part of a pulse, ms
        self.draw, self.regen = Pulse(20_000), Pulse(200_000)
        self.told = dict(zip(OVER, (-1, -1, -self.fixed_mA, 0, 0)))

    def sure(self, size_dA: int) -> int:
        return size_dA - size_dA * (self.pack.current_a_sensor.gain_ppm // 1000 + 1) // 1000 - self.fixed_mA // 100 - 1

    def tick(self, snap: S.Snapshot, mask: int, charge_dA: int, discharge_dA: int, dt_ms: int) -> None:
        dA, told = snap.current_dA, self.told
        self.charge.publish(charge_dA)
        self.discharge.publish(discharge_dA)
        part = 0
        told[N.CHARGE_OVER_dA] = told[N.DISCHARGE_OVER_dA] = -1
        if mask == BOTH_MAINS:
            sure_dA = self.sure(abs(dA))
            told[N.CHARGE_OVER_dA] = (sure_dA if dA >= 0 else 0) - self.charge.dA
            told[N.DISCHARGE_OVER_dA] = (sure_dA if dA < 0 else 0) - self.discharge.dA
            if dA < 0 < sure_dA:
                part = min(400, sure_dA * 200 // self.pulse_now_dA)
        self.ticks.append((dA, part * part, dt_ms))
        stray_mA = 0
        settled = self.open_ms >= 2 * self.pack.contactor_delay_ms + 100
        if not mask and settled:
            size_mA = abs(snap.current_mA)
            stray_mA = size_mA - size_mA // 1000 * self.pack.current_a_sensor.gain_ppm // 1000
        if not settled or mask:
            self.open_ms = 0 if mask else self.open_ms + dt_ms
        told[N.STRAY_CURRENT_mA] = stray_mA - self.fixed_mA

    def round(self, hot: int, cold: int, map_dA: int) -> None:
        self.charge.round()
        self.discharge.round()
        self.moved_dAms = sum(dA * ms for dA, _, ms in self.ticks)
        self.moved_ms = sum(ms for _, _, ms in self.ticks)
        heat = sum(square * ms for _, square, ms in self.ticks) // self.moved_ms
        self.ticks = []
        at = self.pack.cell.discharge_ddegC
        cont_dA, pulse_dA = (min(on_table(t, at, ys) for t in (cold, hot)) for ys in (self.cont_dA, self.pulse_dA))
        self.pulse_now_dA = max(1, pulse_dA)
        free = min(39_999, (cont_dA * 200 // self.pulse_now_dA) ** 2)
        told = self.told
        told[N.OVERLOAD_permille] = self.draw.take((heat - free) * self.moved_ms, 40_000 - free) // 10
        mean_dA, map_dA = self.moved_dAms // self.moved_ms, min(map_dA, 16_383)
        sure_dA = max(0, self.sure(mean_dA)) if mean_dA > 0 else 0
        beyond_dA = sure_dA - map_dA - map_dA // 20
        if beyond_dA <= 0:
            beyond_dA = min(0, sure_dA - max(map_dA, self.tolerance_dA))
        full_dA = max(map_dA // 2, self.tolerance_dA)
        told[N.REGEN_PULSE_permille] = self.regen.take(beyond_dA * self.moved_ms * 10, full_dA) // 100


class World:
    """Overload, its plain twin, and what both look at."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, S.Snapshot(pack), N.Signals()
        self.overload, self.plain = module.Overload(pack, self.signals), Plain(pack)
        assert self.overload.tolerance_dA == self.plain.tolerance_dA
        assert (self.overload.moved_dAms, self.overload.moved_ms) == (0, 100)
        self.agree()

    def tick(self, mA: int, mask: int = BOTH_MAINS, charge_dA: int = 0, discharge_dA: int = 0, dt_ms: int = 10) -> None:
        self.snap.current_mA, self.snap.current_dA = mA, (mA + 50) // 100
        self.overload.step(self.snap, mask, charge_dA, discharge_dA, dt_ms)
        self.plain.tick(self.snap, mask, charge_dA, discharge_dA, dt_ms)
        self.agree()

    def round(self, hot: int = 250, cold: int = 250, map_dA: int = 0) -> None:
        bound: Any = SimpleNamespace(hot_ddegC=hot, cold_ddegC=cold)
        self.overload.refresh(bound, map_dA)
        self.plain.round(hot, cold, map_dA)
        assert (self.overload.moved_dAms, self.overload.moved_ms) == (self.plain.moved_dAms, self.plain.moved_ms)
        self.agree()

    def agree(self) -> None:
        plain = self.plain
        assert {k: self.signals.value[k] for k in OVER} == plain.told
        overload, draw, regen = self.overload, plain.draw, plain.regen
        assert (overload.charge_line_dA, overload.discharge_line_dA) == (plain.charge.dA, plain.discharge.dA)
        assert (overload._pulse_ms, overload._pulse_carry) == (draw.whole, draw.carry)
        assert (overload._regen_ms, overload._regen_carry) == (regen.whole, regen.carry)
        assert overload._heat_ms == sum(square * ms for _, square, ms in plain.ticks)


@packs
@pytest.mark.parametrize("seed", range(4))
def test_whatever_flows_and_is_allowed_is_told_as_the_plain_lists_tell_it(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    world = World(pack)
    plain = world.plain
    knots = pack.cell.discharge_ddegC
    masks = [BOTH_MAINS] * 30
    for k in range(160):
        if k % 20 == 0:
            masks = dice.choice([[BOTH_MAINS] * 40 + [1, 7, 0], [0] * 60 + [1], [BOTH_MAINS]])
            limit_dA = dice.choice([0, 40, 2_000, 1])
            hot, cold = dice.choice([250, 600, 850, 849, 900]), dice.choice([250, -300, -299, 33, -400, 850])
            map_dA = dice.choice([0, 1, 400, 20_000, 16_384, plain.tolerance_dA, 2 * plain.tolerance_dA + 1])
        size_dA = dice.choice([0, plain.pulse_now_dA, 2 * plain.pulse_now_dA, limit_dA, map_dA, plain.tolerance_dA, 16_383])
        for _ in range(dice.choice([10, 10, 9, 1])):
            mA = dice.choice([1, 1, -1, -1, -1]) * (100 * min(size_dA, 16_383) + dice.choice([0, 40, -60, 300, 999, -1_000]))
            charge_dA, discharge_dA = (dice.choice([limit_dA, limit_dA, limit_dA - 1, 0, -1, limit_dA + 1]) for _ in range(2))
            world.tick(mA, dice.choice(masks), charge_dA, discharge_dA, dice.choice([10, 10, 10, 1, 9, 23]))
        world.round(hot, cold if dice.random() < 0.9 else dice.choice(knots), map_dA)


@packs
@pytest.mark.parametrize("sign", [1, -1])
def test_a_stray_is_looked_for_when_the_contacts_have_had_their_time_and_current_does_not_matter_before(
    pack: Pack, sign: int
) -> None:
    world = World(pack)
    settle_ms = 2 * pack.contactor_delay_ms + 100
    for mask in (0, BOTH_MAINS, 1, 7):
        if mask:
            world.tick(sign * 5_000, mask)
        for now_ms in range(1, settle_ms + 4):
            world.tick(sign * 5_999, 0, dt_ms=1)
            assert (world.plain.told[N.STRAY_CURRENT_mA] > -world.plain.fixed_mA) == (now_ms > settle_ms)
        world.tick(sign, 0)


@packs
def test_a_limit_that_has_gone_holds_for_its_time_and_falls_from_there(pack: Pack) -> None:
    rounds = World(pack).plain.charge.rounds
    for first in (0, 1, rounds - 1, rounds):
        world = World(pack)
        for k in range(first + rounds + 15):
            limit = 1_000 if k == first else 500 if k == first + 1 else 0
            world.tick(0, charge_dA=limit, discharge_dA=2 * limit)
            world.tick(0)
            world.round()
        assert world.overload.charge_line_dA < world.plain.charge.of(1_000)


@packs
def test_a_limit_below_nothing_is_nothing(pack: Pack) -> None:
    world = World(pack)
    for _ in range(25):
        world.tick(0, charge_dA=-1, discharge_dA=-1)
        world.round()


@packs
def test_a_pulse_is_full_after_ten_seconds_of_what_the_table_allows_and_twice_that_is_all_that_is_counted(pack: Pack) -> None:
    world = World(pack)
    for way in (-1, 1, -1):
        for _ in range(230):
            world.tick(way * 100 * min(16_383, 2 * world.plain.pulse_now_dA + 40), dt_ms=100)
            world.round(map_dA=world.plain.tolerance_dA)
        world.tick(-way * 900, dt_ms=1)
        world.round()


@packs
@pytest.mark.parametrize("map_dA", [0, 39, 40, 41, 16_382, 16_383, 16_384])
def test_a_charge_just_at_the_map_and_its_tolerance_is_no_pulse(pack: Pack, map_dA: int) -> None:
    for off in range(-8, 9):
        world = World(pack)
        for _ in range(2):
            world.tick(100 * (map_dA + map_dA // 20 + world.plain.fixed_mA // 100 + off + map_dA // 90), dt_ms=1_000)
            world.round(map_dA=map_dA)


@packs
def test_currents_just_certain_are_told_and_just_not_are_not(pack: Pack) -> None:
    world = World(pack)
    for size_dA in range(40):
        for way in (1, -1):
            world.tick(way * 100 * size_dA, dt_ms=100)
            world.round(map_dA=3)
            assert world.overload.sure_dA(size_dA) == world.plain.sure(size_dA)


def test_times_are_those_that_partners_are_told() -> None:
    assert (held.HOLD_ms, held.SLOW_HOLD_ms, module.FALL_ms) == (500, 2_000, 2_000)
    assert module.TOLERANCE_mC == 20
