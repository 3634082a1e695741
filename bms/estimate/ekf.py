"""Extended Kalman filter for the state of charge of the mean layer, with the hysteresis of silicon as a state.

States: soc z, RC voltages v1, v2 [V], hysteresis h in -1 ... 1. One scalar measurement: the pack's mean layer voltage. The
transition is diagonal, so the covariance (ten numbers, written out) costs ten products a step. The update is Joseph's form
for any gain, P - K b' - b K' + K K' s with b = P H', s = H b + r, which stays symmetric by construction and, with a floor
under the diagonal, positive in single precision. Measurement noise grows with current, with the change of current, in the
cold and where the OCV is flat, because the model is weak there. SI units; positive current charges.

Source: Plett 2004, J. Power Sources 134, 262-292 (ESC model and EKF); numbers of the noises are assumed.
"""

from micropython import const

from bms.estimate.model import Model, decay

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Cell

NOISE_SOC_PER_STEP = 1.0e-10  # variance; current error dominates and is added by size
NOISE_RC_V2 = 1.0e-9
NOISE_HYST = 2.0e-6
NOISE_CURRENT = 0.0002  # sigma of the charge counted, as a part of it and of a 1 C step
NOISE_V = 0.004  # sigma of model and sensor at rest, V a layer
NOISE_R = 0.08  # part of the resistive voltage that is not known
SURPRISE = 3.0  # sigmas
SLOWLY = 0.05  # of a step: what lasts for two seconds is believed
FLOOR_SOC = 1.0e-8
FLOOR_V2 = 1.0e-10
FLOOR_HYST = 1.0e-6


def root(square: float, guess: float) -> float:
    """Square root by Newton from a near guess: the same bits on every interpreter, which pow does not promise."""
    x = guess if guess > 0.0 else 1.0
    for _ in range(6):
        x = 0.5 * (x + square / x)
    return x


class SocFilter:
    """`soc` and `sigma` as fractions, `hysteresis` in -1 ... 1. `nis`: squared innovation over its variance. `surplus_V`: what
    the layers' mean has had beyond SURPRISE sigmas of what the model expected, for a while: no model of ours explains it."""

    def __init__(self, cell: "Cell") -> None:
        self._model = Model(cell)
        self.soc = 0.5
        self.sigma = 1.0
        self.hysteresis = 0.0
        self.nis = 0.0
        self.surplus_V = 0.0
        self._v1_V = 0.0
        self._v2_V = 0.0
        self._last_A = 0.0
        self.start(0.5, 0.3)

    def start(self, soc: float, sigma: float) -> None:
        """A first guess of soc and its standard deviation; hysteresis and relaxation are unknown."""
        self.soc = soc
        self.sigma = sigma
        self.hysteresis = 0.0
        self.surplus_V = 0.0
        self._v1_V = 0.0
        self._v2_V = 0.0
        self._last_A = 0.0
        self._zz = sigma * sigma
        self._z1 = 0.0
        self._z2 = 0.0
        self._zh = 0.0
        self._11 = 1.0e-5
        self._12 = 0.0
        self._1h = 0.0
        self._22 = 1.0e-4
        self._2h = 0.0
        self._hh = 0.35

    def step(self, charge_Ah: float, current_A: float, voltage_V: float, temp_degC: float, dt_s: float) -> None:
        """One step of dt_s: charge_Ah flowed during it; at its end current and mean layer voltage were measured together."""
        model = self._model
        model.at(self.soc, temp_degC)
        mean_A = charge_Ah * 3600.0 / dt_s
        # predict
        dz = charge_Ah / model.capacity_Ah
        size = dz if dz >= 0.0 else -dz
        a1 = decay(dt_s / model.tau1_s)
        a2 = decay(dt_s / model.tau2_s)
        ah = decay(model.gamma * size)
        z = self.soc + dz
        v1 = a1 * self._v1_V + (1.0 - a1) * model.r1_ohm * mean_A
        v2 = a2 * self._v2_V + (1.0 - a2) * model.r2_ohm * mean_A
        h = self.hysteresis
        if dz > 0.0:
            h = ah * h + (1.0 - ah)
        elif dz < 0.0:
            h = ah * h - (1.0 - ah)
        counted = NOISE_CURRENT * (size + dt_s / 3600.0)
        zz = self._zz + counted * counted + NOISE_SOC_PER_STEP
        z1 = self._z1 * a1
        z2 = self._z2 * a2
        zh = self._zh * ah
        p11 = self._11 * a1 * a1 + NOISE_RC_V2
        p12 = self._12 * a1 * a2
        p1h = self._1h * a1 * ah
        p22 = self._22 * a2 * a2 + NOISE_RC_V2
        p2h = self._2h * a2 * ah
        phh = self._hh * ah * ah + NOISE_HYST * (1.0 - ah) * 100.0
        # measure
        model.at(z, temp_degC)
        drop_V = current_A * model.r0_ohm
        error_V = voltage_V - (model.u_V + h * model.m_V + model.entropy_V + drop_V + v1 + v2)
        hz = model.du_V + h * model.dm_V
        if hz < 0.1:
            hz = 0.1
        hh = model.m_V
        bz = zz * hz + z1 + z2 + zh * hh
        b1 = z1 * hz + p11 + p12 + p1h * hh
        b2 = z2 * hz + p12 + p22 + p2h * hh
        bh = zh * hz + p1h + p2h + phh * hh
        unsure_V = NOISE_R * (drop_V + v1 + v2)
        change_V = 0.5 * (current_A - self._last_A) * model.r0_ohm
        r = NOISE_V * NOISE_V + unsure_V * unsure_V + change_V * change_V
        # the same error of the model comes back every step: what 50 steps say counts as one
        r = r * 50.0
        s = hz * bz + b1 + b2 + hh * bh + r
        kz = bz / s
        k1 = b1 / s
        k2 = b2 / s
        kh = bh / s
        z = z + kz * error_V
        self._v1_V = v1 + k1 * error_V
        self._v2_V = v2 + k2 * error_V
        h = h + kh * error_V
        self.hysteresis = 1.0 if h > 1.0 else -1.0 if h < -1.0 else h
        self.soc = 1.05 if z > 1.05 else -0.05 if z < -0.05 else z
        self.nis = error_V * error_V / s
        surplus_V = 0.0
        if self.nis > SURPRISE * SURPRISE:
            surplus_V = (error_V if error_V > 0.0 else -error_V) - SURPRISE * root(s, NOISE_V)
        if surplus_V > self.surplus_V:
            surplus_V = self.surplus_V + (surplus_V - self.surplus_V) * SLOWLY
        self.surplus_V = surplus_V
        self._last_A = current_A
        self._zz = zz - 2.0 * kz * bz + kz * kz * s
        self._z1 = z1 - kz * b1 - bz * k1 + kz * k1 * s
        self._z2 = z2 - kz * b2 - bz * k2 + kz * k2 * s
        self._zh = zh - kz * bh - bz * kh + kz * kh * s
        self._11 = p11 - 2.0 * k1 * b1 + k1 * k1 * s
        self._12 = p12 - k1 * b2 - b1 * k2 + k1 * k2 * s
        self._1h = p1h - k1 * bh - b1 * kh + k1 * kh * s
        self._22 = p22 - 2.0 * k2 * b2 + k2 * k2 * s
        self._2h = p2h - k2 * bh - b2 * kh + k2 * kh * s
        self._hh = phh - 2.0 * kh * bh + kh * kh * s
        if self._zz < FLOOR_SOC:
            self._zz = FLOOR_SOC
        if self._11 < FLOOR_V2:
            self._11 = FLOOR_V2
        if self._22 < FLOOR_V2:
            self._22 = FLOOR_V2
        if self._hh < FLOOR_HYST:
            self._hh = FLOOR_HYST
        self.sigma = root(self._zz, self.sigma)
