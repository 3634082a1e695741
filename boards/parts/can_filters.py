"""What machine.CAN takes for an acceptance filter: (identifier, mask, flags). Every controller of ours asks here.

Without FLAG_EXT_ID a filter is for standard identifiers only, with it for extended ones only; with FLAG_RTR for remote
requests only, without it for these and data alike; FLAG_UNORDERED means nothing. For construction: it allocates.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable

FILTERS_MAX = 28
STANDARD_MAX = const(0x7FF)
EXTENDED_MAX = const(0x1FFFFFFF)
FLAG_RTR = const(1)
FLAG_EXT_ID = const(2)
_FLAG_UNORDERED = const(16)


def sound(filters: "Iterable[tuple[int, int, int]]") -> "list[tuple[int, int, int]]":
    """The filters. ValueError for one that is malformed or out of range, and for too many."""
    rows = []
    for item in filters:
        if len(item) != 3:
            raise ValueError("filter items must have length 3")
        identifier, mask, flags = item
        largest = EXTENDED_MAX if flags & FLAG_EXT_ID else STANDARD_MAX
        if not (0 <= identifier <= largest and 0 <= mask <= largest):
            raise ValueError("invalid id")
        if flags & ~(FLAG_RTR | FLAG_EXT_ID | _FLAG_UNORDERED):
            raise ValueError("flags")
        rows.append((identifier, mask, flags))
    if len(rows) > FILTERS_MAX:
        raise ValueError("too many filters")
    return rows
