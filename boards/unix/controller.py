"""What a controller does by itself: hears, sorts in or loses, echoes, lets frames go, falls ill. can.CAN is its face.

hear() is the moment at which the bus goes on: what has come is taken in as far as there is room, error frames act, what no
filter accepts is gone, interrupts are served. The fast way round it, for a controller in NORMAL mode without interrupts
whose program takes all there is, is in CAN.recv() and flush().
"""

from array import array

from micropython import const

from boards.parts.can_irq import IRQ_TX_FAILED, Irq
from boards.unix.errors import BUS_OFF, STOPPED, Health, frames_lost
from boards.unix.filters import accepts
from boards.unix.transport import CANCELLED, ERROR, EXTENDED, REMOTE, RX_SLOTS, STANDARD_MAX, TX_SLOTS, Transport

MODE_NORMAL = 0
MODE_SLEEP = 1
MODE_LOOPBACK = 2
MODE_SILENT = 3
MODE_SILENT_LOOPBACK = 4
MODES = ("MODE_NORMAL", "MODE_SLEEP", "MODE_LOOPBACK", "MODE_SILENT", "MODE_SILENT_LOOPBACK")

RECV_ERR_FULL = 1
RECV_ERR_OVERRUN = 2

_ROUNDS_MAX = const(64)  # of a look at a bus that never falls silent


class Controller:
    """Not of machine.CAN: transport, source, sending, flush(), poll(), hear(), waiting(), pending()."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.source = transport  # what recv() reads now: this, or what comes back in loopback modes
        self.sending = False  # neither stopped nor bus-off
        self._mode = MODE_NORMAL
        self._echo: Transport | None = None
        self._health = Health()
        self._irq = Irq(self)
        self._filters: tuple[tuple[int, int], ...] | None = None
        self._listening = False  # set_filters() has been called, once is enough
        self._receive_errors = 0  # not yet told
        self._plain = True  # neither filters nor errors to tell
        self._special = False  # flush and refill the long way
        self._looked = False  # since the last state()
        self._pending = array("i", [0] * (STANDARD_MAX + 1))  # by identifier: batch in which it last was sent
        self._last = 0  # identifier sent last since everything left
        self._unsorted = False  # what waits is not in the order of arbitration, or partly cancelled
        self._easy = False  # sending, and buffers are slots
        self._leaving = array("i", [0] * TX_SLOTS)

    def _begin(self, state: int, mode: int) -> None:
        """Nothing waits, nothing is counted, nothing is accepted. Frames from before the first filters stay."""
        self._mode = mode
        self._echo = Transport() if mode in (MODE_LOOPBACK, MODE_SILENT_LOOPBACK) else None
        self.source = self.transport
        if self._listening:
            self.transport.rx_head = self.transport.rx_count
            self._filters = ()
            self.transport.set_filters(())
        self._receive_errors = 0
        self._plain = self._filters is None
        self._irq.forget()
        self._restart(state)

    def _restart(self, state: int) -> None:
        self._forget_pending()
        self._choose_way()
        self._health.begin(state)
        self.sending = self._easy = state != STOPPED

    def _choose_way(self) -> None:
        self._special = self._mode != MODE_NORMAL or self._irq.trigger != 0

    def _forget_pending(self) -> None:
        self.transport.all_left()
        self._last = 0
        self._unsorted = False

    def waiting(self) -> int:
        """Frames received and not yet handed out, as far as they have been looked at."""
        transport = self.transport
        count = transport.rx_count - transport.rx_head if self._listening else 0
        echo = self._echo
        return count if echo is None else count + echo.rx_count - echo.rx_head

    def hear(self) -> None:
        """Looks at the bus."""
        transport = self.transport
        if self._health.state == STOPPED:
            return
        if self._mode == MODE_SLEEP or self._mode == MODE_SILENT_LOOPBACK:
            for _ in range(_ROUNDS_MAX):
                if not transport.fill():
                    break
                transport.rx_head = transport.rx_count
        elif transport.rx_head < transport.rx_count:
            self._settle(transport)
            self._crowd_in()
        elif transport.fill():
            self._settle(transport)
        echo = self._echo
        if echo is not None and self.source.rx_head == self.source.rx_count:
            self.source = echo if echo.rx_head < echo.rx_count else transport
        self._irq.serve()

    def _settle(self, queue: Transport) -> None:
        """Throws out of a receive queue what is not for it, and moves the rest to the front."""
        if queue.rx_head == 0 and queue.rx_settled == queue.rx_count:
            return
        to = 0
        for slot in range(queue.rx_head, queue.rx_count):
            if slot < queue.rx_settled or self._accepted(slot):
                if to != slot:
                    _copy(queue.rx_words, slot, queue.rx_words, to)
                to += 1
        queue.rx_head = 0
        queue.rx_count = queue.rx_settled = to

    def _crowd_in(self) -> None:
        """Takes what comes while others still wait."""
        transport = self.transport
        for _ in range(_ROUNDS_MAX):
            count = transport.take()
            if count == 0:
                return
            for slot in range(RX_SLOTS, RX_SLOTS + count):
                if self._accepted(slot):
                    self._queue(transport.rx_words, slot, transport)

    def _queue(self, words: "array[int]", slot: int, queue: Transport) -> None:
        """One frame more at the end of a receive queue, or one frame lost."""
        if queue.rx_count == RX_SLOTS:
            self._receive_errors |= RECV_ERR_FULL
            self._lose()
            return
        _copy(words, slot, queue.rx_words, queue.rx_count)
        queue.rx_count += 1
        queue.rx_settled = queue.rx_count
        if queue.rx_count == RX_SLOTS:
            self._receive_errors |= RECV_ERR_FULL
            self._plain = False

    def _lose(self) -> None:
        self._health.lost_count += 1
        self._receive_errors |= RECV_ERR_OVERRUN
        self._plain = False

    def _accepted(self, slot: int) -> bool:
        """Whether a frame is to be handed out. An error frame never is: it acts."""
        word = self.transport.rx_words[4 * slot]
        if word & ERROR:
            self._error(word, self.transport.rx_data[slot])
            return False
        return accepts(self._filters, word)

    def _error(self, word: int, data: memoryview) -> None:
        if frames_lost(word, data[1]):
            self._lose()
        if self._health.step(word, data):
            self._irq.note_worse()
        if self._health.state == BUS_OFF and self.sending:
            self.sending = False
            transport = self.transport
            for slot in range(transport.tx_first, transport.tx_count):
                if self._own(transport.tx_words[4 * slot]):
                    self._irq.note_sent(transport.tx_buffer[slot], IRQ_TX_FAILED)
            self._forget_pending()
            self._easy = False

    def _own(self, word: int) -> bool:
        """Whether send() put this frame into the transport; others are the board's own wires."""
        if word & EXTENDED:
            return word != CANCELLED
        return self._pending[word & STANDARD_MAX] == self.transport.batch

    def pending(self) -> int:
        """Frames sent that have not left."""
        transport = self.transport
        count = 0
        for slot in range(transport.tx_first, transport.tx_count):
            if self._own(transport.tx_words[4 * slot]):
                count += 1
        return count

    def _is_pending(self, word: int) -> bool:
        """Whether a frame of this identifier, data or remote, has been sent and not left."""
        transport = self.transport
        if not word & EXTENDED:
            return self._pending[word] == transport.batch
        for slot in range(transport.tx_first, transport.tx_count):
            if transport.tx_words[4 * slot] & ~REMOTE == word:
                return True
        return False

    def _free_slot(self, limit: int) -> int:
        """Where one frame more can wait: behind the others, or where one has left or was cancelled; -1: nowhere."""
        transport = self.transport
        slot = transport.tx_count
        if slot < limit:
            transport.tx_count = slot + 1
            return slot
        if transport.tx_first:
            transport.tx_first -= 1
            return transport.tx_first
        for slot in range(limit):
            if transport.tx_words[4 * slot] == CANCELLED:
                return slot
        return -1

    def _cancel(self, buffer: int) -> bool:
        """Marks the frame in this buffer. False: there is none."""
        transport = self.transport
        words = transport.tx_words
        for slot in range(transport.tx_first, transport.tx_count):
            word = words[4 * slot]
            if transport.tx_buffer[slot] == buffer and self._own(word):
                words[4 * slot] = CANCELLED
                self._unsorted = True
                if not word & EXTENDED:
                    self._release(word & STANDARD_MAX)
                return True
        return False

    def _release(self, identifier: int) -> None:
        """A frame of a standard identifier no longer waits. Others of it may."""
        transport = self.transport
        for slot in range(transport.tx_first, transport.tx_count):
            if transport.tx_words[4 * slot] & ~REMOTE == identifier:
                return
        self._pending[identifier] = 0

    def flush(self) -> bool:
        """Lets the frames go that were sent. False: some of them still wait."""
        transport = self.transport
        if self._unsorted:
            transport.arrange(self._pending)
            self._unsorted = False
        if self._special:
            return self._flush_specially()
        if not transport.flush():
            self._keep()
            return False
        self._last = 0
        self._easy = self.sending
        if transport.rx_head < transport.rx_count:
            self.hear()
        return True

    def _flush_specially(self) -> bool:
        """With interrupts, or in another mode."""
        transport = self.transport
        if self._mode == MODE_SLEEP or self._mode == MODE_SILENT:
            self._unsorted = True
            self.hear()
            return transport.tx_count == 0
        leaving = self._leaving
        first, count = transport.tx_first, transport.tx_count
        for slot in range(first, count):
            leaving[slot] = transport.tx_buffer[slot] if self._own(transport.tx_words[4 * slot]) else -1
        if self._mode == MODE_SILENT_LOOPBACK:
            transport.all_left()
            done = True
        else:
            done = transport.flush()
        for slot in range(first, count if done else transport.tx_first):
            if leaving[slot] >= 0:
                self._irq.note_sent(leaving[slot], 0)
                self._come_back(slot)
        if done:
            self._last = 0
            self._easy = self.sending
        else:
            self._keep()
        self.hear()
        return done

    def _come_back(self, slot: int) -> None:
        """A frame that left is received, in loopback modes."""
        echo = self._echo
        words = self.transport.tx_words
        if echo is None or not self._listening or not accepts(self._filters, words[4 * slot]):
            return
        if echo.rx_head:
            self._settle(echo)
        self._queue(words, slot, echo)

    def _keep(self) -> None:
        """The transport kept some; the identifiers of those that left are free."""
        transport = self.transport
        for slot in range(transport.tx_first):
            word = transport.tx_words[4 * slot]
            if not word & EXTENDED and self._own(word):
                self._release(word & STANDARD_MAX)
        self._unsorted = True
        self._easy = False

    def poll(self, timeout_ms: int) -> bool:
        """Lets frames go and sleeps until recv() may have something, or the time is over."""
        transport = self.transport
        if transport.tx_count:
            self.flush()
        self.hear()
        if self.waiting():
            return True
        if not transport.wait(timeout_ms):
            return False
        self.hear()
        return self.waiting() > 0 or transport.closed


def _copy(words: "array[int]", slot: int, to: "array[int]", place: int) -> None:
    for k in range(4):
        to[4 * place + k] = words[4 * slot + k]
