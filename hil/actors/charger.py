"""A charger that speaks our own protocol: constant current, then constant voltage, as the BMS asks for.

It follows BMS_CHARGE_REQUEST while that is whole, new and enabled, and switches off where it is lost for
LOST_ms or says stop. CHG_STATUS tells what it does, CHG_LIMITS what it can. What it gives, and what it can do wrong, is
converter.py's. V and A; positive charges.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cantools.database.can import Database

from hil.actors.converter import STOP, Converter, Order
from hil.actors.wire import Receiver, Sender

PERIOD_ms = 100
LOST_ms = 500

CURRENT_MOST_A = 1638.3
"""CHG_LIMITS carries no more."""
OFF, READY, CHARGING, FAULT = 0, 1, 2, 3
"""Values of CHG_STATUS.charger_state."""


class Charger(Converter):
    """`step` every PERIOD_ms; `handlers`: frames that it takes as they come."""

    handlers: Mapping[int, Callable[[bytes, int], None]] = {}

    def __init__(self, wire: Database, settings: Mapping[str, Any]) -> None:
        super().__init__(settings["slew_A_s"], settings["current_max_A"], settings["voltage_max_V"])
        self.status = Sender(wire.get_message_by_name("CHG_STATUS"))
        self.limits = Sender(wire.get_message_by_name("CHG_LIMITS"))
        self.request = Receiver(wire.get_message_by_name("BMS_CHARGE_REQUEST"), LOST_ms)
        self._power_W: float | None = settings["power_W"]
        self._request_id = self.request.message.frame_id

    @property
    def errors(self) -> int:
        """Frames that it did not believe."""
        return self.request.errors

    def step(self, heard: Mapping[int, bytes], output_V: float, output_A: float, now_ms: int) -> bytes:
        """Reads the newest request; returns what it says, nothing while unplugged."""
        known = self.request.step(heard.get(self._request_id), now_ms)
        values = self.request.values
        enabled = known and bool(values["charge_enable"])
        self.obey(Order(True, values["charge_current"], values["charge_voltage"]) if enabled else STOP)
        if not self.speaks():
            return b""
        said_V, said_A = self.said(output_V, output_A)
        state = CHARGING if self.on and self.current_A > 0 else READY
        status = self.status.frame(
            charger_voltage=max(0.0, round(said_V, 3)),
            charger_current=round(said_A, 1),
            charger_state=FAULT if self.failed else state,
        )
        most_A = min(self.current_max_A, CURRENT_MOST_A)
        if self._power_W is not None and output_V > 0.0:
            most_A = min(most_A, self._power_W / output_V)
        return status + self.limits.frame(charger_current_most=round(most_A, 1), charger_voltage_most=self.voltage_max_V)
