"""machine.CAN as MicroPython 1.28 documents it, on a desk: same names, same results, over any transport of this folder.

The bus stands still while the program computes. Frames leave at flush(), which the board calls at the end of its tick, in
poll(), or when recv() finds nothing to hand out; until then they are pending, can be cancelled, and are sorted as arbitration
would sort them. What has come is looked at in the same places and in irq(), set_filters(), get_counters() and the second
state() in a row; there interrupt handlers run, `hard` or not. The receive queue has RX_SLOTS places: a frame that is looked
at and finds none is lost and recv() says so; as long as the program takes all there is, none is.

Not simulated: the time a frame takes, arbitration between controllers (one's batch leaves as a whole), acknowledgement (what
left is sent, and a silent controller hears as well as any), bit errors (states and error counters are what error frames of
the transport say, see errors). SLEEP hears and says nothing and does not wake. SILENT and SLEEP keep what they are given to
send. Before the first set_filters() frames wait in the transport instead of being lost. Bus-off ends sending, not receiving:
the bench's sensors come the same way. Each CAN() makes a controller of its own.

recv(list) writes into the memory behind the caller's memoryview and puts a view of the right length in its place; where
machine.CAN resizes the caller's view itself, a view kept elsewhere keeps its length here. It allocates only when it meets
a list for the first time.
"""

from micropython import const

from boards.parts import can_irq as irq
from boards.parts.can_filters import FILTERS_MAX
from boards.parts.can_views import Known, Received
from boards.unix import controller, errors
from boards.unix.controller import MODES, Controller
from boards.unix.filters import accepts, filter_rows
from boards.unix.timing import timings
from boards.unix.transport import ERROR, EXTENDED, EXTENDED_MAX, REMOTE

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from boards.unix.transport import Transport

_STANDARD_MAX = const(0x7FF)
_EINVAL = const(22)
_ENETDOWN = const(100)

_TX_QUEUE_LEN = const(32)
_NO_MEMORYVIEW = memoryview(b"")
_AS_IT_IS = const(-1)


class CAN(Controller):
    """One controller. `transport` is the only argument that a microcontroller's does not know."""

    MODE_NORMAL = controller.MODE_NORMAL
    MODE_SLEEP = controller.MODE_SLEEP
    MODE_LOOPBACK = controller.MODE_LOOPBACK
    MODE_SILENT = controller.MODE_SILENT
    MODE_SILENT_LOOPBACK = controller.MODE_SILENT_LOOPBACK
    STATE_STOPPED = errors.STOPPED
    STATE_ACTIVE = errors.ACTIVE
    STATE_WARNING = errors.WARNING
    STATE_PASSIVE = errors.PASSIVE
    STATE_BUS_OFF = errors.BUS_OFF
    FLAG_RTR = 1
    FLAG_EXT_ID = 2
    FLAG_UNORDERED = 16
    RECV_ERR_FULL = controller.RECV_ERR_FULL
    RECV_ERR_OVERRUN = controller.RECV_ERR_OVERRUN
    IRQ_TX = irq.IRQ_TX
    IRQ_RX = irq.IRQ_RX
    IRQ_TX_FAILED = irq.IRQ_TX_FAILED
    IRQ_STATE = irq.IRQ_STATE
    IRQ_TX_IDX_SHIFT = irq.IRQ_TX_IDX_SHIFT
    IRQ_TX_IDX_MASK = 0xFF
    TX_QUEUE_LEN = _TX_QUEUE_LEN
    FILTERS_MAX = FILTERS_MAX

    def __init__(
        self,
        id: int,
        bitrate: int,
        mode: int = 0,
        sample_point: int = 75,
        sjw: int = 1,
        tseg1: "int | None" = None,
        tseg2: "int | None" = None,
        transport: "Transport | None" = None,
    ) -> None:
        if transport is None:
            raise ValueError("no transport: the desk has no controller of its own")
        super().__init__(transport)
        self.id = id
        self._view = _NO_MEMORYVIEW  # of that length which was handed out last, or that of 8
        self._views = [_NO_MEMORYVIEW] * 9  # of the list to which recv() writes
        self._view_of_8 = _NO_MEMORYVIEW
        self._known = Known()
        self.init(bitrate, mode, sample_point, sjw, tseg1, tseg2)

    def __repr__(self) -> str:
        bitrate, sjw, tseg1, tseg2 = self._timings[:4]
        return f"CAN({self.id}, bitrate={bitrate}, mode=CAN.{MODES[self._mode]}, sjw={sjw}, tseg1={tseg1}, tseg2={tseg2})"

    def init(
        self,
        bitrate: int,
        mode: int = 0,
        sample_point: int = 75,
        sjw: int = 1,
        tseg1: "int | None" = None,
        tseg2: "int | None" = None,
    ) -> None:
        """ValueError names what is out of range. The timing is kept for get_timings() and otherwise without effect."""
        if not 0 <= mode < len(MODES):
            raise ValueError("mode")
        self._timings = timings(bitrate, sample_point, sjw, tseg1, tseg2)
        self._begin(errors.ACTIVE, mode)

    def deinit(self) -> None:
        """Drops what waits in either direction, the filters and the handler. The transport stays open."""
        self._irq.configure(None, 0)
        self._begin(errors.STOPPED, self._mode)

    def restart(self) -> None:
        """Leaves bus-off; what waits to be sent is cancelled without an interrupt, the counters begin anew."""
        self._check()
        self._irq.forget()
        self._restart(errors.ACTIVE)

    def _check(self) -> None:
        if self._health.state == errors.STOPPED:
            raise OSError(_EINVAL)

    def state(self) -> int:
        """One of the STATE_ constants. The first call after recv() has looked takes its word for it."""
        if self._looked:
            self._looked = False
        else:
            self.hear()
        return self._health.state

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
        self.hear()
        health = self._health
        list[0] = health.sending_errors
        list[1] = health.receiving_errors
        for k in range(3):
            list[2 + k] = health.entered[k]
        list[5] = self.pending()
        list[6] = self.waiting()
        list[7] = health.lost_count
        return list

    def set_filters(self, filters: "Iterable[tuple[int, int, int]] | None") -> None:
        """None accepts all, an empty iterable nothing, else any of (identifier, mask, flags). ValueError for a bad one."""
        self._check()
        rows = None if filters is None else filter_rows(filters)
        if self._listening:
            self.hear()  # what has come until now came under the old ones
        else:
            self.transport.rx_settled = 0
        self._listening = True
        self._filters = rows
        self._plain = rows is None and not self._receive_errors
        self.transport.set_filters(rows)

    def send(self, id: int, data: "bytes | bytearray | memoryview", flags: int = 0) -> "int | None":
        """Queues one frame and returns its buffer; None: no room, or the same identifier still waits. OSError: bus-off or
        stopped. OverflowError: more than 8 bytes. ValueError: no identifier."""
        transport = self.transport
        slot = transport.tx_count
        length = len(data)
        if flags or slot >= _TX_QUEUE_LEN or not 0 <= id <= _STANDARD_MAX or length > 8 or not self._easy:
            return self._send_carefully(id, data, flags)
        pending = self._pending
        batch = transport.batch
        if pending[id] == batch:
            return None
        pending[id] = batch
        if id < self._last:
            self._unsorted = True
        self._last = id
        if length == 8:
            words = transport.tx_words
            words[4 * slot] = id
            words[4 * slot + 1] = 8
            transport.tx_data[slot][:] = data
        else:
            transport.write(slot, id, data, length)
        transport.tx_count = slot + 1
        return slot

    def _send_carefully(self, id: int, data: "bytes | bytearray | memoryview", flags: int) -> "int | None":
        """Any frame, and everything that can be wrong with it."""
        self._check()
        if not self.sending:
            raise OSError(_ENETDOWN)
        if len(data) > 8:
            raise OverflowError("data too long")
        extended = flags & self.FLAG_EXT_ID
        if not 0 <= id <= (EXTENDED_MAX if extended else _STANDARD_MAX):
            raise ValueError("invalid id")
        transport = self.transport
        word = id | EXTENDED if extended else id
        if not flags & self.FLAG_UNORDERED and self._is_pending(word):
            return None
        slot = self._free_slot(_TX_QUEUE_LEN)
        if slot < 0:
            return None
        if not extended:
            self._pending[id] = transport.batch
        if flags & self.FLAG_RTR:
            transport.write(slot, word | REMOTE, b"", len(data))
        else:
            transport.write(slot, word, data, len(data))
        self._unsorted = True
        return transport.tx_buffer[slot]

    def cancel_send(self, index: int) -> bool:
        """Takes a frame back that has not left. False: there is none in this buffer."""
        self._check()
        if not 0 <= index < _TX_QUEUE_LEN:
            raise IndexError("buffer")
        if not self._cancel(index):
            return False
        self._irq.note_sent(index, self.IRQ_TX_FAILED)
        self._irq.serve()
        return True

    def recv(self, arg: "list[Any] | None" = None) -> "list[Any] | None":
        """[identifier, data, flags, errors] of the next accepted frame, in `arg` where given; None: there is none."""
        if arg is None:
            arg = Received()
        view = arg[1]
        if view is not self._view_of_8 and view is not self._view:
            self._adopt(arg)
        source = self.source
        while True:
            slot = source.rx_head
            if slot >= source.rx_count:
                if not self._refilled():
                    return None
                source = self.source
                self._adopt(arg)  # an interrupt handler may have received meanwhile
                continue
            source.rx_head = slot + 1
            words = source.rx_words
            k = 4 * slot
            word = words[k]
            if word <= _STANDARD_MAX and self._plain and words[k + 1] == 8 and view is self._view_of_8:
                view[:] = source.rx_data[slot]
                arg[0] = word
                arg[2] = 0
                arg[3] = 0
                return arg
            if self._hand_out(arg, source, slot):
                return arg

    def _refilled(self) -> bool:
        """Whether there are frames again; what waits to be sent leaves first."""
        if not self.sending:
            self._check()
        if not self._listening:
            return False
        self._looked = True
        transport = self.transport
        if transport.tx_count:
            self.flush()
        if not self._special:
            return transport.fill() > 0
        self.hear()
        return self.source.rx_head < self.source.rx_count

    def _hand_out(self, arg: "list[Any]", source: "Transport", slot: int) -> bool:
        """Extended, remote, short and filtered frames, and what goes with an error. False: this one is not handed out."""
        word = source.rx_words[4 * slot]
        data = source.rx_data[slot]
        if word & ERROR:
            self._error(word, data)
            self._irq.serve()
            self._adopt(arg)
            return False
        if slot >= source.rx_settled and not accepts(self._filters, word):
            return False
        view = self._views[min(source.rx_words[4 * slot + 1] & 0xFF, 8)]
        if len(view) == 8 and not word & REMOTE:
            view[:] = data
        else:
            for k in range(len(view)):
                view[k] = 0 if word & REMOTE else data[k]
        arg[0] = word & EXTENDED_MAX
        arg[1] = self._view = view
        arg[2] = (self.FLAG_EXT_ID if word & EXTENDED else 0) | (self.FLAG_RTR if word & REMOTE else 0)
        arg[3] = self._receive_errors
        self._receive_errors = 0
        self._plain = self._filters is None
        return True

    def _adopt(self, arg: "list[Any]") -> None:
        """From now on to this list."""
        if arg[1] is self._view:
            return
        self._views = self._known.views(arg)
        self._view_of_8 = self._views[8]
        self._view = arg[1]

    def irq(self, handler: "Any" = _AS_IT_IS, trigger: int = _AS_IT_IS, hard: "bool | None" = None) -> irq.Irq:
        """Sets the handler; without arguments only returns the object whose flags() tell what happened."""
        self._check()
        if handler != _AS_IT_IS or trigger != _AS_IT_IS or hard is not None:
            self._irq.configure(None if handler == _AS_IT_IS else handler, 0 if trigger == _AS_IT_IS else trigger)
            self._choose_way()
            self.hear()
        return self._irq
