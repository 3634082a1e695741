"""The INA228 as its registers show it: Texas Instruments, data sheet SLYS021A (May 2022), tables 7-3 to 7-23 and 8-4.

What is at its pins is set from outside in integers: `shunt_nV`, `bus_uV`, `die_mdegC`. pass_us() lets time go by, and with
it conversions. read() and write() are what the bus does with a register; a register that the data sheet does not have is a
ValueError, so that a driver which touches one is found out. Runs on CPython and on MicroPython, and imports nothing.

Simulated: all registers with reset values and writable bits, both ranges, conversion times and averages, triggered and
continuous modes, current, power, energy, charge, limits with and without latch. Not simulated: noise, CONVDLY, temperature
compensation of the shunt, the ALERT pin, bus timing.

Faults: `absent` (no acknowledge), `stuck` (register -> value, also against writing), brown_out() (power-on reset),
`slowness` (factor of conversion times from the next one on), `flip_every` (one bit of every so many reads), `memory_bad`
(check sum of the trim values).
"""

CONFIG, ADC_CONFIG, SHUNT_CAL, SHUNT_TEMPCO, VSHUNT, VBUS, DIETEMP, CURRENT = range(8)
POWER, ENERGY, CHARGE, DIAG_ALRT, SOVL, SUVL, BOVL, BUVL, TEMP_LIMIT, PWR_LIMIT = range(8, 18)
MANUFACTURER_ID = 0x3E
DEVICE_ID = 0x3F

# register: bytes, value after reset, bits that a write changes
REGISTERS = {
    CONFIG: (2, 0x0000, 0x3FF0),
    ADC_CONFIG: (2, 0xFB68, 0xFFFF),
    SHUNT_CAL: (2, 0x1000, 0x7FFF),
    SHUNT_TEMPCO: (2, 0x0000, 0x3FFF),
    VSHUNT: (3, 0, 0),
    VBUS: (3, 0, 0),
    DIETEMP: (2, 0, 0),
    CURRENT: (3, 0, 0),
    POWER: (3, 0, 0),
    ENERGY: (5, 0, 0),
    CHARGE: (5, 0, 0),
    DIAG_ALRT: (2, 0x0001, 0xF000),
    SOVL: (2, 0x7FFF, 0xFFFF),
    SUVL: (2, 0x8000, 0xFFFF),
    BOVL: (2, 0x7FFF, 0x7FFF),
    BUVL: (2, 0x0000, 0x7FFF),
    TEMP_LIMIT: (2, 0x7FFF, 0xFFFF),
    PWR_LIMIT: (2, 0xFFFF, 0xFFFF),
    MANUFACTURER_ID: (2, 0x5449, 0),
    DEVICE_ID: (2, 0x2281, 0),
}

ALATCH, CNVR, SLOWALERT, APOL = 0x8000, 0x4000, 0x2000, 0x1000
ENERGYOF, CHARGEOF, MATHOF = 0x0800, 0x0400, 0x0200
TMPOL, SHNTOL, SHNTUL, BUSOL, BUSUL, POL, CNVRF, MEMSTAT = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
LIMITS = TMPOL | SHNTOL | SHNTUL | BUSOL | BUSUL | POL
RST, RSTACC, ADCRANGE = 0x8000, 0x4000, 0x0010

CONVERSION_us = (50, 84, 150, 280, 540, 1052, 2074, 4120)
AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)
_MODE_BUS, _MODE_SHUNT, _MODE_TEMPERATURE, _MODE_CONTINUOUS = 1, 2, 4, 8
_HALF_20, _HALF_40 = 1 << 19, 1 << 39
_SECOND_us = 1_000_000


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def _clamped(value: int, low: int, high: int) -> int:
    return low if value < low else high if value > high else value


class Ina228:
    """One chip. Results are kept as signed integers of 20, 16, 24 or 40 bits, apart from what a bus sees of them."""

    def __init__(self) -> None:
        self.shunt_nV = 0
        self.bus_uV = 0
        self.die_mdegC = 25_000
        self.absent = False
        self.stuck = {}  # type: dict[int, int]
        self.slowness = 1
        self.flip_every = 0
        self.memory_bad = False
        self.reads = 0
        self.writes = 0
        self.flipped = 0
        self._value = {}  # type: dict[int, int]
        self._left_us = 0
        self._period_us = 0
        self._remainder = 0
        self._charge_remainder = 0
        self.brown_out()

    def brown_out(self) -> None:
        """Power-on reset: every register as delivered, a new conversion in the mode of ADC_CONFIG's default."""
        self._value = {register: row[1] for register, row in REGISTERS.items()}
        self._remainder = self._charge_remainder = 0
        self._begin()

    def _begin(self) -> None:
        """A conversion, or a round of them, starts now."""
        config = self._value[ADC_CONFIG]
        mode = config >> 12
        one_us = 0
        if mode & _MODE_BUS:
            one_us += CONVERSION_us[config >> 9 & 7]
        if mode & _MODE_SHUNT:
            one_us += CONVERSION_us[config >> 6 & 7]
        if mode & _MODE_TEMPERATURE:
            one_us += CONVERSION_us[config >> 3 & 7]
        self._period_us = self._left_us = one_us * AVERAGES[config & 7] * self.slowness

    def pass_us(self, us: int) -> None:
        """Time goes by."""
        while self._left_us and us >= self._left_us:
            us -= self._left_us
            self._complete()
            self._left_us = self._period_us if self._value[ADC_CONFIG] >> 12 & _MODE_CONTINUOUS else 0
        if self._left_us:
            self._left_us -= us

    def _complete(self) -> None:
        value = self._value
        mode = value[ADC_CONFIG] >> 12
        if mode & _MODE_TEMPERATURE:
            value[DIETEMP] = _clamped(self.die_mdegC * 16 // 125, -0x8000, 0x7FFF)
        if mode & _MODE_BUS:
            value[VBUS] = _clamped(self.bus_uV * 16 // 3125, 0, _HALF_20 - 1)
        if mode & _MODE_SHUNT:
            per = 8 if value[CONFIG] & ADCRANGE else 2
            value[VSHUNT] = _clamped(self.shunt_nV * per // 625, -_HALF_20, _HALF_20 - 1)
            self._reckon()
        flags = value[DIAG_ALRT] | CNVRF
        over = self._over()
        value[DIAG_ALRT] = flags | over if flags & ALATCH else flags & ~LIMITS | over

    def _reckon(self) -> None:
        """Current, power, and what accumulates, from the shunt's voltage and SHUNT_CAL (equations 1 to 7)."""
        value = self._value
        calibration = value[SHUNT_CAL]
        current = value[VSHUNT] * 4096 // calibration if calibration else 0
        value[CURRENT] = _clamped(current, -_HALF_20, _HALF_20 - 1)
        value[DIAG_ALRT] &= ~MATHOF
        if value[CURRENT] != current:
            value[DIAG_ALRT] |= MATHOF
        value[POWER] = abs(value[CURRENT]) * value[VBUS] // 16384
        if not value[ADC_CONFIG] >> 12 & _MODE_CONTINUOUS:
            return
        us = self._period_us
        energy = value[POWER] * us + self._remainder
        value[ENERGY] += energy // (16 * _SECOND_us)
        self._remainder = energy % (16 * _SECOND_us)
        charge = value[CURRENT] * us + self._charge_remainder
        value[CHARGE] += charge // _SECOND_us
        self._charge_remainder = charge % _SECOND_us
        if value[ENERGY] >= 2 * _HALF_40:
            value[ENERGY] -= 2 * _HALF_40
            value[DIAG_ALRT] |= ENERGYOF
        if not -_HALF_40 <= value[CHARGE] < _HALF_40:
            value[CHARGE] = (value[CHARGE] + _HALF_40) % (2 * _HALF_40) - _HALF_40
            value[DIAG_ALRT] |= CHARGEOF

    def _over(self) -> int:
        """Which limits are passed. They are compared with the upper 16 bits of a result."""
        value = self._value
        shunt = value[VSHUNT] >> 4
        bus = value[VBUS] >> 4
        out = SHNTOL if shunt > _signed(value[SOVL], 16) else 0
        out |= SHNTUL if shunt < _signed(value[SUVL], 16) else 0
        out |= BUSOL if bus > value[BOVL] else 0
        out |= BUSUL if bus < value[BUVL] else 0
        out |= TMPOL if value[DIETEMP] > _signed(value[TEMP_LIMIT], 16) else 0
        return out | (POL if value[POWER] >> 8 > value[PWR_LIMIT] else 0)

    def _seen(self, register: int) -> int:
        """The bits of a register as they lie on the bus."""
        value = self.stuck.get(register, self._value[register])
        if register == DIAG_ALRT and self.memory_bad:
            value &= ~MEMSTAT
        if register in self.stuck:
            return value
        if register in (VSHUNT, VBUS, CURRENT):
            return (value & 0xFFFFF) << 4
        return value & (1 << 8 * REGISTERS[register][0]) - 1

    def read(self, register: int, n: int) -> bytes:
        """`n` bytes of a register, the highest first; behind its end the bus is high. OSError: nobody answers."""
        if self.absent:
            raise OSError(5)
        if register not in REGISTERS:
            raise ValueError("reserved register")
        seen = self._seen(register)
        if register == DIAG_ALRT and self._value[DIAG_ALRT] & ALATCH:
            self._value[DIAG_ALRT] &= ~(CNVRF | LIMITS)
        elif register == ENERGY:
            self._value[DIAG_ALRT] &= ~ENERGYOF
        elif register == CHARGE:
            self._value[DIAG_ALRT] &= ~CHARGEOF
        length = REGISTERS[register][0]
        self.reads += 1
        if self.flip_every and self.reads % self.flip_every == 0:
            seen ^= 1 << self.reads // self.flip_every * 7 % (8 * length)
            self.flipped += 1
        return bytes([seen >> 8 * (length - 1 - k) & 0xFF if k < length else 0xFF for k in range(n)])

    def write(self, register: int, data: "bytes | bytearray") -> None:
        """Two bytes, the highest first. OSError: nobody answers."""
        if self.absent:
            raise OSError(5)
        if register not in REGISTERS:
            raise ValueError("reserved register")
        if len(data) != 2 or REGISTERS[register][0] != 2:
            return
        self.writes += 1
        new = data[0] << 8 | data[1]
        if register == CONFIG and new & RST:
            self.brown_out()
            return
        if register in self.stuck:
            return
        mask = REGISTERS[register][2]
        self._value[register] = self._value[register] & ~mask | new & mask
        if register == CONFIG and new & RSTACC:
            self._value[ENERGY] = self._value[CHARGE] = self._remainder = self._charge_remainder = 0
            self._value[DIAG_ALRT] &= ~(ENERGYOF | CHARGEOF)
        elif register == ADC_CONFIG:
            self._value[DIAG_ALRT] &= ~CNVRF
            self._begin()
