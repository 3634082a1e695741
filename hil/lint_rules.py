"""PRODUCTS: every multiplication of the integer lane and how large it can get; below 2^30, all of them.

One row a multiplication in bms/safety and bms/control: where it stands, as it is written there, the field to
blame, and its size for the largest values that the pack can present (Extremes). Small integers of the target
have 31 bits; a bigger product is a heap object, and the tick must not allocate. Whoever adds a multiplication
to the tick adds a row here.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from bms.schema import Pack, Sensor, charge_map, group_count, layer_count
from hil.lint import Complaint
from hil.lint_pack import fitted, trip_charge_dA, trip_discharge_dA

SMALL_INT = 1 << 30
CURRENT_MAX_dA = 16384  # what tables.drop_mV takes; beyond it a current saturates
STEP_MAX_ms = 100  # longest step integrated in one go: an older current is a fault
EMA_SHIFT = 16  # fraction bits of an averaged current


class Extremes:
    """The largest magnitudes that a pack can present to the integer lane."""

    def __init__(self, pack: Pack) -> None:
        cell = pack.cell
        amperes = [sensor for _, unit, sensor in fitted(pack) if unit == "A"]
        self.current_mA = max(_largest_m(sensor) for sensor in amperes)
        self.current_dA = self.current_mA // 100
        self.clamped_dA = min(self.current_dA, CURRENT_MAX_dA)
        self.trip_dA = max(trip_charge_dA(pack), trip_discharge_dA(pack))
        self.trip_permille = cell.charge_trip_permille
        # resistance of a layer at the coldest knot, beyond which the table holds its value
        parts = (
            (cell.r0_uohm, cell.r0_permille),
            (cell.r1_uohm, cell.r1_permille),
            (cell.r2_uohm, cell.r2_permille),
        )
        self.r_scaled = max(max(table) * factors[0] for table, factors in parts)
        self.r_cold_uohm = max(
            sum(table[knot] * factors[0] // 1000 for table, factors in parts) for knot in range(len(cell.r0_uohm))
        )
        self.r_spread_permille = 1000 + pack.spread_r_permille
        self.r_worst_uohm = self.r_cold_uohm * self.r_spread_permille // 1000
        self.r_factor_permille = max(factors[0] for _, factors in parts)
        self.r_span_ddegC = _widest(cell.r_ddegC)
        # maps
        self.map_mC = max(cell.charge_max_mC, *(max(row) for row in charge_map(pack)))
        self.map_span_ddegC = _widest(cell.map_ddegC)
        self.map_span_permille = _widest(cell.map_soc_permille)
        self.discharge_mC = max(cell.discharge_trip_mC, *cell.discharge_pulse_mC)
        self.discharge_span_ddegC = _widest(cell.discharge_ddegC)
        self.rise_dA_s = pack.limit_rise_dA_s
        # charge
        self.capacity_mAh = cell.capacity_mAh
        self.capacity_mAs = cell.capacity_mAh * 3600
        # voltage
        self.layers = max(pack.taps)
        self.groups = group_count(pack)
        self.v_layer_mV = cell.v_max_mV[2]
        self.v_window_mV = cell.v_max_mV[2] - cell.v_deep_mV
        self.v_group_mV = _largest_m(pack.group_sensor)
        self.v_pack_mV = max(_largest_m(pack.pack_sensor), layer_count(pack) * cell.v_max_mV[2])
        self.ocv_step_mV = max(b - a for a, b in pairwise(cell.ocv_mV)) + 2 * max(cell.hyst_mV)
        self.ocv_span_permille = 1000 // (len(cell.ocv_mV) - 1)


def _largest_m(sensor: Sensor) -> int:
    return max(abs(sensor.low_m), abs(sensor.high_m))


def _widest(knots: tuple[int, ...]) -> int:
    return max((b - a for a, b in pairwise(knots)), default=1)


class Product(NamedTuple):
    """One multiplication of the tick."""

    where: str
    formula: str  # as it is written there
    field: str  # of the pack, to blame when it is too big
    size: Callable[[Extremes], int]


# fmt: off
PRODUCTS = tuple(Product(*row) for row in (
    ("safety.tables drop_mV, R < 65536", "r_uohm * i_dA", "current_a_sensor",
     lambda e: min(e.r_worst_uohm, 65535) * e.clamped_dA),
    ("safety.tables drop_mV, R >= 65536", "(r_uohm + 99) // 100 * i_dA", "cell.r1_permille",
     lambda e: (e.r_worst_uohm + 99) // 100 * e.clamped_dA),
    ("safety.tables current_dA", "v_mV * 10000", "cell.v_max_mV",
     lambda e: e.v_window_mV * 10000),
    ("resistance at a temperature", "r_uohm * r_permille", "cell.r1_uohm",
     lambda e: e.r_scaled),
    ("resistance with its spread", "r_uohm // 16 * (1000 + spread_r_permille)", "spread_r_permille",
     lambda e: e.r_cold_uohm // 16 * e.r_spread_permille),
    ("interpolated factors of resistance", "d_permille * d_ddegC", "cell.r1_permille",
     lambda e: e.r_factor_permille * e.r_span_ddegC),
    ("interpolated branches of the OCV", "d_mV * d_permille", "cell.ocv_mV",
     lambda e: e.ocv_step_mV * e.ocv_span_permille),
    ("interpolated map over temperature", "d_mC * d_ddegC", "cell.map_ddegC",
     lambda e: e.map_mC * e.map_span_ddegC),
    ("interpolated map over SoC", "d_mC * d_permille", "cell.charge_max_mC",
     lambda e: e.map_mC * e.map_span_permille),
    ("interpolated discharge tables", "d_mC * d_ddegC", "cell.discharge_trip_mC",
     lambda e: e.discharge_mC * e.discharge_span_ddegC),
    ("C-rate to current", "capacity_mAh // 100 * mC", "cell.capacity_mAh",
     lambda e: e.capacity_mAh // 100 * max(e.map_mC, e.discharge_mC)),
    ("trip line of charge", "map_dA * charge_trip_permille", "cell.charge_trip_permille",
     lambda e: e.trip_dA * e.trip_permille),
    ("ramp of limits", "limit_rise_dA_s * dt_ms", "limit_rise_dA_s",
     lambda e: e.rise_dA_s * STEP_MAX_ms),
    ("ledger, one step", "current_mA * dt_ms", "current_a_sensor",
     lambda e: e.current_mA * STEP_MAX_ms),
    ("ledger, whole", "capacity_mAh * 3600", "cell.capacity_mAh",
     lambda e: e.capacity_mAs),
    ("averaged current", "current_dA << 16", "current_a_sensor",
     lambda e: e.clamped_dA << EMA_SHIFT),
    ("group of equal layers", "layers * v_max_mV", "taps",
     lambda e: e.layers * e.v_layer_mV),
    ("precharge, link against pack", "pack_mV // 16 * precharge_done_permille", "pack_sensor",
     lambda e: e.v_pack_mV // 16 * 1000),
))
# fmt: on


def products(pack: Pack) -> Iterator[Complaint]:
    """Every product of the integer lane is below 2^30, the small integers of the target."""
    extremes = Extremes(pack)
    for row in PRODUCTS:
        size = row.size(extremes)
        if size >= SMALL_INT:
            yield row.field, size, f"a product of the tick reaches 2^30: {row.formula} ({row.where})"
