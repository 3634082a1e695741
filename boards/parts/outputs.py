"""What a board drives with power: four contactor coils with an economiser, heater and cooler, each by one PWM.

A coil gets its full supply while it pulls in and `hold_percent` of it afterwards: the driver is a low-side switch with a
freewheeling diode, so the coil's current follows the duty. A coil that is not commanded has duty 0. Duties are written only
when they change, because a PWM's register is slow to reach and nobody else writes it. At construction everything is off.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from boards.parts.manners import Pwm

COILS = const(4)  # NEGATIVE, PRECHARGE, POSITIVE, AUXILIARY: bit k is coil k
COIL_Hz = const(20000)  # beyond hearing
THERMAL_Hz = const(100)  # what solid-state relays and pump controllers take; assumed
DUTY_MAX = const(65535)  # of machine.PWM.duty_u16
_PERCENT = const(100)
_PERMILLE = const(1000)


class Outputs:
    """Coils in the order of the contactor bits, heater, cooler. None for one that is not fitted."""

    def __init__(self, coils: "tuple[Pwm, Pwm, Pwm, Pwm]", heater: "Pwm | None", cooler: "Pwm | None") -> None:
        if len(coils) != COILS:
            raise ValueError("four coils: negative, precharge, positive, auxiliary")
        self._coils = coils
        self._heater = heater
        self._cooler = cooler
        self._mask = 0
        self._hold_percent = 0
        self._heater_permille = 0
        self._cooler_permille = 0
        for coil in coils:
            coil.duty_u16(0)
        if heater is not None:
            heater.duty_u16(0)
        if cooler is not None:
            cooler.duty_u16(0)

    def contactors(self, mask: int, hold_percent: int) -> None:
        """`hold_percent`: duty of the coils in `mask`, 100 while one pulls in."""
        if mask == self._mask and hold_percent == self._hold_percent:
            return
        self._mask = mask
        self._hold_percent = hold_percent
        if hold_percent > _PERCENT:
            hold_percent = _PERCENT
        duty = hold_percent * DUTY_MAX // _PERCENT if hold_percent > 0 else 0
        coils = self._coils
        for k in range(COILS):
            coils[k].duty_u16(duty if mask >> k & 1 else 0)

    def thermal(self, heater_permille: int, cooler_permille: int) -> None:
        """0 to 1000 of what heater and cooler can."""
        if heater_permille != self._heater_permille:
            self._heater_permille = heater_permille
            if self._heater is not None:
                self._heater.duty_u16(_duty(heater_permille))
        if cooler_permille != self._cooler_permille:
            self._cooler_permille = cooler_permille
            if self._cooler is not None:
                self._cooler.duty_u16(_duty(cooler_permille))


def _duty(permille: int) -> int:
    if permille <= 0:
        return 0
    return permille * DUTY_MAX // _PERMILLE if permille < _PERMILLE else DUTY_MAX
