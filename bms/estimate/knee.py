"""Which group has one layer that is full or empty well before the others, by how its voltage bends over charge (dV/dQ).

Every BIN of SoC near an end, at a steady current, what a group's voltage has changed more than the mean layer's and delta.py
explains by its own SoC, capacity, resistance and hysteresis is taken. What remains is what a mean over n layers hides: where
the OCV grows steep, a layer that runs ahead of its sisters climbs (or falls) first. n times that is the one layer's. A
one-sided CUSUM over the bins of one run towards the end, against the median group, less what the declared spread may bend.
Unlike what delta.py names, this needs nothing learnt: a pack that was weak from the first day shows it.

SI units; positive current charges. Numbers are assumed.
"""

from micropython import const

from bms.estimate.delta import NOBODY, TURNED_V

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.delta import Delta

BIN = 0.01  # of SoC
END = 0.2  # of SoC, next to full and to empty
STILL_V = 0.01
ALLOWED_V = 0.0003  # a bin, of one layer
LIMIT_V = 0.03  # of one layer
WHOLE = 12  # bins of a run that found nothing take back what an earlier one found


class Knee:
    """`group`: where a layer ran ahead in the last run to an end that was decided, or NOBODY; `ahead_V`: how far its voltage
    then was."""

    def __init__(self, delta: "Delta") -> None:
        self._delta = delta
        groups = delta.groups
        self._last_V = [0.0] * groups
        self._rise_V = [0.0] * groups
        self._sum_V = [0.0] * groups
        self.group = NOBODY
        self.ahead_V = 0.0
        self._edge = 0.0
        self._sign = 0.0  # 0: no run
        self._based = False
        self._bins = 0
        self._next = groups

    def begin(self, soc: float) -> bool:
        """A pass of delta.py is done. Returns True where a bin is complete: step() has work."""
        delta = self._delta
        sign = 1.0 if soc > 1.0 - END else -1.0 if soc < END else 0.0
        if sign != self._sign:
            self._sign = sign
            self._restart(soc)
            return False
        if sign == 0.0:
            return False
        towards = (soc - self._edge) * sign
        if delta.unsettled_V > STILL_V or delta.turned_V > TURNED_V or towards < -BIN:
            self._based = False
            self._edge = soc
            return False
        if towards < BIN and self._based:
            return False
        self._edge = soc
        self._next = 0
        return True

    def _restart(self, soc: float) -> None:
        """A new run."""
        if self._bins >= WHOLE:
            self.group = NOBODY
        self._bins = 0
        self._edge = soc
        self._based = False
        for g in range(self._delta.groups):
            self._sum_V[g] = 0.0

    def step(self, groups: int) -> bool:
        """The next `groups` groups of a bin. Returns True when all are done."""
        delta = self._delta
        first = self._next
        last = first + groups
        if last > delta.groups:
            last = delta.groups
        self._next = last
        x0, x1, x2, x3 = delta.factors
        for g in range(first, last):
            rest_V = delta.apart_V[g] - delta.soc[g] * x0 - delta.capacity[g] * x1
            rest_V = (rest_V - delta.resistance[g] * x2 - delta.hysteresis[g] * x3) * delta.count[g] * self._sign
            self._rise_V[g] = rest_V - self._last_V[g]
            self._last_V[g] = rest_V
        if last == delta.groups and first < last:
            if self._based:
                self._judge()
            self._based = True
        return last == delta.groups

    def _judge(self) -> None:
        sums_V = self._sum_V
        # of two the other, which is the smaller
        middle_V = sorted(self._rise_V)[(len(sums_V) - 1) // 2]
        worst = 0
        for g in range(len(sums_V)):
            sum_V = sums_V[g] + self._rise_V[g] - middle_V - ALLOWED_V
            sums_V[g] = sum_V if sum_V > 0.0 else 0.0
            if sums_V[g] > sums_V[worst]:
                worst = g
        self._bins += 1
        if sums_V[worst] > LIMIT_V:
            self.group = worst
            self.ahead_V = sums_V[worst]
        if self.group != NOBODY and sums_V[self.group] > 0.5 * LIMIT_V:
            self._bins = 0  # found, or near it: nothing is taken back
