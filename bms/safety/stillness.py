"""Probes that stand still while their sisters move: how long the worst has repeated one value.

Two probes may be equal for hours in a quiet pack, so stillness alone says nothing. A probe remembers what its next SISTERS on
the stack said when it last changed. From when one of them leaves the noise around that, time is counted; it is told once that
one is MOVED_ddegC away. A sister that comes back takes the time with it, and the probe's first change does. One probe on its
stack has no sister, and nothing is seen. Units: ddegC, ms.
"""

from array import array

import micropython
from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what signals.py says: no look-up; a test holds them together.
_PROBE_FROZEN_ms = const(54)

MOVED_ddegC = const(30)
SISTERS = const(7)
_TIME_MAX_ms = const(60000)
_BIAS = const(0x20000000)  # temperatures stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)


class Stillness:
    """`slot_ms`: time between two steps; `noise_ddegC`: what two readings of one probe may differ by without any change."""

    def __init__(self, pack: "Pack", signals: "Signals", slot_ms: int, noise_ddegC: int) -> None:
        rows = build_sisters(pack)
        self._value = signals.value
        self._where = signals.where
        self._probes = len(rows)
        self._each = max([len(row) for row in rows])
        self._slot_ms = slot_ms
        self._noise_ddegC = noise_ddegC
        table = []
        for i in range(len(rows)):
            table += rows[i] + [i] * (self._each - len(rows[i]))  # a probe never moves against itself
        self._sister = bytearray(table)
        self._was_ddegC = array("i", [0] * len(table))  # of the sisters, when the probe last changed
        self._held_ddegC = array("i", [0] * len(rows))
        self._still_ms = array("i", [0] * len(rows))

    def begin(self, snap: "Snapshot") -> int:
        """What the probes say now is all that is known. Returns 0."""
        return self._scan(snap, 1)

    def step(self, snap: "Snapshot") -> int:
        """One slot further. Returns how long the worst probe has stood still."""
        return self._scan(snap, 0)

    @micropython.viper
    def _scan(self, snap: object, changed: int) -> int:
        """Every probe and its sisters; `changed`: as if all probes had. Integers as in Snapshot: 30 bits with a bias."""
        probe_ddegC = ptr32(snap.probe_ddegC)  # type: ignore[attr-defined]
        held = ptr32(self._held_ddegC)
        was = ptr32(self._was_ddegC)
        still_ms = ptr32(self._still_ms)
        sister = ptr8(self._sister)
        end = int(self._probes)
        each = int(self._each)
        noise = int(self._noise_ddegC)
        slot_ms = int(self._slot_ms)
        worst = 0
        at = 0
        k = 0
        i = 0
        while i < end:
            last = k + each
            if changed | (probe_ddegC[i] - held[i]) & _BIASED:
                held[i] = probe_ddegC[i]
                still_ms[i] = 0
                while k < last:
                    was[k] = probe_ddegC[int(sister[k])]
                    k += 1
            else:
                most = 0
                while k < last:
                    moved = ((probe_ddegC[int(sister[k])] - was[k] + _BIAS) & _BIASED) - _BIAS
                    if moved < 0:
                        moved = 0 - moved
                    if moved > most:
                        most = moved
                    k += 1
                time_ms = 0
                if most > noise:
                    time_ms = still_ms[i] + slot_ms
                    if time_ms > _TIME_MAX_ms:
                        time_ms = _TIME_MAX_ms
                still_ms[i] = time_ms
                if most >= MOVED_ddegC and time_ms > worst:
                    worst = time_ms
                    at = i
            i += 1
        value = ptr32(self._value)
        where = ptr8(self._where)
        value[_PROBE_FROZEN_ms] = worst
        where[_PROBE_FROZEN_ms] = at
        return worst


def build_sisters(pack: "Pack") -> "list[list[int]]":
    """For each probe the next ones on its stack, in turn, SISTERS at most."""
    rows = []
    for i in range(len(pack.probe_stack)):
        same = [k for k in range(len(pack.probe_stack)) if pack.probe_stack[k] == pack.probe_stack[i]]
        at = same.index(i)
        rows.append((same[at + 1 :] + same[:at])[:SISTERS])
    return rows
