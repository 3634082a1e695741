"""Whether the pack wants heat or cold: one request with a reason and the temperature at which it ends.

What the vehicle wants decides which window counts: charge has a narrower one than discharge, and a pack that is wanted for
nothing asks for nothing. A request begins when the worst layer leaves the window in which a limit is not yet derated, and
ends BAND_ddegC inside it, so that it does not chatter. Cold comes first: a layer too cold to charge is harmed by charge, one
near its upper limit only gives less. Where no temperature is known nothing is asked for. Once a round of ten ticks; ddegC.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.machine import Machine
    from bms.schema import Pack

# Copies of what machine.py says: no look-up; a test holds them together.
_DRIVE = const(3)
_CHARGE = const(4)
_WISH_DRIVE = const(1)
_WISH_CHARGE = const(2)

# BMS_THERMAL_REQUEST.thermal_mode
NONE = const(0)
HEAT = const(1)
COOL = const(2)

# BMS_THERMAL_REQUEST.thermal_reason
NO_REASON = const(0)
CHARGE_COLD = const(1)
DISCHARGE_COLD = const(2)
CHARGE_HOT = const(3)
DISCHARGE_HOT = const(4)
UNKNOWN_TEMPERATURE = const(5)

BAND_ddegC = const(50)  # assumed
_FAR_ddegC = const(1900)  # beyond it a bound says that nothing is known


class Thermal:
    """`mode`, `reason`, `target_ddegC`: the request as it stands."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        # wanted for charge, reason, mode, temperature at which the request begins
        self._rows = (
            (True, CHARGE_COLD, HEAT, cell.t_charge_min_ddegC[0]),
            (False, DISCHARGE_COLD, HEAT, cell.t_discharge_min_ddegC[0]),
            (True, CHARGE_HOT, COOL, cell.t_charge_max_ddegC[0]),
            (False, DISCHARGE_HOT, COOL, cell.t_discharge_max_ddegC[0]),
        )
        self.mode = NONE
        self.reason = NO_REASON
        self.target_ddegC = 0

    def step(self, machine: "Machine", wish: int, bound: "Bound") -> int:
        """Once a round. Returns the mode."""
        charge = machine.state == _CHARGE or wish == _WISH_CHARGE
        if not charge and machine.state != _DRIVE and wish != _WISH_DRIVE:
            return self._ask(NONE, NO_REASON, 0)
        hot = bound.hot_ddegC
        cold = bound.cold_ddegC
        if hot > _FAR_ddegC or cold < -_FAR_ddegC:
            return self._ask(NONE, UNKNOWN_TEMPERATURE, 0)
        for row in self._rows:
            if row[0] != charge:
                continue
            target = row[3] + BAND_ddegC if row[2] == HEAT else row[3] - BAND_ddegC
            begins = target if self.reason == row[1] else row[3]
            if cold < begins if row[2] == HEAT else hot > begins:
                return self._ask(row[2], row[1], target)
        return self._ask(NONE, NO_REASON, 0)

    def _ask(self, mode: int, reason: int, target_ddegC: int) -> int:
        self.mode = mode
        self.reason = reason
        self.target_ddegC = target_ddegC
        return mode
