"""How well the written cell describes the logs: residuals a run and a temperature, pulses, and what 21 knots cost.

The voltage is that of the cell file's integers. `rms_minute_mV` is what is left of means over a minute: it, not the single
row, becomes an error of the state of charge. Volts in mV, fractions of SoC.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bms.schema import Cell
from hil.fit.design import Columns, K, Shape, T_REF_degC
from hil.fit.pulses import pulses
from hil.fit.runs import Run
from hil.logs import Floats

MIDDLE = (0.10, 0.95)
MINUTE_s = 60.0
STEP_degC = 5.0
KNEE = 0.10
FINE = 10  # finer knots, in place of each of the 20 spans
TEN_s = 10.0


def result(cell: Cell, runs: Sequence[Run], judged: Sequence[Run], notes: Sequence[str], family: str) -> dict[str, Any]:
    """Everything that is told of a fit, ready for JSON."""
    fitted_rows = [row(cell, run) for run in runs]
    judged_rows = [row(cell, run) for run in judged]
    knees = [knee for run in runs if run.kind == "ocv" for knee in [knots_cost(run)] if knee is not None]
    return {
        "cell": cell.name,
        "chemistry": cell.chemistry,
        "family": family,
        "capacity_Ah": cell.capacity_mAh / 1000,
        "fitted": fitted_rows,
        "judged": judged_rows,
        "fitted_by_temperature": by_temperature(fitted_rows),
        "judged_by_temperature": by_temperature(judged_rows),
        "pulses": pulse_ratio(cell, [*runs, *judged]),
        "knots": knees,
        "notes": [*notes, *_knot_notes(knees)],
    }


def modelled_V(cell: Cell, run: Run) -> Floats:
    """What the cell file says of a run."""
    tau = [np.array(table) / 1000 for table in (cell.tau1_ms, cell.tau2_ms)]
    tables = (
        *(np.array(table) / 1e3 for table in (cell.ocv_mV, cell.hyst_mV)),
        *(np.array(table) / 1e6 for table in (cell.entropy_uV_K, cell.r0_uohm, cell.r1_uohm, cell.r2_uohm)),
    )
    ea0, ea1, ea2 = (float(ea) for ea in cell.ea_J_mol)
    shape = Shape((1.0, 1.0), (1.0, 1.0), cell.hyst_gamma_permille / 1000, (ea0, ea1, ea2))
    voltage_V: Floats = Columns(run, taus_s=(tau[0], tau[1])).at(shape) @ np.concatenate(tables)
    return voltage_V


def row(cell: Cell, run: Run) -> dict[str, Any]:
    """What is left of one run."""
    left_V = run.log.voltage_V - modelled_V(cell, run)
    middle = (run.soc > MIDDLE[0]) & (run.soc < MIDDLE[1])
    minutes_V = minute_means(run, left_V)
    return {
        "log": run.name,
        "kind": run.kind,
        "temp_degC": round(run.temp_degC, 1),
        "capacity_Ah": round(run.capacity_Ah, 4),
        "soc_from": round(float(run.soc[0]), 4),
        "soc_to": round(float(run.soc[-1]), 4),
        "rms_mV": _rms_mV(left_V),
        "rms_middle_mV": _rms_mV(left_V[middle]) if middle.any() else None,
        "rms_minute_mV": _rms_mV(minutes_V),
        "mean_mV": round(1000 * float(left_V.mean()), 2),
        "max_mV": round(1000 * float(np.abs(left_V).max()), 1),
    }


def minute_means(run: Run, values: Floats) -> Floats:
    """Means over each minute of a run, each row counting for the time since the one before."""
    minute = np.floor((run.log.time_s - run.log.time_s[0]) / MINUTE_s).astype(int)
    weight = np.maximum(run.dt_s, 1e-6)
    total = np.bincount(minute, weights=values * weight)
    held = np.bincount(minute, weights=weight)
    means: Floats = total[held > 0] / held[held > 0]
    return means


def by_temperature(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Root mean square over the runs near each multiple of five degrees, every run counting alike."""
    groups: dict[float, list[dict[str, Any]]] = {}
    for one in rows:
        groups.setdefault(STEP_degC * round(one["temp_degC"] / STEP_degC), []).append(one)
    out = []
    for temp_degC, some in sorted(groups.items(), reverse=True):
        said: dict[str, Any] = {"temp_degC": temp_degC, "logs": len(some)}
        for key in ("rms_mV", "rms_middle_mV", "rms_minute_mV"):
            known = [one[key] for one in some if one[key] is not None]
            said[key] = round(float(np.sqrt(np.mean(np.square(known)))), 2) if known else None
        out.append(said)
    return out


def pulse_ratio(cell: Cell, runs: Sequence[Run]) -> dict[str, Any]:
    """Resistance after ten seconds, the cell file's over the pulses', near 25 degC: middle SoC, and all."""
    ratios = []
    grid = np.linspace(0, 1, K)
    for pulse in pulses(runs):
        if abs(pulse.temp_degC - T_REF_degC) > 5 or not pulse.ten_ohm > 0:
            continue
        ohm = np.interp(pulse.soc, grid, cell.r0_uohm) / 1e6
        for table, taus_ms in ((cell.r1_uohm, cell.tau1_ms), (cell.r2_uohm, cell.tau2_ms)):
            tau_s = np.interp(pulse.soc, grid, taus_ms) / 1000
            ohm += np.interp(pulse.soc, grid, table) / 1e6 * (1 - np.exp(-TEN_s / tau_s))
        ratios.append((pulse.soc, float(ohm / pulse.ten_ohm)))
    middle = [ratio for soc, ratio in ratios if 0.4 <= soc <= 0.6]
    return {
        "count": len(ratios),
        "ten_s_ratio": round(float(np.median([ratio for _, ratio in ratios])), 3) if ratios else None,
        "ten_s_ratio_middle": round(float(np.median(middle)), 3) if middle else None,
    }


def knots_cost(run: Run) -> dict[str, Any] | None:
    """What straight lines between 21 knots leave of the way down of a slow run at best, above and in the knee."""
    down = np.diff(run.soc, prepend=run.soc[0]) < 0
    soc, voltage_V = run.soc[down], run.log.voltage_V[down]
    if len(soc) < 200 or np.ptp(soc) < 0.9:
        return None
    left = {}
    for name, spans in (("coarse", K - 1), ("fine", FINE * (K - 1))):
        knots = np.linspace(0, 1, spans + 1)
        at = np.clip((soc * spans).astype(int), 0, spans - 1)
        part = soc * spans - at
        hats = np.zeros((len(soc), len(knots)))
        hats[np.arange(len(soc)), at] = 1 - part
        hats[np.arange(len(soc)), at + 1] = part
        found, *_ = np.linalg.lstsq(hats, voltage_V, rcond=None)
        left[name] = voltage_V - hats @ found
    knee = soc < KNEE
    return {
        "log": run.name,
        "rms_mV": _rms_mV(left["coarse"][~knee]),
        "rms_knee_mV": _rms_mV(left["coarse"][knee]),
        "max_knee_mV": round(1000 * float(np.abs(left["coarse"][knee]).max()), 1),
        "rms_knee_fine_mV": _rms_mV(left["fine"][knee]),
    }


def _knot_notes(knees: Sequence[dict[str, Any]]) -> list[str]:
    worst = max(knees, key=lambda knee: float(knee["rms_knee_mV"]), default=None)
    if worst is None or worst["rms_knee_mV"] < 5.0:
        return []
    return [
        f"knots: below {100 * KNEE:.0f} % SoC straight lines between 21 knots leave {worst['rms_knee_mV']:.0f} mV rms of "
        f"{worst['log']} at best ({worst['max_knee_mV']:.0f} at most), ten times as many {worst['rms_knee_fine_mV']:.1f} mV; "
        f"above, 21 leave {worst['rms_mV']:.1f} mV"
    ]


def _rms_mV(values_V: Floats) -> float:
    return round(1000 * float(np.sqrt(np.mean(np.square(values_V)))), 2) if len(values_V) else 0.0
