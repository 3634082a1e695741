"""Victron CAN-bms: the pack as a managed battery on a GX. Layout in dbc/victron.dbc, behaviour in offer.py.

What Victron calls a cell is the bound of the worst hidden layer, its place the group or probe that the bound comes from;
what it calls a module is a stack. Temperatures in Kelvin are rounded outwards. The GX is alive when it sends 0x305, or
0x307 with VIC in it.
"""

from micropython import const

from bms.can import victron_frames as W
from bms.can.inverter import TwoBitAdapter, spell

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.app import App
    from bms.can.offer import Offer

_mAh_PER_Ah = const(1000)
_ZERO_CELSIUS_cK = const(27315)
_HALF = const(8)
_DIGIT = const(48)
_V, _I, _C = const(86), const(73), const(67)


def place(message: "Any", number: int) -> bool:
    """A number below 1000 as three digits behind the first letter. Returns True."""
    message.char_1 = _DIGIT + number // 100
    message.char_2 = _DIGIT + number // 10 % 10
    message.char_3 = _DIGIT + number % 10
    return True


class Victron(TwoBitAdapter):
    """Nineteen frames a second; hears the keepalive and the identification of a GX."""

    def __init__(self, app: "App", offer: "Offer") -> None:
        TwoBitAdapter.__init__(self, app, offer, W.VicLimits(), W.VicSoc(), W.VicMeasured(), W.VicAlarms(), W.VicIdentity())
        pack = app.pack
        inverter = pack.inverter
        assert inverter is not None
        self._snap = app.snap
        self._bound = app.bound
        self._energy = app.rounds.energy
        self._stacks = pack.stacks
        self.modules = W.VicModules()
        self.cells = W.VicCells()
        self.energy = W.VicEnergy()
        self.capacity = W.VicCapacity()
        self.capacity.installed_capacity_Ah = pack.cell.capacity_mAh // _mAh_PER_Ah
        self.lowest_voltage = W.VicLowestVoltageId()
        self.highest_voltage = W.VicHighestVoltageId()
        self.lowest_temperature = W.VicLowestTemperatureId()
        self.highest_temperature = W.VicHighestTemperatureId()
        self.manufacturer = W.VicManufacturer()
        self.name_0 = W.VicName0()
        self.name_1 = W.VicName1()
        self.serial_0 = W.VicSerial0()
        self.serial_1 = W.VicSerial1()
        self.family = W.VicFamily()
        spell(self.lowest_voltage, "G000")
        spell(self.highest_voltage, "G000")
        spell(self.lowest_temperature, "P000")
        spell(self.highest_temperature, "P000")
        spell(self.manufacturer, inverter.manufacturer)
        spell(self.name_0, pack.name)
        spell(self.name_1, pack.name, _HALF)
        serial = "CFG-%04X" % app.configuration_crc
        spell(self.serial_0, serial)
        spell(self.serial_1, serial, _HALF)
        spell(self.family, inverter.family)
        self.keepalive = W.VicKeepalive()
        self.identification = W.VicIdentification()
        self.heard = (
            (W.VicKeepalive.ID, W.VicKeepalive.EXTENDED),
            (W.VicIdentification.ID, W.VicIdentification.EXTENDED),
        )
        nothing = self._nothing
        self.rows = (
            (self.limits, self._limits, False, False),
            (self.soc, self._soc_fine, False, False),
            (self.measured, self._measured, False, False),
            (self.alarms, self._alarms, False, False),
            (self.modules, self._modules, False, False),
            (self.cells, self._cells, False, False),
            (self.lowest_voltage, self._lowest_voltage, False, False),
            (self.highest_voltage, self._highest_voltage, False, False),
            (self.lowest_temperature, self._lowest_temperature, False, False),
            (self.highest_temperature, self._highest_temperature, False, False),
            (self.energy, self._tell_energy, False, False),
            (self.identity, self._identity, False, False),
            (self.manufacturer, nothing, False, False),
            (self.name_0, nothing, False, False),
            (self.name_1, nothing, False, False),
            (self.capacity, nothing, False, False),
            (self.serial_0, nothing, False, False),
            (self.serial_1, nothing, False, False),
            (self.family, nothing, False, False),
        )

    def take(self, k: int, data: "memoryview | bytearray | bytes") -> bool:
        """The newest frame of heard[k]. Returns True if it says that the inverter lives."""
        if k == 0:
            if not self.keepalive.unpack(data):
                return False
        else:
            m = self.identification
            if not m.unpack(data) or m.letter_4 != _V or m.letter_5 != _I or m.letter_6 != _C:
                return False
        self.age_ms = 0
        return True

    def _modules(self) -> bool:
        m = self.modules
        offer = self.offer
        stacks = self._stacks
        m.modules_ok = stacks if offer.connected else 0
        m.modules_blocking_charge = 0 if offer.charge_allowed else stacks
        m.modules_blocking_discharge = 0 if offer.discharge_allowed else stacks
        m.modules_offline = 0 if offer.connected else stacks
        return True

    def _cells(self) -> bool:
        m = self.cells
        bound = self._bound
        m.lowest_voltage_mV = bound.layer_low_mV
        m.highest_voltage_mV = bound.layer_high_mV
        m.lowest_temperature_K = (bound.cold_ddegC * 10 + _ZERO_CELSIUS_cK) // 100
        m.highest_temperature_K = (bound.hot_ddegC * 10 + _ZERO_CELSIUS_cK + 99) // 100
        return True

    def _lowest_voltage(self) -> bool:
        return place(self.lowest_voltage, self._bound.low_group(self._snap))

    def _highest_voltage(self) -> bool:
        return place(self.highest_voltage, self._bound.high_group(self._snap))

    def _lowest_temperature(self) -> bool:
        return place(self.lowest_temperature, self._snap.coldest_probe)

    def _highest_temperature(self) -> bool:
        return place(self.highest_temperature, self._snap.hottest_probe)

    def _tell_energy(self) -> bool:
        m = self.energy
        m.charged = self._energy.charged_Wh // 100
        m.discharged = self._energy.discharged_Wh // 100
        return True
