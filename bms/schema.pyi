"""Typed view of schema.py: the same fields in the same order, for mypy and for editors."""

from typing import Any, NamedTuple, TypeVar

_Record = TypeVar("_Record", bound=tuple[Any, ...])

COLD_ddegC: int
HOT_ddegC: int
SOC_KNOTS: int
CELL_FIELDS: tuple[str, ...]
PROFILE_FIELDS: tuple[str, ...]
FILTER_FIELDS: tuple[str, ...]
SENSOR_FIELDS: tuple[str, ...]
INVERTER_FIELDS: tuple[str, ...]
GUARDS_FIELDS: tuple[str, ...]
THERMAL_FIELDS: tuple[str, ...]
PACK_FIELDS: tuple[str, ...]

class Profile(NamedTuple):
    name: str
    kind: str
    stages: tuple[tuple[int, int], ...]
    heat_to_ddegC: int
    cool_to_ddegC: int
    taper_mC: int
    taper_s: int
    longest_s: int

class Filter(NamedTuple):
    gain_permille: int
    offset_mC: int
    table_mV: int
    span_permille: int
    table_s: int
    reading_mV: int
    reading_ms: int
    fast_permille: int
    skew_permille: int
    slow_permille: int
    drag_permille: int
    r_permille: int
    r_s: int
    r_ddegK: int
    colder_permille_K: int
    settle_s: int
    hyst_permille: int

class Cell(NamedTuple):
    name: str
    source: str
    chemistry: str
    capacity_mAh: int
    ocv_mV: tuple[int, ...]
    hyst_mV: tuple[int, ...]
    hyst_gamma_permille: int
    relax_mV: int
    relax_gamma_permille: int
    relax_tau_s: int
    entropy_uV_K: tuple[int, ...]
    t_ref_ddegC: int
    r0_uohm: tuple[int, ...]
    r1_uohm: tuple[int, ...]
    tau1_ms: tuple[int, ...]
    r2_uohm: tuple[int, ...]
    tau2_ms: tuple[int, ...]
    r_ddegC: tuple[int, ...]
    r0_permille: tuple[int, ...]
    r1_permille: tuple[int, ...]
    r2_permille: tuple[int, ...]
    ea_J_mol: tuple[int, int, int]
    heat_capacity_J_K: int
    mass_g: int
    self_discharge_ppm_h: int
    v_max_mV: tuple[int, int, int]
    v_min_mV: tuple[int, int, int]
    v_deep_mV: int
    t_charge_max_ddegC: tuple[int, int, int]
    t_charge_min_ddegC: tuple[int, int, int]
    t_discharge_max_ddegC: tuple[int, int, int]
    t_discharge_min_ddegC: tuple[int, int, int]
    t_stop_ddegC: tuple[int, int, int]
    charge_max_mC: int
    charge_trip_permille: int
    map_ddegC: tuple[int, ...]
    map_soc_permille: tuple[int, ...]
    charge_maps: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]
    discharge_ddegC: tuple[int, ...]
    discharge_cont_mC: tuple[int, ...]
    discharge_pulse_mC: tuple[int, ...]
    discharge_trip_mC: int
    discharge_low_soc_permille: int
    profiles: tuple[Profile, ...]
    filter: Filter

class Sensor(NamedTuple):
    unit: str
    lsb_u: int
    noise_u: int
    offset_u: int
    gain_ppm: int
    low_m: int
    high_m: int
    latency_ms: int
    period_ms: int
    deadline_ms: int

class Inverter(NamedTuple):
    protocol: str
    alarm_active: int
    charge_voltage_mV: int
    discharge_voltage_mV: int
    fall_dA_s: int
    zero_dA: int
    deadline_ms: int
    manufacturer: str
    family: str

class Guards(NamedTuple):
    core_mK_W: int
    sister_rest_mV: tuple[int, int, int]
    sister_rest_s: int
    sister_load_mV: tuple[int, int, int]
    collapse_mV: int
    rise_ddegC: tuple[int, int, int]
    gradient_ddegC: tuple[int, int, int]
    insulation_ohm_V: tuple[int, int, int]
    supply_low_mV: tuple[int, int, int]
    supply_high_mV: int
    coolant_ddegC: int
    coolant_flow_dl_min: int
    force_N: tuple[int, int, int]
    link_apart_mV: int
    link_fall_ms: int
    overfill_permille: int
    break_budget_count: int
    precharge_attempts: int
    precharge_cool_ms: int
    pull_in_ms: int
    hold_percent: int

class Thermal(NamedTuple):
    heater_W: int
    heater_source: str
    cooler_W: int
    coolant_min_ddegC: int
    coolant_max_ddegC: int
    warm_mK_s: int
    request_permille_s: int
    band_ddegC: int
    rate_derate_mK_s: tuple[int, int]
    gradient_derate_ddegC: tuple[int, int]
    storage_ddegC: tuple[int, int]
    storage_permille: tuple[int, int]
    swing_ddegK: int
    swing_life_count: int
    swing_exponent: int

class Pack(NamedTuple):
    name: str
    source: str
    cell: Cell
    charge_map: str
    stacks: int
    taps: tuple[int, ...]
    probe_stack: tuple[int, ...]
    spread_soc_permille: int
    soc_match_permille: int
    spread_capacity_permille: int
    spread_r_permille: int
    spread_hyst_permille: int
    spread_t_ddegC: int
    group_sensor: Sensor
    stack_sensor: Sensor
    pack_sensor: Sensor
    current_a_sensor: Sensor
    current_b_sensor: Sensor | None
    probe_sensor: Sensor
    charge_rating_dA: int
    discharge_rating_dA: int
    contactor_break_dA: int
    contactor_delay_ms: int
    feedback_timeout_ms: int
    open_current_dA: int
    open_timeout_ms: int
    precharge_mohm: int
    link_capacitance_uF: int
    precharge_done_permille: int
    precharge_done_mV: int
    precharge_done_mA: int
    precharge_too_fast_ms: int
    precharge_timeout_ms: int
    limit_rise_dA_s: int
    guards: Guards
    wake_memory_dA: int
    command_deadline_ms: int
    charger_deadline_ms: int
    inverter: Inverter | None
    profile: str
    request_dA_s: int
    connector_dA: int
    bleed_mA: int
    thermal: Thermal
    priority: tuple[tuple[str, int], ...]
    charger_protocol: str

def replaced(make: type[_Record], fields: tuple[str, ...], record: _Record, **changes: object) -> _Record: ...
def scaled_cell(cell: Cell, name: str, capacity_mAh: int) -> Cell: ...
def charge_map(pack: Pack) -> tuple[tuple[int, ...], ...]: ...
def layers_per_stack(pack: Pack) -> int: ...
def group_count(pack: Pack) -> int: ...
def layer_count(pack: Pack) -> int: ...
