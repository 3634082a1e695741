"""Runs inside MicroPython under callgrind: ticks of the real firmware on recorded frames, with a mark around every step.

A mark calls a C function that does nothing else here (micropython.stack_use); callgrind writes its counters down whenever
that is entered, so what lies between two marks is what the step between them cost. Labels of the stretches go to standard
output in order, with heap figures. Arguments: pack, file of frames, ticks to run before measuring, ticks to measure.

The file: for every tick the count of frames as two bytes, low first, then the frames, 16 bytes each, HIL_TICK last.
"""

import gc
import sys

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

# label, path of the object in the app, method, how many arguments
STEPS = (
    ("summarise", "snap", "summarise", 1),
    ("plausible", "plausible", "step", 3),
    ("bound", "bound", "step", 6),
    ("coulomb", "coulomb", "step", 3),
    ("coulomb", "coulomb", "anchor", 2),
    ("coulomb", "coulomb", "publish", 0),
    ("sisters", "watch.sisters", "step", 3),
    ("window", "window", "step", 3),
    ("window", "window", "refresh", 1),
    ("watch", "watch", "step", 6),
    ("monitor", "monitor", "step", 2),
    ("receive", "link", "receive", 1),
    ("machine", "machine", "step", 6),
    ("contactors", "contactor", "step", 3),
    ("envelope", "envelope", "window", 4),
    ("envelope", "envelope", "refresh", 2),
    ("envelope", "envelope", "step", 7),
    ("round", "bus", "step", 2),
    ("round", "rounds.insulation", "step", 2),
    ("round", "rounds.energy", "step", 2),
    ("round", "link", "talk", 1),
    ("round", "rounds.balance", "step", 6),
    ("round", "rounds.ending", "step", 4),
    ("round", "rounds.horizon", "step", 2),
    ("round", "rounds.cycles", "step", 1),
    ("round", "rounds.derate", "step", 2),
    ("round", "rounds.thermal", "step", 6),
    ("round", "rounds.fastcharge", "step", 7),
    ("round", "rounds.energy", "place", 2),
    ("send", "link", "send", 2),
    ("alive", "alive", "step", 3),
)
# inside the step "watch"
WATCHERS = (
    ("sisters", "watch.sisters", "refresh", 3),
    ("strings", "watch.strings", "step", 2),
    ("chain", "watch.chain", "step", 3),
    ("chain", "watch.chain", "refresh", 2),
    ("overload", "watch.overload", "step", 5),
    ("overload", "watch.overload", "refresh", 2),
    ("wear", "watch.wear", "step", 4),
    ("probes", "watch.probes", "step", 2),
    ("charging", "watch.charging", "refresh", 6),
    ("surroundings", "watch.surroundings", "step", 1),
    ("surroundings", "watch.surroundings", "refresh", 3),
)
# what a board does for the firmware: not the integer lane's own, every board has another price
BOARD = (
    ("can_send", 3, "send"),
    ("contactors", 2, "glue"),
    ("thermal", 2, "glue"),
    ("bleed", 1, "glue"),
    ("alive", 0, "alive"),
)
GLUE = "glue"
LANE = "lane"
SAMPLE = "sample"
OUTSIDE = "outside"
SLOTS = {0: "estimate", 1: "configuration", 9: "collect"}

mem_alloc: "Any" = getattr(gc, "mem_alloc", None)
NAMES = [OUTSIDE, "empty", LANE, SAMPLE, GLUE, "estimate", "collect", "configuration", "groups", "record"]
_ROOM = 16000
STEPWISE_ticks = 60


class Tape:
    """The labels of the stretches, in order; writing one allocates nothing."""

    def __init__(self) -> None:
        self.labels = bytearray(_ROOM)
        self.count = 0
        self.mark: Any = getattr(micropython, "stack_use", None)

    def cut(self, label: int) -> None:
        """The stretch that begins now is `label`'s."""
        self.labels[self.count] = label
        self.count += 1
        self.mark()


def label_of(name: str) -> int:
    """Number of a label, new ones are added."""
    if name not in NAMES:
        NAMES.append(name)
    return NAMES.index(name)


class Stretch:
    """A step between two marks. One method an arity: *args would allocate, and so would a closure of many names."""

    def __init__(self, tape: "Any", label: "Any", after: "Any", step: "Any") -> None:
        self.tape = tape
        self.label = label
        self.after = after
        self.step = step

    def of_0(self) -> "Any":
        self.tape.cut(self.label)
        result = self.step()
        self.tape.cut(self.after)
        return result

    def of_1(self, a: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a)
        self.tape.cut(self.after)
        return result

    def of_2(self, a: "Any", b: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b)
        self.tape.cut(self.after)
        return result

    def of_3(self, a: "Any", b: "Any", c: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b, c)
        self.tape.cut(self.after)
        return result

    def of_4(self, a: "Any", b: "Any", c: "Any", d: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b, c, d)
        self.tape.cut(self.after)
        return result

    def of_5(self, a: "Any", b: "Any", c: "Any", d: "Any", e: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b, c, d, e)
        self.tape.cut(self.after)
        return result

    def of_6(self, a: "Any", b: "Any", c: "Any", d: "Any", e: "Any", f: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b, c, d, e, f)
        self.tape.cut(self.after)
        return result

    def of_7(self, a: "Any", b: "Any", c: "Any", d: "Any", e: "Any", f: "Any", g: "Any") -> "Any":
        self.tape.cut(self.label)
        result = self.step(a, b, c, d, e, f, g)
        self.tape.cut(self.after)
        return result


def wrapped(tape: "Any", label: "Any", after: "Any", step: "Any", arity: "Any") -> "Any":
    """`step` between two marks."""
    return getattr(Stretch(tape, label, after, step), "of_" + str(arity))


def collected(tape: "Tape", name: str) -> None:
    """One collection between two marks, after one that has swept."""
    gc.collect()
    tape.cut(label_of(name))
    gc.collect()
    tape.cut(0)


def slot(tape: "Any", label: "Any", work: "Any", bytes_of: "Any") -> "Any":
    """A slow slot between two marks, with what it allocates."""

    def run() -> None:
        before = mem_alloc()
        tape.cut(label)
        work()
        tape.cut(0)
        bytes_of.append((label, mem_alloc() - before))

    return run


def main(pack_name: str, path: str, before: int, measured: int) -> None:
    """The last STEPWISE_ticks of the measured ones with marks around every step, all others around lane and slots only."""
    tape = Tape()
    collected(tape, "collect_empty")
    from bms.app import App
    from boards.unix.board import Board
    from boards.unix.transport import MemoryTransport

    module = __import__(pack_name, None, None, ("PACK",))
    gc.collect()
    code_bytes = mem_alloc()
    transport = MemoryTransport()
    board: Any = Board(module.PACK, transport, "tick", 700)
    app: Any = App(module.PACK, board)
    gc.collect()
    built_bytes = mem_alloc()
    allocated: list[tuple[int, int]] = []
    with open(path, "rb") as file:
        for n in range(before + measured):
            if n == before:
                for _ in range(10):
                    tape.cut(label_of("empty"))
                tape.cut(0)
                lane = label_of(LANE)
                plain = [board.sample]
                board.sample = wrapped(tape, label_of(SAMPLE), lane, board.sample, 2)
                for method, arity, _ in BOARD:
                    plain.append(getattr(board, method))
                    setattr(board, method, wrapped(tape, label_of("board"), lane, plain[-1], arity))
                app.lane = wrapped(tape, lane, 0, app.lane, 0)
                app.record = wrapped(tape, label_of("record"), 0, app.record, 0)
                slots = []
                for k in range(len(app._timetable)):
                    name = SLOTS.get(k, "groups")
                    slots.append(slot(tape, label_of(name), app._timetable[k], allocated))
                app._timetable = tuple(slots)
            if n == before + measured - STEPWISE_ticks:
                glue = label_of(GLUE)
                board.sample = wrapped(tape, label_of(SAMPLE), glue, plain[0], 2)
                for k in range(len(BOARD)):
                    method, arity, inside = BOARD[k]
                    setattr(board, method, wrapped(tape, label_of("board"), label_of(inside), plain[k + 1], arity))
                for rows, after in ((WATCHERS, label_of("watch")), (STEPS, glue)):
                    for name, owner, method, arity in rows:
                        target = app
                        for part in owner.split("."):
                            target = getattr(target, part)
                        setattr(target, method, wrapped(tape, label_of(name), after, getattr(target, method), arity))
            head = file.read(2)
            frames = file.read(16 * (head[0] + 256 * head[1]))
            transport.deliver(frames)
            board.wait()
            app.tick()
            transport.collect()
    if app.lane_failed or app.last_error is not None:
        print("FAILED", repr(app.last_error))
        return
    # as many of the code's objects before as after: what it costs depends on how they lie, and is the same in both
    collected(tape, "collect_used")
    del app, board, transport, slots, plain, target
    collected(tape, "collect_gone")
    print("LABELS", " ".join(NAMES))
    print("TAPE", end="")
    for k in range(tape.count):
        print("", tape.labels[k], end="")
    print()
    print("SLOTS", " ".join(str(label) + ":" + str(n) for label, n in allocated))
    print("HEAP", code_bytes, built_bytes)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
