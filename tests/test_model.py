"""The model's tables agree with numpy's interpolation and Arrhenius's law, its slopes with differences, and so everywhere."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.cells.si_ceramic_20ah import CELL
from bms.estimate.model import Model, faded

KNOTS = np.linspace(0.0, 1.0, 21)
GAS = 8.314462618
inside = st.floats(0.0, 1.0)
temperatures = st.floats(-40.0, 85.0)


def table(name: str, scale: float) -> np.ndarray:
    return np.array(getattr(CELL, name)) * scale


@given(soc=inside, degC=temperatures)
def test_every_table_is_a_line_between_its_knots(soc: float, degC: float) -> None:
    model = Model(CELL)
    model.at(soc, degC)
    assert model.u_V == pytest.approx(np.interp(soc, KNOTS, table("ocv_mV", 1e-3)), abs=1e-9)
    assert model.m_V == pytest.approx(np.interp(soc, KNOTS, table("hyst_mV", 1e-3)), abs=1e-9)
    assert model.entropy_V == pytest.approx(np.interp(soc, KNOTS, table("entropy_uV_K", 1e-6)) * (degC - 25.0), abs=1e-9)
    assert model.tau1_s == pytest.approx(np.interp(soc, KNOTS, table("tau1_ms", 1e-3)), rel=1e-9)
    assert model.tau2_s == pytest.approx(np.interp(soc, KNOTS, table("tau2_ms", 1e-3)), rel=1e-9)


@given(soc=inside, knot=st.integers(0, len(CELL.r_ddegC) - 1))
def test_resistance_goes_by_arrhenius_s_law_element_by_element(soc: float, knot: int) -> None:
    degC = CELL.r_ddegC[knot] / 10
    model = Model(CELL)
    model.at(soc, degC)
    said = (model.r0_ohm, model.r1_ohm, model.r2_ohm)
    for found, name, energy in zip(said, ("r0_uohm", "r1_uohm", "r2_uohm"), CELL.ea_J_mol):
        factor = math.exp(energy / GAS * (1 / (degC + 273.15) - 1 / 298.15))
        assert found == pytest.approx(np.interp(soc, KNOTS, table(name, 1e-6)) * factor, rel=0.011, abs=1e-6 * 0.0006)


@given(soc=inside, degC=temperatures, other=temperatures)
def test_where_the_temperature_was_before_does_not_matter(soc: float, degC: float, other: float) -> None:
    fresh, used = Model(CELL), Model(CELL)
    fresh.at(soc, degC)
    used.at(1.0 - soc, other)
    used.at(soc, degC)
    assert vars(used) == vars(fresh)


@pytest.mark.parametrize("knot", range(20))
def test_slopes_are_those_of_the_lines(knot: int) -> None:
    model = Model(CELL)
    model.at((knot + 0.5) / 20, 25.0)
    assert model.du_V == pytest.approx((CELL.ocv_mV[knot + 1] - CELL.ocv_mV[knot]) / 50)
    assert model.dm_V == pytest.approx((CELL.hyst_mV[knot + 1] - CELL.hyst_mV[knot]) / 50)


@pytest.mark.parametrize(("soc", "end", "slope"), [(-0.3, 0, 0), (1.4, 20, 19)])
def test_beyond_the_ends_the_ocv_goes_on_and_everything_else_stays(soc: float, end: int, slope: int) -> None:
    model = Model(CELL)
    model.at(soc, 25.0)
    edge = end / 20
    rise = (CELL.ocv_mV[slope + 1] - CELL.ocv_mV[slope]) / 50
    assert model.u_V == pytest.approx(CELL.ocv_mV[end] / 1000 + rise * (soc - edge))
    assert model.m_V == pytest.approx(CELL.hyst_mV[end] / 1000)
    assert model.dm_V == 0.0
    assert model.r0_ohm == pytest.approx(CELL.r0_uohm[end] * 1e-6)


@given(x=st.floats(0.0, 50.0))
def test_what_fades_is_near_the_exponential_and_never_more_than_all(x: float) -> None:
    assert 0.0 <= faded(x) <= 1.0
    assert faded(x) == pytest.approx(1 - math.exp(-x), abs=0.0045 if x <= 1 else 0.051)


@given(exponent=st.floats(-9.0, -2.0))
def test_a_short_step_against_a_long_time_is_exact_in_single_precision(exponent: float) -> None:
    x: Any = np.float32(10.0**exponent)
    assert float(faded(x)) == pytest.approx(-math.expm1(-float(x)), rel=3e-7)
