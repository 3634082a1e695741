"""The linter: what is wrong with a cell or a pack, and what its sensors can never show. Every loader runs it.

An error is a record the firmware must not start with; a note is something true that a user should know. Rules
are rows: a function over one record that yields (field, value, reason) wherever the sentence in its docstring
is false. They stand in lint_cell and lint_pack, sizes of products in lint_rules, notes in lint_notes; here
they are run and their findings shown.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bms.schema import Cell, Pack

ERROR = "error"
NOTE = "note"

Complaint = tuple[str, object, str]
CellRule = Callable[[Cell], Iterable[Complaint]]
PackRule = Callable[[Pack], Iterable[Complaint]]


class Finding(NamedTuple):
    """What a rule found in a field. `value` is as found, `reason` a sentence without it."""

    severity: str
    field: str
    value: object
    reason: str
    rule: str

    def line(self) -> str:
        """field = value: reason"""
        return f"{self.field}{shown(self.value)}: {self.reason}"


def shown(value: object) -> str:
    """` = value`, shortened; nothing for None."""
    if value is None:
        return ""
    text = repr(value)
    return " = " + (text if len(text) <= 60 else text[:57] + "...")


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that forbid to start."""
    return [finding for finding in findings if finding.severity == ERROR]


def notes(findings: Iterable[Finding]) -> list[Finding]:
    """Those that only tell."""
    return [finding for finding in findings if finding.severity == NOTE]


def check_cell(cell: Cell) -> list[Finding]:
    """Findings of a cell. Rules of meaning run only over fields that have the right shape and range."""
    from hil.lint_cell import RULES, ranges, shape
    from hil.lint_notes import CELL_NOTES

    return _first(cell, (shape,), (ranges,), RULES) or list(_run(NOTE, CELL_NOTES, cell))


def check_pack(pack: Pack) -> list[Finding]:
    """Findings of a pack and of its cell, whose fields read `cell.…`."""
    from hil.lint_notes import PACK_NOTES
    from hil.lint_pack import RULES, ranges, shape
    from hil.lint_rules import products

    found = _first(pack, (shape,))
    if found:
        return found
    found = [finding._replace(field="cell." + finding.field) for finding in check_cell(pack.cell)]
    if errors(found):
        return found
    return (_first(pack, (ranges,), RULES, (products,)) or list(_run(NOTE, PACK_NOTES, pack))) + found


def _first(record: object, *stages: Sequence[Callable[..., Iterable[Complaint]]]) -> list[Finding]:
    """Errors of the first stage that finds any: a later one takes for granted what an earlier one has checked."""
    for rules in stages:
        found = list(_run(ERROR, rules, record))
        if found:
            return found
    return []


def _run(severity: str, rules: Sequence[Callable[..., Iterable[Complaint]]], record: object) -> Iterator[Finding]:
    for rule in rules:
        for field, value, reason in rule(record):
            yield Finding(severity, field, value, reason, rule.__name__)


def misshapen(record: object, fields: Sequence[str], shapes: dict[str, str], prefix: str = "") -> Iterator[Complaint]:
    """Fields whose value is not of its declared shape: text, int, ints, ints with a count; others pass."""
    for field in fields:
        value = getattr(record, field)
        reason = _unlike(value, shapes[field])
        if reason:
            yield prefix + field, value, reason


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _unlike(value: object, shape: str) -> str:
    if shape == "text":
        return "" if isinstance(value, str) and value else "must be a text that is not empty"
    if shape == "int":
        return "" if _is_int(value) else "must be an integer"
    if shape.startswith("ints"):
        length = int(shape[4:] or 0)
        if not isinstance(value, tuple) or not value or not all(_is_int(v) for v in value):
            return "must be a tuple of integers"
        if length and len(value) != length:
            return f"must have {length} values, has {len(value)}"
    return ""


def check_command(names: Sequence[str], json_path: str | None = None) -> int:
    """`hil check`: prints what was found in each cell or pack. 0 when nothing is wrong, else 2."""
    import sys

    from hil.errors import BadInput
    from hil.load import read_any
    from hil.record import write_whole

    report: list[dict[str, object]] = []
    worst = 0
    for name in names:
        try:
            record, where = read_any(name)
        except BadInput as error:
            print(error, file=sys.stderr)
            report.append({"name": name, "kind": None, "passed": False, "error": str(error), "findings": []})
            worst = 2
            continue
        found = check_pack(record) if isinstance(record, Pack) else check_cell(record)
        wrong = errors(found)
        for finding in wrong:
            print(f"{where}: {finding.line()}", file=sys.stderr)
        worst = 2 if wrong else worst
        kind = "pack" if isinstance(record, Pack) else "cell"
        told = [dict(finding._asdict(), value=_plain(finding.value)) for finding in found]
        report.append({"name": name, "kind": kind, "passed": not wrong, "error": None, "findings": told})
        if json_path != "-":
            _print(name, kind, found)
    if json_path is not None:
        text = json.dumps({"passed": worst == 0, "checked": report}, indent=2) + "\n"
        if json_path == "-":
            sys.stdout.write(text)
        else:
            write_whole(json_path, text.encode())
    return worst


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, str, list, tuple, type(None))) else repr(value)


def _print(name: str, kind: str, found: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.padding import Padding

    console = Console(highlight=False)
    wrong = errors(found)
    verdict = f"[red]{len(wrong)} wrong[/red]" if wrong else "[green]nothing wrong[/green]"
    console.print(f"[bold]{escape(name)}[/bold] ({kind}): {verdict}", soft_wrap=True)
    for mark, colour, some in (("✗", "red", wrong), ("·", "cyan", notes(found))):
        for finding in some:
            line = f"[{colour}]{mark}[/] [bold]{escape(finding.field)}[/bold]{escape(shown(finding.value))}: "
            console.print(Padding(line + escape(finding.reason), (0, 0, 0, 2)))
