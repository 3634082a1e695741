"""What a SoC filter has to beat, for many logs at once: counting ampere hours, and a plain Kalman filter.

The plain one is a fair one: the same cell file with its resistance over SoC and temperature, OCV as the mean of both branches,
one RC element (R1 + R2 with the time constant of R2), states SoC and RC voltage, constant noises. What it lacks is what it is
compared for: hysteresis, the second element, doubt that grows where the model is weak. Lanes are logs; they step together and
leave when they end. SI units; positive current charges.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bms.schema import Cell
from hil.celltables import ENTROPY, OCV, R0, R1, R2, TAU2, CellTables
from hil.logs import Floats
from hil.replay.feed import Feed

START_SIGMA = 0.15
NOISE_V = 0.05  # of a reading and of the model: found best over all logs within a factor of two
NOISE_SOC_PER_s = 1e-9  # variance
NOISE_RC_PER_s = 1e-7
GAS_J_molK = 8.314462618
KNOTS = 401


def counted(feed: Feed, soc: float, capacity_Ah: float) -> Floats:
    """Coulomb counting from a first SoC."""
    total: Floats = soc + np.cumsum(feed.charge_Ah) / capacity_Ah
    return total


class _Lanes:
    """Tables of every lane's cell on a fine common grid."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        soc = np.linspace(-0.1, 1.1, KNOTS)
        self.step = soc[1] - soc[0]
        self.first = soc[0]
        unique = {id(cell): cell for cell in cells}
        self.of = np.array([list(unique).index(id(cell)) for cell in cells])
        tables = [CellTables(cell) for cell in unique.values()]
        rows = (OCV, ENTROPY, R0, R1, R2, TAU2)
        self.values = np.array([[table.at(row, np.clip(soc, 0, 1) if row != OCV else soc) for row in rows] for table in tables])
        self.energy_K = np.array([cell.ea_J_mol for cell in unique.values()]) / GAS_J_molK
        self.reference_K = np.array([table.reference_K for table in tables])

    def at(self, lanes: NDArray[np.intp], soc: Floats, temp_degC: Floats) -> tuple[Floats, ...]:
        """OCV with entropy, its slope, R0, R1 + R2, tau2."""
        which = self.of[lanes]
        place = np.clip((soc - self.first) / self.step, 0, KNOTS - 2)
        k = place.astype(np.intp)
        part = place - k
        low, high = self.values[which, :, k], self.values[which, :, k + 1]
        u, entropy, r0, r1, r2, tau2 = (low + (high - low) * part[:, None]).T
        colder = 1 / (temp_degC + 273.15) - 1 / self.reference_K[which]
        f0, f1, f2 = np.exp(self.energy_K[which].T * colder)
        slope = (high[:, 0] - low[:, 0]) / self.step
        return u + entropy * (temp_degC + 273.15 - self.reference_K[which]), slope, r0 * f0, r1 * f1 + r2 * f2, tau2


def plain_filter(cells: Sequence[Cell], feeds: Sequence[Feed], socs: Sequence[float]) -> list[Floats]:
    """SoC of the plain filter after every step, lane by lane."""
    order = np.argsort([-len(feed) for feed in feeds])
    lengths = np.array([len(feeds[k]) for k in order])
    rows = np.zeros((lengths[0], 5, len(feeds)))
    for lane, k in enumerate(order):
        rows[: lengths[lane], :, lane] = feeds[k].rows()
    tables = _Lanes([cells[k] for k in order])
    capacity_Ah = np.array([cells[k].capacity_mAh / 1000 for k in order])
    z = np.array([socs[k] for k in order])
    v, zv = np.zeros(len(z)), np.zeros(len(z))
    zz, vv = np.full(len(z), START_SIGMA**2), np.full(len(z), 1e-4)
    said = np.zeros((lengths[0], len(feeds)))
    n = len(feeds)
    for row in range(lengths[0]):
        while lengths[n - 1] <= row:
            n -= 1
        lanes = np.arange(n)
        charge_Ah, current_A, voltage_V, temp_degC, dt_s = rows[row, :, :n]
        z[:n] += charge_Ah / capacity_Ah[:n]
        u, slope, r0, r1, tau = tables.at(lanes, z[:n], temp_degC)
        keep = np.exp(-dt_s / tau)
        moving = np.maximum(dt_s, 1e-9)
        v[:n] = keep * v[:n] + (1 - keep) * r1 * charge_Ah * 3600 / moving
        p11, p12, p22 = zz[:n] + NOISE_SOC_PER_s * dt_s, zv[:n] * keep, vv[:n] * keep * keep + NOISE_RC_PER_s * dt_s
        b1, b2 = p11 * slope + p12, p12 * slope + p22
        s = slope * b1 + b2 + NOISE_V**2
        error = np.where(dt_s > 0, voltage_V - (u + current_A * r0 + v[:n]), 0.0)
        z[:n] = np.clip(z[:n] + b1 / s * error, -0.05, 1.05)
        v[:n] += b2 / s * error
        zz[:n], zv[:n], vv[:n] = p11 - b1 * b1 / s, p12 - b1 * b2 / s, p22 - b2 * b2 / s
        said[row, :n] = z[:n]
    out: list[Floats] = [np.empty(0)] * len(feeds)
    for lane, k in enumerate(order):
        out[k] = said[: lengths[lane], lane].copy()
    return out
