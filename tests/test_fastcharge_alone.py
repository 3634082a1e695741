"""Request, phase and end of a charge agree, round by round, with the docstring of fastcharge.py in plain words."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import fastcharge as FC
from bms.control.fastcharge import FastCharge
from bms.control.ways import Way
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, COLD_ddegC, HOT_ddegC, Pack, layer_count, replaced

IDLE, HEATING, CHARGING, TAPERING, COOLING, DONE = range(6)
GOING, TARGET, TAPER, TIME = range(4)
NOTHING, MAP, LAYER_VOLTAGE, CHARGER, STAGE, CONNECTOR, DEPARTURE, OUTLOOK = 0, 3, 4, 10, 12, 13, 14, 15
PLUGGED = 9
MOST_dA = 16_383

PROFILES = tuple(one._replace(taper_s=2, longest_s=900 + k) for k, one in enumerate(bench_24.PACK.cell.profiles))
SHORT = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, profiles=PROFILES)
LITTLE = bench_24.PACK.thermal._replace(cooler_W=1)
PACKS = (
    replaced(Pack, PACK_FIELDS, bench_24.PACK, name="short", cell=SHORT, thermal=LITTLE, request_dA_s=77, connector_dA=900),
    replaced(Pack, PACK_FIELDS, bench_24.PACK, name="warm", thermal=bench_24.PACK.thermal._replace(cooler_W=0)),
    ev_240.PACK,
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


class Outlook:
    """What remaining.py is told, and a wish that it has."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.heat_to_ddegC, self.couple = 333, 4_321

    def begin(self, way: Way) -> None:
        self.heard.append(("begin", way.until_permille, way.stage_dA))

    def forget(self) -> None:
        self.heard.append("forget")

    def finish(self) -> None:
        self.heard.append("finish")

    def step(self, way: Way, *rest: Any) -> None:
        self.heard.append(("step", way.stage_dA, *rest))


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack, world: Any) -> None:
        self.pack, self.world = pack, world
        self.ways = [Way(pack.cell, one) for one in pack.cell.profiles]
        self.own = [one.name for one in pack.cell.profiles].index(pack.profile)
        self.profile, self.target, self.departure_s = self.own, 1000, 262_143
        self.full_mV = layer_count(pack) * pack.cell.v_max_mV[0]
        self.charger_dA, self.mV = MOST_dA, self.full_mV
        self.request, self.phase, self.end, self.binding = 0, IDLE, GOING, NOTHING
        self.heat, self.cool, self.planned, self.couple = COLD_ddegC, HOT_ddegC, False, 0
        self.begun = self.rising = False
        self.plugged = self.elapsed = self.taper = self.stage = self.carry = self.calm = self.rounds = 0
        self.band = 5
        self.windows = [0, 0]
        self.said: list[Any] = []

    def wish(self, profile: int, target: int, departure_s: int) -> None:
        profile = profile if profile in range(len(self.ways)) else self.own
        if (profile, target) != (self.profile, self.target):
            self.profile, self.target, self.begun = profile, target, False
        self.departure_s = departure_s

    def step(self, ms: int) -> int:
        w, ms = self.world, min(ms, 5_000)
        if w.machine.state != M.CHARGE:
            self.begun = self.planned = False
            self.request, self.phase, self.binding, self.heat, self.cool = 0, IDLE, NOTHING, COLD_ddegC, HOT_ddegC
            self.said.append("forget")
            return 0
        way, envelope = self.ways[self.profile], w.envelope
        if not self.begun or w.snap.value[PLUGGED] > self.plugged:
            self.begun, self.rising, self.end = True, False, GOING
            self.elapsed = self.taper = self.stage = 0
            self.windows = [0, 0]
            self.heat, self.cool = way.heat_to_ddegC, HOT_ddegC
            self.said.append(("begin", way.until_permille, way.stage_dA))
        self.plugged = w.snap.value[PLUGGED]
        self.elapsed += ms
        if self.end == GOING:
            self.look(way, ms)
        limits = [(envelope.charge_dA, envelope.charge_reason)]
        k = way.stage(envelope.soc_hi_permille)
        self.stage = max(self.stage, k)
        limits += [(way.stage_dA[k], STAGE), (self.pack.connector_dA, CONNECTOR), (self.charger_dA, CHARGER)]
        limit, self.binding = min(limits, key=lambda one: one[0])
        aim = self.aim(way, limit) if self.end == GOING else 0
        self.follow(limit, aim, ms)
        if self.end == GOING:
            self.phase = HEATING if w.heats else TAPERING if self.taper else CHARGING
            most = min(self.charger_dA, self.pack.connector_dA)
            seen = (w.soc_permille, self.target, aim, most, w.snap, w.bound, w.heats, w.cools, ms)
            self.said.append(("step", way.stage_dA, *seen))
            self.planned = way.planned
            if way.planned:
                self.heat, self.couple = 333, 4_321
        else:
            self.binding = NOTHING
            if self.phase == COOLING and (w.bound.hot_ddegC <= self.cool or self.elapsed >= 1_800_000):
                self.phase, self.cool = DONE, HOT_ddegC
        return self.request

    def look(self, way: Way, ms: int) -> None:
        w, reason = self.world, self.world.envelope.charge_reason
        full = reason == LAYER_VOLTAGE or (reason == MAP and not w.heats and not w.cools)
        little = w.envelope.charge_dA < way.taper_dA and full
        self.taper = self.taper + ms if little else max(0, self.taper - ms)
        ends = (
            (w.soc_permille >= self.target, TARGET),
            (self.taper >= way.taper_ms, TAPER),
            (self.elapsed >= way.longest_ms, TIME),
        )
        self.end = next((end for so, end in ends if so), GOING)
        if self.end != GOING:
            self.phase, self.planned, self.heat, self.elapsed = COOLING, False, COLD_ddegC, 0
            self.cool = way.cool_to_ddegC if self.pack.thermal.cooler_W else HOT_ddegC
            self.said.append("finish")

    def aim(self, way: Way, limit: int) -> int:
        ramp, now, stages = self.pack.request_dA_s, self.request, way.stage_dA
        k = self.stage
        if k + 1 < len(stages) and stages[k + 1] < now:
            falls = (now**2 - stages[k + 1] ** 2) // (2 * ramp) + now // 2
            left = way.until_permille[k] - self.world.envelope.soc_hi_permille - 1
            if left * (self.pack.cell.capacity_mAh * 36 // 1000) <= falls:
                self.stage += 1
        aims = [(limit, self.binding), (stages[self.stage], STAGE), (limit - (limit - self.world.soon()) // 2, OUTLOOK)]
        if way.gentle and self.departure_s != 262_143:
            needed = way.needed_dA(self.world.soc_permille, self.target, self.departure_s - 120)
            aims.append((needed, DEPARTURE))
        aim, self.binding = min(aims, key=lambda one: one[0])
        return int(aim)

    def follow(self, limit: int, aim: int, ms: int) -> None:
        self.carry += self.pack.request_dA_s * ms
        move, self.carry = divmod(self.carry, 1000)
        self.rounds = (self.rounds + 1) % 5
        self.windows = [aim, self.windows[0]] if not self.rounds else [min(aim, self.windows[0]), self.windows[1]]
        low, now = min(self.windows), self.request
        self.calm += 1
        if self.calm >= 300 and self.band > 5:
            self.calm, self.band = 100, self.band - 1
        if aim < now:
            if self.calm < 100:
                self.calm, self.band = 100, min(2 * self.band, 12 + now // 64)
            self.rising = False
            now = max(aim, now - move)
        elif low > now + self.band or (self.rising and low > now):
            self.rising, self.calm = True, 0
            now = min(low, now + move)
        else:
            self.rising = False
        self.request = min(now, limit)


class World:
    """All that is looked at."""

    def __init__(self, pack: Pack) -> None:
        self.envelope: Any = SimpleNamespace(
            charge_dA=900, charge_reason=MAP, soc_hi_permille=300, layer_lo_permille=100, layer_hi_permille=400
        )
        self.ahead_dA = 900
        self.machine: Any = SimpleNamespace(state=M.CHARGE)
        self.snap: Any = SimpleNamespace(value=[0] * 20)
        self.bound: Any = SimpleNamespace(hot_ddegC=300)
        self.soc_permille, self.heats, self.cools = 300, False, False
        self.charge: Any = FastCharge(pack, self.envelope, self)  # type: ignore[arg-type]
        self.plain = Plain(pack, self)
        self.plain.couple = self.charge.couple
        self.outlook = Outlook()
        vars(self.charge)["remaining"] = self.outlook

    def charge_limit_dA(self, h: int) -> int:
        assert h == 0
        return self.soon()

    def soon(self) -> int:
        return int(min(self.ahead_dA, self.envelope.charge_dA))

    def step(self, ms: int) -> None:
        one, plain = self.charge, self.plain
        assert one.step(self.machine, self.snap, self.bound, self.soc_permille, self.heats, self.cools, ms) == plain.step(ms)
        self.agree()

    def agree(self) -> None:
        one, plain = self.charge, self.plain
        assert (one.request_dA, one.phase, one.end_reason, one.binding) == (
            plain.request,
            plain.phase,
            plain.end,
            plain.binding,
        )
        assert (one.heat_to_ddegC, one.cool_to_ddegC, one.planned) == (plain.heat, plain.cool, plain.planned)
        assert (one.couple, one.profile, one.target_permille) == (plain.couple, plain.profile, plain.target)
        assert one.charge_voltage_mV == plain.mV and one.wanted() is (plain.request > 0)
        assert self.outlook.heard == plain.said
        plain.said.clear()
        self.outlook.heard.clear()


def shaken(world: World, dice: random.Random, pack: Pack) -> None:
    """One thing or another changes."""
    plain, envelope = world.plain, world.envelope
    way = plain.ways[plain.profile]
    what = dice.randrange(14)
    near = [0, 1, plain.request + plain.band, plain.request + plain.band + 1, way.taper_dA - 1, way.taper_dA, way.taper_dA + 1]
    if what < 3:
        envelope.charge_dA = dice.choice([*near, 300, 700, 900, 2_000, MOST_dA])
    elif what == 3:
        envelope.charge_reason = dice.choice([MAP, MAP, LAYER_VOLTAGE, 5])
    elif what == 4:
        ends = list(way.until_permille)
        world.ahead_dA = envelope.charge_dA = MOST_dA
        envelope.soc_hi_permille = dice.choice([0, 300, *ends, *(end - 1 - dice.randrange(60) for end in ends)])
    elif what == 5:
        world.ahead_dA = dice.choice([0, 299, 700, 900, MOST_dA])
    elif what == 6:
        world.heats, world.cools = dice.random() < 0.3, dice.random() < 0.3
    elif what == 7:
        world.soc_permille = dice.choice([300, 500, plain.target - 1, plain.target if dice.random() < 0.2 else 200])
    elif what == 8 and dice.random() < 0.3:
        world.machine.state = dice.choice([M.CHARGE, M.CHARGE, M.DRIVE])
    elif what == 9:
        world.snap.value[PLUGGED] = dice.choice([0, 1])
    elif what == 10:
        world.bound.hot_ddegC = plain.cool + dice.choice([-1, 0, 1]) if plain.cool < HOT_ddegC else 300
    elif what == 11 and dice.random() < 0.6:
        wish = plain.profile, plain.target, dice.choice([262_143, 121, 3_600, 30_000, 60_000])
        world.charge.wish(*wish)
        plain.wish(*wish)
    elif what == 11:
        wish = (
            dice.choice([-1, *range(len(plain.ways) + 1)]),
            dice.choice([1000, 800]),
            dice.choice([262_143, 3_600, 120, 9_000]),
        )
        world.charge.wish(*wish)
        plain.wish(*wish)
    elif what == 12:
        plain.charger_dA, mV = dice.choice([0, 299, 700, MOST_dA]), plain.full_mV + dice.choice([-1, 0, 1])
        plain.mV = min(mV, plain.full_mV)
        world.charge.hear(plain.charger_dA, mV)
    elif what == 13:
        if dice.random() < 0.1:
            world.charge.forget()
            plain.wish(plain.own, 1000, 262_143)
        world.charge.lose()
        plain.charger_dA, plain.mV = MOST_dA, plain.full_mV


@packs
@pytest.mark.parametrize("seed", range(10))
def test_every_round_asks_for_what_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    world = World(pack)
    world.agree()
    names = set(vars(world.charge))
    chosen = seed, 1000, dice.choice([262_143, 9_000, 30_000, 60_000])
    world.charge.wish(*chosen)
    world.plain.wish(*chosen)
    for k in range(500):
        if dice.random() < 0.25:
            shaken(world, dice, pack)
        if world.plain.end != GOING and dice.random() < 0.1:
            world.soc_permille = 300
            world.machine.state = M.CHARGE
            world.snap.value[PLUGGED] = 1 - world.plain.plugged if world.plain.plugged == 0 else 0
        long_ms = dice.choice([4_999, 5_000, 5_001, 60_000]) if k % 100 > 80 else 100
        world.step(long_ms)
        if dice.random() < 0.05:
            world.envelope.charge_dA = max(0, world.plain.request + dice.choice([-3, 0, 3]))
            world.plain.request = min(world.plain.request, world.envelope.charge_dA)
            assert world.charge.asked_dA() == world.plain.request
    assert set(vars(world.charge)) == names


@packs
@pytest.mark.parametrize("level", [500, 508])
def test_who_falls_soon_after_a_rise_waits_for_more_room_and_forgets_it_in_time(pack: Pack, level: int) -> None:
    world = World(pack)
    dice = random.Random(2)
    bands = set()
    for k in range(1_500):
        high = level + (dice.choice([-14, -7, 7, 14]) if k < 400 else 0)
        world.envelope.charge_dA = world.ahead_dA = high if k < 1_400 else level + 10
        world.step(100)
        bands.add(world.plain.band)
    assert len(bands) > 5 and world.plain.band < max(bands)


@packs
def test_a_pack_that_does_not_get_cold_is_left_after_half_an_hour_and_a_charge_after_its_longest(pack: Pack) -> None:
    world = World(pack)
    world.bound.hot_ddegC = HOT_ddegC + 1
    world.soc_permille = 300
    for _ in range(8_000):
        world.step(5_000)
        if world.plain.phase == DONE:
            break
    assert (world.plain.phase, world.plain.end) == (DONE, TIME)
    told = world.charge._elapsed_ms
    for _ in range(3):
        world.step(5_000)
    assert world.charge._elapsed_ms == told  # whoever is done counts no time


def multistage(ramp_dA_s: int) -> "tuple[World, Way]":
    pack = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="slow", request_dA_s=ramp_dA_s)
    world = World(pack)
    profile = [one.name for one in pack.cell.profiles].index("multistage")
    world.charge.wish(profile, 1000, 262_143)
    world.plain.wish(profile, 1000, 262_143)
    world.envelope.charge_dA = world.ahead_dA = 900
    return world, world.plain.ways[profile]


def anew(world: World, request_dA: int) -> None:
    """Another charge begins, which is asked for so much already."""
    target = 999 if world.plain.target == 1000 else 1000
    world.charge.wish(world.plain.profile, target, 262_143)
    world.plain.wish(world.plain.profile, target, 262_143)
    world.charge.request_dA = world.plain.request = request_dA


@pytest.mark.parametrize("ramp_dA_s", [1, 7, 200])
@pytest.mark.parametrize("stage", range(5))
def test_a_stage_that_comes_near_is_gone_down_to_in_time_and_for_good(ramp_dA_s: int, stage: int) -> None:
    """From where the charge that the fall takes is left, one thousandth of the SoC more or less."""
    world, way = multistage(ramp_dA_s)
    permille = bench_24.PACK.cell.capacity_mAh * 36 // 1000
    after = way.stage_dA[min(stage + 1, 4)]
    exact = [dA for dA in range(after, after + 400) if not ((dA**2 - after**2) // (2 * ramp_dA_s) + dA // 2) % permille]
    for request in (after - 1, after, after + 1, after + 90, way.stage_dA[stage], 2 * after, *exact):
        left = max(0, (request**2 - after**2) // (2 * ramp_dA_s) + request // 2) // permille
        for more in (-2, -1, 0, 1, 2):
            soc = way.until_permille[stage] - 1 - left - more
            world.envelope.soc_hi_permille = max(soc, 0)
            anew(world, request)
            world.step(100)
            world.envelope.soc_hi_permille = max(soc - 9, 0)
            for _ in range(3):
                world.step(100)


def risen(world: World) -> None:
    """A request of 500 dA that has not been calm for long."""
    world.envelope.charge_dA = world.ahead_dA = 500
    for _ in range(400):
        world.step(100)
        if world.plain.request == 500:
            return
    raise AssertionError("it never rises")


@packs
@pytest.mark.parametrize("calm", [97, 98, 99, 100, 101, 102, 103])
def test_who_falls_within_ten_seconds_of_a_rise_wants_twice_the_room(pack: Pack, calm: int) -> None:
    for more in range(4, 13):
        world = World(pack)
        risen(world)
        while world.plain.calm < calm - 1:
            world.step(100)
        world.envelope.charge_dA = world.ahead_dA = 480
        for _ in range(20):
            world.step(100)
        world.envelope.charge_dA = world.ahead_dA = 480 + more
        for _ in range(12):
            world.step(100)
        assert world.plain.request in (480, 480 + more)


@pytest.mark.parametrize("request_dA", [63, 64, 65, 447, 448, 511, 512, 513])
@pytest.mark.parametrize("more", [-1, 0, 1, 2])
def test_the_most_room_that_is_wanted_grows_with_what_is_asked_for(request_dA: int, more: int) -> None:
    world = World(PACKS[1])
    world.step(100)
    world.charge.request_dA = world.plain.request = request_dA
    world.charge._band_dA = world.plain.band = 40
    room = 12 + request_dA // 64
    for offer in (request_dA - 1, request_dA - 1 + room + more):
        world.envelope.charge_dA = world.ahead_dA = offer
        for _ in range(12):
            world.step(100)
    assert world.plain.request == request_dA - 1 + (room + more if more > 0 else 0)


@packs
@pytest.mark.parametrize("rounds", [298, 299, 300, 301, 302, 700])
def test_who_has_been_calm_for_long_never_wants_less_room_than_the_least(pack: Pack, rounds: int) -> None:
    world = World(pack)
    risen(world)
    for _ in range(rounds):
        world.step(100)
    for more in (3, 4, 5, 6):
        world.envelope.charge_dA = world.ahead_dA = 500 + more
        for _ in range(12):
            world.step(100)
        assert world.plain.request == (506 if more == 6 else 500)


@packs
def test_a_fall_in_the_middle_of_a_rise_ends_it(pack: Pack) -> None:
    world = World(pack)
    risen(world)
    for more in (1, 2, 5, 6):
        world.envelope.charge_dA = world.ahead_dA = 700
        while world.plain.request < 520:
            world.step(100)
        low = world.plain.request - 1
        world.envelope.charge_dA = world.ahead_dA = low
        world.step(100)
        world.plain.request = world.envelope.charge_dA = low - more
        assert world.charge.asked_dA() == low - more
        world.envelope.charge_dA = low
        for _ in range(12):
            world.step(100)


def test_a_ramp_loses_nothing_of_what_a_millisecond_allows() -> None:
    world = World(PACKS[0])
    world.envelope.charge_dA = world.ahead_dA = 900
    for _ in range(1_010):
        world.step(1)
    assert world.plain.request == 77 * 1_010 // 1_000 - 77 * 9 // 1_000


def cooling(world: World) -> None:
    """A charge that has come to its end in the heat."""
    world.bound.hot_ddegC = 500
    world.step(100)
    world.soc_permille = 1000
    world.step(100)
    assert (world.charge.phase, world.charge.cool_to_ddegC) == (COOLING, 350)
    world.soc_permille = 300


@pytest.mark.parametrize("how", ["plug", "wish", "leave"])
def test_whoever_begins_or_leaves_while_the_pack_is_cooled_cools_it_no_more(how: str) -> None:
    world = World(PACKS[0])
    cooling(world)
    if how == "plug":
        world.snap.value[PLUGGED] = 1
    elif how == "wish":
        anew(world, 0)
    else:
        world.machine.state = M.STANDBY
    world.step(100)
    assert world.charge.cool_to_ddegC == HOT_ddegC


@pytest.mark.parametrize(("hot_ddegC", "phase"), [(349, DONE), (350, DONE), (351, COOLING)])
def test_a_pack_is_cooled_down_to_what_the_profile_says(hot_ddegC: int, phase: int) -> None:
    world = World(PACKS[0])
    cooling(world)
    world.bound.hot_ddegC = hot_ddegC
    world.step(100)
    assert world.charge.phase == phase


def test_a_pack_that_does_not_get_cold_is_left_after_half_an_hour_to_the_millisecond() -> None:
    world = World(PACKS[0])
    cooling(world)
    world.step(1)
    for ms in (*[5_000] * 359, 4_998):
        world.step(ms)
        assert world.charge.phase == COOLING
    world.step(1)
    assert world.charge.phase == DONE


@packs
def test_a_departure_binds_only_where_it_leaves_less_than_everything_else(pack: Pack) -> None:
    world = World(pack)
    profile = [one.kind for one in pack.cell.profiles].index("gentle")
    for departure_s in range(20_000, 60_000, 7_000):
        world.charge.wish(profile, 1000, departure_s)
        world.plain.wish(profile, 1000, departure_s)
        needed = world.plain.ways[profile].needed_dA(world.soc_permille, 1000, departure_s - 120)
        for more in (-1, 0, 1):
            world.envelope.charge_dA = world.ahead_dA = needed + more
            world.step(100)


@packs
@pytest.mark.parametrize("later", range(6))
def test_who_begins_anew_in_the_middle_of_a_rise_waits_as_at_first(pack: Pack, later: int) -> None:
    world = World(pack)
    world.envelope.charge_dA = world.ahead_dA = 900
    while not world.plain.request:
        world.step(100)
    for _ in range(later):
        world.step(100)
    assert world.plain.rising
    anew(world, 0)
    for _ in range(15):
        world.step(100)
    assert world.plain.request > 0


def test_before_the_first_charge_all_is_as_when_another_has_begun_and_ended() -> None:
    first, world = World(PACKS[1]).charge, World(PACKS[1])
    risen(world)
    for _ in range(100):
        world.step(100)
    world.envelope.charge_dA = 0
    for _ in range(12):
        world.step(100)
    anew(world, 0)
    anew(world, 0)
    world.step(0)
    world.machine.state = M.STANDBY
    world.step(0)
    told = [{name: value for name, value in vars(one).items() if isinstance(value, int)} for one in (first, world.charge)]
    unlike = {name for name in told[0] if told[0][name] != told[1][name]}
    assert unlike <= {"_calm", "_rounds", "couple"}, unlike  # rounds were counted, and the look ahead is another


def test_phases_ends_and_bindings_have_the_numbers_of_the_wire() -> None:
    assert tuple(range(6)) == (FC.IDLE, FC.HEATING, FC.CHARGING, FC.TAPERING, FC.COOLING, FC.DONE)
    assert tuple(range(4)) == (FC.GOING, FC.TARGET, FC.TAPER, FC.TIME)
    assert (FC.NOTHING, FC.CHARGER, FC.STAGE, FC.CONNECTOR, FC.DEPARTURE, FC.OUTLOOK) == (0, 10, 12, 13, 14, 15)
    assert (FC.NO_DEPARTURE_s, FC.OWN_PROFILE, FC.EARLY_s, FC.COOL_MOST_ms) == (262_143, 15, 120, 1_800_000)
