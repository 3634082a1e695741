"""Whether a charge goes as it was asked for."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.coulomb import Coulomb
    from bms.safety.machine import Machine
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Charging:
    """Whether a charge goes as it was asked for."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def hear(self, state: int, current_dA: int, voltage_mV: int) -> None:
        """Not yet."""

    def refresh(self, snap: "Snapshot", machine: "Machine", coulomb: "Coulomb", charge_dA: int, round_ms: int) -> None:
        """Not yet."""
