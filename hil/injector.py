"""Brings a scenario's faults in, each in its time: waiting, growing, in force, over."""

from collections.abc import Sequence

from hil.errors import BadInput
from hil.faults import Row, Vocabulary, row_for
from hil.record import Recorder
from hil.scenario import Fault

TICK_ms = 10
_NEVER = float("inf")


class Injection:
    """One fault on its way."""

    def __init__(self, fault: Fault, row: Row, recorder: Recorder) -> None:
        self.fault = fault
        self.row = row
        self.begin_ms = _tick_of(fault.at_s)
        self.end_ms = _NEVER if fault.duration_s is None else _tick_of(fault.at_s + fault.duration_s)
        self.grown_ms = _tick_of(fault.at_s + fault.ramp_s)
        self.begun_ms: int | None = None
        self.over_ms: int | None = None
        self._in_force: float | None = None
        self._recorder = recorder

    def severity(self, now_ms: int) -> float:
        """What has grown so far."""
        full, healthy = self.fault.severity, self.row.healthy
        if healthy is None or now_ms >= self.grown_ms:
            return full
        return healthy + (full - healthy) * (now_ms - self.begin_ms) / (self.grown_ms - self.begin_ms)

    def step(self, now_ms: int) -> float:
        """Does what is due; answers when there will be more to do."""
        if self.over_ms is not None:
            return _NEVER
        if now_ms < self.begin_ms:
            return self.begin_ms
        name = f"{self.fault.target} {self.fault.type}"
        if now_ms >= self.end_ms:
            self.row.end()
            self.over_ms = now_ms
            self._recorder.event(now_ms, "injection", name + " over", target=self.fault.target)
            return _NEVER
        severity = self.severity(now_ms)
        if severity != self._in_force:
            self.row.begin(severity)
            self._in_force = severity
        if self.begun_ms is None:
            self.begun_ms = now_ms
            self._recorder.event(now_ms, "injection", name, target=self.fault.target)
        return now_ms + TICK_ms if now_ms < self.grown_ms else self.end_ms

    def felt(self, now_ms: int) -> int:
        """Samples or frames that were not as they would have been; where nobody counts them, ticks in force."""
        if self.begun_ms is None:
            return 0
        if self.row.felt is not None:
            return self.row.felt()
        return ((now_ms if self.over_ms is None else self.over_ms) - self.begun_ms) // TICK_ms


class Injector:
    """All faults of a scenario. `due_ms` is when `step` wants to be called next."""

    def __init__(self, faults: Sequence[Fault], words: Vocabulary, recorder: Recorder, path: str) -> None:
        self._injections = []
        for i, fault in enumerate(faults):
            where = f"{path}: [[fault]] {i + 1}"
            row = row_for(fault, words, where)
            self._injections.append(Injection(fault, row, recorder))
            _rehearse(row, fault, where)
        self.injected = False  # from the first one on, for good
        self.due_ms = min((one.begin_ms for one in self._injections), default=_NEVER)

    def step(self, now_ms: int) -> None:
        """Begins, grows and ends what is due."""
        self.due_ms = min((one.step(now_ms) for one in self._injections), default=_NEVER)
        self.injected = self.injected or any(one.begun_ms is not None for one in self._injections)

    @property
    def times_ms(self) -> list[int]:
        """When each one came, of those that have come."""
        return [one.begun_ms for one in self._injections if one.begun_ms is not None]

    def felt(self, now_ms: int) -> list[int]:
        """What each one changed."""
        return [one.felt(now_ms) for one in self._injections]


def _rehearse(row: Row, fault: Fault, where: str) -> None:
    """Sensors, frames and actors, which forget, are asked beforehand whether they can do it."""
    if row.felt is None:
        return
    try:
        row.begin(fault.severity)
    except ValueError as error:
        raise BadInput(f"{where} severity: {error}") from None
    row.end()


def _tick_of(time_s: float) -> int:
    return round(time_s * 1000 / TICK_ms) * TICK_ms
