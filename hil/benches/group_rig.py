"""A simulated pack, sensors that err as declared, and the firmware's estimators on them, without the firmware's loop.

Steps are of any length, so that hours take seconds; the estimators see what they would in the firmware, and every pass over the
groups is finished within its step. `day()`: a drive down, a rest, a charge at one current, a rest. SI units; positive charges.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

from bms.estimate.delta import NOBODY
from bms.estimate.ekf import SocFilter
from bms.estimate.groups import Groups
from bms.schema import Pack
from hil.plant import ZERO_K, Plant, PlantOptions

Floats = NDArray[np.float64]
Steps = list[tuple[float, float]]  # A, s

DRIVE_C = (0.0, 0.4, 1.0, 1.6, 3.0, -0.6)  # of the mean, and how often
DRIVE_PART = (0.15, 0.25, 0.25, 0.2, 0.1, 0.05)
LONG_s = 10.0


class Rig:
    """`plant`, `filter`, `groups`. `named`: every (kind, group) that was ever named since the last `forget()`, with the time
    from then."""

    def __init__(self, pack: Pack, seed: int, soc: float = 0.9, degC: float = 25.0, spread: str = "drawn") -> None:
        self.plant = Plant(pack, PlantOptions(seed=seed, soc=soc, temperature_degC=degC, spread=spread))
        self._rng = rng = np.random.default_rng([seed, 2])
        group, current = pack.group_sensor, pack.current_a_sensor
        count = self.plant.groups
        self._gain = 1 + rng.uniform(-1, 1, count) * group.gain_ppm * 1e-6
        self._offset_V = rng.uniform(-1, 1, count) * group.offset_u * 1e-6
        self._noise_V, self._lsb_V = group.noise_u * 1e-6, group.lsb_u * 1e-6
        self.current_gain = float(1 + rng.uniform(-1, 1) * current.gain_ppm * 1e-6)
        self._current_offset_A = float(rng.uniform(-1, 1) * current.offset_u * 1e-6)
        self._current_noise_A, self._current_lsb_A = current.noise_u * 1e-6, current.lsb_u * 1e-6
        self.filter = SocFilter(pack.cell)
        self.filter.start(soc + float(rng.uniform(-0.03, 0.03)), 0.05)
        self.groups = Groups(pack)
        self._mV = array("i", [0] * count)
        self.time_s = 0.0
        self.named: dict[tuple[str, int], float] = {}
        self._since_s = 0.0

    def forget(self) -> None:
        """What is named from now on is new."""
        self.named = {}
        self._since_s = self.time_s

    def step(self, current_A: float, dt_s: float) -> None:
        """Lets a current flow, reads the sensors at its end, and estimates."""
        plant, rng, groups, flt = self.plant, self._rng, self.groups, self.filter
        plant.step(current_A, dt_s)
        self.time_s += dt_s
        volts = self.seen_V(plant.group_V) * self._gain + self._offset_V + rng.normal(0, self._noise_V, len(self._gain))
        self._mV[:] = array("i", np.rint(np.rint(volts / self._lsb_V) * self._lsb_V * 1000).astype(int).tolist())
        read_A = current_A * self.current_gain + self._current_offset_A + rng.normal(0, self._current_noise_A)
        read_A = round(read_A / self._current_lsb_A) * self._current_lsb_A
        moved_mAs = self.counted_mAs(read_A, dt_s)
        degC = float(plant.probe_K.mean()) - ZERO_K
        flt.step(moved_mAs / 3.6e6, read_A, self.looked_V(sum(self._mV) / 1000 / plant.layers), degC, dt_s)
        groups.take(self._mV, moved_mAs, read_A, flt.soc, flt.sigma, flt.hysteresis, degC, dt_s)
        while groups.busy:
            groups.step()
        self._look()

    def seen_V(self, volts: Floats) -> Floats:
        """What stands at the ends of the sense wires."""
        return volts

    def counted_mAs(self, read_A: float, dt_s: float) -> int:
        """What the ledger takes for the charge of a step."""
        return round(read_A * dt_s * 1000)

    def looked_V(self, mean_V: float) -> float:
        """What the filter is given of it."""
        return mean_V

    def run(self, steps: Steps) -> None:
        """All of them."""
        for current_A, dt_s in steps:
            self.step(current_A, dt_s)

    def _look(self) -> None:
        groups = self.groups
        found = (
            ("leak", groups.leak.group),
            ("capacity", groups.delta.weak_group),
            ("resistance", groups.delta.resistive_group),
            ("sudden", groups.resistance.sudden_group),
            ("grown", groups.resistance.grown_group),
            ("knee", groups.knee.group),
        )
        for name in found:
            if name[1] != NOBODY and name not in self.named:
                self.named[name] = self.time_s - self._since_s

    def group_of(self, layer: int) -> int:
        """The group that a layer is in."""
        return int(np.searchsorted(np.cumsum(self.groups.delta.count), layer, "right"))

    def true_capacity(self) -> Floats:
        """Of each group's mean layer against the pack's: what moves the voltage is the mean of 1/Q."""
        inverse = self._mean_of(1 / self.plant.capacity_Ah)
        relative: Floats = inverse.mean() / inverse - 1
        return relative

    def true_hysteresis(self) -> Floats:
        """Of each group's mean layer against the pack's."""
        mean = self._mean_of(self.plant.hyst_scale)
        relative: Floats = mean / mean.mean() - 1
        return relative

    def true_capacity_Ah(self) -> float:
        """Of the mean layer."""
        return float(1 / (1 / self.plant.capacity_Ah).mean())

    def _mean_of(self, values: Floats) -> Floats:
        count = np.array(self.groups.delta.count)
        mean: Floats = np.add.reduceat(values, np.cumsum([0, *count[:-1]])) / count
        return mean


def day(capacity_Ah: float, seed: int, span: float = 0.75, drive_C: float = 1.0, charge_C: float = 0.5) -> Steps:
    """Drive down by `span` of SoC, rest a quarter of an hour, charge, rest."""
    rng = np.random.default_rng(seed)
    steps: Steps = []
    moved = 0.0
    while moved < span:
        current_A = -drive_C * capacity_Ah * float(rng.choice(DRIVE_C, p=DRIVE_PART))
        seconds = int(rng.integers(5, 25))
        steps += [(current_A, 1.0)] * seconds
        moved -= current_A * seconds / 3600 / capacity_Ah
    rest = [(0.0, LONG_s)] * 90
    charge = [(charge_C * capacity_Ah, LONG_s)] * round(span / charge_C * 3600 / LONG_s)
    return steps + rest + charge + rest
