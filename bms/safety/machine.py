"""State of the BMS. A Moore machine: what is closed and what current may flow is read off the state, nowhere else.

Faults come first in every state: trip-now opens at once, trip-after-ramp goes through OPENING, where limits are zero and the
contactors stay until little current flows or time is up. FAULT is left only when the monitor holds no trip any more, into
SELF_TEST where that has never been passed. After a fault, after start, and after a precharge that ran out of time nothing
closes until the vehicle has asked for "open" once: a wish that stood through the fault is no wish. A precharge that is given
up opens at once, for nothing but the resistor's current flows. STANDBY, DRIVE, CHARGE, FAULT and SERVICE are rests: the
contactors are open, or a lost command opens them. Every other state has a time after which it is left.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_TRIP_AFTER_RAMP = const(4)
_TRIP_NOW = const(5)
_LINK_FALL_ms = const(6000)

STANDBY = const(0)
SELF_TEST = const(1)
PRECHARGE = const(2)
DRIVE = const(3)
CHARGE = const(4)
OPENING = const(5)
FAULT = const(6)
SERVICE = const(7)

# What the vehicle may wish: VCU_COMMAND.request
WISH_OPEN = const(0)
WISH_DRIVE = const(1)
WISH_CHARGE = const(2)
WISH_SERVICE = const(3)
WISH_NOTHING = const(4)  # no valid command in time: nothing new is begun on an old wish

SELF_TEST_MAX_ms = const(3200)  # the row self_test_failed is to name it first
_TIME_MAX_ms = const(60000)

# state: name, wants the contactors closed, charge may flow, discharge may flow
STATES = (
    ("standby", 0, 0, 0),
    ("self_test", 0, 0, 0),
    ("precharge", 1, 0, 0),
    ("drive", 1, 1, 1),
    ("charge", 1, 1, 0),
    ("opening", 1, 0, 0),
    ("fault", 0, 0, 0),
    ("service", 0, 0, 0),
)


class Machine:
    """`state`, how long it lasts (`in_state_ms`), and what that state means."""

    def __init__(self, pack: "Pack") -> None:
        self._open_current_dA = pack.open_current_dA
        self._open_timeout_ms = pack.open_timeout_ms
        self._precharge_timeout_ms = pack.precharge_timeout_ms * 2 + _LINK_FALL_ms
        self.state = SELF_TEST
        self.in_state_ms = 0
        self.armed = False  # the vehicle has asked for "open" since the last time nothing was allowed to close
        self.tripped = False  # a fault led into this state
        self.held = False  # set before step(): nothing begins to close
        self.barred = False  # set before step(): no charge flows until the contactors have opened
        self.forced = False  # the last opening did not wait until the current had fallen: time was up
        self.tested = False  # the self-test has been passed
        self.drove = False  # it drives, or opens after it drove
        self.closed_wanted = 0
        self.charge_allowed = 0
        self.discharge_allowed = 0

    @micropython.native
    def step(self, severity: int, wish: int, ready: bool, closed: bool, current_dA: int, dt_ms: int) -> int:
        """One tick. `ready`: every measurement has come; `closed`: the contactors have been proven closed."""
        state = self.state
        if self.in_state_ms < _TIME_MAX_ms:
            self.in_state_ms += dt_ms
        settled = wish == WISH_DRIVE if state == DRIVE else state == CHARGE and wish == WISH_CHARGE
        if settled and severity < _TRIP_AFTER_RAMP and not self.barred:
            return state
        if wish == WISH_OPEN and state != FAULT and not self.tripped:
            self.armed = True
        little = current_dA < self._open_current_dA and current_dA > -self._open_current_dA
        after = self._next(state, severity, wish, ready, closed, little)
        if after != state:
            self.state = after
            self.in_state_ms = 0
            self.tripped = severity >= _TRIP_AFTER_RAMP
            if after == FAULT or self.tripped:
                self.armed = False
            elif after == PRECHARGE:
                self.forced = False
            if after != OPENING:
                self.barred = False
                self.drove = after == DRIVE
        row = STATES[after]
        self.closed_wanted = row[1]
        self.charge_allowed = 0 if self.barred else row[2]
        self.discharge_allowed = row[3]
        return after

    def _next(self, state: int, severity: int, wish: int, ready: bool, closed: bool, little: bool) -> int:
        """The state after this one: pure but for in_state_ms, and for armed, tested and forced, which it may change."""
        if severity >= _TRIP_NOW:
            return FAULT
        if state == FAULT:
            if severity >= _TRIP_AFTER_RAMP:
                return FAULT
            return STANDBY if self.tested else SELF_TEST
        if severity >= _TRIP_AFTER_RAMP:
            if state == DRIVE or state == CHARGE:
                return OPENING
            if state != OPENING:
                return FAULT
        if state == OPENING:
            if little or self.in_state_ms >= self._open_timeout_ms:
                self.forced = not little
                return FAULT if self.tripped or severity >= _TRIP_AFTER_RAMP else STANDBY
            return OPENING
        if state == SELF_TEST:
            if ready:
                self.tested = True
                return STANDBY
            return SELF_TEST if self.in_state_ms < SELF_TEST_MAX_ms else FAULT
        if state == STANDBY:
            if wish == WISH_SERVICE:
                return SERVICE
            if self.armed and ready and not self.held and (wish == WISH_DRIVE or wish == WISH_CHARGE):
                return PRECHARGE
            return STANDBY
        if state == SERVICE:
            return SERVICE if wish == WISH_SERVICE else STANDBY
        if state == PRECHARGE and not closed:
            if self.in_state_ms >= self._precharge_timeout_ms:
                self.armed = False
                return STANDBY
            return PRECHARGE if wish == WISH_DRIVE or wish == WISH_CHARGE else STANDBY
        if wish == WISH_DRIVE:
            return DRIVE
        if wish == WISH_CHARGE and not self.barred:
            return CHARGE
        return OPENING if state == PRECHARGE or wish == WISH_OPEN or wish == WISH_SERVICE else state
