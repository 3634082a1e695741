"""What an insulation monitor says by pulse width is what the part reads, and what it cannot say is no value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.parts import insulation as part
from boards.parts.insulation import Insulation
from hil.chips.microcontroller import Clock, Microcontroller
from hil.chips.pwm import InsulationMonitor

READ_ms = 100


class Rig:
    def __init__(self, kohm: float = 20000.0, later_us: int = 0) -> None:
        self.clock = Clock(later_us)
        mcu = Microcontroller(self.clock)
        self.pad = mcu.pad("IMD")
        self.chip = InsulationMonitor(self.pad, self.clock, kohm)
        pin = mcu.module.Pin("IMD", mcu.module.Pin.IN)
        self.part = Insulation(pin, self.clock)

    def run(self, ms: int) -> int:
        kohm = part.NO_VALUE
        for _ in range(ms // READ_ms):
            self.clock.sleep_ms(READ_ms)
            kohm = self.part.read(READ_ms)
        return kohm


def high_us(pad_rig: Rig) -> int:
    """How long the emulator's output is high in one period, as a scope would see it."""
    rises: list[int] = []
    falls: list[int] = []
    pad_rig.pad.watchers.append(lambda level: (rises if level else falls).append(pad_rig.clock.now_us))
    pad_rig.clock.sleep_ms(250)
    return next(fall for fall in falls if fall > rises[0]) - rises[0]


@pytest.mark.parametrize(("kohm", "percent"), [(0, 95.0), (1200, 50.0), (1e9, 5.0)])
def test_the_emulator_has_the_duties_of_the_data_sheet(kohm: float, percent: float) -> None:
    assert high_us(Rig(kohm)) == pytest.approx(percent * 1000, abs=2)


@given(st.integers(0, 40000), st.sampled_from([0, (1 << 30) - 150_000]))
def test_a_resistance_is_read_as_it_is(kohm: int, later_us: int) -> None:
    rig = Rig(kohm, later_us)  # the second begins just before the ticks wrap
    # a microsecond more or less, and a ten-thousandth of duty, as far as they reach
    duty = 0.05 + 0.9 * 1200 / (kohm + 1200)
    worst = abs(0.9 * 1200 / (duty - 0.05 - 1.3e-4) - 1200 - kohm) + 1
    assert rig.run(400) == pytest.approx(kohm, abs=worst)
    assert rig.part.state == part.NORMAL


def test_no_leak_reads_as_the_most_that_can_be_said() -> None:
    assert Rig(1e9).run(300) == part.MAX_kohm


def test_a_resistance_is_believed_while_the_high_voltage_is_low() -> None:
    rig = Rig(800)
    rig.chip.condition = "undervoltage"
    assert rig.run(400) == pytest.approx(800, abs=3)
    assert rig.part.state == part.UNDERVOLTAGE


@pytest.mark.parametrize(
    ("condition", "state", "kohm"),
    [
        ("quick_good", part.QUICK_LOOK, part.NO_VALUE),
        ("quick_bad", part.QUICK_LOOK, 0),
        ("device_error", part.DEVICE_ERROR, part.NO_VALUE),
        ("earth_open", part.EARTH_OPEN, part.NO_VALUE),
    ],
)
def test_what_it_says_by_frequency_is_no_resistance(condition: str, state: int, kohm: int) -> None:
    rig = Rig(500)
    assert rig.run(400) == pytest.approx(500, abs=3)
    rig.chip.condition = condition
    assert rig.run(400) == kohm
    assert rig.part.state == state


def test_a_dead_output_is_no_value_within_seven_tenths_of_a_second_and_comes_back() -> None:
    rig = Rig(3000)
    assert rig.run(500) == pytest.approx(3000, abs=20)
    rig.chip.dead = True
    assert rig.run(200) == pytest.approx(3000, abs=20)
    assert rig.run(500) == part.NO_VALUE
    assert rig.part.state == part.SILENT
    rig.chip.dead = False
    assert rig.run(400) == pytest.approx(3000, abs=20)


@pytest.mark.parametrize("level", [0, 1])
def test_a_wire_on_supply_or_ground_is_silence(level: int) -> None:
    clock = Clock()
    mcu = Microcontroller(clock)
    mcu.pad("IMD").drive(level)
    imd = Insulation(mcu.module.Pin("IMD"), clock)
    for _ in range(10):
        clock.sleep_ms(READ_ms)
        assert imd.read(READ_ms) == part.NO_VALUE


@given(st.lists(st.integers(1, 200_000), min_size=20, max_size=60))
def test_noise_on_the_wire_never_raises_and_is_told_or_in_range(gaps_us: list[int]) -> None:
    clock = Clock()
    mcu = Microcontroller(clock)
    pad = mcu.pad("IMD")
    imd = Insulation(mcu.module.Pin("IMD"), clock)
    for gap_us in gaps_us:
        clock.run(gap_us)
        pad.drive(1 - pad.level)
        assert part.NO_VALUE <= imd.read(gap_us // 1000) <= part.MAX_kohm


def test_a_frequency_between_those_of_the_data_sheet_is_an_error() -> None:
    clock = Clock()
    mcu = Microcontroller(clock)
    pad = mcu.pad("IMD")
    pad.drive(0)
    imd = Insulation(mcu.module.Pin("IMD"), clock)
    for _ in range(10):  # 15 Hz at 50 %
        clock.run(33_333)
        pad.drive(1 - pad.level)
    assert imd.read(READ_ms) == part.NO_VALUE
    assert imd.errors == 1
