"""Decides the body of pack: load and clamp one field after the other, store its bytes.

MicroPython puts a function's locals and operands on the heap when they are more than eleven words. So the
fields share two locals: raw holds the one at hand, byte the part of a byte that waits for its neighbour. Bits
are masked before they are shifted up, so that nothing on the way is wider than the field. Two stores stand on
one line where they can, three where the field would else take more than four lines: a swap of two or three
builds no tuple. A field of more than 30 bits is an object on the heap anyway, and may store four to a line.
Named values that leave no room on the line of the clamp stand in a constant of the class, asked with `in`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dbc.layout import FLOAT_MAX, TOLERANCE, Field, Frame, Piece
from dbc.lines import INDENT, ROOM, filled, indented
from dbc.selection import Conditions, branches, conditions, exclusive, is_in, level_of, local

FLOAT_FORMATS = {16: ("e", "H"), 32: ("f", "I"), 64: ("d", "Q")}  # of struct: the float, an integer as wide

NARROW = 30  # bits of an integer that is no object on the target
LINES = 4  # of a field, where that can be

Store = tuple[str, str, str]  # target, operator, value


def pack(frame: Frame) -> list[str]:
    always = level_of(frame, None)
    return _level(frame, conditions(frame), always, set(range(frame.length)), set()) or ["pass"]


def tables(frame: Frame) -> list[str]:
    """The constants of the class that its pack asks."""
    lines: list[str] = []
    for field in frame.fields:
        if any(f"self.{field.table}" in line for line in _load(field)):
            inline = f"{field.table} = ({', '.join(map(str, field.named))},)"
            whole = len(inline) <= ROOM
            lines += [inline] if whole else filled(f"{field.table} = (", [f"{v}," for v in field.named], " ", ")")
    return lines


def _level(
    frame: Frame, when: dict[str, Conditions], level: Sequence[Field], empty: set[int], shared: set[int]
) -> list[str]:
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
        load = _load(field)
        lines += load
        if field.aligned_float:
            lines.append(_pack_float(field))
        else:
            stores = _stores(field, users, waiting, shared, flags)
            lines += _joined(stores, LINES - len(load), field.width > NARROW)
    alone = [byte for byte in sorted(flags) if byte not in users]
    lines += _joined([_store(f"buf[{byte}]", byte in shared, flags[byte]) for byte in alone])
    written = {piece.byte for field in level for piece in field.pieces}
    zeros = [f"buf[{byte}]" for byte in sorted(empty - written)]
    lines += [" = ".join([*zeros[n : n + 8], "0"]) for n in range(0, len(zeros), 8)]
    for question, present in branches(frame, level):
        here, names = when[present[0].name], {field.name for field in present}
        others = [f for f in frame.fields if f.name not in names and not exclusive(when[f.name], here)]
        taken = {piece.byte for field in others for piece in field.pieces}
        lines += [question, *indented(_level(frame, when, present, set(), taken))]
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


def _joined(stores: Sequence[Store], budget: int = 1, wide: bool = False) -> list[str]:
    """Two to a line where they fit; in more lines than `budget`, three (and of a `wide` field four)."""
    best = _grouped(stores, 2, merge=False)
    for most in (3, 4) if wide else (3,):
        if len(best) > budget:
            best = min(best, _grouped(stores, most, merge=True), key=len)
    return best


def _grouped(stores: Sequence[Store], most: int, merge: bool) -> list[str]:
    """Up to so many assignments on a line; `merge` writes an added bit as one."""
    if merge:
        stores = [(target, "=", f"{target} | {v}" if op == "|=" else v) for target, op, v in stores]
    lines: list[str] = []
    rest = list(stores)
    while rest:
        group = rest[:1]
        while len(group) < min(most, len(rest)) and _line(wider := rest[: len(group) + 1]):
            group = wider
        del rest[: len(group)]
        target, operator, value = group[0]
        one = _line(group)
        lines += [one] if one else filled(f"{target} {operator} (", value.split(" | "), " | ", ")")
    return lines


def _line(group: Sequence[Store]) -> str:
    """The stores as one statement, or nothing where they cannot be one."""
    targets, operators, values = zip(*group, strict=True)
    text = f"{', '.join(targets)} {operators[0]} {', '.join(values)}"
    together = len(group) == 1 or set(operators) == {"="}
    return text if together and len(text) <= ROOM else ""


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


def _load(field: Field) -> list[str]:
    """The field in its local, clamped."""
    if _taken_as_it_is(field):
        return []
    if field.is_float:
        lines = [f"real = self.{field.attribute}", *_clamp_float(field)]
        if not field.aligned_float:
            as_float, as_integer = FLOAT_FORMATS[field.width]
            lines.append(f'raw = struct.unpack("<{as_integer}", struct.pack("<{as_float}", real))[0]')
        return lines
    if field.width > NARROW:
        # Such a one costs an object anyway; two calls leave a line for its many bytes.
        whole = _kept(field, f"self.{field.attribute}")
        if len(whole) <= ROOM or not field.named or len(field.pieces) > 6:
            return [whole]
        return [f"raw = self.{field.attribute}", _kept(field, "raw")]
    return [f"raw = self.{field.attribute}", *_clamp(field)]


def _clamp(field: Field) -> list[str]:
    low, high = _ends(field)
    name = _local(field)
    if (low, high) == (0, 2**field.width - 1) and field.width <= 16:
        # One question for both ends, at half the price.
        return [f"{name} = (0 if raw < 0 else {high}) if raw >> {field.width} else raw"]
    below = [value for value in field.named if value < low]
    above = [value for value in field.named if value > high]
    under = f"raw < {low}" + (f" and {is_in('raw', below, absent=True)}" if below else "")
    over = f"raw > {high}" + (f" and {is_in('raw', above, absent=True)}" if above else "")
    line = f"{name} = {low} if {under} else {high} if {over} else raw"
    if len(line) <= ROOM or not field.named:
        return [line]
    inside, named = f"{low} <= raw <= {high}", f"raw in self.{field.table}"
    nearest = f"{low} if raw < {low} else {high}"
    two_lines = len(field.pieces) <= 3 and name == "raw"  # what is left is one line of stores
    question = f"if not ({inside} or {is_in('raw', field.named)}):"
    if two_lines and len(question) <= ROOM:
        return [question, f"{INDENT}raw = {nearest}"]
    absent = f" and raw not in self.{field.table}"
    under, over = f"raw < {low}{absent * bool(below)}", f"raw > {high}{absent * bool(above)}"
    line = f"{name} = {low} if {under} else {high} if {over} else raw"
    if len(line) <= ROOM:
        return [line]
    if two_lines:
        return [f"if not ({inside} or {named}):", f"{INDENT}raw = {nearest}"]
    line = f"{name} = raw if {inside} or {named} else {nearest}"
    # The last is the shortest and the slowest: a value in its range is looked for among the named ones.
    return [line if len(line) <= ROOM else f"{name} = raw if {named} else min(max(raw, {low}), {high})"]


def _kept(field: Field, source: str) -> str:
    """The clamp of a wide field, in one line."""
    named = f"{source} if {_asked(source, field)} else " if field.named else ""
    return f"{_local(field)} = {named}min(max({source}, {field.low}), {field.high})"


def _asked(name: str, field: Field, absent: bool = False) -> str:
    """Whether it is a named value: each by itself, for a float lies between neighbours too."""
    few = f"({', '.join(map(str, field.named))}{',' * (len(field.named) == 1)})"
    return f"{name} {'not in' if absent else 'in'} {few if len(field.named) <= 2 else 'self.' + field.table}"


def _clamp_float(field: Field) -> list[str]:
    """What cantools accepts beyond the range, TOLERANCE, stays; so does what is not a number."""
    if field.low is None or field.high is None:
        # A finite float past the largest that fits makes CPython's struct raise; an infinity does not.
        most = FLOAT_MAX[field.width]
        plain = field.width == 64
        return [] if plain else [f"real = max(min(real, {most}), -{most}) if abs(real) < 1e999 else real"]
    low, high = _ends(field)
    slack = float(TOLERANCE)
    under, over = f"real < {low - slack!r}", f"real > {high + slack!r}"
    if field.named:
        under += f" and {_asked('real', field, absent=True)}"
        over += f" and {_asked('real', field, absent=True)}"
    line = f"real = {low!r} if {under} else {high!r} if {over} else real"
    if len(line) <= ROOM:
        return [line]
    return [f"real = {low!r} if {under} else real", f"real = {high!r} if {over} else real"]


def _ends(field: Field) -> tuple[float, float]:
    assert field.low is not None and field.high is not None
    return field.low, field.high


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
