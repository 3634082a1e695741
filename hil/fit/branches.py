"""Slow branches: where a log turns from discharge to charge, and its SoC and open-circuit voltage from end to end."""

import itertools

import numpy as np

from hil.logs import Floats, Log, counted_Ah

TURN_PART = 0.2  # of the capacity: less is no branch
WHOLE_PART = 0.75
GRID = 201


def branch_soc(log: Log, capacity_Ah: float) -> Floats:
    """SoC of a log that goes from end to end, each whole branch stretched from 0 to 1 by its own Ah."""
    moved = counted_Ah(log)
    turns = _turns(moved, TURN_PART * capacity_Ah)
    first = moved[turns[1]] - moved[turns[0]]
    known = [1.0 if first < 0 else 0.0]
    for start, end in itertools.pairwise(turns):
        charge_Ah = float(moved[end] - moved[start])
        part = charge_Ah / capacity_Ah
        known.append(1.0 if part > WHOLE_PART else 0.0 if part < -WHOLE_PART else known[-1] + part)
    soc = np.empty(len(moved))
    for number, (start, end) in enumerate(itertools.pairwise(turns)):
        rows = slice(start, end + 1)
        stretch = (known[number + 1] - known[number]) / (moved[end] - moved[start])
        soc[rows] = known[number] + (moved[rows] - moved[start]) * stretch
    return soc


def whole_Ah(log: Log) -> float:
    """The largest charge that the log moves one way."""
    moved = counted_Ah(log)
    turns = _turns(moved, TURN_PART * float(np.ptp(moved)))
    return max(abs(float(moved[end] - moved[start])) for start, end in itertools.pairwise(turns))


def discharged_Ah(log: Log) -> float:
    """The largest charge that it takes out in one go; 0 where it only charges."""
    moved = counted_Ah(log)
    turns = _turns(moved, TURN_PART * float(np.ptp(moved)))
    return max(0.0, *(float(moved[start] - moved[end]) for start, end in itertools.pairwise(turns)))


def middle_V(log: Log, soc: Floats) -> tuple[Floats, Floats]:
    """SoC and voltage midway between what was read on the way down and on the way up, or on the one way there is."""
    grid = np.linspace(0, 1, GRID)
    direction = np.sign(np.diff(soc, prepend=soc[0]))
    ways = []
    for sign in (-1, 1):
        rows = direction == sign
        if rows.sum() > GRID // 20 and np.ptp(soc[rows]) > WHOLE_PART:
            order = np.argsort(soc[rows])
            ways.append(np.interp(grid, soc[rows][order], log.voltage_V[rows][order]))
    middle = np.mean(ways, axis=0) if ways else np.interp(grid, *_sorted(soc, log.voltage_V))
    return grid, np.maximum.accumulate(middle + 1e-6 * np.arange(GRID))


def _sorted(soc: Floats, voltage_V: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(soc)
    return soc[order], voltage_V[order]


def _turns(moved_Ah: Floats, least_Ah: float) -> list[int]:
    """Rows where the direction of charge turns by more than `least_Ah`, first and last row included."""
    turns = [0]
    best, sign = 0, 0
    for row in range(1, len(moved_Ah)):
        ahead = float(moved_Ah[row] - moved_Ah[best])
        if sign == 0:
            if abs(moved_Ah[row] - moved_Ah[0]) > least_Ah:
                sign, best = (1 if moved_Ah[row] > moved_Ah[0] else -1), row
        elif ahead * sign >= 0:
            best = row
        elif -ahead * sign > least_Ah:
            turns.append(best)
            best, sign = row, -sign
    last = len(moved_Ah) - 1
    if best not in (turns[-1], last):
        turns.append(best)
    if moved_Ah[last] != moved_Ah[turns[-1]] or len(turns) == 1:
        turns.append(last)
    return turns
