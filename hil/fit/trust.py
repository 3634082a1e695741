"""How far the model of a family of chemistry is to be trusted: the filter's settings that `hil fit` writes into a cell file.

One set a family, found on logs of several cells and judged on others; never one a run. The optimum is flat: half or twice of
one number changes little. `family(name)` finds the set by a word in the name of a chemistry.
"""

from bms.schema import Filter

NICKEL = Filter(
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
)  # NMC, NCA and LCO against graphite, also with some silicon oxide
SILICON = NICKEL._replace(
    table_mV=10,
    table_s=20000,
    reading_mV=5,
    reading_ms=250000,
    slow_permille=130,
    r_permille=80,
    r_s=1200,
    settle_s=300,
    hyst_permille=600,
)  # more hysteresis than one state can follow; relaxes for hours
PHOSPHATE = NICKEL._replace(
    gain_permille=8,
    table_mV=7,
    span_permille=90,
    table_s=50000,
    reading_mV=3,
    reading_ms=250000,
    fast_permille=140,
    skew_permille=600,
    slow_permille=500,
    r_permille=120,
    r_s=120,
    r_ddegK=100,
    colder_permille_K=0,
    settle_s=70,
    hyst_permille=200,
)  # LFP: so flat that counting is mostly better

WORDS = (("lfp", PHOSPHATE), ("phosphate", PHOSPHATE), ("si |", SILICON), ("silicon |", SILICON))


def family(chemistry: str) -> Filter:
    """The settings of a chemistry by its name; those of nickel cathodes where no word is known."""
    name = chemistry.lower()
    return next((settings for word, settings in WORDS if word in name), NICKEL)
