"""What is known before the first tick: why the controller starts, and whether what it starts with is in order.

Decides the inputs of the fault rows that speak of a start; nothing else sets them. No units.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Board
    from bms.safety.signals import Signals

# Copies of what signals.py says: no look-up; a test holds them together.
_WATCHDOG_reset = const(32)
_STORE_unreadable = const(96)
_CONFIGURATION_foreign = const(98)
_RESET_unexpected = const(100)

HARD = const(2)  # board.reset_cause(): neither power on nor asked for
WATCHDOG = const(3)


def tell(signals: "Signals", board: "Board", sound: bool, foreign: bool) -> None:
    """`sound`: what was kept could be read; `foreign`: it was another configuration that was commissioned."""
    value = signals.value
    cause = board.reset_cause()
    value[_WATCHDOG_reset] = 1 if cause == WATCHDOG else 0
    value[_RESET_unexpected] = 1 if cause == HARD else 0
    value[_STORE_unreadable] = 0 if sound else 1
    value[_CONFIGURATION_foreign] = 1 if foreign else 0
