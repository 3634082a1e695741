"""How much of the current limits is left where layers warm fast or are far apart in temperature, and how fast they warm.

RATE      the hottest probe's rise over WINDOW_s, means of a second against each other; what two readings of one probe may
          differ by without any change is taken off, so that no sensor's noise or step takes anything
GRADIENT  the largest difference in a stack, as probes.py has it, beyond what two good probes may err
Between the two values that the pack declares for either, what is left falls in proportion, from all to nothing. It falls at
once and comes back slowly, so that what eases when the current has fallen does not swing. What is `coming` says where the
rise of the last seconds is heading, for whoever heats. Where no temperature is known neither is a rise: limits are zero
then anyway. Once a round of ten ticks. Units: permille, mK/s, ddegC; a sum of ten readings is a temperature in 10 mK.
"""

from array import array

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_AGE_MAX_ms = const(60000)

WINDOW_s = const(10)
_HALF_s = const(5)
_SLOTS = const(11)
_ROUNDS = const(10)  # to a second
_BACK_permille = const(2)  # a round: from nothing to all in 50 s
_PERMILLE = const(1000)
_U_PER_ddegC = const(100000)
_MK_PER_ddegC = const(100)


class Derate:
    """`left_permille` of the current limits, `gradient_permille` what the gradient alone leaves; `rise_mK_s`, `coming_mK_s`;
    `second`: in this round a second was over and the last two are new."""

    def __init__(self, pack: "Pack") -> None:
        sensor = pack.probe_sensor
        reading_u = 4 * sensor.noise_u + sensor.lsb_u
        self.noise_mK_s = 2 * -(-reading_u // _U_PER_ddegC) * _MK_PER_ddegC // WINDOW_s
        errors_ddegC = 2 * ((sensor.offset_u + reading_u) // _U_PER_ddegC + 1)
        self._rate_mK_s = pack.thermal.rate_derate_mK_s
        first, second = pack.thermal.gradient_derate_ddegC
        self._gradient_ddegC = (max(first, min(errors_ddegC, second - 1)), second)
        self._sums = array("i", [0] * _SLOTS)  # one a second
        self._at = 0
        self._sum = 0
        self._rounds = 0
        self._known = False
        self.second = False
        self.rise_mK_s = 0
        self.coming_mK_s = 0
        self.gradient_permille = _PERMILLE
        self.left_permille = _PERMILLE

    @micropython.native
    def step(self, snap: "Snapshot", gradient_ddegC: int) -> int:
        """One round. Returns what is left."""
        self.second = False
        if snap.probe_oldest_ms >= _AGE_MAX_ms:
            self._known = False
            self._sum = 0
            self._rounds = 0
            self.rise_mK_s = 0
            self.coming_mK_s = 0
        else:
            self._sum += snap.hottest_ddegC
            self._rounds += 1
            if self._rounds >= _ROUNDS:
                self._look()
        left = left_permille(gradient_ddegC, self._gradient_ddegC)
        self.gradient_permille = left
        by_rate = left_permille(self.rise_mK_s - self.noise_mK_s, self._rate_mK_s)
        if by_rate < left:
            left = by_rate
        back = self.left_permille + _BACK_permille
        self.left_permille = left if left < back else back
        return self.left_permille

    def _look(self) -> None:
        """A second is over."""
        now = self._sum
        self._sum = 0
        self._rounds = 0
        sums = self._sums
        if not self._known:
            self._known = True
            for k in range(_SLOTS):
                sums[k] = now
        at = self._at + 1
        if at >= _SLOTS:
            at = 0
        self._at = at
        sums[at] = now
        half = sums[at - _HALF_s]  # a place before the first counts from the end
        before = sums[at - WINDOW_s]
        # 10 mK in 10 s are a mK/s; the rise of the last half, and three times what it has more than that of the half before:
        # heat that is in the coolant has still to come through
        self.rise_mK_s = now - before
        self.coming_mK_s = 2 * (4 * now - 7 * half + 3 * before)
        self.second = True


def left_permille(value: int, ends: "tuple[int, int]") -> int:
    """All up to the first of two ends, nothing from the second on."""
    if value <= ends[0]:
        return _PERMILLE
    if value >= ends[1]:
        return 0
    return (ends[1] - value) * _PERMILLE // (ends[1] - ends[0])
