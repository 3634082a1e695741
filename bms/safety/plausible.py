"""Which measurements are not to be believed: age, range, sums that must agree, sensors that must agree.

Fills the signals of the measurement chain and returns suspect channels as bits (GROUPS, STACKS, PROBES, CURRENT, VOLTAGES,
INPUTS). A suspect value is not yet a fault: monitor.py waits for the debounce. `sum_excess_mV` is how far the worst stack
and its groups disagree beyond what both sensors may err; bound.py widens by it. Tolerances follow from the pack's sensors,
error of a sensor being offset + gain * full value + one step + four sigma of noise.
"""

from micropython import const

from bms.safety.faults import (
    LIMIT_FAULT,
    CRASH_seen,
    CURRENT_AGE_ms,
    CURRENT_BEYOND_mA,
    CURRENT_PAIR_mA,
    GROUP_AGE_ms,
    GROUP_BEYOND_mV,
    INPUTS_AGE_ms,
    INTERLOCK_open,
    LINK_AGE_ms,
    PACK_AGE_ms,
    PROBE_AGE_ms,
    PROBE_BEYOND_ddegC,
    Signals,
    STACK_AGE_ms,
    STACK_SUM_mV,
    STRING_SUM_mV,
)
from bms.safety.snapshot import (
    CURRENT,
    CURRENT_B,
    GROUPS,
    INPUTS,
    OUT_OF_RANGE,
    PROBES,
    STACKS,
    VOLTAGES,
    CURRENT_A_mA,
    CURRENT_B_mA,
    FEEDBACK_bits,
    INTERLOCK_closed,
    LINK_mV,
    PACK_mV,
    Snapshot,
    index_of,
)
from bms.safety.snapshot import (
    CRASH_seen as CRASH_input,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack, Sensor

_NOT_FITTED = const(1 << 29)
_ALL_NEW = GROUPS | STACKS | CURRENT | VOLTAGES | INPUTS
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
            groups_mV += sensor_error_m(pack.group_sensor, n * cell.v_max_mV[LIMIT_FAULT])
            stack_mV += n * cell.v_max_mV[LIMIT_FAULT]
        one_stack_mV = sensor_error_m(pack.stack_sensor, stack_mV)
        self.sum_tolerance_mV = groups_mV + one_stack_mV
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
        self._pack_deadline_ms = pack.pack_sensor.deadline_ms
        self.sum_excess_mV = 0
        self._aged = True

    def step(self, snap: Snapshot, new_bits: int, testing: bool) -> int:
        """One tick. `new_bits` from summarise(); `testing`: the controller has just started and waits for first values.
        Returns the suspect channels."""
        suspect = 0
        if new_bits & _ALL_NEW != _ALL_NEW or self._aged or new_bits & PROBES:
            suspect = self._ages(snap, testing)
        suspect |= self._inputs(snap, new_bits)
        suspect |= self._ranges(snap, new_bits)
        if new_bits & GROUPS and new_bits & STACKS:
            suspect |= self._sums(snap, new_bits)
        return suspect

    def _ages(self, snap: Snapshot, testing: bool) -> int:
        """Silence: while the controller waits for first values it is not one."""
        value = self._value
        suspect = 0
        self._aged = False
        age = snap.group_oldest_ms
        value[GROUP_AGE_ms] = 0 if testing else age
        if age > self._group_deadline_ms:
            suspect = GROUPS
            self._where[GROUP_AGE_ms] = index_of(snap.group_age_ms, max(snap.group_age_ms))
        age = snap.stack_oldest_ms
        value[STACK_AGE_ms] = 0 if testing else age
        if age > self._stack_deadline_ms:
            suspect |= STACKS
            self._where[STACK_AGE_ms] = index_of(snap.stack_age_ms, max(snap.stack_age_ms))
        age = snap.probe_oldest_ms
        value[PROBE_AGE_ms] = 0 if testing else age
        if age > self._probe_deadline_ms:
            suspect |= PROBES
            self._where[PROBE_AGE_ms] = index_of(snap.probe_age_ms, max(snap.probe_age_ms))
        ages = snap.age_ms
        age = ages[CURRENT_A_mA]
        value[CURRENT_AGE_ms] = 0 if testing else age
        if age > self._current_deadline_ms:
            suspect |= CURRENT
        deadline = self._pack_deadline_ms
        age = ages[PACK_mV]
        value[PACK_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= VOLTAGES
        age = ages[LINK_mV]
        value[LINK_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= VOLTAGES
        age = ages[FEEDBACK_bits]
        value[INPUTS_AGE_ms] = 0 if testing else age
        if age > deadline:
            suspect |= INPUTS
        # while anything is late, or the first values are awaited, look at every tick
        self._aged = testing or suspect != 0 or snap.group_oldest_ms > _LATE_ms or snap.stack_oldest_ms > _LATE_ms
        return suspect

    def _inputs(self, snap: Snapshot, new_bits: int) -> int:
        """Interlock and crash; the two current sensors against each other."""
        signal = self._value
        value = snap.value
        if new_bits & INPUTS:
            signal[INTERLOCK_open] = 1 - value[INTERLOCK_closed]
            signal[CRASH_seen] = value[CRASH_input]
        if self._pair_fixed_mA == _NOT_FITTED or not new_bits & CURRENT or not new_bits & CURRENT_B:
            return 0
        apart = value[CURRENT_A_mA] - value[CURRENT_B_mA]
        if apart < 0:
            apart = -apart
        current_dA = snap.current_dA
        if current_dA < 0:
            current_dA = -current_dA
        # the sensors sample some ms apart: a step of current shows as a difference for one sample, which the debounce spans
        excess = apart - self._pair_fixed_mA - current_dA * self._pair_ppm // 10000
        signal[CURRENT_PAIR_mA] = excess
        return CURRENT if excess > 0 else 0

    def _ranges(self, snap: Snapshot, new_bits: int) -> int:
        value = self._value
        suspect = 0
        worst = snap.group_max_mV - self._group_high_mV
        low = self._group_low_mV - snap.group_min_mV
        if low > worst:
            worst = low
        if worst > 0:
            at = snap.group_min_mV if worst == low else snap.group_max_mV
            self._where[GROUP_BEYOND_mV] = index_of(snap.group_mV, at)
        elif snap.bad_bits & GROUPS and max(snap.group_reason) >= OUT_OF_RANGE:
            worst = 1
            self._where[GROUP_BEYOND_mV] = index_of(snap.group_reason, max(snap.group_reason))
        if worst > 0:
            suspect = GROUPS
        value[GROUP_BEYOND_mV] = worst
        if new_bits & PROBES:
            worst = snap.hottest_ddegC - self._probe_high_ddegC
            self._where[PROBE_BEYOND_ddegC] = snap.hottest_probe
            low = self._probe_low_ddegC - snap.coldest_ddegC
            if low > worst:
                worst = low
                self._where[PROBE_BEYOND_ddegC] = snap.coldest_probe
            value[PROBE_BEYOND_ddegC] = worst
            if worst > 0:
                suspect |= PROBES
        worst = snap.value[CURRENT_A_mA]
        if worst < 0:
            worst = -worst
        worst -= self._current_span_mA
        if worst < 0 and snap.bad_bits & CURRENT and snap.reason[CURRENT_A_mA] >= OUT_OF_RANGE:
            worst = 1
        value[CURRENT_BEYOND_mA] = worst
        return suspect | CURRENT if worst > 0 else suspect

    def _sums(self, snap: Snapshot, new_bits: int) -> int:
        """Only where both sides are of this tick: what has aged is the business of the deadlines."""
        value = self._value
        sums = snap.stack_sum_mV
        stacks = snap.stack_mV
        worst = -1
        at = 0
        total = 0
        for s in range(snap.stacks):
            v = stacks[s]
            total += v
            d = v - sums[s]
            if d < 0:
                d = -d
            if d > worst:
                worst = d
                at = s
        excess = worst - self.sum_tolerance_mV
        value[STACK_SUM_mV] = excess
        self._where[STACK_SUM_mV] = at
        self.sum_excess_mV = excess if excess > 0 else 0
        if new_bits & VOLTAGES:
            d = snap.value[PACK_mV] - total
            value[STRING_SUM_mV] = (d if d >= 0 else -d) - self._string_tolerance_mV
        return GROUPS | STACKS if excess > 0 else 0
