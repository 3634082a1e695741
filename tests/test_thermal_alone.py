"""Requests and powers of heater and cooler agree, round by round, with the docstring of thermal.py in plain words."""

import random
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import thermal as T
from bms.control.hold import Hold, held_ddegC
from bms.control.thermal import COOL, HEAT, NONE, Thermal, follow, share_permille
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, COLD_ddegC, HOT_ddegC, Pack, layer_count, replaced

PACK_mV, INLET = 2, 12
NEVER_ms = 60_000


def fitted(name: str, pack: Pack, **changes: Any) -> Pack:
    return replaced(Pack, PACK_FIELDS, pack, name=name, thermal=pack.thermal._replace(**changes))


LIGHT = replaced(Pack, PACK_FIELDS, bench_24.PACK, cell=replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, heat_capacity_J_K=1))
PACKS = (
    fitted("by pack", bench_24.PACK, heater_source="pack", heater_W=617, band_ddegC=51, request_permille_s=77),
    fitted("by charger", ev_240.PACK, heater_source="charger", band_ddegC=30),
    fitted("strong", bench_24.PACK, heater_source="supply", heater_W=9_001, warm_mK_s=173, request_permille_s=5_003),
    fitted("weak", bench_24.PACK, heater_source="supply", heater_W=17, storage_ddegC=(190, 260), storage_permille=(300, 700)),
    fitted("tiny", LIGHT, heater_source="supply", heater_W=1, warm_mK_s=31),
    fitted("none", bench_24.PACK, heater_source="supply", heater_W=0, cooler_W=0),
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def share(part: int, whole: int) -> int:
    return min(1000, max(0, floor(Fraction(1000 * part, whole))))


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack, envelope: Any, derate: Any) -> None:
        cell, thermal = pack.cell, pack.thermal
        self.pack, self.cell, self.of, self.envelope, self.derate = pack, cell, thermal, envelope, derate
        self.end = cell.t_charge_max_ddegC[0]
        self.inlet_max = min(thermal.coolant_max_ddegC, pack.guards.coolant_ddegC)
        self.aim_mK_s = floor(Fraction(thermal.warm_mK_s * 95, 100))
        goal = held_ddegC(self.end, thermal.band_ddegC)
        self.hold = Hold(derate, goal, thermal.coolant_min_ddegC, self.inlet_max, self.aim_mK_s)
        heat_J_K, W = layer_count(pack) * cell.heat_capacity_J_K, max(1, thermal.heater_W)
        self.gains = tuple(min(5000, floor(Fraction(part * heat_J_K, W)) + 1) for part in (61, 123))
        self.first = 1024 * min(1000, floor(Fraction(thermal.warm_mK_s * heat_J_K, W)))
        self.held = self.first
        self.request = (NONE, T.NO_REASON, 0)
        self.heater = self.cooler = self.zero = self.budget = 0
        self.wishes = {HEAT: COLD_ddegC, COOL: HOT_ddegC}
        self.met = {HEAT: False, COOL: False}
        self.told = self.barred = False

    def row(self, state: int, wish: int, bound: Any, wishes: Any) -> tuple[int, int, int]:
        """The first row of the table that holds."""
        hot, cold, band = bound.hot_ddegC, bound.cold_ddegC, self.of.band_ddegC
        charge = state == M.CHARGE or wish == M.WISH_CHARGE
        wanted = charge or state == M.DRIVE or wish == M.WISH_DRIVE
        heat_to, cool_to = wishes.heat_to_ddegC, wishes.cool_to_ddegC
        if hot > 1900 or cold < -1900:
            asked = wanted or heat_to > COLD_ddegC or cool_to < HOT_ddegC
            return NONE, T.UNKNOWN_TEMPERATURE if asked else T.NO_REASON, 0
        if wanted:
            low = (self.cell.t_charge_min_ddegC if charge else self.cell.t_discharge_min_ddegC)[0]
            high = (self.cell.t_charge_max_ddegC if charge else self.cell.t_discharge_max_ddegC)[0]
            heats, cools = (T.CHARGE_COLD, T.CHARGE_HOT) if charge else (T.DISCHARGE_COLD, T.DISCHARGE_HOT)
            if cold < low + (band if self.request[1] == heats else 0):
                return HEAT, heats, low + band
            if hot > high - band - (band if self.request[1] == cools else 0):
                self.zero = high - band
                return COOL, cools, high - 2 * band
        for mode, now in ((HEAT, heat_to), (COOL, cool_to)):
            if now != self.wishes[mode]:
                self.wishes[mode], self.met[mode] = now, False
            if now in (COLD_ddegC, HOT_ddegC):
                continue
            top = self.end - band
            if mode == HEAT:
                met = cold >= now or hot >= top - band // 4
                again = cold < now - band and hot < top - 2 * band
            else:
                met, again = hot <= now, hot > now + band
            self.met[mode] = met or (self.met[mode] and not again)
            if not self.met[mode]:
                if mode == COOL:
                    self.zero = now
                return mode, T.PREHEAT if mode == HEAT else T.COOL_DOWN, now
        least, most = self.of.storage_ddegC
        few, many = self.of.storage_permille
        well = cold >= least and hot <= most and self.envelope.soc_hi_permille >= few and self.envelope.soc_lo_permille <= many
        return NONE, T.NO_REASON if wanted or well else T.STORAGE, 0

    def fed(self, state: int, wish: int, bound: Any, snap: Any) -> int:
        if self.of.heater_source == "supply":
            return 1000
        if self.of.heater_source == "charger":
            return 1000 if state == M.CHARGE or wish == M.WISH_CHARGE else 0
        if bound.cold_ddegC < self.cell.t_discharge_min_ddegC[0] or bound.layer_low_mV <= self.cell.v_min_mV[0]:
            return 0
        limits = {M.DRIVE: self.envelope.discharge_dA, M.CHARGE: self.envelope.table_dA}
        dA = min(max(0, limits.get(state, 0)), 16_383)
        dV = min(max(0, floor(Fraction(snap.value[PACK_mV], 100))), 20_971)
        return min(1000, 10 * floor(Fraction(dA * dV, self.of.heater_W)))

    def left(self, bound: Any, snap: Any, holds: bool) -> int:
        """Of the heat, so that nothing gets too far."""
        band = self.of.band_ddegC
        shares = [share((self.end if holds else self.end - band) - bound.hot_ddegC, band), self.derate.gradient_permille]
        if snap.age_ms[INLET] < NEVER_ms:
            self.told = True
            shares.append(share(self.inlet_max - snap.value[INLET], band // 2))
        elif self.told:
            return 0
        return int(min(shares))

    def warms(self) -> int:
        """As much as warms no faster than allowed."""
        if self.derate.second:
            missing = min(max(self.aim_mK_s - self.derate.coming_mK_s, -2000), 2000)
            if missing < 0:
                self.held += missing * self.gains[1]
            elif self.heater >= self.held // 1024:
                self.held += missing * self.gains[0]
            self.held = min(max(self.held, 0), 1_024_000)
        return self.held // 1024

    def step(self, state: int, wish: int, bound: Any, snap: Any, wishes: Any, dt_ms: int) -> int:
        told = snap.age_ms[INLET] < NEVER_ms
        inside = bound.hot_ddegC <= 1900 and bound.cold_ddegC >= self.cell.t_charge_min_ddegC[0]
        holds = state == M.CHARGE and wishes.planned and told and inside
        if holds:
            missing = wishes.heat_to_ddegC - bound.cold_ddegC
            want = self.hold.step(missing, bound.hot_ddegC, snap.value[INLET], wishes.couple)
            cold = (COOL, T.CHARGE_HOT, self.hold.goal_ddegC)
            heat = (HEAT, T.PREHEAT, wishes.heat_to_ddegC)
            self.request = heat if want > 0 else cold if want < 0 else (NONE, T.NO_REASON, 0)
        else:
            self.hold.forget()
            self.request = self.row(state, wish, bound, wishes)
        mode = self.request[0]
        before = self.budget // 1000
        self.budget += self.of.request_permille_s * dt_ms
        move = self.budget // 1000 - before
        cooler = self.cooler
        if mode == HEAT or self.heater:
            may = self.of.heater_W and self.request[1] != T.UNKNOWN_TEMPERATURE and not self.barred
            left = min(self.left(bound, snap, holds), self.fed(state, wish, bound, snap)) if may else 0
            want = self.warms() if mode == HEAT and not cooler else 0
            want = min(want, self.hold.want_permille) if holds and mode == HEAT else want
            self.heater = min(left, self.heater + min(max(want - self.heater, -move), move))
        else:
            self.held = self.first
        if mode == COOL or cooler:
            want = 0
            if mode == COOL and self.of.cooler_W and not self.heater:
                band = self.of.band_ddegC
                want = max(100, share(bound.hot_ddegC - self.zero, band))
                if told:
                    want = min(want, share(snap.value[INLET] - self.of.coolant_min_ddegC, band))
                want = -self.hold.want_permille if holds else want
            self.cooler = cooler + min(max(want - cooler, -move), move)
        return mode


class World:
    """All that is looked at, and dice that prefer the edges of it."""

    def __init__(self, pack: Pack, seed: int) -> None:
        cell, band = pack.cell, pack.thermal.band_ddegC
        self.pack, self.dice = pack, random.Random(seed)
        self.envelope = SimpleNamespace(discharge_dA=100, table_dA=100, soc_lo_permille=400, soc_hi_permille=500)
        self.derate = SimpleNamespace(gradient_permille=1000, second=False, coming_mK_s=0, rise_mK_s=0)
        self.bound = SimpleNamespace(cold_ddegC=200, hot_ddegC=300, layer_low_mV=3500)
        self.wishes = SimpleNamespace(heat_to_ddegC=COLD_ddegC, cool_to_ddegC=HOT_ddegC, planned=False, couple=5000)
        self.snap = SimpleNamespace(age_ms=[NEVER_ms] * 26, value=[0] * 26)
        self.machine = SimpleNamespace(state=M.STANDBY)
        self.wish = M.WISH_OPEN
        tops = (cell.t_charge_max_ddegC[0], cell.t_discharge_max_ddegC[0])
        lows = (cell.t_charge_min_ddegC[0], cell.t_discharge_min_ddegC[0])
        self.hots = [t - part + d for t in tops for part in (0, band, 2 * band, 3 * band, band + band // 4) for d in (-1, 0, 1)]
        self.colds = [t + part + d for t in lows for part in (0, band) for d in (-1, 0, 1)]
        self.inlets = [pack.thermal.coolant_max_ddegC - band // 4, pack.guards.coolant_ddegC - 3, 250, 100]
        self.inlets += [pack.thermal.coolant_min_ddegC + d for d in (-1, 0, 1, band // 2)]

    def temperatures(self) -> None:
        dice, bound = self.dice, self.bound
        least, most = self.pack.thermal.storage_ddegC
        cold = dice.choice([*self.colds, least - 1, least, 250, 250])
        wish = self.wishes.heat_to_ddegC, self.wishes.cool_to_ddegC
        band = self.pack.thermal.band_ddegC
        if dice.random() < 0.4 and wish[0] > COLD_ddegC:
            cold = wish[0] + dice.choice([-1, 0, 1, -band, -band - 1, -band + 1])
        hot = dice.choice([*self.hots, cold, most, most + 1, cold + 30])
        if dice.random() < 0.4 and wish[1] < HOT_ddegC:
            hot = wish[1] + dice.choice([-1, 0, 1, band, band - 1, band + 1])
        bound.cold_ddegC, bound.hot_ddegC = min(cold, hot), max(cold, hot)
        if dice.random() < 0.06:
            bound.hot_ddegC = dice.choice([1900, 1901, 2000])
        if dice.random() < 0.06:
            bound.cold_ddegC = dice.choice([-1900, -1901, -2000])

    def move(self) -> None:
        """A few things change."""
        dice, snap = self.dice, self.snap
        aim = self.pack.thermal.warm_mK_s * 95 // 100
        if dice.random() < 0.15:
            self.machine.state = dice.choice([M.STANDBY, M.DRIVE, M.CHARGE, M.CHARGE, M.OPENING, M.FAULT])
        if dice.random() < 0.15:
            self.wish = dice.randrange(5)
        if dice.random() < 0.1:
            self.wishes.heat_to_ddegC = dice.choice([COLD_ddegC, COLD_ddegC, COLD_ddegC + 1, 250, 300, 301, *self.hots])
        if dice.random() < 0.1:
            self.wishes.cool_to_ddegC = dice.choice([HOT_ddegC, HOT_ddegC, HOT_ddegC - 1, 350, 400])
        if dice.random() < 0.1:
            self.wishes.planned, self.wishes.couple = dice.random() < 0.5, dice.choice([1_000, 5_000])
        if dice.random() < 0.3:
            self.temperatures()
        if dice.random() < 0.1:
            snap.age_ms[INLET] = dice.choice([0, NEVER_ms - 1, NEVER_ms, NEVER_ms, NEVER_ms + 1])
            snap.value[INLET] = dice.choice(self.inlets)
        if dice.random() < 0.15:
            snap.value[PACK_mV] = dice.choice([-100_000, 0, 99, 100, 9_999, 86_400, 2_097_100, 2_097_200, 9_000_000])
            self.bound.layer_low_mV = self.pack.cell.v_min_mV[0] + dice.choice([-1, 0, 1, 1, 500])
            for name in ("discharge_dA", "table_dA"):
                setattr(self.envelope, name, dice.choice([-1, 0, 1, 2, 5, 60, 617, 1000, 16_383, 16_384, 30_000]))
        if dice.random() < 0.1:
            self.derate.gradient_permille = dice.choice([1000, 1000, 1000, 999, 500, 0])
        self.derate.second = dice.random() < 0.5
        if dice.random() < 0.4:
            near = [aim + d for d in (-1, 0, 1, -2001, -2000, -1999, 1999, 2000, 2001, -5000, 5000)]
            self.derate.coming_mK_s = dice.choice([*near, 0, -50, -50, -200, 300])
            self.derate.rise_mK_s = dice.choice([0, 50, aim])
        if dice.random() < 0.1:
            few, many = self.pack.thermal.storage_permille
            self.envelope.soc_lo_permille = dice.choice([0, many, many + 1])
            self.envelope.soc_hi_permille = dice.choice([1000, few, few - 1])


@packs
@pytest.mark.parametrize("seed", range(8))
def test_every_round_asks_and_drives_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    world = World(pack, seed)
    thermal = Thermal(pack, world.envelope, world.derate)  # type: ignore[arg-type]
    plain = Plain(pack, world.envelope, world.derate)
    names = set(vars(thermal))
    parts: tuple[Any, Any, Any] = (world.bound, world.snap, world.wishes)
    for _ in range(400):
        world.move()
        if world.dice.random() < 0.03:
            thermal.barred = plain.barred = not plain.barred
        dt_ms = world.dice.choice([100, 100, 130, 1, 1000])
        mode = thermal.step(world.machine, world.wish, *parts, dt_ms)  # type: ignore[arg-type]
        assert mode == plain.step(world.machine.state, world.wish, *parts, dt_ms)
        assert (thermal.mode, thermal.reason, thermal.target_ddegC) == plain.request
        assert (thermal.heater_permille, thermal.cooler_permille) == (plain.heater, plain.cooler)
        assert thermal._held == plain.held
    assert set(vars(thermal)) == names


@packs
@pytest.mark.parametrize("seed", range(4))
def test_a_planned_charge_is_warmed_and_cooled_as_hold_wants_it(pack: Pack, seed: int) -> None:
    """Near the temperature that is held, where little heat or cold is wanted."""
    world = World(pack, seed)
    dice, snap, bound = world.dice, world.snap, world.bound
    thermal = Thermal(pack, world.envelope, world.derate)  # type: ignore[arg-type]
    plain = Plain(pack, world.envelope, world.derate)
    world.machine.state, world.wishes.planned, world.derate.coming_mK_s = M.CHARGE, True, 0
    world.envelope.table_dA, snap.value[PACK_mV] = 1_000, 86_400
    goal = plain.hold.goal_ddegC
    parts: tuple[Any, Any, Any] = (bound, snap, world.wishes)
    modes = set()
    for k in range(300):
        if k % 10 == 0:
            snap.age_ms[INLET] = dice.choice([0, 0, 0, NEVER_ms - 1, NEVER_ms])
            bound.hot_ddegC = dice.choice([goal - 200, goal - 100, goal - 3, goal, goal + 2, goal + 5, 1899, 1900, 1901])
            bound.cold_ddegC = min(bound.hot_ddegC, goal) - dice.choice([0, 30, 100])
            world.wishes.heat_to_ddegC = bound.cold_ddegC + dice.choice([-1, 0, 1, 10, 100])
        if k % 3 == 0:
            near = dice.choice([bound.hot_ddegC, bound.cold_ddegC, plain.hold.coolant_ddegC])
            snap.value[INLET] = near + dice.randrange(-60, 60)
        world.derate.second = k % 2 == 0
        mode = thermal.step(world.machine, M.WISH_CHARGE, *parts, 1000)  # type: ignore[arg-type]
        assert mode == plain.step(world.machine.state, M.WISH_CHARGE, *parts, 1000)
        assert (thermal.mode, thermal.reason, thermal.target_ddegC) == plain.request
        assert (thermal.heater_permille, thermal.cooler_permille) == (plain.heater, plain.cooler)
        modes.add(mode)
    assert modes == {NONE, HEAT, COOL}


@pytest.mark.parametrize("heater_W", [1, 17, 617, 16_382, 16_383, 16_384, 20_970, 20_971, 20_972, 60_000])
def test_a_pack_feeds_its_heater_with_what_it_may_give_in_full_percents(heater_W: int) -> None:
    pack = fitted("fed", bench_24.PACK, heater_source="pack", heater_W=heater_W)
    world = World(pack, 0)
    thermal: Any = Thermal(pack, world.envelope, world.derate)  # type: ignore[arg-type]
    plain = Plain(pack, world.envelope, world.derate)
    dices = [-1_000, -1, 0, 1, 2, 101, 617, 16_382, 16_383, 16_384, 30_000]
    for state in (M.DRIVE, M.CHARGE, M.STANDBY):
        for dA in dices:
            world.envelope.discharge_dA, world.envelope.table_dA = (dA, 7) if state == M.DRIVE else (7, dA)
            for dV in (*dices, 20_970, 20_971, 20_972, heater_W, 101 * heater_W):
                world.snap.value[PACK_mV] = 100 * dV + 99
                fed = thermal._fed_permille(state, M.WISH_OPEN, world.bound, world.snap)
                assert fed == plain.fed(state, M.WISH_OPEN, world.bound, world.snap)


@packs
@pytest.mark.parametrize("left", [-1025, -1024, -2, -1, 0, 1, 1023])
def test_what_may_be_heated_never_falls_below_nothing(pack: Pack, left: int) -> None:
    world = World(pack, 0)
    thermal: Any = Thermal(pack, world.envelope, world.derate)  # type: ignore[arg-type]
    plain = Plain(pack, world.envelope, world.derate)
    world.derate.second = True
    for missing in (-1, -7):
        world.derate.coming_mK_s = plain.aim_mK_s - missing
        thermal._held = plain.held = left - missing * plain.gains[1]
        assert thermal._held_permille() == plain.warms()
        assert thermal._held == plain.held


@packs
def test_at_first_nothing_is_asked_for_and_nothing_driven(pack: Pack) -> None:
    world = World(pack, 0)
    thermal = Thermal(pack, world.envelope, world.derate)  # type: ignore[arg-type]
    assert (thermal.mode, thermal.reason, thermal.target_ddegC) == (NONE, T.NO_REASON, 0)
    assert (thermal.heater_permille, thermal.cooler_permille, thermal.barred) == (0, 0, False)


def test_a_share_is_a_line_between_nothing_and_all_and_nothing_moves_farther_than_it_may() -> None:
    for part in range(-3, 10):
        assert share_permille(part, 7) == share(part, 7)
        for now in range(-3, 10):
            for move in range(4):
                assert follow(now, part, move) == now + min(max(part - now, -move), move)


def test_modes_reasons_and_sources_have_the_numbers_of_the_wire() -> None:
    assert (NONE, HEAT, COOL) == (0, 1, 2)
    reasons = (T.NO_REASON, T.CHARGE_COLD, T.DISCHARGE_COLD, T.CHARGE_HOT, T.DISCHARGE_HOT, T.UNKNOWN_TEMPERATURE)
    assert (*reasons, T.PREHEAT, T.COOL_DOWN, T.STORAGE) == tuple(range(9))
    assert T.SOURCES == ("charger", "pack", "supply")
