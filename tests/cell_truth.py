"""A cell whose every parameter is known, in smooth formulas, and the logs that a cycler would take of it.

It shares nothing with hil/fit: it is stepped sample by sample, in closed form, and has no knots. SI units; positive charges.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

CAPACITY_Ah = 3.0
GAMMA = 40.0
EA_J_mol = (18000.0, 45000.0, 32000.0)
TAU_s = (12.0, 240.0)
ENTROPY_V_K = 0.00012


def ocv_V(soc: float) -> float:
    """Middle of the branches at 25 degC."""
    return 3.45 + 0.62 * soc + 0.05 * math.tanh((soc - 0.55) / 0.12) - 0.30 * math.exp(-max(soc, 0.0) / 0.06)


def half_V(soc: float) -> float:
    """Half their distance."""
    return 0.012 + 0.030 * math.exp(-max(soc, 0.0) / 0.25)


def ohms(soc: float) -> tuple[float, float, float]:
    """R0, R1, R2 at 25 degC."""
    rise = math.exp(-max(soc, 0.0) / 0.12)
    return 0.022 * (1 + 0.3 * rise), 0.011 * (1 + 0.6 * rise), 0.016 * (1 + 0.9 * rise)


class Rows(NamedTuple):
    """A log before it is text."""

    time_s: list[float]
    current_A: list[float]
    voltage_V: list[float]
    temp_degC: list[float]
    soc: list[float]

    def text(self, with_soc: bool = True, digits: int = 5) -> str:
        """As CSV."""
        head = "time_s,current_A,voltage_V,temp_degC" + (",soc_ref" if with_soc else "")
        lines = [head]
        for t, i, v, c, z in zip(*self):
            lines.append(f"{t:.1f},{i:.4f},{v:.{digits}f},{c:.2f}" + (f",{z:.6f}" if with_soc else ""))
        return "\n".join(lines) + "\n"


class TruthCell:
    """State of the cell; `step` applies a constant current."""

    def __init__(self, soc: float = 1.0, hysteresis: float = 1.0) -> None:
        self.soc = soc
        self.h = hysteresis
        self.v = [0.0, 0.0]

    def step(self, current_A: float, temp_degC: float, dt_s: float) -> float:
        """The voltage after dt_s."""
        factors = [math.exp(ea / 8.314462618 * (1 / (temp_degC + 273.15) - 1 / 298.15)) for ea in EA_J_mol]
        middle = self.soc + 0.5 * current_A * dt_s / 3600 / CAPACITY_Ah
        for index in (0, 1):
            keep = math.exp(-dt_s / TAU_s[index])
            aim = current_A * ohms(middle)[index + 1] * factors[index + 1]
            self.v[index] = self.v[index] * keep + aim * (1 - keep)
        moved = current_A * dt_s / 3600 / CAPACITY_Ah
        self.soc += moved
        keep = math.exp(-GAMMA * abs(moved))
        self.h = self.h * keep + math.copysign(1 - keep, moved) if moved else self.h
        z = self.soc
        instant_V = current_A * ohms(z)[0] * factors[0]
        return ocv_V(z) + self.h * half_V(z) + ENTROPY_V_K * (temp_degC - 25) + instant_V + sum(self.v)


def logged(steps: Sequence[tuple[float, float, float]], temp_degC: float, soc: float = 1.0, h: float = 1.0) -> Rows:
    """Steps of (current, for how long, in rows of how long); a row has the current before it and the voltage under it."""
    cell = TruthCell(soc, h)
    out = Rows([], [], [], [], [])
    now_s = 0.0
    rows = [(0.0, 1e-9), *((current_A, dt_s) for current_A, for_s, dt_s in steps for _ in range(round(for_s / dt_s)))]
    for current_A, dt_s in rows:
        voltage_V = cell.step(current_A, temp_degC, dt_s)
        now_s += dt_s
        for column, value in zip(out, (now_s, current_A, voltage_V, temp_degC, cell.soc)):
            column.append(value)
    return out


def slow(temp_degC: float = 25.0, charge: bool = True) -> Rows:
    """C/20 down, an hour of rest, C/20 up, in rows of a minute."""
    level = CAPACITY_Ah / 20
    up = [(level, 72000.0, 60.0)] if charge else []
    return logged([(-level, 72000.0, 60.0), (0.0, 3600.0, 60.0), *up], temp_degC)


def pulsed(temp_degC: float = 25.0) -> Rows:
    """Every ten percent a rest, a pulse of 10 s at 1 C, a rest, and on at C/2."""
    one = ((0.0, 60.0, 1.0), (-CAPACITY_Ah, 10.0, 1.0), (0.0, 300.0, 1.0), (-CAPACITY_Ah / 2, 690.0, 10.0))
    return logged([*one * 9, (0.0, 60.0, 1.0)], temp_degC)


def driven(temp_degC: float, seed: int, hours: float = 1.1) -> Rows:
    """A third of a minute at a time some current, mostly out; until the cell is nearly empty."""
    state = seed
    steps: list[tuple[float, float, float]] = []
    left = 0.93 * CAPACITY_Ah * 3600
    while sum(for_s for _, for_s, _ in steps) < hours * 3600:
        state = (state * 1103515245 + 12345) % 2**31
        level = (state / 2**31 - 0.75) * 3.2 * CAPACITY_Ah
        for_s = 5 + state % 23
        left += level * for_s
        if left < 0:
            break
        steps.append((level, float(for_s), 1.0))
    return logged(steps, temp_degC)
