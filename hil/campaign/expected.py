"""What the firmware owes for every single fault that a campaign injects: data, one row each.

OWED: one of the rows must answer within its own budget, counted from `after_ms` past the injection. TWIN: just inside what
trips, or too short; nothing may trip. UNSEEN: below what the linter calls observable, or a source that disobeys; the firmware
may stay silent, and no hidden layer may leave its limits. Rows that are not named are those of hil.lint.observable, which
also decides whether what was drawn is certain to show; where it is not, OWED becomes UNSEEN.

A severity is drawn between two multiples of a unit. UNITS and TIMES say what a unit is for a pack, in the severity's own
unit of hil list, or in ms.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bms.schema import Pack, layer_count
from hil.lint.observable import certain, least

OWED, TWIN, UNSEEN = "owed", "twin", "unseen"

# What goes on meanwhile; ANY: whatever the kind of run says
ANY, STEPS, CHARGE, CLOSING, OPENING = "any", "steps", "charge", "closing", "opening"

Range = tuple[str, float, float]


class Row(NamedTuple):
    """One single fault. `severity` and `lasts` are (unit, low, high); lasts None: to the end."""

    target: str  # a sort: "group" stands for any group
    type: str
    duty: str
    severity: Range
    lasts: Range | None
    during: str
    rows: tuple[str, ...]  # may answer; empty: what the linter says
    after_ms: float = 0.0
    timed: bool = True  # False: it must answer before the run ends
    weight: float = 1.0


NOTHING: Range = ("one", 1.0, 1.0)


def _1C(pack: Pack) -> int:
    """mA."""
    return pack.cell.capacity_mAh


UNITS: Mapping[str, Callable[[Pack, str], float]] = {
    "one": lambda pack, target: 1.0,
    "certain": lambda pack, target: certain(pack, target, _1C(pack)) or 1.0,
    "certain_gain": lambda pack, target: (certain(pack, target, _1C(pack)) or 1.0) / (least(pack, target, _1C(pack)) or 1.0),
    "kohm_at_1_ohm_V": lambda pack, target: layer_count(pack) * pack.cell.v_min_mV[0] / 1e6,
    "kohm_at_1_ohm_V_full": lambda pack, target: layer_count(pack) * pack.cell.v_max_mV[0] / 1e6,
    "supply_fault_mV": lambda pack, target: float(pack.guards.supply_low_mV[2]),
    "supply_warn_mV": lambda pack, target: float(pack.guards.supply_low_mV[1]),
    "coolant_share": lambda pack, target: pack.guards.coolant_flow_dl_min / 80,
}
GAINS = ("certain_gain",)
"""Drawn as what is added to a factor of 1, of either sign."""

TIMES: Mapping[str, Callable[[Pack], float]] = {
    "tick": lambda pack: 10.0,
    "group": lambda pack: float(pack.group_sensor.deadline_ms),
    "stack": lambda pack: float(pack.stack_sensor.deadline_ms),
    "probe": lambda pack: float(pack.probe_sensor.deadline_ms),
    "current": lambda pack: float(pack.current_a_sensor.deadline_ms),
    "pack": lambda pack: float(pack.pack_sensor.deadline_ms),
    "command": lambda pack: float(pack.command_deadline_ms),
    "charger": lambda pack: float(pack.charger_deadline_ms),
}

CLOSED_ONLY = ("link_voltage", "frame:VCU_COMMAND", "frame:CHG_STATUS", "bus")
"""Targets of which nothing is owed while the contactors are open."""

SIGNED = ("offset", "drift")
"""Types whose severity is drawn with either sign."""

ALTERING = ("offset", "gain", "drift", "noise", "stuck", "delayed", "quantised", "reversed", "swapped")
"""Types that leave a value that is believed: what layers, probes and currents say is then wrong."""

_CHANNELS = (
    # channel, whose deadline
    ("group", "group"),
    ("stack", "stack"),
    ("probe", "probe"),
    ("current_a", "current"),
    ("current_b", "current"),
    ("pack_voltage", "pack"),
    ("link_voltage", "pack"),
)
_FRAMES = (
    ("chain", "silence", "group"),
    ("chain", "crc_error", "group"),
    ("groups", "silence", "group"),
    ("stacks", "silence", "stack"),
    ("temperatures", "silence", "probe"),
    ("current", "silence", "current"),
    ("voltages", "silence", "pack"),
    ("inputs", "silence", "pack"),
)
_NAMED = ("silence", "open", "crc_error", "saturated")
_CONTACTORS = ("contactor_feedback", "precharge_slow", "precharge_fast", "precharge_current", "contactor_welded",
               "boot_feedback", "link_apart")  # fmt: skip
_COMMAND = ("command_lost",)
_SUPPLY = ("supply_low", "coil_supply_lost", "contactor_feedback")

TABLE: tuple[Row, ...] = (
    # a channel that says why it has no value; the twin is back before its deadline
    *(Row(channel, kind, OWED, NOTHING, None, ANY, ()) for channel, _ in _CHANNELS for kind in _NAMED),
    *(Row(channel, "silence", TWIN, NOTHING, (time, 0.2, 0.6), ANY, ()) for channel, time in _CHANNELS),
    *(Row(frame, kind, OWED, NOTHING, None, ANY, (), weight=2) for frame, kind, _ in _FRAMES),
    *(Row(frame, kind, TWIN, NOTHING, (time, 0.2, 0.6), ANY, ()) for frame, kind, time in _FRAMES),
    Row("chain", "stuck", OWED, NOTHING, None, STEPS, (), weight=2),
    # a channel that errs: beyond what is certain to show, far inside it, and between
    *(Row(channel, "offset", OWED, ("certain", 1.05, 4), None, STEPS, (), weight=3) for channel, _ in _CHANNELS),
    *(Row(channel, "offset", TWIN, ("certain", 0.01, 0.1), None, STEPS, ()) for channel, _ in _CHANNELS[:3]),
    Row("current_a", "offset", TWIN, ("certain", 0.005, 0.02), None, STEPS, ()),  # more would be current where none can flow
    *(Row(channel, "offset", TWIN, ("certain", 0.01, 0.1), None, STEPS, ()) for channel, _ in _CHANNELS[4:]),
    *(Row(channel, "offset", UNSEEN, ("certain", 0.1, 1), None, STEPS, ()) for channel, _ in _CHANNELS),
    *(Row(channel, "drift", OWED, ("certain", 0.5, 2), None, STEPS, ()) for channel, _ in _CHANNELS),
    *(Row(channel, "gain", OWED, ("certain_gain", 1.05, 4), None, STEPS, ()) for channel, _ in _CHANNELS if channel != "probe"),
    *(Row(channel, "noise", UNSEEN, ("certain", 0.01, 0.2), None, STEPS, ()) for channel, _ in _CHANNELS),
    *(Row(channel, "intermittent", UNSEEN, ("one", 0.1, 0.9), None, ANY, ()) for channel, _ in _CHANNELS),
    *(Row(channel, "delayed", UNSEEN, ("one", 10, 100), None, STEPS, ()) for channel, _ in _CHANNELS),
    *(Row(channel, "reversed", OWED, NOTHING, None, STEPS, ()) for channel, _ in _CHANNELS if channel != "probe"),
    Row("group", "stuck", UNSEEN, NOTHING, None, STEPS, (), weight=2),  # group_frozen looks for 3 s of a pack that moves
    Row("current_a", "stuck", UNSEEN, NOTHING, None, STEPS, ()),
    Row("probe", "stuck", UNSEEN, NOTHING, None, STEPS, ()),
    # what surrounds the layers
    Row("interlock", "open", OWED, NOTHING, None, ANY, ("interlock_open",), weight=4),
    Row("interlock", "open", TWIN, NOTHING, ("tick", 1, 1), ANY, ()),
    Row("crash", "short", OWED, NOTHING, None, ANY, ("crash",), weight=4),
    Row("crash", "short", TWIN, NOTHING, ("tick", 1, 1), ANY, ()),
    Row("fuse", "open", OWED, NOTHING, None, STEPS, ("fuse_open", "link_apart"), weight=3),
    Row("supply", "brown_out", OWED, ("supply_fault_mV", 0.82, 0.98), None, ANY, _SUPPLY, weight=2),
    Row("supply", "brown_out", TWIN, ("supply_warn_mV", 1.02, 1.3), None, ANY, ()),
    Row("insulation", "short", OWED, ("kohm_at_1_ohm_V", 5, 90), None, ANY, ("insulation_low",)),
    Row("insulation", "short", TWIN, ("kohm_at_1_ohm_V_full", 110, 1500), None, ANY, ()),
    Row("insulation", "silence", OWED, NOTHING, None, ANY, (), 5000.0),
    Row("coolant", "gain", OWED, ("coolant_share", 0.1, 0.9), None, ANY, ("coolant_flow",)),
    Row("coolant", "gain", TWIN, ("coolant_share", 1.2, 4), None, ANY, ()),
    # contactors
    *(Row("contactor:" + name, "stuck_open", OWED, NOTHING, None, CLOSING, _CONTACTORS, timed=False)
      for name in ("negative", "positive", "precharge")),
    *(Row("contactor:" + name, "weld", OWED, NOTHING, None, OPENING, _CONTACTORS, timed=False)
      for name in ("negative", "positive")),
    # commands and sources
    Row("frame:VCU_COMMAND", "silence", OWED, NOTHING, None, STEPS, _COMMAND, weight=3),
    Row("frame:VCU_COMMAND", "silence", TWIN, NOTHING, ("command", 0.2, 0.6), STEPS, ()),
    Row("frame:VCU_COMMAND", "corrupt", OWED, ("one", 8, 60), None, STEPS, _COMMAND),
    Row("frame:VCU_COMMAND", "counter_freeze", OWED, NOTHING, None, STEPS, _COMMAND),
    Row("frame:VCU_COMMAND", "delay", UNSEEN, ("one", 10, 200), None, STEPS, ()),
    Row("frame:VCU_COMMAND", "duplicate", TWIN, ("one", 1, 5), None, STEPS, ()),
    Row("frame:CHG_STATUS", "silence", OWED, NOTHING, None, CHARGE, ("charger_lost",), weight=3),
    Row("frame:CHG_STATUS", "silence", TWIN, NOTHING, ("charger", 0.2, 0.5), CHARGE, ()),
    Row("bus", "silence", OWED, NOTHING, None, STEPS, _COMMAND),
    Row("bus", "bus_off", OWED, NOTHING, None, STEPS, _COMMAND),
    Row("vehicle", "gain", UNSEEN, ("one", 1.2, 3), None, ANY, (), weight=4),
    Row("charger", "gain", UNSEEN, ("one", 1.2, 3), None, CHARGE, (), weight=4),
    # layers inside their declared spread, and leaks that no short run can show
    Row("layer", "soft_short", UNSEEN, ("one", 20, 1000), None, ANY, (), weight=2),
    Row("layer", "self_discharge", UNSEEN, ("one", 0.01, 0.3), None, ANY, ()),
)  # fmt: skip
