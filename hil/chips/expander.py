"""The I2C port expander TCA9554 as its registers show it: Texas Instruments, SCPS233, table of command bytes.

0 input port (what stands at the pins, turned over where the polarity register says so), 1 output port, 2 polarity inversion,
3 configuration (a set bit is an input). After power-on: all inputs, outputs high, nothing turned over. No interrupt here.
Faults: `absent`, `stuck` (register: value), brown_out().
"""

import errno

INPUT, OUTPUT, POLARITY, CONFIGURATION = range(4)


class Expander:
    """`pins` is the byte that the world puts at the pins; a pin that is an output shows what it drives."""

    def __init__(self) -> None:
        self.pins = 0xFF
        self.absent = False
        self.stuck: dict[int, int] = {}
        self.brown_out()

    def brown_out(self) -> None:
        """As after power-on."""
        self.output, self.polarity, self.configuration = 0xFF, 0x00, 0xFF

    def read(self, register: int, n: int) -> bytes:
        self._check(register)
        if register in self.stuck:
            return bytes([self.stuck[register]] * n)
        seen = self.pins & self.configuration | self.output & ~self.configuration & 0xFF
        return bytes([(seen ^ self.polarity, self.output, self.polarity, self.configuration)[register]] * n)

    def write(self, register: int, data: bytes) -> None:
        self._check(register)
        if register == OUTPUT:
            self.output = data[-1]
        elif register == POLARITY:
            self.polarity = data[-1]
        elif register == CONFIGURATION:
            self.configuration = data[-1]

    def _check(self, register: int) -> None:
        if self.absent:
            raise OSError(errno.ENODEV)
        if not INPUT <= register <= CONFIGURATION:
            raise ValueError(f"TCA9554: no register {register}")
