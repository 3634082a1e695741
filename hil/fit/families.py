"""Chemistries: what logs of a cycler cannot tell (limits, maps, heat), and where a fit starts from and leans on.

Values are assumed, from data sheets of ordinary cells of the kind; the file that is written says so at each. They suit a first
day on the bench: replace them by those of the maker. Currents are in C-rates, resistances times capacity, heat and mass per
Ah, so that they fit any size. Positive current charges.

Plating-free charge falls with temperature as 4 C at 25, 1.5 C at 10, 0.67 C at 0 degC (Yang 2018, PNAS).
"""

from typing import NamedTuple

from bms.schema import COLD_ddegC, HOT_ddegC, Profile

Line = tuple[tuple[float, float], ...]
Three = tuple[int, int, int]


class Family(NamedTuple):
    """A chemistry. Lines are (SoC, value) points; `loose`: sigma around them, and of the bend from knot to knot."""

    name: str
    about: str
    ocv_V: Line
    hyst_V: Line
    entropy_V_K: Line
    r_ohm_Ah: tuple[float, float, float]
    r_over_soc: Line
    tau_s: tuple[float, float]
    gamma: float
    gamma_spread: float  # of its logarithm
    ea_J_mol: Three
    loose: dict[str, tuple[float, float]]
    relax_mV: int
    heat_J_K_Ah: int
    mass_g_Ah: int
    self_discharge_ppm_h: int
    v_max_mV: Three
    v_min_mV: Three
    v_deep_mV: int
    charge_25_mC: tuple[int, ...]  # over MAP_SOC_permille
    discharge_25_mC: tuple[int, int, int]  # continuous, pulse of 10 s, trip


MAP_SOC_permille = (0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000)
MAP_ddegC = (-200, -100, 0, 100, 250, 350, 450, 600)
MAP_FACTOR_permille = (0, 0, 170, 380, 1000, 1000, 1000, 0)
T_CHARGE_MAX_ddegC = (450, 500, 600)
T_CHARGE_MIN_ddegC = (0, -20, -50)
T_DISCHARGE_MAX_ddegC = (550, 600, 700)
T_DISCHARGE_MIN_ddegC = (-200, -250, -300)
T_STOP_ddegC = (600, 700, 800)
DISCHARGE_ddegC = (-300, -200, -100, 0, 100, 250, 550, 600, 700)
DISCHARGE_FACTOR_permille = (50, 150, 300, 500, 800, 1000, 1000, 500, 0)
R_ddegC = tuple(range(-400, 851, 50))
RELAX_GAMMA_permille = 60000
RELAX_TAU_s = 7200
CHARGE_TRIP_permille = 1200
DISCHARGE_LOW_SOC_permille = 100
PROFILES = tuple(
    Profile(
        name=name,
        kind=name,
        stages=stages,
        heat_to_ddegC=COLD_ddegC,
        cool_to_ddegC=HOT_ddegC,
        taper_mC=50,
        taper_s=60,
        longest_s=86400,
    )
    for name, stages in (
        ("cc_cv", ((1000, 500),)),
        ("multistage", ((500, 1000), (800, 500), (1000, 200))),
        ("map_limited", ((1000, 8000),)),
        ("gentle", ((1000, 200),)),
    )
)

_LOOSE = {
    "ocv": (0.5, 0.1),
    "hyst": (0.006, 0.004),
    "entropy": (0.1e-3, 0.05e-3),
    "r0": (1.0, 0.1),
    "r1": (1.0, 0.15),
    "r2": (1.0, 0.15),
}
_OXIDE_V = ((0, 3.0), (0.05, 3.3), (0.1, 3.42), (0.2, 3.53), (0.3, 3.6), (0.5, 3.7), (0.7, 3.9), (0.9, 4.07), (1, 4.18))
_IRON_V = ((0, 2.5), (0.05, 3.1), (0.1, 3.2), (0.3, 3.27), (0.5, 3.3), (0.9, 3.33), (0.95, 3.34), (1, 3.45))
_SILICON_V = ((0, 3.01), (0.1, 3.15), (0.3, 3.335), (0.5, 3.516), (0.7, 3.75), (0.9, 3.98), (1, 4.09))
_R = ((0, 2.5), (0.05, 1.7), (0.1, 1.3), (0.2, 1.1), (0.5, 1.0), (0.9, 1.0), (1, 1.2))
_SLOW = (300, 500, 700, 700, 700, 700, 700, 600, 500, 350, 200, 100, 50)
_FAST = (1000, 2000, 3000, 3000, 3000, 3000, 3000, 2500, 2000, 1500, 800, 400, 200)

NMC = Family(
    name="nmc",
    about="NMC | graphite",
    ocv_V=_OXIDE_V,
    hyst_V=((0, 0.02), (0.3, 0.009), (1, 0.005)),
    entropy_V_K=((0, 0.0), (1, 0.0001)),
    r_ohm_Ah=(0.075, 0.03, 0.05),
    r_over_soc=_R,
    tau_s=(1.0, 100.0),
    gamma=40.0,
    gamma_spread=0.1,
    ea_J_mol=(20000, 45000, 35000),
    loose=_LOOSE,
    relax_mV=8,
    heat_J_K_Ah=15,
    mass_g_Ah=16,
    self_discharge_ppm_h=60,
    v_max_mV=(4200, 4230, 4280),
    v_min_mV=(2700, 2600, 2500),
    v_deep_mV=1500,
    charge_25_mC=_SLOW,
    discharge_25_mC=(2000, 6000, 10000),
)
NMC_SI = NMC._replace(
    name="nmc_si",
    about="NMC | graphite-SiOx",
    hyst_V=((0, 0.08), (0.1, 0.05), (0.3, 0.025), (1, 0.012)),
    gamma=25.0,
    gamma_spread=0.4,
    loose=_LOOSE | {"hyst": (0.03, 0.005)},
    relax_mV=15,
)
NCA = NMC._replace(name="nca", about="NCA | graphite")
LCO = NMC._replace(
    name="lco",
    about="LCO | graphite, pouch",
    r_ohm_Ah=(0.02, 0.01, 0.02),
    tau_s=(12.0, 200.0),
    charge_25_mC=_FAST,
    discharge_25_mC=(5000, 15000, 25000),
)
LFP = NMC._replace(
    name="lfp",
    about="LFP | graphite",
    ocv_V=_IRON_V,
    hyst_V=((0, 0.05), (0.1, 0.02), (1, 0.015)),
    entropy_V_K=((0, 0.0), (1, 0.0)),
    r_ohm_Ah=(0.03, 0.02, 0.04),
    tau_s=(12.0, 200.0),
    gamma=60.0,
    gamma_spread=0.4,
    loose=_LOOSE | {"hyst": (0.03, 0.01), "ocv": (0.5, 0.3)},
    relax_mV=10,
    heat_J_K_Ah=32,
    mass_g_Ah=33,
    v_max_mV=(3650, 3700, 3800),
    v_min_mV=(2000, 1900, 1800),
    v_deep_mV=1000,
    charge_25_mC=_FAST,
    discharge_25_mC=(5000, 15000, 25000),
)
SI = NMC._replace(
    name="si",
    about="Si | ceramic | NMC811",
    ocv_V=_SILICON_V,
    hyst_V=((0, 0.15), (0.2, 0.12), (0.5, 0.093), (0.8, 0.069), (1, 0.068)),
    r_ohm_Ah=(0.024, 0.02, 0.025),
    tau_s=(1.5, 50.0),
    gamma=15.0,
    gamma_spread=0.4,
    ea_J_mol=(29000, 50000, 35000),
    loose=_LOOSE | {"hyst": (0.04, 0.008)},
    relax_mV=30,
    heat_J_K_Ah=8,
    mass_g_Ah=10,
)
FAMILIES = {family.name: family for family in (NMC, NMC_SI, NCA, LCO, LFP, SI)}
