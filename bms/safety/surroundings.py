"""What surrounds the layers: insulation for each volt, the controller's supply, coolant, the force of a stack on its frame.

A sensor is fitted when a value of it has been heard; what was never heard, or not for DEADLINE_ms, stands where it alarms
nobody: that the environment's frame is silent is a row of its own, and so is a silent insulation monitor. Insulation is
divided by the pack's voltage rounded up, so that it is never told better than it is. Units: ohm/V, mV, ddegC, dl/min, N.
"""

from micropython import const

from bms.safety.insulation import SILENT

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_PACK_mV = const(2)
_SUPPLY_mV = const(5)
_INSULATION_kohm = const(11)
_COOLANT_INLET_ddegC = const(12)
_COOLANT_OUTLET_ddegC = const(13)
_COOLANT_FLOW_dl_min = const(14)
_FORCE_N = const(15)
_AGE_MAX_ms = const(60000)
_INSULATION_ohm_V = const(87)
_INSULATION_silent = const(88)
_SUPPLY_LOW_mV = const(89)
_SUPPLY_HIGH_mV = const(90)
_COOLANT_ddegC = const(91)
_ENVIRONMENT_AGE_ms = const(93)

# Signals that have the names of the values above.
FLOW_SIGNAL = const(92)
FORCE_SIGNAL = const(94)

DEADLINE_ms = const(3000)  # assumed: thirty frames of the environment
_WELL = const(65535)  # of what alarms when it is low
_OHM_PER_KOHM = const(1000)
_MV_PER_V = const(1000)


class Surroundings:
    """Signals of what surrounds the layers."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._flow_needed = pack.guards.coolant_flow_dl_min > 0
        self._heard = False

    def step(self, snap: "Snapshot") -> None:
        """The controller's supply, whenever inputs have come."""
        if snap.age_ms[_SUPPLY_mV] < _AGE_MAX_ms:
            value = self._value
            supply_mV = snap.value[_SUPPLY_mV]
            value[_SUPPLY_LOW_mV] = supply_mV
            value[_SUPPLY_HIGH_mV] = supply_mV

    def refresh(self, snap: "Snapshot", insulation_kohm: int, round_ms: int) -> None:
        """Once a round of ten ticks. `insulation_kohm` as insulation.py has it. Ages what the environment's frame brings,
        but for insulation, which insulation.py ages: nobody else does."""
        value = self._value
        signal = _WELL
        if insulation_kohm < SILENT:
            volts = -(-snap.value[_PACK_mV] // _MV_PER_V)
            if volts < 1:
                volts = 1
            signal = insulation_kohm * _OHM_PER_KOHM // volts
            if signal > _WELL:
                signal = _WELL
        value[_INSULATION_ohm_V] = signal
        value[_INSULATION_silent] = 1 if insulation_kohm == SILENT else 0
        youngest_ms = snap.age_ms[_INSULATION_kohm]
        age_ms = self._aged(snap, _COOLANT_OUTLET_ddegC, round_ms)
        if age_ms < youngest_ms:
            youngest_ms = age_ms
        age_ms = self._aged(snap, _COOLANT_INLET_ddegC, round_ms)
        if age_ms < youngest_ms:
            youngest_ms = age_ms
        value[_COOLANT_ddegC] = snap.value[_COOLANT_INLET_ddegC] if age_ms <= DEADLINE_ms else 0
        age_ms = self._aged(snap, _COOLANT_FLOW_dl_min, round_ms)
        if age_ms < youngest_ms:
            youngest_ms = age_ms
        value[FLOW_SIGNAL] = snap.value[_COOLANT_FLOW_dl_min] if self._flow_needed and age_ms <= DEADLINE_ms else _WELL
        age_ms = self._aged(snap, _FORCE_N, round_ms)
        if age_ms < youngest_ms:
            youngest_ms = age_ms
        value[FORCE_SIGNAL] = snap.value[_FORCE_N] if age_ms <= DEADLINE_ms else 0
        if youngest_ms < _AGE_MAX_ms:
            self._heard = True
        value[_ENVIRONMENT_AGE_ms] = youngest_ms if self._heard else 0

    def _aged(self, snap: "Snapshot", k: int, round_ms: int) -> int:
        """A value's age with this round in it; AGE_MAX_ms stays that of one that never came."""
        ages = snap.age_ms
        age_ms = ages[k] + round_ms
        if age_ms > _AGE_MAX_ms:
            age_ms = _AGE_MAX_ms
        ages[k] = age_ms
        return age_ms
