"""Frames that wait to be sent: 32 places, in the order in which arbitration would let them go; of equals the older first.

Each frame lies ready for the chip: a byte for the instruction, then SIDH, SIDL, EID8, EID0, DLC and data as a transmit buffer
of the MCP2515 has them. A frame that the chip has taken keeps its place until it has left. Allocates nothing after
construction.
"""

from array import array

from micropython import const

from boards.parts.mcp2515_wire import FRAME_bytes

PLACES = const(32)
BUFFERS = const(3)
NONE = const(-1)

_FLAG_RTR = const(1)
_FLAG_EXT_ID = const(2)
_EXIDE = const(8)
_DLC = const(5)
_DATA = const(6)
_RTR = const(0x40)


class Outbox:
    """`held` is what each buffer of the chip has: a place, or NONE."""

    def __init__(self) -> None:
        self.frames = [bytearray(FRAME_bytes) for _ in range(PLACES)]
        self.held = array("i", [NONE] * BUFFERS)
        self.waiting = 0  # frames that the chip has not taken
        self._order = array("i", [0] * PLACES)
        self._used = bytearray(PLACES)
        self._identifier = array("i", [0] * PLACES)
        # arbitration fields in two parts, each a small int: base identifier and kind, then what extended frames have more
        self._first = array("i", [0] * PLACES)
        self._second = array("i", [0] * PLACES)
        self._extended = bytearray(PLACES)

    def clear(self) -> None:
        """Nothing waits any more, neither here nor in the chip."""
        self.waiting = 0
        for b in range(BUFFERS):
            self.held[b] = NONE
        for k in range(PLACES):
            self._used[k] = 0

    def pending(self) -> int:
        """Frames that have not left."""
        count = self.waiting
        for b in range(BUFFERS):
            if self.held[b] != NONE:
                count += 1
        return count

    def has(self, identifier: int, extended: int) -> bool:
        """Whether a frame of this identifier has not left, data or remote."""
        order = self._order
        for n in range(self.waiting):
            if self._is(order[n], identifier, extended):
                return True
        for b in range(BUFFERS):
            if self.held[b] != NONE and self._is(self.held[b], identifier, extended):
                return True
        return False

    def _is(self, place: int, identifier: int, extended: int) -> bool:
        return self._identifier[place] == identifier and self._extended[place] == extended

    def put(self, identifier: int, data: "bytes | bytearray | memoryview", flags: int) -> int:
        """The place of a new frame; NONE: there is no room."""
        place = 0
        while place < PLACES and self._used[place]:
            place += 1
        if place == PLACES:
            return NONE
        self._used[place] = 1
        self._identifier[place] = identifier
        frame = self.frames[place]
        remote = flags & _FLAG_RTR
        extended = flags & _FLAG_EXT_ID
        self._extended[place] = extended
        base = identifier >> 18 if extended else identifier
        frame[1] = base >> 3
        frame[2] = (base & 7) << 5
        frame[3] = frame[4] = 0
        if extended:
            frame[2] |= _EXIDE | identifier >> 16 & 3
            frame[3] = identifier >> 8 & 0xFF
            frame[4] = identifier & 0xFF
            self._first[place] = base << 2 | 2
            self._second[place] = (identifier & 0x3FFFF) << 1 | remote
        else:
            self._first[place] = base << 2 | remote
            self._second[place] = 0
        length = len(data)
        frame[_DLC] = length | (_RTR if remote else 0)
        for k in range(length):
            frame[_DATA + k] = data[k]
        self._add(place, False)
        return place

    def before(self, one: int, other: int) -> bool:
        """Whether arbitration lets a place's frame go before another's."""
        if self._first[one] != self._first[other]:
            return self._first[one] < self._first[other]
        return self._second[one] < self._second[other]

    def _add(self, place: int, oldest: bool) -> None:
        """To those that wait; behind its equals, or as the oldest in front of them."""
        order = self._order
        n = self.waiting
        while n and (not self.before(order[n - 1], place) if oldest else self.before(place, order[n - 1])):
            order[n] = order[n - 1]
            n -= 1
        order[n] = place
        self.waiting += 1

    def head(self) -> int:
        """Whose turn it is among those that wait."""
        return self._order[0]

    def hand_over(self, buffer: int) -> int:
        """The head goes to a buffer of the chip. Returns its place."""
        place = self._order[0]
        self._drop(0)
        self.held[buffer] = place
        return place

    def take_back(self, buffer: int) -> None:
        """The chip gave a frame back that has not left."""
        place = self.held[buffer]
        self.held[buffer] = NONE
        if place != NONE:
            self._add(place, True)

    def left(self, buffer: int) -> int:
        """A buffer's frame has left. Returns its place, which is free."""
        place = self.held[buffer]
        self.held[buffer] = NONE
        if place != NONE:
            self._used[place] = 0
        return place

    def withdraw(self, place: int) -> bool:
        """A frame that waits here is not to be sent. False: it does not."""
        for n in range(self.waiting):
            if self._order[n] == place:
                self._drop(n)
                self._used[place] = 0
                return True
        return False

    def _drop(self, n: int) -> None:
        order = self._order
        self.waiting -= 1
        for k in range(n, self.waiting):
            order[k] = order[k + 1]
