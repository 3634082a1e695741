"""A well-behaved charger: constant current, then constant voltage, as the BMS asks for, at a finite slew.

It follows BMS_CHARGE_REQUEST while that is whole, new and enabled, and switches off where it is lost for
LOST_ms or says stop. Down is at once when told to stop, else at its slew. V and A; positive charges.
"""

from cantools.database.can import Database

from hil.actors.wire import Receiver, Sender

PERIOD_ms = 100
STEP_ms = 10
LOST_ms = 500

OFF, READY, CHARGING, FAULT = 0, 1, 2, 3
"""Values of CHG_STATUS.charger_state."""


class Charger:
    """`step` every PERIOD_ms, `slew` every tick. `on`, `current_A`, `voltage_V` are its output."""

    def __init__(self, wire: Database, slew_A_s: float, current_max_A: float) -> None:
        self.status = Sender(wire.get_message_by_name("CHG_STATUS"))
        self.request = Receiver(wire.get_message_by_name("BMS_CHARGE_REQUEST"), LOST_ms)
        self.plugged = False
        self.on = False
        self.current_A = 0.0
        self.voltage_V = 0.0
        self.factor = 1.0  # 1 obeys; a fault delivers so many times what is asked for
        self.disobeyed = 0
        self._slew_A = slew_A_s * STEP_ms / 1000
        self._current_max_A = current_max_A
        self._asked_A = 0.0

    def step(self, request: bytes | None, output_V: float, output_A: float, now_ms: int) -> bytes:
        """Reads the newest request; returns the status frame, nothing while unplugged."""
        known = self.request.step(request, now_ms)
        values = self.request.values
        enabled = self.plugged and known and bool(values["charge_enable"])
        self.on = enabled
        self._asked_A = min(values["charge_current"], self._current_max_A) if enabled else 0.0
        self.voltage_V = values["charge_voltage"] if enabled else 0.0
        if enabled and self.factor != 1.0:
            self.disobeyed += 1
            self._asked_A *= self.factor
        if not self.plugged:
            return b""
        return self.status.frame(
            charger_voltage=max(0.0, round(output_V, 3)),
            charger_current=round(output_A, 1),
            charger_state=CHARGING if self.on and self.current_A > 0 else READY,
        )

    def slew(self) -> None:
        """One tick towards what is asked for."""
        if not self.on:
            self.current_A = 0.0
        elif self.current_A != self._asked_A:
            step_A = self._asked_A - self.current_A
            self.current_A += max(-self._slew_A, min(self._slew_A, step_A))
