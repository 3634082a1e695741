"""Logs made ready to be fitted: what kind each is, its state of charge, the current between rows and at rows.

Kinds: `ocv` holds slow branches from end to end (open-circuit voltage, hysteresis), `pulses` steps between rests (resistances),
`drive` everything else. Each run has a capacity of its own: a cell ages from run to run, and a slow charge that seems to put
in 7 % more than came out is a current sensor's offset, so each slow branch is stretched from end to end by its own Ah.
SI units; positive current charges.
"""

import itertools
from typing import NamedTuple

import numpy as np

from hil.errors import BadInput
from hil.fit.branches import WHOLE_PART, branch_soc
from hil.logs import Floats, Log, counted_Ah

SLOW_PER_h = 1 / 7.5
SLOW_PART = 0.4  # of the charge moved
PULSE_s = 100.0
PULSES = 3
COARSE_s = 20.0  # rows farther apart: what flowed between unlike ones is told by the SoC
FULL, EMPTY = 0.93, 0.07
KINDS = ("ocv", "pulses", "drive")


class Run(NamedTuple):
    """One log, row by row. `mean_A` flowed since the row before, `now_A` flows when the voltage is read."""

    log: Log
    kind: str
    capacity_Ah: float
    dt_s: Floats
    mean_A: Floats
    now_A: Floats
    soc: Floats
    start_h: float

    @property
    def name(self) -> str:
        """As in tables and comments."""
        return self.log.name

    @property
    def temp_degC(self) -> float:
        """Of the run as a whole."""
        return float(np.median(self.log.temp_degC))


def own_capacity_Ah(log: Log) -> float | None:
    """Charge over soc_ref, where the log has a reference that moves: of what was charged or discharged, the larger."""
    if log.soc_ref is None or np.ptp(log.soc_ref) < 0.1:
        return None
    moved_Ah, step = np.diff(counted_Ah(log)), np.diff(log.soc_ref)
    sides = [step * sign > 0 for sign in (-1, 1)]
    side = max(sides, key=lambda some: float(np.abs(step[some]).sum()))
    return abs(float(moved_Ah[side].sum() / step[side].sum())) or None


def kind_of(log: Log, capacity_Ah: float) -> str:
    """ocv, pulses or drive, by what the log contains."""
    steps_s = np.diff(log.time_s)
    charge_Ah = np.abs(log.current_A[1:]) * steps_s / 3600
    slow_Ah = float(charge_Ah[np.abs(log.current_A[1:]) < SLOW_PER_h * capacity_Ah].sum())
    if slow_Ah > SLOW_PART * charge_Ah.sum() and slow_Ah > WHOLE_PART * capacity_Ah:
        return "ocv"
    rest = log.resting
    edges = np.flatnonzero(np.diff(rest.astype(int)))
    pulses = 0
    for start, end in itertools.pairwise(edges):
        if rest[start] and log.time_s[end] - log.time_s[start] < PULSE_s:
            pulses += 1
    resting_s = float(steps_s[rest[1:]].sum())
    return "pulses" if pulses >= PULSES and resting_s > 0.4 * float(steps_s.sum()) else "drive"


def make_run(log: Log, kind: str, capacity_Ah: float, soc: Floats) -> Run:
    """The run, with the SoC of every row."""
    dt_s = np.diff(log.time_s, prepend=log.time_s[0])
    current_A = log.current_A
    if _means(log):
        mean_A, now_A = current_A, 0.5 * (current_A + np.append(current_A[1:], current_A[-1]))
    else:
        between_A = 0.5 * (current_A + np.insert(current_A[:-1], 0, current_A[0]))
        mean_A, now_A = min((between_A, current_A), key=lambda some_A: _unlike(some_A * dt_s, soc)), current_A
    coarse = (dt_s > COARSE_s) & (np.abs(np.diff(current_A, prepend=current_A[0])) > 0.05 * np.abs(current_A).max())
    if coarse.any():
        moved_A = np.diff(soc, prepend=soc[0]) * capacity_Ah * 3600 / np.maximum(dt_s, 1e-9)
        mean_A = np.where(coarse, moved_A, mean_A)
    start_h = 1.0 if soc[0] > FULL else -1.0 if soc[0] < EMPTY else 0.0
    return Run(log, kind, capacity_Ah, dt_s, mean_A, now_A, soc, start_h)


def _unlike(charge_As: Floats, soc: Floats) -> float:
    """How badly charge from row to row follows the SoC."""
    step = np.diff(soc)
    size = float(np.linalg.norm(step) * np.linalg.norm(charge_As[1:]))
    return 1 - float(step @ charge_As[1:]) / size if size else 0.0


def _means(log: Log) -> bool:
    """Each current is the mean since the row before: then the voltage follows the mean of it and the next one better."""
    steps_s = np.diff(log.time_s)
    if np.ptp(steps_s) > 0.2 * steps_s.mean():
        return False
    answer_V = np.diff(log.voltage_V)
    current_A = log.current_A
    half_A = 0.5 * (current_A + np.append(current_A[1:], current_A[-1]))
    left = []
    for some_A in (current_A, half_A):
        step_A = np.diff(some_A)
        size = float(step_A @ step_A)
        left.append(float(np.sum((answer_V - step_A * float(step_A @ answer_V) / max(size, 1e-12)) ** 2)))
    return left[1] < left[0]


def soc_of(log: Log, kind: str, capacity_Ah: float, rest_V: tuple[Floats, Floats] | None) -> Floats:
    """SoC of every row: the log's own, else branch by branch, else counted from the rest at which it starts.

    `rest_V`: SoC and open-circuit voltage, rising, where some log has told it.
    """
    if log.soc_ref is not None:
        return log.soc_ref
    if kind == "ocv":
        return branch_soc(log, capacity_Ah)
    if not log.resting[0]:
        raise BadInput(f"{log.path}: soc_ref: missing, and the log does not start at rest: its SoC is not known")
    if rest_V is None:
        raise BadInput(f"{log.path}: soc_ref: missing, and no slow log tells which SoC its first voltage is")
    start = float(np.interp(log.voltage_V[0], rest_V[1], rest_V[0]))
    return start + counted_Ah(log) / capacity_Ah
