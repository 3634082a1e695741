"""What of a pack the firmware lets a user have, against a BMS that sees every layer truly and has the same limits.

Usable capacity: charge between the two ends at which a pack of drawn spread stops, discharged and charged at C/3 at 25 degC. An
end is where less than STOP_C is allowed. The pack begins near either end, on the branch of OCV on which it would have come
there: what lies between is the same for both. Charge time: from 10 to 80 %, by the pack's own map, from 25 degC on.
"""

from collections.abc import Callable
from typing import Any

from bms.schema import Pack, layer_count
from hil import scenario as scenarios
from hil.campaign.allseeing import AllSeeing
from hil.campaign.watch import NoRecord
from hil.load import load_pack
from hil.loop import Bench
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
LOW_SOC, HIGH_SOC = 0.12, 0.88
CHARGE_FROM, CHARGE_TO = 0.10, 0.80

STORY = """
[scenario]
name = "usable"
title = "Usable"
pack = "{pack}"
soc_true = {soc}
soc_stored = {soc}
temperature_degC = 25
hysteresis = {hysteresis}
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
[[phase]]
name = "work"
kind = "{kind}"
duration_s = {longest_s}
{load}
"""
CLOSED_ticks = 600
"""By then the current has begun to flow."""


class _Enough(Exception):
    """The end is reached."""


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Both ratios for each pack."""
    heads = ("usable Ah", "all-seeing", "ratio", "10-80 %, min", "all-seeing", "ratio")
    say(f"  {'pack':10s} " + " ".join(f"{head:>{width}s}" for head, width in zip(heads, (10, 10, 7, 13, 10, 7))))
    results: dict[str, Any] = {"least_capacity": CAPACITY_LEAST, "most_time": TIME_MOST, "packs": {}}
    for name in PACKS:
        pack = load_pack(name)
        ours, best = usable_Ah(pack, real_end), usable_Ah(pack, seen_end)
        took_s, shortest_s = charge_s(pack, real_end), charge_s(pack, seen_end)
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


End = Callable[[Pack, float, int, float, float | None], tuple[float, float]]
"""(pack, SoC at the begin, 1 to charge or -1 to discharge, most A, SoC to reach) -> (SoC at the end, s)."""


def usable_Ah(pack: Pack, end: End) -> float:
    """Between the two ends; SoC is that of the mean by Ah of the same drawn pack."""
    most_A = RATE_C * pack.cell.capacity_mAh / 1000
    low, _ = end(pack, LOW_SOC, -1, most_A, None)
    high, _ = end(pack, HIGH_SOC, 1, most_A, None)
    plant = _plant(pack, HIGH_SOC, 1)
    return (high - low) * float(plant.capacity_Ah.mean())


def charge_s(pack: Pack, end: End) -> float:
    """Time of a fast charge."""
    return end(pack, CHARGE_FROM, 1, 2000.0, CHARGE_TO)[1]


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


def real_end(pack: Pack, soc: float, side: int, most_A: float, until: float | None) -> tuple[float, float]:
    """The firmware in this interpreter, with vehicle and charger that do as they are told."""
    rate_C = -most_A / (pack.cell.capacity_mAh / 1000)
    text = STORY.format(
        pack=pack.name,
        soc=soc,
        hysteresis=side,
        most_A=most_A,
        kind="charge" if side > 0 else "drive",
        longest_s=LONGEST_s,
        load="" if side > 0 else f"c_rate = {rate_C}",
    )
    story = scenarios.parse(text, "usable")
    bench = Bench(story, pack, SEED, NoRecord(layer_count(pack)))
    plant, heard = bench.plant, bench.witness.values
    stop_dA = round(STOP_C * pack.cell.capacity_mAh / 100)
    limit = "charge_limit" if side > 0 else "discharge_limit"
    last: list[int] = [0]

    def look(n: int, _: list[tuple[int, bytes]]) -> None:
        last[0] = n
        if n > CLOSED_ticks and (heard[limit] < stop_dA or (until is not None and plant.soc_mean >= until)):
            raise _Enough

    try:
        with make_target("cpython", None, pack.name, None, round(soc * 1000)) as target:
            bench.run(target, "cpython", spy=look)
    except _Enough:
        pass
    begin_s = story.phase("work").start_s
    return plant.soc_mean, last[0] / 100 - begin_s


def _plant(pack: Pack, soc: float, side: int) -> Plant:
    return Plant(pack, PlantOptions(seed=SEED, soc=soc, temperature_degC=25.0, hysteresis=float(side), spread="drawn"))
