"""What must be true of a cell's filter record, how far the model of its chemistry is to be trusted: rules as in cell.py."""

from collections.abc import Iterator
from typing import Any

from bms.schema import FILTER_FIELDS, Cell, Filter
from hil.lint.findings import CellRule, Complaint
from hil.lint.values import misshapen, out_of_range

SHAPES = dict.fromkeys(FILTER_FIELDS, "int")

RANGES = (
    ("gain_permille", 0, 200, "a count is wrong by 0 to 20 %"),
    ("offset_mC", 0, 1000, "a current of 0 to 1 C"),
    ("table_mV", 1, 200, "a table that is never wrong is believed blindly: 1 to 200"),
    ("span_permille", 5, 1000, "an error of a table lasts for 0.5 to 100 % of SoC"),
    ("table_s", 60, 1_000_000, "a voltage relaxes within a minute to eleven days"),
    ("reading_mV", 1, 200, "a reading that is never wrong is believed blindly: 1 to 200"),
    ("reading_ms", 0, 600_000, "a fast error lasts for ten minutes at most"),
    ("fast_permille", 0, 1000, "a part of the overvoltage: 0 to 1000"),
    ("skew_permille", 0, 2000, "0 to 2000"),
    ("slow_permille", 0, 1000, "a part of the overvoltage: 0 to 1000"),
    ("drag_permille", 0, 1000, "a part of the overvoltage: 0 to 1000"),
    ("r_permille", 1, 1000, "must be 1 to 1000"),
    ("r_s", 60, 10_000_000, "resistance is another one after a minute to 115 days"),
    ("r_ddegK", 1, 1000, "must be 0.1 to 100 K"),
    ("colder_permille_K", 0, 500, "0 to 50 % a kelvin"),
    ("settle_s", 1, 3600, "a SoC is found within a second to an hour"),
    ("hyst_permille", 1, 1000, "h is within -1 and 1"),
)


def shape(settings: Any) -> Iterator[Complaint]:
    """Every field has the type that the schema says."""
    if isinstance(settings, Filter):
        yield from misshapen(settings, FILTER_FIELDS, SHAPES, "filter.")
    else:
        yield "filter", settings, "must be Filter(...) as in bms/cells/si_ceramic_20ah.py"


def filter_ranges(cell: Cell) -> Iterator[Complaint]:
    """Every number is one that a filter can work with."""
    yield from out_of_range(cell.filter, RANGES, "filter.")


RULES: tuple[CellRule, ...] = (filter_ranges,)
