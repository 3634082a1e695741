"""What the estimators find in one group becomes two signals of the fault table: it leaks, or it is weak. A group each.

Leaking: one layer loses charge by itself. Weak: one layer has lost capacity, has gained resistance slowly or in a step, or is
full or empty well before its sisters. The rows warn and decide nothing; the estimators widen the bounds themselves. What they
found counts as long as what they say may be used: with a filter that fails or has fallen silent it is withdrawn, and it is
told anew once there is a word again.
"""

from micropython import const

from bms.estimate.delta import NOBODY

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.groups import Groups
    from bms.safety.signals import Signals

# Copies of what signals.py and monitor.py say: no look-up; a test holds them together.
_GROUP_leaks = const(102)
_GROUP_weak = const(103)
_NOWHERE = const(255)


def tell(signals: "Signals", groups: "Groups", believable: bool) -> None:
    """Now and then, in a slow slot. `believable`: what the estimators say may be used."""
    leaking = weak = NOBODY
    if believable:
        leaking = groups.leak.group
        weak = _weak(groups)
    _tell(signals, _GROUP_leaks, leaking)
    _tell(signals, _GROUP_weak, weak)


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
