"""Capacity of measured cells as they age, from three partial cycles each: from full down to 30, 25 and 20 % and back.

Data: NASA Ames Prognostics Center of Excellence, 18650 cells of 2 Ah, discharged with 2 A and charged with 1.5 A many times.
They are not part of the product: where they do not lie beside it, this is skipped. The OCV of an early cycle, the middle of
charge and discharge at the same counted charge so that resistance drops out, weighted by the other's current, is the table; in
later cycles the same middle tells where in it the cell has got to. health.py sees the pairs that follow.
"""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bms.estimate.delta import Delta
from bms.estimate.health import Health
from bms.estimate.model import Model
from hil.load import load_pack

Floats = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "nasa_pcoe_ageing"
CELLS = ("B0005", "B0006")
DOWN_TO = (0.30, 0.25, 0.20)
SIGMA_SOC = 0.02  # of the middle of two branches of a cell that is not known
DISCHARGE_A, CHARGE_A = 2.0, 1.5
PACK = "bench_24"


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Error of the capacity of every sampled cycle against the capacity that the data tell, a cell a row."""
    if not FOLDER.is_dir():
        say("  NASA PCoE ageing: skipped, the data do not lie beside the product")
        return {"skipped": "no data"}
    capacities = _capacities()
    results: dict[str, Any] = {}
    for cell in CELLS:
        cycles = _cycles(cell)
        early = min(cycles)
        nominal_Ah = capacities[cell, early]
        out_Ah, middle_V = cycles.pop(early)
        table_V, table_soc = middle_V[::-1], (1 - out_Ah / nominal_Ah)[::-1]
        errors = {}
        for number, (out_Ah, middle_V) in sorted(cycles.items()):
            soc = np.interp(middle_V, table_V, table_soc)
            room = _room(nominal_Ah)
            for end in DOWN_TO:
                at = int(np.argmax(soc < end))
                room._counted_mAs = -round(float(out_Ah[at]) * 3.6e6)
                room._pair(float(soc[at]) - 1.0, SIGMA_SOC**2)
            errors[number] = round(room.capacity_Ah / capacities[cell, number] - 1, 4)
        results[cell] = errors
        told = ", ".join(f"{number}: {100 * error:+.1f}" for number, error in errors.items())
        say(f"  NASA PCoE {cell}, error of the capacity in % after three partial cycles, by discharge: {told}")
    return results


def _room(nominal_Ah: float) -> Health:
    """Health of a cell whose capacity is believed to be that of the early cycle."""
    pack = load_pack(PACK)
    model = Model(pack.cell)
    room = Health(pack, Delta(pack, model), model)
    room._y_Ah = [nominal_Ah]
    room._sy2 = [(0.2 * nominal_Ah) ** 2]
    room._nominal_Ah = room.capacity_Ah = nominal_Ah
    return room


def _capacities() -> dict[tuple[str, int], float]:
    with (FOLDER / "capacity_by_cycle.csv").open(newline="") as file:
        return {(row["cell"], int(row["discharge_no"])): float(row["capacity_ah_source"]) for row in csv.DictReader(file)}


def _cycles(cell: str) -> dict[int, tuple[Floats, Floats]]:
    """Per discharge that has a charge beside it: Ah from full, and the middle of both branches there."""
    (path,) = FOLDER.glob(f"{cell}_*.csv.gz")
    phases: dict[tuple[int, str], list[tuple[float, float, float]]] = {}
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            sample = float(row["time_s"]), float(row["current_A"]), float(row["voltage_V"])
            phases.setdefault((int(row["discharge_no"]), row["phase"]), []).append(sample)
    cycles = {}
    for number, phase in phases:
        if phase != "discharge" or (number, "charge") not in phases:
            continue
        time_s, current_A, volts = np.array(phases[number, "discharge"]).T
        flows = current_A < -0.75 * DISCHARGE_A
        out_Ah = np.cumsum(-current_A * np.diff(time_s, prepend=time_s[0]))[flows] / 3600
        down_V = volts[flows]
        time_s, current_A, volts = np.array(phases[number, "charge"]).T
        to_full_Ah = np.cumsum(current_A * np.diff(time_s, prepend=time_s[0])) / 3600
        to_full_Ah = to_full_Ah[-1] - to_full_Ah
        flows = current_A > 0.95 * CHARGE_A
        grid_Ah = np.linspace(max(out_Ah[0], to_full_Ah[flows][-1]), min(out_Ah[-1], to_full_Ah[flows][0]), 400)
        below_V = np.interp(grid_Ah, out_Ah, down_V)
        above_V = np.interp(grid_Ah, to_full_Ah[flows][::-1], volts[flows][::-1])
        cycles[number] = grid_Ah, (CHARGE_A * below_V + DISCHARGE_A * above_V) / (CHARGE_A + DISCHARGE_A)
    return cycles
