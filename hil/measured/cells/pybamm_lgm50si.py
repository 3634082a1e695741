"""pybamm_lgm50si, first version of a fit.

Fitted: pybamm_synthetic/lgm50si_charge_+25C, pybamm_synthetic/lgm50si_loops_+25C, pybamm_synthetic/lgm50si_loops_+00C,
pybamm_synthetic/lgm50si_loops_+45C, pybamm_synthetic/lgm50si_drive_+25C

Left to judge: pybamm_synthetic/lgm50si_drive_+00C, pybamm_synthetic/lgm50si_drive_+45C,
pybamm_synthetic/lgm50si_charge_+45C, pybamm_synthetic/lgm50si_charge_+00C
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybamm_lgm50si",  # assumed
    source="fitted",  # assumed
    chemistry="NMC | graphite and silicon oxide",  # assumed
    capacity_mAh=5725,  # assumed
    ocv_mV=(
        2682, 3002, 3155, 3314, 3421, 3473, 3523, 3566, 3612, 3661, 3714, 3766, 3812, 3869, 3916, 3954,
        4000, 4041, 4069, 4079, 4097,
    ),  # assumed
    hyst_mV=(
        19, 4, 0, 0, 0, 7, 6, 2, 6, 30, 58, 73, 70, 57, 48, 43, 39, 40, 46, 43, 39,
    ),  # assumed
    hyst_gamma_permille=3380,  # assumed
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        51, 80, 96, 78, 55, 58, 69, 62, 50, 69, 132, 224, 259, 240, 203, 182, 190, 185, 114, 74, 44,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        37462, 33638, 35031, 30726, 25434, 23169, 20893, 19672, 19519, 19184, 18328, 18032, 18319,
        18603, 17775, 18885, 19973, 19963, 19973, 22700, 25111,
    ),  # assumed
    r1_uohm=(
        27335, 22260, 19132, 15455, 13478, 13648, 14368, 15633, 17124, 17976, 17647, 16920, 15980,
        15351, 15203, 15955, 17172, 17476, 17077, 16624, 15681,
    ),  # assumed
    tau1_ms=(
        26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466,
        26466, 26466, 26466, 26466, 26466, 26466, 26466, 26466,
    ),  # assumed
    r2_uohm=(
        17439, 10669, 7438, 7874, 10258, 12206, 11113, 9875, 9167, 6350, 3869, 6400, 12027, 16354,
        17737, 17317, 16632, 15256, 13452, 8257, 175,
    ),  # assumed
    tau2_ms=(
        199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591,
        199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591, 199591,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        2133, 1983, 1849, 1729, 1621, 1524, 1435, 1355, 1282, 1216, 1155, 1099, 1047, 1000, 956, 916,
        878, 843, 810, 780, 752, 725, 700, 677, 655, 634,
    ),  # assumed
    r1_permille=(
        5585, 4733, 4037, 3467, 2994, 2601, 2272, 1994, 1759, 1558, 1387, 1239, 1111, 1000, 903, 819,
        744, 679, 620, 569, 523, 482, 445, 412, 383, 356,
    ),  # assumed
    r2_permille=(
        21448, 15965, 12029, 9167, 7062, 5495, 4317, 3422, 2736, 2205, 1791, 1465, 1206, 1000, 834, 700,
        591, 501, 427, 366, 315, 272, 236, 206, 180, 158,
    ),  # assumed
    ea_J_mol=(6736, 15295, 27259),  # assumed
    heat_capacity_J_K=86,  # assumed
    mass_g=92,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2658, 2558, 2458),  # assumed
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
