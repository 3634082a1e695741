"""The layers by the sensors of stacks and pack: what their mean layer may be, by a sensor that knows nothing of the groups.

The bounds of bound.py hang on the sensors of the groups alone. A stack's own voltage and the pack's, each with the most its
sensor may err (plausible.py says how much) and divided by the layers it stands over, rounded outwards, must be inside the
same limits; that the layers of a stack are apart is the business of the groups. A stack that is silent keeps its last value,
and so does the signal: its row counts fresh samples only. Before the first value the signals say nothing. Units: mV.
"""

import micropython
from micropython import const

from bms.safety.plausible import sensor_error_m

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_STACKS = const(2)
_PACK_mV = const(2)
_LIMIT_FAULT = const(2)
_VOLTAGES = const(16)
_STACK_HIGH_mV = const(40)
_STACK_LOW_mV = const(41)
_PACK_HIGH_mV = const(42)
_PACK_LOW_mV = const(43)

_NEVER_mV = const(0x1FFFFFFF)  # no reading: the first one is another
_BIAS = const(0x20000000)  # voltages stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)


class Strings:
    """Bounds of the mean layer of the highest and the lowest stack, and of the pack."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._where = signals.where
        fault_mV = pack.cell.v_max_mV[_LIMIT_FAULT]
        self._stack_layers = sum(pack.taps)
        self._pack_layers = pack.stacks * self._stack_layers
        self._stack_error_mV = sensor_error_m(pack.stack_sensor, self._stack_layers * fault_mV)
        self._pack_error_mV = sensor_error_m(pack.pack_sensor, self._pack_layers * fault_mV)
        self._lone = pack.stacks == 1
        self._high_mV = 0
        self._low_mV = 0
        self._told_high_mV = _NEVER_mV
        self._told_low_mV = _NEVER_mV
        self._told_pack_mV = _NEVER_mV
        self._where[_STACK_HIGH_mV] = 0
        self._where[_STACK_LOW_mV] = 0

    @micropython.native
    def step(self, snap: "Snapshot", new_bits: int) -> int:
        """One tick. `new_bits` from summarise(): a sensor is looked at when all of its kind are new. Returns the channels
        that were."""
        if new_bits & _STACKS:
            if self._lone:
                high = low = snap.stack_mV[0]
            else:
                self._scan(snap)
                high = self._high_mV
                low = self._low_mV
            if high != self._told_high_mV:
                self._told_high_mV = high
                self._value[_STACK_HIGH_mV] = -((-high - self._stack_error_mV) // self._stack_layers)
            if low != self._told_low_mV:
                self._told_low_mV = low
                self._value[_STACK_LOW_mV] = (low - self._stack_error_mV) // self._stack_layers
        if new_bits & _VOLTAGES:
            pack_mV = snap.value[_PACK_mV]
            if pack_mV != self._told_pack_mV:
                self._told_pack_mV = pack_mV
                self._value[_PACK_HIGH_mV] = -((-pack_mV - self._pack_error_mV) // self._pack_layers)
                self._value[_PACK_LOW_mV] = (pack_mV - self._pack_error_mV) // self._pack_layers
        return new_bits & (_STACKS | _VOLTAGES)

    @micropython.viper
    def _scan(self, snap: object) -> int:
        """The highest and the lowest stack, the first of equals, and where they are. Returns how many there are. Machine
        integers as in Snapshot: 30 bits with a bias."""
        stack_mV = ptr32(snap.stack_mV)  # type: ignore[attr-defined]
        end = int(snap.stacks)  # type: ignore[attr-defined]
        high = -1
        low = _BIASED
        highest = 0
        lowest = 0
        i = 0
        while i < end:
            v = (stack_mV[i] + _BIAS) & _BIASED
            if v > high:
                high = v
                highest = i
            if v < low:
                low = v
                lowest = i
            i += 1
        self._high_mV = high - _BIAS
        self._low_mV = low - _BIAS
        where = ptr8(self._where)
        where[_STACK_HIGH_mV] = highest
        where[_STACK_LOW_mV] = lowest
        return end
