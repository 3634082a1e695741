"""How far the model of a family of chemistry is to be trusted: the filter's settings that `hil fit` writes into a cell file.

One set a family, found on logs of several cells and judged on others; never one a run. `family(name)` finds the set by a
word in the name of a chemistry.
"""

from bms.schema import Filter

NICKEL = Filter(
    gain_permille=20,
    offset_mC=10,
    table_mV=6,
    span_permille=100,
    cold_uV_K=200,
    rest_mV=6,
    rest_s=3600,
    reading_mV=3,
    reading_ms=5000,
    fast_permille=60,
    skew_permille=500,
    slow_permille=150,
    r_permille=100,
    r_s=1800,
    r_ddegK=100,
    hyst_permille=200,
)  # NMC, NCA and LCO against graphite, also with some silicon oxide
PHOSPHATE = NICKEL._replace(table_mV=4, cold_uV_K=100, rest_mV=4)  # LFP: flat, little hysteresis in volts, much in SoC
SILICON = NICKEL._replace(rest_mV=10)

WORDS = (("lfp", PHOSPHATE), ("phosphate", PHOSPHATE), ("si |", SILICON), ("silicon", SILICON))


def family(chemistry: str) -> Filter:
    """The settings of a chemistry by its name; those of nickel cathodes where no word is known."""
    name = chemistry.lower()
    return next((settings for word, settings in WORDS if word in name), NICKEL)
