"""The format of a scenario file: which table holds which field, one row a field.

A row says what the field takes and what it is where the file is silent; none means that the file may not be silent. States
of charge are fractions, times are seconds from the first tick, positive current charges.
"""

from hil.fields import Field, choice, number

LONGEST_s = 100 * 3600.0
"""The firmware's clock wraps at 2^30 ms, 298 h."""

SCENARIO: dict[str, Field] = {
    "name": Field("word"),
    "title": Field("text"),
    "pack": Field("text"),  # name in bms/packs or path of a .py file
    "map": Field("word", default=None),  # one of the cell's charge maps; silent: the one the pack names
    "seed": Field("count", 0, 2**31 - 1, default=1),
    "soc_true": number(0.0, 1.0),  # mean of the hidden layers
    "soc_stored": number(0.0, 1.0, default=None),  # what the firmware finds in its memory; silent: nothing
    "temperature_degC": number(-40.0, 85.0),
    "coolant_degC": number(-40.0, 85.0, default=None),  # silent: as the pack
    "hysteresis": Field("number", -1.0, 1.0, ("unknown",)),  # of the plant; unknown: drawn by the seed
    "spread": choice("drawn", "none", "corner", "worst_high", "worst_low", default="drawn"),  # of the layers
    "relax": Field("flag", default=False),  # the slow voltage that no model knows
}
SENSOR_ERROR: dict[str, Field] = {  # [scenario.sensors.current_a]: constant errors of sound sensors
    "gain": number(0.5, 2.0, default=1.0),
    "offset_A": number(-100.0, 100.0, default=0.0),
    "offset_V": number(-100.0, 100.0, default=0.0),
    "offset_K": number(-100.0, 100.0, default=0.0),
}
VEHICLE: dict[str, Field] = {  # [scenario.vehicle]
    "reaction_ms": Field("count", 0, 1000, default=50),  # from new limits to the current that follows
}
CHARGER: dict[str, Field] = {  # [scenario.charger]
    "slew_A_s": number(0.1, 10_000.0, default=100.0),
    "current_max_A": number(0.0, 2000.0, default=500.0),
    "voltage_max_V": number(0.0, 2000.0, default=1000.0),
    "power_W": number(1.0, 1e7, default=None),  # of pack and heater together; silent: whatever is asked for
}
THERMAL: dict[str, Field] = {  # [scenario.thermal]: heater, chiller and a loop that they warm; silent: a coolant without end
    "ambient_degC": number(-50.0, 85.0, default=None),  # silent: as the pack
    "loop_J_K": number(10.0, 1e7, default=None),  # silent: as hil.actors.thermal says for a pack of this size
    "ambient_W_K": number(0.0, 1e4, default=None),  # likewise
}
INVERTER: dict[str, Field] = {  # [scenario.inverter], for a pack that has one
    "reaction_ms": Field("count", 0, 5000, default=100),  # from new limits to the current that follows
    "slew_A_s": number(0.1, 10_000.0, default=200.0),
    "power_W": number(1.0, 1e6, default=5000.0),  # rated, either way
    "pv_peak_W": number(0.0, 1e6, default=5000.0),  # of the panels, in a day of the house
}
PHASE_KINDS = ("idle", "drive", "rest", "charge", "open")
PHASE: dict[str, Field] = {
    "name": Field("word"),
    "kind": choice(*PHASE_KINDS),
    "duration_s": number(0.01, LONGEST_s),
    "profile": Field("text", default=None),  # measured load, time against C-rate; drive only
    "profile_start_s": number(0.0, LONGEST_s, default=0.0),
    "scale": number(-100.0, 100.0, default=1.0),  # on the profile
    "c_rate": number(-100.0, 100.0, default=None),  # constant load in place of a profile; negative discharges
    "day_start_h": number(0.0, 24.0, default=None),  # house and sun from that hour on, in place of either; needs an inverter
    "reset_faults": Field("flag", default=False),  # asks for a reset of latched faults as the phase begins
    "charge_profile": Field("word", default=None),  # one of the cell's ways to charge; silent: the pack's own; charge only
    "target_soc": number(0.0, 1.0, default=None),  # where the vehicle wants the charge to end; silent: full
    "departure_s": number(0.0, 262_142.0, default=None),  # from the begin of the phase; silent: the vehicle does not say
}
FAULT: dict[str, Field] = {
    "target": Field("text"),  # "group:2", "current_a", "frame:VCU_COMMAND": hil list shows them
    "type": Field("word"),
    "at_s": number(0.0, LONGEST_s, default=None),  # from the first tick ...
    "phase": Field("word", default=None),  # ... or from the begin of a phase
    "offset_s": number(0.0, LONGEST_s, default=0.0),
    "duration_s": number(0.01, LONGEST_s, default=None),  # silent: to the end
    "severity": number(-1e6, 1e6, default=1.0),
    "ramp_s": number(0.0, LONGEST_s, default=0.0),
}
_SIDE = choice("both", "charge", "discharge", default="both")
_LIMIT_s = number(0.0, LONGEST_s)
EXPECT: dict[str, dict[str, Field]] = {
    "no_violation": {},  # no true layer left its limits
    "no_fault": {},
    "no_fault_before_injection": {},
    "fault_named": {"fault": Field("word"), "where": Field("count", 0, 254, default=None)},  # as first cause
    "disturbance_felt": {"limit": Field("count", 1, 10**9, default=1)},  # samples or frames changed
    "reaction_ms": {"limit": number(0.0, 1e6), "side": _SIDE},  # injection to zero limits on the wire
    "reached": {"state": Field("word"), "phase": Field("word"), "limit": _LIMIT_s},  # from the phase's begin
    "contactors_open_at_end": {},
    "contactors_closed_at_end": {},
    "charge_moved": {"phase": Field("word"), "limit": number(0.0, 1e6)},  # at least so many Ah, either sign
    "charge_refused": {"phase": Field("word"), "limit": number(0.0, 1e6)},  # at most so many Ah, either sign
    "told": {"fault": Field("word"), "severity": Field("word"), "where": Field("count", 0, 254, default=None)},
    "charge_moved_at_most": {"phase": Field("word"), "limit": number(0.0, 1e6)},  # likewise
    "soc_error_end": {"limit": number(0.0, 1.0)},
    "cvl_respected": {"limit": number(0.0, 100.0)},  # link above what the inverter may charge to, at most so many V
    "inverter_obeyed": {"limit": number(0.0, 1000.0)},  # current beyond the limits it was offered, at most so many A
    "soc_inside_interval": {},  # the true one inside the published one, always
    "filter_corrected": {"limit": number(0.0, 1.0)},  # the first estimate was wrong by at least this
    "charged": {"phase": Field("word"), "soc": number(0.0, 1.0), "limit": _LIMIT_s},  # true SoC, from its begin
    "warmed": {"phase": Field("word"), "degC": number(-40.0, 100.0), "limit": _LIMIT_s},  # the coldest layer, likewise
    "cooled": {"phase": Field("word"), "degC": number(-40.0, 100.0), "limit": _LIMIT_s},  # the hottest layer, likewise
    "charge_ended": {"phase": Field("word"), "end": Field("word"), "limit": _LIMIT_s},  # by target, taper or time
    "remaining_told": {"phase": Field("word"), "limit": number(0.0, 10.0)},  # error of the time left, see hil.judge_charge
    "heat_balance": {"limit": number(0.0, 1.0, default=0.005)},  # energy in, stored and lost differ by this share at most
}
