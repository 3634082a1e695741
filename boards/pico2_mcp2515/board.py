"""The Raspberry Pi Pico 2 as a board: an MCP2515 on SPI 1 for CAN, monitors and FRAM on SPI 0, the rest on I2C 0."""

import time

import machine
from micropython import const

from boards.parts.can_queue import CanQueue
from boards.parts.front_end import FrontEnd
from boards.parts.i2c_bus import I2cBus, TIMEOUT_us
from boards.parts.inputs import ExpandedInputs
from boards.parts.mainboard import BITRATE, Mainboard
from boards.parts.mcp2515 import CAN
from boards.parts.nets import Nets
from boards.parts.sensors import I2C_Hz, Sensors, SPI_Hz, storage_on
from boards.pico2_mcp2515.pins import PINS

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

_SPI = const(0)
_CAN_SPI = const(1)
_CAN_SPI_Hz = const(10000000)
_CRYSTAL_Hz = const(16000000)
_I2C = const(0)


def wired() -> Nets:
    """The pins by their nets."""
    return Nets(machine, PINS)


def controller(nets: Nets) -> CAN:
    """The MCP2515 on a SPI of its own."""
    spi = machine.SPI(
        _CAN_SPI,
        baudrate=_CAN_SPI_Hz,
        sck=nets.bus("CAN_SCK"),
        mosi=nets.bus("CAN_MOSI"),
        miso=nets.bus("CAN_MISO"),
    )
    return CAN(
        1,
        BITRATE,
        spi=spi,
        cs=nets.output("CAN_CS", 1),
        interrupt=nets.edge("CAN_INT"),
        oscillator_Hz=_CRYSTAL_Hz,
    )


class Board(Mainboard):
    """Needs MicroPython 1.26: before it an assignment to a slice allocates, and a tick has some."""

    def __init__(self, pack: "Pack") -> None:
        nets = wired()
        spi = machine.SPI(
            _SPI,
            baudrate=SPI_Hz,
            polarity=1,
            phase=1,
            sck=nets.bus("MONITOR_SCK"),
            mosi=nets.bus("MONITOR_MOSI"),
            miso=nets.bus("MONITOR_MISO"),
        )
        wires = machine.I2C(
            _I2C, scl=nets.bus("SENSE_SCL"), sda=nets.bus("SENSE_SDA"), freq=I2C_Hz, timeout=TIMEOUT_us
        )
        i2c = I2cBus(wires)
        sensors = Sensors(pack, nets, time, spi, i2c, ExpandedInputs(i2c))
        can = CanQueue(controller(nets))
        super().__init__(machine, time, nets, can, FrontEnd(pack, sensors, can), storage_on(spi, nets))
