"""Safety goals as hil/requirements.toml has them, held to the fault table both ways.

A goal's budgets stand by group of rows; no group allows less time than a row of it may take. Tests are named as
"tests/test_x.py" or "tests/test_x.py::test_name"; whether they exist is known to the tests only, which are not installed.
BadInput names file, goal and field.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bms.safety.faults import TABLE, Row
from hil.errors import BadInput
from hil.fields import Field, known, read

PLACE = Path(__file__).parent.parent / "requirements.toml"
GOAL: dict[str, Field] = {name: Field("text") for name in ("id", "hazard", "goal", "safe_state", "hardware", "campaign")}
GROUP: dict[str, Field] = {"what": Field("text"), "budget_ms": Field("count", 1, 10**6)}
_TEST = re.compile(r"tests/(?:\w+/)*test_\w+\.py(?:::\w+)?\Z")


@dataclass(frozen=True)
class Group:
    """Rows that share a budget."""

    what: str
    budget_ms: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Goal:
    """One safety goal."""

    id: str
    hazard: str
    goal: str
    safe_state: str
    hardware: str
    campaign: str
    tests: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of all its fault rows."""
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True)
class Requirements:
    """All goals; tests that are evidence for every row; tests of rows that have their own; of a pack that is shipped the rows
    that weigh less while it drives."""

    goals: tuple[Goal, ...]
    every_row: tuple[str, ...]
    own: dict[str, tuple[str, ...]]
    eased: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def tests(self) -> tuple[str, ...]:
        """Every test that is named, once."""
        named = [*self.every_row, *(test for tests in self.own.values() for test in tests)]
        return tuple(dict.fromkeys([*named, *(test for goal in self.goals for test in goal.tests)]))


def load(place: Path = PLACE) -> Requirements:
    """The requirements of a file. BadInput where they are not whole or contradict the fault table."""
    try:
        return parse(place.read_text(encoding="utf-8"), str(place))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{place}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def parse(text: str, path: str) -> Requirements:
    """The same from text; `path` is what messages call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: {error}") from None
    known(document, ("goal", "every_row", "own", "eased"), path, "the file")
    goals = tuple(_goal(row, path, f"[[goal]] {k + 1}") for k, row in enumerate(_rows(document, "goal", path)))
    every = document.get("every_row", {})
    if not isinstance(every, dict):
        raise BadInput(f"{path}: every_row: write it as [every_row]")
    own = document.get("own", {})
    if not isinstance(own, dict):
        raise BadInput(f"{path}: own: write it as [own]")
    eased = document.get("eased", {})
    if not isinstance(eased, dict):
        raise BadInput(f"{path}: eased: write it as [eased]")
    requirements = Requirements(
        goals,
        _tests(every.get("tests"), path, "[every_row]"),
        {row: _tests(tests, path, f"[own] {row}") for row, tests in own.items()},
        {pack: _words(rows, path, f"[eased] {pack}") for pack, rows in eased.items()},
    )
    for complaint in contradictions(requirements, TABLE):
        raise BadInput(f"{path}: {complaint}")
    return requirements


def contradictions(requirements: Requirements, table: Iterable[Row]) -> list[str]:
    """What goals and fault table say differently, one line each."""
    rows = {row.name: row for row in table}
    found = []
    where: dict[str, str] = {}
    for goal in requirements.goals:
        if [other.id for other in requirements.goals].count(goal.id) > 1:
            found.append(f"{goal.id}: stands more than once")
        if not goal.tests:
            found.append(f"{goal.id} tests: none")
        for group in goal.groups:
            for name in group.rows:
                row = rows.get(name)
                if row is None:
                    found.append(f"{goal.id} rows: {name!r} is no row of the fault table")
                    continue
                if name in where:
                    found.append(f"{goal.id} rows: {name} stands more than once")
                if row.goal != goal.id:
                    found.append(f"{goal.id} rows: {name} serves {row.goal} by the fault table")
                if row.budget_ms > group.budget_ms:
                    found.append(f"{goal.id} budget_ms: {group.budget_ms} is less than the {row.budget_ms} of {name}")
                where[name] = goal.id
    found += [f"{row.goal}: its row {name} is missing" for name, row in rows.items() if name not in where]
    found += [f"[own] {name}: no row of the fault table" for name in requirements.own if name not in rows]
    for pack, eased in requirements.eased.items():
        found += [f"[eased] {pack}: {name!r} is no row of the fault table" for name in eased if name not in rows]
    return found


def _goal(row: Any, path: str, where: str) -> Goal:
    if not isinstance(row, dict):
        raise BadInput(f"{path}: {where}: not a table")
    rest = {key: value for key, value in row.items() if key not in ("tests", "group")}
    values = read(rest, GOAL, path, where)
    groups = tuple(_group(group, path, f"{where} group {k + 1}") for k, group in enumerate(_rows(row, "group", path)))
    return Goal(tests=_tests(row.get("tests"), path, where), groups=groups, **values)


def _group(row: dict[str, Any], path: str, where: str) -> Group:
    values = read({key: value for key, value in row.items() if key != "rows"}, GROUP, path, where)
    return Group(rows=_words(row.get("rows"), path, f"{where} rows"), **values)


def _rows(table: dict[str, Any], key: str, path: str) -> list[dict[str, Any]]:
    rows = table.get(key)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{path}: {key}: missing, or not written as [[{key}]]")
    return rows


def _words(value: Any, path: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise BadInput(f"{path}: {where}: not a list of words")
    return tuple(value)


def _tests(value: Any, path: str, where: str) -> tuple[str, ...]:
    tests = _words(value, path, f"{where} tests")
    for test in tests:
        if not _TEST.match(test):
            raise BadInput(f"{path}: {where} tests: {test!r} is neither a file of tests nor one of its tests")
    return tests
