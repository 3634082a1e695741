"""Decides how a decoded frame reads: as one line for people, or as CSV with one row a signal.

Templates are those of the % operator. CSV has the value exactly (raw x factor + offset, as cantools reckons it); the
terminal has as many decimals as factor and offset declare, and no unit where the DBC's is only a word for a number without
one. Names from a value table stand for the number in both.
"""

from decimal import Decimal
from typing import Protocol

CSV_HEADER = "time_s,bus,id,message,signal,value,unit\n"
DIMENSIONLESS = ("enum", "flag", "bits", "count", "index")
"""What bms.dbc says in place of a unit: a person who reads "state=service" has read it."""
_MOST_DECIMALS = 9
_FLOAT_DIGITS = {16: 4, 32: 7}  # significant, of an IEEE float of so many bits


class Number(Protocol):
    """What is asked about a signal, of the compiler's fields and of cantools' signals alike."""

    @property
    def scale(self) -> float: ...
    @property
    def offset(self) -> float: ...


def is_whole(number: Number, is_float: bool) -> bool:
    """Whether the physical value is an integer, and int where cantools has int."""
    return not is_float and float(number.scale).is_integer() and float(number.offset).is_integer()


class Terminal:
    """TIME BUS ID MESSAGE  signal=value unit  signal=value unit"""

    header = ""
    prefixed = False  # whether every signal repeats the beginning of the line
    ending = 'p + text + "\\n" if text else ""'
    without_signals = "  (no signals)"

    def __init__(self, name_width: int = 0) -> None:
        self._name_width = name_width

    def head(self, bus: str, identifier: str, message: str) -> str:
        """What stands behind the time stamp."""
        return f" {bus} {identifier:>8} {message:<{self._name_width}}"

    def signal(self, name: str, unit: str, value: str) -> str:
        """Template of one signal, whose number has the template `value`."""
        words = " ".join(unit.split())
        behind = f" {words}" if words and words not in DIMENSIONLESS else ""
        return f"  {_literal(name)}={value}{_literal(behind)}"

    def number(self, number: Number, is_float: bool, bits: int) -> str:
        """Template of a physical value."""
        if is_float:
            return f"%.{_FLOAT_DIGITS.get(bits, 15)}g"
        if is_whole(number, is_float):
            return "%d"
        ends = (Decimal(repr(number.scale)), Decimal(repr(number.offset)))
        decimals = max(-int(end.normalize().as_tuple().exponent) for end in ends)
        return f"%.{max(decimals, 0)}f" if decimals <= _MOST_DECIMALS else "%.12g"

    def text(self, text: str) -> str:
        """A name from a value table."""
        return text

    def raw(self, prefix: str, data: bytes, reason: str) -> str:
        """A frame that is not decoded."""
        return f"{prefix}  [{len(data)}] {data.hex(' ').upper()}  ({reason})\n"


class Csv:
    """time_s,bus,id,message,signal,value,unit"""

    header = CSV_HEADER
    prefixed = True
    ending = "text"
    without_signals = ""

    def head(self, bus: str, identifier: str, message: str) -> str:
        """What stands behind the time stamp."""
        return f",{quoted(bus)},{identifier},{quoted(message)},"

    def signal(self, name: str, unit: str, value: str) -> str:
        """Template of one row; its first %s is the beginning."""
        return f"%s{_literal(quoted(name))},{value},{_literal(quoted(unit))}\n"

    def number(self, number: Number, is_float: bool, bits: int) -> str:
        """The shortest text that is the same number again."""
        return "%s"

    def text(self, text: str) -> str:
        """A name from a value table."""
        return quoted(text)

    def raw(self, prefix: str, data: bytes, reason: str) -> str:
        """A frame that is not decoded: no signal, the bytes in hex."""
        return f"{prefix},{data.hex().upper()},\n"


def quoted(text: str) -> str:
    """A CSV field, in quotes where it needs them."""
    if any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _literal(text: str) -> str:
    """In a template, itself."""
    return text.replace("%", "%%")
