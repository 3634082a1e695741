"""Where a fit starts from and what it leans on where logs leave something open: the family's tables at the logs' own level.

The rows of the prior are residuals in sigmas: each knot near its expected value, each bend from knot to knot near the expected
one. Levels come from what needs no model: resistance from pulses or from changes of current, open-circuit voltage from midway
between slow branches.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hil.fit.branches import middle_V
from hil.fit.design import WIDTH, K, arrhenius, part
from hil.fit.evidence import Evidence
from hil.fit.families import Family, Line
from hil.fit.pulses import pulses, swing_ohm
from hil.fit.runs import Run
from hil.logs import Floats

FIXED = (1e-8, 1e-8)
MEASURED_OCV = (0.15, 0.1)
GRID = np.linspace(0, 1, K)


class Prior(NamedTuple):
    """Rows over all columns, what they should give, and the least of each resistance."""

    rows: Floats
    wanted: Floats
    level_ohm: tuple[float, float, float]


def prior(runs: Sequence[Run], family: Family, capacity_Ah: float, evidence: Evidence) -> Prior:
    """The prior of a cell of this family and capacity."""
    level_ohm = levels(runs, family, capacity_Ah)
    ocv_V, loose_ocv = _ocv(runs, family)
    shape = at_knots(family.r_over_soc)
    loose = family.loose | {"ocv": loose_ocv}
    if not evidence.branches:  # with one branch alone any M fits, and each a little better somewhere for no reason
        loose |= {"hyst": FIXED}
    if not evidence.temperature:
        loose |= {"entropy": FIXED}
    expected = {
        "ocv": ocv_V,
        "hyst": at_knots(family.hyst_V),
        "entropy": at_knots(family.entropy_V_K),
        **{f"r{index}": ohm * shape for index, ohm in enumerate(level_ohm)},
    }
    rows: list[Floats] = []
    wanted: list[float] = []
    for name, table in expected.items():
        near, bend = loose[name]
        scale = table if name.startswith("r") else np.ones(K)
        for k in range(K):
            row = np.zeros(WIDTH)
            row[part(name).start + k] = 1 / (near * scale[k])
            rows.append(row)
            wanted.append(float(table[k] * row[part(name).start + k]))
        for k in range(1, K - 1):
            row = np.zeros(WIDTH)
            row[part(name).start + k - 1 : part(name).start + k + 2] = np.array([1.0, -2.0, 1.0]) / (bend * scale[k])
            rows.append(row)
            wanted.append(float(row[part(name)] @ table))
    return Prior(np.array(rows), np.array(wanted), level_ohm)


def at_knots(line: Line) -> Floats:
    """A line of (SoC, value) points at the knots of a table."""
    values: Floats = np.interp(GRID, [soc for soc, _ in line], [value for _, value in line])
    return values


def levels(runs: Sequence[Run], family: Family, capacity_Ah: float) -> tuple[float, float, float]:
    """R0, R1, R2 at 25 degC and middle SoC: by pulses, else by changes of current, else the family's."""
    r0, r1, r2 = (ohm_Ah / capacity_Ah for ohm_Ah in family.r_ohm_Ah)
    shape = at_knots(family.r_over_soc)

    def at_ref(ohm: float, soc: float, temp_degC: float) -> float:
        cold = float(arrhenius(family.ea_J_mol[0], np.array(temp_degC)))
        return ohm / cold / float(np.interp(soc, GRID, shape))

    found = pulses(runs)
    if found:
        fast = float(np.median([at_ref(p.fast_ohm, p.soc, p.temp_degC) for p in found]))
        more = [at_ref(p.ten_ohm - p.fast_ohm, p.soc, p.temp_degC) for p in found if p.ten_ohm > p.fast_ohm]
        return fast, float(np.median(more)) if more else fast * r1 / r0, fast * r2 / r0
    swings = [(swing_ohm(run), run) for run in runs]
    fasts = [at_ref(ohm, float(np.median(run.soc)), run.temp_degC) for ohm, run in swings if ohm is not None and ohm > 0]
    if fasts:
        fast = float(np.median(fasts))
        return fast, fast * r1 / r0, fast * r2 / r0
    return r0, r1, r2


def _ocv(runs: Sequence[Run], family: Family) -> tuple[Floats, tuple[float, float]]:
    slow = [run for run in runs if run.kind == "ocv"]
    if not slow:
        return at_knots(family.ocv_V), family.loose["ocv"]
    nearest = min(slow, key=lambda run: abs(run.temp_degC - 25))
    values: Floats = np.interp(GRID, *middle_V(nearest.log, nearest.soc))
    return values, MEASURED_OCV
