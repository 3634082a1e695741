"""Current against what was allowed, and for how long.

Only what flows for certain counts: the measured current less what the sensor may err (offset, four sigma, one step, gain).
A published limit binds when whoever follows it has had the time to. The line is the largest limit that held.py
still knows, plus 2 % and 0.02 C (assumed: what a good converter
errs); from there it falls within FALL_ms from its full height, as the trip line of window.py does, so that a source that
follows with its own slew is not blamed. Behind open contactors there is no line: what flows there is stray.

A discharge pulse: squared current beyond the continuous table, as a part of what the pulse table lets flow for ten seconds,
both at the worse of the coldest and the hottest layer. A charge pulse: current beyond 1.05 x the map, as a part of half the
map for ten seconds (domain of the cell: 1.5 x map for 10 s), with a map of nothing of 0.02 C for ten seconds. Both recover
at the rate of what is left unused. Units: dA, ms; a pulse in ms of a full one.
"""

from array import array

import micropython
from micropython import const

from bms.safety.held import Held
from bms.safety.plausible import sensor_error_m
from bms.safety.tables import interpolated

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.bound import Bound
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_STRAY_CURRENT_mA = const(58)
_CHARGE_OVER_dA = const(59)
_DISCHARGE_OVER_dA = const(60)
_OVERLOAD_permille = const(61)
_REGEN_PULSE_permille = const(62)

FALL_ms = const(2000)
TOLERANCE_mC = const(20)
_CLOSED = const(5)  # both mains, no precharge: COILS of the last phase
_AFTER_OPEN_ms = const(100)  # on top of the contacts' own time
_ROUND_ms = const(100)
_PERMILLE = const(1000)
_PART = const(200)  # of the pulse current
_PART_MAX = const(400)
_PART_SQUARE = const(40000)
_PULSE_MAX_ms = const(20000)
_MS_PER_PERMILLE = const(10)
_TWENTIETH = const(20)  # the map's tolerance
_TENTHS = const(10)
_CURRENT_MAX_dA = const(16383)  # what the snapshot lets pass


class Overload:
    """`charge_line_dA`, `discharge_line_dA`: what may flow; `moved_dAms`: what has flowed in the last round, which
    was `moved_ms` long."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        cell = pack.cell
        a = pack.current_a_sensor
        self._value = signals.value
        unit = cell.capacity_mAh // 10  # 10 uAh; times mC, over 10000, is dA
        self._fixed_dA = sensor_error_m(a, 0) // 100 + 1
        self._gain_permille = a.gain_ppm // _PERMILLE + 1
        self._fixed_mA = sensor_error_m(a, 0)
        self._gain_ppm = a.gain_ppm
        self.tolerance_dA = unit * TOLERANCE_mC // 10000 + 1
        self._open_settle_ms = pack.contactor_delay_ms * 2 + _AFTER_OPEN_ms
        self._open_ms = 0
        self._charge_held = Held(pack)
        self._discharge_held = Held(pack)
        self._charge_top_dA = 0
        self._discharge_top_dA = 0
        self.charge_fall_dA = unit * cell.charge_max_mC // 10000 * _ROUND_ms // FALL_ms + 1
        self._discharge_fall_dA = unit * cell.discharge_trip_mC // 10000 * _ROUND_ms // FALL_ms + 1
        self.charge_line_dA = self.tolerance_dA
        self.discharge_line_dA = self.tolerance_dA
        self._ddegC = array("i", cell.discharge_ddegC)
        self._cont_dA = array("i", [unit * c // 10000 for c in cell.discharge_cont_mC])
        self._pulse_dA = array("i", [unit * c // 10000 for c in cell.discharge_pulse_mC])
        self._pulse_now_dA = max(1, *self._pulse_dA)  # until a temperature is known
        self._sum_dAms = 0
        self._sum_ms = 0
        self.moved_dAms = 0
        self.moved_ms = _ROUND_ms
        self._heat_ms = 0  # squared parts of the pulse current, times time
        self._pulse_carry = 0
        self._pulse_ms = 0
        self._regen_carry = 0
        self._regen_ms = 0
        value = signals.value
        value[_STRAY_CURRENT_mA] = -self._fixed_mA
        value[_CHARGE_OVER_dA] = -1
        value[_DISCHARGE_OVER_dA] = -1

    def sure_dA(self, size_dA: int) -> int:
        """What flows for certain of a measured magnitude; below 0 where it may be nothing."""
        return size_dA - size_dA * self._gain_permille // _PERMILLE - self._fixed_dA

    @micropython.native
    def step(self, snap: "Snapshot", mask: int, charge_dA: int, discharge_dA: int, dt_ms: int) -> None:
        """One tick. `mask`: coils that are driven; `charge_dA`, `discharge_dA`: the limits that the wire has."""
        value = self._value
        current_dA = snap.current_dA
        self._sum_dAms += current_dA * dt_ms
        self._sum_ms += dt_ms
        if charge_dA > self._charge_top_dA:
            self._charge_top_dA = charge_dA
            line = self.line_dA(charge_dA)
            if line > self.charge_line_dA:
                self.charge_line_dA = line
        if discharge_dA > self._discharge_top_dA:
            self._discharge_top_dA = discharge_dA
            line = self.line_dA(discharge_dA)
            if line > self.discharge_line_dA:
                self.discharge_line_dA = line
        size_dA = current_dA if current_dA >= 0 else -current_dA
        sure_dA = size_dA - size_dA * self._gain_permille // _PERMILLE - self._fixed_dA  # sure_dA(), without the call
        if mask == _CLOSED:
            if current_dA >= 0:
                value[_CHARGE_OVER_dA] = sure_dA - self.charge_line_dA
                value[_DISCHARGE_OVER_dA] = -self.discharge_line_dA
            else:
                value[_CHARGE_OVER_dA] = -self.charge_line_dA
                value[_DISCHARGE_OVER_dA] = sure_dA - self.discharge_line_dA
                if sure_dA > 0:
                    part = sure_dA * _PART // self._pulse_now_dA
                    if part > _PART_MAX:
                        part = _PART_MAX
                    self._heat_ms += part * part * dt_ms
            if self._open_ms:
                self._stray(0, mask, dt_ms)
        else:
            value[_CHARGE_OVER_dA] = -1
            value[_DISCHARGE_OVER_dA] = -1
            self._stray(snap.current_mA, mask, dt_ms)

    def _stray(self, current_mA: int, mask: int, dt_ms: int) -> None:
        """Current while no coil is driven, and none was a while ago; what precharge draws is none."""
        stray_mA = -self._fixed_mA
        if mask:
            self._open_ms = 0
        elif self._open_ms < self._open_settle_ms:
            self._open_ms += dt_ms
        else:
            size_mA = current_mA if current_mA >= 0 else -current_mA
            stray_mA = size_mA - self._fixed_mA - size_mA // _PERMILLE * self._gain_ppm // _PERMILLE
        self._value[_STRAY_CURRENT_mA] = stray_mA

    def line_dA(self, limit_dA: int) -> int:
        """What may flow for a limit: what a good converter errs is on top."""
        return limit_dA + limit_dA // 50 + self.tolerance_dA

    def refresh(self, bound: "Bound", map_dA: int) -> None:
        """Once a round. `map_dA`: charge current that map and windows allow."""
        line = self.line_dA(self._charge_held.step(self._charge_top_dA))
        self._charge_top_dA = 0
        least = self.charge_line_dA - self.charge_fall_dA
        self.charge_line_dA = line if line > least else least
        line = self.line_dA(self._discharge_held.step(self._discharge_top_dA))
        self._discharge_top_dA = 0
        least = self.discharge_line_dA - self._discharge_fall_dA
        self.discharge_line_dA = line if line > least else least
        moved_dAms = self._sum_dAms
        round_ms = self._sum_ms
        self._sum_dAms = 0
        self._sum_ms = 0
        self.moved_dAms = moved_dAms
        self.moved_ms = round_ms
        self._discharge_pulse(bound, round_ms)
        self._charge_pulse(moved_dAms // round_ms, map_dA, round_ms)

    def _discharge_pulse(self, bound: "Bound", round_ms: int) -> None:
        square = self._heat_ms // round_ms
        self._heat_ms = 0
        cont_dA = self._worse(bound, self._cont_dA)
        pulse_dA = self._worse(bound, self._pulse_dA)
        if pulse_dA < 1:
            pulse_dA = 1
        part = cont_dA * _PART // pulse_dA
        free = part * part
        if free >= _PART_SQUARE:
            free = _PART_SQUARE - 1
        room = _PART_SQUARE - free
        taken = self._pulse_carry + (square - free) * round_ms
        whole = taken // room
        pulse_ms = self._pulse_ms + whole
        self._pulse_carry = taken - whole * room
        if pulse_ms < 0:
            pulse_ms = 0
            self._pulse_carry = 0
        elif pulse_ms > _PULSE_MAX_ms:
            pulse_ms = _PULSE_MAX_ms
        self._pulse_ms = pulse_ms
        self._pulse_now_dA = pulse_dA
        self._value[_OVERLOAD_permille] = pulse_ms // _MS_PER_PERMILLE

    def _worse(self, bound: "Bound", table_dA: "array[int]") -> int:
        """The table at the coldest or the hottest layer, whichever stands less."""
        cold = interpolated(bound.cold_ddegC, self._ddegC, table_dA)
        hot = interpolated(bound.hot_ddegC, self._ddegC, table_dA)
        return cold if cold < hot else hot

    def _charge_pulse(self, mean_dA: int, map_dA: int, round_ms: int) -> None:
        sure_dA = self.sure_dA(mean_dA)
        if sure_dA < 0:
            sure_dA = 0
        if map_dA > _CURRENT_MAX_dA:
            map_dA = _CURRENT_MAX_dA
        full_dA = map_dA // 2
        if full_dA < self.tolerance_dA:
            full_dA = self.tolerance_dA
        rate_dA = sure_dA - map_dA - map_dA // _TWENTIETH
        if rate_dA <= 0:
            rate_dA = sure_dA - (map_dA if map_dA > self.tolerance_dA else self.tolerance_dA)
            if rate_dA > 0:
                rate_dA = 0
        taken = self._regen_carry + rate_dA * round_ms * _TENTHS
        whole = taken // full_dA
        regen = self._regen_ms + whole  # tenths of a ms
        self._regen_carry = taken - whole * full_dA
        if regen < 0:
            regen = 0
            self._regen_carry = 0
        elif regen > _PULSE_MAX_ms * _TENTHS:
            regen = _PULSE_MAX_ms * _TENTHS
        self._regen_ms = regen
        self._value[_REGEN_PULSE_permille] = regen // (_MS_PER_PERMILLE * _TENTHS)
