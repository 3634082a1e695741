"""lg_hg2, first version of a fit.

Fitted: lg_hg2/p25_ocv_c20, lg_hg2/p00_ocv_c20, lg_hg2/n10_ocv_c20, lg_hg2/p25_hppc, lg_hg2/p00_hppc, lg_hg2/n20_hppc,
lg_hg2/p25_drive_Mixed1, lg_hg2/p40_drive_Mixed1, lg_hg2/p10_drive_Mixed1, lg_hg2/p00_drive_Mixed1,
lg_hg2/n10_drive_Mixed1, lg_hg2/n20_drive_Mixed1

Left to judge: lg_hg2/p25_drive_US06, lg_hg2/p25_drive_Mixed3, lg_hg2/p40_drive_US06, lg_hg2/p10_drive_US06,
lg_hg2/p00_drive_US06, lg_hg2/p00_drive_Mixed4, lg_hg2/n10_drive_US06, lg_hg2/n10_drive_UDDS, lg_hg2/n20_drive_US06,
lg_hg2/p00_paused_cycle, lg_hg2/p25_charge_Charge2, lg_hg2/p00_charge_Charge2
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="lg_hg2",  # assumed
    source="fitted",  # assumed
    chemistry="NMC | graphite and silicon oxide",  # assumed
    capacity_mAh=2781,  # assumed
    ocv_mV=(
        3028, 3246, 3373, 3454, 3509, 3555, 3607, 3628, 3667, 3703, 3753, 3800, 3849, 3891, 3931, 3981,
        4032, 4075, 4092, 4114, 4173,
    ),  # assumed
    hyst_mV=(
        109, 82, 50, 29, 23, 25, 17, 14, 11, 11, 13, 18, 22, 18, 16, 14, 14, 12, 12, 13, 14,
    ),  # assumed
    hyst_gamma_permille=110363,  # assumed
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -773, -911, -1000, -899, -726, -552, -378, -245, -231, -274, -311, -304, -283, -282, -267, -229,
        -156, -69, 3, 65, 138,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        31515, 25687, 25175, 22864, 19501, 20385, 20493, 19430, 21336, 20922, 21473, 20920, 21742,
        20094, 21178, 21202, 22139, 22789, 21576, 23096, 26929,
    ),  # assumed
    r1_uohm=(
        419, 658, 1282, 1005, 1655, 776, 908, 912, 696, 671, 664, 776, 352, 747, 457, 668, 505, 684,
        999, 1476, 1522,
    ),  # assumed
    tau1_ms=(
        661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661, 661,
        661, 661,
    ),  # assumed
    r2_uohm=(
        86342, 51670, 25079, 18945, 24031, 25781, 25320, 25765, 27243, 25522, 21512, 21053, 18928,
        13238, 12570, 13964, 16235, 15917, 15519, 17980, 20813,
    ),  # assumed
    tau2_ms=(
        104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413,
        104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413, 104413,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        4004, 3503, 3082, 2725, 2422, 2162, 1938, 1745, 1577, 1430, 1302, 1188, 1089, 1000, 921, 851,
        788, 731, 680, 635, 593, 555, 521, 489, 461, 434,
    ),  # assumed
    r1_permille=(
        1481741, 733528, 373783, 195714, 105129, 57847, 32561, 18725, 10989, 6573, 4004, 2481, 1563,
        1000, 649, 427, 285, 193, 132, 91, 64, 45, 32, 23, 17, 12,
    ),  # assumed
    r2_permille=(
        27964, 20290, 14918, 11105, 8363, 6368, 4899, 3806, 2985, 2361, 1883, 1514, 1226, 1000, 821,
        679, 564, 472, 397, 335, 285, 243, 209, 180, 156, 135,
    ),  # assumed
    ea_J_mol=(12335, 64919, 29618),  # assumed
    heat_capacity_J_K=42,  # assumed
    mass_g=44,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2700, 2600, 2500),  # assumed
    v_deep_mV=1500,  # assumed
    t_charge_max_ddegC=(450, 500, 600),  # assumed
    t_charge_min_ddegC=(0, -20, -50),  # assumed
    t_discharge_max_ddegC=(550, 600, 700),  # assumed
    t_discharge_min_ddegC=(-200, -250, -300),  # assumed
    t_stop_ddegC=(600, 700, 800),  # assumed
    charge_max_mC=700,  # assumed
    charge_trip_permille=1200,  # assumed
    map_ddegC=(-200, -100, 0, 100, 250, 350, 450, 600),  # assumed
    map_soc_permille=(0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000),  # assumed
    charge_maps=(
        ("assumed", (
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (51, 85, 119, 119, 119, 119, 119, 102, 85, 60, 34, 17, 8),
            (114, 190, 266, 266, 266, 266, 266, 228, 190, 133, 76, 38, 19),
            (300, 500, 700, 700, 700, 700, 700, 600, 500, 350, 200, 100, 50),
            (300, 500, 700, 700, 700, 700, 700, 600, 500, 350, 200, 100, 50),
            (300, 500, 700, 700, 700, 700, 700, 600, 500, 350, 200, 100, 50),
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        )),
    ),  # assumed
    discharge_ddegC=(-300, -200, -100, 0, 100, 250, 550, 600, 700),  # assumed
    discharge_cont_mC=(100, 300, 600, 1000, 1600, 2000, 2000, 1000, 0),  # assumed
    discharge_pulse_mC=(300, 900, 1800, 3000, 4800, 6000, 6000, 3000, 0),  # assumed
    discharge_trip_mC=10000,  # assumed
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
