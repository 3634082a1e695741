"""What must be true of the ways to charge that a cell has: rules as in cell.py."""

from collections.abc import Iterator
from typing import Any

from bms.schema import PROFILE_FIELDS, Cell, COLD_ddegC, HOT_ddegC, Profile
from hil.lint.findings import CellRule, Complaint
from hil.lint.values import misshapen, out_of_range

KINDS = ("cc_cv", "multistage", "map_limited", "thermally_modulated", "gentle")
SHAPES = dict.fromkeys(PROFILE_FIELDS, "int") | {"name": "text", "kind": "text", "stages": "record"}
RANGES = (
    ("heat_to_ddegC", COLD_ddegC, 1000, "a cell is warmed to 100 degC at most"),
    ("cool_to_ddegC", 0, HOT_ddegC, "a cell is cooled to 0 degC at least"),
    ("taper_mC", 1, 1000, "a charge ends where 0.001 to 1 C are left"),
    ("taper_s", 1, 3600, "a second to an hour"),
    ("longest_s", 60, 604_800, "a charge takes a minute to a week"),
)


def shape(profiles: Any) -> Iterator[Complaint]:
    """Every field has the type that the schema says."""
    if not isinstance(profiles, tuple) or not profiles or not all(isinstance(one, Profile) for one in profiles):
        yield "profiles", profiles, "must be a tuple of Profile(...) as in bms/cells/si_ceramic_20ah.py"
        return
    for k, one in enumerate(profiles):
        yield from misshapen(one, PROFILE_FIELDS, SHAPES, f"profiles[{k}].")
        if not _pairs(one.stages):
            yield f"profiles[{k}].stages", one.stages, "must be pairs (SoC in permille, current in mC)"


def _pairs(stages: Any) -> bool:
    return (
        isinstance(stages, tuple)
        and bool(stages)
        and all(isinstance(pair, tuple) and len(pair) == 2 and all(type(one) is int for one in pair) for pair in stages)
    )


def profile_ranges(cell: Cell) -> Iterator[Complaint]:
    """Every profile is of a kind that there is, has a name of its own and stages that end at full."""
    names = [one.name for one in cell.profiles]
    for k, one in enumerate(cell.profiles):
        where = f"profiles[{k}]."
        if names.index(one.name) < k:
            yield where + "name", one.name, "stands more than once"
        if one.kind not in KINDS:
            yield where + "kind", one.kind, f"there are {', '.join(KINDS)}"
        yield from out_of_range(one, RANGES, where)
        ends = [end for end, _ in one.stages]
        if sorted(set(ends)) != ends or ends[0] < 1 or ends[-1] != 1000:
            yield where + "stages", one.stages, "SoC must rise to 1000 permille"
        if not all(1 <= current <= 100_000 for _, current in one.stages):
            yield where + "stages", one.stages, "a current is 0.001 to 100 C"


RULES: tuple[CellRule, ...] = (profile_ranges,)
