"""`hil replay`: the command. Logs are replayed side by side on all cores; numbers to the terminal, JSON and plots to files."""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from hil.errors import BadInput

if TYPE_CHECKING:
    from bms.schema import Cell
    from hil.replay.feed import Errors

OK = 0
DRAWN_points = 1500


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("logs", nargs="+", metavar="LOG.csv", help="time_s,current_A,voltage_V,temp_degC[,soc_ref]")
    parser.add_argument("--cell", required=True, help="name or path of a .py file")
    parser.add_argument("--soc0", type=_fraction, metavar="X", help="what the filter believes at first; else nothing")
    parser.add_argument("--current-gain", type=_gain, default=1.0, metavar="G", help="the sensor reads G times the current")
    parser.add_argument("--current-offset", type=_number, default=0.0, metavar="A", help="... plus so much")
    parser.add_argument("--voltage-offset", type=_number, default=0.0, metavar="V", help="the sensor reads so much more")
    parser.add_argument("--sensor-seed", type=_seed, metavar="N", help="adds the noise of ordinary sensors")
    parser.add_argument("--capacity-Ah", type=_capacity, metavar="Q", help="of the specimen, instead of the cell file's")
    parser.add_argument("--target", choices=("cpython", "micropython"), default="cpython", help="of the filter (cpython)")
    parser.add_argument("--micropython", metavar="PATH", help="the MicroPython to run it in")
    parser.add_argument("--jobs", type=_some, metavar="N", help="logs at a time (default: one a core)")
    parser.add_argument("--report", metavar="FILE.html", help="writes the plots, one self-contained page")


def _number(text: str) -> float:
    value = float(text)
    if not abs(value) < 1e6:
        raise argparse.ArgumentTypeError("a number")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError("a fraction, 0 to 1")
    return value


def _gain(text: str) -> float:
    value = float(text)
    if not 0.5 <= value <= 2.0:
        raise argparse.ArgumentTypeError("a factor, 0.5 to 2: 1.02 reads two percent too much")
    return value


def _capacity(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 290.0:
        raise argparse.ArgumentTypeError("0.1 to 290 Ah")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError("a seed is 0 to 2147483647")
    return value


def _some(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


class Job(NamedTuple):
    """One log to replay, with all that a worker needs for it."""

    path: str
    cell: "Cell"
    soc: float
    sigma: float
    errors: "Errors"
    program: str | None  # a MicroPython, else in process
    drawn: bool


def replay_command(options: argparse.Namespace) -> int:
    """Runs the command; its exit code."""
    from hil.load import load_cell
    from hil.record import require_writable, write_whole
    from hil.replay import page
    from hil.replay.feed import Errors
    from hil.replay.run import START_SIGMA, UNKNOWN_SIGMA, with_capacity
    from hil.targets.process import find_micropython

    cell = with_capacity(load_cell(options.cell), options.capacity_Ah)
    places = [place for place in (options.json, options.report) if place not in (None, "-")]
    if len(set(places)) < len(places):
        raise BadInput(f"{places[0]}: named for two files")
    for place in places:
        if place in options.logs:
            raise BadInput(f"{place}: is one of the logs")
        require_writable(place)
    program = find_micropython(options.micropython) if options.target == "micropython" else None
    known = options.soc0 is not None
    soc, sigma = (options.soc0, START_SIGMA) if known else (0.5, UNKNOWN_SIGMA)
    errors = Errors(options.current_gain, options.current_offset, options.voltage_offset, options.sensor_seed)
    jobs = [Job(path, cell, soc, sigma, errors, program, options.report is not None) for path in options.logs]
    done = _all(jobs, options.jobs)
    head = {"cell": cell.name, "target": options.target, "capacity_Ah": cell.capacity_mAh / 1000, "soc0": options.soc0}
    head |= {"current_gain": errors.gain, "current_offset_A": errors.offset_A, "voltage_offset_V": errors.offset_V}
    result = {**head, "sensor_seed": errors.seed, "logs": [row for row, _ in done]}
    if options.report:
        write_whole(options.report, page.page(result, [drawn for _, drawn in done]).encode())
    if options.json is not None:
        text = json.dumps(result, indent=2) + "\n"
        if options.json == "-":
            sys.stdout.write(text)
        else:
            write_whole(options.json, text.encode())
    if options.json != "-":
        _tell(result)
    return OK


def _all(jobs: list[Job], workers: int | None) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    if workers == 1:
        return [replayed(job) for job in jobs]
    done = []
    with ProcessPoolExecutor(workers) as pool:
        for number, outcome in enumerate(pool.map(replayed, jobs), 1):
            done.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{number} of {len(jobs)} logs", end="\n" if number == len(jobs) else "", file=sys.stderr, flush=True)
    return done


def replayed(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """The measures of one log, and what is drawn of it."""
    from hil.logs import read_log
    from hil.replay.feed import feed
    from hil.replay.measures import measures
    from hil.replay.run import in_micropython, in_process

    log = read_log(job.path)
    fed = feed(log, job.cell.capacity_mAh / 1000, job.errors)
    if job.program is None:
        said = in_process(job.cell, fed, job.soc, job.sigma)
    else:
        said = in_micropython(job.program, job.cell, fed, job.soc, job.sigma)
    row: dict[str, Any] = {"log": job.path, **measures(log.time_s, fed.dt_s, said, log.soc_ref)}
    if not job.drawn:
        return row, {}
    every = max(1, len(fed) // DRAWN_points)
    columns = {name: getattr(said, name) for name in ("soc", "sigma", "hysteresis", "r_scale")}
    columns |= {"time_s": log.time_s, "current_A": fed.current_A, "voltage_V": fed.voltage_V, "temp_degC": fed.temp_degC}
    if log.soc_ref is not None:
        columns["soc_ref"] = log.soc_ref
    return row, {name: column[::every].tolist() for name, column in columns.items()}


def _tell(result: dict[str, Any]) -> None:
    """The table for people, in percent of capacity."""

    def percent(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.2f}"

    rows = result["logs"]
    width = max(len(row["log"]) for row in rows)
    print(f"{result['cell']}, {result['capacity_Ah']:g} Ah, on {result['target']}; SoC errors in %")
    print(f"{'log':{width}s}   rms   max  rms and max after 15 min  within 3 % at, s  mean NIS  within 2 sigma, %")
    for row in rows:
        settled = "-" if row["converged_s"] is None else f"{row['converged_s']:.0f}"
        print(
            f"{row['log']:{width}s} {percent(row['rmse']):>5s} {percent(row['max_abs']):>5s} "
            f"{percent(row['rmse_after_15min']):>12s} {percent(row['max_after_15min']):>12s} {settled:>17s} "
            f"{row['nis_mean']:9.2f} {percent(row['within_2sigma']):>18s}"
        )
