"""Which sensor faults a pack's declared redundancy makes observable, and the fault rows that may then answer.

An error that two sensors may have together hides in what both are allowed; one of twice that is certain to be seen, whatever
the sound sensor errs the other way. `observable` answers for one fault of the bench's vocabulary; the linter's notes take
their figures from the same functions. Thousandths and millionths as in bms/schema.py, faults in V, A, K as on the bench.
"""

from typing import NamedTuple

from bms.schema import Pack, layer_count, layers_per_stack
from hil.lint.tables import error_u


class Seen(NamedTuple):
    """Rows of bms/safety/faults.py of which one must answer, `after_ms` after the fault has come."""

    rows: tuple[str, ...]
    after_ms: float = 0.0


LOWEST = 1  # of a cell's three limits: a sound layer that is used stays above


def group_unseen_u(pack: Pack) -> int:
    """What one group's voltage may be wrong by before stack and groups disagree."""
    full_mV = pack.cell.v_max_mV[0]
    groups_u = sum(error_u(pack.group_sensor, layers * full_mV) for layers in pack.taps)
    return groups_u + error_u(pack.stack_sensor, layers_per_stack(pack) * full_mV)


def pair_unseen_u(pack: Pack, at_mA: int) -> int | None:
    """What current sensors A and B may differ by at a current; None where B is not fitted."""
    b = pack.current_b_sensor
    return None if b is None else error_u(pack.current_a_sensor, at_mA) + error_u(b, at_mA)


def string_unseen_u(pack: Pack) -> int:
    """What the pack's voltage may be wrong by before pack and stacks disagree."""
    full_mV = pack.cell.v_max_mV[0]
    whole_u = error_u(pack.pack_sensor, layer_count(pack) * full_mV)
    return whole_u + pack.stacks * error_u(pack.stack_sensor, layers_per_stack(pack) * full_mV)


def probe_unseen_u(pack: Pack, stack: int) -> int | None:
    """What a probe may be wrong by before those of its stack disagree; None where it stands alone."""
    if pack.probe_stack.count(stack) < 2:
        return None
    return 2 * error_u(pack.probe_sensor, 0) + pack.spread_t_ddegC * 100_000


def certain(pack: Pack, target: str, current_mA: int = 0) -> float | None:
    """The smallest error in V, A or K of a channel that is seen for certain; None where nothing would show it."""
    word, _, index = target.partition(":")
    unseen_u: int | None = None
    if word in ("group", "stack"):
        unseen_u = group_unseen_u(pack)
    elif word in ("current_a", "current_b"):
        unseen_u = pair_unseen_u(pack, current_mA)
    elif word == "pack_voltage":
        unseen_u = string_unseen_u(pack)
    elif word == "link_voltage":
        unseen_u = 1000 * pack.guards.link_apart_mV + error_u(pack.pack_sensor, layer_count(pack) * pack.cell.v_max_mV[0])
    elif word == "probe":
        unseen_u = probe_unseen_u(pack, pack.probe_stack[int(index)])
    return None if unseen_u is None else 2 * unseen_u / 1e6


def observable(pack: Pack, target: str, kind: str, severity: float = 1.0, current_mA: int = 0) -> Seen | None:
    """What the pack owes for a sensor fault of the bench's vocabulary; None where it may stay unseen."""
    word = target.partition(":")[0]
    named = NAMED.get((word, kind))
    if named is not None:
        return Seen(named)
    sort = SIZES.get(word)
    if sort is None:
        return None
    enough = certain(pack, target, current_mA)
    if enough is None:
        return None
    if kind == "drift":
        return Seen(sort, 1000 * enough / abs(severity)) if severity else None
    size = _size(pack, target, kind, severity, current_mA)
    return Seen(sort) if size is not None and size >= enough else None


def least(pack: Pack, target: str, current_mA: int) -> float:
    """What a channel shows at least, in V or A; a probe may stand at zero."""
    word = target.partition(":")[0]
    layers = {
        "group": min(pack.taps),
        "stack": layers_per_stack(pack),
        "pack_voltage": layer_count(pack),
        "link_voltage": layer_count(pack),
    }
    if word in layers:
        return layers[word] * pack.cell.v_min_mV[LOWEST] / 1000
    return abs(current_mA) / 1000 if word.startswith("current") else 0.0


def _size(pack: Pack, target: str, kind: str, severity: float, current_mA: int) -> float | None:
    """How wrong the reading is at least, in V, A or K; None where that depends on what happens."""
    if kind == "offset":
        return abs(severity)
    if kind == "gain":
        return abs(severity - 1) * least(pack, target, current_mA)
    if kind == "reversed":
        return 2 * least(pack, target, current_mA)
    return None


_GROUP = ("group_voltage_stale", "group_voltage_range", "group_wire_open", "group_crc")
_STACK = ("stack_voltage_stale",)
_PROBE = ("temperature_stale", "temperature_wire_open", "temperature_wire_short", "temperature_range")
_CURRENT = ("current_stale", "current_range")
_CHAIN = ("group_voltage_stale", "group_crc", "chain_stale", "chain_crc", "stack_voltage_stale")

NAMED: dict[tuple[str, str], tuple[str, ...]] = {
    # (channel or frame, what it says instead of a value): rows that may answer
    **{("group", kind): _GROUP for kind in ("silence", "open", "crc_error", "saturated")},
    **{("stack", kind): _STACK for kind in ("silence", "open", "crc_error", "saturated")},
    **{("probe", kind): _PROBE for kind in ("silence", "open", "crc_error", "saturated")},
    **{("current_a", kind): _CURRENT for kind in ("silence", "open", "crc_error", "saturated")},
    **{("current_b", kind): ("current_b_stale",) for kind in ("silence", "open", "crc_error", "saturated")},
    **{("pack_voltage", kind): ("pack_voltage_stale",) for kind in ("silence", "open", "crc_error", "saturated")},
    **{("link_voltage", kind): ("link_voltage_stale",) for kind in ("silence", "open", "crc_error", "saturated")},
    ("chain", "silence"): _CHAIN,
    ("chain", "crc_error"): _CHAIN,
    ("chain", "stuck"): ("chain_frozen",),
    ("groups", "silence"): ("group_voltage_stale",),
    ("stacks", "silence"): ("stack_voltage_stale",),
    ("temperatures", "silence"): ("temperature_stale",),
    ("current", "silence"): ("current_stale",),
    ("voltages", "silence"): ("pack_voltage_stale", "link_voltage_stale"),
    ("inputs", "silence"): ("inputs_stale",),
    ("insulation", "silence"): ("insulation_silent", "environment_stale"),
}

SIZES: dict[str, tuple[str, ...]] = {
    # channel: rows that may answer once its error is certain to show; beyond its range a reading becomes a reason
    "group": (
        *("stack_sum_mismatch", "layer_voltage_high", "layer_voltage_low", "layer_voltage_deep"),
        *("sister_load", "taps_shifted", "layer_collapse", *_GROUP),
    ),
    "stack": (
        *("stack_sum_mismatch", "stack_voltage_high", "stack_voltage_low", "layer_voltage_high", "layer_voltage_low"),
        *_STACK,
    ),
    "current_a": ("current_pair_mismatch", "charge_current_high", "discharge_current_high", *_CURRENT),
    "current_b": ("current_pair_mismatch", "current_b_stale"),
    "pack_voltage": ("string_sum_mismatch", "pack_voltage_high", "pack_voltage_low", "link_apart", "pack_voltage_stale"),
    "link_voltage": ("link_apart", "link_voltage_stale"),
    "probe": ("temperature_odd", "gradient_high", "gradient_warn", "thermal_runaway", *_PROBE),
}
