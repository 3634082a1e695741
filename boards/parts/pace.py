"""When the next tick is due: 10 ms after the last *was due*, so that lateness does not add up. Late ticks are counted.

While there is time the caller's `idle` runs every millisecond: the CAN controller has few buffers. A board that is later than
RUNAWAY_ms (halted by a debugger) begins anew instead of making up for what it missed. Units: ms on a clock that wraps at 2^30.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.can_queue import CanQueue
    from boards.parts.manners import Clock

PERIOD_ms = const(10)
RUNAWAY_ms = const(1000)
_RING = const(0x3FFFFFFF)
_HALF = const(0x20000000)


class Pace:
    """`now_ms`: the moment at which the tick began."""

    def __init__(self, clock: "Clock", can: "CanQueue") -> None:
        self._clock = clock
        self._can = can
        self.now_ms: int = clock.ticks_ms() & _RING
        self._due_ms = self.now_ms
        self.late_ticks = 0
        self.worst_late_ms = 0

    def wait(self) -> None:
        """Until the next tick is due."""
        clock = self._clock
        due_ms = (self._due_ms + PERIOD_ms) & _RING
        now_ms = clock.ticks_ms() & _RING
        late_ms = ((now_ms - due_ms + _HALF) & _RING) - _HALF
        if late_ms > 0:
            self.late_ticks = (self.late_ticks + 1) & _RING
            if late_ms > self.worst_late_ms:
                self.worst_late_ms = late_ms
            if late_ms > RUNAWAY_ms:
                due_ms = now_ms
        while late_ms < 0:
            self._can.poll()
            clock.sleep_ms(1)
            now_ms = clock.ticks_ms() & _RING
            late_ms = ((now_ms - due_ms + _HALF) & _RING) - _HALF
        self._due_ms = due_ms
        self.now_ms = now_ms
