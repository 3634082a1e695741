"""Pylontech low voltage V1.2: the pack as a stack of Pylontech batteries. Layout in dbc/pylontech.dbc, behaviour in offer.py.

0x359 has one bit a category: hot or cold is one whether charge or discharge is in danger, and what it has no bit for is a
system error. A force-charge request of the first kind is the stronger.
"""

from micropython import const

from bms.can import pylontech_frames as W
from bms.can.inverter import Adapter, spell
from bms.can.offer import (
    HIGH_CURRENT,
    HIGH_CURRENT_CHARGE,
    HIGH_TEMPERATURE,
    HIGH_TEMPERATURE_CHARGE,
    HIGH_VOLTAGE,
    LOW_TEMPERATURE,
    LOW_TEMPERATURE_CHARGE,
    LOW_VOLTAGE,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.can.offer import Offer

_P = const(80)
_N = const(78)


class Pylontech(Adapter):
    """Six frames a second; hears the inverter's keepalive."""

    def __init__(self, app: "App", offer: "Offer") -> None:
        Adapter.__init__(self, app, offer, W.PylLimits(), W.PylSoc(), W.PylMeasured())
        inverter = app.pack.inverter
        assert inverter is not None
        self.alarms = W.PylAlarms()
        self.alarms.modules = app.pack.stacks
        self.alarms.letter_5 = _P
        self.alarms.letter_6 = _N
        self.request = W.PylRequest()
        self.manufacturer = W.PylManufacturer()
        spell(self.manufacturer, inverter.manufacturer)
        self.keepalive = W.PylKeepalive()
        self._hot = HIGH_TEMPERATURE | HIGH_TEMPERATURE_CHARGE
        self._cold = LOW_TEMPERATURE | LOW_TEMPERATURE_CHARGE
        self._other = ~(HIGH_VOLTAGE | LOW_VOLTAGE | self._hot | self._cold | HIGH_CURRENT | HIGH_CURRENT_CHARGE)
        self.heard = ((W.PylKeepalive.ID, W.PylKeepalive.EXTENDED),)
        self.rows = (
            (self.limits, self._limits, False, False),
            (self.soc, self._soc, False, False),
            (self.measured, self._measured, False, False),
            (self.alarms, self._alarms, False, False),
            (self.request, self._request, False, False),
            (self.manufacturer, self._nothing, False, False),
        )

    def take(self, k: int, data: "memoryview | bytearray | bytes") -> bool:
        """The newest frame of heard[k]. Returns True if it says that the inverter lives."""
        if not self.keepalive.unpack(data):
            return False
        self.age_ms = 0
        return True

    def _alarms(self) -> bool:
        m = self.alarms
        bits = self.offer.alarms
        m.high_voltage_alarm = 1 if bits & HIGH_VOLTAGE else 0
        m.low_voltage_alarm = 1 if bits & LOW_VOLTAGE else 0
        m.high_temperature_alarm = 1 if bits & self._hot else 0
        m.low_temperature_alarm = 1 if bits & self._cold else 0
        m.high_current_alarm = 1 if bits & HIGH_CURRENT else 0
        m.high_current_charge_alarm = 1 if bits & HIGH_CURRENT_CHARGE else 0
        m.system_alarm = 1 if bits & self._other else 0
        bits = self.offer.warnings
        m.high_voltage_warning = 1 if bits & HIGH_VOLTAGE else 0
        m.low_voltage_warning = 1 if bits & LOW_VOLTAGE else 0
        m.high_temperature_warning = 1 if bits & self._hot else 0
        m.low_temperature_warning = 1 if bits & self._cold else 0
        m.high_current_warning = 1 if bits & HIGH_CURRENT else 0
        m.high_current_charge_warning = 1 if bits & HIGH_CURRENT_CHARGE else 0
        m.system_warning = 1 if bits & self._other else 0
        return True

    def _request(self) -> bool:
        m = self.request
        offer = self.offer
        offer.stop_if_tripped()
        m.charge_enable = offer.charge_allowed
        m.discharge_enable = offer.discharge_allowed
        m.force_charge_1 = 1 if offer.charge_allowed and offer.force == 2 else 0
        m.force_charge_2 = 1 if offer.charge_allowed and offer.force == 1 else 0
        return True
