"""Whether the pack wants heat or cold, why, up to which temperature, and how much of its heater or cooler.

    charge_cold, discharge_cold  the coldest layer has left its window: heat, until it is band_ddegC inside
    charge_hot, discharge_hot    the hottest layer comes within band_ddegC of the window's end: cold, until it is twice as far
                                 inside. More of it the nearer the end, all of it there
    preheat, cool_down           a charge wishes for a temperature that is better than the window's end
    storage                      the pack is wanted for nothing and not kept well: said, and nothing done
Rows come in this order. What the vehicle wants decides which window counts: charge has a narrower one than discharge. Where
no temperature is known nothing is asked for.

Heat never takes the hottest layer to where cold would begin: its power falls to nothing over the band before. A wish for
heat that has got so far has got all it can. It falls likewise with the gradient in a stack, with a coolant that is as hot as
it may get, and it is held where the pack warms no faster than warm_mK_s: what would warm it so fast if all of it went into
the layers, more when they warm more slowly, less when they warm faster. Who feeds the heater decides whether it may run: the
charger while there is one, the pack while its layers can give what it takes, a supply always. Power follows by a ramp, and
is never above what is fed and goes too far nowhere, ramp or not. Heater and cooler never run together.

A charge that plans its temperature holds the hottest layer just inside the window's end (hold.py), heating as far as it
wishes and cooling as much as it must, where it is told how warm the coolant is.

Once a round of ten ticks. Units: ddegC, permille of full power, mK/s, dA, mV, ms.
"""

import micropython
from micropython import const

from bms.control.hold import Hold, held_ddegC
from bms.schema import COLD_ddegC, HOT_ddegC, layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Protocol

    from bms.control.derate import Derate
    from bms.control.envelope import Envelope
    from bms.safety.bound import Bound
    from bms.safety.machine import Machine
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

    class Wishes(Protocol):
        """What a charge wishes for: COLD_ddegC, HOT_ddegC: nothing."""

        heat_to_ddegC: int
        cool_to_ddegC: int
        planned: bool
        couple: int

# Copies of what snapshot.py, machine.py and their neighbours say: no look-up; a test holds them together.
_PACK_mV = const(2)
_COOLANT_INLET_ddegC = const(12)
_AGE_MAX_ms = const(60000)
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
PREHEAT = const(6)
COOL_DOWN = const(7)
STORAGE = const(8)

SOURCES = ("charger", "pack", "supply")
_BY_CHARGER = const(0)
_BY_SUPPLY = const(2)

_FAR_ddegC = const(1900)  # beyond it a bound says that nothing is known
_LEAST_permille = const(100)  # of a cooler, so that a request comes to its end
_AIM_percent = const(95)  # of the rise that is allowed
_MORE_1024 = const(61)  # a second: of the power that warms by a mK/s, so much for each that is missing, ...
_LESS_1024 = const(123)  # ... and for each too many; found on loops up to the pack's size, with lags up to a minute
_COMING_MAX_mK_s = const(2000)
_GAIN_MAX = const(5000)
_BITS = const(10)
_PERMILLE = const(1000)
_PACK_MAX_dV = const(20971)
_CURRENT_MAX_dA = const(16383)


class Thermal:
    """`mode`, `reason`, `target_ddegC`: the request as it stands; `heater_permille`, `cooler_permille`: what is driven."""

    def __init__(self, pack: "Pack", envelope: "Envelope", derate: "Derate") -> None:
        cell = pack.cell
        thermal = pack.thermal
        band = thermal.band_ddegC
        self._envelope = envelope
        self._derate = derate
        self._band_ddegC = band
        cold, hot = cell.t_charge_min_ddegC[0], cell.t_charge_max_ddegC[0]
        # reason of heat, where it begins, where it ends, and the same of cold
        self._charging = (CHARGE_COLD, cold, cold + band, CHARGE_HOT, hot - band, hot - 2 * band)
        cold, hot = cell.t_discharge_min_ddegC[0], cell.t_discharge_max_ddegC[0]
        self._driving = (DISCHARGE_COLD, cold, cold + band, DISCHARGE_HOT, hot - band, hot - 2 * band)
        self._top_ddegC = cell.t_charge_max_ddegC[0] - band  # no heat beyond it
        self._end_ddegC = cell.t_charge_max_ddegC[0]
        self._storage_ddegC = thermal.storage_ddegC
        self._storage_permille = thermal.storage_permille
        self._source = SOURCES.index(thermal.heater_source)
        self._heater_W = thermal.heater_W
        self._cooler_W = thermal.cooler_W
        self._gives_ddegC = cell.t_discharge_min_ddegC[0]
        self._v_min_mV = cell.v_min_mV[0]
        self._inlet_max_ddegC = min(thermal.coolant_max_ddegC, pack.guards.coolant_ddegC)
        self._inlet_min_ddegC = thermal.coolant_min_ddegC
        self._ramp_permille_s = thermal.request_permille_s
        self._carry = 0
        # power that warms all layers by a mK/s, in 1024ths of a permille, and what follows from it
        self._aim_mK_s = thermal.warm_mK_s * _AIM_percent // 100
        heat_J_K = layer_count(pack) * cell.heat_capacity_J_K
        heater_W = max(1, thermal.heater_W)
        self._more = min(_GAIN_MAX, _MORE_1024 * heat_J_K // heater_W + 1)
        self._less = min(_GAIN_MAX, _LESS_1024 * heat_J_K // heater_W + 1)
        self._first = min(_PERMILLE, thermal.warm_mK_s * heat_J_K // heater_W) << _BITS
        self._held = self._first  # as much heat as warms no faster than allowed, in 1024ths of a permille
        self._heat_to_ddegC = COLD_ddegC
        self._cool_to_ddegC = HOT_ddegC
        self._heated = False  # a wish has been met
        self._cooled = False
        goal = held_ddegC(self._end_ddegC, band)
        self._hold = Hold(derate, goal, self._inlet_min_ddegC, self._inlet_max_ddegC, self._aim_mK_s)
        self._holds = False
        self._told = False  # how hot the coolant is
        self.barred = False  # set before step(): no heat
        self._zero_ddegC = 0  # where a request for cold has no power left
        self.mode = NONE
        self.reason = NO_REASON
        self.target_ddegC = 0
        self.heater_permille = 0
        self.cooler_permille = 0

    @micropython.native
    def step(self, machine: "Machine", wish: int, bound: "Bound", snap: "Snapshot", wishes: "Wishes", dt_ms: int) -> int:
        """Once a round. Returns the mode."""
        if machine.state == _CHARGE and wishes.planned and snap.age_ms[_COOLANT_INLET_ddegC] < _AGE_MAX_ms:
            self._holds = bound.hot_ddegC <= _FAR_ddegC and bound.cold_ddegC >= self._charging[1]
        else:
            self._holds = False
        if self._holds:
            mode = self._keep(bound, snap, wishes)
        else:
            self._hold.forget()
            mode = self._choose(machine.state, wish, bound, wishes)
        step = self._carry + self._ramp_permille_s * dt_ms
        move = step // _PERMILLE
        self._carry = step - move * _PERMILLE
        heater = self.heater_permille
        cooler = self.cooler_permille
        if mode == HEAT or heater:
            left = 0
            if self._heater_W and self.reason != UNKNOWN_TEMPERATURE and not self.barred:
                left = self._left_permille(bound, snap)
                fed = self._fed_permille(machine.state, wish, bound, snap)
                if fed < left:
                    left = fed
            want = 0
            if mode == HEAT and not cooler:
                want = self._held_permille()
                if self._holds and self._hold.want_permille < want:
                    want = self._hold.want_permille
            heater = follow(heater, want, move)
            self.heater_permille = heater if heater < left else left
        else:
            self._held = self._first
        if mode == COOL or cooler:
            want = 0
            if mode == COOL and self._cooler_W and not self.heater_permille:
                want = -self._hold.want_permille if self._holds else self._cool_permille(bound, snap)
            self.cooler_permille = follow(cooler, want, move)
        return mode

    def _keep(self, bound: "Bound", snap: "Snapshot", wishes: "Wishes") -> int:
        """Heat or cold that holds the hottest layer."""
        missing = wishes.heat_to_ddegC - bound.cold_ddegC
        want = self._hold.step(missing, bound.hot_ddegC, snap.value[_COOLANT_INLET_ddegC], wishes.couple)
        if want > 0:
            return self._ask(HEAT, PREHEAT, wishes.heat_to_ddegC)
        if want < 0:
            return self._ask(COOL, CHARGE_HOT, self._hold.goal_ddegC)
        return self._ask(NONE, NO_REASON, 0)

    @micropython.native
    def _choose(self, state: int, wish: int, bound: "Bound", wishes: "Wishes") -> int:
        """The first row that holds."""
        charge = state == _CHARGE or wish == _WISH_CHARGE
        wanted = charge or state == _DRIVE or wish == _WISH_DRIVE
        hot = bound.hot_ddegC
        cold = bound.cold_ddegC
        heat_to = wishes.heat_to_ddegC
        cool_to = wishes.cool_to_ddegC
        if hot > _FAR_ddegC or cold < -_FAR_ddegC:
            asked = wanted or heat_to > COLD_ddegC or cool_to < HOT_ddegC
            return self._ask(NONE, UNKNOWN_TEMPERATURE if asked else NO_REASON, 0)
        if wanted:
            window = self._charging if charge else self._driving
            reason = self.reason
            if cold < (window[2] if reason == window[0] else window[1]):
                return self._ask(HEAT, window[0], window[2])
            if hot > (window[5] if reason == window[3] else window[4]):
                self._zero_ddegC = window[4]
                return self._ask(COOL, window[3], window[5])
        if heat_to != self._heat_to_ddegC:
            self._heat_to_ddegC = heat_to
            self._heated = False
        if heat_to > COLD_ddegC:
            band = self._band_ddegC
            if cold >= heat_to or hot >= self._top_ddegC - band // 4:
                self._heated = True
            elif cold < heat_to - band and hot < self._top_ddegC - 2 * band:
                self._heated = False
            if not self._heated:
                return self._ask(HEAT, PREHEAT, heat_to)
        if cool_to != self._cool_to_ddegC:
            self._cool_to_ddegC = cool_to
            self._cooled = False
        if cool_to < HOT_ddegC:
            if hot <= cool_to:
                self._cooled = True
            elif hot > cool_to + self._band_ddegC:
                self._cooled = False
            if not self._cooled:
                self._zero_ddegC = cool_to
                return self._ask(COOL, COOL_DOWN, cool_to)
        if wanted:
            return self._ask(NONE, NO_REASON, 0)
        least, most = self._storage_ddegC
        kept = cold >= least and hot <= most
        least, most = self._storage_permille
        envelope = self._envelope
        kept = kept and envelope.soc_hi_permille >= least and envelope.soc_lo_permille <= most
        return self._ask(NONE, NO_REASON if kept else STORAGE, 0)

    def _ask(self, mode: int, reason: int, target_ddegC: int) -> int:
        self.mode = mode
        self.reason = reason
        self.target_ddegC = target_ddegC
        return mode

    def _fed_permille(self, state: int, wish: int, bound: "Bound", snap: "Snapshot") -> int:
        """As much of the heater as who feeds it can give now."""
        source = self._source
        if source == _BY_SUPPLY:
            return _PERMILLE
        if source == _BY_CHARGER:
            return _PERMILLE if state == _CHARGE or wish == _WISH_CHARGE else 0
        if bound.cold_ddegC < self._gives_ddegC or bound.layer_low_mV <= self._v_min_mV:
            return 0
        if state == _DRIVE:
            limit_dA = self._envelope.discharge_dA
        elif state == _CHARGE:
            limit_dA = self._envelope.table_dA  # the machine allows no other discharge there
        else:
            return 0
        limit_dA = 0 if limit_dA < 0 else limit_dA if limit_dA < _CURRENT_MAX_dA else _CURRENT_MAX_dA
        pack_dV = snap.value[_PACK_mV] // 100
        pack_dV = 0 if pack_dV < 0 else pack_dV if pack_dV < _PACK_MAX_dV else _PACK_MAX_dV
        fed_percent = limit_dA * pack_dV // self._heater_W  # dA dV are 10 mW
        if fed_percent > 100:
            fed_percent = 100
        return fed_percent * 10

    def _held_permille(self) -> int:
        """As much heat as warms no faster than allowed."""
        derate = self._derate
        held = self._held
        if derate.second:
            missing = self._aim_mK_s - derate.coming_mK_s
            if missing < 0:
                if missing < -_COMING_MAX_mK_s:
                    missing = -_COMING_MAX_mK_s
                held += missing * self._less
            elif self.heater_permille >= held >> _BITS:  # else it is something else that holds it
                if missing > _COMING_MAX_mK_s:
                    missing = _COMING_MAX_mK_s
                held += missing * self._more
            held = 0 if held < 0 else held if held < _PERMILLE << _BITS else _PERMILLE << _BITS
            self._held = held
        return held >> _BITS

    @micropython.native
    def _left_permille(self, bound: "Bound", snap: "Snapshot") -> int:
        """As much heat as takes nothing too far."""
        band = self._band_ddegC
        top = self._end_ddegC if self._holds else self._top_ddegC
        left = share_permille(top - bound.hot_ddegC, band)
        if snap.age_ms[_COOLANT_INLET_ddegC] < _AGE_MAX_ms:
            self._told = True
            other = share_permille(self._inlet_max_ddegC - snap.value[_COOLANT_INLET_ddegC], band // 2)
            if other < left:
                left = other
        elif self._told:
            return 0  # how hot the coolant is was known, and is not any more
        gradient = self._derate.gradient_permille
        return gradient if gradient < left else left

    def _cool_permille(self, bound: "Bound", snap: "Snapshot") -> int:
        """As much cold as the hottest layer is beyond where it begins, while the coolant may get colder."""
        band = self._band_ddegC
        want = share_permille(bound.hot_ddegC - self._zero_ddegC, band)
        if want < _LEAST_permille:
            want = _LEAST_permille
        if snap.age_ms[_COOLANT_INLET_ddegC] < _AGE_MAX_ms:
            left = share_permille(snap.value[_COOLANT_INLET_ddegC] - self._inlet_min_ddegC, band)
            if left < want:
                want = left
        return want


def share_permille(part: int, whole: int) -> int:
    """part of whole, from nothing to all."""
    return 0 if part <= 0 else part * _PERMILLE // whole if part < whole else _PERMILLE


def follow(now: int, want: int, move: int) -> int:
    """`now`, moved towards `want` by so much at most."""
    if want > now + move:
        return now + move
    return want if want > now - move else now - move
