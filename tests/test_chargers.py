"""A charger that misbehaves, against the real firmware: no layer is harmed, the cause is named in time, and nothing less."""

from pathlib import Path

import pytest

from bms.safety.faults import TABLE, TRIP_AFTER_RAMP
from hil import scenario
from hil.actors.charger import Charger
from hil.actors.converter import KINDS
from hil.judge import contactor_state, judged
from tests.charger_rides import PACK_TEXT, BEGIN_s, Place, Ride, fault, phase, ride, run_of

ROWS = {row.name: row for row in TABLE}
PERIOD_ms = 100
"""Of what it says, and of what it hears."""
HELD_ms = 500
FALL_ms = 2000
"""A source may take so long to hear of a lower limit, and the line falls from 8 C within so long."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """bench_24 with a way to charge that warms nothing first."""
    path = tmp_path_factory.mktemp("packs") / "plain_24.py"
    path.write_text(PACK_TEXT)
    return Place(path)


def ended(done: Ride, name: str) -> None:
    """The fault stands as the first cause, the contactors are open and nothing flows."""
    assert done.run.witness.first_cause is not None
    assert done.run.witness.first_cause.name == name, done.names
    assert contactor_state(done.run.contactors[-1][1]) == "open"
    assert done.currents_A[-1] == 0.0


def in_time(name: str, since_ms: float, done: Ride, lag_ms: float) -> None:
    """Zero limits not before the row's debounce and within its budget; `lag_ms`: until there was anything to be seen."""
    row = ROWS[name]
    took_ms = done.zero_ms(round(since_ms)) - since_ms
    assert row.after_ms <= took_ms <= row.budget_ms + lag_ms, f"{name} after {took_ms} ms"


SLEW_ms = PERIOD_ms  # for no more than 10 A
REACTS = (
    # kind, severity, fault, how long until there is anything to be seen
    ("gain", 1.2, "charger_exceeds", SLEW_ms),
    ("offset", 4.0, "charger_exceeds", SLEW_ms),
    ("ripple", 12.0, "charge_current_high", 1000 / 3.0 / 4),
    ("silence", 1.0, "charger_lost", 0.0),  # its budget holds the deadline
    ("drop_out", 1.0, "charger_lost", 0.0),
    ("fails", 1.0, "charger_failed", PERIOD_ms),
    ("lies_current", 5.0, "charger_exceeds", PERIOD_ms),
    ("lies_voltage", 5.4, "charger_voltage_apart", PERIOD_ms),
    ("lies_voltage", -5.4, "charger_voltage_apart", PERIOD_ms),
)


@pytest.mark.parametrize(("kind", "severity", "name", "lag_ms"), REACTS)
def test_what_a_charger_does_wrong_is_named_in_time_and_ends_the_charge(
    place: Place, kind: str, severity: float, name: str, lag_ms: float
) -> None:
    done = ride(place, fault(kind, severity))
    ended(done, name)
    in_time(name, BEGIN_s * 1000, done, lag_ms)


@pytest.mark.parametrize(("times", "name"), [(1.02, None), (1.3, "charger_exceeds")])
def test_one_that_gives_more_than_it_was_asked_for_is_named_though_the_limit_is_far(
    place: Place, tmp_path: Path, times: float, name: str | None
) -> None:
    slow = tmp_path / "slow_24.py"
    slow.write_text(place.pack.read_text().replace("map_limited", "cc_cv"))
    done = ride(Place(slow), fault("gain", times))
    assert max(done.currents_A) < 14 < 0.6 * max(limit_A for _, limit_A in done.limits_A)
    if name is None:
        assert done.names == []
        assert done.currents_A[-1] == pytest.approx(10.0 * times, abs=0.2)
    else:
        ended(done, name)
        in_time(name, BEGIN_s * 1000, done, SLEW_ms)


TWINS = (
    # kind, severity, how long: each a little less than what is named
    ("gain", 1.01, 1.2),
    ("offset", 0.8, 1.2),
    ("offset", -5.0, 1.2),
    ("ripple", 4.0, 1.2),
    ("fast_ripple", 4.0, 1.2),
    ("silence", 1.0, 0.35),
    ("drop_out", 1.0, 0.35),
    ("lies_current", 0.8, 1.2),
    ("lies_current", -30.0, 1.2),
    ("lies_voltage", 4.2, 1.5),
    ("lies_voltage", -4.2, 1.5),
    ("lies_voltage", 20.0, 0.7),
)


def test_what_is_just_less_is_felt_and_blamed_on_nobody(place: Place) -> None:
    at_s, faults = BEGIN_s, []
    for kind, severity, lasts_s in TWINS:
        faults.append(fault(kind, severity, at_s=at_s, duration_s=lasts_s))
        at_s += lasts_s + 1.5
    done = ride(place, *faults, charge_s=at_s)
    assert done.names == []
    assert done.run.witness.state == "charge"
    assert done.current_A(at_s) > 20


HOT = 60.0
"""K on the coolant: a fault that halves the limits a second later, and nothing else."""


@pytest.mark.parametrize(("kind", "severity"), [("late", 3.0), ("ignores", 1.0)])
def test_one_that_does_not_follow_a_lower_limit_is_stopped_once_it_has_had_its_time(
    place: Place, kind: str, severity: float
) -> None:
    done = ride(place, fault(kind, severity), fault("offset", HOT, target="coolant"), charge_s=8.0)
    ended(done, "charger_exceeds")
    fell_ms, before_A = next(
        (now_ms, limit_A)
        for (now_ms, lower_A), (_, limit_A) in zip(done.limits_A[1:], done.limits_A)
        if now_ms > 1000 * BEGIN_s and lower_A < 0.6 * limit_A
    )
    row = ROWS["charger_exceeds"]
    fall_ms = before_A / 2 / (8 * 20) * FALL_ms
    took_ms = done.zero_ms(fell_ms) - fell_ms
    assert HELD_ms + row.after_ms <= took_ms <= HELD_ms + fall_ms + PERIOD_ms + row.budget_ms


@pytest.mark.parametrize(("late_s", "told"), [(0.4, []), (0.8, ["charge_over_limit_warn"])])
def test_one_that_follows_a_little_late_is_at_most_warned_of(place: Place, late_s: float, told: list[str]) -> None:
    done = ride(place, fault("late", late_s), fault("offset", HOT, target="coolant"), charge_s=8.0)
    assert done.names == ["coolant_hot", *told]
    assert done.run.witness.state == "charge"
    assert done.current_A(8.9) < 20


@pytest.mark.parametrize("kind", ["ignores", "weld", "late"])
def test_what_goes_on_after_the_stop_is_ended_by_the_contactors_and_not_taken_up_again(place: Place, kind: str) -> None:
    again = phase("again", "charge", 4.0) if kind != "late" else ""
    done = ride(place, fault(kind, 30.0), phase("stop", "open", 2.0), again)
    stop_s = 7.0
    pack = done.bench.pack
    open_s = stop_s + (pack.open_timeout_ms + pack.contactor_delay_ms + 3 * 10) / 1000
    assert done.current_A(stop_s + 0.4) > 20
    assert max(done.currents_A[round(open_s * 100) :]) == 0.0
    assert "opening_forced" in done.names
    assert done.links_V[-1] > done.bench.plant.pack_V + 10, "it was there until the end"
    assert contactor_state(done.run.contactors[-1][1]) == "open"
    assert done.bench.hv.breaks[-1][2] > 20


def test_one_welded_contactor_does_not_keep_a_charger_that_is_welded_too(place: Place) -> None:
    welds = fault("weld"), fault("weld", target="contactor:positive")
    done = ride(place, *welds, phase("stop", "open", 3.0))
    assert done.currents_A[-1] == 0.0
    assert done.run.witness.first_cause is not None
    assert done.run.witness.first_cause.name == "contactor_welded"


@pytest.mark.parametrize(
    ("times", "name"), [(0.5, None), (2.0, "charger_exceeds"), (10.0, "charge_current_high"), (30.0, "charge_current_high")]
)
def test_an_overshoot_on_the_way_up_is_judged_as_any_other_current(place: Place, times: float, name: str | None) -> None:
    done = ride(place, fault("overshoot", times, at_s=1.0), charge_s=5.0)
    if name is None:
        assert done.names == []
        assert done.current_A(5.9) > 20
    else:
        ended(done, name)


@pytest.mark.parametrize("peak_A", [12.0, 30.0, 60.0])
def test_a_ripple_above_the_tick_harms_no_layer_and_a_large_one_ends_the_charge(place: Place, peak_A: float) -> None:
    done = ride(place, fault("fast_ripple", peak_A))
    if peak_A < 25:
        assert done.names == []
    else:
        assert contactor_state(done.run.contactors[-1][1]) == "open"
    if peak_A > 50:
        ended(done, "charger_exceeds")


def test_an_error_that_grows_is_named_once_it_is_beyond_what_converters_err(place: Place) -> None:
    done = ride(place, fault("offset", 8.0, ramp_s=4.0), charge_s=7.0)
    ended(done, "charger_exceeds")
    row = ROWS["charger_exceeds"]
    limit_A = max(limit_A for now_ms, limit_A in done.limits_A if now_ms > 1000 * BEGIN_s)
    sensor = done.bench.pack.current_a_sensor
    beyond_A = 0.02 * limit_A + 0.02 * 20
    surely_A = beyond_A + limit_A * 0.011 + (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u) / 1e6 + 0.3
    first_ms, last_ms = (
        next(tick for tick, current_A in enumerate(done.currents_A) if current_A > limit_A + over_A) * 10
        for over_A in (beyond_A, surely_A)
    )
    assert first_ms + row.after_ms <= done.zero_ms(5000) <= last_ms + row.budget_ms


def test_a_pack_too_cold_for_much_is_not_given_it_by_a_charger_that_gives_too_much(place: Place) -> None:
    done = ride(place, fault("offset", 100.0), degC=-15.0)
    ended(done, "charge_current_high")
    took_ms = done.zero_ms(5000) - 5000
    assert took_ms <= ROWS["charge_current_high"].budget_ms + 20
    assert max(done.currents_A) < 20 / 2


def test_one_that_drops_out_and_comes_back_charges_only_after_reset_and_a_new_wish(place: Place) -> None:
    done = ride(
        place,
        fault("drop_out", duration_s=1.5),
        phase("stop", "open", 1.5),
        phase("stubborn", "charge", 1.5),
        phase("reset", "open", 3.0, reset=True),
        phase("again", "charge", 4.0),
        charge_s=8.0,
    )
    assert done.run.witness.first_cause is None, "it was reset"
    assert "charger_lost" in done.names
    opened_s, again_s = 5.7, 9.0 + 1.5 + 1.5 + 3.0
    assert max(done.currents_A[round(opened_s * 100) : round(again_s * 100)]) == 0.0
    states = [state for now_ms, state in done.run.witness.states if opened_s <= now_ms / 1000 < again_s]
    assert set(states) <= {"fault", "standby"}
    assert done.run.witness.state == "charge"
    assert done.currents_A[-1] > 10


def test_a_charger_is_not_even_switched_on_below_the_charge_window(place: Place) -> None:
    done = ride(place, charge_s=4.0, degC=-25.0)
    assert done.run.witness.state == "charge"
    assert max(done.currents_A) == 0.0
    charger = done.bench.charger
    assert isinstance(charger, Charger)
    assert (charger.request.values["charge_enable"], charger.request.values["charge_current"]) == (0, 0)


def test_the_story_of_a_charger_that_misbehaves_three_times_is_as_it_is_told() -> None:
    done = run_of(scenario.load("charger_misbehaves"))
    assert [row for row in judged(done.run) if not row["passed"]] == []
    told = [name for name in done.names if ROWS[name].severity >= TRIP_AFTER_RAMP]
    assert told == ["charger_lost", "charger_exceeds"]


def test_every_kind_is_either_in_a_table_or_in_a_test_of_its_own() -> None:
    alone = {"late", "fast_ripple", "overshoot", "ignores", "weld"}
    assert {kind for kind, *_ in REACTS} | alone == set(KINDS)
