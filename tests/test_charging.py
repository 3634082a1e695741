"""A charge that goes as it was asked for is left alone; what the charger says, gives, measures or overfills is told."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.charging import Charging
from bms.safety.overload import Overload
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import CHARGE, OPEN, FakeBoard
from tests.small_int import SmallInt

PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK, "bess_14": bess_14.PACK}
REST = {N.OVERFILLED_permille: 0, N.NO_PROGRESS_ms: 0, N.CHARGER_APART_mV: 0, N.CHARGER_failed: 0, N.CHARGER_OVER_dA: -1}
ROUND_ms = 100


class Told:
    """What charging asks of machine and ledger."""

    def __init__(self, pack: Pack, room_permille: int = 500) -> None:
        self.state = M.CHARGE
        self.capacity_mAs = pack.cell.capacity_mAh * 3600
        self.low_mAs = self.capacity_mAs // 1000 * (1000 - room_permille)


class World:
    """A watcher that is fed by hand, once a round."""

    def __init__(self, pack: Pack, room_permille: int = 500) -> None:
        self.pack, self.signals, self.snap = pack, Signals(), Snapshot(pack)
        self.overload = Overload(pack, self.signals)
        self.charging = Charging(pack, self.signals)
        self.told: Any = Told(pack, room_permille)

    def round(self, current_dA: int, charge_dA: int = 0) -> None:
        """100 ms with this current."""
        self.overload.moved_dAms = SmallInt(current_dA * ROUND_ms)
        self.charging.refresh(self.snap, self.told, self.told, self.overload, SmallInt(charge_dA), SmallInt(ROUND_ms))

    def value(self, signal: int) -> int:
        """Of the moment."""
        return self.signals.value[signal]


@pytest.mark.parametrize("name", PACKS)
@settings(max_examples=30, deadline=None)
@given(
    room=st.integers(0, 30),
    visits=st.lists(
        st.tuples(st.sampled_from((M.CHARGE, M.STANDBY, M.DRIVE)), st.integers(-30, 80), st.integers(1, 60)), max_size=8
    ),
)
def test_overfilled_is_what_certainly_went_in_since_the_last_discharge(
    name: str, room: int, visits: list[tuple[int, int, int]]
) -> None:
    world = World(PACKS[name], room)
    pack = world.pack
    sensor = pack.current_a_sensor
    gain = Fraction(sensor.gain_ppm, 1_000_000)
    fixed_A = Fraction(sensor.offset_u + sensor.lsb_u, 1_000_000)
    inside = False
    certain_As = most_As = Fraction(0)
    for state, tenths, rounds in visits:
        world.told.state = state
        current_dA = pack.cell.capacity_mAh // 100 * tenths // 10
        current_A = Fraction(current_dA, 10)
        for _ in range(rounds):
            if state == M.CHARGE and not inside:
                inside, certain_As, most_As = True, Fraction(0), Fraction(0)
            certainly_out = current_A + abs(current_A) * gain + fixed_A < -Fraction(1, 2)
            most_As += (current_A - abs(current_A) * gain - fixed_A) / 10
            certain_As += (current_A - abs(current_A) * (gain + Fraction(2, 1000)) - fixed_A - Fraction(1, 10)) / 10
            if certainly_out and state != M.CHARGE:
                inside = False
            world.round(current_dA)
            capacity_As = Fraction(pack.cell.capacity_mAh * 36, 10)
            room_As = capacity_As * room / 1000
            told = world.value(N.OVERFILLED_permille)
            if state != M.CHARGE:
                assert told == 0
            else:
                assert told <= max(Fraction(0), (most_As - room_As) / capacity_As * 1000)
                assert told >= (certain_As - room_As - 1) / capacity_As * 1000 - 1


@pytest.mark.parametrize("name", PACKS)
def test_leaving_the_charge_and_coming_back_makes_no_new_room_but_a_discharge_does(name: str) -> None:
    world = World(PACKS[name], 10)
    one_C_dA = world.pack.cell.capacity_mAh // 100
    for _ in range(600):
        world.round(one_C_dA * 4)
    full = world.value(N.OVERFILLED_permille)
    assert full > 50
    for state in (M.STANDBY, M.CHARGE):
        world.told.state = state
        world.round(0)
    assert world.value(N.OVERFILLED_permille) in (full - 1, full)
    for state in (M.DRIVE, M.CHARGE):
        world.told.state = state
        world.round(-one_C_dA if state == M.DRIVE else 0)
    assert world.value(N.OVERFILLED_permille) == 0


@pytest.mark.parametrize("name", PACKS)
def test_no_progress_is_time_in_which_more_than_a_fiftieth_is_allowed_and_hardly_anything_flows(name: str) -> None:
    world = World(PACKS[name])
    capacity_dA = world.pack.cell.capacity_mAh // 100
    for permille, flows, counts in ((10, 0, 0), (19, 0, 0), (30, 0, 1), (30, 10, 0), (900, 15, 1), (900, 25, 0), (900, -9, 1)):
        world.round(capacity_dA)
        for k in range(1, 700):
            world.round(capacity_dA * flows // 1000, capacity_dA * permille // 1000)
            assert world.value(N.NO_PROGRESS_ms) == min(k * ROUND_ms, 60_000) * counts, (permille, flows)


@pytest.mark.parametrize("name", ["bench_24", "ev_240"])
@given(said=st.integers(-16384, 16383), flows=st.integers(-16000, 16000), line=st.integers(2, 16000))
def test_the_larger_of_what_the_charger_says_and_what_is_measured_is_held_against_the_line(
    name: str, said: int, flows: int, line: int
) -> None:
    world = World(PACKS[name])
    world.overload.charge_line_dA = line
    world.charging.hear(2, said, 0)
    world.round(flows, 16383)
    sensor = world.pack.current_a_sensor
    most = Fraction(max(said, flows, 0))
    error_dA = Fraction(sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u, 100_000) + most * sensor.gain_ppm / 1_000_000
    exact = (most - error_dA if most else 0) - line
    assert exact - 4 - most / 500 <= world.value(N.CHARGER_OVER_dA) <= exact + 1


@pytest.mark.parametrize("name", PACKS)
def test_a_charger_may_give_what_it_was_asked_for_of_late_and_hardly_more_but_an_inverter_what_the_limit_is(name: str) -> None:
    world = World(PACKS[name])
    capacity_dA = world.pack.cell.capacity_mAh // 100
    limit_dA, much_dA, little_dA = 2 * capacity_dA, capacity_dA, capacity_dA // 2
    world.overload.charge_line_dA = world.overload.line_dA(limit_dA)
    for asked_dA, rounds in ((much_dA, 30), (little_dA, 30)):
        world.charging.asked_dA = SmallInt(asked_dA)
        over = []
        for _ in range(rounds):
            world.round(much_dA, limit_dA)
            over.append(world.value(N.CHARGER_OVER_dA) > 0)
        if asked_dA == much_dA or world.pack.inverter is not None:
            assert not any(over)
        else:
            held = 500 // ROUND_ms
            assert not any(over[:held])
            assert all(over[held + 10 :])


@given(said=st.integers(0, 2_097_151), link=st.integers(-10_000, 1_200_000))
def test_charger_and_link_may_differ_by_a_hundredth(said: int, link: int) -> None:
    world = World(bench_24.PACK)
    world.snap.value[S.LINK_mV] = link
    world.charging.hear(2, 0, said)
    world.round(0)
    assert abs(world.value(N.CHARGER_APART_mV) - (abs(said - link) - abs(Fraction(link, 100)))) < 1


@pytest.mark.parametrize("name", PACKS)
def test_an_old_status_and_one_outside_the_charge_say_nothing(name: str) -> None:
    world = World(PACKS[name])
    world.charging.hear(3, 16383, 2_000_000)
    for k in range(1, 9):
        world.round(0)
        fresh = k * ROUND_ms <= world.pack.charger_deadline_ms
        assert world.value(N.CHARGER_failed) == fresh
        assert (world.value(N.CHARGER_APART_mV) > 0) == fresh
        assert (world.value(N.CHARGER_OVER_dA) > 0) == fresh
    world.charging.hear(3, 16383, 2_000_000)
    assert world.value(N.CHARGER_failed) == 1, "at once"
    for state in (M.STANDBY, M.DRIVE, M.OPENING, M.FAULT):
        world.told.state = M.CHARGE
        world.round(0)
        world.told.state = state
        world.round(0)
        world.charging.hear(3, 16383, 2_000_000)
        assert {signal: world.value(signal) for signal in REST} == REST


def test_a_charger_of_another_make_is_not_heard_here() -> None:
    world = World(replaced(Pack, PACK_FIELDS, bench_24.PACK, charger_protocol="elcon"))
    world.charging.hear(3, 16383, 2_000_000)
    world.round(0)
    assert {signal: world.value(signal) for signal in REST if signal != N.CHARGER_OVER_dA} == {
        signal: rest for signal, rest in REST.items() if signal != N.CHARGER_OVER_dA
    }


def test_a_charger_that_failed_before_the_charge_began_ends_it_and_a_sound_status_later_lets_it_begin() -> None:
    board = FakeBoard(bench_24.PACK)
    app = App(bench_24.PACK, board)
    for _ in range(50):
        app.tick()
    board.charger_state, board.request = 3, CHARGE
    for _ in range(150):
        app.tick()
    assert app.monitor.is_active(68)
    assert app.machine.state == M.FAULT
    board.charger_state, board.request = 1, OPEN
    for reset in (0, 1, 0):
        board.reset_faults = reset
        for _ in range(60):
            app.tick()
    board.request = CHARGE
    for _ in range(150):
        app.tick()
    assert app.machine.state == M.CHARGE
