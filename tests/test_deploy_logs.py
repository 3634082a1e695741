"""A board's fault memory is read over its port and told with the names of the fault table."""

import json
import threading
import time
from pathlib import Path

import can
import pytest

from bms.can.e2e import protect
from hil.cli import main
from hil.deploy import command, listen
from hil.deploy.boards import board_of
from hil.deploy.repl import Repl
from hil.deploy.tree import MAIN, Tree
from tests.repl_helper import ReplBoard

LOGS = b'print("30\\t2\\t100\\t250")\nprint("999\\t1\\t7\\t7")\n'


def board_with(logs: bytes, board: ReplBoard, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    start = b'print("it is ready")\nwhile True:\n    pass\n'
    files = {"boards/__init__.py": b"", "boards/logs.py": logs, MAIN: start}
    monkeypatch.setattr(command, "build", lambda board, pack, bench: Tree(board_of("unix"), "bench_24", files, {}))
    return main(["deploy", "unix", "--port", board.port, *more])


def test_the_faults_are_told_by_name_and_the_firmware_runs_again(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert board_with(LOGS, board, monkeypatch) == 0
        capsys.readouterr()
        assert main(["logs", "unix", "--port", board.port, "--json", "-"]) == 0
        first, second = json.loads(capsys.readouterr().out)["faults"]
        assert (first["name"], first["count"], first["first_s"], first["last_s"]) == ("group_voltage_stale", 2, 100, 250)
        assert second["name"] == "fault_999"
        repl = Repl(board.port)
        repl.stop()
        assert "interrupted" not in repl.run("print('answers')")
        repl.close()
        assert main(["logs", "pybv11", "--port", board.port]) == 2
        assert "this is no pybv11" in capsys.readouterr().err


def test_what_is_no_fault_memory_is_refused(
    micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplBoard(micropython, tmp_path / "disk") as board:
        assert board_with(b'print("hello")\n', board, monkeypatch) == 0
        capsys.readouterr()
        assert main(["logs", "unix", "--port", board.port]) == 2
        assert "no line of a fault memory: 'hello'" in capsys.readouterr().err


@pytest.mark.parametrize("sound", [True, False])
def test_a_deployment_waits_for_a_sound_frame_on_the_bus(
    sound: bool, micropython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listen, "FRAMES_s", 20.0 if sound else 3.0)
    ended = threading.Event()

    def send() -> None:
        frame = bytearray(8)
        with can.Bus(interface="virtual", channel="deploy") as bus:
            while not ended.is_set():
                protect(frame, 0x100)
                data = bytes(frame) if sound else bytes(frame[:7]) + b"\x55"
                bus.send(can.Message(arbitration_id=0x100, data=data, is_extended_id=False))
                time.sleep(0.02)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with ReplBoard(micropython, tmp_path / "disk") as board:
            code = board_with(LOGS, board, monkeypatch, "--bus", "virtual:deploy")
    finally:
        ended.set()
        thread.join()
    told = capsys.readouterr()
    assert (code, "protected frames on virtual:deploy after" in told.out) == ((0, True) if sound else (2, False))
    assert sound or ("unsound" in told.err and told.err.count("\n") == 1)
