"""How much current can be held for 2, 10 and 30 s from now without a limit falling below it.

What is allowed now (envelope.py) takes the worst layer's whole resistance for what changes. Over a horizon more moves, and
    voltage  climbs along the OCV and from one branch to the other with the charge of the smallest layer: a resistance that
             grows with time; and the RC elements go on charging for a current that flows already. What they remember is
             bounded from below in either direction, since a current that has just begun or turned has most still to come
    SoC      shifts the window in which the map is read, and how near to empty the emptiest layer is
    heat     I (I R + M + T dU/dT) warms the hottest layer, with no cooling; and with a current that has yet to flow the bounds
             of temperature move apart at once, by what core.py says that it makes inside a stack
SoC and heat are taken for the current that map or table alone allow now, more than what will be found: the answer errs to the
safe side. Between the operating and the recommended temperature as much is left as the current's own heat leaves. The answer
is never above what is allowed now, and a longer horizon never above a shorter one. A step a round of ten ticks, one horizon
in two of them: what may charge, then what may be drawn; clamped to the limits of the moment whenever it is asked for.

Units: dA (magnitudes), mV, uohm, ddegC, permille, s.
"""

from array import array

import micropython
from micropython import const

from bms.control.envelope import build_room
from bms.control.maps import ChargeMap, DischargeTable
from bms.safety.tables import current_dA, drop_mV, highest, interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.envelope import Envelope
    from bms.safety.bound import Bound
    from bms.schema import Pack

HORIZONS_s = (2, 10, 30)

_OLD_s = const(1)  # a limit is reckoned anew every 0.6 s
_KNOT_permille = const(50)
_LAST_SEGMENT = const(19)
_PERMILLE = const(1000)
_OVER_MAX_mV = const(60000)
_PER_dW = const(1000)  # dA mV in a tenth of a watt
_UOHM_dA_PER_mV = const(10000)
_CURRENT_MAX_dA = const(16383)
_HOTTEST_K = const(373)
_SHIFT = const(14)  # fraction bits of remembered currents: from 16384 dA to -16384 dA is 2^29
_ROUND_ms = const(100)
_WARMER_MAX_ddegC = const(4000)


class Horizon:
    """`charge_dA` and `discharge_dA`: array("i"), one value a horizon as last reckoned; see the limits for what is said."""

    def __init__(self, pack: "Pack", envelope: "Envelope") -> None:
        cell = pack.cell
        self._envelope = envelope
        self._map = ChargeMap(pack)
        self._table = DischargeTable(pack)
        self._capacity_10uAh = cell.capacity_mAh // 10
        self._charge_max_mC = cell.charge_max_mC
        # dA s * 250 over this is permille of the smallest layer
        self._smallest_9mAh = cell.capacity_mAh * (_PERMILLE - pack.spread_capacity_permille) // _PERMILLE * 9
        hyst = _PERMILLE + pack.spread_hyst_permille
        climbs = []
        own_mV = []
        for k in range(len(cell.ocv_mV) - 1):
            steep_mV = cell.ocv_mV[k + 1] - cell.ocv_mV[k]
            steep_mV += abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k]) * hyst // _PERMILLE + 1
            # from one branch to the other, 2 gamma M a unit of charge; 20 segments in it
            m_mV = max(cell.hyst_mV[k], cell.hyst_mV[k + 1]) * hyst // _PERMILLE + 1
            steep_mV += (m_mV * cell.hyst_gamma_permille + cell.relax_mV * cell.relax_gamma_permille) // (10 * _PERMILLE) + 1
            own_mV.append(m_mV)
            climbs.append(steep_mV * 250 // _KNOT_permille * _UOHM_dA_PER_mV // self._smallest_9mAh + 1)
        self._climb_uohm_s = array("i", climbs)  # voltage that comes with charge, a segment of 50 permille
        self._hyst_mV = array("i", own_mV)  # of the branches, a segment
        # T dU/dT: what warms when charged cools when discharged
        self._charge_heat_mV = max(0, *cell.entropy_uV_K) * _HOTTEST_K // _PERMILLE + 1
        self._discharge_heat_mV = max(0, -min(cell.entropy_uV_K)) * _HOTTEST_K // _PERMILLE + 1
        self._heat_capacity_J_K = cell.heat_capacity_J_K
        self._charge_room = build_room(cell.t_charge_max_ddegC, cell.t_charge_min_ddegC)
        self._discharge_room = build_room(cell.t_discharge_max_ddegC, cell.t_discharge_min_ddegC)
        self._v_max_mV = cell.v_max_mV[0]
        self._v_min_mV = cell.v_min_mV[0]
        self._charge_rating_dA = min(pack.charge_rating_dA, _CURRENT_MAX_dA)
        self._discharge_rating_dA = min(pack.discharge_rating_dA, _CURRENT_MAX_dA)
        # smallest that both RC elements together may have, over temperature
        least = min(cell.r1_uohm), min(cell.r2_uohm)
        part = _PERMILLE - pack.spread_r_permille
        self._knots_ddegC = array("i", cell.r_ddegC)
        self._least_uohm = array("i", [0] * len(cell.r_ddegC))
        for k in range(len(cell.r_ddegC)):
            both_uohm = least[0] * cell.r1_permille[k] + least[1] * cell.r2_permille[k]
            self._least_uohm[k] = both_uohm // _PERMILLE * part // _PERMILLE
        # rounds in which an RC element forgets, at the fastest and at the slowest
        self._fast = (min(cell.tau1_ms) // _ROUND_ms, min(cell.tau2_ms) // _ROUND_ms)
        self._slow = (max(cell.tau1_ms) // _ROUND_ms, max(cell.tau2_ms) // _ROUND_ms)
        # share of what the slow element has still to take up, in a horizon
        self._taken_permille = array("i", [min(_PERMILLE, (t + _OLD_s) * 1000000 // min(cell.tau2_ms) + 1) for t in HORIZONS_s])
        # least that they remember of a current that charges, and of one that discharges
        self._charged = array("i", [-_CURRENT_MAX_dA << _SHIFT] * 2)
        self._discharged = array("i", [-_CURRENT_MAX_dA << _SHIFT] * 2)
        self._apart = max(pack.taps) > 1
        self._last_dA = 0
        self._next = 0
        self._draws = False  # what is reckoned next
        self.charge_dA = array("i", [0] * len(HORIZONS_s))
        self.discharge_dA = array("i", [0] * len(HORIZONS_s))

    def step(self, bound: "Bound", now_dA: int) -> int:
        """Reckons the next limit. `now_dA`: current that flows, positive charges. Returns the horizon it is of."""
        last = self._last_dA
        self._last_dA = now_dA
        self._remember(self._charged, now_dA if now_dA < last else last, bound)
        self._remember(self._discharged, -now_dA if now_dA > last else -last, bound)
        h = self._next
        if self._draws:
            self._next = h + 1 if h + 1 < len(HORIZONS_s) else 0
            self.discharge_dA[h] = self._discharge(bound, now_dA, h)
        else:
            self.charge_dA[h] = self._charge(bound, now_dA, h)
        self._draws = not self._draws
        return h

    def charge_limit_dA(self, h: int) -> int:
        """For horizon h of HORIZONS_s, not above any shorter one nor the limit of the moment."""
        return self._least(self._envelope.charge_dA, self.charge_dA, h)

    def discharge_limit_dA(self, h: int) -> int:
        """The same, a magnitude."""
        return self._least(self._envelope.discharge_dA, self.discharge_dA, h)

    def _least(self, limit: int, of: "array[int]", h: int) -> int:
        for k in range(h + 1):
            if of[k] < limit:
                limit = of[k]
        return limit

    def _remember(self, remembered: "array[int]", dA: int, bound: "Bound") -> None:
        """One round in which at least dA flowed: falls at the shortest time constant, rises at the longest."""
        for k in range(2):
            was = remembered[k]
            least = -bound.memory_2_dA if k else -bound.memory_1_dA
            if was < least << _SHIFT:
                was = least << _SHIFT
            off = (dA << _SHIFT) - was
            rounds = self._fast[k] if off < 0 else self._slow[k] + 1
            remembered[k] = was + off // (rounds if rounds > 1 else 1)

    @micropython.native
    def _charge(self, bound: "Bound", now_dA: int, h: int) -> int:
        envelope = self._envelope
        limit = envelope.charge_dA
        if not limit:
            return 0
        lo = envelope.layer_lo_permille
        hi = envelope.layer_hi_permille
        time_s = HORIZONS_s[h] + _OLD_s
        most = envelope.map_dA
        if self._charge_rating_dA < most:
            most = self._charge_rating_dA
        far = hi + self._shift_permille(most, time_s)
        over_mV = drop_mV(bound.r_high_uohm, most) + self._most(self._hyst_mV, lo, far) + self._charge_heat_mV
        apart = self._apart_ddegC(most, bound)
        warmer = self._warmer_ddegC(most, over_mV, time_s) + apart
        chart = self._map
        chart.place(lo, far)
        c = chart.least_mC(bound.cold_ddegC - 2 * apart)
        d = chart.least_mC(bound.hot_ddegC + warmer)
        if d < c:
            c = d
        if self._charge_max_mC < c:
            c = self._charge_max_mC
        by_map = self._in_room_dA(self._capacity_10uAh * c // 10000, most, bound, self._charge_room, warmer, apart)
        if by_map < limit:
            limit = by_map
        far = hi + self._shift_permille(self._charge_rating_dA, time_s)
        climb_uohm = self._most(self._climb_uohm_s, lo, far) * time_s
        room_mV = self._v_max_mV - bound.layer_high_mV
        by_voltage = self._held_dA(room_mV, now_dA, self._charged, climb_uohm, bound, h)
        if by_voltage < limit:
            limit = by_voltage
        return limit if limit > 0 else 0

    @micropython.native
    def _discharge(self, bound: "Bound", now_dA: int, h: int) -> int:
        envelope = self._envelope
        limit = envelope.discharge_dA
        if not limit:
            return 0
        lo = envelope.layer_lo_permille
        hi = envelope.layer_hi_permille
        time_s = HORIZONS_s[h] + _OLD_s
        most = envelope.table_dA
        if self._discharge_rating_dA < most:
            most = self._discharge_rating_dA
        far = lo - self._shift_permille(most, time_s)
        over_mV = drop_mV(bound.r_high_uohm, most) + self._most(self._hyst_mV, far, hi) + self._discharge_heat_mV
        apart = self._apart_ddegC(most, bound)
        warmer = self._warmer_ddegC(most, over_mV, time_s) + apart
        table = self._table
        c = table.at_mC(bound.cold_ddegC - 2 * apart)
        d = table.at_mC(bound.hot_ddegC + warmer)
        if d < c:
            c = d
        by_table = self._in_room_dA(self._capacity_10uAh * c // 10000, most, bound, self._discharge_room, warmer, apart)
        if by_table < limit:
            limit = by_table
        # i = by_table (lo - shift of i) / low, solved for i
        if by_table > _CURRENT_MAX_dA:
            by_table = _CURRENT_MAX_dA
        at_end = by_table * (lo if lo > 0 else 0) // (table.low_soc_permille + self._shift_permille(by_table, time_s))
        if at_end < limit:
            limit = at_end
        far = lo - self._shift_permille(self._discharge_rating_dA, time_s)
        climb_uohm = self._most(self._climb_uohm_s, far, hi) * time_s
        room_mV = bound.layer_low_mV - self._v_min_mV
        by_voltage = self._held_dA(room_mV, -now_dA, self._discharged, climb_uohm, bound, h)
        if by_voltage < limit:
            limit = by_voltage
        return limit if limit > 0 else 0

    def _shift_permille(self, current_dA: int, time_s: int) -> int:
        """SoC that the smallest layer moves by, rounded up."""
        return current_dA * time_s * 250 // self._smallest_9mAh + 1

    def _warmer_ddegC(self, current_dA: int, over_mV: int, time_s: int) -> int:
        """What the worst layer's own heat adds, rounded up; `over_mV`: overvoltage that turns into heat."""
        if over_mV > _OVER_MAX_mV:
            over_mV = _OVER_MAX_mV
        heat_dW = current_dA * over_mV // _PER_dW + 1
        warmer = heat_dW * time_s // self._heat_capacity_J_K + 1
        return warmer if warmer < _WARMER_MAX_ddegC else _WARMER_MAX_ddegC

    def _apart_ddegC(self, current_dA: int, bound: "Bound") -> int:
        """By how much the bounds of temperature will stand farther apart once this current flows, each way."""
        core = bound.core
        apart = core.rise_at_ddegC(current_dA, bound.r_high_uohm) - core.rise_ddegC
        return 0 if apart < 0 else apart if apart < _WARMER_MAX_ddegC else _WARMER_MAX_ddegC

    def _in_room_dA(
        self, limit_dA: int, most_dA: int, bound: "Bound", room: "tuple[int, int, int, int]", warmer: int, apart: int
    ) -> int:
        """What is left of a limit between the operating and the recommended temperatures when `most_dA` makes it `warmer`
        and takes the coldest layer's bound down by twice `apart`: i = limit (room - share of i) / width, solved for i."""
        most = most_dA if most_dA > 1 else 1
        hot = room[0] - bound.hot_ddegC
        cold = bound.cold_ddegC - room[2]
        if hot <= 0 or cold <= 0:
            return 0
        held = limit_dA
        i = limit_dA * hot // (room[1] + limit_dA * warmer // most)
        if i < held:
            held = i
        i = limit_dA * cold // (room[3] + limit_dA * 2 * apart // most)
        return i if i < held else held

    def _most(self, of: "array[int]", first_permille: int, last_permille: int) -> int:
        """Largest of a table of segments between two SoC."""
        a = first_permille // _KNOT_permille
        b = last_permille // _KNOT_permille
        a = 0 if a < 0 else a if a < _LAST_SEGMENT else _LAST_SEGMENT
        b = 0 if b < 0 else b if b < _LAST_SEGMENT else _LAST_SEGMENT
        return highest(of, a, b)

    @micropython.native
    def _held_dA(self, room_mV: int, now_dA: int, remembered: "array[int]", climb_uohm: int, bound: "Bound", h: int) -> int:
        """Current that closes the room at the horizon's end; `now_dA` flows already, in the direction in question. What is
        above it takes the worst layer's resistance and what layers may differ by; what is below relieves by the smallest."""
        first = remembered[0] >> _SHIFT
        if first > now_dA:
            first = now_dA
        second = remembered[1] >> _SHIFT
        if second > first:
            second = first  # no relief by a slow element before the quick one has charged
        room_now_mV = room_mV
        taken = self._taken_permille[h]
        r_high_uohm = bound.r_high_uohm
        r1_uohm = bound.r1_uohm
        r2_uohm = bound.r2_uohm
        if self._apart:  # the bound grows with the current by what layers may differ in resistance
            r1_uohm += bound.apart_r1_uohm
            r2_uohm += bound.apart_r2_uohm
            r_high_uohm += bound.apart_r0_uohm + bound.apart_r1_uohm + bound.apart_r2_uohm
        r2_uohm = (r2_uohm // 10 + 1) * taken // 100 + 1
        room_mV -= 2 * (drop_mV(r1_uohm, (now_dA - first + 1) // 2) + drop_mV(r2_uohm, (now_dA - second + 1) // 2))
        room_mV -= drop_mV(climb_uohm, now_dA) if now_dA > 0 else 1 - drop_mV(climb_uohm, -now_dA)
        if room_mV >= 0:
            return now_dA + current_dA(room_mV, r_high_uohm + climb_uohm)
        # by the end RC elements have relieved as well, the quick one at least as far as the slow one; at once only R0 has
        relief_uohm = interpolated(bound.hot_ddegC, self._knots_ddegC, self._least_uohm) // 10 * taken // 100
        held = now_dA - current_dA(-room_mV, bound.r_low_uohm + relief_uohm + climb_uohm) - 1
        if room_now_mV < 0:
            at_once = now_dA - current_dA(-room_now_mV, bound.r_low_uohm) - 1
            if at_once < held:
                held = at_once
        return held
