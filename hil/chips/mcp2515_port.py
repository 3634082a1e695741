"""The SPI port of the MCP2515: instructions, registers, modes, interrupts (data sheet DS20001801J, chapters 7, 10 and 12).

mcp2515 has the other side, and says what is simulated. Runs on CPython and on MicroPython.
"""

from hil.chips.mcp2515_map import (
    ABAT,
    ABTF,
    CANCTRL,
    CANINTE,
    CANINTF,
    CANSTAT,
    CNF1,
    CNF2,
    CNF3,
    CONFIGURATION,
    CONFIGURED,
    ERRIF,
    HIDDEN,
    LOOPBACK,
    MLOA,
    MODIFIABLE,
    NORMAL,
    RX0IF,
    RX1IF,
    TX0IF,
    TX1IF,
    TX2IF,
    TXBCTRL,
    TXERR,
    TXREQ,
    WAKIF,
    WRITABLE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ICOD = ((ERRIF, 1), (WAKIF, 2), (TX0IF, 3), (TX1IF, 4), (TX2IF, 5), (RX0IF, 6), (RX1IF, 7))
_READ, _WRITE, _BIT_MODIFY, _RESET, _STATUS, _RX_STATUS = 0x03, 0x02, 0x05, 0xC0, 0xA0, 0xB0
_BUFFER_STARTS = (0x31, 0x36, 0x41, 0x46, 0x51, 0x56)
_RX_STARTS = (0x61, 0x66, 0x71, 0x76)


class Port:
    """The SPI side of one chip, with its registers."""

    def __init__(self, oscillator_Hz: int = 16_000_000, bus_bitrate: int = 500_000) -> None:
        self.oscillator_Hz = oscillator_Hz
        self.bus_bitrate = bus_bitrate
        self.interrupt: Callable[[int], None] | None = None
        self.absent = False
        self.stuck = {}  # type: dict[int, int]
        self.flip_every = 0
        self.tx_stuck = False
        self.in_flight = -1  # the buffer that is being sent, while a test holds it there
        self._bytes = 0
        self.level = 1  # of the INT pin
        self._instruction = self._address = self._mask = self._place = 0
        self._registers = bytearray(128)
        self.brown_out()

    def brown_out(self) -> None:
        """Power-on reset, or the instruction of that name."""
        for k in range(128):
            self._registers[k] = 0
        self._registers[CANCTRL] = 0x87
        self._registers[CANSTAT] = 0x80
        self._icod()

    def mode(self) -> int:
        return self._registers[CANSTAT] >> 5

    def quanta(self) -> "tuple[int, int]":
        """Time quanta of a bit, and those of them before the sample point (registers CNF2 and CNF3)."""
        two = self._registers[CNF2]
        before = 1 + (two & 7) + 1 + (two >> 3 & 7) + 1
        second = (self._registers[CNF3] & 7) + 1 if two & 0x80 else max((two >> 3 & 7) + 1, 2)
        return before + second, before

    def bitrate(self) -> int:
        """bit/s, 0 where it is none."""
        tq = 2 * ((self._registers[CNF1] & 0x3F) + 1) * self.quanta()[0]
        return 0 if self.oscillator_Hz % tq else self.oscillator_Hz // tq

    # SPI.

    def select(self) -> None:
        """Chip select falls: an instruction begins."""
        self._place = 0

    def transfer(self, out: bytes) -> bytes:
        """The bytes that come back while these go in."""
        if self.absent:
            return b"\xff" * len(out)
        return bytes([self._spoilt(self._byte(byte)) for byte in out])

    def deselect(self) -> None:
        """Chip select rises: a receive buffer that was read by its instruction is free."""
        if not self.absent and self._place > 1 and self._instruction & 0xF9 == 0x90:
            self._registers[CANINTF] &= ~(RX1IF if self._instruction & 4 else RX0IF)
        self._place = 0
        self._icod()

    def _spoilt(self, byte: int) -> int:
        self._bytes += 1
        if self.flip_every and self._bytes % self.flip_every == 0:
            return byte ^ 1 << self._bytes // self.flip_every * 3 % 8
        return byte

    def _byte(self, byte: int) -> int:
        place = self._place
        self._place = place + 1
        if place == 0:
            self._begin(byte)
            return 0xFF  # high impedance
        instruction = self._instruction
        if instruction == _STATUS:
            return self._status()
        if instruction == _RX_STATUS:
            return self._rx_status()
        if instruction & 0xF9 == 0x90:
            return self._next()
        if instruction & 0xF8 == 0x40:
            self._write(self._address, byte, 0xFF)
            self._address = self._address + 1 & 0x7F
        elif instruction in (_READ, _WRITE, _BIT_MODIFY):
            if place == 1:
                self._address = byte & 0x7F
            elif instruction == _READ:
                return self._next()
            elif instruction == _WRITE:
                self._write(self._address, byte, 0xFF)
                self._address = self._address + 1 & 0x7F
            elif place == 2:
                self._mask = byte
            elif place == 3:
                self._write(self._address, byte, self._mask if self._address in MODIFIABLE else 0xFF)
        return 0xFF

    def _begin(self, instruction: int) -> None:
        self._instruction = instruction
        if instruction == _RESET:
            self.brown_out()
        elif instruction & 0xF9 == 0x90:
            self._address = _RX_STARTS[instruction >> 1 & 3]
        elif instruction & 0xF8 == 0x40 and instruction & 7 < 6:
            self._address = _BUFFER_STARTS[instruction & 7]
        elif instruction & 0xF8 == 0x80:
            for b in range(3):
                if instruction >> b & 1:
                    self._write(TXBCTRL[b], TXREQ, TXREQ)

    def _next(self) -> int:
        address = self._address
        self._address = address + 1 & 0x7F
        return self.look(address)

    def look(self, address: int) -> int:
        """A register as a read sees it."""
        if address & 15 in (14, 15):
            address = address & 15
        if address in HIDDEN and self.mode() != CONFIGURATION:
            return 0
        return self.stuck.get(address, self._registers[address])

    def _write(self, address: int, byte: int, mask: int) -> None:
        registers = self._registers
        mask &= WRITABLE.get(address, 0)
        if address & 15 == CANCTRL:
            address = CANCTRL
        if address in self.stuck or (address in CONFIGURED and self.mode() != CONFIGURATION):
            return
        buffer = address >> 4
        if 3 <= buffer <= 5 and address & 15 and registers[16 * buffer] & TXREQ:
            return  # a buffer whose frame waits is locked
        new = registers[address] & ~mask | byte & mask
        if 3 <= buffer <= 5 and address & 15 == 0:
            if buffer - 3 == self.in_flight and registers[address] & TXREQ:
                new |= TXREQ  # a frame that is on its way cannot be taken back
            elif registers[address] & TXREQ and not new & TXREQ:
                new |= ABTF
            elif new & TXREQ and not registers[address] & TXREQ:
                new &= ~(ABTF | MLOA | TXERR)
        registers[address] = new
        if address == CANCTRL:
            if byte & mask & ABAT:
                self._abort_all()
            self._change_mode()
        elif address == 0x60:
            registers[0x60] = new & ~2 | new >> 1 & 2
        self._icod()

    def _abort_all(self) -> None:
        for b in range(3):
            if self._registers[TXBCTRL[b]] & TXREQ and b != self.in_flight:
                self._registers[TXBCTRL[b]] = self._registers[TXBCTRL[b]] & ~TXREQ | ABTF

    def _change_mode(self) -> None:
        """A mode that is asked for comes when nothing waits to be sent, or cannot be sent anyway."""
        asked = self._registers[CANCTRL] >> 5
        waits = any(self._registers[a] & TXREQ for a in TXBCTRL)
        if asked <= CONFIGURATION and not (waits and self.mode() in (NORMAL, LOOPBACK)):
            self._registers[CANSTAT] = self._registers[CANSTAT] & 0x1F | asked << 5

    def _status(self) -> int:
        flags = self._registers[CANINTF]
        out = flags & 3
        for b in range(3):
            out |= (self._registers[TXBCTRL[b]] >> 3 & 1) << 2 + 2 * b | (flags >> 2 + b & 1) << 3 + 2 * b
        return out

    def _rx_status(self) -> int:
        registers = self._registers
        got = registers[CANINTF] & 3
        if not got:
            return 0
        base = 0x60 if got & 1 else 0x70
        extended = registers[base + 2] >> 3 & 1
        remote = registers[base] >> 3 & 1
        hit = registers[base] & 1 if base == 0x60 else registers[base] & 7
        if base == 0x70 and hit < 2:
            hit += 6
        return got << 6 | extended << 4 | remote << 3 | hit

    def _icod(self) -> None:
        """What every event ends with: the interrupt's code in CANSTAT, and its pin."""
        registers = self._registers
        active = registers[CANINTE] & registers[CANINTF]
        code = 0
        for flag, number in _ICOD:
            if active & flag:
                code = number
                break
        registers[CANSTAT] = registers[CANSTAT] & 0xF1 | code << 1
        level = 0 if active else 1
        if level != self.level and self._place == 0:
            self.level = level
            if self.interrupt is not None:
                self.interrupt(level)
