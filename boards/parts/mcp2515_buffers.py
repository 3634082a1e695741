"""What a board does with an MCP2515: sets it up, empties its receive buffers, feeds its transmit buffers.

Three buffers send, each with a priority of two bits, of equals the highest number first: twelve rungs of a ladder, which frames
go down one by one in the order of arbitration. One that should have gone before those the chip has takes them back first, but
for the one that is on its way. When the ladder is used up the chip empties itself before it begins anew.

The chip is worked by its interrupt and by whoever calls; they share it through `_busy`: an interrupt that comes while somebody
is at it leaves its work to them. mcp2515_chip has its health, mcp2515.CAN the face of all. Nothing here allocates after
construction, or raises.
"""

from array import array

from micropython import const

from boards.parts.can_irq import Irq
from boards.parts.can_queue import Ring
from boards.parts.mcp2515_outbox import BUFFERS, NONE, Outbox
from boards.parts.mcp2515_wire import Wire

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from boards.parts.manners import OutputPin
    from boards.parts.mcp2515_registers import Row
    from boards.parts.mcp2515_wire import Spi

STOPPED = const(0)

RECV_ERR_FULL = const(1)
RECV_ERR_OVERRUN = const(2)

_CNF3 = const(0x28)
_CNF2 = const(0x29)
_CNF1 = const(0x2A)
_CANINTE = const(0x2B)
_CANINTF = const(0x2C)
_CANCTRL = const(0x0F)
_RXM0 = const(0x20)
_RXM1 = const(0x24)
_TXB0CTRL = const(0x30)
_RXB0CTRL = const(0x60)
_RXB1CTRL = const(0x70)
_ANY = const(0x60)
_BUKT = const(0x04)
_TXREQ = const(0x08)
_TX0IF = const(0x04)
_SENT = const(0xA8)  # of the status: TXnIF
_RECEIVED = const(0x03)
_NOBODY = const(0xFF)

# In what look() has seen: CNF3 to CNF1, CANINTE.
_SET_UP = const(14)
_SET_UP_bytes = const(4)

_TOP_RUNG = const(11)
_ROUNDS = const(16)
_RING_MAX = const(0x3FFFFFFF)


class Buffers:
    """One controller and its queues. What it does about its health is Chip's."""

    def __init__(self, spi: "Spi", cs: "OutputPin", interrupt: "Any" = None) -> None:
        self._wire = Wire(spi, cs)
        self._interrupt = interrupt
        self._ring = Ring()
        self._outbox = Outbox()
        self._rung = array("i", [NONE] * BUFFERS)
        self._views = [memoryview(self._wire.frame)[6 : 6 + n] for n in range(9)]
        self._rows: tuple[Row, ...] | None = ()
        self._filter = bytearray(12)
        self._control = 0  # CANCTRL, and the rest of what look() must see
        self._image = bytearray(_SET_UP_bytes)
        self._mask = bytearray(2)  # the upper two bytes of both, which only configuration mode lets one read
        self._seen = memoryview(self._wire.seen)[_SET_UP : _SET_UP + _SET_UP_bytes]
        self._listening = False
        self._busy = False
        self._asked = False
        self._errors = 0  # of receiving, not yet told
        self._stuck_looks = 0
        self._lost = 0
        self._ran_over = False  # and no state() has told it yet
        self._entered = array("i", [0, 0, 0])
        self._sending_errors = 0
        self._receiving_errors = 0
        self._state = STOPPED
        self._irq = Irq(self)  # type: ignore[arg-type]  # it asks for waiting() alone
        self.sending = False  # neither stopped nor bus-off nor absent
        self.trouble = 0  # of the last look, see CAN
        self.set_up_count = 0  # times the chip was found without its configuration

    def waiting(self) -> int:
        """Frames received and not yet handed out."""
        return self._ring.waiting()

    def _set_up(self) -> None:
        """From reset to the mode that is wanted. Frames that the chip had are gone from it."""
        wire = self._wire
        image = self._image
        wire.reset()
        wire.write(_CNF3, image[0])
        wire.write(_CNF2, image[1])
        wire.write(_CNF1, image[2])
        for k in range(6):
            at = 4 * k if k < 3 else 4 * k + 4
            wire.write(at, self._filter[2 * k])
            wire.write(at + 1, self._filter[2 * k + 1])
        for k in range(2):
            wire.write(_RXM0 + k, self._mask[k])
            wire.write(_RXM1 + k, self._mask[k])
        every = _ANY if self._rows is None else 0
        wire.write(_RXB0CTRL, every | _BUKT)
        wire.write(_RXB1CTRL, every)
        wire.write(_CANINTE, image[3])
        wire.write(_CANCTRL, self._control)

    def _came(self, _pin: "Any") -> None:
        """The interrupt line fell."""
        if self._busy:
            self._asked = True
            return
        self._work()
        self._irq.serve()

    def _release(self) -> None:
        """Whoever was at the chip is done."""
        self._busy = False
        if self._asked:
            self._work()
        self._irq.serve()

    def _work(self) -> None:
        """Everything that the chip has to say, and what it can take."""
        self._busy = True
        self._asked = False
        if self._state != STOPPED:
            for _ in range(_ROUNDS):
                status = self._wire.status()
                if status == _NOBODY:
                    break
                if status & _RECEIVED:
                    self._receive(status)
                if status & _SENT:
                    self._collect(status)
                if self._outbox.waiting and self.sending:
                    self._feed()
                if status & (_RECEIVED | _SENT):
                    continue
                if self._interrupt is None or self._interrupt.value():
                    break
                self._look()
        self._asked = False
        self._busy = False

    def _receive(self, status: int) -> None:
        """Buffer 0 has the older frame: what finds it full rolls over into buffer 1."""
        for b in range(2):
            if not status >> b & 1:
                continue
            self._wire.fetch(b)
            frame = self._wire.frame
            low = frame[2]
            base = frame[1] << 3 | low >> 5
            length = frame[5] & 15
            if length > 8:
                length = 8
            if low & 8:
                flags = 3 if frame[5] & 0x40 else 2
                identifier = base << 18 | (low & 3) << 16 | frame[3] << 8 | frame[4]
            else:
                flags = 1 if low & 0x10 else 0
                identifier = base
            if not self._listening or not self._accepts(identifier, flags):
                continue
            view = self._views[length]
            if flags & 1:
                for k in range(length):
                    view[k] = 0
            if not self._ring.put(identifier, flags, view):
                self._lose(1)

    def _accepts(self, identifier: int, flags: int) -> bool:
        rows = self._rows
        if rows is None:
            return True
        for row in rows:
            if flags & row[0] == row[1] and identifier & row[2] == row[3]:
                return True
        return False

    def _lose(self, count: int) -> None:
        self._lost = (self._lost + count) & _RING_MAX
        self._errors |= RECV_ERR_FULL | RECV_ERR_OVERRUN

    def _collect(self, status: int) -> None:
        """Frees what has left. A buffer that says it was sent and still waits is not believed."""
        for b in range(BUFFERS):
            if status >> 2 * b & 12 == 8:
                self._wire.modify(_CANINTF, _TX0IF << b, 0)
                self._stuck_looks = 0
                place = self._outbox.left(b)
                if place != NONE:
                    self._irq.note_sent(place, 0)

    def _lowest(self) -> int:
        """The buffer whose frame is lowest on the ladder; NONE: the chip has none."""
        held = self._outbox.held
        lowest = NONE
        for b in range(BUFFERS):
            if held[b] != NONE and (lowest == NONE or self._rung[b] < self._rung[lowest]):
                lowest = b
        return lowest

    def _feed(self) -> None:
        """Hands over as many of those that wait as the chip has room for, in the order of arbitration."""
        outbox = self._outbox
        held = outbox.held
        for _ in range(BUFFERS):
            if not outbox.waiting:
                return
            head = outbox.head()
            lowest = self._lowest()
            while lowest != NONE and outbox.before(head, held[lowest]) and self._take_back(lowest):
                lowest = self._lowest()
            rung = _TOP_RUNG if lowest == NONE else self._rung[lowest] - 1
            if rung < 0 or held[rung % BUFFERS] != NONE:
                return
            buffer = rung % BUFFERS
            place = outbox.hand_over(buffer)
            self._rung[buffer] = rung
            self._wire.load(buffer, outbox.frames[place])
            self._wire.write(_TXB0CTRL + 16 * buffer, _TXREQ | rung // BUFFERS)

    def _forget_chip(self) -> None:
        """What the chip had has not left and waits here again."""
        lowest = self._lowest()
        while lowest != NONE:
            self._outbox.take_back(lowest)
            lowest = self._lowest()

    def _take_back(self, buffer: int) -> bool:
        """False: its frame is on its way or has left."""
        self._wire.modify(_TXB0CTRL + 16 * buffer, _TXREQ, 0)
        status = self._wire.status() >> 2 * buffer & 12
        if status == 8:
            self._collect(8 << 2 * buffer)
        elif status == 0:
            self._outbox.take_back(buffer)
            return True
        return False

    def _look(self) -> None:
        """An interrupt that is neither of a frame received nor of one sent: Chip knows."""
