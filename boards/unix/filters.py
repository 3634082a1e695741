"""Acceptance filters as machine.CAN takes them: (identifier, mask, flags), any of which lets a frame pass.

Without FLAG_EXT_ID a filter is for standard identifiers only, with it for extended ones only; FLAG_RTR likewise.
"""

from micropython import const

from boards.unix.transport import EXTENDED_MAX, STANDARD_MAX

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[int, int, int]

FILTERS_MAX = 28

_FLAG_RTR = const(1)
_FLAG_EXT_ID = const(2)


def filter_rows(filters: "Iterable[Row]") -> "tuple[Row, ...]":
    """The filters, masked. ValueError for one that is out of range, and for too many."""
    rows = []
    for identifier, mask, flags in filters:
        largest = EXTENDED_MAX if flags & _FLAG_EXT_ID else STANDARD_MAX
        if not (0 <= identifier <= largest and 0 <= mask <= largest):
            raise ValueError("invalid id")
        rows.append((identifier & mask, mask, flags & (_FLAG_EXT_ID | _FLAG_RTR)))
    if len(rows) > FILTERS_MAX:
        raise ValueError("too many filters")
    return tuple(rows)


def accepts(rows: "tuple[Row, ...]", identifier: int, flags: int) -> bool:
    """Whether any row lets the frame pass."""
    for row in rows:
        if identifier & row[1] == row[0] and flags == row[2]:
            return True
    return False
