"""The compiler is of use to other projects: without the rest of this one, on a DBC of theirs; its README tells the truth."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cantools
import pytest
from cantools.database.can import Database

from dbc import names
from tests.test_codec import ROOT, compiled

README = (ROOT / "dbc" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(dbc|python)\n(.*?)```", README, re.DOTALL)
PUMP, METHODS, BOARD = (text for _, text in BLOCKS)

# Runs the script as `python dbc/generate.py` does, where this project cannot be imported even if it is installed.
ELSEWHERE = """\
import runpy, sys
root, script, *arguments = sys.argv[1:]
sys.path[1:] = [path for path in sys.path[1:] if path != root]
sys.argv = [script, *arguments]
try:
    runpy.run_path(script, run_name="__main__")
except SystemExit as end:
    ours = [m for m in sys.modules.values() if (getattr(m, "__file__", None) or "").startswith((root + "/dbc", root + "/hil"))]
    sys.exit(end.code or len(ours))
"""
ON_BOARD = """\
from pump import MESSAGES, PumpStatus
frame, buf = PumpStatus(), bytearray(PumpStatus.LENGTH)
frame.speed, frame.current_dA, frame.state = 99999, -125, 3
frame.pack(buf)
again = PumpStatus()
print(buf.hex(), again.unpack(buf), again.speed, again.current_dA, again.state, len(MESSAGES))
"""


def test_a_copy_of_the_folder_compiles_a_foreign_file_and_the_board_uses_it(tmp_path: Path, micropython: str) -> None:
    copy = tmp_path / "tools" / "dbc"
    copy.mkdir(parents=True)
    for path in (ROOT / "dbc").glob("*.py"):
        shutil.copy(path, copy)
    work = tmp_path / "work"
    work.mkdir()
    (work / "pump.dbc").write_text(PUMP, encoding="utf-8")
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    command = [sys.executable, str(tmp_path / "elsewhere.py"), str(ROOT), str(copy / "generate.py")]
    options = ["pump.dbc", "-o", "pump.py", "--map", "pump.json"]
    done = subprocess.run([*command, *options], cwd=work, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (work / "main.py").write_text(ON_BOARD)
    done = subprocess.run([micropython, "main.py"], cwd=work, capture_output=True, text=True, check=False)
    database = cantools.database.load_string(PUMP, "dbc")
    assert isinstance(database, Database)
    payload = database.encode_message("PUMP_STATUS", {"speed": 8000, "current": -12.5, "state": "unknown"})
    assert done.stdout.split() == [payload.hex(), "True", "16000", "-125", "3", "1"]
    assert json.loads((work / "pump.json").read_text())["PUMP_STATUS"]["signals"]["current"] == "current_dA"


def test_the_code_that_the_readme_shows_is_what_comes_out() -> None:
    assert METHODS in compiled(PUMP).text
    assert "def pack" in METHODS and "def unpack" in METHODS


def test_the_use_that_the_readme_shows_works() -> None:
    class Can:
        FLAG_RTR = 1
        FLAG_EXT_ID = 2
        listening = False

        def set_filters(self, filters: None) -> None:
            self.listening = filters is None

        def send(self, identifier: int, data: bytes, flags: int) -> None:
            self.sent = identifier, bytes(data), flags

        def recv(self, message: list[Any]) -> list[Any] | None:
            if not self.listening:
                return None
            identifier, data, flags = self.sent
            message[:3] = identifier, memoryview(data), flags
            return message

    module = ModuleType("pump")
    exec(compiled(PUMP).text, module.__dict__)
    exec(BOARD, {**module.__dict__, "can": Can(), "print": lambda *values: module.__dict__.update(told=values)})
    assert module.__dict__["told"] == (0, -125, 0)


def test_the_readme_has_every_unit_with_its_ending() -> None:
    rows = [line.split("|")[1:3] for line in README.splitlines() if line.startswith("| `") and "--" not in line]
    table = {unit: ending for units, ending in rows for unit in re.findall(r"`([^`]+)`", units)}
    for unit, (stem, _) in names.STEMS.items():
        assert table[unit].strip().startswith(f"`{stem}`"), unit
    assert {unit for unit, _ in names.EXACT} | set(names.STEMS) == set(table)
    for (unit, _), ending in names.EXACT.items():
        assert f"`{ending}`" in table[unit]


def test_the_readme_names_every_option() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "dbc" / "generate.py"), "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--[a-z]+", done.stdout)) - {"--help"}
    assert options == set(re.findall(r"--[a-z]+", README))


@pytest.mark.parametrize(
    "module",
    ["generate", "files", "scan", "layout", "packing", "unpacking", "emit", "prose", "names", "selection", "lines"],
)
def test_the_compiler_imports_cantools_and_itself_and_the_standard_library(module: str) -> None:
    text = (ROOT / "dbc" / f"{module}.py").read_text(encoding="utf-8")
    roots = {found.split(".")[0] for found in re.findall(r"^(?:from|import) ([\w.]+)", text, re.MULTILINE)}
    assert roots <= {"cantools", "dbc"} | set(sys.stdlib_module_names)


def test_a_folder_of_another_name_and_a_python_without_cantools_are_one_line(tmp_path: Path) -> None:
    other = tmp_path / "compiler"
    shutil.copytree(ROOT / "dbc", other)
    asked = [str(ROOT / "dbc" / "bms.dbc"), "-o", str(tmp_path / "out.py")]
    command = [sys.executable, str(other / "generate.py"), *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "generate.py: its folder must be called dbc\n")
    bare = [sys.executable, "-S", "-E", str(ROOT / "dbc" / "generate.py"), *asked]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "generate.py: needs cantools: pip install cantools\n")
