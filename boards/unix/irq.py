"""What happens to a controller by itself: the states it can be in, what moves them, and the events that interrupts tell.

States and event bits are machine.CAN's. A transport tells of bus errors by error frames as SocketCAN has them: the class in
the identifier, the details in data byte 1 (linux/can/error.h).
"""

from micropython import const

STOPPED = 0
ACTIVE = 1
WARNING = 2
PASSIVE = 3
BUS_OFF = 4

IRQ_TX = 1
IRQ_TX_IDX_SHIFT = 16

_ERROR_CONTROLLER = const(0x004)
_ERROR_BUS_OFF = const(0x040)
_ERROR_RESTARTED = const(0x100)
_DETAIL_WARNING = const(0x0C)
_DETAIL_PASSIVE = const(0x30)


def state_after(state: int, word: int, detail: int) -> int:
    """The state in which an error frame leaves a controller that is not stopped."""
    if word & _ERROR_BUS_OFF:
        return BUS_OFF
    if word & _ERROR_RESTARTED:
        return ACTIVE
    if not word & _ERROR_CONTROLLER or state == BUS_OFF:
        return state
    if detail & _DETAIL_PASSIVE:
        return PASSIVE
    return WARNING if detail & _DETAIL_WARNING else ACTIVE


class Irq:
    """What CAN.irq() returns: the events that have happened and were asked for."""

    def __init__(self) -> None:
        self.events = 0
        self.sent_first = 0  # slots sent and not yet told
        self.sent_end = 0

    def flags(self) -> int:
        """One event with each call, until 0."""
        if self.sent_first < self.sent_end:
            self.sent_first += 1
            return IRQ_TX | (self.sent_first - 1) << IRQ_TX_IDX_SHIFT
        events = self.events
        self.events = 0
        return events
