"""Which tests exist, read from their sources without running any: files, functions, classes, and their goals by marker."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def existing() -> dict[str, list[str]]:
    """"tests/test_x.py" and "tests/test_x.py::test_name" of all that pytest would collect, each with its goals by marker."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        tests = tests_of(ast.parse(path.read_text(encoding="utf-8")))
        if tests:
            found[name] = []
        for test, goals in tests.items():
            found[f"{name}::{test}"] = goals
    return found


def tests_of(tree: ast.Module) -> dict[str, list[str]]:
    """Tests of one source; a name bound to a state machine's TestCase is one."""
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found[node.name] = [goal for decorator in node.decorator_list for goal in _goals(decorator)]
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found[node.name] = []
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "TestCase":
            found.update({target.id: [] for target in node.targets if isinstance(target, ast.Name)})
    return found


def _goals(decorator: ast.expr) -> list[str]:
    """What @pytest.mark.goal("SG-1", ...) names."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute) or decorator.func.attr != "goal":
        return []
    return [str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant)]


def missing(named: Iterable[str]) -> list[str]:
    """Those of the named that do not exist, once each."""
    there = existing()
    return sorted({test for test in named if test not in there})
