"""When groups are bled and what is allowed for meanwhile agrees, round by round, with balance.py in plain words."""

import random
from math import ceil
from types import SimpleNamespace
from typing import Any

import pytest

from bms.control import balance as B
from bms.control.balance import BLEEDING, IDLE, MEASURING, PAUSING, Balance
from bms.control.bleeders import Bleeders
from bms.packs import bench_24
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, group_count, replaced

LEAKS = 102
DERATE = 3


def bled(name: str, mA: int, **changes: Any) -> Pack:
    return replaced(Pack, PACK_FIELDS, bench_24.PACK, name=name, bleed_mA=mA, **changes)


PACKS = (
    bled("odd", 47, taps=(12, 7), stacks=2),
    bled("even", 203, taps=(5, 5, 5), stacks=3),
    bled("none", 0, taps=(3,)),
    bled("strong", 3_814),
)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


class Heard:
    """A neighbour that is told what to allow for, or what was taken."""

    def __init__(self, **more: Any) -> None:
        self.told: list[int] = []
        vars(self).update(more)

    def disturb(self, mV: int) -> None:
        self.told.append(mV)

    def bleed(self, mAs: int) -> None:
        self.told.append(mAs)


class Plain:
    """A block is stretches of bleeding with pauses between; it is begun after a rest, by whoever is owed something."""

    def __init__(self, pack: Pack, excess_mAs: Any) -> None:
        self.pack, self.bleeders = pack, Bleeders(pack, group_count(pack))
        self.excess = excess_mAs
        lead_mV = ceil(self.bleeders.most_mA * 250 / 1000)
        few, many = min(pack.taps), max(pack.taps)
        self.widths = (2 * lead_mV // few + 1, 2 * lead_mV, 4 * lead_mV * many // few + 1)
        self.state, self.state_ms, self.block_ms, self.wait_ms, self.mean_mAs = IDLE, 0, 0, 0, 0
        self.asks = self.told = self.busy = self.disturbed = self.on = False
        self.leaks = 0
        self.said: dict[str, list[int]] = {"bound": [], "plausible": [], "sisters": [], "coulomb": []}

    def allowed(self, w: Any) -> bool:
        cell, band = self.pack.cell, 0 if self.busy else 20
        layer_mV = self.widths[0]
        own_mV = layer_mV if self.disturbed else 0
        coldest, hottest = self.pack.thermal.storage_ddegC
        return all(
            (
                w.severity < DERATE
                and not w.suspect
                and w.soc_permille >= 0
                and w.machine.state in (M.STANDBY, M.DRIVE, M.CHARGE),
                not w.sisters.stray_mV and w.sisters.resting_s >= 3600,
                self.leaks == w.value[LEAKS],
                w.bound.layer_high_mV - own_mV < cell.v_max_mV[1] - layer_mV,
                w.bound.layer_low_mV + own_mV > cell.v_min_mV[0] + layer_mV,
                w.bound.hot_ddegC + band <= hottest and w.bound.cold_ddegC - band >= coldest,
            )
        )

    def widen(self, times: int) -> None:
        self.disturbed = times == 1
        for name, width in zip(("bound", "plausible", "sisters"), self.widths):
            self.said[name].append(times * width)

    def enter(self, state: int) -> None:
        self.state, self.state_ms = state, 0

    def ends(self, state: int, wait_ms: int) -> None:
        self.busy, self.wait_ms = False, wait_ms
        self.enter(state)

    def begins(self) -> bool:
        if not self.bleeders.pick():
            return False
        self.busy = True
        self.widen(1)
        self.enter(BLEEDING)
        return True

    def step(self, w: Any, ms: int) -> int:
        if self.state == IDLE and w.sisters.resting_s < 3600:
            self.asks = self.told = False
            return IDLE
        self.bleeders.pass_time(ms)
        self.state_ms += ms
        self.block_ms += ms
        allowed = self.allowed(w)
        if self.state == BLEEDING:
            if allowed and not self.on:
                self.bleeders.switch_on()
                self.on = True
                return BLEEDING
            if self.on:
                lost = self.bleeders.count(ms)
                self.mean_mAs += lost
                self.said["coulomb"].append(lost)
            if not allowed or self.state_ms >= 50_000:
                self.bleeders.switch_off()
                self.on = False
                self.enter(PAUSING)
        elif self.state == PAUSING:
            if self.disturbed:
                if self.state_ms >= 300:
                    self.widen(0)
            elif not allowed or self.block_ms >= 3 * 3_600_000 or (self.state_ms >= 10_000 and not self.begins()):
                self.ends(MEASURING, 3_600_000)
        elif not allowed:
            self.leaks = w.value[LEAKS]
            self.asks = self.told = False
            if self.state == MEASURING:
                self.bleeders.owe(0)
                self.ends(IDLE, 600_000)
        elif self.told:
            self.asks = self.told = False
            self.block_ms = 0
            self.bleeders.excess_mAs[:] = self.excess
            self.bleeders.owe(1)
            if not self.begins():
                self.bleeders.owe(0)
                self.ends(IDLE, 600_000)
        else:
            self.asks = self.state_ms >= self.wait_ms
        return self.state


class World:
    """All that is looked at."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.value = [0] * 128
        self.bound: Any = Heard(layer_high_mV=3500, layer_low_mV=3400, hot_ddegC=250, cold_ddegC=250)
        self.plausible: Any = Heard()
        self.coulomb: Any = Heard()
        self.sisters: Any = Heard(stray_mV=0, resting_s=3_600)
        self.machine: Any = SimpleNamespace(state=M.STANDBY)
        self.severity = self.suspect = 0
        self.soc_permille = 500
        signals: Any = SimpleNamespace(value=self.value)
        rooms: tuple[Any, Any, Any] = (self.bound, self.plausible, self.coulomb)
        self.balance = Balance(pack, group_count(pack), signals, *rooms)
        self.plain = Plain(pack, self.balance.bleeders.excess_mAs)

    def calm(self) -> None:
        middle = sum(self.pack.thermal.storage_ddegC) // 2
        vars(self.bound).update(layer_high_mV=3500, layer_low_mV=3400, hot_ddegC=middle, cold_ddegC=middle)
        vars(self.sisters).update(stray_mV=0, resting_s=3_600)
        self.machine.state, self.severity, self.suspect, self.soc_permille = M.STANDBY, 0, 0, 0

    def spoil(self, dice: random.Random) -> None:
        """One thing is at its edge, or beyond."""
        cell, layer_mV = self.pack.cell, self.plain.widths[0]
        coldest, hottest = self.pack.thermal.storage_ddegC
        off = dice.choice([-1, 0, 1])
        what = dice.randrange(10)
        if what == 0:
            self.severity = 2 + dice.randrange(3)
        elif what == 1:
            self.suspect = dice.choice([1, -1, 4])
        elif what == 2:
            self.soc_permille = -1
        elif what == 3:
            self.sisters.stray_mV = 1
        elif what == 4:
            self.sisters.resting_s = 3_600 + off
        elif what == 5:
            self.machine.state = dice.randrange(8)
        elif what == 6:
            self.value[LEAKS] = dice.randrange(3)
        elif what == 7:
            self.bound.layer_high_mV = cell.v_max_mV[1] - dice.choice([0, layer_mV]) + off
        elif what == 8:
            self.bound.layer_low_mV = cell.v_min_mV[0] + dice.choice([0, layer_mV]) + off
        else:
            band = dice.choice([0, 20])
            side = dice.random() < 0.5
            self.bound.hot_ddegC = hottest - band + off if side else self.bound.hot_ddegC
            self.bound.cold_ddegC = self.bound.cold_ddegC if side else coldest + band + off

    def step(self, ms: int) -> None:
        balance, plain = self.balance, self.plain
        said = balance.step(self.sisters, self.machine, self.severity, self.suspect, self.soc_permille, ms)
        assert said == balance.state == plain.step(self, ms)
        assert (balance.asks, balance.told, balance.busy, balance.disturbed) == (
            plain.asks,
            plain.told,
            plain.busy,
            plain.disturbed,
        )
        assert balance.mean_mAs == plain.mean_mAs
        for name, told in plain.said.items():
            assert getattr(self, name).told == told, name
            told.clear()
            getattr(self, name).told.clear()
        mine, its = plain.bleeders, balance.bleeders
        for name in ("words", "left_mAs", "bled_mAs", "today_mAs", "day_ms"):
            assert getattr(its, name) == getattr(mine, name), name


@packs
@pytest.mark.parametrize("seed", range(8))
def test_a_pack_at_rest_is_bled_as_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    world = World(pack)
    balance, plain = world.balance, world.plain
    assert balance.fitted is (pack.bleed_mA > 0)
    assert (balance.state, balance.asks, balance.told, balance.busy, balance.disturbed, balance.mean_mAs) == (
        0,
        *[False] * 4,
        0,
    )
    names = set(vars(balance))
    stretch = balance.bleeders.stretch_mAs
    world.calm()
    seen = set()
    for _ in range(500):
        if dice.random() < 0.08:
            world.spoil(dice)
        elif dice.random() < 0.5:
            world.calm()
        if balance.asks and dice.random() < 0.7:
            for g in range(group_count(pack)):
                balance.bleeders.excess_mAs[g] = dice.choice([0, 0, stretch - 1, stretch, 3 * stretch, 9 * stretch])
            balance.told = plain.told = True
        world.step(dice.choice([100, 100, 199, 200, 300, 9_900, 10_000, 49_900, 50_000, 599_900, 600_000, 3_600_000]))
        seen.add(balance.state)
        if dice.random() < 0.1:
            assert balance.take_mean_mAs() == plain.mean_mAs
            plain.mean_mAs = 0
    assert set(vars(balance)) == names
    assert pack.bleed_mA == 0 or seen == {IDLE, BLEEDING, PAUSING, MEASURING}


def begun(pack: Pack) -> World:
    """In the first stretch of a block of many."""
    world = World(pack)
    world.calm()
    world.step(100)
    assert world.balance.asks
    for g in range(1, group_count(pack)):
        world.balance.bleeders.excess_mAs[g] = 90 * world.balance.bleeders.stretch_mAs
    world.balance.told = world.plain.told = True
    world.step(100)
    assert (world.balance.state, world.balance._block_ms) == (BLEEDING, 0)
    return world


@pytest.mark.parametrize("round_ms", [100, 7_000])
def test_a_whole_block_of_three_hours_in_rounds_and_the_pause_after_it(round_ms: int) -> None:
    world = begun(PACKS[0])
    states = []
    for _ in range(3 * 3_600_000 // 7_000 * (1 if round_ms == 7_000 else 0) + 700):
        world.step(round_ms)
        states.append(world.balance.state)
    assert (MEASURING in states) is (round_ms == 7_000)


def test_time_that_is_counted_stands_after_a_day() -> None:
    world = World(PACKS[0])
    world.calm()
    for _ in range(3):
        world.step(60_000_000)
    assert world.balance._state_ms == world.balance._block_ms == 120_000_000
    for before, after in ((100_000_000, 100_000_000), (99_999_999, 100_000_099)):
        world.balance._state_ms = world.balance._block_ms = before
        world.step(100)
        assert world.balance._state_ms == world.balance._block_ms == after


def test_a_block_is_over_after_three_hours_to_the_round() -> None:
    world = begun(PACKS[0])
    while world.balance.state != PAUSING or world.balance.disturbed:
        world.step(100)
    world.balance._block_ms = world.plain.block_ms = B.BLOCK_ms - 200
    world.step(100)
    assert world.balance.state == PAUSING
    world.step(100)
    assert world.balance.state == MEASURING


def test_what_was_owed_when_a_block_ended_is_forgotten_where_the_pause_after_it_is_broken() -> None:
    world = begun(PACKS[0])
    while world.balance.state != PAUSING or world.balance.disturbed:
        world.step(100)
    world.balance._block_ms = world.plain.block_ms = B.BLOCK_ms
    world.step(100)
    assert any(world.balance.bleeders.left_mAs)
    world.severity = DERATE
    world.step(100)
    assert world.balance.state == IDLE and not any(world.balance.bleeders.left_mAs)


def test_the_smallest_bleeder_is_one() -> None:
    assert World(bled("small", 1)).balance.fitted


def test_states_have_the_numbers_of_the_wire_and_times_are_as_declared() -> None:
    assert (IDLE, BLEEDING, PAUSING, MEASURING) == (0, 1, 2, 3)
    assert (B.LEAD_mohm, B.REST_s, B.SETTLE_ms, B.PAUSE_ms, B.BLOCK_ms) == (250, 3_600, 300, 10_000, 10_800_000)
    assert (B.MEASURE_ms, B.ASK_ms, B.BAND_ddegC) == (3_600_000, 600_000, 20)
