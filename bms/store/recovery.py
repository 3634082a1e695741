"""What a journal finds at the start: the last whole frame of every kind, and where to go on.

Blocks are read in the order of their numbers, of equal numbers all, frames as they stand; what is no whole frame is skipped
unit by unit, so that neither a write that was torn nor a bit that was lost hides what stands behind it (in a block's head it
hides the block). A block without a seal has nothing but copies of frames that the blocks before it still have, and does not
count. Everything is read: each byte a few times at most.

Nothing of ours in memory that is not blank is foreign, and so is a layout that is newer than this one; memory that cannot be
read may hold anything. The last two are not written over. No units: bytes.
"""

from array import array

from micropython import const

from bms.store.frame import ERASED, check_head, first_other, read_length
from bms.store.index import KINDS
from bms.store.record import read_word

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.store.index import Index
    from bms.store.medium import Medium

MARK = const(0x4A)  # kind of a block's head
LAYOUT = const(1)
SEAL = const(0)


class Recovery:
    """`active`: the block to go on with, -1: none, and `at`, from where; `next_number` of a block. `blank`: nothing was ever
    written. `sound`: what was there could be read. `barred`: nothing must be written."""

    def __init__(self, medium: "Medium", index: "Index") -> None:
        self._medium = medium
        self._index = index
        self._number = array("i", [-1] * medium.blocks)  # -1: none of ours
        self._rubble = 0  # bytes that are no frame
        self.active = -1
        self.at = 0
        self.next_number = 1
        self.blank = True
        self.sound = True
        self.barred = False
        unread = 0
        for block in range(medium.blocks):
            if not self._look(block):
                unread += 1
        if self.barred:
            self.sound = False
            return
        block = self._after(0, -1)
        while block >= 0:
            number = self._number[block]
            self.next_number = number + 1
            self._scan(block)
            block = self._after(number, block)
        if unread:
            self.sound = False
            self.barred = self.active < 0
        elif self.active < 0:
            # ours, and power went before the first seal
            begun = self.next_number > 1 and self._rubble <= medium.frame_bytes(0)
            self.sound = self.blank or begun

    def _look(self, block: int) -> bool:
        """Whose block this is. False: it cannot be read."""
        medium = self._medium
        piece = medium.piece
        at = block * medium.block_bytes
        if not medium.fetch(at):
            self.blank = False
            return False
        if check_head(piece) and piece[0] == MARK:
            self.blank = False
            self._number[block] = read_word(piece, 4)
            self.barred = self.barred or piece[1] > LAYOUT
            return True
        end = at + medium.block_bytes
        value = piece[0]
        self.blank = self.blank and value in (0, ERASED)  # an FRAM comes with zeros
        while self.blank and at < end:
            n = medium.piece_bytes if end - at > medium.piece_bytes else end - at
            self.blank = medium.fetch(at) and first_other(piece, n, value) == n
            at += n
        return True

    def _after(self, number: int, last: int) -> int:
        """The block after that one, whose number this is: by number, and by place where numbers are equal. -1: none."""
        found = -1
        numbers = self._number
        for block in range(len(numbers)):
            other = numbers[block]
            if (other > number or (other == number and block > last)) and (found < 0 or other < numbers[found]):
                found = block
        return found

    def _scan(self, block: int) -> None:
        """All frames of a block that is newer than those before it."""
        medium = self._medium
        index = self._index
        piece = medium.piece
        unit = medium.unit
        at = block * medium.block_bytes + medium.frame_bytes(0)
        end = (block + 1) * medium.block_bytes
        last = at  # behind all that was ever written
        torn = False
        counts = False
        sealed = False
        index.forget_copies()
        while at < end:
            n = medium.piece_bytes if end - at > medium.piece_bytes else end - at
            readable = medium.fetch(at)
            first = first_other(piece, n, ERASED) if readable else 0
            if first >= unit:
                at += first // unit * unit
                continue
            torn = not readable or not medium.check_frame(at, end) or piece[0] >= KINDS
            if torn:
                self._rubble += unit
                at += unit
            else:
                if piece[0] == SEAL:
                    sealed = True
                elif index.take(piece, at):
                    counts = True
                at += medium.frame_bytes(read_length(piece))
            last = at
        if sealed:
            index.promote()
        if sealed or counts:
            self.active = block
            self.at = last + medium.piece_bytes if torn else last  # what was torn may reach farther than it shows
