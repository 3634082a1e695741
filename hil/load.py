"""Loading cells and packs by name or path: read as packfiles says, then refused where the linter finds an error.

Whatever is wrong becomes one line that names file, line or field, value and reason.
"""

from bms.schema import Cell, Pack
from hil.errors import BadInput
from hil.lint import Finding, check_cell, check_pack, errors
from hil.packfiles import read


def load_pack(name_or_path: str) -> Pack:
    """A pack that the linter finds nothing wrong with; BadInput for anything else."""
    record, where = read(name_or_path, ("PACK",))
    assert isinstance(record, Pack)
    _accept(check_pack(record), where)
    return record


def load_cell(name_or_path: str) -> Cell:
    """A cell that the linter finds nothing wrong with; BadInput for anything else."""
    record, where = read(name_or_path, ("CELL",))
    assert isinstance(record, Cell)
    _accept(check_cell(record), where)
    return record


def require_pack(pack: Pack, where: str = "") -> Pack:
    """The same check for a pack that was made in memory."""
    _accept(check_pack(pack), where or pack.name)
    return pack


def _accept(findings: list[Finding], where: str) -> None:
    wrong = errors(findings)
    if wrong:
        more = f" (and {len(wrong) - 1} more, see: hil check {where})" if len(wrong) > 1 else ""
        raise BadInput(f"{where}: {wrong[0].line()}{more}")
