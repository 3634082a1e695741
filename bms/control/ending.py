"""How a charge ended: the group that was highest then, the one that was lowest, and what is between them.

A pack without bleeders is balanced in a workshop, or not at all; what its groups say when they are full tells whether it is
worth it. Taken in the first round after the machine has left CHARGE, where charge had flowed for LEAST_ms. Voltages are of the
groups' mean layers, so that groups of unlike size compare; charge is the estimators' word, and stays unknown without it. It
decides nothing. Units: mV, mAh, ms.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.snapshot import Snapshot

# Copies of what machine.py says: no look-up; a test holds them together.
_CHARGE = const(4)

NOWHERE = const(255)
UNKNOWN_mAh = const(262143)
UNSURE_mAh = const(65535)
LEAST_ms = const(60000)
_TIME_MAX_ms = const(100000000)


class Ending:
    """`high_group`, `low_group` (255 before the first charge has ended), `apart_mV`; `apart_mAh` with `sigma_mAh`. `asks`: the
    estimators are to write the last two."""

    def __init__(self) -> None:
        self.high_group = NOWHERE
        self.low_group = NOWHERE
        self.apart_mV = 0
        self.apart_mAh = UNKNOWN_mAh
        self.sigma_mAh = UNSURE_mAh
        self.asks = False
        self._charged_ms = 0

    def step(self, state: int, snap: "Snapshot", bound: "Bound", round_ms: int) -> bool:
        """Once a round; `state` of the machine. Returns True where a charge has ended."""
        if state == _CHARGE:
            if snap.current_dA > 0 and self._charged_ms < _TIME_MAX_ms:
                self._charged_ms += round_ms
            return False
        charged_ms = self._charged_ms
        self._charged_ms = 0
        if charged_ms < LEAST_ms:
            return False
        high = bound.high_group(snap)
        low = bound.low_group(snap)
        self.high_group = high
        self.low_group = low
        self.apart_mV = snap.group_mV[high] // snap.layers[high] - snap.group_mV[low] // snap.layers[low]
        self.apart_mAh = UNKNOWN_mAh
        self.sigma_mAh = UNSURE_mAh
        self.asks = True
        return True
