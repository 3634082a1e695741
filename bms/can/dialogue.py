"""Partners of other makes, chosen by the pack's data: which adapter speaks which protocol.

An adapter is a class over (app, offer) with `rows` for the outbox, `heard`, the (identifier, extended) it listens to,
take(k, data) for what came from heard[k], step(dt_ms) once a round, and `age_ms` since its partner was last heard. Only what
the pack names is loaded: the others take no memory.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

    from bms.app import App

INVERTERS = {"victron": "Victron", "pylontech": "Pylontech", "sma": "Sma"}  # protocol, also the module: class
CHARGERS = {"elcon": "Elcon"}
OWN = "bms"  # a charger that speaks our own protected frames


def build_partners(app: "App") -> "tuple[Any, Any, Any]":
    """Offer, inverter, charger of the pack; None for what it has not. ValueError for a protocol that nobody speaks."""
    pack = app.pack
    if pack.inverter is None and pack.charger_protocol == OWN:
        return None, None, None
    from bms.can.offer import Offer

    offer = Offer(app)
    inverter = None if pack.inverter is None else build_adapter(pack.inverter.protocol, INVERTERS, app, offer)
    charger = None if pack.charger_protocol == OWN else build_adapter(pack.charger_protocol, CHARGERS, app, offer)
    return offer, inverter, charger


def build_adapter(protocol: str, known: "dict[str, str]", app: "App", offer: "Any") -> "Any":
    """The adapter of that name."""
    if protocol not in known:
        raise ValueError(app.pack.name + ": nobody here speaks " + protocol)
    module = __import__("bms.can." + protocol, None, None, [known[protocol]])
    return getattr(module, known[protocol])(app, offer)
