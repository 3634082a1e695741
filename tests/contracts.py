"""What loop-free integer steps of the safety lane promise, each as one function that CrossHair follows down all its paths.

The leading asserts say for which values, the others what must be true of them. The functions called are those of the
firmware. Currents and table values are kept to ranges in which the solver ends; that products fit is shown elsewhere.
"""

from array import array
from typing import Any

import hil  # noqa: F401  puts the shim on sys.path, so that bms can be imported
from bms.control import thermal
from bms.packs.bench_24 import PACK
from bms.safety import clock, coulomb, faults, machine, monitor, signals, snapshot, tables
from bms.safety import contactor as coils

AGE_MAX_ms = 60_000
POINTS = array("i", [0, 100, 300])


class Thing:
    """What a step asks of another module: attributes and nothing else."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def bare(kind: type[Any], **attributes: Any) -> Any:
    """An object of the firmware with these attributes, as it may stand in the middle of its life."""
    made = object.__new__(kind)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def age_saturates_and_never_runs_backwards(age_ms: int, dt_ms: int) -> None:
    assert 0 <= age_ms <= AGE_MAX_ms and 1 <= dt_ms <= 500
    ages = [age_ms]
    oldest = snapshot.aged(ages, 1, dt_ms)
    assert ages[0] == oldest == min(age_ms + dt_ms, AGE_MAX_ms)


def later_leaves_what_is_fresh(age_ms: int, dt_ms: int) -> None:
    assert 0 <= age_ms <= AGE_MAX_ms and 1 <= dt_ms <= 500
    ages = [age_ms]
    moved = snapshot.later(ages, 1, dt_ms)
    assert moved == (age_ms > 0)
    assert ages[0] == (min(age_ms + dt_ms, AGE_MAX_ms) if age_ms else 0)


def a_drop_is_rounded_up_and_by_less_than_a_millivolt(r_uohm: int, i_dA: int) -> None:
    assert 0 <= r_uohm < tables.SMALL_uohm and 0 <= i_dA <= 3
    drop_mV = tables.drop_mV(r_uohm, i_dA)
    assert drop_mV * 10_000 - 9_999 <= r_uohm * i_dA <= drop_mV * 10_000


def a_drop_over_much_is_never_rounded_down(r_uohm: int, i_dA: int) -> None:
    assert tables.SMALL_uohm <= r_uohm < 1 << 24 and 0 <= i_dA <= 3
    assert tables.drop_mV(r_uohm, i_dA) * 10_000 >= r_uohm * i_dA


def a_current_is_the_most_that_does_not_drop_more(v_mV: int, r_uohm: int) -> None:
    assert 0 <= v_mV < 1 << 20 and 1 <= r_uohm <= 3
    i_dA = tables.current_dA(v_mV, r_uohm)
    held_mV = min(v_mV, tables.VOLTAGE_MAX_mV)
    assert i_dA * r_uohm <= held_mV * 10_000 < (i_dA + 1) * r_uohm


def a_value_between_points_is_between_their_values(x: int, low: int, middle: int, high: int) -> None:
    assert -1000 <= x <= 1000 and 0 <= low <= middle <= high <= 9000
    y = tables.interpolated(x, POINTS, [low, middle, high])  # type: ignore[arg-type]
    assert low <= y <= high
    assert y <= middle if x <= 100 else y >= middle
    assert y == low if x <= 0 else y == high or x < 300


def a_segment_holds_its_value(x: int) -> None:
    assert -(1 << 29) < x < 1 << 29
    k = tables.segment(x, POINTS)
    assert k == (1 if x >= 100 else 0)


def _row(samples: int, after_ms: int, latch: int, state: int, count: int, time_ms: int, gone: int) -> Any:
    """A monitor of one row whose debounce stands somewhere."""
    return bare(
        monitor.Monitor,
        _value=[0], _where=[7], _new_bits=1, _channel=[1], _release=[5], _samples=[samples], _after_ms=[after_ms],
        _latch=[latch], _severity=[faults.TRIP_NOW], _id=[3], _signal=[0], _state=[state], _count=[count], _time_ms=[time_ms],
        _gone=[gone], words=[8 if state >= 2 else 0], severity=0, first_cause=0, first_where=255, first_severity=0,
    )  # fmt: skip


def a_fault_needs_all_its_samples_and_all_its_time(
    samples: int, after_ms: int, count: int, time_ms: int, excess: int, dt_ms: int
) -> None:
    assert 1 <= samples <= 1000 and 0 <= after_ms <= 60_000 and 1 <= dt_ms <= 500
    assert 1 <= count <= samples and 0 <= time_ms <= 60_000 and -(1 << 29) < excess < 1 << 29
    watch = _row(samples, after_ms, 1, 1, count, time_ms, 0)
    changed = watch._judge(0, excess, dt_ms)
    waited_ms = min(time_ms + dt_ms, 60_000)
    due = excess > 0 and count + 1 >= samples and waited_ms >= after_ms
    assert changed == due
    assert watch.words[0] == (8 if due else 0)
    assert watch.first_cause == (3 if due else 0)
    assert watch._state[0] == (2 if due else 1 if excess > 0 else 0)


def a_first_sample_starts_the_count_anew(samples: int, after_ms: int, time_ms: int, excess: int) -> None:
    assert 1 <= samples <= 1000 and 0 <= after_ms <= 60_000 and 0 <= time_ms <= 60_000 and -1000 <= excess <= 1000
    watch = _row(samples, after_ms, 1, 0, 0, time_ms, 0)
    changed = watch._judge(0, excess, 10)
    assert changed == (excess > 0 and samples == 1 and after_ms == 0)
    if excess > 0 and not changed:
        assert (watch._count[0], watch._time_ms[0]) == (1, 0)


def a_latched_fault_stays_whatever_comes(excess: int, state: int, count: int, time_ms: int, gone: int) -> None:
    assert 2 <= state <= 3 and 0 <= count <= 10 and 0 <= time_ms <= 60_000 and 0 <= gone <= 1 and -1000 <= excess <= 1000
    watch = _row(3, 100, 1, state, count, time_ms, gone)
    assert watch._judge(0, excess, 10) == 0
    assert watch.words[0] == 8 and watch._state[0] >= 2
    assert not watch._gone[0] or excess <= -5


def an_unlatched_fault_leaves_only_beyond_its_hysteresis(excess: int, state: int, count: int, time_ms: int) -> None:
    assert 2 <= state <= 3 and 0 <= count <= 10 and 0 <= time_ms <= 60_000 and -1000 <= excess <= 1000
    watch = _row(3, 100, 0, state, count, time_ms, 0)
    if watch._judge(0, excess, 10):
        assert excess <= -5 and state == 3 and count >= 2 and time_ms >= 90
        assert watch.words[0] == 0
    else:
        assert watch.words[0] == 8


def _machine(armed: bool, tripped: bool, held: bool, tested: bool, in_state_ms: int) -> Any:
    return bare(
        machine.Machine,
        _open_current_dA=20, _open_timeout_ms=500, _precharge_timeout_ms=2000, state=0, in_state_ms=in_state_ms, armed=armed,
        tripped=tripped, held=held, barred=False, forced=False, tested=tested, closed_wanted=0, charge_allowed=0,
        discharge_allowed=0,
    )  # fmt: skip


def what_trips_at_once_leads_into_fault_from_everywhere(state: int, wish: int, ready: bool, closed: bool, little: bool) -> None:
    assert 0 <= state <= 7 and 0 <= wish <= 4
    for armed in (False, True):
        made = _machine(armed, False, False, True, 0)
        assert made._next(state, faults.TRIP_NOW, wish, ready, closed, little) == machine.FAULT


def no_current_is_allowed_on_any_way_out_of_a_trip(
    state: int, wish: int, ready: bool, closed: bool, little: bool, in_state_ms: int
) -> None:
    assert 0 <= state <= 7 and 0 <= wish <= 4 and 0 <= in_state_ms <= 60_000
    made = _machine(True, True, False, True, in_state_ms)
    after = made._next(state, faults.TRIP_AFTER_RAMP, wish, ready, closed, little)
    if after == machine.OPENING:
        assert state in (machine.DRIVE, machine.CHARGE) or (state == machine.OPENING and not little and in_state_ms < 500)
    else:
        assert after == machine.FAULT


def nothing_begins_to_close_unless_armed_ready_wished_and_not_held(
    state: int, wish: int, armed: bool, held: bool, ready: bool, closed: bool
) -> None:
    assert 0 <= state <= 7 and 0 <= wish <= 4
    made = _machine(armed, False, held, True, 100)
    after = made._next(state, 0, wish, ready, closed, True)
    if machine.STATES[after][1] and not machine.STATES[state][1]:
        assert after == machine.PRECHARGE and state == machine.STANDBY
        assert armed and ready and not held and wish in (machine.WISH_DRIVE, machine.WISH_CHARGE)


def current_flows_only_behind_proven_contacts(state: int, wish: int, severity: int, ready: bool, closed: bool) -> None:
    assert 0 <= state <= 7 and 0 <= wish <= 4 and 0 <= severity <= 5
    made = _machine(True, False, False, True, 100)
    after = made._next(state, severity, wish, ready, closed, False)
    if after in (machine.DRIVE, machine.CHARGE) and state not in (machine.DRIVE, machine.CHARGE):
        assert state == machine.PRECHARGE and closed and severity < faults.TRIP_AFTER_RAMP


def no_state_but_a_rest_outlasts_its_time(state: int, severity: int, wish: int, ready: bool, in_state_ms: int) -> None:
    assert 0 <= state <= 7 and 0 <= wish <= 4 and 0 <= severity <= 5 and 4000 <= in_state_ms <= 60_000
    made = _machine(True, False, False, True, in_state_ms)
    after = made._next(state, severity, wish, ready, False, False)
    assert after != state or state not in (machine.SELF_TEST, machine.PRECHARGE, machine.OPENING)


def coils_are_those_of_the_phase_and_main_positive_never_comes_before_precharge(phase: int) -> None:
    assert coils.OPEN <= phase <= coils.CLOSED
    mask = coils.COILS[phase]
    assert (mask & 4 == 0) == (phase < coils.PLUS)
    assert (mask & 2 != 0) == (phase in (coils.PRECHARGING, coils.PLUS))
    assert (mask & 1 != 0) == (phase != coils.OPEN)


def opening_is_one_step_from_any_phase(phase: int, link_mV: int, pack_mV: int) -> None:
    assert coils.OPEN <= phase <= coils.CLOSED and 0 <= link_mV <= 1 << 20 and 0 <= pack_mV <= 1 << 20
    made = bare(coils.Contactor, _signals=Thing(value=[1] * signals.SIGNALS), phase=phase)
    assert made._next(phase, 0, Thing(value=[0, 0, pack_mV, link_mV]), 10) == coils.OPEN


def a_coil_is_held_with_less_only_after_it_has_pulled_in(left_ms: int, dt_ms: int) -> None:
    assert 1 <= left_ms <= 10_000 and 1 <= dt_ms <= 500
    made = bare(coils.Contactor, _pull_left_ms=left_ms, hold_percent=100, _economy_percent=30)
    made._pull(dt_ms)
    assert made._pull_left_ms == max(left_ms - dt_ms, 0)
    assert made.hold_percent == (100 if left_ms > dt_ms else 30)


def a_request_for_heat_or_cold_begins_outside_and_ends_inside(cold_ddegC: int, hot_ddegC: int, reason: int) -> None:
    assert -1900 <= cold_ddegC <= hot_ddegC <= 1900 and 0 <= reason <= 8
    made = thermal.Thermal(PACK, Thing(), Thing())  # type: ignore[arg-type]
    made.reason = reason
    bound, wishes = Thing(hot_ddegC=hot_ddegC, cold_ddegC=cold_ddegC), Thing(heat_to_ddegC=-2000, cool_to_ddegC=2000)
    mode = made._choose(machine.CHARGE, 2, bound, wishes)  # type: ignore[arg-type]
    least, most = PACK.cell.t_charge_min_ddegC[0], PACK.cell.t_charge_max_ddegC[0]
    band = PACK.thermal.band_ddegC
    if mode == thermal.HEAT:
        assert cold_ddegC < least or (reason == thermal.CHARGE_COLD and cold_ddegC < least + band)
    else:
        assert cold_ddegC >= least
        assert (mode == thermal.COOL) == (hot_ddegC > most - (2 * band if reason == thermal.CHARGE_HOT else band))


def the_lane_lives_through_one_to_five_hundred_milliseconds_a_tick(last_ms: int, now_ms: int) -> None:
    assert 0 <= last_ms < 1 << 30 and 0 <= now_ms < 1 << 30
    made = clock.Clock(Thing(value=[0] * signals.SIGNALS))  # type: ignore[arg-type]
    made._last_ms = last_ms
    dt_ms = made.step(now_ms)
    gone_ms = now_ms - last_ms if now_ms >= last_ms else now_ms - last_ms + (1 << 30)
    assert dt_ms == min(max(gone_ms, 1), 500)
    assert made.missed_ms == max(gone_ms - 500, 0)


def a_published_state_of_charge_is_a_permille_and_its_ends_are_in_order(low_mAs: int, width_mAs: int) -> None:
    assert 0 <= low_mAs <= 72_000_000 and 0 <= width_mAs <= 72_000_000 - low_mAs
    made = coulomb.Coulomb(PACK, 500)
    made.low_mAs, made.high_mAs = low_mAs, low_mAs + width_mAs
    made.publish()
    assert 0 <= made.low_permille <= made.high_permille <= 1000
