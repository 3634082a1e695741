"""From logs to runs: the cell's capacity, its chemistry by its voltage, and the state of charge of every log."""

from collections.abc import Sequence

import numpy as np

from hil.errors import BadInput
from hil.fit.branches import discharged_Ah, middle_V, whole_Ah
from hil.fit.runs import Run, kind_of, make_run, own_capacity_Ah, soc_of
from hil.logs import Floats, Log

PLATEAU_V = 3.45  # a cell whose voltage at rest stays below it at 9 tenths of its charge is an iron phosphate
ROOM_degC = 25.0
Given = Sequence[tuple[Log, str | None]]


def capacity_of(logs: Given) -> float:
    """Of the run nearest 25 degC that tells one: slow branches first, then charge over soc_ref, then a full discharge."""
    slow = []
    referred = []
    for log, kind in logs:
        largest_Ah = whole_Ah(log)
        if kind == "ocv" or (kind is None and kind_of(log, largest_Ah) == "ocv"):
            slow.append((abs(_temp(log) - ROOM_degC), discharged_Ah(log) or largest_Ah))
        own_Ah = own_capacity_Ah(log)
        if own_Ah is not None and log.soc_ref is not None and np.ptp(log.soc_ref) > 0.5:
            referred.append((abs(_temp(log) - ROOM_degC), own_Ah))
    for told in (slow, referred):
        if told:
            nearest = min(far for far, _ in told)
            return float(np.median([value for far, value in told if far <= nearest + 2.0]))
    raise BadInput("capacity: no log has a slow discharge from full to empty, none has soc_ref: give --capacity-Ah")


def chemistry_of(logs: Sequence[Log]) -> str:
    """nmc, or lfp where most of the charge lies on its plateau."""
    highest_V = np.concatenate([np.percentile(log.voltage_V, (75,)) for log in logs])
    return "lfp" if float(np.median(highest_V)) < PLATEAU_V else "nmc"


def prepare(logs: Given, judged: Sequence[Log], capacity_Ah: float) -> tuple[list[Run], list[Run]]:
    """The runs that are fitted and those that are judged; BadInput names a log whose SoC cannot be known."""
    kinds = [kind or kind_of(log, own_capacity_Ah(log) or capacity_Ah) for log, kind in logs]
    curves: list[tuple[float, tuple[Floats, Floats]]] = []  # temperature, SoC and voltage at rest
    for (log, _), kind in zip(logs, kinds):
        if kind == "ocv":
            soc = soc_of(log, kind, capacity_Ah, None)
            curves.append((_temp(log), middle_V(log, soc)))

    def ready(log: Log, kind: str) -> Run:
        temp = _temp(log)
        own_Ah = own_capacity_Ah(log) or capacity_Ah
        rest_V = min(curves, key=lambda pair: abs(pair[0] - temp))[1] if curves else None
        return make_run(log, kind, own_Ah, soc_of(log, kind, own_Ah, rest_V))

    fitted = [ready(log, kind) for (log, _), kind in zip(logs, kinds)]
    return fitted, [ready(log, kind_of(log, capacity_Ah)) for log in judged]


def _temp(log: Log) -> float:
    return float(np.median(log.temp_degC))
