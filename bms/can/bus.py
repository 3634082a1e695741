"""Whether the controller is still on the bus: two signals for the fault table, and the way back after bus-off.

A controller that has counted too many errors takes itself off the bus, and only a restart brings it back. A restart costs the
other nodes an error more if the fault is ours, so each waits twice as long as the one before: 0.1 s, 0.2 s ... up to 5 s,
counted from where the controller was first seen off or, when a restart did not help, from that restart. A bus on which the
controller has stayed for 10 s is sound again, and the wait begins anew. Looked at once a round of ten ticks.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Board
    from bms.safety.signals import Signals

# Copies of what faults.py says: no look-up; a test holds them together.
_BUS_off = const(34)
_BUS_passive = const(36)

FIRST_WAIT_ms = const(100)
LONGEST_WAIT_ms = const(5000)
SOUND_ms = const(10000)
_PASSIVE = const(3)
_BUS_OFF = const(4)


class Bus:
    """`offs` counts how often the controller went off the bus, modulo 256; `restarted`: it was restarted in the last step,
    which cancels what waited to be sent."""

    def __init__(self, signals: "Signals") -> None:
        self._value = signals.value
        self._was_off = False
        self.restarted = False
        self._left_ms = 0  # until the next restart
        self._wait_ms = FIRST_WAIT_ms
        self._sound_ms = 0
        self.offs = 0

    def step(self, board: "Board", dt_ms: int) -> bool:
        """Once a round. Returns True when it restarted the controller."""
        state = board.can_state()
        off = state == _BUS_OFF
        self._value[_BUS_off] = 1 if off else 0
        self._value[_BUS_passive] = 1 if state == _PASSIVE else 0
        if not off:
            self._was_off = False
            self.restarted = False
            if self._sound_ms < SOUND_ms:
                self._sound_ms += dt_ms
            if self._sound_ms >= SOUND_ms:
                self._wait_ms = FIRST_WAIT_ms
            return False
        if not self._was_off:
            self._was_off = True
            self.offs = (self.offs + 1) & 0xFF
            self._left_ms = self._wait_ms
            self._sound_ms = 0
            if not self.restarted:  # when in the last round it went off is not known
                return False
        self._left_ms -= dt_ms
        if self._left_ms > 0:
            return False
        board.can_restart()
        self._was_off = False
        self.restarted = True
        self._wait_ms = self._wait_ms * 2 if self._wait_ms * 2 < LONGEST_WAIT_ms else LONGEST_WAIT_ms
        return True
