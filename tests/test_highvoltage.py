"""Contactors, precharge and link behave as copper and capacitors do, and everything else follows from the coils."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.packs.bench_24 import PACK as BENCH
from bms.packs.ev_240 import PACK as EV
from bms.safety.snapshot import NEGATIVE, POSITIVE, PRECHARGE
from bms.schema import Pack
from hil.highvoltage import HighVoltage
from hil.plant import Plant, PlantOptions

CLOSED = NEGATIVE | POSITIVE
PRECHARGING = NEGATIVE | PRECHARGE


class Bench:
    """A pack and its high-voltage path, ticked with a fed watchdog."""

    def __init__(self, pack: Pack = BENCH, soc: float = 0.6, link_V: float = 0.0) -> None:
        self.plant = Plant(pack, PlantOptions(1, soc, 25.0, hysteresis=0.0))
        self.hv = HighVoltage(pack, link_V)
        self.ticks = 0

    def run(
        self,
        coils: int,
        ticks: int = 1,
        demand_A: float = 0.0,
        charger: tuple[float, float] | None = None,
        fed: bool = True,
    ) -> float:
        current_A = 0.0
        charger_A, charger_V = charger or (0.0, 0.0)
        for _ in range(ticks):
            self.ticks += 1
            if fed:
                self.hv.watchdog_fed(self.ticks & 255)
            current_A = self.hv.step(coils, demand_A, charger is not None, charger_A, charger_V, self.plant, 0.01)
            self.plant.step(current_A, 0.01)
        return current_A

    def closed(self) -> "Bench":
        self.run(NEGATIVE, 10)
        self.run(PRECHARGING, 150)
        self.run(CLOSED | PRECHARGE, 10)
        self.run(CLOSED, 20)
        assert self.hv.mask == CLOSED
        return self


@pytest.mark.parametrize("pack", [BENCH, EV], ids=lambda pack: pack.name)
def test_precharge_is_the_exponential_of_its_resistor_and_capacitor(pack: Pack) -> None:
    bench = Bench(pack)
    bench.run(NEGATIVE, 10)
    bench.run(PRECHARGING, 4)
    assert bench.hv.mask == PRECHARGING
    assert bench.hv.link_V == 0.0
    pack_V, r0_ohm = bench.plant.source()
    tau_s = (pack.precharge_mohm * 1e-3 + r0_ohm) * pack.link_capacitance_uF * 1e-6
    for tick in range(1, 60):
        bench.run(PRECHARGING)
        expected_V = pack_V * (1 - math.exp(-tick * 0.01 / tau_s))
        assert bench.hv.link_V == pytest.approx(expected_V, rel=0.01)
    assert bench.hv.link_V > 0.96 * pack_V


def test_what_leaves_the_pack_in_precharge_arrives_in_the_link() -> None:
    bench = Bench()
    bench.run(NEGATIVE, 10)
    gone_As = sum(bench.run(PRECHARGING) for _ in range(100)) * 0.01
    assert -gone_As == pytest.approx(bench.hv.link_V * BENCH.link_capacitance_uF * 1e-6, rel=1e-9)


def test_a_contact_moves_one_delay_after_its_coil_and_the_auxiliary_contact_tells() -> None:
    bench = Bench()
    delay = BENCH.contactor_delay_ms // 10
    bench.run(NEGATIVE, delay - 1)
    assert bench.hv.mask == 0
    bench.run(NEGATIVE)
    assert bench.hv.mask == NEGATIVE
    bench.run(0, delay - 1)
    assert bench.hv.mask == NEGATIVE
    bench.run(0)
    assert bench.hv.mask == 0
    assert bench.hv.events == [(0.04, NEGATIVE), (0.08, 0)]


def test_with_closed_contactors_and_no_load_the_current_is_exactly_zero() -> None:
    bench = Bench().closed()
    assert all(bench.run(CLOSED) == 0.0 for _ in range(100))
    assert bench.hv.link_V == pytest.approx(bench.plant.pack_V, abs=1e-3)


def test_a_load_is_fed_by_the_pack_and_regeneration_charges_it() -> None:
    bench = Bench().closed()
    assert bench.run(CLOSED, 30, -60.0) == pytest.approx(-60.0, abs=0.01)
    assert bench.run(CLOSED, 30, 40.0) == pytest.approx(40.0, abs=0.01)
    assert bench.hv.inverter_A == 40.0


def test_without_a_closed_path_no_current_flows_whatever_is_asked() -> None:
    bench = Bench()
    for coils in (0, NEGATIVE, POSITIVE, PRECHARGE, POSITIVE | PRECHARGE):
        assert bench.run(coils, 20, -50.0) == 0.0
        assert bench.run(coils, 20, 50.0) == 0.0


def test_an_inverter_takes_nothing_below_its_window_and_does_not_drain_the_link_beneath_it() -> None:
    bench = Bench(link_V=80.0)
    bench.run(0, 5, -100.0)
    assert 0.9 * bench.hv.inverter_low_V < bench.hv.link_V <= bench.hv.inverter_low_V
    assert bench.hv.inverter_A == 0.0


def test_a_load_during_precharge_cannot_pull_the_link_below_zero() -> None:
    bench = Bench()
    bench.run(NEGATIVE, 10)
    for _ in range(100):
        current_A = bench.run(PRECHARGING, 1, -100.0)
        assert bench.hv.link_V >= 0
        assert -100.0 < current_A <= 0


def test_regeneration_into_an_open_pack_stops_at_the_inverter_s_upper_end() -> None:
    bench = Bench(link_V=85.0)
    bench.run(0, 100, 100.0)
    assert bench.hv.link_V <= bench.hv.inverter_high_V + 1e-9


def test_the_charger_gives_its_current_until_its_voltage_is_reached_and_then_less() -> None:
    bench = Bench().closed()
    bench.hv.charger_plugged = True
    assert bench.run(CLOSED, 50, 0.0, (20.0, 110.0)) == pytest.approx(20.0, abs=0.05)
    assert bench.hv.charger_output_A == 20.0
    limit_V = bench.plant.pack_V + 0.01
    currents_A = [bench.run(CLOSED, 1, 0.0, (20.0, limit_V)) for _ in range(300)]
    assert bench.hv.charger_output_V == pytest.approx(limit_V, abs=1e-6)
    assert 0 < currents_A[-1] < 20.0
    bench.hv.charger_plugged = False
    assert bench.run(CLOSED, 20, 0.0, (20.0, 110.0)) == 0.0


def test_a_pack_above_the_charger_s_voltage_takes_nothing() -> None:
    bench = Bench().closed()
    bench.hv.charger_plugged = True
    assert bench.run(CLOSED, 20, 0.0, (20.0, 60.0)) == 0.0


def test_a_welded_contactor_keeps_the_path_and_shows_in_the_feedback() -> None:
    bench = Bench().closed()
    bench.hv.set_fault("positive", "weld")
    bench.run(NEGATIVE, 20)
    assert bench.hv.mask == CLOSED
    assert bench.run(NEGATIVE, 10, -10.0) == pytest.approx(-10.0, abs=0.01)
    bench.run(0, 10)
    assert bench.hv.mask == POSITIVE
    assert bench.run(0, 10, -10.0) == 0.0


def test_a_contactor_that_is_stuck_open_never_closes_and_says_so() -> None:
    bench = Bench()
    bench.hv.set_fault("negative", "stuck_open")
    bench.run(PRECHARGING, 50)
    assert bench.hv.mask == PRECHARGE
    assert bench.hv.link_V == 0.0
    bench.hv.clear_fault("negative", "stuck_open")
    assert bench.hv.mask == PRECHARGING


def test_a_slow_contactor_is_late_by_its_severity() -> None:
    bench = Bench()
    bench.hv.set_fault("negative", "slow", 60.0)
    bench.run(NEGATIVE, 9)
    assert bench.hv.mask == 0
    bench.run(NEGATIVE)
    assert bench.hv.mask == NEGATIVE


def test_a_bouncing_contactor_chatters_and_then_settles() -> None:
    bench = Bench()
    bench.hv.set_fault("negative", "bounce", 60.0)
    masks = []
    for _ in range(30):
        bench.run(NEGATIVE)
        masks.append(bench.hv.mask)
    assert sum(a != b for a, b in itertools.pairwise(masks)) >= 5
    assert set(masks[12:]) == {NEGATIVE}


def test_opening_under_load_is_recorded_with_the_current_that_was_broken() -> None:
    bench = Bench().closed()
    assert bench.hv.breaks == []
    bench.run(CLOSED, 10, -30.0)
    bench.run(0, 10, -30.0)
    assert {name for _, name, _ in bench.hv.breaks} == {"negative", "positive"}
    assert all(current_A == pytest.approx(-30.0, abs=0.01) for _, _, current_A in bench.hv.breaks)


def test_opening_without_current_breaks_nothing() -> None:
    bench = Bench().closed()
    bench.run(0, 20)
    assert bench.hv.breaks == []


def test_the_link_of_an_open_pack_is_discharged_within_seconds() -> None:
    bench = Bench().closed()
    bench.run(0, 100)
    assert bench.hv.link_V < 0.5 * bench.plant.pack_V
    bench.run(0, 200)
    assert bench.hv.link_V < 0.1 * bench.plant.pack_V


def test_a_blown_fuse_opens_the_path() -> None:
    bench = Bench().closed()
    bench.hv.fuse = False
    assert bench.run(CLOSED, 10, -10.0) == 0.0


def test_coils_drop_when_the_watchdog_is_not_fed_for_100_ms_and_not_before() -> None:
    bench = Bench().closed()
    bench.run(CLOSED, 9, fed=False)
    assert bench.hv.coil_supply_present
    bench.run(CLOSED, 1, fed=False)
    assert not bench.hv.coil_supply_present
    bench.run(CLOSED, 4, fed=False)
    assert bench.hv.mask == 0


def test_a_watchdog_counter_that_stands_still_feeds_nothing() -> None:
    bench = Bench().closed()
    for _ in range(20):
        bench.hv.watchdog_fed(77)
        bench.run(CLOSED, 1, fed=False)
    assert bench.hv.mask == 0


def test_before_the_first_feeding_no_coil_moves() -> None:
    bench = Bench()
    bench.run(CLOSED, 50, fed=False)
    assert bench.hv.mask == 0
    assert not bench.hv.coil_supply_present


def test_when_the_firmware_is_gone_the_contactors_drop_for_good() -> None:
    bench = Bench().closed()
    bench.hv.drop_all()
    bench.run(CLOSED, 5)
    assert bench.hv.mask == 0
    bench.run(CLOSED, 50)
    assert bench.hv.mask == 0


def test_a_supply_below_what_holds_a_coil_opens_everything() -> None:
    bench = Bench().closed()
    bench.hv.supply_mV = 5000
    bench.run(CLOSED, 5)
    assert bench.hv.mask == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.floats(-400, 400), st.booleans(), st.floats(0, 300), st.floats(0, 120)),
        max_size=20,
    )
)
@settings(max_examples=40)
def test_no_sequence_of_coils_loads_and_chargers_makes_the_link_or_the_current_absurd(
    steps: list[tuple[int, float, bool, float, float]],
) -> None:
    bench = Bench()
    bench.hv.charger_plugged = True
    for coils, demand_A, on, charger_A, charger_V in steps:
        for _ in range(6):
            was_open = not bench.hv.mask & NEGATIVE
            current_A = bench.run(coils, 1, demand_A, (charger_A, charger_V) if on else None)
            assert 0 <= bench.hv.link_V < 300
            assert math.isfinite(current_A)
            assert abs(current_A) < 4000
            assert current_A == 0.0 or not was_open


@pytest.mark.parametrize(
    ("contactor", "kind", "severity"),
    [("middle", "weld", 1.0), ("positive", "melt", 1.0), ("positive", "slow", -5.0), ("positive", "bounce", 0.0)],
)
def test_a_contactor_fault_that_does_not_exist_is_refused_in_one_line(contactor: str, kind: str, severity: float) -> None:
    with pytest.raises(ValueError, match=f"{contactor}|{kind}") as caught:
        Bench().hv.set_fault(contactor, kind, severity)
    assert "\n" not in str(caught.value)
