"""What a run is measured by: one function an expectation, and the result as the outside reads it.

A judge gets the finished run and the values of its row; it answers (passed, value, limit) as they go into the report.
Everything is taken from the plant's true layers and from frames on the wire, nothing from inside the firmware.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hil import judge_charge
from hil.scenario import Scenario
from hil.witness import Reported, Witness

Verdict = tuple[bool, Any, Any]
LOUD = ("warning", "derate", "trip_after_ramp", "trip_now")
"""Severities that count as a fault; info only tells."""


@dataclass
class Run:
    """What is left when the loop has ended."""

    scenario: Scenario
    pack: str
    target: str
    seed: int
    witness: Witness
    ticks: int = 0
    end_ms: int = 0
    wall_s: float = 0.0
    late_ticks: int | None = None
    tx: int = 0
    rx: int = 0
    errors: int = 0  # frames that failed an actor's end-to-end check
    decisions_crc: int = 0  # over every tick's CRC of the integer lane's decisions
    soc_true_end: float = 0.0
    v_max_mV: int = 0
    v_min_mV: int = 0
    t_max_ddegC: int = 0
    gradient_ddegC: int = 0  # largest between two layers of a stack
    violations: list[Any] = field(default_factory=list)
    contactors: list[tuple[int, int]] = field(default_factory=list)  # since when, true positions
    moved_Ah: dict[str, float] = field(default_factory=dict)  # by phase
    injected_ms: list[int] = field(default_factory=list)
    felt: list[int] = field(default_factory=list)  # what each injection changed
    inverter_over_V: float | None = None  # farthest that the link was above CVL while it charged; None: no inverter
    inverter_over_A: float | None = None  # farthest that its current was beyond the limits it was offered
    heat: dict[str, Any] = field(default_factory=dict)  # as hil.heatledger has it
    died: str = ""  # why the firmware ended before the scenario did


NEGATIVE, PRECHARGE, POSITIVE = 1, 2, 4


def contactor_state(mask: int) -> str:
    """A word for what the main contacts let through."""
    if mask & NEGATIVE and mask & POSITIVE:
        return "closed"
    if mask & NEGATIVE and mask & PRECHARGE:
        return "precharge"
    return "partial" if mask & (NEGATIVE | PRECHARGE | POSITIVE) else "open"


def _loud(run: Run) -> list[Reported]:
    return [fault for fault in run.witness.faults if fault.severity in LOUD]


def _no_violation(run: Run, _: Mapping[str, Any]) -> Verdict:
    return not run.violations, len(run.violations), 0


def _no_fault(run: Run, _: Mapping[str, Any]) -> Verdict:
    return not _loud(run), len(_loud(run)), 0


def _no_fault_before_injection(run: Run, _: Mapping[str, Any]) -> Verdict:
    first_ms = min(run.injected_ms, default=run.end_ms + 1)
    early = [fault.name for fault in _loud(run) if fault.now_ms < first_ms]
    return not early, ", ".join(early) or 0, 0


def _fault_named(run: Run, values: Mapping[str, Any]) -> Verdict:
    wanted, where = values["fault"], values["where"]
    told = run.witness.first_cause
    limit = wanted if where is None else f"{wanted} at {where}"
    if told is None:
        return False, "none", limit
    value = told.name if told.where is None else f"{told.name} at {told.where}"
    return told.name == wanted and where in (None, told.where), value, limit


def _disturbance_felt(run: Run, values: Mapping[str, Any]) -> Verdict:
    least = min(run.felt, default=0)
    return least >= values["limit"], least, values["limit"]


def _reaction_ms(run: Run, values: Mapping[str, Any]) -> Verdict:
    """From the injection to the first zero limit that was not zero before. None: never, or zero already."""
    limit = values["limit"]
    if not run.injected_ms:
        return False, None, limit
    since_ms = min(run.injected_ms)
    before = False
    for zero in run.witness.zeros:
        both = zero.charge and zero.discharge
        now = {"both": both, "charge": zero.charge, "discharge": zero.discharge}[values["side"]]
        if zero.now_ms < since_ms:
            before = now
        elif before:
            break
        elif now:
            value = zero.now_ms - since_ms
            return value <= limit, value, limit
    return False, None, limit


def _reached(run: Run, values: Mapping[str, Any]) -> Verdict:
    start_ms = round(run.scenario.phase(values["phase"]).start_s * 1000)
    limit = values["limit"]
    at_start = ""
    for now_ms, state in run.witness.states:
        if now_ms <= start_ms:
            at_start = state
        elif state == values["state"]:
            value = (now_ms - start_ms) / 1000
            return value <= limit, value, limit
    return at_start == values["state"], 0.0 if at_start == values["state"] else None, limit


def _open_at_end(run: Run, _: Mapping[str, Any]) -> Verdict:
    value = contactor_state(run.contactors[-1][1])
    return value == "open", value, "open"


def _closed_at_end(run: Run, _: Mapping[str, Any]) -> Verdict:
    value = contactor_state(run.contactors[-1][1])
    return value == "closed", value, "closed"


def _charge_moved(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.moved_Ah.get(values["phase"], 0.0)
    return value >= values["limit"], value, values["limit"]


def _charge_refused(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.moved_Ah.get(values["phase"], 0.0)
    return value <= values["limit"], value, values["limit"]


def _told(run: Run, values: Mapping[str, Any]) -> Verdict:
    """A fault with the weight that it had when it came; where it is, only the first cause tells."""
    wanted = (values["fault"], values["severity"])
    told = [fault for fault in run.witness.faults if fault.name == wanted[0]]
    met = any(fault.severity == wanted[1] and values["where"] in (None, fault.where) for fault in told)
    text = ", ".join(f"{fault.severity} at {fault.where}" for fault in told)
    return met, text or "none", wanted[1] if values["where"] is None else f"{wanted[1]} at {values['where']}"


def _charge_moved_at_most(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.moved_Ah.get(values["phase"])
    return value is not None and value <= values["limit"], value, values["limit"]


def _soc_error_end(run: Run, values: Mapping[str, Any]) -> Verdict:
    last = run.witness.soc_last
    if last is None:
        return False, None, values["limit"]
    value = abs(last - run.soc_true_end)
    return value <= values["limit"], value, values["limit"]


def _soc_inside_interval(run: Run, _: Mapping[str, Any]) -> Verdict:
    heard = run.witness.soc_count > 0
    return heard and run.witness.soc_outside <= 0, run.witness.soc_outside if heard else None, 0.0


def _cvl_respected(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.inverter_over_V
    return value is not None and value <= values["limit"], value, values["limit"]


def _inverter_obeyed(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.inverter_over_A
    return value is not None and value <= values["limit"], value, values["limit"]


def _filter_corrected(run: Run, values: Mapping[str, Any]) -> Verdict:
    first = run.witness.soc_first
    if first is None:
        return False, None, values["limit"]
    value = abs(first - run.scenario.soc_true)
    return value >= values["limit"], value, values["limit"]


def _heat_balance(run: Run, values: Mapping[str, Any]) -> Verdict:
    value = run.heat.get("error_fraction")
    return value is not None and value <= values["limit"], value, values["limit"]


JUDGES: dict[str, Callable[[Run, Mapping[str, Any]], Verdict]] = {
    "charged": judge_charge.charged,
    "warmed": judge_charge.warmed,
    "cooled": judge_charge.cooled,
    "charge_ended": judge_charge.charge_ended,
    "remaining_told": judge_charge.remaining_told,
    "no_violation": _no_violation,
    "no_fault": _no_fault,
    "no_fault_before_injection": _no_fault_before_injection,
    "fault_named": _fault_named,
    "disturbance_felt": _disturbance_felt,
    "reaction_ms": _reaction_ms,
    "reached": _reached,
    "contactors_open_at_end": _open_at_end,
    "contactors_closed_at_end": _closed_at_end,
    "charge_moved": _charge_moved,
    "charge_refused": _charge_refused,
    "told": _told,
    "charge_moved_at_most": _charge_moved_at_most,
    "soc_error_end": _soc_error_end,
    "cvl_respected": _cvl_respected,
    "inverter_obeyed": _inverter_obeyed,
    "soc_inside_interval": _soc_inside_interval,
    "filter_corrected": _filter_corrected,
    "heat_balance": _heat_balance,
}


def judged(run: Run) -> list[dict[str, Any]]:
    """Every expectation of the scenario: name, passed, value, limit."""
    rows = []
    for expect in run.scenario.expects:
        passed, value, limit = JUDGES[expect.kind](run, expect.values)
        if isinstance(value, float):
            value = round(value, 6)
        rows.append({"name": expect.name, "kind": expect.kind, "passed": passed, "value": value, "limit": limit})
    return rows


def result(run: Run) -> dict[str, Any]:
    """The whole run as it goes into JSON and report. Only realtime_factor differs between two runs of one seed."""
    witness, expectations = run.witness, judged(run)
    return {
        "scenario": run.scenario.name,
        "title": run.scenario.title,
        "pack": run.pack,
        "target": run.target,
        "seed": run.seed,
        "passed": not run.died and all(row["passed"] for row in expectations),
        "error": run.died or None,
        "duration_s": run.end_ms / 1000,
        "realtime_factor": round(run.end_ms / 1000 / run.wall_s, 2) if run.wall_s > 0 else None,
        "expectations": expectations,
        "soc": {
            "true_end": run.soc_true_end,
            "estimated_end": witness.soc_last,
            "rmse": math.sqrt(witness.soc_square / witness.soc_count) if witness.soc_count else None,
            "max_abs": witness.soc_worst if witness.soc_count else None,
        },
        "layers": {
            "v_max_mV": run.v_max_mV,
            "v_min_mV": run.v_min_mV,
            "t_max_ddegC": run.t_max_ddegC,
            "gradient_ddegC": run.gradient_ddegC,
            "violations": len(run.violations),
            "episodes": [str(episode) for episode in run.violations],
        },
        "faults": [
            {"time_s": f.now_ms / 1000, "id": f.id, "name": f.name, "severity": f.severity, "where": f.where}
            for f in witness.faults
        ],
        "states": [{"time_s": now_ms / 1000, "state": state} for now_ms, state in witness.states],
        "contactors": [
            {"time_s": now_ms / 1000, "state": contactor_state(mask), "mask": mask} for now_ms, mask in run.contactors
        ],
        "moved_Ah": {name: round(moved_Ah, 6) for name, moved_Ah in run.moved_Ah.items()},
        "charges": judge_charge.charges(run),
        "heat": run.heat,
        "timing": {"ticks": run.ticks, "late_ticks": run.late_ticks},
        "can": {"tx": run.tx, "rx": run.rx, "errors": run.errors},
        "decisions_crc": run.decisions_crc,
    }
