"""On which branch of the OCV the layers are, and what their resistances drop at least: intervals, kept by counting charge.

The state of a branch follows charge, dh = gamma |dq| (sign - h), and silicon's slow voltage builds up alike but falls to
nothing by itself. While charge flows one way the end of the interval that lies behind comes up, at half the cell's gamma; the
end that lies ahead moves on at twice of it (gamma is assumed within 8 to 30 where the cell says 15). Charge that comes is
taken in permille of the capacity, at once where it widens and when it is complete where it narrows; after that what would
widen counts anew, so no order of the two in time can be better than this one. What may have flowed either way widens.

Of a current that flows one way the RC elements remember something: never more than a lower bound that rises at the slowest
and falls at the quickest time constant. Units: h in 1/ONE, mAs, mA, mV.
"""

from array import array

import micropython
from micropython import const

from bms.safety.tables import drop_mV

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Copies of what tables.py and snapshot.py say: no look-up; a test holds them together.
_UOHM_dA_PER_mV = const(10000)
_SMALL_uohm = const(65536)
_CURRENT_MAX_mA = const(1638300)

ONE = const(8192)
_PPM = const(1000000)
_MOST_ppm = const(65000)  # times 2 ONE: below 2^30
_SHIFT = const(7)
_mA_PER_dA = const(100)
_ROUND_ms = const(100)


class Follower:
    """A state that follows charge. `reach`: how far below and how far above 0 it may be, the two sides, ONE at most; charge
    that takes a side back takes it to -`home` in the end. A permille of the capacity is `part_mAs`."""

    def __init__(self, gamma_permille: int, home: int, part_mAs: int) -> None:
        slow_ppm = gamma_permille // 2
        self._slow_ppm = min(slow_ppm * _PPM // (_PPM + slow_ppm), _MOST_ppm)  # 1 - exp(-x) is more than x / (1 + x)
        self._fast_ppm = 2 * gamma_permille
        self._home = home
        self._part_mAs = part_mAs
        self.reach = array("i", [ONE, ONE])
        self._pending_mAs = array("i", [0, 0])
        self._paid_mAs = array("i", [0, 0])

    def forget(self) -> None:
        """Anything may have flowed."""
        for side in range(2):
            self.reach[side] = ONE
            self._pending_mAs[side] = 0

    @micropython.native
    def step(self, side: int, back_mAs: int, on_mAs: int) -> int:
        """One side: at least `back_mAs` took it back, at most `on_mAs` drove it on. Returns its reach."""
        reach = self.reach[side]
        part = self._part_mAs
        pending = self._pending_mAs[side] + back_mAs
        paid = self._paid_mAs[side]
        if pending >= part:
            pending -= part
            if pending > part:
                pending = part
            paid = 0
            reach -= (reach + self._home) * self._slow_ppm // _PPM
        if on_mAs > paid:
            pending = 0
            paid += part
            if on_mAs > paid or self._fast_ppm > _MOST_ppm:
                reach = ONE
                paid = on_mAs
            else:
                reach += ((ONE - reach) * self._fast_ppm + _PPM - 1) // _PPM
        self._pending_mAs[side] = pending
        self._paid_mAs[side] = paid - on_mAs
        self.reach[side] = reach
        return reach


class Flow:
    """What RC elements remember at least of a current that flows one way, `least_mA`, one value an element."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._quick = (max(1, min(cell.tau1_ms) // _ROUND_ms), max(1, min(cell.tau2_ms) // _ROUND_ms))
        self._slow = (max(cell.tau1_ms) // _ROUND_ms + 1, max(cell.tau2_ms) // _ROUND_ms + 1)
        self._fixed = array("i", [-_CURRENT_MAX_mA << _SHIFT] * 2)
        self.least_mA = array("i", [-_CURRENT_MAX_mA] * 2)

    def forget(self) -> None:
        """Anything may have flowed."""
        self._fixed[0] = self._fixed[1] = -_CURRENT_MAX_mA << _SHIFT

    @micropython.native
    def step(self, k: int, memory_dA: int, current_mA: int, round_ms: int) -> int:
        """One round of element k in which at least `current_mA` flowed; `memory_dA`: the most that it may remember, of
        either sign. Returns what it remembers at least."""
        was = self._fixed[k]
        least = -memory_dA * _mA_PER_dA << _SHIFT
        if was < least:
            was = least
        off = (current_mA << _SHIFT) - was
        if round_ms:
            if off >= 0:
                was += off // self._slow[k]
            elif round_ms <= _ROUND_ms:
                was += off // self._quick[k]
            else:
                was += off
        self._fixed[k] = was
        self.least_mA[k] = was >> _SHIFT
        return was >> _SHIFT

    def drop_mV(
        self, current_mA: int, low_0_uohm: int, r0_uohm: int, r1_uohm: int, r2_uohm: int, low_1_uohm: int, low_2_uohm: int
    ) -> int:
        """The least that a layer's resistances drop along this way while `current_mA` flows, rounded down: `low_0_uohm` and
        its like are the smallest R0, R1 and R2 that a layer may have, the others the largest."""
        i = current_mA // _mA_PER_dA
        mV = held_mV(low_0_uohm, i) if i >= 0 else -drop_mV(r0_uohm, -i)
        i = self.least_mA[0] // _mA_PER_dA
        mV += held_mV(low_1_uohm, i) if i >= 0 else -drop_mV(r1_uohm, -i)
        i = self.least_mA[1] // _mA_PER_dA
        return mV + held_mV(low_2_uohm, i) if i >= 0 else mV - drop_mV(r2_uohm, -i)


def held_mV(r_uohm: int, i_dA: int) -> int:
    """Voltage over r_uohm (>= 0) at i_dA (>= 0), rounded down."""
    if r_uohm < _SMALL_uohm:
        return r_uohm * i_dA // _UOHM_dA_PER_mV
    return r_uohm // 100 * i_dA // 100


@micropython.viper
def lay(ocv: object, hyst: object, h: int, above: int, out: object) -> int:
    """Fills `out` with the OCV at h of the way (0 to ONE) from the middle to the branch that lies `hyst` above it, or below;
    all are array("i") of as many values. Within 1 mV. Returns how many."""
    middle_mV = ptr32(ocv)  # type: ignore[arg-type]
    m_mV = ptr32(hyst)  # type: ignore[arg-type]
    out_mV = ptr32(out)  # type: ignore[arg-type]
    end = int(len(ocv))  # type: ignore[arg-type]  # noqa: RUF046  viper wants its own
    k = 0
    while k < end:
        off_mV = (m_mV[k] * h) >> 13
        if above:
            out_mV[k] = middle_mV[k] + off_mV
        else:
            out_mV[k] = middle_mV[k] - off_mV
        k += 1
    return k
