"""What must be true of a pack: a rule yields (field, value, reason) where its docstring is false.

The cell inside is checked by cell.py, its guards by guards.py, its times by reaction.py, whom it offers itself to by
inverter.py, the products of the tick by products.py; the rows that are read here stand in tables.py.
"""

import math
from collections.abc import Iterator
from typing import Any

from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Cell, Pack, Sensor, layer_count
from hil.lint import bleeders, guards, priority, reaction, thermal
from hil.lint import inverter as inverters
from hil.lint.findings import Complaint, PackRule
from hil.lint.tables import (
    COVER,
    RANGES,
    SENSOR_RANGES,
    SENSORS,
    WIRE,
    TICK_ms,
    error_u,
    fitted,
    trip_discharge_dA,
)
from hil.lint.values import misshapen, out_of_range

SHAPES = dict.fromkeys(PACK_FIELDS, "int") | {
    "name": "text",
    "source": "text",
    "cell": "cell",
    "charge_map": "text",
    "taps": "ints",
    "probe_stack": "ints",
    "inverter": "inverter",
    "guards": "guards",
    "profile": "text",
    "thermal": "record",
    "priority": "record",
    "charger_protocol": "text",
    **dict.fromkeys((field for field, _ in SENSORS), "sensor"),
}
WELD_AHEAD_ms = 30  # bms/safety/wear.py names a weld by so much ahead of a late feedback
SENSOR_SHAPES = dict.fromkeys(SENSOR_FIELDS, "int") | {"unit": "text"}


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
    yield from inverters.shape(pack.inverter)
    yield from guards.shape(pack.guards)
    yield from thermal.shape(pack.thermal, pack.priority)


def ranges(pack: Pack) -> Iterator[Complaint]:
    """Every number is one that a pack can have."""
    yield from out_of_range(pack, RANGES)


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
        yield from out_of_range(sensor, SENSOR_RANGES, f"{name}.")
        if sensor.low_m >= sensor.high_m:
            yield f"{name}.low_m", sensor.low_m, f"must be below high_m, {sensor.high_m}"
        if sensor.period_ms % TICK_ms:
            yield f"{name}.period_ms", sensor.period_ms, f"must be a multiple of the tick, {TICK_ms} ms"
        if sensor is pack.current_b_sensor and sensor.period_ms != pack.current_a_sensor.period_ms:
            yield f"{name}.period_ms", sensor.period_ms, "sensors A and B share a frame: the period of current_a_sensor"
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
    """A contactor has moved before its feedback is late, and before it is taken for welded, which is told sooner."""
    need = pack.contactor_delay_ms + 2 * TICK_ms + WELD_AHEAD_ms
    if pack.feedback_timeout_ms < need:
        yield (
            "feedback_timeout_ms",
            pack.feedback_timeout_ms,
            f"must leave contactor_delay_ms, two ticks and the debounce of a weld, {need}",
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
    map_exists,
    probes,
    sensors,
    sensors_cover_limits,
    fits_the_wire,
    ratings,
    contactor_times,
    precharge,
    *bleeders.RULES,
    *guards.RULES,
    *thermal.RULES,
    *priority.RULES,
    *inverters.RULES,
    *reaction.RULES,
)
