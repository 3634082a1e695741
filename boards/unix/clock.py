"""Milliseconds of a clock that wraps at 2^30, on both interpreters. Comparing is subtraction in that ring."""

import sys
import time

from micropython import const

RING_ms = const(0x40000000)
_HALF_ms = const(0x20000000)

if sys.implementation.name == "micropython":

    def now_ms() -> int:
        """The board's own clock."""
        return time.ticks_ms() & (RING_ms - 1)  # type: ignore[operator]

    def sleep_ms(duration_ms: int) -> None:
        """Gives the processor away."""
        time.sleep_ms(duration_ms)

else:

    def now_ms() -> int:
        """The board's own clock."""
        return time.monotonic_ns() // 1000000 & (RING_ms - 1)  # type: ignore[attr-defined,no-any-return]

    def sleep_ms(duration_ms: int) -> None:
        """Gives the processor away."""
        time.sleep(duration_ms / 1000)


def later_ms(moment_ms: int, duration_ms: int) -> int:
    """The moment that lies `duration_ms` after `moment_ms`."""
    return (moment_ms + duration_ms) & (RING_ms - 1)


def since_ms(moment_ms: int, earlier_ms: int) -> int:
    """How long `moment_ms` lies after `earlier_ms`; negative when it lies before it."""
    return ((moment_ms - earlier_ms + _HALF_ms) & (RING_ms - 1)) - _HALF_ms
