"""A board in real time behind a bus: how regularly its ticks come, how late the bench is, what is lost.

The board is the desk's: MicroPython on its own clock, behind a slcan adapter on a pseudo-terminal and, where the kernel has
it, on vcan0. It wakes, closes its contactors and drives, paced by the wall; what it did is beside the figures, so that a bench
too slow to be obeyed cannot look punctual. A real bus adds the time of its bits, a real adapter its USB frames of 1 ms.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bms.schema import layer_count
from hil import scenario as scenarios
from hil.errors import BadInput
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.targets.base import TargetDied
from hil.targets.process import Firmware, find_micropython
from hil.targets.realtime import BusTarget

PACKS = ("bench_24", "ev_240")
VCAN = "vcan0"
STORY = """
[scenario]
name = "realtime"
title = "Wakes, closes, drives"
pack = "{pack}"
seed = 1
soc_true = 0.6
temperature_degC = 25
hysteresis = 0.0
[[phase]]
name = "wake"
kind = "idle"
duration_s = 2
[[phase]]
name = "drive"
kind = "drive"
duration_s = {drive_s}
c_rate = -0.2
"""
DRIVE_s = 18


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Per bus and pack: what Punctuality says, frames, and when the contactors closed."""
    results: dict[str, Any] = {}
    for name, behind in (("slcan on a pseudo-terminal", slcan), ("vcan0", vcan)):
        for pack in PACKS:
            try:
                with behind(pack) as bus:
                    results[f"{name}, {pack}"] = row = ridden(bus, pack, DRIVE_s)
            except (BadInput, TargetDied) as error:
                say(f"  {name}, {pack}: {error}")
                continue
            late, apart = row["bench_late_ms"], row["device_apart_ms"]
            say(f"  {name}, {pack}: {row['tx']} frames to the board, {row['rx']} from it in {row['duration_s']:g} s")
            say(f"    closed after {row['closed_s']} s, {row['device_late']} of {row['device_ticks']} of its ticks late")
            say(f"    its ticks {apart['p1']} to {apart['p99']} ms apart (1 to 99 %), at most {apart['max']} ms")
            say(f"    the bench's {row['late_ticks']} late, 99 % within {late['p99']} ms, at most {late['max']} ms")
    return results


def ridden(bus: str, pack_name: str, drive_s: float) -> dict[str, Any]:
    """One ride. TargetDied where nobody answers."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "realtime.toml")
        place.write_text(STORY.format(pack=pack_name, drive_s=drive_s))
        story = scenarios.load(str(place))
    pack = load_pack(pack_name)
    bench = Bench(story, pack, story.seed, Recorder(layer_count(pack)))
    with BusTarget(bus) as target:
        run = bench.run(target, "bus")
        if run.died:
            raise TargetDied(run.died)
        closed_s = next((now_ms / 1000 for now_ms, mask in run.contactors if mask & 5 == 5), None)
        return {
            **target.timing(),
            "late_ticks": run.late_ticks,
            "tx": run.tx,
            "rx": run.rx,
            "errors": run.errors,
            "duration_s": story.duration_s,
            "closed_s": closed_s,
        }


@contextmanager
def slcan(pack: str) -> Iterator[str]:
    """A board behind an adapter; the bus to give to python-can."""
    words = [sys.executable, "-m", "hil.benches.slcan_adapter", pack, "--clock", "own"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as adapter:
        assert adapter.stdout is not None
        try:
            yield f"slcan:{adapter.stdout.readline().strip()}"
        finally:
            adapter.terminate()


@contextmanager
def vcan(pack: str) -> Iterator[str]:
    """A board on the kernel's CAN. BadInput where there is none."""
    words = ["--pack", pack, "--can", f"socketcan:{VCAN}", "--clock", "own", "--lifeline"]
    if not Path("/sys/class/net", VCAN).exists():
        raise BadInput(f"this kernel has no {VCAN}: modprobe vcan; ip link add {VCAN} type vcan; ip link set {VCAN} up")
    board = Firmware(find_micropython(), words, "boards.unix", None)
    try:
        yield f"socketcan:{VCAN}"
    finally:
        board.close()
