"""The board in memory with a controller that often has no room, by a pattern of its own: the same on both interpreters.

In each tick it takes so many frames as `rooms` says for that tick, going round, and of those it would take it refuses
`refused_of_8` of 8, as if their identifiers still waited. `taken` is a check sum over all that it took, identifiers included.
Like its parent it allocates nothing while the lane runs.
"""

from binascii import crc32

from tests.fake_board import FakeBoard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bms.board import Mailbox
    from bms.safety.snapshot import Snapshot
    from bms.schema import Pack


class NarrowBoard(FakeBoard):
    """`rooms`: frames that it takes in a tick, tick by tick."""

    def __init__(self, pack: "Pack", rooms: bytes, refused_of_8: int) -> None:
        super().__init__(pack)
        self.rooms = rooms
        self.refused_of_8 = refused_of_8
        self.room = 0
        self.taken = 0
        self.refusals = 0
        self._random = 12345

    def sample(self, snap: "Snapshot", mailbox: "Mailbox") -> int:
        self.room = self.rooms[self.ticks % len(self.rooms)]
        return FakeBoard.sample(self, snap, mailbox)

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        self._random = (self._random * 8121 + 28411) % 134456  # products stay below 2^31
        if not self.room or self._random >> 4 & 7 < self.refused_of_8:
            self.refusals += 1
            return False
        self.room -= 1
        self.taken = crc32(data, self.taken ^ identifier)
        return FakeBoard.can_send(self, identifier, data, extended)
