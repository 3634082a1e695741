"""A board in real time: the slcan adapter says what python-can's does, and a board behind it is driven by the wall's clock."""

import struct
import time
from typing import Any

import can
import pytest

from boards.parts.bench_frames import HilActuators
from hil.benches import realtime
from hil.benches.slcan_adapter import BELL, OK, Adapter, frame_of, line_of
from hil.errors import BadInput
from hil.targets.punctual import Punctuality
from hil.targets.realtime import BusTarget

_FRAME = struct.Struct("<IB3x8s")
MESSAGES = [
    can.Message(arbitration_id=0x123, data=b"\x01\x02\xfe", is_extended_id=False),
    can.Message(arbitration_id=0x7FF, data=bytes(range(8)), is_extended_id=False),
    can.Message(arbitration_id=0x18FF50E5, data=b"\xaa", is_extended_id=True),
    can.Message(arbitration_id=0x1FFFFFFF, data=b"", is_extended_id=True),
    can.Message(arbitration_id=0x321, is_extended_id=False, is_remote_frame=True, dlc=5),
    can.Message(arbitration_id=0x12345, is_extended_id=True, is_remote_frame=True, dlc=0),
]
SLOW_ms = 50
"""A machine that keeps the bench waiting for so long cannot show real time."""


def packed(message: can.Message) -> bytes:
    """As SocketCAN has it."""
    flags = (0x8000_0000 if message.is_extended_id else 0) | (0x4000_0000 if message.is_remote_frame else 0)
    return _FRAME.pack(message.arbitration_id | flags, message.dlc, bytes(message.data))


@pytest.fixture
def wire() -> Any:
    """python-can's slcan on a serial line that gives back what it is given."""
    with can.Bus(interface="slcan", channel="loop://", sleep_after_open=0, bitrate=500_000) as bus:
        yield bus


def written(bus: Any) -> bytes:
    port = bus.serialPortOrig
    return bytes(port.read(port.in_waiting))


def test_what_python_can_writes_to_an_adapter_is_understood(wire: Any) -> None:
    adapter = Adapter()
    answers, frames = adapter.hear(written(wire))  # how it opens a channel: closed first, in any case
    assert adapter.open and frames == b""
    assert answers == BELL + OK * 3 + BELL, "it closes what is closed, and opens twice"
    for message in MESSAGES:
        wire.send(message)
        answers, frames = adapter.hear(written(wire))
        assert frames == packed(message)
        assert answers in (b"z\r", b"Z\r")


def test_what_an_adapter_writes_python_can_understands(wire: Any) -> None:
    written(wire)
    for message in MESSAGES:
        wire.serialPortOrig.write(line_of(packed(message)))
        got = wire.recv(1)
        assert got is not None and got.equals(message, timestamp_delta=None, check_channel=False, check_direction=False)


@pytest.mark.parametrize(
    "line",
    ["t12", "t1239", "t1232AA", "t8000", "tXYZ0", "T200000000", "T1234567", "r1231AA", "t1231A", "Q", "S9", "S66", "hello"],
)
def test_a_line_that_is_none_is_refused_and_carries_nothing(line: str) -> None:
    adapter = Adapter()
    assert adapter.hear(b"O\r") == (OK, b"")
    assert adapter.hear(line.encode() + OK) == (BELL, b"")
    if line[0] in "tTrR":
        assert frame_of(line) == b""


def test_a_closed_channel_takes_no_frame_and_an_open_one_no_bit_rate() -> None:
    adapter = Adapter()
    assert adapter.hear(b"t1000\r") == (BELL, b"")
    assert adapter.hear(b"S6\rO\r") == (OK + OK, b"")
    assert adapter.hear(b"S6\r") == (BELL, b"")
    assert adapter.hear(b"C\rt1000\r") == (OK + BELL, b"")


def test_a_line_in_pieces_is_one_line_and_an_endless_one_is_thrown_away() -> None:
    adapter = Adapter()
    adapter.hear(b"O\r")
    assert adapter.hear(b"t10") == (b"", b"")
    assert adapter.hear(b"01AA\r")[1] == _FRAME.pack(0x100, 1, b"\xaa")
    assert adapter.hear(b"x" * 65)[0] == BELL
    assert adapter.hear(b"t1000\r")[1] == _FRAME.pack(0x100, 0, b"")


def test_the_device_s_late_ticks_are_those_that_come_half_a_period_late() -> None:
    kept = Punctuality()
    for came_s in (0.0, 0.010, 0.0249, 0.035, 0.0511, 0.060):
        kept.came(HilActuators.ID, came_s)
        kept.came(HilActuators.ID + 1, came_s + 0.5)
    kept.tick(0.002)
    result = kept.result()
    assert (result["device_ticks"], result["device_late"]) == (6, 1)
    assert result["device_apart_ms"]["max"] == pytest.approx(16.1)
    assert result["bench_late_ms"] == {"p1": 2.0, "p50": 2.0, "p99": 2.0, "max": 2.0}
    assert Punctuality().result()["device_apart_ms"] is None


def test_a_scenario_begins_with_the_device_s_first_frame() -> None:
    channel = "virtual:test_realtime_begin"
    with BusTarget(channel) as target, can.Bus(interface="virtual", channel="test_realtime_begin") as device:
        heard: list[bytes] = []
        original = device.recv
        begin_s = time.monotonic()

        def late_riser(frames: bytes | bytearray, patience_s: float) -> None:
            assert target._bus is not None
            send(frames, patience_s)
            message = original(0)
            assert message is not None
            heard.append(bytes(message.data))
            if len(heard) == 5:
                device.send(can.Message(arbitration_id=0x100, data=b"x", is_extended_id=False))

        assert target._bus is not None
        send = target._bus.send
        target._bus.send = late_riser  # type: ignore[method-assign]
        first = _FRAME.pack(0x600, 2, b"01")
        assert target.exchange(0, 0, first) == [(0x100, b"x".ljust(8, b"\0"))]
        assert heard == [b"01"] * 5
        assert time.monotonic() - begin_s >= 0.04
        assert target.late_ticks == 0


@pytest.mark.parametrize("behind", [realtime.slcan, realtime.vcan], ids=["slcan", "vcan0"])
def test_a_board_in_real_time_wakes_closes_and_drives(behind: Any) -> None:
    try:
        with behind("bench_24") as bus:
            row = realtime.ridden(bus, "bench_24", 3)
    except BadInput as error:
        pytest.skip(str(error))
    assert row["device_ticks"] > 300 and row["rx"] > row["device_ticks"]
    if row["bench_late_ms"]["max"] > SLOW_ms or row["device_apart_ms"]["max"] > SLOW_ms:
        pytest.skip("this machine does not keep up with real time now")
    assert row["errors"] == 0
    assert row["closed_s"] is not None and row["closed_s"] > 2
