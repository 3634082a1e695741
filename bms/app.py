"""The firmware: builds every room once, runs the 10 ms tick in its fixed order, and gives slow work one slot a tick.

    sample  summarise  plausible  bound  coulomb  window  watch  monitor  receive  machine  contactors  envelope  send  alive
then one slow slot of TIMETABLE. In three ticks of ten, ahead of send, what the wire tells once a round is made ready. Above
the line nothing allocates and integers decide; an exception there opens the contactors and the watchdog is not fed again.
Below it floats advise; an exception there withdraws the advice, is counted, and the conservative tables remain. The only
file that sees all rooms, and the only one that asks the board for the time.
"""

import gc

import micropython
from micropython import const, heap_lock, heap_unlock

from bms import boot, differences, findings, units
from bms.boot import WATCHDOG
from bms.can.bus import Bus
from bms.can.link import Link
from bms.configuration import Audit, fingerprint, require_ranges
from bms.control.advice import Advice, EXPIRY_ms
from bms.control.envelope import Envelope
from bms.decisions import Decisions
from bms.estimate.ekf import BLANK_SIGMA, SECONDS_PER_HOUR, SocFilter
from bms.estimate.groups import Groups
from bms.keeping import Keeping
from bms.rounds import PHASES, Rounds
from bms.safety.alive import Alive
from bms.safety.bound import Bound
from bms.safety.clock import Clock
from bms.safety.contactor import Contactor
from bms.safety.coulomb import Coulomb
from bms.safety.machine import Machine
from bms.safety.monitor import Monitor
from bms.safety.plausible import Plausible
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.standin import StandIn
from bms.safety.watch import Watch
from bms.safety.window import Window
from bms.schema import layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.board import Board
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_CURRENT_A_mA = const(0)
_FEEDBACK_bits = const(4)
_MAINS = const(7)
_START = const(1)
_SELF_TEST = const(1)
_GROUPS = const(1)
_FIRST_PHASE = const(4)
_PROBES = const(4)
_SELF_TEST_ms = const(28)
_ESTIMATOR_failed = const(35)
_CONFIGURATION_changed = const(97)
_CURRENT_FROZEN_ms = const(78)
_CHAIN_FROZEN_ms = const(81)
_CURRENT = const(8)

_ROUND = const(10)  # ticks
_UNSURE_permille = const(1000)
_ANCHOR_PHASE = const(9)  # after bound and envelope have refreshed
_ANCHORED = const(_GROUPS | _PROBES | _CURRENT)
_ESTIMATED = const(_GROUPS | _PROBES | _CURRENT)
_COLLECT_EVERY = const(10)  # rounds of the timetable between two collections
_START_SIGMA = 0.15
_NOT_SEEN = float("nan")


class App:
    """The whole BMS on one board. `tick()` is all that a main loop calls."""

    def __init__(self, pack: "Pack", board: "Board") -> None:
        self.pack = pack
        self.board = board
        require_ranges(pack)
        stored_permille = board.stored_soc_permille()
        self.snap = Snapshot(pack)
        self.signals = Signals()
        self.clock = Clock(self.signals)
        self.plausible = Plausible(pack, self.signals)
        self.reset_cause = board.reset_cause()
        # known to have rested: what the pack says may linger; else the most that may have flowed
        memory_dA = pack.wake_memory_dA
        if not board.rested() or self.reset_cause == WATCHDOG:
            memory_dA = max(pack.charge_rating_dA, pack.discharge_rating_dA)
        self.bound = Bound(pack, self.signals, memory_dA)
        self.coulomb = Coulomb(pack, stored_permille)
        self.window = Window(pack, self.signals)
        self.monitor = Monitor(pack, self.signals)
        self.machine = Machine(pack)
        self.stand_in = StandIn(pack)
        self.monitor.serve(self.machine, self.stand_in, self.snap)
        self.contactor = Contactor(pack, self.signals)
        self.envelope = Envelope(pack)
        self.rounds = Rounds(self, pack)
        self.watch = Watch(
            pack, self.signals, self.snap, self.bound, self.coulomb, self.machine, self.contactor, self.rounds.insulation
        )
        self.advice = Advice()
        self.alive = Alive(self.signals)
        self.bus = Bus(self.signals)
        self.layers = layer_count(pack)
        self.configuration_crc = fingerprint(pack)
        self._audit = Audit(pack)
        self.link = Link(self)
        self.filter = SocFilter(pack.cell)
        known = stored_permille >= 0
        self.filter.start(units.fraction(stored_permille) if known else 0.5, _START_SIGMA if known else BLANK_SIGMA)
        self.groups = Groups(pack)
        self.groups.bled_mAs = self.rounds.balance.bleeders.bled_mAs
        self.keeping = Keeping(self)
        boot.tell(self.signals, board, self.keeping.sound, self.keeping.foreign)
        self._looked = False
        self._doubt_ms = 0
        self._rated_C = max(pack.charge_rating_dA, pack.discharge_rating_dA) / (pack.cell.capacity_mAh * 0.01)
        self.estimator_failures = 0
        self.lane_failed = False
        self.last_error: Exception | None = None
        self._phase = 0
        self._counted_mAs = 0
        self._counted_ms = 0
        self._round_mAs = 0  # the last whole round
        self._round_ms = 0
        self._fresh = self._believable = False
        self._round = 0
        self._new_ms = 2 * max(pack.group_sensor.period_ms, pack.current_a_sensor.period_ms)
        self._decisions = Decisions()
        groups = self._groups
        # the rooms of the lane in the order of their steps: one look-up for many
        self._look = (
            board, self.clock, self.snap, self.stand_in, self.plausible, self.watch.sisters,
            self.bound, self.coulomb, self.window, self.watch, self.monitor,
        )  # fmt: skip
        self._act = (self.link, self.machine, self.contactor, self.envelope, self.advice, self.rounds)
        self._timetable = (self._estimate, self._check_configuration) + (groups,) * 7 + (self._collect,)

    def tick(self) -> None:
        """One tick: the integer lane, then one slow slot, then the end of the tick."""
        heap_lock()
        try:
            if self.lane_failed:
                self.board.sample(self.snap, self.link)
            else:
                self.lane()
        except Exception as error:
            # whatever it was, the lane never runs again: open, stay open, and let the watchdog bite
            self.lane_failed = True
            self.last_error = error
        if self.lane_failed:
            self.board.contactors(0, 0)
            self.board.thermal(0, 0)
            self.board.bleed(self.rounds.balance.bleeders.none)
        heap_unlock()
        self._fresh = False
        try:
            self._timetable[self._phase]()
        except Exception as error:
            # advice is gone at once, driving goes on, and the filter begins anew
            self.advice.withdraw()
            self.estimator_failures += 1
            self.signals.value[_ESTIMATOR_failed] = 1
            self.filter.start(units.fraction(self.coulomb.soc_permille), BLANK_SIGMA)
            self.groups.restart()
            self.keeping.forgotten = True
            findings.tell(self.signals, self.groups, False)
            self.last_error = error
        self._phase = self._phase + 1 if self._phase < _ROUND - 1 else 0
        if self.board.benched:
            flt = self.filter
            self.board.finish(self.record(), flt.soc, flt.sigma, flt.hysteresis, self._fresh)

    @micropython.native
    def lane(self) -> None:
        """The integer lane of one tick: allocates nothing."""
        board, clock, snap, stand_in, plausible, sisters, bound, coulomb, window, watch, monitor = self._look
        link, machine, contactor, envelope, advice, rounds = self._act
        phase = self._phase
        dt_ms = clock.step(board.sample(snap, link))
        if clock.missed_ms:
            coulomb.miss(clock.missed_ms)
        trail = _START * 3 + 1
        if stand_in.lost:
            stand_in.fill(snap)
        new_bits = snap.summarise(dt_ms)
        trail = trail * 3 + 2
        testing = machine.state == _SELF_TEST
        suspect = plausible.step(snap, new_bits, testing)
        trail = trail * 3 + 3
        believable = self._believable
        bound.resting = machine.closed_wanted == 0
        sum_mV = plausible.sum_excess_mV
        wider_mV = sum_mV + sisters.step(snap, new_bits, sum_mV) + advice.spread_mV
        bound.step(snap, coulomb.low_permille, coulomb.high_permille, wider_mV + stand_in.wider_mV, phase, dt_ms)
        if testing:
            self._first_look(suspect)
        trail = trail * 3 + 4
        current_mA = snap.current_mA
        moved_mAs = coulomb.step(current_mA, snap.age_ms[_CURRENT_A_mA], dt_ms)
        self._counted_mAs += moved_mAs
        counted_ms = self._counted_ms + dt_ms
        self._counted_ms = counted_ms
        if phase == _ANCHOR_PHASE:
            if not testing and not suspect & _ANCHORED and self._looks():
                coulomb.anchor(snap, bound)
            coulomb.publish()
            window.refresh(envelope.map_dA)
            self._believable = advice.step(counted_ms)
            coulomb.place(advice.soc_permille)  # -1 while there is none
        window.step(snap, new_bits, bound)
        trail = trail * 3 + 5
        new_bits = watch.step(new_bits, phase, envelope.charge_dA, envelope.discharge_dA, envelope.map_dA, dt_ms)
        trail = trail * 3 + 6
        severity = monitor.step(new_bits, dt_ms)
        trail = trail * 3 + 7
        wish = link.receive(dt_ms)
        if link.reset and not machine.closed_wanted:
            monitor.reset()
            severity = monitor.severity
        trail = trail * 3 + 8
        current_dA = snap.current_dA
        if not machine.closed_wanted:
            machine.held = not bound.within or watch.wear.testing or watch.surroundings.poor
        machine.step(severity, wish, suspect == 0 and self._looked, contactor.closed, current_dA, dt_ms)
        if testing:
            self.signals.value[_SELF_TEST_ms] = machine.in_state_ms if machine.state == _SELF_TEST else 0
        trail = trail * 3 + 9
        board.contactors(contactor.step(machine.closed_wanted, snap, dt_ms), contactor.hold_percent)
        trail = trail * 3 + 10
        if phase >= _FIRST_PHASE:
            if phase == _FIRST_PHASE:
                envelope.window(advice, believable, coulomb.low_permille, coulomb.high_permille)
            envelope.refresh(bound, phase)
        envelope.step(machine, severity, bound, advice, believable, current_dA, dt_ms)
        if phase < PHASES:
            if phase == 0:
                self._round_mAs = self._counted_mAs
                self._round_ms = counted_ms
                self._counted_mAs = 0
                self._counted_ms = 0
                rounds.begin(self._round_mAs, counted_ms)
            else:
                rounds.step(phase, wish, current_dA)
        trail = trail * 3 + 11
        link.send(board, envelope.cut)
        trail = trail * 3 + 12
        self.alive.step(board, trail, dt_ms)

    def _looks(self) -> bool:
        """Whether voltages and current are of now: what stands still is no look at the SoC."""
        value = self.signals.value
        still_ms = value[_CURRENT_FROZEN_ms] if value[_CURRENT_FROZEN_ms] > value[_CHAIN_FROZEN_ms] else value[_CHAIN_FROZEN_ms]
        new = self.snap.group_oldest_ms <= self._new_ms and still_ms <= self._new_ms
        return new and not self.rounds.balance.disturbed

    def _first_look(self, suspect: int) -> None:
        """Until the first complete set of values has put the SoC where the voltage allows, no bound is judged."""
        bound = self.bound
        if suspect == 0 and bound.settled and not self.snap.value[_FEEDBACK_bits] & _MAINS:
            self.coulomb.anchor(self.snap, bound)
            self.coulomb.publish()
            bound.settle(self.snap, self.coulomb.low_permille, self.coulomb.high_permille)
            self._looked = True
        else:
            bound.unjudged()

    def record(self) -> "array[int]":
        """Everything the integer lane decided in this tick, for a bench that compares; allocates nothing."""
        return self._decisions.take(self)

    # ------------------------------------------------------------------ slow slots: allocation allowed below this line

    def _estimate(self) -> None:
        """What is known of groups is told; then one step of the SoC filter on the mean layer, which becomes advice."""
        findings.tell(self.signals, self.groups, self._believable and self._doubt_ms <= EXPIRY_ms)
        snap = self.snap
        findings.place(self.signals, snap, self.layers)
        balance = self.rounds.balance
        counted_mAs = self._round_mAs - balance.take_mean_mAs()
        if self.machine.state == _SELF_TEST:
            return
        flt = self.filter
        doubted = self.plausible.suspect & _ESTIMATED
        self._doubt_ms = self._doubt_ms + self._round_ms if doubted else 0
        dt_s = units.seconds(self._round_ms)
        if doubted & _CURRENT:  # what flowed, and what was counted for it, may have been anything
            if self._doubt_ms > self._round_ms:
                self.groups.health.lose()
            if flt.miss(2.0 * self._rated_C * dt_s / SECONDS_PER_HOUR, dt_s):
                self.advice.withdraw()
                return
        unseen = balance.disturbed or doubted != 0
        current_A = units.amperes(snap.current_mA)
        temp_degC = units.celsius(snap.hottest_ddegC + snap.coldest_ddegC) * 0.5
        voltage_V = units.volts(sum(snap.group_mV)) / self.layers if not unseen else _NOT_SEEN
        flt.step(units.ampere_hours(counted_mAs), _NOT_SEEN if doubted & _CURRENT else current_A, voltage_V, temp_degC, dt_s)
        if flt.soc - flt.soc != 0.0 or flt.sigma - flt.sigma != 0.0:
            raise ValueError("the filter is not a number")
        self.signals.value[_ESTIMATOR_failed] = 0
        self.advice.give(units.permille(flt.soc, -1), units.permille(flt.sigma, _UNSURE_permille))
        groups = self.groups
        self.advice.widen(units.millivolts(flt.surplus_V + groups.wider_V), units.millivolts(groups.wider_V))
        groups.bounds(self.bound, self.envelope)
        groups.pause(balance.busy, unseen, self.contactor.mask != 0)
        groups.take(snap.group_mV, counted_mAs, current_A, flt.soc, flt.sigma, flt.hysteresis, temp_degC, dt_s)
        self._fresh = True

    def _groups(self) -> None:
        """A part of a pass over the groups; at its end what it found becomes advice."""
        if self.groups.step():
            self.groups.advise(self.advice)
            rounds = self.rounds
            differences.tell(rounds.balance, rounds.ending, self.groups, self.filter.soc, self._believable)

    def _check_configuration(self) -> None:
        """A part of the record that the firmware runs with, against what it started with."""
        self.signals.value[_CONFIGURATION_changed] = 1 if self._audit.step() else 0

    def _collect(self) -> None:
        """Takes the garbage of the float lane away at a time of our choosing; else keeps what is to outlive a loss of power."""
        self._round = (self._round + 1) % _COLLECT_EVERY
        if self._round == 0:
            gc.collect()
        else:
            self.keeping.step()
