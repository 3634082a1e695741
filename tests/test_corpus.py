"""Of every DBC file in cantools' own tests the generated code does what cantools does, on both interpreters.

Figures are written to build/corpus.json and printed with -s.
"""

import importlib.metadata
import json
import struct
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pytest
from cantools.database.can import Message

from dbc import generate
from tests.corpus import Row, Source, rows, sources, summarise
from tests.test_codec import same, small

# The series of cantools whose corpus is known file by file. Of another, what it loads must have a codec and what it
# refuses must be refused, whatever that is.
KNOWN = "45.1"
# What that one refuses in strict mode, and what the one line must say. All else has a codec.
REFUSED = {
    "tests/files/dbc/bad_message_length.dbc": "signal Signal1 does not fit in message Message1",
    "tests/files/dbc/incorrect-sig_valtype.dbc": "unused SIG_VALTYPE_ entries in DBC: SIG_VALTYPE_ 345 signal2",
    "tests/files/dbc/incorrect-val.dbc": "unused VAL_ entries in DBC: VAL_ 99 signal1",
    "tests/files/dbc/issue_199.dbc": "id 0x10630000 is more than 11 bits in message DriverDoorStatus",
    "tests/files/dbc/issue_199_extended.dbc": "id 0x7fffffff is more than 29 bits in message DriverDoorStatus",
    "tests/files/dbc/issue_63.dbc": "signals HtrRes and MaxRes are overlapping in message AFT1PSI2",
}
# The whole of it, and what 41.0.2 brings along, which later versions only add to.
COUNT = {"files": 84, "messages": 417, "payloads": 86_500}
AT_LEAST = {"files": 78, "messages": 411, "payloads": 85_300}


@dataclass(frozen=True)
class Made:
    """A file with its codec."""

    source: Source
    text: str
    names: dict[str, Any]

    def messages(self) -> list[Message]:
        assert self.source.database is not None
        return self.source.database.messages


@cache
def made() -> tuple[Made, ...]:
    """Every file that cantools loads."""
    result = []
    with TemporaryDirectory() as folder:
        source, out, mapping = (Path(folder, name) for name in ("in.dbc", "out.py", "map.json"))
        for item in sources():
            if item.database is None:
                continue
            source.write_bytes(item.raw)
            assert generate.main([str(source), "-o", str(out), "--map", str(mapping)]) == 0, item.name
            names = json.loads(mapping.read_text(encoding="utf-8"))
            result.append(Made(item, out.read_text(encoding="utf-8"), names))
    return tuple(result)


@cache
def asked(name: str) -> dict[str, list[Row]]:
    """The rows of every message of a file."""
    (item,) = (item for item in made() if item.source.name == name)
    return {message.name: list(rows(message)) for message in item.messages()}


def is_known() -> bool:
    return importlib.metadata.version("cantools").startswith(f"{KNOWN}.")


def check_count(count: dict[str, Any]) -> None:
    if is_known():
        assert {key: count[key] for key in COUNT} == COUNT
    assert all(count[key] >= least for key, least in AT_LEAST.items())


def test_the_files_that_cantools_refuses_are_refused_and_no_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = {item.name for item in sources() if item.database is None}
    assert refused == set(REFUSED) or (not is_known() and refused)
    assert len(made()) == len(sources()) - len(refused)
    capsys.readouterr()  # what was said of files that have a codec
    for item in sources():
        if item.database is None:
            path, out = tmp_path / Path(item.name).name, tmp_path / "out.py"
            path.write_bytes(item.raw)
            assert generate.main([str(path), "-o", str(out)]) == 2
            said = capsys.readouterr().err
            assert said.count("\n") == 1
            assert said.startswith(f"{path}: ")
            assert len(said) > len(f"{path}: \n")
            assert not is_known() or REFUSED[item.name] in said
            assert not out.exists()


def test_the_corpus_of_another_version_is_held_to_a_lower_bound_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for version, fine, wrong in (
        ("41.0.2", AT_LEAST, {**AT_LEAST, "messages": AT_LEAST["messages"] - 1}),
        ("45.3.0", {**COUNT, "files": COUNT["files"] + 1}, {**COUNT, "files": 0}),
        (f"{KNOWN}.0", COUNT, {**COUNT, "files": COUNT["files"] + 1}),
    ):
        monkeypatch.setattr(importlib.metadata, "version", lambda package, version=version: version)
        check_count(fine)
        with pytest.raises(AssertionError):
            check_count(wrong)


def test_on_cpython_every_message_reads_and_packs_as_cantools_does() -> None:
    count = {"files": 0, "messages": 0, "payloads": 0, "packed": 0, "mismatches": 0}
    wrong: list[str] = []
    for item in made():
        module = ModuleType("codec")
        exec(compile(item.text, item.source.name, "exec"), module.__dict__)
        count["files"] += 1
        for message in item.messages():
            entry = item.names[message.name]
            cls = getattr(module, entry["class"])
            count["messages"] += 1
            for row in asked(item.source.name)[message.name]:
                count["payloads"] += row.payload is not None
                count["packed"] += row.packed is not None
                fault = reading(cls, entry, message, row) or packing(cls, entry, row)
                if fault:
                    wrong.append(f"{item.source.name}: {message.name}: {fault}")
    count["mismatches"] = len(wrong)
    summarise("cpython", count)
    assert not wrong, "\n".join(wrong[:20])
    check_count(count)


def reading(cls: Any, entry: dict[str, Any], message: Message, row: Row) -> str:
    """What unpack does wrong with the payload."""
    if row.payload is None:
        return ""
    frame = cls()
    for attribute in entry["signals"].values():
        setattr(frame, attribute, None)
    if frame.unpack(row.payload) is not (row.read is not None):
        return f"{row.payload.hex()} is read where cantools does not, or the reverse"
    got = {name: getattr(frame, attribute) for name, attribute in entry["signals"].items()}
    want = row.read or {}
    for name, value in got.items():
        if (value is None) != (name not in want) or (value is not None and not same(value, want[name])):
            return f"{row.payload.hex()} has {name} {value}, not {want.get(name)}"
    return physical(message, entry["meta"], row) if row.read else ""


def physical(message: Message, meta: dict[str, Any], row: Row) -> str:
    """What a tool with MAP.json at hand gets wrong of the physical values and the names of values."""
    assert row.payload is not None and row.read is not None
    scaled = message.decode(row.payload, decode_choices=False)
    named = message.decode(row.payload)
    assert isinstance(scaled, dict) and isinstance(named, dict)
    for name, raw in row.read.items():
        value = raw * meta[name]["scale"] + meta[name]["offset"]
        text = (meta[name]["choices"] or {}).get(str(raw))
        if not same(value, scaled[name]):  # type: ignore[arg-type]
            return f"{row.payload.hex()} has {name} at {value}, not {scaled[name]}"
        if text != (None if isinstance(named[name], int | float) else str(named[name])):
            return f"{row.payload.hex()} has {name} named {text}, not {named[name]}"
    return ""


def packing(cls: Any, entry: dict[str, Any], row: Row) -> str:
    """What pack does wrong with the values."""
    if row.values is None or row.packed is None:
        return ""
    frame, buf = cls(), bytearray(b"\xa5" * cls.LENGTH)
    for name, value in row.values.items():
        setattr(frame, entry["signals"][name], value)
    frame.pack(buf)
    return "" if buf == row.packed else f"{row.values} gives {buf.hex()}, not {row.packed.hex()}"


# One line of JSON per message, then one per row; a float is its IEEE bits in hexadecimal.
DRIVER = """\
import json, struct, micropython

def number(x):
    return struct.unpack(">d", bytes.fromhex(x))[0] if isinstance(x, str) else x

def hexed(x):
    return None if x is None else bytes.fromhex(x)

def same(a, b):
    return a == b or a is not None and b is not None and a != a and b != b

def told(what):
    global wrong
    wrong += 1
    if wrong <= 20:
        print(module, name, what)

messages = rows = payloads = packed = locked_rows = wrong = 0
for line in open("rows.txt"):
    row = json.loads(line)
    if len(row) == 4 and isinstance(row[3], list):
        module, name, locked, attributes = row
        cls = getattr(__import__(module), name)
        frame, buf = cls(), bytearray(cls.LENGTH)
        view = memoryview(buf)
        messages += 1
        if frame.unpack(bytes(cls.LENGTH + 1)) or cls.LENGTH and frame.unpack(bytes(cls.LENGTH - 1)):
            told("reads a wrong length")
        continue
    payload, read, values, want = hexed(row[0]), row[1], row[2], hexed(row[3])
    rows += 1
    if payload is not None:
        payloads += 1
        for a in attributes:
            setattr(frame, a, None)
        before = micropython.mem_total()
        if locked:
            micropython.heap_lock()
        try:
            known = frame.unpack(payload)
        except MemoryError:
            known = None
        if locked:
            micropython.heap_unlock()
            if micropython.mem_total() != before:
                told("unpack allocates")
        expected = [number(x) for x in read] if read else [None] * len(attributes)
        found = [getattr(frame, a) for a in attributes]
        if known is not (read is not None) or not all([same(a, b) for a, b in zip(found, expected)]):
            told("%s reads %r, not %r" % (row[0], found, expected if read is not None else None))
    if values is not None:
        packed += 1
        for a, x in zip(attributes, values):
            setattr(frame, a, 0 if x is None else number(x))
        for n in range(len(buf)):
            buf[n] = 0xA5
        before = micropython.mem_total()
        lock = locked and payload is not None
        locked_rows += lock
        if lock:
            micropython.heap_lock()
        try:
            frame.pack(view)
        except MemoryError:
            told("pack allocates")
        if lock:
            micropython.heap_unlock()
            if micropython.mem_total() != before:
                told("pack works on the heap")
        if buf != want:
            told("%r packs %s, not %s" % (values, buf.hex(), row[3]))
print(json.dumps({"messages": messages, "payloads": payloads, "packed": packed,
    "heap_locked": locked_rows, "mismatches": wrong}))
"""


def test_in_micropython_every_message_reads_and_packs_as_cantools_does(micropython: str, tmp_path: Path) -> None:
    with (tmp_path / "rows.txt").open("w", encoding="utf-8") as table:
        for number, item in enumerate(made()):
            (tmp_path / f"codec_{number}.py").write_text(item.text, encoding="utf-8")
            for message in item.messages():
                entry = item.names[message.name]
                head = [f"codec_{number}", entry["class"], small(message), list(entry["signals"].values())]
                table.write(json.dumps(head) + "\n")
                for row in asked(item.source.name)[message.name]:
                    names = list(entry["signals"])
                    line = [hexed(row.payload), listed(row.read, names), listed(row.values, names), hexed(row.packed)]
                    table.write(json.dumps(line) + "\n")
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    command = [micropython, "-X", "heapsize=64m", "driver.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    *wrong, last = done.stdout.splitlines() or [done.stderr]
    assert last.startswith("{"), done.stdout + done.stderr
    count = {"files": len(made()), **json.loads(last)}
    summarise("micropython", count)
    assert not wrong and count["mismatches"] == 0, "\n".join(wrong)
    check_count(count)
    assert count["heap_locked"] > count["payloads"] / 2


def hexed(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def listed(values: dict[str, Any] | None, names: list[str]) -> list[Any] | None:
    """In the order of the names; a float as its bits."""
    if values is None:
        return None
    found = (values.get(name) for name in names)
    return [struct.pack(">d", value).hex() if isinstance(value, float) else value for value in found]
