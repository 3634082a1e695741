"""The receiving side of the wire: a mailbox for commands and status, and the door to what the firmware sends.

Frames and their layout come from dbc/bms.dbc (frames.py). A command counts only when its end-to-end check is OK; else the
last accepted one stands, and its age is a signal that a fault row watches, as the state of the check is of another. What is
not one of ours (another identifier, the extended twin of a standard one, another length) is counted and dropped; a remote
frame is dropped by the board. Of several frames with one identifier in a tick the last counts. An inverter's or a foreign
charger's frames are unprotected: they tell whether it lives, and never move a contactor. Nothing allocates after construction.
"""

from micropython import const

from bms.can import dialogue, e2e, outbox
from bms.can import frames as W
from bms.can.details import Details
from bms.can.vital import Vital

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
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

_EXTENDED = const(0x20000000)  # on top of an identifier in the mailbox's index
_OWN = const(2)  # boxes of protected frames: command and charger status
_LENGTH = const(8)


class Link:
    """Mailbox and sender. `wish`: what the vehicle last validly asked for; `reset`: it asked for a reset in this tick."""

    def __init__(self, app: "App") -> None:
        pack = app.pack
        self._value = app.signals.value
        self._machine = app.machine
        self._command = W.VcuCommand()
        self._charger = W.ChgStatus()
        self.command_check = e2e.Receiver(W.VcuCommand.ID, pack.command_deadline_ms)
        self.charger_check = e2e.Receiver(W.ChgStatus.ID, pack.charger_deadline_ms)
        self._deadline_ms = pack.charger_deadline_ms
        self.wish = _WISH_NOTHING
        self.reset = False
        self._reset_was = 1
        self.charger_state = 0
        self.foreign = 0  # frames that are not for us
        self.vital = Vital(app, self)
        self.details = Details(app, self)
        self._offer, self._inverter, self._foreign_charger = dialogue.build_partners(app)
        self._partners = tuple([one for one in (self._inverter, self._foreign_charger) if one is not None])
        self._inverter_deadline_ms = pack.inverter.deadline_ms if pack.inverter is not None else 0
        rows = self.vital.rows + self.details.rows
        boxes = [(W.VcuCommand.ID, False), (W.ChgStatus.ID, False)]
        takers = []
        for partner in self._partners:
            rows += partner.rows
            for k in range(len(partner.heard)):
                boxes.append(partner.heard[k])
                takers.append((partner, k))
        self._takers = tuple(takers)
        self._index = {}
        for i in range(len(boxes)):
            identifier, extended = boxes[i]
            self._index[identifier | (_EXTENDED if extended else 0)] = i
        self._received = tuple([memoryview(bytearray(_LENGTH)) for _ in boxes])
        self._views = tuple([tuple([view[:n] for n in range(_LENGTH + 1)]) for view in self._received])
        self._new = bytearray(len(boxes))  # length of what came, plus 1
        self._any_new = False
        self.outbox = outbox.Outbox(rows, W.BmsLimits.ID)

    def put(self, identifier: int, extended: bool, data: memoryview) -> None:
        """The board hands over a received data frame: kept if it is one of ours and whole; else counted."""
        box = self._index.get(identifier | _EXTENDED if extended else identifier, -1)
        length = len(data)
        if box < 0 or length > _LENGTH or (box < _OWN and length != _LENGTH):
            self.foreign = (self.foreign + 1) & 0xFFFF
            return
        self._views[box][length][:] = data
        self._new[box] = length + 1
        self._any_new = True

    def receive(self, dt_ms: int) -> int:
        """One tick: takes what came if its check allows. Returns the wish."""
        self.reset = False
        command = self.command_check
        charger = self.charger_check
        if self._any_new:
            self._any_new = False
            new = self._new
            if new[0]:
                new[0] = 0
                if command.check(self._received[0]):
                    self._obey()
            if new[1]:
                new[1] = 0
                if charger.check(self._received[1]):
                    self._charger.unpack(self._received[1])
                    self.charger_state = self._charger.charger_state
            if self._takers:
                self._hand_out(new)
        age_ms = command.age_ms + dt_ms
        if age_ms <= command.deadline_ms:
            command.age_ms = age_ms
        elif command.step(dt_ms) == _TIMED_OUT:
            self.wish = _WISH_NOTHING
            self._reset_was = 1
        age_ms = charger.age_ms + dt_ms
        if age_ms <= charger.deadline_ms:
            charger.age_ms = age_ms
        else:
            charger.step(dt_ms)
        machine = self._machine
        value = self._value
        value[_COMMAND_AGE_ms] = command.age_ms if machine.closed_wanted else 0
        value[_COMMAND_e2e] = command.state if command.state < _TIMED_OUT else 0
        value[_CHARGER_e2e] = charger.state if charger.state < _TIMED_OUT else 0
        charging = machine.state == _CHARGE and machine.in_state_ms > self._deadline_ms
        foreign = self._foreign_charger
        value[_CHARGER_AGE_ms] = 0 if not charging else charger.age_ms if foreign is None else foreign.age_ms
        return self.wish

    def _hand_out(self, new: bytearray) -> None:
        takers = self._takers
        for i in range(_OWN, len(new)):
            if new[i]:
                partner, k = takers[i - _OWN]
                partner.take(k, self._views[i][new[i] - 1])
                new[i] = 0

    def _obey(self) -> None:
        command = self._command
        command.unpack(self._received[0])
        if command.request <= _WISH_SERVICE:
            self.wish = command.request
        self.reset = command.reset_faults == 1 and self._reset_was == 0
        self._reset_was = command.reset_faults

    def talk(self, dt_ms: int) -> None:
        """Once a round of ten ticks: what partners of other makes are offered, and whether they are still there."""
        if self._offer is None:
            return
        self._offer.step(dt_ms)
        for partner in self._partners:
            partner.step(dt_ms)
        inverter = self._inverter
        if inverter is not None:
            self._value[_INVERTER_lost] = 1 if inverter.age_ms > self._inverter_deadline_ms else 0

    def send(self, board: "Board", stop: bool) -> int:
        """One tick: sends every frame that is due. `stop`: limits have fallen to zero. Returns how many were taken."""
        return self.outbox.send(board, stop)
