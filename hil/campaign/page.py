"""The summary of a campaign as one HTML page that opens offline, in the dress of a run's report."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from hil.report import STATIC

Column = tuple[str, str]
"""Key of a row, and what stands above it."""

KINDS: tuple[Column, ...] = (
    ("kind", "kind of run"),
    ("pack", "pack"),
    ("runs", "runs"),
    ("faulted", "with a fault"),
    ("tripped", "tripped"),
    ("never_closed", "never closed"),
    ("violations", "violations"),
    ("missed", "missed faults"),
    ("false", "false trips"),
    ("died", "died"),
)
FAULTS: tuple[Column, ...] = (
    ("fault", "fault"),
    ("owed", "owed an answer"),
    ("twin", "must not trip"),
    ("unseen", "may be unseen"),
    ("unfelt", "not felt"),
    ("missed", "missed"),
    ("false", "false trips"),
)
REACTIONS: tuple[Column, ...] = (
    ("row", "row of the fault table"),
    ("n", "times"),
    ("median_ms", "median, ms"),
    ("p99_ms", "99 %, ms"),
    ("max_ms", "longest, ms"),
    ("budget_ms", "budget, ms"),
)
SLOWEST: tuple[Column, ...] = (("run", "run"), ("row", "row"), ("ms", "ms"), ("share", "of its budget"))
FAILED: tuple[Column, ...] = (
    ("run", "run"),
    ("kind", "kind"),
    ("pack", "pack"),
    ("fault", "fault"),
    ("duty", "duty"),
    ("why", "what was wrong"),
    ("repeat", "repeats it"),
)
TILES: tuple[tuple[str, str, bool], ...] = (
    # count, what it is, whether any is a failure
    ("violations", "runs in which a hidden layer left its limits", True),
    ("missed", "faults that were missed", True),
    ("false", "false trips", True),
    ("died", "runs in which the firmware died", True),
    ("owed", "faults that were owed an answer", False),
    ("twin", "twins just inside", False),
    ("micropython", "runs in a real MicroPython process", False),
    ("full", "runs of full length", False),
)
SHOWN = 500


def page(summary: Mapping[str, Any]) -> str:
    """The page as text."""
    counts, passed = summary["counts"], summary["passed"]
    css = (STATIC / "report.css").read_text(encoding="utf-8").strip()
    first, last = summary["seeds"]
    hours = summary["simulated_s"] / 3600
    lead = f"<b>{counts['runs']} of {summary['asked']}</b> runs · seeds {first} to {last} · {hours:.1f} h simulated"
    tiles = "".join(
        f"<li{' class=fail' if bad and counts[name] else ''}><b>{counts[name]}</b><small>{_text(what)}</small></li>"
        for name, what, bad in TILES
    )
    failed = summary["failed"]
    more = f"<p>The first {SHOWN} of {len(failed)}; summary.json has all.</p>" if len(failed) > SHOWN else ""
    body = "\n".join(
        (
            _section("Failed runs", _table(FAILED, failed[:SHOWN]) + more if failed else "<p>None.</p>"),
            _section("Reaction times", _table(REACTIONS, summary["reactions"], _late)),
            _section("Runs", _table(KINDS, summary["kinds"])),
            _section("Single faults", _table(FAULTS, summary["faults"])),
            _section("Slowest reactions", _table(SLOWEST, summary["slowest"])),
        )
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{_text(summary["campaign"])}: {"passed" if passed else "failed"}</title>
<style>{css}</style>
</head>
<body>
<header>
<p class="verdict {"pass" if passed else "fail"}">{"✓ PASSED" if passed else "✗ FAILED"}</p>
<h1>{_text(summary["title"])}</h1>
<p class="lead">{lead}</p>
<ul class="tiles">{tiles}</ul>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{_text(title)}</h2>\n{content}\n</section>"


def _late(row: Mapping[str, Any]) -> bool:
    return bool(row["max_ms"] > row["budget_ms"])


def _table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], bad: Any = None) -> str:
    if not rows:
        return "<p>None.</p>"
    numbers = {key for key, _ in columns if all(isinstance(row[key], (int, float)) for row in rows)}
    head = "".join(f"<th{_class(key in numbers)}>{_text(what)}</th>" for key, what in columns)
    lines = []
    for row in rows:
        mark = ' class="no"' if bad is not None and bad(row) else ""
        cells = "".join(f"<td{_class(key in numbers)}>{_cell(row[key])}</td>" for key, _ in columns)
        lines.append(f"<tr{mark}>{cells}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _cell(value: Any) -> str:
    return "–" if value is None else _text(f"{value:g}" if isinstance(value, float) else value)


def _text(value: object) -> str:
    return html.escape(str(value))
