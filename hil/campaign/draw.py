"""Run number in, the whole run out: a pure function of the campaign file and the number.

Everything that a run is comes from one stream of random numbers, by the run's seed; plant, sensors and faults have streams of
their own from the same seed. SoC as a fraction, temperatures in degC, times in s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bms.safety.faults import TABLE as FAULT_ROWS
from bms.schema import Pack, group_count, layer_count
from hil.campaign import expected, story
from hil.campaign.expected import Row
from hil.campaign.plan import Kind, Plan
from hil.lint.observable import observable
from hil.scenario import Fault, Scenario
from hil.scenario_tables import CHARGER, INVERTER, THERMAL, VEHICLE

T = TypeVar("T")
STREAM = 11
AFTERMATH_s = 0.6
"""What a run goes on beyond the last budget of its fault."""

BUDGETS_ms = {row.name: row.budget_ms for row in FAULT_ROWS}


@dataclass(frozen=True)
class Case:
    """One run. `owed` is the table's row of its fault, None where nothing breaks; `rows` may answer."""

    number: int
    seed: int
    kind: str
    full: bool
    target: str
    scenario: Scenario
    owed: Row | None
    rows: tuple[str, ...]
    after_ms: float

    @property
    def fault(self) -> Fault | None:
        """What breaks."""
        return self.scenario.faults[0] if self.scenario.faults else None


def drawn_pack(plan: Plan, number: int) -> tuple[Kind, str]:
    """Kind and pack of a run, without the rest of it."""
    return _kind_and_pack(plan, _stream(plan, number))


def case_of(plan: Plan, number: int, pack: Pack) -> Case:
    """The run of that number; `pack` is the one that `drawn_pack` names."""
    draw = _stream(plan, number)
    kind, pack_name = _kind_and_pack(plan, draw)
    seed = plan.first + number
    micropython = draw.random() < plan.micropython
    values = {name: float(draw.uniform(low, high)) for name, (low, high) in kind.ranges.items()}
    spread = kind.spread[int(draw.integers(len(kind.spread)))]
    row = None
    if draw.random() < kind.fault_share and plan.faults:
        possible = _possible(pack)
        row = _chosen(draw, possible, [one.weight for one in possible])
    during = expected.ANY if row is None else row.during
    fault, rows, after_ms = (None, (), 0.0) if row is None else _fault(row, pack, draw)
    seconds, at_s = values["seconds"], 0.0
    begin_s = story.WAKE_s + story.closing_s(pack)
    if row is not None and fault is not None:
        at_s = begin_s + float(draw.uniform(0.3, 0.8))
        if during == expected.CLOSING:
            at_s = 0.1
        wait_s = (after_ms + max((BUDGETS_ms[name] for name in rows), default=0)) / 1000
        if during in (expected.CLOSING, expected.OPENING):
            wait_s = 3.0
        seconds = max(seconds, at_s - begin_s + wait_s + AFTERMATH_s)
        fault = Fault(fault.target, fault.type, round(at_s, 2), fault.duration_s, fault.severity, fault.ramp_s)
    phases = story.phases(pack, kind.profile, during, seconds, values["load_C"], draw)
    stored = values["soc"] + values["memory_error"]
    scenario = Scenario(
        path=f"{plan.path} run {number}",
        name=f"{plan.name}_{number}",
        title=f"{plan.title}: run {number}, {kind.name}",
        pack=pack_name,
        map=kind.map,
        seed=seed,
        soc_true=values["soc"],
        soc_stored=min(max(stored, 0.0), 1.0),
        temperature_degC=values["temperature_degC"],
        coolant_degC=None,
        hysteresis=values["hysteresis"],
        spread=spread,
        relax=False,
        sensors={},
        vehicle={name: field.default for name, field in VEHICLE.items()},
        charger={name: field.default for name, field in CHARGER.items()},
        inverter=None if pack.inverter is None else {name: field.default for name, field in INVERTER.items()},
        thermal={name: field.default for name, field in THERMAL.items()} if kind.thermal else None,
        phases=phases,
        faults=() if fault is None else (fault,),
    )
    return Case(number, seed, kind.name, kind.full, "micropython" if micropython else "cpython", scenario, row, rows, after_ms)


def _stream(plan: Plan, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([plan.first + number, STREAM]))


def _kind_and_pack(plan: Plan, draw: np.random.Generator) -> tuple[Kind, str]:
    kind = _chosen(draw, plan.kinds, [one.weight for one in plan.kinds])
    packs = kind.packs or tuple(plan.packs)
    return kind, _chosen(draw, packs, [plan.packs[name] for name in packs])


def _chosen(draw: np.random.Generator, things: Sequence[T], weights: Sequence[float]) -> T:
    edges = np.cumsum(weights)
    return things[min(int(np.searchsorted(edges, draw.random() * edges[-1], "right")), len(things) - 1)]


def _possible(pack: Pack) -> list[Row]:
    """Rows of the table that this pack can have."""
    absent = set()
    if pack.current_b_sensor is None:
        absent.add("current_b")
    if pack.charger_protocol != "bms":
        absent.add("frame:CHG_STATUS")
    if pack.inverter is not None:
        absent.add("vehicle")
    if not pack.guards.coolant_flow_dl_min:
        absent.add("coolant")
    return [row for row in expected.TABLE if row.target not in absent]


def _fault(row: Row, pack: Pack, draw: np.random.Generator) -> tuple[Fault, tuple[str, ...], float]:
    """One fault of that row, the rows that may answer, and how long after it they may look at it first."""
    counts = {"group": group_count(pack), "stack": pack.stacks, "probe": len(pack.probe_stack), "layer": layer_count(pack)}
    target = row.target
    if target in counts:
        target = f"{target}:{int(draw.integers(counts[target]))}"
    unit, low, high = row.severity
    severity = float(draw.uniform(low, high)) * expected.UNITS[unit](pack, target)
    if unit in expected.GAINS:
        severity = 1 + severity * (1 if draw.random() < 0.5 else -1)
    elif row.type in expected.SIGNED and draw.random() < 0.5:
        severity = -severity
    lasts_s = None
    if row.lasts is not None:
        time, short, long = row.lasts
        ticks = int(draw.uniform(short, long) * expected.TIMES[time](pack) / 10)
        lasts_s = max(ticks, 1) / 100
    rows, after_ms = row.rows, row.after_ms
    if row.duty == expected.OWED and not rows:
        seen = observable(pack, target, row.type, severity, pack.cell.capacity_mAh)
        if seen is not None:
            rows, after_ms = seen.rows, after_ms + seen.after_ms
    if row.type != "drift":
        severity = round(severity, 6)
    return Fault(target, row.type, 0.0, lasts_s, severity, 0.0), rows, after_ms
