"""Runs inside MicroPython under callgrind: steps of the mean layer's filter and passes over the groups, a mark around each.

As in tick_probe.py, a mark is a C function that does nothing else here. The frames are made up: what a step costs does not
depend on what is measured, as long as the current moves. Arguments: module of the pack, passes.
"""

import gc
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JOBS = (
    ("begin", "delta", "begin", 6),
    ("delta", "delta", "step", 1),
    ("judge", "delta", "judge", 0),
    ("knee", "knee", "step", 1),
    ("leak_begin", "leak", "begin", 4),
    ("leak", "leak", "step", 1),
    ("resistance", "resistance", "step", 1),
    ("mean", "resistance", "mean", 3),
    ("health", "health", "rest", 4),
    ("power", "power", "charge", 2),
    ("power", "power", "discharge", 2),
)
STEPS = 10  # of the filter between two passes


class Bounds:
    """Of layers, and what map and table allow."""

    layer_high_mV = 3900
    layer_low_mV = 3300
    cold_ddegC = 250
    map_dA = 800
    table_dA = 900


def main(pack_name: str, passes: int) -> None:
    """Labels of the stretches in order, and what a pass allocates."""
    from bms.estimate.ekf import SocFilter
    from bms.estimate.groups import Groups

    marks: Any = __import__("tick_probe")  # it lies beside this file there
    wrapped, label_of, mem_alloc = marks.wrapped, marks.label_of, marks.mem_alloc
    pack: Any = __import__(pack_name, None, None, ("PACK",)).PACK
    tape: Any = marks.Tape()
    flt = SocFilter(pack.cell)
    flt.start(0.7, 0.05)
    groups: Any = Groups(pack)
    count = groups.delta.groups
    layers = groups.delta.layers
    volts = array("i", [21000] * count)
    for _ in range(12):
        tape.cut(label_of("empty"))
    tape.cut(0)
    for name, room, method, arity in JOBS:
        owner = getattr(groups, room)
        setattr(owner, method, wrapped(tape, label_of(name), 0, getattr(owner, method), arity))
    step: Any = wrapped(tape, label_of("filter"), 0, flt.step, 5)
    seed = 1
    most = 0
    groups.bounds(Bounds(), Bounds())
    for k in range(passes * STEPS):
        current = (-30.0, -30.0, -5.0, -5.0, -5.0, 10.0)[k // 3 % 6]
        for g in range(count):
            seed = (seed * 1103 + 12345) & 0xFFFF
            volts[g] = 21000 + int(current * 3.0) + (seed >> 12) - (k >> 4)
        gc.collect()
        step(current * 0.1 / 3600.0, current, sum(volts) / layers / 1000.0, 25.0, 0.1)
        before = mem_alloc()
        tape.cut(label_of("take"))
        groups.take(volts, int(current * 100.0), current, flt.soc, flt.sigma, flt.hysteresis, 25.0, 0.1)
        tape.cut(0)
        tape.cut(label_of("follow"))
        groups.step()
        tape.cut(0)
        while groups.busy:
            groups.step()
        if mem_alloc() - before > most:
            most = mem_alloc() - before

    print("LABELS", " ".join(marks.NAMES))
    print("TAPE", end="")
    for k in range(tape.count):
        print("", tape.labels[k], end="")
    print()
    print("BYTES", most)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
