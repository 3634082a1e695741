"""A board on a pseudo-terminal: the unix port behind a raw REPL, on a file system of its own in a file.

What differs from a board: the REPL's control characters are understood here and not by MicroPython; the block device is a
file of 512-byte sectors, of which each is written whole or not at all; a reset starts a new process; the port stays when the
board resets, as with a UART; who the board says it is, is made up. The file system is MicroPython's own FAT, as on an STM32.

Its watchdog goes by what comes in over the port, at 115200 baud, and by soft resets, and by no wall: once begun it goes on
through a soft reset, machine.WDT() may give it another time, and where that passes unfed the board resets by itself.
"""

import os
import pty
import queue
import select
import signal
import subprocess
import threading
import time
import tty
from pathlib import Path
from typing import Self

BEGUN, IDLE, CUT, RESET, FED = b"\x1f", b"\x1e", b"\x1d", b"\x1c", b"\x1a"
_WINDOW = 128
_BYTE_ms = 10 / 115.2
_SOFT_RESET_ms = 150.0  # file system mounted, heap wiped

_CHILD = r"""
import sys, vfs, io, os
real = sys
disk_path, sectors, cut, identity, argv = ARGUMENTS
class Disk:
    def __init__(self):
        self.file = open(disk_path, "r+b")
        self.left = cut
    def readblocks(self, n, buf):
        self.file.seek(n * 512)
        self.file.readinto(buf)
    def writeblocks(self, n, buf):
        for k in range(len(buf) // 512):
            if self.left == 0:
                sys.stdout.write("\x1d")
                return
            self.left -= 1
            self.file.seek((n + k) * 512)
            self.file.write(memoryview(buf)[512 * k : 512 * k + 512])
    def ioctl(self, op, arg):
        if op == 3:
            self.file.flush()
        return sectors if op == 4 else 512 if op == 5 else 0
class Implementation:
    def __getitem__(self, k):
        return identity[2] if k == 1 else sys.implementation[k]
    _machine = identity[1]
    _mpy = identity[3]
class Sys:
    platform = identity[0]
    implementation = Implementation()
    def __getattr__(self, name):
        return getattr(real, name)
class Machine:
    PWRON_RESET = 1
    @staticmethod
    def reset_cause():
        return CAUSE
    @staticmethod
    def reset():
        real.stdout.write("\x1c")
        real.stdin.buffer.read(1)
    class WDT:
        def __init__(self, timeout=5000):
            if timeout > 32767:
                raise ValueError("WDT timeout too long")
            self.timeout = timeout
            self.feed()
        def feed(self):
            real.stdout.write("\x1a%05d" % self.timeout)
disk = Disk()
vfs.umount("/")
try:
    vfs.mount(vfs.VfsFat(disk), "/")
except OSError:
    vfs.VfsFat.mkfs(disk)
    vfs.mount(vfs.VfsFat(disk), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen"]
sys.argv[:] = argv
sys.modules["sys"] = Sys()
sys.modules["machine"] = Machine()
scope = {"__name__": "__main__"}
while True:
    real.stdout.write("\x1e")
    try:
        head = real.stdin.buffer.read(9)
    except KeyboardInterrupt:  # meant for what has just ended
        continue
    if not head:
        break
    code = real.stdin.buffer.read(int(head[1:]))
    try:
        if head[:1] == b"B":
            try:
                with open("main.py") as file:
                    code = file.read()
            except OSError:
                code = ""
        real.stdout.write("\x1f")
        exec(code, scope)
        error = ""
    except BaseException as caught:
        text = io.StringIO()
        real.print_exception(caught, text)
        error = text.getvalue()
    if head[:1] == b"B":
        real.stdout.write(error)
    else:
        real.stdout.write("\x04" + error + "\x04")
"""


class ReplBoard:
    """`port` is its serial port. `identity`: platform, machine, version, mpy. `argv`: what the firmware finds in sys.argv.
    `cut_after`: sectors that are still written before the power goes; the port goes with it. The disk stays."""

    def __init__(
        self,
        micropython: str,
        disk: Path,
        identity: tuple[str, str, tuple[int, int, int], int] = ("linux", "linux", (1, 29, 0), 2822),
        sectors: int = 4096,
        cut_after: int = -1,
        argv: tuple[str, ...] = (),
    ) -> None:
        if not disk.exists():
            disk.write_bytes(bytes(512 * sectors))
        told = (str(disk), sectors, cut_after, identity, ["bms", *argv])
        self._command = [micropython, "-X", "heapsize=16m", "-c"]
        self._program = _CHILD.replace("ARGUMENTS", repr(told))
        self._cause = 1  # power on
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        self._ended = threading.Event()
        self._input: queue.Queue[int] = queue.Queue()
        self._raw = False
        self._command_runs = False
        self._running = False
        self._begun = False  # what runs can be interrupted
        self._paste: int | None = None
        self._buffer = bytearray()
        self.unplugged = False
        self.bites = 0  # of the watchdog
        self.watchdog_ms = 0.0  # what it was last given; 0: it does not run
        self._left_ms = 0.0
        self._told = b""  # the beginning of what the watchdog is given
        self._start(boot=True)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _start(self, boot: bool) -> None:
        program = self._program.replace("CAUSE", str(self._cause))
        self._cause = 2
        self._child = subprocess.Popen([*self._command, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._child.stdout is not None
        while (first := self._child.stdout.read(1)) != IDLE:
            assert first, "the child does not start"
        self._running = self._command_runs = False
        if boot:
            self._raw = False
            self._order(b"B", b"")

    def _order(self, kind: bytes, code: bytes) -> None:
        assert self._child.stdin is not None
        self._running, self._begun, self._command_runs = True, False, kind == b"X"
        self._child.stdin.write(kind + b"%08d" % len(code) + code)

    def _say(self, data: bytes) -> None:
        os.write(self._master, data)

    def _serve(self) -> None:
        try:
            while not self._ended.is_set():
                assert self._child.stdout is not None
                output = self._child.stdout.fileno()
                ready, _, _ = select.select([self._master, output], [], [], 0.05)
                if output in ready:
                    self._heard(os.read(output, 4096))
                if self._master in ready:
                    for byte in os.read(self._master, 4096):
                        self._input.put(byte)
                while not self._input.empty() and (not self._command_runs or self._input.queue[0] == 3):
                    self._take(self._input.get())
        except OSError:
            pass

    def _heard(self, data: bytes) -> None:
        if not data or CUT in data:
            self.unplug()
        elif RESET in data:
            self._reset()
        else:
            data = self._fed(self._told + data)
            self._begun = self._begun or BEGUN in data
            self._say(data.replace(BEGUN, b"").replace(IDLE, b"").replace(b"\n", b"\r\n"))
            if IDLE in data:
                if self._command_runs:
                    self._say(b">")
                self._running = self._command_runs = False

    def _reset(self) -> None:
        """All but the disk begins anew."""
        self._child.kill()
        self._child.wait()
        self.watchdog_ms = 0.0
        self._paste = None
        self._buffer.clear()
        self._start(boot=True)

    def _fed(self, data: bytes) -> bytes:
        """Without what is meant for the watchdog."""
        *others, last = data.split(FED)
        rest = others[:1]
        for part in [*others[1:], last] if others else []:
            if len(part) < 5:
                self._told = FED + part
                return b"".join(rest)
            self.watchdog_ms = self._left_ms = float(part[:5])
            rest.append(part[5:])
        self._told = b""
        return b"".join(rest) if others else last

    def _pass(self, ms: float) -> bool:
        """Time goes by. True: the watchdog bites."""
        self._left_ms -= ms
        if not self.watchdog_ms or self._left_ms >= 0:
            return False
        self.bites += 1
        self._reset()
        return True

    def _take(self, byte: int) -> None:
        if self._pass(_BYTE_ms if not self._running else 0.0):
            return
        if self._running and byte != 3:
            return  # to a program that reads no input
        if self._running:
            while not self._begun and not self._ended.is_set():
                assert self._child.stdout is not None
                self._heard(os.read(self._child.stdout.fileno(), 4096))
            if self._running:
                self._child.send_signal(signal.SIGINT)
            while self._running and not self._ended.is_set():
                assert self._child.stdout is not None
                self._heard(os.read(self._child.stdout.fileno(), 4096))
        elif self._paste is not None:
            self._pasted(byte)
        elif byte == 1:
            self._raw = True
            self._buffer.clear()
            self._say(b"\r\nraw REPL; CTRL-B to exit\r\n>")
        elif byte == 2:
            self._raw = False
            self._say(b"\r\n>>> ")
        elif byte == 3:
            self._buffer.clear()
        elif byte == 4 and self._raw and not self._buffer.strip():
            self._child.kill()
            self._child.wait()
            self._start(boot=False)
            if self._pass(_SOFT_RESET_ms):
                return
            self._say(b"OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
        elif byte == 4 and not self._raw:
            self._child.kill()
            self._child.wait()
            self._say(b"\r\nMPY: soft reboot\r\n")
            self._start(boot=True)
        elif byte == 4:
            self._say(b"OK")
            self._order(b"X", bytes(self._buffer))
            self._buffer.clear()
        elif self._raw:
            self._buffer.append(byte)
            if self._buffer.endswith(b"\x05A\x01"):
                self._buffer.clear()
                self._paste = 0
                self._say(b"R\x01" + _WINDOW.to_bytes(2, "little"))

    def _pasted(self, byte: int) -> None:
        assert self._paste is not None
        if byte == 4:
            self._paste = None
            self._say(b"\x04")
            self._order(b"X", bytes(self._buffer))
            self._buffer.clear()
            return
        self._buffer.append(byte)
        self._paste += 1
        if self._paste % _WINDOW == 0:
            self._say(b"\x01")

    def said(self, last: tuple[str, ...], seconds: float) -> str:
        """What comes out of the port, until a line ends in one of these, for whoever has not opened it."""
        text = ""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s and not text.rstrip().endswith(last):
            if select.select([self._slave], [], [], 0.1)[0]:
                text += os.read(self._slave, 4096).decode()
        return " ".join(text.split())

    def unplug(self) -> None:
        """The power and the port go."""
        if not self.unplugged:
            self.unplugged = True
            self._ended.set()
            self._child.kill()
            self._child.wait()
            os.close(self._slave)
            os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5)
        self.unplug()
