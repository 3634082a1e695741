"""While a measurement is in doubt the filter goes on without it, less sure, and what was found in the layers still holds."""

import pytest

from bms.app import App
from bms.estimate.ekf import SocFilter
from bms.packs import aero_96
from bms.safety import snapshot as S
from tests.fake_board import DRIVE, FakeBoard

PACK = aero_96.PACK
CAPACITY_mAs = PACK.cell.capacity_mAh * 3600
LOAD_mA = -60_000


def flying() -> tuple[App, FakeBoard]:
    """The aircraft in drive with its load, well known."""
    board = FakeBoard(PACK)
    app = App(PACK, board)
    run(app, 30)
    board.request = DRIVE
    run(app, 300)
    board.load_mA = LOAD_mA
    run(app, 300)
    assert board.coils == 5 and app.advice.soc_permille >= 0
    return app, board


def run(app: App, ticks: int) -> None:
    for _ in range(ticks):
        app.tick()
    assert not app.lane_failed and not app.estimator_failures, app.last_error


def test_a_stack_whose_sum_is_in_doubt_does_not_stop_the_count_of_the_filter_nor_what_it_said_of_layers() -> None:
    app, board = flying()
    app.groups.delta.weak_group, app.groups.delta.weak_part = 3, 0.1
    run(app, 20)
    lasting_mV = app.advice.lasting_mV
    assert lasting_mV > 10
    soc, sigma = app.filter.soc, app.filter.sigma
    board.stack_error_mV[1] = 200
    run(app, 3000)
    assert app.plausible.suspect & S.GROUPS and board.coils == 5, "in doubt, and it flies on"
    fallen = 30 * -LOAD_mA / CAPACITY_mAs
    assert soc - app.filter.soc == pytest.approx(fallen, rel=0.05)
    assert app.filter.sigma >= sigma
    assert app.advice.soc_permille >= 0
    assert app.advice.spread_mV >= app.advice.lasting_mV >= lasting_mV // 2


def test_after_a_time_in_which_nobody_measured_the_current_the_filter_knows_that_it_knows_little() -> None:
    app, board = flying()
    app.groups.delta.weak_group, app.groups.delta.weak_part = 3, 0.1
    run(app, 20)
    app.filter.start(app.filter.soc, 0.05)
    run(app, 20)
    assert app.filter.sigma < 0.1
    widened_mV = app.advice.lasting_mV
    board.current_silent = 1
    run(app, 200)
    assert app.plausible.suspect & S.CURRENT
    assert app.filter.sigma == pytest.approx(0.3)
    assert app.advice.soc_permille == -1
    assert app.advice.spread_mV >= widened_mV > 10, "less is known, and no layer stands nearer for that"


def test_a_moment_in_which_nobody_measured_the_current_costs_what_may_have_flowed_in_it_and_no_more() -> None:
    app, board = flying()
    app.filter.start(app.filter.soc, 0.02)
    run(app, 20)
    soc, sigma = app.filter.soc, app.filter.sigma
    board.current_silent = 1
    ticks = 0
    while not app.plausible.suspect & S.CURRENT:
        run(app, 1)
        ticks += 1
        assert ticks < 50
    run(app, 50)
    board.current_silent = 0
    run(app, 20)
    assert not app.plausible.suspect & S.CURRENT
    rated_C = max(PACK.charge_rating_dA, PACK.discharge_rating_dA) / 10 / (PACK.cell.capacity_mAh / 1000)
    most = 2 * 0.7 * rated_C / 3600  # what flowed, and what was counted for it
    assert sigma + 0.5 * most < app.filter.sigma < sigma + 1.5 * most
    assert app.filter.soc == pytest.approx(soc, abs=0.002) and app.advice.soc_permille >= 0


def test_up_to_a_second_is_bridged_and_a_reading_begins_the_second_anew() -> None:
    flt = SocFilter(PACK.cell)
    flt.start(0.6, 0.01)
    flt.hysteresis = -0.7
    for _ in range(2):
        for _step in range(9):
            assert flt.miss(0.001, 0.1) is False
            flt.step(0.0, float("nan"), 3.4, 25.0, 0.1)
        assert flt.hysteresis < -0.5
        assert flt.sigma > 0.018
        flt.sigma, flt._zz = 0.01, 0.0001
        flt.step(0.0, 0.0, float("nan"), 25.0, 0.1)
    before = flt.soc
    assert [flt.miss(0.001, 0.1) for _ in range(12)] == [False] * 10 + [True] * 2
    assert (flt.soc, flt.sigma, flt.hysteresis) == (before, 0.3, 0.0)
