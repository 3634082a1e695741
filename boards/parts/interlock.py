"""The interlock loop: a level is driven into a loop of connectors and must come back, high and low by turns.

A loop that hangs on supply or ground somewhere shows one level for ever and counts as open, like one that is pulled out: a
closed loop follows both levels. One level a tick, so what step() says is the last two ticks' evidence.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import InputPin, OutputPin

NOT_KNOWN = const(-1)
OPEN = const(0)
CLOSED = const(1)


class Interlock:
    """`drive` feeds the loop through a resistor; `sense` is its far end."""

    def __init__(self, drive: "OutputPin", sense: "InputPin") -> None:
        self._drive = drive
        self._sense = sense
        self._driven = 1
        self._followed = 0
        self._looks = 0
        drive.value(1)

    def step(self) -> int:
        """Looks at what was driven one tick ago and drives the other level. CLOSED, OPEN, or NOT_KNOWN in the first tick."""
        followed = 1 if self._sense.value() == self._driven else 0
        self._driven ^= 1
        self._drive.value(self._driven)
        closed = followed & self._followed
        self._followed = followed
        if self._looks < 1:
            self._looks = 1
            return NOT_KNOWN
        return closed
