"""Voltage of the mean layer: OCV with a hysteresis state, entropy, R0 and two RC elements over SoC and temperature.

    V = U(z) + h M(z) + (T - Tref) dU/dT(z) + I R0(z,T) + v1 + v2
    dv_j = (I R_j - v_j) / tau_j dt        dh = gamma |dz| (sign(I) - h)        dz = I dt / Q
U is the middle of the charge and the discharge branch, M half their distance. One-state hysteresis after Plett 2004 (J. Power
Sources 134). R(T) goes by factors every few kelvin, Arrhenius's law in the cell file. Steps use a rational function in place
of exp, so only + - * / and tables are needed and every interpreter gives the same bits. Slopes come from the knots, whose
distance is fixed: nothing is divided by a difference. Tables are those of the cell file, which the plant loads too. SI units;
positive current charges. Beyond 0 and 1 the end slopes of U go on and everything else stays.
"""

import micropython
from micropython import const

from bms import units

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Cell

LAST = 19
KNOTS_PER_SOC = 20.0


def faded(x: float) -> float:
    """1 - exp(-x) for x >= 0: within 0.004 up to x = 1 and 0.05 at worst; 1 beyond 3. What is small stays exact, so that a
    tenth of a second against hours is not lost in single precision."""
    if x >= 3.0:
        return 1.0
    t = x * x * 0.16666667
    return (x + t) / (1.0 + 0.6666667 * x + t)


class Model:
    """Parameters of a layer at one operating point. `at(soc, temp_degC)` sets u_V, du_V (per SoC), m_V, dm_V, entropy_V,
    r0_ohm, r1_ohm, r2_ohm, tau1_s, tau2_s."""

    def __init__(self, cell: "Cell") -> None:
        self.capacity_Ah = units.capacity_Ah(cell.capacity_mAh)
        self.gamma = units.fraction(cell.hyst_gamma_permille)
        self.t_ref_degC = units.celsius(cell.t_ref_ddegC)
        self._u_V = [units.volts(v) for v in cell.ocv_mV]
        self._m_V = [units.volts(v) for v in cell.hyst_mV]
        self._entropy_V_K = [units.volts_per_kelvin(v) for v in cell.entropy_uV_K]
        self._r0_ohm = [units.ohms(v) for v in cell.r0_uohm]
        self._r1_ohm = [units.ohms(v) for v in cell.r1_uohm]
        self._r2_ohm = [units.ohms(v) for v in cell.r2_uohm]
        self._tau1_s = [units.seconds(v) for v in cell.tau1_ms]
        self._tau2_s = [units.seconds(v) for v in cell.tau2_ms]
        self._t_degC = [units.celsius(v) for v in cell.r_ddegC]
        self._f0 = [units.fraction(v) for v in cell.r0_permille]
        self._f1 = [units.fraction(v) for v in cell.r1_permille]
        self._f2 = [units.fraction(v) for v in cell.r2_permille]
        self._j = 0
        self.at(0.5, self.t_ref_degC)

    @micropython.native
    def at(self, soc: float, temp_degC: float) -> None:
        """Looks the tables up for a SoC (fraction) and a temperature in degC."""
        x = soc * KNOTS_PER_SOC
        k = 0 if x < 0.0 else int(x)
        if k > LAST:
            k = LAST
        f = x - k
        u = self._u_V
        d = u[k + 1] - u[k]
        self.u_V = u[k] + d * f
        self.du_V = d * KNOTS_PER_SOC
        m = self._m_V
        d = m[k + 1] - m[k]
        if f < 0.0 or f > 1.0:
            f = 0.0 if f < 0.0 else 1.0
            self.dm_V = 0.0
        else:
            self.dm_V = d * KNOTS_PER_SOC
        self.m_V = m[k] + d * f
        e = self._entropy_V_K
        self.entropy_V = (e[k] + (e[k + 1] - e[k]) * f) * (temp_degC - self.t_ref_degC)
        # the temperature is near where it was: walk from there
        t = self._t_degC
        j = self._j
        n = len(t) - 2
        while j < n and temp_degC >= t[j + 1]:
            j += 1
        while j > 0 and temp_degC < t[j]:
            j -= 1
        self._j = j
        g = (temp_degC - t[j]) / (t[j + 1] - t[j])
        if g < 0.0:
            g = 0.0
        if g > 1.0:
            g = 1.0
        r = self._r0_ohm
        s = self._f0
        self.r0_ohm = (r[k] + (r[k + 1] - r[k]) * f) * (s[j] + (s[j + 1] - s[j]) * g)
        r = self._r1_ohm
        s = self._f1
        self.r1_ohm = (r[k] + (r[k + 1] - r[k]) * f) * (s[j] + (s[j + 1] - s[j]) * g)
        r = self._r2_ohm
        s = self._f2
        self.r2_ohm = (r[k] + (r[k + 1] - r[k]) * f) * (s[j] + (s[j + 1] - s[j]) * g)
        r = self._tau1_s
        self.tau1_s = r[k] + (r[k + 1] - r[k]) * f
        r = self._tau2_s
        self.tau2_s = r[k] + (r[k + 1] - r[k]) * f
