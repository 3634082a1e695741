"""Charge in integers, and the hard interval in which the pack's state of charge must be.

The ledger adds mA * ms and carries what is less than one mAs: no rounding ever, for any length of time. Its interval grows
with what the current sensor may err (offset, gain, one step), with the spread of capacity on every charge that flows, and
with self-discharge. It is intersected with the inverse of both OCV branches: the mean layer voltage, less and plus what the
resistances may drop (bound.py), the sensors' error, entropy, and the slow voltage of silicon, must lie between the discharge
and the charge branch. Before the first such look the interval is everything: how long the controller slept is unknown.
Where the two exclude each other the OCV wins and `conflicts` counts it. The count itself stays between empty and full.

SoC is that of the mean layer by charge. Units: mAs, permille (rounded outwards), mV. Serves up to 290 Ah (2^30 mAs).
"""

from array import array

import micropython
from micropython import const

from bms.safety.faults import LIMIT_FAULT
from bms.safety.plausible import sensor_error_m
from bms.safety.tables import segment

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

_MS_PER_S = const(1000)
_PERMILLE = const(1000)
_S_PER_H = const(3600)
_U_PER_M = const(1000)  # millionths in a thousandth
_PPM = const(1000000)
_KNOT_permille = const(50)
_KNOTS = const(21)
_CURVATURE_mV = const(2)  # mean of the OCV against the OCV of the mean: half the curvature times the spread squared


class Coulomb:
    """Ledger and interval. `charge_mAs` is the ledger's own count from `soc_permille` at start (half full if -1)."""

    def __init__(self, pack: "Pack", soc_permille: int) -> None:
        cell = pack.cell
        self.capacity_mAs = cell.capacity_mAh * (_S_PER_H // 10) * 10
        self._capacity_permille = self.capacity_mAs // _PERMILLE
        start = soc_permille if 0 <= soc_permille <= _PERMILLE else _PERMILLE // 2
        self.charge_mAs = start * self._capacity_permille
        self._carry_mAms = 0
        self._growth_mAms = 0
        self.low_mAs = 0
        self.high_mAs = self.capacity_mAs
        a = pack.current_a_sensor
        # the sensor reads (1 - gain) of the current, the layers hold (1 - spread) of their charge: both at their worst
        share_ppm = (_PPM - a.gain_ppm) * (_PERMILLE - pack.spread_capacity_permille) // _PERMILLE
        self._error_ppm = _PPM * _PPM // share_ppm - _PPM + 1
        self._error_mA = (a.offset_u + a.lsb_u) // _U_PER_M * _PPM // share_ppm + 2  # noise has no mean
        self._unknown_mA = max(pack.charge_rating_dA, pack.discharge_rating_dA) * 100
        self._deadline_ms = a.deadline_ms
        # self-discharge of the whole pack as a current, rounded up
        self._leak_uA = cell.capacity_mAh // _U_PER_M * cell.self_discharge_ppm_h + cell.self_discharge_ppm_h
        self._leak_carry = 0
        hyst = _PERMILLE + pack.spread_hyst_permille
        charge = []
        discharge = []
        for k in range(_KNOTS):
            m = (cell.hyst_mV[k] * hyst + 999) // _PERMILLE
            charge.append(cell.ocv_mV[k] + m)
            discharge.append(cell.ocv_mV[k] - m)
        self._charge_mV = array("i", charge)
        self._discharge_mV = array("i", discharge)
        self._entropy_uV_K = max(-min(cell.entropy_uV_K), *cell.entropy_uV_K)
        self._t_ref_ddegC = cell.t_ref_ddegC
        group_error_mV = sensor_error_m(pack.group_sensor, max(pack.taps) * cell.v_max_mV[LIMIT_FAULT])
        self._voltage_error_mV = group_error_mV // min(pack.taps) + 1 + cell.relax_mV + _CURVATURE_mV
        self._layers = sum(pack.taps) * pack.stacks
        self.soc_permille = start
        self.low_permille = 0
        self.high_permille = _PERMILLE
        self.conflicts = 0

    @micropython.native
    def step(self, current_mA: int, age_ms: int, dt_ms: int) -> int:
        """One tick: `current_mA`, measured `age_ms` ago, flowed for dt_ms. Returns the whole mAs that were added."""
        if age_ms > self._deadline_ms:
            current_mA = 0  # not known: the interval says so, the count stands still
        moved = self._carry_mAms + current_mA * dt_ms
        whole = moved // _MS_PER_S
        self._carry_mAms = moved - whole * _MS_PER_S
        charge = self.charge_mAs + whole
        self.charge_mAs = 0 if charge < 0 else charge if charge < self.capacity_mAs else self.capacity_mAs
        size = current_mA if current_mA >= 0 else -current_mA
        # 0.1 A * ppm / 10^6 = mA / 10^4
        error_mA = self._error_mA + (size // 100 + 1) * self._error_ppm // 10000
        if age_ms > self._deadline_ms:
            error_mA = self._unknown_mA
        grown = self._growth_mAms + error_mA * dt_ms
        error = grown // _MS_PER_S
        self._growth_mAms = grown - error * _MS_PER_S
        leak = self._leak_carry + self._leak_uA * dt_ms // _MS_PER_S
        lost = leak // _MS_PER_S
        self._leak_carry = leak - lost * _MS_PER_S
        low = self.low_mAs + whole - error - lost
        high = self.high_mAs + whole + error
        if low < 0:
            low = 0
        if high > self.capacity_mAs:
            high = self.capacity_mAs
        self.low_mAs = low
        self.high_mAs = high
        return whole

    def bleed(self, lost_mAs: int) -> None:
        """Bleeders have taken so much from the mean layer, at most."""
        self.low_mAs = self.low_mAs - lost_mAs if self.low_mAs > lost_mAs else 0
        self.charge_mAs = self.charge_mAs - lost_mAs if self.charge_mAs > lost_mAs else 0

    def miss(self, lost_ms: int) -> None:
        """Time that no tick has seen: anything the pack may carry can have flowed."""
        lost_s = lost_ms // _MS_PER_S + 1
        spread_mAs = self._unknown_mA * (lost_s if lost_s < _S_PER_H // 6 else _S_PER_H // 6)
        self.low_mAs = self.low_mAs - spread_mAs if self.low_mAs > spread_mAs else 0
        high = self.high_mAs + spread_mAs
        self.high_mAs = high if high < self.capacity_mAs else self.capacity_mAs

    def anchor(self, snap: "Snapshot", bound: "Bound") -> None:
        """Intersects the interval with what the voltage allows. Every 100 ms, when the group voltages are believed."""
        current_dA = snap.current_dA if snap.current_dA >= 0 else -snap.current_dA
        mean_mV = sum(snap.group_mV) // self._layers
        far = bound.hot_ddegC - self._t_ref_ddegC
        if self._t_ref_ddegC - bound.cold_ddegC > far:
            far = self._t_ref_ddegC - bound.cold_ddegC
        margin_mV = bound.drop_high_mV(current_dA) + self._voltage_error_mV + self._entropy_uV_K * far // 10000 + 1
        # a layer near 0 or 1 may lie outside the table, where the voltage says only "beyond the end"
        low = self._inverse(self._charge_mV, mean_mV - margin_mV) * self._capacity_permille
        high = (self._inverse(self._discharge_mV, mean_mV + 1 + margin_mV) + 1) * self._capacity_permille
        if low > self.high_mAs or high < self.low_mAs:
            self.conflicts += 1
            self.low_mAs = low
            self.high_mAs = high
            return
        if low > self.low_mAs:
            self.low_mAs = low
        if high < self.high_mAs:
            self.high_mAs = high

    def _inverse(self, branch_mV: "array[int]", v_mV: int) -> int:
        """Permille at which a rising branch has v_mV, rounded down; 0 and 1000 beyond its ends."""
        if v_mV <= branch_mV[0]:
            return 0
        if v_mV >= branch_mV[_KNOTS - 1]:
            return _PERMILLE
        k = segment(v_mV, branch_mV)
        a = branch_mV[k]
        return k * _KNOT_permille + (v_mV - a) * _KNOT_permille // (branch_mV[k + 1] - a)

    def place(self, soc_permille: int) -> None:
        """Fresh advice (-1: none) puts the count where it says, if that is inside the interval; from there it goes on alone."""
        charge_mAs = soc_permille * self._capacity_permille
        if soc_permille >= 0 and self.low_mAs <= charge_mAs <= self.high_mAs:
            self.charge_mAs = charge_mAs

    def publish(self) -> None:
        """Permille of ledger and interval, which is rounded outwards; the ledger's is inside it."""
        unit = self._capacity_permille
        low = self.low_mAs // unit
        high = (self.high_mAs + unit - 1) // unit
        if high > _PERMILLE:
            high = _PERMILLE
        soc = (self.charge_mAs + unit // 2) // unit
        if soc < low:
            soc = low
        self.soc_permille = soc if soc < high else high
        self.low_permille = low
        self.high_permille = high

    def shown_permille(self, advised_permille: int) -> int:
        """SoC for the user: what is advised (-1: nothing is) or counted, inside the interval."""
        soc = advised_permille if advised_permille >= 0 else self.soc_permille
        if soc < self.low_permille:
            soc = self.low_permille
        return soc if soc < self.high_permille else self.high_permille
