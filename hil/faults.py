"""What can break on the bench: target × type, what its severity means, and who is told. The rest is refused.

A target is a word, or a word and an index ("layer:17", "contactor:positive", "frame:VCU_COMMAND"). The rooms that hold the
physics or the bus (hil.layerfaults, hil.contactors, hil.sensors, hil.busfaults) say what they can do; here it becomes one
vocabulary, with inputs, coolant and disobedient actors. A word can be a thing and its sensor: a fuse opens, its sense is stuck.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from hil import contactors, layerfaults, sensorfaults
from hil.actors import converter
from hil.actors.converter import Converter
from hil.actors.inverter import Inverter
from hil.actors.thermal import ThermalSystem
from hil.actors.vehicle import Vehicle
from hil.bleeders import KINDS as BLEEDER_KINDS
from hil.bleeders import Bleeders
from hil.busfaults import BY_NAME, Bus
from hil.errors import BadInput
from hil.highvoltage import HighVoltage
from hil.plant import Plant
from hil.scenario import Fault
from hil.sensors import FRAME_KINDS, Sensors

_ANY = ("not used", float("-inf"), float("inf"))


class Rooms(Protocol):
    """Everything on the bench that can break."""

    plant: Plant
    hv: HighVoltage
    thermal: ThermalSystem
    sensors: Sensors
    bleeders: Bleeders
    vehicle: Vehicle
    inverter: Inverter | None
    bus: Bus

    @property
    def charger(self) -> Converter:
        """Whichever protocol it speaks."""


class Row(NamedTuple):
    """One type of fault of one target."""

    meaning: str  # of the severity
    low: float
    high: float
    healthy: float | None  # severity of no fault, where ramps begin; None: it comes at once
    begin: Callable[[float], None]  # with the severity; again and again while it grows
    end: Callable[[], None]
    felt: Callable[[], int] | None  # samples or frames changed so far; None: the ticks in force count


Vocabulary = dict[str, dict[str, Row]]
_LAYER_HEALTHY = {
    "high_resistance": 1.0,
    "low_capacity": 1.0,
    "delamination": 1.0,
    "self_discharge": 0.0,
    "hot_spot": 0.0,
}
_SENSOR_HEALTHY = {"gain": 1.0, "offset": 0.0, "drift": 0.0, "noise": 0.0, "delayed": 0.0, "intermittent": 0.0}


def vocabulary(rooms: Rooms) -> Vocabulary:
    """Target -> type -> row, for this pack."""
    words: Vocabulary = {}
    _add_layers(words, rooms.plant)
    _add_path(words, rooms.hv)
    _add_thermal(words, rooms.thermal)
    _add_sensors(words, rooms.sensors)
    _add_bleeders(words, rooms.bleeders)
    _add_bus(words, rooms.bus)
    _add_charger(words, rooms.charger)
    actor, name, meaning = (
        (rooms.vehicle, "vehicle", "times the current that is allowed")
        if rooms.inverter is None
        else (rooms.inverter, "inverter", "times the currents that are offered")  # the load is its own
    )
    disobey = partial(setattr, actor, "factor")
    felt = partial(getattr, actor, "disobeyed")
    words.setdefault(name, {})["gain"] = Row(meaning, 0.0, 100.0, 1.0, disobey, partial(disobey, 1.0), felt)
    return words


def sorts(words: Vocabulary) -> dict[str, list[str]]:
    """Targets for people: one line for those of one sort that can have the same, and its types."""
    ends: dict[tuple[str, ...], list[str]] = {}
    for target, types in words.items():
        ends.setdefault((target.partition(":")[0], *types), []).append(target)
    shown = {}
    for targets in ends.values():
        counted = len(targets) > 2 and targets[-1].partition(":")[2].isdigit()
        shown[f"{targets[0]} ... {targets[-1]}" if counted else ", ".join(targets)] = list(words[targets[0]])
    return shown


def _add_layers(words: Vocabulary, plant: Plant) -> None:
    for layer in range(plant.layers):
        rows = words.setdefault(f"layer:{layer}", {})
        for kind, meaning in layerfaults.KINDS.items():
            begin = partial(plant.set_layer_fault, layer, kind)
            end = partial(plant.clear_layer_fault, layer, kind)
            rows[kind] = Row(*meaning, _LAYER_HEALTHY.get(kind), begin, end, None)


def _add_path(words: Vocabulary, hv: HighVoltage) -> None:
    for name in hv.contactors:
        rows = words.setdefault("contactor:" + name, {})
        for kind, meaning in contactors.KINDS.items():
            rows[kind] = Row(*meaning, None, partial(hv.set_fault, name, kind), partial(hv.clear_fault, name, kind), None)
    for target, kind, attribute in (
        ("fuse", "open", "fuse"),
        ("interlock", "open", "interlock_closed"),
        ("crash", "short", "crash"),
    ):
        sound = getattr(hv, attribute)
        put = partial(setattr, hv, attribute)
        words.setdefault(target, {})[kind] = Row(*_ANY, None, partial(_flip, put, not sound), partial(put, sound), None)
    for target, kind, attribute, unit, high in (
        ("insulation", "short", "insulation_kohm", "kohm to the chassis", 65533.0),
        ("insulation", "place", "insulation_place_permille", "permille of the layers from the negative pole", 1000.0),
        ("supply", "brown_out", "supply_mV", "mV of the controller's supply", 65535.0),
    ):
        sound = getattr(hv, attribute)
        begin, end = partial(_level, hv, attribute), partial(_level, hv, attribute, sound)
        words.setdefault(target, {})[kind] = Row(unit, 0.0, high, float(sound), begin, end, None)


def _add_thermal(words: Vocabulary, thermal: ThermalSystem) -> None:
    flow, inlet = thermal.set_flow, thermal.set_inlet
    words["coolant"] = {
        "gain": Row("share of the nominal flow", 0.0, 2.0, 1.0, flow, partial(flow, 1.0), None),
        "offset": Row("K on the inlet", -100.0, 100.0, 0.0, inlet, partial(inlet, 0.0), None),
    }
    for name, part in (("heater", thermal.heater), ("cooler", thermal.cooler)):
        if thermal.fitted and part.full_W:
            gain, stuck, felt = part.set_gain, part.set_stuck, partial(getattr, part, "disobeyed")
            words[name] = {
                "gain": Row("times the power that is asked for", 0.0, 2.0, 1.0, gain, partial(gain, 1.0), felt),
                "stuck": Row("% of its power, whatever is asked for", 0.0, 100.0, None, stuck, partial(stuck, None), felt),
            }


def _add_sensors(words: Vocabulary, sensors: Sensors) -> None:
    kinds = {name: channel.kinds for name, channel in sensors.channels.items()} | FRAME_KINDS
    for name, possible in kinds.items():
        rows = words.setdefault(name, {})
        for kind in possible:
            assert kind not in rows, f"{name} {kind} means two things"
            meaning = sensorfaults.KINDS[kind]
            begin, end = partial(sensors.set_fault, name, kind), partial(sensors.clear_fault, name, kind)
            rows[kind] = Row(*meaning, _SENSOR_HEALTHY.get(kind), begin, end, partial(_felt, sensors, name, kind))


def _add_charger(words: Vocabulary, charger: Converter) -> None:
    rows = words.setdefault("charger", {})
    for kind, meaning in converter.KINDS.items():
        begin, end = partial(charger.set_fault, kind), partial(charger.clear_fault, kind)
        rows[kind] = Row(*meaning, begin, end, partial(charger.felt.__getitem__, kind))


def _add_bleeders(words: Vocabulary, bleeders: Bleeders) -> None:
    for group in range(len(bleeders.full_A) if bleeders.full_A.any() else 0):
        rows = words.setdefault(f"bleeder:{group}", {})
        for kind in BLEEDER_KINDS:
            begin, end = partial(_stick, bleeders, group, kind), partial(bleeders.clear_fault, group, kind)
            rows[kind] = Row(*_ANY, None, begin, end, None)


def _stick(bleeders: Bleeders, group: int, kind: str, _: float) -> None:
    bleeders.set_fault(group, kind)


def _add_bus(words: Vocabulary, bus: Bus) -> None:
    for target, kinds in bus.kinds.items():
        rows = words.setdefault(target, {})
        for name in kinds:
            kind = BY_NAME[name]
            begin, end, felt = partial(bus.set, target, name), partial(bus.clear, target, name), partial(bus.felt, target, name)
            rows[name] = Row(kind.meaning, kind.low, kind.high, kind.healthy, begin, end, felt)


def _felt(sensors: Sensors, name: str, kind: str) -> int:
    return sensors.felt.get((name, kind), 0)


def _flip(put: Callable[[bool], None], value: bool, _: float) -> None:
    put(value)


def _level(hv: HighVoltage, attribute: str, value: float) -> None:
    setattr(hv, attribute, round(value))


def row_for(fault: Fault, words: Vocabulary, where: str) -> Row:
    """BadInput for what the bench cannot do to this pack; `where` names file and table."""
    types = words.get(fault.target)
    if types is None:
        raise BadInput(f"{where} target: {fault.target!r} is none of {'; '.join(sorts(words))}")
    row = types.get(fault.type)
    if row is None:
        raise BadInput(f"{where} type: {fault.type!r}: {fault.target} can have {', '.join(types)}")
    if not row.low <= fault.severity <= row.high:
        told = f"{fault.severity:g} ({row.meaning})"
        raise BadInput(f"{where} severity: {told} is outside {row.low:g} to {row.high:g}")
    if fault.ramp_s and row.healthy is None:
        raise BadInput(f"{where} ramp_s: {fault.target} {fault.type} comes at once")
    if fault.duration_s is not None and fault.ramp_s > fault.duration_s:
        raise BadInput(f"{where} ramp_s: longer than the fault lasts")
    return row
