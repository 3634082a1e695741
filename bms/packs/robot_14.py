"""A robot's pack: one bipolar stack of 14 layers of 15 Ah, tapped every 2 layers, two temperature probes, one current sensor.

Seven groups; 37.8 to 58.8 V, below the 60 V of voltage class B (ISO 6469-4) even at the fault of every layer; about 720 Wh.
It brakes as often as it runs, so it may be charged as fast as its cell stands; it starts cold in stores and yards, so it warms
itself. Synthetic like its cell, the 20 Ah layer in three quarters of the area; every number assumed unless a source is named.

`priority` is empty: a robot that loses its power stands still, which harms nobody; so every fault opens as the table says, and
what the one current sensor cannot show (hil check lists it) has nothing that could stand in for it.
"""

from bms.cells.si_ceramic_20ah import CELL
from bms.schema import Guards, Pack, Sensor, Thermal, scaled_cell

PACK = Pack(
    name="robot_14",
    source="synthetic; spread from matching data, sensors from front ends of the 16-bit class, all assumed",
    cell=scaled_cell(CELL, "si_ceramic_15ah", 15000),
    charge_map="simulator",  # the whole map: braking is short, and the voltage term guards a full pack
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
        lsb_u=500,
        noise_u=300,
        offset_u=1500,
        gain_ppm=100,  # divider and reference tracking 5 ppm/K over 20 K
        low_m=-5000,
        high_m=12000,
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
    current_a_sensor=Sensor(  # a shunt: 250 A over 16 bits
        unit="A",
        lsb_u=8000,
        noise_u=15000,
        offset_u=30000,
        gain_ppm=5000,
        low_m=-250000,
        high_m=250000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_b_sensor=None,
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
    charge_rating_dA=1200,  # 8 C: what four motors brake with at once
    discharge_rating_dA=1200,
    contactor_break_dA=1200,
    contactor_delay_ms=20,
    feedback_timeout_ms=200,
    open_current_dA=15,  # 0.1 C
    open_timeout_ms=500,
    precharge_mohm=22000,
    link_capacitance_uF=4700,  # of the motors' inverters; tau 103 ms
    precharge_done_permille=970,
    precharge_done_mV=1500,
    precharge_done_mA=300,
    precharge_too_fast_ms=31,  # 0.3 tau: no load there, or a contactor already closed
    precharge_timeout_ms=1000,
    limit_rise_dA_s=1200,  # a gripper cannot wait
    guards=Guards(
        core_mK_W=9,  # 14 layers cooled on both ends: n^2 d / 8 k A = 196 x 115 um / (8 x 0.9 W/mK x 0.375 m2)
        sister_rest_mV=(0, 15, 40),
        sister_rest_s=7200,
        sister_load_mV=(60, 120, 300),
        collapse_mV=500,
        rise_ddegC=(6, 10, 20),  # the last: 1 K/s, GB 38031-2025 C.5.3.7
        gradient_ddegC=(60, 80, 120),  # 2.8 MPa/K in ceramic, which stands about 100 MPa
        insulation_ohm_V=(1000, 500, 100),  # ISO 6469-3
        supply_low_mV=(10500, 9000, 7500),
        supply_high_mV=16500,
        coolant_ddegC=600,
        coolant_flow_dl_min=0,  # air
        force_N=(65535, 65535, 65535),  # not fitted
        link_apart_mV=2000,
        link_fall_ms=2000,  # active discharge: a tenth in 0.3 s after 0.2 s
        overfill_permille=30,
        break_budget_count=10,
        precharge_attempts=3,
        precharge_cool_ms=20000,
        pull_in_ms=150,
        hold_percent=30,
    ),
    wake_memory_dA=15,  # 0.1 C: the controller stays awake until the pack has relaxed
    command_deadline_ms=300,
    charger_deadline_ms=500,
    inverter=None,
    profile="map_limited",  # a dock has no coolant, and between two errands nobody waits for a pack to warm
    request_dA_s=600,
    connector_dA=600,  # spring contacts of a dock
    bleed_mA=20,
    thermal=Thermal(
        heater_W=150,  # 0.2 C: a pack at -30 degC may give 0.3 C
        heater_source="pack",
        cooler_W=0,
        coolant_min_ddegC=150,
        coolant_max_ddegC=600,
        warm_mK_s=150,  # 150 W in 1.7 kJ/K are 89
        request_permille_s=200,
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
