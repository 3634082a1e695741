"""What our protected frames say: limits, state, bounds, faults, requests. Others may act on these.

One method a frame: it writes what the firmware knows into the message and tells whether anything has changed since, so that
the frame must be packed anew. Layout, periods and meaning stand in dbc/bms.dbc. Nothing allocates after construction.
"""

from micropython import const

from bms.can import frames as W
from bms.safety.insulation import per_volt_ohm

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App
    from bms.can.link import Link
    from bms.can.outbox import Row

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_PACK_mV = const(2)
_LINK_mV = const(3)
_FEEDBACK_bits = const(4)
_CHARGE = const(4)
_INSULATION_kohm = const(11)

_LAST_PAGE = const(3)
_HORIZON_2s = const(0)
_HORIZON_10s = const(1)
_HORIZON_30s = const(2)
# named values in place of a number
SOH_UNKNOWN_permille = const(2047)
SILENT = const(65534)
NOT_FITTED = const(65535)
_INSULATION_MAX = const(65533)


class Vital:
    """`rows` for the outbox."""

    def __init__(self, app: "App", link: "Link") -> None:
        self._link = link
        self._snap = app.snap
        self._bound = app.bound
        self._coulomb = app.coulomb
        self._monitor = app.monitor
        self._machine = app.machine
        self._contactor = app.contactor
        self._envelope = app.envelope
        self._horizon = app.rounds.horizon
        self._thermal = app.rounds.thermal
        self._fastcharge = app.rounds.fastcharge
        self._insulation = app.rounds.insulation
        self._advice = app.advice
        self._page = 0
        self.limits = W.BmsLimits()
        self.state = W.BmsState()
        self.pack = W.BmsPack()
        self.link = W.BmsLink()
        self.limits_2s = W.BmsLimits2s()
        self.limits_10s = W.BmsLimits10s()
        self.limits_30s = W.BmsLimits30s()
        self.soc = W.BmsSoc()
        self.bounds = W.BmsBounds()
        self.temperature = W.BmsTemperature()
        self.soh = W.BmsSoh()
        self.faults = W.BmsFaults()
        self.charge_request = W.BmsChargeRequest()
        self.charge_plan = W.BmsChargePlan()
        self.thermal_request = W.BmsThermalRequest()
        self.insulation = W.BmsInsulation()
        self.charge_request.charge_voltage_mV = self._fastcharge.charge_voltage_mV
        # message, what fills it and tells whether anything changed, protected, shows another part with every fill
        self.rows: tuple[Row, ...] = (
            (self.limits, self._limits, True, False),
            (self.state, self._state, True, False),
            (self.pack, self._pack, True, False),
            (self.link, self._link_voltage, True, False),
            (self.limits_2s, self._limits_2s, True, False),
            (self.limits_10s, self._limits_10s, True, False),
            (self.limits_30s, self._limits_30s, True, False),
            (self.soc, self._soc, True, False),
            (self.bounds, self._bounds, True, False),
            (self.temperature, self._temperature, True, False),
            (self.soh, self._soh, True, False),
            (self.faults, self._faults, True, True),
            (self.charge_request, self._charge_request, True, False),
            (self.charge_plan, self._charge_plan, True, False),
            (self.thermal_request, self._thermal_request, True, False),
            (self.insulation, self._insulation_resistance, True, False),
        )

    def _limits(self) -> bool:
        m = self.limits
        envelope = self._envelope
        if not envelope.moved:
            return False
        envelope.moved = False
        m.charge_limit_dA = envelope.charge_dA
        m.discharge_limit_dA = envelope.discharge_dA
        m.charge_reason = envelope.charge_reason
        m.discharge_reason = envelope.discharge_reason
        return True

    def _state(self) -> bool:
        m = self.state
        monitor = self._monitor
        command = self._link.command_check.state
        charger = self._link.charger_check.state
        accepted = 1 if self._link.accepted else 0
        state = self._machine.state
        mask = self._contactor.mask
        feedback = self._snap.value[_FEEDBACK_bits]
        if (
            m.command_e2e == command
            and m.charger_e2e == charger
            and m.request_accepted == accepted
            and m.contactors_feedback == feedback
            and m.contactors_commanded == mask
            and m.state == state
            and m.severity == monitor.severity
            and m.first_cause == monitor.first_cause
            and m.first_cause_where == monitor.first_where
        ):
            return False
        m.state = state
        m.contactors_commanded = mask
        m.contactors_feedback = feedback
        m.severity = monitor.severity
        m.request_accepted = accepted
        m.first_cause = monitor.first_cause
        m.first_cause_where = monitor.first_where
        m.command_e2e = command
        m.charger_e2e = charger
        return True

    def _pack(self) -> bool:
        m = self.pack
        snap = self._snap
        m.pack_voltage_mV = snap.value[_PACK_mV]
        m.pack_current_dA = snap.current_dA
        return True

    def _link_voltage(self) -> bool:
        self.link.link_voltage_mV = self._snap.value[_LINK_mV]
        return True

    def _limits_2s(self) -> bool:
        m = self.limits_2s
        m.charge_limit_2s_dA = self._horizon.charge_limit_dA(_HORIZON_2s)
        m.discharge_limit_2s_dA = self._horizon.discharge_limit_dA(_HORIZON_2s)
        return True

    def _limits_10s(self) -> bool:
        m = self.limits_10s
        m.charge_limit_10s_dA = self._horizon.charge_limit_dA(_HORIZON_10s)
        m.discharge_limit_10s_dA = self._horizon.discharge_limit_dA(_HORIZON_10s)
        return True

    def _limits_30s(self) -> bool:
        m = self.limits_30s
        m.charge_limit_30s_dA = self._horizon.charge_limit_dA(_HORIZON_30s)
        m.discharge_limit_30s_dA = self._horizon.discharge_limit_dA(_HORIZON_30s)
        return True

    def _soc(self) -> bool:
        m = self.soc
        coulomb = self._coulomb
        m.soc_permille = coulomb.shown_permille(self._advice.soc_permille)
        m.soc_sigma_permille = self._advice.sigma_permille
        m.soc_low_permille = coulomb.low_permille
        m.soc_high_permille = coulomb.high_permille
        return True

    def _bounds(self) -> bool:
        m = self.bounds
        bound = self._bound
        snap = self._snap
        m.layer_high_mV = bound.layer_high_mV
        m.layer_low_mV = bound.layer_low_mV
        m.layer_high_group = bound.high_group(snap)
        m.layer_low_group = bound.low_group(snap)
        return True

    def _temperature(self) -> bool:
        m = self.temperature
        bound = self._bound
        snap = self._snap
        m.layer_hottest_ddegC = bound.hot_ddegC
        m.layer_coldest_ddegC = bound.cold_ddegC
        m.hottest_probe = snap.hottest_probe
        m.coldest_probe = snap.coldest_probe
        return True

    def _soh(self) -> bool:
        m = self.soh
        soh = self._advice.soh_permille
        m.soh_permille = soh if soh >= 0 else SOH_UNKNOWN_permille
        m.soh_sigma_permille = self._advice.soh_sigma_permille
        return True

    def _faults(self) -> bool:
        m = self.faults
        words = self._monitor.words
        page = self._page
        m.page = page
        if page == 0:
            m.faults_0_15 = words[0]
            m.faults_16_31 = words[1]
        elif page == 1:
            m.faults_32_47 = words[2]
            m.faults_48_63 = words[3]
        elif page == 2:
            m.faults_64_79 = words[4]
            m.faults_80_95 = words[5]
        else:
            m.faults_96_111 = words[6]
            m.faults_112_127 = words[7]
        self._page = page + 1 if page < _LAST_PAGE else 0
        return True

    def _charge_request(self) -> bool:
        m = self.charge_request
        fastcharge = self._fastcharge
        charging = self._machine.state == _CHARGE and fastcharge.wanted()
        if not charging and not m.charge_enable:
            return False
        m.charge_current_dA = fastcharge.asked_dA() if charging else 0
        m.charge_voltage_mV = fastcharge.charge_voltage_mV
        m.charge_enable = 1 if charging else 0
        return True

    def _charge_plan(self) -> bool:
        m = self.charge_plan
        fastcharge = self._fastcharge
        m.charge_profile = fastcharge.profile
        m.charge_phase = fastcharge.phase
        m.charge_end = fastcharge.end_reason
        m.charge_remaining_s = fastcharge.remaining.remaining_s
        m.charge_target_permille = fastcharge.target_permille
        m.charge_binding = fastcharge.binding
        return True

    def _thermal_request(self) -> bool:
        m = self.thermal_request
        thermal = self._thermal
        m.thermal_mode = thermal.mode
        m.thermal_reason = thermal.reason
        m.thermal_target_ddegC = thermal.target_ddegC
        m.thermal_power_percent = (thermal.heater_permille + thermal.cooler_permille) // 10
        return True

    def _insulation_resistance(self) -> bool:
        m = self.insulation
        kohm = self._insulation.kohm
        m.insulation_kohm = kohm
        per_volt = kohm
        if kohm <= _INSULATION_MAX:
            per_volt = per_volt_ohm(kohm, self._snap.value[_PACK_mV])
            if per_volt > _INSULATION_MAX:
                per_volt = _INSULATION_MAX
        m.insulation_ohm_per_volt = per_volt
        return True
