"""Decides the body of unpack: one expression a field, and of a multiplexed frame nothing before all is known.

Selectors are read first and asked whether their value has a meaning; only then anything is stored. Bits are
masked before they are shifted up, so that nothing on the way is wider than the field.
"""

from __future__ import annotations

from collections.abc import Sequence

from dbc.layout import Field, Frame, Piece
from dbc.lines import INDENT, ROOM, filled, indented
from dbc.packing import FLOAT_FORMATS
from dbc.selection import branches, is_in, level_of, local


def unpack(frame: Frame) -> list[str]:
    if not frame.fields:
        return [f"return len(buf) == {frame.length}"]
    always = level_of(frame, None)
    lines = [f"if len(buf) != {frame.length}:", f"{INDENT}return False"]
    return [*lines, *_checks(frame, always), *_unpack(frame, always), "return True"]


def _checks(frame: Frame, level: Sequence[Field]) -> list[str]:
    """Reads the selectors into locals and leaves if one has a value without meaning."""
    lines: list[str] = []
    for selector in level:
        if selector.knows is None:
            continue
        lines.append(f"{local(selector)} = {_raw(selector)}")
        if len(selector.knows) < 2**selector.width:
            lines += [f"if {is_in(local(selector), selector.knows, absent=True)}:", f"{INDENT}return False"]
    for question, fields in branches(frame, level):
        inner = _checks(frame, fields)
        if inner:
            lines += [question.replace("elif", "if", 1), *indented(inner)]
    return lines


def _unpack(frame: Frame, level: Sequence[Field]) -> list[str]:
    lines: list[str] = []
    for field in level:
        target = f"self.{field.attribute} = "
        if field.knows is not None:
            lines.append(target + local(field))
        elif field.aligned_float:
            form = (">" if field.big_endian else "<") + FLOAT_FORMATS[field.width][0]
            lines.append(f'{target}struct.unpack_from("{form}", buf, {field.first_byte})[0]')
        elif field.is_float:
            as_float, as_integer = FLOAT_FORMATS[field.width]
            head = f'{target}struct.unpack("<{as_float}", struct.pack("<{as_integer}", '
            lines += filled(head, _terms(field), " | ", "))[0]")
        elif len(whole := target + _raw(field)) <= ROOM or len(field.pieces) == 1:
            lines.append(whole)
        elif field.signed:
            sign = 2 ** (field.width - 1)
            lines += filled(target + "((", _terms(field), " | ", f") ^ {sign}) - {sign}")
        else:
            lines += filled(target + "(", _terms(field), " | ", ")")
    for question, fields in branches(frame, level):
        lines += [question, *indented(_unpack(frame, fields))]
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
