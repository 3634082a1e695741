"""The bound of the fast charge: a problem whose answer is known, and its map, heat and plant against each other's."""

import importlib.util
from typing import Any

import numpy as np
import pytest

from bms.control.maps import ChargeMap
from bms.schema import CELL_FIELDS, PACK_FIELDS, THERMAL_FIELDS, Cell, Pack, Thermal, charge_map, replaced
from hil.benches import charge
from hil.benches.charge_optimum import Model, Optimum, solve
from hil.benches.charge_ours import VARIANTS, variant
from hil.benches.charge_ours import charge as charge_by_firmware
from hil.benches.charge_plant import Played, Task, conduction, play, ride
from hil.errors import BadInput
from hil.heat import Heat
from hil.lint.check import check_pack
from hil.lint.findings import errors
from hil.options import PlantOptions

INTERVALS = 48
FLAT_C = 2.0


def flat_task() -> Task:
    """2 C wherever it is charged, heater and cooler not fitted: 30 % take 540 s, and the ramp to 40 A one more."""
    pack = charge.task_of(25.0, (0.2, 0.5)).pack
    rows = tuple((round(1000 * FLAT_C),) * len(row) for row in charge_map(pack))
    cell = replaced(Cell, CELL_FIELDS, pack.cell, charge_maps=(("flat", rows),))
    thermal = replaced(Thermal, THERMAL_FIELDS, pack.thermal, heater_W=0, cooler_W=0)
    return Task(replaced(Pack, PACK_FIELDS, pack, cell=cell, charge_map="flat", thermal=thermal), 25.0, 0.2, 0.5)


Found = tuple[Optimum, Played]


def found(task: Task) -> Found:
    """The shortest charge, and what the plant makes of it."""
    pytest.importorskip("casadi")
    best = solve(task, INTERVALS, ride(task))
    return best, play(task, best.course)


@pytest.fixture(scope="module")
def flat() -> Found:
    return found(flat_task())


@pytest.fixture(scope="module")
def warm() -> Found:
    return found(charge.task_of(25.0, (0.05, 0.30)))


def test_where_the_map_is_one_number_the_shortest_charge_is_capacity_over_current_and_a_ramp(flat: Found) -> None:
    best, _ = flat
    assert best.solved and best.violation < 1e-6
    assert best.time_s == pytest.approx(541.0, rel=0.002)


def test_one_constant_current_is_the_best_charge_where_the_map_is_one_number() -> None:
    pytest.importorskip("casadi")
    constant = solve(flat_task(), INTERVALS, ride(flat_task()), stages=1)
    assert constant.solved
    assert constant.time_s == pytest.approx(540.0, rel=0.002)  # its current may jump
    assert constant.course.current_A[-1] == pytest.approx(40.0, rel=0.002)


def test_the_map_of_the_problem_is_the_firmware_s() -> None:
    ca: Any = pytest.importorskip("casadi")
    task = charge.task_of(25.0, (0.05, 0.80))
    model, chart = Model(ca, task), ChargeMap(task.pack)
    temp, soc = ca.SX.sym("temp"), ca.SX.sym("soc")
    of = ca.Function("map", [temp, soc], [model.map_A(temp, soc)])
    capacity_Ah = task.pack.cell.capacity_mAh / 1000
    for t_ddegC in (*range(-195, 800, 33), *task.pack.cell.map_ddegC[1:-1]):
        for permille in (*range(3, 960, 29), *task.pack.cell.map_soc_permille[1:-1]):
            chart.place(permille, permille)
            ours_C = float(of(t_ddegC / 10 + 273.15, permille / 1000)) / capacity_Ah
            assert ours_C == pytest.approx(chart.least_mC(t_ddegC) / 1000, rel=0.01, abs=0.0021), (t_ddegC, permille)


@pytest.mark.parametrize("name", ["flat", "warm"])
def test_played_on_the_plant_the_shortest_charge_takes_its_time_and_keeps_its_limits(
    name: str, request: pytest.FixtureRequest
) -> None:
    best, played = request.getfixturevalue(name)
    assert played.time_s == pytest.approx(best.time_s, rel=0.005)
    assert played.over_map < 0.01 and played.over_V < 0.0 and played.over_K < 0.3 and played.over_K_s < 0.05


@pytest.mark.parametrize(("name", "least_K"), [("flat", 15.0), ("warm", 30.0)])
def test_the_problem_warms_the_stack_as_much_as_the_plant(name: str, least_K: float, request: pytest.FixtureRequest) -> None:
    best, played = request.getfixturevalue(name)
    rise_K = best.course.stack_K[-1] - best.course.stack_K[0]
    assert rise_K > least_K
    assert played.rise_K == pytest.approx(rise_K, rel=0.01)
    assert played.course.loop_K[-1] - 273.15 == pytest.approx(best.course.loop_K[-1] - 273.15, abs=0.5)


def test_the_layers_farthest_from_the_mean_are_where_conduction_puts_them() -> None:
    pack = charge.task_of(25.0, (0.05, 0.80)).pack
    usual = PlantOptions(seed=1, soc=0.5, temperature_degC=25.0)
    heat = Heat(1, 24, 20.0, 161.0, usual.plate_W_K, usual.coolant_W_K, 300.0)
    for _ in range(600):
        heat.step(np.full((1, 24), 20.0), 300.0, 1.0)  # 20 W a layer, ten minutes
    above_K = heat.node_K[0] - 300.0
    stack_W_K, (inner, outer) = conduction(pack)
    assert heat.coolant_W == pytest.approx(stack_W_K * above_K.mean(), rel=0.002)
    assert above_K.max() == pytest.approx(inner * above_K.mean(), rel=0.002)
    assert above_K.min() == pytest.approx(outer * above_K.mean(), rel=0.002)


def test_without_casadi_the_bench_says_so_and_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said: list[str] = []
    assert charge.measure(said.append) == {"skipped": "casadi is not installed"}
    assert len(said) == 1 and "casadi is not installed" in said[0]


@pytest.mark.parametrize("kind", VARIANTS)
def test_every_variant_is_a_pack_that_the_linter_lets_pass(kind: str) -> None:
    pack = variant(charge.task_of(25.0, (0.05, 0.80)).pack, kind)
    assert errors(check_pack(pack)) == []


def test_each_variant_takes_one_difficulty_away_and_gives_none_back() -> None:
    declared = charge.task_of(25.0, (0.05, 0.80)).pack
    warmth, alike, exact, jumps = (variant(declared, kind) for kind in VARIANTS[1:])
    assert warmth.spread_t_ddegC == warmth.probe_sensor.offset_u == 0 and warmth.spread_r_permille == declared.spread_r_permille
    assert alike.spread_t_ddegC == alike.spread_soc_permille == alike.spread_r_permille == 0
    assert alike.current_a_sensor == declared.current_a_sensor
    assert exact.spread_soc_permille == exact.current_a_sensor.gain_ppm == exact.group_sensor.noise_u == 0
    assert exact.request_dA_s == declared.request_dA_s < jumps.request_dA_s
    assert jumps.current_a_sensor == exact.current_a_sensor


def test_a_choice_of_cases_is_read_or_refused_in_one_line() -> None:
    assert charge.chosen("25:5-80, -20:20-90") == [(25.0, (0.05, 0.8)), (-20.0, (0.2, 0.9))]
    assert charge.chosen("all") == charge.ALL and set(charge.chosen("")) < set(charge.ALL)
    for wrong in ("25", "25:80-5", "25:0-80", "99:5-80", "25:5-100", "x:5-80", "25:5.5.5-80"):
        with pytest.raises(BadInput, match="HIL_CHARGE") as refused:
            charge.chosen(wrong)
        assert "\n" not in str(refused.value)


def test_the_shares_of_a_loss_add_up_to_it() -> None:
    times_s = dict(zip(VARIANTS, (600.0, 580.0, 570.0, 530.0, 525.0)))
    lost = charge.broken_down(500.0, times_s)
    assert list(lost) == ["warmth", "spread", "margin", "ramps", "heat"]
    assert sum(share or 0.0 for share in lost.values()) == pytest.approx(600.0 / 500.0 - 1)
    assert lost["margin"] == pytest.approx(40.0 / 500.0)


def test_the_firmware_s_charge_ends_when_the_hidden_layers_have_arrived() -> None:
    task = charge.task_of(45.0, (0.50, 0.502))
    charged = charge_by_firmware(task, "perfect", 60.0)
    assert charged.time_s is not None and charged.time_s > 0.002 * 20 * 3600 / task.most_A
    assert charged.course.soc[-1] == pytest.approx(0.502, abs=0.0002)
    assert charged.violations == 0 and charged.faults == []
