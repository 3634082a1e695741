"""Front ends and groups that stand still agree with plain records of what every tick and every round brought."""

import random
from fractions import Fraction
from math import ceil, lcm

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import chain as module
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced

BASE = bench_24.PACK


def taps(name: str, *layers: int, stacks: int = 1) -> Pack:
    """The bench's pack, tapped otherwise."""
    made: Pack = replaced(Pack, PACK_FIELDS, BASE, name=name, taps=layers, stacks=stacks)
    return made


ONE, TWO, ODD = taps("one", 24), taps("two", 8, 12), taps("odd", 6, 4, 9, 4, 1)
PRIME = taps("prime", 2, 47, 89, stacks=2)  # 8366 would be 4183 times the smallest group's voltage, which is too many
LIMIT = taps("limit", 2, 89, 46)  # 4094 is 2047 times
NEAR = taps("near", 3, 29, 43)  # 3741, and twice as many would be too many
PACKS = (BASE, ev_240.PACK, ONE, TWO, ODD, PRIME, LIMIT, NEAR)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
CHANNELS = (
    (S.CURRENT, S.CURRENT_count, N.CURRENT_FROZEN_ms),
    (S.VOLTAGES, S.VOLTAGES_count, N.VOLTAGES_FROZEN_ms),
    (S.INPUTS, S.INPUTS_count, N.INPUTS_FROZEN_ms),
    (S.CHAIN, S.CONVERSIONS_count, N.CHAIN_FROZEN_ms),
)
HEALTH = {
    S.LOST_CHIPS_bits: N.CHIPS_lost,
    S.REFERENCE_error: N.REFERENCE_bad,
    S.BROWN_OUT_seen: N.BROWN_OUT_seen,
    S.CRC_ERROR_chips: N.CHAIN_CRC_bad,
}
WIRES = {S.OPEN_WIRE: N.GROUP_WIRE_open, S.CRC_ERROR: N.GROUP_CRC_bad}
SELF_TEST, DRIVE = 1, 3
MINUTE_ms = 60_000
HALF = 1 << 29


class Plain:
    """The front ends in plain words."""

    def __init__(self) -> None:
        self.counts = [0] * 4
        self.still_ms = [0] * 4
        self.quiet_ms = [0] * 4
        self.age_ms = MINUTE_ms
        self.told = dict.fromkeys([N.CHAIN_AGE_ms, *HEALTH.values(), *WIRES.values(), *[row[2] for row in CHANNELS]], 0)
        self.where = dict.fromkeys(WIRES.values(), 255)

    def step(self, snap: S.Snapshot, state: int, dt_ms: int) -> None:
        told, heard = self.told, snap.fresh_bits | snap.bad_bits
        for k, (bit, count, signal) in enumerate(CHANNELS):
            self.still_ms[k] = min(MINUTE_ms, self.still_ms[k] + dt_ms)
            self.quiet_ms[k] = 0 if heard & bit else self.quiet_ms[k] + dt_ms
            if snap.value[count] != self.counts[k] or self.quiet_ms[k] > 100:
                self.still_ms[k] = told[signal] = 0
            elif heard & bit:
                told[signal] = self.still_ms[k]
            self.counts[k] = snap.value[count]
        self.age_ms = dt_ms if heard & S.CHAIN else min(MINUTE_ms, self.age_ms + dt_ms)
        told[N.CHAIN_AGE_ms] = 0 if state == SELF_TEST else self.age_ms
        if heard & S.CHAIN:
            told.update({signal: snap.value[k] for k, signal in HEALTH.items()})
        if heard & S.GROUPS:
            for reason, signal in WIRES.items():
                places = [g for g, r in enumerate(snap.group_reason) if r == reason and snap.bad_bits & S.GROUPS]
                told[signal] = int(bool(places))
                self.where[signal] = max(places, default=self.where[signal])


@packs
@pytest.mark.parametrize("seed", range(3))
def test_counters_health_and_wires_are_told_as_the_plain_record_tells_them(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    for _ in range(8):
        snap, signals, plain = S.Snapshot(pack), N.Signals(), Plain()
        chain = module.Chain(pack, signals)
        dt_ms = dice.choice([10, 10, 7, 50, 9_000])
        frozen, silent, wrong = 0, 0, 0.0
        for k in range(90):
            if k % 15 == 0:
                frozen = dice.choice([0, 0, S.CURRENT, S.VOLTAGES, S.INPUTS, S.CHAIN, 0xFFF])
                silent = dice.choice([0, 0, 0, S.CURRENT, S.VOLTAGES, S.INPUTS, S.CHAIN, S.GROUPS, 0xFFF])
                wrong = dice.choice([0, 0, 0.3])
            came = 0xFFF & ~silent
            bad = dice.choice([S.GROUPS, S.GROUPS, S.CHAIN, S.CURRENT]) & came if dice.random() < wrong else 0
            snap.fresh_bits, snap.bad_bits = (came & ~bad if dice.random() < 0.9 else 0), bad
            heard = snap.fresh_bits | bad
            for bit, count, _ in CHANNELS:
                if heard & bit and not frozen & bit:
                    snap.value[count] = (snap.value[count] + 1) % 256
            if heard & S.CHAIN:
                for one in HEALTH:
                    snap.value[one] = dice.choice([1, 2]) if dice.random() < wrong / 3 else 0
            for g in range(snap.groups):
                snap.group_reason[g] = dice.choice([0, 0, 1, 2, 3, 4]) if dice.random() < wrong else 0
            state = SELF_TEST if k < 4 else DRIVE
            chain.step(snap, state, dt_ms)
            plain.step(snap, state, dt_ms)
            assert {signal: signals.value[signal] for signal in plain.told} == plain.told
            assert {signal: signals.where[signal] for signal in plain.where} == plain.where


@pytest.mark.parametrize("k", range(4))
def test_a_tenth_of_a_second_of_silence_neither_adds_nor_takes_away_and_a_millisecond_more_starts_anew(k: int) -> None:
    bit, count, _ = CHANNELS[k]
    for quiet_ms in (99, 100, 101):
        snap, signals, plain = S.Snapshot(BASE), N.Signals(), Plain()
        chain = module.Chain(BASE, signals)
        silence, repeats, moves = (quiet_ms, 0, 0), (10, bit, 0), (10, bit, 1)
        story = (silence, repeats, moves, silence, repeats, repeats, silence, repeats, (60_000, bit, 0), repeats)
        for dt_ms, snap.fresh_bits, counts in story:
            snap.value[count] += counts
            chain.step(snap, DRIVE, dt_ms)
            plain.step(snap, DRIVE, dt_ms)
            assert {signal: signals.value[signal] for signal in plain.told} == plain.told
        for _ in range(4):
            snap.fresh_bits = 0
            chain.step(snap, DRIVE, 40)
            plain.step(snap, DRIVE, 40)
            assert chain._still_ms[k] == plain.still_ms[k]


def test_however_long_no_frame_comes_no_count_runs_over() -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    chain = module.Chain(BASE, signals)
    for _ in range(16):
        chain.step(snap, DRIVE, 1 << 28)
    assert signals.value[N.CHAIN_AGE_ms] == MINUTE_ms
    assert not any(signals.value[signal] for _, _, signal in CHANNELS)


@pytest.mark.parametrize("reason", list(WIRES))
def test_what_was_told_of_a_group_ends_with_the_next_good_frame_although_a_tick_brought_none(reason: int) -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    chain = module.Chain(BASE, signals)
    snap.group_reason[1] = reason
    told = []
    for k, (fresh, bad) in enumerate(((0xFFF, 0), (0xFFE, S.GROUPS), (0xFFE, 0), (0xFFE, 0), (0xFFF, 0)), 1):
        for _, count, _ in CHANNELS:
            snap.value[count] = k
        snap.fresh_bits, snap.bad_bits = fresh, bad
        chain.step(snap, DRIVE, 10)
        told.append(signals.value[WIRES[reason]])
    assert told == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("unwell", list(HEALTH))
def test_a_front_end_that_is_unwell_is_told_at_once_although_all_its_counters_move(unwell: int) -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    chain = module.Chain(BASE, signals)
    snap.fresh_bits = 0xFFF
    for k in range(1, 12):
        for _, count, _ in CHANNELS:
            snap.value[count] = k
        snap.value[unwell] = 3 if k in (6, 7) else 0
        chain.step(snap, DRIVE, 10)
        assert signals.value[HEALTH[unwell]] == snap.value[unwell]


def test_what_moves_and_is_well_is_looked_at_no_further() -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    chain = module.Chain(BASE, signals)
    snap.fresh_bits = 0xFFF
    for k in range(1, 8):
        for _, count, _ in CHANNELS:
            snap.value[count] = k
        signals.value[N.CHAIN_AGE_ms] = 77
        chain.step(snap, SELF_TEST if k < 3 else DRIVE, 10)
        assert signals.value[N.CHAIN_AGE_ms] == (0 if k < 3 else 10 if k == 3 else 77)


class Groups:
    """Groups in plain words: since when each has repeated itself, and since when its sisters have moved on."""

    def __init__(self, pack: Pack) -> None:
        layers = list(pack.taps) * pack.stacks
        like = min(lcm(*layers), 2047 * min(layers))
        self.times = [like // n for n in layers]
        self.moved = 40 * like
        self.was: list[tuple[int, int]] = [(-HALF, -HALF)] * len(layers)
        self.ms = [0] * len(layers)

    def round(self, group_mV: list[int], age_ms: list[int], round_ms: int) -> tuple[int, int]:
        scaled = [v * n for v, n in zip(group_mV, self.times)]
        middle = sorted(scaled)[(len(scaled) - 1) // 2]
        for g, v in enumerate(scaled):
            other = scaled[1 - g] if len(scaled) == 2 else middle
            held, then = self.was[g]
            if v != held or age_ms[g] > 100:
                self.was[g], self.ms[g] = (v, other), 0
            elif self.ms[g] or abs(other - then) >= self.moved:
                self.ms[g] = min(MINUTE_ms, self.ms[g] + round_ms)
        most = max(self.ms)
        return most, self.ms.index(most)


@packs
@pytest.mark.parametrize("seed", range(3))
def test_a_group_that_stands_still_is_told_as_the_plain_record_tells_it(pack: Pack, seed: int) -> None:
    dice = random.Random(f"{pack.name} {seed}")
    for _ in range(5):
        snap, signals, plain = S.Snapshot(pack), N.Signals(), Groups(pack)
        chain = module.Chain(pack, signals)
        n = snap.groups
        base = dice.choice([3_600, -100, 0])
        values = [base * layers for layers in snap.layers]
        ages = [10] * n
        for k in range(45):
            if k % 9 == 0:
                stuck = set(dice.sample(range(n), dice.choice([0, n // 2, n - 1])))
            step_mV = dice.choice([0, 0, 39, 40, 41, -40, -39, 1, 400])
            for g in range(n):
                if g not in stuck and dice.random() < 0.9:
                    values[g] += step_mV * snap.layers[g] + dice.choice([0, 0, 0, 1, -1])
                ages[g] = dice.choice([10, 10, 10, 10, 10, 10, 100, 101]) if dice.random() < 0.3 else 10
                snap.group_mV[g], snap.group_age_ms[g] = values[g], ages[g]
            round_ms = dice.choice([100, 100, 100, 130, 25_000])
            chain.refresh(snap, round_ms)
            if n > 1:
                told = signals.value[N.GROUP_FROZEN_ms], signals.where[N.GROUP_FROZEN_ms]
                assert told == plain.round(values, ages, round_ms)
            else:
                assert (signals.value[N.GROUP_FROZEN_ms], signals.where[N.GROUP_FROZEN_ms]) == (0, 255)


@packs
@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize("way", [1, -1])
def test_the_median_has_moved_from_forty_millivolts_a_layer_on(pack: Pack, off: int, way: int) -> None:
    snap, signals, plain = S.Snapshot(pack), N.Signals(), Groups(pack)
    chain = module.Chain(pack, signals)
    n = snap.groups
    for k in range(4):
        for g in range(n):
            moves = 0 if g == 0 or k == 0 else way * (ceil(Fraction(plain.moved, plain.times[g])) + off)
            snap.group_mV[g], snap.group_age_ms[g] = 3_600 * snap.layers[g] + moves, 10
        chain.refresh(snap, 100)
        if n > 1:
            told = signals.value[N.GROUP_FROZEN_ms], signals.where[N.GROUP_FROZEN_ms]
            assert told == plain.round(list(snap.group_mV), list(snap.group_age_ms), 100)


def test_once_its_sisters_have_moved_a_group_stands_still_although_they_come_back_and_for_a_minute_at_most() -> None:
    snap, signals = S.Snapshot(BASE), N.Signals()
    chain = module.Chain(BASE, signals)
    told = []
    for away_mV, round_ms in ((0, 100), (40, 1), (0, 1), (0, 59_998), (0, 1), (0, 59_000)):
        for g in range(snap.groups):
            snap.group_mV[g], snap.group_age_ms[g] = (3_600 + (away_mV if g else 0)) * snap.layers[g], 10
        chain.refresh(snap, round_ms)
        told.append(signals.value[N.GROUP_FROZEN_ms])
    assert told == [0, 1, 2, 60_000, 60_000, 60_000]


def test_the_median_is_the_lower_one_out_to_the_very_ends_of_thirty_bits() -> None:
    dice = random.Random(1)
    for pack in (BASE, ev_240.PACK, taps("three", 6, 6, 6)):
        snap, chain = S.Snapshot(pack), module.Chain(pack, N.Signals())
        for _ in range(30):
            values = [dice.choice([-HALF, HALF - 1, 0, 1, -1, dice.randint(-HALF, HALF - 1)]) for _ in range(snap.groups)]
            for g, value in enumerate(values):
                snap.group_mV[g] = value
            assert chain._median(snap) - HALF == sorted(values)[(snap.groups - 1) // 2]


def test_quiet_is_a_tenth_of_a_second_and_a_move_forty_millivolts() -> None:
    assert (module.QUIET_ms, module.MOVED_mV) == (100, 40)
