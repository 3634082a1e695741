"""Fault memory: how often each fault has come, when first and when last, in seconds that the controllers of this pack have run.

Three words a fault: id and how often (times 256), first, last. PLACES faults have a place; a new one takes that of the one that
was seen least lately. Looked at once a round: what comes and goes within one is not seen.
"""

from array import array

from micropython import const

from bms.store.kinds import FAULTS

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.store.shelf import Shelf

PLACES = const(64)
ROW = const(3)
_ID = const(0xFF)
_ONE = const(0x100)
_COUNT_MAX = const(0xFFFF)
_WORD_BITS = const(16)


class FaultMemory:
    """`words` as above, the first `n` of them; `fresh`: a fault is there that was not in what was put last."""

    def __init__(self) -> None:
        self.words = array("i", [0] * (PLACES * ROW))
        self.n = 0
        self.fresh = False
        self.changed = False
        self._active = array("H", [0] * _WORD_BITS)

    def restore(self, shelf: "Shelf") -> int:
        """What earlier runs have seen. Returns when they saw the last of it."""
        self.n = shelf.load_some(FAULTS, self.words) // ROW * ROW
        last_s = 0
        for at in range(0, self.n, ROW):
            if self.words[at + 2] > last_s:
                last_s = self.words[at + 2]
        return last_s

    def look(self, active: "array[int]", now_s: int) -> int:
        """`active`: bits of the faults that stand, 16 a word. Returns how many have come."""
        came = 0
        for k in range(len(active)):
            bits = active[k]
            new = bits & ~self._active[k]
            self._active[k] = bits
            number = k * _WORD_BITS
            while new:
                if new & 1:
                    self._take(number, now_s)
                    came += 1
                new >>= 1
                number += 1
        return came

    def _take(self, number: int, now_s: int) -> None:
        words = self.words
        self.changed = True
        oldest = 0
        for at in range(0, self.n, ROW):
            if words[at] & _ID == number:
                if words[at] // _ONE < _COUNT_MAX:
                    words[at] += _ONE
                words[at + 2] = now_s
                return
            if words[at + 2] < words[oldest + 2]:
                oldest = at
        self.fresh = True
        at = oldest
        if self.n < len(words):
            at = self.n
            self.n += ROW
        words[at] = number + _ONE
        words[at + 1] = now_s
        words[at + 2] = now_s


def show(shelf: "Shelf") -> int:
    """Prints a line a fault: id, how often, first and last second, with tabs between. Returns how many."""
    memory = FaultMemory()
    memory.restore(shelf)
    words = memory.words
    for at in range(0, memory.n, ROW):
        print("%d\t%d\t%d\t%d" % (words[at] & _ID, words[at] // _ONE, words[at + 1], words[at + 2]))
    return memory.n // ROW
