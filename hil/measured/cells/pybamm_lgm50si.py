"""pybamm_lgm50si: a cell of 5.715 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: lgm50si_charge_+25C (7 mV), lgm50si_loops_+25C (7 mV),
lgm50si_loops_+00C (17 mV), lgm50si_loops_+45C (3 mV), lgm50si_drive_+25C (26 mV).

Judged, not fitted: lgm50si_drive_+00C (65 mV), lgm50si_drive_+45C (13 mV), lgm50si_charge_+45C (20 mV),
lgm50si_charge_+00C (40 mV).

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybamm_lgm50si",
    source="hil fit of drive: lgm50si_charge_+25C, lgm50si_loops_+25C, lgm50si_loops_+00C, lgm50si_loops_+45C, lgm50si_drive_+25C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=5715,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2692, 3015, 3171, 3332, 3430, 3478, 3527, 3568, 3612, 3662, 3712, 3769, 3816, 3871, 3917, 3952,
        3999, 4040, 4069, 4075, 4084,
    ),  # fitted to 5 logs, 15 mV rms left
    hyst_mV=(
        23, 10, 0, 0, 5, 14, 11, 4, 7, 32, 64, 82, 79, 66, 57, 51, 44, 43, 48, 43, 38,
    ),  # fitted to 5 logs, 15 mV rms left; leans on the family at 0-10 % SoC
    hyst_gamma_permille=3096,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        42, 46, 40, 10, 1, 47, 79, 78, 69, 100, 157, 221, 221, 182, 142, 128, 144, 134, 42, 23, 22,
    ),  # assumed, hardly told by the logs, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        40709, 35732, 38621, 32939, 26554, 23350, 20953, 20142, 20134, 19685, 19155, 18954, 18998,
        19468, 17441, 18557, 20176, 20976, 19571, 21362, 22425,
    ),  # fitted to 5 logs, 15 mV rms left
    r1_uohm=(
        30117, 23000, 17646, 14388, 13490, 13948, 14432, 15163, 16110, 16976, 16696, 15722, 14257,
        13437, 13362, 14186, 15579, 16229, 16181, 16195, 15978,
    ),  # fitted to 5 logs, 15 mV rms left
    tau1_ms=(
        48424, 43154, 38457, 34271, 30541, 27217, 24255, 24255, 24255, 24255, 24255, 24255, 24255,
        24255, 24255, 24255, 24255, 24255, 24255, 24255, 24255,
    ),  # fitted
    r2_uohm=(
        16031, 7768, 4896, 8150, 11294, 12944, 10662, 9620, 10338, 7248, 2522, 5700, 12853, 18262,
        19574, 19331, 18043, 14842, 14536, 10068, 261,
    ),  # fitted to 5 logs, 15 mV rms left
    tau2_ms=(
        501108, 424178, 359059, 303937, 257277, 217781, 184347, 184347, 184347, 184347, 184347, 184347,
        184347, 184347, 184347, 184347, 184347, 184347, 184347, 184347, 184347,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        3386, 3010, 2690, 2414, 2176, 1970, 1789, 1631, 1492, 1370, 1261, 1164, 1077, 1000, 930, 868,
        811, 760, 713, 670, 632, 596, 563, 534, 506, 481,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        2817, 2549, 2317, 2114, 1935, 1778, 1639, 1515, 1405, 1306, 1217, 1138, 1065, 1000, 941, 886,
        837, 792, 750, 712, 677, 644, 614, 587, 561, 537,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        27039, 19683, 14516, 10838, 8186, 6250, 4821, 3755, 2952, 2341, 1871, 1507, 1224, 1000, 823,
        681, 567, 475, 401, 339, 289, 247, 212, 183, 159, 138,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(10844, 9208, 29319),  # fitted
    heat_capacity_J_K=86,  # assumed
    mass_g=91,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2664, 2564, 2464),  # assumed, moved outside the open-circuit voltage of the logs
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
