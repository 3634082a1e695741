"""The wire to a daisy chain of ADBMS6830B monitors: wakes it, sends commands, reads and writes a register group of every chip.

A fall of chip select wakes the nearest port that sleeps and gets no further; the chip behind it is reached when that one is
ready: 10 us later, or 500 us where the whole chip has slept, 2 s without a command or since power-on (ADBMS6830B, t_READY and
t_WAKE, the longest). Before the first command each chip is given t_WAKE, later t_READY, and where somebody was silent one more
chip t_WAKE: those that slept come back one a tick, and a tick of ten chips spends 0.1 ms, at most 0.6 ms, on waking.

Answers begin with the nearest chip, what is written with the farthest. Whatever is wrong becomes a bit per chip of
`pec` (an answer that is not whole), `silent` (no answer: a broken chain, a chip without supply) and `off` (a whole answer whose
command counter is not ours: it missed a command or began anew); they gather until forget(). `errors` count the same, and
`bus_errors` what the bus itself refused (every chip is then silent). Nothing here allocates after construction or raises.
"""

from array import array

from micropython import const

from boards.parts.adbms_commands import (
    COUNT_MAX,
    COUNT_RESTART,
    PEC10_TABLE,
    RSTCC,
    ALL_bytes,
    COMMAND_bytes,
    GROUP_bytes,
    PEC_bytes,
    command,
    judge,
    seal,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import Clock, OutputPin, Spi

READY_us = const(10)
WAKE_us = const(500)
CHIPS_MAX = const(16)
_RING = const(0x3FFFFFFF)


class Link:
    """`chips` of them behind one chip select. `short` and `long` hold the answers to the last read of either length: chip k's
    bytes begin at short_at(k) and long_at(k)."""

    def __init__(self, spi: "Spi", select: "OutputPin", clock: "Clock", chips: int) -> None:
        if not 0 < chips <= CHIPS_MAX:
            raise ValueError("1 to 16 chips")
        self._spi = spi
        self._select = select
        self._clock = clock
        self._pause_us = WAKE_us
        self.chips = chips
        self.everyone = (1 << chips) - 1
        short = COMMAND_bytes + chips * (GROUP_bytes + PEC_bytes)
        long = COMMAND_bytes + chips * (ALL_bytes + PEC_bytes)
        self._ask_short = bytearray(short)
        self._ask_long = bytearray(long)
        self._written = bytearray(short)
        self.short = bytearray(short)
        self.long = bytearray(long)
        self._reset_count = command(RSTCC)
        self._verdicts = array("i", (0, 0))
        self._count = 0
        self.pec = 0
        self.silent = 0
        self.off = 0
        self.errors = array("i", [0] * chips)  # answers that were not whole or did not come
        self.bus_errors = 0

    def short_at(self, chip: int) -> int:
        return COMMAND_bytes + chip * (GROUP_bytes + PEC_bytes)

    def long_at(self, chip: int) -> int:
        return COMMAND_bytes + chip * (ALL_bytes + PEC_bytes)

    def forget(self) -> None:
        """A new tick: nothing is wrong yet."""
        self.pec = 0
        self.silent = 0
        self.off = 0

    def wake(self, patient: bool) -> None:
        """A port sleeps after 4.3 to 6.7 ms without traffic. `patient`: one chip more has the time to come out of sleep."""
        select = self._select
        clock = self._clock
        pause_us = self._pause_us
        for _ in range(self.chips):
            select.value(0)
            select.value(1)
            clock.sleep_us(pause_us)
        if patient:
            clock.sleep_us(WAKE_us)
        self._pause_us = READY_us

    def send(self, frame: "bytes | bytearray") -> None:
        """A command that starts or clears, with or without data."""
        if self._transfer(frame, None):
            self._count = self._count + 1 if self._count < COUNT_MAX else COUNT_RESTART

    def restart(self) -> None:
        """All counters begin with 0 again."""
        self._transfer(self._reset_count, None)
        self._count = 0

    def write(self, frame: bytes, groups: bytearray) -> None:
        """Six bytes for every chip, nearest first."""
        out = self._written
        for k in range(COMMAND_bytes):
            out[k] = frame[k]
        chips = self.chips
        for chip in range(chips):
            at = COMMAND_bytes + (chips - 1 - chip) * (GROUP_bytes + PEC_bytes)
            for k in range(GROUP_bytes):
                out[at + k] = groups[chip * GROUP_bytes + k]
        seal(out, chips, GROUP_bytes, PEC10_TABLE)
        self.send(out)

    def read(self, frame: bytes) -> int:
        """A group of six bytes into `short`. Bits of the chips whose answer is whole."""
        return self._read(frame, self._ask_short, self.short, GROUP_bytes)

    def read_all(self, frame: bytes) -> int:
        """Sixteen voltages into `long`. Bits of the chips whose answer is whole."""
        return self._read(frame, self._ask_long, self.long, ALL_bytes)

    def _read(self, frame: bytes, out: bytearray, into: bytearray, n: int) -> int:
        for k in range(COMMAND_bytes):
            out[k] = frame[k]
        if not self._transfer(out, into):
            self.silent = self.everyone
            return 0
        verdicts = self._verdicts
        whole = int(judge(into, self.chips, n, self._count, verdicts, PEC10_TABLE))
        bad = self.everyone & ~whole
        self.off |= verdicts[0]
        if bad:
            self.silent |= verdicts[1]
            self.pec |= bad & ~verdicts[1]
            errors = self.errors
            for chip in range(self.chips):
                if bad >> chip & 1:
                    errors[chip] = (errors[chip] + 1) & _RING
        return whole

    def _transfer(self, out: "bytes | bytearray", into: "bytearray | None") -> bool:
        select = self._select
        select.value(0)
        try:
            if into is None:
                self._spi.write(out)
            else:
                self._spi.write_readinto(out, into)
            done = True
        except OSError:
            self.bus_errors = (self.bus_errors + 1) & _RING
            done = False
        select.value(1)
        return done
