"""Makes a board forget whose memory it has, for who fits it to another pack or changes the pack's configuration.

`import boards.commission` over the REPL, or `micropython -m boards.commission FILE` on a desk. All that was kept is empty from
then on but for the fault memory; the configuration goes last, so that power may go at any time and the old one still stands.
The next start commissions the board with what it runs with. Prints "commissioned", or why not.
"""

from bms.store.kinds import CONFIGURATION, FAULTS, VERSIONS
from boards.memory import opened


def forget() -> str:
    """What became of it."""
    shelf = opened()
    if shelf is None:
        return "no storage"
    journal = shelf.journal
    nothing = bytearray(1)
    for kind in range(len(VERSIONS) - 1, CONFIGURATION - 1, -1):
        while not journal.idle and not journal.failed:
            journal.step()
        if kind != FAULTS:
            journal.put(kind, VERSIONS[kind], nothing, 0)
    while not journal.idle and not journal.failed:
        journal.step()
    return "the storage has failed" if journal.failed else "commissioned"


print(forget())
