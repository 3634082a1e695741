"""Decides how the generated module reads: frames in, Python text out, the same text for the same DBC.

Written for MicroPython, where a call costs five additions and an integer past 30 bits costs heap. `pack`
loads and clamps each field into a local, then stores each byte once, two a line (a swap of two builds no
tuple). `unpack` is one expression a field. Bits are masked before they are shifted up, so that nothing on the
way is wider than the field. Of a multiplexed frame `unpack` first asks whether every selector has a known
value, and only then stores anything.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from dbc.layout import FLOAT_MAX, Field, Frame, Piece
from dbc.prose import INDENT, WIDTH, docstring
from dbc.selection import branches, exclusive, is_in, level_of

FLOAT_FORMATS = {16: ("e", "H"), 32: ("f", "I"), 64: ("d", "Q")}


def module(frames: Sequence[Frame], header: str, send: bool, receive: bool) -> str:
    """The whole file. `send` keeps pack, `receive` keeps unpack."""
    floats = any(field.is_float for frame in frames for field in frame.fields)
    about = ["Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any."]
    if floats:
        about.append("IEEE float signals are floats, and struct is imported for them.")
    if send:
        about.append("pack fills buf, LENGTH bytes, and clamps what is out of range; named values pass.")
    if receive:
        about.append("unpack is False, and stores nothing, for a wrong length or a selector without meaning.")
    lines = [f'"""{header}', "", *textwrap.wrap(" ".join(about), WIDTH), '"""', ""]
    if floats:
        lines += ["import struct", ""]
    for frame in frames:
        lines += ["", *_class(frame, send, receive), ""]
    lines += ["", "MESSAGES = (", *_indented(f"{frame.class_name}," for frame in frames), ")"]
    return "\n".join(lines) + "\n"


def _class(frame: Frame, send: bool, receive: bool) -> Iterator[str]:
    yield f"class {frame.class_name}:"
    body = [*docstring(frame), ""]
    body += [f"ID = {frame.id:#x}", f"EXTENDED = {frame.extended}"]
    body += [f"LENGTH = {frame.length}", f"PERIOD_ms = {frame.period_ms}"]
    if frame.fields:
        body += ["", "def __init__(self) -> None:"]
        body += [f"{INDENT}self.{field.attribute} = {field.initial!r}" for field in frame.fields]
    always = level_of(frame, None)
    if send:
        body += ["", 'def pack(self, buf: "bytearray | memoryview") -> None:']
        body += _indented(_pack(frame, always, range(frame.length)) or ["pass"])
    if receive:
        body += ["", 'def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:']
        if frame.fields:
            body += _indented([f"if len(buf) != {frame.length}:", f"{INDENT}return False"])
            body += _indented([*_checks(frame, always), *_unpack(frame, always), "return True"])
        else:
            body += _indented([f"return len(buf) == {frame.length}"])
    yield from _indented(body)


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else line for line in lines]


def _fill(head: str, items: Sequence[str], glue: str, tail: str) -> list[str]:
    """One line if it fits, else the items on lines of their own, as many to a line as fit."""
    whole = head + glue.join(items) + tail
    if len(whole) <= WIDTH - 2 * len(INDENT):
        return [whole]
    lines = [INDENT]
    for n, item in enumerate(items):
        more = (glue.lstrip() if n else "") + item
        if len(lines[-1]) + len(more) + 1 > WIDTH - 3 * len(INDENT) and lines[-1] != INDENT:
            lines.append(INDENT + more)
        else:
            lines[-1] += (" " if lines[-1] != INDENT else "") + more
    return [head.rstrip(), *lines, tail]


# Sending.


def _pack(frame: Frame, level: Sequence[Field], stored: Iterable[int] | None) -> list[str]:
    """`stored`: the bytes that must be written; None under a selector, where only those of its fields are."""
    lines = [line for field in level for line in _load(field)]
    terms: dict[int, list[str]] = {byte: [] for byte in stored or ()}
    floats = [field for field in level if field.aligned_float]
    for field in level:
        for piece in field.pieces:
            byte_terms = terms.setdefault(piece.byte, [])
            if not field.aligned_float:
                byte_terms.append(_down(field, piece))
    for field in floats:
        for piece in field.pieces:
            del terms[piece.byte]
    shared = {
        piece.byte
        for other in frame.fields
        if stored is None and other not in level and not exclusive(frame, other, level[0])
        for piece in other.pieces
    }
    lines += _stores({byte: terms[byte] for byte in sorted(terms)}, shared)
    lines += [_pack_float(field) for field in floats]
    for question, fields in branches(frame, level):
        lines += [question, *_indented(_pack(frame, fields, None))]
    return lines


def _load(field: Field) -> Iterator[str]:
    """The field in a local, clamped."""
    name, low, high = field.attribute, field.low, field.high
    if (low, high) == (0, 1) and not field.named and not field.is_float:
        yield f"{name} = 1 if self.{name} > 0 else 0"
        return
    if _taken_as_it_is(field):
        return
    yield f"{name} = self.{name}"
    if low is None or high is None:
        if field.width < 64:
            # A finite float past the largest that fits makes CPython's struct raise; an infinity does not.
            most = FLOAT_MAX[field.width]
            yield f"if {most} < {name} < 1e999 or -1e999 < {name} < -{most}:"
            yield f"{INDENT}{name} = {most} if {name} > 0 else -{most}"
    elif (low, high) == (0, 2**field.width - 1) and field.width <= 16:
        # One question for both ends, at half the price.
        yield f"if {name} >> {field.width}:"
        yield f"{INDENT}{name} = 0 if {name} < 0 else {high}"
    else:
        both = f"{name} = {low!r} if {name} < {low!r} else {high!r} if {name} > {high!r} else {name}"
        if len(both) <= WIDTH - 2 * len(INDENT) and not field.named:
            yield both
        else:
            outside = f"{name} < {low!r} or {name} > {high!r}"
            if field.named and field.is_float:  # a NaN is neither inside nor outside, and stays
                outside = f"({outside}) and {is_in(field, field.named, absent=True)}"
            elif field.named:
                outside = f"not ({low} <= {name} <= {high} or {is_in(field, field.named)})"
            yield f"if {outside}:"
            yield f"{INDENT}{name} = {low!r} if {name} < {low!r} else {high!r}"
    if field.is_float and not field.aligned_float:
        as_float, as_integer = FLOAT_FORMATS[field.width]
        yield f'{name} = struct.unpack("<{as_integer}", struct.pack("<{as_float}", {name}))[0]'


def _taken_as_it_is(field: Field) -> bool:
    """A float that any value fits and that is stored in one piece needs no local."""
    return field.aligned_float and field.low is None and field.width == 64


def _down(field: Field, piece: Piece) -> str:
    """The bits of a piece, from the local, in their place in the byte."""
    whole = piece.shift + piece.width == field.width and not field.signed
    text = f"{field.attribute} >> {piece.shift}" if piece.shift else field.attribute
    if not whole:
        text += f" & {2**piece.width - 1}"
    if not piece.bit:
        return text
    return f"{text} << {piece.bit}" if whole else f"({text}) << {piece.bit}"


def _stores(terms: dict[int, list[str]], shared: set[int]) -> list[str]:
    """Two bytes to a line where they follow each other and fit, the zeros of a gap in one go."""
    lines: list[str] = []
    waiting: dict[int, str] = {}  # at most one byte that may get company, and its value
    zeros: list[str] = []

    def flush() -> None:
        lines.extend(f"buf[{byte}] = {value}" for byte, value in waiting.items())
        lines.extend(" = ".join([*zeros[n : n + 8], "0"]) for n in range(0, len(zeros), 8))
        waiting.clear()
        zeros.clear()

    for byte, parts in terms.items():
        target, value = f"buf[{byte}]", " | ".join(parts)
        if not parts:
            if waiting:
                flush()
            zeros.append(target)
            continue
        alone = byte in shared or len(value) > WIDTH - 5 * len(INDENT)
        pair = f"buf[{byte - 1}], {target} = {waiting.get(byte - 1)}, {value}"
        if byte - 1 in waiting and not alone and len(pair) <= WIDTH - 2 * len(INDENT):
            lines.append(pair)
            waiting.clear()
            continue
        flush()
        if byte in shared and len(parts) == 1:
            lines.append(f"{target} |= {value}")
        elif alone:
            lines += _fill(f"{target} {'|=' if byte in shared else '='} (", parts, " | ", ")")
        else:
            waiting[byte] = value
    flush()
    return lines


def _pack_float(field: Field) -> str:
    form = (">" if field.big_endian else "<") + FLOAT_FORMATS[field.width][0]
    value = f"self.{field.attribute}" if _taken_as_it_is(field) else field.attribute
    return f'struct.pack_into("{form}", buf, {_first_byte(field)}, {value})'


def _first_byte(field: Field) -> int:
    return min(piece.byte for piece in field.pieces)


# Receiving.


def _checks(frame: Frame, level: Sequence[Field]) -> list[str]:
    """Reads the selectors into locals and leaves if one has a value without meaning."""
    lines: list[str] = []
    for selector in level:
        if selector.knows is None:
            continue
        lines.append(f"{selector.attribute} = {_raw(selector)}")
        if len(selector.knows) < 2**selector.width:
            lines += [f"if {is_in(selector, selector.knows, absent=True)}:", f"{INDENT}return False"]
    for question, fields in branches(frame, level):
        inner = _checks(frame, fields)
        if inner:
            lines += [question.replace("elif", "if", 1), *_indented(inner)]
    return lines


def _unpack(frame: Frame, level: Sequence[Field]) -> list[str]:
    lines: list[str] = []
    for field in level:
        target = f"self.{field.attribute} = "
        if field.knows is not None:
            lines.append(target + field.attribute)
        elif field.aligned_float:
            form = (">" if field.big_endian else "<") + FLOAT_FORMATS[field.width][0]
            lines.append(f'{target}struct.unpack_from("{form}", buf, {_first_byte(field)})[0]')
        elif field.is_float:
            as_float, as_integer = FLOAT_FORMATS[field.width]
            head = f'{target}struct.unpack("<{as_float}", struct.pack("<{as_integer}", '
            lines += _fill(head, _terms(field), " | ", "))[0]")
        elif len(whole := target + _raw(field)) <= WIDTH - 2 * len(INDENT) or len(field.pieces) == 1:
            lines.append(whole)
        elif field.signed:
            sign = 2 ** (field.width - 1)
            lines += _fill(target + "((", _terms(field), " | ", f") ^ {sign}) - {sign}")
        else:
            lines += _fill(target + "(", _terms(field), " | ", ")")
    for question, fields in branches(frame, level):
        lines += [question, *_indented(_unpack(frame, fields))]
    return lines


def _terms(field: Field) -> list[str]:
    return [_up(piece) for piece in field.pieces]


def _raw(field: Field) -> str:
    raw = " | ".join(_terms(field))
    if not field.signed:
        return raw
    sign = 2 ** (field.width - 1)
    whole_byte = raw if field.width == 8 and len(field.pieces) == 1 else f"({raw})"
    return f"({whole_byte} ^ {sign}) - {sign}"


def _up(piece: Piece) -> str:
    """The bits of a piece, from the buffer, in their place in the value."""
    text = f"buf[{piece.byte}] >> {piece.bit}" if piece.bit else f"buf[{piece.byte}]"
    whole = piece.bit + piece.width == 8
    if not whole:
        text += f" & {2**piece.width - 1}"
    if not piece.shift:
        return text
    return f"{text} << {piece.shift}" if whole else f"({text}) << {piece.shift}"
