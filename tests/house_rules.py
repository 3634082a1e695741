"""The rules of the house over a syntax tree: each yields a line of text for every place that breaks it.

Step code, where the integer lane may not allocate, is every function of bms/safety and bms/control except
`__init__`, functions named build…, and private helpers which only those and the module itself mention.
Generated files (frames.py, *_frames.py) are held to the arrows but not to length and scale.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

ROOMS = ("bms", "boards", "dbc", "hil")
TOP_LEVEL = {"README.md", "Makefile", "pyproject.toml", "LICENSE", ".ci", ".gitignore", "tests", *ROOMS}
LONGEST_MODULE_lines = 330

# Who may import whom, of our own; the longest prefix that fits decides. A room's own modules are allowed.
ARROWS: dict[str, tuple[str, ...]] = {
    "bms": (),  # a new file directly in bms/ says here whom it knows
    "bms.schema": (),
    "bms.units": (),
    "bms.board": (),
    "bms.cells": ("bms.schema",),
    "bms.packs": ("bms.schema", "bms.cells"),
    "bms.safety": ("bms.schema",),
    "bms.control": ("bms.schema", "bms.safety.snapshot", "bms.safety.faults", "bms.safety.tables"),
    "bms.estimate": ("bms.schema", "bms.units"),
    "bms.configuration": ("bms.schema", "bms.can.e2e"),
    "bms.can": ("bms.schema", "bms.units", "bms.safety"),
    "bms.store": ("bms.schema", "bms.safety.snapshot", "bms.safety.faults"),
    "bms.boot": (),
    "bms.decisions": (),
    "bms.differences": ("bms.units",),
    "bms.findings": ("bms.estimate", "bms.units"),
    "bms.keeping": ("bms.learnt", "bms.store", "bms.units"),
    "bms.learnt": ("bms.units",),
    "bms.rounds": ("bms.control", "bms.safety"),
    "bms.app": ("bms",),
    "boards": ("bms",),
    "dbc": (),
    "hil": ("bms", "boards", "dbc"),
}
# Imports for types alone leave no arrow on the target. The integer lane still may not name the float lane.
TYPE_ARROWS: dict[str, tuple[str, ...]] = {
    "bms.board": ("bms.schema", "bms.safety"),
    "bms.boot": ("bms.safety", "bms.board"),
    "bms.decisions": ("bms.app",),
    "bms.differences": ("bms.control", "bms.estimate"),
    "bms.findings": ("bms.safety",),
    "bms.keeping": ("bms.app",),
    "bms.learnt": ("bms.estimate",),
    "bms.rounds": ("bms.app", "bms.schema"),
    "bms.control": ("bms.schema", "bms.safety", "bms.board"),
    "bms.safety": ("bms.schema", "bms.board"),
    "bms.can": ("bms.schema", "bms.units", "bms.safety", "bms.control", "bms.estimate", "bms.board", "bms.app"),
    "bms.store": ("bms.schema", "bms.units", "bms.safety", "bms.board"),
}
TARGET_MODULES = {"micropython", "array", "struct", "collections", "gc"}
BOARD_MODULES = TARGET_MODULES | {
    *("machine", "pyb", "stm", "uctypes", "vfs", "network"),
    *("sys", "os", "time", "socket", "select", "errno", "io", "json", "binascii", "hashlib", "math"),
    "bms_config",  # written by whoever deploys
}
CLOCKS = {
    *("ticks_ms", "ticks_us", "ticks_cpu", "ticks_add", "ticks_diff"),
    *("sleep", "sleep_ms", "sleep_us", "time_ns"),
}
ALLOCATING_CALLS = {
    *("list", "dict", "tuple", "set", "frozenset", "bytes", "bytearray", "memoryview", "array", "namedtuple"),
    *("enumerate", "zip", "map", "filter", "sorted", "reversed", "iter", "slice", "str", "repr", "print"),
    *("open", "input", "pow", "round", "divmod", "hex", "bin", "chr", "super"),
}
ALLOCATING_METHODS = {
    *("append", "extend", "insert", "copy", "items", "keys", "values", "setdefault", "split", "join"),
    *("format", "encode", "decode", "to_bytes", "from_bytes", "unpack", "unpack_from"),
}
ALLOCATING_SYNTAX = (
    *(ast.JoinedStr, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Yield, ast.YieldFrom),
    *(ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.Await, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.With, ast.Try, ast.TryStar, ast.Raise, ast.Assert, ast.Match),
    *(ast.Starred, ast.List, ast.Dict, ast.Set),
)
# Spelled so that this file does not find itself.
FORBIDDEN_WORDS = re.compile(
    r"\bissue[ ]#|\bissues[ ]show\b|/wor[k]/|/roo[t]/|/hom[e]/|\bpypi[.]org|\bshared[/]"
    r"|\b(?:sessio[n]|agen[t])s?\b",
    re.IGNORECASE,
)
HARMLESS_WORDS = re.compile(r'scope="sessio[n]"|diagnostic sessio[n]s?', re.IGNORECASE)


class Module(NamedTuple):
    """One source file: its path from the root, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """bms/safety/bound.py is bms.safety.bound; a package is its folder."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def generated(self) -> bool:
        """Written by dbc/generate.py."""
        return re.search(r"(^|/|_)frames\.py$", self.path) is not None


def module(path: str, text: str) -> Module:
    """The file as the rules read it."""
    return Module(path, text, ast.parse(text, path))


def forbidden_arrows(source: Module) -> Iterator[str]:
    """An import of our own which the house does not allow."""
    for line, target, for_types in imports(source):
        if not under(target, (*ROOMS, "tests")):
            continue
        room = best(source.name, ARROWS)
        allowed = (*ARROWS[room], *([] if room == "bms" else [room]))
        if for_types:
            allowed += TYPE_ARROWS.get(best(source.name, TYPE_ARROWS), ())
        if not under(target, allowed):
            yield f"{source.path}:{line}: imports {target}"


def foreign_modules(source: Module) -> Iterator[str]:
    """An import which the target cannot satisfy."""
    known = TARGET_MODULES if source.path.startswith("bms/") else BOARD_MODULES
    for line, target, for_types in imports(source):
        if not for_types and target.split(".")[0] not in known | {"bms", "boards"}:
            yield f"{source.path}:{line}: imports {target}"


def clocks(source: Module) -> Iterator[str]:
    """A look at a clock: time is an argument."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and named(node) in CLOCKS:
            yield f"{source.path}:{node.lineno}: {named(node)}"


def floats(source: Module) -> Iterator[str]:
    """What makes a float: a literal, a true division, a conversion, the math module."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield f"{source.path}:{node.lineno}: float literal {node.value}"
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            yield f"{source.path}:{node.lineno}: true division"
        elif isinstance(node, ast.Name) and node.id in ("float", "math"):
            yield f"{source.path}:{node.lineno}: {node.id}"


def allocations(source: Module) -> Iterator[str]:
    """What takes memory, waits or raises in step code."""
    for function in step_code(source.tree):
        if function.args.vararg or function.args.kwarg:
            yield f"{source.path}:{function.lineno}: {function.name} gathers its arguments"
        for statement in function.body:
            for node in walk_steps(statement):
                what = allocation(node)
                if what:
                    yield f"{source.path}:{node.lineno}: {what} in {function.name}"


def loose_thousands(source: Module) -> Iterator[str]:
    """A change of scale outside units.py, data (files or tables of a module), and constants with a name."""
    if source.generated or source.path.startswith(("bms/units.py", "bms/cells/", "bms/packs/")):
        return
    scopes = (ast.FunctionDef, ast.BinOp, ast.AugAssign)
    outer = [node for node in ast.walk(source.tree) if isinstance(node, scopes)]
    inside = [node for scope in outer for node in ast.walk(scope)]
    named_calls = [
        node
        for statement in source.tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if named(statement.value.func) == "const"
        for node in ast.walk(statement.value)
    ]
    for node in dict.fromkeys(inside):
        if isinstance(node, ast.Constant) and node.value in (1000, 0.001) and node not in named_calls:
            yield f"{source.path}:{node.lineno}: a bare {node.value}"


def missing_docstring(source: Module) -> Iterator[str]:
    """A module that does not say what it decides."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path}:1: no docstring"


def too_long(source: Module) -> Iterator[str]:
    """A module which is more than one noun."""
    lines = source.text.count("\n")
    if lines > LONGEST_MODULE_lines and not source.generated:
        yield f"{source.path}:{lines}: more than {LONGEST_MODULE_lines} lines"


def forbidden_words(path: str, text: str) -> Iterator[str]:
    """Words about how the house was built, and paths or hosts of one machine, in what we ship."""
    if path == "LICENSE":
        return
    for number, line in enumerate(text.splitlines(), 1):
        rest = HARMLESS_WORDS.sub("", line)
        if path.startswith("tests/"):
            rest = rest.replace("../shared" + "/data", "")
        for found in FORBIDDEN_WORDS.finditer(rest):
            yield f"{path}:{number}: {found.group()!r}"


def forbidden_places(path: str, _text: str = "") -> Iterator[str]:
    """A file for which the house has no room."""
    if PurePosixPath(path).parts[0] not in TOP_LEVEL:
        yield f"{path}: no such room"


# What the rules are made of.


def imports(source: Module) -> Iterator[tuple[int, str, bool]]:
    """(line, module, for types alone) of every import; `from a import b` is a.b where a is of our own."""
    guarded = {
        id(node)
        for test in ast.walk(source.tree)
        if isinstance(test, ast.If) and isinstance(test.test, ast.Name) and test.test.id == "TYPE_CHECKING"
        for statement in test.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, id(node) in guarded
        elif isinstance(node, ast.ImportFrom):
            package = source.path.split("/")[: -node.level] if node.level else []
            base = ".".join([*package, *filter(None, [node.module])])
            for alias in node.names:
                ours = under(base, (*ROOMS, "tests"))
                yield node.lineno, f"{base}.{alias.name}" if ours else base, id(node) in guarded


def under(name: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these or inside one of them."""
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def best(name: str, table: dict[str, tuple[str, ...]]) -> str:
    """The longest key which the name is under, or ''."""
    return max((key for key in table if under(name, (key,))), key=len, default="")


def step_code(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions that run in a tick: see the head of this file."""
    scopes = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    functions = [node for body in scopes for node in body if isinstance(node, ast.FunctionDef)]
    building = [f for f in functions if f.name == "__init__" or f.name.startswith(("build", "_build"))]
    steps = [f for f in functions if f not in building and not f.name.startswith("_")]
    for step in steps:  # grows while it is walked
        mentioned = {named(node) for node in ast.walk(step)}
        steps += [f for f in functions if f.name in mentioned and f not in steps and f not in building]
    unmentioned = [f for f in functions if f not in steps and f not in building]
    top = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for builder in building:  # grows while it is walked
        mentioned = {named(node) for owner in (builder, *top) for node in ast.walk(owner)}
        building += [f for f in unmentioned if f.name in mentioned and f not in building]
    return [f for f in functions if f not in building]


def walk_steps(statement: ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """The nodes that run: annotations do not."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.AnnAssign):
            pending += [part for part in (node.target, node.value) if part is not None]
            continue
        if isinstance(node, (ast.expr, ast.stmt)):
            yield node
        if isinstance(node, ast.Assign) and is_swap(node):
            pending += [*node.targets[0].elts, *node.value.elts]  # type: ignore[attr-defined]
            continue
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)


def named(node: ast.AST) -> str:
    """The name that a name or an attribute ends in, or ''."""
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def is_swap(node: ast.Assign) -> bool:
    """a, b = b, a: the target does this on its stack."""
    return (
        len(node.targets) == 1
        and isinstance(node.targets[0], ast.Tuple)
        and isinstance(node.value, ast.Tuple)
        and len(node.targets[0].elts) == len(node.value.elts) <= 3
    )


def is_constant(node: ast.expr) -> bool:
    """A literal, or a tuple of such: the compiler makes it once."""
    if isinstance(node, ast.Tuple):
        return all(is_constant(element) for element in node.elts)
    if isinstance(node, ast.UnaryOp):
        return is_constant(node.operand)
    return isinstance(node, ast.Constant)


def allocation(node: ast.expr | ast.stmt) -> str:
    """What this node takes, '' for nothing."""
    if isinstance(node, ALLOCATING_SYNTAX):
        return type(node).__name__
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and not is_constant(node):
        return "a new tuple"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return "a slice" if isinstance(node.ctx, ast.Load) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        return "text formatting" if isinstance(node.left.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return "a power"
    if isinstance(node, ast.Call):
        if any(keyword.arg is None for keyword in node.keywords):
            return "**"
        if isinstance(node.func, ast.Name):
            name = node.func.id
            if name == "range" and len(node.args) == 3 and not is_constant(node.args[2]):
                return "range with a variable step"
            made = name in ALLOCATING_CALLS or (name[:1].isupper() and not name.isupper())
            return f"{name}()" if made else ""
        if isinstance(node.func, ast.Attribute) and node.func.attr in ALLOCATING_METHODS:
            return f".{node.func.attr}()"
    return ""
