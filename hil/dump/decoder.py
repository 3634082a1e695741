"""Decides how the bytes of one message become text: in code that is written for it, or where there is none by cantools.

The house's compiler writes the class that takes the frame apart; the function that words it is written here, as one
template for the signals that are always there and one for those under each value of a selector. Both are compiled when
the first frame of the message comes.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cantools.database.can import Message
from cantools.database.errors import Error

from dbc import emit
from dbc.layout import Field, Frame
from dbc.selection import is_in, level_of
from hil.dump.wording import Csv, Terminal, is_whole

Wording = Terminal | Csv
Decode = Callable[[str, bytes], str | None]  # beginning of the line, data -> text; None: the frame has no meaning

_STEP = "    "
_MOST_TEXTS = 8192  # of one signal


def compiled(frame: Frame, wording: Wording, wanted: frozenset[str]) -> Decode:
    """A decoder of this frame, for the signals of these names."""
    names: dict[str, Any] = {}
    exec(compile(emit.module([frame], frame.name, send=False, receive=True), f"<{frame.name}>", "exec"), names)
    exec(compile(source(frame, wording, wanted, names), f"<{frame.name} in words>", "exec"), names)
    decode: Decode = names["decode"]
    return decode


def source(frame: Frame, wording: Wording, wanted: frozenset[str], names: dict[str, Any]) -> str:
    """The text of decode(p, data). What it looks up goes into `names`: m, the message, and its value tables."""
    names["m"] = names["MESSAGES"][0]()
    body = ["def decode(p, data):", f"{_STEP}if not m.unpack(data):", f"{2 * _STEP}return None"]
    body.append(f"{_STEP}text = {'' if frame.fields else wording.without_signals!r}")
    body += (_STEP + line for line in _level(frame, level_of(frame, None), wording, wanted, names))
    return "\n".join([*body, f"{_STEP}return {wording.ending}", ""])


def _level(
    frame: Frame, fields: Sequence[Field], wording: Wording, wanted: frozenset[str], names: dict[str, Any]
) -> Iterator[str]:
    template, values = "", []
    for field in fields:
        if field.name in wanted:
            number, value = _value(field, wording, names)
            template += wording.signal(field.name, field.unit, number)
            values += ["p", value] if wording.prefixed else [value]
    if values:
        yield f"text += {template!r} % ({', '.join(values)},)"
    for selector in fields:
        for ids in dict.fromkeys(field.ids for field in frame.fields if field.selector == selector.name):
            inner = list(_level(frame, level_of(frame, (selector, ids)), wording, wanted, names))
            if inner:
                yield f"if {is_in(f'm.{selector.attribute}', ids)}:"
                yield from (_STEP + line for line in inner)


def _value(field: Field, wording: Wording, names: dict[str, Any]) -> tuple[str, str]:
    """Template and expression of the physical value."""
    raw = f"m.{field.attribute}"
    number = wording.number(field, field.is_float, field.width)
    if not field.choices and (field.is_float or (field.scale == 1 and field.offset == 0)):
        identical = field.scale == 1 and field.offset == 0
        return number, raw if identical else f"{raw} * {field.scale!r} + {field.offset!r}"
    texts = f"texts_{len(names)}"
    names[texts] = (_FloatTexts if field.is_float else Texts)(field, wording)
    return "%s", f"{texts}[{raw}]"


class Texts(dict[float, str]):
    """Raw value -> text of the physical one, reckoned as cantools does, so that every float has the same bits.

    What has been said is kept, up to a bound: writing a float down costs more than all the rest of a signal.
    """

    def __init__(self, field: Field, wording: Wording) -> None:
        super().__init__()
        self._named = {raw: wording.text(text) for raw, text in field.choices.items()}
        self._template = wording.number(field, field.is_float, field.width)
        whole = is_whole(field, field.is_float)
        self._scale = int(field.scale) if whole else field.scale
        self._offset = int(field.offset) if whole else field.offset
        self._identical = field.scale == 1 and field.offset == 0

    def _text(self, raw: float) -> str:
        named = self._named.get(raw)  # type: ignore[call-overload]
        if named is not None:
            return str(named)
        return self._template % (raw if self._identical else raw * self._scale + self._offset)

    def __missing__(self, raw: float) -> str:
        if len(self) >= _MOST_TEXTS:
            self.clear()
        text = self[raw] = self._text(raw)
        return text


class _FloatTexts(Texts):
    """Keeps nothing: as keys 0.0 and -0.0 are one, and not-a-number is none."""

    def __missing__(self, raw: float) -> str:
        return self._text(raw)


def interpreted(message: Message, wording: Wording, wanted: frozenset[str], any_length: bool) -> Decode:
    """The same by cantools, some times slower: for what the compiler refuses, and for frames of another length."""
    templates = {}
    for signal in message.signals:
        if signal.name in wanted:
            number = wording.number(signal, signal.conversion.is_float, signal.length)
            template, text = (wording.signal(signal.name, signal.unit or "", value) for value in (number, "%s"))
            templates[signal.name] = template, text
    start = "" if message.signals else wording.without_signals
    parts = _parts(message)

    def decode(p: str, data: bytes) -> str | None:
        if len(data) != message.length and not any_length:
            return None
        values: dict[str, Any] = {}
        for part in parts:
            with contextlib.suppress(Exception):  # cantools has no one type for what it cannot decode
                values |= part.decode_simple(data, allow_truncated=any_length)
        if message.signals and not values:
            return None
        text = start
        for name, value in values.items():
            if name not in templates:
                continue
            template, by_name = templates[name]
            if not isinstance(value, (int, float)):
                template, value = by_name, wording.text(str(value))
            text += template % ((p, value) if wording.prefixed else (value,))
        return _ended(p, text)

    def _ended(p: str, text: str) -> str:
        if wording.prefixed:
            return text
        return f"{p}{text}\n" if text else ""

    return decode


def _parts(message: Message) -> list[Message]:
    """The message, or where its signals overlap, which cantools cannot take apart, one for every signal of it."""
    try:
        message.refresh(strict=True)
        return [message]
    except Error:
        by_name = {signal.name: signal for signal in message.signals}
        parts = []
        for signal in message.signals:
            chain = [signal]
            while (selector := chain[-1].multiplexer_signal) is not None:
                chain.append(by_name[selector])
            parts.append(Message(message.frame_id, message.name, message.length, chain, strict=False, is_extended_frame=True))
        return parts
