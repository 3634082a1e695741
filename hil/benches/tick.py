"""What one tick of the firmware costs: instructions of every step by callgrind, and bytes, in the real MicroPython.

Frames of a real run (precharge and drive) are recorded first and played to the firmware on the unix port under callgrind;
tick_probe.py does that side. x86-64 instructions are scaled to a Cortex-M4F by what was measured of the same pieces on
both: integer work x 0.76 (0.64 to 0.91), float work x 0.52. The integer lane is summarise to alive, less what the board does
for it: `sample` (here the bench's frames through a simulated controller) and `board` (sending, coils, watchdog) have another
price on every board. The collector's work depends on what lies on the heap. Here the
sources are compiled onto it; for code in flash (frozen, or a ROMFS image) what a collection costs for the code alone is
taken off: that of the same heap at the end of the run, once the firmware is gone and its code is still there. An estimate:
the collector's stack is small, and what overflows it makes it look at code and data again. A collection looks at words, as many
with 64 bits as with 32.
"""

import contextlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bms
import boards
from bms.schema import layer_count
from hil import scenario as scenarios
from hil.benches import tick_probe
from hil.cli import pack_for
from hil.loop import Bench
from hil.record import Recorder
from hil.target import Target, make_target
from hil.targets.process import find_micropython

PACKS = ("bench_24", "ev_240", "aero_96")  # the last has the 24 groups and 16 probes for which the budget is stated
SCENARIO = "first_mile_short"
WARM_ticks = 700  # wake, precharge and the first seconds of the drive
MEASURED_ticks = 360  # the groups are gone through once in 200
MARK = "mp_micropython_stack_use"
HEAP = "1536k"
INTEGER = (0.76, 0.64, 0.91)
FLOAT = 0.52
TICK_INSTRUCTIONS = 730_000  # of a Cortex-M4F at 168 MHz in 10 ms
LANE_LIMIT = 200_000
WORST_LIMIT = 600_000


class Tapped:
    """A target that writes down what it is given."""

    def __init__(self, target: Target, most_ticks: int) -> None:
        self._target = target
        self._most_ticks = most_ticks
        self.crc: int | None = None
        self.late_ticks: int | None = None
        self.ticks: list[bytes] = []

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """As the target's own."""
        self.ticks.append(frames + self._target.tick_frame(n, now_ms))
        answer = self._target.exchange(n, now_ms, frames)
        self.crc = self._target.crc
        if len(self.ticks) >= self._most_ticks:
            raise _Enough
        return answer


class _Enough(Exception):
    """The recording is long enough."""


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Per pack: steps, lane, slots, heap; a line says so where valgrind is missing."""
    if shutil.which("valgrind") is None:
        say("  skipped: valgrind is not installed")
        return {"skipped": "valgrind is not installed"}
    results: dict[str, Any] = {}
    for name in PACKS:
        with tempfile.TemporaryDirectory() as folder:
            result = _measured(name, Path(folder))
        results[name] = result
        _tell(name, result, say)
        if "skipped" in result:
            break
    return results


def record(pack_name: str, path: Path, ticks: int) -> None:
    """Writes the frames of the scenario's first ticks."""
    story = scenarios.load(SCENARIO)
    pack = pack_for(story, pack_name)
    with make_target("cpython", None, pack_name, story.map, 700, None) as target:
        tapped = Tapped(target, ticks)
        with contextlib.suppress(_Enough):
            Bench(story, pack, story.seed, Recorder(layer_count(pack))).run(tapped, "cpython")
    with path.open("wb") as file:
        for frames in tapped.ticks:
            file.write(struct.pack("<H", len(frames) // 16) + frames)


def _measured(pack_name: str, folder: Path) -> dict[str, Any]:
    record(pack_name, folder / "frames", WARM_ticks + MEASURED_ticks)
    for package in (bms, boards):
        (folder / package.__name__).symlink_to(Path(str(package.__file__)).parent)
    shutil.copy(str(tick_probe.__file__), folder / "tick_probe.py")
    command = [find_micropython()]
    if Path(command[0]).read_bytes()[:2] == b"#!":  # the package index's is a script that loads a library
        command.insert(0, sys.executable)
    done = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder}/dump"),
            *command,
            *("-X", f"heapsize={HEAP}", "-m", "tick_probe", f"bms.packs.{pack_name}", str(folder / "frames")),
            *(str(WARM_ticks), str(MEASURED_ticks)),
        ],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    told = {line.split(" ", 1)[0]: line.split()[1:] for line in done.stdout.splitlines() if " " in line}
    if "TAPE" not in told:
        last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
        return {"skipped": f"the probe did not end well: {' '.join(last)}"}
    costs = _costs(folder)
    if len(costs) < len(told["TAPE"]) - 1:  # what follows the last mark is in no dump
        return {"skipped": f"this micropython has no symbol {MARK}"}
    return _result(told, costs)


def _costs(folder: Path) -> list[int]:
    """Instructions of every stretch but the last: the k-th dump holds what lies before the k-th mark."""
    found = {}
    for path in folder.glob("dump.*"):
        for line in path.read_text().splitlines():
            if line.startswith(("summary:", "totals:")):
                found[int(path.name.rsplit(".", 1)[1])] = int(line.split()[1])
    return [found[k] for k in sorted(found)][1:]


def _result(told: dict[str, list[str]], costs: list[int]) -> dict[str, Any]:
    labels = told["LABELS"]
    tape = [labels[int(x)] for x in told["TAPE"]]
    empty = min(cost for label, cost in zip(tape, costs, strict=False) if label == "empty")
    lanes, samples, boarded, slots = [], [], [], defaultdict(list)
    steps: dict[str, list[int]] = defaultdict(list)
    stretch: dict[str, int] = defaultdict(int)
    by_step = False
    for label, raw in zip(tape, costs, strict=False):
        cost = max(raw - empty, 0)
        if label == tick_probe.GLUE and not by_step:
            by_step = True
        if label in ("outside", "empty", "record"):
            if stretch[tick_probe.LANE]:
                if by_step:
                    stretch[tick_probe.GLUE] += stretch.pop(tick_probe.LANE)
                    for name, total in stretch.items():
                        steps[name].append(total)
                else:
                    lanes.append(stretch[tick_probe.LANE])
                    samples.append(stretch[tick_probe.SAMPLE])
                    boarded.append(stretch["board"])
            stretch = defaultdict(int)
        elif label.startswith(("estimate", "collect", "configuration", "groups")):
            slots[label].append(cost)
        else:
            stretch[label] += cost
    count = len(steps[tick_probe.GLUE])
    slot_bytes = defaultdict(list)
    for item in told["SLOTS"]:
        label, size = item.split(":")
        slot_bytes[labels[int(label)]].append(int(size))
    scale = INTEGER[0]
    lane_mean, lane_worst = sum(lanes) / len(lanes), max(lanes)
    estimate, collect = max(slots["estimate"]), max(slots["collect"])
    # with the code in flash the collector has the rest to look at
    frozen = slots["collect_used"][0] - slots["collect_gone"][0] + slots["collect_empty"][0]
    audit, groups = max(slots["configuration"]), max(slots["groups"])
    worst_m4 = lane_worst * scale + max(estimate * FLOAT, groups * FLOAT, frozen * scale, audit * scale)
    return {
        "steps": {name: round(sum(v) / count) for name, v in steps.items()},
        "sample": round(sum(samples) / len(samples)),
        "board": round(sum(boarded) / len(boarded)),
        "lane_mean": round(lane_mean),
        "lane_worst": lane_worst,
        "lane_mean_m4": [round(lane_mean * x) for x in INTEGER],
        "lane_worst_m4": [round(lane_worst * x) for x in INTEGER],
        "estimate_worst": estimate,
        "estimate_worst_m4": round(estimate * FLOAT),
        "groups_worst": groups,
        "groups_worst_m4": round(groups * FLOAT),
        "configuration_worst": audit,
        "configuration_worst_m4": round(audit * scale),
        "collect_worst": collect,
        "collect_worst_m4": round(collect * scale),
        "collect_frozen_m4": round(frozen * scale),
        "worst_tick_m4": round(worst_m4),
        "lane_bytes": 0,  # the lane runs with the heap locked: an allocation would have ended the run
        "estimate_bytes": max(slot_bytes["estimate"]),
        "heap_bytes": {"code": int(told["HEAP"][0]), "data": int(told["HEAP"][1]) - int(told["HEAP"][0])},
    }


def _tell(name: str, result: dict[str, Any], say: Callable[[str], None]) -> None:
    if "skipped" in result:
        say(f"  {name}: skipped: {result['skipped']}")
        return
    mean, low, high = result["lane_mean_m4"]
    say(f"  {name}: x86-64 instructions a tick, and Cortex-M4F estimate (integer x 0.76, 0.64 to 0.91; float x 0.52)")
    for step, cost in result["steps"].items():
        say(f"    {step:12s} {cost:9d} {round(cost * INTEGER[0]):9d}")
    m4 = result["lane_worst_m4"][0]
    say(f"    integer lane, mean  {result['lane_mean']:9d} {mean:9d} ({low} to {high})")
    say(f"    integer lane, worst {result['lane_worst']:9d} {m4:9d}")
    say(f"    estimator, worst    {result['estimate_worst']:9d} {result['estimate_worst_m4']:9d}")
    say(f"    groups, worst       {result['groups_worst']:9d} {result['groups_worst_m4']:9d}")
    say(f"    configuration, worst{result['configuration_worst']:9d} {result['configuration_worst_m4']:9d}")
    say(f"    collector, worst    {result['collect_worst']:9d} {result['collect_worst_m4']:9d} with the code on the heap")
    say(f"    collector, frozen             {result['collect_frozen_m4']:9d} with the code in flash")
    worst = result["worst_tick_m4"]
    say(f"    worst tick, frozen            {worst:9d}; {worst / TICK_INSTRUCTIONS:.2f} of 10 ms on a Cortex-M4F of 168 MHz")
    say(f"    against limits: lane {mean / LANE_LIMIT:.2f} of {LANE_LIMIT},")
    say(f"                    worst tick {worst / WORST_LIMIT:.2f} of {WORST_LIMIT}")
    heap = result["heap_bytes"]
    say(f"    bytes a tick: integer lane {result['lane_bytes']}, estimator {result['estimate_bytes']}")
    say(f"    live heap in 64-bit words: {heap['code']} bytes of code, {heap['data']} of data")
