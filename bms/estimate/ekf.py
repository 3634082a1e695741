"""Extended Kalman filter for the state of charge of the mean layer.

States: soc z, RC voltages v1, v2 [V], hysteresis h in -1 ... 1, resistance q as a deviation from the cell file's (V carries
(1 + q) times the overvoltage), and what the OCV table does not know, w [V]. v1 is exact after seconds and has no variance. One
scalar measurement: the mean layer voltage.

Errors that last are states, not noise. w forgets over charge (an error of the table belongs to a SoC) and, slowly, over time
(what relaxes after a stop), so a rest of a day is not believed a thousand times over; it may be larger while much overvoltage
lingers, that is under load, in the cold and just after a stop. q forgets over time and with every change of temperature and is
bounded; it is seen in what moves with the current, since w and z explain what stands still. All variances grow by rates over
time or over charge, and a fast error counts as one for as long as it lasts, so steps of 0.1, 1 and 10 s say the same. A
reading's noise grows with overvoltage (cold, rate), with a change of current (readings not of the same instant) and where z is
hardly known.

The transition is diagonal, so the covariance (15 numbers, written out) costs 15 products. The update is Joseph's form for a
gain a K, K = b / s, b = P H', which is P - (2 a - a a) b b' / s: a < 1 where a reading is a surprise or would move z by more
than STRIDE. It is symmetric by construction and, with floors under the diagonal, positive in single precision. The sum of z
carries its rounding along. What is no number moves nothing. SI units; positive current charges.

Source: Plett 2004, J. Power Sources 134, 262-292 (ESC model and EKF); the noises stand in the cell file.
"""

import micropython
from micropython import const

from bms import units
from bms.estimate.model import Model, faded

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Cell

SECONDS_PER_HOUR = 3600.0
UNSETTLED = 0.15  # the sigma that takes settle_s to go
SURPRISE = 3.0  # sigmas: a reading farther out counts for less
SURPLUS = 4.0  # sigmas: beyond it no model of ours explains a reading
STRIDE = 0.03  # of SoC: more than that in one step is not believed of a straight line
R_SIGMAS = 3.0  # no resistance is believed farther from the cell file than this
BLANK_SIGMA = 0.3  # nothing is known but that it is more likely in the middle
BLIND_s = 1.05  # longer without a current is not bridged; every row that looks at one has answered by then
SLOWLY_s = 2.0  # what lasts for so long is believed
FLOOR_SOC = 1.0e-7
FLOOR_V2 = 1.0e-9
FLOOR_PART = 1.0e-5


def root(square: float, guess: float) -> float:
    """Square root by Newton from a near guess: the same bits on every interpreter, which pow does not promise."""
    x = guess if guess > 0.0 else 1.0
    for _ in range(5):
        x = 0.5 * (x + square / x)
    return x


class SocFilter:
    """`soc` and `sigma` as fractions, `hysteresis` in -1 ... 1, `r_scale` against the cell file. `nis`: squared innovation over
    its variance. `surplus_V`: what the layers' mean has had beyond SURPLUS sigmas of what the model expected, for a while."""

    def __init__(self, cell: "Cell") -> None:
        self._model = Model(cell)
        noise = cell.filter
        per_swing = units.fraction(noise.gain_permille)
        per_hour = units.fraction(noise.offset_mC)
        self._gain = per_swing * per_swing
        self._offset = per_hour * per_hour / SECONDS_PER_HOUR
        self._table_V = units.volts(noise.table_mV)
        self._span = units.fraction(noise.span_permille)
        self._table_s = float(noise.table_s)
        self._reading_V = units.volts(noise.reading_mV)
        self._lasting_s = units.seconds(noise.reading_ms)
        self._fast = units.fraction(noise.fast_permille)
        self._skew = units.fraction(noise.skew_permille)
        self._slow = units.fraction(noise.slow_permille)
        self._r = units.fraction(noise.r_permille)
        self._r_s = float(noise.r_s)
        self._r_K = units.celsius(noise.r_ddegK)
        self._drag = units.fraction(noise.drag_permille)
        self._h = units.fraction(noise.hyst_permille)
        self._settle_s = float(noise.settle_s) / (UNSETTLED * UNSETTLED)
        self._colder_K = units.fraction(noise.colder_permille_K)
        self._most = R_SIGMAS * self._r
        self._blind_s = 0.0
        self.start(0.5, BLANK_SIGMA)

    def start(self, soc: float, sigma: float) -> None:
        """A first guess of soc and its standard deviation; hysteresis and relaxation are unknown."""
        self.soc = soc
        self.sigma = sigma
        self.hysteresis = 0.0
        self.r_scale = 1.0
        self.nis = 0.0
        self.surplus_V = 0.0
        self._carry = 0.0
        self._v1_V = 0.0
        self._v2_V = 0.0
        self._q = 0.0
        self._w_V = 0.0
        self._last_A = 0.0
        self._last_degC = self._model.t_ref_degC
        self._new = True
        self._zz = sigma * sigma
        self._z2 = 0.0
        self._zh = 0.0
        self._zq = 0.0
        self._zw = 0.0
        self._22 = 0.0
        self._2h = 0.0
        self._2q = 0.0
        self._2w = 0.0
        self._hh = 0.35
        self._hq = 0.0
        self._hw = 0.0
        self._qq = self._r * self._r
        self._qw = 0.0
        self._ww = self._table_V * self._table_V

    def miss(self, part: float, dt_s: float) -> bool:
        """In dt_s up to `part` of the capacity has flowed, nobody knows which way: sigma is wider by it. True: nobody has known
        for longer than BLIND_s, and all is forgotten but the SoC."""
        self._blind_s += dt_s
        if self._blind_s > BLIND_s:
            self.start(self.soc, BLANK_SIGMA)
            return True
        self.sigma += part
        self._zz = self.sigma * self.sigma
        return False

    def _begin(self, current_A: float, temp_degC: float) -> None:
        """What can only be said of the unknown past once temperature and current are seen."""
        model = self._model
        model.at(self.soc, temp_degC)
        self._new = False
        self._last_A = current_A
        self._last_degC = temp_degC
        past_A = model.capacity_Ah * 0.5
        if current_A > past_A:
            past_A = current_A
        if -current_A > past_A:
            past_A = -current_A
        self._22 = past_A * past_A * model.r2_ohm * model.r2_ohm * 0.25

    @micropython.native
    def step(self, charge_Ah: float, current_A: float, voltage_V: float, temp_degC: float, dt_s: float) -> None:
        """One step of dt_s: charge_Ah flowed during it; at its end current and mean layer voltage were measured together."""
        if charge_Ah - charge_Ah != 0.0 or dt_s - dt_s != 0.0 or dt_s <= 0.0:
            return
        if current_A - current_A == 0.0:
            self._blind_s = 0.0
        if current_A - current_A != 0.0 or voltage_V - voltage_V != 0.0 or temp_degC - temp_degC != 0.0:
            self._advance(charge_Ah, self._last_A, self._last_degC, dt_s)
        else:
            if self._new:
                self._begin(current_A, temp_degC)
            self._advance(charge_Ah, current_A, temp_degC, dt_s)
            self._correct(current_A, voltage_V, temp_degC, dt_s)
        self.sigma = root(self._zz, self.sigma)

    @micropython.native
    def _advance(self, charge_Ah: float, current_A: float, temp_degC: float, dt_s: float) -> None:
        """What charge and time do to the states and to what is known of them."""
        model = self._model
        mean_A = charge_Ah * SECONDS_PER_HOUR / dt_s
        dz = charge_Ah / model.capacity_Ah
        size = dz if dz >= 0.0 else -dz
        warmer_K = temp_degC - self._last_degC
        self._last_degC = temp_degC
        f1 = faded(dt_s / model.tau1_s)
        f2 = faded(dt_s / model.tau2_s)
        fh = faded(model.gamma * size)
        fq = faded(dt_s / self._r_s + (warmer_K if warmer_K >= 0.0 else -warmer_K) / self._r_K)
        fw = faded(size / self._span + dt_s / self._table_s)
        dz += self._carry
        z = self.soc + dz
        self._carry = dz - (z - self.soc)
        self.soc = z
        self._v1_V += f1 * (model.r1_ohm * mean_A - self._v1_V)
        self._v2_V += f2 * (model.r2_ohm * mean_A - self._v2_V)
        if size > 0.0:
            self.hysteresis += fh * ((1.0 if charge_Ah > 0.0 else -1.0) - self.hysteresis)
        self._q -= fq * self._q
        self._w_V -= fw * self._w_V
        # a sigma that a state has when left alone comes back as fast as the state forgets
        a2 = 1.0 - f2
        ah = 1.0 - fh
        aq = 1.0 - fq
        aw = 1.0 - fw
        warmer_K = temp_degC - model.t_ref_degC
        colder = 1.0 if warmer_K >= 0.0 else 1.0 - self._colder_K * warmer_K
        s2_V = self._slow * colder * model.r2_ohm * mean_A
        sr = self._r * colder
        self._zz += self._gain * size + self._offset * dt_s
        self._z2 *= a2
        self._zh *= ah
        self._zq *= aq
        self._zw *= aw
        self._22 = self._22 * a2 * a2 + s2_V * s2_V * f2 * (1.0 + a2)
        self._2h *= a2 * ah
        self._2q *= a2 * aq
        self._2w *= a2 * aw
        self._hh = self._hh * ah * ah + self._h * self._h * fh * (1.0 + ah)
        self._hq *= ah * aq
        self._hw *= ah * aw
        self._qq = self._qq * aq * aq + sr * sr * fq * (1.0 + aq)
        self._qw *= aq * aw
        drag_V = self._drag * colder * self._v2_V
        sw = self._table_V * self._table_V + drag_V * drag_V
        self._ww = self._ww * aw * aw + sw * fw * (1.0 + aw)

    @micropython.native
    def _correct(self, current_A: float, voltage_V: float, temp_degC: float, dt_s: float) -> None:
        """What the voltage says."""
        model = self._model
        model.at(self.soc, temp_degC)
        drop_V = current_A * model.r0_ohm
        over_V = drop_V + self._v1_V + self._v2_V
        k = 1.0 + self._q
        error_V = voltage_V - (model.u_V + self.hysteresis * model.m_V + model.entropy_V + k * over_V + self._w_V)
        hz = model.du_V + self.hysteresis * model.dm_V
        hh = model.m_V
        bz = self._zz * hz + self._z2 * k + self._zh * hh + self._zq * over_V + self._zw
        b2 = self._z2 * hz + self._22 * k + self._2h * hh + self._2q * over_V + self._2w
        bh = self._zh * hz + self._2h * k + self._hh * hh + self._hq * over_V + self._hw
        bq = self._zq * hz + self._2q * k + self._hq * hh + self._qq * over_V + self._qw
        bw = self._zw * hz + self._2w * k + self._hw * hh + self._qw * over_V + self._ww
        fast_V = self._fast * over_V
        skew_V = self._skew * (current_A - self._last_A) * model.r0_ohm
        self._last_A = current_A
        r = self._reading_V * self._reading_V + fast_V * fast_V + skew_V * skew_V
        s = hz * bz + k * b2 + hh * bh + over_V * bq + bw
        s += r
        square = error_V * error_V
        self.nis = square / s
        size_V = error_V if error_V >= 0.0 else -error_V
        surplus_V = 0.0
        if square > SURPLUS * SURPLUS * s:
            surplus_V = size_V - SURPLUS * root(s, size_V)
        # One fast error lasts for so long: the readings in that time count as one. And while z is hardly known the slope, and
        # with it what a reading says of all states, is that of another z: it is found no sooner than in settle_s.
        bend_V = hz * self._zz
        s += (r * self._lasting_s + bend_V * bend_V * self._settle_s) / dt_s
        a = 1.0
        if square > SURPRISE * SURPRISE * s:
            a = SURPRISE * root(s, size_V) / size_V
        if surplus_V > self.surplus_V:
            surplus_V = self.surplus_V + (surplus_V - self.surplus_V) * faded(dt_s / SLOWLY_s)
        self.surplus_V = surplus_V
        g = error_V / s
        move = a * bz * g
        if move < 0.0:
            move = -move
        if move > STRIDE:
            a = a * STRIDE / move
        g = a * g
        dz = bz * g + self._carry
        z = self.soc + dz
        self._carry = dz - (z - self.soc)
        self.soc = 1.05 if z > 1.05 else -0.05 if z < -0.05 else z
        self._v2_V += b2 * g
        h = self.hysteresis + bh * g
        self.hysteresis = 1.0 if h > 1.0 else -1.0 if h < -1.0 else h
        q = self._q + bq * g
        self._q = self._most if q > self._most else -self._most if q < -self._most else q
        self.r_scale = 1.0 + self._q
        self._w_V += bw * g
        g = a * (2.0 - a) / s
        gz = g * bz
        g2 = g * b2
        gh = g * bh
        gq = g * bq
        self._zz -= gz * bz
        self._z2 -= gz * b2
        self._zh -= gz * bh
        self._zq -= gz * bq
        self._zw -= gz * bw
        self._22 -= g2 * b2
        self._2h -= g2 * bh
        self._2q -= g2 * bq
        self._2w -= g2 * bw
        self._hh -= gh * bh
        self._hq -= gh * bq
        self._hw -= gh * bw
        self._qq -= gq * bq
        self._qw -= gq * bw
        self._ww -= g * bw * bw
        if self._zz < FLOOR_SOC:
            self._zz = FLOOR_SOC
        if self._22 < FLOOR_V2:
            self._22 = FLOOR_V2
        if self._hh < FLOOR_PART:
            self._hh = FLOOR_PART
        if self._qq < FLOOR_PART:
            self._qq = FLOOR_PART
        if self._ww < FLOOR_V2:
            self._ww = FLOOR_V2
