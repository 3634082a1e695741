"""Which group loses charge inside: a soft short in one layer, at rest or under a constant current, against its sisters.

How far a group stands from the mean layer is averaged over WINDOW_s. From one window to the next, what delta.py knows of the
group (state of charge, capacity, resistance, hysteresis) explains a part; the rest over the slope of the OCV is charge that it
has lost, and n times that, against the median group, is one layer's. It goes into a one-sided CUSUM less what a healthy layer
may lose: the declared self-discharge, and what is not known of its capacity and resistance while charge flows and the
resistive voltage changes. It counts only while the RC elements stand still, so that neither a step of current nor what follows
looks like a loss, and not while a bend of the OCV passes a group that is far from the mean. A group leaks when its sum passes
THRESHOLD sigmas of a converter that wanders by 0.5 mV, and by 0.3 mV times the root of n. The current follows from the sum
and the time it took.

`plate()`: where along the stacks insulation has failed, from how the poles stand against the chassis. SI units. Source:
Zheng 2013, Energies 6, 2130 (mean-difference model); noises are assumed.
"""

from micropython import const

from bms import units
from bms.estimate.delta import NOBODY, TURNED_V
from bms.estimate.ekf import root

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.delta import Delta
    from bms.estimate.model import Model
    from bms.schema import Pack

WINDOW_s = 10.0
PASSES = 5  # in a window, at least: one alone is noise
THRESHOLD = 6.0  # sigmas
COMMON_V = 0.0005  # of the converter, for a group
LAYER_V = 0.0003  # likewise, times the root of its layers
STILL_V = 0.002  # of one layer, that its RC elements may still have to go
PART_R = 0.01  # of the resistive voltage, that no one factor explains
PART_CAPACITY = 0.006
KEPT = 0.5  # of the threshold: the most of an undecided sum after a step of current; below it a named group is let go
MOVED = 1.0e-4  # SoC in a window; less is rest, with an offset of the current
AHEAD = 0.03  # of SoC, in which the slope may be another one already
BENT = 0.25  # part of the threshold that a bend may put between a group and its sisters
SHARP = 0.25  # a bend that passes the layers of a group one by one
MOVING = 2.0  # times the threshold while charge flows
HEALTHY = 1.0  # of the declared largest self-discharge, that a layer may lose more than its sisters


class Leak:
    """`group`: the one that leaks most, or NOBODY; `current_A` of a layer there. `lost` and `lasted_s`, a value a group: SoC
    that one layer would have lost, and since when."""

    def __init__(self, pack: "Pack", delta: "Delta", model: "Model") -> None:
        self._delta = delta
        self._model = model
        groups = delta.groups
        self._healthy_per_s = units.ppm(pack.cell.self_discharge_ppm_h) * HEALTHY / 3600.0
        self._limit_V = []
        for n in delta.count:
            self._limit_V.append(THRESHOLD * root(COMMON_V * COMMON_V + LAYER_V * LAYER_V * n, COMMON_V))
        self.lost = [0.0] * groups
        self.lasted_s = [0.0] * groups
        self.group = NOBODY
        self.closed = True
        self.current_A = 0.0
        # of two groups, one that falls takes the mean half the way with it; of more, the median stays
        self._others = 2.0 if groups == 2 else 1.0
        self._sum_V = [0.0] * groups
        self._last_V = [0.0] * groups
        self._fallen = [0.0] * groups  # since the current last changed
        self._level = [0.0] * groups
        self._middle = 0.0
        self._now = [0.0] * 4  # sums of the factors
        self._was = [0.0] * 4
        self._change = [0.0] * 4
        self._passes = 0
        self._window_s = 0.0
        self._moved = 0.0
        self._based = False  # there is a window before this one
        self._whole = False  # this pass ends a window
        self._counting = False  # the window before this pass has still to be counted
        self._next = groups
        self._lasted_s = 0.0
        self._per_V = 1.0
        self._healthy = 0.0
        self._unsure = 0.0
        self._bend = 0.0
        self._off = 0.0
        self._times = 1.0
        self._worst = 0.0
        self._named = NOBODY

    def begin(self, soc: float, temp_degC: float, moved: float, dt_s: float) -> None:
        """A pass of delta.py is done, dt_s after the last one. `moved`: SoC since then, a magnitude; soc of the mean layer."""
        delta = self._delta
        self._next = 0
        self._counting = self._whole and self._based
        if self._counting:
            if delta.groups > 2:
                self._middle = sorted(self._fallen)[(delta.groups - 1) // 2]
            self._worst = 0.0
            self._named = NOBODY
        if self._whole:
            self._based = True
            self._clear()
        self._whole = False
        if delta.unsettled_V > STILL_V or (self.closed and delta.turned_V > TURNED_V):
            self.rebase(KEPT)
            return
        now = self._now
        for k in range(4):
            now[k] += delta.factors[k]
        self._passes += 1
        self._window_s += dt_s
        self._moved += moved
        if self._window_s >= WINDOW_s and self._passes >= PASSES:
            self._whole = True
            self._explain(soc, temp_degC)

    def rebase(self, kept: float) -> None:
        """What comes is compared with nothing before it; of an undecided sum only this part of the threshold is kept."""
        if self._based:
            for g in range(self._delta.groups):
                most = kept * self._limit_V[g] * self._per_V
                if g != self.group and self.lost[g] > most:
                    self.lost[g] = most
                self._fallen[g] = 0.0
                self._level[g] = 0.0
        self._based = False
        self._counting = False
        self._middle = 0.0
        self._whole = False
        self._clear()

    def _clear(self) -> None:
        """A new window."""
        self._passes = 0
        self._window_s = 0.0
        self._moved = 0.0
        for g in range(self._delta.groups):
            self._sum_V[g] = 0.0
        for k in range(4):
            self._now[k] = 0.0

    def _explain(self, soc: float, temp_degC: float) -> None:
        """At the end of a window: how the factors have changed, and what a healthy layer may seem to have lost."""
        slope_V = self._now[0] / self._passes
        moving = self._moved > MOVED
        for k in range(4):
            now = self._now[k] / self._passes
            self._change[k] = now - self._was[k] if moving else 0.0
            self._was[k] = now
        self._per_V = 1.0 / slope_V
        self._lasted_s = self._window_s
        self._healthy = self._healthy_per_s * self._window_s
        self._unsure = 0.0
        self._bend = 0.0
        self._off = soc - 0.5
        self._times = MOVING if moving else 1.0
        if moving:
            delta = self._delta
            change_V = self._change[2] if self._change[2] > 0.0 else -self._change[2]
            self._unsure = (PART_CAPACITY + delta.sigma_capacity) * self._moved
            self._unsure += (PART_R + delta.sigma_resistance) * change_V * self._per_V
            model = self._model
            low_V = high_V = slope_V
            for ahead in (-AHEAD, AHEAD):
                model.at(soc + ahead, temp_degC)
                if model.du_V < low_V:
                    low_V = model.du_V
                if model.du_V > high_V:
                    high_V = model.du_V
            self._bend = (high_V - low_V) * self._per_V

    def step(self, groups: int) -> bool:
        """The next `groups` groups. Returns True when all are done."""
        delta = self._delta
        first = self._next
        last = first + groups
        if last > delta.groups:
            last = delta.groups
        self._next = last
        apart_V = delta.apart_V
        sum_V = self._sum_V
        for g in range(first, last):
            if self._counting:
                self._count(g)
                if g == delta.groups - 1:
                    self.group = self._named
            if self._passes:
                sum_V[g] += apart_V[g]
                if self._whole:
                    self._compare(g)
        return last == delta.groups

    def _compare(self, g: int) -> None:
        """What the group has lost from window to window, as one layer's."""
        delta = self._delta
        change = self._change
        mean_V = sum_V = self._sum_V[g] / self._passes
        sum_V -= self._last_V[g]
        self._last_V[g] = mean_V
        sum_V -= delta.soc[g] * change[0] + delta.capacity[g] * change[1]
        sum_V -= delta.resistance[g] * change[2] + delta.hysteresis[g] * change[3]
        if self._based:
            self._fallen[g] -= sum_V * self._per_V * delta.count[g] * self._others

    def _count(self, g: int) -> None:
        """The last window into the sum."""
        delta = self._delta
        n = delta.count[g]
        limit = self._limit_V[g] * self._per_V
        level = self._fallen[g] - self._middle
        fell = level - self._level[g]
        self._level[g] = level
        apart = (delta.soc[g] - delta.capacity[g] * self._off) * n
        if self._bend > SHARP or (apart if apart > 0.0 else -apart) * self._bend > BENT * limit:
            return
        lost = self.lost[g] + fell - self._healthy - self._unsure * n
        if lost <= 0.0:
            self.lost[g] = 0.0
            self.lasted_s[g] = 0.0
            return
        self.lost[g] = lost
        self.lasted_s[g] += self._lasted_s
        part = lost / limit / self._times
        if part > self._worst and (part > 1.0 or (part > KEPT and g == self.group)):
            self._worst = part
            self._named = g
            self.current_A = lost * self._model.capacity_Ah * 3600.0 / self.lasted_s[g]


def plate(negative_V: float, positive_V: float, layers: int) -> int:
    """Layers between the negative pole and the plate that touches the chassis, from the voltages of chassis against the
    negative pole and of the positive pole against the chassis, both magnitudes; -1 where they tell nothing."""
    pack_V = negative_V + positive_V
    if pack_V <= 0.0 or negative_V < 0.0 or positive_V < 0.0:
        return NOBODY
    return int(negative_V / pack_V * layers + 0.5)
