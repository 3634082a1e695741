"""Decides what is asked of a DBC's text itself, where cantools says nothing or takes too long to say it."""

from __future__ import annotations

import re

# Values of a selector that one SG_MUL_VAL_ may list. cantools makes an integer of each: as many as 16 bits hold
# take seconds, as many as 32 bits hold minutes and gigabytes.
MOST_IDS = 65_536

# Vector's tools keep under this name the signals that lie in no message. cantools leaves it out.
PLACELESS = "VECTOR__INDEPENDENT_SIG_MSG"

_STRING_OR_REMARK = re.compile(r'"(?:\\"|[^"])*?"|//[^\n]*')
_IDS = re.compile(r"\bSG_MUL_VAL_\s+(\d+)\s+(\w+)\s+(\w+)\s+([^;]*)")
_PLACELESS = re.compile(rf"\bBO_\s+\d+\s+{PLACELESS}\s*:(.*?)(?=^\s*(?!SG_\s)\w+_\b|\Z)", re.MULTILINE | re.DOTALL)


def bare(text: str) -> str:
    """The text without what stands in quotes or behind //, with the same lines."""
    return _STRING_OR_REMARK.sub(lambda found: "\n" * found[0].count("\n"), text)


def too_many_ids(text: str) -> str:
    """Which line of a bare text selects by more values than MOST_IDS, in words; nothing if none does."""
    for found in _IDS.finditer(text):
        ends = re.findall(r"0*(\d{1,18})\s*[-+]0*(\d{1,18})", found[4])
        count = sum(max(0, int(last) - int(first) + 1) for first, last in ends)
        if count > MOST_IDS:
            line = text.count("\n", 0, found.start()) + 1
            _, message, signal, selector = found.group(0, 1, 2, 3)
            return f"line {line}: message {message}, signal {signal}: {count} values of {selector}, {MOST_IDS} at most"
    return ""


def placeless_signals(text: str) -> int | None:
    """How many signals of a bare text lie in no message; None if it does not speak of such."""
    found = _PLACELESS.findall(text)
    return sum(len(re.findall(r"\bSG_\s+\w+", part)) for part in found) if found else None
