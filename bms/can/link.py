"""The vehicle's side of the wire: a mailbox for commands, and a timetable of what the firmware sends.

Frames and their layout come from dbc/bms.dbc (frames.py); this file says which of the firmware's values goes into which
signal and when. Commands count only when their end-to-end check is OK; else the last accepted one stands, and its age is a
signal that a fault row watches. Every frame has its own buffer, so that a protected one keeps its counter. Nothing here
allocates after construction.
"""


from micropython import const

from bms.can import e2e
from bms.can import frames as W
from bms.safety import snapshot as S
from bms.safety.faults import CHARGER_AGE_ms, COMMAND_AGE_ms
from bms.safety.machine import CHARGE, WISH_NOTHING, WISH_SERVICE

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.board import Board

PROTOCOL_VERSION = const(1)
TICK_ms = const(10)
ROUND = const(10)  # ticks of a round: every period is a part or a multiple of it


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
        self._charger_deadline_ms = pack.charger_deadline_ms
        self.wish = WISH_NOTHING
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
        self._buffers = tuple(bytearray(8) for _ in self._rows)
        self._skip = bytearray(len(self._rows))  # rounds to wait, for what is slower than a round
        self._rounds = bytearray(max(1, row[0].PERIOD_ms // (ROUND * TICK_ms)) - 1 for row in self._rows)
        calendar = []
        for tick in range(ROUND):
            due = []
            for i in range(len(self._rows)):
                period = self._rows[i][0].PERIOD_ms // TICK_ms
                if tick % min(period, ROUND) == self._rows[i][3] % min(period, ROUND):
                    due.append(i)
            calendar.append(bytes(due))
        self._calendar = tuple(calendar)

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
                if command.request <= WISH_SERVICE:
                    self.wish = command.request
                self.reset = command.reset_faults == 1 and self._reset_was == 0
                self._reset_was = command.reset_faults
        if self._command_check.step(dt_ms) == e2e.TIMED_OUT:
            self.wish = WISH_NOTHING
            self._reset_was = 1
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
        machine = app.machine
        signals.value[COMMAND_AGE_ms] = self._command_check.age_ms if machine.closed_wanted else 0
        charging = machine.state == CHARGE and machine.in_state_ms > self._charger_deadline_ms
        signals.value[CHARGER_AGE_ms] = self._charger_check.age_ms if charging else 0

    def send(self, board: "Board", phase: int) -> int:
        """One tick, number `phase` of a round of ten: sends every frame that is due. Returns how many were taken."""
        sent = 0
        envelope = self._app.envelope
        if envelope.cut:
            # an order to stop does not wait for its turn
            sent += self._send_row(board, 0)
        for i in self._calendar[phase]:
            wait = self._skip[i]
            if wait:
                self._skip[i] = wait - 1
            elif i or not envelope.cut:
                self._skip[i] = self._rounds[i]
                sent += self._send_row(board, i)
        return sent

    def _send_row(self, board: "Board", i: int) -> int:
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
            return 1
        self.refused = (self.refused + 1) & 0xFFFF
        return 0

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
        coulomb = app.coulomb
        soc = app.advice.soc_permille
        if soc < 0:
            soc = coulomb.soc_permille
        if soc < coulomb.low_permille:
            soc = coulomb.low_permille
        if soc > coulomb.high_permille:
            soc = coulomb.high_permille
        m.soc_permille = soc
        m.soc_sigma_permille = app.advice.sigma_permille
        m.soc_low_permille = coulomb.low_permille
        m.soc_high_permille = coulomb.high_permille

    def _bounds(self) -> None:
        m = self.bounds
        bound = self._app.bound
        m.layer_high_mV = bound.layer_high_mV
        m.layer_low_mV = bound.layer_low_mV
        m.layer_high_group = bound.high_group(self._app.snap)
        m.layer_low_group = bound.low_group(self._app.snap)

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
