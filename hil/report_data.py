"""What the report draws over time, as plain data: its plots; what happened stands in report_lanes.

PLOTS is a table: a line is a derived series (SERIES), a label and a role; the role decides its colour on the page. Long runs
are thinned to rows that were really recorded, so that extremes and everything near an event stay.
"""

import math
from array import array
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack
from hil.record import Event, Recorder
from hil.report_lanes import lanes, over, reactions

Numbers = NDArray[np.float64]

ROWS_MAX = 3000
NEAR_s = 2.0
NEAR_ROWS_MAX = 1000
EXTREMES = (("current_A", 1), ("current_A", -1), ("layer_v_max_V", 1), ("layer_v_min_V", -1))


class Line(NamedTuple):
    """One line: series, label, role (truth, bms, second, limit), dashed, decimals."""

    series: str
    label: str
    role: str
    dashed: bool
    decimals: int


class Plot(NamedTuple):
    """One plot; a band is filled between two of its lines (upper, lower, role, opacity)."""

    key: str
    title: str
    unit: str
    about: str
    height: int
    lines: tuple[Line, ...]
    bands: tuple[tuple[str, str, str, float], ...]
    limits: str  # which of limits_of()
    wide: bool  # the axis shows the limits from the start


Rows = dict[str, Numbers]
CHARGING = (1, 2, 3)  # BMS_CHARGE_PLAN.charge_phase: heating, charging, tapering


def _used(values: Numbers) -> Numbers:
    """Nothing where it was never used."""
    return values if np.nanmax(values, initial=0.0) > 0 else np.full_like(values, np.nan)


def _left_min(rows: Rows) -> Numbers:
    """Time until the charge ended, as it came; nothing for a charge whose end the run did not see."""
    time_s, going = rows["time_s"], np.isin(rows["charge_phase"], CHARGING)
    left = np.full_like(time_s, np.nan)
    edges = np.flatnonzero(np.diff(going.astype(int), prepend=0, append=0))
    for begin, end in zip(edges[::2], edges[1::2]):
        if end < len(time_s) and rows["charge_phase"][end] > max(CHARGING):
            left[begin:end] = (time_s[end] - time_s[begin:end]) / 60
    return left


SERIES: dict[str, Callable[[Rows], Numbers]] = {
    "current": lambda r: r["current_A"],
    "charge_limit": lambda r: r["charge_limit_dA"] / 10,
    "discharge_limit": lambda r: -r["discharge_limit_dA"] / 10,
    "charge_request": lambda r: _used(r["charge_request_dA"] / 10),
    "v_max": lambda r: r["layer_v_max_V"],
    "v_min": lambda r: r["layer_v_min_V"],
    "bound_high": lambda r: r["bound_high_mV"] / 1000,
    "bound_low": lambda r: r["bound_low_mV"] / 1000,
    "slack_high": lambda r: r["bound_high_mV"] - 1000 * r["layer_v_max_V"],
    "slack_low": lambda r: 1000 * r["layer_v_min_V"] - r["bound_low_mV"],
    "soc_true": lambda r: 100 * r["soc_true"],
    "soc": lambda r: 100 * r["soc"],
    "soc_up": lambda r: np.clip(100 * (r["soc"] + 2 * r["soc_sigma"]), 0, 100),
    "soc_down": lambda r: np.clip(100 * (r["soc"] - 2 * r["soc_sigma"]), 0, 100),
    "soc_high": lambda r: 100 * r["soc_high"],
    "soc_low": lambda r: 100 * r["soc_low"],
    "t_max": lambda r: r["t_true_max_degC"],
    "t_min": lambda r: r["t_true_min_degC"],
    "t_hot": lambda r: r["t_hot_ddegC"] / 10,
    "t_cold": lambda r: r["t_cold_ddegC"] / 10,
    "coolant": lambda r: r["coolant_degC"],
    "gradient": lambda r: r["gradient_K"],
    "heater": lambda r: _used(r["heater_percent"]),
    "cooler": lambda r: _used(r["cooler_percent"]),
    "left": lambda r: np.where(np.isin(r["charge_phase"], CHARGING), r["charge_remaining_s"] / 60, np.nan),
    "left_true": _left_min,
    "pack_V": lambda r: r["pack_V"],
    "link_V": lambda r: r["link_V"],
}

# fmt: off
PLOTS = (
    Plot("current", "Current", "A",
         "Positive charges. The BMS allows what lies between its two limits; a charger is asked for no more.", 230, (
        Line("current", "current", "truth", False, 2),
        Line("charge_request", "asked of the charger", "second", False, 1),
        Line("charge_limit", "charge limit", "bms", True, 1),
        Line("discharge_limit", "discharge limit", "bms", True, 1),
    ), (("charge_limit", "discharge_limit", "bms", 0.06),), "", False),
    Plot("voltage", "Layer voltage", "V",
         "The band holds every hidden layer; the BMS must know no layer is outside its bounds.", 280, (
        Line("bound_high", "bound, high", "bms", False, 3),
        Line("v_max", "highest layer", "truth", False, 4),
        Line("v_min", "lowest layer", "truth", False, 4),
        Line("bound_low", "bound, low", "bms", False, 3),
    ), (("v_max", "v_min", "truth", 0.45), ("bound_high", "bound_low", "bms", 0.10)), "voltage", True),
    Plot("slack", "How far the bounds are from the truth", "mV",
         "Below zero a hidden layer is beyond its bound. Small is sharp.", 170, (
        Line("slack_high", "high bound over highest layer", "bms", False, 1),
        Line("slack_low", "lowest layer over low bound", "second", False, 1),
    ), (), "zero", True),
    Plot("soc", "State of charge", "%",
         "Mean of the layers. Strong band: estimate ± 2 sigma; faint band: the hard interval.", 260, (
        Line("soc_true", "true", "truth", False, 2),
        Line("soc", "estimated", "bms", False, 1),
        Line("soc_up", "+2 σ", "faint", False, 1),
        Line("soc_down", "−2 σ", "faint", False, 1),
        Line("soc_high", "interval, high", "bms", True, 1),
        Line("soc_low", "interval, low", "bms", True, 1),
    ), (("soc_high", "soc_low", "bms", 0.08), ("soc_up", "soc_down", "bms", 0.24)), "", False),
    Plot("temperature", "Layer temperature", "°C",
         "The band holds every hidden layer, outside it the BMS's bounds.", 220, (
        Line("t_hot", "bound, hot", "bms", False, 1),
        Line("t_max", "hottest layer", "truth", False, 2),
        Line("t_min", "coldest layer", "truth", False, 2),
        Line("t_cold", "bound, cold", "bms", False, 1),
        Line("coolant", "coolant at the inlet", "second", True, 1),
    ), (("t_max", "t_min", "truth", 0.45), ("t_hot", "t_cold", "bms", 0.10)), "temperature", False),
    Plot("heat", "Heater and chiller", "%", "Of what the pack declares; the BMS drives both.", 130, (
        Line("heater", "heater", "bms", False, 0),
        Line("cooler", "chiller", "truth", False, 0),
    ), (), "", False),
    Plot("gradient", "Difference inside a stack", "K",
         "Hottest against coldest hidden layer of the same stack: it bends ceramic.", 130, (
        Line("gradient", "largest of all stacks", "truth", False, 2),
    ), (), "gradient", False),
    Plot("left", "Time until the charge ends", "min", "What the BMS tells while it charges, and how it came.", 150, (
        Line("left", "told", "bms", False, 1),
        Line("left_true", "as it came", "truth", False, 2),
    ), (), "", False),
    Plot("link", "Pack and link", "V", "Ahead of and behind the contactors: precharge, closing, opening.", 170, (
        Line("pack_V", "pack", "truth", False, 2),
        Line("link_V", "link", "second", False, 2),
    ), (), "", False),
)
# fmt: on


def page_data(recorder: Recorder, pack: Pack | None, duration_s: float) -> dict[str, object]:
    """Everything the page's script needs, ready for JSON."""
    end_s = max([duration_s, *recorder.time_s[-1:], *(event.time_s for event in recorder.events)])
    rows = _rows(recorder)
    return {
        "end_s": round(end_s, 3),
        "time_s": [round(t, 3) for t in rows["time_s"].tolist()],
        "plots": [drawn for plot in PLOTS if (drawn := _plot(plot, rows, pack))],
        "lanes": lanes(recorder, end_s),
        "reactions": [[round(start - 1, 3), round(stop + 1, 3), text] for text, start, stop, _ in reactions(recorder)],
        "marks": [
            [round(event.time_s, 3), event.kind]
            for event in recorder.events
            if event.kind in ("fault", "injection", "phase") and not over(event)
        ],
    }


def limits_of(pack: Pack | None, which: str) -> list[tuple[float, str, str]]:
    """Horizontal lines: value, text, tone."""
    if which == "zero":
        return [(0.0, "", "fault")]
    if pack is None or not which:
        return []
    if which == "gradient":
        tones = zip(pack.guards.gradient_ddegC, ("info", "warning", "fault"))
        return [(value / 10, f"{'limit' if tone == 'info' else tone} {value / 10:g} K", tone) for value, tone in tones]
    cell = pack.cell
    per_unit, unit, fields = {
        "voltage": (1000, "V", (("v_max_mV", ""), ("v_min_mV", ""))),
        "temperature": (
            10,
            "°C",
            (
                ("t_charge_max_ddegC", "charge "),
                ("t_charge_min_ddegC", "charge "),
                ("t_discharge_max_ddegC", "discharge "),
                ("t_discharge_min_ddegC", "discharge "),
            ),
        ),
    }[which]
    out = []
    for field, what in fields:
        for value, tone in zip(getattr(cell, field), ("info", "warning", "fault")):
            if tone == "fault" or not what:
                word = "limit" if tone == "info" else tone
                out.append((value / per_unit, f"{what}{word} {value / per_unit:g} {unit}", tone))
    return out


def _rows(recorder: Recorder) -> Rows:
    def numbers(column: "array[float]") -> Numbers:
        return np.array(column, dtype=np.float64)

    rows = {"time_s": numbers(recorder.time_s)}
    rows.update({name: numbers(column) for name, column in recorder.columns.items()})
    if len(recorder) <= ROWS_MAX:
        return rows
    keep = _kept(rows, recorder.events)
    return {name: column[keep] for name, column in rows.items()}


def _kept(rows: Rows, events: Iterable[Event]) -> NDArray[np.intp]:
    """Rows to draw: all near an event (up to a number), and of every stretch the first and its extremes."""
    time_s = rows["time_s"]
    near: set[int] = set()
    for event in events:
        first, last = np.searchsorted(time_s, (event.time_s - NEAR_s, event.time_s + NEAR_s))
        if len(near) < NEAR_ROWS_MAX:
            near.update(range(int(first), int(last)))
    keep = {0, len(time_s) - 1} | near
    for stretch in np.array_split(np.arange(len(time_s)), (ROWS_MAX - len(keep)) // (len(EXTREMES) + 1)):
        keep.add(int(stretch[0]))
        for name, sign in EXTREMES:
            values = sign * rows[name][stretch]
            if not np.isnan(values).all():
                keep.add(int(stretch[int(np.nanargmax(values))]))
    return np.array(sorted(keep))


def _plot(plot: Plot, rows: Rows, pack: Pack | None) -> dict[str, object] | None:
    lines: list[dict[str, object]] = []
    place: dict[str, int] = {}
    peak = 0.0
    for line in plot.lines:
        values = SERIES[line.series](rows)
        if not np.isfinite(values).any():
            continue
        place[line.series] = len(lines)
        limit = plot.key == "current" and line.role == "bms"
        top = float(np.nanmax(np.abs(values)))
        peak = peak if limit else max(peak, top)
        lines.append(
            {
                "label": line.label,
                "role": line.role,
                "dashed": line.dashed,
                "decimals": line.decimals,
                "limit": limit,
                "steps": limit,
                "values": [None if not math.isfinite(v) else round(v, line.decimals) for v in values.tolist()],
            }
        )
    if not lines:
        return None
    shown = [(line, SERIES[line.series](rows)) for line in plot.lines if line.series in place]
    tops = [SERIES[name](rows) for name in ("charge_limit", "discharge_limit")] if plot.key == "current" else []
    near = all(float(np.nanmax(np.abs(top), initial=0.0)) <= 4 * max(peak, 1.0) for top in tops)
    limits = limits_of(pack, plot.limits)
    return {
        "key": plot.key,
        "unit": plot.unit,
        "height": plot.height,
        "lines": lines,
        "bands": [[place[a], place[b], role, alpha] for a, b, role, alpha in plot.bands if a in place and b in place],
        "limits": limits,
        "span": _span(plot, shown),
        "limit_span": _span(plot, shown, with_limits=True),
        "wide": near if tops else plot.wide,
        "choice": bool(tops) or (bool(limits) and plot.limits != "zero"),
    }


def _span(plot: Plot, shown: list[tuple[Line, Numbers]], with_limits: bool = False) -> list[float] | None:
    """Lowest and highest value of the axis for the whole run. What the BMS believed for less than 0.5 % of it, as in its first
    moments, does not stretch the axis; the truth always does, and so does a bound that fails."""
    lows, highs = [], []
    for line, values in shown:
        if plot.key == "current" and line.role == "bms" and not with_limits:
            continue
        low, high = np.nanpercentile(values, (0, 100) if line.role == "truth" else (0.5, 99.5))
        lows.append(float(np.nanmin(values) if plot.key == "slack" else low))
        highs.append(float(high))
    return [round(min(lows), 4), round(max(highs), 4)] if lows else None
