"""Silicon simulated while the bench runs: a truth whose lithium is known, for the SoC filter. Wants PyBaMM, an optional extra.

Doyle-Fuller-Newman model of graphite with silicon against NMC (Chen2020_composite: Chen 2020, J. Electrochem. Soc. 167 080534;
Ai 2022, J. Power Sources 527 231142), silicon with one state of hysteresis between its branches, one temperature for the whole
cell. Changed for a stack that charges fast: thin electrodes of twice the area, twice the silicon, an anode thinner by what
silicon holds more. Temperature dependence that the set lacks is assumed: Arrhenius energies of diffusion and conduction, and
the rate at which hysteresis decays. Single cells of liquid electrolyte, without ageing.

At each of three temperatures one experiment runs through all. A slow cycle at 25 degC and the pulses go to `hil fit`; drives,
loops and 4 C charges are judged with the cell that comes out. SoC is lithium in the anode, from what a C/20 discharge at 25
degC leaves (0) to full and rested (1); it is not counted from the current. Positive current charges.
"""

import contextlib
import importlib
import importlib.util
import io
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bms.schema import Cell
from hil.benches.soc_runs import ROOT, Run
from hil.cli import main
from hil.errors import BadInput, one_line
from hil.load import load_cell
from hil.logs import Floats, Log, read_log
from hil.profile import load_profile
from hil.replay.run import with_capacity

KIND = "pybamm, simulated now"
FOLDER = ROOT / "build" / "soc_pybamm"
TEMPS_degC = (0, 25, 45)
REFERENCE_degC = 25
FAMILY = "nmc_si"
ALLOWED = 0.02
NOMINAL_Ah = 5.0

THIN = 0.5  # of the published thickness; the area makes up for it
SILICON, GRAPHITE = 0.03, 0.72  # of the anode's volume; published 0.015 and 0.735
DECAY = 15.0  # of the hysteresis, over silicon's own lithium
DIFFUSION_J_mol = {"Primary: Negative": 30e3, "Secondary: Negative": 30e3, "Positive": 25e3}
CONDUCTION_J_mol = 17e3
COOLING_W_m2K = 25.0
GAS_J_molK = 8.314462618
REFERENCE_K = 298.15
MESH = {"x_n": 8, "x_s": 5, "x_p": 8, "r_n": 12, "r_p": 12, "r_n_prim": 12, "r_n_sec": 12}
SHORTEST_s = 0.5  # between rows: a step of the programme begins where the one before ends
FULL = ("Charge at C/3 until 4.2 V", "Hold at 4.2 V until C/50", "Rest for 30 minutes")
LOOPS = ((-60, 0.5), (36, 0.5), (-27, 1.0), (30, 0.5), (-24, 1.0), (36, 0.5), (-42, 0.5), (30, 1.0))  # minutes at a C-rate
DRIVE_SCALE = 1.5
DRIVE_s = 5400


class Part(NamedTuple):
    """What one stretch of an experiment gave."""

    time_s: Floats
    current_A: Floats
    voltage_V: Floats
    temp_degC: Floats
    lithium_mol: Floats


@dataclass(frozen=True)
class Simulated(Run):
    """A log that was simulated, with the cell that was fitted for it."""

    cell_path: str = ""

    def load(self) -> tuple[Log, Cell]:
        """As with a measured log."""
        return read_log(self.path), with_capacity(load_cell(self.cell_path), self.capacity_Ah)


def installed() -> bool:
    """PyBaMM can be imported."""
    return importlib.util.find_spec("pybamm") is not None


def simulated(say: Callable[[str], None], folder: Path = FOLDER) -> list[Run]:
    """The runs, simulated and their cell fitted; none where PyBaMM is missing, which is said."""
    if not installed():
        say("  skipped: pybamm is not installed (pip install 'bipolar-bms[truth]')")
        return []
    say(f"  simulates silicon at {', '.join(map(str, TEMPS_degC))} degC and fits its cell: some minutes")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(TEMPS_degC))) as pool:
        parts = dict(zip(TEMPS_degC, pool.map(experiment, TEMPS_degC)))
    capacity_Ah, paths = written(parts, folder)
    cell = folder / "pybamm_now.py"
    slow = [path for name, path in paths.items() if name.startswith("slow")]
    pulses = [path for name, path in paths.items() if name.startswith("pulses")]
    named = [part for path in pulses for part in ("--pulses", path)]
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        code = main(["fit", "--ocv", slow[0], *named, "--chemistry", FAMILY, "-o", str(cell)])
    if code:
        raise BadInput(f"hil fit of what pybamm simulated: {heard.getvalue().strip().splitlines()[-1]}")
    judged = [name for name, path in paths.items() if path not in slow and path not in pulses]
    return [Simulated(f"pybamm now/{name}", paths[name], KIND, capacity_Ah, ALLOWED, str(cell)) for name in judged]


def written(parts: dict[int, dict[str, Part]], folder: Path) -> tuple[float, dict[str, str]]:
    """Every stretch as a log with soc_ref, by name; the capacity is what the slow discharge gave."""
    slow = parts[REFERENCE_degC]["slow"]
    full, empty = slow.lithium_mol[0], slow.lithium_mol.min()
    moved_Ah = slow.current_A[1:] * np.diff(slow.time_s) / 3600
    capacity_Ah = -float(moved_Ah[: int(np.argmin(slow.lithium_mol))].sum())
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for temp_degC, named in parts.items():
        for name, part in named.items():
            soc = (part.lithium_mol - empty) / (full - empty)
            columns = np.column_stack([*part[:4], soc])
            path = folder / f"{name}_{temp_degC:02d}C.csv"
            header = "time_s,current_A,voltage_V,temp_degC,soc_ref"
            np.savetxt(path, columns, fmt=("%.2f", "%.4f", "%.4f", "%.2f", "%.6f"), delimiter=",", header=header, comments="")
            paths[f"{name}_{temp_degC:02d}C"] = str(path)
    return capacity_Ah, paths


def experiment(temp_degC: int, only: tuple[str, ...] = ()) -> dict[str, Part]:
    """All stretches at one temperature, or only some, each from full and rested."""
    os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # read when it is imported
    pybamm: Any = importlib.import_module("pybamm")
    pybamm.set_logging_level("ERROR")
    asked = {name: steps for name, steps in stretches(pybamm, temp_degC).items() if not only or name in only}
    filled = tuple(pybamm.step.string(text, period="30 seconds") for text in FULL)
    cycles: list[Any] = [(pybamm.step.string("Discharge at C/3 for 30 minutes", period="30 seconds"), *filled)]
    for steps in asked.values():
        cycles += [steps, filled]
    options = {
        "particle phases": ("2", "1"),
        "open-circuit potential": (("single", "one-state hysteresis"), "single"),
        "thermal": "lumped",
    }
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(options),
        experiment=pybamm.Experiment(cycles[:-1]),
        parameter_values=parameters(pybamm, temp_degC),
        var_pts=MESH,
        solver=pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7),
    )
    try:
        solved = simulation.solve(calc_esoh=False)
    except pybamm.SolverError as error:
        raise BadInput(f"pybamm at {temp_degC} degC: {one_line(error)}") from error
    if len(solved.cycles) < len(cycles) - 1:
        raise BadInput(f"pybamm at {temp_degC} degC: ends in stretch {len(solved.cycles)} of {len(cycles) - 1}")
    return {name: _part(solved.cycles[1 + 2 * k]) for k, name in enumerate(asked)}


def stretches(pybamm: Any, temp_degC: int) -> dict[str, tuple[Any, ...]]:
    """The programme, by name of the log."""

    def step(text: str, period_s: int = 5) -> Any:
        return pybamm.step.string(text, period=f"{period_s} seconds")

    times_s = np.arange(DRIVE_s + 1.0)
    profile = load_profile("nmc_drive")
    rate_C = np.array([profile.at(time_s) for time_s in times_s])
    discharging_A = -DRIVE_SCALE * NOMINAL_Ah * rate_C
    loops = []
    for minutes, rate in LOOPS:
        way, end = ("Discharge", "2.7 V") if minutes < 0 else ("Charge", "4.2 V")
        loops += [step(f"{way} at {rate:g}C for {abs(minutes)} minutes or until {end}"), step("Rest for 20 minutes")]
    pulse = (
        step("Discharge at 1C for 30 seconds", 1),
        step("Rest for 60 seconds", 1),
        step("Charge at 0.7C for 30 seconds", 1),
    )
    pulsed = (
        *pulse,
        step("Rest for 60 seconds", 1),
        step("Discharge at C/2 for 12 minutes or until 2.6 V"),
        step("Rest for 20 minutes"),
    )
    programme: dict[str, tuple[Any, ...]] = {
        "pulses": pulsed * 9,
        "drive": (
            pybamm.step.current(np.column_stack([times_s, discharging_A]), period="1 second", termination="< 2.5 V"),
            step("Rest for 20 minutes"),
        ),
        "loops": tuple(loops),
        "charge": (
            step("Discharge at C/2 until 2.7 V"),
            step("Rest for 30 minutes"),
            step("Charge at 4C until 4.2 V", 1),
            step("Hold at 4.2 V until C/5", 1),
            step("Rest for 30 minutes"),
        ),
    }
    if temp_degC == REFERENCE_degC:
        slow = ("Discharge at C/20 until 2.5 V", "Rest for 1 hour", "Charge at C/20 until 4.2 V", "Rest for 1 hour")
        programme = {"slow": tuple(step(text, 60) for text in slow), **programme}
    return programme


def parameters(pybamm: Any, temp_degC: int) -> Any:
    """The published set, with what is changed and assumed."""
    values = pybamm.ParameterValues("Chen2020_composite")
    held = [values[f"{phase}: Maximum concentration in negative electrode [mol.m-3]"] for phase in ("Primary", "Secondary")]
    shares = [values[f"{phase}: Negative electrode active material volume fraction"] for phase in ("Primary", "Secondary")]
    richer = (held[0] * GRAPHITE + held[1] * SILICON) / (held[0] * shares[0] + held[1] * shares[1])

    def arrhenius(energy_J_mol: float, temp_K: Any) -> Any:
        return pybamm.exp(energy_J_mol / GAS_J_molK * (1 / REFERENCE_K - 1 / temp_K))

    def diffusivity(at_reference: float, energy_J_mol: float) -> Callable[[Any, Any], Any]:
        return lambda sto, temp_K: at_reference * arrhenius(energy_J_mol, temp_K)

    changed: dict[str, Any] = {
        "Negative electrode thickness [m]": THIN * values["Negative electrode thickness [m]"] / richer,
        "Positive electrode thickness [m]": THIN * values["Positive electrode thickness [m]"],
        "Electrode width [m]": values["Electrode width [m]"] / THIN,
        "Primary: Negative electrode active material volume fraction": GRAPHITE,
        "Secondary: Negative electrode active material volume fraction": SILICON,
        "Nominal cell capacity [A.h]": NOMINAL_Ah,
        "Total heat transfer coefficient [W.m-2.K-1]": COOLING_W_m2K,
        "Ambient temperature [K]": temp_degC + 273.15,
        "Initial temperature [K]": temp_degC + 273.15,
        "Lower voltage cut-off [V]": 2.0,
        "Upper voltage cut-off [V]": 4.8,
    }
    for where, energy_J_mol in DIFFUSION_J_mol.items():
        name = f"{where} particle diffusivity [m2.s-1]"
        changed[name] = diffusivity(values[name], energy_J_mol)
    for what in ("conductivity [S.m-1]", "diffusivity [m2.s-1]"):
        published = values[f"Electrolyte {what}"]
        changed[f"Electrolyte {what}"] = lambda c_e, temp_K, of=published: of(c_e, temp_K) * arrhenius(CONDUCTION_J_mol, temp_K)
    values.update(changed)
    added = {
        "Negative electrode density [kg.m-3]": values["Primary: Negative electrode density [kg.m-3]"],
        "Secondary: Negative particle lithiation hysteresis decay rate": DECAY,
        "Secondary: Negative particle delithiation hysteresis decay rate": DECAY,
        "Secondary: Initial hysteresis state in negative electrode": -1.0,
    }
    values.update(added, check_already_exists=False)
    return values


def _part(cycle: Any) -> Part:
    """The columns of a log; of two rows at one instant the first, so that each current is what has flowed."""
    names = ("Time [s]", "Current [A]", "Terminal voltage [V]", "Volume-averaged cell temperature [C]")
    time_s, current_A, voltage_V, temp_degC = (np.array(cycle[name].entries, dtype=float) for name in names)
    lithium_mol = np.array(cycle["Total lithium in negative electrode [mol]"].entries, dtype=float)
    keep = np.concatenate([[True], np.diff(time_s) >= SHORTEST_s])
    part = Part(time_s - time_s[0], -current_A, voltage_V, temp_degC, lithium_mol)
    return Part(*(column[keep] for column in part))
