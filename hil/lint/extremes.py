"""The largest magnitudes that a pack can present to the integer lane: what the sizes of its products are made of.

Units as everywhere: mV, mA, dA, uohm, ddegC, permille, ppm. Currents saturate in the snapshot at CURRENT_MAX_dA.
"""

from itertools import pairwise

from bms.control.bleeders import PART_permille
from bms.schema import Cell, Pack, Sensor, charge_map, layer_count
from hil.lint.tables import error_u, fitted, trip_charge_dA, trip_discharge_dA

CURRENT_MAX_dA = 16383  # where the snapshot saturates


class Extremes:
    """The largest magnitudes that a pack can present to the integer lane."""

    def __init__(self, pack: Pack) -> None:
        cell = pack.cell
        a = pack.current_a_sensor
        # current
        self.current_dA = CURRENT_MAX_dA
        self.current_mA = CURRENT_MAX_dA * 100
        self.pair_ppm = sum(sensor.gain_ppm for _, unit, sensor in fitted(pack) if unit == "A")
        self.unknown_mA = max(pack.charge_rating_dA, pack.discharge_rating_dA) * 100
        self.offset_mA = error_u(a, 0) // 1000
        self.trip_dA = max(trip_charge_dA(pack), trip_discharge_dA(pack))
        self.trip_permille = cell.charge_trip_permille
        self.rise_dA_s = pack.limit_rise_dA_s
        self.request_dA_s = pack.request_dA_s
        self.permille_dAs = cell.capacity_mAh * 36 // 1000
        self.heat_capacity_J_K = cell.heat_capacity_J_K
        self.wake_dA = pack.wake_memory_dA
        # resistance of one element at the coldest knot, beyond which the tables hold their value
        parts = _parts(cell)
        self.r_scaled = max(max(table) * (factors[0] + 1) for table, factors in parts)
        self.r_element_uohm = self.r_scaled // 1000
        self.r_spread_permille = 1000 + pack.spread_r_permille
        self.r_worst_uohm = self.r_element_uohm * self.r_spread_permille // 1000 + 10
        self.r_factor_permille = max(factors[0] for _, factors in parts)
        self.r_span_ddegC = _widest(cell.r_ddegC)
        self.r_step = max(_steepest(cell.r_ddegC, factors) for _, factors in parts)
        # tables
        self.map_mC = max(cell.charge_max_mC, *(max(row) for row in charge_map(pack)))
        self.map_span_ddegC = _widest(cell.map_ddegC)
        self.map_span_permille = _widest(cell.map_soc_permille)
        self.discharge_mC = max(cell.discharge_trip_mC, *cell.discharge_pulse_mC)
        self.discharge_step = max(
            _steepest(cell.discharge_ddegC, cell.discharge_pulse_mC), _steepest(cell.discharge_ddegC, cell.discharge_cont_mC)
        )
        self.core_mK_W = pack.guards.core_mK_W
        # charge
        self.capacity_mAh = cell.capacity_mAh
        self.ledger_ppm = a.gain_ppm + pack.spread_capacity_permille * 1000
        self.leak_ppm_h = cell.self_discharge_ppm_h
        self.leak_uA = cell.capacity_mAh // 1000 * cell.self_discharge_ppm_h + cell.self_discharge_ppm_h
        self.entropy_uV_K = max(abs(value) for value in cell.entropy_uV_K)
        # voltage
        self.layers = max(pack.taps)
        self.slope_mV = max(b - a for a, b in pairwise(cell.ocv_mV)) + 2 * max(cell.hyst_mV)
        self.hyst_mV = max(cell.hyst_mV)
        self.window_mV = cell.v_max_mV[2] - cell.v_min_mV[2]
        # what a segment of charge adds to the voltage, branches and slow voltage included, over the current of a second
        swing_mV = 2 * self.hyst_mV * cell.hyst_gamma_permille + cell.relax_mV * cell.relax_gamma_permille
        steep_mV = self.slope_mV * 2 + swing_mV // 10_000 + 3
        smallest_mAh = cell.capacity_mAh * (1000 - pack.spread_capacity_permille) // 1000
        self.climb_uohm_s = steep_mV * 5 * 10_000 // (smallest_mAh * 9) + 1
        self.segment_Wh = max(cell.ocv_mV) * cell.capacity_mAh // 20 * layer_count(pack) // 1_000_000 + 1
        self.gain_u = max(_largest_m(sensor) // 1000 * sensor.gain_ppm for _, _, sensor in fitted(pack))
        self.noise_u = max(s.offset_u + 4 * s.noise_u + s.lsb_u for _, _, s in fitted(pack))
        self.link_uF = pack.link_capacitance_uF
        self.precharge_ohm = pack.precharge_mohm // 1000
        self.bleed_mA = pack.bleed_mA * (1000 + PART_permille) // 1000 + 1
        self.bled_mA = self.bleed_mA * layer_count(pack)
        self.thermal = pack.thermal


def _largest_m(sensor: Sensor) -> int:
    return max(abs(sensor.low_m), abs(sensor.high_m))


def _parts(cell: Cell) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Table over SoC and factors over temperature of R0, R1, R2."""
    return (
        (cell.r0_uohm, cell.r0_permille),
        (cell.r1_uohm, cell.r1_permille),
        (cell.r2_uohm, cell.r2_permille),
    )


def _widest(knots: tuple[int, ...]) -> int:
    return max((b - a for a, b in pairwise(knots)), default=1)


def _steepest(xs: tuple[int, ...], ys: tuple[int, ...]) -> int:
    """Largest change of y times the width of its segment: what an interpolation multiplies."""
    return max((abs(d - c) * (b - a) for (a, b), (c, d) in zip(pairwise(xs), pairwise(ys))), default=0)
