"""Keeps bench and firmware on one processor while they take turns.

In lockstep one of the two always waits for the other. On two processors each turn wakes an idle one, on a virtual machine
50 µs a time; on one it is a switch of a few µs. Now and then both are let go for one tick, so that the kernel can move
the pair to a processor with less to do. Linux only; elsewhere this does nothing.
"""

import os

TURNS_BETWEEN_MOVES = 4096
_PROCESSOR_FIELD = 36  # of /proc/thread-self/stat, counted behind the name


class OneCore:
    """The calling thread and the process `pid`. turn() before every exchange; release() at the end."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._turn = 0
        self._allowed: set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._works = len(self._allowed) > 1

    def turn(self) -> None:
        """Settles at first, and again after a turn in which the kernel was free to choose."""
        if not self._works:
            return
        phase = self._turn % TURNS_BETWEEN_MOVES
        self._turn += 1
        if phase == 1:
            processor = _here()
            self._put({processor} if processor in self._allowed else self._allowed)
        elif phase == 0 and self._turn > 1:
            self._put(self._allowed)

    def release(self) -> None:
        """Gives the calling thread its processors back."""
        if self._works:
            self._put(self._allowed)
            self._works = False

    def _put(self, processors: set[int]) -> None:
        try:
            os.sched_setaffinity(0, processors)
            os.sched_setaffinity(self._pid, processors)
        except OSError:  # the process is no more, or the machine does not let us
            self._works = False


def _here() -> int:
    """The processor that runs the calling thread; -1 where the kernel does not say."""
    try:
        with open("/proc/thread-self/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[_PROCESSOR_FIELD])
    except (OSError, ValueError, IndexError):
        return -1
