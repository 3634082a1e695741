"""What contactors, fuse and resistor have been through."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.contactor import Contactor
    from bms.safety.machine import Machine
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class Wear:
    """What contactors, fuse and resistor have been through."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where

    def step(self, snap: "Snapshot", contactor: "Contactor", machine: "Machine", dt_ms: int) -> None:
        """Not yet."""
