"""The monitor over a small table agrees, tick by tick, with its promises in plain words: words, worst, first cause, reset."""

import dataclasses
import random
from array import array
from typing import Any

import pytest

from bms.packs import bench_24
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety.monitor import NOWHERE, Monitor, next_signal
from bms.safety.standin import KINDS
from bms.schema import PACK_FIELDS, Pack, replaced

ALL_NEW = 0x1FFF


def row(number: int, signal: int, severity: int, **more: Any) -> F.Row:
    """One row; what is not said is the simplest."""
    plain: dict[str, Any] = {
        "id": number,
        "name": f"row_{number}",
        "severity": severity,
        "signal": signal,
        "channel": 1,
        "sense": 1,
        "limit": 100,
        "release": 0,
        "samples": 1,
        "after_ms": 0,
        "latch": False,
        "goal": "SG-0",
        "budget_ms": 100,
        "what": "",
    }
    return F.Row(**{**plain, **more})


TABLE = (
    row(15, 0, F.INFO, samples=3),
    row(16, 0, F.TRIP_AFTER_RAMP, limit=104, samples=2, after_ms=50, latch=True, release=3),
    row(1, 2, F.DERATE, sense=-1, limit=20, release=5, after_ms=30),
    row(127, 2, F.TRIP_NOW, sense=-1, limit=16, release=2, samples=2, latch=True),
    row(31, 3, F.WARNING, limit=-5, channel=3, samples=2, release=1),
    row(32, 3, F.WARNING, limit=-3, samples=2, after_ms=20),
    row(64, N.SIGNALS - 1, F.DERATE, limit=7, channel=512, samples=4, after_ms=100, release=2),
    row(80, N.SIGNALS - 1, F.TRIP_AFTER_RAMP, limit=9, channel=512, latch=True),
)
SIGNALS = sorted({one.signal for one in TABLE})


@dataclasses.dataclass
class Row:
    """What a row has seen."""

    row: F.Row
    active: bool = False
    bad_ms: list[int] = dataclasses.field(default_factory=list)
    good_ms: list[int] = dataclasses.field(default_factory=list)

    def enough(self, run_ms: list[int]) -> bool:
        """So many samples, over so long."""
        return bool(len(run_ms) >= self.row.samples and run_ms[-1] - run_ms[0] >= self.row.after_ms)

    def sample(self, value: int, now_ms: int) -> bool:
        """One fresh sample. Whether the fault came or went."""
        excess = (value - self.row.limit) * self.row.sense
        if not self.active:
            self.bad_ms = [*self.bad_ms, now_ms] if excess > 0 else []
            self.active = self.enough(self.bad_ms)
            self.good_ms = []
            return self.active
        self.good_ms = [*self.good_ms, now_ms] if excess <= -self.row.release else []
        if not self.row.latch and self.enough(self.good_ms):
            self.active, self.bad_ms = False, []
            return True
        return False


class Plain:
    """All rows, and the cause. `weights`: severities by fault id where they are not the table's."""

    def __init__(self, table: tuple[F.Row, ...] = TABLE) -> None:
        self.rows = [Row(one) for one in table]
        self.weights: dict[int, int] = {}
        self.now_ms = 0
        self.cause: tuple[int, int, int] = (0, 0, NOWHERE)  # severity, id, where

    def active(self) -> list[F.Row]:
        return [one.row for one in self.rows if one.active]

    def weight(self, one: F.Row) -> int:
        return int(self.weights.get(one.id, one.severity))

    def worst(self) -> int:
        return max((self.weight(one) for one in self.active()), default=0)

    def settle(self, where: Any) -> None:
        """A trip stays the cause until it is reset; else it is the first of the worst that stand."""
        severity, number, _ = self.cause
        stands = any(one.id == number for one in self.active())
        if severity >= F.TRIP_AFTER_RAMP or (stands and severity == self.worst()):
            return
        first = next((one for one in self.active() if self.weight(one) == self.worst()), None)
        self.cause = (self.weight(first), first.id, where[first.signal]) if first else (0, 0, NOWHERE)

    def tick(self, values: Any, where: Any, bits: int, dt_ms: int) -> None:
        if self.seen(values, where, bits, dt_ms):
            self.settle(where)

    def seen(self, values: Any, where: Any, bits: int, dt_ms: int) -> bool:
        """Whether a fault came or went."""
        self.now_ms += dt_ms
        changed = False
        for one in self.rows:
            if bits & one.row.channel == one.row.channel:
                came = not one.active
                if one.sample(values[one.row.signal], self.now_ms):
                    changed = True
                    if came and self.weight(one.row) > self.cause[0]:
                        self.cause = (self.weight(one.row), one.row.id, where[one.row.signal])
        return changed

    def reset(self, where: Any) -> bool:
        latched = [one for one in self.rows if one.active and one.row.latch]
        gone = [one for one in latched if one.good_ms and one.enough(one.good_ms)]
        if any(one not in gone and self.weight(one.row) >= F.TRIP_AFTER_RAMP for one in latched):
            return False
        for one in gone:
            one.active, one.bad_ms = False, []
        self.cause = (0, 0, NOWHERE)
        self.settle(where)
        return True


class Both:
    """The monitor and the plain words, shown the same."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(F, "TABLE", TABLE)
        self.signals = N.Signals()
        self.quiet()
        self.monitor = Monitor(bench_24.PACK, self.signals)
        self.plain = Plain()

    def quiet(self) -> None:
        for signal, value in zip(SIGNALS, (0, 50, -50, -50)):
            self.signals.value[signal] = value

    def tick(self, bits: int = ALL_NEW, dt_ms: int = 10) -> None:
        said = self.monitor.step(bits, dt_ms)
        self.plain.tick(self.signals.value, self.signals.where, bits, dt_ms)
        assert said == self.monitor.severity
        self.compare()

    def reset(self) -> None:
        assert self.monitor.reset() == self.plain.reset(self.signals.where)
        self.compare()

    def compare(self) -> None:
        monitor, plain = self.monitor, self.plain
        standing = {16 * w + bit for w, word in enumerate(monitor.words) for bit in range(16) if word >> bit & 1}
        assert standing == {one.id for one in plain.active()}
        assert all(monitor.is_active(one.id) is (one.id in standing) for one in TABLE)
        assert monitor.severity == plain.worst()
        assert (monitor.first_severity, monitor.first_cause, monitor.first_where) == plain.cause


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_signals_do_the_monitor_says_what_the_plain_words_say(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    both = Both(monkeypatch)
    edges = {s: sorted({one.limit + d for one in TABLE if one.signal == s for d in range(-6, 7)}) for s in SIGNALS}
    for _ in range(200):
        for signal in SIGNALS:
            if dice.random() < 0.15:
                both.signals.value[signal] = dice.choice(edges[signal])
            both.signals.where[signal] = dice.randrange(200)
        bits = ALL_NEW if dice.random() < 0.7 else dice.choice([0, 1, 2, 3, 512, ALL_NEW & ~1])
        for _ in range(dice.choice([1, 1, 2, 7])):
            both.tick(bits, dice.choice([10, 10, 9, 1, 40]))
        if dice.random() < 0.1:
            both.quiet()
            for _ in range(dice.choice([1, 6, 30])):
                both.tick()
        if dice.random() < 0.3:
            both.reset()


def test_time_that_is_counted_stands_at_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that takes 60 000 ms comes, however long nothing is sampled, and no count runs over."""
    slow = (row(5, 0, F.TRIP_NOW, samples=2, after_ms=60_000, latch=True), row(6, 0, F.INFO, samples=2, after_ms=60_001))
    monkeypatch.setattr(F, "TABLE", slow)
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    signals.value[0] = 101
    monitor.step(ALL_NEW, 10)
    for _ in range(3):
        monitor.step(0, 1 << 28)
    assert monitor.severity == 0
    monitor.step(ALL_NEW, 10)
    assert monitor.severity == F.TRIP_NOW
    assert not monitor.is_active(6), "what needs longer than is counted never comes"


def test_however_long_a_cause_is_gone_no_count_runs_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", (row(5, 0, F.TRIP_NOW, latch=True), row(6, 0, F.INFO, limit=200)))
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    signals.value[0] = 101
    monitor.step(ALL_NEW, 10)
    signals.value[0] = 0
    monitor.step(ALL_NEW, 10)
    monitor._count[0] = 32_760  # as after minutes
    for _ in range(20):
        monitor.step(ALL_NEW, 10)
    assert monitor.reset()


def test_a_sample_at_the_limit_is_inside_it_and_begins_the_debounce_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", (row(5, 0, F.TRIP_NOW, samples=3), row(6, 1, F.INFO, sense=-1, samples=3)))
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    for beyond in (1, 1, 0, 1, 1):
        signals.value[0], signals.value[1] = 100 + beyond, 100 - beyond
        assert monitor.step(ALL_NEW, 10) == 0
    assert monitor.step(ALL_NEW, 10) == F.TRIP_NOW
    assert monitor.is_active(6)


def test_a_low_value_is_beyond_its_limit_however_far_below_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that is reversed by more than its lowest voltage."""
    for mV in (2499, 0, -1, -2501, -5000, -(1 << 28)):
        monkeypatch.setattr(F, "TABLE", (row(4, 1, F.TRIP_NOW, sense=-1, limit=2500),))
        signals = N.Signals()
        monitor = Monitor(bench_24.PACK, signals)
        signals.value[1] = mV
        assert monitor.step(ALL_NEW, 10) == F.TRIP_NOW


def test_what_tripped_again_after_a_reset_must_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", (row(5, 0, F.TRIP_NOW, latch=True),))
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    for _ in range(3):
        signals.value[0] = 101
        monitor.step(ALL_NEW, 10)
        assert not monitor.reset()
        signals.value[0] = 0
        monitor.step(ALL_NEW, 10)
        assert monitor.reset()


def test_after_a_reset_the_cause_is_the_first_of_the_worst_that_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", (row(7, 0, F.INFO), row(8, 1, F.INFO)))
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    signals.where[0], signals.where[1] = 4, 5
    for signal in (1, 0):
        signals.value[signal] = 101
        monitor.step(ALL_NEW, 10)
        assert (monitor.first_severity, monitor.first_cause, monitor.first_where) == (F.INFO, 8, 5)
    assert monitor.reset()
    assert (monitor.first_severity, monitor.first_cause, monitor.first_where) == (F.INFO, 7, 4)


def test_a_monitor_that_has_seen_nothing_names_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Both(monkeypatch)
    both.compare()
    assert NOWHERE == 255
    assert len(both.monitor.words) == 8
    assert both.monitor._new_bits == 0
    for state in (both.monitor._state, both.monitor._count, both.monitor._time_ms, both.monitor._gone, both.monitor._busy):
        assert not any(state)


@pytest.mark.parametrize(
    "table",
    [
        (row(1, 3, F.INFO), row(2, 2, F.INFO)),
        (row(1, 2, F.INFO), row(2, 2, F.INFO, sense=-1)),
        (row(1, 2, F.INFO, sense=-1), row(2, 3, F.INFO), row(3, 3, F.INFO, sense=-1)),
    ],
)
def test_rows_out_of_the_order_of_their_signals_or_with_two_senses_are_refused_by_name(
    table: tuple[F.Row, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(F, "TABLE", table)
    with pytest.raises(ValueError, match=table[-1].name):
        Monitor(bench_24.PACK, N.Signals())


def test_rows_of_different_senses_may_look_at_neighbouring_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", (row(1, 2, F.INFO, sense=-1), row(2, 3, F.INFO)))
    Monitor(bench_24.PACK, N.Signals())


@pytest.mark.parametrize("flip", [0, -1])
def test_the_next_signal_is_the_first_beyond_its_limit_or_busy(flip: int) -> None:
    """`flip` -1: low values are bad. The limit itself is inside."""
    sense = -1 if flip else 1
    for limit in (-(1 << 28), -5, 0, 5, 1 << 28):
        for excess in (-(1 << 28), -1, 0, 1, 1 << 28):
            values = array("i", [limit + sense * excess] * 3)
            found = next_signal(values, array("i", [limit ^ flip] * 3), array("i", [flip] * 3), bytearray(3), 1, 3)
            assert found == (1 if excess > 0 else 3)
    quiet = array("i", [0] * 3)
    for busy in (1, 2, 3):
        assert next_signal(quiet, array("i", [9] * 3), quiet, bytearray([9, 0, busy]), 1, 3) == 2
        assert next_signal(quiet, array("i", [9] * 3), quiet, bytearray([9, 0, busy]), 1, 2) == 2


SERVING = (
    row(9, 0, F.INFO),
    row(40, 1, F.TRIP_NOW, name="group_voltage_stale", latch=True, samples=2, release=2),
    row(41, 1, F.TRIP_AFTER_RAMP, name="stack_voltage_stale", limit=102, release=3, after_ms=20),
    row(42, 2, F.TRIP_NOW, name="crash", sense=-1),
    row(43, 3, F.TRIP_AFTER_RAMP, name="current_stale", latch=True, channel=8),
    row(44, 4, F.TRIP_NOW, name="link_lost", latch=True),
)
PRIORITY = (
    ("current_stale", F.WARNING),
    ("link_lost", F.DERATE),
    ("group_voltage_stale", F.WARNING),
    ("stack_voltage_stale", F.INFO),
)
KIND = {40: KINDS["group_voltage_stale"], 41: KINDS["stack_voltage_stale"], 43: KINDS["current_stale"], 44: 0}


def serving_pack(priority: tuple[tuple[str, int], ...]) -> Pack:
    return replaced(Pack, PACK_FIELDS, bench_24.PACK, priority=priority)


class Drive:
    """What the monitor may know of the machine."""

    def __init__(self) -> None:
        self.state = M.STANDBY
        self.drove = self.barred = False


class Deputy:
    """Stands in for anything but what it `refuses`."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses
        self.taken: list[tuple[int, int, object]] = []
        self.lost = 0
        self.sound = True
        self.released = 0

    def take(self, kind: int, place: int, snap: object) -> None:
        self.taken.append((kind, place, snap))
        self.lost |= kind
        if kind == self.refuses:
            self.sound = False

    def release(self) -> None:
        self.released += 1
        self.lost, self.sound = 0, True


class Service:
    """A monitor and the plain words, while the pack does or does not serve what it is for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refuses: int) -> None:
        monkeypatch.setattr(F, "TABLE", SERVING)
        self.signals = N.Signals()
        self.calm()
        self.snap = object()
        self.machine, self.deputy = Drive(), Deputy(refuses)
        self.monitor = Monitor(serving_pack(PRIORITY), self.signals)
        self.monitor.serve(self.machine, self.deputy, self.snap)  # type: ignore[arg-type]
        self.plain = Plain(SERVING)
        self.rows = {one.row.name: one for one in self.plain.rows}
        self.other = Deputy(refuses)
        self.serves = self.barred = False

    def calm(self) -> None:
        """One fault always stands, so that the monitor always looks."""
        for signal, value in enumerate((101, 50, 150, 50, 50)):
            self.signals.value[signal] = value

    def weigh(self) -> bool:
        """Whether the pack serves anew, or no more."""
        state, other = self.machine.state, self.other
        drives = state == M.DRIVE or (state == M.OPENING and self.machine.drove)
        if not drives and (other.lost or not other.sound):
            other.release()
        was, self.serves = self.serves, drives and other.sound
        self.plain.weights = {self.rows[name].row.id: eased for name, eased in PRIORITY} if self.serves else {}
        return was is not self.serves

    def tick(self, bits: int, dt_ms: int) -> None:
        changed = self.weigh()
        changed |= self.plain.seen(self.signals.value, self.signals.where, bits, dt_ms)
        barred = self.machine.barred
        if changed:
            if self.serves:
                for name, _ in PRIORITY:
                    one = self.rows[name]
                    barred |= one.active
                    kind = KIND[one.row.id]
                    if one.active and not one.good_ms and kind:
                        self.other.take(kind, self.signals.where[one.row.signal], self.snap)
                self.weigh()
            self.plain.settle(self.signals.where)
        assert self.monitor.step(bits, dt_ms) == self.plain.worst()
        assert self.machine.barred is barred
        assert vars(self.deputy) == vars(self.other)
        monitor = self.monitor
        assert (monitor.first_severity, monitor.first_cause, monitor.first_where) == self.plain.cause


@pytest.mark.parametrize("refuses", [0, KINDS["current_stale"], KINDS["group_voltage_stale"]])
@pytest.mark.parametrize("seed", range(3))
def test_while_the_pack_serves_its_priority_weighs_bars_charge_and_has_what_is_lost_stood_in_for(
    seed: int, refuses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    both = Service(monkeypatch, refuses)
    for _ in range(150):
        both.signals.where[dice.randrange(1, 5)] = dice.randrange(200)
        if dice.random() < 0.25:
            both.machine.state = dice.choice([M.DRIVE, M.DRIVE, M.OPENING, dice.randrange(8)])
            both.machine.drove = dice.random() < 0.5
        if dice.random() < 0.3:
            both.machine.barred = False
        signal = dice.randrange(1, 5)
        both.signals.value[signal] = dice.randrange(94, 107)
        for _ in range(dice.choice([1, 1, 3])):
            both.tick(ALL_NEW if dice.random() < 0.8 else 1, 10)
        if dice.random() < 0.2:
            both.calm()
            for _ in range(dice.choice([1, 4])):
                both.tick(ALL_NEW, 10)
        if dice.random() < 0.2:
            assert both.monitor.reset() == both.plain.reset(both.signals.where)


def test_a_pack_without_priority_asks_neither_whether_it_drives_nor_for_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "TABLE", SERVING)
    signals = N.Signals()
    monitor = Monitor(bench_24.PACK, signals)
    monitor.serve(None, None, None)  # type: ignore[arg-type]
    signals.value[4] = 101
    assert monitor.step(ALL_NEW, 10) == F.TRIP_NOW


def test_until_it_is_known_whether_a_pack_serves_its_priority_weighs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Service(monkeypatch, 0)
    monitor = Monitor(serving_pack(PRIORITY), both.signals)
    before = set(vars(monitor))
    both.signals.value[4] = 101
    assert monitor.step(ALL_NEW, 10) == F.TRIP_NOW
    monitor.serve(both.machine, both.deputy, both.snap)  # type: ignore[arg-type]
    assert set(vars(monitor)) == before


def test_one_row_of_priority_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Service(monkeypatch, 0)
    monitor = Monitor(serving_pack((("link_lost", F.DERATE),)), both.signals)
    monitor.serve(both.machine, both.deputy, both.snap)  # type: ignore[arg-type]
    both.machine.state = M.DRIVE
    both.signals.value[4] = 101
    assert monitor.step(ALL_NEW, 10) == F.DERATE


def test_a_priority_for_a_fault_that_is_not_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no fault rubbish"):
        Monitor(serving_pack((("crash", F.INFO), ("rubbish", F.INFO))), N.Signals())
