"""The quality report of a fit as one HTML page that opens offline: tables and plots as SVG, no script, nothing loaded.

Colours are those of the run's report. Long series are thinned to what a plot can show.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bms.schema import SOC_KNOTS, Cell
from hil.fit.quality import modelled_V
from hil.fit.runs import Run
from hil.logs import Floats
from hil.report import STATIC

WIDE, HIGH, LEFT, BOTTOM, TOP, RIGHT = 920, 300, 64, 40, 12, 12
POINTS = 500
COLOURS = ("truth", "bms", "second", "limit", "inject", "warning", "fault", "info")
COLUMNS = (
    ("temp_degC", "°C"),
    ("rms_mV", "rms, mV"),
    ("rms_middle_mV", "rms 10 to 95 % SoC, mV"),
    ("rms_minute_mV", "rms of minutes, mV"),
    ("mean_mV", "mean, mV"),
    ("max_mV", "largest, mV"),
)
GRID = np.linspace(0, 100, SOC_KNOTS)


class Line(NamedTuple):
    """One line of a plot: label, x, y; `marks` draws points instead."""

    label: str
    x: Floats
    y: Floats
    marks: bool = False


def page(cell: Cell, result: Mapping[str, Any], runs: Sequence[Run], judged: Sequence[Run]) -> str:
    """The page as text."""
    title = f"{cell.name}: fit of {len(runs)} log{'' if len(runs) == 1 else 's'}"
    lead = f"{result['chemistry']}, {result['capacity_Ah']:g} Ah. What is left is measured minus modelled voltage."
    notes = "".join(f"<li>{_text(note)}</li>" for note in result["notes"])
    pulse = result["pulses"]
    said = (
        f"<p>Resistance after 10 s near 25 °C, cell file over pulse: {pulse['ten_s_ratio']:.2f} (median of {pulse['count']})"
        + (f", {pulse['ten_s_ratio_middle']:.2f} at 40 to 60 % SoC.</p>" if pulse["ten_s_ratio_middle"] else ".</p>")
        if pulse["ten_s_ratio"]
        else ""
    )
    body = [
        f'<header><h1>{_text(title)}</h1><p class="lead">{_text(lead)}</p></header><main>',
        f'<h2>Left out or assumed</h2><ul class="reactions">{notes}</ul>' if notes else "",
        "<h2>What is left, by temperature</h2>",
        _temperatures(result),
        said,
        *_figures(cell, runs, judged),
        "<h2>What is left, log by log</h2>",
        _logs(result),
        "</main>",
    ]
    css = (STATIC / "report.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{_text(title)}</title>'
        f"<style>{css}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _number(value: object) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, (int, float)) else _text(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f'<th{" class=number" if index else ""}>{_text(name)}</th>' for index, name in enumerate(head))
    body = "".join(
        f'<tr><th scope="row">{_text(first)}</th>{"".join(f"<td class=number>{_number(value)}</td>" for value in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="scroll whole"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _temperatures(result: Mapping[str, Any]) -> str:
    rows = [
        (f"{which}, {row['temp_degC']:g} °C", row["logs"], row["rms_mV"], row["rms_middle_mV"], row["rms_minute_mV"])
        for which in ("fitted", "judged")
        for row in result[f"{which}_by_temperature"]
    ]
    return _table(("", "logs", *(name for _, name in COLUMNS[1:4])), rows)


def _logs(result: Mapping[str, Any]) -> str:
    rows = [
        (f"{row['log']} ({row['kind']}, {which})", *(row[key] for key, _ in COLUMNS))
        for which in ("fitted", "judged")
        for row in result[which]
    ]
    return _table(("log", *(name for _, name in COLUMNS)), rows)


def _figures(cell: Cell, runs: Sequence[Run], judged: Sequence[Run]) -> list[str]:
    ocv, hyst = np.array(cell.ocv_mV) / 1000, np.array(cell.hyst_mV) / 1000
    slow = [Line(run.name, 100 * run.soc, run.log.voltage_V, True) for run in runs if run.kind == "ocv"][:4]
    branches = [Line("middle", GRID, ocv), Line("charge branch", GRID, ocv + hyst), Line("discharge branch", GRID, ocv - hyst)]
    ohms = [
        Line(name, GRID, np.array(table) / 1000)
        for name, table in (("R0", cell.r0_uohm), ("R1", cell.r1_uohm), ("R2", cell.r2_uohm))
    ]
    factors = [
        Line(f"R{index}", np.array(cell.r_ddegC) / 10, np.log10(np.array(getattr(cell, f"r{index}_permille")) / 1000))
        for index in range(3)
    ]
    left = []
    for title, some in (("fitted", runs), ("judged, not fitted", judged)):
        lines = [Line(f"{run.name}, {run.temp_degC:.0f} °C", *_binned(run, modelled_V(cell, run))) for run in some]
        if lines:
            left.append(figure(f"Left of the voltage, {title}", "mV", "Means over half a percent of SoC.", "SoC, %", lines))
    return [
        figure("Open-circuit voltage", "V", "Lines: the cell file. Points: slow logs as read.", "SoC, %", [*branches, *slow]),
        figure("Half distance of the branches", "mV", "", "SoC, %", [Line("M", GRID, 1000 * hyst)]),
        figure("Resistance at 25 °C", "mΩ", "", "SoC, %", ohms),
        figure("Resistance over temperature", "decades", "Over its value at 25 °C.", "°C", factors),
        *left,
    ]


def _binned(run: Run, modelled: Floats) -> tuple[Floats, Floats]:
    bins = np.floor(200 * run.soc).astype(int)
    bins -= bins.min()
    count = np.bincount(bins)
    some = count > 0
    soc = np.bincount(bins, weights=run.soc)[some] / count[some]
    left = np.bincount(bins, weights=run.log.voltage_V - modelled)[some] / count[some]
    return 100 * soc, 1000 * left


def figure(title: str, unit: str, about: str, x_title: str, lines: Sequence[Line]) -> str:
    """One plot with its axes and its key."""
    shown = [(line, *_thinned(line.x, line.y)) for line in lines]
    every_x = np.concatenate([x for _, x, _ in shown])
    every_y = np.concatenate([y for _, _, y in shown])
    x_low, x_high = float(every_x.min()), float(every_x.max())
    y_low, y_high = _room(every_y)

    def place(x: Floats, y: Floats) -> list[tuple[float, float]]:
        across = LEFT + (x - x_low) / max(x_high - x_low, 1e-9) * (WIDE - LEFT - RIGHT)
        down = TOP + (y_high - y) / (y_high - y_low) * (HIGH - TOP - BOTTOM)
        return list(zip(np.round(across, 1).tolist(), np.round(down, 1).tolist()))

    parts = []
    for value in _ticks(y_low, y_high):
        ((_, down),) = place(np.array([x_low]), np.array([value]))
        parts.append(f'<path d="M{LEFT} {down}H{WIDE - RIGHT}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{down + 4}" text-anchor="end">{value:g}</text>')
    for value in _ticks(x_low, x_high):
        ((across, _),) = place(np.array([value]), np.array([y_low]))
        parts.append(f'<text x="{across}" y="{HIGH - BOTTOM + 16}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<text x="{(LEFT + WIDE) / 2}" y="{HIGH - 6}" text-anchor="middle">{_text(x_title)}</text>')
    key = []
    for index, (line, x, y) in enumerate(shown):
        colour = f"var(--{COLOURS[index % len(COLOURS)]})"
        key.append(f'<i style="border-color:{colour}"></i> {_text(line.label)}')
        points = place(x, y)
        if line.marks:
            dots = "".join(f"M{across} {down}h0" for across, down in points)
            parts.append(f'<path d="{dots}" stroke="{colour}" stroke-width="2.5" stroke-linecap="round"/>')
        else:
            drawn = " ".join(f"{across},{down}" for across, down in points)
            parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    drawing = (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{_text(title)}" '
        f'style="width:100%;height:auto;fill:var(--soft);font-size:12px">{"".join(parts)}</svg>'
    )
    return (
        f"<figure><figcaption><h3>{_text(title)} ({_text(unit)})</h3><span>{_text(about)}</span></figcaption>"
        f'<div class="plot">{drawing}</div><p class="key">{" ".join(key)}</p></figure>'
    )


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    keep = np.unique(np.linspace(0, len(x) - 1, POINTS).astype(int))
    return x[keep], y[keep]


def _room(values: Floats) -> tuple[float, float]:
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    step = 10.0 ** np.floor(np.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 7)
    first = int(np.ceil(low / step))
    return [round(step * number, 10) for number in range(first, int(np.floor(high / step)) + 1)]
