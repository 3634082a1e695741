"""A charger is asked for what every limit leaves, in ramps, without trembling; and every charge comes to its end."""

import copy
import math
import random
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can import e2e
from bms.can import frames as W
from bms.control import envelope as E
from bms.control import fastcharge as FC
from bms.control import ways
from bms.control.fastcharge import FastCharge
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import CELL_FIELDS, PACK_FIELDS, PROFILE_FIELDS, Cell, COLD_ddegC, HOT_ddegC, Pack, Profile, replaced
from tests.charge_rig import Rig
from tests.fake_board import CHARGE, OPEN, FakeBoard

PACK = replaced(Pack, PACK_FIELDS, bench_24.PACK, charge_map="simulator")
NAMES = [one.name for one in PACK.cell.profiles]
ROUND_ms = 100
MOST_dA = 16383
MOVE_dA = PACK.request_dA_s * ROUND_ms // 1000


class World:
    """A FastCharge with knobs in place of the rooms that it reads."""

    def __init__(self, pack: Pack = PACK) -> None:
        self.envelope: Any = SimpleNamespace(
            charge_dA=0, charge_reason=E.MAP, soc_hi_permille=500, layer_lo_permille=400, layer_hi_permille=600
        )
        self.soon_dA = MOST_dA
        horizon: Any = self
        self.machine: Any = SimpleNamespace(state=M.CHARGE)
        self.snap: Any = SimpleNamespace(value=[0] * 20, age_ms=[0] * 20, current_dA=0, coldest_ddegC=250)
        self.snap.value[S.COOLANT_INLET_ddegC] = 250
        self.bound: Any = SimpleNamespace(cold_ddegC=220, hot_ddegC=300, layer_high_mV=3500)
        self.soc_permille = 480
        self.heats = self.cools = False
        self.fastcharge = FastCharge(pack, cast(Any, self.envelope), horizon)

    def charge_limit_dA(self, _: int) -> int:
        """In place of the horizon's."""
        allowed_dA: int = self.envelope.charge_dA
        return min(self.soon_dA, allowed_dA)

    def round(self, times: int = 1) -> int:
        """So many rounds; the request after them."""
        for _ in range(times):
            self.fastcharge.step(
                self.machine, self.snap, self.bound, self.soc_permille, self.heats, self.cools, ROUND_ms
            )
        return self.fastcharge.request_dA

    def follow(self, name: str, target_permille: int = 1000, departure_s: int = FC.NO_DEPARTURE_s) -> None:
        self.fastcharge.wish(NAMES.index(name), target_permille, departure_s)


def profiled(**changes: Any) -> Pack:
    """The pack with one profile alone, changed."""
    one = replaced(Profile, PROFILE_FIELDS, PACK.cell.profiles[NAMES.index("map_limited")], **changes)
    cell = replaced(Cell, CELL_FIELDS, PACK.cell, profiles=(one,))
    return replaced(Pack, PACK_FIELDS, PACK, cell=cell, profile=one.name)


def turns(requests: list[int]) -> int:
    """How often a request that fell rises, or the other way round."""
    slopes = [b > a for a, b in pairwise(requests) if a != b]
    return sum(a != b for a, b in pairwise(slopes))


limits = st.one_of(st.integers(0, 60), st.integers(0, 3000), st.just(MOST_dA))
moments = st.tuples(limits, limits, limits, st.integers(0, 1000), st.integers(1, 12))


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), moments=st.lists(moments, min_size=1, max_size=12), connector=st.integers(1, 3000))
def test_the_request_is_never_above_a_limit_nor_negative_and_moves_by_its_ramp_unless_a_limit_forces_it(
    name: str, moments: list[tuple[int, int, int, int, int]], connector: int
) -> None:
    world = World(replaced(Pack, PACK_FIELDS, PACK, connector_dA=connector))
    world.follow(name)
    profile = PACK.cell.profiles[NAMES.index(name)]
    before = 0
    for allowed, soon, charger, high, rounds in moments:
        world.envelope.charge_dA, world.soon_dA, world.envelope.soc_hi_permille = allowed, soon, high
        world.fastcharge.hear(charger, 90_000)
        stage_mC = next((mC for until, mC in profile.stages if high < until), profile.stages[-1][1])
        stage_dA = max(1, PACK.cell.capacity_mAh * stage_mC // 100_000)
        limit = min(allowed, charger, connector, stage_dA)
        for _ in range(rounds):
            now = world.round()
            assert 0 <= now <= limit
            assert now <= before + MOVE_dA
            assert now >= min(before - MOVE_dA, limit)
            before = now


@settings(max_examples=60)
@given(moments=st.lists(moments, min_size=1, max_size=8), here=moments, lower=st.tuples(limits, limits, limits))
def test_of_two_moments_alike_but_for_a_lower_limit_the_lower_asks_for_no_more(
    moments: list[tuple[int, int, int, int, int]], here: tuple[int, int, int, int, int], lower: tuple[int, int, int]
) -> None:
    world = World()
    for allowed, soon, charger, high, rounds in moments:
        world.envelope.charge_dA, world.soon_dA, world.envelope.soc_hi_permille = allowed, soon, high
        world.fastcharge.hear(charger, 90_000)
        world.round(rounds)
    world.envelope.soc_hi_permille = here[3]
    twin = copy.deepcopy(world)
    for one, values in ((world, here), (twin, [min(a, b) for a, b in zip(here, lower)])):
        one.envelope.charge_dA, one.soon_dA = values[0], values[1]
        one.fastcharge.hear(values[2], 90_000)
        one.round()
    assert twin.fastcharge.request_dA <= world.fastcharge.request_dA


def test_between_two_rounds_no_more_is_asked_for_than_is_allowed_at_that_moment() -> None:
    world = World()
    world.envelope.charge_dA = 800
    assert world.round(100) > 700
    world.envelope.charge_dA = 55
    assert world.fastcharge.asked_dA() == world.fastcharge.request_dA == 55
    world.envelope.charge_dA = 800
    assert world.fastcharge.asked_dA() == 55, "it comes back by its ramp, not with the limit"


@pytest.mark.parametrize("noise_dA", [1, 5, 9])
def test_limits_that_tremble_do_not_make_the_request_tremble(noise_dA: int) -> None:
    dice = random.Random(noise_dA)
    world = World()
    requests = []
    for _ in range(6000):
        world.envelope.charge_dA = 900 + dice.randint(-noise_dA, noise_dA)
        requests.append(world.round())
    assert turns(requests[100:]) <= 12
    assert sum(requests[200:]) / len(requests[200:]) >= 900 - 3 * noise_dA - 9


@pytest.mark.parametrize("slope_dA_s", [-12, -3, 3, 12])
def test_a_limit_that_moves_is_followed_closely_though_it_trembles(slope_dA_s: int) -> None:
    dice = random.Random(3)
    world = World()
    begin_dA = 200 if slope_dA_s > 0 else 1400
    world.envelope.charge_dA = begin_dA
    world.round(100)
    requests, gaps = [], []
    for k in range(1000):
        world.envelope.charge_dA = begin_dA + slope_dA_s * k // 10 + dice.randint(-2, 2)
        requests.append(world.round())
        gaps.append(world.envelope.charge_dA - requests[-1])
    assert sum(gaps) / len(gaps) <= 6 + 2 * abs(slope_dA_s)
    assert turns(requests) <= 1000 // 20


def test_a_step_between_two_stages_is_taken_by_the_ramp_and_is_over_in_time() -> None:
    """2 C down to 0.5 C at 50 %: 300 dA at 200 dA/s are begun before the high end of the window is there."""
    world = World(profiled(stages=((500, 2000), (1000, 500))))
    world.envelope.charge_dA = 1600
    charge_dAs = 490 * 720
    world.envelope.soc_hi_permille = 490
    world.round(60)
    requests = [world.fastcharge.request_dA]
    assert requests[0] == 400
    while world.envelope.soc_hi_permille < 505:
        requests.append(world.round())
        charge_dAs += requests[-1] * ROUND_ms // 1000
        world.envelope.soc_hi_permille = charge_dAs // 720
        assert world.envelope.soc_hi_permille < 500 or requests[-1] <= 100
    assert max(a - b for a, b in pairwise(requests)) <= MOVE_dA
    assert requests[-1] == 100


def test_a_window_that_wavers_about_the_end_of_a_stage_does_not_bring_the_stage_back() -> None:
    world = World(profiled(stages=((500, 2000), (1000, 500))))
    world.envelope.charge_dA = 1600
    requests = []
    for k in range(400):
        world.envelope.soc_hi_permille = 480 + k // 10 + (3 if k % 7 else -3)
        requests.append(world.round())
    assert turns(requests) == 1


# How a charge ends.


def test_a_charge_ends_where_the_soc_that_the_user_sees_is_at_its_target_and_runs_out_by_the_ramp() -> None:
    world = World()
    world.follow("map_limited", 600)
    world.envelope.charge_dA = 800
    world.soc_permille = 599
    world.round(100)
    assert (world.fastcharge.end_reason, world.fastcharge.phase) == (FC.GOING, FC.CHARGING)
    world.soc_permille = 600
    requests = [world.fastcharge.request_dA]
    while requests[-1]:
        requests.append(world.round())
        assert world.fastcharge.wanted() == (requests[-1] > 0)
    assert max(a - b for a, b in pairwise(requests)) <= MOVE_dA
    assert (world.fastcharge.end_reason, world.fastcharge.phase) == (FC.TARGET, FC.DONE)
    world.soc_permille = 550
    assert world.round(100) == 0, "a charge that is over stays so"


@pytest.mark.parametrize(
    ("reason", "heats", "cools", "ends"),
    [
        (E.LAYER_VOLTAGE, False, False, True),
        (E.LAYER_VOLTAGE, True, False, True),
        (E.MAP, False, False, True),
        (E.MAP, True, False, False),
        (E.MAP, False, True, False),
        (E.FAULTS, False, False, False),
        (E.RAMP, False, False, False),
    ],
)
def test_a_charge_ends_when_little_has_been_allowed_for_its_time_and_not_for_cold_heat_or_a_fault(
    reason: int, heats: bool, cools: bool, ends: bool
) -> None:
    """Less than 0.05 C for 60 s."""
    world = World()
    world.follow("map_limited")
    world.envelope.charge_dA, world.envelope.charge_reason = 9, reason
    world.heats, world.cools = heats, cools
    world.round(599)
    assert world.fastcharge.end_reason == FC.GOING
    assert (world.fastcharge.phase == FC.TAPERING) == (ends and not heats)
    world.round(2)
    assert (world.fastcharge.end_reason == FC.TAPER) == ends
    twin = World()
    twin.follow("map_limited")
    twin.envelope.charge_dA, twin.envelope.charge_reason = 10, reason
    twin.round(1000)
    assert twin.fastcharge.end_reason == FC.GOING


def test_a_charge_ends_when_its_time_is_over() -> None:
    world = World(profiled(longest_s=60))
    world.envelope.charge_dA = 300
    world.round(599)
    assert world.fastcharge.end_reason == FC.GOING
    world.round()
    assert world.fastcharge.end_reason == FC.TIME


def test_after_the_end_the_pack_is_cooled_as_far_as_the_profile_says_and_not_for_ever() -> None:
    world = World()
    world.follow("thermally_modulated", 400)
    world.bound.hot_ddegC = 500
    world.round()
    fastcharge = world.fastcharge
    assert (fastcharge.phase, fastcharge.cool_to_ddegC, fastcharge.heat_to_ddegC) == (FC.COOLING, 350, COLD_ddegC)
    twin = copy.deepcopy(world)
    world.bound.hot_ddegC = 350
    world.round()
    assert (fastcharge.phase, fastcharge.cool_to_ddegC) == (FC.DONE, HOT_ddegC)
    twin.round(18_000)
    assert twin.fastcharge.phase == FC.DONE


@pytest.mark.parametrize("anew", ["plug", "state", "target", "profile"])
def test_a_charge_begins_anew_with_a_plug_the_state_or_another_wish(anew: str) -> None:
    world = World()
    world.follow("map_limited", 400)
    world.envelope.charge_dA = 300
    world.snap.value[S.CHARGER_plugged] = 1
    world.round(20)
    assert world.fastcharge.end_reason == FC.TARGET
    world.soc_permille = 390
    world.round(20)
    assert world.fastcharge.request_dA == 0
    if anew == "plug":
        world.snap.value[S.CHARGER_plugged] = 0
        world.round()
        world.snap.value[S.CHARGER_plugged] = 1
    elif anew == "state":
        world.machine.state = M.STANDBY
        world.round()
        assert (world.fastcharge.phase, world.fastcharge.request_dA) == (FC.IDLE, 0)
        world.machine.state = M.CHARGE
    else:
        world.follow("map_limited" if anew == "target" else "cc_cv", 500 if anew == "target" else 400)
    world.round(60)
    assert world.fastcharge.end_reason == FC.GOING
    assert world.fastcharge.request_dA > 50


@settings(max_examples=40)
@given(st.data())
def test_whatever_happens_every_charge_comes_to_an_end(data: Any) -> None:
    world = World(profiled(longest_s=60, cool_to_ddegC=data.draw(st.sampled_from([350, HOT_ddegC]))))
    for _ in range(8):
        world.envelope.charge_dA = data.draw(limits)
        world.envelope.charge_reason = data.draw(st.integers(0, 9))
        world.bound.hot_ddegC = data.draw(st.integers(300, 700))
        world.soc_permille = data.draw(st.integers(0, 999))
        world.round(100)
    assert world.fastcharge.end_reason != FC.GOING
    world.round(18_100)
    assert (world.fastcharge.phase, world.fastcharge.request_dA, world.fastcharge.wanted()) == (FC.DONE, 0, False)


# Gentle.


def least_A(profile: Any, capacity_Ah: float, soc: float, target: float, time_h: float) -> float:
    """The constant current that fills in time where no stage binds it, by halving."""

    def takes_h(current_A: float) -> float:
        total, first = 0.0, soc
        for until, mC in profile.stages:
            last = min(until / 1000, target)
            if last > first:
                total += (last - first) * capacity_Ah / min(current_A, capacity_Ah * mC / 1000)
                first = last
        return total

    low, high = 1e-6, 1e4
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if takes_h(middle) <= time_h else (middle, high)
    return high


@settings(max_examples=150)
@given(soc=st.integers(0, 990), more=st.integers(1, 1000), time_s=st.integers(60, 100_000))
def test_a_gentle_charge_needs_the_least_current_that_is_there_in_time(soc: int, more: int, time_s: int) -> None:
    profile = PACK.cell.profiles[NAMES.index("gentle")]
    target = min(1000, soc + more)
    way = ways.Way(PACK.cell, profile)
    needed = way.needed_dA(soc, target, time_s)
    least = least_A(profile, 20.0, soc / 1000, target / 1000, time_s / 3600) * 10
    fastest = max(mC for _, mC in profile.stages) * 20 / 100
    if least < fastest * 0.98:
        assert least - 0.1 <= needed <= least * 1.02 + 2
    elif least > fastest * 1.02:
        assert needed > fastest * 0.98


@pytest.mark.parametrize("hours", [1.5, 4.0])
def test_a_gentle_charge_is_over_just_before_the_vehicle_leaves(hours: float) -> None:
    """From 70 to 82 %, of which the last 2 at a tenth of the capacity an hour: an hour at least with the stages. What is left
    of the last permille is not seen, and is given what the stage allows."""
    world = World()
    soc = 0.70
    world.envelope.charge_dA = 600
    time_s, before = 0.0, -1
    while world.fastcharge.end_reason == FC.GOING:
        world.follow("gentle", 820, round(hours * 3600 - time_s))
        world.soc_permille = int(soc * 1000)
        world.envelope.soc_hi_permille = world.soc_permille + 5
        world.round()
        before = max(before, world.fastcharge.request_dA if soc < 0.815 else 0)
        assert world.fastcharge.request_dA <= (40 if world.envelope.soc_hi_permille < 800 else 20)
        soc += world.fastcharge.request_dA / 10 * 1.0 / 3600 / 20  # a second for every round
        time_s += 1.0
        assert time_s < hours * 3600
    assert time_s >= 0.95 * hours * 3600 - FC.EARLY_s
    assert before <= (40 if hours < 2 else 10)


def test_without_a_departure_a_gentle_charge_takes_its_stages() -> None:
    world = World()
    world.follow("gentle")
    world.envelope.charge_dA = 600
    assert world.round(100) == 40


# On the simulated layers.


@pytest.mark.parametrize(
    ("name", "soc", "target"), [("map_limited", 0.55, 640), ("multistage", 0.46, 530), ("cc_cv", 0.9, 940)]
)
def test_a_charge_of_simulated_layers_climbs_once_falls_smoothly_and_ends_at_its_target(
    name: str, soc: float, target: int
) -> None:
    rig = Rig(PACK, soc, 40.0, noise=1.0)
    rig.fastcharge.wish(NAMES.index(name), target, FC.NO_DEPARTURE_s)
    requests = []
    while rig.fastcharge.end_reason == FC.GOING:
        requests.append(rig.round())
        assert requests[-1] <= rig.envelope.charge_dA
        assert rig.now_s < 1200
    assert rig.fastcharge.end_reason == FC.TARGET
    assert turns(requests) <= 12
    assert max(abs(b - a) for a, b in pairwise(requests)) <= MOVE_dA
    assert max(rig.plant.voltage_V) * 1000 <= PACK.cell.v_max_mV[0]


def test_near_full_the_current_falls_with_the_worst_layer_s_voltage_and_does_not_hunt() -> None:
    rig = Rig(PACK, 0.78, 40.0, noise=1.0)
    rig.fastcharge.wish(NAMES.index("map_limited"), 900, FC.NO_DEPARTURE_s)
    rig.worse_mV = 170
    requests = []
    bound = 0
    while rig.fastcharge.end_reason == FC.GOING and rig.now_s < 1500:
        requests.append(rig.round())
        bound += rig.envelope.charge_reason == E.LAYER_VOLTAGE
    assert bound > 100
    assert turns(requests) <= len(requests) // 100
    assert max(rig.plant.voltage_V) * 1000 <= PACK.cell.v_max_mV[0]


# What vehicle and charger say.


class Speaker(FakeBoard):
    """A board whose vehicle says how it wants to be charged, and whose charger what it can do."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.want, self.most = W.VcuCharge(), W.ChgLimits()
        self.want.wanted_profile, self.want.wanted_target_permille, self.want.departure_s = NAMES.index("cc_cv"), 900, 262143
        self.most.charger_current_most_dA, self.most.charger_voltage_most_mV = 37, 80_000
        self.silent: set[int] = set()
        self.spoilt: set[int] = set()
        self._data = {W.VcuCharge.ID: bytearray(8), W.ChgLimits.ID: bytearray(8)}

    def _commands(self, mailbox: Any) -> None:
        super()._commands(mailbox)
        for message in (self.want, self.most):
            if self.now_ms % message.PERIOD_ms or message.ID in self.silent:
                continue
            data = self._data[message.ID]
            counter = data[2]
            message.pack(data)
            data[2] = counter
            e2e.protect(data, message.ID)
            sent = bytearray(data)
            if message.ID in self.spoilt:
                sent[5] ^= 16
            mailbox.put(message.ID, False, memoryview(sent))


def charging(pack: Pack = PACK) -> tuple[App, Speaker]:
    board = Speaker(pack)
    app = App(pack, board)
    for k in range(400):
        board.request = CHARGE if k > 60 else OPEN
        app.tick()
    assert app.machine.state == M.CHARGE
    return app, board


def test_what_vehicle_and_charger_say_is_followed_and_told() -> None:
    app, board = charging()
    fastcharge = app.rounds.fastcharge
    assert (fastcharge.profile, fastcharge.target_permille) == (NAMES.index("cc_cv"), 900)
    for _ in range(300):
        app.tick()
    assert fastcharge.request_dA == 37 and fastcharge.binding == FC.CHARGER
    request, plan = W.BmsChargeRequest(), W.BmsChargePlan()
    request.unpack(board.frames[request.ID])
    plan.unpack(board.frames[plan.ID])
    assert (request.charge_current_dA, request.charge_voltage_mV, request.charge_enable) == (37, 80_000, 1)
    assert (plan.charge_profile, plan.charge_target_permille) == (NAMES.index("cc_cv"), 900)
    assert (plan.charge_phase, plan.charge_binding) == (FC.CHARGING, FC.CHARGER)


@pytest.mark.parametrize("how", ["silent", "spoilt"])
def test_a_word_of_vehicle_or_charger_that_is_stale_or_unsound_is_as_if_it_had_never_been_said(how: str) -> None:
    app, board = charging()
    fastcharge = app.rounds.fastcharge
    getattr(board, how).add(W.ChgLimits.ID)
    for _ in range(PACK.charger_deadline_ms // 10 + 15):
        app.tick()
    assert fastcharge.binding != FC.CHARGER
    assert fastcharge.charge_voltage_mV == 24 * PACK.cell.v_max_mV[0]
    assert fastcharge.target_permille == 900
    getattr(board, how).add(W.VcuCharge.ID)
    for _ in range(180):
        app.tick()
    assert fastcharge.target_permille == 900
    for _ in range(50):
        app.tick()
    assert (fastcharge.profile, fastcharge.target_permille) == (NAMES.index(PACK.profile), 1000)


def test_a_charger_that_never_told_its_limits_and_a_vehicle_without_a_wish_get_the_pack_s_own_way() -> None:
    app = App(ev_240.PACK, FakeBoard(ev_240.PACK))
    for _ in range(300):
        app.tick()
    fastcharge = app.rounds.fastcharge
    names = [one.name for one in ev_240.PACK.cell.profiles]
    assert (fastcharge.profile, fastcharge.target_permille) == (names.index(ev_240.PACK.profile), 1000)


def test_a_charge_that_is_over_is_no_charger_that_makes_no_progress() -> None:
    app, board = charging()
    board.want.wanted_target_permille = 1
    for _ in range(9000):
        app.tick()
    assert app.rounds.fastcharge.end_reason == FC.TARGET
    assert app.envelope.charge_dA > 40
    request = W.BmsChargeRequest()
    request.unpack(board.frames[request.ID])
    assert (request.charge_current_dA, request.charge_enable) == (0, 0)
    assert app.monitor.first_cause == 0
