"""The judge of true layers calls a violation what the definition calls one: not less, not more, not too early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.packs import ev_240
from bms.packs.bench_24 import PACK
from bms.schema import charge_map
from hil.plant import ZERO_K, Plant, PlantOptions
from hil.violations import Violations

CELL = PACK.cell


class Bench:
    """A plant whose truth is set by hand."""

    def __init__(self, soc: float = 0.5, degC: float = 25.0) -> None:
        self.plant = Plant(PACK, PlantOptions(1, soc, degC, hysteresis=0.0, spread="none"))
        self.violations = Violations(PACK)
        self.now_ms = 0

    def judge(self, current_A: float = 0.0, ticks: int = 1, fault: bool = False) -> int:
        for _ in range(ticks):
            self.plant.warmings += 1
            self.violations.step(self.plant, current_A, self.now_ms, fault)
            self.now_ms += 10
        return len(self.violations.episodes)


def map_A(degC: float, soc: float) -> float:
    violations = Violations(PACK)
    return float(violations.map_A(np.array([degC + ZERO_K]), np.array([soc]))[0])


def test_a_layer_beyond_its_warning_limit_is_a_violation_at_once_while_nothing_is_broken() -> None:
    bench = Bench()
    bench.plant.voltage_V[4] = CELL.v_max_mV[1] / 1000
    assert bench.judge() == 0
    bench.plant.voltage_V[4] += 0.0001
    assert bench.judge() == 1
    (episode,) = bench.violations.episodes
    assert (episode.layer, episode.quantity, episode.start_ms) == (4, "voltage_max_mV", 10)


def test_with_a_fault_it_takes_the_fault_limit_for_longer_than_the_budget_and_50_ms() -> None:
    bench = Bench()
    bench.plant.voltage_V[4] = CELL.v_max_mV[2] / 1000 - 0.0001
    assert bench.judge(ticks=200, fault=True) == 0
    bench.plant.voltage_V[4] = CELL.v_max_mV[2] / 1000 + 0.01
    assert bench.judge(ticks=16, fault=True) == 0
    assert bench.judge(fault=True) == 1


def test_an_episode_has_a_begin_an_end_and_its_worst_value_and_comes_again_as_another() -> None:
    bench = Bench()
    for volt in (2.55, 2.51, 2.58, 3.0, 2.59):
        bench.plant.voltage_V[9] = volt
        bench.judge()
    first, second = bench.violations.episodes
    assert (first.layer, first.quantity) == (9, "voltage_min_mV")
    assert (first.start_ms, first.end_ms) == (0, 30)
    assert first.worst == pytest.approx(2510)
    assert (second.start_ms, second.end_ms) == (40, None)
    assert bench.violations.v_min_mV == pytest.approx(2510)
    assert bench.violations.v_max_mV == pytest.approx(3516, abs=1)


@pytest.mark.parametrize(
    ("degC", "current_A", "quantity"),
    [
        *((70.5, 0.3, "charge_temperature_max_ddegC"), (-22.5, -0.3, None), (-32.5, -1.0, "discharge_temperature_min_ddegC")),
        *((78.5, -1.0, "discharge_temperature_max_ddegC"), (78.5, 0.0, None), (90.5, 0.0, "stop_temperature_ddegC")),
        *((77.0, -1.0, None), (69.0, 0.3, None)),
    ],
)
def test_temperature_limits_count_in_their_direction_of_current(degC: float, current_A: float, quantity: str | None) -> None:
    bench = Bench(degC=degC + (5 if degC < 0 else -5))
    bench.plant.temp_K[11] = degC + ZERO_K
    bench.judge(current_A)
    assert [e.quantity for e in bench.violations.episodes] == ([quantity] if quantity else [])
    assert all(e.layer == 11 for e in bench.violations.episodes)


def test_charging_below_the_coldest_row_of_the_map_is_a_violation_and_resting_is_not() -> None:
    bench = Bench(degC=-21.0)
    assert bench.judge(0.0) == 0
    assert bench.judge(0.19) == 0  # 0.01 C is no current
    assert bench.judge(0.25) == 24
    assert {e.quantity for e in bench.violations.episodes} == {"charge_map_mA"}


@given(st.floats(-19.9, 79.9), st.floats(0.0, 1.0))
def test_the_map_current_of_a_layer_is_105_hundredths_of_its_map_at_its_own_state(degC: float, soc: float) -> None:
    limit_A = map_A(degC, soc)
    bench = Bench(soc=0.5)
    bench.plant.temp_K[:] = degC + ZERO_K
    bench.plant.soc[:] = soc
    if limit_A * 1.05 > 0.21 and degC < 70:
        assert bench.judge(limit_A * 1.05 * 0.9999) == 0
    if limit_A * 1.05 > 0.2:
        assert bench.judge(limit_A * 1.05 * 1.0001) >= 24


def test_the_map_is_that_of_the_pack_at_its_knots_and_straight_between() -> None:
    rows = charge_map(PACK)
    assert map_A(25.0, 0.5) == pytest.approx(rows[4][6] / 1000 * 20)
    assert map_A(80.0, 1.0) == pytest.approx(rows[-1][-1] / 1000 * 20)
    assert map_A(30.0, 0.65) == pytest.approx(sum(rows[i][k] for i in (4, 5) for k in (7, 8)) / 4 / 1000 * 20)
    assert map_A(-20.1, 0.5) == 0.0
    assert map_A(80.1, 0.5) == 0.0


def test_after_a_fault_the_map_counts_by_the_trip_factor() -> None:
    bench = Bench()
    limit_A = map_A(25.0, 0.5)
    assert bench.judge(limit_A * 1.19, ticks=100, fault=True) == 0
    assert bench.judge(limit_A * 1.21, ticks=57, fault=True) == 24


def test_a_pack_used_as_it_should_be_has_no_violation() -> None:
    plant = Plant(PACK, PlantOptions(3, 0.5, 25.0, spread="corner"))
    violations = Violations(PACK)
    for k in range(5000):
        current_A = 10.0 if k // 500 % 2 else -40.0
        plant.step(current_A, 0.01)
        violations.step(plant, current_A, k * 10, False)
    assert violations.episodes == []
    assert plant.voltage_V.max() * 1000 <= violations.v_max_mV < CELL.v_max_mV[0]
    assert violations.t_max_ddegC == pytest.approx((plant.temp_K.max() - ZERO_K) * 10, abs=0.5)


def test_layers_of_one_stack_may_not_be_farther_apart_than_its_ceramic_stands() -> None:
    warning_K, fault_K = PACK.guards.gradient_ddegC[1] / 10, PACK.guards.gradient_ddegC[2] / 10
    bench = Bench()
    bench.plant.temp_K[5] += warning_K - 0.01
    assert bench.judge() == 0
    assert bench.violations.gradient_ddegC == pytest.approx(10 * warning_K - 0.1)
    bench.plant.temp_K[20] -= 0.02
    assert bench.judge() == 1
    (episode,) = bench.violations.episodes
    assert (episode.layer, episode.quantity) == (0, "gradient_ddegC")
    broken = Bench()
    broken.plant.temp_K[5] += fault_K + 0.1
    assert broken.judge(ticks=500, fault=True) == 0
    assert broken.judge(ticks=10, fault=True) == 1


def test_stacks_may_be_as_far_apart_as_they_like() -> None:
    pack = ev_240.PACK
    plant = Plant(pack, PlantOptions(1, 0.5, 25.0, hysteresis=0.0, spread="none"))
    plant.temp_K[24:48] += 20
    plant.warmings += 1
    violations = Violations(pack)
    violations.step(plant, 0.0, 0, False)
    assert violations.episodes == []
    plant.temp_K[47] += 9
    plant.warmings += 1
    violations.step(plant, 0.0, 10, False)
    assert [(e.layer, e.quantity) for e in violations.episodes] == [(24, "gradient_ddegC")]
