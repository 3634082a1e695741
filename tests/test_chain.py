"""Front ends that repeat old values are told from silence and from a quiet pack; one group that stands still is found."""

import subprocess
import sys
from pathlib import Path
from statistics import median_low

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.chain import Chain, MOVED_mV, QUIET_ms
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.small_int import SmallInt

MIXED = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="mixed", taps=(4, 6, 5, 6, 3))
TWO = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="two", taps=(12, 12))
PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "mixed": MIXED, "two": TWO}
COUNTERS = (
    (S.CURRENT, S.CURRENT_count, N.CURRENT_FROZEN_ms),
    (S.VOLTAGES, S.VOLTAGES_count, N.VOLTAGES_FROZEN_ms),
    (S.INPUTS, S.INPUTS_count, N.INPUTS_FROZEN_ms),
    (S.CHAIN, S.CONVERSIONS_count, N.CHAIN_FROZEN_ms),
)
ALL = S.CURRENT | S.VOLTAGES | S.INPUTS | S.CHAIN
LIMIT_ms = 150
SILENT, SAME, MOVED = 0, 1, 2
EVENT = st.tuples(st.sampled_from((SILENT, SAME, SAME, SAME, MOVED)), st.sampled_from((10, 10, 10, 20, 50)), st.booleans())
REASONS = (S.OK, S.OK, S.NOT_READY, S.OPEN_WIRE, S.CRC_ERROR, S.OUT_OF_RANGE)


def made(pack: Pack) -> tuple[Chain, Snapshot, Signals]:
    """A watcher of its own world."""
    signals = Signals()
    return Chain(pack, signals), Snapshot(pack), signals


def frozen_ms(history: list[tuple[int, int]]) -> int:
    """The whole history of (what came, dt) read anew: how long frames have repeated one conversion."""
    now, since, heard, told = 0, 0, 0, 0
    for came, dt_ms in history:
        now += dt_ms
        if came == MOVED:
            since, told = now, 0
        elif came == SAME:
            told = now - since
        elif now - heard > QUIET_ms:
            since, told = now, 0
        if came != SILENT:
            heard = now
    return told


@settings(max_examples=60)
@given(
    k=st.integers(0, 3),
    start=st.integers(0, 255),
    events=st.lists(EVENT, max_size=60),
)
def test_a_counter_that_stands_still_is_timed_as_its_whole_history_says(
    k: int, start: int, events: list[tuple[int, int, bool]]
) -> None:
    chain, snap, signals = made(bench_24.PACK)
    bit, count, signal = COUNTERS[k]
    snap.value[count] = start
    history = [(MOVED if start else SAME, 10)]
    snap.fresh_bits = ALL
    chain.step(snap, M.DRIVE, 10)
    for came, dt_ms, bad in events:
        for other, at, _ in COUNTERS:
            if other != bit:
                snap.value[at] = (snap.value[at] + 1) & 255
        snap.fresh_bits = ALL if came != SILENT else ALL ^ bit
        snap.bad_bits = 0
        if bad and came != SILENT:
            snap.fresh_bits ^= bit
            snap.bad_bits = bit
        if came == MOVED:
            snap.value[count] = (snap.value[count] + 1) & 255
        history.append((came, dt_ms))
        chain.step(snap, M.DRIVE, SmallInt(dt_ms))
        assert signals.value[signal] == frozen_ms(history)
        assert [signals.value[s] for b, _, s in COUNTERS if b != bit] == [0, 0, 0]


@pytest.mark.parametrize("k", range(4))
def test_silence_as_long_as_a_deadline_and_one_old_frame_look_frozen_to_nobody(k: int) -> None:
    chain, snap, signals = made(ev_240.PACK)
    bit, count, signal = COUNTERS[k]
    for tick in range(1000):
        snap.fresh_bits = ALL
        for _, at, _ in COUNTERS:
            snap.value[at] = tick & 255
        silent = tick % 40 < QUIET_ms // 10 + 1
        if silent and tick % 40:
            snap.fresh_bits ^= bit
        if silent:
            snap.value[count] = (tick - tick % 40 - 1) & 255 if tick >= 40 else 0
        chain.step(snap, M.DRIVE, 10)
        assert signals.value[signal] <= LIMIT_ms


def test_a_counter_that_never_moves_from_the_first_frame_on_is_a_fault_and_one_that_wraps_is_none() -> None:
    chain, snap, signals = made(bench_24.PACK)
    snap.fresh_bits = ALL
    for tick in range(600):
        snap.value[S.CURRENT_count] = snap.value[S.INPUTS_count] = snap.value[S.CONVERSIONS_count] = (tick + 1) & 255
        chain.step(snap, M.DRIVE, 10)
        assert signals.value[N.CURRENT_FROZEN_ms] == 0
        assert signals.value[N.VOLTAGES_FROZEN_ms] == (tick + 1) * 10


@pytest.mark.parametrize("heard_first", [False, True])
def test_the_front_ends_are_late_from_the_end_of_self_test_on_or_since_they_fell_silent(heard_first: bool) -> None:
    chain, snap, signals = made(bench_24.PACK)
    if heard_first:
        snap.fresh_bits = S.CHAIN
        chain.step(snap, M.DRIVE, 10)
        assert signals.value[N.CHAIN_AGE_ms] == 10
        snap.fresh_bits = 0
        for k in range(7000):
            chain.step(snap, M.DRIVE, 10)
            assert signals.value[N.CHAIN_AGE_ms] == min(20 + 10 * k, S.AGE_MAX_ms)
    for _ in range(100):
        chain.step(snap, M.SELF_TEST, 10)
        assert signals.value[N.CHAIN_AGE_ms] == 0
    chain.step(snap, M.STANDBY, 10)
    assert signals.value[N.CHAIN_AGE_ms] == S.AGE_MAX_ms


@given(
    reasons=st.lists(st.sampled_from(REASONS), min_size=4, max_size=4),
    ticks=st.integers(1, 4),
)
def test_an_open_tap_and_a_failed_check_are_told_with_their_place_while_they_come(reasons: list[int], ticks: int) -> None:
    chain, snap, signals = made(bench_24.PACK)
    for tick in range(10):
        told = tick < ticks
        bad = told and any(reasons)
        snap.bad_bits = S.GROUPS if bad else 0
        snap.fresh_bits = ALL | S.GROUPS
        for _, at, _ in COUNTERS:
            snap.value[at] = tick + 1
        for g, reason in enumerate(reasons):
            snap.group_reason[g] = reason if told else S.OK
        chain.step(snap, M.DRIVE, 10)
        for reason, signal in ((S.OPEN_WIRE, N.GROUP_WIRE_open), (S.CRC_ERROR, N.GROUP_CRC_bad)):
            assert signals.value[signal] == (1 if told and reason in reasons else 0)
            if signals.value[signal]:
                assert reasons[signals.where[signal]] == reason


@given(health=st.lists(st.tuples(*[st.integers(0, 1)] * 4), min_size=1, max_size=20))
def test_what_the_front_ends_say_of_themselves_is_passed_on_and_taken_back(health: list[tuple[int, ...]]) -> None:
    chain, snap, signals = made(bench_24.PACK)
    snap.fresh_bits = ALL
    for tick, said in enumerate(health):
        for _, at, _ in COUNTERS:
            snap.value[at] = tick + 1
        where = (S.CRC_ERROR_chips, S.LOST_CHIPS_bits, S.REFERENCE_error, S.BROWN_OUT_seen)
        for at, value in zip(where, said):
            snap.value[at] = value << 15 if at in where[:2] else value
        chain.step(snap, M.DRIVE, 10)
        told = [signals.value[s] for s in (N.CHAIN_CRC_bad, N.CHIPS_lost, N.REFERENCE_bad, N.BROWN_OUT_seen)]
        assert told == [said[0] << 15, said[1] << 15, said[2], said[3]]


class Naive:
    """One group against the others, by lists and the library's median."""

    def __init__(self, layers: list[int]) -> None:
        self.layers = layers
        self.rounds: list[list[int]] = []
        self.begun = [-1] * len(layers)

    def step(self, group_mV: list[int]) -> list[int]:
        """Milliseconds of every group."""
        self.rounds.append(group_mV)
        return [self._one(g) for g in range(len(group_mV))]

    def _one(self, g: int) -> int:
        last = len(self.rounds) - 1
        first = last
        while first > 0 and self.rounds[first - 1][g] == self.rounds[last][g]:
            first -= 1
        reference = self._others(first, g)
        for k in range(first + 1, last + 1):
            if abs(self._others(k, g) - reference) >= MOVED_mV:
                return (last - k + 1) * 100
        return 0

    def _others(self, k: int, g: int) -> float:
        means = [v / n for v, n in zip(self.rounds[k], self.layers)]
        return means[1 - g] if len(means) == 2 else median_low(means)


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_group_that_stands_still_while_the_median_moves_is_found_as_lists_say(name: str, data: st.DataObject) -> None:
    pack = PACKS[name]
    chain, snap, signals = made(pack)
    layers = list(pack.taps) * pack.stacks
    naive = Naive(layers)
    frozen = data.draw(st.sets(st.integers(0, len(layers) - 1), max_size=1))
    levels = data.draw(st.lists(st.integers(-200, 4500), min_size=1, max_size=25))
    held = [levels[0] * n for n in layers]
    for k, level in enumerate(levels):
        group_mV = [held[g] if g in frozen else level * n + (k + g) % 3 for g, n in enumerate(layers)]
        for g, mV in enumerate(group_mV):
            snap.group_mV[g] = mV
            snap.group_age_ms[g] = 10
        chain.refresh(snap, SmallInt(100))
        expected = naive.step(group_mV)
        assert signals.value[N.GROUP_FROZEN_ms] == max(expected)
        if max(expected):
            assert expected[signals.where[N.GROUP_FROZEN_ms]] == max(expected)


@pytest.mark.parametrize("name", PACKS)
def test_a_quiet_pack_and_a_silent_group_are_no_frozen_ones(name: str) -> None:
    pack = PACKS[name]
    chain, snap, signals = made(pack)
    for k in range(100):
        for g, n in enumerate(list(pack.taps) * pack.stacks):
            snap.group_mV[g] = 3600 * n if k < 50 or g == 1 else 3500 * n + k
            snap.group_age_ms[g] = 10 if g != 1 else 10 * k
        chain.refresh(snap, 100)
        assert signals.value[N.GROUP_FROZEN_ms] == 0


SCRIPT = """
import sys
sys.path.append(".")
from bms.packs.{pack} import PACK
from bms.safety.chain import Chain
from bms.safety.signals import Signals, SIGNALS
from bms.safety.snapshot import Snapshot
signals = Signals()
chain = Chain(PACK, signals)
snap = Snapshot(PACK)
seed = 1
total = 0
for k in range(3000):
    seed = (seed * 1103515 + 12345) & 0xFFFFFF
    for at in (16, 21, 22, 23):
        if seed >> (at - 8) & 1:
            snap.value[at] = (snap.value[at] + 1) & 255
    snap.value[17] = seed >> 4 & seed >> 5 & seed >> 6 & 0x8001
    snap.fresh_bits = seed >> 3 & 0x3FF
    snap.bad_bits = seed >> 9 & 1
    snap.group_reason[seed % snap.groups] = seed >> 7 & 3
    chain.step(snap, seed >> 12 & 1, 10)
    for g in range(snap.groups):
        if g != 1 or k % 700 == 0:
            snap.group_mV[g] = (seed >> (g & 7)) % 25000 - 3000
        snap.group_age_ms[g] = 10
    chain.refresh(snap, 100)
    for s in range(SIGNALS):
        total = (total * 31 + signals.value[s] + signals.where[s]) & 0xFFFFFF
print(total, max(signals.value[78:82]), signals.value[50])
"""


@pytest.mark.parametrize("pack", ["bench_24", "ev_240"])
def test_the_target_and_the_desk_see_the_same(pack: str, micropython: str, root: Path) -> None:
    shim = {"PYTHONPATH": f"{root / 'hil' / 'shim'}:{root}"}
    said = []
    for command in ([micropython, "-c"], [sys.executable, "-c"]):
        done = subprocess.run(
            [*command, SCRIPT.format(pack=pack)], cwd=root, env=shim, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
