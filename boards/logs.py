"""What the fault memory holds, for who asks over the REPL: `import boards.logs` prints a line a fault.

    id <tab> how often <tab> first <tab> last, in seconds that the controllers of this pack have run
Where there is no storage, or nothing in it, nothing is printed. On a desk `micropython -m boards.logs FILE` reads the file that
--store named. Nothing is written.
"""

from bms.store.fault_memory import show
from boards.memory import opened

_shelf = opened()
if _shelf is not None:
    show(_shelf)
