"""What is known of the branch and of the RC elements never excludes the truth; and after charge one way it is worth something.

The truth is the bench's plant, its layers spread to the corners of what the pack declares, its slow voltage on or off, seen
through sensors that err as far as they may.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bms.packs import bench_24
from bms.safety.bound import PHASES, Bound
from bms.safety.branch import ONE
from bms.safety.coulomb import Coulomb
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced
from hil.plant import Plant, PlantOptions

PACK = bench_24.PACK
ROUND_s = 0.1


class Rig:
    """A plant, and the ledger and the bounds that look at it once a round; sensors err by `gain`, `offset`, `volts`, `warm`,
    each -1 to 1 of what is declared. `gamma`: of the plant's branches, against the cell's."""

    def __init__(self, d: dict[str, Any]) -> None:
        cell = replaced(Cell, CELL_FIELDS, PACK.cell, hyst_gamma_permille=round(PACK.cell.hyst_gamma_permille * d["gamma"]))
        options = PlantOptions(
            seed=d["seed"], soc=d["soc"], temperature_degC=d["t"], hysteresis=d["h"], spread=d["spread"], relax=d["relax"]
        )
        self.plant = Plant(replaced(Pack, PACK_FIELDS, PACK, cell=cell), options)
        if d["relax"]:
            self.plant._branch[1:] = d["h"]
        self.d = d
        self.snap, self.bound = Snapshot(PACK), Bound(PACK, Signals(), PACK.wake_memory_dA)
        self.coulomb = Coulomb(PACK, -1)
        self.round(0.0)
        self.bound.settle(self.snap, 0, 1000)
        self.round(0.0)

    def round(self, current_A: float) -> None:
        """A tenth of a second of this current, and a look."""
        d, snap, bound, coulomb = self.d, self.snap, self.bound, self.coulomb
        self.plant.step(current_A, ROUND_s)
        a, g, p = PACK.current_a_sensor, PACK.group_sensor, PACK.probe_sensor
        read_mA = current_A * 1000 * (1 + d["gain"] * a.gain_ppm / 1e6) + d["offset"] * a.offset_u / 1000
        for k, volts in enumerate(self.plant.group_V.tolist()):
            snap.group_mV[k] = round(volts * 1000 * (1 + d["volts"] * g.gain_ppm / 1e6) + d["volts"] * g.offset_u / 1000)
            snap.group_age_ms[k] = 0
        for k, kelvin in enumerate(self.plant.probe_K.tolist()):
            snap.probe_ddegC[k] = round((kelvin - 273.15) * 10 + d["warm"] * p.offset_u / 1e5)
            snap.probe_age_ms[k] = 0
        snap.value[0], snap.age_ms[0] = round(read_mA), 0
        snap.fresh_bits = 4095
        snap.summarise(100)
        for phase in range(PHASES):
            bound.step(snap, coulomb.low_permille, coulomb.high_permille, 0, phase, 17 if phase < 4 else 16)
        coulomb.step(round(read_mA), 0, 100)
        coulomb.anchor(snap, bound)
        coulomb.publish()

    def run(self, profile: list[tuple[float, float]]) -> None:
        """C-rate and share of the capacity, one after the other; the truth never leaves the interval."""
        for c_rate, share in profile:
            rounds = round(share * 36000 / abs(c_rate)) if c_rate else round(share * 3600)
            for _ in range(rounds):
                soc = self.plant.soc_mean
                if (soc > 0.97 and c_rate > 0) or (soc < 0.03 and c_rate < 0):
                    break
                self.round(c_rate * PACK.cell.capacity_mAh / 1000)
                self.check()

    def check(self) -> None:
        """Every sentence that the firmware believes is true of every layer."""
        coulomb, plant = self.coulomb, self.plant
        soc = plant.soc_mean * 1000
        assert coulomb.conflicts == 0
        assert coulomb.low_permille <= soc <= coulomb.high_permille
        reach = coulomb._hysteresis.reach
        assert -reach[0] <= plant.h.min() * ONE + 1e-6 and plant.h.max() * ONE <= reach[1] + 1e-6
        if self.d["relax"]:
            reach = coulomb._relaxing.reach
            assert -reach[0] <= plant._branch[1].min() * ONE and plant._branch[1].max() * ONE <= reach[1] + 1e-6


ends = st.sampled_from([-1.0, 0.0, 1.0])
legs = st.lists(
    st.tuples(st.sampled_from([-3.0, -1.0, -0.2, 0.0, 0.5, 1.5, 3.0]), st.sampled_from([0.001, 0.004, 0.02, 0.1, 0.25])),
    min_size=1,
    max_size=5,
)
worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1 << 30),
        "soc": st.sampled_from([0.05, 0.2, 0.5, 0.65, 0.9]),
        "t": st.sampled_from([10.0, 25.0, 45.0]),
        "h": ends,
        "spread": st.sampled_from(["drawn", "corner", "worst_high", "worst_low"]),
        "relax": st.booleans(),
        "gamma": st.sampled_from([0.55, 1.0, 1.9]),
        **dict.fromkeys(("gain", "offset", "volts", "warm"), ends),
    }
)
PLAIN = {
    "seed": 1, "soc": 0.3, "t": 25.0, "h": 1.0, "spread": "drawn", "relax": False, "gamma": 1.0,
    "gain": 0.0, "offset": 0.0, "volts": 0.0, "warm": 0.0,
}  # fmt: skip
SLOW = {"gamma": 0.55, "h": -1.0, "soc": 0.15, "spread": "corner", "relax": True, "volts": -1.0, "warm": -1.0, "gain": 1.0}


@settings(max_examples=3)
@given(d=worlds, profile=legs)
@example(d=PLAIN | SLOW, profile=[(3.0, 0.4)])
@example(d=PLAIN | SLOW | {"h": 1.0, "soc": 0.9, "volts": 1.0, "offset": 1.0}, profile=[(-3.0, 0.4)])
@example(d=PLAIN | SLOW | {"gamma": 1.9}, profile=[(3.0, 0.2), (-3.0, 0.02), (3.0, 0.05), (-3.0, 0.05)])
def test_no_charge_and_no_look_exclude_the_true_soc_nor_the_true_branch(
    d: dict[str, Any], profile: list[tuple[float, float]]
) -> None:
    Rig(d).run(profile)


def test_a_current_that_turns_ten_times_a_second_teaches_nothing() -> None:
    rig = Rig(PLAIN | {"h": -1.0})
    for k in range(1000):
        rig.round(20.0 if k % 2 else -20.0)
        rig.check()


@pytest.mark.parametrize(("soc", "c_rate", "share"), [(0.1, 3.0, 0.5), (0.9, -3.0, 0.5)])
def test_after_half_a_charge_or_discharge_the_interval_is_a_third_of_what_both_branches_leave(
    soc: float, c_rate: float, share: float
) -> None:
    rig = Rig(PLAIN | {"soc": soc, "h": float(np.sign(-c_rate)), "t": 45.0})
    rig.run([(c_rate, share)])
    known = rig.coulomb.high_permille - rig.coulomb.low_permille
    rig.coulomb._lose()
    rig.coulomb.low_mAs, rig.coulomb.high_mAs = 0, rig.coulomb.capacity_mAs
    rig.round(c_rate * 20.0)
    rig.round(c_rate * 20.0)
    assert known < 0.4 * (rig.coulomb.high_permille - rig.coulomb.low_permille)
    assert known < 130
