"""What the check sum of protected frames finds for certain is proven over all error patterns, not sampled.

The rest is counted and held against theory. Bits are numbered in the order of the wire.
"""

import itertools
import math
import os
from collections import Counter
from random import Random

import e2e.p05
from hypothesis import given
from hypothesis import strategies as st

from bms.can import e2e as ours
from tests.e2e_standard import IDENTIFIER, DEADLINE_ms, SENT_ms, flipped, protected

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
RANDOM_FRAMES = 20_000_000 if NIGHT else 1_000_000
BITS = 64


def syndrome(data: bytes) -> int:
    """Stored check sum against the firmware's own over the content: 0 where a frame is taken for whole."""
    frame = bytearray(data)
    return ours.crc16(frame, 2, 8, IDENTIFIER) ^ (frame[0] | frame[1] << 8)


SOUND = protected(Random(3), 77)
SINGLE = [syndrome(flipped(SOUND, [bit])) for bit in range(BITS)]


@given(data=st.binary(min_size=8, max_size=8), error=st.binary(min_size=8, max_size=8))
def test_what_an_error_does_to_the_check_sum_does_not_depend_on_the_frame(data: bytes, error: bytes) -> None:
    """So that one frame proves for all: the syndrome of an error is the exclusive or of its bits' syndromes."""
    word = int.from_bytes(error, "big")
    expected = syndrome(data)
    for bit in range(BITS):
        if word >> (63 - bit) & 1:
            expected ^= SINGLE[bit]
    assert syndrome(bytes(a ^ b for a, b in zip(data, error))) == expected


def test_all_patterns_of_one_two_and_three_wrong_bits_are_found_and_of_four_all_but_64() -> None:
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    passed = Counter[int]()
    for weight in (1, 2, 3):
        for bits in itertools.combinations(range(BITS), weight):
            passed[weight] += receiver.check(bytearray(flipped(SOUND, list(bits)))) or receiver.state != ours.ERROR
    assert not any(passed.values())
    unseen = [bits for bits in itertools.combinations(range(BITS), 4) if not _sum(bits)]
    assert (len(unseen), math.comb(BITS, 4)) == (64, 635_376)
    for pattern in unseen:
        assert e2e.p05.e2e_p05_check(flipped(SOUND, list(pattern)), IDENTIFIER), "the independent package is as blind"


def test_every_odd_number_of_wrong_bits_is_found() -> None:
    """Every bit changes an odd number of the check sum's; so does every odd number of bits, and 0 is even."""
    assert all(one.bit_count() % 2 for one in SINGLE)


def test_every_burst_of_up_to_15_bits_is_found_and_of_16_all_but_six_across_the_border_of_the_check_sum() -> None:
    """Bits whose syndromes are independent cannot cancel. Sixteen bits that are not cancel in one way, end to end."""
    assert all(_rank(SINGLE[start : start + 15]) == 15 for start in range(BITS - 14))
    blind = [start for start in range(BITS - 15) if _rank(SINGLE[start : start + 16]) < 16]
    assert len(blind) == 6
    assert max(blind) < 16, "each of them touches the check sum itself"


def test_every_frame_of_another_data_id_is_found() -> None:
    sums = {ours.crc16(bytearray(SOUND), 2, 8, identifier) for identifier in range(1 << 16)}
    assert len(sums) == 1 << 16


def test_one_random_frame_in_65536_passes_the_check_and_no_more() -> None:
    """RANDOM_FRAMES of a fixed seed: the count lies within 4.9 standard deviations (one in a million) of theory."""
    random = Random(4)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    whole = 0
    for _ in range(RANDOM_FRAMES):
        data = random.randbytes(8)
        receiver.check(data)  # type: ignore[arg-type]
        if receiver.state != ours.ERROR:
            whole += 1
            assert e2e.p05.e2e_p05_check(data, IDENTIFIER)
    expected = RANDOM_FRAMES / 65536
    assert abs(whole - expected) < 4.9 * math.sqrt(expected)


def _sum(bits: tuple[int, ...]) -> int:
    a, b, c, d = bits
    return SINGLE[a] ^ SINGLE[b] ^ SINGLE[c] ^ SINGLE[d]


def _rank(vectors: list[int]) -> int:
    """Over the field of two elements."""
    basis: list[int] = []
    for vector in vectors:
        for one in basis:
            vector = min(vector, vector ^ one)
        if vector:
            basis.append(vector)
    return len(basis)
