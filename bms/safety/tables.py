"""Integer arithmetic that every table of a cell needs: interpolation, and the voltage that a current drops over a resistance.

Products stay below 2^30: currents in dA up to 16384, resistances in uohm up to 2^24, table values times their span up to
2^30 (hil/lint checks each for every pack). Rounding is towards the safe side where a function says so, else down.
"""

from array import array

import micropython
from micropython import const

UOHM_dA_PER_mV = const(10000)  # 1 uohm * 1 dA = 1/10000 mV
_PERMILLE = const(1000)
VOLTAGE_MAX_mV = const(100000)
_BIAS = const(0x20000000)  # on top of a value, and nothing above 30 bits: ordered alike on every machine
_BIASED = const(0x3FFFFFFF)
SMALL_uohm = const(65536)  # below it, times 16384 dA, a product fits


def interpolated(x: int, xs: "array[int]", ys: "array[int]") -> int:
    """Value at x of the line through (xs, ys), xs rising; the end values hold beyond the ends. Rounds down."""
    if x <= xs[0]:
        return ys[0]
    k = segment(x, xs)
    a = xs[k]
    b = xs[k + 1]
    if x > b:
        return ys[k + 1]
    y = ys[k]
    return y + (ys[k + 1] - y) * (x - a) // (b - a)


@micropython.viper
def segment(x: int, knots: object) -> int:
    """Index k of the segment xs[k] <= x < xs[k+1] of rising knots, an array("i"); the outer segments reach outward.

    Machine integers: bit 31 of a difference tells its sign, whether 32 bits wide, 64 and not sign-extended, or CPython's.
    """
    xs = ptr32(knots)  # type: ignore[arg-type]
    k = 0
    end = int(len(knots)) - 1  # type: ignore[arg-type]  # noqa: RUF046  viper wants its own
    while end - k > 1:
        middle = (k + end) >> 1
        if (x - xs[middle]) >> 31 & 1:
            end = middle
        else:
            k = middle
    return k


def drop_mV(r_uohm: int, i_dA: int) -> int:
    """Voltage over r_uohm (>= 0) at i_dA (>= 0), rounded up: a bound may be wide, never narrow."""
    if r_uohm < SMALL_uohm:
        return (r_uohm * i_dA + 9999) // UOHM_dA_PER_mV
    return ((r_uohm + 99) // 100 * i_dA + 99) // 100


def current_dA(v_mV: int, r_uohm: int) -> int:
    """Current that drops v_mV (>= 0, 100 V at most) over r_uohm (> 0), rounded down."""
    if v_mV > VOLTAGE_MAX_mV:
        v_mV = VOLTAGE_MAX_mV
    return v_mV * UOHM_dA_PER_mV // r_uohm


@micropython.viper
def highest(table: object, k_lo: int, k_hi: int) -> int:
    """Largest value of table[k_lo ... k_hi], ends included; an array("i") of values within 2^29."""
    ys = ptr32(table)  # type: ignore[arg-type]
    most = 0
    k = k_lo
    while k <= k_hi:
        y = (ys[k] + _BIAS) & _BIASED
        if y > most:
            most = y
        k += 1
    return most - _BIAS


@micropython.viper
def nth(values: object, n: int, k: int) -> int:
    """Where the k-th smallest of n values of an array("i") stands, by halving what it may be; integers as in highest()."""
    data = ptr32(values)  # type: ignore[arg-type]
    low = 0
    high = _BIASED
    while low < high:
        middle = low + ((high - low) >> 1)  # a sum would need a bit more than 30
        count = 0
        i = 0
        while i < n:
            if (data[i] + _BIAS) & _BIASED <= middle:
                count += 1
            i += 1
        if count > k:
            high = middle
        else:
            low = middle + 1
    i = 0
    while i < n - 1:
        if (data[i] + _BIAS) & _BIASED == low:
            break
        i += 1
    return i


def build_falls(knots_ddegC: "tuple[int, ...]", factor_permille: "tuple[int, ...]", over_ddegC: int) -> "array[int]":
    """Per segment of a falling table: the largest part of itself that it loses over over_ddegC from there, or from anywhere
    warmer, in permille rounded up. Never less in the cold, so that no rounding makes a bound tighter there."""
    worst = 0
    out = array("i", [0] * (len(knots_ddegC) - 1))
    for k in range(len(out) - 1, -1, -1):
        # between these the fall has no corner
        corners = [knots_ddegC[k], knots_ddegC[k + 1]]
        for knot in knots_ddegC:
            if knots_ddegC[k] < knot - over_ddegC < knots_ddegC[k + 1]:
                corners.append(knot - over_ddegC)
        for at in corners:
            here = interpolated(max(at, knots_ddegC[k]), array("i", knots_ddegC), array("i", factor_permille))
            there = interpolated(at + over_ddegC, array("i", knots_ddegC), array("i", factor_permille))
            worst = max(worst, (here - there + 1) * _PERMILLE // here + 1)
        out[k] = worst
    return out
