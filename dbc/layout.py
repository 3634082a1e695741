"""Decides where every signal lies and what it may hold: a DBC text becomes frames of fields.

Bounds and initial values of a field are raw (as on the wire); scale, offset, minimum and maximum are those of
the DBC. Anything that cannot be laid out raises Refusal with the message, the signal and the reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import cantools.database
from cantools.database.can import Database, Message, Signal

from dbc.names import attribute_name, class_name, distinct
from dbc.scan import bare, too_many_ids

# Largest finite value of an IEEE float of so many bits.
FLOAT_MAX = {16: 65504.0, 32: (2 - 2**-23) * 2.0**127, 64: (2 - 2**-52) * 2.0**1023}

# Characters of an attribute's name in that of its table, which stands in a line of pack.
LONGEST_OF_TABLE = 24

# Stands in a DBC where a node must be named and there is none.
NOBODY = "Vector__XXX"

# cantools accepts a value this fraction of a step outside its declared range.
TOLERANCE = Fraction(1, 1_000_000)


class Refusal(Exception):
    """A DBC that has no codec. The text is one line."""


@dataclass(frozen=True)
class Piece:
    """`width` bits of a field from its bit `shift` on, lying in byte `byte` from bit `bit` on."""

    byte: int
    bit: int
    shift: int
    width: int


@dataclass(frozen=True)
class Field:
    name: str
    attribute: str
    width: int
    signed: bool
    is_float: bool
    big_endian: bool
    pieces: tuple[Piece, ...]
    low: float | None  # None: a float without declared range
    high: float | None
    named: tuple[int, ...]  # raw values that have a name and lie outside low..high
    table: str  # of the class: its constant that holds them where they are too many for a line
    initial: float
    unit: str
    scale: float
    offset: float
    minimum: float | None
    maximum: float | None
    choices: dict[int, str]
    comment: str
    selector: str | None  # DBC name of the field that says whether this one is present
    ids: frozenset[int]  # values of the selector for which it is
    knows: frozenset[int] | None  # as a selector: values that mean something

    @property
    def aligned_float(self) -> bool:
        return self.is_float and len(self.pieces) * 8 == self.width

    @property
    def first_byte(self) -> int:
        return min(piece.byte for piece in self.pieces)


@dataclass(frozen=True)
class Frame:
    name: str
    class_name: str
    id: int
    extended: bool
    length: int
    period_ms: float
    comment: str
    senders: tuple[str, ...]
    receivers: frozenset[str]  # of any of its fields
    fields: tuple[Field, ...]


def frames(text: str) -> list[Frame]:
    """All messages of a DBC text, in the order of the file."""
    plain = bare(text)
    many = too_many_ids(plain)
    if many:
        raise Refusal(many)
    try:
        database = cantools.database.load_string(text, database_format="dbc", strict=True)
    except Exception as error:  # a parser's complaint about a bad file may be of any type
        raise Refusal(_one_line(error)) from error
    assert isinstance(database, Database)
    messages = database.messages
    names_seen: set[str] = set()
    ids_seen: dict[tuple[int, bool], str] = {}
    for message in messages:
        if message.name in names_seen:
            raise Refusal(f"message {message.name}: there are two of this name")
        key = message.frame_id, message.is_extended_frame
        if key in ids_seen:
            twin = ids_seen[key]
            raise Refusal(f"message {message.name}: has the same id {message.frame_id:#x} as message {twin}")
        names_seen.add(message.name)
        ids_seen[key] = message.name
    _check_marks(plain, messages)
    classes = distinct(class_name(message.name) for message in messages)
    return [_frame(message, name) for message, name in zip(messages, classes, strict=True)]


def _one_line(error: Exception) -> str:
    error = getattr(error, "e_dbc", None) or error
    text = " ".join(str(error).split())
    # The bare text of these says too little (a KeyError's is only the key).
    slip = isinstance(error, (LookupError, AssertionError, AttributeError, TypeError, RecursionError))
    return f"{type(error).__name__} in cantools: {text}".rstrip(": ") if slip or not text else text


def _frame(message: Message, name: str) -> Frame:
    signals = message.signals
    for signal in signals:
        if sum(other.name == signal.name for other in signals) > 1:
            raise _refusal(message, signal, "there are two of this name")
    attributes = distinct(attribute_name(s.name, s.unit or "", s.scale, s.offset) for s in signals)
    tables = distinct([*attributes, *(f"NAMED_{name[:LONGEST_OF_TABLE]}" for name in attributes)])[len(attributes) :]
    given = zip(signals, attributes, tables, strict=True)
    fields = tuple(_field(message, signal, name, table) for signal, name, table in given)
    _check_selectors(message, fields)
    return Frame(
        name=message.name,
        class_name=name,
        id=message.frame_id,
        extended=message.is_extended_frame,
        length=message.length,
        period_ms=_period_ms(message),
        comment=message.comment or "",
        senders=tuple(sender for sender in message.senders if sender != NOBODY),
        receivers=frozenset(message.receivers) - {NOBODY},
        fields=fields,
    )


def _period_ms(message: Message) -> float:
    """A whole number wherever it is one."""
    given: object = message.cycle_time or 0  # of whatever type the file declares the attribute
    if not isinstance(given, (int, float)) or not math.isfinite(given):
        raise Refusal(f"message {message.name}: its cycle time {given!r} is no number")
    if given < 0:
        raise Refusal(f"message {message.name}: its cycle time {given!r} is negative")
    return int(given) if given == int(given) else given


def _refusal(message: Message, signal: Signal | Field, reason: str) -> Refusal:
    return Refusal(f"message {message.name}, signal {signal.name}: {reason}")


def _field(message: Message, signal: Signal, attribute: str, table: str) -> Field:
    is_float = signal.conversion.is_float
    if is_float and signal.length not in (16, 32, 64):
        raise _refusal(message, signal, f"an IEEE float has 16, 32 or 64 bits, not {signal.length}")
    for number in (signal.scale, signal.offset, signal.minimum, signal.maximum):
        if number is not None and not math.isfinite(number):
            raise _refusal(message, signal, "factor, offset and range must be finite")
    if is_float and signal.is_multiplexer:
        raise _refusal(message, signal, "a float cannot select")
    pieces = _pieces(signal)
    if not all(0 <= piece.byte < message.length for piece in pieces):
        raise _refusal(message, signal, f"lies outside the {message.length} bytes of the frame")
    low, high = _bounds(message, signal)
    choices = {int(value): str(text) for value, text in (signal.choices or {}).items()}
    smallest, largest = _raw_range(signal)
    named = sorted(v for v in choices if smallest <= v <= largest and not _within(v, low, high))
    initial: float = signal.raw_initial or 0
    if not is_float:
        initial = round(initial)
    if initial not in named and low is not None and high is not None:
        initial = min(max(initial, low), high)
    knows = set(choices) if signal.is_multiplexer else set()
    for other in message.signals:
        if signal.is_multiplexer and other.multiplexer_signal == signal.name:
            knows.update(other.multiplexer_ids or ())
    return Field(
        name=signal.name,
        attribute=attribute,
        width=signal.length,
        signed=signal.is_signed and not is_float,
        is_float=is_float,
        big_endian=signal.byte_order == "big_endian",
        pieces=pieces,
        low=low,
        high=high,
        named=tuple(named),
        table=table,
        initial=float(initial) if is_float else initial,
        unit=signal.unit or "",
        scale=signal.scale,
        offset=signal.offset,
        minimum=signal.minimum,
        maximum=signal.maximum,
        choices=choices,
        comment=signal.comment or "",
        selector=signal.multiplexer_signal,
        ids=frozenset(signal.multiplexer_ids or ()),
        knows=frozenset(value for value in knows if smallest <= value <= largest) or None,
    )


def _pieces(signal: Signal) -> tuple[Piece, ...]:
    """From the least significant bit up."""
    if signal.byte_order == "big_endian":
        # DBC numbers the bits of a byte from the right; this order runs on at the left end of the next byte.
        first = signal.start // 8 * 8 + 7 - signal.start % 8
        last = first + signal.length - 1
        positions = [n // 8 * 8 + 7 - n % 8 for n in range(last, first - 1, -1)]
    else:
        positions = list(range(signal.start, signal.start + signal.length))
    pieces: list[Piece] = []
    for shift, position in enumerate(positions):
        byte, bit = divmod(position, 8)
        if pieces and pieces[-1].byte == byte:
            top = pieces[-1]
            pieces[-1] = Piece(byte, top.bit, top.shift, top.width + 1)
        else:
            pieces.append(Piece(byte, bit, shift, 1))
    return tuple(pieces)


def _raw_range(signal: Signal) -> tuple[float, float]:
    if signal.conversion.is_float:
        return -math.inf, math.inf
    if signal.is_signed:
        return -(2 ** (signal.length - 1)), 2 ** (signal.length - 1) - 1
    return 0, 2**signal.length - 1


def _exact(number: float) -> Fraction:
    """The decimal number that stands in the file, not its nearest binary float."""
    return Fraction(Decimal(repr(number)))


def _within(value: float, low: float | None, high: float | None) -> bool:
    return low is None or high is None or low <= value <= high


def _bounds(message: Message, signal: Signal) -> tuple[float | None, float | None]:
    """Declared range in raw units, cut to what the field can hold; that alone where none is declared."""
    smallest, largest = _raw_range(signal)
    is_float = signal.conversion.is_float
    if signal.minimum is None or signal.maximum is None:
        return (None, None) if is_float else (smallest, largest)
    if signal.scale == 0:
        raise _refusal(message, signal, "a factor of 0 has no range")
    scale, offset = _exact(signal.scale), _exact(signal.offset)
    ends = sorted((_exact(end) - offset) / scale for end in (signal.minimum, signal.maximum))
    if is_float:
        limit = FLOAT_MAX[signal.length]
        low, high = max(float(ends[0]), -limit), min(float(ends[1]), limit)
    else:
        low = max(math.ceil(ends[0] - TOLERANCE), smallest)
        high = min(math.floor(ends[1] + TOLERANCE), largest)
    if signal.minimum > signal.maximum or low > high:
        raise _refusal(message, signal, f"no value lies in its range [{signal.minimum}|{signal.maximum}]")
    return low, high


def _check_marks(text: str, messages: Sequence[Message]) -> None:
    """cantools takes a signal marked m<n> for one that is always there when it finds no selector for it."""
    by_id = {message.frame_id | message.is_extended_frame << 31: message for message in messages}
    message = None
    for found in re.finditer(r"^\s*(?:BO_\s+(\d+)|SG_\s+(\w+)\s+m\d+M?\s*:)", text, re.MULTILINE):
        if found[1]:
            message = by_id.get(int(found[1]))
        if message is None:
            continue
        for signal in message.signals:
            if signal.name == found[2] and signal.multiplexer_signal is None:
                raise _refusal(message, signal, "is multiplexed, but nothing says by which signal")


def _check_selectors(message: Message, fields: Sequence[Field]) -> None:
    """Every field must be reachable through selectors that the message has."""
    selectors = {field.name for field in fields if field.knows}
    reached = {field.name for field in fields if field.selector is None}
    while True:
        more = {
            f.name
            for f in fields
            if f.name not in reached and f.ids and f.selector in reached & selectors
        }
        if not more:
            break
        reached |= more
    for field in fields:
        if field.name not in reached:
            raise _refusal(message, field, f"is multiplexed by {field.selector}, which cannot select it")
