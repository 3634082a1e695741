"""Records as words of 31 bits: read back when a controller starts, put when they have changed.

What cannot be taken is left and told by `refused`, a bit a kind: a record of a newer version, or of another length than this
pack's. An older one is read by the table of kinds.py.
"""

from micropython import const

from bms.store.journal import Journal
from bms.store.kinds import ADDED, VERSIONS
from bms.store.record import CRC_START, WORD, crc30, read_word, write_words

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.board import Storage


class Shelf:
    """`journal` does the work. `refused` as above."""

    def __init__(self, storage: "Storage", words: "tuple[int, ...]") -> None:
        """`words`: the most that each kind has, from number 1 on."""
        self.journal = Journal(storage, tuple([n * WORD for n in words]))
        self._buffer = bytearray(max(words) * WORD)
        self._crc = [-1] * (len(words) + 1)  # of what was put last
        self.refused = 0

    def load(self, kind: int, words: "array[int]", n: int, versions: "tuple[int, ...]" = VERSIONS) -> bool:
        """Fills the first n words. False: there is no such record, or it is refused; then words mean nothing."""
        count = self.load_some(kind, words, versions)
        for added_kind, version, values in ADDED:
            if added_kind == kind and self.journal.version(kind) < version and 0 < count <= n - len(values):
                for value in values:
                    words[count] = value
                    count += 1
        if count > 0 and count != n:
            self.refused |= 1 << kind
        return count == n

    def load_some(self, kind: int, words: "array[int]", versions: "tuple[int, ...]" = VERSIONS) -> int:
        """Fills as many words as the record has. Returns how many; 0: there is none, or it is refused."""
        length = self.journal.read(kind, self._buffer)
        if self.journal.version(kind) > versions[kind] or length > len(words) * WORD:
            self.refused |= 1 << kind
            return 0
        self._crc[kind] = crc30(self._buffer, 0, length, CRC_START)
        for k in range(length // WORD):
            words[k] = read_word(self._buffer, k * WORD)
        return length // WORD

    def save(self, kind: int, words: "array[int]", n: int) -> bool:
        """Puts the first n words, where they are not what was put last and still stands. Returns True where it does."""
        write_words(self._buffer, 0, words, n)
        crc = crc30(self._buffer, 0, n * WORD, CRC_START)
        if crc == self._crc[kind] and self.journal.holds(kind):
            return False
        if not self.journal.put(kind, VERSIONS[kind], self._buffer, n * WORD):
            return False
        self._crc[kind] = crc
        return True
