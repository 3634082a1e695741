"""Whether a charge goes as it was asked for. Every signal is at rest outside the state of charge.

The charger's own status counts while it is not older than its deadline: whether it has failed, what voltage it measures
against the link, what current it says it gives. A charger of another make says none of this here (its silence and its
failure are the same row): then only what the pack measures counts. What may flow is overload.py's line, and for a charger,
which may be asked for less than the limit, one that is drawn alike from what it was asked for. An inverter's offer has a ramp
of its own, and only the limit is held against it.

Overfilled: the charge that has certainly gone in (current less offset, step and gain, summed without loss) beyond the room
that the hard interval of SoC left when the charge began. A charge goes on until something was certainly discharged: leaving
the state and coming back begins no new one. No progress: more than 0.02 C are allowed and asked for, and neither a tenth of
that nor 0.02 C flow; a small charger on a large pack does progress. Units: dA, mV, ms; charge in dA*s.
"""

from micropython import const

from bms.safety.held import Held

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.coulomb import Coulomb
    from bms.safety.machine import Machine
    from bms.safety.overload import Overload
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_LINK_mV = const(3)
_CHARGE = const(4)
_OVERFILLED_permille = const(63)
_NO_PROGRESS_ms = const(64)
_CHARGER_OVER_dA = const(65)
_CHARGER_APART_mV = const(66)
_CHARGER_failed = const(67)
_AGE_MAX_ms = const(60000)

SAYS_FAULT = const(3)  # CHG_STATUS.charger_state
LITTLE_mC = const(20)
_TENTH = const(10)
_PERCENT = const(100)
_ROUNDING_mA = const(51)  # current in dA
_MS_PER_S = const(1000)
_PERMILLE = const(1000)
_U_PER_M = const(1000)
_mA_PER_dA = const(100)
_NET_MAX_dAs = const(1 << 29)
_ASKED_MAX_dA = const(16383)


class Charging:
    """`net_dAs`: what has certainly gone in since the charge began; `room_dAs`: what there was room for; `line_dA`: what a
    charger may give."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        a = pack.current_a_sensor
        cell = pack.cell
        self._value = signals.value
        self._speaks = pack.charger_protocol == "bms"
        self._deadline_ms = pack.charger_deadline_ms
        self._state = 0
        self._said_dA = 0
        self._said_mV = 0
        self._age_ms = _AGE_MAX_ms
        self._little_dA = cell.capacity_mAh // 10 * LITTLE_mC // 10000 + 1
        self._error_mA = (a.offset_u + a.lsb_u) // _U_PER_M + _ROUNDING_mA
        self._gain_permille = a.gain_ppm // _PERMILLE + 1
        self.asked_dA = _ASKED_MAX_dA  # of the charger; set from outside
        self._asks = pack.inverter is None
        self._held = Held(pack)
        self._allowed_dA = 0  # by limit and request, in the round before
        self._asked_line_dA = 0
        self.line_dA = 0
        self._charging = False
        self._same = False  # nothing has been discharged since the charge began
        self._carry_dAms = 0
        self.net_dAs = 0
        self.room_dAs = 0
        signals.value[_CHARGER_OVER_dA] = -1

    def hear(self, state: int, current_dA: int, voltage_mV: int) -> None:
        """A sound status of the charger has come."""
        if self._speaks:
            self._state = state
            self._said_dA = current_dA
            self._said_mV = voltage_mV
            self._age_ms = 0
            if self._charging and state == SAYS_FAULT:
                self._value[_CHARGER_failed] = 1

    def refresh(
        self, snap: "Snapshot", machine: "Machine", coulomb: "Coulomb", overload: "Overload", charge_dA: int, round_ms: int
    ) -> None:
        """Once a round, after overload.py: `charge_dA` is the limit in force."""
        value = self._value
        allowed_dA = charge_dA
        if self._asks and self.asked_dA < charge_dA and machine.state == _CHARGE:
            allowed_dA = self.asked_dA
        before_dA = self._allowed_dA
        self._allowed_dA = allowed_dA
        line_dA = overload.line_dA(self._held.step(allowed_dA if allowed_dA > before_dA else before_dA))
        least_dA = self._asked_line_dA - overload.charge_fall_dA
        if line_dA < least_dA:
            line_dA = least_dA
        self._asked_line_dA = line_dA
        self.line_dA = line_dA if line_dA < overload.charge_line_dA else overload.charge_line_dA
        if self._age_ms < _AGE_MAX_ms:
            self._age_ms += round_ms
        moved_dAms = overload.moved_dAms
        moved_ms = overload.moved_ms
        if machine.state != _CHARGE:
            if self._charging:
                self._charging = False
                value[_OVERFILLED_permille] = 0
                value[_NO_PROGRESS_ms] = 0
                value[_CHARGER_OVER_dA] = -1
                value[_CHARGER_APART_mV] = 0
                value[_CHARGER_failed] = 0
            if self._same:
                if moved_dAms + self._error_dAms(moved_dAms, moved_ms) < 0:
                    self._same = False
                self._count(moved_dAms, moved_ms)
            return
        self._charging = True
        if not self._same:
            self._same = True
            self._carry_dAms = 0
            self.net_dAs = 0
            self.room_dAs = (coulomb.capacity_mAs - coulomb.low_mAs) // _mA_PER_dA + 1
        self._count(moved_dAms, moved_ms)
        beyond_dAs = self.net_dAs - self.room_dAs
        value[_OVERFILLED_permille] = beyond_dAs // (coulomb.capacity_mAs // (_mA_PER_dA * _PERMILLE)) if beyond_dAs > 0 else 0
        flows_dA = moved_dAms // moved_ms if moved_ms else 0
        self._progress(flows_dA, charge_dA if charge_dA < self.asked_dA else self.asked_dA, round_ms)
        failed = 0
        apart_mV = 0
        if self._age_ms <= self._deadline_ms:
            if self._state == SAYS_FAULT:
                failed = 1
            link_mV = snap.value[_LINK_mV]
            apart_mV = self._said_mV - link_mV
            if apart_mV < 0:
                apart_mV = -apart_mV
            apart_mV -= (link_mV if link_mV >= 0 else -link_mV) // _PERCENT
            if self._said_dA > flows_dA:
                flows_dA = self._said_dA
        value[_CHARGER_failed] = failed
        value[_CHARGER_APART_mV] = apart_mV
        over_dA = overload.sure_dA(flows_dA) if flows_dA > 0 else 0
        value[_CHARGER_OVER_dA] = over_dA - self.line_dA

    def _progress(self, flows_dA: int, charge_dA: int, round_ms: int) -> None:
        time_ms = 0
        if charge_dA > self._little_dA:
            wanted_dA = charge_dA // _TENTH
            if wanted_dA > self._little_dA:
                wanted_dA = self._little_dA
            if flows_dA < wanted_dA or flows_dA <= 0:
                time_ms = self._value[_NO_PROGRESS_ms] + round_ms
                if time_ms > _AGE_MAX_ms:
                    time_ms = _AGE_MAX_ms
        self._value[_NO_PROGRESS_ms] = time_ms

    def _error_dAms(self, size_dAms: int, round_ms: int) -> int:
        """What the sensor may err in a round in which so much flowed."""
        if size_dAms < 0:
            size_dAms = -size_dAms
        return (size_dAms // _PERMILLE + 1) * self._gain_permille + self._error_mA * round_ms // _mA_PER_dA

    def _count(self, moved_dAms: int, round_ms: int) -> None:
        moved_dAms += self._carry_dAms - self._error_dAms(moved_dAms, round_ms)
        whole = moved_dAms // _MS_PER_S
        self._carry_dAms = moved_dAms - whole * _MS_PER_S
        net_dAs = self.net_dAs + whole
        if net_dAs > _NET_MAX_dAs:
            net_dAs = _NET_MAX_dAs
        elif net_dAs < -_NET_MAX_dAs:
            net_dAs = -_NET_MAX_dAs
        self.net_dAs = net_dAs
