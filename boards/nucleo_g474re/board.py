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
_PWR_CR3 = const(0x08)
_UCPD_DBDIS = const(0x4000)


def wired() -> Nets:
    """The pins by their nets."""
    return Nets(machine, PINS)


def controller(nets: Nets) -> "Any":
    """CAN 1; its pins are the controller's own."""
    return machine.CAN(_CAN, BITRATE)


def free_pins() -> None:
    """USB Type-C leaves reset as for a dead battery: PA9 high pulls PB6 down, PA10 high PB4, with 5.1 kohm (ST, DS12288, pin
    definitions: UCPD1_DBCC1 and CC1, UCPD1_DBCC2 and CC2). PWR_CR3.UCPD_DBDIS (RM0440) ends it until the next reset."""
    try:
        import stm
    except ImportError:
        return  # an emulated controller has no registers
    stm.mem32[stm.PWR + _PWR_CR3] |= _UCPD_DBDIS


class Board(Mainboard):
    """Needs MicroPython 1.29 (machine.CAN came with 1.28, machine.PWM on STM32 with 1.29)."""

    def __init__(self, pack: "Pack") -> None:
        free_pins()
        nets = wired()
        spi = machine.SPI(_SPI, baudrate=SPI_Hz, polarity=1, phase=1)
        i2c = I2cBus(machine.I2C(_I2C, freq=I2C_Hz, timeout=TIMEOUT_us))
        sensors = Sensors(pack, nets, time, spi, i2c, DirectInputs(nets.direct()))
        can = CanQueue(controller(nets))
        super().__init__(machine, time, nets, can, FrontEnd(pack, sensors, can), storage_on(spi, nets))
