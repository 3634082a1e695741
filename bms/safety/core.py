"""How hot and how cold any layer may be: probes, their error, what the pack declares, and heat that the probes have not seen.

Heat of a layer is what its resistances, its hysteresis and its entropy make of the current: |I| (R |I| + M + T dU/dT), with the
largest resistance that a layer may have and the largest current that is now or that its RC elements still remember, but no more
than what lies between the voltages at which the pack is opened: more would have opened it. It leaves
through the ends of the stack, so a layer inside is warmer than any probe by `core_mK_W` a watt, at most and in the end: the
way there takes seconds and is not reckoned with.

No layer is colder than the coldest probe less its error and less what the pack declares between two places of a stack. Nor is
one colder than that below what two probes of its stack agree upon, less what heat makes and less what the probes are apart
beyond the declared: one probe that reads too much makes nothing look warm. While the probes have never come, nothing is
known. Units: ddegC, mV, dA.
"""

from micropython import const

from bms.safety.plausible import sensor_error_m
from bms.safety.tables import drop_mV

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_AGE_MAX_ms = const(60000)
_LIMIT_FAULT = const(2)

_UNKNOWN_ddegC = const(2000)
_HOTTEST_K = const(373)  # for the heat of entropy
_PERMILLE = const(1000)
_uV_PER_mV = const(1000)
_MW_PER_mV_dA = const(1000)  # mV * dA is a tenth of a mW; a thousand of them a tenth of a W
_HEAT_MAX_dW = const(100000)
_mK_dW_PER_ddegC = const(1000)


class Core:
    """`hot_ddegC` and `cold_ddegC`: no layer is beyond them. `rise_ddegC`: the part of it that heat makes."""

    def __init__(self, pack: "Pack") -> None:
        cell = pack.cell
        self._spread_ddegC = pack.spread_t_ddegC
        self._margin_ddegC = sensor_error_m(pack.probe_sensor, 0) // 100 + 1 + pack.spread_t_ddegC
        self._core_mK_W = pack.guards.core_mK_W
        entropy_uV_K = max(*cell.entropy_uV_K, -min(cell.entropy_uV_K))
        hyst_mV = max(cell.hyst_mV) * (_PERMILLE + pack.spread_hyst_permille) // _PERMILLE
        self._reversible_mV = hyst_mV + entropy_uV_K * _HOTTEST_K // _uV_PER_mV + 1
        self._most_mV = cell.v_max_mV[_LIMIT_FAULT] - cell.v_min_mV[_LIMIT_FAULT]
        self.rise_ddegC = 0
        self.hot_ddegC = _UNKNOWN_ddegC
        self.cold_ddegC = -_UNKNOWN_ddegC

    def refresh(self, snap: "Snapshot", current_dA: int, r_uohm: int) -> int:
        """Once a round. `current_dA`: a magnitude, the largest that heats; `r_uohm`: the largest resistance of a layer.
        Returns hot_ddegC."""
        if snap.probe_oldest_ms >= _AGE_MAX_ms:
            self.hot_ddegC = _UNKNOWN_ddegC
            self.cold_ddegC = -_UNKNOWN_ddegC
            return _UNKNOWN_ddegC
        self.rise_ddegC = self.rise_at_ddegC(current_dA, r_uohm)
        self.hot_ddegC = snap.hottest_ddegC + self._margin_ddegC + self.rise_ddegC
        cold = snap.coldest_ddegC
        agreed = snap.agreed_ddegC - self.rise_ddegC
        beyond = snap.hottest_ddegC - cold - self._spread_ddegC
        if beyond > 0:
            agreed -= beyond
        if agreed > cold:
            cold = agreed
        self.cold_ddegC = cold - self._margin_ddegC
        return self.hot_ddegC

    def rise_at_ddegC(self, current_dA: int, r_uohm: int) -> int:
        """How much warmer than any probe a layer may be in the end with this current (magnitude)."""
        over_mV = drop_mV(r_uohm, current_dA) + self._reversible_mV
        if over_mV > self._most_mV:
            over_mV = self._most_mV
        heat_dW = over_mV * current_dA // _MW_PER_mV_dA
        if heat_dW > _HEAT_MAX_dW:
            heat_dW = _HEAT_MAX_dW
        return (heat_dW * self._core_mK_W + _mK_dW_PER_ddegC - 1) // _mK_dW_PER_ddegC
