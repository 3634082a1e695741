"""Loops over the voltages of a chain of ADBMS6830B: from answers to counts, from counts to mV, and what is wrong with them.

Counts are 150 uV each, 32768 at 1.5 V, so that 0 V is 22768; 0 is a register that was cleared and not yet converted, 65535 one
that power on left. Chips and inputs are bits, input 0 being the chip's cell 1. Nothing here allocates.
"""

import micropython
from micropython import const

# Copies of what snapshot.py says: no look-up; a test holds them together.
_NOT_READY = const(1)
_OPEN_WIRE = const(2)
_OUT_OF_RANGE = const(4)

ZERO_counts = const(22768)
SATURATED_counts = const(59434)  # 5.5 V at the pin, as far as the converter is specified
APART_counts = const(133)  # 20 mV between what C and S converters say of one input
COMPARE = const(0)  # of look(); else the open-wire pass of even or odd cells
EVEN = const(1)
ODD = const(2)


@micropython.viper
def unpack(answer: object, chips: int, whole: int, shape: int, first: int, counts: object) -> int:
    """Voltages of the chips whose answer is whole into counts[chip * 16 + first ...]. `shape`: voltages in an answer, and its
    length in bytes << 8. Returns the bits of chips of which none of these is still cleared."""
    data = ptr8(answer)  # type: ignore[arg-type]
    into = ptr16(counts)  # type: ignore[arg-type]
    n = shape & 255
    length = shape >> 8
    ready = 0
    chip = 0
    while chip < chips:
        if whole >> chip & 1:
            at = 4 + chip * length
            k = chip * 16 + first
            end = k + n
            all_ready = 1
            while k < end:
                u = (data[at] | data[at + 1] << 8) ^ 0x8000
                into[k] = u
                if u == 0 or u == 65535:
                    all_ready = 0
                at += 2
                k += 1
            ready |= all_ready << chip
        chip += 1
    return ready


@micropython.viper
def look(c_counts: object, s_counts: object, chips: int, whole: int, what: int, used: object, found: object) -> int:
    """S against C of the chips in `whole`. COMPARE: found[chip] becomes the used inputs of which they are apart. EVEN or ODD:
    the S converters measured with the switches of these cells on, and found[chip] becomes, for these, where less than half was
    left. Returns bits of chips of which an S value had not come."""
    c = ptr16(c_counts)  # type: ignore[arg-type]
    s = ptr16(s_counts)  # type: ignore[arg-type]
    use = ptr32(used)  # type: ignore[arg-type]
    out = ptr32(found)  # type: ignore[arg-type]
    cells = 0xFFFF
    if what == EVEN:
        cells = 0xAAAA
    elif what == ODD:
        cells = 0x5555
    missing = 0
    chip = 0
    while chip < chips:
        if whole >> chip & 1:
            mask = use[chip] & cells
            bits = 0
            k = 0
            while k < 16:
                if mask >> k & 1:
                    u = c[chip * 16 + k]
                    w = s[chip * 16 + k]
                    if w == 0 or w == 65535:
                        missing |= 1 << chip
                    elif u == 0 or u == 65535:
                        pass
                    elif what == COMPARE:
                        if u - w > APART_counts or w - u > APART_counts:
                            bits |= 1 << k
                    elif 2 * (w - ZERO_counts) < u - ZERO_counts:
                        bits |= 1 << k
                k += 1
            if missing >> chip & 1 == 0:
                out[chip] = (out[chip] & ~cells) | bits
        chip += 1
    return missing


@micropython.viper
def sort_out(counts: object, chips: int, states: object, used: object, open_: object, apart: object, reasons: object) -> int:
    """reasons[chip * 16 + input]: why there is no value, 0 where there is one. states[chip] is a reason that holds for all of
    it, or 0. Returns bits of the chips of which a used input has not been converted."""
    c = ptr16(counts)  # type: ignore[arg-type]
    state = ptr32(states)  # type: ignore[arg-type]
    use = ptr32(used)  # type: ignore[arg-type]
    opened = ptr32(open_)  # type: ignore[arg-type]
    differs = ptr32(apart)  # type: ignore[arg-type]
    why = ptr8(reasons)  # type: ignore[arg-type]
    slow = 0
    chip = 0
    while chip < chips:
        k = 0
        while k < 16:
            at = chip * 16 + k
            reason = state[chip]
            if reason == 0 and use[chip] >> k & 1:
                u = c[at]
                if u == 0 or u == 65535:
                    reason = _NOT_READY
                    slow |= 1 << chip
                elif opened[chip] >> k & 1:
                    reason = _OPEN_WIRE
                elif differs[chip] >> k & 1 or u > SATURATED_counts:
                    reason = _OUT_OF_RANGE
            why[at] = reason
            k += 1
        chip += 1
    return slow


@micropython.viper
def fill(rows: object, first: int, n: int, counts: object, reasons: object, values: object, at: int) -> int:
    """values[at ...] in mV of n rows from the first on, four numbers a row: place, mV at 1.5 V, and mV per count as whole
    and 1/32768. Returns a bit per value that was filled."""
    row = ptr32(rows)  # type: ignore[arg-type]
    c = ptr16(counts)  # type: ignore[arg-type]
    why = ptr8(reasons)  # type: ignore[arg-type]
    out = ptr32(values)  # type: ignore[arg-type]
    mask = 0
    k = 0
    r = first * 4
    while k < n:
        place = row[r]
        if why[place] == 0:
            v = c[place] - 32768
            out[at + k] = row[r + 1] + v * row[r + 2] + ((v * row[r + 3] + 16384) >> 15)
            mask |= 1 << k
        r += 4
        k += 1
    return mask


@micropython.viper
def same(answer: object, groups: object, chips: int, whole: int) -> int:
    """Bits of the chips in `whole` whose six bytes are these."""
    data = ptr8(answer)  # type: ignore[arg-type]
    ours = ptr8(groups)  # type: ignore[arg-type]
    equal = 0
    chip = 0
    while chip < chips:
        if whole >> chip & 1:
            k = 0
            while k < 6 and data[4 + chip * 8 + k] == ours[chip * 6 + k]:
                k += 1
            if k == 6:
                equal |= 1 << chip
        chip += 1
    return equal
