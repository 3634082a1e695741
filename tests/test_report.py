"""The report opens offline, says what happened, and survives runs that ended badly."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bms.packs.bench_24 import PACK
from hil.errors import BadInput
from hil.record import Recorder
from hil.report import page, write_report
from hil.report_data import PLOTS, ROWS_MAX
from hil.report_lanes import reactions

MINUTES = 25
TITLE = 'Wake & <drive> \'till "dawn" </script><script>alert(1)</script>'


def _result(**changes: Any) -> dict[str, Any]:
    return {
        "scenario": "first_mile",
        "pack": "bench_24",
        "target": "micropython",
        "seed": 7,
        "passed": True,
        "duration_s": 60.0 * MINUTES,
        "realtime_factor": 25.4321,
        "expectations": [
            {"name": "no violation", "passed": True, "value": 0, "limit": 0},
            {"name": "SoC error <at the end>", "passed": False, "value": 0.041, "limit": 0.03},
        ],
        "soc": {"true_end": 0.55, "estimated_end": 0.54, "rmse": 0.02, "max_abs": 0.1},
        "layers": {"v_max_mV": 4012, "v_min_mV": 3301, "t_max_ddegC": 312, "violations": 0},
        "faults": [{"time_s": 1490.15, "id": 30, "name": "group_voltage_stale", "severity": "trip_after_ramp"}],
        "contactors": [{"time_s": 0.6, "state": "closed"}],
        "timing": {"ticks": 150000, "late_ticks": None},
        "can": {"tx": 1, "rx": 2, "errors": 0},
        **changes,
    }


def _recorder(minutes: float = MINUTES) -> Recorder:
    recorder = Recorder(24)
    recorder.event(0, "phase", "wake")
    recorder.event(10, "state", "self_test")
    recorder.event(400, "state", "precharge")
    recorder.event(500, "contactor", "precharge", mask=3)
    recorder.event(900, "contactor", "closed", mask=5)
    recorder.event(1000, "state", "drive")
    recorder.event(2000, "command", "drive <now>")
    end_ms = int(minutes * 60_000)
    recorder.event(end_ms - 10_000, "injection", "group:2 silence", target="group:2")
    recorder.event(end_ms - 9_850, "fault", "group_voltage_stale at 2", id=30, severity="trip_after_ramp")
    recorder.event(end_ms - 9_840, "state", "opening")
    recorder.event(end_ms - 9_700, "contactor", "open", mask=0)
    recorder.event(end_ms - 5_000, "fault", "group_voltage_stale gone", id=30, severity="none")
    for k in range(int(minutes * 600)):
        current_A = -40 * math.sin(k / 700) ** 3
        v = 3.6 + current_A * 0.003
        recorder.sample(
            100 * k,
            current_A=current_A,
            layer_v_max_V=v + 0.0123,
            layer_v_min_V=v - 0.0117,
            bound_high_mV=round(1000 * v) + 40,
            bound_low_mV=round(1000 * v) - 41,
            soc_true=0.6 - k * 1e-5,
            soc=0.61 - k * 1e-5,
            soc_sigma=0.01,
            soc_low=0.4,
            soc_high=0.7,
            t_true_max_degC=25 + k * 1e-3,
            t_true_min_degC=24 + k * 1e-3,
            t_hot_ddegC=270,
            t_cold_ddegC=220,
            gradient_K=1.5,
            coolant_degC=20,
            heater_percent=50,
            cooler_percent=0,
            charge_request_dA=300,
            charge_phase=2 if k < 6000 else 5,
            charge_remaining_s=max(600 - k // 10, 0),
            charge_limit_dA=500,
            discharge_limit_dA=1200,
            pack_V=24 * v,
            link_V=24 * v,
            state=3,
            contactors=5,
        )
    return recorder


def _data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', html, re.S)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


@pytest.fixture(scope="module")
def html() -> str:
    return page(_result(), _recorder(), TITLE, PACK, {"charge map": "simulator"})


def test_the_report_names_no_address_and_loads_nothing(html: str) -> None:
    assert "http:" not in html
    assert "https:" not in html
    assert not re.search(r"\b(src|href)\s*=|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|importScripts", html)
    assert "default-src 'none'" in html


def test_a_run_of_25_minutes_gives_less_than_a_megabyte(html: str) -> None:
    assert len(html.encode()) < 1_000_000


def test_the_report_has_all_its_sections(html: str) -> None:
    for section in ("expectations", "timeline", "plots", "events", "facts"):
        assert f'id="{section}"' in html
    for plot in PLOTS:
        assert f'id="plot-{plot.key}"' in html
        assert f"({plot.unit})" in html
    assert "{{" not in html


def test_the_report_says_how_the_run_ended_and_what_was_expected(html: str) -> None:
    assert "PASSED" in html
    assert "✗ FAILED" in page(_result(passed=False), Recorder())
    assert "<b>1 of 2</b> expectations met" in html
    assert html.index("✗ not met") < html.index("✓ met")  # what failed comes first
    assert '<td class="number">0.041</td><td class="number">0.03</td>' in html
    assert "-1.0\u00a0%" in html or "-1.0 %" in html


def test_the_report_holds_the_facts_of_the_run(html: str) -> None:
    for fact in ("bench_24", "micropython", "25.43", "150000", "25:00.0 min", "simulator", "none possible in lockstep"):
        assert fact in html, fact


def test_what_a_scenario_calls_itself_cannot_break_the_page(html: str) -> None:
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "SoC error &lt;at the end&gt;" in html
    assert html.count("</script>") == 3
    assert "<" not in json.dumps(_data(html)).replace("drive <now>", "")


def test_every_line_of_every_plot_is_as_long_as_its_time(html: str) -> None:
    data = _data(html)
    assert len(data["time_s"]) <= ROWS_MAX
    assert data["time_s"] == sorted(data["time_s"])
    assert [plot["key"] for plot in data["plots"]] == [plot.key for plot in PLOTS]
    for plot in data["plots"]:
        for line in plot["lines"]:
            assert len(line["values"]) == len(data["time_s"])


def test_thinning_keeps_the_extremes_and_what_was_near_an_event(html: str) -> None:
    data, recorder = _data(html), _recorder()
    lines = {line["label"]: line["values"] for plot in data["plots"] for line in plot["lines"]}
    for label, column, take in (
        ("current", "current_A", max),
        ("current", "current_A", min),
        ("highest layer", "layer_v_max_V", max),
    ):
        kept = [value for value in lines[label] if value is not None]
        assert take(kept) == pytest.approx(take(recorder.columns[column]), abs=5e-3)
    near = [t for t in data["time_s"] if abs(t - (60 * MINUTES - 10)) < 1]
    assert len(near) >= 19


def test_the_lanes_tell_states_contactors_faults_and_injections(html: str) -> None:
    lanes = {lane["name"]: [item for row in lane["rows"] for item in row] for lane in _data(html)["lanes"]}
    end = 60.0 * MINUTES
    assert [item[2] for item in lanes["state"]] == ["self_test", "precharge", "drive", "opening"]
    assert [item[:3] for item in lanes["contactors"]][-3:] == [
        [0.5, 0.9, "− and precharge"],
        [0.9, end - 9.7, "closed"],
        [end - 9.7, end, "open"],
    ]
    assert lanes["faults"] == [[end - 9.85, end - 5.0, "group_voltage_stale at 2", "fault"]]
    assert lanes["injected"] == [[end - 10, end, "group:2 silence", "service"]]
    assert [item[2] for item in lanes["phase"]] == ["wake"]


def test_the_report_says_how_soon_who_reacted_to_what_was_injected(html: str) -> None:
    [(text, _, _, followed)] = reactions(_recorder(1))
    assert text == "group:2 silence"
    assert [(round(delay_s, 3), what) for delay_s, what in followed] == [
        (0.15, "fault group_voltage_stale at 2"),
        (0.16, "state opening"),
        (0.3, "contactors open"),
    ]
    assert "fault group_voltage_stale at 2 <b>after 150 ms</b>" in html


def test_faults_at_the_same_time_lie_in_rows_of_their_own() -> None:
    recorder = Recorder()
    for number, at_ms in ((1, 0), (2, 500), (3, 1000)):
        recorder.event(at_ms, "fault", f"fault_{number}", id=number, severity="warning")
    recorder.event(700, "fault", "fault_1 gone", id=1, severity="none")
    [lane] = _data(page(_result(duration_s=2.0), recorder))["lanes"]
    assert [[item[:3] for item in row] for row in lane["rows"]] == [
        [[0.0, 0.7, "fault_1"], [1.0, 2.0, "fault_3"]],
        [[0.5, 2.0, "fault_2"]],
    ]


def test_without_events_the_contactors_are_told_from_the_samples() -> None:
    recorder = Recorder()
    for k, mask in enumerate((0, 0, 1, 3, 3, 5, 5, 13, 0)):
        recorder.sample(100 * k, contactors=mask)
    [lane] = _data(page(_result(duration_s=0.9), recorder))["lanes"]
    assert [item[2] for item in lane["rows"][0]] == ["open", "− only", "− and precharge", "closed", "open"]


def _runs_that_ended_early() -> dict[str, tuple[dict[str, Any], Recorder]]:
    lone = Recorder(24)
    lone.event(0, "state", "standby")
    lone.sample(0, current_A=0.0, pack_V=84.0)
    unknown = Recorder(24)
    for k in range(3):
        unknown.sample(100 * k)
    died = {"scenario": "first_mile", "passed": False, "error": "micropython died <signal 9>"}
    return {"nothing": ({}, Recorder()), "died": (died, Recorder()), "one": (died, lone), "unknown": (died, unknown)}


@pytest.mark.parametrize("name", _runs_that_ended_early())
def test_a_run_that_died_early_still_has_a_report(name: str) -> None:
    html = page(*_runs_that_ended_early()[name])
    assert "✗ FAILED" in html
    assert ("micropython died &lt;signal 9&gt;" in html) == (name != "nothing")
    _data(html)


def test_a_report_is_the_same_bits_each_time() -> None:
    assert page(_result(), _recorder(1), TITLE, PACK) == page(_result(), _recorder(1), TITLE, PACK)


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere/run.html: cannot be written: No such file or directory$"):
        write_report(tmp_path / "nowhere" / "run.html", _result(), Recorder())
    assert list(tmp_path.iterdir()) == []


WATCH = """<script>window.addEventListener("error", (e) => { document.documentElement.dataset.error = e.message; });</script>"""


@pytest.mark.parametrize("name", ("full", *_runs_that_ended_early()))
def test_a_browser_draws_the_report_without_an_error(tmp_path: Path, html: str, name: str) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no chromium on the path")
    text = html if name == "full" else page(*_runs_that_ended_early()[name])
    click = '<script>for (const b of document.querySelectorAll("button, input")) b.click();</script>'
    path = tmp_path / "run.html"
    path.write_text(text.replace("<head>", "<head>" + WATCH).replace("</body>", click + "</body>"))
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    command = [browser, "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{one}" for one in quiet)]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "data-error" not in dom
    drawn = re.search(r'data-drawn="(\d+)"', dom)
    assert drawn
    assert int(drawn[1]) == (1 + len(_data(text)["plots"]) if _data(text)["time_s"] else 1)
    assert dom.count("<canvas") == int(drawn[1])
