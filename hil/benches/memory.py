"""What the firmware holds of the heap: after import, after boot, at the peak of 10 000 ticks, and how it is broken up.

The compiled tree of hil deploy runs in the real MicroPython on recorded frames (memory_probe.py does that side), once from
.mpy files and once out of a ROMFS image, whose bytes are taken off: there the code stays where it lies. The desk has words of
64 bits. The estimate for 32: whatever is made of words (objects, lists, dicts, tuples: blocks of 4 words) counts half; arrays
and byte arrays, counted below the app, and code and texts of .mpy files, which is what the two runs differ by, count whole.
Machine code lies outside the heap here and is added, as large as the Cortex-M4F's: in both forms it is copied to RAM, frozen
it is not. ROMFS without it bounds the figure for frozen modules from above: their tables of code, names and constants, which
a ROMFS import builds on the heap, are in flash as well.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hil.benches import memory_probe, tick
from hil.deploy import forms
from hil.deploy.boards import board_of
from hil.deploy.tree import Tree, build
from hil.targets.process import find_micropython

PACKS = ("bench_24", "aero_96", "ev_240")
TICKS = 10_000
HEAP = "4m"
BLOCK_bytes = 32  # of a desk: 4 words of 8
LIMIT_FLASH_bytes = 35_000
LIMIT_FILES_bytes = 90_000
_LARGEST = re.compile(r"max free sz: (\d+)")


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Per pack: both forms as measured, and the estimates."""
    results: dict[str, Any] = {}
    for name in PACKS:
        results[name] = measured(name, TICKS)
        _tell(name, results[name], say)
    return results


def measured(pack_name: str, ticks: int) -> dict[str, Any]:
    """One pack."""
    tree = build(board_of("unix"), pack_name)
    native = build(board_of("unix")._replace(march="armv7emsp", native=True), pack_name).summary()["native_bytes"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tick.record(pack_name, folder / "frames", ticks)
        files, flash = (run(form, tree, folder, ticks) for form in ("files", "flash"))
    return {"files": files, "flash": flash, "native_bytes": native, "estimate": estimate(files, flash, native)}


def run(form: str, tree: Tree, folder: Path, ticks: int) -> dict[str, int]:
    """The probe's figures, in bytes."""
    if form == "flash":
        where = folder / "bms.romfs"
        where.write_bytes(forms.romfs_image(tree))
    else:
        where = folder / "tree"
        forms.write_folder(str(where), tree.files)
    shutil.copy(str(memory_probe.__file__), folder / "memory_probe.py")
    words = ["-X", f"heapsize={HEAP}", "-m", "memory_probe", str(where), tree.pack, str(folder / "frames"), str(ticks)]
    done = subprocess.run(
        [find_micropython(), *words],
        env={**os.environ, "MICROPYPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    found = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines() if re.fullmatch(r"\w+ \d+", line)}
    largest = _LARGEST.search(done.stdout)
    if largest is None or "end" not in found:
        raise RuntimeError(f"the probe did not end well: {' '.join(done.stdout.split()[-20:])}")
    found["largest"] = int(largest[1]) * BLOCK_bytes
    return found


def estimate(files: dict[str, int], flash: dict[str, int], native: int) -> dict[str, int]:
    """Live bytes after boot in 32-bit words, and the peak over it in a drive."""
    text = files["built"] - flash["built"]
    words = flash["built"] - flash["empty"] - flash["plain"]
    frozen = words // 2 + flash["plain"]
    garbage = (flash["peak"] - flash["built"]) // 2
    return {"frozen": frozen, "romfs": frozen + native, "files": frozen + native + text, "garbage": garbage}


def _tell(name: str, result: dict[str, Any], say: Callable[[str], None]) -> None:
    say(f"  {name}: bytes of heap in 64-bit words; growth over {TICKS} ticks, and how much of what is free lies in one piece")
    for form, what in (("files", "from .mpy files"), ("flash", "code in ROMFS")):
        one = result[form]
        grown, whole = one["end"] - one["built"], one["largest"] / one["free"]
        figures = f"import {one['code'] - one['empty']}, boot {one['built'] - one['empty']}, peak {one['peak'] - one['empty']}"
        say(f"    {what:16s} {figures}, grown {grown}, whole {whole:.2f}")
    guess = result["estimate"]
    flash, files = guess["frozen"] / LIMIT_FLASH_bytes, guess["files"] / LIMIT_FILES_bytes
    say(f"    32-bit estimate after boot: frozen at most {guess['frozen']}, {flash:.2f} of {LIMIT_FLASH_bytes};")
    say(f"      ROMFS {guess['romfs']}; .mpy files {guess['files']}, {files:.2f} of {LIMIT_FILES_bytes};")
    say(f"      {result['native_bytes']} of the last two is machine code; {guess['garbage']} of garbage between collections")
