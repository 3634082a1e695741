"""NTC thermistors: counts of a divider to ddegC, by a table of resistances and integers alone.

The thermistor lies between the measured node and ground, `pull_up_ohm` between node and reference; the reference is measured by
the same converter, so that only the ratio counts. A value below the table's coldest temperature is OPEN (a broken wire, or
colder than any pack), above its hottest SHORT. Between two rows, 2.5 K apart, it is a straight line in the ratio.

Sources: NTCLE100E3103: Vishay BCcomponents, NTCLE100E3 data sheet (document 29049), 10 kohm, B25/85 = 3977 K, by its
equation R(T) with A = -14.6337, B = 4791.842, C = -115334, D = -3.730535E6. BETA_3434: 10 kohm at 25 degC by the beta equation
with 3434 K, B25/85 of Murata's NCP18XH103. -50 to 150 degC.
"""

from array import array

from micropython import const

OPEN = const(0x7FFF)
SHORT = const(-0x8000)

COLDEST_ddegC = const(-500)
STEP_ddegC = const(25)
_RATIO_bits = const(15)
_COUNTS_MAX = const(32767)

NTCLE100E3103_ohm = (
    658962, 552708, 465011, 392402, 332100, 281869, 239904, 204744, 175203, 150314, 129289, 111482, 96360, 83487, 72502,
    63105, 55047, 48122, 42158, 37009, 32555, 28693, 25339, 22419, 19873, 17647, 15699, 13990, 12488, 11166, 10000, 8970,
    8059, 7252, 6535, 5898, 5330, 4824, 4372, 3967, 3605, 3281, 2989, 2726, 2490, 2277, 2084, 1911, 1753, 1610, 1481, 1363,
    1256, 1159, 1070, 989, 915, 848, 786, 729, 677, 630, 586, 545, 508, 474, 443, 413, 387, 362, 339, 317, 298, 279, 262,
    247, 232, 218, 206, 194, 183,
)  # fmt: skip
BETA_3434_ohm = (
    479932, 404702, 342542, 290979, 248044, 212162, 182067, 156739, 135350, 117229, 101829, 88701, 77476, 67851, 59575,
    52439, 46270, 40922, 36276, 32229, 28695, 25603, 22891, 20507, 18407, 16553, 14914, 13461, 12171, 11023, 10000, 9087,
    8270, 7538, 6881, 6291, 5760, 5281, 4848, 4457, 4102, 3781, 3489, 3224, 2982, 2762, 2560, 2376, 2208, 2054, 1913, 1783,
    1663, 1553, 1452, 1359, 1273, 1193, 1119, 1051, 988, 929, 875, 824, 777, 733, 692, 654, 618, 585, 554, 525, 498, 473,
    449, 426, 405, 385, 367, 349, 333,
)  # fmt: skip


class Ntc:
    """One type of thermistor behind one pull-up."""

    def __init__(self, table_ohm: "tuple[int, ...]", pull_up_ohm: int) -> None:
        if pull_up_ohm <= 0:
            raise ValueError("pull_up_ohm")
        self._ratio = array("i", [(ohm << _RATIO_bits) // (ohm + pull_up_ohm) for ohm in table_ohm])
        self._last = len(table_ohm) - 1

    def ddegC(self, counts: int, reference_counts: int) -> int:
        """Temperature, or OPEN, or SHORT. Both counts of one converter, the reference's at most 32767."""
        ratio = self._ratio
        last = self._last
        if counts <= 0 or not 0 < reference_counts <= _COUNTS_MAX:
            return SHORT
        if counts >= reference_counts:
            return OPEN
        now = (counts << _RATIO_bits) // reference_counts
        if now > ratio[0]:
            return OPEN
        if now < ratio[last]:
            return SHORT
        low = 0
        high = last
        while high - low > 1:  # ratio[low] >= now > ratio[high], or now is the last
            middle = (low + high) >> 1
            if ratio[middle] >= now:
                low = middle
            else:
                high = middle
        wide = ratio[low] - ratio[high]
        part = (2 * (ratio[low] - now) * STEP_ddegC + wide) // (2 * wide)
        return COLDEST_ddegC + low * STEP_ddegC + part
