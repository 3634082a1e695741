"""What the safety case does not claim, and which single sensor faults a pack's redundancy shows, as rows of text."""

from typing import NamedTuple

from bms.schema import Pack, group_count
from hil.lint import check_pack, notes
from hil.lint.findings import shown
from hil.lint.observable import NAMED, SIZES, certain
from hil.lint.priority import eased

LIMITS = (
    "No automotive safety integrity level is claimed. The firmware is pure Python on one core, in an interpreter that nobody "
    "has qualified; what is published is evidence, and its gaps.",
    "The fuse interrupts short circuits. The front ends' hard limits, the watchdog with the relay that drops the supply of the "
    "coils, the interlock loop and the insulation monitor stay in hardware and work without this firmware.",
    "Bounds hold while every layer is inside the spread that its pack declares; the spread is matching data and is believed.",
    "Outside the spread, a layer that strays by less than the table of hidden failures says is seen by no device with these "
    "sensors; it is noticed when its group's mean leaves the limits, or not at all.",
    "The simulated pack conducts heat along the stack only: a hot spot inside a layer's area is not modelled.",
    "The cell that ships is synthetic, its resistances and limits assumed.",
    "End-to-end protection is against faults, not against an attacker; frames of other makes carry none.",
    "Debounces and budgets are proposals; a vehicle's own hazard analysis decides them.",
)


class Observable(NamedTuple):
    """One sort of sensor fault of a pack: what it is, from which size it shows for certain, and which rows may answer."""

    channel: str
    fault: str
    size: str
    rows: tuple[str, ...]


def observables(pack: Pack) -> list[Observable]:
    """Every sort of single sensor fault of the bench's vocabulary that concerns this pack."""
    found = []
    for (word, kind), rows in NAMED.items():
        if word == "current_b" and pack.current_b_sensor is None:
            continue
        found.append(Observable(word, kind, "any", rows))
    units = {"group": "V", "stack": "V", "pack_voltage": "V", "link_voltage": "V", "probe": "K"}
    for word, rows in SIZES.items():
        if word == "current_b" and pack.current_b_sensor is None:
            continue
        target = f"{word}:0" if word in ("group", "stack", "probe") else word
        unit = units.get(word, "A")
        least = certain(pack, target)
        size = "never" if least is None else f"{least:.3g} {unit}"
        if least is not None and unit == "A":
            full_A = pack.discharge_rating_dA / 10
            at_full = certain(pack, target, pack.discharge_rating_dA * 100)
            size += f" at rest, {at_full:.3g} A at {full_A:g} A"
        found.append(Observable(word, "offset, gain, drift", size, rows if least is not None else ()))
    found.sort(key=lambda row: (row.channel, row.fault))
    return found


def unseen(pack: Pack) -> list[str]:
    """What the linter says that this pack's sensors cannot show."""
    hidden = [note for note in notes(check_pack(pack)) if note.rule != eased.__name__]
    told = [f"{note.field}{shown(note.value)}: {note.reason}" for note in hidden]
    if group_count(pack) > 1:
        return told
    return [*told, "one group has no sisters: a layer that strays inside it is not observable"]
