"""The vehicle's side of the wire: a mailbox for commands, and a timetable of what the firmware sends.

Frames and their layout come from dbc/bms.dbc (frames.py); this file says which of the firmware's values goes into which
signal and when. Commands count only when their end-to-end check is OK; else the last accepted one stands, and its age is a
signal that a fault row watches. Every frame has its own buffer, so that a protected one keeps its counter. Nothing here
allocates after construction.
"""

from micropython import const

from bms.can import e2e
from bms.can import frames as W
from bms.can.calendar import build_calendar, build_sendable
from bms.can.e2e import protect

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.board import Board
    from bms.safety.snapshot import Snapshot

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_OK = const(1)
_PACK_mV = const(2)
_WISH_SERVICE = const(3)
_LINK_mV = const(3)
_CHARGE = const(4)
_WISH_NOTHING = const(4)
_FEEDBACK_bits = const(4)
_TIMED_OUT = const(5)
_COMMAND_AGE_ms = const(26)
_CHARGER_AGE_ms = const(27)

PROTOCOL_VERSION = const(1)
# BMS_GROUPS: named values in place of a voltage
NOT_FITTED_mV = const(-262144)
STALE_mV = const(-262143)


class Link:
    """Mailbox and sender. `wish`: what the vehicle last validly asked for; `reset`: it asked for a reset in this tick."""

    def __init__(self, app: "App") -> None:
        pack = app.pack
        self._app = app
        self._snap = app.snap
        self._value = app.signals.value
        self._bound = app.bound
        self._coulomb = app.coulomb
        self._monitor = app.monitor
        self._machine = app.machine
        self._contactor = app.contactor
        self._envelope = app.envelope
        self._advice = app.advice
        self._group_deadline_ms = pack.group_sensor.deadline_ms
        self._command = W.VcuCommand()
        self._charger = W.ChgStatus()
        self._inbox = {W.VcuCommand.ID: 0, W.ChgStatus.ID: 1}
        self._received = (bytearray(8), bytearray(8))
        self._new = bytearray(2)
        self._command_check = e2e.Receiver(W.VcuCommand.ID, pack.command_deadline_ms)
        self._charger_check = e2e.Receiver(W.ChgStatus.ID, pack.charger_deadline_ms)
        self.wish = _WISH_NOTHING
        self.reset = False
        self._reset_was = 1
        self.charger_state = 0
        self.foreign = 0  # frames that are not for us
        self.refused = 0  # frames the controller had no room for
        self._index = 0
        self.limits = W.BmsLimits()
        self.state = W.BmsState()
        self.pack = W.BmsPack()
        self.bounds = W.BmsBounds()
        self.groups = W.BmsGroups()
        self.soc = W.BmsSoc()
        self.temperature = W.BmsTemperature()
        self.charge_request = W.BmsChargeRequest()
        self.faults_low = W.BmsFaultsLow()
        self.faults_high = W.BmsFaultsHigh()
        self.link = W.BmsLink()
        self.identity = W.BmsIdentity()
        self.timing = W.BmsTiming()
        self.charge_request.charge_voltage_mV = sum(pack.taps) * pack.stacks * pack.cell.v_max_mV[0]
        # message, what fills it and tells whether anything changed, protected, first tick
        rows = (
            (self.limits, self._limits, True, 0),
            (self.state, self._state, True, 0),
            (self.pack, self._pack, True, 1),
            (self.bounds, self._bounds, True, 2),
            (self.groups, self._groups, False, 3),
            (self.soc, self._soc, True, 4),
            (self.temperature, self._temperature, True, 6),
            (self.charge_request, self._charge_request, True, 9),
            (self.faults_low, self._faults_low, False, 1),
            (self.faults_high, self._faults_high, False, 3),
            (self.link, self._link, False, 7),
            (self.identity, self._identity, False, 5),
            (self.timing, self._timing, False, 8),
        )
        self._skip = bytearray(len(rows))  # rounds to wait, for what is slower than a round
        self._rows = build_sendable(rows)
        self._calendar = build_calendar(rows, -1)
        self._urgent = build_calendar(rows, 0)  # with the limits ahead of all

    def put(self, identifier: int, extended: bool, data: memoryview) -> None:
        """The board hands over a received frame: kept if it is one of ours, whole and standard; else counted."""
        box = -1 if extended else self._inbox.get(identifier, -1)
        if box < 0 or len(data) != 8:
            self.foreign = (self.foreign + 1) & 0xFFFF
            return
        self._received[box][:] = data
        self._new[box] = 1

    def receive(self, dt_ms: int) -> int:
        """One tick: takes what came if its check allows. Returns the wish."""
        self.reset = False
        new = self._new
        command = self._command_check
        charger = self._charger_check
        if new[0]:
            new[0] = 0
            if command.check(self._received[0]):
                self._obey()
        age_ms = command.age_ms + dt_ms
        if age_ms <= command.deadline_ms:
            command.age_ms = age_ms
        elif command.step(dt_ms) == _TIMED_OUT:
            self.wish = _WISH_NOTHING
            self._reset_was = 1
        if new[1]:
            new[1] = 0
            if charger.check(self._received[1]):
                self._charger.unpack(self._received[1])
                self.charger_state = self._charger.charger_state
        age_ms = charger.age_ms + dt_ms
        if age_ms <= charger.deadline_ms:
            charger.age_ms = age_ms
        else:
            charger.step(dt_ms)
        machine = self._machine
        value = self._value
        value[_COMMAND_AGE_ms] = command.age_ms if machine.closed_wanted else 0
        charging = machine.state == _CHARGE
        value[_CHARGER_AGE_ms] = charger.age_ms if charging and machine.in_state_ms > charger.deadline_ms else 0
        return self.wish

    def _obey(self) -> None:
        command = self._command
        command.unpack(self._received[0])
        if command.request <= _WISH_SERVICE:
            self.wish = command.request
        self.reset = command.reset_faults == 1 and self._reset_was == 0
        self._reset_was = command.reset_faults

    def send(self, board: "Board", phase: int) -> int:
        """One tick, number `phase` of a round of ten: sends every frame that is due. Returns how many were taken."""
        sent = 0
        rows = self._rows
        skip = self._skip
        # an order to stop does not wait for its turn
        for i in self._urgent[phase] if self._envelope.cut else self._calendar[phase]:
            if skip[i]:
                skip[i] -= 1
                continue
            message, fill, buffer, identifier, protected, rounds = rows[i]
            if rounds:
                skip[i] = rounds
            if fill():
                counter = buffer[2]
                message.pack(buffer)
                if protected:
                    buffer[2] = counter
            if protected:
                protect(buffer, identifier)
            if board.can_send(identifier, buffer):
                sent += 1
            else:
                self.refused = (self.refused + 1) & 0xFFFF
        return sent

    def _limits(self) -> bool:
        m = self.limits
        envelope = self._envelope
        if not envelope.moved:
            return False
        envelope.moved = False
        m.charge_limit_dA = envelope.charge_dA
        m.discharge_limit_dA = envelope.discharge_dA
        m.charge_reason = envelope.charge_reason
        m.discharge_reason = envelope.discharge_reason
        return True

    def _state(self) -> bool:
        m = self.state
        monitor = self._monitor
        check = self._command_check
        state = self._machine.state
        mask = self._contactor.mask
        feedback = self._snap.value[_FEEDBACK_bits]
        if (
            m.command_e2e == check.state
            and m.contactors_feedback == feedback
            and m.contactors_commanded == mask
            and m.state == state
            and m.severity == monitor.severity
            and m.first_cause == monitor.first_cause
            and m.first_cause_where == monitor.first_where
        ):
            return False
        m.state = state
        m.contactors_commanded = mask
        m.contactors_feedback = feedback
        m.severity = monitor.severity
        m.request_accepted = 1 if check.state == _OK else 0
        m.first_cause = monitor.first_cause
        m.first_cause_where = monitor.first_where
        m.command_e2e = check.state
        return True

    def _pack(self) -> bool:
        m = self.pack
        snap = self._snap
        m.pack_voltage_mV = snap.value[_PACK_mV]
        m.pack_current_dA = snap.current_dA
        return True

    def _link(self) -> bool:
        self.link.link_voltage_mV = self._snap.value[_LINK_mV]
        return True

    def _soc(self) -> bool:
        m = self.soc
        advice = self._advice
        coulomb = self._coulomb
        low = coulomb.low_permille
        high = coulomb.high_permille
        soc = advice.soc_permille
        if soc < 0:
            soc = coulomb.soc_permille
        if soc < low:
            soc = low
        if soc > high:
            soc = high
        m.soc_permille = soc
        m.soc_sigma_permille = advice.sigma_permille
        m.soc_low_permille = low
        m.soc_high_permille = high
        return True

    def _bounds(self) -> bool:
        m = self.bounds
        bound = self._bound
        snap = self._snap
        m.layer_high_mV = bound.layer_high_mV
        m.layer_low_mV = bound.layer_low_mV
        m.layer_high_group = bound.high_group(snap)
        m.layer_low_group = bound.low_group(snap)
        return True

    def _temperature(self) -> bool:
        m = self.temperature
        bound = self._bound
        snap = self._snap
        m.layer_hottest_ddegC = bound.hot_ddegC
        m.layer_coldest_ddegC = bound.cold_ddegC
        m.hottest_probe = snap.hottest_probe
        m.coldest_probe = snap.coldest_probe
        return True

    def _faults_low(self) -> bool:
        m = self.faults_low
        words = self._monitor.words
        m.faults_0_15 = words[0]
        m.faults_16_31 = words[1]
        m.faults_32_47 = words[2]
        m.faults_48_63 = words[3]
        return True

    def _faults_high(self) -> bool:
        m = self.faults_high
        words = self._monitor.words
        m.faults_64_79 = words[4]
        m.faults_80_95 = words[5]
        m.faults_96_111 = words[6]
        m.faults_112_127 = words[7]
        return True

    def _groups(self) -> bool:
        m = self.groups
        snap = self._snap
        first = self._index * 3
        m.index = self._index
        m.group_0_voltage_mV = self._group(snap, first)
        m.group_1_voltage_mV = self._group(snap, first + 1)
        m.group_2_voltage_mV = self._group(snap, first + 2)
        self._index = self._index + 1 if first + 3 < snap.groups else 0
        return True

    def _group(self, snap: "Snapshot", g: int) -> int:
        if g >= snap.groups:
            return NOT_FITTED_mV
        return snap.group_mV[g] if snap.group_age_ms[g] <= self._group_deadline_ms else STALE_mV

    def _charge_request(self) -> bool:
        m = self.charge_request
        charging = self._machine.state == _CHARGE
        if not charging and not m.charge_enable:
            return False
        m.charge_current_dA = self._envelope.charge_dA if charging else 0
        m.charge_enable = 1 if charging else 0
        return True

    def _identity(self) -> bool:
        m = self.identity
        app = self._app
        m.protocol_version = PROTOCOL_VERSION
        m.configuration_crc = app.configuration_crc
        m.layer_count = sum(app.pack.taps) * app.pack.stacks
        m.group_count = app.snap.groups
        m.capacity_mAh = app.pack.cell.capacity_mAh
        return True

    def _timing(self) -> bool:
        m = self.timing
        app = self._app
        m.uptime_s = app.uptime_s
        m.late_ticks = app.late_ticks
        m.worst_lateness_ms = app.worst_lateness_ms
        m.reset_cause = app.reset_cause
        return True
