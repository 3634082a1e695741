"""`hil fit`: logs in, a cell file and a quality report out; nothing is written where anything is wrong.

Logs are read and refused first, then what they can tell is judged, then everything is fitted at once. The cell that is written
is the one that was checked: it passes the linter, and the report's residuals are those of its integers.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.errors import BadInput

if TYPE_CHECKING:
    pass

OK = 0
LARGEST_Ah = 290.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("logs", nargs="*", metavar="LOG.csv", help="time_s,current_A,voltage_V,temp_degC[,soc_ref]")
    parser.add_argument("-o", "--out", required=True, metavar="CELL.py", help="the cell file; CELL.html is its report")
    parser.add_argument("--ocv", action="append", default=[], metavar="FILE", help="a log of slow branches; repeatable")
    parser.add_argument("--pulses", action="append", default=[], metavar="FILE", help="a log of pulses and rests; repeatable")
    parser.add_argument("--drive", action="append", default=[], metavar="FILE", help="a log of drives or charges; repeatable")
    parser.add_argument("--judge", action="append", default=[], metavar="FILE", help="held against, not fitted; repeatable")
    parser.add_argument("--capacity-Ah", type=_capacity, metavar="Q", help="of the cell, instead of what the logs say")
    parser.add_argument("--chemistry", metavar="NAME", help="nmc, nmc_si, nca, lco, lfp or si; else by the voltage")
    parser.add_argument("--report", metavar="FILE.html", help="elsewhere than beside the cell file")


def _capacity(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= LARGEST_Ah:
        raise argparse.ArgumentTypeError(f"0.1 to {LARGEST_Ah:g} Ah")
    return value


def fit_command(options: argparse.Namespace) -> int:
    """Runs the command; its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices of 126 columns: a second thread only waits
    from hil.fit import quality, writer
    from hil.fit.drive import refine
    from hil.fit.evidence import evidence
    from hil.fit.families import FAMILIES
    from hil.fit.page import page
    from hil.lint import check_cell, errors
    from hil.logs import read_log
    from hil.record import write_whole

    out = Path(options.out)
    report = options.report or str(out.with_suffix(".html"))
    named = [*options.logs, *options.ocv, *options.pulses, *options.drive, *options.judge]
    _require_places(options, report, named)
    if options.chemistry is not None and options.chemistry not in FAMILIES:
        raise BadInput(f"--chemistry: {options.chemistry!r} is none of {', '.join(FAMILIES)}")
    if len(named) == len(options.judge):
        raise BadInput("fit: no log to fit (see: hil fit --help)")
    given: list[tuple[str, str | None]] = [(path, None) for path in options.logs]
    for kind in ("ocv", "pulses", "drive"):
        given += [(path, kind) for path in getattr(options, kind)]
    logs = [(read_log(path), kind) for path, kind in given]
    held = [read_log(path) for path in options.judge]

    from hil.fit.prepare import capacity_of, chemistry_of, prepare

    capacity_Ah = options.capacity_Ah or capacity_of(logs)
    family = FAMILIES[options.chemistry or chemistry_of([log for log, _ in logs])]
    runs, judged = prepare(logs, held, capacity_Ah)
    told = evidence(runs, family)
    found = refine(runs, family, capacity_Ah, told, _progress)
    cell = writer.record(out.stem, writer.source(runs), family, capacity_Ah, found.shape, found.tables)
    wrong = errors(check_cell(cell))
    if wrong:
        raise BadInput(f"{options.out}: the logs give no sound cell: {wrong[0].line()}")
    result = quality.result(cell, runs, judged, told.notes, family.name)
    text = writer.text(cell, *writer.comments(cell, family, found, told, result))
    write_whole(report, page(cell, result, runs, judged).encode())
    write_whole(out, text.encode())
    if options.json is not None:
        plain = json.dumps(result, indent=2) + "\n"
        if options.json == "-":
            sys.stdout.write(plain)
        else:
            write_whole(options.json, plain.encode())
    if options.json != "-":
        _tell(result, options.out, report)
    return OK


def _require_places(options: argparse.Namespace, report: str, named: Sequence[str]) -> None:
    from hil.record import require_writable

    if not options.out.endswith(".py"):
        raise BadInput(f"{options.out}: -o: a cell file ends in .py")
    if not Path(options.out).stem.isidentifier():
        raise BadInput(f"{options.out}: -o: {Path(options.out).stem!r} is no name for a cell: letters, digits and _")
    places = [options.out, report, *([options.json] if options.json not in (None, "-") else [])]
    for place in places:
        if places.count(place) > 1:
            raise BadInput(f"{place}: named for two files")
        if place in named:
            raise BadInput(f"{place}: is one of the logs")
        require_writable(place)
    for path in named:
        if named.count(path) > 1:
            raise BadInput(f"{path}: named twice")


def _progress(done: float) -> None:
    if sys.stderr.isatty():
        print(f"\rfitting {100 * done:3.0f} %", end="\r" if done < 1 else "\n", file=sys.stderr, flush=True)


def _tell(result: dict[str, Any], out: str, report: str) -> None:
    """The result for people."""
    print(f"{result['cell']}: {result['capacity_Ah']:g} Ah, {result['chemistry']}, {len(result['fitted'])} logs")
    for title, rows in (("fitted", result["fitted_by_temperature"]), ("judged", result["judged_by_temperature"])):
        for row in rows:
            print(
                f"{title} at {row['temp_degC']:3.0f} degC: {row['rms_mV']:5.1f} mV rms, {row['rms_middle_mV']:5.1f} mV "
                f"between 10 and 95 % SoC, {row['rms_minute_mV']:5.1f} mV minute by minute ({row['logs']} logs)"
            )
    for note in result["notes"]:
        print(f"note: {note}")
    print(f"cell: {out}\nreport: {report}")
