"""What surrounds the layers: insulation, supply, coolant, force, and the frame that tells of most of it."""

from bms.app import App
from bms.safety import machine as M
from bms.safety import signals as N
from bms.safety import snapshot as S
from tests.fake_board import FakeBoard
from tests.provoke import Provoker, Turn, healed, knobs, silence

WELL = {"supply_mV": 12000, "coolant_inlet_ddegC": 250, "coolant_flow_dl_min": 80, "force_N": 100, "insulation_kohm": 20000}
STEP_ohm_V = 12  # of insulation: a kohm over the volts of the smallest pack


def leaks(app: App, board: FakeBoard, value: int) -> None:
    """Insulation of so many ohms for each volt, or less by what a whole kohm leaves over."""
    volts = -(-app.snap.value[S.PACK_mV] // 1000)
    board.insulation_kohm = value * volts // 1000


def set_to(name: str) -> Turn:
    """A sensor reads the value."""

    def turn(app: App, board: FakeBoard, value: int) -> None:
        setattr(board, name, value)

    return turn


def _reads(name: str) -> Provoker:
    return Provoker(M.DRIVE, set_to(name), healed(**{name: WELL[name]}))


_INSULATED = healed(insulation_kohm=WELL["insulation_kohm"])
_QUIET = silence(N.ENVIRONMENT_AGE_ms, "environment_silent")

PROVOKERS = {
    N.INSULATION_ohm_V: Provoker(M.DRIVE, leaks, _INSULATED, inside=STEP_ohm_V),
    N.INSULATION_silent: Provoker(M.DRIVE, knobs(insulation_kohm=-1), _INSULATED),
    N.SUPPLY_LOW_mV: _reads("supply_mV"),
    N.SUPPLY_HIGH_mV: _reads("supply_mV"),
    N.COOLANT_ddegC: _reads("coolant_inlet_ddegC"),
    N.COOLANT_FLOW_dl_min: _reads("coolant_flow_dl_min"),
    N.FORCE_N: _reads("force_N"),
    N.ENVIRONMENT_AGE_ms: Provoker(M.DRIVE, _QUIET, healed(environment_silent=0), spike=False, lasting=False),
}
OWN_TESTS: dict[str, str] = {}
