"""The isoSPI port of an ADBMS6830B: asleep, waking or awake, on the emulated clock.

Times are the data sheet's (Analog Devices, ADBMS6830B): a port falls asleep after 4.3 to 6.7 ms without traffic and is ready
10 us (t_READY, the longest) after a wake-up pulse; the chip behind it sleeps after 2 s without a command for it, and so it is
delivered, and is ready 500 us (t_WAKE, the longest) after one. A pulse goes on to the next chip only through a port that is
awake; one that comes while the port wakes is lost on it. Units: us.
"""

from hil.chips.microcontroller import Clock

IDLE_us, SLEEP_us = 5_500, 2_000_000
READY_us, WAKE_us = 10, 500


class Port:
    """What stands between the wire and one chip."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asleep = True
        self._ready_us = 0  # when it hears and passes on
        self._spoken_us = self._heard_us = clock.now_us  # traffic; a command for the chip

    def reset(self) -> None:
        """The chip forgets everything."""

    def pulse(self) -> bool:
        """Chip select falls in front of it. Whether the next chip sees it."""
        now_us = self._clock.now_us
        if not self.asleep and now_us - self._heard_us > SLEEP_us:
            self.reset()
            self.asleep = True
        if self.asleep:
            self.asleep = False
            self._ready_us = self._heard_us = now_us + WAKE_us
        elif now_us < self._ready_us:
            return False
        elif now_us - self._spoken_us > IDLE_us:
            self._ready_us = now_us + READY_us
        else:
            self._spoken_us = now_us
            return True
        self._spoken_us = self._ready_us
        return False

    @property
    def hears(self) -> bool:
        """Whether a command is heard and passed on."""
        return not self.asleep and self._ready_us <= self._clock.now_us <= self._spoken_us + IDLE_us

    def hear(self) -> None:
        """A command for the chip."""
        self._heard_us = self._spoken_us = self._clock.now_us
