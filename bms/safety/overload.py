"""Current against what was allowed and for how long."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Overload:
    """Current against what was allowed and for how long."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", mask: int, charge_dA: int, discharge_dA: int, dt_ms: int) -> None:
        """Not yet."""

    def refresh(self, snap: "Snapshot", bound: "Bound", map_dA: int, round_ms: int) -> None:
        """Not yet."""
