"""What the cell's tables allow: charge current over temperature and SoC, discharge current over temperature.

Both are C-rates in mC of one layer, rounded down. Temperatures outside a table allow nothing; SoC outside the charge map
takes its end column. The charge map rises and falls once along both axes, so its least over a window of SoC lies at the
window's ends.
"""

from array import array

from micropython import const

from bms.safety.tables import segment
from bms.schema import charge_map

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

_PERMILLE = const(1000)


class ChargeMap:
    """The pack's charge map at the two ends of a window of SoC: place() them, then ask for temperatures."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._socs = array("i", cell.map_soc_permille)
        self._ddegC = array("i", cell.map_ddegC)
        self._rows = charge_map(pack)
        self._k_lo = 0
        self._x_lo_permille = 0
        self._k_hi = 0
        self._x_hi_permille = 0

    def place(self, lo_permille: int, hi_permille: int) -> int:
        """The window from now on. Returns its width inside 0 to 1000."""
        socs = self._socs
        lo = 0 if lo_permille < 0 else lo_permille if lo_permille < _PERMILLE else _PERMILLE
        hi = 0 if hi_permille < 0 else hi_permille if hi_permille < _PERMILLE else _PERMILLE
        k = segment(lo, socs)
        self._k_lo = k
        self._x_lo_permille = lo - socs[k]
        k = segment(hi, socs)
        self._k_hi = k
        self._x_hi_permille = hi - socs[k]
        return hi - lo

    def least_mC(self, t_ddegC: int) -> int:
        """The lesser of the window's two ends at a temperature, bilinear in the map."""
        ts = self._ddegC
        if t_ddegC < ts[0] or t_ddegC > ts[-1]:
            return 0
        r = segment(t_ddegC, ts)
        t = t_ddegC - ts[r]
        width = ts[r + 1] - ts[r]
        a = self._rows[r]
        b = self._rows[r + 1]
        c = self._corner(a, b, self._k_lo, self._x_lo_permille, t, width)
        d = self._corner(a, b, self._k_hi, self._x_hi_permille, t, width)
        return c if c < d else d

    def _corner(self, a: "tuple[int, ...]", b: "tuple[int, ...]", k: int, x: int, t: int, width: int) -> int:
        socs = self._socs
        span = socs[k + 1] - socs[k]
        low = a[k] * span + (a[k + 1] - a[k]) * x
        high = b[k] * span + (b[k + 1] - b[k]) * x
        return (low * (width - t) + high * t) // (width * span)


class DischargeTable:
    """Continuous discharge current of one layer; below `low_soc_permille` it falls to nothing at empty."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._ddegC = array("i", cell.discharge_ddegC)
        self._cont_mC = array("i", cell.discharge_cont_mC)
        self.low_soc_permille = cell.discharge_low_soc_permille

    def at_mC(self, t_ddegC: int) -> int:
        """At a temperature, whatever the SoC."""
        ts = self._ddegC
        if t_ddegC < ts[0] or t_ddegC > ts[-1]:
            return 0
        r = segment(t_ddegC, ts)
        ys = self._cont_mC
        return ys[r] + (ys[r + 1] - ys[r]) * (t_ddegC - ts[r]) // (ts[r + 1] - ts[r])

    def is_low(self, soc_permille: int) -> bool:
        """Whether the current falls because of the SoC."""
        return soc_permille < self.low_soc_permille

    def falling_mC(self, mC: int, soc_permille: int) -> int:
        """What is left of it when the emptiest layer has this SoC."""
        if soc_permille >= self.low_soc_permille:
            return mC
        return mC * soc_permille // self.low_soc_permille if soc_permille > 0 else 0
