"""Groups come together by certain charge, at rest, and nothing that is measured meanwhile is worse for it.

Days pass on a simulated pack with the firmware's estimators (tests/balance_rig.py); wires and protection are watched tick by
tick on the bench. What a bleeder takes is counted here by itself.
"""

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms import differences, units
from bms.app import App
from bms.can import details
from bms.can import frames as W
from bms.control import balance as B
from bms.control import bleeders as K
from bms.control.ending import NOWHERE, Ending, LEAST_ms, UNKNOWN_mAh
from bms.estimate.groups import Groups
from bms.packs import aero_96, bench_24, bess_14, ev_240, robot_14
from bms.safety import machine as M
from bms.safety.faults import DERATE, TABLE, WARNING
from bms.safety.signals import GROUP_leaks
from bms.schema import PACK_FIELDS, Pack, group_count, layer_count, replaced
from hil import scenario
from hil.benches.group_rig import day
from hil.lint import ERROR, check_pack
from hil.lint.bleeders import bleeders as bleeder_rule
from hil.loop import Bench
from hil.plant import Plant, PlantOptions
from hil.record import Recorder
from hil.targets.inside import CPythonTarget
from tests.balance_rig import BalanceRig
from tests.fake_board import OPEN, FakeBoard
from tests.provoke import in_state
from tests.test_scenario import file

PACK = bench_24.PACK
QUICK: Pack = replaced(Pack, PACK_FIELDS, PACK, bleed_mA=100)  # five times the current: hours for days
# of SoC, that the groups of a balanced pack may be apart: 2.25 for readings, 1.2 for sigmas, 2 for what the estimators have
# wrong, 1.4 for bleeders that take less than is counted, all per thousand
DECLARED = 0.007
DAY_mAs = 720_000  # one per cent of 20 Ah
ROUND_ms = 100
each_bled_pack = pytest.mark.parametrize("pack", [PACK, ev_240.PACK, bess_14.PACK, robot_14.PACK], ids=lambda pack: pack.name)


def known(pack: Pack, differences_of_soc: list[float], sigma: float) -> Groups:
    """Estimators that have learnt this much."""
    groups = Groups(pack)
    groups.delta.soc[:] = differences_of_soc
    groups.delta.sigma_soc = sigma
    groups.delta._travelled = 2.0
    return groups


def owed(groups: Groups) -> list[int]:
    excess = array("i", [0] * groups.delta.groups)
    differences.owe(excess, groups)
    return list(excess)


socs = st.lists(st.floats(-0.05, 0.05), min_size=4, max_size=4)
sigmas = st.floats(0.0, 0.02)


@given(socs, sigmas, sigmas)
def test_who_is_less_certain_bleeds_no_group_more(soc: list[float], one: float, other: float) -> None:
    sure, unsure = owed(known(PACK, soc, min(one, other))), owed(known(PACK, soc, max(one, other)))
    assert all(a >= b for a, b in zip(sure, unsure))


@given(socs, sigmas)
def test_no_group_is_owed_more_than_brings_it_to_the_lowest(soc: list[float], sigma: float) -> None:
    excess = owed(known(PACK, soc, sigma))
    assert excess[soc.index(min(soc))] == 0
    for g in range(4):
        assert 0 <= excess[g] <= (soc[g] - min(soc)) * 20 * 3_600_000 * 0.975 + 1


@given(socs, sigmas, st.integers(0, 3))
def test_a_group_that_leaks_is_owed_nothing_and_nobody_is_bled_down_to_it(soc: list[float], sigma: float, g: int) -> None:
    groups = known(PACK, soc, sigma)
    groups.leak.group = g
    excess = owed(groups)
    others = [soc[k] for k in range(4) if k != g]
    assert excess[g] == 0
    for k in range(4):
        assert excess[k] <= max(0.0, soc[k] - min(others)) * 20 * 3_600_000 * 0.975 + 1


def test_what_is_no_number_is_owed_to_nobody() -> None:
    assert owed(known(PACK, [0.02, 0.0, 0.0, 0.0], float("nan"))) == [0, 0, 0, 0]
    assert units.milliampere_seconds(float("inf"), 7) == 7
    assert units.milliampere_seconds(-1.0, 7) == units.milliampere_hours(-1.0, 7) == 0
    assert (units.milliampere_seconds(1.0, 10_000_000), units.milliampere_hours(1.5, 2000)) == (3_600_000, 1500)


def test_the_estimators_answer_only_who_asks_and_only_while_they_may_be_believed() -> None:
    app = App(PACK, FakeBoard(PACK))
    groups, balance, ending = known(PACK, [0.02, 0.0, 0.0, 0.0], 1e-4), app.rounds.balance, app.rounds.ending
    differences.tell(balance, ending, groups, 0.5, True)
    assert not balance.told and not any(balance.bleeders.excess_mAs)
    balance.asks = True
    differences.tell(balance, ending, groups, 0.5, False)
    assert not balance.told and not any(balance.bleeders.excess_mAs)
    balance.asks = True
    differences.tell(balance, ending, groups, 0.5, True)
    assert balance.told and balance.bleeders.excess_mAs[0] > 0


# days on a simulated pack


def learnt(rig: BalanceRig) -> BalanceRig:
    """What a day of driving would have taught, within its error."""
    delta = rig.groups.delta
    apart = rig.apart()
    error = np.random.default_rng(5).uniform(-0.001, 0.001, len(apart))
    delta.soc[:] = [float(z) for z in apart - apart.mean() + error]
    delta.sigma_soc = 0.0003
    delta._travelled = 2.0
    rig.balance.bleeders.together = 4
    delta._p[0] = delta.sigma_soc**2
    for k in (1, 2, 3):
        delta._p[k] = 0.0
    return rig


def test_groups_two_per_cent_apart_come_within_what_is_declared_and_none_goes_below_the_lowest() -> None:
    rig = learnt(BalanceRig(QUICK, 4, 0.02, soc=0.5))
    lowest = int(rig.apart().argmin())
    before = rig.apart().max()
    for hours in (3.1, 4.0):
        rig.rest(hours * 3600)
        rig.balance.bleeders.pass_time(K.DAY_ms)
    assert before > 0.0195
    assert rig.apart().max() < DECLARED
    assert int(rig.apart().argmin()) == lowest
    assert rig.bled_As[lowest] == 0
    assert not rig.balance.bleeders.words.count(1)
    assert rig.named == {}


def test_a_healthy_pack_that_was_learnt_in_a_day_of_driving_is_left_alone() -> None:
    rig = BalanceRig(QUICK, 11, 0.003)
    rig.run(day(20.0, 11))
    rig.run([(-10.0, 5.0)] * 540 + [(0.0, 10.0)] * 90)
    rig.rest(3600)
    assert (rig.bled_As <= 0.002 * 20 * 3600).all()


def test_whoever_knows_nothing_yet_bleeds_nothing() -> None:
    rig = BalanceRig(QUICK, 4, 0.03, soc=0.5)
    rig.rest(3600)
    assert not rig.bled_As.any()


def test_bleeding_teaches_the_estimators_nothing_false() -> None:
    """The twin rests as long and is not bled."""
    bled, twin = (learnt(BalanceRig(QUICK, 6, 0.01, soc=0.5)) for _ in range(2))
    twin.severity = DERATE
    for rig in (bled, twin):
        rig.rest(4 * 3600)
        rig.severity = DERATE
        rig.rest(3600)
    assert bled.bled_As.max() > 0.005 * 20 * 3600 and not twin.bled_As.any()
    for rig in (bled, twin):
        apart = rig.apart()
        assert np.abs(np.array(rig.groups.delta.soc) - (apart - apart.mean())).max() < 0.0025
        assert rig.named == {}
        assert abs(rig.filter.soc - rig.plant.soc_mean) < 2 * rig.filter.sigma
    assert bled.filter.sigma < 1.6 * twin.filter.sigma, "it looks in one sixth of the time"
    assert bled.coulomb.low_mAs < twin.coulomb.low_mAs + 1
    assert bled.coulomb.high_mAs == twin.coulomb.high_mAs


def test_a_pack_that_is_charged_and_driven_after_it_was_bled_names_no_layer_and_knows_its_groups() -> None:
    rig = learnt(BalanceRig(QUICK, 9, 0.01, soc=0.5))
    rig.rest(2 * 3600)
    assert rig.bled_As.max() > 0.003 * 20 * 3600
    rig.severity = DERATE
    rig.rest(60)
    rig.groups.pause(False, False, True)
    rig.run([(10.0, 5.0)] * 560 + [(0.0, 10.0)] * 90 + [(-10.0, 5.0)] * 560 + [(0.0, 10.0)] * 60)
    apart = rig.apart()
    assert rig.named == {}
    assert rig.groups.delta.turned_V < 0.001
    assert np.abs(np.array(rig.groups.delta.soc) - (apart - apart.mean())).max() < 0.0025


def test_a_soft_short_is_found_between_two_blocks_of_bleeding() -> None:
    rig = learnt(BalanceRig(QUICK, 4, 0.02, soc=0.5))
    rig.rest(1200)
    assert rig.balance.busy
    rig.plant.set_layer_fault(8, "soft_short", 10.0)
    rig.rest(4.5 * 3600)
    assert ("leak", 1) in rig.named


def test_a_bleeder_that_does_not_let_go_is_found_as_a_leak() -> None:
    rig = learnt(BalanceRig(PACK, 8, 0.0, soc=0.5))
    rig.severity = DERATE
    rig.bleeders.set_fault(2, "stuck_on")
    rig.rest(2.5 * 3600)
    assert set(rig.named) == {("leak", 2)}
    rig.bleeders.clear_fault(2, "stuck_on")
    assert not rig.bleeders.active


def test_a_bleeder_that_never_switches_on_harms_nobody() -> None:
    rig = learnt(BalanceRig(QUICK, 4, 0.01, soc=0.5))
    for g in range(4):
        rig.bleeders.set_fault(g, "stuck_off")
    rig.rest(3600)
    assert any(rig.balance.bleeders.left_mAs) and not rig.bled_As.any()
    assert rig.named == {}


# how much, whoever asks


class Harness:
    """Balancing alone, in rounds: everything is well, and the estimators say that much is to be taken."""

    def __init__(self, pack: Pack = PACK, excess_mAs: int = 1 << 29, spared: int = 0) -> None:
        self.rig = BalanceRig(pack, 1, soc=0.5)
        self.balance = self.rig.balance
        self.groups = group_count(pack)
        self.excess = [0 if g == spared else excess_mAs for g in range(self.groups)]
        self.severity = self.suspect = 0
        self.word = 500
        self.taken_mAms = np.zeros(self.groups)

    @property
    def bled(self) -> set[int]:
        return {g for g in range(self.groups) if self.balance.bleeders.bled(g)}

    def round(self, round_ms: int = ROUND_ms) -> set[int]:
        """Whoever is bled now stays so until the next round."""
        balance, rig = self.balance, self.rig
        balance.step(rig.sisters, rig.machine, self.severity, self.suspect, self.word, round_ms)
        if balance.asks:
            for g in range(self.groups):
                balance.bleeders.excess_mAs[g] = self.excess[g]
            balance.told = True
        for g in self.bled:
            self.taken_mAms[g] += balance.bleeders.most_mA * round_ms
        return self.bled

    def begin(self) -> "Harness":
        for _ in range(20):
            if self.round():
                return self
        raise AssertionError("never began")


def test_no_group_gives_more_in_a_day_than_its_share_though_the_lowest_falls_for_ever() -> None:
    harness = Harness(QUICK)
    for day_number in (1, 2):
        for _ in range(86_400 // 5):
            harness.round(5000)
        assert (harness.taken_mAms[1:] / 1000 <= day_number * DAY_mAs).all()
    assert (harness.taken_mAms[1:] / 1000 > 1.9 * DAY_mAs).all()
    assert harness.taken_mAms[0] == 0


@pytest.mark.parametrize("excess_mAs", [0, 5250, 5251, 5252, 20_000, 40_001])
def test_no_more_is_taken_than_was_owed(excess_mAs: int) -> None:
    harness = Harness(QUICK, excess_mAs)
    taken = 0.0
    for _ in range(20_000):
        harness.round()
        taken = float(harness.taken_mAms.max()) / 1000
        if harness.balance.state == B.MEASURING:
            break
    assert taken <= excess_mAs
    assert taken > excess_mAs - 2 * 5251
    assert (harness.balance.bleeders.bled_mAs[1] - taken) ** 2 <= 4


def test_of_a_stack_only_so_many_bleed_at_once_as_may_be_warm_and_they_take_turns() -> None:
    pack = ev_240.PACK
    harness = Harness(pack, 40_000, spared=3)
    seen: set[int] = set()
    for _ in range(5000):
        bled = harness.round()
        seen |= bled
        for stack in range(10):
            warm_W = sum(0.105 * 6 * 4.2 for g in bled if g // 4 == stack)
            assert warm_W <= 3.0
    assert seen == set(range(40)) - {3}


REFUSALS: dict[str, Callable[["Harness"], None]] = {
    "a fault derates": lambda h: setattr(h, "severity", DERATE),
    "a channel is suspect": lambda h: setattr(h, "suspect", 1),
    "the estimators are silent": lambda h: setattr(h, "word", -1),
    "a current has flowed": lambda h: setattr(h.rig.sisters, "resting_s", 0),
    "a group strays": lambda h: setattr(h.rig.sisters, "stray_mV", 1),
    "a group is found to leak": lambda h: h.rig.signals.value.__setitem__(GROUP_leaks, 1),
    "a layer may be hot": lambda h: setattr(h.rig.bound, "hot_ddegC", 401),
    "a layer may be cold": lambda h: setattr(h.rig.bound, "cold_ddegC", -1),
    "a layer may be full": lambda h: setattr(h.rig.bound, "layer_high_mV", 4230),
    "a layer may be empty": lambda h: setattr(h.rig.bound, "layer_low_mV", 2700),
    "the machine tests itself": lambda h: setattr(h.rig.machine, "state", M.SELF_TEST),
    "somebody works at the pack": lambda h: setattr(h.rig.machine, "state", M.SERVICE),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_bleeding_stops_within_a_round_when_anything_is_not_well(refusal: str) -> None:
    harness = Harness().begin()
    assert harness.bled == {1, 2, 3}
    REFUSALS[refusal](harness)
    assert harness.round() == set()


@pytest.mark.parametrize("refusal", [name for name in REFUSALS if name != "a group is found to leak"])
def test_nothing_begins_while_anything_is_not_well(refusal: str) -> None:
    harness = Harness()
    REFUSALS[refusal](harness)
    assert not any(harness.round() for _ in range(50))
    assert not harness.balance.disturbed and not harness.balance.busy


def test_a_warning_does_not_stop_it() -> None:
    harness = Harness()
    harness.severity = WARNING
    harness.begin()


def test_what_was_owed_is_forgotten_with_the_advice_that_said_so() -> None:
    harness = Harness().begin()
    harness.word = -1
    for _ in range(20):
        harness.round()
    assert not any(harness.balance.bleeders.left_mAs)
    harness.word = 500
    assert not any(harness.round() for _ in range(50)), "asked anew only after a while"


# nobody is misled


def test_everything_that_judges_a_voltage_allows_for_the_wires_before_and_until_after_they_carry_current() -> None:
    harness = Harness().begin()
    rig, balance = harness.rig, harness.balance
    rig.bleeders.lead_ohm[:] = B.LEAD_mohm / 1000
    rig.bleeders.full_A[:] = 0.021
    own = Harness().rig
    clear_ms = 0
    bled_before = disturbed_before = True
    for _ in range(2000):
        bled = harness.round()
        rig.bleeders.switch(bled)
        drop_mV = np.abs(np.asarray(rig.tap_drop_V)) * 1000
        if bled or clear_ms < B.SETTLE_ms:
            assert balance.disturbed
        if bled and not bled_before:
            assert disturbed_before, "allowed for a round ahead"
        if balance.disturbed:
            assert rig.bound.widened_mV >= drop_mV.max() / 6
            assert rig.plausible.sum_tolerance_mV - own.plausible.sum_tolerance_mV >= abs(np.sum(rig.tap_drop_V)) * 1000
            assert rig.sisters._error_mV - own.sisters._error_mV >= np.ptp(np.asarray(rig.tap_drop_V)) * 1000
        else:
            assert rig.bound.widened_mV == 0
            assert rig.plausible.sum_tolerance_mV == own.plausible.sum_tolerance_mV
            assert rig.sisters._error_mV == own.sisters._error_mV
        clear_ms = 0 if bled else clear_ms + ROUND_ms
        bled_before, disturbed_before = bool(bled), balance.disturbed
    assert harness.taken_mAms.any()


def bleeding(pack: Pack, state: int = M.STANDBY) -> tuple[App, FakeBoard]:
    """The whole firmware of a pack that has rested for long and knows that its first group is lowest; it is bled."""
    app, board = in_state(pack, state)
    rested(app)
    for _ in range(300):
        app.tick()
        if board.bled:
            return app, board
    raise AssertionError("nothing is bled")


def rested(app: App) -> None:
    """Hours later."""
    delta = app.groups.delta
    delta.soc[:] = [-0.015] + [0.015 / (delta.groups - 1)] * (delta.groups - 1)
    delta.sigma_soc = 1e-4
    delta._travelled = 2.0
    delta._p[0] = 1e-8
    app.watch.sisters.resting_s = 2 * B.REST_s


@each_bled_pack
def test_the_firmware_bleeds_all_but_the_lowest_and_never_more_of_a_stack_than_may_be_warm(pack: Pack) -> None:
    app, board = bleeding(pack)
    assert not board.bled & 1
    per_stack = len(pack.taps)
    for stack in range(pack.stacks):
        count = (board.bled >> stack * per_stack & (1 << per_stack) - 1).bit_count()
        assert 0 < count <= app.rounds.balance.bleeders.together
    assert app.monitor.severity == 0


def test_while_wires_carry_a_bleeder_s_current_filter_anchor_and_passes_do_not_look() -> None:
    app, board = bleeding(PACK)
    done, low, soc = app.groups.done, app.coulomb.low_mAs, app.filter.soc
    for g in range(4):
        board.group_mV[g] += 15  # what a long wire may do, and no fault
    for _ in range(2000):
        app.tick()
    assert board.bled and app.monitor.severity == 0
    assert app.groups.done == done
    assert app.coulomb.low_mAs <= low
    assert abs(app.filter.soc - soc) < 1e-4
    assert app.advice.soc_permille >= 0, "and the filter still has a word"


@each_bled_pack
def test_an_overvoltage_that_comes_while_others_are_bled_is_caught_in_time(pack: Pack) -> None:
    row = next(row for row in TABLE if row.name == "layer_voltage_high")
    app, board = bleeding(pack, M.DRIVE)
    lead_V = B.LEAD_mohm / 1000 * pack.bleed_mA / 1000
    fault_mV = pack.cell.v_max_mV[2] * pack.taps[0]
    for k in range(len(board.group_mV)):
        board.group_mV[k] = fault_mV - round(2000 * lead_V)  # so much a bled group may read low
    ticks = 0
    while not app.monitor.is_active(row.id):
        app.tick()
        ticks += 1
        assert ticks * 10 <= row.budget_ms
    for _ in range(12):
        app.tick()
    assert board.bled == 0


def test_a_lane_that_fails_lets_go_of_every_bleeder() -> None:
    app, board = bleeding(PACK)
    app.alive = None  # type: ignore[assignment]
    app.tick()
    assert app.lane_failed and board.bled == 0


def test_on_the_bench_bounds_hold_the_true_layers_and_no_fault_stands_with_the_longest_wires() -> None:
    phase = {"name": "wait", "kind": "idle", "duration_s": 20}
    bench = Bench(scenario.parse(file(phase=[phase]), "rest.toml"), PACK, 2, Recorder(layer_count(PACK)))
    bench.bleeders.lead_ohm[:] = B.LEAD_mohm / 1000
    bench.bleeders.full_A[:] = 0.021
    seen = {"bled": 0, "after": 0}

    def spy(n: int, _: Any) -> None:
        app = target.app
        if n == 300:
            rested(app)
            app.groups.delta.soc[:] = [-0.01, 0.01, -0.01, 0.01]  # a bled one between two that are not, as unlike as can be
        if n == 1400:
            app.watch.sisters.resting_s = 0
        if n > 300:
            volts = bench.plant.voltage_V
            assert app.bound.layer_low_mV <= volts.min() * 1000 and app.bound.layer_high_mV >= volts.max() * 1000
            assert app.monitor.severity == 0 and app.plausible.suspect == 0 and app.watch.sisters.stray_mV == 0
            seen["bled"] += bench.bleeders.active
            seen["after"] += bool(seen["bled"]) and not bench.bleeders.active

    with CPythonTarget(PACK.name, stored_soc_permille=500) as target:
        ended = bench.run(target, "cpython", spy=spy)
    assert not ended.died and ended.witness.faults == []
    assert seen["bled"] > 900 and seen["after"] > 500
    assert bench.heat.bled_J == pytest.approx(seen["bled"] * 0.01 * 2 * 0.021 * bench.plant.pack_V / 4, rel=0.01)


# bleeders and wires on the bench


def test_a_bled_layer_loses_what_its_bleeder_takes_and_no_other_does() -> None:
    plant, twin = (Plant(PACK, PlantOptions(seed=1, soc=0.5, temperature_degC=25.0)) for _ in range(2))
    layer_A = np.zeros(24)
    layer_A[6:12] = 0.1
    plant.bleed(layer_A)
    for _ in range(360):
        plant.step(0.0, 10.0)
        twin.step(0.0, 10.0)
    lost_Ah = (twin.soc - plant.soc) * plant.capacity_Ah
    assert lost_Ah[6:12] == pytest.approx(0.1, rel=1e-4)
    assert np.abs(np.delete(lost_Ah, range(6, 12))).max() < 1e-6
    plant.bleed(np.zeros(24))
    before = plant.soc[6:12].copy()
    plant.step(0.0, 0.1)
    assert (before - plant.soc[6:12] < 1e-6).all()


def test_a_bled_group_reads_low_by_both_its_wires_and_its_neighbours_high_by_the_one_they_share() -> None:
    rig = BalanceRig(PACK, 1, soc=0.5)
    rig.bleeders.lead_ohm[:] = [[0.1, 0.2, 0.15, 0.05, 0.12]]
    rig.bleeders.full_A[:] = 0.02
    rig.bleeders.switch({1})
    assert rig.tap_drop_V == pytest.approx([-0.004, 0.007, -0.003, 0.0])
    rig.bleeders.switch({1, 2})  # nothing flows in the wire between them
    assert rig.tap_drop_V == pytest.approx([-0.004, 0.004, 0.001, -0.001])
    rig.bleeders.switch(set())
    assert not rig.tap_drop_V.any()


def test_bleeders_fall_with_the_watchdog_but_for_one_that_is_stuck() -> None:
    rig = BalanceRig(PACK, 1, soc=0.5)
    rig.bleeders.switch({0, 1})
    rig.bleeders.set_fault(1, "stuck_on")
    rig.bleeders.step(False, 0.01)
    assert [bool(i) for i in rig.bleeders.current_A] == [False, True, False, False]


def test_the_bench_can_break_a_bleeder_of_a_pack_that_has_some() -> None:
    for pack, there in ((PACK, True), (aero_96.PACK, False)):
        idle = scenario.parse(file(phase=[{"name": "wait", "kind": "idle", "duration_s": 1}]), "idle.toml")
        words = Bench(idle, pack, 1, Recorder(layer_count(pack))).vocabulary
        assert ("bleeder:0" in words) == there
        assert not there or set(words["bleeder:3"]) == {"stuck_on", "stuck_off"}


# what the wire tells


def test_the_wire_tells_who_is_bled_and_what_is_still_owed_page_by_page() -> None:
    app, board = bleeding(PACK)
    told: dict[int, tuple[int, int]] = {}
    frame = W.BmsBalance()
    for _ in range(210):
        app.tick()
        frame.unpack(board.frames[W.BmsBalance.ID])
        assert frame.balance_state in (B.IDLE, B.BLEEDING)
        g = frame.index * 3
        told[g] = (frame.group_0_bled, frame.group_0_charge_mAh)
        told[g + 1] = (frame.group_1_bled, frame.group_1_charge_mAh)
        told[g + 2] = (frame.group_2_bled, frame.group_2_charge_mAh)
    left = app.rounds.balance.bleeders.left_mAs
    assert [told[g][0] for g in range(6)] == [0, 1, 1, 1, 0, 0]
    assert [told[g][1] for g in range(4)] == pytest.approx([mAs / 3600 for mAs in left], abs=1.5)
    assert told[4] == told[5] == (0, details.CHARGE_NOT_FITTED_mAh)


@pytest.mark.parametrize("pack", [PACK, aero_96.PACK, bess_14.PACK], ids=lambda pack: pack.name)
def test_a_charge_that_ends_is_reported_with_and_without_bleeders(pack: Pack) -> None:
    app, board = in_state(pack, M.CHARGE)
    report = W.BmsChargeReport()
    n = pack.taps[0]
    board.group_mV[2] += 3 * n
    board.group_mV[1] -= 4 * n
    board.load_mA = 1000
    app.rounds.ending._charged_ms = LEAST_ms
    for _ in range(100):
        app.tick()
    report.unpack(board.frames[W.BmsChargeReport.ID])
    assert (report.ended_high_group, report.ended_low_group) == (NOWHERE, NOWHERE)
    board.load_mA = 0
    board.request = OPEN
    for _ in range(400):
        delta = app.groups.delta
        delta.soc[2], delta.soc[1], delta.sigma_soc = 0.004, -0.006, 0.001
        app.tick()
    report.unpack(board.frames[W.BmsChargeReport.ID])
    assert (report.ended_high_group, report.ended_low_group) == (2, 1)
    assert report.ended_apart_voltage_mV == pytest.approx(7, abs=1)
    assert report.ended_apart_charge_mAh == pytest.approx(app.groups.least_Ah * 10, rel=0.1)
    assert report.ended_apart_charge_sigma_mAh == pytest.approx(app.groups.least_Ah * 1.5, rel=0.1)


def test_a_charge_of_a_moment_and_one_of_no_current_are_not_reported() -> None:
    app = App(PACK, FakeBoard(PACK))
    for current_dA, rounds, reported in ((10, LEAST_ms // ROUND_ms - 1, False), (0, 1000, False), (10, 600, True)):
        ending = Ending()
        app.snap.current_dA = current_dA
        for _ in range(rounds):
            assert not ending.step(M.CHARGE, app.snap, app.bound, ROUND_ms)
        assert ending.step(M.OPENING, app.snap, app.bound, ROUND_ms) == reported
        assert ending.apart_mAh == UNKNOWN_mAh and ending.asks == reported
        assert not ending.step(M.STANDBY, app.snap, app.bound, ROUND_ms)


# what the linter refuses


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"bleed_mA": 120}, "heat"),
        ({"stacks": 17}, "64 groups"),
        ({"taps": (1,) * 24, "bleed_mA": 80}, "wires"),
        ({"cell": replaced(type(PACK.cell), PACK.cell._fields, PACK.cell, capacity_mAh=25)}, "a day's"),
    ],
)
def test_bleeders_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    wrong = replaced(Pack, PACK_FIELDS, PACK, **changes)
    assert any(word in reason for _, _, reason in bleeder_rule(wrong))
    assert not list(bleeder_rule(replaced(Pack, PACK_FIELDS, wrong, bleed_mA=0)))
    assert not [found for found in check_pack(PACK) if found.severity == ERROR]
