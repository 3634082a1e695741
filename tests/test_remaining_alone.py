"""What is told of the rest of a charge agrees, round by round, with the docstring of remaining.py in plain words."""

import random
from array import array
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import remaining as R
from bms.control.remaining import Remaining
from bms.control.ways import Way
from bms.packs import bench_24, ev_240
from bms.safety.snapshot import COOLANT_INLET_ddegC
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, COLD_ddegC, Pack, replaced

PACKS = (
    replaced(Pack, PACK_FIELDS, bench_24.PACK, name="bench", charge_map="simulator"),
    replaced(Pack, PACK_FIELDS, ev_240.PACK, name="wide", thermal=ev_240.PACK.thermal._replace(band_ddegC=111)),
    replaced(Pack, PACK_FIELDS, bench_24.PACK, name="weak", thermal=bench_24.PACK.thermal._replace(heater_W=1)),
    replaced(Pack, PACK_FIELDS, bench_24.PACK, name="cold", thermal=bench_24.PACK.thermal._replace(heater_W=0)),
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
MOST_ds = 655_340


class Pieces:
    """In place of the look ahead: what is seen, what it was asked, and answers that say by what they were asked."""

    def __init__(self) -> None:
        self.couple, self.follow_permille, self.share_permille, self.margin_mV = 5_000, 1000, 1000, 0
        self.below_permille = self.above_permille = self.high_permille = self.held_ddegC = 0
        self.time_ds = self.short_dAs = 0
        self.over = False
        self.map_dA, self.warms_mK_s = 700, 30
        self.asked: list[Any] = []

    def begin(self, *words: int) -> None:
        self.asked.append(("begin", *words))

    def gone(self, charge_dAs: int) -> None:
        self.asked.append(("gone", charge_dAs))

    def step(self, way: Way, most_dA: int) -> bool:
        self.asked.append(("step", most_dA))
        return self.over

    def by_map_dA(self, soc: int, above: int, cold: int, hot: int) -> int:
        self.asked.append(("map", soc, above, cold, hot))
        return self.map_dA

    def emf_mV(self, soc: int) -> int:
        return 3_000 + soc

    def resistance_uohm(self, k: int, t_ddegC: int) -> int:
        return 1_000 + 100 * k - t_ddegC

    def own_mK_s(self, dA: int, over_mV: int, k: int) -> int:
        self.asked.append(("own", dA, over_mV, k))
        return self.warms_mK_s


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack, envelope: Any) -> None:
        cell, band = pack.cell, pack.thermal.band_ddegC
        self.envelope, self.look = envelope, Pieces()
        self.hot = cell.t_charge_max_ddegC[0]
        self.tops = {False: self.hot - band, True: self.hot - 2 * band // 5}
        self.heater = pack.thermal.heater_W > 0
        self.permille = cell.capacity_mAh * 36 // 1000
        self.turned = min(300, 3_000_000 // cell.hyst_gamma_permille)
        self.couple, self.heat_to, self.remaining = 5_000, COLD_ddegC, 65_535
        self.soc: int | None = None
        self.since = self.carry = self.clock = self.own = self.own_rate = self.left = 0
        self.weighed = self.going = False
        self.before: tuple[int, int] | None = None  # coldest probe and coolant as watching began
        self.watched, self.driven = 0, False

    def begin(self, way: Way) -> None:
        self.planned = way.planned and self.heater
        self.top = self.look.held_ddegC = self.tops[way.planned]
        self.wanted = way.heat_to_ddegC if self.heater or not way.planned else COLD_ddegC
        self.heat_to = self.highest = self.wanted
        self.look.share_permille, self.before = 1000, None
        self.choice, self.decided, self.turn, self.clock = 0, False, 0, 0
        self.tried: list[int | None] = [None] * 5
        self.lowest = 1000
        self.forget()

    def forget(self) -> None:
        self.going, self.remaining = False, 65_535

    def finish(self) -> None:
        self.going, self.left, self.remaining = False, 0, 0

    def candidate(self, k: int) -> int:
        return COLD_ddegC if k == 4 else self.highest - 100 * k

    def step(
        self, way: Way, soc: int, target: int, aim: int, most: int, snap: Any, bound: Any, heats: bool, cools: bool, ms: int
    ) -> int:
        ds, self.carry = divmod(self.carry + ms, 100)
        self.watched += ds
        self.clock += ds
        self.own += self.own_rate * ds // 10
        self.driven |= heats or cools
        if self.remaining != 65_535:
            self.left = max(0, self.left - ds)
            self.remaining = self.left // 10
        self.since = 0 if soc != self.soc else min(self.permille, self.since + max(0, snap.current_dA) * ds // 10)
        self.soc = soc
        if self.going:
            if self.look.step(way, most):
                self.found(way)
        elif self.weighed:
            self.open(soc, target, snap, bound)
        else:
            if cools:
                held = self.look.held_ddegC
                held += (bound.hot_ddegC - held) // 4
                self.look.held_ddegC = max(min(held, self.top), self.top - (self.hot - self.top) // 4)
            self.weigh(soc, aim, snap, bound)
        return self.remaining

    def window(self, soc: int) -> None:
        look, envelope = self.look, self.envelope
        look.below_permille, look.above_permille = soc - envelope.layer_lo_permille, envelope.layer_hi_permille - soc
        look.high_permille = envelope.soc_hi_permille - soc

    def weigh(self, soc: int, aim: int, snap: Any, bound: Any) -> None:
        look, dA, k = self.look, max(0, snap.current_dA), min(soc // 50, 19)
        over = (look.resistance_uohm(k, bound.cold_ddegC) * dA + 9_999) // 10_000
        look.margin_mV = min(max(0, bound.layer_high_mV - look.emf_mV(soc) - over), 200)
        self.own_rate = look.own_mK_s(dA, over, k)
        self.window(soc)
        by_map = look.by_map_dA(soc, look.above_permille, bound.cold_ddegC, bound.hot_ddegC)
        if aim > 0 and aim <= by_map and bound.hot_ddegC <= self.hot:
            look.share_permille += (max(900, aim * 1000 // by_map) - look.share_permille) // 4
        self.weighed = True

    def open(self, soc: int, target: int, snap: Any, bound: Any) -> None:
        self.weighed, self.going = False, True
        self.window(soc)
        told = snap.age_ms[COOLANT_INLET_ddegC] < 60_000
        coolant = snap.value[COOLANT_INLET_ddegC] if told else snap.coldest_ddegC
        self.lowest = min(self.lowest, soc)
        if soc >= self.lowest + self.turned:
            self.watch(snap.coldest_ddegC, coolant)
        gap = bound.hot_ddegC - bound.cold_ddegC
        most = min(self.wanted, self.top - gap)
        if abs(most - self.highest) >= 20:
            self.highest = most
            self.heat_to = self.candidate(self.choice)
        self.trial = self.turn // 2 if self.planned and self.turn % 2 else self.choice
        colder = snap.coldest_ddegC - bound.cold_ddegC
        heat_to = self.candidate(self.trial)
        self.look.begin(soc, target, bound.cold_ddegC, bound.hot_ddegC, coolant - colder, heat_to)
        self.look.gone(self.since)

    def watch(self, coldest: int, coolant: int) -> None:
        if self.before and self.watched < 200:
            return
        if self.before:
            look = self.look
            rose, warmed = coldest - self.before[0], coolant - self.before[1]
            lost = min(max(self.own - 100 * rose, -500_000), 500_000)
            apart = (coldest + self.before[0] - coolant - self.before[1]) // 2
            if abs(apart) > 50:
                couple = min(lost * 1000 // apart * 100 // self.watched, 20_000)
                if couple >= 0:
                    self.couple = look.couple = look.couple + (couple - look.couple) // 2
                if not self.driven:
                    look.follow_permille = min(max(0, warmed * 1000 // (apart * 200 // 800)), 1000)
        self.before, self.watched, self.driven, self.own = (coldest, coolant), 0, False, 0

    def found(self, way: Way) -> None:
        self.going = False
        self.turn = (self.turn + 1) % 10
        time = self.look.time_ds
        self.tried[self.trial] = self.clock + min(MOST_ds, time + self.look.short_dAs * 10 // way.taper_dA)
        if self.trial == self.choice:
            self.left, self.remaining = time, time // 10 if time <= MOST_ds else 65_535
        known = [one for one in self.tried if one is not None]
        if self.planned and len(known) == 5:
            best = min(known)
            left = best - self.clock
            good = best + left // 200 + 10
            if not self.decided or known[self.choice] > good + left // 32:
                self.decided = True
                self.choice = max(k for k in range(5) if known[k] <= good)
                self.heat_to = self.candidate(self.choice)


SEEN = (
    *("couple", "follow_permille", "share_permille", "margin_mV", "held_ddegC", "time_ds", "short_dAs"),
    *("below_permille", "above_permille", "high_permille"),
)


class World:
    """All that is looked at, and dice that prefer the edges of it."""

    def __init__(self, pack: Pack, seed: int) -> None:
        self.dice = random.Random(seed)
        self.pack = pack
        self.ways = [Way(pack.cell, one) for one in pack.cell.profiles]
        self.ways += [way for way in self.ways if way.planned] * 4
        self.ways[0].heat_to_ddegC = 312
        self.envelope: Any = SimpleNamespace(soc_hi_permille=320, layer_lo_permille=260, layer_hi_permille=340)
        self.snap: Any = SimpleNamespace(value=[0] * 26, age_ms=[0] * 26, current_dA=500, coldest_ddegC=250)
        self.bound: Any = SimpleNamespace(cold_ddegC=240, hot_ddegC=270, layer_high_mV=3_400)
        self.one: Any = Remaining(pack, self.envelope)  # type: ignore[arg-type]
        self.plain = Plain(pack, self.envelope)
        self.pieces = Pieces()
        vars(self.one)["_ahead"] = self.pieces
        self.soc, self.target, self.aim, self.most = 0, 800, 600, 900
        self.heats = self.cools = False
        self.way = self.ways[0]

    def begin(self) -> None:
        self.way = self.dice.choice(self.ways)
        self.one.begin(self.way)
        self.plain.begin(self.way)

    def step(self, ms: int) -> None:
        words = self.soc, self.target, self.aim, self.most, self.snap, self.bound, self.heats, self.cools, ms
        assert self.one.step(self.way, *words) == self.plain.step(self.way, *words)
        self.agree()

    def agree(self) -> None:
        one, plain = self.one, self.plain
        assert (one.remaining_s, one.heat_to_ddegC, one.couple) == (plain.remaining, plain.heat_to, plain.couple)
        assert self.pieces.asked == plain.look.asked
        self.pieces.asked.clear()
        plain.look.asked.clear()
        assert [getattr(self.pieces, name) for name in SEEN] == [getattr(plain.look, name) for name in SEEN]

    def answer(self, **words: int) -> None:
        """What both looks say from now on."""
        for look in (self.pieces, self.plain.look):
            vars(look).update(words)

    def warm(self) -> None:
        dice, bound, snap = self.dice, self.bound, self.snap
        snap.coldest_ddegC = dice.choice([dice.randrange(-150, 450), 250, 300])
        bound.cold_ddegC = snap.coldest_ddegC - dice.choice([0, 25, 31])
        top = self.plain.hot
        warmer = bound.cold_ddegC + dice.choice([0, 55, 59, 60, 79, 80, 81])
        bound.hot_ddegC = dice.choice([warmer, top - 1, top, top + 1, top + 9])
        snap.age_ms[COOLANT_INLET_ddegC] = dice.choice([0, 59_999, 60_000, 60_001])
        if dice.random() < 0.3:
            bound.hot_ddegC = self.plain.top + dice.randrange(-30, 6)
        near = [2 * d for d in (-52, -51, -50, -49, 49, 50, 51, 52)]
        snap.value[COOLANT_INLET_ddegC] = snap.coldest_ddegC + dice.choice([*near, 0, 333, -333])

    def move(self) -> None:
        """One thing or another changes."""
        dice, plain = self.dice, self.plain
        what = dice.randrange(9)
        if what < 2:
            self.warm()
        elif what == 2:
            self.soc = dice.choice([0, 1, 49, 50, 951, 999, 1000, 1001, dice.randrange(1000)])
        elif what == 3:
            self.snap.current_dA = dice.choice([-300, -1, 0, 1, 2, 500, 900])
        elif what == 4:
            by_map = dice.choice([1, 2, 700, 1_000])
            self.answer(map_dA=by_map, warms_mK_s=dice.choice([-20, 0, 1, 30, 500]))
            self.aim = dice.choice([-1, 0, 1, by_map - 1, by_map, by_map + 1, by_map * 899 // 1000, by_map * 93 // 100])
        elif what == 5:
            self.heats, self.cools = dice.random() < 0.3, dice.random() < 0.4
        elif what == 6:
            envelope = self.envelope
            envelope.layer_lo_permille = self.soc - dice.randrange(60)
            envelope.layer_hi_permille = self.soc + dice.randrange(60)
            envelope.soc_hi_permille = self.soc + dice.randrange(60)
            self.target, self.most = dice.randrange(500, 1000), dice.choice([0, 300, 900])
        elif what == 7:
            dA = max(0, self.snap.current_dA)
            k = min(self.soc // 50, 19)
            over = (1_000 + 100 * k - self.bound.cold_ddegC) * dA // 10_000
            self.bound.layer_high_mV = 3_000 + self.soc + over + dice.choice([-1, 0, 1, 2, 100, 199, 200, 201, 202])
        else:
            self.result()
        assert plain.couple == self.one.couple

    def result(self) -> None:
        """What a look takes: much like the best so far, or at the end of what can be told."""
        dice, plain = self.dice, self.plain
        known = [one - plain.clock for one in plain.tried if one is not None]
        best = min([one for one in known if one > 0], default=dice.choice([9_000, 9_154, 9_353, 40_000]))
        time = best + dice.choice([0, best // 200, best // 200 + best // 32]) + dice.choice([-1, 0, 9, 10, 11])
        if dice.random() < 0.2:
            time = dice.choice([0, 1, 5, 10, 11, 9_000, 9_000, MOST_ds - 1, MOST_ds, MOST_ds + 1])
        left = max(0, MOST_ds - time) * self.way.taper_dA // 10
        self.answer(time_ds=time, short_dAs=dice.choice([0, 0, 0, 0, 1, 77, 5_000, left - 1 if left else 0, left, left + 30]))


@packs
@pytest.mark.parametrize("seed", range(12))
def test_every_round_tells_and_asks_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    world = World(pack, seed)
    dice = world.dice
    names = set(vars(world.one))
    assert world.one.couple == 5_000
    assert (world.one.heat_to_ddegC, world.one.remaining_s) == (COLD_ddegC, 65_535)
    world.begin()
    for _ in range(900):
        if dice.random() < 0.4:
            world.move()
        over = dice.random() < 0.6
        world.answer(over=over)
        if over and dice.random() < 0.7:
            world.result()
        if dice.random() < 0.004:
            world.begin()
        elif dice.random() < 0.004:
            end = dice.choice(["forget", "finish"])
            getattr(world.one, end)()
            getattr(world.plain, end)()
            world.agree()
        world.step(dice.choice([100, 100, 100, 1, 99, 101, 1_000, 5_000]))
    assert set(vars(world.one)) == names


def settled(pack: Pack, cold: int = 0) -> World:
    """A world in which a plan has just begun, everything at one temperature."""
    world = World(pack, 0)
    world.way = next(way for way in world.ways if way.planned)
    world.one.begin(world.way)
    world.plain.begin(world.way)
    world.snap.coldest_ddegC = world.bound.cold_ddegC = world.bound.hot_ddegC = cold
    world.snap.value[COOLANT_INLET_ddegC] = cold
    return world


def learnt(world: World, own_mK: int, apart_ddegC: int, warmed_ddegC: int, ds: int, couple: int) -> None:
    """Watched for so long: no probe has moved, so much of the layers' own heat is gone, and the coolant has warmed so far."""
    one, plain, snap = world.one, world.plain, world.snap
    world.answer(couple=couple, time_ds=9_000, over=True)
    plain.before = 0, -apart_ddegC - warmed_ddegC // 2
    one._watches, one._began_ddegC, one._coolant_ddegC = True, *plain.before
    snap.value[COOLANT_INLET_ddegC] = plain.before[1] + warmed_ddegC
    one._own_mK, one._watched_ds = plain.own, plain.watched = own_mK, ds
    one._from_permille = plain.lowest = -plain.turned
    one._weighed, one._going = plain.weighed, plain.going = True, False
    world.step(0)
    assert (one._watched_ds, one._own_mK) == (0, 0)


@pytest.mark.parametrize("couple", [0, 1])
def test_what_is_learnt_of_the_coolant_has_its_ends(couple: int) -> None:
    """As many watches as show each of them by one: of heat that was lost, of the conductance, and of the coolant's way back."""
    world = settled(PACKS[0])
    for apart in (-4_001, -1_001, -60, -52, -51, -50, 50, 51, 52, 60, 1_001, 4_001):
        for own in (-1, 0, 1):
            learnt(world, own, apart, 0, 60_000, couple)
        for ds in range(60_000, 60_060):
            for more in (-1, 0, 1):
                learnt(world, 500_000 + more, apart, 0, ds, couple)
                learnt(world, -500_000 + more, apart, 0, ds, couple)
        for ds in (200, 201, 202):
            learnt(world, 120 * apart, apart, 0, ds, couple)
        for warmed in (*range(-16, 17), 999, 1_000, 1_001, -1_000, -1_001):
            learnt(world, 0, apart, warmed, 300, couple)


@pytest.mark.parametrize("best", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("more_ds", [54, 55, 56])
def test_the_coolest_that_costs_no_more_than_a_second_and_a_two_hundredth_is_chosen(best: int, more_ds: int) -> None:
    world = settled(PACKS[0])
    world.answer(over=True)
    for turn in range(10):
        tried = turn // 2 if turn % 2 else 0
        world.answer(time_ds=9_000 + (0 if tried == best else more_ds if tried == 3 else 3_000))
        for _ in range(3):
            world.step(0)
    coolest = 3 if more_ds <= 55 and best < 3 else best
    assert world.one.heat_to_ddegC == (COLD_ddegC if coolest == 4 else world.plain.highest - 100 * coolest)


def told(one: Remaining) -> "dict[str, Any]":
    plain = (bool, int, array)
    return {name: value for name, value in vars(one).items() if isinstance(value, plain)}


def test_before_the_first_charge_all_is_as_after_one_of_nothing_at_zero() -> None:
    first = World(PACKS[0], 0).one
    world = settled(PACKS[0])
    world.way = next(way for way in world.ways if not way.planned)
    world.way.heat_to_ddegC = COLD_ddegC
    world.one.begin(world.way)
    world.plain.begin(world.way)
    world.snap.current_dA = 0
    world.one._from_permille = world.plain.lowest = -world.plain.turned
    world.answer(warms_mK_s=0, over=True)
    for ms in (100, 100, 0):
        world.step(ms)
    world.one.finish()
    world.one.begin(world.way)
    assert told(first) == told(world.one) | {"_seen_permille": -1}


def test_what_was_before_a_charge_began_teaches_nothing_about_it() -> None:
    """Probes at 30 degC and a coolant at 50 degC from the first moment, which both stay as they are for half a minute."""
    world = settled(PACKS[0], 300)
    world.snap.value[COOLANT_INLET_ddegC] = 500
    world.answer(warms_mK_s=0, time_ds=9_000)
    for world.soc, couple in ((0, 5_000), (199, 5_000), (200, 2_500)):
        for _ in range(300):
            world.answer(over=True)
            world.step(100)
        assert world.one.couple == couple, "once: no heat came over"


@pytest.mark.parametrize(("gamma_permille", "turned"), [(1, 300), (9_999, 300), (10_000, 300), (10_100, 297), (15_000, 200)])
def test_nothing_is_learnt_of_the_coolant_before_the_branch_has_turned_over_which_takes_heat(
    gamma_permille: int, turned: int
) -> None:
    """Three times the charge in which it turns to an e-th, and no more than 30 %."""
    cell = replaced(Cell, CELL_FIELDS, PACKS[0].cell, hyst_gamma_permille=gamma_permille)
    world = settled(replaced(Pack, PACK_FIELDS, PACKS[0], cell=cell), 300)
    world.snap.value[COOLANT_INLET_ddegC] = 500
    world.answer(warms_mK_s=0, time_ds=9_000)
    for world.soc, couple in ((50, 5_000), (50 + turned - 1, 5_000), (50 + turned, 2_500)):
        for _ in range(300):
            world.answer(over=True)
            world.step(100)
        assert world.one.couple == couple


def test_numbers_are_those_of_the_wire_and_of_the_plan() -> None:
    assert (R.UNKNOWN_s, R.STEP_ddegC, R.CANDIDATES) == (65_535, 100, 5)
