"""An FRAM keeps what a journal gives it, by the data sheet's commands; what is wrong with it is a False, and counted."""

import pytest

from bms.store.journal import Journal
from boards.parts.fram import Fram as Part
from hil.chips.buses import Pin, Spi
from hil.chips.fram import Fram as Chip

ROOMS = (200, 40)
BLOCK_bytes = 2048


KINDS = [("MB85RS", 8192), ("FM25V", 32768), ("FM25V", 131072)]
every_kind = pytest.mark.parametrize(("kind", "size_bytes"), KINDS)


def wired(size_bytes: int = 8192, kind: str = "MB85RS") -> tuple[Part, Chip, Spi]:
    spi, chip, select = Spi(), Chip(size_bytes, kind), Pin()
    spi.attach(chip, select)
    return Part(spi, select, size_bytes, BLOCK_bytes), chip, spi


def erased(part: Part, block: int) -> None:
    assert part.erase(block)
    while part.busy():
        pass


@pytest.mark.parametrize(
    "sent",
    [
        [(b"\x9f\0\0\0\0", b"\xff\x04\x7f\x03\x02")],
        [(b"\x05\0", b"\xff\0"), (b"\x06", b"\xff"), (b"\x05\0", b"\xff\x02"), (b"\x04", b"\xff"), (b"\x05\0", b"\xff\0")],
        [(b"\x02\0\x10\x55", b"\xff" * 4), (b"\x03\0\x10\0", b"\xff\xff\xff\0")],
        [(b"\x06", b"\xff"), (b"\x02\0\x10\x55\x66", b"\xff" * 5), (b"\x03\0\x10\0\0", b"\xff\xff\xff\x55\x66")],
        [(b"\x06", b"\xff"), (b"\x02\0\0\1", b"\xff" * 4), (b"\x02\0\0\2", b"\xff" * 4), (b"\x03\0\0\0", b"\xff\xff\xff\1")],
        [(b"\x06", b"\xff"), (b"\x02\x1f\xff\1\2", b"\xff" * 5), (b"\x03\x1f\xff\0\0", b"\xff\xff\xff\1\2")],
    ],
    ids=["identity", "latch", "no write without it", "write", "one write for each", "end"],
)
def test_the_emulated_chip_answers_as_the_data_sheet_says(sent: list[tuple[bytes, bytes]]) -> None:
    chip = Chip(8192)
    for out, expected in sent:
        chip.select()
        assert chip.transfer(out) == expected
        chip.deselect()


@pytest.mark.parametrize(
    "sent",
    [
        [(b"\x9f" + bytes(9), b"\xff\x7f\x7f\x7f\x7f\x7f\x7f\xc2\x24\x00")],
        [(b"\x05\0", b"\xff\x40"), (b"\x06", b"\xff"), (b"\x05\0", b"\xff\x42"), (b"\x04", b"\xff"), (b"\x05\0", b"\xff\x40")],
        [(b"\x06", b"\xff"), (b"\x02\1\0\x10\x55\x66", b"\xff" * 6), (b"\x03\1\0\x10\0\0", b"\xff" * 4 + b"\x55\x66")],
        [(b"\x06", b"\xff"), (b"\x02\1\xff\xff\1\2", b"\xff" * 6), (b"\x03\1\xff\xff\0\0", b"\xff" * 4 + b"\1\2")],
    ],
    ids=["identity", "latch", "write", "end"],
)
def test_the_emulated_chip_of_the_other_kind_answers_as_its_data_sheet_says(sent: list[tuple[bytes, bytes]]) -> None:
    chip = Chip(131072, "FM25V")
    for out, expected in sent:
        chip.select()
        assert chip.transfer(out) == expected
        chip.deselect()


@every_kind
def test_either_kind_takes_what_is_written_anywhere_and_keeps_the_rest(kind: str, size_bytes: int) -> None:
    part, chip, _ = wired(size_bytes, kind)
    data = bytearray(range(1, 41))
    for at in (0, 4, size_bytes // 2 - 20, size_bytes - 40):
        before = bytes(chip.bytes)
        assert part.write(at, data, 40)
        assert chip.bytes == before[:at] + data + before[at + 40 :]
        back = bytearray(40)
        assert part.read(at, back)
        assert back == data
    assert part.errors == 0


@every_kind
def test_a_write_that_broke_off_behind_its_enable_is_no_trouble_for_the_next(kind: str, size_bytes: int) -> None:
    part, chip, _ = wired(size_bytes, kind)
    chip.status |= 0x02
    assert part.write(8, bytearray(b"abcd"), 4)
    assert chip.bytes[8:12] == b"abcd" and part.errors == 0


@every_kind
@pytest.mark.parametrize("trouble", ["absent", "protected", "latched"])
def test_a_latch_that_does_not_rise_is_no_write(kind: str, size_bytes: int, trouble: str) -> None:
    part, chip, _ = wired(size_bytes, kind)
    setattr(chip, trouble, True)
    if trouble == "latched":
        chip.status |= 0x02
    assert not part.write(8, bytearray(b"abcd"), 4)
    assert part.errors == 1
    assert not any(chip.bytes)


def test_what_is_written_is_read_back_at_its_place_and_an_erased_block_is_full_of_ones() -> None:
    part, chip, _ = wired()
    erased(part, 1)
    assert chip.bytes == bytes(BLOCK_bytes) + b"\xff" * BLOCK_bytes + bytes(2 * BLOCK_bytes)
    data = bytearray(range(1, 129))
    assert part.write(2048 + 8, data, 76)
    assert chip.bytes[2048 + 8 : 2048 + 84] == data[:76]
    assert chip.bytes[2048 + 84 :][:44] == b"\xff" * 44
    back = bytearray(70)
    assert part.read(2048 + 10, back)
    assert back == data[2:72]
    assert part.errors == 0


def test_a_journal_on_it_comes_back_after_a_start() -> None:
    part, _, _ = wired()
    journal = Journal(part, ROOMS)
    assert journal.sound and journal.blank
    for k in range(400):
        while not journal.idle:
            journal.step()
        assert journal.put(1 + k % 2, 1, bytearray([k & 0xFF] * 40), 40)
    while not journal.idle:
        journal.step()
    again = Journal(part, ROOMS)
    buffer = bytearray(200)
    assert again.read(1, buffer) == again.read(2, buffer) == 40
    assert buffer[0] == 399 & 0xFF
    assert again.sound and not again.blank and journal.strikes == 0


@pytest.mark.parametrize("trouble", ["absent", "protected", "broken", "stuck"])
def test_a_chip_that_is_not_there_or_takes_nothing_is_told_and_never_raises(trouble: str) -> None:
    part, chip, spi = wired()
    if trouble == "broken":
        spi.broken = True
    elif trouble == "stuck":
        chip.stuck = dict.fromkeys(range(0, 8192, 64), 0x5A)
    else:
        setattr(chip, trouble, True)
    journal = Journal(part, ROOMS)
    for _ in range(300):
        journal.step()
    assert journal.failed and not journal.idle
    assert journal.sound == (trouble == "protected"), "what can be read was read"
    assert part.errors or trouble == "stuck"


@pytest.mark.parametrize("power_for", range(1, 400, 7))
def test_a_supply_that_goes_in_any_byte_leaves_the_record_before(power_for: int) -> None:
    part, chip, _ = wired()
    journal = Journal(part, ROOMS)
    for content in (b"before", b"after!"):
        while not journal.idle:
            journal.step()
        journal.put(1, 1, bytearray(content * 20), 120)
    chip.power_for = power_for
    for _ in range(40):
        journal.step()
    chip.power_for = -1
    buffer = bytearray(200)
    again = Journal(part, ROOMS)
    assert again.read(1, buffer) == 120
    assert buffer[:120] in (b"before" * 20, b"after!" * 20)
