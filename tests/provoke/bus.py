"""The wire: commands and statuses that do not come, come spoilt or ask for what there is not, and a controller in trouble."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import CHARGE, DRIVE, FakeBoard
from tests.provoke import Provoker, healed, knobs, silence

SPOILT_BIT = 37
LIMIT_e2e = 2  # of the rows
NO_STATE = 5  # that a vehicle can ask for


def asked_again(app: App, board: FakeBoard) -> None:
    """The vehicle asks for what there is."""
    board.request = DRIVE if app.machine.state == M.DRIVE else CHARGE


def spoilt(app: App, board: FakeBoard, value: int) -> None:
    """Every command comes with one wrong bit: the check says 3, a wrong sum. At the limit of 2 there is none of those."""
    board.command_flip_bit = SPOILT_BIT if value > LIMIT_e2e else -1


def another_wish(app: App, board: FakeBoard, value: int) -> None:
    """The vehicle asks for a state that there is not."""
    if value:
        board.request = NO_STATE


PROVOKERS = {
    N.COMMAND_AGE_ms: Provoker(
        M.DRIVE, silence(N.COMMAND_AGE_ms, "command_silent"), healed(command_silent=0), push=200, inside=60, lasting=False
    ),
    N.CHARGER_AGE_ms: Provoker(
        M.CHARGE, silence(N.CHARGER_AGE_ms, "charger_silent"), healed(charger_silent=0), push=200, inside=110, lasting=False
    ),
    N.BUS_off: Provoker(M.DRIVE, knobs(controller_state=4), healed(controller_state=1)),
    N.BUS_passive: Provoker(M.DRIVE, knobs(controller_state=3), healed(controller_state=1)),
    N.COMMAND_e2e: Provoker(M.DRIVE, spoilt, healed(command_flip_bit=-1)),
    N.REQUEST_unknown: Provoker(M.DRIVE, another_wish, asked_again),
}
OWN_TESTS = {
    "charger_unsound": "tests/test_link.py",
    "inverter_lost": "tests/test_inverter.py",
}
