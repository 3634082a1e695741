"""The layers by the sensors of stacks and pack."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Strings:
    """The layers by the sensors of stacks and pack."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", new_bits: int) -> None:
        """Not yet."""
