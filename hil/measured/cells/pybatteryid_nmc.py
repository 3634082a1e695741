"""pybatteryid_nmc, first version of a fit.

Fitted: pybatteryid_nmc_lfp/nmc_with_temperature_identification_data_1_6

Left to judge: pybatteryid_nmc_lfp/nmc_with_temperature_identification_data_5_6,
pybatteryid_nmc_lfp/nmc_with_temperature_validation_data_hot
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybatteryid_nmc",  # assumed
    source="fitted",  # assumed
    chemistry="NMC | graphite",  # assumed
    capacity_mAh=2873,  # assumed
    ocv_mV=(
        2242, 3240, 3395, 3412, 3496, 3547, 3585, 3602, 3624, 3664, 3704, 3756, 3791, 3846, 3909, 3954,
        4002, 4050, 4087, 4110, 4169,
    ),  # assumed
    hyst_mV=(
        34, 32, 31, 29, 28, 26, 25, 23, 21, 18, 16, 14, 13, 12, 12, 12, 13, 14, 16, 20, 25,
    ),  # assumed
    hyst_gamma_permille=29366,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        146, 141, 101, 57, 34, 34, 49, 67, 67, 63, 65, 73, 86, 92, 98, 112, 126, 117, 103, 95, 88,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        75292, 52152, 43246, 43069, 36651, 34580, 36138, 35688, 34006, 32818, 35557, 37004, 35408,
        33358, 33759, 36841, 36862, 35176, 33843, 37496, 41280,
    ),  # assumed
    r1_uohm=(
        49432, 29159, 13966, 4613, 209, 209, 1418, 1863, 765, 209, 643, 1188, 1068, 431, 209, 1004,
        1285, 721, 209, 1626, 3313,
    ),  # assumed
    tau1_ms=(
        2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004, 2004,
        2004, 2004, 2004, 2004, 2004,
    ),  # assumed
    r2_uohm=(
        55041, 35489, 23731, 19321, 15625, 15965, 17116, 16375, 14596, 13962, 14673, 15713, 16385,
        17632, 20176, 22325, 22117, 19755, 16816, 16569, 17331,
    ),  # assumed
    tau2_ms=(
        37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038,
        37038, 37038, 37038, 37038, 37038, 37038, 37038, 37038,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        7249, 5990, 4989, 4186, 3536, 3007, 2573, 2214, 1916, 1667, 1457, 1280, 1129, 1000, 889, 794,
        712, 640, 577, 522, 474, 431, 394, 360, 331, 304,
    ),  # assumed
    r1_permille=(
        2570398, 1206720, 584411, 291420, 149368, 78567, 42347, 23357, 13167, 7577, 4446, 2658, 1617,
        1000, 628, 401, 259, 170, 113, 76, 52, 36, 25, 18, 12, 9,
    ),  # assumed
    r2_permille=(
        6690, 5571, 4674, 3950, 3360, 2876, 2476, 2144, 1866, 1633, 1435, 1267, 1123, 1000, 894, 802,
        721, 651, 590, 536, 489, 446, 409, 376, 346, 319,
    ),  # assumed
    ea_J_mol=(17614, 69817, 16900),  # assumed
    heat_capacity_J_K=43,  # assumed
    mass_g=46,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2203, 2103, 2003),  # assumed
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
