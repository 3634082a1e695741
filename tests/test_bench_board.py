"""A hardware board on a bench knows the pack by the bench's frames alone, tells what it would do, and moves nothing."""

import ast
import struct
from pathlib import Path

import pytest

from bms.app import App
from bms.packs import bench_24
from bms.packs.bench_24 import PACK
from boards.parts.bench_board import BenchBoard
from boards.parts.bench_frames import HilActuators, HilBleed
from hil import scenario as scenarios
from hil.benches import realtime
from hil.chips.world import World
from hil.cli import main
from hil.deploy import closure
from hil.loop import Bench
from hil.record import Recorder
from hil.targets.base import Target
from tests.test_boards import HARDWARE

STORY = realtime.STORY.format(pack="bench_24", drive_s=4) + """
[[fault]]
target = "group:2"
type = "silence"
phase = "drive"
offset_s = 3
[[expect]]
kind = "fault_named"
name = "the fault names the group"
fault = "group_voltage_stale"
where = 2
[[expect]]
kind = "contactors_open_at_end"
name = "contactors open at the end"
"""
PACK_PATH = Path(bench_24.__file__)
_FRAME = struct.Struct("<I4x8s")


class OnBench(Target):
    """The firmware on a board of emulated chips that are not connected; its CAN controller is."""

    takes_error_frames = False

    def __init__(self, name: str) -> None:
        super().__init__()
        self.world = World(name, PACK)
        self.board = BenchBoard(PACK, self.world.mcu.board(name))
        self.app = App(PACK, self.board)
        self.moved = 0

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        self.world.can.deliver(frames)
        self.board.wait()
        self.app.tick()
        self.moved |= self.world.coils | self.world.permille("HEATER") | self.world.bled
        return list(_FRAME.iter_unpack(self.world.can.collect()))


@pytest.mark.parametrize("name", HARDWARE)
def test_a_board_on_the_bench_closes_drives_and_opens_by_frames_and_moves_no_output(name: str, tmp_path: Path) -> None:
    place = tmp_path / "on_the_bench.toml"
    place.write_text(STORY)
    story = scenarios.load(str(place))
    target = OnBench(name)
    bench = Bench(story, PACK, story.seed, Recorder())
    told: set[int] = set()
    run = bench.run(target, name, spy=lambda n, answer: told.update(identifier for identifier, _ in answer))
    from hil.judge import result

    outcome = result(run)
    assert not run.died and target.app.last_error is None
    assert [row["name"] for row in outcome["expectations"] if not row["passed"]] == []
    assert 5 in [mask & 5 for _, mask in run.contactors], "it never closed"
    assert run.errors == 0 and target.world.can.lost == 0
    assert told >= {HilActuators.ID, HilBleed.ID}
    assert target.moved == 0
    assert target.world.relay.closed and target.world.relay.pulses > 400


def test_a_board_whose_program_hangs_tells_nothing_and_loses_its_relay() -> None:
    target = OnBench("pybv11")
    for n in range(20):
        target.exchange(n, 10 * n, b"")
    target.world.clock.run(101_000)
    assert not target.world.relay.closed


def test_what_is_deployed_for_a_bench_starts_the_bench_board_and_what_is_not_does_not_carry_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["deploy", "nucleo_h723zg", "--dry-run", str(out), "--bench"]) == 0
    assert (out / "boards/parts/bench_board.mpy").is_file()
    started = ast.parse((out / "main.py").read_text())
    call = started.body[-1]
    assert isinstance(call, ast.Expr) and ast.unparse(call) == "run(BOARD, PACK, started, BenchBoard)"
    assert "boards.parts.bench_board" not in closure.sources("nucleo_h723zg", PACK, PACK_PATH)


def test_the_desk_needs_no_bench_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "unix", "--bench", "--romfs", "no.img"]) == 2
    assert "--bench is for the others" in capsys.readouterr().err
