"""The INA228 emulator is the data sheet's chip: its map, its worked example, its conversion times. No driver of ours here.

Numbers are those of Texas Instruments SLYS021A, tables 7-3 to 7-23 and 8-3, 8-4 (the same in the SPI twin's SLYS023A).
"""

import pytest

from hil.chips import ina228
from hil.chips.ina228 import Ina228

# Address, name, bytes, value after reset, bits that keep what is written, as the tables of the data sheet have them.
MAP = [
    (0x00, "CONFIG", 2, 0x0000, 0x3FF0),
    (0x01, "ADC_CONFIG", 2, 0xFB68, 0xFFFF),
    (0x02, "SHUNT_CAL", 2, 0x1000, 0x7FFF),
    (0x03, "SHUNT_TEMPCO", 2, 0x0000, 0x3FFF),
    (0x04, "VSHUNT", 3, 0x000000, 0),
    (0x05, "VBUS", 3, 0x000000, 0),
    (0x06, "DIETEMP", 2, 0x0000, 0),
    (0x07, "CURRENT", 3, 0x000000, 0),
    (0x08, "POWER", 3, 0x000000, 0),
    (0x09, "ENERGY", 5, 0x0000000000, 0),
    (0x0A, "CHARGE", 5, 0x0000000000, 0),
    (0x0B, "DIAG_ALRT", 2, 0x0001, 0xF000),
    (0x0C, "SOVL", 2, 0x7FFF, 0xFFFF),
    (0x0D, "SUVL", 2, 0x8000, 0xFFFF),
    (0x0E, "BOVL", 2, 0x7FFF, 0x7FFF),
    (0x0F, "BUVL", 2, 0x0000, 0x7FFF),
    (0x10, "TEMP_LIMIT", 2, 0x7FFF, 0xFFFF),
    (0x11, "PWR_LIMIT", 2, 0xFFFF, 0xFFFF),
    (0x3E, "MANUFACTURER_ID", 2, 0x5449, 0),
    (0x3F, "DEVICE_ID", 2, 0x2281, 0),
]


def unsigned(chip: Ina228, register: int) -> int:
    return int.from_bytes(chip.read(register, ina228.REGISTERS[register][0]), "big")


def signed(chip: Ina228, register: int, bits: int) -> int:
    """A result of `bits` bits from the top of its register."""
    length = ina228.REGISTERS[register][0]
    return int.from_bytes(chip.read(register, length), "big", signed=True) >> 8 * length - bits


def put(chip: Ina228, register: int, value: int) -> None:
    chip.write(register, value.to_bytes(2, "big"))


def example() -> Ina228:
    """Table 8-3: 10 A at most, 16.2 mohm, 6 A through it, 48 V, 25 degC; continuous, as delivered."""
    chip = Ina228()
    current_lsb_A = 10 / 2**19
    put(chip, ina228.SHUNT_CAL, round(13107.2e6 * current_lsb_A * 0.0162))
    chip.shunt_nV = 97_200_000
    chip.bus_uV = 48_000_000
    return chip


@pytest.mark.parametrize(("address", "name", "length", "reset", "_mask"), MAP)
def test_a_register_is_where_the_map_has_it_and_as_long_and_as_reset(
    address: int, name: str, length: int, reset: int, _mask: int
) -> None:
    chip = Ina228()
    assert getattr(ina228, name) == address
    assert chip.read(address, length) == reset.to_bytes(length, "big")
    assert chip.read(address, length + 1)[length:] == b"\xff"


def test_no_register_is_there_that_the_map_does_not_have() -> None:
    chip = Ina228()
    assert set(ina228.REGISTERS) == {row[0] for row in MAP}
    for address in set(range(256)) - set(ina228.REGISTERS):
        with pytest.raises(ValueError, match="reserved"):
            chip.read(address, 2)
        with pytest.raises(ValueError, match="reserved"):
            put(chip, address, 0)


@pytest.mark.parametrize(("address", "name", "length", "reset", "mask"), MAP)
@pytest.mark.parametrize("written", [0xFFFF, 0x0000, 0xA5A5])
def test_a_write_changes_the_bits_that_can_be_written_and_no_other(
    address: int, name: str, length: int, reset: int, mask: int, written: int
) -> None:
    chip = Ina228()
    if name == "CONFIG":
        written &= 0x3FFF  # RST and RSTACC act and clear themselves
    put(chip, address, written)
    assert unsigned(chip, address) == reset & ~mask | written & mask


def test_the_worked_example_has_the_calibration_and_the_results_of_the_data_sheet() -> None:
    chip = example()
    assert unsigned(chip, ina228.SHUNT_CAL) == 4050
    chip.pass_us(20_000)
    assert signed(chip, ina228.VSHUNT, 20) == 311_040
    assert signed(chip, ina228.CURRENT, 20) == 314_572
    assert signed(chip, ina228.VBUS, 20) == 245_760
    assert signed(chip, ina228.DIETEMP, 16) == 3_200
    assert unsigned(chip, ina228.POWER) == pytest.approx(4_718_604, rel=1e-5)  # printed from an unrounded current


def test_an_hour_of_the_worked_example_has_the_energy_and_the_charge_of_the_data_sheet() -> None:
    chip = example()
    put(chip, ina228.ADC_CONFIG, 0xFFFF)
    chip.pass_us(3_600_000_000)
    assert unsigned(chip, ina228.ENERGY) == pytest.approx(1_061_683_200, rel=4e-3)  # whole rounds of 12.7 s
    assert signed(chip, ina228.CHARGE, 40) == pytest.approx(1_132_462_080, rel=4e-3)


def test_the_negative_shunt_voltage_of_the_data_sheet_reads_as_its_bits() -> None:
    chip = example()
    chip.shunt_nV = -97_200_000
    chip.pass_us(20_000)
    assert chip.read(ina228.VSHUNT, 3) == bytes.fromhex("b41000")


def test_the_narrow_range_has_steps_of_a_quarter() -> None:
    chip = Ina228()
    put(chip, ina228.CONFIG, ina228.ADCRANGE)
    chip.shunt_nV = 40_000_000
    chip.pass_us(20_000)
    assert signed(chip, ina228.VSHUNT, 20) == 512_000  # of 78.125 nV


@pytest.mark.parametrize(
    ("nV", "narrow", "raw"),
    [(200_000_000, 0, 2**19 - 1), (-200_000_000, 0, -(2**19)), (41_000_000, ina228.ADCRANGE, 2**19 - 1)],
)
def test_beyond_its_range_the_converter_stands_at_its_end(nV: int, narrow: int, raw: int) -> None:
    chip = Ina228()
    put(chip, ina228.CONFIG, narrow)
    chip.shunt_nV = nV
    chip.pass_us(20_000)
    assert signed(chip, ina228.VSHUNT, 20) == raw


# Fields of ADC_CONFIG and how long a round takes: 50 us the shortest, 4.12 ms the longest, 1024 at most.
@pytest.mark.parametrize(
    ("config", "us"),
    [(0x1000, 50), (0x3000, 100), (0x7000, 150), (0xFB68, 3 * 1052), (0x2_1C0 & 0xFFFF, 4120), (0x4038 | 7, 4120 * 1024)],
)
def test_a_conversion_is_ready_after_its_time_and_not_before(config: int, us: int) -> None:
    chip = Ina228()
    put(chip, ina228.ADC_CONFIG, config)
    chip.pass_us(us - 1)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    chip.pass_us(1)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF


def test_a_triggered_conversion_is_one_and_measures_what_it_was_told_to() -> None:
    chip = example()
    put(chip, ina228.DIAG_ALRT, ina228.ALATCH)
    put(chip, ina228.ADC_CONFIG, 0x1000)
    chip.pass_us(1_000_000)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    assert (signed(chip, ina228.VBUS, 20), signed(chip, ina228.VSHUNT, 20)) == (245_760, 0)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    chip.pass_us(1_000_000)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF


def test_a_new_trigger_takes_the_ready_flag_back_even_without_latch() -> None:
    chip = Ina228()
    put(chip, ina228.ADC_CONFIG, 0x1000)
    chip.pass_us(50)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    put(chip, ina228.ADC_CONFIG, 0x1000)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF


def test_a_current_too_large_for_its_register_is_an_overflow_of_the_arithmetic() -> None:
    chip = example()
    put(chip, ina228.SHUNT_CAL, 1024)
    chip.pass_us(20_000)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.MATHOF
    put(chip, ina228.SHUNT_CAL, 4096)
    chip.pass_us(20_000)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.MATHOF


@pytest.mark.parametrize(
    ("register", "limit", "flag"),
    [
        (ina228.SOVL, 19_439, ina228.SHNTOL),  # 97.2 mV are 19440 of 5 uV
        (ina228.SUVL, 19_441, ina228.SHNTUL),
        (ina228.BOVL, 15_359, ina228.BUSOL),  # 48 V are 15360 of 3.125 mV
        (ina228.BUVL, 15_361, ina228.BUSUL),
        (ina228.TEMP_LIMIT, 3_199, ina228.TMPOL),
        (ina228.PWR_LIMIT, 18_430, ina228.POL),  # 288 W are 18432 of 256 steps
    ],
)
def test_a_limit_is_passed_by_one_step_and_not_by_none(register: int, limit: int, flag: int) -> None:
    chip = example()
    put(chip, register, limit)
    chip.pass_us(20_000)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.LIMITS == flag
    put(chip, register, limit + (-1 if flag in (ina228.SHNTUL, ina228.BUSUL) else 2))
    chip.pass_us(20_000)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.LIMITS == 0


def test_reset_and_brown_out_make_everything_as_delivered() -> None:
    for reset in (lambda chip: put(chip, ina228.CONFIG, ina228.RST), lambda chip: chip.brown_out()):
        chip = example()
        chip.pass_us(20_000)
        put(chip, ina228.DIAG_ALRT, 0xF000)
        reset(chip)
        for address, _, length, value, _ in MAP:
            assert chip.read(address, length) == value.to_bytes(length, "big")


def test_faults_are_what_they_are_called() -> None:
    chip = example()
    chip.pass_us(20_000)
    chip.stuck[ina228.CURRENT] = 0x123450
    put(chip, ina228.CONFIG, 0x10)
    assert chip.read(ina228.CURRENT, 3) == bytes.fromhex("123450")
    chip.memory_bad = True
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.MEMSTAT
    chip.flip_every = 1
    assert bin(unsigned(chip, ina228.DEVICE_ID) ^ 0x2281).count("1") == 1
    chip.flip_every = 0
    chip.slowness = 3
    put(chip, ina228.ADC_CONFIG, 0x1000)
    chip.pass_us(149)
    assert not unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    chip.pass_us(1)
    assert unsigned(chip, ina228.DIAG_ALRT) & ina228.CNVRF
    chip.absent = True
    with pytest.raises(OSError, match="5"):
        chip.read(ina228.CONFIG, 2)
    with pytest.raises(OSError, match="5"):
        put(chip, ina228.CONFIG, 0)
