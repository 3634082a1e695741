"""How hot and how cold a layer may be agrees, to the last tenth of a degree, with the docstring's sums in plain words."""

import random
from fractions import Fraction
from math import ceil, floor
from types import SimpleNamespace
from typing import Any

import pytest

from bms.packs import bench_24, bess_14, ev_240
from bms.safety.core import Core
from bms.schema import CELL_FIELDS, GUARDS_FIELDS, PACK_FIELDS, SENSOR_FIELDS, Cell, Guards, Pack, Sensor, replaced

BENCH = bench_24.PACK
# cools when charged, by so much that the sign and every kelvin of it count; a window of voltage as wide as three layers
COOLING = replaced(
    Cell,
    CELL_FIELDS,
    BENCH.cell,
    entropy_uV_K=tuple(-k * 211 for k in range(21)),
    hyst_mV=tuple(2997 - k for k in range(21)),
    v_max_mV=(8000, 8500, 9001),
    v_min_mV=(1500, 1200, 1000),
)
ODD = replaced(
    Pack,
    PACK_FIELDS,
    BENCH,
    name="odd",
    cell=COOLING,
    spread_t_ddegC=17,
    spread_hyst_permille=801,
    guards=replaced(Guards, GUARDS_FIELDS, BENCH.guards, core_mK_W=1000),
    probe_sensor=replaced(
        Sensor, SENSOR_FIELDS, BENCH.probe_sensor, lsb_u=99_000, noise_u=225, offset_u=9_800_099, gain_ppm=5000
    ),
)
THIN = replaced(Pack, PACK_FIELDS, BENCH, name="thin", guards=replaced(Guards, GUARDS_FIELDS, BENCH.guards, core_mK_W=1))
PACKS = (BENCH, ev_240.PACK, bess_14.PACK, ODD, THIN)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def margin_ddegC(pack: Pack) -> int:
    """What a probe may err, four sigma of noise with it, and what a stack's layers are apart."""
    s = pack.probe_sensor
    error_mK = floor(Fraction(s.offset_u + 4 * s.noise_u + s.lsb_u, 1000)) + 1
    return floor(Fraction(error_mK, 100)) + 1 + pack.spread_t_ddegC


def reversible_mV(pack: Pack) -> int:
    """Hysteresis at its largest, and entropy, of either sign, at 373 K."""
    cell = pack.cell
    entropy_uV_K = max(abs(max(cell.entropy_uV_K)), abs(min(cell.entropy_uV_K)))
    hyst_mV = floor(Fraction(max(cell.hyst_mV) * (1000 + pack.spread_hyst_permille), 1000))
    return hyst_mV + floor(Fraction(entropy_uV_K * 373, 1000)) + 1


def drop_mV(r_uohm: int, dA: int) -> int:
    """Rounded up; a resistance from 65 536 uohm on is taken in hundreds."""
    return ceil(Fraction(r_uohm * dA, 10_000)) if r_uohm < 65_536 else ceil(Fraction(ceil(Fraction(r_uohm, 100)) * dA, 100))


def rise_ddegC(pack: Pack, dA: int, r_uohm: int) -> int:
    """Watts of a layer, at most those of the whole window of voltage and ten thousand, times the way out."""
    window_mV = pack.cell.v_max_mV[2] - pack.cell.v_min_mV[2]
    heat_dW = floor(Fraction(min(drop_mV(r_uohm, dA) + reversible_mV(pack), window_mV) * dA, 1000))
    return ceil(Fraction(min(heat_dW, 100_000) * pack.guards.core_mK_W, 1000))


@packs
def test_hot_and_cold_are_probes_error_spread_and_heat(pack: Pack) -> None:
    dice = random.Random(4)
    core = Core(pack)
    for _ in range(700):
        hottest = dice.randint(-400, 1500)
        coldest = hottest - dice.choice([0, 1, 57, 300, pack.spread_t_ddegC, pack.spread_t_ddegC + 1])
        dA = dice.choice([0, 1, 5, 10, 99, 16_383, dice.randint(0, 16_383), dice.randint(0, 900)])
        r_uohm = dice.choice([0, 1, 3000, 65_535, 65_536, dice.randint(0, 9000), dice.randint(60_000, 3_000_000)])
        agreed = dice.choice([coldest, hottest, dice.randint(coldest, hottest)])
        snap: Any = SimpleNamespace(
            hottest_ddegC=hottest, coldest_ddegC=coldest, agreed_ddegC=agreed, probe_oldest_ms=dice.choice([0, 100, 59_999])
        )
        assert core.refresh(snap, dA, r_uohm) == core.hot_ddegC
        assert core.rise_ddegC == rise_ddegC(pack, dA, r_uohm)
        assert core.hot_ddegC == hottest + margin_ddegC(pack) + rise_ddegC(pack, dA, r_uohm)
        apart = max(0, hottest - coldest - pack.spread_t_ddegC)
        by_two = agreed - rise_ddegC(pack, dA, r_uohm) - apart
        assert core.cold_ddegC == max(coldest, by_two) - margin_ddegC(pack)


@packs
@pytest.mark.parametrize("beyond_mV", [-1, 0, 1, 2])
def test_no_layer_heats_with_more_than_the_window_of_voltage(pack: Pack, beyond_mV: int) -> None:
    """A current of 1000 A: the drop in mV is the resistance in uohm, and the heat in tenths of a watt ten times that."""
    cell = pack.cell
    window_mV = cell.v_max_mV[2] - cell.v_min_mV[2]
    core = Core(replaced(Pack, PACK_FIELDS, pack, guards=replaced(Guards, GUARDS_FIELDS, pack.guards, core_mK_W=1000)))
    snap: Any = SimpleNamespace(hottest_ddegC=250, coldest_ddegC=250, agreed_ddegC=250, probe_oldest_ms=0)
    core.refresh(snap, 10_000, window_mV - reversible_mV(pack) + beyond_mV)
    assert core.rise_ddegC == 10 * (window_mV + min(0, beyond_mV))


@packs
def test_before_the_first_probe_and_after_a_minute_of_silence_a_layer_may_be_anything(pack: Pack) -> None:
    core = Core(pack)
    assert (core.hot_ddegC, core.cold_ddegC, core.rise_ddegC) == (2000, -2000, 0)
    for oldest_ms in (60_000, 60_001):
        known: Any = SimpleNamespace(hottest_ddegC=250, coldest_ddegC=250, agreed_ddegC=250, probe_oldest_ms=59_999)
        assert core.refresh(known, 0, 0) < 2000
        silent: Any = SimpleNamespace(hottest_ddegC=250, coldest_ddegC=250, agreed_ddegC=250, probe_oldest_ms=oldest_ms)
        assert core.refresh(silent, 100, 100) == 2000
        assert (core.hot_ddegC, core.cold_ddegC) == (2000, -2000)
