"""A board gets its firmware whole or keeps the one it has, and whatever is wrong is said in one line."""

from pathlib import Path

import pytest

from hil.cli import main
from hil.deploy import command, install
from hil.deploy.boards import board_of
from hil.deploy.tree import MAIN, Tree
from tests.repl_helper import ReplBoard

STM32 = ("pyboard", "NUCLEO_H723ZG with STM32H723ZGT6", (1, 29, 0), 6 | 3 << 8 | 8 << 10)


def small(text: str, board: str = "unix") -> Tree:
    """A firmware that says one thing and is ready."""
    start = f'import room.a\nprint("{text}", room.a.N)\nprint("it is ready")\nwhile True:\n    pass\n'
    files = {"room/__init__.py": b"", "room/a.py": b"N = 7\n" + b"# \n" * 300, MAIN: start.encode()}
    return Tree(board_of(board), "bench_24", files, {})


def put(tree: Tree, port: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr(command, "build", lambda board, pack, bench: tree)
    monkeypatch.setattr(install, "READY_s", 5.0)
    return main(["deploy", tree.board.name, "--port", port, *more])


def started(micropython: str, disk: Path) -> str:
    """What the board prints after power on, until it is ready."""
    with ReplBoard(micropython, disk) as board:
        return board.said(("ready", "start"), 10)


def test_a_blank_board_gets_its_firmware_and_starts_it(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert put(small("one"), board.port, monkeypatch) == 0
        assert "it is ready after" in capsys.readouterr().out
        assert put(small("two"), board.port, monkeypatch) == 0
    assert "starts bms_b 2 two 7 it is ready" in started(micropython, tmp_path / "disk")


def test_a_cut_at_any_sector_leaves_a_whole_firmware(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert put(small("old"), board.port, monkeypatch) == 0
    first = (tmp_path / "disk").read_bytes()
    kept = 0
    for cut in range(1, 200, 9):
        disk = tmp_path / f"disk_{cut}"
        disk.write_bytes(first)
        capsys.readouterr()
        with ReplBoard(micropython, disk, cut_after=cut) as board:
            code = put(small("new"), board.port, monkeypatch)
        if code == 0:
            break
        assert code == 2 and capsys.readouterr().err.count("\n") == 1
        said = started(micropython, disk)
        assert "old 7 it is ready" in said or "new 7 it is ready" in said, f"cut after {cut} sectors: {said}"
        kept += "old" in said
    else:
        pytest.fail("the deployment never came to its end")
    assert kept >= 2


@pytest.mark.parametrize(
    ("board_name", "identity", "says"),
    [
        ("pybv11", STM32, "this is no pybv11 but NUCLEO_H723ZG"),
        ("nucleo_h723zg", ("pyboard", STM32[1], (1, 27, 0), STM32[3]), "MicroPython 1.27.0 is too old"),
        ("nucleo_h723zg", ("pyboard", STM32[1], (1, 29, 0), 6 | 3 << 8 | 4 << 10), "does not take .mpy files for armv7emsp"),
    ],
)
def test_a_wrong_board_is_told_and_nothing_is_written(
    board_name: str,
    identity: tuple[str, str, tuple[int, int, int], int],
    says: str,
    micropython: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ReplBoard(micropython, tmp_path / "disk", identity) as board:
        before = (tmp_path / "disk").read_bytes()
        assert put(small("x", board_name), board.port, monkeypatch) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and says in line
        assert (tmp_path / "disk").read_bytes() == before


def test_a_full_board_is_told_before_anything_is_written(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = small("x")
    tree.files["room/large.py"] = bytes(300_000)
    with ReplBoard(micropython, tmp_path / "disk", sectors=400) as board:
        before = (tmp_path / "disk").read_bytes()
        assert put(tree, board.port, monkeypatch) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and "the board is full" in line
        assert (tmp_path / "disk").read_bytes() == before


def test_a_port_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert put(small("x"), "/dev/no_such_port", monkeypatch) == 2
    assert capsys.readouterr().err == "hil: port /dev/no_such_port: there is no such port\n"


def test_a_firmware_that_does_not_start_is_told_with_its_reason(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = small("x")
    tree.files[MAIN] = b"import no_such_room\n"
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert put(tree, board.port, monkeypatch) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and "does not start: ImportError: no module named 'no_such_room'" in line


def test_a_main_py_of_somebody_else_is_not_overwritten(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hil.deploy.repl import Repl

    with ReplBoard(micropython, tmp_path / "disk") as board:
        repl = Repl(board.port)
        repl.stop()
        repl.write("main.py", b"print('mine')\n")
        repl.close()
        assert put(small("x"), board.port, monkeypatch) == 2
        assert "a main.py that is not ours" in capsys.readouterr().err


@pytest.mark.parametrize(("platform", "longest_ms"), [("pyboard", 32767), ("rp2", 8388)])
def test_the_first_word_to_a_board_gives_its_watchdog_the_longest_time_and_every_other_feeds_it(
    platform: str, longest_ms: int, micropython: str, tmp_path: Path
) -> None:
    from hil.deploy.repl import Repl

    with ReplBoard(micropython, tmp_path / "disk", (platform, *STM32[1:])) as board:
        repl = Repl(board.port)
        repl.stop()
        repl.write("main.py", b"import machine\nmachine.WDT(timeout=200)\nwhile True:\n    pass\n")
        repl.reset()
        repl.stop()
        assert board.watchdog_ms == longest_ms and board.bites == 0
        for _ in range(4):
            repl.run("1  #" + "." * int(0.7 * longest_ms / 4 * 11.52))
            assert board.watchdog_ms == longest_ms and board.bites == 0
        repl.close()


def test_a_board_whose_watchdog_runs_is_written_without_a_bite(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = small("watched")
    tree.files[MAIN] = b"import machine\nmachine.WDT(timeout=200)\n" + tree.files[MAIN]
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert put(tree, board.port, monkeypatch) == 0
        assert put(tree, board.port, monkeypatch) == 0
        assert board.bites == 0 and board.watchdog_ms == 200
        assert main(["logs", "unix", "--port", board.port]) == 2
        assert board.bites == 0
