"""A charge that does not go as it was asked for, by the charger's own word or by what the pack measures."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, healed
from tests.provoke.current import measured_dA

CHARGING, FAILED = 2, 3  # CHG_STATUS.charger_state
PATIENCE_ms = 30_000


def failed(app: App, board: FakeBoard, value: int) -> None:
    """The charger says that it has failed."""
    board.charger_state = FAILED if value else CHARGING


def apart(app: App, board: FakeBoard, value: int) -> None:
    """The charger measures more than the link has."""
    board.charger_error_mV = value + board.link_mV // 100


def says_too_much(app: App, board: FakeBoard, value: int) -> None:
    """The charger says that it gives more than it was asked for."""
    board.charger_current_dA = measured_dA(app, app.watch.charging.line_dA + value)


def idle(app: App, board: FakeBoard, value: int) -> None:
    """Hardly a current has come for nearly as long as is allowed; it comes just in time, or not at all."""
    signal = app.signals.value[N.NO_PROGRESS_ms]
    if signal < PATIENCE_ms - 1000:
        app.signals.value[N.NO_PROGRESS_ms] = PATIENCE_ms - 1000
    board.load_mA = board.pack.cell.capacity_mAh // 20 if value <= PATIENCE_ms and signal >= value else 0


def flowing(app: App, board: FakeBoard) -> None:
    """The charger gives a little."""
    board.load_mA = board.pack.cell.capacity_mAh // 20


def overfilled(app: App, board: FakeBoard, value: int) -> None:
    """Hours of charge are in the count."""
    charging = app.watch.charging
    unit_dAs = app.coulomb.capacity_mAs // 100_000
    charging.net_dAs = charging.room_dAs + value * unit_dAs + unit_dAs // 2


def emptied(app: App, board: FakeBoard) -> None:
    """Nothing is in the count."""
    app.watch.charging.net_dAs = 0


PROVOKERS = {
    N.CHARGER_OVER_dA: Provoker(M.CHARGE, says_too_much, healed(charger_current_dA=-1), lasting=False),  # the request rises
    N.CHARGER_failed: Provoker(M.CHARGE, failed, healed(charger_state=CHARGING)),
    N.CHARGER_APART_mV: Provoker(M.CHARGE, apart, healed(charger_error_mV=0)),
    N.OVERFILLED_permille: Provoker(M.CHARGE, overfilled, emptied),
    N.NO_PROGRESS_ms: Provoker(M.CHARGE, idle, flowing, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
