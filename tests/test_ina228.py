"""The INA228 on an emulated bus: what flows and stands there comes out in mA, mV and ddegC, every fault of it as its bit."""

import subprocess
from array import array
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts import ina228
from boards.parts.ina228 import Ina228
from hil.chips import ina228 as registers
from hil.chips.buses import I2c
from hil.chips.ina228 import Ina228 as Chip
from tests.test_tick_target import run

ADDRESS = 0x40
TICK_us = 10_000
CURRENT, BUS, DIE = 1, 2, 4


class Wire(I2c):
    """I2C with one chip, and how many bytes it carried."""

    def __init__(self, chip: Chip) -> None:
        super().__init__({ADDRESS: chip})
        self.bytes = 0

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray | memoryview, /) -> None:
        super().readfrom_mem_into(addr, memaddr, buf)
        self.bytes += 3 + len(buf)

    def writeto_mem(self, addr: int, memaddr: int, buf: bytes | bytearray | memoryview, /) -> None:
        super().writeto_mem(addr, memaddr, buf)
        self.bytes += 2 + len(buf)


class Rig:
    """A part that is read and started in every tick."""

    def __init__(self, shunt_uohm: int = 100, **how: int) -> None:
        self.chip = Chip()
        self.chip.bus_uV = 48_000_000
        self.wire = Wire(self.chip)
        self.part = Ina228(self.wire, ADDRESS, shunt_uohm, **how)  # type: ignore[arg-type]  # bools are ints
        self.values = array("i", [0] * ina228.VALUES)

    def tick(self, times: int = 1) -> int:
        fresh = 0
        for _ in range(times):
            fresh = self.part.read(self.values)
            self.part.start()
            self.chip.pass_us(TICK_us)
        return fresh

    def run_until_known(self) -> "Rig":
        self.tick(ina228.LOOKS + 2)
        assert self.part.trouble == 0
        return self


def test_values_come_in_the_second_tick_and_the_die_within_the_looks() -> None:
    rig = Rig()
    assert rig.tick() == 0
    assert rig.tick() == CURRENT | BUS
    assert DIE in [rig.tick() & DIE for _ in range(ina228.LOOKS)]
    assert rig.values[ina228.DIE_ddegC] == 250


@given(nV=st.integers(-160_000_000, 160_000_000), shunt_uohm=st.integers(20, 1_000_000), trim_ppm=st.integers(-20_000, 20_000))
def test_the_current_is_that_of_ohms_law_to_a_converter_step_and_a_hundred_ppm(
    nV: int, shunt_uohm: int, trim_ppm: int
) -> None:
    rig = Rig(shunt_uohm, trim_ppm=trim_ppm)
    rig.chip.shunt_nV = nV
    rig.tick()
    assert rig.tick() & CURRENT
    true_mA = Fraction(nV, shunt_uohm) * Fraction(1_000_000, 1_000_000 + trim_ppm)
    step_mA = Fraction(625, 2 * shunt_uohm) * Fraction(1_000_000, 1_000_000 + trim_ppm)
    assert abs(rig.values[ina228.CURRENT_mA] - true_mA) <= step_mA + 1 + abs(true_mA) / 10_000


@given(nV=st.integers(-40_900_000, 40_900_000))
def test_the_narrow_range_has_steps_of_a_quarter(nV: int) -> None:
    rig = Rig(10, narrow=True)
    rig.chip.shunt_nV = nV
    rig.tick()
    assert rig.tick() & CURRENT
    assert abs(rig.values[ina228.CURRENT_mA] - Fraction(nV, 10)) <= Fraction(625, 80) + 1 + abs(nV) // 100_000


@given(uV=st.integers(0, 85_000_000), upper_ohm=st.integers(0, 2_000_000), lower_ohm=st.integers(1_000, 100_000))
def test_the_bus_voltage_is_that_in_front_of_the_divider(uV: int, upper_ohm: int, lower_ohm: int) -> None:
    rig = Rig(upper_ohm=upper_ohm, lower_ohm=lower_ohm)
    rig.chip.bus_uV = uV
    rig.tick()
    assert rig.tick() & BUS
    ratio = Fraction(upper_ohm + lower_ohm, lower_ohm)
    true_mV = Fraction(uV, 1000) * ratio
    assert abs(rig.values[ina228.BUS_mV] - true_mV) <= Fraction(195_3125, 10_000_000) * 10 * ratio + 1 + true_mV / 10_000


def test_a_shunt_that_is_turned_round_still_has_charging_current_positive() -> None:
    rig = Rig(turned=True)
    rig.chip.shunt_nV = -2_800_000
    rig.tick()
    rig.tick()
    assert rig.values[ina228.CURRENT_mA] == 28_000


@pytest.mark.parametrize("mdegC", [-40_000, -125, 0, 25_000, 124_992])
def test_the_die_has_its_temperature(mdegC: int) -> None:
    rig = Rig()
    rig.chip.die_mdegC = mdegC
    assert any(rig.tick() & DIE for _ in range(ina228.LOOKS + 2))
    assert abs(rig.values[ina228.DIE_ddegC] - mdegC / 100) <= 1


@given(numerator=st.integers(1, 10**15), denominator=st.integers(1, 10**15))
def test_a_scale_is_close_and_its_product_a_small_int_or_it_is_refused(numerator: int, denominator: int) -> None:
    true = Fraction(numerator, denominator)
    try:
        n, d = ina228.fraction(numerator, denominator)
    except ValueError:
        assert true > 1900 or true < Fraction(1, 24_000)
        return
    assert 2**19 * n + d // 2 < 2**30
    if true < 100:
        assert abs(Fraction(n, d) / true - 1) < Fraction(1, 2000)


@pytest.mark.parametrize(
    "bad",
    [{"shunt_uohm": 0}, {"shunt_uohm": 10**8}, {"lower_ohm": 0}, {"upper_ohm": -1}, {"trim_ppm": -1_000_000}],
)
def test_a_shunt_or_divider_that_cannot_be_dies_at_start(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="ina228"):
        Rig(**bad)


def absent(chip: Chip) -> None:
    chip.absent = True


def other_maker(chip: Chip) -> None:
    chip.stuck[registers.MANUFACTURER_ID] = 0x5448


def other_device(chip: Chip) -> None:
    chip.stuck[registers.DEVICE_ID] = 0x2381


def brown_out(chip: Chip) -> None:
    chip.brown_out()


def wrong_range(chip: Chip) -> None:
    chip.stuck[registers.CONFIG] = registers.ADCRANGE


def wrong_calibration(chip: Chip) -> None:
    chip.stuck[registers.SHUNT_CAL] = 0x1001


def memory(chip: Chip) -> None:
    chip.memory_bad = True


def slow(chip: Chip) -> None:
    chip.slowness = 2


def stuck_current(chip: Chip) -> None:
    chip.stuck[registers.CURRENT] = 0x123450


def stuck_shunt(chip: Chip) -> None:
    chip.stuck[registers.VSHUNT] = 0


def never_ready(chip: Chip) -> None:
    chip.stuck[registers.DIAG_ALRT] = 0xA001


def negative_bus(chip: Chip) -> None:
    chip.stuck[registers.VBUS] = 0x800000


def all_ones(chip: Chip) -> None:
    chip.stuck.update({register: (1 << 8 * row[0]) - 1 for register, row in registers.REGISTERS.items()})


def overflow(chip: Chip) -> None:
    chip.stuck[registers.DIAG_ALRT] = 0xA203


def short(chip: Chip) -> None:
    chip.shunt_nV = 500_000_000


def reversed_short(chip: Chip) -> None:
    chip.shunt_nV = -500_000_000


# What happens to the chip, its bit, within how many ticks of a reading after it, what stays fresh and sound.
FAULTS: list[tuple[Callable[[Chip], None], int, int, int]] = [
    (absent, ina228.ABSENT, 1, 0),
    (other_maker, ina228.IDENTITY, ina228.LOOKS + 1, 0),
    (other_device, ina228.IDENTITY, ina228.LOOKS + 1, 0),
    (brown_out, ina228.CONFIGURATION, 1, 0),
    (wrong_range, ina228.CONFIGURATION, ina228.LOOKS + 1, 0),
    (wrong_calibration, ina228.CONFIGURATION, ina228.LOOKS + 1, 0),
    (memory, ina228.MEMORY, 1, 0),
    (slow, ina228.NOT_READY, 2, 0),
    (never_ready, ina228.NOT_READY, 1, 0),
    (overflow, ina228.OVERFLOW, 1, BUS),
    (short, ina228.RANGE, 2, BUS),
    (reversed_short, ina228.RANGE, 2, BUS),
    (stuck_current, ina228.DISAGREES, 1, 0),
    (stuck_shunt, ina228.DISAGREES, 1, 0),
    (negative_bus, ina228.DISAGREES, 1, 0),
    (all_ones, ina228.CONFIGURATION, 1, 0),
]


@pytest.mark.parametrize(("happens", "bit", "within", "left"), FAULTS, ids=lambda v: getattr(v, "__name__", ""))
def test_a_fault_of_the_chip_is_its_bit_within_its_ticks_and_the_value_is_withheld(
    happens: Callable[[Chip], None], bit: int, within: int, left: int
) -> None:
    for phase in range(ina228.LOOKS):
        rig = Rig()
        rig.chip.shunt_nV = 2_800_000
        rig.run_until_known()
        rig.tick(phase)
        happens(rig.chip)
        for _ in range(within):
            fresh = rig.tick()
            if rig.part.trouble & bit:
                break
        assert rig.part.trouble & bit, f"phase {phase}"
        assert fresh & ~DIE == left


@pytest.mark.parametrize("happens", [row[0] for row in FAULTS], ids=lambda v: v.__name__)
def test_a_fault_that_passes_leaves_the_chip_configured_and_its_values_right(happens: Callable[[Chip], None]) -> None:
    rig = Rig(narrow=True)
    rig.chip.shunt_nV = 2_800_000
    rig.run_until_known()
    happens(rig.chip)
    rig.tick(ina228.LOOKS + 3)
    rig.chip.absent = rig.chip.memory_bad = False
    rig.chip.stuck.clear()
    rig.chip.slowness = 1
    rig.chip.shunt_nV = 2_800_000
    rig.tick(3)
    for _ in range(ina228.LOOKS):
        assert rig.tick() & (CURRENT | BUS) == CURRENT | BUS
        assert rig.part.trouble == 0
        assert (rig.values[ina228.CURRENT_mA], rig.values[ina228.BUS_mV]) == (28_000, 48_000)


def test_a_brown_out_between_two_ticks_costs_one_tick_and_no_wrong_value() -> None:
    for us in range(0, TICK_us, 500):
        rig = Rig(narrow=True)
        rig.chip.shunt_nV = 2_800_000
        rig.run_until_known()
        rig.part.read(rig.values)
        rig.part.start()
        rig.chip.pass_us(us)
        rig.chip.brown_out()
        rig.chip.pass_us(TICK_us - us)
        for _ in range(4):
            if rig.tick() & CURRENT:
                assert rig.values[ina228.CURRENT_mA] == 28_000
        assert rig.part.error_count <= 3  # two before it was known, one now


def test_one_wrong_bit_in_any_read_never_makes_a_wrong_value_of_a_measurement() -> None:
    rig = Rig()
    rig.chip.shunt_nV = 2_800_000
    rig.run_until_known()
    rig.chip.flip_every = 17  # at most one in a tick's reads
    taken = 0
    for _ in range(2000):
        fresh = rig.tick()
        if fresh & CURRENT:
            taken += 1
            assert rig.values[ina228.CURRENT_mA] == 28_000
        if fresh & BUS:
            assert rig.values[ina228.BUS_mV] == 48_000
        if fresh & DIE:
            assert rig.values[ina228.DIE_ddegC] == 250
    assert rig.chip.flipped > 500
    assert taken > 1000 and rig.part.error_count > 200


def test_a_tick_moves_fewer_bytes_than_a_bus_of_400_khz_carries_in_two_milliseconds() -> None:
    rig = Rig().run_until_known()
    before = rig.wire.bytes
    most = 0
    for _ in range(ina228.LOOKS):
        before = rig.wire.bytes
        rig.tick()
        most = max(most, rig.wire.bytes - before)
    assert 9 * most / 400 < 2


def test_nothing_is_written_to_a_stranger() -> None:
    rig = Rig()
    other_device(rig.chip)
    rig.tick(20)
    assert rig.chip.writes == 0


LOCKED = """
import sys
sys.path.append(".")
sys.path.append("hil/chips")
import micropython
from array import array
import ina228 as chips
from boards.parts import ina228 as parts

class Wire:
    def readfrom_mem_into(self, address, register, buffer):
        micropython.heap_unlock()
        try:
            buffer[:] = chip.read(register, len(buffer))
        finally:
            micropython.heap_lock()

    def writeto_mem(self, address, register, data):
        micropython.heap_unlock()
        try:
            chip.write(register, data)
        finally:
            micropython.heap_lock()

chip = chips.Ina228()
part = parts.Ina228(Wire(), 0x40, 100)
values = array("i", [0] * parts.VALUES)
seen = fresh = 0
for n in range(10000):
    chip.shunt_nV = n * 40000 - 200000000
    chip.bus_uV = n * 8000
    what = n // 100 % 12
    within = n % 100 < 20
    chip.absent = within and what == 1
    chip.memory_bad = within and what == 2
    chip.slowness = 3 if within and what == 3 else 1
    chip.flip_every = 19 if within and what == 4 else 0
    chip.stuck.clear()
    if within and what == 5:
        chip.stuck[chips.DEVICE_ID] = 0
    if within and what == 6:
        chip.stuck[chips.SHUNT_CAL] = 77
    if within and what == 7:
        chip.stuck[chips.DIAG_ALRT] = 0xA203
    if within and what == 8:
        chip.brown_out()
    micropython.heap_lock()
    fresh += part.read(values)
    part.start()
    seen |= part.trouble
    micropython.heap_unlock()
    chip.pass_us(10000)
print(seen, fresh > 10000, part.error_count > 500)
"""


def test_ten_thousand_ticks_with_every_fault_allocate_nothing_on_micropython(micropython: str, root: Path) -> None:
    done: subprocess.CompletedProcess[str] = run(micropython, root, LOCKED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["255", "True", "True"]
