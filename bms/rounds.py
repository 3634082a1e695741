"""What is done once in ten ticks, in the ticks in which the envelope rests: one part of a round a tick.

    0  the bus, insulation, the energy that has passed, what peers of other makes are offered
    1  the next horizon of the current limits
    2  heat and cold, and what the energy gauge reads
Integers decide here too and nothing allocates; app.py calls it ahead of send, so that the wire tells what is decided here.
Units: mAs, dA, ms.
"""

from micropython import const

from bms.control.energy import Energy
from bms.control.horizon import Horizon
from bms.control.thermal import Thermal
from bms.safety.insulation import Insulation

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_PACK_mV = const(2)

PHASES = const(3)


class Rounds:
    """`energy`, `horizon`, `insulation`, `thermal`: who does it. What they read of the rooms is taken from `app`."""

    def __init__(self, app: "App", pack: "Pack") -> None:
        self._app = app
        self.insulation = Insulation()
        self.energy = Energy(pack)
        self.horizon = Horizon(pack, app.envelope)
        self.thermal = Thermal(pack)
        self._moved_mAs = 0
        self._round_ms = 0

    def count(self, moved_mAs: int, dt_ms: int) -> None:
        """One tick's charge and time."""
        self._moved_mAs += moved_mAs
        self._round_ms += dt_ms

    def step(self, phase: int, wish: int, current_dA: int) -> None:
        """The part that belongs to this tick of the round."""
        app = self._app
        if phase == 0:
            app.bus.step(app.board, self._round_ms)
            self.insulation.step(app.snap, self._round_ms)
            self.energy.step(self._moved_mAs, app.snap.value[_PACK_mV])
            self._moved_mAs = 0
            app.link.talk(self._round_ms)
            self._round_ms = 0
        elif phase == 1:
            self.horizon.step(app.bound, current_dA)
        else:
            self.thermal.step(app.machine, wish, app.bound)
            coulomb = app.coulomb
            self.energy.place(coulomb.shown_permille(app.advice.soc_permille), coulomb.low_permille)
