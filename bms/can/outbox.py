"""What leaves the firmware, and when: the frames of a calendar, in the order in which a bus would let them pass.

A row is (message, fill, protected, paged): fill() writes the firmware's values into the message and tells whether any has
changed; a paged frame shows another part of its values with every fill. Every row has a buffer of its own, so that a
protected frame keeps its counter. What the controller refuses (no room, or the same identifier still waits) is late: it is
offered again in every tick, the highest priority first and the rest of them kept back after a few refusals, until taken;
filled anew, unless it is paged, for then its page would be missed. Its counter moves only when it is taken, so a receiver
sees no loss where there was none. An order to stop does not wait for its turn: its frames are offered ahead of all others,
in this tick and until they are taken. Nothing here allocates after construction.
"""

import micropython
from micropython import const

from bms.can.calendar import Calendar
from bms.can.e2e import protect

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from bms.board import Board

    Row = tuple[Any, Callable[[], bool], bool, bool]
    Sendable = tuple[Any, Callable[[], bool], bool, bool, bytearray, int, bool]

# Copies of what calendar.py says: no look-up; a test holds them together.
_TICKS = const(100)

_EXTENDED_MORE_BITS = const(18)
_COUNTER_BEFORE_FIRST = const(255)  # the first frame of a sender has counter 0
_REFUSALS_MAX = const(3)  # in a tick that has frames left over: a bus that is ill must not make the tick long
_DUE = const(1)
_LATE = const(2)
_STOP = const(4)


class Outbox:
    """Sender of all rows. `late`: how often a frame was offered and not taken, modulo 65536."""

    def __init__(self, rows: "Sequence[Row]", urgent: "Sequence[Any]") -> None:
        """`urgent`: messages that an order to stop goes out with. ValueError for an identifier used twice."""
        ordered = sorted(rows, key=lambda row: build_priority(row[0]))
        self.rows = build_sendable(ordered)
        calendar = Calendar([row[0].PERIOD_ms for row in ordered])
        self._first = calendar.first
        self._due = calendar.due
        self._tick = 0
        self._late = bytearray(len(ordered))
        self._late_count = 0
        self._stopping = False  # an urgent frame of an order to stop was not taken yet
        self._urgent = bytes([i for i in range(len(ordered)) if ordered[i][0] in urgent])
        self.late = 0

    @micropython.native
    def send(self, board: "Board", stop: bool) -> int:
        """One tick. `stop`: the urgent frames go out now, due or not. Returns how many frames the controller took."""
        tick = self._tick
        self._tick = tick + 1 if tick + 1 < _TICKS else 0
        k = self._first[tick]
        end = self._first[tick + 1]
        if stop or self._late_count:
            return self._send_late(board, stop, k, end)
        sent = 0
        rows = self.rows
        due = self._due
        while k < end:
            i = due[k]
            message, fill, protected, _, buffer, identifier, extended = rows[i]
            if fill():
                if protected:
                    counter = buffer[2]
                    message.pack(buffer)
                    buffer[2] = counter
                else:
                    message.pack(buffer)
            if protected:
                protect(buffer, identifier)
            if board.can_send(identifier, buffer, extended):
                sent += 1
            else:
                self._refused(i, protected, buffer)
            k += 1
        return sent

    def _send_late(self, board: "Board", stop: bool, k: int, end: int) -> int:
        """A tick in which more than what is due wants to leave: an order to stop, then everything, by priority."""
        late = self._late
        while k < end:
            late[self._due[k]] |= _DUE
            k += 1
        self._late_count = 0
        sent = 0
        if stop or self._stopping:
            self._stopping = False
            for i in self._urgent:
                if stop or late[i] & _STOP:
                    late[i] |= _STOP
                    sent += self._offer(board, i)
        refused = 0
        for i in range(len(late)):
            if late[i] and not late[i] & _STOP:
                if refused == _REFUSALS_MAX:
                    self._late_count += 1
                    break
                taken = self._offer(board, i)
                sent += taken
                refused += 1 - taken
        return sent

    def _offer(self, board: "Board", i: int) -> int:
        """Offers one row that waited, is due or is urgent. Returns 1 if it was taken."""
        waited = self._late[i]
        message, fill, protected, paged, buffer, identifier, extended = self.rows[i]
        if not (paged and waited & _LATE) and fill():
            if protected:
                counter = buffer[2]
                message.pack(buffer)
                buffer[2] = counter
            else:
                message.pack(buffer)
        if protected:
            protect(buffer, identifier)
        if board.can_send(identifier, buffer, extended):
            self._late[i] = 0
            return 1
        self._refused(i, protected, buffer)
        if waited & _STOP:
            self._late[i] = _LATE | _STOP
            self._stopping = True
        return 0

    def _refused(self, i: int, protected: bool, buffer: bytearray) -> None:
        self._late[i] = _LATE
        self._late_count += 1
        self.late = (self.late + 1) & 0xFFFF
        if protected:
            buffer[2] = (buffer[2] - 1) & 0xFF


def build_priority(message: "Any") -> int:
    """Smaller wins the arbitration: the first eleven bits, then standard before extended, then the other eighteen."""
    identifier: int = message.ID
    if message.EXTENDED:
        base = identifier >> _EXTENDED_MORE_BITS
        return (base * 2 + 1 << _EXTENDED_MORE_BITS) + (identifier & (1 << _EXTENDED_MORE_BITS) - 1)
    return identifier * 2 << _EXTENDED_MORE_BITS


def build_sendable(rows: "Sequence[Row]") -> "tuple[Sendable, ...]":
    """Every row with its buffer as first packed, its identifier, and whether that is an extended one."""
    out = []
    seen = []
    for message, fill, protected, paged in rows:
        if (message.ID, message.EXTENDED) in seen:
            raise ValueError("two frames have the identifier " + hex(message.ID))
        seen.append((message.ID, message.EXTENDED))
        buffer = bytearray(message.LENGTH)
        message.pack(buffer)
        if protected:
            buffer[2] = _COUNTER_BEFORE_FIRST
        out.append((message, fill, protected, paged, buffer, message.ID, message.EXTENDED))
    return tuple(out)
