"""An insulation monitor that speaks by pulse width: the ISOMETER IR155-3203/-3204 class.

Its high side output says by frequency what it says by duty: 10 Hz a resistance, 20 Hz a resistance while the high voltage is
low, 30 Hz the first quick look after power-on (good or bad, no value), 40 Hz that the device is ill, 50 Hz that its earth
connection is open. Duty 5 % is no leak, 95 % is 0 ohm: R = 0.9 x 1200 kohm / (duty - 5 %) - 1200 kohm. Source: Bender,
ISOMETER IR155-3203/IR155-3204, technical data, output M_HS. A standing level, a frequency between those or a duty outside is
no value. Units: kohm, us, duty in ten-thousandths.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from boards.parts.manners import Clock, EdgePin

# What it says.
SILENT = const(0)  # no edge, or no frequency that means anything
NORMAL = const(1)
UNDERVOLTAGE = const(2)
QUICK_LOOK = const(3)
DEVICE_ERROR = const(4)
EARTH_OPEN = const(5)

NO_VALUE = const(-1)
MAX_kohm = const(50000)  # "no leak"
QUIET_ms = const(500)  # five periods of the slowest frequency
_RING = const(0x3FFFFFFF)
_STEP_dHz = const(100)  # 10 Hz apart
_OFF_dHz = const(20)
_us_dHz = const(10000000)
_LONGEST_us = const(150000)
_SHORTEST_us = const(15000)
_TENTHS = const(10)
_DUTY_PER_TENTH = const(1000)
_NO_LEAK = const(500)
_DEAD_SHORT = const(9500)
_OUTSIDE = const(50)  # half a percent beyond either end is still the end
_SPAN_kohm = const(10800000)  # 0.9 x 1200 kohm, in ten-thousandths
_INNER_kohm = const(1200)
_BAD = const(8750)  # of the quick look: good is 5 to 10 %, bad 90 to 95 %
_TRIES = const(3)


class Insulation:
    """`kohm` and `state` as of the last read(); `errors` counts periods that meant nothing."""

    def __init__(self, pin: "EdgePin", clock: "Clock") -> None:
        self._pin = pin
        self._clock = clock
        self._rose_us = 0
        self._fell_us = 0
        self._risen = False
        self._fallen = False
        self._period_us = 0
        self._high_us = 0
        self._count = 0
        self._seen = 0
        self._quiet_ms = 0
        self.state = SILENT
        self.kohm = NO_VALUE
        self.errors = 0
        pin.irq(self._edge, pin.IRQ_RISING | pin.IRQ_FALLING, hard=True)

    def _edge(self, _pin: "Any") -> None:
        """Interrupt at either edge: allocates nothing."""
        now_us = self._clock.ticks_us()
        if not self._pin.value():
            self._fell_us = now_us
            self._fallen = self._risen
            return
        if self._fallen:
            self._period_us = (now_us - self._rose_us) & _RING
            self._high_us = (self._fell_us - self._rose_us) & _RING
            self._count = (self._count + 1) & _RING
        self._rose_us = now_us
        self._risen = True
        self._fallen = False

    def read(self, dt_ms: int) -> int:
        """What the last whole period said; dt_ms since the last call. kohm, or NO_VALUE."""
        count = self._count
        if count == self._seen:
            self._quiet_ms += dt_ms
            if self._quiet_ms >= QUIET_ms:
                self._quiet_ms = QUIET_ms
                self.state = SILENT
                self.kohm = NO_VALUE
            return self.kohm
        self._quiet_ms = 0
        period_us = high_us = 0
        for _ in range(_TRIES):  # an edge may fall between two looks
            self._seen = count
            period_us = self._period_us
            high_us = self._high_us
            count = self._count
            if count == self._seen:
                break
        self.kohm = self._judge(period_us, high_us)
        return self.kohm

    def _judge(self, period_us: int, high_us: int) -> int:
        self.state = SILENT
        if not _SHORTEST_us <= period_us <= _LONGEST_us or high_us > period_us:
            self.errors = (self.errors + 1) & _RING
            return NO_VALUE
        frequency_dHz = _us_dHz // period_us
        state = (frequency_dHz + _STEP_dHz // 2) // _STEP_dHz
        off_dHz = frequency_dHz - state * _STEP_dHz
        duty = high_us * _DUTY_PER_TENTH // (period_us // _TENTHS)
        if (
            not NORMAL <= state <= EARTH_OPEN
            or not -_OFF_dHz <= off_dHz <= _OFF_dHz
            or not _NO_LEAK - _OUTSIDE <= duty <= _DEAD_SHORT + _OUTSIDE
        ):
            self.errors = (self.errors + 1) & _RING
            return NO_VALUE
        self.state = state
        if state == QUICK_LOOK:
            return 0 if duty >= _BAD else NO_VALUE
        if state > UNDERVOLTAGE:
            return NO_VALUE
        if duty >= _DEAD_SHORT:
            return 0
        over = duty - _NO_LEAK
        kohm = _SPAN_kohm // over - _INNER_kohm if over > 0 else MAX_kohm
        return kohm if kohm < MAX_kohm else MAX_kohm
