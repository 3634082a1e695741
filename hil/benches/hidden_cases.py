"""What may go wrong inside one layer beyond the declared spread, on which packs, in which short stories; and the least stray
that any device with these sensors can tell from a healthy pack.

All packs are bench_24 with other taps: n layers a group, 24 layers or four groups, whichever is more, and a group sensor that
errs `times` as much. A layer's stray is what its voltage lacks of its sisters' (V, of the layer, positive). Two groups of a
healthy pack at rest may differ by n times what two layers at opposite ends of the spread differ by, and by both sensors'
errors; a stray below that has a healthy pack that shows the same voltages. States of charge are fractions, currents in C.
"""

from typing import NamedTuple

import numpy as np

from bms.schema import PACK_FIELDS, SENSOR_FIELDS, Pack, Sensor, layers_per_stack, replaced
from hil.celltables import REVERSED_V
from hil.lint.tables import error_u
from hil.load import load_pack, require_pack

LAYERS = (1, 6, 12, 24, 48)
TIMES = (1, 5)
PACK = "bench_24"
LEAST_LAYERS = 24
STACK_MAX_LAYERS = 48
GROUPS = 4
FULL_mV = 5000
"""What a sensor's range must hold of every layer."""
FAULT = 2
"""Which of a cell's three limits is harm."""


class Failure(NamedTuple):
    """One layer's defect, as hil.layerfaults has it. `at_s`: when it comes; None: it has always been there."""

    name: str
    kind: str
    severity: float
    story: str
    at_s: float | None


class Story(NamedTuple):
    """What the pack does from the moment when the failing layer has `layer_soc`, or the others have `most_soc` if that is
    sooner; ends earlier where it is decided earlier."""

    layer_soc: float
    most_soc: float
    hysteresis: float  # of all layers, -1 to 1
    temperature_degC: float
    phases: tuple[tuple[str, float, float | None], ...]  # kind, s, C


_CLOSING = (("idle", 0.4, None), ("rest", 2.6, None))
STORIES = {
    "end of charge": Story(1.065, 0.965, 1.0, 45.0, (*_CLOSING, ("charge", 30.0, None))),
    "end of discharge": Story(-0.02, 1.0, -1.0, 25.0, (*_CLOSING, ("drive", 30.0, -3.0))),
    "pulses of 3 C": Story(0.5, 1.0, 0.0, 25.0, (*_CLOSING, *(("drive", 2.5, c) for c in (-3.0, 0.3) * 5))),
    "rest": Story(0.5, 1.0, 0.0, 25.0, (*_CLOSING, ("rest", 15.0, None))),
    "a long rest": Story(0.5, 1.0, 0.0, 25.0, (*_CLOSING, ("rest", 87.0, None))),
    "drained": Story(0.5, 1.0, 0.0, 25.0, (*_CLOSING, ("rest", 38.0, None))),
}
FAILURES = (
    Failure("capacity -10 %", "low_capacity", 0.9, "end of charge", None),
    Failure("capacity -10 %", "low_capacity", 0.9, "end of discharge", None),
    Failure("delaminated to 50 %", "delamination", 0.5, "end of charge", None),
    Failure("delaminated to 50 %", "delamination", 0.5, "end of discharge", None),
    Failure("delaminated to 50 %", "delamination", 0.5, "pulses of 3 C", 4.0),
    Failure("resistance x 2", "high_resistance", 2.0, "pulses of 3 C", 4.0),
    Failure("resistance x 5", "high_resistance", 5.0, "pulses of 3 C", 4.0),
    Failure("reversed, -1 V", "reversal", -0.1, "rest", 4.0),
    Failure("hard short, 1 mohm", "hard_short", 0.001, "rest", 4.0),
    Failure("hard short, 10 mohm", "hard_short", 0.01, "a long rest", 4.0),
)
SHORTS_ohm = (0.1, 1.0, 10.0, 100.0)
"""Soft shorts whose time to be noticed follows from the charge that a layer has lost by then."""


def made(n: int, times: int) -> Pack:
    """The pack of n layers a group whose group sensors err `times` as much as bench_24's. BadInput: the linter refuses it."""
    base = load_pack(PACK)
    per_stack = max(1, min(LEAST_LAYERS, STACK_MAX_LAYERS) // n)
    stacks = max(1, -(-GROUPS // per_stack))
    layers = n * per_stack * stacks

    def reaching(sensor: Sensor, layers: int, times: int) -> Sensor:
        return replaced(
            Sensor,
            SENSOR_FIELDS,
            sensor,
            offset_u=sensor.offset_u * times,
            gain_ppm=sensor.gain_ppm * times,
            high_m=max(sensor.high_m, layers * FULL_mV),
        )

    pack = replaced(
        Pack,
        PACK_FIELDS,
        base,
        name=f"layers_{n}_error_{times}",
        stacks=stacks,
        taps=(n,) * per_stack,
        bleed_mA=0,
        probe_stack=tuple(k % stacks for k in range(len(base.probe_stack))),
        group_sensor=reaching(base.group_sensor, n, times),
        stack_sensor=reaching(base.stack_sensor, n * per_stack, 1),
        pack_sensor=reaching(base.pack_sensor, layers, 1),
    )
    return require_pack(pack)


def least_stray_mV(pack: Pack, soc: float) -> float:
    """n x (2 x spread of SoC x slope + 2 x spread of hysteresis x M) + 2 x error of a group's sensor, at rest, in mV."""
    cell, n = pack.cell, max(pack.taps)
    spread = pack.spread_soc_permille / 1000 + pack.spread_capacity_permille / 1000 * abs(soc - pack.soc_match_permille / 1000)
    last = len(cell.ocv_mV) - 1
    k = min(int(soc * last), last - 1)
    slope_mV = (cell.ocv_mV[k + 1] - cell.ocv_mV[k] + abs(cell.hyst_mV[k + 1] - cell.hyst_mV[k])) * last
    hysteresis_mV = pack.spread_hyst_permille / 1000 * max(cell.hyst_mV[k : k + 2])
    return n * (2 * spread * slope_mV + 2 * hysteresis_mV) + 2 * group_error_mV(pack)


def group_error_mV(pack: Pack) -> float:
    """What the sensor of a full group may err by, in mV."""
    return error_u(pack.group_sensor, max(pack.taps) * pack.cell.v_max_mV[FAULT]) / 1000


def begin_soc(failure: Failure, story: Story, pack: Pack) -> tuple[float, float]:
    """SoC of the healthy layers and of the failing one, matched with them once, as the story begins."""
    match = pack.soc_match_permille / 1000
    factor = failure.severity if failure.kind in ("low_capacity", "delamination") and failure.at_s is None else 1.0
    mean = min(match + factor * (story.layer_soc - match), story.most_soc)
    return mean, match + (mean - match) / factor


def drained_soc(pack: Pack, voltage_V: float) -> float:
    """SoC of a rested layer of that voltage: the cell's table, and below empty what hil.celltables says of reversal."""
    ocv_V = [ocv_mV / 1000 for ocv_mV in pack.cell.ocv_mV]
    knots = [REVERSED_V, 2 * ocv_V[0] - ocv_V[1], *ocv_V]
    step = 1 / (len(ocv_V) - 1)
    return float(np.interp(voltage_V, knots, [step * (k - 2) for k in range(len(knots))]))


def failing_layer(pack: Pack) -> int:
    """The first of the second group."""
    return pack.taps[0] if len(pack.taps) > 1 else layers_per_stack(pack)
