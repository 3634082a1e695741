"""Whether a true hidden layer left its limits: episodes of one layer and one quantity.

As long as no fault was injected, a layer is in violation as soon as it is beyond the warning column of its
cell; afterwards when it stays beyond the fault column for longer than the budget of its fault row and 50 ms.
Charge current: beyond 1.05 times the pack's charge map at the layer's own temperature and SoC, after a
fault beyond the cell's trip factor. Less than 0.01 C counts as no current. How far apart the hottest and the coldest layer of a
stack are is a quantity of the stack, told by its first layer, with the limits of the pack's guards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bms.safety.faults import TABLE
from bms.schema import Pack, charge_map, layers_per_stack
from hil.plant import ZERO_K, Plant

Floats = NDArray[np.float64]
Row = tuple[str, int, tuple[int, int, int]]  # quantity, +1 above or -1 below, (info, warning, fault)

WARNING, FAULT = 1, 2
MAP_WARNING_permille = 1050
GRACE_ms = 50
RESTING_C = 0.01

GUARDS = {  # quantity: the fault row that guards it, whose budget the reaction has
    "voltage_max_mV": "layer_voltage_high",
    "voltage_min_mV": "layer_voltage_low",
    "charge_temperature_max_ddegC": "charge_hot",
    "charge_temperature_min_ddegC": "charge_cold",
    "discharge_temperature_max_ddegC": "discharge_hot",
    "discharge_temperature_min_ddegC": "discharge_cold",
    "stop_temperature_ddegC": "hot_stop",
    "charge_map_mA": "charge_current_high",
    "gradient_ddegC": "gradient_high",
}


@dataclass
class Episode:
    """`worst` and `limit` in mV, ddegC or mA, as the quantity says; end_ms None: it lasts."""

    layer: int
    quantity: str
    start_ms: int
    end_ms: int | None
    worst: float
    limit: float


class Violations:
    """Watches one plant; `episodes` in the order in which they counted, extremes over the whole run."""

    def __init__(self, pack: Pack) -> None:
        cell = pack.cell
        self.episodes: list[Episode] = []
        self.v_max_mV = -np.inf
        self.v_min_mV = np.inf
        self.t_max_ddegC = -np.inf
        self.t_min_ddegC = np.inf
        self.gradient_ddegC = 0.0
        budgets = {row.name: row.budget_ms for row in TABLE}
        self._allowed_ms = {quantity: budgets[row] + GRACE_ms for quantity, row in GUARDS.items()}
        self._capacity_A = cell.capacity_mAh / 1000
        self._resting_A = RESTING_C * self._capacity_A
        # charge and discharge rows count in their direction of current only
        self._voltage = (("voltage_max_mV", 1, cell.v_max_mV), ("voltage_min_mV", -1, cell.v_min_mV))
        self._gradient_ddegC = pack.guards.gradient_ddegC
        self._along = layers_per_stack(pack)
        self._apart = 0.0  # ddegC, largest of all stacks
        self._any: tuple[Row, ...] = (("stop_temperature_ddegC", 1, cell.t_stop_ddegC),)
        self._charging = (
            ("charge_temperature_max_ddegC", 1, cell.t_charge_max_ddegC),
            ("charge_temperature_min_ddegC", -1, cell.t_charge_min_ddegC),
        )
        self._discharging = (
            ("discharge_temperature_max_ddegC", 1, cell.t_discharge_max_ddegC),
            ("discharge_temperature_min_ddegC", -1, cell.t_discharge_min_ddegC),
        )
        self._factors = (0, MAP_WARNING_permille / 1000, cell.charge_trip_permille / 1000)
        self._ceiling_A = cell.charge_max_mC / 1000 * self._capacity_A
        self._map_K = np.array(cell.map_ddegC) / 10 + ZERO_K
        self._map_soc = np.array(cell.map_soc_permille) / 1000
        self._map_A = np.array(charge_map(pack), dtype=float) / 1000 * self._capacity_A
        self._smallest_A = 0.0  # of any layer's map
        self._warmed = -1
        self._mapped = -1
        self._open: dict[tuple[int, str], Episode] = {}
        self._counted: set[tuple[int, str]] = set()

    def step(self, plant: Plant, current_A: float, now_ms: int, fault_injected: bool) -> None:
        """Once a tick, after the plant's."""
        v_max_mV = float(np.maximum.reduce(plant.voltage_V)) * 1000
        v_min_mV = float(np.minimum.reduce(plant.voltage_V)) * 1000
        if v_max_mV > self.v_max_mV:
            self.v_max_mV = v_max_mV
        if v_min_mV < self.v_min_mV:
            self.v_min_mV = v_min_mV
        if plant.warmings != self._warmed:
            self._warmed = plant.warmings
            self._hot = (float(np.maximum.reduce(plant.temp_K)) - ZERO_K) * 10
            self._cold = (float(np.minimum.reduce(plant.temp_K)) - ZERO_K) * 10
            self.t_max_ddegC = max(self.t_max_ddegC, self._hot)
            self.t_min_ddegC = min(self.t_min_ddegC, self._cold)
            self._apart = float(np.maximum.reduce(self._apart_ddegC(plant)))
            self.gradient_ddegC = max(self.gradient_ddegC, self._apart)
        beyond = v_max_mV > self._voltage[0][2][WARNING] or v_min_mV < self._voltage[1][2][WARNING]
        beyond = beyond or self._apart > self._gradient_ddegC[WARNING]
        rows = self._any
        if current_A > self._resting_A:
            rows = self._any + self._charging
            if self._mapped != self._warmed:
                self._mapped = self._warmed
                self._smallest_A = float(np.minimum.reduce(self.map_A(plant.temp_K, plant.soc)))
            beyond = beyond or current_A > self._factors[WARNING] * self._smallest_A
        elif current_A < -self._resting_A:
            rows = self._any + self._discharging
        for _, side, limits in rows:
            beyond = beyond or (self._hot > limits[WARNING] if side > 0 else self._cold < limits[WARNING])
        if beyond or self._open:
            self._judge(plant, current_A, now_ms, fault_injected, rows)

    def _apart_ddegC(self, plant: Plant) -> Floats:
        """Of each stack."""
        stacks_K = plant.temp_K.reshape(-1, self._along)
        apart: Floats = 10 * (np.maximum.reduce(stacks_K, 1) - np.minimum.reduce(stacks_K, 1))
        return apart

    def map_A(self, temp_K: Floats, soc: Floats) -> Floats:
        """The pack's charge map, bilinear, at each layer: 0 below its coldest and above its hottest row."""
        rows_K, columns = self._map_K, self._map_soc
        t = np.minimum(np.maximum(temp_K, rows_K[0]), rows_K[-1])
        s = np.minimum(np.maximum(soc, columns[0]), columns[-1])
        i = np.minimum(np.searchsorted(rows_K, t, "right") - 1, len(rows_K) - 2)
        k = np.minimum(np.searchsorted(columns, s, "right") - 1, len(columns) - 2)
        ft = (t - rows_K[i]) / (rows_K[i + 1] - rows_K[i])
        fs = (s - columns[k]) / (columns[k + 1] - columns[k])
        low = self._map_A[i, k] * (1 - fs) + self._map_A[i, k + 1] * fs
        high = self._map_A[i + 1, k] * (1 - fs) + self._map_A[i + 1, k + 1] * fs
        inside: Floats = np.where(t == temp_K, low * (1 - ft) + high * ft, 0.0)
        return inside

    def _judge(
        self,
        plant: Plant,
        current_A: float,
        now_ms: int,
        fault_injected: bool,
        rows: tuple[Row, ...],
    ) -> None:
        """Every layer against every limit; opens, worsens and closes episodes."""
        column = FAULT if fault_injected else WARNING
        still: set[tuple[int, str]] = set()
        temp_ddegC = (plant.temp_K - ZERO_K) * 10
        checks: list[tuple[str, int, Floats, Floats]] = []
        for quantity, side, limits in self._voltage:
            checks.append((quantity, side, plant.voltage_V * 1000, np.full(plant.layers, float(limits[column]))))
        for quantity, side, limits in rows:
            checks.append((quantity, side, temp_ddegC, np.full(plant.layers, float(limits[column]))))
        if current_A > self._resting_A:
            limit_A = self.map_A(plant.temp_K, plant.soc) * self._factors[column]
            if fault_injected:
                limit_A = np.minimum(limit_A, self._ceiling_A)
            checks.append(("charge_map_mA", 1, np.full(plant.layers, current_A * 1000), limit_A * 1000))
        apart = np.zeros(plant.layers)
        apart[:: self._along] = self._apart_ddegC(plant)
        checks.append(("gradient_ddegC", 1, apart, np.full(plant.layers, float(self._gradient_ddegC[column]))))
        for quantity, side, value, limit in checks:
            for layer in np.flatnonzero(side * (value - limit) > 0).tolist():
                still.add((layer, quantity))
                self._note((layer, quantity), side, float(value[layer]), float(limit[layer]), now_ms)
        for key in [key for key in self._open if key not in still]:
            self._open.pop(key).end_ms = now_ms
            self._counted.discard(key)
        for key, episode in self._open.items():
            late = not fault_injected or now_ms - episode.start_ms > self._allowed_ms[episode.quantity]
            if late and key not in self._counted:
                self._counted.add(key)
                self.episodes.append(episode)

    def _note(self, key: tuple[int, str], side: int, value: float, limit: float, now_ms: int) -> None:
        episode = self._open.get(key)
        if episode is None:
            self._open[key] = Episode(key[0], key[1], now_ms, None, value, limit)
        elif side * (value - limit) > side * (episode.worst - episode.limit):
            episode.worst, episode.limit = value, limit
