"""What must be true of a cell: a rule yields (field, value, reason) where its docstring is false.

Units stand in the field names; `_permille` of the reference value, `_mC` thousandths of the C-rate.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bms.schema import CELL_FIELDS, SOC_KNOTS, Cell
from hil.lint import noise, profiles
from hil.lint.findings import CellRule, Complaint
from hil.lint.values import misshapen, out_of_range

GAS_J_molK = 8.314462618
ZERO_CELSIUS_ddegK = 2731.5
FACTOR_TOLERANCE = 0.01
LEDGER_mAh = 290_000

_KNOTS = f"ints{SOC_KNOTS}"
SHAPES = dict.fromkeys(CELL_FIELDS, "int") | {
    "name": "text",
    "source": "text",
    "chemistry": "text",
    **dict.fromkeys(("ocv_mV", "hyst_mV", "entropy_uV_K", "r0_uohm", "tau1_ms", "r1_uohm", "tau2_ms", "r2_uohm"), _KNOTS),
    **dict.fromkeys(("r_ddegC", "r0_permille", "r1_permille", "r2_permille"), "ints"),
    **dict.fromkeys(("v_max_mV", "v_min_mV", "t_charge_max_ddegC", "t_charge_min_ddegC", "ea_J_mol"), "ints3"),
    **dict.fromkeys(("t_discharge_max_ddegC", "t_discharge_min_ddegC", "t_stop_ddegC"), "ints3"),
    **dict.fromkeys(("map_ddegC", "map_soc_permille"), "ints"),
    **dict.fromkeys(("discharge_ddegC", "discharge_cont_mC", "discharge_pulse_mC"), "ints"),
    "charge_maps": "maps",
    "filter": "record",
    "profiles": "record",
}

RANGES = (  # of a scalar, and of every value of a table
    ("capacity_mAh", 100, LEDGER_mAh, "the ledger counts mAs in 30 bits: 0.1 to 290 Ah"),
    ("ocv_mV", 0, 5000, "no lithium cell is outside 0 to 5 V"),
    ("hyst_mV", 0, 1000, "half a distance of branches is 0 to 1 V"),
    ("hyst_gamma_permille", 1, 1_000_000, "a branch changes within 0.1 % to 1000 times the capacity"),
    ("relax_mV", 0, 500, "a relaxing voltage is 0 to 0.5 V"),
    ("relax_gamma_permille", 0, 1_000_000, "must not be negative"),
    ("relax_tau_s", 1, 10_000_000, "a time constant is positive"),
    ("entropy_uV_K", -5000, 5000, "no cell moves by more than 5 mV/K"),
    ("t_ref_ddegC", -400, 1000, "a reference temperature lies between -40 and 100 degC"),
    ("r0_uohm", 1, 1_000_000, "a resistance is positive and below 1 ohm"),
    ("r1_uohm", 1, 1_000_000, "a resistance is positive and below 1 ohm"),
    ("r2_uohm", 1, 1_000_000, "a resistance is positive and below 1 ohm"),
    ("tau1_ms", 1, 1_000_000, "a time constant is positive, 1000 s at most"),
    ("tau2_ms", 1, 10_000_000, "a time constant is positive, 10 000 s at most"),
    ("r_ddegC", -600, 1500, "a cell is used between -60 and 150 degC"),
    ("r0_permille", 1, 10_000_000, "a factor is positive"),
    ("r1_permille", 1, 10_000_000, "a factor is positive"),
    ("r2_permille", 1, 10_000_000, "a factor is positive"),
    ("ea_J_mol", 1000, 200_000, "activation energies are 1 to 200 kJ/mol"),
    ("heat_capacity_J_K", 1, 100_000, "must be positive"),
    ("mass_g", 1, 1_000_000, "must be positive"),
    ("self_discharge_ppm_h", 0, 100_000, "0 to 10 % an hour"),
    ("v_max_mV", 1, 8191, "the wire carries a layer's bound up to 8.191 V"),
    ("v_min_mV", 1, 8191, "the wire carries a layer's bound up to 8.191 V"),
    ("v_deep_mV", 0, 8191, "a cell below 0 V is reversed"),
    ("charge_max_mC", 1, 100_000, "must be positive, 100 C at most"),
    ("charge_trip_permille", 1001, 10_000, "the trip lies above the map, or every full charge ends in one"),
    ("discharge_cont_mC", 0, 100_000, "a limit is a magnitude, 100 C at most"),
    ("discharge_pulse_mC", 0, 100_000, "a limit is a magnitude, 100 C at most"),
    ("discharge_trip_mC", 1, 100_000, "must be positive, 100 C at most"),
    ("discharge_low_soc_permille", 0, 1000, "a SoC is 0 to 1000 permille"),
)

PULSE_PARTS = 200  # bms/safety/overload.py pays a pulse back by whole parts of it
RISING = ("ocv_mV", "r_ddegC", "map_ddegC", "map_soc_permille", "discharge_ddegC")
FALLING = ("r0_permille", "r1_permille", "r2_permille")  # a warmer cell conducts better
SEVERITIES = (  # (field, +1 where worse is higher)
    ("v_max_mV", 1),
    ("v_min_mV", -1),
    ("t_charge_max_ddegC", 1),
    ("t_charge_min_ddegC", -1),
    ("t_discharge_max_ddegC", 1),
    ("t_discharge_min_ddegC", -1),
    ("t_stop_ddegC", 1),
)
NESTED = (  # the first is at most the second, severity by severity
    ("t_charge_max_ddegC", "t_discharge_max_ddegC"),
    ("t_discharge_max_ddegC", "t_stop_ddegC"),
    ("t_discharge_min_ddegC", "t_charge_min_ddegC"),
    ("t_charge_min_ddegC", "t_charge_max_ddegC"),
    ("v_min_mV", "v_max_mV"),
)
SAME_LENGTH: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("map_ddegC", ()),
    ("map_soc_permille", ()),
    ("r_ddegC", ("r0_permille", "r1_permille", "r2_permille")),
    ("discharge_ddegC", ("discharge_cont_mC", "discharge_pulse_mC")),
)


def shape(cell: Cell) -> Iterator[Complaint]:
    """Every field has the type and the length that the schema says."""
    yield from misshapen(cell, CELL_FIELDS, SHAPES)
    yield from noise.shape(cell.filter)
    yield from profiles.shape(cell.profiles)
    maps = cell.charge_maps
    if not isinstance(maps, tuple) or not maps:
        yield "charge_maps", maps, "must hold at least one (name, rows)"
        return
    for item in maps:
        if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[0], str) or not item[0]:
            yield "charge_maps", item, "must be (name, rows)"
        elif not isinstance(item[1], tuple) or not all(
            isinstance(row, tuple) and all(type(c) is int for c in row) for row in item[1]
        ):
            yield f"charge_maps[{item[0]}]", item[1], "must be a tuple of rows of integers"
    for knots, tables in SAME_LENGTH:
        xs = getattr(cell, knots)
        if isinstance(xs, tuple) and len(xs) < 2:
            yield knots, xs, "must have two knots at least"
        for table in tables:
            ys = getattr(cell, table)
            if isinstance(xs, tuple) and isinstance(ys, tuple) and len(xs) != len(ys):
                yield table, len(ys), f"values, but {knots} has {len(xs)}"


def ranges(cell: Cell) -> Iterator[Complaint]:
    """Every number is one that a cell can have."""
    yield from out_of_range(cell, RANGES)


def rising(cell: Cell) -> Iterator[Complaint]:
    """Knots and the open-circuit voltage rise strictly; resistance falls strictly with temperature."""
    for field in RISING:
        yield from _disorder(field, getattr(cell, field), 1, "must rise from knot to knot")
    for field in FALLING:
        yield from _disorder(field, getattr(cell, field), -1, "must fall from knot to knot: warmer conducts better")


def branches(cell: Cell) -> Iterator[Complaint]:
    """Both branches of the open-circuit voltage rise strictly, or a voltage at rest has no one SoC."""
    for name, sign in (("charge", 1), ("discharge", -1)):
        branch = [ocv + sign * hyst for ocv, hyst in zip(cell.ocv_mV, cell.hyst_mV)]
        yield from _disorder("hyst_mV", branch, 1, f"ocv_mV {'+' if sign > 0 else '-'} hyst_mV must rise ({name} branch)")


def _disorder(field: str, values: Sequence[int], sign: int, reason: str) -> Iterator[Complaint]:
    for index, (before, after) in enumerate(pairwise(values)):
        if (after - before) * sign <= 0:
            yield f"{field}[{index + 1}]", after, f"{reason}, stands after {before}"


def ocv_inside_limits(cell: Cell) -> Iterator[Complaint]:
    """A full and an empty cell at rest are inside the limits of information, on either branch."""
    top = cell.ocv_mV[-1] + cell.hyst_mV[-1]
    bottom = cell.ocv_mV[0] - cell.hyst_mV[0]
    if top >= cell.v_max_mV[0]:
        yield (
            "ocv_mV[20]",
            cell.ocv_mV[-1],
            f"a full cell rests at {top} mV, not below v_max_mV {cell.v_max_mV[0]}",
        )
    if bottom <= cell.v_min_mV[0]:
        yield (
            "ocv_mV[0]",
            cell.ocv_mV[0],
            f"an empty cell rests at {bottom} mV, not above v_min_mV {cell.v_min_mV[0]}",
        )


def severities(cell: Cell) -> Iterator[Complaint]:
    """Information comes before warning and warning before fault, and the windows lie inside each other."""
    for field, sign in SEVERITIES:
        values = getattr(cell, field)
        if not (values[0] * sign < values[1] * sign < values[2] * sign):
            yield field, values, "must read (info, warning, fault), each worse than the one before"
    for inner, outer in NESTED:
        for index in range(3):
            if getattr(cell, inner)[index] > getattr(cell, outer)[index]:
                reason = f"must not be above {outer}, {getattr(cell, outer)[index]}"
                yield f"{inner}[{index}]", getattr(cell, inner)[index], reason
    if cell.v_deep_mV >= cell.v_min_mV[2]:
        yield "v_deep_mV", cell.v_deep_mV, f"must be below the fault of v_min_mV, {cell.v_min_mV[2]}"


def resistance_knots(cell: Cell) -> Iterator[Complaint]:
    """The factors of resistance cover every temperature at which current may flow; 1000 at t_ref."""
    cold, hot = cell.t_discharge_min_ddegC[2], cell.t_discharge_max_ddegC[2]
    if cell.r_ddegC[0] > cold:
        yield "r_ddegC[0]", cell.r_ddegC[0], f"must reach down to the fault of t_discharge_min_ddegC, {cold}"
    if cell.r_ddegC[-1] < hot:
        yield (
            f"r_ddegC[{len(cell.r_ddegC) - 1}]",
            cell.r_ddegC[-1],
            f"must reach the fault of t_discharge_max_ddegC, {hot}",
        )
    if cell.t_ref_ddegC not in cell.r_ddegC:
        yield "t_ref_ddegC", cell.t_ref_ddegC, "must be a knot of r_ddegC"


def resistance_factors(cell: Cell) -> Iterator[Complaint]:
    """Resistance over temperature is the Arrhenius law of ea_J_mol, within 1 % or half a permille."""
    at_ref = 1 / (cell.t_ref_ddegC + ZERO_CELSIUS_ddegK)
    for index, energy in enumerate(cell.ea_J_mol):
        table = getattr(cell, f"r{index}_permille")
        for knot, (t_ddegC, value) in enumerate(zip(cell.r_ddegC, table)):
            law = 1000 * math.exp(energy * 10 / GAS_J_molK * (1 / (t_ddegC + ZERO_CELSIUS_ddegK) - at_ref))
            if abs(value - law) > max(FACTOR_TOLERANCE * law, 0.51):
                yield (
                    f"r{index}_permille[{knot}]",
                    value,
                    f"ea_J_mol {energy} gives {law:.0f} at {t_ddegC} ddegC",
                )


def time_constants(cell: Cell) -> Iterator[Complaint]:
    """The second time constant is the slower one."""
    for knot, (fast, slow) in enumerate(zip(cell.tau1_ms, cell.tau2_ms)):
        if fast >= slow:
            yield f"tau1_ms[{knot}]", fast, f"must be below tau2_ms, {slow}"


def charge_map(cell: Cell) -> Iterator[Complaint]:
    """A charge map has a row a temperature, a column a SoC, values within 0 to charge_max_mC."""
    if cell.map_soc_permille[0] != 0 or cell.map_soc_permille[-1] != 1000:
        yield "map_soc_permille", cell.map_soc_permille, "must run from 0 to 1000"
    names = [name for name, _ in cell.charge_maps]
    if len(set(names)) < len(names):
        yield "charge_maps", names, "must have different names"
    for name, rows in cell.charge_maps:
        field = f"charge_maps[{name}]"
        if len(rows) != len(cell.map_ddegC):
            yield field, len(rows), f"must have a row for each map_ddegC, {len(cell.map_ddegC)}"
        for t_ddegC, row in zip(cell.map_ddegC, rows):
            if len(row) != len(cell.map_soc_permille):
                yield (
                    f"{field} at {t_ddegC} ddegC",
                    len(row),
                    f"must have {len(cell.map_soc_permille)} columns",
                )
            if min(row, default=0) < 0 or max(row, default=0) > cell.charge_max_mC:
                yield (
                    f"{field} at {t_ddegC} ddegC",
                    row,
                    f"must be within 0 and charge_max_mC, {cell.charge_max_mC}",
                )
            outside = t_ddegC > cell.t_charge_max_ddegC[2] or t_ddegC < cell.t_charge_min_ddegC[2]
            if outside and max(row, default=0) > 0:
                yield f"{field} at {t_ddegC} ddegC", row, "allows charge at a temperature that is a fault"


def discharge_tables(cell: Cell) -> Iterator[Complaint]:
    """What is allowed for long is allowed for a pulse and pays for it, no pulse trips, nothing is allowed beyond faults."""
    unit = cell.capacity_mAh // 10  # times mC, over 10000: dA, as overload.py counts
    if max(cell.discharge_pulse_mC) == 0:
        yield "discharge_pulse_mC", cell.discharge_pulse_mC, "must allow something somewhere"
    rows = zip(cell.discharge_ddegC, cell.discharge_cont_mC, cell.discharge_pulse_mC)
    for knot, (t_ddegC, cont, pulse) in enumerate(rows):
        if cont > pulse:
            yield f"discharge_cont_mC[{knot}]", cont, f"must not be above discharge_pulse_mC, {pulse}"
        if unit * cont // 10_000 * PULSE_PARTS < unit * pulse // 10_000:
            text = f"must be a {PULSE_PARTS}th of discharge_pulse_mC, {pulse}, or a pulse there is never paid back"
            yield f"discharge_cont_mC[{knot}]", cont, text
        if pulse >= cell.discharge_trip_mC:
            yield (
                f"discharge_pulse_mC[{knot}]",
                pulse,
                f"must be below discharge_trip_mC, {cell.discharge_trip_mC}",
            )
        outside = t_ddegC > cell.t_discharge_max_ddegC[2] or t_ddegC < cell.t_discharge_min_ddegC[2]
        if outside and pulse > 0:
            yield f"discharge_pulse_mC[{knot}]", pulse, "allows discharge at a temperature that is a fault"


RULES: tuple[CellRule, ...] = (
    *noise.RULES,
    *profiles.RULES,
    rising,
    branches,
    ocv_inside_limits,
    severities,
    resistance_knots,
    resistance_factors,
    time_constants,
    charge_map,
    discharge_tables,
)
