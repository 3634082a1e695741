"""The plots of a replay as one HTML page that opens offline, in the dress of a run's report: uPlot stands in the page."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hil.report import STATIC

_PLACE = re.compile(r"\{\{(\w+)\}\}")
COLUMNS = (
    # key of a row, what stands above it, factor, unit of the text
    ("rmse", "rms error", 100, "%"),
    ("max_abs", "largest", 100, "%"),
    ("rmse_after_15min", "rms after 15 min", 100, "%"),
    ("max_after_15min", "largest after 15 min", 100, "%"),
    ("converged_s", "within 3 % at", 1, "s"),
    ("nis_mean", "mean NIS", 1, ""),
    ("within_2sigma", "within 2 sigma", 100, "%"),
)


def page(result: Mapping[str, Any], drawn: Sequence[Mapping[str, Any]]) -> str:
    """The page as text. `result` is that of the JSON, `drawn` one set of columns a log."""
    rows = result["logs"]
    said = f"Cell {result['cell']}, {result['capacity_Ah']:g} Ah, filter on {result['target']}"
    start = "nothing known of the SoC" if result["soc0"] is None else f"SoC {result['soc0']:g} believed"
    lead = f"{said}; at first {start}; current read x {result['current_gain']:g} {result['current_offset_A']:+g} A"
    data = [{"log": row["log"], **columns} for row, columns in zip(rows, drawn, strict=True)]
    places = {
        "title": html.escape(f"Replay of {len(rows)} log{'' if len(rows) == 1 else 's'}"),
        "lead": html.escape(lead),
        "table": _table(rows),
        "figures": "".join(_figure(index, row["log"]) for index, row in enumerate(rows)),
        "data": json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        **{name: (STATIC / file).read_text(encoding="utf-8") for name, file in _FILES},
    }
    return _PLACE.sub(lambda match: places[match[1]], (STATIC / "replay.html").read_text(encoding="utf-8"))


_FILES = (
    ("css", "report.css"),
    ("js", "replay.js"),
    ("uplot_css", "uPlot.min.css"),
    ("uplot_js", "uPlot.iife.min.js"),
    ("uplot_licence", "uPlot.LICENSE.txt"),
)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f'<th class="number">{html.escape(text)}</th>' for _, text, _, _ in COLUMNS)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row["log"])}</th>'
        + "".join(f'<td class="number">{_value(row[key], factor, unit)}</td>' for key, _, factor, unit in COLUMNS)
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll whole"><table><thead><tr><th>log</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _value(value: float | None, factor: float, unit: str) -> str:
    return "–" if value is None else f"{value * factor:.4g}{' ' + unit if unit else ''}"


def _figure(index: int, name: str) -> str:
    plots = "".join(f'<div class="plot" id="plot-{index}-{kind}"></div>' for kind in ("soc", "error", "parts", "inputs"))
    return f"<figure><figcaption><h3>{html.escape(name)}</h3></figcaption>{plots}</figure>"
