"""Contactors, their coils, the fuse and the precharge resistor."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from tests.fake_board import DRIVE, OPEN, FakeBoard
from tests.provoke import Provoker, TICK_ms, healed

POSITIVE_bit = 2


def does_not_follow(app: App, board: FakeBoard, value: int) -> None:
    """The auxiliary contact of main positive falls away for so many ms, or for ever where that is too long."""
    lasts = value > board.pack.feedback_timeout_ms or app.contactor.apart_ms + TICK_ms <= value
    board.feedback_stuck_off = S.POSITIVE if lasts else 0


def opened(app: App, board: FakeBoard, value: int) -> None:
    """The driver stops; what is welded stays where it is."""
    board.welded = S.NEGATIVE | S.POSITIVE if value else 0
    board.request = OPEN


def chatters(app: App, board: FakeBoard, value: int) -> None:
    """While it opens, main positive's contact closes and opens again until it has moved so often too often."""
    board.request = OPEN
    opening = not (board.coils or board.contacts) and app.signals.value[N.BOUNCE_count] < value
    board.feedback_stuck_on = S.POSITIVE if opening and not board.feedback_stuck_on else 0


def drives_again(app: App, board: FakeBoard) -> None:
    """Nothing draws, nothing sticks, and the driver closes once more."""
    board.load_mA = 0
    board.feedback_stuck_on = 0
    board.request = DRIVE


def coils_without_supply(app: App, board: FakeBoard, value: int) -> None:
    """The relay of the watchdog has let go."""
    board.coil_supply_present = 0 if value else 1


def blown(app: App, board: FakeBoard, value: int) -> None:
    """The fuse opens."""
    board.fuse_intact = 0 if value else 1


def apart(app: App, board: FakeBoard, value: int) -> None:
    """The pack's own measurement stands above the link's."""
    board.pack_error_mV = value


def draws_on(app: App, board: FakeBoard, value: int) -> None:
    """The driver stops, and the inverter goes on."""
    board.load_mA = -board.pack.open_current_dA * 500 if value else 0
    board.request = OPEN


def impatient(app: App, board: FakeBoard, value: int) -> None:
    """The driver gives up every precharge and begins another, until the resistor has felt so many."""
    enough = app.signals.value[N.PRECHARGE_HEAT_count] >= value
    board.request = OPEN if enough or board.coils & S.PRECHARGE else DRIVE


PROVOKERS = {
    N.FEEDBACK_ms: Provoker(M.DRIVE, does_not_follow, healed(feedback_stuck_off=0), POSITIVE_bit, push=10, lasting=False),
    N.WELDED: Provoker(M.DRIVE, opened, healed(welded=0), 0, spike=False),
    N.BOUNCE_count: Provoker(M.DRIVE, chatters, drives_again, POSITIVE_bit, lasting=False),
    N.COIL_SUPPLY_lost: Provoker(M.DRIVE, coils_without_supply, healed(coil_supply_present=1)),
    N.FUSE_open: Provoker(M.DRIVE, blown, healed(fuse_intact=1)),
    N.LINK_APART_mV: Provoker(M.DRIVE, apart, healed(pack_error_mV=0)),
    N.PRECHARGE_HEAT_count: Provoker(M.STANDBY, impatient, healed(request=OPEN), lasting=False),
    N.OPENING_forced: Provoker(M.DRIVE, draws_on, drives_again),
}
OWN_TESTS = {
    "precharge_slow": "tests/test_contactor.py",
    "precharge_fast": "tests/test_contactor.py",
    "precharge_current": "tests/test_contactor.py",
    "contactor_wear": "tests/test_wear.py",
    "contactor_worn": "tests/test_wear.py",
    "boot_feedback": "tests/test_wear.py",
}
