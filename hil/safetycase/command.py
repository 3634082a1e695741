"""`hil safety-case`: gathers goals, rows, tests and results into a page, and says in a few lines how they stand."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hil.errors import BadInput
from hil.load import load_pack
from hil.record import require_writable, write_whole
from hil.safetycase import goals, peers
from hil.safetycase.page import FAILURES_MAX, Case, page
from hil.safetycase.results import COUNTS, HIDDEN, TestRun, read_campaign, read_hidden, read_junit


def safety_case_command(
    out: str,
    pack_name: str = "bench_24",
    campaigns: Sequence[str] = (),
    junit: str | None = None,
    hidden: str | None = None,
    json_path: str | None = None,
) -> int:
    """0: nothing that was given is a failure; 1: something is. BadInput before anything is written."""
    read = [Path(place).resolve() for place in (junit, hidden, pack_name) if place is not None]
    for place in (out, json_path):
        if place is None or place == "-":
            continue
        if Path(place).resolve() in read:
            raise BadInput(f"{place}: named for two files")
        read.append(Path(place).resolve())
        require_writable(place)
    case = Case(
        load_pack(pack_name),
        goals.load(),
        peers.load(),
        read_junit(junit) if junit else TestRun(),
        [read_campaign(folder) for folder in campaigns],
        read_hidden(hidden or HIDDEN),
    )
    write_whole(out, page(case).encode())
    if json_path is not None:
        text = json.dumps(summary(case), indent=2) + "\n"
        if json_path == "-":
            sys.stdout.write(text)
        else:
            write_whole(json_path, text.encode())
    if json_path != "-":
        for line in lines(case):
            print(line)
        print(f"page: {out}")
    return 1 if case.failures else 0


def summary(case: Case) -> dict[str, Any]:
    """The case for machines."""
    return {
        "pack": case.pack.name,
        "passed": not case.failures,
        "verdict": case.verdict,
        "failures": case.failures,
        "goals": [
            {"id": goal.id, "budgets_ms": [group.budget_ms for group in goal.groups], "rows": list(goal.rows),
             "tests": list(goal.tests), "result": str(case.goal_tally(goal))}
            for goal in case.requirements.goals
        ],
        "rows": [
            {"id": row.id, "name": row.name, "goal": row.goal, "budget_ms": row.budget_ms,
             "severity": row.severity, "driving": dict(case.pack.priority).get(row.name, row.severity),
             "result": str(case.row_tally(row))}
            for row in case.rows
        ],
        "campaigns": [{"campaign": campaign.name, **campaign.counts} for campaign in case.campaigns],
        "peers": [{"peer": defect.peer, "what": defect.what, "tests": list(defect.tests)} for defect in case.defects],
    }  # fmt: skip


def lines(case: Case) -> list[str]:
    """The case for people."""
    said = [f"{goal.id:6s} {len(goal.rows):3d} rows, tests {case.goal_tally(goal)}" for goal in case.requirements.goals]
    for campaign in case.campaigns:
        counts = ", ".join(f"{campaign.counts[name]} {word}" for name, word in COUNTS.items())
        said.append(f"campaign {campaign.name}: {counts}")
    if not case.campaigns:
        said.append("campaign: not run")
    said += [f"FAILED {line}" for line in case.failures[:FAILURES_MAX]]
    if len(case.failures) > FAILURES_MAX:
        said.append(f"... and {len(case.failures) - FAILURES_MAX} more")
    said.append(f"safety case of {case.pack.name}: {case.verdict}")
    return said
