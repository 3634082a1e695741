"""The largest of what was allowed in the last rounds: a source needs some time to hear of a lower limit and to follow.

HOLD_ms is for a partner that hears every frame; SLOW_HOLD_ms for one of another make, which is told once a second (assumed).
Units: dA, ms; one step a round of ten ticks.
"""

from array import array

from micropython import const

from bms.safety.tables import highest

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

HOLD_ms = const(500)
SLOW_HOLD_ms = const(2000)
_ROUND_ms = const(100)


class Held:
    """A ring of as many rounds as the pack's partners need."""

    def __init__(self, pack: "Pack") -> None:
        slow = pack.inverter is not None or pack.charger_protocol != "bms"
        self.rounds = (SLOW_HOLD_ms if slow else HOLD_ms) // _ROUND_ms
        self._dA = array("i", [0] * self.rounds)
        self._at = 0

    def step(self, allowed_dA: int) -> int:
        """One round, in which so much was allowed. Returns the largest of the last ones."""
        self._dA[self._at] = allowed_dA
        self._at = self._at + 1 if self._at < self.rounds - 1 else 0
        return highest(self._dA, 0, self.rounds - 1)
