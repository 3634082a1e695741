"""What the firmware measured in this tick: the one record that sensors fill and the integer lane reads.

Arrays are filled in place by the board: values in mV, mA, ddegC, with one age per value in ms since the last *valid* sample
(AGE_MAX_ms: never came). A sample that is no value leaves the old value, its age, and a reason. Positive current charges;
this is the one place where that is decided. `fresh_bits` tells the channels that got a valid sample in this tick; `bad_bits`
those that sent a reason instead of a value. Nothing here raises or allocates
after construction.
"""

from array import array

from micropython import const

from bms.schema import group_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack

AGE_MAX_ms = const(60000)

# Channels: bits of fresh_bits and bad_bits, and the freshness a monitor row waits for.
GROUPS = const(1)
STACKS = const(2)
PROBES = const(4)
CURRENT = const(8)
VOLTAGES = const(16)
INPUTS = const(32)
ENVIRONMENT = const(64)
CHAIN = const(128)
CLOCK = const(256)  # always fresh: what silence and time do

# Reasons why there is no value.
OK = const(0)
NOT_READY = const(1)
OPEN_WIRE = const(2)
CRC_ERROR = const(3)
OUT_OF_RANGE = const(4)  # saturated converter, short circuit

# Scalars: index into value / age_ms / reason.
CURRENT_A_mA = const(0)
CURRENT_B_mA = const(1)
PACK_mV = const(2)
LINK_mV = const(3)
FEEDBACK_bits = const(4)  # auxiliary contacts: NEGATIVE | PRECHARGE | POSITIVE | AUXILIARY
SUPPLY_mV = const(5)
INTERLOCK_closed = const(6)
CRASH_seen = const(7)
FUSE_intact = const(8)
CHARGER_plugged = const(9)
COIL_SUPPLY_present = const(10)
INSULATION_kohm = const(11)
COOLANT_INLET_ddegC = const(12)
COOLANT_OUTLET_ddegC = const(13)
COOLANT_FLOW_dl_min = const(14)
FORCE_N = const(15)
CONVERSIONS_count = const(16)  # modulo 256
CRC_ERROR_chips = const(17)
LOST_CHIPS_bits = const(18)
REFERENCE_error = const(19)
BROWN_OUT_seen = const(20)
CURRENT_count = const(21)  # conversion counters of the sensors, modulo 256
VOLTAGES_count = const(22)
INPUTS_count = const(23)
SCALARS = const(24)

# Contactor bits, commanded and fed back alike.
NEGATIVE = const(1)
PRECHARGE = const(2)
POSITIVE = const(4)
AUXILIARY = const(8)


class Snapshot:
    """All measurements of one tick. `groups`, `stacks` and `probes` count; layers stand in `layers` per group."""

    def __init__(self, pack: "Pack") -> None:
        self.groups = group_count(pack)
        self.stacks = pack.stacks
        self.probes = len(pack.probe_stack)
        self.groups_per_stack = len(pack.taps)
        self.layers = array("h", list(pack.taps) * pack.stacks)
        self.group_mV = array("i", [0] * self.groups)
        self.group_age_ms = array("i", [AGE_MAX_ms] * self.groups)
        self.group_reason = array("h", [NOT_READY] * self.groups)
        self.stack_mV = array("i", [0] * self.stacks)
        self.stack_age_ms = array("i", [AGE_MAX_ms] * self.stacks)
        self.stack_reason = array("h", [NOT_READY] * self.stacks)
        self.probe_ddegC = array("i", [0] * self.probes)
        self.probe_age_ms = array("i", [AGE_MAX_ms] * self.probes)
        self.probe_reason = array("h", [NOT_READY] * self.probes)
        self.value = array("i", [0] * SCALARS)
        self.age_ms = array("i", [AGE_MAX_ms] * SCALARS)
        self.reason = array("h", [NOT_READY] * SCALARS)
        self.fresh_bits = 0
        self.bad_bits = 0
        # what summarise() makes of it
        self.stack_sum_mV = array("i", [0] * self.stacks)  # of the stack's groups
        self.string_sum_mV = 0  # of all groups
        self.stacks_mV = 0  # of all stacks
        self.group_oldest_ms = 0
        self.group_oldest = 0
        self.stack_oldest_ms = 0
        self.stack_oldest = 0
        self.probe_oldest_ms = 0
        self.probe_oldest = 0
        self.hottest_ddegC = 0
        self.hottest_probe = 0
        self.coldest_ddegC = 0
        self.coldest_probe = 0
        self.current_mA = 0
        self.current_dA = 0

    def summarise(self, dt_ms: int) -> int:
        """Ages every value by dt_ms, so that one that came in this tick is dt_ms old; takes sums and extremes once."""
        value = self.group_mV
        age = self.group_age_ms
        total = 0
        worst = -1
        where = 0
        g = 0
        for s in range(self.stacks):
            part = 0
            for _ in range(self.groups_per_stack):
                part += value[g]
                a = age[g] + dt_ms
                if a > AGE_MAX_ms:
                    a = AGE_MAX_ms
                age[g] = a
                if a > worst:
                    worst = a
                    where = g
                g += 1
            self.stack_sum_mV[s] = part
            total += part
        self.string_sum_mV = total
        self.group_oldest_ms = worst
        self.group_oldest = where
        self._summarise_stacks(dt_ms)
        self._summarise_probes(dt_ms)
        age = self.age_ms
        for i in range(SCALARS):
            a = age[i] + dt_ms
            if a > AGE_MAX_ms:
                a = AGE_MAX_ms
            age[i] = a
        current_mA = self.value[CURRENT_A_mA]
        self.current_mA = current_mA
        self.current_dA = (current_mA + 50) // 100
        return total

    def _summarise_stacks(self, dt_ms: int) -> None:
        value = self.stack_mV
        age = self.stack_age_ms
        total = 0
        worst = -1
        where = 0
        for s in range(self.stacks):
            total += value[s]
            a = age[s] + dt_ms
            if a > AGE_MAX_ms:
                a = AGE_MAX_ms
            age[s] = a
            if a > worst:
                worst = a
                where = s
        self.stacks_mV = total
        self.stack_oldest_ms = worst
        self.stack_oldest = where

    def _summarise_probes(self, dt_ms: int) -> None:
        value = self.probe_ddegC
        age = self.probe_age_ms
        worst = -1
        hot = cold = value[0]
        hot_at = cold_at = where = 0
        for i in range(self.probes):
            t = value[i]
            if t > hot:
                hot = t
                hot_at = i
            elif t < cold:
                cold = t
                cold_at = i
            a = age[i] + dt_ms
            if a > AGE_MAX_ms:
                a = AGE_MAX_ms
            age[i] = a
            if a > worst:
                worst = a
                where = i
        self.hottest_ddegC = hot
        self.hottest_probe = hot_at
        self.coldest_ddegC = cold
        self.coldest_probe = cold_at
        self.probe_oldest_ms = worst
        self.probe_oldest = where
