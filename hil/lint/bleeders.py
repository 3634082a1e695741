"""What must be true of a pack's bleeders: rules as in pack.py."""

from collections.abc import Iterator

from bms.control.balance import LEAD_mohm
from bms.control.bleeders import GROUPS_MAX, BLEED_ms, DAY_permille, PART_permille, WARMTH_mW
from bms.safety.faults import LIMIT_INFO, LIMIT_WARN
from bms.schema import Pack, group_count
from hil.lint.findings import Complaint, PackRule


def bleeders(pack: Pack) -> Iterator[Complaint]:
    """A board can switch them, none is too warm alone, a stretch is less than a day's, and their wires leave bounds room."""
    if not pack.bleed_mA:
        return
    cell, most_mA = pack.cell, pack.bleed_mA * (1000 + PART_permille) / 1000
    if group_count(pack) > GROUPS_MAX:
        yield "bleed_mA", pack.bleed_mA, f"a board switches the bleeders of {GROUPS_MAX} groups, here are {group_count(pack)}"
    warmth_mW = max(pack.taps) * cell.v_max_mV[LIMIT_INFO] * most_mA / 1000
    if warmth_mW > WARMTH_mW:
        yield "bleed_mA", pack.bleed_mA, f"one bleeder makes {warmth_mW:.0f} mW of heat, {WARMTH_mW} mW is the most for a stack"
    if most_mA * BLEED_ms / 3.6e6 > cell.capacity_mAh * DAY_permille / 1000:
        yield "bleed_mA", pack.bleed_mA, f"takes {DAY_permille} permille of the capacity, a day's, in {BLEED_ms // 1000} s"
    drop_mV = 2 * most_mA * LEAD_mohm / 1000 / min(pack.taps)
    room_mV = cell.v_max_mV[LIMIT_WARN] - cell.v_max_mV[LIMIT_INFO]
    if drop_mV >= room_mV:
        told = f"wires of {LEAD_mohm} mohm move a layer by {drop_mV:.0f} mV, its bounds have {room_mV} mV"
        yield "bleed_mA", pack.bleed_mA, told


RULES: tuple[PackRule, ...] = (bleeders,)
