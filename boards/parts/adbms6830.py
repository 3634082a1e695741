"""A daisy chain of ADBMS6830B monitors: voltages of groups and stacks in mV, GPIO voltages as counts, bleeders, self-tests.

Once a tick start() takes what was converted since the last one, does one row of a round of ten ticks, and starts the next
conversion of the C converters with the S converters beside them; read() and read_probes() then hand out what is fresh and
sound. Registers are cleared before each conversion, so one that has not ended is no value. The round: S against C, GPIOs, the
configuration read back, wires (S converters with the switches of even, in the next round of odd cells, on), supplies. A
self-test forces each flag of the chip once and wants to see it: after power on, and when self_test() is called.

What is wrong is `trouble[kind]`, kinds as in adbms_monitor.py, bits of chips: of this tick for PEC (an answer or a command with
a wrong code), SILENT (no answer: the chain is broken before it), COUNTER (its command counter is not ours), RESET (it began
anew: brown-out), SLOW (a conversion has not ended), STATUS (oscillator, test mode, trim memory, too hot), SUPPLY (its supplies
leave their limits), CONFIG (what is read back is not what was written); until looked at again for APART (S and C differ: a
register or converter is stuck), OPEN (a wire), REFERENCE (2.985 to 3.015 V), SELF_TEST. reason() says it for a value, as
snapshot.py names it. A chip that was lost or began anew is configured again in the same tick. Nothing here raises or allocates
after construction.

Dividers are data: what a pin sees is multiplied by `divider_permille` (gain to 40 ppm from 1000 on); open wires are found
between divider and chip where the divider's source is of low resistance. Sources: as named in adbms_commands.py; limits of
supplies from foxBMS 2 v1.6.0; thresholds of wires and of S against C assumed.
"""

from array import array

from micropython import const

from boards.parts.adbms_monitor import APART, COUNTER, INPUTS, OPEN, RESET, SILENT, SLOW, Monitor
from boards.parts.adbms_values import ZERO_counts, fill, sort_out

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import Clock, OutputPin, Spi

# Copies of what snapshot.py says: no look-up; a test holds them together.
_NOT_READY = const(1)
_CRC_ERROR = const(3)

GPIOS = const(10)
_uV_PER_COUNT = const(150)


class Adbms6830Chain(Monitor):
    """`rows`: (chip, input, divider_permille) of each value, input 0 being C1 against C0; the first `groups` of them are groups
    with bleeders. `probes`: (chip, gpio) of each, gpio 0 being GPIO1."""

    def __init__(
        self,
        spi: "Spi",
        select: "OutputPin",
        clock: "Clock",
        chips: int,
        rows: "tuple[tuple[int, int, int], ...]",
        groups: int,
        probes: "tuple[tuple[int, int], ...]",
    ) -> None:
        Monitor.__init__(self, spi, select, clock, chips)
        self._groups = groups
        self._rows = array("i", [0] * (4 * len(rows)))
        for k, (chip, number, divider_permille) in enumerate(rows):
            if not (0 <= chip < chips and 0 <= number < INPUTS and 0 < divider_permille < 100000):
                raise ValueError("row %d: chip, input or divider" % k)
            if self._used[chip] >> number & 1:
                raise ValueError("row %d: this input has a row" % k)
            self._used[chip] |= 1 << number
            gain = (_uV_PER_COUNT * divider_permille * 32768 + 500000) // 1000000
            self._rows[4 * k] = chip * INPUTS + number
            self._rows[4 * k + 1] = 3 * divider_permille // 2
            self._rows[4 * k + 2] = gain >> 15
            self._rows[4 * k + 3] = gain & 32767
        self._probes = array("i", [chip * INPUTS + gpio for chip, gpio in probes])
        for chip, gpio in probes:
            if not (0 <= chip < chips and 0 <= gpio < GPIOS):
                raise ValueError("probe: chip or gpio")
        self._states = array("i", [_NOT_READY] * chips)
        self.reasons = bytearray([_NOT_READY] * (INPUTS * chips))
        self.conversions = 0  # ticks in which every used voltage of every chip was fresh, modulo 256

    def start(self) -> None:
        """Takes what was converted, starts the next conversion."""
        self.tick()
        self._sort_out()

    def _sort_out(self) -> None:
        trouble = self.trouble
        apart = 0
        opened = 0
        doubtful = trouble[COUNTER] | trouble[RESET] | trouble[SILENT]
        for chip in range(self._chips):
            state = 0
            if doubtful >> chip & 1:
                state = _NOT_READY
            elif not self._whole >> chip & 1:
                state = _CRC_ERROR
            self._states[chip] = state
            self._differ[chip] |= self._apart[chip]
            if self._differ[chip]:
                apart |= 1 << chip
            if self._open[chip]:
                opened |= 1 << chip
        trouble[APART] = apart
        trouble[OPEN] = opened
        trouble[SLOW] |= int(sort_out(self._c, self._chips, self._states, self._used, self._open, self._differ, self.reasons))
        if self._whole == self._everyone and not doubtful and not trouble[SLOW]:
            self.conversions = (self.conversions + 1) & 255

    def read(self, first: int, n: int, values: "array[int]", at: int) -> int:
        """values[at ...] become the mV of n rows from `first` on, at most 30. Bit k: row first + k is fresh and sound."""
        return int(fill(self._rows, first, n, self._c, self.reasons, values, at))

    def reason(self, row: int) -> int:
        """Why a row has no value in this tick, 0 where it has one."""
        return self.reasons[self._rows[4 * row]]

    def read_probes(self, first: int, n: int, counts: "array[int]", at: int) -> int:
        """counts[at ...] become those of n probes from `first` on, 150 uV each from 0 V on, where they came in this tick. Bit
        k: probe first + k did. Every probe comes once in a round."""
        mask = 0
        for k in range(n):
            place = self._probes[first + k]
            if self._gpio_chips >> (place >> 4) & 1 and self._gpio_first <= place & 15 < self._gpio_end:
                counts[at + k] = self._gpio[place] - ZERO_counts
                mask |= 1 << k
        return mask

    def probe_chip(self, probe: int) -> int:
        """Whose reference a probe's divider hangs on."""
        return self._probes[probe] >> 4

    def bleed(self, words: "array[int]") -> bool:
        """Switches the bleeders, a bit a group, 16 groups a word. False: a chip has not confirmed it, and is told again."""
        b = self._b
        for chip in range(self._chips):
            b[6 * chip + 4] = b[6 * chip + 5] = 0
        for k in range(self._groups):
            if words[k >> 4] >> (k & 15) & 1:
                place = self._rows[4 * k]
                b[6 * (place >> 4) + 4 + (place >> 3 & 1)] |= 1 << (place & 7)
        self._link.wake(False)
        self._link.write(self._write_b, b)
        return self._confirm(self._read_b, b) == self._everyone
