"""A fit of measured cells: what others have published comes out. Skipped where the data are not."""

import csv
from pathlib import Path

import numpy as np
import pytest

from bms.schema import Cell
from hil.cli import main
from hil.load import load_cell

KNOTS = np.linspace(0, 1, 21)


@pytest.fixture(scope="module")
def measured(root: Path) -> Path:
    """The folder of the LG M50's logs."""
    folder = root / "../shared/data/lg_m50"
    if not folder.is_dir():
        pytest.skip("the measured data are not here")
    return folder


@pytest.fixture(scope="module")
def cell(measured: Path, tmp_path_factory: pytest.TempPathFactory) -> Cell:
    out = tmp_path_factory.mktemp("m50") / "m50.py"
    logs = [str(measured / f"p25_rate_{rate}.csv.gz") for rate in ("0p1C", "1C")]
    assert main(["fit", *logs, "--chemistry", "nmc_si", "-o", str(out)]) == 0
    return load_cell(str(out))


def test_the_capacity_and_the_branches_are_those_that_were_published(measured: Path, cell: Cell) -> None:
    assert cell.capacity_mAh == pytest.approx(4940, rel=0.02)
    with (measured / "p25_ocv_hysteresis_table.csv").open() as file:
        rows = [[float(value) for value in row] for row in list(csv.reader(file))[1:]]
    soc, ocv_V, _ = np.array(rows).T
    published = 1000 * np.interp(KNOTS, soc / 100, ocv_V)
    assert np.abs(np.array(cell.ocv_mV) - published)[3:20].max() < 30.0
    assert np.sqrt(np.mean((np.array(cell.ocv_mV) - published)[3:20] ** 2)) < 15.0
