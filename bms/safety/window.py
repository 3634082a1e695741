"""Where the pack may be operated: temperature by direction of current, and current against what trips.

Fills the signals HOT_*, COLD_*, CHARGE_BEYOND and DISCHARGE_BEYOND. The trip line of charge is the map's limit times
charge_trip_permille, or charge_max_mC, whichever is less, plus what the sensor may err; the line of discharge is
discharge_trip_mC scaled with temperature like the pulse table. The limits come from the envelope of the tick before. A line
that falls does so within FALL_ms from its full height, so that a source that follows the published limit is not cut off for
the time it takes to follow.
"""

from micropython import const

from bms.safety import faults as F
from bms.safety import snapshot as S
from bms.safety.plausible import sensor_error_m
from bms.safety.tables import interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.schema import Pack

FALL_ms = const(2000)
_PERMILLE = const(1000)
_FAR_ddegC = const(4000)


class Window:
    """Signals of operation. `charge_line_dA` and `discharge_line_dA` are where over-current trips."""

    def __init__(self, pack: "Pack", signals: F.Signals) -> None:
        cell = pack.cell
        self._signals = signals
        self._idle_dA = pack.open_current_dA // 2 + 1
        self._charge_max_dA = cell.capacity_mAh // 10 * cell.charge_max_mC // 10000
        self._discharge_max_dA = cell.capacity_mAh // 10 * cell.discharge_trip_mC // 10000
        self._trip_permille = cell.charge_trip_permille
        self._error_dA = sensor_error_m(pack.current_a_sensor, self._charge_max_dA * 100) // 100 + 1
        self._discharge_ddegC = cell.discharge_ddegC
        most = max(cell.discharge_pulse_mC)
        self._discharge_permille = tuple(c * _PERMILLE // most for c in cell.discharge_pulse_mC)
        self.charge_line_dA = 0
        self.discharge_line_dA = 0
        self._charge_fall_dA = self._charge_max_dA * 10 // FALL_ms + 1
        self._discharge_fall_dA = self._discharge_max_dA * 10 // FALL_ms + 1

    def step(self, snap: S.Snapshot, bound: "Bound", map_dA: int) -> int:
        """One tick. `map_dA`: charge current that map and windows allow, before voltage, ramps and states."""
        value = self._signals.value
        where = self._signals.where
        fresh = self._signals.fresh
        current_dA = snap.current_dA
        probes = 1 if snap.fresh_bits & S.PROBES else 0
        hot = bound.hot_ddegC
        cold = bound.cold_ddegC
        if snap.probe_oldest_ms >= S.AGE_MAX_ms:
            hot = -_FAR_ddegC
            cold = _FAR_ddegC
        charging = current_dA > self._idle_dA
        discharging = current_dA < -self._idle_dA
        value[F.HOT_ddegC] = hot
        value[F.HOT_CHARGE_ddegC] = hot if charging else -_FAR_ddegC
        value[F.COLD_CHARGE_ddegC] = cold if charging else _FAR_ddegC
        value[F.HOT_DISCHARGE_ddegC] = hot if discharging else -_FAR_ddegC
        value[F.COLD_DISCHARGE_ddegC] = cold if discharging else _FAR_ddegC
        where[F.HOT_ddegC] = where[F.HOT_CHARGE_ddegC] = where[F.HOT_DISCHARGE_ddegC] = snap.hottest_probe
        where[F.COLD_CHARGE_ddegC] = where[F.COLD_DISCHARGE_ddegC] = snap.coldest_probe
        for i in range(F.HOT_CHARGE_ddegC, F.HOT_ddegC + 1):
            fresh[i] = probes
        line = map_dA * self._trip_permille // _PERMILLE
        if line > self._charge_max_dA:
            line = self._charge_max_dA
        line += self._error_dA
        least = self.charge_line_dA - self._charge_fall_dA
        self.charge_line_dA = line if line > least else least
        line = self._discharge_max_dA * interpolated(cold, self._discharge_ddegC, self._discharge_permille) // _PERMILLE
        other = self._discharge_max_dA * interpolated(hot, self._discharge_ddegC, self._discharge_permille) // _PERMILLE
        if other < line:
            line = other
        line += self._error_dA
        least = self.discharge_line_dA - self._discharge_fall_dA
        self.discharge_line_dA = line if line > least else least
        value[F.CHARGE_BEYOND_dA] = current_dA - self.charge_line_dA
        value[F.DISCHARGE_BEYOND_dA] = -current_dA - self.discharge_line_dA
        current = 1 if snap.fresh_bits & S.CURRENT else 0
        fresh[F.CHARGE_BEYOND_dA] = current
        fresh[F.DISCHARGE_BEYOND_dA] = current
        return current_dA
