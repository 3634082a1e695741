"""Elcon and TC chargers: asks for voltage and current once a second. Layout in dbc/elcon.dbc.

The current is what fastcharge.py asks for; zero and stop while the pack is not in the state of charge or the charge is over,
after a trip, and behind open contactors. The voltage is that of all layers at their operating limit. What the charger answers
is kept as it came (`status`); its silence, or a failure that it reports, is the same fault as the silence of a charger with
our own protocol. Its frames are unprotected by its maker's design: a forged status can hide that the true charger is silent,
and can do no more. Units: mV, dA.
"""

from micropython import const

from bms.can import elcon_frames as W
from bms.can.inverter import AGE_MAX_ms
from bms.schema import layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.can.offer import Offer
    from bms.can.outbox import Row

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_CHARGE = const(4)
_TRIP_AFTER_RAMP = const(4)
_LIMIT_INFO = const(0)

START = const(0)
STOP = const(1)


class Elcon:
    """One frame a second; hears the charger's status. `status`: as last heard; `age_ms`: since the last of a sound charger."""

    def __init__(self, app: "App", offer: "Offer") -> None:
        pack = app.pack
        self._machine = app.machine
        self._monitor = app.monitor
        self._contactor = app.contactor
        self._fastcharge = app.rounds.fastcharge
        self.age_ms = 0
        self.request = W.ElconRequest()
        self.request.voltage_dV = layer_count(pack) * pack.cell.v_max_mV[_LIMIT_INFO] // 100
        self.request.control = STOP
        self.status = W.ElconStatus()
        self.heard = ((W.ElconStatus.ID, W.ElconStatus.EXTENDED),)
        self.rows: tuple[Row, ...] = ((self.request, self._request, False, False),)

    def take(self, k: int, data: "memoryview | bytearray | bytes") -> bool:
        """The newest frame of heard[k]. Returns True if it says that the charger lives and can charge."""
        m = self.status
        if not m.unpack(data) or m.hardware_failure or m.over_temperature or m.communication_timeout:
            return False
        self.age_ms = 0
        return True

    def step(self, dt_ms: int) -> int:
        """Time passes. Returns how long the charger has been silent."""
        if self.age_ms < AGE_MAX_ms:
            self.age_ms += dt_ms
        return self.age_ms

    def _request(self) -> bool:
        m = self.request
        charging = self._machine.state == _CHARGE and self._contactor.closed and self._monitor.severity < _TRIP_AFTER_RAMP
        charging = charging and self._fastcharge.wanted()
        m.current_dA = self._fastcharge.asked_dA() if charging else 0
        m.control = START if charging else STOP
        return True
