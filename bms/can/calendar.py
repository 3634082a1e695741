"""When each frame is due: every frame has its tick in a round of ten, so that they spread over the round.

A row is (message, what fills it, protected, first tick); its period stands in the DBC file and is a part of a round, or a
multiple of it. What is built here is read once a tick and never changed.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = tuple[Any, Callable[[], bool], bool, int]
    Sendable = tuple[Any, Callable[[], bool], bytearray, int, bool, int]

TICK_ms = const(10)
ROUND = const(10)  # ticks of a round: every period is a part or a multiple of it


def build_sendable(rows: "Sequence[Row]") -> "tuple[Sendable, ...]":
    """For every row: message, fill, its buffer as first packed, identifier, protected, rounds to wait between two."""
    out = []
    for message, fill, protected, _ in rows:
        buffer = bytearray(8)
        message.pack(buffer)
        rounds = max(1, message.PERIOD_ms // (ROUND * TICK_ms)) - 1
        out.append((message, fill, buffer, message.ID, protected, rounds))
    return tuple(out)


def build_calendar(rows: "Sequence[Row]", first: int) -> "tuple[bytes, ...]":
    """For every tick of a round, which rows are due. Row `first`, if not -1, is due in every tick and ahead of all."""
    calendar = []
    for tick in range(ROUND):
        due = [first] if first >= 0 else []
        for i in range(len(rows)):
            period = min(rows[i][0].PERIOD_ms // TICK_ms, ROUND)
            if i != first and tick % period == rows[i][3] % period:
                due.append(i)
        calendar.append(bytes(due))
    return tuple(calendar)
