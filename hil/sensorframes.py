"""Many integer readings into SocketCAN frames at once, in the layout of the generated codec.

Where a signal lies and what it may hold is not written down here: it is found by packing ones into the
codec's classes, so dbc/hil.dbc stays the only place that knows. A frame is 16 bytes: identifier, length,
three bytes of nothing, data.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FRAME_BYTES = 16
_HEADER = struct.Struct("<IB3x")
_HUGE = 1 << 40


class Message(Protocol):
    """An instance of a generated class with 8 bytes of data."""

    ID: int
    LENGTH: int

    def pack(self, buf: bytearray | memoryview) -> None: ...

    def unpack(self, buf: bytes | bytearray | memoryview) -> bool: ...


@dataclass(frozen=True)
class Slot:
    """Where a signal lies, as a little-endian word, and the values (not names of reasons) that it holds."""

    shift: int
    mask: int  # all ones of its width
    low: int
    high: int

    def named(self, reason: int) -> int:
        """Raw value that stands for reason 1 (not ready) and following, of a signed signal with named lowest values."""
        return -(self.mask + 1) // 2 + reason - 1


def slot(make: type[Message], attribute: str) -> Slot:
    """The place of one signal of a generated class. AttributeError where it has none of that name."""
    getattr(make(), attribute)
    low, high = _through(make, attribute, -_HUGE), _through(make, attribute, _HUGE)
    one = _word(make, attribute, 1) & ~_word(make, attribute, 0)
    ones = _word(make, attribute, -1 if low < 0 else high)
    shift = one.bit_length() - 1
    width = ones.bit_length() - shift
    return Slot(shift, (1 << width) - 1, low, high)


class ColdFrame:
    """One frame of one message, whose attributes the owner sets."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._frame = bytearray(_HEADER.pack(message.ID, message.LENGTH).ljust(FRAME_BYTES, b"\0"))
        self._data = memoryview(self._frame)[_HEADER.size :]

    def packed(self) -> bytes:
        """The frame as the message stands now."""
        self._message.pack(self._data)
        return bytes(self._frame)


class HotFrames:
    """The frames of all fast channels. `rows` are (class, constants, attributes of its channels), in channel order.

    `slots` holds one Slot a channel. write() fills `buffer`, of shape (frames, 2): header and data words.
    """

    def __init__(self, rows: Sequence[tuple[type[Message], Mapping[str, int], Sequence[str]]]) -> None:
        self.slots = [slot(make, attribute) for make, _, attributes in rows for attribute in attributes]
        self.buffer = np.zeros((len(rows), 2), dtype="<i8")
        self.constant = np.zeros(len(rows), dtype="<i8")
        starts = []
        count = 0
        for k, (make, constants, attributes) in enumerate(rows):
            header = _HEADER.pack(make.ID, make.LENGTH)
            self.buffer[k, 0] = int.from_bytes(header, "little")
            message = make()
            for name, value in constants.items():
                setattr(message, name, value)
            data = bytearray(make.LENGTH)
            message.pack(data)
            word = int.from_bytes(data, "little", signed=True)
            for place in self.slots[count : count + len(attributes)]:
                word &= ~(place.mask << place.shift)
            self.constant[k] = word
            starts.append(count)
            count += len(attributes)
        self._starts = np.array(starts)
        self._masks = np.array([place.mask for place in self.slots])
        self._shifts = np.array([place.shift for place in self.slots])
        self._whole = np.zeros(count, dtype=np.int64)
        self._words = np.zeros(len(rows), dtype=np.int64)

    def write(self, wire: NDArray[np.float64], moving: NDArray[np.int64]) -> None:
        """Readings of shape (channels,), whole numbers inside their slots; `moving` (frames,) is or-ed into the data."""
        whole, words = self._whole, self._words
        np.copyto(whole, wire, casting="unsafe")
        np.bitwise_and(whole, self._masks, whole)
        np.left_shift(whole, self._shifts, whole)
        np.bitwise_or.reduceat(whole, self._starts, out=words)
        np.bitwise_or(words, self.constant, words)
        np.bitwise_or(words, moving, self.buffer[:, 1])


def _word(make: type[Message], attribute: str, value: int) -> int:
    message = make()
    setattr(message, attribute, value)
    data = bytearray(make.LENGTH)
    message.pack(data)
    return int.from_bytes(data, "little")


def _through(make: type[Message], attribute: str, value: int) -> int:
    """What becomes of a value on its way."""
    message, back = make(), make()
    setattr(message, attribute, value)
    data = bytearray(make.LENGTH)
    message.pack(data)
    back.unpack(data)
    return int(getattr(back, attribute))
