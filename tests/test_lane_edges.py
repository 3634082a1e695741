"""The whole integer lane at its edges: wild sensors in small integers, a clock that wraps, a controller that starts anew."""

import os
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bms.app import App
from bms.packs import bench_24, bess_14, ev_240
from bms.safety import machine as M
from bms.schema import Pack
from tests.fake_board import CHARGE, CLOCK_MASK, DRIVE, OPEN, FakeBoard
from tests.flash import Flash
from tests.scripted_drive import SCRIPT_STATES, SCRIPT_TICKS, play
from tests.small_int import Overflowed, SmallInt
from tests.test_small_int import firmware, knobs, one_tick

FACTOR = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "night" else 1
PACKS = (bench_24.PACK, ev_240.PACK)
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
# Knobs of the board that are no voltage, temperature or current of a layer, and what each can be set to at worst.
WILD = (
    ("supply_mV", (0, 65_535)),
    ("insulation_kohm", (0, 1, 65_535)),
    ("coolant_inlet_ddegC", (-500, 2000)),
    ("coolant_flow_dl_min", (0, 255)),
    ("force_N", (0, 65_535)),
    ("charger_current_dA", (0, 16_383)),
    ("charger_error_mV", (-1_000_000, 1_000_000)),
    ("crc_error_chips", (0, 255)),
    ("lost_chips_bits", (0, 65_535)),
    ("reference_error", (0, 1)),
    ("brown_out_seen", (0, 1)),
    ("fuse_intact", (0, 1)),
    ("coil_supply_present", (0, 1)),
    ("charger_plugged", (0, 1)),
    ("interlock_closed", (0, 1)),
    ("current_frozen", (0, 1)),
    ("voltages_frozen", (0, 1)),
    ("inputs_frozen", (0, 1)),
    ("chain_frozen", (0, 1)),
    ("environment_silent", (0, 1)),
    ("welded", (0, 1, 7)),
    ("feedback_stuck_on", (0, 7)),
    ("tick_ms", (1, 10, 30, 500, 7000)),
)
SOUND = {knob: getattr(FakeBoard(bench_24.PACK), knob) for knob, _ in WILD}


def test_the_lane_counts_in_small_integers_which_notice_when_they_are_beyond() -> None:
    """Else the test below would show nothing."""
    app, board = firmware(bench_24.PACK)
    for tick in range(40):
        play_lane(app, board, tick)
    assert isinstance(app.coulomb.charge_mAs, SmallInt)
    app.coulomb.charge_mAs = SmallInt(1 << 29)
    with pytest.raises(Overflowed):
        app.coulomb.charge_mAs * 4


def play_lane(app: App, board: FakeBoard, tick: int) -> None:
    """One tick of the scripted drive, of the integer lane alone."""

    class Lane:
        """What play() ticks."""

        def tick(self) -> None:
            one_tick(app)

    play(Lane(), board, tick)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
@each_pack
def test_no_wild_value_in_a_scripted_drive_grows_beyond_a_small_integer(pack: Pack, seed: int) -> None:
    """In three of four stretches of twenty ticks something of the world is at an end of what a frame can say."""
    random = Random(seed)
    app, board = firmware(pack)
    for tick in range(SCRIPT_TICKS):
        if tick % 20 == 0:
            for knob, value in SOUND.items():
                setattr(board, knob, value)
            board.stray_mA = board.b_error_mA = board.pack_error_mV = 0
            board.stack_error_mV = [0] * pack.stacks
            for knob, values in random.sample(WILD, random.choice((0, 1, 3, 8))):
                setattr(board, knob, random.choice(values))
            wild = random.random() < 0.3
        if wild:
            knobs(board, random.getrandbits(10), random.randint(0, 16))
            one_tick(app)
        else:
            play_lane(app, board, tick)


@settings(max_examples=10 * FACTOR)
@given(before=st.integers(0, SCRIPT_TICKS - 10), tick_ms=st.sampled_from([10, 10, 10, 20]))
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_clock_that_wraps_in_any_tick_of_a_drive_changes_no_decision(pack: Pack, before: int, tick_ms: int) -> None:
    """Decisions of every tick go into the board's sum; the twin's clock starts at 0."""
    board = FakeBoard(pack)
    board.now_ms = CLOCK_MASK + 1 - (before + 1) * tick_ms
    board.tick_ms = tick_ms
    app = App(pack, board)
    ticks = min(before + 60, SCRIPT_TICKS)
    sums = twin_sums(pack, tick_ms)
    for tick in range(ticks):
        play(app, board, tick)
        assert board.crc == sums[tick], tick
    assert board.now_ms < CLOCK_MASK // 2
    assert app.last_error is None


@cache
def twin_sums(pack: Pack, tick_ms: int) -> list[int]:
    """The board's sum over all decisions after each tick of the drive, on a clock that starts at 0."""
    board = FakeBoard(pack)
    board.tick_ms = tick_ms
    app = App(pack, board)
    sums = []
    for tick in range(SCRIPT_TICKS):
        play(app, board, tick)
        sums.append(board.crc)
    return sums


def test_the_drive_whose_clock_wraps_visits_every_state() -> None:
    """Else the wrap would have been looked at in few of them."""
    board = FakeBoard(bench_24.PACK)
    board.now_ms = CLOCK_MASK - 5000
    app = App(bench_24.PACK, board)
    states = [app.machine.state]
    for tick in range(SCRIPT_TICKS):
        play(app, board, tick)
        if app.machine.state != states[-1]:
            states.append(app.machine.state)
    assert tuple(states) == SCRIPT_STATES


@settings(max_examples=30 * FACTOR)
@given(
    pack=st.sampled_from((*PACKS, bess_14.PACK)),
    at=st.integers(0, SCRIPT_TICKS - 1),
    cause=st.integers(0, 5),
    stored=st.sampled_from(["none", "right", "empty", "full"]),
    sound=st.booleans(),
    wish=st.sampled_from([OPEN, DRIVE, CHARGE, 7]),
    off_ms=st.sampled_from([0, 50, 5000]),
)
def test_a_controller_that_starts_anew_in_any_tick_closes_nothing_by_itself(
    pack: Pack, at: int, cause: int, stored: str, sound: bool, wish: int, off_ms: int
) -> None:
    """The world goes on: contacts fall as their coils do, the vehicle holds its wish, the link is where it was."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for tick in range(at):
        play(app, board, tick)
    board._stored_permille = {"none": -1, "right": app.coulomb.soc_permille, "empty": 0, "full": 1000}[stored]
    board._cause = cause
    board.storage = Flash(8192, 4096)
    if not sound:
        board.storage.bytes[:] = bytes(8192)
    board.request = wish
    board.coils = 0
    board.load_mA = 0
    if off_ms > pack.contactor_delay_ms:
        board.contacts = 0
    board.now_ms = (board.now_ms + off_ms) & CLOCK_MASK
    again = App(pack, board)
    for tick in range(300):
        again.tick()
        assert again.last_error is None, repr(again.last_error)
        assert board.coils == 0, tick
        assert not again.machine.closed_wanted
    assert again.machine.state in (M.STANDBY, M.FAULT, M.SELF_TEST, M.SERVICE)


@each_pack
def test_after_a_new_start_the_vehicle_asks_for_open_once_and_may_then_drive(pack: Pack) -> None:
    """Else a controller that never closes again would pass the test above."""
    board = FakeBoard(pack)
    app = App(pack, board)
    for tick in range(200):
        play(app, board, tick)
    board.load_mA = 0
    board.coils = 0
    board.contacts = 0
    again = App(pack, board)
    for _ in range(100):
        again.tick()
    assert again.machine.state != M.DRIVE
    for request, ticks in ((OPEN, 700), (DRIVE, 200)):
        board.request = request
        for _ in range(ticks):
            again.tick()
    assert again.machine.state == M.DRIVE
    assert board.coils == 5
