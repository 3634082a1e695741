"""A receiver of AUTOSAR E2E profile 5 that takes nothing older than what it has taken, and senders that go wrong.

Nothing of the firmware is in it; the check sums are autosar-e2e's. It is stricter than the profile's own text in three
things. There the counter follows every frame with a right check sum, so that of two old ones the second is in sequence;
here the reference is the last frame that was accepted, and stays. There the first frame is good, here it is only the
reference. There the largest step is a number of the configuration, here it is the count of periods within the deadline, up
to 16; and silence is the deadline without an accepted frame (after such a first one: without the second).

A disturbance is a function of (random, first counter) that returns what happens on the bus, (time in ms, data), and what the
receiver has to say of each frame. SENT_ms apart, all with a deadline of DEADLINE_ms.
"""

from collections.abc import Callable
from random import Random

import e2e.p05

IDENTIFIER = 0x200
OTHER_IDENTIFIER = 0x210
MAX_DELTA_COUNTER = 6
LARGEST_STEP = 16
"""However long the deadline: a larger one would take too many old counters for new."""
DEADLINE_ms = 300
SENT_ms = 50
RUN = 5
"""As many old frames come in a row."""
BLIND = 256 - MAX_DELTA_COUNTER
"""So many counts before the last accepted frame an old one looks new."""

NONE, OK, REPEATED, WRONG_SEQUENCE, ERROR, TIMED_OUT = "none", "ok", "repeated", "wrong_sequence", "error", "timed_out"
OK_SOME_LOST = "ok_some_lost"

Events = list[tuple[int, bytes]]
Words = list[str]
Disturbance = Callable[[Random, int], tuple[Events, Words]]


class Standard:
    """frame() for each that arrives, tick() for the time that passes."""

    def __init__(self, identifier: int, deadline_ms: int, period_ms: int = SENT_ms) -> None:
        self.identifier = identifier
        self.deadline_ms = deadline_ms
        self.now_ms = 0
        self.status = NONE
        self.accepted_ms = -(1 << 40)
        self._steps = len(range(period_ms, deadline_ms + 1, period_ms)[:LARGEST_STEP]) or 1
        self._expected: list[int] = []  # counters that are new, the nearest first; empty: any frame is the first
        self._until_ms = 0

    def frame(self, data: bytes) -> bool:
        """A check with new data: status, and whether the content may be used."""
        if len(data) != 8 or not e2e.p05.e2e_p05_check(data, self.identifier):
            self.status = ERROR
            return False
        counter = data[2]
        if not self._expected:
            self.status = NONE
            self._refer_to(counter)
            return False
        if counter in self._expected:
            self.status = OK if counter == self._expected[0] else OK_SOME_LOST
            self._refer_to(counter)
            self.accepted_ms = self.now_ms
            return True
        self.status = REPEATED if (counter + 1) % 256 == self._expected[0] else WRONG_SEQUENCE
        return False

    def _refer_to(self, counter: int) -> None:
        self._expected = [(counter + step) % 256 for step in range(1, self._steps + 1)]
        self._until_ms = self.now_ms + self.deadline_ms

    def tick(self, dt_ms: int) -> None:
        """No new data for so long."""
        self.now_ms += dt_ms
        if self.now_ms > self._until_ms and (self._expected or self.status != NONE):
            self.status = TIMED_OUT
            self._expected = []


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


def _spoilt(random: Random, first: int, spoil: Callable[[bytes], bytes]) -> tuple[Events, Words]:
    events = stream(random, [first + k for k in range(6)])
    at_ms, data = events[3]
    events[3] = (at_ms, spoil(data))
    return events, [*BEGUN, ERROR, OK_SOME_LOST, OK]


def lost_few(random: Random, first: int) -> tuple[Events, Words]:
    """Up to MAX_DELTA_COUNTER - 1 in a row: tolerated."""
    missing = random.randint(1, MAX_DELTA_COUNTER - 1)
    events = stream(random, [first + k for k in range(missing + 6)])
    return events[:3] + events[3 + missing :], [*BEGUN, OK_SOME_LOST, OK, OK]


def lost_many(random: Random, first: int) -> tuple[Events, Words]:
    """One more takes longer than the deadline: the next is a first one."""
    missing = random.randint(MAX_DELTA_COUNTER, 3 * MAX_DELTA_COUNTER)
    events = stream(random, [first + k for k in range(missing + 6)])
    return events[:3] + events[3 + missing :], [*BEGUN, NONE, OK, OK]


def silent(random: Random, first: int) -> tuple[Events, Words]:
    """For longer than the deadline, the counter going on or standing still meanwhile."""
    pause_ms = random.randrange(DEADLINE_ms + 10, 3 * DEADLINE_ms, 10)
    going_on = first + 3 + random.choice((0, pause_ms // SENT_ms, random.randrange(256)))
    late = stream(random, [going_on + k for k in range(3)], 2 * SENT_ms + pause_ms)
    return stream(random, [first, first + 1, first + 2]) + late, [*BEGUN, NONE, OK, OK]


def repeated(random: Random, first: int) -> tuple[Events, Words]:
    """One frame once or twice more between its neighbours."""
    events = stream(random, [first + k for k in range(6)])
    times = random.randint(1, 2)
    again = [(events[3][0] + 10 * (k + 1), events[3][1]) for k in range(times)]
    return events[:4] + again + events[4:], [*BEGUN, OK, *[REPEATED] * times, OK, OK]


def delayed(random: Random, first: int) -> tuple[Events, Words]:
    """All frames from one on come later, each by its own part of what the deadline allows: tolerated."""
    now_ms = 2 * SENT_ms
    events = stream(random, [first, first + 1, first + 2])
    for k in range(4):
        now_ms += random.randrange(10, DEADLINE_ms + 10, 10)
        events.append((now_ms, protected(random, first + 3 + k)))
    return events, [*BEGUN, OK, OK, OK, OK]


def reordered(random: Random, first: int) -> tuple[Events, Words]:
    """One frame is overtaken by its successor."""
    events = stream(random, [first + k for k in range(7)])
    (a_ms, a), (b_ms, b) = events[3:5]
    events[3:5] = [(a_ms, b), (b_ms, a)]
    return events, [*BEGUN, OK_SOME_LOST, WRONG_SEQUENCE, OK, OK]


def few_bits(random: Random, first: int) -> tuple[Events, Words]:
    """1, 2 or 3 bits wrong."""
    bits = random.sample(range(64), random.randint(1, 3))
    return _spoilt(random, first, lambda data: flipped(data, bits))


def odd_bits(random: Random, first: int) -> tuple[Events, Words]:
    """An odd number of bits wrong."""
    bits = random.sample(range(64), random.randrange(5, 64, 2))
    return _spoilt(random, first, lambda data: flipped(data, bits))


def burst(random: Random, first: int) -> tuple[Events, Words]:
    """Up to 15 bits in a row wrong, the first and the last of them for certain."""
    length = random.randint(2, 15)
    start = random.randrange(65 - length)
    inner = [start + k for k in range(1, length - 1) if random.getrandbits(1)]
    return _spoilt(random, first, lambda data: flipped(data, [start, *inner, start + length - 1]))


def exchanged(random: Random, first: int) -> tuple[Events, Words]:
    """The frame of another data id, its counter the right one."""
    other = protected(random, first + 3, random.choice((OTHER_IDENTIFIER, IDENTIFIER ^ 1 << random.randrange(11))))
    return _spoilt(random, first, lambda _: other)


def wrong_length(random: Random, first: int) -> tuple[Events, Words]:
    """Cut short, or longer than it may be."""
    length = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 64))
    return _spoilt(random, first, lambda data: (data + random.randbytes(56))[:length])


def skipped_few(random: Random, first: int) -> tuple[Events, Words]:
    """The sender leaves out as many counts as may be lost: tolerated."""
    skip = random.randint(1, MAX_DELTA_COUNTER - 1)
    later = [first + 3 + skip + k for k in range(3)]
    return stream(random, [first, first + 1, first + 2, *later]), [*BEGUN, OK_SOME_LOST, OK, OK]


REFUSED = [WRONG_SEQUENCE] * (DEADLINE_ms // SENT_ms)
"""What comes of another sequence, or of one begun anew, until the deadline has passed."""


def skipped_many(random: Random, first: int) -> tuple[Events, Words]:
    """The sender's counter jumps, or begins anew."""
    jump = random.randrange(MAX_DELTA_COUNTER, BLIND)
    later = [first + 3 + jump + k for k in range(len(REFUSED) + 3)]
    return stream(random, [first, first + 1, first + 2, *later]), [*BEGUN, *REFUSED, NONE, OK, OK]


def frozen(random: Random, first: int) -> tuple[Events, Words]:
    """The counter stands still, the content may move on: nothing of it is accepted, and then it is as silence."""
    times = DEADLINE_ms // SENT_ms
    counters = [first, first + 1, *[first + 2] * (times + 3)]
    said = [*BEGUN, *[REPEATED] * times, NONE, REPEATED]
    return stream(random, counters), said


def held_up(random: Random, first: int) -> tuple[Events, Words]:
    """A gateway holds some back and lets go of all at once, within the deadline: tolerated."""
    count = random.randint(2, DEADLINE_ms // SENT_ms)
    events = stream(random, [first + k for k in range(count + 5)])
    held = [(events[2 + count][0], data) for _, data in events[3 : 3 + count]]
    return events[:3] + held + events[3 + count :], [*BEGUN, *[OK] * (count + 2)]


def held_too_long(random: Random, first: int) -> tuple[Events, Words]:
    """The same after the deadline: the first of them is a first one."""
    count = random.randint(DEADLINE_ms // SENT_ms + 1, 20)
    events = stream(random, [first + k for k in range(count + 5)])
    held = [(events[2 + count][0], data) for _, data in events[3 : 3 + count]]
    return events[:3] + held + events[3 + count :], [*BEGUN, NONE, *[OK] * (count + 1)]


def _between(random: Random, first: int, ages: Callable[[], list[int]]) -> tuple[Events, Words]:
    """Frames that are `ages` counts older than the live one before them, behind every live one."""
    events: Events = []
    said: Words = []
    for k, (at_ms, data) in enumerate(stream(random, [first + k for k in range(8)])):
        old = ages()
        times_ms = sorted(random.randrange(0, SENT_ms, 10) for _ in old)
        events += [(at_ms, data), *((at_ms + ms, protected(random, first + k - age)) for ms, age in zip(times_ms, old))]
        said += [OK if k else NONE, *[WRONG_SEQUENCE] * len(old)]
    return events, said


def old_let_go(random: Random, first: int) -> tuple[Events, Words]:
    """A gateway lets go of old frames of this sender between live ones: runs of 1 to RUN, each in its order."""

    def ages() -> list[int]:
        count = random.randint(1, RUN)
        oldest = random.randrange(count, BLIND)
        return [oldest - k for k in range(count)]

    return _between(random, first, ages)


def old_in_any_order(random: Random, first: int) -> tuple[Events, Words]:
    """Nor does it help them to come in another one."""
    return _between(random, first, lambda: [random.randrange(1, BLIND) for _ in range(random.randint(1, RUN))])


def several_senders(random: Random, first: int) -> tuple[Events, Words]:
    """One to RUN more senders, or recordings played back, at the pace of the first one: only that is obeyed."""
    lags = [random.randrange(1, BLIND) for _ in range(random.randint(1, RUN))]
    return _between(random, first, lambda: lags)


def stray_first(random: Random, first: int) -> tuple[Events, Words]:
    """One old frame comes ahead of all others: its sequence is waited for, and then another one heard."""
    behind = random.randrange(MAX_DELTA_COUNTER + 1, BLIND)
    live = stream(random, [first + k for k in range(len(REFUSED) + 3)], 10)
    return [(0, protected(random, first - behind)), *live], [NONE, *REFUSED, NONE, OK, OK]


TOLERATED = (lost_few, delayed, skipped_few, held_up)
OLD = (old_let_go, old_in_any_order, several_senders)
"""Whose every other frame is one of the true sender's; these are accepted, and nothing else."""
DISTURBANCES: tuple[Disturbance, ...] = (
    *(lost_few, lost_many, silent, repeated, delayed, reordered, few_bits, odd_bits, burst, exchanged, wrong_length),
    *(skipped_few, skipped_many, frozen, held_up, held_too_long, *OLD, stray_first),
)
