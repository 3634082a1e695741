"""The vehicle's side of the wire: a mailbox for commands, and a timetable of what the firmware sends.

Frames and their layout come from dbc/bms.dbc (frames.py); this file says which of the firmware's values goes into which
signal and when. Commands count only when their end-to-end check is OK; else the last accepted one stands, and its age is a
signal that a fault row watches. Every frame has its own buffer, so that a protected one keeps its counter. Nothing here
allocates after construction.
"""

from array import array

from micropython import const

from bms.can import e2e
from bms.can import frames as W
from bms.safety import faults as F
from bms.safety import snapshot as S
from bms.safety.machine import CHARGE, DRIVE, OPENING, PRECHARGE

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.board import Board

PROTOCOL_VERSION = const(1)
TICK_ms = const(10)


class Link:
    """Mailbox and sender. `wish`: what the vehicle last validly asked for; `reset`: it asked for a reset in this tick."""

    def __init__(self, app: "App") -> None:
        pack = app.pack
        self._app = app
        self._charge_mV = sum(pack.taps) * pack.stacks * pack.cell.v_max_mV[0]
        self._command = W.VcuCommand()
        self._charger = W.ChgStatus()
        self._inbox = {W.VcuCommand.ID: 0, W.ChgStatus.ID: 1}
        self._received = (bytearray(8), bytearray(8))
        self._new = bytearray(2)
        self._command_check = e2e.Receiver(W.VcuCommand.ID, pack.command_deadline_ms)
        self._charger_check = e2e.Receiver(W.ChgStatus.ID, pack.charger_deadline_ms)
        self.wish = 0
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
        # message, what fills it, protected, first tick: spreads the frames over the ticks
        self._rows = (
            (self.limits, self._limits, True, 0),
            (self.state, self._state, True, 0),
            (self.pack, self._pack, True, 1),
            (self.bounds, self._bounds, True, 0),
            (self.groups, self._groups, False, 1),
            (self.soc, self._soc, True, 2),
            (self.temperature, self._temperature, True, 3),
            (self.charge_request, self._charge_request, True, 4),
            (self.faults_low, self._faults_low, False, 5),
            (self.faults_high, self._faults_high, False, 6),
            (self.link, self._link, False, 7),
            (self.identity, self._identity, False, 8),
            (self.timing, self._timing, False, 18),
        )
        self._buffers = tuple(bytearray(8) for _ in self._rows)
        self._period = array("h", [row[0].PERIOD_ms // TICK_ms for row in self._rows])
        self._due = array("h", [row[3] for row in self._rows])

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
        if new[0]:
            new[0] = 0
            if self._command_check.check(self._received[0]):
                command = self._command
                command.unpack(self._received[0])
                self.wish = command.request
                self.reset = command.reset_faults == 1 and self._reset_was == 0
                self._reset_was = command.reset_faults
        self._command_check.step(dt_ms)
        if new[1]:
            new[1] = 0
            if self._charger_check.check(self._received[1]):
                self._charger.unpack(self._received[1])
                self.charger_state = self._charger.charger_state
        self._charger_check.step(dt_ms)
        self._ages()
        return self.wish

    def _ages(self) -> None:
        app = self._app
        signals = app.signals
        state = app.machine.state
        closed = state == DRIVE or state == CHARGE or state == PRECHARGE or state == OPENING
        signals.value[F.COMMAND_AGE_ms] = self._command_check.age_ms if closed else 0
        signals.fresh[F.COMMAND_AGE_ms] = 1
        charging = state == CHARGE and app.machine.in_state_ms > app.pack.charger_deadline_ms
        signals.value[F.CHARGER_AGE_ms] = self._charger_check.age_ms if charging else 0
        signals.fresh[F.CHARGER_AGE_ms] = 1

    def send(self, board: "Board") -> int:
        """One tick: sends every frame that is due. Returns how many the controller took."""
        due = self._due
        sent = 0
        for i in range(len(due)):
            wait = due[i]
            if wait > 0:
                due[i] = wait - 1
                continue
            due[i] = self._period[i] - 1
            row = self._rows[i]
            row[1]()
            message = row[0]
            buffer = self._buffers[i]
            counter = buffer[2]
            message.pack(buffer)
            if row[2]:
                buffer[2] = counter
                e2e.protect(buffer, message.ID)
            if board.can_send(message.ID, buffer):
                sent += 1
            else:
                self.refused = (self.refused + 1) & 0xFFFF
        return sent

    def _limits(self) -> None:
        m = self.limits
        envelope = self._app.envelope
        m.charge_limit_dA = envelope.charge_dA
        m.discharge_limit_dA = envelope.discharge_dA
        m.charge_reason = envelope.charge_reason
        m.discharge_reason = envelope.discharge_reason

    def _state(self) -> None:
        m = self.state
        app = self._app
        m.state = app.machine.state
        m.contactors_commanded = app.contactor.mask
        m.contactors_feedback = app.snap.value[S.FEEDBACK_bits]
        m.severity = app.monitor.severity
        m.request_accepted = 1 if self._command_check.state == e2e.OK else 0
        m.first_cause = app.monitor.first_cause
        m.first_cause_where = app.monitor.first_where
        m.command_e2e = self._command_check.state

    def _pack(self) -> None:
        m = self.pack
        m.pack_voltage_mV = self._app.snap.value[S.PACK_mV]
        m.pack_current_dA = self._app.snap.current_dA

    def _link(self) -> None:
        m = self.link
        m.link_voltage_mV = self._app.snap.value[S.LINK_mV]

    def _soc(self) -> None:
        m = self.soc
        app = self._app
        m.soc_permille = app.soc_permille
        m.soc_sigma_permille = app.sigma_permille
        m.soc_low_permille = app.coulomb.low_permille
        m.soc_high_permille = app.coulomb.high_permille

    def _bounds(self) -> None:
        m = self.bounds
        bound = self._app.bound
        m.layer_high_mV = bound.layer_high_mV
        m.layer_low_mV = bound.layer_low_mV
        m.layer_high_group = bound.layer_high_group
        m.layer_low_group = bound.layer_low_group

    def _temperature(self) -> None:
        m = self.temperature
        app = self._app
        m.layer_hottest_ddegC = app.bound.hot_ddegC
        m.layer_coldest_ddegC = app.bound.cold_ddegC
        m.hottest_probe = app.snap.hottest_probe
        m.coldest_probe = app.snap.coldest_probe

    def _faults_low(self) -> None:
        m = self.faults_low
        words = self._app.monitor.words
        m.faults_0_15 = words[0]
        m.faults_16_31 = words[1]
        m.faults_32_47 = words[2]
        m.faults_48_63 = words[3]

    def _faults_high(self) -> None:
        m = self.faults_high
        words = self._app.monitor.words
        m.faults_64_79 = words[4]
        m.faults_80_95 = words[5]
        m.faults_96_111 = words[6]
        m.faults_112_127 = words[7]

    def _groups(self) -> None:
        m = self.groups
        snap = self._app.snap
        first = self._index * 3
        m.index = self._index
        m.group_0_voltage_mV = self._group(first)
        m.group_1_voltage_mV = self._group(first + 1)
        m.group_2_voltage_mV = self._group(first + 2)
        self._index = self._index + 1 if first + 3 < snap.groups else 0

    def _group(self, g: int) -> int:
        snap = self._app.snap
        if g >= snap.groups:
            return -262144
        return snap.group_mV[g] if snap.group_age_ms[g] <= self._app.pack.group_sensor.deadline_ms else -262143

    def _charge_request(self) -> None:
        m = self.charge_request
        app = self._app
        charging = app.machine.state == CHARGE
        m.charge_current_dA = app.envelope.charge_dA if charging else 0
        m.charge_voltage_mV = self._charge_mV
        m.charge_enable = 1 if charging else 0

    def _identity(self) -> None:
        m = self.identity
        app = self._app
        m.protocol_version = PROTOCOL_VERSION
        m.configuration_crc = app.configuration_crc
        m.layer_count = sum(app.pack.taps) * app.pack.stacks
        m.group_count = app.snap.groups
        m.capacity_mAh = app.pack.cell.capacity_mAh

    def _timing(self) -> None:
        m = self.timing
        app = self._app
        m.uptime_s = app.uptime_s
        m.late_ticks = app.late_ticks
        m.worst_lateness_ms = app.worst_lateness_ms
        m.reset_cause = app.reset_cause
