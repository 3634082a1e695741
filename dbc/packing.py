"""Decides the body of pack: load and clamp one field after the other, store its bytes.

MicroPython puts a function's locals and operands on the heap when they are more than eleven words. So the
fields share two locals: raw holds the one at hand, byte the part of a byte that waits for its neighbour. Bits
are masked before they are shifted up, so that nothing on the way is wider than the field. Two stores stand on
one line where they can: a swap of two builds no tuple.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbc.layout import FLOAT_MAX, Field, Frame, Piece
from dbc.lines import INDENT, ROOM, filled, indented
from dbc.selection import branches, exclusive, is_in, level_of, local

FLOAT_FORMATS = {16: ("e", "H"), 32: ("f", "I"), 64: ("d", "Q")}  # of struct: the float, an integer as wide

Store = tuple[str, str, str]  # target, operator, value


def pack(frame: Frame) -> list[str]:
    return _level(frame, level_of(frame, None), set(range(frame.length)), set()) or ["pass"]


def _level(frame: Frame, level: Sequence[Field], empty: set[int], shared: set[int]) -> list[str]:
    """The fields present together. `empty` bytes must be written, of `shared` ones other bits are set."""
    fields = [field for field in level if not _is_flag(field)]
    flags: dict[int, list[str]] = {}
    for field in level:
        if _is_flag(field):
            flags.setdefault(field.pieces[0].byte, []).append(_flag(field))
    users: dict[int, list[Field]] = {}
    for field in fields:
        for piece in field.pieces:
            users.setdefault(piece.byte, []).append(field)
    waiting = _waiting(fields, users, shared)
    lines: list[str] = []
    for field in fields:
        lines += _load(field)
        if field.aligned_float:
            lines.append(_pack_float(field))
        else:
            lines += _joined(_stores(field, users, waiting, shared, flags))
    alone = [byte for byte in sorted(flags) if byte not in users]
    lines += _joined([_store(f"buf[{byte}]", byte in shared, flags[byte]) for byte in alone])
    written = {piece.byte for field in level for piece in field.pieces}
    zeros = [f"buf[{byte}]" for byte in sorted(empty - written)]
    lines += [" = ".join([*zeros[n : n + 8], "0"]) for n in range(0, len(zeros), 8)]
    for question, present in branches(frame, level):
        others = [f for f in frame.fields if f not in present and not exclusive(frame, f, present[0])]
        taken = {piece.byte for field in others for piece in field.pieces}
        lines += [question, *indented(_level(frame, present, set(), taken))]
    return lines


def _waiting(fields: Sequence[Field], users: dict[int, list[Field]], shared: set[int]) -> set[int]:
    """The bytes of several fields whose first part can wait in the local: no other waits there meanwhile."""
    order = {field.name: n for n, field in enumerate(fields)}
    waiting: set[int] = set()
    crossed: set[int] = set()
    for byte, together in sorted(users.items()):
        steps = set(range(order[together[0].name], order[together[-1].name]))
        if steps and byte not in shared and not steps & crossed:
            waiting.add(byte)
            crossed |= steps
    return waiting


def _store(target: str, add: bool, terms: Sequence[str]) -> Store:
    return target, "|=" if add else "=", " | ".join(terms)


def _stores(
    field: Field,
    users: dict[int, list[Field]],
    waiting: set[int],
    shared: set[int],
    flags: dict[int, list[str]],
) -> list[Store]:
    """What is stored of a field: first what takes up a waiting byte, last what leaves one."""
    taking: list[Store] = []
    whole: list[Store] = []
    leaving: list[Store] = []
    for piece in sorted(field.pieces, key=lambda piece: piece.byte):
        byte, term = piece.byte, _down(field, piece)
        first, last = users[byte][0] is field, users[byte][-1] is field
        complete = [term, *flags.get(byte, [])]
        if byte not in waiting:
            add = byte in shared or not first
            whole.append(_store(f"buf[{byte}]", add, complete if first else [term]))
        elif last:
            taking.append(_store(f"buf[{byte}]", False, ["byte", *complete]))
        else:
            leaving.append(_store("byte", not first, [term]))
    return [*taking, *whole, *leaving]


def _joined(stores: Sequence[Store]) -> Iterator[str]:
    """Two to a line where they fit."""
    rest = list(stores)
    while rest:
        target, operator, value = rest.pop(0)
        pair = f"{target}, {rest[0][0]} = {value}, {rest[0][2]}" if rest else ""
        if pair and operator == rest[0][1] == "=" and len(pair) <= ROOM:
            rest.pop(0)
            yield pair
        elif len(line := f"{target} {operator} {value}") <= ROOM:
            yield line
        else:
            yield from filled(f"{target} {operator} (", value.split(" | "), " | ", ")")


def _is_flag(field: Field) -> bool:
    one_bit = field.width == 1 and (field.low, field.high) == (0, 1)
    return one_bit and not field.named and field.knows is None


def _flag(field: Field) -> str:
    """A bit needs no local to be clamped."""
    bit = field.pieces[0].bit
    return f"(self.{field.attribute} > 0) << {bit}" if bit else f"(self.{field.attribute} > 0)"


def _local(field: Field) -> str:
    """Where the field is while it is stored; a selector stays until its branches are chosen."""
    if field.knows is not None:
        return local(field)
    return "real" if field.is_float else "raw"


def _load(field: Field) -> Iterator[str]:
    """The field in its local, clamped."""
    name, low, high = _local(field), field.low, field.high
    if _taken_as_it_is(field):
        return
    yield f"{name} = self.{field.attribute}"
    if low is None or high is None:
        if field.width < 64:
            # A finite float past the largest that fits makes CPython's struct raise; an infinity does not.
            most = FLOAT_MAX[field.width]
            yield f"if {most} < {name} < 1e999 or -1e999 < {name} < -{most}:"
            yield f"{INDENT}{name} = {most} if {name} > 0 else -{most}"
    elif field.named and field.is_float:  # a NaN is neither inside nor outside, and stays
        yield f"if ({name} < {low!r} or {name} > {high!r}) and {is_in(name, field.named, absent=True)}:"
        yield f"{INDENT}{name} = {low!r} if {name} < {low!r} else {high!r}"
    elif field.named:
        yield f"if not ({low} <= {name} <= {high} or {is_in(name, field.named)}):"
        yield f"{INDENT}{name} = {low} if {name} < {low} else {high}"
    elif (low, high) == (0, 2**field.width - 1) and field.width <= 16:
        # One question for both ends, at half the price.
        yield f"if {name} >> {field.width}:"
        yield f"{INDENT}{name} = 0 if {name} < 0 else {high}"
    else:
        yield f"{name} = {low!r} if {name} < {low!r} else {high!r} if {name} > {high!r} else {name}"
    if field.is_float and not field.aligned_float:
        as_float, as_integer = FLOAT_FORMATS[field.width]
        yield f'raw = struct.unpack("<{as_integer}", struct.pack("<{as_float}", {name}))[0]'


def _taken_as_it_is(field: Field) -> bool:
    """A float that any value fits and that is stored in one piece needs no local."""
    return field.aligned_float and field.low is None and field.width == 64


def _pack_float(field: Field) -> str:
    form = (">" if field.big_endian else "<") + FLOAT_FORMATS[field.width][0]
    value = f"self.{field.attribute}" if _taken_as_it_is(field) else _local(field)
    return f'struct.pack_into("{form}", buf, {field.first_byte}, {value})'


def _down(field: Field, piece: Piece) -> str:
    """The bits of a piece, from the local, in their place in the byte."""
    name = "raw" if field.is_float else _local(field)
    whole = piece.shift + piece.width == field.width and not field.signed
    text = f"{name} >> {piece.shift}" if piece.shift else name
    if not whole:
        text += f" & {2**piece.width - 1}"
    if not piece.bit:
        return text
    return f"{text} << {piece.bit}" if whole else f"({text}) << {piece.bit}"
