"""How well a controller is: the states of machine.CAN, what moves them, and how often each was entered.

A bus tells of errors by error frames as SocketCAN has them (linux/can/error.h): the class in the identifier, what the
controller says of itself in data byte 1, and its error counters, where the class says so, in bytes 6 (sending) and 7
(receiving). Whoever plays the bus puts such a frame among the others to provoke a state. Nothing but restart() ends a
bus-off, not even a kernel that says it has restarted its controller.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Sequence

STOPPED = 0
ACTIVE = 1
WARNING = 2
PASSIVE = 3
BUS_OFF = 4

_CONTROLLER = const(0x004)
_BUS_OFF = const(0x040)
_RESTARTED = const(0x100)
_COUNTERS = const(0x200)
_LOST = const(0x01)
_WARNING = const(0x0C)
_PASSIVE = const(0x30)
_ACTIVE = const(0x40)


def state_after(state: int, word: int, detail: int) -> int:
    """The state in which an error frame leaves a controller that is not stopped."""
    if state == BUS_OFF or word & _BUS_OFF:
        return BUS_OFF
    if word & _RESTARTED:
        return ACTIVE
    if not word & _CONTROLLER:
        return state
    if detail & _PASSIVE:
        return PASSIVE
    if detail & _WARNING:
        return WARNING
    return ACTIVE if detail & _ACTIVE else state


def frames_lost(word: int, detail: int) -> bool:
    """Whether the error frame says that a controller below had no room for what it received."""
    return bool(word & _CONTROLLER and detail & _LOST)


class Health:
    """State and counters of one controller. A virtual bus has no errors of its own: the counters are what it says."""

    def __init__(self) -> None:
        self.state = STOPPED
        self.entered = array("i", [0, 0, 0])  # times: warning, passive, bus-off
        self.sending_errors: int | None = 0  # TEC; None: an error frame moved the state and did not say
        self.receiving_errors: int | None = 0  # REC
        self.lost_count = 0

    def begin(self, state: int) -> None:
        """Well, and nothing counted."""
        self.state = state
        self.sending_errors = self.receiving_errors = 0
        self.lost_count = 0
        for k in range(3):
            self.entered[k] = 0

    def step(self, word: int, data: "Sequence[int]") -> bool:
        """Takes an error frame. True: it made things worse. The states on the way to a worse one are passed through."""
        before = self.state
        after = state_after(before, word, data[1])
        if word & _COUNTERS:
            self.sending_errors = data[6]
            self.receiving_errors = data[7]
        elif after != before:
            self.sending_errors = self.receiving_errors = None
        self.state = after
        for passed in range(before + 1, after + 1):
            self.entered[passed - WARNING] += 1
        return after > before
