"""The firmware's filter over a feed: in this process, with any kind of number, or in a real MicroPython.

Both run the files of bms/estimate as they stand. For MicroPython the steps go through a file of doubles and the answers come
back through another, so that nothing is rounded on the way; the cell goes as the text of its record.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import bms
from bms.estimate.ekf import SocFilter
from bms.schema import CELL_FIELDS, Cell, replaced
from hil.errors import BadInput
from hil.logs import Floats
from hil.replay import probe
from hil.replay.feed import Feed

START_SIGMA = 0.15  # of a first SoC that was given
UNKNOWN_SIGMA = 0.3
HEAP = "4m"
PATIENCE_s = 600


class Estimate(NamedTuple):
    """What the filter said after every step."""

    soc: Floats
    sigma: Floats
    hysteresis: Floats
    r_scale: Floats
    nis: Floats


def with_capacity(cell: Cell, capacity_Ah: float | None) -> Cell:
    """The cell as a specimen of this capacity: its tables stand over SoC and stay."""
    if capacity_Ah is None:
        return cell
    return replaced(type(cell), CELL_FIELDS, cell, capacity_mAh=round(capacity_Ah * 1000))


def in_process(cell: Cell, feed: Feed, soc: float, sigma: float, number: Any = float) -> Estimate:
    """In this interpreter; with `number` np.float32 as the target calculates."""
    flt = SocFilter(cell)
    flt.start(number(soc), number(sigma))
    if number is not float:
        narrow(flt, number)
    said = np.empty((len(feed), len(Estimate._fields)))
    step = flt.step
    for k, row in enumerate(feed.rows().tolist() if number is float else feed.rows().astype(number)):
        step(*row)
        said[k] = flt.soc, flt.sigma, flt.hysteresis, flt.r_scale, flt.nis
    return Estimate(*said.T)


def narrow(flt: SocFilter, number: Any) -> None:
    """Everything the filter and its model hold becomes a number of this kind; what is calculated from it follows."""
    for room in (flt, flt._model):
        for name, value in list(vars(room).items()):
            if isinstance(value, float):
                setattr(room, name, number(value))
            elif isinstance(value, list):
                setattr(room, name, [number(v) for v in value])


def in_micropython(program: str, cell: Cell, feed: Feed, soc: float, sigma: float) -> Estimate:
    """In a process of its own. BadInput where that does not end well."""
    with tempfile.TemporaryDirectory(prefix="hil-") as name:
        folder = Path(name)
        (folder / "bms").symlink_to(Path(bms.__path__[0]).resolve())
        (folder / "probe.py").symlink_to(Path(str(probe.__file__)).resolve())
        text = f"from bms.schema import Cell, Filter, Profile\n\nCELL = {cell!r}\n"
        (folder / "replayed_cell.py").write_text(text, encoding="utf-8")
        feed.rows().tofile(folder / "steps")
        command = [program, "-X", f"heapsize={HEAP}", "-m", "probe", "steps", "answers", repr(float(soc)), repr(float(sigma))]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "MICROPYPATH": f"{folder}{os.pathsep}.frozen"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_s,
            check=False,
        )
        said = np.fromfile(folder / "answers") if (folder / "answers").exists() else np.empty(0)
        if done.returncode or len(said) != len(feed) * len(Estimate._fields):
            last = (done.stdout.strip() or done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise BadInput(f"{program}: the filter did not run to the end: {last}")
        return Estimate(*said.reshape(len(feed), -1).T)
