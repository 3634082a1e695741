"""The SoC filter against counting ampere hours and against a plain filter, on logs of cells it was not made for.

Every log runs with a start that is 10 % wrong and a current sensor that reads 2 % too much, then 2 % too little (the worse
counts), with an offset of C/60 (50 mA of 3 Ah), with 5 mV too much; from 20 % above and below for the time to converge; from
the middle of a discharge, 20 % wrong, hysteresis and relaxation unknown; with M = 0, for what the hysteresis state earns; and
in single precision. The baselines get the worse gain, too. Errors are in percent of capacity, root mean square after the first
15 minutes unless said. Settings stand in the cell file, one set a family of chemistry.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from bms.schema import Cell
from hil.benches.soc_baselines import counted, plain_filter
from hil.benches.soc_pybamm import simulated
from hil.benches.soc_runs import FOLDER, Run, fit_missing, outside, shipped, without_hysteresis
from hil.logs import Floats, Log
from hil.replay.feed import Errors, Feed, feed
from hil.replay.measures import SETTLED_s, converged_s, rms
from hil.replay.run import START_SIGMA, Estimate, in_process

WRONG, FAR_WRONG = -0.10, 0.20
GAINS = (1.02, 0.98)
OFFSET_C = 1 / 60
OFFSET_V = 0.005
MIDWAYS = (0.25, 0.45, 0.60)  # of a discharge
MIDWAY_ends_s = 1200.0
FALLS = 0.5  # a log that discharges by so much has a middle
DIVERGED = 0.08
LARGEST_SINGLE = 0.003


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """One row a log, and what there is to say of all of them."""
    runs = shipped()
    if FOLDER.is_dir():
        fit_missing(say)
        runs += outside()
    else:
        say("  skipped: the measured data that are not part of the product are not beside it")
    runs += simulated(say)
    workers = min(os.cpu_count() or 1, len(runs))
    with ProcessPoolExecutor(workers) as pool:
        plain = pool.submit(_plain, runs)
        rows = list(pool.map(judged, sorted(runs, key=_size, reverse=True)))
        for row in rows:
            row["plain"] = plain.result()[row["log"]]
    rows.sort(key=lambda row: [run.name for run in runs].index(row["log"]))
    _tell(rows, say)
    told = summary(rows)
    for line in told.pop("lines"):
        say(f"  {line}")
    return {"outside": FOLDER.is_dir(), "logs": rows, **told}


def _size(run: Run) -> int:
    return os.path.getsize(run.path)


def _start(soc: float, wrong: float) -> float:
    """Wrong by so much, the other way where that is no SoC."""
    return soc + wrong if 0.0 <= soc + wrong <= 1.0 else soc - wrong


def _reference(log: Log) -> Floats:
    assert log.soc_ref is not None
    return log.soc_ref


def _late_rms(log: Log, fed: Feed, soc: Floats) -> float:
    late = log.time_s - log.time_s[0] >= SETTLED_s
    return rms((soc - _reference(log))[late], fed.dt_s[late])


def _plain(runs: list[Run]) -> dict[str, float]:
    """The plain filter over all logs at once, with either gain; the worse."""
    logs, cells, feeds, socs = [], [], [], []
    for run in runs:
        log, cell = run.load()
        for gain in GAINS:
            logs.append(log)
            cells.append(cell)
            feeds.append(feed(log, cell.capacity_mAh / 1000, Errors(gain=gain)))
            socs.append(_start(float(_reference(log)[0]), WRONG))
    said = plain_filter(cells, feeds, socs)
    errors = [_late_rms(log, fed, soc) for log, fed, soc in zip(logs, feeds, said)]
    return {run.name: max(errors[2 * k], errors[2 * k + 1]) for k, run in enumerate(runs)}


def judged(run: Run) -> dict[str, Any]:
    """All that is measured on one log, but for the plain filter."""
    log, cell = run.load()
    reference = _reference(log)
    capacity_Ah = cell.capacity_mAh / 1000
    since_s = log.time_s - log.time_s[0]
    late = since_s >= SETTLED_s
    begin = float(reference[0])

    def ran(errors: Errors, wrong: float = WRONG, of: Cell = cell) -> tuple[Feed, Estimate]:
        fed = feed(log, capacity_Ah, errors)
        return fed, in_process(of, fed, _start(begin, wrong), START_SIGMA)

    gained = [ran(Errors(gain=gain)) for gain in GAINS]
    found = [_late_rms(log, fed, said.soc) for fed, said in gained]
    count = [_late_rms(log, fed, counted(fed, _start(begin, WRONG), capacity_Ah)) for fed, _ in gained]
    flat = [ran(Errors(gain=gain), of=without_hysteresis(cell)) for gain in GAINS]
    fed, double = gained[0]
    single = in_process(cell, fed, _start(begin, WRONG), START_SIGMA, np.float32)
    errors = np.concatenate([said.soc - reference for _, said in gained])
    sigmas = np.concatenate([said.sigma for _, said in gained])
    weights = np.concatenate([fed.dt_s for fed, _ in gained])
    lates = np.concatenate([late, late])
    _, high = ran(Errors(), FAR_WRONG)
    _, low = ran(Errors(), -FAR_WRONG)
    return {
        "log": run.name,
        "cell": run.cell,
        "flat": "lfp" in cell.chemistry.lower(),
        "temp_degC": round(float(np.median(log.temp_degC)), 1),
        "allowed": run.allowed,
        "ours": max(found),
        "ours_each_gain": found,
        "max": float(np.abs(errors[lates]).max()),
        "counting": max(count),
        "offset": _late_rms(log, *_soc(ran(Errors(offset_A=OFFSET_C * capacity_Ah)))),
        "five_mV": _late_rms(log, *_soc(ran(Errors(offset_V=OFFSET_V)))),
        "no_hysteresis": max(_late_rms(log, fed, said.soc) for fed, said in flat),
        "converged_from_above_s": converged_s(since_s, high.soc - reference),
        "converged_from_below_s": converged_s(since_s, low.soc - reference),
        "midway": midway(log, cell),
        "single": float(np.abs(single.soc - double.soc).max()),
        "sigma": float(np.average(sigmas[lates], weights=weights[lates])),
        "within_2sigma": float(np.average(np.abs(errors) <= 2 * sigmas, weights=weights)),
        "within_3sigma": float(np.average(np.abs(errors) <= 3 * sigmas, weights=weights)),
        "nis_mean": float(np.mean(double.nis)),
    }


def _soc(ran: tuple[Feed, Estimate]) -> tuple[Feed, Floats]:
    return ran[0], ran[1].soc


def midway(log: Log, cell: Cell) -> list[dict[str, float]]:
    """Starts on the way down, 20 % wrong either way: the largest error between 15 and 20 minutes after, and sigma there."""
    reference = _reference(log)
    fall = reference[0] - reference.min()
    if fall < FALLS:
        return []
    whole = feed(log, cell.capacity_mAh / 1000, Errors())
    found = []
    for part in MIDWAYS:
        first = int(np.argmax(reference <= reference[0] - part * fall))
        since_s = log.time_s[first:] - log.time_s[first]
        rows = int(np.searchsorted(since_s, MIDWAY_ends_s))
        late = since_s[:rows] >= SETTLED_s
        if not late.any():
            continue
        for wrong in (FAR_WRONG, -FAR_WRONG):
            soc = _start(float(reference[first]), wrong)
            said = in_process(cell, whole.part(first, first + rows), soc, START_SIGMA)
            error = np.abs(said.soc - reference[first : first + rows])[late]
            worst = int(np.argmax(error))
            found.append({"from": part, "wrong": wrong, "error": float(error[worst]), "sigma": float(said.sigma[late][worst])})
    return found


def _tell(rows: list[dict[str, Any]], say: Callable[[str], None]) -> None:
    def percent(value: float) -> str:
        return f"{100 * value:6.2f}"

    width = max(len(row["log"]) for row in rows)
    names = "degC  count  plain   ours allowed    max offset   5 mV  M = 0  +20 %  -20 % midway  sigma  in 2s  NIS  single"
    say(f"  {'':{width}s}  {names}")
    for row in rows:
        times = [row["converged_from_above_s"], row["converged_from_below_s"]]
        settled = " ".join("     -" if time_s is None else f"{time_s:5.0f}s" for time_s in times)
        middle = percent(max((one["error"] for one in row["midway"]), default=0.0)) if row["midway"] else "     -"
        keys = ("counting", "plain", "ours", "allowed", "max", "offset", "five_mV", "no_hysteresis")
        say(
            f"  {row['log']:{width}s} {row['temp_degC']:5.0f} {' '.join(percent(row[key]) for key in keys)} {settled} {middle} "
            f"{percent(row['sigma'])} {100 * row['within_2sigma']:5.1f} {row['nis_mean']:5.2f} {100 * row['single']:6.3f}"
            f"{'' if row['ours'] <= row['allowed'] else '  above what is allowed'}"
        )


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What is to be said of all logs together."""
    within = [row for row in rows if row["ours"] <= row["allowed"]]
    steep = [row for row in rows if not row["flat"]]
    starts = [one for row in steep if row["temp_degC"] >= 20 for one in row["midway"]]
    soon = [one for one in starts if one["error"] <= 0.03]
    cool = [one for row in steep if 5 <= row["temp_degC"] < 20 for one in row["midway"]]
    later = [one for one in cool if one["error"] <= 0.05]
    rest = [one for row in rows if row["flat"] or row["temp_degC"] < 5 for one in row["midway"]]
    covered = [one for one in rest if one["error"] <= 3 * one["sigma"]]
    rm = float(np.sqrt(np.mean([row["ours"] ** 2 for row in rows])))
    sigma = float(np.mean([row["sigma"] for row in rows]))
    two, three = (float(np.mean([row[f"within_{n}sigma"] for row in rows])) for n in (2, 3))
    nis = [row["nis_mean"] for row in rows]
    usual = float(np.mean([0.33 <= value <= 3 for value in nis]))
    usual_steep = float(np.mean([0.33 <= row["nis_mean"] <= 3 for row in steep]))
    diverged = [row["log"] for row in rows if row["max"] > DIVERGED]
    single = max(row["single"] for row in rows)
    others = ("counting", "plain", "no_hysteresis")
    ratios = {key: float(np.exp(np.mean([np.log(row[key] / row["ours"]) for row in rows]))) for key in others}
    lines = [
        f"{len(within)} of {len(rows)} logs within what is allowed; worse than ours: "
        f"counting {ratios['counting']:.1f} x, plain filter {ratios['plain']:.1f} x, M = 0 {ratios['no_hysteresis']:.2f} x",
        f"starts midway, of cells without a plateau: at 20 degC and more {len(soon)} of {len(starts)} within 3 % after 15 min,",
        f"from 5 to 20 degC {len(later)} of {len(cool)} within 5 %; colder, or on a plateau, {len(covered)} of {len(rest)} "
        "within three sigmas",
        f"within two sigmas {100 * two:.1f} %, within three {100 * three:.1f} % of the time; mean sigma {sigma / rm:.2f} x rms",
        f"mean NIS within 0.33 to 3 on {100 * usual:.0f} % of logs, {100 * usual_steep:.0f} % of those without a plateau; "
        f"single precision differs by {100 * single:.3f} % at most",
        f"beyond {100 * DIVERGED:.0f} % after 15 min: {', '.join(diverged) or 'none'}",
    ]
    return {
        "within_allowed": len(within),
        "ratios": ratios,
        "midway_warm_steep": [len(soon), len(starts)],
        "midway_cool_steep": [len(later), len(cool)],
        "midway_covered": [len(covered), len(rest)],
        "within_2sigma": two,
        "within_3sigma": three,
        "sigma_over_rms": sigma / rm,
        "nis_usual": usual,
        "nis_usual_without_plateau": usual_steep,
        "diverged": diverged,
        "single": single,
        "lines": lines,
    }
