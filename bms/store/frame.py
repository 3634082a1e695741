"""The frame around a record: what stands in front of it and behind it, and bytes moved and looked at without taking memory.

    0  kind   1  version   2  length of the content   4  number   8  CRC-30 of these eight   12  content, then CRC-30 of all
Numbers are words of record.py; up to the next whole unit follow bytes of 0xFF, as erased memory has them.
"""

import micropython
from micropython import const

from bms.store.record import CRC_START, crc30, read_word

HEAD = const(12)  # bytes
CRC = const(4)
_CHECK = const(8)
ERASED = const(0xFF)


def begin_frame(buffer: bytearray, kind: int, version: int, length: int, number: int, size: int) -> None:
    """The head, and nothing behind it up to `size`."""
    fill(buffer, HEAD, size, ERASED)
    buffer[0] = kind
    buffer[1] = version
    buffer[2] = length & 0xFF
    buffer[3] = length >> 8
    store_word(buffer, 4, number)
    store_word(buffer, _CHECK, crc30(buffer, 0, _CHECK, CRC_START))


def check_head(buffer: bytearray) -> bool:
    """Whether this is the head of a frame."""
    return read_word(buffer, _CHECK) == crc30(buffer, 0, _CHECK, CRC_START)


def read_length(buffer: bytearray) -> int:
    """Of the content."""
    return buffer[2] | buffer[3] << 8


def store_word(buffer: bytearray, at: int, value: int) -> None:
    """One word, as record.py writes many."""
    buffer[at] = value & 0xFF
    buffer[at + 1] = value >> 8 & 0xFF
    buffer[at + 2] = value >> 16 & 0xFF
    buffer[at + 3] = value >> 24 & 0xFF


@micropython.viper
def fill(buffer: object, first: int, end: int, value: int) -> int:
    """Bytes first to end - 1. Returns the end."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    i = first
    while i < end:
        data[i] = value
        i += 1
    return end


@micropython.viper
def copy(to: object, at: int, source: object, first: int, n: int) -> int:
    """n bytes from `first` on, lowest first. Returns n."""
    data = ptr8(to)  # type: ignore[arg-type]
    there = ptr8(source)  # type: ignore[arg-type]
    i = 0
    while i < n:
        data[at + i] = there[first + i]
        i += 1
    return n


@micropython.viper
def first_other(buffer: object, n: int, value: int) -> int:
    """Place of the first of n bytes that is not this one; n where all are."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    i = 0
    while i < n:
        if data[i] != value:
            return i
        i += 1
    return n


@micropython.viper
def count_different(buffer: object, other: object, first: int, n: int) -> int:
    """How many of the first n bytes are not those of the other from `first` on."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    there = ptr8(other)  # type: ignore[arg-type]
    count = 0
    i = 0
    while i < n:
        if data[i] != there[first + i]:
            count += 1
        i += 1
    return count
