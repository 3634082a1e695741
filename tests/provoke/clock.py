"""Time, memory and the firmware itself."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import FakeBoard
from tests.provoke import Provoker

ORDINARY_ms = 10


def slow(app: App, board: FakeBoard, value: int) -> None:
    """Every tick takes as long."""
    board.tick_ms = value


def jump(app: App, board: FakeBoard, value: int) -> None:
    """The board's clock goes back by a day."""
    if value:
        board.now_ms = (board.now_ms - 86_400_000) & 0x3FFFFFFF


def in_time(app: App, board: FakeBoard) -> None:
    """Ticks are as long as they are meant to be."""
    board.tick_ms = ORDINARY_ms


def broken_filter(app: App, board: FakeBoard, value: int) -> None:
    """The filter can no longer be asked."""
    if value:
        app.filter.soc = float("nan")


def the_same(app: App, board: FakeBoard) -> None:
    """The bit turns back."""
    app._audit._sums[7] ^= 4
    app._audit._next = 7


def nothing(app: App, board: FakeBoard) -> None:
    """It heals by itself."""


def another_configuration(app: App, board: FakeBoard, value: int) -> None:
    """A bit of the record turns in memory: one leaf has another sum."""
    if value:
        app._audit._sums[7] ^= 4
        app._audit._next = 7


PROVOKERS = {
    N.TICK_ms: Provoker(M.DRIVE, slow, in_time),
    N.ESTIMATOR_failed: Provoker(M.DRIVE, broken_filter, nothing, lasting=False),
    N.CLOCK_jumped: Provoker(M.DRIVE, jump, nothing),
    N.TICKS_missed: Provoker(M.DRIVE, lambda app, board, value: slow(app, board, 110 if value else 10), in_time),
    N.CONFIGURATION_changed: Provoker(M.DRIVE, another_configuration, the_same),
}
OWN_TESTS = {
    "self_test_failed": "tests/test_rows_at_start.py",
    "watchdog_reset": "tests/test_rows_at_start.py",
    "reset_unexpected": "tests/test_rows_at_start.py",
    "store_unreadable": "tests/test_rows_at_start.py",
    "configuration_foreign": "tests/test_rows_at_start.py",
}
