"""A layer that has always been small shows near the ends of charge, with nothing learnt; a healthy pack bends nowhere."""

from array import array

import pytest

from bms.estimate.delta import NOBODY, Delta
from bms.estimate.knee import Knee
from bms.estimate.model import Model
from bms.packs.bench_24 import PACK
from hil.benches.group_rig import Rig

LAYER = 9
GROUP = 1
FILL = [(8.0, 10.0)] * 520 + [(0.0, 10.0)] * 3


@pytest.mark.parametrize("seed", [0, 1])
def test_one_layer_of_six_that_lacks_a_tenth_bends_its_group_before_the_others_and_healthy_spread_does_not(seed: int) -> None:
    rig = Rig(PACK, seed, 0.4)
    rig.run(FILL)
    assert rig.groups.knee.group == NOBODY
    rig = Rig(PACK, seed, 0.4)
    rig.plant.set_layer_fault(LAYER, "low_capacity", 0.9)
    rig.run(FILL)
    assert float(rig.plant.voltage_V.max()) < 4.28  # before harm
    assert rig.groups.knee.group == GROUP


def told(bend_mV: int, apart: int, knee: Knee | None = None, bins: int = 20) -> Knee:
    """Four groups towards full; the second one's voltage bends by so much in the last ten bins."""
    delta = Delta(PACK, Model(PACK.cell))
    if knee is None:
        knee = Knee(delta)
    knee._delta = delta
    for k in range(bins):
        volts = array("i", [23000, 23000 + apart + bend_mV * max(k - 10, 0), 23000, 23000])
        delta.follow(0.01, 1.0, 100.0)
        delta.begin(volts, sum(volts), 0.0, 0.79 + 0.01 * k, 1.0, 25.0)
        delta.step(4)
        knee.begin(0.79 + 0.01 * k)
        knee.step(4)
    return knee


def test_what_bends_counts_and_what_only_stands_apart_does_not() -> None:
    assert told(0, 0).group == NOBODY
    assert told(0, 20).group == NOBODY
    assert told(15, 0).group == 1
    assert told(15, 0).ahead_V > 0.03


def test_what_a_run_found_is_taken_back_by_a_whole_run_that_finds_nothing_and_by_no_shorter_one() -> None:
    knee = told(15, 0)
    knee.begin(0.5)
    assert knee.group == 1, "what has just been found stands"
    for bins, after in ((8, 1), (20, NOBODY)):
        told(0, 0, knee, bins)
        knee.begin(0.5)
        assert knee.group == after
