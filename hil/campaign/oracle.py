"""Whether a trip was due: what the worst layer may be, from true sensor values, declared errors and the declared spread alone.

Independent of the firmware: numpy floats over the whole record of a run, the cell's own equations (Arrhenius factors from the
activation energies, the OCV's branches), nothing of bms/safety but the pack's record. What is consistent: every channel may
be wrong by offset, gain, one step and four sigma of noise; layers differ by the declared spread, one at one end of it and its
sisters at the other; inside a stack temperatures differ by the declared bound; before the controller woke a current of
wake_memory_dA may have flowed; where the pack stands is what its voltage and the charge since allow.

V, A, degC, s; arrays over ticks. `due(row)` is for each tick how far beyond the row's limit a layer may be (V, degC, A; above
0: the trip is due), None for rows that no consistent layer can call: those are due only to what was injected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack, Sensor, charge_map, layer_count, layers_per_stack

Floats = NDArray[np.float64]

TICK_s = 0.01
FAULT = 2
GAS_J_molK = 8.314462618
ZERO_K = 273.15
RESTING_C = 0.01
PULSE_SCALE = 1000.0


@dataclass(frozen=True)
class Record:
    """What the sensors would say without error: a row a tick, a column a group, a stack, a probe."""

    current_A: Floats
    group_V: Floats
    stack_V: Floats
    pack_V: Floats
    probe_degC: Floats


def error(sensor: Sensor, value: Floats | float) -> Floats | float:
    """Largest error of a sensor at a value, in its unit."""
    fixed = (sensor.offset_u + sensor.lsb_u + 4 * sensor.noise_u) * 1e-6
    return fixed + np.abs(value) * sensor.gain_ppm * 1e-6


class Oracle:
    """What is consistent with one record."""

    def __init__(self, pack: Pack, record: Record) -> None:
        self.pack, self.record = pack, record
        cell = pack.cell
        self._z = np.linspace(0.0, 1.0, len(cell.ocv_mV))
        self._ocv_V = np.array(cell.ocv_mV) / 1000
        self._hyst_V = np.array(cell.hyst_mV) / 1000
        self._r_ohm = np.array([cell.r0_uohm, cell.r1_uohm, cell.r2_uohm]) * 1e-6
        self._capacity_As = cell.capacity_mAh * 3.6
        self._layers = np.array(list(pack.taps) * pack.stacks, dtype=float)
        self._spread_T_K = pack.spread_t_ddegC / 10

    def due(self, row: str) -> Floats | None:
        """How far beyond the limit of that row a consistent layer may be, tick by tick."""
        rule = DUE.get(row)
        return None if rule is None else rule(self)

    @cached_property
    def hot_degC(self) -> Floats:
        """No layer is hotter: warmest probe, its error, the bound inside a stack, and the core above its skin."""
        probes, sensor = self.record.probe_degC, self.pack.probe_sensor
        warmest: Floats = probes.max(axis=1) + error(sensor, probes.max(axis=1)) + self._spread_T_K
        current_A = np.abs(self.record.current_A)
        heat_W = current_A**2 * self._r_ohm.max(axis=1).sum() + current_A * self._hyst_V.max()
        hottest: Floats = warmest + heat_W * self.pack.guards.core_mK_W / 1000
        return hottest

    @cached_property
    def cold_degC(self) -> Floats:
        """No layer is colder."""
        probes = self.record.probe_degC.min(axis=1)
        coldest: Floats = probes - error(self.pack.probe_sensor, probes) - self._spread_T_K
        return coldest

    @cached_property
    def remembered_A(self) -> Floats:
        """|I| as the two RC pairs may remember it, shape (2, ticks): rises with their shortest, falls with their longest."""
        cell, current_A = self.pack.cell, np.abs(self.record.current_A)
        out = np.empty((2, len(current_A)))
        for j, taus_ms in enumerate((cell.tau1_ms, cell.tau2_ms)):
            up, down = (1 - np.exp(-TICK_s * 1000 / tau_ms) for tau_ms in (min(taus_ms), max(taus_ms)))
            memory_A = self.pack.wake_memory_dA / 10
            for n, now_A in enumerate(current_A.tolist()):
                memory_A += (now_A - memory_A) * (up if now_A > memory_A else down)
                out[j, n] = memory_A
        return out

    @cached_property
    def factors(self) -> tuple[Floats, Floats]:
        """Of R0, R1, R2 at the coldest layer, and by how much of it each falls across the bound inside a stack: (3, ticks)."""
        cold_K = self.cold_degC + ZERO_K
        reference_K = self.pack.cell.t_ref_ddegC / 10 + ZERO_K
        energy = np.array(self.pack.cell.ea_J_mol, dtype=float).reshape(3, 1) / GAS_J_molK
        at_cold = np.exp(energy * (1 / cold_K - 1 / reference_K))
        beside = np.exp(energy * (1 / (cold_K + self._spread_T_K) - 1 / reference_K))
        return at_cold, 1 - beside / at_cold

    @cached_property
    def flowing_A(self) -> Floats:
        """|I| through R0, R1 and R2, with what the current sensor may err: (3, ticks)."""
        now_A = np.abs(self.record.current_A)
        flowing = np.vstack([now_A, self.remembered_A])
        return flowing + error(self.pack.current_a_sensor, now_A)

    @cached_property
    def soc(self) -> tuple[Floats, Floats]:
        """Window of the mean layer: the inverse of both branches, as the charge since then carries it on."""
        record, cell, pack = self.record, self.pack.cell, self.pack
        mean_V = record.group_V.sum(axis=1) / self._layers.sum()
        group_V = record.group_V.max(axis=1)
        wrong_V = error(pack.group_sensor, group_V) / self._layers.min() + cell.relax_mV / 1000
        widest_ohm = self._r_ohm.max(axis=1).reshape(3, 1) * self.factors[0] * (1 + pack.spread_r_permille / 1000)
        far_K = np.maximum(np.abs(self.hot_degC - 25), np.abs(self.cold_degC - 25))
        wrong_V += far_K * np.abs(cell.entropy_uV_K).max() * 1e-6 + (widest_ohm * self.flowing_A).sum(axis=0)
        wide_V = self._hyst_V * (1 + pack.spread_hyst_permille / 1000)
        low = np.interp(mean_V - wrong_V, self._ocv_V + wide_V, self._z)
        high = np.interp(mean_V + wrong_V, self._ocv_V - wide_V, self._z)
        share = 1 + pack.spread_capacity_permille / 1000
        moved = np.cumsum(record.current_A) * TICK_s / self._capacity_As
        doubt = np.cumsum(error(pack.current_a_sensor, record.current_A)) * TICK_s / self._capacity_As * share
        doubt += np.cumsum(np.abs(record.current_A)) * TICK_s / self._capacity_As * (share - 1)
        low = np.maximum.accumulate(low - moved + doubt) + moved - doubt
        high = np.minimum.accumulate(high - moved - doubt) + moved + doubt
        return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)

    @cached_property
    def spread_soc(self) -> Floats:
        """How far a layer's SoC may be from the mean."""
        low, high = self.soc
        match = self.pack.soc_match_permille / 1000
        far = np.maximum(np.abs(low - match), np.abs(high - match))
        return self.pack.spread_soc_permille / 1000 + far * self.pack.spread_capacity_permille / 1000

    @cached_property
    def layer_soc(self) -> tuple[Floats, Floats]:
        """Window of every layer."""
        low, high = self.soc
        return low - self.spread_soc, high + self.spread_soc

    @cached_property
    def layers_V(self) -> tuple[Floats, Floats]:
        """Lowest and highest voltage that a layer may have."""
        pack, record, n = self.pack, self.record, self._layers
        twice = 2 * (n - 1) / n
        low, high = self.layer_soc
        slope_V = np.diff(self._ocv_V) + np.abs(np.diff(self._hyst_V))
        steepest = _most(slope_V, self._z[:-1], self._z[1:], low, high) * (len(self._z) - 1)
        hyst = _most(self._hyst_V, self._z, self._z, low - self._z[1], high + self._z[1])
        share = (pack.spread_hyst_permille + pack.spread_capacity_permille) / 1000
        apart = twice[:, None] * (self.spread_soc * steepest + share * hyst)
        at_cold, falls = self.factors
        bound = pack.spread_r_permille / 1000
        for j in range(3):
            r_ohm = _most(self._r_ohm[j], self._z, self._z, low - self._z[1], high + self._z[1]) * at_cold[j] * (1 + bound)
            beside = twice[:, None] * bound + np.where(n > 1, 1.0, 0.0)[:, None] * falls[j]
            apart += beside * r_ohm * self.flowing_A[j]
        mean_V, wrong_V = record.group_V.T / n[:, None], error(pack.group_sensor, record.group_V.T) / n[:, None]
        return (mean_V - wrong_V - apart).min(axis=0), (mean_V + wrong_V + apart).max(axis=0)

    def charge_beyond_A(self) -> Floats:
        """Charge current against what trips at the most sensitive consistent layer."""
        cell, pack = self.pack.cell, self.pack
        rows = np.array(charge_map(pack), dtype=float) / 1000
        low, high = self.layer_soc
        least = np.full(len(low), np.inf)
        knots_T, knots_z = np.array(cell.map_ddegC) / 10, np.array(cell.map_soc_permille) / 1000
        for part_T in np.linspace(0.0, 1.0, 9):
            at_T = self.cold_degC + (self.hot_degC - self.cold_degC) * part_T
            for part_z in np.linspace(0.0, 1.0, 17):
                least = np.minimum(least, _bilinear(rows, knots_T, knots_z, at_T, low + (high - low) * part_z))
        line_C = np.minimum(least * cell.charge_trip_permille / 1000, cell.charge_max_mC / 1000)
        now_A = self.record.current_A
        beyond_A: Floats = now_A + error(pack.current_a_sensor, now_A) - line_C * cell.capacity_mAh / 1000
        return beyond_A

    def discharge_beyond_A(self) -> Floats:
        """Discharge current against the trip line at the coldest and the hottest consistent layer."""
        cell = self.pack.cell
        knots, pulse = np.array(cell.discharge_ddegC) / 10, np.array(cell.discharge_pulse_mC, dtype=float)
        share = np.minimum(np.interp(self.cold_degC, knots, pulse), np.interp(self.hot_degC, knots, pulse)) / pulse.max()
        now_A = -self.record.current_A
        line_A = share * cell.discharge_trip_mC / PULSE_SCALE * cell.capacity_mAh / 1000
        beyond_A: Floats = now_A + error(self.pack.current_a_sensor, now_A) - line_A
        return beyond_A

    def mean_beyond_V(self, stacks: bool, side: int) -> Floats:
        """The mean layer of a stack or of the pack against the fault limit, by that sensor."""
        pack, cell = self.pack, self.pack.cell
        sensor, layers = (pack.stack_sensor, layers_per_stack(pack)) if stacks else (pack.pack_sensor, layer_count(pack))
        value = self.record.stack_V if stacks else self.record.pack_V[:, None]
        limit_V = (cell.v_max_mV if side > 0 else cell.v_min_mV)[FAULT] / 1000
        beyond_V: Floats = (side * (value / layers - limit_V) + error(sensor, value) / layers).max(axis=1)
        return beyond_V

    def temperature_beyond_K(self, field: str, side: int, direction: int) -> Floats:
        """The hottest or coldest consistent layer against a limit, while current flows in that direction (0: always)."""
        limits: tuple[int, ...] = getattr(self.pack.cell, field)
        beyond = self.hot_degC - limits[FAULT] / 10 if side > 0 else limits[FAULT] / 10 - self.cold_degC
        if not direction:
            return beyond
        least_A = RESTING_C * self.pack.cell.capacity_mAh / 1000
        flows = direction * self.record.current_A + error(self.pack.current_a_sensor, 0.0) > least_A
        return np.where(flows, beyond, -np.inf)


def _most(values: Floats, begins: Floats, ends: Floats, low: Floats, high: Floats) -> Floats:
    """The largest of the values whose stretch [begin, end] meets the window, tick by tick."""
    low, high = np.clip(low, 0.0, 1.0 - 1e-9)[:, None], np.clip(high, 1e-9, 1.0)[:, None]
    meets = (ends >= low) & (begins <= high)
    most: Floats = np.where(meets, values, -np.inf).max(axis=1)
    return most


def _bilinear(rows: Floats, knots_y: Floats, knots_x: Floats, y: Floats, x: Floats) -> Floats:
    """A map inside its rows; 0 beyond the first and the last of them."""
    inside = (y >= knots_y[0]) & (y <= knots_y[-1])
    y, x = np.clip(y, knots_y[0], knots_y[-1]), np.clip(x, knots_x[0], knots_x[-1])
    i = np.clip(np.searchsorted(knots_y, y, "right") - 1, 0, len(knots_y) - 2)
    k = np.clip(np.searchsorted(knots_x, x, "right") - 1, 0, len(knots_x) - 2)
    fy = (y - knots_y[i]) / (knots_y[i + 1] - knots_y[i])
    fx = (x - knots_x[k]) / (knots_x[k + 1] - knots_x[k])
    near = rows[i, k] * (1 - fx) + rows[i, k + 1] * fx
    far = rows[i + 1, k] * (1 - fx) + rows[i + 1, k + 1] * fx
    return np.where(inside, near * (1 - fy) + far * fy, 0.0)


def _limit_V(oracle: Oracle, field: str) -> float:
    limits = getattr(oracle.pack.cell, field)
    return (limits if isinstance(limits, int) else limits[FAULT]) / 1000


DUE: dict[str, Callable[[Oracle], Floats]] = {
    "layer_voltage_high": lambda o: o.layers_V[1] - _limit_V(o, "v_max_mV"),
    "layer_voltage_low": lambda o: _limit_V(o, "v_min_mV") - o.layers_V[0],
    "layer_voltage_deep": lambda o: _limit_V(o, "v_deep_mV") - o.layers_V[0],
    "stack_voltage_high": lambda o: o.mean_beyond_V(True, 1),
    "stack_voltage_low": lambda o: o.mean_beyond_V(True, -1),
    "pack_voltage_high": lambda o: o.mean_beyond_V(False, 1),
    "pack_voltage_low": lambda o: o.mean_beyond_V(False, -1),
    "charge_hot": lambda o: o.temperature_beyond_K("t_charge_max_ddegC", 1, 1),
    "charge_cold": lambda o: o.temperature_beyond_K("t_charge_min_ddegC", -1, 1),
    "discharge_hot": lambda o: o.temperature_beyond_K("t_discharge_max_ddegC", 1, -1),
    "discharge_cold": lambda o: o.temperature_beyond_K("t_discharge_min_ddegC", -1, -1),
    "hot_stop": lambda o: o.temperature_beyond_K("t_stop_ddegC", 1, 0),
    "charge_current_high": lambda o: o.charge_beyond_A(),
    "discharge_current_high": lambda o: o.discharge_beyond_A(),
}
"""Trip rows that a consistent layer can call, and how far beyond it may be."""
