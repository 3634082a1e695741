"""Commands of the ADBMS6830B cell monitor, and its two packet error codes. Nothing here allocates but command() and the tables.

A command is 11 bits in two bytes and a PEC of 15 bits (x^15 + x^14 + x^10 + x^8 + x^7 + x^4 + x^3 + 1, 0x4599, from 16) shifted
left once. Data is followed by six bits of command counter and a PEC of 10 bits (x^10 + x^7 + x^3 + x^2 + x + 1, 0x8F, from 16)
over data and counter; in what the controller writes the counter is 0. The counter of a chip goes up with every command that
starts, writes or clears, 63 being followed by 1, and is 0 after power on, sleep and RSTCC.

Source: Analog Devices, ADBMS6830B data sheet (command codes and register map), as stated by public drivers: Analog Devices'
adBms6830CmdList/ParseCreate, and foxBMS 2 v1.6.0 (driver for the ADES183x of the same map), which also names what counts.
"""

from array import array

import micropython
from micropython import const

# Codes.
WRCFGA = const(0x0001)
RDCFGA = const(0x0002)
WRCFGB = const(0x0024)
RDCFGB = const(0x0026)
RDCVALL = const(0x000C)
RDSALL = const(0x0010)
RDAUXA = const(0x0019)
RDAUXB = const(0x001A)
RDAUXC = const(0x001B)
RDAUXD = const(0x001F)
RDSTATA = const(0x0030)
RDSTATB = const(0x0031)
RDSTATC = const(0x0032)
RSTCC = const(0x002E)
ADCV = const(0x0260)  # | REDUNDANT
ADSV = const(0x0168)  # | EVEN or ODD: with the open-wire switches of these cells
ADAX = const(0x0410)  # every GPIO
CLRCELL = const(0x0711)
CLRAUX = const(0x0712)
CLRSPIN = const(0x0716)
CLRFLAG = const(0x0717)

REDUNDANT = const(0x0100)  # S converters measure the same, and the chip compares
EVEN = const(1)
ODD = const(2)

COMMAND_bytes = const(4)
GROUP_bytes = const(6)
ALL_bytes = const(32)  # 16 voltages in one answer
PEC_bytes = const(2)
COUNT_MAX = const(63)
COUNT_RESTART = const(1)

# Status register group C, byte 4 and byte 5 << 8.
S_MULTIPLE = const(0x01)  # errors of the trim memories, corrected or not
S_SINGLE = const(0x02)
C_MULTIPLE = const(0x04)
C_SINGLE = const(0x08)
VD_LOW = const(0x10)
VD_HIGH = const(0x20)
VA_LOW = const(0x40)
VA_HIGH = const(0x80)
OSCILLATOR = const(0x0100)
TEST_MODE = const(0x0200)
THERMAL = const(0x0400)
SLEPT = const(0x0800)  # since it was last cleared: power on, or asleep
SPI_FAULT = const(0x1000)  # a command or data with a wrong PEC
COMPARED = const(0x2000)  # C and S apart
SUPPLY = const(0x4000)
SUPPLY_LATENT = const(0x8000)

_PEC15 = const(0x4599)
_PEC10 = const(0x8F)
_SEED = const(16)


def build_table(polynomial: int, width: int) -> "array[int]":
    """Remainders of four bits."""
    table = array("H", [0] * 16)
    top = 1 << (width - 1)
    for i in range(16):
        remainder = i << (width - 4)
        for _ in range(4):
            remainder = remainder << 1 ^ (polynomial if remainder & top else 0)
        table[i] = remainder & (2 * top - 1)
    return table


PEC15_TABLE = build_table(_PEC15, 15)
PEC10_TABLE = build_table(_PEC10, 10)


def pec15(data: "bytes | bytearray") -> int:
    """Of a command: as it stands in the two bytes behind it."""
    r = _SEED
    for byte in data:
        r = (r << 4 & 0x7FFF) ^ PEC15_TABLE[r >> 11 ^ byte >> 4]
        r = (r << 4 & 0x7FFF) ^ PEC15_TABLE[r >> 11 ^ byte & 15]
    return r << 1


def command(code: int) -> bytes:
    """The four bytes of a command."""
    two = bytes((code >> 8, code & 0xFF))
    pec = pec15(two)
    return two + bytes((pec >> 8, pec & 0xFF))


@micropython.viper
def pec10(buffer: object, at: int, n: int, count: int, table: object) -> int:
    """Of n bytes and a command counter."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    t = ptr16(table)  # type: ignore[arg-type]
    r = 16
    i = at
    end = at + n
    while i < end:
        byte = data[i]
        r = (r << 4 & 0x3FF) ^ t[r >> 6 ^ byte >> 4]
        r = (r << 4 & 0x3FF) ^ t[r >> 6 ^ byte & 15]
        i += 1
    r ^= count << 4
    i = 0
    while i < 6:
        r = (r << 1 ^ 0x8F if r & 0x200 else r << 1) & 0x3FF
        i += 1
    return r


@micropython.viper
def seal(buffer: object, chips: int, n: int, table: object) -> int:
    """Writes the PEC behind each chip's n bytes of a frame that begins with a command. Returns the frame's length."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    at = 4
    chip = 0
    while chip < chips:
        pec = int(pec10(buffer, at, n, 0, table))
        at += n
        data[at] = pec >> 8
        data[at + 1] = pec & 0xFF
        at += 2
        chip += 1
    return at


@micropython.viper
def judge(buffer: object, chips: int, n: int, expected: int, verdicts: object, table: object) -> int:
    """Looks at an answer of `chips` times n bytes behind the command. Returns a bit per chip whose PEC is right; of these,
    verdicts[0] are bits of those whose command counter is not the expected one. verdicts[1]: bits of those that did not answer
    at all, all ones or all zeros."""
    data = ptr8(buffer)  # type: ignore[arg-type]
    v = ptr32(verdicts)  # type: ignore[arg-type]
    right = 0
    off = 0
    silent = 0
    at = 4
    chip = 0
    while chip < chips:
        end = at + n
        count = data[end] >> 2
        if (data[end] & 3) << 8 | data[end + 1] == int(pec10(buffer, at, n, count, table)):
            right |= 1 << chip
            if count != expected:
                off |= 1 << chip
        else:
            first = data[at]
            same = 1 if first == 0 or first == 255 else 0
            i = at
            while same and i < end + 2:
                if data[i] != first:
                    same = 0
                i += 1
            if same:
                silent |= 1 << chip
        at = end + 2
        chip += 1
    v[0] = off
    v[1] = silent
    return right
