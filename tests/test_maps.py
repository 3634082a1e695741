"""What the cell's tables allow is what an interpolation in floats says, rounded down; outside temperatures it is nothing."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bms.control.maps import ChargeMap, DischargeTable
from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, charge_map, replaced
from tests.test_small_int import shrunk

FULL = replaced(Pack, PACK_FIELDS, bench_24.PACK, name="full", charge_map="simulator")
PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK, FULL, aero_96.PACK, robot_14.PACK)

packs = st.sampled_from(PACKS)
knots = st.sampled_from(bench_24.PACK.cell.map_ddegC)
temperatures = st.one_of(st.integers(-260, 860), knots, knots.map(lambda t: t + 1), knots.map(lambda t: t - 1))
socs = st.one_of(st.integers(-100, 1100), st.sampled_from(bench_24.PACK.cell.map_soc_permille))


def bilinear(pack: Pack, t_ddegC: float, soc_permille: float) -> float:
    """numpy along one axis, then along the other; nothing outside the temperatures."""
    cell = pack.cell
    if not cell.map_ddegC[0] <= t_ddegC <= cell.map_ddegC[-1]:
        return 0.0
    column = [float(np.interp(soc_permille, cell.map_soc_permille, row)) for row in charge_map(pack)]
    return float(np.interp(t_ddegC, cell.map_ddegC, column))


def chart(pack: Pack, lo: int, hi: int) -> ChargeMap:
    """The map with a window in place."""
    of = ChargeMap(pack)
    assert of.place(lo, hi) == min(max(hi, 0), 1000) - min(max(lo, 0), 1000)
    return of


@given(pack=packs, t=temperatures, lo=socs, hi=socs)
def test_the_map_at_the_ends_of_a_window_is_the_bilinear_one_rounded_down(pack: Pack, t: int, lo: int, hi: int) -> None:
    """Beyond 0 and 1000 the end columns hold, and so does numpy's interpolation."""
    exact = min(bilinear(pack, t, lo), bilinear(pack, t, hi))
    got = chart(pack, lo, hi).least_mC(t)
    assert exact - 1 < got <= exact + 1e-9


@given(pack=packs, row=st.integers(0, 11), column=st.integers(0, 12))
def test_the_map_at_its_knots_is_what_the_cell_says(pack: Pack, row: int, column: int) -> None:
    cell = pack.cell
    soc = cell.map_soc_permille[column]
    assert chart(pack, soc, soc).least_mC(cell.map_ddegC[row]) == charge_map(pack)[row][column]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_tenth_of_a_degree_outside_the_temperatures_nothing_is_allowed(pack: Pack) -> None:
    cell = pack.cell
    of, table = chart(pack, 300, 300), DischargeTable(pack)
    for ts, ask in ((cell.map_ddegC, of.least_mC), (cell.discharge_ddegC, table.at_mC)):
        assert ask(ts[0]) > 0
        for t in (ts[0] - 1, ts[-1] + 1, -2000, 2000):
            assert ask(t) == 0


@given(pack=packs, lo=st.integers(0, 1000), width=st.integers(0, 1000), wider=st.integers(0, 300), t=temperatures)
def test_a_wider_window_never_allows_more(pack: Pack, lo: int, width: int, wider: int, t: int) -> None:
    """It holds for the two ends alone, since the map rises and falls once: every column inside is tried as well."""
    hi = min(1000, lo + width)
    inner = chart(pack, lo, hi).least_mC(t)
    assert chart(pack, lo - wider, hi + wider).least_mC(t) <= inner
    inside = [soc for soc in (*pack.cell.map_soc_permille, (lo + hi) // 2) if lo <= soc <= hi]
    assert inner <= min((bilinear(pack, t, soc) for soc in inside), default=1e9) + 1e-9


@given(pack=packs, t=st.one_of(st.integers(-350, 900), st.sampled_from(bench_24.PACK.cell.discharge_ddegC)))
def test_the_table_over_temperature_is_the_line_between_its_knots_rounded_down(pack: Pack, t: int) -> None:
    cell = pack.cell
    exact = float(np.interp(t, cell.discharge_ddegC, cell.discharge_cont_mC, left=0.0, right=0.0))
    assert exact - 1 < DischargeTable(pack).at_mC(t) <= exact + 1e-9


@given(mC=st.integers(0, 12_000), soc=socs, low=st.integers(0, 1000))
@example(mC=6000, soc=-15, low=0)
def test_what_is_left_at_low_soc_falls_in_a_straight_line_to_nothing_at_empty(mC: int, soc: int, low: int) -> None:
    """A cell may say that its current does not fall at all: 0 is a SoC."""
    cell = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, discharge_low_soc_permille=low)
    table = DischargeTable(replaced(Pack, PACK_FIELDS, bench_24.PACK, cell=cell))
    exact = mC if soc >= low else float(np.interp(soc, [0, low], [0, mC])) if low else 0
    assert exact - 1 < table.falling_mC(mC, soc) <= exact + 1e-9
    assert table.is_low(soc) == (soc < low)


@given(mC=st.integers(0, 12_000), soc=socs, lower=st.integers(0, 200))
def test_emptier_never_allows_more(mC: int, soc: int, lower: int) -> None:
    table = DischargeTable(bench_24.PACK)
    assert table.falling_mC(mC, soc - lower) <= table.falling_mC(mC, soc)


@given(pack=packs, t=st.integers(-2100, 2100), lo=st.integers(-1000, 2000), hi=st.integers(-1000, 2000))
def test_every_product_of_the_tables_fits_small_integers(pack: Pack, t: int, lo: int, hi: int) -> None:
    of, table = ChargeMap(pack), DischargeTable(pack)
    known: dict[int, object] = {}
    for room in (of, table):
        for name, value in list(vars(room).items()):
            setattr(room, name, shrunk(value, known))
    of.place(shrunk(lo, known), shrunk(hi, known))
    of.least_mC(shrunk(t, known))
    table.falling_mC(table.at_mC(shrunk(t, known)), shrunk(lo, known))
