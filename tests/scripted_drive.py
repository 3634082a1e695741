"""A drive with everything in it, for the board in memory, the same on CPython and MicroPython.

It goes through every state of the machine and three faults, and back to driving. Units: mV, mA, ddegC.
"""

from tests.fake_board import CHARGE, DRIVE, OPEN, SERVICE, FakeBoard, FULL_LAYER_mV

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bms.app import App

# tick, knob, value
SCRIPT = (
    (0, "current_silent", 1),
    (6, "current_silent", 0),
    (30, "request", DRIVE),
    (150, "load_mA", -15000),
    (260, "load_mA", 6000),
    (300, "load_mA", 0),
    (310, "request", OPEN),
    (380, "request", SERVICE),
    (400, "request", OPEN),
    (410, "request", CHARGE),
    (520, "charger_state", 2),
    (560, "load_mA", 8000),
    (600, "crash_seen", 1),
    (620, "crash_seen", 0),
    (625, "load_mA", 0),
    (630, "request", OPEN),
    (660, "reset_faults", 1),
    (680, "reset_faults", 0),
    (700, "request", DRIVE),
    (820, "load_mA", -20000),
    (850, "current_silent", 1),
    (880, "current_silent", 0),
    (900, "load_mA", 0),
    (905, "request", OPEN),
    (930, "reset_faults", 1),
    (950, "reset_faults", 0),
    (960, "request", DRIVE),
    (1060, "load_mA", -4000),
    (1090, "command_silent", 1),
    (1150, "command_silent", 0),
)
SCRIPT_TICKS = 1200
# The states of the machine in the order in which the script visits them.
SCRIPT_STATES = (1, 0, 2, 3, 5, 0, 7, 0, 2, 4, 6, 0, 2, 3, 6, 0, 2, 3, 5, 6)


def play(app: "App", board: FakeBoard, tick: int) -> None:
    """Turns the knobs of this tick, lets the measured world wander a little, and runs one tick."""
    for at, knob, value in SCRIPT:
        if at == tick:
            setattr(board, knob, value)
    for g in range(len(board.group_mV)):
        n = board.pack.taps[g % board.groups_per_stack]
        board.group_mV[g] = n * FULL_LAYER_mV + (tick * 7 + g * 13) % 11 - 5 + board.current_mA // 1000 * n * 2
    for i in range(len(board.probe_ddegC)):
        board.probe_ddegC[i] = 250 + (tick // 40 + i) % 9
    app.tick()
