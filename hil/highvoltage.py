"""The path between pack and link: contactors, precharge resistor, fuse, link capacitor, inverter and charger.

The link is one capacitor; in each tick its equation is linear with constant sources and is solved exactly,
so precharge is the true exponential and a closed main path (time constant 0.1 ms) is stable. Inverter and
charger are current sources at the link. Positive current charges the pack: regeneration and charger are
positive, driving is negative.
"""

import math
from collections.abc import Mapping

from bms.safety.snapshot import AUXILIARY, NEGATIVE, POSITIVE, PRECHARGE
from bms.schema import Pack, layer_count
from hil.contactors import Contactor
from hil.plant import Plant

BITS: Mapping[str, int] = {
    "negative": NEGATIVE,
    "precharge": PRECHARGE,
    "positive": POSITIVE,
    "auxiliary": AUXILIARY,
}
PATH_ohm = 0.5e-3  # contacts, busbars, fuse; assumed
WATCHDOG_ms = 100
COILS_HOLD_mV = 6000  # below it no coil holds; assumed
STARTING_CURRENT_A = 1e-3  # less than this between link and a resting pack is taken as none
DISCHARGE_s = 1.0  # time constant of the inverter's active discharge; assumed
DISCHARGE_after_ms = 200  # of no coil driven and nothing asked, so that contacts have opened; assumed


class HighVoltage:
    """State of the path. Plain attributes may be set from outside, by faults and by actors:

    fuse (True: intact), interlock_closed, crash, insulation_kohm, insulation_place_permille, supply_mV, charger_plugged. The
    inverter works between `inverter_low_V` and `inverter_high_V` at the link; below and above it takes and gives nothing.
    """

    def __init__(self, pack: Pack, link_V: float = 0.0) -> None:
        cell = pack.cell
        self.link_V = link_V
        self.current_A = 0.0  # mean of the last tick
        self.inverter_A = 0.0  # what the inverter took or gave in the last tick; 0 outside its window
        self.charger_output_V = 0.0
        self.charger_output_A = 0.0
        self.fuse = True
        self.interlock_closed = True
        self.crash = False
        self.insulation_kohm = 20000
        self.insulation_place_permille = 500  # of the layers, from the negative pole, where it is worst
        self.supply_mV = 12000
        self.charger_plugged = False
        self.coil_supply_present = False
        self.dropped = False
        self.mask = 0  # contacts that are closed, as the auxiliary contacts tell
        self.events: list[tuple[float, int]] = []  # (time_s, mask) of every change
        self.breaks: list[tuple[float, str, float]] = []  # (time_s, contactor, current_A) opened under load
        self.contactors = {name: Contactor(name, pack.contactor_delay_ms) for name in BITS}
        self.link_F = pack.link_capacitance_uF * 1e-6
        self.precharge_ohm = pack.precharge_mohm * 1e-3
        layers = layer_count(pack)
        self.inverter_low_V = 0.8 * layers * cell.v_min_mV[2] / 1000
        self.inverter_high_V = layers * cell.v_max_mV[2] / 1000
        self._inverter_on = False
        self._watchdog_counter: int | None = None
        self._watchdog_age_ms = 0
        self._time_ms = 0
        self._coils_off_ms = 0
        self._rows = [(self.contactors[name], bit) for name, bit in BITS.items()]

    def step(
        self,
        coils: int,
        demand_A: float,
        charger_on: bool,
        charger_A: float,
        charger_V: float,
        plant: Plant,
        dt_s: float,
    ) -> float:
        """One tick with the contacts as they are; returns the pack's mean current. They move at the end of it.

        demand_A is what the inverter wants; the charger gives up to charger_A until the link reaches charger_V.
        """
        emf_V, r0_ohm = plant.source()
        path_S = self._path_S(r0_ohm)
        discharges = self._coils_off_ms >= DISCHARGE_after_ms and demand_A == 0.0
        discharge_S = self.link_F / DISCHARGE_s if discharges else 0.0
        inverter_A = self._inverter_A(demand_A)
        was_V, per_F = self.link_V, dt_s / self.link_F

        total_S = path_S + discharge_S
        if total_S > 0.0:
            stays = math.exp(-total_S * per_F)
            ends_V = (emf_V * path_S + inverter_A) / total_S
            link_V = ends_V + (was_V - ends_V) * stays
            per_A = (1.0 - stays) / total_S
        else:
            link_V = was_V + inverter_A * per_F
            per_A = per_F
        given_A = 0.0
        if charger_on and self.charger_plugged:
            given_A = min(max((charger_V - link_V) / per_A, 0.0), charger_A)
            link_V += given_A * per_A

        current_A = 0.0
        low_V = min(was_V, self.inverter_low_V) if inverter_A < 0.0 else 0.0
        high_V = max(was_V, self.inverter_high_V) if inverter_A > 0.0 else math.inf
        held_V = min(max(link_V, low_V), high_V)
        if path_S == 0.0:
            link_V = held_V
        elif held_V != link_V or discharge_S > 0.0:
            link_V = held_V
            current_A = path_S * ((was_V + link_V) / 2 - emf_V)
        else:
            source_A = inverter_A + given_A
            current_A = source_A - (link_V - was_V) / per_F
            if source_A == 0.0 and self.mask & POSITIVE and abs(current_A) < STARTING_CURRENT_A:
                current_A, link_V = 0.0, emf_V
        self.link_V = link_V
        self.current_A = current_A
        self.inverter_A = inverter_A
        self.charger_output_A = given_A
        self.charger_output_V = link_V if self.charger_plugged else 0.0
        self._move_contacts(coils, round(dt_s * 1000))
        return current_A

    def watchdog_fed(self, counter: int) -> None:
        """Called with every watchdog counter from the firmware; one that has changed feeds the relay."""
        if counter != self._watchdog_counter:
            self._watchdog_counter = counter
            self._watchdog_age_ms = 0

    def drop_all(self) -> None:
        """The firmware is gone: coils lose their supply for good."""
        self.dropped = True

    def set_fault(self, contactor: str, kind: str, severity: float = 1.0) -> None:
        """weld, stuck_open, bounce or slow on one contactor. ValueError for what there is not."""
        self._named(contactor).set_fault(kind, severity)
        self._note_contacts()

    def clear_fault(self, contactor: str, kind: str | None = None) -> None:
        """Takes one fault, or all, off a contactor."""
        self._named(contactor).clear_fault(kind)
        self._note_contacts()

    def _named(self, contactor: str) -> Contactor:
        if contactor not in self.contactors:
            raise ValueError(f"contactor {contactor!r}: there are {', '.join(self.contactors)}")
        return self.contactors[contactor]

    def _path_S(self, r0_ohm: float) -> float:
        """Conductance between the pack's emf and the link; 0 where no way is closed."""
        mask = self.mask
        if not mask & NEGATIVE or not self.fuse:
            return 0.0
        if mask & POSITIVE:
            return 1.0 / (r0_ohm + PATH_ohm)
        return 1.0 / (r0_ohm + PATH_ohm + self.precharge_ohm) if mask & PRECHARGE else 0.0

    def _inverter_A(self, demand_A: float) -> float:
        """What the inverter takes or gives: nothing until the link is inside its window with 2 % to spare."""
        link_V = self.link_V
        spare_V = 0.0 if self._inverter_on else 0.02 * self.inverter_low_V
        self._inverter_on = self.inverter_low_V + spare_V < link_V < self.inverter_high_V - spare_V
        return demand_A if self._inverter_on else 0.0

    def _move_contacts(self, coils: int, dt_ms: int) -> None:
        self._time_ms += dt_ms
        self._watchdog_age_ms += dt_ms
        self.coil_supply_present = (
            self._watchdog_counter is not None
            and self._watchdog_age_ms <= WATCHDOG_ms
            and not self.dropped
            and self.supply_mV >= COILS_HOLD_mV
        )
        driven = coils if self.coil_supply_present else 0
        self._coils_off_ms = 0 if driven else self._coils_off_ms + dt_ms
        for contactor, bit in self._rows:
            contactor.step(driven & bit != 0, dt_ms)
        self._note_contacts()

    def _note_contacts(self) -> None:
        mask = 0
        for contactor, bit in self._rows:
            if contactor.closed:
                mask |= bit
        if mask == self.mask:
            return
        opened = self.mask & ~mask
        self.mask = mask
        self.events.append((self._time_ms / 1000, mask))
        if self._path_S(1.0) == 0.0 and self.current_A != 0.0:
            for contactor, bit in self._rows:
                if opened & bit:
                    self.breaks.append((self._time_ms / 1000, contactor.name, self.current_A))
