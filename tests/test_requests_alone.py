"""Insulation and energy: each by itself agrees with its promise in plain words, edges included."""

import random
from fractions import Fraction
from math import floor

import pytest

from bms.control.energy import Energy
from bms.packs import bench_24, ev_240
from bms.safety import snapshot as S
from bms.safety.insulation import NOT_FITTED, SILENT, DEADLINE_ms, Insulation, MAX_kohm, per_volt_ohm
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced
from tests.small_int import small

PACKS = (bench_24.PACK, ev_240.PACK)
packs = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


@pytest.mark.parametrize("pole", [S.NEGATIVE_POLE_mV, S.POSITIVE_POLE_mV])
def test_what_a_pole_said_grows_old_by_the_round_and_no_older_than_a_minute(pole: int) -> None:
    snap, insulation = S.Snapshot(bench_24.PACK), Insulation()
    other = S.NEGATIVE_POLE_mV + S.POSITIVE_POLE_mV - pole
    snap.age_ms[other] = 60_000
    ages_ms = ((0, 100, 100), (100, 90, 190), (59_800, 199, 59_999), (59_900, 100, 60_000), (59_999, 101, 60_000))
    for was_ms, dt_ms, is_ms in ages_ms:
        snap.age_ms[pole] = was_ms
        insulation.step(snap, dt_ms)
        assert (snap.age_ms[pole], snap.age_ms[other]) == (is_ms, 60_000)


def test_a_monitor_that_never_spoke_is_none_and_one_that_spoke_falls_silent_after_five_seconds() -> None:
    assert (DEADLINE_ms, MAX_kohm, SILENT, NOT_FITTED) == (5000, 65_533, 65_534, 65_535)
    snap, insulation = S.Snapshot(bench_24.PACK), Insulation()
    assert insulation.kohm == NOT_FITTED
    assert insulation.step(snap, 100) == NOT_FITTED
    assert snap.age_ms[S.INSULATION_kohm] == 60_000
    snap.value[S.INSULATION_kohm] = 700
    for came_ms in (0, 4_900):
        snap.age_ms[S.INSULATION_kohm] = came_ms
        for now_ms in range(came_ms + 100, 5001, 100):
            assert insulation.step(snap, 100) == insulation.kohm == 700
            assert snap.age_ms[S.INSULATION_kohm] == now_ms
        assert insulation.step(snap, 1) == insulation.kohm == SILENT
    snap.age_ms[S.INSULATION_kohm] = 59_899
    for age_ms in (59_999, 60_000, 60_000):
        assert insulation.step(snap, 100) == SILENT
        assert snap.age_ms[S.INSULATION_kohm] == age_ms
    snap.age_ms[S.INSULATION_kohm] = 59_950
    insulation.step(snap, 100)
    assert snap.age_ms[S.INSULATION_kohm] == 60_000
    for value, kohm in (
        (-1, 0),
        (-9, 0),
        (0, 0),
        (1, 1),
        (65_532, 65_532),
        (65_533, 65_533),
        (65_534, 65_533),
        (1 << 28, 65_533),
    ):
        snap.age_ms[S.INSULATION_kohm], snap.value[S.INSULATION_kohm] = 0, value
        assert insulation.step(snap, 10) == kohm


def test_before_its_first_round_no_monitor_is_fitted_and_none_is_made_up_by_a_value() -> None:
    snap, insulation = S.Snapshot(bench_24.PACK), Insulation()
    insulation.kohm = 5
    assert insulation.step(snap, 100) == insulation.kohm == NOT_FITTED


def test_a_value_one_millisecond_short_of_a_minute_old_tells_that_there_is_a_monitor() -> None:
    snap, insulation = S.Snapshot(bench_24.PACK), Insulation()
    snap.age_ms[S.INSULATION_kohm] = 59_999
    assert insulation.step(snap, 10) == SILENT


@pytest.mark.parametrize("kohm", [0, 1, 415, 5_000, 65_533])
def test_a_resistance_is_shared_among_the_volts_begun_and_what_is_not_one_counts_as_one(kohm: int) -> None:
    for pack_mV, volts in (
        *((-1_000, 1), (-1, 1), (0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (2_000, 2), (2_001, 3)),
        *((85_999, 86), (86_000, 86), (999_000, 999), (999_999, 1_000), (1_000_001, 1_001)),
    ):
        assert per_volt_ohm(small(kohm), small(pack_mV)) == floor(Fraction(kohm * 1_000, volts))


@packs
def test_energy_is_the_sum_of_charge_times_voltage_and_each_way_is_counted_apart(pack: Pack) -> None:
    """In uJ: 1 mAs at 1 mV is 1 uJ; 0.01 J are passed on as soon as they are whole."""
    dice = random.Random(6)
    energy = Energy(pack)
    total_uJ = passed_cJ = in_cJ = out_cJ = 0
    sizes = (0, 1, 99, 100, 101, 1_599_999, 1_600_000, 1_600_001, 5_000_000)
    for _ in range(600):
        mAs = dice.choice([1, -1]) * dice.choice([*sizes, dice.randrange(400_000)])
        mV = dice.choice([-5, -1, 0, 1, 99, 100, 2_097_150, 2_097_151, 2_097_152, 3_000_000, dice.randrange(900_000)])
        total_uJ += max(-1_600_000, min(1_600_000, mAs)) * max(0, min(2_097_151, mV))
        moved = total_uJ // 10_000 - passed_cJ
        passed_cJ += moved
        in_cJ += max(0, moved)
        out_cJ += max(0, -moved)
        assert energy.step(mAs, mV) == moved
        assert (energy.charged_Wh, energy.discharged_Wh) == (in_cJ // 360_000, out_cJ // 360_000)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("times", [1, 359_999, 360_000, 360_001])
def test_a_watt_hour_is_three_hundred_and_sixty_thousand_hundredths_of_a_joule(sign: int, times: int) -> None:
    energy = Energy(bench_24.PACK)
    left = times
    while left:
        part = min(left, 1000)
        assert energy.step(sign * 100 * part, 100) == sign * part
        left -= part
    assert (energy.charged_Wh, energy.discharged_Wh)[sign < 0] == times // 360_000
    assert (energy.charged_Wh, energy.discharged_Wh)[sign > 0] == 0


def test_the_last_hundredth_of_a_joule_makes_the_watt_hour_whole() -> None:
    energy = Energy(bench_24.PACK)
    energy._in_cJ = energy._out_cJ = 359_999
    assert (energy.step(100, 100), energy.charged_Wh, energy.discharged_Wh) == (1, 1, 0)
    assert (energy.step(-100, 100), energy.charged_Wh, energy.discharged_Wh) == (-1, 1, 1)


@pytest.mark.parametrize("mAs", [1_600_000, -1_600_000, 1_599_999])
def test_no_product_of_energy_is_too_big_for_the_target(mAs: int) -> None:
    energy = Energy(bench_24.PACK)
    for mV in (2_097_151, 2_097_099):
        energy.step(small(mAs), small(mV))


def test_the_counts_of_energy_start_anew_after_thirty_bits() -> None:
    energy = Energy(bench_24.PACK)
    energy.charged_Wh = energy.discharged_Wh = (1 << 30) - 1
    for _ in range(2):
        energy.step(1_600_000, 2_097_151)
        energy.step(-1_600_000, 2_097_151)
    once = 2 * 1_600_000 * 2_097_151 // 10_000 // 360_000
    assert energy.charged_Wh == once - 1
    assert energy.discharged_Wh in (once - 1, once)


@packs
def test_what_lies_below_a_charge_is_the_area_under_the_table(pack: Pack) -> None:
    cell = pack.cell
    layers = sum(pack.taps) * pack.stacks
    below, area = [0], 0
    for a, b in zip(cell.ocv_mV, cell.ocv_mV[1:]):
        area += (a + b) * cell.capacity_mAh * layers // 40
        below.append(area // 1_000_000)
    energy = Energy(pack)
    assert vars(energy)["_carry_uJ"] == vars(energy)["_in_cJ"] == vars(energy)["_out_cJ"] == 0
    names = ("charged_Wh", "discharged_Wh", "remaining_Wh", "certain_Wh", "to_full_Wh")
    assert [getattr(energy, name) for name in names] == [0] * 5

    def at(permille: int) -> int:
        k = min(permille // 50, 19)
        return floor(below[k] + Fraction((below[k + 1] - below[k]) * (permille - 50 * k), 50))

    for soc, low in ((0, 0), (1, 0), (49, 13), (50, 50), (51, 2), (500, 480), (777, 700), (999, 998), (1000, 1000)):
        assert energy.place(soc, low) == energy.remaining_Wh == at(soc)
        assert energy.certain_Wh == at(low)
        assert energy.to_full_Wh == below[-1] - at(soc)


def test_an_odd_capacity_loses_no_watt_hour_between_the_segments() -> None:
    cell = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, capacity_mAh=289_999)
    odd = replaced(Pack, PACK_FIELDS, ev_240.PACK, name="odd", cell=cell)
    test_what_lies_below_a_charge_is_the_area_under_the_table(odd)
    for stacks in (20, 40, 60):
        test_what_lies_below_a_charge_is_the_area_under_the_table(replaced(Pack, PACK_FIELDS, odd, stacks=stacks))


def test_a_millionth_short_of_a_watt_hour_is_none() -> None:
    """5.72 Ah in twenty segments: 286 mAh at 3.4965 V."""
    ocv_mV = (3496, 3497, *bench_24.PACK.cell.ocv_mV[2:])
    cell = replaced(Cell, CELL_FIELDS, bench_24.PACK.cell, capacity_mAh=5_720, ocv_mV=ocv_mV)
    energy = Energy(replaced(Pack, PACK_FIELDS, bench_24.PACK, name="small", cell=cell, taps=(1,)))
    assert 286 * 3_496_500 == 1_000_000_000 - 1000
    assert energy.place(50, 50) == 0
