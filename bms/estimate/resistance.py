"""How the resistance of each group ages: R0 by clean steps of current, R10 by what moves in ten seconds, both at 25 degC, 50 %.

A step is clean where the current stood before it and stands after it. What a group's voltage moved by then, over what the mean
layer's model says of R0 and the RC elements at this SoC and temperature, is the group's part of the cell file's R0; so cold
and a low SoC are taken off, and what they leave is the same for all groups. R10 is one factor on the mean layer's resistive
voltage, by least squares on what changes within ten seconds; delta.py says how each group differs from it.

A layer that comes off its neighbour (delamination) raises its group in a few steps: `quick` runs away from `slow`. An interface
that grows raises `slow` against what was learnt at first. Both count against the median of the sisters and times n, one
layer's. When all groups rise together, it is the temperature, or its sensor, that is not what it seems: `alike`.

SI units; positive current charges. Numbers are assumed.
"""

from array import array

from micropython import const

from bms import units
from bms.estimate.delta import NOBODY
from bms.estimate.ekf import root
from bms.estimate.model import faded

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.delta import Delta
    from bms.estimate.model import Model
    from bms.schema import Pack

STEP_C = 0.3  # change of current that tells something
CALM_C = 0.05  # change that is none
QUICK = 0.25
SLOW = 0.02
LEARN_STEPS = 30
SUDDEN = 0.4  # of one layer's resistance
GROWN = 0.25
MEMORY_V2 = 0.5  # squared volts of change that R10 remembers
FIRST_R10 = 0.15
SPAN_s = 10.0
NOISE_V = 0.003  # of a change of the mean layer's voltage, beside its resistance


class Resistance:
    """`quick` and `slow`, parts of the cell file's R0 a group, `own` as learnt at first; `steps` seen.
    `sudden_group`, `grown_group`: NOBODY, or where
    one layer's resistance has risen by `sudden_part`, `grown_part`; `alike`: by how much all groups have, against before.
    `r10` with `sigma_r10`: the mean layer's part of the cell file's resistance."""

    def __init__(self, pack: "Pack", delta: "Delta", model: "Model") -> None:
        self._delta = delta
        self._model = model
        groups = delta.groups
        self._step_A = STEP_C * model.capacity_Ah
        self._calm_A = CALM_C * model.capacity_Ah
        one_V = units.volts(1)
        self._scale_V = [one_V / n for n in delta.count]
        self._before_mV = array("i", [0] * groups)
        self._moved_mV = array("i", [0] * groups)
        self.quick = [1.0] * groups
        self.slow = [1.0] * groups
        self.own = [1.0] * groups
        self.steps = 0
        self.sudden_group = NOBODY
        self.sudden_part = 0.0
        self.grown_group = NOBODY
        self.grown_part = 0.0
        self.alike = 0.0
        self._last_A = 0.0
        self._before_V = 0.0
        self._calm = False
        self._armed = False
        self._per_V = 0.0
        self._next = groups
        model.at(0.5, model.t_ref_degC)
        self.r0_ref_ohm = model.r0_ohm
        self.r10_ref_ohm = model.r0_ohm
        self.r10_ref_ohm += model.r1_ohm * faded(SPAN_s / model.tau1_s) + model.r2_ohm * faded(SPAN_s / model.tau2_s)
        self.r10 = 1.0
        self._weight_V2 = NOISE_V * NOISE_V / (FIRST_R10 * FIRST_R10)
        self.sigma_r10 = FIRST_R10
        self._past_V = 0.0
        self._past_drop_V = 0.0
        self._since_s = -1.0

    def recall(self, r10: float, sigma_r10: float) -> None:
        """What another run knew of the mean layer."""
        self.r10 = r10
        self.sigma_r10 = sigma_r10
        self._weight_V2 = NOISE_V * NOISE_V / (sigma_r10 * sigma_r10)

    def look(self, group_mV: "array[int]", current_A: float) -> bool:
        """Every step of the mean's filter, after delta.follow(). Returns True where a clean step ended: step() has work."""
        change_A = current_A - self._last_A
        if change_A < 0.0:
            change_A = -change_A
        self._last_A = current_A
        calm = change_A < self._calm_A
        if self._armed:
            self._armed = False
            moved_V = self._delta.drop_V(current_A) - self._before_V
            if calm and self._next == self._delta.groups and moved_V != 0.0:
                before = self._before_mV
                moved = self._moved_mV
                for g in range(len(moved)):
                    moved[g] = group_mV[g] - before[g]
                self._per_V = 1.0 / moved_V
                self._next = 0
        elif self._calm and change_A > self._step_A:
            self._armed = True
            return False
        self._calm = calm
        self._before_mV[:] = group_mV
        self._before_V = self._delta.drop_V(current_A)
        return self._next == 0

    def step(self, groups: int) -> bool:
        """The next `groups` groups of a step of current. Returns True when all are done."""
        all_groups = self._delta.groups
        first = self._next
        last = first + groups
        if last > all_groups:
            last = all_groups
        self._next = last
        quick = self.quick
        slow = self.slow
        for g in range(first, last):
            part = self._moved_mV[g] * self._scale_V[g] * self._per_V
            if self.steps < LEARN_STEPS:
                slow[g] += (part - slow[g]) / (self.steps + 1.0)
                quick[g] = slow[g]
            else:
                quick[g] += QUICK * (part - quick[g])
                slow[g] += SLOW * (part - slow[g])
        if last == all_groups and first < last:
            self.steps += 1
            self._judge()
        return last == all_groups

    def _judge(self) -> None:
        if self.steps == LEARN_STEPS:
            self.own[:] = self.slow
        if self.steps <= LEARN_STEPS:
            return
        at, part, self.alike = self._worst(self.quick, self.slow)
        self.sudden_part = part
        self.sudden_group = at if part > SUDDEN else NOBODY
        at, part, _ = self._worst(self.slow, self.own)
        self.grown_part = part
        self.grown_group = at if part > GROWN else NOBODY

    def _worst(self, now: "list[float]", was: "list[float]") -> "tuple[int, float, float]":
        """The group that has risen most, by how much if one layer did it all, and what all have risen by."""
        count = self._delta.count
        risen = [now[g] / was[g] - 1.0 for g in range(len(now))]
        # of two the other, which is the smaller
        alike = sorted(risen)[(len(risen) - 1) // 2] if len(risen) > 1 else 0.0
        at = 0
        most = 0.0
        for g in range(len(risen)):
            part = (risen[g] - alike) * count[g] / (1.0 + alike)
            if part > most:
                most = part
                at = g
        return at, most, alike

    def mean(self, voltage_V: float, ocv_V: float, dt_s: float) -> None:
        """After a pass of delta.py: mean layer voltage and what the model has for its OCV (hysteresis, entropy included)."""
        drop_V = self._delta.factors[2]
        over_V = voltage_V - ocv_V
        if self._since_s >= 0.0:
            self._since_s += dt_s
            if self._since_s < SPAN_s:
                return
            x = drop_V - self._past_drop_V
            y = over_V - self._past_V
            if self._since_s < 2.0 * SPAN_s:
                weight = self._weight_V2
                if weight > MEMORY_V2:
                    weight = MEMORY_V2
                weight += x * x
                self.r10 += x * (y - self.r10 * x) / weight
                self._weight_V2 = weight
                self.sigma_r10 = root(NOISE_V * NOISE_V / weight, self.sigma_r10)
        self._since_s = 0.0
        self._past_V = over_V
        self._past_drop_V = drop_V

    def r0_ohm(self, g: int) -> float:
        """Of a group's mean layer at 25 degC and 50 % SoC, at once."""
        return self.slow[g] * self.r0_ref_ohm

    def r10_ohm(self, g: int) -> float:
        """The same after ten seconds."""
        return self.r10 * (1.0 + self._delta.resistance[g]) * self.r10_ref_ohm
