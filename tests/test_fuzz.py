"""A million random frames change nothing: no exception, no allocation, no decision that the firmware would not have made.

Every run has a twin without the noise, and is held against it decision by decision (app.record()), tick by tick, in every
state. A pack with an inverter or a charger of another make hears noise in their names as well: all it can do is hide that they
have fallen silent, which in this script they do not. The parts below add up to FRAMES; both interpreters, MicroPython with
its heap locked in the lane as the product has it.
"""

import math
import os
import struct
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, layer_count, replaced
from boards.parts.bench_frames import HilActuators
from hil.benches.timetable import story_of
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.target import make_target
from tests.fake_board import FakeBoard
from tests.hearsay import decided
from tests.noise import RECEIVED, Noise, noise, quotas
from tests.noisy_board import NoisyBoard
from tests.scripted_drive import SCRIPT_TICKS, play

FACTOR = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "night" else 1
FRAMES = 1_000_000 * FACTOR
IN_MEMORY = dict.fromkeys(("bench_24", "ev_240", "bess_14", "elcon"), 100_000 * FACTOR)  # on CPython
IN_MEMORY_ON_TARGET = {"ev_240": 200_000 * FACTOR, "bess_14": 140_000 * FACTOR}
ON_THE_BUS = {"cpython": 120_000 * FACTOR, "micropython": 240_000 * FACTOR}  # through controller and front end
ELCON = replaced(Pack, PACK_FIELDS, bess_14.PACK, name="elcon", charger_protocol="elcon", charger_deadline_ms=2500)
PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "bess_14": bess_14.PACK, "elcon": ELCON}
STATES = (M.STANDBY, M.PRECHARGE, M.DRIVE, M.CHARGE)


def undisturbed(pack: Pack) -> tuple[list[int], list[bytes], list[int]]:
    """States at the begin of every tick of the scripted drive, decisions at its end, and the board's sum over them."""
    board = FakeBoard(pack, 700)
    app = App(pack, board)
    states, decisions, sums = [], [], []
    for tick in range(SCRIPT_TICKS):
        states.append(app.machine.state)
        play(app, board, tick)
        decisions.append(decided(app.record()).tobytes())
        sums.append(board.crc)
    return states, decisions, sums


def as_theory_says(noises: list[Noise]) -> None:
    """One frame in 65536 is whole by chance; 4.9 standard deviations are one in a million."""
    whole, chances = sum(one.whole for one in noises), sum(one.chances for one in noises)
    expected = chances / 65536
    assert abs(whole - expected) <= 4.9 * math.sqrt(expected) + 1


def test_the_parts_add_up_and_the_noise_is_what_it_says() -> None:
    parts = (*IN_MEMORY.values(), *IN_MEMORY_ON_TARGET.values(), *ON_THE_BUS.values())
    assert sum(parts) >= FRAMES
    one = noise(1, 200_000, long=True)
    words, lengths = one.frames["word"], one.frames["length"]
    assert set(range(65)) == set(lengths.tolist())
    listened = Counter((words & 0x1FFFFFFF).tolist())
    assert all(listened[identifier] > 5_000 for identifier in RECEIVED)
    for disguise in (0x80000000, 0x40000000):
        assert all((words == (identifier | disguise)).sum() > 500 for identifier in RECEIVED)
    assert one.chances > 12_000
    as_theory_says([noise(seed, 200_000) for seed in range(2, 8)])


@pytest.mark.parametrize("pack_name", PACKS)
def test_noise_in_the_mailbox_changes_no_decision_in_any_state(pack_name: str) -> None:
    pack = PACKS[pack_name]
    states, decisions, _ = undisturbed(pack)
    counts = quotas(states, STATES, IN_MEMORY[pack_name])
    one = noise(11, sum(counts), long=True)
    as_theory_says([one])
    board = NoisyBoard(pack, 700)
    app = App(pack, board)
    first = 0
    for tick, count in enumerate(counts):
        board.noise[:] = one.part(first, first + count)
        board.noise_frames = count
        first += count
        play(app, board, tick)
        assert decided(app.record()).tobytes() == decisions[tick], (tick, states[tick])
    assert not app.lane_failed
    assert app.estimator_failures == 0
    assert board.handed_over > 0.9 * len(one.frames)


ON_TARGET = """
import sys
sys.path.append(".")
from bms.app import App
from bms.packs.{pack} import PACK
from tests.scripted_drive import play, SCRIPT_TICKS
from tests.noisy_board import NoisyBoard
board = NoisyBoard(PACK, 700)
app = App(PACK, board)
board.noise = bytearray({longest})
whole = memoryview(board.noise)
with open({path!r}, "rb") as file:
    for tick in range(SCRIPT_TICKS):
        head = file.read(4)
        board.noise_frames = head[0] + 256 * head[1] + 65536 * head[2]
        file.readinto(whole[:16 * board.noise_frames])
        play(app, board, tick)
        print(board.crc)
        if app.lane_failed:
            print("tick", tick, "state", app.machine.state)
            sys.print_exception(app.last_error)
            sys.exit(1)
print(app.estimator_failures)
"""


@pytest.mark.parametrize("pack_name", IN_MEMORY_ON_TARGET)
def test_noise_changes_no_decision_and_allocates_nothing_in_the_targets_interpreter(
    pack_name: str, micropython: str, root: Path, tmp_path: Path
) -> None:
    pack = PACKS[pack_name]
    states, _, sums = undisturbed(pack)
    counts = quotas(states, STATES, IN_MEMORY_ON_TARGET[pack_name])
    one = noise(12, sum(counts), long=True)
    as_theory_says([one])
    path = tmp_path / "noise"
    first = 0
    with path.open("wb") as file:
        for count in counts:
            file.write(struct.pack("<I", count) + one.part(first, first + count))
            first += count
    script = ON_TARGET.format(pack=pack_name, path=str(path), longest=16 * max(counts))
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    *told, failures = done.stdout.split()
    assert [int(word) for word in told] == sums
    assert failures == "0"


class Tapped:
    """A target that writes down what it is given, and what the firmware decides."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self.crc: int | None = None
        self.late_ticks: int | None = None
        self.ticks: list[tuple[int, int, bytes]] = []
        self.states: list[int] = []
        self.sums: list[int | None] = []

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """As the target's own."""
        self.ticks.append((n, now_ms, frames))
        self.states.append(self._target.app.machine.state)
        answer: list[tuple[int, bytes]] = self._target.exchange(n, now_ms, frames)
        self.crc = self._target.crc
        self.sums.append(self.crc)
        return answer


@pytest.fixture(scope="module")
def tape() -> Tapped:
    """A drive and a charge without noise, in this interpreter."""
    story = replace(story_of("bench_24"), faults=())
    pack = load_pack("bench_24")
    with make_target("cpython", None, "bench_24", story.map, 600) as target:
        tapped = Tapped(target)
        Bench(story, pack, story.seed, Recorder(layer_count(pack))).run(tapped, "cpython")
    assert set(tapped.states) >= set(STATES)
    return tapped


def fed(answer: list[tuple[int, bytes]]) -> int:
    """The watchdog's counter: it stands still when the lane has failed."""
    actuators = HilActuators()
    actuators.unpack(dict(answer)[HilActuators.ID])
    return actuators.watchdog


@pytest.mark.parametrize("target_name", ON_THE_BUS)
def test_noise_on_the_bus_changes_no_decision_in_any_state(target_name: str, tape: Tapped) -> None:
    counts = quotas(tape.states, STATES, ON_THE_BUS[target_name])
    one = noise(13, sum(counts))
    as_theory_says([one])
    first = 0
    with make_target(target_name, None, "bench_24", None, 600) as target:
        for (n, now_ms, frames), count, expected in zip(tape.ticks, counts, tape.sums, strict=True):
            target.exchange(n, now_ms, one.part(first, first + count) + frames)
            first += count
            assert target.crc == expected, (n, tape.states[n])


@pytest.mark.parametrize("target_name", ["cpython", "micropython"])
def test_noise_on_the_benchs_own_wires_may_open_the_pack_and_never_stops_the_firmware(target_name: str, tape: Tapped) -> None:
    per_tick = 30
    one = noise(14, per_tick * len(tape.ticks), bench=True)
    with make_target(target_name, None, "bench_24", None, 600) as target:
        before = 0
        for n, now_ms, frames in tape.ticks:
            answer = target.exchange(n, now_ms, one.part(n * per_tick, (n + 1) * per_tick) + frames)
            if n > 5:
                assert fed(answer) == (before + 1) & 0xFF
            before = fed(answer)
