"""What contactors, coils, fuse and precharge resistor go through, and whether what was opened has opened.

WELDED: after the mains were let go, the link must lose a tenth within link_fall_ms, and every auxiliary contact must open
within feedback_timeout_ms, debounce included. An inverter or a charger may hold the link up by itself: only a link that stays
within link_apart_mV of the pack proves a weld. Until all of it has been seen, or has failed, `testing` stands and nothing new
may close.
BREAKS: openings of both mains with open_current_dA or more, counted in the tick that lets the coils go and the one after,
the larger; above contactor_break_dA one of them uses up the whole budget. What breaks while precharging is the resistor's
current, and does not count. BOUNCE: what an auxiliary contact moves more than the once that is due, within pull_in_ms.

PRECHARGE_HEAT: an attempt that fails may have had the pack's whole voltage at the resistor until its time was up, V^2 T / R;
one that succeeds leaves C V^2 / 2, which is tau / 2T of that: 5 % where T is ten tau (bench_24: 15 J of 308 J). So every
attempt counts whole, is paid back but for its share when it succeeds, and cools away linearly in precharge_cool_ms.
Units: mV, dA, ms; heat in percent of a failed attempt.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.contactor import Contactor
    from bms.safety.machine import Machine
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py, machine.py and their neighbours say: no look-up; a test holds them together.
_SELF_TEST = const(1)
_NEGATIVE = const(1)
_PRECHARGE = const(2)
_PACK_mV = const(2)
_LINK_mV = const(3)
_POSITIVE = const(4)
_FEEDBACK_bits = const(4)
_MAINS = const(7)
_FUSE_intact = const(8)
_COIL_SUPPLY_present = const(10)
_INPUTS = const(32)
_WELDED = const(68)
_BOUNCE_count = const(69)
_BREAKS_count = const(70)
_WORN_count = const(71)
_COIL_SUPPLY_lost = const(72)
_FUSE_open = const(73)
_LINK_APART_mV = const(74)
_BOOT_FEEDBACK = const(75)
_PRECHARGE_HEAT_count = const(76)
_OPENING_forced = const(77)

_BOTH = const(_NEGATIVE | _POSITIVE)
_PRECHARGING = const(_NEGATIVE | _PRECHARGE)
_CONTACTS = const(3)
_NOWHERE = const(255)
_COUNT_MAX = const(65535)
_TIME_MAX_ms = const(60000)
_WHOLE_percent = const(100)
_MILLI = const(1000)
_DEBOUNCE_ms = const(30)  # of the row contactor_welded, which is to be named before contactor_feedback is
_HEAT_MAX_percent = const(100000)


class Wear:
    """`testing`: it is not yet known whether what was opened has opened."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        guards = pack.guards
        self._value = signals.value
        self._where = signals.where
        self._open_dA = pack.open_current_dA
        self._break_dA = pack.contactor_break_dA
        self._budget = guards.break_budget_count
        self._feedback_ms = pack.feedback_timeout_ms - _DEBOUNCE_ms
        self._fall_ms = guards.link_fall_ms
        self._apart_mV = guards.link_apart_mV
        self._window_ms = guards.pull_in_ms
        self._cool_ms = guards.precharge_cool_ms // _WHOLE_percent + 1
        tau_ms = pack.precharge_mohm // _MILLI * pack.link_capacitance_uF // _MILLI
        self._share_percent = tau_ms // (pack.precharge_timeout_ms // 50 + 1) + 1
        self.testing = False
        self._welded = False
        self._driven = False  # some coil has been driven since the start
        self._coils = 0
        self._contacts = 0
        self._current_dA = 0
        self._settling_ms = 0  # left of the movement
        self._changes = bytearray(_CONTACTS)
        self._waited_ms = 0  # since everything was let go
        self._was_mV = 0  # of the link then; 0 when it tells nothing more
        self._heat_percent = 0
        self._cooled_ms = 0

    def restore(self, breaks: int) -> None:
        """Openings under load of other runs."""
        self._value[_BREAKS_count] = breaks
        self._value[_WORN_count] = breaks

    @property
    def breaks(self) -> int:
        """Openings under load, up to now."""
        return self._value[_BREAKS_count]

    @micropython.native
    def step(self, snap: "Snapshot", contactor: "Contactor", machine: "Machine", dt_ms: int) -> None:
        """One tick: coils as they have been driven since the last one, contacts as they are now."""
        value = self._value
        seen = snap.value
        mask = contactor.mask
        contacts = seen[_FEEDBACK_bits] & _MAINS
        if mask != self._coils:
            self._moved(snap, machine, mask)
        if contacts != self._contacts:
            self._changed(contacts)
        if self._settling_ms:
            self._settle(dt_ms)
        if mask:
            value[_COIL_SUPPLY_lost] = 0 if seen[_COIL_SUPPLY_present] else 1
            if mask == _BOTH and not self._settling_ms:
                apart_mV = seen[_LINK_mV] - seen[_PACK_mV]
                value[_LINK_APART_mV] = apart_mV if apart_mV > 0 else -apart_mV
        elif self.testing or self._welded:
            self._test(snap, contacts, dt_ms)
        elif not self._driven:
            # what self-test finds stands until the contact has opened; later ones are the business of contactor.py
            if not contacts:
                value[_BOOT_FEEDBACK] = 0
            elif machine.state == _SELF_TEST:
                value[_BOOT_FEEDBACK] = 1
        value[_FUSE_open] = 0 if seen[_FUSE_intact] else 1
        if self._heat_percent:
            self._cool(dt_ms)
        self._current_dA = snap.current_dA

    def _moved(self, snap: "Snapshot", machine: "Machine", mask: int) -> None:
        """Other coils are driven than before."""
        value = self._value
        before = self._coils
        self._coils = mask
        self._settling_ms = self._window_ms
        changes = self._changes
        for k in range(_CONTACTS):
            if (mask ^ before) >> k & 1:
                changes[k] = 0
        if mask:
            self._driven = True
            self.testing = False
            self._welded = False
            value[_WELDED] = 0
            value[_WORN_count] = 0
            value[_BOOT_FEEDBACK] = 0
            if mask == _PRECHARGING:
                if self._heat_percent < _HEAT_MAX_percent:
                    self._heat_percent += _WHOLE_percent
            elif before == _PRECHARGING:
                value[_OPENING_forced] = 0
                self._heat_percent += self._share_percent - _WHOLE_percent
                if self._heat_percent < 1:
                    self._heat_percent = 1
            return
        self.testing = True
        self._waited_ms = 0
        self._was_mV = 0
        value[_COIL_SUPPLY_lost] = 0
        value[_LINK_APART_mV] = 0
        if before & _BOTH == _BOTH:
            self._was_mV = snap.value[_LINK_mV]
            value[_OPENING_forced] = 1 if machine.forced else 0
            self._broke(snap.current_dA)
        value[_WORN_count] = value[_BREAKS_count]

    def _broke(self, current_dA: int) -> None:
        """Both mains open, which takes them some ms: the larger current of two ticks is the one that they may break."""
        if current_dA < 0:
            current_dA = -current_dA
        if self._current_dA > current_dA:
            current_dA = self._current_dA
        elif -self._current_dA > current_dA:
            current_dA = -self._current_dA
        if current_dA < self._open_dA:
            return
        count = self._value[_BREAKS_count] + 1
        if current_dA > self._break_dA:
            count += self._budget
        self._value[_BREAKS_count] = count if count < _COUNT_MAX else _COUNT_MAX

    def _changed(self, contacts: int) -> None:
        """Auxiliary contacts have moved."""
        moved = contacts ^ self._contacts
        self._contacts = contacts
        if not self._settling_ms:
            return
        changes = self._changes
        for k in range(_CONTACTS):
            if moved >> k & 1:
                count = changes[k]
                if count < 255:
                    changes[k] = count + 1
                if count > self._value[_BOUNCE_count]:
                    self._value[_BOUNCE_count] = count
                    self._where[_BOUNCE_count] = k

    def _settle(self, dt_ms: int) -> None:
        """At the end of a movement each contact is judged by the last one that it made."""
        self._settling_ms -= dt_ms
        if self._settling_ms > 0:
            return
        self._settling_ms = 0
        worst = 1
        where = _NOWHERE
        for k in range(_CONTACTS):
            if self._changes[k] > worst:
                worst = self._changes[k]
                where = k
        self._value[_BOUNCE_count] = worst - 1
        self._where[_BOUNCE_count] = where

    def _test(self, snap: "Snapshot", contacts: int, dt_ms: int) -> None:
        """No coil is driven: has everything opened?"""
        ages = snap.age_ms
        waited_ms = self._waited_ms + dt_ms
        self._waited_ms = waited_ms if waited_ms < _TIME_MAX_ms else _TIME_MAX_ms
        if contacts and waited_ms > self._feedback_ms and snap.fresh_bits & _INPUTS:
            self._weld(0 if contacts & _NEGATIVE else 1 if contacts & _PRECHARGE else 2)
            return
        if self._was_mV and ages[_LINK_mV] <= dt_ms:
            link_mV = snap.value[_LINK_mV]
            if link_mV * 10 <= self._was_mV * 9:
                self._was_mV = 0
            elif waited_ms >= self._fall_ms and ages[_PACK_mV] <= dt_ms:
                apart_mV = link_mV - snap.value[_PACK_mV]
                if -self._apart_mV <= apart_mV <= self._apart_mV:
                    self._weld(_NOWHERE)
                elif not self._welded:
                    self._was_mV = 0  # it is held up, and not by the pack
        if not contacts and not self._was_mV:
            self.testing = False
            self._welded = False
            self._value[_WELDED] = 0

    def _weld(self, where: int) -> None:
        """Proven; it stands until contact and link tell otherwise."""
        self.testing = False
        if not self._welded:
            self._welded = True
            self._value[_WELDED] = 1
            self._where[_WELDED] = where

    def _cool(self, dt_ms: int) -> None:
        """The resistor loses a hundredth of an attempt at a time."""
        self._cooled_ms += dt_ms
        if self._cooled_ms >= self._cool_ms:
            self._cooled_ms -= self._cool_ms
            self._heat_percent -= 1
        self._value[_PRECHARGE_HEAT_count] = (self._heat_percent + _WHOLE_percent - 1) // _WHOLE_percent
