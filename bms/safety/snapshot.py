"""What the firmware measured in this tick: the one record that sensors fill and the integer lane reads.

Arrays are filled in place by the board: values in mV, mA, ddegC, with one age per value in ms since the last *valid* sample
(AGE_MAX_ms: never came). A sample that is no value leaves the old value, its age, and a reason. Positive current charges;
this is the one place where that is decided. `fresh_bits` tells the channels that got any valid sample in this tick;
`bad_bits` those that sent a reason instead of a value. Nothing here raises or allocates after construction.
"""

from array import array

import micropython
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
CURRENT_B = const(256)
CLOCK = const(512)  # always new: what silence and time do
GROUPS_HEARD = const(1024)  # a group sent something, be it a reason for no value
CURRENT_HEARD = const(2048)
ROUND = const(4096)  # once in ten ticks, when what is looked at so rarely has been looked at

NOT_PROBES = const(4091)
_AS_THEY_COME = const(PROBES | INPUTS | ENVIRONMENT | CHAIN)  # new when any of it came
_SCALARS = const(CURRENT | CURRENT_B | VOLTAGES)
PROBE_ROUND_ms = const(100)
CURRENT_MAX_mA = const(1638300)  # 16383 dA: beyond it current_range trips, and products of the tick would not fit

_TICK_ms = const(10)
_BIAS = const(0x20000000)  # values stay within 2^29, either sign
_BIASED = const(0x3FFFFFFF)

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
NEGATIVE_POLE_mV = const(24)  # chassis against it
POSITIVE_POLE_mV = const(25)  # against the chassis
SCALARS = const(26)
AGED = const(5)  # age_ms moves on for the first five; INPUTS share that of FEEDBACK_bits

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
        self.group_reason = array("i", [NOT_READY] * self.groups)
        self.stack_mV = array("i", [0] * self.stacks)
        self.stack_age_ms = array("i", [AGE_MAX_ms] * self.stacks)
        self.stack_reason = array("i", [NOT_READY] * self.stacks)
        self.probe_stack = array("i", pack.probe_stack)
        self.probe_ddegC = array("i", [0] * self.probes)
        self.probe_age_ms = array("i", [AGE_MAX_ms] * self.probes)
        self.probe_reason = array("i", [NOT_READY] * self.probes)
        self.value = array("i", [0] * SCALARS)
        self.age_ms = array("i", [AGE_MAX_ms] * SCALARS)
        self.reason = array("i", [NOT_READY] * SCALARS)
        self.fresh_bits = 0
        self.bad_bits = 0
        # what summarise() makes of it
        self.stack_sum_mV = array("i", [0] * self.stacks)  # of the stack's groups
        self._probe_wait_ms = 0
        # ages of a tick in which everything came, before and after it is aged; a view takes them without allocating
        self._group_ages = memoryview(self.group_age_ms)
        self._stack_ages = memoryview(self.stack_age_ms)
        self._groups_new = array("i", [0] * self.groups)
        self._groups_tick = array("i", [_TICK_ms] * self.groups)
        self._stacks_new = array("i", [0] * self.stacks)
        self._stacks_tick = array("i", [_TICK_ms] * self.stacks)
        self.group_max_mV = 0
        self.group_min_mV = 0
        self.group_oldest_ms = 0
        self.stack_oldest_ms = 0
        self.probe_oldest_ms = AGE_MAX_ms
        self.hottest_ddegC = 0
        self.hottest_probe = 0
        self.coldest_ddegC = 0
        self.coldest_probe = 0
        self.agreed_ddegC = 0
        self.current_mA = 0
        self.current_dA = 0

    def summarise(self, dt_ms: int) -> int:
        """Ages every value by dt_ms, so that one that came in this tick is dt_ms old; takes sums and extremes once.
        Returns the channels of which *every* value is new: what a debounce may count."""
        came = self.fresh_bits
        new = CLOCK | came & _AS_THEY_COME
        came |= self.bad_bits
        if came & GROUPS:
            new |= GROUPS_HEARD
        if came & CURRENT:
            new |= CURRENT_HEARD
        self._scan_groups()
        oldest = dt_ms
        ages = self.group_age_ms
        if dt_ms == _TICK_ms and ages == self._groups_new:
            self._group_ages[:] = self._groups_tick
        else:
            oldest = aged(ages, self.groups, dt_ms)
        self.group_oldest_ms = oldest
        if oldest <= dt_ms:
            new |= GROUPS
        oldest = dt_ms
        ages = self.stack_age_ms
        if dt_ms == _TICK_ms and ages == self._stacks_new:
            self._stack_ages[:] = self._stacks_tick
        else:
            oldest = aged(ages, self.stacks, dt_ms)
        self.stack_oldest_ms = oldest
        if oldest <= dt_ms:
            new |= STACKS
        ages = self.age_ms
        if aged(ages, AGED, dt_ms) <= dt_ms:
            new |= _SCALARS
        else:
            if ages[CURRENT_A_mA] <= dt_ms:
                new |= CURRENT
            if ages[CURRENT_B_mA] <= dt_ms:
                new |= CURRENT_B
            if ages[PACK_mV] <= dt_ms and ages[LINK_mV] <= dt_ms:
                new |= VOLTAGES
        waited_ms = self._probe_wait_ms + dt_ms
        self._probe_wait_ms = waited_ms
        if new & PROBES or waited_ms >= PROBE_ROUND_ms:
            new = new & NOT_PROBES | self._summarise_probes(dt_ms)
        current_mA = self.value[CURRENT_A_mA]
        if current_mA > CURRENT_MAX_mA:
            current_mA = CURRENT_MAX_mA
        elif current_mA < -CURRENT_MAX_mA:
            current_mA = -CURRENT_MAX_mA
        self.current_mA = current_mA
        self.current_dA = (current_mA + 50) // 100
        return new

    @micropython.viper
    def _scan_groups(self) -> int:
        """Extremes of the groups and the sum of each stack's. Returns the number of groups.

        Machine integers are 32 bits wide on a controller; on a desk they are 64 and loads are not sign-extended. A value
        with BIAS on top, and nothing above 30 bits, is ordered alike on both, and on CPython too.
        """
        group_mV = ptr32(self.group_mV)
        sum_mV = ptr32(self.stack_sum_mV)
        end = int(self.groups)
        per = int(self.groups_per_stack)
        high = 0
        low = _BIASED
        total = 0
        left = per
        s = 0
        i = 0
        while i < end:
            v = group_mV[i]
            total += v
            v = (v + _BIAS) & _BIASED
            if v > high:
                high = v
            if v < low:
                low = v
            left -= 1
            if left == 0:
                sum_mV[s] = total
                s += 1
                total = 0
                left = per
            i += 1
        self.group_max_mV = high - _BIAS
        self.group_min_mV = low - _BIAS
        return end

    @micropython.viper
    def _scan_probes(self) -> int:
        """Hottest and coldest probe, the last of equals, and what every stack has at least by two of its probes, or by its
        only one; integers as in _scan_groups. Returns the number of probes."""
        probe_ddegC = ptr32(self.probe_ddegC)
        stack = ptr32(self.probe_stack)
        end = int(self.probes)
        high = 0
        low = _BIASED
        hottest = 0
        coldest = 0
        agreed = _BIASED
        top = 0
        second = _BIASED
        alone = 0
        i = 0
        while i < end:
            v = (probe_ddegC[i] + _BIAS) & _BIASED
            if i == 0 or stack[i] != stack[i - 1]:
                if second < agreed:
                    agreed = second
                top = v
                second = v
                alone = 1
            elif alone:
                alone = 0
                if v < top:
                    second = v
                else:
                    top = v
            elif v > top:
                second = top
                top = v
            elif v > second:
                second = v
            if v >= high:
                high = v
                hottest = i
            if v <= low:
                low = v
                coldest = i
            i += 1
        self.hottest_ddegC = high - _BIAS
        self.coldest_ddegC = low - _BIAS
        self.hottest_probe = hottest
        self.coldest_probe = coldest
        self.agreed_ddegC = (second if second < agreed else agreed) - _BIAS
        return end

    def _summarise_probes(self, dt_ms: int) -> int:
        """Probes come at a tenth of the rate: their ages move on when some have come, or every PROBE_ROUND_ms."""
        self._scan_probes()
        # what came in this tick has age 0 and is dt_ms old after this, like everything else
        waited_ms = self._probe_wait_ms - dt_ms
        self._probe_wait_ms = 0
        if waited_ms:
            later(self.probe_age_ms, self.probes, waited_ms)
        oldest = aged(self.probe_age_ms, self.probes, dt_ms)
        self.probe_oldest_ms = oldest
        return PROBES if oldest <= PROBE_ROUND_ms else 0


@micropython.viper
def aged(ages: object, n: int, dt_ms: int) -> int:
    """Adds dt_ms to n ages, up to AGE_MAX_ms. Returns the oldest."""
    age_ms = ptr32(ages)  # type: ignore[arg-type]
    worst = 0
    i = 0
    while i < n:
        a = age_ms[i] + dt_ms
        if a > 60000:
            a = 60000
        age_ms[i] = a
        if a > worst:
            worst = a
        i += 1
    return worst


@micropython.viper
def later(ages: object, n: int, dt_ms: int) -> int:
    """Adds dt_ms to those of n ages that are not 0. Returns how many."""
    age_ms = ptr32(ages)  # type: ignore[arg-type]
    count = 0
    i = 0
    while i < n:
        a = age_ms[i]
        if a != 0:
            a += dt_ms
            age_ms[i] = a if a < 60000 else 60000
            count += 1
        i += 1
    return count


@micropython.viper
def index_of(values: object, n: int, value: int) -> int:
    """Last place among the first n of an array("i") where `value` stands; 0 if it does not."""
    data = ptr32(values)  # type: ignore[arg-type]
    i = n - 1
    while i > 0:
        if (data[i] - value) & _BIASED == 0:
            break
        i -= 1
    return i
