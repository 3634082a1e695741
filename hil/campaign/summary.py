"""All verdicts of a campaign together: counts, reaction times against budgets, every run that failed and how to repeat it.

Reaction times in ms, from the crossing to zero limits on the wire.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from hil.campaign import expected
from hil.campaign.plan import Plan
from hil.campaign.verdict import ROWS

Summary = dict[str, Any]
SLOWEST = 10


def summarised(plan: Plan, lines: Iterable[dict[str, Any]], asked: int) -> Summary:
    """What summary.json holds."""
    counts: Counter[str] = Counter()
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    faults: dict[str, Counter[str]] = defaultdict(Counter)
    times: dict[str, list[tuple[float, int]]] = defaultdict(list)
    failed, numbers, simulated_s = [], [], 0.0
    for line in lines:
        numbers.append(line["run"])
        simulated_s += line.get("sim_s", 0.0)
        marks = _marks(line)
        counts.update(marks)
        table[line["kind"] or "?", line["pack"] or "?"].update(marks)
        if line.get("fault_sort"):
            faults[line["fault_sort"]].update((line["duty"], *marks))
        for row, took_ms in line.get("reactions", {}).items():
            times[row].append((took_ms, line["run"]))
        if not line["ok"]:
            failed.append(_failure(plan, line))
    rows = [_reaction(name, times[name]) for name in sorted(times, key=lambda name: ROWS[name].id)]
    return {
        "campaign": plan.name,
        "title": plan.title,
        "file": plan.path,
        "seeds": [plan.first, plan.first + asked - 1],
        "asked": asked,
        "passed": not failed and counts["runs"] == asked,
        "simulated_s": round(simulated_s, 1),
        "counts": {name: counts[name] for name in COUNTS},
        "kinds": [_row({"kind": kind, "pack": pack}, table[kind, pack]) for kind, pack in sorted(table)],
        "faults": [
            {"fault": sort, **{duty: faults[sort][duty] for duty in DUTIES}, **_of(faults[sort], ("unfelt", "missed", "false"))}
            for sort in sorted(faults)
        ],
        "reactions": rows,
        "slowest": _slowest(rows, times, plan),
        "failed": sorted(failed, key=lambda row: row["run"]),
        "first_run": min(numbers, default=None),
        "last_run": max(numbers, default=None),
    }


COUNTS = ("runs", "full", "micropython", "faulted", "owed", "twin", "unseen", "unfelt", "tripped", "never_closed",
          "violations", "missed", "false", "died", "late")  # fmt: skip
DUTIES = (expected.OWED, expected.TWIN, expected.UNSEEN)


def _marks(line: dict[str, Any]) -> list[str]:
    """What a run counts as."""
    said = {
        "full": line.get("full"),
        "micropython": line.get("target") == "micropython",
        "faulted": bool(line.get("fault")),
        "unfelt": line.get("felt") == 0,
        "tripped": bool(line.get("trips")),
        "never_closed": line.get("closed") is False,
        "violations": bool(line.get("violations")),
        "missed": bool(line.get("missed")),
        "false": bool(line.get("false")),
        "died": bool(line["died"]),
        "late": any(took_ms > ROWS[row].budget_ms for row, took_ms in line.get("reactions", {}).items()),
    }
    duty = [line["duty"]] if line["duty"] in DUTIES else []
    return ["runs", *duty, *(name for name, true in said.items() if true)]


def _row(head: dict[str, str], counter: Counter[str]) -> dict[str, Any]:
    return {**head, **_of(counter, ("runs", "faulted", "tripped", "never_closed", "violations", "missed", "false", "died"))}


def _of(counter: Counter[str], names: tuple[str, ...]) -> dict[str, int]:
    return {name: counter[name] for name in names}


def _failure(plan: Plan, line: dict[str, Any]) -> dict[str, Any]:
    """One failed run: why, and the command that repeats it."""
    why = [line["died"], line.get("missed", ""), line.get("false", "")]
    episodes = line.get("violations", [])
    if episodes:
        worst = {episode["quantity"]: episode for episode in reversed(episodes)}
        why += [f"{name} {one['worst']:g}, limit {one['limit']:g}, layer {one['layer']}" for name, one in worst.items()]
    return {
        "run": line["run"],
        "kind": line["kind"],
        "pack": line["pack"],
        "fault": line.get("fault"),
        "duty": line["duty"],
        "why": "; ".join(text for text in why if text),
        "repeat": f"hil campaign {plan.path} --only {line['run']} --report run_{line['run']}.html",
    }


def _reaction(name: str, taken: list[tuple[float, int]]) -> dict[str, Any]:
    row, values = ROWS[name], np.array([took_ms for took_ms, _ in taken])
    return {
        "row": name,
        "severity": int(row.severity),
        "n": len(values),
        "median_ms": round(float(np.median(values)), 1),
        "p99_ms": round(float(np.percentile(values, 99)), 1),
        "max_ms": round(float(values.max()), 1),
        "budget_ms": row.budget_ms,
    }


def _slowest(rows: list[dict[str, Any]], times: dict[str, list[tuple[float, int]]], plan: Plan) -> list[dict[str, Any]]:
    """Runs whose reaction took the largest share of its budget."""
    all_times = [(took_ms / row["budget_ms"], took_ms, row["row"], run) for row in rows for took_ms, run in times[row["row"]]]
    return [
        {"run": run, "row": name, "ms": took_ms, "share": round(share, 3)}
        for share, took_ms, name, run in sorted(all_times, reverse=True)[:SLOWEST]
    ]
