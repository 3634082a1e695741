"""The bleeders: which groups are bled at the moment, what each is still owed, and what has been taken.

Charge is counted as time times the most that a bleeder may take, with carried remainders: a group never loses more than is
counted. A group is picked only while a whole stretch is owed, so that the highest never becomes the lowest; and it gives no
more than DAY_permille of its capacity in 24 hours of rest, whoever asks for it, since a group that leaks would draw its
sisters down with it for ever. Of a stack no more groups are bled at once than may be warm together.

Units: mAs, mA, ms, mW.
"""

from array import array

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Copies of what faults.py says: no look-up; a test holds them together.
_LIMIT_INFO = const(0)

WORDS = const(4)
GROUPS_MAX = const(64)  # a bit a group of what a board takes
PART_permille = const(50)  # of its declared current, that a bleeder may take more or less; assumed
WARMTH_mW = const(3000)  # that the bleeders of one stack may make together; assumed
BLEED_ms = const(50000)  # a stretch
DAY_ms = const(86400000)
DAY_permille = const(10)
_PERMILLE = const(1000)
_MS_PER_S = const(1000)
_S_PER_H = const(3600)


class Bleeders:
    """`words`: what is bled now, a bit a group. `excess_mAs`: what the estimators find; `left_mAs`, `bled_mAs`: a value a
    group, what it is still owed, and what was taken since whoever reads it last emptied it; `today_mAs`, in `day_ms` of rest.
    `most_mA`: of one bleeder."""

    def __init__(self, pack: "Pack", groups: int) -> None:
        cell = pack.cell
        self._groups = groups
        self._per_stack = len(pack.taps)
        self._layers = array("i", list(pack.taps) * pack.stacks)
        self._mean_mAms = sum(pack.taps) * pack.stacks * _MS_PER_S  # of all layers, which are one mAs of the mean layer
        most_mA = (pack.bleed_mA * (_PERMILLE + PART_permille) + _PERMILLE - 1) // _PERMILLE
        self.most_mA = most_mA
        self.stretch_mAs = most_mA * BLEED_ms // _MS_PER_S + 1
        # a stretch may begin while no more than this has been taken today
        self._today_max_mAs = cell.capacity_mAh // _PERMILLE * _S_PER_H * DAY_permille - self.stretch_mAs
        warmth_mW = max(pack.taps) * cell.v_max_mV[_LIMIT_INFO] // 100 * most_mA // 10
        self.together = max(1, WARMTH_mW // max(1, warmth_mW))  # of one stack
        self.words = array("i", [0] * WORDS)
        self.none = array("i", [0] * WORDS)
        self._picked = array("i", [0] * WORDS)
        self.excess_mAs = array("i", [0] * groups)
        self.left_mAs = array("i", [0] * groups)
        self.bled_mAs = array("i", [0] * groups)
        self.today_mAs = array("i", [0] * groups)
        self.day_ms = 0
        self._carry_mAms = 0
        self._all_mA = 0  # of all bleeders, times the layers that each bleeds
        self._all_mAms = 0

    def pass_time(self, round_ms: int) -> None:
        """Once a round of rest: a new day has a new allowance."""
        self.day_ms += round_ms
        if self.day_ms >= DAY_ms:
            self.day_ms = 0
            _copy(self.today_mAs, self.today_mAs, 0, self._groups)

    def owe(self, times: int) -> None:
        """Once: what the estimators found is owed from now on. 0: nothing is."""
        _copy(self.left_mAs, self.excess_mAs, times, self._groups)

    def pick(self) -> bool:
        """Who is bled next, without switching anything. Returns False where nobody is owed a stretch."""
        layers = self._pick()
        self._all_mA = self.most_mA * layers
        return layers > 0

    def switch_on(self) -> None:
        """Those who were picked."""
        _copy(self.words, self._picked, 1, WORDS)

    def switch_off(self) -> None:
        """All."""
        _copy(self.words, self._picked, 0, WORDS)

    def bled(self, g: int) -> int:
        """1 while group g is, in 0 ... GROUPS_MAX + 1, else 0."""
        return self.words[g >> 4] >> (g & 15) & 1 if g < GROUPS_MAX else 0

    def left_mAh(self, g: int) -> int:
        """What group g is still owed."""
        return self.left_mAs[g] // _S_PER_H

    def count(self, round_ms: int) -> int:
        """What the last round has taken from those who are bled. Returns the mean layer's share."""
        moved = self._carry_mAms + self.most_mA * round_ms
        whole = moved // _MS_PER_S
        self._carry_mAms = moved - whole * _MS_PER_S
        self._count(whole)
        moved = self._all_mAms + self._all_mA * round_ms
        whole = moved // self._mean_mAms
        self._all_mAms = moved - whole * self._mean_mAms
        return whole

    @micropython.viper
    def _pick(self) -> int:
        """Of every stack the groups that are owed most. Returns the layers that are in them."""
        left = ptr32(self.left_mAs)
        today = ptr32(self.today_mAs)
        layers = ptr32(self._layers)
        words = ptr32(self._picked)
        n = int(self._groups)
        per = int(self._per_stack)
        together = int(self.together)
        least = int(self.stretch_mAs)
        limit = int(self._today_max_mAs)
        i = 0
        while i < 4:
            words[i] = 0
            i += 1
        count = 0
        first = 0
        while first < n:
            k = 0
            while k < together:
                at = n
                most = least - 1
                i = first
                while i < first + per:
                    if left[i] > most and today[i] <= limit and (words[i >> 4] >> (i & 15)) & 1 == 0:
                        most = left[i]
                        at = i
                    i += 1
                if at == n:
                    k = together
                else:
                    words[at >> 4] |= 1 << (at & 15)
                    count += layers[at]
                    k += 1
            first += per
        return count

    @micropython.viper
    def _count(self, moved_mAs: int) -> int:
        """Every group that is bled has lost so much. Returns the number of groups."""
        left = ptr32(self.left_mAs)
        bled = ptr32(self.bled_mAs)
        today = ptr32(self.today_mAs)
        words = ptr32(self.words)
        n = int(self._groups)
        i = 0
        while i < n:
            if (words[i >> 4] >> (i & 15)) & 1:
                left[i] = left[i] - moved_mAs if left[i] > moved_mAs else 0
                bled[i] += moved_mAs
                today[i] += moved_mAs
            i += 1
        return n


@micropython.viper
def _copy(to: object, values: object, times: int, n: int) -> int:
    """The first n of one array("i"), 0 or 1 times, into another. Returns n."""
    data = ptr32(to)  # type: ignore[arg-type]
    source = ptr32(values)  # type: ignore[arg-type]
    i = 0
    while i < n:
        data[i] = source[i] * times
        i += 1
    return n
