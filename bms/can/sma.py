"""SMA Sunny Island: the pack as a battery with its own management. Layout in dbc/sma.dbc, behaviour in offer.py.

What the inverter says of itself is kept as it came (`battery`, `state`) and decides nothing; that it says anything is its
keepalive.
"""

from micropython import const

from bms.can import sma_frames as W
from bms.can.inverter import TwoBitAdapter, spell

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.can.offer import Offer


class Sma(TwoBitAdapter):
    """Six frames every 100 ms; hears 0x305 and 0x306."""

    def __init__(self, app: "App", offer: "Offer") -> None:
        TwoBitAdapter.__init__(self, app, offer, W.SmaLimits(), W.SmaSoc(), W.SmaMeasured(), W.SmaAlarms(), W.SmaIdentity())
        inverter = app.pack.inverter
        assert inverter is not None
        self.manufacturer = W.SmaManufacturer()
        spell(self.manufacturer, inverter.manufacturer)
        self.battery = W.SmaBattery()
        self.state = W.SmaState()
        self.heard = ((W.SmaBattery.ID, W.SmaBattery.EXTENDED), (W.SmaState.ID, W.SmaState.EXTENDED))
        self.rows = (
            (self.limits, self._limits, False, False),
            (self.soc, self._soc_fine, False, False),
            (self.measured, self._measured, False, False),
            (self.alarms, self._alarms, False, False),
            (self.manufacturer, self._nothing, False, False),
            (self.identity, self._identity, False, False),
        )

    def take(self, k: int, data: "memoryview | bytearray | bytes") -> bool:
        """The newest frame of heard[k]. Returns True if it says that the inverter lives."""
        if not (self.state.unpack(data) if k else self.battery.unpack(data)):
            return False
        self.age_ms = 0
        return True
