"""The receiving side of the wire: a mailbox for commands and status, and the door to what the firmware sends.

Frames and their layout come from dbc/bms.dbc (frames.py). A command counts only when its end-to-end check is OK; else the
last accepted one stands, and its age is a signal that a fault row watches, as the state of the check is of another. One of
another length fails its check. What is not one of ours (another identifier, the extended twin of a standard one) is counted
and dropped; a remote frame is dropped by the board. Of several accepted commands in a tick the last counts. The frames of an
inverter or a charger of another make are unprotected: they tell whether it lives, and never close a contactor. Nothing
allocates after construction.
"""

import micropython
from micropython import const

from bms.can import e2e, outbox
from bms.can import frames as W
from bms.can.details import Details
from bms.can.offer import Offer
from bms.can.peers import build_charger, build_inverter
from bms.can.vital import Vital

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.app import App
    from bms.board import Board

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_WISH_SERVICE = const(3)
_CHARGE = const(4)
_WISH_NOTHING = const(4)
_TIMED_OUT = const(5)
_COMMAND_AGE_ms = const(26)
_CHARGER_AGE_ms = const(27)
_COMMAND_e2e = const(37)
_CHARGER_e2e = const(38)
_INVERTER_lost = const(39)
_REQUEST_unknown = const(101)

_EXTENDED = const(0x20000000)  # on top of an identifier in the mailbox's index
_COMMAND_BOX = const(0)
_CHARGER_BOX = const(1)
_CHARGE_BOX = const(2)
_LIMITS_BOX = const(3)
_OWN = const(4)  # boxes of protected frames
_LENGTH = const(8)
_WANT_DEADLINE_ms = const(2000)  # of the vehicle's word on how it is charged; assumed


class Link:
    """Mailbox and sender. `wish`: what the vehicle last validly asked for; `reset`: it asked for a reset in this tick."""

    def __init__(self, app: "App") -> None:
        pack = app.pack
        self._value = app.signals.value
        self._machine = app.machine
        self._bus = app.bus
        self._charging = app.watch.charging
        self._command = W.VcuCommand()
        self._charger = W.ChgStatus()
        self.command_check = e2e.Receiver(W.VcuCommand.ID, pack.command_deadline_ms, W.VcuCommand.PERIOD_ms)
        self.charger_check = e2e.Receiver(W.ChgStatus.ID, pack.charger_deadline_ms, W.ChgStatus.PERIOD_ms)
        self._want = W.VcuCharge()
        self._most = W.ChgLimits()
        self.want_check = e2e.Receiver(W.VcuCharge.ID, _WANT_DEADLINE_ms, W.VcuCharge.PERIOD_ms)
        self.most_check = e2e.Receiver(W.ChgLimits.ID, pack.charger_deadline_ms, W.ChgLimits.PERIOD_ms)
        self._fastcharge = app.rounds.fastcharge
        self.wish = _WISH_NOTHING
        self.accepted = False  # the newest sound command asks for a state that there is, and is not too old
        self.reset = False
        self._reset_was = 1
        self.charger_state = 0
        self.foreign = 0  # frames that are not for us
        self.vital = Vital(app, self)
        self.details = Details(app, self)
        self._offer = Offer(app)
        self._inverter = build_inverter(app, self._offer)
        self._foreign_charger = build_charger(app, self._offer)
        self._peers = tuple([one for one in (self._inverter, self._foreign_charger) if one is not None])
        self._inverter_deadline_ms = pack.inverter.deadline_ms if pack.inverter is not None else 0
        rows = self.vital.rows + self.details.rows
        boxes = [(own.ID, False) for own in (W.VcuCommand, W.ChgStatus, W.VcuCharge, W.ChgLimits)]
        takers = []
        urgent = [self.vital.limits]
        for peer in self._peers:
            rows += peer.rows
            urgent.append(peer.rows[0][0])  # its limits
            for k in range(len(peer.heard)):
                boxes.append(peer.heard[k])
                takers.append((peer, k))
        self._takers = tuple(takers)
        self._index = {}
        for i in range(len(boxes)):
            identifier, extended = boxes[i]
            self._index[identifier | (_EXTENDED if extended else 0)] = i
        self._commanded = False
        self._offered = False  # in the tick before
        self._wants = False  # the vehicle wants something of a charge
        self._tells = False  # the charger tells what it can give
        self._missing = False  # a charger is owed, and its silence told
        self._again = False  # a restart may have cancelled an order to stop
        self.outbox = outbox.Outbox(rows, urgent)

    def put(self, identifier: int, extended: bool, data: memoryview) -> None:
        """The board hands over a received data frame. One of ours is checked here, so that no later one hides it."""
        box = self._index.get(identifier | _EXTENDED if extended else identifier, -1)
        if box == _COMMAND_BOX:
            if self.command_check.check(data):
                self._command.unpack(data)
                self._commanded = True
        elif box == _CHARGER_BOX:
            if self.charger_check.check(data):
                status = self._charger
                status.unpack(data)
                self.charger_state = status.charger_state
                self._charging.hear(status.charger_state, status.charger_current_dA, status.charger_voltage_mV)
        elif box == _CHARGE_BOX:
            if self.want_check.check(data):
                want = self._want
                want.unpack(data)
                self._wants = True
                self._fastcharge.wish(want.wanted_profile, want.wanted_target_permille, want.departure_s)
        elif box == _LIMITS_BOX:
            if self.most_check.check(data):
                most = self._most
                most.unpack(data)
                self._tells = True
                self._fastcharge.hear(most.charger_current_most_dA, most.charger_voltage_most_mV)
        elif box < 0 or len(data) > _LENGTH:
            self.foreign = (self.foreign + 1) & 0xFFFF
        else:
            peer, k = self._takers[box - _OWN]
            peer.take(k, data)

    @micropython.native
    def receive(self, dt_ms: int) -> int:
        """One tick: takes what came if its check allows. Returns the wish."""
        self.reset = False
        command = self.command_check
        charger = self.charger_check
        if self._commanded:
            self._commanded = False
            self._obey()
        age_ms = command.age_ms + dt_ms
        deadline_ms = command.deadline_ms
        if age_ms <= deadline_ms:
            command.age_ms = age_ms
        elif command.step(dt_ms) == _TIMED_OUT:
            self.wish = _WISH_NOTHING
            self.accepted = False
            self._value[_REQUEST_unknown] = 0
            self._reset_was = 1
        age_ms = charger.age_ms + dt_ms
        if age_ms <= charger.deadline_ms:
            charger.age_ms = age_ms
        else:
            charger.step(dt_ms)
        machine = self._machine
        value = self._value
        # a wrong check beside sound frames is noise; in place of them it is told before they count as lost
        if not machine.closed_wanted:
            value[_COMMAND_AGE_ms] = 0
            value[_COMMAND_e2e] = 0
        else:
            age_ms = command.age_ms
            value[_COMMAND_AGE_ms] = age_ms
            value[_COMMAND_e2e] = command.state if age_ms * 2 > deadline_ms and command.state < _TIMED_OUT else 0
        if machine.state == _CHARGE and machine.in_state_ms > charger.deadline_ms:
            self._miss_charger(value, charger)
        elif self._missing:
            self._missing = False
            value[_CHARGER_AGE_ms] = 0
            value[_CHARGER_e2e] = 0
        return self.wish

    def _miss_charger(self, value: "array[int]", charger: e2e.Receiver) -> None:
        """How long the charger has been silent, while one is owed."""
        self._missing = True
        age_ms = charger.age_ms if self._foreign_charger is None else self._foreign_charger.age_ms
        value[_CHARGER_AGE_ms] = age_ms
        told = self._foreign_charger is None and age_ms * 2 > charger.deadline_ms and charger.state < _TIMED_OUT
        value[_CHARGER_e2e] = charger.state if told else 0

    def _obey(self) -> None:
        command = self._command
        self.accepted = command.request <= _WISH_SERVICE
        self._value[_REQUEST_unknown] = 0 if self.accepted else 1
        if self.accepted:
            self.wish = command.request
        self.reset = command.reset_faults == 1 and self._reset_was == 0
        self._reset_was = command.reset_faults

    def talk(self, dt_ms: int) -> None:
        """Once a round of ten ticks: what vehicle and charger want of a charge while it is not too old; what peers of other
        makes are offered, and whether they are still there."""
        self._again = self._bus.restarted
        check = self.want_check
        check.step(dt_ms)
        if self._wants and check.age_ms > _WANT_DEADLINE_ms:
            self._wants = False
            self._fastcharge.forget()
        check = self.most_check
        check.step(dt_ms)
        if self._tells and check.age_ms > check.deadline_ms:
            self._tells = False
            self._fastcharge.lose()
        if not self._peers:
            return
        self._offer.step(dt_ms)
        for peer in self._peers:
            peer.step(dt_ms)
        inverter = self._inverter
        if inverter is not None:
            self._value[_INVERTER_lost] = 1 if inverter.age_ms > self._inverter_deadline_ms else 0

    def send(self, board: "Board", stop: bool) -> int:
        """One tick: sends every frame that is due. `stop`: limits have fallen to zero. Returns how many were taken."""
        offer = self._offer
        if self._offered and offer.stop_if_tripped():
            stop = True  # the envelope may have been at zero before, while the offer was on its way down
        self._offered = offer.charge_dA > 0 or offer.discharge_dA > 0
        if self._again:
            self._again = False
            stop = True
        return self.outbox.send(board, stop)
