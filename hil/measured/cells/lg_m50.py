"""lg_m50: a cell of 4.945 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: p25_rate_0p1C (41 mV), p00_rate_0p1C (101 mV), p25_rate_1C (4 mV).

Judged, not fitted: p00_rate_1C (165 mV), p10_rate_0p5C (105 mV).

Knots: below 10 % SoC straight lines between 21 knots leave 53 mV rms of p25_rate_0p1C at best (378 at most), ten times
as many 39.9 mV; above, 21 leave 2.3 mV.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="lg_m50",
    source="hil fit of ocv: p25_rate_0p1C, p00_rate_0p1C; drive: p25_rate_1C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=4945,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2928, 3211, 3314, 3384, 3444, 3503, 3550, 3587, 3623, 3660, 3704, 3756, 3812, 3865, 3912, 3962,
        4023, 4079, 4106, 4124, 4154,
    ),  # fitted to 2 ocv logs, 77 mV rms left
    hyst_mV=(
        1, 1, 13, 0, 0, 3, 0, 0, 5, 12, 17, 20, 21, 19, 19, 22, 23, 22, 19, 17, 15,
    ),  # fitted to 2 ocv logs, 77 mV rms left
    hyst_gamma_permille=57481,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -166, -165, -155, -136, -99, -59, -26, -3, 12, 20, 26, 35, 45, 56, 67, 76, 87, 106, 144, 214,
        312,
    ),  # fitted, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        89615, 62379, 46994, 44678, 42414, 40502, 38367, 34910, 30946, 27151, 23729, 20902, 18710,
        17220, 16016, 15636, 16825, 19334, 21608, 24904, 32375,
    ),  # fitted to 3 logs, 63 mV rms left
    r1_uohm=(
        68080, 33516, 10261, 2619, 5186, 8365, 11987, 15638, 18578, 21015, 23100, 24811, 25988, 26803,
        26910, 26053, 24508, 22268, 18918, 15310, 14110,
    ),  # fitted to 3 logs, 63 mV rms left
    tau1_ms=(
        64834, 61775, 58860, 56082, 53436, 50914, 48512, 48512, 48512, 48512, 48512, 48512, 48512,
        48512, 48512, 48512, 48512, 48512, 48512, 48512, 48512,
    ),  # fitted
    r2_uohm=(
        183055, 126827, 77100, 38312, 13214, 2031, 218, 218, 218, 218, 218, 218, 218, 218, 218, 897,
        3669, 9131, 17413, 29005, 41171,
    ),  # fitted to 3 logs, 63 mV rms left; leans on the family at 55-75 % SoC
    tau2_ms=(
        2218885, 2099995, 1987476, 1880985, 1780201, 1684816, 1594542, 1594542, 1594542, 1594542,
        1594542, 1594542, 1594542, 1594542, 1594542, 1594542, 1594542, 1594542, 1594542, 1594542,
        1594542,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        1401, 1356, 1315, 1276, 1240, 1206, 1175, 1145, 1117, 1091, 1066, 1043, 1021, 1000, 980, 961,
        944, 927, 911, 895, 881, 867, 853, 840, 828, 816,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        17116, 13020, 10017, 7788, 6116, 4847, 3876, 3126, 2540, 2080, 1715, 1424, 1190, 1000, 845, 719,
        614, 527, 455, 394, 343, 300, 263, 232, 205, 181,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        6100, 5125, 4337, 3695, 3168, 2732, 2370, 2066, 1811, 1594, 1410, 1252, 1117, 1000, 899, 810,
        733, 665, 605, 553, 506, 464, 427, 394, 364, 337,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(3000, 25253, 16079),  # fitted
    heat_capacity_J_K=74,  # assumed
    mass_g=79,  # assumed
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
