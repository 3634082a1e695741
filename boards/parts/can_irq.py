"""What an interrupt of a controller tells: which buffers were sent or given up, that frames wait, that the state got worse.

flags() tells one sent buffer with each call and the rest once, until 0. Waiting frames are told again after each recv() that
leaves some, so that a handler which takes one frame per call of flags() gets all of them, and one which takes none is not
called for ever. A handler is never called inside itself; what happens meanwhile is told when it returns.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from boards.unix.can import CAN
    from boards.unix.controller import Controller

IRQ_TX = 1
IRQ_RX = 2
IRQ_TX_FAILED = 4
IRQ_STATE = 8
IRQ_TX_IDX_SHIFT = 16

_TRIGGERS = const(11)
_ROOM = const(128)  # buffers sent and not yet told; what a handler leaves beyond is forgotten


class Irq:
    """What CAN.irq() returns."""

    def __init__(self, can: "Controller") -> None:
        self._can = can
        self._handler: Callable[[Any], None] | None = None
        self.trigger = 0
        self._sent = array("i", [0] * _ROOM)
        self._sent_first = 0
        self._sent_count = 0
        self._worse = False
        self._told_waiting = 0
        self._serving = False

    def configure(self, handler: "Callable[[CAN], None] | None", trigger: int) -> None:
        """Another handler. ValueError for what is none, and for a trigger that cannot be asked for."""
        if trigger & ~_TRIGGERS:
            raise ValueError("trigger unsupported")
        if handler is not None and not callable(handler):
            raise ValueError("handler must be None or callable")
        self._handler = handler
        self.trigger = trigger

    def forget(self) -> None:
        """What has not been told never will be."""
        self._sent_count = 0
        self._worse = False
        self._told_waiting = 0

    def note_sent(self, buffer: int, failed: int) -> None:
        """A buffer is free again; `failed` is 0 or IRQ_TX_FAILED."""
        if self.trigger & IRQ_TX and self._sent_count < _ROOM:
            self._sent[(self._sent_first + self._sent_count) % _ROOM] = IRQ_TX | failed | buffer << IRQ_TX_IDX_SHIFT
            self._sent_count += 1

    def note_worse(self) -> None:
        """The state got worse."""
        self._worse = bool(self.trigger & IRQ_STATE)

    def _new_waiting(self) -> int:
        """Frames that wait and have not been told; 0 after they were, until recv() or the bus changes their number."""
        if not self.trigger & IRQ_RX:
            return 0
        waiting = self._can.waiting()
        if waiting == 0:
            self._told_waiting = 0
        return 0 if waiting == self._told_waiting else waiting

    def flags(self) -> int:
        """What has happened and was asked for, bit by bit until 0."""
        out = 0
        if self._worse:
            self._worse = False
            out = IRQ_STATE
        waiting = self._new_waiting()
        if waiting:
            self._told_waiting = waiting
            out |= IRQ_RX
        if self._sent_count:
            out |= self._sent[self._sent_first]
            self._sent_first = (self._sent_first + 1) % _ROOM
            self._sent_count -= 1
        return out

    def serve(self) -> None:
        """Calls the handler as long as there is something to tell and it does something about it."""
        if self._serving or self._handler is None:
            return
        self._serving = True
        try:
            while self._worse or self._sent_count or self._new_waiting():
                worse = self._worse
                sent = self._sent_count
                waiting = self._can.waiting()
                self._handler(self._can)
                if self._worse == worse and self._sent_count == sent and self._can.waiting() == waiting:
                    break
        finally:
            self._serving = False
