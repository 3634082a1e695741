"""What a rule is and what it finds.

A rule is a function over one record that yields (field, value, reason) wherever the sentence in its docstring is false.
"""

from collections.abc import Callable, Iterable
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
