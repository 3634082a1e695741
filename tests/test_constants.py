"""A constant that a module of the firmware copies, so that the target looks nothing up, has the value of the original."""

import ast
from pathlib import Path

import pytest

from bms.can import calendar, e2e
from bms.control import envelope, fastcharge, ways
from bms.safety import alive, contactor, faults, machine, monitor, signals, snapshot, tables

ROOT = Path(__file__).resolve().parent.parent
ORIGINALS = (snapshot, faults, signals, monitor, machine, contactor, alive, tables, envelope, fastcharge, ways, calendar, e2e)
# copies that have a name of their own, because two originals share one
RENAMED = {
    "_BROWN_OUT_told": signals.BROWN_OUT_seen,
    "_CRASH_input": snapshot.CRASH_seen,
    "_TICK_ms_signal": signals.TICK_ms,
}
MARK = "a test holds them together"


def copies(path: Path) -> dict[str, int]:
    """The constants of the block behind the mark, up to the first empty line."""
    lines = path.read_text(encoding="utf-8").split("\n")
    first = next((number for number, line in enumerate(lines) if MARK in line), None)
    if first is None:
        return {}
    block = lines[first : lines.index("", first)]
    tree = ast.parse("\n".join(line for line in block if "= const(" in line))
    found = {}
    for node in tree.body:
        assert isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        assert isinstance(node.value, ast.Call)
        found[node.targets[0].id] = ast.literal_eval(node.value.args[0])
    return found


MODULES = [path for path in sorted([*(ROOT / "bms").rglob("*.py"), *(ROOT / "boards").rglob("*.py")]) if copies(path)]


def test_there_are_modules_with_copies() -> None:
    assert len(MODULES) > 5


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_copied_constant_has_the_value_of_its_original(path: Path) -> None:
    for name, value in copies(path).items():
        if name in RENAMED:
            assert value == RENAMED[name], name
            continue
        values = {getattr(original, name[1:]) for original in ORIGINALS if hasattr(original, name[1:])}
        assert value in values, name
