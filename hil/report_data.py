"""What the report draws, as plain data: plots over time and lanes of what happened.

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

Numbers = NDArray[np.float64]

ROWS_MAX = 3000
NEAR_s = 2.0
NEAR_ROWS_MAX = 1000
EXTREMES = (("current_A", 1), ("current_A", -1), ("layer_v_max_V", 1), ("layer_v_min_V", -1))
FAULT_ROWS_MAX = 6
REACTION_s = 10.0


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
SERIES: dict[str, Callable[[Rows], Numbers]] = {
    "current": lambda r: r["current_A"],
    "charge_limit": lambda r: r["charge_limit_dA"] / 10,
    "discharge_limit": lambda r: -r["discharge_limit_dA"] / 10,
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
    "pack_V": lambda r: r["pack_V"],
    "link_V": lambda r: r["link_V"],
}

# fmt: off
PLOTS = (
    Plot("current", "Current", "A", "Positive charges. The BMS allows what lies between its two limits.", 230, (
        Line("current", "current", "truth", False, 2),
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
    ), (("t_max", "t_min", "truth", 0.45), ("t_hot", "t_cold", "bms", 0.10)), "temperature", False),
    Plot("link", "Pack and link", "V", "Ahead of and behind the contactors: precharge, closing, opening.", 170, (
        Line("pack_V", "pack", "truth", False, 2),
        Line("link_V", "link", "second", False, 2),
    ), (), "", False),
)
# fmt: on

STATE_TONES = {
    "standby": "idle",
    "self_test": "test",
    "precharge": "precharge",
    "drive": "drive",
    "charge": "charge",
    "opening": "opening",
    "fault": "fault",
    "service": "service",
}
CONTACTOR_NAMES = {0: "open", 1: "− only", 3: "− and precharge", 5: "closed", 7: "closed, precharge too"}
CONTACTOR_TONES = {0: "idle", 1: "test", 3: "precharge", 5: "charge", 7: "charge"}
Item = tuple[float, float, str, str]  # from and to in seconds, text, tone


def page_data(recorder: Recorder, pack: Pack | None, duration_s: float) -> dict[str, object]:
    """Everything the page's script needs, ready for JSON."""
    end_s = max([duration_s, *recorder.time_s[-1:], *(event.time_s for event in recorder.events)])
    rows = _rows(recorder)
    return {
        "end_s": round(end_s, 3),
        "time_s": [round(t, 3) for t in rows["time_s"].tolist()],
        "plots": [drawn for plot in PLOTS if (drawn := _plot(plot, rows, pack))],
        "lanes": _lanes(recorder, end_s),
        "reactions": [[round(start - 1, 3), round(stop + 1, 3), text] for text, start, stop, _ in reactions(recorder)],
        "marks": [
            [round(event.time_s, 3), event.kind]
            for event in recorder.events
            if event.kind in ("fault", "injection", "phase") and not over(event)
        ],
    }


def over(event: Event) -> bool:
    """Whether the event says that something has ended."""
    return event.details.get("severity") == "none" or event.text.endswith((" gone", " over"))


def reactions(recorder: Recorder) -> list[tuple[str, float, float, list[tuple[float, str]]]]:
    """Of every injection: text, start, time of the last that followed, and what followed at first, with delays in s."""
    injections = [event for event in recorder.of_kind("injection") if not over(event)]
    out = []
    for event in injections:
        later = [e.time_s for e in injections if e.time_s > event.time_s]
        until = min(later[0] if later else math.inf, event.time_s + REACTION_s)
        firsts: dict[str, tuple[float, str]] = {}
        told = [(e.time_s, e.kind, e.text) for e in recorder.events if e.kind in ("fault", "state") and not over(e)]
        moved = [(t, "contactors", f"contactors {text}") for t, text, _ in contactor_changes(recorder)]
        for time_s, kind, text in sorted(told + moved):
            if event.time_s <= time_s < until and (kind == "state" or kind not in firsts):
                said = f"{kind} {text}" if kind in ("fault", "state") else text
                firsts[kind if kind != "state" else said] = (time_s - event.time_s, said)
        followed = sorted(firsts.values())
        out.append((event.text, event.time_s, event.time_s + (followed[-1][0] if followed else 2.0), followed))
    return out


def limits_of(pack: Pack | None, which: str) -> list[tuple[float, str, str]]:
    """Horizontal lines: value, text, tone."""
    if which == "zero":
        return [(0.0, "", "fault")]
    if pack is None or not which:
        return []
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
        "wide": near if tops else plot.wide,
        "choice": bool(tops) or (bool(limits) and plot.limits != "zero"),
    }


def _lanes(recorder: Recorder, end_s: float) -> list[dict[str, object]]:
    states = [(e.time_s, e.text, STATE_TONES.get(e.text, "service")) for e in recorder.of_kind("state")]
    phases = [(e.time_s, e.text, f"phase-{'ab'[i % 2]}") for i, e in enumerate(recorder.of_kind("phase"))]
    commands = [(e.time_s, e.text, f"phase-{'ba'[i % 2]}") for i, e in enumerate(recorder.of_kind("command"))]
    injections = [(e, "service") for e in recorder.of_kind("injection")]
    faults = [(e, "fault" if "trip" in str(e.details.get("severity")) else "opening") for e in recorder.of_kind("fault")]
    lanes = [
        ("phase", [_followed(phases, end_s)]),
        ("command", [_followed(commands, end_s)]),
        ("state", [_followed(states, end_s)]),
        ("contactors", [_followed(contactor_changes(recorder), end_s)]),
        ("injected", _stacked(_spans(injections, end_s))),
        ("faults", _stacked(_spans(faults, end_s))),
    ]
    return [{"name": name, "rows": [row for row in rows if row]} for name, rows in lanes if any(rows)]


def _followed(starts: list[tuple[float, str, str]], end_s: float) -> list[Item]:
    """Each lasts until the next one starts."""
    ends = [start for start, _, _ in starts[1:]] + [end_s]
    return [(round(a, 3), round(b, 3), text, tone) for (a, text, tone), b in zip(starts, ends)]


def contactor_changes(recorder: Recorder) -> list[tuple[float, str, str]]:
    """Time, name and tone of every new position: from the events that carry a mask, else from the samples."""
    told = [(e.time_s, e.details["mask"]) for e in recorder.of_kind("contactor") if isinstance(e.details.get("mask"), int)]
    changes: list[tuple[float, int]] = [(t, mask) for t, mask in told if isinstance(mask, int)]
    if not changes or changes[0][0] > 0:
        sampled = list(zip(recorder.time_s, recorder.columns["contactors"]))
        known = [(t, int(mask)) for t, mask in sampled if math.isfinite(mask)]
        changes = known[:1] + changes if changes else known
    out: list[tuple[float, str, str]] = []
    before = -1
    for time_s, mask in changes:
        mask &= 7
        if mask != before:
            name = CONTACTOR_NAMES.get(mask, f"mask {mask}")
            out.append((time_s, name, CONTACTOR_TONES.get(mask, "fault")))
        before = mask
    return out


def _spans(events: list[tuple[Event, str]], end_s: float) -> list[Item]:
    """From an event to the one that ends it: the same id or text, told to be over; or as long as it says; or the end."""
    open_at: dict[object, int] = {}
    spans: list[Item] = []
    for event, tone in events:
        name = event.text.removesuffix(" gone").removesuffix(" over")
        key = event.details.get("id", name)
        start = event.time_s
        if over(event):
            if key in open_at:
                index = open_at.pop(key)
                spans[index] = (spans[index][0], round(start, 3), *spans[index][2:])
            continue
        if key in open_at:
            continue
        until = event.details.get("until_s")
        length = event.details.get("duration_s")
        stop = end_s
        if isinstance(until, (int, float)):
            stop = float(until)
        elif isinstance(length, (int, float)):
            stop = start + float(length)
        open_at[key] = len(spans)
        spans.append((round(start, 3), round(min(stop, end_s), 3), name, tone))
    return spans


def _stacked(spans: list[Item]) -> list[list[Item]]:
    """Rows without overlap; what does not fit into the last row lies over it."""
    rows: list[list[Item]] = []
    for span in spans:
        for row in rows:
            if row[-1][1] <= span[0]:
                row.append(span)
                break
        else:
            if len(rows) < FAULT_ROWS_MAX:
                rows.append([span])
            else:
                rows[-1].append(span)
    return rows
