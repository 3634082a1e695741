"""Shunt and bus voltage monitor INA228 over I2C: current in mA, bus voltage in mV, die temperature in ddegC.

Texas Instruments, data sheet SLYS021A (May 2022). In every tick read() first, then start(): each start() triggers one round
of conversions (shunt 1052 us, bus 540 us, die 84 us, four times each: 6.7 ms), the next tick's read() takes the result. The
chip's own current register, with SHUNT_CAL so that it repeats the shunt's voltage, and a second reading of the bus voltage
stand for the check sum that I2C lacks: of a round that is over they are alike. Nothing here allocates after construction or
raises; what fails is a bit of `trouble`, of this tick:

ABSENT         nobody answered                                      in the tick itself
CONFIGURATION  lost to a brown-out (the marks that only start() sets in DIAG_ALRT are gone), or a register does not keep
               what it was given; both are written anew              brown-out in the tick itself, else within LOOKS ticks
IDENTITY       maker or device is another                            within LOOKS ticks
MEMORY         the check sum over the chip's trim values is wrong    in the tick itself
NOT_READY      the round of conversions was not over                 in the tick itself
OVERFLOW       the chip's arithmetic ran over                        in the tick itself
RANGE          the converter is at its end: current is no value      in the tick itself
DISAGREES      two readings of the same result differ                in the tick itself

A bus voltage register that is stuck is not observable here; the pack's other voltages tell. Positive current charges;
`turned` where the shunt is built in the other way round.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from boards.parts.manners import I2c

# Values: index into what read() fills; 1 << index is the bit that it returns.
CURRENT_mA = const(0)
BUS_mV = const(1)
DIE_ddegC = const(2)
VALUES = const(3)

# Bits of `trouble`.
ABSENT = const(1)
IDENTITY = const(2)
CONFIGURATION = const(4)
MEMORY = const(8)
NOT_READY = const(16)
OVERFLOW = const(32)
RANGE = const(64)
DISAGREES = const(128)

LOOKS = const(5)  # ticks in which every register that is looked at has been

_NO_VALUE = const(159)  # ABSENT | IDENTITY | CONFIGURATION | MEMORY | NOT_READY | DISAGREES
_NO_CURRENT = const(96)  # OVERFLOW | RANGE
_MAKER = const(1)
_DEVICE = const(2)
_BOTH = const(3)

_CONFIG = const(0x00)
_ADC_CONFIG = const(0x01)
_SHUNT_CAL = const(0x02)
_VSHUNT = const(0x04)
_VBUS = const(0x05)
_DIETEMP = const(0x06)
_CURRENT = const(0x07)
_DIAG_ALRT = const(0x0B)
_MANUFACTURER_ID = const(0x3E)
_DEVICE_ID = const(0x3F)

_ADCRANGE = const(0x0010)
_ROUND = const(0x7949)  # bus, shunt and die, triggered; 540, 1052 and 84 us; four of each
_SAME = const(0x1000)  # SHUNT_CAL: the current register counts in steps of the shunt's
_MARKS = const(0xA000)  # ALATCH and SLOWALERT
_MARKED = const(0xF000)
_MATHOF = const(0x0200)
_CNVRF = const(0x0002)
_MEMSTAT = const(0x0001)
_TI = const(0x5449)
_INA228 = const(0x2280)
_REVISION = const(0x000F)

_SIGN_20 = const(0x80000)
_HIGH_20 = const(0x7FFFF)
_SIGN_16 = const(0x8000)
_FACTOR_MAX = const(2000)  # of 20 bits with sign: the product, and half the divisor with it, stay below 2^30
_DIVISOR_MAX = const(50000000)
_MILLION = const(1000000)
_RING = const(0x3FFFFFFF)


def fraction(numerator: int, denominator: int) -> "tuple[int, int]":
    """What comes closest with a numerator from half of FACTOR_MAX up to it. For construction: the products are wide.
    ValueError: neither a step of 2000 mA or mV nor one of 20 nA or nV is a scale."""
    best_n = best_d = best_off = 0
    for n in range(_FACTOR_MAX, _FACTOR_MAX // 2, -1):
        d = (n * denominator + numerator // 2) // numerator
        off = abs(n * denominator - d * numerator)
        if d and (best_d == 0 or off * best_d < best_off * d):
            best_n, best_d, best_off = n, d, off
    if best_d == 0 or best_d > _DIVISOR_MAX:
        raise ValueError("ina228: shunt or divider out of range")
    return best_n, best_d


class Ina228:
    """One chip. `trim_ppm` is what the shunt has above its rated resistance; `narrow` the range of 41 mV instead of 164 mV;
    `upper_ohm` and `lower_ohm` the divider in front of the bus input, the chip's own input resistance taken into account."""

    def __init__(
        self,
        i2c: "I2c",
        address: int,
        shunt_uohm: int,
        trim_ppm: int = 0,
        turned: bool = False,
        narrow: bool = False,
        upper_ohm: int = 0,
        lower_ohm: int = 1,
    ) -> None:
        if shunt_uohm <= 0 or lower_ohm <= 0 or upper_ohm < 0 or trim_ppm <= -_MILLION:
            raise ValueError("ina228: shunt and divider are positive")
        self._i2c = i2c
        self._address = address
        self._turned = turned
        self._config = _ADCRANGE if narrow else 0
        # 312.5 nV a step, or a quarter of it, over the shunt; 195.3125 uV a step of the bus
        self._current_n, self._current_d = fraction(
            625 * _MILLION, (8 if narrow else 2) * shunt_uohm * (_MILLION + trim_ppm)
        )
        self._bus_n, self._bus_d = fraction(25 * (upper_ohm + lower_ohm), 128 * lower_ohm)
        self._three = bytearray(3)
        self._two = bytearray(2)
        self._out = bytearray(2)
        self._configured = False
        self._looked = 0
        self._found = IDENTITY  # what looks have found and not found gone: nobody is known yet
        self._bad_ids = _BOTH
        self._bad_registers = False
        self._shunt = 0
        self._bus = 0
        self._die_ddegC = 0
        self._die_fresh = False
        self.trouble = 0
        self.error_count = 0  # ticks with a trouble

    def read(self, values: "array[int]") -> int:
        """Fills what the last round measured, CURRENT_mA first; bit k set: value k is fresh and sound."""
        trouble = self._found
        try:
            trouble |= self._take()
        except OSError:
            trouble |= ABSENT
        fresh = 0
        if not trouble & _NO_VALUE:
            values[BUS_mV] = (self._bus * self._bus_n + self._bus_d // 2) // self._bus_d
            fresh = 1 << BUS_mV
            if not trouble & _NO_CURRENT:
                current_mA = (self._shunt * self._current_n + self._current_d // 2) // self._current_d
                values[CURRENT_mA] = -current_mA if self._turned else current_mA
                fresh |= 1 << CURRENT_mA
            if self._die_fresh:
                values[DIE_ddegC] = self._die_ddegC
                fresh |= 1 << DIE_ddegC
        self._die_fresh = False
        self.trouble = trouble
        if trouble:
            self.error_count = (self.error_count + 1) & _RING
        return fresh

    def _take(self) -> int:
        """Both results of the round, and what is wrong with them. DIAG_ALRT comes last: its marks vouch for the rest."""
        shunt = self._twenty(_VSHUNT, self._three)
        again = self._twenty(_CURRENT, self._three)
        bus = self._twenty(_VBUS, self._three)
        bus_again = self._twenty(_VBUS, self._three)
        flags = self._sixteen(_DIAG_ALRT)
        self._shunt = shunt
        self._bus = bus
        trouble = 0
        if flags & _MARKED != _MARKS:
            self._configured = False
            trouble = CONFIGURATION
        if not flags & _CNVRF:
            trouble |= NOT_READY
        if not flags & _MEMSTAT:
            trouble |= MEMORY
        if flags & _MATHOF:
            trouble |= OVERFLOW
        if shunt == _HIGH_20 or shunt == -_SIGN_20:
            trouble |= RANGE
        if shunt != again or bus != bus_again or bus < 0:
            trouble |= DISAGREES
        return trouble

    def start(self) -> int:
        """Looks at one more register, configures what is known and has lost its configuration, triggers the next round.
        Returns what looks have found."""
        try:
            if self._bad_ids:
                self._look_at_maker()
                self._look_at_device()
            elif self._configured:
                self._look()
            if not self._bad_ids:
                if not self._configured:
                    self._write(_CONFIG, self._config)
                    self._write(_SHUNT_CAL, _SAME)
                    self._write(_DIAG_ALRT, _MARKS)
                    self._configured = True
                self._write(_ADC_CONFIG, _ROUND)
        except OSError:
            self._configured = False  # whoever answers next may be another
            self._bad_ids = _BOTH
        self._found = (IDENTITY if self._bad_ids else 0) | (CONFIGURATION if self._bad_registers else 0)
        return self._found

    def _look(self) -> None:
        """One register a tick, the same again as long as it is wrong."""
        k = self._looked
        if k == 0:
            self._look_at_maker()
        elif k == 1:
            self._look_at_device()
        elif k == 2:
            self._keep(_CONFIG, self._config)
        elif k == 3:
            self._keep(_SHUNT_CAL, _SAME)
        else:
            first = self._sixteen(_DIETEMP)
            self._die_fresh = self._sixteen(_DIETEMP) == first
            self._die_ddegC = ((first ^ _SIGN_16) - _SIGN_16) * 5 // 64
        if not self._bad_registers:
            self._looked = (k + 1) % LOOKS

    def _look_at_maker(self) -> None:
        if self._sixteen(_MANUFACTURER_ID) == _TI:
            self._bad_ids &= ~_MAKER
        else:
            self._bad_ids |= _MAKER

    def _look_at_device(self) -> None:
        if self._sixteen(_DEVICE_ID) & ~_REVISION == _INA228:
            self._bad_ids &= ~_DEVICE
        else:
            self._bad_ids |= _DEVICE

    def _keep(self, register: int, value: int) -> None:
        self._bad_registers = self._sixteen(register) != value
        if self._bad_registers:
            self._write(register, value)

    def _sixteen(self, register: int) -> int:
        two = self._two
        self._i2c.readfrom_mem_into(self._address, register, two)
        return two[0] << 8 | two[1]

    def _twenty(self, register: int, three: bytearray) -> int:
        """The upper 20 of 24 bits, with sign."""
        self._i2c.readfrom_mem_into(self._address, register, three)
        return ((three[0] << 12 | three[1] << 4 | three[2] >> 4) ^ _SIGN_20) - _SIGN_20

    def _write(self, register: int, value: int) -> None:
        out = self._out
        out[0] = value >> 8
        out[1] = value & 0xFF
        self._i2c.writeto_mem(self._address, register, out)
