"""Feeds the watchdog: in one place, once a tick, only after every step of the tick ran in its order.

Each step of the tick moves `trail` on by one multiplication and one addition; a step left out, repeated or out of order
leaves another number than WHOLE. A tick that came too late is not whole either: the watchdog is meant to bite then.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Board
    from bms.safety.signals import Signals

# Copies of what signals.py says: no look-up; a test holds them together.
_TICKS_missed = const(99)

_COUNT_MASK = const(0xFFFF)
LATE_MAX_ms = const(100)
START = const(1)
STEPS = const(12)
# START, then trail = trail * 3 + k for k = 1 ... STEPS
TOLD_ticks = const(1000)  # for so long a tick that was missed is told
WHOLE = const(930015)


class Alive:
    """Supervision of the tick. `missed` counts ticks that were not fed."""

    def __init__(self, signals: "Signals") -> None:
        self._value = signals.value
        self.missed = 0
        self._tell = 0

    @micropython.native
    def step(self, board: "Board", trail: int, dt_ms: int) -> bool:
        """Last step of the integer lane. Returns True when the watchdog was fed."""
        if trail != WHOLE or dt_ms > LATE_MAX_ms:
            self.missed = (self.missed + 1) & _COUNT_MASK
            self._tell = TOLD_ticks
            self._value[_TICKS_missed] = 1
            return False
        if self._tell:
            self._tell -= 1
            if not self._tell:
                self._value[_TICKS_missed] = 0
        board.alive()
        return True
