"""Words of a kept record and their CRC, against the same written bit by bit."""

import random
from array import array

import pytest

from bms.store.record import CRC_START, WORD, build_table, crc30, read_word, write_words

TOP = (1 << 30) - 1
POLYNOMIAL = 0x2030B9C7
EDGES = (0, 1, -1, 255, 256, -256, -257, 1 << 24, -(1 << 24), 0x12345678, 0x0F0A55AA, TOP, -TOP - 1)


def bitwise(data: bytes, crc: int) -> int:
    """One bit after the other, high bit first."""
    for byte in data:
        for bit in range(7, -1, -1):
            out = (crc >> 29 & 1) ^ (byte >> bit & 1)
            crc = (crc << 1 & TOP) ^ (POLYNOMIAL & TOP if out else 0)
    return crc


def test_words_stand_in_four_bytes_each_low_byte_first_with_their_sign() -> None:
    words = array("i", EDGES)
    buffer = bytearray(b"\xaa" * 68)
    assert WORD == 4
    assert write_words(buffer, 5, words, len(words)) == 5 + 4 * len(words)
    assert buffer == b"\xaa" * 5 + b"".join(w.to_bytes(4, "little", signed=True) for w in EDGES) + b"\xaa" * 11
    assert [read_word(buffer, 5 + 4 * k) for k in range(len(words))] == list(EDGES)


@pytest.mark.parametrize("top", [0x00, 0x7F, 0x80, 0x81, 0xFF])
def test_four_bytes_that_nobody_wrote_are_a_word_too(top: int) -> None:
    raw = bytes([1, 2, 3, top])
    assert read_word(bytearray(raw), 0) == int.from_bytes(raw, "little", signed=True)


def test_no_words_are_no_bytes() -> None:
    buffer = bytearray(4)
    assert write_words(buffer, 0, array("i", [7]), 0) == 0
    assert not any(buffer)


@pytest.mark.parametrize("seed", range(3))
def test_the_crc_is_that_of_its_polynomial_bit_by_bit_and_goes_on_where_it_was(seed: int) -> None:
    data = random.Random(seed).randbytes(80)
    assert CRC_START == TOP
    for first, end in ((0, 80), (0, 0), (7, 8), (13, 77)):
        assert crc30(data, first, end, CRC_START) == bitwise(data[first:end], CRC_START)
    assert crc30(data, 30, 80, crc30(data, 0, 30, CRC_START)) == bitwise(data, CRC_START)


def test_the_table_has_what_half_a_byte_leaves_of_itself() -> None:
    assert build_table() == [bitwise(bytes([half]), 0) for half in range(16)]


def test_the_crc_is_the_one_of_the_catalogue() -> None:
    """CRC-30/CDMA of "123456789" is 0x04C34ABF, after its inversion at the end."""
    assert crc30(b"123456789", 0, 9, CRC_START) ^ TOP == 0x04C34ABF
