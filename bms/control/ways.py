"""The ways to charge that a cell has, as the steps need them: stages as currents of a layer, times in ms.

A stage holds up to its SoC, the last one beyond. What a gentle charge needs is the current that ends in time: what is missing
over the time that is left, where no stage's own current is less; where one is, that stage takes the time it takes.
Units: dA, permille, ms, s; charge in dA*s.
"""

from array import array

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Cell, Profile

LIMIT_MAX_dA = const(16383)
_MS_PER_S = const(1000)
_PERMILLE = const(1000)


class Way:
    """One profile. `planned`: the temperature is chosen; `gentle`: the time is."""

    def __init__(self, cell: "Cell", profile: "Profile") -> None:
        self.until_permille = array("i", [end for end, _ in profile.stages])
        self.stage_dA = array("i", [build_current(cell, mC) for _, mC in profile.stages])
        self.taper_dA = build_current(cell, profile.taper_mC)
        self.taper_ms = profile.taper_s * _MS_PER_S
        self.longest_ms = profile.longest_s * _MS_PER_S
        self.planned = profile.kind == "thermally_modulated"
        self.gentle = profile.kind == "gentle"
        self.heat_to_ddegC = profile.heat_to_ddegC
        self.cool_to_ddegC = profile.cool_to_ddegC
        self._permille_dAs = build_permille(cell)

    def stage(self, soc_permille: int) -> int:
        """Index of the stage at this SoC."""
        until = self.until_permille
        k = 0
        while k + 1 < len(until) and soc_permille >= until[k]:
            k += 1
        return k

    def needed_dA(self, soc_permille: int, target_permille: int, time_s: int) -> int:
        """The least current that gets from here to the target in time; more than any where none does."""
        until = self.until_permille
        stages = self.stage_dA
        needed = 0
        for _ in range(len(until)):
            missing_dAs = 0
            left_s = time_s
            first = soc_permille
            for k in range(len(until)):
                last = until[k] if until[k] < target_permille else target_permille
                if last > first:
                    part_dAs = (last - first) * self._permille_dAs
                    if stages[k] < needed:
                        left_s -= part_dAs // stages[k] + 1
                    else:
                        missing_dAs += part_dAs
                    first = last
            if left_s <= 0:
                return LIMIT_MAX_dA
            before = needed
            needed = missing_dAs // left_s + 1
            if needed <= before:
                return before
        return needed


def build_current(cell: "Cell", mC: int) -> int:
    """A C-rate as a current, at least what the wire can tell."""
    return max(1, min(LIMIT_MAX_dA, cell.capacity_mAh // 10 * mC // 10000))


def build_permille(cell: "Cell") -> int:
    """A thousandth of the capacity, in dA*s."""
    return cell.capacity_mAh * 36 // _PERMILLE
