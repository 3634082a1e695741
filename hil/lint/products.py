"""PRODUCTS: every multiplication of the integer lane and how large it can get; below 2^30, all of them.

One row a multiplication in bms/safety and bms/control: module, formula as it is written there, the field to blame, and its
size for the largest values that can be presented to the lane in this pack (Extremes). Small integers of the target have 31
bits; a bigger product is a heap object, and the tick must not allocate. Whoever adds a multiplication to the tick adds a
row here. Products of two things that cell.py and pack.py bound to permille have none.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bms.control.balance import LEAD_mohm
from bms.schema import Pack
from hil.lint.extremes import CURRENT_MAX_dA, Extremes
from hil.lint.findings import Complaint
from hil.lint.tables import LAYERS_MAX

SMALL_INT = 1 << 30
VOLTAGE_MAX_mV = 100_000  # where tables.current_dA saturates
INSULATION_MAX_kohm = 65_533  # where insulation saturates
FLOWED_MAX_mAms = 1 << 27  # where the contactor's charge saturates
WIRE_GROUP_mV = 262_143
WIRE_PACK_mV = 8_388_607
WIRE_LINK_mV = 2_097_151  # BMS_PACK.pack_voltage, where energy saturates
MOVED_MAX_dAs = 16_000  # in a round, where energy saturates
HORIZON_s = 30
OVER_MAX_mV = 60_000  # where horizon saturates
WARMER_MAX_ddegC = 4000  # likewise
ONE_h = 8192  # how branch counts the way from the middle to a branch
FOLLOWED_MAX_ppm = 65_000  # where branch saturates
BLIND_MAX_ms = 5000  # where coulomb forgets
HEAT_MAX_dW = 100_000  # where core saturates
ALLOWED_MAX_mV = 200_000  # where sisters saturates, one layer
LIKE_MANY = 2047  # what chain multiplies a group's voltage with
SMALL_uohm = 65536  # where tables.drop_mV changes its scale
STEP_MAX_ms = 500  # where a step of time is cut
PHASE_MAX_ms = 60_000  # where a contactor's time saturates
TURN_MAX_ds = 40_000  # of a piece of a look ahead
COUPLE_MAX = 20_000  # where remaining saturates
LOST_MAX_mK = 500_000  # likewise
FAR_ddegC = 2500  # unknown temperatures stand at +-200 degC
READINGS = 10  # of a second, which derate sums
COMING_MAX_mK_s = 2000  # where thermal saturates
HEAT_GAIN_MAX = 5000  # likewise
ROUND_MAX_ms = 10 * STEP_MAX_ms
RATE_MAX_mK_s = 500  # where hold saturates
SEEN_MAX_mK_s = 2000  # likewise
SWING_MAX_ddegC = 8191  # where cycles saturates
MAN_MAX = 32768  # of a number of 15 bits in cycles, rounded up


class Product(NamedTuple):
    """One multiplication of the tick."""

    where: str
    formula: str  # as it is written there
    field: str  # of the pack, to blame when it is too big
    size: Callable[[Extremes], int]


# fmt: off
PRODUCTS = tuple(Product(*row) for row in (
    ("tables.drop_mV, R < 65536", "r_uohm * i_dA", "current_a_sensor",
     lambda e: min(e.r_worst_uohm, SMALL_uohm - 1) * e.current_dA + 9999),
    ("tables.drop_mV, R >= 65536", "(r_uohm + 99) // 100 * i_dA", "cell.r1_permille",
     lambda e: (e.r_worst_uohm + 99) // 100 * e.current_dA),
    ("tables.current_dA", "v_mV * UOHM_dA_PER_mV", "cell.v_max_mV",
     lambda e: VOLTAGE_MAX_mV * 10_000),
    ("tables.interpolated, R over temperature", "(ys[k] - y) * (x - a)", "cell.r1_permille",
     lambda e: e.r_step),
    ("tables.interpolated, discharge", "(ys[k] - y) * (x - a)", "cell.discharge_pulse_mC",
     lambda e: e.discharge_step),
    ("bound, remembered currents", "current_dA << 16", "current_a_sensor",
     lambda e: e.current_dA << 16),
    ("bound, remembered currents", "wake_memory_dA << 16", "wake_memory_dA",
     lambda e: e.wake_dA << 16),
    ("bound, what RC elements add in a round", "apart_uohm * 100", "cell.r1_uohm",
     lambda e: 2 * e.r_worst_uohm * 100),
    ("bound, groups of unlike size", "group_mV * layers", "taps",
     lambda e: 2 * WIRE_GROUP_mV * e.layers),
    ("bound, spread of SoC", "(twice * spread // 1000 + 1) * slope_mV", "cell.ocv_mV",
     lambda e: 2001 * e.slope_mV),
    ("bound, spread of hysteresis", "(twice * spread_hyst // 1000 + 1) * hyst_mV", "cell.hyst_mV",
     lambda e: 4001 * e.hyst_mV),
    ("bound, R over temperature", "r_uohm * factor_permille", "cell.r1_uohm",
     lambda e: e.r_scaled),
    ("bound, warmer neighbour", "factor * 1000", "cell.r1_permille",
     lambda e: e.r_factor_permille * 1000),
    ("bound, spread of R", "r_uohm // 10 * (1000 + spread_r)", "spread_r_permille",
     lambda e: e.r_element_uohm // 10 * e.r_spread_permille),
    ("bound, layers apart", "r_uohm // 10 * (spread_r + drop)", "spread_r_permille",
     lambda e: e.r_worst_uohm // 10 * (2 * e.r_spread_permille)),
    ("bound, two layers at opposite ends", "2 * spread * slope_mV", "cell.ocv_mV",
     lambda e: 2 * 1000 * max(e.slope_mV, 2 * e.hyst_mV)),
    ("core, heat of a layer", "over_mV * current_dA", "cell.v_max_mV",
     lambda e: e.window_mV * e.current_dA),
    ("core, rise of the hottest layer", "heat_dW * core_mK_W", "guards.core_mK_W",
     lambda e: HEAT_MAX_dW * e.core_mK_W + 999),
    ("sisters, what the spread explains", "allowed_mV * layers + error_mV", "taps",
     lambda e: ALLOWED_MAX_mV * e.layers + WIRE_GROUP_mV),
    ("sisters, layers apart", "(r_uohm // 10 + 1) * (spread_r + 1000 - kept)", "cell.r1_uohm",
     lambda e: (e.r_worst_uohm // 10 + 1) * 2 * e.r_spread_permille),
    ("sisters, what RC elements add in a round", "apart_uohm * 100", "cell.r1_uohm",
     lambda e: 2 * e.r_worst_uohm * 100),
    ("sisters, groups of unlike size", "group_mV // layers * largest", "taps",
     lambda e: WIRE_GROUP_mV * e.layers),
    ("window, full height of the lines", "capacity_mAh // 10 * mC", "cell.capacity_mAh",
     lambda e: e.capacity_mAh // 10 * max(e.map_mC, e.discharge_mC)),
    ("window, trip line of charge", "map_dA * charge_trip_permille", "cell.charge_trip_permille",
     lambda e: e.trip_dA * e.trip_permille),
    ("window, trip line of discharge", "discharge_max_dA * permille", "cell.discharge_trip_mC",
     lambda e: e.trip_dA * 1000),
    ("plausible, error of a sensor", "value_m // 1000 * gain_ppm + offset_u + 4 * noise_u", "group_sensor",
     lambda e: e.gain_u + e.noise_u),
    ("plausible, sensors A and B", "current_dA * pair_ppm", "current_b_sensor",
     lambda e: e.current_dA * e.pair_ppm),
    ("coulomb, the ledger", "capacity_mAh * 3600", "cell.capacity_mAh",
     lambda e: e.capacity_mAh * 3600),
    ("coulomb, one step", "carry + current_mA * dt_ms", "current_a_sensor",
     lambda e: e.current_mA * STEP_MAX_ms + 1000),
    ("coulomb, error of gain", "(current_dA + 1) * error_ppm", "current_a_sensor.gain_ppm",
     lambda e: (e.current_dA + 1) * e.ledger_ppm),
    ("coulomb, unknown current", "unknown_mA * dt_ms", "discharge_rating_dA",
     lambda e: e.unknown_mA * STEP_MAX_ms),
    ("coulomb, self-discharge", "capacity_mAh // 1000 * ppm_h + ppm_h", "cell.self_discharge_ppm_h",
     lambda e: e.leak_uA),
    ("coulomb, self-discharge in a step", "leak_uA * dt_ms", "cell.self_discharge_ppm_h",
     lambda e: e.leak_uA * STEP_MAX_ms),
    ("coulomb, entropy", "entropy_uV_K * d_ddegC", "cell.entropy_uV_K",
     lambda e: e.entropy_uV_K * FAR_ddegC),
    ("branch, a side that comes back or goes on", "(reach + home) * slow_ppm", "cell.hyst_gamma_permille",
     lambda e: 2 * ONE_h * FOLLOWED_MAX_ppm + 999_999),
    ("branch, remembered currents", "(current_mA << 7) - was", "current_a_sensor",
     lambda e: 2 * (e.current_mA + 100) << 7),
    ("branch, what R drops at least, R < 65536", "r_uohm * i_dA", "current_a_sensor",
     lambda e: min(2 * e.r_element_uohm, SMALL_uohm - 1) * e.current_dA),
    ("branch, what R drops at least, R >= 65536", "r_uohm // 100 * i_dA", "cell.r1_permille",
     lambda e: 2 * e.r_element_uohm // 100 * e.current_dA),
    ("branch, smallest R0, R1 and R2 over temperature", "(ys[k + 1] - y) * (x - a)", "cell.r1_permille",
     lambda e: 2 * e.r_element_uohm * e.r_span_ddegC),
    ("branch, of the way to a branch", "m_mV * h", "cell.hyst_mV",
     lambda e: 2 * e.hyst_mV * ONE_h),
    ("coulomb, either way since the last look", "(size_mA // 1000 + 1) * round_ms", "current_a_sensor",
     lambda e: (e.current_mA // 1000 + 1) * (BLIND_MAX_ms + STEP_MAX_ms)),
    ("envelope, C-rate to current", "capacity_mAh // 10 * mC", "cell.charge_max_mC",
     lambda e: e.capacity_mAh // 10 * e.map_mC),
    ("maps, charge map", "mC * d_permille * d_ddegC", "cell.charge_maps",
     lambda e: e.map_mC * e.map_span_permille * e.map_span_ddegC),
    ("maps, low SoC", "mC * soc_permille", "cell.discharge_pulse_mC",
     lambda e: e.discharge_mC * 1000),
    ("envelope, room of temperature", "mC * permille", "cell.charge_max_mC",
     lambda e: max(e.map_mC, e.discharge_mC) * 1000),
    ("envelope, room of temperature", "d_ddegC * 1000", "cell.t_charge_max_ddegC",
     lambda e: 2 * FAR_ddegC * 1000),
    ("envelope, ramp", "limit_rise_dA_s * dt_ms", "limit_rise_dA_s",
     lambda e: e.rise_dA_s * STEP_MAX_ms),
    ("envelope, what derate leaves", "map_dA * permille", "cell.charge_max_mC",
     lambda e: e.capacity_mAh // 10 * e.map_mC // 10_000 * 1000),
    ("derate, what is left", "(second - value) * 1000", "thermal.rate_derate_mK_s",
     lambda e: max(*e.thermal.rate_derate_mK_s, *e.thermal.gradient_derate_ddegC) * 1000),
    ("derate, where a rise is heading", "2 * (4 * now - 7 * half + 3 * before)", "probe_sensor",
     lambda e: 2 * 14 * READINGS * FAR_ddegC),
    ("thermal, ramp of a request", "request_permille_s * dt_ms", "thermal.request_permille_s",
     lambda e: e.thermal.request_permille_s * ROUND_MAX_ms + 1000),
    ("thermal, share of the band", "part * 1000", "thermal.band_ddegC",
     lambda e: e.thermal.band_ddegC * 1000),
    ("thermal, heat that is missing", "missing_mK_s * gain", "thermal.warm_mK_s",
     lambda e: (COMING_MAX_mK_s + e.thermal.warm_mK_s) * HEAT_GAIN_MAX + (1000 << 10)),
    ("hold, where the coolant has to be", "(rate - seen) * 10000", "thermal.warm_mK_s",
     lambda e: (RATE_MAX_mK_s + e.thermal.warm_mK_s + SEEN_MAX_mK_s) * 10_000),
    ("thermal, what the pack can give", "limit_dA * pack_dV", "discharge_rating_dA",
     lambda e: CURRENT_MAX_dA * (WIRE_LINK_mV // 100)),
    ("cycles, a swing in parts of the declared one", "swing_ddegC << 16", "thermal.swing_ddegK",
     lambda e: SWING_MAX_ddegC << 16),
    ("cycles, a power", "cost * man", "thermal.swing_exponent",
     lambda e: MAN_MAX * (MAN_MAX - 1)),
    ("horizon, charge that moves", "limit_dA * time_s * 250", "discharge_rating_dA",
     lambda e: e.current_dA * HORIZON_s * 250),
    ("horizon, heat of a layer", "current_dA * over_mV", "current_a_sensor",
     lambda e: e.current_dA * OVER_MAX_mV),
    ("horizon, warmth of a layer", "heat_dW * time_s", "current_a_sensor",
     lambda e: (e.current_dA * OVER_MAX_mV // 1000 + 1) * HORIZON_s),
    ("horizon, remembered currents", "(current_dA << 14) - was", "current_a_sensor",
     lambda e: 2 * e.current_dA << 14),
    ("horizon, along the OCV", "climb_uohm_s * time_s", "cell.ocv_mV",
     lambda e: e.climb_uohm_s * HORIZON_s),
    ("horizon, share of R2 in time", "(r2_uohm // 10 + 1) * taken_permille", "cell.r2_uohm",
     lambda e: 2 * (e.r_worst_uohm // 10 + 1) * 1000),
    ("horizon, smallest R1 and R2 over temperature", "(ys[k + 1] - y) * (x - a)", "cell.r1_permille",
     lambda e: 2 * e.r_element_uohm * e.r_span_ddegC),
    ("horizon, C-rate to current", "capacity_mAh // 10 * mC", "cell.charge_max_mC",
     lambda e: e.capacity_mAh // 10 * max(e.map_mC, e.discharge_mC)),
    ("horizon, room of temperature", "limit_dA * d_ddegC", "cell.capacity_mAh",
     lambda e: e.capacity_mAh // 10 * max(e.map_mC, e.discharge_mC) // 10_000 * 2 * FAR_ddegC),
    ("horizon, heat in the room", "limit_dA * 2 * apart", "cell.capacity_mAh",
     lambda e: e.capacity_mAh // 10 * max(e.map_mC, e.discharge_mC) // 10_000 * 2 * WARMER_MAX_ddegC),
    ("fastcharge, ramp", "request_dA_s * dt_ms", "request_dA_s",
     lambda e: e.request_dA_s * ROUND_MAX_ms + 1000),
    ("fastcharge, charge of a fall to the next stage", "request_dA * request_dA", "current_a_sensor",
     lambda e: e.current_dA * e.current_dA),
    ("fastcharge, charge up to the next stage", "d_permille * permille_dAs", "cell.capacity_mAh",
     lambda e: 1001 * e.permille_dAs),
    ("ways, charge that is missing", "d_permille * permille_dAs", "cell.capacity_mAh",
     lambda e: 1000 * e.permille_dAs),
    ("ahead, time of a piece", "(end_dAs - at_dAs) * 10", "cell.capacity_mAh",
     lambda e: 50 * e.permille_dAs * 10),
    ("ahead, charge of a piece", "flows_dA * turn_ds", "current_a_sensor",
     lambda e: e.current_dA * (TURN_MAX_ds + 1)),
    ("ahead, heat of a layer", "flows_dA * over_mV", "current_a_sensor",
     lambda e: e.current_dA * OVER_MAX_mV),
    ("ahead, warming", "heat_dW * 100", "current_a_sensor",
     lambda e: e.current_dA * OVER_MAX_mV // 1000 * 100),
    ("ahead, warmth of a piece", "rate_mK_s * time_ds", "current_a_sensor",
     lambda e: TURN_MAX_ds + e.current_dA * OVER_MAX_mV // 1000 * 100 // e.heat_capacity_J_K + COUPLE_MAX),
    ("ahead, heat of the coolant", "couple * (loop - cold)", "current_a_sensor",
     lambda e: COUPLE_MAX * 2 * FAR_ddegC),
    ("ahead, way of the coolant", "apart * time_ds", "current_a_sensor",
     lambda e: 2 * FAR_ddegC * (TURN_MAX_ds + 1)),
    ("ahead, R over temperature", "r_uohm * factor_permille", "cell.r1_uohm",
     lambda e: e.r_scaled),
    ("ahead, OCV", "(ys[k + 1] - y) * (x - a)", "cell.ocv_mV",
     lambda e: 50 * e.slope_mV),
    ("ahead, C-rate to current", "capacity_mAh // 10 * mC", "cell.charge_max_mC",
     lambda e: e.capacity_mAh // 10 * e.map_mC),
    ("ahead, share of the map", "flows_dA * share_permille", "current_a_sensor",
     lambda e: e.current_dA * 1000),
    ("remaining, charge of a round", "current_dA * passed_ds", "current_a_sensor",
     lambda e: e.current_dA * (ROUND_MAX_ms // 100)),
    ("remaining, own heat of a round", "own_mK_s * passed_ds", "current_a_sensor",
     lambda e: e.current_dA * OVER_MAX_mV // 1000 * 100 // e.heat_capacity_J_K * (ROUND_MAX_ms // 100)),
    ("remaining, conductance to the coolant", "lost_mK * 1000 // apart_ddegC * 100", "current_a_sensor",
     lambda e: max(LOST_MAX_mK * 1000, LOST_MAX_mK * 1000 // 51 * 100)),
    ("energy, of a round", "moved_dAs * pack_dV", "current_a_sensor",
     lambda e: MOVED_MAX_dAs * (WIRE_LINK_mV // 100) + 360_000),
    ("energy, less than a step", "(moved_dAs * rest_mV + rest_mAs * pack_dV) * 100", "current_a_sensor",
     lambda e: (MOVED_MAX_dAs + WIRE_LINK_mV // 100 + 1) * 99 * 100 + 10_000),
    ("energy, up to here", "(ys[k + 1] - y) * (x - a)", "taps",
     lambda e: e.segment_Wh * 50),
    ("bleeders, charge of a round", "carry + most_mA * round_ms", "bleed_mA",
     lambda e: e.bleed_mA * ROUND_MAX_ms + 1000),
    ("bleeders, charge of all layers in a round", "all_mA * round_ms", "bleed_mA",
     lambda e: e.bled_mA * ROUND_MAX_ms + LAYERS_MAX * 48 * 1000),
    ("balance, what the wires do to two groups", "sister_mV, once", "bleed_mA",
     lambda e: 4 * e.bleed_mA * LEAD_mohm // 1000 * e.layers + 1),
    ("contactor, link against pack", "pack_mV // 100 * done_permille", "pack_sensor",
     lambda e: WIRE_PACK_mV // 100 * 999),
    ("contactor, charge the link takes", "link_uF * (rise_mV // 100)", "link_capacitance_uF",
     lambda e: e.link_uF * (WIRE_PACK_mV // 100)),
    ("contactor, charge that flowed", "flowed_mAms - current_mA * dt_ms", "current_a_sensor",
     lambda e: FLOWED_MAX_mAms + e.current_mA * STEP_MAX_ms),
    ("contactor, charge and its error", "(flowed + error_mA * in_phase_ms) * 4", "current_a_sensor.offset_u",
     lambda e: 4 * (FLOWED_MAX_mAms + e.offset_mA * PHASE_MAX_ms)),
    ("wear, a tenth of the link", "link_mV * 10", "pack_sensor",
     lambda e: WIRE_PACK_mV * 10),
    ("wear, time constant of precharge", "precharge_mohm // 1000 * link_uF", "precharge_mohm",
     lambda e: e.precharge_ohm * e.link_uF),
    ("chain, groups of unlike size", "group_mV * times", "taps",
     lambda e: WIRE_GROUP_mV * LIKE_MANY + (SMALL_INT >> 1)),
    ("overload, what the sensor may err", "size_dA * gain_permille", "current_a_sensor.gain_ppm",
     lambda e: e.current_dA * (e.ledger_ppm // 1000 + 1)),
    ("overload, stray current", "size_mA // 1000 * gain_ppm", "current_a_sensor.gain_ppm",
     lambda e: e.current_mA // 1000 * e.ledger_ppm),
    ("overload, charge of a round", "current_dA * dt_ms", "current_a_sensor",
     lambda e: e.current_dA * STEP_MAX_ms * 10),
    ("overload, parts of a pulse", "sure_dA * 200", "current_a_sensor",
     lambda e: e.current_dA * 200),
    ("overload, squared parts of a pulse in a round", "part * part * dt_ms", "current_a_sensor",
     lambda e: 400 * 400 * STEP_MAX_ms * 10 + 40_000),
    ("overload, currents over temperature", "(ys[k + 1] - y) * (x - a)", "cell.discharge_pulse_mC",
     lambda e: e.capacity_mAh // 10 * (e.discharge_step // 100 + 1) // 100),
    ("overload, parts of the continuous current", "cont_dA * 200", "cell.discharge_cont_mC",
     lambda e: e.capacity_mAh // 10 * e.discharge_mC // 10_000 * 200),
    ("overload, charge beyond the map in a round", "rate_dA * round_ms * 10", "current_a_sensor",
     lambda e: e.current_dA * STEP_MAX_ms * 10 * 10 + e.current_dA),
    ("charging, error of a round", "(moved_dAms // 1000 + 1) * gain_permille + error_mA * round_ms", "current_a_sensor",
     lambda e: (e.current_dA * 5 + 1) * (e.ledger_ppm // 1000 + 1) + (e.offset_mA + 51) * STEP_MAX_ms * 10),
    ("charging, carry", "whole * 1000", "current_a_sensor",
     lambda e: e.current_dA * STEP_MAX_ms * 11),
    ("insulation, for each volt", "insulation_kohm * 1000", "pack_sensor",
     lambda e: INSULATION_MAX_kohm * 1000),
))
# fmt: on


def products(pack: Pack) -> Iterator[Complaint]:
    """Every product of the integer lane is below 2^30, the small integers of the target."""
    extremes = Extremes(pack)
    for row in PRODUCTS:
        size = row.size(extremes)
        if size >= SMALL_INT:
            yield row.field, size, f"a product of the tick reaches 2^30: {row.formula} ({row.where})"
