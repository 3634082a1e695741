"""machine.CAN as MicroPython 1.28 has it, on a desk: same names, same results, over any transport of this folder.

Frames leave at flush(), which the board calls at the end of its tick, or when recv() finds nothing to hand out; until then
they count as pending. What is not simulated: arbitration (frames leave in the order they were sent, not by identifier) and
the time it takes, acknowledgement, bit errors and the counters they move, the loss of what arrives before set_filters()
(it waits in the transport). A bus-off that the transport reports stops sending until restart(); it does not make deaf.

recv(list) writes into the memory behind the caller's memoryview and puts a view of the right length in its place; where
machine.CAN resizes the caller's view itself, a view kept elsewhere keeps its length here. It allocates only when it meets
a list for the first time. Interrupt handlers run inside recv(), flush() and poll().
"""

from array import array

from micropython import const

from boards.unix.filters import FILTERS_MAX, accepts, filter_rows
from boards.unix.irq import ACTIVE, BUS_OFF, IRQ_TX, IRQ_TX_IDX_SHIFT, PASSIVE, STOPPED, WARNING, Irq, state_after
from boards.unix.transport import CANCELLED, ERROR, EXTENDED, EXTENDED_MAX, REMOTE, STANDARD_MAX

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from boards.unix.transport import Transport

_ENETDOWN = const(100)

_TX_QUEUE_LEN = const(32)
_LISTS_KNOWN = const(4)  # lists in turn to which recv() writes without allocating
_NO_MEMORYVIEW = memoryview(b"")


class CAN:
    """One controller. `transport` is the only argument that a microcontroller's does not know."""

    MODE_NORMAL = 0
    MODE_SLEEP = 1
    MODE_LOOPBACK = 2
    MODE_SILENT = 3
    MODE_SILENT_LOOPBACK = 4
    STATE_STOPPED = STOPPED
    STATE_ACTIVE = ACTIVE
    STATE_WARNING = WARNING
    STATE_PASSIVE = PASSIVE
    STATE_BUS_OFF = BUS_OFF
    FLAG_RTR = 1
    FLAG_EXT_ID = 2
    FLAG_UNORDERED = 16
    RECV_ERR_FULL = 1
    RECV_ERR_OVERRUN = 2
    IRQ_TX = IRQ_TX
    IRQ_RX = 2
    IRQ_TX_FAILED = 4
    IRQ_STATE = 8
    IRQ_TX_IDX_SHIFT = IRQ_TX_IDX_SHIFT
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
        self.id = id
        self.transport = transport
        self._handler: Callable[[CAN], None] | None = None
        self._trigger = 0
        self._irq = Irq()
        self._state = self.STATE_STOPPED
        self.sending = False  # not of machine.CAN: neither stopped nor bus-off
        self._entered = array("i", [0, 0, 0])  # times: warning, passive, bus-off
        self._pending = array("i", [0] * (STANDARD_MAX + 1))  # by identifier: batch in which it last was sent
        self._listening = False
        self._filters: tuple[tuple[int, int, int], ...] | None = None
        self._view = _NO_MEMORYVIEW  # last handed out
        self._views = [_NO_MEMORYVIEW] * 9  # of every length, over the same memory
        self._known: list[list[memoryview]] = []
        self.init(bitrate, mode, sample_point, sjw, tseg1, tseg2)

    def init(
        self,
        bitrate: int,
        mode: int = 0,
        sample_point: int = 75,
        sjw: int = 1,
        tseg1: "int | None" = None,
        tseg2: "int | None" = None,
    ) -> None:
        """The timing is kept for get_timings() and otherwise without effect. ValueError for any mode but normal."""
        if mode != self.MODE_NORMAL:
            raise ValueError("mode: the desk has MODE_NORMAL only")
        if bitrate <= 0:
            raise ValueError("bitrate")
        self._timings = [bitrate, sjw, tseg1, tseg2, None, None]
        self._state = self.STATE_ACTIVE
        self.sending = True

    def deinit(self) -> None:
        """Drops what waits in either direction. The transport stays open."""
        self.transport.all_left()
        self.transport.rx_head = self.transport.rx_count
        self._state = self.STATE_STOPPED
        self.sending = False
        self._listening = False

    def restart(self) -> None:
        """Leaves bus-off; what waits to be sent is cancelled."""
        self.transport.all_left()
        for k in range(3):
            self._entered[k] = 0
        if self._state != self.STATE_STOPPED:
            self._state = self.STATE_ACTIVE
            self.sending = True

    def state(self) -> int:
        """One of the STATE_ constants."""
        return self._state

    def get_timings(self, list: "list[int | None] | None" = None) -> "list[int | None]":
        """[bitrate, sjw, tseg1, tseg2, None, None] as given."""
        if list is None:
            return self._timings[:]
        list[:] = self._timings
        return list

    def get_counters(self, list: "list[int | None] | None" = None) -> "list[int | None]":
        """[None, None, times in warning, in passive, in bus-off, pending to send, pending to be received, None]."""
        if list is None:
            list = [None] * 8
        list[0] = list[1] = list[7] = None
        for k in range(3):
            list[2 + k] = self._entered[k]
        transport = self.transport
        pending = 0
        for slot in range(transport.tx_first, transport.tx_count):
            if transport.tx_words[4 * slot] != CANCELLED:
                pending += 1
        list[5] = pending
        list[6] = transport.fill() if self._listening else 0
        return list

    def set_filters(self, filters: "Iterable[tuple[int, int, int]] | None") -> None:
        """None accepts all, an empty iterable nothing, else any of (identifier, mask, flags). ValueError for a bad one."""
        if filters is None:
            self._filters = None
            self._listening = True
            return
        self._filters = filter_rows(filters)
        self._listening = bool(self._filters)

    def send(self, id: int, data: "bytes | bytearray | memoryview", flags: int = 0) -> "int | None":
        """Queues one frame and returns its buffer; None: no room, or the same identifier still waits. OSError: bus-off."""
        transport = self.transport
        if not self.sending:
            raise OSError(_ENETDOWN)
        if len(data) > 8:
            raise ValueError("data too long")
        if transport.tx_count >= _TX_QUEUE_LEN:
            return None
        if flags:
            return self._send_flagged(id, data, flags)
        if not 0 <= id <= STANDARD_MAX:
            raise ValueError("invalid id")
        if self._pending[id] == transport.batch:
            return None
        self._pending[id] = transport.batch
        return transport.put(id, data)

    def _send_flagged(self, id: int, data: "bytes | bytearray | memoryview", flags: int) -> "int | None":
        extended = flags & self.FLAG_EXT_ID
        if not 0 <= id <= (EXTENDED_MAX if extended else STANDARD_MAX):
            raise ValueError("invalid id")
        transport = self.transport
        word = id | (EXTENDED if extended else 0)
        for slot in range(transport.tx_first, transport.tx_count):
            waiting = transport.tx_words[4 * slot]
            if waiting != CANCELLED and waiting & ~REMOTE == word and not flags & self.FLAG_UNORDERED:
                return None
        if not extended:
            self._pending[id] = transport.batch
        if not flags & self.FLAG_RTR:
            return transport.put(word, data)
        slot = transport.put(word | REMOTE, b"")
        transport.tx_words[4 * slot + 1] = len(data)
        return slot

    def cancel_send(self, index: int) -> bool:
        """Takes a frame back that has not left. False: there is none in this buffer."""
        transport = self.transport
        if not transport.tx_first <= index < min(transport.tx_count, self.TX_QUEUE_LEN):
            return False
        word = transport.tx_words[4 * index]
        if word == CANCELLED:
            return False
        transport.tx_words[4 * index] = CANCELLED
        if not word & EXTENDED:
            self._pending[word & STANDARD_MAX] = 0
        transport.drop_at_flush = True
        return True

    def recv(self, arg: "list[Any] | None" = None) -> "list[Any] | None":
        """[identifier, data, flags, errors] of the next accepted frame, in `arg` where given; None: there is none."""
        if arg is None:
            arg = [0, memoryview(bytearray(8)), 0, 0]
        if arg[1] is not self._view:
            self._adopt(arg[1])
        transport = self.transport
        while transport.rx_head < transport.rx_count or self._refilled():
            slot = transport.rx_head
            transport.rx_head = slot + 1
            word = transport.rx_words[4 * slot]
            if word > STANDARD_MAX or self._filters is not None or transport.rx_words[4 * slot + 1] != 8:
                if not self._unusual(arg, slot):
                    continue
            else:
                arg[0] = word
                arg[1] = self._views[8]
                arg[1][:] = transport.rx_data[slot]
                arg[2] = 0
                arg[3] = 0
            self._view = arg[1]
            return arg
        return None

    def _refilled(self) -> bool:
        """Whether there are frames again; what waits to be sent leaves first."""
        if not self._listening:
            return False
        transport = self.transport
        if transport.tx_count:
            self.flush()
        if not transport.fill():
            return False
        self._raise_irq(self.IRQ_RX)
        return transport.rx_head < transport.rx_count or self._refilled()

    def _unusual(self, arg: "list[Any]", slot: int) -> bool:
        """Extended, remote, short and filtered frames. False: this one is not handed out."""
        transport = self.transport
        word = transport.rx_words[4 * slot]
        if word & ERROR:
            self._error(word, transport.rx_data[slot][1])
            return False
        arg[2] = (self.FLAG_EXT_ID if word & EXTENDED else 0) | (self.FLAG_RTR if word & REMOTE else 0)
        arg[3] = 0
        arg[0] = word & EXTENDED_MAX
        if self._filters is not None and not accepts(self._filters, arg[0], arg[2]):
            return False
        arg[1] = self._views[min(transport.rx_words[4 * slot + 1] & 0xFF, 8)]
        for k in range(len(arg[1])):
            arg[1][k] = 0 if word & REMOTE else transport.rx_data[slot][k]
        return True

    def _adopt(self, view: memoryview) -> None:
        """Finds the views over the memory behind another list, or makes them where it comes for the first time."""
        for views in self._known:
            for known in views:
                if known is view:
                    self._views = views
                    self._view = view
                    return
        if len(view) < 8:
            raise ValueError("memoryview too short")
        if len(self._known) == _LISTS_KNOWN:
            self._known.pop(0)
        self._views = [view[:length] for length in range(9)]
        self._known.append(self._views)
        self._view = view

    def _error(self, word: int, detail: int) -> None:
        """An error frame of the transport moves the state, upwards with an interrupt."""
        before = self._state
        if before == self.STATE_STOPPED:
            return
        self._state = state_after(before, word, detail)
        self.sending = self._state != self.STATE_BUS_OFF
        if not self.sending:
            self.transport.all_left()
        if self._state > before:
            self._entered[self._state - self.STATE_WARNING] += 1
            self._raise_irq(self.IRQ_STATE)

    def irq(
        self, handler: "Callable[[CAN], None] | None" = None, trigger: int = 0, hard: bool = False
    ) -> Irq:
        """Sets the handler; without arguments only returns the object whose flags() tell what happened."""
        if handler is not None or trigger:
            self._handler = handler
            self._trigger = trigger
        return self._irq

    def _raise_irq(self, event: int) -> None:
        if self._trigger & event and self._handler is not None:
            self._irq.events |= event
            self._handler(self)

    def flush(self) -> bool:
        """Not of machine.CAN: lets the frames go that were sent. False: the transport keeps some of them for later."""
        transport = self.transport
        first, end = transport.tx_first, transport.tx_count
        if transport.drop_at_flush:
            transport.drop_cancelled()
        done = transport.flush()
        if self._trigger & self.IRQ_TX and self._handler is not None:
            self._irq.sent_first = first
            self._irq.sent_end = end if done else transport.tx_first
            self._handler(self)
        return done

    def poll(self, timeout_ms: int) -> bool:
        """Not of machine.CAN: sleeps until recv() may have something, or the time is over."""
        transport = self.transport
        return transport.fill() > 0 or (transport.wait(timeout_ms) and (transport.fill() > 0 or transport.closed))
