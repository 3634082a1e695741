"""What has become of the capacity, and what the pack has been through: total least squares on pairs of SoC, and a ledger.

An anchor is a rest at which the OCV tells the SoC of the mean layer without the counted charge: RC elements still, and h known
from the charge that moved since the last turn. Two anchors far enough apart are a pair: x, the difference of SoC, and y, the
charge counted in between. Both err, so capacity is the Q that minimises
    sum over pairs of forget^age (y - Q x)^2 / (sy^2 + Q^2 sx^2)
found by Gauss and Newton's steps (orthogonal distance regression with one parameter; exact, since only few pairs are kept).
The cell file's capacity is one more pair, of little weight. sigma is that of the curvature, with what a gain of the current
sensor does to every pair alike added.

Ledger: charge in and out in mAh with carry, integers; `cycles_permille`, equivalent full ones. SI units otherwise.
Source: Plett 2011, J. Power Sources 196, 2319-2331 (weighted total least squares); noises are assumed.
"""

from micropython import const

from bms import units
from bms.estimate.ekf import root
from bms.estimate.model import faded

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.estimate.delta import Delta
    from bms.estimate.model import Model
    from bms.schema import Pack

PAIRS = 8
FORGET = 0.85  # what a pair weighs less for each that came after it
APART = 0.25  # of SoC between two anchors
STILL_V = 0.002  # that the RC elements may still have to go
IDLE_C = 0.02  # current that is none
REST_s = 300.0
TABLE_V = 0.005  # what the OCV table and the sensor may be wrong by
BRANCH = 0.05  # part of M that its table may be wrong by
_UNKNOWN_h = 0.6  # sigma of h where nothing is known
KNOWN_h = 0.3  # sigma of h above which a rest tells nothing
GAIN_SIGMAS = 2.0  # how many of them the declared bound of the gain is
FIRST_PART = 0.05  # sigma of the cell file's capacity
STEPS = 6
_MAS_PER_MAH = const(3600)
_PERMILLE = const(1000)


class Health:
    """`capacity_Ah` of the mean layer with `sigma_Ah`; `soh` and `sigma_soh` against the cell file, as fractions; `pairs`
    seen since the start."""

    def __init__(self, pack: "Pack", delta: "Delta", model: "Model") -> None:
        self._delta = delta
        self._model = model
        self._capacity_mAh = pack.cell.capacity_mAh
        nominal_Ah = units.capacity_Ah(pack.cell.capacity_mAh)
        self._nominal_Ah = nominal_Ah
        sensor = pack.current_a_sensor
        self._gain = units.ppm(sensor.gain_ppm) / GAIN_SIGMAS
        self._offset_A = units.ppm(sensor.offset_u) / GAIN_SIGMAS  # u is a millionth of an ampere
        self._x = [1.0]
        self._y_Ah = [nominal_Ah]
        self._sx2 = [0.0]
        first_Ah = FIRST_PART * nominal_Ah
        self._sy2 = [first_Ah * first_Ah]
        self.capacity_Ah = nominal_Ah
        self.sigma_Ah = first_Ah
        self.soh = 1.0
        self.sigma_soh = FIRST_PART
        self.pairs = 0
        self._h = 0.0
        self._h_sigma = _UNKNOWN_h
        self._rested_s = 0.0
        self._anchored = False
        self._soc = 0.0
        self._soc_s2 = 0.0
        self._counted_mAs = 0
        self._lasted_s = 0.0
        self._carry_mAs = 0
        self.charged_mAh = 0
        self.discharged_mAh = 0

    def recall(self, capacity_Ah: float, sigma_Ah: float, pairs: int) -> None:
        """What another run knew weighs as one pair, in place of the cell file's."""
        self._y_Ah[0] = capacity_Ah
        self._sy2[0] = sigma_Ah * sigma_Ah
        self.capacity_Ah = capacity_Ah
        self.sigma_Ah = sigma_Ah
        self.soh = capacity_Ah / self._nominal_Ah
        self.sigma_soh = sigma_Ah / self._nominal_Ah
        self.pairs = pairs

    def count(self, moved_mAs: int, dt_s: float) -> None:
        """Every step of the filter: what has flowed since the last, from the integer lane's ledger."""
        self._counted_mAs += moved_mAs
        self._lasted_s += dt_s
        charge_Ah = units.ampere_hours(moved_mAs)
        part = charge_Ah / self.capacity_Ah
        sign = 1.0
        if part < 0.0:
            part = -part
            sign = -1.0
        f = faded(self._model.gamma * part)
        self._h += f * (sign - self._h)
        self._h_sigma -= f * self._h_sigma
        self._rested_s += dt_s
        if part * 3600.0 > IDLE_C * dt_s:
            self._rested_s = 0.0
        self._carry_mAs += moved_mAs if moved_mAs > 0 else -moved_mAs
        whole = self._carry_mAs // _MAS_PER_MAH
        if whole:
            self._carry_mAs -= whole * _MAS_PER_MAH
            if moved_mAs > 0:
                self.charged_mAh += whole
            else:
                self.discharged_mAh += whole

    def lose(self) -> None:
        """Charge has flowed that nobody counted: no pair may span it."""
        self._anchored = False
        self._h_sigma = _UNKNOWN_h
        self._rested_s = 0.0

    @property
    def cycles_permille(self) -> int:
        """Equivalent full cycles in thousandths."""
        return (self.charged_mAh + self.discharged_mAh) * (_PERMILLE // 2) // self._capacity_mAh

    def rest(self, voltage_V: float, current_A: float, soc: float, temp_degC: float) -> bool:
        """After a pass of delta.py: is this an anchor? `soc` is where to begin to look. Returns True for a new pair."""
        if self._rested_s < REST_s or self._delta.unsettled_V > STILL_V or self._h_sigma > KNOWN_h:
            return False
        model = self._model
        h = self._h
        slope_V = 1.0
        for _ in range(STEPS):
            model.at(soc, temp_degC)
            slope_V = model.du_V + h * model.dm_V
            if slope_V < 0.3:
                slope_V = 0.3
            soc += (voltage_V - self._delta.drop_V(current_A) - model.u_V - h * model.m_V - model.entropy_V) / slope_V
        if not -0.05 < soc < 1.05:
            return False
        unsure_V = model.m_V * (self._h_sigma + BRANCH)
        s2 = (TABLE_V * TABLE_V + unsure_V * unsure_V) / (slope_V * slope_V)
        x = soc - self._soc
        far = x > APART or x < -APART
        if self._anchored and far:
            self._pair(x, s2 + self._soc_s2)
        if far or not self._anchored or s2 < self._soc_s2:
            was = self._anchored and far
            self._anchored = True
            self._soc = soc
            self._soc_s2 = s2
            self._counted_mAs = 0
            self._lasted_s = 0.0
            return was
        return False

    def _pair(self, x: float, sx2: float) -> None:
        """A pair more, the oldest less, and the capacity anew."""
        y_Ah = units.ampere_hours(self._counted_mAs)
        offset_Ah = self._offset_A * self._lasted_s / 3600.0
        xs = self._x
        if len(xs) > PAIRS:
            # the first is the cell file's
            for room in (xs, self._y_Ah, self._sx2, self._sy2):
                room.pop(1)
        xs.append(x)
        self._y_Ah.append(y_Ah)
        self._sx2.append(sx2)
        self._sy2.append(offset_Ah * offset_Ah + 1.0e-6 * self._nominal_Ah * self._nominal_Ah)
        self.pairs += 1
        self._solve()

    def _solve(self) -> None:
        q_Ah = self.capacity_Ah
        curvature = 1.0
        for _ in range(STEPS):
            gradient = 0.0
            curvature = 0.0
            weight = 1.0
            for k in range(len(self._x) - 1, -1, -1):
                if k == 0:
                    weight = 1.0
                sx2 = self._sx2[k]
                w = weight / (self._sy2[k] + q_Ah * q_Ah * sx2)
                off_Ah = self._y_Ah[k] - q_Ah * self._x[k]
                x = self._x[k] + q_Ah * sx2 * w / weight * off_Ah
                gradient += w * off_Ah * x
                curvature += w * x * x
                weight *= FORGET
            q_Ah += gradient / curvature
        half = 0.5 * self._nominal_Ah
        if not half < q_Ah < 3.0 * half:
            return
        self.capacity_Ah = q_Ah
        gain_Ah = self._gain * q_Ah
        self.sigma_Ah = root(1.0 / curvature + gain_Ah * gain_Ah, self.sigma_Ah)
        self.soh = q_Ah / self._nominal_Ah
        self.sigma_soh = self.sigma_Ah / self._nominal_Ah
