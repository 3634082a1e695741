"""How temperatures move, how far they are apart in a stack, and whether probes can be believed. When probes have come.

RISE        what the fastest probe has gained in WINDOW_ms; 0 until all probes have been heard for so long
RUNAWAY     the same of a probe that may be at the end of its discharge window, or whose stack has a layer that strays low
            and may have lost more than a quarter of what a layer has (GB 38031-2025 C.5.3.7), plus what two readings of one
            probe may differ by without any change: a true rise at the rule's limit is never taken for less. 0 where there is
            no such probe. At rest, where a layer could lose all it has inside what the spread of its group explains (48
            layers; a group that has no sister), any probe may be that layer's: nothing else warms it then
GRADIENT    hottest less coldest probe of a stack. Where it may be beyond the fault's limit, by twice what a probe errs, that
            upper bound: what two good probes err must not alarm, and no true difference beyond the limit goes unseen. Never
            less than the pack declares: a probe more never lowers it. One probe sees no difference; what is declared then
            stands alone
ODD         the probe farthest from the median of its stack, beyond twice the error and the declared spread; of two probes
            the hotter is named; one agrees with itself
WIRE        what the front end says of a probe, while it says so

A probe that has not come repeats its value; its deadline and its wire are rows of their own. Probes may come one tick after
another: a round is over when one comes that has come before. Units: ddegC, ms.
"""

from array import array

import micropython
from micropython import const

from bms.safety.plausible import sensor_error_m
from bms.safety.stillness import Stillness
from bms.schema import layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.sisters import Sisters
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_LIMIT_FAULT = const(2)
_OPEN_WIRE = const(2)
_OUT_OF_RANGE = const(4)
_PROBES = const(4)
_PROBE_WIRE_open = const(51)
_PROBE_WIRE_short = const(52)
_PROBE_ODD_ddegC = const(53)
_RISE_ddegC = const(55)
_GRADIENT_ddegC = const(56)
_RUNAWAY_ddegC = const(57)
_AGE_MAX_ms = const(60000)

WINDOW_ms = const(2000)
_SLOT_ms = const(100)  # of the history: probes that come more often share one
_AT_REST_s = const(3)  # what a pulse has left of its heat has come through by then
_NO_STACK = const(-1)
_FOURTH = const(4)
_MK_PER_ddegC = const(100)
_U_PER_ddegC = const(100000)
_BIAS = const(0x20000000)  # temperatures stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)


class Probes:
    """Signals of the temperature probes. `errors_ddegC`: what two probes may err against each other; `agree_ddegC`: how far
    they may be apart; `noise_ddegC`: what two readings of one probe may differ by without any change."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        sensor = pack.probe_sensor
        n = len(pack.probe_stack)
        self._value = signals.value
        self._where = signals.where
        self._probes = n
        self._stacks = pack.stacks
        self._groups_per_stack = len(pack.taps)
        self._layers = layer_count(pack)
        self._hides_mV = pack.cell.v_min_mV[_LIMIT_FAULT] if pack.stacks * len(pack.taps) > 1 else 0
        error_ddegC = sensor_error_m(sensor, 0) // _MK_PER_ddegC + 1
        self.noise_ddegC = 2 * -(-(4 * sensor.noise_u + sensor.lsb_u) // _U_PER_ddegC)
        self._hot_ddegC = pack.cell.t_discharge_max_ddegC[_LIMIT_FAULT] - error_ddegC
        self.errors_ddegC = 2 * error_ddegC
        self._spread_ddegC = pack.spread_t_ddegC
        self._crack_ddegC = pack.guards.gradient_ddegC[_LIMIT_FAULT]
        self.agree_ddegC = self.errors_ddegC + pack.spread_t_ddegC
        # rounds to a slot, slots to the window, both rounded up: never a shorter window
        self._rounds = -(-_SLOT_ms // sensor.period_ms)
        self._slot_ms = self._rounds * sensor.period_ms
        slots = -(-WINDOW_ms // self._slot_ms) + 1
        self._end = slots * n
        self._past_ddegC = array("i", [0] * self._end)
        self._at = 0
        self._left = slots - 1
        self._slots = slots
        self._round = 0
        self._came = bytearray(n)
        self._stack = bytearray(pack.probe_stack)
        # places in the order of stacks, where each stack begins, and the probes there, always nearly sorted by temperature
        members = [i for s in range(pack.stacks) for i in range(n) if pack.probe_stack[i] == s]
        self._sorted = bytearray(members)
        self._first = bytearray([len([i for i in range(n) if pack.probe_stack[i] < s]) for s in range(pack.stacks + 1)])
        self.stillness = Stillness(pack, signals, self._slot_ms, self.noise_ddegC)
        self._known = False
        self._wired = False

    def step(self, snap: "Snapshot", sisters: "Sisters") -> None:
        """Probes have come, or what the front end says of them."""
        if self._wired or snap.bad_bits & _PROBES:
            self._wired = self._wires(snap) != 0
        if not snap.fresh_bits & _PROBES:
            return
        if snap.probe_oldest_ms >= _AGE_MAX_ms:
            self._known = False
            return
        over = self._next_slot(snap)
        if not self._known:
            # the first complete round, or the first after a minute without one: nothing is known of earlier ones
            self._known = True
            self._left = self._slots - 1
            self.stillness.begin(snap)
            over = 1
        elif over:
            self.stillness.step(snap)
        stack = _NO_STACK
        lost_mV = sisters.lost_mV
        if lost_mV > 0 and lost_mV > sum(snap.stack_sum_mV) // self._layers // _FOURTH:
            stack = sisters.fallen_group // self._groups_per_stack
        hot_ddegC = self._hot_ddegC
        if sisters.resting_s >= _AT_REST_s and sisters.allowed_mV >= self._hides_mV:
            hot_ddegC = -_BIAS
        self._rises(snap, stack, hot_ddegC, over)
        self._compare(snap)

    def _next_slot(self, snap: "Snapshot") -> int:
        """Returns 1 when a slot of the history is over and the next one has begun."""
        if not self._again(snap):
            return 0
        self._round += 1
        if self._round < self._rounds:
            return 0
        self._round = 0
        at = self._at + self._probes
        self._at = at if at < self._end else 0
        if self._left > 0:
            self._left -= 1
        return 1

    @micropython.viper
    def _wires(self, snap: object) -> int:
        """Open and shorted wires, the last of each; returns how many."""
        reason = ptr32(snap.probe_reason)  # type: ignore[attr-defined]
        end = int(self._probes)
        value = ptr32(self._value)
        where = ptr8(self._where)
        opened = 0
        shorted = 0
        count = 0
        i = 0
        while i < end:
            r = reason[i]
            if r == _OPEN_WIRE:
                opened = 1
                where[_PROBE_WIRE_open] = i
                count += 1
            if r == _OUT_OF_RANGE:
                shorted = 1
                where[_PROBE_WIRE_short] = i
                count += 1
            i += 1
        value[_PROBE_WIRE_open] = opened
        value[_PROBE_WIRE_short] = shorted
        return count

    @micropython.viper
    def _again(self, snap: object) -> int:
        """Notes who has come in this tick: they are the youngest. Returns 1 when one of them has come before in this round,
        which makes it a new one."""
        age_ms = ptr32(snap.probe_age_ms)  # type: ignore[attr-defined]
        came = ptr8(self._came)
        end = int(self._probes)
        youngest = age_ms[0]
        i = 1
        while i < end:
            if age_ms[i] < youngest:
                youngest = age_ms[i]
            i += 1
        again = 0
        i = 0
        while i < end:
            if age_ms[i] == youngest:
                again |= came[i]
            i += 1
        i = 0
        while i < end:
            if age_ms[i] == youngest:
                came[i] = 1
            elif again != 0:
                came[i] = 0
            i += 1
        return again

    @micropython.viper
    def _rises(self, snap: object, fallen_stack: int, hot_ddegC: int, begun: int) -> int:
        """What each probe has gained since the oldest slot: the most, and the most of those that may run away. A slot keeps
        what was known when it begun. Machine integers as in Snapshot: 30 bits with a bias. Returns the most."""
        probe_ddegC = ptr32(snap.probe_ddegC)  # type: ignore[attr-defined]
        past = ptr32(self._past_ddegC)
        stack = ptr8(self._stack)
        end = int(self._probes)
        now = int(self._at)
        then = now + end
        if then >= int(self._end):
            then = 0
        hot = hot_ddegC + _BIAS
        noise = int(self.noise_ddegC)
        known = int(self._left) == 0
        worst = 0
        at = 0
        runs = 0
        runner = 0
        i = 0
        while i < end:
            if begun:
                past[now + i] = probe_ddegC[i]
            if known:
                v = (probe_ddegC[i] + _BIAS) & _BIASED
                rise = v - ((past[then + i] + _BIAS) & _BIASED)
                if rise > worst:
                    worst = rise
                    at = i
                if rise > runs and (v >= hot or int(stack[i]) == fallen_stack):
                    runs = rise
                    runner = i
            i += 1
        value = ptr32(self._value)
        where = ptr8(self._where)
        value[_RISE_ddegC] = worst
        where[_RISE_ddegC] = at
        value[_RUNAWAY_ddegC] = runs + noise if runs > 0 else 0
        where[_RUNAWAY_ddegC] = runner
        return worst

    @micropython.viper
    def _compare(self, snap: object) -> int:
        """Sorts the probes of each stack by insertion, which costs little where they were nearly sorted, and looks at both
        ends and the middle. Returns the largest difference."""
        probe_ddegC = ptr32(snap.probe_ddegC)  # type: ignore[attr-defined]
        order = ptr8(self._sorted)
        first = ptr8(self._first)
        stacks = int(self._stacks)
        widest = 0
        wide_at = 0
        odd = 0
        odd_at = 0
        s = 0
        while s < stacks:
            start = int(first[s])
            end = int(first[s + 1])
            i = start + 1
            while i < end:
                p = int(order[i])
                v = (probe_ddegC[p] + _BIAS) & _BIASED
                j = i
                while j > start:
                    q = int(order[j - 1])
                    if (probe_ddegC[q] + _BIAS) & _BIASED <= v:
                        break
                    order[j] = q
                    j -= 1
                order[j] = p
                i += 1
            n = end - start
            if n > 1:
                coldest = int(order[start])
                hottest = int(order[end - 1])
                cold = (probe_ddegC[coldest] + _BIAS) & _BIASED
                apart = ((probe_ddegC[hottest] + _BIAS) & _BIASED) - cold
                if apart > widest:
                    widest = apart
                    wide_at = s
                far = apart
                if n > 2:
                    low = ((probe_ddegC[int(order[start + ((n - 1) >> 1)])] + _BIAS) & _BIASED) - cold
                    high = ((probe_ddegC[int(order[start + (n >> 1)])] + _BIAS) & _BIASED) - cold
                    below = (low + high) >> 1
                    far = apart - below
                    if below > far:
                        far = below
                        hottest = coldest
                if far > odd:
                    odd = far
                    odd_at = hottest
            s += 1
        value = ptr32(self._value)
        where = ptr8(self._where)
        declared = int(self._spread_ddegC)
        bound = widest + int(self.errors_ddegC)
        if bound <= int(self._crack_ddegC):
            bound = widest
        value[_GRADIENT_ddegC] = bound if bound > declared else declared
        where[_GRADIENT_ddegC] = wide_at
        value[_PROBE_ODD_ddegC] = odd - int(self.agree_ddegC)
        where[_PROBE_ODD_ddegC] = odd_at
        return widest
