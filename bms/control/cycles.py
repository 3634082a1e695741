"""Ledger of thermal cycles: which swings of temperature every stack has been through, and what they have cost of its life.

Layers grow and shrink at different rates, so what joins them tires with every swing. Rainflow counting as ASTM E1049-85
5.4.4 has it, in a stream: a turning point is what the temperature has left by TURN_ddegC, and swings are taken out of the
turning points not yet paired, whole or, at the beginning, half. A stack's temperature is the mean of its probes. More than
DEPTH points unpaired give their oldest swing up, as a whole one. What is left unpaired counts when it is paired.

Damage of a swing: (swing / swing_ddegK) ^ swing_exponent / swing_life_count (Coffin and Manson), summed by Palmgren and Miner
in ppm of a life, with what is less than a ppm carried in 2^-28 of it. Numbers are kept as 15 bits and a power of two, rounded
up, so that a sum is never below the law's.

Once a round of ten ticks, one stack at a time; a swing a step, a turning point that comes meanwhile waits. A store may keep the
rows over the controller's sleep. Units: ddegC, half swings, ppm.
"""

from array import array

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_AGE_MAX_ms = const(60000)

TURN_ddegC = const(10)  # a smaller swing costs nothing that counts, and noise of probes makes none
DEPTH = const(32)
COUNT_MAX = const(1048575)
DAMAGE_MAX_ppm = const(1048575)

# places in a row of the ledger
# 0: how many points are unpaired
_LAST_ddegC = const(1)  # the extreme since the last of them
_WAY = const(2)  # to it: 1 up, -1 down, 0 not known yet
_HALVES = const(3)
_LARGEST_ddegC = const(4)
_DAMAGE_ppm = const(5)
_REST = const(6)
_FIRST = const(7)  # of the points
_ROW = const(39)

_BIAS = const(0x20000000)  # temperatures stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)
_ABOVE_ddegC = const(4096)  # on top of a temperature none is negative
_SWING_MAX_ddegC = const(8191)
_SWING_MIN_ddegC = const(4096)  # smaller ones are doubled: over the largest declared swing they still have 15 bits
_SWING_SHIFT = const(16)
_MAN_MAX = const(32767)
_MAN_MIN = const(16384)
_HALF_BITS = const(29)
_REST_BITS = const(28)
_REST_ONE = const(0x10000000)
_ALL_bits = const(6)  # 16384 with this exponent is more than a life
_PPM = const(1000000)


class Cycles:
    """`rows`: one a stack, words of 31 bits; `changed`: some have since whoever keeps them took that back. The rest is asked
    for by stack."""

    def __init__(self, pack: "Pack") -> None:
        thermal = pack.thermal
        self._stacks = pack.stacks
        self._exponent = thermal.swing_exponent
        self._swing_ddegK = thermal.swing_ddegK
        # a half swing of the declared size, in ppm, as 15 bits and a power of two, rounded up
        self._cost_bits = 0
        whole, part = _PPM, 2 * thermal.swing_life_count
        while whole >= part * _MAN_MAX:
            part *= 2
            self._cost_bits += 1
        while whole < part * _MAN_MIN:
            whole *= 2
            self._cost_bits -= 1
        self._cost = -(-whole // part)
        self._probes = array("i", [pack.probe_stack.count(s) for s in range(pack.stacks)])
        self.rows = array("i", [0] * (_ROW * pack.stacks))
        self._next = 0
        self.changed = False

    def half_swings(self, stack: int) -> int:
        """Of all sizes, up to COUNT_MAX."""
        return self.rows[stack * _ROW + _HALVES]

    def largest_ddegC(self, stack: int) -> int:
        """The largest swing, paired or not."""
        return self.rows[stack * _ROW + _LARGEST_ddegC]

    def damage_ppm(self, stack: int) -> int:
        """Of the life of what joins the layers, up to DAMAGE_MAX_ppm."""
        return self.rows[stack * _ROW + _DAMAGE_ppm]

    def step(self, snap: "Snapshot") -> int:
        """One round: the next stack. Returns 1 while swings of it wait to be counted."""
        if snap.probe_oldest_ms >= _AGE_MAX_ms:
            return 0
        s = self._next
        self._next = s + 1 if s + 1 < self._stacks else 0
        return self.take(s, self._sum(snap, s) // self._probes[s] - _ABOVE_ddegC)

    @micropython.viper
    def _sum(self, snap: object, s: int) -> int:
        """Of a stack's probes, each from _ABOVE_ddegC below zero. Machine integers as in Snapshot: 30 bits with a bias."""
        probe_ddegC = ptr32(snap.probe_ddegC)  # type: ignore[attr-defined]
        stack = ptr32(snap.probe_stack)  # type: ignore[attr-defined]
        end = int(snap.probes)  # type: ignore[attr-defined]
        total = 0
        i = 0
        while i < end:
            if stack[i] == s:
                total += ((probe_ddegC[i] + _BIAS) & _BIASED) - _BIAS + _ABOVE_ddegC
            i += 1
        return total

    @micropython.native
    def take(self, stack: int, t_ddegC: int) -> int:
        """A stack's temperature now. Returns 1 while swings wait to be counted."""
        rows = self.rows
        at = stack * _ROW
        if rows[at] == 0:
            rows[at] = 1
            rows[at + _FIRST] = t_ddegC
            rows[at + _LAST_ddegC] = t_ddegC
            self.changed = True
            return 0
        waits = self._waits(at)
        if waits:
            self._pair(at)
            waits = self._waits(at)
        off = t_ddegC - rows[at + _LAST_ddegC]
        way = rows[at + _WAY]
        if way == 0:
            if off >= TURN_ddegC or off <= -TURN_ddegC:
                rows[at + _WAY] = 1 if off > 0 else -1
                self._reach(at, t_ddegC)
        elif off * way > 0:
            self._reach(at, t_ddegC)
        elif not waits and off * way <= -TURN_ddegC:
            self._turn(at)
            self._reach(at, t_ddegC)
            rows[at + _WAY] = -way
            waits = self._waits(at)
        return 1 if waits else 0

    def _reach(self, at: int, t_ddegC: int) -> None:
        """The temperature is farther from the last turning point than before."""
        rows = self.rows
        rows[at + _LAST_ddegC] = t_ddegC
        swing = t_ddegC - rows[at + _FIRST + rows[at] - 1]
        if swing < 0:
            swing = -swing
        if swing > rows[at + _LARGEST_ddegC]:
            rows[at + _LARGEST_ddegC] = swing if swing < _SWING_MAX_ddegC else _SWING_MAX_ddegC
        self.changed = True

    def _waits(self, at: int) -> bool:
        """Whether the last swing is as large as the one before: then that one counts."""
        rows = self.rows
        end = at + _FIRST + rows[at]
        if end - at < _FIRST + 3:
            return False
        return abs(rows[end - 1] - rows[end - 2]) >= abs(rows[end - 2] - rows[end - 3])

    def _pair(self, at: int) -> None:
        """Counts the last swing but one: the first of all is half a swing, another is taken out whole."""
        rows = self.rows
        n = rows[at]
        end = at + _FIRST + n
        swing = abs(rows[end - 2] - rows[end - 3])
        if n == 3:
            self._forget_first(at)
            self._count(at, swing, 1)
        else:
            rows[end - 3] = rows[end - 1]
            rows[at] = n - 2
            self._count(at, swing, 2)

    def _turn(self, at: int) -> None:
        """The extreme has become a turning point."""
        rows = self.rows
        if rows[at] == DEPTH:
            swing = abs(rows[at + _FIRST + 1] - rows[at + _FIRST])
            self._forget_first(at)
            self._count(at, swing, 2)
        n = rows[at]
        rows[at + _FIRST + n] = rows[at + _LAST_ddegC]
        rows[at] = n + 1

    def _forget_first(self, at: int) -> None:
        rows = self.rows
        n = rows[at] - 1
        rows[at] = n
        for k in range(at + _FIRST, at + _FIRST + n):
            rows[k] = rows[k + 1]

    def _count(self, at: int, swing_ddegC: int, halves: int) -> None:
        rows = self.rows
        self.changed = True
        n = rows[at + _HALVES] + halves
        rows[at + _HALVES] = n if n < COUNT_MAX else COUNT_MAX
        if swing_ddegC > _SWING_MAX_ddegC:
            swing_ddegC = _SWING_MAX_ddegC
        if swing_ddegC > rows[at + _LARGEST_ddegC]:
            rows[at + _LARGEST_ddegC] = swing_ddegC
        bits = -_SWING_SHIFT
        while swing_ddegC < _SWING_MIN_ddegC:
            swing_ddegC <<= 1
            bits -= 1
        man = ((swing_ddegC << _SWING_SHIFT) - 1) // self._swing_ddegK + 1
        while man > _MAN_MAX:
            man = (man + 1) >> 1
            bits += 1
        cost = self._cost
        cost_bits = self._cost_bits + halves - 1
        for _ in range(self._exponent):
            cost *= man
            cost_bits += bits
            if cost >> _HALF_BITS:
                cost = (cost + 32767) >> 15
                cost_bits += 15
            else:
                cost = (cost + 16383) >> 14
                cost_bits += 14
        self._add(at, cost, cost_bits)

    def _add(self, at: int, cost: int, bits: int) -> None:
        """cost * 2^bits ppm, for cost of 15 bits."""
        rows = self.rows
        if bits >= _ALL_bits:
            rows[at + _DAMAGE_ppm] = DAMAGE_MAX_ppm
            return
        rest = rows[at + _REST]
        whole = 0
        if bits >= 0:
            whole = cost << bits
        elif bits >= -_REST_BITS:
            whole = cost >> -bits
            rest += (cost - (whole << -bits)) << (_REST_BITS + bits)
        else:
            rest += (cost >> -_REST_BITS - bits) + 1
        if rest >= _REST_ONE:
            rest -= _REST_ONE
            whole += 1
        rows[at + _REST] = rest
        whole += rows[at + _DAMAGE_ppm]
        rows[at + _DAMAGE_ppm] = whole if whole < DAMAGE_MAX_ppm else DAMAGE_MAX_ppm

    def restore(self, rows: "array[int]") -> bool:
        """Takes the rows of another run. False: they are none of a ledger of this pack, and the ledger is as it was."""
        if len(rows) != len(self.rows):
            return False
        for stack in range(self._stacks):
            if not _turns(rows, stack * _ROW):
                return False
        for k in range(len(rows)):
            self.rows[k] = rows[k]
        self.changed = False
        return True


def _turns(rows: "array[int]", at: int) -> bool:
    """Whether a row is one that a ledger may have: its points, and the extreme since, turn by TURN_ddegC at least, up and down;
    counts and damage are in their ranges. A swing of nothing would be doubled for ever."""
    n = rows[at]
    way = rows[at + _WAY]
    if n > DEPTH or not -1 <= way <= 1 or (not way and n != 1 and n):
        return False
    if not 0 <= rows[at + _HALVES] <= COUNT_MAX or not 0 <= rows[at + _LARGEST_ddegC] <= _SWING_MAX_ddegC:
        return False
    if not 0 <= rows[at + _DAMAGE_ppm] <= DAMAGE_MAX_ppm or not 0 <= rows[at + _REST] < _REST_ONE:
        return False
    if not way:
        return True
    up = -way  # of the last swing between points, and of every second before
    last = rows[at + _LAST_ddegC]
    for k in range(at + _FIRST + n - 1, at + _FIRST - 1, -1):
        if (last - rows[k]) * -up < TURN_ddegC:
            return False
        last = rows[k]
        up = -up
    return n > 0
