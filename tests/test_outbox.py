"""What leaves, in which order, and what becomes of what the controller refuses.

Independent of the firmware: a controller with a queue that plays machine.CAN's part and puts frames to arbitration bit by bit,
a naive list of what has to wait, autosar-e2e for what is protected, cantools for pages.
"""

import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cantools
import e2e.p05
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.can import outbox
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import faults as F
from bms.safety import machine as M
from bms.schema import PACK_FIELDS, Pack, replaced
from tests.fake_board import CHARGE, DRIVE, OPEN, FakeBoard
from tests.narrow_board import NarrowBoard
from tests.scripted_drive import play

Key = tuple[int, bool]  # identifier, extended
ELCON = replaced(Pack, PACK_FIELDS, bess_14.PACK, name="elcon", charger_protocol="elcon", charger_deadline_ms=2500)
PACKS = {pack.name: pack for pack in (bench_24.PACK, ev_240.PACK, bess_14.PACK, ELCON)}
DBC: Any = cantools.database.load_file(Path(__file__).parent.parent / "dbc" / "bms.dbc")
PAGES = 4
ROOMY = 1000


def arbitration_field(key: Key) -> str:
    """The bits in which frames compete; 0 is dominant. Standard: 11, RTR, IDE. Extended: 11, SRR, IDE, 18, RTR."""
    identifier, extended = key
    if not extended:
        return f"{identifier:011b}" + "0" + "0"
    return f"{identifier >> 18:011b}" + "1" + "1" + f"{identifier & 0x3FFFF:018b}" + "0"


def winner(keys: list[Key]) -> Key:
    """Who is left when all begin at once and each that reads dominant where it wrote recessive gives up."""
    left = {key: arbitration_field(key) for key in keys}
    for k in range(40):
        if len(left) == 1:
            break
        level = min(bits[k] for bits in left.values())
        left = {key: bits for key, bits in left.items() if bits[k] == level}
    (key,) = left
    return key


def in_order(keys: list[Key]) -> list[Key]:
    """As the bus would let them pass."""
    rest, out = list(keys), []
    while rest:
        out.append(winner(rest))
        rest.remove(out[-1])
    return out


class Controller:
    """machine.CAN with a queue of `slots`: None when it is full or the identifier still waits; the bus takes some a tick."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.tick = 0
        self.queue: dict[Key, bytes] = {}
        self.offered: list[tuple[int, Key, bool]] = []
        self.taken: list[tuple[int, Key, bytes]] = []
        self.passed: list[tuple[int, Key]] = []

    def drain(self, frames: int) -> None:
        """The bus is free for so many frames."""
        for _ in range(min(frames, len(self.queue))):
            key = winner(list(self.queue))
            del self.queue[key]
            self.passed.append((self.tick, key))

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        key = (identifier, extended)
        room = key not in self.queue and len(self.queue) < self.slots
        self.offered.append((self.tick, key, room))
        if room:
            self.queue[key] = bytes(data)
            self.taken.append((self.tick, key, bytes(data)))
        return room

    def offers(self, tick: int) -> list[Key]:
        """What was put to it in that tick, in that order."""
        return [key for at, key, _ in self.offered if at == tick]

    def data_of(self, key: Key) -> list[bytes]:
        return [data for _, taken, data in self.taken if taken == key]


class Message:
    """Carries a number of 32 bits behind the header, as generated code would write it: counter and check sum as 0."""

    LENGTH = 8

    def __init__(self, key: Key, period_ms: int) -> None:
        self.ID, self.EXTENDED = key
        self.PERIOD_ms = period_ms
        self.number = 0

    def pack(self, buf: bytearray) -> None:
        buf[:3] = bytes(3)
        buf[3:7] = self.number.to_bytes(4, "little")


def number_in(data: bytes) -> int:
    return int.from_bytes(data[3:7], "little")


class Rig:
    """An outbox of made-up rows and its controller. A paged row counts its fills, any other says which tick it is."""

    def __init__(self, kinds: list[tuple[Key, int, bool, bool]], slots: int, urgent: int = 0) -> None:
        self.controller = Controller(slots)
        self.kinds = {key: (period_ms, protected, paged) for key, period_ms, protected, paged in kinds}
        self.keys = [key for key, *_ in kinds]
        self.messages = [Message(key, period_ms) for key, period_ms, _, _ in kinds]
        rows = [
            (message, self.filler(message, paged), protected, paged)
            for message, (_, _, protected, paged) in zip(self.messages, kinds)
        ]
        self.urgent = set(self.keys[:urgent])
        self.outbox = outbox.Outbox(rows, self.messages[:urgent])
        self.fills: dict[Key, int] = dict.fromkeys(self.keys, 0)

    def filler(self, message: Message, paged: bool) -> Callable[[], bool]:
        def fill() -> bool:
            key = (message.ID, message.EXTENDED)
            message.number = self.fills[key] % PAGES if paged else self.controller.tick
            self.fills[key] += 1
            return True

        return fill

    def run(self, drains: list[int], stops: Iterator[bool]) -> None:
        for frames in drains:
            self.controller.drain(frames)
            board: Any = self.controller
            before = len(self.controller.taken)
            assert self.outbox.send(board, next(stops)) == len(self.controller.taken) - before
            self.controller.tick += 1


keys = st.one_of(
    st.tuples(st.integers(0, 0x7FF), st.just(False)),
    st.tuples(st.integers(0, 0x1FFFFFFF), st.just(True)),
    st.builds(lambda base, rest: (base << 18 | rest, True), st.integers(0x100, 0x103), st.integers(0, 2)),
    st.tuples(st.integers(0x100, 0x103), st.just(False)),
)
kinds = st.lists(
    st.tuples(keys, st.sampled_from([10, 20, 50, 100, 200]), st.booleans(), st.booleans()).filter(
        lambda kind: not (kind[2] and kind[0][0] > 0xFFFF)  # a data id has 16 bits
    ),
    min_size=1,
    max_size=15,
    unique_by=lambda kind: kind[0],
)
drains = st.lists(st.integers(0, 6), min_size=1, max_size=150)
seldom = st.lists(st.sampled_from([False] * 9 + [True]), min_size=150, max_size=150)


def never() -> Iterator[bool]:
    while True:
        yield False


@given(st.lists(keys, min_size=1, max_size=12, unique=True))
def test_priority_is_what_arbitration_bit_by_bit_makes_of_identifiers(some: list[Key]) -> None:
    by_number = sorted(some, key=lambda key: outbox.build_priority(Message(key, 10)))
    assert by_number == in_order(some)


@given(kinds)
def test_with_room_frames_leave_in_their_ticks_and_in_the_order_of_arbitration(made: list[Any]) -> None:
    rig = Rig(made, ROOMY)
    rig.run([ROOMY] * 60, never())
    for tick in range(60):
        offers = rig.controller.offers(tick)
        assert offers == in_order(offers)
    for key, (period_ms, _, _) in rig.kinds.items():
        times = [tick for tick, taken, _ in rig.controller.taken if taken == key]
        assert times[0] < period_ms // 10
        assert all(b - a == period_ms // 10 for a, b in pairwise(times))
    assert rig.outbox.late == 0


@given(kinds, st.integers(1, 8), drains, seldom, st.integers(0, 3))
def test_each_tick_offers_once_what_is_urgent_due_or_waits_by_priority_and_gives_up_after_three_refusals_at_the_soonest(
    made: list[Any], slots: int, frees: list[int], stops: list[bool], urgent: int
) -> None:
    twin = Rig(made, ROOMY, urgent)
    twin.run([ROOMY] * len(frees), never())
    rig = Rig(made, slots, urgent)
    rig.run(frees, iter(stops))
    waiting: set[Key] = set()
    stopping: set[Key] = set()
    refused = 0
    for tick in range(len(frees)):
        waiting |= set(twin.controller.offers(tick))
        if stops[tick]:
            waiting |= rig.urgent
            stopping = set(rig.urgent)
        ahead = in_order(list(stopping))
        wanted = ahead + in_order(list(waiting - stopping))
        offers = [(key, took) for at, key, took in rig.controller.offered if at == tick]
        assert [key for key, _ in offers] == wanted[: len(offers)]
        assert len(offers) >= len(ahead)
        if len(offers) < len(wanted):
            assert sum(not took for _, took in offers[len(ahead) :]) >= 3
        refused += sum(not took for _, took in offers)
        waiting -= {key for key, took in offers if took}
        stopping &= waiting
    assert rig.outbox.late == refused % 65536


@given(kinds, st.integers(1, 8), drains, seldom, st.integers(0, 3))
def test_a_walk_of_pages_has_no_gap_whatever_the_controller_refuses(
    made: list[Any], slots: int, frees: list[int], stops: list[bool], urgent: int
) -> None:
    rig = Rig([(key, period_ms, protected, True) for key, period_ms, protected, _ in made], slots, urgent)
    rig.run(frees, iter(stops))
    for key in rig.keys:
        pages = [number_in(data) for data in rig.controller.data_of(key)]
        assert pages == [k % PAGES for k in range(len(pages))]


@given(kinds, st.integers(1, 8), drains, seldom, st.integers(0, 3))
def test_what_a_receiver_gets_counts_up_by_one_from_0_and_passes_the_independent_check_whatever_was_refused(
    made: list[Any], slots: int, frees: list[int], stops: list[bool], urgent: int
) -> None:
    rig = Rig([(key, period_ms, key[0] <= 0xFFFF, paged) for key, period_ms, _, paged in made], slots, urgent)
    rig.run(frees, iter(stops))
    for key in rig.keys:
        if key[0] <= 0xFFFF:
            frames = rig.controller.data_of(key)
            assert all(e2e.p05.e2e_p05_check(data, key[0]) for data in frames)
            assert [data[2] for data in frames] == [k % 256 for k in range(len(frames))]


@given(kinds, st.integers(1, 8), drains, seldom, st.integers(0, 3))
def test_a_frame_without_pages_says_what_holds_in_the_tick_in_which_it_is_taken(
    made: list[Any], slots: int, frees: list[int], stops: list[bool], urgent: int
) -> None:
    rig = Rig(made, slots, urgent)
    rig.run(frees, iter(stops))
    for tick, key, data in rig.controller.taken:
        if not rig.kinds[key][2]:
            assert number_in(data) == tick


@given(kinds, st.integers(1, 8), drains, st.integers(0, 14))
def test_what_changes_seldom_is_packed_again_and_never_forgotten_when_it_was_refused(
    made: list[Any], slots: int, frees: list[int], which: int
) -> None:
    rig = Rig([(key, period_ms, protected, False) for key, period_ms, protected, _ in made], slots)
    state = {"told": 0}
    message = rig.messages[which % len(rig.messages)]

    def fill() -> bool:
        now = rig.controller.tick // 7
        changed, state["told"] = now != state["told"], now
        message.number = now
        return changed

    rows = [(m, fill if m is message else rig.filler(m, False), rig.kinds[m.ID, m.EXTENDED][1], False) for m in rig.messages]
    rig.outbox = outbox.Outbox(rows, ())
    rig.run(frees, never())
    for tick, key, data in rig.controller.taken:
        if key == (message.ID, message.EXTENDED):
            assert number_in(data) == tick // 7


@given(kinds, st.integers(1, 8), st.lists(st.integers(1, 6), min_size=1, max_size=150))
def test_while_the_bus_takes_a_frame_a_tick_the_first_in_priority_leaves_in_its_tick_and_passes_in_the_next(
    made: list[Any], slots: int, frees: list[int]
) -> None:
    rig = Rig(made, slots)
    rig.run(frees, never())
    first = winner(rig.keys)
    rows = [(tick, took) for tick, key, took in rig.controller.offered if key == first]
    assert all(took for _, took in rows)
    assert all(b - a == rig.kinds[first][0] // 10 for (a, _), (b, _) in pairwise(rows))
    passed = [tick for tick, key in rig.controller.passed if key == first]
    assert passed == [tick + 1 for tick, _ in rows if tick + 1 < len(frees)]


@given(kinds, st.integers(1, 8), drains)
def test_when_there_is_room_again_all_that_waited_leaves_at_once_and_the_calendar_goes_on(
    made: list[Any], slots: int, frees: list[int]
) -> None:
    rig = Rig(made, slots)
    rig.run(frees, never())
    waiting = {key for tick, key, took in rig.controller.offered if tick == len(frees) - 1 and not took}
    rig.controller.slots = ROOMY
    rig.run([ROOMY] * 40, never())
    assert waiting <= {key for tick, key, _ in rig.controller.taken if tick == len(frees)}
    twin = Rig(made, ROOMY)
    twin.run([ROOMY] * (len(frees) + 40), never())
    for tick in range(len(frees) + 1, len(frees) + 40):
        assert rig.controller.offers(tick) == twin.controller.offers(tick)


def test_an_identifier_used_twice_is_refused_at_start_and_its_extended_twin_is_not() -> None:
    Rig([((0x100, False), 10, False, False), ((0x100, True), 10, False, False)], 3)
    with pytest.raises(ValueError, match="two frames have the identifier 0x100"):
        Rig([((0x100, False), 10, False, False), ((0x100, False), 20, False, False)], 3)


def test_the_count_of_refusals_goes_round_after_65535() -> None:
    rig = Rig([((0x100, False), 10, False, False)], 0)
    rig.outbox.late = 65_530
    rig.run([0] * 10, never())
    assert rig.outbox.late == 4


# The whole firmware.


class Wired(FakeBoard):
    """The board in memory with such a controller, drained at a rhythm of its own."""

    def __init__(self, pack: Pack, slots: int, rhythm: list[int]) -> None:
        super().__init__(pack)
        self.controller = Controller(slots)
        self.rhythm = rhythm

    def sample(self, snap: Any, mailbox: Any) -> int:
        self.controller.tick = self.ticks
        self.controller.drain(self.rhythm[self.ticks % len(self.rhythm)])
        return super().sample(snap, mailbox)

    def can_send(self, identifier: int, data: bytearray, extended: bool) -> bool:
        return self.controller.can_send(identifier, data, extended)


def page_counts(pack: Pack) -> dict[str, int]:
    """How many pages a walk has."""
    groups, probes = len(pack.taps) * pack.stacks, len(pack.probe_stack)
    return {"BMS_FAULTS": 4, "BMS_GROUPS": -(-groups // 3), "BMS_STACKS": -(-pack.stacks // 3), "BMS_PROBES": -(-probes // 5)}


@settings(max_examples=12)
@given(st.sampled_from(sorted(PACKS)), st.integers(1, 6), st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_the_firmware_s_own_frames_keep_pages_and_counters_in_step_however_little_room_there_is(
    name: str, slots: int, rhythm: list[int]
) -> None:
    pack = PACKS[name]
    board = Wired(pack, slots, rhythm)
    app = App(pack, board)
    for tick in range(250):
        play(app, board, tick)
    assert not app.lane_failed
    for message in DBC.messages:
        frames = board.controller.data_of((message.frame_id, False))
        if message.signals[0].name == "e2e_crc":
            assert all(e2e.p05.e2e_p05_check(data, message.frame_id) for data in frames)
            assert [data[2] for data in frames] == [k % 256 for k in range(len(frames))]
    for message_name, count in page_counts(pack).items():
        message = DBC.get_message_by_name(message_name)
        selector = "page" if message_name == "BMS_FAULTS" else "index"
        shown = [message.decode(data)[selector] for data in board.controller.data_of((message.frame_id, False))]
        assert shown == [k % count for k in range(len(shown))]


STOPS = {"bess_14": {(0x100, False), (0x351, False)}, "elcon": {(0x100, False), (0x351, False), (0x1806E5F4, True)}}


@pytest.mark.parametrize("phase", range(0, 100, 7))
@pytest.mark.parametrize("name", STOPS)
def test_an_order_to_stop_leaves_in_its_tick_ahead_of_everything_with_room_for_nothing_else(name: str, phase: int) -> None:
    """Charging, all frames waiting behind a controller without room; then a crash, and room for the orders alone."""
    pack = PACKS[name]
    board = Wired(pack, ROOMY, [ROOMY])
    app = App(pack, board)
    board.charger_state = 2
    for tick in range(700 + phase):
        board.request = CHARGE if tick > 20 else OPEN
        app.tick()
    assert app.machine.state == M.CHARGE
    assert app.envelope.charge_dA > 0
    controller = board.controller
    controller.slots = 0
    for _ in range(30):
        app.tick()
    assert sum(map(bool, app.link.outbox._late)) > 10, "many wait"
    board.crash_seen = 1
    controller.slots = len(STOPS[name])
    while not app.monitor.severity >= F.TRIP_AFTER_RAMP:
        controller.queue.clear()
        app.tick()
    now = board.ticks - 1
    left = {key: data for tick, key, data in controller.taken if tick == now}
    assert set(left) == STOPS[name]
    limits = DBC.decode_message(0x100, left[0x100, False], decode_choices=False)
    assert (limits["charge_limit"], limits["discharge_limit"]) == (0, 0)
    assert left[0x351, False][2:6] == bytes(4), "current in 0.1 A"
    if name == "elcon":
        assert left[0x1806E5F4, True][2:5] == b"\0\0\1", "no current, and stop"


@pytest.mark.parametrize("phase", range(0, 100, 9))
def test_a_trip_while_the_offer_is_still_on_its_way_down_to_zero_limits_reaches_the_inverter_in_its_tick(phase: int) -> None:
    pack = bess_14.PACK
    board = Wired(pack, ROOMY, [ROOMY])
    app = App(pack, board)
    for tick in range(700 + phase):
        board.request = DRIVE if tick > 20 else OPEN
        app.tick()
    assert app.machine.state == M.DRIVE
    board.crash_seen = 1
    while not app.monitor.severity >= F.TRIP_AFTER_RAMP:
        app.envelope.charge_dA = app.envelope.discharge_dA = 0  # as limits may be that fell without a trip
        app.link._offer.charge_dA = app.link._offer.discharge_dA = 100
        app.tick()
    (data,) = [data for tick, key, data in board.controller.taken if key == (0x351, False) and tick == board.ticks - 1]
    assert data[2:6] == bytes(4)


@pytest.mark.parametrize("phase", range(0, 100, 9))
@pytest.mark.parametrize("name", STOPS)
def test_an_order_to_stop_that_a_restart_of_the_controller_cancelled_is_given_again_in_its_tick(name: str, phase: int) -> None:
    class Restarted(Wired):
        restarted_at = -1

        def can_restart(self) -> None:
            """As machine.CAN: back on the bus, what waited is cancelled."""
            self.controller.queue.clear()
            self.controller_state = 1
            self.restarted_at = self.ticks - 1

    pack = PACKS[name]
    board = Restarted(pack, ROOMY, [ROOMY])
    app = App(pack, board)
    board.charger_state = 2
    for tick in range(700 + phase):
        board.request = CHARGE if tick > 20 else OPEN
        app.tick()
    assert app.machine.state == M.CHARGE
    board.controller_state = 4
    board.rhythm = [0]
    board.crash_seen = 1
    while board.controller_state == 4:
        app.tick()
    assert app.monitor.severity >= F.TRIP_AFTER_RAMP
    left = {key: data for tick, key, data in board.controller.taken if tick == board.restarted_at}
    assert STOPS[name] <= set(left)
    assert left[0x351, False][2:6] == bytes(4)


# The target.

AGREE = """
import sys
sys.path.append(".")
from bms.app import App
from bms.packs.{pack} import PACK
from tests.scripted_drive import play
from tests.narrow_board import NarrowBoard
board = NarrowBoard(PACK, bytes({rooms}), 2)
app = App(PACK, board)
for tick in range(600):
    play(app, board, tick)
    print(tick, board.taken, board.refusals, app.link.outbox.late, app.lane_failed)
    if app.lane_failed:
        sys.print_exception(app.last_error)
        sys.exit(1)
"""
ROOMS = [0, 3, 1, 2, 0, 0, 0, 9, 1, 1, 0, 4, 2]


@pytest.mark.parametrize("pack", ["bench_24", "ev_240", "bess_14"])
def test_refusals_allocate_nothing_on_the_target_and_what_leaves_are_the_bytes_of_the_desk(
    pack: str, micropython: str, root: Path
) -> None:
    script = AGREE.format(pack=pack, rooms=ROOMS)
    lines: list[str] = []
    exec(script, {"print": lambda *words: lines.append(" ".join(str(word) for word in words))})
    command = [micropython, "-X", "heapsize=8m", "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.splitlines() == lines
    last = lines[-1].split()
    assert int(last[2]) > 300 and last[4] == "False"


def test_a_refusal_that_allocates_is_found_out(micropython: str, root: Path) -> None:
    spoilt = AGREE.format(pack="bench_24", rooms=ROOMS).replace(
        "app = App", "from bms.can.outbox import Outbox\nOutbox._refused = lambda self, i, p, b: [self]\napp = App"
    )
    command = [micropython, "-X", "heapsize=8m", "-c", spoilt]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "MemoryError" in done.stdout + done.stderr


def test_the_narrow_board_takes_no_more_than_its_room() -> None:
    board = NarrowBoard(bench_24.PACK, bytes([2]), 0)
    board.room = 2
    assert [board.can_send(0x100 + k, bytearray(8), False) for k in range(3)] == [True, True, False]
