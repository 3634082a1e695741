"""A bus as it is now, through any python-can interface: frames in the words of a candump log.

It ends after so many seconds, on Ctrl-C or on SIGTERM, and then what was heard is kept; a second Ctrl-C does not wait. An
interface that fails on the way ends it as well and `failed` says why. Nothing is sent.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from hil.dump.candump import DATA, ERROR, FD, REMOTE, Heard, identifier_text
from hil.errors import BadInput, one_line

_PATIENCE_s = 0.1  # until what was written so far is handed on, and the end is looked for
_FLEXIBLE = ("socketcan",)  # interfaces that take classic frames as well when they are opened for flexible ones


class LiveBus:
    """One python-can interface, opened as INTERFACE:CHANNEL. BadInput where it cannot be opened."""

    live = True
    truncated = 0
    bad_lines = 0
    size_bytes: int | None = None

    def __init__(self, bus: str, bitrate: int, flexible: bool = False, seconds: float | None = None) -> None:
        import can  # a third of a second: only where a bus is asked for

        self.name = bus
        self.failed: str | None = None
        self._errors: tuple[type[Exception], ...] = (can.CanError, OSError)
        self._seconds = seconds
        self._stopped = False
        interface, _, self._channel = bus.partition(":")
        more: dict[str, Any] = {"fd": True} if flexible or interface in _FLEXIBLE else {}
        try:
            self._bus: Any = can.Bus(interface=interface, channel=self._channel, bitrate=bitrate, **more)
        except Exception as error:  # every driver has its own ways of failing
            raise BadInput(f"bus {bus}: cannot be opened: {one_line(error)}") from error

    def position(self) -> int:
        """A bus has no end to be near to."""
        return 0

    def close(self) -> None:
        """Lets go of the interface."""
        self._bus.shutdown()

    def __iter__(self) -> Iterator[Heard | None]:
        until_s = None if self._seconds is None else time.monotonic() + self._seconds
        with self._stoppable():
            while not self._stopped:
                patience_s = _PATIENCE_s
                if until_s is not None:
                    patience_s = min(patience_s, until_s - time.monotonic())
                    if patience_s <= 0:
                        return
                try:
                    message = self._bus.recv(patience_s)
                except self._errors as error:
                    self.failed = f"bus {self.name} failed: {one_line(error)}"
                    return
                yield None if message is None else self._heard(message)

    def _heard(self, message: Any) -> Heard:
        bus = self._channel if message.channel is None else "".join(str(message.channel).split())
        identifier = identifier_text(message.arbitration_id, message.is_extended_id)
        kind = DATA
        if message.is_error_frame:
            kind = ERROR
        elif message.is_remote_frame:
            kind = REMOTE
        elif message.is_fd:
            kind = FD
        data = b"" if kind == REMOTE else bytes(message.data)
        return f"{message.timestamp:.6f}", bus, identifier, data, kind

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """The first signal ends the listening between two frames, so that no line is torn."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopped = True
            restore()

        for number in before:
            signal.signal(number, stop)
        try:
            yield
        finally:
            restore()
