"""The doors between the integer lane and the float lane: the only place where the scale of a quantity changes.

In: integers of the snapshot become SI floats. Out: floats become saturated integers, since a store wraps silently on the
target; what is not a number comes out as the worst case its caller names.
"""


MS_PER_S = 1000


def volts(value_mV: int) -> float:
    """V from mV."""
    return value_mV / 1000.0


def amperes(value_mA: int) -> float:
    """A from mA."""
    return value_mA / 1000.0


def ampere_hours(value_mAs: int) -> float:
    """Ah from mAs."""
    return value_mAs / 3600000.0


def milliampere_seconds(charge_Ah: float, most_mAs: int) -> int:
    """mAs of a charge, rounded down and saturated to 0 ... most_mAs; 0 for what is no number."""
    if not charge_Ah > 0.0:
        return 0
    charge_mAs = charge_Ah * 3600000.0
    return most_mAs if charge_mAs >= most_mAs else int(charge_mAs)


def milliampere_hours(charge_Ah: float, most_mAh: int) -> int:
    """mAh of a charge, rounded down and saturated to 0 ... most_mAh; 0 for what is no number."""
    return milliampere_seconds(charge_Ah, most_mAh * 3600) // 3600


def capacity_Ah(value_mAh: int) -> float:
    """Ah from mAh."""
    return value_mAh / 1000.0


def ohms(value_uohm: int) -> float:
    """ohm from uohm."""
    return value_uohm / 1000000.0


def seconds(value_ms: int) -> float:
    """s from ms."""
    return value_ms / 1000.0


def volts_per_kelvin(value_uV_K: int) -> float:
    """V/K from uV/K."""
    return value_uV_K / 1000000.0


def celsius(value_ddegC: int) -> float:
    """degC from ddegC."""
    return value_ddegC / 10.0


def fraction(value_permille: int) -> float:
    """Fraction from permille."""
    return value_permille / 1000.0


def permille(value: float, worst: int) -> int:
    """Permille, rounded and saturated to 0 ... 1000, from a fraction; `worst` for what is not a number."""
    if value != value:
        return worst
    if value <= 0.0:
        return 0
    if value >= 1.0:
        return 1000
    return int(value * 1000.0 + 0.5)


def millivolts(v_V: float) -> int:
    """mV of a voltage, rounded away from zero by one at most; 0 for what is no number."""
    return int(v_V * 1000.0) + 1 if v_V > 0.0 else 0


def millionths(value: float) -> int:
    """Parts in a million of a fraction, rounded and saturated to what a word holds; 0 for what is no number."""
    if value != value:
        return 0
    if value >= 1000.0:
        return 1000000000
    if value <= -1000.0:
        return -1000000000
    return int(value * 1000000.0 + (0.5 if value >= 0.0 else -0.5))


def ppm(value_ppm: int) -> float:
    """Fraction from parts in a million."""
    return value_ppm / 1000000.0


def amperes_of_dA(value_dA: int) -> float:
    """A from dA."""
    return value_dA / 10.0


def deciamperes(value_A: float, most_dA: int) -> int:
    """dA of a magnitude, rounded down and saturated to 0 ... most_dA; 0 for what is no number."""
    if not value_A > 0.0:
        return 0
    if value_A * 10.0 >= most_dA:
        return most_dA
    return int(value_A * 10.0)
