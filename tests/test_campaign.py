"""A campaign: what a file may say, a run as a function of its number, what a kill leaves, what comes of a lost worker."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bms.schema import layer_count
from hil.campaign import plan as plans
from hil.campaign import runner
from hil.campaign.draw import case_of, drawn_pack
from hil.campaign.page import page
from hil.campaign.plan import Plan
from hil.campaign.runner import batches, run_dask, run_local
from hil.campaign.store import NAME, Store
from hil.campaign.summary import summarised
from hil.campaign.watch import NoRecord
from hil.campaign.worker import one, prepare, run_batch, run_case
from hil.cli import BAD, OK, main
from hil.errors import BadInput
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from tests.fragile import fragile

TINY = """
[campaign]
name = "tiny"
title = "A few runs in the middle"
runs = 12
packs = { bench_24 = 1 }

[[kind]]
name = "middle"
profile = "drive"
seconds = 0.6
soc = [0.4, 0.6]
load_C = [0.5, 1.0]
spread = ["drawn", "corner"]

[[kind]]
name = "broken"
profile = "drive"
seconds = 0.6
soc = [0.4, 0.6]
fault_share = 1.0
"""


def tiny() -> Plan:
    return plans.parse(TINY, "tiny.toml")


def without_time(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if not key.endswith("wall_s")}


# the file


@pytest.mark.parametrize("name", plans.names())
def test_shipped_campaigns_are_sound_and_reach_every_kind_and_pack(name: str) -> None:
    plan = plans.load(name)
    seen = [drawn_pack(plan, number) for number in range(600)]
    assert {kind.name for kind, _ in seen} == {kind.name for kind in plan.kinds}
    assert {pack for _, pack in seen} == set(plan.packs)


def test_ten_thousand_short_runs_and_five_hundred_long_ones_are_shipped() -> None:
    short, full = plans.load("hidden_layers"), plans.load("full_length")
    assert short.runs >= 10_000 and all(kind.ranges["seconds"][1] <= 60 for kind in short.kinds)
    assert full.runs >= 500 and all(kind.full for kind in full.kinds)
    profiles = {kind.profile for kind in short.kinds}
    assert profiles == set(plans.PROFILES)


def test_a_thousand_charges_warm_and_cool_their_packs_on_every_kind_of_spread() -> None:
    plan = plans.load("charges")
    assert plan.runs >= 1000 and all(kind.thermal and kind.profile == "fast_charge" for kind in plan.kinds)
    assert {spread for kind in plan.kinds for spread in kind.spread} >= {"drawn", "corner", "worst_high", "worst_low"}
    assert any(kind.fault_share == 1.0 for kind in plan.kinds)


def test_a_kind_with_heater_and_chiller_has_them_fitted_and_another_has_not() -> None:
    pack = load_pack("bench_24")
    fitted = plans.parse(TINY.replace('name = "middle"', 'name = "middle"\nthermal = true'), "tiny.toml")
    seen = set()
    for number in range(8):
        kind, _ = drawn_pack(fitted, number)
        bench = Bench(case_of(fitted, number, pack).scenario, pack, 1, NoRecord(layer_count(pack)))
        assert bench.thermal.fitted is kind.thermal is (kind.name == "middle")
        seen.add(kind.name)
    assert seen == {"middle", "broken"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("runs = 12", "", "[campaign] runs: missing"),
        ("runs = 12", "runs = 0", "[campaign] runs: 0 is outside"),
        ("{ bench_24 = 1 }", "{ bench_25 = 1 }", "[campaign] packs: 'bench_25' is none of"),
        ("{ bench_24 = 1 }", "{ bench_24 = 0 }", "[campaign] packs: bench_24: 0 is no weight"),
        ('profile = "drive"', 'profile = "fly"', "[[kind]] 1 profile: 'fly' is none of"),
        ("soc = [0.4, 0.6]", "soc = [0.6, 0.4]", "[[kind]] 1 soc: [0.6, 0.4] is not within 0 to 1"),
        ("soc = [0.4, 0.6]", 'soc = "half"', "[[kind]] 1 soc: 'half' is neither a number"),
        ("seconds = 0.6", "seconds = 90", "[[kind]] 1 seconds: 90 is more than 60, and full is not said"),
        ('spread = ["drawn", "corner"]', 'spread = ["wild"]', "[[kind]] 1 spread: 'wild' is none of"),
        ('name = "broken"', 'name = "middle"', "[[kind]] name: 'middle' stands more than once"),
        ("load_C = [0.5, 1.0]", "loud_C = 1", "[[kind]] 1: unknown field 'loud_C'"),
        ("[[kind]]", "[kind]", "tiny.toml:"),
    ],
)
def test_what_a_campaign_file_gets_wrong_is_told_by_file_and_field(old: str, new: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        plans.parse(TINY.replace(old, new, 1 if old != "[[kind]]" else -1), "tiny.toml")
    assert told in str(caught.value) and str(caught.value).startswith("tiny.toml")


def test_a_campaign_of_another_name_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["campaign", "no_such", "--out", str(tmp_path)]) == BAD
    assert main(["campaign", "hidden_layers"]) == BAD
    assert main(["campaign", "hidden_layers", "--out", str(tmp_path), "--trace", "x.csv"]) == BAD
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "no campaign 'no_such'" in lines[0] and "--out: missing" in lines[1] and "--only" in lines[2]
    assert not list(tmp_path.iterdir())


# one run


def test_a_run_is_a_function_of_file_and_number_alone() -> None:
    plan, pack = tiny(), load_pack("bench_24")
    cases = [case_of(plan, number, pack) for number in range(12)]
    assert cases == [case_of(plan, number, pack) for number in range(12)]
    assert len({case.scenario.soc_true for case in cases}) == 12
    assert [case.seed for case in cases] == list(range(1, 13))


@pytest.mark.parametrize("number", [5513, 7141])
def test_a_run_in_which_the_firmware_once_did_wrong_is_sound(number: int) -> None:
    """A pack whose bound trembles about what trips closes not yet; a charger that gives twice what is asked is found out."""
    case, pack = one(plans.load("hidden_layers"), number)
    _, said = run_case(case, pack, NoRecord(layer_count(pack)))
    assert said["ok"], said


def test_a_run_repeated_alone_decides_the_same_with_a_record_and_without() -> None:
    prepare()
    (line,) = run_batch(TINY, "tiny.toml", [2])
    case, pack = one(tiny(), 2)
    recorder = Recorder(layer_count(pack))
    _, again = run_case(case, pack, recorder)
    assert line["crc"] and again == line
    assert len(recorder) > 0
    _, third = run_case(case, pack, NoRecord(layer_count(pack)))
    assert third == line


def test_the_real_interpreter_comes_to_the_same_verdict(micropython: str) -> None:
    prepare()
    case, pack = one(tiny(), 0)
    said = [run_case(replace(case, target=target), pack, NoRecord(1))[1] for target in ("cpython", "micropython")]
    assert said[0]["crc"] and said[0] == {**said[1], "target": "cpython"}


# what is kept


def test_what_was_torn_is_dropped_and_the_rest_is_not_done_again(tmp_path: Path) -> None:
    store = Store(tmp_path, tiny(), fresh=False)
    store.add([{"run": 3}, {"run": 5}])
    store.close()
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole + b'{"run": 7, "ok": tr')
    again = Store(tmp_path, tiny(), fresh=False)
    assert again.done == {3, 5} and (tmp_path / NAME).read_bytes() == whole
    again.add([{"run": 5, "twice": True}, {"run": 7}])
    assert [line["run"] for line in again.lines()] == [3, 5, 7]
    again.close()


def test_results_of_another_file_or_other_code_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path, tiny(), fresh=False).close()
    other = plans.parse(TINY.replace("0.6]", "0.7]"), "tiny.toml")
    with pytest.raises(BadInput, match=r"results of another campaign file: .* --fresh"):
        Store(tmp_path, other, fresh=False)
    monkeypatch.setattr("hil.campaign.store.code_version", lambda: "newer")
    with pytest.raises(BadInput, match="results of another version of the code"):
        Store(tmp_path, tiny(), fresh=False)
    Store(tmp_path, tiny(), fresh=True).close()
    Store(tmp_path, tiny(), fresh=False).close()


def test_a_campaign_that_was_killed_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, out = tmp_path / "tiny.toml", tmp_path / "out"
    file.write_text(TINY.replace("bench_24 = 1 }", "bench_24 = 1 }\nfaults = false"))
    command = [sys.executable, "-m", "hil", "campaign", str(file), "--out", str(out), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    until_s = time.monotonic() + 300
    while not (out / NAME).exists() or (out / NAME).read_bytes().count(b"\n") < 2:
        assert process.poll() is None and time.monotonic() < until_s
        time.sleep(0.02)
    process.kill()
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < until_s:  # its workers follow
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        pytest.fail("a worker is left behind")
    kept = (out / NAME).read_bytes()
    kept = kept[: kept.rindex(b"\n") + 1]
    same = json.loads(kept.splitlines()[0])["code"]  # whoever edits a source meanwhile
    monkeypatch.setattr("hil.campaign.store.code_version", lambda: same)
    assert main(["campaign", str(file), "--out", str(out), "--jobs", "1"]) == OK
    after = (out / NAME).read_bytes()
    assert after.startswith(kept)
    assert sorted(json.loads(raw)["run"] for raw in after.splitlines()[1:]) == list(range(12))
    summary = json.loads((out / "summary.json").read_text())
    assert summary["passed"] and summary["counts"]["runs"] == 12 and summary["seeds"] == [1, 12]
    text = (out / "summary.html").read_text()
    assert "PASSED" in text and "http" not in text.replace("http-equiv", "")


# workers that are lost


def test_a_run_that_takes_its_worker_along_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BATCH_MAX", 1)
    lines: list[dict[str, Any]] = []
    run_local(tiny(), list(range(5)), 1, lines.extend, fragile)
    told = {line["run"]: line for line in lines}
    assert sorted(line["run"] for line in lines) == list(range(5))
    assert sorted(number for number in told if not told[number]["ok"]) == [1, 3]
    assert "took its worker" in told[1]["died"] and "three" in told[3]["died"]


def test_batches_hold_every_number_once() -> None:
    plan = tiny()
    for count in (1, 7, 200):
        together = [number for batch in batches(plan, list(range(count))) for number in batch]
        assert together == list(range(count))


def by_run(line: dict[str, Any]) -> int:
    return int(line["run"])


def test_a_cluster_comes_to_the_same_verdicts_as_the_pool() -> None:
    distributed: Any = pytest.importorskip("distributed")
    pooled: list[dict[str, Any]] = []
    run_local(tiny(), list(range(4)), 2, pooled.extend)
    spread: list[dict[str, Any]] = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        run_dask(tiny(), list(range(4)), cluster.scheduler_address, spread.extend)
    assert sorted(spread, key=by_run) == sorted(pooled, key=by_run)
    assert len(pooled) == 4 and all(line["crc"] for line in pooled)


# the summary


def line(number: int, **more: Any) -> dict[str, Any]:
    sound: dict[str, Any] = {
        "run": number,
        "kind": "middle",
        "pack": "bench_24",
        "target": "cpython",
        "sim_s": 2.0,
        "duty": "none",
        "closed": True,
        "died": "",
        "ok": True,
    }
    return {**sound, **more}


def test_the_summary_counts_what_failed_and_says_how_to_repeat_it() -> None:
    took = [{"group_voltage_stale": float(ms)} for ms in (100, 120, 290, 310)]
    owed = {"duty": "owed", "fault": "group:1 silence 1", "fault_sort": "group silence"}
    lines = [line(n, reactions=each, **owed) for n, each in enumerate(took)]
    lines.append(line(4, ok=False, missed="none of <b> answered", duty="owed"))
    lines.append(line(5, ok=False, false="crash at 10 ms, and nothing was broken"))
    lines.append({"run": 6, "kind": "", "pack": "", "duty": "", "died": "took its worker", "ok": False})
    summary = summarised(tiny(), lines, 7)
    assert not summary["passed"]
    assert {name: summary["counts"][name] for name in ("runs", "missed", "false", "died", "late")} == {
        "runs": 7, "missed": 1, "false": 1, "died": 1, "late": 1
    }  # fmt: skip
    (row,) = summary["reactions"]
    assert (row["n"], row["median_ms"], row["max_ms"], row["budget_ms"]) == (4, 205.0, 310.0, 300)
    assert [row["repeat"].split(" --report")[0] for row in summary["failed"]] == [
        f"hil campaign tiny.toml --only {number}" for number in (4, 5, 6)
    ]
    text = page(summary)
    assert "FAILED" in text and "&lt;b&gt;" in text and "<b> answered" not in text


def test_a_campaign_with_runs_missing_has_not_passed() -> None:
    assert summarised(tiny(), [line(0), line(1)], 2)["passed"]
    assert not summarised(tiny(), [line(0)], 2)["passed"]
