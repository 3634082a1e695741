"""Faults come in time and not before, name the right place, and stay or go as their row says; read from the table itself."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.monitor import NOWHERE, Monitor
from bms.schema import Pack

PACKS = (bench_24.PACK, ev_240.PACK)
CASES = [pytest.param(row, pack, id=f"{row.id}-{row.name}-{pack.name}") for row in F.TABLE for pack in PACKS]
# What a pack changes is the limit; where the limit is not what a test is about, the packs take turns.
TURNS = [pytest.param(row, PACKS[row.id % 2], id=f"{row.id}-{row.name}") for row in F.TABLE]
LATCHED = [turn for turn, row in zip(TURNS, F.TABLE) if row.latch]
UNLATCHED = [turn for turn in TURNS if turn not in LATCHED]
SHORT = [row for row in F.TABLE if row.after_ms <= 1000]
BETWEEN_ms = {S.PROBES: 100, S.ROUND: 100}  # two samples of a channel; of all others 10
ALL_NEW = (1 << 15) - 1  # every channel brought a new sample
Step = tuple[int, bool, int]  # excess, fresh, ms since the last tick


@functools.cache
def quiet(pack: Pack) -> list[tuple[int, int]]:
    """Each signal, and a value of it that is well inside the limits of all its rows."""
    found = []
    for (signal, sense), rows in itertools.groupby(F.TABLE, key=lambda row: (row.signal, row.sense)):
        found.append((signal, sense * min(sense * F.limit_of(row, pack) - row.release - 1 for row in rows)))
    return found


@dataclasses.dataclass
class Bench:
    """One monitor whose signals are set by hand; what is not set is quiet."""

    pack: Pack

    def __post_init__(self) -> None:
        self.signals = N.Signals()
        self.monitor = Monitor(self.pack, self.signals)
        for signal, value in quiet(self.pack):
            self.signals.value[signal] = value

    def show(self, row: F.Row, excess: int, fresh: bool = True, dt_ms: int = 10, where: int = 3) -> bool:
        """One tick in which the row's signal is so far beyond its limit. True when its fault stands."""
        self.signals.value[row.signal] = F.limit_of(row, self.pack) + row.sense * excess
        self.signals.where[row.signal] = where
        self.monitor.step(ALL_NEW if fresh else ALL_NEW & ~row.channel, dt_ms)
        active: bool = self.monitor.is_active(row.id)
        return active

    def shows(self, row: F.Row, excess: int, count: int, where: int = 3) -> list[bool]:
        """So many fresh samples, as far apart as pace_ms says: whether the fault stands after each."""
        pace = pace_ms(row)
        return [self.show(row, excess, dt_ms=pace, where=where) for _ in range(count)]

    def trip(self, row: F.Row, excess: int = 1) -> None:
        """Shows the excess until the fault stands."""
        assert self.shows(row, excess, needed(row))[-1], row.name

    def refuses(self, row: F.Row) -> bool:
        """Resets. Whether the row stands as it stood, and, where it trips, nothing else was reset either."""
        done = self.monitor.reset()
        return row.id in self.standing() and not (done and row.severity >= F.TRIP_AFTER_RAMP)

    def standing(self) -> set[int]:
        """Ids of all faults, bit by bit."""
        words = self.monitor.words
        return {16 * w + bit for w in range(len(words)) for bit in range(16) if words[w] >> bit & 1}

    def expected(self, row: F.Row, excess: int) -> set[int]:
        """Ids of the rows which a lasting excess of this one puts into excess."""
        value = F.limit_of(row, self.pack) + row.sense * excess
        sharing = [other for other in F.TABLE if other.signal == row.signal]
        return {other.id for other in sharing if (value - F.limit_of(other, self.pack)) * other.sense > 0}


def pace_ms(row: F.Row) -> int:
    """How far apart samples may come so that the row's time is met exactly, and soon."""
    fits = (pace for pace in (500, 250, 100) if row.after_ms % pace == 0 and row.after_ms >= 8 * pace)
    return next(fits, 10)


def needed(row: F.Row, dt_ms: int = 0) -> int:
    """Fresh samples in a row, so far apart (0: as pace_ms says), that make the fault."""
    pace = dt_ms if dt_ms else pace_ms(row)
    by_time: int = -(-row.after_ms // pace) + 1
    return max(int(row.samples), by_time)


def lasting(row: F.Row) -> int:
    """Fresh samples, as far apart as pace_ms says, after which every row of the same signal has made up its mind."""
    return max(needed(other, pace_ms(row)) for other in F.TABLE if other.signal == row.signal)


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
def test_a_lasting_excess_becomes_a_fault_in_time_and_not_before(row: F.Row, pack: Pack) -> None:
    """With samples as far apart as they come, three times as far, and as far as the row's time allows."""
    usual_ms = BETWEEN_ms.get(row.channel, 10)
    for dt_ms in {usual_ms, 3 * usual_ms, pace_ms(row)}:
        bench = Bench(pack)
        most = row.samples + row.after_ms // dt_ms + 2
        shown = next(k for k in range(1, most) if bench.show(row, 1, dt_ms=dt_ms))
        assert shown >= row.samples
        assert (shown - 1) * dt_ms >= row.after_ms
        assert shown == row.samples or (shown - 2) * dt_ms < row.after_ms
        if dt_ms == usual_ms:
            assert (shown - 1) * dt_ms <= row.budget_ms


@pytest.mark.parametrize(("row", "pack"), CASES)
def test_a_twin_just_inside_its_limit_never_becomes_a_fault(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    assert not any(bench.shows(row, 0, 2 * needed(row)))


@pytest.mark.parametrize(("row", "pack"), TURNS)
def test_an_excess_one_sample_or_one_tick_too_short_changes_nothing_however_often_it_comes(row: F.Row, pack: Pack) -> None:
    """One spike never trips, nor do spikes: diyBMS #210 and dbus-serialbattery #1046."""
    bench = Bench(pack)
    for _ in range(4):
        assert not any(bench.shows(row, 100_000, needed(row) - 1))
        assert not any(bench.shows(row, 0, 1))
    assert row.id not in bench.standing()


@pytest.mark.parametrize(("row", "pack"), TURNS)
def test_a_frozen_value_is_counted_once_however_long_it_stands(row: F.Row, pack: Pack) -> None:
    """foxBMS counts an old value again in every cycle."""
    bench = Bench(pack)
    active = bench.show(row, 1)
    assert active == (row.samples == 1 and row.after_ms == 0)
    for _ in range(2 * needed(row)):
        assert bench.show(row, 1, fresh=False, dt_ms=pace_ms(row)) == active


@pytest.mark.parametrize(("row", "pack"), TURNS)
def test_one_alarm_sets_one_bit_and_the_bit_is_its_id(row: F.Row, pack: Pack) -> None:
    """The bit leak of Battery-Emulator's 0x359."""
    bench = Bench(pack)
    bench.shows(row, 1, lasting(row))
    assert bench.standing() == bench.expected(row, 1)
    assert row.id in bench.standing()


@pytest.mark.parametrize(("row", "pack"), TURNS)
def test_the_first_cause_names_the_worst_row_and_its_place(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.shows(row, 1, lasting(row), where=7)
    worst = max(other.severity for other in F.TABLE if other.id in bench.standing())
    assert bench.monitor.severity == worst
    causes = {other.id: other.severity for other in F.TABLE if other.id in bench.standing()}
    assert causes[bench.monitor.first_cause] == worst
    assert bench.monitor.first_where == 7


@pytest.mark.parametrize(("row", "pack"), LATCHED)
def test_a_latched_fault_outlives_its_cause_until_a_reset_finds_it_gone(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    assert bench.refuses(row)
    assert all(bench.shows(row, -row.release, needed(row)))
    assert bench.monitor.reset()
    assert row.id not in bench.standing()
    assert row.severity != bench.monitor.severity or bench.standing()


@pytest.mark.parametrize(("row", "pack"), LATCHED)
def test_a_reset_is_refused_while_the_cause_stands_or_has_only_just_gone(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    if row.release:
        bench.shows(row, 1 - row.release, 2 * needed(row))
        assert bench.refuses(row)
    for k in range(needed(row)):
        assert bench.refuses(row), k
        bench.shows(row, -row.release, 1)
    for _ in range(10):
        bench.show(row, -row.release, fresh=False)
    assert bench.monitor.reset() or bench.standing() - {row.id}


@pytest.mark.parametrize(("row", "pack"), UNLATCHED)
def test_an_unlatched_fault_leaves_by_itself_only_beyond_its_hysteresis(row: F.Row, pack: Pack) -> None:
    bench = Bench(pack)
    bench.trip(row)
    if row.release:
        assert all(bench.shows(row, 1 - row.release, 2 * needed(row)))
    assert all(bench.shows(row, -row.release, needed(row) - 1))
    assert not any(bench.shows(row, -row.release, 1))


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
    bench.shows(second, -second.release, needed(second))
    if first.latch:
        assert bench.refuses(first)
        assert first.id in bench.standing()
        if first.severity >= F.TRIP_AFTER_RAMP:
            assert second.latch <= (second.id in bench.standing())
    assert before


@given(data=st.data(), row=st.sampled_from(SHORT), pack=st.sampled_from(PACKS))
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
        bench.monitor.reset()
        assert (row.id not in bench.standing()) == gone
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
        bench.shows(row, excess, needed(row), where=row.id)
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
