"""A pack that rests for days with the firmware's estimators, its balancing and bleeders that err, in long steps.

Beside the rig of the estimators stand the rooms of the integer lane that balancing touches, each as itself; only the machine,
the sisters and the bounds are what the test says. Bleeders draw their own current, and their wires stand in what is measured.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bms import differences
from bms.control import balance as B
from bms.control.balance import Balance
from bms.control.bleeders import BLEED_ms
from bms.control.ending import Ending
from bms.safety.coulomb import Coulomb
from bms.safety.plausible import Plausible
from bms.safety.signals import Signals
from bms.safety.sisters import Sisters
from bms.schema import Pack, group_count
from hil.benches.group_rig import Rig
from hil.bleeders import Bleeders

Floats = NDArray[np.float64]
LONG_s = 20.0


class QuietBound:
    """Bounds of a pack in the middle of everything; `widened_mV` is what it was told to allow for."""

    layer_high_mV, layer_low_mV, hot_ddegC, cold_ddegC = 3600, 3400, 250, 250
    widened_mV = 0

    def disturb(self, layer_mV: int) -> None:
        self.widened_mV = layer_mV


class Open:
    """A machine that stands by."""

    state = 0


class BalanceRig(Rig):
    """`balance`, `bleeders`, `coulomb`; `well` and `believable` may be taken away."""

    tap_drop_V: Any = 0.0  # the rig sits in the sensors' seat

    def __init__(self, pack: Pack, seed: int, apart: float = 0.0, **options: Any) -> None:
        super().__init__(pack, seed, **options)
        plant = self.plant
        rng = np.random.default_rng([seed, 7])
        ends = np.concatenate([[0.0, apart], rng.uniform(0, apart, plant.groups - 2)])
        plant.soc -= np.repeat(rng.permutation(ends), self.groups.delta.count)
        self.signals = Signals()
        self.bound = QuietBound()
        self.plausible = Plausible(pack, self.signals)
        self.sisters = Sisters(pack, self.signals)
        self.sisters.resting_s = 10_000
        self.coulomb = Coulomb(pack, 500)
        bound: Any = self.bound
        self.balance = Balance(pack, group_count(pack), self.signals, bound, self.plausible, self.coulomb)
        self.groups.bled_mAs = self.balance.bleeders.bled_mAs
        self.ending = Ending()
        self.machine: Any = Open()
        sensors: Any = self
        self.bleeders = Bleeders(pack, seed, plant, sensors)
        self.severity = 0
        self._passed_s = 0.0
        self.believable = True
        self.bled_As = np.zeros(plant.groups)

    def rest(self, time_s: float) -> None:
        """Nothing flows but what is bled; a round of the balancing a step, as long as the balancing waits for anyway."""
        end_s = self.time_s + time_s
        while self.time_s < end_s:
            balance = self.balance
            if balance.state == B.BLEEDING:
                self.round(BLEED_ms / 2000 if any(balance.bleeders.words) else 0.1)
            elif balance.state == B.PAUSING:
                self.round(B.SETTLE_ms / 1000 if balance.disturbed else B.PAUSE_ms / 1000)
            else:
                self.round(LONG_s)

    def round(self, dt_s: float) -> None:
        """One step of rest. What the firmware switches at its beginning holds until its end."""
        balance, groups = self.balance, self.groups
        soc_permille = 500 if self.believable else -1
        balance.step(self.sisters, self.machine, self.severity, 0, soc_permille, round(self._passed_s * 1000))
        self._passed_s = dt_s
        self.bleeders.switch({g for g in range(self.plant.groups) if balance.bleeders.bled(g)})
        groups.pause(balance.busy, balance.disturbed, False)
        self.bled_As += self.bleeders.current_A * dt_s
        done = groups.done
        self.step(0.0, dt_s)
        if groups.done != done:
            differences.tell(balance, self.ending, groups, self.filter.soc, self.believable)

    def counted_mAs(self, read_A: float, dt_s: float) -> int:
        return super().counted_mAs(read_A, dt_s) - self.balance.take_mean_mAs()

    def seen_V(self, volts: Floats) -> Floats:
        seen: Floats = volts - self.tap_drop_V
        return seen

    def looked_V(self, mean_V: float) -> float:
        return float("nan") if self.balance.disturbed else mean_V

    def apart(self) -> Floats:
        """How far each group's mean layer is from the lowest's, at half charge."""
        soc, capacity = self.plant.soc, self.plant.capacity_Ah
        middle = soc - (self.plant.soc_mean - 0.5) * (capacity.mean() / capacity)
        mean = self._mean_of(middle)
        relative: Floats = mean - mean.min()
        return relative
