"""pybatteryid_nmc_t: a cell of 2.872 Ah, identified from logs by `hil fit` (nmc).

Fitted, with the rms of what is left of the voltage: nmc_with_temperature_identification_data_1_6 (6 mV).

Judged, not fitted: nmc_with_temperature_identification_data_5_6 (14 mV), nmc_with_temperature_validation_data_hot (10
mV).

Hysteresis: no log stays on the charge branch; the family's is assumed.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="pybatteryid_nmc_t",
    source="hil fit of drive: nmc_with_temperature_identification_data_1_6",
    chemistry="NMC | graphite",
    capacity_mAh=2872,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        2175, 3240, 3390, 3413, 3494, 3544, 3582, 3601, 3624, 3663, 3704, 3756, 3792, 3849, 3909, 3953,
        4002, 4052, 4085, 4104, 4175,
    ),  # fitted to 1 log, 6 mV rms left
    hyst_mV=(
        30, 27, 25, 23, 20, 18, 15, 15, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9, 9, 9, 8,
    ),  # assumed
    hyst_gamma_permille=15000,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        285, 271, 186, 90, 40, 33, 59, 91, 88, 80, 80, 90, 108, 113, 119, 142, 163, 142, 103, 61, 15,
    ),  # assumed, hardly told by the logs, with what capacity does over temperature
    t_ref_ddegC=250,
    r0_uohm=(
        80904, 46247, 38729, 42230, 37028, 35221, 37546, 36456, 33873, 32397, 36060, 37677, 35079,
        32680, 33818, 38444, 37898, 35159, 33301, 37023, 41131,
    ),  # fitted to 1 log, 6 mV rms left
    r1_uohm=(
        51607, 31171, 15174, 4622, 156, 156, 1283, 1901, 1021, 466, 795, 1301, 1367, 800, 451, 1127,
        1517, 925, 728, 1575, 2475,
    ),  # fitted to 1 log, 6 mV rms left
    tau1_ms=(
        384, 422, 463, 508, 558, 612, 672, 672, 672, 672, 672, 672, 672, 672, 672, 672, 672, 672, 672,
        672, 672,
    ),  # fitted
    r2_uohm=(
        67194, 39716, 25320, 20683, 15814, 18160, 21588, 20361, 16767, 15948, 17303, 18368, 18108,
        18837, 22266, 25756, 25787, 22568, 18921, 18821, 20168,
    ),  # fitted to 1 log, 6 mV rms left
    tau2_ms=(
        25527, 28050, 30822, 33868, 37215, 40893, 44934, 44934, 44934, 44934, 44934, 44934, 44934,
        44934, 44934, 44934, 44934, 44934, 44934, 44934, 44934,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        6287, 5267, 4445, 3776, 3229, 2778, 2404, 2091, 1829, 1607, 1418, 1257, 1119, 1000, 897, 807,
        729, 661, 600, 547, 500, 458, 421, 388, 358, 331,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        3225614, 1481568, 702631, 343391, 172637, 89135, 47192, 25586, 14186, 8034, 4642, 2734, 1639,
        1000, 620, 390, 250, 162, 106, 71, 48, 32, 22, 16, 11, 8,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        8983, 7272, 5937, 4887, 4054, 3388, 2850, 2413, 2056, 1762, 1518, 1314, 1144, 1000, 878, 774,
        686, 610, 544, 487, 437, 394, 356, 323, 293, 267,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(16348, 71836, 19521),  # fitted
    heat_capacity_J_K=43,  # assumed
    mass_g=46,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4200, 4230, 4280),  # assumed
    v_min_mV=(2140, 2040, 1940),  # assumed, moved outside the open-circuit voltage of the logs
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
