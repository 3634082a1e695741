"""What surrounds the layers: insulation for each volt, the controller's supply, coolant, the force of a stack on its frame.

A sensor is fitted when a value of it has been heard; what was never heard stands where it alarms nobody. What has fallen silent
keeps what it said last, for silence heals nothing, and is told: a silent insulation monitor by a row of its own, the others by
the age of the oldest of them, or of what the pack needs and nobody has ever told. Insulation is divided by the pack's voltage
rounded up, so that it is never told better than it is. Units: ohm/V, mV, ddegC, dl/min, N.
"""

from micropython import const

from bms.safety.insulation import SILENT, per_volt_ohm

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.signals import Signals
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py and its neighbours say: no look-up; a test holds them together.
_LIMIT_WARN = const(1)
_PACK_mV = const(2)
_SUPPLY_mV = const(5)
_INSULATION_kohm = const(11)
_COOLANT_INLET_ddegC = const(12)
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

_WELL = const(65535)  # of what alarms when it is low


class Surroundings:
    """Signals of what surrounds the layers."""

    def __init__(self, pack: "Pack", signals: "Signals") -> None:
        self._value = signals.value
        self._flow_needed = pack.guards.coolant_flow_dl_min > 0
        self._force_needed = pack.guards.force_N[0] < _WELL
        self._poor_ohm_V = pack.guards.insulation_ohm_V[_LIMIT_WARN]
        # nothing new is closed: insulation is below what is recommended, nobody says any more, or nobody can tell for each volt
        self.poor = True
        self._heard = 0  # bits of values that have ever come
        self._waited_ms = 0  # since the start

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
        if insulation_kohm < SILENT:
            signal = per_volt_ohm(insulation_kohm, snap.value[_PACK_mV])
            value[_INSULATION_ohm_V] = signal if signal < _WELL else _WELL
        elif insulation_kohm != SILENT:
            value[_INSULATION_ohm_V] = _WELL
        silent = insulation_kohm == SILENT
        value[_INSULATION_silent] = 1 if silent else 0
        self.poor = silent or snap.age_ms[_PACK_mV] >= _AGE_MAX_ms or value[_INSULATION_ohm_V] < self._poor_ohm_V
        waited_ms = self._waited_ms + round_ms
        self._waited_ms = waited_ms if waited_ms < _AGE_MAX_ms else _AGE_MAX_ms
        oldest_ms = self._aged(snap, _COOLANT_INLET_ddegC, False, round_ms)
        if self._heard & 1 << _COOLANT_INLET_ddegC:
            value[_COOLANT_ddegC] = snap.value[_COOLANT_INLET_ddegC]
        age_ms = self._aged(snap, _COOLANT_FLOW_dl_min, self._flow_needed, round_ms)
        if age_ms > oldest_ms:
            oldest_ms = age_ms
        if self._flow_needed and self._heard & 1 << _COOLANT_FLOW_dl_min:
            value[FLOW_SIGNAL] = snap.value[_COOLANT_FLOW_dl_min]
        age_ms = self._aged(snap, _FORCE_N, self._force_needed, round_ms)
        if age_ms > oldest_ms:
            oldest_ms = age_ms
        if self._heard & 1 << _FORCE_N:
            value[FORCE_SIGNAL] = snap.value[_FORCE_N]
        value[_ENVIRONMENT_AGE_ms] = oldest_ms

    def _aged(self, snap: "Snapshot", k: int, needed: bool, round_ms: int) -> int:
        """A value's age with this round in it; 0 for one that was never heard and is not needed."""
        ages = snap.age_ms
        age_ms = ages[k]
        if age_ms < _AGE_MAX_ms:
            self._heard |= 1 << k
        age_ms += round_ms
        if age_ms > _AGE_MAX_ms:
            age_ms = _AGE_MAX_ms
        ages[k] = age_ms
        if not needed and not self._heard & 1 << k:
            return 0
        return age_ms if age_ms < self._waited_ms else self._waited_ms
