"""The report of a run: one HTML file that opens offline, in which an engineer sees within a minute what happened.

The page is static/report.html with its places filled in; texts and tables stand in it without any script, plots are drawn
by uPlot (inlined, with its licence) from the data of report_data. Nothing is loaded from anywhere.
"""

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bms.schema import Pack
from hil.record import Event, Recorder, write_whole
from hil.report_data import PLOTS, page_data
from hil.report_lanes import reactions

STATIC = Path(__file__).parent / "static"
EVENTS_MAX = 500
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_BANNER = re.compile(r"\A/\*!.*?\*/\s*")


def write_report(
    path: str | os.PathLike[str],
    result: Mapping[str, Any],
    recorder: Recorder,
    scenario_title: str = "",
    pack: Pack | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Writes the page. `result` has the keys of `hil run --json`, any of them may be missing; `error` is shown as it is.

    `pack` adds the cell's limits to the plots, `facts` further rows to the table of the run.
    """
    write_whole(path, page(result, recorder, scenario_title, pack, facts).encode())


def page(
    result: Mapping[str, Any],
    recorder: Recorder,
    scenario_title: str = "",
    pack: Pack | None = None,
    facts: Mapping[str, object] | None = None,
) -> str:
    """The page as text."""
    passed = bool(result.get("passed"))
    name = str(result.get("scenario") or "run")
    data = page_data(recorder, pack, float(result.get("duration_s") or 0.0))
    error = result.get("error")
    drawn = {plot["key"] for plot in data["plots"]} if isinstance(data["plots"], list) else set()
    places = {
        "page_title": _text(f"{name}: {'passed' if passed else 'failed'}"),
        "verdict_class": "pass" if passed else "fail",
        "verdict": "✓ PASSED" if passed else "✗ FAILED",
        "title": _text(scenario_title or name),
        "lead": _lead(result),
        "alarm": f'<p class="alarm">{_text(error)}</p>' if error else "",
        "tiles": _tiles(result, pack),
        "expectations": _expectations(result.get("expectations") or ()),
        "reactions": _reactions(recorder),
        "plots": _figures(drawn),
        "events": _events(recorder.events),
        "facts": _facts(result, facts or {}),
        "data": json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        "css": _static("report.css"),
        "js": _static("report.js"),
        "uplot_css": _static("uPlot.min.css"),
        "uplot_js": _static("uPlot.iife.min.js"),
        "uplot_licence": _static("uPlot.LICENSE.txt"),
    }
    return _PLACE.sub(lambda match: places[match[1]], _static("report.html"))


def _static(name: str) -> str:
    return _BANNER.sub("", (STATIC / name).read_text(encoding="utf-8")).strip()


def _text(value: object) -> str:
    return html.escape(str(value))


def _clock(time_s: float) -> str:
    """m:ss.s"""
    tenths = round(time_s * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def _value(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value)) or "none"
    return _text(value)


def _lead(result: Mapping[str, Any]) -> str:
    expectations = result.get("expectations") or ()
    met = sum(bool(row.get("passed")) for row in expectations)
    said = [f"<b>{met} of {len(expectations)}</b> expectations met"] if expectations else ["No expectation was judged"]
    if result.get("duration_s") is not None:
        said.append(f"{_clock(float(result['duration_s']))} simulated")
    if result.get("realtime_factor"):
        said.append(f"{float(result['realtime_factor']):.1f} × real time")
    if result.get("pack"):
        said.append(f"pack {_text(result['pack'])}")
    if result.get("target"):
        said.append(f"firmware on {_text(result['target'])}")
    return " · ".join(said)


def _tiles(result: Mapping[str, Any], pack: Pack | None) -> str:
    layers = result.get("layers") or {}
    soc = result.get("soc") or {}
    faults = result.get("faults") or ()
    tiles: list[tuple[str, str, bool]] = []
    violations = layers.get("violations")
    if violations is not None:
        count = violations if isinstance(violations, int) else len(violations)
        tiles.append((str(count), "violations of a hidden layer's limits", count > 0))
    if layers.get("v_min_mV") is not None and layers.get("v_max_mV") is not None:
        span = f"{layers['v_min_mV'] / 1000:.3f} … {layers['v_max_mV'] / 1000:.3f} V"
        allowed = f" (limits {pack.cell.v_min_mV[0] / 1000:g} … {pack.cell.v_max_mV[0] / 1000:g})" if pack else ""
        tiles.append((span, f"lowest and highest hidden layer{allowed}", False))
    if layers.get("t_max_ddegC") is not None:
        apart = layers.get("gradient_ddegC")
        about = "hottest hidden layer" + ("" if apart is None else f"; {apart / 10:.1f} K apart in one stack at most")
        tiles.append((f"{layers['t_max_ddegC'] / 10:.1f} °C", about, False))
    if soc.get("true_end") is not None and soc.get("estimated_end") is not None:
        error = 100 * (soc["estimated_end"] - soc["true_end"])
        about = f"SoC error at the end (true {100 * soc['true_end']:.1f}\u00a0%)"
        if soc.get("rmse") is not None:
            about += f", rms {100 * soc['rmse']:.1f}\u00a0%, worst {100 * soc.get('max_abs', 0):.1f}\u00a0%"
        tiles.append((f"{error:+.1f} %", about, False))
    for charge in result.get("charges") or ():
        span = f"{100 * charge['soc_begin']:.0f} → {100 * charge['soc_end']:.0f} % in {_clock(charge['seconds'])}"
        ended = "goes on as its phase ends" if charge["end"] == "none" else f"ended by {_text(charge['end'])}"
        tiles.append((span, f"{_text(charge['phase'])}, true SoC; {ended}", False))
    if "faults" in result:
        first = f"first: {_text(faults[0].get('name'))} at {_clock(float(faults[0]['time_s']))}" if faults else "reported"
        tiles.append((f"{len(faults)} fault{'' if len(faults) == 1 else 's'}", first, False))
    return "".join(
        f"<li{' class=fail' if bad else ''}><b>{value}</b><small>{about}</small></li>" for value, about, bad in tiles
    )


def _expectations(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>None was judged.</p>"
    ordered = sorted(rows, key=lambda row: bool(row.get("passed")))  # what failed comes first
    body = "".join(
        f'<tr><td class="{"ok" if row.get("passed") else "no"}">{"✓ met" if row.get("passed") else "✗ not met"}</td>'
        f"<td>{_text(row.get('name', ''))}</td>"
        f'<td class="number">{_value(row.get("value"))}</td><td class="number">{_value(row.get("limit"))}</td></tr>'
        for row in ordered
    )
    head = '<tr><th></th><th>expected</th><th class="number">found</th><th class="number">limit</th></tr>'
    return f'<div class="scroll whole"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _reactions(recorder: Recorder) -> str:
    rows = []
    for text, start_s, _, followed in reactions(recorder):
        said = ", ".join(f"{_text(what)} <b>{_delay(delay_s)}</b>" for delay_s, what in followed)
        rows.append(f"<li>Injected <b>{_text(text)}</b> at {_clock(start_s)}: {said or 'nothing followed'}</li>")
    return f'<ul class="reactions">{"".join(rows)}</ul>' if rows else ""


def _delay(delay_s: float) -> str:
    return f"after {1000 * delay_s:.0f} ms" if delay_s < 1 else f"after {delay_s:.1f} s"


def _figures(drawn: set[object]) -> str:
    if not drawn:
        return "<h2>Plots</h2><p>Nothing was recorded: the run ended before its first sample.</p>"
    figures = "".join(
        f'<figure id="figure-{plot.key}"><figcaption><h3>{_text(plot.title)} ({_text(plot.unit)})</h3>'
        f'<span>{_text(plot.about)}</span></figcaption><div class="plot" id="plot-{plot.key}"></div></figure>'
        for plot in PLOTS
        if plot.key in drawn
    )
    return f"<h2>Plots</h2>{figures}"


def _events(events: Sequence[Event]) -> str:
    if not events:
        return "<p>Nothing was noted.</p>"
    body = "".join(
        f'<tr><td class="number">{_clock(event.time_s)}</td><td><span class="kind {event.kind}">{event.kind}</span></td>'
        f"<td>{_text(event.text)}{_details(event)}</td></tr>"
        for event in events[:EVENTS_MAX]
    )
    head = '<tr><th class="number">min:s</th><th></th><th>what</th></tr>'
    more = f"<p>{len(events) - EVENTS_MAX} more are not listed.</p>" if len(events) > EVENTS_MAX else ""
    return f'<div class="scroll list"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>{more}'


def _details(event: Event) -> str:
    shown = ", ".join(f"{_text(name)} {_value(value)}" for name, value in event.details.items() if value is not None)
    return f" <small>({shown})</small>" if shown else ""


def _two(spread: Mapping[str, float] | None, low: str, high: str) -> str | None:
    return None if spread is None else f"{spread[low]:g} ms, {spread[high]:g} ms"


def _facts(result: Mapping[str, Any], facts: Mapping[str, object]) -> str:
    timing = result.get("timing") or {}
    can = result.get("can") or {}
    late = timing.get("late_ticks")
    heat = result.get("heat") or {}
    kJ = [f"{heat[name] / 1000:.1f}" for name in ("in_J", "stored_J", "lost_J")] if heat else []
    rows: dict[str, object] = {
        "scenario": result.get("scenario"),
        "pack": result.get("pack"),
        "target": result.get("target"),
        "seed": result.get("seed"),
        "simulated": f"{_clock(float(result['duration_s']))} min" if result.get("duration_s") is not None else None,
        "real-time factor of the loop": result.get("realtime_factor"),
        "ticks of 10 ms": timing.get("ticks"),
        "late ticks": "none possible in lockstep" if timing and late is None else late,
        "lateness of the bench, 99 %, most": _two(timing.get("bench_late_ms"), "p99", "max"),
        "device's ticks apart, 1 %, 99 %": _two(timing.get("device_apart_ms"), "p1", "p99"),
        "CAN frames sent by the firmware": can.get("tx"),
        "CAN frames received by the firmware": can.get("rx"),
        "CAN errors": can.get("errors"),
        "energy in, stored, given away": f"{', '.join(kJ)} kJ" if kJ else None,
        "energy in no account": f"{100 * heat['error_fraction']:.3f} % of what moved" if heat else None,
        **facts,
    }
    body = "".join(f'<tr><th scope="row">{_text(name)}</th><td>{_value(value)}</td></tr>' for name, value in rows.items())
    return f'<div class="scroll list"><table><tbody>{body}</tbody></table></div>'
