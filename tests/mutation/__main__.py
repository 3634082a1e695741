"""python -m tests.mutation [MODULE…] [--jobs N] [--json FILE] [--only ID]

Exit 0 when every mutant was noticed or is listed as equivalent, 1 when one was not or when the list is out of date, 2 for bad
input.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.mutation import jury
from tests.mutation.equivalents import Equivalents, ListError
from tests.mutation.mutator import Mutant, load
from tests.mutation.runner import ROOT, Outcome, judge
from tests.mutation.table import MODULES

HEAD = "module        mutants   killed  of these late  equivalent  survived    score  seconds"


def main(words: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all of them if none is named")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="mutants at a time (2)")
    parser.add_argument("--json", metavar="FILE", help="the same as JSON; - is stdout")
    parser.add_argument("--only", metavar="ID", help="one mutant, such as bound/17, and which test noticed it")
    asked = parser.parse_args(words)
    numbers = None
    modules = asked.modules or list(MODULES)
    if asked.only:
        module, _, number = asked.only.partition("/")
        if not number.isdigit():
            parser.error(f"--only: {asked.only} is not MODULE/NUMBER")
        modules, numbers = [module], {int(number)}
    for module in modules:
        if module not in MODULES:
            parser.error(f"{module}: no such module; there are {', '.join(MODULES)}")
    try:
        listed = Equivalents.load()
    except ListError as error:
        parser.error(str(error))
    say = (lambda *_: None) if asked.json == "-" else print
    say(HEAD)
    found: dict[str, Any] = {}
    good = True
    for module in modules:
        start_s = time.monotonic()
        outcome = judge(module, asked.jobs, numbers)
        found[module] = summary = summarise(outcome, listed, numbers is None)
        summary["seconds"] = round(time.monotonic() - start_s, 1)
        good = good and not (summary["survivors"] or summary["complaints"])
        for line in lines(module, summary, numbers is not None):
            say(line)
        sys.stdout.flush()
    say(total(found))
    if asked.json == "-":
        print(json.dumps(found, indent=2))
    elif asked.json:
        Path(asked.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if good else 1


def summarise(outcome: Outcome, listed: Equivalents, whole: bool) -> dict[str, Any]:
    """Counts, survivors, and what is wrong with the list or with the tests."""
    mutants = {mutant.number: mutant for mutant in load(outcome.module, ROOT / MODULES[outcome.module].path).mutants}
    verdicts = {mutants[number]: said for number, said in sorted(outcome.verdicts.items())}
    survivors = [mutant for mutant, (verdict, _) in verdicts.items() if verdict == jury.SURVIVED]
    equivalents = [mutant for mutant in survivors if listed.reason(mutant)]
    complaints = [f"fails without a mutant: {test}" for test in outcome.failed]
    if whole:
        complaints += listed.stale(outcome.module, list(mutants.values()))
    for mutant, (_, test) in verdicts.items():
        if listed.reason(mutant) and mutant not in equivalents:
            complaints.append(f"listed as equivalent, but noticed: {place(mutant)} {test}")
    return {
        "mutants": len(verdicts),
        "killed": len(verdicts) - len(survivors),
        "timeouts": sum(verdict == jury.TIMEOUT for verdict, _ in verdicts.values()),
        "equivalents": len(equivalents),
        "survivors": [
            {"id": mutant.name, "place": place(mutant), "text": mutant.text, "change": mutant.change}
            for mutant in survivors
            if mutant not in equivalents
        ],
        "complaints": complaints,
        "not_asked": outcome.slow,
        "noticed_by": {mutant.name: test for mutant, (_, test) in verdicts.items() if test},
    }


def place(mutant: Mutant) -> str:
    """File and line."""
    return f"{MODULES[mutant.module].path}:{mutant.line}"


def lines(module: str, summary: dict[str, Any], telling: bool) -> list[str]:
    """What is printed of a module."""
    survived = len(summary["survivors"])
    counts = f"{summary['mutants']:9}{summary['killed']:9}{summary['timeouts']:15}{summary['equivalents']:12}{survived:10}"
    out = [f"{module:12}{counts}{score(summary):>9}{summary['seconds']:9}"]
    out += [f"  {one['id']:14}{one['place']}  {one['change']}" for one in summary["survivors"]]
    out += [f"  {complaint}" for complaint in summary["complaints"]]
    if telling:
        out += [f"  {name} noticed by {test}" for name, test in summary["noticed_by"].items()]
    return out


def score(summary: dict[str, Any]) -> str:
    """Killed of those that are not equivalent."""
    counted = summary["mutants"] - summary["equivalents"]
    return f"{100 * summary['killed'] / counted:.2f} %" if counted else "-"


def total(found: dict[str, Any]) -> str:
    """The last line."""
    sums: dict[str, Any] = {
        key: sum(summary[key] for summary in found.values()) for key in ("mutants", "killed", "timeouts", "equivalents")
    }
    survived = sum(len(summary["survivors"]) for summary in found.values())
    seconds = round(sum(summary["seconds"] for summary in found.values()), 1)
    counts = f"{sums['mutants']:9}{sums['killed']:9}{sums['timeouts']:15}{sums['equivalents']:12}{survived:10}"
    return f"{'all':12}{counts}{score(sums):>9}{seconds:9}"


if __name__ == "__main__":
    sys.exit(main())
