"""Soft shorts are found at rest and under a constant current, in time and in the right group; nothing else is called one."""

import pytest

from bms.estimate.delta import NOBODY
from bms.estimate.leak import plate
from bms.packs.bench_24 import PACK
from hil.benches.group_rig import Rig

LAYER = 7
GROUP = 1
TABLE_s = {1.0: 110.0, 10.0: 1080.0, 100.0: 10800.0}
"""Six sigmas of a converter that wanders by 0.5 mV and by 0.3 mV a root of six layers, at 1 V a unit of SoC and 20 Ah."""


def rested(seed: int, soc: float = 0.5) -> Rig:
    rig = Rig(PACK, seed, soc)
    rig.run([(0.0, 5.0)] * 200)
    return rig


@pytest.mark.parametrize("ohm", [1.0, 10.0, 100.0])
def test_a_soft_short_at_rest_is_found_within_twice_the_time_that_six_sigmas_of_the_converter_take(ohm: float) -> None:
    rig = rested(3)
    assert rig.named == {}
    rig.forget()
    rig.plant.set_layer_fault(LAYER, "soft_short", ohm)
    while not rig.named and rig.time_s < 1000 + 2 * TABLE_s[ohm]:
        rig.step(0.0, 1.0 if ohm < 100 else 5.0)
    assert list(rig.named) == [("leak", GROUP)]
    assert rig.named["leak", GROUP] <= 2 * TABLE_s[ohm]


def test_a_soft_short_of_1_ohm_is_found_while_a_constant_current_charges() -> None:
    rig = rested(4, 0.3)
    rig.run([(5.0, 2.0)] * 200)
    assert rig.named == {}
    rig.forget()
    rig.plant.set_layer_fault(LAYER, "soft_short", 1.0)
    rig.run([(5.0, 1.0)] * 220)
    assert list(rig.named) == [("leak", GROUP)]


def test_the_current_that_is_told_is_that_of_the_short_or_more_but_not_five_times_as_much() -> None:
    rig = rested(3)
    rig.plant.set_layer_fault(LAYER, "soft_short", 100.0)
    rig.run([(0.0, 10.0)] * 720)
    assert rig.groups.leak.group == GROUP
    assert 0.02 < rig.groups.leak.current_A < 5 * 0.036


def test_steps_of_current_and_a_night_of_rest_are_no_leak() -> None:
    rig = Rig(PACK, 6, 0.8)
    for current_A in (-20.0, 0.0, 10.0, -40.0, 0.0, 20.0):
        rig.run([(current_A, 2.0)] * 120)
    rig.run([(0.0, 15.0)] * 1200)
    assert rig.named == {}
    assert rig.groups.leak.group == NOBODY


@pytest.mark.parametrize("at", [0, 7, 24, 120, 239, 240])
def test_poles_that_stand_unevenly_against_the_chassis_tell_the_plate_to_a_layer(at: int) -> None:
    pack_V = 240 * 3.6
    assert plate(pack_V * at / 240, pack_V * (240 - at) / 240, 240) == at
    # the monitor's own resistances, a hundred times the fault's, pull it to the middle by less than two layers
    share = (at / 240 * 100 + 0.5) / 101
    assert abs(plate(pack_V * share, pack_V * (1 - share), 240) - at) <= 2


def test_poles_without_voltage_tell_nothing() -> None:
    assert plate(0.0, 0.0, 24) == NOBODY
    assert plate(-5.0, 90.0, 24) == NOBODY
