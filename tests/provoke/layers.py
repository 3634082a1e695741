"""Voltages of layers: the bounds of the worst, one against its sisters, and what the estimators find of one in hours. Group 2
is the one that goes astray."""

from bms.app import App
from bms.estimate.delta import NOBODY
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import FakeBoard, FULL_LAYER_mV
from tests.provoke import Heal, Provoker, Turn

ASTRAY = 2


def calm(app: App, board: FakeBoard) -> None:
    """Every group as it was."""
    per_stack = board.groups_per_stack
    for g in range(len(board.group_mV)):
        board.group_mV[g] = FULL_LAYER_mV * board.pack.taps[g % per_stack]


def all_layers(sign: int) -> Turn:
    """The bound of the worst layer comes to a value with all groups alike, so that no group is astray."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        extreme = max(board.group_mV) if sign > 0 else min(board.group_mV)
        n = board.pack.taps[0]
        bound = app.bound.layer_high_mV if sign > 0 else app.bound.layer_low_mV
        mean_mV = value - (bound - extreme // n)
        for g in range(len(board.group_mV)):
            board.group_mV[g] = mean_mV * n + (sign if g == ASTRAY else 0)

    return turn


def astray(sign: int) -> Turn:
    """One group has so much more (or less) than its sisters that one layer of it is `value` beyond the spread."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        board.group_mV[ASTRAY] = board.group_mV[0] + sign * (app.watch.sisters.allowed_mV + value)

    return turn


def rested(turn: Turn) -> Turn:
    """The same after the rest that the pack asks for, which a day of it would bring."""

    def late(app: App, board: FakeBoard, value: int) -> None:
        app.watch.sisters.resting_s = board.pack.guards.sister_rest_s
        turn(app, board, value)

    return late


def shifted(app: App, board: FakeBoard, value: int) -> None:
    """What one group has too much its neighbour has too little: the wire between them sits on another layer."""
    mV = app.watch.sisters.allowed_mV + value
    board.group_mV[ASTRAY] = FULL_LAYER_mV * board.pack.taps[ASTRAY] + mV
    board.group_mV[ASTRAY + 1] = FULL_LAYER_mV * board.pack.taps[ASTRAY + 1] - mV


def leaking(app: App, board: FakeBoard, value: int) -> None:
    """The estimators have found, over minutes to hours, that a layer of a group leaks."""
    if value:
        app.groups.leak.group = ASTRAY


def leaks_no_more(app: App, board: FakeBoard) -> None:
    """They no longer find it."""
    app.groups.leak.group = NOBODY


def weak(app: App, board: FakeBoard, value: int) -> None:
    """They have found, over a cycle, that a layer of a group has lost capacity."""
    if value:
        app.groups.delta.weak_group = ASTRAY


def weak_no_more(app: App, board: FakeBoard) -> None:
    """They no longer find it."""
    app.groups.delta.weak_group = NOBODY


def _of(state: int, turn: Turn, heal: Heal = calm, where: int = ASTRAY, **more: int) -> Provoker:
    return Provoker(state, turn, heal, where, **more)  # type: ignore[arg-type]


PROVOKERS = {
    N.LAYER_HIGH_mV: _of(M.DRIVE, all_layers(1), push=4, inside=6, lasting=False),
    N.LAYER_LOW_mV: _of(M.DRIVE, all_layers(-1), push=4, inside=6, lasting=False),
    N.SISTER_REST_mV: _of(M.STANDBY, rested(astray(1)), push=4, inside=8, lasting=False),
    N.SISTER_LOAD_mV: _of(M.DRIVE, astray(1), push=4, inside=8, lasting=False),
    N.COLLAPSE_mV: _of(M.DRIVE, astray(-1), push=3, inside=1),
    N.TAPS_SHIFTED_mV: _of(M.DRIVE, shifted, push=4, inside=8, lasting=False),
    N.GROUP_leaks: _of(M.DRIVE, leaking, leaks_no_more, lasting=False),
    N.GROUP_weak: _of(M.DRIVE, weak, weak_no_more, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
