"""The simulated pack: every hidden layer of every stack, electrically each tick, thermally each 100 ms.

Per layer: V = OCV(SoC) + dU/dT (T - T_ref) + h M(SoC) + I R0 + v1 + v2 [+ slow relaxing part]; two RC pairs
and the hysteresis state h in their exact exponential form; R over temperature by Arrhenius; heat I (h M + I
R0 + v1 + v2) + I T dU/dT; conduction along the stack and coolant in hil.heat. Positive current charges. SI
units, temperatures in K.

Tables, Arrhenius factors and temperatures are held for 100 ms or 0.05 % of charge, whichever ends first;
the OCV runs on its local line meanwhile, so it is exact except when a knot is crossed: then 0.3 mV at most,
until the next refresh. Resistances lag by less than 0.4 %. SoC may leave 0 ... 1.
"""

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack, group_count, layer_count, layers_per_stack
from hil import celltables, spread
from hil.celltables import CellTables
from hil.heat import COOLANT_J_lK, Heat, probe_places
from hil.layerfaults import LayerFaults
from hil.options import PlantOptions

__all__ = ["Plant", "PlantOptions"]

Floats = NDArray[np.float64]

GAS_J_molK = celltables.GAS_J_molK
ZERO_K = 273.15
REFRESH_s = 0.1
REFRESH_soc = 0.0005


class Plant:
    """The pack's layers; arrays of shape (layers,) unless said. Read them, do not write them."""

    def __init__(self, pack: Pack, options: PlantOptions) -> None:
        self.pack = pack
        self.options = options
        self.layers, self.groups, self.stacks = layer_count(pack), group_count(pack), pack.stacks
        generator = np.random.Generator(np.random.PCG64([options.seed, 1]))
        self.spread = spread.draw(pack, options.spread, generator)
        h = float(generator.uniform(-1, 1)) if options.hysteresis is None else options.hysteresis
        self.tables = CellTables(pack.cell)
        self.faults = LayerFaults(self.layers)
        n, cell = self.layers, pack.cell

        nominal_Ah = cell.capacity_mAh / 1000
        self.capacity_Ah = nominal_Ah * self.spread.capacity_scale
        self.soc = spread.matched_soc(pack, self.spread, self.capacity_Ah, options.soc)
        self._over = np.zeros((5 if options.relax else 4, n))  # I R0, v1, v2, h M [, relaxing]
        self.v1_V, self.v2_V = self._over[1], self._over[2]
        self._branch = np.full((2 if options.relax else 1, n), h)  # h [, state of the relaxing part]
        self._branch[1:] = 0.0
        self.h = self._branch[0]
        self.hyst_scale = self.spread.hyst_scale
        self.r_scale = np.array([self.spread.r0_scale, self.spread.r1_scale, self.spread.r2_scale])
        self.self_discharge_A = np.zeros(n)  # over the last thermal step
        self.voltage_V, self.group_V, self.stack_V = np.zeros(n), np.zeros(self.groups), np.zeros(self.stacks)
        self.pack_V = 0.0
        self.current_A = 0.0
        self.energy_in_J = 0.0  # through the terminals since the beginning
        self.fault_J = 0.0  # put in by faults that are no part of the cell: heat, charge and capacity from nowhere
        self.layer_heat_W = np.zeros(n)  # over the last thermal step
        self.warmings = 0  # thermal steps done

        self.coolant_inlet_degC = options.temperature_degC if options.coolant_degC is None else options.coolant_degC
        self.coolant_flow_l_min = options.coolant_flow_l_min
        size = nominal_Ah / 20
        self.heat = Heat(
            self.stacks,
            layers_per_stack(pack),
            nominal_Ah,
            float(cell.heat_capacity_J_K),
            options.plate_W_K * size,
            options.coolant_W_K * size,
            options.temperature_degC + ZERO_K,
        )
        self.temp_K = self.heat.node_K.ravel() + self.spread.site_K
        self.probe_layer = np.array(probe_places(pack), dtype=np.intp)
        self._build_work()
        self._dt_s = 0.01
        self._soc_mark = self.soc.copy()
        self._hold()
        self._faults_changed()
        self.step(0.0, 0.0)
        self._dt_s = 0.01
        self._hold()

    def step(self, current_A: float, dt_s: float) -> None:
        """Lets current_A (positive charges) flow for dt_s; voltages are those at its end, at that current."""
        if dt_s != self._dt_s:
            self._warm()
            self._dt_s = dt_s
            self._hold()
        over, branch, own_A, moved, work = self._over, self._branch, self._own_A, self._moved, self._work
        rc = over[:3]
        np.multiply(rc, self._decay, rc)
        flows = current_A != 0.0 or self._shorted
        if flows:
            if self._shorted:
                np.subtract(self.voltage_V, self._drop_V, own_A)
                np.multiply(own_A, self._short_S, own_A)
                np.subtract(current_A - self._bleed_A, own_A, own_A)
                np.multiply(own_A, self._share, own_A)
                sign = np.sign(own_A, self._sign)
            else:
                own_A.fill(current_A)
                sign = self._plus if current_A > 0 else self._minus
            np.multiply(own_A, self._soc_per_A, moved)
            np.add(self.soc, moved, self.soc)
            np.abs(moved, work)
            np.multiply(self._minus_gamma, work, self._turn)
            np.exp(self._turn, self._turn)
            np.subtract(branch, sign, branch)
            np.multiply(branch, self._turn, branch)
            np.add(branch, sign, branch)
            np.multiply(self._gain_ohm, own_A, self._rise)
            np.add(rc, self._rise, rc)
        emf_ohm = self._r0_ohm
        self._elapsed_s += dt_s
        self._moved_As += (abs(current_A) + self._short_A) * dt_s
        if self._elapsed_s >= self._refresh_s or self._moved_As >= self._refresh_As:
            if self._elapsed_s >= self._refresh_s:
                self._warm()
            self._hold()
        lines = self._now
        np.multiply(self._slopes, self.soc, lines)
        np.add(lines, self._intercepts, lines)
        np.multiply(branch[0], lines[1], over[3])
        if len(branch) > 1:
            np.multiply(branch[1], self._relax_V, over[4])
        np.add.reduce(over, 0, out=work)
        voltage_V = self.voltage_V
        np.add(lines[0], work, voltage_V)
        if flows:
            np.multiply(work, moved, work)
            np.add(self._lost, work, self._lost)
            if self._shorted:
                np.copyto(self._drop_V, over[0])
                np.multiply(voltage_V, voltage_V, work)
                np.multiply(work, self._short_S, work)
                np.multiply(work, dt_s, work)
                np.add(self._extra_J, work, self._extra_J)
        np.add.reduceat(voltage_V, self._group_starts, out=self.group_V)
        np.add.reduceat(self.group_V, self._stack_starts, out=self.stack_V)
        self.pack_V = pack_V = float(np.add.reduce(self.stack_V))
        self.current_A = current_A
        self._emf_V = pack_V - emf_ohm * current_A
        self.energy_in_J += pack_V * current_A * dt_s

    def source(self) -> tuple[float, float]:
        """(emf_V, r0_ohm): the pack's voltage is emf_V + r0_ohm * current_A as the next step begins."""
        return self._emf_V, self._r0_ohm

    @property
    def ocv_V(self) -> Floats:
        """Open-circuit voltage of each layer on its present branch."""
        at_rest: Floats = self._now[0] + self._over[3]
        return at_rest

    @property
    def soc_mean(self) -> float:
        """Mean of the hidden layers by Ah."""
        return float(np.dot(self.soc, self.capacity_Ah) / np.add.reduce(self.capacity_Ah))

    @property
    def heat_W(self) -> float:
        """Of all layers over the last thermal step."""
        return float(np.add.reduce(self.layer_heat_W))

    @property
    def probe_K(self) -> Floats:
        """True temperature where each probe sits, shape (probes,)."""
        there: Floats = self.heat.node_K.ravel()[self.probe_layer] + self.spread.probe_site_K
        return there

    @property
    def coolant_outlet_degC(self) -> float:
        """Inlet plus what the flow carries away; the inlet when nothing flows."""
        flow_W_K = self.coolant_flow_l_min / 60 * COOLANT_J_lK
        return self.coolant_inlet_degC + (self.heat.coolant_W / flow_W_K if flow_W_K > 0 else 0.0)

    def stored_J(self) -> float:
        """Chemical energy and heat in all layers, against SoC 0 and 0 degC."""
        chemical = np.dot(self.tables.enthalpy_V(self.soc), self.capacity_Ah) * 3600
        warm = np.add.reduce(self.heat.node_K, axis=None) - ZERO_K * self.layers
        return float(chemical + warm * self.heat.heat_capacity_J_K)

    def set_coolant(self, inlet_degC: float, flow_l_min: float) -> None:
        """Inlet and flow from now on; what the coolant takes falls in proportion below the nominal flow."""
        if flow_l_min < 0:
            raise ValueError(f"coolant flow {flow_l_min} l/min: negative")
        self._warm()
        self.coolant_inlet_degC = inlet_degC
        self.coolant_flow_l_min = flow_l_min
        self.heat.couple(min(1.0, flow_l_min / self.options.coolant_flow_l_min))

    def set_layer_fault(self, layer: int, kind: str, severity: float) -> None:
        """Breaks one layer, or changes how badly. ValueError for what there is not: see hil.layerfaults."""
        self.faults.set(layer, kind, severity)
        self._faults_changed(layer if kind == "reversal" else None, severity)

    def bleed(self, layer_A: Floats) -> None:
        """What bleeders take out of each layer from now on, shape (layers,)."""
        self._bleed_A = layer_A
        self._faults_changed()

    def clear_layer_fault(self, layer: int, kind: str | None = None) -> None:
        """Takes one fault, or all, off a layer; charge that was lost stays lost."""
        self.faults.clear(layer, kind)
        self._faults_changed()

    def _build_work(self) -> None:
        n, cell, taps = self.layers, self.pack.cell, self.pack.taps
        self._group_starts = np.cumsum([0, *list(taps) * self.stacks])[:-1]
        self._stack_starts = np.arange(self.stacks) * len(taps)
        gammas = [cell.hyst_gamma_permille / 1000, cell.relax_gamma_permille / 1000]
        self._minus_gamma = -np.repeat(gammas[: len(self._branch)], n).reshape(-1, n)
        self._relax_V = cell.relax_mV / 1000
        self._relax_tau_s = float(cell.relax_tau_s)
        self._minus_ea_K = np.array(cell.ea_J_mol).reshape(3, 1) / GAS_J_molK
        self._turn = np.zeros_like(self._branch)
        self._own_A, self._moved, self._work, self._sign, self._bleed_A = (np.zeros(n) for _ in range(5))
        self._soc_per_A = np.zeros(n)
        self._plus, self._minus = np.ones(n), -np.ones(n)
        self._decay, self._gain_ohm, self._rise = (np.zeros((3, n)) for _ in range(3))
        self._segment = np.zeros(n, dtype=np.intp)
        self._lines = np.zeros((2 * celltables.ROWS, n))
        self._slopes = self._lines[:2]
        self._intercepts = self._lines[celltables.ROWS : celltables.ROWS + 2]
        self._now = np.zeros((2, n))  # OCV at this temperature, M
        self._held = np.zeros((6, n))  # dU/dT, R0, R1, R2, tau1, tau2
        self._lost = np.zeros(n)  # overvoltage times SoC moved, since the last thermal step
        self._extra_J = np.zeros(n)
        self._drop_V = np.zeros(n)  # I R0 of the last step, where a layer is shorted
        self._short_S, self._share = np.zeros(n), np.ones(n)
        self._elapsed_s = self._moved_As = self._emf_V = self._short_A = 0.0
        self._r0_ohm: float = 0.0
        self._shorted: bool = False
        self._refresh_s: float = REFRESH_s - 1e-4
        self._refresh_As: float = REFRESH_soc * cell.capacity_mAh * 3.6

    def settle(self) -> None:
        """Lets what has flowed since the last thermal step warm the layers now."""
        self._warm()

    def _faults_changed(self, reversed_layer: int | None = None, soc: float = 0.0) -> None:
        """Takes the layers' faults into the arrays of the step; one layer may find itself at another SoC."""
        self._warm()
        before_J = self.stored_J()
        if reversed_layer is not None:
            self.soc[reversed_layer] = self._soc_mark[reversed_layer] = soc
        faults, spread_ = self.faults, self.spread
        nominal_Ah = self.pack.cell.capacity_mAh / 1000
        self.capacity_Ah = nominal_Ah * spread_.capacity_scale * faults.capacity_scale
        self.r_scale = np.array([spread_.r0_scale, spread_.r1_scale, spread_.r2_scale]) * faults.r_scale
        self._short_S = faults.short_S
        self._shorted = bool(self._short_S.any() or self._bleed_A.any())
        self._drop_V = self._over[0].copy()
        self._short_A = 5.0 * float(self._short_S.max())
        self.fault_J += self.stored_J() - before_J
        self._hold()

    def _hold(self) -> None:
        """Lines, resistances and decay factors at the present SoC, temperature and step length."""
        work, held = self._work, self._held
        self.tables.segments(self.soc, work, self._segment)
        self.tables.lines.take(self._segment, 1, self._lines, "clip")
        rows = celltables.ROWS
        np.multiply(self._lines[2:rows], self.soc, held)
        np.add(held, self._lines[rows + 2 :], held)
        np.subtract(self.temp_K, self.tables.reference_K, work)
        np.multiply(work, held[0], work)
        np.add(self._intercepts[0], work, self._intercepts[0])
        np.multiply(self._slopes[1], self.hyst_scale, self._slopes[1])
        np.multiply(self._intercepts[1], self.hyst_scale, self._intercepts[1])
        np.divide(1.0, self.temp_K, work)
        np.subtract(work, 1 / self.tables.reference_K, work)
        gain_ohm, decay = self._gain_ohm, self._decay
        np.multiply(self._minus_ea_K, work, gain_ohm)
        np.exp(gain_ohm, gain_ohm)
        np.multiply(gain_ohm, held[1:4], gain_ohm)
        np.multiply(gain_ohm, self.r_scale, gain_ohm)
        if self._shorted:
            np.divide(1.0, 1 + gain_ohm[0] * self._short_S, self._share)
            self._r0_ohm = float(np.dot(gain_ohm[0], self._share))
        else:
            self._r0_ohm = float(np.add.reduce(gain_ohm[0]))
        np.divide(-self._dt_s, held[4:], decay[1:])
        np.exp(decay[1:], decay[1:])
        np.subtract(1.0, decay[1:], self._rise[1:])
        np.multiply(gain_ohm[1:], self._rise[1:], gain_ohm[1:])
        np.divide(self._dt_s / 3600, self.capacity_Ah, self._soc_per_A)
        self._moved_As = 0.0

    def _warm(self) -> None:
        """One thermal step over what has passed since the last; self-discharge and slow relaxing go along."""
        elapsed_s = round(self._elapsed_s, 9)
        if elapsed_s <= 0:
            return
        work, lost = self._work, self._lost
        capacity_As = self.capacity_Ah * 3600
        # reversible heat, then what self-discharge frees
        np.subtract(self.soc, self._soc_mark, work)
        np.multiply(work, self.temp_K, work)
        np.multiply(work, self._held[0], work)
        np.add(lost, work, lost)
        leak = self._self_discharge() * elapsed_s
        np.add(lost, leak * (self._now[0] - self._held[0] * self.temp_K), lost)
        np.subtract(self.soc, leak, self.soc)
        np.multiply(leak, capacity_As / elapsed_s, self.self_discharge_A)
        np.multiply(lost, capacity_As, lost)
        np.add(lost, self._extra_J, lost)
        np.add(lost, self.faults.heat_W * elapsed_s, lost)
        self.fault_J += float(np.add.reduce(self.faults.heat_W)) * elapsed_s
        np.divide(lost, elapsed_s, self.layer_heat_W)
        self.heat.step(lost.reshape(self.heat.node_K.shape), self.coolant_inlet_degC + ZERO_K, elapsed_s)
        np.add(self.heat.node_K.ravel(), self.spread.site_K, self.temp_K)
        if len(self._branch) > 1:
            self._branch[1] *= np.exp(-elapsed_s / self._relax_tau_s)
        np.copyto(self._soc_mark, self.soc)
        lost.fill(0.0)
        self._extra_J.fill(0.0)
        self._elapsed_s = 0.0
        self.warmings += 1

    def _self_discharge(self) -> Floats:
        """SoC lost in a second."""
        rate = celltables.self_discharge(self.pack.cell, self.temp_K) * self.spread.self_discharge_scale
        return rate + self.faults.leak_A / (3600 * self.capacity_Ah)
