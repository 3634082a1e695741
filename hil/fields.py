"""Tables of fields: what one table of a TOML file may hold, and the check that every such format shares.

A row says what a field takes and what it is where the file is silent. What is unknown, missing, of the wrong
type or out of range is refused in one line that names file, table and field.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hil.errors import BadInput

_NOTHING = object()
_WORD = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Field:
    """What one field takes, and its value where the file is silent (none: the field is required)."""

    kind: str  # number, count, flag, text, word (lower case, digits, _)
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()  # words taken besides, or instead of, a number
    default: Any = _NOTHING

    @property
    def required(self) -> bool:
        """The file may not be silent about it."""
        return self.default is _NOTHING


def number(low: float, high: float, default: Any = _NOTHING) -> Field:
    """A finite number inside [low, high]."""
    return Field("number", low, high, (), default)


def choice(*words: str, default: Any = _NOTHING) -> Field:
    """One of a few words."""
    return Field("word", choices=words, default=default)


def is_word(text: str) -> bool:
    """Lower-case letters, digits and _, a letter first."""
    return _WORD.match(text) is not None


def known(row: Mapping[str, Any], keys: Iterable[str], path: str, where: str) -> None:
    """Refuses what is not one of `keys`."""
    for key in row:
        if key not in keys:
            raise BadInput(f"{path}: {where}: unknown field {key!r}; there are {', '.join(keys)}")


def read(row: Any, table: Mapping[str, Field], path: str, where: str) -> dict[str, Any]:
    """The values of one table of the file, each checked against its row of the format."""
    if not isinstance(row, dict):
        raise BadInput(f"{path}: {where}: not a table")
    known(row, table, path, where)
    values = {}
    for key, rule in table.items():
        if key in row:
            wrong = _wrong(row[key], rule)
            if wrong:
                raise BadInput(f"{path}: {where} {key}: {row[key]!r} {wrong}")
            as_is = rule.kind != "number" or isinstance(row[key], str)
            values[key] = row[key] if as_is else float(row[key])
        elif rule.required:
            raise BadInput(f"{path}: {where} {key}: missing")
        else:
            values[key] = rule.default
    return values


def _wrong(value: Any, rule: Field) -> str:
    """What is wrong with a value; empty when nothing is."""
    if isinstance(value, str) and rule.choices:
        return "" if value in rule.choices else "is none of " + ", ".join(rule.choices)
    if rule.kind == "flag":
        return "" if isinstance(value, bool) else "is neither true nor false"
    if rule.kind in ("text", "word"):
        if not isinstance(value, str) or not value.strip():
            return "is not a text"
        plain = rule.kind == "text" or is_word(value)
        return "" if plain else "is not a word of lower-case letters, digits and _"
    whole = rule.kind == "count"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return "is not a whole number" if whole else "is not a number"
    return "" if rule.low <= value <= rule.high else f"is outside {rule.low:g} to {rule.high:g}"
