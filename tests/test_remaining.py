"""The time that a charge will still take is told within a tenth, and a pack is warmed first where that pays."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.control import remaining as R
from bms.control.ahead import PIECES_MOST, Ahead, KNOWN_MAX_ds
from bms.control.fastcharge import GOING, TARGET, FastCharge, NO_DEPARTURE_s
from bms.control.ways import Way
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import CELL_FIELDS, PACK_FIELDS, THERMAL_FIELDS, Cell, COLD_ddegC, Pack, Thermal, charge_map, replaced
from tests.charge_rig import Rig
from tests.small_int import SmallInt

PACK = replaced(Pack, PACK_FIELDS, bench_24.PACK, charge_map="simulator")
NAMES = [one.name for one in PACK.cell.profiles]
HEAVY = replaced(
    Pack, PACK_FIELDS, PACK, name="heavy", cell=replaced(Cell, CELL_FIELDS, PACK.cell, heat_capacity_J_K=10_000_000)
)
"""Layers that no current warms."""


def way(name: str, pack: Pack = PACK) -> Way:
    return Way(pack.cell, pack.cell.profiles[NAMES.index(name)])


def looked(ahead: Ahead, along: Way, most_dA: int = 16383) -> float:
    """The seconds of a look to its end."""
    for _ in range(PIECES_MOST):
        if ahead.step(along, most_dA):
            return ahead.time_ds / 10
    raise AssertionError("a look without end")


def by_map_s(pack: Pack, soc: float, goal: float, degC: float, most_A: float) -> float:
    """Charge over current, in small steps of SoC, at one temperature: map and rating alone."""
    cell = pack.cell
    rows = np.array(charge_map(pack)) / 1000
    at_degC = np.array([np.interp(degC * 10, cell.map_ddegC, column) for column in rows.T])
    steps = np.linspace(soc, goal, 2001)
    middles = (steps[:-1] + steps[1:]) / 2
    rate_C = np.minimum(np.interp(middles * 1000, cell.map_soc_permille, at_degC), cell.charge_max_mC / 1000)
    current_A = np.minimum(rate_C * cell.capacity_mAh / 1000, most_A)
    return float(np.sum(np.diff(steps) * cell.capacity_mAh * 3.6 / current_A))


@settings(max_examples=60)
@given(
    soc=st.integers(0, 700),
    more=st.integers(50, 300),
    degC=st.integers(0, 58),
    most_A=st.sampled_from([10.0, 40.0, 1600.0]),
)
def test_layers_that_stay_as_warm_as_they_are_take_the_time_that_the_map_says(
    soc: int, more: int, degC: int, most_A: float
) -> None:
    ahead = Ahead(HEAVY)
    ahead.couple = 0
    ahead.begin(soc, soc + more, degC * 10, degC * 10, 250, COLD_ddegC)
    most = min(most_A, PACK.charge_rating_dA / 10)
    expected_s = by_map_s(PACK, soc / 1000, (soc + more) / 1000, degC, most)
    assert looked(ahead, way("map_limited"), round(most_A * 10)) == pytest.approx(expected_s, rel=0.05)


def test_a_colder_pack_a_smaller_charger_a_wider_window_or_less_of_the_map_never_shortens_the_time() -> None:
    def time_s(cold: int = 300, most_dA: int = 900, above: int = 0, share: int = 1000, margin_mV: int = 0) -> float:
        ahead = Ahead(PACK)
        ahead.couple = 3000
        ahead.above_permille, ahead.share_permille, ahead.margin_mV = above, share, margin_mV
        ahead.begin(100, 800, cold, cold + 60, cold, COLD_ddegC)
        return looked(ahead, way("map_limited"), most_dA)

    for worse in ({"cold": 200}, {"most_dA": 300}, {"above": 60}, {"share": 900}, {"margin_mV": 250}):
        assert time_s(**worse) > time_s(), worse


def test_a_charge_that_nothing_can_ever_finish_is_told_as_unknown() -> None:
    """No current and no heat; and a current so small that 18 hours are not enough."""
    ahead = Ahead(HEAVY)
    ahead.couple = 0
    ahead.begin(100, 900, 250, 250, 250, 400)
    assert looked(ahead, way("map_limited"), 0) * 10 > KNOWN_MAX_ds
    ahead.begin(100, 900, 250, 250, 250, COLD_ddegC)
    slow = way("gentle")
    slow.taper_dA = 1
    slow.stage_dA[0] = 2
    assert looked(ahead, slow) * 10 > KNOWN_MAX_ds


def test_below_the_taper_current_a_look_ends_after_the_time_of_the_taper() -> None:
    ahead = Ahead(HEAVY)
    ahead.couple = 0
    ahead.begin(960, 1000, -150, -150, -150, COLD_ddegC)
    assert looked(ahead, way("map_limited")) == pytest.approx(60, abs=1)


@settings(max_examples=40)
@given(
    name=st.sampled_from(["bench_24", "ev_240"]),
    soc=st.integers(0, 1000),
    cold=st.integers(-2000, 1000),
    gap=st.integers(0, 4000),
    coolant=st.integers(-600, 1200),
    heat_to=st.sampled_from([COLD_ddegC, 300, 600]),
    couple=st.integers(0, 20_000),
    most=st.integers(0, 16_383),
)
def test_no_look_leaves_the_small_integers_of_the_target_or_goes_on_for_ever(
    name: str, soc: int, cold: int, gap: int, coolant: int, heat_to: int, couple: int, most: int
) -> None:
    pack = {"bench_24": PACK, "ev_240": ev_240.PACK}[name]
    ahead = Ahead(pack)
    ahead.couple = SmallInt(couple)
    ahead.above_permille, ahead.margin_mV = SmallInt(400), SmallInt(200)
    ahead.begin(SmallInt(soc), SmallInt(1000), SmallInt(cold), SmallInt(cold + gap), SmallInt(coolant), SmallInt(heat_to))
    assert looked(ahead, Way(pack.cell, pack.cell.profiles[3]), SmallInt(most)) >= 0


# The plan, and what is told while a charge goes on.


def planned(temperature_ddegC: int, heater_W: int = 2400) -> FastCharge:
    """What is chosen after a while at a temperature that does not change."""
    thermal = replaced(Thermal, THERMAL_FIELDS, PACK.thermal, heater_W=heater_W)
    pack = replaced(Pack, PACK_FIELDS, PACK, thermal=thermal)
    envelope: Any = SimpleNamespace(
        charge_dA=300, charge_reason=3, soc_hi_permille=120, layer_lo_permille=60, layer_hi_permille=140
    )
    fastcharge = FastCharge(pack, envelope, SimpleNamespace(charge_limit_dA=lambda h: 300))  # type: ignore[arg-type]
    snap: Any = SimpleNamespace(value=[0] * 20, age_ms=[0] * 20, current_dA=290, coldest_ddegC=temperature_ddegC)
    snap.value[S.COOLANT_INLET_ddegC] = temperature_ddegC
    bound: Any = SimpleNamespace(
        cold_ddegC=temperature_ddegC - 30, hot_ddegC=temperature_ddegC + 50, layer_high_mV=3400
    )
    machine: Any = SimpleNamespace(state=M.CHARGE)
    fastcharge.wish(NAMES.index("thermally_modulated"), 800, NO_DEPARTURE_s)
    held = PACK.cell.t_charge_max_ddegC[0] - thermal.band_ddegC
    for _ in range(1500):
        fastcharge.step(machine, snap, bound, 100, False, False, 100)
        # the coldest layer gets no warmer than the hottest may
        known = fastcharge.remaining.remaining_s != R.UNKNOWN_s
        assert not known or fastcharge.heat_to_ddegC <= held - 80 + R.STEP_ddegC // 5
    return fastcharge


@pytest.mark.parametrize("temperature_ddegC", [-150, 0, 150, 250])
def test_a_cold_pack_is_warmed_first(temperature_ddegC: int) -> None:
    fastcharge = planned(temperature_ddegC)
    assert fastcharge.heat_to_ddegC >= temperature_ddegC + 100
    assert 400 < fastcharge.remaining.remaining_s < 3600


def test_a_heater_that_is_not_there_changes_nothing_and_is_not_asked_for() -> None:
    assert planned(250, heater_W=0).heat_to_ddegC == COLD_ddegC


def test_the_time_told_counts_down_between_two_looks_and_is_none_without_a_charge() -> None:
    rig = Rig(PACK, 0.5, 45.0)
    rig.fastcharge.wish(NAMES.index("map_limited"), 700, NO_DEPARTURE_s)
    told = []
    for _ in range(300):
        rig.round()
        told.append(rig.fastcharge.remaining.remaining_s)
    assert told[0] == R.UNKNOWN_s
    assert all(one < R.UNKNOWN_s for one in told[50:])
    assert sum(a != b for a, b in pairwise(told[50:])) >= 20
    rig.machine.state = M.STANDBY
    rig.fastcharge.step(rig.machine, rig.snap, rig.bound, 500, False, False, 100)
    assert rig.fastcharge.remaining.remaining_s == R.UNKNOWN_s


@pytest.mark.parametrize(
    ("name", "soc", "target", "degC", "follows"),
    [
        ("thermally_modulated", 0.30, 700, 25.0, True),
        ("thermally_modulated", 0.05, 500, 45.0, True),
        ("map_limited", 0.20, 600, 30.0, True),
        ("map_limited", 0.40, 640, 40.0, False),
        ("multistage", 0.30, 600, 40.0, True),
        ("cc_cv", 0.55, 640, 40.0, True),
    ],
)
def test_after_the_first_minute_the_time_left_is_told_within_a_tenth(
    name: str, soc: float, target: int, degC: float, follows: bool
) -> None:
    """`follows`: the coolant is a small loop; a reservoir without end shows late, and a sixth is what is told then. What is
    left of less is told within 10 s."""
    rig = Rig(PACK, soc, degC, noise=1.0, small_loop=follows)
    rig.fastcharge.wish(NAMES.index(name), target, NO_DEPARTURE_s)
    told = []
    while rig.fastcharge.end_reason == GOING:
        rig.round()
        told.append((rig.now_s, rig.fastcharge.remaining.remaining_s))
        assert rig.now_s < 3000
    assert rig.fastcharge.end_reason == TARGET
    assert rig.fastcharge.remaining.remaining_s == 0
    for now_s, left_s in told[600:-1]:
        true_s = rig.now_s - now_s
        assert abs(left_s - true_s) <= max(10.0, true_s / (10 if follows else 6)), (now_s, left_s, true_s)
