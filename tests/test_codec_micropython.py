"""In the real MicroPython a generated codec gives cantools' bytes, and allocates nothing where it says so."""

import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cantools.database.can import Message

from dbc import emit
from hil.benches import codec as bench
from tests.test_codec import allowed, decoded, encoded, known, named_values, present, raw_range, small

# Per case: module, class, whether the heap is locked, attributes to set, payload, attributes to find again.
DRIVER = """\
import micropython
from cases import CASES

# A frame too large for the stack goes to the heap and back, which a locked heap does not show.
mem_total = getattr(micropython, "mem_total", lambda: 0)
CODECS = {name: __import__(name) for name in set([case[0] for case in CASES])}
failures = 0
for module, name, locked, values, payload, expected in CASES:
    frame = getattr(CODECS[module], name)()
    fresh = getattr(CODECS[module], name)()
    for attribute, value in values.items():
        setattr(frame, attribute, value)
    for attribute in expected:
        setattr(fresh, attribute, None)
    buf = bytearray([0xA5] * len(payload))
    longer = bytearray(len(payload) + 1)
    view = memoryview(buf)
    error = None
    frame.pack(view)
    before = mem_total()
    frame.pack(view)
    after_pack = mem_total()
    fresh.unpack(view)
    after_unpack = mem_total()
    for attribute in expected:
        setattr(fresh, attribute, None)
    if locked:
        micropython.heap_lock()
    try:
        frame.pack(view)
        same = buf == payload
        read = fresh.unpack(view)
        refused = not fresh.unpack(longer)
    except MemoryError:
        error = "allocates"
    if locked:
        micropython.heap_unlock()
    if locked and not before == after_pack == after_unpack:
        error = "works on the heap"
    if error is None:
        found = {attribute: getattr(fresh, attribute) for attribute in expected}
        if not same:
            error = "packs " + bytes(buf).hex() + ", not " + payload.hex()
        elif not read or not refused or found != expected:
            error = "reads %r, not %r" % (found, expected)
    if error:
        failures += 1
        print(module, name, values, error)
print(len(CASES), "cases,", failures, "failures")
"""


def cases() -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for n, codec in enumerate(known().values()):
        for message in codec.database.messages:
            rng = random.Random(message.name)
            for beyond in (False, True) * 12:
                wanted = {signal.name: allowed(signal, rng) for signal in message.signals}
                values = present(message, wanted, rng)
                payload = encoded(message, values)
                read = decoded(message, payload)
                assert read is not None
                if beyond:
                    values = {name: past(message, name, value) for name, value in values.items()}
                attributes = {name: codec.attribute(message, name) for name in values}
                rows.append(
                    (
                        f"codec_{n}",
                        codec.names[message.name]["class"],
                        small(message),
                        {attributes[name]: value for name, value in values.items()},
                        payload,
                        {attributes[name]: value for name, value in read.items()},
                    )
                )
    return rows


def past(message: Message, name: str, value: float) -> float:
    """What is clamped to this value: one past it where it is an end of the range."""
    signal = message.get_signal_by_name(name)
    low, high = raw_range(signal)
    outside = value + (1 if value == high else -1)
    kept = signal.is_multiplexer or signal.conversion.is_float or outside in named_values(signal)
    return value if kept or value not in (low, high) else outside


def test_every_message_packs_and_reads_as_in_cantools_with_the_heap_locked(
    micropython: str, tmp_path: Path
) -> None:
    for n, codec in enumerate(known().values()):
        (tmp_path / f"codec_{n}.py").write_text(codec.text, encoding="utf-8")
    rows = cases()
    assert sum(row[2] for row in rows) > len(rows) / 2
    table = "CASES = [\n" + "".join(f"{row!r},\n" for row in rows) + "]\n"
    (tmp_path / "cases.py").write_text(table, encoding="utf-8")
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    command = [micropython, "-X", "heapsize=64m", "driver.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == f"{len(rows)} cases, 0 failures\n", done.stdout + done.stderr


def test_the_codec_of_the_pack_leaves_a_small_controller_its_memory(micropython: str) -> None:
    parts = {name: bench.ram(micropython, options) for name, options in bench.PARTS.items()}
    whole = parts["whole"]
    assert whole["frozen_bytes"] <= bench.FROZEN_AIM_bytes
    assert whole["loaded_bytes"] <= bench.LOADED_AIM_bytes
    for name in set(parts) - {"whole"}:
        assert parts[name]["loaded_bytes"] < whole["loaded_bytes"], name
        assert parts[name]["frozen_bytes"] < whole["frozen_bytes"], name


def test_a_codec_is_timed_only_where_it_does_what_cantools_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TURN_s", 1e-6)
    monkeypatch.setattr(bench, "ROUNDS", 2)
    assert bench.speed(lambda line: None)["messages"] == len(known()["bms.dbc"].database.messages)
    wrong = known()["bms.dbc"].text.replace("buf[2]", "buf[3]")
    monkeypatch.setattr(emit, "module", lambda *given, **more: wrong)
    with pytest.raises(RuntimeError, match="do not do the same"):
        bench.speed(lambda line: None)
