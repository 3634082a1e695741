"""Defects seen in other systems: peers.toml beside this file, one record each."""

import tomllib
from pathlib import Path
from typing import NamedTuple

PLACE = Path(__file__).parent / "peers.toml"


class Defect(NamedTuple):
    """Who has it, what it is, the property that excludes it here, and the tests of that."""

    peer: str
    what: str
    property: str
    tests: tuple[str, ...]


def load() -> tuple[Defect, ...]:
    """All of them. TypeError for a field too many or too few."""
    rows = tomllib.loads(PLACE.read_text(encoding="utf-8"))["defect"]
    return tuple(Defect(**{**row, "tests": tuple(row["tests"])}) for row in rows)
