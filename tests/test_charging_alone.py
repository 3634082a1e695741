"""A charge is judged, round by round, as a plain record of all its rounds judges it."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import charging as module
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import CELL_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Pack, Sensor, replaced

BASE = bench_24.PACK
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BASE,
    name="odd",
    cell=replaced(Cell, CELL_FIELDS, BASE.cell, capacity_mAh=99_990),
    charger_deadline_ms=730,
    current_a_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.current_a_sensor, gain_ppm=4_999, offset_u=77_020, lsb_u=2_900),
)
MUTE = replaced(Pack, PACK_FIELDS, BASE, name="mute", charger_protocol="elcon")
PACKS = (BASE, ev_240.PACK, bess_14.PACK, ODD, MUTE)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
REST = {N.OVERFILLED_permille: 0, N.NO_PROGRESS_ms: 0, N.CHARGER_APART_mV: 0, N.CHARGER_failed: 0, N.CHARGER_OVER_dA: -1}
STANDBY, DRIVE, CHARGE = 0, 3, 4
FAILED = 3


def sure(size_dA: int) -> int:
    """Stands for what overload.py calls certain."""
    return size_dA - size_dA * 11 // 1000 - 3


FALL_dA = 70


def line_of(limit_dA: int) -> int:
    """Stands for what overload.py lets flow for a limit."""
    return limit_dA + limit_dA // 50 + 5


class Plain:
    """A charge in plain words. `gone_in_dAms`: each round's charge less what the sensor may err in it, since it began."""

    def __init__(self, pack: Pack) -> None:
        a = pack.current_a_sensor
        self.pack = pack
        self.gain_permille = a.gain_ppm // 1000 + 1
        self.fixed_mA = (a.offset_u + a.lsb_u) // 1000 + 51
        self.little_dA = pack.cell.capacity_mAh // 10 * 20 // 10_000 + 1
        self.charging = self.same = False
        self.gone_in_dAms: list[int] = []
        self.room_dAs = 0
        self.idle_ms = 0
        self.status: tuple[int, int, int] = (0, 0, 0)
        self.status_ms = 60_000
        self.told = dict(REST)
        self.limits_dA: list[int] = []  # that bound a charger, round by round
        self.line_dA = 0

    def hear(self, state: int, dA: int, mV: int) -> None:
        if self.pack.charger_protocol == "bms":
            self.status, self.status_ms = (state, dA, mV), 0
            if self.charging and state == FAILED:
                self.told[N.CHARGER_failed] = 1

    def round(self, world: "World", charge_dA: int, round_ms: int) -> None:
        moved, moved_ms = world.overload.moved_dAms, world.overload.moved_ms
        error = (abs(moved) // 1000 + 1) * self.gain_permille + self.fixed_mA * moved_ms // 100
        self.status_ms += round_ms
        was, self.charging = self.charging, world.machine.state == CHARGE
        asked = self.charging and self.pack.inverter is None
        self.limits_dA.append(min(charge_dA, world.charging.asked_dA) if asked else charge_dA)
        held = 5 if self.pack.inverter is None and self.pack.charger_protocol == "bms" else 20
        self.line_dA = max(line_of(max(self.limits_dA[-held - 1 :])), self.line_dA - FALL_dA)
        if not self.charging:
            self.told, self.idle_ms = dict(REST), 0
            if moved + error < 0:
                self.same = False
        elif not was and not self.same:
            self.same, self.gone_in_dAms = True, []
            self.room_dAs = (world.coulomb.capacity_mAs - world.coulomb.low_mAs) // 100 + 1
        if self.same:
            self.gone_in_dAms.append(moved - error)
        if self.charging:
            self.judge(world, moved // moved_ms if moved_ms else 0, min(charge_dA, world.charging.asked_dA), round_ms)

    @property
    def net_dAs(self) -> int:
        return sum(self.gone_in_dAms) // 1000

    def judge(self, world: "World", flows_dA: int, charge_dA: int, round_ms: int) -> None:
        told = self.told
        beyond = max(0, self.net_dAs - self.room_dAs)
        told[N.OVERFILLED_permille] = beyond // (world.coulomb.capacity_mAs // 100_000)
        idle = charge_dA > self.little_dA and (flows_dA < min(charge_dA // 10, self.little_dA) or flows_dA <= 0)
        self.idle_ms = min(60_000, self.idle_ms + round_ms) if idle else 0
        told[N.NO_PROGRESS_ms] = self.idle_ms
        state, said_dA, said_mV = self.status
        heard = self.status_ms <= self.pack.charger_deadline_ms
        link_mV = world.snap.value[S.LINK_mV]
        told[N.CHARGER_failed] = int(heard and state == FAILED)
        told[N.CHARGER_APART_mV] = abs(said_mV - link_mV) - abs(link_mV) // 100 if heard else 0
        most_dA = max(flows_dA, said_dA) if heard else flows_dA
        told[N.CHARGER_OVER_dA] = (sure(most_dA) if most_dA > 0 else 0) - min(world.overload.charge_line_dA, self.line_dA)


class World:
    """A watcher of charges, its plain twin, and what both look at."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, S.Snapshot(pack), N.Signals()
        self.charging, self.plain = module.Charging(pack, self.signals), Plain(pack)
        self.machine: Any = SimpleNamespace(state=STANDBY)
        self.coulomb: Any = SimpleNamespace(capacity_mAs=pack.cell.capacity_mAh * 3600, low_mAs=0)
        lines = {"charge_line_dA": 40, "line_dA": line_of, "charge_fall_dA": FALL_dA}
        self.overload: Any = SimpleNamespace(moved_dAms=0, moved_ms=100, sure_dA=sure, **lines)
        self.agree()

    def hear(self, state: int, dA: int, mV: int) -> None:
        self.charging.hear(state, dA, mV)
        self.plain.hear(state, dA, mV)
        self.agree()

    def round(self, moved_dAms: int, charge_dA: int = 0, round_ms: int = 100, moved_ms: int = 100) -> None:
        self.overload.moved_dAms, self.overload.moved_ms = moved_dAms, moved_ms
        self.charging.refresh(self.snap, self.machine, self.coulomb, self.overload, charge_dA, round_ms)
        self.plain.round(self, charge_dA, round_ms)
        assert self.charging.line_dA == min(self.plain.line_dA, self.overload.charge_line_dA)
        self.agree()

    def room_permille(self, room: int) -> None:
        self.coulomb.low_mAs = self.coulomb.capacity_mAs // 1000 * (1000 - room)

    def agree(self) -> None:
        assert {k: self.signals.value[k] for k in REST} == self.plain.told
        if self.plain.same:
            assert (self.charging.net_dAs, self.charging.room_dAs) == (self.plain.net_dAs, self.plain.room_dAs)


@packs
@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_charge_does_it_is_judged_as_the_plain_record_judges_it(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    world = World(pack)
    little, line = world.plain.little_dA, 40
    fixed = world.plain.fixed_mA // 100
    for k in range(900):
        if k % 30 == 0:
            world.machine.state = dice.choice([CHARGE, CHARGE, CHARGE, STANDBY, DRIVE])
            world.room_permille(dice.choice([0, 0, 1, 500]))
            world.overload.charge_line_dA = line = dice.choice([2, 40, 900])
            charge_dA = dice.choice([0, 1, little - 1, little, little + 1, 5 * little, 10 * little, 10 * little + 9, 5_000])
            world.charging.asked_dA = dice.choice([16_383, 0, 1, 10, charge_dA // 2, charge_dA])
            near = [0, 1, -1, charge_dA // 10, charge_dA // 10 - 1, little, little - 1, line, 900, -900, -fixed, -fixed - 1]
        world.snap.value[S.LINK_mV] = dice.choice([0, 1, -1, 99, 100, 86_000, 86_099, -86_000, -199])
        if dice.random() < 0.15:
            state, said_dA = dice.choice([0, 1, 2, 3, 3, 4]), dice.choice([-5, -1, 0, 1, 2, line, 1_000])
            world.hear(state, said_dA, world.snap.value[S.LINK_mV] + dice.choice([-900, 0, 1, 900]))
        round_ms = dice.choice([100, 100, 100, 110, pack.charger_deadline_ms, pack.charger_deadline_ms + 1])
        moved_ms = dice.choice([100, 100, 130])
        world.round(dice.choice(near) * moved_ms + dice.choice([0, 0, 1, 99, -1]), charge_dA, round_ms, moved_ms)


@packs
def test_a_charge_goes_on_until_a_round_certainly_discharged_to_the_last_unit(pack: Pack) -> None:
    for off in (-1, 0, 1):
        world = World(pack)
        world.machine.state = CHARGE
        for _ in range(3):
            world.round(90_000)
        before = world.charging.net_dAs
        world.machine.state = STANDBY
        plain = world.plain
        moved = -next(m for m in range(100_000) if m >= (m // 1000 + 1) * plain.gain_permille + plain.fixed_mA) + off
        world.round(moved)
        world.machine.state = CHARGE
        world.round(0)
        assert (world.charging.net_dAs < 0) == (off < 0)
        assert before > 0


@packs
def test_no_progress_is_told_for_a_minute_at_most_and_anew_after_the_charge(pack: Pack) -> None:
    world = World(pack)
    world.machine.state = CHARGE
    for round_ms in (100, 59_800, 99, 1, 1, 100, 30_000):
        world.round(0, 5_000, round_ms)
    assert world.signals.value[N.NO_PROGRESS_ms] == 60_000
    for state in (STANDBY, CHARGE):
        world.machine.state = state
        world.round(0, 5_000)
    assert world.signals.value[N.NO_PROGRESS_ms] == 100


@pytest.mark.parametrize("sign", [1, -1])
def test_what_has_gone_in_is_counted_up_to_its_bound_on_either_side(sign: int) -> None:
    world = World(BASE)
    world.machine.state = CHARGE
    world.round(0)
    top = 1 << 29
    for short in (1_000, 100_000):
        world.charging.net_dAs = sign * (top - short)
        world.overload.moved_dAms, world.overload.moved_ms = sign * 50_000_000, 100
        world.charging.refresh(world.snap, world.machine, world.coulomb, world.overload, 0, 100)
        counted = world.charging.net_dAs
        assert counted == sign * top if short == 1_000 else abs(counted) < top


@packs
def test_before_anything_has_happened_nothing_is_in_and_nobody_was_heard(pack: Pack) -> None:
    world = World(pack)
    assert (world.charging.net_dAs, world.charging.room_dAs) == (0, 0)
    for _ in range(3):
        world.round(90_000)
        assert world.charging._age_ms == 60_000
    assert world.charging.net_dAs == 0
    world.machine.state = CHARGE
    world.round(0)
    assert world.signals.value[N.CHARGER_APART_mV] == 0


@packs
@pytest.mark.parametrize("moved_dAms", [0, 1, -1])
def test_where_no_time_has_passed_no_current_is_known(pack: Pack, moved_dAms: int) -> None:
    """It is none: what a charger says is then all that counts."""
    world = World(pack)
    world.machine.state, world.overload.charge_line_dA = CHARGE, 0
    world.round(moved_dAms, 5_000, moved_ms=0)
    world.hear(1, 0, 0)
    world.round(moved_dAms, 5_000, moved_ms=0)
    assert world.signals.value[N.CHARGER_OVER_dA] == 0


@packs
def test_before_anybody_asks_for_less_all_that_a_frame_can_say_is_asked(pack: Pack) -> None:
    charging = module.Charging(pack, N.Signals())
    assert (charging.asked_dA, charging.line_dA) == (16_383, 0)


def test_a_charger_says_with_a_three_that_it_has_failed_and_a_fiftieth_is_little() -> None:
    assert (module.SAYS_FAULT, module.LITTLE_mC) == (3, 20)
