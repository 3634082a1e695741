"""What the integer lane decided in a tick, as one array of integers: for a bench that compares two runs bit by bit."""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.app import App

_COUNT = const(32)


class Decisions:
    """One array, filled anew with every take()."""

    def __init__(self) -> None:
        self._values = array("i", [0] * _COUNT)

    def take(self, app: "App") -> "array[int]":
        """The decisions of this tick, in an order that never changes; allocates nothing."""
        coulomb = app.coulomb
        monitor = app.monitor
        bound = app.bound
        envelope = app.envelope
        d = self._values
        d[0] = app.machine.state
        d[1] = app.contactor.mask
        d[2] = app.contactor.phase
        d[3] = monitor.severity
        d[4] = monitor.first_cause
        d[5] = monitor.first_where
        words = monitor.words
        for i in range(8):
            d[6 + i] = words[i]
        d[14] = envelope.charge_dA
        d[15] = envelope.discharge_dA
        d[16] = envelope.charge_reason
        d[17] = envelope.discharge_reason
        d[18] = coulomb.charge_mAs
        d[19] = coulomb.low_mAs
        d[20] = coulomb.high_mAs
        d[21] = bound.layer_high_mV
        d[22] = bound.layer_low_mV
        d[23] = bound.memory_1_dA
        d[24] = bound.memory_2_dA
        d[25] = bound.hot_ddegC
        d[26] = bound.cold_ddegC
        d[27] = app.window.charge_line_dA
        d[28] = app.window.discharge_line_dA
        d[29] = app.plausible.sum_excess_mV
        d[30] = app.clock.late_ticks
        d[31] = app.link.wish
        return d
