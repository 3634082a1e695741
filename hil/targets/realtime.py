"""Whatever is behind a real bus, in real time: no lockstep, the device has its own clock and the wall sets the pace.

The scenario begins with the device's first frame: until then it hears the first tick again and again, for BOOT_s. A device that
has been on for longer has missed its sensors and says so: it is to be reset once the bench waits for it.
"""

import time
from typing import Any

from hil.targets.base import PATIENCE_s, Target, TargetDied
from hil.targets.canbus import CanBus
from hil.targets.punctual import LATE_ms, Punctuality

PERIOD_ms = 10
BOOT_s = 20.0
"""Patience until the first frame: somebody has to reset the device, and it has to start."""
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
        self.late_ticks = 0
        self._punctuality = Punctuality()

    def start(self) -> None:
        self._bus = CanBus(self._bus_name)

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        bus = self._bus
        if bus is None:
            raise TargetDied("the bus is not open")
        if self._due_s is None:
            return self._first(bus, now_ms, frames)
        now_s = time.monotonic()
        late_s = now_s - self._due_s
        self._punctuality.tick(max(late_s, 0.0))
        if late_s > LATE_ms / 1000:
            self.late_ticks = (self.late_ticks or 0) + 1
            if late_s > _RUNAWAY_s:
                self._due_s = now_s
        self._due_s += (now_ms - self._last_ms) % _RING_ms / 1000
        self._last_ms = now_ms
        bus.send(frames, PATIENCE_s)
        answer = self._until(bus, self._due_s)
        if answer:
            self._heard_s = time.monotonic()
        elif time.monotonic() - self._heard_s > PATIENCE_s:
            raise TargetDied(f"nothing came from bus {self._bus_name} for {PATIENCE_s:g} s")
        return answer

    def _first(self, bus: CanBus, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """The first tick, until somebody answers."""
        patience_s = time.monotonic() + BOOT_s
        while True:
            bus.send(frames, PATIENCE_s)
            due_s = time.monotonic() + PERIOD_ms / 1000
            answer = self._until(bus, due_s)
            if answer:
                self._due_s, self._last_ms, self._heard_s = due_s, now_ms, due_s
                return answer
            if due_s > patience_s:
                raise TargetDied(f"nothing came from bus {self._bus_name} for {BOOT_s:g} s")

    def _until(self, bus: CanBus, due_s: float) -> list[tuple[int, bytes]]:
        """What comes until a moment, and at least what is already there."""
        answer: list[tuple[int, bytes]] = []
        while True:
            left_s = due_s - time.monotonic()
            got = bus.receive(max(left_s, 0.0))
            if got is not None:
                answer.append(got[:2])
                self._punctuality.came(got[0], time.monotonic())
            elif left_s <= 0:
                return answer

    def timing(self) -> dict[str, Any]:
        return self._punctuality.result()

    def close(self) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None
