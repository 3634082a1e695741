"""A flow meter that gives a pulse for so much coolant: pulses of one second become dl/min.

Pulses are counted by an interrupt; a contact that hums adds pulses, so a meter that says more than its range is not believed.
Units: dl/min, pulses per litre.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from boards.parts.manners import EdgePin

WINDOW_ms = const(1000)
PULSES_PER_LITRE = const(450)  # turbine meters of the half-inch class; check against the meter's data sheet
MAX_dl_min = const(253)
NO_VALUE = const(-1)
_RING = const(0x3FFFFFFF)
_PULSES_MAX = const(1700)
_dl_ms_PER_l_min = const(600000)


class Flow:
    """`dl_min` as of the last whole second, NO_VALUE before the first."""

    def __init__(self, pin: "EdgePin", pulses_per_litre: int = PULSES_PER_LITRE) -> None:
        self._pulses_per_litre = pulses_per_litre
        self._count = 0
        self._seen = 0
        self._waited_ms = 0
        self.dl_min = NO_VALUE
        pin.irq(self._pulse, pin.IRQ_RISING, hard=True)

    def _pulse(self, _pin: "Any") -> None:
        """Interrupt: allocates nothing."""
        self._count = (self._count + 1) & _RING

    def read(self, dt_ms: int) -> int:
        """dt_ms since the last call. dl/min, or NO_VALUE."""
        waited_ms = self._waited_ms + dt_ms
        if waited_ms < WINDOW_ms:
            self._waited_ms = waited_ms
            return self.dl_min
        self._waited_ms = 0
        count = self._count
        pulses = (count - self._seen) & _RING
        self._seen = count
        if pulses > _PULSES_MAX:
            pulses = _PULSES_MAX
        dl_min = pulses * _dl_ms_PER_l_min // (self._pulses_per_litre * waited_ms)
        self.dl_min = dl_min if dl_min <= MAX_dl_min else NO_VALUE
        return self.dl_min
