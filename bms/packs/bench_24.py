"""The bench's pack: one bipolar stack of 24 layers of 20 Ah, tapped every 6 layers, 8 temperature probes.

Four groups of six layers that the BMS can measure, 24 that it cannot; about 86 V. Synthetic: spread, sensors and high-voltage
path are those of good automotive parts, every number assumed unless a source is named.
"""

from bms.cells.si_ceramic_20ah import CELL
from bms.schema import Pack, Sensor

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
        deadline_ms=500,
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
    wake_memory_dA=20,  # 0.1 C: the controller stays awake until the pack has relaxed
    command_deadline_ms=300,
    charger_deadline_ms=500,
    inverter=None,
    charger_protocol="bms",
)
