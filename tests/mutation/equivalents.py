"""The list of mutants that no test can notice, each with the reason why."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutator import Mutant

LIST = Path(__file__).with_name("equivalents.toml")
FIELDS = {"module", "function", "line", "changes", "reason"}
Key = tuple[str, str, str, str]


class ListError(ValueError):
    """The list is not what it should be."""


@dataclass
class Equivalents:
    """Reasons by what tells one mutant from every other: module, function, text of the line, change."""

    reasons: dict[Key, str]

    @classmethod
    def load(cls, path: Path = LIST) -> "Equivalents":
        """ListError names the entry and the field that is wrong."""
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ListError(f"{path.name}: {error}") from None
        reasons: dict[Key, str] = {}
        for number, entry in enumerate(raw.get("equivalent", []), 1):
            if set(entry) != FIELDS:
                wrong = ", ".join(sorted(set(entry) ^ FIELDS))
                raise ListError(f"{path.name}: entry {number}: missing or unknown: {wrong}")
            if not entry["reason"].strip():
                raise ListError(f"{path.name}: entry {number}: reason is empty")
            for change in entry["changes"]:
                key = entry["module"], entry["function"], entry["line"], change
                if key in reasons:
                    raise ListError(f"{path.name}: entry {number}: {change} is listed twice")
                reasons[key] = entry["reason"]
        return cls(reasons)

    def reason(self, mutant: Mutant) -> str:
        """Why nothing can notice it; empty where it is not listed."""
        return self.reasons.get(mutant.key, "")

    def stale(self, module: str, mutants: list[Mutant]) -> list[str]:
        """Entries for this module that fit no mutant."""
        there = {mutant.key for mutant in mutants}
        return [f"listed, and not there: {key[2]}  {key[3]}" for key in self.reasons if key[0] == module and key not in there]
