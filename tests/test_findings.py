"""What the estimators find in a group is a fault that names it, for as long as they find it and may be believed; it trips
nothing. A healthy pack hears nothing of it."""

from collections.abc import Callable

import pytest

from bms.app import App
from bms.estimate.groups import Groups
from bms.findings import place, tell
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.safety.monitor import Monitor
from bms.safety.signals import INSULATION_ohm_V, Signals
from bms.schema import Pack, group_count, layer_count
from hil import scenario
from hil.benches.group_rig import Rig
from hil.loop import Bench
from hil.record import Recorder
from hil.targets.inside import CPythonTarget
from tests.fake_board import FakeBoard
from tests.provoke import in_state
from tests.test_scenario import file

PACK = bench_24.PACK
ROWS = {row.name: row for row in F.TABLE}
LEAKS, WEAK = ROWS["group_leaks"], ROWS["group_weak"]
LAYER = 7
GROUP = 1
EXPIRY_ticks = 150
each_pack = pytest.mark.parametrize("pack", [PACK, ev_240.PACK], ids=lambda pack: pack.name)

WEAKNESSES: dict[str, Callable[[Groups, int], None]] = {
    "capacity": lambda groups, g: setattr(groups.delta, "weak_group", g),
    "resistance": lambda groups, g: setattr(groups.delta, "resistive_group", g),
    "sudden": lambda groups, g: setattr(groups.resistance, "sudden_group", g),
    "grown": lambda groups, g: setattr(groups.resistance, "grown_group", g),
    "knee": lambda groups, g: setattr(groups.knee, "group", g),
}
FINDINGS = {"leak": lambda groups, g: setattr(groups.leak, "group", g), **WEAKNESSES}
NONE = -1


class Panel:
    """The fault table behind what groups say."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.signals = Signals()
        self.monitor = Monitor(PACK, self.signals)

    def shows(self, believable: bool = True) -> tuple[set[str], int]:
        """After a tick: what stands, and the place of the first cause."""
        tell(self.signals, self.groups, believable)
        self.monitor.step(S.CLOCK, 10)
        return {row.name for row in F.TABLE if self.monitor.is_active(row.id)}, self.monitor.first_where


NOTHING: tuple[set[str], int] = (set(), 255)


def test_a_soft_short_of_1_ohm_is_a_warning_that_names_its_group_and_a_healthy_pack_has_none() -> None:
    rig = Rig(PACK, 3, 0.5)
    panel = Panel(rig.groups)
    for _ in range(200):
        rig.step(0.0, 5.0)
        assert panel.shows() == NOTHING
    rig.plant.set_layer_fault(LAYER, "soft_short", 1.0)
    for _ in range(220):
        rig.step(0.0, 1.0)
        panel.shows()
    assert panel.shows() == ({"group_leaks"}, GROUP)
    assert panel.monitor.severity == F.WARNING


@pytest.mark.parametrize("kind", FINDINGS)
@each_pack
def test_each_finding_is_its_fault_at_its_group_and_leaves_with_it(pack: Pack, kind: str) -> None:
    groups = Groups(pack)
    panel = Panel(groups)
    name = "group_leaks" if kind == "leak" else "group_weak"
    for g in (0, group_count(pack) - 1):
        FINDINGS[kind](groups, g)
        assert panel.shows() == ({name}, g)
        assert panel.monitor.severity == ROWS[name].severity
        FINDINGS[kind](groups, NONE)
        assert panel.shows() == NOTHING


def test_a_leak_stands_beside_a_weak_group_and_is_named_first() -> None:
    groups = Groups(PACK)
    panel = Panel(groups)
    groups.delta.weak_group = 3
    assert panel.shows() == ({"group_weak"}, 3)
    groups.leak.group = 0
    assert panel.shows() == ({"group_leaks", "group_weak"}, 0)
    groups.leak.group = NONE
    assert panel.shows() == ({"group_weak"}, 3)


def test_what_may_not_be_believed_is_no_finding() -> None:
    groups = Groups(PACK)
    panel = Panel(groups)
    for find in FINDINGS.values():
        find(groups, 2)
    assert panel.shows(believable=False) == NOTHING
    assert panel.shows() == ({"group_leaks", "group_weak"}, 2)
    assert panel.shows(believable=False) == NOTHING


def found(app: App) -> list[bool]:
    """Whether a group is said to leak, to be weak."""
    return [app.monitor.is_active(row.id) for row in (LEAKS, WEAK)]


def driving(pack: Pack) -> tuple[App, FakeBoard]:
    """A pack that drives and of whose group 2 the estimators have found both."""
    app, board = in_state(pack, M.DRIVE)
    app.groups.leak.group = app.groups.delta.weak_group = 2
    run(app, 12)
    assert found(app) == [True, True]
    assert (app.monitor.severity, app.monitor.first_cause, app.monitor.first_where) == (F.WARNING, LEAKS.id, 2)
    return app, board


def run(app: App, ticks: int) -> None:
    """Time passes."""
    for _ in range(ticks):
        app.tick()


@each_pack
def test_a_finding_opens_no_contactor(pack: Pack) -> None:
    app, board = driving(pack)
    coils = board.coils
    for _ in range(100):
        app.groups.leak.group = app.groups.delta.weak_group = 2
        app.tick()
        assert app.machine.state == M.DRIVE
        assert board.coils == coils
        assert found(app) == [True, True]


def test_a_filter_that_fails_takes_its_findings_with_it_at_once() -> None:
    app, _ = driving(PACK)
    app.filter.soc = float("nan")
    failures = app.estimator_failures
    while app.estimator_failures == failures:
        app.tick()
    run(app, 1)
    assert found(app) == [False, False]


def test_findings_leave_soon_after_what_is_no_longer_measured_and_come_back_with_it() -> None:
    app, board = driving(PACK)
    board.group_silent[0] = 1
    run(app, EXPIRY_ticks)
    assert found(app) == [False, False]
    board.group_silent[0] = 0
    run(app, EXPIRY_ticks)
    assert found(app) == [True, True]


def test_the_whole_firmware_names_the_group_of_a_layer_that_the_bench_shorts_and_nobody_before_that() -> None:
    short = {"target": f"layer:{LAYER}", "type": "soft_short", "severity": 1.0, "at_s": 10}
    phase = {"name": "wait", "kind": "idle", "duration_s": 70}
    story = scenario.parse(file(phase=[phase], fault=[short]), "short.toml")
    bench = Bench(story, PACK, 1, Recorder(layer_count(PACK)))
    with CPythonTarget(PACK.name, stored_soc_permille=500) as target:
        ended = bench.run(target, "cpython")
    assert not ended.died
    assert [(fault.name, fault.where, fault.severity) for fault in ended.witness.faults] == [("group_leaks", GROUP, "warning")]
    assert ended.witness.faults[0].now_ms > 10_000


@pytest.mark.parametrize("layer", [1, 6, 17, 23])
def test_a_failure_of_insulation_is_told_with_the_plate_at_which_it_is(layer: int) -> None:
    """The bridge of the monitor, of thousands of the fault's resistance, moves it by less than half a layer."""
    faults = [
        {"target": "insulation", "type": "short", "severity": 5.0, "at_s": 0.5},
        {"target": "insulation", "type": "place", "severity": 1000 * layer / layer_count(PACK), "at_s": 0.5},
    ]
    phase = {"name": "wait", "kind": "idle", "duration_s": 3}
    story = scenario.parse(file(phase=[phase], fault=faults), "insulation.toml")
    with CPythonTarget(PACK.name, stored_soc_permille=500) as target:
        Bench(story, PACK, 1, Recorder(layer_count(PACK))).run(target, "cpython")
        assert target.app.signals.where[INSULATION_ohm_V] == layer


def test_even_poles_tell_the_middle_and_silent_ones_no_place() -> None:
    signals, snap = Signals(), App(PACK, FakeBoard(PACK)).snap
    snap.value[S.NEGATIVE_POLE_mV], snap.value[S.POSITIVE_POLE_mV] = 40_000, 41_000
    snap.age_ms[S.NEGATIVE_POLE_mV] = snap.age_ms[S.POSITIVE_POLE_mV] = 5000
    assert place(signals, snap, 24) == signals.where[INSULATION_ohm_V] == 12
    snap.age_ms[S.NEGATIVE_POLE_mV] = 5001
    assert place(signals, snap, 24) == NONE
    assert signals.where[INSULATION_ohm_V] == 255
