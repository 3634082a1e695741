"""Energy is counted as exactly as charge and voltage are told, and what is left is the area under the cell's OCV table."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.control.energy import Energy
from bms.packs import bench_24, bess_14, ev_240
from bms.schema import Pack, layer_count
from tests.small_int import SmallInt

PACKS = (bench_24.PACK, ev_240.PACK, bess_14.PACK)
uJ_PER_Wh = 3_600_000_000
ROUNDS_PER_H = 36_000

packs = st.sampled_from(PACKS)
moved = st.one_of(st.integers(-163_830, 163_830), st.integers(-20, 20), st.sampled_from([-1, 0, 1, 99, 100, -99, -100]))
traces = st.lists(st.tuples(moved, st.integers(0, 2_097_151), st.integers(1, 300)), max_size=20)


@given(trace=traces)
def test_the_balance_of_any_trace_is_that_of_exact_fractions_to_a_watt_hour(trace: list[tuple[int, int, int]]) -> None:
    energy = Energy(bench_24.PACK)
    exact = charged = discharged = Fraction(0)
    rounds = 0
    for mAs, mV, count in trace:
        for _ in range(count):
            energy.step(mAs, mV)
        part = Fraction(mAs * mV * count, uJ_PER_Wh)
        exact += part
        charged += max(part, Fraction(0))
        discharged -= min(part, Fraction(0))
        rounds += count
    assert abs(energy.charged_Wh - energy.discharged_Wh - exact) <= 1
    # a step of 0.01 J may come early or late in either
    slack = 1 + Fraction(rounds * 10_000, uJ_PER_Wh)
    assert abs(energy.charged_Wh - charged) <= slack
    assert abs(energy.discharged_Wh - discharged) <= slack


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("mAs", "every"), [(1, 1), (1, 10), (3, 1), (99, 1), (101, 1)])
def test_nothing_of_tiny_currents_is_lost_over_ten_hours(sign: int, mAs: int, every: int) -> None:
    """A milliampere second a round is 10 mA, one every ten rounds is 1 mA; the voltage is no round figure."""
    energy = Energy(bench_24.PACK)
    for k in range(10 * ROUNDS_PER_H):
        energy.step(sign * mAs if k % every == 0 else 0, 86_499)
    exact_Wh = Fraction(mAs * 86_499 * (10 * ROUNDS_PER_H // every), uJ_PER_Wh)
    got_Wh, other_Wh = energy.charged_Wh, energy.discharged_Wh
    if sign < 0:
        got_Wh, other_Wh = other_Wh, got_Wh
    assert exact_Wh - 1 <= got_Wh <= exact_Wh + 1
    assert other_Wh == 0


def test_a_current_that_only_trembles_is_no_energy() -> None:
    """The noise of a sensor at rest flows as much one way as the other, a milliampere second at a time."""
    energy = Energy(bench_24.PACK)
    for _ in range(2 * ROUNDS_PER_H):
        energy.step(1, 86_000)
        energy.step(-1, 86_000)
    assert energy.charged_Wh == energy.discharged_Wh <= 2 * 86_000 * ROUNDS_PER_H // uJ_PER_Wh + 1


@pytest.mark.parametrize("voltage_mV", [86_490, 37_850, 99, 2_097_151])
def test_a_full_cycle_is_worth_its_voltage_to_the_last_millivolt(voltage_mV: int) -> None:
    energy = Energy(bench_24.PACK)
    for _ in range(ROUNDS_PER_H):
        energy.step(2000, voltage_mV)
    for _ in range(ROUNDS_PER_H):
        energy.step(-2000, voltage_mV)
    assert energy.charged_Wh == 20 * voltage_mV // 1000
    assert abs(energy.charged_Wh - energy.discharged_Wh) <= 1


@given(
    trace=st.lists(
        st.tuples(st.integers(-8_191_500, 8_191_500), st.sampled_from([-8_388_608, 0, 99, 2_097_151, 8_388_607])), max_size=30
    )
)
def test_the_wire_full_of_current_and_voltage_fits_small_integers(trace: list[tuple[int, int]]) -> None:
    """1638 A in rounds of ten ticks of up to half a second each; 24 bits of voltage."""
    energy = Energy(bench_24.PACK)
    for name, value in list(vars(energy).items()):
        if type(value) is int:
            setattr(energy, name, SmallInt(value))
    for mAs, mV in trace * 5:
        step_cJ = energy.step(SmallInt(mAs), SmallInt(mV))
        assert isinstance(step_cJ, SmallInt)
        assert (step_cJ > 0) <= (mAs > 0) or step_cJ == 1, "a carry is worth 0.01 J at most"
    energy.place(SmallInt(730), SmallInt(650))


def test_the_counters_wrap_and_never_grow_beyond_thirty_bits() -> None:
    energy = Energy(ev_240.PACK)
    energy.charged_Wh = energy.discharged_Wh = 0x3FFFFFFF
    energy.step(1_600_000, 900_000)
    energy.step(-1_600_000, 900_000)
    assert energy.charged_Wh == energy.discharged_Wh == 399


@given(pack=packs, soc=st.integers(0, 1000), lower=st.integers(0, 1000))
def test_what_remains_and_what_is_missing_are_the_whole_and_the_certain_is_never_more(pack: Pack, soc: int, lower: int) -> None:
    energy = Energy(pack)
    energy.place(1000, 1000)
    whole = energy.remaining_Wh
    assert energy.to_full_Wh == 0
    assert energy.place(soc, max(0, soc - lower)) == energy.remaining_Wh
    assert energy.remaining_Wh + energy.to_full_Wh == whole
    assert 0 <= energy.certain_Wh <= energy.remaining_Wh
    less = energy.remaining_Wh
    energy.place(min(1000, soc + 1), 0)
    assert energy.remaining_Wh >= less
    assert energy.certain_Wh == 0


@given(pack=packs, soc=st.integers(0, 1000))
def test_what_remains_is_the_area_under_the_ocv_table(pack: Pack, soc: int) -> None:
    """The line through the knots of the area lies above the area by an eighth of a segment's rise at most."""
    cell = pack.cell
    fine = np.linspace(0.0, soc / 1000, 2001)
    ocv_V = np.interp(fine, np.linspace(0.0, 1.0, 21), cell.ocv_mV) / 1000
    area_Wh = float(np.trapezoid(ocv_V, fine)) * cell.capacity_mAh / 1000 * layer_count(pack)
    sag_V = max(np.diff(cell.ocv_mV)) / 1000 / 8
    energy = Energy(pack)
    energy.place(soc, soc)
    sag_Wh = sag_V * 0.05 * cell.capacity_mAh / 1000 * layer_count(pack)
    assert area_Wh - 2 <= energy.remaining_Wh <= area_Wh + sag_Wh + 1
    if soc % 50 == 0:
        assert abs(energy.remaining_Wh - area_Wh) <= 1 + area_Wh * 1e-6
