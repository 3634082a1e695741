"""A CAN controller with room: 32 frames each way in front of the few that hardware holds.

Controllers have 3 buffers to send and 2 to 6 to receive; a tick sends more at once and looks but once in 10 ms. Received
frames are taken from the controller by its interrupt and while the board waits, and stay here in order until the tick takes
them; what finds no room is lost and counted. Sent frames leave in the order in which they came, as the controller has room;
one whose identifier still waits is refused, as machine.CAN refuses it. Remote frames are dropped. Nothing allocates after
construction. No units.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from boards.parts.manners import Controller

ROOM = const(32)  # a power of two
_LAST = const(31)
_BYTES = const(8)
_FLAG_RTR = const(1)
_FLAG_EXT_ID = const(2)
_IRQ_RX = const(2)  # of machine.CAN
_STOPPED = const(0)
_BUS_OFF = const(4)
_RING = const(0x3FFFFFFF)


class Ring:
    """Frames in order. `put_place` and `take_place` count for ever, modulo 2^30."""

    def __init__(self) -> None:
        self.identifiers = array("i", [0] * ROOM)
        self.flags = bytearray(ROOM)
        self.lengths = bytearray(ROOM)
        self.data = [memoryview(bytearray(_BYTES)) for _ in range(ROOM)]
        self.put_place = 0
        self.take_place = 0

    def waiting(self) -> int:
        return (self.put_place - self.take_place) & _RING

    def put(self, identifier: int, flags: int, data: "bytearray | memoryview") -> bool:
        """False: no room, or more than 8 bytes."""
        place = self.put_place
        length = len(data)
        if (place - self.take_place) & _RING >= ROOM or length > _BYTES:
            return False
        k = place & _LAST
        self.identifiers[k] = identifier
        self.flags[k] = flags
        self.lengths[k] = length
        kept = self.data[k]
        if length == _BYTES:
            kept[:] = data
        else:
            for i in range(length):
                kept[i] = data[i]
        self.put_place = (place + 1) & _RING
        return True

    def has(self, identifier: int, flags: int) -> bool:
        """Whether such a frame waits."""
        place = self.take_place
        while place != self.put_place:
            k = place & _LAST
            if self.identifiers[k] == identifier and self.flags[k] == flags:
                return True
            place = (place + 1) & _RING
        return False


class CanQueue:
    """take() fills `identifier`, `extended` and `data` with the next frame received; `data` is valid until the next take().
    `lost_count`: received frames that found no room."""

    def __init__(self, can: "Controller", hard: bool = False) -> None:
        self._can = can
        self._received = Ring()
        self._sending = Ring()
        self._frame: list[Any] = [0, memoryview(bytearray(_BYTES)), 0, 0]
        short = bytearray(_BYTES)
        self._short = [memoryview(short)[:n] for n in range(_BYTES)]
        going = bytearray(_BYTES)  # another: an interrupt sends between a take() and the use of what it took
        self._going = [memoryview(going)[:n] for n in range(_BYTES)]
        self._lent = False  # the ring's oldest frame is the one taken last
        self._polling = False
        self.identifier = 0
        self.extended = False
        self.data = self._received.data[0]
        self.lost_count = 0
        can.recv(self._frame)  # a list is made known once
        can.set_filters(None)
        can.irq(self._came, _IRQ_RX, hard)

    def _came(self, _can: "Any") -> None:
        self.poll()

    def poll(self) -> None:
        """Moves frames in both directions. An interrupt that falls into it leaves its work to it."""
        if self._polling:
            return
        self._polling = True
        frame = self._frame
        can = self._can
        while can.recv(frame) is not None:
            flags = frame[2]
            if not flags & _FLAG_RTR and not self._received.put(frame[0], flags, frame[1]):
                self.lost_count = (self.lost_count + 1) & _RING
        self._push()
        self._polling = False

    def _push(self) -> None:
        ring = self._sending
        state = self._can.state()
        if state == _STOPPED or state == _BUS_OFF:
            return
        while ring.take_place != ring.put_place:
            k = ring.take_place & _LAST
            length = ring.lengths[k]
            data = ring.data[k]
            if length < _BYTES:
                data = self._going[length]
                for i in range(length):
                    data[i] = ring.data[k][i]
            try:
                if self._can.send(ring.identifiers[k], data, ring.flags[k]) is None:
                    return
            except OSError:  # gone off the bus since its state was asked
                return
            ring.take_place = (ring.take_place + 1) & _RING

    def take(self) -> bool:
        """False: there is none."""
        ring = self._received
        place = ring.take_place
        if self._lent:
            place = (place + 1) & _RING
            ring.take_place = place
            self._lent = False
        if place == ring.put_place:
            return False
        k = place & _LAST
        self.identifier = ring.identifiers[k]
        self.extended = ring.flags[k] & _FLAG_EXT_ID != 0
        length = ring.lengths[k]
        data = ring.data[k]
        if length < _BYTES:
            data = self._short[length]
            for i in range(length):
                data[i] = ring.data[k][i]
            ring.take_place = (place + 1) & _RING
        else:
            self._lent = True
        self.data = data
        return True

    def send(self, identifier: int, data: "bytearray", extended: bool) -> bool:
        """False: off the bus, no room, or the same identifier still waits here."""
        state = self._can.state()
        if state == _STOPPED or state == _BUS_OFF:
            return False
        flags = _FLAG_EXT_ID if extended else 0
        ring = self._sending
        if ring.take_place == ring.put_place:
            try:
                if self._can.send(identifier, data, flags) is not None:
                    return True
            except OSError:
                return False
        return not ring.has(identifier, flags) and ring.put(identifier, flags, data)

    def state(self) -> int:
        """As machine.CAN has them: STOPPED 0, ACTIVE 1, WARNING 2, PASSIVE 3, BUS_OFF 4."""
        return self._can.state()

    def restart(self) -> None:
        """Leaves bus-off; what waited to be sent is gone."""
        ring = self._sending
        ring.take_place = ring.put_place
        try:
            self._can.restart()
        except OSError:
            pass  # the state says so
