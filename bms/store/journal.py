"""Records that outlive a loss of power at any instant, appended to blocks that are filled and erased in turn.

A record is a frame: kind, version, length, sequence number, content, two CRCs. The last whole frame of a kind counts. A block
begins with its own number. When one is full, the next in the ring is erased, the last frame of every kind is copied into it as
it is, and a seal tells that all are there: no sooner does anything else go into it, or may the old block be erased. So at every
instant there is a block with the last whole frame of every kind, and since blocks take turns all wear alike. What was torn when
power went is skipped: frames go on behind it.

A step is one erase begun, or one piece written, or one piece looked at again; a piece that does not stand there is a strike
against its block, and after STRIKES of them the block is not used any more. With none left `failed` stands, and the last
records stay where they are. No units: bytes.
"""

import micropython
from micropython import const

from bms.store.frame import HEAD, begin_frame, copy, read_length, store_word
from bms.store.index import Index
from bms.store.medium import Medium
from bms.store.record import CRC_START, crc30
from bms.store.recovery import LAYOUT, MARK, SEAL, Recovery

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from bms.board import Storage

STRIKES = const(3)

_REST = const(0)
_ERASE = const(1)
_OPEN = const(2)
_COPY = const(3)
_CLOSE = const(4)
_WRITE = const(5)


class Journal:
    """`sound`: what was there could be read, or nothing ever was (`blank`). `failed`: nothing is written any more. `idle`:
    put() takes a record. `strikes`: writes and erases that did not hold."""

    def __init__(self, storage: "Storage", rooms: "tuple[int, ...]") -> None:
        """`rooms`: the longest content of each kind that will be put."""
        medium = Medium(storage)
        index = Index(medium)
        self._medium = medium
        self._index = index
        self._head = medium.frame_bytes(0)  # of a block; a seal takes as much
        self._room = max(rooms)
        self._frame = bytearray(medium.frame_bytes(self._room))
        self._strikes = bytearray(medium.blocks)
        self._pending = False
        self._from = 0  # the kind that is copied
        self._size = 0  # of what is being written, how far it has come, and the piece that is still to be looked at
        self._done = 0
        self._unproven = 0
        self._crc = CRC_START
        self.idle = False
        found = Recovery(medium, index)
        self._next_number = found.next_number
        self._active = found.active
        self._at = found.at
        self._sealed = True
        self._state = _COPY
        self.blank = found.blank
        self.sound = found.sound
        needed = 2 * self._head + len(self._frame)  # with room for one more than all
        for room in rooms:
            needed += medium.frame_bytes(room)
        self.failed = found.barred or medium.blocks < 2 or needed > medium.block_bytes
        index.forget_copies()
        if self.failed:
            self.sound = False
        elif self._active < 0:
            self._turn()
        elif not index.find_loose(self._active):
            self._go_on()

    def version(self, kind: int) -> int:
        """Of the last record of this kind; 0: there is none."""
        return self._index.version[kind]

    def holds(self, kind: int) -> bool:
        """Whether there is a record of this kind."""
        return self._index.place[kind] >= 0

    def read(self, kind: int, buffer: bytearray) -> int:
        """The last record of this kind into the buffer, if that has room. Returns its length; 0: there is none."""
        return self._index.read(kind, buffer)

    def put(self, kind: int, version: int, buffer: bytearray, n: int) -> bool:
        """The first n bytes of the buffer become the next record of this kind, some steps later. False: not now."""
        if not self.idle or n > self._room:
            return False
        frame = self._frame
        index = self._index
        begin_frame(frame, kind, version, n, index.next_sequence, self._medium.frame_bytes(n))
        index.next_sequence += 1
        copy(frame, HEAD, buffer, 0, n)
        self._pending = True
        self._go_on()
        return True

    @micropython.native
    def step(self) -> int:
        """One piece of work. Returns 0 when there is none."""
        state = self._state
        if self.failed or state == _REST:
            return 0
        if self._medium.busy():
            return 1
        if self._unproven:
            self._prove()
        elif state == _WRITE:
            self._write()
        elif state == _COPY:
            self._copy()
        elif state == _ERASE:
            if self._medium.erase(self._active):
                self._state = _OPEN
            else:
                self._strike(STRIKES)
                self._turn()
        elif state == _OPEN:
            self._at = self._active * self._medium.block_bytes
            number = self._next_number
            self._next_number = number + 1  # a head that cannot be looked at may stand all the same
            self._begin(MARK, number)
        elif self._at + self._head > (self._active + 1) * self._medium.block_bytes:
            self._overflow()
        else:
            self._begin(SEAL, 0)
        return 1

    def _begin(self, kind: int, number: int) -> None:
        """A frame without content: the head of a block, or its seal."""
        piece = self._medium.piece
        begin_frame(piece, kind, LAYOUT, 0, number, self._head)
        store_word(piece, HEAD, crc30(piece, 0, HEAD, CRC_START))
        self._size = self._head
        self._done = 0
        self._program(self._head)

    def _write(self) -> None:
        """The next piece of the record that waits."""
        frame = self._frame
        medium = self._medium
        body = HEAD + read_length(frame)
        done = self._done
        if not done:
            self._crc = CRC_START
            if self._at + self._size > (self._active + 1) * medium.block_bytes:
                self._turn()
                return
        n = self._size - done
        if n > medium.piece_bytes:
            n = medium.piece_bytes
        end = done + n if done + n < body else body
        if done < end:
            self._crc = crc30(frame, done, end, self._crc)
        if done + n > body:
            store_word(frame, body, self._crc)
        copy(medium.piece, 0, frame, done, n)
        self._program(n)

    def _copy(self) -> None:
        """The next piece of a frame that is to stand in this block, too."""
        medium = self._medium
        index = self._index
        if not self._done:
            kind = index.find_loose(self._active)
            if not kind:
                if self._sealed:
                    index.promote()
                    self._go_on()
                else:
                    self._state = _CLOSE
                return
            self._from = kind
            self._size = medium.frame_bytes(index.length[kind])
            if self._at + self._size + self._head > (self._active + 1) * medium.block_bytes:
                self._overflow()
                return
        n = self._size - self._done
        if n > medium.piece_bytes:
            n = medium.piece_bytes
        if medium.fetch(index.place[self._from] + self._done):
            self._program(n)
        else:
            index.place[self._from] = -1  # it cannot be read any more
            self.sound = False
            self._at += self._done
            self._done = 0

    def _program(self, n: int) -> None:
        """The next n bytes are in the piece."""
        self._unproven = n
        if not self._medium.write(self._at + self._done, n):
            self._spoilt()

    def _prove(self) -> None:
        """What was written last must stand there; where it ends a frame, that counts."""
        n = self._unproven
        if not self._medium.stands(self._at + self._done, n):
            self._spoilt()
            return
        self._unproven = 0
        self._done += n
        if self._done < self._size:
            return
        at = self._at
        self._at = at + self._size
        self._done = 0
        state = self._state
        index = self._index
        if state == _WRITE:
            index.take(self._frame, at)
            self._pending = False
            self._go_on()
        elif state == _COPY:
            index.copied[self._from] = at
        elif state == _OPEN:
            self._state = _COPY
        else:
            self._sealed = True
            index.promote()
            self._go_on()

    def _go_on(self) -> None:
        """To the record that waits, or to rest."""
        self.idle = not self._pending
        self._done = 0
        if self._pending:
            self._state = _WRITE
            self._size = self._medium.frame_bytes(read_length(self._frame))
        else:
            self._state = _REST

    def _spoilt(self) -> None:
        """What was written does not stand there: the frame begins anew behind it, or in the next block."""
        self._at += self._done + self._unproven
        self._done = 0
        self._unproven = 0
        self._strike(1)
        if self._state == _OPEN or self._strikes[self._active] >= STRIKES:
            self._turn()

    def _overflow(self) -> None:
        """The last frames of all kinds do not fit behind what is spoilt."""
        if not self._sealed:
            self._strike(1)
        self._turn()

    @property
    def strikes(self) -> int:
        """What did not hold, of all blocks."""
        return sum(self._strikes)

    def _strike(self, count: int) -> None:
        self._strikes[self._active] += count

    def _turn(self) -> None:
        """To the next block of the ring that may be erased. Where frames could not be copied together any more, since one
        has decayed and the block is full, what a sealed block lacks is given up."""
        index = self._index
        blocks = self._medium.blocks
        self._done = 0
        self.idle = False
        index.forget_copies()
        for last in range(2 if self._sealed else 1):
            for k in range(1, blocks + 1):
                block = (self._active + k) % blocks
                if self._strikes[block] < STRIKES and (not index.holds(block) or (last and block != self._active)):
                    index.forget(block)
                    self._active = block
                    self._sealed = False
                    self._state = _ERASE
                    return
        self.failed = True
