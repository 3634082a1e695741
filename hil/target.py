"""What the bench tests: firmware behind a bus. One tick is one exchange: frames in, frames out.

Frames to the target are concatenated 16-byte SocketCAN frames; frames from it are (identifier, 8 bytes of data), the
identifier of an extended frame with 0x80000000 set. In lockstep HIL_TICK follows the frames and everything up to HIL_DONE
comes back, `crc` being the target's checksum over its decisions. Whatever makes that impossible is one TargetDied.
"""

import struct
from pathlib import Path
from typing import Self

from boards.parts.bench_frames import HilDone, HilTick
from hil.errors import BadInput

PATIENCE_s = 5.0  # of wall time without an answer
TARGETS = ("micropython", "cpython", "bus")
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


def make_target(
    name: str,
    bus: str | None,
    pack_name: str,
    map_name: str | None = None,
    stored_soc_permille: int | None = None,
    micropython_path: str | Path | None = None,
) -> Target:
    """The target of that name on that bus (`INTERFACE:CHANNEL`; None: its own). BadInput for a pair that does not exist."""
    if name not in TARGETS:
        raise BadInput(f"target {name}: one of {', '.join(TARGETS)}")
    if bus is not None and (not bus.partition(":")[0] or not bus.partition(":")[2]):
        raise BadInput(f"bus {bus}: INTERFACE:CHANNEL, for example socketcan:can0")
    if name == "micropython":
        from hil.targets.process import MicroPythonTarget, ProcessOnBusTarget

        if bus is None:
            return MicroPythonTarget(pack_name, map_name, stored_soc_permille, micropython_path)
        if bus.startswith("socketcan:"):
            return ProcessOnBusTarget(pack_name, map_name, stored_soc_permille, micropython_path, bus)
        raise BadInput(f"bus {bus}: target micropython has loopback (no --bus) or socketcan:INTERFACE")
    if name == "cpython":
        from hil.targets.inside import CPythonTarget

        return CPythonTarget(pack_name, map_name, stored_soc_permille, bus)
    if bus is None:
        raise BadInput("target bus: wants --bus INTERFACE:CHANNEL, for example slcan:/dev/ttyACM0")
    from hil.targets.realtime import BusTarget

    return BusTarget(bus)
