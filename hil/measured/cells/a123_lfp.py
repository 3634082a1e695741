"""a123_lfp, first version of a fit.

Fitted: a123_lfp/n15_ocv_s1, a123_lfp/n15_ocv_s3, a123_lfp/p05_ocv_s1, a123_lfp/p05_ocv_s3, a123_lfp/p25_ocv_s1,
a123_lfp/p25_ocv_s3, a123_lfp/p45_ocv_s1, a123_lfp/p45_ocv_s3, a123_lfp/p25_charge_25C, a123_lfp/p25_dyn,
a123_lfp/p45_dyn, a123_lfp/n15_dyn

Left to judge: a123_lfp/p05_dyn, a123_lfp/n15_charge_25C, a123_lfp/p05_charge_25C, a123_lfp/p45_charge_25C
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="a123_lfp",  # assumed
    source="fitted",  # assumed
    chemistry="LFP | graphite",  # assumed
    capacity_mAh=2072,  # assumed
    ocv_mV=(
        2529, 3039, 3185, 3219, 3243, 3263, 3279, 3291, 3300, 3305, 3307, 3310, 3316, 3322, 3330, 3340,
        3346, 3348, 3353, 3357, 3537,
    ),  # assumed
    hyst_mV=(
        228, 32, 23, 17, 22, 25, 27, 25, 17, 14, 14, 15, 17, 18, 18, 14, 10, 9, 13, 15, 59,
    ),  # assumed
    hyst_gamma_permille=215865,  # assumed
    relax_mV=10,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -90, -8, 27, 36, -22, -59, -56, 23, 123, 158, 137, 94, 50, 7, -28, -59, -139, -300, -447, -318,
        53,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        10936, 11604, 11896, 12871, 12648, 12733, 12417, 11794, 11680, 11496, 11434, 11597, 11470,
        11363, 10943, 10531, 9952, 10434, 12474, 17123, 23466,
    ),  # assumed
    r1_uohm=(
        28152, 23282, 14608, 8297, 5276, 4585, 4427, 4331, 4945, 4888, 4116, 3308, 2281, 1266, 496, 193,
        193, 193, 2793, 5551, 12345,
    ),  # assumed
    tau1_ms=(
        59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859,
        59859, 59859, 59859, 59859, 59859, 59859, 59859, 59859,
    ),  # assumed
    r2_uohm=(
        12213, 13489, 24058, 25442, 24575, 22160, 20342, 20483, 24073, 27028, 27018, 25842, 24958,
        25557, 28644, 35140, 44849, 55004, 53684, 40569, 32001,
    ),  # assumed
    tau2_ms=(
        3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000,
        3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000, 3000000,
        3000000,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        21037, 15688, 11842, 9040, 6975, 5436, 4277, 3396, 2718, 2194, 1784, 1461, 1205, 1000, 835, 701,
        593, 503, 429, 368, 317, 275, 239, 208, 182, 160,
    ),  # assumed
    r1_permille=(
        169016, 103127, 64215, 40756, 26336, 17308, 11558, 7835, 5388, 3755, 2651, 1894, 1369, 1000,
        738, 550, 414, 315, 241, 186, 145, 113, 90, 71, 57, 46,
    ),  # assumed
    r2_permille=(
        92405, 59757, 39344, 26343, 17921, 12374, 8665, 6149, 4419, 3213, 2363, 1757, 1319, 1000, 765,
        590, 459, 360, 285, 227, 182, 147, 119, 97, 80, 66,
    ),  # assumed
    ea_J_mol=(27087, 45615, 40246),  # assumed
    heat_capacity_J_K=66,  # assumed
    mass_g=68,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(3650, 3700, 3800),  # assumed
    v_min_mV=(2000, 1900, 1800),  # assumed
    v_deep_mV=1000,  # assumed
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
        gain_permille=8,
        offset_mC=12,
        table_mV=7,
        span_permille=110,
        table_s=50000,
        reading_mV=3,
        reading_ms=250000,
        fast_permille=140,
        skew_permille=600,
        slow_permille=500,
        drag_permille=100,
        r_permille=120,
        r_s=120,
        r_ddegK=100,
        colder_permille_K=0,
        bend_per_soc=3,
        hyst_permille=260,
    ),  # assumed
)
