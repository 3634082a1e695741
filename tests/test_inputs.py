"""Slow inputs, interlock loop and flow meter: each wire that can break tells of it, or reads as the safe side."""

import pytest

from boards.parts import interlock as loops
from boards.parts.flow import NO_VALUE, Flow
from boards.parts.inputs import NETS, NO_ANSWER, DirectInputs, ExpandedInputs
from boards.parts.interlock import CLOSED, NOT_KNOWN, OPEN, Interlock
from hil.chips.microcontroller import Clock, Microcontroller
from hil.chips.pwm import FlowMeter


class Wire:
    """Two ends; `how` says what the far one shows of the near one."""

    def __init__(self) -> None:
        self.near = 0
        self.how = "sound"

    def drive(self) -> "Drive":
        return Drive(self)

    def sense(self) -> "Sense":
        return Sense(self)


class Drive:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def value(self, x: int, /) -> None:
        self._wire.near = x


class Sense:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def value(self) -> int:
        return {"sound": self._wire.near, "open": 1, "on_ground": 0, "on_supply": 1}[self._wire.how]


def test_a_sound_loop_is_closed_after_two_levels_and_stays_so() -> None:
    wire = Wire()
    loop = Interlock(wire.drive(), wire.sense())
    said = [loop.step() for _ in range(20)]
    assert said == [NOT_KNOWN] + [CLOSED] * 19


@pytest.mark.parametrize("how", ["open", "on_ground", "on_supply"])
def test_a_loop_that_does_not_follow_is_open_within_two_ticks_and_for_as_long_as_it_lasts(how: str) -> None:
    wire = Wire()
    loop = Interlock(wire.drive(), wire.sense())
    for ticks in range(5, 7):  # whichever level stands
        for _ in range(ticks):
            loop.step()
        wire.how = how
        said = [loop.step() for _ in range(10)]
        assert said[1:] == [OPEN] * 9
        wire.how = "sound"
        assert [loop.step() for _ in range(4)][-2:] == [CLOSED] * 2


def test_the_levels_alternate() -> None:
    wire = Wire()
    loop = Interlock(wire.drive(), wire.sense())
    driven = []
    for _ in range(6):
        driven.append(wire.near)
        loop.step()
    assert driven == [1, 0, 1, 0, 1, 0]
    assert loops.NOT_KNOWN < 0


class Expander:
    """A TCA9554 as its register table has it (Texas Instruments, SCPS233): 0 input, 1 output, 2 polarity, 3 configuration."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.registers = [0xFF, 0xFF, 0x00, 0xFF]
        self.pins = 0xFF
        self.absent = False

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray, /) -> None:
        if self.absent or addr != self.address:
            raise OSError(19)
        buf[0] = self.pins ^ self.registers[2] if memaddr == 0 else self.registers[memaddr]

    def writeto_mem(self, addr: int, memaddr: int, buf: bytearray, /) -> None:
        if self.absent or addr != self.address:
            raise OSError(19)
        self.registers[memaddr] = buf[0]


def test_an_expander_gives_the_byte_of_its_pins() -> None:
    chip = Expander(0x20)
    inputs = ExpandedInputs(chip, 0x20)
    for byte in (0, 0xFF, 0xA5, 0x01, 0x80):
        chip.pins = byte
        assert inputs.read() == byte
    assert inputs.errors == 0


def test_an_expander_that_does_not_answer_is_no_byte_and_counted_and_is_told_again_that_it_only_listens() -> None:
    chip = Expander(0x20)
    inputs = ExpandedInputs(chip, 0x20)
    inputs.read()
    chip.absent = True
    assert [inputs.read() for _ in range(3)] == [NO_ANSWER] * 3
    assert inputs.errors == 3
    chip.absent = False
    chip.registers[3] = 0  # as a disturbance may leave it: outputs
    chip.pins = 0x5A
    assert inputs.read() == 0x5A
    assert chip.registers[3] == 0xFF


def test_pins_give_the_same_byte_in_the_order_of_their_nets() -> None:
    mcu = Microcontroller()
    pins = tuple(mcu.module.Pin(net) for net in NETS)
    inputs = DirectInputs(pins)
    assert inputs.read() == 0xFF  # every wire broken: pulled up
    for k, net in enumerate(NETS):
        mcu.pad(net).drive(0)
        assert inputs.read() == 0xFF & ~(1 << k)
        mcu.pad(net).drive(1)
    with pytest.raises(ValueError, match="eight"):
        DirectInputs(pins[:7])


@pytest.mark.parametrize("l_min", [0.0, 0.5, 8.0, 20.0])
def test_pulses_become_litres(l_min: float) -> None:
    clock = Clock()
    mcu = Microcontroller(clock)
    meter = FlowMeter(mcu.pad("FLOW"), clock)
    flow = Flow(mcu.module.Pin("FLOW"))
    meter.l_min = l_min
    assert flow.read(0) == NO_VALUE
    for _ in range(30):
        clock.sleep_ms(100)
        dl_min = flow.read(100)
    assert dl_min == pytest.approx(10 * l_min, abs=1.4)  # a pulse in a second


def test_a_humming_contact_is_no_flow() -> None:
    clock = Clock()
    mcu = Microcontroller(clock)
    meter = FlowMeter(mcu.pad("FLOW"), clock)
    flow = Flow(mcu.module.Pin("FLOW"))
    meter.l_min = 40.0
    for _ in range(20):
        clock.sleep_ms(100)
        dl_min = flow.read(100)
    assert dl_min == NO_VALUE
