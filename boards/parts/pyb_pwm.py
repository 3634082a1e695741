"""machine.PWM's duty_u16() over a channel of pyb.Timer, for STM32 firmware that has no machine.PWM (older than 1.29).

The pulse width is written in counts of the timer, so nothing is a float and nothing allocates.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_DUTY_BITS = const(16)
_COARSE_BITS = const(3)  # so that the product stays below 2^30


class PWM:
    """One channel of a timer on a pin. `timer` is the class pyb.Timer; channels of one timer share its frequency."""

    def __init__(self, timer: "Any", number: int, channel: int, pin: "Any", freq: int) -> None:
        clock = timer(number, freq=freq)
        self._counts = clock.period() + 1
        self._channel: Any = clock.channel(channel, timer.PWM, pin=pin, pulse_width=0)

    def duty_u16(self, value: int) -> None:
        """0 to 65535 for 0 to 100 %."""
        duty = value + (value >> (_DUTY_BITS - 1))  # 65535 is all of it
        self._channel.pulse_width((duty >> _COARSE_BITS) * self._counts >> (_DUTY_BITS - _COARSE_BITS))
