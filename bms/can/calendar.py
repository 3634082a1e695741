"""When each frame is due: a second of ticks, over which the frames spread so that the worst tick sends as few as can be.

A frame's period stands in its DBC file and divides a second. Rows are placed one after the other, the most frequent first,
each at the offset where its fullest tick is least full; what remains equal is decided by the sum over its ticks, then by the
earlier offset. So the same rows give the same calendar on every machine. Built once, read once a tick, never changed.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Sequence

TICK_ms = const(10)
TICKS = const(100)  # of the calendar: every period divides it


class Calendar:
    """`due[first[t]] ... due[first[t + 1] - 1]` are the rows due in tick t, in rising order."""

    def __init__(self, periods_ms: "Sequence[int]") -> None:
        offsets = build_offsets(periods_ms)
        due = []
        first = [0]
        for tick in range(TICKS):
            for row in range(len(periods_ms)):
                if tick % (periods_ms[row] // TICK_ms) == offsets[row]:
                    due.append(row)
            first.append(len(due))
        self.due = bytes(due)
        self.first = array("H", first)


def build_offsets(periods_ms: "Sequence[int]") -> "list[int]":
    """The first tick of every row. ValueError for a period that does not divide the calendar."""
    for period_ms in periods_ms:
        if period_ms < TICK_ms or period_ms % TICK_ms or TICKS % (period_ms // TICK_ms):
            raise ValueError("a period of " + str(period_ms) + " ms does not divide a second of ticks")
    load = [0] * TICKS
    offsets = [0] * len(periods_ms)
    for row in sorted(range(len(periods_ms)), key=lambda row: periods_ms[row] * TICKS + row):
        step = periods_ms[row] // TICK_ms
        best = (TICKS, 0, 0)
        for offset in range(step):
            ticks = range(offset, TICKS, step)
            best = min(best, (max([load[t] for t in ticks]), sum([load[t] for t in ticks]), offset))
        offsets[row] = best[2]
        for t in range(best[2], TICKS, step):
            load[t] += 1
    return offsets
