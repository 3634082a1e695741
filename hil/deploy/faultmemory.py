"""The fault memory of a board, with the names of the fault table.

The board prints it when boards.logs is imported: id, count, first and last time in seconds, tabs between. Its firmware stands
still meanwhile, with open contactors, and starts again afterwards; its watchdog runs on, with the longest time it can have.
"""

from typing import Any

from bms.safety import faults
from hil.deploy import slots
from hil.deploy.boards import Board
from hil.deploy.install import require
from hil.deploy.repl import Repl
from hil.errors import BadInput

_READ = f"""import sys
sys.argv[1:] = []
{slots.GENERATIONS}
slot = max({slots.SLOTS!r}, key=generation)
if generation(slot) >= 0:
    sys.path.insert(0, slot)
import boards.logs
"""


def read_faults(board: Board, port: str) -> list[dict[str, Any]]:
    """One dict a fault: id, name, what, count, first_s, last_s. BadInput where it is another board, or no such answer."""
    repl = Repl(port)
    try:
        repl.stop()
        require(board, repl)
        text = repl.run(_READ, "the fault memory cannot be read")
        repl.start()
    finally:
        repl.close()
    return [told(line, port) for line in text.splitlines() if line.strip()]


def told(line: str, port: str) -> dict[str, Any]:
    """One line of the board."""
    words = line.strip().split("\t")
    if len(words) != 4 or not all(word.isdecimal() for word in words):
        raise BadInput(f"port {port}: no line of a fault memory: {line.strip()[:60]!r}")
    number, count, first_s, last_s = map(int, words)
    rows = {row.id: row for row in faults.TABLE}
    name = rows[number].name if number in rows else f"fault_{number}"
    what = rows[number].what if number in rows else "not in this version's table"
    return {"id": number, "name": name, "what": what, "count": count, "first_s": first_s, "last_s": last_s}
