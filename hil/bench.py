"""`hil bench`: speed, memory and accuracy as ratios against baselines that are measured in the same run.

A benchmark is a row of BENCHES: a name, what it tells, and a module of hil.benches with `measure(say) -> dict`, where say(line)
prints for a person. Exit 0 when everything named was measured, also when a benchmark says that something it needs is
missing; unknown names are bad input. With --json the dicts go to a file or, as "-", to standard output.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hil.errors import BadInput

BENCHES = (
    ("loop", "how many times faster than real time the bench runs, with and without firmware"),
    ("tick", "instructions and bytes of every step of the firmware's tick, by callgrind, scaled to a Cortex-M4"),
    ("memory", "heap of the firmware after import and boot, at its peak, and what that is in 32-bit words"),
    ("bus", "the firmware's timetable and bus load, and what the bench's own frames cost a tick, against python-can"),
    ("realtime", "a board behind a bus, paced by the wall: jitter of its ticks, lateness of the bench"),
    ("e2e", "protect and check against autosar-e2e, and what corruption passes, counted against theory"),
    ("codec", "the compiled codec of bms.dbc against cantools, and the RAM it takes on a 32-bit target"),
    ("hidden", "what is noticed of a layer that fails beyond the declared spread, how soon, and what cannot be"),
    ("usable", "capacity and charge time that the firmware leaves to a user, against a BMS that sees every layer"),
    ("charge", "the fast charge against the shortest one there is, and both against constant currents"),
    ("groups", "what the estimators of groups cost and find: failing layers, soft shorts, capacity and resistance with age"),
    ("soc", "the SoC filter on logs of measured cells, against counting and a plain filter"),
    ("dump", "frames a second that hil dump decodes from a log, against python-can with cantools"),
)


def main(names: list[str], json_path: str | None) -> int:
    """Runs the named benchmarks, all when none is named. Returns the exit code."""
    known = [row[0] for row in BENCHES]
    for name in names:
        if name not in known:
            raise BadInput(f"bench {name}: there is none of that name; there are {', '.join(known)}")
    quiet = json_path == "-"
    say: Callable[[str], None] = _silent if quiet else print
    results: dict[str, Any] = {}
    for name, what in BENCHES:
        if not names or name in names:
            say(f"{name}: {what}")
            results[name] = importlib.import_module(f"hil.benches.{name}").measure(say)
            say("")
    if json_path is not None:
        text = json.dumps(results, indent=1) + "\n"
        if quiet:
            sys.stdout.write(text)
        else:
            try:
                Path(json_path).write_text(text, encoding="utf-8")
            except OSError as error:
                raise BadInput(f"{json_path}: {error.strerror}") from error
    return 0


def _silent(line: str) -> None:
    """For when standard output belongs to the JSON."""
