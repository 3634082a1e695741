"""The instructions of an MCP2515 over SPI (data sheet DS20001801J, chapter 12). Allocates nothing after construction.

What the chip answers lies in `frame` after fetch() and in `seen` after look(), behind the bytes that were sent meanwhile. A bus
that raises is a chip that does not answer: all bits high.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Protocol

    from boards.parts.manners import OutputPin

    class Spi(Protocol):
        """The part of machine.SPI that is used here. The chip takes up to 10 MHz, modes 0 and 3."""

        def write_readinto(self, __out: bytearray, __got: bytearray) -> object: ...


_WRITE = const(0x02)
_READ = const(0x03)
_BIT_MODIFY = const(0x05)
_LOAD = const(0x40)
_FETCH = const(0x90)
_STATUS = const(0xA0)
_RESET = const(0xC0)

FRAME_bytes = const(14)  # an instruction, header and data of a buffer
_LOOK_FROM = const(0x1C)
_LOOK_bytes = const(20)
NOBODY = const(0xFF)


class Wire:
    """One chip at one chip select."""

    def __init__(self, spi: "Spi", cs: "OutputPin") -> None:
        self._spi = spi
        self._cs = cs
        self._one = bytearray([_RESET])
        self._two = bytearray([_STATUS, 0])
        self._three = bytearray([_WRITE, 0, 0])
        self._four = bytearray([_BIT_MODIFY, 0, 0, 0])
        self._fetch = bytearray(FRAME_bytes)
        self._look = bytearray(_LOOK_bytes)
        self._look[0] = _READ
        self._look[1] = _LOOK_FROM
        self._got_one = bytearray(1)
        self._got_two = bytearray(2)
        self._got_three = bytearray(3)
        self._got_four = bytearray(4)
        self.frame = bytearray(FRAME_bytes)
        self.seen = bytearray(_LOOK_bytes)
        cs.value(1)

    def _exchange(self, out: bytearray, got: bytearray) -> None:
        self._cs.value(0)
        try:
            self._spi.write_readinto(out, got)
        except OSError:
            for k in range(len(got)):
                got[k] = NOBODY
        self._cs.value(1)

    def reset(self) -> None:
        """Everything as after power-on, in configuration mode."""
        self._exchange(self._one, self._got_one)

    def status(self) -> int:
        """RX0IF, RX1IF, and for each transmit buffer TXREQ and TXnIF, from bit 0 on."""
        self._exchange(self._two, self._got_two)
        return self._got_two[1]

    def write(self, address: int, value: int) -> None:
        """One register."""
        three = self._three
        three[1] = address
        three[2] = value
        self._exchange(three, self._got_three)

    def modify(self, address: int, mask: int, value: int) -> None:
        """The bits of one register under a mask."""
        four = self._four
        four[1] = address
        four[2] = mask
        four[3] = value
        self._exchange(four, self._got_four)

    def load(self, buffer: int, frame: bytearray) -> None:
        """Header and data, behind a byte for the instruction, into a transmit buffer whose frame does not wait."""
        frame[0] = _LOAD | 2 * buffer
        self._exchange(frame, self.frame)

    def fetch(self, buffer: int) -> None:
        """Header and data of a receive buffer, which is free afterwards."""
        self._fetch[0] = _FETCH | 4 * buffer
        self._exchange(self._fetch, self.frame)

    def look(self) -> None:
        """TEC, REC, CANSTAT, CANCTRL, both masks, CNF3 to CNF1, CANINTE, CANINTF, EFLG from byte 2 on."""
        self._exchange(self._look, self.seen)
