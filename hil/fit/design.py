"""The model of a cell as columns: for given time constants, rates and activation energies it is linear in its tables.

    V = U(z) + h M(z) + (T - Tref) E(z) + I R0(z) f0(T) + v1 + v2,   v_j the filtered I R_j(z) f_j(T)
This is the equation of the firmware's model, with the same 21 knots and straight lines between them, so that what is least
squares here is least squares there. Filters are solved as bidiagonal systems: any spacing of rows, all knots at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dtbtrs

from bms.schema import SOC_KNOTS
from hil.fit.runs import Run
from hil.logs import Floats

GAS_J_molK = 8.314462618
ZERO_CELSIUS_K = 273.15
T_REF_degC = 25.0
K = SOC_KNOTS
TABLES = ("ocv", "hyst", "entropy", "r0", "r1", "r2")
WIDTH = K * len(TABLES)
LOW_SOC = 0.3
KEPT = 3  # versions of a table's columns


class Shape(NamedTuple):
    """What the model is not linear in. `low`: how much longer a time constant is when empty than above LOW_SOC."""

    tau_s: tuple[float, float]
    low: tuple[float, float]
    gamma: float
    ea_J_mol: tuple[float, float, float]

    def taus_s(self, index: int) -> Floats:
        """A time constant at every knot."""
        near_empty = np.clip(1 - np.linspace(0, 1, K) / LOW_SOC, 0, 1)
        taus: Floats = self.tau_s[index] * self.low[index] ** near_empty
        return taus


def part(table: str) -> slice:
    """The columns of a table."""
    index = TABLES.index(table)
    return slice(index * K, (index + 1) * K)


def hats(soc: Floats, extended: bool) -> Floats:
    """Weights of the knots at each SoC; beyond 0 and 1 the end slopes go on, or the end values stay. Columns lie together."""
    x = soc * (K - 1)
    k = np.clip(x.astype(int), 0, K - 2)
    f = x - k
    if not extended:
        f = np.clip(f, 0.0, 1.0)
    rows = np.arange(len(soc))
    out = np.zeros((len(soc), K), order="F")
    out[rows, k] = 1.0 - f
    out[rows, k + 1] += f
    return out


def arrhenius(ea_J_mol: float, temp_degC: Floats) -> Floats:
    """Factor of a resistance over its value at T_REF."""
    at_ref = 1 / (T_REF_degC + ZERO_CELSIUS_K)
    factor: Floats = np.exp(ea_J_mol / GAS_J_molK * (1 / (temp_degC + ZERO_CELSIUS_K) - at_ref))
    return factor


def filtered(drive: Floats, x: Floats) -> Floats:
    """y_k = a_k y_(k-1) + (1 - a_k) drive_k with a = exp(-x), y_0 = 0, for every column of `drive`."""
    a = np.exp(-np.minimum(x, 50.0))
    a[0] = 0.0
    band = np.ones((2, len(x)))
    band[1, :-1] = -a[1:]
    right = np.asfortranarray(drive * (1.0 - a)[:, None])
    right[0] = 0.0
    out, info = dtbtrs(band, right, uplo="L", diag="U", overwrite_b=1)
    assert info == 0
    return np.asarray(out)


def hysteresis(run: Run, gamma: float) -> Floats:
    """State of the branches, -1 discharge to +1 charge, from where the run starts."""
    if run.kind == "ocv":
        moved = np.abs(np.diff(run.soc, prepend=run.soc[0]))
    else:
        moved = np.abs(run.mean_A) * run.dt_s / (3600 * run.capacity_Ah)
    x = gamma * moved
    toward = filtered(np.sign(run.mean_A)[:, None], x)[:, 0]
    start: Floats = run.start_h * np.exp(-np.cumsum(x))
    return toward + start


class Sample:
    """What of a run is fitted: single rows, which tell fast resistance, and means over a minute, which tell everything slow."""

    def __init__(self, run: Run, rows: int, window_s: float) -> None:
        time_s = run.log.time_s
        self.rows = np.unique(np.linspace(0, len(time_s) - 1, rows).astype(int))
        window = np.floor((time_s - time_s[0]) / window_s).astype(int)
        starts = np.flatnonzero(np.diff(window, prepend=-1))
        self.starts = starts if len(time_s) > 5 * len(starts) else np.zeros(0, dtype=int)
        self.sizes = np.diff(np.append(self.starts, len(time_s))) if len(self.starts) else np.zeros(0, dtype=int)

    def take(self, full: Floats) -> Floats:
        """The rows and the means of a column or a matrix."""
        rows: Floats = full[self.rows]
        if not len(self.starts):
            return rows
        means = np.add.reduceat(full, self.starts, axis=0)
        means /= self.sizes if full.ndim == 1 else self.sizes[:, None]
        return np.concatenate([rows, means])


class Columns:
    """The model of a run as a matrix. What a change of the shape leaves as it was is not made again."""

    def __init__(self, run: Run, sample: Sample | None = None, taus_s: tuple[Floats, Floats] | None = None) -> None:
        self.run = run
        self._taus_s = taus_s  # at the knots, in place of the shape's
        self._take = (lambda full: full) if sample is None else sample.take
        self._flat = hats(run.soc, False)
        self._made: dict[tuple[object, ...], Floats] = {}
        ocv = self._take(hats(run.soc, True))
        self.block = np.empty((len(ocv), WIDTH))
        self.block[:, part("ocv")] = ocv
        self.block[:, part("entropy")] = self._take(self._flat * (run.log.temp_degC - T_REF_degC)[:, None])

    def at(self, shape: Shape) -> Floats:
        """The model, WIDTH columns; the next call changes them."""
        run, temp_degC = self.run, self.run.log.temp_degC

        def slow(index: int) -> Floats:
            factor = arrhenius(shape.ea_J_mol[index + 1], temp_degC)
            knots_s = self._taus_s[index] if self._taus_s else shape.taus_s(index)
            taus_s = np.interp(run.soc, np.linspace(0, 1, K), knots_s)
            return filtered(self._flat * (run.mean_A * factor)[:, None], run.dt_s / taus_s)

        by1, by2 = ((shape.tau_s[index], shape.low[index], shape.ea_J_mol[index + 1]) for index in (0, 1))
        self._put("hyst", (shape.gamma,), lambda: self._flat * hysteresis(run, shape.gamma)[:, None])
        fast = (shape.ea_J_mol[0],)
        self._put("r0", fast, lambda: self._flat * (run.now_A * arrhenius(shape.ea_J_mol[0], temp_degC))[:, None])
        self._put("r1", by1, lambda: slow(0))
        self._put("r2", by2, lambda: slow(1))
        return self.block

    def _put(self, table: str, by: tuple[float, ...], make: Callable[[], Floats]) -> None:
        """Columns of a table, from the last few that were made: differences change one parameter and go back."""
        key = (table, *by)
        found = self._made.pop(key, None)
        if found is None:
            found = self._take(make())
        self._made[key] = found
        mine = [one for one in self._made if one[0] == table]
        for old in mine[: -KEPT]:
            del self._made[old]
        self.block[:, part(table)] = found


def columns(run: Run, shape: Shape) -> Floats:
    """The model of a whole run."""
    return Columns(run).at(shape)
