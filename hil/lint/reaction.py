"""What must be true of a pack's times: every row of the fault table is inside its budget with this pack's sensors.

From the first sample beyond its limit a row waits for `samples` of them and for `after_ms`; where samples come seldom, that
is longer than the table's own numbers. Where the limit itself is a time, the budget runs from when the silence begins.
Units: ms.
"""

import math
from collections.abc import Iterator

from bms.safety import faults as F
from bms.safety import snapshot as S
from bms.schema import Pack
from hil.lint.findings import Complaint, PackRule
from hil.lint.tables import TICK_ms

ROUND_ms = 10 * TICK_ms
SENSOR_OF = (  # channels, the sensor whose period they keep
    (S.GROUPS | S.GROUPS_HEARD | S.CHAIN, "group_sensor"),
    (S.STACKS, "stack_sensor"),
    (S.PROBES, "probe_sensor"),
    (S.CURRENT | S.CURRENT_HEARD | S.CURRENT_B, "current_a_sensor"),
    (S.VOLTAGES, "pack_sensor"),
)
NOT_FROM_SILENCE = ("charger_lost",)  # the deadline is as long as the charger's own protocol is slow


def reacts_ms(row: F.Row, period_ms: int) -> int:
    """From the first sample beyond the limit to the fault."""
    waits: int = max(row.samples - 1, -(-row.after_ms // period_ms))
    return waits * period_ms


def samples_in_time(pack: Pack) -> Iterator[Complaint]:
    """A row's samples come within its budget."""
    late: dict[str, tuple[int, str]] = {}
    for row in F.TABLE:
        fields = [field for channels, field in SENSOR_OF if row.channel & channels]
        if fields:
            periods_ms = [getattr(pack, field).period_ms for field in fields]
            need_ms = reacts_ms(row, math.lcm(*periods_ms))
            _note(late, fields[periods_ms.index(max(periods_ms))] + ".period_ms", row, need_ms)
    yield from _told(pack, late)


def silence_in_time(pack: Pack) -> Iterator[Complaint]:
    """What is silent or does not follow is told within the budget of its row, from when that began."""
    late: dict[str, tuple[int, str]] = {}
    for row in F.TABLE:
        path = row.limit
        if not isinstance(path, int) and str(path[-1]).endswith("_ms") and row.name not in NOT_FROM_SILENCE:
            # ages of probes go in rounds
            step_ms = ROUND_ms if path[0] == "probe_sensor" else TICK_ms
            need_ms = (F.limit_of(row, pack) // step_ms + 1) * step_ms + reacts_ms(row, TICK_ms)
            _note(late, ".".join(map(str, path)), row, need_ms)
    yield from _told(pack, late)


def _note(late: dict[str, tuple[int, str]], field: str, row: F.Row, need_ms: int) -> None:
    """Of the rows that a field keeps too long, the one that it keeps longest."""
    over_ms = need_ms - row.budget_ms
    if over_ms > late.get(field, (0, ""))[0]:
        late[field] = over_ms, f"{row.name} would take {need_ms} ms, its budget is {row.budget_ms} ms"


def _told(pack: Pack, late: dict[str, tuple[int, str]]) -> Iterator[Complaint]:
    for field, (_, text) in late.items():
        value: object = pack
        for name in field.split("."):
            value = getattr(value, name)
        yield field, value, text


RULES: tuple[PackRule, ...] = (samples_in_time, silence_in_time)
