"""Logs are replayed as sensors would have said them, through the same filter in either interpreter, and judged as written."""

import contextlib
import functools
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.cells.si_ceramic_20ah import CELL
from hil.benches import soc_runs
from hil.benches.soc_baselines import counted, plain_filter
from hil.benches.soc_runs import Run
from hil.cli import main
from hil.logs import Floats, Log
from hil.replay.feed import Errors, feed, lag
from hil.replay.measures import converged_s, measures
from hil.replay.run import START_SIGMA, Estimate, in_process

KEYS = ["rmse", "max_abs", "rmse_after_15min", "max_after_15min", "converged_s", "nis_mean", "within_2sigma"]
SHIPPED = soc_runs.shipped()
FAST = "lipo_2C_charge"


def a_log(current_A: Floats, voltage_V: Floats, dt_s: float = 1.0) -> Log:
    n = len(current_A)
    return Log("made.csv", dt_s * np.arange(n, dtype=np.float64), current_A, voltage_V, np.full(n, 25.0), None, True)


def written(folder: Path, name: str, rows: int = 1500, reference: bool = True) -> Path:
    """A short drive of one layer at the OCV of its SoC and over a resistance."""
    rng = np.random.default_rng(len(name))
    current = np.repeat(rng.choice([-20.0, -5.0, 0.0, 8.0], rows // 10), 10)
    soc = 0.7 + np.cumsum(np.append(0.0, current[1:])) / 3600 / 20
    volts = np.interp(soc, np.linspace(0, 1, 21), CELL.ocv_mV) / 1000 + current * 0.0015
    head = "time_s,current_A,voltage_V,temp_degC" + (",soc_ref" if reference else "")
    lines = [f"{k},{i},{v:.5f},25{f',{z:.6f}' if reference else ''}" for k, (i, v, z) in enumerate(zip(current, volts, soc))]
    path = folder / name
    data = "\n".join([head, *lines]).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def replayed(folder: Path, *arguments: str) -> dict[str, object]:
    out = folder / "out.json"
    assert main(["replay", *arguments, "--cell", "si_ceramic_20ah", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert isinstance(found, dict)
    return found


def test_how_far_voltage_lags_a_current_that_is_a_mean_is_found() -> None:
    rng = np.random.default_rng(1)
    fine = np.interp(np.arange(10_000), np.arange(0, 10_001, 25), rng.normal(-3, 4, 401))  # tenths of a second
    at_once = fine[9::10]
    mean = fine.reshape(-1, 10).mean(axis=1)
    volts = 3.7 + 0.03 * at_once
    assert lag(a_log(mean, volts)) == pytest.approx(0.5, abs=0.15)
    assert lag(a_log(at_once, volts)) == 0.0
    fed = feed(a_log(mean, volts), 5.0, Errors())
    assert np.std(fed.current_A[1:-1] - at_once[1:-1]) < 0.5 * np.std(mean[1:-1] - at_once[1:-1])


@given(gain=st.floats(0.9, 1.1), offset_A=st.floats(-1, 1))
def test_the_charge_fed_is_that_of_the_log_but_for_the_errors_asked_for(gain: float, offset_A: float) -> None:
    current: Floats = np.sin(np.arange(200) / 7) * 5
    fed = feed(a_log(current, 3.7 + 0.01 * current, 2.0), 5.0, Errors(gain=gain, offset_A=offset_A))
    flowed_Ah = current[1:].sum() * 2.0 / 3600
    assert fed.charge_Ah.sum() == pytest.approx(gain * flowed_Ah + offset_A * fed.dt_s.sum() / 3600, abs=1e-12)
    assert fed.dt_s[1:] == pytest.approx(2.0)


def test_a_seed_adds_the_same_noise_again_and_another_seed_another() -> None:
    log = a_log(np.full(300, -2.0), np.full(300, 3.6))
    first, again, other = (feed(log, 5.0, Errors(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.rows(), again.rows())
    assert not np.array_equal(first.voltage_V, other.voltage_V)
    assert 0.0002 < np.std(first.voltage_V) < 0.01


def test_the_measures_are_those_of_a_calculation_by_hand() -> None:
    time_s = np.array([0.0, 450.0, 900.0, 1000.0])
    columns = ([0.6, 0.54, 0.52, 0.49], [0.04, 0.01, 0.015, 0.01], [0] * 4, [1] * 4, [1, 2, 3, 6])
    said = Estimate(*(np.array(column) for column in columns))
    found = measures(time_s, np.array([0.0, 450.0, 450.0, 100.0]), said, np.full(4, 0.5))
    assert list(found) == KEYS
    assert found["rmse"] == pytest.approx(np.sqrt((450 * 0.04**2 + 450 * 0.02**2 + 100 * 0.01**2) / 1000))
    assert found["max_abs"] == pytest.approx(0.1)
    assert found["rmse_after_15min"] == pytest.approx(np.sqrt((450 * 0.02**2 + 100 * 0.01**2) / 550))
    assert found["max_after_15min"] == pytest.approx(0.02)
    assert found["converged_s"] == 900.0
    assert found["nis_mean"] == pytest.approx(3.0)
    assert found["within_2sigma"] == pytest.approx(0.55)


def test_an_error_that_comes_back_within_five_minutes_has_not_converged() -> None:
    since_s = np.arange(0.0, 1000.0, 100.0)
    assert converged_s(since_s, np.where((since_s == 300) | (since_s < 200), 0.05, 0.0)) == 400.0
    assert converged_s(since_s, np.where(since_s < 900, 0.0, 0.05)) == 0.0
    assert converged_s(since_s, np.full(10, 0.05)) is None


def test_the_result_has_the_keys_of_the_contract_log_by_log(tmp_path: Path) -> None:
    logs = [str(written(tmp_path, name)) for name in ("a.csv", "bb.csv.gz")]
    found = replayed(tmp_path, *logs, "--soc0", "0.6")
    rows = found["logs"]
    assert isinstance(rows, list)
    assert [row["log"] for row in rows] == logs
    for row in rows:
        assert [key for key in row if key != "log"] == KEYS
        assert row["rmse_after_15min"] < 0.05
        assert row["max_abs"] > 0.05  # it began 10 % wrong


def test_logs_side_by_side_say_what_each_says_alone(tmp_path: Path) -> None:
    logs = [str(written(tmp_path, name, 600)) for name in ("a.csv", "bb.csv", "ccc.csv")]
    together = replayed(tmp_path, *logs, "--jobs", "2")["logs"]
    assert together == [row for log in logs for row in replayed(tmp_path, log)["logs"]]  # type: ignore[attr-defined]


def test_a_log_without_a_reference_has_no_errors_and_a_mean_nis(tmp_path: Path) -> None:
    rows = replayed(tmp_path, str(written(tmp_path, "a.csv", 600, reference=False)))["logs"]
    assert isinstance(rows, list)
    assert {key for key in KEYS if rows[0][key] is not None} == {"nis_mean"}


def test_micropython_and_cpython_agree_within_a_billionth(tmp_path: Path, micropython: str) -> None:
    log = str(written(tmp_path, "a.csv"))
    options = ["--soc0", "0.55", "--current-gain", "1.02", "--current-offset", "0.05", "--capacity-Ah", "19.5"]
    elsewhere = ["--target", "micropython", "--micropython", micropython]
    here, there = (replayed(tmp_path, log, *options, *more)["logs"] for more in ([], elsewhere))
    assert isinstance(here, list) and isinstance(there, list)
    for key in KEYS:
        assert there[0][key] == pytest.approx(here[0][key], rel=1e-9, abs=1e-9), key


def test_sensor_errors_and_capacity_reach_the_filter(tmp_path: Path) -> None:
    log = str(written(tmp_path, "a.csv"))
    plain = replayed(tmp_path, log, "--soc0", "0.7")["logs"]
    for option in (["--current-gain", "1.1"], ["--current-offset", "1"], ["--voltage-offset", "0.02"], ["--sensor-seed", "3"]):
        assert replayed(tmp_path, log, "--soc0", "0.7", *option)["logs"] != plain, option
    assert replayed(tmp_path, log, "--soc0", "0.7", "--capacity-Ah", "10")["logs"] != plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv", "--cell", "si_ceramic_20ah"], "nowhere.csv: cannot be read"),
        (["a.csv"], "--cell"),
        (["a.csv", "--cell", "nobody"], "nobody: no such cell"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--soc0", "1.5"], "--soc0"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--current-gain", "102"], "--current-gain"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--capacity-Ah", "0"], "--capacity-Ah"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--current-offset", "nan"], "--current-offset"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--json", "a.csv"], "a.csv: is one of the logs"),
        (["a.csv", "--cell", "si_ceramic_20ah", "--json", "x", "--report", "x"], "x: named for two files"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "a.csv", 100)
    before = set(tmp_path.iterdir())
    with contextlib.chdir(tmp_path):
        assert main(["replay", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert set(tmp_path.iterdir()) == before


def test_the_report_opens_offline_and_shows_every_log(tmp_path: Path) -> None:
    logs = [str(written(tmp_path, name, 600)) for name in ("a.csv", "bb.csv")]
    replayed(tmp_path, *logs, "--report", str(tmp_path / "page.html"))
    text = (tmp_path / "page.html").read_text()
    assert "{{" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"(src|href)=", re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))
    data = json.loads(re.search(r'id="replay">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert [one["log"] for one in data] == logs
    for one in data:
        assert len(one["soc"]) == len(one["time_s"]) == len(one["soc_ref"]) == 600


@functools.cache
def judged(run: Run) -> list[dict[str, float]]:
    """Ten percent wrong at first, with either gain; `sigma` is its mean."""
    log, cell = run.load()
    assert log.soc_ref is not None
    wrong = float(log.soc_ref[0]) - 0.1
    found = []
    for gain in (1.02, 0.98):
        fed = feed(log, cell.capacity_mAh / 1000, Errors(gain=gain))
        said = in_process(cell, fed, wrong if wrong > 0 else wrong + 0.2, START_SIGMA)
        found.append(measures(log.time_s, fed.dt_s, said, log.soc_ref) | {"sigma": float(said.sigma.mean())})
    return found


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.name)
def test_the_filter_stays_within_what_is_allowed_on_measured_cells(run: Run) -> None:
    for found in judged(run):
        assert found["rmse_after_15min"] <= run.allowed
        assert found["max_after_15min"] < 0.08


def test_sigma_is_honest_on_measured_cells() -> None:
    found = [one for run in SHIPPED for one in judged(run)]
    assert np.mean([one["within_2sigma"] for one in found]) >= 0.9
    assert np.mean([one["sigma"] for one in found]) <= 2.5 * np.sqrt(np.mean([one["rmse"] ** 2 for one in found]))


def test_single_precision_is_double_s_neighbour_on_a_measured_cell() -> None:
    run = next(run for run in SHIPPED if run.name == FAST)
    log, cell = run.load()
    fed = feed(log, cell.capacity_mAh / 1000, Errors(gain=1.02))
    double, single = (in_process(cell, fed, 0.75, START_SIGMA, number) for number in (float, np.float32))
    assert np.abs(double.soc - single.soc).max() < 0.003
    assert not np.array_equal(double.soc, single.soc)


def test_lanes_of_the_plain_filter_do_not_know_each_other() -> None:
    runs = [run.load() for run in SHIPPED if run.name.startswith(("lipo", "lg_m50"))]
    feeds = [feed(log, cell.capacity_mAh / 1000, Errors()) for log, cell in runs]
    cells = [cell for _, cell in runs]
    together = plain_filter(cells, feeds, [0.8] * len(runs))
    for cell, fed, said in zip(cells, feeds, together):
        assert len(said) == len(fed)
        assert plain_filter([cell], [fed], [0.8])[0] == pytest.approx(said, abs=1e-12)


def test_counting_ends_where_the_log_ends() -> None:
    log, _ = next(run for run in SHIPPED if run.name == FAST).load()
    assert log.soc_ref is not None
    said = counted(feed(log, 5.80, Errors()), float(log.soc_ref[0]), 5.80)
    assert said[-1] == pytest.approx(log.soc_ref[-1], abs=0.01)


def test_capacities_are_read_from_a_readme_s_table(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    rows = ("| file | kind | q_ref_ah |", "|---|---|---|", "| a.csv.gz | drive | 2.78 |", "| b.csv.gz | ocv |  |")
    readme.write_text("# A cell\n\n" + "\n".join(rows) + "\n")
    assert soc_runs.capacities(readme) == {"a.csv.gz": 2.78}
    assert soc_runs.capacities(tmp_path / "none.md") == {}
