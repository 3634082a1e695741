"""What is done once in ten ticks, in the ticks in which the envelope rests: one part of a round a tick.

    0  the bus, insulation, the energy that has passed, what peers of other makes are offered, bleeders, how a charge ended
    1  the next horizon of the current limits, one stack's thermal cycles
    2  heat and cold, what fast or uneven warming leaves of the limits, and what the energy gauge reads
    3  what a charger is asked for, and how long the charge will take
Integers decide here too and nothing allocates; app.py calls it ahead of send, so that the wire tells what is decided here.
Units: mAs, dA, ms.
"""

from micropython import const

from bms.control.balance import Balance
from bms.control.cycles import Cycles
from bms.control.derate import Derate
from bms.control.ending import Ending
from bms.control.energy import Energy
from bms.control.fastcharge import FastCharge
from bms.control.horizon import Horizon
from bms.control.thermal import COOL, HEAT, Thermal
from bms.safety.insulation import Insulation

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_PACK_mV = const(2)
_TRIP_AFTER_RAMP = const(4)
_GRADIENT_ddegC = const(56)

PHASES = const(4)

_COOLANT_hot = const(120)  # ids of the fault table
_COOLANT_flow = const(121)


class Rounds:
    """`cycles`, `derate`, `energy`, `fastcharge`, `horizon`, `insulation`, `thermal`: who does it. What they read is taken
    from `app`."""

    def __init__(self, app: "App", pack: "Pack") -> None:
        self._app = app
        self.insulation = Insulation()
        self.energy = Energy(pack)
        self.balance = Balance(pack, app.snap.groups, app.signals, app.bound, app.plausible, app.coulomb)
        self.ending = Ending()
        self.horizon = Horizon(pack, app.envelope)
        self.derate = Derate(pack)
        self.thermal = Thermal(pack, app.envelope, self.derate)
        self.cycles = Cycles(pack)
        self.fastcharge = FastCharge(pack, app.envelope, self.horizon)
        self._passed_ms = 0  # the last whole round

    def begin(self, moved_mAs: int, round_ms: int) -> None:
        """The part of phase 0; `moved_mAs` and `round_ms`: charge and time since the last one."""
        app = self._app
        self._passed_ms = round_ms
        app.bus.step(app.board, round_ms)
        self.insulation.step(app.snap, round_ms)
        self.energy.step(moved_mAs, app.snap.value[_PACK_mV])
        app.link.talk(round_ms)
        self._balance(app, round_ms)

    def step(self, phase: int, wish: int, current_dA: int) -> None:
        """The part that belongs to this tick of the round, from phase 1 on."""
        app = self._app
        if phase == 1:
            self.horizon.step(app.bound, current_dA)
            self.cycles.step(app.snap)
        elif phase == 2:
            app.envelope.derate_permille = self.derate.step(app.snap, app.signals.value[_GRADIENT_ddegC])
            thermal = self.thermal
            thermal.barred = self._heat_barred(app)
            thermal.step(app.machine, wish, app.bound, app.snap, self.fastcharge, self._passed_ms)
            app.board.thermal(thermal.heater_permille, thermal.cooler_permille)
            coulomb = app.coulomb
            self.energy.place(coulomb.shown_permille(app.advice.soc_permille), coulomb.low_permille)
        else:
            mode = self.thermal.mode
            soc = app.coulomb.shown_permille(app.advice.soc_permille)
            self.fastcharge.step(app.machine, app.snap, app.bound, soc, mode == HEAT, mode == COOL, self._passed_ms)
            app.watch.charging.asked_dA = self.fastcharge.request_dA

    def _heat_barred(self, app: "App") -> bool:
        """No heat after a trip, and none into a coolant that is too hot or stands."""
        monitor = app.monitor
        if monitor.severity >= _TRIP_AFTER_RAMP:
            return True
        return monitor.is_active(_COOLANT_hot) or monitor.is_active(_COOLANT_flow)

    def _balance(self, app: "App", round_ms: int) -> None:
        machine = app.machine
        balance = self.balance
        word = app.advice.soc_permille
        if balance.fitted:
            balance.step(app.watch.sisters, machine, app.monitor.severity, app.plausible.suspect, word, round_ms)
            app.board.bleed(balance.bleeders.words)
        self.ending.step(machine.state, app.snap, app.bound, round_ms)
