"""A charge on the desk in a few seconds: the simulated layers, the firmware's own limits, and a request that is obeyed.

Everything once a round of 100 ms. What the firmware would have measured is made up from the truth: temperatures less and more
a margin, the worst layer's voltage and some on top, the SoC with an error and a window about it. Heater and chiller do what
the firmware drives, both through a coolant loop, where it is a small one. No bus, no contactors.
"""

import random
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from bms.control.advice import Advice
from bms.control.derate import Derate
from bms.control.envelope import Envelope
from bms.control.fastcharge import FastCharge
from bms.control.thermal import COOL, HEAT, Thermal
from bms.safety import machine as M
from bms.safety.snapshot import CHARGER_plugged, COOLANT_INLET_ddegC
from bms.schema import SOC_KNOTS, Pack
from hil.plant import ZERO_K, Plant, PlantOptions

ROUND_ms = 100
COLDER_ddegC, HOTTER_ddegC = 25, 70
WORSE_mV = 15
SOON_permille = 985  # of a limit, in two seconds


class Rig:
    """`noise`: what trembles, in parts of what sensors do. `request_dA`: one value a round; `flows_A`: what follows it."""

    def __init__(
        self, pack: Pack, soc: float, temperature_degC: float, noise: float = 0.0, seed: int = 1, small_loop: bool = True
    ) -> None:
        self.pack = pack
        self.plant = Plant(pack, PlantOptions(seed, soc, temperature_degC, hysteresis=1.0))
        self.envelope = Envelope(pack)
        self.horizon = cast(Any, SimpleNamespace(charge_limit_dA=lambda h: self.envelope.charge_dA * SOON_permille // 1000))
        self.advice = Advice()
        self.fastcharge = FastCharge(pack, self.envelope, self.horizon)
        self.derate = Derate(pack)
        self.thermal = Thermal(pack, self.envelope, self.derate)
        self.machine: Any = SimpleNamespace(state=M.CHARGE, charge_allowed=1, discharge_allowed=0)
        self.snap: Any = SimpleNamespace(value=[0] * 20, age_ms=[0] * 20, current_dA=0, probe_oldest_ms=0)
        self.bound: Any = SimpleNamespace()
        self.noise = noise
        self.small_loop = small_loop
        self.worse_mV = WORSE_mV
        self.dice = random.Random(seed)
        self.loop_degC = temperature_degC
        self.heats = self.cools = False
        self.most_A = 1e9
        self.flows_A = 0.0
        self.soc_error = 0.02
        self.now_s = 0.0
        self.rounds = 0
        self.soc_permille = 0

    def resistance_uohm(self, degC: float) -> list[float]:
        """R0, R1 and R2 of an ordinary layer, from the cell's tables."""
        cell = self.pack.cell
        tables = ((cell.r0_uohm, cell.r0_permille), (cell.r1_uohm, cell.r1_permille), (cell.r2_uohm, cell.r2_permille))
        at = self.plant.soc_mean * (SOC_KNOTS - 1)
        return [
            float(np.interp(at, range(SOC_KNOTS), table) * np.interp(degC * 10, cell.r_ddegC, factors) / 1000)
            for table, factors in tables
        ]

    def look(self) -> None:
        """What the firmware knows of this moment."""
        plant, bound, noise = self.plant, self.bound, self.noise
        cold_degC, hot_degC = float(plant.temp_K.min()) - ZERO_K, float(plant.temp_K.max()) - ZERO_K
        tremble = noise * self.dice.choice([-1, 0, 1])
        self.snap.coldest_ddegC = round(cold_degC * 10 + tremble)
        self.snap.hottest_ddegC = round(hot_degC * 10 + tremble)
        bound.cold_ddegC = self.snap.coldest_ddegC - COLDER_ddegC
        bound.hot_ddegC = round(hot_degC * 10 + tremble) + HOTTER_ddegC
        bound.layer_high_mV = round(float(plant.voltage_V.max()) * 1000 + noise * self.dice.gauss(0, 0.5)) + self.worse_mV
        bound.layer_low_mV = round(float(plant.voltage_V.min()) * 1000) - WORSE_mV
        bound.r0_uohm, bound.r1_uohm, bound.r2_uohm = (round(1.1 * r) for r in self.resistance_uohm(cold_degC))
        bound.r_high_uohm = bound.r0_uohm + bound.r1_uohm + bound.r2_uohm
        bound.r_low_uohm = round(0.9 * self.resistance_uohm(hot_degC)[0])
        self.snap.current_dA = round(self.flows_A * 10)
        self.snap.value[CHARGER_plugged] = 1
        self.snap.value[COOLANT_INLET_ddegC] = round(self.loop_degC * 10)
        soc = round((plant.soc_mean + self.soc_error) * 1000)
        self.soc_permille = min(1000, soc)
        self.envelope.soc_lo_permille = max(0, soc - 40)
        self.envelope.soc_hi_permille = min(1000, soc + 40)

    def round(self) -> int:
        """100 ms. Returns the request."""
        self.look()
        envelope, fastcharge = self.envelope, self.fastcharge
        for phase in range(4, 9):
            envelope.refresh(self.bound, phase)
        envelope.step(self.machine, 0, self.bound, self.advice, False, self.snap.current_dA, ROUND_ms)
        self._heat()
        request_dA = fastcharge.step(
            self.machine, self.snap, self.bound, self.soc_permille, self.heats, self.cools, ROUND_ms
        )
        self.flows_A = min(fastcharge.asked_dA() / 10, self.most_A)
        if self.rounds % 10 == 0:
            self.plant.set_coolant(self.loop_degC, 8.0)
        self.rounds += 1
        self.plant.step(self.flows_A, ROUND_ms / 1000)
        self.now_s += ROUND_ms / 1000
        return request_dA

    def _heat(self) -> None:
        """What the firmware drives, on a coolant loop that the layers warm."""
        thermal, system, plant = self.thermal, self.pack.thermal, self.plant
        self.derate.step(self.snap, 0)
        mode = thermal.step(self.machine, M.WISH_CHARGE, self.bound, self.snap, self.fastcharge, ROUND_ms)
        self.heats, self.cools = mode == HEAT, mode == COOL
        if not self.small_loop:
            return
        loop_J_K = plant.layers * self.pack.cell.heat_capacity_J_K / 3
        power_W = plant.heat.coolant_W
        if self.loop_degC < system.coolant_max_ddegC / 10:
            power_W += system.heater_W * thermal.heater_permille / 1000
        if self.loop_degC > system.coolant_min_ddegC / 10:
            power_W -= system.cooler_W * thermal.cooler_permille / 1000
        self.loop_degC += power_W * ROUND_ms / 1000 / loop_J_K
