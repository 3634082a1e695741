"""What the fault memory holds, for who asks over the REPL: `import boards.logs` prints a line a fault.

    id <tab> how often <tab> first <tab> last, in seconds that the controllers of this pack have run
Where there is no storage, or nothing in it, nothing is printed. On a desk `micropython -m boards.logs FILE` reads the file that
--store named. Nothing is written.
"""

import sys

from micropython import const

from bms.store.fault_memory import PLACES, ROW, show
from bms.store.shelf import Shelf

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Storage

_MOST_WORDS = (1, 1, 1, 1, 1, 1, 1, PLACES * ROW)  # of each kind; only the faults are read


def print_faults() -> int:
    """Returns how many there are."""
    storage = found()
    return 0 if storage is None else show(Shelf(storage, _MOST_WORDS))


def found() -> "Storage | None":
    """The storage of this board."""
    if len(sys.argv) > 1:
        from boards.parts.flash_file import FlashFile
        from boards.unix.board import STORE_BLOCK_bytes, STORE_bytes

        return FlashFile(sys.argv[1], STORE_bytes, STORE_BLOCK_bytes)
    from bms_config import BOARD, PACK

    if BOARD == "unix":
        return None  # it has no file that would be known here
    from boards.main import pack_of

    return __import__("boards." + BOARD + ".board", None, None, ["Board"]).Board(pack_of(PACK)).storage  # type: ignore[no-any-return]


print_faults()
