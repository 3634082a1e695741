"""Turns signals into faults: one loop over the fault table, one judgement for every row.

A row in excess must show it in `samples` fresh samples in a row, and for `after_ms` since the first, to become a fault; one
fresh sample inside its limit starts it anew. An unlatched fault leaves after the same debounce inside limit - release. A
latched one stays until reset() finds every cause gone. Silence never counts as a sample. Units as in faults.py.
"""

from array import array

import micropython
from micropython import const

from bms.safety import faults as F
from bms.safety import signals as N

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

_QUIET = const(0)
_PENDING = const(1)
_ACTIVE = const(2)
_LEAVING = const(3)
_WORD_BITS = const(16)
_NEVER = const(0x3FFFFFFF)  # limit of a signal that no row looks at
_TIME_MAX_ms = const(60000)
NOWHERE = const(255)


class Monitor:
    """Faults of the pack. `words`: one bit per fault id, 16 a word; `severity`: worst of all; `first_cause`, `first_where`:
    what tripped or warned first at that severity since the last reset."""

    def __init__(self, pack: "Pack", signals: N.Signals) -> None:
        table = F.TABLE
        n = len(table)
        self._value = signals.value
        self._where = signals.where
        self._new_bits = 0
        self._rows = n
        self._signals = N.SIGNALS
        self._signal = bytearray(row.signal for row in table)
        self._above = bytearray(1 if row.sense > 0 else 0 for row in table)
        # rows stand in the order of their signals: those of signal s are _first[s] ... _first[s + 1] - 1
        self._first = bytearray(N.SIGNALS + 1)
        self._flip = array("i", [0] * N.SIGNALS)
        self._tightest = array("i", [_NEVER] * N.SIGNALS)
        self._busy = bytearray(N.SIGNALS)
        for i in range(n):
            row = table[i]
            s = row.signal
            flip = 0 if row.sense > 0 else -1
            if i and (s < table[i - 1].signal or (s == table[i - 1].signal and row.sense != table[i - 1].sense)):
                raise ValueError(row.name + ": rows stand in the order of their signals, one sense each")
            self._first[s + 1] = i + 1
            self._flip[s] = flip
            self._tightest[s] = min(self._tightest[s], F.limit_of(row, pack) ^ flip)
        for s in range(N.SIGNALS):
            self._first[s + 1] = max(self._first[s], self._first[s + 1])
        self._channel = array("h", [row.channel for row in table])
        self._limit = array("i", [F.limit_of(row, pack) for row in table])
        self._release = array("i", [row.release for row in table])
        self._samples = array("h", [row.samples for row in table])
        self._after_ms = array("i", [row.after_ms for row in table])
        self._latch = bytearray(1 if row.latch else 0 for row in table)
        self._severity = bytearray(row.severity for row in table)
        self._id = bytearray(row.id for row in table)
        self._state = bytearray(n)
        self._count = array("h", [0] * n)
        self._time_ms = array("i", [0] * n)
        self._gone = bytearray(n)
        self.words = array("H", [0] * (F.ROOM // _WORD_BITS))
        self.severity = 0
        self.first_cause = 0
        self.first_where = NOWHERE
        self.first_severity = 0

    def step(self, new_bits: int, dt_ms: int) -> int:
        """One tick. `new_bits`: channels that are new, from Snapshot.summarise(). Returns the worst severity."""
        self._new_bits = new_bits
        end = self._signals
        values = self._value
        s = next_signal(values, self._tightest, self._flip, self._busy, 0, end)
        if s == end:
            return self.severity
        changed = 0
        while s < end:
            value = values[s]
            for i in range(self._first[s], self._first[s + 1]):
                excess = value - self._limit[i] if self._above[i] else self._limit[i] - value
                if excess > 0 or self._state[i]:
                    changed |= self._judge(i, excess, dt_ms)
            self._mark(s)
            s = next_signal(values, self._tightest, self._flip, self._busy, s + 1, end)
        if changed:
            self._worst()
        return self.severity

    def _mark(self, s: int) -> None:
        """Whether any row of this signal is not at rest."""
        busy = 0
        for i in range(self._first[s], self._first[s + 1]):
            busy |= self._state[i]
        self._busy[s] = busy

    def _judge(self, i: int, excess: int, dt_ms: int) -> int:
        """Debounce, release and latch of one row. Returns 1 when the set of faults changed."""
        state = self._state[i]
        time_ms = self._time_ms[i] + dt_ms
        if time_ms > _TIME_MAX_ms:
            time_ms = _TIME_MAX_ms
        self._time_ms[i] = time_ms
        channel = self._channel[i]
        if self._new_bits & channel != channel:
            return 0
        bad = excess > 0
        if state == _QUIET or state == _PENDING:
            if not bad:
                self._state[i] = _QUIET
                return 0
            if state == _QUIET:
                self._state[i] = _PENDING
                self._count[i] = 0
                self._time_ms[i] = time_ms = 0
            return self._advance(i, time_ms, _ACTIVE)
        if excess > -self._release[i]:
            self._state[i] = _ACTIVE
            self._gone[i] = 0
            return 0
        if state == _ACTIVE:
            self._state[i] = _LEAVING
            self._count[i] = 0
            self._time_ms[i] = time_ms = 0
        if not self._latch[i]:
            return self._advance(i, time_ms, _QUIET)
        if not self._gone[i]:
            count = self._count[i] + 1
            self._count[i] = count
            if count >= self._samples[i] and time_ms >= self._after_ms[i]:
                self._gone[i] = 1
        return 0

    def _advance(self, i: int, time_ms: int, target: int) -> int:
        count = self._count[i] + 1
        self._count[i] = count
        if count < self._samples[i] or time_ms < self._after_ms[i]:
            return 0
        self._state[i] = target
        number = self._id[i]
        bit = 1 << (number % _WORD_BITS)
        if target == _ACTIVE:
            self.words[number // _WORD_BITS] |= bit
            if self._severity[i] > self.first_severity:
                self.first_severity = self._severity[i]
                self.first_cause = number
                self.first_where = self._where[self._signal[i]]
        else:
            self.words[number // _WORD_BITS] &= 0xFFFF ^ bit
        return 1

    def _worst(self) -> None:
        worst = 0
        state = self._state
        severity = self._severity
        for i in range(self._rows):
            if state[i] >= _ACTIVE and severity[i] > worst:
                worst = severity[i]
        self.severity = worst
        if self.first_severity >= F.TRIP_AFTER_RAMP or (self.first_severity == worst and self.is_active(self.first_cause)):
            return
        # a warning that has left no longer stands as the cause; a trip does until it is reset
        self.first_severity = worst
        self.first_cause = 0
        self.first_where = NOWHERE
        for i in range(self._rows):
            if state[i] >= _ACTIVE and severity[i] == worst:
                self.first_cause = self._id[i]
                self.first_where = self._where[self._signal[i]]
                break

    def is_active(self, number: int) -> bool:
        """True while the fault with this id stands."""
        return (self.words[number // _WORD_BITS] >> (number % _WORD_BITS)) & 1 == 1

    def reset(self) -> bool:
        """Takes the latched faults away whose causes are gone; none of them while the cause of one that trips is not. Returns
        True when nothing is left that trips."""
        for i in range(self._rows):
            trips = self._severity[i] >= F.TRIP_AFTER_RAMP
            if trips and self._state[i] >= _ACTIVE and self._latch[i] and not self._gone[i]:
                return False
        for i in range(self._rows):
            if self._gone[i]:
                self._state[i] = _QUIET
                self._mark(self._signal[i])
                self._gone[i] = 0
                number = self._id[i]
                self.words[number // _WORD_BITS] &= 0xFFFF ^ (1 << (number % _WORD_BITS))
        self.first_severity = 0
        self._worst()
        return True


@micropython.viper
def next_signal(values: object, tightest_limits: object, flips: object, busies: object, first: int, end: int) -> int:
    """The next signal of first ... end - 1 that is beyond the tightest of its limits or has a row not at rest; else
    `end`. A signal whose rows mind low values is compared with all its bits turned over, like its limit.

    Machine integers: 32 bits wide on a controller, 64 with loads that are not sign-extended on a desk. Bit 31 of the
    difference tells its sign on both, and on CPython too.
    """
    value = ptr32(values)  # type: ignore[arg-type]
    tightest = ptr32(tightest_limits)  # type: ignore[arg-type]
    flip = ptr32(flips)  # type: ignore[arg-type]
    busy = ptr8(busies)  # type: ignore[arg-type]
    s = first
    while s < end:
        if busy[s] | (tightest[s] - (value[s] ^ flip[s])) >> 31 & 1:
            break
        s += 1
    return s
