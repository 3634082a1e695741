"""The inverter as a stranger on the bus: it obeys its own protocol's frames, made here by cantools, and nothing else."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.packs.bess_14 import PACK
from bms.schema import INVERTER_FIELDS, replaced
from bms.schema import Inverter as Offer
from hil.actors import inverter as inverters
from hil.actors.house import DAY_s, House, STEP_s
from hil.actors.inverter import Inverter
from hil.actors.wire import database
from hil.scenario_tables import INVERTER

WIRES = {name: database(name + ".dbc") for name in ("victron", "pylontech", "sma")}
SETTINGS = {name: field.default for name, field in INVERTER.items()} | {"reaction_ms": 0}
OHM = 0.01  # of a pack and its path
ALARM_STOPS = {  # of 0x35A: (charge, discharge)
    "general_alarm": (True, True),
    "high_voltage_alarm": (True, False),
    "low_voltage_alarm": (False, True),
    "high_temperature_alarm": (True, True),
    "low_temperature_alarm": (True, True),
    "high_temperature_charge_alarm": (True, False),
    "low_temperature_charge_alarm": (True, False),
    "high_current_alarm": (False, True),
    "high_current_charge_alarm": (True, False),
    "contactor_alarm": (True, True),
    "short_circuit_alarm": (True, True),
    "internal_alarm": (True, True),
    "imbalance_alarm": (False, False),
}
PROTECTION_STOPS = {  # of 0x359
    "high_voltage_alarm": (True, False),
    "low_voltage_alarm": (False, True),
    "high_temperature_alarm": (True, True),
    "low_temperature_alarm": (True, True),
    "high_current_alarm": (False, True),
    "high_current_charge_alarm": (True, False),
    "system_alarm": (True, True),
}


class Bench:
    """An inverter on a battery of `emf_V` behind OHM, that wants `wanted_A` and hears 0x351 every second."""

    def __init__(self, protocol: str = "victron", emf_V: float = 50.0, wanted_A: float = 0.0, **settings: Any) -> None:
        assert PACK.inverter is not None
        active = settings.pop("alarm_active", 2)
        offer = replaced(Offer, INVERTER_FIELDS, PACK.inverter, protocol=protocol, alarm_active=active)
        self.wire = WIRES[protocol]
        self.inverter = Inverter(self.wire, offer, SETTINGS | settings, 1)
        self.wanted_A, self.emf_V = wanted_A, emf_V
        self.inverter.enter(lambda _: self.wanted_A, None, 0)
        self.now_ms = 0
        self.limits: dict[str, float] | None = {"charge_V": 57.4, "charge_A": 100, "discharge_A": 100, "discharge_V": 42}
        self.said: list[bytes] = []
        self.link_V: list[float] = []
        self.current_A: list[float] = []

    def hear(self, identifier: int, **values: float) -> None:
        """One frame, its other signals zero."""
        message = self.wire.get_message_by_frame_id(identifier)
        zero: dict[str, float] = {signal.name: 0 for signal in message.signals}
        data = message.encode(zero | values, strict=False)
        self.inverter.handlers[identifier](bytes(data).ljust(8, b"\0"), self.now_ms)

    def run(self, time_s: float) -> float:
        """So much time; the current at its end."""
        for _ in range(round(time_s * 100)):
            if self.limits is not None and self.now_ms % 1000 == 0:
                v, i, d, low = self.limits.values()
                self.hear(0x351, charge_voltage=v, charge_current=i, discharge_current=d, discharge_voltage=low)
            link_V = self.emf_V + OHM * self.inverter.demand_A
            self.said.append(self.inverter.step(link_V, self.inverter.demand_A, self.now_ms))
            self.link_V.append(link_V)
            self.current_A.append(self.inverter.demand_A)
            self.now_ms += 10
        return self.inverter.demand_A


@given(st.floats(-300, 300), st.integers(0, 200), st.integers(0, 200))
def test_the_inverter_never_goes_beyond_what_it_was_offered(wanted_A: float, charge_A: int, discharge_A: int) -> None:
    bench = Bench(wanted_A=wanted_A)
    assert bench.limits is not None
    bench.limits |= {"charge_A": charge_A, "discharge_A": discharge_A}
    reached_A = bench.run(2.5)
    assert -discharge_A - 1e-6 <= min(bench.current_A) and max(bench.current_A) <= charge_A + 1e-6
    assert reached_A == pytest.approx(max(-discharge_A, min(charge_A, wanted_A)))


def test_nothing_flows_before_a_limit_was_heard() -> None:
    bench = Bench(wanted_A=50.0)
    bench.limits = None
    assert bench.run(5.0) == 0.0


def test_charging_holds_the_link_at_the_voltage_limit_and_tapers() -> None:
    bench = Bench(emf_V=56.8, wanted_A=100.0)
    bench.run(5.0)
    assert max(bench.link_V) <= 57.4 + 0.05
    assert bench.current_A[-1] == pytest.approx(60.0, abs=0.5)
    tapered_A = []
    for _ in range(6):
        bench.emf_V += 0.1
        tapered_A.append(bench.run(5.0))
    assert tapered_A == pytest.approx([50.0, 40.0, 30.0, 20.0, 10.0, 0.0], abs=0.5)


def test_discharge_ends_at_its_voltage_limit_and_begins_again_only_after_recovery() -> None:
    bench = Bench(emf_V=42.4, wanted_A=-60.0)
    bench.run(3.0)
    assert bench.inverter.empty
    assert bench.current_A[-1] == 0.0
    bench.emf_V = 42.0 + inverters.RESTART_V - 0.1
    assert bench.run(3.0) == 0.0
    bench.emf_V = 42.0 + inverters.RESTART_V + 0.7
    assert bench.run(3.0) == -60.0


def test_silence_of_the_limits_for_3_s_stops_the_inverter_and_not_before() -> None:
    bench = Bench(wanted_A=-50.0)
    bench.run(1.5)
    last_ms = 1000
    bench.limits = None
    bench.run(4.0)
    stopped_ms = next(10 * n for n, current_A in enumerate(bench.current_A) if n > 150 and current_A == 0.0)
    assert last_ms + 3000 < stopped_ms <= last_ms + 3020


def test_zero_limits_are_obeyed_after_reaction_and_slew() -> None:
    bench = Bench(wanted_A=-50.0, reaction_ms=100, slew_A_s=200.0)
    bench.run(1.99)
    bench.limits = {"charge_V": 57.4, "charge_A": 0, "discharge_A": 0, "discharge_V": 42}
    bench.run(0.5)
    zero_ms = next(10 * n for n, current_A in enumerate(bench.current_A) if n > 200 and current_A == 0.0)
    assert 2100 + 200 <= zero_ms <= 2100 + 50 / 200 * 1000 + 20


@pytest.mark.parametrize("protocol", ["victron", "sma"])
@pytest.mark.parametrize("active", [1, 2])
@pytest.mark.parametrize("alarm", ALARM_STOPS)
def test_an_alarm_stops_what_it_is_about_whichever_way_alarms_are_written(protocol: str, active: int, alarm: str) -> None:
    message = WIRES[protocol].get_message_by_frame_id(0x35A)
    quiet = {signal.name: 3 - active for signal in message.signals}
    for wanted_A, stops in ((40.0, ALARM_STOPS[alarm][0]), (-40.0, ALARM_STOPS[alarm][1])):
        bench = Bench(protocol, wanted_A=wanted_A, alarm_active=active)
        bench.hear(0x35A, **quiet)
        assert bench.run(1.0) == wanted_A
        bench.hear(0x35A, **quiet | {alarm: active, alarm.replace("alarm", "warning"): active})
        assert bench.run(1.0) == (0.0 if stops else wanted_A)
        bench.hear(0x35A, **quiet | {alarm.replace("alarm", "warning"): active})
        assert bench.run(1.0) == wanted_A


@pytest.mark.parametrize("alarm", PROTECTION_STOPS)
def test_a_pylontech_protection_stops_what_it_is_about(alarm: str) -> None:
    for wanted_A, stops in ((40.0, PROTECTION_STOPS[alarm][0]), (-40.0, PROTECTION_STOPS[alarm][1])):
        bench = Bench("pylontech", wanted_A=wanted_A)
        bench.hear(0x359, modules=1)
        assert bench.run(1.0) == wanted_A
        bench.hear(0x359, **{alarm: 1})
        assert bench.run(1.0) == (0.0 if stops else wanted_A)


@given(st.booleans(), st.booleans())
def test_pylontech_enabling_bits_open_each_direction(charge: bool, discharge: bool) -> None:
    for wanted_A, enabled in ((40.0, charge), (-40.0, discharge)):
        bench = Bench("pylontech", wanted_A=wanted_A)
        bench.hear(0x35C, charge_enable=charge, discharge_enable=discharge)
        assert bench.run(1.0) == (wanted_A if enabled else 0.0)


@pytest.mark.parametrize("protocol", WIRES)
def test_the_inverter_hears_no_frame_of_ours(protocol: str) -> None:
    ours = {message.frame_id for message in database().messages}
    assert not ours & Bench(protocol).inverter.handlers.keys()


@pytest.mark.parametrize("protocol", WIRES)
def test_the_inverter_tells_every_second_that_it_is_alive_and_a_gx_device_who_it_is(protocol: str) -> None:
    bench = Bench(protocol)
    bench.run(3.5)
    spoken = [(10 * n, frames) for n, frames in enumerate(bench.said) if frames]
    assert [now_ms for now_ms, _ in spoken] == [0, 1000, 2000, 3000]
    frames = [struct.unpack_from("<IB3x8s", spoken[0][1], at) for at in range(0, len(spoken[0][1]), 16)]
    told = {identifier: data for identifier, length, data in frames if length == 8}
    assert told.keys() == ({0x305, 0x307} if protocol == "victron" else {0x305})
    if protocol == "victron":
        assert told[0x307][4:7] == b"VIC"


def test_an_inverter_that_ignores_its_limits_takes_more_and_that_is_counted() -> None:
    bench = Bench(wanted_A=300.0)
    assert bench.run(2.0) == 100.0
    assert (bench.inverter.disobeyed, bench.inverter.over_A) == (0, 0.0)
    bench.inverter.factor = 2.0
    assert bench.run(4.0) == 200.0
    assert bench.inverter.disobeyed > 0
    assert bench.inverter.over_A == pytest.approx(100.0)


@given(st.integers(0, 2**31 - 1))
def test_a_day_of_the_house_has_a_dark_night_a_bright_noon_and_clouds_that_come_at_once(seed: int) -> None:
    house = House(seed, 5000.0)
    hour = DAY_s // 24 // STEP_s
    assert max(house.sun_W[: 5 * hour].max(), house.sun_W[21 * hour :].max()) < 1e-9
    assert 4500.0 < house.sun_W.max() <= 5000.0
    assert abs(house.sun_W[1:] - house.sun_W[:-1]).max() > 1000.0
    assert house.load_W.min() > 0.0
    assert 5.0 < house.load_W.sum() * STEP_s / 3.6e6 < 20.0  # kWh
    assert house.surplus_W(7 * 3600) == house.surplus_W(7 * 3600 + DAY_s)


def test_the_same_seed_has_the_same_day_and_another_one_has_not() -> None:
    one, again, other = House(1, 5000.0), House(1, 5000.0), House(2, 5000.0)
    assert (one.load_W == again.load_W).all() and (one.sun_W == again.sun_W).all()
    assert (one.load_W != other.load_W).any() and (one.sun_W != other.sun_W).any()
