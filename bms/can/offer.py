"""What any inverter or charger is offered, whatever its protocol: limits, state, alarms by categories that all of them know.

Limits of current are magnitudes. They follow the envelope upwards, which has its own ramp (in the state of charge what
fastcharge.py asks for), and fall by `fall_dA_s`, so that an inverter can follow; after a trip, behind open contactors and
before they open they are zero at once. An inverter may go on charging at a charge limit of zero, so where no charge is
allowed the charge voltage falls to what the pack has now, never below the discharge voltage and never to zero: at zero a
Victron discharges into its loads. Units: mV, dA, ddegC,
permille; positive current charges. Sources: published notes of implementers (diyBMS, Safiery manual V5.1).
"""

from array import array

from micropython import const

from bms.safety import faults as F
from bms.schema import layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_PACK_mV = const(2)
_WARNING = const(2)
_TRIP_AFTER_RAMP = const(4)
_CHARGE = const(4)
_OPENING = const(5)
_LIMIT_INFO = const(0)

# Categories: bits of `alarms` and `warnings`
HIGH_VOLTAGE = const(1)
LOW_VOLTAGE = const(2)
HIGH_TEMPERATURE = const(4)
LOW_TEMPERATURE = const(8)
HIGH_TEMPERATURE_CHARGE = const(16)
LOW_TEMPERATURE_CHARGE = const(32)
HIGH_CURRENT = const(64)
HIGH_CURRENT_CHARGE = const(128)
CONTACTOR = const(256)
SHORT_CIRCUIT = const(512)
INTERNAL = const(1024)
IMBALANCE = const(2048)

# Fault id and its category; a row of faults.py that has none here is INTERNAL. Trips are alarms, the rest warnings.
CATEGORIES = (
    (1, HIGH_VOLTAGE),
    (2, HIGH_VOLTAGE),
    (4, LOW_VOLTAGE),
    (5, LOW_VOLTAGE),
    (7, LOW_VOLTAGE),
    (8, HIGH_VOLTAGE),
    (9, LOW_VOLTAGE),
    (10, HIGH_TEMPERATURE_CHARGE),
    (11, HIGH_TEMPERATURE_CHARGE),
    (12, LOW_TEMPERATURE_CHARGE),
    (13, LOW_TEMPERATURE_CHARGE),
    (14, HIGH_TEMPERATURE),
    (15, HIGH_TEMPERATURE),
    (16, LOW_TEMPERATURE),
    (17, LOW_TEMPERATURE),
    (18, HIGH_TEMPERATURE),
    (19, HIGH_VOLTAGE),
    (20, HIGH_CURRENT_CHARGE),
    (21, HIGH_CURRENT),
    (22, LOW_VOLTAGE),
    (24, IMBALANCE),
    (25, IMBALANCE),
    (26, IMBALANCE),
    (27, IMBALANCE),
    (50, CONTACTOR),
    (51, CONTACTOR),
    (52, CONTACTOR),
    (53, CONTACTOR),
    (54, CONTACTOR),
    (55, CONTACTOR),
    (56, CONTACTOR),
    (57, CONTACTOR),
    (58, CONTACTOR),
    (67, HIGH_CURRENT_CHARGE),
    (73, CONTACTOR),
    (74, CONTACTOR),
    (75, CONTACTOR),
    (76, CONTACTOR),
    (90, HIGH_TEMPERATURE),
    (92, HIGH_TEMPERATURE),
    (96, CONTACTOR),
    (97, HIGH_CURRENT_CHARGE),
    (98, HIGH_CURRENT_CHARGE),
    (99, HIGH_CURRENT),
    (100, HIGH_CURRENT),
    (111, HIGH_CURRENT),
    (112, HIGH_CURRENT),
    (113, HIGH_CURRENT_CHARGE),
    (120, HIGH_TEMPERATURE),
    (126, IMBALANCE),
)

# Nearly empty: asks to be charged; assumed
FORCE_permille = const(50)
FORCE_AT_ONCE_permille = const(20)
FORCE_ENOUGH_permille = const(100)

_MS_PER_S = const(1000)
_STEP_MAX_ms = const(500)
_AT_ONCE_dA_s = const(1000000)
_UNKNOWN = const(-1)


class Offer:
    """`charge_dA`, `discharge_dA`: allowed now; `ccl_dA`, `dcl_dA`: the same as sent; `cvl_mV`, `dvl_mV`; `force`: 0, or 1
    nearly empty, 2 empty; `known_alarms`, `known_warnings`: categories for which there is a row at all."""

    def __init__(self, app: "App") -> None:
        pack = app.pack
        inverter = pack.inverter
        layers = layer_count(pack)
        self._snap = app.snap
        self._envelope = app.envelope
        self._fastcharge = app.rounds.fastcharge
        self._monitor = app.monitor
        self._contactor = app.contactor
        self._machine = app.machine
        self._coulomb = app.coulomb
        self._advice = app.advice
        self._bound = app.bound
        self._fall_dA_s = inverter.fall_dA_s if inverter else _AT_ONCE_dA_s
        self._zero_dA = inverter.zero_dA if inverter else 0
        self._carry = 0
        self.charge_voltage_mV = inverter.charge_voltage_mV if inverter else layers * pack.cell.v_max_mV[_LIMIT_INFO]
        self.dvl_mV = inverter.discharge_voltage_mV if inverter else layers * pack.cell.v_min_mV[_LIMIT_INFO]
        self.cvl_mV = self.dvl_mV
        self.charge_dA = 0
        self.discharge_dA = 0
        self.ccl_dA = self._zero_dA
        self.dcl_dA = self._zero_dA
        self.charge_allowed = 0
        self.discharge_allowed = 0
        self.force = 0
        self.connected = 0
        self.voltage_mV = 0
        self.current_dA = 0
        self.temperature_ddegC = 0
        self.soc_permille = 0
        self.soh_permille = _UNKNOWN
        self._category = array("H", [0] * F.ROOM)
        self._trips = bytearray(F.ROOM)
        self.known_alarms = 0
        self.known_warnings = 0
        for row in F.TABLE:
            if row.severity >= _WARNING:
                self._category[row.id] = dict(CATEGORIES).get(row.id, INTERNAL)
            if row.severity >= _TRIP_AFTER_RAMP:
                self._trips[row.id] = 1
                self.known_alarms |= self._category[row.id]
            else:
                self.known_warnings |= self._category[row.id]
        self._words = array("H", [0] * len(app.monitor.words))
        self.alarms = 0
        self.warnings = 0

    def step(self, dt_ms: int) -> int:
        """One round of ticks. Returns what is offered for charging."""
        snap = self._snap
        self.voltage_mV = snap.value[_PACK_mV]
        self.current_dA = snap.current_dA
        self.temperature_ddegC = (snap.hottest_ddegC + snap.coldest_ddegC) // 2
        self.soc_permille = self._coulomb.shown_permille(self._advice.soc_permille)
        self.soh_permille = self._advice.soh_permille
        self.connected = 1 if self._contactor.closed else 0
        self._classify()
        self._follow(dt_ms)
        self._ask()
        return self.ccl_dA

    def stop_if_tripped(self) -> bool:
        """Zero at once, whatever the ramp, if the pack has tripped, is not connected or is about to open; asked before limits
        are sent."""
        closed = self._contactor.closed and self._machine.state != _OPENING
        if closed and self._monitor.severity < _TRIP_AFTER_RAMP:
            return False
        self.charge_dA = 0
        self.discharge_dA = 0
        self._publish(0, 0)
        return True

    def _follow(self, dt_ms: int) -> None:
        """Offered limits after the envelope's, downwards no faster than the ramp."""
        step = self._carry + self._fall_dA_s * (dt_ms if dt_ms < _STEP_MAX_ms else _STEP_MAX_ms)
        fall = step // _MS_PER_S
        self._carry = step - fall * _MS_PER_S
        if self.stop_if_tripped():
            return
        charge = self._envelope.charge_dA if self._machine.state != _CHARGE else self._fastcharge.asked_dA()
        discharge = self._envelope.discharge_dA
        lowest = self.charge_dA - fall
        self.charge_dA = charge if charge > lowest else lowest
        lowest = self.discharge_dA - fall
        self.discharge_dA = discharge if discharge > lowest else lowest
        self._publish(charge, discharge)

    def _publish(self, charge: int, discharge: int) -> None:
        """What is sent for limits of the envelope, and the voltage that goes with them."""
        self.charge_allowed = 1 if charge > 0 else 0
        self.discharge_allowed = 1 if discharge > 0 else 0
        self.ccl_dA = self.charge_dA if self.charge_dA > 0 else self._zero_dA
        self.dcl_dA = self.discharge_dA if self.discharge_dA > 0 else self._zero_dA
        cvl_mV = self.charge_voltage_mV
        if charge <= 0:
            if self.voltage_mV < cvl_mV:
                cvl_mV = self.voltage_mV
            if cvl_mV < self.dvl_mV:
                cvl_mV = self.dvl_mV
        self.cvl_mV = cvl_mV

    def _ask(self) -> None:
        """Asks to be charged when nearly empty, until there is enough."""
        soc = self.soc_permille
        if not self.charge_allowed or soc >= FORCE_ENOUGH_permille:
            self.force = 0
        elif soc < FORCE_AT_ONCE_permille:
            self.force = 2
        elif soc < FORCE_permille and not self.force:
            self.force = 1

    def _classify(self) -> None:
        """Faults by category, reckoned anew when one came or went."""
        words = self._monitor.words
        seen = self._words
        same = True
        for w in range(len(seen)):
            if words[w] != seen[w]:
                seen[w] = words[w]
                same = False
        if same:
            return
        alarms = 0
        warnings = 0
        for w in range(len(seen)):
            word = seen[w]
            number = w << 4
            while word:
                if word & 1:
                    if self._trips[number]:
                        alarms |= self._category[number]
                    else:
                        warnings |= self._category[number]
                word >>= 1
                number += 1
        self.alarms = alarms
        self.warnings = warnings
