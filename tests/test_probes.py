"""Probes: how they move, stand apart and stand still, against models that keep every reading; and what is wrong with a wire."""

import statistics
import subprocess
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.probes import Probes
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, replaced
from tests.provoke import in_state, zero
from tests.small_int import SmallArray, SmallInt

PERIOD_ms = 100
WINDOW_rounds = 20
SPREAD_K = 3.0  # declared by every pack here, as the next two are
ERROR_K = 1.0 + 4 * 0.05 + 0.1
NOISE_K = 2 * (4 * 0.05 + 0.1)
FAULT_K = 12.0
HOTTEST_degC = 85.0
MOVED_K = 3.0
NEXT = 7  # sisters that a probe is compared with


def _bench(**changes: Any) -> Pack:
    made = replaced(Pack, PACK_FIELDS, bench_24.PACK, **changes)
    assert isinstance(made, Pack)
    return made


MIXED = _bench(name="mixed", stacks=4, probe_stack=(2, 0, 1, 2, 0, 2, 1, 2, 2))  # 2, 2, 5 and none
LONE = _bench(name="lone", stacks=3, probe_stack=(0, 1, 2))
MANY = _bench(name="many", stacks=3, probe_stack=tuple(k % 3 for k in range(64)))
ONE_STACK = _bench(name="one_stack", probe_stack=(0,) * 64)
PACKS = (bench_24.PACK, ev_240.PACK, MIXED, LONE, MANY, ONE_STACK)


class Fallen:
    """In place of the comparison of groups: one layer has fallen so far."""

    resting_s = 0
    allowed_mV = 0
    lost_mV = 0
    fallen_group = 0


class Heard:
    """A snapshot, and the watcher of the probes behind it."""

    def __init__(self, pack: Pack, layer_mV: int = 3600) -> None:
        self.pack, self.snap, self.signals, self.fallen = pack, Snapshot(pack), Signals(), Fallen()
        self.probes = Probes(pack, self.signals)
        for s in range(pack.stacks):
            for g in range(len(pack.taps)):
                self.snap.group_mV[s * len(pack.taps) + g] = layer_mV * pack.taps[g]
        self.history: list[list[int]] = []

    def tick(self, ddegC: dict[int, int], reasons: dict[int, int] | None = None) -> None:
        """One tick in which these probes came, and these reasons for there being no value."""
        snap = self.snap
        snap.fresh_bits = S.PROBES if ddegC else 0
        snap.bad_bits = S.PROBES if reasons else 0
        for i, value in ddegC.items():
            snap.probe_ddegC[i], snap.probe_age_ms[i], snap.probe_reason[i] = value, 0, 0
        for i, reason in (reasons or {}).items():
            snap.probe_reason[i] = reason
        new = snap.summarise(10)
        if (new | snap.bad_bits) & S.PROBES:
            self.probes.step(snap, self.fallen)  # type: ignore[arg-type]

    def round(self, ddegC: list[int]) -> None:
        """All probes in one tick, and nothing in the next nine."""
        self.tick(dict(enumerate(ddegC)))
        self.history.append(ddegC)
        for _ in range(9):
            self.tick({})

    def __getitem__(self, signal: int) -> int:
        return self.signals.value[signal]

    def where(self, signal: int) -> int:
        return self.signals.where[signal]


class World(NamedTuple):
    """Temperatures of every round."""

    pack: Pack
    rounds: list[list[int]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Probes that wander, jump or stand still, near the end of the discharge window or far from it."""
    pack = draw(st.sampled_from(PACKS))
    n = len(pack.probe_stack)
    random = Random(draw(st.integers(0, 1 << 30)))
    base = draw(st.sampled_from([-400, 0, 250, 800]))
    step = draw(st.sampled_from([0, 1, 3, 20]))
    drift = draw(st.sampled_from([-3, 0, 1, 2]))
    stuck = draw(st.sets(st.integers(0, n - 1), max_size=3))
    rounds = [[base + random.randint(-20, 20) for _ in range(n)]]
    for _ in range(draw(st.integers(1, 60))):
        rounds.append([v if i in stuck else v + drift + random.randint(-step, step) for i, v in enumerate(rounds[-1])])
    return World(pack, rounds)


def rises_K(history: list[list[int]]) -> list[float]:
    """What each probe has gained in two seconds."""
    if len(history) <= WINDOW_rounds:
        return [0.0] * len(history[0])
    return [(now - then) / 10 for now, then in zip(history[-1], history[-1 - WINDOW_rounds])]


def frozen_ms(pack: Pack, history: list[list[int]]) -> dict[int, int]:
    """How long each probe has repeated one value since one of its sisters left the noise, and is far away now."""
    found = {}
    for i, stack in enumerate(pack.probe_stack):
        same = [k for k, other in enumerate(pack.probe_stack) if other == stack]
        at = same.index(i)
        sisters = [same[(at + k) % len(same)] for k in range(1, min(len(same), NEXT + 1))]
        first = len(history) - 1
        while first and history[first - 1][i] == history[-1][i]:
            first -= 1
        gone = 0
        away_K = 0.0
        for row in history[first:]:
            away_K = max([abs(row[j] - history[first][j]) / 10 for j in sisters], default=0.0)
            gone = gone + 1 if away_K > NOISE_K + 1e-9 else 0
        found[i] = gone * PERIOD_ms if away_K >= MOVED_K else 0
    return found


@settings(max_examples=60)
@given(world=worlds())
def test_rise_gradient_and_stillness_are_those_of_a_model_that_keeps_every_reading(world: World) -> None:
    heard = Heard(world.pack)
    for row in world.rounds:
        heard.round(row)
        gained_K = rises_K(heard.history)
        assert heard[N.RISE_ddegC] == max(0, round(max(gained_K) * 10))
        if heard[N.RISE_ddegC] > 0:
            assert gained_K[heard.where(N.RISE_ddegC)] == max(gained_K)
        spans = _of_stacks(world.pack, row)
        widest = max((max(span) - min(span) for span in spans.values()), default=0) / 10
        told_K = heard[N.GRADIENT_ddegC] / 10
        if widest + 2 * ERROR_K > FAULT_K:
            assert told_K >= widest + 2 * ERROR_K - 1e-9, "never less than it may be"
        assert max(widest, SPREAD_K) - 1e-9 <= told_K <= max(widest + 2 * ERROR_K + 0.2, SPREAD_K) + 1e-9
        if widest + 2 * ERROR_K + 0.2 < FAULT_K:
            assert told_K == max(widest, SPREAD_K)
        if widest > SPREAD_K:
            span = spans[heard.where(N.GRADIENT_ddegC)]
            assert (max(span) - min(span)) / 10 == widest
        still = frozen_ms(world.pack, heard.history)
        assert heard[N.PROBE_FROZEN_ms] == max(still.values())
        if heard[N.PROBE_FROZEN_ms]:
            assert still[heard.where(N.PROBE_FROZEN_ms)] == max(still.values())


def _of_stacks(pack: Pack, row: list[int]) -> dict[int, list[int]]:
    spans: dict[int, list[int]] = {}
    for stack, value in zip(pack.probe_stack, row):
        spans.setdefault(stack, []).append(value)
    return spans


@given(world=worlds())
def test_the_odd_probe_is_the_one_farthest_from_the_median_of_its_stack(world: World) -> None:
    heard = Heard(world.pack)
    for row in world.rounds[:5]:
        heard.round(row)
        beyond = {}
        for i, stack in enumerate(world.pack.probe_stack):
            others = _of_stacks(world.pack, row)[stack]
            middle = statistics.median(others) if len(others) > 2 else min(others)
            beyond[i] = abs(row[i] - middle) / 10 - 2 * ERROR_K - SPREAD_K
        told_K = heard[N.PROBE_ODD_ddegC] / 10
        assert max(beyond.values()) - 0.26 <= told_K <= max(beyond.values()) + 0.06, "errors are whole tenths, rounded up"
        if told_K > 0:
            assert beyond[heard.where(N.PROBE_ODD_ddegC)] >= max(beyond.values()) - 0.06


@given(world=worlds(), fallen=st.booleans(), data=st.data())
def test_what_runs_away_is_hot_or_in_a_stack_that_has_lost_its_voltage_and_rises(
    world: World, fallen: bool, data: st.DataObject
) -> None:
    layer_mV = 3600
    group = data.draw(st.integers(0, world.pack.stacks * len(world.pack.taps) - 1))
    heard = Heard(world.pack, layer_mV)
    heard.fallen.fallen_group = group
    heard.fallen.lost_mV = layer_mV // 4 + (1 if fallen else 0)
    for row in world.rounds:
        heard.round(row)
        gained_K = rises_K(heard.history)
        worst_K = 0.0
        for i, stack in enumerate(world.pack.probe_stack):
            hot = row[i] / 10 + ERROR_K + 0.1 >= HOTTEST_degC - 1e-9
            if hot or (fallen and stack == group // len(world.pack.taps)):
                worst_K = max(worst_K, gained_K[i])
        assert heard[N.RUNAWAY_ddegC] == (round((worst_K + NOISE_K) * 10) if worst_K > 0 else 0)


@given(world=worlds(), which=st.integers(0, 63), more_ddegC=st.integers(0, 300))
def test_a_hotter_probe_never_gives_a_smaller_rise(world: World, which: int, more_ddegC: int) -> None:
    one, other = Heard(world.pack), Heard(world.pack)
    one.fallen.lost_mV = other.fallen.lost_mV = 3600
    for row in world.rounds[:-1]:
        one.round(row)
        other.round(row)
    one.round(world.rounds[-1])
    which %= len(world.pack.probe_stack)
    other.round([v + (more_ddegC if i == which else 0) for i, v in enumerate(world.rounds[-1])])
    assert other[N.RISE_ddegC] >= one[N.RISE_ddegC]
    assert other[N.RUNAWAY_ddegC] >= one[N.RUNAWAY_ddegC]


@given(row=st.lists(st.integers(-400, 1200), min_size=9, max_size=9), which=st.integers(0, 8))
def test_a_probe_more_never_makes_a_difference_smaller(row: list[int], which: int) -> None:
    """The stack of the probe that is taken away had it or not: less is never known of a stack that has more probes."""
    stacks = MIXED.probe_stack[:which] + MIXED.probe_stack[which + 1 :]
    fewer = Heard(_bench(name="fewer", stacks=4, probe_stack=stacks))
    more = Heard(MIXED)
    fewer.round(row[:which] + row[which + 1 :])
    more.round(row)
    assert more[N.GRADIENT_ddegC] >= fewer[N.GRADIENT_ddegC] >= SPREAD_K * 10


@pytest.mark.parametrize("period_ms", [10, 30, 50, 100, 150, 700, 1000, 3000])
def test_however_often_probes_come_a_kelvin_a_second_is_never_taken_for_less(period_ms: int) -> None:
    values = {name: getattr(bench_24.PACK.probe_sensor, name) for name in SENSOR_FIELDS} | {"period_ms": period_ms}
    heard = Heard(_bench(name="other", probe_sensor=Sensor(**values)))
    for now_ms in range(0, 15_000, 10):
        due = now_ms % period_ms == 0
        heard.tick(dict.fromkeys(range(8), 250 + now_ms // 100) if due else {})
    assert 20 <= heard[N.RISE_ddegC] <= 20 + 10 * max(period_ms, 100) / 1000


@given(
    seed=st.integers(0, 1 << 30),
    first=st.sets(st.integers(0, 7), min_size=1, max_size=7),
    later_ticks=st.integers(1, 9),
)
def test_probes_that_come_one_tick_after_another_are_one_round(seed: int, first: set[int], later_ticks: int) -> None:
    random = Random(seed)
    heard, split = Heard(bench_24.PACK), Heard(bench_24.PACK)
    row = [250] * 8
    for _ in range(60):
        row = [v + random.randint(-1, 3) for v in row]
        heard.round(row)
        for k in range(10):
            came = first if k == 0 else set(range(8)) - first if k == later_ticks else set()
            split.tick({i: row[i] for i in came})
        signals = (N.RISE_ddegC, N.PROBE_FROZEN_ms, N.GRADIENT_ddegC, N.PROBE_ODD_ddegC)
        assert [split[signal] for signal in signals] == [heard[signal] for signal in signals]


def test_nothing_is_said_until_all_probes_have_been_heard_and_two_seconds_have_gone_by() -> None:
    heard = Heard(bench_24.PACK)
    for k in range(40):
        heard.tick(dict.fromkeys(range(7), 250 + 10 * k), {7: S.NOT_READY})
        assert [heard[signal] for signal in range(N.PROBE_WIRE_open, N.RUNAWAY_ddegC + 1)] == [0] * 7
    for k in range(WINDOW_rounds):
        heard.round([250 + 10 * k] * 8)
        assert heard[N.RISE_ddegC] == 0
    heard.round([250 + 10 * WINDOW_rounds] * 8)
    assert heard[N.RISE_ddegC] == 10 * WINDOW_rounds


def test_what_was_before_a_minute_of_silence_is_forgotten() -> None:
    heard = Heard(bench_24.PACK)
    for _ in range(30):
        heard.round([250] * 8)
    for _ in range(700):
        heard.tick(dict.fromkeys(range(7), 250), {7: S.CRC_ERROR})
        for _ in range(9):
            heard.tick({})
    for _ in range(WINDOW_rounds):
        heard.round([250] * 7 + [450])
        assert heard[N.RISE_ddegC] == heard[N.PROBE_FROZEN_ms] == 0


def test_two_probes_may_be_equal_for_hours_and_one_that_stands_still_for_hours_is_found_when_the_other_moves() -> None:
    heard = Heard(ev_240.PACK)
    rest = [250] * 18
    for k in range(20_000):
        heard.round([250, 250 + k // 100 % 3, *rest])
        assert heard[N.PROBE_FROZEN_ms] == 0
    for k in range(400):
        heard.round([250, 250 + min(k // 2, 35), *rest])
    assert 34_000 <= heard[N.PROBE_FROZEN_ms] <= 39_000
    assert heard.where(N.PROBE_FROZEN_ms) == 0
    heard.round([251, 285, *rest])
    assert heard[N.PROBE_FROZEN_ms] == 0


@pytest.mark.parametrize(("reason", "signal"), [(S.OPEN_WIRE, N.PROBE_WIRE_open), (S.OUT_OF_RANGE, N.PROBE_WIRE_short)])
@given(which=st.integers(0, 7), other=st.sampled_from([S.OK, S.NOT_READY, S.CRC_ERROR]))
def test_a_wire_is_told_where_it_is_and_while_it_is(reason: int, signal: int, which: int, other: int) -> None:
    heard = Heard(bench_24.PACK)
    heard.round([250] * 8)
    rest = {i: 250 for i in range(8) if i != which}
    heard.tick(rest, {which: reason})
    for _ in range(9):
        heard.tick({})
        assert heard[signal] == 1
    assert heard.where(signal) == which
    assert heard[N.PROBE_WIRE_open] + heard[N.PROBE_WIRE_short] == 1
    heard.tick(rest | ({} if other else {which: 250}), {which: other} if other else {})
    assert heard[N.PROBE_WIRE_open] + heard[N.PROBE_WIRE_short] == 0


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
@pytest.mark.parametrize(("reason", "number"), [(S.OPEN_WIRE, 46), (S.OUT_OF_RANGE, 47)])
def test_a_broken_wire_has_zero_limits_300_ms_after_its_first_bad_frame_and_one_bad_conversion_none(
    reason: int, number: int, pack: Pack
) -> None:
    for bad_ms, trips in ((400, True), (100, False)):
        app, board = in_state(pack, M.DRIVE)
        for now_ms in range(0, 600, 10):
            board.probe_reason[3] = reason if now_ms < bad_ms else 0
            app.tick()
            if trips and now_ms >= 300:
                assert zero(board)
        assert app.monitor.is_active(number) == trips
        assert (app.machine.state == M.DRIVE) != trips


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
@pytest.mark.parametrize("spike_ddegC", [-500, -100, 100, 700])
def test_one_reading_far_off_is_no_fault(pack: Pack, spike_ddegC: int) -> None:
    app, board = in_state(pack, M.DRIVE)
    for k in range(600):
        board.probe_ddegC[2] = 250 + (spike_ddegC if k < 10 else 0)
        app.tick()
        assert app.monitor.severity == 0
    assert not zero(board)


class Ramp(NamedTuple):
    """A probe's way: where it begins, how fast it rises, and what its sensor errs from sample to sample."""

    start_degC: float
    rate_K_s: float
    noise_K: float


def first_open_ms(
    ramp: Ramp, seed: int, lost_mV: int = 0, runs_ms: int = 12_000, pack: Pack = bench_24.PACK, load_mA: int = 0
) -> int:
    """When row 90 has the contactors of a driving pack open, where a layer has lost so much; -1 if it does not."""
    random = Random(seed)
    app, board = in_state(pack, M.DRIVE)
    board.load_mA = load_mA
    board.group_mV[-1] -= lost_mV
    for now_ms in range(0, runs_ms, 10):
        true_degC = ramp.start_degC + ramp.rate_K_s * now_ms / 1000
        read_degC = true_degC + random.choice((-1, 1)) * ramp.noise_K
        board.probe_ddegC[:] = [round(ramp.start_degC * 10)] * 8
        board.probe_ddegC[4] = round(read_degC * 10)
        if now_ms == 0:
            probes = app.watch.probes
            probes._past_ddegC[:] = type(probes._past_ddegC)("i", [round(ramp.start_degC * 10)] * len(probes._past_ddegC))
        app.tick()
        if app.monitor.is_active(90):
            assert board.coils == 0, "in the same tick"
            return now_ms
    return -1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise_K", [0.0, 0.2])
def test_a_kelvin_a_second_at_the_end_of_the_window_is_a_runaway_within_three_and_a_half_seconds(
    seed: int, noise_K: float
) -> None:
    """The rise is measured over two seconds, then stands for three: the rule's own time."""
    opened_ms = first_open_ms(Ramp(84.0, 1.0, noise_K), seed)
    assert 3000 <= opened_ms <= 2000 + 3500


@pytest.mark.parametrize("ramp", [Ramp(84.0, 0.5, 0.2), Ramp(25.0, 1.5, 0.0), Ramp(84.0, 0.0, 0.2)])
def test_slow_warming_where_it_is_hot_and_fast_warming_where_it_is_not_are_no_runaway(ramp: Ramp) -> None:
    assert first_open_ms(ramp, 1, runs_ms=6000) == -1


SELF_HEATING = Ramp(25.0, 1.0, 0.0)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_a_layer_that_may_have_lost_a_quarter_and_warms_by_a_kelvin_a_second_is_a_runaway_under_any_load(n: int) -> None:
    pack = _bench(taps=(n,) * 4)
    allowed_mV = in_state(pack, M.DRIVE)[0].watch.sisters.allowed_mV
    quarter_mV = 3600 // 4
    seen_mV = max(allowed_mV, quarter_mV - allowed_mV) + 20
    assert 3000 <= first_open_ms(SELF_HEATING, 0, seen_mV, pack=pack) <= 2000 + 3500
    assert 3000 <= first_open_ms(SELF_HEATING, 0, seen_mV + n * 100, pack=pack, load_mA=-1500) <= 2000 + 3500
    assert first_open_ms(SELF_HEATING, 0, seen_mV * 9 // 10, pack=pack) == -1, "the spread explains it, or it is no quarter"
    assert first_open_ms(Ramp(25.0, 0.5, 0.0), 0, 3600, pack=pack) == -1, "a layer that is gone and stays cool"


@pytest.mark.parametrize("taps", [(48, 48, 48), (6,), (1,)])
def test_where_a_lost_layer_cannot_be_seen_what_warms_by_itself_at_rest_is_a_runaway_and_what_a_current_warms_is_none(
    taps: tuple[int, ...],
) -> None:
    wide = replaced(Sensor, SENSOR_FIELDS, bench_24.PACK.group_sensor, high_m=250_000)
    pack = _bench(taps=taps, group_sensor=wide)
    idle_mA, load_mA = pack.open_current_dA * 40, -pack.open_current_dA * 100
    for seed, lost_mV in enumerate((0, 3600)):
        if taps != (1,) or not lost_mV:
            opened_ms = first_open_ms(SELF_HEATING, seed, lost_mV, pack=pack, load_mA=idle_mA)
            assert 3000 <= opened_ms <= 2000 + 3500
    assert first_open_ms(SELF_HEATING, 0, pack=pack, load_mA=load_mA) == -1
    assert first_open_ms(Ramp(25.0, 0.5, 0.0), 0, pack=pack) == -1


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("extreme", [2000, 1 << 28])
def test_whatever_probes_say_fits_small_integers(pack: Pack, extreme: int) -> None:
    heard = Heard(pack)
    heard.snap.probe_ddegC = SmallArray(heard.snap.probe_ddegC)  # type: ignore[assignment]
    for room in (heard.probes, heard.probes.stillness):
        for name, value in list(vars(room).items()):
            if isinstance(value, int) and not isinstance(value, bool):
                setattr(room, name, SmallInt(value))
            elif name.endswith(("_ddegC", "_ms")):
                setattr(room, name, SmallArray(value))
    random = Random(extreme)
    heard.fallen.lost_mV = 60_000
    for _ in range(50):
        heard.round([random.choice((-extreme, extreme - 1, 0)) for _ in pack.probe_stack])
    assert heard[N.RISE_ddegC] < 1 << 30


ON_TARGET = """
import sys
sys.path.append(".")
import micropython
from bms.packs.{pack} import PACK
from bms.schema import PACK_FIELDS, Pack, replaced
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.probes import Probes
PACK = replaced(Pack, PACK_FIELDS, PACK, stacks={stacks}, probe_stack={probe_stack})
class Fallen:
    resting_s = 9
    allowed_mV = 0
    lost_mV = 1200
    fallen_group = 1
snap = Snapshot(PACK)
for g in range(snap.groups):
    snap.group_mV[g] = 20000
signals = Signals()
probes = Probes(PACK, signals)
fallen = Fallen()
def step(seed, k):
    snap.fresh_bits = 0
    snap.bad_bits = 0
    if k % 10 == 0:
        snap.fresh_bits = 4
        for i in range(snap.probes):
            seed = (seed * 1103 + 12345) % 1048573
            snap.probe_age_ms[i] = 0
            snap.probe_reason[i] = 0
            if seed % 3 == 0 or k == 0:
                snap.probe_ddegC[i] += seed // 7 % 9 - 3 + (k // 700 % 2) * 8 - 20 * (k // 1500)
            if seed % 97 == 0:
                snap.bad_bits = 4
                snap.probe_reason[i] = seed // 97 % 5
    new = snap.summarise(10)
    if (new | snap.bad_bits) & 4:
        probes.step(snap, fallen)
    return seed
seed = 1
for k in range(2000):
    micropython.heap_lock()
    seed = step(seed, k)
    micropython.heap_unlock()
    if k % 10 == 0:
        print(list(signals.value[51:58]), list(signals.where[51:58]))
"""


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, MIXED], ids=lambda pack: pack.name)
def test_the_target_says_what_the_desk_says_and_allocates_nothing(pack: Pack, micropython: str, root: Path) -> None:
    of = "ev_240" if pack is ev_240.PACK else "bench_24"
    script = ON_TARGET.format(pack=of, stacks=pack.stacks, probe_stack=pack.probe_stack)
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    lines: list[str] = []

    def collect(*words: Any) -> None:
        lines.append(" ".join(str(word) for word in words))

    exec(script, {"print": collect})
    assert done.stdout.splitlines() == lines, done.stdout[-500:] + done.stderr
    assert len(lines) == 200
    assert len(set(lines)) > 100, "the world moved"
