"""What of a pack's faults may weigh less while it drives: rules and a note as in pack.py and note_rules.py.

REMAINS is all that may: what is left when the fault stands, and by which rule the pack must have that. UNEASED says, goal by
goal, why no other row may. A row that weighs less bars charge, is told, and lasts until the contactors are open.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bms.safety.faults import DERATE, TABLE, WARNING
from bms.safety.plausible import sensor_error_m
from bms.safety.standin import StandIn
from bms.schema import Pack, group_count, layer_count
from hil.lint.findings import Complaint, PackRule

WORDS = ("none", "info", "warning", "derate", "trip after ramp", "trip now")
SISTERS = 3  # groups, of which the median tells the odd one

Need = Callable[[Pack], str]
"""What a pack lacks for the row to weigh less; empty where it lacks nothing."""


class Remains(NamedTuple):
    """What is left to tell that no layer leaves its limits."""

    what: str
    need: Need


def _nothing(pack: Pack) -> str:
    return ""


def _derived_group(pack: Pack) -> str:
    group, stack = pack.group_sensor, pack.stack_sensor
    if (group.period_ms, group.latency_ms) != (stack.period_ms, stack.latency_ms):
        return "stacks are not measured at the same time as groups: their difference is no voltage of a group"
    most_mV = pack.cell.v_max_mV[2] - pack.cell.v_max_mV[0]
    derived_mV = StandIn(pack).derived_mV
    if derived_mV > most_mV:
        return f"a group that is derived errs by {derived_mV} mV a layer, and {most_mV} mV lie between operating and maximum"
    group_mV = sensor_error_m(group, max(pack.taps) * pack.cell.v_max_mV[2])
    stack_mV = sensor_error_m(stack, sum(pack.taps) * pack.cell.v_max_mV[2])
    mean_mV = (stack_mV + (pack.stacks - 1) * len(pack.taps) * group_mV) / layer_count(pack)
    reckoned_mV = group_mV // min(pack.taps) + 1
    if mean_mV > reckoned_mV:
        return f"the mean layer of all then errs by {mean_mV:.1f} mV, and SoC is told from voltage with {reckoned_mV} mV"
    return ""


def _sisters(pack: Pack) -> str:
    return "" if group_count(pack) >= SISTERS else "fewer than three groups have no median: nothing checks them any more"


def _another_probe(pack: Pack) -> str:
    lone = [stack for stack in range(pack.stacks) if pack.probe_stack.count(stack) < 2]
    return f"stack {lone[0]} has no other probe" if lone else ""


def _twin(pack: Pack) -> str:
    a, b = pack.current_a_sensor, pack.current_b_sensor
    if b is None:
        return "current_b_sensor is not fitted"
    for field in ("lsb_u", "noise_u", "offset_u", "gain_ppm", "latency_ms", "period_ms", "deadline_ms"):
        if getattr(b, field) > getattr(a, field):
            return f"current_b_sensor.{field} = {getattr(b, field)} is worse than sensor A's, by which everything is reckoned"
    if b.low_m > a.low_m or b.high_m < a.high_m:
        return "current_b_sensor ends sooner than sensor A, by which everything is reckoned"
    return ""


_GROUP = Remains("its stack's voltage, less the stack's other groups, stands in; bounds are wider by its error", _derived_group)
_PROBE = Remains("the stack's coldest other probe stands in: any layer is within spread_t_ddegC of any probe", _another_probe)
_SOURCE = Remains("no bound of a layer hangs on it", _nothing)
_PEOPLE = "no bound of a layer hangs on it; crash, interlock and feedback are not seen while it is lost"

REMAINS: dict[str, Remains] = {
    "group_voltage_stale": _GROUP,
    "group_wire_open": _GROUP,
    "group_crc": _GROUP,
    "stack_voltage_stale": Remains("bounds hang on the groups, and their sisters check them", _sisters),
    "temperature_stale": _PROBE,
    "temperature_wire_open": _PROBE,
    "temperature_wire_short": _PROBE,
    "current_stale": Remains("sensor B, no worse than A, stands in", _twin),
    "current_b_stale": Remains("everything is reckoned by sensor A", _nothing),
    "chain_stale": Remains("the voltages themselves still come, each with its check", _nothing),
    "stack_sum_mismatch": Remains("what stack and groups disagree about is laid wholly on one layer, both ways", _nothing),
    "pack_voltage_stale": _SOURCE,
    "link_voltage_stale": _SOURCE,
    "voltages_frozen": _SOURCE,
    "inputs_stale": Remains(_PEOPLE, _nothing),
    "inputs_frozen": Remains(_PEOPLE, _nothing),
    "contactor_feedback": Remains("a main contact that has opened shows as a link apart from the pack", _nothing),
    "command_lost": Remains("the last wish stands, and every limit of a layer with it", _nothing),
    "insulation_low": Remains("a first fault to the chassis closes no circuit", _nothing),
    "supply_low": Remains("coils that let go open the contactors by themselves", _nothing),
    "discharge_over_limit": Remains("bounds of every layer, the pulse and the trip line still open", _nothing),
}

UNEASED: dict[str, str] = {
    "SG-1": "a layer beyond its highest voltage may burn",
    "SG-2": "a layer beyond its lowest voltage is reversed, and may short when it is charged again",
    "SG-3": "no layer stands more heat, cold or difference than this",
    "SG-4": "nothing else stops a current that no layer stands",
    "SG-5": "with it nothing tells any more which reading is right",
    "SG-6": "the path is open already, or may burn",
    "SG-7": "it opens what charges, and charge may always be cut",
    "SG-8": "somebody may touch what is live",
    "SG-9": "a controller that may be wrong cannot tell what is safe",
    "SG-10": "it opens nothing",
    "SG-11": "a layer burns",
    "SG-12": "a layer that fails may burn, and is not to be fed",
    "SG-13": "it opens what charges, and charge may always be cut",
    "SG-14": "without cooling, or swollen, layers leave their limits",
}


def priority(pack: Pack) -> Iterator[Complaint]:
    """What weighs less than the table says is a fault that may, once, still told, and the pack has what remains without it."""
    rows = {row.name: row for row in TABLE}
    seen: list[str] = []
    for k, (name, severity) in enumerate(pack.priority):
        field = f"priority[{k}]"
        row = rows.get(name)
        if row is None:
            yield field, name, "there is no such fault"
        elif name in seen:
            yield field, name, "stands more than once"
        elif name not in REMAINS:
            yield field, name, f"always weighs what the table says: {UNEASED[row.goal]}"
        elif not WARNING <= severity < row.severity:
            text = f"the table says {row.severity}: {WARNING} (warning) or {DERATE} (derate), and less than that"
            yield field, severity, text
        elif lack := REMAINS[name].need(pack):
            yield field, name, lack
        seen.append(name)


def eased(pack: Pack) -> Iterator[Complaint]:
    """What weighs less, and what remains."""
    severities = {row.name: row.severity for row in TABLE}
    for k, (name, severity) in enumerate(pack.priority):
        weight = f"{WORDS[severity]} in place of {WORDS[severities[name]]}"
        yield f"priority[{k}]", name, f"{weight} while the pack drives, charge barred: {REMAINS[name].what}"


RULES: tuple[PackRule, ...] = (priority,)
NOTES: tuple[PackRule, ...] = (eased,)
