"""An I2C bus whose lines may be held: the time that it takes from a tick is bounded.

machine.I2C waits for a line that somebody holds (SDA by a chip that was reset in the middle of a byte, SCL by one that hangs)
as long as its `timeout` says, 50 ms unless told, and every transfer waits anew. Here one is enough: after a transfer that timed
out the bus is left alone until begin(), and every other transfer is the same OSError at once, so that each device is as if it
were not there. A transfer of ours takes 0.1 ms; STM32 rounds the timeout up to whole milliseconds (MicroPython,
ports/stm32/machine_i2c.c and ports/rp2/machine_i2c.c: both take the argument and answer ETIMEDOUT). Units: us.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import I2c

TIMEOUT_us = const(1000)
_ETIMEDOUT = const(110)
_RING = const(0x3FFFFFFF)


class I2cBus:
    """machine.I2C as far as the parts use it. `held`: a transfer of this tick timed out; `held_count` counts such ticks."""

    def __init__(self, i2c: "I2c") -> None:
        self._i2c = i2c
        self._error = OSError(_ETIMEDOUT)  # one for all: a tick makes none
        self.held = False
        self.held_count = 0

    def begin(self) -> None:
        """A new tick: the lines may be free again."""
        self.held = False

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        self._check()
        try:
            self._i2c.readfrom_mem_into(address, register, buffer)
        except OSError as error:
            self._failed(error)
            raise

    def writeto_mem(self, address: int, register: int, buffer: bytearray) -> None:
        self._check()
        try:
            self._i2c.writeto_mem(address, register, buffer)
        except OSError as error:
            self._failed(error)
            raise

    def _check(self) -> None:
        if self.held:
            raise self._error

    def _failed(self, error: OSError) -> None:
        if error.errno == _ETIMEDOUT:
            self.held = True
            self.held_count = (self.held_count + 1) & _RING
