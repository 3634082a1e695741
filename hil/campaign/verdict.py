"""What came of one run: violations from the true layers, faults missed, trips that were false, how long the firmware took.

Reaction time: from the crossing (of the independent oracle's bound; for what was injected, from the injection and what its row
in the table of expected faults adds) to zero limits on the wire. A trip is false when nothing called it: no consistent layer
beyond its limit by the oracle, and no fault injected that owes it. Only the first trip of a run is judged so; what follows is
its consequence. Times in ms.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bms.safety.faults import TABLE, TRIP_AFTER_RAMP
from bms.schema import Pack
from hil.campaign import expected
from hil.campaign.draw import Case
from hil.campaign.oracle import DUE, Oracle, Record
from hil.judge import Run, contactor_state
from hil.lint.observable import observable
from hil.loop import TICK_ms
from hil.witness import Reported

ROWS = {row.name: row for row in TABLE}
PAGE_ms = 250
"""A row that only warns is told on its page of BMS_FAULTS: four of them, one every 50 ms."""
BACK_ms = 800
"""So far back a crossing may lie from the trip it calls: the longest debounce of these rows, and probes that are late."""
TRIPPING = ("trip_after_ramp", "trip_now")
"""What a fault weighed when it was told: a pack's priority may have let it warn alone."""
OPEN_ms = 200
"""Beyond time-out and delay of the contactors."""
FLOWING_ms = 1000
JUMP_C = 0.5
"""In one tick: a current that jumps so far is beyond every line at once."""


def verdict(case: Case, pack: Pack, run: Run, record: Record) -> dict[str, Any]:
    """One line of results.jsonl."""
    trips = [fault for fault in run.witness.faults if ROWS[fault.name].severity >= TRIP_AFTER_RAMP]
    injected_ms = run.injected_ms[0] if run.injected_ms else None
    duty = _duty(case, pack, run, record, injected_ms)
    oracle = Oracle(pack, record)
    felt = run.felt[0] if run.felt else None
    reactions: dict[str, float] = {}
    missed = ""
    if duty == expected.OWED and injected_ms is not None and felt:
        missed = _missed(case, pack, run, injected_ms, reactions)
    false = _false(case, duty, injected_ms, trips, oracle)
    if trips and trips[0].name in DUE and not false and trips[0].name not in reactions:
        took_ms = _reaction(run, trips[0], oracle)
        if took_ms is not None:
            reactions[trips[0].name] = took_ms
    episodes = [episode for episode in run.violations if episode.start_ms]
    fault = case.fault
    states = [state for _, state in run.witness.states]
    return {
        "run": case.number,
        "seed": case.seed,
        "kind": case.kind,
        "full": case.full,
        "pack": run.pack,
        "target": case.target,
        "sim_s": run.end_ms / 1000,
        "soc": round(case.scenario.soc_true, 4),
        "temperature_degC": round(case.scenario.temperature_degC, 2),
        "spread": case.scenario.spread,
        "fault": None if fault is None else f"{fault.target} {fault.type} {fault.severity:g}",
        "fault_sort": None if fault is None or case.owed is None else f"{case.owed.target} {fault.type}",
        "at_s": None if fault is None else fault.at_s,
        "lasts_s": None if fault is None else fault.duration_s,
        "duty": duty,
        "felt": felt,
        "closed": "drive" in states or "charge" in states,
        "trips": [{"row": trip.name, "ms": trip.now_ms, "where": trip.where} for trip in trips],
        "violations": [_episode(episode) for episode in episodes],
        "missed": missed,
        "false": false,
        "reactions": reactions,
        "v_max_mV": run.v_max_mV,
        "v_min_mV": run.v_min_mV,
        "t_max_ddegC": run.t_max_ddegC,
        "crc": run.decisions_crc,
        "died": run.died,
        "ok": not (episodes or missed or false or run.died),
    }


def lost(number: int, seed: int, why: str) -> dict[str, Any]:
    """The line of a run that took its worker with it."""
    return {"run": number, "seed": seed, "kind": "", "pack": "", "duty": "", "died": why, "ok": False}


def _episode(episode: Any) -> dict[str, Any]:
    return {
        "layer": episode.layer,
        "quantity": episode.quantity,
        "from_ms": episode.start_ms,
        "worst": round(float(episode.worst), 1),
        "limit": round(float(episode.limit), 1),
    }


def _duty(case: Case, pack: Pack, run: Run, record: Record, injected_ms: int | None) -> str:
    """What the table says, softened where too little flowed for the error to be certain to show."""
    row, fault = case.owed, case.fault
    if row is None or fault is None:
        return "none"
    if row.duty == expected.OWED and row.target in expected.CLOSED_ONLY and not _closed(run, injected_ms):
        return expected.UNSEEN
    if row.duty != expected.OWED or row.rows:
        return row.duty
    if injected_ms is None:
        return expected.UNSEEN
    begin = injected_ms // TICK_ms
    flowing_mA = np.abs(record.current_A[begin : begin + FLOWING_ms // TICK_ms]) * 1000
    ends = (int(flowing_mA.min(initial=1e9)), int(flowing_mA.max(initial=0.0)))
    seen = [observable(pack, fault.target, fault.type, fault.severity, flows_mA) for flows_mA in ends]
    return expected.OWED if all(seen) else expected.UNSEEN


def _closed(run: Run, injected_ms: int | None) -> bool:
    """Whether both mains were closed when the fault came: a pack that is too cold never closes them."""
    state = "open"
    for now_ms, mask in run.contactors:
        if injected_ms is not None and now_ms <= injected_ms:
            state = contactor_state(mask)
    return state == "closed"


def _zero_ms(run: Run, since_ms: float) -> float | None:
    """From when on both limits were zero, first looked at since_ms; -1: they were already. None: never."""
    before = True
    for zero in run.witness.zeros:
        both = zero.charge and zero.discharge
        if zero.now_ms < since_ms:
            before = both
        elif before and zero.now_ms > since_ms:
            return -1
        elif both:
            return zero.now_ms
        else:
            before = both
    return -1 if before else None


def _missed(case: Case, pack: Pack, run: Run, injected_ms: int, reactions: dict[str, float]) -> str:
    """What the firmware owed and did not do; empty when one of the rows answered in time."""
    assert case.owed is not None
    cross_ms = injected_ms + case.after_ms
    answers = [fault for fault in run.witness.faults if fault.now_ms >= injected_ms and fault.name in case.rows]
    if not answers:
        others = sorted({fault.name for fault in run.witness.faults if fault.now_ms >= injected_ms})
        return f"none of {', '.join(case.rows)} answered" + (f", but {', '.join(others)}" if others else "")
    if not case.owed.timed:
        return ""
    zero_ms = _zero_ms(run, injected_ms)
    late: dict[str, float] = {}
    for fault in answers:
        row = ROWS[fault.name]
        trips = fault.severity in TRIPPING and zero_ms not in (None, -1)
        done_ms = float(zero_ms or 0) if trips else fault.now_ms
        grace_ms = 0 if trips else PAGE_ms
        took_ms = max(done_ms - cross_ms, 0.0)
        if took_ms <= row.budget_ms + grace_ms:
            if trips:
                reactions[fault.name] = took_ms
            opened = not trips or _opened(pack, run, done_ms)
            return "" if opened else f"{fault.name}: contactors still closed"
        late[fault.name] = took_ms
    reactions |= late
    return "; ".join(f"{name} after {took_ms:.0f} ms, budget {ROWS[name].budget_ms}" for name, took_ms in late.items())


def _opened(pack: Pack, run: Run, zero_ms: float) -> bool:
    """Whether the contactors were open in time after the limits were zero; a run that ended before cannot tell."""
    until_ms = zero_ms + pack.open_timeout_ms + pack.contactor_delay_ms + OPEN_ms
    if run.end_ms <= until_ms:
        return True
    state = "open"
    for now_ms, mask in run.contactors:
        if now_ms <= until_ms:
            state = contactor_state(mask)
    return state in ("open", "partial")


def _false(case: Case, duty: str, injected_ms: int | None, trips: list[Reported], oracle: Oracle) -> str:
    """Why the first trip should not have been; empty where it should, or where there was none."""
    if not trips:
        return ""
    first = trips[0]
    after = injected_ms is not None and first.now_ms >= injected_ms
    if after and duty in (expected.OWED, expected.UNSEEN):
        return ""
    due = oracle.due(first.name)
    if due is None:
        return f"{first.name} at {first.now_ms} ms, and nothing was broken"
    fault = case.fault
    if after and fault is not None and fault.type in expected.ALTERING:
        return ""
    now = first.now_ms // TICK_ms
    most = float(due[max(now - BACK_ms // TICK_ms, 0) : now + 1].max())
    if most > 0:
        return ""
    unit = "V" if "voltage" in first.name else "A" if "current" in first.name else "K"
    return f"{first.name} at {first.now_ms} ms, {-most:.4g} {unit} inside the oracle's bound"


def _reaction(run: Run, trip: Reported, oracle: Oracle) -> float | None:
    """Time from the oracle's crossing to zero limits; None where it cannot be told, as for a current that creeps over a line
    which the oracle, knowing less of the SoC, draws lower."""
    due = oracle.due(trip.name)
    assert due is not None
    beyond = np.flatnonzero(due[: trip.now_ms // TICK_ms + 1] <= 0)
    if not len(beyond) or beyond[-1] + 1 >= len(due):
        return None
    at = int(beyond[-1]) + 1
    if "current" in trip.name and float(due[at] - due[at - 1]) < JUMP_C * oracle.pack.cell.capacity_mAh / 1000:
        return None
    cross_ms = at * TICK_ms
    zero_ms = _zero_ms(run, cross_ms)
    return None if zero_ms in (None, -1) else float(zero_ms or 0) - cross_ms


def failed(line: Mapping[str, Any]) -> bool:
    """Whether a line of results.jsonl says that something must not have been."""
    return not line["ok"]
