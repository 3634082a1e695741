"""AUTOSAR E2E profile 5 for classical 8-byte frames: counter, CRC-16 and data id, for sending and for receiving.

Bytes 0 and 1 hold the CRC (low byte first), byte 2 the counter; the CRC (polynomial 0x1021, start 0xFFFF) runs over bytes 2
to 7 and then over the data id, low byte first, which is not sent. The data id is the frame's identifier. Source: AUTOSAR
FO PRS E2EProtocol, profile 5. A receiver accepts a counter that is 1 to MAX_DELTA ahead of the last whole frame, accepted or
not; what AUTOSAR calls OK-some-lost is OK with `lost` above 0. A frame that is not OK changes nothing.

The standard lets a first frame with the right counter in. Here the first whole frame after start or a time-out only sets
the counter, and the next must follow within the deadline: a counter that stands still is never obeyed, and one stray
frame counts for nothing. A sender that restarts in time (at 0, 255 or anywhere) loses one frame, one that was silent too
long loses one as well. An old frame among new ones is WRONG_SEQUENCE, and so is the next new one.

Always found: 1 to 3 wrong bits, any odd number, any burst of up to 15 bits in the order of the wire (of 16, all but six
patterns across the border of the CRC), any other data id. Of 4 wrong bits 64 of 635376 patterns pass, of random content 1
frame in 65536. What no receiver of this profile can see: a frame or a whole sequence that is 253 to 255 counts old, and a
sequence that is recorded and played back, or held up and let go, while its true sender is silent. Of two senders at
once, more than MAX_DELTA counts apart, neither is obeyed.
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

MAX_DELTA = const(3)
_AGE_MAX_ms = const(60000)
_LENGTH = const(8)
_COUNT_MAX = const(65535)


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
    """The receiving end of one protected frame. `state` as above, `age_ms` since the last accepted one, `lost` before it."""

    def __init__(self, identifier: int, deadline_ms: int) -> None:
        self._identifier = identifier
        self.deadline_ms = deadline_ms
        self._counter = 0
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
        self._counter = data[2]
        if not self._synchronised:
            self._synchronised = True
            self._patience_ms = self.deadline_ms
            self.state = NONE
            return False
        if ahead == 0:
            self.state = REPEATED
            return False
        if ahead > MAX_DELTA:
            self._refuse(WRONG_SEQUENCE)
            return False
        self.state = OK
        self.lost = ahead - 1
        self.age_ms = 0
        self._patience_ms = 0
        return True

    def _refuse(self, state: int) -> None:
        self.state = state
        if self.errors < _COUNT_MAX:
            self.errors += 1

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
