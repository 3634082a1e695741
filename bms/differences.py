"""What the estimators know of the groups' charge becomes integers: what each is owed for being bled, and how a charge ended.

A group is owed what it certainly has more than the lowest of its sisters: the difference of their states of charge at half
charge, less SURE sigmas, less what the error of their readings that no time takes away may look like where the OCV is flattest,
of the least capacity in the spread. Before a pack has been up and down nobody is owed anything: what looks like charge may be
hysteresis. A group that leaks is owed nothing and nobody is bled down to it. Less certain is never more. Answers only to who
asks, after a pass over the groups, and with nothing where what they say may not be used.
"""

from micropython import const

from bms import units

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from array import array

    from bms.control.balance import Balance
    from bms.control.ending import Ending
    from bms.estimate.groups import Groups

SURE = 4.0  # sigmas of one group: of the difference of two, nearly three
PAIR = 1.5  # sigmas of one group that are one of the difference of two, and a little
_MOST_mAs = const(1073741823)
_MOST_mAh = const(262142)
_MOST_SIGMA_mAh = const(65534)


def tell(balance: "Balance", ending: "Ending", groups: "Groups", soc: float, believable: bool) -> None:
    """After a pass, in a slow slot. `soc` of the mean layer; `believable`: what the estimators say may be used."""
    if balance.asks:
        if believable and groups.delta.experienced:
            owe(balance.bleeders.excess_mAs, groups)
            balance.told = True
        balance.asks = False
    if ending.asks:
        ending.asks = False
        if believable:
            _tell_ending(ending, groups, soc)


def owe(excess_mAs: "array[int]", groups: "Groups") -> None:
    """What every group is owed."""
    delta = groups.delta
    leaking = groups.leak.group
    z = delta.soc
    lowest = 2.0
    for g in range(delta.groups):
        if g != leaking and z[g] < lowest:
            lowest = z[g]
    sure = lowest + SURE * delta.sigma_soc + 2.0 * delta.constant_V / delta.flattest_V
    for g in range(delta.groups):
        owed = (z[g] - sure) * groups.least_Ah if g != leaking else 0.0
        excess_mAs[g] = units.milliampere_seconds(owed, _MOST_mAs)


def _tell_ending(ending: "Ending", groups: "Groups", soc: float) -> None:
    """The charge by which the one was fuller than the other, at this SoC."""
    delta = groups.delta
    high = ending.high_group
    low = ending.low_group
    apart = delta.soc[high] - delta.soc[low] - (delta.capacity[high] - delta.capacity[low]) * (soc - 0.5)
    ending.apart_mAh = units.milliampere_hours(apart * groups.least_Ah, _MOST_mAh)
    ending.sigma_mAh = units.milliampere_hours(PAIR * delta.sigma_soc * groups.least_Ah, _MOST_SIGMA_mAh)
