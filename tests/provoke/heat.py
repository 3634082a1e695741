"""Temperatures: the windows by direction of current, how they move and stand apart, and what is wrong with a probe."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from bms.safety.stillness import MOVED_ddegC
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, Turn, WARM_ticks, item, item_healed, silence

MILD_ddegC = 250
ODD_ONE = 1
BROKEN = 3
FROZEN = 2
FROZEN_ms = 30_000  # the limit of its row, to which half a minute would go by
SILENT = 5
WINDOW_ms = 2000
A_LITTLE_permille = 80  # of 1 C: enough to be charge or discharge


def calm(app: App, board: FakeBoard) -> None:
    """Every probe as it was, and no current."""
    board.load_mA = 0
    for i in range(len(board.probe_ddegC)):
        board.probe_ddegC[i] = MILD_ddegC


def layers_at(sign: int, c_permille: int) -> Turn:
    """The hottest (or coldest) layer may be at a value, all probes nearly alike, while a current flows."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        board.load_mA = board.pack.cell.capacity_mAh * c_permille // 1000
        beyond = app.bound.hot_ddegC - app.snap.hottest_ddegC if sign > 0 else app.snap.coldest_ddegC - app.bound.cold_ddegC
        for i in range(len(board.probe_ddegC)):
            board.probe_ddegC[i] = value - sign * (beyond + (0 if i == ODD_ONE else 1))

    return turn


def out_of_range(app: App, board: FakeBoard, value: int) -> None:
    """A probe reads so much less than it can."""
    board.probe_ddegC[ODD_ONE] = board.pack.probe_sensor.low_m // 100 - value


def stands_apart(app: App, board: FakeBoard, value: int) -> None:
    """A probe is so much farther from the others than they may be apart."""
    board.probe_ddegC[ODD_ONE] = MILD_ddegC + app.watch.probes.agree_ddegC + value


def stretched(app: App, board: FakeBoard, value: int) -> None:
    """Two layers of a stack are so far apart; beyond what ceramics do not stand they may be, as far as probes err."""
    fault_ddegC = board.pack.guards.gradient_ddegC[2]
    apart = value - app.watch.probes.errors_ddegC if value > fault_ddegC else min(value, fault_ddegC - 30)
    board.probe_ddegC[ODD_ONE] = MILD_ddegC + apart


def warms(app: App, board: FakeBoard, value: int) -> None:
    """A probe gains so much at once."""
    board.probe_ddegC[ODD_ONE] = MILD_ddegC + value


def stands_still(app: App, board: FakeBoard, value: int) -> None:
    """All probes but one move so far that it counts, or not quite; most of the time it takes has gone by."""
    step = MOVED_ddegC if value > FROZEN_ms else MOVED_ddegC - 1
    for i in range(len(board.probe_ddegC)):
        board.probe_ddegC[i] = MILD_ddegC + (0 if i == FROZEN else step)
    app.watch.probes.stillness._still_ms[FROZEN] = value - 500


def runs_away(app: App, board: FakeBoard, value: int) -> None:
    """All probes have been where nothing may be so hot for a while; one goes on from there at a steady rate."""
    probes = app.watch.probes
    start = probes._hot_ddegC
    elapsed_ms = (board.ticks - WARM_ticks) * board.tick_ms
    if elapsed_ms == 0:
        for i in range(len(board.probe_ddegC)):
            board.probe_ddegC[i] = start
        for k in range(len(probes._past_ddegC)):
            probes._past_ddegC[k] = start
    board.probe_ddegC[ODD_ONE] = start + elapsed_ms * (value - probes.noise_ddegC) // WINDOW_ms


def _window(sign: int, state: int, c_permille: int) -> Provoker:
    return Provoker(state, layers_at(sign, c_permille), calm, ODD_ONE, push=2, inside=2, lasting=False)


def _wire(reason: int) -> Provoker:
    return Provoker(M.DRIVE, item("probe_reason", BROKEN, reason), item_healed("probe_reason", BROKEN, 0), BROKEN)


def _one(turn: Turn, where: int = ODD_ONE) -> Provoker:
    return Provoker(M.DRIVE, turn, calm, where)


_QUIET = silence(N.PROBE_AGE_ms, "probe_silent", SILENT)

PROVOKERS = {
    N.HOT_CHARGE_ddegC: _window(1, M.CHARGE, A_LITTLE_permille),
    N.COLD_CHARGE_ddegC: _window(-1, M.CHARGE, A_LITTLE_permille),
    N.HOT_DISCHARGE_ddegC: _window(1, M.DRIVE, -A_LITTLE_permille),
    N.COLD_DISCHARGE_ddegC: _window(-1, M.DRIVE, -A_LITTLE_permille),
    N.HOT_ddegC: _window(1, M.DRIVE, 0),
    # ages go in rounds of 100 ms
    N.PROBE_AGE_ms: Provoker(
        M.DRIVE, _QUIET, item_healed("probe_silent", SILENT, 0), SILENT, inside=100, spike=False, lasting=False
    ),
    N.PROBE_BEYOND_ddegC: _one(out_of_range),
    N.PROBE_WIRE_open: _wire(S.OPEN_WIRE),
    N.PROBE_WIRE_short: _wire(S.OUT_OF_RANGE),
    N.PROBE_ODD_ddegC: _one(stands_apart),
    N.PROBE_FROZEN_ms: _one(stands_still, FROZEN),
    N.RISE_ddegC: _one(warms),
    N.GRADIENT_ddegC: _one(stretched, 0),
    N.RUNAWAY_ddegC: Provoker(M.DRIVE, runs_away, calm, ODD_ONE, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
