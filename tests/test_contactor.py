"""Precharge is proven by voltage and by current before main positive closes; opening is one step; contacts are watched.

The sequence through the whole firmware, on a board whose link, resistor and auxiliary contacts can each go wrong.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import contactor as C
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import Pack
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

PACKS = (bench_24.PACK, ev_240.PACK)
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def ready(pack: Pack) -> tuple[App, FakeBoard]:
    """A pack in standby whose driver has asked for nothing yet."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for _ in range(30):
        app.tick()
    assert app.machine.state == M.STANDBY
    return app, board


def ticks_until(app: App, board: FakeBoard, mask: int, most: int = 600) -> int:
    """Ticks until the coils say this."""
    for k in range(most):
        if board.coils == mask:
            return k
        app.tick()
    raise AssertionError(f"coils {board.coils}, not {mask}, after {most} ticks")


@each_pack
@pytest.mark.parametrize("request_", [DRIVE, CHARGE])
def test_the_pack_closes_minus_then_precharge_then_plus_and_then_takes_the_resistor_away(pack: Pack, request_: int) -> None:
    app, board = ready(pack)
    board.request = request_
    order = [board.coils]
    for _ in range(300):
        app.tick()
        if board.coils != order[-1]:
            order.append(board.coils)
    minus, pre, plus = S.NEGATIVE, S.PRECHARGE, S.POSITIVE
    assert order == [0, minus, minus | pre, minus | pre | plus, minus | plus]
    assert app.machine.state == (M.DRIVE if request_ == DRIVE else M.CHARGE)


@each_pack
def test_main_positive_waits_until_the_link_is_within_the_declared_distance_of_the_pack(pack: Pack) -> None:
    app, board = ready(pack)
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.PRECHARGE | S.POSITIVE)
    pack_mV = sum(board.group_mV)
    assert board.link_mV * 1000 >= pack_mV * pack.precharge_done_permille
    assert pack_mV - board.link_mV <= pack.precharge_done_mV
    assert abs(board.current_mA) <= pack.precharge_done_mA


@each_pack
@pytest.mark.parametrize("knob", ["link_dead", "link_fast", "link_unfed"])
def test_a_precharge_that_is_too_slow_too_fast_or_without_current_ends_open_and_never_closes_plus(
    pack: Pack, knob: str
) -> None:
    app, board = ready(pack)
    setattr(board, knob, 1)
    board.request = DRIVE
    for _ in range(400):
        app.tick()
        assert not board.coils & S.POSITIVE
    assert app.machine.state == M.FAULT
    assert app.monitor.first_cause == {"link_dead": 51, "link_fast": 52, "link_unfed": 53}[knob]
    assert board.coils == 0


@each_pack
def test_a_slow_precharge_is_given_its_time_and_not_much_more(pack: Pack) -> None:
    app, board = ready(pack)
    board.link_dead = 1
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.PRECHARGE)
    ticks = ticks_until(app, board, 0)
    assert pack.precharge_timeout_ms <= ticks * 10 <= pack.precharge_timeout_ms + 30


@each_pack
def test_a_link_that_needs_nearly_the_whole_time_still_closes(pack: Pack) -> None:
    app, board = ready(pack)
    board._tau_ms = pack.precharge_timeout_ms * 10 // 43
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.POSITIVE)


@each_pack
def test_a_link_that_is_full_already_closes_without_a_fault(pack: Pack) -> None:
    """Driving is asked for again right after opening: no charge needs to flow."""
    app, board = ready(pack)
    board.link_mV = sum(board.group_mV)
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.POSITIVE)
    for _ in range(20):
        app.tick()
    assert app.machine.state == M.DRIVE


@each_pack
@pytest.mark.parametrize("load_mA", [2000, -2000])
def test_a_load_on_the_link_keeps_main_positive_open(pack: Pack, load_mA: int) -> None:
    """Current still flows through the resistor: more than may, so precharge is not done."""
    app, board = ready(pack)
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.PRECHARGE)
    board.stray_mA = load_mA
    for _ in range(300):
        app.tick()
        assert not board.coils & S.POSITIVE
    assert app.machine.state == M.FAULT


@each_pack
def test_a_link_voltage_that_has_fallen_silent_proves_nothing(pack: Pack) -> None:
    """A stale value is not counted again (foxBMS): the link was full when it last spoke, and has been emptied since."""
    app, board = ready(pack)
    board.link_mV = sum(board.group_mV)
    app.tick()
    board.request = DRIVE
    while app.link.wish != DRIVE:
        board.link_mV = sum(board.group_mV)
        app.tick()
    board.link_silent = 1
    for _ in range(60):
        board.link_mV = 0
        app.tick()
        assert not board.coils & S.POSITIVE
    assert app.machine.state == M.FAULT


@each_pack
@pytest.mark.parametrize("bit", [S.NEGATIVE, S.PRECHARGE, S.POSITIVE])
@pytest.mark.parametrize("stuck", ["feedback_stuck_on", "feedback_stuck_off"])
def test_an_auxiliary_contact_that_does_not_follow_its_coil_opens_everything_in_time_and_is_named(
    pack: Pack, bit: int, stuck: str
) -> None:
    app, board = ready(pack)
    setattr(board, stuck, bit)
    seen_ms = 0
    for k in range(600):
        board.request = DRIVE if k > 40 else OPEN
        app.tick()
        wrong = (board.coils ^ ((board.contacts | board.feedback_stuck_on) & ~board.feedback_stuck_off)) & bit
        seen_ms = seen_ms + 10 if wrong else 0
        assert seen_ms <= pack.feedback_timeout_ms + 100 or board.coils == 0
        if app.machine.state == M.FAULT and k > 100:
            break
    assert app.machine.state == M.FAULT
    assert board.coils == 0
    assert app.monitor.first_cause == 50
    assert app.monitor.first_where == {S.NEGATIVE: 0, S.PRECHARGE: 1, S.POSITIVE: 2}[bit]


@each_pack
def test_contacts_that_follow_within_their_delay_are_no_fault_through_a_hundred_cycles(pack: Pack) -> None:
    app, board = ready(pack)
    for _ in range(20):
        board.request = DRIVE
        ticks_until(app, board, S.NEGATIVE | S.POSITIVE)
        board.request = OPEN
        ticks_until(app, board, 0)
        for _ in range(20):
            app.tick()
    assert app.monitor.severity == 0


@each_pack
@pytest.mark.parametrize("after", range(0, 100, 7))
def test_opening_is_one_step_from_any_phase(pack: Pack, after: int) -> None:
    app, board = ready(pack)
    board.request = DRIVE
    for _ in range(after):
        app.tick()
    board.crash_seen = 1
    for _ in range(3):
        app.tick()
    assert board.coils == 0
    assert app.contactor.phase == C.OPEN


@each_pack
def test_driving_is_asked_to_open_under_load_and_waits_for_the_current_but_not_for_ever(pack: Pack) -> None:
    for load_mA in (0, pack.open_current_dA * 100 * 5):
        app, board = ready(pack)
        board.request = DRIVE
        ticks_until(app, board, S.NEGATIVE | S.POSITIVE)
        board.load_mA = -load_mA
        for _ in range(40):
            app.tick()
        board.request = OPEN
        while app.machine.state == M.DRIVE:
            app.tick()
        ticks = ticks_until(app, board, 0)
        if load_mA:
            assert pack.open_timeout_ms - 10 <= ticks * 10 <= pack.open_timeout_ms + 20
        else:
            assert ticks <= 2
        assert app.machine.state == M.STANDBY


@settings(max_examples=25)
@given(
    pack=st.sampled_from(PACKS),
    done_permille=st.integers(0, 1300),
    current_mA=st.integers(-3000, 3000),
    ticks=st.integers(1, 60),
)
def test_plus_never_closes_on_a_link_that_stands_anywhere_but_at_the_pack(
    pack: Pack, done_permille: int, current_mA: int, ticks: int
) -> None:
    """The link is put somewhere and held; only inside the declared window, with hardly any current, may plus close."""
    app, board = ready(pack)
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.PRECHARGE)
    for _ in range(ticks):
        app.tick()
    pack_mV = sum(board.group_mV)
    board.link_dead = 1
    board.stray_mA = current_mA
    for _ in range(200):
        board.link_mV = pack_mV * done_permille // 1000
        before = board.coils
        app.tick()
        if board.coils & S.POSITIVE and not before & S.POSITIVE:
            assert done_permille >= pack.precharge_done_permille - 1
            assert abs(pack_mV * done_permille // 1000 - pack_mV) <= pack.precharge_done_mV + pack_mV // 1000
            assert abs(current_mA) <= pack.precharge_done_mA
            return


@each_pack
def test_a_link_that_is_held_up_keeps_everything_open_and_is_forgiven_once_it_has_been_let_go(pack: Pack) -> None:
    app, board = ready(pack)
    board.request = DRIVE
    for _ in range(C.LINK_FALL_ms // 10 + 60):
        board.link_mV = sum(board.group_mV) * 9 // 10
        app.tick()
        assert board.coils == 0
    assert (app.machine.state, app.monitor.first_cause) == (M.FAULT, 52)
    board.link_mV = 0
    board.request = OPEN
    for pressed in (0, 1, 0):
        board.reset_faults = pressed
        for _ in range(10):
            app.tick()
    assert app.machine.state == M.STANDBY
    board.request = DRIVE
    ticks_until(app, board, S.NEGATIVE | S.POSITIVE)


def test_the_coils_of_every_phase_are_what_the_table_says_and_the_last_is_reached_only_through_proof() -> None:
    assert C.COILS == (0, 1, 3, 7, 5)
    assert C.PROOF >= 2


@each_pack
def test_a_coil_pulls_in_with_its_full_current_and_is_held_with_less(pack: Pack) -> None:
    """What an onlooker of the coils expects: a clock that starts anew with every coil that is new."""
    app, board = ready(pack)
    since_ms, before = 0, 0
    for k in range(400):
        board.request = DRIVE if k < 300 else OPEN
        app.tick()
        since_ms = 0 if board.coils & ~before else since_ms + 10
        before = board.coils
        full = since_ms < pack.guards.pull_in_ms
        assert board.hold_percent == (0 if not board.coils else 100 if full else pack.guards.hold_percent), k
        if k == 299:
            assert board.hold_percent == pack.guards.hold_percent
    assert board.coils == 0
