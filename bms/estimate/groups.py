"""The groups' share of the float lane, cut into slots: what delta, knee, leak, resistance, health and power do, one job a slot.

`take()` is called right after every step of the mean layer's filter, with what that step was given: it follows the charge and
now and then keeps the voltages of one moment. While bleeders are at work no pass begins, and what they took is told to delta
before the next. `step()` is called in every slot that is free: it works on what was kept, one job
after the other, a few groups at a time, and then waits for the next moment. All that they say is in `delta`, `knee`,
`leak`, `resistance`, `health` and `power`.

SI units; positive current charges.
"""

from array import array

from micropython import const

from bms import units
from bms.estimate.delta import NOBODY, Delta
from bms.estimate.health import Health
from bms.estimate.knee import Knee
from bms.estimate.leak import Leak
from bms.estimate.model import Model
from bms.estimate.power import Power
from bms.estimate.resistance import Resistance

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Protocol

    from bms.schema import Pack

    class Bounds(Protocol):
        """What the integer lane says of the worst layers."""

        layer_high_mV: int
        layer_low_mV: int
        cold_ddegC: int

    class Most(Protocol):
        """What map and table allow."""

        map_dA: int
        table_dA: int

    class Heard(Protocol):
        """Where advice is left."""

        charge_limit_dA: int
        discharge_limit_dA: int
        soh_permille: int
        soh_sigma_permille: int


PASS_s = 2.0  # between two moments, at least
JUDGE_EVERY = 10  # passes
DELTA_GROUPS = 8  # a slot
KNEE_GROUPS = 10
LEAK_GROUPS = 16
RESISTANCE_GROUPS = 10
NO_LIMIT_dA = const(16383)
UNSURE_permille = const(1000)


class Groups:
    """`done` counts passes that are complete; `busy`: step() has work. `bled_mAs`: what bleeders have taken from each group and
    no pass has heard of yet; whoever bleeds adds to it. `least_Ah`: the smallest capacity in the spread."""

    def __init__(self, pack: "Pack") -> None:
        self._pack = pack
        model = Model(pack.cell)
        self.delta = Delta(pack, model)
        self.knee = Knee(self.delta)
        self.leak = Leak(pack, self.delta, model)
        self.resistance = Resistance(pack, self.delta, model)
        self.health = Health(pack, self.delta, model)
        self.power = Power(pack, self.delta, self.resistance, model)
        self.layers = self.delta.layers
        self.least_Ah = model.capacity_Ah * (1.0 - units.fraction(pack.spread_capacity_permille))
        self._model = model
        self._spread_r = units.fraction(pack.spread_r_permille)
        self.bled_mAs = array("i", [0] * self.delta.groups)
        self._bleeding = False
        self._blind = False
        self._now_mV = array("i", [0] * self.delta.groups)
        self._now_mAs = 0
        self._now_s = 0.0
        self._now_A = 0.0
        self._now_soc = 0.5
        self._now_sigma = 0.3
        self._now_hysteresis = 0.0
        self._now_degC = model.t_ref_degC
        self._taken = False
        self._mV = array("i", [0] * self.delta.groups)
        self._total_mV = 0
        self._current_A = 0.0
        self._soc = 0.5
        self._sigma = 0.3
        self._hysteresis = 0.0
        self._temp_degC = model.t_ref_degC
        self._cold_degC = model.t_ref_degC
        self._high_V = 0.0
        self._low_V = 0.0
        self._charge_most_A = 0.0
        self._discharge_most_A = 0.0
        self._since_s = PASS_s
        self._pass_s = PASS_s
        self._moved = 0.0
        self._pass_moved = 0.0
        self._now_cold_degC = model.t_ref_degC
        self._now_high_V = 0.0
        self._now_low_V = 0.0
        self._now_charge_most_A = 0.0
        self._now_discharge_most_A = 0.0
        self.done = 0
        self._jobs = (
            self._begin,
            self._delta,
            self._judge,
            self._knee,
            self._leak,
            self._resistance,
            self._health,
            self._charge,
            self._discharge,
        )
        self._job = len(self._jobs)

    def pause(self, bleeding: bool, blind: bool, closed: bool) -> None:
        """Ahead of take(). `bleeding`: no pass is to begin; `blind`: this moment's voltages are disturbed; `closed`: contactors
        are."""
        if self._bleeding and not bleeding:
            self.leak.rebase(0.0)
        self._bleeding = bleeding
        self._blind = blind
        self.leak.closed = closed

    def take(
        self,
        group_mV: "array[int]",
        moved_mAs: int,
        current_A: float,
        soc: float,
        sigma: float,
        hysteresis: float,
        temp_degC: float,
        dt_s: float,
    ) -> None:
        """After a step of the filter, which was given moved_mAs in dt_s. Costs little: the next slot follows it."""
        self._now_mV[:] = group_mV
        self._now_mAs += moved_mAs
        self._now_s += dt_s
        self._now_A = current_A
        self._now_soc = soc
        self._now_sigma = sigma
        self._now_hysteresis = hysteresis
        self._now_degC = temp_degC
        self._taken = True

    def _follow(self) -> None:
        """What a step of the filter was given, and whether a pass begins with it."""
        moved_mAs = self._now_mAs
        dt_s = self._now_s
        self._now_mAs = 0
        self._now_s = 0.0
        self._taken = False
        charge_Ah = units.ampere_hours(moved_mAs)
        self.delta.follow(charge_Ah, self._now_hysteresis, dt_s)
        self.health.count(moved_mAs, dt_s)
        if not self._blind:
            self.resistance.look(self._now_mV, self._now_A)
        self._since_s += dt_s
        self._moved += charge_Ah if charge_Ah > 0.0 else -charge_Ah
        if self._bleeding or self._blind or self._job < len(self._jobs) or self._since_s < PASS_s:
            return
        self._mV[:] = self._now_mV
        self._total_mV = sum(self._mV)
        self._current_A = self._now_A
        self._soc = self._now_soc
        self._sigma = self._now_sigma
        self._hysteresis = self._now_hysteresis
        self._temp_degC = self._now_degC
        self._cold_degC = self._now_cold_degC
        self._high_V = self._now_high_V
        self._low_V = self._now_low_V
        self._charge_most_A = self._now_charge_most_A
        self._discharge_most_A = self._now_discharge_most_A
        self._pass_s = self._since_s
        self._pass_moved = self._moved
        self._since_s = 0.0
        self._moved = 0.0
        self._job = 0

    def bounds(self, bound: "Bounds", most: "Most") -> None:
        """For power, of the moment that take() is about to keep: the worst layers as the integer lane bounds them, the coldest,
        and what map and table allow."""
        self._now_high_V = units.volts(bound.layer_high_mV)
        self._now_low_V = units.volts(bound.layer_low_mV)
        self._now_cold_degC = units.celsius(bound.cold_ddegC)
        self._now_charge_most_A = units.amperes_of_dA(most.map_dA)
        self._now_discharge_most_A = units.amperes_of_dA(most.table_dA)

    def advise(self, advice: "Heard") -> None:
        """After a pass: the current of the next two seconds, and health once two rests have told it. What map and table allow
        the integer lane knows better, in every round: where they alone limit there is nothing to say."""
        power = self.power
        limit = units.deciamperes(power.charge_A[0], NO_LIMIT_dA)
        advice.charge_limit_dA = limit if power.charge_A[0] < power.charge_most_A else NO_LIMIT_dA
        limit = units.deciamperes(power.discharge_A[0], NO_LIMIT_dA)
        advice.discharge_limit_dA = limit if power.discharge_A[0] < power.discharge_most_A else NO_LIMIT_dA
        if self.health.pairs:
            advice.soh_permille = units.permille(self.health.soh, -1)
            advice.soh_sigma_permille = units.permille(self.health.sigma_soh, UNSURE_permille)

    def step(self) -> bool:
        """One slot. Returns True when the last job of a pass is done."""
        if self._taken:
            self._follow()
            return False
        if self._job >= len(self._jobs) or not self._jobs[self._job]():
            return False
        self._job += 1
        if self._job < len(self._jobs):
            return False
        self.done += 1
        return True

    def restart(self) -> None:
        """Something here was no number or raised: all that was learnt is gone, but for the ledger and what was bled."""
        charged_mAh = self.health.charged_mAh
        discharged_mAh = self.health.discharged_mAh
        bled_mAs = self.bled_mAs
        turned = self.delta.turned
        self.__init__(self._pack)  # type: ignore[misc]  # the constructor is all there is to begin anew
        self.bled_mAs = bled_mAs
        self.delta.turned = turned
        self.health.charged_mAh = charged_mAh
        self.health.discharged_mAh = discharged_mAh

    @property
    def wider_V(self) -> float:
        """What a layer may stand apart from its group's mean beyond the declared spread, as far as it was found."""
        delta = self.delta
        leak = self.leak
        lost = leak.lost[leak.group] if leak.group != NOBODY else 0.0
        if delta.weak_group != NOBODY:
            lost += 0.5 * delta.weak_part
        wider_V = lost * delta.factors[0]
        if delta.resistive_group != NOBODY and delta.resistive_part > self._spread_r:
            drop_V = delta.factors[2]
            wider_V += (delta.resistive_part - self._spread_r) * (drop_V if drop_V > 0.0 else -drop_V)
        return wider_V

    @property
    def busy(self) -> bool:
        """A pass is under way, or a step of the filter has still to be followed."""
        return self._taken or self._job < len(self._jobs)

    def _begin(self) -> bool:
        bled_mAs = self.bled_mAs
        if max(bled_mAs):
            self.delta.bleed(bled_mAs)
            for g in range(len(bled_mAs)):
                bled_mAs[g] = 0
        self.delta.begin(self._mV, self._total_mV, self._current_A, self._soc, self._hysteresis, self._temp_degC)
        return True

    def _delta(self) -> bool:
        return self.delta.step(DELTA_GROUPS)

    def _judge(self) -> bool:
        if self.done % JUDGE_EVERY == 0:
            self.delta.judge()
        self.knee.begin(self._soc)
        part = self._pass_moved / self._model.capacity_Ah
        self.leak.begin(self._soc, self._temp_degC, part, self._pass_s)
        return True

    def _knee(self) -> bool:
        return self.knee.step(KNEE_GROUPS)

    def _leak(self) -> bool:
        return self.leak.step(LEAK_GROUPS)

    def _resistance(self) -> bool:
        return self.resistance.step(RESISTANCE_GROUPS)

    def _health(self) -> bool:
        voltage_V = units.volts(self._total_mV) / self.layers
        self.resistance.mean(voltage_V, self.delta.ocv_V, self._pass_s)
        self.health.rest(voltage_V, self._current_A, self._soc, self._temp_degC)
        return True

    def _charge(self) -> bool:
        self.power.begin(self._soc, self._sigma, self._hysteresis, self._current_A, self._cold_degC)
        self.power.charge(self._high_V, self._charge_most_A)
        return True

    def _discharge(self) -> bool:
        self.power.discharge(self._low_V, self._discharge_most_A)
        delta = self.delta
        sums = sum(delta.soc) + sum(delta.capacity) + sum(delta.resistance) + sum(delta.hysteresis) + sum(self.leak.lost)
        sums += self.resistance.r10 + self.health.capacity_Ah
        if sums - sums != 0.0:
            raise ValueError("a group is not a number")
        return True
