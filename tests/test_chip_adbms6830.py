"""The emulated cell monitor against what its data sheet says, without our driver: codes, registers, counters, times, faults."""

import struct
from collections.abc import Callable

import pytest

from hil.chips.adbms6830 import READS, WRITES, Chain, pec10, pec15
from hil.chips.buses import Pin, Spi
from hil.chips.microcontroller import Clock

# Commands and their PEC as other people have them: LTC6811 data sheet (0x0001), atlas-aero/rt-LTC681X, Analog Devices' STCOMM.
COMMAND_PECS = {
    0x0001: 0x3D6E, 0x0004: 0x07C2, 0x0006: 0x9A94, 0x0008: 0x5E52, 0x0009: 0xD560, 0x000A: 0xC304, 0x000B: 0x4836,
    0x000C: 0xEFCC, 0x000D: 0x64FE, 0x000E: 0x729A, 0x000F: 0xF9A8, 0x0010: 0xED72, 0x0012: 0x7024, 0x0723: 0xB9E4,
}  # fmt: skip
# Some of the 256 rows of Analog Devices' table for the 10 bit code: remainder of one byte.
PEC10_ROWS = {
    0x00: 0x000, 0x01: 0x08F, 0x02: 0x11E, 0x10: 0x1EE, 0x22: 0x2C2, 0x3F: 0x168, 0x40: 0x337, 0x7F: 0x25F, 0x80: 0x2E1,
    0xA5: 0x38E, 0xC0: 0x1D6, 0xF0: 0x3E4, 0xFF: 0x0BE,
}  # fmt: skip
# Read commands of the map: code -> what each voltage or byte of the answer is, in order.
CELLS = {"C": (0x004, 0x006, 0x008, 0x00A, 0x009, 0x00B), "average": (0x044, 0x046, 0x048, 0x04A, 0x049, 0x04B),
         "filtered": (0x012, 0x013, 0x014, 0x015, 0x016, 0x017), "S": (0x003, 0x005, 0x007, 0x00D, 0x00E, 0x00F)}  # fmt: skip
ALL = {0x00C: "C", 0x04C: "average", 0x018: "filtered", 0x010: "S"}
OTHERS = {0x002: 6, 0x026: 6, 0x022: 6, 0x023: 6, 0x019: 6, 0x01A: 6, 0x01B: 6, 0x01F: 6, 0x02C: 6, 0x030: 6, 0x031: 6,
          0x032: 6, 0x033: 6, 0x034: 6, 0x011: 64}  # fmt: skip
WRITTEN = {0x001: 0x002, 0x024: 0x026, 0x020: 0x022, 0x021: 0x023, 0x717: None}  # what reads it back


READY_us, WAKE_us = 10, 500  # data sheet: t_READY and t_WAKE, the longest


class Bench:
    """A chain on a bus, spoken to byte by byte."""

    def __init__(self, chips: int = 1) -> None:
        self.clock = Clock()
        self.chain = Chain(self.clock, chips)
        self.chip = self.chain.chips[0]
        self.select = Pin()
        self.spi = Spi()
        self.spi.attach(self.chain, self.select)
        self.wake(WAKE_us)

    def wake(self, pause_us: int = READY_us) -> None:
        for _ in self.chain.chips:
            self.select.value(0)
            self.select.value(1)
            self.clock.run(pause_us)

    def tell(self, code: int, *groups: bytes) -> None:
        """A command, then data from the nearest chip on."""
        frame = code.to_bytes(2, "big")
        data = b"".join(group + pec10(group) for group in reversed(groups))
        self.wake()
        self.select.value(0)
        self.spi.write(frame + pec15(frame) + data)
        self.select.value(1)

    def ask(self, code: int, n: int = 6) -> "list[tuple[bytes, int, bool]]":
        """Per chip: data, command counter, whether the PEC is right."""
        frame = code.to_bytes(2, "big")
        frame += pec15(frame)
        out = frame + bytes((n + 2) * len(self.chain.chips))
        into = bytearray(len(out))
        self.wake()
        self.select.value(0)
        self.spi.write_readinto(out, into)
        self.select.value(1)
        answers = []
        for k in range(len(self.chain.chips)):
            answer = bytes(into[4 + k * (n + 2) : 4 + (k + 1) * (n + 2)])
            count = answer[n] >> 2
            answers.append((answer[:n], count, answer[n:] == pec10(answer[:n], count)))
        return answers

    def volts(self, code: int, n: int) -> "list[float]":
        """The first chip's answer, n voltages of 150 uV from 1.5 V."""
        data = self.ask(code, 2 * n)[0][0]
        return [1.5 + 150e-6 * value for value in struct.unpack(f"<{n}h", data)]


@pytest.mark.parametrize("code", COMMAND_PECS)
def test_the_code_of_a_command_is_what_others_have_published(code: int) -> None:
    assert pec15(code.to_bytes(2, "big")) == COMMAND_PECS[code].to_bytes(2, "big")


def test_the_code_of_data_is_division_by_the_published_polynomial() -> None:
    for data, count in ((b"\x01\x02\x03\x04\x05\x06", 0), (b"\xff" * 32, 63), (bytes(64), 1)):
        remainder = 0x10
        for byte in data:  # the published way: a row of the table per byte, then six bits of counter
            row = (remainder >> 2 ^ byte) & 0xFF
            table = 0
            for bit in range(8):
                table ^= {0: 0x08F, 1: 0x11E, 2: 0x23C, 3: 0x0F7, 4: 0x1EE, 5: 0x3DC, 6: 0x337, 7: 0x2E1}[bit] * (
                    row >> bit & 1
                )
            remainder = (remainder << 8 ^ table) & 0x3FF
        remainder ^= count << 4
        for _ in range(6):
            remainder = (remainder << 1 ^ (0x8F if remainder & 0x200 else 0)) & 0x3FF
        assert pec10(data, count) == (count << 10 | remainder).to_bytes(2, "big")


@pytest.mark.parametrize("row", PEC10_ROWS)
def test_the_rows_that_are_combined_above_are_the_published_table(row: int) -> None:
    table = 0
    for bit, value in enumerate((0x08F, 0x11E, 0x23C, 0x0F7, 0x1EE, 0x3DC, 0x337, 0x2E1)):
        table ^= value * (row >> bit & 1)
    assert table == PEC10_ROWS[row]


def test_the_emulator_serves_the_map_and_nothing_else() -> None:
    mapped = {*ALL, *OTHERS, *(code for bank in CELLS.values() for code in bank)}
    assert set(READS) | {0x032} == mapped
    assert set(WRITES) == set(WRITTEN)


def test_after_power_on_registers_hold_their_defaults_and_the_flag_of_sleep_is_set() -> None:
    bench = Bench()
    assert bench.ask(0x002)[0] == (b"\x01\x00\x00\xff\x03\x00", 0, True)
    assert bench.ask(0x026)[0] == (b"\x00\xf8\x7f\x00\x00\x00", 0, True)
    assert bench.ask(0x032)[0][0][5] == 0x08
    assert bench.ask(0x00C, 32)[0] == (b"\x00\x80" * 16, 0, True)
    assert bench.ask(0x02C)[0][0][1] >> 1 & 0x3F == 3  # device identification


@pytest.mark.parametrize("bank", CELLS)
def test_each_cell_stands_in_its_group_three_by_three_and_in_the_answer_for_all(bank: str) -> None:
    bench = Bench()
    bench.chip.cell_V = [2.0 + 0.1 * k for k in range(16)]
    bench.tell(0x360)
    bench.clock.run(20_000)
    seen = [volt for code in CELLS[bank] for volt in bench.volts(code, 3)][:16]
    assert seen == pytest.approx(bench.chip.cell_V, abs=80e-6)
    everything = next(code for code, name in ALL.items() if name == bank)
    assert bench.volts(everything, 16) == pytest.approx(bench.chip.cell_V, abs=80e-6)
    assert bench.volts(0x011, 32) == pytest.approx(bench.chip.cell_V * 2, abs=80e-6)


@pytest.mark.parametrize(("volts", "code"), [(1.5, 0), (0.0, -10000), (5.5, 26667), (-2.0, -23333), (6.6, 32767), (3.3, 12000)])
def test_a_code_is_150_uv_and_signed_around_one_and_a_half_volts(volts: float, code: int) -> None:
    bench = Bench()
    bench.chip.cell_V[0] = volts
    bench.tell(0x260)
    bench.clock.run(20_000)
    assert struct.unpack_from("<h", bench.ask(0x004)[0][0])[0] == code


def test_gpios_reference_supplies_and_temperature_are_where_the_map_has_them() -> None:
    bench = Bench()
    bench.chip.gpio_V = [0.2 * k for k in range(10)]
    bench.chip.vref2_V, bench.chip.vd_V, bench.chip.va_V, bench.chip.die_degC = 2.999, 3.2, 5.1, 61.0
    bench.tell(0x410)
    bench.clock.run(30_000)
    gpios = [volt for code in (0x019, 0x01A, 0x01B, 0x01F) for volt in bench.volts(code, 3)]
    assert gpios[:10] == pytest.approx(bench.chip.gpio_V, abs=80e-6)
    assert gpios[11] * 25 == pytest.approx(sum(bench.chip.cell_V), abs=4e-3)  # V+ against V-
    vref2, itmp = bench.volts(0x030, 3)[:2]
    assert vref2 == pytest.approx(2.999, abs=80e-6)
    assert itmp / 7.5e-3 - 273 == pytest.approx(61.0, abs=0.02)
    assert bench.volts(0x031, 3)[:2] == pytest.approx([3.2, 5.1], abs=80e-6)
    bench.tell(0x001, b"\x80\x00\x00\x05\x02\x00")
    assert bench.ask(0x034)[0][0][4:] == b"\x05\x22"  # levels of the pins, revision


def test_cells_beyond_the_thresholds_are_marked_under_and_over_in_turn() -> None:
    bench = Bench()
    bench.chip.cell_V = [3.0, 2.4, 4.3, *[3.7] * 13]
    lowest, highest = round((2.5 - 1.5) / 2.4e-3), round((4.2 - 1.5) / 2.4e-3)
    bench.tell(0x024, struct.pack("<I", lowest | highest << 12)[:3] + bytes(3))
    bench.tell(0x260)
    bench.clock.run(20_000)
    assert bench.ask(0x033)[0][0][:4] == bytes((0b00_10_01_00, 0, 0, 0))


@pytest.mark.parametrize("code", [code for code, back in WRITTEN.items() if back])
def test_what_is_written_is_read_back_per_chip_the_nearest_first(code: int) -> None:
    bench = Bench(3)
    groups = [bytes((1, 2, 3, 4, 3, k)) for k in range(3)]
    bench.tell(code, *groups)
    assert [answer[0] for answer in bench.ask(WRITTEN[code] or 0)] == groups


def test_discharge_bits_are_cells_1_to_8_and_9_to_16_of_configuration_b() -> None:
    bench = Bench()
    bench.tell(0x024, b"\x00\xf8\x7f\x00\x05\x80")
    assert bench.chip.discharging == 1 << 0 | 1 << 2 | 1 << 15


def test_the_counter_goes_up_with_what_starts_writes_or_clears_and_never_with_a_read() -> None:
    bench = Bench()
    expected = 0
    for code, data in ((0x360, ()), (0x168, ()), (0x410, ()), (0x001, (bytes(6),)), (0x711, ()), (0x717, (bytes(6),))):
        bench.tell(code, *data)
        expected += 1
        assert bench.ask(0x002)[0][1] == expected
    for _ in range(63 - expected):
        bench.tell(0x711)
    assert bench.ask(0x00C, 32)[0][1] == 63
    bench.tell(0x711)
    assert bench.ask(0x00C, 32)[0][1] == 1  # 0 is kept for what began anew
    bench.tell(0x02E)
    assert bench.ask(0x002)[0][1] == 0


def test_a_cleared_register_holds_the_lowest_code_until_its_conversion_has_ended() -> None:
    bench = Bench()
    bench.tell(0x001, b"\x81\x00\x00\xff\x03\x00")
    bench.clock.run(10_000)  # the reference is up
    bench.tell(0x360)
    bench.clock.run(1_000)
    assert bench.ask(0x004)[0][0] == b"\x00\x80" * 3
    bench.clock.run(200)
    assert bench.volts(0x004, 3) == pytest.approx([3.7] * 3, abs=80e-6)
    assert bench.ask(0x003)[0][0] == b"\x00\x80" * 3
    bench.clock.run(8_000)
    assert bench.volts(0x003, 3) == pytest.approx([3.7] * 3, abs=80e-6)
    bench.tell(0x711)
    assert bench.ask(0x004)[0][0] == b"\x00\x80" * 3
    assert bench.volts(0x003, 3) == pytest.approx([3.7] * 3, abs=80e-6)
    bench.tell(0x716)
    assert bench.ask(0x003)[0][0] == b"\x00\x80" * 3


def test_without_its_reference_a_conversion_waits_for_it() -> None:
    bench = Bench()
    bench.tell(0x260)
    bench.clock.run(5_400)
    assert bench.ask(0x004)[0][0] == b"\x00\x80" * 3
    bench.clock.run(200)
    assert bench.volts(0x004, 3) == pytest.approx([3.7] * 3, abs=80e-6)


def test_the_chip_itself_compares_s_with_c_and_keeps_the_flag_until_it_is_cleared() -> None:
    bench = Bench()
    bench.chip.s_error_V = {9: 0.03}
    bench.tell(0x360)
    bench.clock.run(20_000)
    assert bench.ask(0x032)[0][0][:2] == bytes((0, 2))
    assert bench.ask(0x032)[0][0][5] & 0x20
    bench.chip.s_error_V = {}
    bench.tell(0x360)
    bench.clock.run(20_000)
    assert bench.ask(0x032)[0][0][:2] == bytes((0, 2))
    bench.tell(0x717, b"\xff\xff\x00\x00\xff\xff")
    assert bench.ask(0x032)[0][0][:2] == bytes(2)
    assert bench.ask(0x032)[0][0][4:] == bytes(2)


@pytest.mark.parametrize(("flag", "four", "five"), [
    (0x01, 0, 0x01), (0x02, 0, 0x01), (0x04, 0x50, 0), (0x0C, 0xA0, 0xC0), (0x10, 0, 0x04), (0x20, 0x0A, 0), (0x40, 0x05, 0),
    (0x80, 0, 0x02),
])  # fmt: skip
def test_a_forced_flag_comes_with_the_next_conversion(flag: int, four: int, five: int) -> None:
    bench = Bench()
    bench.tell(0x717, b"\xff\xff\x00\x00\xff\xff")
    bench.tell(0x001, bytes((0x81, flag, 0, 0xFF, 3, 0)))
    bench.tell(0x260)
    bench.clock.run(20_000)
    assert bench.ask(0x032)[0][0][4:] == bytes((four, five))


@pytest.mark.parametrize(("option", "first"), [(1, 1), (2, 0)])
def test_with_the_switches_on_a_sound_cell_reads_less_and_one_at_an_open_wire_nothing(option: int, first: int) -> None:
    bench = Bench()
    bench.tell(0x168 | option)
    bench.clock.run(20_000)
    assert bench.volts(0x010, 16)[first::2] == pytest.approx([0.9 * 3.7] * 8, abs=1e-3)
    assert bench.volts(0x010, 16)[1 - first :: 2] == pytest.approx([3.7] * 8, abs=1e-3)
    bench.chip.open_wires = {5}  # between cells 5 and 6, counted from 1
    bench.tell(0x168 | option)
    bench.clock.run(20_000)
    seen = bench.volts(0x010, 16)
    beside, other = (5, 4) if first else (4, 5)
    assert seen[beside] == pytest.approx(0.0, abs=1e-3)
    assert seen[other] == pytest.approx(1.5 + 32767 * 150e-6, abs=1e-3)  # two cells: more than the converter can say


def test_a_chain_answers_nearest_first_and_what_is_behind_a_break_leaves_the_line_high() -> None:
    bench = Bench(3)
    for k, chip in enumerate(bench.chain.chips):
        chip.cell_V[0] = 2.0 + k
    bench.tell(0x260)
    bench.clock.run(10_000)
    assert [struct.unpack_from("<h", data)[0] for data, _, _ in bench.ask(0x004)] == [3333, 10000, 16667]
    bench.chain.reachable = 1
    answers = bench.ask(0x004)
    assert answers[0][2]
    assert [data for data, _, _ in answers[1:]] == [b"\xff" * 6] * 2


def falls(bench: Bench, n: int, pause_us: int) -> list[int]:
    """n falls of the select with pauses behind them, then a clear: what the chips have counted."""
    for _ in range(n - 1):
        bench.select.value(0)
        bench.select.value(1)
        bench.clock.run(pause_us)
    bench.select.value(0)
    bench.clock.run(pause_us)
    bench.spi.write(b"\x07\x11" + pec15(b"\x07\x11"))
    bench.select.value(1)
    return [chip.count for chip in bench.chain.chips]


@pytest.mark.parametrize(("idle_us", "ready_us"), [(0, WAKE_us), (6_000, READY_us), (2_000_100, WAKE_us)])
def test_a_chip_that_sleeps_hears_only_after_as_many_falls_as_chips_stand_before_it_each_ready_in_its_time(
    idle_us: int, ready_us: int
) -> None:
    for n in range(1, 5):
        for pause_us in (0, ready_us - 1, ready_us):
            bench = Bench(3)
            if idle_us:
                bench.tell(0x02E)
                bench.clock.run(idle_us)
            else:
                bench.chain = Chain(bench.clock, 3)  # as delivered
                bench.spi = Spi()
                bench.select = Pin()
                bench.spi.attach(bench.chain, bench.select)
            heard = falls(bench, n, pause_us)
            if pause_us == ready_us:
                assert heard == [1 if k < n else 0 for k in range(3)]
            elif pause_us == 0:
                assert heard == [0] * 3
            else:  # every other fall is lost on the chip that is not ready yet
                assert sum(heard) < min(n, 3)


def test_traffic_keeps_ports_awake_and_a_chip_whose_wire_was_broken_sleeps_alone() -> None:
    bench = Bench(2)
    for _ in range(30):
        bench.clock.run(100_000)
        bench.chain.reachable = 1
        bench.tell(0x711)
    bench.chain.reachable = 2
    assert falls(bench, 2, READY_us) == [31, 0]
    bench.clock.run(WAKE_us)
    assert falls(bench, 1, 0) == [32, 1]
    assert [chip.resets for chip in bench.chain.chips] == [1, 2]


def test_a_command_or_data_with_a_wrong_code_does_nothing_but_set_a_flag() -> None:
    bench = Bench()
    bench.tell(0x717, b"\xff\xff\x00\x00\xff\xff")
    bench.wake()
    for frame in (b"\x07\x11\x00\x00", b"\x00\x01" + pec15(b"\x00\x01") + bytes(6) + b"\x01\x01"):
        bench.select.value(0)
        bench.spi.write(frame)
        bench.select.value(1)
        assert bench.chip.count == 1
        assert bench.ask(0x032)[0][0][5] == 0x10
    assert bench.ask(0x002)[0][0] == b"\x01\x00\x00\xff\x03\x00"


def test_two_seconds_without_a_word_and_a_brown_out_forget_everything() -> None:
    bench = Bench()

    def sleep() -> None:
        bench.clock.run(2_000_100)
        bench.wake(WAKE_us)

    ways: tuple[Callable[[], None], ...] = (
        sleep,
        lambda: bench.chip.brown_out(),
        lambda: bench.tell(0x027),
    )
    for forget in ways:
        bench.tell(0x001, bytes(6))
        assert bench.ask(0x002)[0][:2] == (bytes(6), 1)
        forget()
        assert bench.ask(0x002)[0][:2] == (b"\x01\x00\x00\xff\x03\x00", 0)


def test_faults_of_the_wire_and_of_a_register_are_what_they_say() -> None:
    bench = Bench(2)
    bench.chain.spoil_answers = {1: 2}
    assert [right for _, _, right in bench.ask(0x002)] == [True, False]
    assert [right for _, _, right in bench.ask(0x00C, 32)] == [True, False]
    assert [right for _, _, right in bench.ask(0x00C, 32)] == [True, True]
    assert not bench.ask(0x072)[0][2]  # status with an error on purpose
    bench.chain.spoil_commands, bench.chain.spoil_from = 1, 1
    bench.tell(0x711)
    assert [chip.count for chip in bench.chain.chips] == [1, 0]
    bench.chip.stuck["CA"] = b"\x01\x02\x03\x04\x05\x06"
    bench.tell(0x711)
    assert bench.ask(0x004)[0][0] == b"\x01\x02\x03\x04\x05\x06"
    bench.chip.slowness = 3.0
    bench.tell(0x260)
    bench.clock.run(10_000)
    assert bench.ask(0x006)[0][0] == b"\x00\x80" * 3
    assert bench.ask(0x006)[1][0] != b"\x00\x80" * 3


def test_a_bus_gives_a_broken_transfer_as_an_error_and_a_flip_as_a_wrong_bit() -> None:
    bench = Bench()
    bench.wake()
    bench.spi.flips = 1
    into = bytearray(2)
    bench.spi.readinto(into, 0)
    assert into == b"\xef\xff"  # nobody is selected: the line is high
    bench.spi.broken = True
    with pytest.raises(OSError):
        bench.spi.write(b"\x00")
