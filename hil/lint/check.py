"""Runs the rules over a cell or a pack: shape first, then ranges, then meaning, then sizes; notes on what is sound."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bms.schema import Cell, Pack
from hil.lint import cell as cells
from hil.lint import pack as packs
from hil.lint.findings import ERROR, NOTE, Complaint, Finding, errors
from hil.lint.note_rules import CELL_NOTES, PACK_NOTES
from hil.lint.products import products


def check_cell(cell: Cell) -> list[Finding]:
    """Findings of a cell. Rules of meaning run only over fields that have the right shape and range."""
    return _first(cell, (cells.shape,), (cells.ranges,), cells.RULES) or list(_run(NOTE, CELL_NOTES, cell))


def check_pack(pack: Pack) -> list[Finding]:
    """Findings of a pack and of its cell, whose fields read `cell.…`."""
    found = _first(pack, (packs.shape,))
    if found:
        return found
    found = [finding._replace(field="cell." + finding.field) for finding in check_cell(pack.cell)]
    if errors(found):
        return found
    return (_first(pack, (packs.ranges,), packs.RULES, (products,)) or list(_run(NOTE, PACK_NOTES, pack))) + found


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
