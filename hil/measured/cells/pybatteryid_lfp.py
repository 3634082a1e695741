"""pybatteryid_lfp: a cell of 3.686 Ah, identified from logs.

Fitted: lfp_identification_data_first

Judged, not fitted: lfp_identification_data_second

Limits, charge maps, masses and what no log tells are those assumed of the family: replace them by those of the maker.
"""

from bms.schema import Cell, Filter, Profile

CELL = Cell(
    name="pybatteryid_lfp",
    source="fit of drive: lfp_identification_data_first",
    chemistry="LFP | graphite",
    capacity_mAh=3686,
    ocv_mV=(
        2570, 3145, 3258, 3259, 3285, 3302, 3315, 3330, 3333, 3335, 3336, 3338, 3340, 3346, 3363, 3367,
        3368, 3369, 3370, 3371, 3372,
    ),
    hyst_mV=(
        56, 41, 27, 27, 22, 16, 12, 11, 10, 9, 9, 8, 8, 7, 7, 4, 4, 4, 4, 4, 4,
    ),
    hyst_gamma_permille=53181,
    relax_mV=10,
    relax_gamma_permille=60000,
    relax_tau_s=7200,
    entropy_uV_K=(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
    t_ref_ddegC=250,
    r0_uohm=(
        33582, 26881, 23500, 22743, 21975, 21750, 21474, 21241, 21005, 20779, 20545, 20448, 20360,
        20350, 20380, 20278, 19995, 19597, 19047, 19144, 19155,
    ),
    r1_uohm=(
        15716, 11377, 9284, 8839, 8214, 7848, 7503, 7247, 6992, 6704, 6398, 6232, 6129, 6160, 6307,
        6369, 6325, 6199, 5915, 6085, 6276,
    ),
    tau1_ms=(
        2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915, 2915,
        2915, 2915, 2915, 2915, 2915,
    ),
    r2_uohm=(
        39927, 27521, 19943, 17203, 15374, 14911, 14973, 15208, 15169, 14658, 14022, 13890, 14262,
        15190, 16239, 16320, 15497, 14502, 13714, 14566, 15881,
    ),
    tau2_ms=(
        32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941,
        32941, 32941, 32941, 32941, 32941, 32941, 32941, 32941,
    ),
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400, 450,
        500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        9481, 7634, 6202, 5082, 4196, 3491, 2924, 2466, 2093, 1786, 1533, 1323, 1148, 1000, 875, 770,
        679, 602, 536, 478, 428, 385, 347, 314, 285, 259,
    ),
    r1_permille=(
        157721, 96878, 60711, 38769, 25200, 16656, 11183, 7621, 5267, 3689, 2616, 1878, 1363, 1000, 741,
        555, 419, 319, 246, 190, 149, 117, 93, 74, 59, 48,
    ),
    r2_permille=(
        51224, 35062, 24377, 17198, 12302, 8915, 6540, 4853, 3641, 2760, 2113, 1632, 1272, 1000, 792,
        632, 508, 412, 335, 275, 227, 188, 157, 132, 111, 94,
    ),
    ea_J_mol=(20000, 45000, 35000),
    heat_capacity_J_K=118,
    mass_g=122,
    self_discharge_ppm_h=60,
    v_max_mV=(3650, 3700, 3800),
    v_min_mV=(2000, 1900, 1800),
    v_deep_mV=1000,
    t_charge_max_ddegC=(450, 500, 600),
    t_charge_min_ddegC=(0, -20, -50),
    t_discharge_max_ddegC=(550, 600, 700),
    t_discharge_min_ddegC=(-200, -250, -300),
    t_stop_ddegC=(600, 700, 800),
    charge_max_mC=3000,
    charge_trip_permille=1200,
    map_ddegC=(-200, -100, 0, 100, 250, 350, 450, 600),
    map_soc_permille=(0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000),
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
    ),
    discharge_ddegC=(-300, -200, -100, 0, 100, 250, 550, 600, 700),
    discharge_cont_mC=(250, 750, 1500, 2500, 4000, 5000, 5000, 2500, 0),
    discharge_pulse_mC=(750, 2250, 4500, 7500, 12000, 15000, 15000, 7500, 0),
    discharge_trip_mC=25000,
    discharge_low_soc_permille=100,
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
        gain_permille=8,
        offset_mC=12,
        table_mV=7,
        span_permille=90,
        table_s=50000,
        reading_mV=3,
        reading_ms=250000,
        fast_permille=140,
        skew_permille=600,
        slow_permille=500,
        drag_permille=80,
        r_permille=120,
        r_s=120,
        r_ddegK=100,
        colder_permille_K=0,
        settle_s=70,
        hyst_permille=200,
    ),
)
