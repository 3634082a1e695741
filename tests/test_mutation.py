"""The mutation tool makes the mistakes that it says, none that is no mistake, and tells a mistake that was noticed from one
that was not."""

import ast
import json
from pathlib import Path

import pytest

from tests.mutation import __main__ as command
from tests.mutation import runner
from tests.mutation.equivalents import Equivalents, ListError
from tests.mutation.mutator import Source, load
from tests.mutation.table import MODULES, Row

ROOT = Path(__file__).resolve().parent.parent


def source(text: str) -> Source:
    return Source("m", Path("m.py"), text)


def changes(body: str) -> set[str]:
    """What may change in a function with this body."""
    return {mutant.change for mutant in source(f"def f(a, b):\n    {body}\n").mutants}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a < b", {"a < b -> a <= b", "a < b -> a >= b"}),
        ("return a == b", {"a == b -> a != b"}),
        ("return a is b", {"a is b -> a is not b"}),
        ("a = 7", {"7 -> 8", "7 -> 6", "a = 7 -> nothing"}),
        ("a = True", {"True -> False"}),
        ("a = -b", {"-b -> b"}),
        ("a = not b", {"not b -> b"}),
        ("a = a and b", {"a and b -> a or b", "a and b -> not a and b", "a and b -> a and (not b)"}),
        ("a = a * b", {"a * b -> a // b"}),
        ("a = a // b", {"a // b -> a * b"}),
        ("a = a << b", {"a << b -> a >> b"}),
        ("a |= b", {"a |= b -> a &= b", "a |= b -> nothing"}),
        ("a = min(a, b)", {"min(a, b) -> max(a, b)"}),
        ("a = abs(b)", {"abs(b) -> b"}),
        ("if a: b()", {"if a: -> if True:", "if a: -> if False:", "b() -> nothing"}),
        ("while a: break", {"while a: -> while False:", "break -> nothing"}),
        ("a = a if b else 1", {"a if b else 1 -> a if True else 1", "a if b else 1 -> a if False else 1"}),
        ("return a + b", {"return a + b -> return 0", "a + b -> a - b"}),
        ("raise ValueError('x')", {"raise ValueError('x') -> nothing"}),
        ("a = ((a, 1), (b, 2))", {"row (a, 1) -> without", "row (b, 2) -> without", "row (a, 1) -> swapped with the next"}),
    ],
)
def test_a_place_is_changed_in_all_the_ways_that_are_promised(body: str, expected: set[str]) -> None:
    assert expected <= changes(body)


@pytest.mark.parametrize(
    "body",
    [
        '"""Says what it does: 7 < 8."""',
        "global a",
        "pass",
        "b: int",
        "import os",
    ],
)
def test_what_is_no_code_is_left_alone(body: str) -> None:
    assert not changes(body)


def test_types_decorators_and_held_copies_are_left_alone() -> None:
    text = (
        "TYPE_CHECKING = const(False)\nif TYPE_CHECKING:\n    X = 1\n\n# a test holds them together.\n_A = const(3)\n\n"
        "B = const(4)\n\n\n@route(5)\nclass C:\n"
        '    def f(self, a: "Literal[6]" = 0) -> "Literal[7]":\n        raise ValueError(8)\n'
    )
    assert {mutant.change for mutant in source(text).mutants} == {"4 -> 5", "4 -> 3", "raise ValueError(8) -> nothing"}


@pytest.mark.parametrize(
    ("body", "not_made"),
    [
        ("if a > b: a = b", "a > b -> a >= b"),
        ("if b > a: a = b", "b > a -> b >= a"),
        ("if c and b > a: a = b", "b > a -> b >= a"),
        ("a = a if a > b or c else b", "a > b -> a >= b"),
        ("if a > 9: a = 9", "9 -> 8 #2"),
        ("a = a if a < b else b", "a < b -> a <= b"),
        ("a = 0 if a < 0 else a if a < b else b", "a < 0 -> a <= 0"),
        ("a = 0 if a < 0 else a if a < b else b", "0 -> 1 #2"),
        ("if a < 0: a = -a", "a < 0 -> a <= 0"),
        ("a = a if a >= 0 else -a", "a >= 0 -> a > 0"),
    ],
)
def test_a_change_that_changes_nothing_is_not_made(body: str, not_made: str) -> None:
    assert not_made not in changes(body)
    assert changes(body)


@pytest.mark.parametrize("body", ["if a > b: a = b + 1", "if a > b:\n        a = b\n        k = 1", "a = 0 if a > b else b"])
def test_a_boundary_that_matters_is_moved(body: str) -> None:
    assert "a > b -> a >= b" in changes(body)


def test_a_mutant_changes_one_thing_and_each_has_a_key_of_its_own() -> None:
    text = "class C:\n    def f(self, a):\n        x = a + 1\n        if x < 1 or x == 3:\n            return x\n"
    number = len(source(text).mutants)
    seen = {ast.unparse(ast.parse(text))}
    keys = set()
    for k in range(number):
        mine = source(text)
        mine.mutants[k].apply()
        changed = ast.unparse(ast.fix_missing_locations(mine.tree))
        assert changed not in seen, mine.mutants[k].change
        seen.add(changed)
        keys.add(mine.mutants[k].key)
        assert mine.mutants[k].function == "C.f"
    assert len(keys) == number > 10


@pytest.mark.parametrize("anew", [False, True])
def test_a_mistake_is_noticed_by_tests_that_know_the_module_and_by_no_others(
    anew: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = "tests/test_tables.py::test_a_resistance_on_the_line_is_taken_in_hundreds"
    monkeypatch.setitem(MODULES, "tables", Row("bms/safety/tables.py", (tests,), anew))
    mutants = load("tables", ROOT / "bms/safety/tables.py").mutants
    told = {mutant.number: mutant.function for mutant in mutants if "-> return 0" in mutant.change}
    outcome = runner.judge("tables", 2, {number for number, name in told.items() if name in ("drop_mV", "current_dA")})
    verdicts = {verdict for verdict, _ in outcome.verdicts.values()}
    assert verdicts == {"killed", "survived"}
    for number, (verdict, _) in outcome.verdicts.items():
        assert verdict == ("killed" if told[number] == "drop_mV" else "survived")
    assert not outcome.failed


def test_the_list_of_equivalents_names_what_is_there_and_why() -> None:
    listed = Equivalents.load()
    for module in {key[0] for key in listed.reasons}:
        path = ROOT / MODULES[module].path
        assert listed.stale(module, load(module, path).mutants) == []


@pytest.mark.parametrize(
    "entry",
    [
        'module = "m"',
        'module = "m"\nfunction = "f"\nline = "x"\nchanges = ["a"]\nreason = " "',
        'module = "m"\nfunction = "f"\nline = "x"\nchanges = ["a", "a"]\nreason = "twice"',
    ],
)
def test_an_entry_without_a_reason_or_with_less_than_all_is_refused(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text("[[equivalent]]\n" + entry + "\n")
    with pytest.raises(ListError, match="entry 1"):
        Equivalents.load(path)


def test_an_entry_for_what_is_no_longer_there_is_reported() -> None:
    mine = source("def f(a):\n    return a + 1\n")
    listed = Equivalents({("m", "f", "return a + 1", "1 -> 2"): "so", ("m", "f", "return a + 9", "9 -> 8"): "gone"})
    assert [listed.reason(mutant) for mutant in mine.mutants].count("so") == 1
    assert listed.stale("m", mine.mutants) == ["listed, and not there: return a + 9  9 -> 8"]


@pytest.mark.parametrize("words", [["nothing_there"], ["--only", "bound"], ["--only", "nowhere/3"]])
def test_what_is_not_there_is_refused_in_a_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(words)
    assert end.value.code == 2
    assert len(capsys.readouterr().err.strip().split("\n")) <= 3


def test_a_survivor_makes_the_command_fail_and_stands_in_the_json(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = runner.Outcome("insulation", {1: ("killed", "t"), 2: ("survived", ""), 3: ("timeout", "t")})
    monkeypatch.setattr(command, "judge", lambda module, jobs, numbers: outcome)
    path = tmp_path / "out.json"
    assert command.main(["--only", "insulation/2", "--json", str(path)]) == 1
    said = json.loads(path.read_text())["insulation"]
    assert (said["mutants"], said["killed"], said["timeouts"], len(said["survivors"])) == (3, 2, 1, 1)
    assert "66.67 %" in capsys.readouterr().out
    outcome.verdicts[2] = ("killed", "t")
    assert command.main(["--only", "insulation/2"]) == 0
