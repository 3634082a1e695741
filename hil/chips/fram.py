"""An SPI FRAM, command by command: of the MB85RS kind (Fujitsu MB85RS256B, DS501-00021) or the FM25V (Cypress, 001-84499).

The FM25V has bit 6 of its status set for good, an identity of nine bytes, and above 64 kB an address of three bytes.
WREN, WRDI, RDSR, WRSR, READ, WRITE, RDID; the write enable latch falls when the chip is deselected after WRITE, WRSR or WRDI;
addresses roll over at the end. WRITE takes each byte as soon as its last bit has come, so a supply that goes leaves the first
bytes written. Faults: `absent` (the line stays high), `protected` (the latch never rises), `latched` (it never falls), `stuck`
(address -> byte), `power_for` bytes until the supply goes. Not simulated: block protection, WP, HOLD, sleep.
"""

WREN, WRDI, RDSR, WRSR, READ, WRITE, RDID = 0x06, 0x04, 0x05, 0x01, 0x03, 0x02, 0x9F
WEL = 0x02
LATCHED = (WRITE, WRSR, WRDI)
# maker, continuation, density, product; FM25V: continuation six times, maker, family and density
IDENTITIES = {
    ("MB85RS", 8192): bytes((0x04, 0x7F, 0x03, 0x02)),
    ("MB85RS", 32768): bytes((0x04, 0x7F, 0x05, 0x09)),
    ("FM25V", 32768): bytes((0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0xC2, 0x22, 0x00)),
    ("FM25V", 131072): bytes((0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0xC2, 0x24, 0x00)),
}
FIXED = {"MB85RS": 0x00, "FM25V": 0x40}  # of the status


class Fram:
    """hil.chips.buses.SpiDevice; `bytes`: what it holds."""

    def __init__(self, size_bytes: int = 32768, kind: str = "MB85RS") -> None:
        self.bytes = bytearray(size_bytes)
        self._identity = IDENTITIES[kind, size_bytes]
        self._head = 4 if size_bytes > 65536 else 3
        self.status = FIXED[kind]
        self.absent = False
        self.protected = False
        self.latched = False
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
        elif command in LATCHED and not self.latched:
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
            return self._identity[(n - 1) % len(self._identity)]
        head = self._head
        if command in (READ, WRITE) and n >= head:
            at = (int.from_bytes(self._in[1:head], "big") + n - head) % len(self.bytes)
            if command == READ:
                return self.stuck.get(at, self.bytes[at])
            if self.status & WEL and self.power_for != 0:
                self.bytes[at] = byte
                self.power_for -= 1 if self.power_for > 0 else 0
        return 0xFF
