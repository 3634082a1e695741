"""The IVT-S sensor's frames become values, and whatever is wrong with one becomes a bit in the tick in which it came."""

import subprocess
from array import array
from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts import ivt_s
from boards.parts.ivt_s import IvtS
from tests.test_tick_target import run

ROOT = Path(__file__).resolve().parent.parent
DATABASE: Any = cantools.database.load_file(ROOT / "dbc" / "ivt_s.dbc")
IDS = (0x521, 0x522, 0x523, 0x524)


def frame(channel: int, value: int, counter: int, status: int = 0) -> bytes:
    """As the sensor sends it: channel, status nibble over counter nibble, 32 bits big-endian."""
    return bytes([channel, status << 4 | counter & 15]) + value.to_bytes(4, "big", signed=True)


def heard(sensor: IvtS, *frames: tuple[int, bytes]) -> tuple[int, list[int]]:
    values = array("i", [0] * ivt_s.VALUES)
    for identifier, data in frames:
        assert sensor.take(identifier, memoryview(data))
    return sensor.read(values), list(values)


@pytest.mark.parametrize("channel", range(4))
@given(value=st.integers(-(2**23), 2**23 - 1))
def test_a_result_of_24_bits_comes_out_as_it_was_sent(channel: int, value: int) -> None:
    fresh, values = heard(IvtS(), (IDS[channel], frame(channel, value, 7)))
    assert fresh == 1 << channel
    assert values[channel] == value


@given(value=st.integers(-(2**23), 2**23 - 1), counter=st.integers(0, 15), status=st.integers(0, 15))
def test_the_frame_of_the_data_sheet_is_the_one_of_the_dbc_file(value: int, counter: int, status: int) -> None:
    signals = DATABASE.decode_message(0x521, frame(0, value, counter, status), scaling=False)
    flags = [signals[name] for name in ("overcurrent", "channel_error", "any_error", "system_error")]
    assert [status >> k & 1 for k in range(4)] == flags
    assert (signals["current"], signals["counter"], signals["channel"]) == (value, counter, 0)


def test_a_sensor_that_is_turned_round_still_has_charging_current_positive() -> None:
    fresh, values = heard(IvtS(turned=True), (0x521, frame(0, -28_000, 0)), (0x522, frame(1, 50_000, 0)))
    assert (fresh, values[0], values[1]) == (3, 28_000, 50_000)


def test_frames_of_others_are_left_to_others() -> None:
    sensor = IvtS()
    assert not any(sensor.take(identifier, memoryview(bytes(6))) for identifier in (0x520, 0x525, 0x100, 0x7FF, 0))
    assert sensor.read(array("i", [0] * 4)) == 0


def test_a_value_is_handed_out_once() -> None:
    sensor = IvtS()
    assert heard(sensor, (0x521, frame(0, 5, 0)))[0] == 1
    assert heard(sensor)[0] == 0


@pytest.mark.parametrize(
    ("step", "trouble", "fresh", "lost"),
    [(1, 0, 1, 0), (0, ivt_s.REPEATED, 0, 0), (2, ivt_s.LOST, 1, 1), (15, ivt_s.LOST, 1, 14)],
)
def test_the_counter_tells_lost_and_repeated_frames(step: int, trouble: int, fresh: int, lost: int) -> None:
    sensor = IvtS()
    heard(sensor, (0x521, frame(0, 5, 14)))
    assert heard(sensor, (0x521, frame(0, 6, 14 + step)))[0] == fresh
    assert (sensor.trouble, sensor.lost_count) == (trouble, lost)


@pytest.mark.parametrize(
    ("status", "trouble", "fresh"),
    [(1, 0, 1), (2, ivt_s.STATUS, 0), (4, ivt_s.ELSEWHERE, 1), (8, ivt_s.STATUS, 0), (6, ivt_s.STATUS, 0)],
)
def test_a_value_the_sensor_does_not_stand_by_is_not_taken(status: int, trouble: int, fresh: int) -> None:
    sensor = IvtS()
    assert heard(sensor, (0x521, frame(0, 5, 0, status)))[0] == fresh
    assert sensor.trouble == trouble
    assert sensor.overcurrent_seen == bool(status & 1)


@pytest.mark.parametrize("value", [2**23, -(2**23) - 1, 2**31 - 1, -(2**31)])
def test_a_value_beyond_24_bits_is_a_bit_and_no_value(value: int) -> None:
    sensor = IvtS()
    assert heard(sensor, (0x521, frame(0, value, 0)))[0] == 0
    assert sensor.trouble == ivt_s.RANGE


@pytest.mark.parametrize("data", [b"", frame(0, 1, 0)[:5], frame(0, 1, 0) + b"\0", frame(1, 1, 0), frame(255, 1, 0)])
def test_a_malformed_frame_is_a_bit_and_no_value(data: bytes) -> None:
    sensor = IvtS()
    assert heard(sensor, (0x521, data))[0] == 0
    assert (sensor.trouble, sensor.bad_count) == (ivt_s.MALFORMED, 1)


def test_a_bad_frame_after_a_good_one_of_the_same_tick_takes_its_value_away() -> None:
    assert heard(IvtS(), (0x521, frame(0, 5, 0)), (0x521, frame(0, 6, 1, 8)))[0] == 0


@pytest.mark.parametrize("channel", range(4))
@pytest.mark.parametrize(("data", "malformed"), [(b"", True), (b"\x09" + bytes(5), True), (None, False)])
def test_a_bad_frame_is_that_of_its_own_value_alone(channel: int, data: bytes | None, malformed: bool) -> None:
    sensor = IvtS()
    sound = [(IDS[k], frame(k, 5, 0)) for k in range(4) if k != channel]
    bit = 1 << channel
    bad = frame(channel, 5, 0, 8) if data is None else data
    assert heard(sensor, *sound, (IDS[channel], bad))[0] == 15 - bit
    assert (sensor.bad, sensor.malformed) == (bit, bit if malformed else 0)
    assert heard(sensor)[0] == 0
    assert (sensor.bad, sensor.malformed) == (0, 0)


LOCKED = """
import sys
sys.path.append(".")
import micropython
from array import array
from boards.parts import ivt_s
sensor = ivt_s.IvtS()
values = array("i", [0] * 4)
data = bytearray(6)
short = memoryview(bytearray(5))
whole = memoryview(data)
seen = total = 0
micropython.heap_lock()
for n in range(10000):
    for k in range(4):
        data[0] = k if n % 101 else 9
        data[1] = (n * n // 2 & 15) | ((n // 7 & 15) << 4 if n % 13 == 0 else 0)
        data[2] = 255 if n % 3 == 0 else 64 if n % 29 == 0 else 0
        data[3] = data[2] | n & 127
        data[4] = n >> 3 & 255
        sensor.take(0x521 + k, short if n % 57 == 0 else whole)
    total += sensor.read(values)
    seen |= sensor.trouble
micropython.heap_unlock()
print(seen, total > 10000, sensor.bad_count > 1000)
"""


def test_ten_thousand_ticks_with_every_trouble_allocate_nothing_on_micropython(micropython: str, root: Path) -> None:
    done: subprocess.CompletedProcess[str] = run(micropython, root, LOCKED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["63", "True", "True"]
