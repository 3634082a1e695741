"""The safety case as one HTML file that opens offline: tables only, no script, nothing is loaded from anywhere.

The page is static/safetycase.html with its places filled in, in the style of a run's report.
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

from bms.safety.faults import TABLE, Row, limit_of
from bms.schema import Pack
from hil.lint.priority import REMAINS
from hil.report import STATIC
from hil.safetycase import hidden
from hil.safetycase.claims import LIMITS, observables, unseen
from hil.safetycase.goals import Goal, Requirements
from hil.safetycase.peers import Defect
from hil.safetycase.results import COUNTS, Campaign, Tally, TestRun

SEVERITIES = ("none", "info", "warning", "derate", "trip after ramp", "trip now")
NOT_RUN = "not run"
FAILURES_MAX = 20
SEVERITY_OF = {row.name: row.severity for row in TABLE}
_PLACE = re.compile(r"\{\{(\w+)\}\}")


class Case:
    """Everything the page shows; `failures` are the given results that must not be, one line each."""

    def __init__(
        self,
        pack: Pack,
        requirements: Requirements,
        defects: Sequence[Defect],
        tests: TestRun,
        campaigns: Sequence[Campaign],
        record: dict[str, Any],
    ) -> None:
        self.pack, self.requirements, self.defects = pack, requirements, defects
        self.tests, self.campaigns, self.record = tests, campaigns, record
        self.rows = sorted(TABLE, key=lambda row: row.id)
        self.failures = list(self._failures())

    def _failures(self) -> Iterable[str]:
        for case in self.tests.cases:
            if case.outcome == "failed":
                yield f"test {case.name} of {case.module} failed"
        for campaign in self.campaigns:
            yield from campaign.failures()

    def row_tally(self, row: Row) -> Tally:
        """How the tests of a row came out."""
        return self.tests.of_row(row.name, self.requirements.own.get(row.name, ()))

    def goal_tally(self, goal: Goal) -> Tally:
        """Of a goal's tests and of its rows'."""
        rows = [row for row in self.rows if row.goal == goal.id]
        parts = [self.tests.of_test(test) for test in goal.tests] + [self.row_tally(row) for row in rows]
        return Tally(*(sum(part[k] for part in parts) for k in range(3)))

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.failures:
            return "failed"
        return "passed" if self.tests.cases and self.campaigns else "incomplete"


def page(case: Case) -> str:
    """The page as text."""
    marks = {"passed": ("✓ passed", "pass"), "failed": ("✗ failed", "fail"), "incomplete": ("not all was run", "")}
    verdict, verdict_class = marks[case.verdict]
    places = {
        "pack": _text(case.pack.name),
        "verdict": verdict,
        "verdict_class": verdict_class,
        "lead": _lead(case),
        "alarms": "".join(f'<p class="alarm">{_text(line)}</p>' for line in case.failures[:FAILURES_MAX]),
        "tiles": _tiles(case),
        "claims": _list(LIMITS),
        "goals": _goals(case),
        "rows": _rows(case),
        "campaign": _campaign(case),
        "hidden": hidden.section(case.record),
        "observable": _observable(case.pack),
        "unseen": _list(unseen(case.pack)),
        "eased": _eased(case.pack),
        "peers": _peers(case),
        "css": (STATIC / "report.css").read_text(encoding="utf-8").strip(),
    }
    text = (STATIC / "safetycase.html").read_text(encoding="utf-8")
    return _PLACE.sub(lambda match: places[match[1]], text)


def _text(value: object) -> str:
    return html.escape(str(value))


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; `numbers`: columns that stand right."""
    classes = [' class="number"' if k in numbers else "" for k in range(len(head))]
    top = "".join(f"<th{kind}>{_text(word)}</th>" for word, kind in zip(head, classes))
    body = "".join("<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, classes)) + "</tr>" for row in rows)
    return f'<div class="scroll whole"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _result(tally: Tally) -> str:
    kind = "no" if tally.failed else "ok" if tally.passed else ""
    return f'<span class="{kind}">{_text(tally)}</span>'


def _lead(case: Case) -> str:
    goals, rows = len(case.requirements.goals), len(case.rows)
    said = [f"<b>{goals}</b> safety goals, <b>{rows}</b> fault rows, <b>{len(case.requirements.tests)}</b> tests named"]
    said.append(f"tests {_text(case.tests.whole)}")
    said += [f"campaign {_text(campaign.name)}" for campaign in case.campaigns] or [f"campaign {NOT_RUN}"]
    return " · ".join(said)


def _tiles(case: Case) -> str:
    tiles = [(str(case.tests.whole), "tests", bool(case.tests.whole.failed))]
    for name, word in COUNTS.items():
        count = sum(campaign.counts[name] for campaign in case.campaigns)
        tiles.append((str(count) if case.campaigns else NOT_RUN, f"campaign: {word}", name != "runs" and count > 0))
    mark = {True: " class=fail", False: ""}
    return "".join(f"<li{mark[bad]}><b>{_text(value)}</b><small>{_text(about)}</small></li>" for value, about, bad in tiles)


def _goals(case: Case) -> str:
    rows = []
    for goal in case.requirements.goals:
        budgets = "<br>".join(f"{group.budget_ms} ms: {_text(group.what)}" for group in goal.groups)
        tests = "<br>".join(f"{_text(test)}: {_result(case.tests.of_test(test))}" for test in goal.tests)
        words = f"<b>{_text(goal.goal)}</b><br>{_text(goal.hazard)}<br>Safe state: {_text(goal.safe_state)}"
        hardware = f"In hardware: {_text(goal.hardware)}"
        result = _result(case.goal_tally(goal))
        rows.append((f"<b>{goal.id}</b>", f"{words}<br>{hardware}", budgets, f"{len(goal.rows)}", tests, result))
    every = "".join(f"<li>{_text(test)}: {_result(case.tests.of_test(test))}</li>" for test in case.requirements.every_row)
    head = ("", "goal, hazard, safe state", "budgets", "rows", "tests of its own", "with those of its rows")
    return table(head, rows, (3,)) + f"<p>For every row of every goal:</p><ul>{every}</ul>"


def _weight(row: Row, pack: Pack) -> str:
    """What the table says, and what the pack says for while it drives."""
    driving = dict(pack.priority).get(row.name)
    return SEVERITIES[row.severity] + ("" if driving is None else f"<br><b>driving: {SEVERITIES[driving]}, no charge</b>")


def _eased(pack: Pack) -> str:
    """Every row that weighs less, and what remains to tell that no layer leaves its limits."""
    rows = [
        (f"<b>{_text(name)}</b>", SEVERITIES[SEVERITY_OF[name]], SEVERITIES[severity], _text(REMAINS[name].what))
        for name, severity in pack.priority
    ]
    if not rows:
        return "<p>Nothing: every row weighs what the table says, always.</p>"
    return table(("row", "at all other times", "driving, charge barred", "what remains"), rows)


def _rows(case: Case) -> str:
    rows = []
    for row in case.rows:
        took = [str(campaign.reactions[row.name]) for campaign in case.campaigns if row.name in campaign.reactions]
        sign = "above" if row.sense > 0 else "below"
        rows.append(
            (
                str(row.id),
                f"<b>{_text(row.name)}</b><br>{_text(row.what)}",
                _weight(row, case.pack),
                f"{sign} {limit_of(row, case.pack)}",
                f"{row.samples}, {row.after_ms} ms",
                "latched" if row.latch else f"{row.release} inside",
                f"{row.budget_ms} ms",
                row.goal,
                _result(case.row_tally(row)),
                "<br>".join(took),
            )
        )
    head = (
        *("id", "row", "reaction", "limit", "samples and time", "release", "budget", "goal", "tests"),
        "campaign: n × median, 99 %, longest",
    )
    return table(head, rows, (0, 3, 4, 6))


def _campaign(case: Case) -> str:
    named = ", ".join(sorted({goal.campaign for goal in case.requirements.goals}))
    if not case.campaigns:
        return f"<p>{NOT_RUN}. The goals name {_text(named)}: hil campaign {_text(named)} --out DIR.</p>"
    rows = [
        (_text(one.name), f"{one.first} … {one.first + one.asked - 1}", *(str(one.counts[name]) for name in COUNTS))
        for one in case.campaigns
    ]
    return table(("campaign", "seeds", *COUNTS.values()), rows, range(1, 2 + len(COUNTS)))


def _observable(pack: Pack) -> str:
    rows = [(_text(r.channel), _text(r.fault), _text(r.size), _text(", ".join(r.rows) or "none")) for r in observables(pack)]
    return table(("channel or frame", "fault", "seen for certain from", "rows of which one answers"), rows)


def _peers(case: Case) -> str:
    rows = []
    for defect in case.defects:
        tests = "<br>".join(f"{_text(test)}: {_result(case.tests.of_test(test))}" for test in defect.tests)
        rows.append((_text(defect.peer), _text(defect.what), _text(defect.property), tests))
    return table(("system", "defect", "what holds here", "tests"), rows)
