"""The logs of the estimator bench: which cell file serves each, what capacity the specimen had, what error is allowed.

Shipped logs are in hil/measured and always run. The folders they come from, and others that may not be copied, are looked for
beside this project, in FOLDER; where they are missing the bench says so. Capacities there are the READMEs' tables' q_ref_ah;
where a log has no soc_ref it starts full. Cell files are made by hil fit: those of shipped logs are in hil/measured/cells and
name in their docstrings the logs they were fitted to; the others are fitted when they are first wanted, to FITTED, and kept in
FITS. Nothing is set for a log, only for a cell.
"""

import contextlib
import fnmatch
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bms.schema import CELL_FIELDS, Cell, replaced
from hil.cli import main
from hil.errors import BadInput
from hil.load import load_cell
from hil.logs import Log, read_log
from hil.replay.run import with_capacity

HERE = Path(__file__).resolve().parent.parent / "measured"
ROOT = HERE.parent.parent
FOLDER = ROOT.parent / "shared" / "data"
FITS = ROOT / "build" / "soc_cells"

# log, cell, capacity in Ah, rms error allowed after 15 min in percent
SHIPPED = (
    ("lg_m50_slow_25C", "lg_m50", 4.94473, 2.5),
    ("lg_m50_half_C_10C", "lg_m50", 4.94473, 3.0),
    ("nmc_swept_temperature", "pybatteryid_nmc_t", 2.87338, 2.0),
    ("lfp_hysteresis", "pybatteryid_lfp", 3.68616, 3.0),
    ("lipo_2C_charge", "lipo", 5.80, 1.5),
    ("lipo_4C_charge", "lipo", 5.80, 1.5),
    ("lgm50si_charge_45C", "pybamm_lgm50si", 5.7254, 2.0),
    ("thinsi_drive_0C", "pybamm_thinsi", 5.8056, 2.0),
    ("thinsi_loops_25C", "pybamm_thinsi", 5.8056, 2.0),
)

# folder, names, cell, capacity in Ah where no table has it, error allowed in percent; the first row that fits
OUTSIDE = (
    ("lg_hg2", "p40_drive_*", "lg_hg2", None, 1.0),
    ("lg_hg2", "p25_drive_*", "lg_hg2", None, 1.2),
    ("lg_hg2", "p[01]0_drive_*", "lg_hg2", None, 2.5),
    ("lg_hg2", "n10_drive_*", "lg_hg2", None, 3.0),
    ("lg_hg2", "n20_drive_*", "lg_hg2", None, 4.0),
    ("lg_hg2", "p00_paused_cycle", "lg_hg2", None, 2.5),
    ("panasonic_ncr18650pf", "p25_*_drive", "panasonic", None, 1.0),
    ("panasonic_ncr18650pf", "p*_drive", "panasonic", None, 2.0),
    ("panasonic_ncr18650pf", "n10_*_drive", "panasonic", None, 3.0),
    ("panasonic_ncr18650pf", "n20*_drive", "panasonic", None, 4.0),
    ("a123_lfp", "n25_*", "a123_lfp", None, 5.0),
    ("a123_lfp", "n15_*", "a123_lfp", None, 5.0),
    ("a123_lfp", "*_dyn", "a123_lfp", None, 2.0),
    ("a123_lfp", "*_charge_*", "a123_lfp", None, 2.0),
    ("lg_m50", "*_rate_*", "lg_m50", 4.945, 2.5),
    ("lipo_fastcharge", "*_cycle*", "lipo", 5.80, 1.5),
    ("pybatteryid_nmc_lfp", "nmc_with_*", "pybatteryid_nmc_t", None, 2.0),
    ("pybatteryid_nmc_lfp", "nmc_*", "pybatteryid_nmc", None, 2.0),
    ("pybatteryid_nmc_lfp", "lfp_*_data_*", "pybatteryid_lfp", None, 3.0),
    ("pybamm_synthetic", "lgm50si_*", "pybamm_lgm50si", 5.7254, 2.0),
    ("pybamm_synthetic", "thinsi_*", "pybamm_thinsi", 5.8056, 2.0),
)
# cell, family of hil fit, folder, logs; what is not named here is only judged
FITTED = (
    (
        "lg_hg2",
        "nmc_si",
        "lg_hg2",
        "p25_ocv_c20 p00_ocv_c20 n10_ocv_c20 p25_hppc p00_hppc n20_hppc p25_drive_Mixed1 p40_drive_Mixed1 p10_drive_Mixed1 "
        "p00_drive_Mixed1 n10_drive_Mixed1 n20_drive_Mixed1",
    ),
    (
        "panasonic",
        "nca",
        "panasonic_ncr18650pf",
        "p25_ocv_c20 p25_hppc p00_hppc n20_hppc p25_Cycle1_drive p10_Cycle1_drive p00_Cycle1_drive n10_Cycle2_drive "
        "n20_Cycle1_drive",
    ),
    (
        "a123_lfp",
        "lfp",
        "a123_lfp",
        "n15_ocv_s1 n15_ocv_s3 p05_ocv_s1 p05_ocv_s3 p25_ocv_s1 p25_ocv_s3 p45_ocv_s1 p45_ocv_s3 p25_charge_25C p25_dyn "
        "p45_dyn n15_dyn",
    ),
)
ELSEWHERE = ("*_ocv_*", "*_hppc", "pulses", "eis", "ageing_*")  # not what a filter is fed with


@dataclass(frozen=True)
class Run:
    """One log with all that it is judged by."""

    name: str
    path: str
    cell: str
    capacity_Ah: float | None
    allowed: float  # rms after 15 minutes, fraction

    def load(self) -> tuple[Log, Cell]:
        """The log with a reference, and the cell as a specimen of that capacity."""
        log = read_log(self.path)
        capacity_Ah = self.capacity_Ah
        if log.soc_ref is None or capacity_Ah is None:
            flowed_Ah = np.cumsum(log.current_A * np.diff(log.time_s, prepend=log.time_s[0])) / 3600
            capacity_Ah = float(-flowed_Ah.min()) if capacity_Ah is None else capacity_Ah
            log = log._replace(soc_ref=1 + flowed_Ah / capacity_Ah)
        return log, specimen(self.cell, capacity_Ah)


def specimen(name: str, capacity_Ah: float) -> Cell:
    """A fitted cell, of another capacity."""
    shelf = FITS if name in {row[0] for row in FITTED} else HERE / "cells"
    return with_capacity(load_cell(str(shelf / f"{name}.py")), capacity_Ah)


def fit_missing(say: Callable[[str], None]) -> None:
    """Fits what the outside logs want and nobody has fitted yet: minutes, once."""
    for name, family, folder, logs in FITTED:
        path = FITS / f"{name}.py"
        if path.exists() or not (FOLDER / folder).is_dir():
            continue
        say(f"  fits {name} first: some minutes, kept in {FITS}")
        FITS.mkdir(parents=True, exist_ok=True)
        named = [str(FOLDER / folder / f"{log}.csv.gz") for log in logs.split()]
        heard = io.StringIO()
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            code = main(["fit", *named, "--chemistry", family, "-o", str(path)])
        if code:
            raise BadInput(f"hil fit of {name}: {heard.getvalue().strip().splitlines()[-1]}")


def shipped() -> list[Run]:
    """The logs that are part of the product."""
    return [Run(log, str(HERE / f"{log}.csv.gz"), cell, ah, allowed / 100) for log, cell, ah, allowed in SHIPPED]


def outside() -> list[Run]:
    """The logs beside the project; none where there is no such folder."""
    return [run for folder in dict.fromkeys(row[0] for row in OUTSIDE) for run in _folder(folder)]


def _folder(folder: str) -> Iterator[Run]:
    table = capacities(FOLDER / folder / "README.md")
    for path in sorted((FOLDER / folder).glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        if any(fnmatch.fnmatch(name, pattern) for pattern in ELSEWHERE):
            continue
        for where, pattern, cell, capacity_Ah, allowed in OUTSIDE:
            if where == folder and fnmatch.fnmatch(name, pattern):
                yield Run(f"{folder}/{name}", str(path), cell, table.get(path.name, capacity_Ah), allowed / 100)
                break


def capacities(readme: Path) -> dict[str, float]:
    """q_ref_ah by file, of a README's table."""
    found: dict[str, float] = {}
    column = -1
    if not readme.exists():
        return found
    for line in readme.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "file":
            column = cells.index("q_ref_ah") if "q_ref_ah" in cells else -1
        elif 0 < column < len(cells) and cells[0].endswith(".gz") and cells[column]:
            found[cells[0]] = float(cells[column])
    return found


def without_hysteresis(cell: Cell) -> Cell:
    """The same cell with M = 0: what the hysteresis state earns is what is lost then."""
    return replaced(Cell, CELL_FIELDS, cell, hyst_mV=(0,) * len(cell.hyst_mV))
