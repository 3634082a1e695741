"""The MCP2515 emulator is the data sheet's chip: map, instructions, bit timing, filters, priorities. No driver of ours here.

Numbers are those of Microchip DS20001801J: tables 11-1 and 11-2, chapter 5.3 (the example of 125 kHz), figures 12-1 to 12-9.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.chips import mcp2515_map as m
from hil.chips.mcp2515 import Mcp2515

Frame = tuple[int, bytes, bool, bool]

FILTER_BYTES = (0xFF, 0xEB, 0xFF, 0xFF)
MASK_BYTES = (0xFF, 0xE3, 0xFF, 0xFF)
BUFFER_BYTES = (0xFF, 0xEB, 0xFF, 0xFF, 0x4F, *[0xFF] * 8)
# address: value after reset, bits that a write changes, whether only in configuration mode
MAP: dict[int, tuple[int, int, bool]] = dict.fromkeys(range(128), (0, 0, False))
MAP.update({first + k: (0, FILTER_BYTES[k], True) for first in (0x00, 0x04, 0x08, 0x10, 0x14, 0x18) for k in range(4)})
MAP.update({first + k: (0, MASK_BYTES[k], True) for first in (0x20, 0x24) for k in range(4)})
MAP.update({first + k: (0, BUFFER_BYTES[k], False) for first in (0x31, 0x41, 0x51) for k in range(13)})
MAP.update(dict.fromkeys((0x30, 0x40, 0x50), (0, 0x0B, False)))
MAP.update({0x0C: (0, 0x3F, False), 0x0D: (0, 0x07, True), 0x28: (0, 0xC7, True), 0x29: (0, 0xFF, True), 0x2A: (0, 0xFF, True)})
MAP.update({0x2B: (0, 0xFF, False), 0x2C: (0, 0xFF, False), 0x2D: (0, 0xC0, False)})
MAP.update({0x60: (0, 0x64, False), 0x70: (0, 0x60, False)})
MODIFIABLE = {0x0C, 0x0D, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x30, 0x40, 0x50, 0x60, 0x70, *range(0x0F, 0x80, 16)}
ORDINARY = [address for address in MAP if address & 15 < 14]


def spi(chip: Mcp2515, *out: int) -> bytes:
    chip.select()
    answer = chip.transfer(bytes(out))
    chip.deselect()
    return answer


def read(chip: Mcp2515, address: int) -> int:
    return spi(chip, 0x03, address, 0)[2]


def write(chip: Mcp2515, address: int, *values: int) -> None:
    spi(chip, 0x02, address, *values)


def running(mode: int = m.NORMAL, everything: bool = True) -> Mcp2515:
    """500 kbit/s from 16 MHz: 16 quanta, sampled at 12."""
    chip = Mcp2515()
    write(chip, m.CNF3, 0x03, 0x80 | 7 << 3 | 2, 0x00)
    if everything:
        write(chip, 0x60, 0x64)
        write(chip, 0x70, 0x60)
    write(chip, m.CANCTRL, mode << 5)
    return chip


def load(chip: Mcp2515, b: int, identifier: int, data: bytes = b"", priority: int = 0) -> None:
    """A standard frame into a transmit buffer, and the request to send it."""
    spi(chip, 0x40 | 2 * b, identifier >> 3, (identifier & 7) << 5, 0, 0, len(data), *data)
    write(chip, m.TXBCTRL[b], m.TXREQ | priority)


def everything_sent(chip: Mcp2515) -> list[int]:
    out = []
    while (frame := chip.let_one_go()) is not None:
        out.append(frame[0])
    return out


@pytest.mark.parametrize("address", ORDINARY)
def test_a_register_has_the_value_that_the_map_gives_it_after_reset(address: int) -> None:
    assert read(Mcp2515(), address) == MAP[address][0]


@pytest.mark.parametrize("row", range(8))
def test_status_and_control_stand_at_the_end_of_every_row(row: int) -> None:
    chip = Mcp2515()
    assert (read(chip, 16 * row + 14), read(chip, 16 * row + 15)) == (0x80, 0x87)
    write(chip, 16 * row + 14, 0)
    write(chip, 16 * row + 15, 0x60)
    assert (read(chip, m.CANSTAT), read(chip, m.CANCTRL)) == (0x60, 0x60)


@pytest.mark.parametrize("address", ORDINARY)
@pytest.mark.parametrize("value", [0xFF, 0xA5, 0x5A])
def test_a_write_changes_the_bits_that_can_be_written_and_no_other(address: int, value: int) -> None:
    reset, mask, _ = MAP[address]
    chip = Mcp2515()
    write(chip, address, value)
    wanted = reset & ~mask | value & mask
    assert read(chip, address) == (wanted | wanted >> 1 & 2 if address == 0x60 else wanted)  # BUKT is seen twice


@pytest.mark.parametrize("address", [address for address in ORDINARY if MAP[address][1]])
def test_outside_configuration_mode_bit_timing_and_filters_stand(address: int) -> None:
    chip = running()
    before = read(chip, address)
    value = before ^ (0x60 if address in (0x60, 0x70) else 0x40 if address == m.EFLG else 0x01)
    write(chip, address, value)
    assert (read(chip, address) == before) == MAP[address][2]


@pytest.mark.parametrize("address", [address for address in ORDINARY if address < 0x28 and MAP[address][1] and MAP[address][2]])
def test_a_mask_or_filter_reads_0_outside_configuration_mode_and_is_there_again_in_it(address: int) -> None:
    chip = Mcp2515()
    write(chip, address, 0x61)
    kept = read(chip, address)
    for mode in (m.NORMAL, m.SLEEP, m.LOOPBACK, m.LISTEN):
        write(chip, m.CANCTRL, mode << 5)
        assert read(chip, address) == (kept if address == 0x0D else 0)
        write(chip, address, 0x02)  # stands, though it cannot be seen
    write(chip, m.CANCTRL, m.CONFIGURATION << 5)
    assert read(chip, address) == kept


@pytest.mark.parametrize("address", [address for address in ORDINARY if MAP[address][1]])
def test_bit_modify_has_its_mask_only_where_the_map_says_so(address: int) -> None:
    chip = Mcp2515()
    mask = MAP[address][1]
    bit = mask & -mask
    spi(chip, 0x05, address, bit, 0xFF)
    seen = read(chip, address) & (~2 if address == 0x60 else 0xFF)
    assert seen == (bit if address in MODIFIABLE else mask)


def test_reading_and_writing_go_on_from_address_to_address() -> None:
    chip = Mcp2515()
    write(chip, 0x20, 1, 2, 3, 4)
    assert spi(chip, 0x03, 0x1F, 0, 0, 0, 0, 0) == bytes([0xFF, 0xFF, 0x87, 1, 2, 3, 4])
    assert spi(chip, 0x03, 0x7F, 0, 0)[2:] == bytes([0x87, 0])


def test_the_bit_timing_example_of_the_data_sheet_is_125_khz_of_16_quanta_sampled_at_the_tenth() -> None:
    chip = Mcp2515(20_000_000)
    # BRP 04h; propagation 2, first phase 7, second phase 6 quanta, each less one; BTLMODE
    write(chip, m.CNF3, 6 - 1, 0x80 | 7 - 1 << 3 | 2 - 1, 0x04)
    assert chip.quanta() == (16, 10)
    assert chip.bitrate() == 125_000


def test_without_btlmode_the_second_phase_is_as_long_as_the_first_and_at_least_two() -> None:
    chip = Mcp2515()
    write(chip, m.CNF2, 4 << 3)
    assert chip.quanta() == (1 + 1 + 5 + 5, 7)
    write(chip, m.CNF2, 0)
    assert chip.quanta() == (1 + 1 + 1 + 2, 3)


@pytest.mark.parametrize("wrong", [{"oscillator_Hz": 8_000_000}, {"bus_bitrate": 250_000}])
def test_a_chip_at_another_rate_neither_hears_nor_is_heard(wrong: dict[str, int]) -> None:
    chip = running()
    for name, value in wrong.items():
        setattr(chip, name, value)
    assert not chip.hear(0x100, b"")
    assert read(chip, m.REC) == 1
    load(chip, 0, 0x100)
    assert chip.let_one_go() is None
    assert read(chip, m.TEC) == 8


@given(st.permutations([(b, p) for b, p in enumerate((2, 3, 2))]))
def test_the_highest_priority_goes_first_and_of_equals_the_highest_buffer(loads: list[tuple[int, int]]) -> None:
    chip = running()
    for b, priority in loads:
        load(chip, b, 0x100 + b, b"", priority)
    assert everything_sent(chip) == [0x101, 0x102, 0x100]


def test_requests_to_send_may_come_by_their_own_instruction() -> None:
    chip = running()
    for b in range(3):
        spi(chip, 0x40 | 2 * b, b, 0, 0, 0, 0)
    spi(chip, 0x85)
    assert everything_sent(chip) == [2 << 3, 0]


@given(
    st.integers(0, 2**29 - 1), st.booleans(), st.booleans(), st.binary(max_size=8), st.sampled_from([0, 1]), st.integers(0, 2)
)
def test_a_frame_that_goes_out_of_one_chip_comes_into_another_as_it_was(
    identifier: int, extended: bool, remote: bool, data: bytes, into: int, buffer: int
) -> None:
    sender, receiver = running(), running()
    if not extended:
        identifier &= 0x7FF
    sid = identifier >> 18 if extended else identifier
    low = (sid & 7) << 5 | (8 | identifier >> 16 & 3 if extended else 0)
    header = [sid >> 3, low, identifier >> 8 & 0xFF if extended else 0, identifier & 0xFF if extended else 0]
    spi(sender, 0x40 | 2 * buffer, *header, len(data) | remote << 6, *data)
    spi(sender, 0x80 | 1 << buffer)
    frame = sender.let_one_go()
    assert frame == (identifier, bytes(len(data)) if remote else data, extended, remote)
    if into:
        receiver.hear(1, b"first")
    assert receiver.hear(*frame)
    got = spi(receiver, 0x94 if into else 0x90, *[0] * 13)[1:]
    assert got[0] << 3 | got[1] >> 5 == sid
    assert bool(got[1] & 8) == extended
    assert bool(got[4] & 0x40 if extended else got[1] & 0x10) == remote
    if extended:
        assert (got[1] & 3) << 16 | got[2] << 8 | got[3] == identifier & 0x3FFFF
    assert got[4] & 15 == len(data)
    assert remote or got[5 : 5 + len(data)] == data


def test_reading_a_receive_buffer_by_its_instruction_frees_it_and_a_plain_read_does_not() -> None:
    chip = running()
    chip.hear(0x123, b"\x11\x22")
    assert spi(chip, 0x03, 0x61, 0, 0)[2:] == bytes([0x123 >> 3, (0x123 & 7) << 5])
    assert read(chip, m.CANINTF) == m.RX0IF
    assert spi(chip, 0x92, 0, 0)[1:] == b"\x11\x22"
    assert read(chip, m.CANINTF) == 0


def test_the_two_status_instructions_say_what_the_figures_say() -> None:
    chip = running()
    load(chip, 0, 0x10)
    load(chip, 2, 0x20)
    chip.hear(0x100, b"")
    assert spi(chip, 0xA0, 0, 0)[1:] == bytes([0b01000101] * 2)
    assert everything_sent(chip) == [0x20, 0x10]
    assert spi(chip, 0xA0, 0)[1] == 0b10001001
    assert spi(chip, 0xB0, 0)[1] == 0b01_0_00_000
    chip.hear(0x12345678, b"", True, True)
    spi(chip, 0x90, *[0] * 13)
    assert spi(chip, 0xB0, 0)[1] == 0b10_0_11_110  # rolled over from buffer 0


def test_a_third_frame_is_lost_and_its_flag_set() -> None:
    chip = running()
    assert [chip.hear(k, b"") for k in range(3)] == [True, True, False]
    assert read(chip, m.EFLG) == m.RX1OVR
    assert read(chip, m.CANINTF) == m.ERRIF | m.RX1IF | m.RX0IF
    write(chip, 0x60, 0x60)
    spi(chip, 0x94, *[0] * 13)
    assert not chip.hear(4, b"")  # no roll-over without BUKT
    assert read(chip, m.EFLG) == m.RX1OVR | m.RX0OVR


@given(st.lists(st.integers(0, 0x7FF), min_size=8, max_size=8), st.integers(0, 0x7FF))
def test_a_standard_frame_passes_by_the_masks_and_filters_of_figure_4_5(rows: list[int], identifier: int) -> None:
    chip = Mcp2515()
    for address, value in zip((*m.RXF, m.RXM0, m.RXM1), rows):
        write(chip, address, value >> 3, (value & 7) << 5, 0, 0)
    write(chip, m.CNF3, 0x03, 0x80 | 7 << 3 | 2, 0x00)
    write(chip, m.CANCTRL, 0)
    zero = any((identifier ^ f) & rows[6] == 0 for f in rows[:2])
    one = any((identifier ^ f) & rows[7] == 0 for f in rows[2:6])
    assert chip.hear(identifier, b"") == (zero or one)
    assert read(chip, m.CANINTF) == (m.RX0IF if zero else m.RX1IF if one else 0)
    assert not chip.hear(identifier << 18, b"", True)  # without EXIDE no filter is for extended frames


def test_the_lower_mask_bits_look_at_the_first_two_bytes_of_a_standard_frame() -> None:
    chip = Mcp2515()
    write(chip, m.RXM0, 0, 0, 0xFF, 0x0F)
    write(chip, 0x00, 0, 0, 0xAB, 0x0C)
    write(chip, 0x04, 0, 0, 0xAB, 0x0C)
    write(chip, m.RXM1, 0xFF, 0xE3, 0xFF, 0xFF)
    write(chip, m.CNF3, 0x03, 0x80 | 7 << 3 | 2, 0x00)
    write(chip, m.CANCTRL, 0)
    assert chip.hear(0x7FF, b"\xab\x5c")
    spi(chip, 0x90, *[0] * 13)
    assert not chip.hear(0x7FF, b"\xab\x5d")


def test_a_buffer_whose_frame_waits_is_locked_and_can_be_taken_back_until_it_is_on_its_way() -> None:
    chip = running()
    load(chip, 0, 0x100)
    load(chip, 1, 0x101)
    write(chip, 0x31, 0xFF)
    assert read(chip, 0x31) == 0x100 >> 3
    chip.in_flight = 0
    spi(chip, 0x05, 0x30, m.TXREQ, 0)
    spi(chip, 0x05, 0x40, m.TXREQ, 0)
    assert (read(chip, 0x30), read(chip, 0x40)) == (m.TXREQ, m.ABTF)
    assert everything_sent(chip) == [0x100]


def test_abort_all_takes_back_what_waits() -> None:
    chip = running()
    for b in range(3):
        load(chip, b, b)
    spi(chip, 0x05, m.CANCTRL, m.ABAT, m.ABAT)
    assert everything_sent(chip) == []
    assert [read(chip, a) for a in m.TXBCTRL] == [m.ABTF] * 3


def test_a_mode_comes_when_nothing_waits_to_be_sent() -> None:
    chip = running()
    load(chip, 0, 0x100)
    spi(chip, 0x05, m.CANCTRL, 0xE0, 0x80)
    assert read(chip, m.CANSTAT) >> 5 == m.NORMAL
    chip.let_one_go()
    assert read(chip, m.CANSTAT) >> 5 == m.CONFIGURATION


@pytest.mark.parametrize(
    ("mode", "leaves", "comes_back", "hears"),
    [
        (m.NORMAL, True, False, True),
        (m.LOOPBACK, True, True, False),
        (m.LISTEN, False, False, True),
        (m.SLEEP, False, False, False),
    ],
)
def test_a_mode_decides_who_gets_what(mode: int, leaves: bool, comes_back: bool, hears: bool) -> None:
    chip = running(mode)
    load(chip, 0, 0x100)
    assert (chip.let_one_go() is not None) == leaves
    assert (read(chip, m.CANINTF) & m.RX0IF != 0) == comes_back
    assert chip.hear(0x200, b"") == hears


@pytest.mark.parametrize(
    ("tec", "rec", "flags"),
    [
        (95, 95, 0),
        (96, 0, m.TXWAR | m.EWARN),
        (0, 96, m.RXWAR | m.EWARN),
        (128, 0, m.TXEP | m.TXWAR | m.EWARN),
        (0, 128, m.RXEP | m.RXWAR | m.EWARN),
        (256, 0, m.TXBO | m.TXEP | m.TXWAR | m.EWARN),
    ],
)
def test_the_error_counters_have_the_flags_of_register_6_3(tec: int, rec: int, flags: int) -> None:
    chip = running()
    chip.set_errors(tec, rec)
    assert read(chip, m.EFLG) == flags
    assert read(chip, m.CANINTF) == (m.ERRIF if flags else 0)
    assert (read(chip, m.TEC), read(chip, m.REC)) == (min(tec, 255), rec)


def test_bus_off_ends_sending_until_the_bus_was_idle_and_then_the_chip_goes_on_by_itself() -> None:
    chip = running()
    load(chip, 0, 0x100)
    chip.bus_off()
    assert chip.let_one_go() is None
    chip.recover()
    assert (read(chip, m.EFLG), read(chip, m.TEC)) == (0, 0)
    assert everything_sent(chip) == [0x100]


def test_the_interrupt_is_low_as_long_as_an_enabled_flag_is_set_and_its_code_is_the_first() -> None:
    chip = running()
    levels: list[int] = []
    chip.interrupt = levels.append
    chip.hear(0x100, b"")
    assert levels == []
    write(chip, m.CANINTE, m.RX0IF | m.RX1IF | m.ERRIF)
    assert levels == [0]
    assert read(chip, m.CANSTAT) == 6 << 1
    chip.set_errors(96, 0)
    assert read(chip, m.CANSTAT) == 1 << 1
    spi(chip, 0x05, m.CANINTF, m.ERRIF, 0)
    spi(chip, 0x90, *[0] * 13)
    assert levels == [0, 1]
    assert read(chip, m.CANSTAT) == 0


def test_reset_and_brown_out_make_everything_as_delivered() -> None:
    for reset in (lambda chip: spi(chip, 0xC0), lambda chip: chip.brown_out()):
        chip = running()
        load(chip, 0, 0x100)
        chip.hear(0x200, b"12345678")
        reset(chip)
        assert [read(chip, address) for address in ORDINARY] == [0] * len(ORDINARY)
        assert (read(chip, m.CANSTAT), read(chip, m.CANCTRL)) == (0x80, 0x87)


def test_faults_are_what_they_are_called() -> None:
    chip = running()
    chip.stuck[m.CNF1] = 0x55
    assert read(chip, m.CNF1) == 0x55
    chip.tx_stuck = True
    load(chip, 0, 0x100)
    for _ in range(100):
        assert chip.let_one_go() is None
    assert (read(chip, m.TEC), read(chip, m.EFLG) & m.TXEP) == (128, m.TXEP)
    chip.flip_every = 1
    assert read(chip, m.TEC) != 128
    chip.absent = True
    assert spi(chip, 0x03, m.CANSTAT, 0) == b"\xff\xff\xff"
    assert not chip.hear(1, b"")
