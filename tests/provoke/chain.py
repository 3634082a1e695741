"""Front ends that do not measure: counters that stand still, open taps, failed checks, chips that do not answer."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from tests.fake_board import FakeBoard, FULL_LAYER_mV
from tests.provoke import Heal, Provoker, TICK_ms, Turn, healed

ASTRAY = 2
FROZEN_ms = 150
STILL_ms = 3000
SHAKE_mV = 45  # of a layer


def until(signal: int, knob: str, limit_ms: int = FROZEN_ms) -> Turn:
    """What grows while a knob is turned: for good, or let go whenever it would grow beyond `value`."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        lasting = value > limit_ms or app.signals.value[signal] + TICK_ms <= value
        setattr(board, knob, 1 if lasting else 0)

    return turn


def reason(reason: int) -> Turn:
    """One group has a reason for no value."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        board.group_reason[ASTRAY] = reason if value else 0

    return turn


def sound(app: App, board: FakeBoard) -> None:
    """Every group has a value again."""
    board.group_reason[ASTRAY] = 0


def told(knob: str) -> Turn:
    """The front end tells of its own health."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        setattr(board, knob, value)

    return turn


def shaken(app: App, board: FakeBoard, value: int) -> None:
    """All groups but one move for a moment and come back; the one stands still, or moves ahead of its time."""
    signal = app.signals.value[N.GROUP_FROZEN_ms]
    if value <= STILL_ms and signal >= value - 100:
        board.group_mV[ASTRAY] += 1
    per_stack = board.groups_per_stack
    for g in range(len(board.group_mV)):
        if g != ASTRAY:
            n = board.pack.taps[g % per_stack]
            board.group_mV[g] = (FULL_LAYER_mV + (0 if signal else SHAKE_mV)) * n


def moving(app: App, board: FakeBoard) -> None:
    """The frozen group shows another value, and the others are where they were."""
    per_stack = board.groups_per_stack
    for g in range(len(board.group_mV)):
        board.group_mV[g] = FULL_LAYER_mV * board.pack.taps[g % per_stack] + (2 if g == ASTRAY else 0)


def _growing(signal: int, knob: str, limit_ms: int = FROZEN_ms) -> Provoker:
    return Provoker(M.DRIVE, until(signal, knob, limit_ms), _off(knob), lasting=False)


def _off(knob: str) -> Heal:
    return healed(**{knob: 0})


PROVOKERS = {
    N.CURRENT_FROZEN_ms: _growing(N.CURRENT_FROZEN_ms, "current_frozen"),
    N.VOLTAGES_FROZEN_ms: _growing(N.VOLTAGES_FROZEN_ms, "voltages_frozen"),
    N.INPUTS_FROZEN_ms: _growing(N.INPUTS_FROZEN_ms, "inputs_frozen"),
    N.CHAIN_FROZEN_ms: _growing(N.CHAIN_FROZEN_ms, "chain_frozen"),
    N.CHAIN_AGE_ms: _growing(N.CHAIN_AGE_ms, "chain_silent", 100),
    N.GROUP_WIRE_open: Provoker(M.DRIVE, reason(S.OPEN_WIRE), sound, ASTRAY),
    N.GROUP_CRC_bad: Provoker(M.DRIVE, reason(S.CRC_ERROR), sound, ASTRAY),
    N.CHIPS_lost: Provoker(M.DRIVE, told("lost_chips_bits"), _off("lost_chips_bits")),
    N.REFERENCE_bad: Provoker(M.DRIVE, told("reference_error"), _off("reference_error")),
    N.BROWN_OUT_seen: Provoker(M.DRIVE, told("brown_out_seen"), _off("brown_out_seen")),
    N.CHAIN_CRC_bad: Provoker(M.DRIVE, told("crc_error_chips"), _off("crc_error_chips")),
    N.GROUP_FROZEN_ms: Provoker(M.DRIVE, shaken, moving, ASTRAY, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
