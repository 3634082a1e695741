"""CrossHair goes down every path of the lane's loop-free steps with a solver and finds no values that break their contracts.

What does not end in "confirmed over all paths" is a failure, as is a counterexample: a solver that gave up has shown nothing.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).with_name("contracts.py")
CONFIRMED = "info: Confirmed over all paths."
NAMES = [
    node.name
    for node in ast.parse(CONTRACTS.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Assert)
]
# A contract, a module of the firmware, a piece of its text, and what would break the contract in its place.
BROKEN = (
    ("a_drop_is_rounded_up_and_by_less_than_a_millivolt", "tables", "(r_uohm * i_dA + 9999)", "(r_uohm * i_dA + 9998)"),
    ("age_saturates_and_never_runs_backwards", "snapshot", "if a > 60000:", "if a > 60001:"),
    (
        "a_fault_needs_all_its_samples_and_all_its_time",
        "monitor",
        "time_ms < self._after_ms[i]",
        "time_ms <= self._after_ms[i]",
    ),
    ("what_trips_at_once_leads_into_fault_from_everywhere", "machine", "severity >= _TRIP_NOW", "severity > _TRIP_NOW"),
)


def verdicts(target: str, root: Path, patience_s: int = 120) -> dict[int, str]:
    """What CrossHair says of each function it was given, by a line inside the function."""
    command = [sys.executable, "-m", "crosshair", "check", "--report_all", "--analysis_kind=asserts"]
    command += [f"--per_condition_timeout={patience_s}", target]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^\S+?\.py:(\d+): (.*)$", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {int(line): verdict for line, verdict in found}


def line_of(name: str, text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"def {name}("))


def test_every_contract_is_confirmed_over_all_paths(root: Path) -> None:
    text = CONTRACTS.read_text(encoding="utf-8")
    said = verdicts("tests.contracts", root)
    starts = sorted(line_of(name, text) for name in NAMES)
    judged = [max(start for start in starts if start <= line) for line in said]
    assert {line: verdict for line, verdict in said.items() if verdict != CONFIRMED} == {}
    assert sorted(judged) == starts, "each once"


@pytest.mark.parametrize(("name", "module", "right", "wrong"), BROKEN, ids=lambda value: value if value in NAMES else "")
def test_a_contract_finds_the_values_for_which_a_broken_step_breaks_it(
    name: str, module: str, right: str, wrong: str, root: Path, tmp_path: Path
) -> None:
    source = root / "bms" / "safety" / f"{module}.py"
    assert right in source.read_text(encoding="utf-8")
    text = CONTRACTS.read_text(encoding="utf-8")
    spoil = f"from pathlib import Path as _Path\n_text = _Path({str(source)!r}).read_text()\n"
    spoil += f"exec(_text.replace({right!r}, {wrong!r}), {module}.__dict__)\n"
    broken = tmp_path / "broken.py"
    broken.write_text(f"{text}\n\n{spoil}", encoding="utf-8")
    said = verdicts(f"{broken}:{line_of(name, text)}", root)
    assert len(said) == 1
    assert all(verdict.startswith("error: AssertionError") for verdict in said.values()), said


def test_what_the_solver_does_not_come_to_the_end_of_is_not_confirmed(root: Path, tmp_path: Path) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text(
        "def count(n: int) -> None:\n    assert n >= 0\n    k = 0\n    while k < n:\n        k += 1\n    assert k == n\n"
    )
    said = verdicts(str(endless), root, patience_s=1)
    assert said
    assert CONFIRMED not in said.values()
