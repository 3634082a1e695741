"""What pulses say of resistance by themselves: where a fit starts from, and what its result is held against.

A pulse is a step of current from rest that stays as it is: its voltage over its current is the resistance at once (within
FAST_s) and after TEN_s. No model is needed. SI units.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hil.fit.runs import Run

FAST_s = 1.6
TEN_s = 10.0
REST_s = 20.0
STEADY_PART = 0.05


class Pulse(NamedTuple):
    """One step from rest. `ten_ohm` is nan where the step is shorter than ten seconds."""

    run: str
    soc: float
    temp_degC: float
    current_A: float
    fast_ohm: float
    ten_ohm: float


def pulses(runs: Sequence[Run]) -> list[Pulse]:
    """All pulses of more than a tenth of the capacity an hour."""
    found = []
    for run in runs:
        log, rest = run.log, run.log.resting
        time_s, current_A, voltage_V = log.time_s, log.current_A, log.voltage_V
        for row in np.flatnonzero(rest[:-1] & ~rest[1:]):
            before = int(np.searchsorted(time_s, time_s[row] - REST_s))
            if (before == 0 and time_s[row] - time_s[0] < REST_s) or not rest[before : row + 1].all():
                continue
            last = int(np.searchsorted(time_s, time_s[row] + TEN_s + FAST_s, side="right"))
            after = np.arange(row + 1, last)
            if not len(after):
                continue
            steady = np.abs(current_A[after] - np.median(current_A[after])) < STEADY_PART * abs(np.median(current_A[after]))
            held = after[steady]
            if not len(held) or abs(current_A[held[0]]) < 0.1 * run.capacity_Ah:
                continue
            since_s = time_s[held] - time_s[row]
            ohm = (voltage_V[held] - voltage_V[row]) / current_A[held]
            if since_s[0] > FAST_s or ohm[0] <= 0:
                continue
            ten = np.abs(since_s - TEN_s) < FAST_s
            ten_ohm = float(ohm[ten][0]) if ten.any() and steady[: int(np.argmax(ten))].all() else float("nan")
            here = (run.name, float(run.soc[row]), float(log.temp_degC[row]), float(current_A[held[0]]))
            found.append(Pulse(*here, float(ohm[0]), ten_ohm))
    return found


def steps(run: Run) -> int:
    """How often current changes by more than a tenth of the largest between two rows of less than FAST_s."""
    quick = run.dt_s[1:] < FAST_s
    return int(np.count_nonzero(quick & (np.abs(np.diff(run.now_A)) > 0.1 * np.abs(run.log.current_A).max())))


def swing_ohm(run: Run) -> float | None:
    """Resistance within a row, from all changes of current of a run; None where there are none to speak of."""
    step_A, answer_V = np.diff(run.now_A), np.diff(run.log.voltage_V)
    quick = run.dt_s[1:] < FAST_s
    large = quick & (np.abs(step_A) > 0.1 * np.abs(run.log.current_A).max())
    if large.sum() < 20:
        return None
    return float(step_A[large] @ answer_V[large] / (step_A[large] @ step_A[large]))
