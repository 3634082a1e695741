"""What stands in for a lost reading agrees, tick by tick, with the docstring in plain words: readings, ages, soundness."""

import random
from array import array
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import aero_96, bench_24, ev_240
from bms.safety.standin import KINDS, StandIn, late_count
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced

GROUP, STACK, PROBE, CURRENT, DOUBT = 1, 2, 4, 8, 16
ROUNDS_ticks = 20
ODD = replaced(
    Pack,
    PACK_FIELDS,
    bench_24.PACK,
    name="odd",
    taps=(12, 7, 3),
    stacks=3,
    probe_stack=(0, 1, 1, 0, 2, 1),
    group_sensor=replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.group_sensor, offset_u=77_777, deadline_ms=110),
    stack_sensor=replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.stack_sensor, offset_u=55_555, deadline_ms=170),
    probe_sensor=replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.probe_sensor, deadline_ms=430),
    current_a_sensor=replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.current_a_sensor, deadline_ms=60),
)
PACKS = (ODD, aero_96.PACK, bench_24.PACK)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def world(pack: Pack) -> Any:
    """A snapshot, everything of it just heard."""
    n = len(pack.taps) * pack.stacks
    return SimpleNamespace(
        groups=n, stacks=pack.stacks, probes=len(pack.probe_stack), fresh_bits=0, value=array("i", [0] * 3),
        group_mV=array("i", [0] * n), group_age_ms=array("i", [0] * n), group_oldest_ms=0,
        stack_mV=array("i", [0] * pack.stacks), stack_age_ms=array("i", [0] * pack.stacks), stack_oldest_ms=0,
        probe_ddegC=array("i", [0] * len(pack.probe_stack)), probe_age_ms=array("i", [0] * len(pack.probe_stack)),
        probe_oldest_ms=0, age_ms=array("i", [0] * 3),
    )  # fmt: skip


ARRAYS = ("group_mV", "group_age_ms", "stack_mV", "stack_age_ms", "probe_ddegC", "probe_age_ms", "value", "age_ms")


class Plain:
    """The docstring."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.n = pack, len(pack.taps)
        self.place: dict[int, int] = {}
        self.sound, self.first, self.probes_ticks, self.wider_mV = True, False, 0, 0

    def members(self, stack: int) -> range:
        return range(stack * self.n, (stack + 1) * self.n)

    def take(self, kind: int, place: int, snap: Any) -> None:
        if kind in self.place:
            return
        self.place[kind] = place
        self.first = True
        pack = self.pack
        ages = {
            GROUP: (snap.group_age_ms, pack.group_sensor),
            STACK: (snap.stack_age_ms, pack.stack_sensor),
            PROBE: (snap.probe_age_ms, pack.probe_sensor),
        }
        if kind in ages:
            late, sensor = ages[kind]
            if sum(age > sensor.deadline_ms for age in late) > 1:
                self.sound = False
        if kind == PROBE:
            self.probes_ticks = ROUNDS_ticks
        if kind == GROUP:
            self.wider_mV = derived_mV(pack)
        lost = set(self.place)
        if lost >= {GROUP, STACK} and self.place[GROUP] in self.members(self.place[STACK]):
            self.sound = False
        if DOUBT in lost and lost & {GROUP, STACK}:
            self.sound = False

    def release(self) -> None:
        self.place.clear()
        self.sound, self.wider_mV = True, 0

    def fill(self, snap: Any) -> None:
        pack = self.pack
        if STACK in self.place:
            s = self.place[STACK]
            if snap.stack_age_ms[s] and not any(snap.group_age_ms[g] for g in self.members(s)):
                snap.stack_mV[s], snap.stack_age_ms[s] = sum(snap.group_mV[g] for g in self.members(s)), 0
            self.sound &= self.first or snap.stack_oldest_ms <= pack.stack_sensor.deadline_ms
        if GROUP in self.place:
            g = self.place[GROUP]
            others = [k for k in self.members(g // self.n) if k != g]
            if snap.group_age_ms[g] and not snap.stack_age_ms[g // self.n] and not any(snap.group_age_ms[k] for k in others):
                snap.group_mV[g] = snap.stack_mV[g // self.n] - sum(snap.group_mV[k] for k in others)
                snap.group_age_ms[g] = 0
            self.sound &= self.first or snap.group_oldest_ms <= pack.group_sensor.deadline_ms
        if PROBE in self.place:
            p = self.place[PROBE]
            if self.probes_ticks:
                self.probes_ticks -= 1
            else:
                self.sound &= snap.probe_oldest_ms <= pack.probe_sensor.deadline_ms
            others = [k for k, s in enumerate(pack.probe_stack) if k != p and s == pack.probe_stack[p]]
            if snap.fresh_bits & PROBE and snap.probe_age_ms[p] and others:
                coldest = min(others, key=lambda k: snap.probe_ddegC[k])
                snap.probe_ddegC[p], snap.probe_age_ms[p] = snap.probe_ddegC[coldest], snap.probe_age_ms[coldest]
        if CURRENT in self.place and snap.age_ms[0]:
            if not snap.age_ms[1]:
                snap.value[0], snap.age_ms[0] = snap.value[1], 0
            else:
                self.sound &= snap.age_ms[1] <= pack.current_a_sensor.deadline_ms
        self.first = False


def derived_mV(pack: Pack) -> int:
    """Of a layer of the smallest group: what the stack's sensor and those of all its other groups err at their limit."""
    full = pack.cell.v_max_mV[2]

    def error_mV(s: Sensor, mV: int) -> int:
        return (s.offset_u + 4 * s.noise_u + s.lsb_u + mV // 1000 * s.gain_ppm) // 1000 + 1

    others = (len(pack.taps) - 1) * error_mV(pack.group_sensor, max(pack.taps) * full)
    return int(Fraction(error_mV(pack.stack_sensor, sum(pack.taps) * full) + others, min(pack.taps))) + 1


def age(dice: random.Random, deadline_ms: int) -> int:
    return dice.choice([0, 0, 0, 10, deadline_ms, deadline_ms + 1])


def move(snap: Any, pack: Pack, dice: random.Random) -> None:
    """Another tick's readings, few of them late."""
    late = dice.random() < 0.3
    for ages, values, sensor in (
        (snap.group_age_ms, snap.group_mV, pack.group_sensor),
        (snap.stack_age_ms, snap.stack_mV, pack.stack_sensor),
        (snap.probe_age_ms, snap.probe_ddegC, pack.probe_sensor),
        (snap.age_ms, snap.value, pack.current_a_sensor),
    ):
        for k in range(len(ages)):
            ages[k] = age(dice, sensor.deadline_ms) if late or dice.random() < 0.1 else 0
            values[k] = dice.choice([250, dice.randint(-400, 4_000)])
    snap.group_oldest_ms = dice.choice([0, 0, 0, pack.group_sensor.deadline_ms, pack.group_sensor.deadline_ms + 1])
    snap.stack_oldest_ms = dice.choice([0, 0, 0, pack.stack_sensor.deadline_ms, pack.stack_sensor.deadline_ms + 1])
    snap.probe_oldest_ms = dice.choice([0, 0, 0, pack.probe_sensor.deadline_ms, pack.probe_sensor.deadline_ms + 1])
    snap.fresh_bits = dice.choice([0, PROBE, 255, 255 ^ PROBE])


@packs
@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_lost_is_stood_in_for_as_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    stand_in, plain = StandIn(pack), Plain(pack)
    kinds = [(GROUP, stand_in._per_stack * pack.stacks), (STACK, pack.stacks), (PROBE, len(pack.probe_stack)), (CURRENT, 3)]
    seen = set()
    for _ in range(250):
        ours, theirs = world(pack), world(pack)
        move(ours, pack, dice)
        vars(theirs).update({name: value[:] if name in ARRAYS else value for name, value in vars(ours).items()})
        stand_in.fill(ours)
        plain.fill(theirs)
        assert all(getattr(ours, name) == getattr(theirs, name) for name in ARRAYS)
        if dice.random() < 0.2:
            kind, places = dice.choice([*kinds, (DOUBT, pack.stacks)])
            place = dice.randrange(places)
            stand_in.take(kind, place, ours)
            plain.take(kind, place, theirs)
        assert (stand_in.sound, stand_in.lost, stand_in.wider_mV) == (plain.sound, sum(plain.place), plain.wider_mV)
        seen.add((stand_in.sound, stand_in.lost))
        if dice.random() < (0.05 if stand_in.sound else 0.5):
            stand_in.release()
            plain.release()
    assert len(seen) > 10


@packs
@pytest.mark.parametrize("kind", [GROUP, STACK, PROBE])
@pytest.mark.parametrize("late", [1, 2])
def test_one_late_reading_of_a_sort_is_stood_in_for_and_two_are_not(pack: Pack, kind: int, late: int) -> None:
    snap = world(pack)
    ages, sensor = {
        GROUP: (snap.group_age_ms, pack.group_sensor),
        STACK: (snap.stack_age_ms, pack.stack_sensor),
        PROBE: (snap.probe_age_ms, pack.probe_sensor),
    }[kind]
    stand_in = StandIn(pack)
    for k in range(late):
        if k < len(ages):
            ages[-1 - k] = sensor.deadline_ms + 1
    stand_in.take(kind, 0, snap)
    assert stand_in.sound is (late < 2 or len(ages) < 2)
    ages[0] = sensor.deadline_ms
    assert late_count(ages, len(ages) - 1, sensor.deadline_ms) == min(late, len(ages)) - 1 or len(ages) == 1


@packs
def test_probes_that_were_late_when_one_was_lost_are_counted_from_two_of_their_rounds_on(pack: Pack) -> None:
    snap, stand_in = world(pack), StandIn(pack)
    stand_in.take(PROBE, 0, snap)
    snap.probe_oldest_ms = pack.probe_sensor.deadline_ms + 1
    for _ in range(ROUNDS_ticks):
        stand_in.fill(snap)
        assert stand_in.sound
    stand_in.fill(snap)
    assert not stand_in.sound


@packs
def test_a_group_that_is_reckoned_errs_by_what_its_stack_and_its_sisters_err_and_nothing_is_lost_at_first(pack: Pack) -> None:
    stand_in = StandIn(pack)
    assert stand_in.derived_mV == derived_mV(pack)
    assert (stand_in.lost, stand_in.sound, stand_in.wider_mV) == (0, True, 0)
    before = set(vars(stand_in))
    snap = world(pack)
    for kind in (GROUP, PROBE, STACK, CURRENT, DOUBT):
        stand_in.take(kind, 0, snap)
        stand_in.fill(snap)
    assert set(vars(stand_in)) == before, "a step makes nothing new"


def test_the_faults_after_which_something_can_stand_in_are_losses_of_a_reading_and_a_stack_in_doubt() -> None:
    assert KINDS == {
        "group_voltage_stale": GROUP,
        "group_wire_open": GROUP,
        "group_crc": GROUP,
        "stack_voltage_stale": STACK,
        "temperature_stale": PROBE,
        "temperature_wire_open": PROBE,
        "temperature_wire_short": PROBE,
        "current_stale": CURRENT,
        "stack_sum_mismatch": DOUBT,
    }


@pytest.mark.parametrize("pack", [ev_240.PACK, ODD], ids=lambda pack: pack.name)
def test_late_is_what_is_older_than_its_deadline(pack: Pack) -> None:
    ages = array("i", [0, 99, 100, 101, 60_000, 200])
    assert [late_count(ages, n, 100) for n in range(7)] == [0, 0, 0, 0, 1, 2, 3]
