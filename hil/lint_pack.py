"""What must be true of a pack: a rule yields (field, value, reason) where its docstring is false.

The cell inside is checked by lint_cell, the products of the tick by lint_rules. What the wire can carry
stands in WIRE; a test compares it with the DBC files.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from bms.schema import (
    PACK_FIELDS,
    SENSOR_FIELDS,
    Cell,
    Pack,
    Sensor,
    group_count,
    layer_count,
    layers_per_stack,
)
from hil.lint import Complaint, PackRule, misshapen

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

SHAPES = dict.fromkeys(PACK_FIELDS, "int") | {
    "name": "text",
    "source": "text",
    "cell": "cell",
    "charge_map": "text",
    "taps": "ints",
    "probe_stack": "ints",
    **dict.fromkeys((field for field, _ in SENSORS), "sensor"),
}
SENSOR_SHAPES = dict.fromkeys(SENSOR_FIELDS, "int") | {"unit": "text"}

RANGES = (
    ("stacks", 1, 48, "the bench's wire carries 1 to 48 stacks"),
    ("taps", 1, LAYERS_MAX, f"a group has 1 to {LAYERS_MAX} layers"),
    ("spread_soc_permille", 0, 500, "a spread is a magnitude, below one half"),
    ("soc_match_permille", 0, 1000, "a SoC is 0 to 1000 permille"),
    ("spread_capacity_permille", 0, 500, "a spread is a magnitude, below one half"),
    ("spread_r_permille", 0, 999, "a spread is a magnitude; no resistance is negative"),
    ("spread_hyst_permille", 0, 1000, "a spread is a magnitude"),
    ("spread_t_ddegC", 0, 500, "a spread is a magnitude, 50 K at most"),
    ("charge_rating_dA", 1, 16383, "the wire carries limits of up to 1638.3 A"),
    ("discharge_rating_dA", 1, 16383, "the wire carries limits of up to 1638.3 A"),
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
    ("noise_u", 0, 1_000_000_000, "a noise is a magnitude"),
    ("offset_u", 0, 1_000_000_000, "an offset's bound is a magnitude"),
    ("gain_ppm", 0, 500_000, "a gain error's bound is a magnitude, below one half"),
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


def shape(pack: Pack) -> Iterator[Complaint]:
    """Every field has the type that the schema says."""
    yield from misshapen(pack, PACK_FIELDS, SHAPES)
    if not isinstance(pack.cell, Cell):
        yield "cell", pack.cell, "must be a Cell"
    for field, _ in SENSORS:
        sensor: Any = getattr(pack, field)
        if isinstance(sensor, Sensor):
            yield from misshapen(sensor, SENSOR_FIELDS, SENSOR_SHAPES, field + ".")
        elif sensor is not None or field != "current_b_sensor":
            yield (
                field,
                sensor,
                "must be a Sensor" + (", or None where not fitted" if field == "current_b_sensor" else ""),
            )


def ranges(pack: Pack) -> Iterator[Complaint]:
    """Every number is one that a pack can have."""
    for field, low, high, reason in RANGES:
        value = getattr(pack, field)
        for index, one in enumerate(value if isinstance(value, tuple) else (value,)):
            if not low <= one <= high:
                yield f"{field}[{index}]" if isinstance(value, tuple) else field, one, reason


def map_exists(pack: Pack) -> Iterator[Complaint]:
    """The charge map is one of the cell's."""
    names = [name for name, _ in pack.cell.charge_maps]
    if pack.charge_map not in names:
        yield "charge_map", pack.charge_map, f"{pack.cell.name} has {', '.join(names)}"


def probes(pack: Pack) -> Iterator[Complaint]:
    """Every probe sits on a stack that exists and every stack has a probe."""
    for index, stack in enumerate(pack.probe_stack):
        if not 0 <= stack < pack.stacks:
            yield f"probe_stack[{index}]", stack, f"there are stacks 0 to {pack.stacks - 1}"
    for stack in range(pack.stacks):
        if stack not in pack.probe_stack:
            yield (
                "probe_stack",
                pack.probe_stack,
                f"stack {stack} has no probe: nothing bounds its temperature",
            )


def sensors(pack: Pack) -> Iterator[Complaint]:
    """Every sensor has a unit, a step, an order of its range and times that can be kept."""
    for name, unit, sensor in fitted(pack):
        if sensor.unit != unit:
            yield f"{name}.unit", sensor.unit, f"must be {unit}"
        for field, low, high, reason in SENSOR_RANGES:
            if not low <= getattr(sensor, field) <= high:
                yield f"{name}.{field}", getattr(sensor, field), reason
        if sensor.low_m >= sensor.high_m:
            yield f"{name}.low_m", sensor.low_m, f"must be below high_m, {sensor.high_m}"
        if sensor.period_ms % TICK_ms:
            yield f"{name}.period_ms", sensor.period_ms, f"must be a multiple of the tick, {TICK_ms} ms"
        if sensor.period_ms > sensor.deadline_ms:
            yield (
                f"{name}.period_ms",
                sensor.period_ms,
                f"must not be above deadline_ms, {sensor.deadline_ms}",
            )
        if sensor.latency_ms >= sensor.deadline_ms:
            yield f"{name}.latency_ms", sensor.latency_ms, f"must be below deadline_ms, {sensor.deadline_ms}"


def sensors_cover_limits(pack: Pack) -> Iterator[Complaint]:
    """No sensor saturates before the limit that it guards."""
    for name, end, reach, what in COVER:
        sensor = getattr(pack, name)
        sign = 1 if end == "high_m" else -1
        if sensor is not None and getattr(sensor, end) * sign < reach(pack) * sign:
            yield f"{name}.{end}", getattr(sensor, end), f"must reach {reach(pack)}: {what}"


def fits_the_wire(pack: Pack) -> Iterator[Complaint]:
    """Everything that goes over CAN fits its signal."""
    for field, signal, unit, need, most in WIRE:
        if need(pack) > most:
            yield field, need(pack), f"{unit}: {signal} carries {most}"


def ratings(pack: Pack) -> Iterator[Complaint]:
    """Rated currents are such that cell and contactors stand them."""
    most = pack.cell.charge_max_mC * (pack.cell.capacity_mAh // 100) // 1000
    if pack.charge_rating_dA > most:
        yield "charge_rating_dA", pack.charge_rating_dA, f"charge_max_mC of the cell is {most} dA"
    if pack.discharge_rating_dA > trip_discharge_dA(pack):
        yield (
            "discharge_rating_dA",
            pack.discharge_rating_dA,
            f"discharge_trip_mC of the cell is {trip_discharge_dA(pack)} dA",
        )
    for field in ("charge_rating_dA", "discharge_rating_dA", "open_current_dA"):
        if getattr(pack, field) > pack.contactor_break_dA:
            yield (
                field,
                getattr(pack, field),
                f"opening wears the contacts above contactor_break_dA, {pack.contactor_break_dA}",
            )
    blind_dA = -(-error_u(pack.current_a_sensor, 0) // 100_000)
    if pack.open_current_dA <= blind_dA:
        yield (
            "open_current_dA",
            pack.open_current_dA,
            f"current sensor A may read {blind_dA} dA at none: never proven small",
        )


def contactor_times(pack: Pack) -> Iterator[Complaint]:
    """A contactor has moved before its feedback is late."""
    need = pack.contactor_delay_ms + 2 * TICK_ms
    if pack.feedback_timeout_ms < need:
        yield (
            "feedback_timeout_ms",
            pack.feedback_timeout_ms,
            f"must leave contactor_delay_ms and two ticks, {need}",
        )


def precharge_tau_ms(pack: Pack) -> float:
    """Time constant of resistor and link."""
    return pack.precharge_mohm * pack.link_capacitance_uF / 1e6


def precharge_time_ms(pack: Pack, pack_mV: int) -> float:
    """When all three criteria of a finished precharge are met without a load."""
    near_mV = min(
        pack_mV * (1000 - pack.precharge_done_permille) / 1000,
        pack.precharge_done_mV,
        pack.precharge_done_mA * pack.precharge_mohm / 1000,
    )
    return precharge_tau_ms(pack) * math.log(max(1.0, pack_mV / near_mV))


def precharge(pack: Pack) -> Iterator[Complaint]:
    """Precharge ends in time, not before it can, and its end can be measured."""
    tau_ms = precharge_tau_ms(pack)
    highest_mV = layer_count(pack) * pack.cell.v_max_mV[2]
    done_ms = precharge_time_ms(pack, highest_mV)
    if 5 * tau_ms > pack.precharge_timeout_ms:
        yield (
            "precharge_timeout_ms",
            pack.precharge_timeout_ms,
            f"five time constants take {5 * tau_ms:.0f} ms",
        )
    if done_ms >= pack.precharge_timeout_ms:
        yield (
            "precharge_timeout_ms",
            pack.precharge_timeout_ms,
            f"the criteria of its end are met after {done_ms:.0f} ms",
        )
    if pack.precharge_too_fast_ms >= tau_ms / 2:
        yield (
            "precharge_too_fast_ms",
            pack.precharge_too_fast_ms,
            f"must be below half a time constant, {tau_ms / 2:.0f} ms",
        )
    blind_mA = -(-error_u(pack.current_a_sensor, 0) // 1000)
    if pack.precharge_done_mA <= blind_mA:
        yield "precharge_done_mA", pack.precharge_done_mA, f"current sensor A may read {blind_mA} mA at none"
    blind_mV = -(-2 * error_u(pack.pack_sensor, highest_mV) // 1000)
    near_mV = min(pack.precharge_done_mV, highest_mV * (1000 - pack.precharge_done_permille) // 1000)
    if near_mV <= blind_mV:
        field = "precharge_done_mV" if near_mV == pack.precharge_done_mV else "precharge_done_permille"
        yield (
            field,
            getattr(pack, field),
            f"pack and link may read {blind_mV} mV apart when equal, {near_mV} mV are allowed",
        )


RULES: tuple[PackRule, ...] = (
    ranges,
    map_exists,
    probes,
    sensors,
    sensors_cover_limits,
    fits_the_wire,
    ratings,
    contactor_times,
    precharge,
)
