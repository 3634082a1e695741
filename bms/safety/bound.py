"""What the worst hidden layer may be: bounds of layer voltage and temperature consistent with what is measured.

A group of n layers gives one voltage V. A layer differs from its group's mean by at most
    2 (n-1)/n spread_soc(soc) dOCV/dSoC + 2 (n-1)/n spread_hyst M(soc) + sum_j (2 (n-1)/n spread_r + drop_j) R_j |I_j|
where spread_soc grows from the matching point with the spread of capacity, drop_j is how much R_j falls over the temperature
difference inside a stack (6 to 8 % a kelvin in the cold), |I_0| is the current now and |I_1|, |I_2| are the currents that the
two RC elements remember. Factor 2 (n-1)/n: one layer at one end of the spread, its n-1 sisters at the other. What the stack's
own voltage and the sum of its groups disagree about, beyond both sensors' errors, is laid wholly on one layer, both ways, as
is what a group has beyond the spread against its sisters (sisters.py). Temperatures of layers are core.py's.
n = 1 leaves the measurement and its error. A group that is silent keeps its last value until its deadline trips.

Units: mV, dA, uohm, ddegC, permille. Slow quantities (temperature, windows over SoC, resistances) refresh one after the other,
PHASES ticks of every ten. Wider SoC interval, colder, hotter, more current, more disagreement: never a narrower bound.
"""

from array import array

import micropython
from micropython import const

from bms.safety.core import Core
from bms.safety.plausible import sensor_error_m
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot, index_of
from bms.safety.tables import build_falls, drop_mV, highest, interpolated, segment

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_LIMIT_INFO = const(0)
_LAYER_HIGH_mV = const(0)
_LAYER_LOW_mV = const(1)
_LIMIT_WARN = const(1)
_LIMIT_FAULT = const(2)
_UOHM_dA_PER_mV = const(10000)
_SMALL_uohm = const(65536)
_AGE_MAX_ms = const(60000)

PHASES = const(6)
CLEAR_mV = const(20)  # nothing closes nearer to what trips: noise and a precharge would take it there; assumed
_ROUND_ms = const(100)
_SHIFT = const(16)  # fraction bits of the remembered currents: 16384 dA << 16 is 2^30
_PERMILLE = const(1000)
_KNOT_permille = const(50)
_LAST_SEGMENT = const(19)
_MIDDLE_KNOT = const(10)
_FIXED_MAX = const(1073741823)


class Bound:
    """Worst-case layer of the pack. Results: layer_high_mV, layer_low_mV, hot_ddegC, cold_ddegC,
    r_high_uohm (largest resistance of a layer, all elements) and r_low_uohm (smallest R0), r0_uohm to r2_uohm (of the worst
    layer's elements), apart_r0_uohm to apart_r2_uohm (how far a layer's may be from its group's mean), sister_mV (how far two
    layers may be apart at rest)."""

    def __init__(self, pack: "Pack", signals: Signals, memory_dA: int) -> None:
        cell = pack.cell
        self._value = signals.value
        self._where = signals.where
        self._watch_high_mV = cell.v_max_mV[_LIMIT_INFO]
        self._watch_low_mV = cell.v_min_mV[_LIMIT_INFO]
        n = max(pack.taps)
        self._uniform = n if n == min(pack.taps) else 0
        self._twice_permille = 2 * _PERMILLE * (n - 1) // n + (1 if n > 1 else 0)
        self._apart = 1 if n > 1 else 0
        self._spread_soc_permille = pack.spread_soc_permille
        self._spread_capacity_permille = pack.spread_capacity_permille
        self._match_permille = pack.soc_match_permille
        self._spread_r_permille = pack.spread_r_permille
        self._apart_permille = self._twice_permille * pack.spread_r_permille // _PERMILLE + 1
        self._spread_hyst_permille = pack.spread_hyst_permille + pack.spread_capacity_permille
        self.core = Core(pack)
        self._own_error_mV = sensor_error_m(pack.group_sensor, n * cell.v_max_mV[_LIMIT_FAULT]) // min(pack.taps) + 1
        self._group_error_mV = self._own_error_mV
        slopes = []
        for k in range(len(cell.ocv_mV) - 1):
            slopes.append(cell.ocv_mV[k + 1] - cell.ocv_mV[k] + abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k]))
        self._slope_mV = array("i", slopes)  # of the steeper branch, a segment of 50 permille
        self._hyst_mV = array("i", cell.hyst_mV)
        self._knots_ddegC = array("i", cell.r_ddegC)
        self._r0 = array("i", cell.r0_uohm)
        self._r1 = array("i", cell.r1_uohm)
        self._r2 = array("i", cell.r2_uohm)
        self._f0 = array("i", cell.r0_permille)
        self._f1 = array("i", cell.r1_permille)
        self._f2 = array("i", cell.r2_permille)
        self._fall0 = build_falls(cell.r_ddegC, cell.r0_permille, pack.spread_t_ddegC)
        self._fall1 = build_falls(cell.r_ddegC, cell.r1_permille, pack.spread_t_ddegC)
        self._fall2 = build_falls(cell.r_ddegC, cell.r2_permille, pack.spread_t_ddegC)
        self._middle_uohm = cell.r0_uohm[_MIDDLE_KNOT]
        self._rise_1 = (min(cell.tau1_ms), max(cell.tau1_ms))
        self._rise_2 = (min(cell.tau2_ms), max(cell.tau2_ms))
        # nobody knows what flowed before this controller woke: what is to be reckoned with, forgotten at the slowest rate
        self._memory_1 = self._memory_2 = memory_dA << _SHIFT
        self._trip_high_mV = cell.v_max_mV[_LIMIT_FAULT]
        self._trip_low_mV = cell.v_min_mV[_LIMIT_FAULT]
        self.settled = False
        self.resting = False  # contactors open: set before step()
        self._hottest_ddegC = cell.t_discharge_max_ddegC[_LIMIT_WARN]
        self._coldest_ddegC = cell.t_discharge_min_ddegC[_LIMIT_WARN]
        self._warm = False  # no layer is hotter or colder than recommended for discharge, which precharge is
        self.within = False  # the bounds are well inside what trips, and it is warm
        self._peak_dA = 0
        self._round_ms = _ROUND_ms
        self._slow_mV = 0
        self._apart_now_uohm = 0
        self._k_cold = 0
        self._x_cold_ddegC = 0
        self._width_cold_ddegC = 1
        self._hot_permille = 0
        self._apart_uohm = 0
        self._k_lo = 0
        self._k_hi = 0
        self._spread_permille = 0
        self._base_mV = 0
        self.apart_r0_uohm = 0
        self.apart_r1_uohm = 0
        self.apart_r2_uohm = 0
        self.sister_mV = 0
        self.r0_uohm = self.r1_uohm = self.r2_uohm = 0
        self.r_high_uohm = self.r_low_uohm = 1
        self.memory_1_dA = self.memory_2_dA = memory_dA
        self.layer_high_mV = 0
        self.layer_low_mV = 0
        self.hot_ddegC = self.core.hot_ddegC
        self.cold_ddegC = self.core.cold_ddegC

    @micropython.native
    def step(
        self, snap: Snapshot, soc_lo_permille: int, soc_hi_permille: int, sum_excess_mV: int, phase: int, dt_ms: int
    ) -> int:
        """One tick. The SoC interval is that of the mean layer; `phase`: number of the tick modulo ten. Returns how far a
        layer may stand from its group's mean."""
        if phase < PHASES:
            self._refresh(snap, soc_lo_permille, soc_hi_permille, phase)
        if not self.settled and snap.probe_oldest_ms < _AGE_MAX_ms:
            self.settle(snap, soc_lo_permille, soc_hi_permille)
        current_dA = snap.current_dA
        if current_dA < 0:
            current_dA = -current_dA
        if current_dA > self._peak_dA:
            self._peak_dA = current_dA
        self._round_ms += dt_ms
        apart_mV = self._slow_mV + sum_excess_mV
        if self._apart:
            r_uohm = self._apart_now_uohm
            if r_uohm < _SMALL_uohm:
                apart_mV += (r_uohm * current_dA + 9999) // _UOHM_dA_PER_mV  # drop_mV(), without the call
            else:
                apart_mV += drop_mV(r_uohm, current_dA)
        n = self._uniform
        if n:
            high = snap.group_max_mV // n
            low = snap.group_min_mV // n
        else:
            at = self._extreme(snap, 1)
            high = snap.group_mV[at] // snap.layers[at]
            at = self._extreme(snap, -1)
            low = snap.group_mV[at] // snap.layers[at]
        beyond_mV = apart_mV + self._group_error_mV
        high += 1 + beyond_mV
        low -= beyond_mV
        self.layer_high_mV = high
        self.layer_low_mV = low
        self.within = high <= self._trip_high_mV - CLEAR_mV and low >= self._trip_low_mV + CLEAR_mV and self._warm
        if self.resting:
            # nothing flows, and opening cannot help against what relaxes: it keeps from closing, it does not trip
            lingers_mV = self._slow_mV - self._base_mV
            high -= lingers_mV
            low += lingers_mV
        value = self._value
        value[_LAYER_HIGH_mV] = high
        value[_LAYER_LOW_mV] = low
        if high > self._watch_high_mV:
            self._where[_LAYER_HIGH_mV] = self.high_group(snap)
        if low < self._watch_low_mV:
            self._where[_LAYER_LOW_mV] = self.low_group(snap)
        return apart_mV

    def settle(self, snap: Snapshot, soc_lo_permille: int, soc_hi_permille: int) -> None:
        """Every part of the slow quantities at once, from the first temperatures, and from the first look at the SoC."""
        self.settled = True
        for k in range(PHASES):
            self._refresh(snap, soc_lo_permille, soc_hi_permille, k)

    def unjudged(self) -> None:
        """The signals of this tick say that all is well: too little is known yet."""
        self._value[_LAYER_HIGH_mV] = self._trip_low_mV
        self._value[_LAYER_LOW_mV] = self._trip_high_mV

    def disturb(self, layer_mV: int) -> None:
        """From now on a group's reading may be off by so much more for each of its layers; 0 ends it."""
        self._group_error_mV = self._own_error_mV + layer_mV

    def drop_high_mV(self, current_dA: int) -> int:
        """Largest voltage over a layer's resistances, of either sign, with this current (magnitude) flowing now."""
        return (
            drop_mV(self.r0_uohm, current_dA)
            + drop_mV(self.r1_uohm, self.memory_1_dA)
            + drop_mV(self.r2_uohm, self.memory_2_dA)
        )

    def high_group(self, snap: Snapshot) -> int:
        """The group whose mean is highest."""
        return index_of(snap.group_mV, snap.groups, snap.group_max_mV) if self._uniform else self._extreme(snap, 1)

    def low_group(self, snap: Snapshot) -> int:
        """The group whose mean is lowest."""
        return index_of(snap.group_mV, snap.groups, snap.group_min_mV) if self._uniform else self._extreme(snap, -1)

    def _extreme(self, snap: Snapshot, sign: int) -> int:
        group_mV = snap.group_mV
        layers = snap.layers
        at = 0
        for g in range(1, snap.groups):
            if (group_mV[g] * layers[at] - group_mV[at] * layers[g]) * sign > 0:
                at = g
        return at

    def _remember(self) -> None:
        """Upper bound of what the RC elements remember of |I|: rises at the shortest time constant, falls at the longest,
        and takes the round's peak for the whole round. What they will add until the next round is laid on the current of
        the moment: _apart_now_uohm has a round's part of R1 and R2."""
        now = self._peak_dA << _SHIFT
        self._peak_dA = 0
        round_ms = self._round_ms
        self._round_ms = 0
        if round_ms:  # else settle() comes in the tick of this part
            self._memory_1 = self._ema(self._memory_1, now, self._rise_1, round_ms)
            self._memory_2 = self._ema(self._memory_2, now, self._rise_2, round_ms)
        self.memory_1_dA = (self._memory_1 >> _SHIFT) + 1
        self.memory_2_dA = (self._memory_2 >> _SHIFT) + 1
        self._slow_mV = self._base_mV
        if self._apart:
            self._slow_mV += drop_mV(self.apart_r1_uohm, self.memory_1_dA) + drop_mV(self.apart_r2_uohm, self.memory_2_dA)

    def _ema(self, was: int, now: int, time_constants_ms: "tuple[int, int]", dt_ms: int) -> int:
        if now > was:
            steps = time_constants_ms[0] // dt_ms
            was += (now - was) // (steps if steps > 0 else 1) + 1
        else:
            was += (now - was) // (time_constants_ms[1] // dt_ms + 1) + 1
        return was if was < _FIXED_MAX else _FIXED_MAX

    def _refresh(self, snap: Snapshot, soc_lo_permille: int, soc_hi_permille: int, phase: int) -> None:
        """One part of what depends on temperature and on where in the SoC table the layers may be."""
        if phase == 0:
            self._temperatures(snap)
            self._place()
            self._knots(soc_lo_permille, soc_hi_permille)
        elif phase == 1:
            self._spread()
            self._hot_permille = interpolated(self.hot_ddegC, self._knots_ddegC, self._f0)
        elif phase == 2:
            self.r0_uohm = self._resistance(self._r0, self._f0, self._fall0)
            self.apart_r0_uohm = self._apart_uohm
            least = self._middle_uohm * self._hot_permille // _PERMILLE
            self.r_low_uohm = least * (_PERMILLE - self._spread_r_permille) // _PERMILLE + 1
        elif phase == 3:
            self.r1_uohm = self._resistance(self._r1, self._f1, self._fall1)
            self.apart_r1_uohm = self._apart_uohm
        elif phase == 4:
            self.r2_uohm = self._resistance(self._r2, self._f2, self._fall2)
            self.apart_r2_uohm = self._apart_uohm
            self.r_high_uohm = self.r0_uohm + self.r1_uohm + self.r2_uohm
        else:
            soon = self.apart_r1_uohm * _ROUND_ms // self._rise_1[0] + self.apart_r2_uohm * _ROUND_ms // self._rise_2[0]
            self._apart_now_uohm = self.apart_r0_uohm + soon + 2
            self._remember()

    def _temperatures(self, snap: Snapshot) -> None:
        heats_dA = max(self._peak_dA, self.memory_1_dA, self.memory_2_dA)
        core = self.core
        self.hot_ddegC = core.refresh(snap, heats_dA, self.r_high_uohm)
        self.cold_ddegC = core.cold_ddegC
        self._warm = self.hot_ddegC < self._hottest_ddegC and self.cold_ddegC > self._coldest_ddegC

    def _knots(self, soc_lo_permille: int, soc_hi_permille: int) -> None:
        """Segments of the SoC tables in which a layer may be."""
        lo = soc_lo_permille - self._match_permille
        hi = soc_hi_permille - self._match_permille
        far = hi if hi > -lo else -lo
        spread = self._spread_soc_permille + (self._spread_capacity_permille * far + 999) // _PERMILLE
        k_lo = (soc_lo_permille - 2 * spread) // _KNOT_permille
        k_hi = (soc_hi_permille + 2 * spread) // _KNOT_permille
        k_lo = 0 if k_lo < 0 else k_lo if k_lo < _LAST_SEGMENT else _LAST_SEGMENT
        k_hi = k_lo if k_hi < k_lo else k_hi if k_hi < _LAST_SEGMENT else _LAST_SEGMENT
        self._spread_permille = spread
        self._k_lo = k_lo
        self._k_hi = k_hi

    def _spread(self) -> None:
        """What SoC, capacity and hysteresis may put between a layer and its group's mean."""
        twice = self._twice_permille
        spread = self._spread_permille
        slope_mV = highest(self._slope_mV, self._k_lo, self._k_hi)
        hyst_mV = highest(self._hyst_mV, self._k_lo, self._k_hi + 1)
        if self._apart:
            base_mV = (twice * spread // _PERMILLE + 1) * slope_mV // _KNOT_permille + 1
            base_mV += (twice * self._spread_hyst_permille // _PERMILLE + 1) * hyst_mV // _PERMILLE + 1
            self._base_mV = base_mV
        sister_mV = 2 * self._spread_hyst_permille * hyst_mV // _PERMILLE + 2
        self.sister_mV = sister_mV + 2 * spread * slope_mV // _KNOT_permille

    def _place(self) -> None:
        """Where the coldest layer stands in the temperature tables."""
        knots = self._knots_ddegC
        cold = self.cold_ddegC
        if cold < knots[0]:
            cold = knots[0]
        if cold > knots[-1]:
            cold = knots[-1]
        k = segment(cold, knots)
        self._k_cold = k
        self._x_cold_ddegC = cold - knots[k]
        self._width_cold_ddegC = knots[k + 1] - knots[k]

    def _resistance(self, r_uohm: "array[int]", factor_permille: "array[int]", fall_permille: "array[int]") -> int:
        """Resistance of the worst layer: coldest, in the window's worst place, at the high end of the spread. Leaves in
        _apart_uohm the part of it that a layer may have more or less than its group's mean."""
        k = self._k_cold
        f = factor_permille[k]
        f += (factor_permille[k + 1] - f) * self._x_cold_ddegC // self._width_cold_ddegC
        r = highest(r_uohm, self._k_lo, self._k_hi + 1)
        r = r * (f + 1) // _PERMILLE // 10 * (_PERMILLE + self._spread_r_permille) // 100 + 1
        self._apart_uohm = r // 10 * (self._apart_permille + fall_permille[k]) // 100 + 1
        return r
