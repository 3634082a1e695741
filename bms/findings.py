"""What the estimators find in one group becomes two signals of the fault table: it leaks, or it is weak. A group each.

Leaking: one layer loses charge by itself. Weak: one layer has lost capacity, has gained resistance slowly or in a step, or is
full or empty well before its sisters. The rows warn and decide nothing; the estimators widen the bounds themselves. What they
found counts as long as what they say may be used: with a filter that fails or has fallen silent it is withdrawn, and it is
told anew once there is a word again.

Where insulation has failed, the poles stand unevenly against the chassis: the rows of insulation get the layer at whose plate
it may be, counted from the negative pole, as their place.
"""

from micropython import const

from bms.estimate.delta import NOBODY
from bms.estimate.leak import plate
from bms.units import volts

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.groups import Groups
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot

# Copies of what signals.py and monitor.py say: no look-up; a test holds them together.
_GROUP_leaks = const(102)
_GROUP_weak = const(103)
_INSULATION_ohm_V = const(87)
_NEGATIVE_POLE_mV = const(24)
_POSITIVE_POLE_mV = const(25)
_NOWHERE = const(255)

_POLES_ms = const(5000)  # older than this they tell nothing; assumed, as an insulation monitor's deadline


def tell(signals: "Signals", groups: "Groups", believable: bool) -> None:
    """Now and then, in a slow slot. `believable`: what the estimators say may be used."""
    leaking = weak = NOBODY
    if believable:
        leaking = groups.leak.group
        weak = _weak(groups)
    _tell(signals, _GROUP_leaks, leaking)
    _tell(signals, _GROUP_weak, weak)


def place(signals: "Signals", snap: "Snapshot", layers: int) -> int:
    """Now and then, in a slow slot: the plate at which insulation may have failed, as far as the poles tell. Returns it."""
    at = NOBODY
    age = snap.age_ms
    if age[_NEGATIVE_POLE_mV] <= _POLES_ms and age[_POSITIVE_POLE_mV] <= _POLES_ms:
        value = snap.value
        at = plate(volts(value[_NEGATIVE_POLE_mV]), volts(value[_POSITIVE_POLE_mV]), layers)
    signals.where[_INSULATION_ohm_V] = at if NOBODY < at < _NOWHERE else _NOWHERE
    return at


def _weak(groups: "Groups") -> int:
    """Where one layer is weak: what has changed since it was learnt before what was there from the first day."""
    delta = groups.delta
    resistance = groups.resistance
    for group in (delta.weak_group, delta.resistive_group, resistance.sudden_group, resistance.grown_group):
        if group != NOBODY:
            return group
    return groups.knee.group


def _tell(signals: "Signals", signal: int, group: int) -> None:
    """Sets or clears one of them."""
    found = group != NOBODY
    signals.where[signal] = group if found else _NOWHERE
    signals.value[signal] = 1 if found else 0
