"""panasonic, first version of a fit.

Fitted: panasonic_ncr18650pf/p25_ocv_c20, panasonic_ncr18650pf/p25_hppc, panasonic_ncr18650pf/p00_hppc,
panasonic_ncr18650pf/n20_hppc, panasonic_ncr18650pf/p25_Cycle1_drive, panasonic_ncr18650pf/p10_Cycle1_drive,
panasonic_ncr18650pf/p00_Cycle1_drive, panasonic_ncr18650pf/n10_Cycle2_drive, panasonic_ncr18650pf/n20_Cycle1_drive

Left to judge: panasonic_ncr18650pf/p25_US06_drive, panasonic_ncr18650pf/p25_HWFTa_drive,
panasonic_ncr18650pf/p10_US06_drive, panasonic_ncr18650pf/p00_UDDS_drive, panasonic_ncr18650pf/n10_US06_drive,
panasonic_ncr18650pf/n20_US06_drive, panasonic_ncr18650pf/n20trise_Cycle1_drive,
panasonic_ncr18650pf/p10trise_Cycle1_drive
"""

from bms.schema import Cell, Filter

CELL = Cell(
    name="panasonic",  # assumed
    source="fitted",  # assumed
    chemistry="NCA | graphite",  # assumed
    capacity_mAh=2776,  # assumed
    ocv_mV=(
        2988, 3344, 3365, 3433, 3491, 3537, 3565, 3593, 3620, 3651, 3684, 3732, 3788, 3832, 3876, 3911,
        3959, 4013, 4068, 4112, 4164,
    ),  # assumed
    hyst_mV=(
        67, 23, 11, 10, 10, 11, 11, 11, 10, 11, 12, 14, 13, 11, 10, 10, 9, 9, 9, 9, 11,
    ),  # assumed
    hyst_gamma_permille=125261,  # assumed
    relax_mV=8,  # assumed
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed
    entropy_uV_K=(
        8, -124, -223, -256, -221, -157, -101, -64, -37, -13, 19, 63, 114, 160, 194, 233, 276, 335, 391,
        424, 444,
    ),  # assumed
    t_ref_ddegC=250,  # assumed
    r0_uohm=(
        46681, 50270, 42474, 36807, 32485, 30767, 30602, 30225, 30474, 30075, 28156, 28850, 28676,
        29576, 29812, 30084, 31250, 31904, 32790, 33746, 36981,
    ),  # assumed
    r1_uohm=(
        85053, 44383, 15768, 4796, 4709, 5033, 2355, 1596, 1195, 1784, 1300, 1751, 2098, 1389, 1062,
        1256, 1338, 1197, 2153, 1813, 4058,
    ),  # assumed
    tau1_ms=(
        2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578, 2578,
        2578, 2578, 2578, 2578, 2578,
    ),  # assumed
    r2_uohm=(
        82641, 47077, 29018, 24318, 27212, 31718, 31010, 29505, 29015, 27596, 23249, 20329, 20925,
        21488, 22899, 23365, 25204, 27714, 28118, 26708, 29799,
    ),  # assumed
    tau2_ms=(
        124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452,
        124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452, 124452,
    ),  # assumed
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),  # assumed
    r0_permille=(
        9149, 7392, 6026, 4952, 4102, 3422, 2875, 2431, 2068, 1770, 1523, 1317, 1145, 1000, 877, 773,
        684, 607, 541, 484, 434, 391, 353, 320, 290, 264,
    ),  # assumed
    r1_permille=(
        341457, 194701, 113614, 67752, 41237, 25586, 16166, 10390, 6787, 4502, 3030, 2067, 1429, 1000,
        708, 507, 367, 268, 198, 148, 111, 84, 64, 50, 38, 30,
    ),  # assumed
    r2_permille=(
        29718, 21437, 15673, 11604, 8694, 6587, 5044, 3900, 3045, 2398, 1905, 1525, 1231, 1000, 818,
        674, 558, 465, 390, 329, 279, 237, 203, 174, 150, 130,
    ),  # assumed
    ea_J_mol=(19683, 51868, 30159),  # assumed
    heat_capacity_J_K=42,  # assumed
    mass_g=44,  # assumed
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
        offset_mC=8,
        table_mV=8,
        span_permille=300,
        table_s=10000,
        reading_mV=2,
        reading_ms=250000,
        fast_permille=90,
        skew_permille=200,
        slow_permille=170,
        drag_permille=80,
        r_permille=80,
        r_s=600,
        r_ddegK=200,
        colder_permille_K=4,
        bend_per_soc=4,
        hyst_permille=500,
    ),  # assumed
)
