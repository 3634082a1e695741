"""How temperatures move and whether probes can be believed."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.signals import Signals
    from bms.safety.sisters import Sisters
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Probes:
    """How temperatures move and whether probes can be believed."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", bound: "Bound", sisters: "Sisters", new_bits: int) -> None:
        """Not yet."""
