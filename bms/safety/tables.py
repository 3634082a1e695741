"""Integer arithmetic that every table of a cell needs: interpolation, and the voltage that a current drops over a resistance.

Products stay below 2^30: currents in dA up to 16384, resistances in uohm up to 2^24, table values times their span up to
2^30 (hil/lint checks each for every pack). Rounding is towards the safe side where a function says so, else down.
"""

from micropython import const

UOHM_dA_PER_mV = const(10000)  # 1 uohm * 1 dA = 1/10000 mV
VOLTAGE_MAX_mV = const(100000)
SMALL_uohm = const(65536)  # below it, times 16384 dA, a product fits


def interpolated(x: int, xs: "tuple[int, ...]", ys: "tuple[int, ...]") -> int:
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


def segment(x: int, xs: "tuple[int, ...]") -> int:
    """Index k of the segment xs[k] <= x < xs[k+1] of rising knots; the outer segments reach outward."""
    k = 0
    end = len(xs) - 1
    while end - k > 1:
        middle = (k + end) // 2
        if x < xs[middle]:
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


def highest(table: "tuple[int, ...]", k_lo: int, k_hi: int) -> int:
    """Largest value of table[k_lo ... k_hi], ends included."""
    y = table[k_lo]
    k = k_lo + 1
    while k <= k_hi:
        if table[k] > y:
            y = table[k]
        k += 1
    return y
