"""How 16-byte SocketCAN frames come and go in batches: the buffers all transports share, and the one inside one process.

A frame is `<IB3x8s`: identifier with 0x80000000 extended, 0x40000000 remote, 0x20000000 error; length; data. The buffers
are arrays of 32-bit words with byte views laid over them once, so that nothing is allocated per frame; the machine is
little-endian, as every desk is. Frames put wait in `tx_*` until flush() and leave in the order they were put.
"""

import sys
from array import array

from micropython import const

SLOTS = const(64)  # frames in each direction between two flushes or fills
FOREVER_ms = const(-1)

EXTENDED = const(0x80000000)
REMOTE = const(0x40000000)
ERROR = const(0x20000000)
STANDARD_MAX = const(0x7FF)
EXTENDED_MAX = const(0x1FFFFFFF)
CANCELLED = const(0xFFFFFFFF)  # in a slot of tx_words: this one stays here

if sys.implementation.name == "micropython":
    import uctypes

    def bytes_of(words: "array[int]") -> memoryview:
        """The same memory, byte by byte."""
        return memoryview(uctypes.bytearray_at(uctypes.addressof(words), 4 * len(words)))

else:

    def bytes_of(words: "array[int]") -> memoryview:
        """The same memory, byte by byte."""
        return memoryview(words).cast("B")


class Transport:
    """Buffers for both directions. Subclasses move them: wait(), fill(), flush(), close()."""

    def __init__(self) -> None:
        self.rx_words = array("I", [0] * (4 * SLOTS))
        self.rx_bytes = bytes_of(self.rx_words)
        self.rx_data = [self.rx_bytes[16 * i + 8 : 16 * i + 16] for i in range(SLOTS)]
        self.rx_head = 0  # next frame to hand out
        self.rx_count = 0
        self.tx_words = array("I", [0] * (4 * SLOTS))
        self.tx_bytes = bytes_of(self.tx_words)
        self.tx_data = [self.tx_bytes[16 * i + 8 : 16 * i + 16] for i in range(SLOTS)]
        self.tx_batch = [self.tx_bytes[: 16 * i] for i in range(SLOTS + 1)]
        self.tx_first = 0  # first frame that has not left
        self.tx_count = 0
        self.drop_at_flush = False  # some frames were cancelled
        self.batch = 1  # goes up whenever everything has left
        self.closed = False  # the other side is gone

    def put(self, word: int, data: "bytes | bytearray | memoryview") -> int:
        """Queues one frame of up to 8 bytes and returns its slot; -1: no room."""
        slot = self.tx_count
        if slot == SLOTS:
            return -1
        self.tx_words[4 * slot] = word
        self.tx_words[4 * slot + 1] = len(data)
        if len(data) == 8:
            self.tx_data[slot][:] = data
        else:
            self._put_short(self.tx_data[slot], data)
        self.tx_count = slot + 1
        return slot

    def _put_short(self, to: memoryview, data: "bytes | bytearray | memoryview") -> None:
        for k in range(8):
            to[k] = data[k] if k < len(data) else 0

    def drop_cancelled(self) -> None:
        """Closes the gaps that cancelled frames leave."""
        words = self.tx_words
        to = self.tx_first
        for slot in range(self.tx_first, self.tx_count):
            if words[4 * slot] != CANCELLED:
                for k in range(4):
                    words[4 * to + k] = words[4 * slot + k]
                to += 1
        self.tx_count = to
        self.drop_at_flush = False

    def all_left(self) -> None:
        """What every flush that succeeded ends with; also forgets what has not left."""
        self.tx_first = 0
        self.tx_count = 0
        self.batch = (self.batch + 1) & 0x3FFFFFFF

    def wait(self, timeout_ms: int) -> bool:
        """Sleeps until there is something to fill (or the other side has gone). False: out of time, or never will be."""
        return False

    def fill(self) -> int:
        """Frames that wait to be handed out; reads on when there are none."""
        return self.rx_count - self.rx_head

    def flush(self) -> bool:
        """Sends what was put, in one write where the medium has batches. False: some of it still waits."""
        self.all_left()
        return True

    def close(self) -> None:
        """Lets go of the medium."""
        self.closed = True


class MemoryTransport(Transport):
    """Bench and firmware in one interpreter: the bench delivers before the firmware's tick and collects after it."""

    def __init__(self) -> None:
        super().__init__()
        self._inbox = bytearray()
        self._outbox = bytearray()

    def deliver(self, frames: "bytes | bytearray") -> None:
        """Bench side: these frames, whole ones, are on the bus."""
        self._inbox += frames

    def collect(self) -> bytes:
        """Bench side: what the firmware has sent since the last time."""
        frames = bytes(self._outbox)
        self._outbox = bytearray()
        return frames

    def wait(self, timeout_ms: int) -> bool:
        return len(self._inbox) >= 16

    def fill(self) -> int:
        waiting = self.rx_count - self.rx_head
        if waiting:
            return waiting
        length = min(len(self._inbox) // 16 * 16, 16 * SLOTS)
        if length:
            self.rx_bytes[:length] = self._inbox[:length]
            self._inbox = self._inbox[length:]
        self.rx_head = 0
        self.rx_count = length // 16
        return self.rx_count

    def flush(self) -> bool:
        self._outbox += self.tx_batch[self.tx_count]
        self.all_left()
        return True
