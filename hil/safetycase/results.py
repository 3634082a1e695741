"""What test runs, campaigns and benchmarks have left behind, as far as the safety case asks for it.

A JUnit file of pytest tells of every test; a campaign's folder holds summary.json; `hil bench hidden --json` leaves what was
seen outside the declared spread. Whatever cannot be read, or is something else, is BadInput by file.
"""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hil.errors import BadInput

COUNTS = {"runs": "runs", "violations": "with violations", "missed": "missed faults", "false": "false trips", "died": "died",
          "late": "beyond a budget"}  # fmt: skip
"""Counts of a campaign's summary, in words. All but the first are failures."""
HIDDEN = Path(__file__).parent / "hidden.json"
"""As measured last, shipped."""


class Case(NamedTuple):
    """One test that ran: tests.test_rows, test_x, its parameters, passed, failed or skipped."""

    module: str
    name: str
    parts: tuple[str, ...]
    outcome: str


class Tally(NamedTuple):
    """How some tests came out."""

    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        if not self.passed + self.failed + self.skipped:
            return "not run"
        counts = (("failed", self.failed), ("passed", self.passed), ("skipped", self.skipped))
        return ", ".join(f"{count} {word}" for word, count in counts if count)


class TestRun:
    """A run of the tests; without a file every test was not run."""

    __test__ = False  # of pytest's own kind it is none

    def __init__(self, cases: Iterable[Case] = ()) -> None:
        self.cases = tuple(cases)
        self._by_test: dict[str, list[Case]] = {}
        self._by_part: dict[str, list[Case]] = {}
        for case in self.cases:
            file = case.module.replace(".", "/") + ".py"
            for key in {file, f"{file}::{case.name}"}:
                self._by_test.setdefault(key, []).append(case)
            for part in set(case.parts):
                self._by_part.setdefault(part, []).append(case)

    def of_test(self, test: str) -> Tally:
        """Of a file of tests, or of one test with all its parameters."""
        return tally(self._by_test.get(test, ()))

    def of_row(self, name: str, own: Iterable[str] = ()) -> Tally:
        """Of every test that has the row as parameter, and of its own."""
        cases = [*self._by_part.get(name, ()), *(case for test in own for case in self._by_test.get(test, ()))]
        return tally(dict.fromkeys(cases))

    @property
    def whole(self) -> Tally:
        """Of all."""
        return tally(self.cases)


def tally(cases: Iterable[Case]) -> Tally:
    """Counts outcomes."""
    outcomes = [case.outcome for case in cases]
    return Tally(*(outcomes.count(word) for word in ("passed", "failed", "skipped")))


def read_junit(path: str) -> TestRun:
    """What pytest --junit-xml wrote."""
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{path}: no JUnit file: {error}") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise BadInput(f"{path}: no JUnit file: it begins with <{root.tag}>")
    cases = [_case(element, path) for element in root.iter("testcase")]
    if not cases:
        raise BadInput(f"{path}: no test ran")
    return TestRun(cases)


def _case(element: ElementTree.Element, path: str) -> Case:
    module, whole = element.get("classname"), element.get("name")
    if module is None or whole is None:
        raise BadInput(f"{path}: a testcase without classname or name")
    name, _, rest = whole.partition("[")
    head, _, last = module.rpartition(".")
    if last[:1].isupper():  # a class of tests: the class is what is named
        module, name = head, last
    marks = {child.tag for child in element}
    outcome = "failed" if marks & {"failure", "error"} else "skipped" if "skipped" in marks else "passed"
    return Case(module, name, tuple(rest.removesuffix("]").split("-")), outcome)


class Reaction(NamedTuple):
    """Time from the crossing to zero limits on the wire of one row in one campaign, in ms."""

    n: int
    median_ms: float
    p99_ms: float
    max_ms: float

    def __str__(self) -> str:
        return f"{self.n} × {self.median_ms:g}, {self.p99_ms:g}, {self.max_ms:g} ms"


@dataclass(frozen=True)
class Campaign:
    """What a campaign found; `asked` runs were wanted, from seed `first` on."""

    name: str
    passed: bool
    asked: int
    first: int
    counts: dict[str, int]
    reactions: dict[str, Reaction]

    def failures(self) -> list[str]:
        """What must not be, one line each."""
        found = [f"{self.counts[name]} {word}" for name, word in COUNTS.items() if name != "runs" and self.counts[name]]
        if not found and self.counts["runs"] < self.asked:
            found = [f"{self.counts['runs']} of {self.asked} runs were made"]
        if not found and not self.passed:
            found = ["its summary says that it did not pass"]
        return [f"campaign {self.name}: {line}" for line in found]


def read_campaign(folder: str) -> Campaign:
    """summary.json in the folder that `hil campaign --out` filled."""
    path = Path(folder) / "summary.json"
    value = _json(path)
    try:
        return Campaign(
            str(value["campaign"]),
            bool(value["passed"]),
            int(value["asked"]),
            int(value["seeds"][0]),
            {name: int(value["counts"][name]) for name in COUNTS},
            {
                str(row["row"]): Reaction(int(row["n"]), *(float(row[key]) for key in ("median_ms", "p99_ms", "max_ms")))
                for row in value["reactions"]
            },
        )
    except KeyError as error:
        raise BadInput(f"{path}: {error.args[0]}: missing: not the summary of a campaign") from None
    except (TypeError, ValueError, IndexError) as error:
        raise BadInput(f"{path}: not the summary of a campaign: {error}") from None


def read_hidden(path: str | Path = HIDDEN) -> dict[str, Any]:
    """What `hil bench hidden --json` wrote, or the part of it that is shipped."""
    value = _json(Path(path))
    record = value.get("hidden", value) if isinstance(value, dict) else None
    if not isinstance(record, dict) or not all(isinstance(record.get(part), list) for part in ("drained", "stories")):
        raise BadInput(f"{path}: not what hil bench hidden --json writes")
    return record


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise BadInput(f"{path}: no JSON: {error}") from None
