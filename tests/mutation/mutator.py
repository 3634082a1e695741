"""Every mutant of a module: which place, which line, what stood there and what stands there now.

Left alone: docstrings and other texts, annotations, decorators, imports, what is read for types only, the wording of errors,
the block of constants which another test holds together with their originals, and changes that change nothing (idioms.py).
A mutant is a change of the one tree of its module: applied once, in a process of its own.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.idioms import Change, spared
from tests.mutation.operators import OPERATORS, rows, statements

MARK = "a test holds them together"
LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_params", "ctx", "op", "ops"}
LONGEST_WORDS = 90


@dataclass(eq=False)
class Mutant:
    """One change. `number` counts through the module; `lines` are those of the statement around it."""

    module: str
    number: int
    function: str
    line: int
    lines: range
    text: str
    change: str
    holder: ast.AST = field(repr=False)
    place: str = field(repr=False)
    index: int | None = field(repr=False)
    node: ast.AST = field(repr=False)

    @property
    def name(self) -> str:
        """What --only takes."""
        return f"{self.module}/{self.number}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other, whatever stands above it in its file."""
        return self.module, self.function, self.text, self.change

    def apply(self) -> None:
        """Changes the tree it was made from."""
        if self.index is None:
            setattr(self.holder, self.place, self.node)
        else:
            getattr(self.holder, self.place)[self.index] = self.node


@dataclass(eq=False)
class Source:
    """A module's text, its tree, and all mutants of the tree."""

    module: str
    path: Path
    text: str
    tree: ast.Module = field(init=False, repr=False)
    mutants: list[Mutant] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.text)
        self._lines = self.text.split("\n")
        self._held = _held_lines(self._lines)
        self._spared: set[Change] = set()
        self._seen: dict[tuple[str, str, str, str], int] = {}
        for name, holder in _scopes(self.tree):
            self._statements(name, holder, "body")

    def code(self) -> object:
        """The tree as it is now, compiled under the module's own file name."""
        return compile(ast.fix_missing_locations(self.tree), str(self.path), "exec")

    def _statements(self, function: str, holder: ast.AST, place: str) -> None:
        body: list[ast.stmt] = getattr(holder, place)
        for k, statement in enumerate(body):
            if isinstance(statement, ast.Import | ast.ImportFrom | ast.Global | ast.Pass | ast.FunctionDef | ast.ClassDef):
                continue
            if statement.lineno in self._held or _for_types(statement):
                continue
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            self._visit(function, holder, place, k, statement, statement)

    def _visit(self, function: str, holder: ast.AST, place: str, index: int | None, node: ast.AST, statement: ast.stmt) -> None:
        self._spared.update(spared(node))
        for operator in OPERATORS:
            if operator is statements and not function:
                continue  # without its constants and classes a module does not load
            for changed in operator(node):
                ast.copy_location(changed, node)
                if self._spared and (id(node), ast.unparse(changed)) in self._spared:
                    continue
                self._add(function, holder, place, index, node, changed, statement, operator is rows)
        if isinstance(node, ast.Raise):
            return
        for name, value in ast.iter_fields(node):
            if name in LEFT_ALONE:
                continue
            if isinstance(value, ast.AST):
                self._visit(function, node, name, None, value, statement)
            elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._statements(function, node, name)
            elif isinstance(value, list):
                for k, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        self._visit(function, node, name, k, item, statement)

    def _add(
        self,
        function: str,
        holder: ast.AST,
        place: str,
        index: int | None,
        node: ast.AST,
        changed: ast.AST,
        statement: ast.stmt,
        table: bool,
    ) -> None:
        line = getattr(node, "lineno", statement.lineno)
        text = self._lines[line - 1].strip()
        change = _rows_change(node, changed) if table else f"{_words(node)} -> {_words(changed)}"
        key = self.module, function, text, change
        count = self._seen[key] = self._seen.get(key, 0) + 1
        if count > 1:
            change += f" #{count}"
        last = statement.end_lineno or statement.lineno
        inner = getattr(statement, "body", None)
        if isinstance(inner, list) and inner:
            last = max(statement.lineno, inner[0].lineno - 1)
        lines = range(statement.lineno, last + 1)
        number = len(self.mutants) + 1
        self.mutants.append(Mutant(self.module, number, function, line, lines, text, change, holder, place, index, changed))


def load(module: str, path: Path) -> Source:
    """The module as it is in the working tree."""
    return Source(module, path, path.read_text(encoding="utf-8"))


def _scopes(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The module, every class and every function, with their qualified names; "" for the module and class bodies."""
    yield "", tree

    def inner(holder: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(holder):
            if isinstance(child, ast.FunctionDef):
                yield prefix + child.name, child
                yield from inner(child, prefix + child.name + ".")
            elif isinstance(child, ast.ClassDef):
                yield "", child
                yield from inner(child, prefix + child.name + ".")
            elif isinstance(child, ast.stmt):
                yield from inner(child, prefix)

    yield from inner(tree, "")


def _held_lines(lines: list[str]) -> set[int]:
    """Numbers of the lines in blocks of copied constants, each up to its first empty line."""
    held: set[int] = set()
    inside = False
    for number, line in enumerate(lines, 1):
        inside = (inside or MARK in line) and line != ""
        if inside:
            held.add(number)
    return held


def _for_types(statement: ast.stmt) -> bool:
    """TYPE_CHECKING and what stands under it."""
    if isinstance(statement, ast.If):
        return isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id == "TYPE_CHECKING"
    return False


def _words(node: ast.AST) -> str:
    """A node as source: its first line, and of a long one what fits."""
    if isinstance(node, ast.Pass):
        return "nothing"
    text = ast.unparse(ast.fix_missing_locations(node)).split("\n")[0]
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"


def _rows_change(node: ast.AST, changed: ast.AST) -> str:
    """Which rows of a table are missing or stand in each other's place."""
    assert isinstance(node, ast.Tuple | ast.List) and isinstance(changed, ast.Tuple | ast.List)
    k = next((k for k, (a, b) in enumerate(zip(node.elts, changed.elts)) if a is not b), len(changed.elts))
    what = "without" if len(changed.elts) < len(node.elts) else "swapped with the next"
    return f"row {_words(node.elts[k])} -> {what}"
