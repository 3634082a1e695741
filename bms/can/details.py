"""What our unprotected frames say: every group, stack and probe, bleeders, identity, timing, the bus, energy. For diagnosis.

Written like vital.py. A paged frame walks through the pack: its index moves on with every fill. Nothing allocates after
construction.
"""

from micropython import const

from bms.can import frames as W

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.app import App
    from bms.can.link import Link
    from bms.can.outbox import Row

PROTOCOL_VERSION = const(3)
# named values in place of a measurement
GROUP_NOT_FITTED_mV = const(-262144)
STACK_NOT_FITTED_mV = const(-524288)
PROBE_NOT_FITTED_ddegC = const(-2048)
CHARGE_NOT_FITTED_mAh = const(262143)
_INVALID = const(1)  # on top of a value that says "not fitted"


class Details:
    """`rows` for the outbox."""

    def __init__(self, app: "App", link: "Link") -> None:
        pack = app.pack
        self._app = app
        self._link = link
        self._snap = app.snap
        self._energy = app.rounds.energy
        self._balance = app.rounds.balance
        self._ending = app.rounds.ending
        self._group_deadline_ms = pack.group_sensor.deadline_ms
        self._stack_deadline_ms = pack.stack_sensor.deadline_ms
        self._probe_deadline_ms = pack.probe_sensor.deadline_ms
        self._group_page = 0
        self._stack_page = 0
        self._probe_page = 0
        self._balance_page = 0
        self._cycles = app.rounds.cycles
        self._cycles_page = 0
        self.groups = W.BmsGroups()
        self.stacks = W.BmsStacks()
        self.probes = W.BmsProbes()
        self.balance = W.BmsBalance()
        self.charge_report = W.BmsChargeReport()
        self.identity = W.BmsIdentity()
        self.timing = W.BmsTiming()
        self.bus = W.BmsBus()
        self.energy = W.BmsEnergy()
        self.throughput = W.BmsThroughput()
        self.thermal_cycles = W.BmsThermalCycles()
        # message, what fills it and tells whether anything changed, protected, shows another part with every fill
        self.rows: tuple[Row, ...] = (
            (self.groups, self._groups, False, True),
            (self.stacks, self._stacks, False, True),
            (self.probes, self._probes, False, True),
            (self.balance, self._bleeders, False, True),
            (self.charge_report, self._charge_report, False, False),
            (self.identity, self._identity, False, False),
            (self.timing, self._timing, False, False),
            (self.bus, self._bus, False, False),
            (self.energy, self._energy_left, False, False),
            (self.throughput, self._throughput, False, False),
            (self.thermal_cycles, self._thermal_cycles, False, True),
        )

    def _groups(self) -> bool:
        m = self.groups
        snap = self._snap
        page = self._group_page
        g = page * 3
        n = snap.groups
        value = snap.group_mV
        age = snap.group_age_ms
        deadline = self._group_deadline_ms
        m.index = page
        m.group_0_voltage_mV = shown(value, age, g, n, deadline, GROUP_NOT_FITTED_mV)
        m.group_1_voltage_mV = shown(value, age, g + 1, n, deadline, GROUP_NOT_FITTED_mV)
        m.group_2_voltage_mV = shown(value, age, g + 2, n, deadline, GROUP_NOT_FITTED_mV)
        self._group_page = page + 1 if g + 3 < n else 0
        return True

    def _stacks(self) -> bool:
        m = self.stacks
        snap = self._snap
        page = self._stack_page
        s = page * 3
        n = snap.stacks
        value = snap.stack_mV
        age = snap.stack_age_ms
        deadline = self._stack_deadline_ms
        m.index = page
        m.stack_0_voltage_mV = shown(value, age, s, n, deadline, STACK_NOT_FITTED_mV)
        m.stack_1_voltage_mV = shown(value, age, s + 1, n, deadline, STACK_NOT_FITTED_mV)
        m.stack_2_voltage_mV = shown(value, age, s + 2, n, deadline, STACK_NOT_FITTED_mV)
        self._stack_page = page + 1 if s + 3 < n else 0
        return True

    def _probes(self) -> bool:
        m = self.probes
        snap = self._snap
        page = self._probe_page
        i = page * 5
        n = snap.probes
        value = snap.probe_ddegC
        age = snap.probe_age_ms
        deadline = self._probe_deadline_ms
        m.index = page
        m.probe_0_temperature_ddegC = shown(value, age, i, n, deadline, PROBE_NOT_FITTED_ddegC)
        m.probe_1_temperature_ddegC = shown(value, age, i + 1, n, deadline, PROBE_NOT_FITTED_ddegC)
        m.probe_2_temperature_ddegC = shown(value, age, i + 2, n, deadline, PROBE_NOT_FITTED_ddegC)
        m.probe_3_temperature_ddegC = shown(value, age, i + 3, n, deadline, PROBE_NOT_FITTED_ddegC)
        m.probe_4_temperature_ddegC = shown(value, age, i + 4, n, deadline, PROBE_NOT_FITTED_ddegC)
        self._probe_page = page + 1 if i + 5 < n else 0
        return True

    def _bleeders(self) -> bool:
        m = self.balance
        balance = self._balance
        bleeders = balance.bleeders
        page = self._balance_page
        g = page * 3
        n = self._snap.groups
        m.index = page
        m.balance_state = balance.state
        m.group_0_bled = bleeders.bled(g)
        m.group_1_bled = bleeders.bled(g + 1)
        m.group_2_bled = bleeders.bled(g + 2)
        m.group_0_charge_mAh = bleeders.left_mAh(g) if g < n else CHARGE_NOT_FITTED_mAh
        m.group_1_charge_mAh = bleeders.left_mAh(g + 1) if g + 1 < n else CHARGE_NOT_FITTED_mAh
        m.group_2_charge_mAh = bleeders.left_mAh(g + 2) if g + 2 < n else CHARGE_NOT_FITTED_mAh
        self._balance_page = page + 1 if g + 3 < n else 0
        return True

    def _charge_report(self) -> bool:
        m = self.charge_report
        ending = self._ending
        m.ended_high_group = ending.high_group
        m.ended_low_group = ending.low_group
        m.ended_apart_voltage_mV = ending.apart_mV
        m.ended_apart_charge_mAh = ending.apart_mAh
        m.ended_apart_charge_sigma_mAh = ending.sigma_mAh
        return True

    def _identity(self) -> bool:
        m = self.identity
        app = self._app
        m.protocol_version = PROTOCOL_VERSION
        m.configuration_crc = app.configuration_crc
        m.layer_count = app.layers
        m.group_count = app.snap.groups
        m.capacity_mAh = app.pack.cell.capacity_mAh
        return True

    def _timing(self) -> bool:
        m = self.timing
        app = self._app
        m.uptime_s = app.clock.uptime_s
        m.late_ticks = app.clock.late_ticks
        m.worst_lateness_ms = app.clock.worst_lateness_ms
        m.reset_cause = app.reset_cause
        return True

    def _bus(self) -> bool:
        m = self.bus
        link = self._link
        m.frames_late = link.outbox.late
        m.frames_foreign = link.foreign
        m.command_errors = link.command_check.errors & 0xFFF
        m.charger_errors = link.charger_check.errors & 0xFFF
        m.bus_offs = self._app.bus.offs
        return True

    def _energy_left(self) -> bool:
        m = self.energy
        energy = self._energy
        m.energy_remaining_Wh = energy.remaining_Wh
        m.energy_certain_Wh = energy.certain_Wh
        m.energy_to_full_Wh = energy.to_full_Wh
        return True

    def _throughput(self) -> bool:
        m = self.throughput
        m.energy_charged_Wh = self._energy.charged_Wh
        m.energy_discharged_Wh = self._energy.discharged_Wh
        return True

    def _thermal_cycles(self) -> bool:
        m = self.thermal_cycles
        cycles = self._cycles
        s = self._cycles_page
        m.index = s
        m.half_swings = cycles.half_swings(s)
        m.largest_swing_dK = cycles.largest_ddegC(s)
        m.swing_damage = cycles.damage_ppm(s)
        self._cycles_page = s + 1 if s + 1 < self._snap.stacks else 0
        return True


def shown(values: "array[int]", ages_ms: "array[int]", k: int, n: int, deadline_ms: int, not_fitted: int) -> int:
    """The k-th of n values, or the name of why there is none."""
    if k >= n:
        return not_fitted
    return values[k] if ages_ms[k] <= deadline_ms else not_fitted + _INVALID
