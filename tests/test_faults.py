"""The fault vocabulary: what it lists it can do and undo, what it cannot do it refuses, and injections keep their time."""

from typing import Any

import pytest

from hil import scenario
from hil.busfaults import WHOLE_NUMBERS
from hil.cli import pack_for
from hil.errors import BadInput
from hil.faults import Row, Vocabulary, row_for, sorts, vocabulary
from hil.injector import Injection, Injector
from hil.loop import Bench
from hil.record import Recorder
from hil.scenario import Fault

SHORT = scenario.load("first_mile_short")


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A bench whose faults are never stepped."""
    return Bench(SHORT, pack_for(SHORT, None), 1, Recorder(24))


def state(bench: Bench) -> dict[str, Any]:
    """What faults change, as far as it must come back."""
    hv, plant = bench.hv, bench.plant
    names = ("fuse", "interlock_closed", "crash", "insulation_kohm", "insulation_place_permille", "supply_mV", "mask")
    return {
        **{name: getattr(hv, name) for name in names},
        "contactors": {name: dict(contactor.faults) for name, contactor in hv.contactors.items()},
        "layers": dict(plant.faults.active),
        "capacity_Ah": plant.capacity_Ah.tolist(),
        "r_scale": plant.r_scale.tolist(),
        "coolant": (plant.coolant_inlet_degC, plant.coolant_flow_l_min),
        "bus": bench.bus.active,
        "bleeders": dict(bench.bleeders._stuck),
        "factors": (bench.vehicle.factor, dict(bench.charger.faults)),
    }


def sample_severity(kind: str, row: Row) -> float:
    """A severity that a row takes, and is not that of a sound part."""
    if kind in WHOLE_NUMBERS:
        return 1.0
    low, high = max(row.low, -2.0), min(row.high, 2.0)
    return low + (high - low) * 0.4 if low <= high else row.low


def fault(target: str = "x", kind: str = "y", **changes: Any) -> Fault:
    """A fault at 1 s."""
    values: dict[str, Any] = {"at_s": 1.0, "duration_s": None, "severity": 1.0, "ramp_s": 0.0, **changes}
    return Fault(target, kind, **values)


def test_everything_in_the_vocabulary_can_be_done_and_undone(bench: Bench) -> None:
    before = state(bench)
    tried = 0
    for target, types in bench.vocabulary.items():
        if target.startswith("layer:") and target != "layer:7":
            continue
        for kind, row in types.items():
            if kind == "reversal" or (target, kind) == ("stack:0", "swapped"):
                continue  # charge that is gone stays gone; a lone stack has no other
            row.begin(sample_severity(kind, row) if kind != "swapped" else int(target.endswith(":0")))
            if row.felt is None:
                assert state(bench) != before, f"{target} {kind} changes nothing"
            row.end()
            assert state(bench) == before, f"{target} {kind} leaves something behind"
            tried += 1
    assert tried > 150


def test_every_target_of_the_vocabulary_stands_in_a_line_of_the_list(bench: Bench) -> None:
    shown = sorts(bench.vocabulary)
    assert "layer:0 ... layer:23" in shown
    assert "group:0 ... group:3" in shown
    for word in ("fuse", "interlock", "crash", "insulation", "supply", "coolant", "current_a", "current_b", "chain", "charger"):
        assert word in shown


def test_the_vocabulary_follows_the_pack() -> None:
    big = Bench(SHORT, pack_for(SHORT, "ev_240"), 1, Recorder(240))
    words = vocabulary(big)
    assert {"layer:239", "group:39", "stack:9", "probe:19"} <= words.keys()
    assert "layer:240" not in words


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (fault("layer:24", "soft_short"), "target: 'layer:24' is none of layer:0 ... layer:23; "),
        (fault("group", "silence"), "target: 'group' is none of"),
        (fault("fuse", "weld"), "type: 'weld': fuse can have open, stuck, reversed"),
        (fault("layer:0", "venting"), "type: 'venting': layer:0 can have"),
        (fault("layer:0", "low_capacity", severity=2.0), "severity: 2 (factor on capacity) is outside 0.05 to 1"),
        (fault("contactor:positive", "weld", ramp_s=1.0), "ramp_s: contactor:positive weld comes at once"),
        (fault("group:0", "offset", ramp_s=2.0, duration_s=1.0), "ramp_s: longer than the fault lasts"),
    ],
)
def test_what_the_bench_cannot_do_is_refused_by_field(bench: Bench, wrong: Fault, part: str) -> None:
    with pytest.raises(BadInput) as caught:
        row_for(wrong, bench.vocabulary, "x.toml: [[fault]] 1")
    assert str(caught.value).startswith("x.toml: [[fault]] 1 " + part)


class Part:
    """Something that can be broken, and remembers when and how badly."""

    def __init__(self, healthy: float | None = 0.0) -> None:
        self.now_ms = 0
        self.did: list[tuple[int, float | str]] = []
        self.row = Row("V", -10.0, 10.0, healthy, self._begin, self._end, None)

    def _begin(self, severity: float) -> None:
        self.did.append((self.now_ms, severity))

    def _end(self) -> None:
        self.did.append((self.now_ms, "over"))

    def words(self) -> Vocabulary:
        """The smallest vocabulary."""
        return {"x": {"y": self.row}}


def live(part: Part, injector: Injector, until_ms: int) -> list[bool]:
    """Steps an injector as the loop does; whether something was injected, tick by tick."""
    injected = []
    for now_ms in range(0, until_ms, 10):
        part.now_ms = now_ms
        if now_ms >= injector.due_ms:
            injector.step(now_ms)
        injected.append(injector.injected)
    return injected


def test_a_fault_comes_in_its_tick_and_goes_after_its_time() -> None:
    part = Part()
    injector = Injector([fault(at_s=0.05, duration_s=0.03)], part.words(), Recorder(), "x")
    injected = live(part, injector, 200)
    assert part.did == [(50, 1.0), (80, "over")]
    assert injected == [now_ms >= 50 for now_ms in range(0, 200, 10)]
    assert (injector.times_ms, injector.felt(200)) == ([50], [3])


def test_a_ramp_grows_evenly_from_sound_to_its_severity_and_stays() -> None:
    part = Part(healthy=1.0)
    injector = Injector([fault(at_s=0.1, severity=3.0, ramp_s=0.04)], part.words(), Recorder(), "x")
    live(part, injector, 300)
    assert part.did == [(100, 1.0), (110, 1.5), (120, 2.0), (130, 2.5), (140, 3.0)]


def test_two_faults_do_not_disturb_each_other() -> None:
    part = Part()
    both = [fault(at_s=0.05, duration_s=0.1, severity=1.0), fault(at_s=0.08, severity=2.0)]
    injector = Injector(both, part.words(), Recorder(), "x")
    live(part, injector, 300)
    assert part.did == [(50, 1.0), (80, 2.0), (150, "over")]
    assert injector.felt(300) == [10, 22]


def test_a_fault_that_has_not_come_was_not_felt() -> None:
    assert Injection(fault(), Part().row, Recorder()).felt(500) == 0
