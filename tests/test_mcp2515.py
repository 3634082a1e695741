"""The MCP2515 behaves as machine.CAN does: frame by frame as the desk's CAN class, and every fault of the chip is told.

The chip is the emulator of hil.chips; the order of frames is judged by the desk's class, which is itself
judged by arbitration bit by bit.
"""

import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts import mcp2515
from boards.parts.mcp2515 import CAN
from boards.parts.mcp2515_registers import configuration, timing
from boards.unix.can import CAN as Desk
from boards.unix.transport import MemoryTransport
from hil.chips import mcp2515_map as m
from hil.chips.buses import Pin, Spi
from hil.chips.mcp2515 import Mcp2515
from tests.test_tick_target import run
from tests.test_unix_can import EXTENDED, REMOTE, frame

EXT = CAN.FLAG_EXT_ID
RTR = CAN.FLAG_RTR
UNORDERED = CAN.FLAG_UNORDERED
Got = list[tuple[int, bytes, int]]


class Line:
    """The chip's INT pin at the microcontroller's end."""

    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, chip: Mcp2515) -> None:
        self._chip = chip
        self._handler: Callable[[Any], None] | None = None
        chip.interrupt = self._change

    def value(self) -> int:
        return self._chip.level

    def irq(self, handler: Callable[[Any], None] | None, trigger: int, *, hard: bool = False) -> None:
        assert trigger == self.IRQ_FALLING and hard
        self._handler = handler

    def _change(self, level: int) -> None:
        if level == 0 and self._handler is not None:
            self._handler(self)


class Rig:
    """A controller on an emulated chip, accepting everything unless told otherwise."""

    def __init__(self, line: bool = True, listening: bool = True, **how: Any) -> None:
        self.spi = Spi()
        self.cs = Pin()
        self.chip = Mcp2515(how.get("oscillator_Hz", 16_000_000), how.get("bitrate", 500_000))
        self.spi.attach(self.chip, self.cs)
        self.line = Line(self.chip)
        how.setdefault("bitrate", 500_000)
        self.can = CAN(1, spi=self.spi, cs=self.cs, interrupt=self.line if line else None, **how)
        if listening:
            self.can.set_filters(None)

    def collect(self) -> list[tuple[int, bytes, bool, bool]]:
        """The bus is free until nothing waits any more."""
        out = []
        while (sent := self.chip.let_one_go()) is not None:
            out.append(sent)
        return out

    def received(self) -> Got:
        out: Got = []
        while (got := self.can.recv()) is not None:
            out.append((got[0], bytes(got[1]), got[2]))
        return out


def word(identifier: int, flags: int) -> int:
    return identifier | (EXTENDED if flags & EXT else 0) | (REMOTE if flags & RTR else 0)


# Bit timing.


@pytest.mark.parametrize("oscillator_Hz", [8_000_000, 16_000_000, 20_000_000, 24_000_000])
@pytest.mark.parametrize("bitrate", [50_000, 125_000, 250_000, 500_000, 1_000_000])
def test_the_chip_runs_at_the_rate_it_was_asked_for(oscillator_Hz: int, bitrate: int) -> None:
    if oscillator_Hz // (2 * bitrate) < 5:
        with pytest.raises(ValueError, match="bitrate"):
            Rig(oscillator_Hz=oscillator_Hz, bitrate=bitrate)
        return
    rig = Rig(oscillator_Hz=oscillator_Hz, bitrate=bitrate)
    assert rig.chip.bitrate() == bitrate
    quanta, before = rig.chip.quanta()
    assert abs(Fraction(before, quanta) - Fraction(3, 4)) <= Fraction(1, 16)
    assert rig.chip.hear(0x100, b"")


def test_the_registers_of_the_data_sheets_example_come_out_of_its_quanta() -> None:
    assert timing(20_000_000, 125_000, 62, 1, 9, 6) == (5, 9, 6)
    assert configuration(5, 1, 9, 6) == (0x04, 0x80 | 7 << 3 | 0, 0x05)  # propagation and first phase are 9 together


@given(st.integers(1, 64), st.integers(2, 16), st.integers(2, 8), st.integers(1, 4))
def test_every_division_is_written_as_the_chip_reads_it(prescaler: int, tseg1: int, tseg2: int, sjw: int) -> None:
    chip = Mcp2515(2 * prescaler * (1 + tseg1 + tseg2) * 1000)
    chip._registers[m.CNF1], chip._registers[m.CNF2], chip._registers[m.CNF3] = configuration(prescaler, sjw, tseg1, tseg2)
    assert chip.quanta() == (1 + tseg1 + tseg2, 1 + tseg1)
    assert chip.bitrate() == 1000
    assert chip._registers[m.CNF1] >> 6 == sjw - 1


def test_timings_are_told_as_machine_can_tells_them() -> None:
    rig = Rig(sjw=2, tseg1=11, tseg2=4)
    mine: list[Any] = [0] * 7
    assert rig.can.get_timings(mine) is mine
    assert mine == [500_000, 2, 11, 4, None, None, 0]
    assert rig.can.get_timings() == mine[:6]


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": CAN.MODE_LOOPBACK},
        {"mode": 5},
        {"mode": -1},
        {"bitrate": 0},
        {"bitrate": 1_000_001},
        {"bitrate": 333_333},
        {"sjw": 0},
        {"sjw": 5},
        {"tseg1": 17, "tseg2": 2},
        {"tseg1": 8, "tseg2": 9},
        {"tseg1": 8, "tseg2": 2, "sjw": 2},
        {"tseg1": 5},
        {"tseg2": 5},
        {"sample_point": 0},
        {"sample_point": 100},
    ],
)
def test_what_the_chip_cannot_do_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"mode|bitrate|sjw|tseg|sample_point"):
        Rig(**bad)


# The same as the desk's class.


IDENTIFIERS = st.sampled_from([0x000, 0x001, 0x0FF, 0x100, 0x123, 0x521, 0x7FF])
FLAGS = st.sampled_from([0, 0, 0, EXT, RTR, EXT | RTR, UNORDERED, EXT | UNORDERED])
SENDS = st.tuples(st.just("send"), IDENTIFIERS, st.binary(max_size=8), FLAGS)
HEARS = st.tuples(st.just("hear"), IDENTIFIERS, st.binary(max_size=8), st.sampled_from([0, EXT, RTR, EXT | RTR]))
OTHERS = st.tuples(st.sampled_from(["flush", "recv", "state", "counters"]), st.just(0), st.just(b""), st.just(0))
FILTERS = st.none() | st.lists(
    st.tuples(IDENTIFIERS, st.sampled_from([0x7FF, 0x700, 0x001, 0]), st.sampled_from([0, EXT, RTR, EXT | RTR])), max_size=4
)


def outcomes(steps: list[tuple[str, int, bytes, int]], filters: Any) -> Iterator[tuple[Any, Any]]:
    """The same sequence through both classes."""
    rig = Rig()
    wire = MemoryTransport()
    desk = Desk(1, 500_000, transport=wire)
    for can in (desk, rig.can):
        can.set_filters(filters)
    for what, identifier, data, flags in steps:
        if what == "send":
            yield desk.send(identifier, data, flags), rig.can.send(identifier, data, flags)
        elif what == "hear":
            sent = bytes(len(data)) if flags & RTR else data
            wire.deliver(frame(word(identifier, flags), data.ljust(8, b"\0")[: len(data)]))
            rig.chip.hear(identifier, sent, bool(flags & EXT), bool(flags & RTR))
        elif what == "flush":
            desk.flush()
            theirs = [(w, bytes(n) if w & REMOTE else d) for w, n, d in sent_by_desk(wire)]
            ours = [(word(i, EXT * e | RTR * r), bytes(len(d)) if r else d) for i, d, e, r in rig.collect()]
            yield theirs, ours
        elif what == "recv":
            desk.flush()  # looking makes room on a desk's bus
            wire.collect()
            rig.collect()
            yield received(desk), rig.received()
        elif what == "state":
            yield desk.state(), rig.can.state()
        else:
            yield desk.get_counters(), rig.can.get_counters()


def sent_by_desk(wire: MemoryTransport) -> Iterator[tuple[int, int, bytes]]:
    raw = wire.collect()
    for k in range(0, len(raw), 16):
        length = raw[k + 4]
        yield int.from_bytes(raw[k : k + 4], "little"), length, raw[k + 8 : k + 8 + length]


def received(can: Desk) -> Got:
    out: Got = []
    while (got := can.recv()) is not None:
        out.append((got[0], bytes(got[1]), got[2]))
    return out


@given(st.lists(st.one_of(SENDS, SENDS, HEARS, OTHERS), max_size=40), FILTERS)
def test_the_same_sequence_has_the_same_results_as_the_desks_class(steps: Any, filters: Any) -> None:
    for number, (theirs, ours) in enumerate(outcomes(steps, filters)):
        assert ours == theirs, number


@given(st.permutations(range(0x100, 0x100 + 32)), st.integers(0, 5))
def test_of_the_frames_that_wait_the_lowest_identifier_goes_first(order: list[int], already: int) -> None:
    rig = Rig()
    sent = []
    for n, identifier in enumerate(order):
        assert rig.can.send(identifier, bytes([n])) is not None
        if n < already and (gone := rig.chip.let_one_go()) is not None:
            sent.append(gone[0])
    rest = [gone[0] for gone in rig.collect()]
    assert rest == sorted(rest)
    assert sorted(sent + rest) == sorted(order)


def test_one_that_is_on_its_way_goes_first_whatever_comes_after_it() -> None:
    rig = Rig()
    rig.can.send(0x700, b"")
    rig.chip.in_flight = rig.chip.next_buffer()
    for identifier in (0x300, 0x200, 0x100):
        rig.can.send(identifier, b"")
    assert [gone[0] for gone in rig.collect()] == [0x700, 0x100, 0x200, 0x300]


def test_equals_that_need_no_order_leave_in_the_order_in_which_they_came() -> None:
    rig = Rig()
    for n in range(20):
        assert rig.can.send(0x123, bytes([n]), UNORDERED) is not None
        if n % 7 == 3:
            rig.can.send(0x050 + n, b"first")
    assert [gone[1][0] for gone in rig.collect() if gone[0] == 0x123] == list(range(20))


def test_a_queue_that_is_full_and_an_identifier_that_waits_are_refused() -> None:
    rig = Rig()
    assert [rig.can.send(k, b"") for k in range(33)] == [*range(32), None]
    assert rig.can.send(0, b"") is None
    rig.collect()
    assert rig.can.send(0, b"") == 0


def test_a_frame_can_be_taken_back_until_it_is_on_its_way() -> None:
    rig = Rig()
    for identifier in range(6):
        rig.can.send(identifier, b"")
    rig.chip.in_flight = rig.chip.next_buffer()
    assert [rig.can.cancel_send(k) for k in (0, 1, 5, 5, 31)] == [False, True, True, False, False]
    with pytest.raises(IndexError):
        rig.can.cancel_send(32)
    assert [gone[0] for gone in rig.collect()] == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ((0x800, b"", 0), ValueError),
        ((-1, b"", 0), ValueError),
        ((1 << 29, b"", EXT), ValueError),
        ((1, bytes(9), 0), OverflowError),
    ],
)
def test_what_is_no_frame_is_refused(how: tuple[int, bytes, int], error: type[Exception]) -> None:
    with pytest.raises(error):
        Rig().can.send(*how)


def test_nothing_is_received_before_filters_are_set() -> None:
    rig = Rig(listening=False)
    rig.chip.hear(0x100, b"")
    assert rig.can.recv() is None
    rig.can.set_filters(None)
    assert rig.received() == []
    rig.chip.hear(0x101, b"")
    assert rig.received() == [(0x101, b"", 0)]


def test_the_line_keeps_a_bus_full_of_frames_without_loss_while_the_tick_sleeps() -> None:
    rig = Rig()
    for k in range(32):
        assert rig.chip.hear(k, bytes([k]))
    assert [got[0] for got in rig.received()] == list(range(32))
    assert rig.can.get_counters()[7] == 0


def test_a_frame_too_many_is_lost_counted_and_told_once() -> None:
    rig = Rig()
    for k in range(34):
        rig.chip.hear(k, b"")
    mine: list[Any] = [0, memoryview(bytearray(8)), 0, 0]
    assert rig.can.recv(mine) is mine
    assert mine[3] == CAN.RECV_ERR_FULL | CAN.RECV_ERR_OVERRUN
    assert rig.can.recv(mine) is mine
    assert mine[3] == 0
    assert rig.can.get_counters()[7] == 2


def test_a_list_is_refilled_in_place_and_its_memoryview_has_the_frames_length() -> None:
    rig = Rig()
    mine: list[Any] = [0, memoryview(bytearray(8)), 0, 0]
    for data in (b"12345678", b"abc", b"", b"87654321"):
        rig.chip.hear(0x12345678, data, True)
        assert rig.can.recv(mine) is mine
        assert (mine[0], bytes(mine[1]), mine[2]) == (0x12345678, data, EXT)


def test_the_chip_itself_drops_what_no_filter_could_want() -> None:
    rig = Rig(listening=False)
    rig.can.set_filters([(0x520, 0x7FC, 0), (0x524, 0x7FF, 0)])
    assert rig.chip.hear(0x521, b"")
    assert not rig.chip.hear(0x121, b"")
    assert not rig.chip.hear(0x521 << 18, b"", True)
    assert rig.received() == [(0x521, b"", 0)]


@pytest.mark.parametrize("bad", [[(1, 2)], [(0x800, 0, 0)], [(0, 0x800, 0)], [(0, 0, 4)], [(0, 0, 0)] * 29])
def test_a_bad_filter_is_refused_and_the_old_ones_stand(bad: Any) -> None:
    rig = Rig()
    with pytest.raises(ValueError, match=r"filter|id|flags"):
        rig.can.set_filters(bad)
    rig.chip.hear(0x100, b"")
    assert rig.received() == [(0x100, b"", 0)]


def test_a_handler_hears_of_frames_sent_and_received_and_of_a_worse_state() -> None:
    rig = Rig()
    heard: list[int] = []

    def handler(can: CAN) -> None:
        while flags := can.irq().flags():
            heard.append(flags)

    rig.can.irq(handler, CAN.IRQ_RX | CAN.IRQ_TX | CAN.IRQ_STATE)
    rig.chip.hear(0x100, b"")
    assert heard == [CAN.IRQ_RX]
    rig.received()
    rig.can.send(0x200, b"")
    rig.chip.let_one_go()
    assert heard == [CAN.IRQ_RX, CAN.IRQ_TX]
    rig.chip.set_errors(96, 0)
    assert heard[2:] == [CAN.IRQ_STATE]


# Health.


@pytest.mark.parametrize(
    ("tec", "rec", "state", "entered"),
    [
        (0, 0, CAN.STATE_ACTIVE, [0, 0, 0]),
        (96, 0, CAN.STATE_WARNING, [1, 0, 0]),
        (0, 127, CAN.STATE_WARNING, [1, 0, 0]),
        (128, 0, CAN.STATE_PASSIVE, [1, 1, 0]),
        (256, 0, CAN.STATE_BUS_OFF, [1, 1, 1]),
    ],
)
@pytest.mark.parametrize("line", [True, False])
def test_states_and_counters_are_those_of_the_chip(tec: int, rec: int, state: int, entered: list[int], line: bool) -> None:
    rig = Rig(line)
    rig.chip.set_errors(tec, rec)
    assert rig.can.state() == state
    assert rig.can.get_counters() == [min(tec, 255), rec, *entered, 0, 0, 0]


def test_bus_off_is_kept_until_restart_though_the_chip_would_come_back_by_itself() -> None:
    rig = Rig()
    for identifier in range(8):
        rig.can.send(identifier, b"old")
    rig.chip.bus_off()
    rig.chip.recover()
    assert rig.can.state() == CAN.STATE_BUS_OFF
    assert rig.collect() == []
    with pytest.raises(OSError, match="100"):
        rig.can.send(1, b"")
    assert rig.chip.hear(0x100, b"")
    rig.can.restart()
    assert rig.can.state() == CAN.STATE_ACTIVE
    assert rig.can.send(1, b"new") == 0
    assert rig.collect() == [(1, b"new", False, False)]
    assert rig.can.get_counters()[2:5] == [0, 0, 0]


def test_a_controller_that_was_stopped_does_nothing_until_it_is_begun_again() -> None:
    rig = Rig()
    rig.can.deinit()
    assert rig.can.state() == CAN.STATE_STOPPED
    for call in (rig.can.recv, rig.can.restart, rig.can.get_counters, lambda: rig.can.send(1, b"")):
        with pytest.raises(OSError, match="22"):
            call()
    rig.can.init(500_000)
    rig.can.set_filters(None)
    rig.chip.hear(1, b"")
    assert rig.received() == [(1, b"", 0)]


@pytest.mark.parametrize(
    ("mode", "leaves", "comes_back", "hears"),
    [
        (CAN.MODE_NORMAL, True, False, True),
        (CAN.MODE_SILENT, False, False, True),
        (CAN.MODE_SILENT_LOOPBACK, True, True, False),
        (CAN.MODE_SLEEP, False, False, False),
    ],
)
def test_a_mode_decides_who_gets_what(mode: int, leaves: bool, comes_back: bool, hears: bool) -> None:
    rig = Rig(mode=mode)
    rig.can.send(0x51, b"mine")
    assert rig.chip.hear(0x52, b"theirs") == hears
    assert bool(rig.collect()) == leaves
    assert sorted(rig.received()) == [(0x51, b"mine", 0)] * comes_back + [(0x52, b"theirs", 0)] * hears


def test_a_brown_out_is_found_in_the_same_state_and_frames_that_waited_still_go() -> None:
    rig = Rig(listening=False)
    rig.can.set_filters([(0x100, 0x700, 0)])
    for identifier in range(8):
        rig.can.send(identifier, bytes([identifier]))
    rig.chip.brown_out()
    assert rig.can.state() == CAN.STATE_ACTIVE
    assert rig.can.trouble == mcp2515.LOST
    rig.can.recv()
    assert [gone[0] for gone in rig.collect()] == list(range(8))
    rig.chip.hear(0x1FF, b"")
    rig.chip.hear(0x2FF, b"")
    assert rig.received() == [(0x1FF, b"", 0)]
    assert rig.can.state() == CAN.STATE_ACTIVE
    assert (rig.can.trouble, rig.can.set_up_count) == (0, 1)


@pytest.mark.parametrize("address", [m.CNF1, m.CNF2, m.CNF3, m.CANINTE, m.CANCTRL])
def test_a_register_that_does_not_keep_its_value_is_told_in_every_state(address: int) -> None:
    rig = Rig()
    rig.chip.stuck[address] = 0x35
    for _ in range(3):
        rig.can.state()
        assert rig.can.trouble & mcp2515.LOST
    rig.chip.stuck.clear()
    rig.can.state()
    assert rig.can.state() == CAN.STATE_ACTIVE
    assert rig.can.trouble == 0


@pytest.mark.parametrize("filters", [None, [], [(0x100, 0x700, 0)], [(0x523, 0x7FF, 0)]])
@pytest.mark.parametrize("mode", [CAN.MODE_NORMAL, CAN.MODE_SILENT])
def test_masks_that_cannot_be_read_on_the_bus_are_no_reason_to_begin_anew(filters: Any, mode: int) -> None:
    rig = Rig(listening=False, mode=mode)
    rig.can.set_filters(filters)
    for _ in range(3):
        assert rig.can.state() == CAN.STATE_ACTIVE
        assert (rig.can.trouble, rig.can.set_up_count) == (0, 0)


@pytest.mark.parametrize("how", ["absent", "broken", "low"])
def test_a_chip_that_does_not_answer_is_bus_off_until_it_is_back_and_restarted(how: str) -> None:
    rig = Rig()
    rig.can.send(1, b"old")
    if how == "absent":
        rig.chip.absent = True
    elif how == "broken":
        rig.spi.broken = True
    else:
        rig.chip.stuck.update(dict.fromkeys(range(128), 0))
    assert rig.can.state() == CAN.STATE_BUS_OFF
    assert rig.can.trouble == mcp2515.ABSENT
    assert rig.can.recv() is None
    with pytest.raises(OSError, match="100"):
        rig.can.send(1, b"")
    rig.can.restart()
    assert rig.can.state() == CAN.STATE_BUS_OFF
    rig.chip.absent = rig.spi.broken = False
    rig.chip.stuck.clear()
    rig.chip.brown_out()
    rig.can.restart()
    assert rig.can.state() == CAN.STATE_ACTIVE
    assert rig.can.trouble == 0
    rig.can.send(1, b"new")
    assert rig.collect() == [(1, b"new", False, False)]


def test_receive_buffers_that_run_over_are_told_in_the_next_state() -> None:
    rig = Rig(line=False)
    for k in range(4):
        rig.chip.hear(k, b"")
    rig.can.state()
    assert rig.can.trouble == mcp2515.OVERRUN
    assert rig.can.get_counters()[7] == 1
    assert [got[0] for got in rig.received()] == [0, 1]
    rig.can.state()
    assert rig.can.trouble == 0


def test_an_overrun_that_a_receive_has_found_is_told_in_the_next_state_and_in_one() -> None:
    rig = Rig()
    rig.line.irq(None, rig.line.IRQ_FALLING, hard=True)  # interrupts are held off
    for k in range(4):
        rig.chip.hear(k, b"")
    assert [got[0] for got in rig.received()] == [0, 1]
    rig.can.state()
    assert rig.can.trouble == mcp2515.OVERRUN
    rig.can.state()
    assert rig.can.trouble == 0


def test_frames_that_nobody_acknowledges_make_the_chip_passive_and_are_told_as_stuck() -> None:
    rig = Rig()
    rig.chip.tx_stuck = True
    rig.can.send(1, b"")
    for look in range(mcp2515.STUCK_LOOKS):
        assert look > mcp2515.STUCK_LOOKS // 2 or not rig.can.trouble & mcp2515.STUCK
        rig.chip.let_one_go()
        rig.can.state()
    assert rig.can.trouble == mcp2515.STUCK
    assert rig.can.state() == CAN.STATE_PASSIVE
    rig.chip.tx_stuck = False
    assert rig.collect() == [(1, b"", False, False)]
    rig.can.state()
    assert rig.can.trouble == 0


def test_wrong_bits_on_spi_never_stop_the_traffic_for_good() -> None:
    rig = Rig()
    rig.chip.flip_every = 37
    for n in range(2000):
        if rig.can.sending:
            rig.can.send(n % 32, bytes(8))
        rig.chip.hear(0x100 + n % 7, bytes(8))
        rig.chip.let_one_go()
        rig.received()
        if rig.can.state() == CAN.STATE_BUS_OFF:
            rig.can.restart()
    rig.chip.flip_every = 0
    if rig.can.state() == CAN.STATE_BUS_OFF:
        rig.can.restart()
    rig.collect()
    rig.received()
    rig.can.send(0x7FF, b"well")
    assert rig.collect() == [(0x7FF, b"well", False, False)]
    rig.chip.hear(0x123, b"well")
    assert rig.received() == [(0x123, b"well", 0)]


LOCKED = """
import sys
sys.path.append(".")
sys.path.insert(0, {place!r})
import micropython
from boards.parts import mcp2515
from hil.chips.mcp2515 import Mcp2515

# What hardware does allocates nothing; what its emulator does is done with the heap unlocked. Who calls has it locked.
class Spi:
    broken = False
    def write_readinto(self, out, got):
        micropython.heap_unlock()
        try:
            if self.broken:
                raise OSError(5)
            got[:] = chip.transfer(bytes(out))
        finally:
            micropython.heap_lock()

class Cs:
    def value(self, level):
        micropython.heap_unlock()
        try:
            (chip.deselect if level else chip.select)()
        finally:
            micropython.heap_lock()

class Line:
    IRQ_FALLING = 2
    handler = None
    deaf = False
    def value(self):
        return chip.level
    def irq(self, handler, trigger, hard):
        self.handler = handler
    def change(self, level):
        if level == 0 and self.handler is not None and not self.deaf:
            micropython.heap_lock()
            try:
                self.handler(self)
            finally:
                micropython.heap_unlock()

chip = Mcp2515()
line = Line()
chip.interrupt = line.change
spi = Spi()
cs = Cs()

class Open:
    # the wires while the controller is built and set up
    def write_readinto(self, out, got):
        got[:] = chip.transfer(bytes(out))
    def value(self, level):
        (chip.deselect if level else chip.select)()

wires = Open()
can = mcp2515.CAN(1, 500000, spi=wires, cs=wires, interrupt=line)
can.set_filters([(0x100, 0x700, 0), (0x10000000, 0x10000000, 2)])
message = [0, memoryview(bytearray(8)), 0, 0]
can.recv(message)
can._wire._spi = spi
can._wire._cs = cs
data = bytearray(8)
short = memoryview(data)[:3]
state = troubles = states = got = sent = refused = restarts = 0
for n in range(2000):
    what = n // 100 % 10
    within = n % 100 < 20
    chip.absent = within and what == 1
    spi.broken = within and what == 2
    chip.flip_every = 41 if within and what == 3 else 0
    chip.tx_stuck = what == 4
    line.deaf = within and what == 9
    if n % 100 == 0:
        if what == 5:
            chip.brown_out()
        if what == 6:
            chip.bus_off()
        if what == 7:
            chip.set_errors(130, 100)
        if what == 8:
            chip.set_errors(0, 100)
        if what == 9:
            chip.set_errors(0, 0)
    for k in range(3 + 20 * (what == 9)):
        chip.hear(0x100 + k if k % 2 else 0x1ABCDE00 + k, b"12345678", k % 2 == 0)
    micropython.heap_lock()
    while can.recv(message) is not None:
        got += 1
    for k in range(6):
        if can.sending:
            if can.send(0x7FF - (n * 7 + k * 13) % 64, data if k % 2 else short, 0) is None:
                refused += 1
        if k == 3 and can.sending:
            can.send(0x1FFFFFFF, data, 2)
    state = can.state()
    troubles |= can.trouble
    states |= 1 << state
    if state == 4 and n % 10 == 9:
        can.restart()
        restarts += 1
    micropython.heap_unlock()
    for k in range(8):
        if chip.let_one_go() is not None:
            sent += 1
print(troubles, states, got > 5000, sent > 8000, refused > 500, restarts > 5)
"""


def test_two_thousand_ticks_with_every_fault_allocate_nothing_on_micropython(
    micropython: str, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "hil").mkdir()  # without hil's own __init__, which is CPython's
    (tmp_path / "hil" / "chips").symlink_to(root / "hil" / "chips")
    done: subprocess.CompletedProcess[str] = run(micropython, root, LOCKED.format(place=str(tmp_path)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["15", "30", "True", "True", "True", "True"]


def test_the_face_is_that_of_the_desks_class() -> None:
    own = {"sending", "trouble", "set_up_count"}
    for name, value in vars(Desk).items():
        if name.startswith("_") and name != "__init__":
            continue
        assert hasattr(CAN, name), name
        if isinstance(value, int):
            known = name in ("TX_QUEUE_LEN", "FILTERS_MAX")
            assert known or getattr(CAN, name) == value, name
    assert own <= set(vars(Rig().can))
