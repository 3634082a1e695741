"""An aircraft's pack: four bipolar stacks of 24 layers of 20 Ah in series, tapped every 4 layers, four probes a stack.

96 layers seen as 24 groups; about 350 V, 6.6 kWh. Two current sensors of one quality, so that either can stand alone. Synthetic
like its cell; every number assumed unless a source is named.

What it is for decides what a fault weighs. A car that loses its power rolls to a stop; an aircraft in the air falls. So while
the pack drives, a fault of `priority` warns instead of opening: charge, regeneration with it, is refused until the contactors
have opened, discharge stays as the bounds allow, and nothing closes again before a reset finds the cause gone. Each of them is
one after which what is left still tells that no layer leaves its limits, or one that is no matter of layers at all. What is
left, and what a pack must have for that, stands in hil/lint/priority.py, which refuses every other row.

What opens the contactors in the air, and why:
    a layer beyond its voltage, too hot or too cold, a hot stop, a gradient that ceramic does not stand: that is the promise
    a layer that fails, collapses, runs away or swells: it may burn, and is not to be fed
    current beyond the trip line or the map, a pulse longer than the cell stands: a short, or a load that obeys nobody
    readings that lie instead of falling silent (sensors A and B apart, one frozen, a range left, taps shifted): nothing says
        which of two is right
    a second loss where something already stands in for the first
    crash and interlock: somebody may touch what is live, and the pack cannot tell the air from the ground
    a link apart from the pack, coils without supply, an open fuse, an overdue tick, memory that has changed: power is lost
        already, or nothing that is decided can be trusted
"""

from bms.cells.si_ceramic_20ah import CELL
from bms.schema import Guards, Pack, Sensor, Thermal

_WARNING = 2  # severity, as in bms/safety/faults.py

_SHUNT = Sensor(  # one of two, each with a converter and a supply of its own
    unit="A",
    lsb_u=10000,
    noise_u=30000,
    offset_u=100000,
    gain_ppm=5000,
    low_m=-600000,
    high_m=600000,
    latency_ms=2,
    period_ms=10,
    deadline_ms=100,
)

PACK = Pack(
    name="aero_96",
    source="synthetic; spread from matching data, sensors from front ends of the 16-bit class, all assumed",
    cell=CELL,
    charge_map="simulator",  # the whole map: a turn-round is short, and the stand has coolant and current for it
    stacks=4,
    taps=(4, 4, 4, 4, 4, 4),
    probe_stack=(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
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
        high_m=25000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    stack_sensor=Sensor(
        unit="V",
        lsb_u=2000,
        noise_u=2000,
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
        lsb_u=20000,
        noise_u=40000,
        offset_u=150000,
        gain_ppm=500,
        low_m=-20000,
        high_m=640000,
        latency_ms=2,
        period_ms=10,
        deadline_ms=100,
    ),
    current_a_sensor=_SHUNT,
    current_b_sensor=_SHUNT,
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
    discharge_rating_dA=2000,  # 10 C: take-off, and a landing that is broken off
    contactor_break_dA=2000,
    contactor_delay_ms=40,
    feedback_timeout_ms=200,
    open_current_dA=20,  # 0.1 C
    open_timeout_ms=500,
    precharge_mohm=100000,
    link_capacitance_uF=1000,  # tau 100 ms
    precharge_done_permille=970,
    precharge_done_mV=10000,
    precharge_done_mA=500,
    precharge_too_fast_ms=30,  # 0.3 tau: no load there, or a contactor already closed
    precharge_timeout_ms=1000,
    limit_rise_dA_s=1000,  # power for a landing that is broken off is there in two seconds
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
        link_apart_mV=12000,
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
    profile="thermally_modulated",  # the stand warms, charges and cools within one turn-round
    request_dA_s=200,
    connector_dA=1600,
    bleed_mA=0,  # what bleeds can stick; groups are matched on the ground by the end-of-charge report
    thermal=Thermal(
        heater_W=4000,
        heater_source="supply",  # of the stand, and in the air of the essential bus
        cooler_W=6000,  # seven minutes of hover at 6 C make 4 kW in 96 layers
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
    priority=(
        # a reading is lost, and something stands in for it
        ("group_voltage_stale", _WARNING),  # its stack's voltage less the stack's other groups
        ("group_wire_open", _WARNING),
        ("group_crc", _WARNING),
        ("stack_voltage_stale", _WARNING),  # bounds hang on the groups, which their sisters check
        ("temperature_stale", _WARNING),  # three more on the stack, each within spread_t_ddegC of any layer
        ("temperature_wire_open", _WARNING),
        ("temperature_wire_short", _WARNING),
        ("current_stale", _WARNING),  # sensor B, of the same quality
        ("current_b_stale", _WARNING),  # sensor A, by which everything is reckoned anyway
        ("chain_stale", _WARNING),  # the front ends' health, not their voltages
        # a reading is doubted, and the bounds have the doubt in them
        ("stack_sum_mismatch", _WARNING),
        # no matter of layers
        ("pack_voltage_stale", _WARNING),  # of precharge and of the energy gauge
        ("link_voltage_stale", _WARNING),
        ("voltages_frozen", _WARNING),
        ("inputs_stale", _WARNING),  # feedback, interlock, crash, fuse: people are on board, not at the plugs
        ("inputs_frozen", _WARNING),
        ("contactor_feedback", _WARNING),  # a main contact that has opened shows as a link apart from the pack
        ("command_lost", _WARNING),  # the last wish stands; limits still bind, and an open contactor obeys nobody either
        ("insulation_low", _WARNING),  # a first fault to the chassis closes no circuit
        ("supply_low", _WARNING),  # coils may let go by themselves; letting go for them gains the contacts alone
        # a load that takes more than it was offered: every limit of a layer, the pulse and the trip line still stand
        ("discharge_over_limit", _WARNING),
    ),
    charger_protocol="bms",
)
