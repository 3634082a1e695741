"""What the bench tests: firmware behind a bus. One tick is one exchange: frames in, frames out.

Frames to the target are concatenated 16-byte SocketCAN frames; frames from it are (identifier, 8 bytes of data), the
identifier of an extended frame with 0x80000000 set. In lockstep HIL_TICK follows the frames and everything up to HIL_DONE
comes back, `crc` being the target's checksum over its decisions. Whatever makes that impossible is one TargetDied.
"""

import struct
from typing import Any, Self

from boards.parts.bench_frames import HilDone, HilTick

PATIENCE_s = 5.0  # of wall time without an answer
FRAME_BYTES = 16

_TWO_FIELDS = struct.Struct("<I4x8s")
_HEADER = struct.Struct("<IB3x")
_DONE_HEADER = _HEADER.pack(HilDone.ID, HilDone.LENGTH)


class TargetDied(Exception):
    """One line: the firmware will not answer any more, and why."""


class Target:
    """Firmware on the other side of a bus. start(), then exchange() tick by tick, then close()."""

    crc: int | None = None  # of the last exchange; None outside lockstep
    late_ticks: int | None = None  # None in lockstep
    takes_error_frames = True  # no real bus between, so that the state of its controller can be moved

    def __init__(self) -> None:
        self._tick = HilTick()
        self._done = HilDone()
        self._tick_frame = bytearray(_HEADER.pack(HilTick.ID, HilTick.LENGTH) + bytes(8))
        self._tick_data = memoryview(self._tick_frame)[8:]

    def start(self) -> None:
        """Brings the firmware up. BadInput where that cannot work, TargetDied where it does not."""

    def exchange(self, n: int, now_ms: int, frames: bytes) -> list[tuple[int, bytes]]:
        """One tick. TargetDied when there is no answer."""
        raise NotImplementedError

    def timing(self) -> dict[str, Any]:
        """How well real time was kept, for the result; nothing in lockstep."""
        return {}

    def close(self) -> None:
        """Leaves nothing behind and never hangs; may be called at any time, more than once."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tick_frame(self, n: int, now_ms: int) -> bytearray:
        """HIL_TICK as it stands on the wire."""
        self._tick.n = n
        self._tick.now_ms = now_ms
        self._tick.pack(self._tick_data)
        return self._tick_frame

    def answer(self, n: int, frames: bytes | memoryview) -> list[tuple[int, bytes]]:
        """Splits a batch that ends with HIL_DONE and takes its checksum. TargetDied for the answer to another tick."""
        answer = list(_TWO_FIELDS.iter_unpack(frames))
        self.take_done(n, answer[-1][1])
        return answer

    def take_done(self, n: int, data: bytes) -> None:
        """Keeps the checksum of a HIL_DONE."""
        done = self._done
        done.unpack(data)
        if done.n != n:
            raise TargetDied(f"the firmware answered tick {done.n} instead of tick {n}")
        self.crc = done.crc_high << 16 | done.crc_low


def ends_with_done(frames: bytes | bytearray, length: int) -> bool:
    """Whether the first `length` bytes are whole frames and the last of them is HIL_DONE."""
    return length & 15 == 0 and frames[length - 16 : length - 8] == _DONE_HEADER
