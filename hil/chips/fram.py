"""An SPI FRAM of the MB85RS kind, command by command (Fujitsu MB85RS256B, DS501-00021).

WREN, WRDI, RDSR, WRSR, READ, WRITE, RDID; the write enable latch falls when the chip is deselected after WRITE, WRSR or WRDI;
addresses roll over at the end. WRITE takes each byte as soon as its last bit has come, so a supply that goes leaves the first
bytes written. Faults: `absent` (the line stays high), `protected` (the latch never rises), `stuck` (address -> byte),
`power_for` bytes until the supply goes. Not simulated: block protection, WP, HOLD, sleep.
"""

WREN, WRDI, RDSR, WRSR, READ, WRITE, RDID = 0x06, 0x04, 0x05, 0x01, 0x03, 0x02, 0x9F
WEL = 0x02
LATCHED = (WRITE, WRSR, WRDI)
# maker, continuation, density, product
IDENTITIES = {8192: bytes((0x04, 0x7F, 0x03, 0x02)), 32768: bytes((0x04, 0x7F, 0x05, 0x09))}


class Fram:
    """hil.chips.buses.SpiDevice; `bytes`: what it holds."""

    def __init__(self, size_bytes: int = 32768) -> None:
        self.bytes = bytearray(size_bytes)
        self.status = 0
        self.absent = False
        self.protected = False
        self.stuck: dict[int, int] = {}
        self.power_for = -1  # bytes still taken; -1: for ever
        self._in = bytearray()

    def select(self) -> None:
        """A new command begins."""
        self._in.clear()

    def transfer(self, out: bytes) -> bytes:
        """As many bytes back as were sent."""
        return bytes(0xFF if self.absent else self._byte(byte) for byte in out)

    def deselect(self) -> None:
        """A command ends."""
        if not self._in or self.absent:
            return
        command = self._in[0]
        if command == WREN and len(self._in) == 1 and not self.protected:
            self.status |= WEL
        elif command in LATCHED:
            self.status &= ~WEL

    def _byte(self, byte: int) -> int:
        """One byte in, one out at the same time."""
        n = len(self._in)
        self._in.append(byte)
        command = self._in[0]
        if n == 0:
            return 0xFF
        if command == RDSR:
            return self.status
        if command == RDID:
            identity = IDENTITIES[len(self.bytes)]
            return identity[(n - 1) % len(identity)]
        if command in (READ, WRITE) and n > 2:
            at = (self._in[1] << 8 | self._in[2]) + n - 3
            at %= len(self.bytes)
            if command == READ:
                return self.stuck.get(at, self.bytes[at])
            if self.status & WEL and self.power_for != 0:
                self.bytes[at] = byte
                self.power_for -= 1 if self.power_for > 0 else 0
        return 0xFF
