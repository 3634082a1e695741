"""Runs what is still to be run, in batches, on all cores or on a Dask cluster, and hands on the verdicts as they come.

Workers get the campaign's text and numbers, never data. A batch that takes its worker with it, or of which nothing is heard
for too long, is tried again run by run, each alone in a pool of its own; the run that does it again gets a line that says so,
and the campaign goes on. Both kinds of executor have the shape of concurrent.futures, so there is one path for both.
"""

import contextlib
import importlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from hil.campaign import plan as plans
from hil.campaign.plan import Plan
from hil.campaign.verdict import lost
from hil.campaign.worker import PATIENCE_s, run_batch
from hil.errors import BadInput, one_line

Lines = list[dict[str, Any]]
Batch = Callable[[str, str, list[int]], Lines]

BATCH_s = 24.0
"""Simulated time of one batch: about a second of work, so that handing it over costs nothing."""
BATCH_MAX = 16
AHEAD = 2
"""Batches in hand for each worker."""


def batches(plan: Plan, numbers: list[int]) -> Iterator[list[int]]:
    """The numbers in groups of about BATCH_s."""
    weight = sum(kind.weight for kind in plan.kinds)
    mean_s = sum(kind.weight * (2 + sum(kind.ranges["seconds"]) / 2) for kind in plan.kinds) / weight
    size = max(1, min(BATCH_MAX, round(BATCH_s / mean_s)))
    for first in range(0, len(numbers), size):
        yield numbers[first : first + size]


def patience_s(plan: Plan, runs: int) -> float:
    """Wall time after which a batch is given up; a run gives itself up before."""
    longest_s = max(kind.ranges["seconds"][1] for kind in plan.kinds)
    return 60.0 + 2 * PATIENCE_s * max(1.0, longest_s / plans.SHORT_s) * runs


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_local(plan: Plan, numbers: list[int], jobs: int, take: Callable[[Lines], None], work: Batch = run_batch) -> None:
    """On the cores of this machine."""
    waiting = deque(batches(plan, numbers))
    while waiting:
        suspects = _pooled(plan, waiting, jobs, take, work)
        for number in [number for batch in suspects for number in batch]:
            again = _pooled(plan, deque([[number]]), 1, take, work)
            if again:
                take([lost(number, plan.first + number, "took its worker process with it, or never ended")])


def run_dask(plan: Plan, numbers: list[int], address: str, take: Callable[[Lines], None], work: Batch = run_batch) -> None:
    """On the workers behind a Dask scheduler. BadInput where there is none, or where the extra is not installed."""
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise BadInput("--dask: wants the extra: pip install 'bipolar-bms[cluster]'") from None
    try:
        client = distributed.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"--dask {address}: no scheduler answers: {one_line(error)}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise BadInput(f"--dask {address}: the scheduler has no workers")
        waiting = deque(batches(plan, numbers))
        with client.get_executor(retries=0) as executor:
            for batch in _through(executor, plan, waiting, threads, take, work):
                for number in batch:
                    take([lost(number, plan.first + number, "its worker was lost, or never answered")])


def _pooled(plan: Plan, waiting: deque[list[int]], jobs: int, take: Callable[[Lines], None], work: Batch) -> list[list[int]]:
    """As much as one pool manages; the batches that were in hand when it broke."""
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_follow)
    try:
        return _through(pool, plan, waiting, jobs, take, work)
    finally:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            if process.is_alive():
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _follow() -> None:
    """A worker whose campaign was killed ends as well, and does not wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="campaign alive", daemon=True).start()


def _through(
    executor: Executor, plan: Plan, waiting: deque[list[int]], workers: int, take: Callable[[Lines], None], work: Batch
) -> list[list[int]]:
    """Hands over batch by batch until nothing waits; ends early, with what was in hand, when no worker answers any more."""
    inside: dict[Future[Lines], list[int]] = {}
    while waiting or inside:
        while waiting and len(inside) < AHEAD * workers:
            batch = waiting.popleft()
            try:
                inside[executor.submit(work, plan.text, plan.path, batch)] = batch
            except BrokenProcessPool:
                return [*inside.values(), batch]
        most = max(len(batch) for batch in inside.values())
        done, _ = wait(inside, timeout=AHEAD * patience_s(plan, most), return_when=FIRST_COMPLETED)
        if not done:
            return list(inside.values())
        for future in done:
            batch = inside.pop(future)
            try:
                take(future.result())
            except BrokenProcessPool:
                return [batch, *_finished(inside, take)]
            except (BadInput, KeyboardInterrupt):
                raise
            except Exception as error:
                take([lost(number, plan.first + number, one_line(error)) for number in batch])
    return []


def _finished(inside: dict[Future[Lines], list[int]], take: Callable[[Lines], None]) -> Iterator[list[int]]:
    """Takes what was ready when the pool broke; the rest is under suspicion."""
    for future, batch in inside.items():
        ready = False
        if future.done():
            with contextlib.suppress(Exception):
                take(future.result())
                ready = True
        if not ready:
            yield batch
