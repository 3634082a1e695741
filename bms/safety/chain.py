"""Whether the front ends measure, or only answer.

Each sort of frame carries a counter of conversions, modulo 256. Frames that come while it stands still repeat an old value:
how long, from the first frame on, is a signal; a counter that has never moved is a fault like one that has stopped. Silence
is the business of the stale rows: for up to QUIET_ms it neither adds nor takes away, longer it starts the time anew. The
front ends' own health (open taps, failed checks, chips that do not answer, reference, supply) is passed on as it comes.

A single group that repeats exactly one value has frozen when the median of all groups has moved by MOVED_mV a layer since
the value last changed: the time since the median did so is a signal. With two groups the other is the median, with one there
is none; a median that counts the group itself lies between those of its sisters. Quiet packs move no median. Groups of
unlike size are compared as if all had the least common multiple of layers. Units: mV of such a group, ms.
"""

from array import array

import micropython
from micropython import const

from bms.safety.tables import nth

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_GROUPS = const(1)
_SELF_TEST = const(1)
_OPEN_WIRE = const(2)
_CRC_ERROR = const(3)
_CURRENT = const(8)
_CONVERSIONS_count = const(16)
_VOLTAGES = const(16)
_CRC_ERROR_chips = const(17)
_LOST_CHIPS_bits = const(18)
_REFERENCE_error = const(19)
_BROWN_OUT_seen = const(20)
_CURRENT_count = const(21)
_VOLTAGES_count = const(22)
_INPUTS_count = const(23)
_INPUTS = const(32)
_GROUP_WIRE_open = const(48)
_GROUP_CRC_bad = const(49)
_GROUP_FROZEN_ms = const(50)
_CURRENT_FROZEN_ms = const(78)
_CHIPS_lost = const(82)
_REFERENCE_bad = const(83)
_BROWN_OUT_told = const(84)
_CHAIN_AGE_ms = const(85)
_CHAIN_CRC_bad = const(86)
_CHAIN = const(128)
_AGE_MAX_ms = const(60000)

QUIET_ms = const(100)  # the deadlines of the sensors, assumed alike
MOVED_mV = const(40)  # of a layer: far beyond noise, reached by any load worth the name
_ALL = const(_CURRENT | _VOLTAGES | _INPUTS | _CHAIN)
_COUNTERS = const(4)
_UNWELL = const(1)  # on top of the counters that have moved
_MANY = const(2047)  # a group's voltage on the wire, so many times, stays within 2^29
_SISTERS = const(2)
_BIAS = const(0x20000000)  # values stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)


class Chain:
    """Signals of the front ends."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where
        groups = pack.stacks * len(pack.taps)
        # in the order of the signals
        self._counter_bits = (_CURRENT, _VOLTAGES, _INPUTS, _CHAIN)
        self._last = array("i", [0] * _COUNTERS)
        self._still_ms = array("i", [0] * _COUNTERS)
        self._quiet_ms = array("i", [0] * _COUNTERS)
        self._chain_ms = _AGE_MAX_ms
        self._busy = True
        like = 1
        for n in set(pack.taps):
            most = like
            while like % n:
                like += most
        if like > _MANY * min(pack.taps):
            like = _MANY * min(pack.taps)
        self._times = array("i", [like // n for n in pack.taps] * pack.stacks)
        self._moved_mV = MOVED_mV * like
        self._scaled = array("i", [0] * groups)
        self._group_last = array("i", [0] * groups)
        self._group_median = array("i", [0] * groups)
        self._group_ms = array("i", [0] * groups)
        self._frozen_group = 0

    def step(self, snap: "Snapshot", state: int, dt_ms: int) -> None:
        """One tick. `state` of the machine: in self-test the chain is not late yet."""
        told = counted(snap.value, self._last)
        if told == _ALL and not self._busy and not snap.bad_bits & _GROUPS:
            return
        value = self._value
        heard = snap.fresh_bits | snap.bad_bits
        busy = told != _ALL
        for i in range(_COUNTERS):
            bit = self._counter_bits[i]
            still_ms = self._still_ms[i] + dt_ms
            if still_ms > _AGE_MAX_ms:
                still_ms = _AGE_MAX_ms
            if told & bit:
                still_ms = 0
                self._quiet_ms[i] = 0
                value[_CURRENT_FROZEN_ms + i] = 0
            elif heard & bit:
                self._quiet_ms[i] = 0
                value[_CURRENT_FROZEN_ms + i] = still_ms
            else:
                quiet_ms = self._quiet_ms[i] + dt_ms
                if quiet_ms > QUIET_ms:
                    quiet_ms = _AGE_MAX_ms
                    still_ms = 0
                    value[_CURRENT_FROZEN_ms + i] = 0
                self._quiet_ms[i] = quiet_ms
            self._still_ms[i] = still_ms
        age_ms = self._chain_ms + dt_ms
        if heard & _CHAIN:
            age_ms = dt_ms
            self._health(snap)
        elif age_ms > _AGE_MAX_ms:
            age_ms = _AGE_MAX_ms
        self._chain_ms = age_ms
        value[_CHAIN_AGE_ms] = 0 if state == _SELF_TEST else age_ms
        if heard & _GROUPS:
            if self._reason(snap, _OPEN_WIRE, _GROUP_WIRE_open) | self._reason(snap, _CRC_ERROR, _GROUP_CRC_bad):
                busy = True
        elif value[_GROUP_WIRE_open] | value[_GROUP_CRC_bad]:
            busy = True
        self._busy = busy or state == _SELF_TEST

    def _health(self, snap: "Snapshot") -> None:
        value = self._value
        told = snap.value
        value[_CHIPS_lost] = told[_LOST_CHIPS_bits]
        value[_REFERENCE_bad] = told[_REFERENCE_error]
        value[_BROWN_OUT_told] = told[_BROWN_OUT_seen]
        value[_CHAIN_CRC_bad] = told[_CRC_ERROR_chips]

    def _reason(self, snap: "Snapshot", reason: int, signal: int) -> int:
        """Whether any group tells in this tick of this reason for having no value."""
        told = 0
        if snap.bad_bits & _GROUPS:
            reasons = snap.group_reason
            for g in range(snap.groups):
                if reasons[g] == reason:
                    told = 1
                    self._where[signal] = g
        self._value[signal] = told
        return told

    def refresh(self, snap: "Snapshot", round_ms: int) -> None:
        """Once a round: which group stands still."""
        if snap.groups < _SISTERS:
            return
        self._value[_GROUP_FROZEN_ms] = self._watch_groups(snap, self._median(snap), round_ms)
        self._where[_GROUP_FROZEN_ms] = self._frozen_group

    def _median(self, snap: "Snapshot") -> int:
        """The lower median of all groups as if of one size, with BIAS on top."""
        n = self._scale(snap)
        return self._scaled[nth(self._scaled, n, (n - 1) // 2)] + _BIAS

    @micropython.viper
    def _scale(self, snap: object) -> int:
        """All groups as if of one size. Returns how many there are."""
        group_mV = ptr32(snap.group_mV)  # type: ignore[attr-defined]
        times = ptr32(self._times)
        scaled = ptr32(self._scaled)
        n = int(snap.groups)  # type: ignore[attr-defined]
        i = 0
        while i < n:
            scaled[i] = group_mV[i] * times[i]
            i += 1
        return n

    @micropython.viper
    def _watch_groups(self, snap: object, median: int, round_ms: int) -> int:
        """The longest time of a group that repeats one value while the median has moved; where is _frozen_group."""
        scaled = ptr32(self._scaled)
        age_ms = ptr32(snap.group_age_ms)  # type: ignore[attr-defined]
        last = ptr32(self._group_last)
        was = ptr32(self._group_median)
        time_ms = ptr32(self._group_ms)
        moved = int(self._moved_mV)
        n = int(snap.groups)  # type: ignore[attr-defined]
        worst = 0
        at = 0
        i = 0
        while i < n:
            other = median
            if n == 2:
                other = (scaled[1 - i] + _BIAS) & _BIASED
            v = (scaled[i] + _BIAS) & _BIASED
            if v != last[i] or age_ms[i] > 100:
                last[i] = v
                was[i] = other
                time_ms[i] = 0
            else:
                apart = other - was[i]
                if apart < 0:
                    apart = 0 - apart
                t = time_ms[i]
                if t > 0 or apart >= moved:
                    t += round_ms
                    if t > 60000:
                        t = 60000
                    time_ms[i] = t
                    if t > worst:
                        worst = t
                        at = i
            i += 1
        self._frozen_group = at
        return worst


@micropython.viper
def counted(values: object, lasts: object) -> int:
    """Channels whose conversion counter is not what it was; 1 more where the front ends do not call themselves sound."""
    value = ptr32(values)  # type: ignore[arg-type]
    last = ptr32(lasts)  # type: ignore[arg-type]
    told = 0
    if value[_CURRENT_count] != last[0]:
        last[0] = value[_CURRENT_count]
        told = _CURRENT
    if value[_VOLTAGES_count] != last[1]:
        last[1] = value[_VOLTAGES_count]
        told |= _VOLTAGES
    if value[_INPUTS_count] != last[2]:
        last[2] = value[_INPUTS_count]
        told |= _INPUTS
    if value[_CONVERSIONS_count] != last[3]:
        last[3] = value[_CONVERSIONS_count]
        told |= _CHAIN
    if value[_CRC_ERROR_chips] | value[_LOST_CHIPS_bits] | value[_REFERENCE_error] | value[_BROWN_OUT_seen]:
        told |= _UNWELL
    return told
