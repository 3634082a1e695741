"""Decides the Python names of messages and signals, and which of them carry a unit.

Class: the message's name cut at every character that is no ASCII letter or digit; a piece in capitals is
capitalised, another only gets a capital first letter; joined (BMS_STATE is BmsState, packLimits PackLimits).
A leading digit gets an M in front, a keyword or a name the generated module uses itself an underscore behind.

Attribute: the signal's name, every character that is no ASCII letter, digit or underscore replaced by an
underscore, plus the unit of the raw integer where (unit, factor, offset) is a decimal fixed point of a unit
of the table: offset 0, factor a power of ten, and a prefix that PREFIXES has (pack_voltage in "V" by 0.001 is
pack_voltage_mV). A suffix that the name already ends in is not repeated; any other (unit, factor) leaves the
name plain. A leading digit, or two leading underscores (CPython would mangle them, MicroPython not), get an s
in front; a keyword or a name the class uses itself gets an underscore behind.

Of names that would be equal the first keeps it, the next get _2, _3...: messages in the order of the file,
signals in the order of their position in the frame. A restriction to some messages does not change names.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from decimal import Decimal

PREFIXES = {-6: "u", -3: "m", -2: "c", -1: "d", 0: "", 3: "k", 6: "M"}

# DBC unit -> stem of the suffix and the power of ten that the DBC unit itself stands for.
STEMS = {
    "V": ("V", 0), "mV": ("V", -3), "kV": ("V", 3),
    "A": ("A", 0), "mA": ("A", -3), "kA": ("A", 3),
    "As": ("As", 0), "A·s": ("As", 0), "A*s": ("As", 0), "mAs": ("As", -3),
    "Ah": ("Ah", 0), "mAh": ("Ah", -3),
    "W": ("W", 0), "mW": ("W", -3), "kW": ("W", 3), "Wh": ("Wh", 0), "kWh": ("Wh", 3),
    "ohm": ("ohm", 0), "Ohm": ("ohm", 0), "Ω": ("ohm", 0), "uohm": ("ohm", -6), "mohm": ("ohm", -3),
    "mOhm": ("ohm", -3), "kohm": ("ohm", 3), "kOhm": ("ohm", 3), "Mohm": ("ohm", 6), "MOhm": ("ohm", 6),
    "degC": ("degC", 0), "°C": ("degC", 0), "deg C": ("degC", 0), "K": ("K", 0), "mK": ("K", -3),
    "s": ("s", 0), "ms": ("s", -3), "us": ("s", -6),
    "Pa": ("Pa", 0), "kPa": ("Pa", 3), "N": ("N", 0), "kN": ("N", 3), "g": ("g", 0), "kg": ("g", 3),
    "Hz": ("Hz", 0), "kHz": ("Hz", 3),
    "l/min": ("l_per_min", 0),
}  # fmt: skip

# Units that take no prefix: DBC unit and power of ten -> suffix.
EXACT = {("%", 0): "percent", ("%", -1): "permille", ("min", 0): "min", ("h", 0): "h"}

CLASS_RESERVED = frozenset(keyword.kwlist) | {"MESSAGES"}
ATTRIBUTE_RESERVED = frozenset(keyword.kwlist) | {
    "ID", "EXTENDED", "LENGTH", "PERIOD_ms", "pack", "unpack", "self", "buf", "len", "struct",
}  # fmt: skip


def suffix(unit: str, factor: float, offset: float) -> str:
    """The unit of the raw integer, or nothing."""
    digits = Decimal(str(factor)).normalize().as_tuple()
    if offset != 0 or digits.sign or digits.digits != (1,) or not isinstance(digits.exponent, int):
        return ""
    if (unit, digits.exponent) in EXACT:
        return EXACT[unit, digits.exponent]
    stem, power = STEMS.get(unit, ("", 0))
    prefix = PREFIXES.get(power + digits.exponent)
    return "" if not stem or prefix is None else prefix + stem


def class_name(message: str) -> str:
    pieces = re.findall("[A-Za-z0-9]+", message)
    name = "".join(p.capitalize() if p.isupper() else p[0].upper() + p[1:] for p in pieces)
    if not name or name[0].isdigit():
        name = "M" + name
    return name + "_" if name in CLASS_RESERVED else name


def attribute_name(signal: str, unit: str, factor: float, offset: float) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", signal)
    if not name or name[0].isdigit() or name.startswith("__"):
        name = "s" + name
    ending = suffix(unit, factor, offset)
    if ending and not name.endswith("_" + ending):
        name += "_" + ending
    return name + "_" if name in ATTRIBUTE_RESERVED else name


def distinct(names: Iterable[str]) -> list[str]:
    """The names, in order, made different from each other."""
    result: list[str] = []
    for name in names:
        candidate, n = name, 1
        while candidate in result:
            n += 1
            candidate = f"{name}_{n}"
        result.append(candidate)
    return result
