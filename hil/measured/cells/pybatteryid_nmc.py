"""pybatteryid_nmc: a cell of 0.951 Ah, identified from logs by `hil fit` (nmc).

Fitted, with the rms of what is left of the voltage: nmc_identification_data (10 mV).

Hysteresis: no log stays on the charge branch; the family's is assumed.

Temperature: the logs span 0 K; activation energies and entropy are the family's, assumed.

Temperature: not measured in some logs, taken as 25 degC.

Values marked "assumed" are the family's and in no log: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="pybatteryid_nmc",
    source="hil fit of drive: nmc_identification_data",
    chemistry="NMC | graphite",
    capacity_mAh=951,  # of the logs nearest 25 degC, or as given
    ocv_mV=(
        795, 3126, 3516, 3566, 3589, 3622, 3654, 3680, 3700, 3725, 3755, 3783, 3820, 3848, 3883, 3935,
        3981, 4029, 4073, 4129, 4201,
    ),  # fitted to 1 log, 10 mV rms left
    hyst_mV=(
        30, 27, 25, 22, 20, 17, 15, 14, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9, 9, 9, 8,
    ),  # assumed
    hyst_gamma_permille=15000,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100,
    ),  # assumed
    t_ref_ddegC=250,
    r0_uohm=(
        300387, 217573, 210889, 214129, 200815, 194245, 186821, 185676, 184141, 184174, 188913, 193232,
        187428, 169209, 149735, 138141, 125988, 119441, 116319, 126755, 133585,
    ),  # fitted to 1 log, 10 mV rms left
    r1_uohm=(
        380961, 266396, 179883, 126634, 93416, 75365, 62377, 54703, 51138, 50866, 52986, 55114, 52139,
        48537, 50519, 58788, 67322, 74961, 77110, 81851, 83541,
    ),  # fitted to 1 log, 10 mV rms left
    tau1_ms=(
        4137, 3905, 3686, 3479, 3283, 3099, 2925, 2925, 2925, 2925, 2925, 2925, 2925, 2925, 2925, 2925,
        2925, 2925, 2925, 2925, 2925,
    ),  # fitted
    r2_uohm=(
        895481, 637904, 420776, 263935, 163222, 119996, 107256, 109147, 112486, 114825, 117439, 118608,
        113728, 114988, 132862, 157310, 175491, 189192, 205019, 242499, 275602,
    ),  # fitted to 1 log, 10 mV rms left
    tau2_ms=(
        167177, 148523, 131950, 117227, 104147, 92526, 82202, 82202, 82202, 82202, 82202, 82202, 82202,
        82202, 82202, 82202, 82202, 82202, 82202, 82202, 82202,
    ),  # fitted
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        9481, 7634, 6202, 5082, 4196, 3491, 2924, 2466, 2093, 1786, 1533, 1323, 1148, 1000, 875, 770,
        679, 602, 536, 478, 428, 385, 347, 314, 285, 259,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r1_permille=(
        157721, 96878, 60711, 38769, 25200, 16656, 11183, 7621, 5267, 3689, 2616, 1878, 1363, 1000, 741,
        555, 419, 319, 246, 190, 149, 117, 93, 74, 59, 48,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    r2_permille=(
        51224, 35062, 24377, 17198, 12302, 8915, 6540, 4853, 3641, 2760, 2113, 1632, 1272, 1000, 792,
        632, 508, 412, 335, 275, 227, 188, 157, 132, 111, 94,
    ),  # exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol
    ea_J_mol=(20000, 45000, 35000),  # assumed
    heat_capacity_J_K=14,  # assumed
    mass_g=15,  # assumed
    self_discharge_ppm_h=60,  # assumed
    v_max_mV=(4214, 4244, 4294),  # assumed, moved outside the open-circuit voltage of the logs
    v_min_mV=(760, 660, 560),  # assumed, moved outside the open-circuit voltage of the logs
    v_deep_mV=460,  # assumed
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
    discharge_cont_mC=(106, 300, 600, 1000, 1600, 2000, 2000, 1000, 0),  # assumed
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
