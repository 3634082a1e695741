"""pybamm_lgm50si: a cell of 5.715 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: lgm50si_charge_+25C (14 mV), lgm50si_loops_+25C (7 mV),
lgm50si_loops_+00C (15 mV), lgm50si_loops_+45C (6 mV), lgm50si_drive_+25C (29 mV).

Judged, not fitted: lgm50si_drive_+00C (71 mV), lgm50si_drive_+45C (15 mV), lgm50si_charge_+45C (22 mV),
lgm50si_charge_+00C (48 mV).

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="pybamm_lgm50si",
    source="hil fit of drive: lgm50si_charge_+25C, lgm50si_loops_+25C, lgm50si_loops_+00C, lgm50si_loops_+45C, "
    "lgm50si_drive_+25C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=5715,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2724, 3021, 3149, 3326, 3409, 3474, 3524, 3567, 3608, 3654, 3695, 3765, 3819, 3883, 3927, 3968,
        4003, 4048, 4094, 4118, 4119,
    ),  # fitted to 5 logs, 16 mV rms left
    hyst_mV=(
        42, 14, 0, 0, 0, 10, 16, 3, 0, 0, 3, 37, 44, 34, 28, 21, 21, 2, 0, 0, 0,
    ),  # fitted to 5 logs, 16 mV rms left; leans on the family at 0 % SoC
    hyst_gamma_permille=31864,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        71, 116, 144, 127, 88, 87, 122, 112, 27, -32, 17, 138, 184, 181, 185, 216, 268, 194, -34, -163,
        -229,
    ),  # fitted, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        42794, 37298, 39657, 37176, 30116, 24632, 20591, 21419, 20758, 21292, 20384, 18717, 18520,
        20305, 17937, 19792, 17957, 22018, 21642, 21177, 21055,
    ),  # fitted to 5 logs, 16 mV rms left
    r1_uohm=(
        29462, 23178, 18664, 16033, 14493, 14344, 14858, 16106, 18008, 20044, 19956, 18215, 16294,
        15658, 15705, 16791, 18034, 19225, 19349, 18873, 17835,
    ),  # fitted to 5 logs, 16 mV rms left
    tau1_ms=(
        56988, 49682, 43312, 37759, 32918, 28698, 25019, 25019, 25019, 25019, 25019, 25019, 25019,
        25019, 25019, 25019, 25019, 25019, 25019, 25019, 25019,
    ),  # fitted
    r2_uohm=(
        21616, 10499, 4714, 6604, 7890, 9889, 9182, 7883, 9188, 5717, 703, 4275, 12414, 17456, 18014,
        16607, 15259, 12539, 11051, 9483, 930,
    ),  # fitted to 5 logs, 16 mV rms left
    tau2_ms=(
        503058, 448475, 399814, 356433, 317759, 283282, 252545, 252545, 252545, 252545, 252545, 252545,
        252545, 252545, 252545, 252545, 252545, 252545, 252545, 252545, 252545,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        3455, 3066, 2735, 2450, 2205, 1992, 1807, 1645, 1502, 1377, 1266, 1167, 1079, 1000, 929, 866,
        808, 756, 709, 666, 627, 591, 558, 528, 500, 475,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        4119, 3594, 3154, 2782, 2466, 2196, 1965, 1765, 1592, 1441, 1309, 1193, 1090, 1000, 920, 848,
        784, 727, 675, 629, 587, 548, 514, 482, 453, 427,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        23176, 17123, 12809, 9695, 7419, 5737, 4479, 3530, 2806, 2249, 1817, 1479, 1212, 1000, 830, 694,
        583, 492, 418, 357, 306, 264, 228, 198, 173, 151,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(11025, 12588, 27948),  # fitted
    heat_capacity_J_K=86,  # assumed
    mass_g=91,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2677, 2577, 2477),  # assumed, moved outside the open-circuit voltage of the logs
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
        table_mV=10,
        span_permille=250,
        table_s=20000,
        reading_mV=5,
        reading_ms=250000,
        fast_permille=110,
        skew_permille=100,
        slow_permille=130,
        drag_permille=80,
        r_permille=80,
        r_s=1200,
        r_ddegK=200,
        colder_permille_K=12,
        settle_s=300,
        hyst_permille=600,
    ),  # one set for all cells of the family
)
