"""Storage as a journal sees it: whole units, read and written a piece at a time through one buffer.

A piece is PIECE bytes, or one unit where a unit is longer: what one step moves, and what one write tears when power goes. A
read that fails, or does not show what was written, is tried once more. No units: bytes.
"""

from micropython import const

from bms.store.frame import CRC, HEAD, check_head, copy, count_different, read_length
from bms.store.record import CRC_START, crc30, read_word

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Storage

PIECE = const(128)


class Medium:
    """`piece`: what was fetched last, or is to be written. `blocks`, `block_bytes`, `unit`, `piece_bytes`: what there is."""

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage
        self.block_bytes = storage.block_bytes
        self.blocks = storage.size_bytes // storage.block_bytes
        self.unit = storage.unit_bytes if storage.unit_bytes > CRC else CRC
        self.piece_bytes = PIECE if self.unit < PIECE else self.unit
        self._last = storage.size_bytes - self.piece_bytes  # where a piece may begin, at most
        self.piece = bytearray(self.piece_bytes)
        self._seen = bytearray(self.piece_bytes)

    def frame_bytes(self, length: int) -> int:
        """What a frame with this content takes."""
        return self.whole(HEAD + length + CRC)

    def whole(self, n: int) -> int:
        """n bytes, up to the next whole unit."""
        return (n + self.unit - 1) // self.unit * self.unit

    def fetch(self, at: int) -> bool:
        """The piece from there on; what would lie beyond the end is of no meaning. False: it cannot be read."""
        first = at if at < self._last else self._last
        piece = self.piece
        if not self._storage.read(first, piece) and not self._storage.read(first, piece):
            return False
        if at > first:
            copy(piece, 0, piece, at - first, self.piece_bytes - at + first)
        return True

    def write(self, at: int, n: int) -> bool:
        """The first n bytes of the piece, whole units. False: not done, or not sure."""
        return self._storage.write(at, self.piece, n)

    def stands(self, at: int, n: int) -> bool:
        """Whether the first n bytes of the piece are there."""
        first = at if at < self._last else self._last
        return self._shows(first, at - first, n) or self._shows(first, at - first, n)

    def _shows(self, first: int, skip: int, n: int) -> bool:
        return self._storage.read(first, self._seen) and count_different(self.piece, self._seen, skip, n) == 0

    def erase(self, block: int) -> bool:
        """Begins to. False: not done, or not sure."""
        return self._storage.erase(block)

    def busy(self) -> bool:
        """What was begun goes on."""
        return self._storage.busy()

    def check_frame(self, at: int, end: int) -> bool:
        """Whether a frame begins there, as it was written, and ends before `end`. The piece that begins there has been fetched,
        and is there again afterwards."""
        piece = self.piece
        body = HEAD + read_length(piece)
        if not check_head(piece) or at + body + CRC > end:
            return False
        done = 0
        crc = CRC_START
        while done < body:
            if done and not self.fetch(at + done):
                return False
            n = self.piece_bytes if body - done > self.piece_bytes else body - done
            crc = crc30(piece, 0, n, crc)
            done += n
        right = self.fetch(at + body) and read_word(piece, 0) == crc
        return self.fetch(at) and right
