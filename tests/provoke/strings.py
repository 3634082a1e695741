"""Voltages by the sensors of stacks and pack: against the limits of a layer, and against the sum of what is inside."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, Turn, healed, item_healed

STACK = 0


def stack_reads(sign: int) -> Turn:
    """The sensor of one stack reads what puts the bound of its mean layer at a value."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        strings = app.watch.strings
        groups_mV = sum(board.group_mV[STACK * board.groups_per_stack : (STACK + 1) * board.groups_per_stack])
        board.stack_error_mV[STACK] = value * strings._stack_layers - sign * strings._stack_error_mV - groups_mV

    return turn


def pack_reads(sign: int) -> Turn:
    """The pack's sensor reads what puts the bound of its mean layer at a value."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        strings = app.watch.strings
        board.pack_error_mV = value * strings._pack_layers - sign * strings._pack_error_mV - sum(board.group_mV)

    return turn


def stack_apart(app: App, board: FakeBoard, value: int) -> None:
    """One stack and its groups disagree by so much more than both may err."""
    board.stack_error_mV[STACK] = app.plausible.sum_tolerance_mV + value


def pack_apart(app: App, board: FakeBoard, value: int) -> None:
    """The pack and its stacks disagree by so much more than all may err."""
    board.pack_error_mV = app.plausible._string_tolerance_mV + value


_OWN = item_healed("stack_error_mV", STACK, 0)
_WHOLE = healed(pack_error_mV=0)

PROVOKERS = {
    N.STACK_HIGH_mV: Provoker(M.DRIVE, stack_reads(1), _OWN, STACK),
    N.STACK_LOW_mV: Provoker(M.DRIVE, stack_reads(-1), _OWN, STACK),
    N.PACK_HIGH_mV: Provoker(M.DRIVE, pack_reads(1), _WHOLE),
    N.PACK_LOW_mV: Provoker(M.DRIVE, pack_reads(-1), _WHOLE),
    N.STACK_SUM_mV: Provoker(M.DRIVE, stack_apart, _OWN, STACK),
    N.STRING_SUM_mV: Provoker(M.DRIVE, pack_apart, _WHOLE),
}
OWN_TESTS: dict[str, str] = {}
