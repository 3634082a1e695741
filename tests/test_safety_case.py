"""The safety case: goals, rows and tests agree both ways, results are taken as they are, and what is wrong costs one line."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bms.safety.faults import TABLE
from hil.benches import hidden as bench
from hil.benches.hidden_cases import FAILURES, LAYERS, TIMES, drained_soc, failing_layer, least_stray_mV, made
from hil.cli import main
from hil.errors import BadInput
from hil.safetycase import goals, results
from hil.safetycase.hidden import verdict
from tests.evidence import existing, missing
from tests.test_rows import OWN_TESTS

TEXT = goals.PLACE.read_text(encoding="utf-8")
CASE = '<testcase classname="{}" name="{}">{}</testcase>'
SUMMARY: dict[str, Any] = {
    "campaign": "hidden_layers",
    "passed": True,
    "asked": 20,
    "seeds": [7, 26],
    "counts": {"runs": 20, "violations": 0, "missed": 0, "false": 0, "died": 0, "late": 0},
    "reactions": [{"row": "interlock_open", "n": 12, "median_ms": 30.0, "p99_ms": 41.5, "max_ms": 42.0}],
}


def test_every_goal_has_rows_and_tests_and_every_row_has_its_goal() -> None:
    requirements = goals.load()
    assert goals.contradictions(requirements, TABLE) == []
    assert {goal.id for goal in requirements.goals} == {row.goal for row in TABLE}
    for goal in requirements.goals:
        assert goal.rows and goal.tests, goal.id
    assert requirements.every_row


def test_every_test_that_is_named_exists() -> None:
    assert missing(goals.load().tests) == []


def test_a_goal_that_a_test_is_marked_with_is_one_of_ours() -> None:
    ids = {goal.id for goal in goals.load().goals}
    assert {goal for marks in existing().values() for goal in marks} <= ids


def test_rows_that_are_provoked_elsewhere_name_the_test_that_does() -> None:
    assert set(goals.load().own) == set(OWN_TESTS)


def test_every_campaign_that_a_goal_names_is_shipped() -> None:
    there = {path.stem for path in (goals.PLACE.parent / "campaigns").glob("*.toml")}
    assert {goal.campaign for goal in goals.load().goals} <= there


WRONG: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text.replace('"interlock_open", ', ""), "SG-8: its row interlock_open is missing"),
    (lambda text: text.replace('"interlock_open", ', '"interlock_ajar", "interlock_open", '), "'interlock_ajar' is no row"),
    (lambda text: text.replace('"fuse_open", ', "").replace('"interlock_open", ', '"fuse_open", '), "fuse_open serves SG-6"),
    (lambda text: text.replace('"interlock_open", ', '"interlock_open", "interlock_open", '), "stands more than once"),
    (lambda text: text.replace("budget_ms = 50\n", "budget_ms = 40\n"), "is less than the 50 of"),
    (lambda text: text.replace('id = "SG-9"', 'id = "SG-8"'), "SG-8: stands more than once"),
    (lambda text: text.replace('id = "SG-9"\n', ""), "id: missing"),
    (lambda text: text.replace("[every_row]", "[every_line]"), "every_line"),
    (lambda text: text.replace("tests/test_bound.py::test_no", "test_bound: no"), "neither a file of tests"),
    (lambda text: text + "\ncontactor_ajar = [\"tests/test_wear.py\"]\n", "[own] contactor_ajar: no row"),
    (lambda text: text.replace("[every_row]", "[every_row"), "line"),
    (lambda text: re.sub(r"tests = \[[^\]]*\]", "tests = []", text), "tests: not a list of words"),
]


@pytest.mark.parametrize(("spoil", "part"), WRONG, ids=[part for _, part in WRONG])
def test_requirements_that_are_wrong_are_refused_by_goal_and_field(spoil: Callable[[str], str], part: str) -> None:
    spoilt = spoil(TEXT)
    assert spoilt != TEXT
    with pytest.raises(BadInput) as refusal:
        goals.parse(spoilt, "mine.toml")
    assert str(refusal.value).startswith("mine.toml: ")
    assert part in str(refusal.value)


def junit(tmp_path: Path, *cases: tuple[str, str, str]) -> str:
    """A file as pytest writes it."""
    body = "".join(CASE.format(module, name, f"<{outcome}/>" if outcome else "") for module, name, outcome in cases)
    path = tmp_path / "tests.xml"
    path.write_text(f'<?xml version="1.0"?><testsuites><testsuite name="pytest">{body}</testsuite></testsuites>')
    return str(path)


def campaign(tmp_path: Path, **changes: Any) -> str:
    """The folder of a campaign."""
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    (folder / "summary.json").write_text(json.dumps({**SUMMARY, **changes}))
    return str(folder)


ROWS_TEST = "test_what_is_just_inside_its_limit_is_never_a_fault"
PASSED = ("tests.test_rows", f"{ROWS_TEST}[71-interlock_open]", "")
OTHER = ("tests.test_rows", f"{ROWS_TEST}[72-crash-bench_24]", "")
WORLD = ("tests.test_machine.TestWorld", "runTest", "")


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Exit code, page and JSON of the command."""
    page = tmp_path / "case.html"
    code = main(["safety-case", "-o", str(page), "--json", "-", *arguments])
    out = capsys.readouterr().out
    return code, page.read_text(encoding="utf-8"), json.loads(out)


def test_without_results_the_page_says_of_everything_that_it_was_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, page, summary = run(tmp_path, capsys)
    assert code == 0
    assert summary["verdict"] == "incomplete"
    assert {goal["result"] for goal in summary["goals"]} == {"not run"}
    for row in TABLE:
        assert f"<b>{row.name}</b>" in page
    for goal in goals.load().goals:
        assert goal.hazard in page
    assert "No automotive safety integrity level is claimed" in page
    assert "Battery-Emulator #581" in page
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


class Nesting(HTMLParser):
    """Complains of what is closed and was not open, and keeps what is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert not (self.open[-1:] == ["p"] and tag in ("p", "ul", "div", "table")), f"{tag} in p"
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_whatever_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{ROWS_TEST}[&lt;script&gt;-crash]"
    xml = junit(tmp_path, ("tests.test_rows", name, "failure"), WORLD)
    _, page, _ = run(tmp_path, capsys, "--junit", xml, "--campaign", campaign(tmp_path))
    nesting = Nesting()
    nesting.feed(page)
    assert nesting.open == []
    assert "<script" not in page
    assert "{{" not in page


def test_the_tests_of_a_row_are_those_that_have_it_as_parameter_and_those_of_a_goal_its_own_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, summary = run(tmp_path, capsys, "--junit", junit(tmp_path, PASSED, OTHER, WORLD), "--campaign", campaign(tmp_path))
    rows = {row["name"]: row["result"] for row in summary["rows"]}
    assert code == 0
    assert (rows["interlock_open"], rows["crash"], rows["fuse_open"]) == ("1 passed", "1 passed", "not run")
    of_goals = {goal["id"]: goal["result"] for goal in summary["goals"]}
    assert of_goals["SG-8"] == "3 passed", "two of its rows, and the world of the machine"
    assert of_goals["SG-6"] == "1 passed"
    assert summary["verdict"] == "passed"


def test_a_row_whose_name_begins_like_another_is_not_taken_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = ("tests.test_rows", f"{ROWS_TEST}[2-layer_voltage_high_warn-bench_24]", "failure")
    _, _, summary = run(tmp_path, capsys, "--junit", junit(tmp_path, case))
    rows = {row["name"]: row["result"] for row in summary["rows"]}
    assert (rows["layer_voltage_high"], rows["layer_voltage_high_warn"]) == ("not run", "1 failed")


@pytest.mark.parametrize("outcome", ["failure", "error"])
def test_a_test_that_failed_fails_the_case(outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, page, summary = run(tmp_path, capsys, "--junit", junit(tmp_path, PASSED, (*OTHER[:2], outcome)))
    assert code == 1
    assert not summary["passed"]
    assert "1 failed" in page


def test_a_test_that_was_skipped_is_neither_passed_nor_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, summary = run(tmp_path, capsys, "--junit", junit(tmp_path, PASSED, (*OTHER[:2], "skipped")))
    assert code == 0
    assert next(row["result"] for row in summary["rows"] if row["name"] == "crash") == "1 skipped"


@pytest.mark.parametrize("count", ["violations", "missed", "false", "died", "late"])
def test_a_campaign_in_which_something_happened_that_must_not_fails_the_case(
    count: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = campaign(tmp_path, counts={**SUMMARY["counts"], count: 2})
    code, _, summary = run(tmp_path, capsys, "--campaign", folder)
    assert code == 1
    assert summary["failures"][0].startswith("campaign hidden_layers: 2 ")


def test_a_campaign_that_was_not_run_to_its_end_fails_the_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, summary = run(tmp_path, capsys, "--campaign", campaign(tmp_path, asked=30, passed=False))
    assert code == 1
    assert summary["failures"] == ["campaign hidden_layers: 20 of 30 runs were made"]


def test_reaction_times_of_a_campaign_stand_beside_their_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, page, _ = run(tmp_path, capsys, "--campaign", campaign(tmp_path))
    row = page[page.index("<b>interlock_open</b>") :]
    assert "12 × 30, 41.5, 42 ms" in row[: row.index("</tr>")]


def test_a_short_summary_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["safety-case", "-o", str(tmp_path / "case.html"), "--pack", "ev_240"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^SG-12 +\d+ rows, tests not run$", out, re.MULTILINE)
    assert "safety case of ev_240: incomplete" in out
    assert out.count("\n") < 25


BAD: list[tuple[str, str, str]] = [
    # option, content of the file (or none), what the line says
    ("--junit", "", "cannot be read"),
    ("--junit", "<a", "no JUnit file"),
    ("--junit", "<html/>", "no JUnit file"),
    ("--junit", "<testsuites/>", "no test ran"),
    ("--junit", "<testsuites><testcase/></testsuites>", "without classname"),
    ("--campaign", "", "cannot be read"),
    ("--campaign", "{", "no JSON"),
    ("--campaign", "[]", "not the summary"),
    ("--campaign", '{"campaign": "x"}', "missing"),
    ("--hidden", "{}", "not what hil bench hidden"),
    ("--hidden", "]", "no JSON"),
    ("--pack", "PACK = 7", "PACK"),
]


@pytest.mark.parametrize(("option", "content", "part"), BAD)
def test_what_cannot_be_read_is_one_line_and_nothing_is_written(
    option: str, content: str, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    name = {"--campaign": "summary.json", "--pack": "mine.py"}.get(option, "file")
    if content:
        (folder / name).write_text(content)
    given = folder if option == "--campaign" else folder / name
    page = tmp_path / "case.html"
    assert main(["safety-case", "-o", str(page), option, str(given)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hil: ") and err.count("\n") == 1
    assert part in err and str(folder) in err
    assert not page.exists()


def test_no_result_is_written_over_what_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    xml = junit(tmp_path, PASSED)
    before = Path(xml).read_bytes()
    assert main(["safety-case", "-o", xml, "--junit", xml]) == 2
    assert "named for two files" in capsys.readouterr().err
    assert Path(xml).read_bytes() == before


# what is seen outside the declared spread


def record() -> dict[str, Any]:
    """As shipped."""
    return results.read_hidden()


def test_the_record_has_every_failure_and_every_number_of_layers() -> None:
    drained, stories = record()["drained"], record()["stories"]
    assert [(row["times"], row["n"]) for row in drained] == [(times, n) for times in TIMES for n in LAYERS]
    assert [(row["failure"], row["story"], row["n"]) for row in stories] == [
        (failure.name, failure.story, n) for failure in FAILURES for n in LAYERS
    ]


def test_no_row_speaks_of_a_stray_that_a_healthy_pack_shows_as_well() -> None:
    for row in record()["drained"]:
        assert row["least_mV"] == round(least_stray_mV(made(row["n"], row["times"]), 0.5))
        # a leak is told by how it grows, not by how far its group has come
        assert row["row"] in (None, "group_leaks") or row["stray_mV"] > row["least_mV"]


def test_the_least_stray_is_the_formula_of_the_page() -> None:
    """By hand for six layers at half charge: 15 permille and no capacity, 62 mV and 4 mV of branch in 5 %, 93 mV of M."""
    pack = made(6, 1)
    slope_mV = (3578 - 3516 + 93 - 89) / 0.05
    error_mV = 2 + 4 * 0.5 + 1 + 6 * 4.280 * 0.1
    assert least_stray_mV(pack, 0.5) == pytest.approx(6 * (2 * 0.015 * slope_mV + 2 * 0.08 * 93) + 2 * error_mV, abs=0.01)
    assert 0 < failing_layer(pack) < 24
    assert drained_soc(pack, 3.516) == pytest.approx(0.5)
    assert drained_soc(pack, -1.0) == pytest.approx(-0.1)


def test_the_words_of_a_story_say_what_came_first() -> None:
    row = {"row": "sister_load", "noticed_s": 1.0, "harm": "below", "harm_s": 0.5, "ended": False, "closed": True}
    assert verdict(row) == ("sister_load after 1.00 s; below after 0.5 s", "no")
    assert verdict({**row, "harm_s": 1.5}) == ("sister_load after 1.00 s; no harm before", "ok")
    assert verdict({**row, "row": None}) == ("not noticed; below after 0.5 s", "no")
    assert verdict({**row, "row": None, "harm": ""}) == ("not noticed; no harm yet", "")


@pytest.mark.parametrize("n", [1, 6])
def test_a_drained_layer_is_noticed_where_the_record_says(n: int) -> None:
    (told,) = (row for row in record()["drained"] if (row["n"], row["times"]) == (n, 1))
    seen = bench.run(bench.Job(n, 1, None))
    assert seen["row"] == told["row"]
    assert seen["stray_mV"] == pytest.approx(told["stray_mV"], rel=0.1)
    assert bench.late(seen) == bench.late(told)


AGAIN = [("reversed, -1 V", 6), ("hard short, 1 mohm", 24), ("resistance x 5", 1)]


@pytest.mark.parametrize(("name", "n"), AGAIN)
def test_no_failing_layer_does_what_the_record_does_not_say(name: str, n: int) -> None:
    (failure,) = (failure for failure in FAILURES if failure.name == name)
    (told,) = (row for row in record()["stories"] if (row["failure"], row["n"]) == (name, n))
    seen = bench.run(bench.Job(n, 1, failure))
    assert (seen["row"], bench.late(seen)) == (told["row"], bench.late(told))
