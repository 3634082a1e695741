"""Whether the front ends measure."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Chain:
    """Whether the front ends measure."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", dt_ms: int) -> None:
        """Not yet."""

    def refresh(self, snap: "Snapshot", round_ms: int) -> None:
        """Not yet."""
