"""The yardstick of what is usable: a BMS that sees every layer stops where the worst layer does, and not before."""

import numpy as np
import pytest

from hil.benches import usable
from hil.campaign.allseeing import AllSeeing
from hil.load import load_pack
from hil.options import PlantOptions
from hil.plant import Plant


@pytest.mark.parametrize(("soc", "side", "limit_V"), [(0.985, 1, 4.2), (0.02, -1, 2.7)])
def test_seen_layers_never_pass_their_operating_limit(soc: float, side: int, limit_V: float) -> None:
    pack = load_pack("bench_24")
    plant = Plant(pack, PlantOptions(seed=3, soc=soc, temperature_degC=25, hysteresis=float(side), spread="corner"))
    bms = AllSeeing(pack)
    worst_V = -np.inf
    for _ in range(400):
        allowed_A = bms.charge_A(plant) if side > 0 else bms.discharge_A(plant)
        plant.step(side * allowed_A, 0.1)
        worst_V = max(worst_V, float((side * (plant.voltage_V - limit_V)).max()))
    assert worst_V <= 0.001


def test_where_nothing_limits_the_pack_all_of_the_map_is_allowed() -> None:
    pack = load_pack("bench_24")
    plant = Plant(pack, PlantOptions(seed=3, soc=0.3, temperature_degC=25, hysteresis=0.0, spread="none"))
    bms = AllSeeing(pack)
    assert bms.charge_A(plant) == pytest.approx(25.0, rel=0.01)  # 1.25 C of 20 Ah: half the map at 25 degC
    assert bms.discharge_A(plant) == pytest.approx(120.0, rel=0.01)  # 6 C


def test_a_charge_that_is_seen_ends_when_it_has_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = load_pack("bench_24")
    end, took_s = usable.seen_end(pack, 0.3, 1, 20.0, 0.31)
    assert end == pytest.approx(0.31, abs=0.001) and took_s == pytest.approx(36, abs=1)  # 1 % at 1 C


def test_the_firmware_s_own_stops_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usable, "DISCHARGE_s", 12)
    monkeypatch.setattr(usable, "LONGEST_s", 11)
    low, high = usable.real_stops(load_pack("bench_24"), 20.0)
    assert low == pytest.approx(usable.FULL_SOC - 12 / 3600, abs=0.001)
    assert low < high < usable.FULL_SOC
