"""How the world provokes each signal that a fault row looks at: knobs of the board in memory, by topic, one entry a signal.

`turn(app, board, value)` turns knobs so that the signal comes to `value` in its own unit, or as near as the sensors' steps
allow: `push` beyond its limit is certainly beyond it, `inside` of its limit certainly not. `heal(app, board)` takes it back.
Between the two the knobs stay as they are; what needs time (a count, an age, a ramp) grows by itself from tick to tick.
A topic has PROVOKERS, signal -> Provoker, and OWN_TESTS, name of a row -> the test that provokes it where no entry here can.
"""

from collections.abc import Callable
from typing import NamedTuple

from bms.app import App
from bms.can import frames as W
from bms.safety import machine as M
from bms.schema import Pack
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard

TICK_ms = 10
WARM_ticks = 200

Turn = Callable[[App, FakeBoard, int], None]
Heal = Callable[[App, FakeBoard], None]


class Provoker(NamedTuple):
    """One signal: in which state of the machine it is provoked, and how."""

    state: int  # M.STANDBY, M.DRIVE or M.CHARGE
    turn: Turn
    heal: Heal
    where: int = 255  # the place that must be named; 255: nowhere
    push: int = 1  # units beyond a limit at which the signal is beyond it for certain
    inside: int = 0  # units inside the limit at which it is not, for certain
    spike: bool = True  # a single sample of it can be shown: turn, one sample, heal
    lasting: bool = True  # turning again in every tick changes nothing; else `turn` is called once a tick


def knobs(**values: int) -> Turn:
    """Turns plain knobs for a signal that is a flag; for a value of 0 they stay."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        for name, setting in values.items():
            if value:
                setattr(board, name, setting)

    return turn


def silence(signal: int, name: str, k: int = -1) -> Turn:
    """One source is silent until the signal, an age, has come to the value. Must be turned in every tick."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        silent = int(app.signals.value[signal] < value)
        if k < 0:
            setattr(board, name, silent)
        else:
            getattr(board, name)[k] = silent

    return turn


def healed(**values: int) -> Heal:
    """Sets plain knobs back."""

    def heal(app: App, board: FakeBoard) -> None:
        for name, setting in values.items():
            setattr(board, name, setting)

    return heal


def item(name: str, k: int, setting: int) -> Turn:
    """Turns one of several, for a signal that is a flag."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        if value:
            getattr(board, name)[k] = setting

    return turn


def item_healed(name: str, k: int, setting: int) -> Heal:
    """Sets one of several back."""

    def heal(app: App, board: FakeBoard) -> None:
        getattr(board, name)[k] = setting

    return heal


def in_state(pack: Pack, state: int, stored_permille: int = -1) -> tuple[App, FakeBoard]:
    """The firmware after it has stood by, driven or charged for long enough that its limits have risen."""
    board = FakeBoard(pack, stored_permille)
    app = App(pack, board)
    for k in range(WARM_ticks):
        if k == 20 and state != M.STANDBY:
            board.request = DRIVE if state == M.DRIVE else CHARGE
        app.tick()
    assert app.machine.state == state
    assert app.monitor.severity == 0
    assert zero(board) == (state == M.STANDBY)
    return app, board


def zero(board: FakeBoard) -> bool:
    """No current is allowed, as the wire says."""
    frame = W.BmsLimits()
    assert frame.unpack(board.frames[W.BmsLimits.ID])
    return (frame.charge_limit_dA, frame.discharge_limit_dA) == (0, 0)


def press_reset(app: App, board: FakeBoard) -> None:
    """The driver asks for open, then for a reset."""
    board.request = OPEN
    for pressed in (0, 1, 0):
        board.reset_faults = pressed
        for _ in range(8):
            app.tick()
