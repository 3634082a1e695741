"""What the hardware boards have in common: bms.board.Board's contract over a front end, outputs, a CAN queue and a watchdog.

The watchdog is two: the controller's own, which starts with the first wait() (an import from files may take seconds before
that) and resets it, and a pulse on a pin, without which a relay takes the coils' supply within 100 ms. Both are fed by
alive() and nowhere else, once a tick. Leaving the loop feeds neither. Nothing allocates in a tick.
"""

from micropython import const

from boards.parts.nets import Nets
from boards.parts.outputs import COIL_Hz, Outputs, THERMAL_Hz
from boards.parts.pace import Pace

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array
    from typing import Any, Protocol

    from bms.board import Mailbox, Storage
    from bms.safety.snapshot import Snapshot
    from boards.parts.can_queue import CanQueue
    from boards.parts.manners import Clock

    class Measured(Protocol):
        """front_end.FrontEnd, or what stands in its place."""

        def sample(self, snap: Snapshot, mailbox: Mailbox, now_ms: int) -> None: ...

        def bleed(self, groups: "array[int]") -> None: ...

BITRATE = const(500000)
WATCHDOG_ms = const(200)  # twenty ticks; an STM32's own oscillator makes 136 to 376 ms of it
CAUSES = (  # of machine.reset_cause(), by name: ports have different numbers and lack some; and what bms.board calls them
    ("PWRON_RESET", 1),
    ("HARD_RESET", 2),
    ("WDT_RESET", 3),
    ("DEEPSLEEP_RESET", 4),
    ("SOFT_RESET", 5),
)
_UNKNOWN = const(0)


def cause_of(machine: "Any") -> int:
    """Why the controller starts, as bms.board counts it."""
    cause = machine.reset_cause()
    for name, number in CAUSES:
        if getattr(machine, name, None) == cause:
            return number
    return _UNKNOWN


class Mainboard:
    """A board is this with its own pins and buses. `late_ticks` and `worst_late_ms` stand in `pace`."""

    def __init__(
        self,
        machine: "Any",
        clock: "Clock",
        nets: Nets,
        can: "CanQueue",
        front_end: "Measured",
        storage: "Storage | None",
    ) -> None:
        # before anything else: no coil is driven
        self._outputs = Outputs(nets.coils(COIL_Hz), nets.pwm("HEATER", THERMAL_Hz), nets.pwm("COOLER", THERMAL_Hz))
        self._machine = machine
        self._pulse = nets.output("WATCHDOG_PULSE")
        self._level = 0
        self._watchdog: Any = None
        self._cause = cause_of(machine)
        self._can = can
        self.pace = Pace(clock, can)
        self.front_end = front_end
        self.storage = storage
        self.benched = False

    def wait(self) -> bool:
        if self._watchdog is None:
            self._watchdog = self._machine.WDT(timeout=WATCHDOG_ms)
        self.pace.wait()
        return True

    def sample(self, snap: "Snapshot", mailbox: "Mailbox") -> int:
        now_ms = self.pace.now_ms
        self.front_end.sample(snap, mailbox, now_ms)
        return now_ms

    def contactors(self, mask: int, hold_percent: int) -> None:
        self._outputs.contactors(mask, hold_percent)

    def thermal(self, heater_permille: int, cooler_permille: int) -> None:
        self._outputs.thermal(heater_permille, cooler_permille)

    def bleed(self, groups: "array[int]") -> None:
        self.front_end.bleed(groups)

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        return self._can.send(identifier, data, extended)

    def can_state(self) -> int:
        return self._can.state()

    def can_restart(self) -> None:
        self._can.restart()

    def alive(self) -> None:
        self._level ^= 1
        self._pulse.value(self._level)
        if self._watchdog is not None:
            self._watchdog.feed()

    def reset_cause(self) -> int:
        return self._cause

    def stored_soc_permille(self) -> int:
        return -1

    def rested(self) -> bool:
        return False

    def finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
        """Nobody listens."""
