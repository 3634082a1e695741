"""What a pack's numbers may be: ranges, what the wire carries, what a sensor must reach. Rows that pack.py reads.

WIRE repeats the DBC files' ranges; a test holds the two together.
"""

from collections.abc import Callable, Iterator

from bms.schema import Pack, Sensor, group_count, layer_count, layers_per_stack

LAYERS_MAX = 48
TICK_ms = 10
NOISE_SIGMAS = 4

SENSORS = (  # field, unit
    ("group_sensor", "V"),
    ("stack_sensor", "V"),
    ("pack_sensor", "V"),
    ("current_a_sensor", "A"),
    ("current_b_sensor", "A"),
    ("probe_sensor", "K"),
)

RANGES = (
    ("stacks", 1, 48, "the bench's wire carries 1 to 48 stacks"),
    ("taps", 1, LAYERS_MAX, f"a group has 1 to {LAYERS_MAX} layers"),
    ("spread_soc_permille", 0, 500, "a spread is a magnitude, below one half"),
    ("soc_match_permille", 0, 1000, "a SoC is 0 to 1000 permille"),
    ("spread_capacity_permille", 0, 500, "a spread is a magnitude, below one half"),
    ("request_dA_s", 1, 100_000, "a ramp is positive"),
    ("connector_dA", 1, 16_383, "the wire carries 1638.3 A"),
    ("bleed_mA", 0, 1000, "a bleeder takes a magnitude, 1 A at most"),
    ("spread_r_permille", 0, 999, "a spread is a magnitude; no resistance is negative"),
    ("spread_hyst_permille", 0, 1000, "a spread is a magnitude"),
    ("spread_t_ddegC", 0, 500, "a spread is a magnitude, 50 K at most"),
    ("charge_rating_dA", 1, 16383, "the wire carries limits of up to 1638.3 A"),
    ("discharge_rating_dA", 1, 16383, "the wire carries limits of up to 1638.3 A"),
    ("wake_memory_dA", 0, 16383, "a current is a magnitude here, and saturates at 1638.3 A"),
    ("contactor_break_dA", 1, 1_000_000, "must be positive"),
    ("contactor_delay_ms", 1, 1000, "a contactor takes 1 to 1000 ms"),
    ("feedback_timeout_ms", 1, 10_000, "must be positive, 10 s at most"),
    ("open_current_dA", 1, 16383, "must be positive"),
    ("open_timeout_ms", 1, 10_000, "must be positive, 10 s at most"),
    ("precharge_mohm", 1, 10_000_000, "must be positive"),
    ("link_capacitance_uF", 1, 1_000_000, "must be positive"),
    ("precharge_done_permille", 500, 999, "precharge is done above half and below all of the pack's voltage"),
    ("precharge_done_mV", 1, 1_000_000, "must be positive"),
    ("precharge_done_mA", 1, 1_000_000, "must be positive"),
    ("precharge_too_fast_ms", 0, 10_000, "must not be negative"),
    ("precharge_timeout_ms", 1, 60_000, "must be positive, 60 s at most"),
    ("limit_rise_dA_s", 1, 1_000_000, "must be positive"),
    ("command_deadline_ms", 100, 10_000, "the vehicle's command comes every 50 ms: two periods at least"),
    ("charger_deadline_ms", 200, 10_000, "the charger's status comes every 100 ms: two periods at least"),
)
SENSOR_RANGES = (
    ("lsb_u", 1, 10_000_000, "a converter's step is positive"),
    ("noise_u", 0, 100_000_000, "a noise is a magnitude"),
    ("offset_u", 0, 100_000_000, "an offset's bound is a magnitude"),
    ("gain_ppm", 0, 100_000, "a gain error's bound is a magnitude, 10 % at most"),
    ("latency_ms", 0, 10_000, "must not be negative"),
    ("period_ms", TICK_ms, 60_000, f"must be at least one tick, {TICK_ms} ms"),
    ("deadline_ms", TICK_ms, 60_000, f"must be at least one tick, {TICK_ms} ms"),
)


def trip_charge_dA(pack: Pack) -> int:
    """The largest charge current at which the monitor may still be waiting to trip."""
    return pack.cell.charge_max_mC * pack.cell.charge_trip_permille // 1000 * (pack.cell.capacity_mAh // 100) // 1000


def trip_discharge_dA(pack: Pack) -> int:
    """The discharge current that trips, a magnitude."""
    return pack.cell.discharge_trip_mC * (pack.cell.capacity_mAh // 100) // 1000


def error_u(sensor: Sensor, value_m: int) -> int:
    """Largest error in millionths of a sensor at a value in thousandths: offset, gain, noise, one step."""
    return sensor.offset_u + NOISE_SIGMAS * sensor.noise_u + sensor.lsb_u + abs(value_m) * sensor.gain_ppm // 1000


# fmt: off
WIRE: tuple[tuple[str, str, str, Callable[[Pack], int], int], ...] = (
    # field to blame, DBC file and signal, unit, what must fit, largest that fits
    ("taps", "bms BMS_BOUNDS.layer_high_group", "last group",
     lambda p: group_count(p) - 1, 127),
    ("probe_stack", "hil HIL_TEMPERATURES.index", "last frame of five probes",
     lambda p: (len(p.probe_stack) - 1) // 5, 15),
    ("stacks", "hil HIL_STACKS.index", "last frame of three stacks",
     lambda p: (p.stacks - 1) // 3, 15),
    ("taps", "bms BMS_IDENTITY.layer_count", "layers",
     layer_count, 4095),
    ("stacks", "bms BMS_PACK.pack_voltage", "mV with every layer at its fault",
     lambda p: layer_count(p) * p.cell.v_max_mV[2], 2097151),
    ("group_sensor.high_m", "bms BMS_GROUPS.group_0_voltage", "mV",
     lambda p: p.group_sensor.high_m, 262143),
    ("stack_sensor.high_m", "hil HIL_STACKS.stack_0_voltage", "mV",
     lambda p: p.stack_sensor.high_m, 524287),
    ("pack_sensor.high_m", "bms BMS_LINK.link_voltage", "mV",
     lambda p: p.pack_sensor.high_m, 2097151),
    ("current_a_sensor.high_m", "bms BMS_PACK.pack_current", "dA",
     lambda p: p.current_a_sensor.high_m // 100, 16383),
    ("current_a_sensor.low_m", "bms BMS_PACK.pack_current", "dA",
     lambda p: -p.current_a_sensor.low_m // 100, 16383),
    ("probe_sensor.high_m", "bms BMS_TEMPERATURE.layer_hottest", "ddegC",
     lambda p: p.probe_sensor.high_m // 100, 2047),
)

COVER: tuple[tuple[str, str, Callable[[Pack], int], str], ...] = (
    # sensor, end of its range, what that must reach in thousandths, why
    ("group_sensor", "high_m", lambda p: max(p.taps) * p.cell.v_max_mV[2], "a group with every layer at its fault"),
    ("group_sensor", "low_m", lambda p: min(p.taps) * p.cell.v_deep_mV, "a group deeply discharged"),
    ("stack_sensor", "high_m", lambda p: layers_per_stack(p) * p.cell.v_max_mV[2], "a stack at its fault"),
    ("stack_sensor", "low_m", lambda p: layers_per_stack(p) * p.cell.v_deep_mV, "a stack deeply discharged"),
    ("pack_sensor", "high_m", lambda p: layer_count(p) * p.cell.v_max_mV[2], "the pack at its fault"),
    ("pack_sensor", "low_m", lambda p: 0, "an empty link"),
    ("current_a_sensor", "high_m", lambda p: trip_charge_dA(p) * 100, "the charge current that trips"),
    ("current_a_sensor", "low_m", lambda p: -trip_discharge_dA(p) * 100, "the discharge current that trips"),
    ("current_b_sensor", "high_m", lambda p: trip_charge_dA(p) * 100, "the charge current that trips"),
    ("current_b_sensor", "low_m", lambda p: -trip_discharge_dA(p) * 100, "the discharge current that trips"),
    ("probe_sensor", "high_m", lambda p: p.cell.t_stop_ddegC[2] * 100, "the hottest fault"),
    ("probe_sensor", "low_m", lambda p: p.cell.t_discharge_min_ddegC[2] * 100, "the coldest fault"),
)
# fmt: on


def fitted(pack: Pack) -> Iterator[tuple[str, str, Sensor]]:
    """Field, unit and record of every sensor that is there."""
    for field, unit in SENSORS:
        sensor = getattr(pack, field)
        if sensor is not None:
            yield field, unit, sensor
