"""A car's pack: ten bipolar stacks of 24 layers of 100 Ah in series, tapped every 6 layers, two temperature probes a stack.

240 layers seen as 40 groups; about 830 V. Synthetic like its cell, which is the 20 Ah layer in five times the area; every
number assumed unless a source is named.

`priority` is empty: a car whose contactors open rolls to a stop, so in drive and in charge alike every fault weighs what the
table says. What only warns or derates there is what a driver can be told of in time.
"""

from bms.cells.si_ceramic_20ah import CELL
from bms.schema import Guards, Pack, Sensor, Thermal, scaled_cell

PACK = Pack(
    name="ev_240",
    source="synthetic; spread from matching data, sensors from front ends of the 16-bit class, all assumed",
    cell=scaled_cell(CELL, "si_ceramic_100ah", 100000),
    charge_map="shipping",
    stacks=10,
    taps=(6, 6, 6, 6),
    probe_stack=(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9),
    spread_soc_permille=15,
    soc_match_permille=500,
    spread_capacity_permille=25,
    spread_r_permille=100,
    spread_hyst_permille=80,
    spread_t_ddegC=30,
    group_sensor=Sensor(
        unit="V",
        lsb_u=1000,
        noise_u=500,
        offset_u=2000,
        gain_ppm=100,
        low_m=-5000,
        high_m=40000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    stack_sensor=Sensor(
        unit="V",
        lsb_u=2000,
        noise_u=3000,
        offset_u=10000,
        gain_ppm=200,
        low_m=-20000,
        high_m=160000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    pack_sensor=Sensor(
        unit="V",
        lsb_u=50000,
        noise_u=100000,
        offset_u=400000,
        gain_ppm=500,
        low_m=-20000,
        high_m=1200000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_a_sensor=Sensor(
        unit="A",
        lsb_u=50000,
        noise_u=100000,
        offset_u=300000,
        gain_ppm=10000,
        low_m=-1600000,
        high_m=1600000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_b_sensor=Sensor(
        unit="A",
        lsb_u=200000,
        noise_u=400000,
        offset_u=1000000,
        gain_ppm=15000,
        low_m=-1600000,
        high_m=1600000,
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
    charge_rating_dA=8000,  # 8 C
    discharge_rating_dA=10000,  # 10 C
    contactor_break_dA=20000,
    contactor_delay_ms=40,
    feedback_timeout_ms=200,
    open_current_dA=100,  # 0.1 C
    open_timeout_ms=500,
    precharge_mohm=100000,
    link_capacitance_uF=1500,  # tau 150 ms
    precharge_done_permille=970,
    precharge_done_mV=30000,
    precharge_done_mA=1500,
    precharge_too_fast_ms=45,
    precharge_timeout_ms=1500,
    limit_rise_dA_s=2000,
    guards=Guards(
        core_mK_W=4,  # five times the area of the 20 Ah layer
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
        coolant_flow_dl_min=20,
        force_N=(65535, 65535, 65535),  # not fitted
        link_apart_mV=32000,
        link_fall_ms=2000,  # active discharge: a tenth in 0.3 s after 0.2 s
        overfill_permille=30,
        break_budget_count=10,
        precharge_attempts=3,
        precharge_cool_ms=20000,
        pull_in_ms=150,
        hold_percent=30,
    ),
    wake_memory_dA=100,  # 0.1 C: the controller stays awake until the pack has relaxed
    command_deadline_ms=300,
    charger_deadline_ms=500,
    inverter=None,
    profile="thermally_modulated",  # whoever stops at a fast charger waits for it: warm first, and cool again on the way
    request_dA_s=1000,  # full current in five seconds, as good chargers slew
    connector_dA=5000,
    bleed_mA=100,
    thermal=Thermal(
        heater_W=60000,  # 0.3 K/s in 240 layers of 805 J/K
        heater_source="charger",  # it has 400 kW to spare while the pack is too cold to take them
        cooler_W=60000,  # 5 C makes half of that in the layers at 45 degC
        coolant_min_ddegC=150,
        coolant_max_ddegC=700,
        warm_mK_s=300,
        request_permille_s=100,
        band_ddegC=25,
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
