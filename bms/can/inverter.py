"""What the adapters of all inverters do alike: limits, SoC, measurement, two-bit alarms, texts, and the peer's age.

An adapter has `rows` like those of outbox.py, the first of which carries the limits and is worth sending out of turn when
they fall to zero; `heard`, the (identifier, extended) that it listens to; `take(k, data)` for the newest frame of heard[k];
and `age_ms` since the inverter was last heard. Voltages that may be charged to are rounded down, those that may be
discharged to are rounded up. Units as in offer.py. Steps allocate nothing.
"""

from micropython import const

from bms.can.offer import (
    CONTACTOR,
    HIGH_CURRENT,
    HIGH_CURRENT_CHARGE,
    HIGH_TEMPERATURE,
    HIGH_TEMPERATURE_CHARGE,
    HIGH_VOLTAGE,
    IMBALANCE,
    INTERNAL,
    LOW_TEMPERATURE,
    LOW_TEMPERATURE_CHARGE,
    LOW_VOLTAGE,
    SHORT_CIRCUIT,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.app import App
    from bms.can.offer import Offer
    from bms.can.outbox import Row

AGE_MAX_ms = const(0x3FFFFFF)  # above every deadline
FIRMWARE = const(1)
_SPACE = const(32)
_TEXT = const(8)
_WHOLE_permille = const(1000)
_mAh_PER_Ah = const(1000)


def spell(message: "Any", text: str, first: int = 0) -> None:
    """The letters of a text from `first` on into char_0 ... char_7 of a message, the rest spaces. Before the first tick."""
    for k in range(_TEXT):
        here = first + k
        setattr(message, "char_" + str(k), ord(text[here]) if here < len(text) else _SPACE)


class Adapter:
    """Base of an inverter's adapter: three messages that all know, and how long the inverter has been silent."""

    def __init__(self, app: "App", offer: "Offer", limits: "Any", soc: "Any", measured: "Any") -> None:
        self.offer = offer
        self.limits = limits
        self.soc = soc
        self.measured = measured
        self.age_ms = 0
        self.heard: tuple[tuple[int, bool], ...] = ()
        self.rows: tuple[Row, ...] = ()

    def take(self, k: int, data: "memoryview | bytearray | bytes") -> bool:
        """The newest frame of heard[k]. Returns True if it says that the inverter lives; the base hears nothing."""
        return False

    def step(self, dt_ms: int) -> int:
        """Time passes. Returns how long the inverter has been silent."""
        if self.age_ms < AGE_MAX_ms:
            self.age_ms += dt_ms
        return self.age_ms

    def _limits(self) -> bool:
        m = self.limits
        offer = self.offer
        offer.stop_if_tripped()
        m.charge_voltage_dV = offer.cvl_mV // 100
        m.charge_current_dA = offer.ccl_dA
        m.discharge_current_dA = offer.dcl_dA
        m.discharge_voltage_dV = (offer.dvl_mV + 99) // 100
        return True

    def _soc(self) -> bool:
        m = self.soc
        offer = self.offer
        soh = offer.soh_permille if offer.soh_permille >= 0 else _WHOLE_permille
        m.soc_percent = (offer.soc_permille + 5) // 10
        m.soh_percent = (soh + 5) // 10
        return True

    def _measured(self) -> bool:
        m = self.measured
        offer = self.offer
        m.voltage_cV = (offer.voltage_mV + 5) // 10
        m.current_dA = offer.current_dA
        m.temperature_ddegC = offer.temperature_ddegC
        return True

    def _nothing(self) -> bool:
        """What never changes was packed before the first tick."""
        return False


class TwoBitAdapter(Adapter):
    """Adapter of the family that has SoC in 0.01 % and 0x35A, whose fields of two bits say active, OK or not supported."""

    def __init__(
        self, app: "App", offer: "Offer", limits: "Any", soc: "Any", measured: "Any", alarms: "Any", identity: "Any"
    ) -> None:
        Adapter.__init__(self, app, offer, limits, soc, measured)
        inverter = app.pack.inverter
        assert inverter is not None
        self._active = inverter.alarm_active
        self._ok = 3 - inverter.alarm_active
        self.alarms = alarms
        self.identity = identity
        self._told_alarms = -1
        self._told_warnings = -1
        self._told_connected = -1
        self._capacity_Ah = app.pack.cell.capacity_mAh // _mAh_PER_Ah
        identity.firmware = FIRMWARE

    def _soc_fine(self) -> bool:
        self.soc.soc_fine = self.offer.soc_permille * 10
        return self._soc()

    def _identity(self) -> bool:
        self.identity.online_capacity_Ah = self._capacity_Ah if self.offer.connected else 0
        return True

    def _code(self, bits: int, known: int, category: int) -> int:
        """The two bits of a category: 0 where no row looks for it."""
        if bits & category:
            return self._active
        return self._ok if known & category else 0

    def _alarms(self) -> bool:
        offer = self.offer
        connected = offer.connected
        if offer.alarms != self._told_alarms or offer.warnings != self._told_warnings or connected != self._told_connected:
            self._told_alarms = offer.alarms
            self._told_warnings = offer.warnings
            self._told_connected = connected
            self.alarms.online = self._ok if connected else self._active
            self._tell_alarms(offer.alarms, offer.known_alarms)
            self._tell_warnings(offer.warnings, offer.known_warnings)
            return True
        return False

    def _tell_alarms(self, bits: int, known: int) -> None:
        m = self.alarms
        m.high_voltage_alarm = self._code(bits, known, HIGH_VOLTAGE)
        m.low_voltage_alarm = self._code(bits, known, LOW_VOLTAGE)
        m.high_temperature_alarm = self._code(bits, known, HIGH_TEMPERATURE)
        m.low_temperature_alarm = self._code(bits, known, LOW_TEMPERATURE)
        m.high_temperature_charge_alarm = self._code(bits, known, HIGH_TEMPERATURE_CHARGE)
        m.low_temperature_charge_alarm = self._code(bits, known, LOW_TEMPERATURE_CHARGE)
        m.high_current_alarm = self._code(bits, known, HIGH_CURRENT)
        m.high_current_charge_alarm = self._code(bits, known, HIGH_CURRENT_CHARGE)
        m.contactor_alarm = self._code(bits, known, CONTACTOR)
        m.short_circuit_alarm = self._code(bits, known, SHORT_CIRCUIT)
        m.internal_alarm = self._code(bits, known, INTERNAL)
        m.imbalance_alarm = self._code(bits, known, IMBALANCE)

    def _tell_warnings(self, bits: int, known: int) -> None:
        m = self.alarms
        m.high_voltage_warning = self._code(bits, known, HIGH_VOLTAGE)
        m.low_voltage_warning = self._code(bits, known, LOW_VOLTAGE)
        m.high_temperature_warning = self._code(bits, known, HIGH_TEMPERATURE)
        m.low_temperature_warning = self._code(bits, known, LOW_TEMPERATURE)
        m.high_temperature_charge_warning = self._code(bits, known, HIGH_TEMPERATURE_CHARGE)
        m.low_temperature_charge_warning = self._code(bits, known, LOW_TEMPERATURE_CHARGE)
        m.high_current_warning = self._code(bits, known, HIGH_CURRENT)
        m.high_current_charge_warning = self._code(bits, known, HIGH_CURRENT_CHARGE)
        m.contactor_warning = self._code(bits, known, CONTACTOR)
        m.short_circuit_warning = self._code(bits, known, SHORT_CIRCUIT)
        m.internal_warning = self._code(bits, known, INTERNAL)
        m.imbalance_warning = self._code(bits, known, IMBALANCE)
