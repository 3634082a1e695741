"""Where the last whole frame of every kind stands.

A frame that is no newer than the one that is known is a copy; it counts once there is a seal behind it. Kinds are numbers
below KINDS; 0 is the seal.
"""

from array import array

from micropython import const

from bms.store.frame import HEAD, copy, read_length
from bms.store.record import read_word

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.store.medium import Medium

KINDS = const(16)


class Index:
    """`place`, `length`, `version`: of each kind's last whole frame, place -1 where there is none. `copied`: where it stands
    again, in a block that has no seal yet. `next_sequence`: of the next frame."""

    def __init__(self, medium: "Medium") -> None:
        self._medium = medium
        self.place = array("i", [-1] * KINDS)
        self.length = array("i", [0] * KINDS)
        self.version = bytearray(KINDS)
        self.copied = array("i", [-1] * KINDS)
        self._sequence = array("i", [0] * KINDS)
        self.next_sequence = 1

    def take(self, frame: bytearray, at: int) -> bool:
        """The whole frame that stands there. Returns True where it is newer than any of its kind."""
        kind = frame[0]
        sequence = read_word(frame, 4)
        if sequence >= self.next_sequence:
            self.next_sequence = sequence + 1
        if self.place[kind] >= 0 and sequence <= self._sequence[kind]:
            if sequence == self._sequence[kind]:
                self.copied[kind] = at
            return False
        self.place[kind] = at
        self.length[kind] = read_length(frame)
        self.version[kind] = frame[1]
        self._sequence[kind] = sequence
        self.copied[kind] = -1
        return True

    def promote(self) -> None:
        """Copies count from now on."""
        copied = self.copied
        for kind in range(KINDS):
            if copied[kind] >= 0:
                self.place[kind] = copied[kind]
                copied[kind] = -1

    def forget_copies(self) -> None:
        """They will be made anew elsewhere."""
        for kind in range(KINDS):
            self.copied[kind] = -1

    def forget(self, block: int) -> None:
        """What is in this block will be gone."""
        first = block * self._medium.block_bytes
        for kind in range(KINDS):
            if first <= self.place[kind] < first + self._medium.block_bytes:
                self.place[kind] = -1

    def find_loose(self, block: int) -> int:
        """A kind whose frame is in another block than this and has no copy yet; 0: none."""
        first = block * self._medium.block_bytes
        for kind in range(1, KINDS):
            place = self.place[kind]
            if place >= 0 and self.copied[kind] < 0 and not first <= place < first + self._medium.block_bytes:
                return kind
        return 0

    def holds(self, block: int) -> bool:
        """Whether the last frame of some kind is in this block."""
        first = block * self._medium.block_bytes
        for kind in range(KINDS):
            if first <= self.place[kind] < first + self._medium.block_bytes:
                return True
        return False

    def read(self, kind: int, buffer: bytearray) -> int:
        """The content of the last frame into the buffer, if it has room. Returns its length; 0: there is nothing."""
        at = self.place[kind]
        length = self.length[kind]
        if at < 0 or length > len(buffer):
            return 0
        medium = self._medium
        done = 0
        while done < length:
            if not medium.fetch(at + HEAD + done):
                return 0
            n = medium.piece_bytes if length - done > medium.piece_bytes else length - done
            copy(buffer, done, medium.piece, 0, n)
            done += n
        return length
