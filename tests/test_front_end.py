"""What chips and inputs say lands in the snapshot; what fails names its reason, leaves the value alone, and raises nothing."""

import subprocess
from array import array
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs.bench_24 import PACK
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced
from boards.parts.ivt_s_frames import IvtCurrent, IvtU1, IvtU2
from boards.parts.sensors import IVT_S, Sensors, monitor_rows, probe_rows
from tests.test_boards import resting

TICK_ms = 10


class Rig:
    """A board of emulated chips, sampled and kept alive."""

    def __init__(self, name: str = "nucleo_h723zg") -> None:
        self.world = resting(name, PACK)
        self.board = self.world.board()
        self.snap = S.Snapshot(PACK)
        self.mail: list[tuple[int, bool, bytes]] = []
        self.mailbox = SimpleNamespace(put=lambda *frame: self.mail.append((frame[0], frame[1], bytes(frame[2]))))
        self.fresh = self.bad = 0

    def run(self, ticks: int) -> S.Snapshot:
        self.fresh = self.bad = 0
        for _ in range(ticks):
            self.board.wait()
            self.board.sample(self.snap, self.mailbox)
            self.snap.summarise(TICK_ms)
            self.board.alive()
            self.fresh |= self.snap.fresh_bits
            self.bad |= self.snap.bad_bits
        return self.snap


def test_a_current_is_read_with_its_sign_and_to_its_step() -> None:
    rig = Rig()
    for current_mA in (0, 150_000, -150_000, 7, -599_990):
        rig.world.shunts[0x40].chip.shunt_nV = current_mA * 100
        rig.world.shunts[0x41].chip.shunt_nV = current_mA * 100
        snap = rig.run(3)
        assert snap.value[S.CURRENT_A_mA] == pytest.approx(current_mA, abs=4 + abs(current_mA) * 1e-4)
        assert snap.value[S.CURRENT_B_mA] == pytest.approx(current_mA, abs=4 + abs(current_mA) * 1e-4)


def test_counters_move_with_every_tick_in_which_something_was_converted_and_stand_when_nothing_was() -> None:
    rig = Rig()
    rig.run(20)
    counters = (S.CONVERSIONS_count, S.CURRENT_count, S.VOLTAGES_count, S.INPUTS_count)
    before = [rig.snap.value[k] for k in counters]
    rig.run(10)
    assert [(rig.snap.value[k] - b) & 255 for k, b in zip(counters, before)] == [10] * 4
    rig.world.i2c.absent.update((0x40, 0x41))
    rig.world.chain.reachable = 0
    rig.run(2)
    before = [rig.snap.value[k] for k in counters]
    rig.run(10)
    assert [(rig.snap.value[k] - b) & 255 for k, b in zip(counters, before)] == [0, 0, 0, 10]


def test_a_shunt_that_does_not_answer_is_no_current_and_comes_back() -> None:
    rig = Rig()
    rig.world.shunts[0x40].chip.shunt_nV = 5_000_000
    rig.run(5)
    rig.world.i2c.absent.add(0x40)
    snap = rig.run(5)
    assert snap.value[S.CURRENT_A_mA] == pytest.approx(50_000, abs=10)
    assert snap.age_ms[S.CURRENT_A_mA] == 60
    assert snap.reason[S.CURRENT_A_mA] == S.NOT_READY
    assert rig.bad & S.CURRENT
    assert snap.age_ms[S.CURRENT_B_mA] == TICK_ms  # the other goes on
    rig.world.i2c.absent.clear()
    snap = rig.run(5)
    assert snap.age_ms[S.CURRENT_A_mA] == TICK_ms and snap.reason[S.CURRENT_A_mA] == S.OK


def test_a_shunt_at_the_end_of_its_range_is_out_of_range_and_its_voltage_stays() -> None:
    rig = Rig()
    rig.run(5)
    rig.world.shunts[0x40].chip.shunt_nV = 300_000_000
    snap = rig.run(3)
    assert snap.reason[S.CURRENT_A_mA] == S.OUT_OF_RANGE
    assert snap.age_ms[S.PACK_mV] == TICK_ms


def test_answers_with_a_wrong_check_are_a_crc_error_of_every_value_of_the_chip() -> None:
    rig = Rig()
    rig.run(20)
    rig.world.chain.spoil_answers[0] = 1000
    snap = rig.run(3)
    assert list(snap.group_reason) == [S.CRC_ERROR] * 4
    assert list(snap.stack_reason) == [S.CRC_ERROR]
    assert list(snap.group_age_ms) == [40] * 4
    assert snap.value[S.CRC_ERROR_chips] == 1
    assert rig.bad & S.GROUPS and rig.bad & S.STACKS
    rig.world.chain.spoil_answers.clear()
    snap = rig.run(5)
    assert list(snap.group_reason) == [S.OK] * 4


def test_a_chain_that_is_broken_is_told_as_lost_chips() -> None:
    rig = Rig()
    rig.run(20)
    rig.world.chain.reachable = 0
    snap = rig.run(3)
    assert snap.value[S.LOST_CHIPS_bits] == 1
    assert min(snap.group_age_ms) == 40


def test_a_probe_whose_wire_is_open_or_shorted_is_no_temperature_within_a_round() -> None:
    rig = Rig()
    rig.run(30)
    chip = rig.world.chain.chips[0]
    chip.gpio_V[2] = 3.0
    chip.gpio_V[5] = 0.0
    snap = rig.run(30)
    assert snap.probe_reason[2] == S.OPEN_WIRE and snap.probe_reason[5] == S.OUT_OF_RANGE
    assert rig.bad & S.PROBES
    assert min(snap.probe_age_ms[2], snap.probe_age_ms[5]) >= 200
    assert [snap.probe_reason[k] for k in (0, 1, 3, 4, 6, 7)] == [S.OK] * 6


def test_an_expander_that_falls_silent_lets_the_inputs_age() -> None:
    rig = Rig("pybv11")
    rig.run(10)
    rig.world.i2c.absent.add(0x20)
    snap = rig.run(5)
    assert not rig.fresh & S.INPUTS
    assert snap.age_ms[S.FEEDBACK_bits] == 60
    rig.world.i2c.absent.clear()
    rig.run(2)
    assert rig.snap.age_ms[S.FEEDBACK_bits] == TICK_ms


@pytest.mark.parametrize("name", ["nucleo_h723zg", "pybv11"])
def test_every_slow_input_is_told_as_it_is(name: str) -> None:
    rig = Rig(name)
    for feedback, crash, fuse, charger, coils in ((0, 0, 1, 0, 1), (5, 0, 1, 1, 1), (15, 1, 0, 0, 0), (10, 0, 0, 1, 1)):
        rig.world.inputs(feedback, bool(crash), bool(fuse), bool(charger), bool(coils))
        snap = rig.run(2)
        said = [snap.value[k] for k in (S.FEEDBACK_bits, S.CRASH_seen, S.FUSE_intact, S.CHARGER_plugged, S.COIL_SUPPLY_present)]
        assert said == [feedback, crash, fuse, charger, coils]


def test_bleeders_follow_the_word_and_are_told_again_by_a_chip_that_began_anew() -> None:
    rig = Rig()
    rig.run(20)
    words = array("i", [0b1010, 0, 0, 0])
    rig.board.bleed(words)
    assert rig.world.bled == 0b1010
    rig.world.chain.chips[0].brown_out()
    assert rig.world.bled == 0
    for _ in range(3):
        rig.run(1)
        rig.board.bleed(words)
    assert rig.world.bled == 0b1010
    rig.board.bleed(array("i", [0, 0, 0, 0]))
    assert rig.world.bled == 0


def framed(message: Any, value: int, count: int) -> bytes:
    name = "current_mA" if isinstance(message, IvtCurrent) else "voltage_mV"
    setattr(message, name, value)
    message.channel = message.ID - IvtCurrent.ID
    message.counter = count & 15
    message.extension = -1 if value < 0 else 0
    data = bytearray(message.LENGTH)
    message.pack(data)
    header = bytes([message.ID & 255, message.ID >> 8, 0, 0, message.LENGTH, 0, 0, 0])
    return header + bytes(data).ljust(8, b"\0")


def with_ivt_s(monkeypatch: Any) -> Rig:
    rig = Rig()
    module = rig.world.mcu.board("nucleo_h723zg")
    monkeypatch.setattr(module, "Sensors", lambda *six: Sensors(six[0], six[1], six[2], six[3], six[4], six[5], IVT_S))
    rig.board = module.Board(PACK)
    return rig


IVT_CHANNELS = ((IvtCurrent, S.CURRENT_A_mA), (IvtU1, S.PACK_mV), (IvtU2, S.LINK_mV))


@pytest.mark.parametrize("heard", range(3))
def test_a_tick_in_which_one_frame_of_a_current_sensor_comes_says_nothing_of_its_others(heard: int, monkeypatch: Any) -> None:
    rig = with_ivt_s(monkeypatch)
    for n in range(10):
        rig.world.can.deliver(b"".join(framed(message(), 1000, n) for message, _ in IVT_CHANNELS))
        rig.run(1)
    own, _ = IVT_CHANNELS[heard]
    bad = 0
    for n in range(10, 13):
        rig.world.can.deliver(framed(own(), 1000, n))
        rig.run(1)
        bad |= rig.bad
    assert not bad & (S.CURRENT | S.VOLTAGES)
    for k, (_, value) in enumerate(IVT_CHANNELS):
        assert rig.snap.reason[value] == S.OK
        assert rig.snap.age_ms[value] == (TICK_ms if k == heard else 4 * TICK_ms)


@pytest.mark.parametrize("spoilt", range(3))
@pytest.mark.parametrize("malformed", [True, False])
def test_a_bad_frame_of_a_current_sensor_is_a_reason_of_its_own_value_alone(
    spoilt: int, malformed: bool, monkeypatch: Any
) -> None:
    rig = with_ivt_s(monkeypatch)
    for n in range(10):
        frames = [bytearray(framed(message(), 1000, n)) for message, _ in IVT_CHANNELS]
        if n == 9:
            frames[spoilt][8 if malformed else 9] |= 0x80  # another channel, or the sensor's own error
        rig.world.can.deliver(b"".join(frames))
        rig.run(1)
    for k, (_, value) in enumerate(IVT_CHANNELS):
        assert rig.snap.reason[value] == (S.OK if k != spoilt else S.CRC_ERROR if malformed else S.NOT_READY)
    assert rig.bad & (S.CURRENT | S.VOLTAGES) == (S.CURRENT if spoilt == 0 else S.VOLTAGES)


def test_a_current_sensor_on_the_bus_is_read_and_its_silence_ages_and_other_frames_go_on(monkeypatch: Any) -> None:
    rig = with_ivt_s(monkeypatch)
    rig.world.shunts[0x40].chip.shunt_nV = 4_000_000
    for n in range(20):
        frames = framed(IvtCurrent(), -123_456, n) + framed(IvtU1(), 88_000, n) + framed(IvtU2(), 1_000, n)
        other = (0x123).to_bytes(4, "little") + bytes([8, 0, 0, 0]) + bytes(8)
        rig.world.can.deliver(frames + other)
        rig.run(1)
    value = rig.snap.value
    assert (value[S.CURRENT_A_mA], value[S.PACK_mV], value[S.LINK_mV]) == (-123_456, 88_000, 1_000)
    assert value[S.CURRENT_B_mA] == pytest.approx(40_000, abs=4)
    assert {frame[0] for frame in rig.mail} == {0x123} and len(rig.mail) == 20
    rig.run(5)
    assert rig.snap.age_ms[S.CURRENT_A_mA] == 60
    assert rig.snap.age_ms[S.CURRENT_B_mA] == TICK_ms


def test_a_pack_that_the_monitors_cannot_take_is_refused_at_the_start() -> None:
    wide = replaced(Pack, PACK_FIELDS, PACK, taps=(1,) * 16)
    with pytest.raises(ValueError, match="16 inputs"):
        monitor_rows(wide)
    many = replaced(Pack, PACK_FIELDS, PACK, probe_stack=(0,) * 11)
    with pytest.raises(ValueError, match="10 GPIOs"):
        probe_rows(many)


DUMB = '''
import sys
class Pad:
    IN, OUT, PULL_UP, IRQ_RISING, IRQ_FALLING = 0, 1, 1, 1, 2
    def __init__(self, *a, **k): self.n = 0
    def value(self, x=None):
        self.n = (self.n * 5 + 3) & 255
        return self.n & 1
    def irq(self, *a, **k): pass
class Pwm:
    def __init__(self, *a, **k): pass
    def duty_u16(self, v): pass
class Adc:
    def __init__(self, *a): self.n = 1
    def read_u16(self):
        self.n = (self.n * 5 + 3) & 65535
        return self.n
class Bus:
    error = OSError(5)
    late = OSError(110)
    def __init__(self, *a, **k): self.n = 1
    def write(self, b): pass
    def write_readinto(self, a, b):
        self.n = (self.n * 77 + 1) & 65535
        for i in range(len(b)): b[i] = (self.n >> (i & 7)) & 255 if self.n & 7 else 255
    def readfrom_mem_into(self, a, m, b):
        self.n = (self.n * 77 + 1) & 65535
        if self.n & 127 == 0: raise self.late
        if self.n & 15 == 0: raise self.error
        for i in range(len(b)): b[i] = (self.n >> (i & 7)) & 255
    def writeto_mem(self, a, m, b):
        if self.n & 31 == 0: raise self.error
class Can:
    data = memoryview(bytearray(8))
    def __init__(self, *a, **k): self.n = 0
    def set_filters(self, f): pass
    def irq(self, *a): pass
    def state(self): return 1 if self.n & 63 else 4
    def restart(self): pass
    def send(self, i, d, f=0): return None if self.n & 3 else 1
    def recv(self, a):
        self.n = (self.n * 5 + 1) & 65535
        if self.n & 3: return None
        a[0] = self.n & 0x7FF
        a[2] = self.n >> 3 & 3
        return a
class Wdt:
    def __init__(self, *a, **k): pass
    def feed(self): pass
class machine: pass
m = machine()
m.Pin, m.PWM, m.ADC, m.SPI, m.I2C, m.CAN, m.WDT = Pad, Pwm, Adc, Bus, Bus, Can, Wdt
m.reset_cause = lambda: 1
sys.modules["machine"] = m
'''

LOCKED = '''
from array import array
from micropython import heap_lock, heap_unlock
from bms.packs.bench_24 import PACK
from bms.safety.snapshot import Snapshot
from boards.{name}.board import Board
class Box:
    def put(self, i, e, d): pass
board = Board(PACK)
snap = Snapshot(PACK)
box = Box()
data = bytearray(8)
words = array("i", [0] * 4)
board.pace.wait()
for k in range({ticks}):
    heap_lock()
    board.sample(snap, box)
    snap.summarise(10)
    words[0] = k >> 4 & 15
    board.contactors(k >> 3 & 7, 30 if k & 1 else 100)
    board.thermal(k & 1023, 1000 - (k & 1023))
    board.bleed(words)
    board.can_send(k & 0x7FF, data, k & 1 == 1)
    board.can_state()
    if k & 255 == 255: board.can_restart()
    board.alive()
    heap_unlock()
    board.pace.now_ms = (board.pace.now_ms + 10) & 0x3FFFFFFF
print("ticks", {ticks})
'''


@pytest.mark.parametrize(("name", "ticks"), [("nucleo_h723zg", 10_000), ("pico2_mcp2515", 2_500)])
def test_thousands_of_ticks_of_chips_that_talk_nonsense_allocate_nothing(
    name: str, ticks: int, micropython: str, root: Path
) -> None:
    """Every answer is noise, every sixteenth transfer fails: the ways that a sound bus never takes."""
    program = DUMB + LOCKED.format(name=name, ticks=ticks)
    done = subprocess.run(
        [micropython, "-X", "heapsize=4m", "-c", program],
        env={"MICROPYPATH": f"{root}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"ticks {ticks}\n", done.stdout[-2000:] + done.stderr
