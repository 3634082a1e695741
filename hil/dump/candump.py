"""Decides what a line of candump says: when, on which bus, which identifier, which bytes. Read as it streams.

Two forms, as can-utils writes them: the log (`candump -l`, `-L`) and the screen (`candump can0`, with any of its time
stamps; a calendar stamp is local time). Plain or gzipped, whatever the name. An identifier of up to three digits is a
standard one, of more an extended one; 0x20000000 marks an error frame. Blank lines and lines that begin with # or ;
say nothing. A last line that was cut off is counted, since logs end with the power; any other that cannot be read is
BadInput with file and line, or counted where the reader is told to be tolerant.
"""

import contextlib
import datetime
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from hil.errors import BadInput

# When (text, '' if not known), bus, identifier as candump writes it, data, kind. None: nothing was heard for a while.
Heard = tuple[str, str, str, bytes, int]
DATA, FD, REMOTE, ERROR = range(4)

LONGEST_LINE_chars = 4096
_CLASSIC_bytes, _LONGEST_bytes = 8, 64
_ERROR_FLAG = 0x2000_0000
_MAGIC = b"\x1f\x8b"

_LOG = re.compile(
    r"\s*\((\d+(?:\.\d*)?)\)\s+(\S+)\s+([0-9A-Fa-f]{1,8})#(#[0-9A-Fa-f]|R)?([0-9A-Fa-f]*)(?:_[0-9A-Fa-f])?(?:\s+[RT])?\s*$"
).match
_SCREEN = re.compile(
    r"\s*(?:\((\d[\d.]*|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)\)\s+)?(\S+)\s+(?:[RT]X\s+\S+\s+\S+\s+)?"
    r"([0-9A-F]{3}|[0-9A-F]{8})\s+\[(\d{1,2})\]\s*(remote request|(?:[0-9A-F]{2}(?:\s+|$))*)"
).match


def identifier_text(number: int, extended: bool) -> str:
    """As candump writes it: the digits tell a standard identifier from its extended twin."""
    return f"{number:08X}" if extended else f"{number:03X}"


class CandumpLog:
    """A log, iterated once; with `seconds` it ends so long after its start. `truncated`, `bad_lines` are known at the end."""

    live = False
    failed: str | None = None

    def __init__(self, path: str, tolerant: bool = False, seconds: float | None = None) -> None:
        self.name = "standard input" if path == "-" else path
        self.truncated = 0
        self.bad_lines = 0
        self._tolerant = tolerant
        self._seconds = seconds
        self._identifiers: dict[str, tuple[str, int] | None] = {}
        self._line_count = 0
        self.size_bytes: int | None = None
        try:
            self._raw = _stdin() if path == "-" else io.BufferedReader(io.FileIO(path))
            if path != "-" and Path(path).is_file():
                self.size_bytes = Path(path).stat().st_size
            zipped = self._raw.peek(len(_MAGIC)).startswith(_MAGIC)
        except OSError as error:
            raise BadInput(f"{self.name}: {error.strerror or error}") from error
        binary = gzip.GzipFile(fileobj=self._raw) if zipped else self._raw
        self._text = io.TextIOWrapper(binary, encoding="ascii", errors="replace")

    def position(self) -> int:
        """How much of the file, in bytes, has been read."""
        return self._raw.tell()

    def close(self) -> None:
        """Lets go of the file."""
        with contextlib.suppress(OSError):
            self._text.close()
            self._raw.close()

    def __iter__(self) -> Iterator[Heard | None]:
        until_s: float | None = None
        anything = False
        for line in self._lines():
            heard = self._read(line)
            if heard is None:
                continue
            anything = True
            if self._seconds is not None and heard[0]:
                if until_s is None:
                    until_s = float(heard[0]) + self._seconds
                elif float(heard[0]) > until_s:
                    return
            yield heard
        if self.bad_lines and not anything:
            raise BadInput(f"{self.name}: no line is as candump writes it")

    def _lines(self) -> Iterator[str]:
        try:
            while line := self._text.readline(LONGEST_LINE_chars):
                self._line_count += 1
                yield line
        except EOFError:  # the gzip stream has no end
            self.truncated = 1
        except (OSError, zlib.error) as error:
            raise BadInput(f"{self.name}: behind line {self._line_count}: {error}") from error

    def _read(self, line: str) -> Heard | None:
        found = _LOG(line)
        if found is None:
            return self._screen(line)
        time_text, bus, digits, mark, data_text = found.groups()
        try:
            identifier, kind = self._identifiers[digits] or (None, DATA)
        except KeyError:
            known = self._identifiers[digits] = _identifier(digits)
            identifier, kind = known or (None, DATA)
        if identifier is None:
            return self._bad(line)
        if mark == "R":
            return time_text, bus, identifier, b"", kind or REMOTE
        if len(data_text) & 1:
            return self._bad(line)
        data = bytes.fromhex(data_text)
        if mark:
            kind = kind or FD
        if len(data) > (_LONGEST_bytes if mark else _CLASSIC_bytes):
            return self._bad(line)
        return time_text, bus, identifier, data, kind

    def _screen(self, line: str) -> Heard | None:
        found = _SCREEN(line)
        if found is None:
            return None if not line.strip() or line.lstrip()[0] in "#;" else self._bad(line)
        time_text, bus, digits, length_text, data_text = found.groups()
        named = _identifier(digits)
        length = int(length_text)
        remote = data_text == "remote request"
        data = b"" if remote else bytes.fromhex(data_text)
        fd = len(length_text) == 2  # [08] is a flexible frame, [8] a classic one
        if named is None or (not remote and len(data) != length) or length > (_LONGEST_bytes if fd else _CLASSIC_bytes):
            return self._bad(line)
        if time_text and "-" in time_text:
            time_text = f"{datetime.datetime.fromisoformat(time_text).timestamp():.6f}"
        kind = named[1] or (REMOTE if remote else FD if fd else DATA)
        return time_text or "", bus, named[0], data, kind

    def _bad(self, line: str) -> Heard | None:
        number = self._line_count
        if number > 1 and not line.endswith("\n") and not next(self._lines(), "").strip("\0"):
            # What a power cut leaves: half a line, or the zeros of blocks that were never written.
            self.truncated = 1
            return None
        if self._tolerant:
            self.bad_lines += 1
            return None
        shown = "".join(c if c.isprintable() and c.isascii() else "?" for c in line.rstrip()[:60])
        raise BadInput(f"{self.name}: line {number}: not as candump writes it: {shown!r} (--skip-bad-lines goes on)")


def _stdin() -> io.BufferedReader:
    assert isinstance(sys.stdin.buffer, io.BufferedReader)
    return sys.stdin.buffer


def _identifier(digits: str) -> tuple[str, int] | None:
    """The identifier as candump writes it, and whether it marks an error frame; None where there is no such one."""
    number = int(digits, 16)
    if len(digits) <= 3:
        return (identifier_text(number, False), DATA) if number < 0x800 else None
    if number >= 2 * _ERROR_FLAG:
        return None
    return identifier_text(number, True), ERROR if number & _ERROR_FLAG else DATA
