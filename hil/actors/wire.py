"""Frames of dbc/bms.dbc as other makers' devices see them: cantools for layout, autosar-e2e for protection.

Nothing here comes from the firmware or from the codec generated for it, so both sides of the wire are checked
against each other. A `Sender` makes the frames of one message, a `Receiver` believes another only while its
frames are whole and new.
"""

import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cantools.database
from cantools.database.can import Database, Message
from e2e.p05 import e2e_p05_check, e2e_p05_protect

import dbc

_SOCKETCAN = struct.Struct("<IB3x8s")
E2E_BYTES = 3
"""AUTOSAR E2E profile 5: CRC-16 in bytes 0 and 1, counter in byte 2; the data id is the identifier."""


@cache
def database(name: str = "bms.dbc") -> Database:
    """One of the shipped DBC files, read once; nobody writes into it."""
    path = Path(next(iter(dbc.__path__))) / name
    loaded = cantools.database.load_file(path, database_format="dbc")
    assert isinstance(loaded, Database)
    return loaded


def period_ms(message: Message) -> int:
    """How often it is sent."""
    return message.cycle_time or 0


def is_protected(message: Message) -> bool:
    """Whether its frames carry counter and checksum."""
    return any(signal.name == "e2e_crc" for signal in message.signals)


class Sender:
    """One protected message: values in, a frame of 16 bytes as SocketCAN has it out. Encodes only changes."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self._values: dict[str, Any] = {}
        self._data = bytearray(message.length)
        self._data[2] = 255  # so that the first counter is 0

    def frame(self, **values: Any) -> bytes:
        """The next frame."""
        data = self._data
        if values != self._values:
            encoded = self.message.encode({"e2e_crc": 0, "e2e_counter": 0, **values})
            data[E2E_BYTES:] = encoded[E2E_BYTES:]
            self._values = values
        e2e_p05_protect(data, self.message.frame_id)
        return _SOCKETCAN.pack(self.message.frame_id, len(data), bytes(data))


class Receiver:
    """The last good frame of one protected message; `alive` while it is younger than `deadline_ms`."""

    def __init__(self, message: Message, deadline_ms: int) -> None:
        self.message = message
        self.deadline_ms = deadline_ms
        self.values: Mapping[str, Any] = {}
        self.alive = False
        self.errors = 0
        self._payload = b""
        self._counter = -1
        self._good_ms = 0

    def step(self, raw: bytes | None, now_ms: int) -> bool:
        """Looks at the newest frame, None where none ever came. Returns `alive`; values in physical units."""
        if raw is not None and raw[2] != self._counter:
            if e2e_p05_check(raw, self.message.frame_id):
                self._counter = raw[2]
                self._good_ms = now_ms
                self.alive = True
                if raw[E2E_BYTES:] != self._payload:
                    self._payload = raw[E2E_BYTES:]
                    decoded = self.message.decode(raw, decode_choices=False)
                    assert isinstance(decoded, dict)
                    self.values = decoded
                return True
            self.errors += 1
        if now_ms - self._good_ms > self.deadline_ms:
            self.alive = False
        return self.alive
