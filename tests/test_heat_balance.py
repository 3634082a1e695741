"""Energy adds up over every run: what came in is stored or given away, and what is in no account shows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs import bench_24, ev_240
from bms.schema import Pack
from hil import scenario
from hil.actors.thermal import ThermalSystem
from hil.heatledger import HeatLedger
from hil.highvoltage import HighVoltage
from hil.judge import JUDGES, Run
from hil.options import PlantOptions
from hil.plant import Plant

LIMIT = 0.005


class Rig:
    """Layers and coolant with their accounts; heater and chiller are driven by hand."""

    def __init__(self, degC: float, fitted: bool, pack: Pack = bench_24.PACK, soc: float = 0.5, **options: Any) -> None:
        self.plant = Plant(pack, PlantOptions(3, soc, degC, **options))
        self.thermal = ThermalSystem(pack, self.plant, {} if fitted else None, degC)
        self.ledger = HeatLedger(self.plant, self.thermal)
        self.hv = HighVoltage(pack)
        self.hv.coil_supply_present = True

    def run(self, ticks: int, current_A: float, heater: int = 0, cooler: int = 0) -> None:
        self.thermal.heater.permille, self.thermal.cooler.permille = heater, cooler
        for _ in range(ticks):
            if self.thermal.fitted:
                self.thermal.ask(self.hv, True)
            self.plant.step(current_A, 0.01)
            if self.thermal.fitted:
                self.thermal.step(True, 0.01)
            self.ledger.step(current_A, 0.01)

    @property
    def error(self) -> float:
        return float(self.ledger.result()["error_fraction"])


stretches = st.lists(
    st.tuples(st.integers(50, 800), st.floats(-4, 4), st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=5
)


@given(degC=st.floats(-20, 55), fitted=st.booleans(), story=stretches, relax=st.booleans())
@settings(max_examples=12, deadline=None)
def test_the_accounts_balance_for_any_load_heat_and_cold(degC: float, fitted: bool, story: Any, relax: bool) -> None:
    rig = Rig(degC, fitted, spread="corner", relax=relax, coolant_degC=degC - 5)
    mild = 0.05 if degC < 0 else 1.0
    for ticks, rate_C, heater, cooler in story:
        rig.run(ticks, 20 * rate_C * mild, heater, cooler)
    assert rig.error < LIMIT


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        *(("hot_spot", 500.0), ("soft_short", 0.3), ("self_discharge", 30.0), ("low_capacity", 0.6)),
        *(("reversal", -0.02), ("delamination", 0.5), ("high_resistance", 5.0)),
    ],
)
def test_the_accounts_balance_when_a_layer_breaks(kind: str, severity: float) -> None:
    rig = Rig(25.0, True, spread="drawn")
    rig.run(300, 60.0)
    rig.plant.set_layer_fault(7, kind, severity)
    rig.run(500, -40.0, heater=300)
    assert rig.error < LIMIT


def test_the_accounts_balance_for_a_big_pack_that_is_warmed_while_it_charges() -> None:
    rig = Rig(10.0, True, ev_240.PACK)
    rig.run(1500, 100.0, heater=1000)
    assert rig.error < LIMIT
    told = rig.ledger.result()
    assert told["in_J"] == pytest.approx(told["stored_J"] + told["lost_J"], rel=LIMIT)
    assert told["heater_J"] == pytest.approx(15 * ev_240.PACK.thermal.heater_W, rel=1e-6)


def test_heat_that_a_fault_of_the_coolant_moves_is_in_the_accounts() -> None:
    rig = Rig(30.0, True)
    rig.thermal.set_inlet(-15.0)
    rig.run(500, 80.0, cooler=700)
    rig.thermal.set_flow(0.0)
    rig.run(500, 80.0, cooler=700)
    rig.thermal.set_flow(2.0)
    rig.run(500, 0.0)
    assert rig.error < LIMIT


@pytest.mark.parametrize("fitted", [False, True])
def test_heat_from_nowhere_shows(fitted: bool) -> None:
    rig = Rig(25.0, fitted)
    rig.run(1000, 60.0)
    rig.plant.heat.node_K += 1.0
    assert rig.error > 10 * LIMIT


def test_charge_from_nowhere_shows() -> None:
    rig = Rig(25.0, True)
    rig.run(1000, 60.0)
    rig.plant.soc += 0.001
    assert rig.error > LIMIT


def test_a_coolant_that_takes_more_than_it_should_shows() -> None:
    rig = Rig(45.0, False, coolant_degC=20.0)
    rig.plant.heat._given_W_K *= 1.1
    rig.run(1000, 0.0)
    assert rig.error > 10 * LIMIT


def test_a_loop_that_loses_what_it_was_given_shows() -> None:
    rig = Rig(45.0, True)
    rig.run(500, 80.0, heater=1000)
    rig.thermal.loop_degC -= 0.5
    assert rig.error > LIMIT


def test_chemical_energy_by_quadrature_is_that_of_the_tables() -> None:
    rig = Rig(25.0, False)
    plant = rig.plant
    for soc in np.linspace(-0.2, 1.2, 57):
        plant.soc[:] = soc
        assert rig.ledger.stored_J() == pytest.approx(plant.stored_J(), abs=2.0)


def test_the_judge_believes_the_accounts_only_where_there_are_any() -> None:
    run = Run(scenario.load("first_mile_short"), "bench_24", "none", 1, None)  # type: ignore[arg-type]
    judge = JUDGES["heat_balance"]
    assert judge(run, {"limit": LIMIT})[0] is False
    for error, passed in ((0.0, True), (LIMIT, True), (0.0051, False)):
        assert judge(replace(run, heat={"error_fraction": error}), {"limit": LIMIT}) == (passed, error, LIMIT)


@pytest.mark.parametrize("name", scenario.names())
def test_every_shipped_scenario_is_held_to_its_accounts(name: str) -> None:
    expects = [expect for expect in scenario.load(name).expects if expect.kind == "heat_balance"]
    assert [expect.values["limit"] for expect in expects] == [LIMIT]
