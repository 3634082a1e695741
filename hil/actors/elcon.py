"""A charger as Elcon and TC build them: it is told a voltage and a current once a second, and stops after silence.

Its frames are extended, big-endian and unprotected; cantools reads them from dbc/elcon.dbc. What it gives, and what it can
do wrong, is converter.py's: a failure shows as its hardware bit, silence of the BMS for LOST_ms as its time-out bit. To heat
the pack (control 2) is nothing that it gives current for. Mains and its own temperature are not modelled. V and A.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from cantools.database.can import Database

from hil.actors.converter import STOP, Converter, Order
from hil.framefaults import EXTENDED

STATUS_ms = 1000
LOST_ms = 5000
START = 0
"""Value of ELCON_REQUEST.control."""

_MAX = 6553.5  # of its fields for V and A
_SOCKETCAN = struct.Struct("<IB3x8s")


class Elcon(Converter):
    """`step` every 100 ms, of which every tenth says something; `handlers`: frames that it takes as they come."""

    errors = 0  # it has no check that a frame could fail

    def __init__(self, wire: Database, settings: Mapping[str, Any]) -> None:
        super().__init__(settings["slew_A_s"], settings["current_max_A"], settings["voltage_max_V"])
        self._request = wire.get_message_by_name("ELCON_REQUEST")
        self._status = wire.get_message_by_name("ELCON_STATUS")
        self.handlers: Mapping[int, Callable[[bytes, int], None]] = {self._request.frame_id | EXTENDED: self._hear}
        self._asked = STOP
        self._heard_ms: int | None = None

    def step(self, heard: Mapping[int, bytes], output_V: float, output_A: float, now_ms: int) -> bytes:
        """Does as it was told last; returns its status when that is due, nothing while unplugged."""
        lost = self._heard_ms is None or now_ms - self._heard_ms > LOST_ms
        self.obey(STOP if lost else self._asked)
        if now_ms % STATUS_ms or not self.speaks():
            return b""
        said_V, said_A = self.said(output_V, output_A)
        data = self._status.encode(
            {
                "voltage": min(max(round(said_V, 1), 0.0), _MAX),
                "current": min(max(round(said_A, 1), 0.0), _MAX),
                "hardware_failure": int(self.failed),
                "over_temperature": 0,
                "input_voltage_wrong": 0,
                "not_started": int(not self.on),
                "communication_timeout": int(lost),
            }
        )
        return _SOCKETCAN.pack(self._status.frame_id | EXTENDED, len(data), data)

    def _hear(self, data: bytes, now_ms: int) -> None:
        decoded = self._request.decode(data[: self._request.length], decode_choices=False)
        assert isinstance(decoded, dict)
        values: Mapping[str, Any] = decoded
        self._heard_ms = now_ms
        on = values["control"] == START
        self._asked = Order(True, values["current"], values["voltage"]) if on else STOP
