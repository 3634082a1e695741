"""How much current can be held for 2, 10 and 30 s from now without a limit falling below it.

What is allowed now (envelope.py) already has the whole resistance of the worst layer in it. Over a horizon three things move:
charge moves every layer along the OCV by I T / capacity of the smallest one, that shifts the window in which the tables are
read, and I^2 R T warms the hottest layer (with no cooling). All three are taken for the current that is allowed now, which is
more than what will be found, so the answer errs to the safe side. It is never above what is allowed now, and a longer horizon
never above a shorter one. One horizon a step; clamped to the limits of the moment whenever it is asked for.

Units: dA (magnitudes), mV, uohm, ddegC, permille, s.
"""

from array import array

from micropython import const

from bms.control.maps import ChargeMap, DischargeTable
from bms.safety.tables import current_dA, highest

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.envelope import Envelope
    from bms.safety.bound import Bound
    from bms.schema import Pack

HORIZONS_s = (2, 10, 30)

_KNOT_permille = const(50)
_LAST_SEGMENT = const(19)
_PERMILLE = const(1000)
_HEAT_MAX_W = const(1000000)
_PER_THOUSAND = const(1000)
_UOHM_PER_MOHM = const(1000)


class Horizon:
    """`charge_dA` and `discharge_dA`: array("i"), one value a horizon as last reckoned; see the limits for what is said."""

    def __init__(self, pack: "Pack", envelope: "Envelope") -> None:
        cell = pack.cell
        self._envelope = envelope
        self._map = ChargeMap(pack)
        self._table = DischargeTable(pack)
        slopes = []
        for k in range(len(cell.ocv_mV) - 1):
            slopes.append(cell.ocv_mV[k + 1] - cell.ocv_mV[k] + abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k]))
        self._slope_mV = array("i", slopes)  # of the steeper branch, a segment of 50 permille
        self._capacity_10uAh = cell.capacity_mAh // 10
        self._charge_max_mC = cell.charge_max_mC
        # dA s * 250 over this is permille of the smallest layer
        self._smallest_9mAh = cell.capacity_mAh * (_PERMILLE - pack.spread_capacity_permille) // _PERMILLE * 9
        self._heat_capacity_J_K = cell.heat_capacity_J_K
        self._v_max_mV = cell.v_max_mV[0]
        self._v_min_mV = cell.v_min_mV[0]
        self._next = 0
        self.charge_dA = array("i", [0] * len(HORIZONS_s))
        self.discharge_dA = array("i", [0] * len(HORIZONS_s))

    def step(self, bound: "Bound", now_dA: int) -> int:
        """Reckons the next horizon. `now_dA`: current that flows, positive charges. Returns which it was."""
        h = self._next
        self._next = h + 1 if h + 1 < len(HORIZONS_s) else 0
        self.charge_dA[h] = self._charge(bound, now_dA, HORIZONS_s[h])
        self.discharge_dA[h] = self._discharge(bound, now_dA, HORIZONS_s[h])
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

    def _charge(self, bound: "Bound", now_dA: int, time_s: int) -> int:
        envelope = self._envelope
        limit = envelope.charge_dA
        if not limit:
            return 0
        shift = self._shift_permille(limit, time_s)
        hi = envelope.layer_hi_permille
        chart = self._map
        chart.place(envelope.layer_lo_permille, hi + shift)
        c = chart.least_mC(bound.cold_ddegC)
        d = chart.least_mC(bound.hot_ddegC + self._warmer_ddegC(limit, bound.r_high_uohm, time_s))
        if d < c:
            c = d
        if self._charge_max_mC < c:
            c = self._charge_max_mC
        by_map = self._capacity_10uAh * c // 10000
        if by_map < limit:
            limit = by_map
        room_mV = self._v_max_mV - bound.layer_high_mV - self._rise_mV(hi, hi + shift, shift)
        by_voltage = now_dA + self._current_dA(room_mV, bound)
        if by_voltage < limit:
            limit = by_voltage
        return limit if limit > 0 else 0

    def _discharge(self, bound: "Bound", now_dA: int, time_s: int) -> int:
        envelope = self._envelope
        limit = envelope.discharge_dA
        if not limit:
            return 0
        shift = self._shift_permille(limit, time_s)
        lo = envelope.layer_lo_permille
        table = self._table
        c = table.at_mC(bound.cold_ddegC)
        d = table.at_mC(bound.hot_ddegC + self._warmer_ddegC(limit, bound.r_high_uohm, time_s))
        if d < c:
            c = d
        by_table = self._capacity_10uAh * table.falling_mC(c, lo - shift) // 10000
        if by_table < limit:
            limit = by_table
        room_mV = bound.layer_low_mV - self._v_min_mV - self._rise_mV(lo - shift, lo, shift)
        by_voltage = self._current_dA(room_mV, bound) - now_dA
        if by_voltage < limit:
            limit = by_voltage
        return limit if limit > 0 else 0

    def _shift_permille(self, limit_dA: int, time_s: int) -> int:
        """SoC that the smallest layer moves by, rounded up."""
        return limit_dA * time_s * 250 // self._smallest_9mAh + 1

    def _warmer_ddegC(self, limit_dA: int, r_uohm: int, time_s: int) -> int:
        """What the worst layer's own heat adds, rounded up."""
        amperes = limit_dA // 10 + 1
        heat_W = (amperes * amperes // _PER_THOUSAND + 1) * (r_uohm // _UOHM_PER_MOHM + 1)  # 1000 A^2 times mohm
        if heat_W > _HEAT_MAX_W:
            heat_W = _HEAT_MAX_W
        return heat_W * time_s * 10 // self._heat_capacity_J_K + 1

    def _rise_mV(self, first_permille: int, last_permille: int, shift_permille: int) -> int:
        """Along the steepest of the OCV between two states of charge, rounded up."""
        a = first_permille // _KNOT_permille
        b = last_permille // _KNOT_permille
        a = 0 if a < 0 else a if a < _LAST_SEGMENT else _LAST_SEGMENT
        b = 0 if b < 0 else b if b < _LAST_SEGMENT else _LAST_SEGMENT
        return highest(self._slope_mV, a, b) * shift_permille // _KNOT_permille + 1

    def _current_dA(self, room_mV: int, bound: "Bound") -> int:
        """What closes the room over the worst layer's resistance; less than nothing, over the smallest, where there is none."""
        if room_mV < 0:
            return -current_dA(-room_mV, bound.r_low_uohm)
        return current_dA(room_mV, bound.r_high_uohm)
