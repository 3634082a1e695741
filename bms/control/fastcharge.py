"""What current a charger is asked for, and how a charge goes on and ends, by the way to charge that vehicle or pack names.

The request is never above the limit in force: the least of the envelope's, the stage's at the high end of the SoC window, the
charger's own where it has told it, and the connector's. It rises and falls by a ramp, and faster only where that limit does.
So that the limit seldom has to force it, it aims at what can still be held in a second, half way to the horizon of two. It
goes up when there has been more room for a while than what noise makes, and then for as long as there is any; a rise that
was for nothing widens the band. So limits that tremble do not make it tremble.

Kinds of a profile: cc_cv, multistage and map_limited differ in their stages, for the envelope holds map and layer voltage
anyway; thermally_modulated warms first, to what remaining.py finds the quickest; gentle gives no more than gets the pack to
its target just before the vehicle leaves. A charge ends at the target, where little has been allowed for a while though
nothing is too cold or too hot, or by time; then nothing is asked for and the pack is cooled, where the profile says so. It
begins anew with the state of charge, with a plug that is put in, and with another wish.

Once a round of ten ticks. Units: dA, mV, permille, ddegC, ms; charge in dA*s.
"""

from micropython import const

from bms.control.remaining import Remaining
from bms.control.ways import LIMIT_MAX_dA, Way, build_permille
from bms.schema import COLD_ddegC, HOT_ddegC, layer_count

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.control.envelope import Envelope
    from bms.control.horizon import Horizon
    from bms.safety.bound import Bound
    from bms.safety.machine import Machine
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack

# Copies of what snapshot.py, faults.py and their neighbours say: no look-up; a test holds them together.
_CHARGER_plugged = const(9)
_CHARGE = const(4)
_MAP = const(3)
_LAYER_VOLTAGE = const(4)

# BMS_CHARGE_PLAN.charge_phase
IDLE = const(0)
HEATING = const(1)
CHARGING = const(2)
TAPERING = const(3)
COOLING = const(4)
DONE = const(5)

# BMS_CHARGE_PLAN.charge_end
GOING = const(0)
TARGET = const(1)
TAPER = const(2)
TIME = const(3)

# BMS_CHARGE_PLAN.charge_binding: what binds the envelope, or one of these
NOTHING = const(0)
CHARGER = const(10)
STAGE = const(12)
CONNECTOR = const(13)
DEPARTURE = const(14)
OUTLOOK = const(15)

NO_DEPARTURE_s = const(262143)
OWN_PROFILE = const(15)
EARLY_s = const(120)  # so long before the vehicle leaves a gentle charge is over; assumed
COOL_MOST_ms = const(1800000)  # a pack that its cooler cannot get cold is left as it is; assumed
_HORIZON_2s = const(0)
_PERMILLE = const(1000)
_WATCHED = const(5)  # rounds of each of the two windows in which the lowest aim counts
_BAND_dA = const(5)  # the least and the most room that lets a request rise again, and of the request on top of the most
_BAND_MOST_dA = const(12)
_BAND_SHARE = const(64)
_TREMBLES = const(100)  # rounds: who falls so soon after a rise rose for nothing
_CALM = const(300)  # rounds after which the band narrows
_DT_MAX_ms = const(5000)


class FastCharge:
    """`request_dA`; `phase`, `end_reason`, `binding` as above; `profile`: index of the one followed; `target_permille`;
    `charge_voltage_mV`; `heat_to_ddegC`, `cool_to_ddegC`: what thermal.py is asked for, COLD_ddegC and HOT_ddegC: nothing."""

    def __init__(self, pack: "Pack", envelope: "Envelope", horizon: "Horizon") -> None:
        cell = pack.cell
        self._envelope = envelope
        self._horizon = horizon
        self._ways = tuple([Way(cell, one) for one in cell.profiles])
        self._cooled = pack.thermal.cooler_W > 0
        self._own = [one.name for one in cell.profiles].index(pack.profile)
        self._ramp_dA_s = pack.request_dA_s
        self._connector_dA = pack.connector_dA
        self._own_mV = layer_count(pack) * cell.v_max_mV[0]
        self._permille_dAs = build_permille(cell)
        self.remaining = Remaining(pack, envelope)
        self.profile = self._own
        self._way = self._ways[self._own]
        self.target_permille = _PERMILLE
        self._departure_s = NO_DEPARTURE_s
        self._charger_dA = LIMIT_MAX_dA
        self.charge_voltage_mV = self._own_mV
        self.request_dA = 0
        self.phase = IDLE
        self.end_reason = GOING
        self.binding = NOTHING
        self.heat_to_ddegC = COLD_ddegC
        self.cool_to_ddegC = HOT_ddegC
        self.planned = False  # the temperature is
        self.couple = self.remaining.couple
        self._begun = False
        self._plugged = 0
        self._elapsed_ms = 0
        self._taper_ms = 0
        self._stage = 0
        self._carry = 0
        self._rising = False
        self._band_dA = _BAND_dA
        self._calm = 0
        self._lowest_dA = 0  # aim, in this window and in the one before
        self._before_dA = 0
        self._rounds = 0

    def wish(self, profile: int, target_permille: int, departure_s: int) -> None:
        """What the vehicle wants. An index that no profile has, or none: the pack's own."""
        if not 0 <= profile < len(self._ways):
            profile = self._own
        if profile != self.profile or target_permille != self.target_permille:
            self.profile = profile
            self._way = self._ways[profile]
            self.target_permille = target_permille
            self._begun = False
        self._departure_s = departure_s

    def forget(self) -> None:
        """The vehicle wants nothing of its own any more."""
        self.wish(self._own, _PERMILLE, NO_DEPARTURE_s)

    def hear(self, current_dA: int, voltage_mV: int) -> None:
        """The most that the charger can give."""
        self._charger_dA = current_dA
        self.charge_voltage_mV = voltage_mV if voltage_mV < self._own_mV else self._own_mV

    def lose(self) -> None:
        """The charger says nothing of that any more."""
        self.hear(LIMIT_MAX_dA, self._own_mV)

    def asked_dA(self) -> int:
        """What a charger may be asked for at this moment."""
        limit = self._envelope.charge_dA
        if limit < self.request_dA:
            self.request_dA = limit
        return self.request_dA

    def wanted(self) -> bool:
        """Whether a charger is to be on: one that is asked for nothing may still give what it errs."""
        return self.request_dA > 0

    def step(
        self, machine: "Machine", snap: "Snapshot", bound: "Bound", soc_permille: int, heats: bool, cools: bool, dt_ms: int
    ) -> int:
        """One round. `soc_permille`: as the user sees it; `heats`, `cools`: heat or cold is asked for. Returns the request."""
        if machine.state != _CHARGE:
            self._begun = False
            self.request_dA = 0
            self.phase = IDLE
            self.binding = NOTHING
            self.heat_to_ddegC = COLD_ddegC
            self.cool_to_ddegC = HOT_ddegC
            self.planned = False
            self.remaining.forget()
            return 0
        if dt_ms > _DT_MAX_ms:
            dt_ms = _DT_MAX_ms
        plugged = snap.value[_CHARGER_plugged]
        if not self._begun or plugged > self._plugged:
            self._begin()
        self._plugged = plugged
        way = self._way
        if self.end_reason == GOING:
            self._look(way, soc_permille, heats, cools, dt_ms)
        elif self.phase == COOLING:
            self._elapsed_ms += dt_ms
        limit = self._limit(way)
        aim = 0
        if self.end_reason == GOING:
            aim = self._aim(way, limit, soc_permille)
        else:
            self.binding = NOTHING
        self._follow(limit, aim, dt_ms)
        if self.end_reason != GOING:
            self._finish(bound)
        else:
            self.phase = HEATING if heats else TAPERING if self._taper_ms else CHARGING
            remaining = self.remaining
            most = self._most_dA()
            remaining.step(way, soc_permille, self.target_permille, aim, most, snap, bound, heats, cools, dt_ms)
            self.planned = way.planned
            if way.planned:
                self.heat_to_ddegC = remaining.heat_to_ddegC
                self.couple = remaining.couple
        return self.request_dA

    def _begin(self) -> None:
        self._begun = True
        self.end_reason = GOING
        self._elapsed_ms = 0
        self._taper_ms = 0
        self._stage = 0
        self._lowest_dA = 0  # until two windows have passed nothing rises
        way = self._way
        self.heat_to_ddegC = way.heat_to_ddegC
        self.cool_to_ddegC = HOT_ddegC
        self.remaining.begin(way)

    def _look(self, way: Way, soc_permille: int, heats: bool, cools: bool, dt_ms: int) -> None:
        """Whether this charge is at its end."""
        self._elapsed_ms += dt_ms
        envelope = self._envelope
        reason = envelope.charge_reason
        little = envelope.charge_dA < way.taper_dA
        if little and (reason == _LAYER_VOLTAGE or (reason == _MAP and not heats and not cools)):
            self._taper_ms += dt_ms
        else:
            self._taper_ms -= dt_ms
            if self._taper_ms < 0:
                self._taper_ms = 0
        if soc_permille >= self.target_permille:
            self.end_reason = TARGET
        elif self._taper_ms >= way.taper_ms:
            self.end_reason = TAPER
        elif self._elapsed_ms >= way.longest_ms:
            self.end_reason = TIME
        if self.end_reason != GOING:
            self.phase = COOLING
            self.planned = False
            self.heat_to_ddegC = COLD_ddegC
            self.cool_to_ddegC = way.cool_to_ddegC if self._cooled else HOT_ddegC
            self._elapsed_ms = 0
            self.remaining.finish()

    def _finish(self, bound: "Bound") -> None:
        """After the end: cold for as long as it helps, then nothing more."""
        if self.phase == COOLING and (bound.hot_ddegC <= self.cool_to_ddegC or self._elapsed_ms >= COOL_MOST_ms):
            self.phase = DONE
            self.cool_to_ddegC = HOT_ddegC

    def _most_dA(self) -> int:
        """What charger and connector allow."""
        return self._charger_dA if self._charger_dA < self._connector_dA else self._connector_dA

    def _limit(self, way: Way) -> int:
        """The limit in force, and what binds."""
        envelope = self._envelope
        limit = envelope.charge_dA
        self.binding = envelope.charge_reason
        k = way.stage(envelope.soc_hi_permille)
        if k > self._stage:
            self._stage = k
        if way.stage_dA[k] < limit:
            limit = way.stage_dA[k]
            self.binding = STAGE
        if self._connector_dA < limit:
            limit = self._connector_dA
            self.binding = CONNECTOR
        if self._charger_dA < limit:
            limit = self._charger_dA
            self.binding = CHARGER
        return limit

    def _aim(self, way: Way, limit: int, soc_permille: int) -> int:
        """What to ask for in the end: nothing that would soon have to be given up faster than the ramp."""
        aim = limit
        stages = way.stage_dA
        k = self._stage
        if k + 1 < len(stages) and stages[k + 1] < self.request_dA:
            after = stages[k + 1]
            falls_dAs = (self.request_dA * self.request_dA - after * after) // (2 * self._ramp_dA_s) + self.request_dA // 2
            if (way.until_permille[k] - self._envelope.soc_hi_permille - 1) * self._permille_dAs <= falls_dAs:
                k += 1
                self._stage = k  # never back in this charge: a window that wavers is not followed
        if stages[k] < aim:
            aim = stages[k]
            self.binding = STAGE
        soon = limit - (limit - self._horizon.charge_limit_dA(_HORIZON_2s)) // 2
        if soon < aim:
            aim = soon
            self.binding = OUTLOOK
        if way.gentle and self._departure_s != NO_DEPARTURE_s:
            needed = way.needed_dA(soc_permille, self.target_permille, self._departure_s - EARLY_s)
            if needed < aim:
                aim = needed
                self.binding = DEPARTURE
        return aim

    def _follow(self, limit: int, aim: int, dt_ms: int) -> None:
        """One round of the way from what is asked for to what is aimed at."""
        step = self._carry + self._ramp_dA_s * dt_ms
        move = step // _PERMILLE
        self._carry = step - move * _PERMILLE
        self._rounds += 1
        if self._rounds >= _WATCHED:
            self._rounds = 0
            self._before_dA = self._lowest_dA
            self._lowest_dA = aim
        elif aim < self._lowest_dA:
            self._lowest_dA = aim
        request = self.request_dA
        low = self._lowest_dA if self._lowest_dA < self._before_dA else self._before_dA
        self._calm += 1
        if self._calm >= _CALM and self._band_dA > _BAND_dA:
            self._calm = _TREMBLES
            self._band_dA -= 1
        if aim < request:
            if self._calm < _TREMBLES:
                self._calm = _TREMBLES
                most = _BAND_MOST_dA + request // _BAND_SHARE
                self._band_dA = most if self._band_dA * 2 > most else self._band_dA * 2
            self._rising = False
            request = aim if aim > request - move else request - move
        elif low > request + self._band_dA or (self._rising and low > request):
            self._rising = True
            self._calm = 0
            request = low if low < request + move else request + move
        else:
            self._rising = False
        self.request_dA = request if request < limit else limit
