"""Charge in integers, and the hard interval in which the pack's state of charge must be.

The ledger adds mA * ms and carries what is less than one mAs: no rounding ever, for any length of time. Its interval grows
with what the current sensor may err (offset, gain, one step), with the spread of capacity on every charge that flows, and
with self-discharge. It is intersected with the inverse of the OCV: the mean layer voltage, less and plus what the resistances
may drop and the slow voltage of silicon (branch.py), the sensors' error and entropy, must lie between the lowest and the
highest branch on which the layers may be after what charge has flowed since the start: both at first. Before the first such
look the interval is everything: how long the controller slept is unknown. Where the two exclude each other the OCV wins,
`conflicts` counts it, and what was known of the branch is forgotten. The count itself stays between empty and full.

SoC is that of the mean layer by charge. Units: mAs, permille (rounded outwards), mV. Serves up to 290 Ah (2^30 mAs).
"""

from array import array

import micropython
from micropython import const

from bms.safety.branch import ONE, Flow, Follower, lay
from bms.safety.faults import LIMIT_FAULT
from bms.safety.plausible import sensor_error_m
from bms.safety.tables import interpolated, segment

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copy of what snapshot.py says: no look-up; a test holds them together.
_CURRENT_MAX_mA = const(1638300)

_MS_PER_S = const(1000)
_PERMILLE = const(1000)
_S_PER_H = const(3600)
_U_PER_M = const(1000)  # millionths in a thousandth
_PPM = const(1000000)
_KNOT_permille = const(50)
_KNOTS = const(21)
_CURVATURE_mV = const(2)  # mean of the OCV against the OCV of the mean: half the curvature times the spread squared
_ROUND_ms = const(100)
_BLIND_ms = const(5000)  # without a look for so long nothing is known of the branch
_CHORD_permille = const(960)  # of Arrhenius between two knots 5 K apart, at its steepest
_NOISE_sigmas = const(4)
_NONE_mA = const(2000000)  # beyond what the snapshot lets pass


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
        self._noise_mA = _NOISE_sigmas * a.noise_u // _U_PER_M + 1
        self._quiet_mA = self._error_mA + self._noise_mA
        more = _PERMILLE + pack.spread_hyst_permille
        less = max(0, _PERMILLE - pack.spread_hyst_permille)
        self._ocv_mV = array("i", cell.ocv_mV)
        self._more_mV = array("i", [(m * more + 999) // _PERMILLE for m in cell.hyst_mV])
        self._less_mV = array("i", [m * less // _PERMILLE for m in cell.hyst_mV])
        self._curve_mV = array("i", cell.ocv_mV)
        self._relax_mV = cell.relax_mV
        self._hysteresis = Follower(cell.hyst_gamma_permille, ONE, self._capacity_permille)
        self._relaxing = Follower(cell.relax_gamma_permille, 0, self._capacity_permille)
        self._charged = Flow(pack)
        self._discharged = Flow(pack)
        self._knots_ddegC = array("i", cell.r_ddegC)
        part = (_PERMILLE - pack.spread_r_permille) * _CHORD_permille // _PERMILLE
        self._least_0_uohm = array("i", [min(cell.r0_uohm) * f // _PERMILLE * part // _PERMILLE for f in cell.r0_permille])
        self._least_1_uohm = array("i", [min(cell.r1_uohm) * f // _PERMILLE * part // _PERMILLE for f in cell.r1_permille])
        self._least_2_uohm = array("i", [min(cell.r2_uohm) * f // _PERMILLE * part // _PERMILLE for f in cell.r2_permille])
        self._least_mA = 0  # since the last look, as the rest
        self._most_mA = 0
        self._moved_mAs = 0
        self._erred_mAs = 0
        self._leaked_mAs = 0
        self._round_ms = 0
        self._entropy_uV_K = (min(cell.entropy_uV_K), max(cell.entropy_uV_K))
        self._t_ref_ddegC = cell.t_ref_ddegC
        group_error_mV = sensor_error_m(pack.group_sensor, max(pack.taps) * cell.v_max_mV[LIMIT_FAULT])
        self._voltage_error_mV = group_error_mV // min(pack.taps) + 2 + _CURVATURE_mV
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
            self._lose()
        else:
            if current_mA < self._least_mA:
                self._least_mA = current_mA
            if current_mA > self._most_mA:
                self._most_mA = current_mA
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
        self._moved_mAs += whole
        self._erred_mAs += error + lost
        if lost:
            self._leaked_mAs += lost
        self._round_ms += dt_ms
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

    def restore(self, low_mAs: int, high_mAs: int, charge_mAs: int) -> None:
        """What another run knew, already widened by what nobody has seen since."""
        most = self.capacity_mAs
        self.low_mAs = 0 if low_mAs < 0 else low_mAs if low_mAs < most else most
        self.high_mAs = self.low_mAs if high_mAs < self.low_mAs else high_mAs if high_mAs < most else most
        self.charge_mAs = 0 if charge_mAs < 0 else charge_mAs if charge_mAs < most else most
        self.publish()

    def miss(self, lost_ms: int) -> None:
        """Time that no tick has seen: anything the pack may carry can have flowed."""
        lost_s = lost_ms // _MS_PER_S + 1
        self._lose()
        spread_mAs = self._unknown_mA * (lost_s if lost_s < _S_PER_H // 6 else _S_PER_H // 6)
        self.low_mAs = self.low_mAs - spread_mAs if self.low_mAs > spread_mAs else 0
        high = self.high_mAs + spread_mAs
        self.high_mAs = high if high < self.capacity_mAs else self.capacity_mAs

    def _lose(self) -> None:
        """Any current may have flowed."""
        self._least_mA = -self._unknown_mA
        self._most_mA = self._unknown_mA
        self._hysteresis.forget()
        self._relaxing.forget()
        self._charged.forget()
        self._discharged.forget()

    @micropython.native
    def anchor(self, snap: "Snapshot", bound: "Bound") -> None:
        """Intersects the interval with what the voltage allows. Every 100 ms, when the group voltages are believed."""
        least_mA = self._least_mA - self._unsure_mA(self._least_mA)
        most_mA = self._most_mA + self._unsure_mA(self._most_mA)
        if least_mA < -_CURRENT_MAX_mA:
            least_mA = -_CURRENT_MAX_mA
        if most_mA > _CURRENT_MAX_mA:
            most_mA = _CURRENT_MAX_mA
        if bound.resting:  # behind open contactors a reading of a current proves none
            if least_mA > 0:
                least_mA = 0
            if most_mA < 0:
                most_mA = 0
        charged = self._charged
        discharged = self._discharged
        hysteresis = self._hysteresis.reach
        relaxing = self._relaxing.reach
        self._follow(bound, least_mA, most_mA)
        least_0 = interpolated(bound.hot_ddegC, self._knots_ddegC, self._least_0_uohm)
        least_1 = interpolated(bound.hot_ddegC, self._knots_ddegC, self._least_1_uohm)
        least_2 = interpolated(bound.hot_ddegC, self._knots_ddegC, self._least_2_uohm)
        r0 = bound.r0_uohm
        r1 = bound.r1_uohm
        r2 = bound.r2_uohm
        mean_mV = sum(snap.group_mV) // self._layers
        # what entropy makes of the temperature, at its least and at its most
        low_uV, high_uV = self._entropy_uV_K
        warm = bound.hot_ddegC - self._t_ref_ddegC
        cold = bound.cold_ddegC - self._t_ref_ddegC
        a = low_uV * warm
        b = low_uV * cold
        c = high_uV * warm
        d = high_uV * cold
        fall_mV = min(a, b, c, d) // 10000
        rise_mV = max(a, b, c, d) // 10000 + 1
        margin_mV = self._voltage_error_mV
        relax_mV = self._relax_mV
        # a layer near 0 or 1 may lie outside the table, where the voltage says only "beyond the end"
        drop_mV = discharged.drop_mV(-most_mA, least_0, r0, r1, r2, least_1, least_2)
        above_mV = margin_mV + rise_mV + (relax_mV * relaxing[1] // ONE) + 1 - drop_mV
        low = self._inverse(hysteresis[1], 1, mean_mV - above_mV) * self._capacity_permille
        drop_mV = charged.drop_mV(least_mA, least_0, r0, r1, r2, least_1, least_2)
        below_mV = margin_mV - fall_mV + (relax_mV * relaxing[0] // ONE) + 1 - drop_mV
        high = (self._inverse(hysteresis[0], 0, mean_mV + 1 + below_mV) + 1) * self._capacity_permille
        if low > self.high_mAs or high < self.low_mAs:
            self.conflicts += 1
            if hysteresis[0] < ONE or hysteresis[1] < ONE:
                self._lose()  # the next look knows no more than the voltage
                low = 0
                high = self.capacity_mAs
            self.low_mAs = low
            self.high_mAs = high
            return
        if low > self.low_mAs:
            self.low_mAs = low
        if high < self.high_mAs:
            self.high_mAs = high

    def _unsure_mA(self, current_mA: int) -> int:
        """What one reading may be from the current that flows, as the ledger reckons it."""
        size = current_mA if current_mA >= 0 else -current_mA
        return self._quiet_mA + (size // 100 + 1) * self._error_ppm // 10000

    @micropython.native
    def _follow(self, bound: "Bound", least_mA: int, most_mA: int) -> None:
        """What the current since the last look did to the branches and to the RC elements."""
        round_ms = self._round_ms
        if round_ms < _ROUND_ms:
            round_ms = 0  # looks in between learn nothing
        charged = self._charged
        discharged = self._discharged
        charged.step(0, bound.memory_1_dA, least_mA, round_ms)
        charged.step(1, bound.memory_2_dA, least_mA, round_ms)
        discharged.step(0, bound.memory_1_dA, -most_mA, round_ms)
        discharged.step(1, bound.memory_2_dA, -most_mA, round_ms)
        if not round_ms:
            return
        moved = self._moved_mAs
        erred = self._erred_mAs + 1
        side = 0
        if most_mA < 0:
            moved = -moved
            side = 1
        if least_mA > 0 or most_mA < 0:
            self._hysteresis.step(side, moved - erred, 0)
            self._hysteresis.step(1 - side, 0, moved + erred)
            self._relaxing.step(side, moved - erred, 0)
            self._relaxing.step(1 - side, 0, moved + erred)
        elif not bound.resting or self._most_mA > self._quiet_mA or self._least_mA < -self._quiet_mA:
            either = ((most_mA if most_mA > -least_mA else -least_mA) // _MS_PER_S + 1) * round_ms
            for side in range(2):
                self._hysteresis.step(side, 0, either)
                self._relaxing.step(side, 0, either)
        elif self._leaked_mAs:  # what a layer loses by itself turns its branch, too
            self._hysteresis.step(0, 0, self._leaked_mAs)
            self._relaxing.step(0, 0, self._leaked_mAs)
        self._begin()

    def _begin(self) -> None:
        """A new round, which begins with nothing seen."""
        self._least_mA = _NONE_mA
        self._most_mA = -_NONE_mA
        self._moved_mAs = 0
        self._erred_mAs = 0
        self._leaked_mAs = 0
        self._round_ms = 0

    def _inverse(self, reach: int, above: int, v_mV: int) -> int:
        """Permille at which the OCV has v_mV when h is `reach` above 0, or below it; rounded down, 0 and 1000 beyond the
        ends. Branches lie as far from the middle as they may where that is the safe side."""
        branch_mV = self._curve_mV
        if reach >= 0:
            lay(self._ocv_mV, self._more_mV, reach, above, branch_mV)
        else:
            lay(self._ocv_mV, self._less_mV, -reach, 1 - above, branch_mV)
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
        if self._round_ms > _BLIND_ms:
            self._begin()
            self._lose()
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
