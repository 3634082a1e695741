"""Bad input ends with 2 and one line that names it, whatever it tries, and nothing is written over."""

import subprocess
import sys
from pathlib import Path

import pytest

from hil.errors import BadInput
from hil.load import load_pack
from hil.scenario import load, parse

SHORT = Path(__file__).parent.parent / "hil" / "scenarios" / "first_mile_short.toml"


def hil(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hil", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(SHORT.parent.parent.parent), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_pack_file_that_ends_the_program_is_bad_input_and_no_success(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(0)\n")
    done = hil("run", "first_mile_short", "--pack", "./leaves.py", "--target", "cpython", folder=tmp_path)
    assert done.returncode == 2
    assert "leaves.py" in done.stderr and "line 2" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--report", "--trace", "--json"])
def test_no_output_is_written_over_the_scenario(option: str, tmp_path: Path) -> None:
    text = SHORT.read_text()
    (tmp_path / "mine.toml").write_text(text)
    done = hil("run", "mine.toml", option, "./mine.toml", "--target", "cpython", folder=tmp_path)
    assert done.returncode == 2
    assert "mine.toml" in done.stderr and done.stderr.count("\n") == 1
    assert (tmp_path / "mine.toml").read_text() == text


def test_two_outputs_are_not_one_file_by_two_names(tmp_path: Path) -> None:
    done = hil("run", "first_mile_short", "--report", "a.html", "--trace", "./a.html", "--target", "cpython", folder=tmp_path)
    assert done.returncode == 2
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [("group_voltage_stale", "banana", "fault"), ('"drive"\nphase', '"drove"\nphase', "state")],
)
def test_an_expectation_that_nothing_can_meet_is_refused(before: str, after: str, field: str) -> None:
    text = SHORT.read_text()
    assert before in text
    with pytest.raises(BadInput, match=field):
        parse(text.replace(before, after, 1), "mine.toml")


def test_current_sensors_that_share_a_frame_share_a_period(tmp_path: Path) -> None:
    source = (Path(load(str(SHORT)).path).parent.parent.parent / "bms" / "packs" / "bench_24.py").read_text()
    head, name, tail = source.partition("current_b_sensor=Sensor(")
    (tmp_path / "uneven.py").write_text(head + name + tail.replace("period_ms=10", "period_ms=20", 1))
    with pytest.raises(BadInput, match=r"current_b_sensor\.period_ms"):
        load_pack(str(tmp_path / "uneven.py"))


def test_a_pack_under_another_name_is_no_cell_file(tmp_path: Path) -> None:
    source = (SHORT.parent.parent.parent / "bms" / "packs" / "bench_24.py").read_text()
    (tmp_path / "mine.py").write_text(source.replace("PACK = Pack(", "PCK = Pack("))
    done = hil("check", "./mine.py", folder=tmp_path)
    assert done.returncode == 2
    assert "PACK" in done.stderr and "mine.py" in done.stderr
