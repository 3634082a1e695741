"""pybamm_thinsi: a cell of 5.795 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: thinsi_sic_charge_+25C (10 mV), thinsi_sic_loops_+25C (12 mV),
thinsi_sic_loops_+00C (15 mV), thinsi_sic_loops_+45C (10 mV), thinsi_sic_drive_+25C (25 mV).

Judged, not fitted: thinsi_sic_drive_+00C (82 mV), thinsi_sic_drive_+45C (15 mV), thinsi_sic_charge_+45C (39 mV),
thinsi_sic_charge_+00C (106 mV).

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybamm_thinsi",
    source="hil fit of drive: thinsi_sic_charge_+25C, thinsi_sic_loops_+25C, thinsi_sic_loops_+00C, thinsi_sic_loops_+45C, thinsi_sic_drive_+25C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=5795,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2769, 2941, 2942, 3090, 3216, 3284, 3373, 3442, 3504, 3546, 3615, 3682, 3760, 3826, 3873, 3922,
        3984, 4049, 4088, 4098, 4114,
    ),  # fitted to 5 logs, 15 mV rms left
    hyst_mV=(
        0, 0, 0, 12, 37, 65, 60, 39, 23, 11, 7, 11, 6, 0, 0, 7, 12, 4, 0, 8, 23,
    ),  # fitted to 5 logs, 15 mV rms left; leans on the family at 0-5 % SoC
    hyst_gamma_permille=68796,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -23, -64, -100, -122, -131, -167, -199, -155, -68, -37, -54, -86, -103, -76, -28, 12, 29, 14,
        -25, -50, -53,
    ),  # assumed, hardly told by the logs, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        18441, 17401, 21047, 24142, 25296, 24477, 23626, 23367, 22967, 21787, 19927, 18940, 17249,
        16946, 16350, 16145, 15736, 18151, 20396, 21633, 21860,
    ),  # fitted to 5 logs, 15 mV rms left
    r1_uohm=(
        10741, 7825, 5568, 3874, 2793, 2321, 2489, 3083, 3515, 3512, 3434, 3830, 4654, 5785, 6798, 7393,
        7272, 6400, 4723, 2730, 673,
    ),  # fitted to 5 logs, 15 mV rms left; leans on the family at 0-5 % SoC
    tau1_ms=(
        29307, 27356, 25535, 23835, 22248, 20767, 19385, 19385, 19385, 19385, 19385, 19385, 19385,
        19385, 19385, 19385, 19385, 19385, 19385, 19385, 19385,
    ),  # fitted
    r2_uohm=(
        3412, 155, 155, 3126, 8187, 14822, 20432, 23590, 23638, 20793, 15642, 10650, 7179, 5405, 4533,
        4172, 3363, 1747, 155, 155, 155,
    ),  # fitted to 5 logs, 15 mV rms left; leans on the family at 0-5 % SoC
    tau2_ms=(
        3399883, 2877939, 2436123, 2062133, 1745558, 1477583, 1250747, 1250747, 1250747, 1250747,
        1250747, 1250747, 1250747, 1250747, 1250747, 1250747, 1250747, 1250747, 1250747, 1250747,
        1250747,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        8016, 6560, 5413, 4501, 3770, 3180, 2699, 2305, 1980, 1711, 1485, 1296, 1136, 1000, 884, 785,
        699, 625, 561, 505, 456, 413, 376, 342, 313, 286,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        45314, 31386, 22069, 15740, 11377, 8328, 6168, 4620, 3497, 2674, 2064, 1608, 1263, 1000, 798,
        642, 519, 423, 347, 286, 238, 198, 166, 140, 119, 101,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        4234, 3685, 3225, 2838, 2510, 2230, 1991, 1785, 1606, 1451, 1316, 1197, 1092, 1000, 918, 845,
        780, 722, 670, 623, 581, 542, 507, 475, 447, 420,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(18508, 33910, 12833),  # fitted
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
