"""Recorded answers, played again: by a process behind the loopback transport of `hil run`, or with no transport at all.

The process does what no firmware can do without: it reads a tick's frames up to HIL_TICK and writes the answer, one system
call each. So an exchange with it costs what the transport costs, both ends of it, and the bench's own part in it.
"""

import multiprocessing
import socket
from collections.abc import Sequence
from typing import Any

from boards.parts.bench_frames import HilTick
from hil.targets.base import FRAME_BYTES, Target
from hil.targets.onecore import OneCore
from hil.targets.process import FAREWELL_s, MicroPythonTarget

_RECEIVE_BYTES = 4096
_TICK_WORD = HilTick.ID.to_bytes(4, "little")


class NoTransport(Target):
    """The answers as if they had always been here. What remains is HIL_TICK and the splitting."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        super().__init__()
        self._answers = answers

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """As a target's, without a way there and back."""
        frames + self.tick_frame(n, now_ms)
        return self.answer(n, self._answers[n])


class Loopback(MicroPythonTarget):
    """The default target of `hil run` with a player in the firmware's place."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        super().__init__("")
        self._answers = answers

    def _launch(self, *options: str) -> Any:
        self._firmware = player = Player(int(options[-1].rpartition(":")[2]), self._answers)  # type: ignore[assignment]
        self._core = OneCore(player.pid)
        return player


class Player:
    """The process, as a target sees its firmware."""

    def __init__(self, port: int, answers: Sequence[bytes]) -> None:
        self._process = multiprocessing.Process(target=play, args=(port, list(answers)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def ended(self) -> bool:
        """Whether the process is no more."""
        return not self._process.is_alive()

    def obituary(self) -> str:
        """Why there is no answer."""
        self._process.join(FAREWELL_s)
        return f"the player of recorded answers ended with exit code {self._process.exitcode}"

    def close(self) -> None:
        """Ends the process, gently first."""
        self._process.join(FAREWELL_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(FAREWELL_s)


def play(port: int, answers: Sequence[bytes]) -> None:
    """Answers tick by tick until there are no more or the other side closes."""
    buffer = bytearray(_RECEIVE_BYTES)
    view = memoryview(buffer)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for answer in answers:
            length = 0
            while not length or length % FRAME_BYTES or buffer[length - FRAME_BYTES : length - 12] != _TICK_WORD:
                more = sock.recv_into(view[length:])
                if not more:
                    return
                length += more
            sock.sendall(answer)
