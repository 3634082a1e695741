"""Surroundings: never told better than they are, what was never heard alarms nobody, and silence heals nothing."""

import subprocess
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.insulation import NOT_FITTED, SILENT, MAX_kohm
from bms.safety.signals import Signals
from bms.safety.snapshot import AGE_MAX_ms, Snapshot
from bms.safety.surroundings import Surroundings
from bms.schema import Pack
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.provoke import TICK_ms, in_state, press_reset
from tests.small_int import SmallArray, SmallInt

PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK)
ROUND_ms = 100
WELL = 65535
OF_THE_FRAME = (S.COOLANT_INLET_ddegC, S.COOLANT_FLOW_dl_min, S.FORCE_N)
ROW = {row.name: row.id for row in F.TABLE}
TOLD = (N.INSULATION_ohm_V, N.INSULATION_silent, N.COOLANT_ddegC, N.COOLANT_FLOW_dl_min, N.FORCE_N, N.ENVIRONMENT_AGE_ms)


class Heard:
    """A snapshot, and the watcher of the surroundings behind it."""

    def __init__(self, pack: Pack) -> None:
        self.snap, self.signals = Snapshot(pack), Signals()
        self.surroundings = Surroundings(pack, self.signals)

    def come(self, **values: int) -> None:
        """Values have just come."""
        for name, value in values.items():
            k = getattr(S, name)
            self.snap.value[k] = value
            self.snap.age_ms[k] = 0

    def round(self, kohm: int = NOT_FITTED, round_ms: int = ROUND_ms) -> None:
        self.surroundings.refresh(self.snap, kohm, round_ms)

    def __getitem__(self, signal: int) -> int:
        return self.signals.value[signal]


@given(kohm=st.integers(0, MAX_kohm), pack_mV=st.integers(-8_388_608, 8_388_607))
def test_insulation_for_each_volt_is_never_told_better_than_it_is(kohm: int, pack_mV: int) -> None:
    heard = Heard(ev_240.PACK)
    heard.come(PACK_mV=pack_mV)
    heard.round(kohm)
    volts = Fraction(max(pack_mV, 1), 1000)
    told = heard[N.INSULATION_ohm_V]
    assert told <= Fraction(kohm * 1000) / volts
    assert told == min(WELL, kohm * 1000 // max(1, ceil(volts)))
    assert heard[N.INSULATION_silent] == 0


@given(kohm=st.integers(0, MAX_kohm - 1), pack_mV=st.integers(0, 8_000_000), more_mV=st.integers(0, 300_000))
def test_less_insulation_or_more_volts_never_make_it_look_better(kohm: int, pack_mV: int, more_mV: int) -> None:
    told = []
    for k, mV in ((kohm, pack_mV + more_mV), (kohm, pack_mV), (kohm + 1, pack_mV)):
        heard = Heard(bench_24.PACK)
        heard.come(PACK_mV=mV)
        heard.round(k)
        told.append(heard[N.INSULATION_ohm_V])
    assert told == sorted(told)


def test_what_a_silent_monitor_said_last_stands_and_an_absent_one_says_nothing() -> None:
    heard = Heard(bench_24.PACK)
    heard.come(PACK_mV=86_000)
    heard.round(SILENT)
    assert (heard[N.INSULATION_ohm_V], heard[N.INSULATION_silent]) == (WELL, 1)
    heard.round(1)
    assert (heard[N.INSULATION_ohm_V], heard[N.INSULATION_silent]) == (11, 0)
    heard.come(PACK_mV=1_000)
    for _ in range(600):
        heard.round(SILENT)
        assert (heard[N.INSULATION_ohm_V], heard[N.INSULATION_silent]) == (11, 1)
    heard.round(20)
    assert (heard[N.INSULATION_ohm_V], heard[N.INSULATION_silent]) == (20_000, 0)
    heard.round(NOT_FITTED)
    assert (heard[N.INSULATION_ohm_V], heard[N.INSULATION_silent]) == (WELL, 0)


@given(rounds=st.lists(st.integers(1, 500), max_size=20))
def test_a_board_without_these_sensors_alarms_nobody_where_none_is_needed(rounds: list[int]) -> None:
    heard = Heard(bess_14.PACK)
    start = list(heard.signals.value)
    for round_ms in rounds:
        heard.round(NOT_FITTED, round_ms)
    assert list(heard.signals.value) == start
    assert [heard[signal] for signal in TOLD] == [WELL, 0, 0, WELL, 0, 0]
    assert [heard.snap.age_ms[k] for k in OF_THE_FRAME] == [AGE_MAX_ms] * 3


@given(
    inlet=st.integers(-400, 2000),
    flow=st.integers(0, 253),
    force=st.integers(0, MAX_kohm),
    rounds=st.lists(st.integers(50, 500), min_size=5, max_size=60),
)
def test_what_has_fallen_silent_keeps_its_last_value_and_grows_older(
    inlet: int, flow: int, force: int, rounds: list[int]
) -> None:
    heard = Heard(bench_24.PACK)
    heard.come(COOLANT_INLET_ddegC=inlet, COOLANT_FLOW_dl_min=flow, FORCE_N=force)
    age_ms = 0
    for round_ms in rounds:
        age_ms += round_ms
        heard.round(round_ms=round_ms)
        assert [heard[signal] for signal in TOLD[2:]] == [inlet, flow, force, age_ms]
    heard.come(COOLANT_INLET_ddegC=inlet + 1, FORCE_N=force)
    heard.round()
    assert heard[N.COOLANT_ddegC] == inlet + 1
    assert heard[N.ENVIRONMENT_AGE_ms] == age_ms + ROUND_ms, "the flow is as silent as before"
    heard.come(COOLANT_FLOW_dl_min=flow)
    heard.round()
    assert heard[N.ENVIRONMENT_AGE_ms] == 2 * ROUND_ms, "the oldest of those that came"


def test_a_pack_that_needs_no_flow_misses_none() -> None:
    heard = Heard(bess_14.PACK)
    heard.come(COOLANT_FLOW_dl_min=0)
    heard.round()
    assert heard[N.COOLANT_FLOW_dl_min] == WELL


@given(supply_mV=st.integers(0, 65_535))
def test_supply_is_told_both_ways_once_it_has_come(supply_mV: int) -> None:
    heard = Heard(bench_24.PACK)
    heard.surroundings.step(heard.snap)
    assert (heard[N.SUPPLY_LOW_mV], heard[N.SUPPLY_HIGH_mV]) == (WELL, 0)
    heard.come(SUPPLY_mV=supply_mV)
    heard.surroundings.step(heard.snap)
    assert heard[N.SUPPLY_LOW_mV] == heard[N.SUPPLY_HIGH_mV] == supply_mV


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_frame_that_comes_in_any_tick_of_the_round_is_heard(pack: Pack) -> None:
    class Late(FakeBoard):
        def sample(self, snap: Any, mailbox: Any) -> int:
            self.environment_silent = 1
            now_ms = super().sample(snap, mailbox)
            if self.ticks % 37 == 1:  # now and then, in another tick of the round each time
                self._set(snap, S.COOLANT_INLET_ddegC, 300)
                self._set(snap, S.COOLANT_FLOW_dl_min, 80)
            return now_ms

    board = Late(pack)
    app = App(pack, board)
    worst_ms = 0
    for k in range(800):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
        worst_ms = max(worst_ms, app.signals.value[N.ENVIRONMENT_AGE_ms])
        if k >= 9:
            assert app.signals.value[N.COOLANT_ddegC] == 300
    assert 300 <= worst_ms <= 500
    assert app.monitor.severity == 0


def leak(board: FakeBoard, ohm_V: int) -> None:
    """Insulation of so many ohms for each volt, rounded down to what the monitor can say."""
    board.insulation_kohm = sum(board.group_mV) * ohm_V // 1_000_000


def ticks(app: App, duration_ms: int) -> None:
    """The world goes on; no coil is driven."""
    for _ in range(duration_ms // TICK_ms):
        app.tick()
        assert app.board.coils == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_insulation_that_was_low_stays_low_through_silence_and_a_reset_closes_nothing(pack: Pack) -> None:
    app, board = in_state(pack, M.DRIVE)
    leak(board, 50)
    low, silent = ROW["insulation_low"], ROW["insulation_silent"]
    waited_ms = 0
    while not app.monitor.is_active(low) or board.coils:
        app.tick()
        waited_ms += TICK_ms
        assert waited_ms < 16_000
    told = app.signals.value[N.INSULATION_ohm_V]
    assert 0 < told <= 50
    board.environment_silent = 1
    ticks(app, 20_000)
    assert app.monitor.is_active(silent)
    assert app.signals.value[N.INSULATION_ohm_V] == told
    for _ in range(2):
        press_reset(app, board)
        assert app.monitor.is_active(low)
        board.request = DRIVE
        ticks(app, 1_000)
    assert app.machine.state == M.FAULT


@pytest.mark.parametrize("late_ticks", [0, 13])
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_that_starts_with_poor_insulation_never_drives_a_coil(pack: Pack, late_ticks: int) -> None:
    """However early the vehicle asks, and though the pack's voltage comes later than the resistance."""
    for asked_tick in (6, 11, 15, 40):
        board = FakeBoard(pack)
        app = App(pack, board)
        leak(board, 195)
        duration_ms = 6_000 if asked_tick == 40 else 600
        for k in range(duration_ms // TICK_ms):
            board.pack_silent = k < late_ticks
            board.request = DRIVE if k >= asked_tick else OPEN
            app.tick()
            assert board.coils == 0, (asked_tick, k)
        assert app.machine.state == M.STANDBY
    assert app.monitor.is_active(ROW["insulation_warn"])
    board.insulation_kohm = 20_000
    for _ in range(300):
        app.tick()
    assert board.coils, "insulation alone was in the way"


def test_coolant_that_was_hot_when_the_frame_fell_silent_stays_hot() -> None:
    app, board = in_state(bench_24.PACK, M.DRIVE)
    hot = ROW["coolant_hot"]
    board.coolant_inlet_ddegC = bench_24.PACK.guards.coolant_ddegC + 50
    for _ in range(200):
        app.tick()
    assert app.monitor.is_active(hot)
    board.environment_silent = 1
    for _ in range(2000):
        app.tick()
        assert app.monitor.is_active(hot)
    assert app.monitor.is_active(ROW["environment_stale"])
    board.environment_silent, board.coolant_inlet_ddegC = 0, 250
    for _ in range(300):
        app.tick()
    assert not app.monitor.is_active(hot)
    assert not app.monitor.is_active(ROW["environment_stale"])


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_that_needs_flow_and_never_hears_of_it_is_told_so_within_four_seconds(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.environment_silent = 1
    app = App(pack, board)
    for _ in range(300):
        app.tick()
        assert not app.monitor.is_active(ROW["environment_stale"]), "three seconds are not too long"
    for _ in range(100):
        app.tick()
    assert app.monitor.is_active(ROW["environment_stale"]) == (pack.guards.coolant_flow_dl_min > 0)


@given(
    kohm=st.integers(0, MAX_kohm),
    value=st.integers(-(1 << 29), (1 << 29) - 1),
    round_ms=st.integers(1, 5000),
)
def test_whatever_the_wire_can_say_fits_small_integers(kohm: int, value: int, round_ms: int) -> None:
    heard = Heard(bench_24.PACK)
    heard.come(**dict.fromkeys(("PACK_mV", "SUPPLY_mV", "COOLANT_INLET_ddegC", "COOLANT_FLOW_dl_min", "FORCE_N"), value))
    heard.snap.value = SmallArray(heard.snap.value)  # type: ignore[assignment]
    heard.snap.age_ms = SmallArray(heard.snap.age_ms)  # type: ignore[assignment]
    for _ in range(30):
        heard.round(SmallInt(kohm), SmallInt(round_ms))
    heard.round(SmallInt(SILENT), SmallInt(round_ms))
    assert 0 <= heard[N.INSULATION_ohm_V] <= WELL


ON_TARGET = """
import sys
sys.path.append(".")
import micropython
from bms.packs.{pack} import PACK
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.surroundings import Surroundings
snap = Snapshot(PACK)
signals = Signals()
surroundings = Surroundings(PACK, signals)
def step(seed):
    for k in (2, 5, 11, 12, 13, 14, 15):
        seed = (seed * 1103 + 12345) % 1048573
        if seed % 29 == 0:
            snap.value[k] = seed // 29 - 3000
            snap.age_ms[k] = 0
    kohm = seed % 65536
    if seed % 7 < 2:
        kohm = 65534 + seed % 7
    surroundings.refresh(snap, kohm if seed % 3 else kohm % 100, 100)
    return seed
seed = 1
for k in range(400):
    micropython.heap_lock()
    seed = step(seed)
    micropython.heap_unlock()
    print(list(signals.value[87:95]), surroundings.poor)
"""


@pytest.mark.parametrize("pack", ["bench_24", "bess_14"])
def test_the_target_says_what_the_desk_says_and_allocates_nothing(pack: str, micropython: str, root: Path) -> None:
    script = ON_TARGET.format(pack=pack)
    done = subprocess.run([micropython, "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=60)
    lines: list[str] = []

    def collect(*words: Any) -> None:
        lines.append(" ".join(str(word) for word in words))

    exec(script, {"print": collect})
    assert done.stdout.splitlines() == lines, done.stdout[-500:] + done.stderr
    assert len(lines) == 400
