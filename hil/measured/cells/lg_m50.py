"""lg_m50: a cell of 4.945 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: p25_rate_0p1C (32 mV), p00_rate_0p1C (104 mV), p25_rate_1C (8 mV).

Judged, not fitted: p00_rate_1C (168 mV), p10_rate_0p5C (105 mV).

Knots: below 10 % SoC straight lines between 21 knots leave 53 mV rms of p25_rate_0p1C at best (378 at most), ten times
as many 39.9 mV; above, 21 leave 2.3 mV.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="lg_m50",
    source="hil fit of ocv: p25_rate_0p1C, p00_rate_0p1C; drive: p25_rate_1C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=4945,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2893, 3211, 3314, 3383, 3443, 3502, 3547, 3584, 3620, 3657, 3701, 3753, 3809, 3863, 3910, 3961,
        4021, 4077, 4104, 4126, 4160,
    ),  # fitted to 2 ocv logs, 77 mV rms left
    hyst_mV=(
        0, 0, 0, 0, 0, 1, 0, 0, 1, 7, 13, 17, 18, 16, 16, 18, 20, 19, 19, 16, 8,
    ),  # fitted to 2 ocv logs, 77 mV rms left
    hyst_gamma_permille=299998,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -512, -312, -174, -95, -48, -19, -1, 11, 20, 26, 32, 39, 49, 59, 69, 78, 87, 103, 135, 188, 262,
    ),  # assumed, hardly told by the logs, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        99270, 70453, 54196, 48930, 46481, 44979, 42908, 39862, 36463, 33226, 30293, 27899, 25959,
        24425, 23041, 22204, 22305, 22919, 22938, 24675, 30455,
    ),  # fitted to 3 logs, 63 mV rms left
    r1_uohm=(
        80229, 34216, 9248, 241, 1530, 4952, 8290, 11418, 13865, 15760, 17285, 18605, 19616, 20470,
        21026, 21136, 20970, 20415, 18842, 17533, 18542,
    ),  # fitted to 3 logs, 63 mV rms left
    tau1_ms=(
        70746, 68829, 66964, 65150, 63385, 61668, 59997, 59997, 59997, 59997, 59997, 59997, 59997,
        59997, 59997, 59997, 59997, 59997, 59997, 59997, 59997,
    ),  # fitted
    r2_uohm=(
        187393, 126932, 75426, 36997, 12657, 1949, 218, 218, 218, 218, 218, 218, 218, 218, 218, 1452,
        4768, 10264, 17579, 27063, 36533,
    ),  # fitted to 3 logs, 63 mV rms left; leans on the family at 50-75 % SoC
    tau2_ms=(
        2017359, 2051349, 2085913, 2121059, 2156797, 2193137, 2230089, 2230089, 2230089, 2230089,
        2230089, 2230089, 2230089, 2230089, 2230089, 2230089, 2230089, 2230089, 2230089, 2230089,
        2230089,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        2280, 2106, 1952, 1814, 1692, 1581, 1482, 1392, 1311, 1237, 1170, 1108, 1052, 1000, 952, 909,
        868, 830, 796, 763, 733, 705, 679, 654, 631, 609,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        24741, 18164, 13507, 10164, 7735, 5949, 4621, 3624, 2867, 2288, 1840, 1491, 1217, 1000, 827,
        688, 576, 485, 411, 349, 298, 256, 221, 192, 167, 145,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        3293, 2936, 2630, 2366, 2138, 1940, 1766, 1613, 1479, 1360, 1254, 1160, 1076, 1000, 932, 870,
        815, 764, 718, 676, 638, 603, 571, 541, 514, 489,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(7330, 28529, 10598),  # fitted
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
