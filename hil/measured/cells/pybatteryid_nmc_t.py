"""pybatteryid_nmc_t: a cell of 2.872 Ah, identified from logs by `hil fit` (nmc).

Fitted, with the rms of what is left of the voltage: nmc_with_temperature_identification_data_1_6 (6 mV).

Judged, not fitted: nmc_with_temperature_identification_data_5_6 (14 mV), nmc_with_temperature_validation_data_hot (9
mV).

Hysteresis: no log stays on the charge branch; the family's is assumed.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="pybatteryid_nmc_t",
    source="hil fit of drive: nmc_with_temperature_identification_data_1_6",
    chemistry="NMC | graphite",
    capacity_mAh=2872,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2157, 3235, 3383, 3411, 3490, 3541, 3579, 3598, 3623, 3660, 3701, 3753, 3790, 3847, 3908, 3951,
        4000, 4052, 4083, 4105, 4181,
    ),  # fitted to 1 log, 6 mV rms left
    hyst_mV=(
        20, 18, 16, 15, 13, 11, 9, 9, 8, 8, 8, 8, 7, 7, 7, 6, 6, 6, 6, 5, 5,
    ),  # assumed
    hyst_gamma_permille=40000,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        526, 501, 344, 165, 62, 41, 82, 136, 127, 108, 103, 116, 145, 148, 154, 189, 221, 180, 105, 30,
        -55,
    ),  # fitted, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        80587, 39346, 36080, 42319, 37042, 34723, 38134, 36757, 33909, 31765, 36280, 38024, 34578,
        32040, 33415, 39180, 37678, 34752, 33061, 37269, 41385,
    ),  # fitted to 1 log, 6 mV rms left
    r1_uohm=(
        64988, 38821, 18263, 4798, 156, 156, 156, 1775, 1093, 581, 932, 1446, 1515, 956, 425, 1177,
        1613, 1012, 816, 1538, 2208,
    ),  # fitted to 1 log, 6 mV rms left
    tau1_ms=(
        254, 285, 319, 357, 399, 447, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500,
        500, 500,
    ),  # fitted
    r2_uohm=(
        64823, 35613, 23302, 20027, 14141, 17305, 21826, 19866, 15422, 15142, 17177, 18241, 17168,
        17561, 21698, 25661, 25188, 21424, 17804, 18065, 20685,
    ),  # fitted to 1 log, 6 mV rms left
    tau2_ms=(
        23378, 25966, 28840, 32032, 35578, 39515, 43889, 43889, 43889, 43889, 43889, 43889, 43889,
        43889, 43889, 43889, 43889, 43889, 43889, 43889, 43889,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        6359, 5321, 4486, 3808, 3253, 2796, 2417, 2101, 1835, 1611, 1421, 1259, 1120, 1000, 896, 806,
        728, 659, 598, 545, 498, 456, 419, 386, 356, 329,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        2623847, 1229373, 594251, 295787, 151341, 79471, 42765, 23551, 13256, 7617, 4463, 2664, 1619,
        1000, 628, 400, 259, 169, 113, 76, 51, 35, 25, 17, 12, 9,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        9827, 7886, 6386, 5215, 4293, 3561, 2975, 2502, 2117, 1803, 1544, 1329, 1150, 1000, 874, 766,
        675, 597, 530, 473, 423, 379, 341, 308, 279, 253,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(16449, 70000, 20319),  # fitted
    heat_capacity_J_K=43,  # assumed
    mass_g=46,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2132, 2032, 1932),  # assumed, moved outside the open-circuit voltage of the logs
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
    profiles=(
        Profile(
            name="cc_cv",
            kind="cc_cv",
            stages=((1000, 500),),
            heat_to_ddegC=-2000,
            cool_to_ddegC=2000,
            taper_mC=50,
            taper_s=60,
            longest_s=86400,
        ),
        Profile(
            name="multistage",
            kind="multistage",
            stages=((500, 1000), (800, 500), (1000, 200)),
            heat_to_ddegC=-2000,
            cool_to_ddegC=2000,
            taper_mC=50,
            taper_s=60,
            longest_s=86400,
        ),
        Profile(
            name="map_limited",
            kind="map_limited",
            stages=((1000, 8000),),
            heat_to_ddegC=-2000,
            cool_to_ddegC=2000,
            taper_mC=50,
            taper_s=60,
            longest_s=86400,
        ),
        Profile(
            name="gentle",
            kind="gentle",
            stages=((1000, 200),),
            heat_to_ddegC=-2000,
            cool_to_ddegC=2000,
            taper_mC=50,
            taper_s=60,
            longest_s=86400,
        ),
    ),  # assumed
    filter=Filter(
        gain_permille=25,
        offset_mC=12,
        table_mV=9,
        span_permille=250,
        table_s=10000,
        reading_mV=2,
        reading_ms=500000,
        fast_permille=110,
        skew_permille=100,
        slow_permille=80,
        drag_permille=80,
        r_permille=70,
        r_s=600,
        r_ddegK=200,
        colder_permille_K=12,
        settle_s=500,
        hyst_permille=500,
    ),  # one set for all cells of the family
)
