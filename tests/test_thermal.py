"""Heat and cold are asked for when the worst layer leaves the window that is wanted, and until it is well inside again."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import frames as W
from bms.control import thermal
from bms.control.thermal import COOL, HEAT, NONE, BAND_ddegC, Thermal
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.schema import Pack
from tests.fake_board import DRIVE, FakeBoard
from tests.small_int import SmallInt

PACK = bench_24.PACK
CELL = PACK.cell
WINDOWS = {
    "charge": (CELL.t_charge_min_ddegC[0], CELL.t_charge_max_ddegC[0]),
    "discharge": (CELL.t_discharge_min_ddegC[0], CELL.t_discharge_max_ddegC[0]),
}
WISHES = {"charge": M.WISH_CHARGE, "discharge": M.WISH_DRIVE}
REASONS = {
    ("charge", HEAT): thermal.CHARGE_COLD,
    ("discharge", HEAT): thermal.DISCHARGE_COLD,
    ("charge", COOL): thermal.CHARGE_HOT,
    ("discharge", COOL): thermal.DISCHARGE_HOT,
}
STATES = {"standby": M.STANDBY, "drive": M.DRIVE, "charge": M.CHARGE, "fault": M.FAULT, "self_test": M.SELF_TEST}
UNKNOWN = (-2000, 2000)

wants = st.sampled_from(["charge", "discharge"])
temperatures = st.integers(-500, 1000)


def asked(of: Thermal, cold: int, hot: int, wish: int, state: int = M.STANDBY) -> tuple[int, int, int]:
    """The request after one round in this situation."""
    bound: Any = SimpleNamespace(cold_ddegC=cold, hot_ddegC=hot)
    machine: Any = SimpleNamespace(state=state)
    assert of.step(machine, wish, bound) == of.mode
    return of.mode, of.reason, of.target_ddegC


def rule(want: str, cold: int, hot: int) -> int:
    """The sentence, said anew: cold before hot, by the window that is wanted."""
    low, high = WINDOWS[want]
    return HEAT if cold < low else COOL if hot > high else NONE


@given(want=wants, cold=temperatures, spread=st.integers(0, 300))
def test_a_request_begins_outside_the_wanted_window_and_cold_comes_before_hot(want: str, cold: int, spread: int) -> None:
    mode, reason, target = asked(Thermal(PACK), cold, cold + spread, WISHES[want])
    assert mode == rule(want, cold, cold + spread)
    if mode == NONE:
        assert (reason, target) == (thermal.NO_REASON, 0)
    else:
        assert reason == REASONS[want, mode]
        low, high = WINDOWS[want]
        assert target == (low + BAND_ddegC if mode == HEAT else high - BAND_ddegC)


@pytest.mark.parametrize("want", ["charge", "discharge"])
def test_a_pack_both_too_cold_and_too_hot_is_heated_first(want: str) -> None:
    low, high = WINDOWS[want]
    assert asked(Thermal(PACK), low - 1, high + 1, WISHES[want])[0] == HEAT


@given(want=wants, hot_side=st.booleans(), steps=st.lists(st.integers(0, 25), min_size=40, max_size=120))
def test_a_pack_on_its_way_back_is_served_until_the_band_is_crossed_and_asks_no_second_time(
    want: str, hot_side: bool, steps: list[int]
) -> None:
    low, high = WINDOWS[want]
    of = Thermal(PACK)
    distance = -30  # inside the window, from its end
    modes = []
    for step in steps:
        t = high - distance if hot_side else low + distance
        modes.append(asked(of, t, t, WISHES[want])[0])
        assert (modes[-1] != NONE) == (distance < BAND_ddegC)
        distance = min(distance + step, (high - low) // 2)
    assert sum(a != b for a, b in pairwise(modes)) <= 1


@given(want=wants, hot_side=st.booleans(), steps=st.lists(st.integers(0, 25), min_size=5, max_size=120))
def test_a_pack_on_its_way_out_asks_once_and_not_before_its_end(want: str, hot_side: bool, steps: list[int]) -> None:
    low, high = WINDOWS[want]
    of = Thermal(PACK)
    distance = BAND_ddegC + 20
    for step in steps:
        t = high - distance if hot_side else low + distance
        assert (asked(of, t, t, WISHES[want])[0] != NONE) == (distance < 0)
        distance -= step


@given(want=wants, at=st.sampled_from([0, 1]), trembles=st.lists(st.integers(-24, 24), min_size=10, max_size=100))
def test_a_temperature_that_trembles_at_an_end_of_the_window_turns_the_request_on_once(
    want: str, at: int, trembles: list[int]
) -> None:
    """Less than the band, either way."""
    of = Thermal(PACK)
    modes = [asked(of, WINDOWS[want][at] + x, WINDOWS[want][at] + x, WISHES[want])[0] for x in trembles]
    assert sum(a != b for a, b in pairwise(modes)) <= 1


@given(want=wants, cold=temperatures, spread=st.integers(0, 300), by=st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_colder_never_ends_a_request_for_heat_nor_hotter_one_for_cold(
    want: str, cold: int, spread: int, by: tuple[int, int]
) -> None:
    hot = cold + spread
    here = asked(Thermal(PACK), cold, hot, WISHES[want])[0]
    if here == HEAT:
        assert asked(Thermal(PACK), cold - by[0], hot + by[1], WISHES[want])[0] == HEAT
    if here == COOL:
        assert asked(Thermal(PACK), cold, hot + by[1], WISHES[want])[0] == COOL
        assert asked(Thermal(PACK), cold - by[0], hot + by[1], WISHES[want])[0] != NONE


@given(cold=st.integers(-500, 800), spread=st.integers(0, 300))
def test_charging_is_never_content_where_driving_is_not(cold: int, spread: int) -> None:
    """Its window is the narrower one."""
    if asked(Thermal(PACK), cold, cold + spread, WISHES["discharge"])[0] != NONE:
        assert asked(Thermal(PACK), cold, cold + spread, WISHES["charge"])[0] != NONE


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wish", range(5))
@pytest.mark.parametrize("t_ddegC", [-240, 680])
def test_what_is_wanted_decides_which_window_counts_and_nothing_wanted_asks_for_nothing(
    state: str, wish: int, t_ddegC: int
) -> None:
    """Too cold, and too hot, for charge alone."""
    mode, reason, _ = asked(Thermal(PACK), t_ddegC, t_ddegC, wish, STATES[state])
    if wish == M.WISH_CHARGE or state == "charge":
        assert (mode, reason) == ((HEAT, thermal.CHARGE_COLD) if t_ddegC < 0 else (COOL, thermal.CHARGE_HOT))
    else:
        assert (mode, reason) == (NONE, thermal.NO_REASON)
    far = -400 if t_ddegC < 0 else 1000
    driven = wish in (M.WISH_CHARGE, M.WISH_DRIVE) or state in ("charge", "drive")
    assert (asked(Thermal(PACK), far, far, wish, STATES[state])[0] != NONE) == driven


@given(want=wants, was=temperatures, which=st.sampled_from([(0, 1), (0,), (1,)]))
def test_where_a_temperature_is_not_known_nothing_is_asked_for_and_why_is_said(
    want: str, was: int, which: tuple[int, ...]
) -> None:
    of = Thermal(PACK)
    asked(of, was, was, WISHES[want])
    cold, hot = (UNKNOWN[k] if k in which else was for k in (0, 1))
    assert asked(of, cold, hot, WISHES[want]) == (NONE, thermal.UNKNOWN_TEMPERATURE, 0)


def test_a_wish_that_ends_ends_the_request_and_one_that_changes_changes_its_reason() -> None:
    of = Thermal(PACK)
    assert asked(of, -350, -350, M.WISH_CHARGE)[1] == thermal.CHARGE_COLD
    assert asked(of, -350, -350, M.WISH_DRIVE)[1] == thermal.DISCHARGE_COLD
    assert asked(of, -260, -260, M.WISH_DRIVE)[1] == thermal.DISCHARGE_COLD
    assert asked(of, -260, -260, M.WISH_OPEN) == (NONE, thermal.NO_REASON, 0)
    assert asked(of, -260, -260, M.WISH_DRIVE)[0] == NONE, "what began before has been forgotten"


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
def test_the_wire_asks_for_heat_when_a_cold_pack_is_to_drive(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.probe_ddegC = [-290] * len(board.probe_ddegC)
    app = App(pack, board)
    for k in range(60):
        board.request = DRIVE if k > 20 else 0
        app.tick()
    told = W.BmsThermalRequest()
    assert told.unpack(board.frames[told.ID])
    target_ddegC = pack.cell.t_discharge_min_ddegC[0] + BAND_ddegC
    assert (told.thermal_mode, told.thermal_reason) == (HEAT, thermal.DISCHARGE_COLD)
    assert told.thermal_target_ddegC == target_ddegC


@given(cold=st.integers(-2000, 2000), hot=st.integers(-2000, 2000), want=wants)
def test_temperatures_at_the_ends_of_their_range_fit_small_integers(cold: int, hot: int, want: str) -> None:
    asked(Thermal(PACK), SmallInt(cold), SmallInt(hot), WISHES[want])
