"""The sequence that closes and opens the contactors, with proof by voltage and by current.

Closing: wait until the link is below half of the pack; main negative, which must not raise it; the precharge contactor,
until for PROOF samples in a row the link stands within precharge_done_permille and precharge_done_mV of the pack and hardly
any current flows; main positive; precharge off. The charge that went through the resistor must account for the rise of the
link (within a factor of four and the sensor's error), else the reading or the path is not what it seems. Opening is one
step from any phase. Auxiliary contacts must follow their coils; how long they have not is a signal. A coil pulls in with
its full current; after pull_in_ms the economiser holds it with less. Units: mV, mA, ms; charge in mA*ms.
"""

import micropython
from micropython import const

from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_CURRENT_A_mA = const(0)
_NEGATIVE = const(1)
_PRECHARGE = const(2)
_PACK_mV = const(2)
_LINK_mV = const(3)
_POSITIVE = const(4)
_FEEDBACK_bits = const(4)
_CURRENT = const(8)
_FEEDBACK_ms = const(22)
_PRECHARGE_SLOW = const(23)
_PRECHARGE_FAST = const(24)
_PRECHARGE_CURRENT = const(25)
_INPUTS = const(32)

OPEN = const(0)
MINUS = const(1)
PRECHARGING = const(2)
PLUS = const(3)
CLOSED = const(4)

# Moore: the coils of each phase
COILS = (
    0,
    _NEGATIVE,
    _NEGATIVE | _PRECHARGE,
    _NEGATIVE | _PRECHARGE | _POSITIVE,
    _NEGATIVE | _POSITIVE,
)

PROOF = const(3)
LINK_FALL_ms = const(6000)  # a link is down to 60 V in 5 s (ISO 6469-4); longer, and it is held up by something
MAINS = const(_NEGATIVE | _PRECHARGE | _POSITIVE)
_TIME_MAX_ms = const(60000)
_U_PER_M = const(1000)  # millionths in a thousandth
_CHARGE_MAX_mAms = const(1 << 27)
_FULL_percent = const(100)


class Contactor:
    """`phase`, `mask` (coils now), `hold_percent` (their duty), `closed` (proven), `apart_ms` (for how long an auxiliary
    contact has not followed its coil), and what went wrong as signals."""

    def __init__(self, pack: "Pack", signals: Signals) -> None:
        self._signals = signals
        self._settle_ms = pack.contactor_delay_ms * 2
        self._timeout_ms = pack.precharge_timeout_ms
        self._too_fast_ms = pack.precharge_too_fast_ms + pack.contactor_delay_ms
        self._done_permille = pack.precharge_done_permille
        self._done_mV = pack.precharge_done_mV
        self._done_mA = pack.precharge_done_mA
        self._link_uF = pack.link_capacitance_uF
        self._error_mA = (pack.current_a_sensor.offset_u + pack.current_a_sensor.lsb_u) // _U_PER_M
        self.phase = OPEN
        self.mask = 0
        self.closed = False
        self.hold_percent = 0
        self.apart_ms = 0
        self._pull_in_ms = pack.guards.pull_in_ms
        self._economy_percent = pack.guards.hold_percent
        self._pull_left_ms = 0
        self._in_phase_ms = 0
        self._proof = 0
        self._link_start_mV = 0
        self._flowed_mAms = 0

    @micropython.native
    def step(self, wanted: int, snap: Snapshot, dt_ms: int) -> int:
        """One tick: moves towards open (0) or closed (1). Returns the coils to drive."""
        phase = self.phase
        if self._pull_left_ms:
            self._pull(dt_ms)
        if phase != (CLOSED if wanted else OPEN):
            if self._in_phase_ms < _TIME_MAX_ms:
                self._in_phase_ms += dt_ms
            after = self._next(phase, wanted, snap, dt_ms)
            if after != phase:
                self.phase = after
                self._in_phase_ms = 0
                self._drive(COILS[after])
                self.closed = after == CLOSED
        elif phase == OPEN and self._in_phase_ms:
            self._in_phase_ms = 0  # it waited for the link in vain
            self._forget()
        mask = self.mask
        if snap.value[_FEEDBACK_bits] & MAINS != mask or self.apart_ms:
            self._feedback(snap, dt_ms)
        return mask

    def _drive(self, mask: int) -> None:
        """Other coils than before: one that is new pulls in with its full current."""
        if not mask:
            self._pull_left_ms = 0
            self.hold_percent = 0
        elif mask & ~self.mask:
            self._pull_left_ms = self._pull_in_ms
            self.hold_percent = _FULL_percent
        self.mask = mask

    def _pull(self, dt_ms: int) -> None:
        """Until the coil that was driven last has had its time to pull in."""
        self._pull_left_ms -= dt_ms
        if self._pull_left_ms <= 0:
            self._pull_left_ms = 0
            self.hold_percent = self._economy_percent

    def _next(self, phase: int, wanted: int, snap: Snapshot, dt_ms: int) -> int:
        value = self._signals.value
        if not wanted:
            self._forget()
            return OPEN
        link_mV = snap.value[_LINK_mV]
        pack_mV = snap.value[_PACK_mV]
        if phase == OPEN:
            # a link that is up already proves nothing: wait for it to fall; it never falls where a main is welded
            self._link_start_mV = link_mV
            if link_mV * 2 < pack_mV:
                return MINUS
            if self._in_phase_ms >= LINK_FALL_ms:
                value[_PRECHARGE_FAST] = 1
            return OPEN
        if phase == MINUS:
            if (link_mV - self._link_start_mV) * 10 > pack_mV:
                value[_PRECHARGE_FAST] = 1  # it rises with the resistor not in the path
                return MINUS
            if self._in_phase_ms < self._settle_ms:
                return MINUS
            self._proof = 0
            self._flowed_mAms = 0
            self._link_start_mV = link_mV
            return PRECHARGING
        if phase == PRECHARGING:
            return self._precharge(snap, dt_ms)
        return PLUS if self._in_phase_ms < self._settle_ms else CLOSED

    def _forget(self) -> None:
        """What this precharge did tells nothing of the next one."""
        value = self._signals.value
        value[_PRECHARGE_SLOW] = 0
        value[_PRECHARGE_FAST] = 0
        value[_PRECHARGE_CURRENT] = 0

    def _precharge(self, snap: Snapshot, dt_ms: int) -> int:
        """Watches link and current while the resistor charges the link."""
        value = self._signals.value
        if snap.fresh_bits & _CURRENT:
            flowed = self._flowed_mAms - snap.current_mA * dt_ms
            if flowed > _CHARGE_MAX_mAms:
                flowed = _CHARGE_MAX_mAms
            if flowed < -_CHARGE_MAX_mAms:
                flowed = -_CHARGE_MAX_mAms
            self._flowed_mAms = flowed
        ages = snap.age_ms
        if ages[_LINK_mV] <= dt_ms and ages[_PACK_mV] <= dt_ms and ages[_CURRENT_A_mA] <= dt_ms:
            pack_mV = snap.value[_PACK_mV]
            link_mV = snap.value[_LINK_mV]
            current_mA = snap.current_mA
            done = (
                link_mV >= pack_mV // 100 * self._done_permille // 10
                and pack_mV - link_mV <= self._done_mV
                and link_mV - pack_mV <= self._done_mV
                and pack_mV > self._done_mV
                and current_mA <= self._done_mA
                and -current_mA <= self._done_mA
            )
            self._proof = self._proof + 1 if done else 0
        if self._proof >= PROOF:
            rise_mV = snap.value[_LINK_mV] - self._link_start_mV
            if rise_mV * 2 > snap.value[_PACK_mV] and self._in_phase_ms < self._too_fast_ms + PROOF * dt_ms:
                value[_PRECHARGE_FAST] = 1
            # uF * mV = nC, / 1000 = mA ms
            takes_mAms = self._link_uF * (rise_mV // 100) // 10
            error_mAms = self._error_mA * self._in_phase_ms
            flowed = self._flowed_mAms
            if (flowed + error_mAms) * 4 < takes_mAms or flowed - error_mAms > takes_mAms * 4 + self._done_mA * 100:
                value[_PRECHARGE_CURRENT] = 1
            if value[_PRECHARGE_FAST] or value[_PRECHARGE_CURRENT]:
                return PRECHARGING
            return PLUS
        if self._in_phase_ms >= self._timeout_ms:
            value[_PRECHARGE_SLOW] = 1
        return PRECHARGING

    def _feedback(self, snap: Snapshot, dt_ms: int) -> None:
        """How long an auxiliary contact has not followed its coil, and which."""
        signals = self._signals
        if snap.fresh_bits & _INPUTS:
            apart = (self.mask ^ snap.value[_FEEDBACK_bits]) & MAINS
            if apart:
                self.apart_ms += dt_ms
                if self.apart_ms > _TIME_MAX_ms:
                    self.apart_ms = _TIME_MAX_ms
                signals.where[_FEEDBACK_ms] = 0 if apart & _NEGATIVE else 1 if apart & _PRECHARGE else 2
            else:
                self.apart_ms = 0
        signals.value[_FEEDBACK_ms] = self.apart_ms
