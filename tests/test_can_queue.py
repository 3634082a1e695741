"""A controller of three buffers behind the queue: nothing is lost that finds room, order is kept, and what is off is refused.

Two controllers, one promise: one with machine.CAN's manners, and pyb.CAN behind its adapter.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts.can_queue import ROOM, CanQueue
from boards.parts.pace import Pace
from boards.parts.pyb_can import CAN as PybCan
from boards.parts.pyb_pwm import PWM
from boards.unix.can import CAN as UnixCan
from boards.unix.transport import MemoryTransport
from hil.chips.microcontroller import Clock

BUFFERS = 3
ACTIVE, BUS_OFF = 1, 4
Frame = tuple[int, int, bytes]  # identifier, flags (1 remote, 2 extended), data


class Bus:
    """What a controller has sent, what waits in its buffers, what will come."""

    def __init__(self) -> None:
        self.sent: list[Frame] = []
        self.buffers: list[Frame] = []
        self.coming: list[Frame] = []
        self.state = ACTIVE
        self.restarts = 0

    def carry(self, frames: int) -> None:
        """So many frames leave, the highest priority first."""
        for _ in range(min(frames, len(self.buffers))):
            self.buffers.sort(key=lambda frame: frame[0])
            self.sent.append(self.buffers.pop(0))


class MachineCan:
    """machine.CAN of MicroPython 1.28 as its documentation has it, with three buffers."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.listening = False
        self.handler: Callable[[Any], None] | None = None

    def set_filters(self, filters: object, /) -> None:
        self.listening = filters is None

    def send(self, id: int, data: bytearray | memoryview, flags: int = 0, /) -> int | None:
        if self.bus.state == BUS_OFF:
            raise OSError(100)
        if len(self.bus.buffers) >= BUFFERS or any(frame[0] == id for frame in self.bus.buffers):
            return None
        self.bus.buffers.append((id, flags, bytes(data)))
        return len(self.bus.buffers) - 1

    def recv(self, arg: list[Any], /) -> list[Any] | None:
        if not self.listening or not self.bus.coming:
            return None
        arg[0], arg[2], data = self.bus.coming.pop(0)
        arg[3] = 0
        arg[1] = memoryview(bytearray(data))
        return arg

    def irq(self, handler: Callable[[Any], None] | None, trigger: int, hard: bool, /) -> None:
        assert trigger == 2
        self.handler = handler

    def state(self) -> int:
        return self.bus.state

    def restart(self) -> None:
        self.bus.restarts += 1
        self.bus.buffers.clear()
        self.bus.state = ACTIVE


class Pyb:
    """pyb.CAN of an STM32F405 as its documentation has it: data before the identifier, raises, a FIFO for each filter."""

    NORMAL, MASK32 = 0, 2
    bus: Bus

    def __init__(self, id: int, mode: int, *, baudrate: int, sample_point: int) -> None:
        assert (id, mode, baudrate, sample_point) == (1, Pyb.NORMAL, 500_000, 75)
        self.fifo_of = {}  # type: dict[bool, int]

    def setfilter(self, bank: int, mode: int, fifo: int, params: tuple[int, int], *, extframe: bool = False) -> None:
        assert mode == Pyb.MASK32 and params == (0, 0)
        self.fifo_of[extframe] = fifo

    def send(self, data: bytearray, id: int, *, timeout: int, rtr: bool, extframe: bool) -> None:
        assert timeout == 0
        if self.bus.state == BUS_OFF or len(self.bus.buffers) >= BUFFERS:
            raise OSError(16)
        self.bus.buffers.append((id, (2 if extframe else 0) | (1 if rtr else 0), bytes(data)))

    def _next(self, fifo: int) -> int | None:
        for k, frame in enumerate(self.bus.coming):
            if self.fifo_of.get(frame[1] & 2 != 0) == fifo:
                return k
        return None

    def any(self, fifo: int) -> bool:
        return self._next(fifo) is not None

    def recv(self, fifo: int, out: list[Any], *, timeout: int) -> list[Any]:
        k = self._next(fifo)
        if k is None:
            raise OSError(110)
        identifier, flags, data = self.bus.coming.pop(k)
        out[0], out[1], out[2], out[3] = identifier, flags & 2 != 0, flags & 1 != 0, 0
        view = out[4]
        assert isinstance(view, memoryview)
        view[: len(data)] = data
        self.length = len(data)
        return out

    def info(self, out: list[int]) -> None:
        assert len(out) == 8
        out[5] = len(self.bus.buffers)

    def rxcallback(self, fifo: int, fun: object) -> None:
        assert fifo in (0, 1)

    def state(self) -> int:
        return self.bus.state

    def restart(self) -> None:
        self.bus.restarts += 1
        self.bus.buffers.clear()
        self.bus.state = ACTIVE


def pyb_can(bus: Bus) -> PybCan:
    class On(Pyb):
        pass

    On.bus = bus
    return PybCan(On, 1, 500_000)


MAKERS = {"machine": MachineCan, "pyb": pyb_can}
makers = pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS.keys())


def taken(queue: CanQueue) -> list[Frame]:
    frames = []
    while queue.take():
        frames.append((queue.identifier, 2 if queue.extended else 0, bytes(queue.data)))
    return frames


@makers
def test_more_frames_than_the_controller_has_buffers_leave_in_time_and_each_once(maker: Any) -> None:
    bus = Bus()
    queue = CanQueue(maker(bus))
    data = [bytearray([k] * 8) for k in range(12)]
    for k in range(12):
        assert queue.send(0x100 + k, data[k], False)
    data[11][0] = 99  # the caller's buffer is its own again
    for _ in range(12):
        bus.carry(1)
        queue.poll()
    assert [frame[0] for frame in bus.sent] == [0x100 + k for k in range(12)]
    assert bus.sent[11][2] == bytes([11] * 8)


@makers
def test_an_identifier_that_still_waits_is_refused_and_goes_again_afterwards(maker: Any) -> None:
    bus = Bus()
    queue = CanQueue(maker(bus))
    for identifier in (5, 6, 7, 8):
        assert queue.send(identifier, bytearray(8), False)
    assert not queue.send(8, bytearray(8), False)
    assert queue.send(8, bytearray(8), True)  # its extended twin is another
    for _ in range(9):
        bus.carry(1)
        queue.poll()
    assert queue.send(8, bytearray(b"again..."), False)
    bus.carry(3)
    assert bus.sent[-1] == (8, 0, b"again...")


@makers
def test_two_frames_of_one_identifier_never_wait_in_the_controller_together(maker: Any) -> None:
    bus = Bus()
    queue = CanQueue(maker(bus))
    order = []
    for k in range(6):
        if queue.send(0x20, bytearray([k] * 8), False):
            order.append(k)
        assert len([frame for frame in bus.buffers if frame[0] == 0x20]) <= 1
    for _ in range(8):
        bus.carry(1)
        queue.poll()
    assert order == [0, 1]
    assert [frame[2][0] for frame in bus.sent] == order


@makers
def test_a_full_queue_says_no_and_loses_nothing(maker: Any) -> None:
    bus = Bus()
    queue = CanQueue(maker(bus))
    accepted = [k for k in range(100) if queue.send(0x100 + k, bytearray([k] * 8), False)]
    assert len(accepted) == ROOM + BUFFERS
    for _ in range(60):
        bus.carry(1)
        queue.poll()
    assert [frame[0] - 0x100 for frame in bus.sent] == accepted


@makers
def test_off_the_bus_everything_is_refused_and_a_restart_begins_empty(maker: Any) -> None:
    bus = Bus()
    queue = CanQueue(maker(bus))
    for k in range(8):
        assert queue.send(k + 1, bytearray(8), False)
    bus.state = BUS_OFF
    queue.poll()
    assert queue.state() == BUS_OFF
    assert not queue.send(0x30, bytearray(8), False)
    queue.restart()
    assert bus.restarts == 1 and queue.state() == ACTIVE
    queue.poll()
    assert bus.buffers == []
    assert queue.send(1, bytearray(8), False)


def test_what_came_is_handed_out_in_order_with_its_length_and_kind() -> None:
    bus = Bus()
    can = MachineCan(bus)
    queue = CanQueue(can)
    frames: list[Frame] = [(0x7FF, 0, b"12345678"), (0x1FFFFFFF, 2, b"abc"), (0, 0, b""), (3, 0, b"x" * 8)]
    bus.coming = [*frames[:2], (0x10, 1, b""), *frames[2:]]  # a remote frame between
    assert can.handler is not None
    can.handler(can)
    assert taken(queue) == frames
    assert not queue.take()


def test_pyb_receives_both_kinds() -> None:
    bus = Bus()
    queue = CanQueue(pyb_can(bus))
    bus.coming = [(0x123, 0, b"12345678"), (0x1ABCDEF0, 2, b"abcdefgh"), (0x10, 1, b"")]
    queue.poll()
    assert sorted(taken(queue)) == [(0x123, 0, b"12345678"), (0x1ABCDEF0, 2, b"abcdefgh")]


def test_what_finds_no_room_is_lost_and_counted() -> None:
    bus = Bus()
    queue = CanQueue(MachineCan(bus))
    bus.coming = [(k, 0, bytes(8)) for k in range(50)]
    queue.poll()
    assert [frame[0] for frame in taken(queue)] == list(range(ROOM))
    assert queue.lost_count == 50 - ROOM


def test_an_interrupt_in_the_middle_of_a_look_loses_nothing() -> None:
    bus = Bus()
    can = MachineCan(bus)
    queue = CanQueue(can)
    receive = can.recv

    def interrupted(arg: list[Any], /) -> list[Any] | None:
        got = receive(arg)
        assert can.handler is not None
        can.handler(can)  # between taking a frame and keeping it
        return got

    can.recv = interrupted  # type: ignore[method-assign]
    bus.coming = [(k, 0, bytes([k] * 8)) for k in range(20)]
    queue.poll()
    assert taken(queue) == [(k, 0, bytes([k] * 8)) for k in range(20)]


@pytest.mark.parametrize("taken_bytes", range(9))
@pytest.mark.parametrize("sent_bytes", range(9))
def test_an_interrupt_between_taking_a_frame_and_using_it_leaves_its_data_alone(taken_bytes: int, sent_bytes: int) -> None:
    bus = Bus()
    can = MachineCan(bus)
    queue = CanQueue(can)
    mine = bytes(range(0x10, 0x10 + taken_bytes))
    bus.coming = [(0x77, 0, mine)]
    queue.poll()
    for k in range(BUFFERS + 2):  # two of them wait for a buffer
        assert queue.send(0x100 + k, bytearray([0xEE] * sent_bytes), False)
    assert queue.take()
    for _ in range(2):
        bus.carry(1)
        bus.coming = [(k, 0, bytes([0xDD] * (8 - k % 2))) for k in range(ROOM)]  # as many as there is room for
        assert can.handler is not None
        can.handler(can)
        assert (queue.identifier, bytes(queue.data)) == (0x77, mine)
    bus.carry(9)
    assert [frame[2] for frame in bus.sent] == [bytes([0xEE] * sent_bytes)] * (BUFFERS + 2)
    assert [frame[0] for frame in taken(queue)] == list(range(ROOM))[: ROOM - (taken_bytes == 8)]


@given(st.lists(st.sampled_from(["send", "carry", "come", "take", "poll"]), max_size=120))
def test_whatever_happens_frames_keep_their_order(steps: list[str]) -> None:
    bus = Bus()
    queue = CanQueue(MachineCan(bus))
    sent: list[int] = []
    come = 0
    got: list[int] = []
    for k, step in enumerate(steps):
        if step == "send" and queue.send(0x100 + k, bytearray([k & 255] * 8), False):
            sent.append(0x100 + k)
        elif step == "carry":
            bus.carry(1)
        elif step == "come" and come - len(got) < ROOM:
            bus.coming.append((come, 0, bytes(8)))
            come += 1
        elif step == "take":
            got += [frame[0] for frame in taken(queue)]
        elif step == "poll":
            queue.poll()
    for _ in range(len(steps) + 1):
        bus.carry(3)
        queue.poll()
    got += [frame[0] for frame in taken(queue)]
    assert [frame[0] for frame in bus.sent] == sent
    assert got == list(range(come))


def test_the_queue_takes_the_desks_controller_as_well() -> None:
    transport = MemoryTransport()
    queue = CanQueue(UnixCan(1, 500_000, transport=transport))
    assert queue.send(0x123, bytearray(b"12345678"), False)
    queue.poll()
    assert transport.collect()[8:16] == b"12345678"


def test_ticks_are_due_every_ten_milliseconds_and_lateness_does_not_add_up() -> None:
    for later_us in (0, (1 << 30) * 1000 - 55_000):  # the second wraps on its way
        clock = Clock(later_us)
        pace = Pace(clock, CanQueue(MachineCan(Bus())))
        begun = []
        for work_ms in (3, 9, 14, 2, 2, 2, 25, 1, 1, 1):
            pace.wait()
            begun.append(clock.now_us // 1000)
            clock.sleep_ms(work_ms)
        assert begun == [10, 20, 30, 44, 50, 60, 70, 95, 96, 100]
        assert pace.late_ticks == 3
        assert pace.worst_late_ms == 15


def test_a_controller_that_was_halted_begins_anew() -> None:
    clock = Clock()
    pace = Pace(clock, CanQueue(MachineCan(Bus())))
    pace.wait()
    clock.sleep_ms(5000)
    pace.wait()
    assert clock.now_us == 5_010_000
    pace.wait()
    assert clock.now_us == 5_020_000


def test_frames_are_taken_while_the_board_waits() -> None:
    bus = Bus()
    queue = CanQueue(MachineCan(bus))
    clock = Clock()
    pace = Pace(clock, queue)
    bus.coming = [(1, 0, bytes(8))]
    pace.wait()
    assert [frame[0] for frame in taken(queue)] == [1]


class Timer:
    """pyb.Timer: 84 MHz, prescaled until its period fits 16 bits."""

    PWM = 0
    made: "list[Timer]" = []

    def __init__(self, number: int, *, freq: int) -> None:
        counts = 84_000_000 // freq
        while counts > 65536:
            counts //= 2
        self._period = counts - 1
        self.width = -1
        Timer.made.append(self)

    def period(self) -> int:
        return self._period

    def channel(self, number: int, mode: int, *, pin: object, pulse_width: int) -> "Timer":
        self.width = pulse_width
        return self

    def pulse_width(self, counts: int) -> None:
        self.width = counts


@pytest.mark.parametrize("Hz", [100, 20_000])
@pytest.mark.parametrize("duty", [0, 1, 19_660, 32_768, 65_535])
def test_an_old_timer_gives_the_duty_of_a_new_one(Hz: int, duty: int) -> None:
    pwm = PWM(Timer, 8, 1, None, Hz)
    timer = Timer.made[-1]
    assert timer.width == 0
    pwm.duty_u16(duty)
    counts = timer.period() + 1
    assert timer.width == pytest.approx(duty * counts / 65535, abs=1 + counts / 8192)
    assert (timer.width == counts) == (duty == 65_535)
