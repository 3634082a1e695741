"""All mutants of one module, each in a fork of a process in which the tests stand ready: who was noticed, who was not."""

import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.mutation import jury
from tests.mutation.mutator import Mutant, Source, load
from tests.mutation.table import MODULES, PATIENCE_s, Row
from tests.mutation.transplant import OURS, borrowers, transplant

ROOT = Path(__file__).resolve().parent.parent.parent
PYTEST = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:warnings", "--rootdir", str(ROOT)]


@dataclass
class Outcome:
    """What became of a module's mutants. `verdicts`: mutant number -> verdict, and the test that gave it or ""."""

    module: str
    verdicts: dict[int, tuple[str, str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)  # tests that fail without any mutant
    slow: list[str] = field(default_factory=list)  # tests that were not asked


def judge(module: str, jobs: int, numbers: set[int] | None = None) -> Outcome:
    """Every mutant of the module, or those of these numbers; in a child, so that modules do not meet each other's tests."""
    row = MODULES[module]
    source = load(module, ROOT / row.path)
    chosen = [mutant for mutant in source.mutants if numbers is None or mutant.number in numbers]

    def work(pipe: int) -> None:
        os.chdir(ROOT)
        outcome = (_judge_anew if row.anew else _judge_patched)(source, row, chosen, jobs)
        os.write(pipe, json.dumps(vars(outcome)).encode())

    said = jury.heard(*jury.forked(work), wall_s=6 * 3600)
    raw = json.loads(said)
    if len(raw["verdicts"]) < len(chosen) and not raw["failed"]:
        raise RuntimeError(f"{module}: the tests could not be collected: {' '.join(row.tests)}")
    verdicts = {int(number): (verdict, test) for number, (verdict, test) in raw["verdicts"].items()}
    return Outcome(module, verdicts, raw["failed"], raw["slow"])


def _judge_patched(source: Source, row: Row, chosen: list[Mutant], jobs: int) -> Outcome:
    """The tests are collected once; each mutant's code is put in the place of the old."""
    outcome = Outcome(source.module)

    def work(items: list[pytest.Item]) -> None:
        jurors = [jury.Juror(item) for item in items]
        jury.measure(jurors, source.path, PATIENCE_s)
        outcome.failed.extend(juror.item.nodeid for juror in jurors if not juror.passed)
        outcome.slow.extend(juror.item.nodeid for juror in jurors if juror.passed and juror.cpu_s > PATIENCE_s)
        ready = [juror for juror in jurors if juror.passed and juror.cpu_s <= PATIENCE_s]
        loaded = importlib.import_module(_dotted(row))
        borrowed = borrowers(loaded.__name__)
        panels: dict[int, list[jury.Juror]] = {}

        def works() -> Iterator[tuple[Mutant, Callable[[int], None]]]:
            for mutant in chosen:
                panel = jury.in_order(ready, mutant.lines, not mutant.function)
                panels[mutant.number] = panel
                yield mutant, _patched(mutant, source, loaded, borrowed, panel)

        for mutant, said in jury.pooled(works(), jobs):
            verdict, _, place = said.decode().partition(" ")
            by = panels[mutant.number][int(place)] if verdict in (jury.KILLED, jury.TIMEOUT) and place else None
            if by is not None and verdict == jury.KILLED:
                by.kills += 1
            outcome.verdicts[mutant.number] = (verdict or jury.CRASHED, by.item.nodeid if by else "")

    pytest.main([*PYTEST, *row.tests], plugins=[jury.Collector(work)])
    return outcome


def _patched(
    mutant: Mutant, source: Source, loaded: ModuleType, borrowed: Any, panel: list[jury.Juror]
) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        mutant.apply()
        try:
            transplant(loaded, source.code(), borrowed)
        except Exception:
            os.write(pipe, jury.UNLOADABLE.encode())
            return
        jury.ask(panel, pipe)

    return work


def _judge_anew(source: Source, row: Row, chosen: list[Mutant], jobs: int) -> Outcome:
    """Each mutant is loaded before any test is collected."""
    outcome = Outcome(source.module)

    def works() -> Iterator[tuple[Mutant, Callable[[int], None]]]:
        for mutant in chosen:
            yield mutant, _anew(mutant, source, row)

    if _fails(row):
        outcome.failed.extend(row.tests)
        return outcome
    for mutant, said in jury.pooled(works(), jobs):
        outcome.verdicts[mutant.number] = (said.decode() or jury.CRASHED, "")
    return outcome


def _fails(row: Row) -> bool:
    """Runs the tests as a whole, here. Their plug-ins and helpers are loaded afterwards, for all the children to come."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return pytest.main([*PYTEST, "-x", "--tb=no", *row.tests], plugins=[jury.Profile()]) != 0


def _anew(mutant: Mutant, source: Source, row: Row) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        mutant.apply()
        name = _dotted(row)
        package, _, last = name.rpartition(".")
        seen = [key for key in sys.modules if key.startswith(OURS) and not key.startswith("tests.mutation")]
        for key in seen:
            if not key.startswith(("bms.cells", "bms.packs", "bms.schema")):
                del sys.modules[key]
        fresh = ModuleType(name)
        fresh.__file__ = str(source.path)
        parent = importlib.import_module(package)
        sys.modules[name] = fresh
        setattr(parent, last, fresh)
        try:
            exec(source.code(), vars(fresh))  # type: ignore[arg-type]  # compile() of a tree
        except Exception:
            os.write(pipe, jury.UNLOADABLE.encode())
            return
        os.write(pipe, (jury.KILLED if _fails(row) else jury.SURVIVED).encode())

    return work


def _dotted(row: Row) -> str:
    return row.path.removesuffix(".py").replace("/", ".")
