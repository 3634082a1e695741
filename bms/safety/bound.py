"""What the worst hidden layer may be: bounds of layer voltage and temperature consistent with what is measured.

A group of n layers gives one voltage V. A layer differs from its group's mean by at most
    2 (n-1)/n spread_soc(soc) dOCV/dSoC + 2 (n-1)/n spread_hyst M(soc) + sum_j (2 (n-1)/n spread_r + drop_j) R_j |I_j|
where spread_soc grows from the matching point with the spread of capacity, drop_j is how much R_j falls over the temperature
difference inside a stack (6 to 8 % a kelvin in the cold), |I_0| is the current now and |I_1|, |I_2| are the currents that the
two RC elements remember. Factor 2 (n-1)/n: one layer at one end of the spread, its n-1 sisters at the other. What the stack's
own voltage and the sum of its groups disagree about, beyond both sensors' errors, is laid wholly on one layer, both ways.
n = 1 leaves the measurement and its error. A group that is silent keeps its last value until its deadline trips.

Units: mV, dA, uohm, ddegC, permille. Slow quantities (temperature, windows over SoC) refresh every 100 ms. Wider SoC
interval, colder, hotter, more current, more disagreement: never a narrower bound.
"""

from micropython import const

from bms.safety import faults as F
from bms.safety import snapshot as S
from bms.safety.plausible import sensor_error_m
from bms.safety.tables import drop_mV, highest, interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

REFRESH_ms = const(100)
_SHIFT = const(16)  # fraction bits of the remembered currents: 16384 dA << 16 is 2^30
_CURRENT_MAX_dA = const(16383)
_PERMILLE = const(1000)
_KNOT_permille = const(50)
_LAST_SEGMENT = const(19)
_UNKNOWN_ddegC = const(2000)


class Bound:
    """Worst-case layer of the pack. Results: layer_high_mV, layer_low_mV (and their groups), hot_ddegC, cold_ddegC,
    r_high_uohm (largest resistance of a layer, all elements), r_low_uohm (smallest R0), drop_high_mV (largest voltage
    over a layer's resistances now, of either sign), and the window of SoC knots they were taken over."""

    def __init__(self, pack: "Pack", signals: F.Signals) -> None:
        cell = pack.cell
        self._signals = signals
        self._cell = cell
        n = max(pack.taps)
        self._twice_permille = 2 * _PERMILLE * (n - 1) // n + (1 if n > 1 else 0)
        self._apart = 1 if n > 1 else 0
        self._spread_soc_permille = pack.spread_soc_permille
        self._spread_capacity_permille = pack.spread_capacity_permille
        self._match_permille = pack.soc_match_permille
        self._spread_r_permille = pack.spread_r_permille
        self._spread_hyst_permille = pack.spread_hyst_permille + pack.spread_capacity_permille
        self._spread_t_ddegC = pack.spread_t_ddegC
        self._group_error_mV = sensor_error_m(pack.group_sensor, n * cell.v_max_mV[F.LIMIT_FAULT])
        self._layers_least = min(pack.taps)
        self._probe_error_ddegC = sensor_error_m(pack.probe_sensor, 0) // 100 + 1
        slopes = []
        for k in range(len(cell.ocv_mV) - 1):
            slopes.append(cell.ocv_mV[k + 1] - cell.ocv_mV[k] + abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k]))
        self._slope_mV = tuple(slopes)  # of the steeper branch, a segment of 50 permille
        self._rise_1 = (min(cell.tau1_ms), max(cell.tau1_ms))
        self._rise_2 = (min(cell.tau2_ms), max(cell.tau2_ms))
        # nobody knows what flowed before this controller woke: what the pack declares, forgotten at the slowest rate
        self._memory_1 = pack.wake_memory_dA << _SHIFT
        self._memory_2 = pack.wake_memory_dA << _SHIFT
        self._since_ms = REFRESH_ms
        self._base_mV = 0
        self._apart_r0_uohm = 0
        self._apart_r1_uohm = 0
        self._apart_r2_uohm = 0
        self._r0_uohm = 0
        self._r1_uohm = 0
        self._r2_uohm = 0
        self.r_high_uohm = 1
        self.r_low_uohm = 1
        self.hyst_mV = 0
        self.drop_high_mV = 0
        self.memory_1_dA = 0
        self.memory_2_dA = 0
        self.layer_high_mV = 0
        self.layer_high_group = 0
        self.layer_low_mV = 0
        self.layer_low_group = 0
        self.hot_ddegC = _UNKNOWN_ddegC
        self.cold_ddegC = -_UNKNOWN_ddegC
        self.mean_mV = 0

    def step(self, snap: S.Snapshot, soc_lo_permille: int, soc_hi_permille: int, sum_excess_mV: int, dt_ms: int) -> int:
        """One tick. The SoC interval is that of the mean layer. Fills the signals of layer voltage and temperature."""
        self._since_ms += dt_ms
        if self._since_ms >= REFRESH_ms:
            self._since_ms = 0
            self._temperatures(snap)
            self._windows(soc_lo_permille, soc_hi_permille)
        current_dA = snap.current_dA
        if current_dA < 0:
            current_dA = -current_dA
        if current_dA > _CURRENT_MAX_dA:
            current_dA = _CURRENT_MAX_dA
        self._remember(current_dA, dt_ms)
        i1_dA = self.memory_1_dA
        i2_dA = self.memory_2_dA
        apart_mV = self._base_mV + sum_excess_mV
        if self._apart:
            apart_mV += (
                drop_mV(self._apart_r0_uohm, current_dA)
                + drop_mV(self._apart_r1_uohm, i1_dA)
                + drop_mV(self._apart_r2_uohm, i2_dA)
            )
        self.drop_high_mV = (
            drop_mV(self._r0_uohm, current_dA) + drop_mV(self._r1_uohm, i1_dA) + drop_mV(self._r2_uohm, i2_dA)
        )
        self._layers(snap, apart_mV, dt_ms)
        return apart_mV

    def _remember(self, current_dA: int, dt_ms: int) -> None:
        """Upper bound of what the RC elements remember of |I|: rises at the shortest time constant, falls at the longest."""
        now = current_dA << _SHIFT
        was = self._memory_1
        fast_ms, slow_ms = self._rise_1
        was += (now - was) // ((fast_ms if now > was else slow_ms) // dt_ms + 1) + 1
        if was > 1073741823:
            was = 1073741823
        self._memory_1 = was
        self.memory_1_dA = (was >> _SHIFT) + 1
        was = self._memory_2
        fast_ms, slow_ms = self._rise_2
        was += (now - was) // ((fast_ms if now > was else slow_ms) // dt_ms + 1) + 1
        if was > 1073741823:
            was = 1073741823
        self._memory_2 = was
        self.memory_2_dA = (was >> _SHIFT) + 1

    def _layers(self, snap: S.Snapshot, apart_mV: int, dt_ms: int) -> None:
        group_mV = snap.group_mV
        layers = snap.layers
        high = -1073741823
        low = 1073741823
        high_at = low_at = 0
        total = 0
        for g in range(snap.groups):
            n = layers[g]
            total += n
            v = group_mV[g] // n
            if v > high:
                high = v
                high_at = g
            if v < low:
                low = v
                low_at = g
        error_mV = self._group_error_mV // self._layers_least + 1
        self.mean_mV = snap.string_sum_mV // total
        self.layer_high_mV = high + 1 + error_mV + apart_mV
        self.layer_high_group = high_at
        self.layer_low_mV = low - error_mV - apart_mV
        self.layer_low_group = low_at
        signals = self._signals
        signals.value[F.LAYER_HIGH_mV] = self.layer_high_mV
        signals.where[F.LAYER_HIGH_mV] = high_at
        signals.fresh[F.LAYER_HIGH_mV] = 1 if snap.group_age_ms[high_at] <= dt_ms else 0
        signals.value[F.LAYER_LOW_mV] = self.layer_low_mV
        signals.where[F.LAYER_LOW_mV] = low_at
        signals.fresh[F.LAYER_LOW_mV] = 1 if snap.group_age_ms[low_at] <= dt_ms else 0

    def _temperatures(self, snap: S.Snapshot) -> None:
        if snap.probe_oldest_ms >= S.AGE_MAX_ms:
            self.hot_ddegC = _UNKNOWN_ddegC
            self.cold_ddegC = -_UNKNOWN_ddegC
        else:
            margin_ddegC = self._probe_error_ddegC + self._spread_t_ddegC
            self.hot_ddegC = snap.hottest_ddegC + margin_ddegC
            self.cold_ddegC = snap.coldest_ddegC - margin_ddegC

    def _windows(self, soc_lo_permille: int, soc_hi_permille: int) -> None:
        """What depends on temperature and on where in the SoC table the layers may be."""
        cell = self._cell
        lo = soc_lo_permille - self._match_permille
        hi = soc_hi_permille - self._match_permille
        far = max(hi, -lo)
        spread = self._spread_soc_permille + (self._spread_capacity_permille * far + 999) // _PERMILLE
        k_lo = (soc_lo_permille - spread) // _KNOT_permille
        k_hi = (soc_hi_permille + spread) // _KNOT_permille
        if k_lo < 0:
            k_lo = 0
        if k_lo > _LAST_SEGMENT:
            k_lo = _LAST_SEGMENT
        if k_hi > _LAST_SEGMENT:
            k_hi = _LAST_SEGMENT
        if k_hi < k_lo:
            k_hi = k_lo
        slope_mV = highest(self._slope_mV, k_lo, k_hi)
        hyst_mV = highest(cell.hyst_mV, k_lo, k_hi + 1)
        self.hyst_mV = hyst_mV
        twice = self._twice_permille
        self._base_mV = 0
        if self._apart:
            self._base_mV = (twice * spread // _PERMILLE + 1) * slope_mV // _KNOT_permille + 1
            self._base_mV += (twice * self._spread_hyst_permille // _PERMILLE + 1) * hyst_mV // _PERMILLE + 1
        cold = self.cold_ddegC
        least = cell.r_ddegC[0]
        if cold < least:
            cold = least
        warm = cold + self._spread_t_ddegC
        spread_r = twice * self._spread_r_permille // _PERMILLE + 1
        k_hi += 1
        f = interpolated(cold, cell.r_ddegC, cell.r0_permille)
        drop = _PERMILLE - interpolated(warm, cell.r_ddegC, cell.r0_permille) * _PERMILLE // f + 1
        self._r0_uohm = self._worst(highest(cell.r0_uohm, k_lo, k_hi), f)
        self._apart_r0_uohm = self._r0_uohm // 10 * (spread_r + drop) // 100 + 1
        f = interpolated(cold, cell.r_ddegC, cell.r1_permille)
        drop = _PERMILLE - interpolated(warm, cell.r_ddegC, cell.r1_permille) * _PERMILLE // f + 1
        self._r1_uohm = self._worst(highest(cell.r1_uohm, k_lo, k_hi), f)
        self._apart_r1_uohm = self._r1_uohm // 10 * (spread_r + drop) // 100 + 1
        f = interpolated(cold, cell.r_ddegC, cell.r2_permille)
        drop = _PERMILLE - interpolated(warm, cell.r_ddegC, cell.r2_permille) * _PERMILLE // f + 1
        self._r2_uohm = self._worst(highest(cell.r2_uohm, k_lo, k_hi), f)
        self._apart_r2_uohm = self._r2_uohm // 10 * (spread_r + drop) // 100 + 1
        self.r_high_uohm = self._r0_uohm + self._r1_uohm + self._r2_uohm
        hot = self.hot_ddegC
        f = interpolated(hot, cell.r_ddegC, cell.r0_permille)
        self.r_low_uohm = cell.r0_uohm[10] * f // _PERMILLE * (_PERMILLE - self._spread_r_permille) // _PERMILLE + 1

    def _worst(self, r_uohm: int, factor_permille: int) -> int:
        """Resistance of the worst layer: at this temperature, at the high end of the spread."""
        return r_uohm * factor_permille // _PERMILLE // 10 * (_PERMILLE + self._spread_r_permille) // 100 + 1
