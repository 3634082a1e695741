"""How far the model of a family of chemistry is to be trusted: the filter's settings that `hil fit` writes into a cell file.

One set a family, found on logs of several cells and judged on others; never one a run. `family(name)` finds the set by a
word in the name of a chemistry.
"""

from bms.schema import Filter

NICKEL = Filter(
    gain_permille=24,
    offset_mC=8,
    table_mV=8,
    span_permille=171,
    table_s=6265,
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
    bend_per_soc=6,
    hyst_permille=635,
)  # NMC, NCA and LCO against graphite, also with some silicon oxide
PHOSPHATE = NICKEL._replace(table_mV=4)  # LFP: flat, little hysteresis in volts, much in SoC
SILICON = NICKEL

WORDS = (("lfp", PHOSPHATE), ("phosphate", PHOSPHATE), ("si |", SILICON), ("silicon |", SILICON))


def family(chemistry: str) -> Filter:
    """The settings of a chemistry by its name; those of nickel cathodes where no word is known."""
    name = chemistry.lower()
    return next((settings for word, settings in WORDS if word in name), NICKEL)
