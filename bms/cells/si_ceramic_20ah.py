"""A made-up silicon | ceramic | NMC811 layer of 20 Ah (0.5 m2, 115 um). Synthetic: for simulation, not a real cell.

No voltage window, OCV, resistance or life data of an all-inorganic silicon cell is public. OCV and hysteresis are evaluated
from published half-cell fits; the rest is chosen so that published charge claims (5 to 80 % in 8.5 min when warm) can be
reached. Absolute charge times are worth +-50 %. The full "simulator" charge map is tuned to a press claim and may harm a
real cell; "shipping" is half of it and is what firmware uses unless a scenario names the other.

[1] Chen 2020, J. Electrochem. Soc. 167 080534 (NMC811), Verbrugge 2016, J. Electrochem. Soc. 163 A262 (Si), as resampled
    values of the parameter set Chen2020_composite of PyBaMM: OCV_mid = U_NMC(y) - (U_lith + U_delith)(x)/2 with
    x = 0.10 + 0.70 z, y = 0.90 - 0.63 z; M is half the distance of the silicon branches minus 30 mV.
[2] Wycisk 2024, J. Energy Storage 111617: up to 40 mV of quasi-OCV build up with charge and vanish at rest.
[3] ProLogium press claims of 2024 (Gen3, TUV Rheinland): 360 Wh/kg; 5 to 60 % in 5 min, 5 to 80 % in 8.5 min.
[4] Yang 2018, PNAS: plating-free 4 C at 25, 1.5 C at 10, 0.67 C at 0 degC, apparent 48 kJ/mol.
[5] Koebbing 2024, arXiv 2408.01106: silicon relaxes over days.
[6] foxBMS 2 battery_cell_cfg.h: three severities for a limit (operating, recommended, maximum).
[7] Yang 2019, Joule, S2542-4351(19)30481-7: charged at 60 degC for ten minutes, 2500 cycles to 91.7 %.
Values marked "assumed" have no source.
"""

from bms.schema import Cell, COLD_ddegC, Filter, HOT_ddegC, Profile

_MAP_FULL = (
    (30, 60, 80, 80, 80, 80, 80, 50, 30, 20, 10, 10, 0),  # -20 degC
    (80, 140, 190, 190, 190, 190, 190, 110, 70, 50, 30, 20, 10),  # -10 degC
    (170, 320, 420, 420, 420, 420, 420, 250, 150, 120, 80, 50, 20),  # 0 degC
    (360, 670, 900, 900, 900, 900, 900, 540, 320, 250, 160, 100, 40),  # 10 degC
    (1000, 1880, 2500, 2500, 2500, 2500, 2500, 1500, 900, 700, 450, 280, 120),  # 25 degC
    (1480, 2780, 3700, 3700, 3700, 3700, 3700, 2220, 1330, 1040, 670, 410, 190),  # 35 degC
    (2140, 4010, 5350, 5350, 5350, 5350, 5350, 3210, 1930, 1500, 960, 590, 270),  # 45 degC
    (3570, 6690, 7000, 7000, 7000, 7000, 7000, 5350, 3210, 2500, 1600, 980, 450),  # 60 degC
    (4190, 7000, 7000, 7000, 7000, 7000, 7000, 6280, 3770, 2930, 1880, 1150, 520),  # 65 degC
    (4890, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 4400, 3420, 2200, 1340, 610),  # 70 degC
    (4000, 4000, 4000, 4000, 4000, 4000, 4000, 4000, 4000, 3980, 2560, 1560, 710),  # 75 degC
    (2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 1810, 820),  # 80 degC
)

CELL = Cell(
    name="si_ceramic_20ah",
    source="synthetic: half-cell fits [1], resistances and limits assumed",
    chemistry="Si | ceramic | NMC811",
    capacity_mAh=20000,  # 4 mAh/cm2 x 5000 cm2, assumed
    ocv_mV=(
        3012, 3090, 3152, 3203, 3249, 3293, 3335, 3377, 3419, 3464, 3516, 3578, 3642, 3697, 3750,
        3808, 3873, 3938, 3979, 4012, 4092,
    ),  # [1]
    hyst_mV=(
        151, 150, 142, 132, 122, 114, 108, 103, 99, 96, 93, 89, 85, 81, 76, 72, 69, 67, 66, 66, 68,
    ),  # [1] minus 30 mV for [2]
    hyst_gamma_permille=15000,  # assumed within 8 to 30: 90 % reversal after 15 to 20 % SoC
    relax_mV=30,  # [2] [5]
    relax_gamma_permille=60000,  # assumed
    relax_tau_s=7200,  # assumed, [5] says longer
    entropy_uV_K=(
        10, 0, 0, 0, 10, 20, 40, 50, 70, 80, 90, 90, 100, 100, 110, 110, 110, 110, 120, 150, 150,
    ),  # O'Regan 2022 (NMC811) with silicon's share assumed
    t_ref_ddegC=250,
    r0_uohm=(
        1380, 1320, 1260, 1230, 1200, 1200, 1190, 1190, 1180, 1180, 1180, 1180, 1180, 1190, 1190,
        1200, 1200, 1210, 1230, 1250, 1260,
    ),  # assumed: 17 ohm cm2 in all makes [3] reachable
    r1_uohm=(
        2600, 2000, 1600, 1400, 1200, 1150, 1100, 1050, 1000, 1000, 1000, 1000, 1000, 1040, 1070,
        1110, 1150, 1250, 1350, 1530, 1700,
    ),  # assumed, rise at both ends as in ordinary NMC/Si cells
    tau1_ms=(
        2400, 2200, 1900, 1700, 1500, 1400, 1400, 1300, 1300, 1200, 1200, 1200, 1300, 1300, 1300,
        1400, 1400, 1600, 1700, 1900, 2000,
    ),  # assumed
    r2_uohm=(
        3360, 2640, 2040, 1770, 1500, 1430, 1350, 1270, 1200, 1210, 1230, 1250, 1260, 1290, 1320,
        1350, 1380, 1470, 1560, 1740, 1920,
    ),  # assumed
    tau2_ms=(
        90000, 82000, 75000, 68000, 60000, 58000, 55000, 52000, 50000, 48000, 45000, 46000, 47000,
        48000, 48000, 49000, 50000, 56000, 62000, 69000, 75000,
    ),  # assumed
    # exp(Ea/R (1/T - 1/298.15 K)) at every 5 K, from ea_J_mol; the linter checks it
    r_ddegC=(
        -400, -350, -300, -250, -200, -150, -100, -50, 0, 50, 100, 150, 200, 250, 300, 350, 400,
        450, 500, 550, 600, 650, 700, 750, 800, 850,
    ),
    r0_permille=(
        26087, 19055, 14100, 10561, 8001, 6127, 4740, 3702, 2917, 2319, 1858, 1501, 1221, 1000,
        825, 684, 571, 479, 405, 343, 293, 251, 216, 186, 162, 141,
    ),
    r1_permille=(
        276757, 161034, 95809, 58208, 36067, 22766, 14624, 9550, 6335, 4264, 2911, 2014, 1411,
        1000, 717, 520, 381, 281, 210, 158, 120, 92, 71, 55, 43, 34,
    ),
    r2_permille=(
        51224, 35062, 24377, 17198, 12302, 8915, 6540, 4853, 3641, 2760, 2113, 1632, 1272, 1000,
        792, 632, 508, 412, 335, 275, 227, 188, 157, 132, 111, 94,
    ),
    ea_J_mol=(29000, 50000, 35000),  # solid electrolyte 0.30 eV, charge transfer 0.52 eV, diffusion: mid-range of literature
    heat_capacity_J_K=161,  # 0.19 kg x 850 J/kgK, assumed from pouch cells at 750 to 1000
    mass_g=190,  # 69 Wh at 363 Wh/kg, [3]
    self_discharge_ppm_h=200,  # assumed: 2 % a month at 25 degC, 45 kJ/mol, at 60 degC
    v_max_mV=(4200, 4230, 4280),  # assumed: oxygen loss of NMC811; (operating, recommended, maximum) as [6]
    v_min_mV=(2700, 2600, 2500),  # assumed: steep delithiation of silicon
    v_deep_mV=2000,  # assumed: reversal inside a group
    t_charge_max_ddegC=(650, 700, 800),  # assumed
    t_charge_min_ddegC=(-200, -220, -250),  # assumed
    t_discharge_max_ddegC=(700, 780, 850),  # assumed: 75 K below the earliest exotherm
    t_discharge_min_ddegC=(-300, -320, -350),  # assumed
    t_stop_ddegC=(850, 900, 1000),  # assumed
    charge_max_mC=8000,  # assumed
    charge_trip_permille=1200,  # assumed: 1.2 x the map
    map_ddegC=(-200, -100, 0, 100, 250, 350, 450, 600, 650, 700, 750, 800),
    map_soc_permille=(0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000),
    charge_maps=(
        ("shipping", tuple(tuple(c // 2 for c in row) for row in _MAP_FULL)),
        ("simulator", _MAP_FULL),  # 10 mA/cm2 at 25 degC, 30 kJ/mol above, 48 kJ/mol below [4], tuned to [3]
    ),
    discharge_ddegC=(-300, -200, -100, 0, 100, 250, 650, 700, 800, 850),
    discharge_cont_mC=(300, 700, 1500, 2500, 4000, 6000, 6000, 4000, 2000, 0),  # assumed
    discharge_pulse_mC=(600, 1400, 3000, 5000, 7000, 10000, 10000, 6000, 3000, 0),  # assumed, 10 s
    discharge_trip_mC=12000,  # assumed
    discharge_low_soc_permille=100,  # assumed
    profiles=(
        Profile(
            name="cc_cv",
            kind="cc_cv",
            stages=((1000, 500),),
            heat_to_ddegC=COLD_ddegC,
            cool_to_ddegC=HOT_ddegC,
            taper_mC=50,
            taper_s=60,
            longest_s=36000,
        ),
        Profile(
            name="multistage",
            kind="multistage",
            stages=((200, 2500), (500, 2000), (700, 1000), (900, 500), (1000, 200)),
            heat_to_ddegC=COLD_ddegC,
            cool_to_ddegC=HOT_ddegC,
            taper_mC=50,
            taper_s=60,
            longest_s=36000,
        ),
        Profile(
            name="map_limited",
            kind="map_limited",
            stages=((1000, 8000),),
            heat_to_ddegC=COLD_ddegC,
            cool_to_ddegC=HOT_ddegC,
            taper_mC=50,
            taper_s=60,
            longest_s=36000,
        ),
        Profile(
            name="thermally_modulated",
            kind="thermally_modulated",
            stages=((1000, 8000),),
            heat_to_ddegC=600,
            cool_to_ddegC=350,
            taper_mC=50,
            taper_s=60,
            longest_s=36000,
        ),
        Profile(
            name="gentle",
            kind="gentle",
            stages=((800, 200), (1000, 100)),
            heat_to_ddegC=COLD_ddegC,
            cool_to_ddegC=HOT_ddegC,
            taper_mC=20,
            taper_s=60,
            longest_s=86400,
        ),
    ),  # assumed; the warm one within the 45 to 65 degC of [7]
    filter=Filter(
        gain_permille=24,
        offset_mC=8,
        table_mV=15,  # half of relax_mV, which stands on one side for as long as a current flows,
        span_permille=1000,
        table_s=7200,  # and goes with relax_tau_s
        reading_mV=2,
        reading_ms=250000,
        fast_permille=94,
        skew_permille=106,
        slow_permille=169,
        drag_permille=57,
        r_permille=73,
        r_s=208,
        r_ddegK=185,
        colder_permille_K=4,
        settle_s=200,
        hyst_permille=90,  # of a branch, as matched layers differ
    ),  # the rest assumed as for other cells with silicon, see hil/fit/trust.py
)
