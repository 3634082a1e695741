"""Groups against each other."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Sisters:
    """Groups against each other."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", bound: "Bound", new_bits: int) -> None:
        """Not yet."""

    def refresh(self, snap: "Snapshot", bound: "Bound", round_ms: int) -> None:
        """Not yet."""
