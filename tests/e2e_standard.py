"""A receiver of AUTOSAR E2E profile 5 as its standard words it, and senders that go wrong: nothing of the firmware in it.

The check sums are autosar-e2e's. Two rules are this house's: after start or silence the first whole frame only sets the
counter, and silence is the deadline without an accepted frame (after such a first one: without the second). A disturbance is
a function of (random, first counter) that returns what happens on the bus, (time in ms, data), and what the receiver has to
say of each frame. SENT_ms apart, all with a deadline of DEADLINE_ms.
"""

from collections.abc import Callable
from random import Random

import e2e.p05

IDENTIFIER = 0x200
OTHER_IDENTIFIER = 0x210
MAX_DELTA_COUNTER = 3
DEADLINE_ms = 300
SENT_ms = 50

NONE, OK, REPEATED, WRONG_SEQUENCE, ERROR, TIMED_OUT = "none", "ok", "repeated", "wrong_sequence", "error", "timed_out"
OK_SOME_LOST = "ok_some_lost"

Events = list[tuple[int, bytes]]
Disturbance = Callable[[Random, int], tuple[Events, list[str]]]


class Standard:
    """frame() for each that arrives, tick() for the time that passes."""

    def __init__(self, identifier: int, deadline_ms: int) -> None:
        self.identifier = identifier
        self.deadline_ms = deadline_ms
        self.now_ms = 0
        self.status = NONE
        self.accepted_ms = -(1 << 40)
        self._counter: int | None = None
        self._alive_ms = 0  # of the frame that holds off the time-out

    def frame(self, data: bytes) -> bool:
        """E2E_P05Check with new data: Status, and whether the content may be used."""
        if len(data) != 8 or not e2e.p05.e2e_p05_check(data, self.identifier):
            self.status = ERROR
            return False
        last, self._counter = self._counter, data[2]
        if last is None:
            self.status = NONE
            self._alive_ms = self.now_ms
            return False
        delta_counter = (data[2] + 256 - last) % 256
        if delta_counter > MAX_DELTA_COUNTER:
            self.status = WRONG_SEQUENCE
        elif delta_counter == 0:
            self.status = REPEATED
        else:
            self.status = OK if delta_counter == 1 else OK_SOME_LOST
            self.accepted_ms = self._alive_ms = self.now_ms
        return delta_counter in (1, 2, 3)

    def tick(self, dt_ms: int) -> None:
        """No new data for so long."""
        self.now_ms += dt_ms
        if self._counter is None:
            if self.status != NONE:
                self.status = TIMED_OUT
        elif self.now_ms - self._alive_ms > self.deadline_ms:
            self.status = TIMED_OUT
            self._counter = None


def protected(random: Random, counter: int, identifier: int = IDENTIFIER) -> bytes:
    """A whole frame with this counter and any content."""
    data = bytearray(b"\0\0\0" + random.randbytes(5))
    data[2] = counter & 0xFF
    e2e.p05.e2e_p05_protect(data, identifier, increment_counter=False)
    return bytes(data)


def stream(random: Random, counters: list[int], start_ms: int = 0) -> Events:
    """Whole frames with these counters, SENT_ms apart."""
    return [(start_ms + SENT_ms * k, protected(random, c)) for k, c in enumerate(counters)]


def flipped(data: bytes, bits: "list[int] | range") -> bytes:
    """The frame with these bits wrong, numbered in the order of the wire: byte 0 first, its highest bit first."""
    word = int.from_bytes(data, "big")
    for bit in bits:
        word ^= 1 << (63 - bit)
    return word.to_bytes(8, "big")


BEGUN = [NONE, OK, OK]
"""What is said of the first three frames, which are always sound."""


def _spoilt(random: Random, first: int, spoil: Callable[[bytes], bytes]) -> tuple[Events, list[str]]:
    events = stream(random, [first + k for k in range(6)])
    at_ms, data = events[3]
    events[3] = (at_ms, spoil(data))
    return events, [*BEGUN, ERROR, OK_SOME_LOST, OK]


def lost_few(random: Random, first: int) -> tuple[Events, list[str]]:
    """Up to MAX_DELTA_COUNTER - 1 in a row: tolerated."""
    missing = random.randint(1, MAX_DELTA_COUNTER - 1)
    events = stream(random, [first + k for k in range(8)])
    return events[:3] + events[3 + missing :], [*BEGUN, OK_SOME_LOST, *[OK] * (4 - missing)]


def lost_many(random: Random, first: int) -> tuple[Events, list[str]]:
    """More, but the second after the gap still comes within the deadline."""
    missing = random.randint(MAX_DELTA_COUNTER, DEADLINE_ms // SENT_ms - 2)
    events = stream(random, [first + k for k in range(11)])
    return events[:3] + events[3 + missing :], [*BEGUN, WRONG_SEQUENCE, *[OK] * (7 - missing)]


def silent(random: Random, first: int) -> tuple[Events, list[str]]:
    """For longer than the deadline, the counter going on or standing still meanwhile."""
    pause_ms = random.randrange(DEADLINE_ms + 10, 3 * DEADLINE_ms, 10)
    going_on = first + 3 + random.choice((0, pause_ms // SENT_ms, random.randrange(256)))
    late = stream(random, [going_on + k for k in range(3)], 2 * SENT_ms + pause_ms)
    return stream(random, [first, first + 1, first + 2]) + late, [*BEGUN, NONE, OK, OK]


def repeated(random: Random, first: int) -> tuple[Events, list[str]]:
    """One frame once or twice more between its neighbours."""
    events = stream(random, [first + k for k in range(6)])
    times = random.randint(1, 2)
    again = [(events[3][0] + 10 * (k + 1), events[3][1]) for k in range(times)]
    return events[:4] + again + events[4:], [*BEGUN, OK, *[REPEATED] * times, OK, OK]


def delayed(random: Random, first: int) -> tuple[Events, list[str]]:
    """All frames from one on come later, each by its own part of what the deadline allows: tolerated."""
    now_ms = 2 * SENT_ms
    events = stream(random, [first, first + 1, first + 2])
    for k in range(4):
        now_ms += random.randrange(10, DEADLINE_ms + 10, 10)
        events.append((now_ms, protected(random, first + 3 + k)))
    return events, [*BEGUN, OK, OK, OK, OK]


def reordered(random: Random, first: int) -> tuple[Events, list[str]]:
    """One frame is overtaken by its successor."""
    events = stream(random, [first + k for k in range(7)])
    (a_ms, a), (b_ms, b) = events[3:5]
    events[3:5] = [(a_ms, b), (b_ms, a)]
    return events, [*BEGUN, OK_SOME_LOST, WRONG_SEQUENCE, OK_SOME_LOST, OK]


def few_bits(random: Random, first: int) -> tuple[Events, list[str]]:
    """1, 2 or 3 bits wrong."""
    bits = random.sample(range(64), random.randint(1, 3))
    return _spoilt(random, first, lambda data: flipped(data, bits))


def odd_bits(random: Random, first: int) -> tuple[Events, list[str]]:
    """An odd number of bits wrong."""
    bits = random.sample(range(64), random.randrange(5, 64, 2))
    return _spoilt(random, first, lambda data: flipped(data, bits))


def burst(random: Random, first: int) -> tuple[Events, list[str]]:
    """Up to 15 bits in a row wrong, the first and the last of them for certain."""
    length = random.randint(2, 15)
    start = random.randrange(65 - length)
    inner = [start + k for k in range(1, length - 1) if random.getrandbits(1)]
    return _spoilt(random, first, lambda data: flipped(data, [start, *inner, start + length - 1]))


def exchanged(random: Random, first: int) -> tuple[Events, list[str]]:
    """The frame of another data id, its counter the right one."""
    other = protected(random, first + 3, random.choice((OTHER_IDENTIFIER, IDENTIFIER ^ 1 << random.randrange(11))))
    return _spoilt(random, first, lambda _: other)


def wrong_length(random: Random, first: int) -> tuple[Events, list[str]]:
    """Cut short, or longer than it may be."""
    length = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 64))
    return _spoilt(random, first, lambda data: (data + random.randbytes(56))[:length])


def skipped_few(random: Random, first: int) -> tuple[Events, list[str]]:
    """The sender leaves out as many counts as may be lost: tolerated."""
    skip = random.randint(1, MAX_DELTA_COUNTER - 1)
    later = [first + 3 + skip + k for k in range(3)]
    return stream(random, [first, first + 1, first + 2, *later]), [*BEGUN, OK_SOME_LOST, OK, OK]


def skipped_many(random: Random, first: int) -> tuple[Events, list[str]]:
    """The sender's counter jumps, or begins anew."""
    jump = random.randint(MAX_DELTA_COUNTER, 254)
    later = [first + 3 + jump + k for k in range(3)]
    return stream(random, [first, first + 1, first + 2, *later]), [*BEGUN, WRONG_SEQUENCE, OK, OK]


def frozen(random: Random, first: int) -> tuple[Events, list[str]]:
    """The counter stands still, the content may move on: nothing of it is accepted, and then it is as silence."""
    times = DEADLINE_ms // SENT_ms
    counters = [first, first + 1, *[first + 2] * (times + 3)]
    said = [*BEGUN, *[REPEATED] * times, NONE, REPEATED]
    return stream(random, counters), said


def old_inserted(random: Random, first: int) -> tuple[Events, list[str]]:
    """A whole frame of this sender comes again, too old to be taken for a new one, between two live ones."""
    age = random.randint(1, 255 - MAX_DELTA_COUNTER)
    events = stream(random, [first + k for k in range(7)])
    old = (events[3][0] + 10, protected(random, first + 3 - age))
    after = OK_SOME_LOST if age < MAX_DELTA_COUNTER else WRONG_SEQUENCE
    return [*events[:4], old, *events[4:]], [*BEGUN, OK, WRONG_SEQUENCE, after, OK, OK]


def two_senders(random: Random, first: int) -> tuple[Events, list[str]]:
    """An old sequence is played back, frame by frame, while the true sender goes on."""
    distance = random.randint(MAX_DELTA_COUNTER + 1, 255 - MAX_DELTA_COUNTER - 1)
    live = stream(random, [first + k for k in range(8)])
    events = live[:3]
    said = list(BEGUN)
    for k in range(3, 8):
        at_ms, data = live[k]
        events += [(at_ms, protected(random, first + k + distance)), (at_ms + 20, data)]
        said += [WRONG_SEQUENCE, WRONG_SEQUENCE]
    return events, said


TOLERATED = (lost_few, delayed, skipped_few)
DISTURBANCES: tuple[Disturbance, ...] = (
    *(lost_few, lost_many, silent, repeated, delayed, reordered, few_bits, odd_bits, burst, exchanged, wrong_length),
    *(skipped_few, skipped_many, frozen, old_inserted, two_senders),
)
