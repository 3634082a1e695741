"""How each group differs from the pack's mean layer: state of charge, capacity, resistance and hysteresis (bar-delta).

One full filter follows the mean layer; here d = V_group / n - mean layer voltage is laid on four numbers a group:
    d = z (U' + h M') - q ((soc - 1/2) (U' + h M') - M s) + r (I R0 + v1 + v2) + m h M
z difference of SoC at half charge, q, r, m relative differences of capacity, of all resistances and of hysteresis; s is what
one part of capacity more does to h, from ds = -gamma |dz| (s + sign(I) - h). All groups carry one current and are measured at
one moment, so the factors of z, q, r, m are the same for all: one covariance and one gain serve every group, and a group
costs one innovation and four corrections. Four numbers, because hysteresis left out is taken for capacity.

What a group has become since it was learnt, against the median of its sisters and times its n layers, is one layer's own
(worst case). A new pack's layers differ by more than one failing layer changes its group's mean: six layers of 1 % sigma
hide one that lacks 3 %. So what is named is a change: `learnt` once a parameter is known well enough, kept from then on.

What a bleeder takes from a group is taken off z by count, and turns that group's hysteresis away from the mean layer's: a
per cent of charge may so move the voltage by as much again as the OCV does. Until charge has turned all layers alike again,
voltages move no z, q, r or m.

SI units; positive current charges. Source: Plett 2009, EVS24 (bar-delta filtering); noises are assumed.
"""

from array import array

import micropython
from micropython import const

from bms import units
from bms.estimate.ekf import root
from bms.estimate.model import faded
from bms.schema import group_count, layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.model import Model
    from bms.schema import Pack

NOISE_V = 0.0008  # of a group's mean layer: what is left of offset and gain, and rounding
NOISE_DROP = 0.01  # part of the resistive voltage: elements differ each by its own
ALIKE_s = 60.0  # errors that last so long count as one
WALK_SOC_s = 2.5e-11  # variances: of z a second,
WALK_CAPACITY = 4.0e-6  # of q, r and m for each unit of SoC moved
WALK_R = 2.0e-5
WALK_HYST = 2.0e-5
FLOOR = 1.0e-9
SLOPE_MIN_V = 0.3
FIRST_R = 0.05
FIRST_HYST = 0.03
LAYER_R = 0.10  # what one layer's resistance has to grow by to be named
LAYER_CAPACITY = 0.015  # likewise, lose
KNOWN = 0.9  # part of these that one sigma may be, or nothing is learnt and nobody named
LEARN_SOC = 1.2  # what has to have been moved, up and down together, before anything counts as learnt
NOBODY = -1
BLED_PART = 0.05  # of what was bled, that may not have been
TURNED_V = 0.001  # of hysteresis that a bled layer may have apart: below it voltages count again


class Delta:
    """Lists with one value a group: `soc`, `capacity`, `resistance`, `hysteresis` (differences as above), and `apart_V` (d
    of the last pass). `sigma_soc`, `sigma_capacity`, `sigma_resistance` are common to all groups.
    `weak_group`, `resistive_group`: NOBODY, or the group in which one layer has lost capacity, gained resistance, by
    `weak_part`, `resistive_part` of a layer's own, beyond what was learnt: `own_capacity`,
    `own_resistance`. `factors`: those of z, q, r, m in the last pass. Of the mean layer then:
    `ocv_V`, hysteresis and entropy included; `v1_V`, `v2_V`, what its RC elements have; `unsettled_V`, what they had still to
    go. `turned`: how far a bled group's hysteresis may be from the mean's; `turned_V`, what that makes of a layer's voltage.
    `constant_V`: error of a group's mean layer that no time takes away; `flattest_V`: the least slope of the OCV."""

    def __init__(self, pack: "Pack", model: "Model") -> None:
        self._model = model
        self.groups = group_count(pack)
        self.layers = layer_count(pack)
        count = list(pack.taps) * pack.stacks
        self.count = count
        one_V = units.volts(1)
        self._scale_V = [one_V / (n * self.layers) for n in count]
        self._group_mV = array("i", [0] * self.groups)
        self._total_mV = 0
        self.soc = [0.0] * self.groups
        self.capacity = [0.0] * self.groups
        self.resistance = [0.0] * self.groups
        self.hysteresis = [0.0] * self.groups
        self.apart_V = [0.0] * self.groups
        self.own_capacity = [0.0] * self.groups  # as learnt
        self.own_resistance = [0.0] * self.groups
        self.learnt_capacity = False
        self.learnt_resistance = False
        self.weak_group = NOBODY
        self.weak_part = 0.0
        self.resistive_group = NOBODY
        self.resistive_part = 0.0
        z = units.fraction(pack.spread_soc_permille)
        q = units.fraction(pack.spread_capacity_permille) * 0.5
        self._p = [z * z, 0.0, 0.0, 0.0, q * q, 0.0, 0.0, FIRST_R * FIRST_R, 0.0, FIRST_HYST * FIRST_HYST]
        self.sigma_soc = z
        self.sigma_capacity = q
        self.sigma_resistance = FIRST_R
        # the tables at the last pass: the model looks elsewhere for others in between
        self._r0_ohm = model.r0_ohm
        self._r1_ohm = model.r1_ohm
        self._r2_ohm = model.r2_ohm
        self._tau1_s = model.tau1_s
        self._tau2_s = model.tau2_s
        self.v1_V = 0.0
        self.v2_V = 0.0
        self._turn = 0.0
        self._moved = 0.0
        self._travelled = 0.0
        self._waited_s = 0.0
        self._current_A = 0.0
        self._next = self.groups
        self.turned = 0.0
        self.turned_V = 0.0
        sensor = pack.group_sensor
        full_V = max(pack.taps) * units.volts(max(pack.cell.ocv_mV))
        self.constant_V = (units.ppm(sensor.offset_u) + units.ppm(sensor.gain_ppm) * full_V) / min(pack.taps)
        ocv_mV = pack.cell.ocv_mV
        rise_mV = min([ocv_mV[k + 1] - ocv_mV[k] for k in range(len(ocv_mV) - 1)])
        self.flattest_V = units.volts(max(rise_mV, 1)) * (len(ocv_mV) - 1)
        self.unsettled_V = 0.0
        self.ocv_V = 0.0
        self.factors = (0.0, 0.0, 0.0, 0.0)
        self._gain = (0.0, 0.0, 0.0, 0.0)

    def follow(self, charge_Ah: float, hysteresis: float, dt_s: float) -> None:
        """Every step of the mean's filter: what flowed in it, by the tables of the last pass."""
        model = self._model
        mean_A = charge_Ah * 3600.0 / dt_s
        self.v1_V += faded(dt_s / self._tau1_s) * (self._r1_ohm * mean_A - self.v1_V)
        self.v2_V += faded(dt_s / self._tau2_s) * (self._r2_ohm * mean_A - self.v2_V)
        self._waited_s += dt_s
        self._current_A = mean_A
        dz = charge_Ah / model.capacity_Ah
        if dz < 0.0:
            dz = -dz
            towards = -1.0 - hysteresis
        else:
            towards = 1.0 - hysteresis
        self._moved += dz
        turns = faded(model.gamma * dz)
        self._turn -= turns * (self._turn + towards)
        self.turned -= turns * self.turned

    @property
    def experienced(self) -> bool:
        """So much charge has gone up and down that what groups differ by could be told apart."""
        return self._travelled >= LEARN_SOC

    def bleed(self, bled_mAs: "array[int]") -> None:
        """What bleeders have taken from each group since the last pass; a mean layer's share is in what follow() was given."""
        capacity_Ah = self._model.capacity_Ah
        count = self.count
        parts = [units.ampere_hours(mAs) / capacity_Ah for mAs in bled_mAs]
        mean = sum([parts[g] * count[g] for g in range(self.groups)]) / self.layers
        for g in range(self.groups):
            self.soc[g] -= parts[g] - mean
        most = max(parts)
        self._p[0] += BLED_PART * BLED_PART * most * most
        self.turned += faded(self._model.gamma * most) * (2.0 - self.turned)

    def recall(self, sigma_soc: float, sigma_capacity: float, sigma_resistance: float, experienced: bool) -> None:
        """How well another run knew what stands in the lists now."""
        z, q, r = sigma_soc, sigma_capacity, sigma_resistance
        self._p = [z * z, 0.0, 0.0, 0.0, q * q, 0.0, 0.0, r * r, 0.0, FIRST_HYST * FIRST_HYST]
        self.sigma_soc = z
        self.sigma_capacity = q
        self.sigma_resistance = r
        self._travelled = LEARN_SOC if experienced else 0.0

    def drop_V(self, current_A: float) -> float:
        """Resistive voltage of the mean layer with this current flowing now."""
        return current_A * self._r0_ohm + self.v1_V + self.v2_V

    def begin(
        self, group_mV: "array[int]", total_mV: int, current_A: float, soc: float, hysteresis: float, temp_degC: float
    ) -> None:
        """A new pass over all groups, from voltages of one moment, which stay until it is done. `total_mV`: their sum; soc and
        hysteresis of the mean layer."""
        self._group_mV = group_mV
        self._total_mV = total_mV
        model = self._model
        model.at(soc, temp_degC)
        slope_V = model.du_V + hysteresis * model.dm_V
        if slope_V < SLOPE_MIN_V:
            slope_V = SLOPE_MIN_V
        off = soc - 0.5
        self.ocv_V = model.u_V + hysteresis * model.m_V + model.entropy_V
        self._r0_ohm = model.r0_ohm
        self._r1_ohm = model.r1_ohm
        self._r2_ohm = model.r2_ohm
        self._tau1_s = model.tau1_s
        self._tau2_s = model.tau2_s
        drop_V = self.drop_V(current_A)
        left_V = _size(self._current_A * model.r1_ohm - self.v1_V)
        self.unsettled_V = left_V + _size(self._current_A * model.r2_ohm - self.v2_V)
        x0 = slope_V
        x1 = self._turn * model.m_V - off * slope_V
        x2 = drop_V
        x3 = hysteresis * model.m_V
        self.turned_V = self.turned * model.m_V
        self.factors = (x0, x1, x2, x3)
        self._learn(x0, x1, x2, x3, off)
        self._next = 0

    def _learn(self, x0: float, x1: float, x2: float, x3: float, off: float) -> None:
        """One step of the covariance that all groups share."""
        p00, p01, p02, p03, p11, p12, p13, p22, p23, p33 = self._p
        if self._travelled < LEARN_SOC:
            self._travelled += self._moved
        walk = WALK_CAPACITY * self._moved
        p11 += walk
        p01 += walk * off  # a capacity that changes leaves the voltage of this moment as it is
        p00 += walk * off * off + WALK_SOC_s * self._waited_s
        p22 += WALK_R * self._moved
        p33 += WALK_HYST * self._moved
        if self.turned_V > TURNED_V:
            self._gain = (0.0, 0.0, 0.0, 0.0)
            self._p = [p00, p01, p02, p03, p11, p12, p13, p22, p23, p33]
            self._moved = 0.0
            self._waited_s = 0.0
            return
        b0 = p00 * x0 + p01 * x1 + p02 * x2 + p03 * x3
        b1 = p01 * x0 + p11 * x1 + p12 * x2 + p13 * x3
        b2 = p02 * x0 + p12 * x1 + p22 * x2 + p23 * x3
        b3 = p03 * x0 + p13 * x1 + p23 * x2 + p33 * x3
        unsure_V = NOISE_DROP * (_size(x2) + self.unsettled_V)
        alike = ALIKE_s / self._waited_s if self._waited_s < ALIKE_s else 1.0
        s = x0 * b0 + x1 * b1 + x2 * b2 + x3 * b3 + (NOISE_V * NOISE_V + unsure_V * unsure_V) * alike
        k0 = b0 / s
        k1 = b1 / s
        k2 = b2 / s
        k3 = b3 / s
        self._gain = (k0, k1, k2, k3)
        p00 -= k0 * b0
        p11 -= k1 * b1
        p22 -= k2 * b2
        p33 -= k3 * b3
        self._p = [
            p00 if p00 > FLOOR else FLOOR,
            p01 - k0 * b1,
            p02 - k0 * b2,
            p03 - k0 * b3,
            p11 if p11 > FLOOR else FLOOR,
            p12 - k1 * b2,
            p13 - k1 * b3,
            p22 if p22 > FLOOR else FLOOR,
            p23 - k2 * b3,
            p33 if p33 > FLOOR else FLOOR,
        ]
        self._moved = 0.0
        self._waited_s = 0.0

    @micropython.native
    def step(self, groups: int) -> bool:
        """The next `groups` groups of the pass. Returns True when all are done."""
        first = self._next
        last = first + groups
        if last > self.groups:
            last = self.groups
        self._next = last
        x0, x1, x2, x3 = self.factors
        k0, k1, k2, k3 = self._gain
        layers = self.layers
        total_mV = self._total_mV
        group_mV = self._group_mV
        count = self.count
        scale_V = self._scale_V
        zs = self.soc
        qs = self.capacity
        rs = self.resistance
        ms = self.hysteresis
        aparts_V = self.apart_V
        g = first
        while g < last:
            z = zs[g]
            q = qs[g]
            r = rs[g]
            m = ms[g]
            d = (group_mV[g] * layers - total_mV * count[g]) * scale_V[g]
            aparts_V[g] = d
            e = d - z * x0 - q * x1 - r * x2 - m * x3
            zs[g] = z + k0 * e
            qs[g] = q + k1 * e
            rs[g] = r + k2 * e
            ms[g] = m + k3 * e
            g += 1
        return last == self.groups

    def judge(self) -> None:
        """After a pass, now and then: learns what is well known, and names what has changed since."""
        p = self._p
        self.sigma_soc = root(p[0], self.sigma_soc)
        self.sigma_capacity = root(p[4], self.sigma_capacity)
        self.sigma_resistance = root(p[7], self.sigma_resistance)
        n = max(self.count)
        enough = self.experienced
        known = n * self.sigma_capacity < KNOWN * LAYER_CAPACITY
        if enough and known and not self.learnt_capacity:
            self.learnt_capacity = True
            self.own_capacity[:] = self.capacity
        self.weak_group = NOBODY
        if self.learnt_capacity and self.groups > 1:
            at, self.weak_part = self._worst(self.capacity, self.own_capacity, -1.0)
            if known and self.weak_part > LAYER_CAPACITY:
                self.weak_group = at
        known = n * self.sigma_resistance < KNOWN * LAYER_R
        if enough and known and not self.learnt_resistance:
            self.learnt_resistance = True
            self.own_resistance[:] = self.resistance
        self.resistive_group = NOBODY
        if self.learnt_resistance and self.groups > 1:
            at, self.resistive_part = self._worst(self.resistance, self.own_resistance, 1.0)
            if known and self.resistive_part > LAYER_R:
                self.resistive_group = at

    def _worst(self, now: "list[float]", own: "list[float]", sign: float) -> "tuple[int, float]":
        """The group that has moved farthest from its sisters' median, and by how much if one layer did it all."""
        moved = [sign * (now[g] - own[g]) for g in range(self.groups)]
        # of two the other, which is the smaller
        middle = sorted(moved)[(self.groups - 1) // 2]
        at = 0
        for g in range(1, self.groups):
            if (moved[g] - middle) * self.count[g] > (moved[at] - middle) * self.count[at]:
                at = g
        return at, (moved[at] - middle) * self.count[at]


def _size(x: float) -> float:
    return -x if x < 0.0 else x
