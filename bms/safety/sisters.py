"""Groups against each other in the same tick: what one has too much or too little is laid wholly on one of its layers.

All groups carry one current, so no model is needed: a group may stand from the median of its sisters by what the declared
spread explains (n times what two layers at opposite ends of it differ by, at this SoC and current, one as cold and the other
as hot as any layer of the pack may be) and by both sensors' errors. What goes beyond is `stray_mV`; from then on the spread is
not what was declared, and bound.py lays the whole difference, nothing taken off, on one layer, both ways. The rows of failing
layers look at the stray, unless the stack's own voltage says that a sensor is wrong. With two groups the other one is the
median; with one there is none, and nothing is seen. Groups of unequal size are compared as if all had as many layers as the
largest.

`fallen_mV`, `fallen_group`: the low side alone. `lost_mV`: what one layer of that group may have lost. It may have stood as far
above its sisters as the spread explains before; so what the spread explains comes on top of what is seen, once more than
that is. `resting_s`: for how long next to nothing has flowed. Units: mV of a group, which are mV of one layer; dA, uohm,
permille, s.
"""

from array import array

from micropython import const

from bms.safety.plausible import sensor_error_m
from bms.safety.tables import build_falls, drop_mV, nth, segment

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_GROUPS = const(1)
_LIMIT_FAULT = const(2)
_SISTER_REST_mV = const(44)
_SISTER_LOAD_mV = const(45)
_COLLAPSE_mV = const(46)
_TAPS_SHIFTED_mV = const(47)
_UOHM_dA_PER_mV = const(10000)

_PERMILLE = const(1000)
_uV_PER_mV = const(1000)
_MS_PER_S = const(1000)
_ROUND_ms = const(100)
_STEP_ddegC = const(20)  # of the fall of a resistance from the coldest layer to the hottest
_STEPS_MAX = const(50)
_LEAST_SISTERS = const(2)
_ALLOWED_MAX_mV = const(200000)
_REST_MAX_s = const(100000)


class Sisters:
    """`stray_mV` of this tick; `allowed_mV`, what the spread explains."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        cell = pack.cell
        self._value = signals.value
        self._where = signals.where
        self._groups = pack.stacks * len(pack.taps)
        self._per_stack = len(pack.taps)
        largest = max(pack.taps)
        smallest = min(pack.taps)
        self._layers = largest
        self._uniform = largest == smallest
        error_mV = sensor_error_m(pack.group_sensor, largest * cell.v_max_mV[_LIMIT_FAULT])
        self._error_mV = 2 * (error_mV * largest // smallest + 1)
        self._undisturbed_mV = self._error_mV
        self._scaled_mV = array("i", [0] * self._groups)
        self._spread_r_permille = 2 * pack.spread_r_permille
        self._knots_ddegC = array("i", cell.r_ddegC)
        self._fall0 = build_falls(cell.r_ddegC, cell.r0_permille, _STEP_ddegC)
        self._fall1 = build_falls(cell.r_ddegC, cell.r1_permille, _STEP_ddegC)
        self._fall2 = build_falls(cell.r_ddegC, cell.r2_permille, _STEP_ddegC)
        self._entropy_uV = max(*cell.entropy_uV_K, -min(cell.entropy_uV_K)) * _STEP_ddegC // 10 + 1
        self._tau1_ms = min(cell.tau1_ms)
        self._tau2_ms = min(cell.tau2_ms)
        self._idle_dA = pack.open_current_dA // 2 + 1
        self._rest_s = pack.guards.sister_rest_s
        self.resting_s = 0
        self._resting_ms = 0
        self._slow_mV = 0
        self._now_uohm = 0
        self._still_mV = -1  # what the spread explains without current, of groups of one size
        self._known = False
        self._earlier_mV = 0
        self._before_mV = 0
        self.allowed_mV = 0
        self.stray_mV = 0
        self._wider_mV = 0
        self._failing_mV = 0  # the stray, but for what is a sensor's
        self.fallen_mV = 0
        self.fallen_group = 0
        self.lost_mV = 0

    def step(self, snap: "Snapshot", new_bits: int, sum_excess_mV: int) -> int:
        """One tick, ahead of the bounds. `sum_excess_mV`: what stacks and their groups disagree about. Returns what one
        hidden layer may have more or less than its sisters, once that is beyond the spread; 0 where no layer is hidden."""
        apart_mV = snap.group_max_mV - snap.group_min_mV
        if apart_mV <= self._still_mV and not self.stray_mV:
            return 0
        if not new_bits & _GROUPS or not self._known:
            return self._wider_mV
        current_dA = snap.current_dA
        if current_dA < 0:
            current_dA = -current_dA
        allowed = self._allowed_mV(self._slow_mV + drop_mV(self._now_uohm, current_dA))
        self.allowed_mV = allowed
        if self._uniform and apart_mV <= allowed:
            if self.stray_mV:
                self._calm()
            return 0
        return self._compare(snap, allowed, sum_excess_mV)

    def refresh(self, snap: "Snapshot", bound: "Bound", round_ms: int) -> None:
        """Once a round: what the spread explains now, and how long the pack has rested."""
        self._known = bound.settled and self._groups >= _LEAST_SISTERS
        steps = (bound.hot_ddegC - bound.cold_ddegC + _STEP_ddegC - 1) // _STEP_ddegC
        if steps > _STEPS_MAX:
            steps = _STEPS_MAX
        k = segment(bound.cold_ddegC, self._knots_ddegC)
        r1 = self._apart_uohm(bound.r1_uohm, self._fall1[k], steps)
        r2 = self._apart_uohm(bound.r2_uohm, self._fall2[k], steps)
        apart_mV = drop_mV(r1, bound.memory_1_dA) + drop_mV(r2, bound.memory_2_dA)
        self._slow_mV = bound.sister_mV + apart_mV + self._entropy_uV * steps // _uV_PER_mV + 1
        self.allowed_mV = self._allowed_mV(self._slow_mV)
        self._still_mV = self.allowed_mV if self._known and self._uniform else -1
        # what the RC elements will add until the next round flows with the current of the moment
        soon = r1 * _ROUND_ms // self._tau1_ms + r2 * _ROUND_ms // self._tau2_ms
        self._now_uohm = self._apart_uohm(bound.r0_uohm, self._fall0[k], steps) + soon + 2
        self._earlier_mV = self._before_mV
        self._before_mV = self.fallen_mV
        current_dA = snap.current_dA
        if current_dA > self._idle_dA or current_dA < -self._idle_dA:
            self.resting_s = 0
            self._resting_ms = 0
        else:
            self._resting_ms += round_ms
            if self._resting_ms >= _MS_PER_S:
                self._resting_ms -= _MS_PER_S
                if self.resting_s < _REST_MAX_s:
                    self.resting_s += 1
        self._value[_SISTER_REST_mV] = self._failing_mV if self.resting_s >= self._rest_s else 0

    def disturb(self, pair_mV: int) -> None:
        """From the next refresh on two groups' readings may be apart by so much more; 0 ends it."""
        self._error_mV = self._undisturbed_mV + pair_mV

    def _allowed_mV(self, layer_mV: int) -> int:
        """Of a group, where two layers may be layer_mV apart."""
        return (layer_mV if layer_mV < _ALLOWED_MAX_mV else _ALLOWED_MAX_mV) * self._layers + self._error_mV

    def _apart_uohm(self, r_uohm: int, fall_permille: int, steps: int) -> int:
        """What the coldest layer at one end of the spread may have more than the hottest at the other."""
        kept_permille = _PERMILLE
        for _ in range(steps):
            kept_permille = kept_permille * (_PERMILLE - fall_permille) // _PERMILLE
        return (r_uohm // 10 + 1) * (self._spread_r_permille + _PERMILLE - kept_permille) // 100 + 1

    def _calm(self) -> None:
        """No group strays any more."""
        value = self._value
        self.stray_mV = 0
        self._wider_mV = 0
        self._failing_mV = 0
        self.fallen_mV = 0
        self.lost_mV = 0
        value[_SISTER_LOAD_mV] = 0
        value[_COLLAPSE_mV] = 0
        value[_TAPS_SHIFTED_mV] = 0

    def _compare(self, snap: "Snapshot", allowed_mV: int, sum_excess_mV: int) -> int:
        """Some group may be farther from the others than the spread explains."""
        groups = self._groups
        volts = snap.group_mV
        if not self._uniform:
            volts = self._scaled_mV
            layers = snap.layers
            for g in range(groups):
                volts[g] = snap.group_mV[g] // layers[g] * self._layers
        top = nth(volts, groups, groups - 1)
        bottom = nth(volts, groups, 0)
        lower = nth(volts, groups, (groups - 1) // 2)
        upper = nth(volts, groups, groups // 2)
        risen_mV = volts[top] - volts[lower] - allowed_mV
        fallen_mV = volts[upper] - volts[bottom] - allowed_mV
        if risen_mV <= 0 and fallen_mV <= 0:
            self._calm()
            return 0
        self.fallen_mV = fallen_mV if fallen_mV > 0 else 0
        self.fallen_group = bottom
        self.lost_mV = fallen_mV + allowed_mV + allowed_mV if fallen_mV > 0 else 0
        stray_mV = fallen_mV if fallen_mV > risen_mV else risen_mV
        self.stray_mV = stray_mV
        where = self._where
        value = self._value
        at = bottom if fallen_mV >= risen_mV else top
        shifted_mV = 0
        first = top if top < bottom else bottom
        neighbours = groups > _LEAST_SISTERS and top + bottom == 2 * first + 1 and (first + 1) % self._per_stack != 0
        if risen_mV > 0 and fallen_mV > 0 and neighbours:
            shifted_mV = risen_mV if risen_mV < fallen_mV else fallen_mV
            where[_TAPS_SHIFTED_mV] = first
        where[_SISTER_LOAD_mV] = at
        where[_SISTER_REST_mV] = at
        where[_COLLAPSE_mV] = bottom
        if sum_excess_mV > 0:
            # a sensor is wrong, and its own rows say so
            self._failing_mV = 0
            value[_SISTER_LOAD_mV] = 0
            value[_COLLAPSE_mV] = 0
            value[_TAPS_SHIFTED_mV] = 0
        else:
            self._failing_mV = stray_mV
            value[_TAPS_SHIFTED_mV] = shifted_mV
            value[_SISTER_LOAD_mV] = 0 if shifted_mV else stray_mV
            value[_COLLAPSE_mV] = 0 if shifted_mV else self.fallen_mV - self._earlier_mV
        # the spread is not what was declared: nothing of it is taken off what the group has against its sisters
        self._wider_mV = stray_mV + allowed_mV if self._layers > 1 else 0
        return self._wider_mV
