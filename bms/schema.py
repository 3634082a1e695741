"""What a cell and a pack are: total, frozen records of integers. A forgotten field is a TypeError at import.

Units stand in the names. `_permille` is a thousandth of the reference value, `_mC` a thousandth of the C-rate (20 mC of a
20 Ah cell is 0.4 A). Triples of limits read (info, warning, fault). Tables over SoC have 21 knots from 0 to 1000 permille.
Positive current charges. The typed view of the same fields is schema.pyi; a test holds the two together.
"""

from collections import namedtuple

COLD_ddegC = -2000
"""A temperature that no layer is below: a profile that heats to this does not heat."""
HOT_ddegC = 2000
"""A temperature that no layer is above: a profile that cools to this does not cool."""

SOC_KNOTS = 21
"""Knots of every table over SoC: 0, 50 ... 1000 permille."""

CELL_FIELDS = (
    "name",
    "source",
    "chemistry",
    "capacity_mAh",
    # open-circuit voltage, 21 knots, at t_ref_ddegC
    "ocv_mV",  # middle between the charge and the discharge branch
    "hyst_mV",  # half the distance of the branches, M(SoC)
    "hyst_gamma_permille",  # rate of change of branch, 1/SoC * 1000: dh = gamma * |dSoC| * (sign - h)
    "relax_mV",  # slow voltage that follows no state of the model: margin of every inverse of the OCV
    "relax_gamma_permille",  # the plant's optional truth for relax_mV: how it builds up with charge ...
    "relax_tau_s",  # ... and how it decays
    "entropy_uV_K",  # dOCV/dT, 21 knots
    "t_ref_ddegC",
    # resistance, 21 knots each at t_ref_ddegC, of one cell
    "r0_uohm",
    "r1_uohm",
    "tau1_ms",
    "r2_uohm",
    "tau2_ms",
    # resistance over temperature: factor in permille of the value at t_ref_ddegC
    "r_ddegC",
    "r0_permille",
    "r1_permille",
    "r2_permille",
    "ea_J_mol",  # activation energies (R0, R1, R2) behind the three factors; the plant uses these
    # heat
    "heat_capacity_J_K",
    "mass_g",
    # ageing at rest
    "self_discharge_ppm_h",  # largest in the temperature window, of capacity
    # limits of one layer: (info, warning, fault)
    "v_max_mV",
    "v_min_mV",
    "v_deep_mV",  # below this the cell is never charged again
    "t_charge_max_ddegC",
    "t_charge_min_ddegC",
    "t_discharge_max_ddegC",
    "t_discharge_min_ddegC",
    "t_stop_ddegC",  # any mode
    "charge_max_mC",  # whatever the map says
    "charge_trip_permille",  # of the map: beyond it the contactors open
    # charge current, continuous: maps of mC, one row a temperature, one column a SoC
    "map_ddegC",
    "map_soc_permille",
    "charge_maps",  # ((name, rows), ...); the first is what ships
    # discharge current over temperature
    "discharge_ddegC",
    "discharge_cont_mC",
    "discharge_pulse_mC",
    "discharge_trip_mC",
    "discharge_low_soc_permille",  # below it the discharge limit falls in proportion
    "profiles",  # ways to charge: a tuple of Profile, each with a name of its own
    "filter",  # how far the model of this chemistry is to be trusted
)
Cell = namedtuple("Cell", CELL_FIELDS)

PROFILE_FIELDS = (  # a way to charge: it asks for no more than the limits in force, whatever stands here
    "name",
    "kind",  # cc_cv, multistage, map_limited, thermally_modulated or gentle
    "stages",  # ((SoC in permille up to which, current in mC), ...), rising to 1000: no more is asked for
    "heat_to_ddegC",  # the coldest layer is warmed to this, at most; COLD_ddegC where the profile does not heat
    "cool_to_ddegC",  # the hottest layer is cooled to this after the charge; HOT_ddegC where it does not cool
    "taper_mC",  # a charge ends where less than this has been allowed ...
    "taper_s",  # ... for so long
    "longest_s",  # or after so long
)
Profile = namedtuple("Profile", PROFILE_FIELDS)

FILTER_FIELDS = (  # standard deviations of what the SoC filter does not know: one set a family of chemistry
    "gain_permille",  # of the charge counted, over a whole swing
    "offset_mC",  # current that flows and is not counted, over an hour
    "table_mV",  # the OCV table's error ...
    "span_permille",  # ... which is another one so much SoC away ...
    "table_s",  # ... or so much later: what relaxes after a stop is taken for one, too
    "reading_mV",  # fast error of a reading ...
    "reading_ms",  # ... which lasts for so long
    "fast_permille",  # more of it, of the overvoltage
    "skew_permille",  # more of it, of what R0 makes of a change of current: readings not of the same instant
    "slow_permille",  # of the overvoltage of the RC elements, for as long as these last
    "drag_permille",  # of the slower of them, for as long as an error of the table
    "r_permille",  # of all resistances together ...
    "r_s",  # ... which are others so much later ...
    "r_ddegK",  # ... or so much warmer or colder
    "colder_permille_K",  # more of the overvoltage's and the resistances' for each kelvin below t_ref_ddegC
    "settle_s",  # time that a SoC known to 15 % takes to be found
    "hyst_permille",  # of the hysteresis state, once a branch has been left and reached again
)
Filter = namedtuple("Filter", FILTER_FIELDS)

SENSOR_FIELDS = (
    "unit",  # V, A or K: `u` below is a millionth of it, `m` a thousandth
    "lsb_u",
    "noise_u",  # one sigma; the error budget counts four
    "offset_u",  # bound, either sign
    "gain_ppm",  # bound, either sign, ageing and temperature drift included
    "low_m",
    "high_m",
    "latency_ms",
    "period_ms",
    "deadline_ms",  # older than this is stale
)
Sensor = namedtuple("Sensor", SENSOR_FIELDS)

INVERTER_FIELDS = (
    "protocol",  # victron, pylontech or sma
    "alarm_active",  # the two bits of 0x35A that say an alarm is active, 1 or 2; the other of the two says it is not
    "charge_voltage_mV",  # of the whole pack: what the inverter may charge to
    "discharge_voltage_mV",  # of the whole pack: where it stops discharging
    "fall_dA_s",  # ramp of the offered current limits downwards; upwards they follow limit_rise_dA_s
    "zero_dA",  # what says no current: 0, or 1 where an inverter takes a zero for no word
    "deadline_ms",  # silence after which the inverter counts as lost
    "manufacturer",  # as it is sent, ASCII, up to 8
    "family",  # likewise
)
Inverter = namedtuple("Inverter", INVERTER_FIELDS)

GUARDS_FIELDS = (
    "core_mK_W",  # how much hotter than any probe a layer inside a stack can be, for each W of heat in every layer
    # triples are (info, warning, fault)
    "sister_rest_mV",  # of one layer, beyond what the declared spread explains, after `sister_rest_s` without current
    "sister_rest_s",
    "sister_load_mV",  # the same at any time
    "collapse_mV",  # of one layer, lost within 100 ms
    "rise_ddegC",  # of one probe within two seconds
    "gradient_ddegC",  # between two layers of a stack
    "insulation_ohm_V",  # of the pack's voltage
    "supply_low_mV",  # of the controller and its coils
    "supply_high_mV",
    "coolant_ddegC",  # at the inlet
    "coolant_flow_dl_min",  # least; 0 where nothing has to flow
    "force_N",  # of a stack on its frame
    "link_apart_mV",  # link and pack, contactors closed, or charger and link
    "link_fall_ms",  # time in which a link that is let go has lost a tenth of its voltage
    "overfill_permille",  # of capacity, beyond the room that the SoC interval leaves
    "break_budget_count",  # openings under load that contactors may have behind them: with one more they stay open
    "precharge_attempts",  # that the resistor stands in a row ...
    "precharge_cool_ms",  # ... each of which it feels for so long
    "pull_in_ms",  # full coil current, before ...
    "hold_percent",  # ... the economiser holds with this
)
Guards = namedtuple("Guards", GUARDS_FIELDS)

THERMAL_FIELDS = (
    "heater_W",  # of the whole pack, at full request; 0 where none is fitted
    "heater_source",  # who feeds it: charger, pack (while it may discharge) or supply (always)
    "cooler_W",  # heat that is taken out at full request, the coolant at its coldest; 0 where none is fitted
    "coolant_min_ddegC",  # what the loop may be cooled to ...
    "coolant_max_ddegC",  # ... and heated to
    "warm_mK_s",  # most that heating may warm the layers by
    "request_permille_s",  # ramp of a request for heat or cold, either way
    "band_ddegC",  # by which a request goes beyond where it began before it ends
    "rate_derate_mK_s",  # (from here on current limits fall, here they are nothing): rise of the hottest layer
    "gradient_derate_ddegC",  # the same for the difference between two layers of a stack
    "storage_ddegC",  # (lowest, highest) at which a pack is well kept
    "storage_permille",  # likewise
    "swing_ddegK",  # a swing of temperature between two turns of this size ...
    "swing_life_count",  # ... is stood so many times by what joins the layers ...
    "swing_exponent",  # ... and one of another size by the power of their ratio; 1 to 6
)
Thermal = namedtuple("Thermal", THERMAL_FIELDS)

PACK_FIELDS = (
    "name",
    "source",
    "cell",
    "charge_map",  # name of one of the cell's charge_maps
    "stacks",
    "taps",  # layers of each group of one stack, in order
    "probe_stack",  # stack of every temperature probe
    # hard bounds of a layer against its nominal value, not sigmas
    "spread_soc_permille",  # at soc_match_permille
    "soc_match_permille",  # SoC of the mean layer at which the layers were matched
    "spread_capacity_permille",
    "spread_r_permille",
    "spread_hyst_permille",
    "spread_t_ddegC",  # any layer of a stack against any probe of it, beyond the sensor's error
    # sensors
    "group_sensor",
    "stack_sensor",
    "pack_sensor",  # string of stacks and link
    "current_a_sensor",
    "current_b_sensor",  # None where not fitted
    "probe_sensor",
    # high-voltage path
    "charge_rating_dA",
    "discharge_rating_dA",
    "contactor_break_dA",  # above it opening wears the contacts
    "contactor_delay_ms",
    "feedback_timeout_ms",
    "open_current_dA",  # opening under ramp waits for less than this ...
    "open_timeout_ms",  # ... but not longer
    "precharge_mohm",
    "link_capacitance_uF",
    "precharge_done_permille",  # link against pack voltage
    "precharge_done_mV",  # ... and not farther apart than this
    "precharge_done_mA",  # ... and no more current than this
    "precharge_too_fast_ms",
    "precharge_timeout_ms",
    "limit_rise_dA_s",  # ramp of published limits upwards; downwards there is none
    "guards",  # limits of what is not a layer, and of layers against each other
    "wake_memory_dA",  # mean current of the last minutes before waking that relaxation must be reckoned with
    # dialogue
    "command_deadline_ms",
    "charger_deadline_ms",
    "inverter",  # whom the pack offers its limits to; None where there is none
    "profile",  # name of one of the cell's profiles: what a charge follows until the vehicle names another
    "request_dA_s",  # ramp of the current that a charger is asked for, upwards, and downwards unless a limit falls faster
    "connector_dA",  # most that plug and cable carry
    "bleed_mA",  # current of a bleeder across one group; 0 where there are none
    "thermal",  # heater, cooler, and what heat and cold do to the layers
    "priority",  # ((fault, severity), ...): where this pack's purpose has a fault weigh less than the table says
    "charger_protocol",  # bms: our own protected frames; elcon: those of Elcon and TC chargers
)
Pack = namedtuple("Pack", PACK_FIELDS)


def replaced(make, fields, record, **changes):
    """A copy of `record` (a `make`, whose fields are `fields`) with some fields changed. TypeError for an unknown one."""
    values = {}
    for name in fields:
        values[name] = getattr(record, name)
    for name in changes:
        if name not in values:
            raise TypeError("no field " + name)
        values[name] = changes[name]
    return make(**values)


def scaled_cell(cell, name, capacity_mAh):
    """The same chemistry in another size: resistance falls and heat capacity grows in proportion to capacity.

    Raises ValueError where a resistance would round away by more than 1 %.
    """

    def resistance(table):
        out = tuple((r * cell.capacity_mAh + capacity_mAh // 2) // capacity_mAh for r in table)
        if min(out) < 50:
            raise ValueError(name + ": resistances below 50 uohm lose more than 1 % to rounding")
        return out

    return replaced(
        Cell,
        CELL_FIELDS,
        cell,
        name=name,
        source=cell.source + "; scaled from " + cell.name,
        capacity_mAh=capacity_mAh,
        r0_uohm=resistance(cell.r0_uohm),
        r1_uohm=resistance(cell.r1_uohm),
        r2_uohm=resistance(cell.r2_uohm),
        heat_capacity_J_K=cell.heat_capacity_J_K * capacity_mAh // cell.capacity_mAh,
        mass_g=cell.mass_g * capacity_mAh // cell.capacity_mAh,
    )


def charge_map(pack):
    """Rows of the pack's charge map in mC: one row a map_ddegC, one column a map_soc_permille. KeyError: unknown name."""
    for name, rows in pack.cell.charge_maps:
        if name == pack.charge_map:
            return rows
    raise KeyError(pack.name + ": no charge map " + pack.charge_map)


def layers_per_stack(pack):
    """Layers in series inside one stack."""
    return sum(pack.taps)


def group_count(pack):
    """Measured groups of the whole pack; groups 0 ... len(taps)-1 belong to stack 0, and so on."""
    return pack.stacks * len(pack.taps)


def layer_count(pack):
    """Layers in series of the whole pack."""
    return pack.stacks * sum(pack.taps)
