"""The driver of the cell monitors: what is read is true, and every fault of chip or wire becomes its bit in time."""

import subprocess
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.safety import snapshot
from boards.parts import adbms_commands as codes
from boards.parts import adbms_monitor as kinds
from boards.parts.adbms6830 import Adbms6830Chain
from boards.parts.adbms_values import fill
from hil.chips.adbms6830 import READS, WRITES, Chain, pec10, pec15
from hil.chips.buses import Pin, Spi
from hil.chips.microcontroller import Clock
from tests.adbms_rig import CHIPS, GROUPS, PROBES, ROWS, COLD_ticks, GROUP_permille, Rig, STACK_permille

ALL_GROUPS = (1 << GROUPS) - 1
OF_CHIP_1 = ALL_GROUPS & ~((1 << 12) - 1)
CODE_mV = 0.15


def ready() -> Rig:
    rig = Rig()
    rig.tick(COLD_ticks)
    return rig


def brown_out(rig: Rig) -> None:
    rig.world.chips[1].brown_out()


def break_chain(rig: Rig) -> None:
    rig.world.reachable = 1


def spoil_answer(rig: Rig) -> None:
    rig.world.spoil_answers = {1: 1}


def spoil_command(rig: Rig) -> None:
    rig.world.spoil_from, rig.world.spoil_commands = 1, 6


def slow_down(rig: Rig) -> None:
    rig.world.chips[1].slowness = 12.0


def open_wire(rig: Rig) -> None:
    rig.world.chips[1].open_wires = {4}


def open_other_wire(rig: Rig) -> None:
    rig.world.chips[1].open_wires = {5}


def stick_register(rig: Rig) -> None:
    rig.world.chips[1].stuck["CB"] = rig.world.chips[1].group("CB")
    rig.show([15100 + 100 * k for k in range(GROUPS)])


def stick_s_register(rig: Rig) -> None:
    rig.world.chips[1].stuck["SA"] = b"\x00\x30" * 3


def pull_s(rig: Rig) -> None:
    rig.world.chips[1].s_error_V = {3: 0.025}


def shift_reference(rig: Rig) -> None:
    rig.world.chips[1].vref2_V = 2.98


def sink_supply(rig: Rig) -> None:
    rig.world.chips[1].flags[4] |= 0x40


def overheat(rig: Rig) -> None:
    rig.world.chips[1].flags[5] |= 0x04


def stick_configuration(rig: Rig) -> None:
    rig.world.chips[1].stuck["CFGB"] = b"\x00\xf8\x7f\x00\x01\x00"


# fault, what it becomes at chip 1, within how many ticks
FAULTS = (
    (spoil_answer, kinds.PEC, 1),
    (break_chain, kinds.SILENT, 1),
    (spoil_command, kinds.COUNTER, 2),
    (spoil_command, kinds.PEC, 2),
    (brown_out, kinds.RESET, 1),
    (brown_out, kinds.COUNTER, 1),
    (slow_down, kinds.SLOW, 2),
    (open_wire, kinds.OPEN, 21),
    (open_other_wire, kinds.OPEN, 21),
    (stick_register, kinds.APART, 2),
    (stick_s_register, kinds.APART, 11),
    (pull_s, kinds.APART, 2),
    (shift_reference, kinds.REFERENCE, 10),
    (sink_supply, kinds.SUPPLY, 1),
    (overheat, kinds.STATUS, 1),
    (stick_configuration, kinds.CONFIG, 21),
)


@pytest.mark.parametrize(("inject", "kind", "ticks"), FAULTS, ids=[f"{row[0].__name__}-{row[1]}" for row in FAULTS])
def test_every_fault_of_a_chip_becomes_its_bit_in_time_and_no_other_chips(
    inject: "Callable[[Rig], None]", kind: int, ticks: int
) -> None:
    for phase in range(0, 20, 3):  # of two rounds
        rig = ready()
        rig.tick(phase)
        assert not any(rig.chain.trouble)
        inject(rig)
        assert rig.within(kind, 2, ticks) <= ticks, phase
        assert rig.trouble(kind) == 2
        assert rig.mask_groups & ~OF_CHIP_1 == ALL_GROUPS & ~OF_CHIP_1  # chip 0 goes on measuring


def test_two_hundred_ticks_without_a_fault_have_every_value_and_no_trouble() -> None:
    rig = ready()
    first = rig.chain.conversions
    for _ in range(200):
        rig.tick()
        assert not any(rig.chain.trouble)
        assert (rig.mask_groups, rig.mask_stacks) == (ALL_GROUPS, 3)
    assert (rig.chain.conversions - first) & 255 == 200
    assert list(rig.chain.errors) == [0] * CHIPS


@pytest.mark.parametrize("later_ticks", [0, 1, 5, 30, 250])
def test_chips_that_come_up_at_power_on_one_after_the_other_tell_of_no_brown_out(later_ticks: int) -> None:
    rig = Rig()
    rig.world.reachable = 1
    for tick in range(later_ticks + 40):
        if tick == later_ticks:
            rig.world.reachable = CHIPS
        rig.tick()
        assert rig.trouble(kinds.RESET) == 0
        assert rig.trouble(kinds.SILENT) == (2 if tick < later_ticks else 0)
    assert rig.mask_groups == ALL_GROUPS
    brown_out(rig)
    rig.tick()
    assert rig.trouble(kinds.RESET) == 2


def test_waking_takes_a_tick_ten_microseconds_a_chip_and_half_a_millisecond_more_where_one_is_silent() -> None:
    for chips in (1, 2, 10, 16):
        clock, spi, select = Clock(), Spi(), Pin()
        world = Chain(clock, chips)
        spi.attach(world, select)
        chain = Adbms6830Chain(spi, select, clock, chips, tuple((k, 0, 1000) for k in range(chips)), chips, ())
        spent_us = []
        for tick in range(60):
            world.reachable = chips - 1 if 20 <= tick < 40 else chips
            begun_us = clock.now_us
            chain.start()
            spent_us.append(clock.now_us - begun_us)
            assert (chain.trouble[kinds.SILENT] != 0) == (20 <= tick < 40)
            clock.run(10_000 - spent_us[-1])
        assert spent_us[0] == 500 * chips
        assert {*spent_us[1:21], *spent_us[41:]} == {10 * chips}
        assert set(spent_us[21:41]) == {10 * chips + 500}


def test_a_chain_that_slept_while_the_controller_was_halted_is_back_one_chip_a_tick_and_tells_of_it() -> None:
    rig = ready()
    rig.clock.run(3_000_000)
    told = 0
    for _ in range(CHIPS + 3):
        rig.tick()
        told |= rig.trouble(kinds.RESET) | rig.trouble(kinds.SILENT)
    assert told == 3
    assert rig.mask_groups == ALL_GROUPS


def test_values_are_there_in_the_second_tick_after_power_on() -> None:
    rig = Rig()
    rig.tick()
    assert rig.mask_groups == 0
    assert rig.chain.reason(0) == snapshot.NOT_READY
    rig.tick()
    assert rig.mask_groups == ALL_GROUPS


def test_every_command_is_one_of_the_map() -> None:
    rig = ready()
    for inject in dict.fromkeys(row[0] for row in FAULTS):
        inject(rig)
        rig.tick(25)
    starts = {0x260, 0x360, 0x169, 0x16A, 0x410, 0x711, 0x712, 0x716, 0x02E}
    assert rig.world.unknown == []
    assert set(rig.world.heard) <= {*READS, *WRITES, 0x032, *starts}
    assert starts <= set(rig.world.heard)


def test_command_codes_and_packet_codes_are_the_data_sheets() -> None:
    named = {
        name: value for name, value in vars(codes).items() if name[:2] in ("RD", "WR", "CL", "AD", "RS") and name.isupper()
    }
    assert named == {
        "WRCFGA": 0x001, "RDCFGA": 0x002, "WRCFGB": 0x024, "RDCFGB": 0x026, "RDCVALL": 0x00C, "RDSALL": 0x010, "RDAUXA": 0x019,
        "RDAUXB": 0x01A, "RDAUXC": 0x01B, "RDAUXD": 0x01F, "RDSTATA": 0x030, "RDSTATB": 0x031, "RDSTATC": 0x032,
        "RSTCC": 0x02E, "ADCV": 0x260, "ADSV": 0x168, "ADAX": 0x410, "CLRCELL": 0x711, "CLRAUX": 0x712, "CLRSPIN": 0x716,
        "CLRFLAG": 0x717,
    }  # fmt: skip
    for code in (*named.values(), 0x360, 0x169, 0x16A):
        frame = code.to_bytes(2, "big")
        assert codes.command(code) == frame + pec15(frame)


@given(data=st.binary(min_size=1, max_size=40), count=st.integers(0, 63))
def test_the_code_of_data_by_nibbles_is_the_code_bit_by_bit(data: bytes, count: int) -> None:
    ours = codes.pec10(bytearray(data), 0, len(data), count, codes.PEC10_TABLE)
    assert (count << 10 | ours).to_bytes(2, "big") == pec10(data, count)


@given(st.lists(st.integers(200, 25000), min_size=GROUPS, max_size=GROUPS))
@settings(max_examples=25)
def test_a_value_is_what_stands_at_the_tap_within_half_a_code_and_the_gain_of_the_divider(groups_mV: "list[int]") -> None:
    rig = Rig()
    rig.show(groups_mV)
    rig.tick(3)
    assert (rig.mask_groups, rig.mask_stacks) == (ALL_GROUPS, 3)
    for k, mV in enumerate(groups_mV):
        assert abs(rig.values[k] - mV) <= CODE_mV / 2 * GROUP_permille / 1000 + 40e-6 * mV + 0.5
    for chip in range(CHIPS):
        mV = sum(groups_mV[12 * chip : 12 * chip + 12])
        if mV < 5500 * STACK_permille // 1000:
            assert abs(rig.values[GROUPS + chip] - mV) <= CODE_mV / 2 * STACK_permille / 1000 + 40e-6 * mV + 0.5


@given(divider_permille=st.integers(1000, 99999), code=st.integers(-32768, 32767))
def test_scaling_by_two_numbers_stays_in_31_bits_and_near_the_exact_product(divider_permille: int, code: int) -> None:
    chain = Adbms6830Chain(Spi(), Pin(), Clock(), 1, ((0, 0, divider_permille),), 1, ())
    row = array("i", chain._rows)
    assert -(2**30) <= code * row[3] + 16384 < 2**30
    assert -(2**30) <= code * row[2] < 2**30
    out = array("i", [0])
    assert fill(row, 0, 1, array("H", [code + 32768]), bytearray(16), out, 0) == 1
    exact_mV = (code * CODE_mV + 1500) * divider_permille / 1000
    assert abs(out[0] - exact_mV) <= 1 + abs(code) * CODE_mV * divider_permille / 1000 * 110e-6


def test_a_pin_beyond_its_range_is_no_value() -> None:
    rig = ready()
    rig.world.chips[0].cell_V[2] = 5.6
    rig.tick(2)
    assert rig.mask_groups == ALL_GROUPS & ~4
    assert rig.chain.reason(2) == snapshot.OUT_OF_RANGE


@pytest.mark.parametrize(("inject", "rows", "reason"), [
    (spoil_answer, range(12, 24), snapshot.CRC_ERROR),
    (break_chain, range(12, 24), snapshot.NOT_READY),
    (brown_out, range(12, 24), snapshot.NOT_READY),
    (slow_down, range(12, 24), snapshot.NOT_READY),
    (open_wire, (15, 16), snapshot.OPEN_WIRE),
    (open_other_wire, (16, 17), snapshot.OPEN_WIRE),
    (pull_s, (15,), snapshot.OUT_OF_RANGE),
])  # fmt: skip
def test_what_is_not_believed_has_its_reason_and_everything_else_goes_on(
    inject: "Callable[[Rig], None]", rows: "range | tuple[int, ...]", reason: int
) -> None:
    rig = ready()
    inject(rig)
    bad = sum(1 << row for row in rows)
    for _ in range(42):
        rig.tick()
        if rig.mask_groups == ALL_GROUPS & ~bad:
            break
    assert rig.mask_groups == ALL_GROUPS & ~bad
    assert {rig.chain.reason(row) for row in rows} == {reason}


@pytest.mark.parametrize("inject", [spoil_answer, brown_out])
def test_after_a_passing_fault_everything_is_sound_within_three_ticks(inject: "Callable[[Rig], None]") -> None:
    rig = ready()
    inject(rig)
    rig.tick(3)
    assert rig.mask_groups == ALL_GROUPS
    assert not any(rig.chain.trouble[kind] for kind in range(kinds.KINDS) if kind != kinds.SLOW)
    rig.tick(COLD_ticks)
    assert not any(rig.chain.trouble)


def test_a_chain_that_is_whole_again_and_a_wire_that_holds_again_are_believed_again() -> None:
    rig = ready()
    break_chain(rig)
    open_wire(rig)
    rig.tick(30)
    rig.world.reachable = CHIPS
    rig.tick(25)
    assert rig.trouble(kinds.OPEN) == 2
    rig.world.chips[1].open_wires = set()
    rig.tick(25)
    assert rig.mask_groups == ALL_GROUPS
    assert not any(rig.chain.trouble)


def test_a_bus_that_fails_is_silence_and_never_an_exception() -> None:
    rig = ready()
    rig.spi.broken = True
    rig.tick(5)
    assert rig.trouble(kinds.SILENT) == 3
    assert rig.mask_groups == 0
    rig.spi.broken = False
    rig.tick(3)
    assert rig.mask_groups == ALL_GROUPS


def test_a_flag_that_cannot_be_raised_is_found_by_the_self_test_after_power_on_and_when_asked() -> None:
    for bit in range(8):
        if 1 << bit == 0x08:
            continue  # an option of the flag before it, not a flag
        rig = Rig()
        rig.world.chips[1].stuck_flags = 1 << bit
        assert rig.within(kinds.SELF_TEST, 2, COLD_ticks) <= COLD_ticks
        assert rig.trouble(kinds.SELF_TEST) == 2
        assert rig.mask_groups == ALL_GROUPS
        rig.world.chips[1].stuck_flags = 0
        rig.chain.self_test()
        rig.tick(COLD_ticks)
        assert not any(rig.chain.trouble)


def test_a_self_test_ends_with_no_flag_forced_and_measuring_went_on() -> None:
    rig = ready()
    rig.chain.self_test()
    for _ in range(COLD_ticks):
        rig.tick()
        assert rig.mask_groups == ALL_GROUPS
    assert [chip.registers["CFGA"] for chip in rig.world.chips] == [b"\x83\x00\x00\xff\x03\x00"] * CHIPS


@given(st.integers(0, ALL_GROUPS))
@settings(max_examples=25)
def test_bleeders_are_switched_at_once_group_by_group_and_confirmed(groups: int) -> None:
    rig = ready()
    assert rig.chain.bleed(array("i", [groups & 0xFFFF, groups >> 16, 0, 0]))
    assert [chip.discharging for chip in rig.world.chips] == [groups & 0xFFF, groups >> 12]


def test_a_bleeder_that_does_not_obey_is_told_of_and_tried_again() -> None:
    rig = ready()
    words = array("i", [0, 0x80, 0, 0])
    rig.world.spoil_from, rig.world.spoil_commands = 1, 1
    assert not rig.chain.bleed(words)
    rig.tick()
    assert rig.world.chips[1].discharging == 0x800
    stick_configuration(rig)
    assert not rig.chain.bleed(words)
    rig.tick()
    assert rig.trouble(kinds.CONFIG) == 2


def test_bleeding_goes_on_after_a_brown_out_as_it_was() -> None:
    rig = ready()
    assert rig.chain.bleed(array("i", [0x4001, 0, 0, 0]))
    brown_out(rig)
    assert rig.world.chips[1].discharging == 0
    rig.tick()
    assert [chip.discharging for chip in rig.world.chips] == [1, 4]


def test_every_probe_comes_once_in_a_round_with_the_reference_of_its_chip() -> None:
    rig = ready()
    for chip in rig.world.chips:
        chip.gpio_V = [0.25 * (k + 1) for k in range(10)]
        chip.vref2_V = 3.006
    rig.tick(20)
    came = [0] * len(PROBES)
    for _ in range(10):
        rig.tick()
        for k in range(len(PROBES)):
            came[k] += rig.mask_probes >> k & 1
    assert came == [1] * len(PROBES)
    for k, (owner, gpio) in enumerate(PROBES):
        assert abs(rig.probes[k] * CODE_mV - 250 * (gpio + 1)) <= CODE_mV
        assert rig.chain.probe_chip(k) == owner
    assert list(rig.chain.reference_counts) == [20040] * CHIPS


def test_a_row_that_no_chip_has_dies_at_start() -> None:
    for rows, probes in ((((2, 0, 1000),), ()), (((0, 16, 1000),), ()), (((0, 0, 0),), ()), ((), ((0, 10),)), ((), ((2, 0),))):
        with pytest.raises(ValueError, match=r"row 0|probe"):
            Adbms6830Chain(Spi(), Pin(), Clock(), 2, rows, len(rows), probes)
    with pytest.raises(ValueError, match="row 1: this input has a row"):
        Adbms6830Chain(Spi(), Pin(), Clock(), 2, ((0, 3, 1000), (0, 3, 1000)), 2, ())
    with pytest.raises(ValueError, match="1 to 16 chips"):
        Adbms6830Chain(Spi(), Pin(), Clock(), 17, (), 0, ())


PASSING = ("brown", "break", "mend", "slow", "quick", "answer", "command", "bus")


@given(st.lists(st.tuples(st.sampled_from(PASSING), st.integers(0, 1), st.integers(0, 3)), max_size=12))
@settings(max_examples=25)
def test_whatever_happens_on_the_wire_a_value_that_is_called_fresh_is_what_stood_there_in_the_last_tick(
    story: "list[tuple[str, int, int]]",
) -> None:
    rig = Rig()
    level_mV = 12000
    rig.tick(2)
    for what, chip, ticks in story:
        if what == "brown":
            rig.world.chips[chip].brown_out()
        elif what in ("break", "mend"):
            rig.world.reachable = chip if what == "break" else CHIPS
        elif what in ("slow", "quick"):
            rig.world.chips[chip].slowness = 15.0 if what == "slow" else 1.0
        elif what == "answer":
            rig.world.spoil_answers = {chip: ticks + 1}
        elif what == "command":
            rig.world.spoil_from, rig.world.spoil_commands = chip, 2 * ticks + 1
        rig.spi.broken = what == "bus"
        for _ in range(ticks + 1):
            level_mV += 40  # in every tick something else, so that an old value is found out
            rig.show([level_mV] * GROUPS)
            rig.tick()
            for k in range(GROUPS):
                if rig.mask_groups >> k & 1:
                    assert level_mV - 41 <= rig.values[k] <= level_mV + 1
    rig.spi.broken = False


PLAY = """
import sys
sys.path.append(".")
import micropython
from array import array
from boards.parts.adbms6830 import Adbms6830Chain

tape = open({tape!r}, "rb").read()
rows, probes, groups, ticks = {rows!r}, {probes!r}, {groups}, {ticks}

class Pin:
    def value(self, x):
        pass

class time:
    @staticmethod
    def sleep_us(us):
        pass

class Spi:
    def __init__(self):
        self.at = 0
        self.wrong = 0
    def write(self, out):
        at = self.at
        for k in range(len(out)):
            if tape[at + k] != out[k]:
                self.wrong += 1
        self.at = at + len(out)
    def write_readinto(self, out, into):
        self.write(out)
        at = self.at
        for k in range(len(into)):
            into[k] = tape[at + k]
        self.at = at + len(into)

spi = Spi()
chain = Adbms6830Chain(spi, Pin(), time, {chips}, rows, groups, probes)
values = array("i", [0] * len(rows))
counts = array("i", [0] * len(probes))
words = array("i", [0] * 4)
total = 0
micropython.heap_lock()
for tick in range(ticks):
    chain.start()
    total = (31 * total + chain.read(0, groups, values, 0)) & 0xFFFFFF
    total = (31 * total + chain.read(groups, len(rows) - groups, values, groups)) & 0xFFFFFF
    total = (31 * total + chain.read_probes(0, len(probes), counts, 0)) & 0xFFFFFF
    for k in range(len(values)):
        total = (31 * total + values[k]) & 0xFFFFFF
    for k in range(len(chain.trouble)):
        total = (31 * total + chain.trouble[k]) & 0xFFFFFF
    if tick % 50 == 49:
        words[0] = tick & 0xFFFF
        total = (31 * total + (1 if chain.bleed(words) else 0)) & 0xFFFFFF
    {extra}
micropython.heap_unlock()
print(total, spi.wrong, spi.at == len(tape))
"""
TICKS = 3000


class Taped(Spi):
    """Keeps what went over the bus."""

    def __init__(self) -> None:
        super().__init__()
        self.tape = bytearray()

    def write(self, buf: "bytes | bytearray | memoryview", /) -> None:
        super().write(buf)
        self.tape += buf

    def write_readinto(self, write_buf: "bytes | bytearray | memoryview", read_buf: "bytearray | memoryview", /) -> None:
        super().write_readinto(write_buf, read_buf)
        self.tape += bytes(write_buf) + bytes(read_buf)


@pytest.fixture(scope="module")
def taped() -> "tuple[bytes, int]":
    """Thirty seconds with a fault every 400 ms: what went over the bus, and a sum over all that the driver said."""
    spi = Taped()
    rig = Rig(spi)
    total = 0
    injections = list(dict.fromkeys(row[0] for row in FAULTS))
    words = array("i", [0] * 4)
    for tick in range(TICKS):
        if tick % 40 == 20:
            injections[tick // 40 % len(injections)](rig)
        if tick % 40 == 0:
            rig.world.reachable, rig.world.spoil_commands = CHIPS, 0
            chip = rig.world.chips[1]
            chip.open_wires, chip.stuck, chip.slowness, chip.s_error_V, chip.vref2_V = set(), {}, 1.0, {}, 3.0
        rig.tick()
        heard = [rig.mask_groups, rig.mask_stacks, rig.mask_probes, *rig.values, *rig.chain.trouble]
        if tick % 50 == 49:
            words[0] = tick & 0xFFFF
            heard.append(1 if rig.chain.bleed(words) else 0)
        for value in heard:
            total = (31 * total + value) & 0xFFFFFF
    return bytes(spi.tape), total


def play(micropython: str, root: Path, tape: Path, extra: str) -> "subprocess.CompletedProcess[str]":
    script = PLAY.format(tape=str(tape), rows=ROWS, probes=PROBES, groups=GROUPS, ticks=TICKS, chips=CHIPS, extra=extra)
    command = [micropython, "-X", "heapsize=32m", "-c", script]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)


def test_three_thousand_ticks_with_faults_allocate_nothing_on_micropython_and_say_the_same(
    taped: "tuple[bytes, int]", micropython: str, root: Path, tmp_path: Path
) -> None:
    tape = tmp_path / "tape"
    tape.write_bytes(taped[0])
    done = play(micropython, root, tape, "pass")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [str(taped[1]), "0", "True"]


def test_a_driver_that_allocates_in_a_tick_would_be_found_out(
    taped: "tuple[bytes, int]", micropython: str, root: Path, tmp_path: Path
) -> None:
    tape = tmp_path / "tape"
    tape.write_bytes(taped[0])
    done = play(micropython, root, tape, "[tick]")
    assert "MemoryError" in done.stdout + done.stderr
