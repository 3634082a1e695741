"""How a vehicle asks to be charged, and how a charge is judged afterwards: by the truth, and by what it told of itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.can.frames import VcuCharge
from bms.packs import bench_24
from hil import judge_charge, scenario
from hil.actors.vehicle import PERIOD_ms, Vehicle, Wish, WISH_ms
from hil.actors.wire import database
from hil.cast import wish_of
from hil.errors import BadInput
from hil.record import Recorder
from hil.witness import Plan

NAMES = [profile.name for profile in bench_24.PACK.cell.profiles]
FRAME = 16
STORY = """
[scenario]
name = "made_up"
title = "A charge"
pack = "bench_24"
soc_true = 0.2
temperature_degC = 25
hysteresis = 0

[[phase]]
name = "wake"
kind = "idle"
duration_s = 10

[[phase]]
name = "charge"
kind = "charge"
duration_s = 400
"""


def phase(lines: str = "") -> scenario.Phase:
    """The charge of the story, with more lines."""
    return scenario.parse(STORY + lines, "made_up.toml").phase("charge")


def wishes(wish: Wish | None, ticks: int = 100) -> list[tuple[int, VcuCharge]]:
    """What the vehicle says of its charge, and when, by the firmware's codec."""
    vehicle = Vehicle(database(), 0)
    vehicle.enter("charge", None, 0, wish=wish)
    heard = []
    for now_ms in range(0, ticks * 10, PERIOD_ms):
        frames = vehicle.step(None, None, now_ms)
        for at in range(0, len(frames), FRAME):
            if int.from_bytes(frames[at : at + 2], "little") == VcuCharge.ID:
                said = VcuCharge()
                assert said.unpack(frames[at + 8 : at + 16])
                heard.append((now_ms, said))
    return heard


@given(
    profile=st.none() | st.integers(0, len(NAMES) - 1),
    target=st.integers(0, 1000),
    departure=st.none() | st.integers(0, 262_142),
)
def test_the_firmware_reads_the_wish_that_the_vehicle_has(profile: int | None, target: int, departure: int | None) -> None:
    (now_ms, said), *_ = wishes(Wish(profile, target / 1000, departure), 1)
    assert now_ms == 0
    assert said.wanted_profile == (15 if profile is None else profile)
    assert said.wanted_target_permille == target
    assert said.departure_s == (262_143 if departure is None else departure)


def test_a_wish_is_said_again_and_again_and_the_departure_comes_nearer() -> None:
    heard = wishes(Wish(None, 0.8, 3.0), 500)
    assert [now_ms for now_ms, _ in heard] == list(range(0, 5000, WISH_ms))
    left_s = [said.departure_s for _, said in heard]
    assert left_s == sorted(left_s, reverse=True)
    assert (left_s[0], left_s[-1]) == (3, 0)


def test_a_vehicle_without_a_wish_says_nothing_of_its_charge() -> None:
    assert wishes(None) == []
    assert wish_of(phase(), bench_24.PACK, "x") is None


@pytest.mark.parametrize("name", NAMES)
def test_a_phase_names_its_profile_by_the_name_that_the_cell_has_for_it(name: str) -> None:
    wish = wish_of(phase(f'charge_profile = "{name}"'), bench_24.PACK, "x")
    assert wish == Wish(NAMES.index(name), 1.0, None)
    assert wish_of(phase("target_soc = 0.8\ndeparture_s = 3600"), bench_24.PACK, "x") == Wish(None, 0.8, 3600.0)


def test_a_profile_that_the_cell_does_not_have_is_refused_by_file_and_field() -> None:
    with pytest.raises(BadInput, match=r"x.toml: \[\[phase\]\] charge charge_profile: 'warp' is none of cc_cv, "):
        wish_of(phase('charge_profile = "warp"'), bench_24.PACK, "x.toml")


@pytest.mark.parametrize("line", ["target_soc = 0.8", 'charge_profile = "cc_cv"', "departure_s = 10"])
def test_only_a_charge_has_a_wish(line: str) -> None:
    with pytest.raises(BadInput, match=line.split(maxsplit=1)[0] + ": only for a charge, not 'rest'"):
        scenario.parse(STORY.replace('kind = "charge"', f'kind = "rest"\n{line}'), "made_up.toml")


class Told:
    """A run of the story whose charge warms 0.1 K and takes 0.1 % a second, and ends when it likes."""

    def __init__(self, end_s: float | None = 300.0, told: Any = None, end: str = "target") -> None:
        self.scenario = scenario.parse(STORY, "made_up.toml")
        recorder = Recorder(24)
        for at_s in range(410):
            charged_s = max(at_s - 10, 0) if end_s is None else min(max(at_s - 10, 0), end_s)
            recorder.sample(
                1000 * at_s,
                soc_true=0.2 + 0.001 * charged_s,
                t_true_min_degC=0.1 * charged_s,
                t_true_max_degC=50 - 0.1 * charged_s,
            )
        told = told or (lambda left_s: round(left_s))
        goes_s = 400 if end_s is None else int(end_s)
        plans = [Plan(10_000 + 1000 * s, "charging", "none", told((end_s or 400) - s)) for s in range(goes_s)]
        if end_s is not None:
            plans.append(Plan(10_000 + int(1000 * end_s), "cooling", end, None))
        self.witness: Any = SimpleNamespace(recorder=recorder, plans=plans)

    def judge(self, kind: str, **values: Any) -> tuple[bool, Any]:
        passed, value, _ = getattr(judge_charge, kind)(self, {"phase": "charge", **values})
        return passed, value


def test_a_charge_is_as_fast_as_the_true_layers_were() -> None:
    run = Told()
    assert run.judge("charged", soc=0.3, limit=100.5) == (True, pytest.approx(100, abs=1))
    assert run.judge("charged", soc=0.3, limit=98)[0] is False
    assert run.judge("charged", soc=0.55, limit=1000) == (False, None)


def test_warm_is_when_the_coldest_layer_is_and_cool_when_the_hottest_is() -> None:
    run = Told()
    assert run.judge("warmed", degC=20.0, limit=201) == (True, pytest.approx(200, abs=1))
    assert run.judge("warmed", degC=20.0, limit=150)[0] is False
    assert run.judge("cooled", degC=40.0, limit=101) == (True, pytest.approx(100, abs=1))
    assert run.judge("cooled", degC=10.0, limit=1000) == (False, None)


def test_what_was_reached_in_another_phase_does_not_count() -> None:
    run = Told()
    passed, value, _ = judge_charge.charged(run, {"phase": "wake", "soc": 0.3, "limit": 1000})
    assert (passed, value) == (False, None)


def test_a_charge_that_ends_otherwise_or_late_or_never_is_not_as_expected() -> None:
    assert Told().judge("charge_ended", end="target", limit=300.0)[0]
    assert not Told().judge("charge_ended", end="target", limit=299.0)[0]
    assert not Told(end="taper").judge("charge_ended", end="target", limit=300.0)[0]
    assert not Told(None).judge("charge_ended", end="target", limit=1000.0)[0]


@pytest.mark.parametrize(
    ("told", "worst"),
    [
        (None, 0.0),
        (lambda left_s: round(1.08 * left_s), 0.08),
        (lambda left_s: round(left_s) + 6, 0.1),  # of a minute, once there is less than that left
        (lambda left_s: 0, 1.0),
        (lambda left_s: None, 1.0),
        (lambda left_s: None if left_s > 240 else round(left_s), 0.0),  # in the first minute nobody has to know
        (lambda left_s: None if left_s > 235 else round(left_s), 1.0),
    ],
)
def test_the_time_left_is_as_wrong_as_its_worst_moment_after_the_first_minute(told: Any, worst: float) -> None:
    passed, value = Told(told=told).judge("remaining_told", limit=0.1)
    assert value == pytest.approx(worst, abs=0.01)
    assert passed == (value <= 0.1)


def test_a_charge_whose_end_nobody_saw_told_nothing_right() -> None:
    assert Told(None).judge("remaining_told", limit=10.0) == (False, None)


def test_the_result_tells_every_charge() -> None:
    (row,) = judge_charge.charges(Told())
    assert row == {"phase": "charge", "soc_begin": 0.2, "soc_end": pytest.approx(0.5), "seconds": 300.0, "end": "target"}
    (row,) = judge_charge.charges(Told(None))
    assert (row["seconds"], row["end"]) == (400.0, "none")
