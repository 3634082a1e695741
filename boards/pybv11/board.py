"""The pyboard v1.1 as a board: CAN 1, monitors and FRAM on SPI 1, current sensors and the expander of inputs on I2C 1.

With firmware that has machine.CAN and machine.PWM those are used; older firmware has pyb.CAN and pyb.Timer, which two adapters
give the same manners.
"""

import time

import machine
from micropython import const

from boards.parts.can_queue import CanQueue
from boards.parts.front_end import FrontEnd
from boards.parts.i2c_bus import I2cBus, TIMEOUT_us
from boards.parts.inputs import ExpandedInputs
from boards.parts.mainboard import BITRATE, Mainboard
from boards.parts.nets import Nets
from boards.parts.sensors import I2C_Hz, Sensors, SPI_Hz, storage_on
from boards.pybv11.pins import CHANNELS, PINS

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.schema import Pack

_SPI = const(1)
_I2C = const(1)
_CAN = const(1)


def wired() -> Nets:
    """The pins by their nets."""
    return Nets(machine, PINS, None if hasattr(machine, "PWM") else channel)


def controller(nets: Nets) -> "Any":
    """CAN 1 with machine.CAN's manners; its pins are the controller's own."""
    if hasattr(machine, "CAN"):
        return machine.CAN(_CAN, BITRATE)
    import pyb

    from boards.parts.pyb_can import CAN

    return CAN(pyb.CAN, _CAN, BITRATE)


def channel(net: str, pin: "Any", frequency_Hz: int) -> "Any":
    """A channel of pyb.Timer with machine.PWM's manners."""
    import pyb

    from boards.parts.pyb_pwm import PWM

    timer, number = CHANNELS[net]
    return PWM(pyb.Timer, timer, number, pin, frequency_Hz)


class Board(Mainboard):
    """Needs MicroPython 1.26: before it an assignment to a slice allocates, and a tick has some."""

    def __init__(self, pack: "Pack") -> None:
        nets = wired()
        spi = machine.SPI(_SPI, baudrate=SPI_Hz, polarity=1, phase=1)
        i2c = I2cBus(machine.I2C(_I2C, freq=I2C_Hz, timeout=TIMEOUT_us))
        sensors = Sensors(pack, nets, time, spi, i2c, ExpandedInputs(i2c))
        can = CanQueue(controller(nets))
        super().__init__(machine, time, nets, can, FrontEnd(pack, sensors, can), storage_on(spi, nets))
