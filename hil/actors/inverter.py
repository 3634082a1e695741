"""A battery inverter on the link, as makers of solar systems build them: it reads the limits that the pack offers and obeys.

It hears only the frames of its own protocol (Victron, Pylontech, SMA), decoded by cantools from the DBC of that protocol;
signals are found by where the published layout puts them, not by name. They carry no protection, so nothing of them commands
the pack: they are limits for this device alone. Limits (0x351): charge up to CCL until the link reaches CVL, then hold
CVL; discharge up to DCL until the link is down at DVL, then rest until it has recovered by RESTART_V. An alarm stops one
direction or both; silence of 0x351 for LOST_ms stops everything. It tells every second that it is alive (0x305), and a GX
device also who it is (0x307). Not modelled: that a Victron discharges into its loads at a CVL of zero.

V, A, W; positive charges. Reaction, slew and gain assumed; deadlines from implementers' notes on these protocols.
"""

import struct
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cantools.database.can import Database, Message

from bms.schema import Inverter as Offer
from hil.actors.house import House

STEP_ms = 10
LOST_ms = 3000
KEEPALIVE_ms = 1000
RESTART_V = 1.2
HOLD_A_V = 10.0  # how hard a step corrects the current for a volt beyond CVL
DARK_V = 20.0  # below it there is no power to turn into a current

LIMITS, ALARMS, PROTECTION, REQUESTS = 0x351, 0x35A, 0x359, 0x35C
KEEPALIVE, IDENTITY = 0x305, 0x307
VICTRON = bytes.fromhex("1234567856494300")  # "VIC" in bytes 4 to 6, the rest as a GX device was seen to send it

CVL, CCL, DCL, DVL = 0, 16, 32, 48
"""First bits of the signals of 0x351."""

STOPS: Mapping[int, tuple[tuple[int, bool, bool], ...]] = {
    # frame: first bit of an alarm, whether it stops charging, whether it stops discharging
    ALARMS: (
        (0, True, True),  # general
        (2, True, False),  # high voltage
        (4, False, True),  # low voltage
        (6, True, True),  # high temperature
        (8, True, True),  # low temperature
        (10, True, False),  # high temperature for charging
        (12, True, False),  # low temperature for charging
        (14, False, True),  # high current
        (16, True, False),  # high charge current
        (18, True, True),  # contactor
        (20, True, True),  # short circuit
        (22, True, True),  # inside the BMS
    ),
    PROTECTION: (
        (1, True, False),  # high voltage
        (2, False, True),  # low voltage
        (3, True, True),  # high temperature
        (4, True, True),  # low temperature
        (7, False, True),  # discharge current
        (8, True, False),  # charge current
        (11, True, True),  # system
    ),
    REQUESTS: (  # enabling bits: what is not set stops
        (7, True, False),
        (6, False, True),
    ),
}

GRACE_ms = 1000
"""From a new limit to the current that keeps it: reaction and slew, judged as if limits came once a second."""

_SOCKETCAN = struct.Struct("<IB3x8s")


class Limits(NamedTuple):
    """What one 0x351 says: V and magnitudes in A."""

    charge_V: float
    charge_A: float
    discharge_A: float
    discharge_V: float


NOTHING = Limits(0.0, 0.0, 0.0, 0.0)

Load = Callable[[float], float]
"""Wanted at the DC side in A, so many seconds after the begin of the phase."""


class Inverter:
    """`step` every tick; `demand_A` is what it puts into the link until the next. `handlers` take (data, now_ms) of a frame."""

    def __init__(self, wire: Database, offer: Offer, settings: Mapping[str, Any], seed: int) -> None:
        self.alive = _SOCKETCAN.pack(KEEPALIVE, 8, bytes(8))  # what it says every second
        if offer.protocol == "victron":
            self.alive += _SOCKETCAN.pack(IDENTITY, 8, VICTRON)
        self.demand_A = 0.0
        self.factor = 1.0  # 1 obeys; a fault takes so many times the currents that are offered
        self.disobeyed = 0
        self.over_V = 0.0  # farthest that the link was above CVL while charging
        self.over_A = 0.0  # farthest beyond the larger of the two newest limits
        self.limits = NOTHING  # in force
        self.empty = False  # waits for the voltage to recover
        self._active = {ALARMS: offer.alarm_active, PROTECTION: 1, REQUESTS: 0}
        self._reaction_ms: int = settings["reaction_ms"]
        self._slew_A: float = settings["slew_A_s"] * STEP_ms / 1000
        self._power_W: float = settings["power_W"]
        self._house = House(seed, settings["pv_peak_W"])
        self._load: Load | None = None
        self._day_start_s: float | None = None
        self._from_ms = 0
        self._heard_ms: int | None = None
        self._coming: deque[tuple[int, Limits]] = deque()
        self._owed: deque[tuple[int, Limits]] = deque()  # limits that may still show in the current, newest last
        self._stops: dict[int, tuple[bool, bool]] = {}
        messages = {message.frame_id: message for message in wire.messages}
        self._limits_message = messages[LIMITS]
        self._names = {signal.start: signal.name for signal in self._limits_message.signals}
        self.handlers: dict[int, Callable[[bytes, int], None]] = {LIMITS: self._hear}
        for identifier, rows in STOPS.items():
            if identifier in messages:
                self.handlers[identifier] = self._listener(messages[identifier], rows)

    def enter(self, load: Load | None, day_start_h: float | None, now_ms: int) -> None:
        """A new phase: a current that is wanted, or a day of the house from some hour on, or neither."""
        self._load, self._from_ms = load, now_ms
        self._day_start_s = None if day_start_h is None else day_start_h * 3600

    def step(self, link_V: float, current_A: float, now_ms: int) -> bytes:
        """One tick: measures the link and its own last current, decides on the next; returns what it says."""
        coming = self._coming
        while coming and coming[0][0] <= now_ms:
            self.limits = coming.popleft()[1]
        if self._heard_ms is None or now_ms - self._heard_ms > LOST_ms:
            self.limits = NOTHING
            coming.clear()
            self.demand_A = 0.0
        else:
            self._watch(link_V, current_A, now_ms)
            self._regulate(link_V, self._wanted_A(link_V, (now_ms - self._from_ms) / 1000))
        return self.alive if not now_ms % KEEPALIVE_ms else b""

    def _wanted_A(self, link_V: float, elapsed_s: float) -> float:
        if self._load is not None:
            return self._load(elapsed_s)
        if self._day_start_s is None or link_V < DARK_V:
            return 0.0
        surplus_W = self._house.surplus_W(self._day_start_s + elapsed_s)
        return max(-self._power_W, min(self._power_W, surplus_W)) / link_V

    def _regulate(self, link_V: float, wanted_A: float) -> None:
        """The next current: wanted, inside the limits, towards it at the slew."""
        limits, present_A = self.limits, self.demand_A
        no_charge = no_discharge = False
        for charge, discharge in self._stops.values():
            no_charge |= charge
            no_discharge |= discharge
        if link_V <= limits.discharge_V:
            self.empty = True
        elif link_V >= limits.discharge_V + RESTART_V:
            self.empty = False
        hold_A = max(0.0, present_A + HOLD_A_V * (limits.charge_V - link_V))
        charge_A = 0.0 if no_charge else limits.charge_A
        discharge_A = 0.0 if no_discharge or self.empty else limits.discharge_A
        honest_A = max(-discharge_A, min(charge_A, hold_A, wanted_A))
        target_A = honest_A
        if self.factor != 1.0:
            target_A = max(-discharge_A * self.factor, min(charge_A * self.factor, hold_A, wanted_A))
            self.disobeyed += target_A != honest_A
        self.demand_A = present_A + max(-self._slew_A, min(self._slew_A, target_A - present_A))

    def _watch(self, link_V: float, current_A: float, now_ms: int) -> None:
        """How far it went beyond what it was offered; a limit is due GRACE_ms after it came."""
        owed = self._owed
        while len(owed) > 1 and now_ms - owed[1][0] >= GRACE_ms:
            owed.popleft()
        if not owed:
            return
        if current_A > 0.0:
            self.over_V = max(self.over_V, link_V - max(limits.charge_V for _, limits in owed))
            self.over_A = max(self.over_A, current_A - max(limits.charge_A for _, limits in owed))
        else:
            self.over_A = max(self.over_A, -current_A - max(limits.discharge_A for _, limits in owed))

    def _hear(self, data: bytes, now_ms: int) -> None:
        values = self._decoded(self._limits_message, data)
        limits = Limits(*(float(values[self._names[bit]]) for bit in (CVL, CCL, DCL, DVL)))
        if self._heard_ms is None or now_ms - self._heard_ms > LOST_ms:
            self._owed.clear()
        self._heard_ms = now_ms
        self._owed.append((now_ms, limits))
        self._coming.append((now_ms + self._reaction_ms, limits))

    def _listener(self, message: Message, rows: tuple[tuple[int, bool, bool], ...]) -> Callable[[bytes, int], None]:
        """Takes the alarms, protections or enabling bits of one frame."""
        active = self._active[message.frame_id]
        names = {signal.start: signal.name for signal in message.signals}
        known = [(names[bit], charge, discharge) for bit, charge, discharge in rows if bit in names]

        def hear(data: bytes, _: int) -> None:
            values = self._decoded(message, data)
            standing = [(charge, discharge) for name, charge, discharge in known if values[name] == active]
            charge, discharge = any(row[0] for row in standing), any(row[1] for row in standing)
            self._stops[message.frame_id] = (charge, discharge)

        return hear

    @staticmethod
    def _decoded(message: Message, data: bytes) -> Mapping[str, Any]:
        decoded = message.decode(data[: message.length], decode_choices=False)
        assert isinstance(decoded, dict)
        return decoded
