"""lg_m50, first version of a fit.

Fitted: lg_m50/p25_rate_0p1C, lg_m50/p00_rate_0p1C, lg_m50/p25_rate_1C

Left to judge: lg_m50/p00_rate_1C, lg_m50/p10_rate_0p5C
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="lg_m50",  # assumed
    source="fitted",  # assumed
    chemistry="NMC | graphite and silicon oxide",  # assumed
    capacity_mAh=5000,  # assumed
    ocv_mV=(
        3188, 3190, 3324, 3413, 3477, 3530, 3573, 3606, 3639, 3674, 3717, 3768, 3821, 3873, 3919, 3966,
        4023, 4076, 4103, 4115, 4157,
    ),  # assumed
    hyst_mV=(
        103, 103, 57, 34, 36, 34, 23, 21, 23, 28, 33, 35, 34, 30, 28, 28, 27, 23, 18, 11, 9,
    ),  # assumed
    hyst_gamma_permille=40700,  # assumed
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -334, -254, -190, -136, -89, -53, -28, -11, 0, 7, 14, 22, 33, 45, 57, 69, 82, 101, 133, 188,
        263,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        53811, 37514, 32647, 38173, 41938, 43827, 44275, 43569, 41761, 39232, 36436, 34011, 32002,
        30282, 28639, 27439, 27420, 28700, 30440, 33678, 37129,
    ),  # assumed
    r1_uohm=(
        8294, 120, 120, 249, 791, 1422, 1936, 2347, 2567, 2626, 2613, 2669, 2759, 2824, 2746, 2450,
        1935, 1257, 584, 810, 1578,
    ),  # assumed
    tau1_ms=(
        506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506, 506,
        506, 506,
    ),  # assumed
    r2_uohm=(
        121449, 60069, 18559, 2355, 200, 200, 200, 200, 529, 1060, 1652, 2487, 3606, 5314, 7783, 10812,
        14175, 17981, 22498, 28845, 36100,
    ),  # assumed
    tau2_ms=(
        565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181,
        565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181, 565181,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        1401, 1356, 1315, 1276, 1240, 1206, 1175, 1145, 1117, 1091, 1066, 1043, 1021, 1000, 980, 961,
        944, 927, 911, 895, 881, 867, 853, 840, 828, 816,
    ),  # assumed
    r1_permille=(
        3437999, 1569452, 739940, 359587, 179801, 92351, 48650, 26249, 14486, 8167, 4699, 2756, 1646,
        1000, 618, 388, 247, 159, 104, 69, 46, 32, 22, 15, 11, 7,
    ),  # assumed
    r2_permille=(
        22755, 16842, 12620, 9568, 7333, 5679, 4440, 3504, 2789, 2239, 1811, 1475, 1211, 1000, 831, 695,
        585, 494, 420, 359, 308, 266, 230, 200, 175, 153,
    ),  # assumed
    ea_J_mol=(3000, 72403, 27785),  # assumed
    heat_capacity_J_K=75,  # assumed
    mass_g=80,  # assumed
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
