"""Where the pack may be operated: temperature by direction of current, and current against what trips.

Fills the signals HOT_*, COLD_*, CHARGE_BEYOND and DISCHARGE_BEYOND. The trip line of charge is the map's limit times
charge_trip_permille, or charge_max_mC, whichever is less, plus what the sensor may err; the line of discharge is
discharge_trip_mC scaled with temperature like the pulse table. The map's limit comes from the envelope of the tick before.
A line of charge that falls waits as held.py says, and any does so within FALL_ms from its full height, so that a source that
follows the published limit is not cut off for the time it takes to hear of it and to follow. While the contactors are open
nobody follows anything, and a line falls at once. Units: dA, ddegC; temperatures and the discharge line move when probes are
new.
"""

from array import array

import micropython
from micropython import const

from bms.safety.held import Held
from bms.safety.plausible import sensor_error_m
from bms.safety.signals import Signals
from bms.safety.snapshot import Snapshot
from bms.safety.tables import interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_HOT_CHARGE_ddegC = const(2)
_COLD_CHARGE_ddegC = const(3)
_HOT_DISCHARGE_ddegC = const(4)
_PROBES = const(4)
_COLD_DISCHARGE_ddegC = const(5)
_HOT_ddegC = const(6)
_CHARGE_BEYOND_dA = const(7)
_DISCHARGE_BEYOND_dA = const(8)

FALL_ms = const(2000)
_PERMILLE = const(1000)
_FAR_ddegC = const(4000)


class Window:
    """Signals of operation. `charge_line_dA` and `discharge_line_dA` are where over-current trips."""

    def __init__(self, pack: "Pack", signals: Signals) -> None:
        cell = pack.cell
        self._value = signals.value
        self._where = signals.where
        self._idle_dA = pack.open_current_dA // 2 + 1
        self._charge_max_dA = cell.capacity_mAh // 10 * cell.charge_max_mC // 10000
        self._discharge_max_dA = cell.capacity_mAh // 10 * cell.discharge_trip_mC // 10000
        self._trip_permille = cell.charge_trip_permille
        self._error_dA = sensor_error_m(pack.current_a_sensor, self._charge_max_dA * 100) // 100 + 1
        self._discharge_ddegC = array("i", cell.discharge_ddegC)
        most = max(cell.discharge_pulse_mC)
        self._discharge_permille = array("i", [c * _PERMILLE // most for c in cell.discharge_pulse_mC])
        self._charge_fall_dA = self._charge_max_dA * 100 // FALL_ms + 1
        self._discharge_fall_dA = self._discharge_max_dA * 100 // FALL_ms + 1
        self.charge_line_dA = self._charge_max_dA + self._error_dA
        self._held = Held(pack)
        self._free = False  # contactors open, and temperatures known
        self.discharge_line_dA = self._discharge_max_dA

    @micropython.native
    def step(self, snap: Snapshot, new_bits: int, bound: "Bound") -> int:
        """One tick. Returns the charge current less its trip line."""
        value = self._value
        current_dA = snap.current_dA
        if new_bits & _PROBES:
            self._temperatures(snap, bound, current_dA)
        beyond = current_dA - self.charge_line_dA
        value[_CHARGE_BEYOND_dA] = beyond
        value[_DISCHARGE_BEYOND_dA] = -current_dA - self.discharge_line_dA
        return beyond

    def refresh(self, map_dA: int) -> int:
        """Once a round of ten ticks. `map_dA`: charge current that map and windows allow, before voltage and states."""
        line = map_dA * self._trip_permille // _PERMILLE
        if line > self._charge_max_dA:
            line = self._charge_max_dA
        line += self._error_dA
        line = self._held.step(line)
        least = self.charge_line_dA - self._charge_fall_dA
        self.charge_line_dA = line if line > least or self._free else least
        return line

    def _temperatures(self, snap: Snapshot, bound: "Bound", current_dA: int) -> None:
        value = self._value
        where = self._where
        hot = bound.hot_ddegC
        cold = bound.cold_ddegC
        value[_HOT_ddegC] = hot
        charging = current_dA > self._idle_dA
        discharging = current_dA < -self._idle_dA
        value[_HOT_CHARGE_ddegC] = hot if charging else -_FAR_ddegC
        value[_COLD_CHARGE_ddegC] = cold if charging else _FAR_ddegC
        value[_HOT_DISCHARGE_ddegC] = hot if discharging else -_FAR_ddegC
        value[_COLD_DISCHARGE_ddegC] = cold if discharging else _FAR_ddegC
        at = snap.hottest_probe
        where[_HOT_ddegC] = at
        where[_HOT_CHARGE_ddegC] = at
        where[_HOT_DISCHARGE_ddegC] = at
        at = snap.coldest_probe
        where[_COLD_CHARGE_ddegC] = at
        where[_COLD_DISCHARGE_ddegC] = at
        part = interpolated(cold, self._discharge_ddegC, self._discharge_permille)
        other = interpolated(hot, self._discharge_ddegC, self._discharge_permille)
        if other < part:
            part = other
        line = self._discharge_max_dA * part // _PERMILLE + self._error_dA
        self._free = bound.resting and bound.settled
        least = self.discharge_line_dA - self._discharge_fall_dA
        self.discharge_line_dA = line if line > least or self._free else least
