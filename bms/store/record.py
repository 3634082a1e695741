"""Words of a record that outlives a loss of power, as bytes, and the CRC by which a half-written one is found out.

A word is a small integer of the target: 31 bits with a sign, in four bytes, low byte first. The CRC has 30 bits, so that it is
one as well: CRC-30 of CDMA (3GPP2 C.S0004), polynomial 0x2030B9C7, high bit first, without its inversion at the end.
"""

from array import array

import micropython
from micropython import const

WORD = const(4)  # bytes
CRC_START = const(0x3FFFFFFF)

_POLYNOMIAL = const(0x2030B9C7)
_TOP = const(0x20000000)
_BITS = const(0x3FFFFFFF)


@micropython.viper
def write_words(buffer: object, at: int, words: object, n: int) -> int:
    """31 bits with a sign each, low byte first. Returns where the next would begin."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    word = ptr32(words)  # type: ignore[arg-type]
    i = 0
    while i < n:
        value = word[i]
        data[at] = value & 0xFF
        data[at + 1] = (value >> 8) & 0xFF
        data[at + 2] = (value >> 16) & 0xFF
        data[at + 3] = (value >> 24) & 0xFF
        at += 4
        i += 1
    return at


def read_word(buffer: bytearray, at: int) -> int:
    """One of what write_words wrote."""
    top = buffer[at + 3]
    if top >= 0x80:
        top -= 0x100
    return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | top << 24


def build_table() -> "list[int]":
    """What four bits at the upper end of the CRC leave of themselves."""
    table = []
    for crc in range(16):
        crc <<= 26
        for _ in range(4):
            crc = (crc << 1 ^ _POLYNOMIAL if crc & _TOP else crc << 1) & _BITS
        table.append(crc)
    return table


_TABLE = array("i", build_table())


@micropython.viper
def crc30(buffer: object, first: int, end: int, crc: int) -> int:
    """CRC of bytes first to end - 1, continued from `crc`."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    table = ptr32(_TABLE)
    i = first
    while i < end:
        byte = data[i]
        crc = ((crc << 4) & _BITS) ^ table[((crc >> 26) ^ (byte >> 4)) & 15]
        crc = ((crc << 4) & _BITS) ^ table[((crc >> 26) ^ byte) & 15]
        i += 1
    return crc
