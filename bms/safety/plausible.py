"""Which measurements are not to be believed: age, range, sums that must agree, sensors that must agree.

Fills the signals of the measurement chain and returns suspect channels as bits (GROUPS, STACKS, PROBES, CURRENT, VOLTAGES,
INPUTS). A suspect value is not yet a fault: monitor.py waits for the debounce. `sum_excess_mV` is how far the worst stack
and its groups disagree beyond what both sensors may err; bound.py widens by it. Tolerances follow from the pack's sensors,
error of a sensor being offset + gain * full value + one step + four sigma of noise.
"""

from array import array

from micropython import const

from bms.safety import faults as F
from bms.safety import snapshot as S

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack, Sensor

_NOT_FITTED = const(1 << 29)
_U_PER_M = const(1000)  # millionths in a thousandth


def sensor_error_m(sensor: "Sensor", value_m: int) -> int:
    """Largest error of a sensor at a value, both in thousandths of its unit, rounded up."""
    return (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u + value_m // _U_PER_M * sensor.gain_ppm) // _U_PER_M + 1


class Plausible:
    """Checks of the measurement chain. `sum_tolerance_mV`: of one stack against its groups."""

    def __init__(self, pack: "Pack", signals: F.Signals) -> None:
        cell = pack.cell
        self._signals = signals
        self._group_low_mV = pack.group_sensor.low_m
        self._group_high_mV = pack.group_sensor.high_m
        self._probe_low_ddegC = pack.probe_sensor.low_m // 100
        self._probe_high_ddegC = pack.probe_sensor.high_m // 100
        self._current_span_mA = pack.current_a_sensor.high_m
        self._group_deadline_ms = pack.group_sensor.deadline_ms
        groups_mV = 0
        stack_mV = 0
        for n in pack.taps:
            groups_mV += sensor_error_m(pack.group_sensor, n * cell.v_max_mV[F.LIMIT_FAULT])
            stack_mV += n * cell.v_max_mV[F.LIMIT_FAULT]
        one_stack_mV = sensor_error_m(pack.stack_sensor, stack_mV)
        self.sum_tolerance_mV = groups_mV + one_stack_mV
        self._string_tolerance_mV = pack.stacks * one_stack_mV + sensor_error_m(
            pack.pack_sensor, pack.stacks * stack_mV
        )
        a = pack.current_a_sensor
        b = pack.current_b_sensor
        self._pair_fixed_mA = _NOT_FITTED
        self._pair_ppm = 0
        if b is not None:
            self._pair_fixed_mA = sensor_error_m(a, 0) + sensor_error_m(b, 0)
            self._pair_ppm = a.gain_ppm + b.gain_ppm
        self._deadlines_ms = array(
            "i",
            (
                pack.group_sensor.deadline_ms,
                pack.stack_sensor.deadline_ms,
                pack.probe_sensor.deadline_ms,
                a.deadline_ms,
                pack.pack_sensor.deadline_ms,
            ),
        )
        self.sum_excess_mV = 0

    def step(self, snap: S.Snapshot, testing: bool, dt_ms: int) -> int:
        """One tick. `testing`: the controller has just started and waits for first values. Returns suspect channels."""
        self._ages(snap, testing)
        suspect = self._ranges(snap)
        suspect |= self._sums(snap, dt_ms)
        suspect |= self._currents(snap, dt_ms)
        deadline_ms = self._deadlines_ms
        if snap.group_oldest_ms > deadline_ms[0]:
            suspect |= S.GROUPS
        if snap.stack_oldest_ms > deadline_ms[1]:
            suspect |= S.STACKS
        if snap.probe_oldest_ms > deadline_ms[2]:
            suspect |= S.PROBES
        if snap.age_ms[S.CURRENT_A_mA] > deadline_ms[3]:
            suspect |= S.CURRENT
        if snap.age_ms[S.PACK_mV] > deadline_ms[4] or snap.age_ms[S.LINK_mV] > deadline_ms[4]:
            suspect |= S.VOLTAGES
        if snap.age_ms[S.FEEDBACK_bits] > deadline_ms[4]:
            suspect |= S.INPUTS
        return suspect

    def _ages(self, snap: S.Snapshot, testing: bool) -> None:
        value = self._signals.value
        where = self._signals.where
        fresh = self._signals.fresh
        value[F.GROUP_AGE_ms] = snap.group_oldest_ms
        where[F.GROUP_AGE_ms] = snap.group_oldest
        value[F.STACK_AGE_ms] = snap.stack_oldest_ms
        where[F.STACK_AGE_ms] = snap.stack_oldest
        value[F.PROBE_AGE_ms] = snap.probe_oldest_ms
        where[F.PROBE_AGE_ms] = snap.probe_oldest
        age_ms = snap.age_ms
        value[F.CURRENT_AGE_ms] = age_ms[S.CURRENT_A_mA]
        value[F.PACK_AGE_ms] = age_ms[S.PACK_mV]
        value[F.LINK_AGE_ms] = age_ms[S.LINK_mV]
        value[F.INPUTS_AGE_ms] = age_ms[S.FEEDBACK_bits]
        value[F.INTERLOCK_open] = 1 - snap.value[S.INTERLOCK_closed]
        value[F.CRASH_seen] = snap.value[S.CRASH_seen]
        inputs = 1 if snap.fresh_bits & S.INPUTS else 0
        fresh[F.INTERLOCK_open] = inputs
        fresh[F.CRASH_seen] = inputs
        for i in range(F.GROUP_AGE_ms, F.INPUTS_AGE_ms + 1):
            fresh[i] = 1
            if testing:
                value[i] = 0

    def _ranges(self, snap: S.Snapshot) -> int:
        value = self._signals.value
        fresh = self._signals.fresh
        suspect = 0
        group_mV = snap.group_mV
        low = self._group_low_mV
        high = self._group_high_mV
        reason = snap.group_reason
        worst = 0
        at = 255
        for g in range(snap.groups):
            v = group_mV[g]
            if v < low:
                beyond = low - v
            elif v > high:
                beyond = v - high
            elif reason[g] == S.OUT_OF_RANGE:
                beyond = 1
            else:
                continue
            if beyond > worst:
                worst = beyond
                at = g
        if worst:
            suspect = S.GROUPS
        value[F.GROUP_BEYOND_mV] = worst
        self._signals.where[F.GROUP_BEYOND_mV] = at
        fresh[F.GROUP_BEYOND_mV] = 1 if (snap.fresh_bits | snap.bad_bits) & S.GROUPS else 0
        worst = 0
        if snap.hottest_ddegC > self._probe_high_ddegC:
            worst = snap.hottest_ddegC - self._probe_high_ddegC
            at = snap.hottest_probe
        elif snap.coldest_ddegC < self._probe_low_ddegC:
            worst = self._probe_low_ddegC - snap.coldest_ddegC
            at = snap.coldest_probe
        if worst:
            suspect |= S.PROBES
        value[F.PROBE_BEYOND_ddegC] = worst
        self._signals.where[F.PROBE_BEYOND_ddegC] = at
        fresh[F.PROBE_BEYOND_ddegC] = 1 if snap.fresh_bits & S.PROBES else 0
        beyond = abs(snap.current_mA) - self._current_span_mA
        if snap.reason[S.CURRENT_A_mA] == S.OUT_OF_RANGE:
            beyond = 1
        value[F.CURRENT_BEYOND_mA] = beyond if beyond > 0 else 0
        fresh[F.CURRENT_BEYOND_mA] = 1 if (snap.fresh_bits | snap.bad_bits) & S.CURRENT else 0
        if beyond > 0:
            suspect |= S.CURRENT
        return suspect

    def _sums(self, snap: S.Snapshot, dt_ms: int) -> int:
        value = self._signals.value
        fresh = self._signals.fresh
        sums = snap.stack_sum_mV
        stacks = snap.stack_mV
        worst = 0
        at = 255
        for s in range(snap.stacks):
            d = stacks[s] - sums[s]
            if d < 0:
                d = -d
            if d > worst:
                worst = d
                at = s
        excess = worst - self.sum_tolerance_mV
        # the check needs both sides of this tick: what has aged is the business of the deadlines
        new = snap.group_oldest_ms <= dt_ms and snap.stack_oldest_ms <= dt_ms
        value[F.STACK_SUM_mV] = excess
        self._signals.where[F.STACK_SUM_mV] = at
        fresh[F.STACK_SUM_mV] = 1 if new else 0
        self.sum_excess_mV = excess if excess > 0 else 0
        value[F.STRING_SUM_mV] = abs(snap.value[S.PACK_mV] - snap.stacks_mV) - self._string_tolerance_mV
        fresh[F.STRING_SUM_mV] = 1 if new and snap.fresh_bits & S.VOLTAGES else 0
        return S.GROUPS | S.STACKS if excess > 0 and new else 0

    def _currents(self, snap: S.Snapshot, dt_ms: int) -> int:
        if self._pair_fixed_mA == _NOT_FITTED:
            return 0
        a = snap.value[S.CURRENT_A_mA]
        apart = abs(a - snap.value[S.CURRENT_B_mA])
        # the sensors sample some ms apart: a step of current shows as a difference for one sample, which the debounce spans
        excess = apart - self._pair_fixed_mA - abs(snap.current_dA) * self._pair_ppm // 10000
        self._signals.value[F.CURRENT_PAIR_mA] = excess
        new = snap.age_ms[S.CURRENT_A_mA] <= dt_ms and snap.age_ms[S.CURRENT_B_mA] <= dt_ms
        self._signals.fresh[F.CURRENT_PAIR_mA] = 1 if new else 0
        return S.CURRENT if excess > 0 and new else 0
