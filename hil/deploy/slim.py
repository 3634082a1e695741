"""A source as the target needs it: the same program with less to store.

Out go docstrings and annotations, what is there for type checkers alone, whole-number constants (their value stands where
their name stood, in every module of the tree), of a generated codec the direction that the firmware does not use, and the
columns of the fault table which only a desk reads. Private names become short (names.py). A tree made so gives the same
decisions as the sources, bit for bit; a test runs both.
"""

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hil.deploy.names import shorten_parameters, shorten_private

DESK_COLUMNS = {"bms.safety.faults": ("_ROWS", "Row", ("goal", "what"))}
_CODEC_OURS = ". From BMS."

Constants = dict[str, dict[str, int]]


def parsed(sources: Mapping[str, str]) -> dict[str, ast.Module]:
    """Module name -> its tree, without what never runs."""
    trees = {}
    for name, text in sources.items():
        tree = ast.parse(text)
        trees[name] = _Bare(name.endswith("frames")).visit(tree)
        if name in DESK_COLUMNS:
            _blank(tree, *DESK_COLUMNS[name])
    return trees


def slimmed(sources: Mapping[str, str], native: bool) -> dict[str, str]:
    """Module name -> what is compiled in its place. Not `native`: what asks for native code becomes bytecode (viper stays)."""
    return dict(_slimmed(tuple(sources.items()), native))


@functools.lru_cache(maxsize=8)
def _slimmed(sources: tuple[tuple[str, str], ...], native: bool) -> tuple[tuple[str, str], ...]:
    trees = parsed(dict(sources))
    bound = {name: _bound(tree) for name, tree in trees.items()}
    constants = {name: dict(_constants(tree, bound[name])) for name, tree in trees.items()}
    for name, tree in trees.items():
        _Known(trees, constants, tree, constants[name], bound[name]).visit(tree)
        _drop_unused(tree, constants[name])
        if not native:
            _as_bytecode(tree)
    shorten_parameters(trees.values())
    shorten_private(trees.values())
    return tuple((name, written(tree)) for name, tree in trees.items())


def written(tree: ast.Module) -> str:
    """The text of a module. ast.unparse brackets what stands right of `a, b = c, d`, and MicroPython would make a tuple."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            bare = ", ".join(ast.unparse(part) for part in node.value.elts)
            node.value = ast.Name(bare)  # a name is written as it stands
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Bare(ast.NodeTransformer):
    """Takes out docstrings, annotations, blocks under TYPE_CHECKING and, in a codec, the unused direction."""

    def __init__(self, codec: bool) -> None:
        self._codec = codec

    def visit_If(self, node: ast.If) -> Any:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        return None if isinstance(target, ast.Name) and target.id == "TYPE_CHECKING" else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if not any(_is(one, "viper") for one in node.decorator_list):  # viper's annotations are its types
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
            node.returns = None
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        if self._codec:
            told = ast.get_docstring(node) or ""
            unused = "unpack" if _CODEC_OURS in told else "pack"
            node.body = [one for one in node.body if not (isinstance(one, ast.FunctionDef) and one.name == unused)]
        return self._without_docstring(node)

    def visit_Module(self, node: ast.Module) -> Any:
        return self._without_docstring(node)

    def _without_docstring(self, node: Any) -> Any:
        node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is(node: ast.expr, emitter: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == emitter


def _blank(tree: ast.Module, table: str, row: str, columns: Iterable[str]) -> None:
    """Empty texts in these columns of a module's table of tuples."""
    values = {one.targets[0].id: one.value for one in tree.body if _names_one(one)}  # type: ignore[attr-defined]
    fields = [one.value for one in values[row].args[1].elts]
    places = [fields.index(column) for column in columns]
    for node in ast.walk(values[table]):
        if isinstance(node, ast.Tuple) and len(node.elts) == len(fields):
            for place in places:
                node.elts[place] = ast.Constant("")


def _names_one(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _constants(tree: ast.Module, bound: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The module's names that are whole numbers once and for all. `bound`: how often each is."""
    known: dict[str, int] = {}
    for node in tree.body:
        if not _names_one(node):
            continue
        name = node.targets[0].id  # type: ignore[attr-defined]
        value = _whole(node.value, known)  # type: ignore[attr-defined]
        if value is not None and bound[name] == 1:
            known[name] = value
            yield name, value


def _bound(tree: ast.Module) -> Counter[str]:
    """How often the module or a function of it binds a name. A class's attributes and methods are no names."""
    nodes = list(ast.walk(tree))
    classes = [one for one in nodes if isinstance(one, ast.ClassDef)]
    methods = {id(one) for owner in classes for one in owner.body}
    owned = [one for owner in classes for one in owner.body if isinstance(one, ast.Assign)]
    left_out = {id(one) for statement in owned for one in ast.walk(statement)}
    found: Counter[str] = Counter()
    for one in nodes:
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load) and id(one) not in left_out:
            found[one.id] += 1
        elif isinstance(one, ast.arg):
            found[one.arg] += 1
        elif isinstance(one, (ast.FunctionDef, ast.ClassDef)) and id(one) not in methods:
            found[one.name] += 1
    return found


def _whole(node: ast.expr, known: Mapping[str, int]) -> int | None:
    """The value of an expression of whole numbers and known names, or None."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "const" and len(node.args) == 1:
        return _whole(node.args[0], known)
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        parts = [one for one in ast.walk(node) if isinstance(one, (ast.Name, ast.Constant, ast.Call, ast.Attribute))]
        if any(isinstance(one, ast.Call) or _whole(one, known) is None for one in parts):
            return None
        value = eval(compile(ast.Expression(node), "", "eval"), {}, dict(known))  # of numbers alone, from our own sources
        return value if type(value) is int else None
    return None


class _Known(ast.NodeTransformer):
    """Puts the value of a constant where its name is read: the module's own, one that is imported, one of a module."""

    def __init__(
        self,
        trees: Mapping[str, ast.Module],
        constants: Constants,
        tree: ast.Module,
        own: dict[str, int],
        bound: Mapping[str, int],
    ) -> None:
        self._values = dict(own)
        self._modules: dict[str, str] = {}
        self._constants = constants
        imported: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    here = alias.asname or alias.name
                    if f"{node.module}.{alias.name}" in trees:
                        self._modules[here] = f"{node.module}.{alias.name}"
                    elif alias.name in constants.get(node.module or "", ()):
                        imported[here] = constants[node.module or ""][alias.name]
        self._values |= imported
        for name in sorted(bound.keys() & {*self._modules, *imported}):
            raise ValueError(f"{name} is imported and bound again: its value cannot be put in its place")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if node.module == "micropython":
            node.names = [alias for alias in node.names if alias.name != "const"]
        there = self._constants.get(node.module or "", {})
        node.names = [alias for alias in node.names if alias.name not in there]
        return node if node.names else None

    def visit_Name(self, node: ast.Name) -> Any:
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return ast.copy_location(ast.Constant(self._values[node.id]), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            value = self._constants.get(self._modules.get(node.value.id, ""), {}).get(node.attr)
            if value is not None:
                return ast.copy_location(ast.Constant(value), node)
        return self.generic_visit(node)


def _drop_unused(tree: ast.Module, constants: Mapping[str, int]) -> None:
    """The definitions of constants whose values now stand everywhere, and modules imported for nothing else."""
    tree.body = [one for one in tree.body if not (_names_one(one) and one.targets[0].id in constants)]  # type: ignore[attr-defined]
    read = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    for node in list(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            node.names = [alias for alias in node.names if (alias.asname or alias.name).split(".")[0] in read]
            if not node.names:
                tree.body.remove(node)


def _as_bytecode(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [one for one in node.decorator_list if not _is(one, "native")]
