"""What MicroPython's documentation promises for machine.CAN holds on the desk, as far as a virtual bus can hold it.

The order of frames is judged by arbitration played bit by bit, not by the numbers the desk sorts by.
"""

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.unix.can import CAN
from boards.unix.transport import RX_SLOTS, MemoryTransport, Transport
from boards.unix.transport_socketcan import SocketCanTransport
from boards.unix.transport_tcp import TcpTransport
from tests.test_unix_can import ERROR, EXTENDED, REMOTE, all_frames, frame, received, vcan_or_skip

EXT = CAN.FLAG_EXT_ID
RTR = CAN.FLAG_RTR
UNORDERED = CAN.FLAG_UNORDERED


def sick(detail: int, sending: int | None = None, receiving: int = 0) -> bytes:
    """An error frame in which a controller says something of itself, with its error counters where given."""
    word = ERROR | 0x04 | (0 if sending is None else 0x200)
    return frame(word, bytes([0, detail, 0, 0, 0, 0, sending or 0, receiving]))


WARNING = sick(0x08, 96, 3)
PASSIVE = sick(0x20, 130, 5)
WELL = sick(0x40, 10, 0)
BUS_OFF = frame(ERROR | 0x40)


def controller(mode: int = CAN.MODE_NORMAL, bus: list[MemoryTransport] | None = None) -> tuple[CAN, MemoryTransport]:
    wire = MemoryTransport(bus)
    can = CAN(1, 500_000, mode, transport=wire)
    can.set_filters(None)
    return can, wire


def told(can: CAN, trigger: int) -> list[int]:
    """What a handler as the documentation shows it hears from now on."""
    heard: list[int] = []

    def handler(of: CAN) -> None:
        while flags := of.irq().flags():
            heard.append(flags)

    can.irq(handler, trigger)
    return heard


def sent(index: int, failed: int = 0) -> int:
    return CAN.IRQ_TX | failed | index << CAN.IRQ_TX_IDX_SHIFT


# Bit timing and modes.


@pytest.mark.parametrize(("percent", "tseg1", "tseg2"), [(50, 8, 8), (75, 14, 4), (80, 15, 3), (87, 12, 1)])
def test_the_sample_point_lies_where_it_was_asked_for(percent: int, tseg1: int, tseg2: int) -> None:
    can = CAN(1, 250_000, sample_point=percent, transport=MemoryTransport())
    bitrate, _, before, behind, fd, more = can.get_timings()
    assert (bitrate, fd, more) == (250_000, None, None)
    assert before is not None and behind is not None
    asked = abs((1 + tseg1) / (1 + tseg1 + tseg2) - percent / 100)
    assert abs((1 + before) / (1 + before + behind) - percent / 100) <= asked


def test_segments_that_are_given_stand_and_lists_are_filled_in_place() -> None:
    can = CAN(1, 250_000, sample_point=99, sjw=2, tseg1=5, tseg2=2, transport=MemoryTransport())
    mine: list[Any] = [0] * 7
    assert can.get_timings(mine) is mine
    assert mine == [250_000, 2, 5, 2, None, None, 0]


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": 5},
        {"mode": -1},
        {"bitrate": 0},
        {"bitrate": 1_000_001},
        {"sjw": 0},
        {"sjw": 5},
        {"tseg1": 17, "tseg2": 1},
        {"tseg1": 1, "tseg2": 9},
        {"tseg1": 5},
        {"tseg2": 5},
        {"sample_point": 0},
        {"sample_point": 100},
    ],
)
def test_timing_out_of_range_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"mode|bitrate|sjw|tseg|sample_point"):
        CAN(1, **{"bitrate": 500_000, **bad}, transport=MemoryTransport())


def test_a_controller_says_what_it_is() -> None:
    assert "MODE_SILENT_LOOPBACK" in str(CAN(1, 500_000, CAN.MODE_SILENT_LOOPBACK, transport=MemoryTransport()))


@pytest.mark.parametrize(
    ("mode", "leaves", "comes_back", "hears"),
    [
        (CAN.MODE_NORMAL, True, False, True),
        (CAN.MODE_LOOPBACK, True, True, True),
        (CAN.MODE_SILENT, False, False, True),
        (CAN.MODE_SILENT_LOOPBACK, False, True, False),
        (CAN.MODE_SLEEP, False, False, False),
    ],
)
def test_a_mode_decides_who_gets_what(mode: int, leaves: bool, comes_back: bool, hears: bool) -> None:
    can, wire = controller(mode)
    assert can.send(0x51, b"mine") == 0
    wire.deliver(frame(0x52, b"theirs"))
    can.flush()
    assert wire.collect() == (frame(0x51, b"mine") if leaves else b"")
    assert sorted(received(can)) == [(0x51, b"mine", 0)] * comes_back + [(0x52, b"theirs", 0)] * hears
    still = not leaves and not comes_back
    assert can.get_counters()[5] == still
    assert can.cancel_send(0) == still


def test_own_frames_come_back_only_through_the_filters() -> None:
    can, _ = controller(CAN.MODE_SILENT_LOOPBACK)
    can.set_filters([(0x100, 0x700, 0)])
    for identifier in (0x1FF, 0x200, 0x100):
        can.send(identifier, b"12345678")
    assert [i for i, _, _ in received(can)] == [0x100, 0x1FF]


def test_own_frames_come_back_for_ever() -> None:
    can, _ = controller(CAN.MODE_LOOPBACK)
    got: list[int] = []
    for k in range(0, 3 * RX_SLOTS, 3):
        for identifier in (k, k + 1, k + 2):
            can.send(identifier, b"")
        can.flush()
        for _ in range(2 if k == 0 else 3):
            message = can.recv()
            assert message is not None
            got.append(message[0])
    assert got == list(range(3 * RX_SLOTS - 1))


def test_a_silent_queue_fills_up() -> None:
    can, _ = controller(CAN.MODE_SILENT)
    for k in range(CAN.TX_QUEUE_LEN):
        assert can.send(k, b"") == k
        can.flush()
    assert can.send(0x700, b"") is None


def test_what_happened_before_a_change_of_mode_is_over() -> None:
    can, wire = controller(CAN.MODE_SILENT)
    heard = told(can, CAN.IRQ_TX | CAN.IRQ_RX)
    can.send(0x100, b"")
    wire.deliver(frame(0x101))
    can.deinit()
    wire.deliver(frame(0x102))
    can.init(500_000)
    assert can.get_counters()[5:] == [0, 0, 0]
    wire.deliver(frame(0x103))
    can.set_filters(None)
    wire.deliver(frame(0x104))
    assert received(can) == [(0x104, bytes(8), 0)]
    can.flush()
    assert wire.collect() == b""
    assert heard == []


def test_two_controllers_on_one_bus_hear_each_other_and_not_themselves() -> None:
    bus: list[MemoryTransport] = []
    ends = [controller(bus=bus)[0] for _ in range(3)]
    ends[0].send(0x100, b"a")
    ends[0].flush()
    ends[1].send(0x200, b"b")
    assert [received(end) for end in ends[1:]] == [[(0x100, b"a", 0)], [(0x100, b"a", 0), (0x200, b"b", 0)]]
    assert received(ends[0]) == [(0x200, b"b", 0)]


@pytest.mark.parametrize(
    "use",
    [
        lambda can: can.send(1, b""),
        lambda can: can.recv(),
        lambda can: can.cancel_send(0),
        lambda can: can.set_filters(None),
        lambda can: can.get_counters(),
        lambda can: can.irq(),
        lambda can: can.restart(),
    ],
)
def test_a_stopped_controller_does_nothing_but_tell_its_state(use: Any) -> None:
    can, _ = controller()
    can.deinit()
    assert can.state() == CAN.STATE_STOPPED
    with pytest.raises(OSError, match="22"):
        use(can)


# Order, buffers, cancelling.


def arbitration(word: int) -> list[int]:
    """The bits a controller drives until its data begin; 0 is dominant (ISO 11898-1)."""
    remote = int(word & REMOTE != 0)
    if word & EXTENDED:
        identifier = word & 0x1FFF_FFFF
        bits = [identifier >> k & 1 for k in range(28, -1, -1)]
        return [*bits[:11], 1, 1, *bits[11:], remote]
    return [(word & 0x7FF) >> k & 1 for k in range(10, -1, -1)] + [remote, 0]


def on_the_bus(pending: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Everybody begins at once and gives up where he sends recessive and reads dominant; equals go as they came."""
    out = []
    pending = pending[:]
    while pending:
        left = pending
        for k in range(32):
            bits = [arbitration(word)[k : k + 1] for word, _ in left]
            if [0] in bits:
                left = [entry for entry, bit in zip(left, bits, strict=True) if bit != [1]]
        out.append(left[0])
        pending.remove(left[0])
    return out


def word_of(identifier: int, flags: int) -> int:
    return identifier | (EXTENDED if flags & EXT else 0) | (REMOTE if flags & RTR else 0)


def test_of_any_two_frames_the_one_leaves_first_that_wins_arbitration() -> None:
    close = [
        (identifier, flags)
        for base in (0x000, 0x100, 0x101, 0x7FF)
        for identifier, flags in ((base, 0), (base << 18, EXT), (base << 18 | 1, EXT), (base << 18 | 0x3FFFF, EXT))
    ]
    frames = [(identifier, flags | remote) for identifier, flags in close for remote in (0, RTR)]
    can, wire = controller()
    for first in frames:
        for second in frames:
            for identifier, flags in (first, second):
                assert can.send(identifier, b"", flags | UNORDERED) is not None
            can.flush()
            left = [(word, b"") for (word,) in struct.iter_unpack("<I12x", wire.collect())]
            assert left == on_the_bus([(word_of(*first), b""), (word_of(*second), b"")])


IDENTIFIERS = st.tuples(
    st.sampled_from([0, 1, 0x100, 0x101, 0x7FF]) | st.integers(0, 0x7FF), st.sampled_from([0, RTR, UNORDERED, RTR | UNORDERED])
) | st.tuples(
    st.sampled_from([0, 0x100 << 18, 0x101 << 18 | 7, 0x100]) | st.integers(0, 0x1FFF_FFFF),
    st.sampled_from([EXT, EXT | RTR, EXT | UNORDERED]),
)
STEPS = st.lists(
    IDENTIFIERS.map(lambda what: ("send", *what))
    | st.integers(0, 31).map(lambda k: ("cancel", k, 0))
    | st.just(("flush", 0, 0)),
    max_size=80,
)


@given(steps=STEPS)
def test_frames_leave_as_arbitration_lets_them_and_buffers_are_never_shared(steps: list[tuple[str, int, int]]) -> None:
    can, wire = controller()
    heard = told(can, CAN.IRQ_TX)
    pending: list[tuple[int, bytes]] = []
    buffers: dict[bytes, int] = {}
    for n, (what, value, flags) in enumerate([*steps, ("flush", 0, 0)]):
        heard.clear()
        if what == "send":
            data = b"" if flags & RTR else struct.pack("<I", n)
            word = word_of(value, flags)
            waits = any(word & ~REMOTE == other & ~REMOTE for other, _ in pending)
            index = can.send(value, data, flags)
            if (waits and not flags & UNORDERED) or len(pending) == CAN.TX_QUEUE_LEN:
                assert index is None
                continue
            assert index is not None and 0 <= index < CAN.TX_QUEUE_LEN
            key = struct.pack("<II", word, n)
            assert index not in buffers.values()
            buffers[key] = index
            pending.append((word, key))
        elif what == "cancel":
            held = [key for key, index in buffers.items() if index == value]
            assert can.cancel_send(value) == bool(held)
            assert heard == [sent(value, CAN.IRQ_TX_FAILED)] * len(held)
            for key in held:
                del buffers[key]
                pending = [entry for entry in pending if entry[1] != key]
        else:
            can.flush()
            order = on_the_bus(pending)
            left = [(word, data[:length]) for word, length, data in struct.iter_unpack("<IB3x8s", wire.collect())]
            assert left == [(word, b"" if word & REMOTE else key[4:]) for word, key in order]
            assert heard == [sent(buffers[key]) for _, key in order]
            pending.clear()
            buffers.clear()


def test_a_full_queue_makes_room_for_something_urgent_by_cancelling() -> None:
    can, wire = controller()
    for k in range(CAN.TX_QUEUE_LEN):
        assert can.send(0x700 + k, b"LOW") == k
    assert can.send(0x50, b"HIGH") is None
    assert can.cancel_send(CAN.TX_QUEUE_LEN - 1)
    assert can.send(0x50, b"HIGH") == CAN.TX_QUEUE_LEN - 1
    assert can.get_counters()[5] == CAN.TX_QUEUE_LEN
    can.flush()
    assert wire.collect()[:16] == frame(0x50, b"HIGH")


@pytest.mark.parametrize("index", [-1, CAN.TX_QUEUE_LEN])
def test_there_is_no_buffer_outside_the_queue(index: int) -> None:
    with pytest.raises(IndexError):
        controller()[0].cancel_send(index)


def test_what_the_board_puts_past_the_controller_goes_last_and_no_interrupt_tells_of_it() -> None:
    can, wire = controller()
    heard = told(can, CAN.IRQ_TX)
    can.send(0x300, b"12345678")
    can.send(0x200, b"12345678")
    wire.put(0x6F1, bytes(8))
    wire.put(0x080, bytes(8))
    assert can.get_counters()[5] == 2
    can.flush()
    assert [i for (i,) in struct.iter_unpack("<I12x", wire.collect())] == [0x200, 0x300, 0x6F1, 0x080]
    assert heard == [sent(1), sent(0)]


class Narrow(MemoryTransport):
    """A medium that takes two frames with each flush, as a kernel whose queue is full."""

    def flush(self) -> bool:
        for _ in range(2):
            if self.tx_first < self.tx_count:
                self._outbox += self.tx_slots[self.tx_first]
                self.tx_first += 1
        if self.tx_first < self.tx_count:
            return False
        self.all_left()
        return True


def test_what_a_medium_keeps_stays_pending_and_urgent_frames_overtake_it() -> None:
    wire = Narrow()
    can = CAN(1, 500_000, transport=wire)
    heard = told(can, CAN.IRQ_TX)
    assert [can.send(k, b"") for k in (0x500, 0x400, 0x300, 0x200)] == [0, 1, 2, 3]
    assert not can.flush()
    assert heard == [sent(3), sent(2)]
    assert can.get_counters()[5] == 2
    assert not can.cancel_send(3)
    assert can.send(0x500, b"") is None
    again = can.send(0x200, b"again")
    assert again not in (None, 0, 1)
    assert can.cancel_send(1)
    assert not can.flush() or can.get_counters()[5] == 0
    can.flush()
    assert [i for (i,) in struct.iter_unpack("<I12x", wire.collect())] == [0x200, 0x300, 0x200, 0x500]


# Filters and the receive queue.


@pytest.mark.parametrize("bad", [[(1, 2)], [(1, 2, 3, 4)], [(0x100, 0x7FF, 4)], [(0, 0, 0)] * (CAN.FILTERS_MAX + 1)])
def test_a_malformed_filter_is_refused_and_the_old_ones_stay(bad: list[Any]) -> None:
    can, wire = controller()
    with pytest.raises(ValueError, match=r"length 3|flags|too many"):
        can.set_filters(bad)
    wire.deliver(frame(0x123))
    assert len(received(can)) == 1


def test_a_filter_for_remote_requests_takes_no_data_and_unordered_means_nothing() -> None:
    can, wire = controller()
    can.set_filters([(0x100, 0x7FF, RTR), (0x200, 0x7FF, UNORDERED)])
    for word in (0x100, 0x100 | REMOTE, 0x200, 0x200 | REMOTE, 0x200 | EXTENDED):
        wire.deliver(frame(word))
    assert [(i, flags) for i, _, flags in received(can)] == [(0x100, RTR), (0x200, 0), (0x200, RTR)]


def test_what_came_under_the_old_filters_is_received_and_nothing_else() -> None:
    can, wire = controller()
    can.set_filters([(0x100, 0x7FF, 0)])
    wire.deliver(frame(0x100) + frame(0x200))
    assert can.poll(0)
    wire.deliver(frame(0x100, b"behind") + frame(0x200))
    can.set_filters([(0x200, 0x7FF, 0)])
    wire.deliver(frame(0x100) + frame(0x200, b"later"))
    assert received(can) == [(0x100, bytes(8), 0), (0x100, b"behind", 0), (0x200, b"later", 0)]


def test_a_program_that_takes_all_there_is_loses_nothing() -> None:
    can, wire = controller()
    wire.deliver(b"".join(frame(k) for k in range(0x7FF)))
    assert [i for i, _, _ in received(can)] == list(range(0x7FF))
    assert can.get_counters()[7] == 0


def test_a_program_that_lets_frames_wait_loses_what_the_queue_cannot_hold_and_is_told_once() -> None:
    can, wire = controller()
    wire.deliver(b"".join(frame(k) for k in range(RX_SLOTS + 100)))
    assert can.get_counters()[6] == RX_SLOTS
    assert can.get_counters()[6:] == [RX_SLOTS, 100]
    first = can.recv()
    assert first is not None
    assert (first[0], first[3]) == (0, CAN.RECV_ERR_FULL | CAN.RECV_ERR_OVERRUN)
    second = can.recv()
    assert second is not None
    assert (second[0], second[3]) == (1, 0)
    assert [i for i, _, _ in received(can)] == list(range(2, RX_SLOTS))


def test_frames_that_no_filter_wants_take_no_room_in_the_queue() -> None:
    can, wire = controller()
    can.set_filters([(0x001, 0x001, 0)])
    wire.deliver(b"".join(frame(k) for k in range(0x400)))
    can.flush()
    for _ in range(3):
        can.get_counters()
    assert can.get_counters()[6:] == [RX_SLOTS, 0x200 - RX_SLOTS]
    assert [i for i, _, _ in received(can)] == list(range(1, 2 * RX_SLOTS, 2))


def test_a_controller_below_that_lost_frames_says_so() -> None:
    can, wire = controller()
    wire.deliver(sick(0x01) + frame(0x100))
    got = can.recv()
    assert got is not None
    assert got[3] == CAN.RECV_ERR_OVERRUN
    assert can.state() == CAN.STATE_ACTIVE


def test_results_without_a_list_can_be_given_back_later() -> None:
    can, wire = controller()
    wire.deliver(b"".join(frame(k, bytes([k]) * (k % 9)) for k in range(60)))
    results = [can.recv() for _ in range(30)]
    for k, result in enumerate(results):
        assert result is not None
        assert bytes(result[1]) == bytes([k]) * (k % 9)
    for k, result in enumerate(results, 30):
        assert can.recv(result) is result
        assert result is not None
        assert (result[0], bytes(result[1])) == (k, bytes([k]) * (k % 9))


@pytest.mark.parametrize("bad", [[0, bytearray(8), 0, 0], [0, memoryview(bytearray(8)), 0]])
def test_a_list_that_cannot_be_filled_is_refused_before_a_frame_is_lost(bad: list[Any]) -> None:
    can, wire = controller()
    wire.deliver(frame(0x100))
    with pytest.raises((TypeError, ValueError)):
        can.recv(bad)
    assert len(received(can)) == 1


# States and counters.


def test_counters_tell_what_the_bus_says_and_what_waits() -> None:
    can, wire = controller()
    assert can.get_counters() == [0, 0, 0, 0, 0, 0, 0, 0]
    can.send(1, b"")
    can.send(2, b"")
    can.cancel_send(0)
    wire.deliver(frame(0x100) * 3 + WARNING)
    mine: list[int | None] = [9] * 9
    assert can.get_counters(mine) is mine
    assert mine == [96, 3, 1, 0, 0, 1, 3, 0, 9]
    wire.deliver(sick(0x10))
    assert can.get_counters()[:5] == [None, None, 1, 1, 0]


def test_error_states_come_and_go_but_bus_off_only_by_restart() -> None:
    can, wire = controller()
    heard = told(can, CAN.IRQ_STATE)
    for error, state in (
        (WARNING, CAN.STATE_WARNING),
        (PASSIVE, CAN.STATE_PASSIVE),
        (WARNING, CAN.STATE_WARNING),
        (PASSIVE, CAN.STATE_PASSIVE),
        (WELL, CAN.STATE_ACTIVE),
        (BUS_OFF, CAN.STATE_BUS_OFF),
        (WELL, CAN.STATE_BUS_OFF),
        (frame(ERROR | 0x100), CAN.STATE_BUS_OFF),
    ):
        wire.deliver(error)
        can.recv()
        assert can.state() == state
    # a bus-off out of health passes through warning and passive; only the worse is told
    assert can.get_counters()[2:5] == [2, 3, 1]
    assert heard == [CAN.IRQ_STATE] * 4
    with pytest.raises(OSError, match="100"):
        can.send(0x100, b"")
    can.restart()
    assert can.state() == CAN.STATE_ACTIVE
    assert can.get_counters()[:5] == [0, 0, 0, 0, 0]


def test_a_program_that_only_asks_for_the_state_sees_it_change() -> None:
    for listening in (False, True):
        wire = MemoryTransport()
        can = CAN(1, 500_000, transport=wire)
        if listening:
            can.set_filters(None)
        wire.deliver(frame(0x100) + PASSIVE)
        assert CAN.STATE_PASSIVE in (can.state(), can.state())
        can.set_filters(None)
        assert received(can) == [(0x100, bytes(8), 0)]


def test_bus_off_gives_up_what_waits_and_restart_forgets_it_silently() -> None:
    can, wire = controller()
    heard = told(can, CAN.IRQ_TX | CAN.IRQ_STATE)
    can.send(0x300, b"")
    can.send(0x200, b"")
    wire.deliver(BUS_OFF)
    can.poll(0)
    wire.collect()
    can.restart()
    can.send(0x200, b"")
    wire.deliver(frame(0x100) + BUS_OFF)
    assert can.get_counters()[5:7] == [0, 1]
    assert heard == [CAN.IRQ_STATE | sent(1), sent(0), CAN.IRQ_STATE | sent(0, CAN.IRQ_TX_FAILED)]
    can.restart()
    heard.clear()
    can.send(0x300, b"")
    can.restart()
    can.flush()
    assert wire.collect() == b""
    assert heard == []
    assert [i for i, _, _ in received(can)] == [0x100]


def test_errors_can_be_provoked_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        can = CAN(1, 500_000, transport=TcpTransport("127.0.0.1", listener.getsockname()[1]))
        can.set_filters(None)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(PASSIVE + frame(0x100))
            assert all_frames(can, 1) == [(0x100, bytes(8), 0)]
            assert can.state() == CAN.STATE_PASSIVE
            peer.sendall(BUS_OFF + frame(0x101))
            assert all_frames(can, 1) == [(0x101, bytes(8), 0)]
            assert can.state() == CAN.STATE_BUS_OFF
        can.transport.close()


def test_a_queue_fed_over_tcp_in_pieces_loses_whole_frames_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        can = CAN(1, 500_000, transport=TcpTransport("127.0.0.1", listener.getsockname()[1]))
        can.set_filters(None)
        peer, _ = listener.accept()
        stream = b"".join(frame(k, struct.pack("<Q", k)) for k in range(600))
        with peer:
            for start in range(0, len(stream), 1000):
                peer.sendall(stream[start : start + 1000])
                can.poll(10)
            assert can.poll(1000)
            got = [(i, data) for i, data, _ in received(can)]
            assert got == [(k, struct.pack("<Q", k)) for k in range(RX_SLOTS)]
            peer.sendall(frame(0x7AA))
            assert [i for i, _, _ in all_frames(can, 1)][-1] == 0x7AA
        can.transport.close()


# Interrupts.


def test_a_handler_that_takes_one_frame_per_flag_gets_all() -> None:
    can, wire = controller()
    got: list[int] = []

    def handler(of: CAN) -> None:
        while of.irq().flags() & CAN.IRQ_RX:
            message = of.recv()
            assert message is not None
            got.append(message[0])

    can.irq(handler, CAN.IRQ_RX)
    can.set_filters([(0, 1, 0)])
    for start in (0, 10, 20):
        wire.deliver(b"".join(frame(k) for k in range(start, start + 10)) + WARNING)
        can.poll(0)
    assert got == list(range(0, 30, 2))


def test_a_handler_that_takes_one_frame_per_call_is_called_again() -> None:
    can, wire = controller()
    got: list[Any] = []
    can.irq(lambda of: got.append(of.irq().flags() and of.recv()), trigger=CAN.IRQ_RX)
    wire.deliver(frame(1) + frame(2) + frame(3))
    can.poll(0)
    wire.deliver(frame(4))
    can.poll(0)
    assert [message[0] for message in got] == [1, 2, 3, 4]


def test_a_handler_that_takes_nothing_is_not_called_for_ever() -> None:
    can, wire = controller()
    heard = told(can, CAN.IRQ_RX)
    wire.deliver(frame(1))
    can.poll(0)
    can.poll(0)
    assert heard == [CAN.IRQ_RX]
    assert len(received(can)) == 1


def test_handlers_that_answer_each_other_come_to_an_end() -> None:
    can, _ = controller(CAN.MODE_SILENT_LOOPBACK)
    seen: list[int] = []

    def handler(of: CAN) -> None:
        while of.irq().flags():
            message = of.recv()
            if message is not None:
                seen.append(message[0])
                if message[0] < 50:
                    of.send(message[0] + 1, b"")

    can.irq(handler, CAN.IRQ_RX)
    can.send(0, b"")
    for _ in range(60):
        can.poll(0)
    assert seen == list(range(51))


def test_the_interrupt_object_is_one_and_asking_for_it_changes_nothing() -> None:
    can, _ = controller()
    heard: list[int] = []
    first = can.irq(lambda of: heard.append(of.irq().flags()), CAN.IRQ_TX)
    assert can.irq() is first
    can.send(1, b"")
    can.flush()
    can.irq(None)
    can.send(1, b"")
    can.flush()
    assert heard == [sent(0)]


@pytest.mark.parametrize(("handler", "trigger"), [(None, CAN.IRQ_TX_FAILED), (None, 16), (7, CAN.IRQ_RX)])
def test_what_cannot_interrupt_is_refused(handler: Any, trigger: int) -> None:
    with pytest.raises(ValueError, match=r"unsupported|callable"):
        controller()[0].irq(handler, trigger)


# On the target's interpreter, and on a kernel that has CAN.

LOCKED = """
import micropython
from boards.unix.can import CAN
from boards.unix.transport import Transport

class Ring(Transport):
    def fill(self):
        if self.rx_head < self.rx_count:
            return self.rx_count - self.rx_head
        self.rx_head = self.rx_settled = self.rx_count = 0
        return self.take_to(0)
    def take(self):
        return self.take_to(256)
    def take_to(self, first):
        n = self.due
        self.due = 0
        for slot in range(first, first + n):
            self.rx_words[4 * slot] = 0x100 + slot % 8
            self.rx_words[4 * slot + 1] = 8 if slot % 3 else 3
        if first == 0:
            self.rx_count = n
        return n
    due = 0

got = [0, 0]
def handler(can):
    while True:
        flags = can.irq().flags()
        if not flags:
            return
        got[0] += 1

def rounds(can, mine, counters, data, n):
    for k in range(n):
        can.transport.due = 60
        can.send(0x300, data)
        can.send(0x200, data)
        can.send(0x1ABCDE, data, CAN.FLAG_EXT_ID)
        can.send(0x700, data, CAN.FLAG_RTR)
        can.send(0x150, short)
        can.cancel_send(1)
        can.send(0x200, data, CAN.FLAG_UNORDERED)
        while can.recv(mine) is not None:
            got[1] += 1
            if got[1] % 100 == 0:
                can.transport.due = 60
                can.flush()
        can.get_counters(counters)
        can.state()
        can.flush()

for mode in (CAN.MODE_NORMAL, CAN.MODE_LOOPBACK, CAN.MODE_SILENT):
    for filters in (None, [(0x101, 0x7FF, 0), (0x104, 0x7FC, 0), (5, 7, CAN.FLAG_EXT_ID)]):
        for trigger in (0, 11):
            can = CAN(1, 500000, mode, transport=Ring())
            can.irq(handler, trigger)
            can.set_filters(filters)
            mine = [0, memoryview(bytearray(8)), 0, 0]
            counters = [0] * 8
            data = bytearray(8)
            short = bytearray(5)
            rounds(can, mine, counters, data, 2)
            micropython.heap_lock()
            rounds(can, mine, counters, data, 50)
            micropython.heap_unlock()
            print(mode, filters is None, trigger, got, counters, can.state())
"""


def test_sending_cancelling_filtering_receiving_and_interrupts_allocate_nothing(micropython: str, root: Path) -> None:
    def output(program: list[str], **env: str) -> str:
        done = subprocess.run(
            program, cwd=root, env={**os.environ, **env}, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    here = output([sys.executable, "-c", "import hil\n" + LOCKED])
    assert len(here.splitlines()) == 12
    assert output([micropython, "-c", LOCKED], MICROPYPATH=str(root)) == here


def test_the_kernel_keeps_what_the_filters_refuse_and_error_frames_pass() -> None:
    interface = vcan_or_skip()
    sender, can = (CAN(1, 500_000, transport=SocketCanTransport(interface)) for _ in range(2))
    raw = SocketCanTransport(interface)
    can.set_filters([(0x100, 0x700, 0), (0x50700, 0x1FFF_FFFF, EXT)])
    for identifier, flags in ((0x2FF, 0), (0x1FF, 0), (0x50700, EXT), (0x50701, EXT), (0x100, EXT), (0x101, RTR)):
        sender.send(identifier, b"12345678", flags)
    sender.flush()
    assert all_frames(can, 3) == [(0x50700, b"12345678", EXT), (0x101, bytes(8), RTR), (0x1FF, b"12345678", 0)]
    assert can.transport.fill() == 0
    assert not isinstance(can.transport, MemoryTransport)
    raw.put(ERROR | 0x204, bytes([0, 0x20, 0, 0, 0, 0, 130, 5]))
    raw.put(0x1AA, b"")
    raw.flush()
    assert all_frames(can, 1) == [(0x1AA, b"", 0)]
    assert can.state() == CAN.STATE_PASSIVE
    assert can.get_counters()[:2] == [130, 5]
    can.set_filters([])
    sender.send(0x100, b"")
    sender.flush()
    assert not can.poll(50)
    ends: list[Transport] = [sender.transport, can.transport, raw]
    for end in ends:
        end.close()
