"""Whether the energy of a run adds up: what came in is stored, or was given away.

in = stored + lost. In: through the terminals, from the heater, from faults that are no part of the cell. Stored: chemical
energy, heat of layers and loop. Lost: to coolant that is a reservoir, from the loop to ambient and chiller, or to bleeders.
Each is taken from where it can be seen and not from the equations that move the heat: power at the boundary is integrated here
by the trapezoid rule from temperatures and conductances, chemical energy by quadrature of the cell's tables; stored energy is
read from the state. What is in no account shows as `error_fraction`, of all that has crossed the boundary, whichever way. J,
W, K.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.actors.thermal import ThermalSystem
from hil.celltables import ENTROPY, OCV
from hil.plant import ZERO_K, Plant

Floats = NDArray[np.float64]

GRID = np.linspace(-0.25, 1.25, 15001)
LEAST_J = 1.0  # less than this has not crossed a boundary


class HeatLedger:
    """One run's accounts. `step` every tick, after plant and thermal system."""

    def __init__(self, plant: Plant, thermal: ThermalSystem) -> None:
        self._plant, self._thermal = plant, thermal
        tables, options = plant.tables, plant.options
        voltage_V = tables.at(OCV, GRID) - tables.reference_K * tables.at(ENTROPY, GRID)
        energy_V = np.concatenate([[0.0], np.cumsum((voltage_V[1:] + voltage_V[:-1]) / 2 * np.diff(GRID))])
        self._energy_V = energy_V - np.interp(0.0, GRID, energy_V)
        size = plant.pack.cell.capacity_mAh / 20000
        self._plate_W_K, self._edge_W_K = options.plate_W_K * size, options.coolant_W_K * size
        self._nominal_l_min = options.coolant_flow_l_min
        self.terminals_J = 0.0
        self.heater_J = 0.0
        self.cooler_J = 0.0
        self.bled_J = 0.0  # given to bleeders, which are not at the layers
        self.outside_J = 0.0  # to the reservoir, or from the loop to ambient
        self._crossed_J = 0.0
        self._elapsed_s = 0.0
        self._warmed = plant.warmings
        self._flux_W = self._outside_W()
        self._begin_J = self.stored_J()
        self._begin_fault_J = plant.fault_J

    def step(self, current_A: float, dt_s: float) -> None:
        """One tick's power at the boundary."""
        plant = self._plant
        if current_A:
            moved_J = plant.pack_V * current_A * dt_s
            self.terminals_J += moved_J
            self._crossed_J += abs(moved_J)
        heater_W, cooler_W = self._thermal.heater.power_W, self._thermal.cooler.power_W
        if heater_W or cooler_W:
            heater_J, cooler_J = heater_W * dt_s, cooler_W * dt_s
            self.heater_J += heater_J
            self.cooler_J += cooler_J
            self._crossed_J += heater_J + cooler_J
        self._elapsed_s += dt_s
        if plant.warmings != self._warmed:
            self._cross()

    def stored_J(self) -> float:
        """Chemical energy and heat in the state as it is, against SoC 0 and 0 degC."""
        plant = self._plant
        chemical_J = np.dot(np.interp(plant.soc, GRID, self._energy_V), plant.capacity_Ah) * 3600
        heat = plant.heat
        warm_J = float(np.sum(heat.node_K - ZERO_K)) * heat.heat_capacity_J_K
        thermal = self._thermal
        loop_J = thermal.loop_degC * thermal.loop_J_K if thermal.fitted else 0.0
        return float(chemical_J) + warm_J + loop_J

    def result(self) -> dict[str, Any]:
        """The accounts at the end of the run, rounded to mJ."""
        self._plant.settle()
        if self._thermal.fitted:
            self._thermal.step(True, 0.0)
        self._cross()
        fault_J = self._plant.fault_J - self._begin_fault_J
        in_J = self.terminals_J + self.heater_J + fault_J
        stored_J = self.stored_J() - self._begin_J
        lost_J = self.cooler_J + self.outside_J + self.bled_J
        crossed_J = self._crossed_J + abs(fault_J) + self.bled_J
        return {
            "in_J": round(in_J, 3),
            "stored_J": round(stored_J, 3),
            "lost_J": round(lost_J, 3),
            "error_fraction": round(abs(in_J - stored_J - lost_J) / max(crossed_J, LEAST_J), 6),
            "heater_J": round(self.heater_J, 3),
            "cooler_J": round(self.cooler_J, 3),
            "crossed_J": round(crossed_J, 3),
        }

    def _cross(self) -> None:
        """What has left since the last thermal step, by the mean of the powers at both ends of it."""
        now_W = self._outside_W()
        moved_J = (self._flux_W + now_W) / 2 * self._elapsed_s
        self.outside_J += moved_J
        self._crossed_J += abs(moved_J)
        self._flux_W = now_W
        self._elapsed_s = 0.0
        self._warmed = self._plant.warmings

    def _outside_W(self) -> float:
        thermal, plant = self._thermal, self._plant
        if thermal.fitted:
            return thermal.ambient_W_K * (thermal.loop_degC - thermal.ambient_degC)
        share = min(1.0, plant.coolant_flow_l_min / self._nominal_l_min)
        if share == 0.0:
            return 0.0
        node_K, coolant_K = plant.heat.node_K, plant.coolant_inlet_degC + ZERO_K
        plate_W_K, half_layer_W_K = self._plate_W_K * share, 2 * plant.heat.through_W_K
        plate_W_K *= half_layer_W_K / (plate_W_K + half_layer_W_K)  # one behind the other
        ends_K = node_K[:, 0] + node_K[:, -1] - 2 * coolant_K
        return float(plate_W_K * np.sum(ends_K) + self._edge_W_K * share * np.sum(node_K - coolant_K))
