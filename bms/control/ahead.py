"""A look ahead through the rest of a charge, in pieces: how long each takes, and how warm the layers are after it.

A piece is a twentieth of the SoC, or as much of it as warms or cools the layers by TURN_mK. In it flows what the map allows
at the temperatures and in the window of that moment, what the worst layer's voltage leaves, what a stage, the charger and the
connector allow. The high end of the window stays where it is until the SoC has come near it, and with the window narrows what
the worst layer's bound has on top. The layers are warmed by the current (I R, hysteresis, entropy) and take heat from the
coolant or give it: heated to the most that the pack declares, as long as that warms no faster than declared, else on its way
back to the layers' temperature; they get no warmer than where thermal.py cools them to. At the piece's middle, so that the
error of a step is small. Nothing here looks at a sensor: remaining.py says what is seen.

Units: dA, mV, uohm, ddegC, mK, permille; time in 0.1 s (ds), charge in dA*s, heat in 0.1 W.
"""

from array import array

import micropython
from micropython import const

from bms.control.maps import ChargeMap
from bms.control.ways import build_permille
from bms.safety.tables import current_dA, drop_mV, interpolated
from bms.schema import SOC_KNOTS, COLD_ddegC, layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.ways import Way
    from bms.schema import Pack

KNOWN_MAX_ds = const(655340)
TURN_mK = const(4000)
PIECES_MOST = const(500)  # a look that takes more leads nowhere
_CURRENT_MAX_dA = const(16383)
_SEGMENTS = const(20)
_PERMILLE = const(1000)
_COOLED_ds = const(600)  # a pack that is too hot gets as warm as it may in this time; assumed
_uV_PER_mV = const(1000)
_mK_PER_K = const(1000)
_PER_dW = const(1000)  # dA mV in a tenth of a watt
_mK_PER_ddegC = const(100)
_OVER_MAX_mV = const(60000)
_LONG_ds = const(30000)
_WARM_K = const(340)  # for the heat of entropy
_NEAR_permille = const(60)  # as near as the high end of the window comes; assumed
LOOP_LAG_ds = const(600)  # of the coolant behind the layers ...
_HEATER_LAG_ds = const(200)  # ... and its heater; both assumed
COUPLE_FIRST = const(5000)  # until it is known; assumed


class Ahead:
    """`time_ds` so far. What is seen: `couple` in uK/s for each K between coolant and layers, `follow_permille` of the way
    that the coolant of a small loop goes back to the layers, `share_permille` of what the map allows, `margin_mV` of the worst
    layer's bound, `held_ddegC`: where the hottest layer is held by cold."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._map = ChargeMap(pack)
        self._capacity_10uAh = cell.capacity_mAh // 10
        self._permille_dAs = build_permille(cell)
        self._charge_max_mC = cell.charge_max_mC
        self._rating_dA = min(pack.charge_rating_dA, _CURRENT_MAX_dA)
        self._v_max_mV = cell.v_max_mV[0]
        self._heat_capacity_J_K = cell.heat_capacity_J_K
        self._soc_permille = array("i", [k * 50 for k in range(SOC_KNOTS)])
        self._emf_mV = array("i", [ocv + m for ocv, m in zip(cell.ocv_mV, cell.hyst_mV)])
        self._own_mV = array("i", build_own(cell.hyst_mV, cell.entropy_uV_K))
        self._knots_ddegC = array("i", cell.r_ddegC)
        self._r_uohm = tuple([array("i", table) for table in (cell.r0_uohm, cell.r1_uohm, cell.r2_uohm)])
        self._factor_permille = tuple([array("i", table) for table in (cell.r0_permille, cell.r1_permille, cell.r2_permille)])
        # what the heater can do to every layer, and what it takes from a charger at half charge
        layers = layer_count(pack)
        thermal = pack.thermal
        self._heater_mK_s = thermal.heater_W * _mK_PER_K // (layers * cell.heat_capacity_J_K)
        self._heater_dA = thermal.heater_W * 10000 // (layers * cell.ocv_mV[10]) if thermal.heater_source == "charger" else 0
        self._warm_mK_s = thermal.warm_mK_s
        self._coolant_max_ddegC = thermal.coolant_max_ddegC
        # what is seen
        self.couple = COUPLE_FIRST
        self.follow_permille = _PERMILLE
        self.share_permille = _PERMILLE
        self.margin_mV = 0
        self.held_ddegC = cell.t_charge_max_ddegC[0] - pack.thermal.band_ddegC
        # where the look begins, and where it is
        self.below_permille = 0
        self.above_permille = 0
        self.high_permille = 0  # of the mean's window, above the SoC
        self._from_permille = 0
        self._heat_to_ddegC = COLD_ddegC
        self._goal_dAs = 0
        self._cold_ddegC = 0
        self._gap_ddegC = 0
        self._loop_ddegC = 0
        self._at_dAs = 0
        self._warmer_mK = 0
        self._half_mK = 0  # of the last piece's warming
        self._pieces = 0
        self.time_ds = 0
        self.short_dAs = 0  # what the charge ends without

    def begin(self, soc: int, goal: int, cold_ddegC: int, hot_ddegC: int, coolant_ddegC: int, heat_to_ddegC: int) -> None:
        """From one SoC in permille to another; the layers are warmed to heat_to_ddegC."""
        self._from_permille = soc
        self._at_dAs = soc * self._permille_dAs
        self._goal_dAs = goal * self._permille_dAs
        self._cold_ddegC = cold_ddegC
        self._gap_ddegC = hot_ddegC - cold_ddegC
        self._loop_ddegC = coolant_ddegC
        self._heat_to_ddegC = heat_to_ddegC
        self._warmer_mK = 0
        self._half_mK = 0
        self._pieces = 0
        self.time_ds = 0
        self.short_dAs = 0

    def gone(self, charge_dAs: int) -> None:
        """So much more has been charged already."""
        self._at_dAs += charge_dAs

    @micropython.native
    def step(self, way: "Way", most_dA: int) -> bool:
        """One piece; `most_dA`: what charger and connector allow. True: the look is over, time_ds beyond KNOWN_MAX_ds says
        that it leads nowhere."""
        unit = 50 * self._permille_dAs
        k = self._at_dAs // unit
        if self._at_dAs >= self._goal_dAs or k >= _SEGMENTS:
            return True
        end_dAs = (k + 1) * unit
        if self._goal_dAs < end_dAs:
            end_dAs = self._goal_dAs
        high = self._narrowed(self.high_permille, self._at_dAs // self._permille_dAs)
        stage = way.stage(self._at_dAs // self._permille_dAs + high)
        edge_dAs = (way.until_permille[stage] - high) * self._permille_dAs
        if self._at_dAs < edge_dAs < end_dAs:
            end_dAs = edge_dAs
        middle = (self._at_dAs + end_dAs) // (2 * self._permille_dAs)
        half_mK = self._half_mK
        if half_mK > TURN_mK // 2:
            half_mK = TURN_mK // 2
        cold = self._cold_ddegC + (self._warmer_mK + half_mK) // _mK_PER_ddegC
        hot = cold + self._gap_ddegC
        heated = cold < self._heat_to_ddegC
        above = self._narrowed(self.above_permille, middle)
        top = hot if hot < self.held_ddegC else self.held_ddegC
        flows = self.by_map_dA(middle, above, cold, top) * self.share_permille // _PERMILLE
        r_uohm = self.resistance_uohm(k, cold)
        margin_mV = self.margin_mV * above // self.above_permille if self.above_permille > 0 else self.margin_mV
        room_mV = self._v_max_mV - margin_mV - (self._emf_mV[k] + self._emf_mV[k + 1]) // 2
        if room_mV < 0:
            room_mV = 0
        by_voltage = current_dA(room_mV, r_uohm)
        if by_voltage < flows:
            flows = by_voltage
        if way.stage_dA[stage] < flows:
            flows = way.stage_dA[stage]
        if heated:
            most_dA -= self._heater_dA
            if most_dA < 0:
                most_dA = 0
        if most_dA < flows:
            flows = most_dA
        if flows < way.taper_dA and not heated:
            self.time_ds += way.taper_ms // 100
            self.short_dAs = self._goal_dAs - self._at_dAs
            return True
        own = self.own_mK_s(flows, drop_mV(r_uohm, flows), k)
        rate = self._rate(own, cold, hot, heated)
        room_ddegC = self.held_ddegC - hot if rate > 0 else hot - self.held_ddegC
        turn_mK = room_ddegC * _mK_PER_ddegC if 0 < room_ddegC < TURN_mK // _mK_PER_ddegC else TURN_mK
        self._move(flows, end_dAs, rate, turn_mK, heated)
        self._pieces += 1
        if self._pieces >= PIECES_MOST:
            self.time_ds = KNOWN_MAX_ds + 1
        return self.time_ds > KNOWN_MAX_ds

    def _narrowed(self, far_permille: int, soc_permille: int) -> int:
        """How far above the SoC an end of the window is, once the SoC is there."""
        near = far_permille if far_permille < _NEAR_permille else _NEAR_permille
        far = far_permille + self._from_permille - soc_permille
        return far if far > near else near

    def _rate(self, own_mK_s: int, cold_ddegC: int, hot_ddegC: int, heated: bool) -> int:
        """How fast the layers warm."""
        if hot_ddegC > self.held_ddegC:
            return (self.held_ddegC - hot_ddegC) * _mK_PER_ddegC * 10 // _COOLED_ds
        taken = self.couple * (self._loop_ddegC - cold_ddegC) // 10000
        if heated:
            if taken > self._heater_mK_s:
                taken = self._heater_mK_s
            room = self._warm_mK_s - own_mK_s
            if room < 0:
                room = 0
            if taken > room:
                taken = room
        rate = own_mK_s + taken
        if hot_ddegC == self.held_ddegC and rate > 0:
            rate = 0
        return rate

    def _move(self, flows_dA: int, end_dAs: int, rate_mK_s: int, turn_mK: int, heated: bool) -> None:
        """The piece's time, and what it leaves behind."""
        time_ds = (end_dAs - self._at_dAs) * 10 // flows_dA + 1 if flows_dA else KNOWN_MAX_ds
        size = rate_mK_s if rate_mK_s >= 0 else -rate_mK_s
        turn_ds = turn_mK * 10 // size + 1 if size else _LONG_ds
        if turn_ds < time_ds:
            time_ds = turn_ds
            self._at_dAs += flows_dA * turn_ds // 10
        else:
            self._at_dAs = end_dAs
        self._half_mK = rate_mK_s * time_ds // 20
        self._warmer_mK += rate_mK_s * time_ds // 10
        self.time_ds += time_ds
        # the coolant goes towards its most, or back to the layers
        loop = self._loop_ddegC
        if heated:
            self._loop_ddegC = loop + (self._coolant_max_ddegC - loop) * time_ds // (_HEATER_LAG_ds + time_ds)
        else:
            apart = self._cold_ddegC + self._warmer_mK // _mK_PER_ddegC - loop
            self._loop_ddegC = loop + apart * time_ds // (LOOP_LAG_ds + time_ds) * self.follow_permille // _PERMILLE

    @micropython.native
    def by_map_dA(self, soc_permille: int, above_permille: int, cold_ddegC: int, hot_ddegC: int) -> int:
        """What map and rating allow in a window about this SoC."""
        chart = self._map
        chart.place(soc_permille - self.below_permille, soc_permille + above_permille)
        c = chart.least_mC(cold_ddegC)
        d = chart.least_mC(hot_ddegC)
        if d < c:
            c = d
        if self._charge_max_mC < c:
            c = self._charge_max_mC
        limit = self._capacity_10uAh * c // 10000
        return limit if limit < self._rating_dA else self._rating_dA

    def emf_mV(self, soc_permille: int) -> int:
        """Of an ordinary layer while it charges."""
        return interpolated(soc_permille, self._soc_permille, self._emf_mV)

    @micropython.native
    def resistance_uohm(self, k: int, t_ddegC: int) -> int:
        """All elements of an ordinary layer in the middle of a segment of SoC."""
        r_uohm = 1
        for element in range(3):
            table = self._r_uohm[element]
            factor = interpolated(t_ddegC, self._knots_ddegC, self._factor_permille[element])
            r_uohm += (table[k] + table[k + 1]) // 2 * factor // _PERMILLE
        return r_uohm

    def own_mK_s(self, flows_dA: int, over_mV: int, k: int) -> int:
        """How fast a layer warms by what a current makes of its overvoltage, of hysteresis and entropy."""
        over_mV += self._own_mV[k]
        if over_mV > _OVER_MAX_mV:
            over_mV = _OVER_MAX_mV
        return flows_dA * over_mV // _PER_dW * 100 // self._heat_capacity_J_K


def build_own(hyst_mV: "tuple[int, ...]", entropy_uV_K: "tuple[int, ...]") -> "list[int]":
    """What becomes heat beside the resistances, a segment: hysteresis and T dU/dT."""
    both = [m + entropy * _WARM_K // _uV_PER_mV for m, entropy in zip(hyst_mV, entropy_uV_K)]
    return [(both[k] + both[k + 1]) // 2 for k in range(_SEGMENTS)]
