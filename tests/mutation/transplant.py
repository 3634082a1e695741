"""Puts the mutated functions and constants of a module into the place of the ones that everybody has already imported.

Functions keep their identity and get other code, so that `from x import y`, bound methods and classes made before all see it.
Constants are replaced where the module keeps them and under every name by which another module of ours imported them.
"""

import ast
import sys
from types import FunctionType, ModuleType
from typing import Any

OURS = ("bms.", "hil.", "boards.", "tests.")
Borrowers = dict[str, list[tuple[dict[str, Any], str]]]


def borrowers(module: str) -> Borrowers:
    """Who has imported which name from the module, among what is loaded: name -> (namespace, its name there)."""
    found: Borrowers = {}
    for name, loaded in list(sys.modules.items()):
        path = getattr(loaded, "__file__", None)
        if not name.startswith(OURS) or not path or not path.endswith(".py"):
            continue
        with open(path, encoding="utf-8") as text:
            tree = ast.parse(text.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == module:
                for alias in node.names:
                    found.setdefault(alias.name, []).append((vars(loaded), alias.asname or alias.name))
    return found


def transplant(module: ModuleType, code: Any, borrowed: Borrowers) -> None:
    """Runs the mutated code in a namespace of its own and moves what came of it. Raises what loading it raises."""
    namespace: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, namespace)
    old = vars(module)
    for name, new in namespace.items():
        if name.startswith("__") or name not in old:
            continue
        if _moved(old[name], new, module.__name__):
            continue
        before, old[name] = old[name], new
        for room, alias in borrowed.get(name, ()):
            if alias in room and room[alias] is before:
                room[alias] = new


def _moved(old: Any, new: Any, module: str) -> bool:
    """True when the object stays and only what is in it has changed."""
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        if old.__module__ == module:
            old.__code__ = new.__code__
            old.__defaults__ = new.__defaults__
        return True
    if isinstance(old, type) and isinstance(new, type) and old.__module__ == module:
        for name, value in vars(new).items():
            if name.startswith("__") and name != "__init__":
                continue
            if not _moved(vars(old)[name], value, module):
                setattr(old, name, value)
        return True
    return isinstance(old, ModuleType | type)
