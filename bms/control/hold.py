"""Heat or cold, and how much of it, that brings the hottest layer just inside the end of its window and holds it there.

The layers follow the coolant slowly: so much a second for each kelvin between them, `couple`. So what the coolant was over
the last ten seconds and how fast the layers have warmed in them tell where it has to be for any other rate, whatever the
layers' own heat is; and the rate that is wanted is what closes the gap in CLOSES_s. Once a second; in between the coolant is
brought there, by as much heat or cold as it is far away. It is left alone when it is near, and what has begun goes on until
it is there, so that heater and cooler do not take turns. Heat is for as far as somebody wishes it, cold for the end alone:
beyond a wish layers may warm by themselves.
Units: ddegC, mK/s, permille; couple in uK/s for each K.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.derate import Derate

CLOSES_s = const(30)
_WINDOW_s = const(10)  # as derate.py looks back
_mK_PER_ddegC = const(100)
_RATE_MAX_mK_s = const(500)
_SEEN_MAX_mK_s = const(2000)
_COUPLE_LEAST = const(1500)
_NEAR_ddegC = const(30)  # the coolant may be off by so much before anything begins
_FULL_ddegC = const(80)  # all of heater or cooler, so far away
_PERMILLE = const(1000)


class Hold:
    """`goal_ddegC`: where the hottest layer is held; `coolant_ddegC`: as warm as the coolant is wanted; `warmest_ddegC`: as it
    may be; `want_permille`: of the heater, or below zero of the cooler."""

    def __init__(self, derate: "Derate", goal_ddegC: int, least_ddegC: int, most_ddegC: int, aim_mK_s: int) -> None:
        """The coolant's own limits, and the fastest that layers are warmed."""
        self._derate = derate
        self.goal_ddegC = goal_ddegC
        self._least_ddegC = least_ddegC
        self._most_ddegC = most_ddegC
        self._aim_mK_s = aim_mK_s
        self._seen_ddegC = array("i", [0] * _WINDOW_s)
        self._sum_ddegC = 0
        self._at = 0
        self._known = False
        self.coolant_ddegC = 0
        self.warmest_ddegC = 0
        self.want_permille = 0

    def forget(self) -> None:
        """Nothing is held."""
        self._known = False
        self.want_permille = 0

    def step(self, missing_ddegC: int, hot_ddegC: int, coolant_ddegC: int, couple: int) -> int:
        """One round. `missing_ddegC`: how much warmer the layers are wished to be; nothing, or less, for no heat. Returns
        want_permille."""
        gap = self.goal_ddegC - hot_ddegC
        heats = missing_ddegC > 0
        wish = missing_ddegC if heats and missing_ddegC < gap else gap
        looks = True
        if not self._known:
            self._known = True
            for k in range(_WINDOW_s):
                self._seen_ddegC[k] = coolant_ddegC
            self._sum_ddegC = _WINDOW_s * coolant_ddegC
        elif self._derate.second:
            at = self._at
            self._sum_ddegC += coolant_ddegC - self._seen_ddegC[at]
            self._seen_ddegC[at] = coolant_ddegC
            self._at = at + 1 if at + 1 < _WINDOW_s else 0
        else:
            looks = False
        if looks:
            self.coolant_ddegC = self._place(wish, couple, self._aim_mK_s)
            self.warmest_ddegC = self._place(gap, couple, _RATE_MAX_mK_s)
        was = self.want_permille
        off = self.coolant_ddegC - coolant_ddegC
        over = self.warmest_ddegC - coolant_ddegC
        want = 0
        if heats and off > (0 if was > 0 else _NEAR_ddegC):
            want = off * _PERMILLE // _FULL_ddegC
        elif over < (0 if was < 0 else -_NEAR_ddegC):
            want = over * _PERMILLE // _FULL_ddegC
        want = -_PERMILLE if want < -_PERMILLE else want if want < _PERMILLE else _PERMILLE
        self.want_permille = want
        return want

    def _place(self, gap_ddegC: int, couple: int, most_mK_s: int) -> int:
        """Where the coolant has to be to close a gap, no faster than that."""
        seen = self._derate.rise_mK_s
        seen = -_SEEN_MAX_mK_s if seen < -_SEEN_MAX_mK_s else seen if seen < _SEEN_MAX_mK_s else _SEEN_MAX_mK_s
        rate = gap_ddegC * _mK_PER_ddegC // CLOSES_s
        rate = -_RATE_MAX_mK_s if rate < -_RATE_MAX_mK_s else rate if rate < most_mK_s else most_mK_s
        if couple < _COUPLE_LEAST:
            couple = _COUPLE_LEAST
        place = self._sum_ddegC // _WINDOW_s + (rate - seen) * 10000 // couple
        least = self._least_ddegC
        most = self._most_ddegC
        return least if place < least else place if place < most else most


def held_ddegC(end_ddegC: int, band_ddegC: int) -> int:
    """Where a charge that plans its temperature holds the hottest layer."""
    return end_ddegC - 2 * band_ddegC // 5
