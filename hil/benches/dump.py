"""Frames a second of `hil dump` from a candump log: to CSV in a file, and as lines to nowhere.

The log holds FRAMES random frames that the shipped bms.dbc can decode, all its messages in turn. The baseline of the run reads
the same log with python-can's CanutilsLogReader and decodes it with cantools' decode_message, default options, and writes
nothing at all. Best of ROUNDS, each with the DBC loaded and its decoders compiled anew, since a busy machine only adds time.
"""

import math
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import can
import cantools.database
from cantools.database.can import Database

import dbc
from hil.dump.candump import CandumpLog, identifier_text
from hil.dump.command import Dump
from hil.dump.databases import Databases
from hil.dump.decoder import Wording
from hil.dump.outlet import outlet
from hil.dump.wording import Csv, Terminal

NAME = "bms"
BASELINE = "python-can CanutilsLogReader + cantools decode_message, nothing written"
FRAMES = 40_000
PAYLOADS = 20  # different ones of each message
PERIOD_s = 0.0005
ROUNDS = 4
GOAL_frames_per_s = 20_000


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Frames a second, and how many times the baseline."""
    database = cantools.database.load_file(Path(dbc.__file__).with_name(f"{NAME}.dbc"))
    assert isinstance(database, Database)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "bench.log"
        signals = _write_log(log, database)
        best_s = {"baseline": math.inf, "csv": math.inf, "terminal": math.inf}
        for _ in range(ROUNDS):  # in turn, so that all three meet the same neighbours
            best_s["baseline"] = min(best_s["baseline"], _baseline_s(log))
            best_s["csv"] = min(best_s["csv"], _dump_s(log, Csv(), f"{folder}/bench.csv"))
            best_s["terminal"] = min(best_s["terminal"], _dump_s(log, Terminal(), os.devnull))
    results: dict[str, Any] = {"baseline": BASELINE, "frames": FRAMES, "signals": signals}
    results["goal_frames_per_s"] = GOAL_frames_per_s
    say(f"  {FRAMES} frames with {signals} signals of {NAME}.dbc, best of {ROUNDS}; baseline: {BASELINE}")
    say(f"  {'':10s} {'frames/s':>10s} {'x baseline':>11s}")
    for what, wall_s in best_s.items():
        ratio = best_s["baseline"] / wall_s
        results[what] = {"frames_per_s": round(FRAMES / wall_s), "ratio": round(ratio, 2)}
        say(f"  {what:10s} {FRAMES / wall_s:10.0f} {ratio:11.2f}")
    return results


def _write_log(path: Path, database: Database) -> int:
    """Random frames that have a meaning; how many signals they carry."""
    random_source = random.Random(1)
    pool: list[tuple[str, int]] = []
    for message in database.messages:
        identifier = identifier_text(message.frame_id, message.is_extended_frame)
        found = 0
        while found < PAYLOADS:
            data = random_source.randbytes(message.length)
            try:
                signals = database.decode_message(message.frame_id, data)
            except cantools.database.DecodeError:  # a selector without meaning
                continue
            pool.append((f"{identifier}#{data.hex().upper()}", len(signals)))
            found += 1
    with path.open("w", encoding="ascii") as file:
        total = 0
        for n in range(FRAMES):
            frame, signals_here = random_source.choice(pool)
            total += signals_here
            file.write(f"({n * PERIOD_s:.6f}) can0 {frame}\n")
    return total


def _baseline_s(log: Path) -> float:
    start_s = time.perf_counter()
    database = cantools.database.load_file(Path(dbc.__file__).with_name(f"{NAME}.dbc"))
    assert isinstance(database, Database)
    with can.CanutilsLogReader(log) as reader:
        for message in reader:
            database.decode_message(message.arbitration_id, bytes(message.data))
    return time.perf_counter() - start_s


def _dump_s(log: Path, wording: Wording, place: str) -> float:
    start_s = time.perf_counter()
    databases = Databases([NAME])
    dump = Dump(databases, databases.wanted([], []), wording, show_all=False, any_length=False)
    with outlet(place) as out:
        dump.run(CandumpLog(str(log)), out.write, out.flush)
    wall_s = time.perf_counter() - start_s
    assert dump.tally.counts()["decoded"] == FRAMES
    return wall_s
