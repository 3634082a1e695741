"""A charger that misbehaves, against the real firmware: no layer is harmed, the cause is named in time, and nothing less."""

from pathlib import Path
from typing import NamedTuple

import pytest

from bms.safety.faults import TABLE
from bms.schema import layer_count
from hil import scenario
from hil.actors.converter import KINDS
from hil.cli import pack_for
from hil.judge import Run, contactor_state
from hil.loop import Bench
from hil.record import Recorder
from hil.target import make_target

ROWS = {row.name: row for row in TABLE}
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
SLEW_A_s = 100.0
PERIOD_ms = 100
"""Of what it says, and of what it hears."""
HELD_ms = 500
FALL_ms = 2000
"""A source may take so long to hear of a lower limit, and the line falls from 8 C within so long."""


class Ride(NamedTuple):
    """One run, and what a stranger on the wire and in the pack saw of it."""

    run: Run
    bench: Bench
    limits_A: list[tuple[int, float]]
    currents_A: list[float]  # tick by tick
    links_V: list[float]

    @property
    def names(self) -> list[str]:
        """Every fault that was told."""
        return [fault.name for fault in self.run.witness.faults]

    def zero_ms(self, after_ms: int) -> int:
        """When the charge limit fell to zero after that."""
        return next(now_ms for now_ms, limit_A in self.limits_A if now_ms >= after_ms and limit_A == 0)

    def current_A(self, now_s: float) -> float:
        """Through the pack."""
        return self.currents_A[round(now_s * 100)]


class Place(NamedTuple):
    """Where the pack's file is."""

    pack: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """bench_24 with a way to charge that warms nothing first."""
    path = tmp_path_factory.mktemp("packs") / "plain_24.py"
    path.write_text(PACK_TEXT)
    return Place(path)


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
    story = scenario.parse(text, "chargers.toml")
    pack = pack_for(story, None)
    bench = Bench(story, pack, 1, Recorder(layer_count(pack)))
    limits_A, currents_A, links_V = [], [], []

    def spy(n: int, answer: list[tuple[int, bytes]]) -> None:
        currents_A.append(bench.hv.current_A)
        links_V.append(bench.hv.link_V)
        limits_A.extend((n * 10, (data[3] | data[4] << 8 & 0x3F00) / 10) for word, data in answer if word == LIMITS_ID)

    with make_target("cpython", None, story.pack, story.map, 300) as target:
        run = bench.run(target, "cpython", spy=spy)
    assert run.violations == []
    assert run.felt == [] or min(run.felt) > 0
    return Ride(run, bench, limits_A, currents_A, links_V)


def ended(done: Ride, name: str) -> None:
    """The fault stands as the first cause, the contactors are open and nothing flows."""
    assert done.run.witness.first_cause is not None
    assert done.run.witness.first_cause.name == name, done.names
    assert contactor_state(done.run.contactors[-1][1]) == "open"
    assert done.currents_A[-1] == 0.0


def in_time(name: str, since_ms: float, done: Ride, lag_ms: float) -> None:
    """Zero limits not before the row's debounce and within its budget; `lag_ms`: until there was anything to be seen."""
    row = ROWS[name]
    took_ms = done.zero_ms(round(since_ms)) - since_ms
    assert row.after_ms <= took_ms <= row.budget_ms + lag_ms, f"{name} after {took_ms} ms"


SLEW_ms = PERIOD_ms  # for no more than 10 A
REACTS = (
    # kind, severity, fault, how long until there is anything to be seen
    ("gain", 1.2, "charger_exceeds", SLEW_ms),
    ("offset", 4.0, "charger_exceeds", SLEW_ms),
    ("ripple", 12.0, "charge_current_high", 1000 / 3.0 / 4),
    ("silence", 1.0, "charger_lost", 0.0),
    ("drop_out", 1.0, "charger_lost", 0.0),
    ("fails", 1.0, "charger_failed", PERIOD_ms),
    ("lies_current", 5.0, "charger_exceeds", PERIOD_ms),
    ("lies_voltage", 5.4, "charger_voltage_apart", PERIOD_ms),
    ("lies_voltage", -5.4, "charger_voltage_apart", PERIOD_ms),
)


@pytest.mark.parametrize(("kind", "severity", "name", "lag_ms"), REACTS)
def test_what_a_charger_does_wrong_is_named_in_time_and_ends_the_charge(
    place: Place, kind: str, severity: float, name: str, lag_ms: float
) -> None:
    done = ride(place, fault(kind, severity))
    ended(done, name)
    in_time(name, BEGIN_s * 1000, done, lag_ms)


TWINS = (
    # kind, severity, how long: each a little less than what is named
    ("gain", 1.01, 1.2),
    ("offset", 0.8, 1.2),
    ("offset", -5.0, 1.2),
    ("ripple", 4.0, 1.2),
    ("fast_ripple", 4.0, 1.2),
    ("late", 0.4, 1.2),
    ("silence", 1.0, 0.35),
    ("drop_out", 1.0, 0.35),
    ("lies_current", 0.8, 1.2),
    ("lies_current", -30.0, 1.2),
    ("lies_voltage", 4.2, 1.5),
    ("lies_voltage", -4.2, 1.5),
    ("lies_voltage", 20.0, 0.7),
)


def test_what_is_just_less_is_felt_and_blamed_on_nobody(place: Place) -> None:
    at_s, faults = BEGIN_s, []
    for kind, severity, lasts_s in TWINS:
        faults.append(fault(kind, severity, at_s=at_s, duration_s=lasts_s))
        at_s += lasts_s + 1.5
    done = ride(place, *faults, charge_s=at_s)
    assert done.names == []
    assert done.run.witness.state == "charge"
    assert done.current_A(at_s) > 25


def test_every_kind_is_either_in_a_table_or_in_a_test_of_its_own() -> None:
    alone = {"late", "fast_ripple", "overshoot", "ignores", "weld"}
    assert {kind for kind, *_ in REACTS} | alone == set(KINDS)
