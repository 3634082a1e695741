"""A fit of measured cells: one file meets slow and fast logs of the same cell. Skipped where the data are not."""

import json
from pathlib import Path

import pytest

from hil.cli import main
from hil.load import load_cell


@pytest.fixture(scope="module")
def measured(root: Path) -> Path:
    """The folder of the LG M50's logs."""
    folder = root / "../shared/data/lg_m50"
    if not folder.is_dir():
        pytest.skip("the measured data are not here")
    return folder


def test_slow_and_fast_branches_of_a_measured_cell_are_met_by_one_file(measured: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "m50.py", tmp_path / "m50.json"
    logs = [str(measured / f"p25_rate_{rate}.csv.gz") for rate in ("0p1C", "1C")]
    assert main(["fit", *logs, "--chemistry", "nmc_si", "-o", str(out), "--json", str(told)]) == 0
    (row,) = json.loads(told.read_text())["fitted_by_temperature"]
    assert row["temp_degC"] == 25 and row["rms_middle_mV"] < 15.0
    assert load_cell(str(out)).capacity_mAh == pytest.approx(4945, rel=0.005)
