"""A look ahead takes, piece by piece, the time that the docstring of ahead.py says, in plain words and ordinary arithmetic."""

import random
from array import array
from itertools import pairwise
from typing import Any

import pytest

from bms.control import ahead as A
from bms.control.ahead import Ahead, build_own
from bms.control.ways import Way
from bms.packs import bench_24, ev_240
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, COLD_ddegC, Pack, Profile, charge_map, layer_count, replaced


def made(name: str, pack: Pack, cell: "dict[str, Any]", thermal: "dict[str, Any]", **changes: Any) -> Pack:
    return replaced(
        Pack,
        PACK_FIELDS,
        pack,
        name=name,
        cell=replaced(Cell, CELL_FIELDS, pack.cell, **cell),
        thermal=pack.thermal._replace(**thermal),
        **changes,
    )


def bumpy(table: "tuple[int, ...]", by: int) -> "tuple[int, ...]":
    return tuple(y + by * ((k * 7) % 5) for k, y in enumerate(table))


CELL = bench_24.PACK.cell
ODD = {
    "capacity_mAh": 19_997,
    "heat_capacity_J_K": 97,
    "charge_max_mC": 2_345,
    "hyst_mV": bumpy(CELL.hyst_mV, 3),
    "entropy_uV_K": bumpy(CELL.entropy_uV_K, -37),
    "r0_uohm": bumpy(CELL.r0_uohm, 11),
    "r1_uohm": bumpy(CELL.r1_uohm, 5),
    "r2_uohm": bumpy(CELL.r2_uohm, 3),
}
LARGE = {"capacity_mAh": 289_990, "heat_capacity_J_K": 3}
HOT = {"coolant_max_ddegC": 25_000, "heater_W": 60_000}
PACKS = (
    made("bench", bench_24.PACK, {}, {}, charge_map="simulator"),
    made("odd", bench_24.PACK, ODD, {"heater_source": "pack", "heater_W": 24 * 97, "warm_mK_s": 5_000}),
    made("large", bench_24.PACK, LARGE, HOT, charge_map="simulator", charge_rating_dA=30_000),
    made("ev", ev_240.PACK, {"charge_max_mC": 60_000}, {"coolant_max_ddegC": 601}, charge_rating_dA=777),
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def line(x: int, xs: "tuple[int, ...]", ys: "tuple[int, ...]") -> int:
    """Through the points, rounded down; the ends hold beyond."""
    for (a, low), (b, high) in pairwise(zip(xs, ys)):
        if a <= x <= b:
            return low + (high - low) * (x - a) // (b - a)
    return ys[0] if x < xs[0] else ys[-1]


def mapped(pack: Pack, soc: int, ddegC: int) -> int:
    """The map's C-rate, rounded down; nothing outside its temperatures."""
    cell = pack.cell
    rows, ts, socs = charge_map(pack), cell.map_ddegC, cell.map_soc_permille
    soc = min(max(soc, 0), 1000)
    for r, (a, b) in enumerate(pairwise(ts)):
        for k, (c, d) in enumerate(pairwise(socs)):
            if a <= ddegC <= b and c <= soc <= d:
                low = rows[r][k] * (d - soc) + rows[r][k + 1] * (soc - c)
                high = rows[r + 1][k] * (d - soc) + rows[r + 1][k + 1] * (soc - c)
                return (low * (b - ddegC) + high * (ddegC - a)) // ((b - a) * (d - c))
    return 0


def up(part: int, whole: int) -> int:
    return (part + whole - 1) // whole


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack) -> None:
        cell, thermal = pack.cell, pack.thermal
        self.pack, self.cell = pack, cell
        self.permille = cell.capacity_mAh * 36 // 1000
        self.socs = tuple(range(0, 1001, 50))
        self.while_charging = tuple(a + b for a, b in zip(cell.ocv_mV, cell.hyst_mV))
        beside = [a + b * 340 // 1000 for a, b in zip(cell.hyst_mV, cell.entropy_uV_K)]
        self.beside = [(a + b) // 2 for a, b in pairwise(beside)]
        layers = layer_count(pack)
        self.heater_mK_s = thermal.heater_W * 1000 // (layers * cell.heat_capacity_J_K)
        from_charger = thermal.heater_source == "charger"
        self.heater_dA = thermal.heater_W * 10_000 // (layers * cell.ocv_mV[10]) if from_charger else 0
        self.held = cell.t_charge_max_ddegC[0] - thermal.band_ddegC
        self.seen = {"couple": 5_000, "follow": 1000, "share": 1000, "margin": 0, "below": 0, "above": 0, "high": 0}

    def begin(self, soc: int, goal: int, cold: int, hot: int, coolant: int, heat_to: int) -> None:
        self.first, self.at, self.goal = soc, soc * self.permille, goal * self.permille
        self.cold, self.gap, self.loop, self.heat_to = cold, hot - cold, coolant, heat_to
        self.warmer = self.last_mK = self.pieces = self.time = self.short = 0

    def by_map(self, soc: int, above: int, cold: int, hot: int) -> int:
        ends = (soc - self.seen["below"], soc + above)
        mC = min(mapped(self.pack, end, t) for end in ends for t in (cold, hot))
        mC = min(mC, self.cell.charge_max_mC)
        return min(self.cell.capacity_mAh // 10 * mC // 10_000, self.pack.charge_rating_dA, 16_383)

    def resistance(self, k: int, t: int) -> int:
        """All three, in the middle of a segment; one more, so that it is never nothing."""
        cell = self.cell
        tables = ((cell.r0_uohm, cell.r0_permille), (cell.r1_uohm, cell.r1_permille), (cell.r2_uohm, cell.r2_permille))
        parts = [(r[k] + r[k + 1]) // 2 * line(t, cell.r_ddegC, factor) // 1000 for r, factor in tables]
        return 1 + sum(parts)

    def own(self, dA: int, over: int, k: int) -> int:
        """mK/s of what a current makes of its overvoltage and of what is beside it; never of more than 60 V."""
        return dA * min(over + self.beside[k], 60_000) // 1000 * 100 // self.cell.heat_capacity_J_K

    def end(self, far: int, soc: int) -> int:
        """The window's end stays where it is until the SoC is within 60 of it."""
        return max(far - (soc - self.first), min(far, 60))

    def step(self, way: Way, most: int) -> bool:
        one = self.permille
        if self.at >= min(self.goal, 1000 * one):
            return True
        k, soc = self.at // (50 * one), self.at // one
        high = self.end(self.seen["high"], soc)
        stage = sum(soc + high >= until for until in way.until_permille[:-1])
        edge = (way.until_permille[stage] - high) * one
        end = min(to for to in ((k + 1) * 50 * one, self.goal, edge) if to > self.at)
        middle = (self.at + end) // (2 * one)
        cold = self.cold + (self.warmer + min(self.last_mK, 2_000)) // 100
        hot = cold + self.gap
        heated = cold < self.heat_to
        above = self.end(self.seen["above"], middle)
        margin, far = self.seen["margin"], self.seen["above"]
        margin = margin * above // far if far > 0 else margin
        r = self.resistance(k, cold)
        room = max(0, self.cell.v_max_mV[0] - margin - (self.while_charging[k] + self.while_charging[k + 1]) // 2)
        limits = [
            self.by_map(middle, above, cold, min(hot, self.held)) * self.seen["share"] // 1000,
            min(room, 100_000) * 10_000 // r,
            way.stage_dA[stage],
            most - (self.heater_dA if heated else 0),
        ]
        dA = max(0, min(limits))
        if dA < way.taper_dA and not heated:
            self.time += way.taper_ms // 100
            self.short = self.goal - self.at
            return True
        over = up(r * dA, 10_000) if r < 65_536 else up(up(r, 100) * dA, 100)
        own = self.own(dA, over, k)
        self.move(dA, end, self.rate(own, cold, hot, heated), hot, heated)
        self.pieces += 1
        if self.pieces == 500:
            self.time = 655_341
        return self.time > 655_340

    def rate(self, own: int, cold: int, hot: int, heated: bool) -> int:
        if hot > self.held:
            return (self.held - hot) * 1000 // 600
        taken = self.seen["couple"] * (self.loop - cold) // 10_000
        if heated:
            taken = min(taken, self.heater_mK_s, max(0, self.pack.thermal.warm_mK_s - own))
        return min(own + taken, 0) if hot == self.held else own + taken

    def move(self, dA: int, end: int, rate: int, hot: int, heated: bool) -> None:
        turn = 4_000
        away = abs(self.held - hot) * 100
        if away and (hot > self.held or rate > 0):
            turn = min(turn, away)
        by_charge = (end - self.at) * 10 // dA + 1 if dA else 655_340
        by_turn = turn * 10 // abs(rate) + 1 if rate else 30_000
        if by_turn < by_charge:
            self.at += dA * by_turn // 10
        else:
            self.at = end
        took = min(by_turn, by_charge)
        self.last_mK = rate * took // 20
        self.warmer += rate * took // 10
        self.time += took
        if heated:
            self.loop += (self.pack.thermal.coolant_max_ddegC - self.loop) * took // (200 + took)
        else:
            apart = self.cold + self.warmer // 100 - self.loop
            self.loop += apart * took // (600 + took) * self.seen["follow"] // 1000


def tell(ahead: Ahead, plain: Plain) -> None:
    """What is seen, to the one as to the other."""
    seen = plain.seen
    ahead.couple, ahead.follow_permille, ahead.share_permille = seen["couple"], seen["follow"], seen["share"]
    ahead.margin_mV, ahead.held_ddegC = seen["margin"], plain.held
    ahead.below_permille, ahead.above_permille, ahead.high_permille = seen["below"], seen["above"], seen["high"]


def agree(ahead: Ahead, plain: Plain) -> None:
    assert (ahead.time_ds, ahead.short_dAs) == (plain.time, plain.short)
    assert (ahead._at_dAs, ahead._warmer_mK, ahead._loop_ddegC) == (plain.at, plain.warmer, plain.loop)


def along(pack: Pack, dice: random.Random) -> Way:
    """A way of the cell's, or one with stages here and there."""
    stages = [(end, dice.choice([2_000, 4_000, 8_000])) for end in sorted(dice.sample(range(50, 1000, 10), 2))]
    profile: Profile = dice.choice(pack.cell.profiles)
    if dice.random() < 0.5:
        profile = profile._replace(stages=(*stages, (1000, 3_000)), taper_mC=dice.choice([1, 100]), taper_s=7)
    return Way(pack.cell, profile)


def look(pack: Pack, dice: random.Random, ahead: Ahead, plain: Plain) -> None:
    """One, from anywhere to anywhere."""
    way = along(pack, dice)
    soc = dice.choice([dice.randrange(1000), 900, 0])
    goal = min(1010, soc + dice.choice([1, 30, 50, 100, 400, 1010]))
    cold = dice.choice([dice.randrange(-200, 550), 250, 449])
    hot = cold + dice.choice([0, 1, 30, 80])
    heat_to = dice.choice([COLD_ddegC, COLD_ddegC, cold, cold + 1, cold + 37, 400])
    coolant = dice.choice([cold, dice.randrange(-100, 700), cold + 5, cold - 5])
    plain.held = hot + dice.choice([-41, -40, -39, -1, 0, 0, 1, 39, 40, 41, 100, 300])
    for name, some in (
        ("couple", (0, 100, 1_000, 5_000, 20_000)),
        ("follow", (0, 333, 1000)),
        ("share", (900, 951, 1000)),
        ("margin", (0, 1, 50, 200, 900)),
        ("below", (0, 40, 300)),
        ("above", (0, 1, 40, 60, 61, 62, 200)),
        ("high", (0, 1, 50, 59, 60, 61, 150)),
    ):
        plain.seen[name] = dice.choice(some)
    k = soc // 50
    if dice.random() < 0.1 and k < 20:
        plain.seen["margin"] = pack.cell.v_max_mV[0] - sum(plain.while_charging[k : k + 2]) // 2 + dice.choice([-1, 0, 1])
        plain.seen["above"] = 0
    tell(ahead, plain)
    plain.begin(soc, goal, cold, hot, coolant, heat_to)
    ahead.begin(soc, goal, cold, hot, coolant, heat_to)
    if dice.random() < 0.2:
        gone = dice.randrange(plain.permille)
        plain.at += gone
        ahead.gone(gone)
    few = plain.heater_dA + dice.choice([-1, 0, 1]), way.taper_dA + dice.choice([-1, 0, 1])
    most = dice.choice([*few, sum(few), 300, 900, 16_383, 16_383, 16_383])
    for _ in range(40):
        over = ahead.step(way, most)
        assert over is plain.step(way, most)
        agree(ahead, plain)
        if over:
            break


@packs
@pytest.mark.parametrize("seed", range(8))
def test_every_piece_of_a_look_takes_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    ahead, plain = Ahead(pack), Plain(pack)
    names = set(vars(ahead))
    for _ in range(60):
        look(pack, dice, ahead, plain)
    assert set(vars(ahead)) == names


@packs
def test_current_voltage_resistance_and_heat_are_the_tables_own(pack: Pack) -> None:
    dice = random.Random(1)
    ahead, plain = Ahead(pack), Plain(pack)
    for _ in range(300):
        soc, k, t = dice.randrange(-20, 1021), dice.randrange(20), dice.randrange(-300, 700)
        plain.seen["below"], above = dice.randrange(200), dice.randrange(200)
        tell(ahead, plain)
        cold, hot = t, t + dice.randrange(60)
        assert ahead.by_map_dA(soc, above, cold, hot) == plain.by_map(soc, above, cold, hot)
        assert ahead.resistance_uohm(k, t) == plain.resistance(k, t)
        assert ahead.emf_mV(soc) == line(soc, plain.socs, plain.while_charging)
        dA, over = dice.randrange(16_384), dice.choice([0, 300, 59_000, 60_000 - plain.beside[k] + dice.randrange(-3, 4)])
        assert ahead.own_mK_s(dA, over, k) == plain.own(dA, over, k)
    assert build_own(pack.cell.hyst_mV, pack.cell.entropy_uV_K) == plain.beside


def test_what_is_heat_beside_the_resistances_is_hysteresis_and_entropy_at_67_degC() -> None:
    dice = random.Random(3)
    hyst = tuple(dice.randrange(100) for _ in range(21))
    entropy = tuple(dice.randrange(-50_000, 50_000) for _ in range(21))
    both = [a + b * 340 // 1000 for a, b in zip(hyst, entropy)]
    assert build_own(hyst, entropy) == [(a + b) // 2 for a, b in pairwise(both)]


@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2])
def test_layers_that_warm_themselves_as_fast_as_declared_take_nothing_from_the_coolant(more: int) -> None:
    start = 300, 600, 300, 300, 600, 500
    plain = Plain(PACKS[0])
    own = plain.own(300, up(plain.resistance(6, 300) * 300, 10_000), 6)
    pack = made("as fast", PACKS[0], {}, {"warm_mK_s": own + more, "heater_source": "supply"})
    ahead, plain = Ahead(pack), Plain(pack)
    way = Way(pack.cell, pack.cell.profiles[0]._replace(stages=((1000, 4_500),)))
    plain.seen["couple"], plain.held = 20_000, 600
    tell(ahead, plain)
    ahead.begin(*start)
    plain.begin(*start)
    assert ahead.step(way, 300) is plain.step(way, 300) is False
    agree(ahead, plain)
    assert ahead._warmer_mK == ahead.time_ds * (own + max(0, more)) // 10


@packs
def test_before_anything_is_seen_the_coolant_goes_back_all_the_way_and_nothing_is_on_top(pack: Pack) -> None:
    ahead, plain = Ahead(pack), Plain(pack)
    assert (ahead.couple, ahead.follow_permille, ahead.share_permille, ahead.margin_mV) == (5_000, 1000, 1000, 0)
    assert (ahead.below_permille, ahead.above_permille, ahead.high_permille) == (0, 0, 0)
    assert ahead.held_ddegC == plain.held


def told(ahead: Ahead) -> "dict[str, Any]":
    plain = (bool, int, array)
    return {name: value for name, value in vars(ahead).items() if isinstance(value, plain)}


def test_before_the_first_look_all_is_as_after_one_from_nothing_to_nothing() -> None:
    first, begun = Ahead(PACKS[0]), Ahead(PACKS[0])
    begun.begin(0, 0, 0, 0, 0, COLD_ddegC)
    assert told(first) == told(begun)
    assert first.step(along(PACKS[0], random.Random(0)), 900) is True


def test_a_look_of_five_hundred_pieces_leads_nowhere() -> None:
    """No current at all, and heat without end: 4 K a piece."""
    pack = PACKS[2]
    ahead, plain = Ahead(pack), Plain(pack)
    plain.held, plain.seen["couple"] = 30_000, 20_000
    tell(ahead, plain)
    start = 0, 1000, 0, 0, 25_000, 25_000
    ahead.begin(*start)
    plain.begin(*start)
    way = Way(pack.cell, pack.cell.profiles[0])
    for k in range(500):
        assert ahead.step(way, 0) is plain.step(way, 0) is (k == 499)
        agree(ahead, plain)
    assert ahead.time_ds > A.KNOWN_MAX_ds
    assert (A.KNOWN_MAX_ds, A.PIECES_MOST, A.TURN_mK) == (655_340, 500, 4_000)
    assert (A.LOOP_LAG_ds, A.COUPLE_FIRST) == (600, 5_000)


def test_a_look_is_over_when_its_time_is_more_than_the_wire_can_tell() -> None:
    pack = PACKS[0]
    ahead = Ahead(pack)
    way = Way(pack.cell, pack.cell.profiles[0])
    for so_far, over in ((A.KNOWN_MAX_ds - 1, False), (A.KNOWN_MAX_ds, False), (A.KNOWN_MAX_ds + 1, True)):
        ahead.begin(100, 800, 250, 250, 250, COLD_ddegC)
        ahead.step(way, 900)
        took = ahead.time_ds
        ahead.begin(100, 800, 250, 250, 250, COLD_ddegC)
        ahead.time_ds = so_far - took
        assert ahead.step(way, 900) is over
