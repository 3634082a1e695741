"""Current beyond what was allowed, for as long as the cell stands it, and where none may flow."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, Turn, healed

PART = 200  # of the pulse current, in which overload.py reckons


def measured_dA(app: App, sure_dA: int) -> int:
    """The least measured current of which so much flows for certain."""
    size_dA = sure_dA
    while app.watch.overload.sure_dA(size_dA) < sure_dA:
        size_dA += 1
    return size_dA


def stray(app: App, board: FakeBoard, value: int) -> None:
    """A current that no contactor carries."""
    sensor = board.pack.current_a_sensor
    fixed_mA = (sensor.offset_u + 4 * sensor.noise_u + sensor.lsb_u) // 1000 + 1
    size_mA = value + fixed_mA
    while size_mA - fixed_mA - size_mA // 1000 * sensor.gain_ppm // 1000 < value:
        size_mA += 1
    board.stray_mA = size_mA


def beyond(sign: int) -> Turn:
    """So many dA, for certain, beyond the line of one direction, which an interval that narrows lifts a little."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        overload = app.watch.overload
        line_dA = overload.charge_line_dA if sign > 0 else overload.discharge_line_dA
        lifted_dA = line_dA // 50 if value > 0 else 0
        board.load_mA = sign * 100 * measured_dA(app, line_dA + lifted_dA + value)

    return turn


def pulse(app: App, board: FakeBoard, value: int) -> None:
    """The continuous discharge current flows, which neither fills nor empties what a pulse has left."""
    overload = app.watch.overload
    cont_dA = overload._worse(app.bound, overload._cont_dA)
    pulse_dA = overload._worse(app.bound, overload._pulse_dA)
    part = cont_dA * PART // pulse_dA
    board.load_mA = -100 * measured_dA(app, (part * pulse_dA + PART - 1) // PART)
    if app.signals.value[N.OVERLOAD_permille] != value:
        overload._pulse_ms = value * 10


def regen(app: App, board: FakeBoard, value: int) -> None:
    """The map's charge current flows, which neither fills nor empties what a pulse has left."""
    board.load_mA = 100 * measured_dA(app, app.envelope.map_dA)
    if app.signals.value[N.REGEN_PULSE_permille] != value:
        app.watch.overload._regen_ms = value * 100


NO_LOAD = healed(load_mA=0)
PROVOKERS = {
    N.STRAY_CURRENT_mA: Provoker(M.STANDBY, stray, healed(stray_mA=0)),
    N.CHARGE_OVER_dA: Provoker(M.DRIVE, beyond(1), NO_LOAD, lasting=False),
    N.DISCHARGE_OVER_dA: Provoker(M.DRIVE, beyond(-1), NO_LOAD, lasting=False),
    N.OVERLOAD_permille: Provoker(M.DRIVE, pulse, NO_LOAD, push=3, inside=3, lasting=False),
    N.REGEN_PULSE_permille: Provoker(M.DRIVE, regen, NO_LOAD, push=3, inside=3, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
