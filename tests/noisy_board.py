"""The board in memory with a bus full of noise: hands random frames to the mailbox ahead of what is due. Both interpreters.

Like its parent it allocates nothing in sample(), so that a locked heap watches the firmware and not this.
"""

import micropython
from micropython import const

from bms.can import frames as W
from tests.fake_board import FakeBoard

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Mailbox
    from bms.schema import Pack

FRAME_BYTES = const(16)
LONGEST = const(64)


@micropython.viper
def copied(to: object, frames: object, first: int) -> int:
    """The 8 bytes of data of the frame that begins at `first`."""
    target = ptr8(to)  # type: ignore[name-defined]
    source = ptr8(frames)  # type: ignore[name-defined]
    i = 0
    while i < 8:
        target[i] = source[first + 8 + i]
        i += 1
    return i


class NoisyBoard(FakeBoard):
    """`noise` holds SocketCAN frames, `noise_frames` says how many of them this tick gets."""

    def __init__(self, pack: "Pack", stored_permille: int = -1) -> None:
        super().__init__(pack, stored_permille)
        self.noise = bytearray()
        self.noise_frames = 0
        self.noise_behind = False  # after what is due instead of ahead of it
        self.handed_over = 0
        self._memory = memoryview(bytearray(LONGEST))
        self._views = [self._memory[:n] for n in range(LONGEST + 1)]

    def _commands(self, mailbox: "Mailbox") -> None:
        if self.noise_behind:
            FakeBoard._commands(self, mailbox)
        noise = self.noise
        at = 0
        for _ in range(self.noise_frames):
            top = noise[at + 3]
            if not top & 0x40:  # a board drops remote frames
                copied(self._memory, noise, at)
                identifier = noise[at] | noise[at + 1] << 8 | noise[at + 2] << 16 | (top & 0x1F) << 24
                mailbox.put(identifier, top & 0x80 != 0, self._views[noise[at + 4]])
                self.handed_over += 1
            at += FRAME_BYTES
        if not self.noise_behind:
            FakeBoard._commands(self, mailbox)

    def command(self, mailbox: "Mailbox", data: bytearray, extended: bool = False) -> None:
        """Hands over one frame with the identifier of the vehicle's command."""
        for i in range(len(data)):
            self._memory[i] = data[i]
        mailbox.put(W.VcuCommand.ID, extended, self._views[len(data)])
