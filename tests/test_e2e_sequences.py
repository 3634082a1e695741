"""What goes wrong with a sequence of protected frames is reported as what it is, and what may happen to one is tolerated.

The oracle is tests/e2e_standard.py, which keeps what may come next instead of a counter, with autosar-e2e for the check sum.
What the check sum itself finds is in test_e2e_detection.py.
"""

import math
import os
import struct
import subprocess
from pathlib import Path
from random import Random

import e2e.p05
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bms.app import App
from bms.can import e2e as ours
from bms.packs import bench_24
from tests import e2e_standard as standard
from tests.e2e_standard import (
    BLIND,
    DISTURBANCES,
    IDENTIFIER,
    MAX_DELTA_COUNTER,
    OLD,
    RUN,
    TOLERATED,
    DEADLINE_ms,
    Disturbance,
    SENT_ms,
    Standard,
    protected,
    stream,
)
from tests.fake_board import FakeBoard

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
SEQUENCES = 1_000_000 if NIGHT else 100_000
each_disturbance = pytest.mark.parametrize("disturb", DISTURBANCES, ids=lambda disturb: disturb.__name__)

NAMES = {
    ours.NONE: standard.NONE,
    ours.OK: standard.OK,
    ours.REPEATED: standard.REPEATED,
    ours.WRONG_SEQUENCE: standard.WRONG_SEQUENCE,
    ours.ERROR: standard.ERROR,
    ours.TIMED_OUT: standard.TIMED_OUT,
}


def said(receiver: ours.Receiver) -> str:
    """The receiver's state in the words of the standard."""
    return standard.OK_SOME_LOST if receiver.state == ours.OK and receiver.lost else NAMES[receiver.state]


def judged(disturb: Disturbance, random: Random) -> None:
    """One sequence through the firmware's receiver and the standard's, tick by tick."""
    events, expected = disturb(random, random.randrange(256))
    receiver, oracle = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms), Standard(IDENTIFIER, DEADLINE_ms)
    for (at_ms, data), word in zip(events, expected, strict=True):
        while oracle.now_ms < at_ms:
            receiver.step(10)
            oracle.tick(10)
            assert NAMES[receiver.state] == oracle.status.replace("ok_some_lost", "ok"), disturb.__name__
        accepted = receiver.check(bytearray(data))
        assert accepted == oracle.frame(data), disturb.__name__
        assert said(receiver) == oracle.status == word, disturb.__name__
        assert accepted == (word in (standard.OK, standard.OK_SOME_LOST))
        if oracle.accepted_ms >= 0:
            assert receiver.age_ms == oracle.now_ms - oracle.accepted_ms


@each_disturbance
def test_every_disturbed_sequence_is_reported_as_what_it_is(disturb: Disturbance) -> None:
    random = Random(disturb.__name__)
    for _ in range(math.ceil(SEQUENCES / len(DISTURBANCES))):
        judged(disturb, random)


@pytest.mark.parametrize("disturb", TOLERATED, ids=lambda disturb: disturb.__name__)
def test_what_is_allowed_to_happen_costs_no_frame_that_arrives(disturb: Disturbance) -> None:
    random = Random(1)
    for _ in range(200):
        _, words = disturb(random, random.randrange(256))
        assert set(words[1:]) <= {standard.OK, standard.OK_SOME_LOST}


@pytest.mark.parametrize("disturb", OLD, ids=lambda disturb: disturb.__name__)
def test_old_frames_in_any_number_cost_no_true_one_and_are_never_obeyed(disturb: Disturbance) -> None:
    random = Random(7)
    for _ in range(1000):
        events, _ = disturb(random, random.randrange(256))
        receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
        newest, now_ms = -1, 0
        for at_ms, data in events:
            for _ in range(now_ms, at_ms, 10):
                receiver.step(10)
            now_ms = at_ms
            live = newest < 0 or data[2] == (newest + 1) & 0xFF
            assert receiver.check(bytearray(data)) == (live and newest >= 0)
            newest = data[2] if live else newest


@given(
    seed=st.integers(0, 1 << 32),
    times_ms=st.sampled_from(((300, 50), (300, 50), (500, 100), (100, 50), (250, 100), (60, 100), (2500, 100))),
    picks=st.lists(st.tuples(st.sampled_from(DISTURBANCES), st.integers(0, 40)), min_size=1, max_size=6),
)
def test_disturbances_one_after_another_are_judged_as_the_oracle_says(
    seed: int, times_ms: tuple[int, int], picks: list[tuple[Disturbance, int]]
) -> None:
    random = Random(seed)
    receiver, oracle = ours.Receiver(IDENTIFIER, *times_ms), Standard(IDENTIFIER, *times_ms)
    for disturb, pause in picks:
        begin_ms = oracle.now_ms + 10 * pause
        for at_ms, data in disturb(random, random.randrange(256))[0]:
            while oracle.now_ms < begin_ms + at_ms:
                receiver.step(10)
                oracle.tick(10)
            assert receiver.check(bytearray(data)) == oracle.frame(data)
            assert said(receiver) == oracle.status


@pytest.mark.parametrize(("deadline_ms", "period_ms", "steps"), [(300, 50, 6), (500, 100, 5), (349, 50, 6), (60, 100, 1)])
def test_the_largest_step_is_as_many_periods_as_the_deadline_holds(deadline_ms: int, period_ms: int, steps: int) -> None:
    random = Random(8)
    for step in range(1, 256):
        receiver = ours.Receiver(IDENTIFIER, deadline_ms, period_ms)
        receiver.check(bytearray(protected(random, 200)))
        assert receiver.check(bytearray(protected(random, 200 + step))) == (step <= steps)
    link = App(bench_24.PACK, FakeBoard(bench_24.PACK)).link
    assert (link.command_check.max_delta, link.charger_check.max_delta) == (6, 5)


def test_an_old_sequence_played_back_is_never_obeyed_while_its_true_sender_speaks() -> None:
    """At every distance outside the blind spot, a run of 1 to RUN behind each live frame."""
    random = Random(2)
    for distance in range(RUN, BLIND):
        receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
        obeyed = 0
        for k in range(40):
            obeyed += receiver.check(bytearray(protected(random, k)))
            for n in range(random.randint(1, RUN)):
                assert not receiver.check(bytearray(protected(random, k - distance + n)))
            for _ in range(SENT_ms // 10):
                receiver.step(10)
        assert obeyed == 39, "the first only sets the counter"


def test_of_two_senders_the_one_that_came_first_is_obeyed_for_as_long_as_it_speaks() -> None:
    random = Random(9)
    for ahead in range(MAX_DELTA_COUNTER + 1, 255):
        receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
        for k in range(300):
            if k < 260:
                assert receiver.check(bytearray(protected(random, k))) == (k > 0)
            heard = receiver.check(bytearray(protected(random, k + ahead)))
            assert not heard or k > 260, "then the other, after the deadline or where it comes within reach"
            for _ in range(SENT_ms // 10):
                receiver.step(10)
        assert heard


@given(first=st.integers(0, 255), stray=st.integers(0, 255), pause_ms=st.integers(31, 500).map(lambda n: 10 * n))
def test_one_stray_frame_opens_no_door_for_a_later_one(first: int, stray: int, pause_ms: int) -> None:
    """A first frame sets the counter for no longer than the deadline."""
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    random = Random(first)
    receiver.check(bytearray(protected(random, stray)))
    for _ in range(pause_ms // 10):
        receiver.step(10)
    assert receiver.state == ours.TIMED_OUT
    assert not receiver.check(bytearray(protected(random, first)))
    assert receiver.check(bytearray(protected(random, first + 1)))


@given(first=st.integers(0, 255), pause=st.integers(0, DEADLINE_ms // 10))
def test_the_second_frame_is_obeyed_until_the_deadline(first: int, pause: int) -> None:
    random = Random(first)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    receiver.check(bytearray(protected(random, first)))
    for _ in range(pause):
        assert receiver.step(10) == ours.NONE
    assert receiver.check(bytearray(protected(random, first + 1)))


def test_frames_that_are_spoilt_or_out_of_sequence_are_counted_modulo_65536() -> None:
    random = Random(6)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    for counter in (0, 1, 1, 3):
        receiver.check(bytearray(protected(random, counter)))
    assert receiver.errors == 0
    receiver.check(bytearray(protected(random, 100)))
    for k in range(1, 70_000):
        assert receiver.errors == k % 65_536
        receiver.check(bytearray(5))


@given(last=st.integers(0, 255), jump=st.integers(MAX_DELTA_COUNTER + 1, BLIND), pause=st.integers(1, 5))
def test_a_sender_that_begins_again_is_heard_after_the_deadline_and_not_before(last: int, jump: int, pause: int) -> None:
    random = Random(last)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    for _, data in stream(random, [last - 2, last - 1, last]):
        receiver.check(bytearray(data))
    assert receiver.state == ours.OK
    counter, heard_ms = last + jump, []
    for now_ms in range(10, 1000, 10):
        receiver.step(10)
        if now_ms % SENT_ms == 10 * pause % SENT_ms:
            if receiver.check(bytearray(protected(random, counter))):
                heard_ms.append(now_ms)
            counter += 1
    first_ms = next(ms for ms in range(DEADLINE_ms + 10, 1000, 10) if ms % SENT_ms == 10 * pause % SENT_ms)
    assert heard_ms == list(range(first_ms + SENT_ms, 1000, SENT_ms)), "the first after it only sets the counter"


@given(age=st.integers(1, 255))
def test_only_a_frame_nearly_a_whole_turn_of_the_counter_old_passes_for_a_new_one(age: int) -> None:
    random = Random(age)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    for _, data in stream(random, [7, 8, 9]):
        receiver.check(bytearray(data))
    assert receiver.check(bytearray(protected(random, 9 - age))) == (age >= BLIND)


@given(garbage=st.lists(st.binary(max_size=12), max_size=4), first=st.integers(0, 255))
def test_garbage_between_first_and_second_frame_does_not_keep_the_second_out(garbage: list[bytes], first: int) -> None:
    random = Random(first)
    receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
    receiver.check(bytearray(protected(random, first)))
    for data in garbage:
        whole = len(data) == 8 and e2e.p05.e2e_p05_check(data, IDENTIFIER)
        assert whole or not receiver.check(bytearray(data))
        receiver.step(10)
    assert receiver.check(bytearray(protected(random, first + 1)))


ON_TARGET = """
import sys
sys.path.append(".")
import micropython
from bms.can.e2e import Receiver
def run(receiver, data, views, records, out):
    at = 0
    for k in range(records):
        steps = data[at]
        length = data[at + 1]
        if steps == 255:
            receiver.__init__({identifier}, {deadline_ms}, {period_ms})
        else:
            for _ in range(steps):
                receiver.step(10)
            view = views[length]
            for i in range(length):
                view[i] = data[at + 2 + i]
            accepted = receiver.check(view)
            out[2 * k] = receiver.state | receiver.lost << 4
            out[2 * k + 1] = accepted
        at += 2 + length
receiver = Receiver({identifier}, {deadline_ms}, {period_ms})
with open({path!r}, "rb") as file:
    data = file.read()
memory = memoryview(bytearray(64))
views = [memory[:n] for n in range(65)]
out = bytearray(2 * {records})
micropython.heap_lock()
run(receiver, data, views, {records}, out)
micropython.heap_unlock()
print(out.hex())
"""


def test_the_targets_interpreter_says_of_every_frame_what_the_desk_says_and_allocates_nothing(
    micropython: str, root: Path, tmp_path: Path
) -> None:
    random = Random(5)
    tape = bytearray()
    expected = bytearray()
    for k in range(200 * len(DISTURBANCES)):
        tape += bytes((255, 0))
        expected += bytes(2)
        receiver = ours.Receiver(IDENTIFIER, DEADLINE_ms, SENT_ms)
        now_ms = 0
        for at_ms, data in DISTURBANCES[k % len(DISTURBANCES)](random, random.randrange(256))[0]:
            steps = (at_ms - now_ms) // 10
            now_ms = at_ms
            for _ in range(steps):
                receiver.step(10)
            accepted = receiver.check(bytearray(data))
            tape += struct.pack("BB", steps, len(data)) + data
            expected += bytes((receiver.state | receiver.lost << 4, accepted))
    path = tmp_path / "tape"
    path.write_bytes(tape)
    script = ON_TARGET.format(
        identifier=IDENTIFIER,
        deadline_ms=DEADLINE_ms,
        period_ms=SENT_ms,
        path=str(path),
        records=len(expected) // 2,
    )
    command = [micropython, "-X", "heapsize=32m", "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == expected.hex()
