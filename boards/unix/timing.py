"""How a bit is divided, in time quanta: what CAN.init() is given, checked, and what get_timings() then tells.

Limits are classical CAN's: at most 1 Mbit/s, one quantum of synchronisation, 1 to 16 before the sample point, 1 to 8 behind
it, a jump of 1 to 4. The desk's clock has every rate exactly. ValueError names the argument that is out of range.
"""

from micropython import const

BITRATE_MAX = const(1000000)
_TSEG1_MAX = const(16)
_TSEG2_MAX = const(8)
_SJW_MAX = const(4)


def segments(sample_point_percent: int) -> "tuple[int, int]":
    """Quanta before and behind the sample point that come closest to it; of equals the finest division."""
    best = (_TSEG1_MAX, _TSEG2_MAX)
    off = -1
    quanta = 0
    for tseg1 in range(_TSEG1_MAX, 0, -1):
        for tseg2 in range(_TSEG2_MAX, 0, -1):
            of = 1 + tseg1 + tseg2
            by = abs(100 * (1 + tseg1) - sample_point_percent * of)
            if off < 0 or by * quanta < off * of:
                best = (tseg1, tseg2)
                off = by
                quanta = of
    return best


def timings(
    bitrate: int, sample_point_percent: int, sjw: int, tseg1: "int | None", tseg2: "int | None"
) -> "list[int | None]":
    """[bitrate, sjw, tseg1, tseg2, None, None]: no CAN FD, nothing of one controller only."""
    if not 0 < bitrate <= BITRATE_MAX:
        raise ValueError("bitrate")
    if not 0 < sjw <= _SJW_MAX:
        raise ValueError("sjw")
    if (tseg1 is None and tseg2 is not None) or (tseg1 is not None and not 0 < tseg1 <= _TSEG1_MAX):
        raise ValueError("tseg1")
    if (tseg2 is None and tseg1 is not None) or (tseg2 is not None and not 0 < tseg2 <= _TSEG2_MAX):
        raise ValueError("tseg2")
    if not 0 < sample_point_percent < 100:
        raise ValueError("sample_point")
    if tseg1 is None:
        tseg1, tseg2 = segments(sample_point_percent)
    return [bitrate, sjw, tseg1, tseg2, None, None]
