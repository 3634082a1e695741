"""Decides how the generated module reads: frames in, Python text out, the same text for the same DBC.

Written for MicroPython, where a call costs five additions, an integer past 30 bits is an object on the heap,
and so is what a function with many locals works in.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from dbc.layout import Frame
from dbc.lines import INDENT, WIDTH, indented
from dbc.packing import pack, tables
from dbc.prose import docstring
from dbc.unpacking import unpack


def module(
    frames: Sequence[Frame], header: str, send: bool, receive: bool, node: str | None = None
) -> str:
    """The whole file. `send` keeps pack, `receive` keeps unpack; of a `node` only where it does that."""
    sent = [send and (node is None or node in frame.senders) for frame in frames]
    received = [receive and (node is None or node in frame.receivers) for frame in frames]
    floats = any(field.is_float for frame in frames for field in frame.fields)
    about = ["Attributes are raw integers as on the wire; a name ends in the unit of its integer, if any."]
    if floats:
        about.append("IEEE float signals are floats, and struct is imported for them.")
    if any(sent):
        about.append("pack fills buf, LENGTH bytes, and clamps what is out of range; named values pass.")
    if any(received):
        about.append("unpack is False, and stores nothing, for a wrong length or a selector without meaning.")
    lines = [f'"""{header}', "", *textwrap.wrap(" ".join(about), WIDTH), '"""', ""]
    if floats:
        lines += ["import struct", ""]
    for frame, packs, unpacks in zip(frames, sent, received, strict=True):
        lines += ["", *_class(frame, packs, unpacks), ""]
    lines += ["", "MESSAGES = (", *indented(f"{frame.class_name}," for frame in frames), ")"]
    return "\n".join(lines) + "\n"


def _class(frame: Frame, send: bool, receive: bool) -> Iterator[str]:
    yield f"class {frame.class_name}:"
    body = [*docstring(frame), ""]
    body += [f"ID = {frame.id:#x}", f"EXTENDED = {frame.extended}"]
    body += [f"LENGTH = {frame.length}", f"PERIOD_ms = {frame.period_ms}"]
    if send:
        body += tables(frame)
    if frame.fields:
        body += ["", "def __init__(self) -> None:"]
        body += [f"{INDENT}self.{field.attribute} = {field.initial!r}" for field in frame.fields]
    if send:
        body += ["", 'def pack(self, buf: "bytearray | memoryview") -> None:']
        body += indented(pack(frame))
    if receive:
        body += ["", 'def unpack(self, buf: "bytes | bytearray | memoryview") -> bool:']
        body += indented(unpack(frame))
    yield from indented(body)
