"""Real-time factor of the lockstep loop at 10 ms ticks: pack by pack, with the firmware in MicroPython and in process.

The same simulated drive each time, DURATION_s of it. The baseline of the run is the bench with no firmware at all: a target
that answers at once with the actuators of an open pack. Best of ROUNDS, since a busy machine only ever adds time.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from bms.schema import layer_count
from boards.parts.bench_frames import HilActuators
from hil import scenario as scenarios
from hil.cli import pack_for
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.scenario import Scenario
from hil.target import make_target

PACKS = ("bench_24", "ev_240")
TARGETS = ("micropython", "cpython")
SCENARIO = "first_mile_short"
ROUNDS = 3


class NoFirmware:
    """A device under test that does nothing but answer."""

    crc: int | None = None
    late_ticks: int | None = None

    def __init__(self) -> None:
        self._actuators = HilActuators()

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """Contactors open, watchdog fed."""
        buffer = bytearray(8)
        self._actuators.watchdog = n & 255
        self._actuators.pack(buffer)
        return [(HilActuators.ID, bytes(buffer))]


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Factors of real time, and what part of a turn the firmware takes."""
    story = scenarios.load(SCENARIO)
    results: dict[str, Any] = {"scenario": SCENARIO, "duration_s": story.duration_s, "rounds": ROUNDS, "packs": {}}
    say(f"  {SCENARIO}, {story.duration_s:g} simulated s, best of {ROUNDS}")
    say(f"  {'pack':10s} {'target':14s} {'x real time':>11s} {'us a tick':>10s} {'against no firmware':>20s}")
    for name in PACKS:
        pack = load_pack(name)
        row: dict[str, Any] = {}
        for target_name in ("no firmware", *TARGETS):
            best_s = min(_once(story, name, target_name) for _ in range(ROUNDS))
            factor = story.duration_s / best_s
            row[target_name] = {"realtime_factor": round(factor, 1), "tick_us": round(best_s / story.duration_s * 1e4, 1)}
            ratio = row["no firmware"]["tick_us"] / row[target_name]["tick_us"]
            row[target_name]["ratio"] = round(ratio, 3)
            say(f"  {name:10s} {target_name:14s} {factor:11.1f} {row[target_name]['tick_us']:10.1f} {ratio:20.2f}")
        results["packs"][pack.name] = row
    return results


def _once(story: Scenario, pack_name: str, target_name: str) -> float:
    """Wall seconds of the loop alone."""
    variant = dataclasses.replace(story, pack=pack_name)
    pack = pack_for(variant, None)
    bench = Bench(variant, pack, variant.seed, Recorder(layer_count(pack)))
    if target_name == "no firmware":
        return bench.run(NoFirmware(), target_name).wall_s
    stored = None if variant.soc_stored is None else round(variant.soc_stored * 1000)
    target = make_target(target_name, None, pack_name, variant.map, stored, None)
    with target:
        return bench.run(target, target_name).wall_s
