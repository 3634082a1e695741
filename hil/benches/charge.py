"""How near the firmware's fast charge comes to the shortest one there is, and how far both are from constant currents.

For every start and window: the time-optimal charge of the pack on its "simulator" map (hil.benches.charge_optimum: on two
grids, the finer one played on the plant); the firmware with right sensors and layers that are alike, and as the pack is
declared; the best charge of one constant current and of STAGES of them. These have no firmware, no margins, no ramps; they may
heat before they begin and whenever it helps, as the optimum does: nobody charges faster in that way. A ratio is the
optimum's time over another's. For the cases of BROKEN_DOWN the firmware's loss is told apart, see hil.benches.charge_ours.

Wants CasADi, the optional extra [optimum]. CASES take some ten minutes on two quiet cores. The variable HIL_CHARGE of the
environment names others, as `25:5-80,-20:20-90` (degC, and from and to which SoC in percent), or `all` of the starts and
windows that the product promises something of, which take half an hour.
"""

import math
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from bms.schema import PACK_FIELDS, Pack, replaced
from hil.benches import charge_optimum, charge_ours
from hil.benches.charge_plant import Course, Task, play, ride
from hil.errors import BadInput
from hil.load import load_pack

PACK, MAP = "bench_24", "simulator"
STARTS_degC = (-20.0, 0.0, 10.0, 25.0, 45.0)
WINDOWS = ((0.05, 0.80), (0.10, 0.80), (0.20, 0.90))
Case = tuple[float, tuple[float, float]]
ALL: list[Case] = [(start_degC, window) for window in WINDOWS for start_degC in STARTS_degC]
BROKEN_DOWN: list[Case] = [(25.0, WINDOWS[0])]
CASES: list[Case] = [(25.0, WINDOWS[0]), (45.0, WINDOWS[0]), (-20.0, WINDOWS[0]), (25.0, WINDOWS[2])]
CHOICE = "HIL_CHARGE"
LONGEST_min = {(45.0, "perfect"): 8.5, (45.0, "declared"): 9.1, (25.0, "declared"): 11.0}
"""Of the first window, by start and variant."""
INTERVALS = 240
STAGES = 5
STAGE_INTERVALS = 120
PERFECT_LEAST, DECLARED_LEAST, CONSTANT_LEAST = 0.97, 0.90, 1.5
BOUND_MOST, PLAYED_MOST, OVER_MOST_K = 0.005, 0.01, 0.2
GIVES_UP = 3.0
"""The firmware is given so many times the optimum's time."""
SHARES = ("warmth", "spread", "margin", "ramps", "heat")
"""What the firmware loses between one variant and the next, the last of them against the optimum."""


class Solved(NamedTuple):
    """One kind of charge of a task, and what the plant made of it."""

    time_s: float
    course: Course
    told: dict[str, Any]


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """A row for every start and window; courses go into the JSON."""
    if not charge_optimum.installed():
        say("  skipped: casadi is not installed (pip install 'bipolar-bms[optimum]')")
        return {"skipped": "casadi is not installed"}
    cases = chosen(os.environ.get(CHOICE, ""))
    say(f"  pack {PACK}, map {MAP}; min, and the optimum's time over the others'")
    named = ("start", "window", "optimum", "+-%", "perfect", "ratio", "declared", "ratio")
    heads = (*named, "1 stage", "x", f"{STAGES} stages", "x")
    widths = (6, 8, 8, 6, 8, 6, 9, 6, 8, 5, 9, 5)
    say("  " + " ".join(f"{head:>{width}s}" for head, width in zip(heads, widths)))
    rows = []
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        for row in pool.map(_row, *zip(*cases)):
            rows.append(row)
            say(_line(row, widths))
    return {
        "pack": PACK,
        "map": MAP,
        "least_perfect": PERFECT_LEAST,
        "least_declared": DECLARED_LEAST,
        "least_against_constant": CONSTANT_LEAST,
        "met": all(row["met"] for row in rows),
        "rows": rows,
    }


def chosen(text: str) -> list[Case]:
    """The cases that a choice names; silent: CASES. BadInput for what is none."""
    if not text:
        return CASES
    if text == "all":
        return ALL
    cases = []
    for part in text.split(","):
        fits = re.fullmatch(r"\s*(-?[\d.]+):([\d.]+)-([\d.]+)\s*", part)
        try:
            start_degC, low, high = map(float, fits.groups()) if fits else (0.0, 0.0, 0.0)
        except ValueError:
            low = high = 0.0
        if not 0 < low < high < 100 or not -40 <= start_degC <= 60:
            raise BadInput(f"{CHOICE}: {part!r} is no case: degC:from-to in percent, as 25:5-80")
        cases.append((start_degC, (low / 100, high / 100)))
    return cases


def task_of(start_degC: float, window: tuple[float, float]) -> Task:
    """The bench's pack with the full map."""
    return Task(replaced(Pack, PACK_FIELDS, load_pack(PACK), charge_map=MAP), start_degC, *window)


def optimum(task: Task, intervals: int = INTERVALS) -> Solved:
    """The bound, and what it is worth: what half the grid says, what IPOPT left over, what the plant does with it."""
    guess = ride(task)
    coarse = charge_optimum.solve(task, intervals, guess)
    fine = charge_optimum.solve(task, 2 * intervals, guess)
    played = play(task, fine.course)
    apart = abs(fine.time_s - coarse.time_s) / fine.time_s
    told = {
        "optimum_s": round(fine.time_s, 2),
        "bound_error": round(apart, 5),
        "intervals": 2 * intervals,
        "ipopt": [coarse.status, fine.status],
        "violation": max(coarse.violation, fine.violation),
        "played_s": round(played.time_s, 2),
        "played_over": {name: round(getattr(played, name), 4) for name in ("over_map", "over_V", "over_K", "over_K_s")},
        "guess_s": round(float(guess.time_s[-1]), 1),
    }
    within = abs(played.time_s / fine.time_s - 1) <= PLAYED_MOST and played.over_map <= PLAYED_MOST and played.over_V <= 0.0
    within = within and played.over_K <= OVER_MOST_K
    told["certified"] = coarse.solved and fine.solved and apart <= BOUND_MOST and within
    return Solved(fine.time_s, fine.course, told)


def constant(task: Task, stages: int) -> Solved:
    """The best charge of so many constant currents."""
    found = charge_optimum.solve(task, STAGE_INTERVALS, ride(task), stages)
    return Solved(found.time_s, found.course, {"time_s": round(found.time_s, 1), "ipopt": found.status})


def ours(task: Task, kind: str, best_s: float) -> dict[str, Any]:
    """The firmware in one variant."""
    charged = charge_ours.charge(task, kind, round(GIVES_UP * best_s))
    return {
        "time_s": charged.time_s,
        "ratio": None if charged.time_s is None else round(best_s / charged.time_s, 4),
        "soc_end": round(charged.soc, 4),
        "violations": charged.violations,
        "faults": charged.faults,
        "course": _listed(charged.course),
    }


def broken_down(best_s: float, times_s: Mapping[str, float | None]) -> dict[str, float | None]:
    """Shares of the optimum's time that the firmware loses, by what was taken away."""
    ladder = [*(times_s[kind] for kind in charge_ours.VARIANTS), best_s]
    pairs = zip(SHARES, ladder[:-1], ladder[1:])
    return {name: None if more is None or less is None else round((more - less) / best_s, 4) for name, more, less in pairs}


def _row(start_degC: float, window: tuple[float, float]) -> dict[str, Any]:
    task = task_of(start_degC, window)
    best = optimum(task)
    one, several = constant(task, 1), constant(task, STAGES)
    whole = (start_degC, window) in BROKEN_DOWN
    kinds = charge_ours.VARIANTS if whole else ("declared", "perfect")
    firmware = {kind: ours(task, kind, best.time_s) for kind in kinds}
    ratios = [firmware[kind]["ratio"] or 0.0 for kind in ("perfect", "declared")]
    row: dict[str, Any] = {
        "start_degC": start_degC,
        "window": window,
        **best.told,
        "firmware": firmware,
        "one_stage": one.told,
        "stages": several.told,
        "courses": {"optimum": _listed(best.course), "one_stage": _listed(one.course), "stages": _listed(several.course)},
    }
    if whole:
        row["lost"] = broken_down(best.time_s, {kind: run["time_s"] for kind, run in firmware.items()})
    row["constant_could"] = round(one.time_s / best.time_s, 3)
    row["constant_ratio"] = round(one.time_s / best.time_s * ratios[1], 3)
    faster = row["constant_could"] < CONSTANT_LEAST or row["constant_ratio"] >= CONSTANT_LEAST
    limits = {kind: LONGEST_min.get((start_degC, kind), math.inf) for kind in firmware if window == WINDOWS[0]}
    in_time = all((firmware[kind]["time_s"] or math.inf) <= 60 * limit for kind, limit in limits.items())
    near = ratios[0] >= PERFECT_LEAST and ratios[1] >= DECLARED_LEAST
    row["bound_holds"] = all((run["ratio"] or 0.0) <= 1 + BOUND_MOST for run in firmware.values())
    row["met"] = best.told["certified"] and row["bound_holds"] and near and faster and in_time
    return row


def _line(row: dict[str, Any], widths: tuple[int, ...]) -> str:
    """One row for a person; factors say how many times longer constant currents take than the firmware as declared."""
    perfect, declared = (row["firmware"][kind] for kind in ("perfect", "declared"))
    low, high = row["window"]
    cells = [f"{row['start_degC']:g}", f"{100 * low:g}-{100 * high:g} %"]
    cells += [_minutes(row["optimum_s"]), f"{100 * row['bound_error']:.2f}"]
    for run in (perfect, declared):
        cells += [_minutes(run["time_s"]), "-" if run["ratio"] is None else f"{run['ratio']:.3f}"]
    for other in (row["one_stage"], row["stages"]):
        took_s = declared["time_s"]
        cells += [_minutes(other["time_s"]), "-" if took_s is None else f"{other['time_s'] / took_s:.2f}"]
    line = "  " + " ".join(f"{cell:>{width}s}" for cell, width in zip(cells, widths)) + ("" if row["met"] else " NOT MET")
    if row["constant_could"] < CONSTANT_LEAST:
        line += f"\n    the map leaves no factor of {CONSTANT_LEAST} against a constant current"
    if "lost" in row:
        lost = ", ".join(f"{name} {'-' if share is None else f'{100 * share:.1f} %'}" for name, share in row["lost"].items())
        line += f"\n    lost to {lost}"
    return line


def _minutes(time_s: float | None) -> str:
    return "-" if time_s is None else f"{time_s / 60:.2f}"


def _listed(course: Course) -> dict[str, list[float]]:
    """For the JSON."""
    return {name: [round(float(value), 4) for value in column] for name, column in course._asdict().items()}
