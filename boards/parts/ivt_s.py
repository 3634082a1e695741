"""A current sensor of the IVT-S kind (Isabellenhuette) from its CAN frames: current in mA, three voltages in mV.

Layout and identifiers stand in dbc/ivt_s.dbc: big-endian results, each with its own message, a counter of four bits and four
status bits. take() is given every received standard frame and keeps what is the sensor's; read() hands out what came since
the last read(). A value is fresh and sound when its frame is whole, its counter has moved, and neither the system nor this
channel has an error. Everything else becomes a bit of `trouble`, of the frames since the last read(), and adds to a counter:
LOST (the counter jumped: frames are missing, this one is sound), REPEATED (the counter stood: the same again), STATUS (the
sensor does not stand by this value), ELSEWHERE (another channel has an error), RANGE (more than 24 bits), MALFORMED (length
or channel is not what the identifier says). `bad` has a bit for each value whose last frame was not taken, `malformed` those of
them whose frame was no frame of theirs. Silence is nothing here: the caller ages its values. Nothing allocates or raises.
Positive current charges; `turned` where the sensor is built in the other way round.
"""

from array import array

from micropython import const

from boards.parts.ivt_s_frames import IvtCurrent, IvtU1, IvtU2, IvtU3

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

# Values: index into what read() fills; 1 << index is the bit that it returns.
CURRENT_mA = const(0)
U1_mV = const(1)
U2_mV = const(2)
U3_mV = const(3)
VALUES = const(4)

# Bits of `trouble`.
LOST = const(1)
REPEATED = const(2)
STATUS = const(4)
ELSEWHERE = const(8)
RANGE = const(16)
MALFORMED = const(32)

_NO_COUNT = const(-1)
_COUNTS = const(15)
_NEGATIVE = const(-1)
_RING = const(0x3FFFFFFF)


class IvtS:
    """One sensor, with the identifiers it is delivered with."""

    def __init__(self, turned: bool = False) -> None:
        self._turned = turned
        self._current = IvtCurrent()
        self._voltages: tuple[Any, ...] = (IvtU1(), IvtU2(), IvtU3())
        self._value = array("i", [0] * VALUES)
        self._count = array("i", [_NO_COUNT] * VALUES)  # of the last whole frame
        self._fresh = 0
        self._bad = 0
        self._malformed = 0
        self._trouble = 0
        self.bad = 0
        self.malformed = 0
        self.trouble = 0
        self.overcurrent_seen = False  # the sensor's own signal, in the last whole frame
        self.lost_count = 0  # frames that were not heard, as the counters tell
        self.bad_count = 0  # frames whose value was not taken

    def take(self, identifier: int, data: "memoryview | bytearray") -> bool:
        """One received standard frame. False: it is not the sensor's."""
        k = identifier - IvtCurrent.ID
        if not 0 <= k < VALUES:
            return False
        if k == CURRENT_mA:
            frame: Any = self._current
            sound = frame.unpack(data) and self._look(k, frame, frame.current_mA)
            if sound:
                self._value[k] = -frame.current_mA if self._turned else frame.current_mA
        else:
            frame = self._voltages[k - 1]
            sound = frame.unpack(data) and self._look(k, frame, frame.voltage_mV)
            if sound:
                self._value[k] = frame.voltage_mV
        bit = 1 << k
        if len(data) != IvtCurrent.LENGTH:
            self._trouble |= MALFORMED
        if sound:
            self._fresh |= bit
            self._bad &= ~bit
            self._malformed &= ~bit
        else:
            self._fresh &= ~bit
            self._bad |= bit
            if len(data) != IvtCurrent.LENGTH or frame.channel != k:
                self._malformed |= bit
            else:
                self._malformed &= ~bit
            self.bad_count = (self.bad_count + 1) & _RING
        return True

    def _look(self, k: int, frame: "Any", value: int) -> bool:
        """Whether the value of an unpacked frame is fresh and sound."""
        if frame.channel != k:
            self._trouble |= MALFORMED
            return False
        sound = True
        last = self._count[k]
        self._count[k] = frame.counter
        step = (frame.counter - last) & _COUNTS
        if last == _NO_COUNT:
            step = 1
        if step == 0:
            self._trouble |= REPEATED
            sound = False
        elif step > 1:
            self._trouble |= LOST
            self.lost_count = (self.lost_count + step - 1) & _RING
        self.overcurrent_seen = frame.overcurrent != 0
        if frame.system_error or frame.channel_error:
            self._trouble |= STATUS
            sound = False
        elif frame.any_error:
            self._trouble |= ELSEWHERE
        if frame.extension != (_NEGATIVE if value < 0 else 0):
            self._trouble |= RANGE
            sound = False
        return sound

    def read(self, values: "array[int]") -> int:
        """Fills the values that came since the last read(), CURRENT_mA first; bit k set: value k is fresh and sound."""
        fresh = self._fresh
        self.bad = self._bad
        self.malformed = self._malformed
        self.trouble = self._trouble
        self._fresh = 0
        self._bad = 0
        self._malformed = 0
        self._trouble = 0
        for k in range(VALUES):
            if fresh >> k & 1:
                values[k] = self._value[k]
        return fresh
