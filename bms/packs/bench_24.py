"""The bench's pack: one bipolar stack of 24 layers of 20 Ah, tapped every 6 layers, 8 temperature probes.

Four groups of six layers that the BMS can measure, 24 that it cannot; about 86 V. Synthetic: spread, sensors and high-voltage
path are those of good automotive parts, every number assumed unless a source is named.
"""

from bms.cells.si_ceramic_20ah import CELL
from bms.schema import Guards, Pack, Sensor, Thermal

PACK = Pack(
    name="bench_24",
    source="synthetic; spread from matching data, sensors from front ends of the 16-bit class, all assumed",
    cell=CELL,
    charge_map="shipping",
    stacks=1,
    taps=(6, 6, 6, 6),
    probe_stack=(0, 0, 0, 0, 0, 0, 0, 0),
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
        gain_ppm=100,  # divider and reference tracking 5 ppm/K over 20 K
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
        lsb_u=10000,
        noise_u=20000,
        offset_u=50000,
        gain_ppm=500,
        low_m=-20000,
        high_m=160000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_a_sensor=Sensor(
        unit="A",
        lsb_u=10000,
        noise_u=30000,
        offset_u=100000,
        gain_ppm=10000,
        low_m=-600000,
        high_m=600000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_b_sensor=Sensor(
        unit="A",
        lsb_u=50000,
        noise_u=100000,
        offset_u=300000,
        gain_ppm=15000,
        low_m=-600000,
        high_m=600000,
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
    charge_rating_dA=1600,  # 8 C
    discharge_rating_dA=2000,  # 10 C
    contactor_break_dA=2000,
    contactor_delay_ms=40,
    feedback_timeout_ms=200,
    open_current_dA=20,  # 0.1 C
    open_timeout_ms=500,
    precharge_mohm=33000,
    link_capacitance_uF=3000,  # tau 99 ms
    precharge_done_permille=970,
    precharge_done_mV=3500,
    precharge_done_mA=500,
    precharge_too_fast_ms=30,  # 0.3 tau: no load there, or a contactor already closed
    precharge_timeout_ms=1000,
    limit_rise_dA_s=400,
    guards=Guards(
        core_mK_W=20,  # 24 layers cooled on both ends: n^2 d / 8 k A = 576 x 115 um / (8 x 0.9 W/mK x 0.5 m2)
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
        link_apart_mV=4000,
        link_fall_ms=2000,  # active discharge: a tenth in 0.3 s after 0.2 s
        overfill_permille=30,
        break_budget_count=10,
        precharge_attempts=3,
        precharge_cool_ms=20000,
        pull_in_ms=150,
        hold_percent=30,
    ),
    wake_memory_dA=20,  # 0.1 C: the controller stays awake until the pack has relaxed
    command_deadline_ms=300,
    charger_deadline_ms=500,
    inverter=None,
    profile="thermally_modulated",
    request_dA_s=200,
    connector_dA=1600,
    bleed_mA=20,
    thermal=Thermal(
        heater_W=2400,
        heater_source="charger",
        cooler_W=2400,
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
