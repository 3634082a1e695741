"""How long a charge will still take, and to which temperature it pays to warm the pack first.

One piece of a look ahead (ahead.py) a round. What the cell's tables cannot know is taken from what is seen as a look begins:
how far the worst layer's bound is above them, how wide the window and how far apart the temperatures are, which part of what
the map allows is asked for; and over a time, how fast the layers have warmed beside their own heat (a conductance to the
coolant), whether the coolant goes back to them, and where the hottest layer is held by cold. Where a profile has the
temperature planned, one look in two tries another candidate; the coolest is chosen that costs next to no time. For people and
planners; what a charger is asked for does not depend on the time found here.

Units: s, ddegC, mK, permille; time in 0.1 s (ds).
"""

from array import array

import micropython
from micropython import const

from bms.control.ahead import Ahead, KNOWN_MAX_ds, LOOP_LAG_ds
from bms.control.hold import held_ddegC
from bms.control.ways import build_permille
from bms.safety.tables import drop_mV
from bms.schema import COLD_ddegC

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.envelope import Envelope
    from bms.control.ways import Way
    from bms.safety.bound import Bound
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py says: no look-up; a test holds them together.
_COOLANT_INLET_ddegC = const(12)
_AGE_MAX_ms = const(60000)

UNKNOWN_s = const(65535)
_PERMILLE = const(1000)
_MS_PER_ds = const(100)
_KNOT_permille = const(50)
_LAST_SEGMENT = const(19)
_SHARE_LEAST_permille = const(900)  # what takes more than the rest does not last
_MARGIN_MAX_mV = const(200)
_LEARNT_ds = const(200)  # how long warming is watched
_APART_ddegC = const(50)  # layers from coolant, for the conductance to show
_FITS_ddegC = const(20)
_LOST_MAX_mK = const(500000)
_TURNED_GAMMAS = const(3000000)  # three times the charge in which it turns to an e-th, in permille
_TURNED_MAX_permille = const(300)
_COUPLE_MAX = const(20000)  # uK/s for each K

STEP_ddegC = const(100)  # between two candidates
CANDIDATES = const(5)  # the last: not to heat
_NOT_TO_HEAT = const(4)
_WORTH_SHARE = const(200)  # of the time; and in time
_WORTH_ds = const(10)
_KEPT_SHARE = const(32)  # what is chosen stays, unless it costs so much more


class Remaining:
    """`remaining_s`, UNKNOWN_s while it is; `heat_to_ddegC`: what is best to warm to, COLD_ddegC for nothing; `couple`: how
    fast the layers follow the coolant, as ahead.py has it."""

    def __init__(self, pack: "Pack", envelope: "Envelope") -> None:
        self._envelope = envelope
        self._ahead = Ahead(pack)
        self._hot_ddegC = pack.cell.t_charge_max_ddegC[0]
        self._cooled_ddegC = self._hot_ddegC - pack.thermal.band_ddegC  # beyond it the pack is cooled ...
        self._held_ddegC = held_ddegC(self._hot_ddegC, pack.thermal.band_ddegC)  # ... or held there, if that is planned
        self._top_ddegC = self._cooled_ddegC
        self._fitted = pack.thermal.heater_W > 0
        self._permille_dAs = build_permille(pack.cell)
        # until the SoC has risen by so much the branch of the OCV turns over, and takes heat that the tables give
        self._turned_permille = min(_TURNED_MAX_permille, _TURNED_GAMMAS // pack.cell.hyst_gamma_permille)
        self._from_permille = _PERMILLE
        # charge since the SoC was last told as another
        self.couple = self._ahead.couple
        self._seen_permille = -1
        self._since_dAs = 0
        # warming as it is watched
        self._watches = False
        self._watched_ds = 0
        self._driven = False
        self._own_mK = 0
        self._own_mK_s = 0
        self._began_ddegC = 0
        self._coolant_ddegC = 0
        # the look that goes on
        self._weighed = False
        self._going = False
        self._trial = 0
        self._turn = 0
        self._carry_ms = 0
        # what was found
        self._clock_ds = 0  # since the charge began: a candidate's time counts from there
        self._tried_ds = array("i", [0] * CANDIDATES)  # 0: not tried
        self._planned = False
        self._decided = False
        self._wanted_ddegC = COLD_ddegC
        self._highest_ddegC = COLD_ddegC
        self._choice = 0
        self._left_ds = 0
        self.heat_to_ddegC = COLD_ddegC
        self.remaining_s = UNKNOWN_s

    def begin(self, way: "Way") -> None:
        """A new charge: nothing is known of it."""
        self._planned = way.planned and self._fitted
        self._top_ddegC = self._held_ddegC if way.planned else self._cooled_ddegC
        self._ahead.held_ddegC = self._top_ddegC
        self._decided = False
        self._wanted_ddegC = COLD_ddegC if way.planned and not self._fitted else way.heat_to_ddegC
        self._highest_ddegC = self._wanted_ddegC
        self._choice = 0
        self.heat_to_ddegC = self._wanted_ddegC
        self._ahead.share_permille = _PERMILLE
        self._watches = False
        self._clock_ds = 0
        for k in range(CANDIDATES):
            self._tried_ds[k] = 0
        self._turn = 0
        self._from_permille = _PERMILLE
        self.forget()

    def forget(self) -> None:
        """There is no charge."""
        self._going = False
        self.remaining_s = UNKNOWN_s

    def finish(self) -> None:
        """The charge is at its end."""
        self._going = False
        self._left_ds = 0
        self.remaining_s = 0

    @micropython.native
    def step(
        self,
        way: "Way",
        soc_permille: int,
        target_permille: int,
        aim_dA: int,
        most_dA: int,
        snap: "Snapshot",
        bound: "Bound",
        heats: bool,
        cools: bool,
        dt_ms: int,
    ) -> int:
        """One round. `aim_dA`: what is asked for once the ramp is over; `most_dA`: what charger and connector allow; `heats`,
        `cools`: heater or chiller are at work. Returns remaining_s."""
        passed_ms = self._carry_ms + dt_ms
        passed_ds = passed_ms // _MS_PER_ds
        self._carry_ms = passed_ms - passed_ds * _MS_PER_ds
        self._watched_ds += passed_ds
        self._own_mK += self._own_mK_s * passed_ds // 10
        self._driven = self._driven or heats or cools
        self._clock_ds += passed_ds
        if self.remaining_s != UNKNOWN_s:
            self._left_ds -= passed_ds
            left_s = self._left_ds // 10
            self.remaining_s = left_s if left_s > 0 else 0
        if soc_permille != self._seen_permille:
            self._seen_permille = soc_permille
            self._since_dAs = 0
        else:
            flows_dA = snap.current_dA if snap.current_dA > 0 else 0
            self._since_dAs += flows_dA * passed_ds // 10
            if self._since_dAs > self._permille_dAs:
                self._since_dAs = self._permille_dAs
        if self._going:
            if self._ahead.step(way, most_dA):
                self._close(way)
        elif self._weighed:
            self._open(soc_permille, target_permille, snap, bound)
        else:
            if cools:
                self._hold(bound.hot_ddegC)
            self._weigh(soc_permille, aim_dA, snap, bound)
        return self.remaining_s

    def _weigh(self, soc: int, aim_dA: int, snap: "Snapshot", bound: "Bound") -> None:
        """What this moment is like, against the tables."""
        ahead = self._ahead
        self._weighed = True
        flows_dA = snap.current_dA if snap.current_dA > 0 else 0
        cold = bound.cold_ddegC
        k = soc // _KNOT_permille
        if k > _LAST_SEGMENT:
            k = _LAST_SEGMENT
        over_mV = drop_mV(ahead.resistance_uohm(k, cold), flows_dA)
        margin = bound.layer_high_mV - ahead.emf_mV(soc) - over_mV
        ahead.margin_mV = 0 if margin < 0 else margin if margin < _MARGIN_MAX_mV else _MARGIN_MAX_mV
        self._own_mK_s = ahead.own_mK_s(flows_dA, over_mV, k)
        self._place(soc)
        by_map = ahead.by_map_dA(soc, ahead.above_permille, cold, bound.hot_ddegC)
        if 0 < aim_dA <= by_map and bound.hot_ddegC <= self._hot_ddegC:
            share = aim_dA * _PERMILLE // by_map
            if share < _SHARE_LEAST_permille:
                share = _SHARE_LEAST_permille
            ahead.share_permille += (share - ahead.share_permille) // 4

    def _hold(self, hot_ddegC: int) -> None:
        """Where the hottest layer is held is seen while it is cooled: no warmer than where cold begins, nor much colder, for
        it comes back."""
        held = self._ahead.held_ddegC + (hot_ddegC - self._ahead.held_ddegC) // 4
        least = self._top_ddegC - (self._hot_ddegC - self._top_ddegC) // 4
        self._ahead.held_ddegC = least if held < least else held if held < self._top_ddegC else self._top_ddegC

    def _place(self, soc: int) -> None:
        """The window about the SoC."""
        ahead = self._ahead
        envelope = self._envelope
        ahead.below_permille = soc - envelope.layer_lo_permille
        ahead.above_permille = envelope.layer_hi_permille - soc
        ahead.high_permille = envelope.soc_hi_permille - soc

    def _open(self, soc: int, target: int, snap: "Snapshot", bound: "Bound") -> None:
        """A look begins, for what is chosen or for another candidate."""
        ahead = self._ahead
        cold = bound.cold_ddegC
        self._weighed = False
        self._going = True
        self._place(soc)
        coolant = snap.coldest_ddegC
        if snap.age_ms[_COOLANT_INLET_ddegC] < _AGE_MAX_ms:
            coolant = snap.value[_COOLANT_INLET_ddegC]
        if soc < self._from_permille:
            self._from_permille = soc
        if soc - self._from_permille >= self._turned_permille:
            self._watch(snap.coldest_ddegC, coolant)
        self._fit(self._top_ddegC - bound.hot_ddegC + cold)
        self._trial = self._choice
        if self._planned and self._turn & 1:
            self._trial = self._turn >> 1
        # the bound is colder than the probes: it is as far from the coolant as they are
        ahead.begin(soc, target, cold, bound.hot_ddegC, coolant + cold - snap.coldest_ddegC, self._warm_to(self._trial))
        ahead.gone(self._since_dAs)

    def _fit(self, most_ddegC: int) -> None:
        """The coldest layer gets no warmer than the hottest allows: candidates count down from there."""
        if most_ddegC > self._wanted_ddegC:
            most_ddegC = self._wanted_ddegC
        off = most_ddegC - self._highest_ddegC
        if off <= -_FITS_ddegC or off >= _FITS_ddegC:
            self._highest_ddegC = most_ddegC
            self.heat_to_ddegC = self._warm_to(self._choice)

    def _watch(self, coldest_ddegC: int, coolant_ddegC: int) -> None:
        """Learns from what the coldest probe and the coolant have done: the conductance between them, and who follows whom."""
        if self._watches:
            if self._watched_ds < _LEARNT_ds:
                return
            ahead = self._ahead
            rose = coldest_ddegC - self._began_ddegC
            lost_mK = self._own_mK - rose * 100
            lost_mK = -_LOST_MAX_mK if lost_mK < -_LOST_MAX_mK else lost_mK if lost_mK < _LOST_MAX_mK else _LOST_MAX_mK
            apart = (coldest_ddegC + self._began_ddegC - coolant_ddegC - self._coolant_ddegC) // 2
            if apart > _APART_ddegC or apart < -_APART_ddegC:
                couple = lost_mK * _PERMILLE // apart * 100 // self._watched_ds
                if couple >= 0:  # else it is their own heat that is not as the tables have it
                    couple = couple if couple < _COUPLE_MAX else _COUPLE_MAX
                    ahead.couple += (couple - ahead.couple) // 2
                    self.couple = ahead.couple
                if not self._driven:
                    back = apart * _LEARNT_ds // (LOOP_LAG_ds + _LEARNT_ds)
                    follow = (coolant_ddegC - self._coolant_ddegC) * _PERMILLE // back
                    ahead.follow_permille = 0 if follow < 0 else follow if follow < _PERMILLE else _PERMILLE
        self._watches = True
        self._watched_ds = 0
        self._driven = False
        self._began_ddegC = coldest_ddegC
        self._coolant_ddegC = coolant_ddegC
        self._own_mK = 0

    def _close(self, way: "Way") -> None:
        """What the look has found: time for its candidate, and with it which is best."""
        self._going = False
        self._turn = self._turn + 1 if self._turn < 2 * CANDIDATES - 1 else 0
        time_ds = self._ahead.time_ds
        # a charge that ends without some of it is worth what that would still take
        worth_ds = time_ds + self._ahead.short_dAs * 10 // way.taper_dA
        if worth_ds > KNOWN_MAX_ds:
            worth_ds = KNOWN_MAX_ds
        self._tried_ds[self._trial] = self._clock_ds + worth_ds
        if self._trial == self._choice:
            self._left_ds = time_ds
            self.remaining_s = time_ds // 10 if time_ds <= KNOWN_MAX_ds else UNKNOWN_s
        self._choose()

    def _choose(self) -> None:
        """The coolest of the good ones, once all have been tried; the one chosen, as long as it is good."""
        tried = self._tried_ds
        best_ds = self._clock_ds + KNOWN_MAX_ds
        for i in range(CANDIDATES):
            if not tried[i]:
                return
            if tried[i] < best_ds:
                best_ds = tried[i]
        left_ds = best_ds - self._clock_ds
        good_ds = best_ds + left_ds // _WORTH_SHARE + _WORTH_ds
        if self._decided and tried[self._choice] <= good_ds + left_ds // _KEPT_SHARE:
            return
        self._decided = True
        k = CANDIDATES - 1
        while k and tried[k] > good_ds:
            k -= 1
        self._choice = k
        self.heat_to_ddegC = self._warm_to(k)

    def _warm_to(self, k: int) -> int:
        return COLD_ddegC if k == _NOT_TO_HEAT else self._highest_ddegC - k * STEP_ddegC
