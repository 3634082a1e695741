"""A CAN controller with machine.CAN's manners (MicroPython 1.28) and three buffers, on a bus that carries one frame in 250 us.

Frames are 16 bytes as SocketCAN has them: identifier word with 0x80000000 for an extended one, length, three bytes, data. What
the controller sends while the clock runs is collected in `sent`; deliver() is what the others say, and the receive FIFO is as
deep as a bxCAN's two (six frames): more at once are lost and counted, unless its interrupt fetches them.
"""

import struct
from collections import deque
from collections.abc import Callable
from typing import Any

from hil.chips.mcp2515 import Mcp2515
from hil.chips.microcontroller import Clock, Pad

BUFFERS = 3
FIFO = 6
FRAME_us = 250
EXTENDED = 0x8000_0000
REMOTE = 0x4000_0000
STOPPED, ACTIVE, WARNING, PASSIVE, BUS_OFF = range(5)
_FRAME = struct.Struct("<IB3x8s")
_FLAG_RTR, _FLAG_EXT_ID = 1, 2


class CanController:
    """One controller, a source of the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.due_us = clock.now_us
        self.sent = bytearray()
        self.lost = 0
        self.bus_state = ACTIVE
        self._buffers: list[tuple[int, bytes]] = []
        self._fifo: deque[tuple[int, bytes]] = deque()
        self._listening = False
        self._handler: Callable[[Any], None] | None = None
        clock.sources.append(self)

    def step(self) -> None:
        """A frame's time has passed: the highest priority leaves, if any waits."""
        self.due_us += FRAME_us
        if self._buffers and self.bus_state != BUS_OFF:
            word, data = self._buffers.pop(min(range(len(self._buffers)), key=lambda k: self._buffers[k][0] & ~EXTENDED))
            self.sent += _FRAME.pack(word, len(data), data)

    def deliver(self, frames: bytes) -> None:
        """Frames from the others, at once."""
        for word, length, data in _FRAME.iter_unpack(frames):
            if not self._listening or self.bus_state == BUS_OFF:
                continue
            if len(self._fifo) == FIFO:
                self.lost += 1
                continue
            self._fifo.append((word, data[:length]))
            if self._handler is not None:
                self._handler(self)

    def collect(self) -> bytes:
        """What it has sent since the last call."""
        sent = bytes(self.sent)
        self.sent.clear()
        return sent

    def set_filters(self, filters: object, /) -> None:
        self._listening = filters is None

    def send(self, id: int, data: "bytes | bytearray | memoryview", flags: int = 0, /) -> int | None:
        if self.bus_state in (STOPPED, BUS_OFF):
            raise OSError(100)
        word = id | (EXTENDED if flags & _FLAG_EXT_ID else 0) | (REMOTE if flags & _FLAG_RTR else 0)
        if len(self._buffers) == BUFFERS or any(waits & ~EXTENDED == id for waits, _ in self._buffers):
            return None
        if not self._buffers:  # an idle bus begins at once
            self.due_us = self._clock.now_us + FRAME_us
        self._buffers.append((word, bytes(data)))
        return len(self._buffers) - 1

    def recv(self, arg: list[Any], /) -> list[Any] | None:
        if not self._fifo:
            return None
        word, data = self._fifo.popleft()
        arg[0] = word & 0x1FFF_FFFF
        arg[1] = memoryview(bytearray(data))
        arg[2] = (_FLAG_EXT_ID if word & EXTENDED else 0) | (_FLAG_RTR if word & REMOTE else 0)
        arg[3] = 0
        return arg

    def irq(self, handler: Callable[[Any], None] | None, trigger: int, hard: bool, /) -> None:
        self._handler = handler

    def state(self) -> int:
        return self.bus_state

    def restart(self) -> None:
        self._buffers.clear()
        self.bus_state = ACTIVE


class McpBus:
    """The bus on the far side of an MCP2515, with the manners of the bench: a frame every 250 us."""

    def __init__(self, clock: Clock, chip: Mcp2515, interrupt: Pad) -> None:
        self.due_us = clock.now_us
        self.sent = bytearray()
        self.lost = 0
        self._chip = chip
        chip.interrupt = interrupt.drive
        clock.sources.append(self)

    def step(self) -> None:
        """A frame's time has passed."""
        self.due_us += FRAME_us
        frame = self._chip.let_one_go()
        if frame is not None:
            identifier, data, extended, remote = frame
            word = identifier | (EXTENDED if extended else 0) | (REMOTE if remote else 0)
            self.sent += _FRAME.pack(word, len(data), data)

    def deliver(self, frames: bytes) -> None:
        """Frames from the others, at once."""
        for word, length, data in _FRAME.iter_unpack(frames):
            kept = self._chip.hear(word & 0x1FFF_FFFF, data[:length], bool(word & EXTENDED), bool(word & REMOTE))
            self.lost += not kept

    def collect(self) -> bytes:
        """What the chip has sent since the last call."""
        sent = bytes(self.sent)
        self.sent.clear()
        return sent
