"""Bench and firmware take turns: HIL_TICK ends the one's batch, HIL_DONE the other's, and the bench's clock is the board's."""

import binascii
import struct
from array import array
from pathlib import Path

import pytest

from bms.packs.bench_24 import PACK
from bms.safety.snapshot import Snapshot
from boards.parts.bench_frames import (
    HilActuators,
    HilDone,
    HilGroups,
    HilInputs,
    HilProbeHysteresis,
    HilProbeSigma,
    HilProbeSoc,
    HilTick,
)
from boards.unix import clock
from boards.unix.board import Board, FIRST_TICK_ms, PERIOD_ms
from boards.unix.transport import MemoryTransport
from hil.target import Target, TargetDied
from hil.targets.inside import CPythonTarget
from hil.targets.process import MicroPythonTarget
from tests import firmware_stub

RING_ms = 1 << 30


def framed(message: object) -> bytes:
    data = bytearray(8)
    message.pack(data)  # type: ignore[attr-defined]
    return struct.pack("<IB3x8s", message.ID, 8, bytes(data))  # type: ignore[attr-defined]


def ticked(n: int, now_ms: int) -> bytes:
    tick = HilTick()
    tick.n, tick.now_ms = n, now_ms
    return framed(tick)


def sensors(k: int) -> bytes:
    groups = HilGroups()
    groups.group_0_voltage_mV = 20000 + k
    foreign = struct.pack("<IB3x8s", 0x200 + k % 16, 8, bytes([k & 255] * 8))
    return framed(groups) + framed(HilInputs()) + foreign


def order(what: int) -> bytes:
    return struct.pack("<IB3x8s", firmware_stub.ORDER_ID, 8, bytes([what] + [0] * 7))


def split(batch: bytes) -> list[tuple[int, bytes]]:
    return list(struct.iter_unpack("<I4x8s", batch))


class Rig:
    """A board on plain buffers, with what a firmware gives it."""

    def __init__(self, clock_name: str = "tick") -> None:
        self.transport = MemoryTransport()
        self.board = Board(PACK, self.transport, clock_name)
        self.snap = Snapshot(PACK)
        self.mailbox = firmware_stub.Mailbox()

    def sample(self) -> int:
        return self.board.sample(self.snap, self.mailbox)

    def finish(self, decisions: "array[int]", fresh: bool = False) -> list[tuple[int, bytes]]:
        self.board.finish(decisions, 0.625, 0.03125, -0.5, fresh)
        return split(self.transport.collect())


DECISIONS = array("i", [1, -2, 3])


def test_the_benchs_clock_is_the_boards_clock() -> None:
    rig = Rig()
    for n, now_ms in ((0, 0), (1, 10), (2, 990), (3, RING_ms - 1), (4, 9)):
        rig.transport.deliver(sensors(n) + ticked(n, now_ms))
        assert rig.board.wait()
        assert rig.sample() == now_ms
        rig.finish(DECISIONS)


def test_the_answer_ends_with_done_that_names_the_tick_and_the_decisions() -> None:
    rig = Rig()
    for n in (0, 1, 77, RING_ms - 1):
        rig.transport.deliver(ticked(n, 10))
        rig.board.wait()
        rig.sample()
        rig.board.can_send(0x100, bytearray(8), False)
        frames = rig.finish(DECISIONS)
        assert [i for i, _ in frames] == [0x100, HilActuators.ID, HilDone.ID]
        done = HilDone()
        assert done.unpack(frames[-1][1])
        assert done.n == n
        assert done.crc_high << 16 | done.crc_low == binascii.crc32(DECISIONS.tobytes())


def test_actuators_tell_this_ticks_contactors_and_watchdog() -> None:
    rig = Rig()
    actuators = HilActuators()
    for n in range(300):
        rig.transport.deliver(ticked(n, 10 * n))
        rig.board.wait()
        rig.sample()
        rig.board.contactors(n % 16, 100)
        rig.board.alive()
        frames = dict(rig.finish(DECISIONS))
        assert actuators.unpack(frames[HilActuators.ID])
        assert (actuators.contactors, actuators.watchdog) == (n % 16, (n + 1) % 256)
    rig.transport.deliver(ticked(300, 3000))
    rig.board.wait()
    rig.sample()
    assert actuators.unpack(dict(rig.finish(DECISIONS))[HilActuators.ID])
    assert actuators.watchdog == 300 % 256, "not fed: the counter stands still"


def test_estimates_are_sent_in_full_precision_when_they_are_fresh() -> None:
    rig = Rig()
    rig.transport.deliver(ticked(0, 0))
    rig.board.wait()
    rig.sample()
    frames = rig.finish(DECISIONS, fresh=True)
    assert [i for i, _ in frames] == [
        HilProbeSoc.ID,
        HilProbeSigma.ID,
        HilProbeHysteresis.ID,
        HilActuators.ID,
        HilDone.ID,
    ]
    assert [struct.unpack("<d", data)[0] for _, data in frames[:3]] == [0.625, 0.03125, -0.5]


def test_frames_behind_the_tick_belong_to_the_next_one() -> None:
    rig = Rig()
    rig.transport.deliver(sensors(1) + ticked(0, 0) + sensors(2) + ticked(1, 10))
    rig.board.wait()
    rig.sample()
    assert rig.snap.group_mV[0] == 20001
    rig.board.wait()
    rig.sample()
    assert rig.snap.group_mV[0] == 20002


def test_more_frames_than_the_buffers_hold_arrive_all() -> None:
    rig = Rig()
    rig.transport.deliver(b"".join(sensors(k) for k in range(100)) + ticked(9, 90))
    assert rig.board.wait()
    assert rig.sample() == 90
    assert rig.mailbox.count == 100
    assert rig.snap.group_mV[0] == 20099


def test_bus_off_stops_traffic_but_not_the_benchs_wires() -> None:
    rig = Rig()
    rig.transport.deliver(struct.pack("<IB3x8s", 0x2000_0040, 8, bytes(8)) + ticked(0, 0))
    rig.board.wait()
    rig.sample()
    assert rig.board.can_state() == 4
    assert not rig.board.can_send(0x100, bytearray(8), False)
    assert [i for i, _ in rig.finish(DECISIONS)] == [HilActuators.ID, HilDone.ID]
    rig.board.can_restart()
    assert rig.board.can_state() == 1
    assert rig.board.can_send(0x100, bytearray(8), False)


def test_one_identifier_is_sent_once_a_tick() -> None:
    rig = Rig()
    assert rig.board.can_send(0x100, bytearray(8), False)
    assert not rig.board.can_send(0x100, bytearray(8), False)


class Wall:
    """A clock that only sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, start_ms: int) -> None:
        self.ms = start_ms
        monkeypatch.setattr(clock, "now_ms", lambda: self.ms % RING_ms)
        monkeypatch.setattr(clock, "sleep_ms", self.sleep)

    def sleep(self, duration_ms: int) -> None:
        self.ms += duration_ms


@pytest.mark.parametrize("start_ms", [5, RING_ms - 25])
def test_on_its_own_clock_ticks_are_due_every_10_ms_however_long_they_take(
    monkeypatch: pytest.MonkeyPatch, start_ms: int
) -> None:
    wall = Wall(monkeypatch, start_ms)
    rig = Rig("own")
    for k in range(1, 20):
        assert rig.board.wait()
        assert rig.sample() == (start_ms + k * PERIOD_ms) % RING_ms
        frames = rig.finish(DECISIONS)
        assert [i for i, _ in frames] == [HilActuators.ID]
        wall.ms += k % 10
    assert rig.board.late_ticks == 0


def test_late_ticks_are_counted_and_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Wall(monkeypatch, 0)
    rig = Rig("own")
    rig.board.wait()
    wall.ms += 25  # due at 20: 15 late; the one at 30: 5 late
    for _ in range(3):
        rig.board.wait()
    assert (rig.board.late_ticks, rig.board.worst_late_ms) == (2, 15)
    assert wall.ms == 40


def test_after_a_long_sleep_missed_ticks_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Wall(monkeypatch, 0)
    rig = Rig("own")
    rig.board.wait()
    wall.ms += 60_000
    rig.board.wait()
    rig.board.wait()
    assert wall.ms == 60_020
    assert rig.board.late_ticks == 1


def test_a_board_in_doubt_takes_the_benchs_clock_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Wall(monkeypatch, 500)
    rig = Rig("auto")
    rig.transport.deliver(ticked(0, 123))
    assert rig.board.wait()
    assert rig.sample() == 123
    assert wall.ms == 500
    assert rig.finish(DECISIONS)[-1][0] == HilDone.ID


def test_a_board_in_doubt_takes_its_own_clock_when_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Wall(monkeypatch, 500)
    rig = Rig("auto")
    monkeypatch.setattr(rig.transport, "wait", lambda timeout_ms: wall.sleep(timeout_ms))
    rig.transport.deliver(sensors(1))
    assert rig.board.wait()
    assert rig.sample() == 500 + FIRST_TICK_ms
    assert rig.snap.group_mV[0] == 20001, "what came while it waited is not lost"
    assert rig.finish(DECISIONS)[-1][0] == HilActuators.ID
    assert rig.board.wait()
    assert wall.ms == 500 + FIRST_TICK_ms + PERIOD_ms


# The two targets.


@pytest.fixture
def process(micropython: str, root: Path) -> MicroPythonTarget:
    return MicroPythonTarget(
        "bench_24", micropython_path=micropython, module="firmware_stub", extra_path=root / "tests"
    )


def run(target: Target, ticks: int, first: bytes = b"") -> list[tuple[int | None, list[tuple[int, bytes]]]]:
    with target:
        out = []
        for n in range(ticks):
            frames = target.exchange(n, 10 * n, (first if n == 0 else b"") + sensors(n))
            out.append((target.crc, frames))
        assert target.late_ticks is None
        return out


def test_a_process_and_this_interpreter_answer_with_the_same_frames(process: MicroPythonTarget) -> None:
    there = run(process, 200)
    here = run(CPythonTarget("bench_24", make_app=firmware_stub.App), 200)
    assert there == here
    ids = [i for i, _ in here[0][1]]
    assert ids == [*range(0x100, 0x100 + firmware_stub.FRAMES), HilActuators.ID, HilDone.ID]
    assert len({crc for crc, _ in here}) == 200


def test_draining_dispatching_and_sending_allocate_nothing_for_1000_ticks(process: MicroPythonTarget) -> None:
    everything = b"".join(
        struct.pack("<IB3x8s", word, 8, bytes(range(8)))
        for word in (*range(0x600, 0x608), 0x80001234, 0x40000123, 0x7FF, 0x210)
    )
    with process:
        for n in range(20):
            process.exchange(n, 10 * n, everything)
        for n in range(20, 1020):
            frames = process.exchange(n, 10 * n, everything + (order(firmware_stub.LOCK) if n == 20 else b""))
            assert len(frames) == firmware_stub.FRAMES + 2
        with pytest.raises(TargetDied, match="MemoryError"):  # the lock holds
            process.exchange(1020, 10200, order(firmware_stub.ALLOCATE))


def test_an_answer_to_another_tick_is_no_answer() -> None:
    target = Target()
    done = HilDone()
    done.n = 4
    assert target.answer(4, framed(done)) == [(HilDone.ID, framed(done)[8:])]
    with pytest.raises(TargetDied, match="tick 4 instead of tick 5"):
        target.answer(5, framed(done))
