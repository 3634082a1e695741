"""Which measurements are not to be believed: age, range, sums that must agree, sensors that must agree.

Fills the signals of the measurement chain and returns suspect channels as bits (GROUPS, STACKS, PROBES, CURRENT, VOLTAGES,
INPUTS). A suspect value is not yet a fault: monitor.py waits for the debounce. `sum_excess_mV` is how far the worst stack
and its groups disagree beyond what both sensors may err; bound.py widens by it. Tolerances follow from the pack's sensors,
error of a sensor being offset + gain * full value + one step + four sigma of noise.
"""

import micropython
from micropython import const

from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot, index_of

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack, Sensor

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_CURRENT_A_mA = const(0)
_GROUPS = const(1)
_CURRENT_B_mA = const(1)
_LIMIT_FAULT = const(2)
_STACKS = const(2)
_PACK_mV = const(2)
_LINK_mV = const(3)
_OUT_OF_RANGE = const(4)
_PROBES = const(4)
_FEEDBACK_bits = const(4)
_INTERLOCK_closed = const(6)
_CRASH_input = const(7)
_CURRENT = const(8)
_GROUP_AGE_ms = const(9)
_STACK_AGE_ms = const(10)
_PROBE_AGE_ms = const(11)
_CURRENT_AGE_ms = const(12)
_PACK_AGE_ms = const(13)
_LINK_AGE_ms = const(14)
_INPUTS_AGE_ms = const(15)
_GROUP_BEYOND_mV = const(16)
_VOLTAGES = const(16)
_PROBE_BEYOND_ddegC = const(17)
_CURRENT_BEYOND_mA = const(18)
_STACK_SUM_mV = const(19)
_STRING_SUM_mV = const(20)
_CURRENT_PAIR_mA = const(21)
_INTERLOCK_open = const(29)
_CRASH_seen = const(30)
_INPUTS = const(32)
_CURRENT_B_AGE_ms = const(33)
_CURRENT_B = const(256)

_NOT_FITTED = const(1 << 29)
_ALL_NEW = const(_GROUPS | _STACKS | _CURRENT | _VOLTAGES | _INPUTS)
_PAIR = const(_CURRENT | _CURRENT_B)
_SUM = const(_GROUPS | _STACKS)
_BIAS = const(0x20000000)  # voltages stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)
_LATE_ms = const(20)
_U_PER_M = const(1000)  # millionths in a thousandth


def sensor_error_m(sensor: "Sensor", value_m: int) -> int:
    """Largest error of a sensor at a value, both in thousandths of its unit, rounded up."""
    return (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u + value_m // _U_PER_M * sensor.gain_ppm) // _U_PER_M + 1


class Plausible:
    """Checks of the measurement chain. `sum_tolerance_mV`: of one stack against its groups."""

    def __init__(self, pack: "Pack", signals: Signals) -> None:
        cell = pack.cell
        self._value = signals.value
        self._where = signals.where
        self._group_low_mV = pack.group_sensor.low_m
        self._group_high_mV = pack.group_sensor.high_m
        self._probe_low_ddegC = pack.probe_sensor.low_m // 100
        self._probe_high_ddegC = pack.probe_sensor.high_m // 100
        self._current_span_mA = pack.current_a_sensor.high_m
        groups_mV = 0
        stack_mV = 0
        for n in pack.taps:
            groups_mV += sensor_error_m(pack.group_sensor, n * cell.v_max_mV[_LIMIT_FAULT])
            stack_mV += n * cell.v_max_mV[_LIMIT_FAULT]
        one_stack_mV = sensor_error_m(pack.stack_sensor, stack_mV)
        self.sum_tolerance_mV = groups_mV + one_stack_mV
        self._undisturbed_mV = self.sum_tolerance_mV
        string_error_mV = sensor_error_m(pack.pack_sensor, pack.stacks * stack_mV)
        self._string_tolerance_mV = pack.stacks * one_stack_mV + string_error_mV
        a = pack.current_a_sensor
        b = pack.current_b_sensor
        self._pair_fixed_mA = _NOT_FITTED
        self._pair_ppm = 0
        if b is not None:
            self._pair_fixed_mA = sensor_error_m(a, 0) + sensor_error_m(b, 0)
            self._pair_ppm = a.gain_ppm + b.gain_ppm
        self._group_deadline_ms = pack.group_sensor.deadline_ms
        self._stack_deadline_ms = pack.stack_sensor.deadline_ms
        self._probe_deadline_ms = pack.probe_sensor.deadline_ms
        self._current_deadline_ms = a.deadline_ms
        self._current_b_deadline_ms = a.deadline_ms if b is None else b.deadline_ms
        self._pack_deadline_ms = pack.pack_sensor.deadline_ms
        self.suspect = 0
        self.sum_excess_mV = 0
        self._total_mV = 0
        self._probe_age_ms = 0
        self._aged = True

    @micropython.native
    def step(self, snap: Snapshot, new_bits: int, testing: bool) -> int:
        """One tick. `new_bits` from summarise(); `testing`: the controller has just started and waits for first values.
        Returns the suspect channels."""
        signal = self._value
        value = snap.value
        suspect = 0
        probes = new_bits & _PROBES
        if self._aged or probes or new_bits & _ALL_NEW != _ALL_NEW or snap.probe_oldest_ms != self._probe_age_ms:
            suspect = self._ages(snap, testing)
        if new_bits & _INPUTS:
            signal[_INTERLOCK_open] = 1 - value[_INTERLOCK_closed]
            signal[_CRASH_seen] = value[_CRASH_input]
        current_mA = value[_CURRENT_A_mA]
        if new_bits & _PAIR == _PAIR and self._pair_fixed_mA != _NOT_FITTED:
            apart = current_mA - value[_CURRENT_B_mA]
            if apart < 0:
                apart = -apart
            current_dA = snap.current_dA
            if current_dA < 0:
                current_dA = -current_dA
            # the sensors sample some ms apart: a step of current shows as a difference for one sample, which the debounce spans
            apart -= self._pair_fixed_mA + current_dA * self._pair_ppm // 10000
            signal[_CURRENT_PAIR_mA] = apart
            if apart > 0:
                suspect |= _CURRENT
        # ranges
        if current_mA < 0:
            current_mA = -current_mA
        worst = current_mA - self._current_span_mA
        if snap.bad_bits & _CURRENT and worst < 0 and snap.reason[_CURRENT_A_mA] >= _OUT_OF_RANGE:
            worst = 1
        signal[_CURRENT_BEYOND_mA] = worst
        if worst > 0:
            suspect |= _CURRENT
        worst = snap.group_max_mV - self._group_high_mV
        low = self._group_low_mV - snap.group_min_mV
        if low > worst:
            worst = low
        if worst > 0 or snap.bad_bits & _GROUPS:
            worst = self._group_beyond(snap, worst, low)
            if worst > 0:
                suspect |= _GROUPS
        signal[_GROUP_BEYOND_mV] = worst
        if probes:
            suspect |= self._probe_beyond(snap)
        if new_bits & _SUM == _SUM:
            excess = self._scan_stacks(snap) - self.sum_tolerance_mV
            signal[_STACK_SUM_mV] = excess
            if excess > 0:
                self.sum_excess_mV = excess
                suspect |= _SUM
            else:
                self.sum_excess_mV = 0
            if new_bits & _VOLTAGES:
                apart = value[_PACK_mV] - self._total_mV
                signal[_STRING_SUM_mV] = (apart if apart >= 0 else -apart) - self._string_tolerance_mV
        self.suspect = suspect
        return suspect

    def disturb(self, stack_mV: int) -> None:
        """From now on the sum of a stack's groups may be off by so much more; 0 ends it."""
        self.sum_tolerance_mV = self._undisturbed_mV + stack_mV

    def _ages(self, snap: Snapshot, testing: bool) -> int:
        """Silence: while the controller waits for first values it is not one."""
        value = self._value
        suspect = 0
        self._aged = False
        age = snap.group_oldest_ms
        value[_GROUP_AGE_ms] = 0 if testing else age
        if age > self._group_deadline_ms:
            suspect = _GROUPS
            self._where[_GROUP_AGE_ms] = index_of(snap.group_age_ms, snap.groups, age)
        age = snap.stack_oldest_ms
        value[_STACK_AGE_ms] = 0 if testing else age
        if age > self._stack_deadline_ms:
            suspect |= _STACKS
            self._where[_STACK_AGE_ms] = index_of(snap.stack_age_ms, snap.stacks, age)
        age = snap.probe_oldest_ms
        self._probe_age_ms = age
        value[_PROBE_AGE_ms] = 0 if testing else age
        if age > self._probe_deadline_ms:
            suspect |= _PROBES
            self._where[_PROBE_AGE_ms] = index_of(snap.probe_age_ms, snap.probes, age)
        ages = snap.age_ms
        age = ages[_CURRENT_A_mA]
        value[_CURRENT_AGE_ms] = 0 if testing else age
        if age > self._current_deadline_ms:
            suspect |= _CURRENT
        if self._pair_fixed_mA != _NOT_FITTED:
            age = ages[_CURRENT_B_mA]
            value[_CURRENT_B_AGE_ms] = 0 if testing else age
            if age > self._current_b_deadline_ms:
                suspect |= _CURRENT_B
        deadline = self._pack_deadline_ms
        age = ages[_PACK_mV]
        value[_PACK_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= _VOLTAGES
        age = ages[_LINK_mV]
        value[_LINK_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= _VOLTAGES
        age = ages[_FEEDBACK_bits]
        value[_INPUTS_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= _INPUTS
        # while anything is late, or the first values are awaited, look at every tick
        self._aged = testing or suspect != 0 or snap.group_oldest_ms > _LATE_ms or snap.stack_oldest_ms > _LATE_ms
        return suspect

    def _group_beyond(self, snap: Snapshot, worst: int, low: int) -> int:
        """What is beyond the range of its sensor, by value or by what the front end says, and where."""
        if worst > 0:
            at = snap.group_min_mV if worst == low else snap.group_max_mV
            self._where[_GROUP_BEYOND_mV] = index_of(snap.group_mV, snap.groups, at)
            return worst
        reason = max(snap.group_reason)
        if reason < _OUT_OF_RANGE:
            return worst
        self._where[_GROUP_BEYOND_mV] = index_of(snap.group_reason, snap.groups, reason)
        return 1

    def _probe_beyond(self, snap: Snapshot) -> int:
        worst = snap.hottest_ddegC - self._probe_high_ddegC
        at = snap.hottest_probe
        low = self._probe_low_ddegC - snap.coldest_ddegC
        if low > worst:
            worst = low
            at = snap.coldest_probe
        self._where[_PROBE_BEYOND_ddegC] = at
        self._value[_PROBE_BEYOND_ddegC] = worst
        return _PROBES if worst > 0 else 0

    @micropython.viper
    def _scan_stacks(self, snap: object) -> int:
        """The sum of all stacks, and the largest difference between a stack and its groups: returned, and where it is.
        Called only when both sides are of this tick: what has aged is the business of the deadlines. Machine integers as
        in Snapshot: 30 bits with a bias."""
        stack_mV = ptr32(snap.stack_mV)  # type: ignore[attr-defined]
        sum_mV = ptr32(snap.stack_sum_mV)  # type: ignore[attr-defined]
        end = int(snap.stacks)  # type: ignore[attr-defined]
        total = 0
        worst = 0
        at = 0
        i = 0
        while i < end:
            v = stack_mV[i]
            total += v
            apart = ((v - sum_mV[i] + _BIAS) & _BIASED) - _BIAS
            if apart < 0:
                apart = 0 - apart
            if apart > worst:
                worst = apart
                at = i
            i += 1
        self._total_mV = ((total + _BIAS) & _BIASED) - _BIAS
        where = ptr8(self._where)
        where[_STACK_SUM_mV] = at
        return worst
