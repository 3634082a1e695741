"""The DBC files of cantools' own tests, and what cantools makes of every message in them.

They come from cantools' source distribution of the version installed here, fetched once by the package index client and
kept under build/. A Row is one payload or one set of raw values with what cantools reads and packs of it; where cantools
refuses a value as out of range, the row has the bytes of the nearest end of the range instead.
"""

import fcntl
import importlib.metadata
import json
import math
import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cantools
import pytest
from cantools.database.can import Database, Message, Signal
from cantools.database.errors import Error

from tests.test_codec import ROOT, decoded, named_values, present, raw_range

FOLDER = ROOT / "build" / "corpus"
SUMMARY = ROOT / "build" / "corpus.json"
RANDOM_PAYLOADS = 200  # of every message
STEERED_PAYLOADS = 100  # more of a multiplexed one, with selectors that mean something
WILD_VALUES = 30  # sets of values at, near and far beyond the ends of the ranges
FETCH_s = 180


@dataclass(frozen=True)
class Source:
    """A file of the corpus, and what cantools says to it in strict mode."""

    name: str
    raw: bytes
    database: Database | None  # None: cantools refuses it


@dataclass(frozen=True)
class Row:
    payload: bytes | None  # to unpack
    read: dict[str, Any] | None  # raw values of the signals it carries; None: cantools cannot decode it
    values: dict[str, Any] | None  # to pack
    packed: bytes | None


def archive() -> Path:
    """The source distribution, fetched if it is not there yet; without an index the test is skipped."""
    version = importlib.metadata.version("cantools")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one fetches
        found = sorted(FOLDER.glob(f"cantools-{version}.tar.gz"))
        if not found:
            client = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "10"]
            what = ["--no-deps", "--no-binary", "cantools", f"cantools=={version}", "--dest", str(FOLDER)]
            try:
                done = subprocess.run([*client, *what], capture_output=True, text=True, check=False, timeout=FETCH_s)
                said = done.stderr
            except subprocess.TimeoutExpired:
                said = f"no answer in {FETCH_s} s"
            found = sorted(FOLDER.glob(f"cantools-{version}.tar.gz"))
            if not found:
                last = said.strip().splitlines()[-1:]
                pytest.skip(f"no source distribution of cantools {version} from the index: {' '.join(last)}")
    return found[0]


@cache
def sources() -> tuple[Source, ...]:
    """Every DBC file of the distribution."""
    result = []
    with tarfile.open(archive()) as files:
        for member in sorted(files.getmembers(), key=lambda member: member.name):
            content = files.extractfile(member) if member.name.lower().endswith(".dbc") else None
            if content is not None:
                raw = content.read()
                result.append(Source(member.name.split("/", 1)[1], raw, loaded(raw)))
    return tuple(result)


def loaded(raw: bytes) -> Database | None:
    """As cantools loads it in strict mode: UTF-8, else Windows-1252."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            database = cantools.database.load_string(text, "dbc", strict=True)
        except Error:
            return None
        assert isinstance(database, Database)
        return database
    return None


def rows(message: Message) -> Iterator[Row]:
    """The same ones each time."""
    rng = random.Random(message.name)
    for _ in range(RANDOM_PAYLOADS):
        yield payload_row(message, rng.randbytes(message.length))
    if message.is_multiplexed():
        for _ in range(STEERED_PAYLOADS):
            values = present(message, {s.name: any_raw(s, rng) for s in message.signals}, rng)
            yield payload_row(message, message.encode(values, scaling=False, strict=False))
    for _ in range(WILD_VALUES):
        wild = {s.name: near_or_far(s, rng) for s in message.signals}
        values = present(message, wild, rng)
        yield Row(None, None, values, packed(message, values))


def payload_row(message: Message, payload: bytes) -> Row:
    read = decoded(message, payload)
    return Row(payload, read, read, None if read is None else packed(message, read))


def packed(message: Message, values: dict[str, Any]) -> bytes:
    """cantools' bytes of these raw values where it accepts them, else of the nearest that it accepts."""
    try:
        return message.encode(values, scaling=False)
    except (cantools.database.EncodeError, OverflowError):  # out of the declared range, out of the bits
        signals = {name: message.get_signal_by_name(name) for name in values}
        return message.encode({name: nearest(signals[name], v) for name, v in values.items()}, scaling=False)


def nearest(signal: Signal, value: float) -> float:
    if not signal.conversion.is_float and value in named_values(signal):
        return value
    low, high = ends(signal)
    return low if value < low else high if value > high else value  # not-a-number stays


def ends(signal: Signal) -> tuple[float, float]:
    """Of the declared range; of a float without one those of its format."""
    if not signal.conversion.is_float:
        return raw_range(signal)
    if signal.minimum is None or signal.maximum is None:
        return -math.inf, math.inf
    scale, offset = Fraction(repr(signal.scale)), Fraction(repr(signal.offset))
    low, high = sorted(float((Fraction(repr(end)) - offset) / scale) for end in (signal.minimum, signal.maximum))
    return low, high


def any_raw(signal: Signal, rng: random.Random) -> float:
    if signal.conversion.is_float:
        return rng.choice([0.0, -2.5, 1e9])
    bits = rng.getrandbits(signal.length)
    return bits - (bits >> (signal.length - 1) << signal.length) if signal.is_signed else bits


def near_or_far(signal: Signal, rng: random.Random) -> float:
    low, high = ends(signal)
    if signal.conversion.is_float:
        middle = 0.0 if high == math.inf else (low + high) / 2
        return rng.choice([low, middle, high, 2.0 * high, math.nan])
    far: int = rng.choice([2**signal.length, 2**29, 2**70])
    return rng.choice([low, high, low - 1, high + 1, low - far, high + far, *named_values(signal)])


def summarise(part: str, figures: dict[str, Any]) -> None:
    """Into build/corpus.json, beside what other tests wrote there; printed for `pytest -s`."""
    print(f"\n{part}: {json.dumps(figures)}")
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(SUMMARY.read_text(encoding="utf-8")) if SUMMARY.exists() else {}
        SUMMARY.write_text(json.dumps({**known, part: figures}, indent=1) + "\n", encoding="utf-8")
