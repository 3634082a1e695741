"""Whatever the world does, nothing closes that must not, and everything opens that must: the whole firmware, any order.

A life of the pack: rules are events of the world (the driver asks, a sensor falls silent or freezes, a layer heats, a
contact welds, commands are lost or spoilt, the controller reboots, reset is pressed, time passes), invariants are sentences
that are checked after every tick, and what they are checked against is Onlooker, who knows nothing of the firmware.
"""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bms.app import App
from bms.can import frames as W
from bms.packs import bench_24, ev_240
from bms.safety import contactor as C
from bms.safety import faults as F
from bms.safety import machine as M
from bms.safety import snapshot as S
from bms.schema import Pack
from tests.fake_board import CHARGE, DRIVE, OPEN, SERVICE, FakeBoard

PACKS = {"bench_24": bench_24.PACK, "ev_240": ev_240.PACK}
MOORE = {0, S.NEGATIVE, S.NEGATIVE | S.PRECHARGE, S.NEGATIVE | S.PRECHARGE | S.POSITIVE, S.NEGATIVE | S.POSITIVE}
SENSORS = ("current_silent", "pack_silent", "link_silent", "inputs_silent", "group_silent", "stack_silent", "probe_silent")
SLACK_ms = 30
HIGH_VOLTAGE = ("link_dead", "link_fast", "link_unfed", "crash_seen", "charger_silent")
PLAIN = (
    *(*SENSORS[:4], *HIGH_VOLTAGE, "feedback_stuck_on", "feedback_stuck_off", "welded", "stuck_open", "fuse_intact"),
    *("supply_mV", "coil_supply_present", "insulation_kohm", "lost_chips_bits", "current_frozen", "voltages_frozen"),
    *("inputs_frozen", "chain_frozen", "charger_error_mV", "charger_current_dA", "command_silent", "command_frozen"),
    *("load_mA", "interlock_closed", "command_flip_bit"),
)
EACH = ("group_mV", "probe_ddegC", "group_silent", "stack_silent", "probe_silent", "probe_reason")
FROZEN = ("current_frozen", "voltages_frozen", "inputs_frozen", "chain_frozen")
LATE_MAX_ms = 100
SEEN_ticks = 40
CLOSING = (M.WISH_DRIVE, M.WISH_CHARGE)


class Witnessed(FakeBoard):
    """Remembers what valid commands reached the firmware, as a naive onlooker of the wire."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.valid_now = False
        self.asked = OPEN
        self.asked_age_ms = 0
        self.asked_open_at = -1
        self.reset_pressed_at = -1
        self._reset_was = 1
        self._counter = -100
        self.unsure = True

    def sample(self, snap: Any, mailbox: Any) -> int:
        self.valid_now = False
        self.asked_age_ms += self.tick_ms
        return super().sample(snap, mailbox)

    def _put(self, mailbox: Any, identifier: int, data: bytearray, flip_bit: int) -> None:
        super()._put(mailbox, identifier, data, flip_bit)
        if identifier != W.VcuCommand.ID or flip_bit >= 0 or self.command_frozen:
            return
        ahead = (data[2] - self._counter) & 0xFF
        self._counter = data[2]
        # after a gap or a silence it only sets the counter, and nearly at the deadline either may be
        self.unsure = not 1 <= ahead <= 3 or self.asked_age_ms + 20 > self.pack.command_deadline_ms
        self.valid_now = True
        if not self.unsure:
            self.taken()

    def reboot(self, stored_permille: int, cause: int) -> None:
        """The firmware is gone and begins anew: coils without a driver fall, and it has heard of nothing."""
        self.coils = self.hold_percent = 0
        self._stored_permille, self._cause = stored_permille, cause
        self.rested_before = False
        self.asked, self._reset_was, self._counter, self.unsure = OPEN, 1, -100, True
        self.asked_age_ms = self.pack.command_deadline_ms

    def taken(self) -> None:
        """The firmware has taken the last command."""
        self.asked = self.request
        self.asked_age_ms = 0
        if self.request == OPEN:
            self.asked_open_at = self.ticks
        if self.reset_faults and not self._reset_was:
            self.reset_pressed_at = self.ticks
        self._reset_was = self.reset_faults


class Onlooker:
    """What anybody knows who sees the knobs and the coils: since when a plain cause to open has stood, and whether the
    driver has asked, in the order that it takes, for what closes again after a fault or a start."""

    def __init__(self, board: Witnessed) -> None:
        self.board = board
        self.cause_ticks = 0
        self.barred_at = board.ticks
        self.tripped_at = -1

    def look(self, tripped: bool) -> None:
        board = self.board
        plain = board.crash_seen or not board.interlock_closed or not board.fuse_intact or board.lost_chips_bits
        low = board.supply_mV < board.pack.guards.supply_low_mV[2]
        self.cause_ticks = self.cause_ticks + 1 if plain or low else 0
        if tripped:
            self.barred_at = self.tripped_at = board.ticks

    def may_close(self) -> bool:
        """Asked for open, then reset where a fault was, then asked to close, lately; and no cause stands."""
        board = self.board
        asked = board.asked in (DRIVE, CHARGE) and board.asked_age_ms <= board.pack.command_deadline_ms
        reset = self.tripped_at < 0 or board.reset_pressed_at >= self.tripped_at
        return asked and reset and board.asked_open_at >= self.barred_at - 1 and self.cause_ticks < SEEN_ticks


class World(RuleBasedStateMachine):
    """The firmware on its board, and what an onlooker believes of it."""

    @initialize(name=st.sampled_from(sorted(PACKS)), to_wrap_ms=st.sampled_from([2**30, 90, 700, 1500]))
    def the_controller_wakes(self, name: str, to_wrap_ms: int) -> None:
        self.pack = PACKS[name]
        self.board = Witnessed(self.pack)
        self.board.now_ms = 2**30 - to_wrap_ms
        self.start()
        self.ticks(12)

    def start(self) -> None:
        """The firmware begins, whatever the world is like."""
        self.app = App(self.pack, self.board)
        self.onlooker = Onlooker(self.board)
        self.state = -1
        self.in_state_ms = 0
        self.coils = 0
        self.near_ticks = 0
        self.fed = self.board.fed
        self.begins = True  # no tick came before, so none is late

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.tick()

    def tick(self) -> None:
        app, board, pack = self.app, self.board, self.pack
        wish = app.link.wish
        app.tick()
        coils = board.coils
        state = app.machine.state
        severity = app.monitor.severity
        assert not app.lane_failed, app.last_error
        # the watchdog is fed by whole ticks that come in time, once each
        assert board.fed == self.fed + (self.begins or board.tick_ms <= LATE_MAX_ms)
        self.begins = False
        self.fed = board.fed
        # the contactors are one row of the Moore table
        assert coils in MOORE
        # a command that is invalid or did not come changes nothing
        if not board.valid_now:
            assert app.link.wish == wish or (board.asked_age_ms >= pack.command_deadline_ms and app.link.wish not in CLOSING)
            assert not app.link.reset
        elif board.unsure:
            if app.link.wish == board.request:
                board.taken()
        else:
            assert app.link.wish == board.asked
        # limits are never negative, and zero unless main positive is closed and no fault opens
        assert app.envelope.charge_dA >= 0
        assert app.envelope.discharge_dA >= 0
        limits = W.BmsLimits()
        assert limits.unpack(board.frames[W.BmsLimits.ID])
        if not coils & S.POSITIVE or severity >= F.TRIP_AFTER_RAMP or state not in (M.DRIVE, M.CHARGE):
            assert (limits.charge_limit_dA, limits.discharge_limit_dA) == (0, 0)
        # main positive closes only on a link that has been seen near the pack, through the resistor, three times over
        near = abs(board.link_mV - sum(board.group_mV)) <= pack.precharge_done_mV + pack.stacks * 300
        self.near_ticks = self.near_ticks + 1 if near and self.coils & S.PRECHARGE else 0
        if coils & S.POSITIVE and not self.coils & S.POSITIVE:
            assert self.coils == S.NEGATIVE | S.PRECHARGE
            assert self.near_ticks >= 3
        # a fault that trips at once opens in the same tick; one that ramps, within its time
        if severity == F.TRIP_NOW:
            assert coils == 0
        tripped = severity >= F.TRIP_AFTER_RAMP
        if tripped:
            assert state in (M.OPENING, M.FAULT)
        # after a fault or a start nothing closes, precharge included, until all that it takes has been done
        if coils & ~self.coils:
            assert not tripped
            assert self.coils or self.onlooker.may_close()
        # a cause that anybody sees is a fault before long, and opens
        self.onlooker.look(tripped)
        if self.onlooker.cause_ticks >= SEEN_ticks:
            assert tripped
            assert coils == 0 or self.onlooker.cause_ticks <= SEEN_ticks + pack.open_timeout_ms // 10
        # contactors open under load only for a fault, or when the time to wait for less is up
        if self.coils & ~coils & S.POSITIVE and abs(board.current_mA) >= pack.open_current_dA * 100 + 100:
            assert tripped or (self.state == M.OPENING and self.in_state_ms + board.tick_ms >= pack.open_timeout_ms)
        # a coil that is driven has current, and one that is not has none
        assert (board.hold_percent > 0) == (coils > 0)
        # no state which is not a rest lasts longer than its time
        self.in_state_ms = self.in_state_ms + board.tick_ms if state == self.state else 0
        longest = {
            M.SELF_TEST: 3000,
            M.PRECHARGE: pack.precharge_timeout_ms * 2 + C.LINK_FALL_ms,
            M.OPENING: pack.open_timeout_ms,
        }.get(state)
        assert longest is None or self.in_state_ms <= longest + SLACK_ms + 2 * board.tick_ms
        if state in (M.STANDBY, M.SELF_TEST, M.FAULT, M.SERVICE):
            assert coils == 0
        self.state = state
        self.coils = coils

    @rule(ask=st.sampled_from([OPEN, DRIVE, CHARGE, DRIVE, OPEN, SERVICE]), count=st.integers(5, 90))
    def the_driver_asks(self, ask: int, count: int) -> None:
        self.board.request = ask
        self.ticks(count)

    @rule(count=st.sampled_from([1, 3, 10, 40, 120]))
    def time_passes(self, count: int) -> None:
        self.ticks(count)

    @rule(sensor=st.sampled_from(SENSORS), k=st.integers(0, 200), count=st.integers(1, 30))
    def a_sensor_falls_silent(self, sensor: str, k: int, count: int) -> None:
        self.turn(sensor, k, 1)
        self.ticks(count)

    @rule(sensor=st.sampled_from(SENSORS), k=st.integers(0, 200), count=st.integers(0, 30))
    def a_sensor_falls_silent_and_speaks_again(self, sensor: str, k: int, count: int) -> None:
        self.turn(sensor, k, 1)
        self.ticks(count)
        self.turn(sensor, k, 0)

    def turn(self, sensor: str, k: int, value: int) -> None:
        knob = getattr(self.board, sensor)
        if isinstance(knob, int):
            setattr(self.board, sensor, value)
        else:
            knob[k % len(knob)] = value

    @rule(k=st.integers(0, 200), ddegC=st.sampled_from([250, 600, 790, 850, 1010, -100, -300, -400]), count=st.integers(1, 60))
    def a_layer_heats_or_cools(self, k: int, ddegC: int, count: int) -> None:
        self.board.probe_ddegC[k % len(self.board.probe_ddegC)] = ddegC
        self.ticks(count)

    @rule(k=st.integers(0, 200), mV=st.sampled_from([3600, 4150, 4230, 4400, 2650, 2400, 1500]), count=st.integers(1, 30))
    def a_group_is_full_or_empty(self, k: int, mV: int, count: int) -> None:
        g = k % len(self.board.group_mV)
        self.board.group_mV[g] = mV * self.pack.taps[g % self.board.groups_per_stack]
        self.ticks(count)

    @rule(bit=st.sampled_from([0, 1, 2, 4]), on=st.booleans(), count=st.integers(1, 60))
    def an_auxiliary_contact_sticks(self, bit: int, on: bool, count: int) -> None:
        setattr(self.board, "feedback_stuck_on" if on else "feedback_stuck_off", bit)
        self.ticks(count)

    @rule(what=st.sampled_from(["command_silent", "command_frozen"]), value=st.integers(0, 1), count=st.integers(1, 60))
    def commands_are_lost_or_frozen(self, what: str, value: int, count: int) -> None:
        setattr(self.board, what, value)
        self.ticks(count)

    @rule(bit=st.integers(-1, 63), count=st.integers(1, 30))
    def commands_are_spoilt_by_one_bit(self, bit: int, count: int) -> None:
        self.board.command_flip_bit = bit
        self.ticks(count)

    @rule(knob=st.sampled_from(HIGH_VOLTAGE), value=st.integers(0, 1))
    def the_high_voltage_side_misbehaves(self, knob: str, value: int) -> None:
        setattr(self.board, knob, value)
        self.ticks(5)

    @rule(closed=st.integers(0, 1), count=st.integers(1, 10))
    def the_interlock_opens_or_closes(self, closed: int, count: int) -> None:
        self.board.interlock_closed = closed
        self.ticks(count)

    @rule(knob=st.sampled_from(["welded", "stuck_open"]), bits=st.integers(0, 7), count=st.integers(1, 60))
    def a_contact_welds_or_does_not_close(self, knob: str, bits: int, count: int) -> None:
        setattr(self.board, knob, bits)
        self.ticks(count)

    @rule(knob=st.sampled_from(FROZEN), frozen=st.integers(0, 1), count=st.integers(1, 40))
    def a_sensor_repeats_itself(self, knob: str, frozen: int, count: int) -> None:
        setattr(self.board, knob, frozen)
        self.ticks(count)

    @rule(fuse=st.integers(0, 1), supply_mV=st.sampled_from([12000, 8000, 7000, 17000]), coils=st.integers(0, 1))
    def the_fuse_or_the_supply_fails(self, fuse: int, supply_mV: int, coils: int) -> None:
        self.board.fuse_intact, self.board.supply_mV, self.board.coil_supply_present = fuse, supply_mV, coils
        self.ticks(20)

    @rule(kohm=st.sampled_from([20000, 30, 5]), count=st.integers(1, 60))
    def insulation_fails(self, kohm: int, count: int) -> None:
        self.board.insulation_kohm = kohm
        self.ticks(count)

    @rule(bits=st.integers(0, 3), k=st.integers(0, 200), reason=st.sampled_from([0, S.OPEN_WIRE, S.OUT_OF_RANGE]))
    def a_front_end_is_lost_or_a_wire_breaks(self, bits: int, k: int, reason: int) -> None:
        self.board.lost_chips_bits = bits
        self.board.probe_reason[k % len(self.board.probe_reason)] = reason
        self.ticks(25)

    @rule(error_mV=st.sampled_from([0, -9000, 50000]), says_dA=st.sampled_from([-1, 500]), count=st.integers(1, 60))
    def the_charger_lies(self, error_mV: int, says_dA: int, count: int) -> None:
        self.board.charger_error_mV, self.board.charger_current_dA = error_mV, says_dA
        self.ticks(count)

    @rule(late_ms=st.sampled_from([20, 31, 100, 101, 499, 3000]))
    def a_tick_comes_late(self, late_ms: int) -> None:
        self.board.tick_ms = late_ms
        self.tick()
        self.board.tick_ms = 10
        self.ticks(3)

    @rule(cause=st.sampled_from([1, 3, 5]), remembers=st.booleans(), count=st.integers(0, 30))
    def the_controller_reboots(self, cause: int, remembers: bool, count: int) -> None:
        """The coils fall, the contacts follow in their time, and nobody knows any more what had been asked."""
        stored = self.app.coulomb.soc_permille if remembers else -1
        self.board.reboot(stored, cause)
        self.start()
        self.ticks(count)

    @rule(c_permille=st.sampled_from([0, 500, -500, -3000, 9000, -14000]), count=st.integers(1, 40))
    def a_load_draws_or_a_charger_pushes(self, c_permille: int, count: int) -> None:
        self.board.load_mA = self.pack.cell.capacity_mAh * c_permille // 1000
        self.ticks(count)

    @rule(count=st.integers(6, 20))
    def reset_is_pressed(self, count: int) -> None:
        self.board.reset_faults = 1
        self.ticks(count)
        self.board.reset_faults = 0
        self.ticks(6)

    @rule(meanwhile=st.sampled_from([OPEN, OPEN, DRIVE]))
    def everything_heals_and_is_reset_and_driven(self, meanwhile: int) -> None:
        """Leads back to where the other rules hurt most."""
        fresh = FakeBoard(self.pack)
        for knob in (*PLAIN, *EACH):
            setattr(self.board, knob, getattr(fresh, knob))
        self.board.request = meanwhile
        self.ticks(70)
        self.reset_is_pressed(6)
        self.board.request = DRIVE
        self.ticks(90)


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=max(25, settings().max_examples // 40), stateful_step_count=15)


def allowed(
    state: int, severity: int, wish: int, ready: bool, closed: bool, may: bool, timed_out: bool, tested: bool
) -> set[int]:
    """Where the machine may go, in words: written down once more, apart from the code. `may`: armed and not held."""
    if severity == F.TRIP_NOW:
        return {M.FAULT}
    if state == M.FAULT:
        return {M.FAULT} if severity == F.TRIP_AFTER_RAMP else {M.STANDBY if tested else M.SELF_TEST}
    if severity == F.TRIP_AFTER_RAMP:
        return {M.OPENING, M.FAULT} if state in (M.DRIVE, M.CHARGE, M.OPENING) else {M.FAULT}
    closing = wish in (M.WISH_DRIVE, M.WISH_CHARGE)
    if state == M.STANDBY:
        return {M.PRECHARGE} if may and ready and closing else {M.STANDBY, M.SERVICE}
    if state == M.PRECHARGE:
        if closed:
            return {M.DRIVE, M.CHARGE} if closing else {M.OPENING}
        return {M.PRECHARGE} if closing and not timed_out else {M.STANDBY}
    if state in (M.DRIVE, M.CHARGE):
        return {M.DRIVE, M.CHARGE} if closing else {M.OPENING, state}
    if state == M.SELF_TEST:
        return {M.STANDBY} if ready else {M.FAULT} if timed_out else {M.SELF_TEST}
    if state == M.SERVICE:
        return {M.SERVICE} if wish == M.WISH_SERVICE else {M.STANDBY}
    return {M.STANDBY} if timed_out else {M.OPENING, M.STANDBY}


@pytest.mark.parametrize("state", range(len(M.STATES)), ids=lambda state: M.STATES[state][0])
def test_every_transition_of_the_machine_is_one_of_the_allowed(state: int) -> None:
    pack = bench_24.PACK
    for number in range(6 * 8 * 2**7):
        severity, rest = number % 6, number // 6
        wish, rest = rest % 8, rest // 8
        ready, closed, little, armed, late, tested, held = (bool(rest >> bit & 1) for bit in range(7))
        machine = M.Machine(pack)
        machine.state = state
        machine.armed = armed
        machine.tested = tested
        machine.held = held
        machine.in_state_ms = 50_000 if late else 0
        after = machine.step(severity, wish, ready, closed, 0 if little else 100, 10)
        may = (armed or (wish == M.WISH_OPEN and state != M.FAULT)) and not held
        assert after in allowed(state, severity, wish, ready, closed, may, late, tested), (severity, wish, ready, closed, may)
        if after != state:
            row = M.STATES[after]
            assert (machine.closed_wanted, machine.charge_allowed, machine.discharge_allowed) == row[1:4]
        if after == M.FAULT:
            assert not machine.armed or state == M.FAULT
        if state == M.PRECHARGE and late and not closed and wish != M.WISH_OPEN:
            assert not machine.armed, "what ran out of time is not tried again on the old wish"


@pytest.mark.parametrize("state", [M.SELF_TEST, M.PRECHARGE, M.OPENING], ids=lambda state: M.STATES[state][0])
def test_no_combination_of_inputs_held_for_ever_keeps_the_machine_in_a_state_that_is_no_rest(state: int) -> None:
    pack = bench_24.PACK
    longest_ms = {M.SELF_TEST: M.SELF_TEST_MAX_ms, M.OPENING: pack.open_timeout_ms}
    longest_ms[M.PRECHARGE] = pack.precharge_timeout_ms * 2 + C.LINK_FALL_ms
    for number in range(6 * 8 * 2**5):
        severity, rest = number % 6, number // 6
        wish, rest = rest % 8, rest // 8
        ready, closed, armed, held, tested = (bool(rest >> bit & 1) for bit in range(5))
        for current_dA in (0, 500, -500):
            machine = M.Machine(pack)
            machine.state, machine.armed, machine.held, machine.tested = state, armed, held, tested
            waited_ms = 0
            while machine.step(severity, wish, ready, closed, current_dA, 100) == state:
                waited_ms += 100
                assert waited_ms <= longest_ms[state], (severity, wish, ready, closed, current_dA)


@pytest.mark.parametrize("wish", [M.WISH_OPEN, M.WISH_DRIVE, M.WISH_CHARGE, M.WISH_NOTHING])
def test_service_is_entered_from_standby_only_and_left_when_the_wish_goes_or_is_lost(wish: int) -> None:
    for state in range(len(M.STATES)):
        machine = M.Machine(bench_24.PACK)
        machine.state = state
        entered = machine.step(0, M.WISH_SERVICE, True, True, 0, 10) == M.SERVICE
        assert entered == (state in (M.STANDBY, M.SERVICE))
        if entered:
            assert machine.closed_wanted == 0
            assert machine.step(0, wish, True, True, 0, 10) == M.STANDBY


def woken(pack: Pack) -> tuple[App, FakeBoard]:
    """A pack in standby."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for _ in range(30):
        app.tick()
    return app, board


def visited(app: App, ticks: int) -> list[int]:
    """The states that follow, each once in a row."""
    states = [app.machine.state]
    for _ in range(ticks):
        app.tick()
        if app.machine.state != states[-1]:
            states.append(app.machine.state)
    return states


def test_a_driver_who_stops_and_thinks_better_of_it_goes_through_standby_and_a_whole_precharge() -> None:
    app, board = woken(bench_24.PACK)
    board.request = DRIVE
    assert visited(app, 120) == [M.STANDBY, M.PRECHARGE, M.DRIVE]
    board.load_mA = -10_000
    board.request = OPEN
    while app.machine.state != M.OPENING:
        app.tick()
    board.request = DRIVE
    for _ in range(10):
        app.tick()
    board.load_mA = 0
    coils = [board.coils]
    states = [app.machine.state]
    for _ in range(400):
        app.tick()
        if board.coils != coils[-1]:
            coils.append(board.coils)
        if app.machine.state != states[-1]:
            states.append(app.machine.state)
    assert states == [M.OPENING, M.STANDBY, M.PRECHARGE, M.DRIVE]
    assert coils == [5, 0, 1, 3, 7, 5]
    assert app.monitor.severity == 0


@pytest.mark.parametrize("after", range(8, 40, 4))
def test_a_precharge_that_the_driver_gives_up_opens_at_once_and_main_positive_does_not_close(after: int) -> None:
    app, board = woken(ev_240.PACK)
    board.request = DRIVE
    for _ in range(after):
        app.tick()
    board.request = OPEN
    while app.link.wish != M.WISH_OPEN:
        app.tick()
    for _ in range(60):
        assert board.coils == 0
        app.tick()
    assert app.machine.state == M.STANDBY


def test_nothing_new_closes_on_poor_insulation_and_what_is_closed_stays() -> None:
    (warned,) = [row.id for row in F.TABLE if row.name == "insulation_warn"]
    pack = bench_24.PACK
    volts = sum(FakeBoard(pack).group_mV) // 1000
    poor_kohm = volts * pack.guards.insulation_ohm_V[1] * 9 // 10_000
    for drives_first in (False, True):
        app, board = woken(pack)
        if drives_first:
            board.request = DRIVE
            assert visited(app, 120)[-1] == M.DRIVE
        board.insulation_kohm = poor_kohm
        for _ in range(400):
            app.tick()
        assert app.monitor.is_active(warned)
        board.request = DRIVE
        assert visited(app, 200) == [M.DRIVE if drives_first else M.STANDBY]
        board.insulation_kohm = 20_000
        assert visited(app, 600)[-1] == M.DRIVE


@pytest.mark.parametrize("state", [M.STANDBY, M.PRECHARGE, M.DRIVE, M.CHARGE])
@pytest.mark.parametrize("wish", range(4, 8))
def test_a_request_that_nobody_defined_never_makes_current_flow(state: int, wish: int) -> None:
    machine = M.Machine(bench_24.PACK)
    machine.state = state
    machine.armed = True
    after = machine.step(0, wish, True, True, 0, 10)
    assert after not in (M.DRIVE, M.CHARGE) or after == state


@pytest.mark.parametrize("silent_ticks", [0, 100])
def test_nothing_closes_on_a_command_that_has_been_lost(silent_ticks: int) -> None:
    """The wish came before the pack was ready, then the vehicle fell silent: it may be gone."""
    board = FakeBoard(bench_24.PACK)
    app = App(bench_24.PACK, board)
    board.current_silent = 1
    for k in range(30):
        board.request = DRIVE if k > 12 else OPEN
        app.tick()
    board.command_silent = int(silent_ticks > 0)
    for _ in range(silent_ticks):
        app.tick()
    board.current_silent = 0
    closed = False
    for _ in range(20):
        app.tick()
        closed = closed or board.coils != 0
    assert closed == (silent_ticks == 0)


def test_states_that_let_current_flow_want_their_contactors_closed() -> None:
    for _, closed, charge, discharge in M.STATES:
        assert closed or not (charge or discharge)
