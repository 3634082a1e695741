"""What a chain of ADBMS6830B is told and asked in a tick, and what of that is wrong: adbms6830.py says it in full.

One tick: wake, C voltages, status, one row of the round, repair or a step of the self-test, clear, convert. Chips are bits.
"""

from array import array

from micropython import const

from boards.parts import adbms_commands as codes
from boards.parts.adbms_commands import command
from boards.parts.adbms_link import Link
from boards.parts.adbms_values import COMPARE, EVEN, ODD, ZERO_counts, look, same, unpack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import Clock, OutputPin, Spi

# Kinds of trouble.
PEC = const(0)
SILENT = const(1)
COUNTER = const(2)
RESET = const(3)
SLOW = const(4)
STATUS = const(5)
SUPPLY = const(6)
CONFIG = const(7)
APART = const(8)
OPEN = const(9)
REFERENCE = const(10)
SELF_TEST = const(11)
KINDS = const(12)
_OF_THIS_TICK = const(8)

INPUTS = const(16)
_ROUND = const(10)
_ALL_SHAPE = const(34 << 8 | 16)
_THREE_SHAPE = const(8 << 8 | 3)
_ONE_SHAPE = const(8 << 8 | 1)
_REFERENCE_LOW_counts = const(42668)  # 2.985 V
_REFERENCE_HIGH_counts = const(42868)  # 3.015 V
_STATUS_bits = const(0x070F)
_SUPPLY_bits = const(0xC0F0)
_FORCED_flags = (  # FLAG_D, what it has to set in status group C
    (0x01, codes.OSCILLATOR),
    (0x02, codes.OSCILLATOR),
    (0x04, codes.VD_LOW | codes.VA_LOW),
    (0x0C, codes.VD_HIGH | codes.VA_HIGH | codes.SUPPLY | codes.SUPPLY_LATENT),
    (0x10, codes.THERMAL),
    (0x20, codes.S_SINGLE | codes.C_SINGLE),
    (0x40, codes.S_MULTIPLE | codes.C_MULTIPLE),
    (0x80, codes.TEST_MODE),
)
_TESTS = const(8)
_BEGIN = const(-1)  # of a self-test; from _TESTS on none is running
_FORCE_byte = const(1)
_CONFIGURATION_A = b"\x83\x00\x00\xff\x03\x00"  # reference stays on, comparison at 15 mV, no pull-downs, no filter
_CONFIGURATION_B = b"\x00\xf8\x7f\x00\x00\x00"  # thresholds out of the way, nothing bleeds


class Monitor:
    """The chips behind one chip select. `trouble[kind]`: bits of chips."""

    def __init__(self, spi: "Spi", select: "OutputPin", clock: "Clock", chips: int) -> None:
        self._link = Link(spi, select, clock, chips)
        self._chips = chips
        self._everyone = self._link.everyone
        self._used = array("i", [0] * chips)  # inputs that somebody reads
        self._c = array("H", [0] * (INPUTS * chips))
        self._s = array("H", [0] * (INPUTS * chips))
        self._gpio = array("H", [0] * (INPUTS * chips))
        self._status = array("H", [0] * (INPUTS * chips))
        self._gpio_first = self._gpio_end = 0  # gpios that came in this tick, of the chips in
        self._gpio_chips = 0
        self._apart = array("i", [0] * chips)  # by our own look
        self._differ = array("i", [0] * chips)  # by ours or the chip's, of this tick
        self._open = array("i", [0] * chips)
        self.reference_counts = array("i", [20000] * chips)  # 3 V, from 0 V on
        self.trouble = array("i", [0] * KINDS)
        self.errors = self._link.errors
        self._a = bytearray(_CONFIGURATION_A * chips)
        self._b = bytearray(_CONFIGURATION_B * chips)
        self._clear = bytearray(b"\xff\xff\x00\x00\xff\xff" * chips)
        self._cold = self._everyone  # not configured since power-on: what began anew is no brown-out
        self._repair = True
        self._flagged = False
        self._redundant = False  # S converts beside C
        self._whole = 0
        self._tick = 0
        self._pass = EVEN
        self._forced = _BEGIN  # the row that is forced now
        self._failed = 0
        self._switched = (command(codes.ADSV), command(codes.ADSV | EVEN), command(codes.ADSV | ODD))
        self._read_c, self._read_s = command(codes.RDCVALL), command(codes.RDSALL)
        self._read_status, self._read_reference = command(codes.RDSTATC), command(codes.RDSTATA)
        self._read_a, self._read_b = command(codes.RDCFGA), command(codes.RDCFGB)
        self._write_a, self._write_b = command(codes.WRCFGA), command(codes.WRCFGB)
        self._clear_flags = command(codes.CLRFLAG)
        self._clear_c, self._clear_s = command(codes.CLRCELL), command(codes.CLRSPIN)
        self._clear_gpio, self._start_gpio = command(codes.CLRAUX), command(codes.ADAX)
        self._convert_both, self._convert_c = command(codes.ADCV | codes.REDUNDANT), command(codes.ADCV)
        self._read_gpio = (command(codes.RDAUXA), command(codes.RDAUXB), command(codes.RDAUXC), command(codes.RDAUXD))
        # one row a tick: what, and of what
        self._round = (
            (self._compare, 0),
            (self._begin_gpios, 0),
            (self._check, 0),
            (self._begin_pass, 0),
            (self._end_pass, 0),
            (self._take_gpios, 0),
            (self._take_gpios, 1),
            (self._take_gpios, 2),
            (self._take_gpios, 3),
            (self._check_supplies, 0),
        )

    def self_test(self) -> None:
        """From the next tick on, for as many ticks as there are flags to force; measuring goes on."""
        self._forced = _BEGIN

    def tick(self) -> None:
        """One tick's work on the wire."""
        link = self._link
        trouble = self.trouble
        link.wake(trouble[SILENT] != 0)
        for k in range(_OF_THIS_TICK):
            trouble[k] = 0
        self._gpio_chips = 0
        link.forget()
        self._whole = link.read_all(self._read_c)
        unpack(link.long, self._chips, self._whole, _ALL_SHAPE, 0, self._c)
        self._look_at_status(link.read(self._read_status))
        row = self._round[self._tick]
        self._tick = (self._tick + 1) % _ROUND
        self._redundant = True
        row[0](row[1])
        trouble[PEC] |= link.pec
        trouble[SILENT] = link.silent
        trouble[COUNTER] = link.off & ~self._cold
        if link.off or self._repair or trouble[RESET]:
            self._configure()
        elif self._flagged:
            link.write(self._clear_flags, self._clear)
        if self._forced < _TESTS:
            self._force_next()
        link.send(self._clear_c)
        link.send(self._clear_s)
        if self._redundant:
            link.send(self._convert_both)
        else:
            link.send(self._convert_c)
            link.send(self._switched[self._pass])

    def _confirm(self, frame: bytes, groups: bytearray) -> int:
        """Bits of the chips that have what they were told."""
        link = self._link
        whole = link.read(frame)
        equal = int(same(link.short, groups, self._chips, whole))
        wrong = whole & ~equal
        if wrong:
            self.trouble[CONFIG] |= wrong
            self._repair = True
        return equal

    def _configure(self) -> None:
        link = self._link
        link.restart()
        link.write(self._clear_flags, self._clear)
        link.write(self._write_a, self._a)
        link.write(self._write_b, self._b)
        self._repair = False
        self._cold &= ~(self._confirm(self._read_a, self._a) & self._confirm(self._read_b, self._b))
        if self._forced < _TESTS:
            self._forced = _BEGIN

    def _look_at_status(self, got: int) -> None:
        link = self._link
        trouble = self.trouble
        answer = link.short
        forced = self._forced if 0 <= self._forced < _TESTS else _BEGIN
        self._flagged = False
        for chip in range(self._chips):
            bit = 1 << chip
            self._differ[chip] = 0
            if not got & bit:
                continue
            at = link.short_at(chip)
            self._differ[chip] = (answer[at] | answer[at + 1] << 8) & self._used[chip]
            flags = answer[at + 4] | answer[at + 5] << 8
            if flags or answer[at] or answer[at + 1]:
                self._flagged = True
            if forced >= 0:
                expected = _FORCED_flags[forced][1]
                if flags & expected != expected:
                    self._failed |= bit
            else:
                if flags & _STATUS_bits:
                    trouble[STATUS] |= bit
                if flags & _SUPPLY_bits:
                    trouble[SUPPLY] |= bit
            if flags & codes.SPI_FAULT:
                trouble[PEC] |= bit
            if flags & codes.SLEPT and not self._cold & bit:
                trouble[RESET] |= bit
        if forced >= 0:
            self._failed |= self._everyone & ~got

    def _force_next(self) -> None:
        link = self._link
        if self._forced == _BEGIN:
            self._failed = 0
        self._forced += 1
        flag = 0
        if self._forced < _TESTS:
            flag = _FORCED_flags[self._forced][0]
        else:
            self.trouble[SELF_TEST] = self._failed
        for chip in range(self._chips):
            self._a[6 * chip + _FORCE_byte] = flag
        link.write(self._clear_flags, self._clear)
        link.write(self._write_a, self._a)

    # Rows of the round.

    def _compare(self, _of: int) -> None:
        link = self._link
        both = self._s_counts() & self._whole & ~link.off
        missing = look(self._c, self._s, self._chips, both, COMPARE, self._used, self._apart)
        self.trouble[SLOW] |= int(missing)

    def _s_counts(self) -> int:
        link = self._link
        whole = link.read_all(self._read_s)
        unpack(link.long, self._chips, whole, _ALL_SHAPE, 0, self._s)
        return whole

    def _begin_gpios(self, _of: int) -> None:
        self._link.send(self._clear_gpio)
        self._link.send(self._start_gpio)

    def _take_gpios(self, group: int) -> None:
        link = self._link
        whole = link.read(self._read_gpio[group])
        ready = int(unpack(link.short, self._chips, whole, _THREE_SHAPE, 3 * group, self._gpio))
        self.trouble[SLOW] |= whole & ~ready
        self._gpio_chips = ready & ~link.off
        self._gpio_first = 3 * group
        self._gpio_end = 3 * group + 3

    def _check(self, _of: int) -> None:
        if self._pass == EVEN:
            self._confirm(self._read_a, self._a)
        else:
            self._confirm(self._read_b, self._b)

    def _begin_pass(self, _of: int) -> None:
        self._redundant = False

    def _end_pass(self, _of: int) -> None:
        both = self._s_counts() & self._whole & ~self._link.off
        missing = look(self._c, self._s, self._chips, both, self._pass, self._used, self._open)
        self.trouble[SLOW] |= int(missing)
        self._pass = ODD if self._pass == EVEN else EVEN

    def _check_supplies(self, _of: int) -> None:
        link = self._link
        whole = link.read(self._read_reference)
        unpack(link.short, self._chips, whole, _ONE_SHAPE, 0, self._status)
        for chip in range(self._chips):
            if whole >> chip & 1:
                counts = self._status[chip * INPUTS]
                self.reference_counts[chip] = counts - ZERO_counts
                self.trouble[REFERENCE] &= ~(1 << chip)
                if not _REFERENCE_LOW_counts <= counts <= _REFERENCE_HIGH_counts:
                    self.trouble[REFERENCE] |= 1 << chip
