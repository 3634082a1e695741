"""What an MCP2515 is set to: bit timing for its CNF registers, and acceptance filters for its masks and for software.

Microchip, data sheet DS20001801J (2019), chapters 4.5 and 5. A bit is 1 + tseg1 + tseg2 quanta of 2 * prescaler / oscillator;
tseg1, propagation and first phase together, has 2 to 16, tseg2 2 to 8 and is longer than the jump. The chip has two masks and
six filters; machine.CAN takes any number of them. So the chip gets one mask, the bits that all filters agree on, for both of
its buffers, which keeps the order of arrival; the rest is done in software. For construction: it allocates, and raises
ValueError naming the argument.
"""

from micropython import const

from boards.parts.can_filters import FLAG_EXT_ID, FLAG_RTR, STANDARD_MAX, sound

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[int, int, int, int]

_BITRATE_MAX = const(1000000)
_PRESCALER_MAX = const(64)
_TSEG1_MAX = const(16)
_TSEG2_MAX = const(8)
_SJW_MAX = const(4)
_LEAST = const(2)
_PHASE_MAX = const(8)
_BTLMODE = const(0x80)
_PERCENT = const(100)

_EXIDE = const(0x08)
_FILTERS = const(6)


def timing(
    oscillator_Hz: int, bitrate: int, sample_point: int, sjw: int, tseg1: "int | None", tseg2: "int | None"
) -> "tuple[int, int, int]":
    """(prescaler, tseg1, tseg2) that make the rate exactly, the sample point closest to what is asked in percent, of equals
    the finest division."""
    if not 0 < bitrate <= _BITRATE_MAX:
        raise ValueError("bitrate")
    if not 0 < sjw <= _SJW_MAX:
        raise ValueError("sjw")
    if (tseg1 is None) != (tseg2 is None) or (tseg1 is not None and not _LEAST <= tseg1 <= _TSEG1_MAX):
        raise ValueError("tseg1")
    if tseg2 is not None and not (_LEAST <= tseg2 <= _TSEG2_MAX and sjw < tseg2):
        raise ValueError("tseg2")
    if not 0 < sample_point < _PERCENT:
        raise ValueError("sample_point")
    best = (0, 0, 0)
    best_off = best_quanta = 0
    for prescaler in range(1, _PRESCALER_MAX + 1):
        if oscillator_Hz % (2 * prescaler * bitrate):
            continue
        quanta = oscillator_Hz // (2 * prescaler * bitrate)
        for second in range(max(_LEAST, sjw + 1), _TSEG2_MAX + 1) if tseg2 is None else (tseg2,):
            first = quanta - 1 - second
            if not max(_LEAST, second) <= first <= _TSEG1_MAX or (tseg1 is not None and first != tseg1):
                continue
            off = abs(_PERCENT * (1 + first) - sample_point * quanta)
            if best_quanta == 0 or off * best_quanta < best_off * quanta:
                best = (prescaler, first, second)
                best_off = off
                best_quanta = quanta
    if best_quanta == 0:
        raise ValueError("bitrate: the oscillator cannot make it")
    return best


def configuration(prescaler: int, sjw: int, tseg1: int, tseg2: int) -> "tuple[int, int, int]":
    """CNF1, CNF2, CNF3."""
    phase1 = min(tseg1 - 1, _PHASE_MAX)
    return sjw - 1 << 6 | prescaler - 1, _BTLMODE | phase1 - 1 << 3 | tseg1 - phase1 - 1, tseg2 - 1


def filter_rows(filters: "Iterable[tuple[int, int, int]]") -> "tuple[Row, ...]":
    """Each as (flags' mask, flags, mask, identifier): a frame passes when what is under both masks is the
    same. ValueError: see boards.parts.can_filters."""
    rows = []
    for identifier, mask, flags in sound(filters):
        rows.append((FLAG_EXT_ID | flags & FLAG_RTR, flags & (FLAG_EXT_ID | FLAG_RTR), mask, identifier & mask))
    return tuple(rows)


def registers(rows: "tuple[Row, ...]") -> "tuple[int, list[int]]":
    """The mask for the upper 11 bits of an identifier, and what stands under it in the upper byte and the lower one with
    EXIDE of each of the six filters. No rows: what is left lets one identifier pass, for software to drop."""
    mask = STANDARD_MAX
    values = []
    kinds = []
    for _, flags, bits, identifier in rows:
        extended = flags & FLAG_EXT_ID
        mask &= bits >> 18 if extended else bits
        values.append(identifier >> 18 if extended else identifier)
        kind = _EXIDE if extended else 0
        if kind not in kinds:
            kinds.append(kind)
    for value in values:
        mask &= ~(value ^ values[0])
    value = values[0] & mask if values else STANDARD_MAX
    kinds = kinds or [0]
    out = []
    for k in range(_FILTERS):
        out += [value >> 3, (value & 7) << 5 | kinds[k % len(kinds)]]
    return mask, out
