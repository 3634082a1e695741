"""What the estimators of groups cost, and what they find: layers that fail, shorts, capacity and resistance as cells age.

Cost: x86-64 instructions by callgrind in the real MicroPython on ev_240's 40 groups, scaled to a Cortex-M4F as in tick.py,
against one step of the mean layer's filter in the same run. Findings: simulated packs of bench_24, hidden layers drawn in the
declared spread and sensors that err as declared. A pack learns itself in one cycle of three quarters of its charge; in the
next one layer may have failed. Shorts begin at rest, or under a quarter of 1 C, and their times stand against what six sigmas
of a converter take that wanders by 0.5 mV and by 0.3 mV a root of six layers (1 V a unit of SoC, 20 Ah).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import bms
from bms.estimate.groups import DELTA_GROUPS
from hil.benches import group_probe, nasa, tick, tick_probe
from hil.benches.group_rig import Rig, day
from hil.load import load_pack
from hil.targets.process import find_micropython

PACK = "bench_24"
COST_PACK = "bms.packs.ev_240"
PASSES = 4
HEALTHY = 100
FAILING = 20
SHORTED = 8
AGED = 12
TABLE_s = {1.0: 110.0, 10.0: 1080.0, 100.0: 10800.0}
STEP_LIMIT = 12_000
PASS_LIMIT = 3.0


class Case(NamedTuple):
    """One pack: what fails in it (None: nothing) and how badly."""

    seed: int
    fault: str | None
    severity: float
    story: str  # cycle, rest, charge, aged


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Cost, then findings, on as many processes as there are cores."""
    results: dict[str, Any] = {"cost": _cost(say)}
    cases = [Case(seed, None, 0.0, "cycle") for seed in range(HEALTHY)]
    cases += [Case(HEALTHY + seed, "high_resistance", 1.2, "cycle") for seed in range(FAILING)]
    cases += [Case(HEALTHY + seed, "low_capacity", 0.97, "cycle") for seed in range(FAILING)]
    for ohm in TABLE_s:
        for story in ("rest", "charge") if ohm < 100.0 else ("rest",):
            cases += [Case(HEALTHY + seed, "soft_short", ohm, story) for seed in range(SHORTED)]
    cases += [Case(HEALTHY + seed, None, 0.8 + 0.015 * seed, "aged") for seed in range(AGED)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(run, cases))
    results["packs"] = rows
    _tell(rows, say)
    results["nasa"] = nasa.measure(say)
    return results


def run(case: Case) -> dict[str, Any]:
    """What one pack's estimators say."""
    pack = load_pack(PACK)
    row: dict[str, Any] = {"fault": case.fault, "severity": case.severity, "story": case.story, "seed": case.seed}
    if case.story == "aged":
        return row | _aged(case)
    rig = Rig(pack, case.seed)
    nominal_Ah = pack.cell.capacity_mAh / 1000
    rig.run(day(nominal_Ah, case.seed))
    row["learning"] = sorted(rig.named)
    if case.story == "charge":
        rig.run(_discharge(nominal_Ah))
        rig.run([(nominal_Ah / 4, 2.0)] * 300)
    rig.forget()
    layer = int(np.random.default_rng(case.seed).integers(rig.plant.layers))
    if case.fault is not None:
        rig.plant.set_layer_fault(layer, case.fault, case.severity)
    if case.story == "cycle":
        rig.run(day(nominal_Ah, 1000 + case.seed))
    else:
        current_A = nominal_Ah / 4 if case.story == "charge" else 0.0
        end_s = rig.time_s + 4 * TABLE_s[case.severity]
        while not rig.named and rig.time_s < end_s and rig.plant.soc_mean < 0.97:
            rig.step(current_A, 1.0 if case.severity < 100.0 else 5.0)
    groups = rig.groups
    row["group"] = rig.group_of(layer)
    row["named"] = [[kind, group, round(time_s, 1)] for (kind, group), time_s in rig.named.items()]
    row["weak_part"] = round(groups.delta.weak_part, 4)
    row["resistive_part"] = round(groups.delta.resistive_part, 4)
    row["capacity_error"] = round(float(np.abs(np.array(groups.delta.capacity) - rig.true_capacity()).max()), 5)
    return row


def _discharge(nominal_Ah: float) -> list[tuple[float, float]]:
    """From where a cycle ends to a third."""
    return [(-nominal_Ah / 2, 5.0)] * 820 + [(0.0, 5.0)] * 120


def _aged(case: Case) -> dict[str, Any]:
    """Three partial cycles of a pack that has lost capacity and gained resistance, at 15, 25 or 35 degC."""
    pack = load_pack(PACK)
    degC = (15.0, 25.0, 35.0)[case.seed % 3]
    resistance = 1.0 + 2.0 * (1.0 - case.severity)
    rig = Rig(pack, case.seed, degC=degC)
    for layer in range(rig.plant.layers):
        rig.plant.set_layer_fault(layer, "low_capacity", case.severity)
        rig.plant.set_layer_fault(layer, "high_resistance", resistance)
    nominal_Ah = pack.cell.capacity_mAh / 1000
    for k in range(3):
        rig.run(day(case.severity * nominal_Ah, case.seed * 3 + k, 0.5))
    groups = rig.groups
    true = rig.true_capacity_Ah() / nominal_Ah
    of_layers = rig.plant.r_scale.mean(axis=0)
    per_group = np.add.reduceat(of_layers, np.cumsum([0, *groups.delta.count[:-1]])) / np.array(groups.delta.count)
    said = np.array([groups.resistance.r10_ohm(g) for g in range(len(per_group))]) / groups.resistance.r10_ref_ohm
    return {
        "soh_error": round(groups.health.soh - true, 4),
        "soh_sigma": round(groups.health.sigma_soh, 4),
        "r10_error": round(float(np.abs(said / per_group - 1).max()), 4),
        "r0_error": round(float(np.abs(np.array(groups.resistance.slow) / per_group - 1).max()), 4),
    }


def _tell(rows: list[dict[str, Any]], say: Callable[[str], None]) -> None:
    by: dict[tuple[str | None, float, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by[row["fault"], row["severity"] if row["fault"] else 0.0, row["story"]].append(row)
    say("")
    say(f"  {'one layer of six':26s} {'story':8s} packs  right  wrong    median     worst   allowed")
    for (fault, severity, story), some in by.items():
        if story == "aged":
            continue
        kind = {"high_resistance": "resistance", "low_capacity": "capacity", "soft_short": "leak"}.get(str(fault), "")
        times = [t for row in some for k, g, t in row["named"] if g == row["group"] and k == kind]
        wrong = sum(any(g != row["group"] or not fault for _, g, _ in row["named"]) or bool(row["learning"]) for row in some)
        allowed = f"{2 * TABLE_s[severity]:.0f} s" if fault == "soft_short" else "a cycle" if fault else ""
        what = f"{fault} {severity:g}" if fault else "healthy"
        told = (f"{np.median(times):.0f} s", f"{max(times):.0f} s") if times else ("", "")
        right = str(len(times)) if fault else ""
        say(f"  {what:26s} {story:8s} {len(some):5d} {right:>6s} {wrong:6d} {told[0]:>9s} {told[1]:>9s} {allowed:>9s}")
    aged = [row for row in rows if row["story"] == "aged"]
    for key, what, limit in (
        ("soh_error", "capacity after three partial cycles, of nominal", 0.02),
        ("r10_error", "R10 of a group at 50 % and 25 degC", 0.1),
        ("r0_error", "R0 of a group at 50 % and 25 degC", 0.1),
    ):
        worst = max(abs(row[key]) for row in aged)
        say(f"  {what:50s} worst of {len(aged)} aged packs {100 * worst:5.2f} %, allowed {100 * limit:g} %")
    worst = max(row.get("capacity_error", 0.0) for row in rows)
    say(f"  {'difference of a group in capacity':50s} worst error {100 * worst:5.2f} %")


def _cost(say: Callable[[str], None]) -> dict[str, Any]:
    if shutil.which("valgrind") is None:
        say("  cost skipped: valgrind is not installed")
        return {"skipped": "valgrind is not installed"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bms").symlink_to(Path(str(bms.__file__)).parent)
        for module in (tick_probe, group_probe):
            shutil.copy(str(module.__file__), folder)
        command = [find_micropython()]
        if Path(command[0]).read_bytes()[:2] == b"#!":  # the package index's is a script that loads a library
            command.insert(0, sys.executable)
        done = subprocess.run(
            [
                *("valgrind", "--tool=callgrind", f"--dump-before={tick.MARK}", f"--callgrind-out-file={folder}/dump"),
                *(*command, "-X", f"heapsize={tick.HEAP}", "-m", "group_probe", COST_PACK, str(PASSES)),
            ],
            cwd=folder,
            env={**os.environ, "MICROPYPATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        told = {line.split(" ", 1)[0]: line.split()[1:] for line in done.stdout.splitlines() if " " in line}
        if "TAPE" not in told:
            reason = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
            say(f"  cost skipped: the probe did not end well: {' '.join(reason)}")
            return {"skipped": "the probe did not end well"}
        costs = tick._costs(folder)
    names = told["LABELS"]
    found: dict[str, list[int]] = defaultdict(list)
    for label, cost in zip(told["TAPE"], costs, strict=False):
        found[names[int(label)]].append(cost)
    empty = min(found["empty"])
    m4 = {label: round((max(some) - empty) * tick.FLOAT) for label, some in found.items() if label in _PIECES}
    chunks = -(-40 // DELTA_GROUPS)
    all_groups = m4["begin"] + chunks * m4["delta"]
    ratio = all_groups / m4["filter"]
    say("  Cortex-M4F instructions (float work x 0.52), the worst of each: " + ", ".join(f"{k} {v}" for k, v in m4.items()))
    say(f"  one group's step {m4['delta'] // DELTA_GROUPS}, limit {STEP_LIMIT}")
    say(f"  all 40 groups {all_groups}: {ratio:.2f} steps of the filter, limit {PASS_LIMIT:g}")
    return {"m4": m4, "group_m4": m4["delta"] // DELTA_GROUPS, "pass_m4": all_groups, "pass_over_filter": round(ratio, 2)}


_PIECES = ("filter", "take", "follow", *(job[0] for job in group_probe.JOBS))
