"""What is not to be believed agrees, tick by tick, with plain words: ages, ranges, sums, pairs, and where the worst stands."""

import random
from typing import Any

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.plausible import Plausible, sensor_error_m
from bms.schema import CELL_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Pack, Sensor, replaced

BASE = bench_24.PACK
WITH_B = replaced(
    Pack,
    PACK_FIELDS,
    BASE,
    name="with_b",
    taps=(12, 7, 9),
    current_b_sensor=replaced(
        Sensor, SENSOR_FIELDS, BASE.current_a_sensor, gain_ppm=7_000, offset_u=130_000, noise_u=3_000, deadline_ms=170
    ),
    probe_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.probe_sensor, deadline_ms=330),
    stack_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.stack_sensor, deadline_ms=210),
    pack_sensor=replaced(Sensor, SENSOR_FIELDS, BASE.pack_sensor, deadline_ms=190),
)
WITHOUT_B = replaced(Pack, PACK_FIELDS, BASE, name="without_b", current_b_sensor=None)
PACKS = (ev_240.PACK, WITH_B, WITHOUT_B)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
EVERYTHING = S.GROUPS | S.STACKS | S.CURRENT | S.VOLTAGES | S.INPUTS
LAST_AGES = (S.CURRENT_A_mA, S.CURRENT_B_mA, S.PACK_mV, S.LINK_mV, S.FEEDBACK_bits)


def error_m(sensor: Sensor, value_m: int) -> int:
    """Offset, four sigma, a step, and the gain on whole units; a thousandth more."""
    return int((sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u + value_m // 1000 * sensor.gain_ppm) // 1000 + 1)


def last(values: Any, wanted: int) -> int:
    """Place of the last of these."""
    return max((k for k, value in enumerate(values) if value == wanted), default=0)


class Plain:
    """The checks in plain words: `signals` and `where` as they should stand, and the suspects of a tick."""

    def __init__(self, pack: Pack) -> None:
        v_max = pack.cell.v_max_mV[2]
        self.pack = pack
        self.signals: dict[int, int] = {}
        self.where: dict[int, int] = {}
        self.excess_mV = 0
        self.late = True
        self.probe_ms = 0
        whole = sum(pack.taps) * v_max
        one = error_m(pack.stack_sensor, whole)
        self.sum_mV = sum(error_m(pack.group_sensor, n * v_max) for n in pack.taps) + one
        self.own_mV = self.sum_mV
        self.string_mV = pack.stacks * one + error_m(pack.pack_sensor, pack.stacks * whole)

    def step(self, snap: S.Snapshot, new: int, testing: bool) -> int:
        pack, signals = self.pack, self.signals
        suspect = 0
        if self.late or new & S.PROBES or new & EVERYTHING != EVERYTHING or snap.probe_oldest_ms != self.probe_ms:
            suspect |= self.ages(snap, testing)
        if new & S.INPUTS:
            signals[N.INTERLOCK_open] = 1 - snap.value[S.INTERLOCK_closed]
            signals[N.CRASH_seen] = snap.value[S.CRASH_seen]
        a, b = pack.current_a_sensor, pack.current_b_sensor
        mA = snap.value[S.CURRENT_A_mA]
        if b is not None and new & S.CURRENT and new & S.CURRENT_B:
            allowed = error_m(a, 0) + error_m(b, 0) + abs(snap.current_dA) * (a.gain_ppm + b.gain_ppm) // 10_000
            signals[N.CURRENT_PAIR_mA] = abs(mA - snap.value[S.CURRENT_B_mA]) - allowed
            suspect |= S.CURRENT if signals[N.CURRENT_PAIR_mA] > 0 else 0
        beyond = abs(mA) - a.high_m
        if beyond < 0 and snap.bad_bits & S.CURRENT and snap.reason[S.CURRENT_A_mA] >= S.OUT_OF_RANGE:
            beyond = 1
        signals[N.CURRENT_BEYOND_mA] = beyond
        suspect |= S.CURRENT if beyond > 0 else 0
        suspect |= self.groups(snap)
        if new & S.PROBES:
            suspect |= self.probes(snap)
        if new & S.GROUPS and new & S.STACKS:
            suspect |= self.sums(snap, new)
        return suspect

    def ages(self, snap: S.Snapshot, testing: bool) -> int:
        pack, suspect = self.pack, 0
        b = pack.current_b_sensor
        rows: list[tuple[int, int, int, int, Any]] = [
            (N.GROUP_AGE_ms, snap.group_oldest_ms, pack.group_sensor.deadline_ms, S.GROUPS, snap.group_age_ms),
            (N.STACK_AGE_ms, snap.stack_oldest_ms, pack.stack_sensor.deadline_ms, S.STACKS, snap.stack_age_ms),
            (N.PROBE_AGE_ms, snap.probe_oldest_ms, pack.probe_sensor.deadline_ms, S.PROBES, snap.probe_age_ms),
            (N.CURRENT_AGE_ms, snap.age_ms[S.CURRENT_A_mA], pack.current_a_sensor.deadline_ms, S.CURRENT, None),
            (N.PACK_AGE_ms, snap.age_ms[S.PACK_mV], pack.pack_sensor.deadline_ms, S.VOLTAGES, None),
            (N.LINK_AGE_ms, snap.age_ms[S.LINK_mV], pack.pack_sensor.deadline_ms, S.VOLTAGES, None),
            (N.INPUTS_AGE_ms, snap.age_ms[S.FEEDBACK_bits], pack.pack_sensor.deadline_ms, S.INPUTS, None),
        ]
        if b is not None:
            rows.append((N.CURRENT_B_AGE_ms, snap.age_ms[S.CURRENT_B_mA], b.deadline_ms, S.CURRENT_B, None))
        for signal, age, deadline, channel, several in rows:
            self.signals[signal] = 0 if testing else age
            if age > deadline:
                suspect |= channel
                if several is not None:
                    self.where[signal] = last(several, age)
        self.probe_ms = snap.probe_oldest_ms
        self.late = testing or bool(suspect) or snap.group_oldest_ms > 20 or snap.stack_oldest_ms > 20
        return suspect

    def groups(self, snap: S.Snapshot) -> int:
        sensor = self.pack.group_sensor
        above, below = max(snap.group_mV) - sensor.high_m, sensor.low_m - min(snap.group_mV)
        beyond = max(above, below)
        if beyond > 0:
            extreme = min(snap.group_mV) if beyond == below else max(snap.group_mV)
            self.where[N.GROUP_BEYOND_mV] = last(snap.group_mV, extreme)
        elif snap.bad_bits & S.GROUPS and max(snap.group_reason) >= S.OUT_OF_RANGE:
            beyond = 1
            self.where[N.GROUP_BEYOND_mV] = last(snap.group_reason, max(snap.group_reason))
        self.signals[N.GROUP_BEYOND_mV] = beyond
        return S.GROUPS if beyond > 0 else 0

    def probes(self, snap: S.Snapshot) -> int:
        sensor = self.pack.probe_sensor
        above, below = snap.hottest_ddegC - sensor.high_m // 100, sensor.low_m // 100 - snap.coldest_ddegC
        self.signals[N.PROBE_BEYOND_ddegC] = max(above, below)
        self.where[N.PROBE_BEYOND_ddegC] = snap.coldest_probe if below > above else snap.hottest_probe
        return S.PROBES if max(above, below) > 0 else 0

    def sums(self, snap: S.Snapshot, new: int) -> int:
        apart = [abs(v - s) for v, s in zip(snap.stack_mV, snap.stack_sum_mV)]
        self.signals[N.STACK_SUM_mV] = excess = max(apart) - self.sum_mV
        self.where[N.STACK_SUM_mV] = apart.index(max(apart))
        self.excess_mV = max(0, excess)
        if new & S.VOLTAGES:
            self.signals[N.STRING_SUM_mV] = abs(snap.value[S.PACK_mV] - sum(snap.stack_mV)) - self.string_mV
        return S.GROUPS | S.STACKS if excess > 0 else 0


def show(dice: random.Random, snap: S.Snapshot, plain: Plain) -> None:
    """A tick's measurements: mostly in order, one thing or another near its edge."""
    pack, v_max = plain.pack, plain.pack.cell.v_max_mV[2]
    near = (-1, 0, 1, -2, 2, 40)
    for g in range(snap.groups):
        snap.group_mV[g] = snap.layers[g] * dice.choice([3600, 3601, v_max])
    if dice.random() < 0.2:
        edge = dice.choice([pack.group_sensor.low_m - dice.choice(near), pack.group_sensor.high_m + dice.choice(near)])
        for _ in range(dice.choice([1, 2])):
            snap.group_mV[dice.randrange(snap.groups)] = edge
    if dice.random() < 0.05:  # both ends at once
        snap.group_mV[0] = pack.group_sensor.high_m + dice.choice(near)
        snap.group_mV[snap.groups - 1] = pack.group_sensor.low_m - dice.choice(near)
    per = snap.groups_per_stack
    for s in range(snap.stacks):
        snap.stack_sum_mV[s] = sum(snap.group_mV[s * per : s * per + per])
        snap.stack_mV[s] = snap.stack_sum_mV[s] + dice.choice([0, 5, -5])
    for _ in range(dice.choice([0, 0, 1, 2])):
        s = dice.randrange(snap.stacks)
        snap.stack_mV[s] = snap.stack_sum_mV[s] + dice.choice([-1, 1]) * (plain.sum_mV + dice.choice(near))
    snap.value[S.PACK_mV] = sum(snap.stack_mV) + dice.choice([-1, 1]) * dice.choice([plain.string_mV + dice.choice(near), 1])
    a, b = pack.current_a_sensor, pack.current_b_sensor
    mA = dice.choice(
        [0, -1, -60, 5_000, -5_000, dice.randint(-200_000, 200_000), a.high_m + 1, -a.high_m - 1, a.high_m, 1 - a.high_m]
    )
    snap.value[S.CURRENT_A_mA], snap.current_dA = mA, (mA + 50) // 100
    if b is not None:
        allowed = error_m(a, 0) + error_m(b, 0) + abs(snap.current_dA) * (a.gain_ppm + b.gain_ppm) // 10_000
        snap.value[S.CURRENT_B_mA] = mA + dice.choice([-1, 1]) * dice.choice([allowed + dice.choice(near), 1])
    snap.value[S.INTERLOCK_closed], snap.value[S.CRASH_seen] = dice.choice([0, 1]), dice.choice([0, 1])
    places = range(snap.probes)
    for k in places:
        snap.probe_ddegC[k] = dice.choice([200, 250])
    if dice.random() < 0.5:
        low, high = pack.probe_sensor.low_m // 100, pack.probe_sensor.high_m // 100
        snap.probe_ddegC[dice.choice(places)] = dice.choice([low, high]) + dice.choice(near)
    snap.hottest_ddegC, snap.coldest_ddegC = max(snap.probe_ddegC), min(snap.probe_ddegC)
    snap.hottest_probe = last(snap.probe_ddegC, snap.hottest_ddegC)
    snap.coldest_probe = last(snap.probe_ddegC, snap.coldest_ddegC)
    snap.group_max_mV, snap.group_min_mV = max(snap.group_mV), min(snap.group_mV)
    snap.bad_bits = dice.choice([0, 0, S.GROUPS, S.CURRENT, S.GROUPS | S.CURRENT, S.STACKS])
    for reasons in (snap.group_reason, snap.reason):
        for k in range(len(reasons)):
            reasons[k] = dice.choice([0, 0, 0, 3]) if dice.random() < 0.98 else S.OUT_OF_RANGE
    if dice.random() < 0.3:
        snap.reason[S.CURRENT_A_mA] = S.OUT_OF_RANGE


def grow_old(dice: random.Random, snap: S.Snapshot, pack: Pack) -> None:
    """Ages, most of them of this tick."""
    deadlines = (pack.group_sensor.deadline_ms, pack.stack_sensor.deadline_ms, pack.probe_sensor.deadline_ms)
    quiet = dice.random() < 0.4
    for ages, deadline in zip((snap.group_age_ms, snap.stack_age_ms, snap.probe_age_ms), deadlines):
        for k in range(len(ages)):
            ages[k] = 10
        for _ in range(0 if quiet else dice.choice([0, 1, 2])):
            ages[dice.randrange(len(ages))] = dice.choice([20, 21, deadline, deadline + 1, 60_000])
    b = pack.current_b_sensor
    limits = [pack.current_a_sensor.deadline_ms, b.deadline_ms if b else 100, *[pack.pack_sensor.deadline_ms] * 3]
    for k, limit in zip(LAST_AGES, limits):
        snap.age_ms[k] = 10 if quiet or dice.random() < 0.8 else limit + dice.choice([0, 1])
    snap.group_oldest_ms, snap.stack_oldest_ms = max(snap.group_age_ms), max(snap.stack_age_ms)
    snap.probe_oldest_ms = dice.choice([max(snap.probe_age_ms), snap.probe_oldest_ms])
    if snap.probe_oldest_ms not in list(snap.probe_age_ms):
        snap.probe_age_ms[0] = snap.probe_oldest_ms


@packs
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_measured_is_doubted_as_the_plain_words_say(pack: Pack, seed: int) -> None:
    dice = random.Random(seed)
    snap, signals, plain = S.Snapshot(pack), N.Signals(), Plain(pack)
    checks = Plausible(pack, signals)
    assert checks.sum_tolerance_mV == plain.sum_mV
    for _ in range(150):
        if dice.random() < 0.1:
            disturbed_mV = dice.choice([0, 3, 41])
            checks.disturb(disturbed_mV)
            plain.sum_mV = plain.own_mV + disturbed_mV
        show(dice, snap, plain)
        grow_old(dice, snap, pack)
        new = EVERYTHING | S.CLOCK | (S.CURRENT_B if dice.random() < 0.8 else 0) | (S.PROBES if dice.random() < 0.3 else 0)
        if dice.random() < 0.3:
            new &= ~dice.choice([S.GROUPS, S.STACKS, S.CURRENT, S.VOLTAGES, S.INPUTS, S.CURRENT_B])
        testing = dice.random() < 0.1
        expected = plain.step(snap, new, testing)
        assert checks.step(snap, new, testing) == expected == checks.suspect
        assert checks.sum_excess_mV == plain.excess_mV
        assert {k: signals.value[k] for k in plain.signals} == plain.signals
        assert {k: signals.where[k] for k in plain.where} == plain.where


@packs
def test_before_the_first_tick_nothing_is_doubted_and_nothing_is_said(pack: Pack) -> None:
    signals = N.Signals()
    before = list(signals.value)
    checks = Plausible(pack, signals)
    assert (checks.suspect, checks.sum_excess_mV) == (0, 0)
    assert (checks._total_mV, checks._probe_age_ms) == (0, 0)
    if pack.current_b_sensor is None:
        assert checks._pair_ppm == 0
    assert list(signals.value) == before


@pytest.mark.parametrize("value", [(1 << 28), -(1 << 28)])
def test_voltages_of_twenty_eight_bits_are_summed_and_compared(value: int) -> None:
    pack = replaced(Pack, PACK_FIELDS, BASE, name="one", stacks=2)
    snap, signals = S.Snapshot(pack), N.Signals()
    checks = Plausible(pack, signals)
    snap.stack_mV[0], snap.stack_sum_mV[0] = value, 0
    snap.stack_mV[1], snap.stack_sum_mV[1] = 0, 1
    assert checks._scan_stacks(snap) == abs(value)
    assert checks._total_mV == value
    snap.stack_sum_mV[0] = -value + (1 if value > 0 else 0)
    assert checks._scan_stacks(snap) == 2 * abs(value) - (1 if value > 0 else 0)


def test_a_difference_of_a_millivolt_either_way_is_one() -> None:
    pack = replaced(Pack, PACK_FIELDS, BASE, name="one", stacks=2)
    snap, checks = S.Snapshot(pack), Plausible(pack, N.Signals())
    for mV in (1, -1):
        snap.stack_mV[1] = mV
        assert checks._scan_stacks(snap) == 1


def test_between_the_hottest_and_the_coldest_as_far_beyond_the_hottest_is_named() -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    snap.hottest_ddegC, snap.coldest_ddegC = BASE.probe_sensor.high_m // 100 + 5, BASE.probe_sensor.low_m // 100 - 5
    snap.hottest_probe, snap.coldest_probe = 1, 2
    assert Plausible(BASE, signals).step(snap, S.PROBES, False) & S.PROBES
    assert (signals.value[N.PROBE_BEYOND_ddegC], signals.where[N.PROBE_BEYOND_ddegC]) == (5, 1)


@pytest.mark.parametrize("v_max_mV", [4_999, 5_000])
def test_a_stack_of_one_layer_counts_its_gain_on_whole_volts(v_max_mV: int) -> None:
    cell = replaced(Cell, CELL_FIELDS, BASE.cell, v_max_mV=(*BASE.cell.v_max_mV[:2], v_max_mV))
    sensor = replaced(Sensor, SENSOR_FIELDS, BASE.stack_sensor, gain_ppm=5_000)
    pack = replaced(Pack, PACK_FIELDS, BASE, name="one", cell=cell, taps=(1,), stack_sensor=sensor)
    assert Plausible(pack, N.Signals()).sum_tolerance_mV == Plain(pack).sum_mV


@packs
def test_the_first_tick_looks_at_the_ages_even_if_all_is_new(pack: Pack) -> None:
    signals, snap = N.Signals(), S.Snapshot(pack)
    checks = Plausible(pack, signals)
    snap.probe_oldest_ms = 0
    snap.group_oldest_ms = 17
    checks.step(snap, EVERYTHING, False)
    assert signals.value[N.GROUP_AGE_ms] == 17
    snap.group_oldest_ms = 19
    quiet = [S.CURRENT_A_mA, S.CURRENT_B_mA, S.PACK_mV, S.LINK_mV, S.FEEDBACK_bits]
    for k in quiet:
        snap.age_ms[k] = 10
    checks.step(snap, EVERYTHING, False)
    snap.group_oldest_ms = 18
    checks.step(snap, EVERYTHING, False)
    assert signals.value[N.GROUP_AGE_ms] == 19, "once nothing is late, ages are not looked at while all is new"


@pytest.mark.parametrize("value_m", [0, 999, 1000, 4200, 123_456])
def test_the_error_of_a_sensor_is_offset_four_sigma_a_step_and_its_gain_rounded_up(value_m: int) -> None:
    for pack in PACKS:
        for sensor in (pack.group_sensor, pack.stack_sensor, pack.pack_sensor, pack.current_a_sensor, pack.probe_sensor):
            assert sensor_error_m(sensor, value_m) == error_m(sensor, value_m)
