"""The contactors' sequence agrees, tick by tick, with a plain one of its own, whatever links, currents and contacts say."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.safety import contactor as C
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Guards, Pack, Sensor, replaced

BASE = bench_24.PACK
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BASE,
    name="odd",
    current_a_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.current_a_sensor, offset_u=77_020, lsb_u=2_900),
    contactor_delay_ms=17,
    precharge_done_permille=913,
    precharge_done_mV=7_777,
    precharge_done_mA=333,
    precharge_timeout_ms=705,
    precharge_too_fast_ms=21,
    link_capacitance_uF=1_234,
    guards=replaced(Guards, GUARDS_FIELDS, BASE.guards, pull_in_ms=83, hold_percent=41),
)
PACKS = (BASE, ev_240.PACK, bess_14.PACK, aero_96.PACK, robot_14.PACK, ODD)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
OPEN, MINUS, PRECHARGING, PLUS, CLOSED = range(5)
DRIVEN = {OPEN: 0, MINUS: 1, PRECHARGING: 1 + 2, PLUS: 1 + 2 + 4, CLOSED: 1 + 4}
WRONG = (N.PRECHARGE_SLOW, N.PRECHARGE_FAST, N.PRECHARGE_CURRENT)
TOP = 1 << 27


class Plain:
    """The sequence in plain words. `slow`, `fast`, `unpaid`: what went wrong with this precharge."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        a = pack.current_a_sensor
        self.error_mA = (a.offset_u + a.lsb_u) // 1000
        self.phase = OPEN
        self.phase_ms = self.since_ms = self.apart_ms = 0
        self.where = 255
        self.begun_mV = self.flowed = 0
        self.proofs: list[bool] = []
        self.slow = self.fast = self.unpaid = False

    def step(self, wanted: int, snap: S.Snapshot, dt_ms: int) -> int:
        before = DRIVEN[self.phase]
        self.since_ms += dt_ms
        if self.phase_ms < 60_000:
            self.phase_ms += dt_ms
        after = self.follows(snap, dt_ms) if wanted else OPEN
        if not wanted:
            self.slow = self.fast = self.unpaid = False
        if after != self.phase or (after == OPEN and not wanted):
            self.phase, self.phase_ms = after, 0
        now = DRIVEN[self.phase]
        if now & ~before:
            self.since_ms = 0
        if snap.fresh_bits & S.INPUTS:
            apart = [k for k in range(3) if (now ^ snap.value[S.FEEDBACK_bits]) >> k & 1]
            self.apart_ms = min(60_000, self.apart_ms + dt_ms) if apart else 0
            self.where = apart[0] if apart else self.where
        return now

    @property
    def hold_percent(self) -> int:
        guards = self.pack.guards
        if self.phase == OPEN:
            return 0
        return 100 if self.since_ms < guards.pull_in_ms else guards.hold_percent

    def follows(self, snap: S.Snapshot, dt_ms: int) -> int:
        link_mV, pack_mV = snap.value[S.LINK_mV], snap.value[S.PACK_mV]
        settled = self.phase_ms >= 2 * self.pack.contactor_delay_ms
        if self.phase == OPEN:
            self.begun_mV = link_mV
            if 2 * link_mV < pack_mV:
                return MINUS
            self.fast = self.fast or self.phase_ms >= 6_000
        elif self.phase == MINUS:
            if 10 * (link_mV - self.begun_mV) > pack_mV:
                self.fast = True
            elif settled:
                self.begun_mV, self.flowed, self.proofs = link_mV, 0, []
                return PRECHARGING
        elif self.phase == PRECHARGING:
            return self.precharges(snap, dt_ms)
        elif self.phase == PLUS and settled:
            return CLOSED
        return self.phase

    def precharges(self, snap: S.Snapshot, dt_ms: int) -> int:
        pack = self.pack
        link_mV, pack_mV, mA = snap.value[S.LINK_mV], snap.value[S.PACK_mV], snap.current_mA
        if snap.fresh_bits & S.CURRENT:
            self.flowed = min(max(self.flowed - mA * dt_ms, -TOP), TOP)
        if max(snap.age_ms[k] for k in (S.LINK_mV, S.PACK_mV, S.CURRENT_A_mA)) <= dt_ms:
            near = abs(link_mV - pack_mV) <= pack.precharge_done_mV < pack_mV
            enough = link_mV >= pack_mV // 100 * pack.precharge_done_permille // 10
            self.proofs.append(near and enough and abs(mA) <= pack.precharge_done_mA)
        if self.proofs[-3:] == [True] * 3:
            rise_mV = link_mV - self.begun_mV
            sooner_ms = pack.precharge_too_fast_ms + pack.contactor_delay_ms + 3 * dt_ms
            self.fast = self.fast or (2 * rise_mV > pack_mV and self.phase_ms < sooner_ms)
            takes = pack.link_capacitance_uF * (rise_mV // 100) // 10
            most, least = self.flowed + self.error_mA * self.phase_ms, self.flowed - self.error_mA * self.phase_ms
            self.unpaid = self.unpaid or 4 * most < takes or least > 4 * takes + 100 * pack.precharge_done_mA
            return PRECHARGING if self.fast or self.unpaid else PLUS
        self.slow = self.slow or self.phase_ms >= pack.precharge_timeout_ms
        return PRECHARGING


class World:
    """A contactor, its plain twin, and the snapshot that both see."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.snap, self.signals = pack, S.Snapshot(pack), N.Signals()
        self.contactor, self.plain = C.Contactor(pack, self.signals), Plain(pack)
        self.snap.value[S.PACK_mV] = self.full_mV = 3_600 * sum(pack.taps) * pack.stacks + 40
        self.agree()

    def tick(self, wanted: int, dt_ms: int = 10, **seen: Any) -> int:
        """One tick. Contacts follow at once, everything is fresh, unless said otherwise."""
        snap, said = self.snap, SimpleNamespace(link_mV=0, mA=0, apart=0, old=(), fresh=S.INPUTS | S.CURRENT)
        vars(said).update(seen)
        snap.value[S.LINK_mV], snap.current_mA = said.link_mV, said.mA
        snap.value[S.PACK_mV] = seen.get("pack_mV", self.full_mV)
        snap.value[S.FEEDBACK_bits] = self.contactor.mask ^ said.apart
        snap.fresh_bits = said.fresh
        for k in (S.LINK_mV, S.PACK_mV, S.CURRENT_A_mA):
            snap.age_ms[k] = dt_ms + (1 if k in said.old else 0)
        assert self.contactor.step(wanted, snap, dt_ms) == self.plain.step(wanted, snap, dt_ms)
        self.agree()
        return self.plain.phase

    def agree(self) -> None:
        """Everything that anybody can see of it."""
        c, plain = self.contactor, self.plain
        assert (c.phase, c.mask, c.closed) == (plain.phase, DRIVEN[plain.phase], plain.phase == CLOSED)
        assert c.hold_percent == plain.hold_percent
        assert c.apart_ms == self.signals.value[N.FEEDBACK_ms] == plain.apart_ms
        assert self.signals.where[N.FEEDBACK_ms] == plain.where
        assert [self.signals.value[k] for k in WRONG] == [plain.slow, plain.fast, plain.unpaid]

    def precharging(self, link_mV: int = 0, before_mV: int | None = None) -> None:
        """To where the resistor begins to charge the link, which stood elsewhere before main negative closed."""
        while self.plain.phase == OPEN:
            self.tick(1, link_mV=link_mV if before_mV is None else before_mV)
        while self.plain.phase != PRECHARGING:
            self.tick(1, link_mV=link_mV)


def edges_mAms(world: World, link_mV: int, phase_ms: int) -> list[int]:
    """Charges that only just account, or only just do not, for a rise of the link to this at that time."""
    plain = world.plain
    takes = plain.pack.link_capacitance_uF * ((link_mV - plain.begun_mV) // 100) // 10
    error = plain.error_mA * phase_ms
    return [-(-takes // 4) - error, 4 * takes + 100 * plain.pack.precharge_done_mA + error]


@packs
@pytest.mark.parametrize("seed", range(4))
def test_whatever_link_current_and_contacts_do_the_sequence_is_the_plain_one(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    world = World(pack)
    phases = set()
    begins_mV = 0
    for _ in range(60):
        begins_mV = dice.choice([0, 0, world.full_mV // 3])
        mode = dice.choice(["good", "good", "good", "edgy", "dead"])
        asked = dice.choice([10, 40, 80, 130])
        done_mV, least_mV = pack.precharge_done_mV, world.full_mV // 100 * pack.precharge_done_permille // 10
        paid = False
        wait_ms = dice.choice([0, 40, pack.precharge_too_fast_ms + pack.contactor_delay_ms])
        for _ in range(asked):
            phase, full_mV = world.plain.phase, world.full_mV
            dt_ms = dice.choice([10, 10, 10, 10, 1, 7, 23])
            seen: dict[str, Any] = {"link_mV": begins_mV}
            if phase == OPEN and mode == "edgy":
                seen["link_mV"] = dice.choice([begins_mV, full_mV // 2 - 1, full_mV // 2, full_mV // 2 + 1])
            if phase == MINUS and mode == "edgy":
                seen["link_mV"] = world.plain.begun_mV + full_mV // 10 + dice.choice([-1, 0, 0, 0, 1])
            waits = paid and world.plain.phase_ms < wait_ms
            if phase >= PRECHARGING and mode != "dead" and not waits:
                near = dice.choice([-1, 0, 1]) if mode == "edgy" else 0
                ends = [full_mV + done_mV, full_mV - done_mV, least_mV] if mode == "edgy" else [full_mV]
                seen["link_mV"] = dice.choice(ends) + near
                seen["mA"] = dice.choice([1, -1]) * (pack.precharge_done_mA + near) if mode == "edgy" else 0
                if not paid:
                    paid, dt_ms = True, 1
                    takes = pack.link_capacitance_uF * ((full_mV - begins_mV) // 100) // 10
                    seen["mA"] = -takes
            if dice.random() < 0.1:
                seen["old"] = dice.sample((S.LINK_mV, S.PACK_mV, S.CURRENT_A_mA), dice.choice([1, 2]))
            if dice.random() < 0.1:
                seen["fresh"] = dice.choice([0, S.INPUTS, S.CURRENT])
            if dice.random() < 0.1:
                seen["apart"] = dice.choice([1, 2, 4, 3, 6, 5, 7, 8])
            phases.add(world.tick(1, dt_ms, **seen))
        for _ in range(dice.choice([1, 2, 5])):
            world.tick(0, link_mV=begins_mV, apart=dice.choice([0, 0, 4, 2]))
    assert phases == {OPEN, MINUS, PRECHARGING, PLUS, CLOSED}


@packs
@pytest.mark.parametrize("begun_mV", [0, 3_333])
def test_the_charge_of_a_precharge_accounts_for_the_rise_within_a_factor_of_four_and_the_sensors_error(
    pack: Pack, begun_mV: int
) -> None:
    for edge in range(2):
        for off in (-1, 0, 1):
            world = World(pack)
            world.precharging(begun_mV, 0)
            for _ in range(20):
                world.tick(1, link_mV=begun_mV, mA=0)
            link_mV = world.full_mV
            target = edges_mAms(world, link_mV, world.plain.phase_ms + 1 + 30)[edge] + off
            world.tick(1, dt_ms=1, link_mV=begun_mV, mA=-target)
            for _ in range(2):
                assert world.tick(1, link_mV=link_mV) == PRECHARGING
            paid = off >= 0 if edge == 0 else off <= 0
            assert world.tick(1, link_mV=link_mV) == (PLUS if paid else PRECHARGING)
            assert world.plain.unpaid == (not paid)


@packs
def test_a_link_that_is_up_a_millisecond_before_its_time_is_too_fast_and_one_in_time_is_not(pack: Pack) -> None:
    sooner_ms = pack.precharge_too_fast_ms + pack.contactor_delay_ms
    for wait_ms in (sooner_ms - 1, sooner_ms, sooner_ms + 1):
        world = World(pack)
        world.precharging()
        takes = pack.link_capacitance_uF * (world.full_mV // 100) // 10
        world.tick(1, dt_ms=1, mA=-takes)
        for _ in range(wait_ms - 1):
            world.tick(1, dt_ms=1)
        for _ in range(3):
            world.tick(1, link_mV=world.full_mV)
        assert world.plain.fast == (wait_ms < sooner_ms)


@packs
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_rise_of_exactly_half_the_pack_is_not_too_fast(pack: Pack, more: int) -> None:
    world = World(pack)
    world.full_mV = world.full_mV // 200 * 200
    begun = world.full_mV // 2 - 1
    world.precharging(begun)
    takes = pack.link_capacitance_uF * (begun // 100) // 10
    world.tick(1, dt_ms=1, link_mV=begun, mA=-takes)
    for _ in range(3):
        world.tick(1, dt_ms=1, link_mV=begun + world.full_mV // 2 + more)
    assert world.plain.fast == (more > 0)


@packs
def test_a_link_that_does_not_come_up_in_time_is_slow_to_the_millisecond_and_is_watched_for_a_minute(pack: Pack) -> None:
    world = World(pack)
    world.precharging()
    for now_ms in range(1, pack.precharge_timeout_ms + 1):
        world.tick(1, dt_ms=1)
        assert world.plain.slow == (now_ms == pack.precharge_timeout_ms)
    while world.plain.phase_ms < 60_000:
        world.tick(1, dt_ms=min(333, 60_000 - world.plain.phase_ms))
    for _ in range(3):
        world.tick(1, dt_ms=333)
        assert world.contactor._in_phase_ms == world.plain.phase_ms == 60_000
    for _ in range(20):
        world.tick(1, link_mV=world.full_mV)
    world.tick(0)
    assert not world.plain.slow


@packs
def test_a_link_that_was_slow_but_came_in_the_end_stays_told_as_slow_while_it_is_wanted(pack: Pack) -> None:
    world = World(pack)
    world.precharging()
    takes = pack.link_capacitance_uF * (world.full_mV // 100) // 10
    world.tick(1, mA=-takes, dt_ms=1)
    while not world.plain.slow:
        world.tick(1)
    while world.plain.phase != CLOSED:
        world.tick(1, link_mV=world.full_mV)
    for _ in range(3):
        world.tick(1, link_mV=world.full_mV)
        assert world.plain.slow


@packs
def test_a_link_that_is_up_before_anything_closes_is_waited_for_six_seconds(pack: Pack) -> None:
    world = World(pack)
    for lost in range(2):
        assert world.tick(1, dt_ms=5_990, link_mV=world.full_mV) == OPEN
        for now_ms in range(5_991, 6_010):
            assert world.tick(1, dt_ms=1, link_mV=world.full_mV) == OPEN
            assert world.plain.fast == (now_ms >= 6_000)
        world.tick(0, link_mV=world.full_mV * (1 - lost))
        assert not world.plain.fast
    world.tick(1)
    assert world.plain.phase == MINUS


def test_a_contact_that_never_follows_is_told_for_a_minute_and_the_first_of_several_is_named() -> None:
    world = World(BASE)
    for apart, where in ((4, 2), (6, 1), (7, 0), (2, 1), (5, 0)):
        world.tick(0, apart=apart)
        assert world.signals.where[N.FEEDBACK_ms] == where
    for _ in range(80):
        world.tick(0, dt_ms=799, apart=2)
    assert world.contactor.apart_ms == 60_000
    world.tick(0, fresh=0)
    assert world.contactor.apart_ms == 60_000
    world.tick(0)
    assert world.contactor.apart_ms == 0


@packs
@pytest.mark.parametrize("sign", [1, -1])
def test_a_charge_beyond_all_bounds_is_counted_up_to_its_bound_and_back_from_it(pack: Pack, sign: int) -> None:
    world = World(pack)
    world.precharging()
    for _ in range(12):
        world.tick(1, mA=sign * 1_638_300)
        assert world.contactor._flowed_mAms == world.plain.flowed
    assert world.contactor._flowed_mAms == -sign * (1 << 27)
    world.tick(1, mA=-sign * 1_000)
    assert world.contactor._flowed_mAms == world.plain.flowed


def test_a_pack_below_the_distance_that_counts_as_done_proves_nothing() -> None:
    for pack_mV, done in ((BASE.precharge_done_mV, False), (BASE.precharge_done_mV + 1, True)):
        world = World(BASE)
        world.full_mV = pack_mV
        world.precharging()
        takes = BASE.link_capacitance_uF * (pack_mV // 100) // 10
        world.tick(1, mA=-takes // 10)
        for _ in range(20):
            world.tick(1, link_mV=0)
        for _ in range(3):
            world.tick(1, link_mV=pack_mV)
        assert (world.plain.phase == PLUS) == done


def test_phases_are_numbered_in_their_order_and_a_link_has_six_seconds_to_fall() -> None:
    assert (C.OPEN, C.MINUS, C.PRECHARGING, C.PLUS, C.CLOSED) == (0, 1, 2, 3, 4)
    assert tuple(DRIVEN.values()) == C.COILS
    assert (C.PROOF, C.MAINS, C.LINK_FALL_ms) == (3, 7, 6_000)
