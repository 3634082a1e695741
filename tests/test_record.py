"""What a run leaves behind is written whole or not at all, reads back as it was, and knows what it does not know."""

import csv
import gzip
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInput
from hil.record import COLUMNS, TRACE_HEADER, Recorder, require_writable, write_whole


def _rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.name.endswith(".gz") else data
    return list(csv.DictReader(text.decode().splitlines()))


def _recorder() -> Recorder:
    recorder = Recorder(layers=24)
    recorder.sample(0, current_A=0.0, pack_V=84.0, soc_true=0.6, t_true_max_degC=25.5, t_true_min_degC=24.5)
    recorder.sample(100, current_A=-20.5, pack_V=81.6, soc_true=0.5999, t_true_max_degC=26, t_true_min_degC=25)
    return recorder


def test_a_trace_begins_with_the_columns_that_replay_reads(tmp_path: Path) -> None:
    _recorder().write_trace(tmp_path / "trace.csv")
    header = (tmp_path / "trace.csv").read_text().splitlines()[0].split(",")
    assert tuple(header[:5]) == TRACE_HEADER == ("time_s", "current_A", "voltage_V", "temp_degC", "soc_ref")
    assert set(COLUMNS) <= set(header)
    assert len(set(header)) == len(header)


def test_a_trace_holds_the_mean_layer_s_voltage_so_that_a_cell_can_be_replayed(tmp_path: Path) -> None:
    _recorder().write_trace(tmp_path / "trace.csv")
    rows = _rows(tmp_path / "trace.csv")
    assert [(row["time_s"], row["current_A"], row["voltage_V"], row["temp_degC"], row["soc_ref"]) for row in rows] == [
        ("0", "0", "3.5", "25", "0.6"),
        ("0.1", "-20.5", "3.4", "25.5", "0.5999"),
    ]
    assert rows[1]["pack_V"] == "81.6"


def test_what_was_not_known_is_an_empty_field(tmp_path: Path) -> None:
    _recorder().write_trace(tmp_path / "trace.csv")
    assert all(row["soc"] == "" and row["bound_high_mV"] == "" for row in _rows(tmp_path / "trace.csv"))


def test_a_trace_that_is_named_gz_is_gzipped_and_the_same_bits_each_time(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        _recorder().write_trace(tmp_path / name)
    assert len(_rows(tmp_path / "a.csv.gz")) == 2
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_a_run_without_a_sample_leaves_a_trace_with_nothing_but_its_header(tmp_path: Path) -> None:
    Recorder().write_trace(tmp_path / "trace.csv")
    assert _rows(tmp_path / "trace.csv") == []


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=20))
def test_a_trace_keeps_nine_digits(tmp_path_factory: pytest.TempPathFactory, currents_A: list[float]) -> None:
    recorder = Recorder()
    for k, current_A in enumerate(currents_A):
        recorder.sample(100 * k, current_A=current_A)
    path = tmp_path_factory.getbasetemp() / "digits.csv"
    recorder.write_trace(path)
    for current_A, row in zip(currents_A, _rows(path)):
        assert math.isclose(float(row["current_A"]), current_A, rel_tol=1e-8, abs_tol=1e-300)


def test_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="no column current_mA"):
        Recorder().sample(0, current_mA=1)


def test_a_kind_of_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind of event 'surprise'"):
        Recorder().event(0, "surprise", "!")


def test_events_are_told_apart_by_kind_and_keep_their_order() -> None:
    recorder = Recorder()
    recorder.event(0, "state", "standby")
    recorder.event(5, "fault", "crash", id=72)
    recorder.event(10, "state", "fault")
    assert [event.text for event in recorder.of_kind("state")] == ["standby", "fault"]
    assert recorder.of_kind("fault")[0].details == {"id": 72}
    assert recorder.events[1].time_s == 0.005


@pytest.mark.parametrize("place", (".", "nowhere/trace.csv"))
def test_a_place_that_cannot_be_written_is_one_line_before_and_after_the_run(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    for attempt in (require_writable, _recorder().write_trace):
        with pytest.raises(BadInput, match="cannot be written: ") as told:
            attempt(path)
        assert str(told.value).startswith(f"{path}: ")
        assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_whole(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(BadInput, match="No space left on device"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_asking_whether_a_place_can_be_written_leaves_no_trace(tmp_path: Path) -> None:
    require_writable(tmp_path / "new.csv")
    write_whole(tmp_path / "old.csv", b"kept")
    require_writable(tmp_path / "old.csv")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("old.csv", b"kept")]


def test_a_device_is_written_and_not_replaced() -> None:
    write_whole("/dev/null", b"gone")
    assert Path("/dev/null").is_char_device()
