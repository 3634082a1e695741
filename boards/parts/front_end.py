"""The chips of a hardware board into the snapshot: what is fresh and sound with age 0, what is not as a reason.

sample() reads what each part measured since the last tick and starts the next measurement, so a value is at most one tick old.
Voltages of groups and stacks, currents, pack and link come every tick, probes and surroundings once in ten. A counter of the
snapshot moves when its values are new conversions. A part that fails leaves its values alone and names a reason; an input byte
that does not come is silence. Frames of a current sensor on CAN are taken here, all others go to the mailbox. Nothing
allocates or raises in a tick. Units: mV, mA, ddegC, kohm, dl/min, ms.
"""

from array import array

import micropython
from micropython import const

from boards.parts import adbms_monitor as monitors
from boards.parts import inputs as slow
from boards.parts.ina228 import OVERFLOW, RANGE, BUS_mV, CURRENT_mA
from boards.parts.interlock import NOT_KNOWN
from boards.parts.ntc import OPEN, SHORT

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Mailbox
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack
    from boards.parts.can_queue import CanQueue
    from boards.parts.ina228 import Ina228
    from boards.parts.manners import Adc
    from boards.parts.sensors import Sensors

# Copies of what snapshot.py says: no look-up; a test holds them together.
_GROUPS = const(1)
_STACKS = const(2)
_PROBES = const(4)
_CURRENT = const(8)
_VOLTAGES = const(16)
_INPUTS = const(32)
_ENVIRONMENT = const(64)
_CHAIN = const(128)
_NOT_READY = const(1)
_OPEN_WIRE = const(2)
_CRC_ERROR = const(3)
_OUT_OF_RANGE = const(4)
_CURRENT_A_mA = const(0)
_CURRENT_B_mA = const(1)
_PACK_mV = const(2)
_LINK_mV = const(3)
_FEEDBACK_bits = const(4)
_SUPPLY_mV = const(5)
_INTERLOCK_closed = const(6)
_CRASH_seen = const(7)
_FUSE_intact = const(8)
_CHARGER_plugged = const(9)
_COIL_SUPPLY_present = const(10)
_INSULATION_kohm = const(11)
_COOLANT_INLET_ddegC = const(12)
_COOLANT_OUTLET_ddegC = const(13)
_COOLANT_FLOW_dl_min = const(14)
_CONVERSIONS_count = const(16)
_CRC_ERROR_chips = const(17)
_LOST_CHIPS_bits = const(18)
_REFERENCE_error = const(19)
_BROWN_OUT_seen = const(20)
_CURRENT_count = const(21)
_VOLTAGES_count = const(22)
_INPUTS_count = const(23)

_AT_ONCE = const(30)  # values of a mask
_ROUND = const(10)  # ticks
_ENVIRONMENT_PHASE = const(6)
_RING = const(0x3FFFFFFF)
_BYTE = const(255)
_INPUTS_END = const(11)
_CHAIN_END = const(21)
_WORDS = const(4)  # of bleeders
_IVT_VALUES = const(4)
FULL_SCALE_mV = const(18810)  # of the supply's divider, 47 k over 10 k, at 3.3 V
_ADC_BITS_OFF = const(2)  # so that the product stays below 2^30
_ADC_TOP = const(16383)
_ADC_HALF = const(32767)


class FrontEnd:
    """All sensors of a board. `sensors` as built by sensors.py; `can` is drained here."""

    def __init__(self, pack: "Pack", sensors: "Sensors", can: "CanQueue") -> None:
        self._monitor = sensors.monitor
        self._shunt_a = sensors.shunt_a
        self._shunt_b = sensors.shunt_b
        self._ivt = sensors.ivt
        self._i2c = sensors.i2c
        self._inputs = sensors.inputs
        self._interlock = sensors.interlock
        self._insulation = sensors.insulation
        self._flow = sensors.flow
        self._supply = sensors.supply
        self._coolant_inlet = sensors.coolant_inlet
        self._coolant_outlet = sensors.coolant_outlet
        self._ntc = sensors.ntc
        self._can = can
        self._b_fitted = pack.current_b_sensor is not None
        self._snap: Snapshot = None  # type: ignore[assignment]  # from the first sample() on
        self._shunt_values = array("i", [0] * 3)
        self._ivt_values = array("i", [0] * _IVT_VALUES)
        self._probe_counts = array("i", [0] * len(pack.probe_stack))
        self._bled = array("i", [0] * _WORDS)
        self._bleeders_told = False
        self._turn = 0
        self._round_ms = 0  # when surroundings were last read

    def sample(self, snap: "Snapshot", mailbox: "Mailbox", now_ms: int) -> None:
        """One tick."""
        self._snap = snap
        snap.fresh_bits = 0
        snap.bad_bits = 0
        self._i2c.begin()
        self._drain(mailbox)
        self._read_monitor(snap)
        self._read_currents(snap)
        self._read_inputs(snap)
        turn = self._turn + 1
        self._turn = turn if turn < _ROUND else 0
        if turn == _ENVIRONMENT_PHASE:
            self._read_environment(snap, (now_ms - self._round_ms) & _RING)
            self._round_ms = now_ms

    def _drain(self, mailbox: "Mailbox") -> None:
        can = self._can
        ivt = self._ivt
        can.poll()
        while can.take():
            if ivt is None or can.extended or not ivt.take(can.identifier, can.data):
                mailbox.put(can.identifier, can.extended, can.data)

    def _read_monitor(self, snap: "Snapshot") -> None:
        monitor = self._monitor
        monitor.start()
        groups = snap.groups
        fresh = self._read_rows(0, groups, snap.group_mV, snap.group_age_ms, snap.group_reason, _GROUPS)
        self._read_rows(groups, snap.stacks, snap.stack_mV, snap.stack_age_ms, snap.stack_reason, _STACKS)
        self._read_probes(snap)
        value = snap.value
        trouble = monitor.trouble
        if fresh:
            value[_CONVERSIONS_count] = (value[_CONVERSIONS_count] + 1) & _BYTE
        value[_CRC_ERROR_chips] = trouble[monitors.PEC] | trouble[monitors.COUNTER] | trouble[monitors.CONFIG]
        value[_LOST_CHIPS_bits] = trouble[monitors.SILENT]
        ill = trouble[monitors.REFERENCE] | trouble[monitors.SUPPLY] | trouble[monitors.STATUS] | trouble[monitors.SELF_TEST]
        value[_REFERENCE_error] = 1 if ill else 0
        value[_BROWN_OUT_seen] = 1 if trouble[monitors.RESET] else 0
        cleared(snap.age_ms, snap.reason, _CONVERSIONS_count, _CHAIN_END)
        snap.fresh_bits |= _CHAIN

    def _read_rows(
        self, row: int, n: int, values: "array[int]", ages_ms: "array[int]", reasons: "array[int]", channel: int
    ) -> int:
        """n rows of the monitors. Returns whether any was fresh."""
        monitor = self._monitor
        first = 0
        any_fresh = 0
        while first < n:
            count = n - first
            if count > _AT_ONCE:
                count = _AT_ONCE
            mask = monitor.read(row + first, count, values, first)
            any_fresh |= mask
            if mask == (1 << count) - 1:
                cleared(ages_ms, reasons, first, first + count)
            else:
                for k in range(count):
                    if mask >> k & 1:
                        ages_ms[first + k] = 0
                        reasons[first + k] = 0
                    else:
                        reasons[first + k] = monitor.reason(row + first + k)
                self._snap.bad_bits |= channel
            first += count
        if any_fresh:
            self._snap.fresh_bits |= channel
        return any_fresh

    def _read_probes(self, snap: "Snapshot") -> None:
        monitor = self._monitor
        counts = self._probe_counts
        n = snap.probes
        first = 0
        while first < n:
            count = n - first
            if count > _AT_ONCE:
                count = _AT_ONCE
            mask = monitor.read_probes(first, count, counts, first)
            k = first
            while mask:
                if mask & 1:
                    reference_counts = monitor.reference_counts[monitor.probe_chip(k)]
                    self._put_probe(snap, k, self._ntc.ddegC(counts[k], reference_counts))
                mask >>= 1
                k += 1
            first += count

    def _put_probe(self, snap: "Snapshot", k: int, ddegC: int) -> None:
        if ddegC == OPEN or ddegC == SHORT:
            snap.probe_reason[k] = _OPEN_WIRE if ddegC == OPEN else _OUT_OF_RANGE
            snap.bad_bits |= _PROBES
            return
        snap.probe_ddegC[k] = ddegC
        snap.probe_age_ms[k] = 0
        snap.probe_reason[k] = 0
        snap.fresh_bits |= _PROBES

    def _read_currents(self, snap: "Snapshot") -> None:
        ivt = self._ivt
        current = False
        voltage = False
        if ivt is not None:
            values = self._ivt_values
            fresh = ivt.read(values)
            heard = fresh | ivt.bad  # of the others nothing came, which is silence
            malformed = ivt.malformed
            if heard & 1:
                current = self._put(_CURRENT_A_mA, fresh & 1, values[0], _CRC_ERROR if malformed & 1 else _NOT_READY, _CURRENT)
            if heard & 2:
                voltage = self._put(_PACK_mV, fresh & 2, values[1], _CRC_ERROR if malformed & 2 else _NOT_READY, _VOLTAGES)
            if heard & 4:
                self._put(_LINK_mV, fresh & 4, values[2], _CRC_ERROR if malformed & 4 else _NOT_READY, _VOLTAGES)
            if self._shunt_a is not None:
                self._read_shunt(self._shunt_a, _CURRENT_B_mA, -1)
        elif self._shunt_a is not None and self._shunt_b is not None:
            fresh = self._read_shunt(self._shunt_a, _CURRENT_A_mA, _PACK_mV)
            current = fresh >> CURRENT_mA & 1 == 1
            voltage = fresh >> BUS_mV & 1 == 1
            self._read_shunt(self._shunt_b, _CURRENT_B_mA if self._b_fitted else -1, _LINK_mV)
        value = snap.value
        if current:
            value[_CURRENT_count] = (value[_CURRENT_count] + 1) & _BYTE
        if voltage:
            value[_VOLTAGES_count] = (value[_VOLTAGES_count] + 1) & _BYTE

    def _read_shunt(self, shunt: "Ina228", current: int, voltage: int) -> int:
        """One chip into two scalars, -1 for one that is not wanted. Returns its bits."""
        values = self._shunt_values
        fresh = shunt.read(values)
        shunt.start()
        reason = 0
        if shunt.trouble:
            reason = _OUT_OF_RANGE if shunt.trouble & (RANGE | OVERFLOW) else _NOT_READY
        if current >= 0:
            self._put(current, fresh >> CURRENT_mA & 1, values[CURRENT_mA], reason, _CURRENT)
        if voltage >= 0:
            self._put(voltage, fresh >> BUS_mV & 1, values[BUS_mV], reason, _VOLTAGES)
        return fresh

    def _put(self, k: int, fresh: int, value: int, reason: int, channel: int) -> bool:
        snap = self._snap
        if fresh:
            snap.value[k] = value
            snap.age_ms[k] = 0
            snap.reason[k] = 0
            snap.fresh_bits |= channel
            return True
        snap.reason[k] = reason
        snap.bad_bits |= channel
        return False

    def _read_inputs(self, snap: "Snapshot") -> None:
        closed = self._interlock.step()
        byte = self._inputs.read()
        if byte == slow.NO_ANSWER or closed == NOT_KNOWN:
            return
        value = snap.value
        value[_FEEDBACK_bits] = byte & slow.FEEDBACK_bits
        value[_SUPPLY_mV] = (self._supply.read_u16() >> _ADC_BITS_OFF) * FULL_SCALE_mV // _ADC_TOP
        value[_INTERLOCK_closed] = closed
        value[_CRASH_seen] = 1 if byte & slow.CRASH else 0
        value[_FUSE_intact] = 0 if byte & slow.FUSE_N else 1
        value[_CHARGER_plugged] = 0 if byte & slow.CHARGER_N else 1
        value[_COIL_SUPPLY_present] = 0 if byte & slow.COIL_SUPPLY_N else 1
        value[_INPUTS_count] = (value[_INPUTS_count] + 1) & _BYTE
        cleared(snap.age_ms, snap.reason, _FEEDBACK_bits, _INPUTS_END)
        snap.fresh_bits |= _INPUTS

    def _read_environment(self, snap: "Snapshot", dt_ms: int) -> None:
        """Once in ten ticks; dt_ms since the last time."""
        kohm = self._insulation.read(dt_ms)
        self._put(_INSULATION_kohm, 1 if kohm >= 0 else 0, kohm, _NOT_READY, _ENVIRONMENT)
        dl_min = self._flow.read(dt_ms)
        self._put(_COOLANT_FLOW_dl_min, 1 if dl_min >= 0 else 0, dl_min, _NOT_READY, _ENVIRONMENT)
        self._put_coolant(_COOLANT_INLET_ddegC, self._coolant_inlet)
        self._put_coolant(_COOLANT_OUTLET_ddegC, self._coolant_outlet)

    def _put_coolant(self, k: int, adc: "Adc") -> None:
        ddegC = self._ntc.ddegC(adc.read_u16() >> 1, _ADC_HALF)
        fresh = 0 if ddegC == OPEN or ddegC == SHORT else 1
        self._put(k, fresh, ddegC, _OPEN_WIRE if ddegC == OPEN else _OUT_OF_RANGE, _ENVIRONMENT)

    def bleed(self, groups: "array[int]") -> None:
        """Tells the monitors when something changes, and again until every chip has confirmed it."""
        bled = self._bled
        if self._bleeders_told and groups == bled:
            return
        for k in range(_WORDS):
            bled[k] = groups[k]
        self._bleeders_told = self._monitor.bleed(bled)


@micropython.viper
def cleared(ages_ms: object, reasons: object, first: int, end: int) -> int:
    """Age and reason 0 from the first to the end. Returns how many."""
    age = ptr32(ages_ms)  # type: ignore[arg-type]
    reason = ptr32(reasons)  # type: ignore[arg-type]
    k = first
    while k < end:
        age[k] = 0
        reason[k] = 0
        k += 1
    return end - first
