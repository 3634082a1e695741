"""A load profile is what was measured; a bad one is refused by file and line; it holds, and it starts again."""

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInput
from hil.profile import FOLDER, load_profile, names

MEASURED_Ah = 2.87338
FIRST_ROW = 4980


def test_the_shipped_drive_is_mostly_discharge_with_charge_pulses() -> None:
    profile = load_profile("nmc_drive")
    twelve_minutes = profile.c_rate[:720]
    assert 12 * 60 <= profile.period_s <= 20 * 60
    assert 0.12 <= -2.0 * float(twelve_minutes.mean()) * 720 / 3600 <= 0.18  # scaled by two, 12 minutes
    assert 0.05 < float((twelve_minutes > 0.02).mean()) < 0.2
    assert -1.5 < float(profile.c_rate.min()) < -1.0 < 0.5 < float(profile.c_rate.max()) < 1.0


def test_the_shipped_drive_is_small_and_has_its_licence_beside_it() -> None:
    assert (FOLDER / "nmc_drive.csv.gz").stat().st_size < 60_000
    said = (FOLDER / "README.md").read_text()
    assert all(word in said for word in ("BSD 3-Clause", "PyBatteryID", "Sheikh", "measured", "4980 s to 5880 s"))


def test_the_shipped_drive_is_a_copy_of_what_was_measured(root: Path) -> None:
    source = root / "../shared/data/pybatteryid_nmc_lfp/nmc_with_temperature_validation_data_hot.csv.gz"
    if not source.is_file():
        pytest.skip("the measured data are not here")
    with gzip.open(source, "rt") as file:
        measured = list(csv.DictReader(file))[FIRST_ROW : FIRST_ROW + 901]
    profile = load_profile("nmc_drive")
    assert len(profile.time_s) == len(measured)
    for time_s, c_rate, row in zip(profile.time_s, profile.c_rate, measured):
        assert float(row["time_s"]) == FIRST_ROW + time_s
        assert float(row["current_A"]) / MEASURED_Ah == pytest.approx(float(c_rate), abs=6e-6)


def _file(folder: Path, text: str) -> str:
    path = folder / "mine.csv"
    path.write_text(text)
    return str(path)


def test_a_sample_holds_until_the_next_and_the_profile_starts_again(tmp_path: Path) -> None:
    profile = load_profile(_file(tmp_path, "time_s,c_rate\n10,-1\n11,0.5\n14,-2\n"))
    assert [profile.at(t) for t in (0, 0.99, 1, 3.9, 4, 6.99, 7, 8)] == [-1, -1, 0.5, 0.5, -2, -2, -1, 0.5]
    assert profile.period_s == 7


@given(st.floats(0, 1e5), st.integers(0, 50))
def test_a_profile_repeats_itself_each_period(elapsed_s: float, times: int) -> None:
    profile = load_profile("nmc_drive")
    if 1e-6 < elapsed_s % 1 < 1 - 1e-6:
        assert profile.at(elapsed_s) == profile.at(elapsed_s + times * profile.period_s)


@pytest.mark.parametrize(
    ("text", "line"),
    (
        ("", "line 1: '': the columns must be time_s,c_rate"),
        ("time,rate\n0,1\n", "line 1: 'time,rate': the columns must be time_s,c_rate"),
        ("time_s,c_rate\n0,1\n", "line 2: a profile has two samples at least"),
        ("time_s,c_rate\n0,1\n1,x\n", "line 3: '1,x': not two numbers"),
        ("time_s,c_rate\n0,1\n1\n", "line 3: '1': not two numbers"),
        ("time_s,c_rate\n0,1\n1,nan\n", "line 3: '1,nan': not finite"),
        ("time_s,c_rate\n0,1\ninf,1\n", "line 3: 'inf,1': not finite"),
        ("time_s,c_rate\n0,1\n1,1\n1,2\n", "line 4: time_s = 1: must be after 1"),
    ),
)
def test_a_bad_profile_is_refused_by_file_and_line(tmp_path: Path, text: str, line: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(BadInput) as told:
        load_profile(path)
    assert str(told.value) == f"{path}: {line}"


def test_a_profile_that_is_not_there_is_answered_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^nmc_drove: no such profile.*profiles: nmc_drive, robot_errand$"):
        load_profile("nmc_drove")
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        load_profile(str(tmp_path / "none.csv"))
    (tmp_path / "torn.csv.gz").write_bytes((FOLDER / "nmc_drive.csv.gz").read_bytes()[:500])
    with pytest.raises(BadInput, match=r"torn\.csv\.gz: cannot be read"):
        load_profile(str(tmp_path / "torn.csv.gz"))
    assert names() == ["nmc_drive", "robot_errand"]
