"""The NUCLEO-G474RE as a board: machine.CAN on FDCAN1, monitors and FRAM on SPI 1, current sensors on I2C 1, inputs by pins."""

import time

import machine
from micropython import const

from boards.nucleo_g474re.pins import PINS
from boards.parts.can_queue import CanQueue
from boards.parts.front_end import FrontEnd
from boards.parts.i2c_bus import I2cBus, TIMEOUT_us
from boards.parts.inputs import DirectInputs
from boards.parts.mainboard import BITRATE, Mainboard
from boards.parts.nets import Nets
from boards.parts.sensors import I2C_Hz, Sensors, SPI_Hz, storage_on

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.schema import Pack

_SPI = const(1)
_I2C = const(1)
_CAN = const(1)


def wired() -> Nets:
    """The pins by their nets."""
    return Nets(machine, PINS)


def controller(nets: Nets) -> "Any":
    """CAN 1; its pins are the controller's own."""
    return machine.CAN(_CAN, BITRATE)


class Board(Mainboard):
    """Needs MicroPython 1.29 (machine.CAN came with 1.28, machine.PWM on STM32 with 1.29)."""

    def __init__(self, pack: "Pack") -> None:
        nets = wired()
        spi = machine.SPI(_SPI, baudrate=SPI_Hz, polarity=1, phase=1)
        i2c = I2cBus(machine.I2C(_I2C, freq=I2C_Hz, timeout=TIMEOUT_us))
        sensors = Sensors(pack, nets, time, spi, i2c, DirectInputs(nets.direct()))
        can = CanQueue(controller(nets))
        super().__init__(machine, time, nets, can, FrontEnd(pack, sensors, can), storage_on(spi, nets))
