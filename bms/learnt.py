"""What the estimators have learnt becomes words that can be kept, and becomes theirs again when a controller starts.

Differences are ppm, charges mAh. What is not known of a state of charge difference is at least FORGOTTEN_ppm after a start, for
nobody knows how long the pack stood and what its layers have lost by themselves. Of covariances only sigmas are kept. What one
layer has become since it was learnt is judged against what was learnt before, starts or not.
"""

from micropython import const

from bms import units

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.estimate.groups import Groups

HEALTH_WORDS = const(7)
HEAD_WORDS = const(5)
GROUP_WORDS = const(7)
FORGOTTEN_ppm = const(3000)  # assumed
_MOST_mAh = const(262142)
_LEARNT_CAPACITY = const(1)
_LEARNT_RESISTANCE = const(2)
_EXPERIENCED = const(4)


def difference_words(groups: "Groups") -> int:
    """How many there are."""
    return HEAD_WORDS + GROUP_WORDS * groups.delta.groups


def tell_health(groups: "Groups", words: "array[int]") -> int:
    """Capacity with sigma, pairs, charge in and out, the part of the cell file's resistance with sigma. Returns the number."""
    health = groups.health
    words[0] = units.milliampere_hours(health.capacity_Ah, _MOST_mAh)
    words[1] = units.milliampere_hours(health.sigma_Ah, _MOST_mAh)
    words[2] = health.pairs
    words[3] = health.charged_mAh
    words[4] = health.discharged_mAh
    words[5] = units.millionths(groups.resistance.r10)
    words[6] = units.millionths(groups.resistance.sigma_r10)
    return HEALTH_WORDS


def recall_health(groups: "Groups", words: "array[int]") -> None:
    """The other way round. What makes no sense is not taken."""
    if words[0] <= 0 or words[1] <= 0 or words[6] <= 0:
        return
    groups.health.recall(units.capacity_Ah(words[0]), units.capacity_Ah(words[1]), words[2])
    groups.health.charged_mAh = words[3]
    groups.health.discharged_mAh = words[4]
    groups.resistance.recall(units.ppm(words[5]), units.ppm(words[6]))


def tell_differences(groups: "Groups", words: "array[int]") -> int:
    """What is known, how well, and a row a group. Returns the number of words."""
    delta = groups.delta
    resistance = groups.resistance
    words[0] = _LEARNT_CAPACITY if delta.learnt_capacity else 0
    if delta.learnt_resistance:
        words[0] |= _LEARNT_RESISTANCE
    if delta.experienced:
        words[0] |= _EXPERIENCED
    words[1] = units.millionths(delta.sigma_soc)
    words[2] = units.millionths(delta.sigma_capacity)
    words[3] = units.millionths(delta.sigma_resistance)
    words[4] = resistance.steps
    at = HEAD_WORDS
    for g in range(delta.groups):
        words[at] = units.millionths(delta.soc[g])
        words[at + 1] = units.millionths(delta.capacity[g])
        words[at + 2] = units.millionths(delta.resistance[g])
        words[at + 3] = units.millionths(delta.own_capacity[g])
        words[at + 4] = units.millionths(delta.own_resistance[g])
        words[at + 5] = units.millionths(resistance.slow[g])
        words[at + 6] = units.millionths(resistance.own[g])
        at += GROUP_WORDS
    return at


def recall_differences(groups: "Groups", words: "array[int]") -> None:
    """The other way round. How far hysteresis differs shows again."""
    if words[2] <= 0 or words[3] <= 0:
        return
    delta = groups.delta
    resistance = groups.resistance
    delta.learnt_capacity = words[0] & _LEARNT_CAPACITY > 0
    delta.learnt_resistance = words[0] & _LEARNT_RESISTANCE > 0
    sigma_ppm = words[1] if words[1] > FORGOTTEN_ppm else FORGOTTEN_ppm
    experienced = words[0] & _EXPERIENCED > 0
    delta.recall(units.ppm(sigma_ppm), units.ppm(words[2]), units.ppm(words[3]), experienced)
    resistance.steps = words[4]
    at = HEAD_WORDS
    for g in range(delta.groups):
        delta.soc[g] = units.ppm(words[at])
        delta.capacity[g] = units.ppm(words[at + 1])
        delta.resistance[g] = units.ppm(words[at + 2])
        delta.own_capacity[g] = units.ppm(words[at + 3])
        delta.own_resistance[g] = units.ppm(words[at + 4])
        resistance.slow[g] = units.ppm(words[at + 5])
        resistance.quick[g] = resistance.slow[g]
        resistance.own[g] = units.ppm(words[at + 6])
        at += GROUP_WORDS
