"""What speaks by edges: an insulation monitor by pulse width, a flow meter by pulses, and a relay that listens for them.

Insulation: Bender ISOMETER IR155-3203/-3204, technical data, output M_HS: duty = 5 % + 90 % x 1200 kohm / (R + 1200 kohm) at
10 Hz, at 20 Hz while the high voltage is low; 30 Hz quick look (5 to 10 % good, 90 to 95 % bad), 40 Hz device error and 50 Hz
earth open, both near 50 %. The relay is a charge pump that a standing level of either kind starves. Times in us and ms.
"""

from hil.chips.microcontroller import Clock, Pad

INNER_kohm = 1200
CONDITIONS = {  # Hz, duty where it is fixed
    "normal": (10, None),
    "undervoltage": (20, None),
    "quick_good": (30, 0.075),
    "quick_bad": (30, 0.925),
    "device_error": (40, 0.5),
    "earth_open": (50, 0.5),
}
NEVER_us = 1 << 62


class InsulationMonitor:
    """A source on a pad. `kohm`, `condition` and `dead` may be set at any time; they hold from the next period on."""

    def __init__(self, pad: Pad, clock: Clock, kohm: float = 20000.0) -> None:
        self._pad, self._clock = pad, clock
        self.kohm = kohm
        self.condition = "normal"
        self.dead = False  # its output stands still
        self.due_us = clock.now_us
        self._high = False
        self._period_end_us = 0
        pad.drive(0)
        clock.sources.append(self)

    @property
    def duty(self) -> float:
        """Of the next period."""
        fixed = CONDITIONS[self.condition][1]
        return 0.05 + 0.9 * INNER_kohm / (self.kohm + INNER_kohm) if fixed is None else fixed

    def step(self) -> None:
        period_us = 1e6 / CONDITIONS[self.condition][0]
        if self._high:
            self._pad.drive(0)
            self._high = False
            self.due_us = self._period_end_us
        elif self.dead:
            self.due_us += round(period_us)
        else:
            self._pad.drive(1)
            self._high = True
            self._period_end_us = self.due_us + round(period_us)
            self.due_us += round(period_us * self.duty)


class FlowMeter:
    """A source of pulses. `l_min` may be set at any time."""

    def __init__(self, pad: Pad, clock: Clock, pulses_per_litre: int = 450) -> None:
        self._pad = pad
        self._pulses_per_litre = pulses_per_litre
        self.l_min = 0.0
        self.due_us = clock.now_us
        pad.drive(0)
        clock.sources.append(self)

    def step(self) -> None:
        Hz = self.l_min / 60 * self._pulses_per_litre
        if Hz < 0.1:
            self.due_us += 100_000
            return
        self._pad.drive(1 - self._pad.level)
        self.due_us += round(5e5 / Hz)


class WatchdogRelay:
    """Gives the coils their supply while the pulse pin has moved within the last 100 ms and the supply lasts."""

    HOLD_ms = 100

    def __init__(self, pad: Pad, clock: Clock) -> None:
        self._clock = clock
        self._moved_us = -NEVER_us
        self.pulses = 0
        pad.watchers.append(self._moves)

    def _moves(self, _level: int) -> None:
        self._moved_us = self._clock.now_us
        self.pulses += 1

    @property
    def closed(self) -> bool:
        return self._clock.now_us - self._moved_us <= self.HOLD_ms * 1000
