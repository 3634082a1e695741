"""Runs inside MicroPython: what the firmware holds of the heap, from its import to the end of a drive.

Arguments: where it is imported from (a folder, or a ROMFS image), pack, file of frames (as tick_probe.py has them), ticks.
Prints lines of a name and a number of bytes; MicroPython's own lines tell the largest free stretch in blocks.
"""

import gc
import sys

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_LOOK_ticks = const(10)
mem_alloc: "Any" = getattr(gc, "mem_alloc", None)
mem_free: "Any" = getattr(gc, "mem_free", None)


def collected() -> int:
    """Bytes in use after a collection."""
    gc.collect()
    gc.collect()
    return int(mem_alloc())


def plain_bytes(root: "Any") -> int:
    """Of arrays and byte arrays below an object: what is as large in 32-bit words as in 64-bit ones."""
    from array import array

    seen = set()
    waiting = [root]
    total = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (bytearray, bytes)):
            total += len(one)
        elif isinstance(one, array):
            total += len(bytes(one))
        elif isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif hasattr(one, "__dict__") and not isinstance(one, type):
            waiting.extend(one.__dict__.values())
    return total


def main(place: str, pack_name: str, path: str, ticks: int) -> None:
    """The drive's first `ticks`."""
    held = 0
    if place.endswith(".romfs"):
        vfs = __import__("vfs")  # of MicroPython alone

        empty = collected()
        with open(place, "rb") as file:
            image = file.read()
        held = collected() - empty
        vfs.mount(vfs.VfsRom(image), "/rom")
        place = "/rom"
    sys.path.insert(0, place)
    empty = collected() - held
    from bms.app import App
    from boards.unix.board import Board
    from boards.unix.transport import MemoryTransport

    module = __import__("bms.packs." + pack_name, None, None, ("PACK",))
    code = collected() - held
    transport = MemoryTransport()
    board: Any = Board(module.PACK, transport, "tick", 700)
    app: Any = App(module.PACK, board)
    built = collected() - held
    peak = 0
    with open(path, "rb") as frames:
        for n in range(ticks):
            head = frames.read(2)
            transport.deliver(frames.read(16 * (head[0] + 256 * head[1])))
            board.wait()
            app.tick()
            transport.collect()
            if n % _LOOK_ticks == 0:
                peak = max(peak, mem_alloc() - held)
    if app.lane_failed or app.last_error is not None:
        print("FAILED", repr(app.last_error))
        return
    print("empty", empty)
    print("code", code)
    print("built", built)
    print("plain", plain_bytes(app))
    print("peak", peak)
    print("end", collected() - held)
    print("free", mem_free())
    micropython.mem_info()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
