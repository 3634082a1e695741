"""Protection of frames agrees with an independent AUTOSAR E2E profile 5, and a receiver takes only what is whole and new."""

from typing import Any

import e2e.p05
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.can import e2e as ours
from bms.can import frames as W

PROTECTED = [message for message in W.MESSAGES if hasattr(message(), "e2e_crc")]
COMMAND, PERIOD_ms = W.VcuCommand.ID, W.VcuCommand.PERIOD_ms
bodies = st.binary(min_size=5, max_size=5)
identifiers = st.integers(0, 0x7FF)


def frame(counter: int, body: bytes = b"\x01\x02\x03\x04\x05", identifier: int = COMMAND) -> bytearray:
    """A frame that the independent package has protected. Its counter moves on as ours does: before it is sent."""
    data = bytearray(3) + bytearray(body)
    data[2] = counter & 0xFF
    e2e.p05.e2e_p05_protect(data, identifier, increment_counter=False)
    return data


def following(counter: int, identifier: int = COMMAND) -> ours.Receiver:
    """A receiver that has seen this counter."""
    receiver = ours.Receiver(identifier, 300, PERIOD_ms)
    assert not receiver.check(frame(counter, identifier=identifier))
    return receiver


@given(body=bodies, counter=st.integers(0, 255), identifier=identifiers)
def test_what_we_protect_the_independent_package_accepts_bit_by_bit(body: bytes, counter: int, identifier: int) -> None:
    data = bytearray((0, 0, counter)) + bytearray(body)
    ours.protect(data, identifier)
    assert data[2] == (counter + 1) & 0xFF
    assert e2e.p05.e2e_p05_check(bytes(data), identifier)
    assert data == frame(counter + 1, body, identifier)


@given(body=bodies, counter=st.integers(0, 255), identifier=identifiers)
def test_what_the_independent_package_protects_we_accept(body: bytes, counter: int, identifier: int) -> None:
    receiver = following(counter - 1, identifier)
    assert receiver.check(frame(counter, body, identifier))
    assert receiver.state == ours.OK


@given(body=bodies, counter=st.integers(0, 255), bit=st.integers(0, 63))
def test_a_frame_with_any_one_bit_wrong_is_refused(body: bytes, counter: int, bit: int) -> None:
    receiver = ours.Receiver(COMMAND, 300, PERIOD_ms)
    data = frame(counter, body)
    data[bit >> 3] ^= 1 << (bit & 7)
    assert not receiver.check(data)
    assert receiver.state == ours.ERROR


@given(body=bodies, counter=st.integers(0, 255), bits=st.sets(st.integers(0, 63), min_size=2, max_size=3))
def test_a_frame_with_two_or_three_bits_wrong_is_refused(body: bytes, counter: int, bits: set[int]) -> None:
    data = frame(counter, body)
    for bit in bits:
        data[bit >> 3] ^= 1 << (bit & 7)
    assert not ours.Receiver(COMMAND, 300, PERIOD_ms).check(data)


@given(body=bodies, counter=st.integers(0, 255), identifier=identifiers, other=identifiers)
def test_a_frame_of_another_identifier_is_refused(body: bytes, counter: int, identifier: int, other: int) -> None:
    accepted = following(counter - 1, other).check(frame(counter, body, identifier))
    assert accepted == (identifier == other)


@given(start=st.integers(0, 255), lost=st.integers(0, 255))
def test_few_lost_frames_are_forgiven_and_many_are_not(start: int, lost: int) -> None:
    receiver = following(start - 1)
    assert receiver.check(frame(start))
    ahead = (lost + 1) & 0xFF
    accepted = receiver.check(frame(start + 1 + lost))
    if ahead == 0:
        assert receiver.state == ours.REPEATED
    assert accepted == (1 <= ahead <= 6)
    if ahead > 6:
        assert receiver.state == ours.WRONG_SEQUENCE
        assert receiver.check(frame(start + 1)), "what is refused moves nothing"


@given(start=st.integers(0, 255), times=st.integers(1, 10))
def test_a_repeated_frame_is_refused_and_does_not_keep_the_receiver_young(start: int, times: int) -> None:
    receiver = following(start - 1)
    assert receiver.check(frame(start))
    for _ in range(times):
        receiver.step(10)
        assert not receiver.check(frame(start))
        assert receiver.state == ours.REPEATED
    assert receiver.age_ms == times * 10
    assert receiver.check(frame(start + 1))
    assert receiver.age_ms == 0


@pytest.mark.parametrize("deadline_ms", [100, 300, 500])
def test_silence_times_out_in_time_and_not_before_and_the_next_valid_frame_starts_anew(deadline_ms: int) -> None:
    receiver = ours.Receiver(COMMAND, deadline_ms, PERIOD_ms)
    assert receiver.step(10) == ours.NONE
    assert not receiver.check(frame(6)), "the first only sets the counter"
    assert receiver.check(frame(7))
    for _ in range(deadline_ms // 10):
        assert receiver.step(10) == ours.OK
    assert receiver.step(10) == ours.TIMED_OUT
    assert not receiver.check(frame(99)), "whatever its counter, after a time-out it only sets the counter"
    assert receiver.age_ms > deadline_ms
    assert receiver.check(frame(100))
    assert receiver.age_ms == 0


def test_a_counter_that_stands_still_is_never_obeyed_not_even_after_a_silence() -> None:
    receiver = ours.Receiver(COMMAND, 100, PERIOD_ms)
    for _ in range(200):
        assert not receiver.check(frame(5))
        receiver.step(50)


def test_errors_never_make_the_receiver_older_or_younger_than_its_last_accepted_frame() -> None:
    receiver = following(0)
    assert receiver.check(frame(1))
    for k in range(200):
        receiver.step(10)
        wrong = frame(k + 2)
        wrong[5] ^= 0x40
        assert not receiver.check(wrong)
    assert receiver.age_ms == 2000


@given(events=st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 20)), max_size=40), start=st.integers(0, 255))
def test_any_sequence_is_judged_as_the_naive_receiver_says(events: list[tuple[int, bool, int]], start: int) -> None:
    """Oracle: accept what is whole and 1 or 2 ahead of the last accepted one, or of the first since the last silence."""
    receiver = ours.Receiver(COMMAND, 100, PERIOD_ms)
    last = -1
    counter = start
    silent_ms = 60000
    for step, spoilt, ticks in events:
        counter += step
        data = frame(counter)
        if spoilt:
            data[6] ^= 1
        expected = False
        if not spoilt:
            ahead = (counter - last) & 0xFF
            expected = last >= 0 and 1 <= ahead <= 2
            last = counter & 0xFF if expected or last < 0 else last
        assert receiver.check(data) == expected
        silent_ms = 0 if expected else silent_ms
        for _ in range(ticks):
            silent_ms += 10
            if receiver.step(10) == ours.TIMED_OUT:
                assert silent_ms > 100
                last = -1


def test_every_safety_frame_carries_its_crc_and_counter_in_the_first_three_bytes() -> None:
    for message in PROTECTED:
        one: Any = message()
        one.e2e_crc, one.e2e_counter = 0x1234, 0x56
        data = bytearray(8)
        one.pack(data)
        assert data[:3] == b"\x34\x12\x56"
    assert {message.__name__ for message in PROTECTED} >= {"BmsLimits", "BmsState", "BmsPack", "BmsBounds", "VcuCommand"}
