"""Who takes part in a scenario, and what its phases ask of them: made from the file and the pack, or refused by field."""

from bms.schema import Pack
from hil.actors.charger import Charger
from hil.actors.elcon import Elcon
from hil.actors.inverter import Inverter
from hil.actors.vehicle import Load, Wish
from hil.actors.wire import database
from hil.errors import BadInput
from hil.profile import load_profile
from hil.scenario import Phase, Scenario
from hil.scenario_tables import INVERTER


def inverter_of(scenario: Scenario, pack: Pack, seed: int) -> Inverter | None:
    """The inverter that the pack offers its limits to. BadInput where a scenario wants one that the pack knows nothing of."""
    if pack.inverter is not None:
        settings = scenario.inverter or {name: field.default for name, field in INVERTER.items()}
        return Inverter(database(pack.inverter.protocol + ".dbc"), pack.inverter, settings, seed)
    days = [phase.name for phase in scenario.phases if phase.day_start_h is not None]
    if scenario.inverter is not None or days:
        where = "[scenario.inverter]" if scenario.inverter is not None else f"[[phase]] {days[0]} day_start_h"
        raise BadInput(f"{scenario.path}: {where}: pack {pack.name} offers its limits to no inverter")
    return None


def charger_of(scenario: Scenario, pack: Pack) -> Charger | Elcon:
    """The charger whose protocol the pack speaks."""
    wire = database(pack.charger_protocol + ".dbc")
    return Elcon(wire, scenario.charger) if pack.charger_protocol == "elcon" else Charger(wire, scenario.charger)


def load_of(phase: Phase, pack: Pack) -> Load | None:
    """What a phase asks the vehicle to draw; None for nothing. BadInput for a profile there is not."""
    capacity_A = pack.cell.capacity_mAh / 1000
    if phase.profile is not None:
        profile, factor_A = load_profile(phase.profile), phase.scale * capacity_A
        start_s = phase.profile_start_s
        return lambda elapsed_s: profile.at(start_s + elapsed_s) * factor_A
    if phase.c_rate is not None:
        current_A = phase.c_rate * capacity_A
        return lambda _: current_A
    return None


def wish_of(phase: Phase, pack: Pack, path: str) -> Wish | None:
    """How the vehicle wants to be charged; None where it says nothing. BadInput for a way that the cell does not have."""
    if phase.charge_profile is None and phase.target_soc is None and phase.departure_s is None:
        return None
    names = [profile.name for profile in pack.cell.profiles]
    if phase.charge_profile is not None and phase.charge_profile not in names:
        said = f"{phase.charge_profile!r} is none of {', '.join(names)}"
        raise BadInput(f"{path}: [[phase]] {phase.name} charge_profile: {said}")
    profile = None if phase.charge_profile is None else names.index(phase.charge_profile)
    return Wish(profile, 1.0 if phase.target_soc is None else phase.target_soc, phase.departure_s)
