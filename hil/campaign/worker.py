"""One run of a campaign, and a batch of them, in a process of its own.

What all runs of a process share is made once: packs are read and checked, DBC files are read, and the garbage collector is told
to leave alone what has been imported. A run's fixed cost is then about 20 ms.
"""

import gc
from functools import cache
from typing import Any

import hil.targets.inside
from bms.app import App
from bms.schema import Pack, layer_count
from boards.unix.board import Board
from hil.campaign import plan as plans
from hil.campaign.draw import Case, case_of, drawn_pack
from hil.campaign.verdict import lost, verdict
from hil.campaign.watch import NoRecord, Watch
from hil.cli import pack_for
from hil.errors import BadInput, one_line
from hil.judge import Run
from hil.load import load_pack
from hil.loop import Bench
from hil.record import Recorder
from hil.target import Target, TargetDied, make_target
from hil.targets.inside import CPythonTarget

PATIENCE_s = 60.0
"""Of wall time, for a run of SHORT_s; longer ones have as much more."""

FREEZES = 3
"""Batches at whose begin what has come is kept for good: all packs of a campaign have been read by then."""

_load = cache(load_pack)
_ready: list[int] = []


class Again(CPythonTarget):
    """The firmware in this process, for many runs: the collector was told once what to leave alone."""

    def start(self) -> None:
        self._board = Board(self._pack, self._memory, "tick", self._stored_soc_permille)
        self.app = App(self._pack, self._board)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()
            self._board = None


def prepare() -> None:
    """Once a process: what bench and target would read from files for every run is read for the first only. The collector,
    which the firmware calls once a simulated second, is to leave alone what is imported, and what the first batch has read."""
    if not _ready:
        vars(hil.targets.inside)["load_pack"] = _load
    if len(_ready) < FREEZES:
        _ready.append(1)
        gc.collect()
        gc.freeze()


def run_case(case: Case, pack: Pack, recorder: Recorder) -> tuple[Run, dict[str, Any]]:
    """The run and its verdict."""
    scenario = case.scenario
    bench = Bench(scenario, pack, case.seed, recorder)
    patience_s = PATIENCE_s * max(1.0, scenario.duration_s / plans.SHORT_s)
    stored_permille = None if scenario.soc_stored is None else round(scenario.soc_stored * 1000)
    target: Target
    if case.target == "cpython":
        target = Again(scenario.pack, scenario.map, stored_permille)
    else:
        target = make_target(case.target, None, scenario.pack, scenario.map, stored_permille)
    with target:
        watch = Watch(bench, patience_s)
        run = bench.run(target, case.target, spy=watch.spy)
        if isinstance(target, Again) and target.app.lane_failed:
            run.died = run.died or f"the integer lane failed: {one_line(target.app.last_error)}"
    return run, verdict(case, pack, run, watch.record())


def one(plan: plans.Plan, number: int) -> tuple[Case, Pack]:
    """The case of a number, and its pack with the charge map that its kind names."""
    kind, pack_name = drawn_pack(plan, number)
    case = case_of(plan, number, _load(pack_name))
    return case, pack_for(case.scenario, None) if kind.map else _load(pack_name)


def run_batch(text: str, path: str, numbers: list[int]) -> list[dict[str, Any]]:
    """The verdicts of some runs of the campaign of that text."""
    prepare()
    plan = plans.parse(text, path)
    lines = []
    for number in numbers:
        case, pack = one(plan, number)
        try:
            _, line = run_case(case, pack, NoRecord(layer_count(pack)))
        except TargetDied as death:
            line = {**_empty(case), "died": str(death)}
        lines.append(line)
    return lines


def _empty(case: Case) -> dict[str, Any]:
    return {**lost(case.number, case.seed, ""), "kind": case.kind, "pack": case.scenario.pack}


def check_packs(plan: plans.Plan) -> None:
    """BadInput for a pack with something wrong, or one whose charge cannot be what a kind of run says."""
    for name in plan.packs:
        pack = _load(name)
        for kind in plan.kinds:
            if kind.packs and name not in kind.packs:
                continue
            where = f"{plan.path}: [[kind]] {kind.name}"
            if kind.map is not None and kind.map not in [map_name for map_name, _ in pack.cell.charge_maps]:
                raise BadInput(f"{where} map: {kind.map!r} is none of {', '.join(name for name, _ in pack.cell.charge_maps)}")
