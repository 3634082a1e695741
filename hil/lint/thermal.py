"""What must be true of a pack's heater and cooler, of what heat and cold do to it, and of its profile: rules as in pack.py."""

from collections.abc import Iterator
from typing import Any

from bms.schema import THERMAL_FIELDS, Pack, Thermal
from hil.lint.findings import Complaint, PackRule
from hil.lint.values import misshapen, out_of_range

SOURCES = ("charger", "pack", "supply")
PAIRS = ("rate_derate_mK_s", "gradient_derate_ddegC", "storage_ddegC", "storage_permille")
SHAPES = dict.fromkeys(THERMAL_FIELDS, "int") | {"heater_source": "text"} | dict.fromkeys(PAIRS, "ints2")
RANGES = (
    ("heater_W", 0, 1_000_000, "0 to 1 MW"),
    ("cooler_W", 0, 1_000_000, "0 to 1 MW"),
    ("coolant_min_ddegC", -400, 1000, "a loop is kept between -40 and 100 degC"),
    ("coolant_max_ddegC", -400, 1000, "a loop is kept between -40 and 100 degC"),
    ("warm_mK_s", 1, 2000, "a stack warms by up to 2 K/s"),
    ("request_permille_s", 1, 1000, "a request rises in a second at least"),
    ("band_ddegC", 5, 200, "0.5 to 20 K, or a request chatters"),
    ("rate_derate_mK_s", 1, 10_000, "a rise is positive"),
    ("gradient_derate_ddegC", 1, 1000, "a difference is positive"),
    ("storage_ddegC", -400, 1000, "a pack is kept between -40 and 100 degC"),
    ("storage_permille", 0, 1000, "a SoC is 0 to 1000 permille"),
    ("swing_ddegK", 10, 2000, "1 to 200 K"),
    ("swing_life_count", 1, 10_000_000, "at least once"),
    ("swing_exponent", 1, 6, "1 to 6"),
)


def shape(thermal: Any, weighs: Any) -> Iterator[Complaint]:
    """Every field of the thermal record, and the rows of priority, have the types that the schema says."""
    if isinstance(thermal, Thermal):
        yield from misshapen(thermal, THERMAL_FIELDS, SHAPES, "thermal.")
    else:
        yield "thermal", thermal, "must be Thermal(...) as in bms/packs/bench_24.py"
    if not isinstance(weighs, tuple) or not all(_is_row(row) for row in weighs):
        yield "priority", weighs, "must be a tuple of pairs (fault, severity)"


def _is_row(row: Any) -> bool:
    return isinstance(row, tuple) and len(row) == 2 and isinstance(row[0], str) and type(row[1]) is int


def thermal_ranges(pack: Pack) -> Iterator[Complaint]:
    """Every number is one that a thermal system can have, and pairs rise."""
    thermal = pack.thermal
    yield from out_of_range(thermal, RANGES, "thermal.")
    if thermal.heater_source not in SOURCES:
        yield "thermal.heater_source", thermal.heater_source, f"there are {', '.join(SOURCES)}"
    for field in PAIRS:
        low, high = getattr(thermal, field)
        if low >= high:
            yield f"thermal.{field}", (low, high), "the first must be below the second"
    if thermal.gradient_derate_ddegC[0] <= pack.spread_t_ddegC:
        reason = f"must be above spread_t_ddegC, {pack.spread_t_ddegC}: no limit would ever be whole"
        yield "thermal.gradient_derate_ddegC", thermal.gradient_derate_ddegC, reason
    if thermal.coolant_min_ddegC >= thermal.coolant_max_ddegC:
        yield "thermal.coolant_min_ddegC", thermal.coolant_min_ddegC, f"must be below {thermal.coolant_max_ddegC}"


def profile_exists(pack: Pack) -> Iterator[Complaint]:
    """The pack's profile is one of the cell's."""
    names = [one.name for one in pack.cell.profiles]
    if pack.profile not in names:
        yield "profile", pack.profile, f"{pack.cell.name} has {', '.join(names)}"


RULES: tuple[PackRule, ...] = (thermal_ranges, profile_exists)
