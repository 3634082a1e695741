"""The journal's storage of the board that bms_config.py names, for who asks over the REPL while no firmware runs.

On a desk the file that --store named stands on the command line instead.
"""

import sys

from micropython import const

from bms.store.fault_memory import PLACES, ROW
from bms.store.shelf import Shelf

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Storage

_MOST_WORDS = (1, 1, 1, 1, 1, 1, 1, PLACES * ROW)  # of each kind; only faults are read


def opened() -> "Shelf | None":
    """None: there is no storage. Nothing is written before somebody steps the journal."""
    storage = _found()
    return None if storage is None else Shelf(storage, _MOST_WORDS)


def _found() -> "Storage | None":
    if len(sys.argv) > 1:
        from boards.parts.flash_file import FlashFile, STORE_BLOCK_bytes, STORE_bytes

        return FlashFile(sys.argv[1], STORE_bytes, STORE_BLOCK_bytes)
    from bms_config import BOARD, PACK

    if BOARD == "unix":
        return None  # it has no file that would be known here
    from boards.main import pack_of

    board = __import__("boards." + BOARD + ".board", None, None, ["Board"])
    storage: Storage | None = board.Board(pack_of(PACK)).storage
    return storage
