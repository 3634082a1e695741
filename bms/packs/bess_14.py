"""A stationary pack of the 48 V class: one bipolar stack of 14 layers of 100 Ah, tapped every 2 layers, two temperature probes.

Seven groups; 37.8 to 58.8 V, so below the 60 V of voltage class B (ISO 6469-4) even at the fault of every layer; 4.9 kWh behind
a battery inverter of 5 kW. Synthetic like its cell, the 20 Ah layer in five times the area with the currents of a house:
a house never asks for more than 1.5 C, so more is a fault here. Every number assumed unless a source is named.

`priority` is empty: a house that loses its pack has the grid, and behind an inverter nobody sees a warning for weeks. What the
inverter may do without is bridged by its own deadline of ten minutes instead.

[1] Data sheets of 48 V units of 4.8 to 5 kWh (Pylontech US5000): 80 A for long, 100 A and more for minutes.
[2] Data sheets of 48 V battery inverters: Victron MultiPlus-II works from 38 to 66 V, SMA Sunny Island from 41 to 63 V.
"""

from bms.cells.si_ceramic_20ah import CELL as LAYER
from bms.schema import CELL_FIELDS, Cell, Guards, Inverter, Pack, Sensor, Thermal, replaced, scaled_cell


def _at_most(table: "tuple[int, ...]", most_mC: int) -> "tuple[int, ...]":
    return tuple(min(mC, most_mC) for mC in table)


_CHARGE_mC = 1500
_DISCHARGE_mC = 1500
_PULSE_mC = 2000

_CELL = replaced(
    Cell,
    CELL_FIELDS,
    scaled_cell(LAYER, "si_ceramic_100ah_house", 100000),
    charge_max_mC=_CHARGE_mC,
    charge_maps=tuple((name, tuple(_at_most(row, _CHARGE_mC) for row in rows)) for name, rows in LAYER.charge_maps),
    discharge_cont_mC=_at_most(LAYER.discharge_cont_mC, _DISCHARGE_mC),
    discharge_pulse_mC=_at_most(LAYER.discharge_pulse_mC, _PULSE_mC),
    discharge_trip_mC=3000,
)

PACK = Pack(
    name="bess_14",
    source="synthetic; spread from matching data, sensors from front ends of the 16-bit class, all assumed",
    cell=_CELL,
    charge_map="shipping",
    stacks=1,
    taps=(2, 2, 2, 2, 2, 2, 2),
    probe_stack=(0, 0),
    spread_soc_permille=15,
    soc_match_permille=500,
    spread_capacity_permille=25,
    spread_r_permille=100,
    spread_hyst_permille=80,
    spread_t_ddegC=30,
    group_sensor=Sensor(
        unit="V",
        lsb_u=200,
        noise_u=200,
        offset_u=1500,
        gain_ppm=100,
        low_m=-5000,
        high_m=10000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    stack_sensor=Sensor(
        unit="V",
        lsb_u=2000,
        noise_u=2000,
        offset_u=8000,
        gain_ppm=200,
        low_m=-20000,
        high_m=100000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    pack_sensor=Sensor(
        unit="V",
        lsb_u=5000,
        noise_u=10000,
        offset_u=50000,
        gain_ppm=500,
        low_m=-20000,
        high_m=100000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_a_sensor=Sensor(  # a shunt: 400 A over 16 bits
        unit="A",
        lsb_u=12500,
        noise_u=25000,
        offset_u=50000,
        gain_ppm=5000,
        low_m=-400000,
        high_m=400000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_b_sensor=Sensor(  # a Hall sensor
        unit="A",
        lsb_u=50000,
        noise_u=100000,
        offset_u=500000,
        gain_ppm=15000,
        low_m=-400000,
        high_m=400000,
        latency_ms=5,
        period_ms=10,
        deadline_ms=100,
    ),
    probe_sensor=Sensor(
        unit="K",
        lsb_u=100000,
        noise_u=50000,
        offset_u=1000000,
        gain_ppm=0,
        low_m=-60000,
        high_m=180000,
        latency_ms=50,
        period_ms=100,
        deadline_ms=190,
    ),
    charge_rating_dA=1000,  # [1]
    discharge_rating_dA=1200,  # 5 kW at 42 V
    contactor_break_dA=2000,
    contactor_delay_ms=40,
    feedback_timeout_ms=200,
    open_current_dA=100,  # 0.1 C
    open_timeout_ms=500,
    precharge_mohm=33000,
    link_capacitance_uF=12000,  # input capacitors of one inverter of 5 kW; tau 396 ms, 21 J in the resistor
    precharge_done_permille=970,
    precharge_done_mV=1500,
    precharge_done_mA=500,
    precharge_too_fast_ms=118,  # 0.3 tau: no load there, or a contactor already closed
    precharge_timeout_ms=3000,
    limit_rise_dA_s=100,  # a house waits ten seconds for its full current
    guards=Guards(
        core_mK_W=2,
        sister_rest_mV=(0, 15, 40),
        sister_rest_s=7200,
        sister_load_mV=(60, 120, 300),
        collapse_mV=500,
        rise_ddegC=(6, 10, 20),  # the last: 1 K/s, GB 38031-2025 C.5.3.7
        gradient_ddegC=(60, 80, 120),  # 2.8 MPa/K in ceramic, which stands about 100 MPa
        insulation_ohm_V=(1000, 500, 100),  # ISO 6469-3
        supply_low_mV=(10500, 9000, 7500),
        supply_high_mV=16500,
        coolant_ddegC=750,  # beyond what the loop may be heated to
        coolant_flow_dl_min=0,  # air
        force_N=(65535, 65535, 65535),  # not fitted
        link_apart_mV=2000,
        link_fall_ms=2000,  # active discharge: a tenth in 0.3 s after 0.2 s
        overfill_permille=30,
        break_budget_count=10,
        precharge_attempts=3,
        precharge_cool_ms=30000,
        pull_in_ms=150,
        hold_percent=30,
    ),
    wake_memory_dA=100,  # 0.1 C: the controller stays awake until the pack has relaxed
    command_deadline_ms=300,
    charger_deadline_ms=500,
    inverter=Inverter(
        protocol="victron",
        # Published descriptions and a vendor's manual: 10 is active, 01 is OK. Four open implementations send the reverse, so
        # it is an option of the pack: an inverter that shows every alarm at rest wants 1.
        alarm_active=2,
        charge_voltage_mV=57400,  # 4.10 V a layer: full but for the last 4 %, 100 mV below the operating limit
        discharge_voltage_mV=42000,  # 3.00 V a layer, and what inverters still work at [2]
        fall_dA_s=250,  # from full current to none in four seconds
        zero_dA=0,
        deadline_ms=600000,  # keep-alives may stay away for ten minutes
        manufacturer="BIPOLAR",
        family="BESS14",
    ),
    profile="gentle",  # a night is long enough, and what is charged slowly lasts; in drive the inverter follows CCL and CVL
    request_dA_s=200,
    connector_dA=2000,
    bleed_mA=50,
    thermal=Thermal(
        heater_W=400,  # 2 K a minute, less what a garage takes
        heater_source="pack",  # nobody else is there in a night without sun
        cooler_W=0,  # 1 C makes 16 W a layer at 25 degC, and a house rarely asks for it
        coolant_min_ddegC=150,
        coolant_max_ddegC=700,
        warm_mK_s=100,
        request_permille_s=100,
        band_ddegC=50,
        rate_derate_mK_s=(300, 500),  # normal is up to 0.2 K/s
        gradient_derate_ddegC=(50, 80),  # 2.8 MPa/K in ceramic
        storage_ddegC=(0, 400),
        storage_permille=(300, 600),
        swing_ddegK=400,
        swing_life_count=20000,
        swing_exponent=4,  # Coffin and Manson for brittle joints: 3 to 6
    ),
    priority=(),
    charger_protocol="bms",
)
