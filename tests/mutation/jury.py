"""Tests that were collected once and are asked again and again, each time in a fork of this process.

What a test executes and how long it takes is measured first, also in forks, so that this process stays as it was after
collection. A mutant is then shown only to tests that run through its lines, the quickest and most successful first.
"""

import gc
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

KILLED = "killed"
SURVIVED = "survived"
TIMEOUT = "timeout"
CRASHED = "crashed"
UNLOADABLE = "unloadable"
ERROR = b"error "  # of this tool, in a child
WALL_s = 120.0
MEMORY_bytes = 6 << 30


@dataclass
class Juror:
    """One test: how long it took and which lines of the module it ran through."""

    item: pytest.Item
    cpu_s: float = 0.0
    passed: bool = False
    lines: set[int] = field(default_factory=set)
    kills: int = 0

    @property
    def limit_s(self) -> float:
        """Patience with this test: what runs so much longer than it did will not end."""
        return 0.3 + 10 * self.cpu_s


class Profile:
    """A plug-in of pytest: Hypothesis the same way each time, without a memory, and without the search for the smallest
    example."""

    def pytest_collection(self) -> None:
        """After conftest.py has chosen a profile, before any test is imported."""
        quick = settings(
            max_examples=60,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        settings.register_profile("mutants", quick)
        settings.load_profile("mutants")


class Collector(Profile):
    """Hands the collected tests to `work` instead of running them."""

    def __init__(self, work: Callable[[list[pytest.Item]], None]) -> None:
        self._work = work
        self._items: list[pytest.Item] = []
        self._whole = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Where a file cannot be collected, nothing is asked."""
        self._whole = self._whole and not report.failed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """All that were collected."""
        self._items = items

    def pytest_runtestloop(self) -> bool:
        """Instead of pytest's own loop."""
        if not self._whole:
            return True
        gc.collect()
        gc.freeze()
        self._work(self._items)
        return True


def run(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Runs one test here. True when it passed."""
    stack: Any = item.listchain()[0]._setupstate  # type: ignore[attr-defined]
    try:
        stack.setup(item)
        item.runtest()
        stack.teardown_exact(following)
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever a mutant makes a test say
        with suppress(BaseException):
            stack.teardown_exact(following)
        return False
    return True


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Starts `work(pipe)` in a child that says what it found by writing to the pipe. Returns (pid, pipe to read)."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_bytes, MEMORY_bytes))
        work(writing)
    except BaseException:
        os.write(writing, ERROR + traceback.format_exc().encode())
    finally:
        os._exit(0)


def heard(pid: int, pipe: int, wall_s: float) -> bytes:
    """What the child had to say; it is ended after so long."""
    said = b""
    end_s = time.monotonic() + wall_s
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, end_s - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            said = TIMEOUT.encode()
            break
        piece = os.read(pipe, 1 << 16)
        if not piece:
            break
        said += piece
    os.close(pipe)
    os.waitpid(pid, 0)
    if said.startswith(ERROR):
        raise RuntimeError(said.decode())
    return said


def measure(jurors: list[Juror], path: Path, patience_s: float) -> None:
    """Fills in time, verdict and lines of every test."""

    def times(pipe: int) -> None:
        for k, juror in enumerate(jurors):
            start_s = time.process_time()
            passed = run(juror.item, jurors[k + 1].item if k + 1 < len(jurors) else None)
            os.write(pipe, b"%d %d %d\n" % (k, passed, int((time.process_time() - start_s) * 1e6)))

    def lines(pipe: int) -> None:
        quick = [(k, juror) for k, juror in enumerate(jurors) if juror.passed and juror.cpu_s <= patience_s]
        for place, (k, juror) in enumerate(quick):
            seen: set[int] = set()
            sys.settrace(_tracer(str(path), seen))
            run(juror.item, quick[place + 1][1].item if place + 1 < len(quick) else None)
            sys.settrace(None)
            os.write(pipe, b"%d %s\n" % (k, b",".join(b"%d" % line for line in sorted(seen))))

    for line in heard(*forked(times), wall_s=3600).splitlines():
        k, passed, us = map(int, line.split())
        jurors[k].passed, jurors[k].cpu_s = bool(passed), us / 1e6
    for line in heard(*forked(lines), wall_s=3600).splitlines():
        number, _, rest = line.partition(b" ")
        jurors[int(number)].lines = {int(part) for part in rest.split(b",") if part}


def _tracer(path: str, seen: set[int]) -> Any:
    def inside(frame: FrameType, event: str, _arg: object) -> Any:
        seen.add(frame.f_lineno)
        return inside

    def outside(frame: FrameType, _event: str, _arg: object) -> Any:
        return inside if frame.f_code.co_filename == path else None

    return outside


def ask(jurors: list[Juror], pipe: int) -> None:
    """In a child that is already a mutant: writes the verdict and who gave it. Does not return."""

    def out_of_time(_signal: int, _frame: FrameType | None) -> None:
        os.write(pipe, f"{TIMEOUT} {place}".encode())
        os._exit(0)

    place = 0
    signal.signal(signal.SIGVTALRM, out_of_time)
    for place, juror in enumerate(jurors):
        signal.setitimer(signal.ITIMER_VIRTUAL, juror.limit_s)
        following = jurors[place + 1].item if place + 1 < len(jurors) else None
        if not run(juror.item, following):
            os.write(pipe, f"{KILLED} {place}".encode())
            os._exit(0)
    os.write(pipe, f"{SURVIVED} 0".encode())
    os._exit(0)


def in_order(jurors: list[Juror], lines: range, everywhere: bool) -> list[Juror]:
    """The tests that run through these lines, those first that find most in a second."""
    chosen = [juror for juror in jurors if everywhere or not juror.lines.isdisjoint(lines)]
    return sorted(chosen, key=lambda juror: (juror.cpu_s + 0.01) / (juror.kills + 0.5))


def pooled(works: Iterator[tuple[Any, Callable[[int], None]]], jobs: int) -> Iterator[tuple[Any, bytes]]:
    """So many children at a time; yields what each work's child said, as they end."""
    running: dict[int, tuple[int, Any, float]] = {}
    more = True
    while more or running:
        while more and len(running) < jobs:
            following = next(works, None)
            if following is None:
                more = False
                break
            pid, pipe = forked(following[1])
            running[pipe] = pid, following[0], time.monotonic() + WALL_s
        if not running:
            return
        ready, _, _ = select.select(list(running), [], [], 1.0)
        late = [pipe for pipe, (_, _, end_s) in running.items() if time.monotonic() > end_s]
        for pipe in {*ready, *late}:
            pid, what, _ = running.pop(pipe)
            yield what, heard(pid, pipe, WALL_s if pipe in ready else 0.0)
