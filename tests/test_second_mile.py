"""Cold, heat and fast charge: cuts of the long scenarios by day, the whole ones by night; what they expect can fail."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hil import scenario
from hil.cli import main
from hil.judge import JUDGES
from hil.scenario import Expect, Fault, Scenario
from tests.test_first_mile import Done, ride, without_time

MILE = scenario.load("second_mile")
MAKEFILE = (Path(__file__).parents[1] / "Makefile").read_text()
LONG = ("second_mile", *MAKEFILE.split("LONG := ")[1].split("\n", maxsplit=1)[0].split())
ALWAYS = ("no_violation", "heat_balance")


def cut(story: Scenario, most_s: float, **changes: Any) -> Scenario:
    """The same story with every phase as short, and its faults as early in it; only what must always be true is expected."""
    phases, start_s = [], 0.0
    for phase in story.phases:
        phases.append(replace(phase, start_s=start_s, duration_s=min(phase.duration_s, most_s)))
        start_s += phases[-1].duration_s
    begins = [(new.start_s, old.start_s, old.start_s + old.duration_s) for new, old in zip(phases, story.phases)]
    faults = [
        replace(fault, at_s=new_s + min(fault.at_s - old_s, 0.5 * most_s))
        for fault in story.faults
        for new_s, old_s, end_s in begins
        if old_s <= fault.at_s < end_s
    ]
    expects = tuple(expect for expect in story.expects if expect.kind in ALWAYS)
    return replace(story, **{"phases": tuple(phases), "faults": tuple(faults), "expects": expects, **changes})


def warmed(degC: float) -> Expect:
    """The coldest layer of the charge."""
    return Expect("warm", "warmed", {"phase": "charge", "degC": degC, "limit": 60.0})


SHORT = cut(MILE, 20.0)


@pytest.fixture(scope="module")
def short() -> Done:
    """One run of the cut mile in this interpreter."""
    return ride(SHORT)


def test_the_cold_pack_is_warmed_before_it_is_charged_in_earnest(short: Done) -> None:
    record, begin_s = short.bench.recorder, SHORT.phase("charge").start_s
    rows = [k for k, time_s in enumerate(record.time_s) if begin_s + 1 <= time_s < begin_s + 20]
    columns = record.columns
    assert max(columns["heater_percent"][k] for k in rows) > 50
    assert {columns["charge_phase"][k] for k in rows} == {1.0}
    assert columns["coolant_degC"][rows[-1]] > 0
    assert columns["t_true_min_degC"][rows[-1]] > columns["t_true_min_degC"][rows[0]] + 0.5
    assert all(columns["current_A"][k] <= 0.1 * 20 for k in rows)  # what the map allows a layer at -10 degC is 0.19 C at most
    assert short.bench.heat.heater_J > 10_000


def test_the_cut_mile_keeps_every_layer_and_its_accounts(short: Done) -> None:
    assert short.result["passed"], short.result["expectations"]
    assert {row["kind"] for row in short.result["expectations"]} == set(ALWAYS)
    assert short.result["faults"] == []
    assert short.result["contactors"][-1]["state"] == "closed"
    heat = short.result["heat"]
    assert heat["in_J"] == pytest.approx(heat["stored_J"] + heat["lost_J"], rel=0.005)


def test_micropython_warms_and_charges_as_cpython_does_tick_by_tick(short: Done, micropython: str) -> None:
    other = ride(SHORT, "micropython")
    differ = [n for n, (a, b) in enumerate(zip(other.bench.decisions, short.bench.decisions)) if a != b]
    assert differ[:5] == []
    assert without_time(other.result) == without_time(short.result) | {"target": "micropython"}


def test_a_mile_whose_heater_is_dead_is_not_warmed_and_a_sound_one_is() -> None:
    story = cut(MILE, 20.0, expects=(warmed(-10.3),))
    dead = replace(story, faults=(Fault("heater", "gain", 0.0, None, 0.0, 0.0),))
    assert ride(story).result["passed"]
    assert not ride(dead).result["passed"]


def test_without_the_table_nobody_warms_the_pack() -> None:
    bare = ride(cut(MILE, 10.0, thermal=None))
    assert bare.result["heat"]["heater_J"] == 0
    assert bare.bench.plant.coolant_inlet_degC == MILE.temperature_degC
    assert max(bare.bench.recorder.columns["heater_percent"]) == 0


@pytest.mark.parametrize("name", [name for name in LONG if name != "second_mile"])
def test_a_cut_of_every_long_scenario_keeps_every_layer_and_its_accounts(name: str) -> None:
    done = ride(cut(scenario.load(name), 8.0))
    assert done.result["passed"], done.result["expectations"]


@pytest.mark.parametrize("name", LONG)
def test_every_long_scenario_expects_what_can_fail(name: str) -> None:
    kinds = {expect.kind for expect in scenario.load(name).expects}
    assert set(ALWAYS) <= kinds <= JUDGES.keys()
    assert {"contactors_closed_at_end", "contactors_open_at_end"} & kinds
    assert {"charge_moved", "charged"} & kinds
    assert ("fault_named" in kinds and "disturbance_felt" in kinds) or "no_fault" in kinds or name == "weak_layer"


@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "night", reason="by night; by day `make demo` rides it")
def test_the_whole_second_mile_passes_in_micropython(micropython: str, tmp_path: Path) -> None:
    place, report = tmp_path / "mile.json", tmp_path / "mile.html"
    code = main(["run", "second_mile", "--json", str(place), "--report", str(report)])
    outcome = json.loads(place.read_text())
    assert code == 0, outcome["expectations"]
    assert outcome["target"] == "micropython"
    assert outcome["heat"]["error_fraction"] <= 0.005
    assert [row["end"] for row in outcome["charges"]] == ["target"]
    assert report.exists()
