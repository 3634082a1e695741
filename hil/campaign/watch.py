"""What a run of a campaign leaves behind: the true values that the sensors look at, tick by tick, for the oracle.

Also the hand on the clock: a run that takes longer than its patience ends, and the rest of the campaign goes on. V, A, degC.
"""

import time

import numpy as np

from hil.campaign.oracle import Record
from hil.loop import Bench, TICK_ms
from hil.plant import ZERO_K
from hil.record import Recorder
from hil.targets.base import TargetDied

LOOK_ticks = 64
"""So often the clock is read."""


class NoRecord(Recorder):
    """Keeps neither rows nor events: a campaign asks for them only when it repeats one run."""

    def sample(self, now_ms: int, **values: float) -> None:
        pass

    def event(self, now_ms: int, kind: str, text: str, **details: object) -> None:
        pass


class Watch:
    """`spy` is what Bench.run() calls every tick; `record()` what it saw."""

    def __init__(self, bench: Bench, patience_s: float) -> None:
        self._bench = bench
        ticks = round(bench.scenario.duration_s * 1000) // TICK_ms
        plant = bench.plant
        self._current_A, self._pack_V = np.zeros(ticks), np.zeros(ticks)
        self._group_V, self._stack_V = np.zeros((ticks, plant.groups)), np.zeros((ticks, plant.stacks))
        self._probe_degC = np.zeros((ticks, len(plant.probe_layer)))
        self._warmings = -1
        self._warm = plant.probe_K
        self._ticks = 0
        self._until_s = time.perf_counter() + patience_s
        self._patience_s = patience_s

    def spy(self, n: int, answer: list[tuple[int, bytes]]) -> None:
        """One tick. TargetDied when patience is at its end."""
        plant = self._bench.plant
        self._current_A[n] = plant.current_A
        self._pack_V[n] = plant.pack_V
        self._group_V[n] = plant.group_V
        self._stack_V[n] = plant.stack_V
        if plant.warmings != self._warmings:
            self._warmings = plant.warmings
            self._warm = plant.probe_K - ZERO_K
        self._probe_degC[n] = self._warm
        self._ticks = n + 1
        if n % LOOK_ticks == 0 and time.perf_counter() > self._until_s:
            raise TargetDied(f"not done after {self._patience_s:g} s of wall time")

    def record(self) -> Record:
        """All ticks that were run."""
        n = self._ticks
        return Record(self._current_A[:n], self._group_V[:n], self._stack_V[:n], self._pack_V[:n], self._probe_degC[:n])
