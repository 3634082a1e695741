"""Whom the pack talks to besides the vehicle: the adapters that its data choose, and none that they do not.

The modules of a protocol that is not chosen are never loaded: their frames would take a controller's memory for nothing.
"""

from micropython import const

from bms.can.offer import Offer

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.can.elcon import Elcon
    from bms.can.inverter import Adapter


def build_inverter(app: "App", offer: Offer) -> "Adapter | None":
    """The inverter's adapter; None where the pack has no inverter. ValueError for an unknown protocol."""
    inverter = app.pack.inverter
    if inverter is None:
        return None
    if inverter.protocol == "victron":
        from bms.can.victron import Victron

        return Victron(app, offer)
    if inverter.protocol == "pylontech":
        from bms.can.pylontech import Pylontech

        return Pylontech(app, offer)
    if inverter.protocol == "sma":
        from bms.can.sma import Sma

        return Sma(app, offer)
    raise ValueError(app.pack.name + ": no inverter protocol " + inverter.protocol)


def build_charger(app: "App", offer: Offer) -> "Elcon | None":
    """The adapter of a charger with a protocol of its own; None where it speaks ours. ValueError for an unknown one."""
    protocol = app.pack.charger_protocol
    if protocol == "bms":
        return None
    if protocol == "elcon":
        from bms.can.elcon import Elcon

        return Elcon(app, offer)
    raise ValueError(app.pack.name + ": no charger protocol " + protocol)
