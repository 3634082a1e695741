"""lipo: a cell of 5.79 Ah, identified from logs by `hil fit` (lco).

Fitted, with the rms of what is left of the voltage: 1C_cycle03 (9 mV), 2C_cycle03 (9 mV), 3C_cycle03 (8 mV), 4C_cycle03
(11 mV).

Judged, not fitted: 1C_cycle25 (9 mV), 2C_cycle25 (10 mV), 3C_cycle25 (8 mV), 4C_cycle25 (10 mV).

Time constants: no log has steps of current at 1 Hz; the family's are assumed.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="lipo",
    source="hil fit of drive: 1C_cycle03, 2C_cycle03, 3C_cycle03, 4C_cycle03",
    chemistry="LCO | graphite, pouch",
    capacity_mAh=5790,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        3353, 3656, 3700, 3726, 3753, 3770, 3781, 3792, 3805, 3822, 3841, 3862, 3887, 3919, 3955, 3990,
        4036, 4076, 4078, 4098, 4121,
    ),  # fitted to 4 logs, 9 mV rms left
    hyst_mV=(
        83, 41, 31, 35, 39, 40, 38, 37, 36, 35, 36, 36, 36, 36, 34, 31, 28, 13, 13, 12, 11,
    ),  # fitted to 4 logs, 9 mV rms left; leans on the family at 100 % SoC
    hyst_gamma_permille=58286,  # fitted
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -404, -425, -408, -361, -295, -218, -145, -97, -81, -85, -94, -103, -121, -161, -236, -353,
        -478, -480, -312, -100, 109,
    ),  # assumed, hardly told by the logs, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        168, 69, 484, 384, 375, 604, 1032, 1667, 2318, 2804, 3126, 3396, 3617, 3845, 4063, 4116, 3441,
        2863, 3104, 3691, 4276,
    ),  # fitted to 4 logs, 9 mV rms left
    r1_uohm=(
        4700, 2784, 2944, 3101, 3087, 2973, 2608, 2053, 1487, 1000, 631, 374, 179, 85, 62, 35, 281,
        1147, 2466, 3826, 5129,
    ),  # fitted to 4 logs, 9 mV rms left; leans on the family at 25-60, 100 % SoC
    tau1_ms=(
        12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000,
        12000, 12000, 12000, 12000, 12000, 12000, 12000, 12000,
    ),  # assumed
    r2_uohm=(
        8169, 2825, 1563, 2356, 2536, 2357, 1979, 1756, 1827, 2139, 2488, 2615, 2206, 1249, 294, 631,
        3369, 7735, 12531, 16903, 20958,
    ),  # fitted to 4 logs, 9 mV rms left; leans on the family at 95-100 % SoC
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
        1405, 1360, 1318, 1279, 1242, 1208, 1176, 1146, 1118, 1092, 1067, 1043, 1021, 1000, 980, 961,
        943, 926, 910, 894, 880, 866, 852, 839, 827, 815,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        894981, 465098, 248294, 135948, 76228, 43710, 25600, 15295, 9312, 5772, 3638, 2330, 1516, 1000,
        669, 453, 311, 216, 152, 108, 77, 56, 41, 30, 22, 17,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(3000, 3025, 60436),  # fitted
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
