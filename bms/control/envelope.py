"""Current limits in force now: the least of everything that limits, and which it was.

Charge: the cell's map at the coldest and the hottest layer and at both ends of the SoC window (the map rises and falls once
along both axes, so the least over the window lies at its corners), the voltage term, ratings, faults, state, advice.
Discharge: the table over temperature, falling in proportion at low SoC, and the same. Between the operating and the recommended
temperature of its direction either falls to nothing, hot and cold, by the hottest and the coldest layer, and both by what
derate.py leaves of them; the lines at which too much current trips do not fall with that. The voltage term keeps
the worst layer inside the operating limit: present current plus (limit - bound) / R, with R of the worst layer when there is
room and the smallest R0 when there is none; so no table pulls a layer below its limit. Limits rise by a ramp, fall at once.

Units: dA (magnitudes), mV, uohm, ddegC, permille; rounded down.
"""

import micropython
from micropython import const

from bms.control.maps import ChargeMap, DischargeTable
from bms.safety.tables import current_dA
from bms.schema import layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.advice import Advice
    from bms.safety.bound import Bound
    from bms.safety.machine import Machine
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_LIMIT_WARN = const(1)
_DERATE = const(3)
_TRIP_AFTER_RAMP = const(4)
_UOHM_dA_PER_mV = const(10000)
_VOLTAGE_MAX_mV = const(100000)

# What binds: BMS_LIMITS.charge_reason and discharge_reason
NONE = const(0)
STATE = const(1)
RATING = const(2)
MAP = const(3)
LAYER_VOLTAGE = const(4)
TEMPERATURE = const(5)
SOC = const(6)
FAULTS = const(7)
RAMP = const(8)
ADVICE = const(9)

# the tables take five ticks of every ten
FIRST_PHASE = const(4)
_COLD_PHASE = const(5)
_HOT_PHASE = const(6)
_MAP_PHASE = const(7)
_TABLE_PHASE = const(8)
SIGMAS = const(3)
LIMIT_MAX_dA = const(16383)
_PERMILLE = const(1000)
_MARGIN_permille = const(5)


class Envelope:
    """`charge_dA`, `discharge_dA` and their reasons; `map_dA`, what map and windows alone allow; `soc_lo_permille` and
    `soc_hi_permille`, the window that decisions read, `layer_lo_permille` and `layer_hi_permille`, that of every layer;
    `cut`: a limit has just fallen to zero; `moved`: limits or reasons are not what they were when somebody last set it to
    False."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._map = ChargeMap(pack)
        self._table = DischargeTable(pack)
        self._charge_max_mC = cell.charge_max_mC
        self._capacity_10uAh = cell.capacity_mAh // 10
        layers = layer_count(pack)
        self._twice_permille = 2 * _PERMILLE * (layers - 1) // layers + (1 if layers > 1 else 0)
        self._spread_soc_permille = pack.spread_soc_permille
        self._spread_capacity_permille = pack.spread_capacity_permille
        self._match_permille = pack.soc_match_permille
        self._charge_rating_dA = min(pack.charge_rating_dA, LIMIT_MAX_dA)
        self._discharge_rating_dA = min(pack.discharge_rating_dA, LIMIT_MAX_dA)
        self._v_max_mV = cell.v_max_mV[0]
        self._v_min_mV = cell.v_min_mV[0]
        self._charge_room = build_room(cell.t_charge_max_ddegC, cell.t_charge_min_ddegC)
        self._discharge_room = build_room(cell.t_discharge_max_ddegC, cell.t_discharge_min_ddegC)
        self._rise_dA_s = pack.limit_rise_dA_s
        self._charge_carry = 0
        self.layer_lo_permille = 0  # of the emptiest layer
        self.layer_hi_permille = _PERMILLE  # of the fullest
        self._corner_mC = 0
        self._table_cold_mC = 0
        self.map_dA = 0
        self.table_dA = 0
        self._table_reason = NONE
        self._allowed_dA = 0
        self._allowed_reason = MAP
        self.derate_permille = _PERMILLE  # set by who watches how fast and how unevenly layers warm
        self.soc_lo_permille = 0
        self.soc_hi_permille = _PERMILLE
        self.charge_dA = 0
        self.discharge_dA = 0
        self.charge_reason = STATE
        self.discharge_reason = STATE
        self.cut = False
        self.moved = True

    def window(self, advice: "Advice", fresh: bool, low_permille: int, high_permille: int) -> int:
        """SoC window for decisions: the hard interval, narrowed by fresh advice that lies inside it."""
        lo = low_permille
        hi = high_permille
        soc = advice.soc_permille
        if fresh and soc >= lo and soc <= hi:
            far = SIGMAS * advice.sigma_permille + _MARGIN_permille
            if soc - far > lo:
                lo = soc - far
            if soc + far < hi:
                hi = soc + far
        self.soc_lo_permille = lo
        self.soc_hi_permille = hi
        return hi - lo

    @micropython.native
    def step(
        self, machine: "Machine", severity: int, bound: "Bound", advice: "Advice", fresh: bool, current: int, dt_ms: int
    ) -> int:
        """One tick. `current` in dA, positive charges. `fresh`: the advice may be used."""
        # charge
        limit = self._allowed_dA
        reason = self._allowed_reason
        if self._charge_rating_dA < limit:
            limit = self._charge_rating_dA
            reason = RATING
        room_mV = self._v_max_mV - bound.layer_high_mV
        if room_mV < 0:
            by_voltage = current - current_dA(-room_mV, bound.r_low_uohm)
        elif room_mV < _VOLTAGE_MAX_mV:
            by_voltage = current + room_mV * _UOHM_dA_PER_mV // bound.r_high_uohm  # current_dA(), without the call
        else:
            by_voltage = current + current_dA(room_mV, bound.r_high_uohm)
        if by_voltage < limit:
            limit = by_voltage
            reason = LAYER_VOLTAGE
        # discharge
        other = self.table_dA
        why = self._table_reason
        if self._discharge_rating_dA < other:
            other = self._discharge_rating_dA
            why = RATING
        room_mV = bound.layer_low_mV - self._v_min_mV
        if room_mV < 0:
            by_voltage = -current - current_dA(-room_mV, bound.r_low_uohm)
        elif room_mV < _VOLTAGE_MAX_mV:
            by_voltage = room_mV * _UOHM_dA_PER_mV // bound.r_high_uohm - current
        else:
            by_voltage = current_dA(room_mV, bound.r_high_uohm) - current
        if by_voltage < other:
            other = by_voltage
            why = LAYER_VOLTAGE
        if fresh:
            if advice.charge_limit_dA < limit:
                limit = advice.charge_limit_dA
                reason = ADVICE
            if advice.discharge_limit_dA < other:
                other = advice.discharge_limit_dA
                why = ADVICE
        if severity >= _DERATE:
            limit //= 2
            other //= 2
            reason = why = FAULTS
        if severity >= _TRIP_AFTER_RAMP:
            limit = other = 0
        if not machine.charge_allowed:
            limit = 0
            # a state that lets discharge flow lets charge flow too, but where a fault bars it
            reason = STATE if severity < _TRIP_AFTER_RAMP and not machine.discharge_allowed else FAULTS
        if not machine.discharge_allowed:
            other = 0
            why = STATE if severity < _TRIP_AFTER_RAMP else FAULTS
        if limit < 0:
            limit = 0
        if other < 0:
            other = 0
        step = self._charge_carry + self._rise_dA_s * dt_ms
        rise = step // _PERMILLE
        self._charge_carry = step - rise * _PERMILLE
        if limit > self.charge_dA + rise:
            limit = self.charge_dA + rise
            reason = RAMP
        if other > self.discharge_dA + rise:
            other = self.discharge_dA + rise
            why = RAMP
        self.cut = False
        if limit != self.charge_dA or reason != self.charge_reason:
            self.moved = True
            self.cut = limit == 0 and self.charge_dA > 0
            self.charge_dA = limit
            self.charge_reason = reason
        if other != self.discharge_dA or why != self.discharge_reason:
            self.moved = True
            if other == 0 and self.discharge_dA > 0:
                self.cut = True
            self.discharge_dA = other
            self.discharge_reason = why
        return limit

    @micropython.native
    def refresh(self, bound: "Bound", phase: int) -> None:
        """What map and table allow at the corners of the window in which the layers are, a part a tick."""
        if phase == FIRST_PHASE:
            self._place()
        elif phase == _COLD_PHASE:
            self._corner_mC = self._map.least_mC(bound.cold_ddegC)
        elif phase == _HOT_PHASE:
            c = self._map.least_mC(bound.hot_ddegC)
            if c < self._corner_mC:
                self._corner_mC = c
        elif phase == _MAP_PHASE:
            c = self._corner_mC
            if self._charge_max_mC < c:
                c = self._charge_max_mC
            c = c * room_permille(bound, self._charge_room) // _PERMILLE
            self.map_dA = self._capacity_10uAh * c // 10000
            left = self.derate_permille
            self._allowed_dA = self.map_dA * left // _PERMILLE
            self._allowed_reason = MAP if left == _PERMILLE else TEMPERATURE
            self._table_cold_mC = self._table.at_mC(bound.cold_ddegC)
        elif phase == _TABLE_PHASE:
            table = self._table
            c = table.at_mC(bound.hot_ddegC)
            if self._table_cold_mC < c:
                c = self._table_cold_mC
            soc = self.layer_lo_permille
            self._table_reason = SOC if table.is_low(soc) else TEMPERATURE
            c = table.falling_mC(c, soc)
            c = c * room_permille(bound, self._discharge_room) // _PERMILLE
            left = self.derate_permille
            if left < _PERMILLE:
                self._table_reason = TEMPERATURE
                c = c * left // _PERMILLE
            self.table_dA = self._capacity_10uAh * c // 10000

    def _place(self) -> None:
        """The window in which every layer is: the mean's, and what SoC and capacity may put between a layer and the mean, one
        layer at one end of what is declared and all others at the other."""
        lo = self.soc_lo_permille
        hi = self.soc_hi_permille
        far = hi - self._match_permille
        if self._match_permille - lo > far:
            far = self._match_permille - lo
        spread = self._spread_soc_permille + (self._spread_capacity_permille * far + 999) // _PERMILLE
        spread = (self._twice_permille * spread + 999) // _PERMILLE
        self.layer_lo_permille = lo - spread
        self.layer_hi_permille = hi + spread
        self._map.place(lo - spread, hi + spread)


def build_room(hot_ddegC: "tuple[int, int, int]", cold_ddegC: "tuple[int, int, int]") -> "tuple[int, int, int, int]":
    """(recommended highest, its distance from the operating one, recommended lowest, likewise) of (info, warning, fault)."""
    hot = hot_ddegC[_LIMIT_WARN]
    cold = cold_ddegC[_LIMIT_WARN]
    return (hot, max(1, hot - hot_ddegC[0]), cold, max(1, cold_ddegC[0] - cold))


def room_permille(bound: "Bound", room: "tuple[int, int, int, int]") -> int:
    """What is left between the operating and the recommended temperature: all of it inside the one, none beyond the other."""
    hot = room[0] - bound.hot_ddegC
    cold = bound.cold_ddegC - room[2]
    if hot <= 0 or cold <= 0:
        return 0
    left = hot * _PERMILLE // room[1]
    other = cold * _PERMILLE // room[3]
    if other < left:
        left = other
    return left if left < _PERMILLE else _PERMILLE
