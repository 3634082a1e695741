"""No layer of a stack in steady state is hotter than the core is said to be; less known or more current is never cooler.

The truth is the bench's model of heat along a stack, left alone with one current until nothing changes any more.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.safety.core import Core
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Guards, Pack, Sensor, layers_per_stack, replaced
from hil.heat import Heat, probe_places
from hil.lint.extremes import Extremes
from hil.options import PlantOptions
from tests.small_int import SmallInt
from tests.test_small_int import shrunk

PACKS = {pack.name: pack for pack in (bench_24.PACK, ev_240.PACK, bess_14.PACK, aero_96.PACK, robot_14.PACK)}
packs = st.sampled_from(sorted(PACKS))
FOR_EVER_s = 1e9
ZERO_K = 273.15


def probes(hottest: int, coldest: int, oldest_ms: int = 0, agreed: int = -2000) -> Any:
    """What the summary of a tick says of the probes."""
    return SimpleNamespace(hottest_ddegC=hottest, coldest_ddegC=coldest, agreed_ddegC=agreed, probe_oldest_ms=oldest_ms)


def hot_ddegC(pack: Pack, current_dA: int, r_uohm: int, hottest: int = 250, coldest: int = 250) -> int:
    """The core after one round."""
    return Core(pack).refresh(probes(hottest, coldest), current_dA, r_uohm)


@given(
    name=packs,
    c=st.integers(0, 8000),
    r=st.integers(100, 4000),
    coolant=st.floats(-20.0, 50.0),
    plate=st.floats(1.0, 40.0),
    edge=st.floats(0.0, 0.2),
)
def test_no_layer_in_steady_state_is_hotter_than_the_core(
    name: str, c: int, r: int, coolant: float, plate: float, edge: float
) -> None:
    """Every layer makes the largest heat that resistance, hysteresis and entropy allow; ends and edges are cooled anyhow."""
    pack = PACKS[name]
    cell = pack.cell
    size = cell.capacity_mAh / 20000
    r_uohm = max(1, round(r / size))
    current_A = cell.capacity_mAh / 1000 * c / 1000
    layers = layers_per_stack(pack)
    heat = Heat(pack.stacks, layers, 20 * size, cell.heat_capacity_J_K, plate * size, edge * size, coolant + ZERO_K)
    over_V = current_A * r_uohm * 1e-6 + max(cell.hyst_mV) / 1000 * (1 + pack.spread_hyst_permille / 1000)
    watts = current_A * over_V
    for _ in range(40):  # the entropy's heat follows the temperature
        reversible = current_A * heat.node_K * max(cell.entropy_uV_K) * 1e-6
        # a stack that its ends cannot cool is no steady state of interest: nothing here is allowed above 100 degC
        heat.step((watts + np.minimum(reversible, current_A * 373.15 * 150e-6)) * FOR_EVER_s, coolant + ZERO_K, FOR_EVER_s)
    places = probe_places(pack)
    read = [round((heat.node_K.ravel()[place] - ZERO_K) * 10) for place in places]
    core = Core(pack).refresh(probes(max(read), min(read)), round(current_A * 10), r_uohm)
    assert (heat.node_K.max() - ZERO_K) * 10 <= core


@given(
    name=packs,
    base=st.integers(-300, 600),
    layers=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    sites=st.lists(st.floats(0, 1), min_size=2, max_size=8),
    errors=st.lists(st.floats(-1, 1), min_size=8, max_size=8),
    lie=st.integers(-300, 800),
    c=st.integers(0, 2000),
)
def test_no_layer_is_colder_than_the_core_says_whatever_one_probe_claims(
    name: str, base: int, layers: list[float], sites: list[float], errors: list[float], lie: int, c: int
) -> None:
    """Layers and probes anywhere within the declared difference, every probe within its error but one that reads anything."""
    pack = PACKS[name]
    error = (pack.probe_sensor.offset_u + 4 * pack.probe_sensor.noise_u + pack.probe_sensor.lsb_u) / 1e5
    read = [round(base + site * pack.spread_t_ddegC + off * error) for site, off in zip(sites, errors)]
    read[0] += lie
    core = Core(pack)
    core.refresh(probes(max(read), min(read), 0, sorted(read)[-2]), c, 3000)
    assert base + min(layers) * pack.spread_t_ddegC >= core.cold_ddegC


@given(name=packs, t=st.integers(-300, 600), under=st.integers(0, 60), by=st.integers(0, 100), c=st.integers(0, 2000))
def test_two_probes_that_agree_say_more_than_the_coldest_and_less_when_probes_are_far_apart(
    name: str, t: int, under: int, by: int, c: int
) -> None:
    pack = PACKS[name]

    def cold(hottest: int, coldest: int, agreed: int) -> int:
        core = Core(pack)
        core.refresh(probes(hottest, coldest, 0, agreed), c, 3000)
        return core.cold_ddegC

    alone = cold(t, t - under, t - under)
    assert alone <= cold(t, t - under, t) <= alone + under
    assert cold(t + by, t - under, t) <= cold(t, t - under, t)
    assert cold(t, t - under - by, t) <= cold(t, t - under, t)
    if under <= pack.spread_t_ddegC:
        assert cold(t, t - under, t) == max(alone, alone + under - core_rise(pack, c))


def core_rise(pack: Pack, c: int) -> int:
    """What heat makes of it."""
    core = Core(pack)
    core.refresh(probes(250, 250), c, 3000)
    return core.rise_ddegC


def test_the_bench_s_own_cooling_is_among_those_tried() -> None:
    options = PlantOptions(seed=1, soc=0.5, temperature_degC=25.0)
    assert 1.0 <= options.plate_W_K <= 40.0 and 0.0 <= options.coolant_W_K <= 0.2


@given(
    name=packs, hottest=st.integers(-400, 1000), apart=st.integers(0, 300), c=st.integers(0, 16383), r=st.integers(0, 100_000)
)
def test_the_core_is_beyond_the_probes_by_their_error_and_what_the_pack_declares(
    name: str, hottest: int, apart: int, c: int, r: int
) -> None:
    pack = PACKS[name]
    sensor = pack.probe_sensor
    error_ddegC = (sensor.offset_u + 4 * sensor.noise_u) / 1e5
    core = Core(pack)
    core.refresh(probes(hottest, hottest - apart), c, r)
    assert core.hot_ddegC >= hottest + error_ddegC + pack.spread_t_ddegC
    assert core.cold_ddegC <= hottest - apart - error_ddegC - pack.spread_t_ddegC
    assert core.rise_ddegC == core.hot_ddegC - Core(pack).refresh(probes(hottest, hottest - apart), 0, r)


more = st.integers(0, 3000)


@given(
    name=packs, t=st.integers(-400, 1000), c=st.integers(0, 16383), r=st.integers(0, 3_000_000), by=st.tuples(more, more, more)
)
def test_more_current_more_resistance_or_a_hotter_probe_is_never_a_cooler_core(
    name: str, t: int, c: int, r: int, by: tuple[int, int, int]
) -> None:
    pack = PACKS[name]
    now = hot_ddegC(pack, c, r, t, t)
    assert hot_ddegC(pack, c + by[0], r, t, t) >= now
    assert hot_ddegC(pack, c, r + 100 * by[1], t, t) >= now
    assert hot_ddegC(pack, c, r, t + by[2], t) == now + by[2]
    sensor = replaced(Sensor, SENSOR_FIELDS, pack.probe_sensor, offset_u=pack.probe_sensor.offset_u + 1000 * by[0])
    guards = replaced(Guards, GUARDS_FIELDS, pack.guards, core_mK_W=pack.guards.core_mK_W + by[1] // 100)
    assert hot_ddegC(replaced(Pack, PACK_FIELDS, pack, probe_sensor=sensor, guards=guards), c, r, t, t) >= now


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("current_dA", [0, 1, 8000, 16383])
def test_the_hottest_heat_fits_small_integers_and_saturates(name: str, current_dA: int) -> None:
    pack = PACKS[name]
    core = Core(pack)
    known: dict[int, Any] = {}
    for field, value in list(vars(core).items()):
        setattr(core, field, shrunk(value, known))
    hottest = 0
    for r_uohm in (0, 65535, 65536, Extremes(pack).r_worst_uohm * 3):
        summary = probes(SmallInt(2047), SmallInt(-2048))
        summary.probe_oldest_ms = SmallInt(0)
        summary.agreed_ddegC = SmallInt(-2048)
        now = core.refresh(summary, SmallInt(current_dA), SmallInt(r_uohm))
        assert isinstance(now, SmallInt)
        assert now >= hottest
        hottest = now


@pytest.mark.parametrize("name", PACKS)
def test_without_probes_a_layer_may_be_anything(name: str) -> None:
    """Known once and silent for a minute is known no more."""
    core = Core(PACKS[name])
    before = (core.hot_ddegC, core.cold_ddegC)
    assert before[0] >= 2000 and before[1] <= -2000
    core.refresh(probes(250, 250, 59_999), 100, 3000)
    assert core.hot_ddegC < 400
    assert core.refresh(probes(250, 250, 60_000), 100, 3000) == before[0]
    assert (core.hot_ddegC, core.cold_ddegC) == before
