"""Decides which message an identifier is: DBC files, by path or by the name of one that ships.

The compiler reads a file where it can. What it refuses and cantools reads (a file that is not strict, a message with an
overlap) is left to cantools, message by message, and a note says so. Of two messages with one identifier the first
counts. UTF-8, else Windows-1252.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import cantools.database
from cantools.database.can import Database, Message

import dbc
from dbc.layout import Frame, Refusal, frames
from hil.dump.candump import identifier_text
from hil.errors import BadInput, one_line

_SHELF = Path(dbc.__file__).parent
_ORPHAN = re.compile(r"(VAL_|SIG_VALTYPE_) (\d+) (\w+)")


class Definition(NamedTuple):
    """What a DBC says about one identifier."""

    file: str
    name: str
    identifier: str  # as candump writes it
    length: int
    signals: tuple[str, ...]
    frame: Frame | None  # None: only cantools has it
    message: Message | None  # None: nobody has asked cantools


class Databases:
    """The definitions of some DBC files. `notes` are lines for a person."""

    def __init__(self, names: Sequence[str], any_length: bool = False) -> None:
        self.notes: list[str] = []
        self.files: list[Path] = []
        self._definitions: dict[str, Definition] = {}
        logging.getLogger("cantools").setLevel(logging.CRITICAL)  # what it warns of is noted here or harmless
        for name in names:
            path = _place(name)
            self.files.append(path)
            hidden = 0
            for definition in self._read(name, path, any_length):
                first = self._definitions.setdefault(definition.identifier, definition)
                hidden += first is not definition
            if hidden:
                self.notes.append(f"{name}: {hidden} of its identifiers are taken by a DBC or message named before")

    def find(self, identifier: str) -> Definition | None:
        """By the identifier as candump writes it, which tells a standard one from its extended twin."""
        return self._definitions.get(identifier)

    def wanted(self, messages: Sequence[str], signals: Sequence[str]) -> dict[str, frozenset[str]]:
        """Identifier -> signals to show, for patterns of names; no pattern is all. BadInput where one matches nothing."""
        chosen: dict[str, frozenset[str]] = {}
        matched: set[str] = set()
        for definition in self._definitions.values():
            here = [pattern for pattern in messages if fnmatchcase(definition.name, pattern)]
            matched.update(here)
            if messages and not here:
                continue
            shown = set(definition.signals)
            if signals:
                full = {name: (name, f"{definition.name}.{name}") for name in definition.signals}
                shown = {name for name in full for pattern in signals if any(fnmatchcase(n, pattern) for n in full[name])}
                matched.update(p for p in signals for n in shown if any(fnmatchcase(name, p) for name in full[n]))
                if not shown:
                    continue
            chosen[definition.identifier] = frozenset(shown)
        for option, patterns in (("--message", messages), ("--signal", signals)):
            for pattern in patterns:
                if pattern not in matched:
                    raise BadInput(f"{option} {pattern}: there is none of that name in {', '.join(map(str, self.files))}")
        return chosen

    def name_width(self, identifiers: Iterable[str]) -> int:
        """Characters of the longest of these messages' names."""
        return max((len(self._definitions[identifier].name) for identifier in identifiers), default=0)

    def _read(self, name: str, path: Path, any_length: bool) -> list[Definition]:
        text = _decoded(path)
        try:
            try:
                compiled = frames(text)
            except Refusal as refusal:
                text, orphans = _without_orphans(text, str(refusal))
                if not orphans:
                    raise
                self.notes.append(f"{name}: passed over, since they belong to no signal: {', '.join(orphans)}")
                compiled = frames(text)
        except Refusal as refusal:
            return self._interpreted(name, text, str(refusal))
        messages = {}
        if any_length:
            messages = {message.name: message for message in _load(text, strict=True).messages}
        return [_definition(name, frame, messages.get(frame.name)) for frame in compiled]

    def _interpreted(self, name: str, text: str, reason: str) -> list[Definition]:
        """A file that the compiler refuses as a whole: message by message."""
        try:
            database = _load(text, strict=True)
        except Exception:  # a parser's complaint about a bad file may be of any type
            try:
                database = _load(text, strict=False)
            except Exception as error:
                raise BadInput(f"{name}: no DBC file: {one_line(error)}") from error
        # Of two in one file the last counts, as it does for cantools.
        definitions = [_of_message(name, message) for message in reversed(database.messages)]
        slow = sum(definition.frame is None for definition in definitions)
        self.notes.append(f"{name}: {reason}; {slow} of {len(definitions)} messages are left to cantools")
        return definitions


def _place(name: str) -> Path:
    if name.endswith(".dbc") or "/" in name or Path(name).is_file():
        return Path(name)
    path = _SHELF / f"{name}.dbc"
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in _SHELF.glob("*.dbc")))
        raise BadInput(f"{name}: no such DBC file, nor one that ships: {shipped}")
    return path


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _without_orphans(text: str, reason: str) -> tuple[str, list[str]]:
    """The text without the value tables and types of signals that it does not have, which cantools never takes."""
    orphans = [" ".join(found) for found in _ORPHAN.findall(reason)] if reason.startswith("unused") else []
    for orphan in orphans:
        statement = r"\s+".join(map(re.escape, orphan.split()))
        text = re.sub(rf'^\s*{statement}\b(?:"[^"]*"|[^;"])*;', "", text, flags=re.MULTILINE)
    return text, orphans


def _load(text: str, strict: bool) -> Database:
    database = cantools.database.load_string(text, database_format="dbc", strict=strict)
    assert isinstance(database, Database)
    return database


def _definition(file: str, frame: Frame, message: Message | None) -> Definition:
    signals = tuple(field.name for field in frame.fields)
    return Definition(file, frame.name, identifier_text(frame.id, frame.extended), frame.length, signals, frame, message)


def _of_message(file: str, message: Message) -> Definition:
    """Compiled where the message alone passes the compiler, as cantools writes it down."""
    try:
        alone = frames(Database(messages=[message]).as_dbc_string())
        return _definition(file, alone[0], message)
    except Exception:  # whatever the compiler or cantools' writer dislikes about it
        signals = tuple(dict.fromkeys(signal.name for signal in message.signals))
        identifier = identifier_text(message.frame_id, message.is_extended_frame)
        return Definition(file, message.name, identifier, message.length, signals, None, message)
