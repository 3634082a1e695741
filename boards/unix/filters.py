"""Acceptance filters as SocketCAN has them: pairs of words. A frame passes when its word under the mask is the value."""

from micropython import const

from boards.parts.can_filters import FLAG_EXT_ID, FLAG_RTR, sound
from boards.unix.transport import EXTENDED, REMOTE

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = tuple[int, int]


def filter_rows(filters: "Iterable[tuple[int, int, int]]") -> "tuple[Row, ...]":
    """machine.CAN's filters as (value, mask), any of which lets a frame pass. ValueError: see boards.parts.can_filters."""
    rows = []
    for identifier, mask, flags in sound(filters):
        remote = REMOTE if flags & FLAG_RTR else 0
        extended = EXTENDED if flags & FLAG_EXT_ID else 0
        rows.append((identifier & mask | extended | remote, mask | EXTENDED | remote))
    return tuple(rows)


def accepts(rows: "tuple[Row, ...] | None", word: int) -> bool:
    """Whether any row lets the frame pass; None lets all."""
    if rows is None:
        return True
    for row in rows:
        if word & row[1] == row[0]:
            return True
    return False
