"""Heater, chiller and coolant loop: what they do to the layers, who feeds them, what stops them, what breaks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24
from bms.schema import PACK_FIELDS, THERMAL_FIELDS, Pack, Thermal, replaced
from hil import scenario
from hil.actors.thermal import FADE_K, ThermalSystem
from hil.cli import main, pack_for
from hil.errors import BadInput
from hil.heatledger import HeatLedger
from hil.loop import Bench
from hil.options import PlantOptions
from hil.plant import Plant
from hil.record import Recorder

PACK = bench_24.PACK
SHORT = scenario.load("first_mile_short")
FITTED = replace(SHORT, thermal={}, faults=(), expects=())
LAYERS_J_K = 24 * PACK.cell.heat_capacity_J_K


def fed_from(source: str, **changes: Any) -> Pack:
    """The bench's pack with another way to feed its heater."""
    thermal = replaced(Thermal, THERMAL_FIELDS, PACK.thermal, heater_source=source, **changes)
    return replaced(Pack, PACK_FIELDS, PACK, thermal=thermal)


class Rig:
    """Layers, loop and the path around them, without any firmware."""

    def __init__(self, degC: float, pack: Pack = PACK, **settings: float) -> None:
        self.plant = Plant(pack, PlantOptions(1, 0.5, degC, spread="none"))
        self.thermal = ThermalSystem(pack, self.plant, settings, degC)
        self.ledger = HeatLedger(self.plant, self.thermal)
        self.hv: Any = SimpleNamespace(coil_supply_present=True, mask=5, link_V=80.0, inverter_low_V=50.0)
        self.charger_feeds = True

    def run(self, seconds: float, heater: int = 0, cooler: int = 0, current_A: float = 0.0, fed: bool = True) -> "Rig":
        self.thermal.heater.permille, self.thermal.cooler.permille = heater, cooler
        for _ in range(round(seconds * 100)):
            self.thermal.ask(self.hv, self.charger_feeds)
            self.plant.step(current_A, 0.01)
            self.thermal.step(fed, 0.01)
            self.ledger.step(current_A, 0.01)
        return self

    @property
    def layers_degC(self) -> float:
        return float(self.plant.temp_K.mean()) - 273.15


def test_the_heater_warms_layers_and_loop_by_its_power_and_no_more() -> None:
    rig = Rig(-10.0, ambient_W_K=0.0).run(40, heater=1000)
    warm_J = (rig.layers_degC + 10) * LAYERS_J_K + (rig.thermal.loop_degC + 10) * rig.thermal.loop_J_K
    assert warm_J == pytest.approx(40 * PACK.thermal.heater_W, rel=0.01)
    assert rig.thermal.loop_degC > rig.layers_degC > -5


def test_half_a_request_is_half_the_heat() -> None:
    whole, half = (Rig(0.0, ambient_W_K=0.0).run(10, heater=permille) for permille in (1000, 500))
    assert half.thermal.loop_degC == pytest.approx(whole.thermal.loop_degC / 2, rel=1e-6)


def test_the_thermostats_hold_the_loop_between_coldest_and_hottest_coolant() -> None:
    hot = Rig(60.0).run(120, heater=1000)
    assert PACK.thermal.coolant_max_ddegC / 10 - FADE_K < hot.thermal.loop_degC <= PACK.thermal.coolant_max_ddegC / 10
    cold = Rig(20.0).run(120, cooler=1000)
    assert PACK.thermal.coolant_min_ddegC / 10 <= cold.thermal.loop_degC < PACK.thermal.coolant_min_ddegC / 10 + FADE_K


def test_a_loop_left_alone_comes_to_the_temperature_of_its_ambient() -> None:
    rig = Rig(40.0, ambient_degC=10.0, ambient_W_K=200.0, loop_J_K=500.0).run(600)
    assert rig.thermal.loop_degC == pytest.approx(rig.layers_degC, abs=3)
    assert rig.layers_degC == pytest.approx(10, abs=4)
    warmer = Rig(40.0, ambient_degC=60.0, ambient_W_K=200.0).run(60)
    assert warmer.layers_degC > 40


def test_the_middle_of_a_stack_is_warmed_last() -> None:
    rig = Rig(-10.0).run(30, heater=1000)
    stack_K = rig.plant.heat.node_K[0]
    assert np.argmin(stack_K) in (11, 12)
    assert 0.2 < np.ptp(stack_K) < 3


@pytest.mark.parametrize(
    ("source", "changes", "works"),
    [
        ("charger", {}, True),
        ("charger", {"charger_feeds": False}, False),
        ("supply", {"charger_feeds": False, "mask": 0, "link_V": 0.0}, True),
        ("supply", {"coil_supply_present": False}, False),
        ("pack", {"charger_feeds": False}, True),
        ("pack", {"mask": 1}, False),
        ("pack", {"link_V": 30.0}, False),
    ],
)
def test_a_heater_works_while_who_feeds_it_is_there(source: str, changes: dict[str, Any], works: bool) -> None:
    rig = Rig(0.0, fed_from(source))
    rig.charger_feeds = changes.get("charger_feeds", True)
    rig.hv.__dict__.update(changes)
    rig.run(5, heater=1000)
    assert (rig.thermal.loop_degC > 1) == works
    assert (rig.ledger.heater_J > 0) == works
    assert (rig.thermal.heater_A > 0) == (works and source == "pack")


def test_a_charger_that_is_dead_or_not_there_feeds_no_heater() -> None:
    bench = Bench(FITTED, pack_for(FITTED, None), 1, Recorder(24))
    assert not bench.charger.feeds
    bench.charger.plug(True)
    assert bench.charger.feeds
    for kind, feeds in (("drop_out", False), ("fails", False), ("silence", True), ("late", True)):
        bench.charger.set_fault(kind, 1.0)
        assert bench.charger.feeds == feeds
        bench.charger.clear_fault(kind)


def test_heat_that_the_link_did_not_give_warms_nothing() -> None:
    rig = Rig(0.0, fed_from("pack")).run(5, heater=1000, fed=False)
    assert rig.thermal.loop_degC == pytest.approx(0, abs=1e-6)
    assert rig.ledger.heater_J == 0


def test_a_heater_on_the_pack_draws_its_power_from_the_layers_besides_the_load() -> None:
    drive = [scenario.Phase("wake", "idle", 0, 1, None, 0, 1, None, None, False)]
    drive += [scenario.Phase("rest", "rest", 1, 8, None, 0, 1, None, None, False)]
    pack = fed_from("pack")
    bench = Bench(replace(FITTED, phases=tuple(drive)), pack, 1, Recorder(24))
    bench.thermal.heater.set_stuck(50.0)
    run_with_firmware(bench)
    drawn_W = -bench.plant.current_A * bench.hv.link_V
    assert drawn_W == pytest.approx(0.5 * pack.thermal.heater_W, rel=0.01)
    assert bench.heat.terminals_J < -0.9 * bench.heat.heater_J < 0


def run_with_firmware(bench: Bench) -> Any:
    from hil.target import make_target

    with make_target("cpython", None, "bench_24", "simulator", 600) as target:
        return bench.run(target, "cpython")


def test_a_weak_charger_gives_to_the_pack_what_the_heater_leaves() -> None:
    rig = Rig(0.0).run(0.01, heater=1000)
    assert rig.thermal.spared_A(100.0, 4000.0, 80.0) == pytest.approx((4000 - 2400) / 80)
    assert rig.thermal.spared_A(10.0, 4000.0, 80.0) == 10.0
    assert rig.thermal.spared_A(100.0, 2000.0, 80.0) == 0.0
    other = Rig(0.0, fed_from("supply")).run(0.01, heater=1000)
    assert other.thermal.spared_A(100.0, 4000.0, 80.0) == pytest.approx(50.0)


def test_without_flow_heat_stays_in_the_loop() -> None:
    rig = Rig(0.0, ambient_W_K=0.0)
    rig.thermal.set_flow(0.0)
    rig.run(20, heater=1000)
    assert rig.layers_degC == pytest.approx(0, abs=1e-3)
    assert rig.thermal.loop_degC > 20
    rig.thermal.set_flow(1.0)
    assert rig.run(20).layers_degC > 3


@given(gain=st.floats(0, 2))
@settings(max_examples=10)
def test_a_heater_that_disobeys_gives_another_power_and_that_is_counted(gain: float) -> None:
    rig = Rig(0.0, ambient_W_K=0.0)
    rig.thermal.heater.set_gain(gain)
    rig.run(1, heater=400)
    assert rig.ledger.heater_J == pytest.approx(0.4 * gain * PACK.thermal.heater_W, rel=1e-6, abs=1e-6)
    assert rig.thermal.heater.disobeyed == (0 if gain == 1 else 100)


def test_a_stuck_heater_goes_on_until_its_own_thermostat_ends_it() -> None:
    rig = Rig(20.0)
    rig.thermal.heater.set_stuck(100.0)
    rig.hv.coil_supply_present = False
    rig.run(120)
    assert 60 < rig.thermal.loop_degC <= PACK.thermal.coolant_max_ddegC / 10
    rig.thermal.heater.set_stuck(None)
    assert rig.run(1).thermal.heater.power_W == 0


def test_faults_of_heater_and_chiller_are_those_of_a_scenario_that_has_them() -> None:
    pack = pack_for(SHORT, None)
    assert {"heater", "cooler"}.isdisjoint(Bench(SHORT, pack, 1, Recorder(24)).vocabulary)
    words = Bench(FITTED, pack, 1, Recorder(24)).vocabulary
    assert words["heater"].keys() == words["cooler"].keys() == {"gain", "stuck"}
    unfitted = fed_from("charger", cooler_W=0)
    assert "cooler" not in Bench(FITTED, unfitted, 1, Recorder(24)).vocabulary
    broken = replace(SHORT, faults=(scenario.Fault("heater", "gain", 1.0, None, 0.0, 0.0),))
    with pytest.raises(BadInput, match="'heater' is none of"):
        Bench(broken, pack, 1, Recorder(24))


def test_the_list_shows_what_can_break_of_heater_and_chiller(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    told = [row for row in rows if row[0] in ("heater", "cooler")]
    assert told == [["heater", "gain,", "stuck"], ["cooler", "gain,", "stuck"]]


def test_a_scenario_without_the_table_has_a_coolant_that_no_request_moves() -> None:
    bench = Bench(SHORT, pack_for(SHORT, None), 1, Recorder(24))
    before_degC = bench.plant.coolant_inlet_degC
    bench.thermal.heater.set_stuck(100.0)
    run_with_firmware(bench)
    assert bench.plant.coolant_inlet_degC == before_degC
    assert bench.heat.heater_J == 0
