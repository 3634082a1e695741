"""A scenario file: TOML in, frozen records out; what is unknown or impossible is refused by file and field.

[scenario] says what is on the bench, [[phase]] what vehicle and charger do and for how long, [[fault]] what
breaks and when, [[expect]] what must be true afterwards; their fields stand in hil.scenario_tables.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bms.safety.faults import TABLE
from bms.safety.machine import STATES
from hil.errors import BadInput
from hil.fields import Field, is_word, known, read
from hil.scenario_tables import (
    CHARGER,
    EXPECT,
    FAULT,
    INVERTER,
    PHASE,
    SCENARIO,
    SENSOR_ERROR,
    THERMAL,
    VEHICLE,
    LONGEST_s,
)

FOLDER = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Phase:
    """What vehicle and charger do from start_s on."""

    name: str
    kind: str
    start_s: float
    duration_s: float
    profile: str | None
    profile_start_s: float
    scale: float
    c_rate: float | None
    day_start_h: float | None
    reset_faults: bool
    charge_profile: str | None = None
    target_soc: float | None = None
    departure_s: float | None = None


@dataclass(frozen=True)
class Fault:
    """What breaks, from at_s for duration_s (None: to the end), growing to its severity over ramp_s."""

    target: str
    type: str
    at_s: float
    duration_s: float | None
    severity: float
    ramp_s: float


@dataclass(frozen=True)
class Expect:
    """What must be true; `values` holds the fields of its kind, `limit` among them."""

    name: str
    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One file, checked."""

    path: str
    name: str
    title: str
    pack: str
    map: str | None
    seed: int
    soc_true: float
    soc_stored: float | None
    temperature_degC: float
    coolant_degC: float | None
    hysteresis: float | None  # None: drawn by the seed
    spread: str
    relax: bool
    sensors: Mapping[str, Mapping[str, float]]
    vehicle: Mapping[str, Any]
    charger: Mapping[str, Any]
    inverter: Mapping[str, Any] | None  # None: the file is silent
    phases: tuple[Phase, ...]
    faults: tuple[Fault, ...] = ()
    expects: tuple[Expect, ...] = ()
    thermal: Mapping[str, Any] | None = None  # likewise

    @property
    def duration_s(self) -> float:
        """All phases together."""
        return self.phases[-1].start_s + self.phases[-1].duration_s

    def phase(self, name: str) -> Phase:
        """The phase of that name. KeyError where there is none."""
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise KeyError(name)


def names() -> list[str]:
    """Names of the scenarios that are shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Scenario:
    """A scenario by its name or by the path of a .toml file. BadInput says what is wrong, and where."""
    is_path = name.endswith(".toml") or "/" in name
    path = Path(name) if is_path else FOLDER / (name + ".toml")
    if not is_path and (not is_word(name) or not path.is_file()):
        raise BadInput(
            f"no scenario {name!r}: there are {', '.join(names())}, or give the path of a .toml file"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not a text file in UTF-8") from None
    return parse(text, str(path))


def parse(text: str, path: str) -> Scenario:
    """The same from text; `path` is what messages call it."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path}: {error}") from None
    known(document, ("scenario", "phase", "fault", "expect"), path, "the file")
    head = document.get("scenario")
    if not isinstance(head, dict):
        raise BadInput(f"{path}: no table [scenario]")
    sensors, vehicle, charger = (head.pop(key, {}) for key in ("sensors", "vehicle", "charger"))
    inverter, thermal = head.pop("inverter", None), head.pop("thermal", None)
    if not isinstance(sensors, dict):
        raise BadInput(f"{path}: [scenario.sensors]: not a table")
    values = read(head, SCENARIO, path, "[scenario]")
    values["pack"] = _beside(path, values["pack"])
    if values["hysteresis"] == "unknown":
        values["hysteresis"] = None
    scenario = Scenario(
        path=path,
        sensors={
            name: read(errors, SENSOR_ERROR, path, f"[scenario.sensors.{name}]")
            for name, errors in sensors.items()
        },
        vehicle=read(vehicle, VEHICLE, path, "[scenario.vehicle]"),
        charger=read(charger, CHARGER, path, "[scenario.charger]"),
        inverter=None if inverter is None else read(inverter, INVERTER, path, "[scenario.inverter]"),
        thermal=None if thermal is None else read(thermal, THERMAL, path, "[scenario.thermal]"),
        phases=_phases(_rows(document, "phase", path), path),
        **values,
    )
    faults, expects = _rows(document, "fault", path), _rows(document, "expect", path)
    scenario = replace(
        scenario,
        faults=tuple(_fault(row, scenario, f"[[fault]] {i + 1}") for i, row in enumerate(faults)),
        expects=tuple(_expect(row, scenario, f"[[expect]] {i + 1}") for i, row in enumerate(expects)),
    )
    _unique([expect.name for expect in scenario.expects], path, "[[expect]]")
    return scenario


def _phases(rows: list[dict[str, Any]], path: str) -> tuple[Phase, ...]:
    phases = []
    start_s = 0.0
    for i, row in enumerate(rows):
        where = f"[[phase]] {i + 1}"
        values = read(row, PHASE, path, where)
        loads = [field for field in ("profile", "c_rate", "day_start_h") if values[field] is not None]
        if values["kind"] != "drive" and loads:
            raise BadInput(f"{path}: {where} kind: only a drive has a load, not {values['kind']!r}")
        wishes = [field for field in ("charge_profile", "target_soc", "departure_s") if values[field] is not None]
        if values["kind"] != "charge" and wishes:
            raise BadInput(f"{path}: {where} {wishes[0]}: only for a charge, not {values['kind']!r}")
        if len(loads) > 1:
            raise BadInput(f"{path}: {where} {loads[-1]}: either a profile, a constant load or a day of the house, not both")
        if values["profile"] is None and ("scale" in row or "profile_start_s" in row):
            raise BadInput(f"{path}: {where} profile: missing, so there is nothing to scale or to enter")
        if values["profile"] is not None:
            values["profile"] = _beside(path, values["profile"])
        phases.append(Phase(start_s=start_s, **values))
        start_s += values["duration_s"]
    if not phases:
        raise BadInput(f"{path}: no [[phase]]: nothing would happen")
    if start_s > LONGEST_s:
        raise BadInput(f"{path}: [[phase]] duration_s: {start_s:g} s in all, more than {LONGEST_s:g}")
    _unique([phase.name for phase in phases], path, "[[phase]]")
    return tuple(phases)


def _fault(row: dict[str, Any], scenario: Scenario, where: str) -> Fault:
    values = read(row, FAULT, scenario.path, where)
    phase, at_s, offset_s = values.pop("phase"), values.pop("at_s"), values.pop("offset_s")
    if (phase is None) == (at_s is None):
        raise BadInput(f"{scenario.path}: {where} at_s: say either at_s, or phase (and offset_s)")
    if phase is not None:
        at_s = _phase_of(phase, scenario, where).start_s + offset_s
    elif "offset_s" in row:
        raise BadInput(
            f"{scenario.path}: {where} offset_s: counts from the begin of a phase, and none is named"
        )
    if at_s >= scenario.duration_s:
        raise BadInput(
            f"{scenario.path}: {where}: begins at {at_s:g} s, the scenario ends at {scenario.duration_s:g} s"
        )
    return Fault(at_s=at_s, **values)


def _expect(row: dict[str, Any], scenario: Scenario, where: str) -> Expect:
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in EXPECT:
        raise BadInput(f"{scenario.path}: {where} kind: {kind!r} is none of {', '.join(EXPECT)}")
    table = {"name": Field("text", default=kind), "kind": Field("word"), **EXPECT[kind]}
    values = read(row, table, scenario.path, where)
    if "phase" in values:
        _phase_of(values["phase"], scenario, where)
    for field, there in (("fault", [row.name for row in TABLE]), ("state", [row[0] for row in STATES])):
        if field in values and values[field] not in there:
            raise BadInput(f"{scenario.path}: {where} {field}: {values[field]!r} is none of {', '.join(there)}")
    return Expect(values.pop("name"), values.pop("kind"), values)


def _beside(path: str, name: str) -> str:
    """A file that a scenario names is sought from the scenario's folder; a plain name stays one."""
    return str(Path(path).parent / name) if "/" in name or "." in name else name


def _phase_of(name: str, scenario: Scenario, where: str) -> Phase:
    try:
        return scenario.phase(name)
    except KeyError:
        known = ", ".join(phase.name for phase in scenario.phases)
        raise BadInput(f"{scenario.path}: {where} phase: {name!r} is none of {known}") from None


def _rows(document: Mapping[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    rows = document.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{path}: {key}: write it as [[{key}]]")
    return rows


def _unique(labels: list[str], path: str, where: str) -> None:
    for label in labels:
        if labels.count(label) > 1:
            raise BadInput(f"{path}: {where} name: {label!r} stands more than once")
