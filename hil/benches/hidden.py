"""A layer fails beyond the declared spread: which fault row notices, how soon, and whether before harm.

The real firmware in this interpreter, against packs of 1 to 48 layers a group and group sensors that err as much as bench_24's
or five times that. All other layers are alike and the other sensors sound: the failing layer has nothing to hide behind but
what the firmware must allow for. Harm is that layer beyond the last of its limits of voltage, or any layer beyond the
temperature that stops everything.

`drained` takes charge off one layer at rest until a row notices: from what it has lost follows how long a soft short of some
resistance goes unnoticed. `stories` breaks a layer at work. Both name the first row of severity warning or worse.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from bms.app import App
from bms.safety.faults import TABLE
from bms.schema import Pack, layer_count
from boards.unix.board import Board
from hil.benches.hidden_cases import (
    FAILURES,
    FAULT,
    LAYERS,
    STORIES,
    TIMES,
    Failure,
    SHORTS_ohm,
    begin_soc,
    drained_soc,
    failing_layer,
    group_error_mV,
    least_stray_mV,
    made,
)
from hil.judge import LOUD
from hil.loop import Bench, TICK_ms
from hil.plant import ZERO_K
from hil.record import Recorder
from hil.scenario import Phase, Scenario
from hil.scenario_tables import CHARGER
from hil.targets.inside import CPythonTarget

ROWS = {row.name: row for row in TABLE}
COUNTED_ms = 500
COUNTED_LOW, COUNTED_HIGH = 0.17, 0.11
"""What rest tells at half charge, below and above the truth: so far a firmware knows that has counted from there on."""
BEGIN_ms = 3000
"""Contactors are closed by then, and limits have risen."""
DRAIN_SOC = 0.5
DRAIN_mV_s = 30.0
DRAIN_PER_s = 0.1
"""A drained layer strays by so much more a second, or by so much of its stray, whichever is more."""
AFTER_ms = 500
"""How long a run is watched after a row has noticed and harm has come, or a row has opened the contactors."""


class Decided(Exception):
    """Nothing more is to be learnt from this run."""


class Inside(CPythonTarget):
    """The firmware in this interpreter with a pack that stands in no file."""

    def __init__(self, pack: Pack, soc: float) -> None:
        super().__init__("bench_24", stored_soc_permille=round(soc * 1000))
        self._pack = pack

    def counted(self, soc: float) -> None:
        """The firmware has not woken here: it has counted from half charge on."""
        coulomb = self.app.coulomb
        low, high = soc - COUNTED_LOW, soc + COUNTED_HIGH
        coulomb.low_mAs = max(coulomb.low_mAs, round(low * coulomb.capacity_mAs))
        coulomb.high_mAs = min(coulomb.high_mAs, round(high * coulomb.capacity_mAs))

    def start(self) -> None:
        self._board = Board(self._pack, self._memory, "tick", self._stored_soc_permille)
        self.app = App(self._pack, self._board)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()
            self._board = None


class Job(NamedTuple):
    """One run: a failure in its story, or None where a layer is drained."""

    n: int
    times: int
    failure: Failure | None


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """All runs, on as many processes as there are cores."""
    drains = [Job(n, times, None) for times in TIMES for n in LAYERS]
    stories = [Job(n, 1, failure) for failure in FAILURES for n in LAYERS]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        drained = list(pool.map(run, drains))
        told = list(pool.map(run, stories))
    say("  one layer drained at rest, 50 % SoC, all others alike; V of that layer below its sisters when a row notices")
    head = f"{'layers':>7s} {'error':>7s} {'no device below':>16s} {'noticed at':>11s} {'row':24s} {'lost':>7s}"
    say(f"  {head} {'harm first':>11s}")
    for row in drained:
        lost = "" if row["lost_Ah"] is None else f"{row['lost_Ah']:.1f} Ah"
        noticed = "" if row["stray_mV"] is None else f"{row['stray_mV']:.0f} mV"
        say(
            f"  {row['n']:7d} {row['error_mV']:4.0f} mV {row['least_mV']:13.0f} mV {noticed:>11s} "
            f"{row['row'] or 'none':24s} {lost:>7s} {'yes' if late(row) else 'no':>11s}"
        )
    say("")
    say(f"  {'failure':22s} {'story':14s} " + " ".join(f"{'n = ' + str(n):>28s}" for n in LAYERS))
    for k in range(0, len(told), len(LAYERS)):
        rows = told[k : k + len(LAYERS)]
        say(f"  {rows[0]['failure']:22s} {rows[0]['story']:14s} " + " ".join(f"{verdict(row):>28s}" for row in rows))
    return {"drained": drained, "stories": told}


def late(row: dict[str, Any]) -> bool:
    """Harm came before any row noticed."""
    return bool(row["harm"]) and (row["row"] is None or row["harm_s"] < row["noticed_s"])


def verdict(row: dict[str, Any]) -> str:
    """A run in a few words."""
    if row["row"] is None:
        calm = "never closes" if not row["closed"] else "unseen, it ends" if row["ended"] else "unseen, no harm yet"
        return f"unseen, {row['harm']} {row['harm_s']:.1f} s" if row["harm"] else calm
    return f"{row['row']} {row['noticed_s']:.2f} s" + (f", {row['harm']} {row['harm_s']:.1f} s" if late(row) else "")


class Seen:
    """Watches the failing layer and what the firmware says, from the failure on."""

    def __init__(self, bench: Bench, layer: int, begin_ms: int) -> None:
        self.bench, self.layer, self.begin_ms = bench, layer, begin_ms
        cell = bench.pack.cell
        self._high_V, self._low_V = cell.v_max_mV[FAULT] / 1000, cell.v_min_mV[FAULT] / 1000
        self._stop_K = cell.t_stop_ddegC[FAULT] / 10 + ZERO_K
        self.row: str | None = None
        self.severity = ""
        self.noticed_ms = 0
        self.stray_mV = 0.0
        self.harm = ""
        self.harm_ms = 0
        self._end_ms = 1 << 30
        self._full_V = 0.0
        self.strays_mV: list[float] = []

    def drain(self) -> None:
        """From the begin on the layer loses charge."""
        self._full_V = self.bench.pack.cell.ocv_mV[round(DRAIN_SOC * 20)] / 1000

    def look(self, n: int) -> None:
        """Once a tick."""
        now_ms = n * TICK_ms
        if now_ms >= self.begin_ms and self._full_V:
            self._drain()
        if not self.harm:
            self._look_for_harm(now_ms)
        if self.row is None:
            loud = [fault for fault in self.bench.witness.faults if fault.severity in LOUD]
            if loud:
                self.row, self.severity = loud[0].name, loud[0].severity
                self.noticed_ms = now_ms
                if self.strays_mV:  # in time-lapse: its debounce is nothing to what takes hours
                    self.noticed_ms -= ROWS[self.row].after_ms
                    self.stray_mV = self.strays_mV[max((self.noticed_ms - self.begin_ms) // TICK_ms, 0)]
        opened = any(fault.severity.startswith("trip") for fault in self.bench.witness.faults)
        if (opened or (self.row and self.harm)) and self._end_ms == 1 << 30:
            self._end_ms = now_ms + AFTER_ms
        if now_ms >= self._end_ms:
            raise Decided

    def _drain(self) -> None:
        last_mV = self.strays_mV[-1] if self.strays_mV else 0.0
        stray_mV = last_mV + max(DRAIN_mV_s, DRAIN_PER_s * last_mV) * TICK_ms / 1000
        self.strays_mV.append(stray_mV)
        self.bench.plant.soc[self.layer] = drained_soc(self.bench.pack, self._full_V - stray_mV / 1000)

    def _look_for_harm(self, now_ms: int) -> None:
        plant = self.bench.plant
        voltage_V = float(plant.voltage_V[self.layer])
        if voltage_V > self._high_V or voltage_V < self._low_V:
            self.harm = "above" if voltage_V > self._high_V else "below"
        elif float(plant.temp_K.max()) > self._stop_K:
            self.harm = "hot"
        self.harm_ms = now_ms


def scenario_of(story_name: str, soc: float) -> Scenario:
    """The story as the bench plays it."""
    story = STORIES[story_name]
    phases, start_s = [], 0.0
    for k, (kind, lasts_s, c_rate) in enumerate(story.phases):
        phases.append(Phase(f"{kind}_{k}", kind, start_s, lasts_s, None, 0.0, 1.0, c_rate, None, False))
        start_s += lasts_s
    return Scenario(
        path=story_name,
        name=story_name,
        title=story_name,
        pack="bench_24",
        map=None,
        seed=1,
        soc_true=soc,
        soc_stored=soc,
        temperature_degC=story.temperature_degC,
        coolant_degC=None,
        hysteresis=story.hysteresis,
        spread="none",
        relax=False,
        sensors={},
        vehicle={"reaction_ms": 50},
        charger={name: field.default for name, field in CHARGER.items()},
        inverter=None,
        phases=tuple(phases),
    )


def run(job: Job) -> dict[str, Any]:
    """One run, as a row of numbers."""
    pack = made(job.n, job.times)
    layer = failing_layer(pack)
    failure = job.failure
    story = "drained" if failure is None else failure.story
    soc = layer_soc = DRAIN_SOC
    if failure is not None:
        soc, layer_soc = begin_soc(failure, STORIES[story], pack)
    bench = Bench(scenario_of(story, soc), pack, 1, Recorder(layer_count(pack)))
    begin_ms = BEGIN_ms if failure is None or failure.at_s is None else round(failure.at_s * 1000)
    seen = Seen(bench, layer, begin_ms)
    if failure is None:
        seen.drain()
    elif failure.at_s is None:
        bench.plant.set_layer_fault(layer, failure.kind, failure.severity)
        bench.plant.soc[layer] = layer_soc
        bench.plant.step(0.0, TICK_ms / 1000)
    target = Inside(pack, soc)

    def spy(n: int, _: list[tuple[int, bytes]]) -> None:
        if failure is not None and failure.at_s is None and n * TICK_ms == COUNTED_ms:
            target.counted(soc)
        if failure is not None and failure.at_s is not None and n * TICK_ms == begin_ms:
            bench.plant.set_layer_fault(layer, failure.kind, failure.severity)
        seen.look(n)

    try:
        with target:
            ended = bench.run(target, "cpython", spy=spy)
            if ended.died:
                raise RuntimeError(ended.died)
    except Decided:
        pass
    row: dict[str, Any] = {"n": job.n, "times": job.times}
    row["row"], row["severity"] = seen.row, seen.severity
    row["noticed_s"] = (seen.noticed_ms - begin_ms) / 1000 if seen.row else None
    row["harm"], row["harm_s"] = seen.harm, (seen.harm_ms - begin_ms) / 1000 if seen.harm else None
    if failure is None:
        volts = pack.cell.ocv_mV[round(DRAIN_SOC * 20)] / 1000
        lost_Ah = (DRAIN_SOC - drained_soc(pack, volts - seen.stray_mV / 1000)) * pack.cell.capacity_mAh / 1000
        row["stray_mV"] = round(seen.stray_mV) if seen.row else None
        row["least_mV"] = round(least_stray_mV(pack, DRAIN_SOC))
        row["error_mV"] = round(group_error_mV(pack), 1)
        row["lost_Ah"] = round(lost_Ah, 2) if seen.row else None
        row["hours"] = {f"{ohm:g}": round(lost_Ah * ohm / volts, 2) for ohm in SHORTS_ohm} if seen.row else {}
    else:
        row["failure"], row["story"] = failure.name, failure.story
        last = bench.witness.zeros[-1]
        row["closed"] = any(state in ("drive", "charge") for _, state in bench.witness.states)
        row["ended"] = last.charge if story == "end of charge" else last.discharge
    return row
