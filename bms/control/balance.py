"""Balancing: when groups are bled, and who may look at their voltages meanwhile.

What is bled is charge, never a voltage: the estimators say by how much a group certainly has more than the lowest, and
bleeders.py counts what has been taken. Bleeders share the wires that voltages are measured by: a bled group reads low by its
current in both wires, a neighbour high by what flows in the wire between them. So bleeding is cut up:
    1 round     widened: bounds, sums and comparisons of sisters allow for what the wires may do to a reading
    BLEED_ms    bleeding
    SETTLE_ms   bleeders off, still widened
    PAUSE_ms    pausing: voltages are what they always are; the SoC filter and the ledger's anchor look again
While `disturbed` protection goes on with wider errors and is never blind, and whoever learns from a voltage does not look.
After BLOCK_ms of this nothing is bled for MEASURE_ms: those who compare groups (delta, leak, knee) work only then, since what
is taken also turns a group's hysteresis; `busy` tells them to wait.

Nothing is bled unless the pack has rested for REST_s and all is well: no fault that derates or worse, nothing suspect, no group
that strays from its sisters, temperatures at which a pack is well kept, and bounds that have room for being widened. Once a
round of ten ticks. Units: mAs, ms, ddegC, mV of a layer unless said.
"""

from micropython import const

from bms.control.bleeders import BLEED_ms, Bleeders

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.coulomb import Coulomb
    from bms.safety.machine import Machine
    from bms.safety.plausible import Plausible
    from bms.safety.signals import Signals
    from bms.safety.sisters import Sisters
    from bms.schema import Pack

# Copies of what machine.py, faults.py and their neighbours say: no look-up; a test holds them together.
_LIMIT_INFO = const(0)
_STANDBY = const(0)
_LIMIT_WARN = const(1)
_DRIVE = const(3)
_DERATE = const(3)
_CHARGE = const(4)
_GROUP_leaks = const(102)

# BMS_BALANCE.balance_state
IDLE = const(0)
BLEEDING = const(1)
PAUSING = const(2)
MEASURING = const(3)

LEAD_mohm = const(250)  # largest resistance of the wire to a tap, contacts and fuse included; assumed
REST_s = const(3600)  # as long as those who compare groups have between two blocks
SETTLE_ms = const(300)
PAUSE_ms = const(10000)
BLOCK_ms = const(10800000)
MEASURE_ms = const(3600000)
ASK_ms = const(600000)  # between two questions, where nothing was owed
BAND_ddegC = const(20)
_uV_PER_mV = const(1000)
_TIME_MAX_ms = const(100000000)


class Balance:
    """`fitted`: there are bleeders, and step() has to be called. `asks`: the estimators are to write `bleeders.excess_mAs` and
    to set `told`. `mean_mAs`: what the mean layer has lost since take_mean_mAs(). `disturbed`, `busy` as above."""

    def __init__(
        self, pack: "Pack", groups: int, signals: "Signals", bound: "Bound", plausible: "Plausible", coulomb: "Coulomb"
    ) -> None:
        cell = pack.cell
        self._value = signals.value
        self._bound = bound
        self._plausible = plausible
        self._coulomb = coulomb
        self.bleeders = Bleeders(pack, groups)
        lead_mV = (self.bleeders.most_mA * LEAD_mohm + _uV_PER_mV - 1) // _uV_PER_mV
        self._layer_mV = 2 * lead_mV // min(pack.taps) + 1
        self._stack_mV = 2 * lead_mV
        self._sister_mV = 4 * lead_mV * max(pack.taps) // min(pack.taps) + 1
        self._high_mV = cell.v_max_mV[_LIMIT_WARN] - self._layer_mV
        self._low_mV = cell.v_min_mV[_LIMIT_INFO] + self._layer_mV
        self._coldest_ddegC, self._hottest_ddegC = pack.thermal.storage_ddegC
        self.fitted = pack.bleed_mA > 0
        self.mean_mAs = 0
        self.asks = False
        self.told = False
        self.busy = False
        self.disturbed = False
        self.state = IDLE
        self._on = False
        self._state_ms = 0
        self._block_ms = 0
        self._wait_ms = 0
        self._leaks = 0

    def step(
        self, sisters: "Sisters", machine: "Machine", severity: int, suspect: int, soc_permille: int, round_ms: int
    ) -> int:
        """Once a round. `soc_permille`: -1 while what the estimators say may not be used. Returns the state."""
        state = self.state
        if state == IDLE and sisters.resting_s < REST_s:
            self.asks = False
            self.told = False
            return IDLE
        self.bleeders.pass_time(round_ms)
        if self._state_ms < _TIME_MAX_ms:
            self._state_ms += round_ms
        if self._block_ms < _TIME_MAX_ms:
            self._block_ms += round_ms
        allowed = self._allowed(sisters, machine, severity, suspect, soc_permille)
        if state == BLEEDING:
            self._bleed(allowed, round_ms)
        elif state == PAUSING:
            self._pause(sisters, allowed)
        else:
            self._wait(sisters, allowed)
        return self.state

    def take_mean_mAs(self) -> int:
        """What the mean layer has lost since the last call."""
        lost = self.mean_mAs
        self.mean_mAs = 0
        return lost

    def _allowed(self, sisters: "Sisters", machine: "Machine", severity: int, suspect: int, soc_permille: int) -> bool:
        if severity >= _DERATE or suspect or soc_permille < 0 or sisters.stray_mV or sisters.resting_s < REST_s:
            return False
        state = machine.state
        if state != _STANDBY and state != _DRIVE and state != _CHARGE:
            return False
        if self._leaks != self._value[_GROUP_leaks]:
            return False
        bound = self._bound
        high_mV = bound.layer_high_mV
        low_mV = bound.layer_low_mV
        if self.disturbed:
            high_mV -= self._layer_mV
            low_mV += self._layer_mV
        if high_mV >= self._high_mV or low_mV <= self._low_mV:
            return False
        band = 0 if self.busy else BAND_ddegC
        return bound.hot_ddegC <= self._hottest_ddegC - band and bound.cold_ddegC >= self._coldest_ddegC + band

    def _bleed(self, allowed: bool, round_ms: int) -> None:
        """The first round only widens; what the wires do is allowed for before they do it."""
        bleeders = self.bleeders
        if self._on:
            lost_mAs = bleeders.count(round_ms)
            self.mean_mAs += lost_mAs
            self._coulomb.bleed(lost_mAs)
        elif allowed:
            bleeders.switch_on()
            self._on = True
            return
        if not allowed or self._state_ms >= BLEED_ms:
            bleeders.switch_off()
            self._on = False
            self._enter(PAUSING)

    def _pause(self, sisters: "Sisters", allowed: bool) -> None:
        if self.disturbed:
            if self._state_ms >= SETTLE_ms:
                self._widen(sisters, 0)
        elif not allowed or self._block_ms >= BLOCK_ms or (self._state_ms >= PAUSE_ms and not self._begin(sisters)):
            self._leave(MEASURING, MEASURE_ms)

    def _wait(self, sisters: "Sisters", allowed: bool) -> None:
        """Between two blocks. What was owed is what was known then: the next block asks anew."""
        if not allowed:
            self._leaks = self._value[_GROUP_leaks]
            self.asks = False
            self.told = False
            if self.state == MEASURING:
                self.bleeders.owe(0)
                self._leave(IDLE, ASK_ms)
        elif not self.told:
            self.asks = self._state_ms >= self._wait_ms
        else:
            self.asks = False
            self.told = False
            self._block_ms = 0
            self.bleeders.owe(1)
            if not self._begin(sisters):
                self.bleeders.owe(0)
                self._leave(IDLE, ASK_ms)

    def _begin(self, sisters: "Sisters") -> bool:
        """A stretch of bleeding, where anybody is owed one."""
        if not self.bleeders.pick():
            return False
        self.busy = True
        self._widen(sisters, 1)
        self._enter(BLEEDING)
        return True

    def _widen(self, sisters: "Sisters", times: int) -> None:
        """What judges a voltage allows for what the wires may do to it (1), or need not any more (0)."""
        self.disturbed = times > 0
        self._bound.disturb(times * self._layer_mV)
        self._plausible.disturb(times * self._stack_mV)
        sisters.disturb(times * self._sister_mV)

    def _leave(self, state: int, wait_ms: int) -> None:
        """Nothing is bled for so long."""
        self.busy = False
        self._wait_ms = wait_ms
        self._enter(state)

    def _enter(self, state: int) -> None:
        self.state = state
        self._state_ms = 0
