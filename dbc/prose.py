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
    sender = f" From {clean(', '.join(frame.senders))}." if frame.senders else ""
    text = f'"""{clean(frame.name)}.{sender} {clean(frame.comment)}'
    lines = textwrap.wrap(text, WIDTH - 2 * len(INDENT))
    if not frame.fields:
        return [*lines[:-1], lines[-1] + '"""']
    lines.append("")
    for field in frame.fields:
        lines += textwrap.wrap(_describe(frame, field), WIDTH - len(INDENT), subsequent_indent=INDENT)
    return [*lines, '"""']


def _describe(frame: Frame, field: Field) -> str:
    parts = []
    if not field.attribute.startswith(field.name):
        parts.append(f"DBC name {clean(field.name)}")
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
    text = f"{field.attribute}: {'; '.join(parts)}. {clean(field.comment)}".rstrip()
    if field.choices:
        text += ("" if text.endswith(".") else ".") + " "
        text += ", ".join(f"{value} {clean(name)}" for value, name in sorted(field.choices.items()))
    return text


def _unit(field: Field) -> str:
    return f" {clean(field.unit)}" if field.unit else ""


def _physical(field: Field, raw: float) -> str:
    value = Fraction(str(raw)) * Fraction(str(field.scale)) + Fraction(str(field.offset))
    return f"{float(value):.12g}"


def one_line(text: str) -> str:
    """Text that stays on the line it stands in."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def clean(text: str) -> str:
    """Text that cannot end the docstring it stands in."""
    return one_line(text).replace("\\", "/").replace('"', "'")
