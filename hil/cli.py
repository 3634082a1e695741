"""The hil command. Exit 0: all expectations met; 1: one failed, or the firmware died; 2: bad input, told in one line.

What is slow to import is imported by the command that needs it, so that --help answers at once. Reports and traces go to
files, results to standard output, progress and complaints to standard error.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hil.campaign.command import add_options, campaign
from hil.deploy.command import add_deploy_options, add_logs_options, deploy_command, logs_command
from hil.errors import BadInput
from hil.fit.command import add_options as add_fit_options
from hil.fit.command import fit_command
from hil.replay.command import add_options as add_replay_options
from hil.replay.command import replay_command

if TYPE_CHECKING:
    from bms.schema import Pack
    from hil.scenario import Scenario

OK, FAILED, BAD = 0, 1, 2

Command = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message} (see: {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args(given)
        command: Command = options.command
        return command(options)
    except BadInput as error:
        print(f"hil: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD
    except KeyboardInterrupt:
        print("hil: interrupted", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED


def _parser() -> _Parser:
    parser = _Parser(
        prog="hil",
        description="Runs the BMS firmware against a simulated pack whose every hidden layer is known.",
        epilog="example: hil run first_mile --report first_mile.html",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, what: str, example: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".", epilog="example: " + example)
        sub.set_defaults(command=command)
        sub.add_argument("--json", metavar="FILE", help="writes the result as JSON; - is standard output")
        return sub

    run = add("run", _run, "runs one scenario against the firmware", "hil run first_mile --report first_mile.html")
    run.add_argument("scenario", metavar="SCENARIO", help="name (see hil list) or path of a .toml file")
    run.add_argument("--pack", help="name or path of a .py file instead of the scenario's")
    run.add_argument("--target", default="micropython", metavar="NAME", help="micropython (default), cpython or bus")
    run.add_argument("--bus", metavar="INTERFACE:CHANNEL", help="for example socketcan:vcan0, slcan:/dev/ttyACM0")
    run.add_argument("--seed", type=_seed, help="instead of the scenario's")
    run.add_argument("--trace", metavar="FILE.csv", help="writes what happened every 100 ms; .gz accepted")
    run.add_argument("--report", metavar="FILE.html", help="writes the report, one self-contained page")
    run.add_argument("--micropython", metavar="PATH", help="the MicroPython to run the firmware in")
    run.add_argument("--firmware", metavar="DIR", help="the tree of hil deploy unix --dry-run DIR instead of the sources")
    add("list", _list, "shows the scenarios, packs, cells, campaigns, benches, profiles and faults that exist", "hil list")
    check = add("check", _check, "tells what is wrong with cells and packs, and what sensors cannot see", "hil check bench_24")
    check.add_argument("names", nargs="+", metavar="CELL|PACK", help="names or paths of .py files")
    bench = add("bench", _bench, "measures speed, memory and accuracy", "hil bench loop tick")
    bench.add_argument("names", nargs="*", metavar="NAME", help="benchmarks; all when none is named")
    add_options(add("campaign", campaign, "runs thousands of seeded variants", "hil campaign hidden_layers --out build/hidden"))
    example = "hil fit --ocv slow.csv --pulses hppc.csv --drive us06_0degC.csv --drive us06_25degC.csv -o my_cell.py"
    add_fit_options(add("fit", fit_command, "identifies a cell from logs of a cycler", example))
    example = "hil replay drive.csv.gz --cell si_ceramic_20ah --soc0 0.8 --report drive.html"
    add_replay_options(add("replay", replay_command, "feeds logged data to the firmware's estimator", example))
    example = "hil safety-case -o safety.html --junit tests.xml --campaign build/hidden"
    case = add("safety-case", _safety_case, "writes goals, fault rows, tests and results as one page", example)
    case.add_argument("-o", "--out", required=True, metavar="FILE.html", help="the page")
    case.add_argument("--pack", default="bench_24", help="whose limits are shown: name or path of a .py file (bench_24)")
    case.add_argument("--campaign", action="append", default=[], metavar="DIR", help="of hil campaign --out; repeatable")
    case.add_argument("--junit", metavar="FILE.xml", help="what pytest --junit-xml has written")
    case.add_argument("--hidden", metavar="FILE.json", help="what hil bench hidden --json has written; else as shipped")
    example = "hil deploy nucleo_h723zg --port /dev/ttyACM0 --pack aero_96"
    add_deploy_options(add("deploy", deploy_command, "compiles the firmware and copies it to a board", example))
    example = "hil logs nucleo_h723zg --port /dev/ttyACM0"
    add_logs_options(add("logs", logs_command, "stops a board, reads its fault memory, starts it again", example))
    dump = add("dump", _dump, "decodes a candump log or a live bus with any DBC", "hil dump --dbc bms --log drive.log")
    dump.add_argument("--dbc", action="append", required=True, metavar="FILE", help="or the name of one that ships; repeatable")
    source = dump.add_mutually_exclusive_group(required=True)
    source.add_argument("--log", metavar="FILE.log", help="as candump writes it; .gz accepted; - is standard input")
    source.add_argument("--bus", metavar="INTERFACE:CHANNEL", help="for example socketcan:vcan0, slcan:/dev/ttyACM0")
    dump.add_argument("--csv", metavar="FILE", help="one row a signal, instead of lines; .gz accepted; - is standard output")
    dump.add_argument("--message", action="append", default=[], metavar="GLOB", help="only these messages; repeatable")
    dump.add_argument("--signal", action="append", default=[], metavar="GLOB", help="only these, or MESSAGE.SIGNAL; repeatable")
    dump.add_argument("--unknown", action="store_true", help="shows in hex what is not decoded, too")
    dump.add_argument("--any-length", action="store_true", help="decodes frames of another length as far as they go")
    dump.add_argument("--skip-bad-lines", action="store_true", help="counts lines that cannot be read instead of ending there")
    dump.add_argument("--count", type=_some, metavar="N", help="ends after so many frames")
    dump.add_argument("--seconds", type=_duration, metavar="S", help="ends so long after the start, by the log's own time")
    dump.add_argument("--bitrate", type=_some, default=500_000, metavar="N", help="of the bus, in bit/s (default 500000)")
    dump.add_argument("--fd", action="store_true", help="opens the bus for CAN FD")
    return parser


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


def _duration(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("a time in seconds, more than 0")
    return value


def _run(options: argparse.Namespace) -> int:
    from hil.record import Recorder, require_writable
    from hil.scenario import load

    scenario = load(options.scenario)
    pack = pack_for(scenario, options.pack)
    taken = {Path(name).resolve() for name in (scenario.path, options.scenario, options.pack, scenario.pack) if name}
    for place in (options.report, options.trace, options.json):
        if place in (None, "-"):
            continue
        require_writable(place)
        if Path(place).resolve() in taken:
            raise BadInput(f"{place}: named for two files")
        taken.add(Path(place).resolve())
    seed = scenario.seed if options.seed is None else options.seed

    from bms.schema import layer_count
    from hil.judge import result
    from hil.loop import Bench
    from hil.target import TargetDied, make_target

    recorder = Recorder(layer_count(pack))
    bench = Bench(scenario, pack, seed, recorder)
    stored_permille = None if scenario.soc_stored is None else round(scenario.soc_stored * 1000)
    target = make_target(
        options.target, options.bus, options.pack or scenario.pack, scenario.map, stored_permille, options.micropython,
        options.firmware,
    )  # fmt: skip
    try:
        with target, _Progress(scenario.title, scenario.duration_s) as progress:
            run = bench.run(target, options.target, progress)
    except TargetDied as death:
        print(f"hil: {death}", file=sys.stderr)
        return FAILED
    outcome = result(run)
    outcome["timing"].update(target.timing())
    if run.died:
        print(f"hil: at {run.ticks / 100:.2f} s: {run.died}", file=sys.stderr)
    if options.report:
        from hil.report import write_report

        write_report(options.report, outcome, recorder, scenario.title, pack)
    if options.trace:
        recorder.write_trace(options.trace)
    _write_json(options.json, outcome)
    if options.json != "-":
        _tell(outcome, options)
    return OK if outcome["passed"] else FAILED


def pack_for(scenario: "Scenario", name: str | None) -> "Pack":
    """The scenario's pack, or another of that name, with the scenario's charge map."""
    from bms.schema import PACK_FIELDS, Pack, replaced
    from hil.load import load_pack, require_pack

    pack = load_pack(name or scenario.pack)
    if scenario.map is None:
        return pack
    maps = [map_name for map_name, _ in pack.cell.charge_maps]
    if scenario.map not in maps:
        raise BadInput(f"{scenario.path}: [scenario] map: {scenario.map!r} is none of {', '.join(maps)}")
    return require_pack(replaced(Pack, PACK_FIELDS, pack, charge_map=scenario.map), pack.name)


class _Progress:
    """A bar on standard error where that is a terminal; else nothing. Called with the simulated ms."""

    def __init__(self, title: str, duration_s: float) -> None:
        self._bar: Any = None
        self._task: Any = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.markup import escape
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            text = TextColumn("{task.description} {task.completed:.0f} of {task.total:.0f} s")
            columns = (text, BarColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
            self._task = self._bar.add_task(escape(title), total=duration_s)

    def __enter__(self) -> Callable[[int], None]:
        if self._bar is not None:
            self._bar.start()
        return self._at

    def _at(self, now_ms: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=now_ms / 1000)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _tell(outcome: dict[str, Any], options: argparse.Namespace) -> None:
    """The result for people."""
    for row in outcome["expectations"]:
        mark = "ok    " if row["passed"] else "FAILED"
        print(f"{mark} {row['name']}: {row['value']} (limit {row['limit']})")
    verdict = "passed" if outcome["passed"] else "FAILED"
    speed = f"{outcome['realtime_factor']:g} times real time" if outcome["realtime_factor"] else "no time"
    print(f"{outcome['scenario']} {verdict}: {outcome['duration_s']:g} s on {outcome['pack']}, {outcome['target']}, {speed}")
    apart = outcome["timing"].get("device_apart_ms")
    if apart is not None:
        late_ms, count, late = (outcome["timing"][name] for name in ("bench_late_ms", "device_ticks", "device_late"))
        print(f"real time: the device's ticks came {apart['p1']:g} to {apart['p99']:g} ms apart, at most {apart['max']:g} ms;")
        print(f"  {late} of {count} were late; the bench's frames left up to {late_ms['max']:g} ms late")
    for what, place in (("report", options.report), ("trace", options.trace), ("result", options.json)):
        if place:
            print(f"{what}: {place}")


def _write_json(place: str | None, value: dict[str, Any]) -> None:
    if place is None:
        return
    text = json.dumps(value, indent=2) + "\n"
    if place == "-":
        sys.stdout.write(text)
    else:
        from hil.record import write_whole

        write_whole(place, text.encode())


def _list(options: argparse.Namespace) -> int:
    from hil import packfiles, profile, scenario
    from hil.bench import BENCHES
    from hil.busfaults import told
    from hil.campaign import plan
    from hil.faults import sorts
    from hil.loop import Bench
    from hil.record import Recorder

    example = scenario.load("second_mile")
    bench = Bench(example, pack_for(example, None), example.seed, Recorder())
    packs, cells = packfiles.names()
    shelf = {
        "scenarios": {name: scenario.load(name).title for name in scenario.names()},
        "packs": packs,
        "cells": cells,
        "campaigns": {name: plan.load(name).title for name in plan.names()},
        "benches": {row[0]: row[1] for row in BENCHES},
        "profiles": profile.names(),
        "faults": sorts(bench.vocabulary),
        "bus_faults": told(),
    }
    _write_json(options.json, shelf)
    if options.json == "-":
        return OK
    for what, items in shelf.items():
        print(what)
        for item in items:
            more = items[item] if isinstance(items, dict) else ""
            text = more if isinstance(more, str) else ", ".join(more)
            print(f"  {item:<20} {text}".rstrip())
    return OK


def _check(options: argparse.Namespace) -> int:
    from hil.lint import check_command

    return check_command(options.names, options.json)


def _bench(options: argparse.Namespace) -> int:
    try:
        bench = importlib.import_module("hil.bench")
    except ModuleNotFoundError as error:
        if error.name != "hil.bench":
            raise
        raise BadInput("bench: not built yet") from None
    return int(bench.main(options.names, options.json))


def _safety_case(options: argparse.Namespace) -> int:
    from hil.safetycase import safety_case_command

    return safety_case_command(options.out, options.pack, options.campaign, options.junit, options.hidden, options.json)


def _dump(options: argparse.Namespace) -> int:
    from hil.dump import dump_command

    return dump_command(options)
