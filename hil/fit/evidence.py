"""What the logs can tell and what they cannot: decides what is fitted, what is taken over from the family, what is refused.

A refusal is one line that says what is missing. What is taken over becomes a note, in the file and in the report.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hil.errors import BadInput
from hil.fit.design import hysteresis
from hil.fit.families import Family
from hil.fit.pulses import steps
from hil.fit.runs import Run
from hil.logs import Floats

BINS = 20
GAP_BINS = 5  # of SoC: a wider hole in what the logs cover is not bridged
SPAN = 0.6
SWEPT = 0.1  # of the capacity, near either branch
NEAR = 0.3  # of the way from the middle to a branch
FORGOTTEN = 1.5
STEPS = 2
WARM_SPAN_K = 12.0


class Evidence(NamedTuple):
    """Which groups of parameters the logs decide, and what is said of the others."""

    branches: bool  # M(SoC) and gamma
    dynamics: bool  # time constants
    temperature: bool  # activation energies, entropy
    notes: tuple[str, ...]


def evidence(runs: Sequence[Run], family: Family) -> Evidence:
    """What the runs decide; BadInput where they do not even tell an open-circuit voltage."""
    _require_span(runs)
    _require_two_rates(runs)
    notes = []
    sides = np.sum([_sides(run, family.gamma) for run in runs], axis=0)
    branches = bool(sides.min() > SWEPT)
    if not branches:
        way = "charge" if sides[1] < sides[0] else "discharge"
        notes.append(f"hysteresis: no log stays on the {way} branch; the family's is assumed")
    dynamics = any(steps(run) >= STEPS for run in runs)
    if not dynamics:
        notes.append("time constants: no log has steps of current at 1 Hz; the family's are assumed")
    temps = np.concatenate([np.percentile(run.log.temp_degC, (5, 95)) for run in runs])
    temperature = bool(np.ptp(temps) >= WARM_SPAN_K)
    if not temperature:
        notes.append(
            f"temperature: the logs span {np.ptp(temps):.0f} K; activation energies and entropy are the family's, assumed"
        )
    if any(not run.log.temp_measured for run in runs):
        notes.append("temperature: not measured in some logs, taken as 25 degC")
    return Evidence(branches, dynamics, temperature, tuple(notes))


def _require_span(runs: Sequence[Run]) -> None:
    covered = np.zeros(BINS, dtype=bool)
    for run in runs:
        covered[np.clip((run.soc * BINS).astype(int), 0, BINS - 1)] = True
    where = np.flatnonzero(covered)
    low, high = where[0] / BINS, (where[-1] + 1) / BINS
    need = "a slow discharge and charge, or a drive from full to empty, is missing"
    if high - low < SPAN:
        raise BadInput(f"open-circuit voltage: the logs cover {100 * low:.0f} to {100 * high:.0f} % SoC: {need}")
    holes = np.diff(where)
    if holes.max() > GAP_BINS:
        start = where[int(np.argmax(holes))]
        span = f"{100 * (start + 1) / BINS:.0f} to {100 * (start + holes.max()) / BINS:.0f} %"
        raise BadInput(f"open-circuit voltage: no log covers {span} SoC: {need}")


def _require_two_rates(runs: Sequence[Run]) -> None:
    """At one and the same current all the way, resistance cannot be told from open-circuit voltage."""
    if any(run.kind in ("ocv", "pulses") for run in runs):
        return
    every = np.concatenate([run.log.current_A[~run.log.resting] / run.capacity_Ah for run in runs])
    if np.std(every) < 0.15 * np.abs(np.mean(every)):
        raise BadInput(
            "resistance: every log runs at one current throughout, so it cannot be told from open-circuit voltage: "
            "pulses, a drive or a slow discharge is missing"
        )


def _sides(run: Run, gamma: float) -> Floats:
    """SoC swept near the discharge and near the charge branch, once the branch at the start is forgotten."""
    state = hysteresis(run, gamma)
    moved = np.abs(np.diff(run.soc, prepend=run.soc[0]))
    later = np.cumsum(moved) > FORGOTTEN / gamma
    return np.array([moved[later & (state * way > NEAR)].sum() for way in (-1, 1)])
