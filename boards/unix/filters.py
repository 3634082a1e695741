"""Acceptance filters as machine.CAN takes them: (identifier, mask, flags), any of which lets a frame pass.

Without FLAG_EXT_ID a filter is for standard identifiers only, with it for extended ones only; with FLAG_RTR for remote
requests only, without it for these and data alike; FLAG_UNORDERED means nothing. Kept as the pairs of words that
SocketCAN's own filters are made of: a frame passes when its word under the mask is the value.
"""

from micropython import const

from boards.unix.transport import EXTENDED, EXTENDED_MAX, REMOTE, STANDARD_MAX

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[int, int]

FILTERS_MAX = 28

_FLAG_RTR = const(1)
_FLAG_EXT_ID = const(2)
_FLAG_UNORDERED = const(16)


def filter_rows(filters: "Iterable[tuple[int, int, int]]") -> "tuple[Row, ...]":
    """The filters as (value, mask). ValueError for one that is malformed or out of range, and for too many."""
    rows = []
    for item in filters:
        if len(item) != 3:
            raise ValueError("filter items must have length 3")
        identifier, mask, flags = item
        largest = EXTENDED_MAX if flags & _FLAG_EXT_ID else STANDARD_MAX
        if not (0 <= identifier <= largest and 0 <= mask <= largest):
            raise ValueError("invalid id")
        if flags & ~(_FLAG_RTR | _FLAG_EXT_ID | _FLAG_UNORDERED):
            raise ValueError("flags")
        remote = REMOTE if flags & _FLAG_RTR else 0
        extended = EXTENDED if flags & _FLAG_EXT_ID else 0
        rows.append((identifier & mask | extended | remote, mask | EXTENDED | remote))
    if len(rows) > FILTERS_MAX:
        raise ValueError("too many filters")
    return tuple(rows)


def accepts(rows: "tuple[Row, ...] | None", word: int) -> bool:
    """Whether any row lets the frame pass; None lets all."""
    if rows is None:
        return True
    for row in rows:
        if word & row[1] == row[0]:
            return True
    return False
