"""An SPI FRAM as storage for a journal: MB85RS and FM25V kinds, which need no erase, wear by nothing and write at bus speed.

Commands of both data sheets (Fujitsu MB85RS256B, DS501-00021; Cypress FM25V10, 001-84499): WREN 0x06, WRDI 0x04, RDSR 0x05 with
the write enable latch in bit 1 (bit 6 reads 0 on one kind and 1 on the other), READ 0x03, WRITE 0x02, RDID 0x9F; two bytes of
address up to 64 kB, three above; SPI mode 0 or 3. A write enables itself, and looks whether the chip says so: that also tells
whether there is a chip. What erases makes 0xFF, a piece whenever busy() is asked. Nothing raises, and nothing is taken from the
heap after the start.
"""

from micropython import const

from bms.store.frame import copy, fill

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from boards.parts.manners import OutputPin

_WRITE = const(0x02)
_READ = const(0x03)
_STATUS = const(0x05)
_DISABLE = const(0x04)
_ENABLE = const(0x06)
_IDENTITY = const(0x9F)
_ENABLED = const(0x02)
_OPEN = const(0xFF)
_SHORT_bytes = const(65536)  # up to here an address has two bytes
_LINE = const(32)  # bytes of one transfer
_UNIT = const(4)
_ERASE = const(256)  # bytes a piece


class Fram:
    """bms.board.Storage. `errors`: transfers that failed, and writes that the chip did not take."""

    def __init__(self, spi: "Any", select: "OutputPin", size_bytes: int, block_bytes: int) -> None:
        self._spi = spi
        self._select = select
        self.size_bytes = size_bytes
        self.block_bytes = block_bytes
        self.unit_bytes = _UNIT
        self.errors = 0
        n = 3 if size_bytes <= _SHORT_bytes else 4
        self._head = bytearray(n)
        self._head_back = bytearray(n)
        self._enable = bytearray([_ENABLE])
        self._disable = bytearray([_DISABLE])
        self._one_back = bytearray(1)
        self._status = bytearray([_STATUS, 0])
        self._status_back = bytearray(2)
        self._identity = bytearray([_IDENTITY, 0, 0, 0, 0])
        self._identity_back = bytearray(5)
        self._line = bytearray(_LINE)
        self._line_back = bytearray(_LINE)
        self._unit = bytearray(_UNIT)
        self._unit_back = bytearray(_UNIT)
        self._at = 0  # of the erase that goes on, and its end
        self._end = 0
        select.value(1)

    def read(self, at: int, buffer: bytearray) -> bool:
        if not self._there():
            return False
        n = len(buffer)
        self._select.value(0)
        try:
            self._begin(_READ, at)
            done = 0
            while done < n:
                self._spi.write_readinto(self._line, self._line_back)
                part = n - done if n - done < _LINE else _LINE
                copy(buffer, done, self._line_back, 0, part)
                done += part
        except OSError:
            self.errors += 1
            n = -1
        self._select.value(1)
        return n >= 0

    def write(self, at: int, buffer: bytearray, n: int) -> bool:
        if not self._enabled():
            return False
        self._select.value(0)
        try:
            self._begin(_WRITE, at)
            done = 0
            while n - done >= _LINE:
                copy(self._line, 0, buffer, done, _LINE)
                self._spi.write_readinto(self._line, self._line_back)
                done += _LINE
            while done < n:
                copy(self._unit, 0, buffer, done, _UNIT)
                self._spi.write_readinto(self._unit, self._unit_back)
                done += _UNIT
        except OSError:
            self.errors += 1
            n = -1
        self._select.value(1)
        return n >= 0

    def erase(self, block: int) -> bool:
        self._at = block * self.block_bytes
        self._end = self._at + self.block_bytes
        return True

    def busy(self) -> bool:
        if self._at >= self._end:
            return False
        fill(self._line, 0, _LINE, 0xFF)
        if self._enabled():  # what is not erased shows when it is written to
            self._select.value(0)
            try:
                self._begin(_WRITE, self._at)
                for _ in range(_ERASE // _LINE):
                    self._spi.write_readinto(self._line, self._line_back)
            except OSError:
                self.errors += 1
            self._select.value(1)
        self._at += _ERASE
        return True

    def _begin(self, command: int, at: int) -> None:
        """Command and address, with the chip selected."""
        head = self._head
        head[0] = command
        last = len(head) - 1
        head[last] = at & 0xFF
        head[last - 1] = at >> 8 & 0xFF
        if last == 3:
            head[1] = at >> 16 & 0xFF
        self._spi.write_readinto(head, self._head_back)

    def _ask(self, command: bytearray, answer: bytearray) -> bool:
        """One command and what comes back."""
        self._select.value(0)
        done = True
        try:
            self._spi.write_readinto(command, answer)
        except OSError:
            self.errors += 1
            done = False
        self._select.value(1)
        return done

    def _enabled(self) -> bool:
        """The next write will be taken, says the chip: its latch rises, which no line that stands still does."""
        back = self._status_back
        asked = self._ask(self._status, back)
        if asked and back[1] & _ENABLED:  # of a write that broke off
            asked = self._ask(self._disable, self._one_back) and self._ask(self._status, back)
        low = not back[1] & _ENABLED
        asked = asked and self._ask(self._enable, self._one_back) and self._ask(self._status, back)
        if asked and low and back[1] & _ENABLED and back[1] != _OPEN:
            return True
        self.errors += 1
        return False

    def _there(self) -> bool:
        """Somebody tells who it is: an open line reads one and the same bit for ever."""
        back = self._identity_back
        if not self._ask(self._identity, back):
            return False
        first = back[1]
        same = back[2] == first and back[3] == first and back[4] == first
        if same and (first == 0 or first == 0xFF):
            self.errors += 1
            return False
        return True
