"""How well real time was kept: how late the bench's ticks were, and how regularly the device's frame of every tick came.

The device sends HIL_ACTUATORS once a tick. Its distances hold the jitter of its clock, of the bus, of the adapter and of this
process, which cannot be told apart here. The bench's lateness is from when a tick was due to when its frames leave: the time
that its plant takes, and what the machine keeps from it. Units: ms.
"""

from array import array
from typing import Any

import numpy as np

from boards.parts.bench_frames import HilActuators

PERIOD_ms = 10
LATE_ms = PERIOD_ms / 2
"""Later than that is late, on either side."""


class Punctuality:
    """Told of every tick and every frame, sums it up at the end. Times are of the wall, in seconds."""

    def __init__(self) -> None:
        self._late_ms = array("d")
        self._came_s = array("d")

    def tick(self, late_s: float) -> None:
        """The bench began a tick so long after it was due (0: in time)."""
        self._late_ms.append(late_s * 1000)

    def came(self, identifier: int, now_s: float) -> None:
        """A frame came."""
        if identifier == HilActuators.ID:
            self._came_s.append(now_s)

    def result(self) -> dict[str, Any]:
        """Percentiles of lateness and of the distances between the device's ticks; None where there were too few."""
        apart_ms = np.diff(np.array(self._came_s)) * 1000
        return {
            "bench_late_ms": _spread(np.array(self._late_ms)),
            "device_apart_ms": _spread(apart_ms),
            "device_ticks": len(self._came_s),
            "device_late": int(np.count_nonzero(apart_ms > PERIOD_ms + LATE_ms)),
        }


def _spread(values_ms: "np.ndarray[Any, np.dtype[np.float64]]") -> dict[str, float] | None:
    if not len(values_ms):
        return None
    low, middle, high, most = (round(float(value), 3) for value in np.percentile(values_ms, (1, 50, 99, 100)))
    return {"p1": low, "p50": middle, "p99": high, "max": most}
