"""How well an MCP2515 is: absent, without its configuration, bus-off, passive, stuck (data sheet DS20001801J, chapter 6).

One burst of registers from the error counters to the error flags, with mode, bit timing and interrupts between them, shows
both: what the chip counts and whether it still is what it was set up to be. The masks lie between them too, but read 0 outside
configuration mode, as filters do (chapter 4.5): what has become of them shows with the rest or not at all. Nothing here
allocates after construction, or raises.
"""

from micropython import const

from boards.parts.can_irq import IRQ_TX_FAILED
from boards.parts.mcp2515_buffers import Buffers
from boards.parts.mcp2515_outbox import BUFFERS, NONE

STOPPED = const(0)
ACTIVE = const(1)
WARNING = const(2)
PASSIVE = const(3)
BUS_OFF = const(4)

# Bits of `trouble`.
ABSENT = const(1)
LOST = const(2)
STUCK = const(4)
OVERRUN = const(8)

STUCK_LOOKS = const(100)

_CANINTF = const(0x2C)
_EFLG = const(0x2D)
_CANCTRL = const(0x0F)
_ERRIF = const(0x20)
_ABAT = const(0x10)

# In what look() has seen.
_TEC = const(2)
_REC = const(3)
_CANSTAT_seen = const(4)
_RESERVED = const(0x11)  # bits of CANSTAT that are 0
_CANCTRL_seen = const(5)
_CNF2_seen = const(15)
_CANINTE_seen = const(17)
_CANINTF_seen = const(18)
_EFLG_seen = const(19)

_OVERRUNS = const(0xC0)
_TXBO = const(0x20)
_PASSIVES = const(0x18)
_EWARN = const(0x01)

_RING_MAX = const(0x3FFFFFFF)


class Chip(Buffers):
    """One controller with its state."""

    def _begin(self, state: int) -> None:
        """Nothing waits to be sent, nothing is counted."""
        self._busy = True
        self._outbox.clear()
        self._irq.forget()
        self._lost = self._errors = self._stuck_looks = 0
        self._sending_errors = self._receiving_errors = 0
        for k in range(3):
            self._entered[k] = 0
        self._state = state
        self.sending = state != STOPPED
        self._control &= ~_ABAT
        if self.sending:
            self._set_up()
        else:
            self._wire.reset()
        self._release()

    def _look(self) -> None:
        """Error counters and flags, and whether the chip still is what it was set up to be."""
        wire = self._wire
        seen = wire.seen
        wire.look()
        if seen[_CANCTRL_seen] != self._control or self._seen != self._image:
            wire.look()  # one wrong bit is no reason to begin anew
        trouble = 0
        if seen[_CANCTRL_seen] != self._control or self._seen != self._image:
            if seen[_CANSTAT_seen] & _RESERVED or not (seen[_CANCTRL_seen] or seen[_CNF2_seen] or seen[_CANINTE_seen]):
                self.trouble = ABSENT
                self._go_off()
                return
            trouble = LOST
            self.set_up_count = (self.set_up_count + 1) & _RING_MAX
            self._forget_chip()
            self._set_up()
            wire.look()
        flags = seen[_EFLG_seen]
        if flags & _OVERRUNS:
            self._ran_over = True
            wire.modify(_EFLG, _OVERRUNS, 0)
            self._lose(2 if flags & _OVERRUNS == _OVERRUNS else 1)
        if seen[_CANINTF_seen] & _ERRIF:
            wire.modify(_CANINTF, _ERRIF, 0)
        self._sending_errors = seen[_TEC]
        self._receiving_errors = seen[_REC]
        if flags & _TXBO:
            self._go_off()
        elif self._state != BUS_OFF:
            self._enter(PASSIVE if flags & _PASSIVES else WARNING if flags & _EWARN else ACTIVE)
        self._stuck_looks = self._stuck_looks + 1 if self._holds() else 0
        if self._stuck_looks >= STUCK_LOOKS:
            self._stuck_looks = STUCK_LOOKS
            trouble |= STUCK
        self.trouble = trouble | OVERRUN if self._ran_over else trouble

    def _holds(self) -> bool:
        held = self._outbox.held
        return held[0] != NONE or held[1] != NONE or held[2] != NONE

    def _go_off(self) -> None:
        """The chip would come back by itself and send on; a controller that is bus-off waits for restart()."""
        if self._state == BUS_OFF:
            return
        self._enter(BUS_OFF)
        self.sending = False
        self._control |= _ABAT
        self._wire.write(_CANCTRL, self._control)
        for b in range(BUFFERS):
            place = self._outbox.left(b)
            if place != NONE:
                self._irq.note_sent(place, IRQ_TX_FAILED)
        while self._outbox.waiting:
            place = self._outbox.head()
            self._outbox.withdraw(place)
            self._irq.note_sent(place, IRQ_TX_FAILED)

    def _enter(self, state: int) -> None:
        """The states on the way to a worse one are passed through."""
        before = self._state
        self._state = state
        for passed in range(before + 1, state + 1):
            if passed >= WARNING:
                self._entered[passed - WARNING] += 1
        if state > before:
            self._irq.note_worse()
