"""A board's REPL behind a serial port, through mpremote. Whatever goes wrong with it is one line, as BadInput.

A firmware that is interrupted leaves a watchdog of 200 ms that nobody feeds and nobody can stop, not even a soft reset. So the
first thing that is said to the board, before it begins anew, is that its watchdog has the longest time it can be given: a new
machine.WDT() takes another time while it runs, on STM32 up to 32767 ms (ports/stm32/machine_wdt.c), on RP2 up to 8388 ms
(ports/rp2/machine_wdt.c, RP2040; an RP2350 may be given more). From then on every order feeds it first. Where none ran one
runs now: it ends with a hard reset, and not before.
"""

import ast
import contextlib
import io
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hil.errors import BadInput

READ_s = 2.0  # of silence in the middle of an answer
BACK_s = 15.0  # until a port that went with a reset is there again
CHUNK_bytes = 512
_PAUSE_s = 0.1
_FEED = """try:
 import machine,sys
 machine.WDT(timeout=8388 if sys.platform=="rp2"else 32767).feed()
except(ImportError,AttributeError):
 pass
"""


class Repl:
    """The port, open. `stop()` first; then what is asked for runs alone on the board."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._serial: Any = None
        self._watched = False
        self._open()

    def _open(self) -> None:
        try:
            from mpremote.transport_serial import SerialTransport
        except ImportError:
            raise BadInput("no mpremote found: pip install mpremote") from None
        with self._told("cannot be opened"):
            try:
                self._serial = SerialTransport(self.port, timeout=READ_s)
            except Exception as error:  # mpremote hides the reason
                there = Path(self.port).exists()
                reason = "another program has it, or it may not be used" if there else "there is no such port"
                raise BadInput(f"port {self.port}: {reason}") from error

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Errors of mpremote and of the port as one line; what mpremote prints is not shown."""
        from mpremote.transport import TransportError, TransportExecError

        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        except TransportExecError as error:
            last = error.error_output.strip().splitlines()[-1:] or ["it says nothing"]
            raise BadInput(f"port {self.port}: {what}: {last[0]}") from error
        except (TransportError, OSError, struct.error, ValueError, SyntaxError, TypeError) as error:
            text = " ".join(str(error).split())[:100] or type(error).__name__
            raise BadInput(f"port {self.port}: {what}: the board does not answer ({text})") from error

    def stop(self, watched: bool = True) -> None:
        """Ends what runs and begins anew without it. A port on which something was still being said may want a second try.
        `watched`: a watchdog may run."""
        for last in (False, True):
            try:
                with self._told("no MicroPython to be heard"):
                    if watched:
                        self._serial.enter_raw_repl(soft_reset=False, timeout_overall=5)
                        self._serial.exec(_FEED)
                    self._serial.enter_raw_repl(soft_reset=True, timeout_overall=5)
                self._watched = watched
                return
            except BadInput:
                if last:
                    raise
                time.sleep(_PAUSE_s)

    def run(self, code: str, what: str = "failed") -> str:
        """What the code prints."""
        with self._told(what):
            self._feed()
            return str(self._serial.exec(code).decode("utf-8", "replace")).replace("\r\n", "\n")

    def _feed(self) -> None:
        if self._watched:
            self._serial.exec(_FEED)

    def value(self, code: str, what: str = "failed") -> Any:
        """What the code prints, as a literal."""
        text = self.run(code, what)
        with self._told(what):
            return ast.literal_eval(text.strip())

    def write(self, path: str, data: bytes) -> None:
        """A whole file."""
        with self._told(f"{path} cannot be written"):
            self._feed()
            self._serial.fs_writefile(path, data, chunk_size=CHUNK_bytes)

    def reset(self) -> None:
        """A hard reset, which ends a watchdog too; the port may go and come back."""
        with self._told("cannot be reset"):
            self._serial.exec_raw_no_follow("import machine\nmachine.reset()\n")
        with contextlib.suppress(Exception):
            self._serial.close()
        until_s = time.monotonic() + BACK_s
        while True:
            time.sleep(_PAUSE_s)
            try:
                self._open()
                return
            except BadInput:
                if time.monotonic() > until_s:
                    raise

    def start(self) -> None:
        """A soft reset, as after power on: main.py runs. The port stays, so that nothing of what it says is lost."""
        with self._told("cannot be started"):
            self._serial.exit_raw_repl()
            self._serial.serial.write(b"\x04")

    def lines(self, seconds: float) -> Iterator[str]:
        """Line by line what the board prints, for so long."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            with self._told("gone"):
                raw = self._serial.read_until(1, b"\n", timeout=left_s, timeout_overall=left_s)
            if raw.endswith(b"\n"):
                yield raw.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Lets go of the port."""
        with contextlib.suppress(Exception):
            self._serial.close()
