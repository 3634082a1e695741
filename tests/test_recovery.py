"""What the firmware does when something of its own fails, when it wakes, and when a proof would prove nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import alive
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import FakeBoard

PACKS = (bench_24.PACK, ev_240.PACK)
ROWS = {row.name: row for row in F.TABLE}
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def driving(pack: Pack) -> tuple[App, FakeBoard]:
    """A pack in drive."""
    board = FakeBoard(pack, 600)
    app = App(pack, board)
    run(app, 30)
    board.request = M.WISH_DRIVE
    for _ in range(600):
        app.tick()
        if app.machine.state == M.DRIVE:
            return app, board
    raise AssertionError("the pack never closed")


def run(app: App, ticks: int) -> None:
    """Time passes."""
    for _ in range(ticks):
        app.tick()


STEPS: tuple[tuple[str, str], ...] = (
    *(("snap", "summarise"), ("plausible", "step"), ("bound", "step"), ("coulomb", "step"), ("window", "step")),
    *(("monitor", "step"), ("link", "receive"), ("machine", "step"), ("contactor", "step"), ("envelope", "step")),
    *(("link", "send"), ("alive", "step")),
)


@pytest.mark.parametrize(("owner", "method"), STEPS)
def test_an_exception_in_any_step_opens_the_contactors_for_good_and_starves_the_watchdog(owner: str, method: str) -> None:
    app, board = driving(bench_24.PACK)
    part: Any = getattr(app, owner)
    whole: Callable[..., Any] = getattr(part, method)

    def once(*arguments: Any) -> Any:
        setattr(part, method, whole)
        raise RuntimeError("once")

    setattr(part, method, once)
    app.tick()
    assert app.lane_failed
    fed = board.fed
    for _ in range(100):
        assert board.coils == 0
        app.tick()
    assert board.fed == fed


def rested_mV(pack: Pack, soc: float, h: float) -> int:
    """Voltage of a rested layer at 25 degC, from the cell's table by numpy."""
    knots = np.linspace(0.0, 1.0, len(pack.cell.ocv_mV))
    return round(float(np.interp(soc, knots, pack.cell.ocv_mV) + h * np.interp(soc, knots, pack.cell.hyst_mV)))


@each_pack
@pytest.mark.parametrize("t_ddegC", [-300, -200, 0, 250, 500])
@pytest.mark.parametrize("soc", [0.02, 0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("h", [-1.0, 1.0])
@pytest.mark.parametrize("rested", [True, False])
def test_a_sound_pack_at_rest_never_trips_on_waking(pack: Pack, t_ddegC: int, soc: float, h: float, rested: bool) -> None:
    board = FakeBoard(pack)
    board.rested_before = rested
    board.group_mV = [rested_mV(pack, soc, h) * n for n in pack.taps] * pack.stacks
    board.probe_ddegC = [t_ddegC] * len(pack.probe_stack)
    app = App(pack, board)
    for _ in range(300):
        app.tick()
        assert app.monitor.severity < F.TRIP_AFTER_RAMP, app.monitor.first_cause
    assert app.machine.state == M.STANDBY


def test_a_pack_that_may_not_have_rested_is_bounded_wider() -> None:
    width = {}
    for rested in (True, False):
        board = FakeBoard(bench_24.PACK)
        board.rested_before = rested
        app = App(bench_24.PACK, board)
        run(app, 30)
        width[rested] = (app.bound.layer_high_mV - app.bound.layer_low_mV, app.coulomb.high_permille - app.coulomb.low_permille)
    assert width[False][0] > width[True][0]
    assert width[False][1] > width[True][1]


@each_pack
def test_a_current_sensor_b_that_falls_silent_is_missed_in_time_and_nothing_closes_without_it(pack: Pack) -> None:
    app, board = driving(pack)
    silence = S.CURRENT_B_mA
    row = ROWS["current_b_stale"]
    sample = board.sample

    def without_b(snap: Any, mailbox: Any) -> int:
        age_ms = snap.age_ms[silence]
        now_ms = sample(snap, mailbox)
        snap.age_ms[silence] = age_ms
        return now_ms

    board.sample = without_b  # type: ignore[method-assign]
    waited_ms = 0
    while not app.monitor.is_active(row.id):
        app.tick()
        waited_ms += 10
        assert waited_ms <= row.budget_ms
    assert waited_ms > pack.current_a_sensor.deadline_ms
    board.request = M.WISH_OPEN
    run(app, 100)
    board.request = M.WISH_DRIVE
    for _ in range(300):
        app.tick()
        assert board.coils == 0


def test_bus_off_is_told_and_left_again_and_not_hammered() -> None:
    app, board = driving(bench_24.PACK)
    board.can_state = lambda: 4  # type: ignore[method-assign]
    run(app, 30)
    assert app.monitor.is_active(ROWS["can_bus_off"].id)
    assert board.restarts == 1
    run(app, 200)
    assert 2 <= board.restarts <= 4
    board.can_state = lambda: 1  # type: ignore[method-assign]
    run(app, 30)
    assert not app.monitor.is_active(ROWS["can_bus_off"].id)


def test_a_filter_that_fails_is_told_loses_its_advice_and_begins_anew() -> None:
    app, board = driving(bench_24.PACK)
    app.filter._v1_V = float("nan")
    run(app, 12)
    assert app.advice.soc_permille == -1
    assert app.monitor.is_active(ROWS["estimator_failed"].id)
    assert app.machine.state == M.DRIVE
    run(app, 30)
    assert not app.monitor.is_active(ROWS["estimator_failed"].id)
    assert 0.0 <= app.filter.soc <= 1.0
    assert app.advice.soc_permille >= 0
    assert board.coils == S.NEGATIVE | S.POSITIVE


def test_a_silent_current_moves_neither_the_count_nor_the_estimate() -> None:
    app, board = driving(bench_24.PACK)
    board.load_mA = -50000
    run(app, 100)
    board.current_silent = 1
    run(app, 15)
    charge_mAs, soc = app.coulomb.charge_mAs, app.filter.soc
    low, high = app.coulomb.low_mAs, app.coulomb.high_mAs
    run(app, 300)
    assert app.coulomb.charge_mAs == charge_mAs
    assert app.filter.soc == soc
    assert app.coulomb.low_mAs <= low and app.coulomb.high_mAs >= high


def test_time_that_no_tick_saw_widens_the_interval_by_all_that_can_have_flowed() -> None:
    app, board = driving(bench_24.PACK)
    run(app, 100)
    low, high = app.coulomb.low_mAs, app.coulomb.high_mAs
    board.tick_ms = 3000
    app.tick()
    most_mAs = bench_24.PACK.discharge_rating_dA * 100 * 3
    assert app.coulomb.low_mAs <= low - most_mAs * 2 // 3
    assert app.coulomb.high_mAs >= min(high + most_mAs * 2 // 3, app.coulomb.capacity_mAs)


def test_a_reset_while_opening_does_not_bring_the_old_wish_back() -> None:
    app, board = driving(bench_24.PACK)
    board.load_mA = -50000
    run(app, 20)
    board.interlock_closed = 0
    run(app, 4)
    board.interlock_closed = 1
    assert app.machine.state == M.OPENING
    board.reset_faults = 1
    run(app, 60)
    assert app.machine.state == M.FAULT
    board.reset_faults = 0
    run(app, 10)
    board.reset_faults = 1
    for _ in range(300):
        app.tick()
        assert board.coils == 0
    assert app.machine.state == M.STANDBY


@each_pack
def test_a_link_that_reads_full_before_anything_closed_proves_nothing(pack: Pack) -> None:
    """A sensor that is stuck high, or a welded main: no contactor closes, and the reason is named."""
    board = FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    board.request = M.WISH_DRIVE
    for _ in range(900):
        board.link_mV = sum(board.group_mV)
        app.tick()
        assert board.coils == 0
    assert app.monitor.first_cause == ROWS["precharge_fast"].id


@each_pack
def test_a_link_that_rises_with_only_main_negative_closed_is_a_fault(pack: Pack) -> None:
    """Main positive is welded, its auxiliary contact says that it is open, and the link jumps past the resistor."""
    board = FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    board.request = M.WISH_DRIVE
    for _ in range(100):
        if board.coils & S.NEGATIVE:
            board.link_mV = sum(board.group_mV)
        app.tick()
        assert not board.coils & S.POSITIVE
    assert app.monitor.first_cause == ROWS["precharge_fast"].id
    assert app.machine.state == M.FAULT


def test_a_derating_fault_halves_what_both_directions_may_carry() -> None:
    app, _ = driving(bench_24.PACK)
    run(app, 1000)
    free = app.envelope.charge_dA, app.envelope.discharge_dA
    assert min(free) > 50 and app.monitor.severity < F.DERATE
    app.envelope.step(app.machine, F.DERATE, app.bound, app.advice, True, app.snap.current_dA, 10)
    assert app.envelope.charge_dA <= free[0] // 2 + 1
    assert app.envelope.discharge_dA <= free[1] // 2 + 1


@pytest.mark.parametrize(("late_ms", "fed"), [(100, True), (101, False)])
def test_a_tick_that_came_too_late_starves_the_watchdog(late_ms: int, fed: bool) -> None:
    app, board = driving(bench_24.PACK)
    before = board.fed
    board.tick_ms = late_ms
    app.tick()
    assert board.fed == before + fed


def test_layers_of_unlike_temperature_are_bounded_wider_in_the_cold() -> None:
    """One layer 3 K colder than its sisters has some 20 % more resistance at -10 degC: the bound must hold it."""
    apart = {}
    for spread_ddegC in (0, 30):
        pack = replaced(Pack, PACK_FIELDS, bench_24.PACK, spread_t_ddegC=spread_ddegC)
        app, board = driving(pack)
        board.probe_ddegC = [-100 - spread_ddegC + 30] * len(pack.probe_stack)  # the same coldest layer in both
        board.load_mA = -10000
        run(app, 300)
        apart[spread_ddegC] = app.bound.layer_high_mV - app.bound.layer_low_mV
    r0_uohm = bench_24.PACK.cell.r0_uohm[10] * 4
    assert apart[30] - apart[0] > 2 * r0_uohm * 10 * 0.1 / 1000, apart


@pytest.mark.parametrize("spread_mV", [0, 40, -40])
def test_an_estimator_may_widen_a_bound_and_never_narrow_it(spread_mV: int) -> None:
    app, _ = driving(bench_24.PACK)
    run(app, 100)
    width = app.bound.layer_high_mV - app.bound.layer_low_mV
    app.advice.widen(spread_mV)
    app.tick()
    assert app.bound.layer_high_mV - app.bound.layer_low_mV >= width + 2 * max(0, spread_mV) - 2
    app.advice.withdraw()
    app.tick()
    assert abs(app.bound.layer_high_mV - app.bound.layer_low_mV - width) <= 2


def test_the_trail_of_a_whole_tick_is_that_of_all_its_steps_in_order() -> None:
    trail = alive.START
    for k in range(1, alive.STEPS + 1):
        trail = trail * 3 + k
    assert trail == alive.WHOLE
