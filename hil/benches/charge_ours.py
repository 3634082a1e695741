"""The firmware's fast charge on the plant, and the same with one difficulty after the other taken away.

    declared      spread drawn inside the pack's bounds, sensors that err as declared
    known_warmth  every layer is as warm as its place in the stack, and probes are right
    no_spread     layers are alike, and the pack says so
    perfect       all other sensors are right, too
    no_ramps      current, limits, heater and cooler may jump

A variant is a pack whose own record says what is true of it. What flows from the state of charge on counts, closing of
contactors and heating included, until the mean of the hidden layers has arrived.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bms.schema import PACK_FIELDS, SENSOR_FIELDS, THERMAL_FIELDS, Pack, Sensor, Thermal, layer_count, replaced
from hil import scenario as scenarios
from hil.benches.charge_plant import DISCHARGED, Course, Task
from hil.campaign.watch import NoRecord
from hil.load import load_pack
from hil.loop import Bench
from hil.plant import ZERO_K
from hil.target import make_target

VARIANTS = ("declared", "known_warmth", "no_spread", "perfect", "no_ramps")
SEED = 1
SETTLE_s = 4.0
SAMPLE_ticks = 100
TARGET_MORE = 0.04
"""What the vehicle asks for beyond the end, so that an estimate which is too high does not end the charge before it."""
FAST = {"request_dA_s": 16000, "limit_rise_dA_s": 16000}
FAST_permille_s = 1000

STORY = """
[scenario]
name = "charge"
title = "Charge"
pack = "{pack}"
map = "{map}"
soc_true = {task.soc_from}
soc_stored = {task.soc_from}
temperature_degC = {task.start_degC}
hysteresis = {branch}
spread = "{spread}"
[scenario.thermal]
[scenario.charger]
slew_A_s = {slew_A_s}
current_max_A = 2000
[[phase]]
name = "wake"
kind = "idle"
duration_s = {settle_s}
[[phase]]
name = "charge"
kind = "charge"
duration_s = {longest_s}
target_soc = {target}
"""
PACK_FILE = """
from bms.packs.{name} import PACK as DECLARED
from hil.benches.charge_ours import variant

PACK = variant(DECLARED, "{kind}")
"""


class Charged(NamedTuple):
    """How long it took; None where it did not arrive. `course` has a row a second."""

    time_s: float | None
    soc: float
    violations: int
    faults: list[str]
    course: Course


class _Enough(Exception):
    """The end is reached."""


def variant(pack: Pack, kind: str) -> Pack:
    """The pack of one row of the list above, everything before it included."""
    level = VARIANTS.index(kind)
    changes: dict[str, Any] = {}
    if level >= 1:
        changes |= {"spread_t_ddegC": 0, "probe_sensor": _exact(pack.probe_sensor)}
    if level >= 2:
        spreads = ("spread_soc_permille", "spread_capacity_permille", "spread_r_permille", "spread_hyst_permille")
        changes |= dict.fromkeys(spreads, 0)
    if level >= 3:
        sensors = ("group_sensor", "stack_sensor", "pack_sensor", "current_a_sensor", "current_b_sensor")
        changes |= {name: _exact(getattr(pack, name)) for name in sensors if getattr(pack, name) is not None}
    if level >= 4:
        changes |= FAST
        changes["thermal"] = replaced(Thermal, THERMAL_FIELDS, pack.thermal, request_permille_s=FAST_permille_s)
    return replaced(Pack, PACK_FIELDS, pack, **changes)


def charge(task: Task, kind: str, longest_s: float, seed: int = SEED) -> Charged:
    """One charge of the firmware."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task.pack.name}_{kind}.py"
        path.write_text(PACK_FILE.format(name=task.pack.name, kind=kind), encoding="utf-8")
        return _charge(task, kind, str(path), longest_s, seed)


def _charge(task: Task, kind: str, path: str, longest_s: float, seed: int) -> Charged:
    level = VARIANTS.index(kind)
    text = STORY.format(
        task=task,
        pack=task.pack.name,
        map=task.pack.charge_map,
        spread="none" if level >= 2 else "drawn",
        slew_A_s=10_000 if level >= 4 else 100,
        branch=DISCHARGED,
        target=min(1.0, task.soc_to + TARGET_MORE),
        settle_s=SETTLE_s,
        longest_s=longest_s,
    )
    story = scenarios.parse(text, "charge")
    pack = replaced(Pack, PACK_FIELDS, load_pack(path), charge_map=task.pack.charge_map)
    bench = Bench(story, pack, seed, NoRecord(layer_count(pack)))
    plant, thermal, rows = bench.plant, bench.thermal, []
    begin_ticks = round(story.phase("charge").start_s * 100)
    arrived_s: list[float] = []

    def look(n: int, _: list[tuple[int, bytes]]) -> None:
        if n < begin_ticks:
            return
        soc = plant.soc_mean
        if not (n - begin_ticks) % SAMPLE_ticks or soc >= task.soc_to:
            rc = float(plant.v1_V.mean()), float(plant.v2_V.mean())
            warm = float(plant.temp_K.mean()), thermal.loop_degC + ZERO_K
            shares = [part.power_W / max(part.full_W, 1) for part in (thermal.heater, thermal.cooler)]
            rows.append(((n - begin_ticks) / 100, soc, *rc, *warm, plant.current_A, *shares))
        if soc >= task.soc_to:
            arrived_s.append((n + 1 - begin_ticks) / 100)
            raise _Enough

    target = make_target("cpython", None, path, task.pack.charge_map, round(1000 * task.soc_from))
    with contextlib.suppress(_Enough), target:
        bench.run(target, "cpython", spy=look)
    return Charged(
        time_s=arrived_s[0] if arrived_s else None,
        soc=plant.soc_mean,
        violations=len(bench.violations.episodes),
        faults=sorted({fault.name for fault in bench.witness.faults}),
        course=Course(*np.array(rows).T),
    )


def _exact(sensor: Sensor) -> Sensor:
    """A sensor that errs by its step alone."""
    return replaced(Sensor, SENSOR_FIELDS, sensor, noise_u=0, offset_u=0, gain_ppm=0)
