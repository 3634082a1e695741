"""How 16-byte SocketCAN frames come and go in batches: the buffers all transports share, and the one inside one process.

A frame is `<IB3x8s`: identifier with 0x80000000 extended, 0x40000000 remote, 0x20000000 error; length; data. The buffers
are arrays of 32-bit words with byte views laid over them once, so that nothing is allocated per frame; the machine is
little-endian, as every desk is. `tx_*` leaves at flush(), in the order of its slots; arrange() makes that the order in which
arbitration would let frames go. `rx_*` is the receive queue. What comes when it is not empty goes behind it, to the spare
slots, for the controller to sort in.
"""

import sys
from array import array

from micropython import const

RX_SLOTS = const(256)  # what 500 kbit/s can carry in 55 ms
SPARE_SLOTS = const(64)
TX_SLOTS = const(64)
FOREVER_ms = const(-1)

EXTENDED = const(0x80000000)
REMOTE = const(0x40000000)
ERROR = const(0x20000000)
STANDARD_MAX = const(0x7FF)
EXTENDED_MAX = const(0x1FFFFFFF)
CANCELLED = const(0xFFFFFFFF)  # in a slot of tx_words: this one stays here
_LAST = const(0x100000000)

if sys.implementation.name == "micropython":
    import uctypes

    def bytes_of(words: "array[int]") -> memoryview:
        """The same memory, byte by byte."""
        return memoryview(uctypes.bytearray_at(uctypes.addressof(words), 4 * len(words)))

else:

    def bytes_of(words: "array[int]") -> memoryview:
        """The same memory, byte by byte."""
        return memoryview(words).cast("B")


def rank(word: int) -> int:
    """A frame's arbitration field bit by bit (ISO 11898-1): the lower one wins. Of equal base identifiers data go before
    a remote request, and both before extended ones."""
    if word & EXTENDED:
        return (word >> 18 & 0x7FF) << 21 | 0x180000 | (word & 0x3FFFF) << 1 | (1 if word & REMOTE else 0)
    return (word & 0x7FF) << 21 | (0x100000 if word & REMOTE else 0)


class Transport:
    """Buffers for both directions. Subclasses move them: wait(), fill(), take(), flush(), close()."""

    def __init__(self) -> None:
        slots = RX_SLOTS + SPARE_SLOTS
        self.rx_words = array("I", [0] * (4 * slots))
        self.rx_bytes = bytes_of(self.rx_words)
        self.rx_data = [self.rx_bytes[16 * i + 8 : 16 * i + 16] for i in range(slots)]
        self.rx_head = 0  # next frame to hand out
        self.rx_count = 0
        self.rx_settled = 0  # up to here the controller has already thrown out what it does not want
        self.tx_words = array("I", [0] * (4 * TX_SLOTS))
        self.tx_bytes = bytes_of(self.tx_words)
        self.tx_data = [self.tx_bytes[16 * i + 8 : 16 * i + 16] for i in range(TX_SLOTS)]
        self.tx_batch = [self.tx_bytes[: 16 * i] for i in range(TX_SLOTS + 1)]
        self.tx_slots = [self.tx_bytes[16 * i : 16 * i + 16] for i in range(TX_SLOTS)]
        self.tx_buffer = array("i", range(TX_SLOTS))  # by slot: number of its buffer, in use or not
        self.tx_first = 0  # first frame that has not left
        self.tx_count = 0
        self._shuffled = 0  # from this slot on tx_buffer is in order
        self._ranks = [0] * TX_SLOTS
        self._order = [0] * TX_SLOTS
        self._aside = [bytearray(16) for _ in range(TX_SLOTS)]
        self._aside_number = [0] * TX_SLOTS
        self.batch = 1  # goes up whenever everything has left
        self.closed = False  # the other side is gone

    def put(self, word: int, data: "bytes | bytearray | memoryview") -> int:
        """Queues one frame of up to 8 bytes behind all others and returns its slot; -1: no room."""
        slot = self.tx_count
        if slot == TX_SLOTS:
            return -1
        self.write(slot, word, data, len(data))
        self.tx_count = slot + 1
        return slot

    def write(self, slot: int, word: int, data: "bytes | bytearray | memoryview", length: int) -> None:
        """Fills a slot."""
        self.tx_words[4 * slot] = word
        self.tx_words[4 * slot + 1] = length
        to = self.tx_data[slot]
        if len(data) == 8:
            to[:] = data
            return
        for k in range(8):
            to[k] = data[k] if k < len(data) else 0

    def arrange(self, sent: "array[int]") -> None:
        """Sorts what waits by arbitration, equals as they came, and drops what was cancelled. `sent` tells by standard
        identifier in which batch a controller sent it; what none did goes last, in the order of put()."""
        words = self.tx_words
        ranks = self._ranks
        order = self._order
        batch = self.batch
        first = self.tx_first
        count = 0
        end = self.tx_count
        for slot in range(first, end):
            word = words[4 * slot]
            if word == CANCELLED:
                continue
            if word & EXTENDED:
                own = rank(word)
            elif sent[word & STANDARD_MAX] != batch:
                own = _LAST
            else:
                own = rank(word) if word > STANDARD_MAX else word << 21
            k = count
            while k and ranks[k - 1] > own:
                ranks[k] = ranks[k - 1]
                order[k] = order[k - 1]
                k -= 1
            ranks[k] = own
            order[k] = slot
            count += 1
        self._permute(count)

    def _permute(self, count: int) -> None:
        """Puts `count` slots into the order found; the buffers of the others are free."""
        order = self._order
        slots = self.tx_slots
        numbers = self.tx_buffer
        aside = self._aside
        aside_number = self._aside_number
        first = self.tx_first
        length = self.tx_count - first
        if count < length:
            self.tx_count = first + count
            for slot in range(first, first + length):
                if self.tx_words[4 * slot] == CANCELLED:
                    order[count] = slot
                    count += 1
        self._shuffled = max(self._shuffled, first + length)
        start = 0
        while start < length and order[start] == first + start:
            start += 1
        for k in range(start, length):
            slot = order[k]
            aside[k][:] = slots[slot]
            aside_number[k] = numbers[slot]
        for k in range(start, length):
            slots[first + k][:] = aside[k]
            numbers[first + k] = aside_number[k]

    def all_left(self) -> None:
        """What every flush that succeeded ends with; also forgets what has not left."""
        self.tx_first = 0
        self.tx_count = 0
        self.batch = (self.batch + 1) & 0x3FFFFFFF
        for slot in range(self._shuffled):
            self.tx_buffer[slot] = slot
        self._shuffled = 0

    def set_filters(self, rows: "tuple[tuple[int, int], ...] | None") -> None:
        """What the controller will take, for a medium that can sort before: (value, mask) of the word, None for all."""

    def wait(self, timeout_ms: int) -> bool:
        """Sleeps until there is something to fill (or the other side has gone). False: out of time, or never will be."""
        return False

    def fill(self) -> int:
        """Frames that wait to be handed out; reads on when there are none, from slot 0, none of them settled."""
        return self.rx_count - self.rx_head

    def take(self) -> int:
        """Reads on into the spare slots, from RX_SLOTS on. Returns how many frames; 0: there is nothing more."""
        return 0

    def flush(self) -> bool:
        """Sends what was put, in one write where the medium has batches. False: some of it still waits."""
        self.all_left()
        return True

    def close(self) -> None:
        """Lets go of the medium."""
        self.closed = True


class MemoryTransport(Transport):
    """Bench and firmware in one interpreter: the bench delivers before the firmware's tick and collects after it. With a
    `bus`, a list, what it sends goes to all others in that list instead."""

    def __init__(self, bus: "list[MemoryTransport] | None" = None) -> None:
        super().__init__()
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._nodes = bus
        if bus is not None:
            bus.append(self)

    def deliver(self, frames: "bytes | bytearray | memoryview") -> None:
        """Bench side: these frames, whole ones, are on the bus."""
        self._inbox += frames

    def collect(self) -> bytes:
        """Bench side: what the firmware has sent since the last time."""
        frames = bytes(self._outbox)
        self._outbox = bytearray()
        return frames

    def wait(self, timeout_ms: int) -> bool:
        return len(self._inbox) >= 16

    def _read(self, first: int, slots: int) -> int:
        length = min(len(self._inbox) // 16, slots) * 16
        if length:
            self.rx_bytes[16 * first : 16 * first + length] = self._inbox[:length]
            self._inbox = self._inbox[length:]
        return length // 16

    def fill(self) -> int:
        waiting = self.rx_count - self.rx_head
        if waiting:
            return waiting
        self.rx_head = self.rx_settled = 0
        self.rx_count = self._read(0, RX_SLOTS)
        return self.rx_count

    def take(self) -> int:
        return self._read(RX_SLOTS, SPARE_SLOTS)

    def flush(self) -> bool:
        frames = self.tx_batch[self.tx_count]
        if self._nodes is None:
            self._outbox += frames
        else:
            for node in self._nodes:
                if node is not self:
                    node.deliver(frames)
        self.all_left()
        return True
