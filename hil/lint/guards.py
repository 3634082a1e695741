"""What must be true of a pack's guards, the limits of what is not a layer: rules like those of pack.py."""

from collections.abc import Iterator
from typing import Any

from bms.schema import GUARDS_FIELDS, Guards, Pack
from hil.lint.findings import Complaint, PackRule
from hil.lint.tables import NOISE_SIGMAS, TICK_ms, error_u
from hil.lint.values import misshapen, out_of_range

RISING = ("sister_rest_mV", "sister_load_mV", "rise_ddegC", "gradient_ddegC", "force_N")
FALLING = ("insulation_ohm_V", "supply_low_mV")
SHAPES = dict.fromkeys(GUARDS_FIELDS, "int") | dict.fromkeys((*RISING, *FALLING), "ints3")
COILS_HOLD_mV = 6000

RANGES = (
    ("core_mK_W", 0, 10_000, "a rise over a probe is 0 to 10 K a watt"),
    ("sister_rest_mV", 0, 2000, "must be 0 to 2000"),
    ("sister_rest_s", 60, 86_400, "a minute at least, a day at most"),
    ("sister_load_mV", 1, 5000, "must be 1 to 5000"),
    ("collapse_mV", 50, 4000, "a layer that is shorted loses what it has"),
    ("rise_ddegC", 1, 500, "must be 1 to 500"),
    ("gradient_ddegC", 1, 1000, "must be 1 to 1000"),
    ("insulation_ohm_V", 1, 65_000, "must be 1 to 65000"),
    ("supply_low_mV", COILS_HOLD_mV, 65_000, f"coils let go at {COILS_HOLD_mV}"),
    ("supply_high_mV", 1, 65_000, "the wire carries 65 V"),
    ("coolant_ddegC", -400, 2000, "must be -400 to 2000"),
    ("coolant_flow_dl_min", 0, 253, "the wire carries 25.3 l/min"),
    ("force_N", 1, 65_535, "65535 where not fitted"),
    ("link_apart_mV", 1, 1_000_000, "must be positive"),
    ("link_fall_ms", 10 * TICK_ms, 10_000, "must be 100 to 10000"),
    ("overfill_permille", 1, 200, "must be 1 to 200"),
    ("break_budget_count", 1, 10_000, "must be positive"),
    ("precharge_attempts", 1, 100, "must be positive"),
    ("precharge_cool_ms", 1, 1_000_000, "must be positive, 1000 s at most"),
    ("pull_in_ms", TICK_ms, 10_000, "must be positive, 10 s at most"),
    ("hold_percent", 10, 100, "must be 10 to 100"),
)


def shape(guards: Any) -> Iterator[Complaint]:
    """Every field has the type that the schema says."""
    if isinstance(guards, Guards):
        yield from misshapen(guards, GUARDS_FIELDS, SHAPES, "guards.")
    else:
        yield "guards", guards, "must be Guards(...) as in bms/packs/bench_24.py"


def guard_ranges(pack: Pack) -> Iterator[Complaint]:
    """Every number is one that a guard can have."""
    yield from out_of_range(pack.guards, RANGES, "guards.")


def guards_in_order(pack: Pack) -> Iterator[Complaint]:
    """Of information, warning and fault each is at least as far out as the one before."""
    for fields, sign in ((RISING, 1), (FALLING, -1)):
        for field in fields:
            values = getattr(pack.guards, field)
            for index in (1, 2):
                if (values[index] - values[index - 1]) * sign < 0:
                    before = values[index - 1]
                    yield f"guards.{field}[{index}]", values[index], f"must not be inside the one before it, {before}"


def guards_of_contactors(pack: Pack) -> Iterator[Complaint]:
    """Coils are pulled in for as long as contacts move, and a link that is apart is farther than its sensors may err."""
    guards = pack.guards
    if guards.pull_in_ms < 2 * pack.contactor_delay_ms:
        yield "guards.pull_in_ms", guards.pull_in_ms, f"must be twice contactor_delay_ms, {2 * pack.contactor_delay_ms}"
    if guards.link_apart_mV < pack.precharge_done_mV:
        text = f"must not be below precharge_done_mV, {pack.precharge_done_mV}, at which the contactors close"
        yield "guards.link_apart_mV", guards.link_apart_mV, text
    if guards.supply_low_mV[0] >= guards.supply_high_mV:
        yield "guards.supply_high_mV", guards.supply_high_mV, f"must be above supply_low_mV[0], {guards.supply_low_mV[0]}"


def guards_against_declared(pack: Pack) -> Iterator[Complaint]:
    """What a pack declares its layers and sensors to be alarms nobody."""
    guards = pack.guards
    info, warn, fault = guards.gradient_ddegC
    sensor = pack.probe_sensor
    apart_ddegC = pack.spread_t_ddegC + -(-2 * error_u(sensor, 0) // 100_000)
    may_be_ddegC = apart_ddegC + 2 * (error_u(sensor, 0) // 100_000 + 1)
    restless_ddegC = 2 * -(-(NOISE_SIGMAS * sensor.noise_u + sensor.lsb_u) // 100_000)
    if info < pack.spread_t_ddegC:
        yield "guards.gradient_ddegC[0]", info, f"must not be below spread_t_ddegC, {pack.spread_t_ddegC}"
    if warn < apart_ddegC:
        text = f"must not be below what two good probes of a good stack may differ by, {apart_ddegC}"
        yield "guards.gradient_ddegC[1]", warn, text
    if fault < may_be_ddegC:
        text = f"must not be below what may be behind two good probes of a good stack, {may_be_ddegC}"
        yield "guards.gradient_ddegC[2]", fault, text
    for index, least_ddegC in enumerate((restless_ddegC, restless_ddegC, 2 * restless_ddegC)):
        if guards.rise_ddegC[index] < least_ddegC:
            text = f"must not be below what the noise of a probe that stands still may make of it, {least_ddegC}"
            yield f"guards.rise_ddegC[{index}]", guards.rise_ddegC[index], text
    if guards.overfill_permille < pack.spread_capacity_permille:
        text = f"must not be below spread_capacity_permille, {pack.spread_capacity_permille}"
        yield "guards.overfill_permille", guards.overfill_permille, text


RULES: tuple[PackRule, ...] = (guard_ranges, guards_in_order, guards_of_contactors, guards_against_declared)
