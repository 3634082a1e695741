"""The thin edge between batches of 16-byte frames and a python-can bus."""

import struct
import time
from typing import Any

from hil.errors import BadInput
from hil.targets.base import FRAME_BYTES, TargetDied

BITRATE = 500_000
_FRAME = struct.Struct("<IB3x8s")
_EXTENDED = 0x8000_0000
_REMOTE = 0x4000_0000
_EXTENDED_MASK = 0x1FFF_FFFF
_FULL_PAUSE_s = 0.001


class CanBus:
    """One python-can interface, opened as INTERFACE:CHANNEL. BadInput where it cannot be opened."""

    def __init__(self, bus: str) -> None:
        import can  # a third of a second: only where a bus is asked for

        self._message = can.Message
        self._errors: tuple[type[Exception], ...] = (can.CanError, OSError)
        interface, _, channel = bus.partition(":")
        self.name = bus
        try:
            self._bus: Any = can.Bus(interface=interface, channel=channel, bitrate=BITRATE)
        except Exception as error:  # every driver has its own ways of failing
            text = " ".join(str(error).split()) or type(error).__name__
            raise BadInput(f"bus {bus}: cannot be opened: {text}") from error

    def send(self, frames: bytes | bytearray, patience_s: float) -> None:
        """Puts a batch on the bus; a queue that is full is waited for. TargetDied where the bus does not take it."""
        until_s = time.monotonic() + patience_s
        for word, length, data in _FRAME.iter_unpack(frames):
            message = self._message(
                arbitration_id=word & _EXTENDED_MASK,
                is_extended_id=bool(word & _EXTENDED),
                is_remote_frame=bool(word & _REMOTE),
                dlc=length,
                data=None if word & _REMOTE else data[:length],
                check=False,
            )
            while True:
                try:
                    self._bus.send(message)
                    break
                except self._errors as error:
                    if time.monotonic() > until_s:
                        raise TargetDied(f"bus {self.name} takes no frames: {error}") from error
                    time.sleep(_FULL_PAUSE_s)

    def receive(self, timeout_s: float) -> tuple[int, bytes, int] | None:
        """(identifier word, 8 bytes, length) of the next data frame; None when there is none in time."""
        try:
            message = self._bus.recv(timeout_s)
        except self._errors as error:
            raise TargetDied(f"bus {self.name} failed: {error}") from error
        if message is None or message.is_error_frame or message.is_remote_frame or message.dlc > 8:
            return None
        word = message.arbitration_id | (_EXTENDED if message.is_extended_id else 0)
        return word, bytes(message.data).ljust(8, b"\0"), message.dlc

    def receive_frame(self, timeout_s: float) -> bytes | None:
        """The same as 16 bytes."""
        got = self.receive(timeout_s)
        return None if got is None else _FRAME.pack(got[0], got[2], got[1])

    def close(self) -> None:
        """Lets go of the interface."""
        self._bus.shutdown()


assert _FRAME.size == FRAME_BYTES
