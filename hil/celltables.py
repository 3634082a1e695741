"""A cell's tables over SoC as straight lines between knots, in SI units, for many layers at once.

Inside 0 ... 1 the lines join the 21 knots of the cell record, so they are exact at every SoC. Outside, the
open-circuit voltage goes on with its end slope; below -5 % it falls to -1 V at -10 %, as a layer that is
driven into reversal does (assumed). All other tables keep their end values.
"""

import numpy as np
from numpy.typing import NDArray

from bms.schema import SOC_KNOTS, Cell

Floats = NDArray[np.float64]

OCV, HYST, ENTROPY, R0, R1, R2, TAU1, TAU2 = range(8)
ROWS = 8
REVERSED_V = -1.0
_PER_SOC = SOC_KNOTS - 1  # segments between 0 and 1
_BELOW = 3  # segments below 0: beyond reversal, reversal, end slope
SEGMENTS = _BELOW + _PER_SOC + 1
GAS_J_molK = 8.314462618
SELF_DISCHARGE_J_mol = 45000.0  # assumed
SELF_DISCHARGE_K = 333.15  # where the cell's largest self-discharge is declared


class CellTables:
    """Lines of all tables: `lines[row]` are slopes, `lines[ROWS + row]` intercepts; shape (16, SEGMENTS)."""

    def __init__(self, cell: Cell) -> None:
        rows = (
            (cell.ocv_mV, 1e-3),
            (cell.hyst_mV, 1e-3),
            (cell.entropy_uV_K, 1e-6),
            (cell.r0_uohm, 1e-6),
            (cell.r1_uohm, 1e-6),
            (cell.r2_uohm, 1e-6),
            (cell.tau1_ms, 1e-3),
            (cell.tau2_ms, 1e-3),
        )
        self.reference_K = cell.t_ref_ddegC / 10 + 273.15
        self.knots = np.array([[value * scale for value in table] for table, scale in rows])
        soc = np.arange(-2, _PER_SOC + 2) / _PER_SOC
        extended = np.concatenate([self.knots[:, :1], self.knots[:, :1], self.knots, self.knots[:, -1:]], axis=1)
        ocv = extended[OCV]
        ocv[1] = 2 * ocv[2] - ocv[3]
        ocv[0] = REVERSED_V
        ocv[-1] = 2 * ocv[-2] - ocv[-3]
        slope = np.diff(extended, axis=1) / np.diff(soc)
        slope = np.concatenate([np.zeros((ROWS, 1)), slope], axis=1)
        slope[OCV, 0] = slope[OCV, 2]
        intercept = extended - np.concatenate([slope[:, 1:], slope[:, -1:]], axis=1) * soc
        intercept = np.concatenate([extended[:, :1] - slope[:, :1] * soc[0], intercept[:, :-1]], axis=1)
        self.lines = np.ascontiguousarray(np.concatenate([slope, intercept]))
        # integral of OCV - T_ref dU/dT from the first knot of each segment, and up to it from SoC 0
        self._start = np.concatenate([soc[:1], soc[:-1]])
        steps = np.array([self._part(k, self._start[k], soc[k]) for k in range(SEGMENTS)])
        total = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
        self._total = total - total[_BELOW]

    def segments(self, soc: Floats, scratch: Floats, out: NDArray[np.intp]) -> None:
        """Numbers of the segments in which `soc` lies, into `out`; all of shape (layers,)."""
        np.multiply(soc, _PER_SOC, scratch)
        np.add(scratch, _BELOW, scratch)
        np.maximum(scratch, 0, out=scratch)
        np.minimum(scratch, SEGMENTS - 1, out=scratch)
        out[...] = scratch

    def at(self, row: int, soc: Floats) -> Floats:
        """One table at any SoC."""
        k = self._segment(soc)
        values: Floats = self.lines[row, k] * soc + self.lines[ROWS + row, k]
        return values

    def enthalpy_V(self, soc: Floats) -> Floats:
        """Integral of OCV - T_ref dU/dT over SoC from 0: chemical energy over capacity, warm or cold."""
        k = self._segment(soc)
        energy: Floats = self._total[k] + self._part(k, self._start[k], soc)
        return energy

    def _segment(self, soc: Floats) -> NDArray[np.intp]:
        out = np.empty(np.shape(soc), dtype=np.intp)
        self.segments(soc, np.empty(np.shape(soc)), out)
        return out

    def _part(self, k: int | NDArray[np.intp], low: float | Floats, high: float | Floats) -> Floats:
        lines, reference_K = self.lines, self.reference_K
        slope = lines[OCV, k] - reference_K * lines[ENTROPY, k]
        intercept = lines[ROWS + OCV, k] - reference_K * lines[ROWS + ENTROPY, k]
        part: Floats = (high - low) * (slope * (high + low) / 2 + intercept)
        return part


def self_discharge(cell: Cell, temp_K: Floats) -> Floats:
    """SoC that a nominal layer loses in a second at each temperature, never more than the cell declares."""
    factor = np.exp(SELF_DISCHARGE_J_mol / GAS_J_molK * (1 / SELF_DISCHARGE_K - 1 / temp_K))
    lost: Floats = cell.self_discharge_ppm_h * 1e-6 / 3600 * np.minimum(factor, 1.0)
    return lost
