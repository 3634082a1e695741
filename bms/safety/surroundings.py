"""What surrounds the layers."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Surroundings:
    """What surrounds the layers."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def refresh(self, snap: "Snapshot", insulation_kohm: int, round_ms: int) -> None:
        """Not yet."""
