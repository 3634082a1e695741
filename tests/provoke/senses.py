"""Sensors and inputs: silent, out of range, at odds with each other; loops and inputs that open at once."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.plausible import sensor_error_m
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, Turn, healed, item_healed, knobs, silence

LONG_ms = 200  # beyond a deadline: the debounce is over before it speaks again


def beyond_line(sign: int) -> Turn:
    """A current so many dA beyond the trip line of its direction as that stood when it began to flow."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        line_dA = app.window.charge_line_dA if sign > 0 else app.window.discharge_line_dA
        board.load_mA = sign * (line_dA + value) * 100

    return turn


def apart(app: App, board: FakeBoard, value: int) -> None:
    """Sensor B differs from A by what both may err, and `value`."""
    b = board.pack.current_b_sensor
    assert b is not None
    board.b_error_mA = sensor_error_m(board.pack.current_a_sensor, 0) + sensor_error_m(b, 0) + value


def out_of_range(app: App, board: FakeBoard, value: int) -> None:
    """The group's converter is full, which counts as one beyond its range."""
    board.group_reason[2] = S.OUT_OF_RANGE if value else 0


def silent(signal: int, knob: str, k: int = -1) -> Provoker:
    """A source that keeps silent until its age is where it is wanted, and speaks in every tick otherwise."""
    heal = healed(**{knob: 0}) if k < 0 else item_healed(knob, k, 0)
    turn = silence(signal, knob, k)
    return Provoker(M.DRIVE, turn, heal, 255 if k < 0 else k, push=LONG_ms, inside=10, spike=False, lasting=False)


PROVOKERS = {
    N.CHARGE_BEYOND_dA: Provoker(M.CHARGE, beyond_line(1), healed(load_mA=0), push=2),
    N.DISCHARGE_BEYOND_dA: Provoker(M.DRIVE, beyond_line(-1), healed(load_mA=0), push=2),
    N.GROUP_AGE_ms: silent(N.GROUP_AGE_ms, "group_silent", 3),
    N.STACK_AGE_ms: silent(N.STACK_AGE_ms, "stack_silent", 0),
    N.CURRENT_AGE_ms: silent(N.CURRENT_AGE_ms, "current_silent"),
    N.CURRENT_B_AGE_ms: silent(N.CURRENT_B_AGE_ms, "current_b_silent"),
    N.PACK_AGE_ms: silent(N.PACK_AGE_ms, "pack_silent"),
    N.LINK_AGE_ms: silent(N.LINK_AGE_ms, "link_silent"),
    N.INPUTS_AGE_ms: silent(N.INPUTS_AGE_ms, "inputs_silent"),
    N.GROUP_BEYOND_mV: Provoker(M.DRIVE, out_of_range, item_healed("group_reason", 2, 0), 2),
    N.CURRENT_BEYOND_mA: Provoker(M.DRIVE, knobs(current_reason=S.OUT_OF_RANGE), healed(current_reason=0)),
    N.CURRENT_PAIR_mA: Provoker(M.DRIVE, apart, healed(b_error_mA=0), push=2),
    N.INTERLOCK_open: Provoker(M.DRIVE, knobs(interlock_closed=0), healed(interlock_closed=1)),
    N.CRASH_seen: Provoker(M.DRIVE, knobs(crash_seen=1), healed(crash_seen=0)),
}
OWN_TESTS: dict[str, str] = {}
