"""Energy: what has passed the terminals since start, and what lies between here and the ends.

The ledger multiplies the charge of a round of ten ticks with the pack's voltage at its end, digit by digit, so that no product
is too big, and carries what is less than a step: no rounding is ever lost. Within a round what flowed both ways is taken for
its sum. What is left is read from the
energy under the cell's OCV table, at rest, from the SoC for the user and from the low end of the hard interval. For people
and planners; nothing decides on it.

Units: mAs, mV, Wh; 0.01 J inside.
"""

from array import array

from micropython import const

from bms.safety.tables import interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

_KNOT_permille = const(50)
_MOVED_MAX_mAs = const(1600000)  # in a round: 1600 A for a second; the rest of a longer one is lost
_uJ_PER_cJ = const(10000)
_WIRE_MAX_mV = const(2097151)
_cJ_PER_Wh = const(360000)
_COUNT_MASK = const(0x3FFFFFFF)


class Energy:
    """`charged_Wh`, `discharged_Wh` since start, modulo 2^30; `remaining_Wh`, `certain_Wh`, `to_full_Wh`."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        layers = sum(pack.taps) * pack.stacks
        total_Wh = 0
        below_Wh = [0]
        under_uWh = 0
        for k in range(len(cell.ocv_mV) - 1):
            # mean of two knots in mV times a twentieth of the capacity in mAh is uWh
            under_uWh += (cell.ocv_mV[k] + cell.ocv_mV[k + 1]) * cell.capacity_mAh * layers // 40
            total_Wh = under_uWh // 1000000
            below_Wh.append(total_Wh)
        self._permille = array("i", [k * _KNOT_permille for k in range(len(below_Wh))])
        self._below_Wh = array("i", below_Wh)
        self._total_Wh = total_Wh
        self._carry_uJ = 0
        self._in_cJ = 0
        self._out_cJ = 0
        self.charged_Wh = 0
        self.discharged_Wh = 0
        self.remaining_Wh = 0
        self.certain_Wh = 0
        self.to_full_Wh = 0

    def step(self, moved_mAs: int, pack_mV: int) -> int:
        """Once a round: charge that moved in it, positive into the pack. Returns the energy in 0.01 J."""
        if moved_mAs > _MOVED_MAX_mAs:
            moved_mAs = _MOVED_MAX_mAs
        elif moved_mAs < -_MOVED_MAX_mAs:
            moved_mAs = -_MOVED_MAX_mAs
        pack_mV = 0 if pack_mV < 0 else pack_mV if pack_mV < _WIRE_MAX_mV else _WIRE_MAX_mV
        moved_dAs = moved_mAs // 100
        rest_mAs = moved_mAs - moved_dAs * 100
        pack_dV = pack_mV // 100
        rest_mV = pack_mV - pack_dV * 100
        # dA s dV is 0.01 J, the two mixed products are 100 uJ, the last is 1 uJ
        rest_uJ = self._carry_uJ + (moved_dAs * rest_mV + rest_mAs * pack_dV) * 100 + rest_mAs * rest_mV
        whole_cJ = rest_uJ // _uJ_PER_cJ
        self._carry_uJ = rest_uJ - whole_cJ * _uJ_PER_cJ
        energy_cJ = moved_dAs * pack_dV + whole_cJ
        if energy_cJ > 0:
            self._in_cJ += energy_cJ
            whole = self._in_cJ // _cJ_PER_Wh
            self._in_cJ -= whole * _cJ_PER_Wh
            self.charged_Wh = (self.charged_Wh + whole) & _COUNT_MASK
        elif energy_cJ < 0:
            self._out_cJ -= energy_cJ
            whole = self._out_cJ // _cJ_PER_Wh
            self._out_cJ -= whole * _cJ_PER_Wh
            self.discharged_Wh = (self.discharged_Wh + whole) & _COUNT_MASK
        return energy_cJ

    def place(self, soc_permille: int, low_permille: int) -> int:
        """What lies between here and the ends. Returns what remains."""
        self.remaining_Wh = interpolated(soc_permille, self._permille, self._below_Wh)
        self.certain_Wh = interpolated(low_permille, self._permille, self._below_Wh)
        self.to_full_Wh = self._total_Wh - self.remaining_Wh
        return self.remaining_Wh
