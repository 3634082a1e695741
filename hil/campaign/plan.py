"""A campaign file: TOML in, frozen records out; what is unknown or impossible is refused by file and field.

[campaign] says how many runs on which packs, each [[kind]] is a short story near a limit: a profile, and ranges from which a
run's seed draws where it begins, how it is loaded, how long it lasts and whether something breaks. The tables below are the
format. A range is a number or [low, high]; times are seconds after the contactors have closed; states of charge are fractions.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hil.errors import BadInput
from hil.fields import Field, choice, is_word, known, number, read
from hil.packfiles import names as pack_names
from hil.spread import KINDS as SPREADS

FOLDER = Path(__file__).parent.parent / "campaigns"
RUNS_MAX = 10_000_000
SHORT_s = 60.0
"""A kind that is not full lasts at most so long."""
LONG_s = 6 * 3600.0

CAMPAIGN: dict[str, Field] = {
    "name": Field("word"),
    "title": Field("text"),
    "first": Field("count", 0, 2**31 - 1 - RUNS_MAX, default=1),  # seed of run 0
    "runs": Field("count", 1, RUNS_MAX),
    "micropython": number(0.0, 1.0, default=0.0),  # share of the runs that have the real MicroPython process
    "faults": Field("flag", default=True),  # false: nothing breaks in any run, whatever the kinds say
}
PROFILES = ("drive", "regen_on_full", "deep_discharge", "fast_charge", "cold", "hot", "idle")
KIND: dict[str, Field] = {
    "name": Field("word"),
    "weight": number(0.0, 1e6, default=1.0),
    "profile": choice(*PROFILES),
    "full": Field("flag", default=False),  # a whole drive, charge or discharge
    "fault_share": number(0.0, 1.0, default=0.0),  # of its runs in which something breaks
    "map": Field("word", default=None),  # one of the cell's charge maps; silent: the one the pack names
    "thermal": Field("flag", default=False),  # heater, chiller and loop as the pack declares; false: a coolant without end
}
RANGES: dict[str, tuple[float, float, tuple[float, float] | None]] = {
    # field: lowest, highest, where the file is silent (None: required)
    "seconds": (0.5, LONG_s, None),
    "soc": (0.0, 1.0, None),
    "temperature_degC": (-40.0, 85.0, (25.0, 25.0)),
    "hysteresis": (-1.0, 1.0, (-1.0, 1.0)),
    "load_C": (0.0, 20.0, (1.0, 1.0)),  # of a constant load; a profile is scaled by it
    "memory_error": (-0.5, 0.5, (0.0, 0.0)),  # what the firmware finds in its memory, less the truth
}
LISTS = ("spread", "packs")


@dataclass(frozen=True)
class Kind:
    """One sort of run; `ranges` as RANGES, `spread` and `packs` to choose from (packs empty: all of the campaign)."""

    name: str
    weight: float
    profile: str
    full: bool
    fault_share: float
    map: str | None
    thermal: bool
    spread: tuple[str, ...]
    packs: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """One campaign, checked. `packs` maps names or paths to weights."""

    path: str
    text: str
    name: str
    title: str
    first: int
    runs: int
    micropython: float
    faults: bool
    packs: Mapping[str, float]
    kinds: tuple[Kind, ...]


def names() -> list[str]:
    """Names of the campaigns that are shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Plan:
    """A campaign by the path of its file, or by the name of a shipped one."""
    is_path = name.endswith(".toml") or "/" in name
    path = Path(name) if is_path and Path(name).is_file() else FOLDER / (Path(name).name.removesuffix(".toml") + ".toml")
    if is_path and not path.is_file():
        path = Path(name)
    if not is_path and not (is_word(name) and path.is_file()):
        raise BadInput(f"no campaign {name!r}: there are {', '.join(names())}, or give the path of a .toml file")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not a text file in UTF-8") from None
    return parse(text, str(path))


@cache
def parse(text: str, path: str) -> Plan:
    """The same from text; `path` is what messages call it, and where packs beside it are sought."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path}: {error}") from None
    known(document, ("campaign", "kind"), path, "the file")
    head = document.get("campaign")
    if not isinstance(head, dict):
        raise BadInput(f"{path}: no table [campaign]")
    packs = _packs(head.pop("packs", None), path)
    values = read(head, CAMPAIGN, path, "[campaign]")
    rows = document.get("kind", [])
    if not isinstance(rows, list) or not rows:
        raise BadInput(f"{path}: no [[kind]]: nothing would be run")
    kinds = tuple(_kind(row, packs, path, f"[[kind]] {i + 1}") for i, row in enumerate(rows))
    for kind in kinds:
        if [other.name for other in kinds].count(kind.name) > 1:
            raise BadInput(f"{path}: [[kind]] name: {kind.name!r} stands more than once")
    if not sum(kind.weight for kind in kinds):
        raise BadInput(f"{path}: [[kind]] weight: none is above 0")
    return Plan(path=path, text=text, packs=packs, kinds=kinds, **values)


def _packs(table: Any, path: str) -> dict[str, float]:
    if not isinstance(table, dict) or not table:
        raise BadInput(f"{path}: [campaign] packs: write it as {{ {pack_names()[0][0]} = 1 }}, names and weights")
    packs = {}
    for name, weight in table.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < 1e6:
            raise BadInput(f"{path}: [campaign] packs: {name}: {weight!r} is no weight above 0")
        is_path = "/" in name or name.endswith(".py")
        if not is_path and name not in pack_names()[0]:
            there = ", ".join(pack_names()[0])
            raise BadInput(f"{path}: [campaign] packs: {name!r} is none of {there}, and no path of a .py file")
        packs[str(Path(path).parent / name) if is_path else name] = float(weight)
    return packs


def _kind(row: Any, packs: Mapping[str, float], path: str, where: str) -> Kind:
    if not isinstance(row, dict):
        raise BadInput(f"{path}: {where}: write it as [[kind]]")
    known(row, (*KIND, *RANGES, *LISTS), path, where)
    values = read({key: row[key] for key in row if key in KIND}, KIND, path, where)
    ranges = {name: _range(row.get(name), name, path, where) for name in RANGES}
    if not values["full"] and ranges["seconds"][1] > SHORT_s:
        raise BadInput(f"{path}: {where} seconds: {ranges['seconds'][1]:g} is more than {SHORT_s:g}, and full is not said")
    spread = _list(row.get("spread", ["drawn"]), SPREADS, path, f"{where} spread")
    where_packs = _list(row.get("packs", []), tuple(packs), path, f"{where} packs")
    return Kind(spread=spread, packs=where_packs, ranges=ranges, **values)


def _range(value: Any, name: str, path: str, where: str) -> tuple[float, float]:
    low, high, silent = RANGES[name]
    if value is None:
        if silent is None:
            raise BadInput(f"{path}: {where} {name}: missing")
        return silent
    ends = value if isinstance(value, list) else [value, value]
    if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, (int, float)) for end in ends):
        raise BadInput(f"{path}: {where} {name}: {value!r} is neither a number nor [low, high]")
    if not low <= ends[0] <= ends[1] <= high:
        raise BadInput(f"{path}: {where} {name}: {value!r} is not within {low:g} to {high:g}, the lower end first")
    return float(ends[0]), float(ends[1])


def _list(value: Any, there: tuple[str, ...], path: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInput(f"{path}: {where}: {value!r} is not a list of words")
    for one in value:
        if one not in there:
            raise BadInput(f"{path}: {where}: {one!r} is none of {', '.join(there)}")
    return tuple(value)
