"""What contactors, fuse and precharge resistor go through is noticed: welds, chatter, breaks under load, heat, no supply."""

import itertools

import pytest

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.schema import GUARDS_FIELDS, PACK_FIELDS, Guards, Pack, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

PACKS = (bench_24.PACK, bess_14.PACK, ev_240.PACK)
ROWS = {row.name: row for row in F.TABLE}
MAINS = S.NEGATIVE | S.POSITIVE
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def driving(pack: Pack, board: FakeBoard | None = None) -> tuple[App, FakeBoard]:
    """A pack in drive whose contacts have settled."""
    board = board or FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    close(app, board)
    return app, board


def run(app: App, ticks: int) -> None:
    """Time passes."""
    for _ in range(ticks):
        app.tick()


def close(app: App, board: FakeBoard, most: int = 900) -> None:
    """The driver wants to drive, and does."""
    board.request = DRIVE
    for _ in range(most):
        if app.machine.state == M.DRIVE:
            break
        app.tick()
    assert app.machine.state == M.DRIVE, app.monitor.first_cause
    run(app, 30)


def stop(app: App, board: FakeBoard) -> None:
    """The driver wants to stop, and the coils let go."""
    board.request = OPEN
    while board.coils:
        app.tick()


def reset(app: App, board: FakeBoard) -> None:
    """Open is asked for, then reset is pressed."""
    board.request = OPEN
    for pressed in (0, 1, 0):
        board.reset_faults = pressed
        run(app, 10)


def active(app: App, name: str) -> bool:
    return app.monitor.is_active(ROWS[name].id)


def warned(app: App) -> set[str]:
    """Names of all faults that stand."""
    return {name for name in ROWS if active(app, name)}


@each_pack
def test_a_link_that_stays_at_the_pack_after_opening_is_a_weld_in_time_and_not_before_until_it_falls(pack: Pack) -> None:
    """Both mains are welded, and their auxiliary contacts lie: only the link tells."""
    app, board = driving(pack)
    board.welded = board.feedback_stuck_off = MAINS
    stop(app, board)
    waited_ms = 0
    while not active(app, "contactor_welded"):
        assert waited_ms <= pack.guards.link_fall_ms + 100
        board.request = DRIVE
        app.tick()
        waited_ms += 10
        assert board.coils == 0, "nothing closes before the weld test is over"
    assert waited_ms > pack.guards.link_fall_ms
    assert app.monitor.first_cause == ROWS["contactor_welded"].id
    assert app.machine.state == M.FAULT
    reset(app, board)
    assert active(app, "contactor_welded"), "the link still stands"
    board.welded = board.feedback_stuck_off = 0
    run(app, 100)
    reset(app, board)
    close(app, board)


@each_pack
@pytest.mark.parametrize("bit", [0, 1, 2])
def test_an_auxiliary_contact_that_stays_closed_after_opening_is_a_weld_and_is_named(pack: Pack, bit: int) -> None:
    app, board = driving(pack)
    board.request = OPEN
    while board.coils:
        app.tick()
        board.feedback_stuck_on = 0 if board.coils else 1 << bit
    run(app, pack.feedback_timeout_ms // 10 + 5)
    assert active(app, "contactor_welded")
    assert (app.monitor.first_cause, app.monitor.first_where) == (ROWS["contactor_welded"].id, bit)
    board.feedback_stuck_on = 0
    run(app, 10)
    assert app.signals.value[N.WELDED] == 0


@each_pack
@pytest.mark.parametrize("permille", [930, 1070])
def test_a_link_that_an_inverter_holds_up_at_another_voltage_is_no_weld(pack: Pack, permille: int) -> None:
    app, board = driving(pack)
    held_mV = sum(board.group_mV) * permille // 1000
    assert abs(held_mV - sum(board.group_mV)) > pack.guards.link_apart_mV
    stop(app, board)
    for _ in range(pack.guards.link_fall_ms // 10 + 100):
        board.link_mV = held_mV
        app.tick()
        assert not active(app, "contactor_welded")
    assert not app.watch.wear.testing


@each_pack
def test_nothing_closes_again_before_the_link_has_lost_a_tenth(pack: Pack) -> None:
    app, board = driving(pack)
    stop(app, board)
    was_mV = board.link_mV
    board.request = DRIVE
    for _ in range(900):
        app.tick()
        if board.coils:
            break
        tested = board.link_mV <= was_mV * 9 // 10 and not board.contacts
        assert tested or app.machine.state == M.STANDBY
    assert board.coils


def test_a_link_that_has_fallen_silent_proves_no_weld() -> None:
    app, board = driving(bench_24.PACK)
    stop(app, board)
    board.link_silent = 1
    run(app, 400)
    assert not active(app, "contactor_welded")
    assert app.watch.wear.testing, "and no opening either"


@pytest.mark.parametrize(("chatter", "is_fault"), [(0, False), (2, False), (4, True)])
def test_a_contact_that_chatters_while_it_moves_is_told_until_it_moves_cleanly(chatter: int, is_fault: bool) -> None:
    app, board = driving(bench_24.PACK)
    stop(app, board)
    while board.contacts:
        app.tick()
    for _ in range(chatter // 2):
        board.feedback_stuck_on = S.NEGATIVE
        app.tick()
        board.feedback_stuck_on = 0
        app.tick()
    run(app, 40)
    assert active(app, "contactor_bounce") == is_fault
    assert app.signals.value[N.BOUNCE_count] == chatter
    if is_fault:
        assert app.monitor.first_where == 0
        close(app, board)
        assert not active(app, "contactor_bounce")


def test_a_contact_that_moves_long_after_its_coil_does_not_bounce() -> None:
    app, board = driving(bench_24.PACK)
    run(app, 50)
    for bit in (S.NEGATIVE, 0, S.NEGATIVE, 0, S.NEGATIVE, 0):
        board.feedback_stuck_off = bit
        app.tick()
    assert app.signals.value[N.BOUNCE_count] == 0


def opened_with(current_dA: int, times: int, budget: int = 10, pack: Pack = bench_24.PACK) -> tuple[App, FakeBoard]:
    """A crash opened the contactors so many times while this current flowed."""
    guards = replaced(Guards, GUARDS_FIELDS, pack.guards, break_budget_count=budget)
    app, board = driving(replaced(Pack, PACK_FIELDS, pack, guards=guards, contactor_break_dA=300))
    for k in range(times):
        if k:
            close(app, board)
        board.load_mA = current_dA * 100
        run(app, 2)
        board.crash_seen = 1
        while board.coils:
            app.tick()
        board.load_mA = board.crash_seen = 0
        run(app, 60)
        reset(app, board)
    return app, board


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("current_dA", "count"), [(0, 0), (19, 0), (20, 1), (300, 1), (301, 11)])
def test_an_opening_under_load_counts_against_the_budget_and_one_beyond_the_breaking_current_uses_it_up(
    current_dA: int, count: int, sign: int
) -> None:
    app, _ = opened_with(sign * current_dA, 1)
    assert app.signals.value[N.BREAKS_count] == count
    assert active(app, "contactor_wear") == (count > 0)
    assert active(app, "contactor_worn") == (count > 10)


def test_contactors_that_have_opened_under_load_too_often_are_not_closed_again_and_never_open_by_themselves() -> None:
    app, board = opened_with(-100, 2, budget=2)
    close(app, board)
    run(app, 300)
    assert app.machine.state == M.DRIVE
    app, board = opened_with(-100, 3, budget=2)
    assert active(app, "contactor_worn")
    reset(app, board)
    board.request = DRIVE
    for _ in range(200):
        app.tick()
        assert board.coils == 0


@each_pack
def test_waiting_for_the_current_spares_the_contacts_and_an_opening_that_was_forced_does_not(pack: Pack) -> None:
    for stays in (False, True):
        app, board = driving(pack)
        board.load_mA = -pack.open_current_dA * 200
        run(app, 20)
        board.request = OPEN
        while board.coils:
            if app.machine.state == M.OPENING and not stays:
                board.load_mA = 0
            app.tick()
        run(app, 5)
        board.load_mA = 0
        assert app.signals.value[N.BREAKS_count] == int(stays)
        assert active(app, "opening_forced") == stays
        close(app, board)
        assert not active(app, "opening_forced")


@each_pack
def test_a_supply_that_the_coils_do_not_need_yet_is_not_missed(pack: Pack) -> None:
    """The watchdog's relay closes only when it has been fed a few times."""
    board = FakeBoard(pack)
    board.coil_supply_present = 0
    app = App(pack, board)
    run(app, 100)
    assert app.monitor.severity == 0


@each_pack
@pytest.mark.parametrize("bit", [S.NEGATIVE, S.PRECHARGE, S.POSITIVE])
def test_a_contact_that_is_closed_at_start_is_a_fault_and_self_test_is_passed_only_when_it_has_opened(
    pack: Pack, bit: int
) -> None:
    board = FakeBoard(pack)
    board.welded = bit
    app = App(pack, board)
    passed = 0
    for _ in range(300):
        app.tick()
        passed += app.machine.state == M.STANDBY
    assert passed == 0
    assert app.machine.state == M.FAULT
    assert app.monitor.first_cause == ROWS["boot_feedback"].id
    reset(app, board)
    assert app.machine.state == M.FAULT
    board.welded = 0
    run(app, 20)
    reset(app, board)
    run(app, 30)
    assert app.machine.state == M.STANDBY
    close(app, board)


@each_pack
def test_a_pack_that_was_opened_whole_is_not_taken_for_one_that_starts_with_a_closed_contact(pack: Pack) -> None:
    app, board = driving(pack)
    stop(app, board)
    run(app, 60)
    assert not active(app, "boot_feedback")


def attempts(pack: Pack, times: int, pause_ticks: int) -> tuple[App, FakeBoard]:
    """The link is dead so many times; after each the driver resets, waits and tries again."""
    board = FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    board.link_dead = 1
    for _ in range(times):
        board.request = DRIVE
        while app.machine.state != M.FAULT:
            app.tick()
        reset(app, board)
        run(app, pause_ticks)
    return app, board


@each_pack
def test_after_three_precharges_that_failed_the_fourth_is_one_too_many_until_the_resistor_has_cooled(pack: Pack) -> None:
    app, board = attempts(pack, 3, 20)
    assert not active(app, "precharge_hot")
    board.link_dead = 0
    board.request = DRIVE
    run(app, 40)
    assert active(app, "precharge_hot")
    assert board.coils == 0
    run(app, pack.guards.precharge_cool_ms // 10 * 2)
    reset(app, board)
    assert not active(app, "precharge_hot")
    close(app, board)


def test_precharges_that_fail_now_and_then_find_a_resistor_that_has_cooled() -> None:
    pack = bench_24.PACK
    app, _ = attempts(pack, 5, pack.guards.precharge_cool_ms // 10)
    assert not active(app, "precharge_hot")


@each_pack
def test_drive_stop_charge_stop_drive_over_and_over_within_a_minute_is_no_abuse(pack: Pack) -> None:
    board = FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    for ask in itertools.islice(itertools.cycle((DRIVE, CHARGE)), 12):
        board.request = ask
        run(app, 400)
        assert app.machine.state == (M.DRIVE if ask == DRIVE else M.CHARGE)
        board.request = OPEN
        run(app, 100)
    assert warned(app) <= {"charge_no_progress"}
    assert app.signals.value[N.PRECHARGE_HEAT_count] <= 1


@each_pack
def test_a_precharge_that_succeeds_counts_for_no_less_than_the_energy_that_it_leaves(pack: Pack) -> None:
    """C V^2 / 2 against V^2 T / R of an attempt on a shorted link."""
    board = FakeBoard(pack)
    app = App(pack, board)
    run(app, 30)
    board.request = DRIVE
    while not board.coils & S.PRECHARGE:
        app.tick()
    begun = board.ticks
    close(app, board)
    cooled = (board.ticks - begun) * 10 / pack.guards.precharge_cool_ms
    share = pack.link_capacitance_uF * 1e-6 / 2 / (pack.precharge_timeout_ms / 1000 / (pack.precharge_mohm / 1000))
    felt = app.watch.wear._heat_percent / 100 + cooled
    assert share - 0.01 <= felt < share + 0.04
