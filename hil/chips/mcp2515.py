"""The MCP2515 as its SPI port and its two CAN pins show it: Microchip, data sheet DS20001801J (2019), chapters 3 to 12.

select(), transfer(), deselect() are the SPI port, instruction by instruction. On the other side hear() puts a frame on the bus
and let_one_go() lets the chip send the frame whose turn it is; frames are (identifier, data, extended, remote). `interrupt`,
where set, is called with the level of the INT pin at each change. Runs on CPython and on MicroPython.

Simulated: the register map with writable bits, the registers that only configuration mode lets change and those that it alone
lets read (masks and filters, chapter 4.5), all instructions, modes, filters, masks and roll-over, transmit priorities, abort,
error counters and flags, bit timing as far as a chip that is not at the bus's rate neither hears nor is heard. Not simulated:
the time a frame takes, one-shot mode, wake-up, the pins RXnBF, TXnRTS and CLKOUT. Buffers and filters are 0 after power-on
where the data sheet leaves them unknown.

Faults: `absent` (the line floats high), `stuck` (address -> value), brown_out(), `flip_every` (one bit of every so many bytes
read), `tx_stuck` (nobody acknowledges), set_errors() and bus_off(), recover() (128 times 11 recessive bits went by).
"""

from hil.chips.mcp2515_map import (
    CANINTF,
    EFLG,
    ERRIF,
    EWARN,
    LISTEN,
    LOOPBACK,
    NORMAL,
    REC,
    RX0IF,
    RX0OVR,
    RX1IF,
    RX1OVR,
    RXBCTRL,
    RXEP,
    RXF,
    RXM0,
    RXWAR,
    TEC,
    TX0IF,
    TXBCTRL,
    TXBO,
    TXEP,
    TXERR,
    TXREQ,
    TXWAR,
)
from hil.chips.mcp2515_port import Port


class Mcp2515(Port):
    """One chip with its crystal."""

    def hear(self, identifier: int, data: bytes, extended: bool = False, remote: bool = False) -> bool:
        """A frame of somebody else's. False: the chip did not keep it."""
        if self.absent or self.mode() not in (NORMAL, LISTEN):
            return False
        if self.bitrate() != self.bus_bitrate:
            self.set_errors(self._registers[TEC], min(self._registers[REC] + 1, 128))
            return False
        return self._take(identifier, data, extended, remote)

    def _take(self, identifier: int, data: bytes, extended: bool, remote: bool) -> bool:
        registers = self._registers
        hit = self._hit(0, (0, 1), identifier, data, extended)
        if hit >= 0:
            if not registers[CANINTF] & RX0IF:
                return self._store(0, hit, identifier, data, extended, remote)
            if not registers[0x60] & 4:
                return self._overrun(RX0OVR)
        else:
            hit = self._hit(1, (2, 3, 4, 5), identifier, data, extended)
            if hit < 0:
                return False
        if registers[CANINTF] & RX1IF:
            return self._overrun(RX1OVR)
        return self._store(1, hit, identifier, data, extended, remote)

    def _overrun(self, flag: int) -> bool:
        self._registers[EFLG] |= flag
        self._registers[CANINTF] |= ERRIF
        self._icod()
        return False

    def _hit(self, b: int, filters: "tuple[int, ...]", identifier: int, data: bytes, extended: bool) -> int:
        """The first filter that lets the frame into receive buffer b; -1: none does."""
        registers = self._registers
        if registers[RXBCTRL[b]] & 0x60 == 0x60:
            return filters[0]
        mask = self._filter(RXM0 + 4 * b)
        for k in filters:
            wanted = self._filter(RXF[k])
            if bool(registers[RXF[k] + 1] & 8) != extended:
                continue
            # under a standard identifier the 16 lower bits are compared with the first two bytes of data
            got = identifier if extended else identifier << 18 | (data[0] << 8 if data else 0) | (data[1] if data[1:] else 0)
            if (got ^ wanted) & mask & (0x1FFFFFFF if extended else 0x1FFCFFFF) == 0:
                return k
        return -1

    def _filter(self, first: int) -> int:
        high, low, eid8, eid0 = self._registers[first : first + 4]
        return high << 21 | (low & 0xE0) << 13 | (low & 3) << 16 | eid8 << 8 | eid0

    def _store(self, b: int, hit: int, identifier: int, data: bytes, extended: bool, remote: bool) -> bool:
        registers = self._registers
        base = RXBCTRL[b]
        sid = identifier >> 18 if extended else identifier
        registers[base + 1] = sid >> 3
        registers[base + 2] = (sid & 7) << 5 | (8 | identifier >> 16 & 3 if extended else remote << 4)
        registers[base + 3] = identifier >> 8 & 0xFF if extended else 0
        registers[base + 4] = identifier & 0xFF if extended else 0
        registers[base + 5] = len(data) | (0x40 if remote and extended else 0)
        for k in range(8):
            registers[base + 6 + k] = data[k] if k < len(data) and not remote else 0
        keep = 0x66 if b == 0 else 0x60
        registers[base] = registers[base] & keep | (8 if remote else 0) | (hit & 1 if b == 0 else hit)
        registers[CANINTF] |= RX1IF if b else RX0IF
        self._icod()
        return True

    def next_buffer(self) -> int:
        """Whose turn it is: the highest priority, of equals the highest number; -1: nobody's."""
        best = -1
        for b in range(3):
            control = self._registers[TXBCTRL[b]]
            if control & TXREQ and (best < 0 or control & 3 >= self._registers[TXBCTRL[best]] & 3):
                best = b
        return best

    def let_one_go(self) -> "tuple[int, bytes, bool, bool] | None":
        """Sends the frame whose turn it is, or the one that is on its way. None: there is none, or it cannot be sent."""
        registers = self._registers
        b = self.next_buffer() if self.in_flight < 0 else self.in_flight
        if self.absent or b < 0 or self.mode() not in (NORMAL, LOOPBACK) or registers[EFLG] & TXBO:
            return None
        if self.mode() == NORMAL and (self.tx_stuck or self.bitrate() != self.bus_bitrate):
            registers[TXBCTRL[b]] |= TXERR
            tec = registers[TEC]
            self.set_errors(tec if tec >= 128 else tec + 8, registers[REC])
            return None
        self.in_flight = -1
        base = TXBCTRL[b]
        low = registers[base + 2]
        extended = bool(low & 8)
        identifier = registers[base + 1] << 3 | low >> 5
        if extended:
            identifier = identifier << 18 | (low & 3) << 16 | registers[base + 3] << 8 | registers[base + 4]
        remote = bool(registers[base + 5] & 0x40)
        length = min(registers[base + 5] & 15, 8)
        data = bytes(length) if remote else bytes(registers[base + 6 : base + 6 + length])
        registers[base] &= ~TXREQ
        registers[CANINTF] |= TX0IF << b
        self._change_mode()
        if self.mode() == LOOPBACK:
            self._take(identifier, data, extended, remote)
        self._icod()
        return identifier, data, extended, remote

    def set_errors(self, tec: int, rec: int) -> None:
        """The error counters stand there; the flags follow (figure 6-1 and register 6-3)."""
        registers = self._registers
        registers[TEC] = min(tec, 255)
        registers[REC] = min(rec, 255)
        flags = (TXBO if tec > 255 else 0) | (TXEP if tec > 127 else 0) | (RXEP if rec > 127 else 0)
        flags |= (TXWAR if tec > 95 else 0) | (RXWAR if rec > 95 else 0)
        flags |= EWARN if flags & (TXWAR | RXWAR) else 0
        if flags != registers[EFLG] & 0x3F:
            registers[CANINTF] |= ERRIF
        registers[EFLG] = registers[EFLG] & 0xC0 | flags
        self._icod()

    def bus_off(self) -> None:
        """One transmit error too many."""
        self.set_errors(256, self._registers[REC])

    def recover(self) -> None:
        """The bus was idle for 128 times 11 bits: the chip takes part again by itself."""
        if self._registers[EFLG] & TXBO:
            self.set_errors(0, 0)
