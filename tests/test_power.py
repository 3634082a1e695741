"""Horizons of current: what they promise, the plant's worst layer survives; with age, cold and doubt they only fall."""

from array import array
from types import SimpleNamespace

import pytest

from bms import units
from bms.control.advice import Advice, NO_LIMIT_dA
from bms.estimate.power import CONTINUOUS, HORIZONS_s
from bms.packs.bench_24 import PACK
from hil.benches.group_rig import Rig

ALL_A = 400.0


def spoken(rig: Rig, sigma: float = 0.01, current_A: float = 0.0, degC: float | None = None) -> tuple[list[float], list[float]]:
    """Charge and discharge, from the true worst layers."""
    power, plant = rig.groups.power, rig.plant
    cold = float(plant.temp_K.min()) - 273.15 if degC is None else degC
    power.begin(plant.soc_mean, sigma, float(plant.h.mean()), current_A, cold)
    power.charge(float(plant.voltage_V.max()), ALL_A)
    power.discharge(float(plant.voltage_V.min()), ALL_A)
    return list(power.charge_A), list(power.discharge_A)


@pytest.mark.parametrize("aged", [1.0, 1.4])
@pytest.mark.parametrize("soc", [0.12, 0.5, 0.9])
@pytest.mark.parametrize("k", range(len(HORIZONS_s)))
def test_a_current_that_is_promised_keeps_the_worst_layer_inside_its_window_to_the_end(aged: float, soc: float, k: int) -> None:
    for sign in (1.0, -1.0):
        rig = Rig(PACK, 3, soc, 10.0)
        for layer in range(rig.plant.layers):
            rig.plant.set_layer_fault(layer, "high_resistance", aged)
        rig.groups.resistance.r10 = aged
        rig.groups.resistance.sigma_r10 = 0.01
        rig.run([(-2.0, 1.0)] * 5)
        charge_A, discharge_A = spoken(rig, current_A=-2.0)
        current_A = charge_A[k] if sign > 0 else -discharge_A[k]
        start = float(rig.plant.voltage_V.max() if sign > 0 else rig.plant.voltage_V.min())
        for _ in range(round(HORIZONS_s[k] / 0.5)):
            rig.plant.step(current_A, 0.5)
        volts = rig.plant.voltage_V
        assert volts.max() < 4.2 + 0.005
        assert volts.min() > 2.7 - 0.005
        if abs(current_A) < ALL_A:  # and it is not far from the edge, unless there is none
            reached = float(volts.max() if sign > 0 else volts.min())
            edge = 4.2 if sign > 0 else 2.7
            assert (reached - start) / (edge - start) > 0.35


def test_longer_never_promises_more_and_nothing_promises_more_than_the_table() -> None:
    rig = Rig(PACK, 2, 0.4, 0.0)
    rig.run([(-10.0, 1.0)] * 30)
    for said in spoken(rig, current_A=-10.0):
        assert said == sorted(said, reverse=True)
        assert 0.0 < said[CONTINUOUS] < ALL_A
    rig.groups.power.discharge(4.0, 5.0)
    assert rig.groups.power.discharge_A == [5.0] * len(HORIZONS_s)


def test_age_cold_and_doubt_only_lower_what_is_promised() -> None:
    rig = Rig(PACK, 2, 0.15)
    rig.run([(-10.0, 1.0)] * 10)
    rig.groups.resistance.r10 = 1.0
    rig.groups.resistance.sigma_r10 = 0.0
    best = spoken(rig)
    rig.groups.resistance.r10 = 0.7  # a young cell's resistances are not relied on
    assert spoken(rig) == best
    for worse in (spoken(rig, sigma=0.05), spoken(rig, degC=5.0), aged(rig)):
        for before, after in zip(best, worse, strict=True):
            assert all(b >= a for b, a in zip(before, after, strict=True))
            assert before[0] > after[0]


def aged(rig: Rig) -> tuple[list[float], list[float]]:
    rig.groups.resistance.r10 = 1.3
    return spoken(rig)


def test_where_there_is_no_room_there_is_no_current_and_what_is_no_number_is_none() -> None:
    rig = Rig(PACK, 2, 0.5)
    power = rig.groups.power
    power.begin(0.5, 0.01, 0.0, 0.0, 25.0)
    power.charge(4.25, ALL_A)
    power.discharge(float("nan"), ALL_A)
    assert power.charge_A == [0.0] * len(HORIZONS_s)
    assert power.discharge_A == [0.0] * len(HORIZONS_s)
    assert units.deciamperes(float("nan"), 100) == 0
    assert units.deciamperes(-3.0, 100) == 0
    assert units.deciamperes(3.19, 100) == 31
    assert units.deciamperes(1e9, 16383) == 16383


def test_what_flows_at_the_edge_may_all_but_go_on_and_beyond_it_has_to_fall() -> None:
    rig = Rig(PACK, 2, 0.5)
    rig.run([(10.0, 1.0)] * 300)
    power, delta = rig.groups.power, rig.groups.delta
    rig.groups.resistance.sigma_r10 = 1.0
    power.begin(0.55, 0.0, 1.0, 10.0, 25.0)
    power.charge(4.2, ALL_A)
    assert delta.drop_V(10.0) > 0.02
    assert 9.0 < power.charge_A[0] <= 10.2
    power.charge(4.21, ALL_A)
    assert power.charge_A[0] < 9.0


@pytest.mark.parametrize("most_A", [0.0, 5.0, ALL_A])
def test_what_the_table_alone_limits_is_no_advice_and_what_the_resistances_limit_is(most_A: float) -> None:
    """The table may allow more in the next round; what is advised stands until the next pass."""
    rig = Rig(PACK, 2, 0.4, 0.0)
    rig.run([(-10.0, 1.0)] * 10)
    power = rig.groups.power
    power.charge(3.9, most_A)
    power.discharge(3.0, most_A)
    heard = Advice()
    rig.groups.advise(heard)
    for said_A, limit_dA in ((power.charge_A[0], heard.charge_limit_dA), (power.discharge_A[0], heard.discharge_limit_dA)):
        assert (limit_dA == NO_LIMIT_dA) == (most_A < ALL_A)
        if limit_dA != NO_LIMIT_dA:
            assert limit_dA == int(said_A * 10)


def test_limits_are_of_one_moment_whatever_flows_while_they_are_worked_out() -> None:
    """A current that starts in the middle of a pass drops the bounds: no want of room, if the current belongs to them."""
    said = []
    for low_mV in (3400, 2800):
        rig = Rig(PACK, 2, 0.4, 0.0)
        groups = rig.groups
        group_mV = array("i", [round(v * 1000) for v in rig.plant.group_V])
        most = SimpleNamespace(map_dA=4000, table_dA=4000)
        groups.bounds(SimpleNamespace(layer_high_mV=3500, layer_low_mV=3400, cold_ddegC=200), most)
        groups.take(group_mV, 0, 0.0, 0.4, 0.01, 0.0, 25.0, 2.0)
        groups.step()
        groups.bounds(SimpleNamespace(layer_high_mV=3500, layer_low_mV=low_mV, cold_ddegC=200), most)
        groups.take(group_mV, 0, -100.0, 0.4, 0.01, 0.0, 25.0, 0.1)
        while groups.done == 0:
            groups.step()
        said.append(list(groups.power.discharge_A))
    assert said[0] == said[1]
    assert said[0][0] > 0.0
