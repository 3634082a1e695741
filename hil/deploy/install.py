"""Puts a tree onto a board: looks who is there, fills the slot that is not in use, checks it by hash, switches, listens.

Whatever fails before the switch leaves the board with the firmware it had; what was written of the new one is taken away
where the board still answers. While the board is written its firmware stands still: contactors are open.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from hil.deploy import slots
from hil.deploy.boards import ARCHITECTURES, MPY_VERSION, Board
from hil.deploy.repl import Repl
from hil.deploy.tree import MAIN, Tree, digest
from hil.errors import BadInput

READY_s = 20.0
_READY = re.compile(r"\bready$")

_WHO = """import sys, os
i = sys.implementation
print((sys.platform, getattr(i, "_machine", ""), tuple(i[1][:3]), getattr(i, "_mpy", 0), os.statvfs(".")))
"""
_HELPERS = (
    slots.GENERATIONS
    + """
import os, hashlib
def walk(path, found):
    for row in os.ilistdir(path):
        name = path + "/" + row[0]
        if row[1] == 0x4000:
            walk(name, found)
        found.append((name, row[1] == 0x4000, row[3] if len(row) > 3 else 0))
    return found
def has(name):
    try:
        os.stat(name)
        return True
    except OSError:
        return False
def blocks(slot, block):
    return sum((row[2] + block - 1) // block for row in walk(slot, [])) if has(slot) else 0
def remove(slot):
    if has(slot + "/whole"):
        os.remove(slot + "/whole")
    for name, folder, size in walk(slot, []) if has(slot) else []:
        os.rmdir(name) if folder else os.remove(name)
def digest(name):
    h = hashlib.sha256()
    b = bytearray(512)
    with open(name, "rb") as file:
        while True:
            n = file.readinto(b)
            if not n:
                return ''.join('%02x' % one for one in h.digest())
            h.update(memoryview(b)[:n])
"""
)


def deploy(tree: Tree, port: str, bus: str | None, say: Callable[[str], None]) -> dict[str, Any]:
    """All of it. BadInput says what is wrong. Returns what was installed where, and how it was heard of."""
    listener = None
    if bus is not None:
        from hil.deploy.listen import Listener

        listener = Listener(bus)
    repl = Repl(port)
    try:
        slot, generation = install(tree, repl, say)
        started = time.monotonic()
        repl.start()
        heard = listener.wait() if listener else ready(repl)
        say(f"{heard} after {time.monotonic() - started:.1f} s")
        return {"slot": slot, "generation": generation, "heard": heard}
    finally:
        repl.close()
        if listener is not None:
            listener.close()


def install(tree: Tree, repl: Repl, say: Callable[[str], None]) -> tuple[str, int]:
    """Until the switch. Returns the slot and its generation. What is long is done after a hard reset, without a watchdog."""
    repl.stop()
    block, free = require(tree.board, repl)
    repl.run(_HELPERS)
    main_is_ours = repl.value(f"print(open('main.py').read({len(slots.MARK)}) == {slots.MARK!r} if has('main.py') else None)")
    if main_is_ours is False:
        raise BadInput(f"port {repl.port}: the board has a main.py that is not ours; take it away first")
    if main_is_ours:
        repl.run(f"open('{slots.HOLD}', 'w').close()")
    repl.reset()
    repl.stop(watched=False)
    if main_is_ours:
        repl.run(f"import os\nif '{slots.HOLD}' in os.listdir():\n os.remove('{slots.HOLD}')")
    repl.run(_HELPERS)
    generations = repl.value(f"print([generation(slot) for slot in {slots.SLOTS!r}])")
    place = 0 if generations[0] < generations[1] or max(generations) < 0 else 1
    slot, generation = slots.SLOTS[place], max(*generations, 0) + 1
    files = {slots.START if path == MAIN else path: data for path, data in tree.files.items()}
    folders = sorted({"/".join(path.split("/")[:k]) for path in files for k in range(1, path.count("/") + 1)})
    freed = repl.value(f"print(blocks({slot!r}, {block}))")
    needed = sum(-(-len(data) // block) for data in files.values()) + len(folders) + 4
    if needed > free // block + freed:
        there = f"{needed * block} bytes are needed, {free + freed * block} are free"
        raise BadInput(f"port {repl.port}: the board is full: {there}")
    say(f"{tree.board.name} on {repl.port}: {len(files)} files into {slot}")
    try:
        repl.run(f"remove({slot!r})\nif not has({slot!r}):\n os.mkdir({slot!r})")
        for folder in folders:
            repl.run(f"os.mkdir({slot + '/' + folder!r})", f"{folder} cannot be made")
        for path, data in files.items():
            repl.write(f"{slot}/{path}", data)
        for path, data in files.items():
            if repl.run(f"print(digest({slot + '/' + path!r}))").strip() != digest(data):
                raise BadInput(f"port {repl.port}: {path} is not on the board what was sent")
        if repl.run("print(digest('main.py') if has('main.py') else '')").strip() != digest(slots.LOADER.encode()):
            repl.write("main.new", slots.LOADER.encode())
            repl.run("os.rename('main.new', 'main.py')")
        repl.write(f"{slot}/{slots.WHOLE}", slots.whole(generation))
        if repl.value(f"print(generation({slot!r}))") != generation:
            raise BadInput(f"port {repl.port}: {slot} did not become whole")
    except BadInput:
        _take_away(repl, slot)
        raise
    return slot, generation


def _take_away(repl: Repl, slot: str) -> None:
    try:
        repl.run(f"remove({slot!r})")
        repl.start()
    except BadInput:
        pass  # it is gone, and has what it had


def require(board: Board, repl: Repl) -> tuple[int, int]:
    """BadInput where this is another board, or its MicroPython too old. Returns block size and free bytes."""
    platform, machine, version, mpy, statvfs = repl.value(_WHO, "no MicroPython of ours")
    plain = re.sub(r"[^a-z0-9]", "", machine.lower())
    if platform not in board.platforms or not plain.startswith(board.known_as):
        raise BadInput(f"port {repl.port}: this is no {board.name} but {machine or platform}")
    if version[:2] < board.oldest:
        told, wanted = (".".join(map(str, one)) for one in (version, board.oldest))
        raise BadInput(f"port {repl.port}: MicroPython {told} is too old, {board.name} needs {wanted}")
    if (mpy & 0xFF, mpy >> 8 & 3) != MPY_VERSION or not board.takes(ARCHITECTURES[mpy >> 10 & 0xF]):
        raise BadInput(f"port {repl.port}: this MicroPython does not take .mpy files for {board.march}")
    return statvfs[0], statvfs[0] * statvfs[3]


def ready(repl: Repl) -> str:
    """Listens for the firmware's word that it runs; a traceback's last line is why it does not."""
    last, raised = "", False
    for line in repl.lines(READY_s):
        if _READY.search(line):
            return line
        raised = raised or line.startswith("Traceback")
        if raised and line and not line.startswith(("Traceback", "File", ">>>", "MicroPython")):
            raise BadInput(f"port {repl.port}: the firmware does not start: {line}")
        last = line or last
    raise BadInput(f"port {repl.port}: the firmware is not ready within {READY_s:g} s: {last or 'it prints nothing'}")
