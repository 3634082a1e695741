"""What is offered to an inverter follows what the pack allows: by ramps downwards, at once after a trip, never more, and the
charge voltage comes down where no charge is allowed."""

from copy import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import offer as O
from bms.can.offer import Offer
from bms.packs import bench_24, bess_14
from bms.safety import faults as F
from bms.safety import snapshot as S
from bms.schema import INVERTER_FIELDS, PACK_FIELDS, Inverter, Pack, replaced
from tests.fake_board import FakeBoard


def with_inverter(**changes: Any) -> Pack:
    """The stationary pack with something else about its inverter."""
    assert bess_14.PACK.inverter is not None
    inverter = replaced(Inverter, INVERTER_FIELDS, bess_14.PACK.inverter, **changes)
    return replaced(Pack, PACK_FIELDS, bess_14.PACK, inverter=inverter)


@cache
def firmware(taps: tuple[int, ...]) -> App:
    """Built once for each pack: what an inverter is like concerns the offer alone."""
    pack = bess_14.PACK if taps == bess_14.PACK.taps * bess_14.PACK.stacks else bench_24.PACK
    return App(pack, FakeBoard(pack))


class World:
    """An offer, and the parts of the firmware that it looks at, to be set by hand."""

    def __init__(self, pack: Pack = bess_14.PACK) -> None:
        self.app = app = copy(firmware(pack.taps * pack.stacks))
        app.pack = pack
        for room in ("snap", "envelope", "monitor", "contactor", "machine", "coulomb", "advice"):
            setattr(app, room, copy(getattr(app, room)))
        app.monitor.words = copy(app.monitor.words)
        app.snap.value = copy(app.snap.value)
        self.offer = Offer(self.app)
        self.app.contactor.closed = True
        self.app.snap.value[S.PACK_mV] = 50_000

    def allow(self, charge_dA: int, discharge_dA: int, dt_ms: int = 100) -> Offer:
        self.app.envelope.charge_dA = charge_dA
        self.app.envelope.discharge_dA = discharge_dA
        self.offer.step(dt_ms)
        return self.offer


limits = st.integers(0, 16383)


@given(
    steps=st.lists(st.tuples(limits, limits, st.sampled_from((10, 100, 500))), min_size=2, max_size=40),
    fall_dA_s=st.integers(1, 20_000),
)
def test_what_is_offered_is_above_what_is_allowed_by_no_more_than_the_ramp(
    steps: list[tuple[int, int, int]], fall_dA_s: int
) -> None:
    world = World(with_inverter(fall_dA_s=fall_dA_s))
    before = (0, 0)
    for charge, discharge, dt_ms in steps:
        offer = world.allow(charge, discharge, dt_ms)
        most = fall_dA_s * dt_ms // 1000 + 1
        for now, last, allowed in zip((offer.charge_dA, offer.discharge_dA), before, (charge, discharge)):
            assert now >= allowed
            assert now == allowed or last - most <= now <= last
        before = (offer.charge_dA, offer.discharge_dA)
        assert (offer.ccl_dA, offer.dcl_dA) == before


@given(start=limits, fall_dA_s=st.integers(10, 20_000))
def test_a_limit_that_goes_is_gone_after_the_time_of_the_ramp_and_not_before(start: int, fall_dA_s: int) -> None:
    world = World(with_inverter(fall_dA_s=fall_dA_s))
    world.allow(start, start)
    took_ms = 0
    offered = [start]
    while offered[-1]:
        offered.append(world.allow(0, 0).charge_dA)
        took_ms += 100
    assert offered == sorted(offered, reverse=True)
    # what the ramp had left over from the round before may save a round
    assert start * 1000 // fall_dA_s - 100 <= took_ms <= start * 1000 // fall_dA_s + 200


@pytest.mark.parametrize("zero_dA", (0, 1))
@pytest.mark.parametrize("how", ("trip_after_ramp", "trip_now", "open"))
@given(start=st.integers(1, 16383))
def test_a_trip_and_open_contactors_take_everything_at_once(how: str, zero_dA: int, start: int) -> None:
    world = World(with_inverter(zero_dA=zero_dA))
    world.allow(start, start)
    if how == "open":
        world.app.contactor.closed = False
    else:
        world.app.monitor.severity = F.TRIP_NOW if how == "trip_now" else F.TRIP_AFTER_RAMP
    offer = world.offer
    assert offer.stop_if_tripped()
    assert (offer.charge_dA, offer.discharge_dA, offer.ccl_dA, offer.dcl_dA) == (0, 0, zero_dA, zero_dA)
    world.allow(start, start)
    assert (offer.ccl_dA, offer.dcl_dA, offer.charge_allowed, offer.discharge_allowed) == (zero_dA, zero_dA, 0, 0)
    assert offer.cvl_mV == 50_000


def test_a_warning_takes_nothing() -> None:
    world = World()
    world.app.monitor.severity = F.DERATE
    assert world.allow(300, 200).ccl_dA == 300
    assert not world.offer.stop_if_tripped()


@given(charge=st.integers(0, 20), voltage_mV=st.integers(-20_000, 80_000), severity=st.sampled_from((0, 3, 4, 5)))
def test_the_charge_voltage_comes_down_with_the_charge_and_is_never_below_the_discharge_voltage(
    charge: int, voltage_mV: int, severity: int
) -> None:
    world = World()
    inverter = bess_14.PACK.inverter
    assert inverter is not None
    world.app.snap.value[S.PACK_mV] = voltage_mV
    world.app.monitor.severity = severity
    world.allow(500, 0)
    offer = world.allow(charge, 0)
    if charge and severity < F.TRIP_AFTER_RAMP:
        assert offer.cvl_mV == inverter.charge_voltage_mV
    else:
        assert offer.cvl_mV == min(max(voltage_mV, inverter.discharge_voltage_mV), inverter.charge_voltage_mV)
    assert offer.cvl_mV >= offer.dvl_mV == inverter.discharge_voltage_mV


def test_a_pack_without_an_inverter_offers_what_its_layers_stand_and_without_a_ramp() -> None:
    world = World(bench_24.PACK)
    world.allow(1600, 900)
    offer = world.allow(0, 0)
    assert (offer.charge_dA, offer.discharge_dA) == (0, 0)
    assert (offer.charge_voltage_mV, offer.dvl_mV) == (24 * 4200, 24 * 2700)


def category(name: str) -> int:
    """What the name of a row says about its category, read by somebody else."""
    for part, bit in (
        ("layer_voltage_high", O.HIGH_VOLTAGE),
        ("layer_voltage", O.LOW_VOLTAGE),
        ("stack_voltage_high", O.HIGH_VOLTAGE),
        ("stack_voltage_low", O.LOW_VOLTAGE),
        ("pack_voltage_high", O.HIGH_VOLTAGE),
        ("pack_voltage_low", O.LOW_VOLTAGE),
        ("sister_", O.IMBALANCE),
        ("group_leaks", O.IMBALANCE),
        ("discharge_hot", O.HIGH_TEMPERATURE),
        ("hot_stop", O.HIGH_TEMPERATURE),
        ("charge_hot", O.HIGH_TEMPERATURE_CHARGE),
        ("discharge_cold", O.LOW_TEMPERATURE),
        ("charge_cold", O.LOW_TEMPERATURE_CHARGE),
        ("discharge_current_high", O.HIGH_CURRENT),
        ("charge_current_high", O.HIGH_CURRENT_CHARGE),
        ("discharge_over_limit", O.HIGH_CURRENT),
        ("charge_over_limit", O.HIGH_CURRENT_CHARGE),
        ("overload", O.HIGH_CURRENT),
        ("regen_pulse", O.HIGH_CURRENT_CHARGE),
        ("charger_exceeds", O.HIGH_CURRENT_CHARGE),
        ("thermal_runaway", O.HIGH_TEMPERATURE),
        ("temperature_rate", O.HIGH_TEMPERATURE),
        ("coolant_hot", O.HIGH_TEMPERATURE),
        ("contactor_", O.CONTACTOR),
        ("coil_", O.CONTACTOR),
        ("link_apart", O.CONTACTOR),
        ("boot_feedback", O.CONTACTOR),
        ("opening_forced", O.CONTACTOR),
        ("current_when_open", O.CONTACTOR),
        ("precharge_", O.CONTACTOR),
    ):
        if name.startswith(part):
            return bit
    return O.INTERNAL


@pytest.mark.parametrize("row", F.TABLE, ids=lambda row: row.name)
def test_every_fault_is_one_alarm_or_one_warning_of_its_category_and_goes_with_it(row: Any) -> None:
    world = World()
    words = world.app.monitor.words
    words[row.id // 16] = 1 << row.id % 16
    world.offer.step(100)
    said = (world.offer.alarms, world.offer.warnings)
    if row.severity >= F.TRIP_AFTER_RAMP:
        assert said == (category(row.name), 0)
        assert world.offer.known_alarms & said[0]
    elif row.severity >= F.WARNING:
        assert said == (0, category(row.name))
        assert world.offer.known_warnings & said[1]
    else:
        assert said == (0, 0)
    words[row.id // 16] = 0
    world.offer.step(100)
    assert (world.offer.alarms, world.offer.warnings) == (0, 0)


def test_the_table_of_categories_names_rows_that_are_there_and_each_once() -> None:
    numbers = [number for number, _ in O.CATEGORIES]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= {row.id for row in F.TABLE}


def test_an_empty_pack_asks_to_be_charged_until_there_is_enough_and_only_where_charge_is_allowed() -> None:
    world = World()
    coulomb = world.app.coulomb
    coulomb.low_permille, coulomb.high_permille = 0, 1000
    asked = []
    for soc in (60, 49, 60, 99, 100, 60, 10, 30, 99, 100):
        coulomb.soc_permille = soc
        asked.append(world.allow(300, 300).force)
    assert asked == [0, 1, 1, 1, 0, 0, 2, 2, 2, 0]
    coulomb.soc_permille = 10
    assert world.allow(300, 300).force == 2
    assert world.allow(0, 300).force == 0


@given(advised=st.integers(-1, 1000), counted=st.integers(0, 1000), ends=st.tuples(st.integers(0, 1000), st.integers(0, 1000)))
def test_the_soc_that_is_shown_is_the_estimator_s_inside_the_hard_interval(
    advised: int, counted: int, ends: tuple[int, int]
) -> None:
    app = _QUIET
    app.advice.soc_permille = advised
    app.coulomb.soc_permille = counted
    app.coulomb.low_permille, app.coulomb.high_permille = sorted(ends)
    shown = app.coulomb.shown_permille(app.advice.soc_permille)
    assert shown == min(max(advised if advised >= 0 else counted, min(ends)), max(ends))


_QUIET = App(bess_14.PACK, FakeBoard(bess_14.PACK))
