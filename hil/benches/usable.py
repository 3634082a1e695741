"""What of a pack the firmware lets a user have, against a BMS that sees every layer truly and has the same limits.

Usable capacity: charge between the first stops of a pack of drawn spread, discharged from nearly full and charged again at
C/3 at 25 degC. A stop is where less than STOP_C is allowed. The firmware does it in one go, so that its SoC interval has
grown as it does in use; a pack that is just woken near empty knows less. Charge time: from 10 to 80 %, by the pack's own map,
from 25 degC on. Six to seven simulated hours a pack: some twenty minutes.
"""

import contextlib
from collections.abc import Callable
from typing import Any

from bms.schema import Pack, layer_count
from hil import scenario as scenarios
from hil.campaign.allseeing import AllSeeing
from hil.campaign.watch import NoRecord
from hil.load import load_pack
from hil.loop import Bench, Spy
from hil.options import PlantOptions
from hil.plant import Plant
from hil.target import make_target

PACKS = ("bench_24", "ev_240")
SEED = 1
CAPACITY_LEAST, TIME_MOST = 0.97, 1.08
RATE_C = 1 / 3
STOP_C = 0.02
DT_s = 0.1
LONGEST_s = 6 * 3600
FAST_A = 2000.0
FULL_SOC, LOW_SOC, HIGH_SOC = 0.95, 0.12, 0.88
DISCHARGE_s = 10_500
"""From FULL_SOC to empty at C/3, and a little."""
CHARGE_FROM, CHARGE_TO = 0.10, 0.80

STORY = """
[scenario]
name = "usable"
title = "Usable"
pack = "{pack}"
soc_true = {soc}
soc_stored = {soc}
temperature_degC = 25
hysteresis = 1
[scenario.charger]
current_max_A = {most_A}
[[phase]]
name = "wake"
kind = "idle"
duration_s = 0.3
[[phase]]
name = "close"
kind = "rest"
duration_s = 4
{phases}
"""
DISCHARGE = """
[[phase]]
name = "discharge"
kind = "drive"
duration_s = {discharge_s}
c_rate = {rate_C}
"""
CHARGE = """
[[phase]]
name = "charge"
kind = "charge"
duration_s = {longest_s}
"""
RAMP_s = 10.0
"""By then the limits have risen."""


class _Enough(Exception):
    """The end is reached."""


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Both ratios for each pack."""
    heads = ("usable Ah", "all-seeing", "ratio", "10-80 %, min", "all-seeing", "ratio")
    say(f"  {'pack':10s} " + " ".join(f"{head:>{width}s}" for head, width in zip(heads, (10, 10, 7, 13, 10, 7))))
    results: dict[str, Any] = {"least_capacity": CAPACITY_LEAST, "most_time": TIME_MOST, "packs": {}}
    for name in PACKS:
        pack = load_pack(name)
        third_A = RATE_C * pack.cell.capacity_mAh / 1000
        low, high = real_stops(pack, third_A)
        seen_low, seen_high = seen_end(pack, LOW_SOC, -1, third_A, None)[0], seen_end(pack, HIGH_SOC, 1, third_A, None)[0]
        ours, best = ((b - a) * pack.cell.capacity_mAh / 1000 for a, b in ((low, high), (seen_low, seen_high)))
        took_s, shortest_s = real_charge_s(pack), seen_end(pack, CHARGE_FROM, 1, FAST_A, CHARGE_TO)[1]
        row = {
            "usable_Ah": round(ours, 3),
            "allseeing_Ah": round(best, 3),
            "capacity_ratio": round(ours / best, 4),
            "charge_min": round(took_s / 60, 2),
            "allseeing_min": round(shortest_s / 60, 2),
            "time_ratio": round(took_s / shortest_s, 4),
        }
        row["met"] = row["capacity_ratio"] >= CAPACITY_LEAST and row["time_ratio"] <= TIME_MOST
        results["packs"][name] = row
        say(
            f"  {name:10s} {ours:10.2f} {best:10.2f} {row['capacity_ratio']:7.3f} {row['charge_min']:13.1f} "
            f"{row['allseeing_min']:10.1f} {row['time_ratio']:7.3f} {'' if row['met'] else 'NOT MET'}"
        )
    return results


def seen_end(pack: Pack, soc: float, side: int, most_A: float, until: float | None) -> tuple[float, float]:
    """The same with every layer seen."""
    plant, bms = _plant(pack, soc, side), AllSeeing(pack)
    stop_A, time_s, now_A = STOP_C * pack.cell.capacity_mAh / 1000, 0.0, 0.0
    while time_s < LONGEST_s:
        allowed_A = bms.charge_A(plant) if side > 0 else bms.discharge_A(plant)
        now_A = min(allowed_A, most_A)
        if allowed_A < stop_A or (until is not None and plant.soc_mean >= until):
            break
        plant.step(side * now_A, DT_s)
        time_s += DT_s
    return plant.soc_mean, time_s


def real_stops(pack: Pack, most_A: float) -> tuple[float, float]:
    """Mean SoC where the firmware first stops a discharge from nearly full, and then a charge."""
    rate_C = -most_A / (pack.cell.capacity_mAh / 1000)
    phases = DISCHARGE.format(discharge_s=DISCHARGE_s, rate_C=rate_C) + CHARGE.format(longest_s=LONGEST_s)
    story = _story(pack, FULL_SOC, most_A, phases)
    bench = Bench(story, pack, SEED, NoRecord(layer_count(pack)))
    begins = [story.phase(name).start_s + RAMP_s for name in ("discharge", "charge")]
    ends = [story.phase("charge").start_s, story.duration_s]
    stop_dA = STOP_C * pack.cell.capacity_mAh / 100
    stops: list[float] = []

    def look(n: int, _: list[tuple[int, bytes]]) -> None:
        at, heard = len(stops), bench.witness.values
        allowed_dA = heard["discharge_limit" if at == 0 else "charge_limit"]
        if begins[at] <= n / 100 and (allowed_dA < stop_dA or n / 100 >= ends[at] - 0.015):
            stops.append(bench.plant.soc_mean)
            if at:
                raise _Enough

    _run(bench, pack, FULL_SOC, look)
    return stops[0], stops[1]


def real_charge_s(pack: Pack) -> float:
    """Time from CHARGE_FROM to CHARGE_TO of the firmware's fast charge."""
    story = _story(pack, CHARGE_FROM, FAST_A, CHARGE.format(longest_s=LONGEST_s))
    bench = Bench(story, pack, SEED, NoRecord(layer_count(pack)))
    last = [0]

    def look(n: int, _: list[tuple[int, bytes]]) -> None:
        last[0] = n
        if bench.plant.soc_mean >= CHARGE_TO:
            raise _Enough

    _run(bench, pack, CHARGE_FROM, look)
    return last[0] / 100 - story.phase("charge").start_s


def _story(pack: Pack, soc: float, most_A: float, phases: str) -> scenarios.Scenario:
    return scenarios.parse(STORY.format(pack=pack.name, soc=soc, most_A=most_A, phases=phases), "usable")


def _run(bench: Bench, pack: Pack, soc: float, look: Spy) -> None:
    with contextlib.suppress(_Enough), make_target("cpython", None, pack.name, None, round(soc * 1000)) as target:
        bench.run(target, "cpython", spy=look)


def _plant(pack: Pack, soc: float, side: int) -> Plant:
    return Plant(pack, PlantOptions(seed=SEED, soc=soc, temperature_degC=25.0, hysteresis=float(side), spread="drawn"))
