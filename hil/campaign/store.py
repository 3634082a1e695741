"""Where a campaign's results lie: DIR/results.jsonl, a head and one line a run, appended and flushed as they come.

The head holds what the lines depend on, the campaign file and the code, as hashes. A kill at any time leaves whole lines and
at most one torn one, which is dropped; the runs that have a line are not done again. Lines of another file or other code are
never mixed with new ones.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bms
import boards
import dbc
import hil
from hil.campaign.plan import Plan
from hil.errors import BadInput

NAME = "results.jsonl"
SOURCES = ("*.py", "*.toml", "*.dbc", "*.csv.gz")


def code_version() -> str:
    """Hash over the sources of firmware and bench, in whichever folder they are installed."""
    total = hashlib.sha256()
    for package in (bms, boards, dbc, hil):
        for folder in sorted(map(Path, package.__path__)):
            for path in sorted(one for pattern in SOURCES for one in folder.rglob(pattern)):
                total.update(path.relative_to(folder).as_posix().encode() + b"\0")
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def plan_version(plan: Plan) -> str:
    """Hash of the campaign file and of the packs beside it."""
    total = hashlib.sha256(plan.text.encode())
    for name in plan.packs:
        if name.endswith(".py"):
            total.update(Path(name).read_bytes() if Path(name).is_file() else b"")
    return total.hexdigest()[:16]


class Store:
    """`done` holds the numbers of the runs that have a line."""

    def __init__(self, folder: Path, plan: Plan, fresh: bool) -> None:
        self.path = folder / NAME
        self.done: set[int] = set()
        head = {"campaign": plan.name, "file": plan_version(plan), "code": code_version()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if fresh:
                self.path.unlink(missing_ok=True)
            size = self._resume(head) if self.path.exists() else 0
            self._file = self.path.open("ab")
            self._file.truncate(size)
            if not size:
                self._write([head])
        except OSError as error:
            raise BadInput(f"{self.path}: cannot be written: {error.strerror or error}") from None

    def add(self, lines: Iterable[dict[str, Any]]) -> None:
        """Appends verdicts; they are on the disk when this returns."""
        new = [line for line in lines if line["run"] not in self.done]
        self.done.update(line["run"] for line in new)
        self._write(new)

    def lines(self) -> Iterator[dict[str, Any]]:
        """All verdicts, in the order in which they came."""
        with self.path.open("rb") as file:
            next(file, None)
            for raw in file:
                yield json.loads(raw)

    def close(self) -> None:
        """Nothing is written any more."""
        self._file.close()

    def _write(self, lines: Iterable[dict[str, Any]]) -> None:
        self._file.write(b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _resume(self, head: dict[str, Any]) -> int:
        """Takes in what there is; the length of what is whole."""
        size = 0
        with self.path.open("rb") as file:
            for number, raw in enumerate(file):
                line = _whole(raw)
                if line is None:
                    break
                if number == 0:
                    self._refuse_other(line, head)
                elif isinstance(line.get("run"), int):
                    self.done.add(line["run"])
                size += len(raw)
        return size

    def _refuse_other(self, line: dict[str, Any], head: dict[str, Any]) -> None:
        for key, what in (("campaign", "campaign"), ("file", "campaign file"), ("code", "version of the code")):
            if line.get(key) != head[key]:
                raise BadInput(f"{self.path}: results of another {what}: name another --out, or begin anew with --fresh")


def _whole(raw: bytes) -> dict[str, Any] | None:
    """A line that was written to its end."""
    if not raw.endswith(b"\n"):
        return None
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
