"""Limits are never negative, never rise because something is worse, and never let a layer sag or swell beyond its limit."""

import itertools
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.control.advice import Advice, EXPIRY_ms
from bms.control.envelope import Envelope
from bms.packs import bench_24, ev_240
from bms.safety import faults as F
from bms.schema import PACK_FIELDS, Pack, charge_map, layer_count, replaced
from hil import spread
from hil.options import PlantOptions
from hil.plant import Plant
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

# Without a ramp the limit is seen at once.
PACKS = tuple(replaced(Pack, PACK_FIELDS, pack, limit_rise_dA_s=1_000_000) for pack in (bench_24.PACK, ev_240.PACK))
DRIVING = SimpleNamespace(charge_allowed=1, discharge_allowed=1)
STANDING = SimpleNamespace(charge_allowed=0, discharge_allowed=0)
REFERENCE: dict[str, int] = {
    "lo": 400, "hi": 600, "cold": 250, "hot": 250, "layer_high_mV": 3700, "layer_low_mV": 3600,
    "r_high_uohm": 4000, "r_low_uohm": 900, "current": 0, "severity": 0,
}


def limits(pack: Pack, advice: Any = None, machine: Any = DRIVING, **changes: int) -> tuple[int, int]:
    """Charge and discharge limit once everything has settled in a situation."""
    s = {**REFERENCE, **changes}
    envelope = Envelope(pack)
    bound = SimpleNamespace(hot_ddegC=s["hot"], cold_ddegC=s["cold"], **s)
    advice = advice or Advice()
    for phase in [*range(10), *range(10)]:
        fresh = advice.step(0)
        envelope.window(advice, fresh, s["lo"], s["hi"])
        if phase >= 4 and phase < 9:
            envelope.refresh(bound, phase)  # type: ignore[arg-type]
        envelope.step(machine, s["severity"], bound, advice, fresh, s["current"], 10)  # type: ignore[arg-type]
    return envelope.charge_dA, envelope.discharge_dA


situations = st.fixed_dictionaries(
    {
        "lo": st.integers(0, 1000),
        "cold": st.integers(-450, 900),
        "layer_high_mV": st.integers(2000, 4600),
        "layer_low_mV": st.integers(1800, 4400),
        "current": st.integers(-3000, 2000),
        "severity": st.integers(0, 5),
    }
)
packs = st.sampled_from(PACKS)


@given(pack=packs, s=situations, width=st.integers(0, 1000), warmer=st.integers(0, 200))
def test_no_limit_is_ever_negative_or_beyond_the_rating(pack: Pack, s: dict[str, int], width: int, warmer: int) -> None:
    """pyBMS sent a negative charge limit."""
    charge, discharge = limits(pack, hi=min(1000, s["lo"] + width), hot=s["cold"] + warmer, **s)
    assert 0 <= charge <= pack.charge_rating_dA
    assert 0 <= discharge <= pack.discharge_rating_dA


@given(pack=packs, t=st.integers(-250, 250), colder=st.integers(0, 300), soc=st.integers(0, 1000))
def test_colder_never_allows_more_charge_current(pack: Pack, t: int, colder: int, soc: int) -> None:
    assert limits(pack, cold=t - colder, hot=t, lo=soc, hi=soc)[0] <= limits(pack, cold=t, hot=t, lo=soc, hi=soc)[0]
    assert limits(pack, cold=t - colder, hot=t - colder, lo=soc, hi=soc)[0] <= limits(pack, cold=t, hot=t, lo=soc, hi=soc)[0]


@given(
    pack=packs,
    s=situations,
    width=st.integers(0, 300),
    by=st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 100), st.integers(0, 100)),
)
def test_knowing_less_never_allows_more(pack: Pack, s: dict[str, int], width: int, by: tuple[int, int, int, int]) -> None:
    """Wider window of SoC, wider range of temperature: never more current either way."""
    lo, hi = s["lo"], min(1000, s["lo"] + width)
    rest = {k: v for k, v in s.items() if k != "lo"}
    before = limits(pack, lo=lo, hi=hi, hot=s["cold"] + 30, **rest)
    wider = limits(pack, lo=max(0, lo - by[0]), hi=min(1000, hi + by[1]), hot=s["cold"] + 30, **rest)
    rest["cold"] -= by[2]
    farther = limits(pack, lo=lo, hi=hi, hot=s["cold"] + 30 + by[3], **rest)
    for other in (wider, farther):
        assert other[0] <= before[0]
        assert other[1] <= before[1]


@given(pack=packs, s=situations, high=st.integers(0, 500), low=st.integers(0, 500), worse=st.integers(0, 5))
def test_a_layer_nearer_to_its_limit_or_a_worse_fault_never_allows_more(
    pack: Pack, s: dict[str, int], high: int, low: int, worse: int
) -> None:
    fixed = {k: v for k, v in s.items() if k not in ("layer_high_mV", "layer_low_mV", "severity", "lo")}
    mine = {"lo": s["lo"], "hi": s["lo"], "hot": s["cold"]}
    at = {"layer_high_mV": s["layer_high_mV"], "layer_low_mV": s["layer_low_mV"]}
    before = limits(pack, severity=s["severity"], **fixed, **mine, **at)
    nearer = {"layer_high_mV": s["layer_high_mV"] + high, "layer_low_mV": s["layer_low_mV"] - low}
    after = limits(pack, severity=s["severity"], **fixed, **mine, **nearer)
    faulty = limits(pack, severity=max(s["severity"], worse), **fixed, **mine, **at)
    for other in (after, faulty):
        assert other[0] <= before[0]
        assert other[1] <= before[1]
    if s["severity"] >= F.TRIP_AFTER_RAMP:
        assert before == (0, 0)


@given(
    pack=packs,
    s=situations,
    width=st.integers(0, 1000),
    said=st.tuples(st.integers(-1, 1000), st.integers(0, 1000), st.integers(0, 16383), st.integers(0, 16383)),
)
def test_no_advice_narrows_the_window_to_outside_the_hard_one_nor_raises_a_limit_by_current(
    pack: Pack, s: dict[str, int], width: int, said: tuple[int, int, int, int]
) -> None:
    """SoC is the one door through which advice informs: it may narrow the window inside the hard one, nothing else."""
    rest = {**s, "hi": min(1000, s["lo"] + width), "hot": s["cold"] + 10}
    advice = Advice()
    advice.give(said[0], said[1])
    envelope = Envelope(pack)
    envelope.window(advice, True, rest["lo"], rest["hi"])
    assert rest["lo"] <= envelope.soc_lo_permille <= envelope.soc_hi_permille <= rest["hi"]
    inside = limits(pack, advice, **rest)
    advice.charge_limit_dA, advice.discharge_limit_dA = said[2], said[3]
    told = limits(pack, advice, **rest)
    assert told[0] <= min(inside[0], said[2])
    assert told[1] <= min(inside[1], said[3])
    advice.age_ms = EXPIRY_ms + 1
    assert limits(pack, advice, **rest) == limits(pack, None, **rest), "stale advice is no advice"


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_outside_the_temperatures_of_the_map_nothing_flows(pack: Pack) -> None:
    cell = pack.cell
    first, last = cell.map_ddegC[0], cell.map_ddegC[-1]
    assert limits(pack, cold=first - 1, hot=first + 10)[0] == 0
    assert limits(pack, cold=last - 10, hot=last + 1)[0] == 0
    assert limits(pack, cold=first, hot=first)[0] > 0
    first, last = cell.discharge_ddegC[0], cell.discharge_ddegC[-1]
    assert limits(pack, cold=first - 1, hot=first + 10)[1] == 0
    assert limits(pack, cold=last - 10, hot=last + 1)[1] == 0


def brute(pack: Pack, cold: int, hot: int, lo: int, hi: int) -> float:
    """Least of the map over every point of the window, in dA: bilinear, by numpy-free floats."""
    rows, ts, socs = charge_map(pack), pack.cell.map_ddegC, pack.cell.map_soc_permille

    def line(x: float, xs: tuple[int, ...], ys: list[float]) -> float:
        k = next(k for k in range(1, len(xs)) if x <= xs[k])
        return ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1])

    layers = layer_count(pack)
    apart = 2 * pack.spread_soc_permille * (layers - 1) / layers  # one layer at one end, all others at the other
    inner_t = [cold, hot, *(t for t in ts if cold < t < hot), (cold + hot) // 2]
    first, last = max(0.0, lo - apart), min(1000.0, hi + apart)
    inner_z = [first, last, *(z for z in socs if first < z < last), (first + last) / 2]
    columns = [[line(z, socs, [float(c) for c in row]) for row in rows] for z in inner_z]
    least = min(line(t, ts, column) for t, column in itertools.product(inner_t, columns))
    return least * pack.cell.capacity_mAh / 100_000


@given(pack=packs, cold=st.integers(-200, 800), width=st.integers(0, 300), lo=st.integers(0, 1000), span=st.integers(0, 400))
def test_the_corners_of_the_window_hold_the_least_of_the_map_anywhere_inside(
    pack: Pack, cold: int, width: int, lo: int, span: int
) -> None:
    """The map rises and falls once along both axes; brute force over every knot inside agrees."""
    hot, hi = min(800, cold + width), min(1000, lo + span)
    assert limits(pack, cold=cold, hot=hot, lo=lo, hi=hi, layer_high_mV=0)[0] <= brute(pack, cold, hot, lo, hi) + 1e-9


@given(
    pack=packs,
    room=st.tuples(st.integers(0, 1500), st.integers(0, 1500)),
    r=st.integers(500, 60_000),
    current=st.integers(-1500, 1500),
)
def test_a_layer_that_obeys_the_limits_neither_sags_below_nor_swells_above_its_operating_voltage(
    pack: Pack, room: tuple[int, int], r: int, current: int
) -> None:
    """The layer stands at its bound now; going to either limit moves it by R times the change of current, no farther."""
    top, bottom = pack.cell.v_max_mV[0], pack.cell.v_min_mV[0]
    high, low = top - room[0], bottom + room[1]
    charge, discharge = limits(
        pack, layer_high_mV=high, layer_low_mV=low, r_high_uohm=r, r_low_uohm=min(r, 400), current=current, lo=500, hi=500
    )
    if charge > max(0, current):
        assert high + (charge - current) * r / 10_000 <= top
    if discharge > max(0, -current):
        assert low - (discharge + current) * r / 10_000 >= bottom


@pytest.mark.parametrize("pack", [bench_24.PACK, ev_240.PACK], ids=lambda pack: pack.name)
@pytest.mark.parametrize("request_", [DRIVE, CHARGE])
def test_limits_rise_by_their_ramp_and_fall_at_once(pack: Pack, request_: int) -> None:
    """VESC bldc #531: limits jump only downwards."""
    board = FakeBoard(pack)
    app = App(pack, board)
    was = (0, 0)
    for k in range(500):
        board.request = request_ if k > 20 else OPEN
        app.tick()
        now = (app.envelope.charge_dA, app.envelope.discharge_dA)
        for before, after in zip(was, now):
            assert after - before <= pack.limit_rise_dA_s // 100 + 1
        was = now
    assert max(was) > 0
    board.crash_seen = 1
    for _ in range(3):
        app.tick()
    assert (app.envelope.charge_dA, app.envelope.discharge_dA) == (0, 0)


@given(pack=packs, kind=st.sampled_from(spread.KINDS), seed=st.integers(0, 1 << 30), soc=st.integers(0, 1000))
def test_every_layer_of_a_pack_as_it_is_declared_is_in_the_window_around_its_mean(
    pack: Pack, kind: str, seed: int, soc: int
) -> None:
    """One layer at one end of what is declared and all its sisters at the other is a pack as it is declared."""
    plant = Plant(pack, PlantOptions(seed=seed, soc=soc / 1000, temperature_degC=25.0, spread=kind))
    envelope = Envelope(pack)
    envelope.window(Advice(), False, floor(1000 * plant.soc_mean), ceil(1000 * plant.soc_mean))
    envelope._place()
    assert envelope.layer_lo_permille <= 1000 * plant.soc.min()
    assert envelope.layer_hi_permille >= 1000 * plant.soc.max()


@settings(max_examples=100)
@given(pack=packs, s=situations)
def test_nothing_may_flow_in_a_state_that_allows_nothing(pack: Pack, s: dict[str, int]) -> None:
    assert limits(pack, machine=STANDING, hi=1000, hot=s["cold"], **s) == (0, 0)
