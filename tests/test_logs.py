"""A log is taken whole or refused in one line that names file and line or column: sign, unit, gap, stamp, damage."""

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInput
from hil.logs import read_log
from tests.cell_truth import Rows, driven, pulsed, slow

HEAD = "time_s,current_A,voltage_V,temp_degC"
DRIVE = driven(25.0, 3, 0.25)
Change = Callable[[list[list[str]]], None]


def _file(folder: Path, text: str, name: str = "mine.csv") -> str:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return str(path)


def _changed(change: Change) -> str:
    rows = [line.split(",") for line in DRIVE.text().splitlines()]
    change(rows)
    return "\n".join(",".join(row) for row in rows) + "\n"


def _refusal(folder: Path, text: str) -> str:
    path = _file(folder, text)
    with pytest.raises(BadInput) as told:
        read_log(path)
    said = str(told.value)
    assert said.startswith(path) and "\n" not in said
    return said.removeprefix(path + ": ")


def test_a_log_is_read_as_it_stands_packed_or_not(tmp_path: Path) -> None:
    for name in ("plain.csv", "packed.csv.gz"):
        log = read_log(_file(tmp_path, DRIVE.text(), name))
        assert log.name == name.split(".")[0] and log.soc_ref is not None and log.temp_measured
        for column, truth in zip(log[1:6], DRIVE):
            assert column is not None and np.allclose(column, truth, atol=6e-5)


def test_more_columns_may_follow_and_the_reference_may_be_missing(tmp_path: Path) -> None:
    def annotate(rows: list[list[str]]) -> None:
        for number, row in enumerate(rows):
            row.append("x" if number else "note")

    more = _changed(annotate)
    log = read_log(_file(tmp_path, more))
    assert log.soc_ref is not None and len(log.time_s) == len(DRIVE.time_s)
    bare = read_log(_file(tmp_path, DRIVE.text(with_soc=False)))
    assert bare.soc_ref is None


def test_a_temperature_that_was_not_measured_is_a_laboratory_s(tmp_path: Path) -> None:
    def blank(rows: list[list[str]]) -> None:
        for row in rows[1:]:
            row[3] = ""

    log = read_log(_file(tmp_path, _changed(blank)))
    assert not log.temp_measured and (log.temp_degC == 25.0).all()


@pytest.mark.parametrize(
    ("text", "line"),
    (
        ("", "line 1: the columns must be"),
        ("time_s,current_A,temp_degC\n0,1,25\n", f"line 1: the columns must be {HEAD}[,soc_ref]: column voltage_V"),
        (HEAD + "\n", "line 1: a log has two samples at least"),
        (HEAD + "\n0,0,3.7,25\n1,-1,3.6\n", "line 3: '1,-1,3.6': temp_degC is missing"),
        (HEAD + "\n0,0,3.7,25\n1,-1,x,25\n", "line 3: voltage_V = 'x': not a number"),
        (HEAD + ",a,soc_ref\n0,0,3.7,25,1,1\n", "line 1: soc_ref must be the fifth column, is number 6"),
    ),
)
def test_what_is_no_log_is_refused_by_line(tmp_path: Path, text: str, line: str) -> None:
    assert _refusal(tmp_path, text).startswith(line)


@given(st.integers(1, len(DRIVE.time_s) - 1), st.integers(0, 4), st.sampled_from(("nan", "", "inf", "-inf")))
def test_a_value_that_is_none_is_refused_wherever_it_stands(row: int, column: int, value: str) -> None:
    def spoil(rows: list[list[str]]) -> None:
        rows[row][column] = value

    name = (HEAD + ",soc_ref").split(",")[column]
    with tempfile.TemporaryDirectory() as folder:
        said = _refusal(Path(folder), _changed(spoil))
    assert said.startswith(f"line {row + 1}: {name}")


def _swap(rows: list[list[str]]) -> None:
    rows[100], rows[101] = rows[101], rows[100]


def _twice(rows: list[list[str]]) -> None:
    rows.insert(100, list(rows[100]))


def _stamp_twice(rows: list[list[str]]) -> None:
    rows[101][0] = rows[100][0]


def _hole(rows: list[list[str]]) -> None:
    del rows[100:160]


def _times(column: int, factor: float, offset: float = 0.0) -> Change:
    def change(rows: list[list[str]]) -> None:
        for row in rows[1:]:
            row[column] = repr(float(row[column]) * factor + offset)

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    (
        (_swap, "line 102: time_s = 99: goes back from 100"),
        (_twice, "line 102: time_s = 99: stands twice"),
        (_stamp_twice, "line 102: time_s = 99: stands twice"),
        (_hole, "line 101: time_s = 159: a gap of 61 s (usual 1) that cannot be bridged"),
        (_times(1, -1.0), "current_A: the sign is reversed"),
        (_times(1, 1000.0), "line"),
        (_times(2, 1000.0), "line"),
        (_times(2, 24.0), "line"),
        (_times(3, 1.8, 32.0), "line 2: temp_degC = 77: is that degF? (25 degC)"),
        (_times(3, 1.0, 273.15), "line 2: temp_degC = 298.15: is that kelvin"),
        (_times(4, 100.0), "line"),
    ),
    ids=("order", "row twice", "stamp twice", "gap", "sign", "mA", "mV", "pack", "degF", "kelvin", "percent"),
)
def test_a_mistake_of_sign_unit_or_time_is_one_line(tmp_path: Path, change: Change, line: str) -> None:
    assert _refusal(tmp_path, _changed(change)).startswith(line)


@pytest.mark.parametrize(("column", "factor", "said"), ((1, 1000.0, "mA"), (2, 1000.0, "mV"), (4, 100.0, "fraction")))
def test_a_unit_that_is_too_large_is_named(tmp_path: Path, column: int, factor: float, said: str) -> None:
    assert said in _refusal(tmp_path, _changed(_times(column, factor)))


@pytest.mark.parametrize("rows", (slow(), pulsed()), ids=("slow", "pulses"))
@pytest.mark.parametrize("with_soc", (True, False))
def test_a_reversed_current_is_seen_in_slow_and_in_pulse_logs_too(tmp_path: Path, rows: Rows, with_soc: bool) -> None:
    read_log(_file(tmp_path, rows.text(with_soc)))
    turned = rows._replace(current_A=[-current for current in rows.current_A])
    assert "the sign is reversed" in _refusal(tmp_path, turned.text(with_soc))


@pytest.mark.parametrize("keep", (0.3, 0.6, 0.95, 0.999))
def test_a_packed_log_that_ends_early_is_refused(tmp_path: Path, keep: float) -> None:
    whole = gzip.compress(DRIVE.text().encode())
    path = tmp_path / "torn.csv.gz"
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(BadInput, match=r"torn\.csv\.gz: cannot be read: "):
        read_log(str(path))


def test_a_log_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.csv: cannot be read: No such file"):
        read_log(str(tmp_path / "none.csv"))


def test_what_cyclers_do_is_taken(tmp_path: Path) -> None:
    """The last row of a step and the first of the next have the same stamp; a rest is recorded seldom, or not at all."""
    step = HEAD + "\n0,0,4.1,25\n0,-1,4.05,25\n1,-1,4.04,25\n2,-1,4.03,25\n2,0,4.08,25\n3,0,4.08,25\n"
    assert len(read_log(_file(tmp_path, step)).time_s) == 6
    rest = step + "4,0,4.081,25\n2000,0,4.085,25\n2001,-1,4.04,25\n2002,-1,4.03,25\n"
    assert len(read_log(_file(tmp_path, rest)).time_s) == 10
    moved = step + "4,0,4.081,25\n2000,0,3.9,25\n2001,-1,3.85,25\n2002,-1,3.84,25\n"
    assert "line 9: time_s = 2000: a gap of 1996 s" in _refusal(tmp_path, moved)


def test_every_measured_log_of_the_contract_s_form_is_taken(root: Path) -> None:
    folder = root / "../shared/data"
    if not folder.is_dir():
        pytest.skip("the measured data are not here")
    for name in ("lg_hg2", "lg_m50", "lipo_fastcharge", "pybatteryid_nmc_lfp", "panasonic_ncr18650pf"):
        for path in sorted((folder / name).glob("*.csv.gz")):
            if path.name not in ("pulses.csv.gz", "eis.csv.gz"):
                assert len(read_log(str(path)).time_s) > 100
