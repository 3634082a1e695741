"""What the firmware measured is summed, searched and aged as a plain model does it; only what came counts as new."""

import random
from array import array
from dataclasses import dataclass, field

import pytest

from bms.packs import bench_24, ev_240
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced

LONE = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="lone", taps=(1,), stacks=1, probe_stack=(0,))
THREES = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="threes", stacks=3, probe_stack=(0, 0, 0, 1, 1, 1, 1, 2))
PACKS = (bench_24.PACK, ev_240.PACK, LONE, THREES)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
FAR = 1 << 28


@dataclass
class Plain:
    """The promises of a snapshot in plain words: true ages, and which channels are new."""

    snap: S.Snapshot
    group_ms: list[int] = field(default_factory=list)
    stack_ms: list[int] = field(default_factory=list)
    probe_ms: list[int] = field(default_factory=list)
    scalar_ms: list[int] = field(default_factory=list)
    since_ms: int = 0

    def __post_init__(self) -> None:
        snap = self.snap
        self.group_ms, self.stack_ms = [60_000] * snap.groups, [60_000] * snap.stacks
        self.probe_ms, self.scalar_ms = [60_000] * snap.probes, [60_000] * S.SCALARS

    def came(self, ages_ms: list[int], shown: object, k: int) -> None:
        """A value came."""
        ages_ms[k] = 0
        shown[k] = 0  # type: ignore[index]

    def tick(self, dt_ms: int) -> int:
        """Ages everything. Returns what should be new."""
        snap = self.snap
        self.group_ms = [min(60_000, age + dt_ms) for age in self.group_ms]
        self.stack_ms = [min(60_000, age + dt_ms) for age in self.stack_ms]
        self.probe_ms = [min(60_000, age + dt_ms) for age in self.probe_ms]
        self.scalar_ms = [min(60_000, age + dt_ms) if k < 5 else age for k, age in enumerate(self.scalar_ms)]
        self.since_ms += dt_ms
        new = S.CLOCK | snap.fresh_bits & (S.INPUTS | S.ENVIRONMENT | S.CHAIN)
        heard = snap.fresh_bits | snap.bad_bits
        new |= S.GROUPS_HEARD if heard & S.GROUPS else 0
        new |= S.CURRENT_HEARD if heard & S.CURRENT else 0
        new |= S.GROUPS if max(self.group_ms) <= dt_ms else 0
        new |= S.STACKS if max(self.stack_ms) <= dt_ms else 0
        new |= S.CURRENT if self.scalar_ms[0] <= dt_ms else 0
        new |= S.CURRENT_B if self.scalar_ms[1] <= dt_ms else 0
        new |= S.VOLTAGES if max(self.scalar_ms[2:4]) <= dt_ms else 0
        if snap.fresh_bits & S.PROBES or self.since_ms >= 100:
            self.since_ms = 0
            new |= S.PROBES if max(self.probe_ms) <= 100 else 0
        return new


def last(values: object, wanted: int) -> int:
    """Place of the last of these."""
    return max(k for k, value in enumerate(values) if value == wanted)  # type: ignore[arg-type,var-annotated]


def world(pack: Pack, seed: int, ticks: int, dt_ms: int, gaps: float) -> None:
    """So many ticks in which values come, or with this chance do not; after each the snapshot is compared."""
    dice = random.Random(seed)
    snap = S.Snapshot(pack)
    plain = Plain(snap)
    for _ in range(ticks):
        snap.fresh_bits = dice.choice([0, S.INPUTS, S.ENVIRONMENT, S.CHAIN, S.INPUTS | S.CHAIN])
        snap.bad_bits = dice.choice([0, 0, S.GROUPS, S.CURRENT, S.PROBES, S.INPUTS])
        small = dice.choice([3, FAR])  # few different values have equals among them
        for ages, shown, values, bit in (
            (plain.group_ms, snap.group_age_ms, snap.group_mV, S.GROUPS),
            (plain.stack_ms, snap.stack_age_ms, snap.stack_mV, S.STACKS),
            (plain.scalar_ms, snap.age_ms, snap.value, 0),
        ):
            for k in range(len(values)):
                if dice.random() >= gaps:
                    values[k] = dice.randint(-small, small)
                    plain.came(ages, shown, k)
                    if shown is not snap.age_ms:
                        snap.fresh_bits |= bit
                    elif k < 4:
                        snap.fresh_bits |= S.CURRENT if k == S.CURRENT_A_mA else S.VOLTAGES
        if dice.random() < 0.15:
            for k in range(snap.probes):
                if dice.random() >= gaps:
                    snap.probe_ddegC[k] = dice.randint(-small, small)
                    plain.came(plain.probe_ms, snap.probe_age_ms, k)
                    snap.fresh_bits |= S.PROBES
        expected = plain.tick(dt_ms)
        assert snap.summarise(dt_ms) == expected
        compare(snap, plain)


def compare(snap: S.Snapshot, plain: Plain) -> None:
    """Everything that summarise() leaves."""
    assert list(snap.group_age_ms) == plain.group_ms
    assert list(snap.stack_age_ms) == plain.stack_ms
    assert list(snap.age_ms) == plain.scalar_ms
    assert (snap.group_oldest_ms, snap.stack_oldest_ms) == (max(plain.group_ms), max(plain.stack_ms))
    assert (snap.group_max_mV, snap.group_min_mV) == (max(snap.group_mV), min(snap.group_mV))
    per = snap.groups_per_stack
    assert list(snap.stack_sum_mV) == [sum(snap.group_mV[s * per : s * per + per]) for s in range(snap.stacks)]
    if plain.since_ms == 0:
        assert list(snap.probe_age_ms) == plain.probe_ms
        assert snap.probe_oldest_ms == max(plain.probe_ms)
        assert (snap.hottest_ddegC, snap.coldest_ddegC) == (max(snap.probe_ddegC), min(snap.probe_ddegC))
        assert snap.agreed_ddegC == agreed(snap)
        assert snap.hottest_probe == last(snap.probe_ddegC, snap.hottest_ddegC)
        assert snap.coldest_probe == last(snap.probe_ddegC, snap.coldest_ddegC)


def agreed(snap: S.Snapshot) -> int:
    """The least, over the stacks, of the second highest of a stack's probes, or of its only one."""
    stacks: dict[int, list[int]] = {}
    for stack, t in zip(snap.probe_stack, snap.probe_ddegC):
        stacks.setdefault(stack, []).append(t)
    return min(sorted(of)[-2] if len(of) > 1 else of[0] for of in stacks.values())


@packs
@pytest.mark.parametrize("gaps", [0.0, 0.004, 0.3])
@pytest.mark.parametrize("dt_ms", [10, 9, 30])
def test_a_snapshot_agrees_with_plain_words(pack: Pack, gaps: float, dt_ms: int) -> None:
    for seed in range(3):
        world(pack, seed, 60, dt_ms, gaps)


@packs
def test_ages_grow_to_a_minute_and_no_farther(pack: Pack) -> None:
    snap = S.Snapshot(pack)
    for ages in (snap.group_age_ms, snap.stack_age_ms, snap.probe_age_ms, snap.age_ms):
        for k in range(len(ages)):
            ages[k] = 59_880
    for ms in (59_940, 59_999, 60_000, 60_000):
        snap.summarise(60 if ms == 59_940 else 59 if ms == 59_999 else 2)
        assert {*snap.group_age_ms, *snap.stack_age_ms, *snap.age_ms[:5]} == {ms}
        assert snap.group_oldest_ms == snap.stack_oldest_ms == ms
        assert {*snap.age_ms[5:]} == {59_880}
    snap.summarise(120)
    assert {*snap.probe_age_ms} == {60_000} == {snap.probe_oldest_ms}


@pytest.mark.parametrize("value", [-(1 << 29), (1 << 29) - 1])
def test_extremes_are_found_up_to_thirty_bits(value: int) -> None:
    snap = S.Snapshot(bench_24.PACK)
    for values in (snap.group_mV, snap.probe_ddegC):
        for k in range(len(values)):
            values[k] = value
    assert (snap._scan_groups(), snap._scan_probes()) == (snap.groups, snap.probes)
    assert snap.group_max_mV == snap.group_min_mV == snap.hottest_ddegC == snap.coldest_ddegC == value


def test_probes_are_new_when_the_oldest_is_a_hundred_milliseconds_old_and_not_when_it_is_older() -> None:
    for age_ms, new in ((89, S.PROBES), (90, S.PROBES), (91, 0)):
        snap = S.Snapshot(bench_24.PACK)
        for k in range(snap.probes):
            snap.probe_age_ms[k] = 0
        snap.probe_age_ms[1] = age_ms
        snap.fresh_bits = S.PROBES
        assert snap.summarise(10) & S.PROBES == new
        assert snap.probe_oldest_ms == age_ms + 10


def test_values_that_came_a_moment_before_the_tick_are_older_by_that_moment() -> None:
    snap = S.Snapshot(bench_24.PACK)
    for ages in (snap.group_age_ms, snap.stack_age_ms):
        for k in range(len(ages)):
            ages[k] = 1
    snap.summarise(10)
    assert {*snap.group_age_ms, *snap.stack_age_ms} == {11}


def test_later_adds_to_what_did_not_come_now_and_says_how_many_those_were() -> None:
    ages = array("i", [0, 1, 50, 59_989, 59_990, 59_991, 60_000, 0])
    assert S.later(ages, 7, 10) == 6
    assert list(ages) == [0, 11, 60, 59_999, 60_000, 60_000, 60_000, 0]
    assert S.later(array("i", [0, 0]), 2, 10) == 0


@pytest.mark.parametrize("oldest", [0, 5])
def test_aged_returns_the_oldest_after_it_has_aged_them(oldest: int) -> None:
    ages = array("i", [0, oldest, 0])
    assert S.aged(ages, 3, 0) == oldest
    assert S.aged(ages, 3, 2) == oldest + 2


@pytest.mark.parametrize(
    ("mA", "kept_mA", "dA"),
    [
        (0, 0, 0),
        (49, 49, 0),
        (50, 50, 1),
        (-50, -50, 0),
        (-51, -51, -1),
        (1_638_299, 1_638_299, 16_383),
        (1_638_301, 1_638_300, 16_383),
        (FAR, 1_638_300, 16_383),
        (-1_638_301, -1_638_300, -16_383),
        (-FAR, -1_638_300, -16_383),
    ],
)
def test_current_is_rounded_to_the_nearest_tenth_and_stands_at_what_a_product_can_carry(mA: int, kept_mA: int, dA: int) -> None:
    snap = S.Snapshot(bench_24.PACK)
    snap.value[S.CURRENT_A_mA] = mA
    snap.summarise(10)
    assert (snap.current_mA, snap.current_dA) == (kept_mA, dA)


@packs
def test_a_snapshot_that_has_seen_nothing_says_so(pack: Pack) -> None:
    snap = S.Snapshot(pack)
    assert (snap.groups, snap.stacks, snap.probes) == (len(pack.taps) * pack.stacks, pack.stacks, len(pack.probe_stack))
    assert list(snap.layers) == list(pack.taps) * pack.stacks
    assert snap.groups_per_stack == len(pack.taps)
    for kind, count in (("group", snap.groups), ("stack", snap.stacks), ("probe", snap.probes)):
        assert list(getattr(snap, kind + "_age_ms")) == [60_000] * count
        assert list(getattr(snap, kind + "_reason")) == [S.NOT_READY] * count
    assert list(snap.age_ms) == [60_000] * S.SCALARS
    assert list(snap.reason) == [S.NOT_READY] * S.SCALARS
    for values in (snap.group_mV, snap.stack_mV, snap.probe_ddegC, snap.value, snap.stack_sum_mV):
        assert not any(values)
    results = {name: value for name, value in vars(snap).items() if isinstance(value, int)}
    given = {"groups", "stacks", "probes", "groups_per_stack"}
    assert set(results) - given == {
        *("fresh_bits", "bad_bits", "_probe_wait_ms", "group_max_mV", "group_min_mV", "group_oldest_ms", "stack_oldest_ms"),
        *("probe_oldest_ms", "hottest_ddegC", "hottest_probe", "coldest_ddegC", "coldest_probe", "agreed_ddegC"),
        *("current_mA", "current_dA"),
    }
    assert results.pop("probe_oldest_ms") == S.AGE_MAX_ms  # else the first round of all would take nothing for a temperature
    assert not any(value for name, value in results.items() if name not in given)


def test_places_of_scalars_are_all_different_and_channels_have_a_bit_each() -> None:
    scalars = """CURRENT_A_mA CURRENT_B_mA PACK_mV LINK_mV FEEDBACK_bits SUPPLY_mV INTERLOCK_closed CRASH_seen FUSE_intact
        CHARGER_plugged COIL_SUPPLY_present INSULATION_kohm COOLANT_INLET_ddegC COOLANT_OUTLET_ddegC COOLANT_FLOW_dl_min FORCE_N
        CONVERSIONS_count CRC_ERROR_chips LOST_CHIPS_bits REFERENCE_error BROWN_OUT_seen CURRENT_count VOLTAGES_count
        INPUTS_count NEGATIVE_POLE_mV POSITIVE_POLE_mV"""
    assert [getattr(S, name) for name in scalars.split()] == list(range(S.SCALARS))
    channels = """GROUPS STACKS PROBES CURRENT VOLTAGES INPUTS ENVIRONMENT CHAIN CURRENT_B CLOCK GROUPS_HEARD CURRENT_HEARD
        ROUND"""
    assert [getattr(S, name) for name in channels.split()] == [1 << k for k in range(13)]
    assert [S.OK, S.NOT_READY, S.OPEN_WIRE, S.CRC_ERROR, S.OUT_OF_RANGE] == [0, 1, 2, 3, 4]
    assert [S.NEGATIVE, S.PRECHARGE, S.POSITIVE, S.AUXILIARY] == [1, 2, 4, 8]


def test_the_place_of_a_value_is_its_last_and_the_first_where_it_is_nowhere() -> None:
    values = array("i", [7, -3, 7, 1 << 28, -(1 << 28), -3, 0])
    for wanted in set(values):
        assert S.index_of(values, len(values), wanted) == last(values, wanted)
    assert S.index_of(values, 5, -3) == 1
    assert S.index_of(values, len(values), 99) == 0
