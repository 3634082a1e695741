"""Resistance between high voltage and chassis, as far as a monitor says it: the value, or the name of why there is none.

Insulation monitors measure slowly and report now and then; a value older than DEADLINE_ms is silence. One that never came is
taken for a monitor that is not fitted. How the poles stand against the chassis, which some monitors tell as well, ages here
too. Once a round of ten ticks. Units: kohm, ms.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.snapshot import Snapshot

# Copies of what snapshot.py says: no look-up; a test holds them together.
_INSULATION_kohm = const(11)
_NEGATIVE_POLE_mV = const(24)
_POSITIVE_POLE_mV = const(25)
_AGE_MAX_ms = const(60000)

DEADLINE_ms = const(5000)  # assumed: monitors of the PWM type repeat every second
MAX_kohm = const(65533)
SILENT = const(65534)
NOT_FITTED = const(65535)
_OHM_PER_KOHM = const(1000)
_mV_PER_V = const(1000)


class Insulation:
    """`kohm`: 0 to MAX_kohm, SILENT or NOT_FITTED."""

    def __init__(self) -> None:
        self._heard = False
        self.kohm = NOT_FITTED

    def step(self, snap: "Snapshot", dt_ms: int) -> int:
        """Ages the value by a round. Returns `kohm`."""
        self._age(snap, _NEGATIVE_POLE_mV, dt_ms)
        self._age(snap, _POSITIVE_POLE_mV, dt_ms)
        age_ms = snap.age_ms[_INSULATION_kohm]
        if age_ms < _AGE_MAX_ms:
            self._heard = True
            age_ms += dt_ms
            snap.age_ms[_INSULATION_kohm] = age_ms if age_ms < _AGE_MAX_ms else _AGE_MAX_ms
        if not self._heard:
            self.kohm = NOT_FITTED
        elif age_ms > DEADLINE_ms:
            self.kohm = SILENT
        else:
            value = snap.value[_INSULATION_kohm]
            self.kohm = 0 if value < 0 else value if value < MAX_kohm else MAX_kohm
        return self.kohm

    def _age(self, snap: "Snapshot", k: int, dt_ms: int) -> None:
        age_ms = snap.age_ms[k] + dt_ms
        snap.age_ms[k] = age_ms if age_ms < _AGE_MAX_ms else _AGE_MAX_ms


def per_volt_ohm(kohm: int, pack_mV: int) -> int:
    """A resistance for each volt of the pack, which is rounded up, so that it is never told better than it is; ohm/V."""
    volts = -(-pack_mV // _mV_PER_V)
    return kohm * _OHM_PER_KOHM // (volts if volts > 0 else 1)
