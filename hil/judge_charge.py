"""What a charge is measured by: how soon it was where it should be, by the truth, and how well it knew.

Judges as in judge.py. What a phase reached is read from the record, every 100 ms; a layer counts as warm when the coldest is.
The time left that BMS_CHARGE_PLAN tells is held against the time at which the charge ended, from FIRST_s after the begin of
the phase, while it goes on: the error is a fraction of what was left, or of LEAST_s where that is more. s, degC, fractions.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hil.scenario import Scenario
from hil.witness import Witness

FIRST_s = 60.0
LEAST_s = 60.0
GOING = ("heating", "charging", "tapering")
Verdict = tuple[bool, Any, Any]


class Ended(Protocol):
    """A run, as far as it is looked at here."""

    scenario: Scenario
    witness: Witness


def _first_s(run: Ended, name: str, column: str, there: Callable[[float], bool]) -> float | None:
    """So long after the phase's begin, and within it, the column was there."""
    phase, record = run.scenario.phase(name), run.witness.recorder
    for time_s, value in zip(record.time_s, record.columns[column]):
        if phase.start_s <= time_s < phase.start_s + phase.duration_s and there(value):
            return round(time_s - phase.start_s, 3)
    return None


def _soon(value: float | None, values: Mapping[str, Any]) -> Verdict:
    return value is not None and value <= values["limit"], value, values["limit"]


def charged(run: Ended, values: Mapping[str, Any]) -> Verdict:
    """The mean of the true layers by Ah is at `soc`."""
    return _soon(_first_s(run, values["phase"], "soc_true", lambda soc: soc >= values["soc"]), values)


def warmed(run: Ended, values: Mapping[str, Any]) -> Verdict:
    """No true layer is below `degC`."""
    return _soon(_first_s(run, values["phase"], "t_true_min_degC", lambda degC: degC >= values["degC"]), values)


def cooled(run: Ended, values: Mapping[str, Any]) -> Verdict:
    """No true layer is above `degC`."""
    return _soon(_first_s(run, values["phase"], "t_true_max_degC", lambda degC: degC <= values["degC"]), values)


def _end_s(run: Ended, name: str) -> tuple[float | None, str]:
    """When the phase's charge ended, after its begin, and why."""
    phase = run.scenario.phase(name)
    for plan in run.witness.plans:
        since_s = plan.now_ms / 1000 - phase.start_s
        if 0 < since_s < phase.duration_s and plan.end != "none" and plan.phase not in (*GOING, "idle"):
            return since_s, plan.end
    return None, "none"


def charge_ended(run: Ended, values: Mapping[str, Any]) -> Verdict:
    """By what it should have, in time."""
    end_s, end = _end_s(run, values["phase"])
    passed = end == values["end"] and end_s is not None and end_s <= values["limit"]
    return passed, f"{end} after {end_s:g} s" if end_s is not None else "none", f"{values['end']} after {values['limit']:g} s"


def charges(run: Ended) -> list[dict[str, Any]]:
    """Every charge of the run: phase, true SoC as it was plugged and at its end, seconds between them, and why it ended."""
    record, rows = run.witness.recorder, []
    for phase in run.scenario.phases:
        if phase.kind != "charge":
            continue
        end_s, end = _end_s(run, phase.name)
        lasted_s = phase.duration_s if end_s is None else end_s
        since_s = [time_s - phase.start_s for time_s in record.time_s]
        soc = [value for time_s, value in zip(since_s, record.columns["soc_true"]) if 0 <= time_s <= lasted_s]
        if soc:
            row = {"phase": phase.name, "soc_begin": round(soc[0], 4), "soc_end": round(soc[-1], 4)}
            rows.append({**row, "seconds": round(lasted_s, 2), "end": end})
    return rows


def remaining_told(run: Ended, values: Mapping[str, Any]) -> Verdict:
    """Worst of the whole phase; a time that is unknown is as wrong as can be."""
    limit, start_s = values["limit"], run.scenario.phase(values["phase"]).start_s
    end_s, _ = _end_s(run, values["phase"])
    if end_s is None or end_s <= FIRST_s:
        return False, None, limit
    worst = 0.0
    plans = [plan for plan in run.witness.plans if plan.phase in GOING]
    for at, plan in enumerate(plans):
        until_s = plans[at + 1].now_ms / 1000 - start_s if at + 1 < len(plans) else end_s
        since_s = max(plan.now_ms / 1000 - start_s, FIRST_s)
        if since_s >= min(until_s, end_s):
            continue
        left_s = end_s - since_s
        error = 1.0 if plan.remaining_s is None else abs(plan.remaining_s - left_s) / max(left_s, LEAST_s)
        worst = max(worst, error)
    return worst <= limit, worst, limit
