"""What a pack's sensors cannot make observable, and what else its user should know.

Like the rules of cell.py and pack.py each yields (field, value, reason); none of it is an error.
"""

from collections.abc import Iterator
from itertools import pairwise

from bms.schema import Cell, Pack, group_count, layer_count
from hil.lint.findings import CellRule, Complaint, PackRule
from hil.lint.observable import group_unseen_u, pair_unseen_u, probe_unseen_u, string_unseen_u
from hil.lint.pack import precharge_tau_ms
from hil.lint.priority import NOTES as EASED
from hil.lint.tables import error_u, trip_charge_dA, trip_discharge_dA


def ambiguous_rest(cell: Cell) -> Iterator[Complaint]:
    """How little a voltage at rest says about SoC while the branch is not known."""
    blur, at = 0.0, 0
    for knot, (before, after) in enumerate(pairwise(cell.ocv_mV)):
        slope_mV = (after - before) * (len(cell.ocv_mV) - 1)
        here = (max(cell.hyst_mV[knot : knot + 2]) + cell.relax_mV) / slope_mV
        if here > blur:
            blur, at = here, knot
    near = at * 100 // (len(cell.ocv_mV) - 1)
    text = f"with the branch unknown, rest tells SoC to no better than ± {100 * blur:.0f} % near {near} % SoC"
    yield "hyst_mV", None, text


def current_pair(pack: Pack) -> Iterator[Complaint]:
    """What current sensors cannot show about themselves."""
    a, b = pack.current_a_sensor, pack.current_b_sensor
    if b is None:
        claim = f"{a.gain_ppm / 1e4:g} % and {a.offset_u / 1e6:g} A"
        text = f"not fitted: an error of sensor A beyond {claim} is not observable, SoC drifts by it unseen"
        yield "current_b_sensor", None, text
        return
    full_mA = pack.discharge_rating_dA * 100
    rest_A, full_A = ((pair_unseen_u(pack, at_mA) or 0) / 1e6 for at_mA in (0, full_mA))
    yield (
        "current_b_sensor",
        None,
        f"A and B may differ by {rest_A:.2g} A at rest and {full_A:.2g} A at {full_mA / 1000:g} A: "
        "less than that, an error both share, and which of the two is wrong are not observable",
    )


def open_charger(pack: Pack) -> Iterator[Complaint]:
    """A charger whose frames carry neither counter nor check sum."""
    if pack.charger_protocol != "bms":
        text = (
            "its status carries no end-to-end protection: a forged one is believed and hides that the true one is silent; "
            "neither is observable"
        )
        yield "charger_protocol", pack.charger_protocol, text


def group_error(pack: Pack) -> Iterator[Complaint]:
    """Errors of a group's voltage that the stack's own measurement cannot show."""
    if len(pack.taps) < 2:
        return
    unseen_mV = group_unseen_u(pack) / 1000
    yield (
        "group_sensor",
        None,
        f"an error of one group below {unseen_mV:.0f} mV ({unseen_mV / min(pack.taps):.0f} mV a layer) is "
        "not observable: it hides in what groups and stack may err together",
    )


def few_groups(pack: Pack) -> Iterator[Complaint]:
    """Without sisters no group is odd."""
    if group_count(pack) < 3:
        text = "fewer than three groups have no median: which one is odd is told by the model alone, slowly"
        yield "taps", pack.taps, text


def swapped_taps(pack: Pack) -> Iterator[Complaint]:
    """Equal groups look alike."""
    for layers in sorted(set(pack.taps)):
        count = pack.taps.count(layers) * pack.stacks
        if count > 1:
            text = f"{count} groups of {layers}: wires swapped between two of them are not observable"
            yield "taps", None, text


def layers_in_a_group(pack: Pack) -> Iterator[Complaint]:
    """Layers between two taps are seen as a sum."""
    for layers in sorted(set(pack.taps)):
        if layers > 1:
            error_mV = error_u(pack.group_sensor, layers * pack.cell.v_max_mV[0]) / 1000
            yield (
                "taps",
                None,
                f"groups of {layers}: one layer that strays by less than {error_mV:.0f} mV, or while another "
                "strays the other way, is not observable; the declared spread bounds it",
            )


def declared_spread(pack: Pack) -> Iterator[Complaint]:
    """The bounds of a layer rest on matching data."""
    tenths = (pack.spread_soc_permille, pack.spread_capacity_permille, pack.spread_r_permille)
    soc, capacity, resistance = (f"{value / 10:g}" for value in tenths)
    yield (
        "spread_soc_permille",
        None,
        f"± {soc} % SoC, ± {capacity} % capacity, ± {resistance} % resistance, "
        f"± {pack.spread_hyst_permille / 10:g} % hysteresis and {pack.spread_t_ddegC / 10:g} K in a stack "
        "are believed, not measured",
    )


def probe_count(pack: Pack) -> Iterator[Complaint]:
    """One probe cannot be doubted; of two, none can be named."""
    lone, paired = ([s for s in range(pack.stacks) if pack.probe_stack.count(s) == n] for n in (1, 2))
    if lone:
        yield "probe_stack", None, f"one on {_stacks(lone)}: an error of it is not observable"
    if paired:
        gap_K = (probe_unseen_u(pack, paired[0]) or 0) / 1e6
        text = f"two on {_stacks(paired)}: which is wrong is not observable, nor an error below {gap_K:.1f} K"
        yield "probe_stack", None, text


def _stacks(numbers: list[int]) -> str:
    if len(numbers) < 4:
        return "stack " + ", ".join(map(str, numbers))
    return f"{len(numbers)} stacks, {numbers[0]} to {numbers[-1]}"


def string_sum(pack: Pack) -> Iterator[Complaint]:
    """The pack's voltage against the sum of its stacks."""
    text = f"an error of the string's voltage below {string_unseen_u(pack) / 1000:.0f} mV is not observable"
    yield "pack_sensor", None, text


def not_declared(pack: Pack) -> Iterator[Complaint]:
    """What a pack's record has no sensor for."""
    text = "insulation, force, gas and coolant have no sensor in this record: nothing is known of their errors"
    yield "name", pack.name, text


def precharge_load(pack: Pack) -> Iterator[Complaint]:
    """What the precharge resistor must stand."""
    v_V = layer_count(pack) * pack.cell.v_max_mV[0] / 1000
    r_ohm = pack.precharge_mohm / 1000
    yield (
        "precharge_mohm",
        pack.precharge_mohm,
        f"takes {v_V / r_ohm:.1f} A and {v_V * v_V / r_ohm:.0f} W at first, "
        f"{pack.link_capacitance_uF * v_V * v_V / 2e6:.1f} J each time in "
        f"{precharge_tau_ms(pack):.0f} ms; on a shorted link that power for {pack.precharge_timeout_ms} ms",
    )


def contactor_wear(pack: Pack) -> Iterator[Complaint]:
    """A current that trips may be more than contacts open without wear."""
    trip_dA = max(trip_charge_dA(pack), trip_discharge_dA(pack))
    if trip_dA > pack.contactor_break_dA:
        yield "contactor_break_dA", pack.contactor_break_dA, f"a trip at {trip_dA} dA wears the contacts"


def short_circuit(pack: Pack) -> Iterator[Complaint]:
    """What is beyond the sensor and faster than the tick."""
    cell = pack.cell
    layer_uohm = min(cell.r0_uohm) * min(cell.r0_permille) / 1000
    short_A = cell.ocv_mV[-1] * 1000 / layer_uohm
    range_A = pack.current_a_sensor.high_m / 1000
    if short_A > range_A:
        text = f"a short circuit brings up to {short_A:.0f} A, sensor A ends at {range_A:g} A: the fuse's task"
        yield "current_a_sensor", None, text


CELL_NOTES: tuple[CellRule, ...] = (ambiguous_rest,)
PACK_NOTES: tuple[PackRule, ...] = (
    current_pair,
    open_charger,
    group_error,
    few_groups,
    swapped_taps,
    layers_in_a_group,
    declared_spread,
    probe_count,
    string_sum,
    not_declared,
    precharge_load,
    contactor_wear,
    short_circuit,
    *EASED,
)
