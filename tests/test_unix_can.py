"""The desk's CAN moves frames as machine.CAN does, on both interpreters and over every transport.

What else MicroPython's documentation promises stands in test_unix_can_contract.
"""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boards.unix.can import CAN
from boards.unix.transport import MemoryTransport, Transport
from boards.unix.transport_socketcan import SocketCanTransport
from boards.unix.transport_tcp import TcpTransport

EXTENDED = 0x8000_0000
REMOTE = 0x4000_0000
ERROR = 0x2000_0000
BUS_OFF = ERROR | 0x40
CONTROLLER = ERROR | 0x04


def frame(word: int, data: bytes = bytes(8)) -> bytes:
    return struct.pack("<IB3x8s", word, len(data), data)


@pytest.fixture
def wire() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def can(wire: MemoryTransport) -> CAN:
    return CAN(1, 500_000, transport=wire)


def received(can: CAN) -> list[tuple[int, bytes, int]]:
    out = []
    while (got := can.recv()) is not None:
        out.append((got[0], bytes(got[1]), got[2]))
    return out


def test_nothing_is_received_before_filters_are_set(can: CAN, wire: MemoryTransport) -> None:
    wire.deliver(frame(0x100))
    assert can.recv() is None
    can.set_filters(None)
    assert received(can) == [(0x100, bytes(8), 0)]


def test_nothing_is_received_through_no_filter(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters([])
    wire.deliver(frame(0x100))
    assert can.recv() is None
    can.set_filters(None)
    assert can.recv() is None
    wire.deliver(frame(0x101))
    assert received(can) == [(0x101, bytes(8), 0)]


def test_a_filter_takes_what_matches_under_its_mask_and_has_its_flags(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(((0x300, 0x700, 0), (0x50700, 0x1FFF_FFFF, CAN.FLAG_EXT_ID)))
    for word in (0x2FF, 0x300, 0x3FF, 0x400, 0x50700 | EXTENDED, 0x300 | EXTENDED, 0x50701 | EXTENDED, 0x301 | REMOTE):
        wire.deliver(frame(word))
    assert [(i, flags) for i, _, flags in received(can)] == [
        (0x300, 0),
        (0x3FF, 0),
        (0x50700, CAN.FLAG_EXT_ID),
        (0x301, CAN.FLAG_RTR),
    ]


@pytest.mark.parametrize("bad", [(0x800, 0x7FF, 0), (0x100, 0x800, 0), (-1, 0x7FF, 0), (0x2000_0000, 0, CAN.FLAG_EXT_ID)])
def test_a_filter_out_of_range_is_refused(can: CAN, bad: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="invalid id"):
        can.set_filters([bad])


def test_recv_fills_the_callers_list_and_the_memory_behind_its_memoryview(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    memory = bytearray(8)
    mine: list[Any] = [0, memoryview(memory), 0, 0]
    for data in (b"12345678", b"abc", b"", b"87654321"):
        wire.deliver(frame(0x123, data))
        assert can.recv(mine) is mine
        assert mine[0] == 0x123
        assert bytes(mine[1]) == data
        assert bytes(memory[: len(data)]) == data
    assert can.recv(mine) is None


def test_lists_may_take_turns(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    lists: list[list[Any]] = [[0, memoryview(bytearray(8)), 0, 0] for _ in range(2)]
    for k in range(6):
        wire.deliver(frame(0x100 + k, bytes([k]) * (k + 1)))
        mine = lists[k % 2]
        assert can.recv(mine) is mine
        assert bytes(mine[1]) == bytes([k]) * (k + 1)


def test_a_memoryview_without_room_for_a_frame_is_refused(can: CAN) -> None:
    with pytest.raises(ValueError, match="too short"):
        can.recv([0, memoryview(bytearray(7)), 0, 0])


def test_the_data_of_a_remote_frame_are_zeros_of_its_length(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    wire.deliver(frame(0x111 | REMOTE, b"abcd"))
    wire.deliver(frame(0x1234567 | EXTENDED | REMOTE, b""))
    assert received(can) == [
        (0x111, bytes(4), CAN.FLAG_RTR),
        (0x1234567, b"", CAN.FLAG_RTR | CAN.FLAG_EXT_ID),
    ]


def test_a_length_above_eight_gives_eight_bytes(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    wire.deliver(struct.pack("<IB3x8s", 0x100, 15, b"12345678"))
    assert received(can) == [(0x100, b"12345678", 0)]


def test_an_identifier_that_still_waits_is_not_sent_again_unless_order_does_not_matter(
    can: CAN, wire: MemoryTransport
) -> None:
    assert can.send(0x100, b"1") == 0
    assert can.send(0x100, b"2") is None
    assert can.send(0x100, b"3", CAN.FLAG_EXT_ID) == 1
    assert can.send(0x100, b"4", CAN.FLAG_EXT_ID) is None
    assert can.send(0x100, b"5", CAN.FLAG_UNORDERED) == 2
    can.flush()
    assert can.send(0x100, b"6") == 0
    can.flush()
    assert wire.collect() == b"".join(
        (frame(0x100 | EXTENDED, b"3"), frame(0x100, b"1"), frame(0x100, b"5"), frame(0x100, b"6"))
    )


def test_a_full_queue_takes_nothing_until_it_has_been_flushed(can: CAN) -> None:
    assert [can.send(k, b"") for k in range(CAN.TX_QUEUE_LEN)] == list(range(CAN.TX_QUEUE_LEN))
    assert can.send(0x700, b"") is None
    can.flush()
    assert can.send(0x700, b"") == 0


def test_what_was_sent_leaves_when_there_is_nothing_to_receive(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    can.send(0x100, b"1")
    assert wire.collect() == b""
    assert can.recv() is None
    assert wire.collect() == frame(0x100, b"1")


def test_a_cancelled_frame_does_not_leave_and_its_identifier_is_free_again(can: CAN, wire: MemoryTransport) -> None:
    for k in range(3):
        can.send(0x100 + k, bytes([k]))
    assert can.cancel_send(1)
    assert not can.cancel_send(1)
    assert not can.cancel_send(9)
    assert can.send(0x101, b"new") == 3
    can.flush()
    assert not can.cancel_send(0)
    assert wire.collect() == frame(0x100, b"\0") + frame(0x101, b"new") + frame(0x102, b"\2")


def test_a_remote_request_carries_a_length_and_no_data(can: CAN, wire: MemoryTransport) -> None:
    can.send(0x555, b"\xff" * 8, CAN.FLAG_RTR)
    can.flush()
    assert wire.collect() == struct.pack("<IB3x8s", 0x555 | REMOTE, 8, bytes(8))


@pytest.mark.parametrize(("identifier", "flags"), [(0x800, 0), (-1, 0), (0x2000_0000, CAN.FLAG_EXT_ID)])
def test_an_identifier_out_of_range_is_refused(can: CAN, identifier: int, flags: int) -> None:
    with pytest.raises(ValueError, match="invalid id"):
        can.send(identifier, b"", flags)


def test_nine_bytes_are_refused(can: CAN) -> None:
    with pytest.raises(OverflowError, match="too long"):
        can.send(0x100, bytes(9))


def test_bus_off_stops_sending_until_restart(can: CAN, wire: MemoryTransport) -> None:
    can.set_filters(None)
    assert can.state() == CAN.STATE_ACTIVE
    can.send(0x100, b"lost")
    wire.deliver(frame(BUS_OFF) + frame(0x321))
    assert [i for i, _, _ in received(can)] == [0x321]
    wire.collect()
    assert can.state() == CAN.STATE_BUS_OFF
    with pytest.raises(OSError):
        can.send(0x100, b"1")
    assert can.get_counters()[4] == 1
    can.restart()
    assert can.state() == CAN.STATE_ACTIVE
    assert can.get_counters()[4] == 0
    assert can.send(0x100, b"2") == 0
    can.flush()
    assert wire.collect() == frame(0x100, b"2")


@pytest.mark.parametrize(
    ("detail", "state"),
    [(0x04, CAN.STATE_WARNING), (0x08, CAN.STATE_WARNING), (0x10, CAN.STATE_PASSIVE), (0x20, CAN.STATE_PASSIVE)],
)
def test_error_frames_of_the_kernel_move_the_state(can: CAN, wire: MemoryTransport, detail: int, state: int) -> None:
    can.set_filters(None)
    wire.deliver(frame(CONTROLLER, bytes([0, detail, 0, 0, 0, 0, 0, 0])))
    assert received(can) == []
    assert can.state() == state
    wire.deliver(frame(CONTROLLER, bytes([0, 0x40, 0, 0, 0, 0, 0, 0])))
    assert received(can) == []
    assert can.state() == CAN.STATE_ACTIVE


# Over a socket, and on the target's interpreter.


@pytest.fixture
def tcp() -> Iterator[tuple[Transport, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = TcpTransport("127.0.0.1", listener.getsockname()[1])
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(10)
            yield transport, peer
    transport.close()


def all_frames(can: CAN, count: int) -> list[tuple[int, bytes, int]]:
    out = received(can)
    until_s = time.monotonic() + 10
    while len(out) < count and time.monotonic() < until_s:
        can.poll(100)
        out += received(can)
    return out


@pytest.mark.parametrize("piece", [1, 3, 7, 15, 16, 17, 33, 1000])
def test_frames_that_come_over_tcp_in_pieces_are_whole(tcp: tuple[Transport, socket.socket], piece: int) -> None:
    transport, peer = tcp
    can = CAN(1, 500_000, transport=transport)
    can.set_filters(None)
    sent = [(0x100 + k, bytes([k]) * (k % 9), 0) for k in range(20)]
    stream = b"".join(frame(i, data) for i, data, _ in sent)
    got = []
    for start in range(0, len(stream), piece):
        peer.sendall(stream[start : start + piece])
        got += received(can)
    assert got + all_frames(can, len(sent) - len(got)) == sent


def test_a_batch_leaves_over_tcp_in_the_order_of_its_identifiers(tcp: tuple[Transport, socket.socket]) -> None:
    transport, peer = tcp
    can = CAN(1, 500_000, transport=transport)
    for k in range(20):
        can.send(0x200 - k, bytes([k] * 8))
    can.flush()
    assert peer.recv(320, socket.MSG_WAITALL) == b"".join(
        frame(0x200 - k, bytes([k] * 8)) for k in reversed(range(20))
    )


def test_a_peer_that_hangs_up_is_noticed(tcp: tuple[Transport, socket.socket]) -> None:
    transport, peer = tcp
    can = CAN(1, 500_000, transport=transport)
    can.set_filters(None)
    peer.sendall(frame(0x100))
    peer.shutdown(socket.SHUT_WR)
    assert len(all_frames(can, 1)) == 1
    assert can.poll(10_000)
    assert can.recv() is None
    assert transport.closed


SAME_ON_BOTH = """
from boards.unix.can import CAN
from boards.unix.transport import Transport

class Loop(Transport):
    def fill(self):
        if self.rx_head < self.rx_count:
            return self.rx_count - self.rx_head
        return 0
    def flush(self):
        for i in range(4 * self.tx_count):
            self.rx_words[i] = self.tx_words[i]
        self.rx_head = 0
        self.rx_count = self.tx_count
        self.all_left()
        return True

can = CAN(1, 500000, transport=Loop())
mine = [0, memoryview(bytearray(8)), 0, 0]
can.recv(mine)
print(can.send(0x100, b"12345678"), can.send(0x100, b"1"), can.send(0x1ABCDEF0, b"xyz", CAN.FLAG_EXT_ID))
print(can.send(0x7FF, b"", CAN.FLAG_RTR), can.send(0x7FF, b"", CAN.FLAG_UNORDERED), can.cancel_send(3), can.get_counters())
can.set_filters(None)
can.flush()
while can.recv(mine):
    print(mine[0], bytes(mine[1]), mine[2], mine[3])
for call in (lambda: can.send(0x800, b""), lambda: can.send(1, bytes(9)), lambda: can.set_filters([(0x800, 0, 0)])):
    try:
        call()
    except (ValueError, OverflowError) as error:
        print(error)
can.deinit()
try:
    can.send(1, b"")
except OSError as error:
    print(error.args[0], can.state())
"""


def test_both_interpreters_agree(micropython: str, root: Path) -> None:
    def output(program: list[str], **env: str) -> str:
        done = subprocess.run(
            program, cwd=root, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    here = output([sys.executable, "-c", "import hil\n" + SAME_ON_BOTH])
    assert "12345678" in here
    assert output([micropython, "-c", SAME_ON_BOTH], MICROPYPATH=str(root)) == here


# On a kernel that has CAN.


def vcan_or_skip() -> str:
    if not hasattr(socket, "AF_CAN"):
        pytest.skip("no AF_CAN in this Python")
    try:
        with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as probe:
            probe.bind(("vcan0",))
    except OSError as error:
        pytest.skip(f"no vcan0 on this machine: {error}")
    return "vcan0"


def test_frames_come_and_go_over_the_kernels_can() -> None:
    interface = vcan_or_skip()
    ends = [CAN(1, 500_000, transport=SocketCanTransport(interface)) for _ in range(2)]
    for end in ends:
        end.set_filters(None)
    ends[0].send(0x100, b"12345678")
    ends[0].send(0x1ABCDEF0, b"xyz", CAN.FLAG_EXT_ID)
    ends[0].send(0x7FF, b"1234", CAN.FLAG_RTR)
    ends[0].flush()
    assert all_frames(ends[1], 3) == [
        (0x100, b"12345678", 0),
        (0x1ABCDEF0, b"xyz", CAN.FLAG_EXT_ID),
        (0x7FF, bytes(4), CAN.FLAG_RTR),
    ]
    assert received(ends[0]) == []
    for end in ends:
        end.transport.close()


def test_an_interface_that_does_not_exist_is_an_os_error() -> None:
    with pytest.raises(OSError):
        SocketCanTransport("nothing0")
