"""pybamm_thinsi, first version of a fit.

Fitted: pybamm_synthetic/thinsi_sic_charge_+25C, pybamm_synthetic/thinsi_sic_loops_+25C,
pybamm_synthetic/thinsi_sic_loops_+00C, pybamm_synthetic/thinsi_sic_loops_+45C, pybamm_synthetic/thinsi_sic_drive_+25C

Left to judge: pybamm_synthetic/thinsi_sic_drive_+00C, pybamm_synthetic/thinsi_sic_drive_+45C,
pybamm_synthetic/thinsi_sic_charge_+45C, pybamm_synthetic/thinsi_sic_charge_+00C
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybamm_thinsi",  # assumed
    source="fitted",  # assumed
    chemistry="NMC | graphite and silicon oxide",  # assumed
    capacity_mAh=5806,  # assumed
    ocv_mV=(
        2751, 2925, 2929, 3083, 3200, 3277, 3364, 3443, 3503, 3547, 3617, 3681, 3763, 3825, 3871, 3920,
        3982, 4047, 4083, 4091, 4106,
    ),  # assumed
    hyst_mV=(
        0, 0, 0, 0, 26, 55, 56, 41, 23, 14, 11, 9, 1, 0, 0, 2, 7, 1, 0, 7, 21,
    ),  # assumed
    hyst_gamma_permille=112810,  # assumed
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -2, -22, -42, -58, -67, -125, -179, -153, -56, -8, -13, -46, -83, -77, -50, -24, -4, 7, 15, 11,
        15,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        18236, 16197, 19390, 23562, 25610, 24970, 23154, 22268, 21774, 21586, 20632, 19726, 17817,
        17064, 16160, 15735, 15775, 18000, 20243, 20856, 19377,
    ),  # assumed
    r1_uohm=(
        19369, 12454, 7539, 4410, 3010, 2414, 2420, 3307, 3118, 1959, 1263, 2067, 3650, 6188, 7627,
        8081, 7930, 6364, 3039, 604, 103,
    ),  # assumed
    tau1_ms=(
        18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654,
        18654, 18654, 18654, 18654, 18654, 18654, 18654, 18654,
    ),  # assumed
    r2_uohm=(
        3802, 172, 172, 3630, 9238, 15962, 21017, 23449, 23470, 21463, 18114, 14859, 12295, 10511, 9080,
        7631, 5763, 3338, 868, 172, 172,
    ),  # assumed
    tau2_ms=(
        1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135,
        1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135, 1749135,
        1749135,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        7342, 6060, 5041, 4224, 3565, 3028, 2589, 2226, 1924, 1672, 1461, 1282, 1130, 1000, 889, 793,
        710, 638, 575, 520, 472, 429, 392, 358, 328, 302,
    ),  # assumed
    r1_permille=(
        61357, 41275, 28222, 19595, 13803, 9855, 7128, 5217, 3863, 2891, 2186, 1669, 1286, 1000, 784,
        619, 493, 395, 319, 259, 212, 174, 144, 120, 100, 84,
    ),  # assumed
    r2_permille=(
        3585, 3170, 2817, 2516, 2257, 2033, 1839, 1669, 1521, 1390, 1275, 1172, 1081, 1000, 927, 862,
        803, 750, 702, 658, 618, 582, 549, 518, 490, 464,
    ),  # assumed
    ea_J_mol=(17727, 36605, 11352),  # assumed
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
        table_mV=10,
        span_permille=300,
        table_s=20000,
        reading_mV=5,
        reading_ms=250000,
        fast_permille=90,
        skew_permille=300,
        slow_permille=130,
        drag_permille=20,
        r_permille=50,
        r_s=1200,
        r_ddegK=200,
        colder_permille_K=4,
        bend_per_soc=4,
        hyst_permille=600,
    ),  # assumed
)
