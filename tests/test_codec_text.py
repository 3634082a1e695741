"""Generated code is read by people: at most four lines of pack and four of unpack a signal, and no import but struct.

The lines of a statement belong to the signals it names; those of a multiplexer's question, of a byte that stays zero and
of the length to none.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cantools.database.can import Message

from tests.test_codec import HEAD, compiled, known
from tests.test_corpus import made

LINES = 4
# A float that does not begin with a byte goes through struct twice and lies in one byte more; its range may take two lines.
CROOKED_LINES = 7
WIDTH = 120


@dataclass(frozen=True)
class Codec:
    text: str
    names: dict[str, Any]
    messages: list[Message]


Source = Callable[[], list[Codec]]


class Reader(ast.NodeVisitor):
    """Counts, statement by statement, the lines of every signal of a method."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}  # by the signal that is loaded or stored
        self.company: dict[str, set[str]] = {}  # one-bit signals that share its statements
        self.owner = ""

    def visit_If(self, node: ast.If) -> None:
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        if "buf" in names:
            return
        if names & {"raw", "real"}:
            self._add(node, node.lineno, node.end_lineno)
        elif isinstance(node.body[0], ast.Return):  # a selector without meaning
            (selector,) = names
            self.owner = selector
            self._add(node, node.lineno, node.end_lineno)
        else:
            for statement in [*node.body, *node.orelse]:
                self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        stored = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
        flags = {p.left.attr for p in ast.walk(node) if isinstance(p, ast.Compare) and isinstance(p.left, ast.Attribute)}
        read = {p.attr for p in ast.walk(node.value) if isinstance(p, ast.Attribute) and at_self(p)} - flags
        read = {name for name in read if not name.startswith("NAMED_")}  # values with a name, constants of the class
        names = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)} - {"self", "buf"}
        if stored or read:
            (self.owner,) = stored or read
        elif isinstance(node.targets[0], ast.Name) and not names & {"raw", "real", "byte"}:
            self.owner = node.targets[0].id
        elif not names:  # of bits alone, or zero
            self.owner = min(flags, default="")
        if self.owner:
            self._add(node, node.lineno, node.end_lineno)
            self.company.setdefault(self.owner, set()).update(flags - {self.owner})

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Expr(self, node: ast.Expr) -> None:  # struct.pack_into
        read = [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and at_self(part)]
        self.owner = read[0] if read else self.owner
        self._add(node, node.lineno, node.end_lineno)

    def _add(self, node: ast.stmt, first: int, last: int | None) -> None:
        assert last is not None and self.owner, ast.unparse(node)
        self.lines[self.owner] = self.lines.get(self.owner, 0) + last - first + 1


def at_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def ours() -> list[Codec]:
    return [Codec(codec.text, codec.names, codec.database.messages) for codec in known().values()]


def corpus() -> list[Codec]:
    return [Codec(item.text, item.names, item.messages()) for item in made()]


each_source = pytest.mark.parametrize("codecs", [ours, corpus])


def measured(text: str) -> Iterator[tuple[str, str, str, int, int]]:
    """Class, method, signal, its lines, and those it may have."""
    for part in ast.parse(text).body:
        for method in part.body if isinstance(part, ast.ClassDef) else []:
            if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                assert isinstance(part, ast.ClassDef)
                reader = Reader()
                for statement in method.body:
                    reader.visit(statement)
                crooked = "struct.pack(" in ast.unparse(method)
                for signal, lines in reader.lines.items():
                    most = LINES * (1 + len(reader.company.get(signal, ())))
                    yield part.name, method.name, signal, lines, CROOKED_LINES if crooked and most == LINES else most


@each_source
def test_a_signal_takes_at_most_four_lines_of_pack_and_four_of_unpack(codecs: Source) -> None:
    rows = [row for codec in codecs() for row in measured(codec.text)]
    long = [row for row in rows if row[3] > row[4]]
    assert not long, "\n".join(map(str, long))
    # Bits without lines of their own are outnumbered by what has some in both methods.
    assert len(rows) > sum(len(entry["signals"]) for codec in codecs() for entry in codec.names.values())


@pytest.mark.parametrize("width", [8, 16, 24, 30, 31, 40, 61, 64])
@pytest.mark.parametrize("start", [100, 104])
@pytest.mark.parametrize("name", ["x", "a_name_as_long_as_DBC_files_allow"])
def test_many_scattered_named_values_take_no_more_lines_than_a_signal_may(width: int, start: int, name: str) -> None:
    smallest, largest = -(2 ** (width - 1)), 2 ** (width - 1) - 1
    values = [value for n in range(0, 40, 2) for value in (smallest + n, largest - n)]
    table = " ".join(f'{value} "named"' for value in values)
    for low, high in ((smallest + 40, largest - 40), (0, 9)):
        text = f'BO_ 5 M: 64 A\n SG_ {name} : {start}|{width}@1- (1,0) [{low}|{high}] "" B\n\nVAL_ 5 {name} {table} ;\n'
        long = [row for row in measured(compiled(HEAD + text).text) if row[3] > row[4]]
        assert not long, text


def test_the_measure_finds_a_signal_of_five_lines() -> None:
    text = "class A:\n    def pack(self, buf):\n        raw = self.x\n" + "        buf[0] = raw\n" * 4
    assert [row[2:] for row in measured(text)] == [("x", 5, 4)]


@each_source
def test_no_line_is_too_wide_to_read(codecs: Source) -> None:
    wide = [line for codec in codecs() for line in codec.text.splitlines() if len(line) > WIDTH]
    assert not wide, "\n".join(wide)


@each_source
def test_only_a_file_with_a_float_signal_imports_anything_and_that_is_struct(codecs: Source) -> None:
    for codec in codecs():
        imports = [line for line in codec.text.splitlines() if line.startswith(("import", "from"))]
        floats = any(signal.conversion.is_float for message in codec.messages for signal in message.signals)
        assert imports == ["import struct"] * floats


def test_the_frames_of_the_pack_import_nothing() -> None:
    assert "import" not in known()["bms.dbc"].text
