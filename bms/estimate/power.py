"""Current and power that the worst layer can take or give for 2, 10 and 30 s from now, and for as long as it likes.

The worst layer's voltage is the integer lane's bound. From there, a constant current I moves it within t by
    (I - now) R0 + sum (I R_j - v_j) (1 - exp(-t / tau_j)) + I t / Q (dOCV/dSoC + gamma M (1 +- h))
with resistances as they have become (health of the mean layer and two of its sigmas, the declared spread or what has been
found beyond it), at the coldest temperature and at the end of the SoC interval (two sigmas) where they are worse. That is
linear in I. What map or table allow is never passed; the last of the four, CONTINUOUS, has RC elements settled and a minute
of charge.

The integer lane's own horizons (horizon.py) trust the cell file's resistances: what is said here can be less, as cells age, and
only then does it count. A result that is no number is 0. SI units; magnitudes, positive.
"""

from micropython import const

from bms import units
from bms.estimate.model import faded

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.delta import Delta
    from bms.estimate.model import Model
    from bms.estimate.resistance import Resistance
    from bms.schema import Pack

HORIZONS_s = (2.0, 10.0, 30.0, 60.0)
CONTINUOUS = const(3)
SIGMAS = 2.0
SETTLED_s = 1000.0
KNOWN_R10 = 0.05  # sigma; before, what the pack declares is all that is known


class Power:
    """`charge_A`, `discharge_A`, `charge_W`, `discharge_W`: lists, a value for each of HORIZONS_s; W of the whole pack.
    `charge_most_A`, `discharge_most_A`: what they were not to pass."""

    def __init__(self, pack: "Pack", delta: "Delta", resistance: "Resistance", model: "Model") -> None:
        self._delta = delta
        self._resistance = resistance
        self._model = model
        self._spread_r = units.fraction(pack.spread_r_permille)
        capacity = 1.0 - units.fraction(pack.spread_capacity_permille)
        self._capacity_As = units.capacity_Ah(pack.cell.capacity_mAh) * capacity * 3600.0
        self._v_max_V = units.volts(pack.cell.v_max_mV[0])
        self._v_min_V = units.volts(pack.cell.v_min_mV[0])
        self._soc = 0.5
        self._sigma = 0.3
        self._hysteresis = 0.0
        self._current_A = 0.0
        self._temp_degC = model.t_ref_degC
        n = len(HORIZONS_s)
        self.charge_A = [0.0] * n
        self.discharge_A = [0.0] * n
        self.charge_most_A = 0.0
        self.discharge_most_A = 0.0
        self.charge_W = [0.0] * n
        self.discharge_W = [0.0] * n

    def begin(self, soc: float, sigma: float, hysteresis: float, current_A: float, temp_degC: float) -> None:
        """What the mean layer's filter says now; `current_A` positive charges, `temp_degC` of the coldest layer."""
        self._soc = soc
        self._sigma = sigma
        self._hysteresis = hysteresis
        self._current_A = current_A
        self._temp_degC = temp_degC

    def charge(self, high_V: float, most_A: float) -> None:
        """The charging half. `high_V`: the highest that a layer may be now; `most_A`: by the map."""
        self.charge_most_A = most_A
        self._fill(self.charge_A, 1.0, self._v_max_V - high_V, most_A)
        for k in range(len(HORIZONS_s)):
            self.charge_W[k] = self.charge_A[k] * self._v_min_V * self._delta.layers

    def discharge(self, low_V: float, most_A: float) -> None:
        """The other half. `low_V`: the lowest that a layer may be now; `most_A`: by the table."""
        self.discharge_most_A = most_A
        self._fill(self.discharge_A, -1.0, low_V - self._v_min_V, most_A)
        for k in range(len(HORIZONS_s)):
            self.discharge_W[k] = self.discharge_A[k] * self._v_min_V * self._delta.layers

    def _fill(self, out_A: "list[float]", sign: float, room_V: float, most_A: float) -> None:
        """`sign`: 1 charges, -1 discharges; everything else is taken positive in that direction."""
        delta = self._delta
        model = self._model
        aged = self._aged()
        r0_ohm = r1_ohm = r2_ohm = climb_V = 0.0
        tau1_s = tau2_s = SETTLED_s
        for side in (-SIGMAS, SIGMAS):
            model.at(self._soc + side * self._sigma, self._temp_degC)
            r0_ohm = _larger(r0_ohm, model.r0_ohm * aged)
            r1_ohm = _larger(r1_ohm, model.r1_ohm * aged)
            r2_ohm = _larger(r2_ohm, model.r2_ohm * aged)
            climb_V = _larger(climb_V, model.du_V + model.gamma * model.m_V * (1.0 - sign * self._hysteresis))
            tau1_s = model.tau1_s if model.tau1_s < tau1_s else tau1_s
            tau2_s = model.tau2_s if model.tau2_s < tau2_s else tau2_s
        now_A = sign * self._current_A
        v1_V = sign * delta.v1_V
        v2_V = sign * delta.v2_V
        # what is still to come of the RC elements comes aged; what they will give back is not relied on to be more
        if v1_V < 0.0:
            v1_V *= aged
        if v2_V < 0.0:
            v2_V *= aged
        least_A = most_A
        for k in range(len(HORIZONS_s)):
            time_s = HORIZONS_s[k]
            f1 = faded(time_s / tau1_s)
            f2 = 1.0 if k == CONTINUOUS else faded(time_s / tau2_s)
            whole_ohm = r0_ohm + r1_ohm * f1 + r2_ohm * f2 + climb_V * time_s / self._capacity_As
            left_V = room_V + now_A * r0_ohm + v1_V * f1 + v2_V * f2
            current = left_V / whole_ohm
            if not current > 0.0:
                current = 0.0
            # a longer horizon never above a shorter one
            if current < least_A:
                least_A = current
            out_A[k] = least_A

    def _aged(self) -> float:
        """The worst layer's resistance against the cell file's."""
        resistance = self._resistance
        delta = self._delta
        apart = self._spread_r
        for part in (resistance.sudden_part, resistance.grown_part, delta.resistive_part):
            if part > apart:
                apart = part
        mean = 1.0
        if resistance.sigma_r10 < KNOWN_R10:
            mean = resistance.r10 + SIGMAS * resistance.sigma_r10
        return _larger(mean, 1.0) * (1.0 + apart)


def _larger(a: float, b: float) -> float:
    return a if a > b else b
