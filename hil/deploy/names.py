"""Shorter names for what nobody outside sees: parameters that no call names, and whatever begins with an underscore.

Every .mpy file carries the names it uses as text, also those of parameters, and a private name is as long as what it tells a
reader. A traceback still names files, classes and public functions. A name that some text of the tree spells is left alone,
for somebody may look it up.
"""

import ast
from collections.abc import Collection, Iterator

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = _DIGITS[10:]
_NAMED: dict[type[ast.AST], tuple[str, ...]] = {  # where a syntax tree keeps names
    ast.Name: ("id",),
    ast.Attribute: ("attr",),
    ast.FunctionDef: ("name",),
    ast.ClassDef: ("name",),
    ast.alias: ("name", "asname"),
    ast.arg: ("arg",),
    ast.keyword: ("arg",),
}


def shorten_parameters(trees: Collection[ast.Module]) -> None:
    """One letter each, in place."""
    nodes = _all(trees)
    named = {keyword.arg for node in nodes if isinstance(node, ast.Call) for keyword in node.keywords}
    for function in nodes:
        if isinstance(function, ast.FunctionDef):
            _shorten(function, named)


def _shorten(function: ast.FunctionDef, named: set[str | None]) -> None:
    inside = list(ast.walk(function))
    inner = [node for node in inside if isinstance(node, (ast.FunctionDef, ast.Lambda)) and node is not function]
    rebound = {argument.arg for node in inner for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    taken = {node.id for node in inside if isinstance(node, ast.Name)}
    taken |= {node.arg for node in inside if isinstance(node, ast.arg)}
    free = iter([letter for letter in _LETTERS if letter not in taken])
    for argument in function.args.args:
        old = argument.arg
        if len(old) == 1 or old == "self" or old in named | rebound:
            continue
        new = next(free, old)
        argument.arg = new
        for node in inside:
            if isinstance(node, ast.Name) and node.id == old:
                node.id = new


def shorten_private(trees: Collection[ast.Module]) -> dict[str, str]:
    """Three characters each at most, the same in every module, in place. Returns what was called how."""
    nodes = _all(trees)
    spelled = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used: set[str] = set()
    ours: set[str] = set()
    for node in nodes:
        for field in _NAMED.get(type(node), ()):
            name = getattr(node, field)
            used.add(name)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or isinstance(getattr(node, "ctx", None), ast.Store):
                ours.add(name)
    ours = {name for name in ours - spelled if name.startswith("_") and not name.startswith("__")}
    short = iter(_short(spelled | used))
    new = {name: next(short) for name in sorted(ours)}
    for node in nodes:
        for field in _NAMED.get(type(node), ()):
            name = getattr(node, field)
            setattr(node, field, new.get(name, name))
    return new


def _short(taken: set[str]) -> Iterator[str]:
    for first in _DIGITS:
        for second in ("", *_DIGITS):
            name = f"_{first}{second}"
            if name not in taken:
                yield name


def _all(trees: Collection[ast.Module]) -> list[ast.AST]:
    return [node for tree in trees for node in ast.walk(tree)]
