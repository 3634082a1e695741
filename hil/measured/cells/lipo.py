"""lipo, first version of a fit.

Fitted: lipo_fastcharge/1C_cycle03, lipo_fastcharge/2C_cycle03, lipo_fastcharge/3C_cycle03, lipo_fastcharge/4C_cycle03

Left to judge: lipo_fastcharge/1C_cycle25, lipo_fastcharge/2C_cycle25, lipo_fastcharge/3C_cycle25,
lipo_fastcharge/4C_cycle25
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="lipo",  # assumed
    source="fitted",  # assumed
    chemistry="LCO | graphite, pouch",  # assumed
    capacity_mAh=5800,  # assumed
    ocv_mV=(
        3362, 3666, 3707, 3729, 3755, 3772, 3782, 3792, 3805, 3822, 3842, 3867, 3895, 3928, 3961, 3989,
        4031, 4071, 4075, 4098, 4124,
    ),  # assumed
    hyst_mV=(
        69, 39, 30, 32, 38, 39, 38, 37, 37, 38, 40, 40, 38, 33, 27, 26, 26, 12, 9, 5, 1,
    ),  # assumed
    hyst_gamma_permille=77163,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -156, -163, -137, -90, -37, 19, 71, 103, 112, 103, 84, 61, 30, -13, -74, -154, -237, -249, -157,
        -31, 96,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        580, 69, 566, 897, 1127, 1520, 2027, 2627, 3185, 3569, 3801, 3995, 4168, 4322, 4331, 4030, 3252,
        2609, 2496, 2753, 3019,
    ),  # assumed
    r1_uohm=(
        5187, 3535, 3423, 3345, 3056, 2727, 2284, 1757, 1227, 747, 381, 184, 158, 328, 613, 884, 1281,
        1916, 2736, 3622, 4463,
    ),  # assumed
    tau1_ms=(
        10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738,
        10738, 10738, 10738, 10738, 10738, 10738, 10738, 10738,
    ),  # assumed
    r2_uohm=(
        14112, 8818, 5813, 4490, 3470, 2860, 2304, 1758, 1214, 698, 274, 69, 69, 455, 1628, 3748, 6646,
        9667, 12235, 14557, 16642,
    ),  # assumed
    tau2_ms=(
        784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270,
        784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270, 784270,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        1936, 1816, 1709, 1612, 1524, 1444, 1370, 1304, 1242, 1186, 1134, 1086, 1041, 1000, 962, 926,
        893, 862, 833, 805, 780, 756, 733, 712, 691, 672,
    ),  # assumed
    r1_permille=(
        2630, 2396, 2191, 2011, 1853, 1712, 1586, 1474, 1374, 1283, 1202, 1128, 1061, 1000, 944, 894,
        847, 804, 765, 728, 695, 663, 635, 608, 583, 559,
    ),  # assumed
    r2_permille=(
        8375, 6825, 5609, 4646, 3877, 3258, 2756, 2346, 2009, 1730, 1498, 1303, 1139, 1000, 882, 781,
        694, 619, 554, 498, 449, 406, 368, 335, 305, 279,
    ),  # assumed
    ea_J_mol=(5873, 8598, 18897),  # assumed
    heat_capacity_J_K=87,  # assumed
    mass_g=93,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2700, 2600, 2500),  # assumed
    v_deep_mV=1500,  # assumed
    t_charge_max_ddegC=(450, 500, 600),  # assumed
    t_charge_min_ddegC=(0, -20, -50),  # assumed
    t_discharge_max_ddegC=(550, 600, 700),  # assumed
    t_discharge_min_ddegC=(-200, -250, -300),  # assumed
    t_stop_ddegC=(600, 700, 800),  # assumed
    charge_max_mC=3000,  # assumed
    charge_trip_permille=1200,  # assumed
    map_ddegC=(-200, -100, 0, 100, 250, 350, 450, 600),  # assumed
    map_soc_permille=(0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000),  # assumed
    charge_maps=(
        ("assumed", (
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (170, 340, 510, 510, 510, 510, 510, 425, 340, 255, 136, 68, 34),
            (380, 760, 1140, 1140, 1140, 1140, 1140, 950, 760, 570, 304, 152, 76),
            (1000, 2000, 3000, 3000, 3000, 3000, 3000, 2500, 2000, 1500, 800, 400, 200),
            (1000, 2000, 3000, 3000, 3000, 3000, 3000, 2500, 2000, 1500, 800, 400, 200),
            (1000, 2000, 3000, 3000, 3000, 3000, 3000, 2500, 2000, 1500, 800, 400, 200),
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        )),
    ),  # assumed
    discharge_ddegC=(-300, -200, -100, 0, 100, 250, 550, 600, 700),  # assumed
    discharge_cont_mC=(250, 750, 1500, 2500, 4000, 5000, 5000, 2500, 0),  # assumed
    discharge_pulse_mC=(750, 2250, 4500, 7500, 12000, 15000, 15000, 7500, 0),  # assumed
    discharge_trip_mC=25000,  # assumed
    discharge_low_soc_permille=100,  # assumed
    filter=Filter(
        gain_permille=25,
        offset_mC=8,
        table_mV=8,
        span_permille=300,
        table_s=10000,
        reading_mV=2,
        reading_ms=250000,
        fast_permille=90,
        skew_permille=200,
        slow_permille=170,
        drag_permille=80,
        r_permille=80,
        r_s=600,
        r_ddegK=200,
        colder_permille_K=4,
        bend_per_soc=4,
        hyst_permille=500,
    ),  # assumed
)
