"""The tick on the target: it allocates nothing, and it decides what it decides on the desk, bit by bit."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.schema import Pack
from tests.fake_board import FakeBoard
from tests.scripted_drive import SCRIPT_STATES, SCRIPT_TICKS, play

PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK}

# The lane runs inside the whole tick, so that the slow slots do their work between two locks.
LOCKED = """
import sys
sys.path.append(".")
import micropython
from bms.app import App
from bms.packs.{pack} import PACK
from tests.fake_board import FakeBoard
from tests.scripted_drive import play, SCRIPT_TICKS, SCRIPT_STATES

class Locked(App):
    def lane(self):
        micropython.heap_lock()
        try:
            App.lane(self)
            {extra}
        finally:
            micropython.heap_unlock()

board = FakeBoard(PACK)
app = Locked(PACK, board)
seen = []
for tick in range(SCRIPT_TICKS):
    play(app, board, tick)
    if app.lane_failed:
        print("tick", tick, "state", app.machine.state)
        sys.print_exception(app.last_error)
        sys.exit(1)
    if not seen or seen[-1] != app.machine.state:
        seen.append(app.machine.state)
if app.estimator_failures:
    sys.print_exception(app.last_error)
    sys.exit(1)
print(tuple(seen) == SCRIPT_STATES, SCRIPT_TICKS >= 1000, board.fed, board.fresh_estimates > 50)
"""

AGREE = """
import sys
sys.path.append(".")
import struct
from bms.app import App
from bms.packs.{pack} import PACK
from tests.fake_board import FakeBoard
from tests.scripted_drive import play, SCRIPT_TICKS
board = FakeBoard(PACK, 700)
app = App(PACK, board)
for tick in range(SCRIPT_TICKS):
    play(app, board, tick)
    flt = app.filter
    print(tick, board.crc, struct.pack("<ddd", flt.soc, flt.sigma, flt.hysteresis).hex())
"""


def run(micropython: str, root: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """The script in a MicroPython of its own, from the root of the tree."""
    command = [micropython, "-X", "heapsize=8m", "-c", script]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("pack", PACKS)
def test_a_thousand_ticks_through_every_state_and_two_faults_allocate_nothing_on_micropython(
    pack: str, micropython: str, root: Path
) -> None:
    done = run(micropython, root, LOCKED.format(pack=pack, extra="pass"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["True", "True", str(SCRIPT_TICKS), "True"], done.stdout


@pytest.mark.parametrize("extra", ["[self.pack]", "self.coulomb.charge_mAs * 1.0", "bytearray(8)"])
def test_a_lane_that_allocates_once_is_found_out(extra: str, micropython: str, root: Path) -> None:
    done = run(micropython, root, LOCKED.format(pack="bench_24", extra=extra))
    assert done.returncode == 1
    assert "MemoryError" in done.stdout + done.stderr


@pytest.mark.parametrize("pack", PACKS)
def test_micropython_and_cpython_agree_tick_by_tick_and_estimates_to_the_last_bit(
    pack: str, micropython: str, root: Path
) -> None:
    lines: list[str] = []

    def collect(*words: Any) -> None:
        lines.append(" ".join(str(word) for word in words))

    exec(AGREE.format(pack=pack), {"print": collect})
    done = run(micropython, root, AGREE.format(pack=pack))
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = done.stdout.splitlines()
    assert len(lines) == len(theirs) == SCRIPT_TICKS
    for ours, other in zip(lines, theirs):
        assert ours == other


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_scripted_drive_visits_every_state_of_the_machine(pack: Pack) -> None:
    board = FakeBoard(pack)
    app = App(pack, board)
    seen: list[int] = []
    for tick in range(SCRIPT_TICKS):
        play(app, board, tick)
        if not seen or seen[-1] != app.machine.state:
            seen.append(app.machine.state)
    assert not app.lane_failed
    assert tuple(seen) == SCRIPT_STATES
    assert set(seen) == set(range(8))
