"""Feeds the watchdog: in one place, once a tick, only after every step of the tick ran in its order.

Each step of the tick moves `trail` on by one multiplication and one addition; a step left out, repeated or out of order
leaves another number than WHOLE. A tick that came too late is not whole either: the watchdog is meant to bite then.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Board

LATE_MAX_ms = const(100)
START = const(1)
STEPS = const(12)
# START, then trail = trail * 3 + k for k = 1 ... STEPS
WHOLE = const(930015)


class Alive:
    """Supervision of the tick. `missed` counts ticks that were not fed."""

    def __init__(self) -> None:
        self.missed = 0

    def step(self, board: "Board", trail: int, dt_ms: int) -> bool:
        """Last step of the integer lane. Returns True when the watchdog was fed."""
        if trail != WHOLE or dt_ms > LATE_MAX_ms:
            self.missed += 1
            return False
        board.alive()
        return True
