"""Whatever is behind a real bus, in real time: no lockstep, the device has its own clock and the wall sets the pace."""

import time

from hil.targets.base import PATIENCE_s, Target, TargetDied
from hil.targets.canbus import CanBus

PERIOD_ms = 10
BOOT_s = 20.0
"""Patience until the first frame: the device may just have been switched on."""
_RUNAWAY_s = 1.0  # later than that the missed time is not made up for
_RING_ms = 1 << 30


class BusTarget(Target):
    """exchange() sends, sleeps until the next tick is due by the wall clock, and returns what came in the meantime."""

    takes_error_frames = False

    def __init__(self, bus: str) -> None:
        super().__init__()
        self._bus_name = bus
        self._bus: CanBus | None = None
        self._due_s: float | None = None
        self._last_ms = 0
        self._heard_s = 0.0
        self._patience_s = BOOT_s
        self.late_ticks = 0

    def start(self) -> None:
        self._bus = CanBus(self._bus_name)

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        if self._bus is None:
            raise TargetDied("the bus is not open")
        now_s = time.monotonic()
        if self._due_s is None:
            self._due_s = now_s + PERIOD_ms / 1000
            self._heard_s = now_s
        else:
            self._due_s += (now_ms - self._last_ms) % _RING_ms / 1000
        self._last_ms = now_ms
        if now_s > self._due_s:
            self.late_ticks = (self.late_ticks or 0) + 1
            if now_s > self._due_s + _RUNAWAY_s:
                self._due_s = now_s
        self._bus.send(frames, PATIENCE_s)
        answer: list[tuple[int, bytes]] = []
        while True:
            left_s = self._due_s - time.monotonic()
            got = self._bus.receive(max(left_s, 0.0))
            if got is not None:
                answer.append(got[:2])
            elif left_s <= 0:
                break
        if answer:
            self._heard_s = time.monotonic()
            self._patience_s = PATIENCE_s
        elif time.monotonic() - self._heard_s > self._patience_s:
            raise TargetDied(f"nothing came from bus {self._bus_name} for {self._patience_s:g} s")
        return answer

    def close(self) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None
