"""Decides how a piece of generated code is cut into lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WIDTH = 110  # columns
INDENT = "    "
ROOM = WIDTH - 2 * len(INDENT)  # of a statement in a method


def indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else line for line in lines]


def filled(head: str, items: Sequence[str], glue: str, tail: str) -> list[str]:
    """One line if it fits, else the items on lines of their own, as many to a line as fit."""
    whole = head + glue.join(items) + tail
    if len(whole) <= ROOM:
        return [whole]
    lines = [INDENT]
    for n, item in enumerate(items):
        more = (glue.lstrip() if n else "") + item
        if len(lines[-1]) + len(more) + 1 > ROOM and lines[-1] != INDENT:
            lines.append(INDENT + more)
        else:
            lines[-1] += (" " if lines[-1] != INDENT else "") + more
    return [head.rstrip(), *lines, tail]
