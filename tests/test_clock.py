"""The lane lives through every millisecond at least once and through no more than half a second at a time; the rest is told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety.clock import Clock
from tests.fake_board import DRIVE, FakeBoard
from tests.provoke import in_state, zero

TURN_ms = 1 << 30
ID = {row.name: row.id for row in F.TABLE}
steps = st.lists(
    st.sampled_from([0, 1, 9, 10, 10, 10, 30, 31, 100, 101, 500, 501, 4105, 65535, 70_000, -1, -10, -86_400_000, TURN_ms - 1])
    | st.integers(0, TURN_ms - 1)
    | st.integers(1, 40),
    max_size=60,
)


def naive(now_ms: int, moves: list[int]) -> list[dict[str, Any]]:
    """What a clock with all the time in the world would say at every tick."""
    out = []
    late = worst = 0
    lived = 10
    for move in [None, *moves]:
        true = 10 if move is None else move % TURN_ms
        now_ms = now_ms if move is None else (now_ms + move) % TURN_ms
        lasted = min(500, max(1, true))
        if move is not None:
            lived += lasted
        if true > 30:
            late += 1
            worst = max(worst, min(4095, true - 10))
        out.append(
            {
                "now": now_ms,
                "dt": lasted,
                "missed": max(0, true - 500),
                "late": late,
                "worst": worst,
                "uptime": lived // 1000,
                "tick": min(65535, true),
                "jumped": int(true > 500),
            }
        )
    return out


@given(start=st.integers(0, TURN_ms - 1) | st.sampled_from([0, TURN_ms - 5]), moves=steps)
def test_the_clock_agrees_with_a_naive_one_whatever_the_board_says(start: int, moves: list[int]) -> None:
    signals = N.Signals()
    clock = Clock(signals)
    for expected in naive(start, moves):
        dt_ms = clock.step(expected["now"])
        assert {
            "now": expected["now"],
            "dt": dt_ms,
            "missed": clock.missed_ms,
            "late": clock.late_ticks,
            "worst": clock.worst_lateness_ms,
            "uptime": clock.uptime_s,
            "tick": signals.value[N.TICK_ms],
            "jumped": signals.value[N.CLOCK_jumped],
        } == expected


def test_the_count_of_late_ticks_stays_at_its_end() -> None:
    clock = Clock(N.Signals())
    clock.late_ticks = 65533
    for k in range(10):
        clock.step(k * 40)
    assert clock.late_ticks == 65535


def test_uptime_begins_anew_after_half_a_year() -> None:
    clock = Clock(N.Signals())
    clock.uptime_s = 0xFFFFFF
    for k in range(101):
        clock.step(k * 10)
    assert clock.uptime_s == 0


def after(tick_ms: int) -> tuple[App, FakeBoard]:
    """Driving, and one tick that takes so long."""
    app, board = in_state(bench_24.PACK, M.DRIVE)
    board.tick_ms = tick_ms
    app.tick()
    board.tick_ms = 10
    return app, board


@pytest.mark.parametrize(
    ("tick_ms", "told"),
    [
        (10, set()),
        (30, set()),
        (31, {"tick_late"}),
        (100, {"tick_late"}),
        (101, {"tick_late", "tick_overdue"}),
        (500, {"tick_late", "tick_overdue"}),
        (501, {"tick_late", "tick_overdue", "clock_jumped"}),
    ],
)
def test_one_long_tick_is_told_by_its_length_and_opens_only_where_the_watchdog_was_not_fed(
    tick_ms: int, told: set[str]
) -> None:
    app, board = after(tick_ms)
    assert {name for name in ("tick_late", "tick_overdue", "clock_jumped") if app.monitor.is_active(ID[name])} == told
    assert zero(board) == ("tick_overdue" in told)
    for _ in range(100):
        app.tick()
    assert not app.monitor.is_active(ID["tick_late"]), "it leaves by itself"
    assert app.machine.state == (M.FAULT if "tick_overdue" in told else M.DRIVE)


@pytest.mark.parametrize("tick_ms", [101, 200])
def test_a_tick_that_did_not_feed_the_watchdog_is_told_for_ten_seconds(tick_ms: int) -> None:
    app, _ = after(tick_ms)
    assert app.alive.missed == 1
    ticks = 0
    app.tick()
    while app.monitor.is_active(ID["ticks_missed"]):
        app.tick()
        ticks += 1
        assert ticks < 1100
    assert ticks >= 990
    assert app.alive.missed == 1


@pytest.mark.parametrize("missed_ms", [1, 1000, 60_000, TURN_ms - 10_000])
def test_the_interval_of_charge_widens_by_what_may_have_flowed_unseen(missed_ms: int) -> None:
    app, board = in_state(bench_24.PACK, M.DRIVE)
    coulomb = app.coulomb
    coulomb.low_mAs = coulomb.high_mAs = coulomb.charge_mAs = coulomb.capacity_mAs // 2
    board.now_ms = (board.now_ms + missed_ms + 490) % TURN_ms
    app.lane()
    assert app.clock.missed_ms == missed_ms
    most_mAs = min(
        coulomb.capacity_mAs // 2, max(bench_24.PACK.charge_rating_dA, bench_24.PACK.discharge_rating_dA) * missed_ms // 10
    )
    assert coulomb.high_mAs - coulomb.capacity_mAs // 2 >= most_mAs
    assert coulomb.capacity_mAs // 2 - coulomb.low_mAs >= most_mAs


def test_a_clock_that_stands_still_lets_debounces_go_on() -> None:
    app, board = in_state(bench_24.PACK, M.DRIVE)
    board.tick_ms = 0
    board.request = DRIVE
    board.crash_seen = 1
    for _ in range(30):
        app.tick()
    assert app.monitor.is_active(ID["crash"])
    assert board.coils == 0
