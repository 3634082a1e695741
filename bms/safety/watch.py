"""What is watched beside the layers' bounds and windows: each watcher in its turn, ahead of the monitor.

Some look at every tick, some when probes have come, some once a round of ten ticks, each in a tick of its own. `step` tells
the monitor by the bit ROUND that the rare ones have looked. Watchers fill signals; none opens or limits anything by itself,
but for the stray of a layer, which widens the bounds in the same tick. Units as in signals.py; time in ms.
"""

import micropython
from micropython import const

from bms.safety.chain import Chain
from bms.safety.charging import Charging
from bms.safety.overload import Overload
from bms.safety.probes import Probes
from bms.safety.sisters import Sisters
from bms.safety.strings import Strings
from bms.safety.surroundings import Surroundings
from bms.safety.wear import Wear

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.contactor import Contactor
    from bms.safety.coulomb import Coulomb
    from bms.safety.insulation import Insulation
    from bms.safety.machine import Machine
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_PROBES = const(4)
_SUPPLY_mV = const(5)
_INPUTS = const(32)
_ROUND = const(4096)

_SISTERS_PHASE = const(6)  # bound has refreshed all its parts
_CHAIN_PHASE = const(7)
_OVERLOAD_PHASE = const(8)
_ROUND_ms = const(100)


class Watch:
    """All watchers of one pack."""

    def __init__(
        self,
        pack: "Pack",
        signals: "Signals",
        snap: "Snapshot",
        bound: "Bound",
        coulomb: "Coulomb",
        machine: "Machine",
        contactor: "Contactor",
        insulation: "Insulation",
    ) -> None:
        self._snap = snap
        self._bound = bound
        self._coulomb = coulomb
        self._machine = machine
        self._contactor = contactor
        self._insulation = insulation
        self.sisters = Sisters(pack, signals)
        self.strings = Strings(pack, signals)
        self.probes = Probes(pack, signals)
        self.chain = Chain(pack, signals)
        self.surroundings = Surroundings(pack, signals)
        self.overload = Overload(pack, signals)
        self.charging = Charging(pack, signals)
        self.wear = Wear(pack, signals)
        self._supply_mV = -1
        self._round_ms = 0
        self._passed_ms = _ROUND_ms  # the last whole round

    @micropython.native
    def step(self, new_bits: int, phase: int, charge_dA: int, discharge_dA: int, map_dA: int, dt_ms: int) -> int:
        """One tick: `charge_dA`, `discharge_dA` are the limits in force, `map_dA` what map and windows alone allow. Returns
        the channels that are new, ROUND among them when the rare watchers have all looked."""
        snap = self._snap
        bound = self._bound
        self._round_ms += dt_ms
        self.strings.step(snap, new_bits)
        self.chain.step(snap, self._machine.state, dt_ms)
        self.overload.step(snap, self._contactor.mask, charge_dA, discharge_dA, dt_ms)
        self.wear.step(snap, self._contactor, self._machine, dt_ms)
        if new_bits & _INPUTS and snap.value[_SUPPLY_mV] != self._supply_mV:
            self._supply_mV = snap.value[_SUPPLY_mV]
            self.surroundings.step(snap)
        if (new_bits | snap.fresh_bits | snap.bad_bits) & _PROBES:
            self.probes.step(snap, self.sisters)
        if phase < _SISTERS_PHASE:
            return new_bits
        if phase == _SISTERS_PHASE:
            self.sisters.refresh(snap, bound, self._passed_ms)
        elif phase == _CHAIN_PHASE:
            self.chain.refresh(snap, self._passed_ms)
        elif phase == _OVERLOAD_PHASE:
            self.overload.refresh(bound, map_dA)
        else:
            self.charging.refresh(snap, self._machine, self._coulomb, self.overload, charge_dA, self._round_ms)
            self.surroundings.refresh(snap, self._insulation.kohm, self._round_ms)
            self._passed_ms = self._round_ms
            self._round_ms = 0
            new_bits |= _ROUND
        return new_bits
