"""A board in memory: a small world with a knob for each thing that can go wrong, the same on CPython and MicroPython.

Nothing here measures or believes anything of the firmware's: groups, probes and currents are what the knobs say, contacts
follow coils after their delay, the link charges through its resistor. sample() and the other methods allocate nothing, so
that the integer lane can be watched under a locked heap. Units: mV, mA, ddegC, ms; positive current charges.
"""

from binascii import crc32

from bms.can import e2e
from bms.can import frames as W
from bms.safety import snapshot as S
from tests.hearsay import decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from bms.board import Mailbox, Storage
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

CLOCK_MASK = 0x3FFFFFFF
COMMAND_ms = 50
CHARGER_ms = 100
ENVIRONMENT_ms = 100
NOT_FITTED_ddegC = -1000
OPEN, DRIVE, CHARGE, SERVICE = 0, 1, 2, 3
FULL_LAYER_mV = 3600
ELCON_STATUS = 0x18FF50E5  # what such a charger says each second; here as often as ours does
WIDE = 8388000  # what 24 bits on the wire can say, in mA or mV


class FakeBoard:
    """Knobs are public attributes; turn them between ticks."""

    benched = True  # finish() wants to be called

    def __init__(self, pack: "Pack", stored_permille: int = -1, cause: int = 1) -> None:
        self.pack = pack
        self.tick_ms = 10
        self.now_ms = 0
        self.ticks = 0
        per_stack = len(pack.taps)
        groups = per_stack * pack.stacks
        probes = len(pack.probe_stack)
        self.groups_per_stack = per_stack
        # what the sensors see
        self.group_mV = [FULL_LAYER_mV * n for n in pack.taps] * pack.stacks
        self.stack_error_mV = [0] * pack.stacks  # of a stack's own reading, against the sum of its groups
        self.pack_error_mV = 0  # of the pack's, against the sum of the stacks
        self.probe_ddegC = [250] * probes
        self.load_mA = 0  # flows while both main contacts are closed
        self.stray_mA = 0  # flows whatever the contacts do
        self.b_error_mA = 0  # of sensor B against sensor A
        # silence and reasons, one by one; 0 is a value
        self.group_silent = bytearray(groups)
        self.group_reason = bytearray(groups)
        self.stack_silent = bytearray(pack.stacks)
        self.probe_silent = bytearray(probes)
        self.current_silent = 0  # both
        self.current_a_silent = 0
        self.current_b_silent = 0
        self.current_reason = 0
        self.pack_silent = 0
        self.link_silent = 0
        self.inputs_silent = 0
        self.interlock_closed = 1
        self.crash_seen = 0
        self.probe_reason = bytearray(probes)
        self.fuse_intact = 1
        self.charger_plugged = 0
        self.coil_supply_present = 1
        self.supply_mV = 12000
        # conversion counters that stand still while frames go on
        self.current_frozen = 0
        self.voltages_frozen = 0
        self.inputs_frozen = 0
        self.chain_frozen = 0
        # health of the front ends
        self.chain_silent = 0
        self.crc_error_chips = 0
        self.lost_chips_bits = 0
        self.reference_error = 0
        self.brown_out_seen = 0
        # surroundings; -1: not fitted
        self.environment_silent = 0
        self.insulation_kohm = 20000
        self.coolant_inlet_ddegC = 250
        self.coolant_flow_dl_min = 80
        self.force_N = -1
        # contactors and link
        self.coils = 0
        self.hold_percent = 0
        self.heater_permille = 0
        self.cooler_permille = 0
        self.bled_words = [0] * 4  # a bit a group
        self.contacts = 0
        self.welded = 0  # contacts that do not open
        self.stuck_open = 0  # contacts that do not close
        self.feedback_stuck_on = 0
        self.feedback_stuck_off = 0
        self.link_dead = 0  # the link does not rise
        self.link_fast = 0  # the link jumps
        self.link_unfed = 0  # the link rises, and no current flows for it
        self.link_mV = 0
        self.current_mA = 0
        self._moving_ms = [0, 0, 0]
        self._tau_ms = pack.precharge_mohm * pack.link_capacitance_uF // 1000000
        # dialogue
        self.request = OPEN
        self.reset_faults = 0
        self.command_silent = 0
        self.command_flip_bit = -1  # of the 64 of the frame, after protection
        self.command_frozen = 0  # the same frame again and again
        self.charger_silent = 0
        self.charger_state = 1
        self.charger_current_dA = -1  # what it says it gives; -1: what flows
        self.charger_error_mV = 0  # of its voltage against the link
        self.refuse = 0  # the controller has no room
        self.controller_state = 1  # of machine.CAN: 1 active, 2 warning, 3 passive, 4 bus-off
        self._command = W.VcuCommand()
        self._charger = W.ChgStatus()
        self._command_data = bytearray(8)
        self._charger_data = bytearray(8)
        self._wire = memoryview(bytearray(8))
        self._nothing = memoryview(bytearray(8))
        # what the firmware did
        self.frames = {message.ID: bytearray(8) for message in W.MESSAGES}
        self.counts = {message.ID: 0 for message in W.MESSAGES}
        self.others = 0
        self.fed = 0
        self.crc = 0
        self.fresh_estimates = 0
        self.restarts = 0
        self._stored_permille = stored_permille
        self.rested_before = True
        self.storage: Storage | None = None  # of tests/flash.py, where something is to outlive the board
        self._cause = cause

    def wait(self) -> bool:
        return True

    def sample(self, snap: "Snapshot", mailbox: "Mailbox") -> int:
        if self.ticks:
            self.now_ms = (self.now_ms + self.tick_ms) & CLOCK_MASK
        fresh = 0
        bad = 0
        total = 0
        per_stack = self.groups_per_stack
        for g in range(len(self.group_mV)):
            if self.group_silent[g]:
                continue
            if self.group_reason[g]:
                snap.group_reason[g] = self.group_reason[g]
                bad |= S.GROUPS
                continue
            snap.group_mV[g] = self.group_mV[g]
            snap.group_age_ms[g] = 0
            snap.group_reason[g] = 0
            fresh |= S.GROUPS
        for s in range(self.pack.stacks):
            own = self.stack_error_mV[s]
            for g in range(s * per_stack, (s + 1) * per_stack):
                own += self.group_mV[g]
            total += own
            if not self.stack_silent[s]:
                snap.stack_mV[s] = own
                snap.stack_age_ms[s] = 0
                snap.stack_reason[s] = 0
                fresh |= S.STACKS
        self._world(total)
        if self.ticks * self.tick_ms % self.pack.probe_sensor.period_ms < self.tick_ms:
            for i in range(len(self.probe_ddegC)):
                if self.probe_reason[i]:
                    snap.probe_reason[i] = self.probe_reason[i]
                    bad |= S.PROBES
                elif not self.probe_silent[i]:
                    snap.probe_ddegC[i] = self.probe_ddegC[i]
                    snap.probe_age_ms[i] = 0
                    snap.probe_reason[i] = 0
                    fresh |= S.PROBES
        if not self.current_silent and not self.current_frozen:
            self._set(snap, S.CURRENT_count, self.ticks & 255)
        if self.current_reason:
            snap.reason[S.CURRENT_A_mA] = self.current_reason
            bad |= S.CURRENT
        elif not self.current_silent:
            if not self.current_a_silent:
                self._set(snap, S.CURRENT_A_mA, self.current_mA)
            if self.pack.current_b_sensor is not None and not self.current_b_silent:
                self._set(snap, S.CURRENT_B_mA, self.current_mA + self.b_error_mA)
            fresh |= S.CURRENT
        if not self.pack_silent:
            self._set(snap, S.PACK_mV, total + self.pack_error_mV)
            fresh |= S.VOLTAGES
        if not self.link_silent:
            self._set(snap, S.LINK_mV, self.link_mV)
            fresh |= S.VOLTAGES
        if not (self.pack_silent and self.link_silent) and not self.voltages_frozen:
            self._set(snap, S.VOLTAGES_count, self.ticks & 255)
        if not self.inputs_silent:
            if not self.inputs_frozen:
                self._set(snap, S.INPUTS_count, self.ticks & 255)
            closed = self.contacts
            self._set(snap, S.FEEDBACK_bits, (closed | self.feedback_stuck_on) & (15 ^ self.feedback_stuck_off))
            self._set(snap, S.INTERLOCK_closed, self.interlock_closed)
            self._set(snap, S.CRASH_seen, self.crash_seen)
            self._set(snap, S.SUPPLY_mV, self.supply_mV)
            self._set(snap, S.FUSE_intact, self.fuse_intact)
            self._set(snap, S.CHARGER_plugged, self.charger_plugged)
            self._set(snap, S.COIL_SUPPLY_present, self.coil_supply_present)
            fresh |= S.INPUTS
        if not self.chain_silent:
            if not self.chain_frozen:
                self._set(snap, S.CONVERSIONS_count, self.ticks & 255)
            self._set(snap, S.CRC_ERROR_chips, self.crc_error_chips)
            self._set(snap, S.LOST_CHIPS_bits, self.lost_chips_bits)
            self._set(snap, S.REFERENCE_error, self.reference_error)
            self._set(snap, S.BROWN_OUT_seen, self.brown_out_seen)
            fresh |= S.CHAIN
        if not self.environment_silent and self.ticks * self.tick_ms % ENVIRONMENT_ms < self.tick_ms:
            if self.insulation_kohm >= 0:
                self._set(snap, S.INSULATION_kohm, self.insulation_kohm)
            if self.coolant_inlet_ddegC > NOT_FITTED_ddegC:
                self._set(snap, S.COOLANT_INLET_ddegC, self.coolant_inlet_ddegC)
            if self.coolant_flow_dl_min >= 0:
                self._set(snap, S.COOLANT_FLOW_dl_min, self.coolant_flow_dl_min)
            if self.force_N >= 0:
                self._set(snap, S.FORCE_N, self.force_N)
            fresh |= S.ENVIRONMENT
        snap.fresh_bits = fresh
        snap.bad_bits = bad
        self._commands(mailbox)
        self.ticks += 1
        return self.now_ms

    def _set(self, snap: "Snapshot", k: int, value: int) -> None:
        snap.value[k] = value
        snap.age_ms[k] = 0
        snap.reason[k] = 0

    def _world(self, total_mV: int) -> None:
        """Contacts follow their coils, the link follows the contacts, and the current is what that takes."""
        for k in range(3):
            bit = 1 << k
            if bit & self.welded:
                self.contacts |= bit
            elif bit & self.stuck_open:
                self.contacts &= 15 ^ bit
            elif (self.coils ^ self.contacts) & bit:
                self._moving_ms[k] += self.tick_ms
                if self._moving_ms[k] >= self.pack.contactor_delay_ms:
                    self.contacts ^= bit
                    self._moving_ms[k] = 0
            else:
                self._moving_ms[k] = 0
        current_mA = self.stray_mA
        was_mV = self.link_mV
        main = self.contacts & S.NEGATIVE
        if main and self.contacts & S.POSITIVE:
            self.link_mV = total_mV
            current_mA += self.load_mA
        elif main and self.contacts & S.PRECHARGE and not self.link_dead:
            if self.link_fast:
                self.link_mV = total_mV
            else:
                self.link_mV += (total_mV - was_mV) * min(self.tick_ms, self._tau_ms) // self._tau_ms
            if not self.link_unfed:
                current_mA -= (self.link_mV - was_mV) * self.pack.link_capacitance_uF // self.tick_ms // 1000
        else:
            self.link_mV -= was_mV * min(self.tick_ms, 2000) // 2000
        self.current_mA = max(-WIDE, min(WIDE, current_mA))

    def _commands(self, mailbox: "Mailbox") -> None:
        if self.ticks * self.tick_ms % COMMAND_ms < self.tick_ms and not self.command_silent:
            data = self._command_data
            if not self.command_frozen:
                self._command.request = self.request
                self._command.reset_faults = self.reset_faults
                counter = data[2]
                self._command.pack(data)
                data[2] = counter
                e2e.protect(data, W.VcuCommand.ID)
            self._put(mailbox, W.VcuCommand.ID, data, self.command_flip_bit)
        if self.ticks * self.tick_ms % CHARGER_ms < self.tick_ms and not self.charger_silent:
            data = self._charger_data
            self._charger.charger_state = self.charger_state
            self._charger.charger_voltage_mV = self.link_mV + self.charger_error_mV
            given_dA = self.current_mA // 100 if self.charger_current_dA < 0 else self.charger_current_dA
            self._charger.charger_current_dA = given_dA if given_dA > 0 else 0
            counter = data[2]
            self._charger.pack(data)
            data[2] = counter
            e2e.protect(data, W.ChgStatus.ID)
            self._put(mailbox, W.ChgStatus.ID, data, -1)
            if self.pack.charger_protocol == "elcon":
                mailbox.put(ELCON_STATUS, True, self._nothing)

    def _put(self, mailbox: "Mailbox", identifier: int, data: bytearray, flip_bit: int) -> None:
        for i in range(8):
            self._wire[i] = data[i]
        if flip_bit >= 0:
            self._wire[flip_bit >> 3] ^= 1 << (flip_bit & 7)
        mailbox.put(identifier, False, self._wire)

    def contactors(self, mask: int, hold_percent: int) -> None:
        self.coils = mask
        self.hold_percent = hold_percent

    def thermal(self, heater_permille: int, cooler_permille: int) -> None:
        self.heater_permille = heater_permille
        self.cooler_permille = cooler_permille

    def bleed(self, groups: "array[int]") -> None:
        for k in range(4):
            self.bled_words[k] = groups[k]

    @property
    def bled(self) -> int:
        """A bit a group."""
        return sum([self.bled_words[k] << 16 * k for k in range(4)])

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        if self.refuse:
            return False
        kept = self.frames.get(identifier)
        if kept is None:  # of a partner of another make
            self.others += 1
            return True
        for i in range(8):
            kept[i] = data[i]
        self.counts[identifier] += 1
        return True

    def can_state(self) -> int:
        return self.controller_state

    def can_restart(self) -> None:
        self.restarts += 1

    def alive(self) -> None:
        self.fed += 1

    def reset_cause(self) -> int:
        return self._cause

    def stored_soc_permille(self) -> int:
        return self._stored_permille

    def rested(self) -> bool:
        return self.rested_before

    def finish(self, decisions: "array[int]", soc: float, sigma: float, hysteresis: float, fresh: bool) -> None:
        self.crc = crc32(decided(decisions), self.crc)
        self.fresh_estimates += 1 if fresh else 0
