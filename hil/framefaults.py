"""What each kind of bus fault does to the frames of one tick, in one direction.

A batch is what is on the wire in a tick: (identifier with SocketCAN's flags, length, 8 bytes), in order. A fault works on
the frames of its place and leaves the others where they are; `changed` counts what would not have been so without it. One
that is over lets go of what it still holds. Delays are in ms, in whole ticks, rounded up.
"""

import math
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from e2e.p05 import e2e_p05_protect

Frame = tuple[int, int, bytes]

EXTENDED = 0x8000_0000
REMOTE = 0x4000_0000
ERROR = 0x2000_0000
STANDARD_MAX = 0x7FF
EXTENDED_MAX = 0x1FFF_FFFF
TICK_ms = 10
BYTES = 8


@dataclass(frozen=True)
class Place:
    """The frames that a fault is about: those of one word, or (None) all traffic, which the bench's own wires are not."""

    word: int | None
    length: int
    period_ms: int  # 0: none is known
    protected: bool  # by AUTOSAR E2E profile 5, data id the identifier
    wires: frozenset[int]

    def has(self, word: int) -> bool:
        """Whether a frame belongs here."""
        return word == self.word if self.word is not None else word not in self.wires


class FrameFault:
    """One fault. Subclasses say what comes in place of one frame, or of the whole batch."""

    def __init__(self, place: Place, severity: float, random: Random) -> None:
        self.place = place
        self.severity = severity
        self.random = random
        self.changed = 0
        self.over = False

    @property
    def holds(self) -> bool:
        """Whether something is still to come."""
        return False

    def step(self, batch: list[Frame], now_ms: int) -> list[Frame]:
        """What is on the wire instead."""
        if self.over:
            return self.late(now_ms) + batch
        has = self.place.has
        out = self.late(now_ms)
        for frame in batch:
            if has(frame[0]):
                self.instead(frame, now_ms, out)
            else:
                out.append(frame)
        return out

    def late(self, now_ms: int) -> list[Frame]:
        """What was held back and comes now, ahead of this tick's frames."""
        return []

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        """Appends what comes in place of one frame."""
        raise NotImplementedError


class Silence(FrameFault):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        self.changed += 1


class Drop(FrameFault):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        if self.random.random() < self.severity:
            self.changed += 1
        else:
            out.append(frame)


class DropEvery(FrameFault):
    """Several frames of one tick, as sensors have them, are lost together."""

    _sent = 0
    _last_ms = -1

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        if now_ms != self._last_ms:
            self._last_ms = now_ms
            self._sent += 1
        if self._sent % int(self.severity):
            out.append(frame)
        else:
            self.changed += 1


class Holding(FrameFault):
    """What comes later waits here, the first to come first, in the order of its coming."""

    def __init__(self, place: Place, severity: float, random: Random) -> None:
        super().__init__(place, severity, random)
        self._held: list[tuple[int, int, Frame]] = []
        self._count = 0

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def hold(self, frame: Frame, due_ms: int) -> None:
        """Until then."""
        self._count += 1
        heappush(self._held, (due_ms, self._count, frame))

    def late(self, now_ms: int) -> list[Frame]:
        due = []
        while self._held and self._held[0][0] <= now_ms:
            due.append(heappop(self._held)[2])
        return due


class Duplicate(Holding):
    """The first copy right behind the frame, as after a lost acknowledgement; each further one a tick later."""

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        out.append(frame)
        copies = round(self.severity)
        self.changed += copies
        out += [frame] * min(copies, 1)
        for k in range(1, copies):
            self.hold(frame, now_ms + k * TICK_ms)


class Delay(Holding):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        if self.severity <= 0:
            out.append(frame)
            return
        self.changed += 1
        self.hold(frame, now_ms + math.ceil(self.severity / TICK_ms) * TICK_ms)


class Reorder(FrameFault):
    """A frame waits for the next of its identifier and comes behind it."""

    _first: Frame | None = None

    @property
    def holds(self) -> bool:
        return self._first is not None

    def late(self, now_ms: int) -> list[Frame]:
        if not self.over or self._first is None:
            return []
        first, self._first = self._first, None
        return [first]

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        if self._first is not None:
            out += (frame, self._first)
            self._first = None
            self.changed += 1
        elif self.random.random() < self.severity:
            self._first = frame
        else:
            out.append(frame)


class Shuffle(FrameFault):
    """The whole bus: the order of all that comes in one tick, sensors' frames included."""

    def step(self, batch: list[Frame], now_ms: int) -> list[Frame]:
        if self.over or self.random.random() >= self.severity:
            return batch
        shuffled = batch[:]
        self.random.shuffle(shuffled)
        self.changed += shuffled != batch
        return shuffled


class Corrupt(FrameFault):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        word, length, data = frame
        bits = min(round(self.severity), 8 * length)
        if word & REMOTE or not bits:
            out.append(frame)
            return
        self.changed += 1
        out.append((word, length, _flipped(data, self.random.sample(range(8 * length), bits))))


class FlipBit(FrameFault):
    """Bit k is bit k % 8 of byte k // 8."""

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        self.changed += 1
        out.append((frame[0], frame[1], _flipped(frame[2], [int(self.severity)])))


class WrongLength(FrameFault):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        word, length, data = frame
        told = int(self.severity)
        self.changed += told != length
        out.append((word, told, data[:told].ljust(BYTES, b"\0")))


class Remote(FrameFault):
    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        self.changed += 1
        out += (frame, (frame[0] | REMOTE, frame[1], bytes(BYTES)))


class ExtendedTwin(FrameFault):
    """Of an extended identifier the standard one, where there is one of that number."""

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        word, length, data = frame
        out.append(frame)
        if word & EXTENDED_MAX <= STANDARD_MAX:
            self.changed += 1
            out.append((word ^ EXTENDED, length, data))


class CounterFreeze(FrameFault):
    """The sender's counter stands still under a valid checksum."""

    _counter: int | None = None

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        if self._counter is None:
            self._counter = frame[2][2]
        self.changed += frame[2][2] != self._counter
        out.append(_counted(frame, self._counter))


class CounterSkip(FrameFault):
    """The sender's counter goes so many too far with every frame, under a valid checksum."""

    _ahead = 0

    def instead(self, frame: Frame, now_ms: int, out: list[Frame]) -> None:
        self._ahead += round(self.severity)
        self.changed += self._ahead > 0
        out.append(_counted(frame, frame[2][2] + self._ahead))


class WrongPeriod(FrameFault):
    """As if the sender's clock ran at another rate: its newest content, counted on, every so many ms."""

    def __init__(self, place: Place, severity: float, random: Random) -> None:
        super().__init__(place, severity, random)
        self._newest: Frame | None = None
        self._came_ms = 0
        self._due_ms = 0.0
        self._counter = 0

    def step(self, batch: list[Frame], now_ms: int) -> list[Frame]:
        if self.over:
            return batch
        has = self.place.has
        out = [frame for frame in batch if not has(frame[0])]
        came = [frame for frame in batch if has(frame[0])]
        if came:
            if self._newest is None:
                self._due_ms, self._counter = now_ms, came[0][2][2]
            self._newest, self._came_ms = came[-1], now_ms
        elif now_ms - self._came_ms > 2 * self.place.period_ms:
            self._newest = None  # its sender has stopped
        if self._newest is None:
            return out
        sent = 0
        while self._due_ms <= now_ms:
            self._due_ms += self.place.period_ms * self.severity
            out.append(_counted(self._newest, self._counter) if self.place.protected else self._newest)
            self._counter += 1
            sent += 1
        self.changed += abs(sent - len(came))
        return out


class Babble(FrameFault):
    """So many frames more in every tick, anywhere among the others, with random content: of one identifier, or, for the
    whole bus, of any length and any identifier, standard or extended, that is none of the bench's wires."""

    def step(self, batch: list[Frame], now_ms: int) -> list[Frame]:
        if self.over:
            return batch
        out = batch[:]
        for _ in range(round(self.severity)):
            out.insert(self.random.randint(0, len(out)), self._frame())
            self.changed += 1
        return out

    def _frame(self) -> Frame:
        random = self.random
        content = random.randbytes(BYTES)
        if self.place.word is not None:
            length = self.place.length
            return self.place.word, length, content[:length].ljust(BYTES, b"\0")
        while True:
            word = random.getrandbits(29) | EXTENDED if random.getrandbits(2) == 0 else random.getrandbits(11)
            if self.place.has(word):
                length = random.randint(0, BYTES)
                return word, length, content[:length].ljust(BYTES, b"\0")


def _flipped(data: bytes, bits: list[int]) -> bytes:
    spoiled = bytearray(data)
    for bit in bits:
        spoiled[bit >> 3] ^= 1 << (bit & 7)
    return bytes(spoiled)


def _counted(frame: Frame, counter: int) -> Frame:
    """The same content as its sender would have sent it under another counter."""
    data = bytearray(frame[2])
    data[2] = counter & 0xFF
    e2e_p05_protect(data, frame[0] & EXTENDED_MAX, increment_counter=False)
    return frame[0], frame[1], bytes(data)
