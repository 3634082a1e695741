"""The simulated pack is what the cell file says it is: charge, energy, heat, spread, and what breaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs.bench_24 import PACK as BENCH
from bms.packs.ev_240 import PACK as EV
from bms.schema import CELL_FIELDS, PACK_FIELDS, Cell, Pack, replaced
from hil import layerfaults, spread
from hil.celltables import HYST, OCV, CellTables
from hil.heat import Heat
from hil.plant import ZERO_K, Plant, PlantOptions

TABLES = CellTables(BENCH.cell)
KNOTS = np.arange(21) / 20
NO_LEAK = replaced(Pack, PACK_FIELDS, BENCH, cell=replaced(Cell, CELL_FIELDS, BENCH.cell, self_discharge_ppm_h=0))


def plant(pack: Pack = BENCH, soc: float = 0.5, degC: float = 25.0, seed: int = 1, **options: object) -> Plant:
    return Plant(pack, PlantOptions(seed, soc, degC, **options))  # type: ignore[arg-type]


def flow(pack: Plant, current_A: float, seconds: float, dt_s: float = 0.1) -> None:
    for _ in range(round(seconds / dt_s)):
        pack.step(current_A, dt_s)


def drive(pack: Plant, ticks: int, rate_C: float = 2.0) -> float:
    """A restless load at 10 ms; returns the energy that went back and forth."""
    capacity_A = pack.pack.cell.capacity_mAh / 1000
    moved_J = 0.0
    for k in range(ticks):
        current_A = capacity_A * rate_C * (np.sin(k / 700) + 0.4 * np.sin(k / 31))
        pack.step(current_A if k % 1000 < 900 else 0.0, 0.01)
        moved_J += abs(pack.pack_V * pack.current_A) * 0.01
    return moved_J


def test_the_open_circuit_voltage_is_that_of_the_cell_file_and_rises_everywhere() -> None:
    assert np.allclose(TABLES.at(OCV, KNOTS), np.array(BENCH.cell.ocv_mV) / 1000, atol=1e-12)
    fine = np.linspace(0, 1, 2001)
    slope_V = np.diff(TABLES.at(OCV, fine)) / np.diff(fine)
    assert 0.6 < slope_V.min() < 0.74 + 0.1
    assert abs(fine[np.argmin(slope_V)] - 0.9) <= 0.05


def test_full_on_the_charge_branch_is_below_the_limit_and_empty_on_the_discharge_branch_above() -> None:
    full, empty = np.array([1.0]), np.array([0.0])
    charged_V = float(TABLES.at(OCV, full)[0] + TABLES.at(HYST, full)[0])
    discharged_V = float(TABLES.at(OCV, empty)[0] - TABLES.at(HYST, empty)[0])
    assert charged_V == pytest.approx(4.160, abs=1e-3)
    assert discharged_V == pytest.approx(2.862, abs=2e-3)
    assert BENCH.cell.v_min_mV[0] < discharged_V * 1000 < charged_V * 1000 < BENCH.cell.v_max_mV[0]


@given(st.floats(-0.4, 1.3), st.floats(1e-6, 0.3))
def test_a_fuller_layer_never_has_a_lower_open_circuit_voltage_even_outside_its_window(soc: float, more: float) -> None:
    low, high = TABLES.at(OCV, np.array([soc, soc + more]))
    assert high > low


def test_a_layer_driven_far_below_empty_reverses() -> None:
    assert TABLES.at(OCV, np.array([-0.02])) == pytest.approx(3.012 - 0.02 * 1.56, abs=1e-6)
    assert TABLES.at(OCV, np.array([-0.10])) < -0.9


@pytest.mark.parametrize("pack", [BENCH, EV], ids=lambda pack: pack.name)
@pytest.mark.parametrize("degC", [-10.0, 25.0, 55.0])
def test_energy_in_is_energy_stored_and_heat_given_away(pack: Pack, degC: float) -> None:
    rate_C = 0.3 if degC < 0 else 2.0
    it = plant(pack, 0.6, degC, spread="corner", coolant_degC=degC - 5)
    before_J = it.stored_J()
    moved_J = drive(it, 12000 if pack is BENCH else 6000, rate_C)
    missing_J = it.energy_in_J - (it.stored_J() - before_J) - it.heat.coolant_J
    assert abs(missing_J) < 0.005 * moved_J


def test_energy_is_kept_when_a_layer_is_shorted() -> None:
    it = plant(soc=0.6, hysteresis=0.0)
    it.set_layer_fault(5, "soft_short", 0.5)
    before_J = it.stored_J()
    moved_J = drive(it, 8000)
    assert abs(it.energy_in_J - (it.stored_J() - before_J) - it.heat.coolant_J) < 0.005 * moved_J
    assert it.temp_K[5] > it.temp_K[20] + 0.001


@given(st.lists(st.floats(-150, 150), min_size=1, max_size=30), st.integers(0, 1000))
@settings(max_examples=20)
def test_every_layer_takes_exactly_the_charge_that_flows(currents_A: list[float], seed: int) -> None:
    it = plant(NO_LEAK, 0.5, 25.0, seed)
    begin_Ah = it.soc * it.capacity_Ah
    for current_A in currents_A:
        flow(it, current_A, 0.1, 0.01)
    taken_Ah = it.soc * it.capacity_Ah - begin_Ah
    assert np.allclose(taken_Ah, sum(currents_A) * 0.1 / 3600, rtol=0, atol=1e-12)


def test_a_resting_pack_loses_no_more_than_the_cell_declares_and_least_when_cold() -> None:
    lost = []
    for degC in (-20.0, 25.0, 60.0):
        it = plant(soc=0.5, degC=degC, spread="corner")
        flow(it, 0.0, 24 * 3600, 600.0)
        lost.append(float((0.5 - it.soc_mean) / 24 * 1e6))
    assert it.self_discharge_A.max() <= 20.5 * BENCH.cell.self_discharge_ppm_h * 1e-6 + 1e-9
    assert 0 < lost[0] < lost[1] < lost[2] <= BENCH.cell.self_discharge_ppm_h
    assert lost[1] == pytest.approx(0.7 * 0.02 / (30 * 24) * 1e6, rel=0.3)  # 2 % a month, spread of 0.4 ... 1


def test_hysteresis_reaches_the_branch_of_the_direction_and_forgets_the_other() -> None:
    it = plant(NO_LEAK, 0.2, spread="none", hysteresis=-1.0, coolant_W_K=1e3)
    flow(it, 20.0, 0.2 * 3600, 1.0)
    assert it.h == pytest.approx(1 - 2 * np.exp(-15 * 0.2), abs=1e-9)
    flow(it, 20.0, 0.3 * 3600, 1.0)
    assert it.h.min() > 0.99
    assert np.allclose(it.ocv_V, TABLES.at(OCV, it.soc) + TABLES.at(HYST, it.soc), atol=0.002)
    flow(it, -20.0, 0.4 * 3600, 1.0)
    assert it.h.max() < -0.98
    flow(it, 0.0, 3600, 60.0)
    assert it.h.max() < -0.98
    assert np.allclose(it.voltage_V, TABLES.at(OCV, it.soc) - TABLES.at(HYST, it.soc) * -it.h, atol=0.002)


def test_a_slow_cycle_gives_back_947_thousandths_of_its_energy() -> None:
    it = plant(NO_LEAK, 0.0, spread="none", hysteresis=-1.0)
    flow(it, 0.4, 50 * 3600, 60.0)
    charged_J = it.energy_in_J
    flow(it, -0.4, 50 * 3600, 60.0)
    assert (charged_J - it.energy_in_J) / charged_J == pytest.approx(0.947, abs=0.008)


@pytest.mark.parametrize(
    ("degC", "factor_r0", "total_mohm"),
    [
        *((-30, 14.10, 142.37), (-20, 8.00, 60.61), (-10, 4.74, 28.24), (0, 2.92, 14.24)),
        *((10, 1.86, 7.70), (25, 1.00, 3.41), (40, 0.57, 1.68), (60, 0.29, 0.74), (80, 0.16, 0.37)),
    ],
)
def test_resistance_over_temperature_is_the_table_of_the_cell(degC: float, factor_r0: float, total_mohm: float) -> None:
    it = plant(NO_LEAK, 0.5, degC, spread="none", coolant_W_K=1e4)
    _, r0_ohm = it.source()
    assert r0_ohm / 24 == pytest.approx(factor_r0 * 1.18e-3, rel=0.01, abs=5e-6)
    flow(it, 0.05, 600, 1.0)
    total_ohm = r0_ohm / 24 + float((it.v1_V + it.v2_V).mean()) / 0.05
    assert total_ohm == pytest.approx(total_mohm * 1e-3, rel=0.015)


def test_a_pulse_is_answered_at_once_and_then_by_two_exponentials() -> None:
    it = plant(NO_LEAK, 0.5, spread="none", hysteresis=0.0)
    emf_V, r0_ohm = it.source()
    it.step(20.0, 0.01)
    assert it.pack_V == pytest.approx(emf_V + 20 * r0_ohm, abs=24 * 20 * 1e-3 * 0.01 / 1.2 + 0.002)
    flow(it, 20.0, 2.99, 0.01)
    expected_V = 20 * 1.0e-3 * (1 - np.exp(-3 / 1.2)) + 20 * 1.23e-3 * (1 - np.exp(-3 / 45))
    assert (it.v1_V + it.v2_V) == pytest.approx(expected_V, rel=0.01)


def test_groups_stacks_and_pack_are_the_sums_of_their_layers() -> None:
    it = plant(EV, 0.7, 30.0)
    drive(it, 200)
    assert np.allclose(it.group_V, it.voltage_V.reshape(40, 6).sum(axis=1))
    assert np.allclose(it.stack_V, it.voltage_V.reshape(10, 24).sum(axis=1))
    assert it.pack_V == pytest.approx(it.voltage_V.sum())


@given(st.integers(0, 2**31), st.sampled_from(spread.KINDS), st.floats(0, 1), st.sampled_from([BENCH, EV]))
def test_every_layer_lies_inside_the_hard_bounds_and_the_mean_is_as_asked(seed: int, kind: str, soc: float, pack: Pack) -> None:
    it = plant(pack, soc, 25.0, seed, spread=kind)
    drawn = it.spread
    r_bound = pack.spread_r_permille / 1000 + 1e-12
    assert np.abs(drawn.soc).max() <= pack.spread_soc_permille / 1000
    assert np.abs(drawn.capacity_scale - 1).max() <= pack.spread_capacity_permille / 1000 + 1e-12
    for scale in (drawn.r0_scale, drawn.r1_scale, drawn.r2_scale):
        assert np.abs(scale - 1).max() <= r_bound
    assert np.abs(drawn.hyst_scale - 1).max() <= pack.spread_hyst_permille / 1000 + 1e-12
    assert drawn.self_discharge_scale.max() <= 1 + 1e-12
    assert it.soc_mean == pytest.approx(soc, abs=1e-12)
    at_match = plant(pack, pack.soc_match_permille / 1000, 25.0, seed, spread=kind).soc
    assert np.ptp(at_match) <= 2 * pack.spread_soc_permille / 1000 * (1 + 1e-9) + 0.002
    probes = drawn.probe_site_K[:, None] - drawn.site_K[None, :]
    assert np.abs(probes).max() <= 0.8 * pack.spread_t_ddegC / 10 + 1e-12


def test_the_corner_has_every_layer_at_a_bound_and_the_worst_kinds_one_layer_against_all_others() -> None:
    corner = plant(spread="corner").spread
    assert np.allclose(np.abs(corner.soc), 0.015)
    assert len({*corner.soc.tolist()}) == 2
    assert np.allclose(np.abs(corner.r0_scale - 1), 0.1)
    first = np.arange(24) % 6 == 0
    fills = plant(NO_LEAK, 0.9, spread="worst_high")
    empties = plant(NO_LEAK, 0.1, spread="worst_low")
    assert (fills.soc[first] > fills.soc[~first].max() + 0.02).all()
    assert (empties.soc[first] < empties.soc[~first].min() - 0.02).all()
    assert np.ptp(plant(spread="none").voltage_V) < 1e-12


@pytest.mark.parametrize("pack", [BENCH, EV], ids=lambda pack: pack.name)
def test_no_probe_is_farther_from_a_layer_of_its_stack_than_the_pack_declares(pack: Pack) -> None:
    it = plant(pack, 0.5, 25.0, spread="corner")
    along = it.layers // it.stacks
    for _ in range(5):
        flow(it, 3 * pack.cell.capacity_mAh / 1000, 60.0, 0.5)
        for probe, stack in enumerate(pack.probe_stack):
            layers_K = it.temp_K[stack * along : (stack + 1) * along]
            assert np.abs(layers_K - it.probe_K[probe]).max() <= pack.spread_t_ddegC / 10


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    def run(seed: int) -> tuple[bytes, bytes, float]:
        it = plant(soc=0.6, seed=seed)
        drive(it, 500)
        return it.voltage_V.tobytes(), it.temp_K.tobytes(), it.energy_in_J

    assert run(7) == run(7)
    assert run(7) != run(8)


@pytest.mark.parametrize("degC", [-30.0, 60.0])
@pytest.mark.parametrize("dt_s", [0.01, 1.0, 60.0])
def test_the_plant_stays_finite_and_sane_in_the_cold_and_in_the_heat_at_any_step(degC: float, dt_s: float) -> None:
    it = plant(soc=0.5, degC=degC, relax=True)
    rate_A = 4.0 if degC < 0 else 60.0
    for k in range(300):
        it.step(rate_A if k // 30 % 2 else -rate_A, dt_s)
        assert np.isfinite(it.voltage_V).all()
    assert np.abs(it.h).max() <= 1
    assert np.abs(it.temp_K - ZERO_K - degC).max() < 40


def test_the_core_of_an_evenly_heated_stack_is_warmer_by_q_n2_d_over_8kA() -> None:
    n, each_W = 96, 31.0
    stack = Heat(1, n, 20.0, 161.0, 1e9, 0.0, 300.0)
    for _ in range(400):
        stack.step(np.full((1, n), each_W * 10.0), 300.0, 10.0)
    core_K = stack.node_K.max() - 300.0
    assert core_K == pytest.approx(each_W * n**2 * 115e-6 / (8 * 0.9 * 0.5), rel=0.01)
    assert core_K == pytest.approx(9.1, rel=0.02)  # the 7 C case of the cell's data page
    assert stack.coolant_W == pytest.approx(n * each_W, rel=1e-6)


def test_without_flow_the_coolant_takes_nothing_and_the_outlet_is_the_inlet() -> None:
    it = plant(degC=40.0, coolant_degC=20.0)
    flow(it, 0.0, 60.0)
    assert it.coolant_inlet_degC < it.coolant_outlet_degC < 40
    it.set_coolant(20.0, 0.0)
    taken_J, warm_K = it.heat.coolant_J, it.temp_K.mean()
    flow(it, 0.0, 60.0)
    assert it.heat.coolant_J == taken_J
    assert it.coolant_outlet_degC == 20.0
    assert it.temp_K.mean() == pytest.approx(warm_K, abs=1e-3)


def test_the_relaxing_voltage_builds_up_with_charge_and_goes_with_time() -> None:
    with_it, without = (
        plant(NO_LEAK, 0.4, spread="none", hysteresis=1.0, coolant_W_K=1e4, relax=relax) for relax in (True, False)
    )
    for it in (with_it, without):
        flow(it, 20.0, 600.0, 0.5)
    assert (with_it.voltage_V - without.voltage_V) == pytest.approx(0.030, abs=0.001)
    for it in (with_it, without):
        flow(it, 0.0, 7200.0, 10.0)
    assert (with_it.voltage_V - without.voltage_V) == pytest.approx(0.030 / np.e, abs=0.001)


def test_a_shorted_layer_sinks_while_its_sisters_rest() -> None:
    it = plant(NO_LEAK, 0.6, spread="none")
    it.set_layer_fault(7, "soft_short", 1.0)
    flow(it, 0.0, 100.0, 0.01)
    lost_Ah = (it.soc[6] - it.soc[7]) * 20
    assert lost_Ah == pytest.approx(3.64 / 1.0 * 100 / 3600, rel=0.03)
    it.clear_layer_fault(7)
    held = it.soc.copy()
    flow(it, 0.0, 10.0)
    assert np.array_equal(it.soc, held)


def test_a_hard_short_takes_one_layer_out_of_its_group_within_a_tick() -> None:
    it = plant(NO_LEAK, 0.6, spread="none")
    it.set_layer_fault(13, "hard_short", 1e-4)
    it.step(0.0, 0.01)
    assert it.voltage_V[13] < 0.4
    assert it.group_V[1] - it.group_V[2] > 3.0
    assert it.group_V[1] == pytest.approx(it.group_V[0], abs=0.001)


def test_each_fault_of_a_layer_does_what_its_name_says() -> None:
    it = plant(NO_LEAK, 0.5, spread="none", hysteresis=0.0)
    it.set_layer_fault(0, "high_resistance", 3.0)
    it.set_layer_fault(1, "low_capacity", 0.5)
    it.set_layer_fault(2, "self_discharge", 1.0)
    it.set_layer_fault(3, "hot_spot", 200.0)
    it.set_layer_fault(4, "delamination", 0.5)
    it.set_layer_fault(5, "reversal", -0.10)
    assert it.voltage_V[23] == pytest.approx(3.516, abs=1e-3)
    flow(it, -20.0, 60.0)
    drop_V = 3.516 - it.voltage_V
    assert drop_V[0] > 2 * drop_V[23]
    assert 0.5 - it.soc[1] == pytest.approx(2 * (0.5 - it.soc[23]), rel=1e-6)
    assert (it.soc[23] - it.soc[2]) * 20 == pytest.approx(60 / 3600, rel=1e-3)
    assert np.argmax(it.temp_K) == 3
    assert it.temp_K[3] > it.temp_K[23] + 0.05
    assert drop_V[4] > 1.5 * drop_V[23]
    assert it.voltage_V[5] < 0


def test_a_pack_discharged_past_its_weakest_layer_reverses_that_layer() -> None:
    it = plant(NO_LEAK, 0.05, spread="none", hysteresis=-1.0)
    it.set_layer_fault(9, "low_capacity", 0.4)
    flow(it, -20.0, 300.0)
    assert it.voltage_V[9] < -0.5
    assert it.voltage_V[10] > 2.5


@pytest.mark.parametrize(
    ("layer", "kind", "severity"),
    [
        *((0, "venting", 1.0), (0, "plating_onset", 1.0), (0, "witchcraft", 1.0), (24, "hot_spot", 1.0)),
        *((-1, "hot_spot", 1.0), (0, "soft_short", 0.0), (0, "delamination", 2.0), (0, "reversal", 0.5)),
    ],
)
def test_a_layer_fault_the_plant_cannot_do_is_refused_by_name(layer: int, kind: str, severity: float) -> None:
    it = plant()
    with pytest.raises(ValueError, match=kind if layer == 0 else str(layer)) as caught:
        it.set_layer_fault(layer, kind, severity)
    assert "\n" not in str(caught.value)
    assert it.faults.active == {}
    assert set(layerfaults.KINDS).isdisjoint(layerfaults.NOT_MODELLED)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"seed": -1}, {"soc": 1.2}, {"temperature_degC": 200.0}, {"hysteresis": 2.0}),
        *({"spread": "wild"}, {"coolant_W_K": -1.0}, {"coolant_degC": -90.0}),
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_options_that_cannot_be_are_refused_in_one_line(wrong: dict[str, object]) -> None:
    good: dict[str, object] = {"seed": 1, "soc": 0.5, "temperature_degC": 25.0}
    with pytest.raises(ValueError, match=r"not|there are|negative") as caught:
        PlantOptions(**{**good, **wrong})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
