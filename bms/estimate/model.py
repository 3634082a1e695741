"""Voltage of the mean layer: OCV with a hysteresis state, entropy, R0 and two RC elements over SoC and temperature.

    V = U(z) + h M(z) + (T - Tref) dU/dT(z) + I R0(z,T) + v1 + v2
    dv_j = (I R_j - v_j) / tau_j dt        dh = gamma |dz| (sign(I) - h)        dz = I dt / Q
One-state hysteresis after Plett 2004 (J. Power Sources 134). Time steps use (1 - x/2)/(1 + x/2) in place of exp(-x), so only
+ - * / and tables are needed and every interpreter gives the same bits. Tables come from the cell file that the plant loads
too: 21 knots over SoC, factors every few kelvin. SI units; positive current charges. Beyond 0 and 1 the end slopes go on.
"""

from micropython import const

from bms import units

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Cell

LAST = 19
KNOTS_PER_SOC = 20.0


def decay(x: float) -> float:
    """(1 - x/2)/(1 + x/2), close to exp(-x) for small x >= 0; 0 beyond 2."""
    if x >= 2.0:
        return 0.0
    return (1.0 - 0.5 * x) / (1.0 + 0.5 * x)


class Model:
    """Parameters of a layer at one operating point. `at(soc, temp_degC)` sets u_V, du_V (per SoC), m_V, dm_V, entropy_V,
    r0_ohm, r1_ohm, r2_ohm, tau1_s, tau2_s."""

    def __init__(self, cell: "Cell") -> None:
        self.capacity_Ah = units.capacity_Ah(cell.capacity_mAh)
        self.gamma = units.fraction(cell.hyst_gamma_permille)
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
        self._t_ref_degC = units.celsius(cell.t_ref_ddegC)
        self.at(0.5, self._t_ref_degC)

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
        if f < 0.0:
            f = 0.0
        if f > 1.0:
            f = 1.0
        m = self._m_V
        d = m[k + 1] - m[k]
        self.m_V = m[k] + d * f
        self.dm_V = d * KNOTS_PER_SOC
        e = self._entropy_V_K
        self.entropy_V = (e[k] + (e[k + 1] - e[k]) * f) * (temp_degC - self._t_ref_degC)
        t = self._t_degC
        n = len(t) - 2
        j = 0
        while j < n and temp_degC >= t[j + 1]:
            j += 1
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
