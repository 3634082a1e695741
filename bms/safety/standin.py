"""What stands in for a reading that is lost, while the pack serves its purpose and the fault of the loss weighs less for it.

    a group    its stack's own voltage, less the stack's other groups
    a stack    the sum of its groups
    a probe    the coldest other probe of its stack
    current A  current B
It is a sample in the tick in which all that it is made of came, and then as new as they are; else it ages like what is lost.
One of each sort can be stood in for, and no group of the stack whose own voltage is lost, nor any group or stack while a stack
disagrees with its groups: with more than that `sound` is false, and every fault weighs what the table says. A sensor that comes
back speaks for itself in the ticks in which it does.

A derived group errs by what the stack's sensor and those of its other groups err together: by `wider_mV` more, for a layer,
than a group that is measured. The rest errs no more than what it stands in for, which the linter sees to. Units: mV, ms.
"""

import micropython
from micropython import const

from bms.safety.plausible import sensor_error_m

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_CURRENT_A_mA = const(0)
_CURRENT_B_mA = const(1)
_GROUPS = const(1)
_STACKS = const(2)
_LIMIT_FAULT = const(2)
_PROBES = const(4)
_CURRENT = const(8)

_IN_DOUBT = const(16)  # a sort of its own

KINDS = {
    "group_voltage_stale": _GROUPS,
    "group_wire_open": _GROUPS,
    "group_crc": _GROUPS,
    "stack_voltage_stale": _STACKS,
    "temperature_stale": _PROBES,
    "temperature_wire_open": _PROBES,
    "temperature_wire_short": _PROBES,
    "current_stale": _CURRENT,
    "stack_sum_mismatch": _IN_DOUBT,
}
"""Faults after which something can stand in: the sort of what is lost; a stack and its groups that disagree lose nothing, but
neither can stand in for the other any more."""
_PROBES_HEARD_ticks = const(20)  # until probes that were all heard are no longer counted as late: two of their rounds


class StandIn:
    """`lost`: sorts of what is stood in for; `sound`: nothing is lost but that; `wider_mV`: of the bounds of a layer;
    `derived_mV`: what that is while a group is derived."""

    def __init__(self, pack: "Pack") -> None:
        n = len(pack.taps)
        self._per_stack = n
        self._probe_stack = bytearray(pack.probe_stack)
        self._group_deadline_ms = pack.group_sensor.deadline_ms
        self._stack_deadline_ms = pack.stack_sensor.deadline_ms
        self._probe_deadline_ms = pack.probe_sensor.deadline_ms
        self._current_deadline_ms = pack.current_a_sensor.deadline_ms
        full_mV = pack.cell.v_max_mV[_LIMIT_FAULT]
        error_mV = sensor_error_m(pack.stack_sensor, sum(pack.taps) * full_mV)
        for _ in range(n - 1):
            error_mV += sensor_error_m(pack.group_sensor, max(pack.taps) * full_mV)
        self.derived_mV = error_mV // min(pack.taps) + 1
        self._first_group = [s * n for s in range(pack.stacks)]
        self._group = 0
        self._stack = 0
        self._probe = 0
        self._first = False  # what is late was so before anything stood in for it
        self._probes_ticks = 0
        self.lost = 0
        self.sound = True
        self.wider_mV = 0

    def take(self, kind: int, place: int, snap: "Snapshot") -> None:
        """The reading of that sort and place is lost."""
        if self.lost & kind:
            return
        late = 0
        if kind == _GROUPS:
            self._group = place
            late = late_count(snap.group_age_ms, snap.groups, self._group_deadline_ms)
            self.wider_mV = self.derived_mV
        elif kind == _STACKS:
            self._stack = place
            late = late_count(snap.stack_age_ms, snap.stacks, self._stack_deadline_ms)
        elif kind == _PROBES:
            self._probe = place
            late = late_count(snap.probe_age_ms, snap.probes, self._probe_deadline_ms)
            self._probes_ticks = _PROBES_HEARD_ticks
        self.lost |= kind
        self._first = True
        both = self.lost & _GROUPS and self.lost & _STACKS and self._group // self._per_stack == self._stack
        doubtful = self.lost & _IN_DOUBT and self.lost & (_GROUPS | _STACKS)
        if late > 1 or both or doubtful:
            self.sound = False

    def release(self) -> None:
        """The pack serves no more: what is lost shows as such."""
        self.lost = 0
        self.sound = True
        self.wider_mV = 0

    def fill(self, snap: "Snapshot") -> None:
        """One tick, between the samples and what is made of them."""
        lost = self.lost
        if lost & _STACKS:
            self._fill_stack(snap, self._stack)
            if not self._first and snap.stack_oldest_ms > self._stack_deadline_ms:
                self.sound = False
        if lost & _GROUPS:
            self._fill_group(snap, self._group)
            if not self._first and snap.group_oldest_ms > self._group_deadline_ms:
                self.sound = False
        if lost & _PROBES:
            if self._probes_ticks:
                self._probes_ticks -= 1
            elif snap.probe_oldest_ms > self._probe_deadline_ms:
                self.sound = False
            if snap.fresh_bits & _PROBES:
                self._fill_probe(snap, self._probe)
        if lost & _CURRENT:
            ages = snap.age_ms
            if ages[_CURRENT_A_mA]:
                if not ages[_CURRENT_B_mA]:
                    snap.value[_CURRENT_A_mA] = snap.value[_CURRENT_B_mA]
                    ages[_CURRENT_A_mA] = 0
                elif ages[_CURRENT_B_mA] > self._current_deadline_ms:
                    self.sound = False
        self._first = False

    def _fill_group(self, snap: "Snapshot", g: int) -> None:
        ages = snap.group_age_ms
        s = g // self._per_stack
        if not ages[g] or snap.stack_age_ms[s]:
            return
        volts = snap.group_mV
        first = self._first_group[s]
        left_mV = snap.stack_mV[s]
        for k in range(first, first + self._per_stack):
            if k != g:
                if ages[k]:
                    return
                left_mV -= volts[k]
        volts[g] = left_mV
        ages[g] = 0

    def _fill_stack(self, snap: "Snapshot", s: int) -> None:
        if not snap.stack_age_ms[s]:
            return
        ages = snap.group_age_ms
        first = self._first_group[s]
        sum_mV = 0
        for k in range(first, first + self._per_stack):
            if ages[k]:
                return
            sum_mV += snap.group_mV[k]
        snap.stack_mV[s] = sum_mV
        snap.stack_age_ms[s] = 0

    def _fill_probe(self, snap: "Snapshot", p: int) -> None:
        """The coldest, so that two never agree upon more than one has measured."""
        ages = snap.probe_age_ms
        if not ages[p]:
            return
        stack = self._probe_stack
        values = snap.probe_ddegC
        at = p
        for k in range(snap.probes):
            if k != p and stack[k] == stack[p] and (at == p or values[k] < values[at]):
                at = k
        if at != p:
            values[p] = values[at]
            ages[p] = ages[at]


@micropython.viper
def late_count(ages: object, n: int, deadline_ms: int) -> int:
    """How many of n ages are beyond the deadline."""
    age_ms = ptr32(ages)  # type: ignore[arg-type]
    count = 0
    i = 0
    while i < n:
        if age_ms[i] > deadline_ms:
            count += 1
        i += 1
    return count
