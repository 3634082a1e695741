"""`hil campaign`: runs what is missing of a campaign, writes the summary; or repeats one run alone, with trace and report.

Exit 0 when every run that the file asks for is there and none failed, 1 when one failed, 2 for bad input.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from hil.errors import BadInput

ASKED = "asked"

def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", metavar="FILE.toml", help="path of a campaign, or the name of one that ships")
    parser.add_argument("--out", metavar="DIR", help="for results.jsonl and the summary; goes on where it was")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="processes (default: all cores)")
    parser.add_argument("--dask", metavar="ADDRESS", help="runs on the workers of that scheduler instead, tcp://host:8786")
    parser.add_argument("--count", type=_positive, metavar="N", help="the first N runs instead of all that the file asks for")
    parser.add_argument("--fresh", action="store_true", help="throws away what DIR has and begins anew")
    parser.add_argument("--only", type=_number, metavar="RUN", help="repeats this run alone and tells what came of it")
    parser.add_argument("--target", choices=("cpython", "micropython"), help="with --only: instead of what the run drew")
    parser.add_argument("--trace", metavar="FILE.csv", help="with --only: what happened every 100 ms; .gz accepted")
    parser.add_argument("--report", metavar="FILE.html", help="with --only: the report of the run")

def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value

def _number(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("runs are numbered from 0")
    return value

def campaign(options: argparse.Namespace) -> int:
    """Runs the command; its exit code."""
    from hil.campaign import plan as plans

    plan = plans.load(options.file)
    if options.only is not None:
        return _only(plan, options)
    for name in ("trace", "report", "target"):
        if getattr(options, name) is not None:
            raise BadInput(f"--{name}: one run has it: name it with --only")
    if options.out is None:
        raise BadInput("--out: missing: the folder for the results")
    count = plan.runs if options.count is None else options.count
    if count > plan.runs:
        raise BadInput(f"--count {count}: {plan.path} has {plan.runs} runs")
    return _all(plan, options, count)

def _all(plan: Any, options: argparse.Namespace, count: int) -> int:
    from hil.campaign.runner import cores, run_dask, run_local
    from hil.campaign.store import Store
    from hil.campaign.summary import Summary, summarised
    from hil.campaign.worker import check_packs
    from hil.record import require_writable, write_whole

    check_packs(plan)
    if options.json not in (None, "-"):
        require_writable(options.json)
    folder = Path(options.out)
    store = Store(folder, plan, options.fresh)
    missing = [number for number in range(count) if number not in store.done]
    begin_s = time.monotonic()
    try:
        with Progress(plan.title, count, count - len(missing)) as progress:

            def take(lines: list[dict[str, Any]]) -> None:
                store.add(lines)
                progress.advance(lines)

            if missing and options.dask:
                run_dask(plan, missing, options.dask, take)
            elif missing:
                run_local(plan, missing, options.jobs or cores(), take)
    finally:
        store.close()
    summary: Summary = summarised(plan, (line for line in store.lines() if line["run"] < count), count)
    summary["wall_s"] = round(time.monotonic() - begin_s, 1)
    text = json.dumps(summary, indent=1) + "\n"
    write_whole(folder / "summary.json", text.encode())
    from hil.campaign.page import page

    write_whole(folder / "summary.html", page(summary).encode())
    if options.json == "-":
        sys.stdout.write(text)
    else:
        if options.json:
            write_whole(options.json, text.encode())
        _tell(summary, folder)
    return 0 if summary["passed"] else 1

def _tell(summary: dict[str, Any], folder: Path) -> None:
    for row in summary["failed"][:20]:
        print(f"FAILED run {row['run']} ({row['kind']}, {row['pack']}): {row['why']}")
    if len(summary["failed"]) > 20:
        print(f"... and {len(summary['failed']) - 20} more, see {folder / 'summary.html'}")
    counts = summary["counts"]
    print(
        f"{summary['campaign']} {'passed' if summary['passed'] else 'FAILED'}: {counts['runs']} of {summary['asked']} runs, "
        f"{counts['violations']} with violations, {counts['missed']} missed faults, {counts['false']} false trips, "
        f"{counts['died']} died"
    )
    print(f"summary: {folder / 'summary.html'}")

def _only(plan: Any, options: argparse.Namespace) -> int:
    """One run, with all that a run of its own has."""
    import dataclasses

    from bms.schema import layer_count
    from hil.campaign.worker import one, prepare, run_case
    from hil.judge import result
    from hil.record import Recorder, require_writable, write_whole
    from hil.target import TargetDied

    if options.only >= plan.runs:
        raise BadInput(f"--only {options.only}: {plan.path} has runs 0 to {plan.runs - 1}")
    for place in (options.trace, options.report, options.json):
        if place not in (None, "-"):
            require_writable(place)
    prepare()
    case, pack = one(plan, options.only)
    if options.target is not None:
        case = dataclasses.replace(case, target=options.target)
    recorder = Recorder(layer_count(pack))
    try:
        run, line = run_case(case, pack, recorder)
    except TargetDied as death:
        print(f"hil: {death}", file=sys.stderr)
        return 1
    if options.report:
        from hil.report import write_report

        shown = {**result(run), "passed": line["ok"]}
        facts = {key: str(value) for key, value in line.items() if key in ("kind", "fault", "duty", "missed", "false")}
        write_report(options.report, shown, recorder, case.scenario.title, pack, facts)
    if options.trace:
        recorder.write_trace(options.trace)
    text = json.dumps(line, indent=1) + "\n"
    if options.json and options.json != "-":
        write_whole(options.json, text.encode())
    sys.stdout.write(text)
    return 0 if line["ok"] else 1

class Progress:
    """A bar on standard error where that is a terminal; else nothing."""

    def __init__(self, title: str, total: int, done: int) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._failed = 0
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.markup import escape
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            text = TextColumn("{task.description} {task.completed:.0f} of {task.total:.0f} runs, {task.fields[failed]} failed")
            columns = (text, BarColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
            self._task = self._bar.add_task(escape(title), total=total, completed=done, failed=0)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def advance(self, lines: list[dict[str, Any]]) -> None:
        """Some runs more."""
        self._failed += sum(not line["ok"] for line in lines)
        if self._bar is not None:
            self._bar.update(self._task, advance=len(lines), failed=self._failed)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
