"""`hil check`: what the linter found, for people and as JSON."""

import json
import sys
from collections.abc import Sequence

from bms.schema import Pack
from hil.errors import BadInput
from hil.lint.check import check_cell, check_pack
from hil.lint.findings import Finding, errors, notes, shown
from hil.packfiles import read_any


def check_command(names: Sequence[str], json_path: str | None = None) -> int:
    """`hil check`: prints what was found in each cell or pack. 0 when nothing is wrong, else 2."""
    report: list[dict[str, object]] = []
    worst = 0
    for name in names:
        try:
            record, where = read_any(name)
        except BadInput as error:
            print(error, file=sys.stderr)
            report.append({"name": name, "kind": None, "passed": False, "error": str(error), "findings": []})
            worst = 2
            continue
        found = check_pack(record) if isinstance(record, Pack) else check_cell(record)
        wrong = errors(found)
        for finding in wrong:
            print(f"{where}: {finding.line()}", file=sys.stderr)
        worst = 2 if wrong else worst
        kind = "pack" if isinstance(record, Pack) else "cell"
        told = [dict(finding._asdict(), value=_plain(finding.value)) for finding in found]
        report.append({"name": name, "kind": kind, "passed": not wrong, "error": None, "findings": told})
        if json_path != "-":
            _print(name, kind, found)
    if json_path is not None:
        text = json.dumps({"passed": worst == 0, "checked": report}, indent=2) + "\n"
        if json_path == "-":
            sys.stdout.write(text)
        else:
            from hil.record import write_whole

            write_whole(json_path, text.encode())
    return worst


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, str, list, tuple, type(None))) else repr(value)


def _print(name: str, kind: str, found: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.padding import Padding

    console = Console(highlight=False)
    wrong = errors(found)
    verdict = f"[red]{len(wrong)} wrong[/red]" if wrong else "[green]nothing wrong[/green]"
    console.print(f"[bold]{escape(name)}[/bold] ({kind}): {verdict}", soft_wrap=True)
    for mark, colour, some in (("✗", "red", wrong), ("·", "cyan", notes(found))):
        for finding in some:
            line = f"[{colour}]{mark}[/] [bold]{escape(finding.field)}[/bold]{escape(shown(finding.value))}: "
            console.print(Padding(line + escape(finding.reason), (0, 0, 0, 2)))
