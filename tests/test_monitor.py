"""Faults come in time and not before, name the right place, and stay or go as their row says; read from the table itself."""

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import signals as N
from bms.safety.monitor import NOWHERE, Monitor
from bms.schema import Pack

PACKS = (bench_24.PACK, ev_240.PACK)
CASES = [pytest.param(row, pack, id=f"{row.id}-{row.name}-{pack.name}") for row in F.TABLE for pack in PACKS]
LATCHED = [case for case, row in zip(CASES, (row for row in F.TABLE for _ in PACKS)) if row.latch]
UNLATCHED = [case for case in CASES if case not in LATCHED]
ALL_NEW = (1 << 15) - 1  # every channel brought a new sample
Step = tuple[int, bool, int]  # excess, fresh, ms since the last tick


@dataclasses.dataclass
class Bench:
    """One monitor whose signals are set by hand; what is not set is quiet."""

    pack: Pack

    def __post_init__(self) -> None:
        self.signals = N.Signals()
        self.monitor = Monitor(self.pack, self.signals)
        for row in F.TABLE:
            rows = [other for other in F.TABLE if other.signal == row.signal]
            inside = [F.limit_of(other, self.pack) - row.sense * (other.release + 1) for other in rows]
            self.signals.value[row.signal] = min(inside) if row.sense > 0 else max(inside)

    def show(self, row: F.Row, excess: int, fresh: bool = True, dt_ms: int = 10, where: int = 3) -> bool:
        """One tick in which the row's signal is so far beyond its limit. True when its fault stands."""
        self.signals.value[row.signal] = F.limit_of(row, self.pack) + row.sense * excess
        self.signals.where[row.signal] = where
        self.monitor.step(ALL_NEW if fresh else ALL_NEW & ~row.channel, dt_ms)
        active: bool = self.monitor.is_active(row.id)
        return active

    def trip(self, row: F.Row, excess: int = 1) -> None:
        """Shows the excess until the fault stands."""
        for _ in range(2000):
            if self.show(row, excess):
                return
        raise AssertionError(row.name)

    def standing(self) -> set[int]:
        """Ids of all faults, bit by bit."""
        words = self.monitor.words
        return {16 * w + bit for w in range(len(words)) for bit in range(16) if words[w] >> bit & 1}

    def expected(self, row: F.Row, excess: int) -> set[int]:
        """Ids of the rows which a lasting excess of this one puts into excess."""
        value = F.limit_of(row, self.pack) + row.sense * excess
        sharing = [other for other in F.TABLE if other.signal == row.signal]
        return {other.id for other in sharing if (value - F.limit_of(other, self.pack)) * other.sense > 0}


def naive(row: F.Row, steps: list[Step]) -> Iterator[tuple[bool, bool]]:
    """The row's promise in plain words: whether the fault stands, and whether a reset would take it away."""
    active = False
    bad_ms: list[int] = []
    good_ms: list[int] = []
    now_ms = 0

    def enough(run_ms: list[int]) -> bool:
        return bool(len(run_ms) >= row.samples and run_ms[-1] - run_ms[0] >= row.after_ms)

    for excess, fresh, dt_ms in steps:
        now_ms += dt_ms
        if fresh and not active:
            bad_ms = [*bad_ms, now_ms] if excess > 0 else []
            active = enough(bad_ms)
            good_ms = []
        elif fresh:
            good_ms = [*good_ms, now_ms] if excess <= -row.release else []
            if not row.latch and enough(good_ms):
                active = False
                bad_ms = []
        yield active, active and enough(good_ms)


@pytest.mark.parametrize(("row", "pack"), CASES)
@pytest.mark.parametrize("dt_ms", [10, 30])
def test_a_lasting_excess_becomes_a_fault_in_time_and_not_before(row: F.Row, pack: Pack, dt_ms: int) -> None:
    bench = Bench(pack)
    shown = next(k for k in range(3000) if bench.show(row, 1, dt_ms=dt_ms)) + 1
    assert shown >= row.samples
    assert (shown - 1) * dt_ms >= row.after_ms
    assert shown == row.samples or (shown - 2) * dt_ms < row.after_ms
    if dt_ms == 10:
        assert (shown - 1) * dt_ms <= row.budget_ms


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_a_twin_just_inside_its_limit_never_becomes_a_fault(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    assert not any(bench.show(row, 0) for _ in range(400))


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_an_excess_one_sample_or_one_tick_too_short_changes_nothing_however_often_it_comes(row: F.Row, pack: Pack) -> None:
    """One spike never trips, nor do spikes: diyBMS #210 and dbus-serialbattery #1046."""
    needed = max(row.samples, -(-row.after_ms // 10) + 1)
    bench = Bench(pack)
    for _ in range(6):
        assert not any(bench.show(row, 100_000) for _ in range(needed - 1))
        assert not bench.show(row, 0)
    assert row.id not in bench.standing()


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_a_frozen_value_is_counted_once_however_long_it_stands(row: F.Row, pack: Pack) -> None:
    """foxBMS counts an old value again in every cycle."""
    bench = Bench(pack)
    active = bench.show(row, 1)
    assert active == (row.samples == 1 and row.after_ms == 0)
    for _ in range(500):
        assert bench.show(row, 1, fresh=False) == active


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_one_alarm_sets_one_bit_and_the_bit_is_its_id(row: F.Row, pack: Pack) -> None:
    """The bit leak of Battery-Emulator's 0x359."""
    bench = Bench(pack)
    for _ in range(300):
        bench.show(row, 1)
    assert bench.standing() == bench.expected(row, 1)
    assert row.id in bench.standing()


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_the_first_cause_names_the_worst_row_and_its_place(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    for _ in range(300):
        bench.show(row, 1, where=7)
    worst = max(other.severity for other in F.TABLE if other.id in bench.standing())
    assert bench.monitor.severity == worst
    causes = {other.id: other.severity for other in F.TABLE if other.id in bench.standing()}
    assert causes[bench.monitor.first_cause] == worst
    assert bench.monitor.first_where == 7


@pytest.mark.parametrize(("row", "pack"), LATCHED)
def test_a_latched_fault_outlives_its_cause_until_a_reset_finds_it_gone(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    assert not bench.monitor.reset()
    for _ in range(200):
        assert bench.show(row, -row.release if row.release else 0)
    assert bench.monitor.reset()
    assert row.id not in bench.standing()
    assert row.severity != bench.monitor.severity or bench.standing()


@pytest.mark.parametrize(("row", "pack"), LATCHED)
def test_a_reset_is_refused_while_the_cause_stands_or_has_only_just_gone(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    if row.release:
        for _ in range(300):
            bench.show(row, 1 - row.release)
        assert not bench.monitor.reset()
    needed = max(row.samples, -(-row.after_ms // 10) + 1)
    for k in range(needed):
        assert not bench.monitor.reset(), k
        bench.show(row, -row.release)
    for _ in range(50):
        bench.show(row, -row.release, fresh=False)
    assert bench.monitor.reset() or bench.standing() - {row.id}


@pytest.mark.parametrize(("row", "pack"), UNLATCHED)
def test_an_unlatched_fault_leaves_by_itself_only_beyond_its_hysteresis(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    if row.release:
        for _ in range(500):
            assert bench.show(row, 1 - row.release)
    needed = max(row.samples, -(-row.after_ms // 10) + 1)
    for k in range(needed - 1):
        assert bench.show(row, -row.release), k
    assert not bench.show(row, -row.release)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@given(first=st.sampled_from(F.TABLE), second=st.sampled_from(F.TABLE))
@settings(max_examples=100)
def test_no_reset_helps_while_any_cause_of_any_latched_fault_stands(pack: Pack, first: F.Row, second: F.Row) -> None:
    bench = Bench(pack)
    bench.trip(first)
    if first.signal == second.signal:
        return
    bench.trip(second)
    before = bench.standing()
    for _ in range(100):
        bench.show(second, -second.release)
    if first.latch:
        assert not bench.monitor.reset()
        assert first.id in bench.standing()
        assert second.latch <= (second.id in bench.standing())
    assert before


@given(data=st.data(), row=st.sampled_from(F.TABLE), pack=st.sampled_from(PACKS))
def test_any_sequence_of_samples_is_judged_as_the_plain_words_say(data: st.DataObject, row: F.Row, pack: Pack) -> None:
    """Excesses around zero and around the release line, fresh or not, in runs long enough to matter."""
    near = st.sampled_from([-row.release - 1, -row.release, 1 - row.release, 0, 1, 2])
    runs = data.draw(st.lists(st.tuples(near, st.booleans(), st.sampled_from([10, 20, 100]), st.integers(1, 40)), max_size=12))
    steps = [(excess, fresh, dt_ms) for excess, fresh, dt_ms, count in runs for _ in range(count)]
    bench = Bench(pack)
    active = gone = False
    for (excess, fresh, dt_ms), judged in zip(steps, naive(row, steps)):
        active, gone = judged
        assert bench.show(row, excess, fresh, dt_ms) == active
    sisters = bench.standing() - {row.id}
    if row.latch and steps and active and not sisters:
        assert bench.monitor.reset() == gone
    assert bench.monitor.severity == max((r.severity for r in F.TABLE if r.id in bench.standing()), default=0)


@given(data=st.data(), pack=st.sampled_from(PACKS))
def test_the_cause_on_the_wire_is_always_a_standing_fault_of_the_worst_severity(data: st.DataObject, pack: Pack) -> None:
    """Whatever comes, goes and is reset: none without a fault, never none with one."""
    bench = Bench(pack)
    chosen = data.draw(st.lists(st.sampled_from(F.TABLE), min_size=1, max_size=3, unique_by=lambda row: row.signal))
    severities = {row.id: row.severity for row in F.TABLE}
    for _ in range(data.draw(st.integers(1, 8))):
        row = data.draw(st.sampled_from(chosen))
        excess = data.draw(st.sampled_from([1, -row.release]))
        for _ in range(60):
            bench.show(row, excess, where=row.id)
        if data.draw(st.booleans()):
            bench.monitor.reset()
        standing = bench.standing()
        monitor = bench.monitor
        assert monitor.severity == max((severities[number] for number in standing), default=0)
        if standing:
            assert monitor.first_cause in standing
            assert severities[monitor.first_cause] == monitor.severity
        else:
            assert monitor.first_cause == 0
            assert monitor.first_where == NOWHERE


def test_ids_are_unique_fit_their_room_and_every_row_can_be_met_in_its_budget() -> None:
    ids = [row.id for row in F.TABLE]
    assert len(set(ids)) == len(ids)
    assert all(0 < number < F.ROOM for number in ids)
    assert len({row.name for row in F.TABLE}) == len(ids)
    for row in F.TABLE:
        assert row.after_ms <= row.budget_ms
        assert row.severity in (F.INFO, F.WARNING, F.DERATE, F.TRIP_AFTER_RAMP, F.TRIP_NOW)
        assert row.latch or row.severity < F.TRIP_AFTER_RAMP
        assert row.sense in (1, -1)
        assert 0 <= row.signal < N.SIGNALS
