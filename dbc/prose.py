"""Decides what the reader of a generated class is told: message and sender, then a line per signal.

The range is that of the attribute (raw), beside it the physical one where they differ; then the unit, the
selector that makes the signal present, the comment, and the names of values.
"""

from __future__ import annotations

import textwrap
from fractions import Fraction

from dbc.layout import Field, Frame
from dbc.lines import INDENT, WIDTH
from dbc.selection import is_in


def docstring(frame: Frame) -> list[str]:
    sender = f" From {', '.join(frame.senders)}." if frame.senders else ""
    lines = textwrap.wrap(f'"""{frame.name}.{sender} {_clean(frame.comment)}', WIDTH - 2 * len(INDENT))
    if not frame.fields:
        return [*lines[:-1], lines[-1] + '"""']
    lines.append("")
    for field in frame.fields:
        lines += textwrap.wrap(_describe(frame, field), WIDTH - len(INDENT), subsequent_indent=INDENT)
    return [*lines, '"""']


def _describe(frame: Frame, field: Field) -> str:
    parts = []
    if not field.attribute.startswith(field.name):
        parts.append(f"DBC name {_clean(field.name)}")
    if field.low is None or field.high is None:
        parts.append(f"IEEE float of {field.width} bits{_unit(field)}")
    elif (field.scale, field.offset) == (1, 0):
        parts.append(f"{field.low} to {field.high}{_unit(field)}")
    else:
        ends = f"{_physical(field, field.low)} to {_physical(field, field.high)}"
        parts.append(f"{field.low} to {field.high} is {ends}{_unit(field)}")
    if field.selector is not None:
        selector = next(other for other in frame.fields if other.name == field.selector)
        parts.append(f"present when {is_in(selector.attribute, field.ids)}")
    text = f"{field.attribute}: {'; '.join(parts)}. {_clean(field.comment)}".rstrip()
    if field.choices:
        text += ("" if text.endswith(".") else ".") + " "
        text += ", ".join(f"{value} {_clean(name)}" for value, name in sorted(field.choices.items()))
    return text


def _unit(field: Field) -> str:
    return f" {_clean(field.unit)}" if field.unit else ""


def _physical(field: Field, raw: float) -> str:
    value = Fraction(str(raw)) * Fraction(str(field.scale)) + Fraction(str(field.offset))
    return f"{float(value):.12g}"


def _clean(text: str) -> str:
    """Text that cannot end the docstring it stands in."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split()).replace("\\", "/").replace('"', "'")
