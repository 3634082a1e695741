"""Turns signals into faults: one loop over the fault table, one judgement for every row.

A row in excess must show it in `samples` fresh samples in a row, and for `after_ms` since the first, to become a fault; one
fresh sample inside its limit starts it anew. An unlatched fault leaves after the same debounce inside limit - release. A
latched one stays until reset() finds every cause gone. Silence never counts as a sample. Units as in faults.py.

Rows of the pack's priority weigh what it says while the pack serves: from the tick in which it drives until its contactors
have opened. Such a row bars charge for that time, and standin.py stands in for what it says is lost. Where that is not sound,
and at all other times, they weigh what the table says: nothing closes, and nothing is charged, with one of them standing.
"""

from array import array

import micropython
from micropython import const

from bms.safety import faults as F
from bms.safety import signals as N
from bms.safety.standin import KINDS

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.machine import Machine
    from bms.safety.snapshot import Snapshot
    from bms.safety.standin import StandIn
    from bms.schema import Pack

# Copies of what machine.py says: no look-up; a test holds them together.
_DRIVE = const(3)
_OPENING = const(5)

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
        self._full = self._severity
        self._eased = bytearray(self._severity)
        names = [row.name for row in table]
        for name, severity in pack.priority:
            if name not in names:
                raise ValueError("priority: no fault " + name)
            self._eased[names.index(name)] = severity
        self._eased_rows = bytearray([names.index(name) for name, _ in pack.priority])
        self._eased_kinds = bytearray([KINDS.get(name, 0) for name, _ in pack.priority])
        self._eases = False  # until it is known when the pack serves
        self._serves = False
        self._machine: Machine = None  # type: ignore[assignment]  # asked for nothing while there are no such rows
        self._stand_in: StandIn = None  # type: ignore[assignment]
        self._snap: Snapshot = None  # type: ignore[assignment]
        self.words = array("H", [0] * (F.ROOM // _WORD_BITS))
        self.severity = 0
        self.first_cause = 0
        self.first_where = NOWHERE
        self.first_severity = 0

    def serve(self, machine: "Machine", stand_in: "StandIn", snap: "Snapshot") -> None:
        """From now on the pack's priority counts while `machine` drives."""
        self._machine = machine
        self._stand_in = stand_in
        self._snap = snap
        self._eases = len(self._eased_rows) > 0

    def step(self, new_bits: int, dt_ms: int) -> int:
        """One tick. `new_bits`: channels that are new, from Snapshot.summarise(). Returns the worst severity."""
        self._new_bits = new_bits
        end = self._signals
        values = self._value
        s = next_signal(values, self._tightest, self._flip, self._busy, 0, end)
        if s == end:
            return self.severity
        changed = self._serve() if self._eases else 0
        while s < end:
            value = values[s]
            for i in range(self._first[s], self._first[s + 1]):
                excess = value - self._limit[i] if self._above[i] else self._limit[i] - value
                if excess > 0 or self._state[i]:
                    changed |= self._judge(i, excess, dt_ms)
            self._mark(s)
            s = next_signal(values, self._tightest, self._flip, self._busy, s + 1, end)
        if changed:
            if self._serves:
                self._ease()
            self._worst()
        return self.severity

    def _serve(self) -> int:
        """Whether the pack serves, and by that what rows weigh. Returns 1 where that has changed."""
        machine = self._machine
        state = machine.state
        stand_in = self._stand_in
        serves = state == _DRIVE or (state == _OPENING and machine.drove)
        if not serves and (stand_in.lost or not stand_in.sound):
            stand_in.release()
        serves = serves and stand_in.sound
        if serves == self._serves:
            return 0
        self._serves = serves
        self._severity = self._eased if serves else self._full
        return 1

    def _ease(self) -> None:
        """What the pack's purpose keeps from opening: charge is barred, and what is lost is stood in for."""
        for k in range(len(self._eased_rows)):
            i = self._eased_rows[k]
            if self._state[i] >= _ACTIVE:
                self._machine.barred = True
                kind = self._eased_kinds[k]
                if kind and self._state[i] == _ACTIVE:
                    self._stand_in.take(kind, self._where[self._signal[i]], self._snap)
        self._serve()

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
