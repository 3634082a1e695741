"""Stands in for bms.app.App behind the unix board, on both interpreters: every tick sends ten frames and two decisions.

As a module it is boards.unix with this firmware. VCU_COMMAND-like frames steer it: 0x2F0 byte 0 = 1 raises, 2 hangs,
3 exits with 7, 4 locks the heap from then on, 5 allocates.
"""

import sys
import time
from array import array

from micropython import const

from bms.safety.snapshot import Snapshot
from boards.unix.__main__ import main

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.schema import Pack
    from boards.unix.board import Board

ORDER_ID = 0x2F0
FRAMES = 10

RAISE = 1
HANG = 2
LEAVE = 3
LOCK = 4
ALLOCATE = 5


class Mailbox:
    """Keeps the last order and counts the rest."""

    def __init__(self) -> None:
        self.count = 0
        self.order = 0

    def put(self, identifier: int, extended: bool, data: memoryview) -> None:
        self.count += 1
        if identifier == ORDER_ID and len(data) == 8:
            self.order = data[0]


class App:
    """What the lockstep needs of an app."""

    def __init__(self, pack: "Pack", board: "Board") -> None:
        self.board = board
        self.snap = Snapshot(pack)
        self.mailbox = Mailbox()
        self.frame = bytearray(8)
        self.decisions = array("i", [0, 0])
        self.locked = False
        self.ticks = 0

    def tick(self) -> None:
        board = self.board
        self.decisions[0] = board.sample(self.snap, self.mailbox)
        if self.mailbox.order:
            self.obey()
        self.decisions[1] = self.snap.group_mV[0]
        board.contactors(self.ticks & 15, 100)
        for k in range(FRAMES):
            self.frame[0] = k
            self.frame[1] = self.ticks & 255
            self.frame[2] = self.mailbox.count & 255
            board.can_send(0x100 + k, self.frame, False)
        board.alive()
        self.ticks += 1
        board.finish(self.decisions, 0.5, 0.25, -1.0, self.ticks % 10 == 0 and not self.locked)

    def obey(self) -> None:
        order = self.mailbox.order
        self.mailbox.order = 0
        if order == RAISE:
            raise ValueError("told to")
        if order == HANG:
            time.sleep(60)
        if order == LEAVE:
            sys.exit(7)
        if order == ALLOCATE:
            bytearray(100)
        if order == LOCK:
            import micropython

            micropython.heap_lock()
            self.locked = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], App))
