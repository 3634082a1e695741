"""hil fit finds a known cell back from its logs, writes a file that the firmware loads, and refuses what it cannot know."""

import gzip
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bms.estimate.model import Model
from bms.schema import Cell
from hil.cli import main
from hil.load import load_cell
from hil.plant import Plant
from tests import cell_truth
from tests.cell_truth import CAPACITY_Ah, Rows, driven, half_V, ocv_V, ohms, pulsed, slow

KNOTS = np.linspace(0, 1, 21)


def _write(folder: Path, name: str, rows: Rows, with_soc: bool = True) -> str:
    path = folder / f"{name}.csv.gz"
    path.write_bytes(gzip.compress(rows.text(with_soc).encode(), 1))
    return str(path)


class Fitted:
    """A fit of all kinds of logs, made once, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slow = _write(folder, "slow", slow(), with_soc=False)
        self.pulses = _write(folder, "pulses", pulsed())
        self.drives = [_write(folder, f"drive_{t}", driven(float(t), 5 + t)) for t in (5, 25, 40)]
        self.held = _write(folder, "held", driven(15.0, 99))
        self.out = folder / "known.py"
        drives = [word for path in self.drives for word in ("--drive", path)]
        words = ["fit", "--ocv", self.slow, "--pulses", self.pulses, *drives, "--judge", self.held, "-o", str(self.out)]
        self.code = main([*words, "--json", str(folder / "known.json")])
        self.result: dict[str, Any] = json.loads((folder / "known.json").read_text())
        self.cell: Cell = load_cell(str(self.out))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return Fitted(tmp_path_factory.mktemp("fit"))


def test_the_open_circuit_voltage_of_a_known_cell_is_found_within_5_mV(fitted: Fitted) -> None:
    found = np.array(fitted.cell.ocv_mV)
    truth = 1000 * np.array([ocv_V(soc) for soc in KNOTS])
    assert np.abs(found - truth)[2:].max() < 5.0
    assert np.abs(found - truth)[:2].max() < 40.0  # straight lines cannot follow the knee


def test_the_branches_of_a_known_cell_are_found_within_4_mV(fitted: Fitted) -> None:
    truth = 1000 * np.array([half_V(soc) for soc in KNOTS])
    assert np.abs(np.array(fitted.cell.hyst_mV) - truth)[2:20].max() < 4.0
    assert 0.5 * cell_truth.GAMMA < fitted.cell.hyst_gamma_permille / 1000 < 2 * cell_truth.GAMMA


def test_the_resistances_of_a_known_cell_are_found_within_a_tenth(fitted: Fitted) -> None:
    middle = slice(4, 19)
    truth = np.array([ohms(soc) for soc in KNOTS]).T * 1e6
    found = np.array([fitted.cell.r0_uohm, fitted.cell.r1_uohm, fitted.cell.r2_uohm])
    assert np.abs(found[0] / truth[0] - 1)[middle].max() < 0.06
    assert np.abs(np.mean(found[1:, middle] / truth[1:, middle], axis=1) - 1).max() < 0.1
    assert np.abs(found.sum(axis=0) / truth.sum(axis=0) - 1)[middle].max() < 0.1


def test_the_time_constants_and_activation_energies_of_a_known_cell_are_found(fitted: Fitted) -> None:
    assert fitted.cell.tau1_ms[10] / 1000 == pytest.approx(cell_truth.TAU_s[0], rel=0.15)
    assert fitted.cell.tau2_ms[10] / 1000 == pytest.approx(cell_truth.TAU_s[1], rel=0.15)
    assert np.abs(np.array(fitted.cell.ea_J_mol) - cell_truth.EA_J_mol).max() < 2500
    assert np.mean(fitted.cell.entropy_uV_K) == pytest.approx(1e6 * cell_truth.ENTROPY_V_K, abs=60)


def test_the_capacity_is_what_the_slow_discharge_gave(fitted: Fitted) -> None:
    assert fitted.cell.capacity_mAh == pytest.approx(1000 * CAPACITY_Ah, rel=0.003)


def test_a_drive_that_was_not_fitted_is_met_within_4_mV(fitted: Fitted) -> None:
    (judged,) = fitted.result["judged_by_temperature"]
    assert judged["temp_degC"] == 15 and judged["rms_middle_mV"] < 4.0
    assert fitted.result["pulses"]["ten_s_ratio_middle"] == pytest.approx(1.0, abs=0.05)


def test_the_residual_that_is_told_is_the_firmware_s_own(fitted: Fitted) -> None:
    """The firmware's model, stepped over the judged drive, leaves what the report says is left."""
    cell, model, rows = fitted.cell, Model(fitted.cell), driven(15.0, 99)
    v1 = v2 = 0.0
    h, left = 1.0, []
    for number, (current_A, voltage_V, soc) in enumerate(zip(rows.current_A, rows.voltage_V, rows.soc)):
        model.at(soc, 15.0)
        moved = soc - rows.soc[number - 1] if number else 0.0
        keep = math.exp(-cell.hyst_gamma_permille / 1000 * abs(moved))
        h = h * keep + math.copysign(1 - keep, moved) if moved else h
        if number:
            v1 += (current_A * model.r1_ohm - v1) * (1 - math.exp(-1 / model.tau1_s))
            v2 += (current_A * model.r2_ohm - v2) * (1 - math.exp(-1 / model.tau2_s))
        left.append(voltage_V - (model.u_V + h * model.m_V + model.entropy_V + current_A * model.r0_ohm + v1 + v2))
    told = fitted.result["judged"][0]["rms_mV"]
    assert 1000 * float(np.sqrt(np.mean(np.square(left)))) == pytest.approx(told, abs=0.3)


def test_the_file_passes_the_linter_and_the_plant_loads_it(fitted: Fitted) -> None:
    assert fitted.code == 0
    assert main(["check", str(fitted.out)]) == 0
    assert Plant is not None and fitted.cell.name == "known"


def test_the_file_says_where_each_table_comes_from(fitted: Fitted) -> None:
    text = fitted.out.read_text()
    assert "drive_5" in text and "Judged, not fitted: held" in text
    for field in ("ocv_mV", "r0_uohm", "ea_J_mol"):
        assert "fitted" in text[text.index(f"    {field}=") :].split("\n    r", 1)[0]
    assert '"assumed"' in text and "v_max_mV=" in text
    assert max(map(len, text.splitlines())) <= 128


def test_the_report_opens_offline_and_draws_every_log(fitted: Fitted) -> None:
    page = (fitted.folder / "known.html").read_text()
    assert page.count("<svg") == 6 and "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert all(name in page for name in ("slow", "pulses", "drive_40", "held"))


def _refused(capsys: pytest.CaptureFixture[str], out: Path, *words: str) -> str:
    assert main(["fit", *words, "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("hil: ")
    assert not list(out.parent.glob(out.stem + ".*")) and not list(out.parent.glob(".*part"))
    return said.removeprefix("hil: ").strip()


def _nan(text: str) -> str:
    lines = text.splitlines()
    lines[50] = "50.0,nan,3.9,25,0.9"
    return "\n".join(lines)


def _doubled(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:61], lines[60], *lines[61:]])


def _holed(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:300], *lines[400:]])


@pytest.mark.parametrize(
    ("spoil", "said"),
    ((_nan, "line 51: current_A is nan"), (_doubled, "stands twice"), (_holed, "a gap of 101 s")),
    ids=("nan", "stamp", "gap"),
)
def test_a_log_with_a_mistake_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[str], str], said: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(spoil(driven(25.0, 4, 0.3).text()))
    told = _refused(capsys, tmp_path / "cell.py", str(path))
    assert told.startswith(str(path)) and said in told


def test_a_torn_archive_and_a_reversed_current_leave_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = driven(25.0, 4, 0.3)
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(rows.text().encode())[:-2000])
    assert "torn.csv.gz: cannot be read" in _refused(capsys, tmp_path / "cell.py", str(torn))
    turned = _write(tmp_path, "turned", rows._replace(current_A=[-current for current in rows.current_A]))
    assert "the sign is reversed" in _refused(capsys, tmp_path / "cell.py", turned)


def test_what_the_logs_cannot_tell_is_refused_by_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cell.py"
    short = _write(tmp_path, "short", driven(25.0, 4, 0.2))
    assert "open-circuit voltage: the logs cover" in _refused(capsys, out, short, "--capacity-Ah", "3")
    bare = _write(tmp_path, "bare", driven(25.0, 4), with_soc=False)
    assert "soc_ref: missing" in _refused(capsys, out, bare, "--capacity-Ah", "3")
    assert _refused(capsys, out, bare).startswith("capacity: ")
    steady = _write(tmp_path, "steady", cell_truth.logged([(-3.0, 3500.0, 1.0)], 25.0))
    assert "resistance: every log runs at one current" in _refused(capsys, out, steady)


@pytest.mark.parametrize(
    ("words", "said"),
    (
        ((), "fit: no log to fit"),
        (("a.csv", "a.csv"), "a.csv: named twice"),
        (("a.csv", "--chemistry", "coal"), "--chemistry: 'coal' is none of nmc"),
        (("a.csv", "--capacity-Ah", "3000"), "0.1 to 290 Ah"),
    ),
)
def test_a_wrong_word_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert said in _refused(capsys, tmp_path / "cell.py", *words)
    assert main(["fit", "a.csv", "-o", str(tmp_path / "cell.txt")]) == 2
    assert "ends in .py" in capsys.readouterr().err


def test_a_subset_fits_too_and_says_what_it_has_assumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slow discharge without a charge: hysteresis, time constants and temperature are the family's, and it says so."""
    out = tmp_path / "part.py"
    path = _write(tmp_path, "down", slow(charge=False), with_soc=False)
    assert main(["fit", path, "-o", str(out)]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ("note: hysteresis: no log stays on the charge branch", "note: temperature"))
    text = out.read_text()
    assert "hyst_gamma_permille=40000,  # assumed" in text and "ea_J_mol=(20000, 45000, 35000),  # assumed" in text
    low = np.array(load_cell(str(out)).ocv_mV) - np.array(load_cell(str(out)).hyst_mV)
    truth = 1000 * np.array([ocv_V(soc) - half_V(soc) for soc in KNOTS])
    assert np.abs(low - truth)[3:20].max() < 12.0


def test_the_command_has_its_example() -> None:
    done = subprocess.run([sys.executable, "-m", "hil", "fit", "--help"], capture_output=True, text=True, check=True)
    assert "example: hil fit" in done.stdout and "--judge" in done.stdout
