"""The bench's frames in place of a measurement front end: sensor frames of dbc/hil.dbc go into the snapshot.

For any object with machine.CAN's API, on a desk or on a board: drain() takes what the controller has received, gives sensor
frames to the snapshot, the bench's clock to `tick_*`, and everything else to the firmware's mailbox. A value goes into its
slot with age 0 and reason OK. A value that has a name (no conversion, open wire, CRC, saturated) leaves value and age as
they were. What the pack does not have (groups, probes, sensor B) is ignored; remote frames are dropped. Nothing allocates.
"""

from array import array

from micropython import const

from bms.safety import snapshot
from boards.parts.bench_bank import Bank
from boards.parts.bench_frames import (
    HilChain,
    HilCurrent,
    HilEnvironment,
    HilGroups,
    HilInputs,
    HilPoles,
    HilStacks,
    HilTemperatures,
    HilTick,
    HilVoltages,
)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any, Protocol

    from bms.board import Mailbox
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

    class Controller(Protocol):
        """The part of machine.CAN that is used here."""

        def recv(self, arg: "list[Any] | None" = None) -> "list[Any] | None": ...


# Copies of what snapshot.py says: no look-up; a test holds them together.
_GROUPS = const(1)
_STACKS = const(2)
_FEEDBACK_bits = const(4)
_SUPPLY_mV = const(5)
_INTERLOCK_closed = const(6)
_CRASH_seen = const(7)
_FUSE_intact = const(8)
_CHARGER_plugged = const(9)
_COIL_SUPPLY_present = const(10)

# Raw values of dbc/hil.dbc: the first named one, and the lowest that is a value. A test holds them to the file.
GROUP_NAMED_mV = const(-262144)
GROUP_LOW_mV = const(-262000)
STACK_NAMED_mV = const(-524288)
STACK_LOW_mV = const(-524000)
PROBE_NAMED_ddegC = const(-2048)
PROBE_LOW_ddegC = const(-2000)
WIDE_NAMED = const(-8388608)  # mA and mV of 24 bits
WIDE_LOW = const(-8388000)
NOT_READY_16 = const(0xFFFE)
NOT_FITTED_16 = const(0xFFFF)
NOT_READY_FLOW = const(254)
NOT_FITTED_FLOW = const(255)

_FIRST_ID = const(0x600)
_READERS = const(9)  # identifiers from _FIRST_ID on
_FRESH = const(1)  # of Bank.put(), like the next
_BAD = const(2)
_FLAG_RTR = const(1)
_NOTHING = array("i")
# scalars that always come together lie side by side
_INPUTS_FIRST = const(4)
_INPUTS_END = const(11)
_CHAIN_FIRST = const(16)
_CHAIN_END = const(21)


class BenchFrontEnd:
    """Sensor frames into the snapshot of this tick; the clock of a bench in lockstep."""

    def __init__(self, pack: "Pack") -> None:
        self._snap: Snapshot = None  # type: ignore[assignment]  # from begin() on
        self._mailbox: Mailbox = None  # type: ignore[assignment]
        self._value = self._age_ms = self._reason = _NOTHING
        self._b_fitted = pack.current_b_sensor is not None
        self._group_bank = Bank(GROUP_NAMED_mV, GROUP_LOW_mV)
        self._stack_bank = Bank(STACK_NAMED_mV, STACK_LOW_mV)
        self._probe_bank = Bank(PROBE_NAMED_ddegC, PROBE_LOW_ddegC)
        self._wide_bank = Bank(WIDE_NAMED, WIDE_LOW)
        self._coolant_bank = Bank(PROBE_NAMED_ddegC, PROBE_LOW_ddegC)
        self._groups = HilGroups()
        self._stacks = HilStacks()
        self._temperatures = HilTemperatures()
        self._current = HilCurrent()
        self._voltages = HilVoltages()
        self._inputs = HilInputs()
        self._environment = HilEnvironment()
        self._chain = HilChain()
        self._poles = HilPoles()
        self._tick = HilTick()
        # in the order of the identifiers from 0x600 on
        self._readers = (
            self._read_groups,
            self._read_stacks,
            self._read_temperatures,
            self._read_current,
            self._read_voltages,
            self._read_inputs,
            self._read_environment,
            self._read_chain,
            self._read_poles,
        )
        self._frame: list[Any] = [0, memoryview(bytearray(8)), 0, 0]
        self.ticked = False  # a HIL_TICK has come since begin()
        self.tick_n = 0
        self.tick_ms = 0
        self.malformed_count = 0

    def begin(self, snap: "Snapshot", mailbox: "Mailbox") -> None:
        """A new tick: frames go here, nothing is fresh yet."""
        if snap is not self._snap:
            self._snap = snap
            self._value = snap.value
            self._age_ms = snap.age_ms
            self._reason = snap.reason
            self._group_bank.bind(snap.group_mV, snap.group_age_ms, snap.group_reason)
            self._stack_bank.bind(snap.stack_mV, snap.stack_age_ms, snap.stack_reason)
            self._probe_bank.bind(snap.probe_ddegC, snap.probe_age_ms, snap.probe_reason)
            self._wide_bank.bind(snap.value, snap.age_ms, snap.reason)
            self._coolant_bank.bind(snap.value, snap.age_ms, snap.reason)
        self._mailbox = mailbox
        snap.fresh_bits = 0
        snap.bad_bits = 0
        self.ticked = False

    def drain(self, can: "Controller", frames_max: int) -> int:
        """Takes frames until there are none, or a HIL_TICK came, or `frames_max`. Returns how many it took.

        Before set_filters() nothing comes: one call then makes the controller know the list it will write to.
        """
        frame = self._frame
        readers = self._readers
        count = 0
        while count < frames_max and not self.ticked and can.recv(frame) is not None:
            count += 1
            k = frame[0] - _FIRST_ID
            if frame[2]:
                if not frame[2] & _FLAG_RTR:
                    self._mailbox.put(frame[0], True, frame[1])
            elif 0 <= k < _READERS:
                if not readers[k](frame[1]):
                    self.malformed_count += 1
            elif not self.dispatch(frame[0], frame[1]):
                self._mailbox.put(frame[0], False, frame[1])
        return count

    def dispatch(self, identifier: int, data: memoryview) -> bool:
        """Reads one standard frame. False: it is not one of the bench's."""
        k = identifier - _FIRST_ID
        if 0 <= k < _READERS:
            if not self._readers[k](data):
                self.malformed_count += 1
            return True
        if identifier == HilTick.ID:
            if self._tick.unpack(data):
                self.tick_n = self._tick.n
                self.tick_ms = self._tick.now_ms
                self.ticked = True
            else:
                self.malformed_count += 1
            return True
        return False

    def _note(self, got: int, channel: int) -> None:
        if got & _FRESH:
            self._snap.fresh_bits |= channel
        if got & _BAD:
            self._snap.bad_bits |= channel

    def _set(self, k: int, value: int) -> None:
        self._value[k] = value
        self._age_ms[k] = 0
        self._reason[k] = 0

    def _read_groups(self, data: memoryview) -> bool:
        frame = self._groups
        if not frame.unpack(data):
            return False
        got = self._group_bank.put_three(
            3 * frame.index, frame.group_0_voltage_mV, frame.group_1_voltage_mV, frame.group_2_voltage_mV
        )
        if got == _FRESH:
            self._snap.fresh_bits |= _GROUPS
        else:
            self._note(got, _GROUPS)
        return True

    def _read_stacks(self, data: memoryview) -> bool:
        frame = self._stacks
        if not frame.unpack(data):
            return False
        got = self._stack_bank.put_three(
            3 * frame.index, frame.stack_0_voltage_mV, frame.stack_1_voltage_mV, frame.stack_2_voltage_mV
        )
        if got == _FRESH:
            self._snap.fresh_bits |= _STACKS
        else:
            self._note(got, _STACKS)
        return True

    def _read_temperatures(self, data: memoryview) -> bool:
        frame = self._temperatures
        if not frame.unpack(data):
            return False
        bank = self._probe_bank
        k = 5 * frame.index
        got = bank.put_three(
            k, frame.probe_0_temperature_ddegC, frame.probe_1_temperature_ddegC, frame.probe_2_temperature_ddegC
        )
        got |= bank.put(k + 3, frame.probe_3_temperature_ddegC)
        got |= bank.put(k + 4, frame.probe_4_temperature_ddegC)
        self._note(got, snapshot.PROBES)
        return True

    def _read_current(self, data: memoryview) -> bool:
        frame = self._current
        if not frame.unpack(data):
            return False
        self._set(snapshot.CURRENT_count, frame.counter)
        got = self._wide_bank.put(snapshot.CURRENT_A_mA, frame.current_a_mA)
        if self._b_fitted:
            got |= self._wide_bank.put(snapshot.CURRENT_B_mA, frame.current_b_mA)
        self._note(got, snapshot.CURRENT)
        return True

    def _read_voltages(self, data: memoryview) -> bool:
        frame = self._voltages
        if not frame.unpack(data):
            return False
        self._set(snapshot.VOLTAGES_count, frame.counter)
        got = self._wide_bank.put(snapshot.PACK_mV, frame.pack_voltage_mV)
        got |= self._wide_bank.put(snapshot.LINK_mV, frame.link_voltage_mV)
        self._note(got, snapshot.VOLTAGES)
        return True

    def _read_inputs(self, data: memoryview) -> bool:
        frame = self._inputs
        if not frame.unpack(data):
            return False
        value = self._value
        age_ms = self._age_ms
        reason = self._reason
        value[_FEEDBACK_bits] = frame.contactor_feedback
        value[_SUPPLY_mV] = frame.supply_voltage_mV
        value[_INTERLOCK_closed] = frame.interlock_closed
        value[_CRASH_seen] = frame.crash
        value[_FUSE_intact] = frame.fuse_intact
        value[_CHARGER_plugged] = frame.charger_plugged
        value[_COIL_SUPPLY_present] = frame.coil_supply_present
        for k in range(_INPUTS_FIRST, _INPUTS_END):
            age_ms[k] = reason[k] = 0
        self._set(snapshot.INPUTS_count, frame.counter)
        self._snap.fresh_bits |= snapshot.INPUTS
        return True

    def _read_environment(self, data: memoryview) -> bool:
        frame = self._environment
        if not frame.unpack(data):
            return False
        bank = self._coolant_bank
        got = bank.put(snapshot.COOLANT_INLET_ddegC, frame.coolant_inlet_ddegC)
        got |= bank.put(snapshot.COOLANT_OUTLET_ddegC, frame.coolant_outlet_ddegC)
        got |= self._put_fitted(snapshot.INSULATION_kohm, frame.insulation_kohm, NOT_READY_16)
        got |= self._put_fitted(snapshot.FORCE_N, frame.force_N, NOT_READY_16)
        got |= self._put_fitted(snapshot.COOLANT_FLOW_dl_min, frame.coolant_flow_dl_per_min, NOT_READY_FLOW)
        self._note(got, snapshot.ENVIRONMENT)
        return True

    def _put_fitted(self, k: int, raw: int, not_ready: int) -> int:
        """A sensor whose two highest raw values say not ready and not fitted; the latter is silence."""
        if raw < not_ready:
            self._set(k, raw)
            return _FRESH
        self._reason[k] = snapshot.NOT_READY
        return _BAD if raw == not_ready else 0

    def _read_chain(self, data: memoryview) -> bool:
        frame = self._chain
        if not frame.unpack(data):
            return False
        value = self._value
        value[snapshot.CONVERSIONS_count] = frame.conversion_counter
        value[snapshot.CRC_ERROR_chips] = frame.crc_error_chips
        value[snapshot.LOST_CHIPS_bits] = frame.lost_chips
        value[snapshot.REFERENCE_error] = frame.reference_error
        value[snapshot.BROWN_OUT_seen] = frame.brown_out
        age_ms = self._age_ms
        reason = self._reason
        for k in range(_CHAIN_FIRST, _CHAIN_END):
            age_ms[k] = reason[k] = 0
        self._snap.fresh_bits |= snapshot.CHAIN
        return True

    def _read_poles(self, data: memoryview) -> bool:
        frame = self._poles
        if not frame.unpack(data):
            return False
        got = self._wide_bank.put(snapshot.NEGATIVE_POLE_mV, frame.negative_pole_mV)
        got |= self._wide_bank.put(snapshot.POSITIVE_POLE_mV, frame.positive_pole_mV)
        self._note(got, 0)
        return True
