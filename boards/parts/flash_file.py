"""Storage for a journal in one file, which is made at its full size before it is used: the desk's, or a memory card's.

On a file system in a controller's own flash a write may stop the whole controller for as long as a sector takes to be erased,
many ticks: there an FRAM is the place (fram.py). An erase is done in pieces, one whenever busy() is asked. Nothing raises:
a file that cannot be read or written is a False.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import BinaryIO

PIECE = const(512)
STORE_bytes = const(32768)  # of a desk, as of the boards' FRAM
STORE_BLOCK_bytes = const(8192)


class FlashFile:
    """bms.board.Storage over the file of this name."""

    def __init__(self, path: str, size_bytes: int, block_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.block_bytes = block_bytes
        self.unit_bytes = 4
        self._file: BinaryIO | None = None
        self._erased = memoryview(b"\xff" * PIECE)
        self._at = 0  # of the erase that goes on, and its end
        self._end = 0
        try:
            self._file = self._build(path)
        except OSError:
            pass  # nothing can be read

    def _build(self, path: str) -> "BinaryIO":
        """Opens the file, and makes it as long as it has to be."""
        try:
            file: BinaryIO = open(path, "r+b")
        except OSError:
            file = open(path, "w+b")
        at = file.seek(0, 2)
        while at < self.size_bytes:
            n = PIECE if self.size_bytes - at > PIECE else self.size_bytes - at
            file.write(self._erased[:n])
            at += n
        file.flush()
        return file

    def read(self, at: int, buffer: bytearray) -> bool:
        file = self._file
        if file is None:
            return False
        try:
            file.seek(at)
            return file.readinto(buffer) == len(buffer)
        except OSError:
            return False

    def write(self, at: int, buffer: bytearray, n: int) -> bool:
        return self._put(at, memoryview(buffer)[:n])

    def _put(self, at: int, data: memoryview) -> bool:
        file = self._file
        if file is None:
            return False
        try:
            file.seek(at)
            done = file.write(data)
            file.flush()
            return done == len(data)
        except OSError:
            return False

    def erase(self, block: int) -> bool:
        self._at = block * self.block_bytes
        self._end = self._at + self.block_bytes
        return self._file is not None

    def busy(self) -> bool:
        if self._at == self._end:
            return False
        n = PIECE if self._end - self._at > PIECE else self._end - self._at
        self._put(self._at, self._erased[:n])  # what has failed shows when it is written to
        self._at += n
        return True

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
