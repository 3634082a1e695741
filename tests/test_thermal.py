"""Heat and cold are asked for by the worst layer and by what a charge wishes for, gently, and never from who cannot give it."""

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import frames as W
from bms.control import thermal as T
from bms.control.derate import Derate
from bms.control.thermal import COOL, HEAT, NONE, Thermal
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import PACK_FIELDS, COLD_ddegC, HOT_ddegC, Pack, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard
from tests.small_int import SmallInt

PACK = bench_24.PACK._replace(thermal=bench_24.PACK.thermal._replace(band_ddegC=50))
CELL = PACK.cell
BAND = PACK.thermal.band_ddegC
TOP = CELL.t_charge_max_ddegC[0] - BAND
WINDOWS = {
    "charge": (CELL.t_charge_min_ddegC[0], CELL.t_charge_max_ddegC[0]),
    "discharge": (CELL.t_discharge_min_ddegC[0], CELL.t_discharge_max_ddegC[0]),
}
WISHES = {"charge": M.WISH_CHARGE, "discharge": M.WISH_DRIVE}
REASONS = {
    ("charge", HEAT): T.CHARGE_COLD,
    ("discharge", HEAT): T.DISCHARGE_COLD,
    ("charge", COOL): T.CHARGE_HOT,
    ("discharge", COOL): T.DISCHARGE_HOT,
}
STATES = {"standby": M.STANDBY, "drive": M.DRIVE, "charge": M.CHARGE, "fault": M.FAULT, "self_test": M.SELF_TEST}
UNKNOWN = (-2000, 2000)
FULL_RAMP = 1000 * 1000 // PACK.thermal.request_permille_s // 100 + 1  # rounds

wants = st.sampled_from(["charge", "discharge"])
temperatures = st.integers(-500, 1000)


def fitted(pack: Pack = PACK, **changes: Any) -> Pack:
    """The pack with another thermal system."""
    return replaced(Pack, PACK_FIELDS, pack, thermal=pack.thermal._replace(**changes))


def thing(**attributes: Any) -> Any:
    """What a step asks of another module."""
    return SimpleNamespace(**attributes)


class Rig:
    """A Thermal and all that it looks at; knobs are attributes."""

    def __init__(self, pack: Pack = PACK) -> None:
        self.envelope = thing(discharge_dA=1000, table_dA=1000, soc_lo_permille=400, soc_hi_permille=500)
        self.derate = thing(gradient_permille=1000, second=False, coming_mK_s=0, rise_mK_s=0)
        self.bound = thing(cold_ddegC=200, hot_ddegC=300, layer_low_mV=3500)
        self.wishes = thing(heat_to_ddegC=COLD_ddegC, cool_to_ddegC=HOT_ddegC, planned=False, couple=5000)
        self.snap = S.Snapshot(pack)
        self.snap.value[S.PACK_mV] = 86_400
        self.state = M.STANDBY
        self.wish = M.WISH_OPEN
        self.thermal = Thermal(pack, self.envelope, self.derate)

    def coolant(self, inlet_ddegC: int | None) -> None:
        self.snap.age_ms[S.COOLANT_INLET_ddegC] = 60_000 if inlet_ddegC is None else 59_999
        self.snap.value[S.COOLANT_INLET_ddegC] = inlet_ddegC or 0

    def round(self, cold: int | None = None, hot: int | None = None, rounds: int = 1, dt_ms: int = 100) -> tuple[int, int, int]:
        """The request after so many rounds in this situation."""
        if cold is not None:
            self.bound.cold_ddegC = cold
            self.bound.hot_ddegC = cold if hot is None else hot
        machine = thing(state=self.state)
        of = self.thermal
        for _ in range(rounds):
            assert of.step(machine, self.wish, self.bound, self.snap, self.wishes, dt_ms) == of.mode
        return of.mode, of.reason, of.target_ddegC

    @property
    def powers(self) -> tuple[int, int]:
        return self.thermal.heater_permille, self.thermal.cooler_permille


def wanted(want: str, pack: Pack = PACK) -> Rig:
    rig = Rig(pack)
    rig.wish = WISHES[want]
    return rig


def rule(want: str, cold: int, hot: int, going: int = NONE) -> int:
    """The sentence, said anew: cold at the window's end, hot a band before it, each until a band farther inside."""
    low, high = WINDOWS[want]
    if cold < low + (BAND if going == HEAT else 0):
        return HEAT
    return COOL if hot > high - BAND - (BAND if going == COOL else 0) else NONE


# The request.


@given(want=wants, moves=st.lists(st.tuples(temperatures, st.integers(0, 300)), min_size=1, max_size=20))
def test_a_request_begins_at_the_wanted_window_s_ends_and_lasts_a_band_longer(want: str, moves: list[tuple[int, int]]) -> None:
    rig = wanted(want)
    low, high = WINDOWS[want]
    going = NONE
    for cold, spread in moves:
        going = rule(want, cold, cold + spread, going)
        mode, reason, target = rig.round(cold, cold + spread)
        assert mode == going
        if mode == NONE:
            assert (reason, target) == (T.NO_REASON, 0)
        else:
            assert reason == REASONS[want, mode]
            assert target == (low + BAND if mode == HEAT else high - 2 * BAND)


@pytest.mark.parametrize("want", ["charge", "discharge"])
@pytest.mark.parametrize("by", [-1, 0, 1])
def test_a_request_begins_and_ends_at_its_temperatures_to_a_tenth_of_a_kelvin(want: str, by: int) -> None:
    low, high = WINDOWS[want]
    for begins, ends, mode, sign in ((low, low + BAND, HEAT, 1), (high - BAND, high - 2 * BAND, COOL, -1)):
        rig = wanted(want)
        assert (rig.round(begins + sign * by)[0] == mode) == (by < 0)
        rig.round(begins - sign * 10)
        assert (rig.round(ends + sign * by)[0] == mode) == (by < 0)


@pytest.mark.parametrize("want", ["charge", "discharge"])
def test_a_pack_both_too_cold_and_too_hot_is_heated_first(want: str) -> None:
    low, high = WINDOWS[want]
    assert wanted(want).round(low - 1, high + 1)[0] == HEAT


@given(want=wants, hot_side=st.booleans(), trembles=st.lists(st.integers(-24, 24), min_size=10, max_size=100))
def test_a_temperature_that_trembles_where_a_request_begins_turns_it_on_once(
    want: str, hot_side: bool, trembles: list[int]
) -> None:
    """Less than the band, either way."""
    rig = wanted(want)
    at = WINDOWS[want][1] - BAND if hot_side else WINDOWS[want][0]
    modes = [rig.round(at + x)[0] for x in trembles]
    assert sum(a != b for a, b in pairwise(modes)) <= 1


@given(want=wants, cold=temperatures, spread=st.integers(0, 300), by=st.tuples(st.integers(0, 300), st.integers(0, 300)))
def test_colder_never_ends_a_request_for_heat_nor_hotter_one_for_cold(
    want: str, cold: int, spread: int, by: tuple[int, int]
) -> None:
    hot = cold + spread
    here = wanted(want).round(cold, hot)[0]
    if here == HEAT:
        assert wanted(want).round(cold - by[0], hot + by[1])[0] == HEAT
    if here == COOL:
        assert wanted(want).round(cold, hot + by[1])[0] == COOL
        assert wanted(want).round(cold - by[0], hot + by[1])[0] != NONE


@given(cold=st.integers(-500, 800), spread=st.integers(0, 300))
def test_charging_is_never_content_where_driving_is_not(cold: int, spread: int) -> None:
    """Its window is the narrower one."""
    if wanted("discharge").round(cold, cold + spread)[0] != NONE:
        assert wanted("charge").round(cold, cold + spread)[0] != NONE


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wish", range(5))
@pytest.mark.parametrize("t_ddegC", [-240, 630])
def test_what_is_wanted_decides_which_window_counts_and_nothing_wanted_asks_for_nothing(
    state: str, wish: int, t_ddegC: int
) -> None:
    """Too cold, and too hot, for charge alone."""

    def asked(t: int) -> tuple[int, int]:
        rig = Rig()
        rig.state, rig.wish = STATES[state], wish
        return rig.round(t)[:2]

    driven = wish in (M.WISH_CHARGE, M.WISH_DRIVE) or state in ("charge", "drive")
    if wish == M.WISH_CHARGE or state == "charge":
        assert asked(t_ddegC) == ((HEAT, T.CHARGE_COLD) if t_ddegC < 0 else (COOL, T.CHARGE_HOT))
    else:
        assert asked(t_ddegC) == (NONE, T.NO_REASON if driven else T.STORAGE)
    assert (asked(-400 if t_ddegC < 0 else 1000)[0] != NONE) == driven


@given(want=wants, was=temperatures, which=st.sampled_from([(0, 1), (0,), (1,)]))
def test_where_a_temperature_is_not_known_nothing_is_asked_for_and_why_is_said(
    want: str, was: int, which: tuple[int, ...]
) -> None:
    rig = wanted(want)
    rig.round(was, rounds=20)
    cold, hot = (UNKNOWN[k] if k in which else was for k in (0, 1))
    assert rig.round(cold, hot) == (NONE, T.UNKNOWN_TEMPERATURE, 0)
    assert rig.thermal.heater_permille == 0


def test_who_wants_nothing_is_not_told_that_a_temperature_is_unknown_and_a_wish_is() -> None:
    rig = Rig()
    assert rig.round(*UNKNOWN) == (NONE, T.NO_REASON, 0)
    for name, value in (("heat_to_ddegC", 400), ("cool_to_ddegC", 300)):
        rig = Rig()
        setattr(rig.wishes, name, value)
        assert rig.round(*UNKNOWN) == (NONE, T.UNKNOWN_TEMPERATURE, 0)
    rig = wanted("charge")
    for cold, hot, known in ((-1900, 1900, True), (-1901, 300, False), (300, 1901, False)):
        assert (rig.round(cold, hot)[1] != T.UNKNOWN_TEMPERATURE) == known


def test_a_wish_that_ends_ends_the_request_and_one_that_changes_changes_its_reason() -> None:
    rig = Rig()
    for wish, t, reason in (
        (M.WISH_CHARGE, -350, T.CHARGE_COLD),
        (M.WISH_DRIVE, -350, T.DISCHARGE_COLD),
        (M.WISH_DRIVE, -260, T.DISCHARGE_COLD),
        (M.WISH_OPEN, -260, T.STORAGE),
        (M.WISH_DRIVE, -260, T.NO_REASON),  # what began before has been forgotten
    ):
        rig.wish = wish
        assert rig.round(t)[1] == reason


# What a charge wishes for.


def test_a_wish_for_heat_is_met_by_the_coldest_layer_and_comes_again_a_band_below() -> None:
    rig = wanted("charge")
    rig.wishes.heat_to_ddegC = 400
    for cold, heats in ((200, True), (399, True), (400, False), (399, False), (350, False), (349, True), (400, False)):
        assert rig.round(cold, cold + 90) == ((HEAT, T.PREHEAT, 400) if heats else (NONE, T.NO_REASON, 0)), cold
    rig.wishes.heat_to_ddegC = 420
    assert rig.round(410, 500) == (HEAT, T.PREHEAT, 420), "a new wish is not met by what met the old one"
    rig.wishes.heat_to_ddegC = COLD_ddegC
    assert rig.round(100, 200)[0] == NONE


def test_a_wish_for_more_heat_than_the_window_leaves_is_met_where_the_heat_ends() -> None:
    rig = wanted("charge")
    rig.wishes.heat_to_ddegC = 600
    assert rig.round(400, TOP - BAND // 4 - 1) == (HEAT, T.PREHEAT, 600)
    assert rig.round(401, TOP - BAND // 4)[0] == NONE
    for hot, heats in ((TOP - BAND, False), (TOP - 2 * BAND, False), (TOP - 2 * BAND - 1, True)):
        assert (rig.round(hot - 90, hot)[0] == HEAT) == heats


def test_a_wish_for_cold_is_met_by_the_hottest_layer_and_comes_again_a_band_above_whoever_wants_what() -> None:
    for wish in (M.WISH_OPEN, M.WISH_CHARGE):
        rig = Rig()
        rig.wish = wish
        rig.wishes.cool_to_ddegC = 350
        for hot, cools in ((500, True), (351, True), (350, False), (351, False), (400, False), (401, True), (350, False)):
            assert rig.round(hot - 90, hot) == ((COOL, T.COOL_DOWN, 350) if cools else (NONE, T.NO_REASON, 0)), hot
        rig.wishes.cool_to_ddegC = 340
        assert rig.round(250, 345) == (COOL, T.COOL_DOWN, 340)
        rig.wishes.cool_to_ddegC = HOT_ddegC
        assert rig.round(250, 380)[0] == NONE


def test_the_window_comes_before_a_wish() -> None:
    rig = wanted("charge")
    rig.wishes.heat_to_ddegC, rig.wishes.cool_to_ddegC = 600, 100
    assert rig.round(CELL.t_charge_min_ddegC[0] - 1, 300)[1] == T.CHARGE_COLD
    assert rig.round(500, TOP + 1)[1] == T.CHARGE_HOT
    assert rig.round(300, 400)[1] == T.PREHEAT
    rig.wishes.heat_to_ddegC = COLD_ddegC
    assert rig.round(300, 400)[1] == T.COOL_DOWN


@pytest.mark.parametrize("wish", range(5))
def test_a_pack_that_is_wanted_for_nothing_and_not_kept_well_says_so_and_does_nothing(wish: int) -> None:
    cold, hot = PACK.thermal.storage_ddegC
    least, most = PACK.thermal.storage_permille
    for t, soc, well in (
        ((cold, hot), (least, most), True),
        ((cold - 1, hot), (least, most), False),
        ((cold, hot + 1), (least, most), False),
        ((cold, hot), (least - 200, least), True),
        ((cold, hot), (least - 200, least - 1), False),
        ((cold, hot), (most, most + 100), True),
        ((cold, hot), (most + 1, most + 100), False),
    ):
        rig = Rig()
        rig.wish = wish
        rig.envelope.soc_lo_permille, rig.envelope.soc_hi_permille = soc
        wants_nothing = wish not in (M.WISH_DRIVE, M.WISH_CHARGE)
        assert rig.round(*t, rounds=5) == (NONE, T.STORAGE if wants_nothing and not well else T.NO_REASON, 0)
        assert rig.powers == (0, 0)


# Power.


def test_power_rises_and_falls_by_the_declared_ramp() -> None:
    rig = wanted("charge", fitted(heater_W=400))
    heats = [rig.round(-250, -200) and rig.powers[0] for _ in range(120)]
    assert heats[:3] == [10, 20, 30] and heats[-1] == 1000
    assert all(b - a in (0, 10) for a, b in pairwise(heats))
    falls = [rig.round(100, 150) and rig.powers[0] for _ in range(120)]
    assert falls[:2] == [990, 980] and falls[-1] == 0
    cools = [rig.round(700, 750) and rig.powers[1] for _ in range(120)]
    assert cools[:2] == [10, 20] and cools[-1] == 1000
    falls = [rig.round(100, 150) and rig.powers[1] for _ in range(120)]
    assert falls[:2] == [990, 980] and falls[-1] == 0


@pytest.mark.parametrize(("ramp", "dt_ms"), [(1, 100), (3, 100), (77, 100), (77, 130), (1000, 100), (1000, 5000)])
def test_the_ramp_is_kept_to_the_permille_over_time(ramp: int, dt_ms: int) -> None:
    rig = wanted("charge", fitted(request_permille_s=ramp))
    for k in range(1, 30):
        rig.round(700, 750, dt_ms=SmallInt(dt_ms))
        assert rig.powers == (0, min(1000, ramp * dt_ms * k // 1000))


@given(
    moves=st.lists(
        st.tuples(st.sampled_from([-250, 200, 580, 640, 700]), st.integers(0, 4), st.booleans(), st.integers(0, 800)),
        min_size=1,
        max_size=30,
    )
)
def test_heater_and_cooler_never_run_together_and_neither_jumps_up(moves: list[tuple[int, int, bool, int]]) -> None:
    rig = Rig()
    for hot, wish, second, coming in moves:
        rig.wish = wish
        rig.wishes.heat_to_ddegC = 400 if wish == 4 else COLD_ddegC
        rig.derate.second, rig.derate.coming_mK_s = second, coming
        for _ in range(7):
            before = rig.powers
            rig.round(hot - 90, hot)
            assert rig.powers[0] == 0 or rig.powers[1] == 0
            assert 0 <= rig.powers[0] <= min(1000, before[0] + 10)
            assert 0 <= before[1] - 10 <= rig.powers[1] <= before[1] + 10 <= 1010 or before[1] < 10
            assert rig.powers[0] == 0 or rig.thermal.mode == HEAT or rig.powers[0] <= before[0]


@pytest.mark.parametrize("state", [M.STANDBY, M.PRECHARGE, M.DRIVE, M.CHARGE, M.OPENING, M.FAULT])
@pytest.mark.parametrize("wish", [M.WISH_OPEN, M.WISH_DRIVE, M.WISH_CHARGE, M.WISH_NOTHING])
@pytest.mark.parametrize("source", T.SOURCES)
def test_a_heater_runs_only_while_who_feeds_it_can(source: str, state: int, wish: int) -> None:
    rig = Rig(fitted(heater_source=source))
    rig.wishes.heat_to_ddegC = 400
    rig.state, rig.wish = state, wish
    rig.round(0, 90, rounds=FULL_RAMP)
    assert rig.thermal.mode == HEAT
    feeds = {
        "charger": state == M.CHARGE or wish == M.WISH_CHARGE,
        "pack": state in (M.DRIVE, M.CHARGE),
        "supply": True,
    }
    assert (rig.powers[0] > 0) == feeds[source]
    # who stops feeding it is not drawn on for another round
    rig.state, rig.wish = M.STANDBY, M.WISH_OPEN
    rig.round()
    assert (rig.powers[0] > 0) == (source == "supply")


def drawn(change: Callable[[Rig], object], state: int = M.DRIVE, pack: Pack | None = None) -> int:
    """Heater power from a pack that could feed all of it, after a change."""
    rig = Rig(pack or fitted(heater_source="pack", heater_W=400))
    rig.state = state
    rig.wishes.heat_to_ddegC = 400
    rig.round(0, 90, rounds=FULL_RAMP)
    assert rig.powers[0] == 1000
    change(rig)
    rig.round(rig.bound.cold_ddegC, rig.bound.hot_ddegC)
    return rig.powers[0]


def test_a_pack_never_heats_itself_from_layers_too_cold_too_empty_or_forbidden_to_give() -> None:
    least = CELL.t_discharge_min_ddegC[0]
    assert drawn(lambda rig: rig.bound.__setattr__("cold_ddegC", least)) == 1000
    assert drawn(lambda rig: rig.bound.__setattr__("cold_ddegC", least - 1)) == 0
    assert drawn(lambda rig: rig.bound.__setattr__("layer_low_mV", CELL.v_min_mV[0] + 1)) == 1000
    assert drawn(lambda rig: rig.bound.__setattr__("layer_low_mV", CELL.v_min_mV[0])) == 0
    for state, own, other in ((M.DRIVE, "discharge_dA", "table_dA"), (M.CHARGE, "table_dA", "discharge_dA")):
        assert drawn(lambda rig, own=own: rig.envelope.__setattr__(own, 0), state) == 0  # type: ignore[misc]
        assert drawn(lambda rig, other=other: rig.envelope.__setattr__(other, 0), state) == 1000  # type: ignore[misc]
    assert drawn(lambda rig: rig.snap.value.__setitem__(S.PACK_mV, 99)) == 0
    assert drawn(lambda rig: rig.snap.value.__setitem__(S.PACK_mV, -400_000)) == 0


@given(limit=st.integers(0, 30_000), pack_mV=st.integers(0, 8_000_000), heater_W=st.integers(1, 1_000_000))
def test_a_heater_takes_no_more_than_the_pack_may_give(limit: int, pack_mV: int, heater_W: int) -> None:
    rig = Rig(fitted(heater_source="pack", heater_W=heater_W))
    rig.state = M.DRIVE
    rig.envelope.discharge_dA = SmallInt(limit)
    rig.snap.value[S.PACK_mV] = pack_mV
    bound = thing(cold_ddegC=0, hot_ddegC=90, layer_low_mV=3500)
    given_permille = rig.thermal._fed_permille(rig.state, rig.wish, bound, rig.snap)
    allowed_W = min(limit, 16_383) / 10 * min(pack_mV, 2_097_199) / 1000
    assert given_permille == 1000 or heater_W * given_permille / 1000 <= allowed_W
    assert given_permille == 1000 or heater_W * (given_permille + 10) / 1000 > allowed_W - 0.01 * (min(limit, 16_383) + 1)


def heated(change: Callable[[Rig], object]) -> int:
    """Heater power of a pack that is heated with all there is, after a change."""
    rig = wanted("charge", fitted(heater_W=400))
    rig.wishes.heat_to_ddegC = 600
    rig.coolant(None)
    rig.round(200, 290, rounds=FULL_RAMP)
    assert rig.powers[0] == 1000
    change(rig)
    rig.round(rig.bound.cold_ddegC, rig.bound.hot_ddegC)
    return rig.powers[0]


def test_heat_fades_before_the_hottest_layer_is_where_cold_begins() -> None:
    for hot, power in ((TOP - BAND, 1000), (TOP - BAND + 1, 980), (TOP - 20, 400), (TOP - 13, 260)):
        assert heated(lambda rig, hot=hot: rig.bound.__setattr__("hot_ddegC", hot)) == power  # type: ignore[misc]
    # beyond, where something else wants heat
    rig = wanted("charge", fitted(heater_W=400))
    rig.round(-250, 290, rounds=FULL_RAMP)
    assert rig.powers[0] == 1000
    assert rig.round(-250, TOP)[0] == HEAT
    assert rig.powers[0] == 0


def test_heat_fades_with_a_gradient_in_a_stack_and_before_the_coolant_is_too_hot() -> None:
    for left in (1000, 999, 500, 1, 0):
        assert heated(lambda rig, left=left: rig.derate.__setattr__("gradient_permille", left)) == left  # type: ignore[misc]
    most = min(PACK.thermal.coolant_max_ddegC, PACK.guards.coolant_ddegC)
    for inlet, power in ((None, 1000), (most - 25, 1000), (most - 24, 960), (most - 10, 400), (most, 0), (most + 90, 0)):
        assert heated(lambda rig, inlet=inlet: rig.coolant(inlet)) == power  # type: ignore[misc]


@given(
    hot=st.integers(200, 700),
    inlet=st.integers(0, 700),
    left=st.integers(0, 1000),
    worse=st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 300)),
)
def test_hotter_layers_hotter_coolant_and_a_larger_gradient_never_get_more_heat(
    hot: int, inlet: int, left: int, worse: tuple[int, int, int]
) -> None:
    powers = []
    for h, i, g in ((hot, inlet, left), (hot + worse[0], inlet + worse[1], max(0, left - worse[2]))):
        rig = wanted("charge", fitted(heater_W=400))
        rig.coolant(i)
        rig.derate.gradient_permille = g
        rig.round(-250, h, rounds=FULL_RAMP)
        powers.append(rig.powers[0])
    assert powers[0] >= powers[1]


def test_cold_grows_towards_the_end_of_the_window_and_is_never_so_little_that_it_does_not_end() -> None:
    begins = CELL.t_charge_max_ddegC[0] - BAND
    rig = wanted("charge")
    for hot, power in ((begins + 50, 1000), (begins + 25, 500), (begins + 5, 100), (begins - 30, 100), (begins + 90, 1000)):
        rig.round(300, hot, rounds=FULL_RAMP)
        assert rig.powers == (0, power), hot
    rig = Rig()
    rig.wishes.cool_to_ddegC = 350
    for hot, power in ((390, 800), (352, 100), (600, 1000)):
        rig.round(300, hot, rounds=FULL_RAMP)
        assert rig.powers == (0, power), hot
    least = PACK.thermal.coolant_min_ddegC
    for inlet, power in ((least + 50, 1000), (least + 10, 200), (least, 0), (least - 50, 0), (None, 1000)):
        rig.coolant(inlet)
        rig.round(300, 600, rounds=FULL_RAMP)
        assert rig.powers == (0, power), inlet


def test_what_is_not_fitted_is_asked_for_and_not_driven() -> None:
    for state, pack in ((M.CHARGE, fitted(heater_W=0, cooler_W=0)), (M.CHARGE, fitted(heater_W=0, heater_source="pack"))):
        rig = wanted("charge", pack)
        rig.state = state
        assert rig.round(-250, -200, rounds=20)[0] == HEAT
        assert rig.powers == (0, 0)
    assert rig.round(700, 750, rounds=20)[0] == COOL
    rig = wanted("charge", fitted(cooler_W=0))
    assert rig.round(700, 750, rounds=20)[0] == COOL
    assert rig.powers == (0, 0)


# How fast.


class Loop:
    """A pack that is warmed by its heater through a loop of coolant: two heat capacities and what lies between, in J/K, W/K."""

    def __init__(self, pack: Pack, loop_share: float, between_s: float, start_degC: float = -10.0) -> None:
        self.layers_J_K = sum(pack.taps) * pack.stacks * pack.cell.heat_capacity_J_K
        self.loop_J_K = self.layers_J_K * loop_share
        self.between_W_K = self.loop_J_K / between_s if loop_share else 0.0
        self.full_W = pack.thermal.heater_W
        self.layers_degC = self.loop_degC = start_degC

    def round(self, heater_permille: int) -> None:
        """A tenth of a second."""
        power_W = self.full_W * heater_permille / 1000
        if not self.loop_J_K:
            self.layers_degC += power_W * 0.1 / self.layers_J_K
            return
        flow_W = self.between_W_K * (self.loop_degC - self.layers_degC)
        self.loop_degC += (power_W - flow_W) * 0.1 / self.loop_J_K
        self.layers_degC += flow_W * 0.1 / self.layers_J_K

    def warmed(self, pack: Pack, span_K: float) -> tuple[float, float]:
        """Seconds until the layers are so much warmer, and the fastest that they warmed over ten seconds, in mK/s."""
        rig = wanted("charge", pack)
        derate = Derate(pack)
        rig.thermal = Thermal(pack, rig.envelope, derate)
        rig.wishes.heat_to_ddegC = 600
        past = [self.layers_degC]
        while past[-1] < past[0] + span_K and len(past) < 30_000:
            read = round(10 * self.layers_degC)
            derate.step(thing(hottest_ddegC=read, probe_oldest_ms=0), 30)
            rig.round(read - 44, read + 44)
            self.round(rig.thermal.heater_permille)
            past.append(self.layers_degC)
        fastest = max(b - a for a, b in zip(past, past[100:])) * 100
        return len(past) / 10, fastest


@pytest.mark.parametrize("share", [0.0, 0.15, 0.33, 1.0])
@pytest.mark.parametrize("between_s", [3.0, 15.0, 60.0])
@pytest.mark.parametrize("heater_W", [600, 1200, 2400, 4800])
def test_heat_warms_no_faster_than_declared_and_hardly_slower_than_power_and_that_allow(
    share: float, between_s: float, heater_W: int
) -> None:
    pack = fitted(heater_W=heater_W)
    loop = Loop(pack, share, between_s)
    span_K = 50.0
    took_s, fastest = loop.warmed(pack, span_K)
    most = pack.thermal.warm_mK_s
    assert fastest <= 1.06 * most
    # first the loop has to be as much warmer as drives the heat into the layers, and power to be ramped up
    by_power_s = span_K * (loop.layers_J_K + loop.loop_J_K) / heater_W
    least_s = max(by_power_s, span_K * 1000 / most) + (between_s / (1 + share) if share else 0) + 5
    assert took_s <= 1.25 * least_s


def test_layers_that_warm_by_themselves_get_less_heat_and_none_where_that_is_enough() -> None:
    powers = []
    for coming in (0, 200, 285, 350, 600, 3000, 40_000):
        rig = wanted("charge", fitted(heater_W=2400))
        rig.wishes.heat_to_ddegC = 600
        rig.round(200, 290, rounds=FULL_RAMP)
        rig.derate.second, rig.derate.coming_mK_s = True, SmallInt(coming)
        rig.round(200, 290, rounds=120)
        powers.append(rig.powers[0])
    assert powers == sorted(powers, reverse=True)
    assert powers[0] == 1000 and powers[2] == 483 and powers[-3:] == [0, 0, 0]


def test_heat_begins_with_what_warms_the_layers_alone_as_fast_as_allowed_each_time_anew() -> None:
    rig = wanted("charge", fitted(heater_W=2400))
    for _ in range(2):
        rig.wishes.heat_to_ddegC = 600
        rig.derate.second = False
        rig.round(200, 290, rounds=FULL_RAMP)
        assert rig.powers[0] == 300 * 24 * CELL.heat_capacity_J_K // 2400
        rig.derate.second, rig.derate.coming_mK_s = True, 900
        rig.round(200, 290, rounds=FULL_RAMP)
        assert rig.powers[0] == 0
        rig.wishes.heat_to_ddegC = COLD_ddegC
        rig.round(200, 290, rounds=2)


def test_heat_that_something_else_holds_down_is_not_saved_up() -> None:
    rig = wanted("charge", fitted(heater_W=2400))
    rig.wishes.heat_to_ddegC = 600
    rig.derate.second = True
    rig.derate.gradient_permille = 100
    rig.round(200, 290, rounds=500)
    assert rig.powers[0] == 100
    rig.derate.gradient_permille = 1000
    rig.derate.second = False
    rig.round(200, 290, rounds=FULL_RAMP)
    assert rig.powers[0] == 483


# In the firmware.


def charged_cold(board: FakeBoard, app: App, ticks: int) -> None:
    for _ in range(ticks):
        board.request = CHARGE if board.ticks > 20 else OPEN
        board.charger_plugged = 1
        app.tick()
        assert not app.lane_failed, app.last_error


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
def test_below_the_charge_window_a_pack_is_heated_first_and_takes_no_current_until_it_is_warm(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.probe_ddegC = [-190] * len(board.probe_ddegC)
    app = App(pack, board)
    charged_cold(board, app, 400)
    assert app.machine.state == M.CHARGE
    assert (app.rounds.thermal.mode, app.rounds.thermal.reason) == (HEAT, T.CHARGE_COLD)
    assert board.heater_permille > 0 == board.cooler_permille
    seen = []
    for _ in range(20):
        charged_cold(board, app, 100)
        board.probe_ddegC = [t + 3 for t in board.probe_ddegC]
        seen.append((app.bound.cold_ddegC, app.envelope.charge_dA, app.rounds.fastcharge.request_dA))
    edge = pack.cell.map_ddegC[0]
    assert all(limit == request == 0 for cold, limit, request in seen if cold < edge)
    assert seen[-1][1] > 0, "warm enough in the end"


def test_a_lane_that_has_failed_leaves_no_heater_on() -> None:
    board = FakeBoard(PACK)
    board.probe_ddegC = [-190] * len(board.probe_ddegC)
    app = App(PACK, board)
    charged_cold(board, app, 300)
    assert board.heater_permille > 0
    app.envelope.step = None  # type: ignore[assignment, method-assign]
    app.tick()
    assert app.lane_failed and (board.heater_permille, board.cooler_permille) == (0, 0)


@pytest.mark.parametrize("pushed_dA", [25, 100, 400])
@pytest.mark.parametrize("claimed_dA", [-1, 0])
def test_a_charger_that_pushes_into_a_pack_too_cold_is_opened_upon_whatever_it_says(pushed_dA: int, claimed_dA: int) -> None:
    board = FakeBoard(PACK)
    board.probe_ddegC = [-190] * len(board.probe_ddegC)
    app = App(PACK, board)
    charged_cold(board, app, 400)
    assert app.machine.state == M.CHARGE and board.contacts & S.POSITIVE
    assert app.envelope.charge_dA == 0
    board.load_mA = pushed_dA * 100
    board.charger_current_dA = claimed_dA
    flowed_ms = 0
    for _ in range(300):
        charged_cold(board, app, 1)
        flowed_ms += 10 if board.current_mA > 2000 else 0
        assert app.envelope.charge_dA == app.rounds.fastcharge.request_dA == 0
    assert app.machine.state == M.FAULT and not board.contacts & S.POSITIVE
    assert flowed_ms <= 1500
    told = {row.name for row in F.TABLE if app.monitor.words[row.id // 16] >> row.id % 16 & 1}
    assert told & {"charge_current_high", "charge_cold", "charge_over_limit", "charger_exceeds"}


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK, bess_14.PACK], ids=lambda pack: pack.name)
def test_the_wire_asks_for_heat_when_a_cold_pack_is_to_drive_and_says_how_much(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.probe_ddegC = [-290] * len(board.probe_ddegC)
    app = App(pack, board)
    for k in range(60):
        board.request = DRIVE if k > 20 else 0
        app.tick()
    told = W.BmsThermalRequest()
    assert told.unpack(board.frames[told.ID])
    target_ddegC = pack.cell.t_discharge_min_ddegC[0] + pack.thermal.band_ddegC
    assert (told.thermal_mode, told.thermal_reason) == (HEAT, T.DISCHARGE_COLD)
    assert told.thermal_target_ddegC == target_ddegC
    assert told.thermal_power_percent == 0 == board.heater_permille, "neither a charger nor so cold a pack feeds a heater"


def test_the_wire_says_how_much_of_the_cooler_runs() -> None:
    board = FakeBoard(PACK)
    board.probe_ddegC = [640] * len(board.probe_ddegC)
    app = App(PACK, board)
    for k in range(400):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    told = W.BmsThermalRequest()
    assert told.unpack(board.frames[told.ID])
    assert (told.thermal_mode, told.thermal_reason) == (COOL, T.DISCHARGE_HOT)
    assert 0 <= board.cooler_permille // 10 - told.thermal_power_percent <= 1, "a tick later"
    assert told.thermal_power_percent > 0 == board.heater_permille


@given(
    cold=st.integers(-2000, 2000),
    hot=st.integers(-2000, 2000),
    inlet=st.integers(-2047, 2047),
    want=wants,
    coming=st.integers(-250_000, 250_000),
)
def test_temperatures_at_the_ends_of_their_range_fit_small_integers(
    cold: int, hot: int, inlet: int, want: str, coming: int
) -> None:
    rig = wanted(want, fitted(heater_source="pack", heater_W=1))
    rig.state = M.DRIVE
    for name, value in vars(rig.thermal).items():
        if type(value) is int:
            setattr(rig.thermal, name, SmallInt(value))
    rig.envelope.discharge_dA = SmallInt(16_383)
    rig.snap.value[S.PACK_mV] = 2_097_151
    rig.coolant(SmallInt(inlet))
    rig.derate.second, rig.derate.coming_mK_s = True, SmallInt(coming)
    rig.bound.cold_ddegC, rig.bound.hot_ddegC = SmallInt(cold), SmallInt(hot)
    rig.round(rounds=3, dt_ms=SmallInt(5000))


# A charge that plans its temperature.


@pytest.mark.parametrize(
    ("hot", "coolant", "mode", "reason"),
    [(500, 500, HEAT, T.PREHEAT), (650, 640, COOL, T.CHARGE_HOT), (630, 630, NONE, T.NO_REASON)],
)
def test_a_planned_charge_holds_the_hottest_layer_where_the_coolant_is_known(
    hot: int, coolant: int, mode: int, reason: int
) -> None:
    rig = wanted("charge")
    rig.state = M.CHARGE
    rig.derate.second, rig.derate.rise_mK_s = True, 0
    rig.wishes.planned, rig.wishes.heat_to_ddegC = True, 600
    rig.coolant(coolant)
    assert rig.round(hot - 80, hot, rounds=30)[:2] == (mode, reason)
    heater, cooler = rig.powers
    assert (heater > 0, cooler > 0) == (mode == HEAT, mode == COOL)
    # unknown coolant, or nothing planned: the rows that hold for everybody
    rig.coolant(None)
    assert rig.round(hot - 80, hot)[1] == (T.CHARGE_HOT if hot > WINDOWS["charge"][1] - BAND else T.PREHEAT)


def test_a_planned_charge_that_is_too_cold_to_begin_is_heated_by_the_row_of_the_window() -> None:
    rig = wanted("charge")
    rig.state = M.CHARGE
    rig.derate.rise_mK_s = 0
    rig.wishes.planned, rig.wishes.heat_to_ddegC = True, COLD_ddegC
    rig.coolant(100)
    low = WINDOWS["charge"][0]
    assert rig.round(low - 1, low + 60)[:2] == (HEAT, T.CHARGE_COLD)


def test_heat_up_to_the_window_s_end_is_only_for_a_charge_that_plans_its_temperature() -> None:
    """Half a band inside the end an ordinary heater has stopped long since."""
    rig = wanted("charge")
    rig.state = M.CHARGE
    rig.derate.second, rig.derate.rise_mK_s = True, -200
    rig.wishes.planned, rig.wishes.heat_to_ddegC = True, 600
    rig.coolant(500)
    hot = WINDOWS["charge"][1] - BAND // 2
    rig.round(hot - 80, hot, rounds=30)
    assert rig.powers[0] > 0
    rig.wishes.planned = False
    rig.round(hot - 80, hot, rounds=30)
    assert rig.powers[0] == 0
