"""Turns a DBC file into a codec that MicroPython and CPython load: one class per message.

    python dbc/generate.py FILE.dbc -o OUT.py
        [--map MAP.json] [--messages A,B] [--node NAME] [--half send|receive] [--check]

Each class has ID, EXTENDED, LENGTH (bytes), PERIOD_ms (0 if none), one attribute per signal (the raw integer,
a float for an IEEE signal), pack(buf) and unpack(buf) -> bool. The module has MESSAGES, a tuple of them.
dbc/names.py says how names and units come about. MAP.json tells tools what became of the DBC's names.

Three options leave out what is not needed, and may be combined. --messages names what is wanted. --node NAME keeps
pack of what NAME sends and unpack of what has a signal that NAME receives; what does not concern NAME is left out.
--half leaves out the other method everywhere, with --node also the messages that then have none.

The file is read as UTF-8, else as Windows-1252, by cantools in strict mode. What cannot be translated is
refused: exit 2, one line on stderr, OUT.py and MAP.json as they were. --check writes nothing and ends with 1,
and one line, when either is not what would be written. VECTOR__INDEPENDENT_SIG_MSG is no frame but where Vector's
tools keep the signals that lie in none: it gets no class, and one line on stderr says so when a file is written.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

if __name__ == "__main__" and not __package__:
    # A script's own folder comes first on the path; its package must.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    wanting = "its folder must be called dbc" if Path(__file__).resolve().parent.name != "dbc" else ""
    if importlib.util.find_spec("cantools") is None:
        wanting = "needs cantools: pip install cantools"
    if wanting:
        print(f"generate.py: {wanting}", file=sys.stderr)
        sys.exit(2)

from dbc import emit, files
from dbc.layout import Frame, Refusal, frames
from dbc.prose import clean, one_line
from dbc.scan import PLACELESS, bare, placeless_signals

EXAMPLE = "example: python dbc/generate.py dbc/bms.dbc -o bms/can/frames.py --check"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, one_line(f"{self.prog}: {message}") + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _Parser(prog="generate.py", description="DBC file to MicroPython codec", epilog=EXAMPLE)
    parser.add_argument("dbc", metavar="FILE.dbc", type=Path)
    parser.add_argument("-o", dest="out", metavar="OUT.py", type=Path, required=True)
    parser.add_argument("--map", metavar="MAP.json", type=Path, help="what became of the DBC's names")
    parser.add_argument("--messages", metavar="A,B", help="only these messages")
    parser.add_argument("--node", metavar="NAME", help="pack what it sends, unpack what it receives, no more")
    parser.add_argument("--half", choices=("send", "receive"), help="leave out unpack, or pack")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    options = parser.parse_args(arguments)
    logging.getLogger("cantools").setLevel(logging.CRITICAL)  # what it warns of is refused here or harmless
    try:
        twins = files.twins([options.dbc, options.out, *[options.map] * (options.map is not None)])
        if twins:
            raise Refusal(f"{twins[0]} and {twins[1]} are one file; in, out and map must be different ones")
        raw = options.dbc.read_bytes()
        wanted = _wanted(options, raw)
        if options.check:
            return _check(wanted, options.dbc)
        files.write(wanted)
        placeless = placeless_signals(bare(_decoded(raw)))
        if placeless is not None:
            _say(options.dbc, f"{PLACELESS} is no frame, its signals ({placeless}) are left out")
    except Refusal as refusal:
        _say(options.dbc, str(refusal))
        return 2
    except OSError as error:
        _say(error.filename or options.dbc, error.strerror or type(error).__name__)
        return 2
    except (MemoryError, RecursionError) as error:
        _say(options.dbc, f"is too large or too deeply nested ({type(error).__name__})")
        return 2
    return 0


def _say(path: object, what: str) -> None:
    print(one_line(f"{path}: {what}"), file=sys.stderr)


def _wanted(options: argparse.Namespace, raw: bytes) -> dict[Path, bytes]:
    """What every file to be written must hold."""
    send, receive = options.half != "receive", options.half != "send"
    chosen = _named(frames(_decoded(raw)), options.messages)
    if options.node is not None:
        chosen = _concerned(chosen, options.node, send, receive, by_name=options.messages is not None)
    given = {option: getattr(options, option) for option in ("messages", "node", "half")}
    how = "".join(f" --{option} {clean(value)}" for option, value in given.items() if value)
    digest = hashlib.sha256(raw).hexdigest()[:12]
    header = f"generated from {clean(options.dbc.name)} (sha256 {digest}) by dbc/generate.py{how}; do not edit."
    text = emit.module(chosen, header, send, receive, options.node)
    _compile(text, chosen)
    wanted = {options.out: text.encode()}
    if options.map is not None:
        wanted[options.map] = (json.dumps(_map(chosen), indent=1, ensure_ascii=False) + "\n").encode()
    return wanted


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            last = error
    line = raw.count(b"\n", 0, last.start) + 1
    raise Refusal(f"line {line}: byte {raw[last.start]:#x} is neither UTF-8 nor Windows-1252")


def _compile(text: str, chosen: Sequence[Frame]) -> None:
    """Refuses the message whose class Python cannot compile."""
    try:
        compile(text, "OUT.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        for frame in chosen:
            try:
                compile(emit.module([frame], "", True, True), "OUT.py", "exec", dont_inherit=True)
            except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
                reason = getattr(error, "msg", "") or str(error) or type(error).__name__
                raise Refusal(f"message {frame.name}: Python cannot compile its class ({reason})") from error
        raise Refusal("Python cannot compile its classes together") from None


def _named(all_frames: list[Frame], names: str | None) -> list[Frame]:
    if names is None:
        return all_frames
    wanted = [name.strip() for name in names.split(",")]
    known = {frame.name for frame in all_frames}
    for name in wanted:
        if name not in known:
            raise Refusal(f"message {name}: is not in the file")
    return [frame for frame in all_frames if frame.name in wanted]


def _concerned(among: list[Frame], node: str, send: bool, receive: bool, by_name: bool) -> list[Frame]:
    """Those that the node sends, or receives; asked for `by_name` all of them must be such."""
    kept = [f for f in among if (send and node in f.senders) or (receive and node in f.receivers)]
    does = "sends or receives" if send and receive else "sends" if send else "receives"
    for frame in among if by_name else ():
        if frame not in kept:
            raise Refusal(f"message {frame.name}: is none that node {node} {does}")
    if not kept:
        raise Refusal(f"node {node}: there is no message in the file that it {does}")
    return kept


def _map(chosen: Sequence[Frame]) -> dict[str, object]:
    return {
        frame.name: {
            "class": frame.class_name,
            "signals": {field.name: field.attribute for field in frame.fields},
            "meta": {
                field.name: {
                    "scale": field.scale,
                    "offset": field.offset,
                    "minimum": field.minimum,
                    "maximum": field.maximum,
                    "choices": {str(value): text for value, text in field.choices.items()} or None,
                }
                for field in frame.fields
            },
        }
        for frame in chosen
    }


def _check(wanted: dict[Path, bytes], source: Path) -> int:
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() != content:
            _say(path, f"stale, generate it again from {source}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
