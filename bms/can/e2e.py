"""AUTOSAR E2E profile 5 for classical 8-byte frames: counter, CRC-16 and data id, for sending and for receiving.

Bytes 0 and 1 hold the CRC (low byte first), byte 2 the counter; the CRC (polynomial 0x1021, start 0xFFFF) runs over bytes 2
to 7 and then over the data id, low byte first, which is not sent. The data id is the frame's identifier. Source: AUTOSAR
FO PRS E2EProtocol, profile 5. What is OK-some-lost there is OK with `lost` above 0. A frame that is not OK changes nothing.

The standard lets the counter follow every whole frame. Here it stands where the last accepted frame left it, and only a
counter that is 1 to `max_delta` ahead of that is accepted: as many as a sender counts up in the time that the deadline
leaves it, so that one frame less than that may be lost in a row. The first whole frame after start or a time-out only sets
the counter, and one that follows it must come within the deadline: a counter that stands still is never obeyed, and one
stray frame counts for nothing. When the deadline has passed without an accepted frame, the receiver begins anew. So a sender
that restarts its counter is heard again after the deadline, and one that is frozen times out. Of two senders at once the
one that came first is obeyed and the other never, unless it counts within max_delta of the first.

Always found: 1 to 3 wrong bits, any odd number, any burst of up to 15 bits in the order of the wire (of 16, all but six
patterns across the border of the CRC), any other data id. Of 4 wrong bits 64 of 635376 patterns pass, of random content 1
frame in 65536. Old frames, however many in a row, are refused while their true sender is accepted, with one blind spot: a
counter of 256 - max_delta to 255 before the last accepted one (250 to 255 for a command every 50 ms in 300 ms, 251 to 255
for a status every 100 ms in 500 ms) is that of a new frame. What no receiver of this profile can see: a sequence that is
recorded and played back, or held up and let go, while its true sender is silent or has not been heard yet.
"""

from array import array

import micropython
from micropython import const

# State of a receiver: an input of the integer lane, and VCU_COMMAND's state on the wire.
NONE = const(0)
OK = const(1)
REPEATED = const(2)
WRONG_SEQUENCE = const(3)
ERROR = const(4)
TIMED_OUT = const(5)

_STEP_MAX = const(16)  # whatever the deadline: the longer the step, the more old frames count as new ones
_AGE_MAX_ms = const(60000)
_LENGTH = const(8)
_COUNT_MASK = const(0xFFFF)


def _table() -> "array[int]":
    out = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        out.append(crc)
    return array("H", out)


_TABLE = _table()


@micropython.viper
def crc16(frame: object, first: int, end: int, identifier: int) -> int:
    """CRC over bytes first to end - 1 of a buffer and the two bytes of the identifier."""
    data = ptr8(frame)  # type: ignore[arg-type]
    table = ptr16(_TABLE)
    crc = 0xFFFF
    i = first
    while i < end:
        crc = ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ data[i]]
        i += 1
    crc = ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ (identifier & 0xFF)]
    return ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ ((identifier >> 8) & 0xFF)]


@micropython.viper
def protect(frame: object, identifier: int) -> int:
    """Moves the counter of an 8-byte frame on by one and writes its CRC, which it returns."""
    data = ptr8(frame)  # type: ignore[arg-type]
    table = ptr16(_TABLE)
    data[2] = (data[2] + 1) & 0xFF
    crc = 0xFFFF
    i = 2
    while i < 8:
        crc = ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ data[i]]
        i += 1
    crc = ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ (identifier & 0xFF)]
    crc = ((crc & 0xFF) << 8) ^ table[(crc >> 8) ^ ((identifier >> 8) & 0xFF)]
    data[0] = crc & 0xFF
    data[1] = crc >> 8
    return crc


class Receiver:
    """The receiving end of one protected frame. `state` as above, `age_ms` since the last accepted one, `lost` before it.

    `errors` counts what was spoilt or out of sequence, modulo 65536.
    """

    def __init__(self, identifier: int, deadline_ms: int, period_ms: int) -> None:
        self._identifier = identifier
        self.deadline_ms = deadline_ms
        self.max_delta = min(_STEP_MAX, max(1, deadline_ms // period_ms))
        self._counter = 0  # of the last accepted frame, or of the first
        self._synchronised = False
        self._patience_ms = 0  # left for a frame that follows the first
        self.state = NONE
        self.age_ms = _AGE_MAX_ms
        self.lost = 0
        self.errors = 0

    def check(self, data: "bytearray | memoryview") -> bool:
        """Looks at one received frame. True: its content may be used."""
        if len(data) != _LENGTH or data[0] | data[1] << 8 != crc16(data, 2, _LENGTH, self._identifier):
            self._refuse(ERROR)
            return False
        ahead = (data[2] - self._counter) & 0xFF
        if not self._synchronised:
            self._counter = data[2]
            self._synchronised = True
            self._patience_ms = self.deadline_ms
            self.state = NONE
            return False
        if ahead == 0:
            self.state = REPEATED
            return False
        if ahead > self.max_delta:
            self._refuse(WRONG_SEQUENCE)
            return False
        self._counter = data[2]
        self.state = OK
        self.lost = ahead - 1
        self.age_ms = 0
        self._patience_ms = 0
        return True

    def _refuse(self, state: int) -> None:
        self.state = state
        self.errors = (self.errors + 1) & _COUNT_MASK

    def step(self, dt_ms: int) -> int:
        """Ages by one tick. Returns the state; past its deadline a receiver waits for a new start."""
        age = self.age_ms + dt_ms
        if age <= self.deadline_ms:
            self.age_ms = age
            return self.state
        self.age_ms = age if age < _AGE_MAX_ms else _AGE_MAX_ms
        if self._patience_ms >= dt_ms:
            self._patience_ms -= dt_ms
        elif self._synchronised or self.state != NONE:
            self._patience_ms = 0
            self._synchronised = False
            self.state = TIMED_OUT
        return self.state
