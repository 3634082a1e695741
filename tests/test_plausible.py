"""Sensors that never spoke, a start that does not come to an end, and a layer that may be empty for good: the whole firmware.

Every single row in its time, and not before, is tests/test_rows.py's.
"""

import pytest

from bms.app import App
from bms.packs import bench_24, ev_240
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.provoke import in_state, zero

# At rest before waking: else the cold alone, over what the layers may remember, would be a fault of its own.
PACKS = tuple(replaced(Pack, PACK_FIELDS, pack, wake_memory_dA=0) for pack in (bench_24.PACK, ev_240.PACK))
TICK_ms = 10
NEVER_HEARD = {  # fault: what is silent
    30: ("group_silent", 3),
    31: ("stack_silent", 0),
    32: ("probe_silent", 5),
    33: ("current_silent", None),
    34: ("pack_silent", None),
    35: ("link_silent", None),
    36: ("inputs_silent", None),
}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
@pytest.mark.parametrize("number", NEVER_HEARD)
def test_silence_from_the_first_tick_on_is_a_fault_as_well_and_nothing_ever_closes(number: int, pack: Pack) -> None:
    """foxBMS arms the watch of its current sensor only after the first frame."""
    board = FakeBoard(pack)
    knob, k = NEVER_HEARD[number]
    if k is None:
        setattr(board, knob, 1)
    else:
        getattr(board, knob)[k] = 1
    app = App(pack, board)
    board.request = OPEN
    for k in range(400):
        app.tick()
        board.request = DRIVE if k > 20 else OPEN
        assert board.coils == 0
        assert zero(board)
    assert app.machine.state == M.FAULT


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_self_test_is_given_three_seconds_and_not_less(pack: Pack) -> None:
    board = FakeBoard(pack)
    board.current_silent = 1
    app = App(pack, board)
    ticks = 0
    while app.machine.state != M.FAULT and ticks < 400:
        app.tick()
        ticks += 1
    assert 2900 <= ticks * TICK_ms <= 3100
    assert app.monitor.first_cause == 70


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_reset_by_the_watchdog_is_told_and_does_not_keep_the_pack_from_driving(pack: Pack) -> None:
    board = FakeBoard(pack, cause=3)
    app = App(pack, board)
    for k in range(200):
        board.request = DRIVE if k > 20 else OPEN
        app.tick()
    assert app.monitor.is_active(81)
    assert app.machine.state == M.DRIVE


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_layer_that_may_be_empty_for_good_opens_in_the_tick_that_finds_it(pack: Pack) -> None:
    app, board = in_state(pack, M.DRIVE)
    board.group_mV[2] = 1900 * pack.taps[2]
    for _ in range(6):
        app.tick()
    assert app.monitor.is_active(7)
    assert board.coils == 0
