"""lipo: a cell of 5.79 Ah, identified from logs by `hil fit` (lco).

Fitted, with the rms of what is left of the voltage: 1C_cycle03 (12 mV), 2C_cycle03 (10 mV), 3C_cycle03 (9 mV),
4C_cycle03 (14 mV).

Judged, not fitted: 1C_cycle25 (12 mV), 2C_cycle25 (11 mV), 3C_cycle25 (9 mV), 4C_cycle25 (13 mV).

Time constants: no log has steps of current at 1 Hz; the family's are assumed.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="lipo",
    source="hil fit of drive: 1C_cycle03, 2C_cycle03, 3C_cycle03, 4C_cycle03",
    chemistry="LCO | graphite, pouch",
    capacity_mAh=5790,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        3383, 3657, 3698, 3722, 3750, 3767, 3779, 3791, 3805, 3822, 3841, 3862, 3887, 3917, 3952, 3986,
        4034, 4075, 4082, 4107, 4133,
    ),  # fitted to 4 logs, 11 mV rms left
    hyst_mV=(
        45, 27, 19, 25, 31, 34, 33, 33, 32, 31, 31, 31, 30, 30, 30, 31, 33, 16, 10, 6, 2,
    ),  # fitted to 4 logs, 11 mV rms left; leans on the family at 0, 90-100 % SoC
    hyst_gamma_permille=37029,  # fitted
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -410, -401, -357, -297, -227, -144, -58, 3, 25, 17, -8, -38, -77, -136, -222, -340, -458, -449,
        -285, -83, 115,
    ),  # fitted, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        69, 69, 787, 1534, 2056, 2541, 2963, 3398, 3701, 3786, 3770, 3818, 3855, 3888, 3881, 3758, 2954,
        2678, 3231, 4114, 4990,
    ),  # fitted to 4 logs, 11 mV rms left
    r1_uohm=(
        7339, 4796, 3392, 2590, 1804, 1245, 767, 364, 118, 35, 35, 35, 115, 311, 518, 592, 758, 1499,
        2632, 3812, 4939,
    ),  # fitted to 4 logs, 11 mV rms left; leans on the family at 30-65, 100 % SoC
    tau1_ms=(
        12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000,
        12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000,
    ),  # assumed
    r2_uohm=(
        13638, 6784, 3762, 3752, 3477, 3054, 2585, 2334, 2379, 2670, 3046, 3299, 3070, 2152, 807, 442,
        2623, 5988, 9800, 13385, 16732,
    ),  # fitted to 4 logs, 11 mV rms left; leans on the family at 95-100 % SoC
    tau2_ms=(
        200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000,
        200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000, 200000,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        1401, 1356, 1315, 1276, 1240, 1206, 1175, 1145, 1117, 1091, 1066, 1043, 1021, 1000, 980, 961,
        944, 927, 911, 895, 881, 867, 853, 840, 828, 816,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        2838, 2566, 2331, 2125, 1945, 1785, 1645, 1520, 1408, 1309, 1219, 1139, 1066, 1000, 940, 886,
        836, 790, 749, 710, 675, 642, 612, 584, 558, 534,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        2623847, 1229373, 594251, 295787, 151341, 79471, 42765, 23551, 13256, 7617, 4463, 2664, 1619,
        1000, 628, 400, 259, 169, 113, 76, 51, 35, 25, 17, 12, 9,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(3000, 9274, 70000),  # fitted
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
