"""A charge on the plant itself, for whoever sees every layer: tasks, courses of input, and what the plant makes of them.

The pack has no spread, its layers come from a discharge, and coolant loop and ambient start as warm as they are. The loop is
that of hil.actors.thermal with its defaults. Limits are the pack's charge map, ratings, the cell's operating limits
of voltage and temperature, and what the pack says of ramps, rise and gradient. SI units; positive current charges.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bms.schema import Pack, layers_per_stack
from hil.actors.thermal import FADE_K, Actuator, ThermalSystem
from hil.campaign.allseeing import AllSeeing
from hil.heat import Heat
from hil.highvoltage import HighVoltage
from hil.options import PlantOptions
from hil.plant import ZERO_K, Plant
from hil.violations import Violations

Floats = NDArray[np.float64]

DISCHARGED = -1.0
"""Branch on which the layers are as a charge begins."""
DT_s, COARSE_s = 0.1, 0.5
LONGEST_s = 7200.0
LATE = 1.05
"""A course that has not arrived after so many times its time goes on no longer."""
FOREVER_s = 1e9
HOLD_K, SOFT_K = 3.0, 5.0
"""How far below the limit a guess stops heating, and over how many kelvin."""


class Course(NamedTuple):
    """Columns over time. Current is straight between two times, `heater` and `cooler` are shares of full power from each on."""

    time_s: Floats
    soc: Floats
    v1_V: Floats
    v2_V: Floats
    stack_K: Floats
    loop_K: Floats
    current_A: Floats
    heater: Floats
    cooler: Floats


class Played(NamedTuple):
    """What a course did on the plant; how far each limit was passed (negative: room that was left)."""

    time_s: float
    over_map: float  # of the map's current at the layer that it allows least
    over_V: float
    over_K: float  # too hot, or colder than the map while current flows
    over_K_s: float  # rise of the hottest layer
    rise_K: float  # of the mean
    course: Course


@dataclass(frozen=True)
class Task:
    """A charge: which pack, from how warm, from and to which SoC."""

    pack: Pack
    start_degC: float
    soc_from: float
    soc_to: float

    @property
    def most_A(self) -> float:
        """What ratings allow."""
        pack, cell = self.pack, self.pack.cell
        own_A = cell.charge_max_mC / 1000 * cell.capacity_mAh / 1000
        return min(pack.charge_rating_dA / 10, pack.connector_dA / 10, own_A)

    @property
    def hot_K(self) -> float:
        """Hottest that a layer may be without a derate."""
        return self.pack.cell.t_charge_max_ddegC[0] / 10 + ZERO_K

    @property
    def cold_K(self) -> float:
        """Coldest that a layer may be charged at all."""
        return self.pack.cell.map_ddegC[0] / 10 + ZERO_K

    @cached_property
    def loop(self) -> ThermalSystem:
        """What the coolant loop is like."""
        return self.bench()[1]

    def bench(self) -> tuple[Plant, ThermalSystem]:
        """Plant and coolant loop as the charge begins."""
        begins = PlantOptions(seed=1, soc=self.soc_from, temperature_degC=self.start_degC, hysteresis=DISCHARGED, spread="none")
        plant = Plant(self.pack, begins)
        return plant, ThermalSystem(self.pack, plant, {}, self.start_degC)


def conduction(pack: Pack) -> tuple[float, tuple[float, float]]:
    """W/K from the mean of a stack to the coolant, and the shares of that difference of the layers farthest from the mean.

    As hil.heat has it when all layers warm alike: from a steady state with 1 W in every layer.
    """
    usual = PlantOptions(seed=1, soc=0.5, temperature_degC=25.0)
    layers, capacity_Ah = layers_per_stack(pack), pack.cell.capacity_mAh / 1000
    plate_W_K, edge_W_K = usual.plate_W_K * capacity_Ah / 20, usual.coolant_W_K * capacity_Ah / 20
    heat = Heat(1, layers, capacity_Ah, float(pack.cell.heat_capacity_J_K), plate_W_K, edge_W_K, 0.0)
    heat.step(np.full((1, layers), FOREVER_s), 0.0, FOREVER_s)
    rise_K = heat.node_K[0]
    mean_K = float(rise_K.mean())
    return layers / mean_K, (float(rise_K.max()) / mean_K, float(rise_K.min()) / mean_K)


class Stand:
    """Plant, loop and what is written down of them, step by step."""

    def __init__(self, task: Task, dt_s: float = DT_s) -> None:
        self.task, self.dt_s = task, dt_s
        self.plant, self.loop = task.bench()
        self.time_s = 0.0
        self._hv = HighVoltage(task.pack)
        self._hv.coil_supply_present = True
        self._rows: list[tuple[float, ...]] = []
        self._map = Violations(task.pack)
        self._start_K = float(self.plant.temp_K.mean())
        self._was_K = self._start_K
        self._worst = np.full(4, -np.inf)

    def step(self, current_A: float, heater: float, cooler: float) -> None:
        """dt_s on."""
        plant, loop = self.plant, self.loop
        thermal = self.task.pack.thermal
        loop.heater.permille = _request(heater, thermal.coolant_max_ddegC / 10 - loop.loop_degC)
        loop.cooler.permille = _request(cooler, loop.loop_degC - thermal.coolant_min_ddegC / 10)
        loop.ask(self._hv, True)
        self._write(current_A, _share(loop.heater), _share(loop.cooler))
        plant.step(current_A, self.dt_s)
        loop.step(True, self.dt_s)
        self.time_s += self.dt_s
        hottest_K, coldest_K = float(plant.temp_K.max()), float(plant.temp_K.min())
        map_A = float(self._map.map_A(np.maximum(plant.temp_K, self.task.cold_K), plant.soc).min())
        over = (
            current_A / max(map_A, 1e-3) - 1 if current_A > 0 else -1.0,
            float(plant.voltage_V.max()) - self.task.pack.cell.v_max_mV[0] / 1000,
            max(hottest_K - self.task.hot_K, self.task.cold_K - coldest_K if current_A > 0 else -np.inf),
            (hottest_K - self._was_K) / self.dt_s - self.task.pack.thermal.warm_mK_s / 1000,
        )
        self._was_K = hottest_K
        self._worst = np.maximum(self._worst, over)

    def played(self) -> Played:
        """What has been, up to now."""
        self._write(0.0, 0.0, 0.0)
        time_s = self.time_s - max(0.0, self.plant.soc_mean - self.task.soc_to) / max(self._per_s(), 1e-9)
        rise_K = float(self.plant.temp_K.mean()) - self._start_K
        return Played._make([time_s, *self._worst.tolist(), rise_K, Course(*np.array(self._rows).T)])

    def _per_s(self) -> float:
        return (self._rows[-1][1] - self._rows[-2][1]) / self.dt_s

    def _write(self, current_A: float, heater: float, cooler: float) -> None:
        plant = self.plant
        rc = float(plant.v1_V.mean()), float(plant.v2_V.mean())
        stack_K, loop_K = float(plant.temp_K.mean()), self.loop.loop_degC + ZERO_K
        self._rows.append((self.time_s, plant.soc_mean, *rc, stack_K, loop_K, current_A, heater, cooler))


def _request(share: float, room_K: float) -> int:
    """What has to be asked for to get a share of full power so far from the thermostat."""
    fade = min(max(room_K / FADE_K, 0.0), 1.0)
    return round(1000 * min(share / fade, 1.0)) if fade else 0


def _share(actuator: Actuator) -> float:
    return actuator.power_W / actuator.full_W if actuator.full_W else 0.0


def play(task: Task, course: Course, steps: bool = False) -> Played:
    """A course on the plant, its last current held until the plant arrives. `steps`: current stays until the next time."""
    stand = Stand(task)
    while stand.plant.soc_mean < task.soc_to and stand.time_s < LATE * course.time_s[-1]:
        middle_s = stand.time_s + DT_s / 2
        k = min(int(np.searchsorted(course.time_s, middle_s, "right")) - 1, len(course.time_s) - 1)
        current_A = float(course.current_A[k] if steps else np.interp(middle_s, course.time_s, course.current_A))
        stand.step(current_A, float(course.heater[k]), float(course.cooler[k]))
    return stand.played()


def ride(task: Task) -> Course:
    """A quick guess: always what every layer allows, heated until it is warm enough, cooled where it gets too hot."""
    stand, bms = Stand(task, COARSE_s), AllSeeing(task.pack)
    rise_A, now_A = task.pack.request_dA_s / 10 * COARSE_s, 0.0
    while stand.plant.soc_mean < task.soc_to and stand.time_s < LONGEST_s:
        now_A = min(bms.charge_A(stand.plant), task.most_A, now_A + rise_A)
        short_K = task.hot_K - HOLD_K - float(stand.plant.temp_K.max())
        stand.step(now_A, min(max(short_K / SOFT_K, 0.0), 1.0), min(max(-short_K, 0.0), 1.0))
    return stand.played().course
