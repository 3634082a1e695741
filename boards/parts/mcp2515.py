"""The SPI CAN controller MCP2515 with the names, arguments, results and manners of machine.CAN (MicroPython 1.28).

Microchip, data sheet DS20001801J (2019). For boards whose microcontroller has no CAN of its own. The interrupt line should be
connected: the chip keeps two received frames, half a millisecond of a full bus. Its handler is a hard one, so that a collection
of garbage does not lose frames; then the chip needs an SPI of its own. Without the line the chip is looked at in recv() alone.
32 frames wait each way in software. Of the frames that wait to be sent the lowest identifier goes first, but for one that
is on its way. What a tick calls (recv, send, state) allocates nothing.

Other than machine.CAN: set_filters() and restart() reset the chip, a frame that is then on its way is cut off; MODE_LOOPBACK is
refused, the chip's own loopback is a silent one; bus-off, which the chip would leave by itself, is kept until restart(); a
chip that does not answer is bus-off, so that whoever restarts it finds it when it is back. `trouble` tells, after state():

ABSENT   nobody answers, or all lines stand still           in the same state()
LOST     the configuration is gone (brown-out) or is not kept; it is written anew, frames that waited still go
                                                            in the same state()
OVERRUN  the chip had no room for a frame                   in the next state(), in one
STUCK    frames wait in the chip and none has left          within STUCK_LOOKS state()s, not in half of them

SPI has no check sum: one wrong bit in a received frame goes through to the frame's own protection; one in the chip's
configuration or status is looked at twice.
"""

from micropython import const

from boards.parts import can_filters, mcp2515_buffers, mcp2515_chip, mcp2515_registers
from boards.parts import can_irq as irq
from boards.parts.can_views import Known, Received
from boards.parts.mcp2515_chip import Chip
from boards.parts.mcp2515_outbox import NONE, PLACES

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from boards.parts.manners import OutputPin
    from boards.parts.mcp2515_wire import Spi

ABSENT = mcp2515_chip.ABSENT
LOST = mcp2515_chip.LOST
STUCK = mcp2515_chip.STUCK
OVERRUN = mcp2515_chip.OVERRUN
STUCK_LOOKS = mcp2515_chip.STUCK_LOOKS

_STANDARD_MAX = const(0x7FF)
_EXTENDED_MAX = const(0x1FFFFFFF)
_EINVAL = const(22)
_ENETDOWN = const(100)
_AS_IT_IS = const(-1)
_LAST = const(31)
_RING_MAX = const(0x3FFFFFFF)
_NO_MEMORYVIEW = memoryview(b"")
_NOT_THERE = const(0xFF)
_INTERRUPTS = const(0x3F)
# REQOP of the chip by mode of machine.CAN: normal, sleep, none, listen-only, loopback
_REQUEST = bytes([0x00, 0x20, _NOT_THERE, 0x60, 0x40])


class CAN(Chip):
    """One controller. `spi`, `cs`, `interrupt` and the crystal are what a microcontroller's own does not need to know."""

    MODE_NORMAL = 0
    MODE_SLEEP = 1
    MODE_LOOPBACK = 2
    MODE_SILENT = 3
    MODE_SILENT_LOOPBACK = 4
    STATE_STOPPED = mcp2515_chip.STOPPED
    STATE_ACTIVE = mcp2515_chip.ACTIVE
    STATE_WARNING = mcp2515_chip.WARNING
    STATE_PASSIVE = mcp2515_chip.PASSIVE
    STATE_BUS_OFF = mcp2515_chip.BUS_OFF
    FLAG_RTR = 1
    FLAG_EXT_ID = 2
    FLAG_UNORDERED = 16
    RECV_ERR_FULL = mcp2515_buffers.RECV_ERR_FULL
    RECV_ERR_OVERRUN = mcp2515_buffers.RECV_ERR_OVERRUN
    IRQ_TX = irq.IRQ_TX
    IRQ_RX = irq.IRQ_RX
    IRQ_TX_FAILED = irq.IRQ_TX_FAILED
    IRQ_STATE = irq.IRQ_STATE
    IRQ_TX_IDX_SHIFT = irq.IRQ_TX_IDX_SHIFT
    IRQ_TX_IDX_MASK = 0xFF
    TX_QUEUE_LEN = PLACES
    FILTERS_MAX = can_filters.FILTERS_MAX

    def __init__(
        self,
        id: int,
        bitrate: int,
        mode: int = 0,
        sample_point: int = 75,
        sjw: int = 1,
        tseg1: "int | None" = None,
        tseg2: "int | None" = None,
        spi: "Spi | None" = None,
        cs: "OutputPin | None" = None,
        interrupt: "Any" = None,
        oscillator_Hz: int = 16000000,
        hard: bool = True,
    ) -> None:
        if spi is None or cs is None:
            raise ValueError("spi and cs: the chip hangs on a bus")
        super().__init__(spi, cs, interrupt)
        self.id = id
        self._oscillator_Hz = oscillator_Hz
        self._known = Known()
        self._view = _NO_MEMORYVIEW  # that was handed out last
        self._into = [_NO_MEMORYVIEW] * 9  # views of the list to which recv() writes
        self.init(bitrate, mode, sample_point, sjw, tseg1, tseg2)
        if interrupt is not None:
            interrupt.irq(self._came, interrupt.IRQ_FALLING, hard=hard)

    def init(
        self,
        bitrate: int,
        mode: int = 0,
        sample_point: int = 75,
        sjw: int = 1,
        tseg1: "int | None" = None,
        tseg2: "int | None" = None,
    ) -> None:
        """ValueError names what is out of range, or what the chip cannot do."""
        if not 0 <= mode < len(_REQUEST) or _REQUEST[mode] == _NOT_THERE:
            raise ValueError("mode")
        prescaler, first, second = mcp2515_registers.timing(self._oscillator_Hz, bitrate, sample_point, sjw, tseg1, tseg2)
        self._timings: list[int | None] = [bitrate, sjw, first, second, None, None]
        image = self._image
        self._control = _REQUEST[mode]
        image[2], image[1], image[0] = mcp2515_registers.configuration(prescaler, sjw, first, second)
        image[3] = _INTERRUPTS
        self._listening = False
        self._accept(())
        self._begin(mcp2515_chip.ACTIVE)

    def deinit(self) -> None:
        """Drops what waits in either direction, the filters and the handler."""
        self._irq.configure(None, 0)
        self._listening = False
        self._ring.take_place = self._ring.put_place
        self._begin(mcp2515_chip.STOPPED)

    def restart(self) -> None:
        """Leaves bus-off; what waits to be sent is cancelled without an interrupt, the counters begin anew."""
        self._check()
        self._begin(mcp2515_chip.ACTIVE)

    def _check(self) -> None:
        if self._state == mcp2515_chip.STOPPED:
            raise OSError(_EINVAL)

    def state(self) -> int:
        """One of the STATE_ constants, as the chip says now."""
        if self._state != mcp2515_chip.STOPPED:
            self._busy = True
            self._look()
            self._ran_over = False
            self._release()
        return self._state

    def get_timings(self, list: "list[int | None] | None" = None) -> "list[int | None]":
        """[bitrate, sjw, tseg1, tseg2, None, None]."""
        if list is None:
            return self._timings[:]
        for k in range(6):
            list[k] = self._timings[k]
        return list

    def get_counters(self, list: "list[int | None] | None" = None) -> "list[int | None]":
        """[TEC, REC, times in warning, in passive, in bus-off, pending to send, pending to be received, frames lost]."""
        self._check()
        if list is None:
            list = [None] * 8
        self.state()
        self._work()
        list[0] = self._sending_errors
        list[1] = self._receiving_errors
        for k in range(3):
            list[2 + k] = self._entered[k]
        list[5] = self._outbox.pending()
        list[6] = self._ring.waiting()
        list[7] = self._lost
        return list

    def _accept(self, rows: "Any") -> None:
        """What the chip's filters are set to when it is set up next."""
        mask, values = mcp2515_registers.registers(rows or ())
        self._mask[0] = mask >> 3
        self._mask[1] = (mask & 7) << 5
        for k in range(len(values)):
            self._filter[k] = values[k]
        self._rows = rows

    def set_filters(self, filters: "Iterable[tuple[int, int, int]] | None") -> None:
        """None accepts all, an empty iterable nothing, else any of (identifier, mask, flags). ValueError for a bad one."""
        self._check()
        rows = None if filters is None else mcp2515_registers.filter_rows(filters)
        self._work()  # what has come until now came under the old ones
        self._busy = True
        self._listening = True
        self._accept(rows)
        self._forget_chip()
        self._set_up()
        self._asked = True
        self._release()

    def send(self, id: int, data: "bytes | bytearray | memoryview", flags: int = 0) -> "int | None":
        """Queues one frame and returns its buffer; None: no room, or the same identifier still waits. OSError: bus-off or
        stopped. OverflowError: more than 8 bytes. ValueError: no identifier."""
        if not self.sending:
            self._check()
            raise OSError(_ENETDOWN)
        if len(data) > 8:
            raise OverflowError("data too long")
        extended = flags & 2
        if not 0 <= id <= (_EXTENDED_MAX if extended else _STANDARD_MAX):
            raise ValueError("invalid id")
        self._busy = True
        place = NONE
        if flags & 16 or not self._outbox.has(id, extended):
            place = self._outbox.put(id, data, flags)
            if place != NONE:
                self._feed()
        self._release()
        return None if place == NONE else place

    def cancel_send(self, index: int) -> bool:
        """Takes a frame back that has not left. False: there is none in this buffer, or it is on its way."""
        self._check()
        if not 0 <= index < PLACES:
            raise IndexError("buffer")
        self._busy = True
        for b in range(3):
            if self._outbox.held[b] == index:
                self._take_back(b)
        done = self._outbox.withdraw(index)
        if done:
            self._irq.note_sent(index, self.IRQ_TX_FAILED)
        self._asked = True
        self._release()
        return done

    def recv(self, arg: "list[Any] | None" = None) -> "list[Any] | None":
        """[identifier, data, flags, errors] of the next accepted frame, in `arg` where given; None: there is none."""
        if arg is None:
            arg = Received()
        if arg[1] is not self._view:
            self._into = self._known.views(arg)
            self._view = arg[1]
        ring = self._ring
        if ring.take_place == ring.put_place:
            self._check()
            if not self._busy:
                self._work()
                self._irq.serve()
            if ring.take_place == ring.put_place:
                return None
        k = ring.take_place & _LAST
        length = ring.lengths[k]
        kept = ring.data[k]
        view = self._into[length]
        if length == 8:
            view[:] = kept
        else:
            for n in range(length):
                view[n] = kept[n]
        arg[0] = ring.identifiers[k]
        arg[1] = self._view = view
        arg[2] = ring.flags[k]
        arg[3] = self._errors
        self._errors = 0
        ring.take_place = (ring.take_place + 1) & _RING_MAX
        return arg

    def irq(self, handler: "Any" = _AS_IT_IS, trigger: int = _AS_IT_IS, hard: "bool | None" = None) -> irq.Irq:
        """Sets the handler; without arguments only returns the object whose flags() tell what happened."""
        self._check()
        if handler != _AS_IT_IS or trigger != _AS_IT_IS or hard is not None:
            self._irq.configure(None if handler == _AS_IT_IS else handler, 0 if trigger == _AS_IT_IS else trigger)
            self._irq.serve()
        return self._irq
