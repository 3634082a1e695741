"""What contactors go through is counted, tick by tick, as a plain record of coils, contacts, link and current counts it."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.wear import Wear
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, Guards, Pack, replaced

BASE = bench_24.PACK


def varied(name: str, guards: dict[str, int], **fields: Any) -> Pack:
    """The bench's pack with other contactors."""
    made: Pack = replaced(
        Pack, PACK_FIELDS, BASE, name=name, guards=replaced(Guards, GUARDS_FIELDS, BASE.guards, **guards), **fields
    )
    return made


QUICK = varied(
    "quick",
    {"link_fall_ms": 300, "link_apart_mV": 777, "pull_in_ms": 50, "precharge_cool_ms": 2_099, "break_budget_count": 3},
    feedback_timeout_ms=90,
    open_current_dA=7,
    contactor_break_dA=90,
    precharge_mohm=100_100,
    link_capacitance_uF=210,
)
SLOW = varied(
    "slow",
    {"link_fall_ms": 301, "link_apart_mV": 1, "pull_in_ms": 35, "precharge_cool_ms": 1_000},
    feedback_timeout_ms=95,
    open_current_dA=1,
    precharge_mohm=100_999,
    link_capacitance_uF=3_600,
    precharge_timeout_ms=549,
)
PACKS = (BASE, ev_240.PACK, bess_14.PACK, QUICK, SLOW)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
SELF_TEST, DRIVE = 1, 3
NEGATIVE, RESISTOR, POSITIVE = 1, 2, 4
BOTH = NEGATIVE | POSITIVE
NOWHERE = 255
COUNTED = (N.WELDED, N.BOUNCE_count, N.BREAKS_count, N.WORN_count, N.COIL_SUPPLY_lost, N.FUSE_open, N.LINK_APART_mV)
TOLD = (*COUNTED, N.BOOT_FEEDBACK, N.PRECHARGE_HEAT_count, N.OPENING_forced)


def bits(mask: int) -> list[int]:
    return [k for k in range(3) if mask >> k & 1]


class Plain:
    """The record, and what is told of it."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.told = dict.fromkeys(TOLD, 0)
        self.weld_at = self.bounce_at = NOWHERE
        self.testing = self.welded = self.driven = False
        self.coils = self.contacts = self.dA = 0
        self.moving_ms = 0
        self.moves = [0, 0, 0]
        self.waited_ms = 0
        self.link_was_mV: int | None = None
        self.heat_percent = self.cooled_ms = 0
        tau_ms = pack.precharge_mohm // 1000 * pack.link_capacitance_uF // 1000
        self.left_percent = tau_ms // (pack.precharge_timeout_ms // 50 + 1) + 1
        self.cool_ms = pack.guards.precharge_cool_ms // 100 + 1

    def step(self, snap: S.Snapshot, mask: int, state: int, forced: bool, dt_ms: int) -> None:
        told, value = self.told, snap.value
        contacts = value[S.FEEDBACK_bits] & 7
        if mask != self.coils:
            self.drives(snap, mask, forced)
        moved, self.contacts = bits(contacts ^ self.contacts), contacts
        if self.moving_ms > 0:
            self.moves_on(moved, dt_ms)
        link_mV, pack_mV = value[S.LINK_mV], value[S.PACK_mV]
        if mask:
            told[N.COIL_SUPPLY_lost] = int(not value[S.COIL_SUPPLY_present])
            if mask == BOTH and self.moving_ms == 0:
                told[N.LINK_APART_mV] = abs(link_mV - pack_mV)
        elif self.testing or self.welded:
            self.tests(snap, bits(contacts), dt_ms)
        elif not self.driven and (not contacts or state == SELF_TEST):
            told[N.BOOT_FEEDBACK] = int(contacts > 0)
        told[N.FUSE_open] = int(not value[S.FUSE_intact])
        if self.heat_percent:
            self.cooled_ms += dt_ms
            if self.cooled_ms >= self.cool_ms:
                self.cooled_ms -= self.cool_ms
                self.heat_percent -= 1
            told[N.PRECHARGE_HEAT_count] = -(-self.heat_percent // 100)
        self.dA = snap.current_dA

    def drives(self, snap: S.Snapshot, mask: int, forced: bool) -> None:
        told, before = self.told, self.coils
        self.coils, self.moving_ms = mask, self.pack.guards.pull_in_ms
        for k in bits(mask ^ before):
            self.moves[k] = 0
        if mask:
            self.driven, self.testing, self.welded = True, False, False
            told[N.WELDED] = told[N.WORN_count] = told[N.BOOT_FEEDBACK] = 0
            if mask == NEGATIVE | RESISTOR:
                self.heat_percent += 100 if self.heat_percent < 100_000 else 0
            elif before == NEGATIVE | RESISTOR:
                told[N.OPENING_forced] = 0
                self.heat_percent = max(1, self.heat_percent - 100 + self.left_percent)
            return
        self.testing, self.waited_ms, self.link_was_mV = True, 0, None
        told[N.COIL_SUPPLY_lost] = told[N.LINK_APART_mV] = 0
        if before & BOTH == BOTH:
            self.link_was_mV = snap.value[S.LINK_mV] or None
            told[N.OPENING_forced] = int(forced)
            most_dA = max(abs(snap.current_dA), abs(self.dA))
            if most_dA >= self.pack.open_current_dA:
                uses = 1 + (self.pack.guards.break_budget_count if most_dA > self.pack.contactor_break_dA else 0)
                told[N.BREAKS_count] = min(65_535, told[N.BREAKS_count] + uses)
        told[N.WORN_count] = told[N.BREAKS_count]

    def moves_on(self, moved: list[int], dt_ms: int) -> None:
        for k in moved:
            if self.moves[k] > self.told[N.BOUNCE_count]:
                self.told[N.BOUNCE_count], self.bounce_at = self.moves[k], k
            self.moves[k] = min(255, self.moves[k] + 1)
        self.moving_ms = max(0, self.moving_ms - dt_ms)
        if self.moving_ms == 0:
            most = max(self.moves)
            self.told[N.BOUNCE_count] = max(0, most - 1)
            self.bounce_at = self.moves.index(most) if most > 1 else NOWHERE

    def tests(self, snap: S.Snapshot, stuck: list[int], dt_ms: int) -> None:
        pack = self.pack
        self.waited_ms += dt_ms
        if stuck and self.waited_ms > pack.feedback_timeout_ms - 30 and snap.fresh_bits & S.INPUTS:
            self.weld(stuck[0])
            return
        link_mV, was_mV = snap.value[S.LINK_mV], self.link_was_mV
        if was_mV is not None and snap.age_ms[S.LINK_mV] <= dt_ms:
            if 10 * link_mV <= 9 * was_mV:
                self.link_was_mV = None
            elif self.waited_ms >= pack.guards.link_fall_ms and snap.age_ms[S.PACK_mV] <= dt_ms:
                if abs(link_mV - snap.value[S.PACK_mV]) <= pack.guards.link_apart_mV:
                    self.weld(NOWHERE)
                    return
                if not self.welded:
                    self.link_was_mV = None
        if not stuck and self.link_was_mV is None:
            self.testing = self.welded = False
            self.told[N.WELDED] = 0

    def weld(self, where: int) -> None:
        self.testing = False
        if not self.welded:
            self.welded, self.weld_at = True, where
            self.told[N.WELDED] = 1


class World:
    """Contactors, what watches them, and its plain twin."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, S.Snapshot(pack), N.Signals()
        self.wear, self.plain = Wear(pack, self.signals), Plain(pack)
        self.machine: Any = SimpleNamespace(state=SELF_TEST, forced=False)
        self.contactor: Any = SimpleNamespace(mask=0)
        value = self.snap.value
        value[S.PACK_mV] = value[S.LINK_mV] = 10_000
        value[S.FUSE_intact] = value[S.COIL_SUPPLY_present] = 1
        self.snap.age_ms[S.LINK_mV] = self.snap.age_ms[S.PACK_mV] = 0
        self.snap.fresh_bits = S.INPUTS
        self.agree()

    def tick(self, mask: int, contacts: int | None = None, dA: int = 0, dt_ms: int = 10) -> None:
        self.contactor.mask, self.snap.current_dA = mask, dA
        self.snap.value[S.FEEDBACK_bits] = mask if contacts is None else contacts
        self.wear.step(self.snap, self.contactor, self.machine, dt_ms)
        self.plain.step(self.snap, mask, self.machine.state, self.machine.forced, dt_ms)
        self.agree()

    def close(self, ticks: int = 30) -> None:
        for mask in (1, 3, 7, 5):
            for _ in range(ticks):
                self.tick(mask)

    def told(self, signal: int) -> int:
        return self.signals.value[signal]

    def agree(self) -> None:
        plain = self.plain
        assert {k: self.signals.value[k] for k in TOLD} == plain.told
        assert self.wear.testing == plain.testing
        assert (self.signals.where[N.WELDED], self.signals.where[N.BOUNCE_count]) == (plain.weld_at, plain.bounce_at)


@packs
@pytest.mark.parametrize("seed", range(4))
def test_whatever_contactors_go_through_is_told_as_the_plain_record_tells_it(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    world = World(pack)
    snap, apart_mV = world.snap, pack.guards.link_apart_mV
    for k in range(70):
        mask = (0, 1, 3, 7, 5)[k % 5] if dice.random() < 0.9 else dice.choice([0, 0, 1, 3, 5])
        stuck = dice.choice([0, 0, 0, 1, 2, 4, 6, 7])
        world.machine.state = dice.choice([SELF_TEST, DRIVE])
        world.machine.forced = dice.random() < 0.5
        snap.value[S.PACK_mV] = dice.choice([10_000, 86_000, 0])
        was = snap.value[S.LINK_mV]
        limits = (pack.open_current_dA, pack.contactor_break_dA)
        for _ in range(dice.choice([1, 2, 8, 14, 25])):
            near = dice.choice([-1, 0, 1])
            pack_mV = snap.value[S.PACK_mV]
            steps = [was, was, was * 9 // 10 + near, pack_mV + dice.choice([1, -1]) * (apart_mV + near), 0]
            if dice.random() < 0.3:
                snap.value[S.LINK_mV] = dice.choice(steps)
            snap.age_ms[S.LINK_mV], snap.age_ms[S.PACK_mV] = dice.choice([0, 10, 10, 11]), dice.choice([0, 10, 11])
            snap.fresh_bits = dice.choice([S.INPUTS, S.INPUTS, 0, S.CURRENT])
            snap.value[S.FUSE_intact] = int(dice.random() < 0.9)
            snap.value[S.COIL_SUPPLY_present] = int(dice.random() < 0.9)
            contacts = (mask | stuck) ^ (dice.choice([0, 0, 0, 1, 2, 4, 3, 7]) | dice.choice([0, 8]))
            dA = dice.choice([1, -1]) * dice.choice([0, *[limit + near for limit in limits]])
            world.tick(mask, contacts, dA, dice.choice([10, 10, 10, 10, 5, 100]))


@packs
def test_the_larger_current_of_two_ticks_either_way_round_is_what_the_mains_break(pack: Pack) -> None:
    edges = (pack.open_current_dA, pack.contactor_break_dA)
    cases = [(a * (edge + off), b) for edge in edges for off in (-1, 0, 1) for a in (1, -1) for b in (0, 1, -1)]
    for before_dA, now_dA in [*cases, *[(b, a) for a, b in cases]]:
        world = World(pack)
        world.close(1)
        world.tick(BOTH, dA=before_dA)
        world.tick(0, dA=now_dA)
        most = max(abs(before_dA), abs(now_dA))
        count = (most >= edges[0]) + (pack.guards.break_budget_count if most > edges[1] else 0)
        assert world.told(N.BREAKS_count) == world.told(N.WORN_count) == count


def test_breaks_are_counted_up_to_what_the_wire_can_say() -> None:
    world = World(BASE)
    for before in (65_533, 65_534, 65_535, 65_530):
        world.close(1)
        world.signals.value[N.BREAKS_count] = world.plain.told[N.BREAKS_count] = before
        world.tick(BOTH, dA=BASE.contactor_break_dA + (1 if before == 65_530 else 0))
        world.tick(0)
    assert world.told(N.BREAKS_count) == 65_535


@packs
@pytest.mark.parametrize("after_ms", range(3))
def test_a_contact_or_a_link_that_stays_is_a_weld_to_the_millisecond(pack: Pack, after_ms: int) -> None:
    for stuck, due_ms in ((POSITIVE, pack.feedback_timeout_ms - 30 + 1), (0, pack.guards.link_fall_ms)):
        world = World(pack)
        world.close(1)
        dt_ms = due_ms - 2 + after_ms
        world.snap.age_ms[S.LINK_mV] = world.snap.age_ms[S.PACK_mV] = dt_ms
        world.tick(0, stuck, dt_ms=dt_ms)
        assert world.told(N.WELDED) == (after_ms == 2)
        assert world.wear.testing == (after_ms < 2)


@packs
@pytest.mark.parametrize("old", [S.LINK_mV, S.PACK_mV])
def test_an_old_voltage_proves_no_weld(pack: Pack, old: int) -> None:
    world = World(pack)
    world.close(1)
    world.snap.age_ms[old] = pack.guards.link_fall_ms + 1
    world.tick(0, dt_ms=pack.guards.link_fall_ms)
    assert world.told(N.WELDED) == 0
    assert world.wear.testing


@packs
def test_a_movement_lasts_to_its_last_millisecond(pack: Pack) -> None:
    world = World(pack)
    world.close(1)
    for _ in range(pack.guards.pull_in_ms + 3):
        world.snap.value[S.LINK_mV] += 1
        world.tick(BOTH, dt_ms=1)


@packs
@pytest.mark.parametrize("was_mV", [10_000, 10_009, 10])
def test_a_link_has_fallen_when_it_has_lost_a_tenth_and_not_before(pack: Pack, was_mV: int) -> None:
    for off in (-1, 0, 1):
        world = World(pack)
        world.snap.value[S.LINK_mV] = was_mV
        world.close(1)
        world.tick(0)
        world.snap.value[S.LINK_mV] = was_mV * 9 // 10 + off
        world.tick(0)
        assert world.wear.testing == (off > 0)


@packs
@pytest.mark.parametrize("sign", [1, -1])
def test_a_link_as_far_from_the_pack_as_may_be_proves_a_weld_and_farther_it_is_held_up_by_others(pack: Pack, sign: int) -> None:
    for off in (-1, 0, 1):
        world = World(pack)
        world.snap.value[S.LINK_mV] = 100_000
        world.close(1)
        world.snap.value[S.PACK_mV] = 100_000 + sign * (pack.guards.link_apart_mV + off)
        world.tick(0, dt_ms=pack.guards.link_fall_ms)
        assert world.told(N.WELDED) == (off < 1)
        assert not world.wear.testing
        world.snap.value[S.LINK_mV] = 0
        world.tick(0)
        assert world.told(N.WELDED) == 0


@packs
def test_a_weld_that_the_link_has_proven_stands_while_another_holds_the_link_up(pack: Pack) -> None:
    world = World(pack)
    world.close(1)
    for _ in range(3):
        world.tick(0, dt_ms=pack.guards.link_fall_ms)
        assert world.told(N.WELDED) == 1
    for pack_mV in (10_000_000, 10_000):
        world.snap.value[S.PACK_mV] = pack_mV
        world.tick(0)
        assert world.told(N.WELDED) == 1
    world.tick(0, POSITIVE)
    world.snap.value[S.LINK_mV] = 0
    world.tick(0, POSITIVE)
    assert world.told(N.WELDED) == 1
    world.tick(0)
    assert world.told(N.WELDED) == 0


@packs
def test_attempts_heat_the_resistor_and_it_cools_a_hundredth_at_a_time(pack: Pack) -> None:
    world = World(pack)
    for k in range(12):
        for _ in range(3):
            world.tick(1)
        world.tick(3)
        if k % 3 == 0:
            world.close(1)
        world.tick(0)
    while world.plain.heat_percent:
        world.tick(0, dt_ms=world.plain.cool_ms - 1)
    for dt_ms in (world.plain.cool_ms - 1, 1, 1):
        world.tick(0, dt_ms=dt_ms)
    world.tick(3, dt_ms=1)


@pytest.mark.parametrize("heat_percent", [99_999, 100_000, 100_001, 0, 1, 2, 90, 200])
def test_heat_has_a_bound_and_what_was_driven_leaves_a_trace(heat_percent: int) -> None:
    for pack in PACKS:
        world = World(pack)
        world.wear._heat_percent = world.plain.heat_percent = heat_percent
        world.tick(3, dt_ms=1)
        assert world.plain.heat_percent == heat_percent + (100 if heat_percent < 100_000 else 0)
        for one in (world.wear, world.plain):
            setattr(one, "_heat_percent" if one is world.wear else "heat_percent", heat_percent)
        world.tick(7, dt_ms=1)
        for _ in range(4):
            world.tick(0, dt_ms=world.plain.cool_ms)


def test_a_contact_that_chatters_for_ever_in_one_movement_is_counted_to_255() -> None:
    world = World(BASE)
    for k in range(300):
        world.tick(1, k % 2, dt_ms=0)
    assert world.told(N.BOUNCE_count) == 255 - 1 + 1
    world.tick(1, 1, dt_ms=BASE.guards.pull_in_ms)
    assert world.told(N.BOUNCE_count) == 254


def test_what_has_been_waited_for_longer_than_a_minute_is_no_number_that_grows() -> None:
    world = World(BASE)
    world.close(1)
    world.snap.age_ms[S.LINK_mV] = 60_000
    for _ in range(7):
        world.tick(0, dt_ms=10_000)
    assert world.wear._waited_ms == 60_000


@packs
def test_a_contact_that_is_closed_at_the_start_is_told_by_self_test_until_it_opens_or_a_coil_is_driven(pack: Pack) -> None:
    for state, told in ((DRIVE, 0), (SELF_TEST, 1), (DRIVE, 1)):
        world = World(pack)
        world.machine.state = SELF_TEST if told else DRIVE
        world.tick(0, RESISTOR)
        world.machine.state = state
        world.tick(0, RESISTOR)
        assert world.told(N.BOOT_FEEDBACK) == told
        world.tick(*((0, 0) if state == SELF_TEST else (1, 3)))
        assert world.told(N.BOOT_FEEDBACK) == 0
        world.tick(0, RESISTOR)


@packs
@pytest.mark.parametrize("breaks", [0, 1, 19, 65_535])
def test_openings_of_other_runs_are_told_at_once_and_added_to(pack: Pack, breaks: int) -> None:
    world = World(pack)
    world.wear.restore(breaks)
    assert world.told(N.BREAKS_count) == world.told(N.WORN_count) == world.wear.breaks == breaks
    world.plain.told[N.BREAKS_count] = world.plain.told[N.WORN_count] = breaks
    world.close(1)
    world.tick(BOTH, dA=pack.open_current_dA)
    world.tick(0)
    assert world.told(N.BREAKS_count) == world.told(N.WORN_count) == world.wear.breaks == min(65_535, breaks + 1)
