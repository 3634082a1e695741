"""A BMS that sees every layer truly: what the same limits allow when nothing is hidden, the yardstick for what is usable.

It has the pack's ratings, charge map and discharge table, the cell's operating limits of voltage and the same rule for low
SoC, and applies each to every layer with that layer's own temperature, SoC and voltage. No margin, no sensor, no delay.
Amperes are magnitudes; temperatures as the plant has them.
"""

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack
from hil.plant import ZERO_K, Plant
from hil.violations import Violations

Floats = NDArray[np.float64]

OPERATING = 0
GAIN = 0.5
"""Of the step towards the voltage limit: the resistances that the next step meets are a little more than R0."""


class AllSeeing:
    """`charge_A` and `discharge_A`: what every layer of that plant allows now, given the current that flows."""

    def __init__(self, pack: Pack) -> None:
        cell = pack.cell
        self._map = Violations(pack)
        self._capacity_A = cell.capacity_mAh / 1000
        self._v_max_V, self._v_min_V = cell.v_max_mV[OPERATING] / 1000, cell.v_min_mV[OPERATING] / 1000
        self._charge_A = min(pack.charge_rating_dA / 10, cell.charge_max_mC / 1000 * self._capacity_A)
        self._discharge_A = pack.discharge_rating_dA / 10
        self._table_degC = np.array(cell.discharge_ddegC) / 10
        self._table_C = np.array(cell.discharge_cont_mC) / 1000
        self._low_soc = cell.discharge_low_soc_permille / 1000

    def charge_A(self, plant: Plant) -> float:
        """May flow into the pack."""
        by_map_A = float(self._map.map_A(plant.temp_K, plant.soc).min())
        return max(0.0, min(self._charge_A, by_map_A, self._by_voltage(plant, 1)))

    def discharge_A(self, plant: Plant) -> float:
        """May flow out of it."""
        table_C = np.interp(plant.temp_K - ZERO_K, self._table_degC, self._table_C)
        low = np.clip(plant.soc / self._low_soc, 0.0, 1.0)
        by_table_A = float((table_C * low).min()) * self._capacity_A
        return max(0.0, min(self._discharge_A, by_table_A, self._by_voltage(plant, -1)))

    def _by_voltage(self, plant: Plant, side: int) -> float:
        """Present current and what the room of the worst layer is worth."""
        room_V = self._v_max_V - plant.voltage_V if side > 0 else plant.voltage_V - self._v_min_V
        _, r0_ohm = plant.source()
        return side * plant.current_A + GAIN * float(room_V.min()) / (r0_ohm / plant.layers)
