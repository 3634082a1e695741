"""Capacity by total least squares against scipy's, resistances against the plant's, sudden and slow growth told apart."""

import numpy as np
import pytest
from scipy import odr

from bms.estimate import health
from bms.estimate.delta import NOBODY, Delta
from bms.estimate.health import Health
from bms.estimate.model import Model
from bms.packs.bench_24 import PACK
from hil.benches.group_rig import Rig, day

CAPACITY_Ah = 20.0


def fresh() -> Health:
    model = Model(PACK.cell)
    return Health(PACK, Delta(PACK, model), model)


def pairs_of(seed: int, true_Ah: float, count: int) -> list[tuple[float, float, float, float]]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        x = float(rng.uniform(0.3, 0.8) * rng.choice([-1, 1]))
        sx, sy = float(rng.uniform(0.005, 0.02)), float(rng.uniform(0.02, 0.2))
        out.append((x + float(rng.normal(0, sx)), true_Ah * x + float(rng.normal(0, sy)), sx, sy))
    return out


@pytest.mark.parametrize("seed", range(5))
def test_the_capacity_is_that_of_orthogonal_distance_regression_with_weights_that_fade(seed: int) -> None:
    room = fresh()
    pairs = pairs_of(seed, 17.0, health.PAIRS)
    for pair in pairs:
        room._x.append(pair[0])
        room._y_Ah.append(pair[1])
        room._sx2.append(pair[2] ** 2)
        room._sy2.append(pair[3] ** 2)
    for _ in range(5):
        room._solve()
    fade = np.array([health.FORGET ** (len(pairs) - 1 - k) for k in range(len(pairs))])
    x, y, sigma_x, sigma_y = (np.array(column) for column in zip(*pairs, strict=True))
    first = health.FIRST_PART * CAPACITY_Ah
    data = odr.Data(
        np.append(x, 1.0),
        np.append(y, CAPACITY_Ah),
        wd=np.append(fade / sigma_x**2, 1e12),  # the cell file's pair has no error in x
        we=np.append(fade / sigma_y**2, 1 / first**2),
    )
    fit = odr.ODR(data, odr.Model(lambda beta, at: beta[0] * at), beta0=[20.0], sstol=1e-14, partol=1e-14).run()
    assert room.capacity_Ah == pytest.approx(fit.beta[0], rel=1e-5)
    assert abs(room.capacity_Ah - 17.0) < 4 * room.sigma_Ah


def test_a_pair_that_is_old_weighs_less_and_one_too_many_drops_out() -> None:
    room = fresh()
    for k in range(health.PAIRS + 4):
        room._counted_mAs = round((18.0 if k < 6 else 16.0) * 0.5 * 3.6e6)
        room._pair(0.5, 1e-5)
    assert len(room._x) == health.PAIRS + 1
    assert room.capacity_Ah == pytest.approx(16.0, abs=0.4)
    assert room.pairs == health.PAIRS + 4


def test_three_partial_cycles_tell_what_is_left_of_the_capacity_within_two_percent_and_the_resistance_within_ten() -> None:
    rig = Rig(PACK, 5)
    for layer in range(rig.plant.layers):
        rig.plant.set_layer_fault(layer, "low_capacity", 0.88)
        rig.plant.set_layer_fault(layer, "high_resistance", 1.3)
    for k in range(3):
        rig.run(day(0.88 * CAPACITY_Ah, 50 + k, 0.5, 0.9, 0.9))
    groups = rig.groups
    true = rig.true_capacity_Ah() / CAPACITY_Ah
    assert groups.health.pairs >= 3
    assert abs(groups.health.soh - true) < 0.02
    assert abs(groups.health.soh - true) < 2 * groups.health.sigma_soh
    assert groups.health.sigma_soh < 0.02
    # an independent pulse on the same pack: ten seconds at 25 degC and 50 %
    pulse_ohm = pulsed_ohm(1.3)
    for g in range(4):
        assert groups.resistance.r10_ohm(g) == pytest.approx(pulse_ohm, rel=0.1)
        assert groups.resistance.r0_ohm(g) == pytest.approx(1.3 * 1.18e-3, rel=0.1)


def pulsed_ohm(scale: float) -> float:
    """Voltage moved by a step of 1 C in 10 s, over the current, of a healthy plant's mean layer with aged resistances."""
    rig = Rig(PACK, 9, 0.5, spread="none")
    plant = rig.plant
    for layer in range(plant.layers):
        plant.set_layer_fault(layer, "high_resistance", scale)
    plant.h[:] = -1.0
    plant.step(0.0, 1.0)
    before = plant.voltage_V.mean()
    ocv = plant.ocv_V.mean()
    for _ in range(10):
        plant.step(-CAPACITY_Ah, 1.0)
    moved = before - plant.voltage_V.mean() - (ocv - plant.ocv_V.mean())
    return float(moved / CAPACITY_Ah)


def test_what_flows_in_and_out_is_counted_to_the_milliampere_hour() -> None:
    room = fresh()
    rng = np.random.default_rng(3)
    charged = discharged = 0
    for _ in range(4000):
        moved_mAs = int(rng.integers(-30000, 20000))
        charged += max(moved_mAs, 0)
        discharged -= min(moved_mAs, 0)
        room.count(moved_mAs, 1.0)
    assert room.charged_mAh + room.discharged_mAh == (charged + discharged) // 3600
    assert abs(room.charged_mAh - charged / 3600) < 300  # a carry goes to the side of the step that completes it
    assert room.cycles_permille == (charged + discharged) // 3600 * 500 // 20000


def pulses(rig: Rig, count: int) -> None:
    for _ in range(count):
        rig.run([(-20.0, 1.0)] * 3 + [(0.0, 1.0)] * 3 + [(19.0, 1.0)] * 3 + [(0.0, 1.0)] * 3)


def test_a_layer_that_delaminates_is_named_after_a_few_steps_of_current_and_cold_is_not() -> None:
    rig = Rig(PACK, 8, 0.5)
    pulses(rig, 14)
    rig.plant.set_coolant(5.0, 8.0)
    rig.run([(0.0, 30.0)] * 120)
    assert float(rig.plant.temp_K.mean()) < 281
    pulses(rig, 10)
    resistance = rig.groups.resistance
    assert resistance.steps > 40
    assert not any(kind in ("sudden", "grown") for kind, _ in rig.named)
    rig.forget()
    rig.plant.set_layer_fault(19, "delamination", 0.5)
    pulses(rig, 3)
    assert ("sudden", 3) in rig.named
    assert resistance.grown_group == NOBODY
    assert abs(resistance.alike) < 0.15


def test_an_interface_that_grows_slowly_is_growth_and_nothing_sudden() -> None:
    rig = Rig(PACK, 8, 0.5)
    pulses(rig, 12)
    for k in range(40):
        rig.plant.set_layer_fault(3, "high_resistance", 1.0 + 0.0125 * k)
        pulses(rig, 2)
    assert rig.groups.resistance.grown_group == 0
    assert not any(kind == "sudden" for kind, _ in rig.named)


def test_rests_without_a_turn_long_enough_tell_nothing_of_silicon() -> None:
    rig = Rig(PACK, 5, 0.6)
    for _ in range(4):
        rig.run([(-10.0, 2.0)] * 20 + [(0.0, 10.0)] * 60)
    assert not rig.groups.health._anchored
