"""Short charges in the bench, against the real firmware in this interpreter, and what a stranger saw of them."""

from pathlib import Path
from typing import NamedTuple

from bms.schema import layer_count
from hil import scenario
from hil.cli import pack_for
from hil.judge import LOUD, Run
from hil.loop import Bench
from hil.record import Recorder
from hil.target import make_target

LIMITS_ID = 0x100
PACK_TEXT = """from bms.packs import bench_24
from bms.schema import PACK_FIELDS, Pack, replaced

PACK = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="plain_24", profile="map_limited")
"""
STORY = """
[scenario]
name = "chargers"
title = "A charger misbehaves"
pack = "{pack}"
map = "simulator"
soc_true = 0.30
soc_stored = 0.30
temperature_degC = {degC}
hysteresis = 0.0

[[phase]]
name = "wake"
kind = "idle"
duration_s = 1

[[phase]]
name = "charge"
kind = "charge"
duration_s = {charge_s}
"""
BEGIN_s = 5.0
"""By then the charger gives all that it is asked for, which is about 33 A; a trip would be at 40 A and a bit."""


class Ride(NamedTuple):
    """One run, and what a stranger on the wire and in the pack saw of it."""

    run: Run
    bench: Bench
    limits_A: list[tuple[int, float]]
    currents_A: list[float]  # tick by tick
    links_V: list[float]

    @property
    def names(self) -> list[str]:
        """Every fault that was told; what is for information is none."""
        return [fault.name for fault in self.run.witness.faults if fault.severity in LOUD]

    def zero_ms(self, after_ms: int) -> int:
        """When the charge limit fell to zero after that."""
        return next(now_ms for now_ms, limit_A in self.limits_A if now_ms >= after_ms and limit_A == 0)

    def current_A(self, now_s: float) -> float:
        """Through the pack."""
        return self.currents_A[round(now_s * 100)]


class Place(NamedTuple):
    """Where the pack's file is."""

    pack: Path


def fault(kind: str, severity: float = 1.0, target: str = "charger", **more: float) -> str:
    """A [[fault]] of the scenario, at BEGIN_s unless told otherwise."""
    values = {"at_s": BEGIN_s, **more}
    lines = [f"{name} = {value}" for name, value in values.items()]
    return "\n".join(["[[fault]]", f'target = "{target}"', f'type = "{kind}"', f"severity = {severity}", *lines, ""])


def phase(name: str, kind: str, duration_s: float, reset: bool = False) -> str:
    """A [[phase]] after the charge."""
    asks = "reset_faults = true\n" if reset else ""
    return f'[[phase]]\nname = "{name}"\nkind = "{kind}"\nduration_s = {duration_s}\n{asks}'


def ride(place: Place, *more: str, charge_s: float = 6.0, degC: float = 25.0) -> Ride:
    """Wake, charge, and whatever else is told."""
    text = STORY.format(pack=place.pack, charge_s=charge_s, degC=degC) + "\n".join(more)
    done = run_of(scenario.parse(text, "chargers.toml"))
    assert done.run.violations == []
    assert done.run.felt == [] or min(done.run.felt) > 0
    return done


def run_of(story: scenario.Scenario) -> Ride:
    """The whole scenario."""
    pack = pack_for(story, None)
    bench = Bench(story, pack, 1, Recorder(layer_count(pack)))
    limits_A: list[tuple[int, float]] = []
    currents_A, links_V = [], []

    def spy(n: int, answer: list[tuple[int, bytes]]) -> None:
        currents_A.append(bench.hv.current_A)
        links_V.append(bench.hv.link_V)
        limits_A.extend((n * 10, (data[3] | data[4] << 8 & 0x3F00) / 10) for word, data in answer if word == LIMITS_ID)

    with make_target("cpython", None, story.pack, story.map, round(1000 * story.soc_true)) as target:
        run = bench.run(target, "cpython", spy=spy)
    return Ride(run, bench, limits_A, currents_A, links_V)
