"""pybamm_thinsi: a cell of 5.795 Ah, identified from logs by `hil fit` (nmc_si).

Fitted, with the rms of what is left of the voltage: thinsi_sic_charge_+25C (14 mV), thinsi_sic_loops_+25C (11 mV),
thinsi_sic_loops_+00C (12 mV), thinsi_sic_loops_+45C (9 mV), thinsi_sic_drive_+25C (26 mV).

Judged, not fitted: thinsi_sic_drive_+00C (81 mV), thinsi_sic_drive_+45C (15 mV), thinsi_sic_charge_+45C (37 mV),
thinsi_sic_charge_+00C (108 mV).

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="pybamm_thinsi",
    source="hil fit of drive: thinsi_sic_charge_+25C, thinsi_sic_loops_+25C, thinsi_sic_loops_+00C, "
    "thinsi_sic_loops_+45C, thinsi_sic_drive_+25C",
    chemistry="NMC | graphite-SiOx",
    capacity_mAh=5795,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2749, 2921, 2924, 3078, 3204, 3276, 3366, 3441, 3501, 3541, 3607, 3674, 3755, 3823, 3869, 3922,
        3984, 4049, 4086, 4099, 4114,
    ),  # fitted to 5 logs, 16 mV rms left
    hyst_mV=(
        0, 0, 0, 0, 29, 65, 63, 40, 23, 12, 11, 13, 5, 0, 0, 6, 14, 3, 0, 12, 26,
    ),  # fitted to 5 logs, 16 mV rms left; leans on the family at 0-5 % SoC
    hyst_gamma_permille=80953,  # fitted
    relax_mV=15,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        -18, -49, -75, -92, -99, -155, -198, -124, 16, 58, 7, -67, -115, -85, -28, 16, 41, 19, -58,
        -114, -138,
    ),  # fitted, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        18779, 18132, 22169, 25849, 26934, 25300, 24310, 24083, 23723, 22149, 19732, 18689, 17210,
        17204, 16236, 15989, 15768, 19042, 20571, 21349, 21593,
    ),  # fitted to 5 logs, 16 mV rms left
    r1_uohm=(
        8802, 6205, 4287, 2930, 2074, 1593, 1511, 1753, 1859, 1832, 2027, 2896, 4293, 5991, 7196, 7644,
        7178, 5840, 3676, 1625, 36,
    ),  # fitted to 5 logs, 16 mV rms left; leans on the family at 0 % SoC
    tau1_ms=(
        27532, 25400, 23434, 21620, 19946, 18402, 16977, 16977, 16977, 16977, 16977, 16977, 16977,
        16977, 16977, 16977, 16977, 16977, 16977, 16977, 16977,
    ),  # fitted
    r2_uohm=(
        6179, 1553, 155, 757, 4779, 11226, 16564, 19407, 19639, 17614, 12842, 8073, 4939, 3581, 2855,
        3126, 3078, 1737, 155, 155, 155,
    ),  # fitted to 5 logs, 16 mV rms left; leans on the family at 0-5 % SoC
    tau2_ms=(
        2582006, 2185621, 1850088, 1566066, 1325646, 1122135, 949867, 949867, 949867, 949867, 949867,
        949867, 949867, 949867, 949867, 949867, 949867, 949867, 949867, 949867, 949867,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        7560, 6222, 5162, 4315, 3632, 3078, 2625, 2252, 1943, 1685, 1469, 1286, 1132, 1000, 887, 790,
        706, 634, 570, 515, 467, 424, 386, 353, 323, 297,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        57385, 38853, 26731, 18670, 13226, 9496, 6904, 5079, 3779, 2842, 2159, 1656, 1281, 1000, 787,
        624, 499, 401, 325, 265, 217, 179, 149, 124, 104, 88,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        4099, 3578, 3141, 2772, 2458, 2190, 1960, 1761, 1589, 1439, 1307, 1192, 1090, 1000, 920, 849,
        785, 728, 676, 630, 588, 550, 515, 483, 455, 428,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(17987, 36010, 12544),  # fitted
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
