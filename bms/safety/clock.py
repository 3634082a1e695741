"""Time between two ticks, and what it says about the clock: late, overdue, jumped.

The board's clock counts ms and wraps at 2^30; a step back looks like a very long one ahead. More than DT_MAX_ms in one tick is
not lived through by the lane: it gets DT_MAX_ms, and what is missing stands in `missed_ms` for whoever counts charge. A clock
that stands still gives the lane 1 ms a tick, so that no debounce waits for ever. Units: ms; uptime in s.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals

# Copies of what signals.py says: no look-up; a test holds them together.
_TICK_ms_signal = const(31)
_CLOCK_jumped = const(95)

TICK_ms = const(10)
LATE_ms = const(30)  # two periods late
DT_MAX_ms = const(500)
_CLOCK_MASK = const(0x3FFFFFFF)
_MS_PER_S = const(1000)
_COUNT_MAX = const(65535)
_LATENESS_MAX_ms = const(4095)
_UPTIME_MASK_s = const(0xFFFFFF)


class Clock:
    """`late_ticks`, `worst_lateness_ms`, `uptime_s`; `missed_ms` of this tick."""

    def __init__(self, signals: "Signals") -> None:
        self._value = signals.value
        self.uptime_s = 0
        self.late_ticks = 0
        self.worst_lateness_ms = 0
        self.missed_ms = 0
        self._last_ms = -1
        self._told_ms = 0
        self._uptime_ms = 0

    def step(self, now_ms: int) -> int:
        """One tick at `now_ms`. Returns the time since the last, 1 to DT_MAX_ms."""
        dt_ms = TICK_ms if self._last_ms < 0 else (now_ms - self._last_ms) & _CLOCK_MASK
        self._last_ms = now_ms
        if dt_ms != self._told_ms:
            self._told_ms = dt_ms
            self._value[_TICK_ms_signal] = dt_ms if dt_ms < _COUNT_MAX else _COUNT_MAX
            self._value[_CLOCK_jumped] = 1 if dt_ms > DT_MAX_ms else 0
            self.missed_ms = 0
        if dt_ms > LATE_ms:
            if self.late_ticks < _COUNT_MAX:
                self.late_ticks += 1
            if dt_ms - TICK_ms > self.worst_lateness_ms:
                self.worst_lateness_ms = dt_ms - TICK_ms if dt_ms - TICK_ms < _LATENESS_MAX_ms else _LATENESS_MAX_ms
            if dt_ms > DT_MAX_ms:
                self.missed_ms = dt_ms - DT_MAX_ms
                dt_ms = DT_MAX_ms
        elif dt_ms < 1:
            dt_ms = 1
        uptime_ms = self._uptime_ms + dt_ms
        if uptime_ms >= _MS_PER_S:
            uptime_ms -= _MS_PER_S
            self.uptime_s = (self.uptime_s + 1) & _UPTIME_MASK_s
        self._uptime_ms = uptime_ms
        return dt_ms
